"""Small contracts for tests, written to a folder or built in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson

from toolkit.contract.model import Contract
from toolkit.document.files import Files, Node
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.schema.bundle import Bundle, bundle, dialect_of
from toolkit.validation.validator import Validator

HERE = Path("/nowhere/c.json")


def node(tree: Any, *tokens: str) -> Node:
    """A node of a document that stands in no file."""
    root = Node(Files(HERE.parent, {HERE: tree}), HERE, (), tree)
    found = root.get(*tokens)
    assert found
    return found


def bundled(
    schema: Any, version: str = "3.1.0", *, strict: bool = False, request: bool = False, **others: Any
) -> Bundle:
    """A schema bundled; `others` are schemas that `#/components/schemas/NAME` leads to."""
    tree = {"s": schema, "components": {"schemas": others}}
    at = Node(Files(HERE.parent, {HERE: tree}), HERE, ("s",), schema)
    return bundle(at, dialect_of(version, strict_nullable=strict, request=request))


FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")


def loaded(folder: Path, paths: Any, version: str = "3.1.0", **members: Any) -> Contract:
    """A contract with these paths."""
    path = folder / "c.json"
    path.write_bytes(
        orjson.dumps({"openapi": version, "info": {"title": "t", "version": "1"}, "paths": paths, **members})
    )
    return Contract.load(path)


def of_yaml(folder: Path, paths: str, more: str = "") -> Contract:
    """A contract with these paths, and what stands before them, as YAML."""
    path = folder / "openapi.yaml"
    path.write_text(f"{HEAD}{more}paths:\n{paths}")
    return Contract.load(path)


def operation(name: str, *parameters: Any, **members: Any) -> dict[str, Any]:
    return {
        "operationId": name,
        "parameters": list(parameters),
        "responses": {"default": {"description": "any"}},
        **members,
    }


def parameter(name: str, schema: Any, location: str = "query", **members: Any) -> dict[str, Any]:
    return {"name": name, "in": location, "schema": schema, "required": location == "path", **members}


def rules(contract: Contract, request: Request | None, response: Response | None = None, **members: Any) -> list[str]:
    """The rules that an exchange breaks, in order."""
    return [v.rule for v in Validator(contract).check(Exchange(request, response, **members)).violations]


def get(url: str, *headers: tuple[str, str], body: bytes | None = None, method: str = "GET") -> Request:
    return Request(method, url, Headers(headers), body)


def answer(
    body: bytes | None = b"", content_type: str | None = "application/json", status: int = 200, **members: Any
) -> Response:
    return Response(
        status, Headers((("Content-Type", content_type),) if content_type else (("Server", "x"),)), body, **members
    )


def as_json(status: int, value: Any, **fields: str) -> Response:
    """A response with a value in JSON; `fields` are header fields."""
    headers = Headers(tuple({"Content-Type": "application/json", **fields}.items()))
    return Response(status, headers, json.dumps(value).encode())


def of_json(schema: Any) -> dict[str, Any]:
    """A Response Object whose body is JSON of this schema."""
    return {"description": "", "content": {"application/json": {"schema": schema}}}


HEAD = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"
PATHS = HEAD + "paths: {/x: {get: {responses: {'200': {description: a, content: {application/json: {schema: %s}}}}}}}\n"
BODY = b'{"child":{"child":{"child":1}},"name":null}'


def used(contract: Contract) -> list[str]:
    """The rules that a body breaks in every operation of a contract."""
    validator = Validator(contract, strict=True)
    names = [operation.name for operation in contract.operations()]
    return [v.rule for name in names for v in validator.check(Exchange(None, answer(BODY), operation=name)).violations]
