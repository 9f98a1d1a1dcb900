"""What is created is kept whole, what is replaced goes as a whole, and what is refused under a known key is not done."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from support.contracts import as_json, loaded, of_json, parameter
from support.laws import broken_laws

from toolkit.exchange import Request, Response
from toolkit.validation.validator import Validator

TEXT = {"type": "string", "minLength": 1, "maxLength": 40}
SAID = {"title": TEXT, "note": TEXT, "kind": TEXT}
NEW = {"type": "object", "required": ["title"], "additionalProperties": False, "properties": SAID}
TIN = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {"id": TEXT, **{key: {**one} for key, one in SAID.items()}},
}
BODY = {"required": True, "content": {"application/json": {"schema": NEW}}}
REFUSED = {status: {"description": ""} for status in ("400", "404", "409")}
TINS: dict[str, Any] = {
    "/tins": {
        "get": {"responses": {"200": of_json({"type": "array", "items": TIN})}},
        "post": {
            "parameters": [parameter("Idempotency-Key", TEXT, "header", required=True)],
            "requestBody": BODY,
            "responses": {"201": of_json(TIN), **REFUSED},
        },
    },
    "/tins/{id}": {
        "parameters": [parameter("id", TEXT, "path", required=True)],
        "get": {"responses": {"200": of_json(TIN), **REFUSED}},
        "put": {"summary": "Replace a tin", "requestBody": BODY, "responses": {"200": of_json(TIN), **REFUSED}},
    },
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "told", "rules"),
    [
        ("", "Replace a tin", set()),
        ("no note beside a kind", "Replace a tin", set()),
        ("no note", "Replace a tin", {"law-read-after-create"}),
        ("put merges", "Change a tin", set()),
        ("put merges", "Replaces a tin; what is not named keeps its value", set()),
        ("put merges", "Replace a tin", {"law-update"}),
        ("refused and done", "Replace a tin", {"law-list-after-create"}),
    ],
)
def test_what_is_said_is_done_as_a_whole_or_not_at_all(fault: str, told: str, rules: set[str], tmp_path: Path) -> None:
    tins, keys, numbers = dict[str, Any](), dict[str | None, Any](), itertools.count(1)
    paths = json.loads(json.dumps(TINS).replace("Replace a tin", told))
    schema = Validator(loaded(tmp_path, paths))

    def handle(request: Request) -> Response:
        match = schema.contract.match(request)
        if isinstance(match, str) or list(schema.check_request(match, request)):
            return Response(400)
        key, said = request.url.removeprefix("/tins").strip("/"), json.loads(request.body or b"{}")
        if request.method == "POST":
            said = said if fault != "no note" and not ("kind" in fault and "kind" in said) else {**said, "note": None}
            known, made = keys.setdefault(request.headers.get("idempotency-key"), (request.body, f"t{next(numbers)}"))
            is_other = known != request.body
            key = f"t{next(numbers)}" if is_other and fault == "refused and done" else made
            if key not in tins and (not is_other or key != made):
                tins[key] = {"id": key, **{name: one for name, one in said.items() if one}}
            return Response(409) if is_other else as_json(201, tins[key])
        if key not in tins:
            return Response(404) if key else as_json(200, [*tins.values()])
        if request.method == "PUT":
            tins[key] = {**(tins[key] if fault == "put merges" else {}), "id": key, **said}
        return as_json(200, tins[key])

    assert broken_laws(tmp_path, paths, handle)[0] == rules
