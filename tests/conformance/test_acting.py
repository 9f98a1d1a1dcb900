"""What is done to an item, what is refused, and what a service shows only some time after its response."""

from __future__ import annotations

import itertools
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from support.contracts import as_json, loaded, of_json
from support.laws import broken_laws, errors_of, run_of

from toolkit.conformance import subject
from toolkit.contract.flow import kind, path_action
from toolkit.exchange import Request, Response
from toolkit.structs import replace

TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 40}
NEW = {
    "type": "object",
    "required": ["title", "hours"],
    "properties": {"title": TEXT, "hours": {"type": "integer", "maximum": 90}},
}
INVOICE = {
    "type": "object",
    "required": ["id", "title", "hours", "status"],
    "properties": {
        "id": TEXT,
        **NEW["properties"],
        "status": {"enum": ["draft", "sent", "due"]},
        "lines": {"type": "array"},
    },  # type: ignore[dict-item]
}


REFUSED = {code: {"description": ""} for code in ("400", "404", "409", "412")}
TAG = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
PATHS = {
    "/invoices": {
        "post": {
            "operationId": "add",
            "requestBody": of_json(NEW),
            "responses": {"201": of_json(INVOICE), **REFUSED},
        },
        "get": {"operationId": "list", "responses": {"200": of_json({"type": "array", "items": INVOICE})}},
    },
    "/invoices/{id}": {
        "parameters": [ID],
        "get": {"operationId": "read", "responses": {"200": of_json(INVOICE), **REFUSED}},
        "put": {
            "operationId": "change",
            "parameters": [TAG],
            "requestBody": of_json(NEW),
            "responses": {"200": of_json(INVOICE), **REFUSED},
        },
    },
    "/invoices/{id}/send": {
        "parameters": [ID],
        "post": {"operationId": "send", "responses": {"200": of_json(INVOICE), **REFUSED}},
    },
}


class Invoices:
    """Invoices that can be changed until they are sent; with a fault. `late` requests after the one that made it, one is shown."""

    def __init__(self, fault: str = "", late: int = 0) -> None:
        self.fault, self.late, self.numbers, self.count = fault, late, itertools.count(1), 0
        self.known: dict[str, dict[str, Any]] = {}
        self.made: dict[str, int] = {}

    def __call__(self, request: Request) -> Response:
        self.count += 1
        _, _, key, action = [*request.url.split("/"), "", ""][:4]
        value = json.loads(request.body or b"{}")
        if not key and request.method == "GET":
            return self._respond(200, [one for one in self.known.values() if self._is_shown(one["id"])])
        if request.method == "POST" and not key:
            if not self._is_valid(value):
                return Response(400)
            key = f"i{next(self.numbers)}"
            self.made[key], self.known[key] = self.count, {"id": key, **value, "status": "draft", "lines": [1]}
            return self._respond(201, self.known[key])
        if key not in self.known or not self._is_shown(key):
            return Response(404)
        if request.method == "GET":
            return self._read(key)
        return self._send(key) if action else self._change(key, value, request)

    def _send(self, key: str) -> Response:
        one = self.known[key]
        if one["status"] != "draft":
            one["status"] = "draft" if self.fault == "a refusal resets" else one["status"]
            return Response(409)
        made = {**one, "status": "sent"}
        one["status"] = {"send is not stored": "draft", "it goes on": "due"}.get(self.fault, "sent")
        one["lines"] = [] if self.fault == "send empties" else one["lines"]
        for other in self.known.values() if self.fault == "send sends all" else ():
            other["status"] = "sent"
        return self._respond(200, made)

    def _read(self, key: str) -> Response:
        if self.fault == "reading lacks the title":
            return as_json(200, {name: one for name, one in self.known[key].items() if name != "title"})
        return as_json(200, self.known[key], ETag='"old"' if self.fault == "another tag" else _tag(self.known[key]))

    def _change(self, key: str, value: dict[str, Any], request: Request) -> Response:
        one = self.known[key]
        status = 400 if not self._is_valid(value) else 409 if one["status"] != "draft" else 200
        status = 412 if request.headers.get("if-match") not in (None, _tag(one)) else status
        if status == 200 or self.fault == f"{status} writes":
            said = {name: inner for name, inner in value.items() if isinstance(inner, str | int)}
            self.known[key] = {**one, **said}
        return self._respond(200, self.known[key]) if status == 200 else Response(status)

    def _is_valid(self, value: dict[str, Any]) -> bool:
        return isinstance(value.get("title"), str) and isinstance(value.get("hours"), int)

    def _is_shown(self, key: str) -> bool:
        return self.count > self.made[key] + self.late

    def _respond(self, status: int, value: Any) -> Response:
        return as_json(status, value, ETag=_tag(value))


def _tag(value: Any) -> str:
    return f'"{zlib.crc32(json.dumps(value).encode())}"'


def _found(tmp_path: Path, handle: Any, paths: Any = PATHS) -> tuple[set[str], list[str]]:
    """The rules that the laws find broken, and the notes."""
    return broken_laws(tmp_path, paths, handle, "the same is done again")


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        "send is not stored",
        "send empties",
        "send sends all",
        "a refusal resets",
        "400 writes",
        "409 writes",
        "412 writes",
    ],
)
def test_what_an_action_says_is_so_and_what_is_refused_is_not_done(fault: str, tmp_path: Path) -> None:
    assert _found(tmp_path, Invoices(fault))[0] == {"law-update"}


@pytest.mark.parametrize("fault", ["", "another tag"])
def test_a_write_with_the_entity_tag_that_is_shown_is_not_refused(fault: str, tmp_path: Path) -> None:
    found = _found(tmp_path, Invoices(fault))[0]
    assert "law-precondition" in found if fault else found == set()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["", "another tag"])
def test_where_each_plain_request_lacks_the_entity_tag_the_laws_left_out_are_named(fault: str, tmp_path: Path) -> None:
    invoices, change = Invoices(fault), PATHS["/invoices/{id}"]["put"]
    item = {**PATHS["/invoices/{id}"], "put": {**change, "parameters": [{**TAG, "required": True}]}}

    def handle(request: Request) -> Response:
        if request.headers.get("if-match") == "*":
            request = replace(request, headers=request.headers.replaced("If-Match", None))
        try:
            return invoices(request)
        except (ValueError, AttributeError):
            return Response(400)

    paths = {"/invoices": {"post": PATHS["/invoices"]["post"]}, "/invoices/{id}": item}
    found = errors_of(run_of(loaded(tmp_path, paths), handle))
    expected = {"law-precondition", "operation-unfinished"}
    rules = {one.rule for one in found if one.operation == "change"}
    assert rules & expected == (expected if fault else set())


@pytest.mark.parametrize("fault", ["", "reading lacks the title"])
def test_what_is_created_below_a_parent_and_stands_by_itself_is_read(fault: str, tmp_path: Path) -> None:
    shop = {"name": "shop", "in": "path", "required": True, "schema": {"type": "string"}}
    invoices, optional = Invoices(fault), {**INVOICE, "required": ["id"]}
    sent = {"operationId": "add", "parameters": [shop], "requestBody": of_json(NEW)}
    made = {"post": {**sent, "responses": {"201": of_json(INVOICE), **REFUSED}}}
    key = {**ID, "name": "invoiceId"}
    read = {"get": {"operationId": "read", "parameters": [key], "responses": {"200": of_json(optional), **REFUSED}}}

    def handle(request: Request) -> Response:
        return invoices(replace(request, url="/invoices/" + request.url.partition("invoices")[2].strip("/")))

    found = broken_laws(tmp_path, {"/shops/{shop}/invoices": made, "/invoices/{invoiceId}": read}, handle)[0]
    assert found == ({"law-read-after-create"} if fault else set())


@pytest.mark.parametrize("fault", ["", "it goes on"])
def test_an_item_may_go_on_from_the_state_that_the_response_says(fault: str, tmp_path: Path) -> None:
    assert _found(tmp_path, Invoices(fault))[0] == set()


def test_an_action_promises_nothing_of_an_item_that_the_contract_shows_otherwise(tmp_path: Path) -> None:
    other = {"type": "object", "properties": {"status": {"type": "string"}}}
    sends = {"operationId": "send", "responses": {"200": of_json(other), **REFUSED}}
    paths = {**PATHS, "/invoices/{id}/send": {"parameters": [ID], "post": sends}}
    assert _found(tmp_path, Invoices("send is not stored"), paths)[0] == set()


@pytest.mark.parametrize("late, is_blamed", [(0, False), (2, False), (10**6, True)])
def test_what_is_shown_some_requests_later_is_a_note(
    late: int, is_blamed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "WAITS", [0.0] * 3)
    paths = {"/invoices": PATHS["/invoices"]}
    rules, notes = _found(tmp_path, Invoices(late=late), paths)
    assert rules == ({"law-list-after-create"} if is_blamed else set())
    assert any("some time after its response" in note for note in notes) is (late == 2)


@pytest.mark.parametrize(
    "key, words, what",
    [
        ("POST /getTicket", "get ticket", "read"),
        ("POST /v1/ticket.list", "list ticket", "read"),
        ("POST /tickets.escalate", "escalate tickets", "update"),
        ("GET /list_tickets", "list tickets", "read"),
        ("POST /delete-ticket", "delete ticket", "delete"),
        ("POST /import-jobs", "", "create"),
        ("POST /checkIns", "", "create"),
        ("POST /upload.json", "", "create"),
        ("GET /closeFriends", "", "read"),
        ("POST /tickets/{id}/sendMail", "", "update"),
        ("POST /cancel", "", "create"),
        ("POST /tickets/search", "", "read"),
        ("POST /tickets:search", "", "read"),
        ("POST /tickets/{id}/find", "", "read"),
        ("POST /searches", "", "create"),
    ],
)
def test_an_action_stands_at_the_end_of_a_path(key: str, words: str, what: str, tmp_path: Path) -> None:
    method, path = key.split()
    operation = next(
        loaded(tmp_path, {path: {method.lower(): {"responses": {"200": {"description": ""}}}}}).operations()
    )
    assert (" ".join(path_action(operation)), kind(operation)) == (words, what)


@pytest.mark.parametrize("fault", ["", "nothing", "all"])
def test_what_the_body_of_a_deletion_names_is_gone_and_that_alone(fault: str, tmp_path: Path) -> None:
    thing = {"type": "object", "required": ["id", "name"], "properties": {"id": {"type": "integer"}, "name": TEXT}}
    new = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
    ids = {
        "type": "object",
        "required": ["ids"],
        "properties": {"ids": {"type": "array", "minItems": 1, "items": {"type": "integer"}}},
    }
    missing = {"404": {"description": ""}}
    number = {**ID, "schema": {"type": "integer"}}
    paths = {
        "/things": {"post": {"requestBody": of_json(new), "responses": {"201": of_json(thing)}}},
        "/things/{id}": {"parameters": [number], "get": {"responses": {"200": of_json(thing), **missing}}},
        "/things/bulk-delete": {
            "post": {"requestBody": of_json(ids), "responses": {"200": {"description": ""}, **missing}}
        },
    }
    known: dict[str, Any] = {}
    numbers = itertools.count(100)

    def handle(request: Request) -> Response:
        value, key = json.loads(request.body or b"{}"), request.url.rpartition("/")[2]
        if key == "bulk-delete":
            named = [str(one) for one in value["ids"]]
            if not known.keys() >= {*named}:
                return Response(404)
            for one in {"nothing": [], "all": list(known)}.get(fault, named):
                del known[one]
            return Response(200)
        if request.method == "POST":
            key = str(next(numbers))
            known[key] = {"id": int(key), **value}
        status = 404 if key not in known else 201 if request.method == "POST" else 200
        return as_json(status, known.get(key))

    assert _found(tmp_path, handle, paths)[0] == ({"law-read-after-delete"} if fault else set())


@pytest.mark.slow
@pytest.mark.parametrize("named", ["code", "id"])
@pytest.mark.parametrize("is_sound", [True, False])
def test_what_a_refused_creation_names_is_not_made(named: str, is_sound: bool, tmp_path: Path) -> None:
    part = {"type": "object", "required": [named, "title"], "properties": {"id": TEXT, "code": TEXT, "title": TEXT}}
    add = {
        **_operation("add", "201", part),
        "requestBody": of_json({**part, "properties": {named: TEXT, "title": TEXT}}),
    }
    paths = {
        "/parts": {"post": add, "get": _operation("list", "200", {"type": "array", "items": part})},
        "/parts/{id}": {"parameters": [ID], "get": _operation("read", "200", part)},
    }
    parts: list[dict[str, Any]] = []

    def handle(request: Request) -> Response:
        if request.method == "POST":
            sent = json.loads(request.body or b"{}")
            new, known = {"id": f"p{len(parts)}", **sent}, [one for one in parts if one[named] == sent[named]]
            if not known or not is_sound:
                (known[0].update(sent) if known and named == "id" else parts.append(new))
            return Response(409) if known else as_json(201, new)
        found = [one for one in parts if request.url == f"/parts/{one['id']}"]
        return as_json(200, parts) if request.url == "/parts" else as_json(200, found[0]) if found else Response(404)

    rule = {"code": "law-list-after-create", "id": "law-update"}[named]
    assert broken_laws(tmp_path, paths, handle)[0] == (set() if is_sound else {rule})


def _operation(name: str, status: str, schema: Any) -> dict[str, Any]:
    return {"operationId": name, "responses": {status: of_json(schema), **REFUSED}}


WORDS = {"type": "string", "minLength": 1, "maxLength": 30}
NUMBER = {"type": "integer", "minimum": 1, "maximum": 99}
TALK = {"seats": NUMBER, "title": WORDS, "place": WORDS}
SHOWN = {"id": TEXT, **TALK, "level": NUMBER, "free": {"type": "integer"}, "state": TEXT, "created_at": TEXT}
STORED = {"type": "object", "required": ["id", "state"], "properties": SHOWN}
TALKS = {
    "/talks": {
        "post": {
            **_operation("add", "201", STORED),
            "requestBody": of_json({"type": "object", "required": ["title", "place"], "properties": TALK}),
        }
    },
    "/talks/{id}": {
        "parameters": [ID],
        "get": _operation("read", "200", STORED),
        "patch": {
            **_operation("change", "200", STORED),
            "requestBody": of_json({"type": "object", "properties": TALK}),
        },
    },
    "/talks/{id}/level": {
        "parameters": [ID],
        "put": {
            **_operation("raise", "200", STORED),
            "requestBody": of_json({"type": "object", "required": ["level"], "properties": {"level": NUMBER}}),
        },
    },
    **{
        f"/talks/{{id}}/{name}": {"parameters": [ID], "post": _operation(name, "200", STORED)}
        for name in ("hold", "cancel")
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["", "created again", "levels add", "409 cancels", "409 renames"])
def test_what_a_service_computes_may_follow_and_nothing_else(fault: str, tmp_path: Path) -> None:
    """The free seats follow from all seats; two talks have not the same place, and what was held is not cancelled."""
    talks: dict[str, dict[str, Any]] = {}
    moments = (f"2026-01-01T00:00:00.{number:06}Z" for number in itertools.count())

    def handle(request: Request) -> Response:
        _, _, key, action = [*request.url.split("/"), "", ""][:4]
        said = json.loads(request.body or b"{}")
        talk = talks.get(key)
        if (key and talk is None) or request.method == "GET":
            return as_json(200, talk) if talk else Response(404)
        if any(not isinstance(one, str | int) for one in said.values()):
            return Response(400)
        if talk is None:
            talk = {"id": f"t{len(talks)}", "seats": 9, "level": 1, "state": "open", "created_at": next(moments)}
        taken = any(one["place"] == said.get("place") for one in talks.values() if one is not talk)
        if taken or (action in ("hold", "cancel") and talk["state"] != "open"):
            talk |= {"title": said["title"]} if fault == "409 renames" and "title" in talk and "title" in said else {}
            talk["state"] = "cancelled" if fault == "409 cancels" and action == "cancel" else talk["state"]
            return Response(409)
        said |= {"level": said["level"] + talk["level"]} if fault == "levels add" and action == "level" else {}
        talk.update(said, state={"hold": "held", "cancel": "cancelled"}.get(action, talk["state"]))
        talk |= {"created_at": next(moments)} if fault == "created again" and request.method == "PATCH" else {}
        talks[talk["id"]] = talk if fault else {**talk, "free": talk["seats"] - 1}
        return as_json(200 if key else 201, talks[talk["id"]])

    assert _found(tmp_path, handle, TALKS)[0] == ({"law-update"} if fault else set())
