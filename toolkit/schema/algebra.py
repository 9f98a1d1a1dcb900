"""Schemas as sets of values, by the engine's canonical forms: whether one covers another, and what lies between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.document.pointers import array_at
from toolkit.schema.bundle import objects_in
from toolkit.schema.formats import patterns_in, with_patterns
from toolkit.schema.patterns import translate

_MOST_PAIRS = 10_000  # of alternatives, beyond which no canonical form is made


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
    """The canonical form of a schema; None where it has none, or so many alternatives that the engine takes minutes for it."""
    import jsonschema_rs

    if pairs(schema) > _MOST_PAIRS:
        return None
    try:
        made: dict[str, str | None] = {one: translate(one) for one in patterns_in(schema)}
        is_own = all(new == old for old, new in made.items())  # the engine's language
        asked: Any = schema if is_own else with_patterns(schema, made, None)
        return jsonschema_rs.canonicalize(asked, draft=20, validate_formats=True, offline=True)
    except Exception:  # no schema, none that has a canonical form, or a pattern that no engine reads
        return None


def pairs(schema: Any, most: int | None = None) -> int:
    """How many pairs of alternatives the engine compares of a schema: those of each `oneOf`, of at most so many alternatives."""
    lengths = (len(array_at(one, "oneOf")) for one in objects_in(schema))
    return sum(length * (length - 1) // 2 for length in lengths if most is None or length <= most)
