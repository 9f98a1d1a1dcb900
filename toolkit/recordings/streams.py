"""A stream behind bytes already taken from it, with what an archive needs to give its members as such streams."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast

from toolkit.recordings.coding import Limit
from toolkit.recordings.recording import HEAD_BYTES, one_line

BUFFER, _MOST_BLANK = 1 << 20, 16 << 20
Taken = Callable[[], int]  # how many bytes of the input itself, not of what was unpacked, a stream has used


def nothing() -> int:
    """What a stream has used of the input whose bytes were unpacked."""
    return 0


class Source(io.RawIOBase):
    """A stream behind bytes already taken from it, which gives what has come and never waits for a whole block. If a decompressor fails,
    the stream ends and `fault` says why; reading on raises an OSError. `limit` counts what it gives."""

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
            if not (block := self._more(HEAD_BYTES if blank < HEAD_BYTES else BUFFER)):
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


def spend_once(limit: Limit, name: object, size: int) -> None:
    """Count a file that a recording names: the first time it is part of the input, and later on made of it."""
    limit.spend(size, 0 if name in limit.used else size)
    limit.used.add(name)


Member = tuple[str, Source, Callable[[str], bytes | None] | None]
Unpack = Callable[[str, BinaryIO, Limit, Taken], Iterator[Member]]
