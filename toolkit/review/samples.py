"""Values near the edges of a schema: those that fit it, and those that miss it by little."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count as count_from
from itertools import islice
from typing import Any

from toolkit.client.making import made_values
from toolkit.client.texts import FORMATS, matching_texts
from toolkit.document.pointers import array_at, object_at
from toolkit.errors import ContractError
from toolkit.schema.bundle import SCHEMA_URI, Bundle, objects_in, stated_types

MOST_MADE = 12
_MOST_OF_PROPERTY = 6
_LONGEST = 100_000
_DEPTH = 3
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def made(bundle: Bundle, schema: Mapping[str, Any] | None = None, most: int = MOST_MADE) -> list[Any]:
    """Values that conform to a schema of the bundle, or to its own; [] where none can be made."""
    whole = {"$schema": SCHEMA_URI, **(schema or bundle.schema)}
    if "$defs" in bundle.schema and any("$ref" in one or "discriminator" in one for one in objects_in(whole)):
        whole["$defs"] = bundle.schema["$defs"]
    try:
        return list(islice(made_values(replace(bundle, schema=whole)), most))
    except (ContractError, ValueError, RecursionError):
        return []


def beyond(schema: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema `allOf` some parts for values of a size that a part of another one excludes."""
    sizes = ("minItems", "maxItems"), ("minProperties", "maxProperties")
    for least, most in sizes:
        for keyword, opposite, more in ((most, least, 1), (least, most, -1)):
            bounds = (part[keyword] for part in other["allOf"] if isinstance(part.get(keyword), int))
            kind = "array" if keyword.endswith("Items") else "object"
            yield from ({"type": kind, "allOf": [*schema["allOf"], {opposite: max(0, one + more)}]} for one in bounds)


def edges(schema: Any, depth: int = 0) -> Iterator[Any]:
    """Values at the boundaries that the keywords of a schema set, whether they conform or not."""
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return
    yield from ([schema["const"]] if "const" in schema else ())
    yield from array_at(schema, "enum")
    for one in (one for keyword in ("anyOf", "oneOf", "allOf") for one in array_at(schema, keyword)):
        yield from edges(one, depth + 1)
    yield from edges(schema.get("not"), depth + 1)
    for name in stated_types(schema):
        yield from _EDGES[name](schema, depth) if name in _EDGES else ()


def _numbers(schema: Mapping[str, Any], whole: bool) -> Iterator[Any]:
    for keyword in _NUMBERS:
        bound = schema.get(keyword)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            yield from (bound, bound + 1, bound - 1, bound * 2, bound * 3)
            yield from () if whole else (bound + 0.5, bound - 0.5)
    yield from (0, 1, -1, 7, 1000)
    yield from () if whole else (1.5, -0.25)


def _strings(schema: Mapping[str, Any], depth: int) -> Iterator[Any]:
    for keyword in ("minLength", "maxLength"):
        length = schema.get(keyword)
        if isinstance(length, int) and length < _LONGEST:
            yield from ("a" * max(0, length + more) for more in (0, -1, 1))
    if schema.get("format") in FORMATS:
        yield from (FORMATS[str(schema["format"])](number) for number in range(2))
    yield from ("", "a", "A", "0", "a b", "a-b_c.d", "\u00e9")
    if isinstance(schema.get("pattern"), str):
        yield from matching_texts(schema["pattern"])  # which takes long


def _arrays(schema: Mapping[str, Any], depth: int) -> Iterator[Any]:
    items = list(islice(edges(schema.get("items"), depth + 1), _MOST_OF_PROPERTY)) or ["a", "b"]
    yield from ([], [items[0]], items[:2], [items[0]] * 2)
    for keyword in ("minItems", "maxItems"):
        length = schema.get(keyword)
        if isinstance(length, int) and length < 1000:
            yield from ([items[0]] * max(0, length + more) for more in (0, -1, 1))
    yield from ([item] for item in items)
    if "contains" in schema:
        held = list(islice(edges(schema["contains"], depth + 1), _MOST_OF_PROPERTY)) or items
        bounds = [
            one for key in ("minContains", "maxContains") if isinstance(one := schema.get(key), int) and one < 1000
        ]
        yield from ([item] * max(0, bound + more) for item in held for bound in (1, *bounds) for more in (0, -1, 1))


def _objects(schema: Mapping[str, Any], depth: int) -> Iterator[Any]:
    properties = object_at(schema, "properties").items()
    values = {name: list(islice(edges(one, depth + 1), _MOST_OF_PROPERTY)) or ["a"] for name, one in properties}
    base = {name: values.get(name, ["a"])[0] for name in array_at(schema, "required")}
    yield from (base, {name: found[0] for name, found in values.items()}, {**base, "another": "a"})
    for name, found in values.items():
        yield from ({**base, name: value} for value in found)
    for pattern, one in object_at(schema, "patternProperties").items():
        found = list(islice(edges(one, depth + 1), _MOST_OF_PROPERTY)) or ["a", 1]
        yield from ({**base, name: value} for name in islice(matching_texts(pattern), 1) for value in found)
    yield from _of_sizes(schema, base, depth)


def _of_sizes(schema: Mapping[str, Any], base: dict[str, Any], depth: int) -> Iterator[Any]:
    """Objects with a number of properties that a keyword bounds, and with names that a pattern may refuse."""
    more = [*islice(edges(schema.get("additionalProperties"), depth + 1), 1), "a"]
    for keyword in ("minProperties", "maxProperties"):
        count = schema.get(keyword)
        if isinstance(count, int) and count < 1000:
            for length in (count, count - 1, count + 1):
                names = islice((f"p{number}" for number in count_from(1)), max(0, length - len(base)))
                yield {**base, **dict.fromkeys(names, more[0])}
    if "propertyNames" in schema:
        odd = [*islice(edges({"type": "string", **object_at(schema, "propertyNames")}), MOST_MADE), "a-B_0", "x y"]
        yield from ({**base, name: value} for name in odd if isinstance(name, str) for value in more)


_EDGES: dict[str, Callable[[Mapping[str, Any], int], Iterator[Any]]] = {
    "null": lambda schema, depth: iter([None]),
    "boolean": lambda schema, depth: iter([True, False]),
    "integer": lambda schema, depth: _numbers(schema, True),
    "number": lambda schema, depth: _numbers(schema, False),
    "string": _strings,
    "array": _arrays,
    "object": _objects,
}
