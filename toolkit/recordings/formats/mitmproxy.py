"""mitmproxy flow dumps: tnetstrings (https://tnetstrings.info/), one flow after another, of mitmproxy 0.10 to today.

mitmproxy itself is not used: its versions are bound to those of many other packages. TCP, UDP and DNS flows are passed over; they hold no HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from toolkit.exchange import Exchange, Headers, Record, Request, Unreadable
from toolkit.recordings.coding import restore
from toolkit.recordings.recording import Malformed, Recording, as_text, guard, origin, pairs, response_of

MAX_FLOW = 128 << 20
_MAX_DEPTH = 100
_LENGTH = re.compile(rb"(\d{1,9}):")
_START = re.compile(rb"\d{1,9}:\d+:[a-z_]+[,;]")


def recognises(recording: Recording) -> bool:
    """Whether it begins like a dictionary with a name in it."""
    return _START.match(recording.head) is not None


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each HTTP flow; a flow that is cut off is Unreadable, and the last."""
    index = 0
    while True:
        source = f"{recording.name}#{index}"
        try:
            flow = _next(recording.stream)
        except (ValueError, RecursionError) as error:
            yield Unreadable(source, f"no flow of mitmproxy: {error}")
            return
        if flow is None:
            return
        if isinstance(flow, dict) and flow.get("request") and as_text(flow.get("type", "http")) == "http":
            yield guard(flow, source, _exchange)
        index += 1


def _next(stream: BinaryIO) -> Any:
    """The next value of the stream, or None at its end."""
    digits = b""
    while (byte := stream.read(1)) != b":":
        if not byte and not digits:
            return None
        if not byte.isdigit() or len(digits) > 9:
            raise Malformed("no length where a flow should begin")
        digits += byte
    size = int(digits or b"0")
    if size > MAX_FLOW:
        raise Malformed(f"a flow of over {MAX_FLOW >> 20} MB")
    payload = stream.read(size + 1)
    if len(payload) <= size:
        raise Malformed("the dump is cut off in this flow")
    return _value(payload[:-1], payload[-1:], 0)


def _value(payload: bytes, kind: bytes, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise Malformed(f"nested more than {_MAX_DEPTH} levels deep")
    if kind in (b"]", b"}"):
        items = list(_items(payload, depth))
        return items if kind == b"]" else dict(zip(map(as_text, items[::2]), items[1::2], strict=True))
    if kind not in _SCALARS:
        raise Malformed(f"unknown type {as_text(kind)}")
    return _SCALARS[kind](payload)


def _items(payload: bytes, depth: int) -> Iterator[Any]:
    position = 0
    while position < len(payload):
        found = _LENGTH.match(payload, position)
        if found is None:
            raise Malformed("no length where a value should begin")
        begin, end = found.end(), found.end() + int(found[1])
        yield _value(payload[begin:end], payload[end : end + 1], depth + 1)
        position = end + 1


_SCALARS: dict[bytes, Callable[[bytes], Any]] = {
    b",": bytes,
    b";": lambda payload: payload.decode("utf-8", "surrogateescape"),
    b"#": lambda payload: int(payload[:20]),
    b"^": float,
    b"!": lambda payload: payload == b"true",
    b"~": lambda payload: None,
}


def _exchange(flow: Any, source: str) -> Exchange:
    request, response = flow["request"], flow.get("response")
    if not response:
        return Exchange(_request(request), None, source)
    end, start = response.get("timestamp_end"), request.get("timestamp_start")
    status = response.get("status_code") or response.get("code")
    received = response_of(status, _headers(response), _body(response), exact=True)
    return Exchange(_request(request), received, source, None, end - start if end and start else None)


def _request(recorded: Any) -> Request:
    headers = _headers(recorded)
    scheme = as_text(recorded.get("scheme") or "http")
    named = headers.get("Host") or as_text(recorded.get("authority") or "")
    begin = f"{scheme}://{named}" if named else origin(scheme, as_text(recorded["host"]), recorded.get("port"))
    sent = _body(recorded)
    body, fault = (None, None) if sent is None else restore(sent, headers, exact=True)
    target = begin + as_text(recorded["path"])
    return Request(as_text(recorded["method"]).upper(), target, headers, body, fault=fault)


def _body(recorded: Any) -> bytes | None:
    body = recorded.get("content", recorded.get("body"))
    return body if body is None or isinstance(body, bytes) else as_text(body).encode()


def _headers(recorded: Any) -> Headers:
    return Headers(tuple(pair for pair in pairs(recorded.get("headers") or []) if not pair[0].startswith(":")))
