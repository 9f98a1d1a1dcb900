"""Schema -> values at and around its boundaries, each with a label: what to send, not what to expect.

The validator that checks recordings decides whether a value is valid, so that there is one opinion on it. A value's `rank`
says how soon it is worth sending: 1 finds common faults, 3 rare ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from toolkit.schema.patterns import compile_pattern
from toolkit.schema.scalars import read_moment, write_moment
from toolkit.structs import Frozen
from toolkit.wire.parameters import write_scalar

_MOST_VALUES = 60  # of one parameter
_MOST_MEMBERS = 8  # of an enum that are sent
_MOST_DIRTY = 3  # of them that are sent in forms that are not quite right


class Value(Frozen):
    """A parameter's value as a string, with a label that says what is special about it."""

    text: str
    label: str
    rank: int = 2


def values_for(
    schema: dict[str, Any], types: Sequence[str], known: Sequence[str], related: Sequence[str]
) -> list[Value]:
    """The values to send for a parameter, each once, in the order of their ranks; not more than are worth it. `known` are values that occur
    in the service; `related` are values of the same meaning elsewhere in the contract, such as the wider enum of a response."""
    found: dict[str, Value] = {}
    for make in _MAKERS:
        for value in make(schema, types, known, related):
            if value.text not in found or value.rank < found[value.text].rank:
                found[value.text] = value
    return sorted(found.values(), key=lambda value: value.rank)[:_MOST_VALUES]


_Maker = Callable[[dict[str, Any], Sequence[str], Sequence[str], Sequence[str]], Iterator[Value]]


def _members(schema: dict[str, Any]) -> list[str]:
    """The members of an enum as strings; no string stands for null, and what an empty one stands for is left open."""
    enum = schema.get("enum", [schema["const"]] if "const" in schema else [])
    scalars = (value for value in enum if not isinstance(value, (dict, list))) if isinstance(enum, list) else ()
    return list(filter(None, map(write_scalar, scalars)))


def _sample(members: Sequence[str]) -> list[str]:
    """All members where they are few; else the first, the last, and some between."""
    count = len(members)
    if count <= _MOST_MEMBERS:
        return list(members)
    return [members[index * (count - 1) // (_MOST_MEMBERS - 1)] for index in range(_MOST_MEMBERS)]


def _enum_values(schema: dict[str, Any], types: Any, known: Sequence[str], related: Sequence[str]) -> Iterator[Value]:
    members = _sample(_members(schema))
    if not members:
        return
    for member in members:
        yield Value(member, "member of the enum", 1)
    yield Value("no-such-value", "not a member of the enum", 1)
    yield Value("", "empty", 1)
    for value in _sample(related):
        yield Value(value, "member of a related enum", 1)
    for index, member in enumerate(members[:_MOST_DIRTY]):
        rank = 2 if index == 0 else 3
        in_other_case = (member.lower(), member.upper(), member.swapcase())
        yield from (Value(text, "member in another case", rank) for text in in_other_case)
        yield Value(member[:-1], "member cut short", rank)
        yield from _variants(member, _OF_MEMBERS, rank)
    yield Value(",".join(members[:2] * (2 if len(members) == 1 else 1)), "two members at once", 3)
    yield Value("0", "index of a member", 3)
    yield Value("abc", "letters", 3)


_OF_MEMBERS = (
    (" {}", "member with a space", 1), ("{} ", "member with a space", 1), ("{}\n", "member with a line break", 1),
    ("{}x", "member with more after it", 1), ("{}\0", "member with a NUL", 3), ("{}'", "member with a quote", 3),
)  # fmt: skip


def _variants(text: str, patterns: Sequence[tuple[str, str, int]], rank: int = 1) -> Iterator[Value]:
    """A text with something before or after it; the rank is that of the pattern, or a higher one."""
    yield from (Value(pattern.replace("{}", text), label, max(rank, own)) for pattern, label, own in patterns)


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
    step = _step(schema, "number" not in types)
    for name, low in _bounds(schema, "minimum", "exclusiveMinimum"):
        yield from _around(name, low, step)
    for name, high in _bounds(schema, "maximum", "exclusiveMaximum"):
        yield from _around(name, high, step)
        if abs(high) < 10**15:
            yield Value(_written(high * 2), f"twice the {name}", 2)
    least, most = ([bound for _, bound in _bounds(schema, *names)] for names in (_LEAST, _MOST))
    if least and most and 2 * step < most[0] - least[0] < 10**15:
        yield Value(_written(least[0] + (most[0] - least[0]) / 2 // step * step), "middle", 2)
    if isinstance(schema.get("default"), int | float):
        yield Value(write_scalar(schema["default"]), "default", 2)
    if step > 1 or ("multipleOf" in schema and "number" in types):
        first = (least[0] // step + 1) * step if least else step
        yield Value(_written(first + (step / 2 if "number" in types else 1)), "between two multiples", 1)
    yield from (Value("0", "zero", 1), Value("-1", "negative", 1))
    yield from (Value(*entry) for entry in (*_NOT_INTEGERS, *_EXTREMES))


_LEAST, _MOST = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")


def _bounds(schema: dict[str, Any], *names: str) -> Iterator[tuple[str, Decimal]]:
    for name in names:
        bound = schema.get(name)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            words = {"exclusiveMinimum": "exclusive minimum", "exclusiveMaximum": "exclusive maximum"}
            yield words.get(name, name), Decimal(str(bound))


def _around(name: str, bound: Decimal, step: Decimal) -> Iterator[Value]:
    """A bound and its two neighbours. Beyond the digits of a double, it has none."""
    yield Value(_written(bound), name, 1)
    if bound.adjusted() - step.adjusted() < 15:
        yield Value(_written(bound - step), f"{name} - {_written(step)}", 1)
        yield Value(_written(bound + step), f"{name} + {_written(step)}", 1)


def _step(schema: dict[str, Any], is_integer: bool) -> Decimal:
    """The distance of neighbours: `multipleOf`, else one, for numbers one of the last digit that a bound has."""
    stated = schema.get("multipleOf")
    if isinstance(stated, int | float) and stated > 0:
        return Decimal(str(stated))
    if is_integer:
        return Decimal(1)
    exponents = [bound.as_tuple().exponent for _, bound in _bounds(schema, *_LEAST, *_MOST)]
    return Decimal(1).scaleb(min([0, *(one for one in exponents if isinstance(one, int) and one >= -6)]))


def _written(number: Decimal) -> str:
    """A number as it stands on the wire: whole ones without a fraction, others without an exponent where that is short."""
    if number == number.to_integral_value() and number.adjusted() < 20:
        return str(int(number))
    return format(number.normalize(), "f") if -7 < number.adjusted() < 20 else repr(float(number))


_NOT_BOOLEANS = (
    ("true", "true", 1), ("false", "false", 1), ("abc", "letters", 1), ("2", "number", 2), ("", "empty", 3), ("True", "capital letter", 3),
    ("1", "one", 3), ("null", "null", 3),
)  # fmt: skip
_MOMENTS = (
    ("{day}T00:00:00Z", "midnight", 2), ("{day}T23:59:59Z", "last second of a day", 2),
    ("{day} 10:00:00Z", "space for T", 2), ("{day}t10:00:00Z", "lower-case t", 2), ("{day}T10:00:00z", "lower-case z", 2),
    ("{day}T10:00:00", "no zone", 1), ("{day}T10:00:00+00:00", "offset for Z", 1), ("{day}T10:00:00+08:00", "other offset", 2),
    ("{day}T10:00:00.000Z", "fraction of a second", 1), ("{day}T10:00:00.5Z", "short fraction", 3), ("{day}T10:00Z", "no seconds", 2),
    ("{day}", "date only", 1), ("", "empty", 1), ("abc", "letters", 1), ("{unix}", "Unix time", 2), ("{unix}000", "Unix time in ms", 3),
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


_OF_FORMATS = {
    "date": (
        ("2026-01-15", "date", 1), ("2024-02-29", "leap day", 2), ("2023-13-01", "month 13", 1), ("2023-02-29", "29 February of a common year", 2),
        ("abc", "letters", 1), ("", "empty", 1), ("2026-01-15T00:00:00Z", "date and time", 3), ("15.01.2026", "German form", 3), ("0", "zero", 3),
    ),
    "time": (("10:00:00Z", "time", 1), ("25:00:00Z", "hour 25", 1), ("abc", "letters", 1), ("10:00", "no seconds", 3)),
    "uuid": (
        ("6f1c0a52-0f0c-4a3e-9c55-3c3f5c8a1a11", "UUID", 1), ("abc", "letters", 1), ("6f1c0a52-0f0c-4a3e-9c55-3c3f5c8a1a1", "one digit less", 1),
        ("6F1C0A52-0F0C-4A3E-9C55-3C3F5C8A1A11", "upper case", 3), ("{6f1c0a52-0f0c-4a3e-9c55-3c3f5c8a1a11}", "braces", 3), ("0", "zero", 2),
        ("6f1c0a520f0c4a3e9c553c3f5c8a1a11", "no hyphens", 3), ("00000000-0000-0000-0000-000000000000", "nil UUID", 3),
    ),
    "ipv4": (("127.0.0.1", "address", 1), ("256.1.1.1", "byte 256", 2), ("abc", "letters", 1), ("127.1", "short form", 3)),
    "ipv6": (("2001:db8:1:2:3:4:5:6", "address", 1), ("::1", "loopback", 2), ("xyz", "letters", 1)),
    "email": (("ann@example.com", "address", 1), ("abc", "no @", 2), ("a@b@c", "two @", 3)),
    "uri": (("https://example.com/a", "address", 1), ("abc", "letters", 3), ("http://[", "bracket", 3)),
    "hostname": (("www.example.com", "host", 1), ("-a", "leading hyphen", 3)),
    "byte": (("aGVsbG8=", "Base64", 1), ("_-_-", "base64url", 3), ("!", "no Base64", 3)),
}  # fmt: skip


def _listed(schema: dict[str, Any], types: Sequence[str], known: Any, related: Any) -> Iterator[Value]:
    """Values for a boolean, and for the formats that JSON Schema defines, beside date-time."""
    if "boolean" in types and "string" not in types:
        yield from (Value(*entry) for entry in _NOT_BOOLEANS)
    if not schema.keys() & {"enum", "const", "pattern"}:
        yield from (Value(*entry) for entry in _OF_FORMATS.get(str(schema.get("format")), ()))


def _lengths(schema: dict[str, Any], types: Sequence[str], known: Sequence[str], related: Any) -> Iterator[Value]:
    """Values for a pattern or length: a known one made longer and shorter, and changed in one place."""
    constrained = schema.keys() & {"pattern", "minLength", "maxLength"}
    if "string" not in types or not constrained or _members(schema) or schema.get("format") == "date-time":
        return
    sample = next(iter(known), "1" * min(max(int(schema.get("minLength", 1)), 1), _LONGEST_SAMPLE))
    yield Value(sample, "known value" if known else "one digit" if sample == "1" else "digits", 1)
    yield from (Value("", "empty", 1), Value("abc", "letters", 1), Value("1", "one digit", 2))
    unit = sample[-1:] or "1"
    for length in _turning_points(schema, unit):
        yield Value(unit * length, f"{length} characters", 1)
    yield from _with_other_ends(schema, sample)
    yield from _variants(sample, _OF_TEXTS)


def _with_other_ends(schema: dict[str, Any], sample: str) -> Iterator[Value]:
    """A valid text with another first or last character that its pattern does not allow there: a digit for a digit and a letter for one
    of the same case, if there is one, and the other case at last, which some services take for the same."""
    matches = compile_pattern(str(schema.get("pattern", "")))
    for at in sorted({0, len(sample) - 1}) if sample and matches(sample) else ():
        own = (sample[at].isdigit(), sample[at].isupper())
        ends = sorted(_ENDS, key=lambda one: 0 if (one.isdigit(), one.isupper()) == own else 2 - one.isdigit())
        texts = (sample[:at] + one + sample[at + 1 :] for one in ends)
        yield from islice((Value(text, "another character", 1) for text in texts if not matches(text)), 1)


_OF_TEXTS = (
    (" {}", "leading space", 2), ("{} ", "trailing space", 2), ("{}\n", "trailing line break", 2), ("-{}", "sign", 2), ("+{}", "plus sign", 2),
    ("{}.0", "fraction", 2), ("{}a", "letter after it", 2), ("a{}", "letter before it", 2), ("{},{}", "list", 2), ("{}-{}", "range", 2),
    ("{}'", "quote", 3), ("{}%", "percent sign", 3), ("0x{}", "hexadecimal", 3), ("{}٣", "Unicode digit", 2), ("{}\0", "NUL", 3),
    ("１", "full-width digit", 2), ("1e3", "exponent", 3),
)  # fmt: skip
_ENDS = "09azAZ"  # characters that a pattern is likeliest to leave out
_LONGEST_SAMPLE = 64  # characters
_LONGEST = 2000  # characters of a string at its longest


def _turning_points(schema: dict[str, Any], unit: str) -> list[int]:
    """The lengths at which strings of one repeated character become valid or invalid, from both sides."""
    matches = compile_pattern(str(schema.get("pattern", "")))
    low, high = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    most = min(high + 2, 260)
    valid = [low <= length <= high and matches(unit * length) for length in range(most)]
    edges = [length for length in range(1, most) if valid[length] != valid[length - 1]]
    if most <= high <= _LONGEST and valid[-1]:
        edges.append(high + 1)
    return sorted({near for edge in edges for near in (edge - 1, edge)} - {0})


def _related_values(schema: dict[str, Any], types: Any, known: Any, related: Sequence[str]) -> Iterator[Value]:
    """Values of the same meaning, as they are, in other cases, and two at once."""
    if not related or _members(schema):
        return
    for value in related:
        yield Value(value, "related value", 1)
        yield from (Value(text, "in another case", 2) for text in (value.lower(), value.capitalize(), value.swapcase()))
        yield from (Value(text, "with more after it", 2) for text in (value + "x", value + value))
    yield from (Value(",".join(related), "list", 3), Value("no-such-value", "another value", 1))


HOSTILE = (
    ("a b", "space"), ("a+b", "plus sign"), ("a&b=c", "ampersand"), ("a%20b", "percent sign"), ("<b>&amp;</b>", "markup"),
    ("é€漢字😀", "Unicode"), ("' OR '1'='1", "quote"), ("\";--", "double quote"),
    ("%", "wildcard %"), ("_", "wildcard _"), ("*", "wildcard *"), ("[a", "bracket"),
    ("../../no/such/file", "path"), ("x" * 2000, "2,000 characters"), ("]]>", "end of CDATA"), ("\\", "backslash"), ("a\tb", "tab"),
    ("null", "null"), ("{\"$gt\": \"\"}", "JSON"), ("${7*7}{{7*7}}", "template"), ("\u202eabc", "direction mark"),
    ("a\nb", "line break"), ("a\0b", "NUL"), ("0", "zero"),
)  # fmt: skip
_ODD = "a'\",%😀<b>&\\;{é}"  # the emoji leaves it open whether it is accepted
PROBE_TEXTS = frozenset({_ODD, *(text for text, _ in HOSTILE)})
_MOST_REPEATED = 100


def _any_strings(schema: dict[str, Any], types: Sequence[str], known: Sequence[str], related: Any) -> Iterator[Value]:
    """Strings that careless services break on, when they take them or when they show them: one of odd characters that is as long as
    it may be, and where every string is valid, many."""
    if "string" not in (types or ("string",)) or schema.keys() & {"enum", "const", "format"}:
        return
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(_ODD))
    text = _ODD if least <= len(_ODD) else _ODD * _MOST_REPEATED
    text = text[: max(min(most, len(_ODD)), least)]
    is_valid = least <= len(text) <= most and compile_pattern(str(schema.get("pattern", "")))(text)
    if is_valid and "contentEncoding" not in schema:
        yield Value(text, "odd text", 1)
    if "pattern" not in schema:
        yield from (Value(value, "known value", 1) for value in known[:3])
        yield Value("", "empty", 2)
        for text, label in HOSTILE:
            yield Value(text, label, 2 if label in ("Unicode", "quote", "percent sign", "markup") else 3)


_OTHER_TYPES = (("null", "null"), ("true", "boolean"), ("0.5", "fraction"), ("-1", "negative"), ("0", "zero"))


def _of_other_types(schema: dict[str, Any], types: Any, known: Sequence[str], related: Any) -> Iterator[Value]:
    """Values of other JSON types as strings, for a parameter that does not take every string."""
    if schema.keys() & {"pattern", "enum", "const", "format"}:
        yield from (Value(text, label, 3) for text, label in _OTHER_TYPES)


_MAKERS: tuple[_Maker, ...] = (
    _enum_values, _numbers, _moments, _listed, _lengths, _related_values, _any_strings, _of_other_types,
)  # fmt: skip
