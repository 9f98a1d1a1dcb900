"""Examples and defaults of a contract that do not conform to their own schema: they are not sent as valid, and reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolkit.client.bodies import Described
from toolkit.client.examples import fits
from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.schema.bundle import Bundle
from toolkit.schema.judge import compile_schema, shown
from toolkit.verdict import Violation

HINT = "correct the example, or the schema that refuses it"


@dataclass(frozen=True, slots=True, eq=False)
class FaultyExample:
    """An example or a default that breaks its own schema: where it stands, what is wrong, and the part of a request it is of."""

    place: Node
    message: str
    at: str


def invalid_examples(operation: Operation) -> Iterator[Violation]:
    """A violation for each example and default of a request's parameters and bodies that breaks its own schema."""
    for one in faulty_examples(operation):
        yield Violation("example-invalid", one.message, one.at, one.place.location, HINT)


def faulty_examples(operation: Operation) -> Iterator[FaultyExample]:
    """The examples and defaults of a request's parameters and bodies that break their own schemas."""
    for parameter in operation.parameters:
        at = f"request.{parameter.location}.{parameter.name}"
        for owner in (parameter.node, *(media for _, media in parameter.node.each("content"))):
            for place, word, value in _examples(owner):
                if value is not None and not fits(parameter, value):
                    yield from _faulty(parameter.bundle, (place, word, value), at, f"{parameter.name}: ")
    for name, media in operation.request_content.items() if not operation.form_or_query else ():
        bundle = operation.body_bundle(media, request=True)
        for place, word, value in _examples(media) if bundle else ():
            if bundle and next(Described(operation, name, media).contents(iter([value])), None) is None:
                yield from _faulty(bundle, (place, word, value), "request.body", "")


def _examples(owner: Node) -> Iterator[tuple[Node, str, Any]]:
    """Node, keyword and value of each example and default of a Parameter or Media Type Object and of its schema."""
    schema = owner.get("schema")
    for node in (owner, *([schema] if schema else [])):
        for word in ("example", "default") if node is schema else ("example",):
            found = node.get(word) if isinstance(node.value, dict) and word in node.value else None
            if found:
                yield found, word, found.value
    listed = owner.get("examples")
    for _, entry in listed.items() if listed and isinstance(listed.value, dict) else ():
        value = entry.get("value") if isinstance(entry.value, dict) and "value" in entry.value else None
        if value:
            yield value, "example", value.value


def _faulty(bundle: Bundle, found: tuple[Node, str, Any], at: str, named: str) -> Iterator[FaultyExample]:
    place, word, value = found
    schema = compile_schema(bundle)
    if not schema.is_valid(value):
        reason = next(iter(schema.errors(value))).message
        yield FaultyExample(place, f"{named}the {word} {shown(value)} does not conform to its schema: {reason}", at)
