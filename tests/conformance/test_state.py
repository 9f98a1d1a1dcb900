"""Operations in their order, with values that the service has shown; what is created is read, listed, changed and deleted."""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from services import shelves
from support.contracts import as_json, loaded, of_json, of_yaml, parameter
from support.laws import Handle, errors_of, run_of
from support.sockets import Wire, ok, raw_server

from toolkit.client.client import Client
from toolkit.client.target import NoResponse, Stalled, http
from toolkit.conformance import plan
from toolkit.conformance.laws.kept import is_same
from toolkit.conformance.laws.state import read_after_create, update
from toolkit.conformance.plan import check_plain, laws_of
from toolkit.conformance.probes.expected import Probe
from toolkit.conformance.probes.requests import probes_of
from toolkit.conformance.run import Run
from toolkit.contract.flow import in_order, kind, stops_service
from toolkit.contract.resources import created_in, identifier_of, inner_of, items_of, json_body, singular
from toolkit.errors import TargetError
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.recordings.formats.har import write_har
from toolkit.recordings.reading import read
from toolkit.reports.summary import Summary
from toolkit.rules import Severity
from toolkit.validation.validator import Validator
from toolkit.wire.urlencoded import parse_query

MOST_REQUESTS = 600
FEW = ["500 behind a created id", "delete does not delete", "update drops a field", "list without the created item"]


@pytest.mark.parametrize("status", [201, 202])
@pytest.mark.parametrize("is_sound", [True, False])
def test_what_a_path_names_is_what_is_shown(status: int, is_sound: bool, tmp_path: Path) -> None:
    stored = {"type": "object", "properties": {"id": {"type": "string"}, "state": {"type": "string"}}}
    shown = of_json(stored)
    id_ = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    start = {"operationId": "start", "responses": {str(status): shown}}
    one = {"operationId": "read", "parameters": [id_], "responses": {"200": shown, "404": {"description": ""}}}
    jobs: list[str] = []

    def handle(request: Request) -> Response:
        key = request.url.rpartition("/")[2]
        if request.method == "POST":
            key = f"J{len(jobs)}"
            jobs.append(key)
        elif key not in jobs:
            return Response(404)
        seen = key.lower() if is_sound else jobs[0]
        is_new = request.method == "POST"
        return as_json(status if is_new else 200, {"id": key if is_new else seen, "state": "new"})

    run = run_of(loaded(tmp_path, {"/jobs": {"post": start}, "/jobs/{id}": {"get": one}}), handle)
    list(check_plain(run.subjects["start"], run.journal))
    found = [one.violation.rule for one in read_after_create(run.subjects["start"])]
    assert found == ([] if is_sound else ["law-read-after-create"])


# --- updates with what nothing requires


@pytest.mark.parametrize("method, required", [("PUT", []), ("PATCH", []), ("PATCH", ["version"])])
@pytest.mark.parametrize("is_sound", [True, False])
def test_an_update_keeps_what_no_body_has_to_name(
    method: str, required: list[str], is_sound: bool, tmp_path: Path
) -> None:
    note = {
        "type": "object",
        "required": required,
        "properties": {
            **{name: {"type": "integer"} for name in required},
            "title": {"type": "string"},
            "tags/all": {"type": "array", "items": {"type": "string"}},
        },
    }
    body = {"content": {"application/json": {"schema": note}}}
    stored = {"type": "object", "properties": {"id": {"type": "string"}, **note["properties"]}}
    shown = of_json(stored)
    id_ = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    one = {
        "parameters": id_,
        "get": {"operationId": "read", "responses": {"200": shown}},
        method.lower(): {"operationId": "change", "requestBody": body, "responses": {"200": shown}},
    }
    add = {"operationId": "add", "requestBody": body, "responses": {"201": shown}}
    notes: dict[str, dict[str, Any]] = {}

    def handle(request: Request) -> Response:
        value = json.loads(request.body or b"{}")
        key = request.url.rpartition("/")[2] if request.method != "POST" else f"n{len(notes)}"
        if key not in notes and request.method != "POST":
            return Response(404)
        if request.method != "GET":
            before = notes.get(key, {}) if method == "PATCH" and is_sound else {}
            lost = ("tags/all",) if key in notes and not is_sound and not required else ()
            notes[key] = {"id": key, **before, **{name: one for name, one in value.items() if name not in lost}}
        return as_json(201 if request.method == "POST" else 200, notes[key])

    run = run_of(loaded(tmp_path, {"/notes": {"post": add}, "/notes/{id}": one}), handle)
    list(check_plain(run.subjects["add"], run.journal))
    found = [(one.violation.rule, one.violation.at) for one in update(run.subjects["change"])]
    assert found == ([] if is_sound else [("law-update", "response.body#/tags~1all")])


@pytest.mark.parametrize("kept", [(), ("labels",), ("details",)])
def test_an_update_names_no_value_that_the_item_may_have_already_or_by_default(
    kept: tuple[str, ...], tmp_path: Path
) -> None:
    """An empty value, or the one of before, would not show that what is sent is not kept."""
    word = {"type": "string", "minLength": 1, "maxLength": 12}
    ticket = {
        "type": "object",
        "required": ["subject"],
        "properties": {
            "subject": {"type": "string", "minLength": 3},
            "details": {"type": "string", "default": ""},
            "labels": {"type": "array", "maxItems": 4, "uniqueItems": True, "items": word, "default": []},
        },
    }
    body = {"required": True, "content": {"application/json": {"schema": ticket}}}
    shown = of_json({"type": "object", "properties": {"id": {"type": "string"}, **ticket["properties"]}})  # type: ignore[dict-item]
    one = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": {"operationId": "read", "responses": {"200": shown, "404": {"description": ""}}},
        "put": {"operationId": "rewrite", "requestBody": body, "responses": {"200": shown}},
    }
    add = {"operationId": "add", "requestBody": body, "responses": {"201": shown}}
    tickets: dict[str, Any] = {}

    def handle(request: Request) -> Response:
        value = {"details": "", "labels": [], **json.loads(request.body or b"{}")}
        key = request.url.rpartition("/")[2] if request.method != "POST" else f"t{len(tickets)}"
        if request.method == "POST":
            tickets[key] = {"id": key, **value}
        elif request.method == "PUT":
            tickets[key] = {"id": key, **value, **{name: tickets[key][name] for name in kept}}
            return as_json(200, {"id": key, **value})
        return as_json(201 if request.method == "POST" else 200, tickets[key])

    run = run_of(loaded(tmp_path, {"/tickets": {"post": add}, "/tickets/{id}": one}), handle)
    list(check_plain(run.subjects["add"], run.journal))
    found = [one.violation.at for one in update(run.subjects["rewrite"])]
    assert found == [f"response.body#/{name}" for name in kept]


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("", ""),
        ("vip cannot be changed", "change set vip to"),
        ("all are deleted", "read responds with 404"),
        ("the next is deleted", "read responds with 404"),
        ("the list stays", "and the list has the former"),
        ("the list stays in a cache", ""),
        ("the list has what is published", ""),
        ("the list has no names", ""),
    ],
)
def test_each_property_is_updated_and_one_item_alone_is_deleted(fault: str, found: str, tmp_path: Path) -> None:
    person = {"type": "object", "properties": {"name": {"type": "string"}, "vip": {"type": ["boolean", "null"]}}}
    body = {"content": {"application/json": {"schema": person}}}
    stored = {"type": "object", "properties": {"id": {"type": "string"}, **person["properties"]}}  # type: ignore[dict-item]
    shown = of_json(stored)
    id_ = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    one = {
        "parameters": id_,
        "get": {"operationId": "read", "responses": {"200": shown, "404": {"description": ""}}},
        "patch": {"operationId": "change", "requestBody": body, "responses": {"200": shown}},
        "delete": {"operationId": "remove", "responses": {"204": {"description": ""}}},
    }
    every = {
        "get": {"operationId": "list", "responses": {"200": of_json({"type": "array", "items": stored})}},
        "post": {"operationId": "add", "requestBody": body, "responses": {"201": shown}},
    }
    paths: dict[str, Any] = {"/people": every, "/people/{id}": one}
    if fault == "the list has what is published":
        paths["/people/{id}/publish"] = {"parameters": id_, "post": {"responses": {"204": {"description": ""}}}}
    people: dict[str, Any] = {}
    listed: dict[str, Any] = {}
    numbers = itertools.count(1)

    def handle(request: Request) -> Response:
        value = json.loads(request.body or b"{}")
        key = request.url.rpartition("/")[2] if request.method != "POST" else f"p{next(numbers)}"
        if request.url == "/people" and request.method == "GET":
            blank = {"name": ""} if fault == "the list has no names" else {}
            items = [{**(listed if fault.startswith("the list") else people)[one], **blank} for one in people]
            return as_json(200, items, **({"Cache-Control": "max-age=60"} if "cache" in fault else {}))
        if request.method == "POST":
            people[key] = listed[key] = {"id": key, "name": "", "vip": False, **value}
        if key not in people:
            return Response(404)
        if request.method == "DELETE":
            people.pop(f"p{int(key[1:]) + 1}", None) if fault == "the next is deleted" else None
            people.clear() if fault == "all are deleted" else people.pop(key)
            return Response(204)
        if request.method == "PATCH":
            kept = "vip" if fault == "vip cannot be changed" else ""
            people[key] = {**people[key], **{name: one for name, one in value.items() if name != kept}}
        return as_json(201 if request.method == "POST" else 200, people[key])

    run = run_of(loaded(tmp_path, paths), handle)
    list(check_plain(run.subjects["add"], run.journal))
    laws = [law(run.subjects[name]) for name in ("change", "remove") for law in laws_of(run.subjects[name])]
    messages = [one.violation.message for law in laws for one in law]
    assert found in "".join(messages) if found else not messages


def test_an_update_is_reached_with_the_body_that_the_item_was_made_of(tmp_path: Path) -> None:
    """A service may refuse an update that says something else of what stays as it is."""
    thing = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    body = {"required": True, "content": {"application/json": {"schema": thing}}}
    stored = {"type": "object", "properties": {"id": {"type": "string"}, **thing["properties"]}}
    shown, refused = of_json(stored), {"description": ""}
    one = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "put": {"operationId": "change", "requestBody": body, "responses": {"200": shown, "422": refused}},
    }
    add = {"operationId": "add", "requestBody": body, "responses": {"201": shown}}
    things: dict[str, Any] = {}

    def handle(request: Request) -> Response:
        value = json.loads(request.body or b"{}")
        key = request.url.rpartition("/")[2] if request.method != "POST" else f"t{len(things)}"
        name = value["name"] if request.method == "POST" else things.get(key)
        if name is None or name != value["name"]:
            return Response(422)
        things[key] = name if things else None  # the first one is past changing
        return as_json(201 if request.method == "POST" else 200, {"id": key, "name": name})

    run = run_of(loaded(tmp_path, {"/things": {"post": add}, "/things/{id}": one}), handle)
    list(check_plain(run.subjects["add"], run.journal))
    list(check_plain(run.subjects["change"], run.journal))
    assert run.subjects["change"].obstacle == ""


@pytest.mark.parametrize(("way", "rules"), [("moved", []), ("left", []), ("motto lost", ["law-update"])])
def test_an_update_leaves_what_names_the_thing(way: str, rules: list[str], tmp_path: Path) -> None:
    texts = {"name": {"type": "string"}, "motto": {"type": "string"}}
    team = of_json({"type": "object", "required": ["name", "motto"], "properties": texts})
    one = {
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": {"operationId": "read", "responses": {"200": team}},
        "put": {"operationId": "change", "requestBody": team, "responses": {"204": {"description": ""}}},
    }
    teams: dict[str, dict[str, Any]] = {}

    def handle(request: Request) -> Response:
        sent, key = json.loads(request.body or b"{}"), request.url.rpartition("/")[2]
        if request.method == "POST":
            teams[sent["name"]] = sent
            return as_json(201, sent)
        if key not in teams:
            return Response(404)
        if request.method == "GET":
            return as_json(200, teams[key])
        name = sent["name"] if way == "moved" else key
        teams[name] = {**teams.pop(key), "name": name, **({} if way == "motto lost" else {"motto": sent["motto"]})}
        return Response(204)

    add = {"operationId": "add", "requestBody": team, "responses": {"201": team}}
    run = run_of(loaded(tmp_path, {"/teams": {"post": add}, "/teams/{name}": one}), handle)
    list(check_plain(run.subjects["add"], run.journal))
    assert [one.violation.rule for one in update(run.subjects["change"])] == rules


@pytest.mark.parametrize("is_sound", [True, False])
def test_an_update_is_tried_with_another_number(is_sound: bool, tmp_path: Path) -> None:
    room = {"type": "object", "required": ["beds"], "properties": {"beds": {"type": "integer", "minimum": 1}}}
    body = {"required": True, "content": {"application/json": {"schema": room}}}
    stored = {"type": "object", "properties": {"id": {"type": "string"}, **room["properties"]}}
    shown = of_json(stored)
    one = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": {"operationId": "read", "responses": {"200": shown}},
        "put": {"operationId": "change", "requestBody": body, "responses": {"204": {"description": ""}}},
    }
    rooms: dict[str, dict[str, Any]] = {}

    def handle(request: Request) -> Response:
        key = request.url.rpartition("/")[2] if request.method != "POST" else f"r{len(rooms)}"
        if key not in rooms and request.method != "POST":
            return Response(404)
        if request.method == "POST" or (request.method == "PUT" and is_sound):
            rooms[key] = {"id": key, **json.loads(request.body or b"{}")}
        if request.method == "PUT":
            return Response(204, body=b"")
        return as_json(201 if request.method == "POST" else 200, rooms[key])

    add = {"operationId": "add", "requestBody": body, "responses": {"201": shown}}
    run = run_of(loaded(tmp_path, {"/rooms": {"post": add}, "/rooms/{id}": one}), handle)
    list(check_plain(run.subjects["add"], run.journal))
    assert [one.violation.rule for one in update(run.subjects["change"])] == ([] if is_sound else ["law-update"])


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("is_sound", [True, False])
def test_an_update_of_what_there_is_only_one_of_is_kept(method: str, is_sound: bool, tmp_path: Path) -> None:
    theme = {"type": "object", "properties": {"theme": {"enum": ["dark", "light"]}, "size": {"type": "integer"}}}
    content = {"application/json": {"schema": theme}}
    shown = {"description": "", "content": content}
    paths = {
        "/users/{id}/settings": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "example": "a"}
            ],
            "get": {"operationId": "read", "responses": {"200": shown}},
            method: {"operationId": "change", "requestBody": {"content": content}, "responses": {"200": shown}},
        }
    }
    settings: dict[str, Any] = {"theme": "light", "size": 1}

    def handle(request: Request) -> Response:
        said = {**settings, **json.loads(request.body or b"{}")}
        if is_sound:
            settings.update(said)
        return as_json(200, said)

    run = run_of(loaded(tmp_path, paths), handle)
    for name in ("read", "change"):
        list(check_plain(run.subjects[name], run.journal))
    assert update in laws_of(run.subjects["change"])
    assert [one.violation.rule for one in update(run.subjects["change"])] == ([] if is_sound else ["law-update"])


# --- what a state refuses is asked of a new item


@pytest.mark.slow
def test_a_fault_is_asked_of_an_item_whose_state_allows_it(tmp_path: Path) -> None:
    contract = of_yaml(
        tmp_path,
        """
    /orders:
      post:
        operationId: add
        responses:
          '201': {description: ok, content: {application/json: {schema: {type: object, properties: {id: {type: integer}}}}}}
    /orders/{id}/payment:
      post:
        operationId: pay
        parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
        requestBody:
          required: true
          content: {application/json: {schema: {type: object, required: [sum], properties: {sum: {type: integer, minimum: 1}}}}}
        responses: {'201': {description: ok}, '400': {description: no}, '404': {description: none}, '409': {description: paid}}
""",
    )
    orders: dict[str, bool] = {}

    def handle(request: Request) -> Response:
        if request.url == "/orders" and request.method == "POST":
            orders[str(len(orders) + 1)] = False
            return as_json(201, {"id": len(orders)})
        key = request.url.split("/")[2] if request.url.count("/") == 3 else ""
        if request.method != "POST" or key not in orders:
            return Response(404 if request.method == "POST" else 405)
        if orders[key]:
            return Response(409)
        try:
            orders[key] = isinstance(json.loads(request.body or b"")["sum"], int)
        except (ValueError, KeyError, TypeError):
            orders[key] = False
        return Response(201 if orders[key] else 400)

    found = {(one.rule, one.at) for one in errors_of(run_of(contract, handle, budget=250)) if one.operation == "pay"}
    assert ("invalid-request-accepted", "request.body#/sum") in found


# --- a service with state, sound and with each fault


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 20))])
def test_a_sound_service_raises_no_alarm(seed: int) -> None:
    run = shelves.run(seed=seed, budget=None if seed else 300, ignore=("operation-unfinished",))
    assert [f"{one.rule}: {one.message} {one.reproduce}" for one in errors_of(run)] == []
    assert {one.outcome for one in run.coverage} == {"success"}


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=() if name in FEW else pytest.mark.slow) for name in shelves.FAULTS]
)
def test_each_fault_is_found(fault: str) -> None:
    run, rules = shelves.run(fault), set[str]()
    for verdict in run.verdicts():
        rules |= {one.rule for one in verdict.violations if one.severity is Severity.ERROR}
        if shelves.FAULTS[fault] in rules:
            break
    assert shelves.FAULTS[fault] in rules, f"found {rules or 'nothing'} in {run.requests} requests"
    assert run.requests <= MOST_REQUESTS


@pytest.mark.parametrize("budget", [40, 120])
def test_what_a_run_creates_it_deletes_and_nothing_else(budget: int) -> None:
    state = shelves.Shelves()
    run = shelves.run_of(lambda request: shelves.respond(state, request), budget=budget)
    list(run.verdicts())
    assert {number: shelf["books"] for number, shelf in state.shelves.items()} == {1: {}}
    assert run.requests <= budget


@pytest.mark.slow
def test_what_generated_requests_create_is_deleted_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.conformance.run._MOST_EXAMPLES", 60)
    contract = of_yaml(
        tmp_path,
        """
    /notes:
      post:
        operationId: add
        requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {text: {type: string}}}}}}
        responses: {'201': {description: ok, content: {application/json: {}}}, '400': {description: no}}
    /notes/{id}:
      delete:
        operationId: drop
        parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
        responses: {'204': {description: ok}, '404': {description: none}}
""",
    )
    kept: set[str] = set()
    made: list[str] = []

    def handle(request: Request) -> Response:
        if request.method == "POST":
            made.append(str(len(made) + 1))
            kept.add(made[-1])
            return as_json(201, {"id": len(made)})
        number = request.url.rpartition("/")[2]
        if number not in kept:
            return Response(404)
        kept.remove(number)
        return Response(204)

    run = run_of(contract, handle, budget=90)
    list(run.verdicts())
    assert len(made) > 30 and not kept and run.requests <= 90


def test_an_interrupted_run_deletes_what_it_created() -> None:
    state = shelves.Shelves()

    def interrupted(request: Request) -> Response:
        if run.requests == 30:
            raise KeyboardInterrupt
        return shelves.respond(state, request)

    run = shelves.run_of(interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(run.verdicts())
    assert list(state.shelves) == [1]


def test_a_small_budget_asks_every_operation_before_it_asks_one_everything() -> None:
    run = shelves.run(budget=40)
    errors = errors_of(run)
    assert {one.outcome for one in run.coverage} == {"success"}
    assert [(one.rule, one.operation.count(",")) for one in errors] == [("operation-unfinished", 7)]
    assert all("examined in part" in one.line for one in run.coverage)
    assert any("the budget of" in note and "not reached" in note and "listShelves" in note for note in run.notes)


@pytest.mark.parametrize(
    ("fault", "is_law"),
    [("undocumented status of a deletion", False), pytest.param("update is ignored", True, marks=pytest.mark.slow)],
)
def test_counts_are_of_responses_and_agree_with_a_validation_of_the_recording(fault: str, is_law: bool) -> None:
    exchanges: list[Exchange] = []
    run = shelves.run(fault, budget=200)
    summary = _counted(run, exchanges)
    again = [Validator(shelves.CONTRACT).check(exchange) for exchange in exchanges]
    assert summary.exchanges == run.requests == len(exchanges) == summary.conforming + summary.violating
    assert summary.violating == sum(not verdict.conforms for verdict in again)
    assert (summary.violating > 0, summary.beside > 0) == (not is_law, is_law)


def _counted(run: Run, exchanges: list[Exchange]) -> Summary:
    """The counts of a run as the command has them."""
    summary = Summary()
    run.on_exchange, run.on_alone = exchanges.append, summary.count
    for verdict in run.verdicts():
        summary.add(verdict)
    return summary


@pytest.mark.slow
@pytest.mark.parametrize(("most", "is_sound"), [(9, True), (99, False)])
def test_what_a_test_leaves_open_is_no_fault_in_its_recording_either(most: int, is_sound: bool, tmp_path: Path) -> None:
    """Numbers are read as Python reads them: `1.0`, `+1` and `1_0` are taken, which the contract does not say."""
    size = {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9}}
    media = {"application/json": {"schema": {"type": "integer", "maximum": 40}}}
    said = {"200": {"description": "", "content": media}, "400": {"description": ""}}
    contract = loaded(tmp_path, {"/sizes": {"get": {"operationId": "sizes", "parameters": [size], "responses": said}}})

    def respond(request: Request) -> Response:
        try:
            number = float(dict(parse_query(request.url.partition("?")[2])).get("size", "1"))
        except ValueError:
            return Response(400)
        if not (1 <= number <= most and number == int(number)):
            return Response(400)
        return as_json(200, int(number))

    exchanges: list[Exchange] = []
    run = run_of(
        contract,
        respond,
    )
    summary = _counted(run, exchanges)
    path = tmp_path / "recording.har"
    write_har(path, exchanges)
    checked = [(one, run.validator.check(one)) for one in read(str(path))]
    letters = {
        one.request.url.partition("=")[2] for one, found in checked if found.violations and one.response.status == 200
    }
    assert {"1.0", "%2B1"} & letters, "the service is asked what the contract leaves open"
    assert summary.exchanges == run.requests == len(exchanges)
    assert summary.violating == sum(not found.conforms for _, found in checked)
    assert (summary.violating == 0) is is_sound


@pytest.mark.slow
@pytest.mark.parametrize(("name", "is_deleted"), [("fileId", True), ("id", False)])
def test_what_is_made_below_a_parent_and_stands_by_itself_is_the_runs_own(
    name: str, is_deleted: bool, tmp_path: Path
) -> None:
    """A short `id` may count the files of the folder: another file of that number may be somebody's."""
    paths = """
    /folders/{path}/files:
      parameters: [{name: path, in: path, required: true, schema: {type: string, example: a}}]
      post: {operationId: add, responses: {'201': {description: made, content: {application/json: {}}}}}
    /files/{NAME}:
      parameters: [{name: NAME, in: path, required: true, schema: {type: integer}}]
      delete: {operationId: drop, responses: {'204': {description: gone}, '404': {description: none}}}
""".replace("NAME", name)
    files = {100: "", 1: "of somebody"}

    def respond(request: Request) -> Response:
        if request.method == "POST":
            files[max(files) + 1] = "own"
            return as_json(201, {name: max(files)})
        number = request.url.rpartition("/")[2]
        found = files.pop(int(number), None) if number.isascii() and number.isdecimal() else None
        return Response(404 if found is None else 204)

    contract = of_yaml(tmp_path, paths)
    run = run_of(contract, respond, budget=80, ignore=("operation-unfinished",))
    assert not errors_of(run)
    assert files.keys() >= {100, 1} and ("own" not in files.values()) is is_deleted


ORDERS = """
    /orders:
      get: {operationId: list, responses: {'200': {description: all, content: {application/json: {}}}}}
      post: {operationId: add, responses: {'201': {description: made, content: {application/json: {}}}}}
    /orders/{id}:
      parameters: &id [{name: id, in: path, required: true, schema: {type: integer}}]
      delete: {operationId: drop, responses: {'204': {description: gone}, '404': {description: none}}}
    /orders/{id}/cancel:
      post: {operationId: cancel, parameters: *id, responses: &done {'200': {description: ok}, '404': {description: none}, '409': {description: no}}}
    /orders/{id}/pay:
      post: {operationId: pay, parameters: *id, responses: *done}
"""


def _orders(fault: str, refusal: int = 409) -> Handle:
    """Orders that can be paid or cancelled once, with a fault that names two actions or none."""
    states: dict[str, str] = {}

    def respond(request: Request) -> Response:
        _, _, number, action = [*request.url.partition("?")[0].split("/"), "", ""][:4]
        if not number and request.method == "POST":
            states[str(len(states) + 1)] = ""
            return as_json(201, {"id": len(states)})
        if not number:
            return as_json(200, [{"id": int(one)} for one, state in states.items() if state != "drop"])
        action = action or "drop"
        before = states.get(number, "drop")
        if number in states and before and fault == f"{action} after {before}":
            return Response(500)
        if before == "drop":
            return Response(404)
        if before and action != "drop":
            return Response(refusal)
        states[number] = action
        return Response(204 if action == "drop" else 200)

    return respond


@pytest.mark.slow
@pytest.mark.parametrize("refusal", [409, 422])
def test_a_refusal_by_a_state_that_the_run_changed_blames_nobody(refusal: int, tmp_path: Path) -> None:
    contract = of_yaml(tmp_path, ORDERS.replace(", '409': {description: no}", ""))
    run = run_of(contract, _orders("", refusal), budget=60, ignore=("operation-unfinished",))
    exchanges: list[Exchange] = []
    summary = _counted(run, exchanges)
    assert str(refusal) in {str(one.response.status) for one in exchanges if one.response}
    assert (summary.errors, summary.violating) == (0, 0) and summary.by_rule["status-undeclared"]
    write_har(tmp_path / "orders.har", exchanges)
    assert all(run.validator.check(one).conforms for one in read(str(tmp_path / "orders.har")))


def test_a_conflict_with_what_somebody_else_did_has_to_be_documented(tmp_path: Path) -> None:
    contract = of_yaml(tmp_path, ORDERS.replace(", '409': {description: no}", ""))
    run = run_of(contract, lambda request: Response(409), budget=60)
    assert "status-undeclared" in {one.rule for one in errors_of(run)}


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", ["", "cancel after cancel", "pay after cancel", "cancel after pay", "drop after drop"]
)
def test_what_is_done_twice_or_in_the_wrong_state_may_be_refused_and_breaks_nothing(fault: str, tmp_path: Path) -> None:
    contract = of_yaml(tmp_path, ORDERS)
    run = run_of(contract, _orders(fault), budget=60, ignore=("operation-unfinished",))
    found = {(one.rule, one.operation) for one in errors_of(run)}
    assert found == ({("server-error", fault.partition(" ")[0])} if fault else set())
    assert {one.outcome for one in run.coverage} == {"success"}


@pytest.mark.slow
@pytest.mark.parametrize("opened", ["", "drop", "cancel"])
def test_whether_what_changes_something_needs_credentials_is_asked_of_a_new_item(opened: str, tmp_path: Path) -> None:
    states: dict[str, str] = {}
    actions = {("", "POST"): "add", ("", "GET"): "list", ("1", "DELETE"): "drop", ("2", "POST"): "cancel"}

    def respond(request: Request) -> Response:
        _, _, number, action = [*request.url.partition("?")[0].split("/"), "", ""][:4]
        name = actions.get(("2" if action else "1" if number else "", request.method))
        if name != opened and request.headers.get("Authorization") != "Bearer good":
            return Response(401)
        if name == "add":
            states[str(len(states) + 1)] = ""
            return as_json(201, {"id": len(states)})
        if name == "list":
            there = [{"id": int(one)} for one, state in states.items() if state != "drop"]
            return as_json(200, there)
        if states.get(number, "drop") == "drop":
            return Response(404)
        if name == "cancel" and states[number]:
            return Response(409)
        states[number] = str(name)
        return Response(204 if name == "drop" else 200)

    secured = "components: {securitySchemes: {key: {type: http, scheme: bearer}}}\nsecurity: [{key: []}]\n"
    contract = of_yaml(tmp_path, ORDERS.partition("    /orders/{id}/pay")[0], secured)
    run = run_of(contract, respond, budget=80, auth="bearer:good", ignore=("operation-unfinished",))
    found = {(one.rule, one.operation) for one in errors_of(run)}
    assert found == ({("security-not-enforced", opened)} if opened else set())


# --- several things at once

PLATE = {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"}
CAR = {"type": "object", "required": ["plate"], "properties": {"plate": PLATE}}


@pytest.mark.parametrize("fault", ["", "lost", "not stored"])
@pytest.mark.parametrize("wrapped", [pytest.param(True, marks=pytest.mark.slow), False])
def test_of_several_things_that_one_request_creates_all_are_there(fault: str, wrapped: bool, tmp_path: Path) -> None:
    """Each plate is taken once, so that only a body with others has success."""
    several = {"type": "array", "minItems": 1, "items": CAR}
    sent = {"type": "object", "required": ["cars"], "properties": {"cars": several}} if wrapped else several
    listed = {"200": of_json(several)}
    made = {"201": {"description": ""}, "409": {"description": ""}, "400": {"description": ""}}
    body = {"required": True, "content": {"application/json": {"schema": sent}}}
    paths = {
        "/cars": {"get": {"operationId": "list", "responses": listed}},
        "/cars/bulk": {"post": {"operationId": "add", "requestBody": body, "responses": made}},
    }
    plates = ["AA-000"]

    def handle(request: Request) -> Response:
        if request.method == "GET":
            return as_json(200, [{"plate": one} for one in plates])
        contract = loaded(tmp_path, paths)
        if next(iter(Validator(contract).check(Exchange(request, None)).violations), None):
            return Response(400)
        value = json.loads(request.body or b"")
        new = [one["plate"] for one in (value["cars"] if wrapped else value)]
        if {*new} & {*plates} or len({*new}) < len(new):
            return Response(409)
        plates.extend(new[:-1] if fault and len(new) > 1 else new)
        return as_json(201, [{"plate": one} for one in (new[:-1] if fault == "lost" else new)])

    found = errors_of(run_of(loaded(tmp_path, paths), handle))
    assert {one.rule for one in found} == ({"law-list-after-create"} if fault else set()), found


# --- the parts


PATHS = """
    /notes: {get: {operationId: list}, post: {operationId: add, responses: {'201': {description: made}}}}
    /notes/{id}: {delete: {operationId: drop}, put: {operationId: change}, get: {operationId: read}}
    /notes/{id}/tags: {post: {operationId: tag, responses: {'201': {description: made}}}}
    /notes/{id}/tags/{tag}: {delete: {operationId: untag}}
    /notes/{id}/archive: {post: {operationId: archive, responses: {'200': {description: done}}}}
"""


def test_parents_come_before_children_and_destruction_last(tmp_path: Path) -> None:
    operations = in_order(of_yaml(tmp_path, PATHS).operations())
    assert [one.name for one in operations] == ["list", "add", "tag", "read", "change", "archive", "untag", "drop"]
    assert kind(operations[5]) == "update"


@pytest.mark.parametrize(
    "name, what",
    [("DeleteTicket", "delete"), ("GET_DeleteTicket", "delete"), ("GetTicket", "read"), ("PutTicket", "update"), ("", "delete")],
)  # fmt: skip
def test_an_action_is_what_its_verb_says_whichever_method_has_it(name: str, what: str, tmp_path: Path) -> None:
    named = f"operationId: {name}, " if name else ""
    path = f"    '/?Action=DeleteTicket': {{get: {{{named}responses: {{'200': {{description: ok}}}}}}}}\n"
    assert [kind(one) for one in of_yaml(tmp_path, path).operations()] == [what]


def test_an_action_that_deletes_by_its_last_segment_waits_until_nothing_is_needed(tmp_path: Path) -> None:
    make, prune, read = (
        f"    {path}: {{{method}: {{operationId: {name}, responses: {{'200': {{description: ok}}}}}}}}\n"
        for path, method, name in (
            ("/notes", "post", "add"),
            ("/notes/prune", "post", "tidy"),
            ("/notes/{id}", "get", "read"),
        )
    )
    operations = in_order(of_yaml(tmp_path, make + prune + read).operations())
    assert [(one.name, kind(one)) for one in operations] == [("add", "create"), ("read", "read"), ("tidy", "delete")]


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ([1, 2], 2),
        ({"items": [1], "total": 1}, 1),
        ({"notes": [1, 2, 3]}, 3),
        ({"data": {"items": [1]}}, 1),
        ({"_embedded": {"orders": [1, 2]}, "_links": {"self": {}}, "page": {"size": 2}}, 2),
        ({"orders": {"list": [1]}, "pagination": {"total": 1}}, 1),
        ({"a": {"x": 1}, "b": {"x": 2}}, 2),
        ({"_links": {"self": {}}, "_embedded": {"notes": [1, 2, 3]}, "page": {"size": 20}}, 3),
        ({"_links": {"self": {}}, "_embedded": {"notes": []}}, 0),
        ({"_links": {"self": {}}, "page": {"size": 20}}, 0),
        ({"name": "x"}, 0),
        (None, 0),
    ],
)
def test_a_list_is_bare_or_in_an_object(value: Any, count: int) -> None:
    assert len(items_of(value)) == count


@pytest.mark.parametrize(
    ("item", "parameter", "identifier"),
    [
        ({"id": 7, "name": "x"}, "noteId", "7"),
        ({"id": 7}, "note_id", "7"),
        ({"uuid": "u"}, "note", "u"),
        ({"note_id": 7, "id": 8}, "note_id", "7"),
        ({"slug": "s", "title": "t"}, "slug", "s"),
        ("plain", "note", "plain"),
        ({"title": "t"}, "id", None),
        ({"id": None, "name": "x"}, "noteId", None),
        ({"id": None, "name": "x"}, "name", "x"),
        ({"name": "x"}, "noteId", "x"),
        ({"login": "x", "kind": "t"}, "noteId", "x"),
        ({"kind": "Note", "metadata": {"name": "n", "uid": "u"}}, "name", "n"),
        ({"cursor": 3, "node": {"id": 7}}, "noteId", "7"),
        ({"id": 8, "metadata": {"id": 9}}, "noteId", "8"),
    ],
)
def test_an_item_is_named_by_one_of_its_properties(item: Any, parameter: str, identifier: str | None) -> None:
    assert identifier_of(item, parameter, "/v1/notes") == identifier


def test_a_guessed_name_of_an_item_has_to_be_valid() -> None:
    assert identifier_of({"name": "x", "code": "7"}, "noteId", "/v1/notes", str.isdecimal) == "7"
    assert identifier_of({"name": "x"}, "noteId", "/v1/notes", lambda value: False) is None


def test_what_an_object_wraps() -> None:
    note = {"id": 1}
    assert inner_of({"note": note}) == note == inner_of({"data": note, "permissions": {}})
    assert inner_of({"note": note, "author": {"id": 2}}) is None


def test_a_creation_speaks_of_one_thing_or_of_several() -> None:
    note = {"id": 1, "tags": ["a"]}
    assert created_in(note) == [note] == created_in([note]) == created_in({"notes": [note]})
    assert created_in({"note": note}) == [{"note": note}]


def test_names_in_the_singular() -> None:
    names = {
        "notes": "note",
        "boxes": "box",
        "categories": "category",
        "address": "address",
        "status": "status",
        "note": "note",
    }
    names |= {
        "warehouses": "warehouse",
        "cases": "case",
        "statuses": "status",
        "addresses": "address",
        "aliases": "alias",
    }
    assert {name: singular(name) for name in names} == names


@pytest.mark.parametrize(
    ("sent", "kept", "same"),
    [
        ("a@B.c ", "a@b.c", True),
        (1, 1.0, True),
        (1, "1", True),
        ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", True),
        (["b", "a"], ["a", "b"], True),
        ({"x": 1}, {"x": 1, "y": 2}, True),
        ([], None, True),
        ("6123", "6123.00", True),
        ("0788", "788.00", True),
        ("-00.5", "-0.50", True),
        ("a  b\u0301", "a b\u0301", True),
        ("+1 (234) 56-78", "+12345678", True),
        ("DE12345678", "****5678", True),
        ("2026-01-01T00:00:00.75Z", "2026-01-01T00:00:00Z", True),
        ("2026-01-01T00:00:01Z", "2026-01-01T00:00:00Z", False),
        ("0123", "123", False),
        ("0788", "789.00", False),
        ("-5", "5", False),
        ("1.5", "15", False),
        ("a-b", "ab", False),
        ("a", "b", False),
        (True, False, False),
        (["a"], [], False),
        (1, 2, False),
    ],
)
def test_what_a_service_may_normalize_is_no_change(sent: Any, kept: Any, same: bool) -> None:
    assert is_same(sent, kept) is same


# --- where values come from, and what success is


LINKS = [
    "{operationId: read, parameters: {key: '$response.body#/ref'}}",
    "{operationRef: '#/paths/~1other~1{key}/get', parameters: {path.key: '$response.body#/ref'}}",
    "{operationId: read, parameters: {key: '$response.header.X-Ref'}}",
    "{operationId: read, parameters: {key: '$request.body#/ref'}}",
]


@pytest.mark.parametrize("link", LINKS)
def test_a_link_shows_a_value(tmp_path: Path, link: str) -> None:
    contract = of_yaml(
        tmp_path,
        f"""
    /things:
      post:
        operationId: add
        requestBody: {{required: true, content: {{application/json: {{schema: {{type: object}}, example: {{ref: q7}}}}}}}}
        responses: {{'201': {{description: ok, links: {{read: {link}}}, content: {{application/json: {{schema: {{type: object}}}}}}}}}}
    /other/{{key}}:
      get:
        operationId: read
        parameters: [{{name: key, in: path, required: true, schema: {{type: string}}}}]
        responses: {{'200': {{description: ok}}, '404': {{description: none}}}}
""",
    )

    def handle(request: Request) -> Response:
        if request.method == "POST":
            return as_json(201, {"ref": "q7"}, **{"X-Ref": "q7"})
        return Response(200 if request.url.endswith("/other/q7") else 404)

    run = run_of(contract, handle, budget=20)
    list(run.verdicts())
    assert {one.outcome for one in run.coverage} == {"success"}


@pytest.mark.parametrize(
    ("scheme", "cure"),
    [
        ("type: apiKey, in: header, name: X-Token", "--header 'X-Token: VALUE' (scheme token)"),
        ("type: http, scheme: Basic", "--auth basic:USER:PASSWORD or --header"),
        ("type: http, scheme: digest", "give credentials: --auth or --header"),  # a bearer token would not do
    ],
)
def test_everything_refused_for_lack_of_credentials_is_one_finding(tmp_path: Path, scheme: str, cure: str) -> None:
    more = f"security: [{{token: []}}]\ncomponents: {{securitySchemes: {{token: {{{scheme}}}}}}}\n"
    paths = "".join(
        f"    /{name}: {{get: {{operationId: {name}, responses: {{'200': {{description: ok}}}}}}}}\n" for name in "abc"
    )
    run = run_of(of_yaml(tmp_path, paths, more), lambda request: Response(403))
    found = errors_of(run)
    assert {(one.rule, one.operation) for one in found} == {("operation-untested", "a, b, c")}
    assert "403" in found[0].message and cure in found[0].hint
    assert [one.outcome for one in run.coverage] == ["refused"] * 3


def test_a_forgotten_base_path_is_one_finding(tmp_path: Path) -> None:
    paths = "    /a: {get: {operationId: a, responses: {'200': {description: ok}}}}\n"
    contract = of_yaml(tmp_path, paths, "servers: [{url: 'https://example.com/v2'}]\n")
    run = run_of(contract, lambda request: Response(200 if request.url.startswith("/v2/") else 404))
    [found] = {one.message: one for one in errors_of(run)}.values()
    assert found.rule == "operation-untested" and "have the base path /v2: add" in found.hint


def test_an_ignored_rule_is_not_reported_and_the_coverage_still_says_it(tmp_path: Path) -> None:
    paths = "    /a: {get: {operationId: a, responses: {'200': {description: ok}, '404': {description: none}}}}\n"
    run = run_of(of_yaml(tmp_path, paths), lambda request: Response(404), ignore=("operation-untested",))
    assert errors_of(run) == [] and [one.outcome for one in run.coverage] == ["refused"]


def test_a_redirect_is_a_success_where_it_is_documented(tmp_path: Path) -> None:
    paths = "    /a: {get: {operationId: a, responses: {'303': {description: see}}}}\n"
    run = run_of(of_yaml(tmp_path, paths), lambda request: Response(303, Headers((("Location", "/b"),))), budget=30)
    assert errors_of(run) == [] and [one.outcome for one in run.coverage] == ["success"]


@pytest.mark.slow
def test_nothing_of_somebody_elses_is_deleted(tmp_path: Path) -> None:
    contract = of_yaml(
        tmp_path,
        """
    /notes: {get: {operationId: list, responses: {'200': {description: ok, content: {application/json: {schema: {type: array}}}}}}}
    /notes/{id}:
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}, example: 1}]
      get: {operationId: read, responses: {'200': {description: ok}, '404': {description: none}}}
      delete: {operationId: drop, responses: {'204': {description: gone}, '404': {description: none}}}
""",
    )
    notes = {number: {"id": number} for number in (1, 2, 987_654)}

    def handle(request: Request) -> Response:
        name = request.url.rpartition("/")[2]
        if name == "notes":
            return as_json(200, list(notes.values()))
        if not name.isdecimal() or int(name) not in notes:
            return Response(404)
        if request.method == "DELETE":
            del notes[int(name)]
        return Response(204 if request.method == "DELETE" else 200)

    run = run_of(contract, handle)
    assert errors_of(run) == [] and len(notes) == 3
    assert {one.operation: one.outcome for one in run.coverage} == {
        "list": "success",
        "read": "success",
        "drop": "refused",
    }
    named = run_of(contract, handle, params=(("id", "2"),))
    assert errors_of(named) == [] and sorted(notes) == [1, 987_654]


def test_a_name_that_may_be_used_once_blames_nobody(tmp_path: Path) -> None:
    contract = of_yaml(
        tmp_path,
        """
    /teams:
      post:
        operationId: add
        parameters: [{name: notify, in: query, schema: {type: string, enum: [all, none]}}]
        requestBody:
          required: true
          content:
            application/json: {schema: {type: object, required: [name], properties: {name: {type: string, minLength: 1}}}, example: {name: Herons}}
        responses: {'201': {description: ok}, '400': {description: taken}}
""",
    )
    names: set[str] = set()

    def handle(request: Request) -> Response:
        if any(
            part.startswith("notify=") and part[7:] not in ("all", "none")
            for part in request.url.partition("?")[2].split("&")
        ):
            return Response(400)
        try:
            name = json.loads(request.body or b"")["name"]
        except (ValueError, TypeError, KeyError):
            return Response(400)
        if not isinstance(name, str) or not name or name in names:
            return Response(400)
        names.add(name)
        return Response(201)

    run = run_of(contract, handle, budget=60)
    assert [f"{one.rule}: {one.message}" for one in errors_of(run)] == []


def test_a_body_names_what_exists_and_not_what_is_left_of_what_was_deleted(tmp_path: Path) -> None:
    """Old orders are of a product that is gone."""
    item = {"type": "object", "properties": {"id": {"type": "integer"}, "product_id": {"type": "integer"}}}
    line = {"type": "object", "required": ["product_id"], "properties": {"product_id": {"type": "integer"}}}
    lines = {"type": "array", "minItems": 1, "items": line}
    order = {"type": "object", "required": ["lines"], "properties": {"lines": lines}}
    shown = {"200": of_json({"type": "array", "items": item})}
    id_ = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    refused = {code: {"description": ""} for code in ("400", "404")}
    body = {"required": True, "content": {"application/json": {"schema": order}}}
    paths = {
        "/orders": {
            "get": {"operationId": "orders", "responses": shown},
            "post": {"operationId": "order", "requestBody": body, "responses": {"201": {"description": ""}, **refused}},
        },
        "/products": {"get": {"operationId": "products", "responses": shown}},
        "/products/{id}": {
            "get": {"operationId": "product", "parameters": id_, "responses": {"200": {"description": ""}, **refused}}
        },
    }

    def handle(request: Request) -> Response:
        if request.method == "GET" and request.url.count("/") == 1:
            return as_json(200, [{"id": 1, "product_id": 413}] if request.url == "/orders" else [{"id": 417}])
        if request.method == "GET":
            return Response(200 if request.url == "/products/417" else 404)
        sent = json.loads(request.body or b"0")
        lines = sent.get("lines") if isinstance(sent, dict) else None
        known = isinstance(lines, list) and lines and [one["product_id"] for one in lines] == [417] * len(lines)
        return Response(201 if known else 404)

    run = run_of(loaded(tmp_path, paths), handle, budget=40)
    list(run.verdicts())
    assert {one.operation: one.outcome for one in run.coverage}["order"] == "success"


@pytest.mark.parametrize(
    "ending", ["POST /token/logout", "POST /user/reset-token", "POST /api_keys/rotate", "PUT /user/token/"]
)
def test_what_ends_the_session_comes_last_and_the_own_account_stays(ending: str, tmp_path: Path) -> None:
    operations = {
        ending.partition(" ")[2]: (ending.partition(" ")[0].lower(), "leave"),
        "/reset/password": ("post", "mail"),
        "/users/me": ("delete", "quit"),
        "/users": ("get", "list"),
        "/catalog/output": ("get", "show"),
    }
    paths = "".join(
        f"    {path}: {{{method}: {{operationId: {name}, responses: {{'200': {{description: ok}}, '401': {{description: no}}}}}}}}\n"
        for path, (method, name) in operations.items()
    )
    asked: list[str] = []

    def handle(request: Request) -> Response:
        is_known = ending not in asked
        asked.append(f"{request.method} {request.url}")
        return Response(200 if is_known else 401)

    run = run_of(of_yaml(tmp_path, paths), handle, headers=(("Authorization", "Token abc"),))
    list(run.verdicts())
    assert asked[-1] == ending and "DELETE /users/me" not in asked
    assert {one.operation: one.outcome for one in run.coverage} == {
        "leave": "success",
        "mail": "success",
        "quit": "not-examined",
        "list": "success",
        "show": "success",
    }
    assert any("leave: called at the end" in note for note in run.notes)


@pytest.mark.parametrize(("required", "is_told"), [("", False), ("destination", True)])
def test_what_moves_that_below_which_all_stands_comes_last(tmp_path: Path, required: str, is_told: bool) -> None:
    body = {"type": "object", "properties": {"destination": {"type": "string"}}, "required": [required] * is_told}
    move = {"operationId": "move", "requestBody": of_json(body), "responses": {"200": {"description": ""}}}
    [found] = loaded(tmp_path, {"/site/@move": {"post": move}}).operations()
    assert stops_service(found) is not is_told


@pytest.mark.parametrize(
    ("word", "is_fatal"), [("restart", True), ("restart", False), ("maintenance", True), ("backup/restore", True)]
)
def test_what_stops_the_service_comes_last_and_is_not_blamed_for_it(tmp_path: Path, word: str, is_fatal: bool) -> None:
    ok = "responses: {'200': {description: ok}, '404': {description: no}}"
    id_ = "{name: id, in: path, required: true, schema: {type: string}}"
    paths = (
        f"    /admin/{word}: {{get: {{operationId: stop, {ok}}}}}\n    /notes: {{get: {{operationId: list, {ok}}}}}\n"
        f"    /jobs/{{id}}/restart: {{post: {{operationId: again, parameters: [{id_}], {ok}}}}}\n"
    )
    asked: list[str] = []

    def handle(request: Request) -> Response:
        if is_fatal and f"/admin/{word}" in asked:
            raise NoResponse("Connection refused")
        asked.append(request.url)
        return Response(200)

    run = run_of(of_yaml(tmp_path, paths), handle, budget=60)
    rules = {one.rule for verdict in run.verdicts() for one in verdict.violations}
    assert {one.operation: one.outcome for one in run.coverage} == dict.fromkeys(("stop", "list", "again"), "success")
    assert "no-answer" not in rules
    assert asked.index(f"/admin/{word}") > len(asked) - 12
    assert any("stop: called at the end" in note for note in run.notes) is is_fatal


@pytest.mark.parametrize(
    ("path", "body", "stops"),
    [
        ("/system", {"action": {"enum": ["status", "shutdown"]}}, True),
        ("/system", {"command": {"const": "RestartNow"}}, True),
        ("/system", {"action": {"type": "string", "example": "power-off"}}, True),
        ("/system", {"action": {"enum": ["status", "sync"]}}, False),
        ("/system", {"state": {"enum": ["open", "shutdown"]}}, False),  # it is told what it is, not what to do
        ("/servers/{id}/actions", {"action": {"enum": ["restart"]}}, False),  # another thing
    ],
)
@pytest.mark.parametrize("status", ["202", "201"])
def test_a_command_in_a_body_may_stop_the_service(
    path: str, body: dict[str, Any], stops: bool, status: str, tmp_path: Path
) -> None:
    content = {"application/json": {"schema": {"type": "object", "properties": body}}}
    post = {"operationId": "act", "requestBody": {"content": content}, "responses": {status: {"description": ""}}}
    own = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}] if "{id}" in path else []
    contract = loaded(tmp_path, {path: {"post": post, "parameters": own}})
    assert stops_service(next(contract.operations())) is (
        stops and status != "201"
    )  # what is created is a record of it


def test_what_may_end_the_session_is_known_without_words_and_checked_where_it_does_not(tmp_path: Path) -> None:
    gone = "responses: {'204': {description: ok}, '401': {description: no}}"
    paths = (
        f"    /abmelden: {{post: {{operationId: leave, security: [{{b: []}}], {gone}}}}}\n"
        f"    /zaehler/neu: {{post: {{operationId: reset, security: [{{b: []}}], {gone}}}}}\n"
        "    /liste: {get: {operationId: list, security: [{b: []}], responses: {'200': {description: ok}, '401': {description: no}}}}\n"
    )
    paths += "components: {securitySchemes: {b: {type: http, scheme: bearer}}}\n"
    asked: list[str] = []

    def handle(request: Request) -> Response:
        is_known = request.headers.get("authorization") == "Bearer abc" and "POST /abmelden" not in asked
        asked.append(f"{request.method} {request.url}" if is_known else "")
        return (
            Response(401)
            if not is_known and request.url != "/zaehler/neu"
            else Response(200 + 4 * (request.method == "POST"))
        )

    run = run_of(of_yaml(tmp_path, paths), handle, auth="bearer:abc")
    assert {(one.rule, one.operation) for one in errors_of(run)} == {("security-not-enforced", "reset")}
    assert asked.count("POST /abmelden") == 1 and asked.index("POST /zaehler/neu") < asked.index("POST /abmelden")
    assert [note.partition(":")[0] for note in run.notes if "ends the session" in note] == ["leave"]


def test_what_nobody_foresaw_in_one_operation_does_not_end_the_run(tmp_path: Path) -> None:
    paths = {
        path: {"get": {"operationId": path[1:], "responses": {"200": {"description": ""}}}} for path in ("/a", "/b")
    }

    def handle(request: Request) -> Response:
        if request.url.startswith("/a"):
            raise ArithmeticError("of this program")
        return Response(200)

    run = run_of(loaded(tmp_path, paths), handle)
    found = [(one.rule, one.operation) for one in errors_of(run)]
    assert set(found) == {("check-failed", "a"), ("operation-untested", "a")}
    assert {one.operation: one.outcome for one in run.coverage} == {"a": "not-examined", "b": "success"}


def test_what_nobody_foresaw_in_a_contract_ends_the_checks_of_its_operation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = {
        path: {"get": {"operationId": path[1:], "responses": {"200": {"description": ""}}}} for path in ("/a", "/b")
    }

    def probes(client: Client, known: Any) -> Iterator[Probe]:
        if client.operation.name == "a":
            raise ArithmeticError("of this program")
        return probes_of(client, known)

    monkeypatch.setattr(plan, "probes_of", probes)
    run = run_of(loaded(tmp_path, paths), lambda request: Response(200))
    found = [(one.rule, one.operation) for one in errors_of(run)]
    assert set(found) == {("check-failed", "a"), ("operation-unfinished", "a")}
    assert {one.operation: one.outcome for one in run.coverage} == {"a": "success", "b": "success"}


_NO_ADDRESSES = ("//[", "http://a:b:c/things/1", "\0", "%")


@pytest.mark.parametrize(
    "address", ["http://[half", *(pytest.param(one, marks=pytest.mark.slow) for one in _NO_ADDRESSES)]
)
def test_an_address_that_is_none_is_passed_over(address: str, tmp_path: Path) -> None:
    shown = of_json({"type": "object"})
    id_ = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    paths = {
        "/things": {"post": {"operationId": "add", "responses": {"201": shown}}},
        "/things/{id}": {"parameters": id_, "get": {"operationId": "read", "responses": {"200": shown, "4XX": shown}}},
    }

    def handle(request: Request) -> Response:
        return as_json(201 if request.method == "POST" else 404, {"href": address}, Location=address)

    run = run_of(loaded(tmp_path, paths), handle)
    assert {one.rule for one in errors_of(run)} <= {"operation-untested"}


def test_one_operation_that_takes_too_long_does_not_end_the_run(tmp_path: Path) -> None:
    paths = "".join(
        f"    /{name}: {{get: {{operationId: {name}, responses: {{'200': {{description: ok}}}}}}}}\n" for name in "ab"
    )

    def handle(request: Request) -> Response:
        if request.url.startswith("/a") or silent:
            raise Stalled("no whole response within 10 s (--timeout)")
        return Response(200)

    silent = False
    run = run_of(of_yaml(tmp_path, paths), handle)
    found = errors_of(run)
    assert {(one.rule, one.operation) for one in found} == {("operation-untested", "a")}
    assert {one.operation: one.outcome for one in run.coverage} == {"a": "not-examined", "b": "success"}
    silent = True
    with pytest.raises(TargetError):
        errors_of(run_of(of_yaml(tmp_path, paths), handle))


@pytest.mark.parametrize(
    "shown",
    [
        [{"url": "/v1/notes/%7Bkey%7D"}, {"url": "http://127.0.0.1/v1/notes/q7/", "title": "t"}],
        pytest.param({"_embedded": {"notes": [{"_links": {"self": {"href": "/notes/q7"}}}]}}, marks=pytest.mark.slow),
        {"data": [{"type": "note", "links": {"self": "http://127.0.0.1/notes/q7"}}], "meta": {}},
        {"ID": "n-7", "Path": "/notes/q7"},
    ],
    ids=["Django REST framework", "HAL", "JSON:API", "a path alone"],
)
def test_an_address_shows_a_value(tmp_path: Path, shown: Any) -> None:
    assert _outcomes(tmp_path, ("/notes", "/notes/{key}"), shown, "/notes/q7") == {"success"}


def _outcomes(tmp_path: Path, paths: tuple[str, str], shown: Any, existing: str, **options: Any) -> set[str]:
    """How the operations of a list and of an item end, where the list shows this and there is one item."""
    name = paths[1].partition("{")[2].partition("}")[0]
    contract = of_yaml(
        tmp_path,
        f"""
    {paths[0]}:
      get: {{operationId: list, responses: {{'200': {{description: ok, content: {{application/json: {{}}}}}}}}}}
    {paths[1]}:
      get:
        operationId: read
        parameters: [{{name: {name}, in: path, required: true, schema: {{type: string}}}}]
        responses: {{'200': {{description: ok}}, '404': {{description: none}}}}
""",
    )

    def handle(asked: Request) -> Response:
        return as_json(200, shown) if asked.url == paths[0] else Response(200 if asked.url == existing else 404)

    run = run_of(contract, handle, **options)
    list(run.verdicts())
    return {one.outcome for one in run.coverage}


_PAGED = {
    "Link header": ("", lambda at, more: ({}, {"Link": f'</notes?at={at}>; rel="next"'} if more else {})),
    "URL": ("", lambda at, more: ({"next": f"/notes?at={at}" if more else None}, {})),
    "link object": (
        "after",
        lambda at, more: ({"_links": {"next": {"href": f"/notes?after={at}"}} if more else {}}, {}),
    ),
    "cursor": ("cursor", lambda at, more: ({"nextCursor": f"{at}" if more else None}, {})),
    "offset": ("offset", lambda at, more: ({}, {})),
    "page": ("page", lambda at, more: ({}, {})),
}


@pytest.mark.parametrize("way", _PAGED)
@pytest.mark.parametrize("is_kept", [True, False])
def test_the_further_pages_of_a_list_are_read_before_it_is_blamed(tmp_path: Path, way: str, is_kept: bool) -> None:
    name, more = _PAGED[way]
    parameter = f"parameters: [{{name: {name}, in: query, schema: {{type: string}}}}]," if name else ""
    contract = of_yaml(
        tmp_path,
        f"""
    /notes:
      get: {{operationId: list, {parameter} responses: {{'200': {{description: ok, content: {{application/json: {{schema: {{type: object}}}}}}}}}}}}
      post: {{operationId: add, responses: {{'201': {{description: ok, content: {{application/json: {{schema: {{type: object}}}}}}}}}}}}
    /notes/{{id}}:
      parameters: [{{name: id, in: path, required: true, schema: {{type: integer}}}}]
      get: {{operationId: read, responses: {{'200': {{description: ok}}, '404': {{description: none}}}}}}
""",
    )
    notes, numbers = [{"id": number} for number in range(7)], itertools.count(7)

    def handle(request: Request) -> Response:
        path, _, query = request.url.partition("?")
        if request.method == "POST":
            made = {"id": next(numbers)}
            notes.extend([made] if is_kept else [])
            return as_json(201, made)
        if path != "/notes":
            return as_json(200, {"id": 1})
        text = query.partition("=")[2]
        at = (int(text) if text.isdecimal() else 0) * (3 if way == "page" else 1)
        body, fields = more(at + 3, at + 3 < len(notes))
        return as_json(200, {"items": notes[at : at + 3], **body}, **fields)

    rules = {one.rule for one in errors_of(run_of(contract, handle, budget=45))}
    assert ("law-list-after-create" in rules) is not is_kept, rules


@pytest.mark.parametrize("is_checked", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_names_that_may_be_used_once_hide_no_fault_and_blame_nobody(tmp_path: Path, is_checked: bool) -> None:
    paths = """
    /clubs:
      post:
        operationId: add
        requestBody:
          required: true
          content:
            application/json:
              schema:
                type: object
                required: [name, fee]
                properties: {name: {type: string, pattern: '^[a-z-]{1,30}$'}, fee: {type: integer, minimum: 1, maximum: 9}}
        responses: {'201': {description: made}, '400': {description: no}}
"""
    taken: set[str] = set()

    def handle(request: Request) -> Response:
        try:
            value = json.loads(request.body or b"")
        except ValueError:
            return Response(400)
        name, fee = (value.get("name"), value.get("fee")) if isinstance(value, dict) else (None, None)
        is_valid = isinstance(name, str) and re.fullmatch("[a-z-]{1,30}", name) and type(fee) in (int, float)
        if not is_valid or name in taken or fee % 1 or (is_checked and not 1 <= fee <= 9):
            return Response(400)
        taken.add(name)
        return Response(201)

    for _ in range(2):
        found = {(one.rule, one.at) for one in errors_of(run_of(of_yaml(tmp_path, paths), handle, budget=45))}
        found = {one for one in found if one[0] != "operation-unfinished"}
        assert found == (set() if is_checked else {("invalid-request-accepted", "request.body#/fee")})


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("", set()),
        ("size", {("invalid-request-accepted", "request.query.size")}),
        ("open", {("security-not-enforced", "request.header.X-Key")}),
    ],
)
def test_a_name_that_is_taken_hides_no_parameter_and_no_open_door(
    tmp_path: Path, fault: str, found: set[tuple[str, str]]
) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 30}}}
    size = parameter("size", {"type": "integer", "minimum": 1, "maximum": 9})
    responses = {code: {"description": "a response"} for code in ("201", "400", "401")}
    add = {"operationId": "add", "parameters": [size], "security": [{"key": []}], "responses": responses}
    body = {"required": True, "content": {"application/json": {"schema": schema, "example": {"name": "Herons"}}}}
    schemes = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}
    contract = loaded(tmp_path, {"/teams": {"post": {**add, "requestBody": body}}}, components=schemes)
    taken: set[str] = set()

    def handle(request: Request) -> Response:
        if request.headers.get("x-key") != "K" and fault != "open":
            return Response(401)
        sizes = [text for name, text in parse_query(request.url.partition("?")[2]) if name == "size"]
        if any(not re.fullmatch("[1-9]", text) for text in sizes) and fault != "size":
            return Response(400)
        try:
            name = json.loads(request.body or b"")["name"]
        except (ValueError, TypeError, KeyError):
            return Response(400)
        if request.method != "POST" or not isinstance(name, str) or len(name) > 30 or name in taken:
            return Response(400)
        taken.add(name)
        return Response(201)

    run = run_of(contract, handle, auth="apikey:K", budget=60)
    assert {(one.rule, one.at) for one in errors_of(run)} - {("operation-unfinished", "request")} == found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "found"),
    [("", ""), ("others", ": its name went from"), ("lost", "was created with name"), ("kept", "")],
)
def test_what_is_not_required_is_kept_too_and_other_items_stay_as_they_are(
    tmp_path: Path, fault: str, found: str
) -> None:
    name = {"type": "string"}
    own = {"id": {"type": "integer", "readOnly": True}, "mail": {**name, "format": "email"}, "name": name}
    content = {"application/json": {"schema": {"type": "object", "required": ["mail"], "properties": own}}}
    responses = {code: {"description": "ok", "content": content} for code in ("200", "201")}
    ok = {"responses": responses | {code: {"description": "no"} for code in ("400", "404")}}
    sent = {"requestBody": {"required": True, "content": content}, **ok}
    one = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    item = {"parameters": [one], "get": {"operationId": "read", **ok}, "put": {"operationId": "change", **sent}}
    every = {"/people": {"post": {"operationId": "add", **sent}}, "/people/{id}": item}
    paths = "".join(f"    {path}: {json.dumps(one)}\n" for path, one in every.items())
    people: dict[str, dict[str, Any]] = {}

    def handle(request: Request) -> Response:
        key = request.url.rpartition("/")[2]
        if request.method == "GET":
            return as_json(200, people[key]) if key in people else Response(404)
        try:
            body = json.loads(request.body or b"")
            mail, name = body["mail"], body.get("name", "")
        except (ValueError, TypeError, KeyError, AttributeError):
            return Response(400)
        if not isinstance(mail, str) or not re.fullmatch(r"[^@ ]+@[a-z]+\.com", mail) or not isinstance(name, str):
            return Response(400)
        key = str(len(people) + 1) if request.method == "POST" else key
        if key not in people and request.method == "PUT":
            return Response(404)
        whole = {"id": int(key), "mail": mail, "name": "" if fault == "kept" else name}
        people[key] = {**whole, "name": ""} if fault == "lost" else whole
        for other in people.values() if request.method == "PUT" and fault == "others" else ():
            other |= {"name": "changed"} if other is not people[key] else {}
        return as_json(201 if request.method == "POST" else 200, whole)

    messages = [one.message for one in errors_of(run_of(of_yaml(tmp_path, paths), handle, budget=60))]
    laws = [one for one in messages if "was created with" in one or "went from" in one]
    assert [found in one for one in laws] == [True] * bool(found), laws


@pytest.mark.slow
@pytest.mark.parametrize("is_sound", [True, False])
def test_what_a_put_creates_under_a_name_of_the_client_is_deleted(is_sound: bool, tmp_path: Path) -> None:
    name = [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}]
    named = {
        "parameters": name,
        "put": {"operationId": "put", "responses": {"200": {"description": ""}, "201": {"description": ""}}},
        "get": {"operationId": "read", "responses": {"200": {"description": ""}, "404": {"description": ""}}},
        "delete": {"operationId": "drop", "responses": {"204": {"description": ""}, "404": {"description": ""}}},
    }
    buckets = {"old"}

    def handle(request: Request) -> Response:
        key = request.url.rpartition("/")[2]
        is_known = key in buckets
        if request.method == "PUT":
            buckets.add(key)
            return Response(200 if is_known else 201)
        if request.method == "DELETE" and is_known and is_sound:
            buckets.remove(key)
        return Response(404 if not is_known else 204 if request.method == "DELETE" else 200)

    run = run_of(loaded(tmp_path, {"/buckets/{name}": named}), handle)
    assert {one.rule for one in errors_of(run)} == (set() if is_sound else {"law-read-after-delete"})
    assert not is_sound or buckets <= {"old"}


STORE = """
    /things:
      get: {operationId: list, responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: {type: object}}}}}}}
      post:
        operationId: add
        requestBody:
          required: true
          content:
            application/json:
              schema:
                type: object
                required: [data]
                properties: {data: {type: string, contentEncoding: base64}, kind: {type: string, enum: [a, b]}}
        responses: {'201': {description: made, content: {application/json: {schema: {type: object}}}}, '400': {description: bad}}
    /things/{thingId}:
      parameters: [{name: thingId, in: path, required: true, schema: {type: string}}]
      get: {operationId: read, responses: {'200': {description: ok}, '404': {description: none}}}
      delete: {operationId: drop, responses: {'204': {description: gone}, '404': {description: none}}}
"""


@pytest.mark.slow
@pytest.mark.parametrize("is_sound", [True, False])
def test_what_is_deleted_is_in_no_list_and_base64_stays_base64(is_sound: bool, tmp_path: Path) -> None:
    there: dict[str, Any] = {}
    gone: dict[str, Any] = {}

    def handle(request: Request) -> Response:
        key = request.url.rpartition("/things")[2].strip("/")
        if request.method == "POST" and not key:
            try:
                value = json.loads(request.body or b"")
                base64.b64decode(value["data"], validate=True)
            except (ValueError, TypeError, KeyError):
                return Response(400)
            if not isinstance(value["data"], str) or value.get("kind", "a") not in ("a", "b"):
                return Response(400)
            there[f"t{len(there) + len(gone)}"] = value
            return as_json(201, {"id": list(there)[-1], **value})
        if request.method == "GET" and not key:
            shown = there if is_sound else there | gone
            return as_json(200, [{"id": name, **value} for name, value in shown.items()])
        if request.method not in ("GET", "DELETE") or not key:
            return Response(405)
        if key not in there:
            return Response(404)
        if request.method == "DELETE":
            gone[key] = there.pop(key)
            return Response(204)
        return as_json(200, {"id": key, **there[key]})

    found = {(one.rule, one.operation) for one in errors_of(run_of(of_yaml(tmp_path, STORE), handle))}
    assert found == (set() if is_sound else {("law-read-after-delete", "drop")})


LABELS = """
    /labels/{name}:
      parameters: [{name: name, in: path, required: true, schema: {type: string, pattern: '^[a-z]{1,12}$'}}]
      get:
        operationId: read
        responses: {'200': {description: ok, content: {application/json: {}}}, '404': {description: none}, '400': {description: bad}}
      put:
        operationId: put
        requestBody: {required: true, content: {application/json: {schema: {type: object, required: [colour], properties: {colour: {type: string}}}}}}
        responses: {'200': {description: ok}, '201': {description: made}, '400': {description: bad}}
      delete:
        operationId: drop
        responses: {'204': {description: gone}, '207': {description: of each part}, '404': {description: none}, '400': {description: bad}}
"""


@pytest.mark.parametrize("fault", ["", "says that it is deleted", "says of parts", "lost", "still there"])
def test_what_was_put_can_be_read_and_what_is_deleted_is_gone_or_says_so(fault: str, tmp_path: Path) -> None:
    labels: dict[str, Any] = {}

    def handle(request: Request) -> Response:
        name = request.url.rpartition("/")[2]
        if not re.fullmatch("[a-z]{1,12}", name):
            return Response(400)
        if request.method == "PUT":
            try:
                colour = json.loads(request.body or b"")["colour"]
            except (ValueError, TypeError, KeyError):
                return Response(400)
            if not isinstance(colour, str):
                return Response(400)
            is_new = name not in labels
            labels.update({} if fault == "lost" and is_new else {name: {"colour": colour, "state": "active"}})
            return Response(201 if is_new else 200)
        if name not in labels:
            return Response(404)
        if request.method == "DELETE":
            if fault == "says that it is deleted":
                labels[name]["state"] = "deleted"
            elif not fault:
                del labels[name]
            return Response(207 if fault == "says of parts" else 204)
        return as_json(200, labels[name])

    rules = {one.rule for one in errors_of(run_of(of_yaml(tmp_path, LABELS), handle, budget=60))} - {
        "operation-untested"
    }
    assert rules - {"operation-unfinished"} == {"lost": {"law-update"}, "still there": {"law-read-after-delete"}}.get(
        fault, set()
    )


CART = """
    /cart:
      get: {operationId: read, responses: {'200': {description: ok, content: {application/json: {}}}}}
      post: {operationId: add, responses: {'201': {description: ok}}}
      delete: {operationId: empty, responses: {'204': {description: empty}}}
"""


@pytest.mark.parametrize("is_sound", [True, False])
def test_what_is_deleted_as_a_whole_is_empty(is_sound: bool, tmp_path: Path) -> None:
    cart: list[Any] = []

    def handle(request: Request) -> Response:
        if request.method == "POST":
            cart.append({"line": len(cart)})
        if request.method == "DELETE" and is_sound:
            cart.clear()
        return as_json(200, cart) if request.method == "GET" else Response(201 if request.method == "POST" else 204)

    found = {
        (one.rule, one.operation)
        for one in errors_of(run_of(of_yaml(tmp_path, CART), handle, ignore=("operation-unfinished",), budget=30))
    }
    assert found == (set() if is_sound else {("law-read-after-delete", "empty")})


@pytest.mark.parametrize("shown", [["cpu", "mem"], {"data": ["cpu"]}, {"count": 1, "plugins": ["cpu"]}])
def test_a_list_of_names_shows_values(tmp_path: Path, shown: Any) -> None:
    paths = ("/api/pluginslist", "/api/{plugin}/limits")
    assert _outcomes(tmp_path, paths, shown, "/api/cpu/limits", budget=20) == {"success"}


def test_a_header_field_of_a_response_is_sent_where_it_is_asked_for(tmp_path: Path) -> None:
    contract = of_yaml(
        tmp_path,
        """
    /notes:
      get: {operationId: list, responses: {'200': {description: ok, content: {application/json: {}}}}}
    /notes/{id}:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      get: {operationId: read, responses: {'200': {description: ok}, '404': {description: none}}}
      put:
        operationId: put
        parameters: [{name: X-Session, in: header, required: true, schema: {type: string}}]
        responses: {'200': {description: ok}, '404': {description: none}, '401': {description: no}}
""",
    )

    def handle(asked: Request) -> Response:
        number = asked.url.rpartition("/")[2]
        if asked.url == "/notes":
            return as_json(200, [{"id": 7}, {"id": 8}])
        if number not in ("7", "8"):
            return Response(404)
        if asked.method == "PUT":
            return Response(200 if asked.headers.get("x-session") == "s1" else 401)
        return Response(200, Headers((("X-Session", "s1"),)))

    run = run_of(contract, handle, budget=30)
    list(run.verdicts())
    assert {one.outcome for one in run.coverage} == {"success"}


def test_a_body_names_what_others_created_or_list(tmp_path: Path) -> None:
    contract = of_yaml(
        tmp_path,
        """
    /authors: {post: {operationId: add-author, responses: {'201': {description: ok, content: {application/json: {}}}}}}
    /tags: {get: {operationId: tags, responses: {'200': {description: ok, content: {application/json: {}}}}}}
    /books:
      post:
        operationId: add
        requestBody:
          required: true
          content:
            application/json:
              schema:
                type: object
                required: [author, tag_ids]
                properties: {author: {type: integer}, tag_ids: {type: array, minItems: 1, items: {type: integer}}}
        responses: {'201': {description: ok}, '422': {description: unknown}}
""",
    )

    def handle(asked: Request) -> Response:
        if asked.url == "/tags":
            return as_json(200, [{"id": 31}, {"id": 32}])
        if asked.url == "/authors":
            return as_json(201, {"id": 500})
        return Response(201 if asked.body == b'{"author":500,"tag_ids":[31]}' else 422)

    run = run_of(contract, handle, budget=20)
    list(run.verdicts())
    assert {one.outcome for one in run.coverage} == {"success"}


@pytest.mark.parametrize(
    "fault", ["", pytest.param("lost", marks=pytest.mark.slow), pytest.param("put away", marks=pytest.mark.slow)]
)
def test_a_relative_location_and_what_an_update_puts_away_blame_nobody(fault: str, tmp_path: Path) -> None:
    contract = of_yaml(
        tmp_path,
        """
    /invites:
      post:
        operationId: invite
        requestBody: &body
          required: true
          content:
            application/json:
              schema:
                type: object
                required: [name]
                properties: {name: {type: string}, archived: {type: boolean}}
                example: {name: first, archived: false}
        responses: {'201': {description: ok, content: {application/json: {}}}, '400': {description: no}}
    /invites/{token}:
      parameters: [{name: token, in: path, required: true, schema: {type: string}}]
      get: {operationId: read, responses: {'200': {description: ok, content: {application/json: {}}}, '404': {description: no}}}
      put:
        operationId: change
        requestBody: *body
        responses: {'200': {description: ok, content: {application/json: {}}}, '400': {description: no}, '404': {description: no}}
""",
    )
    invites: dict[str, dict[str, Any]] = {}

    def handle(asked: Request) -> Response:
        key, sent = asked.url.rpartition("/")[2], None
        if asked.method != "GET":
            try:
                sent = json.loads(asked.body or b"")
                assert isinstance(sent["name"], str) and isinstance(sent.get("archived", True), bool)
            except Exception:
                return as_json(400, {})
        if asked.method == "POST":
            key = f"{len(invites):08x}c0de"
            invites[key] = sent if fault != "lost" else {"archived": True}
            return as_json(201, sent, Location=f"invites/{key}")
        if key not in invites or invites[key].get("archived"):
            return as_json(404, {})
        invites[key] = sent or invites[key]
        invites[key] |= {"archived": True} if sent and fault == "put away" else {}
        return as_json(200, invites[key])

    run = run_of(contract, handle, budget=300)
    laws = {one.rule for one in errors_of(run) if one.rule.startswith("law-")}
    assert laws == {"": set(), "lost": {"law-read-after-create"}, "put away": {"law-update"}}[fault]


@pytest.mark.parametrize("waits", ["for a lock", "for what it cannot read", "for what is invalid"])
def test_what_gets_nothing_in_time_is_blamed_where_it_may_not_wait(tmp_path: Path, waits: str) -> None:
    """A lock that is held may be waited for; a name that is long, or none, is no reason to wait while others are served."""
    body = "{type: object, required: [name], properties: {name: {type: string, maxLength: 40}}}"
    request = f"requestBody: {{required: true, content: {{application/json: {{schema: {body}}}}}}}"
    answers = "responses: {'200': {description: ok}, '400': {description: no}}"
    paths = f"    /lock: {{post: {{operationId: lock, {request}, {answers}}}}}\n"
    paths += f"    /free: {{get: {{operationId: free, {answers}}}}}\n"
    served = 0

    def handle(request: Request) -> Response:
        nonlocal served
        sent = json_body(request)
        name = sent.get("name") if isinstance(sent, dict) else None
        is_valid = isinstance(name, str) and len(name) <= 40
        served += request.method == "POST" and is_valid
        stalls = {"for a lock": is_valid and served > 1, "for what it cannot read": is_valid and len(name or "") > 30}
        if request.method == "POST" and stalls.get(waits, not is_valid):
            raise Stalled("no whole response within 10 s (--timeout)")
        return Response(200 if is_valid or request.method == "GET" else 400)

    run = run_of(of_yaml(tmp_path, paths), handle)
    found = {one.rule for one in errors_of(run)} - {"operation-unfinished"}
    assert found == (set() if waits == "for a lock" else {"no-answer"})
    assert any("lock" in note and "not examined" in note for note in run.notes) is (waits == "for a lock")
    assert {one.operation: one.outcome for one in run.coverage} == {"lock": "success", "free": "success"}


def test_a_header_field_that_nobody_can_send_is_no_fault_of_the_service(tmp_path: Path) -> None:
    field = "{name: X Foo, in: header, schema: {type: string}}"
    answers = "responses: {'200': {description: ok}}"
    contract = of_yaml(tmp_path, f"    /a: {{get: {{operationId: a, parameters: [{field}], {answers}}}}}\n")

    def talk(wire: Wire) -> None:
        while wire.read():
            wire.write(ok(b""))

    with raw_server(talk) as server, http(server.url) as send:
        run = run_of(contract, send)
        assert not errors_of(run)
        assert [note for note in run.notes if "X Foo" in note and "not examined" in note]
