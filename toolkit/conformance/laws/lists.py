"""A list read to its end: by `read_list` as the contract says that it is cut, by numbers, by what each page names as the next one, or
not at all; by `Listing` where the contract states no pagination, by a Link header, what the body names as the next page, or the names
of parameters. Names are no promise, so where they lead to no end, the list is not known as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from toolkit.client.client import Call, CheckedResponse, Client
from toolkit.conformance.pool import path_filling
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import words
from toolkit.contract.operation import Parameter
from toolkit.contract.paging import WORDS, next_link, paging_inputs
from toolkit.contract.promises import Chain, dig
from toolkit.contract.resources import chosen_by, items_of
from toolkit.document.identifiers import resolved
from toolkit.document.pointers import as_object
from toolkit.exchange import Key
from toolkit.schema.scalars import is_text_or_integer
from toolkit.structs import Frozen, replace
from toolkit.wire.json import dump_json
from toolkit.wire.urlencoded import split_url

_MOST_PAGES = 40


class Whole(Frozen):
    """The pages of a list, the items of each, and the ending: '' at the end, `cut` if that is not known, else what is wrong with the last."""

    pages: list[CheckedResponse]
    listed: list[list[Any]]
    ending: str

    @property
    def items(self) -> list[Any]:
        return [item for items in self.listed for item in items]

    @property
    def last(self) -> CheckedResponse:
        return self.pages[-1]


def read_list(subject: Subject, changes: Mapping[str, str]) -> Whole:
    facts = subject.facts
    if facts.chain:
        pages, ending = _follow(subject, facts.chain, changes)
    elif facts.pages:
        pages = list(subject.walk(changes))
        ending = "cut" if any((one.total(facts) or 0) > len(pages) * subject.largest_size for one in pages) else ""
    else:
        pages = [subject.ask(changes)]
        items, total = pages[0].items(facts), pages[0].total(facts)
        may_be_cut = paging_inputs(one.name for one in subject.operation.parameters)  # by their names
        ending = "" if items is not None and (total == len(items) or not may_be_cut) else "cut"
    return Whole(pages, [(one.items(facts) if one.ok else None) or [] for one in pages], ending)


def _follow(subject: Subject, chain: Chain, changes: Mapping[str, str]) -> tuple[list[CheckedResponse], str]:
    """The pages of a list of which each names the next one, and how it ended."""
    response = subject.ask(changes)
    pages, seen = [response], dict[Any, int]()
    while len(pages) <= _MOST_PAGES:
        following = _next(chain, response) if response.ok else None
        if not following:
            return pages, "" if response.ok or len(pages) == 1 else _refusal(response, len(pages))
        if following in seen and not (chain.next or chain.cursor or subject.facts.identity):
            return pages, "cut"  # a Link header alone may as well be the same on every page
        if following in seen:
            again = f"page {len(pages)} names the same next page as page {seen[following]}"
            return pages, f"{again}: the list has no end"
        seen[following] = len(pages)
        by_cursor = subject.ask({**changes, chain.cursor: following}) if chain.cursor else None
        response = by_cursor or ask_url(subject.client, response.call, following)
        pages.append(response)
    return pages, "cut"


def _refusal(response: CheckedResponse, number: int) -> str:
    status = f"is refused with status {response.status}" if response.status else f"got no response ({response.failure})"
    return f"page {number}, which page {number - 1} names as the next one, {status}"


def ask_url(client: Client, call: Call, url: str) -> CheckedResponse:
    """The page at a URL, of which the query is taken: it must lead to the same path."""
    request = client.request(call)
    path = request.url.partition("?")[0]
    return client.send(call, replace(request, url=f"{path}?{split_url(resolved(path, url)).query}"))


def _next(chain: Chain, response: CheckedResponse) -> str | None:
    if chain.next:
        found = dig(response.value, chain.next)
        return str(found) if is_text_or_integer(found) and found != "" else None
    return next_link(response.headers)


_MOST_GUESSED = 20
_ALL_LEVELS = 1_000  # more than a response is read with


class Listing:
    """The pages of a list, one after the other. `has_all` says after the last one whether they surely hold all items."""

    def __init__(
        self, lister: Subject, parents: tuple[str, ...], changes: Mapping[Key, str] | None = None, size: int = 0
    ) -> None:
        self.client, self.has_all = lister.client, False
        self._query = chosen_by(self.client.operation)
        whole = {one.key: None for one in self._query if one.location == "body" and not one.required}
        self._values = {**whole, **path_filling(self.client.operation, parents), **(changes or {})}
        self._sizes = {one.key: size or int(one.schema.get("maximum", 100)) for one in self._query if _is_size(one)}

    def pages(self) -> Iterator[CheckedResponse]:
        """The responses in the largest size of a page. Raises BudgetSpent."""
        response = self._ask({})
        if not response.ok and self._sizes:
            self._sizes = {}
            response = self._ask({})
        count, known = 0, set[bytes]()
        stale = 0  # pages in a row without a new item: one may be the first page under its own number
        for number in range(1, _MOST_GUESSED + 1):
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

    def _following(self, before: CheckedResponse, number: int, count: int) -> CheckedResponse | None:
        """The next page; None where nothing leads to one."""
        link, said = next_link(before.headers), named_next(before.value, lambda name: {*words(name)} & WORDS["next"])
        named = next(map(str, said), "")
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


def named_next(value: Any, is_next: Callable[[str], object], levels: int = _ALL_LEVELS) -> Iterator[str | int]:
    """What an object names as the next page, by such names and in so many levels: URLs, also those in link objects, and cursors."""
    told = (as_object(one).get("href", one) for name, one in beside_items(value, levels) if is_next(name))
    return (one for one in told if is_text_or_integer(one) and one != "")


def _has_more(value: Any, count: int) -> bool:
    """Whether an object says that there are more items than were shown; a total says so of what is shown at all."""
    found = [({*words(name)}, one) for name, one in beside_items(value)]
    is_next = any(names & WORDS["next"] and one for names, one in found)
    return is_next or any(names & WORDS["total"] and isinstance(one, int) and one > count > 0 for names, one in found)


def beside_items(value: Any, levels: int = _ALL_LEVELS) -> Iterator[tuple[str, Any]]:
    """The properties of an object and of the objects in it, but for those in arrays: what a page says beside its items."""
    for key, one in value.items() if isinstance(value, dict) and levels else ():
        yield key, one
        yield from beside_items(one, levels - 1)
