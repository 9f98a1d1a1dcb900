"""The table of every rule. It is docs/rules.md, which people read too: a rule without a section there cannot be reported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_ROW = re.compile(r"^\| \[`(.+)`\]\(#.+\) \| (.+) \| (.+) \|$", re.MULTILINE)
_SECTION = re.compile(r"^## (.+)\n\n(.+)\n\n- Example: (.+)\n- Cure: (.+)$", re.MULTILINE)


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


def rules_of(page: str) -> dict[str, Rule]:
    """The rules of the page in the order of its sections: the row of each has its severity and summary, with which its
    section begins."""
    rows = {name: (Severity(severity), summary) for name, severity, summary in _ROW.findall(page)}
    found = {}
    for name, text, example, cure in _SECTION.findall(page):
        severity, summary = rows[name]
        meaning = text.removeprefix(f"{severity.capitalize()}. {summary} ")
        found[name] = Rule(summary, meaning, example, cure, severity)
    return found


# An installed package has the page below `shipped`, a checkout has it at the top.
_PLACES = [folder / "docs" / "rules.md" for folder in (Path(__file__).with_name("shipped"), Path(__file__).parents[1])]
RULES = rules_of(next(filter(Path.is_file, _PLACES), _PLACES[0]).read_text("utf-8"))
