"""A bundle of JSON Schema as code generators want it: a root that is no `$ref`, a title on each definition, or no `$ref` at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from toolkit.document.pointers import object_at
from toolkit.errors import UsageError
from toolkit.export.loosening import ROOT, loosened
from toolkit.schema.bundle import ANNOTATIONS, SCHEMA_URI, definition_of, mapped
from toolkit.schema.formats import TEXTS, patterns_in, with_patterns
from toolkit.schema.patterns import portable
from toolkit.structs import Mutable, field
from toolkit.verdict import printable

_OPENAPI = frozenset({"xml", "example", "discriminator", "externalDocs"})
_MOST_SCHEMAS = 100_000  # that writing references out may make of one file
_CUT = "x-left-out"  # where something is: a schema within itself, or a pattern


def plain_schema(schema: dict[str, Any], title: str) -> dict[str, Any]:
    """A bundle as a JSON Schema of that title without the keywords that only OpenAPI has: `xml`, `example`,
    `discriminator`, `externalDocs` and extensions. Where it is nothing but a `$ref`, the definition becomes the root."""
    root = _each({key: value for key, value in schema.items() if key != "$schema"}, _without_openapi)
    definitions = root.pop("$defs", {})
    while root.keys() == {"$ref"} and isinstance(definitions.get(name := definition_of(root)), dict):
        root = definitions.pop(name)
        root, definitions = _renamed(root, name), {key: _renamed(one, name) for key, one in definitions.items()}
        title = str(name)
        if root == {"$ref": "#"}:
            break
    titled = {name: _titled(one, name) for name, one in definitions.items()}
    return {"$schema": SCHEMA_URI, **_titled(root, title), **({"$defs": titled} if titled else {})}


def flat_schema(schema: dict[str, Any], file: str) -> tuple[dict[str, Any], list[str]]:
    """A schema without `$ref`, each written out where it stands, and notes on what contains itself: there any value is valid, and what
    would refuse more for that is loosened. Raises UsageError if that would make too many schemas."""
    flattener = _Flattener(schema, file)
    made = flattener.flat({key: value for key, value in schema.items() if key != "$defs"}, ("#",))
    if not flattener.notes:
        return made, []
    made, loss = _loosened(made, f"{file}: {{}} around what contains itself would refuse more, and is loosened")
    return made, [*flattener.notes, *loss]


def portable_schema(schema: dict[str, Any], file: str) -> tuple[dict[str, Any], list[str]]:
    """A schema with the patterns of ECMA-262 alone, and notes on those that are written otherwise or left out; what would refuse more
    for that is loosened."""
    made = {one: portable(one) for one in sorted(patterns_in(schema))}
    changed = {one: found for one, found in made.items() if found != one}
    if not changed:
        return schema, []
    notes = []
    for one, found in changed.items():
        word = f"written as {printable(found[:80])}" if found else "left out"
        notes.append(f"{file}: the pattern {printable(one[:80])} is not of ECMA-262 with the flag u, and is {word}")
    kept = with_patterns(_marked(schema, made), made, None)
    kept, loss = _loosened(kept, f"{file}: {{}} around such a pattern would refuse more, and is loosened")
    return kept, [*notes, *loss]


def _marked(schema: Any, made: Mapping[str, str | None]) -> Any:
    """A schema with a mark on each of which a pattern is lost."""

    def marked(one: dict[str, Any]) -> dict[str, Any]:
        own = [one["pattern"]] if isinstance(one.get("pattern"), str) else []
        return {**one, _CUT: True} if None in map(made.get, [*own, *object_at(one, "patternProperties")]) else one

    return _each(schema, marked)


def _loosened(schema: dict[str, Any], note: str) -> tuple[dict[str, Any], list[str]]:
    """A schema without its marks and without what would refuse more for them; the note says what, if anything."""
    root = {key: one for key, one in schema.items() if key != "$defs"}
    loose, changed = loosened({"components": {"schemas": {**schema.get("$defs", {}), ROOT: root}}}, (_CUT,))
    schemas = loose["components"]["schemas"].items()
    definitions = {
        name: _each(one, lambda part: {key: value for key, value in part.items() if key != _CUT})
        for name, one in schemas
    }
    made = definitions.pop(ROOT)
    words = ", ".join(dict.fromkeys(word for _, word in changed))
    return {**made, **({"$defs": definitions} if definitions else {})}, [note.format(words)] if words else []


class _Flattener(Mutable):
    whole: dict[str, Any]
    file: str
    count: int = 0
    notes: dict[str, None] = field(default_factory=dict)

    def flat(self, schema: Any, inside: tuple[str, ...]) -> Any:
        if not isinstance(schema, dict):
            return schema
        self.count += 1
        if self.count > _MOST_SCHEMAS:
            most = f"more than {_MOST_SCHEMAS:,} schemas"
            raise UsageError(f"{self.file}: without references it would have {most}; leave --flat out")
        reference = schema.get("$ref")
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        made = mapped(rest, lambda inner: self.flat(inner, inside))
        if not isinstance(reference, str):
            return made
        if reference in inside:
            name = definition_of(schema) or "the root"
            self.notes[f"{self.file}: {name} contains itself; there any value is valid"] = None
            return {**made, _CUT: True}
        return _joined(self.flat(self.target(schema), (*inside, reference)), made)

    def target(self, schema: dict[str, Any]) -> Any:
        if schema["$ref"] == "#":
            return {key: value for key, value in self.whole.items() if key not in ("$defs", "$schema")}
        return self.whole.get("$defs", {}).get(definition_of(schema), {})


def _joined(target: Any, rest: dict[str, Any]) -> Any:
    """A schema that says what both say; what only describes is of the place where it is used."""
    if isinstance(target, bool):
        return {"allOf": [target], **rest} if rest else target
    if rest.keys() <= ANNOTATIONS:
        return {**target, **rest}
    return {**rest, "allOf": [target, *rest.get("allOf", [])]}


def _titled(schema: Any, title: str) -> Any:
    return {"title": title, **schema} | {"title": title} if isinstance(schema, dict) else schema


def _renamed(schema: Any, root: str | None) -> Any:
    """A schema in which references to the definition that became the root are references to the root."""
    return _each(schema, lambda one: {**one, "$ref": "#"} if definition_of(one) == root else one)


def _without_openapi(one: dict[str, Any]) -> dict[str, Any]:
    """A schema without the keywords of OpenAPI, and with the patterns of its formats that JSON Schema does not know."""
    kept = {key: one[key] for key in one if key not in _OPENAPI and not key.startswith("x-")}
    text = TEXTS.get(str(one.get("format")))
    if text is None or "pattern" not in one:
        return kept if text is None else {**kept, "pattern": text}
    return {**kept, "allOf": [*one.get("allOf", []), {"pattern": text}]}


def _each(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A schema with each schema in it, the outer ones first, changed."""
    return mapped(change(schema), lambda inner: _each(inner, change)) if isinstance(schema, dict) else schema
