"""Verdicts as they come: counted and reported, with a progress bar on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from toolkit.cli.signals import shielded
from toolkit.reports.writers import Report, Summary
from toolkit.rules import Severity
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.validation.batch import Results
from toolkit.validation.observed import Observed
from toolkit.verdict import Verdict, plural

PATIENCE = 0.7  # seconds without a progress bar
Update = Callable[[int, int, int, int, str], None]


class Opener(Frozen):
    """Opens reports, and whether that may wait for somebody who reads them: one goes to a pipe with a name."""

    open: Callable[[], Report]
    may_wait: bool = False


class Reporter(Mutable, eq=False):
    """Counts verdicts and writes them to the reports, which are opened when the first verdict comes.

    `accept` removes known violations from a verdict; `finishing` is called before the reports end. `unmatched` says why
    an exchange was not checked, the one that tells most about what to do. `skipped` is the number of files that are not recordings,
    `first_skipped` says why the first one is not. `seen` is what the exchanges hold of the contract.
    """

    opener: Opener
    accept: Callable[[Verdict], tuple[Verdict, int]] = lambda verdict: (verdict, 0)
    finishing: Callable[[Summary], None] = lambda summary: None
    unmatched: str = ""
    skipped: int = 0
    first_skipped: str = ""
    summary: Summary = field(default_factory=Summary)
    seen: Observed = field(default_factory=Observed)
    _report: Report | None = None
    _is_opening: bool = False
    _waiting: list[Verdict] = field(default_factory=list)
    """Verdicts that were counted, and are not in the reports yet."""

    def run(self, parts: Iterable[Results], seen: Callable[[int, int], None] = lambda size, exchanges: None) -> None:
        """Report all parts. After Ctrl-C, or an error after the first response, the reports are marked as interrupted. `seen(size,
        exchanges)` is called after each part with the bytes and exchanges of input done so far."""
        done = 0
        try:
            for part in parts:
                if part.exchanges and self.opener.may_wait:
                    self.open()
                with shielded():  # what opens the reports at once, so that the first part is not lost
                    self._take(part)
                done += part.size
                seen(done, self.summary.exchanges)
        except KeyboardInterrupt:
            self.summary.interrupted = True
        except Exception:
            self.summary.interrupted = True
            if self.summary.exchanges > self.summary.unanswered:
                self._finish()
            raise
        if self._is_opening:  # a report to a pipe that nobody read when the signal came
            return
        if self.opener.may_wait:
            self.open()
        with shielded():
            self._finish()

    def open(self) -> Report:
        """Open the reports, which may take until somebody reads them: a signal interrupts that, and then there are none."""
        self._is_opening = True
        self._report = self._report or self.opener.open()
        self._is_opening = False
        return self._report

    def count(self, alone: Verdict) -> None:
        """Count an exchange of a test, by the verdict on it alone."""
        errors = tuple(one for one in alone.violations if one.severity is Severity.ERROR)
        verdict, _ = self.accept(replace(alone, violations=errors))
        self.summary.count(verdict)
        if verdict.unmatched:
            self._waiting.append(replace(verdict, violations=()))

    def _take(self, part: Results) -> None:
        self.skipped += len(part.skipped)
        self.first_skipped = self.first_skipped or "".join(part.skipped[:1])
        if not part.exchanges:
            return
        report = self._opened()
        self.summary.add_sound(part.conforming)
        self.seen.merge(part.seen)
        for found in part.verdicts:
            verdict, known = self.accept(found)
            self.summary.add(verdict, known)
            self.unmatched = max(self.unmatched, verdict.unmatched, key=_helpfulness)
            report.add(verdict)

    def _finish(self) -> None:
        self.finishing(self.summary)
        if self.skipped:
            files = plural(self.skipped, "file")
            self.summary.notes.append(f"{files} skipped as no recording; the first: {self.first_skipped}")
        self._opened().finish(self.summary)

    def _opened(self) -> Report:
        """The reports, with what was counted before."""
        report = self.open()
        waiting, self._waiting = self._waiting, []
        for verdict in waiting:
            report.add(verdict)
        return report


def _helpfulness(reason: str) -> int:
    """How much a reader can do about a reason for which nothing was checked; '' is no reason."""
    hints = ("without the base path", "--any-host", "selects no operation", "is not documented")
    return len(hints) + 1 - hints.index(found) if (found := next(filter(reason.count, hints), "")) else bool(reason)


@contextmanager
def progress(wanted: bool, unit: str) -> Iterator[Update]:
    """Yield `update(done, total, count, failing, name)`, which draws a progress bar if stderr is a terminal: `done` of `total` is
    over, `count` units were seen, `failing` of them violate, and `name` is what is being done. Another total begins another bar:
    one part of the work is over, and the next one has a length of its own."""
    if not wanted or not sys.stderr.isatty():
        yield lambda *values: None
        return
    with ExitStack() as shown:
        began = time.monotonic()
        bar: Any = None

        def update(done: int, total: int, count: int, failing: int, name: str) -> None:
            nonlocal bar
            seconds = time.monotonic() - began
            text = f"{_pace(count, unit, failing, seconds)}{name and f': {name}'}"
            if bar is None and seconds > PATIENCE:
                bar = shown.enter_context(_bar())
            if bar is None:
                return
            if not bar.tasks or bar.tasks[0].total != (total or None):
                for task in bar.task_ids:
                    bar.remove_task(task)
                bar.add_task(text, total=total or None)
            bar.update(bar.task_ids[0], completed=min(done, total or done), description=text)

        yield update


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    text = TextColumn("{task.description}", markup=False, table_column=rest)
    columns = (BarColumn(bar_width=12), TaskProgressColumn(), TimeRemainingColumn(), text)
    return Progress(*columns, console=Console(stderr=True), transient=True, expand=True)


def _pace(count: int, unit: str, failing: int, seconds: float) -> str:
    """`120 requests, 40/s, 3 failing`."""
    rate = f", {count / seconds:,.0f}/s" if seconds > 0.5 else ""
    return f"{count:,} {unit}{rate}{f', {failing:,} failing' if failing else ''}"
