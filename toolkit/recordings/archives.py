"""The members of tar and zip archives, each as a stream. What an archive holds is bounded, also what it says of itself."""

from __future__ import annotations

import os
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from toolkit.recordings.coding import MAX_BODY, Limit
from toolkit.recordings.recording import nothing_beside, one_line
from toolkit.recordings.streams import BUFFER, Member, Source, Taken, Unpack, nothing, spend_once

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


class _BoundedInfo(tarfile.TarInfo):
    """A header of a tar file. What follows one of these types tarfile reads whole: a long name, attributes (pax), and the map of a sparse file."""

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
                yield f"{name}!{entry.name}", Source(content), nothing_beside


def _zip_members(name: str, stream: BinaryIO, limit: Limit, taken: Taken) -> Iterator[Member]:
    whole = stream if stream.seekable() else _spool(stream)
    size, listed = _check_directory(whole), 0
    with zipfile.ZipFile(whole) as archive:
        for entry in archive.infolist():
            if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
                continue
            member = _ZipMember(archive, entry)
            listed += entry.compress_size  # entries may overlap
            content = Source(member, limit, nothing if taken is nothing or listed > size else member.taken)
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
    """The size of a zip file. Raises OSError for a central directory of more entries than can be held (APPNOTE.TXT, sections 4.3.14 and 4.3.16)."""
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
                    spend_once(limit, (archive, entry.filename), entry.file_size)
                    return archive.read(entry)
        return None

    return beside


def _spool(stream: BinaryIO) -> BinaryIO:
    copy = tempfile.SpooledTemporaryFile(max_size=64 << 20)  # noqa: SIM115  # closed with the last reference to it
    size = 0
    while block := stream.read(BUFFER):
        size += copy.write(block)
        if size > _MAX_SPOOLED:
            raise OSError(f"a zip of over {_MAX_SPOOLED >> 30} GB inside of another file; unpack it first")
    copy.seek(0)
    return cast(BinaryIO, copy)


_MEMBERS: dict[str, Unpack] = {"tar": _tar_members, "zip": _zip_members}


def members(kind: str, name: str, stream: BinaryIO, limit: Limit, taken: Taken) -> Iterator[Member]:
    """The files in an archive of this kind. Raises OSError for one that is damaged, or holds more than is read."""
    try:
        yield from _MEMBERS[kind](name, stream, limit, taken)
    except (tarfile.TarError, zipfile.BadZipFile, NotImplementedError) as error:
        raise OSError(one_line(error)) from None
