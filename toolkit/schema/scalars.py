"""Text on the wire -> integer, number, boolean, moment: one grammar for queries, headers, forms and XML.

It is JSON's (RFC 8259, section 6), so `01`, `+1` and `1.` are no numbers. A text that cannot be read stays the string it
is: the schema then reports what it expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, TypeGuard

INTEGER = r"-?(0|[1-9][0-9]*)"
NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][\-+]?[0-9]+)?"
"""The grammars as regular expressions that mean the same in Python and in XML Schema."""
MOST_DIGITS = 4_000
"""Longer integers stay strings: Python refuses to convert more than 4,300 digits, since that takes quadratic time."""

_INTEGER = re.compile(INTEGER)
_NUMBER = re.compile(NUMBER)
_BOOLEANS = {"true": True, "false": False}


def is_text_or_integer(value: Any) -> TypeGuard[str | int]:
    """Whether a value of JSON is of a kind that may name something."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def read_integer(text: str) -> Any:
    """The text as an int, exactly, however large up to MOST_DIGITS; unchanged where it is no integer."""
    return int(text) if _INTEGER.fullmatch(text) and len(text) <= MOST_DIGITS else text


def read_number(text: str) -> Any:
    """The text as an int where it is written as one, else as `read_fraction` has it; unchanged where it is no number."""
    if not _NUMBER.fullmatch(text):
        return text
    return read_integer(text) if _INTEGER.fullmatch(text) else read_fraction(text)


def read_fraction(text: str) -> Any:
    """A number with a fraction or an exponent as a float, and exactly where floats have none: beyond them as an integer, between the
    least of them and 0 as a decimal. The text where that has more than MOST_DIGITS digits."""
    value = float(text)
    digits, _, exponent = text.lower().partition("e")
    if isfinite(value) and (value or not digits.strip("-0.")):
        return value
    if len(exponent) > 5 or len(digits) + abs(int(exponent or 0)) > MOST_DIGITS:
        return text
    return int(Decimal(text)) if value else Decimal(text)


def read_boolean(text: str) -> Any:
    """`true` and `false`, in lower case; every other text unchanged."""
    return _BOOLEANS.get(text, text)


READERS: dict[str, Callable[[str], Any]] = {"boolean": read_boolean, "integer": read_integer, "number": read_number}
"""How a text is read by the JSON type that a schema names, in the order in which several types are tried."""
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)


def read_moment(text: Any) -> datetime | None:
    """An RFC 3339 date-time (section 5.6) as an aware time, to the microsecond; None for everything else. A leap second is the second after
    it. A date alone, or a time without offset, is no moment: nobody can say when it is."""
    match = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    date, time, seconds, fraction, offset = match.groups()
    leap = seconds == "60"
    written = f"{date}T{time}:{'59' if leap else seconds}{(fraction or '')[:7]}{offset.upper()}"
    try:
        return datetime.fromisoformat(written) + timedelta(seconds=leap)
    except (ValueError, OverflowError):
        return None


def write_moment(moment: datetime) -> str:
    """`YYYY-MM-DDThh:mm:ssZ`, of an aware time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_duration(text: Any) -> timedelta:
    """A duration of weeks to seconds, such as P3D or PT2.5S. Raises ValueError for others: months differ in length."""
    match = _DURATION.fullmatch(str(text))
    if not match or not any(match.groups()):
        raise ValueError(f"{text!r} is not a duration such as P3D or PT2S")
    weeks, days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
