"""Both engines on every body: where jsonschema-rs and jsonschema, or lxml and xmlschema, disagree, that is told.

Slow, and for contracts that are trusted: the second engines take exponential time for some patterns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.exchange import Exchange
from toolkit.schema.judge import JsonSchema, compile_schema
from toolkit.validation.bodies import Decode, decoder_of, root_name
from toolkit.validation.second_opinion import json_schema_second_opinion, xsd_second_opinion
from toolkit.verdict import Violation
from toolkit.wire import media_type
from toolkit.xml.xsd import derive, judge

_HINT = "tell the makers of this tool: one of two schema engines is wrong, or is used wrongly"


@dataclass(frozen=True, slots=True)
class _Schemas:
    """What the bodies of one media type are judged by: a JSON Schema, and for XML the XSD derived from it."""

    decode: Decode
    schema: JsonSchema
    xsd: str
    xsd_judge: Callable[[bytes], Iterator[Violation]] | None


@dataclass(eq=False)
class CrossCheck:
    """Asks both engines about the bodies of answers; schemas are prepared once each."""

    contract: Contract
    _schemas: dict[tuple[str, int, str], _Schemas | None] = field(default_factory=dict)

    def check(self, exchange: Exchange) -> Iterator[Violation]:
        """A violation for each two engines that disagree about the exchange's answer."""
        operation, response = self._operation(exchange), exchange.response
        if operation is None or response is None or not response.body:
            return
        key = (operation.name, response.status, response.headers.get("content-type") or "")
        if key not in self._schemas:
            self._schemas[key] = _schemas(operation, response.status, key[2])
        schemas = self._schemas[key]
        for engines, first, second in _opinions(schemas, response.body) if schemas else ():
            if first != second:
                message = f"{engines}: the first takes the body for {_said(first)}, the second for {_said(second)}"
                place = operation.node.location
                yield Violation("engines-differ", message, "response.body", place, _HINT).located(
                    operation.name, exchange.source
                )

    def _operation(self, exchange: Exchange) -> Operation | None:
        if exchange.operation:
            return self.contract.operation(exchange.operation)
        match = self.contract.match(exchange.request) if exchange.request else ""
        return None if isinstance(match, str) else match.operation


def _said(valid: bool) -> str:
    return "valid" if valid else "invalid"


def _schemas(operation: Operation, status: int, content_type: str) -> _Schemas | None:
    spec = operation.response(status)
    documented = media_type.best(content_type, spec.content) if spec else None
    media = spec.content[documented] if spec and documented else None
    bundle = operation.body_bundle(media) if media else None
    kind = media_type.kind(content_type)
    if media is None or bundle is None or kind not in ("json", "xml"):
        return None
    xsd = derive(bundle.schema, root_name(bundle)).text if kind == "xml" else ""
    decode = decoder_of(operation, content_type, media)
    return _Schemas(decode, compile_schema(bundle), xsd, judge(xsd) if xsd else None)


def _opinions(schemas: _Schemas, body: bytes) -> Iterator[tuple[str, bool, bool]]:
    """Two engines, and what each says; nothing of a body that cannot be read."""
    value: Any = schemas.decode(body)
    if value is None:
        return
    # The second engine does not look at formats.
    schema = schemas.schema
    first = schema.is_valid(value) or all(error.rule == "schema-format" for error in schema.errors(value))
    yield "jsonschema-rs and jsonschema", first, json_schema_second_opinion(schema.schema, value)
    if schemas.xsd_judge:
        yield "lxml and xmlschema", not list(schemas.xsd_judge(body)), xsd_second_opinion(schemas.xsd, body)
