"""What is said of a value that breaks a keyword of JSON Schema: the rule, a message with value and expectation, and the cure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from json import JSONEncoder, dumps
from typing import Any

from toolkit.document.pointers import Tokens, rewritten
from toolkit.rules import HINTS
from toolkit.structs import Frozen, replace
from toolkit.verdict import few

RULES = {
    "type": "schema-type", "enum": "schema-value", "const": "schema-value", "constant": "schema-value",
    "pattern": "schema-pattern", "format": "schema-format", "minimum": "schema-bound", "maximum": "schema-bound",
    "exclusiveMinimum": "schema-bound", "exclusiveMaximum": "schema-bound", "multipleOf": "schema-bound",
    "minLength": "schema-length", "maxLength": "schema-length", "minItems": "schema-size", "maxItems": "schema-size",
    "minProperties": "schema-size", "maxProperties": "schema-size", "uniqueItems": "schema-size",
    "contains": "schema-size", "required": "schema-required", "dependentRequired": "schema-required",
    "additionalProperties": "schema-unknown-member", "unevaluatedProperties": "schema-unknown-member",
    "falseSchema": "schema-unknown-member", "propertyNames": "schema-unknown-member",
    "additionalItems": "schema-size", "unevaluatedItems": "schema-size",
}  # fmt: skip

HINTS_OF_KEYWORDS: dict[tuple[str, ...], str] = {
    ("schema-bound", "multipleOf"): "send a multiple of the documented number",
    ("schema-required", "dependentRequired"): "send both properties or neither, or correct `dependentRequired`",
    ("schema-size", "uniqueItems"): "send each item once",
    ("schema-size", "contains"): "send the documented number of such items",
    ("schema-unknown-member", "items"): "leave the item out, or describe it in the contract",
    ("schema-unknown-member", "unevaluatedItems"): "leave the item out, or describe it in the contract",
    ("schema-alternative", "not"): "send a value that does not conform to the schema below `not`",
}
"""What to do where the rule's own cure is that of another keyword."""

_MAX_TEXT = 320
_write = JSONEncoder(ensure_ascii=False, default=str).encode
_MOST_SHOWN, _MOST_WRITTEN = 120, 4_000  # characters of a value
_MOST_LISTED = 12
TYPES = {
    "string": "a string", "integer": "an integer", "number": "a number", "boolean": "a boolean", "null": "null",
    "array": "an array", "object": "an object",
}  # fmt: skip

RANGES: dict[str, tuple[float, float]] = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
    "double-int": (1 - 2**53, 2**53 - 1),
    "float": (-3.4028235677973362e38, 3.4028235677973362e38),  # what is beyond is rounded to infinity
    "double": (-1.7976931348623157e308, 1.7976931348623157e308),
}
"""Bounds of numbers by their format (OpenAPI Format Registry)."""

_KINDS = {
    bool: "boolean", int: "integer", float: "number", Decimal: "number", str: "string", list: "array", dict: "object",
}  # fmt: skip
_EXAMPLES = {
    "date": "2024-01-31", "date-time": "2024-01-31T10:00:00Z", "time": "10:00:00Z", "duration": "P3DT4H", "byte": "YWJj",
    "uuid": "123e4567-e89b-12d3-a456-426614174000", "email": "jo@example.com", "hostname": "www.example.com",
    "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "uri": "https://example.com/x", "uri-reference": "/x?y=1",
    "json-pointer": "/a/0", "regex": "^[a-z]+$",
}  # fmt: skip
"""A string of each format that its name alone does not explain to everybody."""


class SchemaError(Frozen):
    """One fault of a value: where in the value (`at`) and by which keyword of the bundle (`place`), both as tokens."""

    rule: str
    message: str
    at: Tokens
    place: Tokens
    named: Tokens = ()
    """The place of the discriminating property by which the alternative is meant that the value breaks."""
    names: Tokens = ()  # of the property that is missing, or of those that are not declared
    is_deep: bool = False  # a walk ended here: the value at `at` breaks the schema at `place`, nobody knows yet why

    def below(self, at: Tokens) -> SchemaError:
        """The same fault of a value that is a part of another."""
        return replace(self, at=(*at, *self.at), named=(*at, *self.named) if self.named else ())

    @property
    def hint(self) -> str:
        return HINTS_OF_KEYWORDS.get((self.rule, *self.place[-1:]), HINTS[self.rule])


def message(keyword: str, rules: Any, value: Any, error: Any) -> str:
    """What is wrong with a value by one keyword of its rules; the engine's own message where there is no better one. `error` is an error of
    jsonschema-rs."""
    write = _MESSAGES.get(keyword)
    expected = rules.get("properties", ()) if keyword == "additionalProperties" else rules.get(keyword)
    by_format = keyword in ("minimum", "maximum") and expected in RANGES.get(str(rules.get("format")), ())
    of_format = f" of the format {rules['format']}" if by_format else ""
    return write(expected, value, error) + of_format if write else clipped(str(error.message))


def shown(value: Any) -> str:
    """A value as JSON, short enough for a message; of a large one no more is written out than is needed for that."""
    text = ""
    try:
        for piece in _pieces(value):
            text += piece
            if len(text) > _MOST_WRITTEN:
                return f"{text[:_MOST_SHOWN]} ..."
    except RecursionError:
        return "a very deep value"
    return clipped(text, _MOST_SHOWN)


def _pieces(value: Any) -> Iterator[str]:
    """The JSON text of a value, piece by piece."""
    if not isinstance(value, dict | list):
        yield _scalar(value)
        return
    is_object = isinstance(value, dict)
    yield "{" if is_object else "["
    for index, item in enumerate(value):
        yield (", " if index else "") + (f"{_scalar(item)}: " if is_object else "")
        yield from _pieces(value[item] if is_object else item)
    yield "}" if is_object else "]"


def _scalar(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    given = clipped(value, _MOST_WRITTEN // 4) if isinstance(value, str) else value
    text = _write(given)
    # What nobody sees, such as U+200B and the space that does not break, is escaped.
    return text if text.isprintable() else "".join(one if one.isprintable() else dumps(one)[1:-1] for one in text)


def clipped(text: str, most: int = _MAX_TEXT) -> str:
    """A text, or its two ends where it is longer than `most`."""
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-(most // 2) :]}"


def _type(expected: Any, value: Any, error: Any) -> str:
    names = [TYPES.get(name, str(name)) for name in ([expected] if isinstance(expected, str) else expected)]
    found = "the value is null" if value is None else f"{shown(value)} is {TYPES[_KINDS.get(type(value), 'null')]}"
    return f"{found}, expected {' or '.join(names)}"


def _value(expected: Any, value: Any, error: Any) -> str:
    names = few(expected, _MOST_LISTED, shown)
    if len(expected) != 1:
        return f"{shown(value)} is not one of {names or 'the values, of which the contract lists none'}"
    return f"{shown(value)} is not {names}, the only allowed {_KINDS.get(type(expected[0]), 'value')}"


def _format(expected: Any, value: Any, error: Any) -> str:
    example = f", such as {_EXAMPLES[expected]}" if expected in _EXAMPLES else ""
    return f"{shown(value)} is not a valid {expected}" + (" (Base64)" if expected == "byte" else "") + example


def _compared(words: str) -> Callable[[Any, Any, Any], str]:
    return lambda expected, value, error: f"{shown(value)} {words} {shown(_whole(expected))}"


def _whole(number: Any) -> Any:
    """`10` for `10.0`, which is the same number in JSON Schema."""
    return int(number) if isinstance(number, float) and number.is_integer() and abs(number) < 2**53 else number


def _size(noun: str, plural: str, limit: str) -> Callable[[Any, Any, Any], str]:
    def write(expected: Any, value: Any, error: Any) -> str:
        return f"{shown(value)} has {len(value):,} {noun if len(value) == 1 else plural}, expected {limit} {expected:,}"

    return write


def _repeated(expected: Any, value: list[Any], error: Any) -> str:
    seen: set[str] = set()
    for item in value:
        text = dumps(rewritten(item, of_scalar=_canonical), sort_keys=True, default=str)
        if text in seen:
            return f"the items are not unique: {shown(item)} occurs more than once"
        seen.add(text)
    return "the items are not unique"


def _canonical(value: Any) -> Any:
    """An integral number as an integer: 1.0 is 1 (JSON Schema 2020-12, section 4.2.2)."""
    return int(value) if isinstance(value, float | Decimal) and value == value // 1 else value


def undeclared(names: Sequence[str], known: frozenset[str] = frozenset()) -> str:
    """That properties are not declared, of one the known name that is like it."""
    listed = few(names, _MOST_LISTED, shown)
    if len(names) > 1:
        return f"the properties {listed} are not declared"
    return f"the property {listed} is not declared{likely_name(names[0], known)}"


@lru_cache(maxsize=1024)
def near_name(name: str, known: frozenset[str]) -> str:
    """The known name that is like this one; '' where none is. One mistake is made in many exchanges."""
    return next(iter(get_close_matches(name, sorted(known), 1, 0.75)), "")


def likely_name(name: str, known: frozenset[str]) -> str:
    """` (did you mean "size"?)`, or '' where no known name is like this one."""
    near = near_name(name, known)
    return f" (did you mean {shown(near)}?)" if near else ""


def misspelt_once(errors: list[SchemaError]) -> list[SchemaError]:
    """The errors of a value. A required property under a name like its own is one fault, by which both names are said."""
    found = dict(enumerate(errors))
    missing = {(one.at, one.names[0]): at for at, one in found.items() if one.rule == "schema-required" and one.names}
    for index, error in enumerate(errors) if missing else ():
        left = list[str]()
        for name in error.names if error.rule == "schema-unknown-member" else ():
            near = near_name(name, frozenset(known for at, known in missing if at == error.at))
            if (one := missing.pop((error.at, near), None)) is None:
                left.append(name)
            else:
                text = f"{found[one].message}; {undeclared([name], frozenset([near]))}"
                found[one] = replace(found[one], message=text)
        if left and len(left) < len(error.names):
            found[index] = replace(error, message=undeclared(left), names=tuple(left))
        elif error.names and not left and error.rule == "schema-unknown-member":
            del found[index]
    return list(found.values())


def _needed(expected: Any, value: Any, error: Any) -> str:
    present = {name: names for name, names in expected.items() if name in value}
    missing = ((name, needed) for name, names in present.items() for needed in names if needed not in value)
    beside, name = next(missing, ("another", "a property"))
    return f"the property {shown(name)} is missing, which {shown(beside)} requires"


_MESSAGES: dict[str, Callable[[Any, Any, Any], str]] = {
    "type": _type,
    "enum": _value,
    "const": lambda expected, value, error: _value([expected], value, error),
    "pattern": lambda expected, value, error: f"{shown(value)} does not match the pattern {clipped(str(expected))}",
    "format": _format,
    "minimum": _compared("is less than the minimum"),
    "maximum": _compared("is greater than the maximum"),
    "exclusiveMinimum": _compared("is not greater than the exclusive minimum"),
    "exclusiveMaximum": _compared("is not less than the exclusive maximum"),
    "multipleOf": _compared("is not a multiple of"),
    "minLength": _size("character", "characters", "at least"),
    "maxLength": _size("character", "characters", "at most"),
    "minItems": _size("item", "items", "at least"),
    "maxItems": _size("item", "items", "at most"),
    "minProperties": _size("property", "properties", "at least"),
    "maxProperties": _size("property", "properties", "at most"),
    "uniqueItems": _repeated,
    "required": lambda expected, value, error: f"the required property {shown(error.kind.property)} is missing",
    "dependentRequired": _needed,
    "additionalProperties": lambda expected, value, error: undeclared(
        error.kind.unexpected, frozenset(map(str, expected)).difference(value)
    ),
}
