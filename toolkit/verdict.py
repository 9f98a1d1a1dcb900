"""Violations of rules, and the verdict on one exchange that they make up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.rules import RULES, Severity


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken in one place. A message gives the value and the fault; a hint says what to do.

    `at` is the place in the exchange, such as `response.body#/Tasks/Task/0/Status` (JSON pointer),
    `response.body#/Root/Task[2]/Status (line 9)` (XPath) or `request.query.PageSize`;
    `contract` is the place in the contract, such as `openapi.yaml#/components/schemas/Task:12:5`.
    """

    rule: str
    message: str
    at: str = ""
    contract: str = ""
    hint: str = ""
    operation: str = ""
    source: str = ""
    reproduce: str = ""
    softened: bool = False

    @property
    def severity(self) -> Severity:
        """The rule's severity; WARNING where the violation was softened (see `soften`)."""
        return Severity.WARNING if self.softened else RULES[self.rule].severity

    def located(self, operation: str, source: str) -> Violation:
        return replace(self, operation=operation, source=source)

    def soften(self) -> Violation:
        """As a warning: a client's error that the service refused is not the service's fault."""
        return replace(self, softened=True)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one exchange. `unmatched` says why no operation fits; '' where one does."""

    source: str
    operation: str = ""
    unmatched: str = ""
    violations: tuple[Violation, ...] = ()

    @property
    def conforms(self) -> bool:
        return not any(violation.severity is Severity.ERROR for violation in self.violations)
