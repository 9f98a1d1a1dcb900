"""The values that a parameter's texts may stand for: a text alone does not tell a number from a string of digits.

A schema that allows several types is met where one of the readings meets it, so all are given, the likeliest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from toolkit.contract.operation import Parameter
from toolkit.schema.bundle import flattened
from toolkit.wire import media_type
from toolkit.wire.json import JsonFault, parse_json
from toolkit.wire.parameters import PREFIXES, read_form, read_scalar, read_typed, split_style, without_prefix

_COMPOUND = frozenset({"array", "object"})


class StyleFault(ValueError):
    """A text that is not written in the style of its parameter."""

    hint = "write the value in the documented style (OpenAPI, Style Values)"


def is_judged(parameter: Parameter) -> bool:
    """False where `content` names a media type in which values are not read here."""
    kind = media_type.kind(parameter.media_type) if parameter.media_type else "json"
    return kind == "json" or not _COMPOUND & set(parameter.types)


def readings(parameter: Parameter, texts: Sequence[str]) -> Iterator[Any]:
    """Each value, or a JsonFault or StyleFault; nothing where one value is due and several texts are given."""
    alone = len(texts) == 1 or parameter.location not in ("query", "cookie")
    if parameter.media_type and media_type.kind(parameter.media_type) == "json":
        if alone:
            yield _json(texts[0])
        return
    prefix = PREFIXES.get(parameter.style, "")
    if not texts[0].startswith(prefix):
        yield StyleFault(f"the text {texts[0][:80]!r} does not begin with {prefix!r} (style {parameter.style})")
        return
    for as_text in (False, True):
        yield from _readings(parameter, texts, alone, as_text)


def _readings(parameter: Parameter, texts: Sequence[str], alone: bool, as_text: bool) -> Iterator[Any]:
    """The readings in which what may be a string is one (`as_text`), or rather something else."""
    types = parameter.types
    repeated = parameter.explode and parameter.location in ("query", "cookie")
    if "array" in types and (alone or repeated):
        yield _array(parameter, texts, repeated, as_text)
    if "object" in types and alone:
        yield _object(parameter, texts[0], as_text)
    scalars = [name for name in types if name not in _COMPOUND]
    if alone and (scalars or not types):
        text = without_prefix(texts[0], parameter.style)
        yield read_scalar(text.strip(" \t") if parameter.location == "header" else text, scalars, as_text=as_text)


def _json(text: str) -> Any:
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"))
    except JsonFault as fault:
        return fault


def _array(parameter: Parameter, texts: Sequence[str], repeated: bool, as_text: bool) -> list[Any]:
    root = parameter.bundle.schema
    items = flattened(parameter.schema, root).get("items")
    parts = texts if repeated else split_style(texts[0], parameter.style, parameter.explode, as_object=False)
    return [read_typed(_trimmed(parameter, part), items, root, as_text=as_text) for part in parts]


def _object(parameter: Parameter, text: str, as_text: bool) -> dict[str, Any]:
    root = parameter.bundle.schema
    members = split_style(text, parameter.style, parameter.explode, as_object=True)
    assert isinstance(members, dict)
    pairs = [(_trimmed(parameter, name), _trimmed(parameter, value)) for name, value in members.items()]
    return read_form(pairs, flattened(parameter.schema, root), root, as_text=as_text)


def _trimmed(parameter: Parameter, part: str) -> str:
    """White space around a list's commas means nothing in a header (RFC 9110, section 5.6.1)."""
    return part.strip(" \t") if parameter.location == "header" else part
