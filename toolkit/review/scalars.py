"""Strings, numbers and the like: what two forms say of them, whether one covers the other, and values that tell them apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import chain, islice
from math import ceil, floor
from typing import Any

from toolkit.client.texts import matching_texts
from toolkit.document.pointers import array_at
from toolkit.review.forms import Conjunction, type_of
from toolkit.review.samples import apart, made
from toolkit.schema.algebra import covers
from toolkit.schema.bundle import SCHEMA_URI, Bundle
from toolkit.schema.formats import AROUND
from toolkit.schema.languages import strings_between
from toolkit.schema.parts import validator_of
from toolkit.schema.patterns import compile_pattern, literal
from toolkit.schema.scalars import INTEGER, NUMBER, READERS

SCALAR = frozenset(
    {"type", "enum", "const", "pattern", "minLength", "maxLength", "format", "multipleOf", "x-text-pattern"}
    | {"contentEncoding", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
)
_OWN_FORMATS = frozenset({"byte", "decimal", "date", "date-time", "time", "duration"})
"""Formats that the validator checks more closely than the canonical forms know."""
_NARROWER = {
    "uri-reference": {"uri"},
    "iri": {"uri"},
    "iri-reference": {"uri", "iri", "uri-reference"},
    "idn-email": {"email"},
    "idn-hostname": {"hostname"},
}
"""Formats of which each string has another format too (RFC 3986, RFC 3987, RFC 5890, RFC 6531)."""
_WIDER = ("http://example.com/\u00e9", "\u00e9@example.com", "\u00e9.example")
"""Strings that have the other format alone."""
MOST_CANDIDATES = 150
_ODD = ("", "a", "A", "0", "a b", "a-b_c.d", "\u00e9", 0, 1, -1, 7, 1000, 1.5, -0.25)
_BEYOND = ("", "\0 \u00e9<", 0.5, 10**30)  # of which each format refuses some
_MOST_CONSTANTS = 500  # of one enum that are compared as a set: the engine takes the square of their number


def leaf(form: Conjunction, name: str) -> dict[str, Any]:
    """What a form says of its values of a scalar type, without formats that refuse nothing, since nobody knows them."""
    words = SCALAR - {"type"}
    said = [{key: value for key, value in _plain(part.schema).items() if key in words} for part in form.parts]
    kept = [{key: one[key] for key in one if key != "format" or _refuses(one[key])} for one in said]
    types = form.types() & ({name, "integer"} if name == "number" else {name})
    return {"type": sorted(types) or name, "allOf": [one for one in kept if one] or [{}]}


@cache
def _refuses(word: str) -> bool:
    """Whether a format refuses any value."""
    return not all(map(validator_of({"$schema": SCHEMA_URI, "format": word}).is_valid, _BEYOND))


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema whose strings are Base64 as OpenAPI 3.0 says it, which is checked."""
    is_base64 = schema.get("contentEncoding") in ("base64", "base64url")
    return {"format": "byte", **schema} if is_base64 else schema


def within(check: Callable[[], Callable[[Any], bool]], leaf: dict[str, Any]) -> dict[str, Any]:
    """A leaf without the constants of its long enums that the other side does not accept, and without those beyond the most."""
    parts = []
    for one in leaf["allOf"]:
        listed = array_at(one, "enum")
        is_long = len(listed) > _MOST_CONSTANTS and not _pattern("enum", listed)
        parts.append({**one, "enum": list(islice(filter(check(), listed), _MOST_CONSTANTS))} if is_long else one)
    return {**leaf, "allOf": parts}


def _pattern(keyword: str, value: Any) -> str:
    """A pattern, or an enum of strings or a length as one; '' for others."""
    if keyword in ("minLength", "maxLength"):
        return f"^[\\s\\S]{{{value},}}$" if keyword == "minLength" else f"^[\\s\\S]{{0,{value}}}$"
    if keyword == "enum" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return f"^(?:{'|'.join(map(literal, value))})$"
    return value if keyword == "pattern" and isinstance(value, str) else ""


def _patterns(leaf: Mapping[str, Any]) -> list[str]:
    return [found for one in leaf["allOf"] for key, value in one.items() if (found := _pattern(key, value))]


def _languages(leaf: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The patterns of a leaf, and those of its formats: all together, and each alone, since not every one can be read."""
    known = (AROUND[one["format"]] for one in leaf["allOf"] if one.get("format") in AROUND)
    every = (*_patterns(leaf), *known, "^[\\s\\S]*$")
    return [every, *((one,) for one in every)]


def _without(leaf: dict[str, Any], is_proved: Callable[[str, Any], bool]) -> dict[str, Any]:
    kept = [{k: v for k, v in one.items() if not is_proved(k, v)} for one in leaf["allOf"]]
    return {**leaf, "allOf": kept}


def leaf_values(bundle: Bundle, mine: dict[str, Any], its: dict[str, Any]) -> Iterator[Any]:
    """Values of a scalar that one side may have and the other not."""
    pairs = ((one, pattern) for one in _languages(mine) for pattern in _patterns(its))
    between = (text for (one, *more), pattern in pairs for text in strings_between(one, pattern, *more) or ())
    own = made(bundle, mine)
    numbers = [0, *(one for one in own if type_of(one) in ("integer", "number"))]
    parts = (base + one["multipleOf"] / 2 for one in its["allOf"] if "multipleOf" in one for base in numbers)
    yield from islice(chain(between, apart(bundle, mine, its), _ODD, _WIDER, own, parts), MOST_CANDIDATES)


def is_covered(mine: dict[str, Any], its: dict[str, Any]) -> bool:
    """Whether it is proved that every value of one leaf is one of the other, patterns by their languages."""
    formats = {one.get("format") for one in mine["allOf"]}
    its = _without(its, lambda key, value: key == "format" and not formats.isdisjoint(_NARROWER.get(value, ())))
    if _is_refuted(mine, its):
        return False
    proved = covers(its, mine)
    if proved is not True and (patterns := _patterns(its)):
        ways = _languages(mine)
        done = {p for p in patterns if any(strings_between(one[0], p, *one[1:]) == () for one in ways)}
        proved = covers(_without(its, lambda key, value: _pattern(key, value) in done), mine)
    own = {one["format"] for one in its["allOf"] if one.get("format") in _OWN_FORMATS}
    return proved is True and own <= formats and _encodings(its) <= _encodings(mine)


def _encodings(leaf: dict[str, Any]) -> set[Any]:
    """What strings are written in, which nothing checks but Base64."""
    usual = {"byte": "base64"}
    return {one.get("contentEncoding", usual.get(one.get("format"))) for one in leaf["allOf"]} - {None}


def _is_refuted(mine: dict[str, Any], its: dict[str, Any]) -> bool:
    """Whether a string of one leaf, which has nothing but patterns and lengths, breaks a pattern of the other: seen at once, where a
    proof takes long."""
    if mine["type"] != ["string"] or any(one.keys() - {"pattern", "minLength", "maxLength"} for one in mine["allOf"]):
        return False
    own, other = ([one["pattern"] for one in leaf["allOf"] if "pattern" in one] for leaf in (mine, its))
    texts = {text for pattern in own for text in matching_texts(pattern)}
    for one in mine["allOf"]:
        texts = {text for text in texts if one.get("minLength", 0) <= len(text) <= one.get("maxLength", len(text))}
    fitting = (text for text in texts if all(compile_pattern(pattern)(text) for pattern in own))
    return any(not compile_pattern(pattern)(text) for text in fitting for pattern in other)


Check = Callable[[Any], bool]


def are_texts_taken(name: str, form: Conjunction, others: list[Conjunction], is_sent: Check, accepts: Check) -> bool:
    """Whether each text that is sent for values of a type is one that the other side takes for a value of another type. Nothing is sent for null."""
    values = form.constants()
    if values is None and name == "integer":
        values = _integers(form, is_sent)
    if values is None and name in ("integer", "number"):
        sent = {"type": ["string"], "allOf": [{"pattern": f"^{INTEGER if name == 'integer' else NUMBER}$"}]}
        return any("string" in one.types() and is_covered(sent, leaf(one, "string")) for one in others)
    if values is None and name == "string":
        known = [_integers(one, accepts) for one in others if "integer" in one.types()]
        taken = [{"type": ["string"], "allOf": [{"enum": [*map(str, one)]}]} for one in known if one]
        return any(is_covered(leaf(form, name), one) for one in taken)
    if values is None and name != "boolean":
        return name == "null"
    own = (one for one in ([True, False] if values is None else values) if type_of(one) == name)
    texts = (one if isinstance(one, str) else json.dumps(one) for one in own)
    return name == "null" or all(any(map(accepts, (one, *(read(one) for read in READERS.values())))) for one in texts)


def _integers(form: Conjunction, is_sent: Check) -> list[Any] | None:
    """All integers of a form, where they are few."""
    least = [*form.each("minimum"), *form.each("exclusiveMinimum")]
    most = [*form.each("maximum"), *form.each("exclusiveMaximum")]
    if not least or not most or min(most) - max(least) > _MOST_CONSTANTS:
        return None
    return [*filter(is_sent, range(ceil(max(least)), floor(min(most)) + 1))]
