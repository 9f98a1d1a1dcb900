"""WARC files (ISO 28500): a record for each HTTP message, as it was on the wire; of a request and its response, one names the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from toolkit.exchange import Headers, Record, Unreadable
from toolkit.recordings.formats.raw import END, exchange, message
from toolkit.recordings.recording import HEAD_BYTES, MAX_TREE, Recording, guard
from toolkit.structs import Frozen

_SIDES = {"request": "request", "response": "response", "revisit": "response"}
_MOST_WAITING = 10  # messages whose other one has not come yet


class _Half(Frozen):
    """One message of an exchange by its side, and the ids by which the other one is found; by its URL where it names none."""

    source: str
    ids: frozenset[str | None]
    side: str
    sides: dict[str, Any]


def recognises(recording: Recording) -> bool:
    """Whether it begins with the version of a record."""
    return recording.head.startswith(b"WARC/")


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each request and its response, whichever comes first. What else a crawler keeps is no exchange."""
    waiting: list[_Half] = []
    for half in _halves(recording):
        if isinstance(half, Unreadable):
            yield half
        elif other := next((one for one in waiting if one.ids & half.ids and one.side != half.side), None):
            waiting.remove(other)
            yield guard({**other.sides, **half.sides}, other.source, exchange)
        else:
            waiting.append(half)
            if len(waiting) > _MOST_WAITING:
                yield _alone(waiting.pop(0))
    yield from map(_alone, waiting)


def _alone(half: _Half) -> Record:
    if half.side == "response":
        return Unreadable(half.source, "a response whose request is not in the file, so that its method is not known")
    return guard(half.sides, half.source, exchange)


def _halves(recording: Recording) -> Iterator[_Half | Unreadable]:
    for number, record in enumerate(_records(recording.stream)):
        source = f"{recording.name}#{number}"
        if record is None:
            yield Unreadable(source, "no record of a WARC file, or one that is cut off; what is behind it is not read")
            continue
        headers, block = record
        kind = headers.get("WARC-Type") or ""
        side = _SIDES.get(kind)
        if side and headers.content_type.startswith("application/http"):
            url = (headers.get("WARC-Target-URI") or "").strip("<>")
            ids = frozenset([headers.get("WARC-Record-ID"), *(headers.get_all("WARC-Concurrent-To") or [url])])
            is_part = kind == "revisit" or headers.get("WARC-Truncated") or headers.get("WARC-Segment-Number")
            # Without the empty line behind its header fields, a message is one whose body was not kept
            yield _Half(source, ids, side, {side: END.split(block, 1)[0] if is_part else block, "url": url})


def _records(stream: BinaryIO) -> Iterator[tuple[Headers, bytes] | None]:
    """The header fields and the block of each record; at last None, where what comes is no record."""
    head = bytearray()
    while len(head) <= HEAD_BYTES and (line := stream.readline(HEAD_BYTES)):
        if line.strip() or not head:
            head += line.lstrip(b"\r\n")
            continue
        version, headers, _ = message(bytes(head))
        size = headers.get("Content-Length") or ""
        if not version.startswith("WARC/") or not size.isdecimal() or int(size) > MAX_TREE:
            break
        block = stream.read(int(size))
        if len(block) < int(size):
            break
        yield headers, block
        head.clear()
    if head:
        yield None
