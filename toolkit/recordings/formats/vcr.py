"""VCR cassettes, YAML and JSON: vcrpy (also its oldest form), betamax, VCR of Ruby and R, exvcr, go-vcr 1 to 3, php-vcr, Schemathesis.

They agree on a list of interactions with a request and a response and differ in nearly every property; the table below
has the names that each library writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from toolkit.exchange import Exchange, Headers, Record, Request, Response
from toolkit.recordings.coding import Restored, Undecodable, from_base64, restore, restore_text
from toolkit.recordings.formats.har_entry import form_body
from toolkit.recordings.recording import Malformed, Recording, as_text, each, fields, origin, pairs, property_of

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "": 1.0}
_OF_BODY = ("Content-Length", "Content-Type", "Transfer-Encoding")
_DURATION = re.compile(r"([\d.]+)(h|ms|m|s|us|µs|ns|)")


def recognises(recording: Recording) -> bool:
    """Whether there is a list of interactions, named or (php-vcr, exvcr, the oldest of vcrpy and Ruby VCR) alone."""
    return _interactions(recording.tree)[1] is not None


def _interactions(tree: Any) -> tuple[str, list[Any] | None]:
    for name in ("http_interactions", "interactions"):
        if isinstance(tree, dict) and name in tree and isinstance(items := tree[name] or [], list):
            return f"#/{name}", items
    first = tree[0] if isinstance(tree, list) and tree else None
    sent, received = property_of(first, "request"), property_of(first, "response")
    is_sent = property_of(sent, "protocol") or property_of(sent, "uri")
    is_received = isinstance(property_of(received, "headers"), dict) and isinstance(property_of(received, "body"), str)
    return ("#", tree) if is_sent or (property_of(sent, "url") and is_received) else ("", None)


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each interaction."""
    pointer, items = _interactions(recording.tree)
    if items is None:
        raise Malformed("it has no list of interactions")
    return each(items, recording.name + pointer, _exchange)


def _exchange(item: Any, source: str) -> Exchange:
    request, response = _request(item["request"]), item.get("response")
    if response is None:
        return Exchange(request, None, source)
    seconds = _seconds(response.get("elapsed") or response.get("duration"))
    return Exchange(request, _response(response), source, None, seconds)


def _request(item: Any) -> Request:
    headers = _headers(item.get("headers"))
    body, fault = _body(item.get("request_body", item.get("body")), headers)  # the former is exvcr's
    method = as_text(item["method"]).removeprefix(":")  # Ruby writes symbols so
    # null is what vcrpy writes where none is sent, and what its filters leave
    is_null = "body" in item and headers.pairs and method.upper() != "GET"
    is_empty = headers.get("Content-Length") == "0" or (is_null and not any(map(headers.get, _OF_BODY)))
    body = b"" if body is None and not fault and is_empty else body
    body, fault = _posted(item, headers) or (body, fault)
    url = item.get("uri") or item.get("url")
    if url is None:  # the oldest vcrpy kept it in parts
        url = origin(item["protocol"], item["host"], item["port"]) + item["path"]
    return Request(method.upper(), as_text(url), headers, body, fault=fault)


def _posted(item: Any, headers: Headers) -> Restored | None:
    """The body of which php-vcr keeps the fields and the names of files; None where it does not say in which form it was sent."""
    posted, files = item.get("post_fields") or {}, item.get("post_files") or ()
    is_flat = isinstance(posted, dict) and not any(isinstance(value, dict | list) for value in posted.values())
    if item.get("body") or not (posted or files) or not headers.content_type or not is_flat:
        return None
    params: list[dict[str, Any]] = [{"name": name, "value": as_text(value)} for name, value in posted.items()]
    named = {"name": "fieldName", "fileName": "postname", "contentType": "contentType"}
    params += [{key: one.get(name) for key, name in named.items()} for one in files]
    return form_body(params, headers.content_type, headers)


def _response(item: Any) -> Response:
    headers = _headers(item.get("headers"))
    kept = item.get("body", item.get("content"))  # vcrpy with httpx once wrote `content`
    is_term = item.get("binary") is True  # of Erlang, as exvcr writes what is binary
    body, fault = _body(None if is_term else kept, headers)
    return Response(_status(item), headers, body, fault)


def _status(item: Any) -> int:
    """`status: {code: 200}`, `status_code: 200` there or alone, or `code: 200` beside `status: 200 OK`."""
    status = item.get("status")
    if isinstance(status, dict):
        return int(status.get("code") or status["status_code"])
    return int(item.get("code") or item.get("status_code") or str(status).split(" ", 1)[0])


def _headers(recorded: Any) -> Headers:
    """A map of names to one or several values, a list of name and value, or of whole header lines."""
    if isinstance(recorded, dict):
        return fields(recorded)
    listed = recorded or []
    if listed and isinstance(listed[0], list) and listed[0] and isinstance(listed[0][0], list):
        listed = listed[0]  # the arguments of a tagged Python set
    return Headers(pairs(map(_field, listed)))


def _field(field: Any) -> tuple[Any, Any]:
    if isinstance(field, str):
        name, _, value = field.partition(":")
        return name.strip(), value.strip()
    return field[0], field[1]


def _body(recorded: Any, headers: Headers) -> Restored:
    """The body: text, bytes, or an object with `string` or `base64_string`. Text was decoded when it was recorded."""
    if isinstance(recorded, dict):
        encoded = recorded.get("base64_string")
        recorded = _content(recorded) if encoded is None else from_base64(encoded)
    if recorded is None:
        return None, None
    if isinstance(recorded, bytes | Undecodable):
        return restore(recorded, headers)
    if not isinstance(recorded, str):
        raise Malformed("a body is neither text nor bytes")
    return restore_text(recorded, headers.content_type, headers)


def _content(recorded: Any) -> Any:
    """The text or bytes of a body; vcrpy writes an io.BytesIO with its state, an iterator with its arguments."""
    if recorded.get("state"):
        return recorded["state"][0]
    if recorded.get("args"):
        return b"".join(recorded["args"][0])
    return recorded.get("string")


def _seconds(recorded: Any) -> float | None:
    """A number of seconds, or a duration as Go writes it, such as 1m2.5s."""
    found = _DURATION.findall(str(recorded or ""))
    return sum(float(number) * _UNITS[unit] for number, unit in found) or None
