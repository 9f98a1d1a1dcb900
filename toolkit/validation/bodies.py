"""Bodies by media type: the one table from what a contract documents to the schema and the reader of such bodies.

A body is read once: `DocumentedBody.read` makes bytes a value with its faults, and `violations` validates these. Whoever
needs the value too (a client of a live service, a second engine) takes it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.errors import ContractError
from toolkit.schema.bundle import Bundle, followed
from toolkit.schema.judge import JsonSchema, compile_schema
from toolkit.schema.shape import Shapes
from toolkit.verdict import Body, Fault, Violation
from toolkit.wire import media_type
from toolkit.wire.forms import Field, Form, MultipartFault, UnreadField, parts_of, read_fields
from toolkit.wire.json import locate_json, read_json
from toolkit.wire.parameters import read_scalar
from toolkit.wire.urlencoded import parse_query

Read = Callable[[bytes], Body]
_UNREAD = Body(None, (), readable=False)
_HINTS = {
    "json": "see RFC 8259",
    "xml": "see the XML 1.0 specification; a truncated or escaped body reads like this",
    "multipart": "send each field as a part of its own (RFC 7578)",
}
_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})


@dataclass(frozen=True, slots=True, eq=False)
class DocumentedBody:
    """Bodies of one documented media type. `schema` is None if the contract says nothing of the value that can be checked;
    `by_xsd` checks XML by the hand-written XSD that `x-xsd` names."""

    kind: str
    media: Node
    schema: JsonSchema | None
    read: Read
    is_valid: Callable[[Any], bool]
    by_xsd: Callable[[bytes], Iterable[Violation]] | None = None

    def violations(self, data: bytes, body: Body, where: str) -> Iterable[Violation]:
        """What is wrong with a body: the bytes, and what `read` made of them; () if nothing is. `where` is
        `request.body` or `response.body`."""
        if not body.faults and self.is_valid(body.value) and self.by_xsd is None:
            return ()
        return self._explain(data, body, where)

    def _explain(self, data: bytes, body: Body, where: str) -> Iterator[Violation]:
        for fault in body.faults:
            at = _place(where, fault.at, fault.line) if fault.at or fault.line else where
            yield Violation(fault.rule, fault.message, at, self.media.location, fault.hint or _HINTS[self.kind])
        if body.readable and self.schema and not self.is_valid(body.value):
            for error in self.schema.errors(body.value):
                at = where if self.kind == "other" else _place(where, *body.locate(error.at))
                yield Violation(error.rule, error.message, at, self.schema.location(error.place), error.hint)
        if body.readable and self.by_xsd:
            for found in self.by_xsd(data):
                hint = found.hint or "send XML that is valid by the XSD, or correct the XSD that `x-xsd` names"
                yield Violation(found.rule, found.message, where + found.at, self.media.location, hint)


def _place(where: str, at: str, line: int) -> str:
    return f"{where}#{at} (line {line})" if line else f"{where}#{at}"


def documented_body(operation: Operation, content_type: str, media: Node, *, request: bool = False) -> DocumentedBody:
    """The bodies under a media type object of the contract. Raises ContractError."""
    kind, bundle = media_type.kind(content_type), operation.body_bundle(media, request=request)
    schema = compile_schema(bundle) if bundle and _is_checked(kind, bundle, media) else None
    is_valid = schema.is_certain if schema else lambda value: True
    by_xsd = _hand_written_xsd(media) if kind == "xml" and bundle else None
    return DocumentedBody(kind, media, schema, _READERS[kind](schema, media), is_valid, by_xsd)


@dataclass(eq=False)
class Bodies:
    """The documented bodies of a contract, each made once, when a body of its media type first comes."""

    _made: dict[tuple[Operation, str, str, str], DocumentedBody] = field(default_factory=dict)

    def find(
        self, operation: Operation, key: str, content: Mapping[str, Node], content_type: str
    ) -> DocumentedBody | None:
        """The body that a Content-Type means among `content`, the documented media types of a request (`key` is
        `request`) or of a response (`key` is its status as the contract writes it). None if it is none of them."""
        documented = media_type.best(content_type, content)
        if documented is None:
            return None
        telling = media_type.readable_type(content_type, documented)
        place = (operation, key, documented, media_type.kind(telling))
        if place not in self._made:
            self._made[place] = documented_body(operation, telling, content[documented], request=key == "request")
        return self._made[place]


def _is_checked(kind: str, bundle: Bundle, media: Node) -> bool:
    """Whether a schema says something of the value that bodies of this kind are read as."""
    root = followed(bundle.schema, bundle.schema)
    if kind == "json":  # the content itself, whatever it is, rather than a string in JSON (OpenAPI 3.0, files)
        return not (root.get("type") == "string" and root.get("format") == "binary")
    if kind != "other":
        return True
    types = Shapes(bundle.schema).outline(bundle.schema).types
    textual = media_type.essence(media.tokens[-1]).startswith("text/")
    return textual and root.get("format") != "binary" and bool(types) and _SCALARS.issuperset(types)


def _xml_reader(schema: JsonSchema | None, media: Node) -> Read:
    from toolkit.xml.codec import XmlCodec
    from toolkit.xml.parse import parse_fault

    if schema:
        try:
            return XmlCodec.compile(schema.bundle.schema, root_name(schema.bundle)).read
        except ValueError as error:
            raise ContractError(f"{media.location}: {error}; correct the schema") from None

    def read_any(data: bytes) -> Body:
        fault = parse_fault(data)
        return Body(None, (fault,), readable=False) if fault else _UNREAD

    return read_any


def text_of(content_type: str, data: bytes) -> str | None:
    """The characters of a body by itself: JSON in UTF-8 (RFC 8259, section 8.1), XML as it declares; None for others, and for
    bytes that cannot be decoded."""
    from toolkit.xml.parse import UnreadableXml, decoded

    kind = media_type.kind(content_type)
    try:
        return decoded(data) if kind == "xml" else data.decode() if kind == "json" else None
    except (UnicodeDecodeError, UnreadableXml):
        return None


def root_name(bundle: Bundle) -> str:
    """The name of the root element: that of the schema's `xml` object, else of the component."""
    root = followed(bundle.schema, bundle.schema)
    name = bundle.root.follow().tokens[-1] if bundle.root.follow().tokens else "root"
    xml = root.get("xml")
    return str(xml["name"]) if isinstance(xml, dict) and "name" in xml else name


def _hand_written_xsd(media: Node) -> Callable[[bytes], Iterable[Violation]] | None:
    """`x-xsd` beside a media type names an XSD file in the contract's folder."""
    named = media.value.get("x-xsd") if isinstance(media.value, dict) else None
    if not isinstance(named, str):
        return None
    from toolkit.xml.xsd_validator import XsdError, xsd_file_validator

    try:
        return xsd_file_validator(Path(media.path.parent, named), media.files.folder)
    except XsdError as error:
        raise ContractError(f"{media.location}: the XSD that x-xsd names cannot be used: {error}; correct it") from None


def _fields_reader(split: Callable[[bytes], list[Field]], schema: JsonSchema | None, media: Node) -> Read:
    encoding = media.get("encoding")
    encodings = {name: node.value for name, node in encoding.items()} if encoding else {}
    form = Form(Shapes(schema.schema).outline(schema.schema), encodings) if schema else None

    def read(data: bytes) -> Body:
        try:
            fields = split(data)
            readings = [read_fields(fields, form, as_text=as_text) for as_text in (False, True)] if form else []
        except MultipartFault as fault:
            return Body(None, (Fault("multipart-syntax", f"not multipart/form-data: {fault}"),), readable=False)
        except UnreadField:
            return _UNREAD
        return _first_valid(schema, readings) if schema else _UNREAD

    return read


def _text_reader(schema: JsonSchema | None, media: Node) -> Read:
    """Of text that the schema says is one scalar; other content is not read."""
    if schema is None:
        return lambda data: _UNREAD
    types = Shapes(schema.schema).outline(schema.schema).types

    def read(data: bytes) -> Body:
        text = data.decode("utf-8", "replace")
        return _first_valid(schema, (read_scalar(text.strip(), types), text))

    return read


def _first_valid(schema: JsonSchema, readings: Sequence[Any]) -> Body:
    """What can be read in several ways is read as a valid one; if there is none, as the first."""
    return Body(next(filter(schema.is_valid, readings), readings[0]), (), True, locate_json)


_READERS: dict[str, Callable[[JsonSchema | None, Node], Read]] = {
    "json": lambda schema, media: read_json,
    "xml": _xml_reader,
    "form": partial(_fields_reader, lambda data: [Field(name, text) for name, text in parse_query(data)]),
    "multipart": partial(_fields_reader, parts_of),
    "other": _text_reader,
}
