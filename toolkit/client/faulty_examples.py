"""Examples and defaults of a contract that do not conform to their own schema: they are not sent as valid, and reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolkit.client.bodies import Described
from toolkit.client.examples import example_nodes, fits
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
    yield from ((node, "example", node.value) for node in example_nodes(owner))
    for word in ("example", "default"):
        found = owner.get("schema", word)
        if found:
            yield found, word, found.value


def _faulty(bundle: Bundle, found: tuple[Node, str, Any], at: str, named: str) -> Iterator[FaultyExample]:
    place, word, value = found
    schema = compile_schema(bundle)
    if not schema.is_valid(value):
        reason = next(iter(schema.errors(value))).message
        yield FaultyExample(place, f"{named}the {word} {shown(value)} does not conform to its schema: {reason}", at)
