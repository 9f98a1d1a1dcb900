"""What updates and actions that show nothing of it, or are only accepted (202), make of an item is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.contracts import as_json, loaded, of_json, parameter
from support.laws import run_of, violations_of

from toolkit.conformance.laws.state import update
from toolkit.conformance.plan import check_plain, check_probe
from toolkit.conformance.probes.bodies import body_probes
from toolkit.conformance.probes.expected import ITEM_TWICE
from toolkit.conformance.run import Run
from toolkit.exchange import Request, Response
from toolkit.validation.validator import Validator

EMPTY = {"description": ""}
TEXT = {"type": "string", "minLength": 1, "maxLength": 40}
FIELDS = {"title": TEXT, "weight": {"type": "integer", "minimum": 1, "maximum": 900}}


def _run(method: str, status: int, change: Any, tmp_path: Path, late: int = 0, **options: Any) -> Run:
    """A run of a service whose update has a status and no body; `late` requests pass before the update is made."""
    given = {"type": "object", "required": ["title"], "properties": FIELDS}
    body = {"required": True, "content": {"application/json": {"schema": given}}}
    shown = of_json({"type": "object", "properties": {"id": {"type": "integer"}, **FIELDS}})
    change_one = {"operationId": "change", "requestBody": body, "responses": {str(status): EMPTY, "400": EMPTY, "404": EMPTY}}  # fmt: skip
    own, key = [parameter("id", {"type": "integer"}, "path", required=True)], "/crates/{id}"
    paths: dict[str, Any] = {
        "/crates": {"post": {"operationId": "add", "requestBody": body, "responses": {"201": shown, "400": EMPTY}}},
        key: {"parameters": own, "get": {"operationId": "read", "responses": {"200": shown, "404": EMPTY}}},
    }
    paths.setdefault(key + "/relabel" if method == "POST" else key, {"parameters": own})[method.lower()] = change_one
    contract = loaded(tmp_path, paths)
    schema = Validator(contract)
    crates: dict[str, dict[str, Any]] = {}
    waiting: list[tuple[int, str, dict[str, Any]]] = []
    seen: list[str] = []

    def handle(request: Request) -> Response:
        while waiting and waiting[0][0] <= len(seen):
            _, due, changed = waiting.pop(0)
            crates[due].update(changed)
        seen.append(request.url)
        match = contract.match(request)
        is_read = request.method == "GET"
        if isinstance(match, str) or not (is_read or request.body) or list(schema.check_request(match, request)):
            return Response(404 if is_read else 400)
        value, parts = json.loads(request.body or b"{}"), request.url.partition("?")[0].split("/")
        key = str(len(crates) + 1) if match.operation.name == "add" else parts[2]
        if match.operation.name == "add":
            crates[key] = {"id": int(key), **value}
            return as_json(201, crates[key])
        if key not in crates:
            return Response(404)
        if request.method == "GET":
            return as_json(200, crates[key])
        waiting.append((len(seen) + late, key, change(dict(value))))
        return Response(status)

    return run_of(contract, handle, **options)


def _cut(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "title": value["title"][:30]}


@pytest.mark.slow
@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
@pytest.mark.parametrize("is_sound", [True, False])
def test_what_a_write_without_a_response_keeps_is_read(method: str, is_sound: bool, tmp_path: Path) -> None:
    options: dict[str, Any] = {"budget": 150, "ignore": ("operation-unfinished",)}
    run = _run(method, 204, dict if is_sound else _cut, tmp_path, **options)
    assert {one.rule for one in violations_of(run)} == (set() if is_sound else {"law-update"})


@pytest.mark.parametrize("keeps", ["a set", "what is sent"])
@pytest.mark.parametrize("is_shown", [True, False])
def test_an_item_twice_may_be_read_as_a_set_and_is_not_kept_twice(keeps: str, is_shown: bool, tmp_path: Path) -> None:
    tags = {"type": "array", "uniqueItems": True, "minItems": 1, "items": {"enum": ["red", "blue"]}}
    own = {"tags": {**tags, "uniqueItems": False}, "id": {"type": "integer"}}
    content = {"application/json": {"schema": {"type": "object", "required": ["tags"], "properties": {"tags": tags}}}}
    one = [parameter("id", {"type": "integer"}, "path", required=True)]
    shown = of_json({"type": "object", "properties": own})
    responses = {"201": shown if is_shown else of_json({"type": "object", "properties": {"id": own["id"]}})}
    add = {"operationId": "add", "requestBody": {"required": True, "content": content}, "responses": responses}
    read = {"operationId": "read", "responses": {"200": shown, "404": EMPTY}}
    crates: list[dict[str, Any]] = []

    def handle(request: Request) -> Response:
        if request.method == "GET":
            key = int(request.url.rpartition("/")[2])
            return as_json(200, crates[key]) if key < len(crates) else Response(404)
        sent = json.loads(request.body or b"")["tags"]
        kept = [*dict.fromkeys(sent)] if keeps == "a set" else sent
        crates.append({"id": len(crates), "tags": kept})
        return as_json(201, crates[-1] if is_shown else {"id": len(crates) - 1})

    run = run_of(loaded(tmp_path, {"/crates": {"post": add}, "/crates/{id}": {"parameters": one, "get": read}}), handle)
    subject = run.subjects["add"]
    list(check_plain(subject, run.journal))
    [probe] = [one for one in body_probes(subject.client) if one.edit and one.edit.label == ITEM_TWICE]
    found = [one.rule for verdict in check_probe(probe, subject, run.journal) for one in verdict.violations]
    assert found == ([] if keeps == "a set" else ["invalid-request-accepted"])


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("late", [0, 3])
@pytest.mark.parametrize(
    "change, rules",
    [
        (dict, []),
        (lambda value: {}, []),  # what is only accepted may never be done
        (lambda value: {key: "other" if key == "title" else one for key, one in value.items()}, ["law-update"]),
    ],
)
def test_an_update_that_is_accepted_ends_with_its_values_or_never(
    method: str, late: int, change: Any, rules: list[str], tmp_path: Path
) -> None:
    run = _run(method, 202, change, tmp_path, late)
    for name in ("add", "read", "change"):
        list(check_plain(run.subjects[name], run.journal))
    assert [one.violation.rule for one in update(run.subjects["change"])] == rules


@pytest.mark.parametrize("reach", ["one", "all", "one alone has a badge"])
@pytest.mark.parametrize("status", [200, 204])
def test_what_there_is_one_of_is_set_below_one_parent(reach: str, status: int, tmp_path: Path) -> None:
    badge = {"type": "object", "required": ["colour", "motto"], "properties": {"colour": {"enum": ["red", "blue"]}, "motto": TEXT}}  # fmt: skip
    scout = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
    own = [parameter("id", {"type": "integer"}, "path", required=True)]
    change = {"operationId": "change", "requestBody": of_json(badge), "responses": {str(status): EMPTY}}
    add = {"operationId": "add", "requestBody": of_json(scout), "responses": {"201": of_json({"type": "object"})}}
    read = {"operationId": "read", "responses": {"200": of_json(badge), "404": EMPTY}}
    badges: list[Any] = []

    def handle(request: Request) -> Response:
        if request.url == "/scouts":
            badges.append(None)
            return as_json(201, {"id": len(badges) - 1})
        number = int(request.url.split("/")[2])
        if request.method == "PUT":
            value = json.loads(request.body or b"{}")
            others = {"one": badges, "all": [value] * len(badges), "one alone has a badge": [None] * len(badges)}[reach]
            badges[:] = [value if index == number else one for index, one in enumerate(others)]
            return Response(status)
        return as_json(200, badges[number]) if badges[number] else Response(404)

    one = {"parameters": own, "get": read, "put": change}
    run = run_of(loaded(tmp_path, {"/scouts": {"post": add}, "/scouts/{id}/badge": one}), handle)
    for name in ("add", "change", "read"):
        list(check_plain(run.subjects[name], run.journal))
    found = [one.violation.message for one in update(run.subjects["change"])]
    assert ["changed /scouts/" in one for one in found] == [True] * (reach == "all"), found
