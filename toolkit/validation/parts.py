"""The parts of a multipart body against the Encoding Objects of its media type: header fields, XML, and what is not read here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from toolkit.contract.operation import Parameter
from toolkit.document.encodings import stated_codec
from toolkit.schema.judge import compile_schema
from toolkit.schema.messages import SchemaError, near_name
from toolkit.schema.shape import Schema
from toolkit.structs import replace
from toolkit.verdict import Body, Fault
from toolkit.wire.forms import Field, Form
from toolkit.wire.json import JsonFault
from toolkit.wire.parameters import StyleFault, readings

_OF_CONTENT = {f"schema-{name}" for name in ("type", "format", "pattern", "length", "value", "bound", "size")}
_XML_HINT = "send well-formed XML in the part"

PartHeaders = Mapping[str | None, Sequence[Parameter]]
"""The documented header fields of the parts of each name, and by None of all others."""


def header_faults(parts: Iterable[Field], documented: PartHeaders) -> Iterator[Fault]:
    """What is wrong with the header fields of the parts."""
    for part in parts:
        for header in documented.get(part.name.partition("[")[0], documented.get(None, ())):
            given, at = part.headers.get(header.name.lower()), f"/{part.name}"
            if given is not None:
                yield from _invalid(part, header, given, at)
            elif header.required:
                message = f"the part {part.name} has no {header.name} header field, which is required"
                yield Fault("part-header-invalid", message, at)


def _invalid(part: Field, header: Parameter, given: str, at: str) -> Iterator[Fault]:
    schema, values = compile_schema(header.bundle), list(readings(header.serialization, [given]))
    if any(not isinstance(value, JsonFault | StyleFault) and schema.is_valid(value) for value in values):
        return
    first, label = values[0], f"the part {part.name}, header field {header.name}"
    if isinstance(first, JsonFault | StyleFault):
        yield Fault("part-header-invalid", f"{label}: {first}", at, hint=first.hint)
    else:
        for error in schema.errors(first):
            yield Fault("part-header-invalid", f"{label}: {error.message}", at, hint=error.hint)


def xml_fields(
    form: Form, reader: Callable[[str | None, Schema, str], Callable[[bytes], Body]]
) -> Callable[[Field], tuple[Field, list[Fault]]]:
    """Reads a field of an object or array that is XML, by its own media type or the one of its encoding: gives the field with its value as JSON, and
    what is wrong with the XML; any other field as it is. `reader` is that of XML in a charset, of a schema whose root has a name."""
    bundle = form.outline.shapes.bundle

    @lru_cache
    def codec(name: str, charset: str | None) -> Callable[[bytes], Body]:
        rule = form.outline.property_of(name)
        is_items = "array" in rule.types and not form.numbered
        listed = rule.items if is_items else form.outline.named(name) or form.outline.others
        own = listed[0] if len(listed) == 1 and isinstance(listed[0], Mapping) else {"allOf": list(listed)}
        defs = {"$defs": bundle["$defs"]} if "$defs" in bundle else {}
        return reader(charset, {**own, **defs}, name)

    def read(field: Field) -> tuple[Field, list[Fault]]:
        name = field.name.partition("[")[0]
        types = form.outline.property_of(name).types
        structured = not {"array", "object"}.isdisjoint(types) and "string" not in types
        if not structured or form.kind(field) != "xml":
            return field, []
        if field.data is None:
            body = codec(name, "utf-8")(field.text.encode("utf-8", "surrogatepass"))
        else:
            body = codec(name, stated_codec(field.content_type))(field.data)
        told = [(one, f"/{name}{one.at * body.readable}", one.hint or _XML_HINT) for one in body.faults]
        faults = [Fault(one.rule, f"{name}: {one.message}", at, 0, hint) for one, at, hint in told]
        if not body.readable:
            return field, faults
        return replace(field, text=json.dumps(body.value, default=float), content_type="application/json"), faults

    return read


def is_said_of_elements(error: SchemaError, body: Body) -> bool:
    """Whether what is wrong with the elements of XML says it all: nothing is known of what an element is meant to hold in which
    others stand that may not, and a required one under a name like its own is the one that may not stand there."""
    wrong = [fault.at.rpartition("/") for fault in body.faults if fault.rule == "xml-structure"]
    place = body.locate(error.at)[0] if wrong else ""
    names = [name for parent, _, name in wrong if parent and parent == place]
    if error.rule in _OF_CONTENT:  # `xsi:nil` says whether the element is null
        return any(not name.startswith("@") or name == "@nil" for name in names)
    required = frozenset(error.names if error.rule == "schema-required" else ())
    return any(near_name(name.lstrip("@").partition("[")[0], required) for name in names)


def unread_faults(names: Iterable[str], parts: Sequence[Field]) -> Iterator[Fault]:
    """What could not be examined: the parts of a structured property in a media type other than JSON."""
    for name in sorted(names):
        sent = next((part.content_type for part in parts if part.name.partition("[")[0] == name), "")
        message = f"the part {name} is {sent or 'of a media type'} that is not read here, so it was not checked"
        yield Fault("body-unread", message, f"/{name}")
