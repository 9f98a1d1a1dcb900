"""A service of one note with an entity tag, and a contract that documents 304."""

from __future__ import annotations

import tempfile
from pathlib import Path

from support.contracts import loaded, operation

from toolkit.conformance.run import Options, Run
from toolkit.exchange import Headers, Request, Response
from toolkit.validation.validator import Validator

TAG = '"3f80f"'
_JSON = {"200": {"description": "a note", "content": {"application/json": {}}}, "304": {"description": "as it was"}}


def run_of_tags(*, heeds: bool, headers: tuple[tuple[str, str], ...] = (("ETag", f"W/{TAG}"),)) -> Run:
    """A run, not begun, against a service that heeds the entity tag of a request or does not; `headers` are those it sends."""
    with tempfile.TemporaryDirectory() as folder:
        contract = loaded(Path(folder), {"/note": {"get": operation("read", responses=_JSON)}})

    def respond(request: Request) -> Response:
        known = (request.headers.get("If-None-Match") or "").removeprefix("W/")
        if heeds and known == TAG:
            return Response(304, Headers(headers))
        return Response(200, Headers((("Content-Type", "application/json"), *headers)), b'{"text": "milk"}')

    return Run(contract, Validator(contract), respond, Options(budget=60))
