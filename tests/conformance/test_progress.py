"""What a run shows of itself while it lasts."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.contracts import loaded, operation, parameter

from toolkit.conformance.run import Options, Run
from toolkit.exchange import Headers, Request, Response
from toolkit.validation.validator import Validator

SIZE = parameter("size", {"type": "integer", "minimum": 1, "maximum": 9}, example=3)
PATHS = {
    "/notes": {"get": operation("listNotes", SIZE, responses={"200": {"description": ""}, "400": {"description": ""}})}
}


def respond(request: Request) -> Response:
    return Response(200, Headers(), b"")


@pytest.mark.slow
def test_progress_rises_to_its_end_and_names_each_check_while_requests_are_sent(tmp_path: Path) -> None:
    shown: list[tuple[int, int, str]] = []
    contract = loaded(tmp_path, PATHS)
    run = Run(contract, Validator(contract), respond, Options(), on_progress=lambda *values: shown.append(values))
    list(run.verdicts())
    [whole] = {total for _, total, _ in shown[-100:]}
    planned = [done for done, total, _ in shown if total == whole]
    assert planned == sorted(planned) and planned[-1] == whole > 10
    generated = {done for done, _, name in shown if name == "listNotes: generated requests"}
    assert len(generated) > 2
    assert shown[-1][2] == "done" and all(done <= total for done, total, _ in shown)


@pytest.mark.slow
def test_progress_counts_what_is_deleted_at_the_end(tmp_path: Path) -> None:
    shown: list[tuple[int, int, str]] = []
    item = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    made = {"description": "", "content": {"application/json": {"schema": item}}}
    name = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    paths = {
        "/notes": {"post": {**operation("addNote", responses={"201": made, "4XX": {"description": ""}}), "requestBody": body}},
        "/notes/{id}": {"delete": operation("deleteNote", name, responses={"204": {"description": ""}, "4XX": {"description": ""}})},
    }  # fmt: skip
    notes: set[int] = set()

    def keep(request: Request) -> Response:
        if request.method == "POST":
            notes.add(len(notes) + 1)
            return Response(201, Headers.of([("Content-Type", "application/json")]), b'{"id": %d}' % len(notes))
        return Response(204 if request.method == "DELETE" else 405, Headers(), b"")

    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), keep, Options(), on_progress=lambda *values: shown.append(values))
    list(run.verdicts())
    last = [(done, total) for done, total, name in shown if name == "deletes what the run created"]
    assert shown[-1][2] == "deletes what the run created" and last == sorted(last)
    assert len({total for _, total in last}) == 1 and last[0][0] == 0 and last[-1][0] < last[-1][1]
