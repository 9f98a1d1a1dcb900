"""Pact files, versions 1 to 4: what a consumer sends, and what it needs of the response. The values are examples, whatever matchers say of
others; a provider may send more header fields and properties than the consumer needs (Pact specification, version 3, "Responses")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from toolkit.exchange import EXCERPT, Exchange, Headers, Record, Request, Response
from toolkit.recordings.coding import Undecodable, encode_text, from_base64
from toolkit.recordings.recording import (
    Malformed,
    Recording,
    each,
    fields,
    json_text,
    pairs,
    parse_json,
    property_of,
    response_of,
    url_path,
    with_type,
)
from toolkit.structs import replace


def recognises(recording: Recording) -> bool:
    """Whether a consumer and a provider are named, and interactions or messages between them."""
    named = (isinstance(property_of(recording.tree, side), dict) for side in ("consumer", "provider"))
    return all(named) and not {"interactions", "messages"}.isdisjoint(recording.tree)


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each interaction."""
    for kind in ("interactions", "messages"):
        yield from each(recording.tree.get(kind) or (), f"{recording.name}#/{kind}", _exchange)


def _exchange(item: Any, source: str) -> Exchange:
    is_typed = "type" in item  # since version 4
    if "request" not in item or (is_typed and item["type"] != "Synchronous/HTTP"):
        raise Malformed("a message between programs, which is no exchange of HTTP")
    sent, received = item["request"], item.get("response") or {}
    query, path = sent.get("query"), url_path(sent["path"])
    query = urlencode(pairs(query.items())) if isinstance(query, dict) else query
    headers, body = _message(sent, is_typed)
    url, data = f"{path}?{query}" if query else path, body if isinstance(body, bytes) else None
    request = Request(sent["method"].upper(), url, headers, data)
    headers, body = _message(received, is_typed)
    response: Response = response_of(received.get("status") or 200, headers, body)
    return Exchange(request, replace(response, fault=response.fault or EXCERPT), source)


def _message(message: Any, is_typed: bool) -> tuple[Headers, bytes | Undecodable | None]:
    """The header fields, with the media type wherever it stands, and the body; None where it may be any."""
    body: Any = message.get("body", "")
    kept = body if is_typed and isinstance(body, dict) else {"content": body}
    body, encoded = kept.get("content"), kept.get("encoded")
    headers = with_type(fields(message.get("headers")), kept.get("contentType") or "")
    headers = with_type(headers, "application/json" if isinstance(body, dict | list) else "")
    media_type = headers.content_type
    if "body" not in message:
        return headers, None
    if encoded in ("base64", True):
        return headers, from_base64(body)
    is_text = isinstance(body, str) and ("json" not in media_type or _is_json(body))
    return headers, b"" if body is None else encode_text(body, media_type) if is_text else json_text(body)


def _is_json(text: str) -> bool:
    """Whether a string in the place of JSON is the text of it, and no string itself."""
    try:
        return parse_json(text.encode()) is not None
    except ValueError:
        return False
