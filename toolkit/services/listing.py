"""A list as the contract promises it (`x-laws`): filtered, in order, cut into pages, with its total and what it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from toolkit.client.examples import conforms, parameter_values
from toolkit.contract.operation import Operation
from toolkit.contract.paging import paging_inputs
from toolkit.contract.promises import Chain, Facts, Pages, dig
from toolkit.document.pointers import ABSENT, put_at
from toolkit.schema.scalars import read_moment, write_moment
from toolkit.structs import Frozen, replace
from toolkit.wire.parameters import write_scalar

_MOST_ITEMS = 12  # of a list that is made
_PAGE = 2  # items of a page whose size no parameter says


def listed_items(values: Iterable[Any], facts: Facts, most: int | None = _MOST_ITEMS) -> list[Any]:
    """The items that several responses hold, each once by its identity, in the promised order."""
    found: dict[str, Any] = {}
    for value in values:
        listed = dig(value, facts.results or ())
        for item in listed if isinstance(listed, list) else ():
            found.setdefault(repr(dig(item, facts.identity) if facts.identity else item), item)
        if most is not None and len(found) >= most:
            break
    return _in_order(list(found.values())[:most], facts)


def _in_order(items: list[Any], facts: Facts) -> list[Any]:
    for sign, path in reversed(facts.order):
        with suppress(TypeError):  # of values that have no order
            items.sort(key=lambda item: dig(item, path), reverse=sign == "-")
    return items


def recent(items: list[Any], facts: Facts, now: datetime) -> list[Any]:
    """The items with their times brought into the window that the contract promises (`x-laws`: window), closer to each other
    where that is needed. They stay there for half of the window."""
    if not facts.window:
        return items
    path, half = facts.window[0], facts.window[1] / 2
    moments = [read_moment(dig(item, path)) for item in items]
    known = [one for one in moments if one]
    if not known or not half:
        return items
    newest, span = max(known), max(known) - min(known)
    end = now - (now - datetime.min.replace(tzinfo=UTC)) % half
    scale = min(1.0, half / span) if span else 1.0
    pairs = zip(items, moments, strict=True)
    moved = [put_at(item, path, write_moment(end - (newest - one) * scale)) if one else item for item, one in pairs]
    return _in_order(moved, facts)


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
    cut = _cut(items, facts, operation, query)
    value = put_at(value, facts.results or (), cut.shown)
    if facts.total:
        value = put_at(value, facts.total, len(cut.kept))
    for name, path in (facts.echo or {}).items():
        if name in cut.given:
            is_number = isinstance(dig(value, path), int)
            value = put_at(value, path, _number(cut.given[name], 0) if is_number else cut.given[name])
    if not facts.chain or not facts.chain.next or facts.pages or (cut.kept and facts.chain.cursor and not cut.codes):
        yield value
    elif cut.turn:
        yield put_at(value, facts.chain.next, _url(here, query, cut.turn))
    elif cut.following < len(cut.codes):
        code = cut.codes[cut.following]
        yield put_at(value, facts.chain.next, code)
        yield put_at(value, facts.chain.next, _number(code, 0))
    else:
        yield put_at(value, facts.chain.next, None)
        yield put_at(value, facts.chain.next, ABSENT)
        yield put_at(value, facts.chain.next, "")


def next_url(
    items: Sequence[Any], facts: Facts, operation: Operation, query: Iterable[tuple[str, str]], here: str
) -> str:
    """The URL of the next page of a list whose pages are linked by the Link header; '' for none."""
    is_linked = facts.chain and not facts.chain.next and not facts.pages
    turn = _cut(items, facts, operation, query).turn if is_linked else {}
    return _url(here, query, turn) if turn else ""


def _url(here: str, query: Iterable[tuple[str, str]], turn: Mapping[str, str]) -> str:
    return f"{here}?{urlencode({**dict(query), **turn})}"


class _Cut(Frozen):
    """The parameters of a request with defaults, the items that they select, those of its page, the number of the item after
    these, a cursor for each item, and the parameter by which a URL leads to the next page."""

    given: Mapping[str, str]
    kept: list[Any]
    shown: list[Any]
    following: int
    codes: list[str]
    turn: Mapping[str, str]


def _cut(items: Sequence[Any], facts: Facts, operation: Operation, query: Iterable[tuple[str, str]]) -> _Cut:
    known = [one for one in operation.parameters if "default" in one.schema]
    given = {**{one.name: write_scalar(one.schema["default"]) for one in known}, **dict(query)}
    asked = [(rule, given[rule.parameter]) for rule in facts.filters if given.get(rule.parameter)]
    kept = [item for item in items if all(rule.selects(value, item) for rule, value in asked)]
    codes = _codes(facts.chain, operation, len(kept)) if facts.chain and not facts.pages else []
    by_url = _by_url(facts, operation)
    how = facts if facts.pages or codes else replace(facts, pages=by_url, chain=None)
    shown, following = _page(kept, how, operation, given, codes)
    turn: dict[str, str] = {}
    if by_url and shown and following < len(kept):
        number = following if by_url.offset else following // len(shown) + _first(by_url, operation)
        turn = {by_url.offset or by_url.page or "": str(number)}
    return _Cut(given, kept, shown, following, codes, turn)


def _by_url(facts: Facts, operation: Operation) -> Pages | None:
    """The parameters by which the URL of a next page leads to it, by their names; None where there are none, or others are stated."""
    chain = facts.chain
    if chain is None or chain.cursor or facts.pages:
        return None
    named = named_pages(operation, chain.results)
    return replace(named, limit=chain.limit or named.limit) if named.page or named.offset else None


def named_pages(operation: Operation, results: tuple[str, ...]) -> Pages:
    """The parameters that cut a list into pages, told by their names."""
    known = paging_inputs(one.name for one in operation.parameters if one.location == "query")
    page, offset, limit = (next(iter(known.get(what, ())), None) for what in ("page", "offset", "limit"))
    return Pages(results, limit, page, None if page else offset)


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
