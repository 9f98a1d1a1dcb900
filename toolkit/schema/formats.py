"""What the engine of JSON Schema does not know of texts: the format `byte`, and patterns of the web's older grammar."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from toolkit.document.encodings import is_base64
from toolkit.schema.bundle import SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_SINGLES

_TOKEN = re.compile(r"\\[pP]\{[^}]*\}|\\.|.", re.DOTALL)
_CLASS = re.compile(r"\\[dDsSwWpP]")

FORMATS: dict[str, Callable[[str], bool]] = {"byte": is_base64}


def formats_in(schema: Any) -> dict[str, Callable[[str], bool]]:
    """Those of FORMATS that a schema names anywhere."""
    if isinstance(schema, list):
        return {name: check for item in schema for name, check in formats_in(item).items()}
    if not isinstance(schema, dict):
        return {}
    named = schema.get("format")
    found = {named: FORMATS[named]} if isinstance(named, str) and named in FORMATS else {}
    return found | {name: check for inner in schema.values() for name, check in formats_in(inner).items()}


def escape_hyphens(pattern: str) -> str:
    """A pattern in which a hyphen beside a class, such as `[\\w-.]`, is escaped: it means itself (ECMA-262, annex B.1.2)."""
    tokens, made, inside = _TOKEN.findall(pattern), list[str](), False
    for index, token in enumerate(tokens):
        if inside and token == "-" and tokens[index - 1] != "[":
            around = (tokens[index - 1], *tokens[index + 1 : index + 2])
            made.append("\\-" if "]" not in around and any(map(_CLASS.match, around)) else token)
        else:
            made.append(token)
        inside = token == "[" or (inside and token != "]")
    return "".join(made)


def with_readable_patterns(schema: Any, readable: Callable[[str], str | None]) -> Any:
    """A schema in which each pattern is what `readable` makes of it, and left out where that is None."""
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    unreadable = False
    for key, value in schema.items():
        if key == "pattern" and isinstance(value, str):
            kept |= {key: found} if (found := readable(value)) is not None else {}
        elif key in SCHEMA_MAPS and isinstance(value, dict):
            names = {name: readable(name) if key == "patternProperties" else name for name in value}
            unreadable = unreadable or None in names.values()
            inner = {new: value[name] for name, new in names.items() if new is not None}
            kept[key] = {name: with_readable_patterns(rule, readable) for name, rule in inner.items()}
        elif key in SCHEMA_LISTS and isinstance(value, list):
            kept[key] = [with_readable_patterns(item, readable) for item in value]
        else:
            kept[key] = with_readable_patterns(value, readable) if key in SCHEMA_SINGLES else value
    if unreadable:
        kept.pop("additionalProperties", None)  # which names it is about cannot be told
    return kept
