"""What the contract itself offers to send: texts of parameters, and a body for each operation that takes one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from toolkit.contract.operation import Operation, Parameter
from toolkit.document.files import Node
from toolkit.schema.bundle import flattened, types_of
from toolkit.validation.bodies import documented_body
from toolkit.wire import media_type
from toolkit.wire.parameters import join_style, write_scalar
from toolkit.wire.urlencoded import build_query

_MOST_DEPTH = 12  # of a value made up for a schema that refers to itself


def example_texts(parameter: Parameter) -> list[str]:
    """The texts that the contract offers for a parameter: its examples first, then what its schema implies.

    An array is written in the parameter's style; of one that is repeated, the first item.
    """
    pairs = (_written(parameter, value) for value in _offered(parameter.node.value, parameter.schema))
    return list(dict.fromkeys(own[0][1] for own in pairs if own and own[0][0] == parameter.name))


def example_members(parameter: Parameter) -> dict[str, str]:
    """The pairs that a parameter takes in the query whose members stand there under names of their own; {} for others."""
    for value in _offered(parameter.node.value, parameter.schema):
        pairs = dict(_written(parameter, value))
        if isinstance(value, dict) and parameter.name not in pairs:
            return pairs
    return {}


def _written(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    return join_style(parameter.name, value, parameter.style, parameter.explode)


def _offered(*owners: Mapping[str, Any]) -> Iterator[Any]:
    """The values of the example keywords of a parameter or media type object and its schema, then the schema's own values."""
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
    """The media type and bytes of a body that the contract gives as an example; None where there is none."""
    return _first_sound(operation, lambda media, root: _offered(media.value, flattened(root, root)))


@lru_cache(maxsize=4096)
def example_body(operation: Operation) -> tuple[str, bytes] | None:
    """The stated body, else one made up by its schema; None where the operation takes none, or none could be made up."""
    return stated_body(operation) or _first_sound(operation, lambda media, root: iter([simplest(root, root)]))


def _first_sound(
    operation: Operation, values: Callable[[Node, dict[str, Any]], Iterator[Any]]
) -> tuple[str, bytes] | None:
    for name, media in operation.request_content.items() if not operation.form_or_query else ():
        write = _WRITERS.get(media_type.kind(name))
        bundle = operation.body_bundle(media, request=True)
        for value in values(media, bundle.schema if bundle else {}) if write else ():
            body = write(value) if write else b""
            if _is_sound(operation, name, media, body):
                return name, body
    return None


def _is_sound(operation: Operation, name: str, media: Node, body: bytes) -> bool:
    documented = documented_body(operation, name, media, request=True)
    return not list(documented.violations(body, documented.read(body), "request.body"))


_WRITERS = {
    "json": lambda value: json.dumps(value, ensure_ascii=False).encode(),
    "form": lambda value: build_query([*_form_pairs(value)]).encode() if isinstance(value, dict) else b"",
}


def _form_pairs(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, item in value.items():
        yield from ((name, write_scalar(one)) for one in (item if isinstance(item, list) else [item]))


def simplest(schema: Any, root: dict[str, Any], depth: int = 0) -> Any:
    """A small value that a schema takes, by its plain keywords alone: what it needs and no more. It may fail, which the judge tells."""
    flat = flattened(schema, root)
    offered = next(_offered(flat), None)
    if offered is not None or depth > _MOST_DEPTH:
        return offered
    for keyword in ("oneOf", "anyOf"):
        if isinstance(flat.get(keyword), list) and flat[keyword]:
            return simplest({**flat, keyword: None, **flattened(flat[keyword][0], root)}, root, depth + 1)
    name = next((name for name in types_of(flat) if name != "null"), "object" if "properties" in flat else "string")
    return _SIMPLEST[name](flat, root, depth)


def _simplest_object(schema: dict[str, Any], root: dict[str, Any], depth: int) -> dict[str, Any]:
    rules = schema.get("properties", {})
    return {name: simplest(rules.get(name, {}), root, depth + 1) for name in schema.get("required", ())}


def _simplest_array(schema: dict[str, Any], root: dict[str, Any], depth: int) -> list[Any]:
    return [simplest(schema.get("items", {}), root, depth + 1)] * schema.get("minItems", 0)


_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "time": "00:00:00Z", "email": "a@example.com", "uri": "http://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000", "ipv4": "127.0.0.1", "ipv6": "::1", "hostname": "example.com",
}  # fmt: skip
_SIMPLEST: dict[str, Any] = {
    "object": _simplest_object,
    "array": _simplest_array,
    "string": lambda schema, root, depth: _FORMATS.get(schema.get("format", ""), "a" * schema.get("minLength", 1)),
    "integer": lambda schema, root, depth: schema.get("exclusiveMinimum", 0) + 1,
    "number": lambda schema, root, depth: schema.get("exclusiveMinimum", 0) + 1,
    "boolean": lambda schema, root, depth: True,
    "null": lambda schema, root, depth: None,
}
