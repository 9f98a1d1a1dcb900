"""A contract with parts that cannot be used -> the same without them, each a finding.

A live test asks the operations that have such schemas too: what else the contract says of them holds. One keyword that is
wrong, such as `type: int`, must not hide a whole service.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.document.files import Files, Node, at
from toolkit.errors import ContractError
from toolkit.schema.bundle import Bundle
from toolkit.schema.judge import SchemaUnusable, compile_schema
from toolkit.verdict import Violation

_MEANT = {
    "int": "integer", "long": "integer", "int32": "integer", "int64": "integer", "float": "number", "double": "number", "decimal": "number",
    "bool": "boolean", "str": "string", "text": "string", "file": "string", "date": "string", "datetime": "string", "date-time": "string",
    "uuid": "string", "dict": "object", "map": "object", "list": "array",
}  # fmt: skip
"""Types of other languages and of OpenAPI 2.0, and the JSON types that are meant."""
_STATUS = re.compile(r"default|[1-5](?:\d\d|XX)", re.IGNORECASE)
_MOST_TURNS = 20  # of leaving out: a schema may have several keywords that are wrong


def repaired(contract: Contract) -> tuple[Contract, list[Violation]]:
    """The contract without what cannot be used: keywords of schemas, responses and operations that cannot be read, such as one
    with a reference that leads nowhere. Each is a finding."""
    contract, findings = _without_lost(contract)
    contract, more = _with_open_responses(contract)
    findings += more
    for _ in range(_MOST_TURNS):
        broken = {error.node.key: error for error in _broken(contract)}
        if not broken:
            break
        for error in broken.values():
            meant = _meant(error.node)
            findings.append(_finding(error, f"it was read as {meant}" if meant else "what it says was not checked"))
        contract = _without(contract, [error.node for error in broken.values()])
    return contract, findings


def _without_lost(contract: Contract) -> tuple[Contract, list[Violation]]:
    """The contract without the operations that cannot be read: with a reference that leads nowhere, a parameter without a name."""
    lost: dict[Operation, ContractError] = {}
    for operation in contract.operations():
        try:
            list(_of_request(operation))
            if operation.querystring:
                what = "a query that is one value (`in: querystring`) is not made here"
                raise ContractError(f"{operation.querystring.location}: {what}; ask it by hand")
        except ContractError as error:
            lost[operation] = error
    found = [_finding(error, f"{operation.name} was not tested", operation.name) for operation, error in lost.items()]
    return (_without(contract, [operation.node for operation in lost]) if lost else contract), found


def _with_open_responses(contract: Contract) -> tuple[Contract, list[Violation]]:
    """The contract in which a response that cannot be read says nothing: the status is documented, and all else is open."""
    lost: dict[Node, ContractError] = {}
    for operation in contract.operations():
        listed = operation.node.get("responses")
        for key, node in listed.children() if listed else ():
            try:
                operation.response_spec(key, node.follow())
            except ContractError as error:
                lost[node] = error
    found = [_finding(error, "what the response holds was not checked") for error in lost.values()]
    return (_without(contract, lost) if lost else contract), found


def _broken(contract: Contract) -> Iterator[SchemaUnusable]:
    known = set[str]()  # many parameters have the same schema
    for operation in contract.operations():
        for bundle in _bundles(operation):
            text = repr(bundle.schema)
            if text in known:
                continue
            try:
                compile_schema(bundle)
                known.add(text)
            except SchemaUnusable as error:
                yield error


def _bundles(operation: Operation) -> Iterator[Bundle]:
    """The schemas of an operation; of its responses as far as the contract can be followed to them."""
    yield from _of_request(operation)
    with suppress(ContractError):
        for spec in operation.responses.values():
            yield from (header.bundle for header in spec.headers)
            yield from _of_content(operation, spec.content.values(), request=False)


def _of_request(operation: Operation) -> Iterator[Bundle]:
    yield from (parameter.bundle for parameter in operation.parameters)
    yield from _of_content(operation, operation.request_content.values(), request=True)


def _of_content(operation: Operation, content: Iterable[Node], *, request: bool) -> Iterator[Bundle]:
    for media in content:
        found = operation.body_bundle(media, request=request)
        if found is not None:
            yield found


def _finding(error: ContractError, lost: str, operation: str = "") -> Violation:
    place, _, reason = str(error).partition(": ")
    what, _, cure = reason.rpartition("; ")
    hint = cure if what else "correct the contract there"
    return Violation("contract-unusable", f"{what or reason}: {lost}", "contract", place, hint, operation)


def _meant(node: Node) -> str:
    """The type that a wrong one stands for; '' if it is none, or not known."""
    return _MEANT.get(str(node.value).lower(), "") if node.tokens[-1] == "type" else ""


def _without(contract: Contract, nodes: Iterable[Node]) -> Contract:
    """A copy of the contract in which these nodes are gone, or say what they mean; the schema of a parameter or body is empty then."""
    old = contract.root.files
    files = Files(old.folder, {path: copy.deepcopy(tree) for path, tree in old.trees.items()})
    for node in nodes:
        _take_out(at(files.node(node.path), node.tokens[:-1]), node)
    return replace(contract, root=files.node(contract.root.path), _groups={}, _built={}, _found={})


def _take_out(parent: Node | None, node: Node) -> None:
    holder: Any = parent.value if parent else None
    key = node.tokens[-1]
    if isinstance(holder, list) and key.isdecimal():
        holder[int(key)] = {}  # the others keep their numbers
    elif isinstance(holder, dict) and key == "schema":
        holder[key] = {}
    elif isinstance(holder, dict) and _meant(node):
        holder[key] = _meant(node)
    elif isinstance(holder, dict) and node.tokens[-2:-1] == ("responses",) and _STATUS.fullmatch(key):
        holder[key] = {"description": "", "content": {"*/*": {}}}
    elif isinstance(holder, dict):
        holder.pop(key, None)
