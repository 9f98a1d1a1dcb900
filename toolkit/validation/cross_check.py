"""A second opinion on every body: where jsonschema-rs and jsonschema, or lxml and xmlschema, disagree, that is reported.

jsonschema and xmlschema are slow and independent engines. Only for contracts that are trusted: both take exponential
time for some patterns. Nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.contract.operation import Operation
from toolkit.validation.bodies import DocumentedBody, root_name
from toolkit.verdict import Body, Violation
from toolkit.xml.xsd import derive_xsd
from toolkit.xml.xsd_validator import xsd_validator

_HINT = "please report this: one of the two schema engines is wrong, or is used wrongly by this tool"


@dataclass(eq=False)
class CrossCheck:
    """Asks the other engines about the bodies of responses, as the validator's second opinion; XSDs are derived once each."""

    _xsds: dict[DocumentedBody, tuple[str, Callable[[bytes], Iterator[Violation]]]] = field(default_factory=dict)

    def check(self, operation: Operation, documented: DocumentedBody, data: bytes, body: Body) -> Iterator[Violation]:
        """A violation for each two engines that disagree about a body that could be read."""
        for engines, *opinions in self._opinions(documented, data, body):
            first, second = ("valid" if opinion else "invalid" for opinion in opinions)
            if first != second:
                message = f"{engines} disagree: the first finds the body {first}, the second {second}"
                yield Violation("engines-differ", message, "response.body", operation.node.location, _HINT)

    def _opinions(self, documented: DocumentedBody, data: bytes, body: Body) -> Iterator[tuple[str, bool, bool]]:
        schema = documented.schema
        if schema is None or not body.readable or documented.kind not in ("json", "xml"):
            return
        # The second engine does not look at formats.
        first = schema.is_valid(body.value) or all(error.rule == "schema-format" for error in schema.errors(body.value))
        yield "jsonschema-rs and jsonschema", first, json_schema_second_opinion(schema.bundle.schema, body.value)
        if documented.kind == "xml":
            if documented not in self._xsds:
                xsd = derive_xsd(schema.bundle.schema, root_name(schema.bundle)).text
                self._xsds[documented] = xsd, xsd_validator(xsd)
            xsd, violations = self._xsds[documented]
            yield "lxml and xmlschema", not list(violations(data)), xsd_second_opinion(xsd, data)


def xsd_second_opinion(xsd: str, body: bytes) -> bool:
    """Whether xmlschema finds a document valid by an XSD that needs no other file."""
    import xmlschema

    schema = xmlschema.XMLSchema10(xsd, allow="none", defuse="always")
    return bool(schema.is_valid(xmlschema.XMLResource(body, allow="none", defuse="always")))


def json_schema_second_opinion(bundle: Mapping[str, Any] | bool, value: Any) -> bool:
    """Whether jsonschema finds a value valid by a JSON Schema 2020-12 that refers only within itself; `format` is not checked."""
    import jsonschema
    from referencing import Registry

    return bool(jsonschema.Draft202012Validator(bundle, registry=Registry()).is_valid(value))
