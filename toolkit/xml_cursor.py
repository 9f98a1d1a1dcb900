"""A cursor over the pieces of an XML document, and the faults found on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import length_hint
from typing import Any

from toolkit.xml_text import WHITE_SPACE

_MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A fault at the piece `index`."""

    index: int
    message: str
    rule: str = "xml-structure"
    hint: str = ""


class Cursor:
    """Goes over the pieces of a document, and keeps the faults found on the way."""

    __slots__ = ("faults", "memory", "pairs", "pieces", "source")

    def __init__(self, pieces: list[str]) -> None:
        self.pieces, self.faults = pieces, list[Found]()
        self.source: Any = iter(pieces)
        self.memory: dict[tuple[int, int], tuple[int, Any, list[Found]]] = {}
        next(self.source)
        self.pairs: Iterator[tuple[str, str]] = zip(self.source, self.source, strict=False)

    def place(self) -> int:
        """How many pieces are behind the cursor."""
        return len(self.pieces) - length_hint(self.source)

    def go(self, place: int) -> None:
        """Back or forth to a place: the state that pickling of a list's iterator restores."""
        self.source.__setstate__(place)

    def fault(self, message: str, rule: str = "xml-structure", hint: str = "") -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Found(self.place() - 2, message, rule, hint))

    def blank(self, text: str) -> None:
        """Text between elements has to be white space."""
        if text.strip(WHITE_SPACE):
            self.fault(f"The text {shown(text)} stands where only elements may")

    def end(self, close: str, name: str, tail: str) -> None:
        """Behind a scalar's text there has to be its end tag; `name` and `tail` are what there is."""
        while name != close:
            self.misplaced(name, close[1:])
            name, tail = next(self.pairs)
        self.blank(tail)

    def misplaced(self, name: str, within: str, hint: str = "") -> None:
        """An element or attribute has no place where it stands; goes behind it."""
        what = f"attribute {name[1:]}" if name.startswith("@") else f"element <{name.removeprefix('!')}>"
        self.fault(f"The {what} has no place in <{within}>", hint=hint)
        self.skip(name)

    def skip(self, name: str) -> None:
        """Goes behind the end of the element or attribute whose start is just behind the cursor."""
        open_ones, tail = 1, ""
        while open_ones:
            name, tail = next(self.pairs)
            open_ones += -1 if name.startswith("/") else 1
        self.blank(tail)

    def nil(self, close: str, text: str) -> Any:
        """None, for an element with xsi:nil="true"; it has to be empty (XML Schema 1.0, part 1, section 2.6.2)."""
        if text:
            self.fault(f"The text {shown(text)} stands in an element with xsi:nil")
        name, tail = next(self.pairs)
        self.end(close, name, tail)
        return None


def shown(text: str) -> str:
    """A text for messages, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")
