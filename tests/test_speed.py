"""What makes verdicts fast and their memory constant, by structure rather than by the clock."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit.document.files
import toolkit.schema.judge
import toolkit.validation.bodies
import toolkit.validation.request
from toolkit.contract.model import Contract, Match
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.recordings.reading import write_line
from toolkit.schema.judge import JsonSchema
from toolkit.validation.batch import Job, check_chunks, split
from toolkit.validation.request import Parameters, _check_parameters, _dependencies, _undeclared
from toolkit.validation.validator import Validator

CONTRACT = """
openapi: 3.1.0
info: {title: Shelves, version: '1'}
paths:
  /shelves/{shelf}:
    get:
      operationId: GetShelf
      x-dependencies: ["from <= to;", "Or(from, page)"]
      parameters:
        - {name: shelf, in: path, required: true, schema: {type: integer, minimum: 1}}
        - {name: page, in: query, schema: {type: integer, maximum: 9}}
        - {name: from, in: query, schema: {type: integer}}
        - {name: to, in: query, schema: {type: integer}}
        - {name: tag, in: query, schema: {type: array, items: {type: string, minLength: 1}}}
      responses:
        '200':
          description: A shelf.
          content:
            application/json:
              schema: {type: object, required: [books], properties: {books: {type: array, items: {type: string}}}}
            application/xml:
              schema: {xml: {name: root}, type: object, required: [books], properties: {books: {type: array, items: {type: string}}}}
"""
BODIES = {"json": b'{"books": ["Emma"]}', "xml": b"<root><books>Emma</books></root>"}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("contract") / "openapi.yaml"
    path.write_text(CONTRACT)
    return str(path)


def exchange(number: int, kind: str = "json", body: bytes | None = None, query: str = "page=1") -> Exchange:
    headers = Headers((("Content-Type", f"application/{kind}"),))
    return Exchange(Request("GET", f"/shelves/{number}?{query}"), Response(200, headers, body or BODIES[kind]))


def test_each_schema_is_compiled_once(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []
    for module in (toolkit.validation.bodies, toolkit.validation.request):
        compile_schema = module.compile_schema  # type: ignore[attr-defined]
        counted = lambda bundle, compile_schema=compile_schema: compiled.append(bundle) or compile_schema(bundle)  # noqa: E731
        monkeypatch.setattr(module, "compile_schema", counted)
    validator = Validator(Contract.load(path))
    assert not compiled, "what no exchange needs is not compiled"
    counts = []
    for number in (1, 2, 3, -4):
        for kind in ("json", "xml"):
            validator.check(exchange(number, kind))
            validator.check(exchange(number, kind, b"[1]" if kind == "json" else b"<root><other/></root>"))
        counts.append(len(compiled))
    assert counts == [4, 4, 4, 4], "shelf, page, the answer in JSON and in XML"


def test_an_exchange_that_conforms_is_never_explained(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    explained: list[Any] = []
    errors = JsonSchema.errors
    monkeypatch.setattr(JsonSchema, "errors", lambda self, value, *_: explained.append(value) or errors(self, value))
    monkeypatch.setattr(toolkit.validation.request, "_check_parameters", lambda *_: explained.append(_) or iter(()))
    marks = toolkit.document.files.marks
    monkeypatch.setattr("toolkit.document.files.marks", lambda path: explained.append(path) or marks(path))
    validator = Validator(Contract.load(path))
    for number in range(1, 50):
        for kind in ("json", "xml"):
            assert validator.check(exchange(number, kind)).violations == ()
    assert not explained
    assert validator.check(exchange(1, body=b"{}")).violations
    assert {} in explained


def test_a_document_that_conforms_is_read_once(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import toolkit.xml.locate

    monkeypatch.setattr(toolkit.xml.locate, "line_numbers", None)  # what reads a document again, for its lines
    validator = Validator(Contract.load(path))
    assert validator.check(exchange(1, "xml")).conforms
    assert [one.rule for one in validator.check(exchange(1, "xml", b"<other/>")).violations] == ["check-failed"]


names = st.sampled_from(["page", "from", "to", "tag", "other"])
texts = st.sampled_from(["", "0", "1", "9", "10", "01", "x", "%31", "+1", "7" * 300])


@given(st.lists(st.tuples(names, texts), max_size=5), st.sampled_from(["1", "0", "x", "%31", "1%2F2"]))
def test_one_pass_over_parameters_agrees_with_the_thorough_check(
    path: str, pairs: list[tuple[str, str]], shelf: str
) -> None:
    contract, values = _loaded(path)
    request = Request("GET", f"/shelves/{shelf}?" + "&".join(f"{name}={text}" for name, text in pairs))
    match = contract.match(request)
    assert isinstance(match, Match)
    known: dict[str, Any] = {}
    thorough = list(_check_parameters(match, request, values, known))
    thorough += _dependencies(match.operation, known, request)
    for _ in range(2):  # the second time from memory
        undeclared = values.undeclared(match)
        if undeclared is not None:
            assert thorough == list(_undeclared(match.operation, undeclared))
        elif not any(name == "tag" for name, _ in pairs):
            assert thorough, "what is plain and sound is told in one pass"


_KEPT: dict[str, tuple[Contract, Parameters]] = {}


def _loaded(path: str) -> tuple[Contract, Parameters]:
    if path not in _KEPT:
        _KEPT[path] = Contract.load(path), Parameters()
    return _KEPT[path]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_input(path: str, tmp_path: Path) -> None:
    peaks = []
    for count in (2_000, 20_000):
        recording = tmp_path / f"{count}.jsonl"
        with recording.open("wb") as stream:
            # each with values of its own, some broken: nothing that is remembered may be without a bound
            stream.writelines(
                write_line(exchange(number % 500 + 1, query=f"page={number % 11}&from={number}"))
                for number in range(count)
            )
        job = Job(path, (str(recording),))
        tracemalloc.start()
        told = sum(len(part.verdicts) for part in check_chunks(job, list(split(job)), 1))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert told == sum(number % 11 == 10 for number in range(count))
    assert peaks[1] < peaks[0] + 3_000_000


@pytest.mark.slow
def test_what_is_remembered_has_a_bound(path: str) -> None:
    validator = Validator(Contract.load(path))
    for number in range(12_000):
        validator.check(exchange(number + 1, query=f"page=1&from={number}"))
    assert len(validator.contract._found) <= 10_000
    assert sum(len(plain.accepted) for plain in validator.parameters._plain.values() if plain) <= 4_096
