"""`contract diff`: what names a version, the exit status, and what the reports have."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.pairs import documents

from toolkit.cli.main import run

MAXIMA = [{"name": "size", "in": "query", "schema": {"type": "integer", "maximum": most}} for most in (100, 50)]
BREAKING = {"parameter": MAXIMA}
WIDER = {"parameter": MAXIMA[::-1]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, pair: object) -> list[str]:
    for name, document in zip(("old.json", "new.json"), documents(pair), strict=True):  # type: ignore[arg-type]
        (folder / name).write_text(json.dumps(document, indent=1))
    return ["diff", "old.json", "new.json"]


def test_a_breaking_change_ends_with_1_and_shows_place_and_witness(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*write(folder, BREAKING), "--report", "text", "--report", "json=report.json"]) == 1
    text = capsys.readouterr().out
    assert text.startswith("BREAKING: 1 change in 1 operation of old.json and new.json.")
    assert "maximum was 100 and is 50" in text and "witness   POST /things?size=51" in text
    assert "new.json:" in text
    [found] = json.loads((folder / "report.json").read_text())["violations"]
    assert found["rule"] == "parameter-narrowed" and "51 is greater than the maximum 50" in found["witness"]


def test_a_compatible_change_ends_with_0_unless_any_difference_counts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = write(folder, WIDER)
    assert run(command) == 0
    assert capsys.readouterr().out.startswith("Compatible: nothing breaks clients in 1 operation")
    assert run([*command, "--fail-on", "any"]) == 1
    assert run(["diff", "old.json", "old.json", "--fail-on", "any"]) == 0


@pytest.mark.parametrize(
    "options", [["--ignore", "parameter-"], ["--warn", "parameter-narrowed"], ["--fail-on", "none"]]
)
def test_what_is_chosen_not_to_count_does_not_fail(folder: Path, options: list[str]) -> None:
    command = write(folder, BREAKING)
    assert run([*command, *options]) == 0
    assert run([*command, "--warn", "parameter-narrowed", "--fail-on", "warning"]) == 1


def test_a_baseline_accepts_what_is_known(folder: Path) -> None:
    command = [*write(folder, BREAKING), "--baseline", "known.json"]
    assert run([*command, "--update-baseline"]) == 0
    assert run(command) == 0


@pytest.mark.parametrize("report", ["junit", "sarif", "github", "html"])
def test_every_report_names_the_change(folder: Path, report: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*write(folder, BREAKING), "--report", report]) == 1
    shown = capsys.readouterr().out
    assert "parameter-narrowed" in shown and "/things?size=51" in shown


def test_a_version_may_stand_in_a_revision_of_git(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, BREAKING)
    (folder / "api").mkdir()
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    document = documents({"response": [{"$ref": "thing.json"}, None]})[0]
    (folder / "api" / "openapi.json").write_text(json.dumps(document))
    (folder / "api" / "thing.json").write_text(json.dumps(schema))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *arguments], check=True, cwd=folder)
    (folder / "api" / "thing.json").write_text(json.dumps({**schema, "required": []}))
    assert run(["diff", "git:HEAD:api/openapi.json", "api/openapi.json"]) == 1
    assert '"id" is not required any more' in capsys.readouterr().out
    assert run(["diff", "git:HEAD:api/new.json", "api/openapi.json"]) == 2
    assert run(["diff", "--may-be-new", "git:nowhere:api/openapi.json", "api/openapi.json"]) == 2
    capsys.readouterr()
    assert run(["diff", "--may-be-new", "git:HEAD:api/new.json", "api/openapi.json", "--report", "json"]) == 0
    written = capsys.readouterr()
    assert "it is new" in written.err and "it is new" in json.loads(written.out)["notes"][0]
    assert run(["diff", "--may-be-new", "git:HEAD:api/openapi.json", "api/openapi.json"]) == 1


@pytest.mark.parametrize(
    ("old", "wrong"),
    [
        ("nowhere.yaml", "cannot be read"),
        ("git:HEAD", "names no file of a revision"),
        ("git:nowhere:a.yaml", "git"),
        ("git:--output=x:a.yaml", "no revision"),
        ("text.txt", "not an OpenAPI document"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_2(
    folder: Path, old: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, WIDER)
    (folder / "text.txt").write_text("no contract")
    assert run(["diff", old, "new.json"]) == 2
    error = capsys.readouterr().err
    assert wrong in error and error.count("\n") == 1


@pytest.mark.parametrize("wrong", [{"type": 5}, {"type": [[]]}, {"required": [[]]}])
def test_a_schema_that_is_none_is_named_as_not_compared(
    folder: Path, wrong: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    sound = {"type": "object", "properties": {"a": {"type": "string"}}}
    for pair in ([sound, {**sound, **wrong}], [{**sound, **wrong}, sound]):
        assert run(write(folder, {"request": pair})) in (1, 2)  # never 0: something was not compared
        output = "".join(capsys.readouterr())
        assert "cannot be used, so it was not compared" in output and "internal error" not in output


def test_a_report_does_not_overwrite_a_version(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*write(folder, WIDER), "--report", "json=old.json"]) == 2
    assert "would overwrite it" in capsys.readouterr().err


def test_undeclared_properties_of_open_objects_count_where_that_is_asked(folder: Path) -> None:
    opened = {"type": "object", "properties": {"a": {"type": "string"}}}
    more = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
    command = write(folder, {"request": [opened, more]})
    assert run(command) == 0
    assert run([*command, "--strict-objects"]) == 1


def test_what_an_overlay_does_not_change_is_noted_in_the_reports_once(folder: Path) -> None:
    unused = {
        "overlay": "1.0.0",
        "info": {"title": "t", "version": "1"},
        "actions": [{"target": "$.nowhere", "update": {}}],
    }
    (folder / "o.json").write_text(json.dumps(unused))
    assert run([*write(folder, WIDER), "--overlay", "o.json", "--report", "json=report.json"]) == 0
    [note] = json.loads((folder / "report.json").read_text())["notes"]
    assert "o.json" in note


@pytest.mark.parametrize("report", ["github", "sarif", "text"])
def test_places_are_files_as_seen_from_here(folder: Path, report: str, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = documents(BREAKING)
    (folder / "api").mkdir()
    for name, document in (("old", old), ("new", new)):
        (folder / "api" / f"{name}.json").write_text(json.dumps(document))
    assert run(["diff", "api/old.json", "api/new.json", "--report", report]) == 1
    assert {"github": "file=api/new.json", "sarif": '"uri": "api/new.json"', "text": "api/new.json:1:"}[
        report
    ] in capsys.readouterr().out


def _wrong(place: list[str], value: object) -> dict[str, Any]:
    """A contract with one operation that has its value of a wrong type, and a sound one."""
    thing = {
        "type": "object",
        "required": ["id"],
        "properties": {"l": {"type": "array", "prefixItems": [{"type": "string"}]}},
    }
    content = {"application/json": {"schema": thing}, "application/xml": {"schema": thing}}
    replies = {"200": {"description": "d", "content": content}}
    back = {"post": {"requestBody": {"content": content}, "responses": {"200": {"description": "d"}}}}
    odd = {"operationId": "odd", "security": [{"key": []}], "requestBody": {"content": content}, "responses": replies}
    sound = {
        "operationId": "sound",
        "responses": {"200": {"description": "d", "content": {"application/json": {"schema": {}}}}},
    }
    contract: dict[str, Any] = {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "webhooks": {"w": back},
        "paths": {"/odd": {"post": {**odd, "callbacks": {"c": {"{$request.body#/id}": back}}}}, "/sound": {"get": sound}},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    }  # fmt: skip
    contract = json.loads(json.dumps(contract))
    owner: Any = contract
    for token in place[:-1]:
        owner = owner[int(token) if isinstance(owner, list) else token]
    owner[int(place[-1]) if isinstance(owner, list) else place[-1]] = value
    return contract


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("paths /odd post requestBody", None), ("paths /odd post requestBody", []), ("paths /odd post security 0 key", 7),
        ("paths /odd post callbacks c {$request.body#/id} post responses", True),
        ("webhooks w post requestBody content application/json schema required", 1.5),
        ("paths /odd post responses 200 content application/xml schema required 0", [None]),
        ("paths /odd post responses 200 content application/xml schema properties l prefixItems", True),
        ("paths /odd post responses 200 content application/xml schema $ref", "#/" + "x" * 300_000),
    ],
)  # fmt: skip
def test_a_wrong_type_at_one_place_hides_nothing_at_another(
    tmp_path: Path, place: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = _wrong(place.split(), value), _wrong(["info", "version"], "2")
    new["paths"]["/sound"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {"type": "string"}
    old["paths"]["/sound"]["get"]["parameters"] = [{"name": "gone", "in": "query", "schema": {"type": "string"}}]
    (tmp_path / "old.json").write_text(json.dumps(old))
    (tmp_path / "new.json").write_text(json.dumps(new))
    assert run(["diff", str(tmp_path / "old.json"), str(tmp_path / "new.json"), "--verbose"]) in (1, 2)
    compared = "".join(capsys.readouterr())
    assert "gone" in compared and "Error)" not in compared and max(map(len, compared.split("\n"))) < 10_000
    run(["lint", str(tmp_path / "old.json"), "--verbose"])
    linted = "".join(capsys.readouterr())
    assert "check-failed" not in linted and max(map(len, linted.split("\n"))) < 10_000
