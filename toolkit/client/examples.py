"""What the contract itself offers to send: values of parameters, and a body for each operation that takes one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from toolkit.contract.operation import Operation, Parameter
from toolkit.document.files import Node
from toolkit.schema.shape import Schema, Shape, Shapes
from toolkit.validation.bodies import documented_body
from toolkit.wire import media_type
from toolkit.wire.parameters import write_parameter, write_scalar
from toolkit.wire.urlencoded import build_query

Value = str | tuple[tuple[str, str], ...]
"""What the wire carries of a parameter: its text, or where it is spread over several pairs, their names and texts."""
_MOST_DEPTH = 12  # of a value invented for a schema that refers to itself


def example_values(parameter: Parameter) -> list[Value]:
    """The values that the contract offers for a parameter, as the wire carries them: its examples first, then what its
    schema implies."""
    offered = (written(parameter, value) for value in _offers(parameter.node.value, parameter.schema))
    return list(dict.fromkeys(value for value in offered if value is not None))


def written(parameter: Parameter, value: Any) -> Value | None:
    """A value in the style of a parameter; None where nothing stands for it, as for an empty array."""
    pairs = write_parameter(parameter.serialization, value)
    if len(pairs) == 1 and pairs[0][0] == parameter.name:
        return pairs[0][1]
    return tuple(pairs) or None


def _offers(*owners: Mapping[str, Any]) -> Iterator[Any]:
    """The values of the example keywords of a Parameter or Media Type Object and its schema, then the schema's own values."""
    for owner in owners:
        examples = owner.get("examples")
        if isinstance(examples, Mapping):
            examples = [
                entry["value"] for entry in examples.values() if isinstance(entry, Mapping) and "value" in entry
            ]
        if "example" in owner:
            yield owner["example"]
        yield from examples if isinstance(examples, list) else ()
    schema = owners[-1]
    yield from (schema[key] for key in ("const", "default") if key in schema)
    yield from schema["enum"] if isinstance(schema.get("enum"), list) else ()
    if "minimum" in schema:
        yield schema["minimum"]


@lru_cache(maxsize=4096)
def stated_body(operation: Operation) -> tuple[str, bytes] | None:
    """The media type and bytes of a body that the contract gives as an example; None if there is none."""
    return _first_valid(operation, lambda media, root: _offers(media.value, _stated(Shapes(root).of(root))))


@lru_cache(maxsize=4096)
def example_body(operation: Operation) -> tuple[str, bytes] | None:
    """The stated body, else one invented from its schema; None if the operation takes none, or none could be invented."""
    return stated_body(operation) or _first_valid(operation, lambda media, root: iter([simplest(Shapes(root), root)]))


def _first_valid(
    operation: Operation, values: Callable[[Node, dict[str, Any]], Iterator[Any]]
) -> tuple[str, bytes] | None:
    for name, media in operation.request_content.items() if not operation.form_or_query else ():
        write = _WRITERS.get(media_type.kind(name))
        bundle = operation.body_bundle(media, request=True)
        for value in values(media, bundle.schema if bundle else {}) if write else ():
            body = write(value) if write else b""
            if _is_valid(operation, name, media, body):
                return name, body
    return None


def _is_valid(operation: Operation, name: str, media: Node, body: bytes) -> bool:
    documented = documented_body(operation, name, media, request=True)
    return not list(documented.violations(body, documented.read(body), "request.body"))


_WRITERS = {
    "json": lambda value: json.dumps(value, ensure_ascii=False).encode(),
    "form": lambda value: build_query([*_form_pairs(value)]).encode() if isinstance(value, dict) else b"",
}


def _form_pairs(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, item in value.items():
        yield from ((name, write_scalar(one)) for one in (item if isinstance(item, list) else [item]))


def simplest(shapes: Shapes, *schemas: Schema) -> Any:
    """A small value that meets the schemas, by their plain keywords alone: what they require and no more. It may fail; the
    caller validates it."""
    return _simplest(shapes, shapes.of(*schemas), 0)


def _simplest(shapes: Shapes, shape: Shape, depth: int) -> Any:
    stated = _stated(shape)
    offered = next(_offers(stated), None)
    if offered is not None or depth > _MOST_DEPTH:
        return offered
    for alternative in shapes.alternatives(shape) if shape.groups else ():
        return _simplest(shapes, alternative, depth + 1)
    if "object" in shape.types and (shape.known or shape.properties):
        inner = {name: shapes.of(*shape.properties.get(name, ())) for name in shape.required}
        return {name: _simplest(shapes, one, depth + 1) for name, one in inner.items()}
    if "array" in shape.types and shape.known:
        return [_simplest(shapes, shapes.of(*shape.items), depth + 1)] * stated.get("minItems", 0)
    return next((make(stated) for name, make in _SIMPLEST.items() if name in shape.types), None)


def _stated(shape: Shape) -> dict[str, Any]:
    """The keywords of all the schemas that a value of the shape has to meet; the first to name one counts."""
    return {key: value for part in reversed(shape.parts) for key, value in part.schema.items()}


_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "time": "00:00:00Z", "email": "a@example.com", "uri": "http://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000", "ipv4": "127.0.0.1", "ipv6": "::1", "hostname": "example.com",
}  # fmt: skip
_SIMPLEST: dict[str, Callable[[dict[str, Any]], Any]] = {
    "string": lambda stated: _FORMATS.get(stated.get("format", ""), "a" * stated.get("minLength", 1)),
    "integer": lambda stated: stated.get("exclusiveMinimum", 0) + 1,
    "number": lambda stated: stated.get("exclusiveMinimum", 0) + 1,
    "boolean": lambda stated: True,
}
