"""Text on the wire -> integer, number, boolean: one grammar for queries, headers, forms and XML.

It is JSON's (RFC 8259, section 6), so `01`, `+1` and `1.` are no numbers. A text that cannot be read stays the string it
is: the schema then reports what it expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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
