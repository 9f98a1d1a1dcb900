"""One cause of 5XX in many operations is one finding; causes that differ stay apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.contracts import as_json, loaded, of_json, of_yaml
from support.growth import LINEAR, growth
from support.laws import errors_of, run_of

from toolkit.conformance.laws.faults import Said, fault_of
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.reports.causes import causes
from toolkit.reports.findings import Findings
from toolkit.reports.summary import Context


def _fault(body: str, url: str = "/notes/12") -> Said:
    content_type = "application/json" if body.startswith("{") else "text/html"
    response = Response(500, Headers((("content-type", content_type),)), body.encode())
    return fault_of(Exchange(Request("GET", url, Headers(())), response))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"error": "database is locked", "request_id": "r-17"}', "database locked"),
        ('{"error": "no such table: notes"}', "such table"),  # what the request names is another word elsewhere
        ("<style>a</style><h1>OperationalError at /notes/12</h1><pre>no such table: notes</pre>", "operationalerror such table"),
        ("Traceback (most recent call last):\n  File \"a.py\", line 3\n    rows = select(shelf)\nsqlite3.OperationalError: disk full", "disk full"),
        ("{\"detail\": \"'NoneType' object has no attribute 'execute'\"}", "nonetype object attribute execute"),
    ],
)  # fmt: skip
def test_the_words_of_a_fault_tell_its_cause(body: str, kind: str) -> None:
    assert _fault(body).kind == kind


@pytest.mark.parametrize(
    "body",
    [
        '{"error": "Internal Server Error"}',
        '{"timestamp": "2026-01-01", "status": 500, "error": "Internal Server Error", "path": "/notes/12"}',
        "<title>Server Error (500)</title><h1>Server Error (500)</h1>",
        '{"error": "Something went wrong, please contact support with 8f3a77"}',
        '{"error": "KeyError: \'id\'"}',
        '{"error": "Error", "message": "A programmatic error occurred, developers have been informed. https://a.example/b/"}',
        "We are aware of the problem, and our engineers are working on a fix.",
        "",
    ],
)
def test_what_is_said_of_every_fault_tells_no_cause(body: str) -> None:
    assert _fault(body).kind == ""


def test_a_fault_that_is_told_in_a_value_of_any_depth_ends_no_run(tmp_path: Path) -> None:
    deep = Response(500, Headers((("Content-Type", "application/json"),)), b'{"a":' * 900 + b"1" + b"}" * 900)
    run = run_of(of_yaml(tmp_path, "    /a: {get: {responses: {'200': {description: ok}}}}\n"), lambda request: deep)
    assert "server-error" in {one.rule for one in errors_of(run)}


def _found(folder: Path, responses: dict[str, tuple[int, str]], rule: str = "server-error") -> list[list[str]]:
    """The operations of each cause of a rule that a run finds; responses by the first part of the path."""
    paths = "".join(
        f"    /{name}: {{get: {{operationId: {name}, responses: {{'200': {{description: ok}}}}}}}}\n"
        for name in responses
    )

    def send(request: Request) -> Response:
        status, text = responses[request.url.partition("?")[0].strip("/")]
        return as_json(status, {"error": text})

    found = Findings()
    for verdict in run_of(of_yaml(folder, paths), send).verdicts():
        found.add(verdict)
    groups = [one for one in found.groups.values() if one.first.rule == rule]
    return [sorted(one.operations) for one in causes(groups, Context(unit="response"))]


def test_a_database_that_is_down_is_one_finding(tmp_path: Path) -> None:
    fault = (500, "could not connect to the database")
    assert _found(tmp_path, {"a": fault, "b": fault, "c": fault, "health": (200, "")}) == [["a", "b", "c"]]


def test_a_service_of_which_nothing_works_and_that_says_nothing_is_one_finding(tmp_path: Path) -> None:
    fault = (500, "Internal Server Error")
    assert _found(tmp_path, {"a": fault, "b": fault, "c": fault, "health": (200, "")}) == [["a", "b", "c"]]


def test_two_operations_that_say_the_same_have_one_cause_unless_it_is_a_mistake_in_code(tmp_path: Path) -> None:
    full = dict.fromkeys(("a", "b"), (502, "the printer has no paper"))
    mistake = dict.fromkeys(("c", "d"), (500, "TypeError: 'NoneType' object is not subscriptable by key"))
    assert _found(tmp_path, full | mistake) == [["a", "b"], ["c"], ["d"]]


def test_internals_that_one_property_shows_everywhere_are_one_finding(tmp_path: Path) -> None:
    shown = {
        name: (500, f"java.lang.{what}Exception") for name, what in zip("abc", ("Cast", "State", "IO"), strict=True)
    }
    assert _found(tmp_path, {**shown, "d": (500, "no paper")}, "internals-leaked") == [["a", "b", "c"]]


def test_faults_with_different_texts_or_with_none_stay_apart(tmp_path: Path) -> None:
    told = {"a": (500, "the disk is full"), "b": (500, "the clock of the meter stopped"), "c": (500, "no paper left")}
    silent = dict.fromkeys(("d", "e", "f"), (500, "Internal Server Error"))
    sound = dict.fromkeys(("g", "h", "i"), (200, ""))
    assert len(_found(tmp_path, told | silent | sound)) == 6


@pytest.mark.parametrize("wrong", ["size=0", pytest.param("start=-1", marks=pytest.mark.slow)])
def test_faults_of_one_kind_of_request_that_say_nothing_are_one_finding(tmp_path: Path, wrong: str) -> None:
    name = wrong.partition("=")[0]
    schema = {"type": "integer", "minimum": 0 if name == "start" else 1, "maximum": 9}
    size = {"name": name, "in": "query", "schema": schema}
    get = {"parameters": [size], "responses": {"200": {"description": "ok"}, "400": {"description": "no"}}}
    paths = {f"/{one}": {"get": {"operationId": one, **get}} for one in ("a", "b", "c", "d")}

    def send(request: Request) -> Response:
        path, _, query = request.url.partition("?")
        is_wrong = query == (wrong if path != "/d" else f"{name}=10")
        return Response(500 if is_wrong else 400 if "=" in query and not query[-1].isdecimal() else 200)

    found = Findings()
    for verdict in run_of(loaded(tmp_path, paths), send).verdicts():
        found.add(verdict)
    groups = [one for one in found.groups.values() if one.first.rule == "server-error"]
    assert [sorted(one.operations) for one in causes(groups, Context(unit="response"))] == [["a", "b", "c"], ["d"]]


def test_what_is_refused_everywhere_in_the_same_words_is_one_finding(tmp_path: Path) -> None:
    paths = "".join(
        f"    /{name}: {{get: {{operationId: {name}, responses: {{'200': {{description: ok}}, '4XX': {{description: no}}}}}}}}\n"
        for name in "abcd"
    )

    def send(request: Request) -> Response:
        text = "the list is closed" if request.url.startswith("/d") else "the engine is not running"
        return as_json(409, {"detail": text})

    found = Findings()
    for verdict in run_of(of_yaml(tmp_path, paths), send).verdicts():
        found.add(verdict)
    groups = [one for one in found.groups.values() if one.first.rule == "operation-untested"]
    grouped = causes(groups, Context(unit="response"))
    assert [sorted(one.operations) for one in grouped] == [["a", "b", "c"], ["d"]]
    assert "409 (the engine is not running)" in grouped[0].first.message


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["<script ", "<!--", "a"])
def test_a_long_text_of_a_fault_is_read_in_time_that_grows_with_it(piece: str) -> None:
    def make(size: int) -> str:
        return json.dumps({"message": piece * (size // len(piece)) + "1"})

    assert growth(make, _fault, 10_000) < LINEAR


def test_of_a_fault_without_end_the_beginning_is_read() -> None:
    deep = '{"a":' * 500 + '"database is locked"' + "}" * 500
    assert _fault(deep).kind == _fault('{"a": ["database is locked"' + ", 1" * 200_000 + "]}").kind == "database locked"
    assert _fault('{"a": "database is locked <!-- and no end"}').kind == "database locked"


def test_a_documented_429_that_is_asked_again_keeps_to_its_schema(tmp_path: Path) -> None:
    said = of_json({"type": "object", "properties": {"m": {"type": "string"}}})
    get = {"operationId": "tolls", "responses": {"200": {"description": "ok"}, "429": said}}
    busy = iter([as_json(429, {"m": 5}, **{"Retry-After": "0"})])
    run = run_of(loaded(tmp_path, {"/tolls": {"get": get}}), lambda _: next(busy, Response(200)))
    assert [(one.rule, one.at) for one in errors_of(run)] == [("schema-type", "response.body#/m")]
