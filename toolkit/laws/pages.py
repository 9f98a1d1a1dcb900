"""Laws of a list cut into pages: whole, disjoint, of the right length, in one order, whatever the size (complete, disjoint)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.answers import out_of_order
from toolkit.json_schema import shown
from toolkit.laws.finding import Finding, compare, difference, find
from toolkit.subject import Subject


def pages_whole(subject: Subject) -> Iterator[Finding]:
    """The pages together hold every item once, and as many as the total says, which is the same on each."""
    answers = list(subject.walk(subject.frozen))
    seen: dict[str, int] = {}
    totals: dict[int, int] = {}
    last: Any = None
    for number, answer in enumerate(answers, 1):
        total = answer.total(subject.facts)
        if total is not None:
            totals.setdefault(total, number)
        for item in answer.items(subject.facts) or ():
            key = shown(subject.identity(item))
            if key in seen and seen[key] != number:
                yield find(
                    subject,
                    "law-pages-disjoint",
                    "identity",
                    f"{key} stands on page {seen[key]} and on page {number}",
                    answer,
                )
                return
            seen[key] = number
        items = answer.items(subject.facts) or []
        if items and last is not None and subject.facts.order and out_of_order(subject.facts, last, items[0]):
            yield find(
                subject,
                "law-order",
                "order",
                f"the first item of page {number} belongs before the last of page {number - 1}",
                answer,
            )
        last = items[-1] if items else last
    if len(totals) > 1:
        told = " and ".join(f"{total} on page {number}" for total, number in totals.items())
        yield find(subject, "law-total-constant", "total", f"the total is {told}", answers[-1])
    elif (
        totals
        and answers[-1].ok
        and len(seen) != next(iter(totals))
        and next(iter(totals)) <= len(answers) * subject.most
    ):
        yield find(
            subject,
            "law-pages-complete",
            "total",
            f"{len(seen)} items stand on the pages; the total is {next(iter(totals))}",
            answers[-1],
        )


def page_sizes(subject: Subject) -> Iterator[Finding]:
    """The same items in the same order, whatever the size of the pages."""
    count = len(subject.reference)
    if not subject.complete or count < 2:
        return
    sizes = [1, 2, 7, subject.most - 1, subject.random.randint(3, max(3, subject.most - 2))]
    for size in dict.fromkeys(size for size in sizes if 0 < size <= subject.most):
        last = -(-count // size)
        for number in sorted({1, 2, min(3, last), last, last + 1}):
            answer = subject.page(subject.frozen, number, size)
            due = subject.reference[(number - 1) * size : number * size]
            yield from compare(
                subject, "law-page-size-invariant", "order", due, answer, f"page {number} of size {size}"
            )
            total = answer.total(subject.facts)
            if total is not None and total != count:
                yield find(
                    subject,
                    "law-total-constant",
                    "total",
                    f"the total is {total} on page {number} of size {size}, else {count}",
                    answer,
                )


def pages_far(subject: Subject) -> Iterator[Finding]:
    """Pages at the far end of what may be asked for, which single-answer rules judge."""
    pages = subject.facts.pages
    parameter = subject.client.parameter(pages.page) if pages and pages.page else None
    for number in (1000, parameter.schema.get("maximum", 5000) if parameter else 5000):
        answer = subject.page({}, number, subject.most)
        if not answer.ok:
            yield find(
                subject,
                "valid-request-refused",
                "total",
                f"page {number}, past the end, is refused with status {answer.status}",
                answer,
            )


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
