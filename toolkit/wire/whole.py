"""What is whole of a body whose end is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

from toolkit.wire import media_type
from toolkit.wire.forms import whole_parts
from toolkit.wire.json import JsonFault, parse_json
from toolkit.wire.streams import SEPARATOR

_EVENT_END = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_JSON_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
_MARK_OF_CUT = re.compile(rb'[^\w"\]}]*truncated\W*\Z')  # which recorders write in place of the rest
_LONGEST_MARK = 100
_CLOSING = {b"{": b"}", b"[": b"]"}


def whole_part(kind: str, content_type: str, data: bytes) -> tuple[bytes, int]:
    """The items, properties or fields that are whole, as a body with an end, and how many objects and arrays around them are open
    at the end; b"" where there are none."""
    made = _WHOLE[kind](content_type, data) if kind in _WHOLE else b""
    return made if isinstance(made, tuple) else (made, 1)


def _stream(content_type: str, data: bytes) -> bytes:
    """The last item is whole where it ends as JSON does; a number may go on."""
    essence = media_type.essence(content_type)
    if essence == "text/event-stream":
        ends = [found.end() for found in _EVENT_END.finditer(data)]
        return data[: ends[-1]] if ends else b""
    mark = SEPARATOR if essence.endswith("json-seq") else b"\n"
    start = data.rfind(mark) + 1
    last = data[start:].strip()
    with suppress(JsonFault):
        if last.endswith((b"}", b"]", b'"')) and parse_json(last) is not None:
            return data
    return data[:start].removesuffix(SEPARATOR)


def _json(content_type: str, data: bytes) -> tuple[bytes, int]:
    """Up to the last value that is whole within an object or array that is not."""
    open_ones, ends = [], [0]  # what closes each, and where the last value within it ends
    end = len(data) - len(found[0]) if (found := _MARK_OF_CUT.search(data, len(data) - _LONGEST_MARK)) else len(data)
    for mark in _JSON_MARK.finditer(data, 0, end):
        if mark[0] in _CLOSING:
            open_ones.append(_CLOSING[mark[0]])
            ends.append(0)
        elif mark[0] == b"," and open_ones:
            ends[-1] = mark.start()
        elif mark[0] in (b"}", b"]") and open_ones:
            open_ones.pop()
            ends.pop()
            ends[-1] = mark.end()
    depth = ends.index(max(ends))
    return data[: ends[depth]] + b"".join(reversed(open_ones[:depth])), depth


_WHOLE: dict[str, Callable[[str, bytes], bytes | tuple[bytes, int]]] = {
    "stream": _stream,
    "json": _json,
    "multipart": lambda content_type, data: whole_parts(data),
    "other": lambda content_type, data: data,
    "form": lambda content_type, data: data[: max(0, data.rfind(b"&"))],
}
