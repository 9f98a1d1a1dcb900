"""What few services need, and what would be missed or blamed without it: each of these tests fails where its one way is taken out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from support.contracts import as_json, loaded, of_json, operation, parameter
from support.laws import broken_laws, errors_of, run_of

from toolkit.conformance.plan import check_plain
from toolkit.exchange import Request, Response
from toolkit.wire.urlencoded import parse_query, split_url

OTHERS = {
    "400": {"description": ""},
    "404": {"description": ""},
    "409": {"description": ""},
    "422": {"description": ""},
}
ID = parameter("id", {"type": "string"}, "path")


def _body(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": [*required]}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _shown(**properties: Any) -> dict[str, Any]:
    return of_json({"type": "object", "properties": {"id": {"type": "string"}, **properties}})


def _sent(request: Request) -> dict[str, Any]:
    try:
        value = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@pytest.mark.parametrize("is_sound", [True, False])
def test_the_bounds_of_two_numbers_are_accepted_together(tmp_path: Path, is_sound: bool) -> None:
    numbers = [parameter(name, {"type": "integer", "minimum": 1, "maximum": 30}) for name in ("columns", "rows")]
    paths = {"/area": {"get": operation("area", *numbers, responses={"200": of_json({"type": "integer"}), **OTHERS})}}

    def handle(request: Request) -> Response:
        given = dict(parse_query(split_url(request.url).query))
        area = int(given.get("columns", "1")) * int(given.get("rows", "1"))
        return as_json(200, area) if is_sound or area < 900 else Response(400)

    assert broken_laws(tmp_path, paths, handle, "columns=30 with")[0] == (
        set() if is_sound else {"valid-request-refused"}
    )


@pytest.mark.parametrize(
    "address, is_sound",
    [
        ("/notes/{}-by-name", True),
        ("/notes/{}-lost", False),
        ("/note/{}", False),
        ("/pages/{}", True),
        ("/api/pages/{}", True),
        ("//h/{}", True),
    ],
)
def test_what_a_location_field_names_can_be_read(tmp_path: Path, address: str, is_sound: bool) -> None:
    paths = {
        "/notes": {"post": operation("add", responses={"201": _shown()})},
        "/notes/{id}": {"get": operation("read", ID, responses={"200": _shown(), **OTHERS})},
    }
    made: list[str] = []

    def handle(request: Request) -> Response:
        if request.method == "POST":
            made.append(f"note-{len(made)}")
            return as_json(201, {"id": made[-1]}, Location=address.format(made[-1]))
        start, _, key = request.url.rpartition("/")
        if start != "/notes":
            return Response(200 if start == "/pages" else 404)
        return as_json(200, {"id": key}) if key.removesuffix("-by-name") in made else Response(404)

    assert broken_laws(tmp_path, paths, handle)[0] == (set() if is_sound else {"law-read-after-create"})


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["", "belongs to nobody", "lost", "wrapped", "wrapped, lost"])
def test_what_is_read_among_those_of_an_owner_is_made_as_one_of_theirs(tmp_path: Path, fault: str) -> None:
    owner, text = parameter("owner", {"type": "string"}, "query", required=True), {"type": "string"}
    shown = of_json({"type": "object"}) if "wrapped" in fault else _shown(owner=text)
    paths = {
        "/notes": {"post": operation("add", responses={"201": shown, **OTHERS}) | {"requestBody": _body({"owner": text})}},
        "/notes/{id}": {"get": operation("read", ID, owner, responses={"200": shown, **OTHERS})},
    }  # fmt: skip
    made: dict[str, str | None] = {}

    def show(status: int, thing: dict[str, Any]) -> Response:
        return as_json(status, {"status": True, "message": "done", "data": thing} if "wrapped" in fault else thing)

    def handle(request: Request) -> Response:
        if request.method == "POST":
            given = _sent(request).get("owner", "nobody")
            if not isinstance(given, str):
                return Response(400)
            made[key := f"n{len(made)}x"] = None if fault == "belongs to nobody" else given
            return show(201, {"id": key, "owner": made[key]})
        path, query = split_url(request.url).path, dict(parse_query(split_url(request.url).query))
        key = path.rpartition("/")[2]
        is_there = key in made and made[key] == query.get("owner") and "lost" not in fault
        return show(200, {"id": key, "owner": made[key]}) if is_there else Response(404)

    run = run_of(loaded(tmp_path, paths), handle)
    found = {one.rule for one in errors_of(run)}
    assert ("law-read-after-create" in found) == ("lost" in fault)
    assert fault or "read" in run.journal.reached.successes


@pytest.mark.parametrize("is_sound", [True, False])
def test_a_fault_is_seen_behind_a_state_in_which_every_request_is_refused(tmp_path: Path, is_sound: bool) -> None:
    amount = {"type": "integer", "minimum": 1, "maximum": 100}
    pay = operation("pay", ID, requestBody=_body({"amount": amount}, "amount"), responses={"200": _shown(), **OTHERS})
    paths = {
        "/orders": {"post": operation("order", responses={"201": _shown()})},
        "/orders/{id}": {"get": operation("read", ID, responses={"200": _shown(), **OTHERS})},
        "/orders/{id}/pay": {"post": pay},
    }
    paid: dict[str, bool] = {}

    def handle(request: Request) -> Response:
        key = request.url.split("/")[2] if request.url.count("/") > 1 else f"order-{len(paid)}"
        if request.url == "/orders":
            paid[key] = False
            return as_json(201, {"id": key})
        if key not in paid:
            return Response(404)
        if request.method == "POST" and paid[key]:
            return Response(409)
        sum_ = _sent(request).get("amount")
        if request.method == "POST" and (type(sum_) is not int or sum_ > 100 or (is_sound and sum_ < 1)):
            return Response(422)
        paid[key] |= request.method == "POST"
        return as_json(200, {"id": key})

    found, _ = broken_laws(tmp_path, paths, handle, "a body with #/amount=0")
    assert found == (set() if is_sound else {"invalid-request-accepted"})


@pytest.mark.slow
def test_what_renews_a_token_is_not_blamed_for_refusing_the_one_that_all_others_take(tmp_path: Path) -> None:
    schemes = {name: {"type": "http", "scheme": "bearer"} for name in ("access", "renewal")}
    done = {"200": {"description": ""}, "422": {"description": ""}}
    paths = {f"/{name}": {"get": operation(name, responses=done, security=[{"access": []}])} for name in ("one", "two")}
    paths["/renew"] = {"post": operation("renew", responses=done, security=[{"renewal": []}])}
    contract = loaded(tmp_path, paths, components={"securitySchemes": schemes})

    def handle(request: Request) -> Response:
        if request.headers.get("Authorization") != "Bearer token-of-access":
            return Response(401)
        return Response(422 if request.url == "/renew" else 200)

    (found,) = errors_of(run_of(contract, handle, auth="bearer:token-of-access"))
    assert (found.rule, found.operation) == ("operation-untested", "renew")
    assert "requires the scheme renewal and others do not" in found.message


@pytest.mark.parametrize("is_sound", [True, False])
def test_what_the_probes_have_stored_is_read_when_all_else_is_done(tmp_path: Path, is_sound: bool) -> None:
    text = {"text": {"type": "string"}}
    add = operation("add", requestBody=_body(text, "text"), responses={"201": _shown(**text), **OTHERS})
    paths = {
        "/notes": {"post": add},
        "/notes/{id}": {"get": operation("read", ID, responses={"200": _shown(**text), **OTHERS})},
    }
    notes: dict[str, Any] = {}

    def handle(request: Request) -> Response:
        key = request.url.rpartition("/")[2] if request.method == "GET" else f"note-{len(notes)}"
        sent = _sent(request)
        if request.method == "POST" and not isinstance(sent.get("text"), str):
            return Response(400)
        if request.method == "POST":
            notes[key] = {"id": key, **sent}
            return as_json(201, notes[key])
        if key not in notes:
            return Response(404)
        return as_json(200, notes[key]) if is_sound or notes[key]["text"].isascii() else Response(500)

    found, _ = broken_laws(tmp_path, paths, handle, "a body with #/text=\"a'", "what the run has stored")
    assert found == (set() if is_sound else {"server-error"})


@pytest.mark.slow
def test_a_given_value_that_does_not_conform_blames_nobody(tmp_path: Path) -> None:
    number = parameter("id", {"type": "integer"}, "path")
    paths = {"/notes/{id}": {"get": operation("read", number, responses={"200": _shown(), **OTHERS})}}

    def handle(request: Request) -> Response:
        return as_json(200, {}) if request.url.rpartition("/")[2].isdecimal() else Response(400)

    (found,) = errors_of(run_of(loaded(tmp_path, paths), handle, params=(("id", "seven"),)))
    assert found.rule == "operation-unfinished"
    assert "the value given for id does not conform to the contract" in found.message


def _wants(request: Request) -> bool:
    return "plate" in _sent(request)


def _is_numbered(request: Request) -> bool:
    return request.url.rpartition("/")[2].isdecimal()


@pytest.mark.parametrize(("path", "method", "members", "takes"), [
    ("/cars", "post", {"requestBody": _body({"plate": {"type": "string"}, "colour": {"type": "string"}})}, _wants),
    ("/cars/{id}", "get", {"parameters": [ID]}, _is_numbered),
])  # fmt: skip
def test_an_operation_is_reached_by_what_its_contract_does_not_ask_for(
    path: str, method: str, members: dict[str, Any], takes: Callable[[Request], bool], tmp_path: Path
) -> None:
    """All properties of a body, or a number where a string is declared."""
    paths = {path: {method: {"operationId": "reach", "responses": {"200": _shown(), **OTHERS}, **members}}}
    run = run_of(loaded(tmp_path, paths), lambda request: as_json(200, {}) if takes(request) else Response(404))
    list(check_plain(run.subjects["reach"], run.journal))
    assert run.subjects["reach"].obstacle == ""


def test_a_thing_is_reached_by_what_another_list_shows_under_the_last_word_of_a_name(tmp_path: Path) -> None:
    name, version = (parameter(one, {"type": "string"}, "path") for one in ("model_name", "model_version"))
    paths = {
        "/about": {"get": operation("about", responses={"200": _shown(), **OTHERS})},
        "/index": {"get": operation("index", responses={"200": _shown(), **OTHERS})},
        "/models/{model_name}/{model_version}": {
            "get": operation("reach", name, version, responses={"200": _shown(), **OTHERS})
        },
    }
    known = {"/about": {"name": "server", "version": "2"}, "/index": [{"name": "echo", "version": "v1"}]}

    def handle(request: Request) -> Response:
        is_known = request.url.partition("/models")[2] == "/echo/v1"
        return (
            as_json(200, known.get("/" + request.url.rpartition("/")[2], {}))
            if is_known or "/models" not in request.url
            else Response(404)
        )

    run = run_of(loaded(tmp_path, paths), handle)
    for subject in run.subjects.values():
        list(check_plain(subject, run.journal))
    assert run.subjects["reach"].obstacle == ""


@pytest.mark.slow
def test_what_its_client_names_is_deleted_by_the_run_that_made_it(tmp_path: Path) -> None:
    name = parameter("name", {"type": "string"}, "path")
    shown = of_json({"type": "object", "properties": {"name": {"type": "string"}}})
    paths = {
        "/groups": {
            "get": operation("list", responses={"200": of_json({"type": "array", "items": {"type": "object"}})})
        },
        "/groups/{name}": {
            "post": operation("make", name, responses={"201": shown, **OTHERS}),
            "delete": operation("remove", name, responses={"204": {"description": ""}, **OTHERS}),
        },
    }
    groups = {"theirs"}

    def handle(request: Request) -> Response:
        key = unquote(request.url.rpartition("/")[2])
        if request.method == "GET":
            return as_json(200, [{"name": one} for one in sorted(groups)])
        if request.method == "POST":
            groups.add(key)
            return as_json(201, {"name": key})
        if key not in groups:
            return Response(404)
        groups.remove(key)
        return Response(204)

    errors_of(run_of(loaded(tmp_path, paths), handle, budget=100))
    assert groups == {"theirs"}
