"""Lists whose pages name the next one, and filters whose effect the items do not show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.contracts import as_json, loaded, of_json
from support.laws import run_of

from toolkit.conformance.laws.finding import Finding
from toolkit.conformance.laws.pages import chained_sizes, pages
from toolkit.conformance.laws.parts import partitions, parts
from toolkit.conformance.reach import explore
from toolkit.conformance.subject import Subject
from toolkit.exchange import Headers, Request, Response, Send

COUNT = 11
ITEM = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
BY_CURSOR = {"type": "cursor", "inputs": [{"name": "after", "type": "cursor"}, {"name": "limit", "type": "limit"}],
             "outputs": {"results": "$.posts", "nextCursor": "$.next"}}  # fmt: skip
BY_URL = {"type": "url", "outputs": {"results": "$.posts", "nextUrl": "$.next"}}


def posts(fault: str = "", kind: str = "cursor") -> Send:
    """Posts of two sites; each page names the next one."""

    def send(request: Request) -> Response:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(request.url).query, True).items()}
        size, start = int(given.get("limit", 4)), int(given.get("after", "c0")[1:])
        owned = [n for n in range(COUNT) if "site" not in given or n % 2 == {"a": 0, "b": 1}.get(given["site"])]
        if fault == "shared" and given.get("site") == "b":
            owned = [0, *owned]
        if fault == "unknown" and given.get("site", "a") not in "ab":
            owned = [1]
        if fault == "more" and given.get("site") == "a":
            owned = [*owned, 99]
        end = start + size
        shown = owned[max(0, start - (fault == "overlap")) : end + (fault == "long" and size == 2)]
        shown = shown[:-1] if fault == "size" and size == 3 and start == 3 else shown
        following = "c0" if fault == "endless" else f"c{end + (fault == 'gap')}"
        following = following if end < len(owned) else None
        if fault == "refused" and start:
            return Response(404, Headers(()), b"")
        return _page(kind, given, shown, following, len(owned))

    return send


def _page(kind: str, given: dict[str, str], shown: list[int], following: str | None, total: int) -> Response:
    items = [{"id": n} for n in shown]
    query = "&".join(f"{name}={value}" for name, value in given.items() if name != "after")
    url = f"https://elsewhere.example/base/posts?{query}&after={following}"
    if kind == "link":
        return as_json(200, items, **({"Link": f'<{url}>; rel="prev next"; title="a, <b>"'} if following else {}))
    named = following if kind == "cursor" else following and url
    body = {"posts": items, "next": named, "total": total}
    return as_json(200, body)


def subject_of(send: Send, pagination: Any = BY_CURSOR, **laws: Any) -> Subject:
    listed = {"type": "array", "items": ITEM}
    page = {"type": "object", "properties": {"posts": listed, "next": {"type": ["string", "null"]}}}
    answer = of_json(page if pagination else listed)
    if not pagination:
        answer["headers"] = {"Link": {"schema": {"type": "string"}}}
    names = {"after": "string", "limit": "integer", "site": "string"}
    get = {
        "operationId": "posts",
        "parameters": [{"name": name, "in": "query", "schema": {"type": kind}} for name, kind in names.items()],
        "responses": {"200": answer, "404": {"description": ""}},
        "x-laws": {"identity": "/id", "total": "$.total"} | laws,
    }
    get |= {"x-speakeasy-pagination": pagination} if pagination else {}
    with TemporaryDirectory() as folder:
        contract = loaded(Path(folder), {"/posts": {"get": get}})
    run = run_of(contract, send, params=(("site", "a"), ("site", "b")))
    subject = run.subjects["posts"]
    subject.client.base.clear()
    explore(subject)
    return subject


def found(law: Callable[[Subject], Iterator[Finding]], subject: Subject) -> list[str]:
    return [f"{one.violation.rule}: {one.violation.message}" for one in law(subject)]


@pytest.mark.parametrize(("kind", "pagination"), [("cursor", BY_CURSOR), ("url", BY_URL), ("link", None)])
@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("", ""),
        ("overlap", "law-pages-disjoint: item 3 is on page 1 and on page 2"),
        ("endless", "law-pages-complete: page 2 names the same next page as page 1: the list has no end"),
        ("refused", "law-pages-complete: page 2, which page 1 names as the next one, is refused with status 404"),
        ("gap", "law-pages-complete: the pages have 9 items together, the total is 11"),
    ],
)
def test_pages_that_name_the_next_one(kind: str, pagination: Any, fault: str, rule: str) -> None:
    messages = found(pages, subject_of(posts(fault, kind), pagination))
    if fault == "gap" and kind == "link":
        rule = ""  # nothing there says how many items there are
    assert rule in messages if rule else not messages, messages


@pytest.mark.parametrize(("laws", "is_wrong"), [({"identity": None}, False), ({}, True)], ids=["open", "stated"])
def test_a_link_header_alone_does_not_state_that_a_list_ends(laws: Any, is_wrong: bool) -> None:
    messages = found(pages, subject_of(posts("endless", "link"), None, **laws))
    assert any("the list has no end" in one for one in messages) is is_wrong, messages


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("", ""),
        ("long", "law-page-length: the page has 3 items, limit is 2"),
        ("size", "law-page-size-invariant: pages of 3 have 10 items together, expected 11: 1 missing, 0 unexpected"),
    ],
)
def test_pages_of_every_size_hold_the_same(fault: str, rule: str) -> None:
    messages = found(chained_sizes, subject_of(posts(fault)))
    assert (rule in messages) if rule else not messages, messages


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("", ""),
        ("shared", 'law-filter-exact: item 0 is selected by site="a" and by site="b"'),
        ("unknown", 'law-filter-exact: site="no-such-a", a value that nothing has, selects 1 item'),
    ],
)
def test_a_partition_selects_each_item_once(fault: str, rule: str) -> None:
    messages = found(partitions, subject_of(posts(fault), filters={"site": {"is": "partition"}}))
    assert (rule in messages) if rule else not messages, messages


@pytest.mark.parametrize("fault", ["", "more"])
def test_what_a_filter_selects_is_a_part_of_the_list(fault: str) -> None:
    messages = found(parts, subject_of(posts(fault), filters={"site": {"is": "partition"}}))
    expected = ['law-filter-exact: site="a" selects item 99, which the list without site does not have']
    assert messages == (expected if fault else [])
