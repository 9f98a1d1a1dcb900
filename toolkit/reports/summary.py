"""The counts of a run, and the two functions that make up a report."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Literal, TextIO

from toolkit import __version__
from toolkit.reports.coverage import Coverage, Probed
from toolkit.rules import Severity
from toolkit.structs import Frozen, Mutable, field
from toolkit.verdict import Verdict


class Context(Frozen):
    """What a run checks: against which contract, where it comes from, and what one verdict is about.

    A `response` is one of a live service: the verdict's `source` names its request, and its violations can be repeated. Of a `contract` that is
    checked itself, a verdict is about one operation, or about all that is outside of these. An `operation` is one of two versions of a contract,
    which are compared. `verbose`: people are shown each kind of warning, not only how many there are, where there are no errors. `started` is when
    the work began, None where nobody is told. `folder` is that of the contract's file, of whose lines `hide` masks what is secret.
    """

    contract: str = ""
    subject: str = ""
    unit: Literal["exchange", "response", "contract", "operation"] = "exchange"
    verbose: bool = False
    started: datetime | None = None
    folder: str = ""
    hide: Callable[[str], str] = str

    def file(self, name: str) -> str:
        """The path of a file of the contract from the current folder, or the root of the work tree around it where GitHub Actions names
        that, where it is below; a place in the contract has its name."""
        path, here = os.path.join(self.folder, name), os.getcwd()  # noqa: PTH109, PTH118  # a name may be too long for a path
        root = os.environ.get("GITHUB_WORKSPACE", "")
        here = root if root and PurePath(here).is_relative_to(root) else here
        shown = os.path.relpath(path, here) if self.folder and name and os.path.isfile(path) else name  # noqa: PTH113
        return name if shown.startswith("..") else shown.replace(os.sep, "/")

    def run(self) -> dict[str, str | float]:
        """The version of the toolkit, when the work started (RFC 3339, UTC), and how many seconds it has taken so far."""
        if self.started is None:
            return {}
        seconds = (datetime.now(UTC) - self.started).total_seconds()
        started = self.started.isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"version": __version__, "started": started, "seconds": round(seconds, 3)}


class Summary(Mutable):
    """The counts of a stream of verdicts, and what a run adds: its `coverage`, its `notes`, and of a live service the values that were `probed`.

    `exchanges` is the number of exchanges that they are about. `violating` have an error; `unmatched` are outside the contract, or `unanswered` (no
    response was recorded), and count as violating only if they have an error; the rest is `conforming`. `violations` and `by_rule` count warnings
    too, `errors` does not. `beside` are the errors of a test that no exchange shows alone: one of those that its laws and probes found in exchanges
    that conform. `known` violations were accepted by a baseline and count nowhere else. `operations` counts exchanges, and `failing` violating ones,
    by operation.
    """

    exchanges: int = 0
    conforming: int = 0
    violating: int = 0
    unmatched: int = 0
    unanswered: int = 0
    violations: int = 0
    errors: int = 0
    beside: int = 0
    known: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    failing: Counter[str] = field(default_factory=Counter)
    requests: int | None = None
    seed: int | None = None
    interrupted: bool = False
    coverage: list[Coverage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    probed: list[Probed] = field(default_factory=list)
    _violating: set[str] = field(default_factory=set)  # the sources of those that `count` has seen

    def add(self, verdict: Verdict, known: int = 0) -> None:
        """Count one verdict, from which `known` violations have been removed."""
        self.known += known
        errors = sum(violation.severity is Severity.ERROR for violation in verdict.violations)
        self.errors += errors
        self.violations += len(verdict.violations)
        self.by_rule.update(violation.rule for violation in verdict.violations)
        if verdict.counts == "new":
            self._count(verdict)
        elif verdict.counts == "beside" and verdict.source.partition(": ")[0] not in self._violating:
            self.beside += errors

    def count(self, alone: Verdict) -> None:
        """Count an exchange of a test by the verdict on it alone, whose violations are added by other verdicts."""
        self._count(alone)
        self._violating.update([] if alone.conforms else [alone.source])

    def _count(self, verdict: Verdict) -> None:
        violates = not verdict.conforms
        self.exchanges += 1
        self.violating += violates
        self.unmatched += bool(verdict.unmatched)
        self.unanswered += bool(verdict.unmatched and verdict.operation)
        self.conforming += not violates and not verdict.unmatched
        if verdict.operation:
            self.operations[verdict.operation] += 1
            self.failing.update([verdict.operation] if violates else ())

    def add_sound(self, operations: Mapping[str, int]) -> None:
        """Count verdicts without violations, given as their number by operation."""
        count = sum(operations.values())
        self.exchanges += count
        self.conforming += count
        self.operations.update(operations)


UNCHECKED = (
    "pattern-unchecked", "schema-unexamined", "body-unread", "body-unrecorded", "headers-unrecorded", "value-unrecorded",
    "decoder-missing", "dependency-unread", "change-uncompared",
)  # fmt: skip
"""Rules by which a part of what was to be examined was not."""


class Report(Frozen):
    """A report being written. `finish` ends it, also after an interrupted run; it is called once."""

    add: Callable[[Verdict], None]
    finish: Callable[[Summary], None]


Opener = Callable[[TextIO, Context], Report]
