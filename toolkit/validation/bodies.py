"""Judges of bodies: bytes of one media type against one schema. A valid body costs a parse and one yes; only others are explained.

So a judge is a function that says yes by () and no by an iterator: most bodies never see a generator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.document.pointers import pointer_text
from toolkit.schema.bundle import Bundle, flattened, followed, types_of
from toolkit.schema.judge import JsonSchema, compile_schema
from toolkit.verdict import Body, Locate, Violation
from toolkit.wire import media_type
from toolkit.wire.forms import Field, Form, MultipartFault, Unjudged, fields_of, parts_of, read_fields
from toolkit.wire.json import JsonFault, parse_json
from toolkit.wire.parameters import read_scalar
from toolkit.wire.urlencoded import parse_query

Judge = Callable[[bytes], Iterable[Violation]]
Decode = Callable[[bytes], Any]


def judge_of(operation: Operation, content_type: str, media: Node, *, request: bool = False) -> Judge:
    """The judge of a body under a media type object of the contract."""
    where = "request.body" if request else "response.body"
    bundle = operation.body_bundle(media, request=request)
    return _JUDGES[media_type.kind(content_type)](bundle, where, media)


def _json_judge(bundle: Bundle | None, where: str, media: Node) -> Judge:
    if bundle and _is_file(followed(bundle.schema, bundle.schema)):
        bundle = None
    schema = compile_schema(bundle) if bundle else None

    def judge(body: bytes) -> Iterable[Violation]:
        try:
            value = parse_json(body)
        except JsonFault as fault:
            return (Violation(fault.rule, str(fault), where, media.location, fault.hint),)
        return () if schema is None or schema.is_valid(value) else _explained(schema, value, where)

    return judge


def _explained(schema: JsonSchema, value: object, where: str) -> Iterator[Violation]:
    for error in schema.errors(value):
        at = f"{where}#{pointer_text(error.at)}"
        yield Violation(error.rule, error.message, at, schema.location(error.place), error.hint)


def _is_file(schema: dict[str, Any]) -> bool:
    """`type: string, format: binary`: the content itself, whatever it is, rather than a string in JSON (OpenAPI 3.0, files)."""
    return schema.get("type") == "string" and schema.get("format") == "binary"


def _xml_judge(bundle: Bundle | None, where: str, media: Node) -> Judge:
    from toolkit.xml.codec import XmlCodec, parse_fault

    if bundle is None:

        def judge_text(body: bytes) -> Iterator[Violation]:
            fault = parse_fault(body)
            if fault:
                yield Violation(fault.rule, fault.message, where, media.location, fault.hint)

        return judge_text
    schema = compile_schema(bundle)
    codec = XmlCodec.compile(bundle.schema, root_name(bundle))
    by_xsd = _hand_written_xsd(media)

    def judge(body: bytes) -> Iterable[Violation]:
        read = codec.read(body)
        sound = not read.faults and schema.is_valid(read.value)
        return () if sound and by_xsd is None else explained(body, read)

    def explained(body: bytes, read: Body) -> Iterator[Violation]:
        for fault in read.faults:
            line = f" (line {fault.line})" if fault.line else ""
            hint = fault.hint or "see the XML 1.0 specification; a truncated or escaped body reads like this"
            yield Violation(fault.rule, fault.message, f"{where}#{fault.at}{line}", media.location, hint)
        if read.readable and not schema.is_valid(read.value):
            yield from _located(schema, read.locate, read.value, where)
        if by_xsd and read.readable:
            for found in by_xsd(body):
                hint = found.hint or "send what the XSD takes, or mend the XSD that `x-xsd` names"
                yield Violation(found.rule, found.message, where + found.at, media.location, hint)

    return judge


def _located(schema: JsonSchema, locate: Locate, value: object, where: str) -> Iterator[Violation]:
    for error in schema.errors(value):
        xpath, line = locate(error.at)
        at = f"{where}#{xpath} (line {line})"
        yield Violation(error.rule, error.message, at, schema.location(error.place), error.hint)


def decoder_of(operation: Operation, content_type: str, media: Node) -> Decode:
    """A reader of bodies as values, by the schema where the text is XML; None for what cannot be read."""
    kind, bundle = media_type.kind(content_type), operation.body_bundle(media)
    if kind == "xml" and bundle:
        from toolkit.xml.codec import XmlCodec

        codec = XmlCodec.compile(bundle.schema, root_name(bundle))
        return lambda body: codec.read(body).value
    return _read_json if kind == "json" else lambda body: None


def text_of(content_type: str, body: bytes) -> str | None:
    """The text of a body by itself: JSON in UTF-8 (RFC 8259, section 8.1), XML as it declares; None for what cannot be read."""
    from toolkit.xml.parse import UnreadableXml, decoded

    kind = media_type.kind(content_type)
    try:
        return decoded(body) if kind == "xml" else body.decode() if kind == "json" else None
    except (UnicodeDecodeError, UnreadableXml):
        return None


def _read_json(body: bytes) -> Any:
    try:
        return parse_json(body)
    except JsonFault:
        return None


def root_name(bundle: Bundle) -> str:
    """The root element's name where the schema's `xml` object gives none: the component's own."""
    root = followed(bundle.schema, bundle.schema)
    name = bundle.root.follow().tokens[-1] if bundle.root.follow().tokens else "root"
    xml = root.get("xml")
    return str(xml["name"]) if isinstance(xml, dict) and "name" in xml else name


def _hand_written_xsd(media: Node) -> Judge | None:
    """`x-xsd` beside a media type names an XSD file in the contract's folder."""
    named = media.value.get("x-xsd") if isinstance(media.value, dict) else None
    if not isinstance(named, str):
        return None
    from toolkit.xml.xsd import judge_file

    return judge_file(Path(media.path.parent, named), media.files.folder)


def _form_judge(bundle: Bundle | None, where: str, media: Node) -> Judge:
    judge = _fields_judge(bundle, where, media)
    return lambda body: judge(fields_of(parse_query(body)))


def _multipart_judge(bundle: Bundle | None, where: str, media: Node) -> Judge:
    judge_fields = _fields_judge(bundle, where, media)

    def judge(body: bytes) -> Iterator[Violation]:
        try:
            fields = parts_of(body)
        except MultipartFault as fault:
            hint = "send each field as a part of its own (RFC 7578)"
            yield Violation("multipart-syntax", f"not multipart/form-data: {fault}", where, media.location, hint)
            return
        yield from judge_fields(fields)

    return judge


def _fields_judge(bundle: Bundle | None, where: str, media: Node) -> Callable[[list[Field]], Iterator[Violation]]:
    schema = compile_schema(bundle) if bundle else None
    encoding = media.get("encoding")
    encodings = {name: node.value for name, node in encoding.items()} if encoding else {}

    def judge(fields: list[Field]) -> Iterator[Violation]:
        if schema is None:
            return
        form = Form(flattened(schema.schema, schema.schema), schema.schema, encodings)
        try:
            values = [read_fields(fields, form, as_text=as_text) for as_text in (False, True)]
        except Unjudged:
            return
        if not any(map(schema.is_valid, values)):
            yield from _explained(schema, values[0], where)

    return judge


def _text_judge(bundle: Bundle | None, where: str, media: Node) -> Judge:
    """A text of a media type that is neither: judged as one scalar, where the schema says that it is one."""
    root = flattened(bundle.schema, bundle.schema) if bundle else {}
    types = types_of(root)
    textual = media_type.essence(media.tokens[-1]).startswith("text/") and root.get("format") != "binary"
    schema = compile_schema(bundle) if bundle and textual and types and _SCALARS.issuperset(types) else None

    def judge(body: bytes) -> Iterator[Violation]:
        text = body.decode("utf-8", "replace")
        values = (text, read_scalar(text.strip(), types))
        if schema and not any(map(schema.is_valid, values)):
            for error in schema.errors(values[1]):
                yield Violation(error.rule, error.message, where, schema.location(error.place), error.hint)

    return judge


_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})
_JUDGES: dict[str, Callable[[Bundle | None, str, Node], Judge]] = {
    "json": _json_judge,
    "xml": _xml_judge,
    "form": _form_judge,
    "multipart": _multipart_judge,
    "other": _text_judge,
}
