"""The table of every rule: a rule without a row in RULES cannot be reported. docs/rules.md is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from toolkit.rulebook.changes import CHANGES
from toolkit.rulebook.contracts import CONTRACTS
from toolkit.rulebook.exchanges import EXCHANGES
from toolkit.rulebook.live import LIVE


class Severity(StrEnum):
    """ERROR fails a run (exit status 1); WARNING is shown and does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule is about, for people. Words in backticks are code, as in Markdown; the summary has none.

    `summary` says in one sentence what is wrong, `meaning` why it matters, `example` shows a violation, and `cure`
    says what to do.
    """

    summary: str
    meaning: str
    example: str
    cure: str
    severity: Severity = Severity.ERROR


def _rule(summary: str, meaning: str, example: str, cure: str, severity: str = "error") -> Rule:
    return Rule(summary, meaning, example, cure, Severity(severity))


TABLES = (EXCHANGES, LIVE, CONTRACTS, CHANGES)
RULES: dict[str, Rule] = {name: _rule(*row) for table in TABLES for name, row in table.items()}
