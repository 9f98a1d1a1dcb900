"""Output files, or standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from toolkit.document.writing import whole_file
from toolkit.errors import UsageError


@contextmanager
def open_output(path: str) -> Iterator[BinaryIO]:
    """A file that appears when it is whole, or standard output for `-`. Raises UsageError if it cannot be written."""
    try:
        if path == "-":
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "the standard output" if path == "-" else f"output file {path}"
        raise UsageError(f"cannot write {name}: {reason(error)}; name another file") from None


def reason(error: OSError) -> str:
    """Why a file cannot be written."""
    is_file = isinstance(error, FileExistsError)  # and was to be a folder
    return f"{error.filename} is no folder" if is_file else error.strerror or str(error)
