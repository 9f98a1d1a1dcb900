"""What the schema at a node includes by `$ref` and `allOf`, and which of the properties that it requires one side alone may send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from toolkit.document.files import Node, at
from toolkit.document.pointers import array_at, as_object, object_at
from toolkit.errors import ContractError

SCHEMA_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
MOST_LEVELS = 6  # of includes that are searched for `readOnly` and `writeOnly`


def shown_names(required: list[Any], node: Node, whole: tuple[Node, ...], hidden: str) -> list[Any]:
    """What is required at a node, without the properties that are declared there, or in the whole, as hidden."""
    own, names = _declared(node, 0) if required else {}, [name for name in required if isinstance(name, str)]
    if not own.keys() >= set(names):
        own = _declared(whole[0], MOST_LEVELS)
    hidden_ones = {name for name in names if any(_says(member, hidden) for member in own.get(name, ()))}
    return [name for name in required if not isinstance(name, str) or name not in hidden_ones]


def requires_hidden(node: Node, whole: tuple[Node, ...], hidden: str) -> bool:
    """Whether a part of a whole, or what it includes, requires what only others of its parts declare, as hidden."""
    required = array_at(node.value, "required")
    is_elsewhere = not _declared(node, 0).keys() >= set(map(str, required))
    if is_elsewhere and shown_names(required, node, whole, hidden) != required:
        return True
    inner = (*whole, node)
    parts = (part.follow() for part in _included(node)) if len(inner) < MOST_LEVELS else ()
    return any(requires_hidden(part, inner, hidden) for part in parts if part.key not in {one.key for one in inner})


def subtypes(node: Node) -> dict[str, Node]:
    """What the discriminator of a parent leads to, by its values: what `mapping` names, and the components beside it that include
    the parent (OpenAPI, Discriminator Object). A request is made as one of these, though the schema itself takes less."""
    told = as_object(node.value.get("discriminator"))
    if not isinstance(told.get("propertyName"), str) or node.value.keys() & {"oneOf", "anyOf"}:
        return {}
    beside = dict(siblings.children()) if (siblings := at(node.document, node.tokens[:-1])) else {}
    found: dict[str, Node] = {}
    for tag, target in object_at(told, "mapping").items():
        with suppress(ContractError):
            found[tag] = beside[target] if target in beside else node.refer(str(target))
    mapped = {node.key, *(target.key for target in found.values())}
    heirs = {name: one for name, one in beside.items() if one.key not in mapped and _includes(one, node)}
    return {**heirs, **{tag: target for tag, target in found.items() if target.key != node.key}}


def _includes(node: Node, parent: Node) -> bool:
    for _, part in parts.children() if (parts := node.raw("allOf")) else ():
        with suppress(ContractError):
            if part.is_reference and part.refer(part.value["$ref"]).key == parent.key:
                return True
    return False


def whole_of(node: Node) -> Node:
    """The schema that a part of an `allOf`, an `anyOf` or a condition belongs to: a property that the part requires may be declared
    there. Not of a `oneOf`, of which more would fit with less required."""
    tokens = node.tokens
    while (is_part := tokens[-2:-1] in (("allOf",), ("anyOf",))) or (
        tokens[-1:] in (("then",), ("else",)) and SCHEMA_MAPS.isdisjoint(tokens[-2:-1])
    ):
        tokens = tokens[:-2] if is_part else tokens[:-1]
    return node if tokens == node.tokens else at(node.document, tokens) or node


def _declared(node: Node, levels: int) -> dict[str, list[Node]]:
    """The declarations of each property in a schema and, so many levels down, in what it includes."""
    properties = node.raw("properties")
    found = {name: [member] for name, member in (properties.children() if properties else ())}
    for part in _included(node) if levels else ():
        for name, members in _declared(part, levels - 1).items():
            found.setdefault(name, []).extend(members)
    return found


def _included(node: Node) -> Iterator[Node]:
    """What a schema includes by `$ref` and `allOf`."""
    if node.is_reference:
        yield node.refer(node.value["$ref"])
    parts = node.raw("allOf")
    yield from (part for _, part in parts.children()) if parts else ()


def _says(member: Node, word: str, levels: int = MOST_LEVELS) -> bool:
    """Whether a schema has `word: true`, itself or by what it includes."""
    if as_object(member.value).get(word) is True:
        return True
    return bool(levels) and any(_says(part, word, levels - 1) for part in _included(member))
