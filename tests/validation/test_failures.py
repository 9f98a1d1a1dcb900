"""What fails unforeseen while one record is read or checked is a violation at its place, and the rest goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from support.contracts import answer, loaded, of_json, operation, parameter

from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.recordings.formats import har_entry
from toolkit.recordings.reading import write_line
from toolkit.validation import batch
from toolkit.validation.batch import Job, check_chunks, split
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict, Violation

BAD = "/bad"


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Three exchanges, of which the second is one that the program fails on."""
    loaded(tmp_path, {path: {"get": operation("get" + path[1:])} for path in ("/good", BAD)})
    urls = ("/good", BAD, "/good")
    lines = [write_line(Exchange(Request("GET", url), Response(200))) for url in urls]
    (tmp_path / "r.jsonl").write_bytes(b"".join(lines))
    monkeypatch.setattr(batch, "SMALL", 0)
    return Job(str(tmp_path / "c.json"), (str(tmp_path / "r.jsonl"), str(tmp_path / "r.jsonl")))


def rules(job: Job, jobs: int) -> list[tuple[str, str]]:
    verdicts = [one for results in check_chunks(job, list(split(job)), jobs) for one in results.verdicts]
    return [(found.rule, found.source.rpartition(":")[2]) for one in verdicts for found in one.violations]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_check_is_a_violation_of_its_exchange(job: Job, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    sound = Validator._check

    def check(self: Validator, record: Any) -> Verdict:
        if record.request.url == BAD:
            raise ZeroDivisionError("SECRET")
        return sound(self, record)

    monkeypatch.setattr(Validator, "_check", check)
    assert rules(job, jobs) == [("check-failed", "2")] * 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_record_that_cannot_be_read_is_a_violation(job: Job, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    sound = har_entry._request

    def request(recorded: Any) -> Request:
        if recorded.url == BAD:
            raise RecursionError("SECRET")
        return sound(recorded)

    monkeypatch.setattr(har_entry, "_request", request)
    assert rules(job, jobs) == [("record-unreadable", "2")] * 2


def test_the_trace_is_shown_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validator = Validator(loaded(tmp_path, {"/x": {"get": operation("x")}}))
    monkeypatch.setattr(Validator, "_check", lambda self, record: 1 / 0)
    for asked in (False, True):
        monkeypatch.setitem(os.environ, "CONTRACT_DEBUG", "1" if asked else "")
        [violation] = validator.check(Exchange(Request("GET", "/x"), None, "here")).violations
        assert violation.source == "here" and ("test_failures.py" in violation.hint) is asked


@pytest.mark.parametrize(
    ("schema", "rule", "text"),
    [
        ({"enum": [{"a": 1}]}, "limit-exceeded", "nested too deeply"),
        ({"properties": {"a": {"type": "integer"}}}, "schema-type", "is an object, expected an integer"),
    ],
)
def test_a_body_nested_deeper_than_the_engine_goes_says_so_where_all_of_it_is_asked_for(
    tmp_path: Path, schema: dict[str, Any], rule: str, text: str
) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}
    paths = {"/x": {"get": operation("getX", responses={"200": {"description": "", "content": content}})}}
    contract = loaded(tmp_path, paths, components={"schemas": {"A": schema}})
    body = b'{"a":' * 600 + b"1" + b"}" * 600
    (found,) = Validator(contract).check(Exchange(None, answer(body), operation="getX")).violations
    assert found.rule == rule
    assert text in found.message


@pytest.mark.parametrize("kind", ["query", "form", "multipart"])
def test_more_fields_than_anybody_reads_are_not_read(tmp_path: Path, kind: str) -> None:
    types = {"form": "application/x-www-form-urlencoded", "multipart": "multipart/form-data"}
    body = {"content": {name: {"schema": {"type": "object"}} for name in types.values()}}
    validator = Validator(loaded(tmp_path, {"/f": {"post": {**operation("postF"), "requestBody": body}}}))

    def found(count: int) -> list[Violation]:
        text = "&".join(["a=1"] * count)
        part = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        data = {"form": text, "multipart": part * count + "--b--\r\n"}.get(kind)
        headers = Headers.of([("Content-Type", f"{types.get(kind, 'text/plain')}; boundary=b")] if data else [])
        request = Request("POST", "/f" if data else f"/f?{text}", headers, data.encode() if data else None)
        violations = validator.check(Exchange(request, Response(200))).violations
        return [one for one in violations if one.rule == "limit-exceeded"]

    assert not found(1_000)
    assert "has 50,000 fields; no more than 40,000 are read" in found(50_000)[0].message


@pytest.mark.parametrize(
    "broken",
    [
        {"parameters": [{"name": "q", "in": "query", "schema": {"type": "datetime"}}]},
        {"security": [{"gone": []}]},
        {"security": 7},
    ],
)
def test_what_is_broken_for_requests_stops_no_other_exchange(tmp_path: Path, broken: dict[str, Any]) -> None:
    documented = {"200": of_json({"type": "object"})}
    validator = Validator(loaded(tmp_path, {"/x": {"get": operation("x", responses=documented) | broken}}))
    response = Response(200, Headers.of([("Content-Type", "application/json")]), b"{}")
    verdicts = [validator.check(Exchange(Request("GET", "/x?q=1"), response)) for _ in range(3)]
    assert verdicts[0].violations and verdicts[0] == verdicts[1] == verdicts[2]


@pytest.mark.parametrize(("value", "broken"), [("\ud80011", "record-unreadable"), ("x", "parameter-invalid")])
def test_half_of_a_character_in_a_header_field_is_a_fault_of_the_record(
    tmp_path: Path, value: str, broken: str
) -> None:
    number = parameter("X-N", {"type": "integer"}, "header")
    validator = Validator(loaded(tmp_path, {"/x": {"get": operation("getX", number)}}))
    found = validator.check(Exchange(Request("GET", "/x", Headers.of([("X-N", value)])), Response(200))).violations
    assert [one.rule for one in found] == [broken]
