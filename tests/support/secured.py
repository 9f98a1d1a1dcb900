"""A service in memory of one operation that requires a token."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from support.laws import run_of

from toolkit.conformance.run import Run
from toolkit.contract.model import Contract
from toolkit.exchange import Headers, Request, Response

_REFUSED = {"description": "who are you?"}
_KEYS = {"description": "the keys", "content": {"application/json": {"schema": {"type": "array"}}}}
_DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Keys", "version": "1"},
    "security": [{"token": []}],
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "paths": {"/keys": {"get": {"operationId": "listKeys", "responses": {"200": _KEYS, "401": _REFUSED}}}},
}


def run_of_keys(*, is_open: bool) -> Run:
    """A run, with the right token, against the service; one that `is_open` asks for none."""

    def respond(request: Request) -> Response:
        if not is_open and request.headers.get("Authorization") != "Bearer right":
            return Response(401)
        return Response(200, Headers((("Content-Type", "application/json"),)), b"[]")

    with TemporaryDirectory() as folder:
        path = Path(folder, "openapi.json")
        path.write_text(json.dumps(_DOCUMENT))
        contract = Contract.load(path)
        return run_of(contract, respond, auth="bearer:right")
