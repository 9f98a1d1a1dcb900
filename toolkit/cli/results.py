"""What a command prints and exits with: reports, notes and exit statuses."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from toolkit.cli.signals import SIGNALLED, ended_by, exit_status
from toolkit.verdict import printable, unobeyed

if TYPE_CHECKING:
    from toolkit.cli.progress import Opener, Reporter
    from toolkit.reports.coverage import Coverage
    from toolkit.reports.writers import Context

CONFORMS, VIOLATIONS, FAILED = 0, 1, 2


def report_opener(quiet: bool, reports: Sequence[str], context: Context, stdout: TextIO | None = None) -> Opener:
    """Opens the reports: those asked for, and text on stdout unless another one goes there or --quiet is given."""
    from toolkit.cli.progress import Opener
    from toolkit.reports.writers import open_reports

    to_stdout = any("=" not in report or report.endswith("=-") for report in reports)
    default = () if quiet or to_stdout else ("text",)
    may_wait = any(Path(report.partition("=")[2]).is_fifo() for report in reports)
    return Opener(lambda: open_reports((*default, *reports), context, stdout or sys.stdout), may_wait)


def status_of(reporter: Reporter, nothing_found: str) -> int:
    """The exit status of a run; prints `nothing_found` if there was nothing to check."""
    from toolkit.reports.summary import UNCHECKED
    from toolkit.rules import RULES

    summary = reporter.summary
    if summary.interrupted:
        return interrupted()
    if not summary.exchanges:
        print_note(nothing_found)
        return FAILED
    if summary.errors:
        return VIOLATIONS
    if summary.unmatched == summary.exchanges:
        print_note(f"nothing was checked: {reporter.unmatched}")
        return FAILED
    if rule := next(filter(summary.by_rule.get, UNCHECKED), None):
        print_note(f"not everything was checked ({rule}): {RULES[rule].hint}; --ignore {rule} accepts it")
        return FAILED
    return CONFORMS


def interrupted(number: int = 0) -> int:
    """The exit status of a run that a signal ended, that of this number or the one that interrupted it; says so."""
    status = SIGNALLED + number if number else exit_status()
    print_note(ended_by(status))
    return status


def with_coverage(status: int, coverage: Sequence[Coverage], percent: float | None) -> int:
    """The exit status where at least so many percent of the operations were to have a success; says so if fewer had."""
    from toolkit.reports.coverage import share

    done, asked = share(coverage)
    if percent is None or status not in (CONFORMS, VIOLATIONS) or done * 100 >= percent * asked:
        return status
    reached = f"{done:,} of {asked:,} operations ({100 * done / asked:.1f} %) had a success"
    print_note(f"coverage: {reached}, less than --fail-under {percent:g}; the report names the others")
    return VIOLATIONS


class _Unheeded(FileIO):
    """A standard error on whose being full or closed nothing depends, the exit status least of all."""

    def write(self, data: Any, /) -> int:
        with suppress(OSError):
            return super().write(data) or 0
        return len(data)


def open_closed_streams() -> None:
    """Of streams that were closed before the command began, let stderr go nowhere, and stdout fail where something is written to it.
    A stderr that cannot be written to later says nothing."""
    is_own = sys.stderr is sys.__stderr__  # a program that calls the command may have put another in its place
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  # for as long as the process lives
    elif is_own:
        raw = BufferedWriter(_Unheeded(sys.stderr.fileno(), "w", closefd=False))
        sys.stderr = TextIOWrapper(raw, sys.stderr.encoding, "backslashreplace", line_buffering=True)


def drop_output() -> None:
    """What cannot be written to stdout would be tried again, and fail, when the interpreter ends."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):  # a stdout that is no file, as in tests
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_note(text: str) -> None:
    """Print one line to stderr, whatever the text."""
    print(f"contract: {unobeyed(printable(' '.join(text.split())))}", file=sys.stderr)
