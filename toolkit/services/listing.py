"""A list as the contract promises it (`x-laws`): filtered, in order, cut into pages, with its total and what it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from toolkit.contract.operation import Operation
from toolkit.contract.promises import Facts, Filter, dig
from toolkit.wire.parameters import write_scalar

_MOST_ITEMS = 12  # of a list that is made


def promises_list(facts: Facts) -> bool:
    """Whether the contract says how requests change a list."""
    return facts.pages is not None and bool(facts.pages.results or facts.total or facts.filters)


def items_of(values: Iterable[Any], facts: Facts, most: int | None = _MOST_ITEMS) -> list[Any]:
    """The items that several responses hold, each once by its identity, in the promised order."""
    found: dict[str, Any] = {}
    for value in values:
        listed = dig(value, facts.pages.results) if facts.pages else None
        for item in listed if isinstance(listed, list) else ():
            found.setdefault(repr(dig(item, facts.identity) if facts.identity else item), item)
        if most is not None and len(found) >= most:
            break
    items = list(found.values())[:most]
    for sign, path in reversed(facts.order):
        with suppress(TypeError):  # of values that have no order
            items.sort(key=lambda item: dig(item, path), reverse=sign == "-")
    return items


def shape_list(
    value: Any, items: Sequence[Any], facts: Facts, operation: Operation, query: Iterable[tuple[str, str]]
) -> Any:
    """The value of a response with the items that the parameters of a request select."""
    defaults = {
        one.name: write_scalar(one.schema["default"]) for one in operation.parameters if "default" in one.schema
    }
    given = {**defaults, **dict(query)}
    kept = [item for item in items if all(_takes(rule, item, given) for rule in facts.filters)]
    shown = _page(kept, facts, operation, given)
    value = put(value, facts.pages.results if facts.pages else (), shown)
    if facts.total:
        value = put(value, facts.total, len(kept))
    for name, path in (facts.echo or {}).items():
        if name in given:
            is_number = isinstance(dig(value, path), int)
            value = put(value, path, _number(given[name], 0) if is_number else given[name])
    return value


def _takes(rule: Filter, item: Any, given: Mapping[str, str]) -> bool:
    wanted, found = given.get(rule.parameter, ""), dig(item, rule.item)
    if not wanted:
        return True
    if found is None or isinstance(found, dict | list):
        return False
    low, high = (write_scalar(found), wanted) if rule.relation == "at-most" else (wanted, write_scalar(found))
    is_equal = rule.relation == "equal"
    if isinstance(found, str):
        return found == wanted if is_equal else low <= high
    try:
        return float(low) == float(high) if is_equal else float(low) <= float(high)
    except ValueError:
        return write_scalar(found) == wanted


def _page(items: list[Any], facts: Facts, operation: Operation, given: Mapping[str, str]) -> list[Any]:
    pages = facts.pages
    if pages is None:
        return items
    size = _number(given.get(pages.limit or ""), len(items))
    start = _number(given.get(pages.offset or ""), 0)
    if pages.page:
        rules = next((one.schema for one in operation.parameters if one.name == pages.page), {})
        first = 0 if rules.get("minimum") == 0 else 1
        start = (_number(given.get(pages.page), first) - first) * size
    return items[start : start + size]


def _number(text: str | None, otherwise: int) -> int:
    try:
        return int(float(text or ""))  # `1.0` and `1e1` are integers, too
    except (ValueError, OverflowError):
        return otherwise


def put(value: Any, path: Sequence[str], new: Any) -> Any:
    """A copy of a value with another one at a path."""
    if not path:
        return new
    if isinstance(value, dict):
        return {**value, path[0]: put(value.get(path[0], {}), path[1:], new)}
    return value
