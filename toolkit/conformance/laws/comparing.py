"""How values of items compare: with filters, with each other in an order, and as moments in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from toolkit.contract.promises import Facts, Filter, dig
from toolkit.schema.judge import shown
from toolkit.schema.scalars import read_moment, read_number, write_moment
from toolkit.wire.parameters import write_scalar


def selected(items: Iterable[Any], chosen: Mapping[Filter, str]) -> list[Any]:
    """The items that filters with these values select together."""
    return [one for one in items if all(rule.selects(value, one) for rule, value in chosen.items())]


def item_values(items: Iterable[Any], rule: Filter) -> list[str]:
    """The values that items have in the property of a filter, as strings."""
    found = (dig(item, rule.item) for item in items)
    return [write_scalar(value) for value in found if value is not None]


def in_words(chosen: Mapping[Filter, str]) -> str:
    return " and ".join(f"{rule.parameter}={shown(value)}" for rule, value in chosen.items())


def find_range(facts: Facts) -> tuple[Filter, Filter] | None:
    """The two filters that bound one property of the items from below and from above; None if there is no such pair."""
    for low in facts.filters:
        if low.relation == "at-least":
            high = next((one for one in facts.filters if one.relation == "at-most" and one.item == low.item), None)
            return (low, high) if high else None
    return None


def is_misordered(facts: Facts, before: Any, after: Any) -> bool:
    """Whether two neighbours are in the wrong order. Digits may be compared as numbers or as strings: wrong is what breaks both."""
    values = ((sign, dig(before, where), dig(after, where)) for sign, where in facts.order)
    for sign, left, right in values:
        if left is not None and right is not None and left != right:
            low, high = (left, right) if sign == "+" else (right, left)
            return magnitude(low) > magnitude(high) and write_scalar(low) > write_scalar(high)
    return False


def magnitude(value: Any) -> tuple[int, float, str]:
    """A sort key: numbers first, strings of digits among them, then all other values as strings."""
    text = write_scalar(value)
    number = read_number(text.lstrip("0") or "0" if text.isascii() and text.isdecimal() else text)
    return (1, 0, text) if isinstance(number, str) else (0, number, "")


def shift(value: str, seconds: int) -> str | None:
    """A timestamp or an integer, later by some seconds (earlier if negative), in the same form; None for any other value."""
    moment = read_moment(value)
    if moment and value.endswith("Z"):
        return write_moment(moment + timedelta(seconds=seconds))
    return str(int(value) + seconds) if value.isascii() and value.isdecimal() else None
