"""The exceptions that stop the work. Each message is one line that says what is wrong and what to do."""

from __future__ import annotations

import os
import traceback

_LONGEST = 4_000  # characters of a message


class ContractToolkitError(Exception):
    """The work cannot be done. Every exception that the toolkit raises on purpose is one of these; of a message that quotes very
    much of an input, the beginning and the end are told."""

    def __str__(self) -> str:
        text = super().__str__()
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"


class ContractError(ContractToolkitError):
    """The contract cannot be used; the message says where, why, and what to do."""

    @property
    def parts(self) -> tuple[str, str, str]:
        """The place, what is wrong there, and the cure: the message is `place: what; cure`."""
        place, _, reason = str(self).partition(": ")
        what, _, cure = reason.rpartition("; ")
        return place, what or reason, cure if what else "correct the contract there"


class RecordingError(ContractToolkitError):
    """A file cannot be read as a recording; the message says where, what was found, and what to do."""


class ReportError(ContractToolkitError):
    """A report or a baseline cannot be read or written."""


class TargetError(ContractToolkitError):
    """The service under test cannot be reached; the message names the cure."""


class ServiceError(ContractToolkitError):
    """A service of ours cannot be started: its address or its store cannot be used."""


class WorkerError(ContractToolkitError):
    """A worker process or the cluster ended early."""


class UsageError(ContractToolkitError):
    """An option, a setting or an output file cannot be used."""


def failure_trace(error: BaseException) -> str:
    """Where an unforeseen error was raised, in one line, if the environment variable CONTRACT_DEBUG is set; '' otherwise."""
    if not os.environ.get("CONTRACT_DEBUG"):
        return ""
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return f"{type(error).__name__}: {error}, at {' > '.join(places[-12:])}"
