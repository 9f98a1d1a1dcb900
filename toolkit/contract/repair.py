"""A contract in which some schemas are no JSON Schema -> the same without the keywords that make them so.

A live test asks the operations that need such schemas too: what else the contract says of them holds. Each keyword that was
left out is a finding. One keyword that is wrong, such as `type: int`, must not hide a whole service.
"""

from __future__ import annotations

import copy
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

_MOST_TURNS = 20  # of leaving out: a schema may have several keywords that are wrong


def repaired(contract: Contract) -> tuple[Contract, list[Violation]]:
    """The contract with schemas that can be used, and a finding for each keyword that was left out for it."""
    findings: list[Violation] = []
    for _ in range(_MOST_TURNS):
        broken = {error.node.key: error for error in _broken(contract)}
        if not broken:
            break
        findings += map(_finding, broken.values())
        contract = _without(contract, [error.node for error in broken.values()])
    return contract, findings


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
    """The schemas of an operation, as far as the contract can be followed to them."""
    with suppress(ContractError):
        yield from (parameter.bundle for parameter in operation.parameters)
    with suppress(ContractError):
        yield from _of_content(operation, operation.request_content.values(), request=True)
    with suppress(ContractError):
        for spec in operation.responses.values():
            yield from (header.bundle for header in spec.headers)
            yield from _of_content(operation, spec.content.values(), request=False)


def _of_content(operation: Operation, content: Iterable[Node], *, request: bool) -> Iterator[Bundle]:
    for media in content:
        found = operation.body_bundle(media, request=request)
        if found is not None:
            yield found


def _finding(error: SchemaUnusable) -> Violation:
    place, _, reason = str(error).partition(": ")
    message = f"{reason.rpartition('; ')[0]}; it was left out, and what it says was not checked"
    return Violation("contract-unusable", message, "contract", place, "correct the contract there")


def _without(contract: Contract, nodes: Iterable[Node]) -> Contract:
    """A copy of the contract in which these nodes are gone; the schema of a parameter or body is empty then."""
    old = contract.root.files
    files = Files(old.folder, {path: copy.deepcopy(tree) for path, tree in old.trees.items()})
    for node in nodes:
        _take_out(at(Node(files, node.path, (), files.trees[node.path]), node.tokens[:-1]), node)
    root = Node(files, contract.root.path, (), files.trees[contract.root.path])
    return replace(contract, root=root, _groups={}, _built={}, _found={})


def _take_out(parent: Node | None, node: Node) -> None:
    holder: Any = parent.value if parent else None
    key = node.tokens[-1]
    if isinstance(holder, list) and key.isdecimal():
        holder[int(key)] = {}  # the others keep their numbers
    elif isinstance(holder, dict) and key == "schema":
        holder[key] = {}
    elif isinstance(holder, dict):
        holder.pop(key, None)
