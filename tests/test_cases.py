"""Every rule has two cases in tests/cases/<rule>: `bad` breaks it, `good` comes near and breaks nothing.

A rule about single exchanges has recorded exchanges, `bad.jsonl` and `good.jsonl`, under tests/cases/contract.yaml; `bad`
breaks this rule alone. A rule of contracts has two contracts, `bad.yaml` and `good.yaml`, which tests/review/test_lint.py checks.
A rule about a live service has `bad.py` and `good.py`: a `service` made of the sound reference
service by one change, or a `run` of a service with a contract of its own. One fault of a service may break several rules, so
`bad` must break this rule among others; `good` is asked as many requests as it took to find `bad`.
A rule about changes between two contracts has `bad.pair` and `good.pair`, which tests/review/test_changes.py compares.
"""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from mutants.catalogue import run_of
from support.places import TESTS

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.recordings.reading import read
from toolkit.rules import RULES, Severity
from toolkit.validation.bodies import DocumentedBody
from toolkit.validation.cross_check import CrossCheck
from toolkit.validation.validator import SecondOpinion, Validator
from toolkit.verdict import Body, Verdict, Violation

CASES = TESTS / "cases"
RECORDED = sorted(path.parent.name for path in CASES.glob("*/bad.*") if path.suffix not in (".py", ".yaml", ".pair"))
LIVE = sorted(path.parent.name for path in CASES.glob("*/bad.py"))
# Late in a run, or made to wait
SLOW = {
    "law-page-size-invariant",
    "law-parameter-order",
    "law-repeatable",
    "law-unknown-ignored",
    "method-not-refused",
    "too-slow",
}


def test_every_rule_has_both_cases() -> None:
    for case in ("bad", "good"):
        assert sorted(RULES) == sorted(path.parent.name for path in CASES.glob(f"*/{case}.*"))


# recorded exchanges


def fail(operation: Operation, documented: DocumentedBody, data: bytes, body: Body) -> list[Violation]:
    """Stands for a fault of the program that one value brings to light."""
    if b"19.5" in data:
        raise ZeroDivisionError("a fault")
    return []


class Differing(CrossCheck):
    """Stands for a fault of the second engine that one value brings to light."""

    def _opinions(self, documented: DocumentedBody, data: bytes, body: Body) -> Iterator[tuple[str, bool, bool]]:
        yield "one and the other", True, b"19.99" not in data


SECOND_OPINIONS: dict[str, SecondOpinion] = {"engines-differ": Differing().check, "check-failed": fail}


@cache
def validator(rule: str = "") -> Validator:
    contract = Contract.load(CASES / "contract.yaml")
    return Validator(contract, strict=True, second_opinion=SECOND_OPINIONS.get(rule))


def verdict(rule: str, case: str) -> Verdict:
    [path] = CASES.joinpath(rule).glob(f"{case}.*")
    [record] = read(str(path), "postman" if path.suffix == ".json" else "json-lines")
    return validator(rule if rule in SECOND_OPINIONS else "").check(record)


@pytest.mark.parametrize("rule", RECORDED)
def test_bad_breaks_this_rule_alone(rule: str) -> None:
    assert {violation.rule for violation in verdict(rule, "bad").violations} == {rule}


@pytest.mark.parametrize("rule", RECORDED)
def test_good_breaks_none(rule: str) -> None:
    assert verdict(rule, "good").violations == ()


@pytest.mark.parametrize("rule", RECORDED)
def test_a_violation_has_value_place_and_cure(rule: str) -> None:
    for violation in verdict(rule, "bad").violations:
        assert violation.message and violation.hint and "\n" not in violation.message
        assert violation.severity is RULES[rule].severity
        if rule not in ("record-unreadable", "exchange-unmatched", "limit-exceeded", *SECOND_OPINIONS):
            assert violation.at.startswith(("request.", "response."))
            assert violation.contract.startswith("contract.yaml#/") and violation.operation


# live services


def errors(path: Path, requests: int, rule: str, *, stop: bool) -> tuple[list[str], int]:
    """The rules that a service breaks in that many requests, or until it breaks this one if it is to `stop`, and the requests
    that it took. Warnings of other rules do not count."""
    made = runpy.run_path(str(path))
    run = made["run"]() if "run" in made else run_of(made["service"])
    found = []
    for one in run.verdicts():
        found += [
            violation.rule
            for violation in one.violations
            if violation.rule == rule or violation.severity is Severity.ERROR
        ]
        if (stop and rule in found) or run.requests > requests:
            break
    return found, run.requests


@pytest.mark.parametrize(
    "rule",
    [pytest.param(rule, marks=pytest.mark.slow) if rule in SLOW or at % 5 else rule for at, rule in enumerate(LIVE)],
)
def test_only_the_bad_service_breaks_the_rule(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.conformance.run._MOST_EXAMPLES", 8)  # generated requests are no rule's only proof
    found, requests = errors(CASES / rule / "bad.py", 1_300, rule, stop=True)
    assert rule in found
    assert errors(CASES / rule / "good.py", requests, rule, stop=False)[0] == []
