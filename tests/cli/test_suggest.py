"""`contract suggest` and `--overlay`: laws by names, tried on a service, and used."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from support.contracts import of_json
from support.places import ROOT
from support.serving import serving

from toolkit.cli.main import run
from toolkit.document.yaml import parse_yaml

NOTES = ROOT / "examples" / "notes"


@pytest.fixture(autouse=True)
def bare_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract of the notes without its laws, in the working folder."""
    text = (NOTES / "openapi.yaml").read_text()
    start, end = text.index("      x-speakeasy"), text.index("  /notes/{id}")
    (tmp_path / "openapi.yaml").write_text(text[:start] + text[end:])
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=["", "1"], ids=["sound", "faulty"])
def notes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    monkeypatch.setenv("NOTES_BUG", request.param)
    spec = importlib.util.spec_from_file_location("notes_service", NOTES / "service.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with serving(module.app) as url:
        yield url, request.param


def laws(text: str) -> dict[str, Any]:
    (action,) = parse_yaml(text)["actions"]
    update: dict[str, Any] = action["update"]
    return {**update["x-laws"], **({"pagination": update["x-speakeasy-pagination"]} if len(update) > 1 else {})}


def test_names_alone_suggest_laws(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["suggest", "--quiet"]) == 0
    assert set(laws(capsys.readouterr().out)) == {"pagination", "identity", "total", "filters"}


def test_what_holds_on_the_service_is_suggested_and_what_does_not_is_named(
    notes: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    url, fault = notes
    assert run(["suggest", url, "--out", "laws.yaml"]) == 0
    found, said = laws(Path("laws.yaml").read_text()), capsys.readouterr().err
    if fault:
        assert "pagination did not hold" in said and set(found) == {"identity"}
    else:
        assert set(found) == {"pagination", "identity", "total", "filters", "order"} and found["order"] == ["+id"]
        assert "did not hold" not in said


@pytest.mark.slow
def test_of_what_did_not_hold_only_that_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = [{"name": f"n{number // 2}", "kind": "ab"[number % 2]} for number in range(4)]

    async def listed(request: Request) -> Response:
        name, kind = (request.query_params.get(one) for one in ("name", "kind"))
        return JSONResponse([one for one in items if (name or "") in one["name"] and kind in (None, one["kind"])])

    properties = {one: {"type": "string"} for one in ("name", "kind")}
    page = {"type": "array", "items": {"type": "object", "required": [*properties], "properties": properties}}
    parameters = [{"name": one, "in": "query", "schema": schema} for one, schema in properties.items()]
    get = {"operationId": "list", "parameters": parameters, "responses": {"200": of_json(page)}}
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/things": {"get": get}}}
    (tmp_path / "openapi.yaml").write_text(json.dumps(document))
    with serving(Starlette(routes=[Route("/things", listed)])) as url:
        assert run(["suggest", url]) == 0
    found = capsys.readouterr()
    assert [*parse_yaml(found.out)["actions"][0]["update"]["x-laws"]["filters"]] == ["kind"]
    assert "identity did not hold" in found.err and "list: filters did not hold: name=" in found.err


@pytest.mark.slow
def test_overlapping_pages_are_found_with_an_overlay_of_laws_and_by_the_names_of_parameters(
    notes: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    url, fault = notes
    assert run(["suggest", "--quiet", "--out", "laws.yaml"]) == 0
    options = ["--quiet", "--budget", "120", "--report", "text", "--ignore", "operation-unfinished"]
    for more in ([], ["--overlay", "laws.yaml"]):
        assert run(["test", url, *more, *options]) == (1 if fault else 0)
        assert ("law-pages" in capsys.readouterr().out) is bool(fault)


def test_the_other_commands_take_overlays_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("stricter.yaml").write_text(
        "overlay: 1.0.0\nactions:\n"
        "  - {target: $.components.schemas.Note.properties.text, update: {maxLength: 1}}\n"
        "  - {target: $.nothing, remove: true}\n"
    )
    traffic = str(NOTES / "traffic.har")
    before = run(["validate", traffic, "--any-host", "--quiet"])
    capsys.readouterr()
    assert run(["validate", traffic, "--any-host", "--overlay", "stricter.yaml", "--report", "text"]) == 1
    captured = capsys.readouterr()
    assert before in (0, 1) and "schema-length" in captured.out
    assert "the target $.nothing selects nothing in the contract" in captured.err
    assert run(["export", "json-schema", "--overlay", "stricter.yaml", "--out", "made", "--quiet"]) == 0
    assert any('"maxLength": 1' in path.read_text() for path in Path("made").iterdir())


def test_a_contract_without_lists_has_no_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    Path("openapi.yaml").write_text("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n")
    assert run(["suggest"]) == 2
    assert "no law is suggested" in capsys.readouterr().err


def test_the_overlay_is_never_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["suggest", "--contract", "openapi.yaml", "--out", "openapi.yaml"]) == 2
    assert "would overwrite it" in capsys.readouterr().err


def test_laws_that_nobody_stated_are_named_by_test_until_they_are(
    notes: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    url, fault = notes
    few = ["test", url, "--budget", "5", "--ignore", "operation-untested", "--report", "text"]
    run(few)
    assert (
        "laws that the contract does not state are not examined: listNotes (total, filters)" in capsys.readouterr().out
    )
    if not fault:
        run(["suggest", url, "--out", "laws.yaml", "--quiet"])
        run([*few, "--overlay", "laws.yaml"])
        assert "not examined: listNotes" not in capsys.readouterr().out


def test_one_operation_that_cannot_be_used_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("openapi.yaml").read_text()
    broken = """  /broken:
    get:
      operationId: broken
      responses: {"200": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/Nope"}}}}}
"""
    Path("openapi.yaml").write_text(text.replace("paths:\n", "paths:\n" + broken, 1))
    assert run(["suggest"]) == 0
    said = capsys.readouterr()
    assert "pagination" in laws(said.out) and "broken is left out: " in said.err


def test_parameters_that_no_law_states_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    note = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    names = ("limit", "cursor", "sort", "created_after", "q", "kind")
    queried = [{"name": one, "in": "query", "schema": {"type": "string"}} for one in names]
    listed = of_json({"type": "array", "items": note})
    notes = {"operationId": "list", "parameters": queried, "responses": {"200": listed}}
    one = of_json(note)
    chosen = [{"name": one, "in": "query", "schema": {"type": "string"}} for one in ("fields", "unit")]
    paths = {
        "/notes": {"get": notes},
        "/note": {"get": {"operationId": "read", "parameters": chosen, "responses": {"200": one}}},
    }
    for laws, named in (
        ({}, "sort, created_after, q, kind"),
        ({"filters": {"kind": {"is": "partition"}}}, "sort, created_after, q"),
    ):
        notes |= {"x-laws": laws} if laws else {}
        Path("many.json").write_text(
            json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})
        )
        run(["test", "http://127.0.0.1:9", "--contract", "many.json", "--max-time", "1"])
        assert f"are not examined: list ({named}), read (fields); " in capsys.readouterr().err
