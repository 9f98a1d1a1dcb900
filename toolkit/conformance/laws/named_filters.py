"""Filters and orders of which the contract states nothing but the names: what is beyond doubt.

A parameter that is called like a property of the items, or like one of its strings, may mean more than that it is equal. But where the
list is the whole one for each of two values that some items have and others lack, it does nothing. Of two values of a parameter that
sort by one property up and down, the lists are not the same; and numbers are not in the order of their digits. What one of the
responses shows by itself is said of that one (`meant`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

from toolkit.client.client import CheckedResponse
from toolkit.conformance.laws.finding import Finding, find
from toolkit.conformance.laws.lists import Listing
from toolkit.conformance.laws.meant import SORTED_BY, called, meant
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import kind
from toolkit.contract.operation import Parameter
from toolkit.contract.paging import SHOWING, SORTING, paging_inputs
from toolkit.contract.resources import chosen_by, items_of
from toolkit.document.names import bare_name
from toolkit.schema.scalars import is_text_or_integer
from toolkit.wire.parameters import write_scalar

_MOST_TOGETHER, _SMALL = 3, 2  # requests of one kind, items of a page
_LEAST = 4  # numbers of which the order is no accident


def selects(subject: Subject) -> bool:
    """Whether a list may be filtered or sorted by parameters of which no law is stated."""
    is_open = kind(subject.operation) == "read" and not subject.operation.extension("x-laws")
    return is_open and bool(_filters(subject) or _orders(subject))


def named_filters(subject: Subject) -> Iterator[Finding]:
    """A filter that does nothing, and orders that are none."""
    for parameter in _filters(subject):
        yield from _ignored(subject, parameter)
    for parameter in _orders(subject):
        yield from _unordered(subject, parameter)
    _ask_together(subject)


def _ask_together(subject: Subject) -> None:
    """What is wrong with a filter by a constant on the next pages, or with an order of its list, each response shows alone."""
    items = listed(subject.ask(fresh=True))
    known = [one for one in _filters(subject) if one.schema.get("enum")]
    common = [(Counter(text for item in items for text in _shown(item, one)).most_common(1), one) for one in known]
    for [(text, _)], one in [(found, one) for found, one in common if found][:_MOST_TOGETHER]:
        for _ in islice(Listing(subject, (), {one.key: text}, size=_SMALL).pages(), _MOST_TOGETHER):
            pass
        sorts = (
            (other, way)
            for other in choosing(subject)
            for way in other.schema.get("enum", ())
            if bare_name(other.name) in SORTING
        )
        for other, way in islice(sorts, _MOST_TOGETHER):
            subject.ask({one.key: text, other.key: f"{way}"}, fresh=True)


def choosing(subject: Subject) -> list[Parameter]:
    """What chooses from a list, takes one value and may be left out, but for what cuts pages."""
    known = [one for one in chosen_by(subject.operation) if not one.required]
    paging = {name for names in paging_inputs(one.name for one in known).values() for name in names}
    return [one for one in known if one.name not in paging and not {"array", "object"} & {*one.types}]


def _filters(subject: Subject) -> list[Parameter]:
    return [one for one in choosing(subject) if bare_name(one.name) not in SORTING | SHOWING]


def _orders(subject: Subject) -> list[Parameter]:
    return [one for one in choosing(subject) if bare_name(one.name) in SORTING and one.schema.get("enum")]


def _ignored(subject: Subject, parameter: Parameter) -> Iterator[Finding]:
    """What a list shows whatever a parameter says: twice the whole list, which has items with another value."""
    items = listed(subject.ask({parameter.key: None}, fresh=True))
    own, name = [_shown(one, parameter) for one in items], parameter.name
    known = dict.fromkeys(text for texts in own for text in texts if not all(text in other for other in own))
    texts = [text for text in known if subject.client.takes(parameter, text)][:2]
    for text in texts if len(texts) > 1 else ():
        response = subject.ask({parameter.key: text}, fresh=True)
        if not items or listed(response) != items or any(meant(subject.client, response)):
            return
    if len(texts) > 1 and listed(subject.ask({parameter.key: None}, fresh=True)) == items:
        other = next(shown for shown in own if texts[1] not in shown)
        has = f"one with {' and '.join(sorted(other))}" if other else "one without it"
        message = f"{name}={texts[1]} lists all that the list without it has, among it {has}, as {name}={texts[0]} does"
        yield find(
            subject, "law-filter-exact", message, response, "return what matches the filter, or say what it is for"
        )


def _unordered(subject: Subject, parameter: Parameter) -> Iterator[Finding]:
    """Two opposite orders that are the same one, or numbers that are sorted as text."""
    ways = [(found, one) for one in parameter.schema["enum"] if (found := SORTED_BY.fullmatch(f"{one}"))]
    keys = {found[2]: [one for other, one in ways if other[2] == found[2]] for found, _ in ways}
    for key, both in keys.items():
        responses = [subject.ask({parameter.key: one}, fresh=True) for one in both]
        lists, name = [listed(one) for one in responses], parameter.name
        values: list[Any] = [next(iter(called(one, key)), None) for one in lists[0]]
        if any(wrong for one in responses for wrong in meant(subject.client, one)):
            continue
        if len(both) == 2 and lists[0] == lists[1] and len({f"{one}" for one in values} - {"None"}) > 1:
            message = f"{name}={both[0]} and {name}={both[1]} list the same items in the same order"
            yield find(subject, "law-order", message, responses[1], "sort as the parameter says")
        elif len({*map(str, values)}) >= _LEAST and all(type(one) in (int, float) for one in values):
            is_in_order = values in (sorted(values), sorted(values, reverse=True))
            if not is_in_order and values in (sorted(values, key=str), sorted(values, key=str, reverse=True)):
                pairs = (pair for pair in pairwise(values) if (pair[0] < pair[1]) != (f"{pair[0]}" < f"{pair[1]}"))
                message = f"{name}={both[0]} sorts numbers as text: {' before '.join(map(str, next(pairs)))}"
                yield find(subject, "law-order", message, responses[0], "sort numbers by their value")


def listed(response: CheckedResponse) -> list[dict[str, Any]]:
    """The items of a list, where all are objects."""
    items = items_of(response.value) if response.ok else []
    return items if all(isinstance(one, dict) for one in items) else []


def _shown(item: dict[str, Any], parameter: Parameter) -> list[str]:
    """The texts that an item has in the property that is called like a parameter, or in its plural."""
    found = [*called(item, parameter.name), *called(item, f"{parameter.name}s")]
    ones = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return [write_scalar(one) for one in ones if is_text_or_integer(one) or isinstance(one, bool)]
