"""The rows of the rulebook: whole, in plain sentences, each rule once."""

from __future__ import annotations

import pytest

from toolkit.rules import RULES, TABLES, Severity


def test_each_rule_stands_in_one_place() -> None:
    assert len(RULES) == sum(map(len, TABLES.values()))
    assert len({rule.summary for rule in RULES.values()}) == len(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_row_says_everything_in_sentences(name: str) -> None:
    rule = RULES[name]
    assert all(text and text[-1] in ".`)" for text in (rule.summary, rule.meaning, rule.example, rule.cure))
    assert "`" not in rule.summary
    assert rule.severity in Severity and len([table for table in TABLES.values() if name in table]) == 1
