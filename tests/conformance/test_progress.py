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
    assert len(generated) > 20
    assert shown[-1][2] == "done" and all(done <= total for done, total, _ in shown)
