"""A second opinion on every body: where jsonschema-rs and jsonschema, or lxml and xmlschema, disagree, that is reported.

jsonschema and xmlschema are slow and independent engines. Only for contracts that are trusted: both take exponential
time for some patterns. Nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from toolkit.contract.operation import Operation
from toolkit.schema.judge import JsonSchema
from toolkit.structs import Mutable, field
from toolkit.validation.bodies import DocumentedBody
from toolkit.validation.readers import root_name
from toolkit.verdict import Body, Violation
from toolkit.xml.parse import parse_fault
from toolkit.xml.xsd import derive_xsd
from toolkit.xml.xsd_validator import xsd_validator


class CrossCheck(Mutable, eq=False):
    """Asks the other engines about the bodies of responses, as the validator's second opinion; XSDs are derived once each."""

    _xsds: dict[DocumentedBody, tuple[str, Callable[[bytes], Iterator[Violation]]]] = field(default_factory=dict)

    def check(self, operation: Operation, documented: DocumentedBody, data: bytes, body: Body) -> Iterator[Violation]:
        """A violation for each two engines that disagree about a body that could be read."""
        for engines, *opinions in self._opinions(documented, data, body):
            first, second = ("valid" if opinion else "invalid" for opinion in opinions)
            if first != second:
                message = f"{engines} disagree: the first finds the body {first}, the second {second}"
                yield Violation("engines-differ", message, "response.body", operation.node.location)

    def _opinions(self, documented: DocumentedBody, data: bytes, body: Body) -> Iterator[tuple[str, bool, bool]]:
        schema = documented.schema
        if schema is None or not body.readable or documented.kind not in ("json", "xml"):
            return
        first = schema.is_valid(body.value)
        with suppress(re.error):  # a name in `patternProperties` that only ECMA-262 knows
            second = json_schema_second_opinion(schema.bundle.schema, body.value, "format")
            yield "jsonschema-rs and jsonschema", first, second
        if documented.kind == "xml" and not parse_fault(data):  # which is read by the charset of its Content-Type alone
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


def json_schema_second_opinion(bundle: Mapping[str, Any] | bool, value: Any, *others: str) -> bool:
    """Whether jsonschema finds a value valid by a JSON Schema 2020-12 that refers only within itself. The first engine is asked for
    what the second reads otherwise than it is meant (patterns of ECMA-262, fractions of floats), and for other keywords."""
    import jsonschema
    from referencing import Registry

    def as_first(keyword: str) -> Any:
        def check(_: Any, stated: Any, instance: Any, __: Any) -> Iterator[Any]:
            if not _first_engine(keyword, stated)(instance):
                yield jsonschema.ValidationError(keyword)

        return check

    checks = {keyword: as_first(keyword) for keyword in ("pattern", "multipleOf", *others)}
    extend: Callable[..., Any] = jsonschema.validators.extend
    engine = extend(jsonschema.Draft202012Validator, checks)
    return bool(engine(bundle, registry=Registry()).is_valid(value))


@lru_cache(maxsize=1000)
def _first_engine(keyword: str, stated: Any) -> Callable[[Any], bool]:
    return JsonSchema.compile({keyword: stated}).is_valid
