"""Violations grouped by kind, in bounded memory however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TextIO

from toolkit.document.pointers import grouped
from toolkit.reports.summary import Context, Opener, Report, Summary
from toolkit.rules import Severity
from toolkit.structs import Mutable, field, replace
from toolkit.verdict import Verdict, Violation, clip, general, printable

GROUPS = 10_000
REASONS = 1_000
SAMPLES = 5
_FIELD = 1_000
_COMMAND = 8_000
_NAMING = ("schema-required", "schema-unknown-member")  # whose messages name a property, each a fault of its own


class Group(Mutable):
    """Violations of one kind: the first one (made printable), how many there are, and the sources of some. `operations` and `places` name
    them where there are several of one cause, `mild` of which are no more than warnings. `also`: other messages, which name other
    properties."""

    first: Violation
    fingerprint: str
    count: int = 0
    mild: int = 0
    samples: list[str] = field(default_factory=list)
    more_sources: bool = False
    operations: list[str] = field(default_factory=list)
    places: list[tuple[str, str]] = field(default_factory=list)
    also: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, ...]:
        return (self.first.operation, *self.first.kind)

    @property
    def place(self) -> tuple[str, str]:
        """The operation, and the place in its exchange."""
        return self.first.operation, self.first.at.partition(" (line ")[0]

    def absorb(self, other: Group) -> None:
        """Count the violations of another group, which has the same cause at another place."""
        self.count += other.count
        self.mild += other.mild if other.first.severity is self.first.severity else other.count
        self.more_sources = True
        if other.first.operation not in self.operations:
            self.operations.append(other.first.operation)
        if other.place not in self.places:
            self.places.append(other.place)
        for message in (other.first.message, *other.also):
            self.hear(message)

    def hear(self, message: str) -> None:
        """Keep the message of another violation of the group, where it names another property."""
        if self.first.rule in _NAMING and message not in (self.first.message, *self.also) and len(self.also) < SAMPLES:
            self.also.append(message)

    def grow(self, source: str) -> None:
        self.count += 1
        shown = _clean(source)
        if not shown or shown in self.samples:
            return
        if len(self.samples) < SAMPLES:
            self.samples.append(shown)
        else:
            self.more_sources = True


class Reason(Mutable):
    """Why exchanges were not checked: the first text of its kind, how many there are, and the source of the first."""

    text: str
    source: str
    count: int = 0


class Findings(Mutable):
    """Everything a report says at its end. `omitted` and `omitted_reasons` count what has no group."""

    limit: int = GROUPS
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    omitted: int = 0
    omitted_reasons: int = 0

    def add(self, verdict: Verdict) -> None:
        for violation in verdict.violations:
            self.note(violation)
        if verdict.unmatched:
            self._add_reason(verdict)

    def note(self, violation: Violation) -> Group | None:
        """The violation's group, or None if there are too many groups already."""
        key = violation.kind
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= self.limit:
                self.omitted += 1
                return None
            group = self.groups[key] = Group(_clean_violation(violation), violation.fingerprint)
        elif group.first.message != violation.message and group.first.rule in _NAMING:
            group.hear(_clean(violation.message))
        group.grow(violation.source)
        return group

    def _add_reason(self, verdict: Verdict) -> None:
        key = general(verdict.unmatched[:_FIELD])
        reason = self.reasons.get(key)
        if reason is None:
            if len(self.reasons) >= REASONS:
                self.omitted_reasons += 1
                return
            reason = self.reasons[key] = Reason(_clean(verdict.unmatched), _clean(verdict.source))
        reason.count += 1

    @property
    def ordered(self) -> list[Group]:
        """All groups, errors before warnings."""
        return [group for severity in Severity for group in self.of(severity)]

    def of(self, severity: Severity) -> list[Group]:
        """The groups of this severity, those with most violations first."""
        chosen = [group for group in self.groups.values() if group.first.severity is severity]
        return sorted(chosen, key=lambda group: -group.count)

    def why_unmatched(self) -> list[Reason]:
        """The most frequent reason first."""
        return sorted(self.reasons.values(), key=lambda reason: -reason.count)


def _clean(text: str) -> str:
    return printable(clip(text, _FIELD))


def _clean_violation(violation: Violation) -> Violation:
    names = ("message", "at", "contract", "hint", "operation", "source")
    clean: dict[str, Any] = {name: _clean(getattr(violation, name)) for name in names}
    clean["witness"] = printable(violation.witness)  # whole: for programs, too
    return replace(violation, reproduce=printable(clip(violation.reproduce, _COMMAND)), **clean)


def by_rule(groups: Iterable[Group]) -> dict[str, list[Group]]:
    """The groups of each rule, in the order in which the rules are met."""
    return grouped((group.first.rule, group) for group in groups)


def by_operation(violations: Iterable[Violation], operations: Iterable[str]) -> list[Verdict]:
    """A verdict on each operation, sound or not, and on what is outside of those that are named."""
    found = grouped((one.operation, one) for one in violations)
    return [Verdict("", name, violations=tuple(found.get(name, ()))) for name in dict.fromkeys([*operations, *found])]


def at_end(write: Callable[[TextIO, Context, Findings, Summary], None]) -> Opener:
    """A report that is written once, at the end, from the groups."""

    def open_report(stream: TextIO, context: Context) -> Report:
        findings = Findings()
        return Report(findings.add, lambda summary: write(stream, context, findings, summary))

    return open_report
