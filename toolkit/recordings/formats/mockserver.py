"""MockServer: expectations, which are stubs, and the log of what it has received and sent.

A value that is matched by a pattern is a variable; of a path that is, the request is unknown. The body of a stub's request is known only
where it is matched as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from toolkit.exchange import Exchange, Headers, Record, Request
from toolkit.recordings.coding import Undecodable, encode_text, from_base64
from toolkit.recordings.recording import (
    Recording,
    each,
    json_text,
    pairs,
    property_of,
    response_of,
    url_path,
    with_type,
)

_OPEN = re.compile(r"^!|[\\^$*+?()\[\]{}|]")
_VALUES = {"JSON": "json", "STRING": "string", "XML": "xml", "BINARY": "base64Bytes"}
_TYPES = {"JSON": "application/json", "XML": "application/xml"}
_MATCHERS = frozenset(
    {"REGEX", "JSON_SCHEMA", "JSON_PATH", "PARAMETERS", "XPATH", "XML_SCHEMA", "FILE", "GRAPHQL", "FUZZY"}
)


def recognises(recording: Recording) -> bool:
    """Whether it is an expectation or has a list of them."""
    items = _items(recording.tree)
    return bool(items) and isinstance(property_of(items[0], "httpRequest"), dict)


def _items(tree: Any) -> list[Any]:
    return tree if isinstance(tree, list) else [tree]


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each expectation, or of each entry of the log."""
    return each(_items(recording.tree), f"{recording.name}#", _exchange)


def _exchange(item: Any, source: str) -> Exchange:
    sent, received, is_stub = item["httpRequest"], item.get("httpResponse"), "timestamp" not in item
    response = None  # of what forwards, or makes it by a template
    if isinstance(received, dict):
        data, media_type = _body(received)
        headers = with_type(Headers((*_pairs(received, "headers"),)), media_type)
        response = response_of(received.get("statusCode") or 200, headers, b"" if data is None else data)
    stub: Any = {"pattern": str(sent.get("path", "")), "unnamed": ("query", "header", "cookie")} if is_stub else {}
    return Exchange(_request(sent, is_stub), response, source, **stub)


def _request(sent: Any, is_stub: bool) -> Request | None:
    method, path = str(sent.get("method") or "GET"), str(sent.get("path") or "")
    if not path or (is_stub and any(map(_OPEN.search, (method, path)))):
        return None
    data, media_type = _body(sent)
    if is_stub and media_type and property_of(sent.get("body"), "matchType") != "STRICT":
        data = None
    query, fields, cookies = (_pairs(sent, name, is_stub) for name in ("queryStringParameters", "headers", "cookies"))
    fields += [("Cookie", "; ".join(map("=".join, cookies)))] * bool(cookies)
    headers = with_type(Headers(tuple(fields)), media_type if data else "")
    host = headers.get("Host") or ""
    origin = f"{'https' if sent.get('secure') else 'http'}://{host}" if host and "{{" not in host else ""
    url = origin + url_path(path) + (f"?{urlencode(query)}" if query else "")
    has_variables = "%7B%7B" in url or any("{{" in value for _, value in headers.pairs)
    body = data if isinstance(data, bytes) else None if is_stub or data else b""
    return Request(method.upper(), url, headers, body, has_variables)


def _pairs(message: Any, name: str, is_stub: bool = False) -> list[tuple[str, str]]:
    """Names and values; a value of a stub that is a pattern is a variable."""
    listed = message.get(name) or {}
    if isinstance(listed, list):
        listed = {one["name"]: one.get("values", one.get("value")) for one in listed}
    found = [(key, value) for key, value in pairs(listed.items()) if not key.startswith(("!", "?"))]
    return [(key, f"{{{{{key}}}}}" if is_stub and _OPEN.search(value) else value) for key, value in found]


def _body(message: Any) -> tuple[bytes | Undecodable | None, str]:
    """The body, and the media type that it has if no header field gives one; None where there is none, or a matcher leaves it open."""
    body = message.get("body")
    if body is None or isinstance(body, str):
        media_type = Headers((*_pairs(message, "headers"),)).content_type
        return None if body is None else encode_text(body, media_type), ""
    kind = property_of(body, "type")
    if kind not in _VALUES:
        is_open = kind in _MATCHERS
        return (None, "") if is_open else (json_text(body), "application/json")
    value = property_of(body, _VALUES[kind]) if not body.get("subString") and not body.get("not") else None
    media_type = str(body.get("contentType") or _TYPES.get(kind, ""))
    if value is None or kind == "BINARY":
        return value and from_base64(str(value)), media_type
    return (encode_text(value, media_type) if isinstance(value, str) else json_text(value)), media_type
