"""Parameters as text on the wire and as values (OpenAPI: Style Values; RFC 6570), both ways.

What is sent as text is judged as text: the schema's type says how a text is read, and a text that cannot be read so
stays text, for the schema to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

from toolkit.schema.bundle import flattened, types_of
from toolkit.schema.scalars import READERS
from toolkit.wire.urlencoded import Pairs


def _read_null(text: str) -> Any:
    return None if text in ("", "null") else text


_READERS: dict[str, Callable[[str], Any]] = {**READERS, "null": _read_null}


def read_scalar(text: str, types: Sequence[str], *, as_text: bool = False) -> Any:
    """A text as the first of the types that it can be read as; `string`, or no type, keeps it text.

    Where `as_text`, it is a string wherever it may be one.
    """
    if as_text and "string" in types:
        return text
    for name in types:
        value = _READERS[name](text) if name in _READERS else text
        if value is not text:
            return value
    return text


def read_typed(text: str, schema: object, root: dict[str, Any], *, as_text: bool = False) -> Any:
    """A text as a value of the scalar type that a schema of a bundle names."""
    return read_scalar(text, types_of(flattened(schema, root)), as_text=as_text)


def read_form(pairs: Pairs, schema: dict[str, Any], root: dict[str, Any], *, as_text: bool = False) -> dict[str, Any]:
    """Pairs as an object: repeated names of an array property as an array, others by their types.

    What is no array and still repeated becomes an array too, for the schema to refuse.
    """
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        texts.setdefault(name, []).append(text)
    value: dict[str, Any] = {}
    for name, given in texts.items():
        rule = flattened(properties.get(name, others), root)
        listed = "array" in types_of(rule)
        read = [read_typed(text, rule.get("items") if listed else rule, root, as_text=as_text) for text in given]
        value[name] = read if listed or len(read) > 1 else read[0]
    return value


def write_scalar(value: Any) -> str:
    """A scalar as the wire shows it."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return str(value)


PREFIXES = {"label": ".", "matrix": ";"}


def without_prefix(text: str, style: str) -> str:
    """A text without what stands before the value in the styles `label` and `matrix`: `.` and `;name=`."""
    return {"label": text.removeprefix("."), "matrix": re.sub(r"^;[^=;]*=?", "", text)}.get(style, text)


def split_style(text: str, style: str, explode: bool, *, as_object: bool) -> list[str] | dict[str, str]:
    """The parts of one parameter text: of an array, or of an object as name -> text (OpenAPI, Style Examples)."""
    body = without_prefix(text, style)
    separator = _separator(style, explode)
    parts = body.split(separator) if body else []
    if style == "matrix" and explode:
        parts = [part.partition("=")[2] if not as_object else part for part in text.split(";")[1:]]
    if not as_object:
        return parts
    if explode:
        return {name: value for name, _, value in (part.partition("=") for part in parts)}
    return dict(zip_longest(parts[::2], parts[1::2], fillvalue=""))


def _separator(style: str, explode: bool) -> str:
    if style in ("spaceDelimited", "pipeDelimited"):
        return {"spaceDelimited": " ", "pipeDelimited": "|"}[style]
    if style == "label" and explode:
        return "."
    return ","


def join_style(name: str, value: Any, style: str, explode: bool) -> list[tuple[str, str]]:
    """A query parameter's value as pairs of name and text."""
    if isinstance(value, dict):
        if style == "deepObject":
            return [(f"{name}[{key}]", write_scalar(item)) for key, item in value.items()]
        if explode:
            return [(key, write_scalar(item)) for key, item in value.items()]
        separator = _separator(style, False)
        return [(name, separator.join(f"{key}{separator}{write_scalar(item)}" for key, item in value.items()))]
    if isinstance(value, list):
        texts = [write_scalar(item) for item in value]
        return [(name, text) for text in texts] if explode else [(name, _separator(style, False).join(texts))]
    return [(name, write_scalar(value))]
