"""Laws of a list in which each page names the next one, by a cursor, by a URL or by a Link header: nothing twice, nothing left
out, and an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from toolkit.client.client import Call, CheckedResponse, Client
from toolkit.conformance.laws.finding import Finding, count_items, find
from toolkit.conformance.laws.pages import check_totals, misordered, repeated
from toolkit.conformance.subject import Subject
from toolkit.contract.paging import paging_inputs
from toolkit.contract.promises import Chain, dig
from toolkit.document.identifiers import resolved
from toolkit.wire.links import next_link
from toolkit.wire.urlencoded import split_url

_MOST_PAGES = 40


def chained_pages(subject: Subject) -> Iterator[Finding]:
    """The pages that follow from one another hold no item twice, keep the order, agree with the total, and end."""
    chain = subject.facts.chain
    if chain is None:
        return
    responses, ending = follow(subject, chain, {})
    listed = [items_of(chain, response) for response in responses]
    yield from repeated(subject, responses, listed) if subject.facts.identity else ()
    yield from misordered(subject, responses, listed)
    if ending not in ("", "cut"):
        yield find(subject, "law-pages-complete", "", ending, responses[-1])
    yield from check_totals(subject, responses, sum(map(len, listed)), ending)


def chained_sizes(subject: Subject) -> Iterator[Finding]:
    """The same items in the same order, whatever the size of the pages; and no page is larger than was asked."""
    chain = subject.facts.chain
    parameter = subject.client.parameter(chain.limit) if chain and chain.limit else None
    if chain is None or parameter is None or not subject.facts.identity:
        return
    whole, _, ending = all_items(subject, {})
    expected = [subject.identity(item) for item in whole]
    if ending or len(expected) < 2:
        return
    for size in (1, 2, 3, len(expected)):
        if list(subject.client.validator.check_parameter(parameter, [str(size)])):
            continue
        items, responses, ending = all_items(subject, {parameter.name: str(size)})
        larger = next((one for one in responses if len(items_of(chain, one)) > size), None)
        if larger:
            message = f"the page has {count_items(len(items_of(chain, larger)))}, {parameter.name} is {size}"
            yield find(subject, "law-page-length", "", message, larger)
        found = [subject.identity(item) for item in items]
        if not ending and found != expected:
            missing, extra = len(set(expected) - set(found)), len(set(found) - set(expected))
            counts = f"{missing} missing, {extra} unexpected"
            difference = counts if missing or extra else "repeated or in another order"
            message = f"pages of {size} have {count_items(len(found))} together, expected {len(expected)}: {difference}"
            yield find(subject, "law-page-size-invariant", "", message, responses[-1])
            return


def all_items(subject: Subject, changes: Mapping[str, str]) -> tuple[list[Any], list[CheckedResponse], str]:
    """The items of all pages of a list, the responses that have them, and how it ended: '' at its end, else why not there."""
    chain = subject.facts.chain
    if chain:
        responses, ending = follow(subject, chain, changes)
        return [item for response in responses for item in items_of(chain, response)], responses, ending
    if not subject.facts.pages:
        response = subject.ask(changes)
        items, total = response.items(subject.facts), response.total(subject.facts)
        may_be_cut = paging_inputs(one.name for one in subject.operation.parameters)  # by their names
        is_whole = items is not None and (total == len(items) or not may_be_cut)
        return items or [], [response], "" if is_whole else "cut"
    responses = list(subject.walk(changes))
    items = [item for response in responses for item in response.items(subject.facts) or ()]
    total, last = responses[-1].total(subject.facts), responses[-1].items(subject.facts) or ()
    is_end = responses[-1].ok and (len(items) >= total if total is not None else len(last) < subject.largest_size)
    return items, responses, "" if is_end else "cut"


def follow(subject: Subject, chain: Chain, changes: Mapping[str, str]) -> tuple[list[CheckedResponse], str]:
    """The pages of a list, and how it ended: '' at its end, `cut` if that was too far, else what is wrong with the last one."""
    response = subject.ask(changes)
    responses, seen = [response], dict[Any, int]()
    while len(responses) <= _MOST_PAGES:
        following = _next(chain, response) if response.ok else None
        if not following:
            return responses, "" if response.ok or len(responses) == 1 else _refusal(response, len(responses))
        if following in seen and not (chain.next or chain.cursor or subject.facts.identity):
            return responses, "cut"  # a Link header alone may as well be the same on every page
        if following in seen:
            again = f"page {len(responses)} names the same next page as page {seen[following]}"
            return responses, f"{again}: the list has no end"
        seen[following] = len(responses)
        by_cursor = subject.ask({**changes, chain.cursor: following}) if chain.cursor else None
        response = by_cursor or ask_url(subject.client, response.call, following)
        responses.append(response)
    return responses, "cut"


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
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) and found != "" else None
    received = response.exchange.response
    return next_link(received.headers) if received else None


def items_of(chain: Chain, response: CheckedResponse) -> list[Any]:
    found = dig(response.value, chain.results) if response.ok else None
    return found if isinstance(found, list) else []
