"""Bodies that are a sequence of items: JSON lines, JSON text sequences (RFC 7464), and server-sent events (HTML standard, section 9.2.6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from toolkit.document.encodings import UTF_8_MARK
from toolkit.document.pointers import object_at, rewritten
from toolkit.schema.bundle import Bundle, followed
from toolkit.structs import Frozen, replace
from toolkit.verdict import Fault
from toolkit.wire import media_type
from toolkit.wire.json import JsonFault, parse_json

_LINE_END = re.compile("\r\n|\r|\n")
SEPARATOR = b"\x1e"
_END = "[DONE]"  # how many services of language models end a stream of JSON texts


class Item(Frozen):
    """An item of a stream: its number from 0, the line that it begins in from 1, and the values that it may stand for."""

    number: int
    line: int
    values: tuple[Any, ...]


def items_of(content_type: str, data: bytes) -> Iterator[Item | Fault]:
    """The items of a body, and a fault for each that cannot be read."""
    essence = media_type.essence(content_type)
    if essence == "text/event-stream":
        yield from _events(data)
        return
    pieces = _texts(data) if essence.endswith("json-seq") else _lines(data)
    for number, (line, piece) in enumerate(pieces):
        try:
            yield Item(number, line, (parse_json(piece),))
        except JsonFault as fault:
            yield Fault(fault.rule, str(fault), f"/{number}", line, fault.hint)


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each line that holds something, with its number."""
    for number, line in enumerate(data.removeprefix(UTF_8_MARK).split(b"\n"), 1):
        if line.strip():
            yield number, line.strip()


def _texts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """What stands behind each record separator, with the number of its line."""
    line, pieces = 1, data.split(SEPARATOR)
    for index, piece in enumerate(pieces):
        if piece.strip() or (index and len(pieces) == 2):
            yield line, piece.strip() if index else SEPARATOR + piece
        line += piece.count(b"\n")


def _events(data: bytes) -> Iterator[Item]:
    """Each event as an object with `data`, `event`, `id` and `retry`, as far as it has them (OpenAPI 3.2, Sequential Media
    Types), with its data as a value and as that value alone where that is JSON. One that is cut off is none, unless it is the only one."""
    number, begin, fields = 0, 1, dict[str, list[str]]()
    lines = _LINE_END.split(data.removeprefix(UTF_8_MARK).decode("utf-8", "replace"))
    for line, text in enumerate([*lines, ""], 1):
        name, _, value = text.partition(":")
        if name in _FIELDS:
            begin = begin if fields else line
            fields.setdefault(name, []).append(value.removeprefix(" "))
        if not text and fields:
            if "data" in fields and (line <= len(lines) or not number):
                yield Item(number, begin, _event_values(fields))
                number += 1
            fields = {}


_FIELDS: dict[str, Callable[[list[str]], Any]] = {
    "data": "\n".join,
    "event": lambda values: values[-1],
    "id": lambda values: values[-1],
    "retry": lambda values: int(values[-1]) if values[-1].isdecimal() and values[-1].isascii() else values[-1],
}
EVENT_FIELDS = _FIELDS.keys()


def _event_values(fields: dict[str, list[str]]) -> tuple[Any, ...]:
    event = {name: _FIELDS[name](values) for name, values in fields.items()}
    if event["data"].strip() == _END:
        return ()
    try:
        data = parse_json(event["data"].encode("utf-8", "surrogatepass"))
        return event, {**event, "data": data}, data
    except JsonFault:
        return (event,)


def with_data_read(bundle: Bundle) -> Bundle:
    """The bundle for events of which `data` is a value, with `contentSchema` in the place of the string (OpenAPI 3.2, Server-Sent Event
    Streams); the same bundle where no schema says what the data holds."""

    def read(part: dict[str, Any]) -> dict[str, Any]:
        data = followed(object_at(part, "properties").get("data"), bundle.schema)
        if "contentSchema" in data and "json" in str(data.get("contentMediaType", "json")):
            return {**part, "properties": {**part["properties"], "data": data["contentSchema"]}}
        return part

    schema = rewritten(bundle.schema, read)
    return replace(bundle, schema=schema) if schema != bundle.schema else bundle
