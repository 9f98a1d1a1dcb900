"""How bodies of each kind of media type become values: JSON, XML, fields of a form, parts, items of a stream, and texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any

from toolkit.contract.operation import Parameter
from toolkit.document.encodings import stated_codec
from toolkit.document.files import Node
from toolkit.errors import ContractError
from toolkit.schema.bundle import Bundle, followed
from toolkit.schema.judge import JsonSchema
from toolkit.schema.shape import Schema, outline_of
from toolkit.structs import Frozen, replace
from toolkit.validation.parts import header_faults, unread_faults, xml_fields
from toolkit.verdict import Body, Fault
from toolkit.wire import forms, media_type
from toolkit.wire.json import locate_json, read_json
from toolkit.wire.parameters import read_scalar
from toolkit.wire.streams import Item, items_of
from toolkit.wire.urlencoded import parse_query

Read = Callable[[bytes], Body]
MOST_ITEMS = 100  # of a stream, whose faults are explained
_UNREAD = Body(None, (), readable=False)


class Guide(Frozen, eq=False):
    """What a reader of bodies goes by: the media type by which they are read, its object in the contract, the schema that is
    to be checked, and the codec of the charset that the Content-Type names."""

    content_type: str
    media: Node
    schema: JsonSchema | None
    charset: str | None
    header: Callable[[str, Node], Parameter] | None = None


def is_list(schema: JsonSchema) -> bool:
    return outline_of(schema.schema).types == ("array",)


def not_read(essence: str, data: bytes) -> Body:
    """Of a media type whose values are not read here, though its schema says something of them."""
    message = f"{essence} is not read here, so the value was not checked against its schema"
    return Body(None, (Fault("body-unread", message),), readable=False)


def _xml_reader(guide: Guide) -> Read:
    from toolkit.xml.parse import parse_fault

    schema, charset = guide.schema, guide.charset
    if schema:
        any_root = not has_root_name(schema.bundle)
        return _read_by(guide.media, any_root, charset, schema.bundle.schema, root_name(schema.bundle))
    stated = guide.media.get("schema")
    if stated and isinstance(stated.value, dict) and stated.value.get("format") == "binary":
        return lambda data: _UNREAD

    def read_any(data: bytes) -> Body:
        fault = parse_fault(data, charset)
        return Body(None, (fault,), readable=False) if fault else _UNREAD

    return read_any


def _read_by(media: Node, any_root: bool, charset: str | None, schema: Schema, name: str) -> Read:
    """The reader of XML by a schema, whose root has this name."""
    from toolkit.xml.codec import XmlCodec

    try:
        return XmlCodec.compile(schema, name, any_root=any_root, charset=charset).read
    except ValueError as error:
        raise ContractError(f"{media.location}: {error}; correct the schema") from None


def text_of(content_type: str, data: bytes) -> str | None:
    """The characters of a body: JSON in UTF-8 (RFC 8259, section 8.1), XML as the media type or it itself declares; None for
    others, and for bytes that cannot be decoded."""
    from toolkit.xml.parse import UnreadableXml, decoded

    kind = media_type.kind(content_type)
    try:
        charset = stated_codec(content_type)
        return decoded(data, charset) if kind == "xml" else data.decode() if kind == "json" else None
    except (UnicodeDecodeError, UnreadableXml):
        return None


def root_name(bundle: Bundle) -> str:
    """The name of the root element: that of the schema's `xml` object, else of the component."""
    root = followed(bundle.schema, bundle.schema)
    name = bundle.root.follow().tokens[-1] if bundle.root.follow().tokens else "root"
    xml = root.get("xml")
    return str(xml["name"]) if isinstance(xml, dict) and "name" in xml else name


def has_root_name(bundle: Bundle) -> bool:
    """Whether the contract names the root element: OpenAPI gives names to properties and components, not to inline schemas."""
    stated = bundle.root.value
    if isinstance(stated, dict) and isinstance(stated.get("$ref"), str) and bundle.root.follow().tokens:
        return True
    xml = followed(bundle.schema, bundle.schema).get("xml")
    return isinstance(xml, dict) and "name" in xml


def _form(schema: JsonSchema, media: Node, numbered: bool) -> tuple[forms.Form, dict[str | None, Node]]:
    """How the fields of a body are read, and their Encoding Objects. Those by their position are properties that are named so."""
    outline, nodes = outline_of(schema.schema), dict[str | None, Node](media.each("encoding"))
    if numbered:
        is_each, rest = media.raw("itemSchema") is not None, media.get("itemEncoding")
        nodes = {**dict(media.each("prefixEncoding")), **({None: rest} if rest else {})}
        first = {} if is_each else {str(index): one for index, one in enumerate(outline.first)}
        items = (schema.schema,) if is_each else outline.items
        outline = replace(outline, types=("object",), properties=first, patterns=(), others=items)
    return forms.Form(outline, {name: node.value for name, node in nodes.items()}, numbered), nodes


def _fields_reader(split: Callable[[bytes], list[forms.Field]], guide: Guide, numbered: bool = False) -> Read:
    schema = guide.schema
    if schema is None:
        return lambda data: _UNREAD
    form, nodes = _form(schema, guide.media, numbered)
    make, read_xml = guide.header, xml_fields(form, partial(_read_by, guide.media, True))
    each = numbered and guide.media.raw("itemSchema") is not None
    listed = {name: node.get("headers") for name, node in nodes.items()}
    headers = {
        name: [make(one, at) for one, at in found.items() if one.lower() != "content-type"]
        for name, found in listed.items()
        if found and make
    }

    def read(data: bytes) -> Body:
        try:
            fields = split(data)
        except forms.MultipartFault as fault:
            name = media_type.essence(guide.content_type)
            if isinstance(fault, forms.UnnamedPart) and name != "multipart/form-data":
                return not_read(name, data)
            return Body(None, (Fault("multipart-syntax", f"not {name}: {fault}"),), readable=False)
        wrong = list(forms.media_faults(fields, form))
        as_json = list(map(read_xml, fields))
        fields = [one for one, _ in as_json]
        ways = [(alone, as_text) for alone in forms.may_be_alone(fields, form) for as_text in (False, True)]
        readings = [forms.read_fields(fields, form, as_text=as_text, alone=alone) for alone, as_text in ways]
        wrong += [*chain(*(found for _, found in as_json)), *forms.json_faults(fields, form)]
        known = {fault.at[1:] for fault in wrong}
        faults = (*wrong, *header_faults(fields, headers), *unread_faults(readings[0].unread - known, fields))
        broken = {fault.at[1:] for fault in wrong if fault.rule != "xml-doctype"}
        values = [list(one.value.values()) if numbered else one.value for one in readings]
        items = zip(*values, strict=True) if each else ()
        value = [_first_valid(schema, one).value for one in items] if each else _first_valid(schema, values).value
        return Body(value, faults, True, locate_json, readings[0].unread | broken)

    return read


def _stream_reader(guide: Guide) -> Read:
    """Of the items of a stream, each as the first of its values that conforms; those that cannot be read are faults."""
    schema, content_type = guide.schema, guide.content_type
    if schema is None:
        return _text_reader(guide)
    outline = outline_of(schema.schema)
    as_list = is_list(schema) and guide.media.raw("itemSchema") is None
    event = outline.item if as_list else outline
    is_event = not {"data", "event"}.isdisjoint(event.properties)
    has_data = is_event and not {"string"}.issuperset(event.property_of("data").types)

    def choose(values: tuple[Any, ...]) -> Any:
        if is_event and not (isinstance(values[-1], dict) and values[-1].keys() & {"data", "event"}):
            values = values[:2]  # what the data is by itself is no event
        fitting = (value for value in values if schema.is_valid([value] if as_list else value))
        return next(fitting, values[-1] if not is_event else values[1] if has_data and len(values) > 1 else values[0])

    def read(data: bytes) -> Body:
        faults, places, values = list[Fault](), list[tuple[int, int]](), list[Any]()
        for one in items_of(content_type, data):
            if isinstance(one, Item) and one.values:
                places.append((one.number, one.line))
                values.append(choose(one.values))
            elif isinstance(one, Fault) and len(faults) < MOST_ITEMS:
                faults.append(one)

        def locate(tokens: Sequence[str]) -> tuple[str, int]:
            if not tokens:
                return "", 0
            number, line = places[int(tokens[0])]
            return locate_json((str(number), *tokens[1:]))[0], line

        return Body(values, tuple(faults), True, locate)

    return read


def _text_reader(guide: Guide) -> Read:
    """Of content that the schema says is one scalar: text, or of other media types a string, of characters or octets."""
    schema, charset = guide.schema, guide.charset
    if schema is None:
        return lambda data: _UNREAD
    types = outline_of(schema.schema).types
    is_text = media_type.essence(guide.content_type).startswith("text/")

    def read(data: bytes) -> Body:
        try:
            text = data.decode(charset or "utf-8")
        except UnicodeDecodeError as error:
            if charset:
                wrong = f"byte 0x{data[error.start]:02X} at offset {error.start}"
                message = f"the text is not in the charset declared, {charset}: {wrong}"
                return Body(None, (Fault("body-undecodable", message),), readable=False)
            text = data.decode("utf-8", "replace") if is_text else ""
        as_text = [read_scalar(text.strip(), types), text] if text or is_text else []
        octets = [] if is_text else [data.decode("latin-1")]  # by which a length is that of the content
        return _first_valid(schema, as_text + octets)

    return read


def _first_valid(schema: JsonSchema, readings: Sequence[Any]) -> Body:
    """What can be read in several ways is read as a valid one; if there is none, as the first."""
    return Body(next(filter(schema.is_valid, readings), readings[0]), (), True, locate_json)


def _urlencoded(data: bytes) -> list[forms.Field]:
    pairs = parse_query(data)
    raw = [part.partition("=")[2] for part in data.decode("utf-8", "replace").split("&") if part]
    return [forms.Field(name, text, "", one) for (name, text), one in zip(pairs, raw, strict=True)]


READERS: dict[str, Callable[[Guide], Read]] = {
    "json": lambda guide: read_json,
    "xml": _xml_reader,
    "form": partial(_fields_reader, _urlencoded),
    "multipart": partial(_fields_reader, forms.parts_of),
    "parts": partial(_fields_reader, partial(forms.parts_of, numbered=True), numbered=True),
    "stream": _stream_reader,
    "other": _text_reader,
}
