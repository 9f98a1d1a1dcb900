"""JSON lines of HAR entries: the form for large sets, in constant memory, and in ranges that processes can share.

The source of a record is `file.jsonl:LINE`. If a file is read in ranges, whose lines are not counted, it is
`file.jsonl@OFFSET`, which `resolve` turns into the line number for reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from toolkit.document.encodings import UTF_8_MARK
from toolkit.exchange import Record, Unreadable
from toolkit.recordings.formats.har_entry import exchange, looks_like_entry, read_exchange
from toolkit.recordings.recording import Recording, guard, one_line, parse_json

MAX_LINE = 128 << 20
_BLOCK = 1 << 20
# A string that is cut off counts too, so that no byte is read twice.
_MEMBER = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[{}\[\]]')
_BLANK = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*+\Z")
_ENTRY_MEMBERS = {b'"request"', b'"response"', b'"startedDateTime"'}
_SOURCE = re.compile(r"(.*)@(\d+)", re.DOTALL)
_counted: dict[str, tuple[int, int]] = {}


def recognises(recording: Recording) -> bool:
    """Whether one of the first lines holds a HAR entry, or the beginning of one that is long or half-written. A first line that opens
    something else, such as a HAR document with one entry a line, decides against it."""
    lines = recording.head.removeprefix(UTF_8_MARK).lstrip().split(b"\n")
    if lines[0].startswith(b"[") or lines[0].strip() == b"{" or b'"log"' in members(lines[0]):
        return False
    return any(_is_entry(line) for line in lines[:10] if line.startswith(b"{"))


def _is_entry(line: bytes) -> bool:
    try:
        return looks_like_entry(parse_json(line))
    except (ValueError, RecursionError):
        return not _ENTRY_MEMBERS.isdisjoint(members(line))


def members(head: bytes) -> set[bytes]:
    """The quoted names and strings directly inside the first object, as far as this head of a JSON text goes."""
    depth, found = 0, set()
    for token in _MEMBER.findall(head):
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
        elif depth == 1:
            found.add(token)
    return found


def read(recording: Recording) -> Iterator[Record]:
    """The exchanges of all lines; Unreadable, with its place, for a broken line."""
    numbered = ((number, line) for number, (_, line) in enumerate(_lines(recording.stream, 0, None), 1))
    return parse_lines(numbered, f"{recording.name}:")


def read_range(stream: BinaryIO, name: str, start: int, end: int) -> Iterator[Record]:
    """The exchanges of the lines that begin at the offsets from `start` to before `end` in a stream that can be positioned. Ranges that
    meet divide the lines: none is left out, none read twice. No range goes beyond the end."""
    if start > 0:
        stream.seek(start - 1)
        while (piece := stream.readline(_BLOCK)) and not piece.endswith(b"\n"):
            pass
    yield from parse_lines(_lines(stream, stream.tell(), end), f"{name}@")
    if stream.tell() < end:
        yield Unreadable(f"{name}@{stream.tell()}", f"the file was cut while it was read: it had {end:,} bytes or more")


def _lines(stream: BinaryIO, offset: int, end: int | None) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its offset; None in place of a line that is too long to be held."""
    while end is None or offset < end:
        line = stream.readline(MAX_LINE)
        if not line:
            return
        size = len(line)
        if size < MAX_LINE or line.endswith(b"\n"):
            yield offset, line
        else:
            yield offset, None
            while (line := stream.readline(_BLOCK)) and not line.endswith(b"\n"):
                size += len(line)
            size += len(line)
        offset += size


def parse_lines(lines: Iterable[tuple[int, bytes | None]], place: str) -> Iterator[Record]:
    """The exchanges of lines that each come with a mark of their place; None is a line that is too long."""
    for mark, line in lines:
        if line is None or not _BLANK.match(line):
            # No name for the record: held here until the next one, it would take memory, and time of the processor's cache
            yield (line and read_exchange(line, f"{place}{mark}")) or _again(line, f"{place}{mark}")


def _again(line: bytes | None, source: str) -> Record:
    """A line with a byte order mark, a lone surrogate, an entry of a form that HAR does not define, or a fault to explain."""
    if line is None:
        return Unreadable(source, f"a line of over {MAX_LINE >> 20} MB")
    try:
        entry = parse_json(line)
    except (ValueError, RecursionError) as error:
        cut = "" if line.endswith(b"\n") else "; the file may be cut off here"
        return Unreadable(source, f"the line is not JSON: {one_line(error)}{cut}")
    return guard(entry, source, exchange)


def resolve(source: str) -> str:
    """`file.jsonl@OFFSET` as `file.jsonl:LINE`; every other source as it is."""
    found = _SOURCE.fullmatch(source)
    if found is None:
        return source
    try:
        return f"{found[1]}:{line_number(found[1], int(found[2]))}"
    except OSError:
        return source


def line_number(path: str, offset: int) -> int:
    """The number of the line that begins at the offset. Counts on from the place sent for last, where that is before."""
    position, number = _counted.get(path, (0, 1))
    if position > offset:
        position, number = 0, 1
    with Path(path).open("rb") as stream:
        stream.seek(position)
        while position < offset and (block := stream.read(min(_BLOCK, offset - position))):
            # Lines are long: to go from one end to the next takes a fiftieth of the time that `count` takes
            at = block.find(b"\n")
            while at >= 0:
                number, at = number + 1, block.find(b"\n", at + 1)
            position += len(block)
    _counted.clear()  # reports ask in the order of the input: one place is enough, whatever the number of files
    _counted[path] = offset, number
    return number
