"""What the engine of JSON Schema does not know of texts: the formats `byte` and `decimal`, and patterns as ECMA-262 means them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from toolkit.document.encodings import is_base64
from toolkit.document.pointers import object_at
from toolkit.schema.bundle import mapped, objects_in, strings_in

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

FORMATS: dict[str, Callable[[str], bool]] = {
    "byte": is_base64,
    "decimal": lambda text: _DECIMAL.fullmatch(text) is not None,  # OpenAPI Format Registry: of any precision and range
}

_DIGIT = r"[A-Za-z0-9+/_-]\s*"
TEXTS = {
    "byte": rf"^\s*(?:(?:{_DIGIT}){{4}})*(?:(?:{_DIGIT}){{2}}(?:=\s*=\s*)?|(?:{_DIGIT}){{3}}(?:=\s*)?)?$",
    "decimal": f"^(?:{_DECIMAL.pattern})$",
}
"""The same formats as patterns, for engines that know neither."""
_DATE = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
AROUND = {
    **TEXTS,
    "date": f"{_DATE}$",
    "date-time": f"{_DATE}[Tt ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}",
    "time": "^[0-9]{2}:[0-9]{2}:[0-9]{2}",
    "uuid": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
    "ipv4": r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$",
    "ipv6": ":",
    "email": "@",
    "uri": "^[A-Za-z][A-Za-z0-9+.-]*:",
}
"""Patterns that every string of a format matches, and others may."""


def formats_in(schema: Any) -> dict[str, Callable[[str], bool]]:
    """Those of FORMATS that a schema names anywhere."""
    named = {*strings_in(schema, "format")}
    return {name: check for name, check in FORMATS.items() if name in named}


def patterns_in(schema: Any) -> set[str]:
    """Every pattern that may be one of a schema's: more than these are no harm."""
    named = (name for one in objects_in(schema) for name in object_at(one, "patternProperties"))
    return {*strings_in(schema, "pattern"), *named}


def with_patterns(schema: Any, made: Mapping[str, str | None], unread: str | None) -> Any:
    """A schema in which each pattern is what is made of it. One of which nothing can be made is `unread`; where that is
    None it is left out, and so is what depends on it. Otherwise a property that it may be about is not allowed."""
    if not isinstance(schema, dict):
        return schema
    kept = mapped(schema, lambda one: with_patterns(one, made, unread))
    if isinstance(pattern := schema.get("pattern"), str):
        kept["pattern"] = unread if made[pattern] is None else made[pattern]
        if kept["pattern"] is None:
            del kept["pattern"]
    if rules := object_at(kept, "patternProperties"):
        kept["patternProperties"] = {new: one for name, one in rules.items() if (new := made[name]) is not None}
    if None in [made[name] for name in rules]:
        kept.pop("additionalProperties", None)  # which names it is about cannot be told
        kept |= {} if unread is None else {"additionalProperties": False}
    return kept
