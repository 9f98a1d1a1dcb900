"""Signals that end a command: SIGTERM and SIGHUP do it as Ctrl-C does, so that reports and recordings become whole."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

SIGNALLED = 128  # with the number of the signal, the exit status
PATIENCE = 3  # signals after which nothing is finished any more
_AGAIN = 0.02  # seconds after which a signal that came within an import is tried again
_NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_received: list[int] = []
_outermost: list[FrameType] = []  # what asked to be interruptible, which may itself run within an import
_alarm: list[Any] = []  # what handled alarms before a signal was to be tried again by one
_shields: list[bool] = []  # what runs that is to be done as a whole; whether a signal came meanwhile


class Ended(KeyboardInterrupt):
    """A signal asks the command to end."""


def end_at_once() -> None:
    """Until something runs that is to be finished, a signal ends the process, with one line and the same exit status."""
    for number in _NUMBERS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _exit)


def _exit(number: int, _: FrameType | None) -> None:
    _received.append(number)
    with suppress(OSError):
        os.write(2, f"contract: {ended_by(exit_status())}\n".encode())
    os._exit(exit_status())


@contextmanager
def interruptible() -> Iterator[None]:
    """Meanwhile SIGTERM and SIGHUP interrupt what runs, as Ctrl-C does; one that the parent ignores (nohup) stays ignored."""
    _received.clear()
    _shields.clear()
    _outermost[:] = [sys._getframe(2)]
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in _NUMBERS}
    for number, handler in before.items():
        if handler in (signal.SIG_DFL, signal.default_int_handler, _exit):
            signal.signal(number, _end)
    try:
        yield
    finally:
        _outermost.clear()
        if _alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, _alarm.pop())
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def shielded() -> Iterator[None]:
    """What runs meanwhile, such as writing a part of a report, is done before a signal interrupts."""
    _shields.append(False)
    try:
        yield
    finally:
        waited = _shields.pop() if _shields else False
    if waited and threading.current_thread() is threading.main_thread():  # elsewhere nobody would hear of it
        _interrupt()


def exit_status() -> int:
    """The exit status of a command that was interrupted: 128 and the number of the signal."""
    return SIGNALLED + (_received[0] if _received else signal.SIGINT)


def ended_by(status: int) -> str:
    """Why a command ended with the exit status of a signal."""
    return f"ended by {signal.Signals(status - SIGNALLED).name}"


def _end(number: int, frame: FrameType | None) -> None:
    """The first signal interrupts; the next ones must not interrupt what is written in the end, unless that blocks."""
    _received.append(number)
    if len(_received) == 1 or len(_received) >= PATIENCE:
        _interrupt(frame)


def _interrupt(frame: FrameType | None = None) -> None:
    if _shields and len(_received) < PATIENCE:
        _shields[-1] = True
    elif len(_received) < PATIENCE and hasattr(signal, "setitimer") and _is_importing(frame):
        if not _alarm:
            _alarm.append(signal.signal(signal.SIGALRM, lambda _, frame: _interrupt(frame)))
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    else:
        raise Ended


def _is_importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported: an exception may get lost there, in a callback of the import, or come out as another."""
    while frame and frame not in _outermost and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None and frame not in _outermost
