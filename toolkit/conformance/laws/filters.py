"""Laws of filters: each selects exactly what matches it, together they select what each of them does (subset, difference)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import combinations
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote

from toolkit.client.client import CheckedResponse
from toolkit.conformance.laws.comparing import (
    find_range,
    in_words,
    is_misordered,
    item_values,
    magnitude,
    selected,
    shift,
)
from toolkit.conformance.laws.finding import Finding, expect, find
from toolkit.conformance.laws.lists import read_list
from toolkit.conformance.subject import Subject
from toolkit.contract.promises import Filter, dig
from toolkit.schema.judge import shown
from toolkit.schema.scalars import read_moment, write_moment
from toolkit.structs import replace
from toolkit.verdict import plural
from toolkit.wire.parameters import write_scalar

_DAY = 86_400  # seconds


def filters(subject: Subject) -> Iterator[Finding]:
    """Each filter selects exactly the items of the unfiltered list that match it."""
    for rule in free_filters(subject, "equal"):
        values = [value for value in _distinct_values(subject, rule) if is_valid(subject, rule.parameter, value)]
        for value in _few(subject, values):
            yield from expect_selected(subject, {rule: value})


def near_values(subject: Subject) -> Iterator[Finding]:
    """A filter matches exactly: not a part of a value, not another case, no wildcard, no white space around it."""
    for rule in free_filters(subject, "equal"):
        values = sorted(set(filter(None, item_values(subject.reference, rule))), key=lambda value: (-len(value), value))
        others = ([one for one in column if one not in values] for column in zip(*map(_near, values), strict=True))
        usable = (filter(partial(is_valid, subject, rule.parameter), column) for column in others)
        for value in dict.fromkeys(next(column, None) for column in usable):
            yield from expect_selected(subject, {rule: value}) if value is not None else ()


def _near(value: str) -> list[str]:
    middle = len(value) // 2
    encoded = "%" + value[middle].encode("utf-8", "replace").hex("%").upper()
    return [
        value[:middle] + encoded + value[middle + 1 :], value[:-1] + chr(ord(value[-1]) ^ 1), value.replace("//", "/"),
        unquote(value), value.replace("+", " "), normalize("NFD", value), normalize("NFKC", value),
        value[:-1], value + "0", "0" + value, value.swapcase(), value.lower(), value.upper(), value + "/", value[1:], value + " ", " " + value,
        value[:middle], "%", value[:middle] + "%", value[:middle] + "_" + value[middle + 1 :], "*", value[:middle] + "*",
        value.rpartition("/")[0] + "/", value.rstrip("/"),
    ]  # fmt: skip


def expect_selected(
    subject: Subject, chosen: Mapping[Filter, str], request: str = "", law: str = "law-filter-exact", **options: Any
) -> Iterator[Finding]:
    """Filters with these values select what matches all of them; `request` says it in words, unless they do."""
    changes = {rule.parameter: value for rule, value in chosen.items()}
    expected = selected(subject.reference, chosen)
    yield from expect(subject, law, changes, expected, request or in_words(chosen), **options)


def free_filters(subject: Subject, *relations: str) -> list[Filter]:
    """The filters that may be set freely within the frozen list, if that list is complete."""
    if not subject.complete or not subject.reference:
        return []
    named = [rule for rule in subject.facts.filters if rule.relation in relations]
    return [rule for rule in named if subject.client.key(rule.parameter) not in subject.client.base]


def is_valid(subject: Subject, name: str, value: str) -> bool:
    parameter = subject.client.parameter(name)
    return parameter is not None and subject.client.takes(parameter, value)


def known_valid(subject: Subject, name: str) -> list[str]:
    """The valid values of a parameter that may exist in the service."""
    return [value for value in subject.known.get(subject.client.key(name), ()) if is_valid(subject, name, value)]


def _few(subject: Subject, values: list[str]) -> list[str]:
    """The empty value, the first and the last, two at random."""
    if len(values) <= 5:
        return values
    empty = [value for value in values if not value]
    return list(dict.fromkeys([*empty, values[0], values[-1], *subject.random.sample(values, 2)]))


def _distinct_values(subject: Subject, rule: Filter) -> list[str]:
    """The values that the items have in the property of a filter, each once, sorted."""
    return sorted(set(item_values(subject.reference, rule)), key=magnitude)


def most_common(subject: Subject, rule: Filter) -> list[str]:
    """The value that selects the most items; none if no value is valid."""
    values = [value for value in item_values(subject.reference, rule) if is_valid(subject, rule.parameter, value)]
    return [value for value, _ in Counter(values).most_common(1)]


def ranges(subject: Subject) -> Iterator[Finding]:
    """A range includes both of its ends, and nothing outside of them."""
    bounds = find_range(subject.facts)
    values = _distinct_values(subject, bounds[0]) if bounds and subject.complete and subject.frozen else []
    if not bounds or len(values) < 3:
        return
    first, third, middle, last = values[0], values[len(values) // 3], values[len(values) // 2], values[-1]
    inner = [(middle, last), (first, middle), (third, middle), (middle, middle)]
    for start, end in (*inner, (shift(middle, 1), last), (first, shift(middle, -1))):
        if start and end and magnitude(start) <= magnitude(end):
            yield from expect_selected(subject, dict(zip(bounds, (start, end), strict=True)))


def open_ranges(subject: Subject) -> Iterator[Finding]:
    """A range with one end only; a range in the future, or before the window, is empty."""
    bounds = find_range(subject.facts)
    if not (bounds and subject.complete and len(subject.reference) > 2):
        return
    low, high = bounds
    values = _distinct_values(subject, low)
    middle = values[len(values) // 2]
    for rule in bounds:
        yield from expect_selected(subject, {rule: middle})
    future, past = shift(values[-1], 10 * _DAY), shift(values[0], -400 * _DAY)
    if future and read_moment(future) and is_valid(subject, high.parameter, future):
        response = subject.page({low.parameter: middle, high.parameter: future}, 1, subject.largest_size)
        if response.status and not response.ok and not response.overloaded:  # a range may end later than every item
            message = f"{in_words({low: middle, high: future})} is refused with status {response.status}"
            yield find(subject, "valid-request-refused", message, response)
    if subject.facts.window and future and past:
        changes = {low.parameter: future, high.parameter: None}
        yield from expect(subject, "law-filter-exact", changes, [], f"{low.parameter}={future}")
        changes = {low.parameter: None, high.parameter: past}
        yield from expect(subject, "law-window", changes, [], f"{high.parameter}={past}")


def one_sided_ranges(subject: Subject) -> Iterator[Finding]:
    """One end of a range alone selects at least what both ends select."""
    bounds = find_range(subject.facts)
    if not (bounds and subject.frozen):
        return
    low, high = bounds
    start, end = subject.frozen[low.parameter], subject.frozen[high.parameter]
    count = len(subject.reference)
    yield from _expect_at_least(subject, low, start, count, f"with {high.parameter}={end} {count}")
    values = _distinct_values(subject, low)
    middle = values[len(values) // 2] if values else end
    both = len(selected(subject.reference, {high: middle}))
    yield from _expect_at_least(subject, high, middle, both, f"with {low.parameter}={start} {both}")


def _expect_at_least(subject: Subject, rule: Filter, value: str, least: int, other: str) -> Iterator[Finding]:
    response = subject.page({rule.parameter: value}, 1, subject.largest_size)
    total = response.total(subject.facts)
    if response.ok and response.items(subject.facts) is not None and total is not None and total < least:
        message = f"{rule.parameter}={value} alone selects {plural(total, 'item')}, {other}"
        yield find(subject, "law-filter-exact", message, response)


def combined_filters(subject: Subject) -> Iterator[Finding]:
    """Filters together select what each of them selects: a subset of the one and of the other."""
    rules = free_filters(subject, "equal", "at-least", "at-most")
    for left, right in combinations(rules, 2):
        for chosen in _combined(subject, left, right) if left.item != right.item else ():
            if not _is_contradiction(subject, chosen):
                yield from expect_selected(subject, chosen, law="law-filters-and")


def _is_contradiction(subject: Subject, chosen: Mapping[Filter, str]) -> bool:
    values = {**subject.frozen, **{rule.parameter: value for rule, value in chosen.items()}}
    ends = [values.get(rule.parameter) for rule in find_range(subject.facts) or ()]
    return all(ends) and len(ends) == 2 and magnitude(ends[0]) > magnitude(ends[1])


def _combined(subject: Subject, left: Filter, right: Filter) -> Iterator[dict[Filter, str]]:
    """Values of one item, and values of two items that no item has together."""
    usable, rng = values_of_both(subject, left, right, subject.reference), subject.random
    if not usable:
        return
    one = rng.choice(usable)
    yield one
    held = selected(subject.reference, {left: one[left]})
    apart = [{left: one[left], right: other[right]} for other in usable if not selected(held, {right: other[right]})]
    yield from [rng.choice(apart)] * 2 if apart else []  # in two ways


def values_of_both(subject: Subject, left: Filter, right: Filter, items: Iterable[Any]) -> list[dict[Filter, str]]:
    """The values that each item has in the properties of two filters, where both are valid."""
    values = ({rule: dig(item, rule.item) for rule in (left, right)} for item in items)
    written = [{rule: write_scalar(one) for rule, one in both.items()} for both in values if None not in both.values()]
    return [both for both in written if all(is_valid(subject, rule.parameter, one) for rule, one in both.items())]


def window(subject: Subject) -> Iterator[Finding]:
    """Whatever range is requested, items from before the window are neither returned nor counted."""
    bounds = find_range(subject.facts)
    if not (subject.facts.window and subject.facts.pages and bounds):
        return
    low, high = bounds
    end = {high.parameter: subject.frozen[high.parameter]} if subject.frozen else {}
    for days, limits in ((4, end), (30, {}), (3650, end)):
        start = shift(write_moment(datetime.now(UTC)), -days * _DAY) or ""
        before = subject.page(limits, 1, subject.largest_size).total(subject.facts)
        whole = read_list(subject, {low.parameter: start, **limits})
        again = subject.page(limits, 1, subject.largest_size).call
        after = subject.client.ask(again, fresh=True).total(subject.facts)
        total, seen = whole.last.total(subject.facts), len(whole.items)
        if total is None or before is None or after is None:
            return
        if total > max(before, after):
            message = f"with {low.parameter}={start} the total is {total}, without it {before}"
            yield find(subject, "law-window", message, whole.last)
        elif seen < total and not whole.ending:
            together = f"the pages have {plural(seen, 'item')} together"
            message = f"with {low.parameter}={start} {together}, the total is {total}"
            yield find(subject, "law-window", message, whole.last)


def window_with_filters(subject: Subject) -> Iterator[Finding]:
    """A filter does not widen the window: the last page of what each selects without a range, which rules of one response check."""
    if not subject.facts.window:
        return
    for rule in free_filters(subject, "equal"):
        for value in dict.fromkeys([*most_common(subject, rule), *known_valid(subject, rule.parameter)[:2]]):
            yield from _expect_no_older(subject, rule, value)


def _expect_no_older(subject: Subject, rule: Filter, value: str) -> Iterator[Finding]:
    changes = {rule.parameter: value}
    total = subject.page(changes, 1, subject.largest_size, **subject.next_way()).total(subject.facts) or 0
    expected = len(selected(subject.reference, {rule: value}))
    response = subject.page(changes, max(1, -(-total // subject.largest_size)), subject.largest_size)
    older = _older_items(subject, response)
    if response.ok and total < expected:
        message = f"{rule.parameter}={shown(value)} selects {plural(total, 'item')}, within a range {expected}"
        yield find(subject, "law-filter-exact", message, response)
    elif older:
        message = f"{rule.parameter}={shown(value)} returns item {older[0]}, older than every item without the filter"
        yield find(subject, "law-window", message, response)


def _older_items(subject: Subject, response: CheckedResponse) -> list[str]:
    """The items of a filtered page that belong behind the last one of the whole list; none if that is not known."""
    whole = read_list(subject, {})
    items = whole.items
    if not (items and subject.facts.order and whole.last.total(subject.facts) == len(items)):
        return []
    keys = {*subject.identities(items)}
    others = [item for item in response.items(subject.facts) or () if subject.identity(item) not in keys]
    return subject.identities(item for item in others if not is_misordered(subject.facts, items[-1], item))


def filters_by_channel(subject: Subject) -> Iterator[Finding]:
    """A value with special characters means the same whether it is sent in the query or in a form body."""
    for rule in free_filters(subject, "equal"):
        values = list(dict.fromkeys(item_values(subject.reference, rule)))
        special = [value for value in _special_values(subject, values) if value and not value.isalnum()]
        for value in special:
            for channel in subject.client.channels:
                way = {**subject.next_way(), "channel": channel}
                request = f"{rule.parameter}={shown(value)} by {channel}"
                yield from expect_selected(subject, {rule: value}, request, way=way)


def _special_values(subject: Subject, values: list[str]) -> list[str]:
    """A few of many values, and those with special characters: such as look encoded, such as are not ASCII."""
    if len(values) <= 5:
        return values
    marked = (next((value for value in values if char in value), "") for char in "+% é&<?'")
    encoded = next((value for value in values if unquote(value) != value), "")
    foreign = next((value for value in values if not value.isascii()), "")
    return list(dict.fromkeys([*_few(subject, values), *filter(None, (*marked, encoded, foreign))]))


def other_base_values(subject: Subject) -> Iterator[Finding]:
    """What holds for one value of a filter that every call needs holds for its other values."""
    for rule in subject.facts.filters:
        parameter = subject.client.parameter(rule.parameter)
        base = subject.client.base.get(parameter.key) if parameter else None
        if parameter and rule.relation == "equal" and base is not None and subject.complete:
            values = [write_scalar(member) for member in parameter.schema.get("enum", ())]
            for value in [value for value in values if value != base][:3]:
                yield from _check_under(subject, rule, value)


def _check_under(subject: Subject, rule: Filter, value: str) -> Iterator[Finding]:
    """The laws of filters, with another value of a filter that every call needs."""
    frozen = {**subject.frozen, rule.parameter: value}
    other = replace(subject, frozen=frozen, reference=[], complete=True)
    other.reference = other.fetch()
    total = read_list(other, frozen).last.total(subject.facts)
    if not other.reference or total not in (None, len(other.reference)):
        return
    _request_last_page(subject, rule, value)
    request, size = f"page 2 with {rule.parameter}={value}", min(subject.largest_size, -(-len(other.reference) // 3))
    second = expect(other, "law-page-size-invariant", {}, other.reference, request, number=2, size=size)
    found = [*second, *filters(other), *ranges(other), *_expect_apart(subject, other.reference[-1], rule)]
    before = other.reference
    if found and other.renew() == before:
        yield from found


def _request_last_page(subject: Subject, rule: Filter, value: str) -> None:
    """The last page of the list from long before the window on, which rules of one response check."""
    bounds = find_range(subject.facts)
    newest = str(dig(subject.reference[0], bounds[0].item)) if bounds and subject.reference else ""
    start = shift(newest, -30 * _DAY)
    changes = {rule.parameter: value, **({bounds[0].parameter: start} if bounds and start else {})}
    total = subject.page(changes, 1, subject.largest_size).total(subject.facts) or 0
    subject.page(changes, max(1, -(-total // subject.largest_size)), subject.largest_size)


def _expect_apart(subject: Subject, item: Any, rule: Filter) -> Iterator[Finding]:
    """The values of an item that is not in the list select it no more than the other filters allow."""
    for filter in free_filters(subject, "equal"):
        value = write_scalar(dig(item, filter.item)) if dig(item, filter.item) is not None else ""
        if is_valid(subject, filter.parameter, value):
            base = f"{rule.parameter}={subject.client.base[subject.client.key(rule.parameter)]}"
            request = f"{base} and {filter.parameter}={shown(value)}"
            yield from expect_selected(subject, {filter: value}, request, "law-filters-and")
