"""Every rule that the validator reports has two recorded exchanges: `bad` breaks it and nothing else, `good` comes near."""

from __future__ import annotations

from functools import cache

import pytest
from support.places import TESTS

from toolkit.contract.model import Contract
from toolkit.recordings.reading import read
from toolkit.rules import RULES
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict

CASES = TESTS / "cases"
NAMES = sorted(folder.name for folder in CASES.iterdir() if folder.is_dir())
FIRST_OF_A_PROBE = list(RULES).index("engines-differ")  # from here on: rules of probes and of laws


@cache
def validator() -> Validator:
    return Validator(Contract.load(CASES / "contract.yaml"), strict=True)


def verdict(rule: str, case: str) -> Verdict:
    [path] = CASES.joinpath(rule).glob(f"{case}.*")
    [record] = read(str(path), "json-lines")
    return validator().check(record)


def test_every_rule_of_the_validator_has_its_cases() -> None:
    assert sorted(list(RULES)[:FIRST_OF_A_PROBE]) == NAMES


@pytest.mark.parametrize("rule", NAMES)
def test_bad_breaks_this_rule_alone(rule: str) -> None:
    assert {violation.rule for violation in verdict(rule, "bad").violations} == {rule}


@pytest.mark.parametrize("rule", NAMES)
def test_good_breaks_none(rule: str) -> None:
    assert verdict(rule, "good").violations == ()


@pytest.mark.parametrize("rule", NAMES)
def test_a_violation_tells_its_value_place_and_cure(rule: str) -> None:
    for violation in verdict(rule, "bad").violations:
        assert violation.message and violation.hint and "\n" not in violation.message
        assert violation.severity is RULES[rule].severity
        if rule not in ("record-unreadable", "exchange-unmatched"):
            assert violation.at.startswith(("request.", "response."))
            assert violation.contract.startswith("contract.yaml#/") and violation.operation
