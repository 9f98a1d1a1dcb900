"""What a write says of a thing as a whole: `null`, what it leaves out, and under which condition it is done; and what is only accepted
as a task that its body names."""

from __future__ import annotations

import itertools
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from support.contracts import as_json, loaded, of_json, parameter
from support.laws import broken_laws, run_of

from toolkit.conformance.laws.state import read_after_create, update
from toolkit.conformance.plan import check_plain
from toolkit.exchange import Request, Response
from toolkit.structs import replace
from toolkit.validation.validator import Validator

EMPTY = {"description": ""}
REFUSED = {"400": EMPTY, "404": EMPTY, "412": EMPTY}
TEXT = {"type": "string", "minLength": 1, "maxLength": 40}
FIELDS = {"title": TEXT, "note": {**TEXT, "type": ["string", "null"]}, "grams": {"type": "integer", "minimum": 1}}
JAR = {"type": "object", "required": ["title", "note", "grams"], "properties": FIELDS}
ONLY = [parameter("If-Match", TEXT, "header"), parameter("If-None-Match", {"enum": ["*"]}, "header")]
NAME = parameter("name", {"type": "string", "pattern": "^[a-z0-9-]+$"}, "path", required=True)


def _body(schema: Any) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


JARS: dict[str, Any] = {
    "/jars/{name}": {
        "parameters": [NAME],
        "get": {"operationId": "read", "responses": {"200": of_json(JAR), **REFUSED}},
        "put": {
            "operationId": "put",
            "parameters": ONLY,
            "requestBody": _body(JAR),
            "responses": {"200": of_json(JAR), "201": of_json(JAR), **REFUSED},
        },
        "patch": {
            "operationId": "patch",
            "requestBody": _body({"type": "object", "minProperties": 1, "properties": FIELDS}),
            "responses": {"200": of_json(JAR), **REFUSED},
        },
        "delete": {"operationId": "drop", "parameters": ONLY[:1], "responses": {"204": EMPTY, **REFUSED}},
    }
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "rules"),
    [
        ("", set()),
        ("null is nothing", {"law-update"}),
        ("patch resets the title", {"law-update"}),
        ("put writes over", {"law-precondition"}),
        ("drop takes any tag", {"law-precondition"}),
    ],
)
def test_a_write_says_all_of_a_thing_and_is_done_under_its_condition(
    fault: str, rules: set[str], tmp_path: Path
) -> None:
    jars, schema = dict[str, Any](), Validator(loaded(tmp_path, JARS))

    def handle(request: Request) -> Response:
        match = schema.contract.match(request)
        if isinstance(match, str) or list(schema.check_request(match, request)):
            return Response(400)
        name, method, was = request.url.rpartition("/")[2], request.method, jars.get(request.url.rpartition("/")[2])
        tag = f'"{zlib.crc32(json.dumps(was).encode())}"' if was else ""
        is_stale = request.headers.get("if-match") not in (None, tag) and (method, fault[:4]) != ("DELETE", "drop")
        is_new_only = request.headers.get("if-none-match") == "*" and fault != "put writes over"
        if is_stale or (is_new_only and was):
            return Response(412)
        if method != "PUT" and not was:
            return Response(404)
        if method == "DELETE":
            del jars[name]
            return Response(204)
        if method != "GET":
            said = json.loads(request.body or b"{}")
            said = {key: one for key, one in said.items() if one is not None or not was or "null" not in fault}
            jars[name] = {
                **(was or {}),
                **({"title": "lost"} if "resets" in fault and method == "PATCH" else {}),
                **said,
            }
        new = jars[name]
        return as_json(200 if was else 201, new, ETag=f'"{zlib.crc32(json.dumps(new).encode())}"')

    assert broken_laws(tmp_path, JARS, handle)[0] == rules


ORDERED = {"title": TEXT, "kind": {"type": "string", "enum": ["a", "b"]}}
REPORT = {"type": "object", "properties": {"reportId": TEXT, **ORDERED}}
TASK = {"type": "object", "required": ["taskId"], "properties": {"taskId": TEXT, "state": TEXT}}
REPORTS: dict[str, Any] = {
    "/reports": {
        "post": {
            "operationId": "order",
            "requestBody": _body({"type": "object", "required": ["title", "kind"], "properties": ORDERED}),
            "responses": {"202": of_json(TASK), **REFUSED},
        },
        "get": {"operationId": "list", "responses": {"200": of_json({"type": "array", "items": REPORT})}},
    },
    "/reports/{reportId}": {
        "parameters": [parameter("reportId", TEXT, "path", required=True)],
        "get": {"operationId": "read", "responses": {"200": of_json(REPORT), **REFUSED}},
    },
    "/tasks/{taskId}": {
        "parameters": [parameter("taskId", TEXT, "path", required=True)],
        "get": {"operationId": "task", "responses": {"200": of_json(TASK), **REFUSED}},
    },
}


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_task_that_only_the_body_of_a_202_names_is_awaited(is_kept: bool, tmp_path: Path) -> None:
    """A report is there when its task was read twice."""
    tasks, reports, numbers = dict[str, list[Any]](), dict[str, Any](), itertools.count(1)

    def handle(request: Request) -> Response:
        _, what, key = [*request.url.split("/"), ""][:3]
        if request.method == "POST":
            tasks[task := f"t{next(numbers)}"] = [json.loads(request.body or b"{}"), 0]
            return as_json(202, {"taskId": task, "state": "queued"})
        if what == "reports":
            return (
                as_json(200, reports[key] if key else [*reports.values()]) if key in {"", *reports} else Response(404)
            )
        if key not in tasks:
            return Response(404)
        tasks[key][1] += 1
        if is_done := tasks[key][1] > 1:
            made = {**tasks[key][0], **({} if is_kept else {"kind": "b"})}
            reports[f"r{key}"] = {"reportId": f"r{key}", **made}
        return as_json(200, {"taskId": key, "state": "done" if is_done else "running"})

    assert broken_laws(tmp_path, REPORTS, handle)[0] == (set() if is_kept else {"law-read-after-create"})


TO = {"type": "object", "required": ["name", "city"], "properties": {"name": TEXT, "city": TEXT}}
PARTLY = {"type": "object", "minProperties": 1, "properties": TO["properties"]}
NEW_ORDER = {"type": "object", "required": ["to"], "properties": {"to": TO}}
SHOP, ORDER = ({"type": "object", "properties": {"id": TEXT, **more}} for more in ({}, {"to": TO}))
ORDERS: dict[str, Any] = {
    "/shops": {"post": {"responses": {"201": of_json(SHOP)}}},
    "/shops/{shop}/orders": {
        "parameters": [parameter("shop", TEXT, "path", required=True)],
        "get": {"responses": {"200": of_json({"type": "array", "items": ORDER}), **REFUSED}},
        "post": {"requestBody": _body(NEW_ORDER), "responses": {"201": of_json(ORDER), **REFUSED}},
    },
    "/shops/{shop}/orders/{order}": {
        "parameters": [parameter(name, TEXT, "path", required=True) for name in ("shop", "order")],
        "get": {"responses": {"200": of_json(ORDER), **REFUSED}},
        "patch": {
            "requestBody": {
                "required": True,
                "content": {
                    "application/merge-patch+json": {"schema": {"type": "object", "properties": {"to": PARTLY}}}
                },
            },
            "responses": {"200": of_json(ORDER), **REFUSED},
        },
    },
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "rules"),
    [
        ("", set()),
        ("all are listed", {"law-list-after-create"}),
        ("nothing is patched", {"law-update"}),
        ("the rest is lost", {"law-update"}),
    ],
)
def test_what_is_said_within_an_object_is_kept(fault: str, rules: set[str], tmp_path: Path) -> None:
    shops, schema, numbers = dict[str, Any](), Validator(loaded(tmp_path, ORDERS)), itertools.count(1)

    def handle(request: Request) -> Response:
        match = schema.contract.match(request)
        if isinstance(match, str) or list(schema.check_request(match, request)):
            return Response(400)
        _, _, shop, _, order = (*request.url.split("/"), "", "", "")[:5]
        said, number = json.loads(request.body or b"{}"), f"n{next(numbers)}"
        if not shop:
            shops[number] = {}
            return as_json(201, {"id": number})
        orders = shops.get(shop, {})
        if shop not in shops or (order and order not in orders):
            return Response(404)
        if request.method == "POST":
            orders[number] = {"id": number, **said}
            return as_json(201, orders[number])
        if request.method == "PATCH" and "to" in said and fault != "nothing is patched":
            orders[order]["to"] = {
                **({"name": "?", "city": "?"} if "rest" in fault else orders[order]["to"]),
                **said["to"],
            }
        every = [one for each in shops.values() for one in each.values()]
        return as_json(200, orders[order] if order else every if fault == "all are listed" else [*orders.values()])

    assert broken_laws(tmp_path, ORDERS, handle)[0] == rules


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "rules"),
    [
        ("", set()),
        ("mail is lost", {"law-read-after-create"}),
        ("rank stays", {"law-update"}),
        ("others are reset", {"law-update"}),
    ],
)
def test_attributes_of_json_api_are_kept(fault: str, rules: set[str], tmp_path: Path) -> None:
    rank, mail = {"enum": ["mate", "cook", "boy"]}, {"type": "string", "pattern": "^[a-z]{1,9}@[a-z]{1,9}[.]org$"}
    known = {"name": TEXT, "rank": rank, "mail": mail}

    def of_crew(needed: list[str], **more: Any) -> dict[str, Any]:
        inner = {"type": "object", "required": needed, "properties": known, "minProperties": 1}
        named = {"type": {"const": "crew"}, "attributes": inner, **more}
        data = {"type": "object", "required": [*named], "properties": named}
        schema = {"type": "object", "required": ["data"], "properties": {"data": data}}
        return {"description": "", "content": {"application/vnd.api+json": {"schema": schema}}}

    shown, refused = of_crew(["name", "rank"], id=TEXT), dict.fromkeys(("400", "404"), EMPTY)
    add = {"requestBody": of_crew(["name", "rank"]), "responses": {"201": shown, **refused}}
    change = {"requestBody": of_crew([]), "responses": {"200": shown, **refused}}
    key = parameter("id", TEXT, "path", required=True)
    paths = {
        "/crew": {"post": add},
        "/crew/{id}": {"parameters": [key], "get": {"responses": {"200": shown, **refused}}, "patch": change},
    }
    crew: dict[str, dict[str, Any]] = {}

    def handle(request: Request) -> Response:
        name, sent = request.url.rpartition("/")[2], {}
        if request.body:
            sent = json.loads(request.body)["data"]["attributes"]
        if request.method == "POST":
            crew[name := f"c{len(crew)}"] = {
                key: one for key, one in sent.items() if (fault, key) != ("mail is lost", "mail")
            }
        elif name not in crew:
            return Response(404)
        elif sent:
            sent = {key: one for key, one in sent.items() if (fault, key) != ("rank stays", "rank")}
            crew[name] = {**crew[name], **({"rank": "boy"} if fault == "others are reset" else {}), **sent}
        data = {"type": "crew", "id": name, "attributes": crew[name]}
        answer = as_json(201 if request.method == "POST" else 200, {"data": data})
        return replace(answer, headers=answer.headers.replaced("Content-Type", "application/vnd.api+json"))

    run = run_of(loaded(tmp_path, paths), handle)
    verdicts = [one for subject in run.subjects.values() for one in check_plain(subject, run.journal)]
    assert all(one.conforms for one in verdicts)
    adding, changing = run.subjects["POST /crew"], run.subjects["PATCH /crew/{id}"]
    assert {one.violation.rule for one in (*read_after_create(adding), *update(changing))} == rules
