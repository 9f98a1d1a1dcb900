"""Pages of a list of which the contract states no pagination, but has a pair of parameters such as `offset` and `limit`, or `page` and `per_page`, or
a cursor and the next one in the response: no item stands on two pages, and none between two pages is left out.
The page that the first one names as the next begins after it, and no total is less than the items of a page.

Names are no promise. So pages are compared where nothing is in doubt: two integers of such names, or the number of a page alone, items that tell
themselves apart, a whole list that is the same when it is requested again, and a first page that is its beginning. A page has no more items than its
size says; where it has all of them for each size, the contract has to say that it is the size of a page, in words or by its name, or the position has
to cut the list. Where the order of items is another on each page, or the position counts something else than the name says, nobody is blamed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from toolkit.client.client import Change, CheckedResponse
from toolkit.conformance.laws.finding import Finding, find
from toolkit.conformance.laws.kept import AMOUNTS
from toolkit.conformance.laws.lists import ask_url, beside_items, named_next
from toolkit.conformance.probes.opinions import keywords_of
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import method_of, words
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.paging import INPUTS, NAMES_OF_NEXT, NAMES_OF_TOTAL, WORDS, next_link, paging_inputs
from toolkit.contract.resources import chosen_by, identifier_of, items_of
from toolkit.document.names import bare_name
from toolkit.document.pointers import as_object
from toolkit.exchange import Key
from toolkit.schema.scalars import read_number
from toolkit.structs import Frozen
from toolkit.wire.urlencoded import parse_query, split_url

_LARGEST = 60  # items that are compared
_PAGES = 3  # into which they are cut
_MOST_PAGES = 10  # that are read where the service alone decides on their size
_COUNTED_FROM_ONE = frozenset({"start", "startindex"})  # by some services
_SMALL = "2"  # items of a page by a cursor, where its size may be chosen
_DEEPEST = 2  # objects in which the next cursor stands
_SAID = re.compile(  # of the size of a page
    r"page.?size|size of (?:a|the|each) page|per.page"
    r"|(?:max\w*|most|number|how many|limits?|up to)\b.*\b(?:return|page|result|item|entr|record|row|element)",
    re.IGNORECASE,
)
_SIZES = frozenset({"pagesize", "perpage", "pagelimit", "maxresults", "maxitems"})  # whatever is said of them
_ADDRESSES = frozenset({"next", "nextlink", "nexturl", "nextpage", "nexthref"})  # properties that lead to the next page
_MORE = frozenset({"hasmore", "hasnext", "hasnextpage"})  # properties that say whether there is one
_TOTAL_HEADERS = ("X-Total-Count", "X-Total", "Total-Count")
_ADDED_UP = AMOUNTS | {"total", "sum"}  # of which a total may be one
_HINT = "cut the list at the same places for every page, or state another pagination in the contract"


class _Cut(Frozen):
    """The parameters that say where a page begins, and how many items it has."""

    position: Parameter
    size: Parameter | None  # where the service alone decides, pages are compared with each other
    counts_pages: bool


def cut_of(operation: Operation) -> _Cut | None:
    """The one pair of integers in the query that cuts the list of an operation; None where there is none, or a doubt."""
    numbers = _numbers(operation)
    found = paging_inputs(numbers)
    positions = [*found.get("page", ()), *(one for one in found.get("offset", ()) if bare_name(one) != "from")]
    sizes = found.get("limit", ())
    if method_of(operation) != "GET" or len(positions) != 1 or len(sizes) > 1 or not (sizes or "page" in found):
        return None
    return _Cut(numbers[positions[0]], numbers[sizes[0]] if sizes else None, "page" in found)


def _numbers(operation: Operation) -> dict[str, Parameter]:
    """The integers that choose from a list, by name."""
    return {one.name: one for one in chosen_by(operation) if {*one.types} - {"null"} == {"integer"}}


def size_of(operation: Operation) -> Parameter | None:
    """The one integer in the query that the contract calls the size of a page, where nothing says which page; None where there is none."""
    numbers = _numbers(operation)
    found = [numbers[name] for name in paging_inputs(numbers).get("limit", ())]
    is_alone = method_of(operation) == "GET" and len(found) == 1 and not (cut_of(operation) or cursor_of(operation))
    return next(filter(_is_said, found), None) if is_alone else None


def _is_said(parameter: Parameter) -> bool:
    """Whether the contract says of a parameter, by its name or in words, that it is the size of a page."""
    return bare_name(parameter.name) in _SIZES or _SAID.search(parameter.description) is not None


def cursor_of(operation: Operation) -> Parameter | None:
    """The string or integer in the query by which the next page is asked for; None where there is none, or a doubt."""
    scalars = {"string", "integer"}
    texts = {one.name: one for one in chosen_by(operation) if scalars & {*one.types}}
    names = paging_inputs(texts).get("cursor", ())
    return texts[names[0]] if method_of(operation) == "GET" and len(names) == 1 else None


def linked_cursor(subject: Subject) -> Parameter | None:
    """The one parameter that the address of the next page changes, in the Link header or the body of a plain response, whatever it is
    called; None where another one says which page it is, or there is a doubt."""
    operation, plain = subject.operation, subject.plain
    request = plain.exchange.request if plain and plain.ok else None
    if plain is None or request is None or cut_of(operation):
        return None
    asked, given = (dict(parse_query(split_url(url).query)) for url in (request.url, _next_address(plain)))
    known = {one.name: one for one in operation.parameters if one.location == "query"}
    usual = {name: str(keywords_of(one).get("default")) for name, one in known.items()}
    new = [known[name] for name, text in given.items() if name in known and text not in (asked.get(name), usual[name])]
    return new[0] if len(new) == 1 and operation.method == "GET" else None


def is_cut(subject: Subject) -> bool:
    """Whether names of parameters, or the address of the next page, say that the list comes in pages, and nothing else does."""
    by_name = any(look(subject.operation) for look in (cut_of, cursor_of, size_of))
    return not subject.facts.pages and (by_name or linked_cursor(subject) is not None)


def named_pages(subject: Subject) -> Iterator[Finding]:
    """Pages by position and size hold every item of the list once: pages of a part of the largest one, and the largest ones.
    Pages by a cursor hold none of those before them, and leave none out that a larger page has between them."""
    if cursor := cursor_of(subject.operation) or linked_cursor(subject):
        yield from _pages_by_cursor(subject, cursor)
    if alone := size_of(subject.operation):
        yield from _ignored(subject, alone, _names(subject, subject.ask({alone.key: None}, fresh=True)))
    cut = cut_of(subject.operation)
    page = _whole(subject, cut) if cut else None
    whole = _names(subject, page) if page else []
    if cut and cut.size is None:
        base = _first_position(subject, cut, whole, 0) if whole else None
        yield from _compare(subject, cut, base, whole, len(whole)) if base is not None else ()
    size = max(-(-len(whole) // _PAGES), int(keywords_of(cut.size).get("minimum", 1))) if cut and cut.size else 0
    if cut is None or cut.size is None or len(whole) <= size:
        return
    small = _request(subject, cut, None, size)
    first = _names(subject, small)
    yield from islice((one for shown in (page, small) if shown for one in _counted(subject, cut, shown, whole)), 1)
    if size < len(first) < len(whole) and first == whole[: len(first)]:
        yield from _too_long(subject, cut.size, size + 1, len(first) - size)
    elif 0 < len(first) < size:
        yield from _lost_between(subject, cut, whole, first, size)
    elif first == whole:
        position = (_first_position(subject, cut, whole, size) or 0) + 1
        is_moved = not {whole[0]} & {*_names(subject, _request(subject, cut, position, size))}
        yield from _ignored(subject, cut.size, whole) if is_moved or _is_said(cut.size) else ()
    base = _first_position(subject, cut, first, size) if first == whole[:size] else None
    if base is not None:
        sizes = (size, len(whole)) if len(whole) == _largest(cut.size) else (size,)
        found = (one for size in sizes for one in _compare(subject, cut, base, whole, size))
        yield from islice(found, 1)
        yield from _linked(subject, cut, small, whole, size)


def _counted(subject: Subject, cut: _Cut, page: CheckedResponse, whole: list[str]) -> Iterator[Finding]:
    """A total that is less than what a page of the list has, unless it may be one of money, or of pages beside that of items."""
    beside = list(beside_items(page.value, _DEEPEST))
    told = [(name, one) for name, one in beside if bare_name(name) in NAMES_OF_TOTAL]
    told += [(name, read_number(page.headers.get(name) or "")) for name in _TOTAL_HEADERS]
    is_open = any({*words(key)} & _ADDED_UP for item in items_of(page.value) for key in as_object(item))
    counts = [one for key, one in beside if not {*words(key)} & WORDS["any"]]  # no size that the page may have
    is_open |= any(isinstance(one, int) and one >= len(whole) for one in counts)
    for name, total in told:
        is_count = isinstance(total, int) and 0 <= total < len(whole) and not (is_open and bare_name(name) == "total")
        if is_count and _names(subject, _whole(subject, cut)) == whole:
            message = f"{name} is {total}, and a page of the same list has {len(whole)} items"
            yield find(subject, "law-pages-complete", message, page, "count all items of the list")


def _linked(subject: Subject, cut: _Cut, first: CheckedResponse, whole: list[str], size: int) -> Iterator[Finding]:
    """The page that the first one names as the next, which may be shorter, against what a larger page has at its place."""
    address = _next_address(first)
    linked = ask_url(subject.client, first.call, address) if address else first
    found = _names(subject, linked) if linked is not first else []
    rule, fault = _difference(whole[:size], whole[size : size + min(size, len(found))], found)
    if found and rule and _names(subject, _whole(subject, cut)) == whole:
        message = f"the page that the first one names as the next: {fault}"
        yield find(subject, rule, message, linked, "name the page that begins after the last item")


def _lost_between(subject: Subject, cut: _Cut, whole: list[str], first: list[str], size: int) -> Iterator[Finding]:
    """An item of a larger page that is on neither of two, the first of which is not full, and stands before the second one there."""
    base = _first_position(subject, cut, first, size)
    position = (base or 0) + (1 if cut.counts_pages else size)
    second = _request(subject, cut, position, size) if base is not None and cut.size else None
    names = _names(subject, second) if second else []
    before = whole[: whole.index(names[0])] if names and names[0] in whole else []
    lost = [one for one in before if one not in first]
    if second and cut.size and lost and _names(subject, _whole(subject, cut)) == whole:
        of = f"{cut.size.name}={size}"
        message = f"item {lost[0]} is neither on the first page of {of} nor on the one after it, and a larger page has it between theirs"
        yield find(subject, "law-page-size-invariant", message, second, _HINT)


def _next_address(response: CheckedResponse) -> str:
    """The address of the next page, in the Link header or the body; '' for none."""
    named = named_next(response.value, lambda name: bare_name(name) in _ADDRESSES, _DEEPEST)
    return next_link(response.headers) or next((text for text in map(str, named) if "?" in text), "")


def _too_long(subject: Subject, parameter: Parameter, size: int, surplus: int) -> Iterator[Finding]:
    """A page of so many items more than its size says, as the page of one less had too: a least size would be the same."""
    response = subject.ask({parameter.key: str(size)}, fresh=True)
    if len(_names(subject, response)) == size + surplus:
        message = f"the page of {parameter.name}={size} has {size + surplus} items"
        yield find(subject, "law-page-length", message, response, "end the page after as many items as were asked for")


def _ignored(subject: Subject, parameter: Parameter, whole: list[str]) -> Iterator[Finding]:
    """A page that has all items whatever its size, one less than these and the least among them, of a size that the contract allows."""
    rules, most = keywords_of(parameter), len(whole) - 1
    # Without a word, a page may have a least size.
    least = 1 if _is_said(parameter) else int(rules.get("default", most + 1))
    least = int(rules.get("minimum", rules.get("exclusiveMinimum", least)))
    least = max(least, 1)
    fits = least <= most and subject.client.takes(parameter, str(most))
    if fits and _names(subject, subject.ask({parameter.key: str(least)}, fresh=True)) == whole:
        yield from _too_long(subject, parameter, most, 1)


def _pages_by_cursor(subject: Subject, cursor: Parameter) -> Iterator[Finding]:
    """The first pages of a list, each by the cursor that the one before it has; where a cursor changes nothing, it cuts nothing."""
    numbers = _numbers(subject.operation)
    sizes = [numbers[name] for name in paging_inputs([*numbers, cursor.name]).get("limit", ()) if name in numbers]
    fits = [one for one in sizes[:1] if subject.client.takes(one, _SMALL)]
    small: dict[tuple[str, str], Change] = {one.key: _SMALL for one in fits}
    before, faults = list[str](), list[Finding]()
    for response, names, last in _walk(subject, cursor, small):
        if names == before:
            return  # the cursor is that of the page itself
        faults = list(_faults_of_page(subject, cursor, response, before, last))
        yield from faults
        if last is None and fits and len(names) > int(_SMALL):
            yield from _too_long(subject, fits[0], int(_SMALL) + 1, len(names) - int(_SMALL))
        before += names
        if faults or not names:
            break
    if not sizes and not faults and bare_name(cursor.name) in INPUTS["offset"]:
        yield from _left_out(subject, cursor, before)
    for size in fits if not faults else ():
        yield from _against_larger(subject, cursor, size, before, response, is_first=last is None)


def _against_larger(
    subject: Subject, cursor: Parameter, size: Parameter, before: list[str], last: CheckedResponse, *, is_first: bool
) -> Iterator[Finding]:
    """The items of some small pages, with the last of these, against those of a page as large as is compared, and of what follows it."""
    small, large = int(_SMALL), {size.key: str(_largest(size))}
    largest = subject.ask(large, fresh=True)
    whole, following = _names(subject, largest), _following(subject, last, cursor)
    ends = {*NAMES_OF_NEXT, "next", bare_name(cursor.name)} & {*map(bare_name, as_object(last.value))}
    if before == _names(subject, last) == whole and (ends or _is_said(size)):
        yield from _ignored(subject, size, whole)
    is_begun = bool(before) and before[-1] in whole and whole[:small] == before[:small]
    shown = whole[: whole.index(before[-1]) + 1] if is_begun else []
    lost = [one for one in shown if one not in before]
    if lost and len(before) > small:
        message = f"item {lost[0]} is on none of the pages of {small} by {cursor.name}, and a larger page has it between theirs"
        yield find(subject, "law-page-size-invariant", message, last, _HINT)
    elif shown and len(whole) > len(shown) and not following and not is_first:
        yield _ends_early(subject, cursor, last, small, whole[len(shown)])
    if whole and (after := _following(subject, largest, cursor)):
        beyond = subject.ask({**large, cursor.key: after}, fresh=True)
        yield from _faults_of_page(subject, cursor, beyond, whole, after)
        yield from _too_long(subject, size, small, len(whole) - small) if len(whole) > small else ()
    elif len(whole) > len(before):  # pages of half of the list, the last one among them
        met, half = list[str](), -(-len(whole) // 2)
        for response, names, at in _walk(subject, cursor, {size.key: str(half)}):
            yield from _faults_of_page(subject, cursor, response, met, at)
            met += names
        if met == whole[:half] and not (is_first or _following(subject, response, cursor)):
            yield _ends_early(subject, cursor, response, half, whole[half])


def _ends_early(subject: Subject, cursor: Parameter, last: CheckedResponse, size: int, lost: str) -> Finding:
    message = f"the last page of {size} by {cursor.name} names no next one, and a larger page has item {lost} after it"
    return find(subject, "law-pages-complete", message, last, "name a next page until there are no more items")


def _left_out(subject: Subject, cursor: Parameter, before: list[str]) -> Iterator[Finding]:
    """An item that stands after those of the first page, by their number, and on none of the pages that name each other."""
    count = len(_names(subject, subject.ask({cursor.key: None}, fresh=True)))
    response = subject.ask({cursor.key: str(count)}, fresh=True)
    if count and (lost := [one for one in _names(subject, response)[:1] if one not in before]):
        message = f"item {lost[0]} is at {cursor.name}={count}, after the {count} of the first page, and on none of the pages that name each other"
        yield find(subject, "law-pages-complete", message, response, _HINT)


def _walk(
    subject: Subject, cursor: Parameter, changes: dict[tuple[str, str], Change]
) -> Iterator[tuple[CheckedResponse, list[str], str | None]]:
    """The first pages, each with the names of its items and the cursor by which it was asked for, None for the first one."""
    following: str | None = None
    for _ in range(_PAGES if changes else _MOST_PAGES):
        last, response = following, subject.ask({**changes, cursor.key: following}, fresh=True)
        yield response, _names(subject, response), last
        following = _following(subject, response, cursor)
        if not following or following == last:
            return


def _faults_of_page(
    subject: Subject, cursor: Parameter, response: CheckedResponse, before: list[str], last: str | None
) -> Iterator[Finding]:
    """A page that has an item of one before it, or says of itself that it comes next. Where that may be its own cursor, by its name
    or since it comes again, nobody is blamed."""
    names = _names(subject, response)
    twice = [one for one in names if one in before]
    if twice and _following(subject, response, cursor) != last:
        message = f"item {twice[0]} is at {cursor.name}={last}, and on a page before it"
        yield find(subject, "law-pages-disjoint", message, response, _HINT)
    elif names and last and _next_cursor(response.value, [*_next_names(cursor), "next"], cursor.name) == last:
        message = f"the page at {cursor.name}={last} says that the next one is at {last} too, so the list has no end"
        yield find(subject, "law-pages-disjoint", message, response, "name no next page on the last one")


def _next_names(cursor: Parameter) -> list[str]:
    return [*NAMES_OF_NEXT, f"next{bare_name(cursor.name)}"]


def _following(subject: Subject, response: CheckedResponse, cursor: Parameter) -> str | None:
    """The next page's cursor, by the Link header, the body, or the last item where that is the cursor; None where there is none."""
    own, value = bare_name(cursor.name), as_object(response.value)
    if any(one is False and bare_name(key) in _MORE for key, one in beside_items(value, _DEEPEST)):
        return None
    linked = dict(parse_query(split_url(next_link(response.headers) or "").query)).get(cursor.name)
    named = (_next_names(cursor), ["next"], [own])
    cursors = (_next_cursor(value, one, cursor.name) for one in named)
    return linked or next(filter(None, cursors), None) or _last_item(subject, response, cursor) if response.ok else None


def _last_item(subject: Subject, response: CheckedResponse, cursor: Parameter) -> str | None:
    """The last item of a page that says that there are more, as by `has_more`, where the next ones are those after an item."""
    is_more = any(one is True and bare_name(key) in _MORE for key, one in as_object(response.value).items())
    names = _names(subject, response) if is_more and "after" in bare_name(cursor.name) else []
    return names[-1] if names else None


def _next_cursor(value: Any, names: Collection[str], own: str) -> str | None:
    """The cursor that a response has by one of these names, as it is or in the query of an address; None where it has none."""
    for one in named_next(value, lambda name: bare_name(name) in names, _DEEPEST):
        text = str(one or "")
        is_address = "/" in text or "?" in text
        if found := dict(parse_query(split_url(text).query)).get(own) if is_address else text:
            return found
    return None


def _compare(subject: Subject, cut: _Cut, base: int, whole: list[str], size: int) -> Iterator[Finding]:
    """The pages of a size one after the other, as far as they are full, against what the first large page has."""
    before = whole[:size]
    for number in range(1, _PAGES + 1):
        expected = whole[number * size : (number + 1) * size]
        position = base + number * (1 if cut.counts_pages else size)
        response = _request(subject, cut, position, size)
        found = _names(subject, response)
        rule, fault = _difference(before, expected, found)
        is_new = expected or not {*found} <= {*before}  # else the list may end here, and its last page come again
        if rule and is_new and response.ok and not _counts_otherwise(subject, cut, base + number, expected, size):
            if _names(subject, _whole(subject, cut)) == whole:
                by = f" and {cut.size.name}={size}" if cut.size else ""
                message = f"the page of {cut.position.name}={position}{by}: {fault}"
                yield find(subject, rule, message, response, _HINT)
            return
        if found == expected and len(found) == size:
            yield from islice(_echoed(subject, cut, response, position, size), 1)
        is_end = cut.size and len(whole) < _largest(cut.size) and (number + 1) * size >= len(whole)
        if len(found) < size or is_end:
            return
        before += found


def _echoed(subject: Subject, cut: _Cut, page: CheckedResponse, position: int, size: int) -> Iterator[Finding]:
    """What a full page says of its number and size, by the very names that the request has, and that is not so."""
    told = {bare_name(name): one for name, one in beside_items(page.value, _DEEPEST)}
    asked = [(cut.position, position, INPUTS["page"]), *([(cut.size, size, _SIZES)] if cut.size else [])]
    for parameter, value, names in asked:
        found = told.get(bare_name(parameter.name)) if bare_name(parameter.name) in names else None
        if isinstance(found, int) and found != value:
            message = f"{parameter.name}={value} is echoed as {found}"
            yield find(subject, "law-echo", message, page, "return the value that was used")


def _difference(before: list[str], expected: list[str], found: list[str]) -> tuple[str, str]:
    """The rule that a page breaks, and how; twice '' for none."""
    if twice := [one for one in found if one in before]:
        return "law-pages-disjoint", f"item {twice[0]} is on it, and on a page before it"
    if missing := [one for one in expected if one not in found]:
        return "law-page-size-invariant", f"item {missing[0]} is not on it, which a larger page has at this place"
    return "", ""


def _counts_otherwise(subject: Subject, cut: _Cut, position: int, expected: list[str], size: int) -> bool:
    """Whether an offset counts pages: then it is as good as a page's number."""
    if cut.counts_pages or not expected:
        return False
    return _names(subject, _request(subject, cut, position, size)) == expected


def _first_position(subject: Subject, cut: _Cut, first: list[str], size: int) -> int | None:
    """The position of the first page, by what the contract has for a default or else by trying; None where none is found."""
    default = keywords_of(cut.position).get("default")
    is_open = cut.counts_pages or bare_name(cut.position.name) in _COUNTED_FROM_ONE
    places = (default,) if default in (0, 1) else (1, 0) if is_open else (0,)
    return next((one for one in places if _names(subject, _request(subject, cut, one, size)) == first), None)


def _whole(subject: Subject, cut: _Cut) -> CheckedResponse:
    """The list in one page as large as is compared, or as the service has it."""
    response = _request(subject, cut, None, _largest(cut.size) if cut.size else None)
    return response if response.ok else _request(subject, cut, None, None)


def _largest(size: Parameter) -> int:
    return min(int(keywords_of(size).get("maximum", _LARGEST)), _LARGEST)


def largest_page(operation: Operation) -> dict[Key, str]:
    """What asks for a page as large as is compared; nothing where no parameter is called like its size."""
    numbers = _numbers(operation)
    return {numbers[name].key: f"{_largest(numbers[name])}" for name in paging_inputs(numbers).get("limit", ())[:1]}


def _request(subject: Subject, cut: _Cut, position: int | None, size: int | None) -> CheckedResponse:
    numbers = {cut.position: position, cut.size: size}
    changes: dict[tuple[str, str], Change] = {
        one.key: None if number is None else str(number)
        for one, number in numbers.items()
        if one and (number is not None or not one.required)
    }
    return subject.ask(changes, fresh=True)


def _names(subject: Subject, response: CheckedResponse) -> list[str]:
    """What tells the items of a page apart; none where one has no name, or two have the same."""
    names = [identifier_of(one, "id", subject.template) for one in items_of(response.value)] if response.ok else []
    known = [one for one in names if one is not None]
    return known if len(set(known)) == len(names) else []
