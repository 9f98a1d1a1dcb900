"""Filters of a range of which the contract states nothing but the names, as `min_price` and `created_after`: no item lies beyond the bound.

Nobody says that a number is in the unit of the items, nor that one far from all of them is a bound still. So a number is ignored where items
lie beyond it and beyond one that is a thousand times as far. That the bound is within the range, the contract has to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from toolkit.client.client import CheckedResponse
from toolkit.conformance.laws.finding import Finding, find
from toolkit.conformance.laws.meant import called, meant
from toolkit.conformance.laws.named_filters import choosing, listed
from toolkit.conformance.laws.named_pages import largest_page
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import kind, words
from toolkit.contract.operation import Parameter
from toolkit.schema.scalars import read_moment
from toolkit.wire.parameters import write_scalar

_LEAST = frozenset({"min", "minimum", "from", "after", "since", "gte", "gt"})
_MOST = frozenset({"max", "maximum", "to", "before", "until", "lte", "lt"})
_TIMES = ("", "at", "on", "date", "time", "day")  # behind the name of what happened then
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INCLUDED = re.compile(
    r"\bat (?:least|most)\b|\bor (?:later|earlier|newer|older|more|less|after|before|equal)\b|\binclusive|[<>]="
    r"|\b(?:smallest|largest|lowest|highest|earliest|latest|minimum|maximum)\b",
    re.IGNORECASE,
)
_FAR = 1000


Key = Callable[[Any], Any]


def ranges_of(subject: Subject) -> list[tuple[Parameter, str, bool]]:
    """The parameters that are the least or the most of a property, what that is called but for a word behind it, and whether the least."""
    found = list[tuple[Parameter, str, bool]]()
    is_open = kind(subject.operation) == "read" and not subject.operation.extension("x-laws")
    for one in choosing(subject) if is_open else ():
        named = words(one.name)
        ends = [at for at in (0, -1) if len(named) > 1 and named[at] in _LEAST | _MOST]
        if len(ends) == 1:
            found.append((one, "".join(named[1:] if ends == [0] else named[:-1]), named[ends[0]] in _LEAST))
    return found


def named_ranges(subject: Subject) -> Iterator[Finding]:
    """Items beyond the bound that a request names, and those at it that are left out although the contract says that they are not."""
    for parameter, start, is_least in ranges_of(subject):
        items = listed(subject.ask({**largest_page(subject.operation), parameter.key: None}, fresh=True))
        name = next((f"{start}{end}" for end in _TIMES if items and called(items[0], f"{start}{end}")), "")
        values = [value for item in items for value in called(item, name)]
        key = _key(parameter, values)
        is_plain = len(values) == len(items) and not any(called(item, parameter.name) for item in items)
        if key and is_plain and len({*map(key, values)}) > 1:
            bound = (max if is_least else min)(values, key=key)
            yield from _outside(subject, parameter, name, bound, key, is_least, len(items))


def _key(parameter: Parameter, values: list[Any]) -> Key | None:
    """By what the values of a property are compared; None where that is not sure."""
    if all(type(one) in (int, float) for one in values):
        return float
    is_time = parameter.schema.get("format") in ("date", "date-time") or "pattern" in parameter.schema
    if is_time and all(isinstance(one, str) and _DAY.fullmatch(one) for one in values):
        return str
    return read_moment if is_time and all(map(read_moment, values)) else None


def _outside(
    subject: Subject, parameter: Parameter, name: str, bound: Any, key: Key, is_least: bool, count: int
) -> Iterator[Finding]:
    """What is wrong with the list of a bound that is the greatest or the least value of some items."""

    def ask_for(bound: Any) -> tuple[CheckedResponse | None, list[Any], list[Any]]:
        """The response to a bound, the values in it, and those of them that lie beyond it."""
        text = write_scalar(bound)
        changes = {**largest_page(subject.operation), parameter.key: text}
        response = subject.ask(changes, fresh=True) if subject.client.takes(parameter, text) else None
        values = [value for item in listed(response) for value in called(item, name)] if response else []
        return (
            response,
            values,
            [one for one in values if (key(one) < key(bound) if is_least else key(one) > key(bound))],
        )

    response, values, beyond = ask_for(bound)
    if response is None or not response.ok or any(meant(subject.client, response)):
        return
    text, is_sure = f"{parameter.name}={write_scalar(bound)}", isinstance(bound, str)
    if beyond and not is_sure and bound > 0:
        far = bound * _FAR if is_least else type(bound)(bound / _FAR) or 1
        further, _, still = ask_for(far)
        is_sure = far != bound and (further is None or bool(still))
    if beyond and is_sure:
        message = f"{text} returns an item with {name} {write_scalar(beyond[0])}"
        yield find(subject, "law-filter-exact", message, response, "return what is in the range, or say what it is for")
    # A moment may be shown without its fraction.
    is_exact = _INCLUDED.search(parameter.description) and (is_least or key is not read_moment)
    is_left_out = not beyond and len(values) < count and not any(key(one) == key(bound) for one in values)
    if is_exact and is_left_out and (isinstance(bound, str) or bound in ask_for(bound + (-1 if is_least else 1))[1]):
        message = f"{text} returns no item with {name} {write_scalar(bound)}, and without it there is one"
        yield find(subject, "law-filter-exact", message, response, "return what is at the bound, too")
