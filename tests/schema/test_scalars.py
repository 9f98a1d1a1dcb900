"""A text on the wire is the same integer, number or boolean in a query, a header, a form and XML."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.schema.scalars import MOST_DIGITS, read_boolean, read_integer, read_number
from toolkit.schema.shape import Shapes
from toolkit.wire.json import parse_json
from toolkit.wire.parameters import read_form, read_scalar
from toolkit.xml.codec import XmlCodec

CASES: list[tuple[str, str, Any]] = [
    ("integer", "9" * 1000, int("9" * 1000)), ("integer", "-" + "9" * 1000, -int("9" * 1000)), ("integer", "0", 0), ("integer", "-0", 0),
    ("integer", "01", "01"), ("integer", "+1", "+1"), ("integer", "1.0", "1.0"), ("integer", "\u0663", "\u0663"), ("integer", "1_0", "1_0"),
    ("integer", "9" * (MOST_DIGITS + 1), "9" * (MOST_DIGITS + 1)), ("number", "9" * 1000, int("9" * 1000)), ("number", "1e3", 1000.0),
    ("number", "1.", "1."), ("number", ".5", ".5"), ("number", "1e400", 10**400), ("number", "1e5000", "1e5000"),
    ("number", "-1e-400", Decimal("-1e-400")), ("number", "0e-400", 0.0),
    ("number", "0." + "1" * 1000, float("0." + "1" * 1000)),
    ("number", "NaN", "NaN"), ("boolean", "true", True), ("boolean", "false", False), ("boolean", "True", "True"), ("boolean", "1", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "value"), CASES, ids=[f"{name}-{text[:12]}" for name, text, _ in CASES])
def test_one_meaning_in_every_place(name: str, text: str, value: Any) -> None:
    schema = {"type": "object", "properties": {"A": {"type": name}}}
    codec = XmlCodec.compile(schema, "root")
    found = [
        read_scalar(text, [name]),
        read_form([("A", text)], Shapes(schema).outline(schema))["A"],
        codec.read(f"<root><A>{text}</A></root>".encode()).value["A"],
    ]
    assert found == [value] * 3 and {type(one) for one in found} == {type(value)}


@given(st.integers())
def test_every_integer_is_read_exactly(number: int) -> None:
    assert read_integer(str(number)) == read_number(str(number)) == number


@given(st.text())
def test_what_cannot_be_read_stays_the_same_text(text: str) -> None:
    for read in (read_integer, read_number, read_boolean):
        value = read(text)
        assert value is text or not isinstance(value, str)


@pytest.mark.parametrize("digits", [1, 19, 20, 309, 1000, MOST_DIGITS])
def test_an_integer_of_any_length_is_one_in_json_too(digits: int) -> None:
    text = "9" * digits
    assert parse_json(f'{{"A": [{text}]}}'.encode()) == {"A": [pytest.approx(int(text), rel=1e-15, abs=0)]}
    assert digits < 309 or parse_json(text.encode()) == read_integer(text)
