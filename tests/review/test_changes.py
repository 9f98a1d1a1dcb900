"""The rules of a comparison: `bad.pair` of each rule breaks it and no other, `good.pair` comes near and breaks none."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.pairs import changes, difference, load_pairs
from support.places import TESTS

from toolkit.rulebook.changes import CHANGES
from toolkit.rules import RULES

ON_REQUEST = "change-compatible"  # of the command line alone, with --fail-on any


@pytest.mark.parametrize("rule", [name for name in CHANGES if name != ON_REQUEST])
def test_bad_breaks_this_rule_alone(rule: str, tmp_path: Path) -> None:
    found = changes(load_pairs(TESTS / "cases" / rule / "bad.pair"), tmp_path)
    assert [one.rule for one in found] == [rule]
    assert found[0].severity is RULES[rule].severity
    assert found[0].message and "\n" not in found[0].message and found[0].at and ".json#/" in found[0].contract


@pytest.mark.parametrize("rule", [name for name in CHANGES if name != ON_REQUEST])
def test_good_breaks_none(rule: str, tmp_path: Path) -> None:
    assert changes(load_pairs(TESTS / "cases" / rule / "good.pair"), tmp_path) == []


def test_contracts_that_differ_without_a_breach_are_known_to_differ(tmp_path: Path) -> None:
    bad, good = (load_pairs(TESTS / "cases" / ON_REQUEST / f"{case}.pair") for case in ("bad", "good"))
    assert difference(bad, tmp_path).differs and not changes(bad, tmp_path)
    assert not changes(good, tmp_path)


def test_a_witness_is_there_by_its_parts(tmp_path: Path) -> None:
    narrowed = changes(load_pairs(TESTS / "cases" / "parameter-narrowed" / "bad.pair"), tmp_path)[0].witnesses
    assert narrowed[0]["request"]["method"] == "POST" and narrowed[0]["refused_by"] == "new.json"
    widened = changes(load_pairs(TESTS / "cases" / "response-widened" / "bad.pair"), tmp_path)[0].witnesses
    assert widened[0]["response"]["status"] == 200 and widened[0]["refused_by"] == "old.json" and widened[0]["reason"]
