"""A list read to its end as the contract says that it is cut: by numbers, by what each page names as the next one, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from toolkit.client.client import Call, CheckedResponse, Client
from toolkit.conformance.subject import Subject
from toolkit.contract.paging import paging_inputs
from toolkit.contract.promises import Chain, dig
from toolkit.document.identifiers import resolved
from toolkit.schema.scalars import is_text_or_integer
from toolkit.wire.links import next_link
from toolkit.wire.urlencoded import split_url

_MOST_PAGES = 40


@dataclass(frozen=True, slots=True)
class Whole:
    """The pages of a list, the items of each, and how it ended: '' at its end, `cut` if that was too far or is not known, else what is
    wrong with the last page."""

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
