"""What a JSON Schema says about the shape of values, `$ref` and `allOf` resolved: the common ground of codec and XSD.

A schema is read for what values may look like, never to validate one: properties named only under `then`, `else`
or `dependentSchemas` count as known, `not` says nothing, and what alternatives share is not worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property, reduce
from itertools import chain, repeat, zip_longest
from typing import Any

from toolkit.document.pointers import ABSENT, array_at, child, grouped, names_at, object_at, pointer_tokens
from toolkit.schema.bundle import followed, stated_types
from toolkit.schema.patterns import compile_pattern
from toolkit.structs import Frozen, field

Schema = Mapping[str, Any] | bool
SCALARS = frozenset({"string", "integer", "number", "boolean"})
SCALARS_OR_NULL = SCALARS | {"null"}
TYPES = SCALARS_OR_NULL | {"object", "array"}
_KINDS = {"scalar": SCALARS, "object": frozenset({"object"}), "array": frozenset({"array"})}
"""What a reader tells apart at first sight, in the order in which it is tried."""
_READING_ORDER = ("boolean", "integer", "number", "null", "string", "array", "object")
_HINTS = {
    **dict.fromkeys(("properties", "required", "additionalProperties", "patternProperties"), "object"),
    **dict.fromkeys(("items", "prefixItems"), "array"),
    **dict.fromkeys(("pattern", "minLength", "maxLength", "format"), "string"),
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), "number"),
}
_STRUCTURE = {"$ref", "type", "enum", "const", "allOf", "oneOf", "anyOf", "xml", *_HINTS} - {"properties", "required"}
_TYPING = {"$ref", "type", "items", "allOf", "oneOf", "anyOf", "xml"}
_GROUPS = ("oneOf", "anyOf")
_CHOICES_AT_ONCE = 2
"""How many groups of alternatives of one value are distinguished; it bounds the work, which is their product."""


class Conjunct(Frozen, dict=True):
    """One schema that a value has to meet; `nullable` where null may stand instead (`anyOf: [it, {type: null}]`)."""

    schema: Mapping[str, Any]
    nullable: bool = False

    @cached_property
    def choices(self) -> list[tuple[list[Schema], list[Schema]]]:
        """Its groups of alternatives: all of each, and those that are not null. They may be thousands, and each is asked for them."""
        groups = (array_at(self.schema, group) for group in _GROUPS)
        return [(group, without_null(group)) for group in groups if group]


class Together:
    """Schemas that a value meets together: the `parts`."""

    __slots__ = ()
    parts: tuple[Any, ...]

    def each(self, keyword: str) -> list[Any]:
        """The keyword's value in every schema that has it."""
        return [part.schema[keyword] for part in self.parts if keyword in part.schema]

    def choices(self) -> list[list[Any]]:
        """The values that each `enum` and `const` leaves."""
        return [*self.each("enum"), *([one] for one in self.each("const"))]

    def constants(self) -> list[Any] | None:
        """The values that all of them leave; None where there is no such keyword."""
        if not (choices := [one for one in self.choices() if isinstance(one, list)]):
            return None
        others = [among(few) for few in choices[1:]]
        return [one for one in choices[0] if all(is_left(one) for is_left in others)]


class Shape(Frozen, Together):
    """How the values look that meet all `parts`. Shapes of one bundle are equal exactly where their keys are.

    `types`: the JSON types that are possible, all of them where nothing is known; `stated` is False where they are
    inferred from other keywords, so that a value of another type is valid too. `possible` is False where no value is.
    `unknown`: schemas of the properties without a name in `properties`, none of which may be where `closed`. `groups`:
    the groups of alternatives that are left, by their ids; those chosen from are in `chosen`.
    """

    key: tuple[object, ...]
    parts: tuple[Conjunct, ...]
    types: frozenset[str]
    stated: bool
    possible: bool
    properties: Mapping[str, tuple[Schema, ...]]
    required: frozenset[str]
    items: tuple[Schema, ...]
    unknown: tuple[Schema, ...]
    closed: bool
    groups: tuple[tuple[int, tuple[Schema, ...]], ...]
    chosen: frozenset[int]
    xml: Mapping[str, Any]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which of _KINDS are possible."""
        return tuple(kind for kind, types in _KINDS.items() if self.types & types)

    @property
    def known(self) -> bool:
        """Whether the schema says anything about the type."""
        return self.stated or self.types != TYPES

    @property
    def flat(self) -> bool:
        """Whether it is nothing but an array without an element around its items."""
        return self.types <= {"array", "null"} and "array" in self.types and self.node != "element"

    @property
    def node(self) -> str:
        """The `nodeType` of OpenAPI 3.2: element, attribute, text, cdata or none; "" where the schema leaves it to the defaults.
        `wrapped` and `attribute` of earlier versions say element and attribute."""
        stated, wrapped = self.xml.get("nodeType"), self.xml.get("wrapped") is True
        if isinstance(stated, str):
            return stated
        return "element" if wrapped else "attribute" if self.xml.get("attribute") is True else ""

    @property
    def first(self) -> tuple[Schema, ...]:
        """The schemas of the items that have one of their own by their place."""
        return next((tuple(one) for one in self.each("prefixItems") if isinstance(one, list)), ())

    @property
    def patterns(self) -> tuple[tuple[str, Schema], ...]:
        """The patterns of `patternProperties`, each with its schema."""
        groups = (group.items() for group in self.each("patternProperties") if isinstance(group, Mapping))
        return tuple((pattern, one) for group in groups for pattern, one in group if isinstance(one, Mapping | bool))

    def of_property(self, name: str) -> tuple[Schema, ...]:
        """The schemas of a property of this name, whether it is named, fits a pattern, or is one of the others."""
        return (*self.properties.get(name, ()), *of_pattern(self.patterns, name)) or self.unknown

    @property
    def keywords(self) -> dict[str, Any]:
        """The keywords of all parts, each with its value in the first part that has it."""
        return {key: value for part in reversed(self.parts) for key, value in part.schema.items()}


class Outline(Frozen):
    """What tells how a text is read as a value, whichever of the schema's alternatives is meant.

    `types`: the JSON types that the schemas name or imply, in the order in which a text is tried as one of them; () where
    they say nothing. `properties`, `patterns` (those of `patternProperties`), `others` (properties that neither names), `items` and
    `first` (items by their place): the schemas of what is within. `constants`: the values that `enum` and `const` name.
    """

    shapes: Shapes
    types: tuple[str, ...]
    properties: Mapping[str, tuple[Schema, ...]]
    others: tuple[Schema, ...]
    items: tuple[Schema, ...]
    first: tuple[tuple[Schema, ...], ...] = ()
    patterns: tuple[tuple[str, Schema], ...] = ()
    constants: tuple[Any, ...] = ()
    _known: dict[str, list[tuple[str, Outline]]] = field(default_factory=dict)

    def properties_without(self, keyword: str) -> list[tuple[str, Outline]]:
        """The properties that a value may have, but those for which the keyword is true, each with what tells how it is read."""
        if keyword not in self._known:
            shapes = {name: self.shapes.of(*self.shapes.meant(own)) for name, own in self.properties.items()}
            named = [name for name, one in shapes.items() if one.possible and True not in one.each(keyword)]
            self._known[keyword] = [(name, self.property_of(name)) for name in named]
        return self._known[keyword]

    def named(self, name: str) -> tuple[Schema, ...]:
        """The schemas that speak of a property by its name."""
        return (*self.properties.get(name, ()), *of_pattern(self.patterns, name))

    def property_of(self, name: str) -> Outline:
        """What tells how the value of a property is read."""
        return self.shapes.outline(*(self.named(name) or self.others))

    @property
    def item(self) -> Outline:
        return self.shapes.outline(*self.items)

    def each_item(self) -> Iterator[Outline]:
        """What tells how each item is read, without end."""
        return chain((self.shapes.outline(*schemas) for schemas in self.first), repeat(self.item))

    @property
    def is_compound(self) -> bool:
        """Whether a value may be an array or an object."""
        return "array" in self.types or "object" in self.types

    def allows(self, name: str) -> bool:
        """Whether an object may have a property of this name."""
        return bool(self.named(name)) or False not in self.others


class Shapes(Frozen):
    """The shapes of one bundle, each made once."""

    bundle: Mapping[str, Any]
    made: dict[tuple[object, ...], Shape] = field(default_factory=dict)
    outlines: dict[tuple[int, ...], Outline] = field(default_factory=dict)

    def outline(self, *schemas: Schema) -> Outline:
        """What tells how a text is read that has to meet all the schemas."""
        key = tuple(map(id, schemas))
        if key not in self.outlines:
            meant = self.meant(schemas)
            self.outlines[key] = self.outlines.get(tuple(map(id, meant))) or self._outline(self.of(*meant))
            self.outlines[tuple(map(id, meant))] = self.outlines[key]
        return self.outlines[key]

    def _outline(self, shape: Shape) -> Outline:
        forms = list(self._forms(shape))
        types = {name for form in forms for name in _readable(form)}
        names = dict.fromkeys(name for form in forms for name in form.properties)
        first = zip_longest(*(form.first for form in forms))
        return Outline(
            self,
            tuple(name for name in _READING_ORDER if name in types),
            {name: _any_of(form.properties.get(name, ()) for form in forms) for name in names},
            _any_of(form.unknown for form in forms),
            _any_of(form.items for form in forms),
            tuple(_any_of((one,) for one in row if one is not None) for row in first),
            tuple({(key, id(one)): (key, one) for form in forms for key, one in form.patterns}.values()),
            tuple(one for form in forms for one in form.constants() or ()),
        )

    def meant(self, schemas: tuple[Schema, ...]) -> tuple[Schema, ...]:
        """The schemas, what it leads to for one that is a `$ref` alone: what many refer to is looked at once."""
        return tuple(
            followed(one, self.bundle) if isinstance(one, dict) and one.keys() == {"$ref"} else one for one in schemas
        )

    def _forms(self, shape: Shape) -> Iterator[Shape]:
        """The shape itself, or one for each of its alternatives."""
        alternatives = self.alternatives(shape) if shape.groups else ()
        if not alternatives:
            yield shape
        for alternative in alternatives:
            yield from self._forms(alternative)

    def of(self, *schemas: Schema) -> Shape:
        """The shape of values that meet all the schemas. Raises ValueError for a `$ref` that leads nowhere."""
        parts: dict[int, Conjunct] = {}
        possible = False not in [self._collect(schema, parts) for schema in schemas]
        xml: dict[str, Any] = {}
        for schema in schemas:
            xml = {**self._xml(schema, ()), **xml}
        return self._shape(parts, possible, xml, frozenset(), TYPES)

    def alternatives(self, shape: Shape) -> tuple[Shape, ...]:
        """The shapes of which each value has one; empty where the shape has a single form."""
        own = {id(part.schema): part for part in shape.parts}
        if shape.groups:
            made = []
            group, branches = shape.groups[0]
            for branch in branches:
                parts = dict(own)
                possible = self._collect(branch, parts)
                chosen = shape.chosen | {group}
                made.append(self._shape(parts, possible, {**self._xml(branch, ()), **shape.xml}, chosen, shape.types))
            return tuple(alternative for alternative in made if alternative.possible)
        if len(shape.kinds) < 2 or not shape.known:
            return ()
        types = [shape.types & _KINDS[kind] for kind in shape.kinds]
        return tuple(self._shape(own, True, shape.xml, shape.chosen, one) for one in types)

    def fits(self, value: Any, shape: Shape) -> bool:
        """Whether a value is of the shape at first sight: types, constants, required and forbidden properties."""
        if not agrees(value, shape):
            return False
        if not isinstance(value, dict):
            return True
        if shape.required - value.keys():
            return False
        if shape.closed and value.keys() - shape.properties.keys() and not shape.patterns:
            return False
        return all(agrees(value[name], self.of(*shape.properties[name])) for name in value.keys() & shape.properties)

    def marked(self, keyword: str) -> dict[str, list[Any]]:
        """The properties of the bundle's own values, each with what its schemas have under a keyword."""
        known = self.of(self.bundle).properties
        return {name: self.of(*own).each(keyword) for name, own in known.items()}

    def _collect(self, schema: Schema, parts: dict[int, Conjunct]) -> bool:
        """Adds the schema and all that it includes to the parts; False where no value can meet it."""
        possible, pending = True, [(schema, False)]
        while pending:
            one, either = pending.pop()
            if isinstance(one, bool):
                possible = possible and one
            elif id(one) not in parts:
                parts[id(one)] = Conjunct(one, either)
                pending += reversed(list(self._included(one, either)))
        return possible

    def _included(self, schema: Mapping[str, Any], nullable: bool) -> Iterator[tuple[Schema, bool]]:
        if isinstance(reference := schema.get("$ref"), str):
            found: Any = reduce(child, pointer_tokens(reference.removeprefix("#")), self.bundle)
            if found is ABSENT:
                raise ValueError(f"$ref {reference!r} leads nowhere in its schema")
            yield found, nullable
        for other in array_at(schema, "allOf"):
            yield other, nullable
        for group in _GROUPS:
            branches = without_null(array_at(schema, group))
            if len(branches) == 1:
                yield branches[0], nullable or len(schema[group]) > 1

    def _xml(self, schema: Schema, seen: tuple[int, ...]) -> dict[str, Any]:
        """Its XML Object: its own, else that of the one schema that it stands for (a `$ref`, a lone `allOf`)."""
        if isinstance(schema, bool) or id(schema) in seen:
            return {}
        lone = [other for other, _ in self._included(schema, False)]
        inherited = self._xml(lone[0], (*seen, id(schema))) if len(lone) == 1 else {}
        own = schema.get("xml")
        if lone and isinstance(own, Mapping) and own.get("nodeType") == "none":
            return inherited  # the schema itself is no node, and the one that it stands for is
        return {**inherited, **(own if isinstance(own, Mapping) else {})}

    def _shape(
        self,
        conjuncts: dict[int, Conjunct],
        possible: bool,
        xml: Mapping[str, Any],
        chosen: frozenset[int],
        limit: Iterable[str],
    ) -> Shape:
        key = (*conjuncts, possible, chosen, frozenset(limit), repr(sorted(xml.items())))
        if key in self.made:
            return self.made[key]
        parts = tuple(conjuncts.values())
        types, stated = _types(parts)
        unknown = _schemas(parts, "additionalProperties")
        if not any(schema is not False for schema in unknown) and not _leaves_open(parts, chosen):
            unknown += _schemas(parts, "unevaluatedProperties")
        properties = declared(parts)
        for schema in self._conditional(parts):
            for name, member in object_at(schema, "properties").items():
                properties.setdefault(name, (member,))
        self.made[key] = Shape(
            key=key,
            parts=parts,
            types=types.intersection(limit),
            stated=stated,
            possible=possible and bool(types),
            properties=properties,
            required=frozenset(name for part in parts for name in names_at(part.schema, "required")),
            items=_schemas(parts, "items"),
            unknown=unknown,
            closed=False in unknown,
            groups=tuple(_groups(parts, chosen, properties)),
            chosen=chosen,
            xml=xml,
        )
        return self.made[key]

    def _conditional(self, parts: Iterable[Conjunct]) -> list[Mapping[str, Any]]:
        """The schemas that hold only under a condition, whatever it is, with all that they include."""
        found: dict[int, Conjunct] = {}
        pending = [part.schema for part in parts]
        while pending:
            schema = pending.pop(0)
            for branch in (schema.get("then"), schema.get("else"), *object_at(schema, "dependentSchemas").values()):
                before = len(found)
                if isinstance(branch, (Mapping, bool)):
                    self._collect(branch, found)
                pending += [part.schema for part in list(found.values())[before:]]
        return [part.schema for part in found.values()]


def shape_of(schema: Mapping[str, Any]) -> Shape:
    """The shape of the values of a whole bundle."""
    return Shapes(schema).of(schema)


def outline_of(schema: Mapping[str, Any]) -> Outline:
    """What tells how a text is read as a value of a whole bundle."""
    return Shapes(schema).outline(schema)


def declared(parts: Iterable[Conjunct]) -> dict[str, tuple[Schema, ...]]:
    """The schemas of each property that some schemas declare."""
    found = grouped(one for part in parts for one in object_at(part.schema, "properties").items())
    return {name: tuple(members) for name, members in found.items()}


def of_pattern(patterns: Iterable[tuple[str, Schema]], name: str) -> tuple[Schema, ...]:
    """The schemas whose pattern a name matches."""
    return tuple(schema for pattern, schema in patterns if compile_pattern(pattern)(name))


def agrees(value: Any, shape: Shape) -> bool:
    """Whether a value has one of the types, and is one of the constants, of a shape."""
    if not json_types(value) & shape.types:
        return False
    if value is None and any(part.nullable for part in shape.parts):
        return True
    return all(any(equal(value, constant) for constant in choice) for choice in shape.choices())


def json_types(value: Any) -> frozenset[str]:
    """The JSON Schema types of a value; 1.0 is an integer too (JSON Schema 2020-12, section 4.2.3)."""
    if value is None or isinstance(value, bool):
        return frozenset({"null"} if value is None else {"boolean"})
    if isinstance(value, int | float | Decimal):
        return frozenset({"number", "integer"} if value == value // 1 else {"number"})
    return frozenset({"string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"})


def equal(value: Any, constant: Any) -> bool:
    """Whether two values are equal as JSON Schema says; true is not 1, at any depth."""
    if value != constant or isinstance(value, bool) != isinstance(constant, bool):
        return False
    if isinstance(value, dict):
        return all(equal(one, constant[name]) for name, one in value.items())
    return not isinstance(value, list) or all(map(equal, value, constant))


def among(values: list[Any]) -> Callable[[Any], bool]:
    """Whether a value is equal to one of these, of which there may be many."""
    plain = {one for one in values if not isinstance(one, dict | list | bool)}
    rest = [one for one in values if isinstance(one, dict | list | bool)]
    return lambda one: any(equal(one, other) for other in rest) if isinstance(one, dict | list | bool) else one in plain


def _readable(shape: Shape) -> frozenset[str]:
    """The types that a text may be read as: where numbers are only implied, a string is valid too."""
    null = {"null"} if any(len(rest) < len(group) for part in shape.parts for group, rest in part.choices) else set()
    implied = {"string"} if not shape.stated and "number" in shape.types else set()
    return shape.types | null | implied if shape.known else frozenset()


def _any_of(alternatives: Iterable[tuple[Schema, ...]]) -> tuple[Schema, ...]:
    """The schemas that one of the alternatives holds together: a value has to meet all of them, in one alternative."""
    distinct = {tuple(map(id, schemas)): schemas for schemas in alternatives if schemas}
    if len(distinct) < 2:
        return next(iter(distinct.values()), ())
    return ({"anyOf": [{"allOf": list(schemas)} for schemas in distinct.values()]},)


def without_null(branches: Iterable[Schema]) -> list[Schema]:
    known = (one for one in branches if isinstance(one, bool | Mapping))
    return [one for one in known if isinstance(one, bool) or one.get("type") not in ("null", ["null"])]


def _types(parts: Iterable[Conjunct]) -> tuple[frozenset[str], bool]:
    types, stated, hints = TYPES, False, set()
    for part in parts:
        hints |= {_HINTS[word] for word in part.schema if word in _HINTS}
        for allowed in _stated_types(part.schema):
            stated = True
            types &= _widened(allowed | {"null"} if part.nullable else allowed)
    return (types, stated) if stated or not hints else (frozenset(_widened(hints)), False)


def _stated_types(schema: Mapping[str, Any]) -> Iterator[set[str]]:
    if isinstance(schema.get("type"), str | list):
        yield set(stated_types(schema))
    if isinstance(schema.get("enum"), list):
        yield {name for value in schema["enum"] for name in json_types(value)}
    if "const" in schema:
        yield set(json_types(schema["const"]))


def _widened(types: set[str]) -> set[str]:
    return types | {"integer"} if "number" in types else types


def _schemas(parts: Iterable[Conjunct], *words: str) -> tuple[Schema, ...]:
    """The schemas that the parts have under the keywords."""
    found = (part.schema.get(word) for part in parts for word in words)
    return tuple(schema for schema in found if isinstance(schema, (Mapping, bool)))


def _groups(
    parts: Iterable[Conjunct], chosen: frozenset[int], known: Mapping[str, Any]
) -> Iterator[tuple[int, tuple[Schema, ...]]]:
    if len(chosen) >= _CHOICES_AT_ONCE:
        return
    for part in parts:
        for group, branches in part.choices:
            if len(branches) > 1 and id(group) not in chosen and any(_tells(one, known) for one in branches):
                yield id(group), tuple(branches)


def _leaves_open(parts: Iterable[Conjunct], chosen: frozenset[int]) -> bool:
    """Whether there are more alternatives than are told apart, so that it cannot be told which properties are evaluated."""
    if len(chosen) < _CHOICES_AT_ONCE:
        return False
    groups = [part.schema[group] for part in parts for group in _GROUPS if len(array_at(part.schema, group)) > 1]
    return any(id(group) not in chosen for group in groups)


def _tells(branch: Schema, known: Mapping[str, Any]) -> bool:
    """Whether an alternative adds to the structure, rather than only to the conditions on a known one."""
    if isinstance(branch, bool):
        return False
    members = object_at(branch, "properties")
    retyped = any(not isinstance(member, bool) and _TYPING & member.keys() for member in members.values())
    return retyped or bool(_STRUCTURE & branch.keys() or members.keys() - known)
