"""Rules over several parameters, in the words of IDL4OAS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import answer, get, loaded, operation
from support.growth import LINEAR, growth

from toolkit.contract.dependencies import UNREAD, choices, read_rule
from toolkit.exchange import LACKS, Exchange
from toolkit.structs import replace
from toolkit.validation.validator import Validator

NAMES = ("a", "b", "c", "d", "x-y", "f[x]", "$top")


@pytest.mark.parametrize(
    ("rule", "values", "kept"),
    [
        ("a <= b;", {"a": "2024", "b": "2024"}, True), ("a <= b", {"a": 10, "b": 9}, False), ("a < b", {"a": 1}, True),
        ("a == b", {"a": [1], "b": [2]}, True), ("a <= b", {"a": "9", "b": "10"}, True), ("a <= b", {"a": "10", "b": "9"}, False),
        ("a <= b", {"a": 1, "b": "x"}, True), ("a <= b", {"a": "2024-01-01T01:00:00+02:00", "b": "2024-01-01T00:00:00Z"}, True),
        ("a <= b", {"a": "2024-01-01T00:00:00", "b": "2023-01-01T00:00:00Z"}, True),
        ("a <= b", {"a": "2024-01-01T00:00:00Z", "b": "2024-01-01T01:00:00+02:00"}, False), ("a == b", {"a": "01", "b": "1"}, False),
        ("a <= b", {"a": "10:30", "b": "09:30"}, False), ("a <= b", {"a": "9:30", "b": "10:30"}, True), ("a <= b", {"a": "b", "b": "a"}, True),
        ("a != b", {"a": True, "b": True}, False), ("Or(a, b)", {}, False), ("Or(a, b)", {"b": 1}, True),
        ("OnlyOne(a, b)", {"a": 1, "b": 1}, False), ("ZeroOrOne(a, b)", {}, True), ("AllOrNone(a, b)", {"a": 1}, False),
        ("AllOrNone(a, Or(b, c))", {"a": 1, "c": 1}, True), ("AllOrNone(a, Or(b, c))", {"a": 1}, False), ("NOT AllOrNone(a, b)", {}, False),
        ("OnlyOne(a, b AND c)", {"a": 1, "b": 1, "c": 1}, False), ("OnlyOne(a, b AND c)", {"a": 1, "b": 1}, True), ("IF a THEN b", {"a": 1}, False),
        ("IF a=='x' THEN NOT b", {"a": "x", "b": 1}, False), ("IF a=='x' THEN b", {"a": "y"}, True), ("IF a=x THEN b", {"a": "x"}, False),
        ("IF a AND b THEN c", {"a": 1, "b": 1}, False), ("IF a AND b THEN c", {"a": 1}, True), ("Or(NOT a, b)", {"a": 1}, False),
        ("IF a OR b AND c THEN d", {"b": 1}, True), ("IF a OR b AND c THEN d", {"a": 1}, False),
        ("IF a THEN NOT (b OR c)", {"a": 1, "c": 1}, False), ("IF NOT a THEN b OR (c AND d)", {"c": 1}, False),
        ("IF a THEN b=='x'|'y'", {"a": 1, "b": "y"}, True), ("IF a THEN b=='x'|'y'", {"a": 1, "b": "z"}, False),
        ("IF a THEN b!='x'", {"a": 1, "b": "x"}, False), ("IF a==true THEN b", {"a": True}, False), ("IF a==true THEN b", {"a": False}, True),
        ("IF a>10 THEN b", {"a": 11}, False), ("IF a>10 THEN b", {}, True), ("a + b <= 100", {"a": 60, "b": 41}, False),
        ("a + b <= 100", {"a": 101}, True), ("a + b <= 0.3", {"a": 0.1, "b": 0.2}, True), ("(a + b) * c < 20.5", {"a": 1, "b": 2, "c": 7}, False),
        ("a-b>=0", {"a": 1, "b": 2}, False), ("a / b < 1", {"a": 1, "b": 0}, True), ("IF c THEN a - b >= 0", {"a": 1, "b": 2}, True),
        ("IF a < b THEN c", {"a": 1, "b": 2}, False), ("IF x-y THEN [f[x]]", {"x-y": 1}, False), ("OnlyOne([f[x]], $top)", {"f[x]": 1}, True),
        ("IF a LIKE 'x*' THEN b", {"a": "xy"}, False), ("IF a LIKE 'x*' THEN b", {"a": "yx"}, True),
        ("IF a LIKE '*e*d*' THEN b", {"a": "bead"}, False),
        ("IF a LIKE '*d*e*' THEN b", {"a": "bead"}, True), ("IF a LIKE 'aba*aba' THEN b", {"a": "aba"}, True),
        ("IF a LIKE 'x' THEN b", {"a": "x"}, False),
        ("IF a LIKE '*' THEN b", {"a": 1}, True), ("IF NOT a LIKE 'x*' THEN b", {}, False), ("IF a THEN b==-100", {"a": 1, "b": -100}, True),
        ("IF a THEN b==-100", {"a": 1, "b": 100}, False),
        ("OnlyOne([f[x]], $top)", {"f[x]": 1, "$top": 1}, False), ("IF a THEN b; IF b THEN c; // both", {"a": 1, "b": 1}, False),
        ("IF a THEN b; # first\nIF b THEN c;", {"a": 1, "b": 1, "c": 1}, True), ("IF a=='x' THEN b", {"a": ["x", "y"]}, True),
        ("IF a=='x' THEN b", {"a": UNREAD}, True), ("IF a THEN b", {"a": UNREAD}, False), ("OnlyOne(a, b=='x')", {"a": 1, "b": UNREAD}, True),
    ],
)  # fmt: skip
def test_a_rule_is_kept_broken_or_open(rule: str, values: dict[str, Any], kept: bool) -> None:
    read = read_rule(rule, NAMES)
    assert read
    assert (read.broken(values) == "") is kept


@pytest.mark.parametrize(
    "text",
    [
        "what is this?", "", ";", "IF a", "IF a THEN", "THEN a", "a b", "a <", "a < b < c", "Or(a, b", "Or", "IF a LIKE 'x?' THEN b", "a <= 'x' + b",
        "f(a)", "a; DROP b", 7, None, "a[0] <= b", "(" * 2400 + "a" + ")" * 2400, "a" * 20000, "NOT " * 1200 + "a",
    ],
)  # fmt: skip
def test_what_is_no_rule_of_the_language_is_none(text: Any) -> None:
    assert read_rule(text, NAMES) is None


def test_a_rule_names_its_parameters_and_the_values_that_it_states() -> None:
    read = read_rule("IF a=='x'|'y' THEN OnlyOne(b, c==word);", NAMES)
    assert read
    assert (read.names, read.stated) == (("a", "b", "c"), (("a", "x"), ("a", "y"), ("c", "word")))
    assert (
        read.broken({"a": "x"})
        == "the request has a=x without b, c; the rule is IF a=='x'|'y' THEN OnlyOne(b, c==word)"
    )


def test_a_request_without_any_of_the_parameters_has_none_of_them() -> None:
    read = read_rule("Or(a, b);", NAMES)
    assert read and read.broken({}) == "the request has none of a, b; the rule is Or(a, b)"


def test_choices_are_all_ways_to_have_some_of_the_things() -> None:
    assert choices({"a": [1, 2], "b": [3]}, 9) == [{}, {"b": 3}, {"a": 1}, {"a": 1, "b": 3}, {"a": 2}, {"a": 2, "b": 3}]
    assert len(choices({"a": [1, 2], "b": [3]}, 4)) == 4


@pytest.mark.slow
def test_a_rule_with_many_spaces_is_read_in_time_that_grows_with_it() -> None:
    spaced = lambda size: "IF" + " " * size + "a" + " " * size + "b"  # noqa: E731
    assert growth(spaced, lambda text: read_rule(text, NAMES), 400) < LINEAR


@pytest.mark.parametrize(
    ("rule", "query", "body", "broken"),
    [
        ("IF mode==card THEN number", "", b'{"mode": "card"}', True), ("IF mode==card THEN number", "", b'{"mode": "card", "number": "1"}', False),
        ("OnlyOne(number, phone)", "", b'{"number": "1", "phone": "2"}', True), ("OnlyOne(number, phone)", "", b"", True),
        ("OnlyOne(number, phone)", "", None, False), ("OnlyOne(number, phone)", "", b'{"number": null}', False),  # nobody knows
        ("IF q THEN mode", "?q=1", b"{}", True), ("IF q THEN mode", "?q=1", b'{"mode": "card"}', False), ("a <= b", "", b'{"a": 3, "b": 2}', True),
        ("a <= b", "", b'{"a": "x", "b": [', False),
    ],
)  # fmt: skip
def test_a_rule_may_name_properties_of_the_body(
    rule: str, query: str, body: bytes | None, broken: bool, tmp_path: Path
) -> None:
    texts = {name: {"type": "string"} for name in ("mode", "number")}
    schema = {"properties": {**texts, "a": {}, "b": {}}, "allOf": [{"properties": {"phone": {"type": "string"}}}]}
    described = operation(
        "x",
        parameters=[{"name": "q", "in": "query", "schema": {"type": "string"}}],
        requestBody={"content": {"application/json": {"schema": schema}}},
    )
    contract = loaded(tmp_path, {"/x": {"post": {**described, "x-dependencies": [rule]}}})
    fault = f"{LACKS}the end of the body" if body and body.endswith(b"[") else None
    sent = replace(get(f"/x{query}", ("Content-Type", "application/json"), body=body, method="POST"), fault=fault)
    found = [(one.rule, one.at) for one in Validator(contract).check(Exchange(sent, answer(b"{}"))).violations]
    assert (("parameters-inconsistent", "request.body") in found) is broken
    assert "dependency-unread" not in dict(found)


@pytest.mark.parametrize(("query", "broken"), [("?a=2&b=1", True), ("?a=1&b=2", False)])
def test_a_rule_of_parameters_is_checked_also_where_a_schema_of_the_body_cannot_be_used(
    query: str, broken: bool, tmp_path: Path
) -> None:
    described = operation(
        "x",
        parameters=[{"name": name, "in": "query", "schema": {"type": "integer"}} for name in "ab"],
        requestBody={
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/None"}}, "text/plain": {}}
        },
    )
    contract = loaded(tmp_path, {"/x": {"post": {**described, "x-dependencies": ["a <= b"]}}})
    sent = get(f"/x{query}", ("Content-Type", "text/plain"), body=b"x", method="POST")
    found = [one.rule for one in Validator(contract).check(Exchange(sent, answer(b"{}"))).violations]
    assert ("parameters-inconsistent" in found) is broken and "contract-unusable" not in found
