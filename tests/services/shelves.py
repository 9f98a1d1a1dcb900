"""Shelves with books in them, by hand: what is created can be read, changed and deleted, with faults that can be switched on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from support.contracts import as_json
from support.places import TESTS

from toolkit.conformance.run import Options, Run
from toolkit.contract.model import Contract
from toolkit.exchange import Headers, Request, Response, Send
from toolkit.validation.validator import Validator

CONTRACT = Contract.load(TESTS / "services" / "shelves.yaml")
KEY = "open-sesame"

# The fault, and a rule that it breaks.
FAULTS = {
    "500 behind a created id": "server-error",
    "wrong type in one item": "schema-type",
    "delete does not delete": "law-read-after-delete",
    "update drops a field": "law-update",
    "update is ignored": "law-update",
    "list without the created item": "law-list-after-create",
    "read gives something else": "law-read-after-create",
    "what is created is not there": "law-read-after-create",
    "Location leads to nothing": "law-read-after-create",
    "a shelf can be deleted and stays": "law-read-after-delete",
    "undocumented status of a deletion": "status-undeclared",
    "a label twice breaks it": "server-error",
    "a long title breaks it": "server-error",
}


class Refused(Exception):
    """Refused with this status."""


@dataclass
class Shelves:
    """The state: shelves by id, each with its label and books."""

    fault: str = ""
    shelves: dict[int, dict[str, Any]] = field(default_factory=lambda: {1: {"label": "Old", "books": {}}})
    count: int = 1

    def next(self) -> int:
        self.count += 1
        return self.count


def service(fault: str = "") -> Send:
    """A service with one shelf of somebody else's, and one fault or none."""
    return partial(respond, Shelves(fault))


def run(fault: str = "", **options: Any) -> Run:
    """A run, not begun, against a service with this fault."""
    return run_of(service(fault), **options)


def run_of(send: Send, **options: Any) -> Run:
    return Run(CONTRACT, Validator(CONTRACT), send, Options(headers=(("X-Key", KEY),), **options))


def respond(state: Shelves, request: Request) -> Response:
    path, query = urlsplit(request.url).path, dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))
    try:
        if request.headers.get("X-Key") != KEY:
            raise Refused(401)
        found = re.fullmatch(r"/shelves(?:/([^/]+)(/books(?:/([^/]+))?)?)?", path)
        act = _ROUTES.get((request.method, *(bool(part) for part in found.groups()))) if found else None
        if found is None or act is None:
            raise Refused(404 if found is None else 405)
        return act(state, request, query, [unquote(part or "") for part in (found[1], found[3])])
    except Refused as refused:
        return as_json(refused.args[0], {"title": "refused"}, **{"Content-Type": "application/problem+json"})


def _list_shelves(state: Shelves, request: Request, query: dict[str, str], names: list[str]) -> Response:
    limit = _limit(query)
    items = [{"id": number, "label": shelf["label"]} for number, shelf in state.shelves.items()]
    return as_json(200, {"items": items[::-1][:limit], "total": len(items)})


def _add_shelf(state: Shelves, request: Request, query: dict[str, str], names: list[str]) -> Response:
    label = _body(request, {"label"}).get("label")
    if not isinstance(label, str) or not 1 <= len(label) <= 30:
        raise Refused(400)
    if label in {shelf["label"] for shelf in state.shelves.values()}:
        raise Refused(500 if state.fault == "a label twice breaks it" else 409)
    number = state.next()
    state.shelves[number] = {"label": label, "books": {}}
    return Response(201, Headers((("Location", f"/shelves/{number}"),)))


def _drop_shelf(state: Shelves, request: Request, query: dict[str, str], names: list[str]) -> Response:
    if _shelf(state, names[0])["books"]:
        raise Refused(409)
    if state.fault != "a shelf can be deleted and stays":
        del state.shelves[int(names[0])]
    return Response(204)


def _list_books(state: Shelves, request: Request, query: dict[str, str], names: list[str]) -> Response:
    books = list(_shelf(state, names[0])["books"].values())[::-1][: _limit(query)]
    if state.fault == "wrong type in one item" and len(books) > 1:
        books[1] = {**books[1], "pages": "many"}
    return as_json(200, books[1:] if state.fault == "list without the created item" else books)


def _add_book(state: Shelves, request: Request, query: dict[str, str], names: list[str]) -> Response:
    shelf, given = _shelf(state, names[0]), _book(request)
    if "title" not in given:
        raise Refused(400)
    if state.fault == "a long title breaks it" and len(given["title"]) > 50:
        raise Refused(500)
    book = {"id": f"b{state.next()}", **given, "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    if state.fault != "what is created is not there":
        shelf["books"][book["id"]] = book
    wrong = "none" if state.fault == "Location leads to nothing" else ""
    return as_json(201, book, Location=f"/shelves/{names[0]}/books/{book['id']}{wrong}")


def _read_book(state: Shelves, request: Request, query: dict[str, str], names: list[str]) -> Response:
    book = _find(state, names)
    if state.fault == "500 behind a created id":
        raise Refused(500)
    if state.fault == "read gives something else":
        book = {**book, "title": book["title"][::-1] + "?"}
    return as_json(200, book)


def _change_book(state: Shelves, request: Request, query: dict[str, str], names: list[str]) -> Response:
    book, given = _find(state, names), _book(request)
    if not given:
        raise Refused(400)
    if state.fault != "update is ignored":
        book.update(given)
    if state.fault == "update drops a field":
        for name in {"tags", "pages"} - given.keys():
            book.pop(name, None)
    return as_json(200, {**book, **given})


def _drop_book(state: Shelves, request: Request, query: dict[str, str], names: list[str]) -> Response:
    _find(state, names)
    if state.fault != "delete does not delete":
        del _shelf(state, names[0])["books"][names[1]]
    return Response(202 if state.fault == "undocumented status of a deletion" else 204)


_ROUTES: dict[tuple[Any, ...], Callable[[Shelves, Request, dict[str, str], list[str]], Response]] = {
    ("GET", False, False, False): _list_shelves,
    ("POST", False, False, False): _add_shelf,
    ("DELETE", True, False, False): _drop_shelf,
    ("GET", True, True, False): _list_books,
    ("POST", True, True, False): _add_book,
    ("GET", True, True, True): _read_book,
    ("PATCH", True, True, True): _change_book,
    ("DELETE", True, True, True): _drop_book,
}


def _shelf(state: Shelves, text: str) -> dict[str, Any]:
    if not re.fullmatch(r"[1-9][0-9]*", text, re.ASCII):
        raise Refused(400)
    if len(text) > 9 or int(text) not in state.shelves:
        raise Refused(404)
    return state.shelves[int(text)]


def _find(state: Shelves, names: list[str]) -> dict[str, Any]:
    shelf = _shelf(state, names[0])
    if not re.fullmatch(r"b[0-9]+", names[1], re.ASCII):
        raise Refused(400)
    if names[1] not in shelf["books"]:
        raise Refused(404)
    book: dict[str, Any] = shelf["books"][names[1]]
    return book


def _limit(query: dict[str, str]) -> int:
    text = query.get("limit", "20")
    if not re.fullmatch(r"[1-9][0-9]?|100", text, re.ASCII):
        raise Refused(400)
    return int(text)


def _body(request: Request, names: set[str]) -> dict[str, Any]:
    try:
        value = json.loads(request.body or b"")
    except ValueError:
        raise Refused(400) from None
    if not isinstance(value, dict) or value.keys() - names:
        raise Refused(400)
    return value


def _book(request: Request) -> dict[str, Any]:
    given = _body(request, {"title", "tags", "pages"})
    title, tags, pages = given.get("title", "x"), given.get("tags", []), given.get("pages", 1)
    is_number = isinstance(pages, int | float) and not isinstance(pages, bool) and pages % 1 == 0
    if not isinstance(title, str) or not 1 <= len(title) <= 60 or not is_number or not 1 <= pages <= 5000:
        raise Refused(400)
    if not isinstance(tags, list) or len(tags) > 5 or not all(isinstance(tag, str) and tag for tag in tags):
        raise Refused(400)
    return given
