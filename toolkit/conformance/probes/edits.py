"""Values -> edits of them, one property at a time, at every depth; and what the contract makes of each.

The schema says which values stand at its boundaries. A probe puts one of them in a valid body, or a valid parameter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, zip_longest
from typing import Any

from toolkit.client.making import made_values
from toolkit.conformance.probes.boundaries import Value, values_for
from toolkit.conformance.probes.expected import ITEM_TWICE, Edit, Tokens
from toolkit.conformance.probes.opinions import ACCEPTED, OPEN, REFUSED, is_narrowed, is_strict, is_surely_refused
from toolkit.contract.flow import words
from toolkit.contract.promises import dig
from toolkit.contract.resources import BOUND_ELSEWHERE
from toolkit.document.pointers import ABSENT, grouped, put_at
from toolkit.schema.bundle import Bundle, stated_types
from toolkit.schema.judge import JsonSchema, compile_schema
from toolkit.schema.messages import SchemaError
from toolkit.schema.scalars import read_number
from toolkit.schema.shape import Shape, Shapes
from toolkit.structs import Frozen, replace

_MOST_VALUES, _MOST_OF_ITEM = 14, 20  # of one property, and of an item of a parameter, of which readers differ in more
_MOST_MADE = 24  # values among which one of each alternative is looked for
_MOST_DEPTH = 6
_MOST_ITEMS = 500
_MOST_SENT = 100  # the same of an array that is a parameter
# Objects, of which `deep` are those that brackets spread over pairs, and arrays that are a parameter
_FIELDS = frozenset({"form", "multipart", "xml", "deep", "list"})
_PLAIN = re.compile(r"[A-Za-z0-9_:-]+")  # no style of an array takes such a text apart
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


class Made(Frozen):
    """The shapes of a body's schema, and its bundle, from which items are made."""

    shapes: Shapes
    bundle: Bundle

    def values(self, shape: Shape) -> Iterator[tuple[Shape, Any]]:
        """A valid value of each form that a shape has, with that form, as far as one can be made."""
        seen = set[object]()
        made = islice(made_values(self._whole(shape)), _MOST_MADE) if shape.parts else ()
        for value in made:
            form = self.form(shape, value)
            if value in ({}, []) and not shape.groups:
                continue  # with nothing in it, there is nothing to change
            if form is not None and form.key not in seen:
                seen.add(form.key)
                yield form, value
            if not shape.groups:
                return

    def items(self, shape: Shape, known: list[Any], count: int) -> list[Any]:
        """So many items of an array, the known ones first, different ones as far as there are."""
        made, found = made_values(self.bundle.part(shape.items)) if shape.items else (), list[Any]()
        for value in chain(known, islice(made, count)):
            found += [value] if value not in found else []
        return (found * count)[:count]

    def form(self, shape: Shape, value: Any) -> Shape | None:
        """The shape of the alternatives that a value is made of, the shape itself where it has none; None if it cannot be told."""
        if not shape.groups:
            return shape
        fitting = [one for one in self.shapes.alternatives(shape) if self.shapes.fits(value, one)]
        if len(fitting) > 1:
            fitting = [one for one in fitting if compile_schema(self._whole(one)).is_valid(value)]
        return self.form(fitting[0], value) if fitting else None

    def _whole(self, shape: Shape) -> Bundle:
        return self.bundle.part(part.schema for part in shape.parts)


def edits_of(made: Made, shape: Shape, value: Any, at: Tokens, kind: str, *, is_made: bool = False) -> Iterator[Edit]:
    """The edits of a value and of all that is within it; within a value that is made, nothing more is made."""
    kind = "json" if at and kind == "multipart" and isinstance(value, dict) else kind  # what such a part holds
    is_flat = kind not in _DEEP  # a field of a form has items, and no properties that all services read alike
    if len(at) > (2 if is_flat else _MOST_DEPTH) or (is_flat and at and isinstance(value, dict)):
        return
    forms = (made.shapes.alternatives(shape) if shape.groups else (shape,)) if at and kind == "json" else ()
    if value is not None and any(one.known and "null" in one.types for one in forms):
        yield Edit(at, None, "null", 2)
    if shape.groups:
        own = made.form(shape, value) if value is not ABSENT else None
        yield from edits_of(made, own, value, at, kind, is_made=is_made) if own else ()
        yield from _within(made, shape, at, kind, own) if not is_made and not (is_flat and at) else ()
        return
    if at or kind not in _FIELDS:
        chosen: dict[str, Edit] = {}
        for edit in sorted(_values(shape, value, at, kind), key=lambda one: one.rank):
            chosen.setdefault(repr(edit.value), edit)
        yield from islice(chosen.values(), _MOST_OF_ITEM if kind == "list" else _MOST_VALUES)
    if isinstance(value, dict):
        yield from _of_object(made, shape, value, at, kind, is_made=is_made)
    elif isinstance(value, list):
        yield from _of_list(made, shape, value, at, kind, is_made=is_made)


def _of_object(
    made: Made, shape: Shape, value: dict[str, Any], at: Tokens, kind: str, *, is_made: bool
) -> Iterator[Edit]:
    """The edits of the names of an object, and of its properties: all that the schema names, and one that it does not."""
    yield from _names(shape, value, at)
    yield from _of_map(made, shape, value, at) if not shape.properties else ()
    unnamed = (name for name in value if name not in shape.properties)
    for name in (*shape.properties, *islice(unnamed, 1)):
        inner = made.shapes.of(*shape.of_property(name))
        if any(part.schema.get("readOnly") is True for part in inner.parts):
            continue
        yield from edits_of(made, inner, value.get(name, ABSENT), (*at, name), kind, is_made=is_made)
        is_compound = inner.known and inner.types <= _STRUCTURED and not inner.groups
        if name not in value and is_compound and not is_made and (kind in _DEEP or "object" not in inner.types):
            yield from _within(made, inner, (*at, name), kind)


def _of_list(made: Made, shape: Shape, value: list[Any], at: Tokens, kind: str, *, is_made: bool) -> Iterator[Edit]:
    """The edits of the size of a list, and of its first items; of an empty one, lists of an item that is made."""
    yield from _sizes(made, shape, value, at, kind)
    items = made.shapes.of(*shape.items)
    for index in range(min(len(value), max(1, len(shape.first)))):
        item = made.shapes.of(*_item_schemas(shape, index))
        yield from edits_of(made, item, value[index], (*at, str(index)), kind, is_made=is_made)
    if not value and not is_made:
        yield from (replace(edit, at=at, value=[edit.value]) for edit in _within(made, items, (*at, "0"), kind))


def _names(shape: Shape, value: dict[str, Any], at: Tokens) -> Iterator[Edit]:
    """The edits of which properties an object has."""
    yield from (Edit((*at, name), ABSENT, "missing", 1) for name in sorted(shape.required & value.keys()))
    if shape.closed:
        yield Edit((*at, "noSuchProperty"), "x", "unknown property", 1)
    forbidden = (name for name, own in shape.properties.items() if False in own and name not in value)
    yield from (Edit((*at, name), "x", "forbidden property", 1) for name in islice(forbidden, 1))


def _item_schemas(shape: Shape, index: int) -> Sequence[Any]:
    return (shape.first[index],) if index < len(shape.first) else shape.items


def _within(made: Made, shape: Shape, at: Tokens, kind: str, own: Shape | None = None) -> Iterator[Edit]:
    """The edits of made values, which are not in the plain body, each as one edit that puts the changed value at its place: of
    each form that the shape has, but for the form that the plain body has there."""
    for number, (form, whole) in enumerate(made.values(shape), 1):
        words = f" as alternative {number}" if shape.groups and at else f" alternative {number}" if shape.groups else ""
        for edit in edits_of(made, form, whole, (), kind, is_made=True) if form is not own else ():
            if edit.at:
                inner = replace(edit, at=(*at, *edit.at))
                yield Edit(at, put_at(whole, edit.at, edit.value), edit.label, edit.rank, inner, words)
            elif shape.groups or at[-1:] == ("0",) or isinstance(edit.value, list):  # else it is one of what is absent
                yield replace(edit, at=at)


def _values(shape: Shape, value: Any, at: Tokens, kind: str) -> Iterator[Edit]:
    """The values to put in the place of one, of its own types and of others."""
    keywords = shape.keywords
    types = sorted(shape.types - {"null"}) if shape.known else []
    known = [value] if isinstance(value, str) else []
    made = values_for(keywords, types, known, ()) if types and not {"object", "array"} & {*types} else []
    for one in made:
        yield from _typed(one, types, at, kind) if kind != "list" or _PLAIN.fullmatch(one.text) else ()
    if kind != "json":
        return
    name = "integer" if types == ["integer", "number"] and "integer" in stated_types(keywords) else None
    for other, label in _OTHER_TYPES.get(name or (types[0] if len(types) == 1 else ""), ()):
        yield Edit(at, other, label, 1)
    if shape.known and "null" not in shape.types:
        yield Edit(at, None, "null", 1)


def _typed(value: Value, types: Sequence[str], at: Tokens, kind: str) -> Iterator[Edit]:
    """A text as a value of JSON: a number where one is meant, else the string itself."""
    number = read_number(value.text) if {"integer", "number"} & {*types} else value.text
    if kind != "json" or "string" in types:
        yield Edit(at, value.text, value.label, value.rank)
    elif "boolean" in types and value.text in ("true", "false"):
        yield Edit(at, value.text == "true", value.label, value.rank)
    elif not isinstance(number, str):
        yield Edit(at, number, value.label, value.rank)


def _sizes(made: Made, shape: Shape, value: list[Any], at: Tokens, kind: str) -> Iterator[Edit]:
    """The least number of items and the most, one less and one more, and one item twice, where it may not be."""
    keywords, limit = shape.keywords, _MOST_SENT if kind == "list" else _MOST_ITEMS
    least, most = keywords.get("minItems"), keywords.get("maxItems")
    emptiest = 1 if kind == "list" else 0  # an empty text may as well be one item
    if isinstance(least, int) and emptiest < least <= len(value) + 1:
        yield Edit(at, value[: least - 1], "one item too few", 1)
    if isinstance(most, int) and value and most < limit:
        yield Edit(at, made.items(shape, value, most + 1), "one item too many", 1)
    for size, label in ((least or 0, "fewest items"), (most, "most items")):
        if isinstance(size, int) and emptiest <= size < limit and size != len(value):
            yield Edit(at, made.items(shape, value, size), label, 1)
    if shape.first and False in shape.items:
        yield Edit(at, [*value, "x"], "one item too many", 1)
    if keywords.get("uniqueItems") is True and value:
        yield Edit(at, [value[0], value[0]], ITEM_TWICE, 1)


def _of_map(made: Made, shape: Shape, value: dict[str, Any], at: Tokens) -> Iterator[Edit]:
    """Of an object whose properties have no names: one too few, one too many, and one by a name that is not allowed."""
    if value and any(shape.each("propertyNames")):
        first, *others = value.items()
        yield Edit(at, {**dict(others), "No such name, 1": first[1]}, "a name that is not allowed", 1)
    least, most = (next(iter(shape.each(keyword)), None) for keyword in ("minProperties", "maxProperties"))
    if isinstance(least, int) and 0 < least <= len(value):
        yield Edit(at, dict(islice(value.items(), least - 1)), "one property too few", 1)
    if isinstance(most, int) and len(value) <= most < _MOST_ITEMS:
        one = next(made_values(made.bundle.part(shape.unknown)), "x")
        more = {f"property{number}": one for number in range(most + 1 - len(value))}
        yield Edit(at, {**value, **more}, "one property too many", 1)


def by_worth(edits: Sequence[Edit]) -> list[Edit]:
    """The edits in the order of their ranks, of each place one after the other, so that no property takes all the probes."""
    places = grouped(((edit.made, *edit.place), edit) for edit in sorted(edits, key=lambda edit: edit.rank))
    turns = [edit for row in zip_longest(*places.values()) for edit in row if edit]
    return sorted(turns, key=lambda edit: edit.rank)


def faults_of(schema: JsonSchema, changed: Any) -> list[SchemaError] | None:
    """What is wrong with a changed value; None where that is more than one place."""
    errors = [] if schema.is_valid(changed) else list(schema.errors(changed))
    return errors if len({error.at for error in errors}) < 2 else None


def expected_of_edit(schema: JsonSchema, changed: Any, edit: Edit, errors: Sequence[SchemaError]) -> str:
    """What every service has to do with a value after an edit, of which these are the faults."""
    if errors:
        sure = all(is_surely_refused(schema, changed, error.at, error.rule) for error in errors)
        return REFUSED if sure else OPEN
    is_bound = bool(edit.at and BOUND_ELSEWHERE & {*words(edit.at[-1])})
    if edit.value is ABSENT or isinstance(edit.value, dict | list) or is_bound:
        return OPEN
    made = Made(Shapes(schema.bundle.schema), schema.bundle)
    shape = made.form(made.shapes.of(schema.bundle.schema), changed)
    for depth, token in enumerate(edit.at, 1):
        if shape is None:
            return OPEN
        listed = _item_schemas(shape, int(token)) if token.isdecimal() else ()
        schemas = listed or shape.of_property(token)
        shape = made.form(made.shapes.of(*schemas), dig(changed, edit.at[:depth]))
    if shape is None:
        return OPEN
    keywords = shape.keywords
    text = edit.value if isinstance(edit.value, str) else json.dumps(edit.value)
    return ACCEPTED if is_narrowed(keywords) and is_strict({*shape.types}, keywords, text) else OPEN
