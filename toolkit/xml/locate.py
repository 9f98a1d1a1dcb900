"""Where in an XML document a value or a mismatch is: XPath and line.

An XPath is such as /Root/Task[2]/@id: local names, and a position only where siblings share a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from typing import Any
from xml.etree.ElementTree import Element

from toolkit.schema.shape import Shape
from toolkit.xml.names import Grammar, Member
from toolkit.xml.parse import line_numbers

Place = tuple[Element, str]
"""An element, and the local name of its attribute that is meant, or ""."""


@dataclass(eq=False)
class Places:
    """The places of one document in UTF-8. What ElementTree does not keep is worked out when the first one is asked for."""

    grammar: Grammar
    text: bytes
    root: Element
    steps: dict[Element, dict[Element, str]] = field(default_factory=dict)
    """By parent, the steps of an XPath that lead to its children, as they come to be needed."""
    found: dict[tuple[Any, ...], list[Place]] = field(default_factory=dict)
    """The children by parent and tags, likewise."""

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

    def locate(self, tokens: Sequence[str]) -> tuple[str, int]:
        """XPath and line of what the tokens of a JSON pointer lead to, or of the last place on the way that is there."""
        return self.describe(*_element(self, (self.root, ""), self.grammar.root, tokens)[1])

    def children(self, element: Element, member: Member) -> list[Place]:
        """The children of an element, its attribute, or itself for its text, that stand for a property."""
        if member.text:
            return [(element, "")]
        if member.attribute:
            return [(element, member.name)] if element.get(member.tag[1:]) is not None else []
        tags = member.tags  # made anew each time
        if (known := (element, *tags)) not in self.found:
            is_plain = len(tags) == 1 and member.name.isidentifier()  # else `findall` might read it as a path
            found = element.findall(member.tag) if is_plain else [child for child in element if child.tag in tags]
            self.found[known] = list(zip(found, repeat("")))
        return self.found[known]


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


def _element(places: Places, place: Place, member: Member, tokens: Sequence[str]) -> tuple[int, Place]:
    """How many tokens lead on from the place of a property's value, and where to."""
    if not tokens or place[1]:
        return 0, place
    ways = (_within(places, place, member, shape, tokens) for shape in places.grammar.forms(member.shapes))
    return max(ways, key=lambda way: way[0], default=(0, place))


def _within(places: Places, place: Place, member: Member, shape: Shape, tokens: Sequence[str]) -> tuple[int, Place]:
    if "array" in shape.types and shape.known and tokens[0].isdecimal():
        item, at = _item(places, place, member, shape, int(tokens[0]))
        if at is None:
            return 0, place
        taken, end = _element(places, at, item, tokens[1:])
        return taken + 1, end
    inner = places.grammar.properties(shape, member.scope).get(tokens[0]) or places.grammar.unknown(
        shape, tokens[0], member.scope
    )
    if inner and inner.inline:
        taken, end = _element(places, place, inner, tokens[1:])
        return taken + 1, end
    found = places.children(place[0], inner) if inner else []
    if inner is None or not found:
        return 0, place
    listed = inner.repeated or (inner.guessed and len(found) > 1)
    if listed and len(tokens) > 1 and tokens[1].isdecimal() and int(tokens[1]) < len(found):
        taken, end = _element(places, found[int(tokens[1])], inner, tokens[2:])
        return taken + 2, end
    taken, end = _element(places, found[0], inner, tokens[1:])
    return taken + 1, end


def _item(places: Places, place: Place, member: Member, shape: Shape, index: int) -> tuple[Member, Place | None]:
    """An item of an array in an element, and where it is."""
    item, ahead = (
        places.grammar.item(shape, member.name, member.scope),
        places.grammar.ahead(shape, member.name, member.scope),
    )
    found = [(child, "") for child in place[0]] if ahead else places.children(place[0], item)
    if index < len(ahead):
        item = ahead[index]
        found, index = places.children(place[0], item), sum(one.tag == item.tag for one in ahead[:index])
    return item, found[min(index, len(found) - 1)] if item.text or index < len(found) else None
