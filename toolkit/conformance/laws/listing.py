"""A list read page by page where the contract states no pagination: by a Link header, what the body names as the next page, or
the names of parameters. Names are no promise, so where they lead to no end, the list is not known as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from toolkit.client.client import CheckedResponse
from toolkit.conformance.laws.lists import ask_url
from toolkit.conformance.pool import path_filling
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import words
from toolkit.contract.operation import Parameter
from toolkit.contract.paging import WORDS
from toolkit.contract.resources import items_of
from toolkit.document.pointers import as_object
from toolkit.schema.scalars import is_text_or_integer
from toolkit.wire.json import dump_json
from toolkit.wire.links import next_link

_MOST_PAGES = 20
_ALL_LEVELS = 1_000  # more than a response is read with


class Listing:
    """The pages of a list, one after the other. `has_all` says after the last one whether they surely hold all items."""

    def __init__(self, lister: Subject, parents: tuple[str, ...]) -> None:
        self.client, self.has_all = lister.client, False
        self._values = path_filling(self.client.operation, parents)
        self._query = [one for one in self.client.operation.parameters if one.location == "query"]
        self._sizes = {one.key: int(one.schema.get("maximum", 100)) for one in self._query if _is_size(one)}

    def pages(self) -> Iterator[CheckedResponse]:
        """The responses in the largest size of a page. Raises BudgetSpent."""
        response, count = self._first(), 0
        known = set[bytes]()
        stale = 0  # pages in a row without a new item: one may be the first page under its own number
        for number in range(1, _MOST_PAGES + 1):
            if not response.ok:
                return
            yield response
            items = items_of(response.value)
            count += len(items)
            written = {dump_json(item) for item in items}
            stale = 0 if written - known else stale + 1
            known |= written
            following = self._following(response, number, count) if items and stale < 2 else None
            if following is None:
                self.has_all = self._is_whole(response, len(known), stale > 0)
                return
            response = following

    def _first(self) -> CheckedResponse:
        response = self._ask({})
        if not response.ok and self._sizes:
            self._sizes = {}
            response = self._ask({})
        return response

    def _following(self, before: CheckedResponse, number: int, count: int) -> CheckedResponse | None:
        """The next page; None where nothing leads to one."""
        link, named = next_link(before.headers), _named_next(before.value)
        if link or (named and ("/" in named or "?" in named)):
            return ask_url(self.client, before.call, link or named)
        cursor = next((one for one in self._query if {*words(one.name)} & WORDS["cursor"]), None)
        if cursor:
            return self._ask({cursor.key: named}) if named else None
        for parameter in self._query:
            if {*words(parameter.name)} & WORDS["offset"]:
                return self._ask({parameter.key: str(count)})
            if "page" in words(parameter.name) and not _is_size(parameter) and "token" not in words(parameter.name):
                first = parameter.schema.get("default", parameter.schema.get("minimum", 0))
                return self._ask({parameter.key: str(first + number)}) if isinstance(first, int) else None
        return None

    def _ask(self, changes: dict[tuple[str, str], str]) -> CheckedResponse:
        sizes = {key: str(size) for key, size in self._sizes.items()}
        return self.client.ask(self.client.call({**self._values, **sizes, **changes}), fresh=True)

    def _is_whole(self, last: CheckedResponse, count: int, is_end: bool) -> bool:
        """Whether the list ends here: by a page without a new item, or with fewer items than a page may have."""
        paging = {word for one in self._query for word in words(one.name)} & WORDS["any"]
        is_short = not paging or is_end or (bool(self._sizes) and count < min(self._sizes.values()))
        is_filtered = any(one.required and one.only_value is None and one.key not in self._sizes for one in self._query)
        is_end = (is_short or bool(paging & WORDS["cursor"])) and not is_filtered and not _has_more(last.value, count)
        return is_end and (count > 0 or shows_list(last.value))


def _is_size(parameter: Parameter) -> bool:
    named = {*words(parameter.name)}
    return bool(named & WORDS["limit"]) and "offset" not in named


def shows_list(value: Any, depth: int = 0) -> bool:
    """Whether a value without items is an empty list, bare or in an object: a text or a state of the whole is none."""
    inner = value.values() if isinstance(value, dict) and depth <= 2 else ()
    return isinstance(value, list) or any(shows_list(one, depth + 1) for one in inner)


def _named_next(value: Any) -> str:
    """What an object names as the next page; '' for none."""
    return next(map(str, named_next(value, lambda name: {*words(name)} & WORDS["next"])), "")


def named_next(value: Any, is_next: Callable[[str], object], levels: int = _ALL_LEVELS) -> Iterator[str | int]:
    """What an object names as the next page, by such names and in so many levels: URLs, also those in link objects, and cursors."""
    told = (as_object(one).get("href", one) for name, one in _properties(value, levels) if is_next(name))
    return (one for one in told if is_text_or_integer(one) and one != "")


def _has_more(value: Any, count: int) -> bool:
    """Whether an object says that there are more items than were shown."""
    found = [({*words(name)}, one) for name, one in _properties(value)]
    is_next = any(names & WORDS["next"] and one for names, one in found)
    return is_next or any(names & WORDS["total"] and isinstance(one, int) and one > count for names, one in found)


def _properties(value: Any, levels: int = _ALL_LEVELS) -> Iterator[tuple[str, Any]]:
    """The properties of an object and of the objects in it, but for those in arrays: what a page says beside its items."""
    for key, one in value.items() if isinstance(value, dict) and levels else ():
        yield key, one
        yield from _properties(one, levels - 1)
