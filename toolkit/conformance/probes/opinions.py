"""Parameter and text, or a fault in a body -> what every reader makes of it: `accepted`, `refused`, or `survived` where readers differ.

OpenAPI leaves open how values are written on the wire: `01`, `1.0`, an empty string, a lower-case `t` in a date-time. So there
are two opinions: a value is accepted where every strict reader takes it, and refused where every lenient one refuses it. Between
the two nobody is to blame. The validator decides what is valid; this module knows how far readers stray from it.

A body is read as leniently: `"5"` may be 5, and null nothing. What a strict reader takes of it is not asked here: a body that is
accepted in one form is not known to be accepted in another.

An operation whose parameters use `x-text-pattern` or `x-undecided` states what it leaves open: there the letter decides.
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from toolkit.client.client import Client
from toolkit.client.examples import in_style
from toolkit.client.making import compiled
from toolkit.client.texts import FORMATS
from toolkit.contract.flow import words
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.promises import dig
from toolkit.document.pointers import ABSENT, as_object, plain_tokens, put_at
from toolkit.exchange import Request
from toolkit.schema.judge import JsonSchema
from toolkit.schema.patterns import compile_pattern
from toolkit.schema.shape import shape_of
from toolkit.validation.access import misplaced
from toolkit.validation.bodies import DocumentedBody, find_body
from toolkit.verdict import Violation
from toolkit.wire.parameters import write_scalar

ACCEPTED, REFUSED, OPEN = "accepted", "refused", "survived"

# Characters that gateways, libraries and C strings treat as they like
_SPECIAL = re.compile("[\x00-\x1f\x7f\u202e\ufeff\ufffd]")
_CLOSING = frozenset({"x-text-pattern", "x-undecided"})
_NARROWING = frozenset({"enum", "const", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_NUMBERS = frozenset({"integer", "number"})
_BOOLEAN_WORDS = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n"})
# Last words of parameters whose values name properties or relations of what is listed.
_PROPERTIES = re.compile(r"(?:sort|order|group)(?:s|ing|by)?|(?:field|column|include)s?|expand|embed|select")
# Header fields of HTTP itself, whose invalid values a recipient may ignore (RFC 9110, sections 10 to 14).
_LENIENT_FIELDS = re.compile(
    r"(?:accept|if|x-forwarded)-.*|user-agent|range|from|referer|te|expect|cache-control|pragma|prefer|traceparent"
)


@lru_cache(maxsize=4096)
def keywords_of(parameter: Parameter) -> dict[str, Any]:
    """The keywords that a parameter's value has to meet, those of `$ref`, `allOf` and of the one alternative to null included."""
    return shape_of(parameter.bundle.schema).keywords


def is_narrowed(keywords: Mapping[str, Any]) -> bool:
    """Whether a valid value means something to the service, since the contract narrows it; unknown formats narrow nothing."""
    return bool(_NARROWING & keywords.keys() or keywords.get("format") in _STRICT)


def is_telling(parameter: Parameter) -> bool:
    """Whether the contract narrows a parameter, and its value does not name what the service has, such as the fields to sort by: that
    it conforms does not make it known."""
    keywords = keywords_of(parameter)
    is_free = not {"enum", "const"} & keywords.keys() and not _NUMBERS & {*parameter.types}
    last = [word for word in words(parameter.name) if word != "by"][-1:]
    return is_narrowed(keywords) and not (is_free and any(map(_PROPERTIES.fullmatch, last)))


def opinion(client: Client, parameter: Parameter, text: str, known: Collection[str] = ()) -> str:
    """What the contract requires of a service that is sent this text: `accepted`, `refused` or `survived`. `known` are values that the user
    or the contract itself names. Whether the service has what a valid value names is not asked here."""
    if text in parameter.schema.get("x-undecided", ()):
        return OPEN
    if parameter.location == "cookie" and quote(text, safe="") != text:
        return OPEN  # services differ in whether they decode, and in what quotes mean (RFC 6265, section 4.1.1)
    by_letter, is_number = is_closed(client.operation), bool(_NUMBERS & {*parameter.types})
    if not _is_valid(client, parameter, text):
        return REFUSED if by_letter or _is_text_refused(client, parameter, text) else OPEN
    if _SPECIAL.search(text):
        return OPEN
    # Of numbers, only `x-text-pattern` says how they are written.
    by_letter = by_letter and (not is_number or "x-text-pattern" in parameter.schema)
    named = text in known and text != "" and not is_number
    return ACCEPTED if by_letter or named or is_strict({*parameter.types}, keywords_of(parameter), text) else OPEN


@lru_cache(maxsize=4096)
def is_closed(operation: Operation) -> bool:
    """Whether the operation states what it leaves open, so that all else is decided."""
    return any(_CLOSING & parameter.schema.keys() for parameter in operation.parameters)


def _is_valid(client: Client, parameter: Parameter, text: str) -> bool:
    return client.takes(parameter, in_style(parameter, text))


# --- lenient readers


def _is_text_refused(client: Client, parameter: Parameter, text: str) -> bool:
    """Whether a text that is not valid has no lenient reading that is."""
    if _SPECIAL.search(text) or not text.isascii():
        return False
    own, template = f"{{{parameter.name}}}", client.operation.route.template
    if parameter.location == "path" and ("}" + own in template or own + "{" in template):
        return False  # another one stands right beside it, so that nobody can say where its value ends
    if parameter.location in ("header", "cookie") and not parameter.required:
        return False  # what a service does not know in an optional header field it may ignore
    if parameter.location == "header" and _LENIENT_FIELDS.fullmatch(parameter.name.lower()):
        return False
    number = _read_number_leniently(text.strip())
    if "number" in parameter.types and number is not None and not _is_finite(number):
        return False
    nothing = text.strip() in ("", "null", "None", "undefined")
    if nothing and (not parameter.required or parameter.may_be_empty or _takes_nothing(parameter, text)):
        return False
    return not any(_is_valid(client, parameter, reading) for reading in _readings_of_parameter(parameter, text))


def may_be_absent(parameter: Parameter) -> bool:
    """Whether a request without a parameter may have its empty value: an object in pairs of its properties leaves no trace then, nor does an array in
    pairs of its items (RFC 6570, section 3.2.1); or its default, which is assumed where there is none (OpenAPI, Schema Object)."""
    how, is_valid = parameter.serialization, compiled(parameter.bundle).is_valid
    is_in_pairs = how.style == "form" and how.explode and "array" in parameter.types
    is_optional = not parameter.required or "default" in keywords_of(parameter)
    return is_optional or (how.is_spread and is_valid({})) or (is_in_pairs and is_valid([]))


def _takes_nothing(parameter: Parameter, text: str) -> bool:
    """Whether an empty string may stand for null, false, no item, or no choice, and the word null for null."""
    types, keywords = {*parameter.types}, keywords_of(parameter)
    return "null" in types or (not text.strip() and bool(types & {"boolean", "array"} or "enum" in keywords))


def _readings_of_parameter(parameter: Parameter, text: str) -> Iterator[str]:
    """The texts that lenient readers take it for."""
    trimmed, types, keywords = text.strip(), {*parameter.types}, keywords_of(parameter)
    yield trimmed
    if types & _NUMBERS:
        number = _read_number_leniently(trimmed)
        yield from (_plain(number),) if number is not None and _is_finite(number) else ()
        most = _SIZES.get(str(keywords.get("format")))  # a size is an annotation to many, as are other formats
        if most and number is not None and _is_finite(number):
            yield str(max(-most - 1, min(int(number), most)))
    if "boolean" in types and _read_boolean_leniently(trimmed):
        yield "true"
    if parameter.location == "header" and isinstance(keywords.get("enum"), list):
        members = [write_scalar(member) for member in keywords["enum"] if not isinstance(member, list | dict)]
        yield from (member for member in members if member.casefold() == trimmed.casefold())
    if (reads := _LENIENT_FORMATS.get(name := str(keywords.get("format")))) and reads(trimmed):
        yield FORMATS[name](0)


def _read_number_leniently(text: str) -> int | float | None:
    """The number that some reader of numbers takes a text for, such as `01`, `1_0`, `1e1` or `0x10`; None if none does."""
    digits = text.replace("_", "")
    try:
        if re.fullmatch(r"[+-]?0[xXbBoO][0-9A-Fa-f]+", digits):
            return int(digits, 0)
        return int(digits) if re.fullmatch(r"[+-]?\d{1,4000}", digits) else float(digits)
    except (ValueError, OverflowError):
        return None


def _is_finite(number: int | float) -> bool:
    """Whether a number is neither infinite nor NaN; an integer may be larger than any float."""
    return isinstance(number, int) or math.isfinite(number)


def _read_boolean_leniently(text: str) -> bool:
    """Whether some reader takes a text for true or false."""
    return text.lower() in _BOOLEAN_WORDS


def _plain(value: int | float) -> str:
    return write_scalar(int(value) if value == value // 1 else value)


_DAY = r"[+-]?(\d{2}|\d{4}|\d{6})[-/.]?(\d{1,2})[-/.]?(\d{1,2})"
_TIME = r"(\d{1,2})[:-]?(\d{1,2})?(?:[:-]?(\d{1,2})(?:[.,]\d+)?)?\s*(?:[Zz]|[A-Z]{3}|[+-]\d{1,2}:?(?:\d{2})?)?"
_MOMENT = re.compile(rf"{_DAY}(?:[Tt_ ]+{_TIME})?", re.ASCII)
_CLOCK = re.compile(_TIME, re.ASCII)
_OTHER_MOMENT = re.compile(
    r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}.*|[+-]?\d+(?:\.\d*)?|now|today|yesterday|tomorrow", re.ASCII
)


def _is_like_a_moment(text: str) -> bool:
    """Whether a reader of dates may take it: other separators, no zone, Unix times, words; but no 30 February."""
    if _OTHER_MOMENT.fullmatch(text):
        return True
    match = _MOMENT.fullmatch(text)
    if match is None:
        return False
    year, month, day = (int(group) for group in match.groups()[:3])
    last = monthrange(year, month)[1] if 1 <= month <= 12 else 0
    return 1 <= day <= last and _is_like_a_clock(match.groups()[3:])


def _is_like_a_clock(groups: Collection[str | None]) -> bool:
    return all(int(group or 0) <= most for group, most in zip(groups, (24, 59, 60), strict=True))


def _is_like_a_time(text: str) -> bool:
    match = _CLOCK.fullmatch(text)
    return _is_like_a_moment(text) or bool(match and _is_like_a_clock(match.groups()))


def _is_like_a_uuid(text: str) -> bool:
    digits = text.lower().removeprefix("urn:uuid:").strip("{}()").replace("-", "")
    return bool(re.fullmatch(r"[0-9a-f]{32}", digits))


_ADDRESS = re.compile(r"\[?[0-9A-Fa-f.:]+\]?(?:%\w+)?(?:/\d+)?|\d+")
# Formats that most services take for an annotation (JSON Schema 2020-12, Validation, section 7.2.1).
_ANNOTATIONS = (
    "email", "idn-email", "hostname", "idn-hostname", "uri", "uri-reference", "uri-template", "iri", "iri-reference", "json-pointer",
    "relative-json-pointer", "byte", "regex", "duration",
)  # fmt: skip
_LENIENT_FORMATS: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(("date-time", "date"), _is_like_a_moment), "time": _is_like_a_time, "uuid": _is_like_a_uuid,
    **dict.fromkeys(("ipv4", "ipv6"), _ADDRESS.fullmatch), **dict.fromkeys(_ANNOTATIONS, bool),
}  # fmt: skip
"""For each format that the validator knows: whether a lenient reader may take a text for one. FORMATS has a valid one in its place."""

# --- lenient readers of bodies

_IN_VALUES = frozenset({"json", "form"})
_ALWAYS = frozenset({"schema-required", "schema-bound", "schema-value", "schema-length", "schema-size", "json-syntax"})


def must_be_refused(client: Client, request: Request, fault: Violation) -> bool:
    """Whether every reader of a request's body refuses a fault that the validator finds in it."""
    documented = documented_request(client.operation, request)
    if documented and request.body and fault.rule == "parameters-inconsistent":
        sent = as_object(documented.read(request.body).value).values()
        return all(one not in ("", [], {}) for one in sent)  # some readers take these for absent
    if documented is None or not fault.rule.startswith("schema-") or not request.body:
        return fault.rule in ("request-body-missing", "json-syntax", "xml-syntax")
    if documented.kind not in _IN_VALUES or documented.schema is None:
        return fault.rule in _ALWAYS
    at = plain_tokens(fault.at.partition("#")[2].partition(" (line ")[0])  # of `request.body#/items/0 (line 3)`
    value = documented.read(request.body).value
    places = misplaced(documented.schema, documented.hidden, value) if documented.hidden else ()
    # Of items, the place of one stands for those of all.
    own, *others = (tuple("*" if token.isdecimal() else token for token in place) for place in (at, *places))
    if any(own[: len(other)] == other for other in others):
        return False  # a service may ignore what is `readOnly` (JSON Schema Validation, section 9.4)
    return is_surely_refused(documented.schema, value, at, fault.rule)


def documented_request(operation: Operation, request: Request) -> DocumentedBody | None:
    """What the contract says of a request's body; None where it has none, or one of another media type."""
    return find_body(operation, request.headers.content_type) if request.body is not None else None


def is_surely_refused(schema: JsonSchema, value: Any, at: tuple[str, ...], rule: str) -> bool:
    """Whether the fault of a rule at a place of a value is in every lenient reading of what is there. Where a value is none of several
    alternatives, each of them has to have such a fault; one that is more than one of them is a value of some reader's choice."""
    errors = _errors(schema, value)
    own = [error for error in errors if (error.at, error.rule) == (at, rule)]
    if not all(_is_none_of(schema, dig(value, at), error.place) for error in own):
        return False
    before = {(error.at, error.rule) for error in errors}
    for reading in _readings_of_value(dig(value, at), rule):
        after = {(error.at, error.rule) for error in _errors(schema, put_at(value, at, reading))}
        if (at, rule) not in after and after <= before:
            return False
    return True


def _is_none_of(schema: JsonSchema, value: Any, place: tuple[str, ...]) -> bool:
    """Whether each of the alternatives at a place of a schema surely refuses a value; True where there are none."""
    return all(
        any(is_surely_refused(one, value, error.at, error.rule) for error in _errors(one, value))
        for one in schema.alternatives(place)
    )


def _errors(schema: JsonSchema, value: Any) -> list[Any]:
    return [] if value is ABSENT or schema.is_valid(value) else list(schema.errors(value))


def _readings_of_value(value: Any, rule: str) -> Iterator[Any]:
    """What lenient readers take a JSON value for, or absent; a format for one of its own where that is the fault."""
    if value is None or (isinstance(value, str) and value.strip() in ("", "null")):
        yield ABSENT
    if value is None or value in ([], {}):
        yield from ({}, [])
    if not isinstance(value, list):
        yield [value]
    else:
        yield [one for index, one in enumerate(value) if one not in value[:index]]  # read as a set
    if isinstance(value, bool):
        yield from (int(value), str(value).lower())
    elif isinstance(value, int | float):
        yield str(value)
        yield from (bool(value),) if value in (0, 1) else ()
    elif isinstance(value, str):
        yield from _readings_of_text(value)
    if rule == "schema-format" and not isinstance(value, dict | list):
        text = str(value).strip()
        yield from (FORMATS[name](0) for name, reads in _LENIENT_FORMATS.items() if reads(text))


def _readings_of_text(text: str) -> Iterator[Any]:
    trimmed = text.strip()
    yield "".join(char for char in trimmed if ord(char) >= 32)
    number = _read_number_leniently(trimmed)
    if number is not None and _is_finite(number):
        yield int(number) if number == number // 1 else number
    yield from (True, False) if _read_boolean_leniently(trimmed) else ()
    if not text.isascii():
        yield text.encode("ascii", "replace").decode()


# --- strict readers

_YEARS = r"(?:19\d\d|20\d\d|21\d\d)"
_DATE = rf"{_YEARS}-\d\d-\d\d"
_ZONED = r"\d\d:\d\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*\.(?:com|net|org)"
_STRICT: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.ASCII)
    for name, pattern in {
        "date-time": f"{_DATE}T{_ZONED}",
        "date": _DATE,
        "time": _ZONED,
        "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "ipv4": r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}",
        "ipv6": r"(?:[1-9a-f][0-9a-f]{0,3}:){7}[1-9a-f][0-9a-f]{0,3}",
        "hostname": _HOST,
        "email": rf"[a-z][a-z0-9]*(?:\.[a-z0-9]+)*@{_HOST}",
        "uri": rf"https?://{_HOST}/(?:[a-z0-9-]+/?)*",
        "byte": r"(?=[A-Za-z0-9+/=]{4})(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    }.items()
}
"""For each format that narrows: the valid texts that every reader takes. A leap second or a year before 1900 is not among them,
nor is what RFC 3339 (section 5.6) lets a reader refuse: lower-case t and z."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_MOST_EXACT = 2**53 - 1  # RFC 8259, section 6
_SIZES = {"int32": 2**31 - 1, "int64": 2**63 - 1}
_EXACT_DIGITS = 15  # of a double
_MOST_WHOLE = 2**63 - 1  # that an integer of 64 bits holds: a bound above it is often one that some tool has rounded


def is_strict(types: set[str], keywords: Mapping[str, Any], text: str) -> bool:
    """Whether every reader takes a text that is valid by these types and keywords."""
    is_nothing = not text or ("null" in types and text == "null")
    if is_nothing or text != text.strip() or any(ord(char) > 0xFFFF for char in text):
        return False
    if types & _NUMBERS and "string" not in types:
        return _is_strict_number(text, types, keywords)
    form = _STRICT.get(str(keywords.get("format")))
    pattern = keywords.get("pattern")
    is_whole = not isinstance(pattern, str) or compile_pattern(f"^(?:{pattern})$")(text)  # some look for the whole text
    return is_whole and (form is None or form.fullmatch(text) is not None)


def _is_strict_number(text: str, types: set[str], keywords: Mapping[str, Any]) -> bool:
    if "number" not in types or keywords.get("format") in _SIZES:
        side = "minimum" if text.startswith("-") else "maximum"
        most = _SIZES.get(str(keywords.get("format")), _MOST_EXACT)
        is_bounded = {side, f"exclusive{side.capitalize()}"} & keywords.keys() and "format" not in keywords
        most = max(most, _MOST_WHOLE) if is_bounded else most
        return bool(_INTEGER.fullmatch(text)) and abs(int(text)) <= most
    return bool(_DECIMAL.fullmatch(text)) and text != "-0" and sum(map(str.isdigit, text)) <= _EXACT_DIGITS
