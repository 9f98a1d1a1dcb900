"""The exceptions that stop the work, gathered for the end that tells them."""

from __future__ import annotations


def failures() -> tuple[type[Exception], ...]:
    """The exceptions that say in one line why the work could not be done, and what to do."""
    from toolkit.apps.hosting import ServeError
    from toolkit.apps.store import StoreError
    from toolkit.baseline import BaselineError
    from toolkit.commands import CommandError
    from toolkit.document import ContractError
    from toolkit.engine import EngineError
    from toolkit.exports import ExportError
    from toolkit.recordings import RecordingError
    from toolkit.reports import ReportError
    from toolkit.settings import SettingsError
    from toolkit.target import TargetError

    works = (ContractError, RecordingError, ReportError, BaselineError, SettingsError, TargetError)
    return (*works, ServeError, StoreError, EngineError, ExportError, CommandError)
