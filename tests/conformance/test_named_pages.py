"""Pages of which the contract says nothing but the names of two parameters: overlaps and gaps are found, doubts blame nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.contracts import as_json, loaded, of_json
from support.laws import run_of

from toolkit.conformance.laws.named_pages import cut_of, named_pages
from toolkit.conformance.plan import laws_of
from toolkit.conformance.reach import reach
from toolkit.conformance.subject import Subject
from toolkit.exchange import Request, Response, Send

ITEMS = [{"id": number, "colour": "red"} for number in range(11)]
Cut = Callable[[int, int], tuple[int, int]]
"""A position and a size -> the first item of the page, and the one behind its last."""
BY_OFFSET: Cut = lambda offset, size: (offset, offset + size)  # noqa: E731
BY_PAGE: Cut = lambda page, size: (max(0, page - 1) * size, max(1, page) * size)  # noqa: E731
PAIRS = [
    ("offset", "limit"),
    ("skip", "take"),
    ("$skip", "$top"),
    ("start", "count"),
    ("page", "per_page"),
    ("pageNumber", "page_size"),
]


def cut_for(position: str) -> Cut:
    return BY_PAGE if "page" in position else BY_OFFSET


def service(names: tuple[str, str], cut: Cut, listed: Callable[[], list[Any]] = lambda: ITEMS, first: int = 0) -> Send:
    def send(request: Request) -> Response:
        given = {name: int(values[-1]) for name, values in parse_qs(urlsplit(request.url).query).items()}
        size = given.get(names[1], 20)
        start, end = cut(given.get(names[0], first), size)
        return as_json(200, {"things": listed()[max(0, start) : end]})

    return send


def subject_of(
    send: Send, folder: Path, names: tuple[str, str], others: Mapping[str, Any] = MappingProxyType({}), **position: Any
) -> Subject:
    page = {"type": "object", "properties": {"things": {"type": "array", "items": {"type": "object"}}}}
    schemas = {
        names[0]: {"type": "integer", "minimum": 0, **position},
        names[1]: {"type": "integer", "minimum": 1, "maximum": 50},
        **others,
    }
    get = {
        "operationId": "things",
        "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()],
        "responses": {"200": of_json(page)},
    }
    contract = loaded(folder, {"/things": {"get": get}})
    return run_of(contract, send).subjects["things"]


def rules(subject: Subject) -> list[str]:
    return [f"{one.violation.rule}: {one.violation.message}" for one in named_pages(subject)]


@pytest.mark.parametrize(
    ("path", "cut", "found"),
    [
        ("/things/search", BY_PAGE, ""),
        ("/things/search", lambda page, size: (page * size - size - (page > 1), page * size), "law-pages-disjoint"),
        ("/DescribeThings", lambda page, size: (page * size - size, page * size - (page == 1 and size > 1)), "law-page-size-invariant"),
        ("/DescribeThings", lambda page, size: (page * size - size, min(page * size, page * size - size + 3)), ""),  # the most
        ("/things", lambda page, size: (0, size), ""),  # it may create something
    ],
)  # fmt: skip
def test_pages_that_a_body_asks_for(path: str, cut: Cut, found: str, tmp_path: Path) -> None:
    def send(request: Request) -> Response:
        body = json.loads(request.body or b"{}")
        number, size = body.get("PageNumber", 1), body.get("PageSize", 20)
        start, end = cut(number, size)
        echo = {"PageNumber": number, "PageSize": size}
        return as_json(
            200, {"things": [one for one in ITEMS[start:end] if one["colour"] == body.get("colour", "red")], **echo}
        )

    whole = {name: {"type": "integer", "minimum": 1, "maximum": 50} for name in ("PageNumber", "PageSize")}
    schema = {
        "type": "object",
        "properties": {**whole, "colour": {"type": "string"}},
        "example": {"colour": "red", "PageNumber": 2},
    }
    page = {"type": "object", "properties": {"things": {"type": "array", "items": {"type": "object"}}}}
    post = {
        "operationId": "it",
        "requestBody": {"required": True, **of_json(schema)},
        "responses": {"200": of_json(page)},
    }
    subject = run_of(loaded(tmp_path, {path: {"post": post}}), send).subjects["it"]
    assert [one.partition(":")[0] for one in rules(subject)] == ([found] if found else [])


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"page": 2, "pagesize": 4}, []),
        ({"page": 1}, ["law-echo: page=2 is echoed as 1"]),
        ({"page": 2, "pageSize": 20}, ["law-echo: pageSize=4 is echoed as 20"]),
        ({"number": 0, "size": 20}, []),  # counted from 0, and of the whole list
    ],
)
def test_what_a_page_says_of_itself(said: dict[str, int], found: list[str], tmp_path: Path) -> None:
    def send(request: Request) -> Response:
        asked = {name: int(one[0]) for name, one in parse_qs(urlsplit(request.url).query).items()}
        size, number = asked.get("pageSize", 20), asked.get("page", 1)
        return as_json(200, {"things": ITEMS[(number - 1) * size : number * size], **(said if number == 2 else {})})

    assert rules(subject_of(send, tmp_path, ("page", "pageSize"))) == found


@pytest.mark.parametrize("names", PAIRS)
def test_pages_that_fit_together(names: tuple[str, str], tmp_path: Path) -> None:
    assert not rules(subject_of(service(names, cut_for(names[0])), tmp_path, names))


@pytest.mark.parametrize("names", PAIRS)
@pytest.mark.parametrize(
    ("shift", "rule"),
    [
        (-1, "law-pages-disjoint: the page of {}"),
        (1, "law-page-size-invariant: the page of {}"),
        (-99, "law-pages-disjoint: "),
    ],
)
def test_pages_that_overlap_or_leave_out(names: tuple[str, str], shift: int, rule: str, tmp_path: Path) -> None:
    right = cut_for(names[0])

    def wrong(position: int, size: int) -> tuple[int, int]:
        start, end = right(position, size)
        moved = max(0, start + shift) if start else 0
        return (moved, end) if shift > -9 else (0, size)

    found = rules(subject_of(service(names, wrong), tmp_path, names))
    assert len(found) == 1
    assert found[0].startswith(rule.format(names[0]))


def test_the_first_item_may_be_the_first_or_the_zeroth(tmp_path: Path) -> None:
    names = ("startIndex", "count")
    send = service(names, lambda start, size: (start - 1 - (start > 1), start - 1 + size), first=1)
    message = "law-pages-disjoint: the page of startIndex=5 and count=4: item 3 is on it, and on a page before it"
    assert rules(subject_of(send, tmp_path, names)) == [message]


def test_a_page_of_a_found_overlap_is_named(tmp_path: Path) -> None:
    names = ("offset", "limit")
    send = service(names, lambda offset, size: (offset - bool(offset), offset + size))
    message = "law-pages-disjoint: the page of offset=4 and limit=4: item 3 is on it, and on a page before it"
    assert rules(subject_of(send, tmp_path, names)) == [message]


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (lambda size: size + 1, "law-page-length: the page of limit=5 has 6 items"),
        (lambda size: max(size, 7), ""),  # no page is smaller
        (lambda size: size, ""),
    ],
)
def test_a_page_has_no_more_items_than_asked_for(end: Callable[[int], int], message: str, tmp_path: Path) -> None:
    names = ("offset", "limit")
    send = service(names, lambda offset, size: (offset, offset + end(size)))
    assert [one for one in rules(subject_of(send, tmp_path, names)) if "law-page-length" in one] == [message] * bool(
        message
    )


WHOLE = (0, 99)
MOST = {"type": "integer", "description": "The maximum number of things to return."}


@pytest.mark.parametrize(
    ("names", "size", "cut", "is_found"),
    [
        (("offset", "limit"), {"type": "integer", "minimum": 1}, lambda offset, size: (offset, 99), True),
        (("offset", "limit"), {"type": "integer", "default": 5}, lambda offset, size: (offset, 99), True),
        (("offset", "limit"), {"type": "integer", "default": 50}, lambda offset, size: (offset, 99), False),  # or no page is small
        (("offset", "limit"), {"type": "integer"}, lambda offset, size: (offset, 99), False),
        (("offset", "limit"), MOST, lambda offset, size: WHOLE, True),
        (("page", "per_page"), {"type": "integer", "minimum": 1}, lambda page, size: (0 if page < 2 else 99, 99), True),
        (("page", "count"), {"type": "integer", "minimum": 1}, lambda page, size: WHOLE, False),  # names alone
        (("colour", "limit"), MOST, lambda _, size: WHOLE, True),
        (("colour", "limit"), MOST, lambda _, size: (0, size), False),
        (("colour", "limit"), {"type": "integer", "minimum": 1}, lambda _, size: WHOLE, False),
        (("colour", "pageSize"), {"type": "integer", "minimum": 1}, lambda _, size: WHOLE, True),
        (("cursor", "limit"), {"type": "integer", "minimum": 1}, lambda _, size: WHOLE, True),
        (("cursor", "limit"), MOST, lambda _, size: (0, size), False),
    ],
)  # fmt: skip
def test_a_size_that_changes_nothing(
    names: tuple[str, str], size: dict[str, Any], cut: Cut, is_found: bool, tmp_path: Path
) -> None:
    whole = service(names, cut)

    def send(request: Request) -> Response:
        return as_json(200, {**json.loads(whole(request).body or b"{}"), "nextCursor": None})

    subject = subject_of(send, tmp_path, names, {names[1]: size})
    assert (named_pages in laws_of(subject)) or not is_found
    assert [one.partition(":")[0] for one in rules(subject)] == ["law-page-length"] * is_found


@pytest.mark.parametrize("overlap", [0, 1])
def test_the_link_header_says_which_parameter_is_the_cursor(tmp_path: Path, overlap: int) -> None:
    get = {"operationId": "things", "responses": {"200": of_json({"type": "array", "items": {"type": "object"}})}}
    cursor = {"name": "zq", "in": "query", "schema": {"type": "string"}}
    size = {"name": "vt", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3}}
    contract = loaded(tmp_path, {"/things": {"get": {**get, "parameters": [cursor, size]}}})

    def send(request: Request) -> Response:
        given = parse_qs(urlsplit(request.url).query)
        start = int(given.get("zq", ["at0"])[-1][2:] or 0) if given.get("zq", ["at0"])[-1][2:].isdecimal() else 0
        link = {"Link": f'</things?zq=at{start + 3}&vt=3>; rel="next"'} if start + 3 < len(ITEMS) else {}
        return as_json(200, ITEMS[max(0, start - overlap) : start + 3], **link)

    subject = run_of(contract, send).subjects["things"]
    reach(subject)
    assert named_pages in laws_of(subject)
    message = "law-pages-disjoint: item 2 is at zq=at3, and on a page before it"
    assert rules(subject) == [message] * overlap


@pytest.mark.parametrize(
    ("shift", "message"),
    [
        (0, ""),
        (1, "law-page-size-invariant: the page that the first one names as the next: item 4 is not on it, which a larger page has at this place"),
        (-1, "law-pages-disjoint: the page that the first one names as the next: item 3 is on it, and on a page before it"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["header", "body", "shorter"])
def test_the_next_page_begins_after_the_first(place: str, shift: int, message: str, tmp_path: Path) -> None:
    names = ("offset", "limit")
    whole = service(names, BY_OFFSET)

    def send(request: Request) -> Response:
        given = {name: int(values[-1]) for name, values in parse_qs(urlsplit(request.url).query).items()}
        size = given.get("limit", 20)
        url = f"/things?offset={given.get('offset', 0) + size + shift}&limit={1 if place == 'shorter' else size}"
        page = json.loads(whole(request).body or b"{}")
        body, link = ({}, {"Link": f'<{url}>; rel="next"'}) if place == "header" else ({"next": url}, {})
        return as_json(200, {**page, **body}, **link)

    assert rules(subject_of(send, tmp_path, names)) == [message] * bool(message)


@pytest.mark.parametrize(
    ("name", "total", "item", "is_found"),
    [
        ("total", lambda size: 11, {}, False),
        ("total", lambda size: size, {}, True),
        ("total", lambda size: 10, {}, True),
        ("total", lambda size: 0, {"price": 0}, False),  # of money
        ("total", lambda size: -(-11 // size), {"records": 11}, False),  # of pages
        ("total", lambda size: size, {"limit": 50}, True),
        ("totalCount", lambda size: 10, {"price": 0}, True),
        ("total", lambda size: -1, {}, False),
        ("count", lambda size: size, {}, False),
        ("X-Total-Count", lambda size: 10, {}, True),
        ("X-Total-Count", lambda size: 11, {}, False),
    ],
)
def test_a_total_is_no_less_than_the_items(
    name: str, total: Callable[[int], int], item: dict[str, Any], is_found: bool, tmp_path: Path
) -> None:
    whole = service(("offset", "limit"), BY_OFFSET, lambda: [{**one, **item} for one in ITEMS])

    def send(request: Request) -> Response:
        page = json.loads(whole(request).body or b"{}")
        told = total(len(page["things"]))
        page |= {key: value for one in page["things"][:1] for key, value in one.items() if key in ("records", "limit")}
        return as_json(200, page, **{name: str(told)}) if "-" in name else as_json(200, {**page, name: told})

    found = rules(subject_of(send, tmp_path, ("offset", "limit")))
    assert [one.partition(":")[0] for one in found] == ["law-pages-complete"] * is_found


def test_the_first_page_may_have_any_number(tmp_path: Path) -> None:
    names, by_zero = ("page", "size"), lambda page, size: (page * size, (page + 1) * size)
    assert not rules(subject_of(service(names, by_zero), tmp_path, names))
    found = rules(
        subject_of(
            service(names, lambda page, size: (page * size - bool(page), (page + 1) * size)), tmp_path, names, default=0
        )
    )
    assert [one.partition(":")[0] for one in found] == ["law-pages-disjoint"]


@pytest.mark.parametrize(
    ("names", "cut", "first"),
    [
        (("offset", "limit"), lambda offset, size: (offset * size, (offset + 1) * size), 0),  # it counts pages
        (("start", "count"), lambda start, size: (start - 1, start - 1 + size), 1),  # it counts from one
        (("offset", "limit"), lambda offset, size: (0, 99), 0),  # neither parameter does anything
        (
            ("offset", "limit"),
            lambda offset, size: (offset - bool(offset), offset + max(size, 5)),
            0,
        ),  # no page is small
    ],
)
def test_names_that_mean_something_else(names: tuple[str, str], cut: Cut, first: int, tmp_path: Path) -> None:
    assert not rules(subject_of(service(names, cut, first=first), tmp_path, names))


def test_lists_that_are_not_the_same_twice(tmp_path: Path) -> None:
    names, turn = ("offset", "limit"), count()
    overlapping: Cut = lambda offset, size: (offset - bool(offset), offset + size)  # noqa: E731
    lists: list[Callable[[], list[Any]]] = [
        lambda: [{"id": next(turn)} for _ in range(9)],  # new items each time
        lambda: [{"id": number} for number in range(next(turn), 30)],  # the list moves on
        lambda: [{"colour": "red"} for _ in range(9)],  # nothing tells items apart
        lambda: [{"id": 1}],
        list,
    ]
    for listed in lists:
        assert not rules(subject_of(service(names, overlapping, listed), tmp_path, names))


@pytest.mark.parametrize("names", [("from", "limit"), ("offset", "colour"), ("before", "after")])
def test_names_that_leave_a_doubt(names: tuple[str, str], tmp_path: Path) -> None:
    assert cut_of(subject_of(service(names, BY_OFFSET), tmp_path, names).client.operation) is None


def test_an_overlap_behind_the_largest_page(tmp_path: Path) -> None:
    names, many = ("page", "size"), [{"id": number} for number in range(57)]
    late: Cut = lambda page, size: (max(0, page - 1) * size - (page > 1 and size > 40), max(1, page) * size)  # noqa: E731
    found = rules(subject_of(service(names, late, lambda: many), tmp_path, names))
    assert found == ["law-pages-disjoint: the page of page=2 and size=50: item 49 is on it, and on a page before it"]


def test_the_last_page_may_come_again(tmp_path: Path) -> None:
    names, full = ("page", "size"), [{"id": number} for number in range(50)]
    last: Cut = lambda page, size: BY_PAGE(min(page, -(-50 // size)), size)  # noqa: E731
    assert not rules(subject_of(service(names, last, lambda: full), tmp_path, names))


def cursor_service(overlap: int, *, is_fixed: bool = False, name: str = "next_cursor") -> Send:
    """A list by a cursor, each page but the first with so many items of the one before; where `is_fixed`, always the same one. Each
    page has the cursor of the next one by a name, in an address in the body, or in a Link header field, and its own one as `cursor`."""

    def send(request: Request) -> Response:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(request.url).query).items()}
        start, size = 0 if is_fixed else int(given.get("cursor", 0)), int(given.get("limit", 4))
        end = start + size
        following = str(end - overlap) if end < len(ITEMS) else None
        page: dict[str, Any] = {"cursor": f"{start}", name: following} if name != "Link" else {}
        if name in ("address", "link object"):
            address = f"http://example.com/things?limit={size}&cursor={following}" if following else None
            page = {"next": address if name == "address" else {"href": address}, "self": {"href": request.url}}
        link = {"Link": f'</things?cursor={following}>; rel="next"'} if name == "Link" and following else {}
        return as_json(200, {"things": ITEMS[start:end], "page": page}, **link)

    return send


@pytest.mark.parametrize("kind", ["string", "integer"])
@pytest.mark.parametrize("name", ["next_cursor", "next", "cursor", "Link", "address", "link object", "end"])
@pytest.mark.parametrize(("overlap", "is_fixed", "found"), [(0, False, 0), (1, False, 1), (-1, False, 1), (0, True, 0)])
def test_pages_by_a_cursor_and_the_next_one(
    overlap: int, is_fixed: bool, found: int, name: str, kind: str, tmp_path: Path
) -> None:
    send = cursor_service(overlap, is_fixed=is_fixed, name=name)
    subject, found = subject_of(send, tmp_path, ("cursor", "limit"), type=kind), found * (name != "end")
    named = rules(subject)
    said = "item 1 is at cursor=1" if overlap > 0 else "item 2 is on none of the pages of 2 by cursor"
    assert len(named) == found and all(said in one for one in named), named


@pytest.mark.parametrize(
    ("name", "end", "found"),
    [
        ("nextPageToken", "itself", ["law-pages-disjoint: the page at cursor=2 says that the next one is at 2 too, so the list has no end"]),
        ("nextPageToken", "first", ["law-pages-disjoint: item 0 is at cursor=0, and on a page before it"]),
        ("nextPageToken", "too soon", ["law-pages-complete: the last page of 6 by cursor names no next one, and a larger page has item 6 after it"]),
        ("nextPageToken", "behind", []), ("nextPageToken", "none", []), ("cursor", "itself", []),
    ],
)  # fmt: skip
def test_pages_by_a_cursor_come_to_an_end(name: str, end: str, found: list[str], tmp_path: Path) -> None:
    items = ITEMS if end == "too soon" else ITEMS[:4]

    def send(request: Request) -> Response:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(request.url).query).items()}
        start, size = int(given.get("cursor", 0)), int(given.get("limit", 4))
        last = {"itself": str(start), "first": "0", "behind": "4"}.get(end) if start else None
        is_more = start + size * (1 + (end == "too soon")) < len(items)
        following = str(start + size) if is_more else last
        return as_json(200, {"things": items[start : start + size], **({name: following} if following else {})})

    assert rules(subject_of(send, tmp_path, ("cursor", "limit"), type="string")) == found


@pytest.mark.parametrize(
    ("moved", "found"), [(0, []), (-1, ["item 1 is at starting_after=1"]), (1, ["item 2 is on none"])]
)
def test_pages_that_begin_after_an_item(moved: int, found: list[str], tmp_path: Path) -> None:
    def send(request: Request) -> Response:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(request.url).query).items()}
        size, last = int(given.get("limit", 4)), given.get("starting_after")
        start = int(last) + 1 + moved if last else 0
        return as_json(200, {"things": ITEMS[start : start + size], "has_more": start + size < len(ITEMS)})

    told = rules(subject_of(send, tmp_path, ("starting_after", "limit"), type="string"))
    assert len(told) == len(found) and all(said in one for said, one in zip(found, told, strict=True)), told


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("", []),
        ("gap", ["law-page-size-invariant"]),
        ("overlap", ["law-pages-disjoint"]),
        ("ends early", ["law-pages-complete"]),
        ("begins again", ["law-pages-disjoint"]),
        ("one size", ["law-page-length"]),
        ("no cursor", []),  # each edge has one
    ],
)
def test_connections(fault: str, found: list[str], tmp_path: Path) -> None:
    """Edges of nodes, by `first` and `after`, and what `pageInfo` says of what follows."""

    def send(request: Request) -> Response:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(request.url).query).items()}
        size, start = 3 if fault == "one size" else int(given.get("first", 3)), int(given.get("after", -1)) + 1
        start += {"gap": 1, "overlap": -1}.get(fault, 0) if start else 0
        start = 5 if fault == "begins again" and start >= len(ITEMS) else start
        nodes = ITEMS[start : start + size]
        edges = [{"cursor": str(one["id"]), "node": one} for one in nodes]
        is_last = start + size >= len(ITEMS) or (fault == "ends early" and start > 0)
        end = str(start + len(nodes) - 1) if nodes and fault != "no cursor" else None
        more = not is_last or fault == "begins again"
        return as_json(200, {"edges": edges, "pageInfo": {"hasNextPage": more, "endCursor": end}})

    names = {"first": {"type": "integer", "minimum": 1, "maximum": 50}, "after": {"type": "string"}}
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in names.items()]
    contract = loaded(tmp_path, {"/things": {"get": {"parameters": parameters, "responses": {"200": of_json({})}}}})
    subject = run_of(contract, send).subjects["GET /things"]
    reach(subject)
    assert [one.partition(":")[0] for one in rules(subject)] == found


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("", []),
        ("gap", ["law-pages-complete"]),
        ("overlap", ["law-pages-disjoint"]),
        ("no end", ["law-pages-disjoint"]),
    ],
)
def test_pages_that_name_the_next_one_and_have_no_size(fault: str, found: list[str], tmp_path: Path) -> None:
    def send(request: Request) -> Response:
        start = int(parse_qs(urlsplit(request.url).query).get("skip", ["0"])[0])
        end = start + 4
        following = {"gap": end + 1, "overlap": end - 1, "no end": min(end, 8)}.get(fault, end)
        link = {"next": f"/things?skip={following}"} if end < len(ITEMS) or fault == "no end" else {}
        return as_json(200, {"things": ITEMS[start:end], **link})

    skip = {"name": "skip", "in": "query", "schema": {"type": "integer", "minimum": 0, "default": 0}}
    contract = loaded(tmp_path, {"/things": {"get": {"parameters": [skip], "responses": {"200": of_json({})}}}})
    subject = run_of(contract, send).subjects["GET /things"]
    reach(subject)
    assert [one.partition(":")[0] for one in rules(subject)] == found
