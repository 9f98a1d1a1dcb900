"""The properties and the members of enumerations that a schema names, and which of them its values have.

Each has a label by its place in a value: `tasks[].status`, and `tasks[].status: DONE` for a member. Within a property of which
names are free, `*` stands for each of them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Any

from toolkit.schema.shape import Outline
from toolkit.structs import Mutable, field

_MOST = 2_000  # places of one schema; those nearer to the top count
_ITEMS = 100  # of a list in a value, that are looked at
_MOST_BYTES = 1 << 16  # that are gone through for what is left, one after the other
_PLAIN = (str, int, float, bool, type(None))  # constants that count: no lists or objects


class _Place(Mutable, eq=False):
    """A place in values, with what is within; of the `whole` of that and itself no value had so much so far as is `left`, nor the
    members that are `missing`. `waiting` are its properties in which something is left, until more is found. Where the schema of one
    above holds again, what is within is looked for in that one, `again`; `leads_back`: such a place is here or within."""

    label: str
    outline: Outline
    above: _Place | None = None
    left: int = 0
    whole: int = 0
    is_property: bool = False
    is_found: bool = False
    properties: dict[str, _Place] = field(default_factory=dict)
    others: _Place | None = None
    item: _Place | None = None
    members: dict[tuple[bool, Any], str] = field(default_factory=dict)
    missing: dict[tuple[bool, Any], str] = field(default_factory=dict)
    waiting: list[tuple[str, _Place]] | None = None
    again: _Place | None = None
    leads_back: bool = False

    def upwards(self) -> Iterator[_Place]:
        """The place itself and those that it is within."""
        place: _Place | None = self
        while place:
            yield place
            place = place.above

    def found(self) -> None:
        for place in self.upwards():
            place.left, place.waiting = place.left - 1, None

    def within(self) -> Iterator[_Place]:
        yield from self.properties.values()
        yield from filter(None, (self.others, self.item))


class Inventory(Mutable, eq=False):
    """What one schema names, by its outline. `properties` and `members` are the labels of all; `look` says which of them a value has
    that none had before, and looks at some items of a long list. `without` is the keyword, `readOnly` or `writeOnly`, of properties
    that values do not have; `start`, how labels begin."""

    outline: Outline
    without: str = ""
    start: str = ""
    properties: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    _words: tuple[int, list[bytes]] = (0, [])
    """For so many that are left, what stands in each JSON text that has one of them; [] where that cannot be said."""

    def __post_init__(self) -> None:
        self._root = _Place(self.start, self.outline)
        self._all: list[_Place] = []
        pending = deque([self._root])
        while pending and len(self._all) < _MOST:
            place = pending.popleft()
            self._all.append(place)
            self._count(place)
            place.again = _same_above(place)
            if place.again:
                for around in place.upwards():
                    around.leads_back = True
            else:
                self._open(place)
                pending.extend(place.within())
        self.forget()

    def forget(self) -> None:
        """Look from now on as if no value had been looked at."""
        self._words = 0, []
        for place in self._all:
            place.left, place.is_found, place.missing, place.waiting = place.whole, False, dict(place.members), None

    def _count(self, place: _Place) -> None:
        listed = [one for one in place.outline.constants if isinstance(one, _PLAIN)]
        texts = (one if isinstance(one, str) else json.dumps(one) for one in listed)
        keys = {(isinstance(one, bool), one): f"{place.label}: {text}" for one, text in zip(listed, texts, strict=True)}
        place.members = keys if len(keys) > 1 else {}
        self.members += place.members.values()
        if place.is_property:
            self.properties.append(place.label)
        for around in place.upwards():
            around.whole += len(place.members) + place.is_property

    def _open(self, place: _Place) -> None:
        outline, start = place.outline, f"{place.label}." if place.label else ""
        shapes = outline.shapes
        for name, inner in outline.properties_without(self.without):
            place.properties[name] = _Place(f"{start}{name}", inner, place, is_property=True)
        if any(isinstance(one, dict) for one in outline.others):
            place.others = _Place(f"{start}*", shapes.outline(*outline.others), place)
        if outline.items:
            place.item = _Place(f"{place.label}[]", outline.item, place)

    def may_be_in_json(self, text: bytes) -> bool:
        """Whether the value of a JSON text may have what no value before had; to know that it has not is quicker than to look."""
        if self.left * len(text) > _MOST_BYTES or b"\\" in text:
            return True
        if self._words[0] != self.left:
            self._words = self.left, self._names_left()
        words = self._words[1]
        return not words or any(word in text for word in words)

    def _names_left(self) -> list[bytes]:
        """The names of properties and the strings that no value had so far, as in JSON; [] where other constants are among them."""
        missing = [value for place in self._all for _, value in place.missing]
        inner = [one for place in self._all for one in place.properties.items()]
        names = [name for name, place in inner if not place.is_found]
        if not all(isinstance(one, str) for one in missing):
            return []
        return [json.dumps(one, ensure_ascii=False).encode("utf-8", "surrogatepass") for one in (*names, *missing)]

    def look(self, value: Any) -> set[str]:
        """The labels of what this value has and none before had."""
        found: set[str] = set()
        pending = [(self._root, value)]
        while pending:
            place, one = pending.pop()
            is_plain = place.missing and isinstance(one, _PLAIN)
            if is_plain and (label := place.missing.pop((one.__class__ is bool, one), "")):
                found.add(label)
                place.found()
            if one.__class__ is dict:
                pending += self._of_object(place.again or place, one, found)
            elif one.__class__ is list:
                item = (place.again or place).item
                if item and self._is_open(item):
                    pending += [(item, each) for each in one[:: -(-len(one) // _ITEMS) or 1]]
        return found

    def _of_object(self, place: _Place, value: dict[str, Any], found: set[str]) -> Iterator[tuple[_Place, Any]]:
        if place.waiting is None:
            known = place.properties.items()
            place.waiting = [(name, inner) for name, inner in known if not inner.is_found or self._is_open(inner)]
        for name, inner in place.waiting:
            if name in value:
                if not inner.is_found:
                    inner.is_found = True
                    found.add(inner.label)
                    inner.found()
                if self._is_open(inner):
                    yield inner, value[name]
        if place.others and self._is_open(place.others):
            yield from ((place.others, one) for name, one in value.items() if name not in place.properties)

    def _is_open(self, place: _Place) -> bool:
        return place.left > 0 or (place.leads_back and self._root.left > 0)

    @property
    def left(self) -> int:
        """How many of them no value had so far."""
        return self._root.left


def _same_above(place: _Place) -> _Place | None:
    """The place above, if any, that the same properties are in: a schema that holds itself."""
    names = place.outline.properties.keys()
    above = place.above.upwards() if names and place.above else ()
    return next((one for one in above if names == one.outline.properties.keys()), None)
