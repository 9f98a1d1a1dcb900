"""Hoverfly: simulations of schema 1 to 5, each a request that is matched and its response, and the journal of what passed.

A request of which a matcher leaves the method, the path or the whole query open is unknown; so is the body of a template.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from toolkit.exchange import LACKS, Exchange, Headers, Record, Request, Response
from toolkit.recordings.coding import Undecodable, encode_text, from_base64
from toolkit.recordings.recording import Recording, each, fields, json_text, pairs, property_of, response_of, url_path
from toolkit.structs import replace


def recognises(recording: Recording) -> bool:
    """Whether it has pairs of a request and a response, or a journal of them."""
    items = _items(recording.tree)[0]
    first = items[0] if isinstance(items, list) and items else None
    return isinstance(property_of(first, "request"), dict) and "status" in (property_of(first, "response") or ())


def _items(tree: Any) -> tuple[Any, str]:
    pairs = property_of(property_of(tree, "data"), "pairs")
    return (property_of(tree, "journal"), "#/journal") if pairs is None else (pairs, "#/data/pairs")


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each pair."""
    items, pointer = _items(recording.tree)

    def build(item: Any, source: str) -> Exchange:
        seconds = item.get("latency")
        received = _response(item["response"], recording)
        path = item["request"].get("path")
        made = Exchange(_request(item["request"]), received, source, None, seconds and seconds / 1000)
        if isinstance(path, str):  # as in the oldest simulations, which are exact
            return made
        return replace(made, pattern=json_text(path).decode(), unnamed=("query", "header", "cookie"))

    return each(items, recording.name + pointer, build)


def _request(wanted: Any) -> Request | None:
    method, path, query = (_definite(wanted.get(name)) for name in ("method", "path", "query"))
    if isinstance(wanted.get("query"), dict) and query is None:
        query = urlencode(_parameters(wanted["query"]))
    if method is None or path is None or (query is None and wanted.get("query")):
        return None
    host, scheme, body = (_definite(wanted.get(name)) for name in ("destination", "scheme", "body"))
    headers = Headers(_parameters(wanted.get("headers") or {}))
    url = url_path(path) + (f"?{query}" if query else "")
    sent = encode_text(body, headers.content_type) if isinstance(body, str) else None
    has_variables = "%7B%7B" in url or any("{{" in value for _, value in headers.pairs)
    return Request(method.upper(), f"{scheme or 'http'}://{host}{url}" if host else url, headers, sent, has_variables)


def _parameters(wanted: Any) -> tuple[tuple[str, str], ...]:
    """The names and values of parameters, a variable for one that may have any of several values."""
    values = [(name, _definite(matchers)) for name, matchers in wanted.items()]
    return pairs((name, f"{{{{{name}}}}}" if value is None and wanted[name] else value) for name, value in values)


def _definite(matchers: Any) -> Any:
    """The one value, or the list of values, that is matched; None where others are too, or nothing is said."""
    first = matchers[0] if isinstance(matchers, list) and len(matchers) == 1 else matchers
    if isinstance(first, dict):  # of version 5, or of 3 and 4
        old = next((first[name] for name in ("exactMatch", "jsonMatch", "xmlMatch") if name in first), None)
        return first.get("value") if first.get("matcher") in ("exact", "array", "json", "xml") else old
    return first if isinstance(first, str) or all(isinstance(one, str) for one in first or ()) else None


def _response(stub: Any, recording: Recording) -> Response | None:
    headers, text = fields(stub.get("headers")), str(stub.get("body") or "")
    body: bytes | Undecodable | None = encode_text(text, headers.content_type)
    if stub.get("bodyFile") and not text:
        found = recording.beside(str(stub["bodyFile"]))
        body = Undecodable(f"{LACKS}the file that holds the body, {stub['bodyFile']}") if found is None else found
    elif stub.get("encodedBody"):
        body = from_base64(text)
    elif stub.get("templated") and "{{" in text:
        body = None
    return response_of(stub["status"], headers, body)
