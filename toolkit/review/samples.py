"""Values that fit a schema, and schemas of those that another one excludes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

from toolkit.client.making import made_values
from toolkit.client.texts import matching_texts
from toolkit.document.pointers import object_at
from toolkit.errors import ContractError
from toolkit.schema.algebra import difference
from toolkit.schema.bundle import SCHEMA_URI, Bundle, refers
from toolkit.structs import replace

MOST_MADE, _MOST_APART = 12, 40


def made(bundle: Bundle, schema: Mapping[str, Any] | None = None, most: int = MOST_MADE) -> list[Any]:
    """Values that conform to a schema of the bundle, or to its own; [] where none can be made."""
    whole = {"$schema": SCHEMA_URI, **(schema or bundle.schema)}
    if "$defs" in bundle.schema and refers(whole):
        whole.setdefault("$defs", bundle.schema["$defs"])
    try:
        of_this = replace(bundle, schema=whole) if schema is not None else bundle
        return list(islice(made_values(of_this, once=schema is not None), most))
    except (ContractError, ValueError, RecursionError):
        return []


def apart(bundle: Bundle, inner: Mapping[str, Any], outer: Mapping[str, Any]) -> list[Any]:
    """Values that conform to one schema and not to another one, where the engine can write down which these are."""
    found = difference(inner, outer)
    return made(bundle, found, _MOST_APART) if isinstance(found, Mapping) else []


_OPPOSITES = (
    ("maxItems", "minItems", 1, "array"),
    ("minItems", "maxItems", -1, "array"),
    ("maxProperties", "minProperties", 1, "object"),
    ("minProperties", "maxProperties", -1, "object"),
)


def beyond(schema: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema `allOf` some parts, for values that a keyword of a part of another one excludes: of a size, with too many items
    that it counts, with a name that it describes."""
    own = schema["allOf"]
    held = [one["contains"] for one in own if "contains" in one]
    plain = [{key: value for key, value in one.items() if key != "contains"} for one in own]
    few = {"minItems": max(one.get("minContains", 1) for one in own)} if held else {}
    for part in other["allOf"]:
        for keyword, opposite, more, kind in _OPPOSITES:
            if isinstance(bound := part.get(keyword), int):
                yield {"type": kind, "allOf": [*own, {opposite: max(0, bound + more)}]}
        if isinstance(most := part.get("maxContains"), int):
            yield {"type": "array", "allOf": [*own, {"items": part.get("contains", {}), "minItems": most + 1}]}
        if "contains" in part:
            yield {"type": "array", "allOf": [*plain, {"items": {"allOf": [*held, {"not": part["contains"]}]}, **few}]}
        names = (name for pattern in object_at(part, "patternProperties") for name in matching_texts(pattern)[:1])
        for name, kind in product(names, ("string", "integer")):
            yield {"type": "object", "allOf": [*own, {"required": [name], "properties": {name: {"type": kind}}}]}
