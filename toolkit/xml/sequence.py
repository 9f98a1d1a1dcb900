"""Reads the items of an array that stand in the order of its schema's `prefixItems` (OpenAPI 3.2, Ordered Elements and Text)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from toolkit.structs import Mutable, field
from toolkit.xml.names import Member, display_name
from toolkit.xml.parse import MAX_DEPTH
from toolkit.xml.reading import Entry, Reader, Reading, guess, is_blank, with_text


class Sequence(Mutable, eq=False):
    """Items by their position: `ahead` in this order, of which some may be texts, then any number of `others`, which may have
    any name where this is None."""

    reader_of: Callable[[Member], Reader]
    ahead: tuple[Member, ...]
    others: Member | None
    least: int
    entries: dict[int, Entry] = field(default_factory=dict)

    def read(self, element: Element, reading: Reading, depth: int) -> list[Any]:
        reading.add_attributes(element)
        if depth >= MAX_DEPTH:
            reading.check(element, depth)
        value: dict[str, Any] = {"items": []}
        self._add_text(value, element.text, element, reading)
        for child in self._in_order(element, reading):
            self._add_empty(value, element, reading)
            expected = self._expected(value)
            if expected is None or child.tag == expected.tag:
                self._add(value, expected, child, reading, depth + 1)
            elif any(child.tag == one.tag for one in self.ahead[len(value["items"]) :]):
                self._add_misplaced(child, expected, reading)
                break
            else:
                reading.add_element(child, element, [expected.tag] if all(s.possible for s in expected.shapes) else [])
            self._add_text(value, child.tail, child, reading)
        while len(value["items"]) < self.least and self._add_empty(value, element, reading):
            pass
        return value["items"]  # type: ignore[no-any-return]

    def _in_order(self, element: Element, reading: Reading) -> list[Element]:
        """The elements within, put into the order of the schema where it is another: one finding rather than one for each."""
        ranks = {one.tag: index for index, one in enumerate(self.ahead) if not one.text}
        if len(ranks) < sum(not one.text for one in self.ahead):
            return list(element)
        ordered = sorted(element, key=lambda child: ranks.get(child.tag, len(ranks)))
        wrong = next((pair for pair in zip(element, ordered, strict=True) if pair[0].tag != pair[1].tag), None)
        others = self.others.tag if self.others else wrong and wrong[0].tag
        if wrong and wrong[1].tag in ranks and wrong[0].tag in (*ranks, others):
            self._add_misplaced(wrong[0], self.ahead[ranks[wrong[1].tag]], reading)
        return ordered

    def _add_misplaced(self, child: Element, expected: Member, reading: Reading) -> None:
        names = ", ".join(_display(one, reading) for one in self.ahead)
        message = f"The element {reading.name(child)} stands where {_display(expected, reading)} is expected"
        reading.add(child, message, f"the contract orders what stands here by `prefixItems`: {names}")

    def _expected(self, value: dict[str, Any]) -> Member | None:
        index = len(value["items"])
        return self.ahead[index] if index < len(self.ahead) else self.others

    def _add(self, value: dict[str, Any], member: Member | None, child: Element, reading: Reading, depth: int) -> None:
        if id(member) not in self.entries:
            self.entries[id(member)] = Entry("items", self.reader_of(member) if member else guess, repeated=True)
        self.entries[id(member)].add(value, child, reading, depth)

    def _add_text(self, value: dict[str, Any], text: str | None, before: Element, reading: Reading) -> None:
        if not text or is_blank(text):
            return
        expected = self._expected(value)
        if expected and expected.text:
            self._add(value, expected, with_text(before, text, reading), reading, 1)
        else:
            reading.add_text(before, text)

    def _add_empty(self, value: dict[str, Any], element: Element, reading: Reading) -> bool:
        """Adds the empty text that is next, of which XML shows nothing; False where no text is next."""
        expected = self._expected(value)
        if expected is None or not expected.text:
            return False
        self._add(value, expected, with_text(element, "", reading), reading, 1)
        return True


def _display(member: Member, reading: Reading) -> str:
    return "text" if member.text else display_name(member.tag, reading.main)
