"""Boundaries of a request's body: one property at a time is changed in a valid body, at every depth, and at the body itself.

A probe names the change; the body that it changes is the plain one of the moment when it is sent. The validator decides whether
the change is a fault, and the two opinions of readers what is expected of the response.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import Any

from toolkit.client.bodies import body_values, write_body
from toolkit.client.client import Body, Client
from toolkit.client.making import made_values
from toolkit.conformance.probes.body_opinions import (
    ABSENT,
    Edit,
    Tokens,
    documented_request,
    found_at,
    is_surely_refused,
    replaced,
)
from toolkit.conformance.probes.boundaries import Value, values_for
from toolkit.conformance.probes.expected import Probe
from toolkit.conformance.probes.opinions import ACCEPTED, OPEN, REFUSED, is_narrowed, is_strict
from toolkit.document.pointers import pointer_text
from toolkit.schema.bundle import Bundle
from toolkit.schema.judge import JsonSchema, SchemaError
from toolkit.schema.scalars import read_number
from toolkit.schema.shape import Schema, Shape, Shapes
from toolkit.validation.bodies import DocumentedBody
from toolkit.wire import media_type
from toolkit.wire.json import parse_json

_MOST_PROBES = 60  # of one operation
_MOST_OTHERS, _MOST_VARIANTS = 2, 8  # bodies as a whole, and where a body may be one of several
_MOST_VALUES = 14  # of one property
_MOST_DEPTH = 6
_KINDS = frozenset({"json", "form", "multipart", "xml", "other"})
_FIELDS = frozenset({"form", "multipart", "xml"})  # of bodies that are objects
_STRUCTURED = frozenset({"object", "array"})
_DEEP = frozenset({"json", "xml"})
_OTHER_TYPES: Mapping[str, Sequence[tuple[Any, str]]] = {
    "string": (({}, "object"), ([1], "array")),
    "integer": (("abc", "letters"), ({}, "object"), (1.5, "fraction")),
    "number": (("abc", "letters"), ({}, "object")),
    "boolean": (("abc", "letters"), ({}, "object")),
    "array": ((7, "number"), ({"a": 1}, "object")),
    "object": (("abc", "letters"), ([1], "array")),
}
# Names of values that other data decide on: of things that have to exist, and of the ends of a range.
_BOUND_ELSEWHERE = (
    "id",
    "uuid",
    "key",
    "min",
    "max",
    "from",
    "to",
    "start",
    "end",
    "begin",
    "before",
    "after",
    "since",
    "until",
    "parent",
    "ref",
)


def body_probes(client: Client) -> Iterator[Probe]:
    """The probes of an operation's body. Its properties, fields, elements or text are changed one at a time."""
    plain = client.request(client.call())
    yield from _of_other_media_types(client, plain.headers.get("content-type") or "")
    documented = documented_request(client.operation, plain)
    kind = documented.kind if documented else ""
    if documented is None or documented.schema is None or not plain.body or kind not in _KINDS:
        return
    yield from _of_the_whole(client, kind)
    value = documented.read(plain.body).value
    shapes = Shapes(documented.schema.bundle.schema)
    shape = shapes.of(documented.schema.bundle.schema)
    most = _MOST_VARIANTS if shape.groups else _MOST_OTHERS
    others = _other_bodies(client, plain.headers.get("content-type") or "", value, most) if kind == "json" else ()
    content_type, made = plain.headers.get("content-type") or "", _Made(shapes, documented.schema.bundle)
    edits = list(_edits(made, shape, value, (), kind))
    for edit in (*others, *_by_worth(edits)[:_MOST_PROBES]):
        probe = _probe(client, documented, documented.schema, value, edit, content_type)
        if probe:
            yield probe


def with_body(client: Client, probe: Probe, base: Body = None) -> Probe:
    """The probe with the body that its edit makes of the plain one, or of another `base`; as it is where it has none, or the plain
    one has changed."""
    if probe.edit is None:
        return probe
    plain = client.request(replace(probe.call, body=base) if base else probe.call)
    documented = documented_request(client.operation, plain)
    if documented is None or not plain.body:
        return probe
    value = documented.read(plain.body).value
    parent = found_at(value, probe.edit.at[:-1]) if probe.edit.at else value
    if probe.edit.at and (not isinstance(parent, dict | list) or (isinstance(parent, list) and not parent)):
        return probe
    content_type = plain.headers.get("content-type") or ""
    body = write_body(client.operation, content_type, replaced(value, probe.edit.at, probe.edit.value))
    return replace(probe, call=replace(probe.call, body=(content_type, body))) if body is not None else probe


def _of_other_media_types(client: Client, plain: str) -> Iterator[Probe]:
    """A body of each documented media type that the plain request has not: what is in it may mean nothing, its type must be taken."""
    if client.operation.form_or_query:
        return
    for name, data in client.bodies():
        if name != plain:
            call, where = replace(client.call(), body=(name, data)), "request.header.Content-Type"
            owner = (client.operation.node.get("requestBody") or client.operation.node).location
            yield Probe(f"a body of {name} is accepted", call, ACCEPTED, "", "media-type", owner, 1, where=where)


def _of_the_whole(client: Client, kind: str) -> Iterator[Probe]:
    """No body where one is required, and one that is cut off."""
    owner = (client.operation.node.get("requestBody") or client.operation.node).location
    call, where = client.call(), "request.body"
    if client.operation.body_required:
        absent = replace(call, body=None)
        yield Probe(
            "a request without its body is refused", absent, REFUSED, "", "request-body-missing", owner, 1, where=where
        )
    if kind == "json":
        content_type = client.request(call).headers.get("content-type") or ""
        cut = replace(call, body=(content_type, b'{"a": '))
        yield Probe("a body that is cut off is refused", cut, REFUSED, "", "json-syntax", owner, 1, where=where)


def _other_bodies(client: Client, name: str, value: Any, most: int) -> Iterator[Edit]:
    """Whole bodies that the contract allows beside the plain one: of each variant, with more than is required."""
    name = next(
        (one for one in client.operation.request_content if media_type.essence(one) == media_type.essence(name)), ""
    )
    made: Iterator[Any] = (parse_json(data) for _, data in body_values(client.operation, name)) if name else iter(())
    others = islice((one for one in made if one != value), most)
    yield from (Edit((), other, f"other valid body {number}", 2) for number, other in enumerate(others, 1))


# --- from a schema and a valid value to edits


@dataclass(frozen=True, slots=True)
class _Made:
    """The shapes of a body's schema, and its bundle, from which items are made."""

    shapes: Shapes
    bundle: Bundle

    def value(self, schemas: Sequence[Schema]) -> Any:
        """A valid value, such as an item of an array; ABSENT where none can be made."""
        schema = {"allOf": list(schemas), "$defs": self.bundle.schema.get("$defs", {})}
        return next(made_values(replace(self.bundle, schema=schema)), ABSENT) if schemas else ABSENT


def _edits(made: _Made, shape: Shape, value: Any, at: Tokens, kind: str, *, is_made: bool = False) -> Iterator[Edit]:
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
            yield from _edits(made, inner, value.get(name, ABSENT), (*at, name), kind, is_made=is_made)
            if name not in value and inner.known and inner.types <= _STRUCTURED and not is_flat and not is_made:
                yield from _within(made, inner, made.value(schemas), (*at, name), kind)
    elif isinstance(value, list) and value:
        yield from _edits(made, made.shapes.of(*shape.items), value[0], (*at, "0"), kind, is_made=is_made)
    elif isinstance(value, list) and not is_made:
        items = made.shapes.of(*shape.items)
        for edit in _within(made, items, made.value(shape.items), (), kind):
            yield replace(edit, at=at, value=[edit.value])


def _within(made: _Made, shape: Shape, whole: Any, at: Tokens, kind: str) -> Iterator[Edit]:
    """The edits of a made value, which is not in the plain body, each as one edit that puts the changed value at its place."""
    for edit in _edits(made, shape, whole, (), kind, is_made=True) if whole is not ABSENT else ():
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


def _by_worth(edits: Sequence[Edit]) -> list[Edit]:
    """The edits in the order of their ranks, of each place one after the other, so that no property takes all the probes."""
    places: dict[Tokens, list[Edit]] = {}
    for edit in sorted(edits, key=lambda edit: edit.rank):
        places.setdefault(edit.at, []).append(edit)
    turns = [edit for row in zip_longest(*places.values()) for edit in row if edit]
    return sorted(turns, key=lambda edit: edit.rank)


# --- from edits to probes


def _probe(
    client: Client, documented: DocumentedBody, schema: JsonSchema, value: Any, edit: Edit, content_type: str
) -> Probe | None:
    """The probe of an edit; None if it has more than one fault, or changes nothing."""
    changed = replaced(value, edit.at, edit.value)
    if documented.kind != "json":
        body = write_body(client.operation, content_type, changed)
        read = documented.read(body) if body else None
        if read is None or read.faults or not read.readable:
            return None
        changed = read.value
    if changed == value:
        return None
    errors = [] if schema.is_valid(changed) else list(schema.errors(changed))
    if len({error.at for error in errors}) > 1:
        return None
    expected = _expected_of(schema, changed, edit, errors)
    if expected == OPEN and not errors and edit.rank == 1 and isinstance(edit.value, dict | list):
        return None  # a boundary within a made part, which as a whole may mean nothing to the service
    if expected == OPEN and any(error.rule == "schema-format" for error in errors):
        return None  # a lenient service would store it, and break the contract with every response that shows it
    owner = client.operation.node.get("requestBody") or client.operation.node
    place = schema.location(errors[0].place) if errors else owner.location
    kind, is_whole = errors[0].rule if errors else "", isinstance(edit.value, dict | list)
    at = errors[0].at if errors and is_whole else edit.at
    where = f"request.body#{pointer_text(at)}" if at else "request.body"
    return Probe(
        f"{edit.name} is {expected}", client.call(), expected, "", kind, place, edit.rank, where=where, edit=edit
    )


def _expected_of(schema: JsonSchema, changed: Any, edit: Edit, errors: Sequence[SchemaError]) -> str:
    if errors:
        sure = all(is_surely_refused(schema, changed, error.at, error.rule) for error in errors)
        return REFUSED if sure else OPEN
    words = {*_words(edit.at[-1])} if edit.at else set[str]()
    if edit.value is ABSENT or isinstance(edit.value, dict | list) or words & {*_BOUND_ELSEWHERE}:
        return OPEN
    shapes = Shapes(schema.bundle.schema)
    shape = shapes.of(schema.bundle.schema)
    for token in edit.at:
        shape = shapes.of(*(shape.items if token.isdecimal() and shape.items else shape.properties.get(token, ())))
    keywords = {key: own for part in reversed(shape.parts) for key, own in part.schema.items()}
    text = edit.value if isinstance(edit.value, str) else json.dumps(edit.value)
    return ACCEPTED if is_narrowed(keywords) and is_strict({*shape.types}, keywords, text) else OPEN


def _words(name: str) -> list[str]:
    """The words of a name: `customerId`, `customer_id` and `customer-id` have two."""
    spaced = "".join(f" {char}" if char.isupper() else char for char in name)
    return spaced.replace("_", " ").replace("-", " ").lower().split()
