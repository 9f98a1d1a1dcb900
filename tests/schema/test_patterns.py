"""Patterns mean what ECMA-262 says (each row was put to Node.js), or are left unread."""

from __future__ import annotations

import pytest

from toolkit.schema.judge import JsonSchema
from toolkit.schema.patterns import compile_pattern, linear_pattern, portable, translate

ECMA = [
    (r"^(?<y>\d{4})-\k<y>$", ["2024-2024"], ["2024-2025"]), (r"^(\w+)\s\1$", ["a a"], ["a b"]), (r"(a)(b)\2\1", ["abba"], ["abab"]),
    (r"^(?<a>.)(?<b>.)\k<b>\k<a>$", ["abba"], ["abab"]), (r"^(a)\1(?:0)$", ["aa0"], ["a0"]), (r"^\1(a)$", ["a"], ["aa"]),
    (r"^{[0-9]+}$", ["{12}"], ["12"]), (r"^a{,3}$", ["a{,3}"], ["aa"]), (r"^a{1$", ["a{1"], ["a"]), (r"^a]}$", ["a]}"], ["a"]),
    (r"^[^]$", ["x", "\n"], ["", "xx"]), (r"^[]a]$", [], ["]", "a", "a]"]), (r"^\<[a-z]+\>$", ["<a>"], ["a"]), (r"^\_\-\@$", ["_-@"], []),
    (r"^\0$", ["\0"], ["0"]), (r"^[\b]$", ["\b"], ["b"]), (r"^\cA$", ["\x01"], ["cA"]), (r"^\x41\u0042$", ["AB"], ["x41"]),
    (r"^\u{1F600}$", ["😀"], ["u"]), (r"^\ud83d\ude00$", ["😀"], []), (r"^[😀-🙏]$", ["😃"], ["x"]), (r"^.$", ["a", "😀"], ["\n", "\r", "\u2028"]),
    (r"^\d$", ["1"], ["١"]), (r"^\w$", ["a"], ["é"]), (r"^\s$", ["\xa0", "\ufeff"], ["\x85", "\u180e"]), (r"^[^\S]$", [" "], ["a"]),
    (r"\bfoo\b", ["éfoo", "a foo"], ["afoo"]), (r"\Bx", ["ax"], ["éx"]), (r"^a$", ["a"], ["a\n"]), (r"^[\w-.]+$", ["a-."], ["!"]),
    (r"^[\d-x]+$", ["1-x"], ["y"]), (r"^[+--]$", [",", "+", "-"], ["."]), (r"^[a-z&&0-9]$", ["&", "a"], ["A"]), (r"^[a~~b]$", ["~"], ["c"]),
    (r"^[[:alpha:]]+$", ["a]", ":]]"], ["alpha"]), (r"^(?=.*\d)(?!.*--)[\w-]+$", ["a1"], ["a--1"]), (r"(?<=a)b|(?<!c)d", ["ab", "d"], ["cd"]),
    (r"^\p{L}\p{Script=Greek}$", ["éα"], ["1α"]), (r"^[\x00-\x7F]*$", ["~"], ["é"]), (r"^(?:a|b){2,3}?$", ["ab"], ["a"]),
    (r"^(?!x)[^\w]\W$", ["éé"], ["aé"]), (r"^(?=.)\d[\da]$", ["1a"], ["١1"]), (r"^(?!x)\s\S$", ["\ufeff\x85"], [" \xa0"]),
    (r"^(a)\1\w$", ["aab"], ["aaé"]),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "matching", "others"), ECMA)
def test_patterns_of_ecma_262(pattern: str, matching: list[str], others: list[str]) -> None:
    assert translate(translate(pattern)) == translate(pattern)
    matches = compile_pattern(pattern)
    assert [text for text in (*matching, *others) if matches(text)] == matching


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (r"^[\s-_]+$", r"^[\s\-_]+$"), (r"^[a-\d]$", r"^[a\-\d]$"), (r"^[-\w]+[\d-]$", None), (r"^\p{Alnum}$", ""),
        (r"^\p{Greek}$", r"^\p{Script=Greek}$"), (r"^[\p{L}\p{Script=Han}]$", None),
    ],
)  # fmt: skip
def test_patterns_are_written_for_readers_with_the_flag_u(pattern: str, written: str | None) -> None:
    assert portable(pattern) == (pattern if written is None else written or None)


UNREAD = [
    r"^[a-z]+\Z", r"^\p{IsBasicLatin}+$", r"^\h+$", "^(?#c)a$", "[", "(", "a**", "[z-a]", r"[\Z]", r"\8", r"(?<a>x)\k<b>", r"\ud83d", r"^a(?R)?b$",
    r"^(a)?b\1$", r"^(?:(a)|b)\1$", r"^(?!(a))b\1$",  # to a group that has not matched, a back-reference is the empty string
]  # fmt: skip


@pytest.mark.parametrize("pattern", UNREAD)
def test_what_hangs_on_a_pattern_that_cannot_be_read_is_not_checked(pattern: str) -> None:
    rules = {"type": ["string", "integer"], "pattern": pattern, "maxLength": 5}
    schema = JsonSchema.compile({"properties": {"a": rules, "b": {"not": {"pattern": pattern}}}, "required": ["a"]})

    def found(value: object) -> list[str]:
        return [] if schema.is_certain(value) else [error.rule for error in schema.errors(value)]

    assert found({"a": 1}) == []
    assert found({"a": "ab"}) == ["pattern-unchecked"]
    assert found({"a": "abcdef"}) == ["schema-length"]
    assert found({"a": 1, "b": 2}) == ["schema-alternative"]
    assert pattern in next(schema.errors({"a": "ab"})).message


def test_names_that_cannot_be_told_are_not_checked() -> None:
    schema = JsonSchema.compile(
        {"properties": {"a": {}}, "patternProperties": {r"x\Z": {"type": "null"}}, "additionalProperties": False}
    )
    assert schema.is_certain({"a": 1})
    assert not schema.is_certain({"z": 1}) and schema.is_valid({"z": 1})
    assert [error.rule for error in schema.errors({"z": 1})] == ["pattern-unchecked"]


def test_a_message_gives_the_pattern_as_the_contract_writes_it() -> None:
    schema = JsonSchema.compile({"pattern": r"^.\<$"})
    assert next(schema.errors("ab")).message == r'"ab" does not match the pattern ^.\<$'


def test_a_pattern_that_takes_too_long_is_not_checked() -> None:
    schema = JsonSchema.compile({"pattern": r"^(\w+\s?)+\1$"})
    assert [error.rule for error in schema.errors("a" * 5_000 + "!")] == ["pattern-unchecked"]


def test_word_edges_in_linear_time() -> None:
    assert (
        linear_pattern(r"^\bfoo")("foo") and linear_pattern(r"\bfoo\b")("éfoo") and not linear_pattern(r"\bfoo")("afoo")
    )


@pytest.mark.parametrize("pattern", ["(" * 2_000 + ")" * 2_000, "[" + "a-z" * 50_000 + "]"])
def test_a_pattern_that_is_too_large_to_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="characters or"):
        translate(pattern)


@pytest.mark.parametrize("keyword", ["not", "if"])
def test_an_unreadable_pattern_is_not_taken_for_one_that_matches_nothing(keyword: str) -> None:
    """Where a value is refused by what matches, both readings count: it may be valid, and that is not known."""
    unread = {"required": ["a"], "properties": {"a": {"pattern": r"^\k<y>$"}}}
    schema = JsonSchema.compile({"not": unread} if keyword == "not" else {"if": unread, "then": {"required": ["b"]}})
    assert schema.is_valid({"a": "x"}) and not schema.is_certain({"a": "x"})
    assert [error.rule for error in schema.errors({"a": "x"})] == ["pattern-unchecked"]
    assert schema.is_certain({"c": "x"})
