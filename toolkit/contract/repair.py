"""A contract with parts that cannot be used -> the same without them, each a finding.

A live test asks the operations that have such schemas too: what else the contract says of them holds. One keyword that is
wrong, such as `type: int`, must not hide a whole service.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation, listed_parameters
from toolkit.contract.promises import LAWS, PAGES, read_facts
from toolkit.contract.routing import PARAMETER
from toolkit.document.files import Files, Node, PartUnusable, at
from toolkit.errors import ContractError
from toolkit.schema.bundle import Bundle
from toolkit.schema.judge import SchemaUnusable, Usable
from toolkit.structs import replace
from toolkit.verdict import Violation

Made = TypeVar("Made")
Choose = Callable[[Contract], Iterable[Operation]]
_MEANT = {
    "int": "integer", "long": "integer", "int32": "integer", "int64": "integer", "float": "number", "double": "number", "decimal": "number",
    "bool": "boolean", "str": "string", "text": "string", "file": "string", "date": "string", "datetime": "string", "date-time": "string",
    "uuid": "string", "dict": "object", "map": "object", "list": "array",
}  # fmt: skip
"""Types of other languages and of OpenAPI 2.0, and the JSON types that are meant."""
_LOSSES = {"responses": "what the response holds was not checked", "parameters": "the parameter was not sent"}
_MOST_TURNS = 20  # of leaving out: a schema may have several keywords that are wrong


def repaired(contract: Contract, choose: Choose = Contract.operations) -> tuple[Contract, list[Violation]]:
    """The contract without what the chosen operations cannot use: paths, references that lead nowhere, keywords of schemas,
    operations that cannot be asked. Each is a finding; where it leaves open what a request has to be, it names the operations."""
    try:
        choose(contract)
        of_paths = list[Violation]()
    except ContractError:
        contract, of_paths = _without_paths(contract)
    findings: dict[Any, Violation] = {}
    asked = {operation.name for operation in choose(contract)}
    for _ in range(_MOST_TURNS):
        broken = list(_broken(operation for operation in choose(contract) if operation.name in asked))
        if not broken:
            break
        for operation, error, is_asked in broken:
            found = findings.get(error.node.key) or _finding(error, _loss(error))
            known = found.operation.split(", ") if found.operation else []
            is_open = is_asked and not _meant(error.node) and operation.name not in known
            names = ", ".join([*known, *([operation.name] if is_open else [])])
            findings[error.node.key] = replace(found, operation=names)
        asked = {operation.name for operation, *_ in broken}
        contract = _without(contract, {error.node.key: (error, operation) for operation, error, _ in broken}.values())
    contract, more = _without_lost(contract, choose)
    contract, of_laws = _without_laws(contract, choose)
    contract = _with_names_of_paths(contract, choose)
    return contract, [*of_paths, *findings.values(), *more, *of_laws]


def made_of_rest(
    contract: Contract, make: Callable[[Contract], Made], choose: Choose = Contract.operations
) -> tuple[Made, list[str]]:
    """What is made of the operations that are chosen of a contract, or of what can be used of them where the whole cannot, and then
    a line for each part that is left out. Raises ContractError."""
    try:
        return make(contract), []
    except ContractError:
        rest, found = repaired(contract, choose)
        if not found:
            raise
        faults = ((one, *one.message.rpartition(": ")) for one in found)
        read = ((one, fault, loss if loss.startswith("it was read") else "left out") for one, fault, _, loss in faults)
        return make(rest), [f"{one.contract}: {fault}: {what}; {one.hint}" for one, fault, what in read]


def _without_paths(contract: Contract) -> tuple[Contract, list[Violation]]:
    gone, found, paths = list[tuple[PartUnusable, None]](), list[Violation](), contract.root.get("paths")
    for route, error in contract.unreadable():
        node = paths.raw(route.key) if paths else None
        if node is not None:
            gone.append((PartUnusable(str(error), node), None))
            found.append(_finding(error, f"{route.key} was not tested"))
    return (_without(contract, gone) if gone else contract), found


def _broken(operations: Iterable[Operation]) -> Iterator[tuple[Operation, PartUnusable, bool]]:
    """What cannot be used of operations, and whether requests need it: all schemas that are none, or the first part that cannot
    be read at all."""
    usable = Usable()
    for operation in operations:
        for is_asked, bundles in ((True, _of_request(operation)), (False, _of_responses(operation))):
            try:
                for bundle in bundles:
                    try:
                        usable.check(bundle)
                    except SchemaUnusable as error:
                        yield operation, error, is_asked
            except PartUnusable as error:  # the whole document may stand for a part of it, by an empty `$ref`
                yield operation, error if error.node.tokens else PartUnusable(str(error), operation.node), is_asked


def _without_lost(contract: Contract, choose: Choose) -> tuple[Contract, list[Violation]]:
    """The contract without the operations that cannot be asked."""
    lost: dict[Operation, ContractError] = {}
    for operation in choose(contract):
        try:
            list(_of_request(operation))
        except ContractError as error:
            lost[operation] = error
    found = [_finding(error, f"{one.name} was not tested", one.name) for one, error in lost.items()]
    gone = [(PartUnusable(str(error), one.node), one) for one, error in lost.items()]
    return (_without(contract, gone) if lost else contract), found


def _without_laws(contract: Contract, choose: Choose) -> tuple[Contract, list[Violation]]:
    """The contract without the laws and pages of operations that cannot be read."""
    found = dict[str, Violation]()  # by the place: one operation may take its laws from another one
    gone: list[tuple[PartUnusable, Operation]] = []
    for operation in choose(contract):
        try:
            read_facts(operation, contract)
        except ContractError as error:
            found.setdefault(str(error), _finding(error, f"no law of {operation.name} was checked"))
            parts = map(operation.node.get, (LAWS, PAGES))
            gone += [(PartUnusable(str(error), part), operation) for part in parts if part]
    return (_without(contract, gone) if gone else contract), [*found.values()]


def _with_names_of_paths(contract: Contract, choose: Choose) -> Contract:
    """The contract with the parameters that paths name and nothing declares, each any string: some value has to be sent."""
    undeclared = {one.node.key: (one, names) for one in choose(contract) if (names := _undeclared(one))}
    copied = _without(contract, ()) if undeclared else contract
    for operation, names in undeclared.values():
        owner = at(copied.root.files.node(operation.node.path), operation.node.tokens)
        more = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        if owner and isinstance(owner.value.setdefault("parameters", []), list):
            owner.value["parameters"] += more
    return copied


def _of_responses(operation: Operation) -> Iterator[Bundle]:
    for spec in operation.responses.values():
        yield from (header.bundle for header in spec.headers)
        yield from _of_content(operation, spec.content.values(), request=False)


def _of_request(operation: Operation) -> Iterator[Bundle]:
    yield from (parameter.bundle for parameter in operation.parameters)
    yield from _of_content(operation, operation.request_content.values(), request=True)


def _of_content(operation: Operation, content: Iterable[Node], *, request: bool) -> Iterator[Bundle]:
    return filter(None, (operation.body_bundle(media, request=request) for media in content))


def _finding(error: ContractError, lost: str, operation: str = "") -> Violation:
    place, what, cure = error.parts
    return Violation("contract-unusable", f"{what}: {lost}", "contract", place, cure, operation)


def _loss(error: PartUnusable) -> str:
    """What is not examined for the want of a part."""
    holder = error.node.tokens[-2:-1]
    if meant := _meant(error.node):
        return f"it was read as {meant}"
    if isinstance(error, SchemaUnusable):
        return "what it says was not checked"
    if error.node.tokens[-1:] == ("requestBody",):
        return "requests were sent without a body"
    return _LOSSES.get(holder[0] if holder else "", "what it says was not checked")


def _meant(node: Node) -> str:
    """The type that a wrong one stands for; '' if it is none, or not known."""
    return _MEANT.get(str(node.value).lower(), "") if node.tokens[-1] == "type" else ""


def _without(contract: Contract, parts: Iterable[tuple[PartUnusable, Operation | None]]) -> Contract:
    """A copy of the contract in which these parts of operations are gone, say nothing, or say what they mean."""
    old = contract.root.files
    files = Files(old.folder, {path: copy.deepcopy(tree) for path, tree in old.trees.items()})
    for error, operation in parts:
        _take_out(at(files.node(error.node.path), error.node.tokens[:-1]), error, operation)
    return replace(contract, root=files.node(contract.root.path), _groups={}, _built={}, _found={})


def _take_out(parent: Node | None, error: PartUnusable, operation: Operation | None) -> None:
    holder: Any = parent.value if parent else None
    key: Any = error.node.tokens[-1]
    key = int(key) if isinstance(holder, list) and key.isdecimal() else key
    if isinstance(error, SchemaUnusable) and isinstance(holder, dict) and key != "schema":
        holder[key] = _meant(error.node)
        if not holder[key]:
            del holder[key]
    elif operation is None or error.node.tokens == operation.node.tokens:
        del holder[key]
    elif holder is not None:
        holder[key] = _instead(error.node, operation)


def _instead(node: Node, operation: Operation) -> dict[str, Any]:
    """What says nothing in the place of a part: any response, or a parameter that the path needs, or that nobody sends."""
    holder = node.tokens[-2:-1]
    if holder == ("responses",):
        return {"description": "", "content": {"*/*": {}}}
    if holder == ("parameters",):
        return {"name": next(iter(_undeclared(operation)), ""), "in": "path", "required": True, "schema": {}}
    return {}


def _undeclared(operation: Operation) -> list[str]:
    """The names in the path that no parameter which can be read has."""
    declared = {name for owner in (operation.path_item, operation.node) for _, name, _ in listed_parameters(owner)}
    return [name for name in PARAMETER.findall(operation.route.template) if name not in declared]
