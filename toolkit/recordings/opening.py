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
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from toolkit.document.encodings import byte_order_mark
from toolkit.document.writing import is_of_kernel
from toolkit.errors import RecordingError
from toolkit.exchange import Unreadable
from toolkit.recordings.coding import MAX_BODY, Limit, gzip_like, zstd_like, zstd_stream
from toolkit.recordings.recording import HEAD_BYTES, BareBody, Recording, nothing_beside, one_line

_BUFFER, _MOST_BLANK = 1 << 20, 16 << 20
_MAX_NAME, _MAX_MEMBERS, _MAX_DIRECTORY = 1 << 20, 200_000, 16 << 20
_MOST_EMPTY = 8  # reads behind the end of a tar file
_READ_WHOLE = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_MAX_SPOOLED = 4 << 30  # a zip inside of an archive is copied to a temporary file
_ARCHIVE, _COMPRESSION, _BUDGET = 2, 1, 6  # x.tar.gz that holds y.zip that holds z.har.gz just fits
Opened = Iterator[Recording | Unreadable]
Taken = Callable[[], int]  # how many bytes of the input itself, not of what was unpacked, a stream has used


def nothing() -> int:
    """What a stream has used of the input whose bytes were unpacked."""
    return 0


class _Source(io.RawIOBase):
    """A stream behind bytes already taken from it, which gives what has come and never waits for a whole block.

    If a decompressor fails, the stream ends and `fault` says why; reading on raises an OSError. `limit` counts what it gives.
    """

    def __init__(self, stream: Any, limit: Limit | None = None, taken: Taken = nothing) -> None:
        self.count, self.fault, self._ended = 0, "", False
        self._pull: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self._head, self._limit, self._taken, self._counted = b"", limit, taken, 0

    def readable(self) -> bool:
        return True

    def used(self) -> int:
        return self.count

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        data = self._head[: len(view)] or self._more(len(view))
        if self.fault and not data:
            if self._ended:
                fault, self.fault = self.fault, ""
                raise OSError(fault)
            self._ended = True
        self._head = self._head[len(data) :]
        view[: len(data)] = data
        return len(data)

    def head(self) -> bytes:
        """The first bytes, enough to recognise the format, without blanks before them; all can still be read."""
        blank = 0
        while len(self._head) - blank < HEAD_BYTES and blank < _MOST_BLANK and not _shows_format(self._head[blank:]):
            if not (block := self._more(HEAD_BYTES if blank < HEAD_BYTES else _BUFFER)):
                break
            blank += len(block) - len(block.lstrip()) if blank == len(self._head) else 0
            self._head += block
        return (self._head[blank:] or self._head)[:HEAD_BYTES]

    def _more(self, size: int) -> bytes:
        try:
            data = b"" if self.fault else self._pull(size)
            if self._limit:
                before, self._counted = self._counted, self._taken()
                self._limit.spend(len(data), self._counted - before)
        except Exception as error:  # gzip, bz2, lzma, zipfile, tarfile and zstandard share no class of error
            self.fault = one_line(error)
            return b""
        self.count += len(data)
        return data


def _shows_format(head: bytes) -> bool:
    """Whether these bytes of a stream that is still being written show a format that is read piece by piece."""
    line = head.rpartition(b"\n")[0].rpartition(b"\n")[2].strip()
    return (line.startswith(b"{") and line.endswith(b"}")) or (len(head) > 64 and head[:1].isdigit())


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
        yield from _inside("-", _Source(sys.stdin.buffer), nothing_beside, bare, _BUDGET, limit)
        return
    try:
        if is_of_kernel(Path(path)):
            raise OSError(0, "a file of the kernel, which may have no end; copy it first")
        stream = Path(path).open("rb", buffering=_BUFFER)  # noqa: SIM115  # closed below
    except OSError as error:
        if named:
            raise RecordingError(f"{path}: cannot be read: {error.strerror}") from None
        yield Unreadable(path, f"cannot be read: {error.strerror}")
        return
    with stream:
        beside = partial(_file_beside, Path(path).parent, limit)
        yield from _inside(path, stream if stream.seekable() else _Source(stream), beside, bare, _BUDGET, limit)


def _file_beside(folder: Path, limit: Limit, name: str) -> bytes | None:
    """A file that a WireMock mapping names: in `__files` beside it or beside a folder above, or in its own folder."""
    near = folder.absolute()
    for root in (near, *(parent / "__files" for parent in (near, *near.parents[:3]))):
        found = (root / name).resolve()
        if found.is_relative_to(root.resolve()) and found.is_file() and found.stat().st_size <= MAX_BODY:
            _spend_once(limit, found, found.stat().st_size)
            return found.read_bytes()
    return None


def _spend_once(limit: Limit, name: object, size: int) -> None:
    """Count a file that a recording names: the first time it is part of the input, and later on made of it."""
    limit.spend(size, 0 if name in limit.used else size)
    limit.used.add(name)


def _head(file: BinaryIO) -> bytes:
    """The first bytes of a file, without 64 kB and more of blanks before them."""
    first = head = file.read(HEAD_BYTES)
    while head.isspace():
        head = file.read(HEAD_BYTES)
    return (head.lstrip() + file.read(HEAD_BYTES))[:HEAD_BYTES] or first if first.isspace() else first


def _inside(
    name: str,
    source: BinaryIO | _Source,
    beside: Callable[[str], bytes | None],
    bare: BareBody | None,
    budget: int,
    limit: Limit,
    taken: Taken | None = None,
) -> Opened:
    fault, stream = "", io.BufferedReader(source, _BUFFER) if isinstance(source, _Source) else source
    taken = taken or (source.used if isinstance(source, _Source) else source.tell)
    try:
        head = source.head() if isinstance(source, _Source) else _head(source)
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
            yield Recording(
                name, head, stream, beside, name if stream is source else None, bare, limit, taken is not nothing
            )
    except (OSError, tarfile.TarError, zipfile.BadZipFile, NotImplementedError, ImportError) as error:
        fault = f"damaged: {one_line(error)}"
    if fault or (_fault(source) and (fault := f"damaged: {_fault(source)}")):
        yield Unreadable(name, fault)


def _fault(source: BinaryIO | _Source) -> str:
    return source.fault if isinstance(source, _Source) else ""


Member = tuple[str, _Source, Callable[[str], bytes | None] | None]
Unpack = Callable[[str, BinaryIO, Limit, Taken], Iterator[Member]]


def _decompress(open_stream: Callable[[BinaryIO], Any]) -> Unpack:
    def unpack(name: str, stream: BinaryIO, limit: Limit, taken: Taken) -> Iterator[Member]:
        yield name, _Source(open_stream(stream), limit, taken), None

    return unpack


class _BoundedInfo(tarfile.TarInfo):
    """A header of a tar file. What follows one of these types tarfile reads whole: a long name, attributes (pax), and the map
    of a sparse file."""

    @classmethod
    def frombuf(cls, buf: bytes, *how: Any) -> _BoundedInfo:  # type: ignore[override]
        info = super().frombuf(buf, *how)
        if info.type in _READ_WHOLE and info.size > _MAX_NAME:
            raise OSError(f"a name or attributes of over {_MAX_NAME >> 20} MB in the archive")
        if info.type == tarfile.GNUTYPE_SPARSE and buf[482]:
            raise OSError("a sparse file with a long map in the archive; pack it as a plain one")
        return info

    def _proc_gnusparse_10(self, *_: Any) -> None:
        raise OSError("a sparse file in the archive; pack it as a plain one")


class _Ending:
    """A stream that says where its end was met again and again: tarfile skips a file of whatever size it is said to have in pieces of
    10 kB, also behind the end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._empty = stream, 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._empty += not data
        if self._empty > _MOST_EMPTY:
            raise tarfile.ReadError("unexpected end of data")
        return data


def _tar_members(name: str, stream: BinaryIO, limit: Limit, taken: Taken) -> Iterator[Member]:
    with tarfile.open(fileobj=_Ending(stream), mode="r|", tarinfo=_BoundedInfo) as archive:  # type: ignore[call-overload]
        count = 0
        while (entry := archive.next()) is not None:
            archive.members.clear()  # it keeps them all
            if (count := count + 1) > _MAX_MEMBERS:
                raise OSError(f"over {_MAX_MEMBERS:,} files in one archive; split it")
            if entry.isfile() and not entry.issparse() and (content := archive.extractfile(entry)) is not None:
                yield f"{name}!{entry.name}", _Source(content), nothing_beside


def _zip_members(name: str, stream: BinaryIO, limit: Limit, taken: Taken) -> Iterator[Member]:
    whole = stream if stream.seekable() else _spool(stream)
    size, listed = _check_directory(whole), 0
    with zipfile.ZipFile(whole) as archive:
        for entry in archive.infolist():
            if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
                continue
            member = _ZipMember(archive, entry)
            listed += entry.compress_size  # entries may overlap
            content = _Source(member, limit, nothing if taken is nothing or listed > size else member.taken)
            yield f"{name}!{entry.filename}", content, _zip_beside(archive, entry.filename, limit)


class _ZipMember:
    """A member that is opened when it is read: one that cannot be opened leaves the others."""

    def __init__(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        self._archive, self._entry = archive, entry
        self._stream: Any = None

    def read(self, size: int) -> bytes:
        if self._entry.flag_bits & 1:
            raise OSError("encrypted; unpack it first, with its password")
        self._stream = self._stream or self._archive.open(self._entry)
        return cast(bytes, self._stream.read1(size))

    def taken(self) -> int:
        return self._entry.compress_size if self._stream else 0


def _check_directory(stream: BinaryIO) -> int:
    """The size of a zip file. Raises OSError for a central directory of more entries than can be held (APPNOTE.TXT, sections
    4.3.14 and 4.3.16)."""
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, end - (1 << 16) - 256))
    tail = stream.read()
    sizes = [int.from_bytes(tail[at + 12 : at + 16], "little") for at in _found(tail, b"PK\5\6")]
    sizes += [int.from_bytes(tail[at + 40 : at + 48], "little") for at in _found(tail, b"PK\6\6")]
    stream.seek(0)
    if any(_MAX_DIRECTORY < size < 0xFFFFFFFF or size > 0xFFFFFFFF for size in sizes):
        raise OSError(f"a directory of over {_MAX_DIRECTORY >> 20} MB, with too many files; split the archive")
    return end


def _found(data: bytes, mark: bytes) -> list[int]:
    return [found.start() for found in re.finditer(re.escape(mark), data)]


def _zip_beside(archive: zipfile.ZipFile, member: str, limit: Limit) -> Callable[[str], bytes | None]:
    def beside(name: str) -> bytes | None:
        folder = PurePosixPath(member).parent
        for root in (folder, *(parent / "__files" for parent in (folder, *folder.parents))):
            with suppress(KeyError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error):
                if (entry := archive.getinfo(str(root / name))).file_size <= MAX_BODY:
                    _spend_once(limit, (archive, entry.filename), entry.file_size)
                    return archive.read(entry)
        return None

    return beside


def _spool(stream: BinaryIO) -> BinaryIO:
    copy = tempfile.SpooledTemporaryFile(max_size=64 << 20)  # noqa: SIM115  # closed with the last reference to it
    size = 0
    while block := stream.read(_BUFFER):
        size += copy.write(block)
        if size > _MAX_SPOOLED:
            raise OSError(f"a zip of over {_MAX_SPOOLED >> 30} GB inside of another file; unpack it first")
    copy.seek(0)
    return cast(BinaryIO, copy)


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
    (lambda head: head.startswith((b"PK\x03\x04", b"PK\x05\x06")), _zip_members, _ARCHIVE),
    (lambda head: head[257:262] == b"ustar", _tar_members, _ARCHIVE),
    (lambda head: head.startswith(b"BZh"), _decompress(bz2.BZ2File), _COMPRESSION),
    (lambda head: head.startswith(b"\xfd7zXZ\0"), _decompress(lzma.LZMAFile), _COMPRESSION),
    (zstd_like, _decompress(zstd_stream), _COMPRESSION),
    (_is_utf_16, _decompress(_Recoded), _COMPRESSION),
    (_is_zlib, _decompress(_Inflated), _COMPRESSION),
]
