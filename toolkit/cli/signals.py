"""Signals that end a command: SIGTERM and SIGHUP do it as Ctrl-C does, so that reports and recordings become whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

INTERRUPTED = 130  # 128 + SIGINT
_received: list[int] = []


class Ended(KeyboardInterrupt):
    """A signal asks the command to end."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Meanwhile SIGTERM and SIGHUP interrupt what runs; one that the parent ignores (nohup) stays ignored."""
    _received.clear()
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_status() -> int:
    """The exit status of a command that was interrupted: 128 and the number of the signal."""
    return 128 + _received[0] if _received else INTERRUPTED


def _end(number: int, frame: FrameType | None) -> None:
    """The first signal interrupts; later ones must not interrupt what is written in the end."""
    _received.append(number)
    if len(_received) == 1:
        raise Ended
