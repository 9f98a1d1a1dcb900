"""Services of one note with an entity tag, whose contracts document 304, or 412 and 428."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from support.contracts import loaded, operation
from support.laws import run_of

from toolkit.conformance.run import Run
from toolkit.contract.resources import json_body
from toolkit.exchange import Headers, Request, Response
from toolkit.validation.validator import Validator
from toolkit.wire.json import dump_json

NOTE: dict[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
TAG = '"3f80f"'
_JSON = {"200": {"description": "a note", "content": {"application/json": {}}}, "304": {"description": "as it was"}}


def run_of_tags(
    *, heeds: bool, headers: tuple[tuple[str, str], ...] = (("ETag", f"W/{TAG}"),), takes_any: bool = False
) -> Run:
    """A run, not begun, against a service that heeds the entity tag of a request or does not, or takes any for that of now; `headers`
    are those it sends."""
    with tempfile.TemporaryDirectory() as folder:
        contract = loaded(Path(folder), {"/note": {"get": operation("read", responses=_JSON)}})

    def respond(request: Request) -> Response:
        known = (request.headers.get("If-None-Match") or "").removeprefix("W/")
        if heeds and known and (known == TAG or takes_any):
            return Response(304, Headers(headers))
        return Response(200, Headers((("Content-Type", "application/json"), *headers)), b'{"text": "milk"}')

    return run_of(contract, respond, budget=60)


def run_of_versions(*, heeds: bool = True, named: bool = True, in_body: bool = False, required: bool = False) -> Run:
    """A run, not begun, against a service whose note is written with the entity tag of now in If-Match alone, or `in_body` with its
    version; one that does not heed it takes any. `named`: the contract has If-Match as a parameter, which may be `required`."""
    versions = {"version": {"type": "integer"}} if in_body else {}
    note = {**NOTE, "properties": {**NOTE["properties"], **versions}, "required": ["text", *versions]}
    shown = {"200": {"description": "a note", "content": {"application/json": {"schema": note}}}}
    refused = {code: {"description": "refused"} for code in ("400", "409", "412", "428")}
    field = {"name": "if-match", "in": "header", "required": required, "schema": {"type": "string"}}
    condition = [field] if named else []
    write = {
        **operation("write", *condition, responses={**shown, **refused}),
        "requestBody": {"required": True, "content": {"application/json": {"schema": note}}},
    }
    with tempfile.TemporaryDirectory() as folder:
        contract = loaded(Path(folder), {"/note": {"get": operation("read", responses=shown), "put": write}})
    kept: dict[str, Any] = {"text": "milk", "version": 41}
    check = Validator(contract)

    def respond(request: Request) -> Response:
        tag, given, sent = f'"{kept["version"]}"', request.headers.get("If-Match"), json_body(request)
        if request.method == "PUT":
            match = contract.match(request)
            if not in_body and (given is None or (given != tag and heeds)):
                return Response(428 if given is None else 412)
            if isinstance(match, str) or not isinstance(sent, dict) or list(check.check_request(match, request)):
                return Response(400)
            if in_body and sent["version"] != kept["version"]:
                return Response(409)
            kept.update(text=sent["text"], version=kept["version"] + 1)
        headers = Headers((("Content-Type", "application/json"), ("ETag", f'"{kept["version"]}"')))
        return Response(200, headers, dump_json({name: kept[name] for name in note["properties"]}))

    return run_of(contract, respond, budget=600)
