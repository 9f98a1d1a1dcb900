"""Paths -> recordings: files, folders, globs, standard input, and whatever is compressed or packed in them.

Nothing is ever written under a name that an archive gives. What is unpacked is read as a stream and is bounded: a
stream that grows far beyond what a recording would is refused as a decompression bomb.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from toolkit.document.encodings import byte_order_mark
from toolkit.document.writing import is_of_kernel
from toolkit.errors import RecordingError
from toolkit.exchange import Unreadable
from toolkit.recordings.coding import MAX_BODY, Limit, gzip_like, zstd_like, zstd_stream
from toolkit.recordings.recording import HEAD_BYTES, BareBody, Recording, nothing_beside, one_line
from toolkit.recordings.streams import BUFFER, Member, Source, Taken, Unpack, nothing, spend_once

_ARCHIVE, _COMPRESSION, _BUDGET = 2, 1, 6  # x.tar.gz that holds y.zip that holds z.har.gz just fits
Opened = Iterator[Recording | Unreadable]


def expand(paths: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Each file that the paths lead to, and whether it was named itself. Raises RecordingError if there is none."""
    for path in paths:
        entry = Path(path)
        try:
            if path == "-" or (entry.exists() and not entry.is_dir()):
                yield path, True
            elif path and entry.is_dir():
                yield from ((name, False) for name in _walk(entry))
            elif found := _matches(entry):
                files = [name for match in found for name in ([_name(match)] if match.is_file() else _walk(match))]
                yield from ((name, False) for name in dict.fromkeys(files))
            else:
                raise RecordingError(f"{path or '(an empty path)'}: no such file or folder; check the path")
        except OSError as error:  # a name too long, ...
            raise RecordingError(f"{path[:200]}: cannot be read: {error.strerror}") from None


def _name(path: Path) -> str:
    return "./-" if str(path) == "-" else str(path)  # not the standard input


def _matches(pattern: Path) -> list[Path]:
    """The paths that match a glob, in a fixed order; as in a shell, hidden names match only a pattern with a hidden name."""
    base = Path(pattern.anchor or ".")
    wanted = str(pattern.relative_to(pattern.anchor)) if pattern.anchor else str(pattern)
    if not any(sign in wanted for sign in "*?["):
        return []
    hidden = any(part.startswith(".") for part in pattern.parts)
    found = (path for path in base.glob(wanted) if path.is_file() or path.is_dir())
    return sorted(path for path in found if hidden or not any(part.startswith(".") for part in path.parts))


def _walk(folder: Path) -> Iterator[str]:
    """The plain files below a folder in a fixed order; hidden folders and links to folders are not followed."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (_name(path) for name in sorted(files) if (path := Path(root, name)).is_file())


def open_path(path: str, named: bool, bare: BareBody | None, limit: Limit) -> Opened:
    """The recordings in one file, or in standard input. Raises RecordingError if it is named and cannot be opened."""
    if path == "-":
        if sys.stdin is None:
            raise RecordingError("-: the standard input is closed; name a file, or feed it through a pipe")
        yield from _inside("-", Source(sys.stdin.buffer), nothing_beside, bare, _BUDGET, limit)
        return
    try:
        if is_of_kernel(Path(path)):
            raise OSError(0, "a file of the kernel, which may have no end; copy it first")
        stream = Path(path).open("rb", buffering=BUFFER)  # noqa: SIM115  # closed below
    except OSError as error:
        if named:
            raise RecordingError(f"{path}: cannot be read: {error.strerror}") from None
        yield Unreadable(path, f"cannot be read: {error.strerror}")
        return
    with stream:
        beside = partial(_file_beside, Path(path).parent, limit)
        yield from _inside(path, stream if stream.seekable() else Source(stream), beside, bare, _BUDGET, limit)


def _file_beside(folder: Path, limit: Limit, name: str) -> bytes | None:
    """A file that a WireMock mapping names: in `__files` beside it or beside a folder above, or in its own folder."""
    near = folder.absolute()
    for root in (near, *(parent / "__files" for parent in (near, *near.parents[:3]))):
        found = (root / name).resolve()
        if found.is_relative_to(root.resolve()) and found.is_file() and found.stat().st_size <= MAX_BODY:
            spend_once(limit, found, found.stat().st_size)
            return found.read_bytes()
    return None


def _head(file: BinaryIO) -> bytes:
    """The first bytes of a file, without 64 kB and more of blanks before them."""
    first = head = file.read(HEAD_BYTES)
    while head.isspace():
        head = file.read(HEAD_BYTES)
    return (head.lstrip() + file.read(HEAD_BYTES))[:HEAD_BYTES] or first if first.isspace() else first


def _inside(
    name: str,
    source: BinaryIO | Source,
    beside: Callable[[str], bytes | None],
    bare: BareBody | None,
    budget: int,
    limit: Limit,
    taken: Taken | None = None,
) -> Opened:
    fault, stream = "", io.BufferedReader(source, BUFFER) if isinstance(source, Source) else source
    taken = taken or (source.used if isinstance(source, Source) else source.tell)
    try:
        head = source.head() if isinstance(source, Source) else _head(source)
        if stream is source:
            source.seek(0)
        unpack, cost = next((row[1:] for row in _KINDS if row[0](head)), (None, 0))
        if cost > budget:
            fault = "packed too many times over; unpack it first"
        elif unpack is not None:
            bare = None if bare and bare.inferred and cost == _ARCHIVE else bare
            for inner, unpacked, near in unpack(name, stream, limit, taken):
                yield from _inside(inner, unpacked, near or beside, bare, budget - cost, limit, nothing)
        elif head or not _fault(source):
            path = name if stream is source else None
            yield Recording(name, head, stream, beside, path, bare, limit, taken is not nothing)
    except (OSError, ImportError) as error:
        fault = f"damaged: {one_line(error)}"
    if fault or (_fault(source) and (fault := f"damaged: {_fault(source)}")):
        yield Unreadable(name, fault)


def _fault(source: BinaryIO | Source) -> str:
    return source.fault if isinstance(source, Source) else ""


def _members(kind: str, name: str, stream: BinaryIO, limit: Limit, taken: Taken) -> Iterator[Member]:
    from toolkit.recordings import archives  # which few recordings need

    return archives.members(kind, name, stream, limit, taken)


def _decompress(open_stream: Callable[[BinaryIO], Any]) -> Unpack:
    def unpack(name: str, stream: BinaryIO, limit: Limit, taken: Taken) -> Iterator[Member]:
        yield name, Source(open_stream(stream), limit, taken), None

    return unpack


class _Inflated:
    """A zlib stream (RFC 1950), such as mitmproxy's .zhar."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._inflate = stream, zlib.decompressobj()

    def read(self, size: int) -> bytes:
        data = b""
        while not data and not self._inflate.eof:
            if not (block := self._inflate.unconsumed_tail or self._stream.read(HEAD_BYTES)):
                raise EOFError("the zlib stream is cut off")
            data = self._inflate.decompress(block, size)
        return data


class _Recoded:
    """The UTF-8 of a text in UTF-16, which Windows shells write."""

    def __init__(self, stream: BinaryIO) -> None:
        self._text = io.TextIOWrapper(stream, "utf-16", newline="")

    def read(self, size: int) -> bytes:
        return self._text.read(max(size // 4, 1)).encode("utf-8", "surrogatepass")


def _is_utf_16(head: bytes) -> bool:
    """A byte order mark, and names that a recording has. The bytes of a bare body stay as they are, to be validated."""
    is_marked = byte_order_mark(head)[0] in ("utf-16-le", "utf-16-be")
    return is_marked and re.search(rb'"log"|"request"|interactions', head.replace(b"\0", b"")) is not None


def _is_zlib(head: bytes) -> bool:
    """An RFC 1950 header, and the stream really begins to inflate: the header alone is two bytes of chance."""
    if head[:1] != b"\x78" or int.from_bytes(head[:2], "big") % 31:
        return False
    try:
        return bool(zlib.decompressobj().decompress(head, 64))
    except zlib.error:
        return False


_KINDS: list[tuple[Callable[[bytes], bool], Unpack, int]] = [
    (gzip_like, _decompress(lambda stream: gzip.GzipFile(fileobj=stream)), _COMPRESSION),
    (lambda head: head.startswith((b"PK\x03\x04", b"PK\x05\x06")), partial(_members, "zip"), _ARCHIVE),
    (lambda head: head[257:262] == b"ustar", partial(_members, "tar"), _ARCHIVE),
    (lambda head: head.startswith(b"BZh"), _decompress(bz2.BZ2File), _COMPRESSION),
    (lambda head: head.startswith(b"\xfd7zXZ\0"), _decompress(lzma.LZMAFile), _COMPRESSION),
    (zstd_like, _decompress(zstd_stream), _COMPRESSION),
    (_is_utf_16, _decompress(_Recoded), _COMPRESSION),
    (_is_zlib, _decompress(_Inflated), _COMPRESSION),
]
