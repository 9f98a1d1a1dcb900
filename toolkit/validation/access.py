"""Properties that one side alone may send: `readOnly` ones in a request, `writeOnly` ones in a response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.schema.bundle import objects_in
from toolkit.schema.judge import JsonSchema
from toolkit.schema.shape import Schema, Shapes

_MOST_LEVELS = 100
Tokens = tuple[str, ...]


def is_marked(schema: Any, keyword: str) -> bool:
    """Whether `readOnly` or `writeOnly` is true anywhere in a schema."""
    return any(part.get(keyword) is True for part in objects_in(schema))


def misplaced(schema: JsonSchema, keyword: str, value: Any) -> Iterator[Tokens]:
    """The place in a value of each property with the keyword; of those in an array, that of the first item that has it."""
    met: set[Tokens] = set()
    for place in _walk(Shapes(schema.schema), (schema.schema,), keyword, value, ()):
        general = tuple("*" if token.isdecimal() else token for token in place)
        if general not in met:
            met.add(general)
            yield place


def _walk(shapes: Shapes, schemas: tuple[Schema, ...], keyword: str, value: Any, at: Tokens) -> Iterator[Tokens]:
    if not schemas or not isinstance(value, dict | list) or len(at) > _MOST_LEVELS:
        return
    outline = shapes.outline(*schemas)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(shapes, outline.items, keyword, item, (*at, str(index)))
        return
    for name, item in value.items():
        own = outline.named(name)
        if own and True in shapes.of(*own).each(keyword):
            yield (*at, name)
        else:
            yield from _walk(shapes, own or outline.others, keyword, item, (*at, name))
