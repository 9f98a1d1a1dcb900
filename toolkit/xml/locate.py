"""Where in an XML document a value or a mismatch is: XPath and line.

An XPath is such as /Root/Task[2]/@id: local names, and a position only where siblings share a name.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

from toolkit.document.pointers import child as part_of
from toolkit.structs import Mutable, field
from toolkit.xml.parse import line_numbers
from toolkit.xml.reading import Noted, Reading, local_name

_MOST_PASSES = 64  # through a document, for one element each; then the ways to all are kept


class Places(Mutable, eq=False):
    """The places of one document in UTF-8. What ElementTree does not keep is worked out for the elements that are asked for, not
    for all: maps of these take several times the document's tree. `read` reads the document once more, to note where each value stands."""

    text: bytes
    root: Element
    read: Callable[[Reading], Any]
    ways: dict[Element, tuple[int, tuple[tuple[Element, int], ...]]] = field(default_factory=dict)
    """Of an element, its number in the order of start tags, and the way to it: parents, and the index in each."""
    siblings: dict[Element, tuple[array[int], Counter[str]]] = field(default_factory=dict)
    """By parent, the position of each child among those of its tag, and how many have each tag, as they come to be needed."""
    passes: int = 0

    @cached_property
    def lines(self) -> array[int]:
        """Raises UnreadableXml for a document that is nested too deep."""
        return line_numbers(self.text)

    def find(self, elements: Iterable[Element]) -> None:
        """Enters the ways to elements, in one pass for all of them."""
        self.ways[self.root] = 0, ()
        left = {*elements} - self.ways.keys()
        number, way, levels = 0, list[tuple[Element, int]](), [(self.root, enumerate(self.root))]
        while left and levels:
            parent, children = levels[-1]
            for index, element in children:
                number += 1
                if element in left:
                    left.remove(element)
                    self.ways[element] = number, (*way, (parent, index))
                if len(element) or not left:
                    way.append((parent, index))
                    levels.append((element, enumerate(element)))
                    break
            else:
                levels.pop()
                del way[-1:]

    def describe(self, element: Element, attribute: str = "") -> tuple[str, int]:
        """XPath and line. Raises UnreadableXml for a document that is nested too deep."""
        if element not in self.ways:
            self.passes += 1
            self.find((element,) if self.passes < _MOST_PASSES else self.root.iter())
        number, way = self.ways[element]
        path = ["", local_name(self.root.tag), *(self._step(*one) for one in way)]
        return "/".join(path + [f"@{attribute}"] * bool(attribute)), self.lines[number]

    def _step(self, parent: Element, index: int) -> str:
        """The step of an XPath that leads to a child."""
        if parent not in self.siblings:
            positions, counts = array("I"), Counter[str]()
            for child in parent:
                counts[child.tag] += 1
                positions.append(counts[child.tag])
            self.siblings[parent] = positions, counts
        (positions, counts), tag = self.siblings[parent], parent[index].tag
        return local_name(tag) + (f"[{positions[index]}]" if counts[tag] > 1 else "")

    @cached_property
    def noted(self) -> tuple[Any, Reading, Noted]:
        """The value once more, its reading, and where its parts stand."""
        noted: Noted = {}
        reading = Reading(self.text, "", noted=noted)
        return self.read(reading), reading, noted

    def locate(self, tokens: Sequence[str]) -> tuple[str, int]:
        """XPath and line of what the tokens of a JSON pointer lead to, or of the last place on the way that is there."""
        value, reading, noted = self.noted
        element = self.root
        for token in tokens:
            parts = noted.get(id(value))
            child = parts.of(token) if parts else None
            if child is None:
                break
            element, value = child, part_of(value, token)
        return self.describe(*reading.owner(element))
