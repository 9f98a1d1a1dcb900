"""Laws of filters together with something else: with pages, with the ways of sending, with the values that every call holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from toolkit.conformance.laws.filters import filters, free_filters, is_valid, most_common, ranges, telling, texts_of
from toolkit.conformance.laws.finding import Finding, expect
from toolkit.conformance.laws.one_response import chosen, magnitude
from toolkit.conformance.subject import Subject, range_filters, shifted
from toolkit.contract.promises import Filter, dig
from toolkit.schema.judge import shown
from toolkit.wire.parameters import write_scalar


def pages_filtered(subject: Subject) -> Iterator[Finding]:
    """What a filter chooses is cut into pages as the whole list is: the second page, the last one, the one behind it."""
    for changes, due in (*_large_choices(subject), *_narrow_range(subject)):
        size = min(subject.most, -(-len(due) // 3))
        last = -(-len(due) // size)
        for number in sorted({2, last, last + 1}):
            told = " and ".join(f"{name}={shown(text)}" for name, text in changes.items())
            said = f"page {number} of size {size} with {told}"
            yield from expect(
                subject, "law-page-size-invariant", "filters", changes, due, said, number=number, size=size
            )


def _large_choices(subject: Subject) -> Iterator[tuple[dict[str, str], list[Any]]]:
    """For each filter the text that chooses the most items, and these."""
    for rule in free_filters(subject, "equal"):
        for text in most_common(subject, rule):
            yield {rule.parameter: text}, [item for item in subject.reference if chosen(rule, text, item)]


def _narrow_range(subject: Subject) -> Iterator[tuple[dict[str, str], list[Any]]]:
    """A range of the middle third of the items, and these."""
    low, high = range_filters(subject.facts)
    if not (low and high and subject.complete and subject.frozen and len(subject.reference) > 8):
        return
    texts = sorted(texts_of(subject, low), key=magnitude)
    start, end = texts[len(texts) // 3], texts[2 * len(texts) // 3]
    due = [item for item in subject.reference if chosen(low, start, item) and chosen(high, end, item)]
    yield {low.parameter: start, high.parameter: end}, due


def filters_sent(subject: Subject) -> Iterator[Finding]:
    """A text with special characters means the same however it is sent: in the query or in a form body."""
    for rule in free_filters(subject, "equal"):
        texts = list(dict.fromkeys(texts_of(subject, rule)))
        odd = [text for text in telling(subject, texts) if text and not text.isalnum()]
        for text in odd:
            due = [item for item in subject.reference if chosen(rule, text, item)]
            for channel in subject.client.channels:
                way = {**subject.next_way(), "channel": channel}
                said = f"{rule.parameter}={shown(text)} by {channel}"
                yield from expect(subject, "law-filter-exact", "filters", {rule.parameter: text}, due, said, way=way)


def filters_elsewhere(subject: Subject) -> Iterator[Finding]:
    """What holds under one value of a filter that every call needs holds under its other values."""
    for rule in subject.facts.filters:
        parameter = subject.client.parameter(rule.parameter)
        if (
            not parameter
            or rule.relation != "equal"
            or rule.parameter not in subject.client.base
            or not subject.complete
        ):
            continue
        members = [write_scalar(member) for member in parameter.schema.get("enum", ())]
        for member in [text for text in members if text != subject.client.base[rule.parameter]][:3]:
            yield from _under(subject, rule, member)


def _under(subject: Subject, rule: Filter, member: str) -> Iterator[Finding]:
    frozen = {**subject.frozen, rule.parameter: member}
    other = replace(subject, frozen=frozen, reference=[], complete=True)
    other.reference = other.fetch()
    pages = list(other.walk(frozen))
    if not other.reference or pages[-1].total(subject.facts) not in (None, len(other.reference)):
        return
    _last_page(subject, rule, member)
    second = expect(
        other,
        "law-page-size-invariant",
        "order",
        {},
        other.reference,
        f"page 2 with {rule.parameter}={member}",
        number=2,
        size=min(subject.most, -(-len(other.reference) // 3)),
    )
    found = [*second, *filters(other), *ranges(other), *_strangers(subject, other.reference[-1], rule)]
    before = other.reference
    if found and other.renew() == before:
        yield from found


def _last_page(subject: Subject, rule: Filter, member: str) -> None:
    """The last page of the list from long before the window on, which single-answer rules judge."""
    low, _ = range_filters(subject.facts)
    newest = str(dig(subject.reference[0], low.item)) if low and subject.reference else ""
    start = shifted(newest, -30 * 86400)
    changes = {rule.parameter: member, **({low.parameter: start} if low and start else {})}
    total = subject.page(changes, 1, subject.most).total(subject.facts) or 0
    subject.page(changes, max(1, -(-total // subject.most)), subject.most)


def _strangers(subject: Subject, item: Any, rule: Filter) -> Iterator[Finding]:
    """The values of an item that is not in the list choose it no more than any other filter allows."""
    for filter in free_filters(subject, "equal"):
        text = write_scalar(dig(item, filter.item)) if dig(item, filter.item) is not None else ""
        if is_valid(subject, filter.parameter, text):
            due = [one for one in subject.reference if chosen(filter, text, one)]
            said = f"{rule.parameter}={subject.client.base[rule.parameter]} and {filter.parameter}={shown(text)}"
            yield from expect(subject, "law-filters-and", "filters", {filter.parameter: text}, due, said)
