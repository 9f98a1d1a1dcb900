"""Items that the run makes where what there is will not do: below a closed parent, under one of a few names, in a state that another
action leads to; and what is made without saying all of it."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.contracts import as_json, loaded, of_json, parameter
from support.laws import broken_laws, run_of

from toolkit.conformance.items import make_item
from toolkit.conformance.laws.state import read_after_create
from toolkit.conformance.other_texts import COUNT
from toolkit.conformance.plan import check_plain
from toolkit.exchange import Headers, Request, Response
from toolkit.structs import replace
from toolkit.validation.validator import Validator

TEXT = {"type": "string", "minLength": 1, "maxLength": 40}
NEW = {"type": "object", "required": ["name"], "properties": {"name": TEXT, "beds": {"type": "integer", "default": 2}}}
ROOM = {"type": "object", "properties": {"id": TEXT, "state": {"enum": ["open", "shut", "sold"]}, **NEW["properties"]}}  # type: ignore[dict-item]
NOTE = {"type": "object", "required": ["text"], "properties": {"text": TEXT}}
VISIT = {"type": "object", "required": ["id"], "properties": {"id": TEXT, **NOTE["properties"]}}  # type: ignore[dict-item]
VISITED = parameter("visit", TEXT, "path", required=True)
PART = {"type": "object", "properties": {"status": {"type": "integer"}, "room": ROOM}}
REFUSED = {code: {"description": ""} for code in ("400", "404", "409")}
OWN, LANGUAGE = (
    parameter(name, schema, "path", required=True)
    for name, schema in (("room", TEXT), ("language", {"enum": ["en", "de", "fr"]}))
)


def _operation(status: str, schema: Any = None, sent: Any = None) -> dict[str, Any]:
    body = {"requestBody": {"required": True, **of_json(sent)}} if sent else {}
    return {**body, "responses": {status: of_json(schema) if schema else {"description": ""}, **REFUSED}}


def _list(schema: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema}


PATHS: dict[str, Any] = {
    "/rooms": {"get": _operation("200", _list(ROOM)), "post": _operation("201", ROOM, NEW)},
    "/rooms/{room}": {"parameters": [OWN], "get": _operation("200", ROOM), "delete": _operation("202")},
    "/rooms/{room}/shut": {"parameters": [OWN], "post": _operation("200", ROOM)},
    "/rooms/{room}/sell": {"parameters": [OWN], "post": _operation("200", ROOM)},
    "/rooms/{room}/notes": {"parameters": [OWN], "get": _operation("200", _list(NOTE)), "post": _operation("201", NOTE, NOTE)},
    "/rooms/batch": {"post": _operation("207", _list(PART), {**_list(NEW), "minItems": 1})},
    "/rooms/{room}/visits": {"parameters": [OWN], "post": _operation("201", VISIT, NOTE)},
    "/visits/{visit}": {"parameters": [VISITED], "get": _operation("200", VISIT), "delete": _operation("204")},
    "/rooms/{room}/labels/{language}": {
        "parameters": [OWN, LANGUAGE],
        "get": _operation("200", NOTE),
        "put": {**_operation("201", NOTE, NOTE), "responses": {**_operation("201", NOTE)["responses"], "200": of_json(NOTE)}},
        "delete": _operation("204"),
    },
}  # fmt: skip


class Rooms:
    """Rooms that are shut once, and sold when they are shut; notes of those that are open, and a text for each language."""

    def __init__(self, folder: Path, fault: str) -> None:
        self.validator, self.fault, self.numbers = Validator(loaded(folder, PATHS)), fault, itertools.count(1)
        self.rooms: dict[str, Any] = {}
        self.gone: list[Any] = []
        self.below: dict[str, Any] = {}

    def __call__(self, request: Request) -> Response:
        request = replace(request, body=request.body or b"")
        match = self.validator.contract.match(request)
        if isinstance(match, str) or list(self.validator.check_request(match, request)):
            return Response(400)
        _, _, key, what, *rest = [*request.url.partition("?")[0].split("/"), "", ""][:6]
        value = json.loads(request.body or b"{}")
        if not key:
            return self._all(request.method, value)
        if key == "batch":
            made = [self._new(one) for one in value]
            if self.fault == "part lost" and len(made) > 1:
                del self.rooms[made[-1]["id"]]
            return as_json(207, [{"status": 201, "room": one} for one in made])
        if request.url.startswith("/visits"):
            visit = self.below.pop(key, None) if request.method == "DELETE" else self.below.get(key)
            return Response(404) if not visit else as_json(200, visit) if request.method == "GET" else Response(204)
        room = self.rooms.get(key)
        if not room:
            return Response(404)
        if not what:
            return self._one(request.method, key)
        if what in ("shut", "sell"):
            return self._act(room, what)
        if what == "labels":
            return self._text(request.method, f"{key} {rest[0]}", value)
        return self._notes(room, request.method, value, what == "visits")

    def _all(self, method: str, value: Any) -> Response:
        if method == "GET":
            return as_json(200, [*self.rooms.values(), *(self.gone if self.fault == "listed when deleted" else [])])
        return as_json(201, self._new(value))

    def _new(self, value: Any) -> Any:
        key = f"r{next(self.numbers)}"
        self.rooms[key] = {"beds": 1 if self.fault == "another default" else 2, **value, "id": key, "state": "open"}
        return self.rooms[key]

    def _one(self, method: str, key: str) -> Response:
        if method == "GET":
            return as_json(200, self.rooms[key])
        if self.fault != "never deleted":
            self.gone.append(self.rooms.pop(key))
        return Response(202)

    def _act(self, room: Any, what: str) -> Response:
        if room["state"] != {"shut": "open", "sell": "shut"}[what]:
            if self.fault == "sold twice" and room["state"] == "sold" and what == "sell":
                return Response(500)
            return Response(409)
        room["state"] = {"shut": "shut", "sell": "sold"}[what]
        return as_json(200, room)

    def _text(self, method: str, key: str, value: Any) -> Response:
        was = self.below.get(key)
        if method == "PUT":
            self.below[key] = value
        elif was is None:
            return Response(404)
        elif method == "DELETE":
            del self.below[key]
            return Response(204)
        return as_json(200 if was else 201, self.below[key])

    def _notes(self, room: Any, method: str, value: Any, is_visit: bool) -> Response:
        notes = self.below.setdefault(room["id"], [])
        if method == "GET":
            return as_json(200, notes)
        if room["state"] != "open":
            return Response(409)
        if is_visit:
            visit = f"v{next(self.numbers)}"
            self.below[visit] = {**value, "id": visit}
            return as_json(201, self.below[visit])
        notes.extend([value] if self.fault != "note lost" else [])
        return as_json(201, value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault, rule",
    [
        ("", ""),
        ("never deleted", ""),
        ("listed when deleted", "law-read-after-delete"),
        ("another default", "law-default"),
        ("sold twice", "server-error"),
        ("note lost", "law-list-after-create"),
        ("part lost", "law-list-after-create"),
    ],
)
def test_what_will_not_do_is_made_anew(fault: str, rule: str, tmp_path: Path) -> None:
    found, notes = broken_laws(tmp_path, PATHS, Rooms(tmp_path, fault), "the same is done")
    assert found == {rule} - {""}
    assert any("so its end is not examined" in note for note in notes) is (fault == "never deleted")


def test_what_is_named_by_one_of_a_few_words_or_made_below_a_closed_parent_is_made_again(tmp_path: Path) -> None:
    run = run_of(loaded(tmp_path, PATHS), Rooms(tmp_path, ""))
    for subject in run.subjects.values():
        list(check_plain(subject, run.journal))
    deleting = run.subjects["DELETE /rooms/{room}/labels/{language}"]
    made = [make_item(deleting, deleting.place) for _ in range(6)]
    assert deleting.obstacle == "" and all(made)
    visiting = run.subjects["DELETE /visits/{visit}"]
    assert visiting.obstacle == "" and make_item(visiting, visiting.place)
    assert all(one and other and one.path != other.path for one, other in itertools.pairwise(made))


def test_two_places_that_make_the_parents_of_each_other_are_asked_once(tmp_path: Path) -> None:
    made = {"201": of_json(ROOM), "409": {"description": ""}}
    paths = {
        f"/{one}/{{{one}}}/{two}": {
            "parameters": [parameter(one, TEXT, "path", required=True)],
            "post": {"responses": made},
        }
        for one, two in ("ab", "ba")
    }
    run = run_of(loaded(tmp_path, paths), lambda request: Response(409))
    subject, other = run.subjects.values()
    subject.obstacle = other.obstacle = ""
    subject.pool.makers |= {"/a/{}": other.operation.name, "/b/{}": subject.operation.name}
    assert make_item(subject, "/b/{}") is None
    assert subject.pool.making == []


DATA, RANGE = b"0123456789", "bytes 2-5/10"
FIELDS = {"Content-Range": {"required": True, "schema": {"type": "string"}}}
PART_OF = {"content": {"application/octet-stream": {}}, "description": "", "headers": FIELDS}


@pytest.mark.parametrize(
    "headers, data, rules",
    [
        ((("Content-Range", RANGE),), DATA[2:6], set()),
        ((("Content-Range", RANGE), ("Content-Encoding", "identity")), DATA[2:5], set()),
        ((("Content-Range", RANGE),), DATA[2:5], {"header-invalid"}),
        ((), DATA[2:6], {"header-missing"}),
    ],
)
def test_a_part_is_as_long_as_it_says_and_a_live_response_lacks_what_it_has_not(
    headers: Any, data: bytes, rules: set[str], tmp_path: Path
) -> None:
    fields = (*headers, *((("Content-Type", "application/octet-stream"),) if headers else ()))
    paths = {"/file": {"get": {"responses": {"206": PART_OF}}}}
    assert broken_laws(tmp_path, paths, lambda _: Response(206, Headers(fields), data))[0] == rules


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["", "lost"])
def test_what_a_body_names_by_the_parameters_of_its_path_is_there_and_made_anew_where_it_is_taken(
    fault: str, tmp_path: Path
) -> None:
    isbn = {"type": "string", "pattern": "^97[0-9]{8}$"}
    places = [
        parameter(name, one, "path", required=True) for name, one in (("isbn", isbn), ("copyNo", {"type": "integer"}))
    ]
    named = {"isbn": isbn, "copyNo": {"type": "integer"}}
    copy = {"type": "object", "required": ["isbn", "copyNo"], "properties": named}
    loan = {"type": "object", "properties": {"id": TEXT, **named}}
    paths = {
        "/books": {"post": _operation("201", {"type": "object", "properties": {"isbn": isbn}}, NOTE)},
        "/books/{isbn}": {"parameters": places[:1], "get": _operation("200", {"type": "object"})},
        "/books/{isbn}/copies": {"parameters": places[:1], "post": _operation("201", copy)},
        "/books/{isbn}/copies/{copyNo}": {"parameters": places, "get": _operation("200", copy)},
        "/loans": {"post": _operation("201", loan, copy)},
        "/loans/{id}": {"parameters": [parameter("id", TEXT, "path", required=True)], "get": _operation("200", loan)},
    }
    books, loans = dict[str, list[dict[str, Any]]](), list[dict[str, Any]]()

    def handle(request: Request) -> Response:
        _, *at = request.url.split("/")
        sent = json.loads(request.body or b"null")
        if at == ["books"]:
            books[key := f"97{len(books):08}"] = []
            return as_json(201, {"isbn": key, **sent})
        if at == ["loans"]:
            if sent not in books.get(sent["isbn"], []):
                return Response(404)
            if sent in loans:
                return Response(409)
            loans.append(sent)
            return as_json(201, {"id": f"L{len(loans)}", **sent})
        if at[0] == "loans":
            return (
                as_json(200, {"id": at[1], **loans[int(at[1][1:]) - 1]})
                if not fault and at[1][1:].isdecimal()
                else Response(404)
            )
        if len(at) == 3 and at[1] in books:
            books[at[1]].append({"isbn": at[1], "copyNo": len(books[at[1]]) + 1})
            return as_json(201, books[at[1]][-1])
        found = [one for one in books.get(at[1], []) if str(one["copyNo"]) == at[-1]]
        return as_json(200, found[0] if found else {}) if at[1] in books and len(at) in (2, 4) else Response(404)

    run = run_of(loaded(tmp_path, paths), handle)
    for subject in (*run.subjects.values(), run.subjects["POST /loans"]):
        subject.obstacle = None
        list(check_plain(subject, run.journal))
    found = [one.violation.rule for one in read_after_create(run.subjects["POST /loans"])]
    assert found == (["law-read-after-create"] if fault else [])
    assert len(loans) > 1


def test_what_nothing_has_made_is_deleted_by_a_name_that_conforms(tmp_path: Path) -> None:
    key, asked = parameter("key", {"type": "string", "pattern": "^k_[a-z0-9]{14}$"}, "path", required=True), list[str]()
    run = run_of(
        loaded(tmp_path, {"/keys/{key}": {"parameters": [key], "delete": _operation("204")}}),
        lambda request: asked.append(request.url) or Response(404),  # type: ignore[func-returns-value]
    )
    list(check_plain(next(iter(run.subjects.values())), run.journal))
    assert asked and all(re.fullmatch("/keys/k_[a-z0-9]{14}", one) for one in asked)


def test_what_another_operation_has_taken_away_is_made_anew_for_what_changes_it(tmp_path: Path) -> None:
    key, rooms = [parameter("room", TEXT, "path", required=True)], dict[str, Any]()
    paths = {
        "/rooms": {"post": _operation("201", ROOM, NEW)},
        "/rooms/empty": {"post": _operation("202")},
        "/rooms/{room}": {"parameters": key, "get": _operation("200", ROOM), "patch": _operation("200", ROOM, NEW)},
    }

    def handle(request: Request) -> Response:
        name, sent = request.url.rpartition("/")[2], json.loads(request.body or b"{}")
        if name == "empty":
            rooms.clear()
            return Response(202)
        if request.method == "POST":
            name = f"r{next(COUNT)}"
            rooms[name] = {"id": name}
        if name not in rooms:
            return Response(404)
        rooms[name] |= sent
        return as_json(201 if request.method == "POST" else 200, rooms[name])

    run = run_of(loaded(tmp_path, paths), handle)
    for subject in run.subjects.values():
        list(check_plain(subject, run.journal))
    assert run.subjects["PATCH /rooms/{room}"].obstacle == ""


@pytest.mark.parametrize("others", [0, 1])
def test_what_the_response_shows_within_the_parent_was_made_below_it(others: int, tmp_path: Path) -> None:
    """Where the order has one line, that is it; of several, some may be those of others."""
    line = {"type": "object", "properties": {"id": {"type": "integer"}, **NOTE["properties"]}}  # type: ignore[dict-item]
    order = {"type": "object", "properties": {"id": TEXT, "total": {"type": "integer"}, "lines": _list(line)}}
    of, at = (parameter(name, TEXT, "path", required=True) for name in ("order", "line"))
    paths = {
        "/orders": {"post": _operation("201", order, NOTE)},
        "/orders/{order}": {"parameters": [of], "get": _operation("200", order)},
        "/orders/{order}/lines": {"parameters": [of], "post": _operation("201", order, NOTE)},
        "/orders/{order}/lines/{line}": {"parameters": [of, at], "delete": _operation("204")},
    }
    orders, deleted, numbers = dict[str, Any](), list[int](), itertools.count(70)

    def handle(request: Request) -> Response:
        _, _, key, _, number = [*request.url.split("/"), *[""] * 3][:5]
        lines = orders.get(key, {}).get("lines", [])
        if request.method == "DELETE":
            found = [one for one in lines if str(one["id"]) == number]
            deleted.extend(one["id"] for one in found)
            orders[key]["lines"] = [one for one in lines if one not in found] if found else lines
            return Response(204 if found else 404)
        if request.method == "POST" and not key:
            key = f"o{len(orders)}"
            orders[key] = {"id": key, "total": 0, "lines": [{"id": next(numbers)} for _ in range(others)]}
        elif request.method == "POST":
            lines.append({"id": next(numbers), **json.loads(request.body or b"{}")})
        return as_json(200 if request.method == "GET" else 201, orders[key]) if key in orders else Response(404)

    broken_laws(tmp_path, paths, handle)
    assert bool(deleted) is not bool(others)
