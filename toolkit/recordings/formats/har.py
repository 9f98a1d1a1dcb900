"""HAR documents of any size: `log.entries` is cut into its entries while the file is read.

The document is never held whole. A small one is parsed at once, which is faster; if that fails, the cutter finds out up to where it is well-formed.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from os import PathLike, fspath
from typing import Any, BinaryIO

from toolkit.document.encodings import UTF_8_MARK
from toolkit.document.writing import reason, whole_file
from toolkit.errors import RecordingError
from toolkit.exchange import LACKS, Exchange, Record, Unreadable
from toolkit.recordings.formats.har_entry import exchange, looks_like_entry, write_entry
from toolkit.recordings.formats.json_lines import members
from toolkit.recordings.recording import Recording, each, guard, one_line, parse_json, property_of

WHOLE = 16 << 20  # bytes up to which a document is parsed at once
MAX_ENTRY = 128 << 20
_BLOCK = 1 << 20
_MANY = 500_000  # objects and lists: they take far more memory than their text
_LONG_NAME = 1 << 10  # bytes: a longer string is neither `log` nor `entries`
# From any place between two tokens to the next brace, over strings and innermost objects; atomic: it never goes back (not
# by `*+` around the groups, which Python before 3.11.5 matches wrongly), and of no more steps than can be remembered. Escapes
# are masked before, which makes it four times faster than a pattern that knows them.
_PASSED = rb'[^"{}]++|"[^"]*+"'
_BRACE = re.compile(rb"(?>(?:" + _PASSED + rb"|\{(?>(?:" + _PASSED + rb"){0,1000})\}){0,1000})([{}]?)")
_TOKEN = re.compile(rb'[^"{}\[\]]*+("(?:[^"\\]++|\\.)*+"|[{}\[\]])', re.DOTALL)
_SEPARATOR = re.compile(rb"[\s,]*+")


def recognises(recording: Recording) -> bool:
    """Whether the document has the property `log`, or is an entry, a list of entries or has one."""
    head = recording.head.removeprefix(UTF_8_MARK).lstrip()
    if not head.startswith((b"{", b"[")):
        return False
    return b'"log"' in members(head) or _entries(recording.tree) is not None


def _entries(tree: Any) -> list[Any] | None:
    """What stands in a document without `log`: an entry, a list of them, or such a list by its name."""
    if looks_like_entry(tree):
        return [tree]
    listed = property_of(tree, "entries") or tree
    return listed if isinstance(listed, list) and listed and looks_like_entry(listed[0]) else None


def read(recording: Recording) -> Iterator[Record]:
    """The exchanges of a HAR document. Raises RecordingError if it has no `log.entries`."""
    head = recording.head.removeprefix(UTF_8_MARK).lstrip()
    if b'"log"' not in members(head):
        yield from each(_entries(recording.tree), f"{recording.name}#", exchange)
        return
    place, build = f"{recording.name}#/log/entries", partial(_attach, recording.beside)
    plain = _of_chrome if b'"WebInspector"' in head else exchange
    start = recording.stream.read(WHOLE)
    if len(start) < WHOLE and start.count(b"{") + start.count(b"[") < _MANY:
        try:
            entries = property_of(property_of(parse_json(start), "log"), "entries")
        except (ValueError, RecursionError):
            yield from _cut(io.BytesIO(), start, recording.name, place, build, plain)
            return
        if not isinstance(entries, list):
            fault = "a HAR document without log.entries; export it again, with its requests"
            raise RecordingError(f"{recording.name}: {fault}")
        yield from each(entries, place, build if b'"_file"' in start else plain)
    else:
        yield from _cut(recording.stream, start, recording.name, place, build, plain)


def _of_chrome(entry: Any, source: str) -> Exchange:
    """Chrome leaves out cookies and credentials, unless it is told to keep them."""
    return exchange({"_without_cookies": True, **entry}, source)


def _attach(beside: Callable[[str], bytes | None], entry: Any, source: str) -> Exchange:
    """The exchange, its bodies read from files beside the document if the entry names some (Playwright)."""
    for side, part in (("response", "content"), ("request", "postData")):
        content = property_of(property_of(entry, side), part)
        name = property_of(content, "_file")
        if name is None or content.get("text"):
            continue
        data = beside(str(name))
        if data is None:
            content["_fault"] = f"{LACKS}the file that holds the body, {name}"
        else:
            content.update(text=base64.b64encode(data).decode(), encoding="base64")
    return exchange(entry, source)


def _cut(
    stream: BinaryIO,
    start: bytes,
    name: str,
    place: str,
    build: Callable[[Any, str], Exchange],
    plain: Callable[[Any, str], Exchange],
) -> Iterator[Record]:
    buffer = _seek_entries(stream, start)
    if buffer is None:
        raise RecordingError(f"{name}: begins like a HAR document, but log.entries cannot be found; is it cut off?")
    for index, text in enumerate(_objects(stream, buffer)):
        if isinstance(text, str):
            yield Unreadable(f"{place}/{index}", text)
            return
        try:
            entry = parse_json(text)
        except (ValueError, RecursionError) as error:
            yield Unreadable(f"{place}/{index}", f"the entry is not JSON: {one_line(error)}")
        else:
            yield guard(entry, f"{place}/{index}", build if b'"_file"' in text else plain)


def _seek_entries(stream: BinaryIO, buffer: bytes) -> bytes | None:
    """The content of the buffer after the bracket that opens `log.entries`; None if there is none."""
    path: list[bytes] = []  # for each open object or list, the string seen last in it
    position = 0
    while True:
        found = _TOKEN.match(buffer, position)
        if found is None:
            more = stream.read(_BLOCK)
            if not more:
                return None
            buffer, position = _unfinished(buffer[position:]) + more, 0
            continue
        token, position = found[1], found.end()
        if token == b"[" and path == [b'"log"', b'"entries"']:
            return buffer[position:]
        if token in b"{[":
            path.append(b"")
        elif token in b"}]":
            path = path[:-1]
        elif path:
            path[-1] = token
        if len(path) > 1000:
            return None


def _unfinished(piece: bytes) -> bytes:
    """What has to be kept of a piece without a whole token: of a string the quote, and the backslash that may end it."""
    begin = piece.find(b'"')
    if begin < 0 or len(piece) < _LONG_NAME:
        return piece if begin >= 0 else b""
    backslashes = len(piece) - len(piece.rstrip(b"\\"))
    return b'"...' + b"\\" * (backslashes % 2)


def _objects(stream: BinaryIO, buffer: bytes) -> Iterator[bytes | str]:
    """The text of each object of a list, in order; a str says why there is no next one though the list is not over. Documents may follow
    one another. The buffer grows by doubling, so that a long entry is scanned twice at most."""
    begin = scanned = depth = 0
    masked = _mask(buffer)
    while True:
        if depth == 0:
            begin = scanned = _SEPARATOR.match(buffer, scanned).end()  # type: ignore[union-attr]  # it matches nothing, too
            if (first := buffer[begin : begin + 1]) == b"]":
                following = _seek_entries(stream, buffer[begin + 1 :])
                if following is None:
                    return
                buffer, masked, begin, scanned = following, _mask(following), 0, 0
                continue
            if first not in (b"{", b""):
                yield "log.entries has something other than an object here"
                return
            depth, scanned = len(first), begin + len(first)
        end = scanned
        if depth and (found := _BRACE.match(masked, scanned)) is not None:
            end = found.end()
            depth += {b"{": 1, b"}": -1, b"": 0}[found[1]]
            if depth == 0:
                yield buffer[begin:end]
        if end > scanned:
            scanned = end
            continue
        buffer, scanned, begin = buffer[begin:], scanned - begin, 0
        more = stream.read(max(_BLOCK, len(buffer)))
        if not more or len(buffer) > MAX_ENTRY:
            yield "the document is cut off in this entry" if not more else f"over {MAX_ENTRY >> 20} MB long"
            return
        buffer += more
        masked = _mask(buffer)


def _mask(text: bytes) -> bytes:
    """The text at the same length without escaped quotes, so that every quote begins or ends a string."""
    return text.replace(rb"\\", b"__").replace(rb"\"", b"__")


def document(exchanges: Iterable[Exchange]) -> Iterator[bytes]:
    """A whole HAR document, piece by piece; a file of all but the last piece is still read, as one cut off."""
    separator = b'{"log":{"version":"1.2","creator":{"name":"contract-toolkit","version":"1"},"entries":[\n'
    for each_exchange in exchanges:
        yield separator + write_entry(each_exchange)
        separator = b",\n"
    yield (separator if separator.startswith(b"{") else b"\n") + b"]}}\n"


def write_har(path: str | PathLike[str], exchanges: Iterable[Exchange]) -> None:
    """Write exchanges to a HAR 1.2 file, one after another as they come, secrets as they stand in them. Bodies that are not UTF-8 are
    written in Base64. Raises RecordingError where the file cannot be written."""
    try:
        with whole_file(fspath(path)) as stream:
            stream.writelines(document(exchanges))
    except OSError as error:
        raise RecordingError(f"{fspath(path)}: cannot be written: {reason(error)}; name another file") from None
