"""Laws of a list cut into pages: whole, disjoint, of the right length, in one order, whatever the size (complete, disjoint)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from toolkit.client.client import Answer
from toolkit.conformance.laws.finding import Finding, difference, expect, find
from toolkit.conformance.laws.one_response import chosen, out_of_order
from toolkit.conformance.subject import Subject, range_filters
from toolkit.schema.judge import shown


def pages_whole(subject: Subject) -> Iterator[Finding]:
    """The pages together hold every item once, and as many as the total says, which is the same on each."""
    answers = list(subject.walk(subject.frozen))
    pages = [answer.items(subject.facts) or [] for answer in answers]
    seen: dict[str, int] = {}
    for number, (answer, items) in enumerate(zip(answers, pages, strict=True), 1):
        for key in (shown(subject.identity(item)) for item in items):
            if seen.setdefault(key, number) != number:
                said = f"{key} stands on page {seen[key]} and on page {number}"
                yield find(subject, "law-pages-disjoint", "identity", said, answer)
                return
    for number, (before, after) in enumerate(pairwise(pages), 2):
        if before and after and out_of_order(subject.facts, before[-1], after[0]):
            said = f"the first item of page {number} belongs before the last of page {number - 1}"
            yield find(subject, "law-order", "order", said, answers[number - 1])
    yield from _totals(subject, answers, len(seen))


def _totals(subject: Subject, answers: list[Answer], count: int) -> Iterator[Finding]:
    numbered = enumerate((answer.total(subject.facts) for answer in answers), 1)
    totals = {total: number for number, total in numbered if total is not None}
    total = next(iter(totals), None)
    if len(totals) > 1:
        told = " and ".join(f"{total} on page {number}" for total, number in totals.items())
        yield find(subject, "law-total-constant", "total", f"the total is {told}", answers[-1])
    elif total is not None and answers[-1].ok and count != total <= len(answers) * subject.most:
        said = f"{count} items stand on the pages; the total is {total}"
        yield find(subject, "law-pages-complete", "total", said, answers[-1])


def frozen_whole(subject: Subject) -> Iterator[Finding]:
    """Between the two ends of the frozen range stand the items that the list without a range has there."""
    low, high = range_filters(subject.facts)
    if not (low and high and subject.frozen):
        return
    start, end = subject.frozen[low.parameter], subject.frozen[high.parameter]
    items = [item for answer in subject.walk({}) for item in answer.items(subject.facts) or ()]
    due = [item for item in items if chosen(low, start, item) and chosen(high, end, item)]
    keys = {shown(subject.identity(item)) for item in subject.reference}
    missing = [key for key in (shown(subject.identity(item)) for item in due) if key not in keys]
    if missing:
        said = f"{low.parameter}={start} and {high.parameter}={end} leave out {len(missing)} items ({', '.join(missing[:3])})"
        yield find(subject, "law-filter-exact", "filters", said, subject.page(subject.frozen, 1, subject.most))


def page_sizes(subject: Subject) -> Iterator[Finding]:
    """The same items in the same order, whatever the size of the pages."""
    count = len(subject.reference)
    if not subject.complete or count < 2:
        return
    sizes = [1, 2, 7, subject.most - 1, subject.random.randint(3, max(3, subject.most - 2))]
    for size in dict.fromkeys(size for size in sizes if 0 < size <= subject.most):
        last = -(-count // size)
        for number in sorted({1, 2, min(3, last), last, last + 1}):
            said = f"page {number} of size {size}"
            yield from expect(
                subject, "law-page-size-invariant", "order", {}, subject.reference, said, number=number, size=size
            )


def pages_far(subject: Subject) -> Iterator[Finding]:
    """The last page, the one behind it, and pages at the far end of what may be asked for, which single-answer rules judge."""
    total = subject.page({}, 1, subject.most).total(subject.facts) or 0
    last = max(1, -(-total // subject.most))
    numbers = (last, last + 1, 1000, _last_page(subject))
    for number in (number for number in dict.fromkeys(numbers) if number <= _last_page(subject)):
        answer = subject.page({}, number, subject.most, **subject.next_way())
        if not answer.ok:
            said = f"page {number} of {last} is refused with status {answer.status}"
            yield find(subject, "valid-request-refused", "total", said, answer)


def _last_page(subject: Subject) -> int:
    """The number of the last page that may be asked for, in pages of the largest size; a far one where there is no bound."""
    pages = subject.facts.pages
    parameter = subject.client.parameter((pages.page or pages.offset or "") if pages else "")
    most = parameter.schema.get("maximum") if parameter else None
    if not isinstance(most, int):
        return 5000
    return most if pages and pages.page else most // subject.most + 1


def whole(subject: Subject) -> Iterator[Finding]:
    """The list that is not frozen holds at least the frozen one: without a range nothing else is chosen."""
    if not (subject.frozen and subject.reference):
        return
    plain = subject.page({}, 1, subject.most)
    total = plain.total(subject.facts)
    if plain.ok and total is not None and total < len(subject.reference):
        yield find(
            subject,
            "law-pages-complete",
            "total",
            f"the total is {total} without a range and {len(subject.reference)} within one",
            plain,
        )
    items = {shown(subject.identity(item)): item for item in plain.items(subject.facts) or ()}
    for item in subject.reference[: subject.most]:
        known = items.get(shown(subject.identity(item)), item)
        if known != item:
            told, message = difference(subject, "law-item-consistent", [item], [known])
            yield find(subject, told, "identity", f"in two lists, {message}", plain)
            return
