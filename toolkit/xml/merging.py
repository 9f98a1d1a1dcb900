"""Several bundles as one, so that what they share is derived once: a name that means two things in them becomes two names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.document.names import free_name, leading_to
from toolkit.document.pointers import rewritten
from toolkit.schema.bundle import definition_of, definitions_in, reference_to


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
    referred = {name: definitions_in(one) for name, one in own.items()} if differing else {}
    return {name: free_name(name, {**taken, **own}.__contains__) for name in leading_to(differing, referred)}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    def change(one: dict[str, Any]) -> dict[str, Any]:
        name = definition_of(one)
        return {**one, "$ref": reference_to(names[name])} if name is not None and name in names else one

    return rewritten(value, change) if names else value
