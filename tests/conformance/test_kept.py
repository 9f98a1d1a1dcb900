"""Of a value that a service accepts, it keeps all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from support.contracts import as_json, loaded, of_json, parameter
from support.laws import run_of, violations_of

from toolkit.conformance.laws.kept import is_part, is_zeroed, lost, may_change, names_place
from toolkit.conformance.laws.lists import shows_list
from toolkit.conformance.run import Run
from toolkit.exchange import Headers, Request, Response
from toolkit.validation.validator import Validator
from toolkit.wire.json import read_json

ROOM = {
    "name": {"type": "string", "minLength": 1, "maxLength": 80},
    "price": {"type": "number", "minimum": 0, "maximum": 1000},
    "area": {"type": "integer", "format": "int64"},
    "opens": {"type": ["string", "null"], "format": "date"},
    "tags": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 20}, "maxItems": 5},
}
OFFSET = {"begins": {"type": "string", "format": "date-time"}}
OBJECT = {
    "seat": {
        "type": "object",
        "required": ["row"],
        "properties": {"row": {"type": "string"}, "note": {"type": "string"}},
    }
}
EMPTY = {"description": ""}
KEEPS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], set[str]]] = {
    "all": (lambda room: room, set()),
    "in small letters": (lambda room: {**room, "name": room["name"].lower().strip()}, set()),
    "the beginning of a text": (lambda room: {**room, "name": room["name"][:60]}, {"law-read-after-create"}),
    "no fraction": (lambda room: {**room, "price": int(room.get("price", 0))}, {"law-read-after-create"}),
    "no date": (lambda room: {**room, "opens": None}, {"law-read-after-create"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("keep", KEEPS)
def test_a_service_that_keeps_a_part_of_what_it_accepts_is_found(keep: str, tmp_path: Path) -> None:
    change, expected = KEEPS[keep]
    found = {violation.rule for verdict in _run(tmp_path, change).verdicts() for violation in verdict.violations} - {
        "invalid-request-accepted"
    }
    assert found == expected


@pytest.mark.slow
@pytest.mark.parametrize("is_sound", [True, False])
@pytest.mark.parametrize("more", [OFFSET, OBJECT])
def test_an_offset_and_the_whole_of_an_object_are_kept(more: dict[str, Any], is_sound: bool, tmp_path: Path) -> None:
    def change(room: dict[str, Any]) -> dict[str, Any]:
        begins, seat = room.get("begins", ""), room.get("seat", {})
        left = {"begins": re.sub(r"[+-]\d\d:\d\d$", "Z", begins), "seat": {"row": seat.get("row")}}
        return room if is_sound else {**room, **{key: left[key] for key in more if key in room}}

    found = {one.rule for one in violations_of(_run(tmp_path, change, more=more))} - {"invalid-request-accepted"}
    assert found == (set() if is_sound else {"law-read-after-create"})


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["all", "no date"])
@pytest.mark.parametrize("key", [parameter("Idempotency-Key", {"type": "string", "format": "uuid"}, "header", required=True),
                                 parameter("ClientToken", {"type": "string", "maxLength": 36}, required=True)])  # fmt: skip
def test_each_request_has_a_new_key_where_one_names_it(keep: str, key: dict[str, Any], tmp_path: Path) -> None:
    """A service that saw the key with another body refuses: with one key for all, one body alone would be examined."""
    change, expected = KEEPS[keep]
    run = _run(tmp_path, change, key)
    assert {one.rule for one in violations_of(run)} - {"invalid-request-accepted"} == expected


def _run(
    tmp_path: Path,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    key_of_request: dict[str, Any] | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Run:
    room = {"type": "object", "required": ["name"], "properties": {**ROOM, **more}}
    stored = {"type": "object", "properties": {"id": {"type": "integer"}, **ROOM, **more}}
    shown = of_json(stored)
    refused = {"description": ""}
    add = {
        "operationId": "add",
        "parameters": [key_of_request] if key_of_request else [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": room}}},
        "responses": {"201": shown, "400": refused, "409": refused, "415": refused},
    }
    id_ = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    read = {"operationId": "read", "parameters": id_, "responses": {"200": shown, "404": refused}}
    contract = loaded(tmp_path, {"/rooms": {"post": add}, "/rooms/{id}": {"get": read}})
    schema, rooms, known = Validator(contract), dict[str, dict[str, Any]](), dict[str, tuple[bytes, str]]()

    def handle(request: Request) -> Response:
        if request.method == "POST":
            match = contract.match(request)
            if isinstance(match, str) or not request.body or list(schema.check_request(match, request)):
                return Response(400)
            given = request.headers.get("Idempotency-Key") or dict(match.query).get("ClientToken")
            body, key = known.setdefault(given or str(len(rooms)), (request.body, str(len(rooms) + 1)))
            if body != request.body:
                return Response(409)
            rooms.setdefault(key, {"id": int(key), **change(json.loads(request.body or b"{}"))})
        else:
            key = request.url.partition("?")[0].rpartition("/")[2]
        if key not in rooms:
            return Response(404)
        return as_json(201 if request.method == "POST" else 200, rooms[key])

    return run_of(contract, handle, budget=150, ignore=("operation-unfinished",))


@pytest.mark.parametrize(
    "sent, kept",
    [
        ("a longer title", "a longer t"),
        ("12345678", "123456"),
        ("a < b", "a &lt; b"),
        ("Zoë", "Zo?"),
        ("2026-01-02T10:00:00+08:00", "2026-01-02T10:00:00Z"),  # eight hours later
        (1.5, 1),
        (1.5, 2.0),
        (19.99, 20),
        (2**31, 2**31 - 1),
        (2**31, -(2**31)),
        (2**32 + 7, 7),
    ],
)
def test_what_is_left_of_a_value(sent: Any, kept: Any) -> None:
    assert is_part(sent, kept)


@pytest.mark.parametrize(
    "sent, kept",
    [
        ("a longer title", "a longer title"),
        ("a longer title", "A LONGER"),  # more than cut off
        ("text/plain; charset=utf-8", "text/plain"),  # cut between words
        ("2026-01-02T10:00:00Z", "2026-01-02"),  # a moment by its day
        ("2026-01-02T10:00:00+08:00", "2026-01-02T02:00:00Z"),
        ("2026-01-02T10:00:00+00:00", "2026-01-02T10:00:00Z"),
        ("a &lt; b", "a &lt; b"),
        ("Zoë", "Zoe"),
        ("10:30:00Z", "10:30:00"),  # another way to write it
        ("10.50", "10.5"),
        ("4111111111111111", "4111********1111"),
        ("abc", "ab"),
        ("a longer\0title", "a long"),  # what no contract means
        (1.5, 1.5),
        (0.3333333, 0),  # beyond what money has
        (2.0, 2),
        (7, 8),
        (2**31, 2**31),
        (2**40, 2**40 + 1),
        (True, 1),
    ],
)
def test_what_is_no_part_of_a_value(sent: Any, kept: Any) -> None:
    assert not is_part(sent, kept)


@pytest.mark.slow
@pytest.mark.parametrize("is_sound", [True, False])
def test_a_list_that_an_odd_value_breaks_is_found(is_sound: bool, tmp_path: Path) -> None:
    names: list[str] = []

    def handle(request: Request) -> Response:
        headers = Headers((("Content-Type", "text/csv"),))
        if request.method == "POST":
            value = read_json(request.body or b"null").value
            name = value.get("name") if isinstance(value, dict) else None
            if not isinstance(name, str) or not name or set(value) != {"name"}:
                return Response(400)
            names.append(name)
            return Response(201, Headers((("Location", f"/names/{len(names)}"),)))
        if request.method == "DELETE":
            return Response(204)
        is_broken = not is_sound and any("," in name for name in names)
        return Response(500) if is_broken else Response(200, headers, "\n".join(names).encode())

    name = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}}}
    body = {"required": True, "content": {"application/json": {"schema": {**name, "additionalProperties": False}}}}
    add = {"operationId": "add", "requestBody": body, "responses": {"201": EMPTY, "400": EMPTY}}
    listed = {"description": "", "content": {"text/csv": {"schema": {"type": "string"}}}}
    listing = {"operationId": "export", "responses": {"200": listed}}
    id_ = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    drop = {"operationId": "drop", "parameters": id_, "responses": {"204": EMPTY, "400": EMPTY}}
    contract = loaded(tmp_path, {"/names": {"post": add, "get": listing}, "/names/{id}": {"delete": drop}})
    run = run_of(contract, handle)
    found = {violation.rule for violation in violations_of(run)}
    assert ("server-error" in found) is not is_sound


@pytest.mark.parametrize(
    "shown, is_list", [([], True), ({"items": []}, True), ({"length": 3}, False), ("a,b", False), ({}, False)]
)
def test_only_a_list_lacks_what_was_created(shown: Any, is_list: bool) -> None:
    assert shows_list(shown) is is_list


@pytest.mark.parametrize(
    "name, sent, found, is_lost",
    [
        ("price", 12, 0, True),
        ("unitPrice", 12.5, 0.0, True),
        ("size", 1.5, 0, True),
        ("price", 0.004, 0.0, False),
        ("price", 0.05, 0.0, True),
        ("price", 12, 13, False),
        ("price", 0, 0, False),
        ("position", 12, 0, False),
        ("price", True, 0, False),
        ("price", "12", 0, False),
    ],
)
def test_an_amount_that_becomes_zero_is_lost(name: str, sent: Any, found: Any, is_lost: bool) -> None:
    assert is_zeroed(name, sent, found) is is_lost


@pytest.mark.parametrize(
    ("sent", "found", "is_lost"),
    [
        ([{"sku": "pear", "count": 9}, {"sku": "pear", "count": 1}], [{"sku": "pear", "count": 9}], False),
        ([{"sku": "pear", "count": 9}, {"sku": "plum", "count": 9}], [{"sku": "pear", "count": 9}], True),
        ([{"sku": "a"}, {"sku": "b"}, {"sku": "a", "n": 2}], [{"sku": "a"}, {"sku": "b"}], False),
        (["a", "b"], ["a"], True),
        (["a", "b"], ["b"], True),
        (["a", "b", "a"], ["b", "a"], False),
        ([], ["a"], False),
        (["a", "a"], ["a"], False),
    ],
)
def test_an_array_that_ends_early_or_begins_late_is_cut_unless_its_items_were_merged(
    sent: Any, found: Any, is_lost: bool
) -> None:
    assert bool(list(lost({"lines": sent}, {"lines": found}, ()))) is is_lost


def test_who_calls_is_known_to_the_service_and_what_a_thing_belongs_to_is_not() -> None:
    assert names_place("house_id") and names_place("customerId")
    assert not any(map(names_place, ("user_id", "authorId", "account_uuid", "label")))


@pytest.mark.parametrize(
    ("name", "changes"),
    [("parent_id", False), ("customerId", False), ("tagIds", False), ("title", False), ("id", True), ("request_id", True),
     ("updated_by_id", True), ("lastEventId", True), ("version", True), ("updatedAt", True)],
)  # fmt: skip
def test_what_a_service_may_change_that_nobody_speaks_of(name: str, changes: bool) -> None:
    assert may_change(name) is changes
