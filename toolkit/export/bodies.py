"""What a contract has schemas for: the bodies of responses and of requests, and the parameters of each operation.

A schema is named after its component, else after its root element, else after the operation and the status.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.document.names import free_name
from toolkit.document.pointers import Tokens, as_object, object_at
from toolkit.schema.bundle import ANNOTATIONS, SCHEMA_URI, Bundle, followed
from toolkit.schema.judge import Usable
from toolkit.structs import Frozen, Mutable, field
from toolkit.validation.readers import root_name
from toolkit.wire import media_type

Wanted = Collection[str]
"""Kinds of media types; a range that covers JSON counts as JSON."""
PARTS = ("responses", "requests", "parameters")
_LONGEST = 200  # bytes of a file name before its ending: file systems take 255
_RANGES = ("*/*", "application/*")


class NamedSchema(Frozen):
    """A bundled schema, the name of its file, and that of its root element; `place` says where in the contract its places are."""

    name: str
    schema: dict[str, Any]
    root: str
    place: Callable[[Tokens], str]


class _Names(Mutable):
    """Each distinct schema of a name once; if several have the same name, a number is appended to all but the first."""

    usable: Usable = field(default_factory=Usable)
    made: dict[str, list[Any]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def new(
        self, wanted: str, schema: dict[str, Any], root: str, node: Callable[[Tokens], Node]
    ) -> Iterator[NamedSchema]:
        known = self.made.setdefault(wanted, [])
        if schema in known:
            return
        known.append(schema)
        name = free_name(wanted, lambda name: name.lower() in self.taken)  # many file systems ignore case
        self.taken.add(name.lower())
        yield NamedSchema(name, schema, root, lambda tokens: _shown(node(tokens)))

    def bundles(
        self, operation: Operation, content: Mapping[str, Node], wanted: Wanted, *, request: bool = False
    ) -> Iterator[Bundle]:
        kinds = {name: "json" if media_type.essence(name) in _RANGES else media_type.kind(name) for name in content}
        chosen = (media for name, media in content.items() if kinds[name] in wanted)
        found = (operation.body_bundle(media, request=request) for media in chosen)
        return (self.usable.check(bundle) for bundle in found if bundle)


def _shown(node: Node) -> str:
    """The pointer of a node, behind the name of its file where that is not the contract's own."""
    return f"{node.file}#{node.pointer}" if node.path != node.files.root.path else node.pointer


def named_schemas(
    operations: Iterable[Operation], wanted: Wanted, parts: Sequence[str] = PARTS
) -> Iterator[NamedSchema]:
    """Each distinct schema of the media types that are wanted once, in the order of the contract: those of responses, then those of requests, then
    one object for the parameters of each operation that has some. Raises PartUnusable for one that is no JSON Schema."""
    every, names = list(operations), _Names()
    for part in PARTS:
        for operation in every if part in parts else ():
            yield from _FINDERS[part](operation, wanted, names)


def says_nothing(schema: dict[str, Any]) -> bool:
    """Whether any value is valid by a schema, since it only describes."""
    return followed(schema, schema).keys() <= ANNOTATIONS


def _responses(operation: Operation, wanted: Wanted, names: _Names) -> Iterator[NamedSchema]:
    for status, spec in operation.responses.items():
        for bundle in names.bundles(operation, spec.content, wanted):
            yield from names.new(
                _name(bundle, f"{operation.name}{status}"), bundle.schema, root_name(bundle), bundle.node
            )


def _requests(operation: Operation, wanted: Wanted, names: _Names) -> Iterator[NamedSchema]:
    for bundle in names.bundles(operation, operation.request_content, wanted, request=True):
        name = _name(bundle, f"{operation.name}Request")
        if bundle.schema not in names.made.get(name, [bundle.schema]):
            name = f"{name}Request"  # what is read only is no part of a request
        yield from names.new(name, bundle.schema, root_name(bundle), bundle.node)


def _parameters(operation: Operation, wanted: Wanted, names: _Names) -> Iterator[NamedSchema]:
    properties, definitions, required = dict[str, Any](), dict[str, Any](), list[str]()
    bundles: dict[str, Bundle] = {}
    for parameter in operation.parameters:
        if not isinstance(as_object(parameter.node.value).get("in"), str):
            continue  # a field of a form that may stand in the query
        name = parameter.name if parameter.name not in properties else f"{parameter.location}-{parameter.name}"
        own = {
            key: value
            for key, value in names.usable.check(parameter.bundle).schema.items()
            if key not in ("$schema", "$defs")
        }
        text = parameter.node.text("description")
        properties[name] = {**own, **({"description": text} if text else {})}
        definitions |= parameter.bundle.schema.get("$defs", {})
        bundles[name] = parameter.bundle
        required += [name] if parameter.required else []

    def node(tokens: Tokens) -> Node:
        if tokens[:1] == ("properties",) and len(tokens) > 1:
            return bundles[tokens[1]].node(tokens[2:])
        return next(iter(bundles.values())).node(tokens) if tokens[:1] == ("$defs",) else operation.node

    if properties:
        schema = {"$schema": SCHEMA_URI, "type": "object", "additionalProperties": False, "properties": properties}
        schema |= ({"required": required} if required else {}) | ({"$defs": definitions} if definitions else {})
        name = _file_name(f"{operation.name}Parameters")
        yield from names.new(name, schema, f"_{name}" if name[0].isdecimal() else name, node)


_FINDERS = {"responses": _responses, "requests": _requests, "parameters": _parameters}


def _name(bundle: Bundle, otherwise: str) -> str:
    """The component's name, else the root element's, else `otherwise`, as a file name."""
    tokens = bundle.root.follow().tokens
    named = object_at(followed(bundle.schema, bundle.schema), "xml").get("name")
    return _file_name(tokens[-1] if tokens[:2] == ("components", "schemas") else str(named or otherwise))


def _file_name(text: str) -> str:
    named = "".join(c if c.isalnum() or c in "-._" else "-" for c in text)
    return named.encode()[:_LONGEST].decode(errors="ignore").strip(".-") or "schema"
