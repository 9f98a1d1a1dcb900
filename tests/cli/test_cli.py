"""The command line by its behaviour: results, notes, exit statuses, what it imports and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import nullcontext
from pathlib import Path
from select import select
from typing import Any
from urllib.request import urlopen

import jsonschema_rs
import pytest
from support.places import ROOT
from support.serving import serving

from toolkit.cli import main as cli
from toolkit.cli import settings_schema
from toolkit.conformance import run
from toolkit.contract.model import Contract
from toolkit.exchange import Headers, Request, Response
from toolkit.services.hosting import as_asgi

COMMAND = [sys.executable, "-m", "toolkit.cli"]

CONTRACT = """
openapi: 3.0.3
info: {title: Counters, version: '1'}
servers: [{url: 'https://api.counters.io'}]
paths:
  /counters/{name}:
    get:
      operationId: readCounter
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses:
        '200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Counter'}}}}
  /names:
    get:
      operationId: listNames
      responses:
        '200': {description: x, content: {application/json: {schema: {type: array, items: {type: string}}}}}
components:
  schemas:
    Counter:
      type: object
      required: [value]
      properties: {value: {type: integer, maximum: 2}, unit: {type: string, enum: [s, m], nullable: true}}
"""
URL = "http://localhost/counters/a"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test works in a folder of its own, which holds a contract."""
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONTRACT_AUTH", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def entry(body: str, url: str = URL) -> dict[str, Any]:
    content = {"mimeType": "application/json", "text": body}
    headers = [{"name": "Content-Type", "value": "application/json"}]
    return {
        "request": {"method": "GET", "url": url},
        "response": {"status": 200, "headers": headers, "content": content},
    }


def record(path: Path, *entries: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(each) + "\n" for each in entries))
    return str(path)


@pytest.fixture
def sound(folder: Path) -> str:
    return record(folder / "sound.jsonl", entry('{"value": 1}'), entry('["a"]', "http://localhost/names"))


@pytest.fixture
def faulty(folder: Path) -> str:
    return record(folder / "faulty.jsonl", entry('{"value": 1}'), entry('{"value": "one"}'))


@pytest.fixture
def foreign(folder: Path) -> str:
    return record(folder / "foreign.jsonl", entry("1", "http://localhost/elsewhere"))


Captured = pytest.CaptureFixture[str]


def ran(capsys: Captured, *arguments: str) -> tuple[int, str, list[str]]:
    """Exit status, standard output, and the lines of standard error."""
    status = cli.run(arguments)
    out, error = capsys.readouterr()
    assert "Traceback" not in error
    return status, out, error.splitlines()


# validate: what conforms, what does not, what cannot be judged


def test_a_recording_that_conforms(capsys: Captured, sound: str) -> None:
    status, out, error = ran(capsys, "validate", sound)
    assert (status, error) == (0, [])
    assert out.startswith("Conforms: 2 exchanges conform to openapi.yaml.")


def test_a_recording_that_does_not(capsys: Captured, faulty: str) -> None:
    status, out, _ = ran(capsys, "validate", faulty)
    assert status == 1
    assert "Does NOT conform: 1 of 2 exchanges" in out and "schema-type" in out and "faulty.jsonl:2" in out


def test_a_record_that_is_broken_is_a_violation_and_the_rest_goes_on(capsys: Captured, faulty: str) -> None:
    with Path(faulty).open("a") as stream:
        stream.write('{"request": {"meth')
    status, out, _ = ran(capsys, "validate", "--report", "json", faulty)
    assert status == 1
    assert json.loads(out)["summary"]["by_rule"] == {"record-unreadable": 1, "schema-type": 1}


def test_where_nothing_belongs_to_the_contract_that_is_said(capsys: Captured, foreign: str) -> None:
    status, out, error = ran(capsys, "validate", foreign)
    assert status == 2
    assert len(error) == 1 and "nothing was checked" in error[0] and "/elsewhere" in error[0]
    assert out.startswith("Nothing was checked: 1 exchange is outside the contract.")


def test_what_a_pattern_leaves_unchecked_is_no_success(capsys: Captured, folder: Path) -> None:
    (folder / "patterns.yaml").write_text(CONTRACT.replace("enum: [s, m]", r"pattern: '^[a-z]+\Z'"))
    sound = record(folder / "sound.jsonl", entry('{"value": 1}'))
    path = record(folder / "r.jsonl", entry('{"value": 1, "unit": "s"}'))
    assert ran(capsys, "validate", sound, "--contract", "patterns.yaml")[0] == 0
    status, out, error = ran(capsys, "validate", path, "--contract", "patterns.yaml")
    assert status == 2 and "pattern-unchecked" in out and "not everything was checked" in error[-1]


@pytest.mark.parametrize(
    ("kind", "kept", "rule"),
    [
        ("application/json", {"size": 12}, "body-unrecorded"),
        ("application/yaml", {"text": "value: 1"}, "body-unread"),
        ("application/json", {"text": '{"value": 1}'}, ""),
    ],
)
def test_a_body_that_was_not_checked_is_no_success(
    capsys: Captured, folder: Path, kind: str, kept: Any, rule: str
) -> None:
    contract = f"{kind[12:]}.yaml"
    (folder / contract).write_text(CONTRACT.replace("application/json", kind, 1))
    one = entry("")
    one["response"] |= {"headers": [{"name": "Content-Type", "value": kind}], "content": {"mimeType": kind, **kept}}
    path = record(folder / "r.jsonl", one)
    status, out, error = ran(capsys, "validate", path, "--contract", contract)
    assert (status, rule in out, any(rule in line for line in error)) == ((2, True, True) if rule else (0, True, False))
    assert ran(capsys, "validate", path, "--contract", contract, "--ignore", rule or "x")[0] == (0 if rule else 2)


SID = "parameters: [{name: sid, in: cookie, required: true, schema: {type: string}}, "
X_A = "'200': {headers: {X-A: {required: true, schema: {}}}, "


@pytest.mark.parametrize(
    ("creator", "required", "rule"),
    [("WebInspector", ("parameters: [", SID), "value-unrecorded"), ("WebInspector", ("", ""), ""), ("", ("'200': {", X_A), "headers-unrecorded")],
)  # fmt: skip
def test_what_is_required_and_was_not_recorded_is_no_success(
    capsys: Captured, folder: Path, creator: str, required: tuple[str, str], rule: str
) -> None:
    (folder / "required.yaml").write_text(CONTRACT.replace(*required))
    one = entry('{"value": 1}')
    one["response"]["headers"] = []
    (folder / "a.har").write_text(json.dumps({"log": {"creator": {"name": creator}, "entries": [one]}}))
    status, out, error = ran(capsys, "validate", "a.har", "--contract", "required.yaml")
    assert (status, rule in out, any(rule in line for line in error)) == ((2, True, True) if rule else (0, True, False))


def test_strict_makes_a_violation_of_it(capsys: Captured, foreign: str) -> None:
    status, out, error = ran(capsys, "validate", "--strict", foreign)
    assert (status, error) == (1, [])
    assert "exchange-unmatched" in out


def test_another_host_is_outside_unless_any_is_taken(capsys: Captured, folder: Path) -> None:
    path = record(folder / "r.jsonl", entry('{"value": 1}', "https://api.others.io/counters/a"))
    assert "nothing was checked" in ran(capsys, "validate", path)[2][0]
    status, out, error = ran(capsys, "validate", "--any-host", path)
    assert (status, error) == (0, []) and "1 conforming" in out


def test_nullable_by_the_letter(capsys: Captured, folder: Path) -> None:
    path = record(folder / "r.jsonl", entry('{"value": 1, "unit": null}'))
    assert ran(capsys, "validate", path)[0] == 0
    assert ran(capsys, "validate", "--strict-nullable", path)[0] == 1


def test_a_bare_body_of_a_named_operation(capsys: Captured, folder: Path) -> None:
    (folder / "body.json").write_text('{"value": 3}')
    assert ran(capsys, "validate", "--operation", "readCounter", "body.json")[0] == 1
    assert ran(capsys, "validate", "--operation", "listNames", "body.json")[0] == 1
    (folder / "body.json").write_text("[]")
    assert ran(capsys, "validate", "--operation", "listNames", "body.json")[0] == 0
    status, out, _ = ran(capsys, "validate", "--operation", "listNames", "--status", "404", "body.json")
    assert status == 1 and "status-undeclared" in out


def test_a_bare_body_is_refused_where_the_operation_is_open(capsys: Captured, folder: Path) -> None:
    (folder / "body.json").write_text("[]")
    status, out, error = ran(capsys, "validate", "body.json")
    assert (status, out, len(error)) == (2, "", 1) and "--operation" in error[0]


def test_the_only_operation_need_not_be_named(capsys: Captured, folder: Path) -> None:
    """The shipped contract's operations, GET and POST, answer alike; its own examples are bare bodies of them."""
    contract = ROOT / "openapi.yaml"
    media = next(Contract.load(contract).operations()).responses["200"].content
    for ending, content_type in (("json", "application/json"), ("xml", "application/xml")):
        example = media[content_type].get("examples", "vendorSample").value["value"]  # type: ignore[union-attr]
        (folder / f"body.{ending}").write_text(example if isinstance(example, str) else json.dumps(example))
    status, out, _ = ran(capsys, "validate", "--contract", str(contract), "body.json", "body.xml")
    assert status == 0 and "2 conforming" in out
    broken = (folder / "body.xml").read_text().replace("TotalCount>", "TotalCont>")
    (folder / "body.xml").write_text(broken)
    assert ran(capsys, "validate", "--contract", str(contract), "body.json", "body.xml")[0] == 1


def test_the_format_can_be_named(capsys: Captured, sound: str) -> None:
    assert ran(capsys, "validate", "--as", "json-lines", sound)[0] == 0
    status, _, error = ran(capsys, "validate", "--as", "tape", sound)
    assert status == 2 and "'tape'" in error[0] and "vcr" in error[0]


def test_jobs_change_nothing(capsys: Captured, faulty: str) -> None:
    assert ran(capsys, "validate", "--jobs", "1", faulty) == ran(capsys, "validate", "--jobs", "5", faulty)


def test_the_engine_check_tells_where_engines_differ(
    capsys: Captured, sound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ran(capsys, "validate", "--engine-check", sound)[0] == 0
    monkeypatch.setattr("toolkit.validation.cross_check.json_schema_second_opinion", lambda *asked: False)
    status, out, _ = ran(capsys, "validate", "--engine-check", sound)
    assert status == 1 and "engines-differ" in out


@pytest.mark.slow
def test_the_dask_engine_judges_alike(capsys: Captured, faulty: str) -> None:
    dask = ["validate", "--engine", "dask", "--jobs", "1", "--output", "jsonl=out"]
    assert ran(capsys, *dask, faulty) == ran(capsys, "validate", faulty)
    rows = [json.loads(row) for path in Path("out").iterdir() for row in path.read_text().splitlines()]
    assert [row["rule"] for row in rows] == ["schema-type"]


# reports


def test_the_json_report_has_its_pinned_shape(capsys: Captured, faulty: str) -> None:
    status, out, error = ran(capsys, "validate", "--report", "json", faulty)
    report = json.loads(out)
    assert (status, error) == (1, [])
    expected = {"exchanges": 2, "conforming": 1, "violating": 1, "unmatched": 0, "violations": 1}
    assert report["summary"] == expected | {"by_rule": {"schema-type": 1}}
    names = {"rule", "severity", "message", "at", "contract", "operation", "source", "hint"}
    assert [set(violation) for violation in report["violations"]] == [names]


def test_reports_in_files_leave_the_text_on_stdout(capsys: Captured, faulty: str) -> None:
    status, out, _ = ran(capsys, "validate", "--report", "json=a.json", "--report", "junit=b/c.xml", faulty)
    assert status == 1 and out.startswith("Does NOT conform")
    assert json.loads(Path("a.json").read_text())["summary"]["violating"] == 1 and Path("b/c.xml").exists()


def test_quiet_prints_nothing_but_what_was_asked_for(capsys: Captured, faulty: str) -> None:
    assert ran(capsys, "validate", "--quiet", faulty) == (1, "", [])
    status, out, error = ran(capsys, "validate", "--quiet", "--report", "json", faulty)
    assert (status, error) == (1, []) and json.loads(out)["summary"]["violating"] == 1


@pytest.mark.parametrize("report", ["tape", "json=", "json=/dev/null/x.json"])
def test_a_report_that_cannot_be_written(capsys: Captured, faulty: str, report: str) -> None:
    status, out, error = ran(capsys, "validate", "--report", report, faulty)
    assert (status, out, len(error)) == (2, "", 1)


# baselines


def test_a_baseline_accepts_what_is_known_and_fails_what_is_new(capsys: Captured, folder: Path, faulty: str) -> None:
    assert ran(capsys, "validate", "--baseline", "new/known.json", "--update-baseline", faulty)[0] == 0
    status, out, _ = ran(capsys, "validate", "--baseline", "new/known.json", faulty)
    assert status == 0 and "1 known violation" in out
    record(folder / "faulty.jsonl", entry('{"value": "one"}'), entry('{"value": 9}'))
    status, out, _ = ran(capsys, "validate", "--baseline", "new/known.json", faulty)
    assert status == 1 and "schema-bound" in out and "ERROR 1: schema-type" not in out


@pytest.mark.parametrize("content", ["my notes", '{"openapi": "3.1.0"}', "[]"])
def test_a_baseline_is_written_over_nothing_else(capsys: Captured, folder: Path, faulty: str, content: str) -> None:
    (folder / "mine").write_text(content)
    status, out, error = ran(capsys, "validate", "--baseline", "mine", "--update-baseline", faulty)
    assert (status, out, len(error)) == (2, "", 1) and "would be overwritten; name another file" in error[0]
    assert (folder / "mine").read_text() == content
    (folder / "mine").write_text("")
    assert all(ran(capsys, "validate", "--baseline", "mine", "--update-baseline", faulty)[0] == 0 for _ in range(2))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes a pipe with a name")
def test_a_baseline_that_is_a_pipe_is_refused_at_once(capsys: Captured, folder: Path, faulty: str) -> None:
    os.mkfifo(folder / "pipe")
    status, out, error = ran(capsys, "validate", "--baseline", "pipe", faulty)
    assert (status, out, len(error)) == (2, "", 1) and "a pipe or a device; save it to a file" in error[0]


def test_a_baseline_is_named_and_there(capsys: Captured, faulty: str) -> None:
    status, out, error = ran(capsys, "validate", "--update-baseline", faulty)
    assert (status, out, len(error)) == (2, "", 1) and "--baseline FILE" in error[0]
    status, out, error = ran(capsys, "validate", "--baseline", "none.json", faulty)
    assert (status, out, len(error)) == (2, "", 1) and "--update-baseline" in error[0]


# the work that cannot be done: status 2, and one line that names the cure


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["validate"], "PATH"),
        (["validate", "none.jsonl"], "check the path"),
        (["validate", "openapi.yaml"], "OpenAPI document"),
        (["validate", "empty"], "no exchange found"),
        (["validate", "--contract", "none.yaml", "x"], "none.yaml"),
        (["validate", "--operation", "readCounters", "x"], "readCounter"),
        (["validate", "--jobs", "0", "x"], "--jobs"),
        (["validate", "--frobnicate", "x"], "--frobnicate"),
        (["frobnicate"], "frobnicate"),
        (["validate", "--scheduler", "tcp://127.0.0.1:1", "x"], "--engine dask"),
        (["validate", "--engine", "dask", "--output", "jsonl", "x"], "FORMAT=DIR"),
        (["validate", "--engine", "dask", "--output", "tape=x", "empty"], "parquet"),
        (["validate", "--engine", "dask", "-"], "standard input"),
        (["export", "tape"], "json-schema"),
        (["export", "xsd"], "xsd"),
        (["export", "xsd", "--flat"], "json-schema"),
        (["export", "json-schema", "--for", "orval"], "openapi"),
        (["export", "openapi", "--for", "orvall"], "orval"),
        (["export", "openapi", "--for", "xsdcxx@4"], "export xsd --closed"),
        (["export", "json-schema", "--out", "one.json"], "files cannot be written to one.json; name a folder"),
        (["export", "json-schema", "--out", "openapi.yaml/made"], "Not a directory"),
        (["export", "openapi", "--check"], "--out DIR"),
        (["export", "openapi", "--include", "readCount"], "readCounter"),
        (["convert", "none.jsonl", "-"], "check the path"),
        (["convert", "openapi.yaml", "openapi.yaml"], "would overwrite it"),
        (["convert", "empty", "out.jsonl"], "no exchange found"),
        (["serve", "--port", "99999"], "--port"),
        (["serve", "--require-signature", "key"], "KEYID:SECRET"),
        (["serve", "--require-signature", "key:"], "KEYID:SECRET"),
        (["test", "localhost:1"], "http://"),
        (["test", "http://127.0.0.1:9", "--rate", "fast"], "N/s"),
        (["test", "http://127.0.0.1:9", "--param", "Name"], "NAME=VALUE"),
        (["test", "http://127.0.0.1:9", "--header", "Name"], "NAME:VALUE"),
        (["test", "http://127.0.0.1:9", "--header", "Name: \xe9"], "ASCII"),
        (["test", "http://127.0.0.1:9", "--header", "Content-Length: 1"], "leave it out of --header"),
        (["test", "http://127.0.0.1:9", "--header", "transfer-encoding: gzip"], "leave it out of --header"),
        (["test", "http://127.0.0.1:9", "--auth", "aliyun-rpc:secret"], "KEYID:SECRET"),
        (["test", "http://127.0.0.1:9"], "no response"),
        (["test"], "DescribeRefreshTasks"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said_in_one_line(
    capsys: Captured, folder: Path, arguments: list[str], told: str
) -> None:
    (folder / "empty").mkdir()
    status, out, error = ran(capsys, *arguments)
    assert status == 2
    notes = 1 + (told in ("no response", "DescribeRefreshTasks"))  # the first says which contract it is
    assert len(error) == notes and error[-1].startswith("contract: ") and told in error[-1]
    assert "aliyun-rpc:secret" not in error[0]
    assert out == "" or out.startswith("Nothing was checked: no exchange was found.")
    assert not Path("out.jsonl").exists() or not Path("out.jsonl").read_bytes()


def test_a_report_that_there_is_not_is_refused_before_anything_is_sent(capsys: Captured, folder: Path) -> None:
    given = ["test", "http://127.0.0.1:9", "--contract", "openapi.yaml", "--report", "markdown", "--record", "r.har"]
    status, _, error = ran(capsys, *given)
    assert status == 2 and "unknown report format 'markdown'" in error[-1] and not Path("r.har").exists()


def test_a_message_is_one_line_whatever_the_name(capsys: Captured) -> None:
    status, _, error = ran(capsys, "validate", "no\x1b[31m\nfile")
    assert (status, len(error)) == (2, 1) and "\x1b" not in error[0]


def test_an_error_before_anything_was_found_leaves_no_half_report(capsys: Captured, folder: Path) -> None:
    (folder / "text.txt").write_text("no recording")
    assert ran(capsys, "validate", "--report", "json=r.json", "text.txt")[0] == 2
    assert not Path("r.json").exists()


def test_an_error_half_way_keeps_what_was_found(capsys: Captured, folder: Path, faulty: str) -> None:
    (folder / "text.txt").write_text("no recording")
    status, out, error = ran(capsys, "validate", "--report", "json", faulty, "text.txt")
    assert (status, len(error)) == (2, 1) and "text.txt" in error[0]
    assert json.loads(out)["summary"] | {"violating": 1, "interrupted": True} == json.loads(out)["summary"]


def test_an_internal_error_is_one_line_and_tells_how_to_see_more(
    capsys: Captured, sound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolkit.validation.batch.split", lambda job: {}["split"])
    status, out, error = ran(capsys, "validate", sound)
    assert (status, out) == (2, "")
    assert (
        len(error) == 1 and error[0].startswith("contract: internal error: KeyError") and "CONTRACT_DEBUG=1" in error[0]
    )
    monkeypatch.setenv("CONTRACT_DEBUG", "1")
    assert cli.run(["validate", sound]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_what_fails_for_a_mistake_of_the_contract_is_no_internal_error(capsys: Captured, folder: Path) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"parameters": -1, "get": {}}},
    }
    (folder / "c.json").write_text(json.dumps(document))
    command = ["export", "openapi", "--contract", "c.json", "--media", "json", "--pin-format"]
    status, out, error = ran(capsys, *command)
    assert (status, out) == (2, "") and "internal error" not in error[-1]
    assert "contract lint c.json shows them" in error[-1] and "TypeError" in error[-1]


# convert and export


def test_convert_gives_lines_that_are_judged_alike(capsys: Captured, folder: Path, faulty: str) -> None:
    (folder / "r.har").write_text(json.dumps({"log": {"entries": [entry('{"value": 1}'), entry('{"value": "one"}')]}}))
    assert ran(capsys, "convert", "r.har", "r.jsonl") == (0, "", ["contract: 2 exchanges written"])
    assert ran(capsys, "validate", "--quiet", "--report", "json", "r.jsonl")[0] == 1
    status, out, _ = ran(capsys, "convert", "--quiet", "r.har", "-")
    assert status == 0 and out == Path("r.jsonl").read_text() and len(out.splitlines()) == 2


def test_convert_keeps_a_bare_bodys_operation(capsys: Captured, folder: Path) -> None:
    (folder / "body.json").write_text('{"value": 3}')
    assert ran(capsys, "convert", "--operation", "readCounter", "body.json", "r.jsonl")[0] == 0
    assert ran(capsys, "validate", "r.jsonl")[0] == 1


def test_convert_tells_what_it_leaves_out(capsys: Captured, faulty: str) -> None:
    with Path(faulty).open("a") as stream:
        stream.write('{"request": {"meth')
    status, _, error = ran(capsys, "convert", faulty, "out.jsonl")
    assert status == 1 and len(Path("out.jsonl").read_text().splitlines()) == 2
    assert len(error) == 1 and "1 broken record" in error[0]


def test_export_writes_files_and_names_them(capsys: Captured) -> None:
    status, out, _ = ran(capsys, "export", "json-schema", "--out", "made")
    assert status == 0 and out.splitlines() == [
        f"made/{name}.schema.json" for name in ("Counter", "listNames200", "readCounterParameters")
    ]
    assert json.loads(Path("made/Counter.schema.json").read_text())["$schema"].endswith("2020-12/schema")


def test_export_of_one_schema_to_standard_output(capsys: Captured) -> None:
    status, out, _ = ran(capsys, "export", "json-schema", "--operation", "listNames", "--out", "-")
    assert status == 0 and json.loads(out)["type"] == "array"
    file = ["export", "json-schema", "--operation", "listNames", "--part", "responses", "--out", "made/names.json"]
    assert ran(capsys, *file)[:2] == (0, "made/names.json\n") and Path("made/names.json").read_text() == out
    assert ran(capsys, *file, "--check")[0] == 0
    status, out, error = ran(capsys, "export", "json-schema", "--out", "-")
    assert (status, out) == (2, "") and "--out DIR" in error[0]


def test_export_checks_the_files_in_a_folder(capsys: Captured) -> None:
    export = ["export", "json-schema", "--out", "made"]
    assert ran(capsys, *export, "--check")[0] == 1
    assert ran(capsys, *export)[0] == 0
    assert ran(capsys, *export, "--check") == (0, "", [])
    Path("made/Counter.schema.json").write_text("{}")
    assert ran(capsys, *export, "--check") == (1, "made/Counter.schema.json: stale\n", [])


def test_export_of_a_copy_names_each_change_and_each_loss(capsys: Captured) -> None:
    status, out, notes = ran(capsys, "export", "openapi")
    assert status == 0 and notes == [] and set(json.loads(out)["paths"]) == {"/counters/{name}", "/names"}
    status, out, notes = ran(
        capsys, "export", "openapi", "--include", "path:/n*", "--out", "made/api.json", "--pin-format"
    )
    assert (status, out, notes) == (0, "made/api.json\n", [])  # there is one format alone
    assert set(json.loads(Path("made/api.json").read_text())["paths"]) == {"/names"}
    assert ran(capsys, "export", "openapi", "--include", "path:/n*", "--out", "made/api.json", "--check")[0] == 0
    assert ran(capsys, "export", "openapi", "--out", "made/api.json", "--check")[0] == 1


# settings


def test_settings_give_defaults_and_the_command_line_wins(capsys: Captured, folder: Path, foreign: str) -> None:
    (folder / "openapi.yaml").rename("api.yaml")
    settings = '[tool.contract]\ncontract = "api.yaml"\nany-host = true\n[tool.contract.validate]\nreport = ["json"]\n'
    (folder / "pyproject.toml").write_text(settings + "strict = true\n")
    status, out, _ = ran(capsys, "validate", foreign)
    assert status == 1 and json.loads(out)["summary"]["by_rule"] == {"exchange-unmatched": 1}
    status, out, _ = ran(capsys, "validate", "--report", "text", foreign)
    assert status == 1 and out.startswith("Does NOT conform")


@pytest.mark.parametrize(
    "text",
    [
        "[tool.contract]\nfrobnicate = 1",
        "[tool.contract.validate]\nfrobnicate = 1",
        "[tool.contract.frobnicate]\nx = 1",
        "[tool]\ncontract = 1",
        "[tool.contract]\nvalidate = 1",
        "[tool.contract]\nstrict = {a = 1}",
        "[tool.contract]\nseed = 'many'",
        "[tool.contract]\njobs = [1]",
        "[tool.contract]\nreport = [['json']]",
        "[tool.contract",
        "tool = 1 # contract",
        "contract = " + "[" * 100_000,
    ],
)
def test_settings_that_are_wrong_are_told(capsys: Captured, folder: Path, sound: str, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)
    status, out, error = ran(capsys, "validate", sound)
    assert (status, out, len(error)) == (2, "", 1)
    assert "pyproject.toml" in error[0]


NUMBERS = "timeout = 10\nmax-time = 2.5\nmax-body = 1000\nrate = 5\nbudget = 7\nseed = 3\nread-only = true\n"


def test_numbers_of_settings_are_written_as_numbers_or_as_strings(capsys: Captured, folder: Path) -> None:
    for text in (
        NUMBERS,
        NUMBERS.replace("= 10\n", '= "10s"\n').replace("= 1000", '= "16M"').replace("= 5", '= "5/s"'),
    ):
        (folder / "pyproject.toml").write_text("[tool.contract.test]\n" + text)
        assert "has no operation 'X'" in ran(capsys, "test", "--operation", "X")[2][0]


@pytest.mark.parametrize(
    "text", ["auth = 7", "quiet = 1.5", "read-only = 'yes'", "seed = true", "param = 5", "budget = 3.5"]
)
def test_a_setting_has_the_type_of_its_option(capsys: Captured, folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text("[tool.contract.test]\n" + text)
    status, _, error = ran(capsys, "test", "--operation", "X")
    assert status == 2 and "[tool.contract.test] has the wrong type; write " in error[0]


def test_the_schema_of_the_settings_says_what_the_command_line_takes() -> None:
    shipped = (ROOT / "schemas" / "settings.schema.json").read_text("utf-8")
    assert shipped == settings_schema.text(), "python -m toolkit.cli.settings_schema > schemas/settings.schema.json"
    valid = jsonschema_rs.validator_for(json.loads(shipped)).is_valid
    assert valid(
        {"contract": "a.yaml", "report": ["text", "json=x"], "test": tomllib.loads(NUMBERS), "validate": {"jobs": 4}}
    )
    bad = [{"frobnicate": 1}, {"test": {"jobs": 1}}, {"seed": "many"}, {"budget": 0}, {"engine": "cloud"}, {"quiet": 1}]
    assert not any(map(valid, bad))


def test_a_bad_setting_of_another_command_is_told_too(capsys: Captured, folder: Path, sound: str) -> None:
    (folder / "pyproject.toml").write_text("[tool.contract]\nrate = 'fast'\n")
    assert "'rate' in [tool.contract]: --rate 'fast'" in ran(capsys, "validate", sound)[2][0]


def test_one_text_is_a_list_of_one_where_an_option_is_repeatable(capsys: Captured, folder: Path, sound: str) -> None:
    (folder / "pyproject.toml").write_text('[tool.contract]\nreport = "json"\n')
    assert json.loads(ran(capsys, "validate", sound)[1])["summary"]["conforming"] > 0


def test_other_projects_settings_do_not_matter(capsys: Captured, folder: Path, sound: str) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "contract"\n[tool.other]\nx = 1\n')
    assert ran(capsys, "validate", sound)[0] == 0


# test and serve


def test_the_reference_service_conforms_in_process(capsys: Captured, folder: Path) -> None:
    (folder / "openapi.yaml").unlink()  # so that the one shipped is taken
    options = ["--report", "json", "--record", "all.har", "--seed", "7"]
    status, out, _ = ran(capsys, "test", "--budget", "60", *options)
    assert status == 1 and {one["rule"] for one in json.loads(out)["violations"]} == {"operation-unfinished"}
    status, out, _ = ran(capsys, "test", "--budget", "60", "--ignore", "operation-unfinished", *options)
    report = json.loads(out)
    assert status == 0 and report["requests"] <= 60 and report["seed"] == 7
    assert {name: report["summary"][name] for name in ("requests", "seed")} == {
        "requests": report["requests"],
        "seed": 7,
    }
    assert report["summary"]["conforming"] > 10
    assert len(json.loads(Path("all.har").read_text())["log"]["entries"]) == report["requests"]
    assert ran(capsys, "validate", "all.har")[0] == 0


@pytest.mark.slow
def test_serve_and_test_it_with_a_signature(capsys: Captured, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "openapi.yaml").unlink()
    arguments = ["serve", "--port", "0", "--tasks", "30", "--require-signature", "id:key"]
    server = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        words = server.stdout.readline().split()
        url = next(word for word in words if word.startswith("http://"))
        assert words[:3] == ["Serving", "30", "tasks"]
        with pytest.raises(OSError, match="400"):
            urlopen(url, timeout=5)
        monkeypatch.setenv("CONTRACT_AUTH", "aliyun-rpc:id:key")
        status, out, _ = ran(
            capsys,
            "test",
            url,
            "--contract",
            str(ROOT / "openapi.yaml"),
            "--budget",
            "40",
            "--param",
            "DomainName=example.com",
            "--ignore",
            "operation-unfinished",
        )
        assert status == 0, out
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 130
    assert server.stderr is not None and server.stderr.read() == "contract: ended by SIGINT\n"


def test_a_store_keeps_its_tasks(capsys: Captured, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "openapi.yaml").unlink()
    monkeypatch.setattr("toolkit.services.hosting.serve_until_signal", lambda app, listener: 0)
    assert "Serving 20 tasks" in ran(capsys, "serve", "--store", "s.db", "--tasks", "20")[1]
    assert "Serving 20 tasks" in ran(capsys, "serve", "--store", "s.db")[1]
    assert "Serving 500 tasks" in ran(capsys, "serve")[1]
    (folder / "bad.db").write_text("no database" * 100)
    status, out, error = ran(capsys, "serve", "--store", "bad.db")
    assert (status, out, len(error)) == (2, "", 1) and "bad.db" in error[0]


def test_ctrl_c_in_a_test_run_tells_what_was_found(
    capsys: Captured, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "openapi.yaml").unlink()

    def verdicts(self: Any) -> Any:
        yield run.Verdict("request 1", "DescribeRefreshTasks")
        raise KeyboardInterrupt

    monkeypatch.setattr(run.Run, "verdicts", verdicts)
    status, out, error = ran(capsys, "test")
    assert (
        status == 130
        and out.startswith("Interrupted. So far: NOT examined as a whole: ")
        and "1 response conforms" in out
    )
    assert "the contract that ships with contract-toolkit" in error[0] and error[1:] == ["contract: ended by SIGINT"]


def test_files_passed_over_in_a_folder_are_noted(capsys: Captured, folder: Path, sound: str) -> None:
    (folder / "other.json").write_text('{"interaction": 1}')
    status, out, (note,) = ran(capsys, "validate", str(folder))
    assert status == 0 and "2 conforming" in out
    assert "2 files skipped" in note and "openapi.yaml" in note
    assert ran(capsys, "validate", str(folder), "--quiet") == (0, "", [])


def test_a_name_too_long(capsys: Captured, sound: str) -> None:
    for arguments in (("validate", "x" * 300), ("convert", "x" * 300, "-"), ("convert", sound, "x" * 300)):
        status, _, (error,) = ran(capsys, *arguments)
        assert status == 2 and "too long" in error


# the process as a whole


@pytest.mark.slow
def test_standard_input_and_a_closed_pipe(folder: Path, sound: str) -> None:
    text = Path(sound).read_bytes()
    done = subprocess.run([*COMMAND, "validate", "-"], input=text, capture_output=True)
    assert done.returncode == 0 and b"2 conforming" in done.stdout
    (folder / "many.jsonl").write_bytes(text * 20_000)
    for arguments in ("convert many.jsonl -", "validate --strict-nullable many.jsonl --report json"):
        shell = f"{sys.executable} -m toolkit.cli {arguments} | head -c 20"
        done = subprocess.run(shell, shell=True, capture_output=True)
        assert done.stderr == b""


@pytest.mark.parametrize(
    "arguments",
    [
        "convert - -",
        "validate - --report json",
        pytest.param("validate /dev/stdin --report json", marks=pytest.mark.slow),
    ],
)
def test_a_pipe_is_judged_as_it_comes(folder: Path, faulty: str, arguments: str) -> None:
    line = Path(faulty).read_bytes().splitlines(keepends=True)[1]
    command = [*COMMAND, *arguments.split()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(line)
        came = b""
        while b"schema-type" not in came and b'"status":200' not in came:
            ready, _, _ = select([process.stdout], [], [], 30)
            assert ready, "nothing came though the line was written"
            came += process.stdout.read(10_000)
        process.communicate()
    assert process.returncode == (0 if arguments.startswith("convert") else 1)


def test_a_closed_standard_input_is_one_line() -> None:
    command = f"{sys.executable} -m toolkit.cli validate - <&-"
    done = subprocess.run(command, shell=True, capture_output=True)
    assert (done.returncode, done.stdout) == (2, b"") and b"standard input is closed" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "convert {} -",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("convert {} /dev/full", "validate {} --report json")),
    ],
)
def test_a_full_disk_is_one_line(faulty: str, arguments: str) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [*COMMAND, *arguments.format(faulty).split()]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and b"No space left" in done.stderr


@pytest.mark.slow
def test_ctrl_c_while_a_pipe_is_read(folder: Path, sound: str) -> None:
    process = subprocess.Popen(
        [*COMMAND, "validate", "--report", "json=r.json", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(Path(sound).read_bytes() * 10_000)
    process.stdin.flush()
    while not list(folder.glob(".r.json.*")):  # where a report is written until it is whole
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=10)
    assert (process.returncode, error) == (130, b"contract: ended by SIGINT\n")
    assert out.startswith(b"Interrupted. So far: Conforms: ")


def test_a_terminal_gets_a_progress_bar_and_a_pipe_does_not(
    capsys: Captured, sound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolkit.cli.progress.PATIENCE", -1)
    assert ran(capsys, "validate", sound)[2] == []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    status, out, error = ran(capsys, "validate", sound)
    assert status == 0 and out.startswith("Conforms") and "2 exchanges" in "".join(error)
    assert ran(capsys, "validate", "--quiet", sound)[2] == []


def test_no_percentage_is_shown_before_the_first_of_the_files_is_read(
    capsys: Captured, sound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[int, int]] = []
    monkeypatch.setattr("toolkit.cli.validating.progress", lambda *_: nullcontext(lambda *now: drawn.append(now[:2])))
    monkeypatch.setattr("toolkit.validation.batch.EXCHANGES", 1)
    assert ran(capsys, "validate", "--quiet", sound)[0] == 0
    size = Path(sound).stat().st_size
    assert drawn[0] == (0, 0) and drawn[-1] == (size, size)


HEAVY = {"hypothesis", "schemathesis", "pytest", "rich", "httpx", "starlette", "uvicorn", "jsonschema", "xmlschema"}


@pytest.mark.parametrize("arguments", [["--help"], ["validate", "--help"], ["validate", "sound.jsonl"]])
def test_nothing_is_imported_that_is_not_needed(sound: str, arguments: list[str]) -> None:
    code = f"import sys; from toolkit.cli import main as cli; assert cli.run({arguments}) == 0; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "toolkit" in loaded and not loaded & HEAVY
    assert "--help" not in arguments or not loaded & {"lxml", "orjson", "jsonschema_rs"}


@pytest.mark.slow
def test_one_recording_is_checked_in_little_more_time_than_its_libraries_take_to_load(sound: str) -> None:
    """A ratio of processor times, so that neither a slow nor a busy machine matters."""

    def seconds(*arguments: str) -> float:
        before = os.times()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    libraries = "import click, hashlib, jsonschema_rs, lxml.etree, msgspec, multiprocessing, orjson, xml.etree.ElementTree, yaml"
    turns = [(seconds("-m", "toolkit.cli", "validate", sound), seconds("-c", libraries)) for _ in range(3)]
    assert min(ours for ours, _ in turns) < 4.5 * min(theirs for _, theirs in turns)


def test_help_names_every_command(capsys: Captured) -> None:
    status, out, _ = ran(capsys, "--help")
    assert status == 0 and all(
        name in out for name in ("test", "validate", "lint", "serve", "mock", "convert", "export")
    )
    status, _, error = ran(capsys)
    assert status == 2 and "validate" in "\n".join(error)


@pytest.mark.parametrize(
    ("option", "commands"),
    [
        ("--contract", "test validate lint serve mock proxy convert export generate suggest"),
        ("--operation", "test validate convert export suggest"),
        ("--seed", "test serve mock suggest"),
        ("--quiet", "test validate lint mock proxy convert export generate suggest diff"),
        ("--strict-nullable", "test validate lint serve mock proxy export generate suggest diff"),
        ("--any-host", "validate"),
    ],
)
def test_options_stand_only_where_they_act(option: str, commands: str) -> None:
    having = {
        name for name, command in cli.contract.commands.items() if option in {o for p in command.params for o in p.opts}
    }
    assert having == set(commands.split())


def test_the_kinds_of_export_are_offered() -> None:
    from toolkit.export.files import KINDS as OF_SCHEMAS

    KINDS = [*OF_SCHEMAS, "openapi"]
    [kind] = [each for each in cli.contract.commands["export"].params if each.name == "kind"]
    assert list(kind.type.choices) == list(KINDS)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_service_that_refuses_every_plain_request_was_not_examined(capsys: Captured, folder: Path) -> None:
    """Exit 1, since 0 would tell a pipeline that the service conforms; who accepts that says so."""
    known = CONTRACT.replace("      responses:\n", "      responses:\n        '404': {description: none}\n")
    (folder / "openapi.yaml").write_text(known)
    statuses = {"/names": 404}

    def answer(request: Request) -> Response:
        body = b"[]" if request.url == "/names" else b'{"value": 1}'
        return Response(statuses.get(request.url, 404), Headers((("Content-Type", "application/json"),)), body)

    with serving(as_asgi(answer, 1 << 20)) as url:
        status, out, _ = ran(capsys, "test", url)
        assert status == 1
        assert out.startswith("NOT examined as a whole: 2 of 2 operations had no success.")
        assert "operation-untested in readCounter, listNames" in out and "--param name=VALUE" in out
        statuses["/names"] = 200
        status, out, _ = ran(capsys, "test", url)
        assert status == 1 and "operation-untested in readCounter" in out
        assert ran(capsys, "test", url, "--ignore", "operation-untested")[0] == 0


def test_what_is_skipped_is_noted_in_the_reports_too(capsys: Captured, sound: str, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    shutil.copy(sound, folder)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    status, out, error = ran(capsys, "validate", str(folder), "--report", "json")
    [note] = json.loads(out)["notes"]
    assert status == 0 and note.startswith("1 file skipped as no recording; the first: ")
    assert error == [f"contract: {note}"]
