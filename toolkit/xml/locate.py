"""Where in an XML document a value or a fault stands: XPath and line. Elements are those of lxml's tree.

An XPath is such as /Root/Task[2]/@id: local names, and a position only where siblings share a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from toolkit.schema.shape import Shape
from toolkit.xml.names import Grammar, Member
from toolkit.xml.parse import NAME, qualified

Place = tuple[Any, str]
"""An element, and the name of its attribute that is meant, or ""."""


def told(place: Place) -> tuple[str, int]:
    """XPath and line."""
    element, attribute = place
    path = [f"/@{attribute}"] if attribute else []
    line = element.sourceline or 0
    while element is not None:
        path.append("/" + _step(element))
        element = element.getparent()
    return "".join(reversed(path)), line


def _step(element: Any) -> str:
    before = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
    local = element.tag.rpartition("}")[2]
    alone = not before and next(element.itersiblings(element.tag), None) is None
    return local if alone else f"{local}[{before + 1}]"


def places_in(root: Any, pieces: list[str], wanted: Iterable[int]) -> dict[int, tuple[str, int]]:
    """What is to be told of the places of some pieces of the document (`toolkit.xml.parse`), by their indexes."""
    numbers = _numbers(pieces, set(wanted))
    elements = {number for number, _ in numbers.values()}
    found = {number: one for number, one in enumerate(islice(root.iter("*"), max(elements) + 1)) if number in elements}
    return {index: told((found[number], name)) for index, (number, name) in numbers.items() if number in found}


def _numbers(pieces: list[str], wanted: set[int]) -> dict[int, tuple[int, str]]:
    """Which element of the document, by its number from 0, and which attribute of it, some pieces belong to."""
    found: dict[int, tuple[int, str]] = {}
    open_ones: list[tuple[int, str]] = []
    count = -1
    for index in range(1, max(wanted) + 1, 2):
        name = pieces[index]
        if not name.startswith("/"):
            count += not name.startswith("@")
            open_ones.append((count, name[1:].rpartition("}")[2] if name.startswith("@") else ""))
        if index in wanted:
            found[index] = open_ones[-1]
        if name.startswith("/"):
            open_ones.pop()
    return found


def place_of(grammar: Grammar, root: Any, steps: Sequence[str]) -> Place:
    """Where the tokens of a JSON pointer lead, or the last place on the way that is there."""
    return _element(grammar, (root, ""), grammar.root, steps)[1]


def _element(grammar: Grammar, place: Place, member: Member, steps: Sequence[str]) -> tuple[int, Place]:
    """How many steps could be taken from a place where a member stands, and where they lead."""
    if not steps or place[1]:
        return 0, place
    ways = (_within(grammar, place, member, shape, steps) for shape in grammar.forms(member.shapes))
    return max(ways, key=lambda way: way[0], default=(0, place))


def _within(grammar: Grammar, place: Place, member: Member, shape: Shape, steps: Sequence[str]) -> tuple[int, Place]:
    if "array" in shape.types and shape.known and steps[0].isdecimal():
        item = grammar.item(shape, member.name, member.scope)
        found = _children(place[0], item)
        if int(steps[0]) >= len(found):
            return 0, place
        taken, end = _element(grammar, found[int(steps[0])], item, steps[1:])
        return taken + 1, end
    inner = grammar.members(shape, member.scope).get(steps[0]) or grammar.unknown(shape, steps[0], member.scope)
    found = _children(place[0], inner) if inner else []
    if inner is None or not found:
        return 0, place
    listed = inner.repeated or (inner.guessed and len(found) > 1)
    if listed and len(steps) > 1 and steps[1].isdecimal() and int(steps[1]) < len(found):
        taken, end = _element(grammar, found[int(steps[1])], inner, steps[2:])
        return taken + 2, end
    taken, end = _element(grammar, found[0], inner, steps[1:])
    return taken + 1, end


def _children(element: Any, member: Member) -> list[Place]:
    """The children of an element, or its attribute, that stand for a member."""
    if not NAME.fullmatch(member.name):
        return []
    name = qualified(member.namespace, member.name, "")
    if member.attribute:
        return [(element, member.name)] if element.get(name) is not None else []
    return [(child, "") for child in element.iterchildren(name)]
