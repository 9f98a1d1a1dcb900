"""Patterns in XSD's language: the same texts match, judged by the JSON Schema engine, and nothing explodes."""

from __future__ import annotations

import re

import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from toolkit.schema.patterns import linear_pattern
from toolkit.xml.xsd_pattern import ExplosivePattern, translated
from toolkit.xml.xsd_validator import xsd_validator

PATTERNS = [
    "",
    "abc",
    "^abc",
    "abc$",
    "^abc$",
    "^a|b$",
    "^(?:a|b)+c?$",
    r"^\d{2,3}$",
    r"^[^\d\s]+$",
    r"\w-\w",
    r"^\D\W\S$",
    r"^a.b$",
    r"^[\w.-]+$",
    r"^[a-c\-\]]{1,}$",
    r"^(?<name>a)b*?$",
    r"^\u0061\x62\/\.$",
    r"^[a-z]+(?:[-.][a-z]+)*$",
    r"^(\d+),(\d+)$",
    r"^$",
    r"^[\s\S]*$",
]
ALPHABET = "abc-./] \n19_é,"


@settings(deadline=None, max_examples=300)
@example(r"^\D\W\S$", "]]1")
@example(r"^\W$", "]")
@given(st.sampled_from(PATTERNS), st.text(ALPHABET, max_size=6))
def test_the_same_texts_match_in_all_engines(pattern: str, text: str) -> None:
    expected = jsonschema_rs.validator_for({"pattern": pattern}).is_valid(text)
    assert linear_pattern(pattern)(text) == expected
    assert bool(re.fullmatch(translated(pattern), text)) == expected
    xsd = (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r"><xs:simpleType>'
        f'<xs:restriction base="xs:string"><xs:pattern value="{translated(pattern)}"/></xs:restriction>'
        "</xs:simpleType></xs:element></xs:schema>"
    )
    assert (not list(xsd_validator(xsd)(f"<r>{text}</r>".encode()))) == expected


UNSAYABLE = r"^(?=a)  ^(?!a)  (?<=a)b  \bword  (a)\1  \p{L}  a^b  a$b  (^a)  []  (  )  a**  [z-a]  a{1001}  \k<n>  \u12"
EXPLOSIVE = (
    r"^(a+)+$  ^(a|a)*$  ^(a|ab)*$  ^(a*)*$  ^(a?b?)+$  ^(a[ab]?)+$  ^([a-z]+[a-z]*)+$  ^([ab]|[bc])+$  ^(\w+\s?)*$"
)


@pytest.mark.parametrize("pattern", [*UNSAYABLE.split(), r"\ud800", "a{3,2}", "\\", "[a", "\x01"])
def test_what_has_no_translation_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"^it|^its"):
        translated(pattern)


def test_a_brace_that_is_no_quantifier_stands_for_itself() -> None:
    assert translated("^a{$") == r"a\{"


@pytest.mark.parametrize("pattern", [*EXPLOSIVE.split(), "a*" * 20])
def test_what_may_take_exponential_time_is_refused(pattern: str) -> None:
    with pytest.raises(ExplosivePattern):
        translated(pattern)


@pytest.mark.parametrize("pattern", [pattern for pattern in PATTERNS if pattern])
def test_what_is_taken_is_judged_soon(pattern: str) -> None:
    for text in ("a" * 2000, "a-" * 1000 + "!", "1" * 2000, "ab" * 1000 + "\n"):
        re.fullmatch(translated(pattern), text)
        linear_pattern(pattern)(text)
