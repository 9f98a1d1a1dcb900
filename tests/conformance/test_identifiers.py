"""What names a thing in a path is known by its values, where its name says nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.contracts import as_json, loaded, of_json
from support.laws import errors_of, run_of

from toolkit.conformance.run import Run
from toolkit.exchange import Headers, Request, Response


def _cases(folder: Path, fault: str, *, is_creating: bool = True) -> Run:
    """A run on cases whose number is called as nobody calls it elsewhere; Location alone says which one was created."""
    own = {"qx": {"type": "integer"}, "shade": {"type": "string"}, "vt": {"type": "integer"}}
    ok = {"responses": {"200": of_json({"type": "object", "required": ["vt", "qx"], "properties": own})}}
    every = {"responses": {"200": of_json({"type": "object", "properties": {"zz": {"type": "array"}}})}}
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "properties": {"shade": own["shade"]}}}},
    }
    one = {"name": "zaak", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    gone = {"responses": {code: {"description": "a response"} for code in ("204", "400", "404")}}
    add = {
        "operationId": "add",
        "requestBody": body,
        "responses": {"201": {"description": "made"}, "400": {"description": "no"}},
    }
    item = {"parameters": [one], "get": {"operationId": "read", "responses": {**gone["responses"], **ok["responses"]}}}
    paths: dict[str, Any] = {"/zaken": {"get": {"operationId": "list", **every}}, "/zaken/{zaak}": item}
    if is_creating:
        paths["/zaken"]["post"], item["delete"] = add, {"operationId": "drop", **gone}
    known: dict[int, dict[str, Any]] = {number: {"qx": 7, "shade": "red", "vt": number} for number in (40, 41)}
    last = [50]

    def handle(request: Request) -> Response:
        path, number = request.url.split("?")[0], request.url.rpartition("/")[2]
        if path == "/zaken" and request.method == "GET":
            listed = [one for one in known.values() if fault == "gone ones too" or "gone" not in one]
            return as_json(200, {"zz": listed[:2] if fault == "two" else listed})
        if path == "/zaken":
            try:
                sent = json.loads(request.body or b"")
            except ValueError:
                return Response(400)
            if not isinstance(sent, dict) or not isinstance(sent.get("shade", ""), str):
                return Response(400)
            last[0] += 1
            known[last[0]] = {"qx": 7, "shade": sent.get("shade", ""), "vt": last[0]}
            return Response(201, Headers.of([("Location", f"/zaken/{last[0]}")]))
        found = known.get(int(number), {"gone": True}) if number.isdecimal() else {"gone": True}
        if "gone" in found or request.method not in ("GET", "DELETE"):
            return Response(404)
        if request.method == "DELETE":
            found["gone"] = True
            return Response(204)
        return as_json(200, {**found, "shade": 1} if fault == "of a listed one" else found)

    return run_of(loaded(folder, paths), handle, budget=150)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "found"),
    [("", set()), ("gone ones too", {"law-read-after-delete"}), ("two", {"law-list-after-create"})],
)
def test_what_names_a_thing_is_known_by_its_value_where_its_name_says_nothing(
    tmp_path: Path, fault: str, found: set[str]
) -> None:
    assert {one.rule for one in errors_of(_cases(tmp_path, fault))} - {"operation-unfinished"} == found


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["", "of a listed one"])
def test_what_differs_in_each_item_of_a_list_is_tried_as_its_name(tmp_path: Path, fault: str) -> None:
    found = errors_of(_cases(tmp_path, fault, is_creating=False))
    assert {(one.rule, one.operation) for one in found} == ({("schema-type", "read")} if fault else set())


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["", "law-update", "law-read-after-delete"])
def test_what_nothing_creates_is_checked_on_what_is_there(tmp_path: Path, fault: str) -> None:
    """A deletion only of what the user names."""
    shade = {"type": "string", "enum": ["red", "white"]}
    thing = {
        "type": "object",
        "required": ["plate", "shade"],
        "properties": {"plate": {"type": "string"}, "shade": shade},
    }
    body = {
        "required": True,
        "content": of_json({"type": "object", "required": ["shade"], "properties": {"shade": shade}})["content"],
    }
    plate = {"name": "plate", "in": "path", "required": True, "schema": {"type": "string"}}
    refused = {code: {"description": "refused"} for code in ("400", "404")}
    item = {
        "parameters": [plate],
        "get": {"operationId": "read", "responses": {**refused, "200": of_json(thing)}},
        "patch": {"operationId": "paint", "requestBody": body, "responses": {**refused, "200": of_json(thing)}},
        "delete": {"operationId": "scrap", "responses": {**refused, "204": {"description": "gone"}}},
    }
    known = {"AB-1": "white", "AB-2": "white"}

    def handle(request: Request) -> Response:
        path = request.url.partition("?")[0].rpartition("/")[2]
        if path not in known:
            return Response(404)
        if request.method == "DELETE":
            known.pop("" if fault == "law-read-after-delete" else path, "")
            return Response(204)
        try:
            sent = json.loads(request.body) if request.body else {}
        except ValueError:
            return Response(400)
        if request.method == "PATCH" and not (isinstance(sent, dict) and sent.get("shade") in ("red", "white")):
            return Response(400)
        shade = sent["shade"] if request.method == "PATCH" else known[path]
        known[path] = "white" if fault == "law-update" else shade
        return as_json(200, {"plate": path, "shade": shade})

    contract = loaded(tmp_path, {"/cars/{plate}": item})
    found = errors_of(run_of(contract, handle, params=(("plate", "AB-1"),), budget=400))
    assert {one.rule for one in found} - {"operation-unfinished"} == ({fault} if fault else set())


def test_a_string_is_what_a_property_of_its_name_is_elsewhere(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["unit"], "properties": {"unit": {"type": "string"}}}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    responses = {code: {"description": "a response"} for code in ("200", "400")}
    paths = {
        "/keysets": {"get": {"operationId": "keysets", "responses": {"200": of_json({})}}},
        "/mint/quote": {"post": {"operationId": "quote", "requestBody": body, "responses": responses}},
    }

    def handle(request: Request) -> Response:
        if request.method == "GET":
            return as_json(200, {"keysets": [{"unit": "sat"}]})
        return Response(200 if b'"sat"' in (request.body or b"") else 400)

    run = run_of(loaded(tmp_path, paths), handle, budget=20)
    list(run.verdicts())
    assert run.tested == 2
