"""Strings, numbers and the like: what two forms say of them, whether one covers the other, and values that tell them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from toolkit.review.forms import Conjunction
from toolkit.review.samples import apart, made
from toolkit.schema.algebra import covers
from toolkit.schema.bundle import Bundle
from toolkit.schema.languages import strings_between
from toolkit.schema.patterns import literal

SCALAR = frozenset(
    {"type", "enum", "const", "pattern", "minLength", "maxLength", "format", "multipleOf", "x-text-pattern"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
)
_OWN_FORMATS = frozenset({"byte", "decimal", "date", "date-time", "time", "duration"})
"""Formats that the validator checks more closely than the canonical forms know."""
MOST_CANDIDATES = 150
_ODD = ("", "a", "A", "0", "a b", "a-b_c.d", "\u00e9", 0, 1, -1, 7, 1000, 1.5, -0.25)
_MOST_CONSTANTS = 500  # of one enum that are compared as a set: the engine takes the square of their number


def leaf(form: Conjunction, name: str) -> dict[str, Any]:
    """What a form says of its values of a scalar type."""
    words = SCALAR - {"type"}
    kept = [{key: value for key, value in part.schema.items() if key in words} for part in form.parts]
    types = form.types() & ({name, "integer"} if name == "number" else {name})
    return {"type": sorted(types) or name, "allOf": [one for one in kept if one] or [{}]}


def within(accepts: Callable[[Any], bool], leaf: dict[str, Any]) -> dict[str, Any]:
    """A leaf without the constants of its long enums that the other side does not accept, and without those beyond the most."""
    parts = [
        {**one, "enum": list(islice(filter(accepts, one["enum"]), _MOST_CONSTANTS))} if _is_long(one) else one
        for one in leaf["allOf"]
    ]
    return {**leaf, "allOf": parts}


def _is_long(part: Mapping[str, Any]) -> bool:
    found = part.get("enum")
    return isinstance(found, list) and len(found) > _MOST_CONSTANTS and not _pattern("enum", found)


def _pattern(keyword: str, value: Any) -> str:
    """A pattern, or an enum of strings as one; '' for others."""
    if keyword == "enum" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return f"^(?:{'|'.join(map(literal, value))})$"
    return value if keyword == "pattern" and isinstance(value, str) else ""


def _patterns(leaf: Mapping[str, Any]) -> list[str]:
    return [found for one in leaf["allOf"] for key, value in one.items() if (found := _pattern(key, value))]


def _languages(leaf: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The patterns of a leaf, and its lengths as one: all together, and each alone, since not every one can be read."""
    least = max((one.get("minLength", 0) for one in leaf["allOf"]), default=0)
    most = min((one["maxLength"] for one in leaf["allOf"] if "maxLength" in one), default="")
    every = (*_patterns(leaf), f"^[\\s\\S]{{{least},{most}}}$")
    return [every, *((one,) for one in every)]


def _without_patterns(leaf: dict[str, Any], proved: set[str]) -> dict[str, Any]:
    kept = [{k: v for k, v in one.items() if _pattern(k, v) not in proved} for one in leaf["allOf"]]
    return {**leaf, "allOf": kept}


def leaf_values(bundle: Bundle, mine: dict[str, Any], its: dict[str, Any]) -> Iterator[Any]:
    """Values of a scalar that one side may have and the other not."""
    pairs = ((one, pattern) for one in _languages(mine) for pattern in _patterns(its))
    between = (text for (one, *more), pattern in pairs for text in strings_between(one, pattern, *more) or ())
    yield from islice(chain(between, apart(bundle, mine, its), _ODD, made(bundle, mine)), MOST_CANDIDATES)


def is_covered(mine: dict[str, Any], its: dict[str, Any]) -> bool:
    """Whether it is proved that every value of one leaf is one of the other, patterns by their languages."""
    proved = covers(its, mine)
    patterns = _patterns(its)
    if proved is None and patterns:
        left = [p for p in patterns if not any(strings_between(one[0], p, *one[1:]) == () for one in _languages(mine))]
        proved = covers(_without_patterns(its, set(patterns) - set(left)), mine)
    own = {one["format"] for one in its["allOf"] if one.get("format") in _OWN_FORMATS}
    return proved is True and own <= {one.get("format") for one in mine["allOf"]}
