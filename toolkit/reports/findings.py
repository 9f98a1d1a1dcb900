"""Violations of one kind as one group, in bounded memory however many there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TextIO

from toolkit.reports.summary import Context, Opener, Report, Summary
from toolkit.rules import Severity
from toolkit.verdict import Verdict, Violation, general, printable

GROUPS = 10_000
REASONS = 1_000
SAMPLES = 5
_FIELD = 1_000
_COMMAND = 8_000


def clip(text: str, limit: int) -> str:
    """At most about `limit` characters; a text that was cut says how long it was."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"


@dataclass(slots=True)
class Group:
    """Violations of one rule in one operation and place: the first (made printable), how many, and where from."""

    first: Violation
    fingerprint: str
    count: int = 0
    samples: list[str] = field(default_factory=list)
    more_sources: bool = False

    def grow(self, source: str) -> None:
        self.count += 1
        shown = _shown(source)
        if not shown or shown in self.samples:
            return
        if len(self.samples) < SAMPLES:
            self.samples.append(shown)
        else:
            self.more_sources = True


@dataclass(slots=True)
class Reason:
    """Why exchanges were not judged: the first text of its kind, how many, and where the first one stands."""

    text: str
    source: str
    count: int = 0


@dataclass(slots=True)
class Findings:
    """What a report says at its end. `omitted` and `omitted_reasons` are counted, but in no group."""

    limit: int = GROUPS
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    omitted: int = 0
    omitted_reasons: int = 0

    def add(self, verdict: Verdict) -> None:
        for violation in verdict.violations:
            self.note(violation)
        if verdict.unmatched:
            self._unmatched(verdict)

    def note(self, violation: Violation) -> Group | None:
        """The violation's group, or None where there are too many groups already."""
        key = violation.kind
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= self.limit:
                self.omitted += 1
                return None
            group = self.groups[key] = Group(_bounded(violation), violation.fingerprint)
        group.grow(violation.source)
        return group

    def _unmatched(self, verdict: Verdict) -> None:
        key = general(verdict.unmatched[:_FIELD])
        reason = self.reasons.get(key)
        if reason is None:
            if len(self.reasons) >= REASONS:
                self.omitted_reasons += 1
                return
            reason = self.reasons[key] = Reason(_shown(verdict.unmatched), _shown(verdict.source))
        reason.count += 1

    def of(self, severity: Severity) -> list[Group]:
        """The groups of this severity, those with most violations first."""
        chosen = [group for group in self.groups.values() if group.first.severity is severity]
        return sorted(chosen, key=lambda group: -group.count)

    def why_unmatched(self) -> list[Reason]:
        """The most frequent reason first."""
        return sorted(self.reasons.values(), key=lambda reason: -reason.count)


def _shown(text: str) -> str:
    return printable(clip(text, _FIELD))


def _bounded(violation: Violation) -> Violation:
    return replace(
        violation,
        message=_shown(violation.message),
        at=_shown(violation.at),
        contract=_shown(violation.contract),
        hint=_shown(violation.hint),
        operation=_shown(violation.operation),
        source=_shown(violation.source),
        reproduce=printable(clip(violation.reproduce, _COMMAND)),
    )


def at_end(write: Callable[[TextIO, Context, Findings, Summary], None]) -> Opener:
    """A report that is written once, from the groups."""

    def opened(stream: TextIO, context: Context) -> Report:
        findings = Findings()
        return Report(findings.add, lambda summary: write(stream, context, findings, summary))

    return opened
