"""Links of a contract: which values of an exchange are parameters of another operation (OpenAPI, Link Object)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from typing import Any
from urllib.parse import unquote

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.contract.resources import json_body
from toolkit.contract.routing import paired
from toolkit.document.files import Node
from toolkit.document.pointers import ABSENT, child, plain_tokens, pointer_tokens
from toolkit.errors import ContractError
from toolkit.exchange import Request, Response
from toolkit.wire.parameters import write_scalar
from toolkit.wire.urlencoded import parse_query, split_url

EXPRESSION = re.compile(
    r"\$(?:(?P<whole>url|method|statusCode)|(?P<message>request|response)\."
    r"(?:(?P<place>header|query|path)\.(?P<name>.+)|body(?:#(?P<pointer>(?:/.*)?))?))"
)
"""A runtime expression (OpenAPI, Runtime Expressions)."""


def links_of(operation: Operation, status: int) -> Iterator[Node]:
    spec = operation.response(status)
    return (link for _, link in (spec.node.each("links") if spec else ()) if isinstance(link.value, dict))


def follow_link(
    link: Node, contract: Contract, operation: Operation, request: Request, response: Response, value: Any
) -> tuple[Operation | None, dict[tuple[str, str], str]]:
    """The operation that a link leads to, and the strings of its parameters by location and name, as far as they are found. `value` is that
    of the response's body."""
    target = link_target(link, contract)
    given = link.value.get("parameters")
    if target is None or not isinstance(given, dict):
        return target, {}
    found = {}
    for name, expression in given.items():
        key, inner = _key(str(name), target), evaluate(expression, operation, request, response, value)
        if key and inner not in (None, "") and not isinstance(inner, dict | list):
            found[key] = write_scalar(inner)
    return target, found


def link_target(link: Node, contract: Contract) -> Operation | None:
    """The operation that a link leads to; None where the contract has none such."""
    name, reference = link.text("operationId"), link.text("operationRef")
    try:
        if name:
            return contract.operation(name)
    except ContractError:
        return None
    tokens = list(pointer_tokens(reference.partition("#")[2])) if "#/" in reference else []
    if len(tokens) != 3 or tokens[0] != "paths":
        return None
    fitting = (one for one in contract.operations() if one.route.key == tokens[1])
    return next((one for one in fitting if one.method.lower() == tokens[2]), None)


def _key(name: str, target: Operation) -> tuple[str, str] | None:
    """Location and name of a parameter, which a link may name with its location: `path.id`."""
    location, _, rest = name.partition(".")
    for parameter in target.parameters:
        if name == parameter.name or (location, rest) == (parameter.location, parameter.name):
            return parameter.location, parameter.name
    return None


def evaluate(expression: Any, operation: Operation, request: Request, response: Response, value: Any) -> Any:
    """The value of a runtime expression; a constant is its own value; None for nothing."""
    if not isinstance(expression, str):
        return expression
    text = expression[1:-1] if expression.startswith("{$") and expression.endswith("}") else expression
    found = EXPRESSION.fullmatch(text)
    if not found:
        return None if text.startswith("$") else text
    if found["whole"]:
        return {"statusCode": response.status, "method": request.method, "url": request.url}[found["whole"]]
    is_response, place, name = found["message"] == "response", found["place"], found["name"]
    if place == "header":
        return (response if is_response else request).headers.get(name)
    if place == "query":
        return dict(parse_query(split_url(request.url).query)).get(name)
    if place == "path":
        pairs = paired(operation.route.template, split_url(request.url).path)
        return next((unquote(text) for part, text in pairs if part == "{" + name + "}"), None)
    body = value if is_response else json_body(request)
    inner = reduce(child, plain_tokens(found["pointer"] or ""), body)
    return None if inner is ABSENT else inner
