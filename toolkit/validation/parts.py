"""The parts of a multipart body against the Encoding Objects of its media type: header fields, and what is not read here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from toolkit.contract.operation import Parameter
from toolkit.schema.judge import compile_schema
from toolkit.verdict import Fault
from toolkit.wire.forms import Field
from toolkit.wire.json import JsonFault
from toolkit.wire.parameters import StyleFault, readings

PartHeaders = Mapping[str, Sequence[Parameter]]
"""The documented header fields of the parts of each name."""


def header_faults(parts: Iterable[Field], documented: PartHeaders) -> Iterator[Fault]:
    """What is wrong with the header fields of the parts."""
    for part in parts:
        for header in documented.get(part.name.partition("[")[0], ()):
            given, at = part.headers.get(header.name.lower()), f"/{part.name}"
            if given is not None:
                yield from _invalid(part, header, given, at)
            elif header.required:
                message = f"the part {part.name} has no {header.name} header field, which is required"
                yield Fault("part-header-invalid", message, at, hint="send it")


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


def unread_faults(names: Iterable[str], parts: Sequence[Field]) -> Iterator[Fault]:
    """What could not be examined: the parts of a structured property in a media type other than JSON."""
    for name in sorted(names):
        sent = next((part.content_type for part in parts if part.name.partition("[")[0] == name), "")
        message = f"the part {name} is {sent or 'of a media type'} that is not read here, so it was not checked"
        yield Fault("body-unread", message, f"/{name}")
