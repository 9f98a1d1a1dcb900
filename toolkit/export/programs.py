"""Programs of others, run to their end: what they leave behind ends with them, and nobody waits for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen
from tempfile import TemporaryFile
from typing import BinaryIO

_MOST_KEPT = 16 << 20  # bytes, the last ones, of what a program says


def run_program(
    command: Sequence[str],
    limit: float,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    apart: bool = True,
) -> tuple[int, bytes, bytes]:
    """The exit status of a program, and the ends of what it printed and complained of (not `apart`: of both as one). Raises
    OSError where it cannot be run, and subprocess.TimeoutExpired after `limit` seconds, when it is ended with all that it
    started."""
    with TemporaryFile() as printed, TemporaryFile() as complained:
        started = Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=DEVNULL,
            stdout=printed,
            stderr=complained if apart else STDOUT,
            start_new_session=True,
        )
        try:
            status = started.wait(limit)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()
        return status, _end(printed), _end(complained)


def _end(file: BinaryIO) -> bytes:
    file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_KEPT))
    return file.read()
