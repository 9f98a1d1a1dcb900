"""Where in an XML document a value or a mismatch is: XPath and line.

An XPath is such as /Root/Task[2]/@id: local names, and a position only where siblings share a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

from toolkit.document.pointers import child as part_of
from toolkit.xml.parse import line_numbers
from toolkit.xml.reading import Noted, Reading


@dataclass(eq=False)
class Places:
    """The places of one document in UTF-8. What ElementTree does not keep is worked out when the first one is asked for; `read`
    reads the document once more, to note where each value stands."""

    text: bytes
    root: Element
    read: Callable[[Reading], Any]
    steps: dict[Element, dict[Element, str]] = field(default_factory=dict)
    """By parent, the steps of an XPath that lead to its children, as they come to be needed."""

    @cached_property
    def lines(self) -> dict[Element, int]:
        """Raises UnreadableXml for a document that is nested too deep."""
        return dict(zip(self.root.iter(), line_numbers(self.text), strict=True))

    @cached_property
    def parents(self) -> dict[Element, Element]:
        return {child: parent for parent in self.root.iter() for child in parent}

    def describe(self, element: Element, attribute: str = "") -> tuple[str, int]:
        """XPath and line. Raises UnreadableXml for a document that is nested too deep."""
        line, path = self.lines[element], [f"@{attribute}"] if attribute else []
        while element is not self.root:
            parent = self.parents[element]
            if parent not in self.steps:
                self.steps[parent] = _steps(parent)
            path.append(self.steps[parent][element])
            element = parent
        return "/".join(["", _local(element), *reversed(path)]), line

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
            _, within = noted.get(id(value), (None, {}))
            if token not in within:
                break
            element, value = within[token], part_of(value, token)
        return self.describe(*reading.owner(element))


def _steps(parent: Element) -> dict[Element, str]:
    """The steps of an XPath that lead to the children."""
    totals, counts = Counter(child.tag for child in parent), Counter[str]()
    steps = {}
    for child in parent:
        counts[child.tag] += 1
        steps[child] = _local(child) + (f"[{counts[child.tag]}]" if totals[child.tag] > 1 else "")
    return steps


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
