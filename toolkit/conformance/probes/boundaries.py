"""Schema -> values at and around its boundaries, each with a label: what to send, not what to expect.

The validator that checks recordings decides whether a value is valid, so that there is one opinion on it. A value's `rank`
says how soon it is worth sending: 1 finds common faults, 3 rare ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from toolkit.schema.moments import read_moment, write_moment
from toolkit.wire.parameters import write_scalar


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter's value as a string, with a label that says what is special about it."""

    text: str
    label: str
    rank: int = 2


def values_for(
    schema: dict[str, Any], types: Sequence[str], known: Sequence[str], related: Sequence[str]
) -> list[Value]:
    """The values to send for a parameter, each once, in the order of their ranks.

    `known` are values that occur in the service; `related` are values of the same meaning elsewhere in the contract,
    such as the wider enum of a response.
    """
    found: dict[str, Value] = {}
    for make in (_enum_values, _numbers, _moments, _lengths, _related_values, _any_string, _of_other_types):
        for value in make(schema, types, known, related):
            if value.text not in found or value.rank < found[value.text].rank:
                found[value.text] = value
    return sorted(found.values(), key=lambda value: value.rank)


_Maker = Callable[[dict[str, Any], Sequence[str], Sequence[str], Sequence[str]], Iterator[Value]]


def _members(schema: dict[str, Any]) -> list[str]:
    enum = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return (
        [write_scalar(value) for value in enum if not isinstance(value, (dict, list))] if isinstance(enum, list) else []
    )


def _enum_values(schema: dict[str, Any], types: Any, known: Sequence[str], related: Sequence[str]) -> Iterator[Value]:
    members = _members(schema)
    if not members:
        return
    for member in members:
        yield Value(member, "member of the enum", 1)
    yield Value("no-such-value", "not a member of the enum", 1)
    yield Value("", "empty", 1)
    for value in related:
        yield Value(value, "member of a related enum", 1)
    for index, member in enumerate(members):
        rank = 2 if index == 0 else 3
        yield from (
            Value(text, "member in another case", rank) for text in (member.lower(), member.upper(), member.swapcase())
        )
        yield from (Value(text, "member with a space", rank) for text in (" " + member, member + " "))
        yield Value(member + "\n", "member with a line break", rank)
        yield Value(member[:-1], "member cut short", rank)
        yield Value(member + "x", "member with more after it", rank)
        yield from (
            Value(member + char, label, 3)
            for char, label in (("\0", "member with a NUL"), ("'", "member with a quote"))
        )
    yield Value(",".join(members[:2] * (2 if len(members) == 1 else 1)), "two members at once", 3)
    yield Value("0", "index of a member", 3)
    yield Value("abc", "letters", 3)


_NOT_INTEGERS = (
    ("", "empty", 1), ("abc", "letters", 1), ("1.5", "fraction", 1), ("1.0", "integer as a fraction", 2),
    ("01", "leading zero", 2), ("+1", "plus sign", 2), (" 1", "leading space", 2), ("1 ", "trailing space", 2),
    ("1\n", "trailing line break", 2), ("1e1", "exponent", 2), ("0x10", "hexadecimal", 2), ("-0", "negative zero", 3),
    ("٣", "Unicode digit", 2), ("１", "full-width digit", 3), ("²", "superscript digit", 3),
    ("null", "null", 2), ("true", "boolean", 3), ("NaN", "not a number", 3), ("Infinity", "infinity", 3),
    ("1,2", "list", 2), ("[1]", "array", 3), ("1_0", "digits with an underscore", 3), ("1,000", "thousands separator", 3),
    ("1;", "digits with a semicolon", 3), ("1abc", "digits with letters after them", 2), ("1'", "digits with a quote", 3),
    ("1\0", "digits with a NUL", 3),
    ("0b1", "binary", 3), ("0o1", "octal", 3), ("--1", "two signs", 3), ("1.", "trailing point", 3), (".5", "leading point", 3),
)  # fmt: skip
_EXTREMES = (
    (str(2**31 - 1), "2^31-1", 3), (str(2**31), "2^31", 2), (str(2**32 + 1), "2^32+1", 2), (str(2**63), "2^63", 2),
    (str(2**64), "2^64", 3), (str(2**64 + 1), "2^64+1", 2), (str(-(2**31) - 1), "-2^31-1", 3), ("9" * 100, "100 digits", 2),
)  # fmt: skip


def _numbers(schema: dict[str, Any], types: Sequence[str], known: Sequence[str], related: Any) -> Iterator[Value]:
    if "integer" not in types and "number" not in types:
        return
    low, high = _bounds(schema)
    step = schema.get("multipleOf", 1) if isinstance(schema.get("multipleOf", 1), int) else 1
    if low is not None:
        yield from (
            Value(str(low), "minimum", 1),
            Value(str(low - 1), "minimum - 1", 1),
            Value(str(low + step), "minimum + 1", 1),
        )
    if high is not None:
        yield from (
            Value(str(high), "maximum", 1),
            Value(str(high + 1), "maximum + 1", 1),
            Value(str(high - step), "maximum - 1", 1),
        )
        yield Value(str(high * 2), "twice the maximum", 2)
    if low is not None and high is not None:
        yield Value(str((low + high) // 2), "middle", 2)
    if "default" in schema:
        yield Value(str(schema["default"]), "default", 2)
    yield from (Value("0", "zero", 1), Value("-1", "negative", 1))
    yield from (Value(*entry) for entry in (*_NOT_INTEGERS, *_EXTREMES))


def _bounds(schema: dict[str, Any]) -> tuple[int | None, int | None]:
    """The least and the greatest integer of a schema."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(schema.get("exclusiveMinimum"), int):
        low = schema["exclusiveMinimum"] + 1
    if isinstance(schema.get("exclusiveMaximum"), int):
        high = schema["exclusiveMaximum"] - 1
    return (int(low) if low is not None else None), (int(high) if high is not None else None)


_MOMENTS = (
    ("{day}T00:00:00Z", "midnight", 2), ("{day}T23:59:59Z", "last second of a day", 2),
    ("{day} 10:00:00Z", "space for T", 2), ("{day}t10:00:00Z", "lower-case t", 2), ("{day}T10:00:00z", "lower-case z", 2),
    ("{day}T10:00:00", "no zone", 1), ("{day}T10:00:00+00:00", "offset for Z", 1), ("{day}T10:00:00+08:00", "other offset", 2),
    ("{day}T10:00:00.000Z", "fraction of a second", 1), ("{day}T10:00:00.5Z", "short fraction", 3), ("{day}T10:00Z", "no seconds", 2),
    ("{day}", "date only", 1), ("", "empty", 1), ("yesterday", "letters", 1), ("{unix}", "Unix time", 2), ("{unix}000", "Unix time in ms", 3),
    ("{day}T24:00:00Z", "hour 24", 2), ("{day}T25:00:00Z", "hour 25", 2), ("{day}T10:60:00Z", "minute 60", 2), ("{day}T10:00:60Z", "second 60", 2),
    ("{day}T10:00:61Z", "second 61", 2), ("2023-02-29T00:00:00Z", "29 February of a common year", 1), ("2024-02-30T00:00:00Z", "30 February", 2),
    ("1900-02-29T00:00:00Z", "29 February 1900", 3), ("2023-04-31T00:00:00Z", "31 April", 2), ("2023-13-01T00:00:00Z", "month 13", 1),
    ("2023-00-10T00:00:00Z", "month 0", 2), ("2023-01-00T00:00:00Z", "day 0", 3), ("2023-01-32T00:00:00Z", "day 32", 2),
    ("2023-1-1T0:0:0Z", "no leading zeros", 2), ("20230101T000000Z", "basic form", 2), ("23-01-01T00:00:00Z", "year of two digits", 3),
    ("+2023-01-01T00:00:00Z", "signed year", 3), (" {day}T10:00:00Z", "leading space", 2), ("{day}T10:00:00Z ", "trailing space", 2),
    ("{day}T10:00:00Z\n", "trailing line break", 2), ("{day}T10:00:00ZZ", "more after it", 3), ("{day}T10:00:00Zx", "letters after it", 2),
    ("٢٠٢٣-01-01T00:00:00Z", "Unicode digits", 3), ("01/02/2023", "American form", 3), ("null", "null", 3),
    ("now", "word", 3), ("{day}T10:00:00UTC", "zone by name", 3), ("{day}T10-00-00Z", "hyphens in the time", 3),
)  # fmt: skip
LEAP_DAYS = ("2024-02-29T12:00:00Z", "2000-02-29T12:00:00Z")


def _moments(schema: dict[str, Any], types: Any, known: Sequence[str], related: Any) -> Iterator[Value]:
    if schema.get("format") != "date-time":
        return
    moment = next((found for text in known if (found := read_moment(text))), datetime(2026, 1, 15, 10, tzinfo=UTC))
    day = f"{moment:%Y-%m-%d}"
    for pattern, label, rank in _MOMENTS:
        yield Value(pattern.format(day=day, unix=int(moment.timestamp())), label, rank)
    yield Value(write_moment(moment - timedelta(hours=1)), "moment", 1)
    yield from (Value(text, "leap day", 2) for text in LEAP_DAYS)


def _lengths(schema: dict[str, Any], types: Sequence[str], known: Sequence[str], related: Any) -> Iterator[Value]:
    """Values for a pattern or length: a known one made longer and shorter, and changed in one place."""
    constrained = schema.keys() & {"pattern", "minLength", "maxLength"}
    if "string" not in types or not constrained or _members(schema) or schema.get("format") == "date-time":
        return
    sample = next(iter(known), "1")
    yield Value(sample, "known value" if known else "one digit", 1)
    yield from (Value("", "empty", 1), Value("abc", "letters", 1), Value("1", "one digit", 2))
    unit = sample[-1:] or "1"
    for length in _turning_points(schema, unit):
        yield Value(unit * length, f"{length} characters", 1)
    dirty = (
        (" {}", "leading space"),
        ("{} ", "trailing space"),
        ("{}\n", "trailing line break"),
        ("-{}", "sign"),
        ("+{}", "plus sign"),
    )
    more = (
        ("{}.0", "fraction"),
        ("{}a", "letter after it"),
        ("a{}", "letter before it"),
        ("{},{}", "list"),
        ("{}-{}", "range"),
    )
    for pattern, label in (*dirty, *more):
        yield Value(pattern.replace("{}", sample), label, 2)
    for pattern, label in (
        ("{}'", "quote"),
        ("{}%", "percent sign"),
        ("0x{}", "hexadecimal"),
        ("{}٣", "Unicode digit"),
        ("{}\0", "NUL"),
        ("１", "full-width digit"),
        ("1e3", "exponent"),
    ):
        yield Value(pattern.replace("{}", sample), label, 2 if "digit" in label else 3)


def _turning_points(schema: dict[str, Any], unit: str) -> list[int]:
    """The lengths at which strings of one repeated character become valid or invalid, from both sides."""
    from toolkit.schema.judge import compile_pattern

    matches = compile_pattern(str(schema.get("pattern", "")))
    low, high = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    most = min(high + 2, 260)
    valid = [low <= length <= high and matches(unit * length) for length in range(most)]
    edges = [length for length in range(1, most) if valid[length] != valid[length - 1]]
    return sorted({near for edge in edges for near in (edge - 1, edge)} - {0})


def _related_values(schema: dict[str, Any], types: Any, known: Any, related: Sequence[str]) -> Iterator[Value]:
    """Values of the same meaning, as they are, in other cases, and two at once."""
    for value in related if not _members(schema) else ():
        yield Value(value, "related value", 1)
        yield from (Value(text, "in another case", 2) for text in (value.lower(), value.capitalize(), value.swapcase()))
        yield from (Value(text, "with more after it", 2) for text in (value + "x", value + value))
    if related and not _members(schema):
        yield from (Value(",".join(related), "list", 3), Value("no-such-value", "another value", 1))


HOSTILE = (
    ("a b", "space"), ("a+b", "plus sign"), ("a&b=c", "ampersand"), ("a%20b", "percent sign"), ("<b>&amp;</b>", "markup"),
    ("é€漢字😀", "Unicode"), ("' OR '1'='1", "quote"), ("\";--", "double quote"),
    ("%", "wildcard %"), ("_", "wildcard _"), ("*", "wildcard *"), ("[a", "bracket"),

    ("../../etc/passwd", "path"), ("x" * 2000, "2,000 characters"), ("]]>", "end of CDATA"), ("\\", "backslash"), ("a\tb", "tab"),
    ("null", "null"), ("{\"$gt\": \"\"}", "JSON"), ("${7*7}{{7*7}}", "template"), ("\u202eabc", "direction mark"),
    ("a\nb", "line break"), ("a\0b", "NUL"), ("0", "zero"),
)  # fmt: skip


def _any_string(schema: dict[str, Any], types: Sequence[str], known: Sequence[str], related: Any) -> Iterator[Value]:
    """Strings that break careless services, for a parameter that takes any string."""
    if "string" not in (types or ("string",)) or schema.keys() & {"pattern", "enum", "const", "format"}:
        return
    for value in known[:3]:
        yield Value(value, "known value", 1)
    yield Value("", "empty", 2)
    for text, label in HOSTILE:
        yield Value(text, label, 2 if label in ("Unicode", "quote", "percent sign", "markup") else 3)


_OTHER_TYPES = (("null", "null"), ("true", "boolean"), ("0.5", "fraction"), ("-1", "negative"), ("0", "zero"))


def _of_other_types(schema: dict[str, Any], types: Any, known: Sequence[str], related: Any) -> Iterator[Value]:
    """Values of other JSON types as strings, for a parameter that does not take every string."""
    if schema.keys() & {"pattern", "enum", "const", "format"}:
        yield from (Value(text, label, 3) for text, label in _OTHER_TYPES)
