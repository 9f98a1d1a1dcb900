"""Services in two versions, one with a fault of a kind and a sound one: children of one parent, `null` in a merge patch, XML, what
is uploaded, and requests that are sent again."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded
from support.laws import broken_laws, run_of

from toolkit.conformance.plan import check_plain, plan
from toolkit.exchange import Headers, Request, Response
from toolkit.validation.validator import Validator
from toolkit.wire.urlencoded import parse_query

ID = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
MISSING = {"404": {"description": ""}}
BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def _content(schema: Any, name: str = "application/json") -> dict[str, Any]:
    return {"description": "", "content": {name: {"schema": schema}}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [one for one in properties if one != "note"], "properties": properties}


def _of(kind: str, **how: Any) -> dict[str, Any]:
    return {"type": kind, **how}


def _response(status: int, value: Any = None, name: str = "application/json") -> Response:
    data = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
    return Response(status, Headers((("Content-Type", name),) if data else ()), data)


def _found(tmp_path: Path, paths: dict[str, Any], handle: Any) -> set[str]:
    """The rules that the plain requests and the laws find broken."""
    return broken_laws(tmp_path, paths, handle, "values that the service")[0]


# --- children of one parent

PROJECT, TASK = _object(id=_of("string"), name=_of("string")), _object(id=_of("string"), title=_of("string"))
PROJECTS = {
    "/projects": {
        "post": {"requestBody": _content(_object(name=_of("string"))), "responses": {"201": _content(PROJECT)}},
        "get": {"responses": {"200": _content(_of("array", items=PROJECT))}},
    },
    "/projects/{id}/tasks": {
        "parameters": ID,
        "post": {
            "requestBody": _content(_object(title=_of("string"))),
            "responses": {"201": _content(TASK), **MISSING},
        },
        "get": {"responses": {"200": _content(_of("array", items=TASK)), **MISSING}},
    },
}


@pytest.mark.parametrize("are_listed", [True, False])  # or else there are others that somebody else made
@pytest.mark.parametrize("is_sound", [True, False])
def test_a_list_below_one_parent_has_no_children_of_another(is_sound: bool, are_listed: bool, tmp_path: Path) -> None:
    projects: dict[str, Any] = {f"p{n}": {"id": f"p{n}", "name": f"Old {n}"} for n in range(2)}
    tasks: list[tuple[str, dict[str, Any]]] = []

    def handle(request: Request) -> Response:
        *_, parent, last = request.url.partition("?")[0].split("/")
        if last == "projects" and request.method == "GET":
            return _response(200, list(projects.values()))
        value = json.loads(request.body or b"{}")
        if last == "projects":
            made = {"id": f"p{len(projects)}", "name": value["name"]}
            return _response(201, projects.setdefault(made["id"], made))
        if parent not in projects:
            return _response(404)
        if request.method == "POST":  # numbers count below each parent
            count = sum(one == parent for one, _ in tasks)
            tasks.append((parent, {"id": f"t{count}", "title": value["title"]}))
            return _response(201, tasks[-1][1])
        return _response(200, [one for owner, one in tasks if owner == parent or not is_sound])

    paths = PROJECTS if are_listed else {**PROJECTS, "/projects": {"get": PROJECTS["/projects"]["get"]}}
    assert _found(tmp_path, paths, handle) == (set() if is_sound else {"law-list-after-create"})


@pytest.mark.parametrize("is_sound", [True, False])
def test_a_list_holds_what_is_created_by_whatever_its_items_are_named(is_sound: bool, tmp_path: Path) -> None:
    """The path takes the code alone, which is not the first property that may be a name."""
    code = _of("string", pattern="^[A-Z]{2,4}$")
    store = _object(name=_of("string", minLength=1), code=code)
    paths = {
        "/stores": {
            "post": {"requestBody": _content(store), "responses": {"201": _content(store)}},
            "get": {"responses": {"200": _content(_of("array", items=store))}},
        },
        "/stores/{store}": {
            "parameters": [{**ID[0], "name": "store", "schema": code}],
            "get": {"responses": {"200": _content(store), **MISSING}},
        },
    }
    stores = {"BER": {"name": "Berlin", "code": "BER"}}

    def handle(request: Request) -> Response:
        *_, key = request.url.split("/")
        if request.method == "POST":
            value = json.loads(request.body or b"{}")
            return _response(201, stores.setdefault(value["code"], value))
        if key == "stores":
            return _response(200, list(stores.values())[: None if is_sound else 1])
        return _response(200, stores[key]) if key in stores else _response(404)

    assert _found(tmp_path, paths, handle) == (set() if is_sound else {"law-list-after-create"})


@pytest.mark.parametrize("is_sound", [True, False])
def test_a_body_names_what_exists_whichever_of_its_strings_are_new(is_sound: bool, tmp_path: Path) -> None:
    """Of a store that does not exist the service says 404, whatever else is wrong with a movement."""
    store = _object(code=_of("string", pattern="^[A-Z]{2,4}$"))
    count = _of("integer", exclusiveMinimum=0, maximum=9)
    move = _object(
        warehouse=_of("string", pattern="^[A-Z]{2,4}$", example="BER"), sku=_of("string", minLength=1), count=count
    )
    shown = {"201": _content(_object(id=_of("string"))), "400": {"description": ""}, **MISSING}
    paths = {
        "/warehouses": {"get": {"responses": {"200": _content(_of("array", items=store))}}},
        "/movements": {"post": {"requestBody": {**_content(move), "required": True}, "responses": shown}},
    }

    def handle(request: Request) -> Response:
        if request.method == "GET":
            return _response(200, [{"code": "BER"}])
        value = json.loads(request.body or b"{}")
        if value["warehouse"] != "BER":
            return _response(404)
        return _response(201, {"id": "m1"}) if value["count"] >= is_sound else _response(400)

    contract = loaded(tmp_path, paths)
    run = run_of(contract, handle)
    subject = run.subjects["POST /movements"]
    list(check_plain(subject, run.journal))
    probe = next(
        one for one in plan(subject) if one.name == "a body with #/count=0 [exclusive minimum] should be refused"
    )
    found = [one.rule for verdict in probe.run(subject, run.journal) for one in verdict.violations]
    assert found == ([] if is_sound else ["invalid-request-accepted"])


# --- what a client names itself, by two keys

BIN = _of("string", pattern="^[A-Z]-[0-9]{1,3}$")
STOCK = _object(quantity=_of("integer", minimum=0, maximum=9), bin=BIN)
SHELF = [
    {"name": name, "in": "path", "required": True, "schema": _of("string", minLength=1)} for name in ("store", "sku")
]


@pytest.mark.parametrize("fault", ["", "the bin is not stored", "its neighbours are deleted too"])
def test_what_a_put_shows_is_stored_and_what_is_deleted_is_one_thing(fault: str, tmp_path: Path) -> None:
    shown = _content({**STOCK, "required": ["quantity"]})
    change = {"requestBody": {**shown, "required": True}, "responses": {"200": shown, "201": shown}}
    one = {
        "get": {"responses": {"200": shown, **MISSING}},
        "delete": {"responses": {"204": {"description": ""}, **MISSING}},
    }
    paths = {"/stores/{store}/stock/{sku}": {"parameters": SHELF, "put": change, **one}}
    stock: dict[str, Any] = {}

    def handle(request: Request) -> Response:
        known, value = request.url in stock, json.loads(request.body or b"{}")
        if request.method == "PUT":
            lost = ("bin",) if fault == "the bin is not stored" else ()
            stock[request.url] = {key: one for key, one in value.items() if key not in lost}
            return _response(200 if known else 201, value)
        if not known:
            return _response(404)
        if request.method == "GET":
            return _response(200, stock[request.url])
        for url in list(stock) if "too" in fault else [request.url]:
            del stock[url]
        return _response(204)

    wanted = {"": set(), "the bin is not stored": {"law-update"}}
    assert _found(tmp_path, paths, handle) == wanted.get(fault, {"law-read-after-delete"})


# --- a merge patch

NOTE = _object(id=_of("string"), title=_of("string"), note=_of(["string", "null"]))


@pytest.mark.parametrize("creates", [True, False])
@pytest.mark.parametrize("is_sound", [True, False])
@pytest.mark.parametrize("name", ["application/merge-patch+json", "application/json"])
def test_null_in_a_merge_patch_takes_the_value_away(name: str, is_sound: bool, creates: bool, tmp_path: Path) -> None:
    """In a body of plain JSON, it may as well mean that nothing is said (RFC 7396, section 1, is about that media type)."""
    new = {key: one for key, one in NOTE["properties"].items() if key != "id"}
    patch = {"requestBody": _content({"type": "object", "properties": new}, name)}
    paths = {
        "/notes": {"post": {"requestBody": _content(_object(**new)), "responses": {"201": _content(NOTE)}}},
        "/notes/{id}": {
            "parameters": ID,
            "get": {"responses": {"200": _content(NOTE), **MISSING}},
            "patch": {**patch, "responses": {"200": _content(NOTE), **MISSING}},
        },
    }
    notes: dict[str, Any] = {"n0": {"id": "n0", "note": None, "title": "a"}}
    if not creates:
        del paths["/notes"]
        paths["/notes/{id}"]["parameters"] = [{**ID[0], "example": "n0"}]

    def handle(request: Request) -> Response:
        value, key = json.loads(request.body or b"{}"), request.url.rpartition("/")[2]
        if request.method == "POST":
            key = f"n{len(notes)}"
            notes[key] = {"id": key, "note": None, **value}
        if key not in notes:
            return _response(404)
        if request.method == "PATCH":
            kept = value if is_sound else {key: one for key, one in value.items() if one is not None}
            notes[key] |= kept
        return _response(201 if request.method == "POST" else 200, notes[key])

    is_blamed = not is_sound and "merge" in name
    assert _found(tmp_path, paths, handle) == ({"law-update"} if is_blamed else set())


# --- other media types

FEED = {
    "xml": {"name": "feed"},
    **_object(id=_of("string"), title=_of("string"), size=_of("integer", minimum=1, maximum=9)),
}
NEW_FEED = {"xml": {"name": "feed"}, **_object(title=_of("string"), size=_of("integer", minimum=1, maximum=9))}


@pytest.mark.parametrize("fault", ["", "the title is not stored", "the update is ignored"])
def test_what_is_sent_in_xml_is_stored(fault: str, tmp_path: Path) -> None:
    sent, shown = _content(NEW_FEED, "application/xml"), _content(FEED, "application/xml")
    paths = {
        "/feeds": {"post": {"requestBody": sent, "responses": {"201": shown}}},
        "/feeds/{id}": {
            "parameters": ID,
            "get": {"responses": {"200": shown, **MISSING}},
            "put": {"requestBody": sent, "responses": {"200": shown, **MISSING}},
        },
    }
    feeds: dict[str, str] = {}

    def handle(request: Request) -> Response:
        text, key = (request.body or b"").decode(), request.url.rpartition("/")[2]
        inner = re.sub(r"<\?.*?\?>|</?feed[^>]*>", "", text).strip()
        key = f"f{len(feeds)}" if request.method == "POST" else key
        if request.method == "POST":
            stored = re.sub("<title>.*</title>|<title */>", "<title>Untitled</title>", inner, flags=re.S)
            feeds[key] = stored if fault == "the title is not stored" else inner
        if key not in feeds:
            return _response(404)
        if request.method == "PUT" and fault != "the update is ignored":
            feeds[key] = inner
        body = f"<feed><id>{key}</id>{inner if request.method != 'GET' else feeds[key]}</feed>".encode()
        return _response(201 if request.method == "POST" else 200, body, "application/xml")

    rule = {"": set(), "the title is not stored": {"law-read-after-create"}, "the update is ignored": {"law-update"}}
    assert _found(tmp_path, paths, handle) == rule[fault]


FILE = _object(id=_of("string"))
PARTS = {"multipart/form-data": {"schema": _object(file=_of("string", format="binary"))}}


@pytest.mark.parametrize("fault", ["", "empty", "cut", "the update is ignored"])
@pytest.mark.parametrize("sent", [PARTS, BYTES])
@pytest.mark.parametrize("download", ["/files/{id}", "/files/{id}/content"])
def test_what_is_uploaded_can_be_downloaded(download: str, sent: Any, fault: str, tmp_path: Path) -> None:
    got = {"description": "", "content": BYTES}
    paths: dict[str, Any] = {
        "/files": {"post": {"requestBody": {"required": True, "content": sent}, "responses": {"201": _content(FILE)}}},
        download: {
            "parameters": ID,
            "get": {"responses": {"200": got, **MISSING}},
            "put": {"requestBody": {"required": True, "content": BYTES}, "responses": {"204": {"description": ""}, **MISSING}},
        },
    }  # fmt: skip
    files: dict[str, bytes] = {}

    def handle(request: Request) -> Response:
        body, key = request.body or b"", request.url.removesuffix("/content").rpartition("/")[2]
        if request.method == "POST":
            found = re.search(rb'name="file".*?\r\n\r\n(.*)\r\n--', body, re.S)
            if sent is PARTS and not found:
                return _response(422)
            data = found[1] if found and sent is PARTS else body
            key = f"f{len(files)}"
            files[key] = {"empty": b"", "cut": data[:-1]}.get(fault, data)
            return _response(201, {"id": key})
        if key not in files:
            return _response(404)
        if request.method == "PUT":
            files[key] = files[key] if fault == "the update is ignored" else body
            return _response(204)
        return Response(200, Headers((("Content-Type", "application/octet-stream"),)), files[key])

    wanted = {"": set(), "the update is ignored": {"law-update"}}.get(fault, {"law-read-after-create"})
    assert _found(tmp_path, paths, handle) == wanted


# --- a request that is sent again

KEY = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}


@pytest.mark.parametrize("fault", ["", "a second payment is made"])
@pytest.mark.parametrize("is_documented", [True, False])
@pytest.mark.parametrize("are_several", [True, False])
def test_a_request_with_the_same_key_creates_nothing_more(
    fault: str, is_documented: bool, are_several: bool, tmp_path: Path
) -> None:
    shown, sent = _object(id=_of("string"), amount=_of("integer")), _object(amount=_of("integer"))
    if are_several:  # and the key is optional
        shown, sent = (_object(payments=_of("array", items=one, minItems=1)) for one in (shown, sent))
    said = {"201": _content(shown), "422": {"description": ""}}
    add: dict[str, Any] = {"requestBody": _content(sent), "responses": said}
    key = {**KEY, "required": not are_several}
    paths = {"/payments": {"post": {**add, "parameters": [key] if is_documented else []}}}
    known: dict[str, tuple[Any, dict[str, Any]]] = {}
    numbers = itertools.count()

    def handle(request: Request) -> Response:
        key, value = request.headers.get("Idempotency-Key") or "", json.loads(request.body or b"{}")
        if is_documented and not are_several and not key:
            return _response(422)
        if key in known and known[key][0] != value:
            return _response(422)
        if key not in known or fault or not is_documented:
            made = [{"id": f"p{next(numbers)}", **one} for one in value.get("payments", [value])]
            known[key] = value, {"payments": made} if are_several else made[0]
        return _response(201, known[key][1])

    assert _found(tmp_path, paths, handle) == ({"law-repeatable"} if fault and is_documented else set())


# --- a request that says something else


@pytest.mark.parametrize("key, status", [("number", 201), ("", 201), ("name", 201), ("number", 200)])
def test_a_creation_does_not_show_what_was_there_already(key: str, status: int, tmp_path: Path) -> None:
    """Where all have one number, or are one by their name, nothing new is made; by a name, what is sent is shown all the same."""
    new, made = _object(name=_of("string"), size=_of("integer")), _object(number=_of("integer"), name=_of("string"))
    said = {"201": _content(made), "200": _content(made)}
    paths = {
        "/rooms": {"post": {"requestBody": _content(new), "responses": said}},
        "/rooms/{number}": {
            "parameters": [{"name": "number", "in": "path", "required": True, "schema": _of("integer")}],
            "get": {"responses": {"200": _content(made), "404": {"description": ""}}},
        },
    }
    rooms: list[Any] = []

    def handle(request: Request) -> Response:
        if request.method == "POST":
            value = {"name": "", **json.loads(request.body or b"{}")}
            if key == "name" and rooms:
                rooms[0] |= value
            elif not key or not rooms:
                rooms.append({"number": len(rooms) + 1, **value})
            return _response(status if len(rooms) == 1 else 201, rooms[-1])
        named = request.url.rpartition("/")[2]
        known = [one for one in rooms if str(one["number"]) == named]
        return _response(200, known[0]) if known else _response(404)

    is_found = key == "number" and status == 201
    assert _found(tmp_path, paths, handle) == ({"law-read-after-create"} if is_found else set())


# --- a creation that does not name what it made


@pytest.mark.parametrize("fault", ["", "a bed is added", "deleted ones stay"])
def test_a_list_tells_what_a_creation_does_not_name(fault: str, tmp_path: Path) -> None:
    new = _object(name=_of("string"), beds=_of("integer"))
    one = _object(number=_of("integer"), name=_of("string"), beds=_of("integer"))
    gone = {"404": {"description": ""}}
    paths = {
        "/rooms": {
            "get": {"responses": {"200": _content(_of("array", items=one))}},
            "post": {"requestBody": {**_content(new), "required": True}, "responses": {"204": {"description": ""}}},
        },
        "/rooms/{number}": {
            "parameters": [{"name": "number", "in": "path", "required": True, "schema": _of("integer")}],
            "get": {"responses": {"200": _content(one), **gone}},
            "delete": {"responses": {"204": {"description": ""}, **gone}},
        },
    }
    rooms = {number: {"number": number, "name": f"Room {number}", "beds": 20} for number in (1, 2)}
    theirs, numbers = dict(rooms), itertools.count(3)

    def handle(request: Request) -> Response:
        named = request.url.rpartition("/")[2]
        number = int(named) if named.isdecimal() else 0
        if request.method == "POST":
            value = {"name": "", "beds": 0, **json.loads(request.body or b"{}")}
            made = {"number": next(numbers), **value}
            made["beds"] += fault == "a bed is added"
            rooms[made["number"]] = made
            return _response(204)
        if named == "rooms":
            return _response(200, list(rooms.values()))
        if number not in rooms:
            return _response(404)
        if request.method == "DELETE":
            rooms.pop(number) if fault != "deleted ones stay" else None
            return _response(204)
        return _response(200, rooms[number])

    wanted = {"": set(), "a bed is added": {"law-read-after-create"}}.get(fault, {"law-read-after-delete"})
    assert _found(tmp_path, paths, handle) == wanted
    assert theirs.items() <= rooms.items()  # what the run did not create stays


# --- what a creation accepts and does not show


@pytest.mark.parametrize("fault", ["", "weeks end at 8", "the note is cut"])
def test_what_a_creation_accepts_is_what_is_read(fault: str, tmp_path: Path) -> None:
    weeks, note = _of("integer", minimum=1, maximum=52), _of("string", minLength=1, maxLength=60)
    new, made = _object(weeks=weeks, text=note), _object(id=_of("string"))
    refused = {code: {"description": ""} for code in ("400", "404", "415")}
    paths = {
        "/permits": {
            "post": {
                "requestBody": {**_content(new), "required": True},
                "responses": {"201": _content(made), **refused},
            }
        },
        "/permits/{id}": {"parameters": ID, "get": {"responses": {"200": _content(new), **refused}}},
    }
    permits: dict[str, Any] = {}
    validator = Validator(loaded(tmp_path, paths))

    def handle(request: Request) -> Response:
        key = request.url.rpartition("/")[2]
        if request.method == "GET":
            return _response(200, permits[key]) if key in permits else Response(404)
        match = validator.contract.match(request)
        if isinstance(match, str) or list(validator.check_request(match, request)):
            return Response(400)
        value, key = json.loads(request.body or b""), f"p{len(permits)}"
        value["weeks"] = min(value["weeks"], 8) if fault == "weeks end at 8" else value["weeks"]
        permits[key] = {**value, "text": value["text"][: 30 if fault == "the note is cut" else None]}
        return _response(201, {"id": key})

    found, _ = broken_laws(tmp_path, paths, handle, "a body with #/")
    assert found == ({"law-read-after-create"} if fault else set())


# --- RPC style, where no path leads to an item

TICKET = _object(TicketId=_of("string"), Subject=_of("string"), Hours=_of("integer"))
OF_ACTIONS = {
    "": set(),
    "Create keeps something else": {"law-read-after-create"},
    "List lacks what is created": {"law-list-after-create"},
    "Update changes nothing": {"law-update"},
    "Update changes all": {"law-update"},
    "Delete deletes nothing": {"law-read-after-delete"},
    "Delete deletes nothing, and Get breaks of what does not exist": {"law-read-after-delete", "server-error"},
}


def _action(name: str, schema: Any, *required: str, more: tuple[str, ...] = (), body_type: str) -> dict[str, Any]:
    kinds = {"Hours": _of("integer", minimum=0, maximum=99)}
    named = [("Action", True, _of("string", enum=[name]))]
    fields = {one: kinds.get(one, _of("string", minLength=1)) for one in (*required, *more)}
    named += [(one, one in required, schema) for one, schema in fields.items() if not body_type]
    parameters = [{"name": one, "in": "query", "required": must, "schema": schema} for one, must, schema in named]
    body = {"type": "object", "required": [*required], "properties": fields}
    asked = {"requestBody": {"required": True, "content": {body_type: {"schema": body}}}} if body_type else {}
    responses = {"200": _content(schema), "404": {"description": ""}}
    return {
        "post" if body_type else "get": {"operationId": name, "parameters": parameters, **asked, "responses": responses}
    }


def _in_paths(actions: dict[str, Any]) -> dict[str, Any]:
    """The same actions with a path for each: `/getTicket` with a query, `/ticket.get` with a body."""
    found: dict[str, Any] = {}
    for (verb, noun), one in ((re.findall("[A-Z][a-z]+", key), value) for key, value in actions.items()):
        [(method, operation)] = one.items()
        path = f"/v1/{noun.lower()}.{verb.lower()}" if method == "post" else f"/v1/{verb.lower()}{noun}"
        own = {**operation, "operationId": f"op{len(found)}", "parameters": operation["parameters"][1:]}
        found[path] = {method if verb in ("Get", "List") else "post": own}
    return found


@pytest.mark.parametrize("has_paths", [False, True])
@pytest.mark.parametrize("body_type", ["", "application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("fault", OF_ACTIONS)
def test_what_actions_create_is_read_listed_changed_and_deleted(
    fault: str, body_type: str, has_paths: bool, tmp_path: Path
) -> None:
    one, listed = _object(Ticket=TICKET), _object(Tickets=_of("array", items=TICKET))
    paths = {
        "/#CreateTicket": _action("CreateTicket", one, "Subject", more=("Hours",), body_type=body_type),
        "/#GetTicket": _action("GetTicket", one, "TicketId", body_type=body_type),
        "/#ListTickets": _action("ListTickets", listed, body_type=body_type),
        "/#UpdateTicket": _action("UpdateTicket", one, "TicketId", more=("Subject", "Hours"), body_type=body_type),
        "/#DeleteTicket": _action("DeleteTicket", {"type": "object"}, "TicketId", body_type=body_type),
    }
    tickets = {"t0": {"TicketId": "t0", "Subject": "Old", "Hours": 1}}
    numbers, deleted = itertools.count(1), set[str]()

    def handle(request: Request) -> Response:
        read = json.loads if body_type == "application/json" else parse_query
        given = dict(parse_query(request.url.partition("?")[2])) | dict(read(request.body) if request.body else {})
        name, key = given.pop("Action", ""), given.get("TicketId", "")
        if not name:
            noun, _, verb = request.url.partition("?")[0].rpartition("/")[2].rpartition(".")
            name = (verb + noun).title().replace("ticket", "Ticket")
        said = {one: int(text) if one == "Hours" else text for one, text in given.items()}
        if name == "ListTickets":
            return _response(
                200, {"Tickets": [*tickets.values()][: 1 if fault == "List lacks what is created" else None]}
            )
        if name == "CreateTicket":
            key = f"t{next(numbers)}"
            made = {"TicketId": key, "Hours": 0, **said}
            tickets[key] = {**made, **({"Subject": "lost"} if fault == "Create keeps something else" else {})}
            return _response(200, {"Ticket": made})
        if key not in tickets:
            return _response(500 if "breaks" in fault else 404)
        if name == "UpdateTicket" and fault != "Update changes nothing":
            for ticket in tickets.values() if fault == "Update changes all" else [tickets[key]]:
                ticket |= {one: value for one, value in said.items() if one != "TicketId"}
        if name == "DeleteTicket":
            deleted.add(key)
            return _response(200, {"Done": tickets.pop(key) if "Delete deletes nothing" not in fault else {}})
        return _response(200, {"Ticket": tickets[key]})

    assert _found(tmp_path, _in_paths(paths) if has_paths else paths, handle) == OF_ACTIONS[fault]
    assert "t0" not in deleted
