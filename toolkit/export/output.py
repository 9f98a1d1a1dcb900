"""Files that are written, or standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from toolkit.errors import UsageError


@contextmanager
def written(path: str) -> Iterator[BinaryIO]:
    """A file, or standard output for `-`, to write to. Raises UsageError where that is impossible."""
    try:
        if path == "-":
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with Path(path).open("wb") as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "the standard output" if path == "-" else path
        raise UsageError(f"{name}: cannot be written: {error.strerror or error}; name another file") from None
