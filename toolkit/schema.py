"""Schemas of a contract as self-contained JSON Schema 2020-12, whichever OpenAPI version they were written in.

A bundle is one JSON Schema in which every `$ref` leads to its own `$defs`; `xml` and `x-` members stay as they are.
The dialects differ in a handful of keywords, so a version is a value (`Dialect`), not a class of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from toolkit.document import Node, escape, unescape

SCHEMA_URI = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
SCHEMA_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SCHEMA_SINGLES = frozenset(
    {"items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"}
    | {"unevaluatedItems", "unevaluatedProperties", "contentSchema", "additionalItems"}
)
_INTEGER_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How schemas are to be read. `hidden` is `readOnly` for a request, `writeOnly` for a response."""

    nullable: str = ""  # "", "lenient" (any place, enum too) or "strict" (the letter of OpenAPI 3.0.3)
    boolean_bounds: bool = False
    reference_siblings: bool = True
    hidden: str = "writeOnly"


def dialect_of(version: str, *, strict_nullable: bool = False, request: bool = False) -> Dialect:
    """The dialect of an OpenAPI version such as `3.0.3`."""
    hidden = "readOnly" if request else "writeOnly"
    if version.startswith("3.0"):
        return Dialect("strict" if strict_nullable else "lenient", True, False, hidden)
    return Dialect(hidden=hidden)


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A self-contained schema, and the node of the contract that each of its `$defs` was made from."""

    schema: dict[str, Any]
    places: dict[str, Node]
    root: Node

    def location(self, tokens: tuple[str, ...]) -> str:
        """The place in the contract of a place in the bundle, told by the tokens of its pointer."""
        node = self.root
        if tokens[:1] == ("$defs",) and len(tokens) > 1:
            node, tokens = self.places[tokens[1]], tokens[2:]
        for token in tokens:
            child = node.raw(token)
            if child is None:
                break
            node = child
        return node.location


def bundle(node: Node, dialect: Dialect) -> Bundle:
    """Bundle the schema at a node with all that it refers to. Raises ContractError where a reference leads nowhere."""
    places: dict[str, Node] = {}
    names: dict[Any, str] = {}
    defs: dict[str, Any] = {}
    pending: list[tuple[str, Node]] = []

    def name_of(target: Node) -> str:
        if target.key not in names:
            names[target.key] = name = _unused_name(target, places)
            places[name] = target
            pending.append((name, target))
        return names[target.key]

    def convert(at: Node) -> Any:
        return _convert(at, dialect, name_of)

    schema = convert(node)
    while pending:
        name, target = pending.pop()
        defs[name] = convert(target)
    if not isinstance(schema, dict):
        schema = {} if schema is True else {"not": {}}
    return Bundle({"$schema": SCHEMA_URI, **schema, **({"$defs": defs} if defs else {})}, places, node)


def _unused_name(target: Node, taken: dict[str, Node]) -> str:
    """The component's own name where it is free, else with the pointer or the file before it."""
    tokens = target.tokens or (target.path.stem,)
    for count in range(1, len(tokens) + 1):
        name = ".".join(tokens[-count:])
        if name not in taken:
            return name
    name = f"{target.path.stem}.{'.'.join(tokens)}"
    while name in taken:
        name += "_"
    return name


def _convert(node: Node, dialect: Dialect, name_of: Callable[[Node], str]) -> Any:
    schema = node.value
    if not isinstance(schema, dict):
        return schema if isinstance(schema, bool) else {}
    keys = [key for key in schema if isinstance(key, str) and key not in ("$schema", "$id")]
    converted = {key: _keyword(node, key, dialect, name_of) for key in keys}
    if isinstance(schema.get("$ref"), str):
        converted["$ref"] = "#/$defs/" + escape(name_of(node.refer(schema["$ref"])))
        if not dialect.reference_siblings:
            kept = ("$ref", "nullable") if dialect.nullable == "lenient" else ("$ref",)
            converted = {key: converted[key] for key in kept if key in converted}
    if dialect.boolean_bounds:
        _numeric_bounds(converted)
    _integer_format(converted)
    _drop_hidden(node, converted, dialect.hidden)
    return _nullable(converted, dialect.nullable) if dialect.nullable else converted


def _keyword(node: Node, key: str, dialect: Dialect, name_of: Callable[[Node], str]) -> Any:
    child = node.raw(key)
    assert child is not None
    value = child.value
    if key in SCHEMA_SINGLES and isinstance(value, dict):
        return _convert(child, dialect, name_of)
    if key in SCHEMA_MAPS and isinstance(value, dict):
        return {str(name): _convert(at, dialect, name_of) for name, at in _children(child)}
    if key in SCHEMA_LISTS and isinstance(value, list):
        return [_convert(at, dialect, name_of) for _, at in _children(child)]
    return value


def _children(node: Node) -> Iterator[tuple[str, Node]]:
    pairs = node.value.items() if isinstance(node.value, dict) else enumerate(node.value)
    for key, value in pairs:
        name = {True: "true", False: "false", None: "null"}[key] if key is None or isinstance(key, bool) else str(key)
        yield name, Node(node.files, node.path, (*node.tokens, name), value)


def _numeric_bounds(schema: dict[str, Any]) -> None:
    """OpenAPI 3.0: `exclusiveMinimum: true` makes `minimum` exclusive (JSON Schema draft 5)."""
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and inclusive in schema:
            schema[exclusive] = schema.pop(inclusive)


def _integer_format(schema: dict[str, Any]) -> None:
    """`format: int32` and `int64` bound an integer (OpenAPI format registry); stated as bounds, every engine holds them."""
    bounds = _INTEGER_RANGES.get(str(schema.get("format")))
    types = schema.get("type")
    if bounds and ("integer" in types if isinstance(types, list) else types == "integer"):
        if not {"minimum", "exclusiveMinimum"} & schema.keys():
            schema["minimum"] = bounds[0]
        if not {"maximum", "exclusiveMaximum"} & schema.keys():
            schema["maximum"] = bounds[1]


def _drop_hidden(node: Node, schema: dict[str, Any], hidden: str) -> None:
    """A `readOnly` member is not required in a request, nor a `writeOnly` one in a response (OpenAPI, Schema Object)."""
    required, properties = schema.get("required"), node.raw("properties")
    if not isinstance(required, list) or properties is None or not isinstance(properties.value, dict):
        return
    kept = [name for name in required if not _is_hidden(properties, name, hidden)]
    if len(kept) < len(required):
        schema["required"] = kept


def _is_hidden(properties: Node, name: Any, hidden: str) -> bool:
    member = properties.raw(name)
    target = member.follow() if member is not None else None
    return target is not None and isinstance(target.value, dict) and target.value.get(hidden) is True


def _nullable(schema: dict[str, Any], mode: str) -> dict[str, Any]:
    """OpenAPI 3.0 `nullable: true`. To the letter it needs a `type` beside it and leaves an enum as it is."""
    if schema.pop("nullable", False) is not True:
        return schema
    types = schema.get("type")
    if isinstance(types, str) and mode == "strict":
        return {**schema, "type": [types, "null"]}
    if mode == "strict":
        return schema
    if isinstance(types, str) and not schema.keys() & {"allOf", "anyOf", "oneOf", "not", "const"}:
        members = schema.get("enum")
        enum = {"enum": [*members, None]} if isinstance(members, list) and None not in members else {}
        return {**schema, "type": [types, "null"], **enum}
    return {"anyOf": [{"type": "null"}, schema]}


def followed(schema: object, root: dict[str, Any]) -> dict[str, Any]:
    """A schema of a bundle with `$ref`s to the bundle's `$defs` followed; {} for a boolean, which names no type."""
    if not isinstance(schema, dict):
        return {}
    found: dict[str, Any] = schema
    for _ in range(32):
        name = found.get("$ref")
        if not isinstance(name, str):
            break
        target = root.get("$defs", {}).get(unescape(name.rpartition("/")[2]))
        if not isinstance(target, dict):
            break
        found = target
    return found


def flattened(schema: object, root: dict[str, Any], depth: int = 8) -> dict[str, Any]:
    """What tells how a text is read as a value: a schema with the types, items and properties of its alternatives too."""
    own = followed(schema, root)
    listed = [own[key] for key in ("allOf", "anyOf", "oneOf") if isinstance(own.get(key), list)]
    if not listed or not depth:
        return own
    parts = [own, *(flattened(part, root, depth - 1) for parts in listed for part in parts)]
    named = own["type"] if "type" in own else list(dict.fromkeys(name for part in parts for name in types_of(part)))
    properties = [part["properties"] for part in parts if isinstance(part.get("properties"), dict)]
    found = {**own, "type": named}
    found |= {"properties": {name: rule for rules in properties for name, rule in rules.items()}} if properties else {}
    items = [part["items"] for part in parts if "items" in part]
    return {**found, "items": items[0]} if items else found


_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def types_of(schema: dict[str, Any]) -> tuple[str, ...]:
    """The JSON types that a schema names, or that its other keywords imply; () where it says nothing."""
    types = schema.get("type")
    if isinstance(types, str):
        return (types,)
    if isinstance(types, list):
        return tuple(str(name) for name in types)
    implied = {"object": ("properties", "additionalProperties"), "array": ("items",)}
    found = [name for name, keywords in implied.items() if any(keyword in schema for keyword in keywords)]
    members = [schema["const"]] if "const" in schema else schema.get("enum")
    found += [_NAMES.get(type(member), "null") for member in members] if isinstance(members, list) else []
    return tuple(dict.fromkeys(found))
