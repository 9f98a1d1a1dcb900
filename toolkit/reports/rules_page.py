"""docs/rules.md, made from RULES: `python -m toolkit.reports.rules_page > docs/rules.md`."""

from __future__ import annotations

import sys

from toolkit.rules import RULES

_HEAD = """# Rules

Every violation that `contract` reports breaks one of these {count} rules. An error fails the run (exit status 1), a
warning is shown and does not. Rule ids never change their meaning. Each rule has two examples, one that breaks it and
one that comes near, in `tests/cases/<rule-id>/`.

This page is made from `toolkit/rulebook/`; `python -m toolkit.reports.rules_page > docs/rules.md` writes it anew.

| rule | severity | what is wrong |
| --- | --- | --- |"""


def page() -> str:
    """The page: a table of all rules, then a section for each, whose anchor is the rule's id."""
    rows = [f"| [`{name}`](#{name}) | {rule.severity} | {rule.summary} |" for name, rule in RULES.items()]
    sections = [f"\n## {name}\n\n{rule.severity.capitalize()}. {explanation(name)}" for name, rule in RULES.items()]
    return "\n".join([_HEAD.format(count=len(RULES)), *rows, *sections]) + "\n"


def explanation(name: str) -> str:
    """One rule in Markdown: what is wrong, why it matters, an example and the cure."""
    rule = RULES[name]
    return f"{rule.summary} {rule.meaning}\n\n- Example: {rule.example}\n- Cure: {rule.cure}"


if __name__ == "__main__":
    sys.stdout.write(page())
