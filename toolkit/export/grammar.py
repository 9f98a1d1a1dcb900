"""Walks through the objects of an OpenAPI document, so that examples and extensions are never taken for any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

from toolkit.contract.objects import OBJECTS, field_of, parts
from toolkit.document.pointers import ABSENT, Tokens, as_object, child, pointer_tokens

SECTIONS = {kind: name for name, (kind, _) in OBJECTS["components"].items() if kind not in ("path", "media")}
"""The kinds of objects that have a section of their own in `components` of OpenAPI 3.0 and 3.1."""


def rebuilt(kind: str, value: Any, part: Callable[[str, Tokens, Any], Any]) -> Any:
    """An object of a kind with each object in it replaced by what `part` makes of its kind, its place below and itself. A field that
    YAML leaves empty, where objects belong, is left out."""
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for key, inner in value.items():
        name = str(key)
        inside, form = field_of(kind, name)
        if inside and inner is None and name in OBJECTS[kind]:
            continue
        if form == "{" and isinstance(inner, dict):
            made[name] = {str(each): part(inside, (name, str(each)), one) for each, one in inner.items()}
        elif form == "[" and isinstance(inner, list):
            made[name] = [part(inside, (name, str(index)), one) for index, one in enumerate(inner)]
        else:
            made[name] = part(inside, (name,), inner) if inside and not form else inner
    return made


Visit = Callable[[str, Tokens, Any], Any]


def rewrite(value: Any, visit: Visit, kind: str = "document", tokens: Tokens = ()) -> Any:
    """A copy of an object in which each object, the outer ones first, is replaced by what `visit` makes of it."""
    return rebuilt(
        kind, visit(kind, tokens, value), lambda inside, below, inner: rewrite(inner, visit, inside, (*tokens, *below))
    )


def walk(value: Any, kind: str = "document", tokens: Tokens = ()) -> Iterator[tuple[str, Tokens, Any]]:
    """The kind, the place and the value of each object in an object, itself first."""
    yield kind, tokens, value
    for inside, below, inner in parts(kind, value) if isinstance(value, dict) else ():
        yield from walk(inner, inside, (*tokens, *below))


def look(document: Any, value: Any) -> Any:
    """What a local `$ref` refers to, through several; the value itself where it is none, or leads nowhere."""
    for _ in range(50):
        reference = as_object(value).get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return value
        found = reduce(child, pointer_tokens(reference), document)
        if found is ABSENT or found is None:
            return value
        value = found
    return value
