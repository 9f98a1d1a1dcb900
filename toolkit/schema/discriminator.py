"""The alternative that a `discriminator` names (OpenAPI, Discriminator Object), for messages: it never decides what is valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.document.files import Node
from toolkit.document.pointers import pointer_tokens

Tokens = tuple[str, ...]
_MOST_LEVELS = 8  # of parents that are searched for a discriminator


def part_at(schema: Any, place: Tokens) -> Any:
    """What stands at a place of a schema."""
    for token in place:
        schema = schema[int(token)] if isinstance(schema, list) else schema[token]
    return schema


def tags_of(schema: Any, place: Tokens) -> tuple[Tokens, list[str]]:
    """The place that an alternative refers to, and its properties of one value, which tell it from others."""
    rules = part_at(schema, place)
    for _ in range(32):
        if not isinstance(rules, dict) or not isinstance(rules.get("$ref"), str):
            break
        place = pointer_tokens(rules["$ref"])
        rules = part_at(schema, place)
    properties = rules.get("properties", {}) if isinstance(rules, dict) else {}
    single = [name for name, rule in properties.items() if isinstance(rule, dict) and _is_single(rule)]
    return place, single


def _is_single(rule: Mapping[str, Any]) -> bool:
    return "const" in rule or len(rule.get("enum", ())) == 1


def named_alternatives(
    schema: Mapping[str, Any], nodes: Mapping[str, Node], rules: Any, places: list[Tokens], value: Any
) -> tuple[str, dict[str, list[Tokens]]] | None:
    """The name of the property that tells the alternatives apart, and the alternatives by its values; None where no
    discriminator stands beside them or in the parent of each, or the value has no such property."""
    told = _discriminator(schema, rules, places)
    name = told.get("propertyName")
    if not isinstance(name, str) or not isinstance(value, dict) or not isinstance(value.get(name), str):
        return None
    components: dict[str, Tokens] = {}
    for place in places:
        part = part_at(schema, place)
        reference = part.get("$ref") if isinstance(part, dict) else None
        node = nodes.get(pointer_tokens(reference)[-1]) if isinstance(reference, str) else None
        if node is not None:
            components[node.tokens[-1] if node.tokens else node.path.name] = place
    stated = told.get("mapping")
    mapping = {str(tag): str(name) for tag, name in stated.items()} if isinstance(stated, dict) else {}
    ends = {tag: (pointer_tokens(end) or (end,))[-1] for tag, end in mapping.items()}
    found = {tag: [components[end]] for tag, end in ends.items() if end in components}
    rest = {own: [place] for own, place in components.items() if [place] not in found.values()}
    return name, {**rest, **found}


def _discriminator(schema: Mapping[str, Any], rules: Any, places: list[Tokens]) -> Mapping[str, Any]:
    """The discriminator beside the alternatives, else the one that they all inherit by `allOf`; {} where there is none."""
    if isinstance(rules.get("discriminator"), dict):
        return rules["discriminator"]  # type: ignore[no-any-return]
    inherited = [_inherited(schema, part_at(schema, place), 0) for place in places]
    names = {str(one.get("propertyName")) for one in inherited}
    return inherited[0] if len(names) == 1 and inherited[0] else {}


def _inherited(schema: Mapping[str, Any], part: Any, level: int) -> Mapping[str, Any]:
    if not isinstance(part, dict) or level > _MOST_LEVELS:
        return {}
    if isinstance(part.get("discriminator"), dict):
        return part["discriminator"]  # type: ignore[no-any-return]
    parents = [part_at(schema, pointer_tokens(part["$ref"]))] if isinstance(part.get("$ref"), str) else []
    found = (_inherited(schema, parent, level + 1) for parent in (*parents, *part.get("allOf", ())))
    return next(filter(None, found), {})
