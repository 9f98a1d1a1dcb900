"""XML text -> a scalar, by what its schema says of types; a text that cannot be read so stays text, for the judge to refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isinf
from typing import Any

from toolkit.schema.shape import SCALARS, Shape
from toolkit.xml.xsd_pattern import matcher

Read = Callable[[str], Any]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MOST_DIGITS = 4000


def scalar_of(shape: Shape) -> tuple[Read | None, Callable[[str], bool] | None]:
    """How a text is read, None where it stays as it is; and what refuses a text that breaks a pattern (`x-text-pattern`)
    and could be no value of another type."""
    convert = _conversion(shape.types & SCALARS)
    matchers = [matcher(pattern) for pattern in text_patterns(shape)]
    if not matchers:
        return convert, None
    first, *others = matchers  # there hardly is a second one

    def fits(text: str) -> bool:
        return first(text) is not None and all(matches(text) for matches in others)

    if convert is None:
        return None, lambda text: not fits(text)
    return lambda text: convert(text) if fits(text) else text, None


def text_patterns(shape: Shape) -> list[str]:
    return [pattern for pattern in shape.each("x-text-pattern") if isinstance(pattern, str)]


def _conversion(types: frozenset[str]) -> Read | None:
    """How a text is read as one of the types; as it stands where it cannot be. None where it always stands so."""
    readers = [_READERS[name] for name in ("boolean", "integer", "number") if name in types]
    if not readers:
        return None
    if len(readers) == 1 or types == {"integer", "number"}:
        return readers[-1]

    def read(text: str) -> Any:
        return next((found for found in (reader(text) for reader in readers) if found is not text), text)

    return read


def _boolean(text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)


def _integer(text: str) -> Any:
    return int(text) if len(text) < _MOST_DIGITS and _INTEGER.fullmatch(text) else text


def _number(text: str) -> Any:
    if _INTEGER.fullmatch(text):
        return _integer(text)
    found = float(text) if _NUMBER.fullmatch(text) else text
    return text if isinstance(found, float) and isinf(found) else found


_READERS: dict[str, Read] = {"boolean": _boolean, "integer": _integer, "number": _number}
