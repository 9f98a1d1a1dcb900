"""Laws of a list cut into pages: complete, disjoint, of the right length, in one order, whatever the size, and with an end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

from toolkit.conformance.laws.comparing import find_range, in_words, is_misordered, item_values, magnitude, selected
from toolkit.conformance.laws.filters import expect_selected, free_filters, most_common
from toolkit.conformance.laws.finding import Finding, describe_difference, expect, find
from toolkit.conformance.laws.lists import Whole, read_list
from toolkit.conformance.subject import Subject
from toolkit.contract.promises import Filter
from toolkit.verdict import plural


def pages(subject: Subject) -> Iterator[Finding]:
    """The pages hold every item once, in order, as many as the total says, which is the same on each; and they come to an end."""
    whole = read_list(subject, subject.frozen)
    if whole.ending not in ("", "cut"):
        yield find(subject, "law-pages-complete", whole.ending, whole.last)
    if twice := list(_repeated(subject, whole)):
        yield from twice
        return
    yield from _misordered(subject, whole)
    yield from check_totals(subject, whole)


def _repeated(subject: Subject, whole: Whole) -> Iterator[Finding]:
    """The first item that is on two pages."""
    seen: dict[str, int] = {}
    for number, (response, items) in enumerate(zip(whole.pages, whole.listed, strict=True), 1):
        for key in subject.identities(items) if subject.facts.identity else ():
            if seen.setdefault(key, number) != number:
                message = f"item {key} is on page {seen[key]} and on page {number}"
                yield find(subject, "law-pages-disjoint", message, response)
                return


def _misordered(subject: Subject, whole: Whole) -> Iterator[Finding]:
    """The pages that begin before the end of the one before."""
    for number, (before, after) in enumerate(pairwise(whole.listed), 2):
        if before and after and is_misordered(subject.facts, before[-1], after[0]):
            message = f"the first item of page {number} belongs before the last item of page {number - 1}"
            yield find(subject, "law-order", message, whole.pages[number - 1])


def check_totals(subject: Subject, whole: Whole, by: str = "") -> Iterator[Finding]:
    """The total is the same on all pages, and that of the items that they hold to their end. `by` says what selects them."""
    stated = (one.total(subject.facts) for one in whole.pages)
    totals = list(dict.fromkeys(total for total in stated if total is not None))
    count = len(whole.items)
    if len(totals) > 1:
        message = f"{by}the total is {totals[0]} on one page and {totals[1]} on another"
        yield find(subject, "law-total-constant", message, whole.last)
    elif totals and totals[0] != count and not whole.ending and whole.last.ok:
        message = f"{by}the pages have {plural(count, 'item')} together, the total is {totals[0]}"
        yield find(subject, "law-pages-complete", message, whole.last)


def frozen_list(subject: Subject) -> Iterator[Finding]:
    """Within the frozen range are the items that the list without a range has there."""
    bounds = find_range(subject.facts)
    if not (bounds and subject.frozen):
        return
    chosen = {rule: subject.frozen[rule.parameter] for rule in bounds}
    expected = selected(subject.items({}), chosen)
    keys = {*subject.identities(subject.reference)}
    missing = [key for key in subject.identities(expected) if key not in keys]
    if missing:
        message = f"{in_words(chosen)}: {plural(len(missing), 'item')} missing ({', '.join(missing[:3])})"
        page = subject.page(subject.frozen, 1, subject.largest_size)
        yield find(subject, "law-filter-exact", message, page)


def page_sizes(subject: Subject) -> Iterator[Finding]:
    """The same items in the same order, whatever the size of the pages."""
    count = len(subject.reference)
    is_distinct = len({*subject.identities(subject.reference)}) == count  # else `pages` has a finding
    if not subject.complete or count < 2 or not (is_distinct or not subject.facts.identity):
        return
    largest = subject.largest_size
    sizes = [1, 2, 7, largest - 1, subject.random.randint(3, max(3, largest - 2))]
    for size in dict.fromkeys(size for size in sizes if 0 < size <= largest):
        last = -(-count // size)
        for number in sorted({1, 2, min(3, last), last, last + 1}):
            cut: dict[str, Any] = {"number": number, "size": size}
            request = f"page {number} of size {size}"
            yield from expect(subject, "law-page-size-invariant", {}, subject.reference, request, **cut)


def chained_sizes(subject: Subject) -> Iterator[Finding]:
    """The same, where each page names the next one; and no page is larger than was asked."""
    chain = subject.facts.chain
    parameter = subject.client.parameter(chain.limit) if chain and chain.limit else None
    whole = read_list(subject, {}) if parameter and subject.facts.identity else None
    if parameter is None or whole is None or whole.ending or len(whole.items) < 2:
        return
    expected = subject.identities(whole.items)
    for size in (1, 2, 3, len(expected)):
        if not subject.client.takes(parameter, str(size)):
            continue
        cut = read_list(subject, {parameter.name: str(size)})
        larger = (pair for pair in zip(cut.pages, cut.listed, strict=True) if len(pair[1]) > size)
        for page, items in islice(larger, 1):
            message = f"the page has {plural(len(items), 'item')}, {parameter.name} is {size}"
            yield find(subject, "law-page-length", message, page)
        found = subject.identities(cut.items)
        if not cut.ending and found != expected:
            missing, extra = len(set(expected) - set(found)), len(set(found) - set(expected))
            counts = f"{missing} missing, {extra} unexpected"
            difference = counts if missing or extra else "repeated or in another order"
            together = f"pages of {size} have {plural(len(found), 'item')} together"
            message = f"{together}, expected {len(expected)}: {difference}"
            yield find(subject, "law-page-size-invariant", message, cut.last)
            return


def far_pages(subject: Subject) -> Iterator[Finding]:
    """The last page, the one after it, and pages as far away as may be requested; rules of a single response check them."""
    total = subject.page({}, 1, subject.largest_size).total(subject.facts) or 0
    last = max(1, -(-total // subject.largest_size))
    furthest = _last_page(subject)
    for number in (one for one in dict.fromkeys((last, last + 1, 1000, furthest)) if one <= furthest):
        response = subject.page({}, number, subject.largest_size, **subject.next_way())
        if not response.ok:
            message = f"page {number} of {last} is refused with status {response.status}"
            yield find(subject, "valid-request-refused", message, response)


def _last_page(subject: Subject) -> int:
    """The number of the last page that may be requested, in pages of the largest size; a far one if there is no bound."""
    pages = subject.facts.pages
    parameter = subject.client.parameter((pages.page or pages.offset or "") if pages else "")
    most = parameter.schema.get("maximum") if parameter else None
    if not isinstance(most, int):
        return 5000
    return most if pages and pages.page else most // subject.largest_size + 1


def unfrozen_list(subject: Subject) -> Iterator[Finding]:
    """The list without a range holds at least the frozen one, with the same values."""
    if not (subject.frozen and subject.reference):
        return
    plain = subject.page({}, 1, subject.largest_size)
    total, count = plain.total(subject.facts), len(subject.reference)
    if plain.ok and total is not None and total < count:
        message = f"the total is {total} without a range, and {count} within one"
        yield find(subject, "law-pages-complete", message, plain)
    items = {subject.identity(item): item for item in plain.items(subject.facts) or ()}
    for item in subject.reference[: subject.largest_size]:
        known = items.get(subject.identity(item), item)
        if known != item:
            rule, message = describe_difference(subject, "law-item-consistent", [item], [known])
            yield find(subject, rule, f"without a range, {message}", plain)
            return


def filtered_pages(subject: Subject) -> Iterator[Finding]:
    """What a filter selects is cut into pages as the whole list is: the second page, the last one, the one after it."""
    largest = [{rule: value} for rule in free_filters(subject, "equal") for value in most_common(subject, rule)]
    for chosen in (*largest, *_narrow_range(subject)):
        count = len(selected(subject.reference, chosen))
        size = min(subject.largest_size, -(-count // 3))
        for number in sorted({2, last := -(-count // size), last + 1}):
            request = f"page {number} of size {size} with {in_words(chosen)}"
            yield from expect_selected(subject, chosen, request, "law-page-size-invariant", number=number, size=size)


def _narrow_range(subject: Subject) -> Iterator[dict[Filter, str]]:
    """A range of the middle third of the items."""
    bounds = find_range(subject.facts)
    if bounds and subject.complete and subject.frozen and len(subject.reference) > 8:
        values = sorted(item_values(subject.reference, bounds[0]), key=magnitude)
        yield dict(zip(bounds, (values[len(values) // 3], values[2 * len(values) // 3]), strict=True))
