"""Values -> edits of them, one property at a time, at every depth; and what the contract makes of each.

The schema says which values stand at its boundaries. A probe puts one of them in a valid body, or a valid parameter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from toolkit.client.making import made_values
from toolkit.conformance.probes.body_opinions import ABSENT, Edit, Tokens, is_surely_refused, replaced
from toolkit.conformance.probes.boundaries import Value, values_for
from toolkit.conformance.probes.opinions import ACCEPTED, OPEN, REFUSED, is_narrowed, is_strict
from toolkit.contract.flow import words
from toolkit.schema.bundle import Bundle
from toolkit.schema.judge import JsonSchema, SchemaError
from toolkit.schema.scalars import read_number
from toolkit.schema.shape import Schema, Shape, Shapes

_MOST_VALUES = 14  # of one property
_MOST_DEPTH = 6
_FIELDS = frozenset({"form", "multipart", "xml", "deep"})  # objects; `deep` are those that brackets spread over pairs
_STRUCTURED = frozenset({"object", "array"})
_DEEP = frozenset({"json", "xml", "deep"})
_OTHER_TYPES: Mapping[str, Sequence[tuple[Any, str]]] = {
    "string": (({}, "object"), ([1], "array")),
    "integer": (("abc", "letters"), ({}, "object"), (1.5, "fraction")),
    "number": (("abc", "letters"), ({}, "object")),
    "boolean": (("abc", "letters"), ({}, "object")),
    "array": ((7, "number"), ({"a": 1}, "object")),
    "object": (("abc", "letters"), ([1], "array")),
}
# Names of values that other data decide on: of things that have to exist, and of the ends of a range.
BOUND_ELSEWHERE = frozenset({
    "id", "uuid", "key", "min", "max", "from", "to", "start", "end", "begin", "before", "after", "since", "until", "parent", "ref",
    "ids", "uuids", "keys", "parents", "refs", "low", "high", "lower", "upper", "least", "most", "gt", "gte", "lt", "lte",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """The shapes of a body's schema, and its bundle, from which items are made."""

    shapes: Shapes
    bundle: Bundle

    def value(self, schemas: Sequence[Schema]) -> Any:
        """A valid value, such as an item of an array; ABSENT where none can be made."""
        schema = {"allOf": list(schemas), "$defs": self.bundle.schema.get("$defs", {})}
        return next(made_values(replace(self.bundle, schema=schema)), ABSENT) if schemas else ABSENT


def edits_of(made: Made, shape: Shape, value: Any, at: Tokens, kind: str, *, is_made: bool = False) -> Iterator[Edit]:
    """The edits of a value and of all that is within it; within a value that is made, nothing more is made."""
    is_flat = kind not in _DEEP  # a field of a form has items, and no properties that all services read alike
    if len(at) > (2 if is_flat else _MOST_DEPTH) or shape.groups or (is_flat and at and isinstance(value, dict)):
        return
    if at or kind not in _FIELDS:
        yield from list(_values(shape, value, at, kind))[:_MOST_VALUES]
    if isinstance(value, dict):
        yield from (Edit((*at, name), ABSENT, "missing", 1) for name in sorted(shape.required & value.keys()))
        if shape.closed:
            yield Edit((*at, "noSuchProperty"), "x", "unknown property", 1)
        for name, schemas in shape.properties.items():
            inner = made.shapes.of(*schemas)
            if any(part.schema.get("readOnly") is True for part in inner.parts):
                continue
            yield from edits_of(made, inner, value.get(name, ABSENT), (*at, name), kind, is_made=is_made)
            if name not in value and inner.known and inner.types <= _STRUCTURED and not is_flat and not is_made:
                yield from _within(made, inner, made.value(schemas), (*at, name), kind)
    elif isinstance(value, list) and value:
        yield from edits_of(made, made.shapes.of(*shape.items), value[0], (*at, "0"), kind, is_made=is_made)
    elif isinstance(value, list) and not is_made:
        items = made.shapes.of(*shape.items)
        for edit in _within(made, items, made.value(shape.items), (), kind):
            yield replace(edit, at=at, value=[edit.value])


def _within(made: Made, shape: Shape, whole: Any, at: Tokens, kind: str) -> Iterator[Edit]:
    """The edits of a made value, which is not in the plain body, each as one edit that puts the changed value at its place."""
    for edit in edits_of(made, shape, whole, (), kind, is_made=True) if whole is not ABSENT else ():
        if edit.at or not at:
            yield Edit(at, replaced(whole, edit.at, edit.value), edit.label, edit.rank)


def _values(shape: Shape, value: Any, at: Tokens, kind: str) -> Iterator[Edit]:
    """The values to put in the place of one, of its own types and of others."""
    keywords = {key: own for part in reversed(shape.parts) for key, own in part.schema.items()}
    types = sorted(shape.types - {"null"}) if shape.known else []
    known = [value] if isinstance(value, str) else []
    made = values_for(keywords, types, known, ()) if types and not {"object", "array"} & {*types} else []
    for one in made:
        yield from _typed(one, types, at, kind)
    if kind != "json":
        return
    name = "integer" if types == ["integer", "number"] and "integer" in _stated_types(keywords) else None
    for other, label in _OTHER_TYPES.get(name or (types[0] if len(types) == 1 else ""), ()):
        yield Edit(at, other, label, 1)
    if shape.known and "null" not in shape.types:
        yield Edit(at, None, "null", 1)
    if isinstance(value, list):
        yield from _sizes(value, keywords, at)


def _stated_types(keywords: Mapping[str, Any]) -> Sequence[str]:
    stated = keywords.get("type", ())
    return [stated] if isinstance(stated, str) else stated


def _typed(value: Value, types: Sequence[str], at: Tokens, kind: str) -> Iterator[Edit]:
    """A text as a value of JSON: a number where one is meant, else the string itself."""
    number = read_number(value.text) if {"integer", "number"} & {*types} else value.text
    if kind != "json" or "string" in types:
        yield Edit(at, value.text, value.label, value.rank)
    elif "boolean" in types and value.text in ("true", "false"):
        yield Edit(at, value.text == "true", value.label, value.rank)
    elif not isinstance(number, str):
        yield Edit(at, number, value.label, value.rank)


def _sizes(value: list[Any], keywords: Mapping[str, Any], at: Tokens) -> Iterator[Edit]:
    least, most = keywords.get("minItems"), keywords.get("maxItems")
    if isinstance(least, int) and 0 < least <= len(value) + 1:
        yield Edit(at, value[: least - 1], "one item too few", 1)
    if isinstance(most, int) and value and most < 500:
        yield Edit(at, (value * (most + 1))[: most + 1], "one item too many", 1)
    if keywords.get("uniqueItems") is True and value:
        yield Edit(at, [value[0], value[0]], "an item twice", 1)


def by_worth(edits: Sequence[Edit]) -> list[Edit]:
    """The edits in the order of their ranks, of each place one after the other, so that no property takes all the probes."""
    places: dict[Tokens, list[Edit]] = {}
    for edit in sorted(edits, key=lambda edit: edit.rank):
        places.setdefault(edit.at, []).append(edit)
    turns = [edit for row in zip_longest(*places.values()) for edit in row if edit]
    return sorted(turns, key=lambda edit: edit.rank)


def expected_of_edit(schema: JsonSchema, changed: Any, edit: Edit, errors: Sequence[SchemaError]) -> str:
    if errors:
        sure = all(is_surely_refused(schema, changed, error.at, error.rule) for error in errors)
        return REFUSED if sure else OPEN
    is_bound = bool(edit.at and BOUND_ELSEWHERE & {*words(edit.at[-1])})
    if edit.value is ABSENT or isinstance(edit.value, dict | list) or is_bound:
        return OPEN
    shapes = Shapes(schema.bundle.schema)
    shape = shapes.of(schema.bundle.schema)
    for token in edit.at:
        shape = shapes.of(*(shape.items if token.isdecimal() and shape.items else shape.properties.get(token, ())))
    keywords = {key: own for part in reversed(shape.parts) for key, own in part.schema.items()}
    text = edit.value if isinstance(edit.value, str) else json.dumps(edit.value)
    return ACCEPTED if is_narrowed(keywords) and is_strict({*shape.types}, keywords, text) else OPEN
