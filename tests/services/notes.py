"""A small service of the other shapes: arrays in the query, headers, cookies, JSON bodies, deletion. It judges by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support.contracts import as_json

from toolkit.exchange import Request, Response

_TAGS = ("home", "work", "urgent")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
_PROBLEM = {400: "bad request", 404: "not found", 405: "method not allowed"}


class Refused(Exception):
    """Refused with this status."""


def service() -> Any:
    """A service at `/v1` with three notes of its own, which may be deleted."""
    notes: dict[int, dict[str, Any]] = {
        number: {"id": number, "text": f"Note {number}", "tags": [_TAGS[number % 3]], "due": None}
        for number in (1, 2, 3)
    }

    created = count(4)

    def send(request: Request) -> Response:
        url = urlsplit(request.url)
        pairs = parse_qsl(url.query, keep_blank_values=True)
        try:
            return _answer(notes, created, request, url.path, pairs)
        except Refused as refused:
            status = refused.args[0]
            problem = {"title": _PROBLEM[status], "status": status}
            return as_json(status, problem, **{"Content-Type": "application/problem+json"})

    return send


def _answer(
    notes: dict[int, Any], created: Iterator[int], request: Request, path: str, pairs: list[tuple[str, str]]
) -> Response:
    found = re.fullmatch(r"/v1/(notes|search)(?:/([^/]+))?", path)
    if not found:
        raise Refused(404)
    route = (request.method, found[1], found[2] is not None)
    if route == ("GET", "notes", False):
        _check_list(request, pairs)
        return as_json(200, list(notes.values()), **{"X-Count": str(len(notes))})
    if route == ("POST", "notes", False):
        _require(request.headers.get("X-Tenant"), r"[a-z]{3,8}")
        note = {**_new(request.body), "id": next(created)}
        return as_json(201, notes.setdefault(note["id"], note))
    if route == ("GET", "search", False):
        return _search(pairs)
    if found[1] == "notes" and found[2] and request.method in ("GET", "DELETE"):
        return _single(notes, request.method, found[2])
    raise Refused(405 if found[2] is None or found[1] == "notes" else 404)


def _single(notes: dict[int, Any], method: str, text: str) -> Response:
    _require(text, _INTEGER.pattern)
    if int(text) < 1:
        raise Refused(400)
    if int(text) not in notes:
        raise Refused(404)
    if method == "GET":
        return as_json(200, notes[int(text)])
    del notes[int(text)]
    return Response(204)


def _search(pairs: list[tuple[str, str]]) -> Response:
    given = dict(pairs)
    if len(given) < len(pairs) or not given.get("words") or given.get("pinned") not in ("true", "false"):
        raise Refused(400)
    return as_json(200, {"count": len(given["words"].split("|"))})


def _check_list(request: Request, pairs: list[tuple[str, str]]) -> None:
    _require(request.headers.get("X-Tenant"), r"[a-z]{3,8}")
    if not re.search(r"(?:^|; )session=[^;]{8,}", request.headers.get("Cookie") or ""):
        raise Refused(400)
    depth = request.headers.get("X-Depth")
    if depth is not None:
        _require(depth, "[0-3]")
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        given.setdefault(name, []).append(text)
    if len(given.get("tag", ())) > 5 or not set(given.get("tag", ())) <= {*_TAGS}:
        raise Refused(400)
    for text in _parts(given):
        _require(text, r"[1-9][0-9]*")
    for name in ("near[lat]", "near[lon]"):
        for text in given.get(name, ()):
            _require(text, _NUMBER.pattern)
    if not set(given.get("pinned", ())) <= {"true", "false", "null", ""} or len(given.get("pinned", ())) > 1:
        raise Refused(400)


def _parts(given: dict[str, list[str]]) -> Iterator[str]:
    for text in given.get("ids", ()):
        yield from text.split(",") if text else ()


def _new(body: bytes | None) -> dict[str, Any]:
    try:
        value = json.loads(body or b"")
    except ValueError:
        raise Refused(400) from None
    if not isinstance(value, dict) or value.keys() - {"text", "tags", "due"}:
        raise Refused(400)
    text, tags, due = value.get("text"), value.get("tags", []), value.get("due")
    if (
        not isinstance(text, str)
        or not 1 <= len(text) <= 200
        or not isinstance(tags, list)
        or not set(map(str, tags)) <= {*_TAGS}
    ):
        raise Refused(400)
    _check_due(due)
    return {"text": text, "tags": tags, "due": due}


def _check_due(due: Any) -> None:
    try:
        if due is not None and (len(due) != 10 or not date.fromisoformat(due)):
            raise Refused(400)
    except (TypeError, ValueError):
        raise Refused(400) from None


def _require(text: str | None, pattern: str) -> None:
    if text is None or not re.fullmatch(pattern, text, re.ASCII):
        raise Refused(400)
