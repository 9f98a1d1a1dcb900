"""Two more engines, slow and independent: jsonschema and xmlschema, to hold the fast ones against.

Never for untrusted schemas: patterns may take exponential time in both. Nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def xsd_second_opinion(xsd: str, body: bytes) -> bool:
    """Whether xmlschema takes a document for valid by an XSD that needs no other file."""
    import xmlschema

    schema = xmlschema.XMLSchema10(xsd, allow="none", defuse="always")
    return bool(schema.is_valid(xmlschema.XMLResource(body, allow="none", defuse="always")))


def json_schema_second_opinion(bundle: Mapping[str, Any] | bool, value: Any) -> bool:
    """Whether jsonschema takes a value for valid by a JSON Schema 2020-12 that refers only within itself; `format`
    is not checked."""
    import jsonschema
    from referencing import Registry

    return bool(jsonschema.Draft202012Validator(bundle, registry=Registry()).is_valid(value))
