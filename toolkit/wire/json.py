"""Bodies as JSON texts, strictly: one text, UTF-8, no duplicate names, no NaN (RFC 8259). The only user of orjson for bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import orjson

from toolkit.document.encodings import UTF_8_MARK
from toolkit.document.names import RepeatedName, read_distinct, too_many_parts
from toolkit.document.pointers import pointer_text
from toolkit.rules import HINTS
from toolkit.schema.patterns import linear_pattern
from toolkit.schema.scalars import MOST_DIGITS, read_fraction, read_integer
from toolkit.verdict import Body, Fault

_BEYOND_FLOATS = re.compile(rb"\d{19}|[eE]-0*\d{3}|\.0{200}")
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)


class JsonFault(ValueError):
    """A body that is no JSON text, or not one that means the same to every reader. `rule` is a rule id."""

    def __init__(self, rule: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.rule, self.hint = rule, hint or HINTS[rule]


def read_json(data: bytes) -> Body:
    """The value of a JSON text, or the fault for which it has none."""
    try:
        return Body(parse_json(data), (), True, locate_json)
    except JsonFault as fault:
        return _without_surrogates(data) or Body(None, (_fault(fault),), False)


def _without_surrogates(data: bytes) -> Body | None:
    """What is read where each half of a UTF-16 pair, written as an escape, is U+FFFD; None if there are none."""
    halves = _ESCAPE.finditer(data) if b"\\u" in data else ()
    lone = next((found["lone"].decode() for found in halves if found["lone"]), "")
    if not lone:
        return None
    try:
        value = parse_json(_ESCAPE.sub(lambda found: b"\\ufffd" if found["lone"] else found[0], data))
    except JsonFault as fault:
        return Body(None, (_fault(fault),), False)
    message = f"{lone} is half of a UTF-16 pair, which is no character"
    surrogate = Fault("json-surrogate", message)
    return Body(value, (surrogate,), True, locate_json)


def _fault(fault: JsonFault) -> Fault:
    return Fault(fault.rule, str(fault), hint=fault.hint)


def locate_json(tokens: Sequence[str]) -> tuple[str, int]:
    """The place of a part of a JSON value: a JSON pointer (RFC 6901); its line is not known."""
    return pointer_text(tuple(tokens)), 0


def parse_json(body: bytes) -> Any:
    """The value of a JSON text; a byte order mark before it is ignored (RFC 8259, section 8.1). Raises JsonFault."""
    body = body.removeprefix(UTF_8_MARK)
    if many := too_many_parts(body):
        raise JsonFault("limit-exceeded", f"the JSON text has {many}, more than are read", "send it in parts")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _read_large_numbers(body, error)
    return _read_exactly(body) if _may_differ(body, value) else value


def dump_json(value: Any) -> bytes:
    """A value as JSON text. Raises TypeError where it has none."""
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer of more than 64 bits, a decimal, or what has no JSON text
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float).encode()


def _may_differ(body: bytes, value: Any) -> bool:
    """False where no name can be repeated: then as many colons go in as come out, unless one is written as an escape. Nor may
    an integer of more than 64 bits have become a number with an exponent (of orjson, `1e+20`), or the least of numbers `0.0`."""
    try:
        again = orjson.dumps(value)
    except TypeError:
        return True
    if again == body:
        return False
    repeats = again.count(b":") != body.count(b":") or (b"\\" in body and b"\\u003" in body)
    return repeats or (_may_be_rounded()(again.decode("latin-1")) and _BEYOND_FLOATS.search(body) is not None)


@cache
def _may_be_rounded() -> Callable[[str], bool]:
    """Whether a JSON text of orjson may have a number that is not exact; ten times as quick as to look for both in turn."""
    return linear_pattern(r"e\+|0\.0")


def _read_large_numbers(body: bytes, error: orjson.JSONDecodeError) -> Any:
    """The value of a JSON text with numbers beyond the range of floats, which orjson refuses. Raises JsonFault."""
    try:
        if "infinity" in error.msg:
            return _read_exactly(body)
    except JsonFault:
        raise
    except ValueError:
        pass
    raise _syntax_fault(body, error) from None


def _read_exactly(body: bytes) -> Any:
    """The value by Python's own reader, integers exact; slow. Raises JsonFault for a name given twice, else ValueError."""
    try:
        value = read_distinct(body.decode(), parse_int=_integer, parse_float=_number, parse_constant=_refuse)
        # Fails on half of a UTF-16 pair, written as an escape.
        json.dumps(value, ensure_ascii=False, default=float).encode()
        return value
    except RepeatedName as error:
        raise JsonFault("json-duplicate-name", str(error)) from None
    except RecursionError:
        raise JsonFault("json-syntax", "the JSON text is nested too deeply to be read") from None


def _integer(digits: str) -> int:
    value = read_integer(digits)
    if not isinstance(value, int):
        raise _many_digits()
    return value


def _number(text: str) -> Any:
    value = read_fraction(text)
    if isinstance(value, str):
        raise _many_digits()
    return value


def _many_digits() -> JsonFault:
    return JsonFault("limit-exceeded", f"a number has more than {MOST_DIGITS:,} digits", "send it as a string")


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is not a number of JSON")


def _syntax_fault(body: bytes, error: orjson.JSONDecodeError) -> JsonFault:
    if not body.strip():
        return JsonFault("json-syntax", "the body is empty, expected JSON", "send a value, or no content at all (204)")
    hint = "encode JSON as UTF-8 (RFC 8259, section 8.1)"
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(body) > 3 and b"\0" in (body[:1], body[1:2])):
        return JsonFault("body-undecodable", "the JSON text is in UTF-16 or UTF-32", hint)
    try:
        body.decode()
    except UnicodeDecodeError as fault:
        message = f"the JSON text is not UTF-8: byte 0x{body[fault.start]:02X} at offset {fault.start}"
        return JsonFault("body-undecodable", message, hint)
    near = body.decode()[max(0, error.pos - 20) : error.pos + 20]
    message = f"not valid JSON: {error.msg} at line {error.lineno} column {error.colno}, near {json.dumps(near, ensure_ascii=False)}"
    hint = "send one JSON text (RFC 8259); a body that is truncated, concatenated or not JSON reads like this"
    if body[:100].lstrip().startswith(b"<"):
        hint = "it looks like XML or HTML: send JSON, or the Content-Type of what is sent"
    return JsonFault("json-syntax", message, hint)
