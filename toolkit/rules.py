"""The table of every rule, read from rulebook/: a rule without a row there cannot be reported. docs/rules.md is made from it.

exchanges.json has the rules of one exchange: the record, the contract, the request, the response and its body; live.json those of
a live service, probes and laws; contracts.json mistakes of a contract itself, by which verdicts are wrong, silent or impossible, or
generated code is; changes.json what changes between two versions of a contract, and whom that breaks.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path

from toolkit.structs import Frozen


class Severity(StrEnum):
    """ERROR fails a run (exit status 1); WARNING is shown and does not."""

    ERROR = "error"
    WARNING = "warning"


class Rule(Frozen):
    """What a rule is about, for people. Words in backticks are code, as in Markdown; the summary has none. `summary` says in one sentence
    what is wrong, `meaning` why it matters, `example` shows a violation, and `cure` says what to do."""

    summary: str
    meaning: str
    example: str
    cure: str
    severity: Severity = Severity.ERROR

    @property
    def hint(self) -> str:
        """The cure as a part of a sentence."""
        text = self.cure.removesuffix(".")
        return text[:1].lower() + text[1:]


def _table(name: str) -> dict[str, Rule]:
    """The rules of one file, whose groups are for people."""
    groups = json.loads((Path(__file__).parent / "rulebook" / f"{name}.json").read_bytes())
    rows = {rule: row for group in groups.values() for rule, row in group.items()}
    return {rule: Rule(**{**row, "severity": Severity(row.get("severity", "error"))}) for rule, row in rows.items()}


TABLES = {name: _table(name) for name in ("exchanges", "live", "contracts", "changes")}
RULES = {name: rule for table in TABLES.values() for name, rule in table.items()}
HINTS = {name: rule.hint for name, rule in RULES.items() if name not in TABLES["changes"]}
"""What is to be done about a violation that says nothing else; of a change, that is for who makes it to say."""
