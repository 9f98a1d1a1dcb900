"""Schemas as sets of values, by the engine's canonical forms: whether one covers another, and what lies between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.schema.formats import patterns_in, with_patterns
from toolkit.schema.patterns import compile_pattern, translate


def covers(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> bool | None:
    """Whether every value of `inner` is one of `outer`; None where that cannot be decided."""
    return includes(canonical(outer), canonical(inner))


def includes(outer: Any, inner: Any) -> bool | None:
    """`covers` of two canonical forms."""
    if outer is None or inner is None:
        return None
    answer = str(outer.covers(inner)).lower()
    return True if answer.endswith("yes") else False if answer.endswith("no") else None


def difference(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> Any:
    """A schema of the values of `inner` that `outer` does not have; None where there is no such schema."""
    made = canonical(inner), canonical(outer)
    try:
        return made[0].subtract(made[1]).to_json_schema()
    except Exception:  # whatever the engine cannot write down
        return None


def canonical(schema: Mapping[str, Any]) -> Any:
    """The canonical form of a schema; None where it has none."""
    import jsonschema_rs

    try:
        return jsonschema_rs.canonicalize(_readable(schema), draft=20, validate_formats=True, offline=True)
    except Exception:  # no schema, or none that has a canonical form
        return None


def _readable(schema: Mapping[str, Any]) -> Any:
    """The schema with its patterns in the engine's language; one that no engine reads keeps a comparison from being made."""
    made: dict[str, str | None] = {}
    for pattern in patterns_in(schema):
        compile_pattern(pattern)
        made[pattern] = translate(pattern)
    return with_patterns(schema, made, None) if any(found != one for one, found in made.items()) else schema
