"""JSON texts, strictly (RFC 8259)."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.wire.json import JsonFault, dump_json, parse_json, read_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (b"", "json-syntax"), (b" \n", "json-syntax"), (b"{", "json-syntax"), (b"{}}", "json-syntax"), (b"{} {}", "json-syntax"),
        (b"{}\0", "json-syntax"),
        (b"[1e99999]", "limit-exceeded"), (b"[" + b"7" * 5_000 + b"]", "limit-exceeded"),
        (b"[NaN]", "json-syntax"), (b"-Infinity", "json-syntax"), (b"[1,]", "json-syntax"), (b"{'a':1}", "json-syntax"),
        (b"01", "json-syntax"), (b"+1", "json-syntax"),
        (b'"\t"', "json-syntax"), (b'"\\ud800"', "json-syntax"), (b'"\\x41"', "json-syntax"),
        (b"// a\n1", "json-syntax"), (b"\xff\xfe{\0}\0", "body-undecodable"),
        (b"\xfe\xff\0{\0}", "body-undecodable"),
        (b"{\0}\0", "body-undecodable"), (b'"\xe9"', "body-undecodable"), (b'"\xed\xa0\x80"', "body-undecodable"),
        (b"\x89PNG\r\n", "body-undecodable"),
        (b'{"a":1,"a":1}', "json-duplicate-name"), (b'[[{"b":{"a":1,"\\u0061":2}}]]', "json-duplicate-name"),
        (b'{"a:":1,"a:":2}', "json-duplicate-name"),
        (b'{"":0,"":0}', "json-duplicate-name"), (b'{"a\\u003a":1,"a:":2}', "json-duplicate-name"),
        (b'{ "a" : "x:y" , "a" : "" }', "json-duplicate-name"),
        (b"[" * 100_000, "json-syntax"), (b"[" * 100_000 + b"]" * 100_000, "json-syntax"), (b'{"a":' * 100_000, "json-syntax"),
        (b'{"a":1,"a":' + b"9" * 300 + b"}", "json-duplicate-name"),
    ],
)  # fmt: skip
def test_what_is_no_json_text_is_refused_in_one_line_and_soon(text: bytes, rule: str) -> None:
    began = time.process_time()
    with pytest.raises(JsonFault) as caught:
        parse_json(text)
    assert caught.value.rule == rule and caught.value.hint and "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500 and time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"\xef\xbb\xbf{}", {}), (b" \r\n\t1 ", 1), (b'"\\ud83d\\ude00"', "😀"), (b"18446744073709551615", 2**64 - 1), (b"-0", 0),
        (b"1E2", 100.0),
        (b'{"a":{"a":{"a":1}}}', {"a": {"a": {"a": 1}}}), (b'{"a":"{\\"a\\":1}","b":":"}', {"a": '{"a":1}', "b": ":"}),
        (b'{"a":1,"A":2}', {"a": 1, "A": 2}), (b'"\x7f"', "\x7f"),
    ],
)  # fmt: skip
def test_a_json_text_is_read(text: bytes, value: Any) -> None:
    assert parse_json(text) == value


@given(VALUES, st.sampled_from((None, 1)), st.booleans())
def test_what_is_written_is_read(value: Any, indent: int | None, ascii_only: bool) -> None:
    assert parse_json(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()) == value
    assert parse_json(dump_json(value)) == value


@given(st.dictionaries(st.text('ab:"\\é', max_size=3), st.integers(0, 9), min_size=1), st.data())
def test_a_name_given_twice_is_always_found(value: dict[str, int], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(sorted(value)))
    escaped = "".join(f"\\u{ord(mark):04x}" for mark in again)
    text = f'[{{"x": {json.dumps(value)[:-1]}, "{escaped}": 0}}}}]'
    with pytest.raises(JsonFault, match="more than once"):
        parse_json(text.encode())


def test_a_repeated_name_is_told_with_its_values() -> None:
    with pytest.raises(JsonFault, match=r'the name "a" is given more than once in one object, with the values 1, 2.5'):
        parse_json(b'{"a":1,"a":2.5}')


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[ 123456789012345678901234567890 ]", [123456789012345678901234567890]),
        ('{"a":-1e400, "b":2}', {"a": -(10**400), "b": 2}),
        ('{"a":1e-400, "b":0.0}', {"a": Decimal("1e-400"), "b": 0.0}),
        ("[-1E-0400]", [Decimal("-1e-400")]),
        (f"[0.{'0' * 400}1]", [Decimal("1e-401")]),
        ("[0.0e-400,5e-324]", [0.0, 5e-324]),
        ("1.5e400", 15 * 10**399),
        ("[ 1.5, 1e21 ]", [1.5, 1e21]),
        ('["\\u00e9", 100000000000000000001, 2.5e3]', ["é", 100000000000000000001, 2500.0]),
    ],
)
def test_large_numbers_are_read_exactly(text: str, value: object) -> None:
    read = parse_json(text.encode())
    assert read == value and type(read) is type(value)


@pytest.mark.parametrize("text", ["1e999999999", "NaN", "-Infinity", "[1e5000]"])
def test_numbers_that_cannot_be_held_are_refused_at_once(text: str) -> None:
    with pytest.raises(JsonFault):
        parse_json(text.encode())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (rb'"\ud800"', "\ufffd"), (rb'"\uDC00\ud83d\ude00"', "\ufffd😀"), (rb'"\ud800\ud800\udc00"', "\ufffd\U00010000"),
        (rb'{"\udfff": "\\ud800"}', {"\ufffd": "\\ud800"}),
    ],
)  # fmt: skip
def test_half_of_a_pair_is_a_warning(text: bytes, value: Any) -> None:
    body = read_json(text)
    assert body.value == value and body.readable and [fault.rule for fault in body.faults] == ["json-surrogate"]


def test_another_fault_beside_half_of_a_pair_counts() -> None:
    assert [fault.rule for fault in read_json(rb'{"a":"\ud800","a":1}').faults] == ["json-duplicate-name"]
    assert [fault.rule for fault in read_json(rb'"\ud800').faults] == ["json-syntax"]
    assert [fault.rule for fault in read_json(b'"\xed\xa0\x80"').faults] == ["body-undecodable"]


def test_more_objects_and_arrays_than_can_be_held_are_a_limit_and_braces_in_strings_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("toolkit.document.names.MOST_PARTS", 100)
    assert read_json(b"[" + b",".join([b"{}"] * 99) + b"]").faults == ()
    assert [fault.rule for fault in read_json(b"[" + b",".join([b"{}"] * 100) + b"]").faults] == ["limit-exceeded"]
    text = b'"' + b'[{\\"' * 200 + b'"'
    assert read_json(text).value == '[{"' * 200


def test_more_values_than_can_be_held_are_a_limit_and_commas_in_strings_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("toolkit.document.names.MOST_PARTS", 3)
    monkeypatch.setattr("toolkit.document.names.MOST_VALUES", 100)
    assert read_json(b'[",\\",", ' + b",".join([b"1"] * 100) + b"]").faults == ()
    assert [fault.rule for fault in read_json(b"[" + b",".join([b"1"] * 102) + b"]").faults] == ["limit-exceeded"]
