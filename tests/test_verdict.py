"""Violations and verdicts: what identifies a violation, and how both read as text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.violations import violation

from toolkit.verdict import ContractPlace, Verdict, Violation, general, printable

HOSTILE = "\x1b[31mred\r\n\ud800"

# what identifies a violation


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("response.body#/Tasks/Task/0/Status", "response.body#/Tasks/Task/*/Status"),
        ("response.body#/Root/Task[2]/Status (line 9)", "response.body#/Root/Task[*]/Status (line *)"),
        ("request.query.PageSize2", "request.query.PageSize2"),
        ("response.header.X-2", "response.header.X-2"),
        ("response.body#/a~1/v1.2", "response.body#/a~1/v1.2"),
    ],
)
def test_indices_are_generalised_and_names_are_not(at: str, expected: str) -> None:
    assert general(at) == expected


def test_a_place_in_the_contract_is_read() -> None:
    found = ContractPlace.parse("api/openapi.yaml#/paths/~1a:b/get:12:5")
    assert (found.file, found.pointer, found.line, found.column) == ("api/openapi.yaml", "/paths/~1a:b/get", 12, 5)
    assert ContractPlace.parse("#/a/b").pointer == "/a/b"
    assert ContractPlace.parse("").file == ""


def test_a_fingerprint_names_the_kind_and_not_the_occurrence() -> None:
    first = violation().fingerprint
    assert re.fullmatch("[0-9a-f]{40}", first)
    assert violation(index=7).fingerprint == first
    moved = violation(contract="/elsewhere/openapi.yaml#/components/schemas/Task/properties/Size:99:1")
    assert moved.fingerprint == first
    assert violation("schema-value").fingerprint != first
    assert violation(operation="Other").fingerprint != first
    assert violation(contract="openapi.yaml#/components/schemas/Task").fingerprint != first


def test_without_a_place_in_the_schema_the_place_in_the_exchange_tells_kinds_apart() -> None:
    one, other = (violation("parameter-undeclared", contract="", at=f"request.query.{name}") for name in "ab")
    assert one.fingerprint != other.fingerprint


# the cure


def test_a_violation_says_what_to_do_of_its_own_or_as_its_rule_does() -> None:
    assert Violation("parameter-repeated", "sent twice").hint == "send the parameter once, or declare it as an array"
    assert violation().hint == "Send a number." and violation().located("a", "b").hint == "Send a number."
    assert Violation("operation-removed", "GET /a is gone").hint == ""  # that is for who changes the contract to say


# text


def test_a_verdict_reads_as_text() -> None:
    verdict = Verdict(
        "traffic.har:0", "ListTasks", violations=(violation(), violation("parameter-undeclared", hint=""))
    )
    assert (
        str(verdict)
        == """\
traffic.har:0: does not conform (ListTasks)
  error schema-type: "0" is a string, not an integer
    where     response.body#/Tasks/0/Size
    contract  openapi.yaml:12:5 #/components/schemas/Task/properties/Size
    cure      Send a number.
  warning parameter-undeclared: "0" is a string, not an integer
    where     response.body#/Tasks/0/Size
    contract  openapi.yaml:12:5 #/components/schemas/Task/properties/Size
    cure      check the spelling and the case of the name; leave the parameter out, or declare it in the contract"""
    )


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Verdict("a.har:1", "ListTasks"), "a.har:1: conforms (ListTasks)"),
        (Verdict("a.har:1", unmatched="no operation"), "a.har:1: outside the contract: no operation"),
        (Verdict(""), "exchange: conforms"),
        (
            Verdict("a.har:1", violations=(Violation("too-slow", "3 s").soften(),)),
            "a.har:1: conforms\n  warning too-slow: 3 s\n    cure      find what is slow, for example a missing index",
        ),
    ],
)
def test_every_outcome_is_named(verdict: Verdict, text: str) -> None:
    assert str(verdict) == text


def test_text_of_a_verdict_has_no_control_characters() -> None:
    verdict = Verdict(HOSTILE, HOSTILE, violations=(violation(message=HOSTILE, at=HOSTILE, hint=HOSTILE),))
    assert all(line.isprintable() for line in str(verdict).split("\n"))
    assert len(str(verdict).split("\n")) == 5


@given(st.text(st.characters(exclude_categories=())))
def test_printable_text_has_no_control_character(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)
