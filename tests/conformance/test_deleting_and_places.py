"""What is accepted and comes later, what refuses for now, what stands below what, pages by number alone, and entity tags."""

from __future__ import annotations

import itertools
import json
import re
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from support.contracts import as_json, loaded, of_json
from support.laws import broken_laws, run_of, violations_of

from toolkit.conformance.other_texts import is_uuid
from toolkit.contract.model import Match
from toolkit.exchange import Headers, Request, Response
from toolkit.rules import Severity
from toolkit.validation.validator import Validator

TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 40}
NEW = {
    "type": "object",
    "required": ["label"],
    "properties": {"label": TEXT, "tags": {"type": "array", "items": TEXT}},
}
HOUSE = {"type": "object", "required": ["id"], "properties": {"id": TEXT, **NEW["properties"], "state": TEXT}}  # type: ignore[dict-item]
ROOM = {"type": "object", "required": ["id"], "properties": {"id": TEXT, "house_id": TEXT, "label": TEXT}}


def _answers(status: str, schema: Any) -> dict[str, Any]:
    return {status: of_json(schema), **{code: {"description": ""} for code in ("304", "404", "409")}}


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


PAGE = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}}
NEW_ROOM = {"type": "object", "required": ["label"], "properties": {"label": TEXT}}
PATHS: dict[str, Any] = {
    "/houses": {
        "get": {"parameters": [PAGE], "responses": _answers("200", {"type": "array", "items": HOUSE})},
        "post": {"requestBody": of_json(NEW), "responses": _answers("202", HOUSE)},
    },
    "/houses/{house_id}": {
        "parameters": [_named("house_id")],
        "get": {"responses": _answers("200", HOUSE)},
        "put": {"requestBody": of_json(NEW), "responses": _answers("200", HOUSE)},
        "delete": {"responses": _answers("200", HOUSE)},
    },
    "/houses/{house_id}/close": {
        "parameters": [_named("house_id")],
        "post": {"responses": _answers("200", HOUSE)},
    },
    "/houses/{house_id}/rooms": {
        "parameters": [_named("house_id")],
        "post": {"requestBody": of_json(NEW_ROOM), "responses": _answers("201", ROOM)},
    },
    "/houses/{house_id}/rooms/{id}": {
        "parameters": [_named("house_id"), _named("id")],
        "get": {"responses": _answers("200", ROOM)},
    },
}


class Houses:
    """Houses that are there two requests after they were accepted, and refuse to be deleted once; with a fault."""

    def __init__(self, fault: str) -> None:
        self.fault, self.count, self.numbers = fault, 0, itertools.count(1)
        self.houses: dict[str, dict[str, Any]] = {}
        self.rooms: dict[str, dict[str, Any]] = {}
        self.made: dict[str, int] = {}
        self.refused: set[str] = set()
        for number in range(7):
            self._add({"label": f"there{number}"})

    def __call__(self, request: Request) -> Response:
        self.count += 1
        path, _, query = request.url.partition("?")
        _, _, key, what, room = [*path.split("/"), "", "", ""][:5]
        value = json.loads(request.body or b"{}")
        if not key:
            return self._add(value) if request.method == "POST" else self._list(query)
        if key not in self.houses or self.count <= self.made[key] + 1:
            return Response(404)
        if what == "rooms":
            return self._room(key, room, value, request)
        return self._close(key) if what else self._one(key, value, request)

    def _add(self, value: dict[str, Any]) -> Response:
        key = f"h{next(self.numbers)}"
        made = {"id": key, "tags": [], **value, "state": "open"}
        if "comes" in self.fault:
            made |= {"tags": made["tags"][:1], "state": "queued" if self.fault == "the second comes later" else "open"}
        self.made[key], self.houses[key] = self.count, made
        return as_json(202, {"id": key})

    def _list(self, query: str) -> Response:
        page = int(query.partition("page=")[2] or 1)
        start = (page - 1) * 3 - (self.fault == "a page begins early" and page > 1)
        return as_json(200, [*self.houses.values()][start : start + 3])

    def _one(self, key: str, value: dict[str, Any], request: Request) -> Response:
        one = self.houses[key]
        tag = '"1"' if self.fault == "the tag stays" else f'"{zlib.crc32(json.dumps(one).encode())}"'
        known = request.headers.get("if-none-match") if request.method == "GET" else None
        if known and (known == tag or self.fault == "every tag matches"):
            return Response(304, Headers((("ETag", tag),)))
        if request.method == "DELETE":
            if key not in self.refused:
                self.refused.add(key)
                return Response(409)
            if self.fault != "the deletion does nothing":
                del self.houses[key]
        if request.method == "PUT":
            self.houses[key] = one = {**one, "tags": [], **value}
            if self.fault == "the second is lost":
                self.houses[key] = {**one, "tags": one["tags"][:1] + one["tags"][2:]}
        return as_json(200, one, ETag=tag)

    def _close(self, key: str) -> Response:
        made = {**self.houses[key], "state": "closed"}
        self.houses[key] = self.houses[key] if self.fault == "closing is not stored" else made
        return as_json(200, made)

    def _room(self, key: str, room: str, value: dict[str, Any], request: Request) -> Response:
        if request.method == "POST":
            room, of = f"r{next(self.numbers)}", [one for one in self.houses if one != key]
            stored = of[-1] if of and self.fault == "another parent" else key
            self.rooms[room] = {"id": room, "house_id": stored, **value}
        one = self.rooms.get(room, {})
        is_below = one.get("house_id") == key or self.fault in ("another parent", "any parent", "any parent, unsaid")
        shown = {name: own for name, own in one.items() if name != "house_id" or "unsaid" not in self.fault}
        return as_json(201 if request.method == "POST" else 200, shown) if one and is_below else Response(404)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault, rules",
    [
        ("", set()),
        ("a page begins early", {"law-pages-disjoint"}),
        ("the tag stays", {"law-entity-tag"}),
        ("every tag matches", {"law-entity-tag"}),
        ("the deletion does nothing", {"law-read-after-delete"}),
        ("the second is lost", {"law-update"}),
        ("closing is not stored", {"law-update"}),
        ("another parent", {"law-read-after-create"}),
        ("any parent", {"law-read-after-create"}),
        ("any parent, unsaid", {"law-read-after-create"}),
        ("unsaid", set()),
        ("the second never comes", {"law-read-after-create"}),
        ("the second comes later", set()),
    ],
)
def test_what_comes_later_stands_below_another_or_keeps_its_tag(fault: str, rules: set[str], tmp_path: Path) -> None:
    assert broken_laws(tmp_path, PATHS, Houses(fault))[0] == rules


@pytest.mark.parametrize("fault", ["", "any parent, unsaid", "unknown names are refused", "unknown names are ignored"])
def test_another_parent_is_made_by_a_put_whose_contract_has_no_201(fault: str, tmp_path: Path) -> None:
    """What refuses, or does not make, a name that nobody knows makes no parent, and is blamed for nothing."""
    known = _named("house_id") | {"example": "h1"}
    kept = [key for key in PATHS if key != "/houses" and "close" not in key]
    paths = {key: {**PATHS[key], "parameters": [known, *PATHS[key]["parameters"][1:]]} for key in kept}
    house = paths["/houses/{house_id}"]
    house["put"] = {**house["put"], "responses": {"200": of_json(HOUSE), "4XX": {"description": ""}}}
    houses = Houses(fault)

    def handle(request: Request) -> Response:
        key = request.url.partition("?")[0].split("/")[2]
        houses.count += 2  # nothing comes later
        value = json.loads(request.body or b"{}")
        if not isinstance(value.get("label", ""), str) or not isinstance(value.get("tags", []), list):
            return Response(400)
        if request.method == "PUT" and key not in houses.houses:
            if "refused" in fault:
                return Response(404)
            if "ignored" in fault:
                return as_json(200, {"id": key, **value})
            houses.made[key], houses.houses[key] = 0, {"id": key, "tags": [], "state": "open"}
        return houses(request)

    found, _ = broken_laws(tmp_path, paths, handle)
    assert found == ({"law-read-after-create"} if "any" in fault else set())


@pytest.mark.parametrize("is_there_always", [True, False])
def test_a_setting_that_each_name_has_is_not_made_by_its_put_and_does_not_go(
    is_there_always: bool, tmp_path: Path
) -> None:
    """Flags that are off where nobody set them; and flags of which none is deleted."""
    flags: dict[str, bool] = {}
    flag = {"type": "object", "required": ["on"], "properties": {"on": {"type": "boolean"}}}
    known = {**_named("name"), "example": "dark"}
    ok = {"200": of_json(flag), "4XX": {"description": ""}}
    put = {"requestBody": of_json(flag), "responses": ok}
    paths = {
        "/flags/{name}": {"parameters": [known], "get": {"responses": ok}, "put": put, "delete": {"responses": ok}}
    }

    def handle(request: Request) -> Response:
        name = request.url.partition("?")[0].split("/")[2]
        if request.method == "PUT":
            flags[name] = json.loads(request.body or b"{}").get("on") is True
        elif request.method == "DELETE" and is_there_always:
            flags.pop(name, None)
        return as_json(200 if name in flags or is_there_always else 404, {"on": flags.get(name, False)})

    found, _ = broken_laws(tmp_path, paths, handle)
    assert found == (set() if is_there_always else {"law-read-after-delete"})


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize("fault", ["", "restoring does nothing"])
def test_what_is_there_once_it_is_deleted_is_asked_for(is_listed: bool, fault: str, tmp_path: Path) -> None:
    key = [_named("id")]
    restore = {"parameters": key, "post": {"operationId": "restore", "responses": _answers("200", ROOM)}}
    paths = {
        "/notes": {
            "post": {"operationId": "add", "requestBody": of_json(NEW_ROOM), "responses": _answers("201", ROOM)}
        },
        "/notes/{id}": {
            "parameters": key,
            "get": {"operationId": "get", "responses": _answers("200", ROOM)},
            "delete": {"operationId": "delete", "responses": _answers("200", ROOM)},
        },
        "/bin": {"get": {"operationId": "list", "responses": _answers("200", {"type": "array", "items": ROOM})}},
        "/bin/{id}": {"parameters": key, "get": {"operationId": "read", "responses": _answers("200", ROOM)}},
        "/bin/{id}/restore": restore,
    }
    notes, binned, numbers = dict[str, Any](), dict[str, Any](), itertools.count(1)

    def handle(request: Request) -> Response:
        found = contract.match(request)
        if isinstance(found, Match) and list(validator.check_request(found, request)):
            return Response(409)
        _, place, name, action = [*request.url.partition("?")[0].split("/"), "", ""][:4]
        if request.method == "POST" and not name:
            name = f"n{next(numbers)}"
            notes[name] = {"id": name, **json.loads(request.body or b"{}")}
            return as_json(201, notes[name])
        if not name:
            return as_json(200, [*binned.values()])
        if name not in (notes if place == "notes" else binned):
            return Response(404)
        if action or request.method == "DELETE":
            source, target = (binned, notes) if action else (notes, binned)
            if not (action and fault):
                target[name] = source.pop(name)
        return as_json(200, {**notes, **binned}[name])

    contract = loaded(tmp_path, {path: one for path, one in paths.items() if is_listed or path != "/bin"})
    validator = Validator(contract)
    run = run_of(contract, handle, budget=200)
    rules = {one.rule for one in violations_of(run)}
    assert rules - {"operation-unfinished"} == ({"law-update"} if fault else set())
    assert {one.outcome for one in run.coverage} == {"success"}
    assert not notes


@pytest.mark.parametrize("is_shared", [False, True])
def test_two_names_of_one_parent_are_no_two_parents(is_shared: bool, tmp_path: Path) -> None:
    """`/users/me` is `/users/1`: what is set below one is set below the other. What all users share is found."""
    setting = {"type": "object", "required": ["theme"], "properties": {"theme": TEXT}}
    user = {"type": "object", "required": ["id"], "properties": {"id": TEXT}}
    ok, known = {"404": {"description": ""}}, {**_named("user_id"), "example": "me"}
    paths = {
        "/users": {"get": {"responses": {"200": of_json({"type": "array", "items": user})}}},
        "/users/{user_id}": {"parameters": [known], "get": {"responses": {"200": of_json(user), **ok}}},
        "/users/{user_id}/settings": {
            "parameters": [known],
            "get": {"responses": {"200": of_json(setting), **ok}},
            "put": {"requestBody": of_json(setting), "responses": {"200": of_json(setting), **ok}},
        },
    }
    users = ["1", "2"] if is_shared else ["1"]
    themes = dict.fromkeys(users, "dark")

    def handle(request: Request) -> Response:
        _, _, key, what = [*request.url.partition("?")[0].split("/"), "", ""][:4]
        name = "1" if key == "me" else key
        if not key or name not in users:
            return as_json(404 if key else 200, [{"id": one} for one in users])
        if request.method == "PUT":
            themes.update(dict.fromkeys(users, json.loads(request.body or b"{}").get("theme", "")))
        return as_json(200, {"theme": themes[name]} if what else {"id": name})

    found, _ = broken_laws(tmp_path, paths, handle)
    assert found == ({"law-update"} if is_shared else set())


def test_what_does_not_exist_is_deleted_by_an_identifier_of_the_kind_of_the_example(tmp_path: Path) -> None:
    example = "12fb14bb-600e-4bfa-bd8d-be7f12562c99"
    answers = {"responses": {"200": {"description": "gone"}, "400": {"description": "no UUID"}}}
    path = {"name": "id", "in": "path", "required": True, "example": example, "schema": {"type": "string"}}
    asked: list[str] = []

    def handle(request: Request) -> Response:
        asked.append(request.url.rpartition("/")[2])
        return Response(200 if is_uuid(asked[-1]) else 400)

    run = run_of(
        loaded(tmp_path, {"/jobs/{id}": {"delete": {"operationId": "drop", "parameters": [path], **answers}}}), handle
    )
    assert not violations_of(run)
    assert [one.outcome for one in run.coverage] == ["success"]
    assert example not in asked


@pytest.mark.slow
def test_what_path_probes_make_by_a_put_is_deleted_at_the_end(tmp_path: Path) -> None:
    """Where its status does not say that it was made; what has a plain name may be somebody else's, and stays."""
    answers = {"responses": {"200": of_json({"type": "object"}), "404": {"description": "none"}}}
    path = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}, "example": "mine"}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
    operations = {name: {"operationId": name, "parameters": [path], **answers} for name in ("get", "put", "delete")}
    kept = {"mine": b"{}", "_": b"{}"}

    def handle(request: Request) -> Response:
        key = unquote(request.url.partition("?")[0].removeprefix("/notes/"))
        if request.method == "PUT":
            kept[key] = request.body or b""
        found = kept.pop(key, None) if request.method == "DELETE" else kept.get(key)
        return Response(404) if found is None else as_json(200, json.loads(found or b"{}"))

    operations["put"] |= body
    run = run_of(loaded(tmp_path, {"/notes/{key}": operations}), handle)
    list(run.verdicts())
    assert "mine" in kept and "_" in kept
    assert [key for key in kept if not re.fullmatch(r"[\w.~:@+-]*", key)] == []


JOB = {
    "type": "object",
    "required": ["number", "status"],
    "properties": {"number": {"type": "integer"}, "status": TEXT},
}
JOBS: dict[str, Any] = {
    "/exports": {
        "post": {"requestBody": of_json(NEW), "responses": {"202": {"description": ""}, "4XX": {"description": ""}}}
    },
    "/jobs/{job}": {
        "parameters": [_named("job")],
        "get": {"responses": _answers("200", JOB)},
        "delete": {"responses": {"204": {"description": ""}, "404": {"description": ""}}},
        "options": {"responses": {"204": {"description": ""}}},
    },
    "/jobs/{job}/rows": {
        "parameters": [_named("job")],
        "get": {"responses": _answers("200", {"type": "array", "items": {"type": "integer"}})},
    },
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault, rules",
    [("", set()), ("rows of text", {"schema-type"}), ("the deletion does nothing", {"law-read-after-delete"})],
)
def test_what_is_accepted_is_awaited_read_and_deleted_where_its_location_leads(
    fault: str, rules: set[str], tmp_path: Path
) -> None:
    """The rows of a job are there when it was looked at twice. OPTIONS says what it says of any name."""
    jobs, numbers = dict[str, int](), itertools.count(7)

    def handle(request: Request) -> Response:
        _, what, job, rows = [*request.url.split("/"), "", ""][:4]
        if request.method == "OPTIONS":
            return Response(204)
        if what == "exports" and request.method == "POST":
            try:
                is_valid = Validator(contract).check_request(contract.match(request), request) == []
            except ValueError:
                is_valid = False
            if not is_valid:
                return Response(409)
            made = f"{next(numbers)}"
            jobs[made] = 0
            return Response(202, Headers((("Location", f"/jobs/{made}"),)))
        if job not in jobs:
            return Response(404)
        if request.method == "DELETE":
            if not fault.startswith("the deletion"):
                del jobs[job]
            return Response(204)
        if rows:
            return as_json(200, ["one"] if fault == "rows of text" else [1]) if jobs[job] > 1 else Response(409)
        jobs[job] += 1
        return as_json(200, {"number": int(job), "status": "done" if jobs[job] > 1 else "running"})

    contract = loaded(tmp_path, JOBS)
    run = run_of(contract, handle)
    found = violations_of(run)
    assert {one.rule for one in found if one.severity is Severity.ERROR} == rules, [one.message for one in found]


LABEL = {"type": "string", "pattern": "^[a-z]{2,12}$"}
DAY = {"type": "string", "format": "date"}
NOTE = {"type": "object", "required": ["note"], "properties": {"note": TEXT}}
REFUSED = {"404": {"description": ""}, "409": {"description": ""}}
LABELLED: dict[str, Any] = {
    "/tracks": {"post": {"responses": {"201": of_json(ROOM), **REFUSED}}},
    "/tracks/{track}": {"parameters": [_named("track")], "get": {"responses": {"200": of_json(ROOM), **REFUSED}}},
    "/tracks/{track}/labels": {
        "parameters": [_named("track")],
        "get": {"responses": {"200": of_json({"type": "array", "uniqueItems": True, "items": LABEL}), **REFUSED}},
    },
    "/tracks/{track}/labels/{label}": {
        "parameters": [_named("track"), {**_named("label"), "schema": LABEL}],
        "put": {"responses": {"204": {"description": ""}, **REFUSED, "400": {"description": ""}}},
        "delete": {"responses": {"204": {"description": ""}, **REFUSED}},
    },
    "/tracks/{track}/plays": {
        "parameters": [_named("track")],
        "post": {"responses": {"201": of_json(ROOM), **REFUSED}},
    },
    "/tracks/{track}/plays/{play}": {
        "parameters": [_named("track"), _named("play")],
        "get": {"responses": {"200": of_json(ROOM), **REFUSED}},
    },
    "/days/{day}": {
        "parameters": [{**_named("day"), "schema": DAY}],
        "get": {"responses": {"200": of_json(NOTE), **REFUSED}},
        "put": {"requestBody": of_json(NOTE), "responses": {"200": of_json(NOTE), "201": of_json(NOTE)}},
    },
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault, rules",
    [
        ("", set()),
        ("taken off in vain", {"law-read-after-delete"}),
        ("put on twice", {"schema-size"}),
        ("a day is lost", {"law-update"}),
        ("no day is kept", {"law-read-after-create"}),
        ("a play is lost", {"law-read-after-create"}),
        ("one of two", set()),
        ("one of two, taken off in vain", {"law-read-after-delete"}),
    ],
)
def test_names_that_are_put_below_a_parent_or_are_days(fault: str, rules: set[str], tmp_path: Path) -> None:
    """A track is played once alone, so that each play needs a track of its own."""
    tracks, plays, numbers = dict[str, list[str]](), dict[str, str](), itertools.count(1)
    days: dict[str, Any] = {"2026-01-01": {"note": "there"}}

    def handle(request: Request) -> Response:
        _, what, key, below, name = [*map(unquote, request.url.split("/")), "", "", ""][:5]
        if what == "days":
            if request.method == "PUT":
                is_new, value = key not in days, json.loads(request.body or b"")
                if fault == "no day is kept":
                    return as_json(201, value)
                days.setdefault(key, value) if fault == "a day is lost" else days.update({key: value})
                return as_json(201 if is_new else 200, value)
            return as_json(200, days[key]) if key in days else Response(404)
        if not key:
            made = f"t{next(numbers)}"
            tracks[made] = []
            return as_json(201, {"id": made})
        if key not in tracks:
            return Response(404)
        if below == "plays":
            if request.method == "POST":
                made = f"p{next(numbers)}"
                is_played = key in plays.values()
                plays.update({} if is_played else {made: key})
                return Response(409) if is_played else as_json(201, {"id": made})
            return as_json(200, {"id": name}) if plays.get(name) == key and fault != "a play is lost" else Response(404)
        if not name:
            return as_json(200, tracks[key] if below else {"id": key})
        if request.method == "PUT" and (name not in tracks[key] or fault == "put on twice"):
            tracks[key].append(name)
        elif request.method == "DELETE" and name not in tracks[key]:
            return Response(404)
        elif request.method == "DELETE" and "in vain" not in fault:
            tracks[key].remove(name)
        return Response(204)

    label: dict[str, Any] = {"enum": ["old", "new"]} if fault.startswith("one of two") else LABEL
    labelled = json.loads(json.dumps(LABELLED).replace(json.dumps(LABEL), json.dumps(label)))
    assert broken_laws(tmp_path, labelled, handle, "the same is done again")[0] == rules
