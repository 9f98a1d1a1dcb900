"""All report formats, and how several reports are written at once.

    report = open_reports(["text", "json=out.json"], context, sys.stdout)
    try:
        for verdict in verdicts:
            summary.add(verdict)
            report.add(verdict)
    finally:
        report.finish(summary)

If Context.unit is `exchange`, verdicts without violations need not be given to `add`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TextIO

from toolkit.document.writing import reason, whole_file
from toolkit.errors import ReportError
from toolkit.reports.summary import Context, Opener, Report, Summary
from toolkit.structs import Frozen
from toolkit.verdict import Verdict

__all__ = ["FORMATS", "Context", "Report", "ReportError", "Summary", "open_reports"]

FORMATS = ("text", "json", "junit", "sarif", "github", "html")
"""Each is a module of this room, which is loaded where its report is asked for."""


class _Target(Frozen):
    format: str
    path: str  # "" is the standard output

    @property
    def name(self) -> str:
        return self.path or "the standard output"


def open_reports(specifications: Sequence[str], context: Context, standard_output: TextIO) -> Report:
    """Open every `FORMAT[=PATH]` as one report that writes them all. No PATH, or `-`, is the standard output. Raises ReportError for an
    unknown format, a path that cannot be written, and two reports in one place; so do `add` and `finish` if writing fails. A
    BrokenPipeError of the standard output is not caught."""
    targets = targets_of(specifications)
    with ExitStack() as files:
        owners = [files.enter_context(ExitStack()) for _ in targets]
        streams = [_stream(target, standard_output, own) for target, own in zip(targets, owners, strict=True)]
        reports = [_open(target, stream, context) for target, stream in zip(targets, streams, strict=True)]
        return _combine(reports, owners, files.pop_all())


def targets_of(specifications: Sequence[str]) -> list[_Target]:
    """Where each `FORMAT[=PATH]` goes. Raises ReportError for an unknown format, and for two reports in one place."""
    targets = [_target(specification) for specification in specifications]
    taken: set[str] = set()
    for target in targets:
        place = target.path and os.path.realpath(target.path)
        if place in taken:
            raise ReportError(f"two reports would go to {target.name}; give one of them a path, as in json=report.json")
        taken.add(place)
    return targets


def _target(specification: str) -> _Target:
    name, equals, path = specification.partition("=")
    if name not in FORMATS:
        raise ReportError(f"unknown report format {name[:80]!r}; choose one of {', '.join(FORMATS)}")
    if (equals and not path) or "\0" in path:
        raise ReportError(f"{specification[:200]!r} has no valid path; write {name}=PATH, or {name} alone")
    return _Target(name, "" if path == "-" else path)


def _stream(target: _Target, standard_output: TextIO, files: ExitStack) -> TextIO:
    if target.path:
        # Closing writes what is buffered, so it may fail like writing.
        files.enter_context(_explain_errors(target))
        stream = files.enter_context(whole_file(target.path))
        written = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="\n")
        return files.enter_context(written)
    if isinstance(standard_output, io.TextIOWrapper):
        # A terminal that lacks some characters of a recording must not stop the run.
        standard_output.reconfigure(errors="backslashreplace")
    return standard_output


def _open(target: _Target, stream: TextIO, context: Context) -> Report:
    explain = _explain_errors(target)
    opener: Opener = import_module(f"toolkit.reports.{target.format}").open_report
    report = explain(opener)(stream, context)

    def finish(summary: Summary) -> None:
        report.finish(summary)
        stream.flush()

    return Report(explain(report.add), explain(finish))


@contextmanager
def _explain_errors(target: _Target) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise ReportError(f"cannot write the report to {target.name}: {reason(fault)}") from None


def _combine(reports: Sequence[Report], owners: Sequence[ExitStack], files: ExitStack) -> Report:
    def add(verdict: Verdict) -> None:
        for report in reports:
            report.add(verdict)

    def end(report: Report, own: ExitStack, summary: Summary) -> None:
        with own:
            report.finish(summary)

    def finish(summary: Summary) -> None:
        # Every report is ended and its file kept, even if ending another one fails, such as by `| head`.
        with files, ExitStack() as endings:
            for report, own in reversed(list(zip(reports, owners, strict=True))):
                endings.callback(end, report, own, summary)

    return Report(add, finish)
