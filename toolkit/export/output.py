"""Output files, or standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from toolkit.errors import UsageError


@contextmanager
def open_output(path: str) -> Iterator[BinaryIO]:
    """A file to write to, or standard output for `-`. Raises UsageError if it cannot be written."""
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
        name = "the standard output" if path == "-" else f"output file {path}"
        raise UsageError(f"cannot write {name}: {error.strerror or error}; name another file") from None
