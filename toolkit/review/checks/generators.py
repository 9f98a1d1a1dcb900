"""What code generators cannot use (measured: 20 generators on the contract that ships)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from toolkit.contract.promises import LAWS
from toolkit.document.files import Node
from toolkit.document.names import bare_name
from toolkit.document.pointers import array_at, as_object, object_at
from toolkit.review.checks.promises import place_of
from toolkit.review.survey import Mistake, Survey
from toolkit.wire import media_type


def traps(survey: Survey) -> Iterator[Mistake]:
    """A format that is XML unless a client says otherwise, names that become one, and objects that XSD cannot describe."""
    for operation in survey.operations:
        formats = object_at(operation.extension(LAWS), "formats")
        for parameter in operation.parameters if formats.get("parameter") else ():
            default = parameter.schema.get("default")
            if parameter.name == formats["parameter"] and "xml" in str(formats.get(default)):
                message = f"without {parameter.name} responses are XML, and generated clients read JSON"
                hint = "set the parameter in clients, or make JSON the default"
                yield Mistake(place_of(operation, LAWS, "formats"), message, hint, mild=True)
    operations = [(site.node.value.get("operationId"), site.part("operationId")) for site in survey.of("operation")]
    yield from _alike(operations, "method")
    for site in survey.of("components"):
        yield from _alike([(name, site.part("schemas", str(name))) for name in site.map("schemas")], "type")
    for site in (one for one in survey.of("schema") if "x-enum-varnames" not in one.node.value):
        listed = enumerate(array_at(site.node.value, "enum"))
        members = [(name, site.part("enum", str(index))) for index, name in listed if str(name)[:1].isalpha()]
        yield from islice(_alike(members, "member", _words), 1)
    yield from _open_objects(survey)


def _words(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def _alike(named: list[tuple[Any, Node]], what: str, plain: Callable[[str], str] = bare_name) -> Iterator[Mistake]:
    """Names that become one in code, where words are joined by capitals."""
    seen: dict[str, str] = {}
    for name, node in named:
        key = plain(str(name))
        if isinstance(name, str) and key and seen.setdefault(key, name) != name:
            message = f"{name!r} and {seen[key]!r} are one name in code, so that generators make one {what} of two"
            hint = "name both by `x-enum-varnames`" if what == "member" else "give one of them another name"
            yield Mistake(node, message, hint, mild=True)


def _open_objects(survey: Survey) -> Iterator[Mistake]:
    """One finding: XSD 1.0 has no object with properties in any order and further ones."""
    found: dict[tuple[str, ...], Node] = {}
    for site in survey.of("media"):
        if media_type.kind(site.own) == "xml" and "schema" in site.node.value:
            schema = site.part("schema").end
            value = as_object(schema.value)
            if value.get("properties") and "additionalProperties" not in value:
                found.setdefault(schema.tokens, schema)
    for schema in list(found.values())[:1]:
        more = f", and {len(found) - 1} more like it" if len(found) > 1 else ""
        message = f"objects of this schema may have any further properties{more}, which an XSD cannot say"
        yield Mistake(schema, message, "say `additionalProperties: false` where none are meant", mild=True)
