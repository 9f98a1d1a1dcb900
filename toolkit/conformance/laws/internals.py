"""What a refusal shows of the inside of a service: stack traces, paths of files, statements of a data base, addresses.

What the request itself held is no secret: its values, of any depth, are taken out of the text before it is searched.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit

from toolkit.document.pointers import texts_in
from toolkit.exchange import Request
from toolkit.wire import media_type
from toolkit.wire.json import JsonFault, parse_json
from toolkit.wire.urlencoded import form_pairs, parse_query

_INTERNALS = re.compile(
    r"Traceback \(most recent|\bFile \"|\.(?:py|java|go|rb|php|js|ts|cs|c|cpp|rs)(?::\d+|\", line|\(\d+\)|\b.{0,12}\bline \d)"
    r"|\bat [\w$.<>]+\([\w.]+:\d+\)|(?:^|[\s'\"=(:])/(?:usr|home|var|etc|opt|srv|root|tmp|app|lib|work|mnt|proc|data)/"
    r"|(?<![A-Za-z0-9])[A-Za-z]:\\{1,2}[\w$][\w .$-]*(?:\\{1,2}[\w.$]|\.\w)|\bsqlite|\b(?:mysql|postgres|psycopg|oracle|jdbc|mongo)"
    r"|(?-i:\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bUPDATE\b.+\bSET\b|\bDELETE FROM\b)|\bselect \*.+\bfrom\b|no such (?:table|column)"
    r"|\b\w+(?:Error|Exception)\b(?:\(|:)|\b\w+\.\w+\.\w*Exception\b|\bstack ?trace\b|\bErrno[ :=]+-?\d|\bnull pointer\b|\bpanic:|\bgoroutine\b"
    r"|\bsegfault|\b0x[0-9a-f]{6,}\b",
    re.IGNORECASE | re.MULTILINE,
)
_MOST_TEXT = 50_000  # characters that are read
_MOST_SEARCHED = 20_000
_SHORTEST_ECHO = 4  # characters: shorter values stand in any text


def without_echoes(text: str, request: Request | None) -> str:
    """A text without what the request held."""
    text = text[:_MOST_SEARCHED]
    values = {value for value in _sent(request) if len(value) >= _SHORTEST_ECHO} if request else set[str]()
    for value in sorted(values, key=len, reverse=True):
        for form in {value, html.escape(value), json.dumps(value)[1:-1], repr(value)[1:-1], value.strip()}:
            text = text.replace(form, " ") if form else text
    return text


def find_internals(text: str) -> str:
    """The first place of a text that shows internals, with what is around it; '' if none does."""
    match = _INTERNALS.search(text)
    return text[max(0, match.start() - 30) : match.end() + 60] if match else ""


def body_text(content_type: str, body: bytes) -> str:
    """A body as characters; of JSON all its strings, one a line, so that an escaped line break shows no backslash."""
    return "\n".join(strings_of(content_type, body, names=True)[1])


def strings_of(content_type: str, body: bytes, **which: Any) -> tuple[bool, list[str]]:
    """Whether a body is JSON, and its strings, those that `texts_in` gives; else the body itself as characters."""
    with suppress(JsonFault):
        if media_type.kind(content_type) == "json":
            return True, [*texts_in(parse_json(body), most=_MOST_TEXT, **which)]
    return False, [body[:_MOST_TEXT].decode("utf-8", "replace")]


def _sent(request: Request) -> Iterator[str]:
    """The strings of a request: of its path, its parameters, its header fields and its body."""
    address = urlsplit(request.url)
    yield from (request.url, address.path, unquote(address.path), *map(unquote, address.path.split("/")))
    yield from (text for pair in (*parse_query(address.query), *form_pairs(request)) for text in pair)
    yield from (value for _, text in request.headers.pairs for value in (text, unquote_plus(text), *text.split()))
    if request.body:
        yield from body_text(request.headers.content_type, request.body).split("\n")
        yield body_text(request.headers.content_type, request.body)
