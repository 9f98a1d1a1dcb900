"""Files that appear when they are whole: written beside their place, and renamed at the end; and files that never end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copymode
from typing import BinaryIO


def is_of_kernel(path: Path) -> bool:
    """Whether a file is one that the kernel makes up: reading some of them, such as /proc/kmsg, never ends."""
    return path.is_file() and Path("/proc").is_dir() and path.stat().st_dev == Path("/proc").stat().st_dev


def is_special(path: str | Path) -> bool:
    """Whether a file is a pipe, a device or one of the kernel: reading may wait or never end, and a second time gives nothing."""
    place = Path(path)
    return is_of_kernel(place) or (place.exists() and not (place.is_file() or place.is_dir()))


def reason(error: OSError) -> str:
    """Why a file cannot be written."""
    is_file = isinstance(error, FileExistsError)  # and was to be a folder
    return f"{error.filename} is no folder" if is_file else error.strerror or str(error)


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """A stream of the bytes of a file, which takes its place at the end; after an error, what stood there stays. A pipe or a device is
    written to at once. Folders that are missing are made. Raises OSError."""
    place = Path(os.path.realpath(path))
    if place.exists() and not place.is_file():
        with place.open("wb") as stream:
            yield stream
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f".{place.name[:200]}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as stream:
            if place.exists():
                place.open("ab").close()  # raises where it must not be written
                copymode(place, unfinished)
            yield stream
        unfinished.replace(place)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
