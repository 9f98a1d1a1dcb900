"""Several bundles as one, so that what they share is derived once: a name that means two things in them becomes two names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.schema.bundle import rewritten, strings_in

_PREFIX = "#/$defs/"


def merged_bundles(bundles: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """A bundle with all `$defs`, and under `roots` the schemas themselves by the names that they are given, in their order."""
    definitions: dict[str, Any] = {}
    roots: dict[str, list[Any]] = {}
    for root, bundle in bundles:
        own = bundle.get("$defs", {})
        names = _new_names(own, definitions)
        definitions |= {names.get(name, name): _renamed(one, names) for name, one in own.items()}
        schema = {key: one for key, one in bundle.items() if key != "$defs"}
        roots.setdefault(root, []).append(_renamed(schema, names))
    return {"$defs": definitions, "roots": roots}


def _new_names(own: Mapping[str, Any], taken: Mapping[str, Any]) -> dict[str, str]:
    """New names for definitions that differ from those taken by their name, and for all that refer to such."""
    differing = {name for name, one in own.items() if name in taken and taken[name] != one}
    referred = {name: {other.removeprefix(_PREFIX) for other in strings_in(one, "$ref")} for name, one in own.items()}
    growing = bool(differing)
    while growing:
        more = {name for name in own.keys() - differing if not referred[name].isdisjoint(differing)}
        differing |= more
        growing = bool(more)
    names: dict[str, str] = {}
    for name in differing:
        count = 2
        while f"{name}-{count}" in taken or f"{name}-{count}" in own:
            count += 1
        names[name] = f"{name}-{count}"
    return names


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    def change(one: dict[str, Any]) -> dict[str, Any]:
        reference = one.get("$ref")
        name = reference.removeprefix(_PREFIX) if isinstance(reference, str) else ""
        return {**one, "$ref": _PREFIX + names[name]} if name in names else one

    return rewritten(value, change) if names else value
