"""Recordings of nock, the HTTP mock for Node.js (`nock.recorder` and `nock.back` fixtures)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from toolkit.exchange import Exchange, Headers, Record, Request, Response
from toolkit.recordings.coding import Restored, encode_text, restore
from toolkit.recordings.recording import Recording, each, fields, json_text, origin, pairs, property_of

_SCOPE = re.compile(r"(\w+)://(.*?)(?::(\d+))?/?")


def recognises(recording: Recording) -> bool:
    """Whether it is a list of definitions with a scope and a path."""
    tree = recording.tree
    first = tree[0] if isinstance(tree, list) and tree else None
    return bool(property_of(first, "scope") and property_of(first, "path"))


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each definition."""
    return each(recording.tree, f"{recording.name}#", _exchange)


def _exchange(item: Any, source: str) -> Exchange:
    scheme, host, port = _SCOPE.fullmatch(item["scope"]).groups()  # type: ignore[union-attr]  # reported as malformed
    sent = fields(item.get("reqheaders"))
    body = _text(item.get("body"), sent)
    request = Request(item.get("method", "GET").upper(), origin(scheme, host, port) + item["path"], sent, body)
    listed = item.get("rawHeaders") or item.get("headers") or []  # a map, or names and values by turns, as in Node.js
    received = fields(listed) if isinstance(listed, dict) else Headers(pairs(list(pairwise(listed))[::2]))
    restored_body, fault = _body(item, received)
    return Exchange(request, Response(int(item.get("status", 200)), received, restored_body, fault), source)


def _body(item: Any, headers: Headers) -> Restored:
    """Binary bodies are hex; so is a list of chunks, used for a body with a Content-Encoding."""
    recorded, coding = item.get("response"), headers.get("Content-Encoding")
    chunks = isinstance(recorded, list) and coding and all(isinstance(chunk, str) for chunk in recorded)
    if item.get("responseIsBinary") or chunks:
        try:
            return restore(bytes.fromhex("".join(recorded or "")), headers)
        except ValueError as error:
            return None, f"not hexadecimal: {error}"
    return _text(recorded, headers), None


def _text(recorded: Any, headers: Headers) -> bytes | None:
    """JSON bodies are kept as values."""
    if recorded is None or isinstance(recorded, str):
        return None if recorded is None else encode_text(recorded, headers.content_type)
    return json_text(recorded)
