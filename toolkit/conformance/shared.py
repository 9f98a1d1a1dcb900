"""What may have one cause in all operations: verdicts that are held back until it is known whether it has.

Such are a status that is not documented where everything is refused with it, and a fault of the server of which its
responses do not say the cause.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from toolkit.conformance.coverage import SHARED
from toolkit.rules import Severity
from toolkit.verdict import Verdict, Violation

_FEWEST = 3  # operations with a fault of one cause
_SHARE = 0.75  # of all operations: where so many never succeed, what they need is missing


@dataclass(eq=False)
class Held:
    """The verdicts that are held back. `faulty` are the operations that fail for one reason, whatever that is."""

    verdicts: list[Verdict] = field(default_factory=list)
    faulty: frozenset[str] = frozenset()

    def take(self, verdict: Verdict) -> bool:
        """Hold a verdict back, if it may have its cause in common with others."""
        is_held = any(one.rule == "status-undeclared" and one.cause in map(str, SHARED) for one in verdict.violations)
        if is_held or _has_silent_fault(verdict):
            self.verdicts.append(verdict)
            return True
        return False

    def release_faults(self, asked: Collection[str], successes: Collection[str]) -> Iterator[Verdict]:
        """The verdicts on faults of the server, once all operations that were asked had a chance of success."""
        faults = [one for one in self.verdicts if _has_silent_fault(one)]
        failing = {one.operation for one in faults}.difference(successes)
        if len(failing) >= max(_FEWEST, _SHARE * len(asked)):
            self.faulty = frozenset(failing)
        self.verdicts = [one for one in self.verdicts if not _has_silent_fault(one)]
        yield from map(self.with_trait, faults)

    def with_trait(self, verdict: Verdict) -> Verdict:
        """The verdict; a fault of an operation that fails for one reason with others has a trait in common with theirs."""
        if verdict.operation not in self.faulty or not _has_silent_fault(verdict):
            return verdict
        found = (replace(one, trait="everywhere") if _is_silent(one) else one for one in verdict.violations)
        return replace(verdict, violations=tuple(found))

    def explained(self, found: Sequence[Violation], is_known: Callable[[Violation], bool]) -> Iterator[Verdict]:
        """The verdicts with the causes that were found, each verdict once; then verdicts on what explains none of them and is
        not known otherwise."""
        used = set[Violation]()
        for verdict in self.verdicts:
            cause = next((one for one in found if one.cause and verdict.operation in one.operation.split(", ")), None)
            yield from _explained(verdict, cause, cause not in used) if cause else (verdict,)
            used |= {cause} if cause else set()
        for one in found:
            if one not in used and not is_known(one):
                yield about_a_run(one)


def _is_silent(violation: Violation) -> bool:
    return violation.rule == "server-error" and not violation.trait


def _has_silent_fault(verdict: Verdict) -> bool:
    return any(map(_is_silent, verdict.violations))


def about_a_run(found: Violation) -> Verdict:
    """A verdict on what no exchange shows."""
    return Verdict(found.operation, found.operation, violations=(found,), counts="no")


def _explained(verdict: Verdict, cause: Violation, is_first: bool) -> Iterator[Verdict]:
    """The verdict with the cause in place of the status that follows from it. Where that status alone is no violation, since it
    is what a request without rights gets, the response conforms, and the cause is one of the run, reported once."""
    status = [one for one in verdict.violations if one.rule == "status-undeclared"]
    rest = tuple(one for one in verdict.violations if one not in status)
    located = replace(cause, source=verdict.source, reproduce=verdict.violations[0].reproduce)
    violates = any(one.severity is Severity.ERROR for one in status)
    yield replace(verdict, violations=(located, *rest) if violates else rest)
    if is_first and not violates:
        yield about_a_run(located)
