"""Verdicts in the formats that people and programs read: one file a format, all of them in FORMATS.

    report = open_reports(["text", "json=out.json"], context, sys.stdout)
    try:
        for verdict in verdicts:
            summary.add(verdict)
            report.add(verdict)
    finally:
        report.finish(summary)

A verdict that conforms, and has no violations, may be kept from `add` where Context.unit is `exchange`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO, TypeVar

from toolkit.errors import ReportError
from toolkit.reports import github, html, json, junit, sarif, text
from toolkit.reports.findings import at_end
from toolkit.reports.summary import Context, Opener, Report, Summary
from toolkit.verdict import Verdict

__all__ = ["FORMATS", "Context", "Report", "ReportError", "Summary", "open_reports"]

FORMATS: dict[str, Opener] = {
    "text": at_end(text.write),
    "json": json.open_report,
    "junit": junit.open_report,
    "sarif": at_end(sarif.write),
    "github": github.open_report,
    "html": at_end(html.write),
}

Given = TypeVar("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Target:
    format: str
    path: str  # "" is the standard output

    @property
    def place(self) -> str:
        return self.path and os.path.realpath(self.path)

    @property
    def name(self) -> str:
        return self.path or "the standard output"


def open_reports(specifications: Sequence[str], context: Context, standard_output: TextIO) -> Report:
    """Open every `FORMAT[=PATH]` (`-`, or no PATH: the standard output) as one report that feeds them all.

    Raises ReportError for an unknown format, a path that cannot be written and two reports in one place; so do
    `add` and `finish` where a file can no longer be written. A BrokenPipeError of the standard output passes.
    """
    targets = [_target(specification) for specification in specifications]
    for number, target in enumerate(targets):
        if target.place in (earlier.place for earlier in targets[:number]):
            raise ReportError(f"two reports would go to {target.name}: give one of them a path, as in json=report.json")
    with ExitStack() as files:
        streams = [_stream(target, standard_output, files) for target in targets]
        reports = [_opened(target, stream, context) for target, stream in zip(targets, streams, strict=True)]
        return _together(reports, files.pop_all())


def _target(specification: str) -> _Target:
    name, equals, path = specification.partition("=")
    if name not in FORMATS:
        raise ReportError(f"no report format {name[:80]!r}: choose one of {', '.join(FORMATS)}")
    if (equals and not path) or "\0" in path:
        raise ReportError(f"{specification[:200]!r} names no file: write {name}=PATH, or {name} alone")
    return _Target(name, "" if path == "-" else path)


def _stream(target: _Target, standard_output: TextIO, files: ExitStack) -> TextIO:
    if target.path:
        stream = _explained(target, _create)(target.path)
        # Closing writes what is buffered, and fails where writing failed.
        files.callback(_explained(target, _close), stream)
        return stream
    if isinstance(standard_output, io.TextIOWrapper):
        # A terminal that knows fewer characters than the recordings must not stop the run.
        standard_output.reconfigure(errors="backslashreplace")
    return standard_output


def _create(path: str) -> TextIO:
    return Path(path).open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


def _close(stream: TextIO) -> None:
    stream.close()


def _opened(target: _Target, stream: TextIO, context: Context) -> Report:
    report = _explained(target, partial(FORMATS[target.format], stream))(context)
    return Report(_explained(target, report.add), _explained(target, report.finish))


def _explained(target: _Target, act: Callable[[Given], Result]) -> Callable[[Given], Result]:
    def acted(given: Given) -> Result:
        try:
            return act(given)
        except BrokenPipeError:
            raise
        except OSError as fault:
            raise ReportError(f"cannot write the report to {target.name}: {fault.strerror or fault}") from None

    return acted


def _together(reports: Sequence[Report], files: ExitStack) -> Report:
    def add(verdict: Verdict) -> None:
        for report in reports:
            report.add(verdict)

    def finish(summary: Summary) -> None:
        # Each report ends, whatever becomes of the one before.
        with files, ExitStack() as endings:
            for report in reversed(reports):
                endings.callback(report.finish, summary)

    return Report(add, finish)
