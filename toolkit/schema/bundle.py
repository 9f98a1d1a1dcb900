"""Schemas of a contract as self-contained JSON Schema 2020-12, whichever OpenAPI version they were written in.

A bundle is one JSON Schema in which every `$ref` leads to its own `$defs`; `xml` and `x-` keywords stay as they are.
The dialects differ in a handful of keywords, so a version is a value (`Dialect`), not a class of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from toolkit.document.files import METASCHEMAS, Node, PartUnusable, at
from toolkit.document.pointers import Tokens, array_at, as_object, child, escape, object_at, pointer_tokens, unescape
from toolkit.errors import ContractError
from toolkit.schema.included import MOST_LEVELS, SCHEMA_MAPS, requires_hidden, shown_names, subtypes, whole_of
from toolkit.schema.messages import RANGES, shown
from toolkit.structs import Frozen, field, replace

SCHEMA_URI = "https://json-schema.org/draft/2020-12/schema"
_VALIDATION = "https://json-schema.org/draft/2020-12/meta/validation"
SCHEMA_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SCHEMA_SINGLES = frozenset(
    {"items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"}
    | {"unevaluatedItems", "unevaluatedProperties", "contentSchema", "additionalItems"}
)
ANNOTATIONS = frozenset(
    {"title", "description", "example", "examples", "default", "deprecated", "$comment", "externalDocs", "xml", "$schema", "$defs"}
    | {"readOnly", "writeOnly", "discriminator", "contentMediaType", "contentEncoding", "contentSchema"}
)  # fmt: skip
"""Keywords that refuse no value of JSON."""
_LEFT_OUT = frozenset({"$schema", "$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$defs", "definitions"})
_ANNOTATIONS: dict[str, type] = {
    **dict.fromkeys(("title", "description", "$comment", "format", "contentMediaType", "contentEncoding"), str),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly"), bool),
    "examples": list,
}
_DEFINITIONS = "#/$defs/"
_OLDER = re.compile(METASCHEMAS + r"(?:-0\d|/2019)")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class Dialect(Frozen):
    """How schemas are to be read. `hidden` is `readOnly` for a request, `writeOnly` for a response."""

    nullable: str = ""  # "", "lenient" (any place, enum too) or "strict" (the letter of OpenAPI 3.0.3)
    reference_siblings: bool = True
    hidden: str = "writeOnly"


def dialect_of(version: str, *, strict_nullable: bool = False, request: bool = False) -> Dialect:
    """The dialect of an OpenAPI version such as `3.0.3`."""
    hidden = "readOnly" if request else "writeOnly"
    if version.startswith("3.0"):
        return Dialect("strict" if strict_nullable else "lenient", False, hidden)
    return Dialect(hidden=hidden)


class Bundle(Frozen, eq=False):
    """A self-contained schema, and the node of the contract that each of its `$defs` was made from."""

    schema: dict[str, Any]
    places: dict[str, Node]
    root: Node

    def part(self, schemas: Iterable[Any]) -> Bundle:
        """The bundle of a value within, which meets all these schemas of it."""
        parts = [*schemas]
        return replace(self, schema={"allOf": parts, "$defs": self.schema.get("$defs", {}) if refers(parts) else {}})

    def node(self, tokens: tuple[str, ...]) -> Node:
        """The node of the contract that a place in the bundle was made from, or the nearest one above it."""
        node = self.root
        if tokens[:1] == ("$defs",) and len(tokens) > 1:
            node, tokens = self.places[tokens[1]], tokens[2:]
        for token in tokens:
            child = node.raw(token)
            if child is None:
                break
            node = child
        return node

    def called(self, reference: Any) -> str:
        """The name that the contract has for a schema, by a reference of its own or of the bundle, where it may have another."""
        known = self.places.get(definition_of({"$ref": reference}) or "")
        place = (known.path.name, *known.tokens) if known else (str(reference), *pointer_tokens(str(reference)))
        return place[-1]


_CONDITIONS = ("if", "then", "else", "not")
_MOST_EVALUATIONS = 100_000  # of one value; contracts in use need some thousands at the most

DynamicScope = tuple[tuple[str, Node], ...]
"""What each `$dynamicRef` turns to: anchors of the resources gone through so far, the outermost first met."""


class _Pool(Frozen):
    """The schemas of one set of files in one dialect that something refers to: each is converted once, for all bundles."""

    names: dict[Any, str] = field(default_factory=dict)
    places: dict[str, Node] = field(default_factory=dict)
    scopes: dict[str, DynamicScope] = field(default_factory=dict)
    schemas: dict[str, tuple[Any, tuple[str, ...]]] = field(default_factory=dict)
    evaluations: dict[str, int] = field(default_factory=dict)

    def name(self, target: Node, scope: DynamicScope) -> str:
        key = (target.key, tuple((anchor, node.key) for anchor, node in scope))
        if key not in self.names:
            self.names[key] = name = _unused_name(target, self.places)
            self.places[name], self.scopes[name] = target, scope
        return self.names[key]

    def schema(self, name: str, dialect: Dialect) -> tuple[Any, tuple[str, ...]]:
        """The schema of that name, and the names that it refers to."""
        if name not in self.schemas:
            self.schemas[name] = self.convert(self.places[name], self.scopes[name], dialect)
        return self.schemas[name]

    def convert(self, node: Node, scope: DynamicScope, dialect: Dialect) -> tuple[Any, tuple[str, ...]]:
        needed: dict[str, None] = {}

        def name_of(target: Node, within: DynamicScope) -> str:
            name = self.name(target, _entered(target, within))
            needed[name] = None
            return name

        stated = _stated_dialect(node)
        reading = _Reading(dialect, scope, name_of, _LEFT_OUT | _unmeant(node, stated), stated)
        return _convert(node, reading), tuple(needed)


def bundle(node: Node, dialect: Dialect) -> Bundle:
    """Bundle the schema at a node with all that it refers to. Raises ContractError where a reference leads nowhere."""
    pool = node.files.made.setdefault(dialect, _Pool())
    schema, needed = pool.convert(node, _entered(node, ()), dialect)
    defs: dict[str, Any] = {}
    pending, met = list(needed), set(needed)
    while pending:
        name = pending.pop()
        defs[name], more = pool.schema(name, dialect)
        pending += [other for other in more if other not in met]
        met.update(more)
    if not isinstance(schema, dict):
        schema = {} if schema is True else {"allOf": [False]}
    if _evaluations(schema, defs, pool.evaluations) > _MOST_EVALUATIONS:
        many = f"its alternatives and references expand to more than {_MOST_EVALUATIONS:,} schemas"
        raise PartUnusable(f"{node.location}: {many}; refer to fewer schemas more than once", node)
    return Bundle({"$schema": SCHEMA_URI, **schema, **({"$defs": defs} if defs else {})}, pool.places, node)


def bundle_all(nodes: Iterable[Node], dialect: Dialect) -> Bundle:
    """The schemas at all these nodes and what they refer to, each once, as the `$defs` of one bundle; one that cannot be read accepts everything."""
    first, *others = nodes
    pool = first.files.made.setdefault(dialect, _Pool())
    pending = [pool.name(node, _entered(node, ())) for node in (first, *others)]
    defs: dict[str, Any] = {}
    while pending:
        name = pending.pop()
        if name not in defs:
            try:
                defs[name], more = pool.schema(name, dialect)
            except (ContractError, RecursionError):
                defs[name], more = True, ()
            pending += more
    return Bundle({"$schema": SCHEMA_URI, "$defs": defs}, pool.places, first)


def _evaluations(schema: Any, defs: Mapping[str, Any], known: dict[str, int]) -> int:
    """How many schemas are asked about one value, each as often as it is met, for an engine may ask them all: of the schema itself
    or of one of `defs`, whichever asks most. What is `known` of these is kept."""
    open_names = [name for name in defs if name not in known]
    while open_names:
        own, names = _asked_in_place(defs.get(open_names[-1]))
        new = [name for name in names if name not in known]
        known.setdefault(open_names[-1], 0)  # and that remains for one that asks itself
        if new:
            open_names += new
        else:
            known[open_names.pop()] = own + sum(known[name] for name in names)
    own, names = _asked_in_place(schema)
    return max([own + sum(known[name] for name in names), *(known[name] for name in defs)])


def _asked_in_place(schema: Any) -> tuple[int, list[str]]:
    """How many schemas a schema asks about its own value within itself, and the names of those that it refers to for that."""
    if not isinstance(schema, dict):
        return 1, []
    parts = [part for key in ("allOf", "anyOf", "oneOf") for part in array_at(schema, key)]
    asked = [_asked_in_place(part) for part in (*parts, *(schema[key] for key in _CONDITIONS if key in schema))]
    own = [name] if (name := definition_of(schema)) is not None else []
    return 1 + sum(count for count, _ in asked), [*own, *(name for _, names in asked for name in names)]


def _entered(target: Node, scope: DynamicScope) -> DynamicScope:
    """The scope with the dynamic anchors of the target's resource, where those around it have none of the name."""
    dynamic = target.files.names(target.path).dynamic
    if not dynamic:
        return scope
    known, base, document = dict(scope), target.base, target.document
    own = ((name, at(document, tokens)) for (resource, name), tokens in dynamic.items() if resource == base)
    return (*scope, *((name, node) for name, node in own if node and name not in known))


def _unused_name(target: Node, taken: dict[str, Node]) -> str:
    """The component's own name where it is free, else with the pointer or the file before it, as a URI may hold it."""
    tokens = [_UNSAFE.sub("_", token) for token in target.tokens or (target.path.stem,)]
    for count in range(1, len(tokens) + 1):
        name = ".".join(tokens[-count:])
        if name not in taken:
            return name
    name = f"{_UNSAFE.sub('_', target.path.stem)}.{'.'.join(tokens)}"
    while name in taken:
        name += "_"
    return name


class _Reading(Frozen):
    """How one schema is read: the dialect, the dynamic scope, the names of schemas referred to, and the metaschema that is stated. `whole`
    is the schema that a part of an `allOf` belongs to, and what it includes on the way to this one."""

    dialect: Dialect
    scope: DynamicScope
    name_of: Callable[[Node, DynamicScope], str]
    left_out: frozenset[str]
    stated: str = ""
    whole: tuple[Node, ...] = ()


def _convert(node: Node, reading: _Reading) -> Any:
    schema, dialect = node.value, reading.dialect
    if schema is None or isinstance(schema, bool):
        return {} if schema is None else schema
    if not isinstance(schema, dict):
        reason = f"a schema is an object or a boolean, not {shown(schema)}; write a schema there"
        raise ContractError(f"{node.location}: {reason}")
    if isinstance(schema.get("$id"), str):
        reading = replace(reading, scope=_entered(node, reading.scope))
    if isinstance(schema.get("$schema"), str):
        reading = replace(reading, stated=schema["$schema"])
    meant = (key for key in schema if isinstance(key, str) and key not in reading.left_out)
    converted = {key: _keyword(node, key, reading) for key in meant}
    _reference(node, converted, reading)
    if _OLDER.search(reading.stated):
        _older_keywords(converted)
    if "$ref" in converted and (not dialect.reference_siblings or "/draft-0" in reading.stated):
        kept = ("$ref", "nullable") if dialect.nullable == "lenient" else ("$ref",)
        converted = {key: converted[key] for key in kept if key in converted}
    _drop_unusable(converted)
    _numeric_bounds(converted)
    _number_format(converted)
    _drop_hidden(node, converted, reading)
    if dialect.hidden == "readOnly" and (heirs := subtypes(node)):
        names = {tag: reference_to(reading.name_of(target, reading.scope)) for tag, target in heirs.items()}
        converted["discriminator"] = {**converted["discriminator"], "mapping": names}
    return _nullable(converted, dialect.nullable) if dialect.nullable else converted


def is_of_older_draft(node: Node) -> bool:
    """Whether a schema is read by a draft of JSON Schema before 2020-12, which it, one around it or its file names."""
    return _OLDER.search(_stated_dialect(node)) is not None


def _stated_dialect(node: Node) -> str:
    """The metaschema that a schema, one around it, or its file names."""
    value = node.document.value
    stated = [as_object(value).get("jsonSchemaDialect"), as_object(value).get("$schema")]
    for token in node.tokens:
        value = child(value, token)
        stated.append(as_object(value).get("$schema"))
    return next((one for one in reversed(stated) if isinstance(one, str)), "")


def _older_keywords(schema: dict[str, Any]) -> None:
    """Keywords of drafts before 2020-12 as that has them."""
    if isinstance(schema.get("items"), list):
        schema["prefixItems"] = schema.pop("items")
        schema.update({"items": schema.pop("additionalItems")} if "additionalItems" in schema else {})
    for name, needed in as_object(schema.pop("dependencies", None)).items():
        kind = "dependentRequired" if isinstance(needed, list) else "dependentSchemas"
        schema[kind] = {**object_at(schema, kind), name: needed}


def _unmeant(node: Node, stated: str) -> frozenset[str]:
    """The keywords of the validation vocabulary, where the metaschema that is stated, one of one's own, leaves that out (JSON
    Schema, section 8.1.2)."""
    if not stated or METASCHEMAS in stated:
        return frozenset()
    metaschema, known = node.files.resource(stated), node.files.resource(_VALIDATION)
    listed = object_at(metaschema.value, "$vocabulary") if metaschema else {}
    is_meant = not listed or any(name.endswith("/vocab/validation") for name in listed)
    return frozenset() if is_meant or not known else frozenset(known.value["properties"])


def _reference(node: Node, converted: dict[str, Any], reading: _Reading) -> None:
    """`$ref` and `$dynamicRef` as references to the bundle's `$defs`."""
    references = []
    if isinstance(node.value.get("$ref"), str):
        references.append(node.refer(node.value["$ref"]).meant)
    dynamic = node.value.get("$dynamicRef")
    if isinstance(dynamic, str):
        target, name = node.refer(dynamic), dynamic.rpartition("#")[2]
        meant = isinstance(target.value, dict) and target.value.get("$dynamicAnchor") == name
        references.append(dict(reading.scope).get(name, target) if meant else target)
    made = [{"$ref": reference_to(reading.name_of(target, reading.scope))} for target in references]
    if made:
        converted.update(made[0])
    if len(made) > 1:
        converted["allOf"] = [*converted.get("allOf", ()), *made[1:]]


def _keyword(node: Node, key: str, reading: _Reading) -> Any:
    part = node.raw(key)
    assert part is not None
    value = part.value
    if key != "allOf" and reading.whole:
        reading = replace(reading, whole=())
    if key in SCHEMA_SINGLES and isinstance(value, dict):
        return _convert(part, reading)
    is_older = key in ("items", "dependencies") and _OLDER.search(reading.stated)
    if (key in SCHEMA_MAPS or is_older) and isinstance(value, dict):
        kept = value if is_older else {}  # a list of names
        return {
            name: kept[name] if isinstance(kept.get(name), list) else _convert(inner, reading)
            for name, inner in part.children()
        }
    if (key in SCHEMA_LISTS or is_older) and isinstance(value, list):
        convert = _part if key == "allOf" else _convert
        return [convert(inner, reading) for _, inner in part.children()]
    return value


def _drop_unusable(schema: dict[str, Any]) -> None:
    """Leaves out annotations of a wrong type, such as an empty `description:`, the `required: true` of drafts before 4, and
    names that are required twice: they say nothing of values, and no schema need be refused for them."""
    for key, kind in _ANNOTATIONS.items():
        if key in schema and not isinstance(schema[key], kind):
            del schema[key]
    required = schema.get("required")
    if isinstance(required, bool):
        del schema["required"]
    elif isinstance(required, list) and all(isinstance(name, str) for name in required):
        schema["required"] = list(dict.fromkeys(required))


def _numeric_bounds(schema: dict[str, Any]) -> None:
    """OpenAPI 3.0: `exclusiveMinimum: true` makes `minimum` exclusive (JSON Schema draft 5). Many a 3.1 document has it still."""
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and inclusive in schema:
            schema[exclusive] = schema.pop(inclusive)


def _number_format(schema: dict[str, Any]) -> None:
    """A format such as `int32`, `uint8` or `float` bounds a number; stated as bounds, and as the type, every engine holds it."""
    bounds, types = RANGES.get(str(schema.get("format"))), stated_types(schema)
    if bounds and isinstance(bounds[0], int) and "number" in types:
        schema["type"] = ["integer" if one == "number" else one for one in types]
    if bounds and not {"integer", "number"}.isdisjoint(types):
        for keyword, bound, nearer in (("minimum", bounds[0], max), ("maximum", bounds[1], min)):
            stated, exclusive = schema.get(keyword), schema.get("exclusiveM" + keyword[1:])
            if is_number(stated):
                schema[keyword] = nearer(stated, bound)
            elif stated is None and not (is_number(exclusive) and bounds[0] <= exclusive <= bounds[1]):
                schema[keyword] = bound


def is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _drop_hidden(node: Node, schema: dict[str, Any], reading: _Reading) -> None:
    """A `readOnly` property is not required in a request, nor a `writeOnly` one in a response (OpenAPI, Schema Object)."""
    required = array_at(schema, "required")
    kept = shown_names(required, node, reading.whole or (whole_of(node),), reading.dialect.hidden)
    if len(kept) < len(required):
        schema["required"] = kept


def _part(node: Node, reading: _Reading) -> Any:
    """A part of an `allOf`. One that refers to a schema which requires, or includes one that requires, what is hidden only by another
    part is that schema, without this requirement."""
    made, whole = _convert(node, reading), reading.whole or (whole_of(node),)
    if isinstance(made, dict) and made.keys() == {"$ref"} and node.is_reference and len(whole) < MOST_LEVELS:
        target = node.follow()
        if target.key not in {one.key for one in whole} and requires_hidden(target, whole, reading.dialect.hidden):
            return _convert(target, replace(reading, whole=(*whole, target)))
    return made


def _nullable(schema: dict[str, Any], mode: str) -> dict[str, Any]:
    """OpenAPI 3.0 `nullable: true`. To the letter it needs a `type` beside it and leaves an enum as it is."""
    if schema.pop("nullable", False) is not True:
        return schema
    types = schema.get("type")
    if mode == "strict":
        return {**schema, "type": [types, "null"]} if isinstance(types, str) else schema
    if isinstance(types, str) and not schema.keys() & {"allOf", "anyOf", "oneOf", "not", "const"}:
        members = schema.get("enum")
        enum = {"enum": [*members, None]} if isinstance(members, list) and None not in members else {}
        return {**schema, "type": [types, "null"], **enum}
    return {"anyOf": [{"type": "null"}, schema]}


def mapped(schema: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """A schema with each schema directly within it as `change` makes it."""
    made = {**schema}
    for key, value in schema.items():
        if key in SCHEMA_SINGLES:
            made[key] = change(value)
        elif key in SCHEMA_LISTS and isinstance(value, list):
            made[key] = list(map(change, value))
        elif key in SCHEMA_MAPS and isinstance(value, dict):
            made[key] = {name: change(one) for name, one in value.items()}
    return made


def objects_in(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object of a schema, itself among them: schemas, maps of schemas, and what else there is."""
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            yield part
        if isinstance(part, dict | list):
            pending += part.values() if isinstance(part, dict) else part


def stated_types(schema: Any) -> list[str]:
    """The types that a schema names; [] where it names none."""
    stated = as_object(schema).get("type")
    return [stated] if isinstance(stated, str) else list(map(str, array_at(schema, "type")))


def strings_in(schema: Any, keyword: str) -> Iterator[str]:
    """What the keyword says in these objects, where that is a string."""
    return (one[keyword] for one in objects_in(schema) if isinstance(one.get(keyword), str))


def reference_to(name: str) -> str:
    return _DEFINITIONS + escape(name)


def definition_of(schema: Any) -> str | None:
    """The name of the definition that a schema refers to by `$ref`; None for none."""
    reference = as_object(schema).get("$ref")
    if isinstance(reference, str) and reference.startswith(_DEFINITIONS):
        return unescape(reference.removeprefix(_DEFINITIONS))
    return None


def definitions_in(schema: Any) -> set[str]:
    """The names of all definitions that a schema refers to, wherever in it."""
    return {name for name in map(definition_of, objects_in(schema)) if name is not None}


def refers(schema: Any) -> bool:
    """Whether a schema may need the `$defs` of its bundle."""
    return any("$ref" in one or "discriminator" in one for one in objects_in(schema))


def places_in(schema: Any, place: Tokens = ()) -> Iterator[tuple[Tokens, dict[str, Any]]]:
    """The same objects in the order of the text, each with its place."""
    if isinstance(schema, dict):
        yield place, schema
    for key, inner in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if isinstance(inner, dict | list):
            yield from places_in(inner, (*place, str(key)))


def followed(schema: object, root: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of a bundle with `$ref`s to the bundle's `$defs` followed; {} for a boolean, which names no type."""
    found = as_object(schema)
    for _ in range(32):
        target = root.get("$defs", {}).get(definition_of(found))
        if not isinstance(target, dict):
            break
        found = target
    return found
