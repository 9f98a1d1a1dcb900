"""The exceptions that stop the work. Each message is one line that says what is wrong and what to do."""

from __future__ import annotations


class ContractToolkitError(Exception):
    """The work cannot be done. Every exception that the toolkit raises on purpose is one of these."""


class ContractError(ContractToolkitError):
    """The contract cannot be used; the message says where, why, and what to do."""


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
