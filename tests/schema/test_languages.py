"""Patterns as sets of strings: examples of what one matches and the other does not, in bounded time."""

from __future__ import annotations

import re
from itertools import product

import pytest

from toolkit.schema.languages import lengths, strings_between

PATTERNS = [
    "",
    "a",
    "^a",
    "b$",
    "^ab*$",
    "^(a|b)+$",
    "^(a|bb)*$",
    "^a{1,3}$",
    "^(ab?){2,}$",
    "^(a?){3}$",
    "^[^a]*$",
    "^(?!ab)[ab]+$",
    "^(?=.*b)a[ab]*$",
    "a(?!b)",
    "^(?:)$",
    "^a|b$",
    "^b|c$",
    "(?!b$)[ab]",
]
TEXTS = ["".join(letters) for length in range(6) for letters in product("abc", repeat=length)]


@pytest.mark.parametrize("outer", PATTERNS)
@pytest.mark.parametrize("inner", PATTERNS)
def test_differences_are_those_that_matching_shows(inner: str, outer: str) -> None:
    found = strings_between(inner, outer)
    shown = [text for text in TEXTS if re.search(inner, text) and not re.search(outer, text)]
    assert found is not None and bool(found) == bool(shown)
    assert all(re.search(inner, text) and not re.search(outer, text) for text in found)
    assert not found or len(found[0]) == min(map(len, shown), default=0)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("a.{20}", "b.{20}"),
        ("^(([a-z]{1,60}[.]){1,60})$", "^(([a-z]{1,63}[.]){1,63})$"),
        ("^a{9999999}$", "b"),
        (r"\bno\b", "no"),
        ("(?<=a)b", "b"),
    ],
)
def test_what_is_too_large_or_not_regular_is_undecided(inner: str, outer: str) -> None:
    assert strings_between(inner, outer) is None


@pytest.mark.slow
def test_many_repetitions_are_compared_all_the_same() -> None:
    found = strings_between(r"[\s\S]{500,}", r"[\s\S]{501,}")
    assert found and {len(text) for text in found} == {500}
    assert strings_between(r"^[\s\S]{500,}$", r"^[\s\S]{400,}$") == ()
    assert lengths(r"^[\s\S]{500,600}$") == (500, 600)
