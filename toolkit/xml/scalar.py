"""XML text -> a scalar, by what its schema says of types; a text that cannot be read so stays text, for the judge to refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from toolkit.schema.scalars import READERS
from toolkit.schema.shape import SCALARS, Shape
from toolkit.xml.xsd_pattern import matcher

Read = Callable[[str], Any]


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
    readers = [reader for name, reader in READERS.items() if name in types]
    if not readers:
        return None
    if len(readers) == 1 or types == {"integer", "number"}:
        return readers[-1]

    def read(text: str) -> Any:
        return next((found for found in (reader(text) for reader in readers) if found is not text), text)

    return read
