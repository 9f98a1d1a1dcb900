"""Output files, or standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from toolkit.document.writing import reason, whole_file
from toolkit.errors import UsageError


@contextmanager
def open_output(path: str) -> Iterator[BinaryIO]:
    """A file that appears when it is whole, or standard output for `-`. Raises UsageError if it cannot be written."""
    try:
        if path == "-":
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        with whole_file(path) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "the standard output" if path == "-" else f"output file {path}"
        raise UsageError(f"cannot write {name}: {reason(error)}; name another file") from None
