"""Examples and defaults of a contract that do not conform to their own schema: they are not sent as valid, and reported."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import chain
from typing import Any

from toolkit.client.bodies import Described
from toolkit.client.examples import example_nodes, fits
from toolkit.contract.operation import Operation, Parameter
from toolkit.document.files import Node
from toolkit.schema.judge import JsonSchema, compile_schema, shown
from toolkit.structs import Frozen
from toolkit.verdict import Violation


class FaultyExample(Frozen, eq=False):
    """An example or a default that breaks its own schema: where it stands, what is wrong, and the part of a request it is of."""

    place: Node
    message: str
    at: str


def invalid_examples(operation: Operation) -> Iterator[Violation]:
    """A violation for each example and default of a request's parameters and bodies that breaks its own schema."""
    content = () if operation.form_or_query else operation.request_content.items()
    found = [*map(of_parameter, operation.parameters), *(of_body(Described(operation, *one)) for one in content)]
    for one in chain.from_iterable(found):
        yield Violation("example-invalid", one.message, one.at, one.place.location)


def of_parameter(parameter: Parameter) -> Iterator[FaultyExample]:
    where = f"request.{parameter.location}.{parameter.name}"
    for owner in (parameter.node, *(media for _, media in parameter.node.each("content"))):
        for place, word, value in _examples(owner):
            if value is not None and not fits(parameter, value):
                schema = compile_schema(parameter.bundle)
                if not schema.is_valid(value):
                    at, message = fault_of(place, word, value, schema)
                    yield FaultyExample(at, f"{parameter.name}: {message}", where)


def of_body(described: Described) -> Iterator[FaultyExample]:
    """The faulty examples of a Media Type Object: values of which no valid body is made, and texts that are none."""
    found = list(_examples(described.media))
    schema = compile_schema(described.bundle) if found and described.bundle else None
    for place, word, value in found if schema else ():
        if not schema or schema.is_valid(value) or next(described.contents([value]), None) is not None:
            continue
        if isinstance(value, str) and (reason := described.fault(value)):
            yield FaultyExample(place, _message(word, value, reason), "request.body")
        else:
            yield FaultyExample(*fault_of(place, word, value, schema), "request.body")


def _examples(owner: Node) -> Iterator[tuple[Node, str, Any]]:
    """Node, keyword and value of each example and default of a Parameter or Media Type Object and of its schema."""
    yield from ((node, "example", node.value) for node in example_nodes(owner))
    for word in ("example", "default"):
        found = owner.get("schema", word)
        if found:
            yield found, word, found.value


def fault_of(node: Node, word: str, value: Any, schema: JsonSchema) -> tuple[Node, str]:
    """Where in an example, which is the value at a node, its first fault is, and what is said of it."""
    error = next(iter(schema.errors(value)))
    place = reduce(lambda inner, token: inner.raw(token) or inner, error.at, node)
    return place, _message(word, value, error.message)


def _message(word: str, value: Any, reason: str) -> str:
    return f"the {word} {shown(value)} does not conform to its schema: {reason}"
