"""Rules over several parameters, in the words of IDL4OAS."""

from __future__ import annotations

from typing import Any

import pytest
from support.growth import LINEAR, growth

from toolkit.contract.dependencies import broken, names_in


@pytest.mark.parametrize(
    ("rule", "values", "kept"),
    [
        ("a <= b;", {"a": "2024", "b": "2024"}, True), ("a <= b", {"a": 10, "b": 9}, False), ("a < b", {"a": 1}, True), ("a <= b", {"a": 1,
        "b": "0"}, True), ("a == b", {"a": [1], "b": [2]}, True),
        ("Or(a, b)", {}, False), ("Or(a, b)", {"b": 1}, True), ("OnlyOne(a, b)", {"a": 1, "b": 1}, False), ("ZeroOrOne(a, b)", {}, True),
        ("AllOrNone(a, b)", {"a": 1}, False),
        ("IF a THEN b", {"a": 1}, False), ("IF a=='x' THEN NOT b", {"a": "x", "b": 1}, False), ("IF a=='x' THEN b", {"a": "y"}, True),
        ("what is this?", {}, True), ("", {}, True), ("IF a AND b THEN c", {"a": 1, "b": 1}, True), ("Or(NOT a, b)", {}, True),
        ("OnlyOne([f[x]], $top)", {"f[x]": 1}, True), ("OnlyOne([f[x]], $top)", {"f[x]": 1, "$top": 1}, False),
    ],
)  # fmt: skip
def test_values_keep_or_break_a_dependency(rule: str, values: dict[str, Any], kept: bool) -> None:
    assert (broken(rule, values) is None) is kept


@pytest.mark.slow
def test_a_rule_with_many_spaces_is_read_in_time_that_grows_with_it() -> None:
    assert names_in("IF  a \t THEN   b") == ("a", "b")
    assert growth(lambda size: "IF" + " " * size + "a" + " " * size + "b", names_in, 400) < LINEAR
