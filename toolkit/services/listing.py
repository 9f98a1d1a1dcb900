"""A list as the contract promises it (`x-laws`): filtered, in order, cut into pages, with its total and what it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from toolkit.client.examples import conforms, parameter_values
from toolkit.contract.operation import Operation
from toolkit.contract.paging import paging_inputs
from toolkit.contract.promises import Chain, Facts, Filter, Pages, dig
from toolkit.wire.parameters import write_scalar

_MOST_ITEMS = 12  # of a list that is made
_PAGE = 2  # items of a page whose size no parameter says


def list_place(facts: Facts) -> tuple[str, ...] | None:
    """Where the list is of which the contract says how requests change it; None where it says nothing of one."""
    pages = facts.pages or (facts.chain if facts.chain and facts.chain.next else None)
    return pages.results if pages else None


def items_of(values: Iterable[Any], facts: Facts, most: int | None = _MOST_ITEMS) -> list[Any]:
    """The items that several responses hold, each once by its identity, in the promised order."""
    found: dict[str, Any] = {}
    for value in values:
        listed = dig(value, list_place(facts) or ())
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
    value: Any,
    items: Sequence[Any],
    facts: Facts,
    operation: Operation,
    query: Iterable[tuple[str, str]],
    here: str = "",
) -> Iterator[Any]:
    """The value of a response with the items that the parameters of a request select; several where it may say in several
    ways that no page follows, of which the schema may take one. `here`: the URL of the list, without a query."""
    known = [one for one in operation.parameters if "default" in one.schema]
    asked = dict(query)
    given = {**{one.name: write_scalar(one.schema["default"]) for one in known}, **asked}
    kept = [item for item in items if all(_takes(rule, item, given) for rule in facts.filters)]
    codes = _codes(facts.chain, operation, len(kept)) if facts.chain and not facts.pages else []
    by_url = _by_url(facts, operation)
    shown, following = _page(kept, replace(facts, pages=by_url) if by_url else facts, operation, given, codes)
    value = put(value, list_place(facts) or (), shown)
    if facts.total:
        value = put(value, facts.total, len(kept))
    for name, path in (facts.echo or {}).items():
        if name in given:
            is_number = isinstance(dig(value, path), int)
            value = put(value, path, _number(given[name], 0) if is_number else given[name])
    if facts.chain is None or facts.pages or (kept and facts.chain.cursor and not codes):
        yield value
    elif by_url and following < len(kept):
        number = following if by_url.offset else following // len(shown) + _first(by_url, operation)
        turn = {by_url.offset or by_url.page or "": str(number)}
        yield put(value, facts.chain.next, f"{here}?{urlencode({**asked, **turn})}")
    elif following < len(codes):
        code = codes[following]
        yield put(value, facts.chain.next, code)
        yield put(value, facts.chain.next, _number(code, 0))
    else:
        yield put(value, facts.chain.next, None)
        yield without(value, facts.chain.next)
        yield put(value, facts.chain.next, "")


def _by_url(facts: Facts, operation: Operation) -> Pages | None:
    """The parameters by which the URL of a next page leads to it, told by their names; None where there are none, or where the
    contract names others."""
    chain, names = facts.chain, [one.name for one in operation.parameters if one.location == "query"]
    if chain is None or chain.cursor or facts.pages:
        return None
    page, offset, limit = (next(iter(paging_inputs(names).get(what, ())), None) for what in ("page", "offset", "limit"))
    return Pages(chain.results, chain.limit or limit, page, None if page else offset) if page or offset else None


def _first(pages: Pages, operation: Operation) -> int:
    """The number of the first page."""
    rules = next((one.schema for one in operation.parameters if one.name == pages.page), {})
    return 0 if rules.get("minimum") == 0 else 1


def _codes(chain: Chain, operation: Operation, count: int) -> list[str]:
    """A cursor for each item that a page may begin with: its number where the parameter takes that."""
    parameter = next((one for one in operation.parameters if one.name == chain.cursor), None)
    numbers = list(map(str, range(count)))
    if parameter is None or all(conforms(parameter, one) for one in numbers):
        return numbers if parameter else []
    return [text for text in islice(parameter_values(parameter), count) if isinstance(text, str)]


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


def _page(
    items: list[Any], facts: Facts, operation: Operation, given: Mapping[str, str], codes: list[str]
) -> tuple[list[Any], int]:
    """The items of the page that is asked for, and the number of the item that follows them."""
    pages = facts.pages or facts.chain
    if pages is None:
        return items, len(items)
    size = _number(given.get(pages.limit or ""), len(items) if facts.pages else _PAGE)
    start = 0
    if facts.pages:
        start = _number(given.get(facts.pages.offset or ""), 0)
        if facts.pages.page:
            first = _first(facts.pages, operation)
            start = (_number(given.get(facts.pages.page), first) - first) * size
    elif facts.chain and (code := given.get(facts.chain.cursor or "")):
        start = codes.index(code) if code in codes else len(items)
    return items[start : start + size], start + size


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


def without(value: Any, path: Sequence[str]) -> Any:
    """A copy of a value without what stands at a path."""
    if not isinstance(value, dict) or path[0] not in value:
        return value
    if len(path) == 1:
        return {name: one for name, one in value.items() if name != path[0]}
    return {**value, path[0]: without(value[path[0]], path[1:])}
