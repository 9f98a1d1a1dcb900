"""Bodies by media type: the one table from what a contract documents to the schema and the reader of such bodies.

A body is read once: `DocumentedBody.read` makes bytes a value with its faults, and `violations` validates these. Whoever
needs the value too (a client of a live service, a second engine) takes it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any

from toolkit.contract.operation import Operation, Parameter, ResponseSpec
from toolkit.document.encodings import stated_codec
from toolkit.document.files import Node
from toolkit.document.pointers import part_at
from toolkit.schema.bundle import Bundle, followed
from toolkit.schema.judge import JsonSchema, compile_schema, shown
from toolkit.schema.messages import SchemaError
from toolkit.schema.shape import SCALARS_OR_NULL, outline_of
from toolkit.structs import Frozen, replace
from toolkit.validation.access import is_marked, misplaced
from toolkit.validation.parts import is_said_of_elements
from toolkit.validation.readers import MOST_ITEMS, READERS, Guide, Read, has_root_name, is_list, not_read
from toolkit.verdict import Body, Violation
from toolkit.wire import media_type
from toolkit.wire.streams import with_data_read

PLUS_HINT = "a + in a query or form means a space: send %2B for a plus sign"
_NARROWING = frozenset({"enum", "const", "pattern", "minLength", "maxLength", "allOf", "anyOf", "oneOf", "not"})


class DocumentedBody(Frozen, eq=False):
    """Bodies of one documented media type. `schema` is None if the contract says nothing of the value that can be checked;
    `by_xsd` checks XML by the hand-written XSD that `x-xsd` names. `each`: the schema is that of each item of the value.
    `hidden`: the keyword, `readOnly` in a request, of the properties that should not be there; '' where there are none. `whole` is of
    the list of the items, where the contract has a schema of it beside that of each. `is_part`: what is required may be lost."""

    kind: str
    media: Node
    schema: JsonSchema | None
    read: Read
    is_valid: Callable[[Any], bool]
    by_xsd: Callable[[bytes], Iterable[Violation]] | None = None
    each: bool = False
    hidden: str = ""
    whole: DocumentedBody | None = None
    is_part: bool = False

    def violations(self, data: bytes, body: Body, where: str) -> Iterable[Violation]:
        """What is wrong with a body: the bytes, and what `read` made of them; () if nothing is. `where` is
        `request.body` or `response.body`."""
        return () if self.is_sound(body) else self._explain(data, body, where)

    def is_sound(self, body: Body) -> bool:
        """Whether there is nothing more to say of a body that was read; False where only `violations` can tell."""
        if body.faults or self.by_xsd or self.hidden or not self.is_valid(body.value):
            return False
        named = self.schema and self.schema.named
        return not named or (not self.each and named.is_certain(body.value))

    def _explain(self, data: bytes, body: Body, where: str) -> Iterator[Violation]:
        for fault in body.faults:
            at = _place(where, fault.at, fault.line) if fault.at or fault.line else where
            encoding = self.media.get("encoding", fault.at[1:]) if fault.rule.startswith("part-") else None
            place = (encoding or self.media).location
            yield Violation(fault.rule, fault.message, at, place, fault.hint)
        if body.readable and self.schema:
            kept = self._kept_with_plus(self.schema, body, data)
            # Else `is_sound` had said so
            is_refused = not (body.faults or self.by_xsd or self.hidden or self.schema.named)
            for error in self._errors(self.schema, body, len(data), is_refused):
                if self.kind == "xml" and body.faults and is_said_of_elements(error, body):
                    continue
                at = where if self.kind == "other" else _place(where, *body.locate(error.at))
                hint = error.hint if kept is None or (error.rule, error.at) in kept else PLUS_HINT
                text = self._repeated(error, body.value) or error.message
                yield Violation(error.rule, text, at, self.schema.location(error.place), hint)
        if self.whole and self.schema and body.readable and all(map(self.schema.is_certain, body.value)):
            yield from self.whole.violations(data, replace(body, faults=()), where)
        if body.readable and self.hidden and self.schema:
            yield from self._misplaced(self.schema, body, where)
        if self.by_xsd and (body.readable or not body.faults):
            for found in self.by_xsd(data):
                yield replace(found, at=where + found.at, contract=self.media.location)

    def _repeated(self, error: SchemaError, value: Any) -> str:
        """What is wrong with a field of one value that is sent several times, and so was read as an array; "" of others."""
        found = part_at(value, error.at) if error.rule == "schema-type" and self.kind in ("form", "multipart") else None
        if not isinstance(found, list) or len(found) < 2 or error.message.endswith("object"):
            return ""
        return f"{error.at[-1]} is sent {len(found)} times ({', '.join(map(shown, found[:4]))}), but takes one value"

    def _misplaced(self, schema: JsonSchema, body: Body, where: str) -> Iterator[Violation]:
        message = where.partition(".")[0]
        for tokens in misplaced(schema, self.hidden, body.value):
            text = f'the {message} has the property "{tokens[-1]}", which is {self.hidden}'
            at = _place(where, *body.locate(tokens))
            yield Violation("schema-access", text, at, schema.location(()))

    def _kept_with_plus(self, schema: JsonSchema, body: Body, data: bytes) -> set[tuple[str, tuple[str, ...]]] | None:
        """What is still wrong with a form if each `+` in it was meant as one, rather than as a space; None if it has none."""
        if self.kind != "form" or b"+" not in data or self.is_valid(body.value):
            return None
        meant = self.read(data.replace(b"+", b"%2B"))
        return {(error.rule, error.at) for error in self._errors(schema, meant, len(data))}

    def _errors(self, schema: JsonSchema, body: Body, size: int, is_refused: bool = False) -> Iterator[SchemaError]:
        """What is wrong with the value, read from so many bytes, but for what was not read of it."""
        if self.each:
            read = ((str(index), item) for index, item in enumerate(body.value) if str(index) not in body.unread)
            found = ([one.below((index,)) for one in schema.faults(item)] for index, item in read)
            yield from chain(*islice(filter(None, found), MOST_ITEMS))
            return
        for error in schema.faults(body.value, size, is_refused=is_refused, is_part=self.is_part):
            hidden = error.at[0] in body.unread if error.at else error.rule == "schema-alternative"
            if not (body.unread and hidden):
                yield error


def _place(where: str, at: str, line: int) -> str:
    return f"{where}#{at} (line {line})" if line else f"{where}#{at}"


def documented_body(
    operation: Operation, content_type: str, media: Node, *, request: bool = False, charset: str | None = None
) -> DocumentedBody:
    """The bodies under a media type object of the contract. Raises ContractError."""
    kind = media_type.kind(content_type)
    each = (kind == "stream" or _is_multipart(content_type)) and media.raw("itemSchema") is not None
    bundle = operation.body_bundle(media, request=request, keyword="itemSchema" if each else "schema")
    if bundle and media_type.essence(content_type) == "text/event-stream":
        bundle = with_data_read(bundle)
    header = partial(operation.header, request=request)
    made = _documented(bundle, content_type, media, charset, header, "readOnly" if request else "writeOnly")
    schema = made.schema
    if not schema or not (each or (kind == "stream" and not is_list(schema))):
        return made
    whole = _whole(operation.body_bundle(media, request=request), made) if each else None
    return replace(
        made,
        is_valid=lambda value: all(map(schema.is_certain, value)) and (whole is None or whole.is_valid(value)),
        each=True,
        hidden="",
        whole=whole,
    )


def _whole(bundle: Bundle | None, made: DocumentedBody) -> DocumentedBody | None:
    """What is said of the list of the items of a sequence; nothing by a schema of its text (OpenAPI 3.2, Media Type Object)."""
    schema = compile_schema(bundle) if bundle else None
    return replace(made, schema=schema, is_valid=schema.is_certain, hidden="") if schema and is_list(schema) else None


def is_valid_body(operation: Operation, name: str, data: bytes) -> bool:
    """Whether a request body is valid under a media type that the contract gives."""
    documented = find_body(operation, name)
    return documented is not None and not list(documented.violations(data, documented.read(data), "request.body"))


def documented_parameter(parameter: Parameter, *, request: bool) -> DocumentedBody:
    """The values of a parameter that `content` describes in a media type other than JSON, as bodies in UTF-8. Raises
    ContractError."""
    name = parameter.serialization.media_type or ""
    media = parameter.node.get("content", name) or parameter.node
    return _documented(parameter.bundle, name, media, "utf-8", None, "readOnly" if request else "writeOnly")


def _documented(
    bundle: Bundle | None,
    content_type: str,
    media: Node,
    charset: str | None,
    header: Callable[[str, Node], Parameter] | None,
    keyword: str,
) -> DocumentedBody:
    kind = _kind(content_type, bundle, media)
    way = keyword, media_type.essence(content_type)
    schema = _compiled(bundle, way) if bundle and _is_checked(kind, bundle, media, content_type) else None
    read = READERS[kind](Guide(content_type, media, schema, charset, header))
    if (bundle and not schema and _is_structured(bundle)) or (kind == "other" and media.raw("itemSchema") is not None):
        read = partial(not_read, media_type.essence(content_type))
    by_xsd = None
    if media.raw("x-xsd"):
        from toolkit.xml.xsd_validator import stated_xsd

        by_xsd = stated_xsd(media, kind, charset)
    is_valid = schema.is_certain if schema else lambda value: True
    is_hidden = schema and schema.parts.once(keyword, lambda: is_marked(schema.schema, keyword))
    return DocumentedBody(kind, media, schema, read, is_valid, by_xsd, hidden=keyword if is_hidden else "")


def _compiled(bundle: Bundle, way: tuple[str, str]) -> JsonSchema:
    """The compiled schema of bodies that are read in one way; one that many bodies refer to is compiled once."""
    is_shared = bundle.schema.keys() <= {"$schema", "$ref", "$defs"}
    known: dict[Any, JsonSchema] = bundle.root.files.made.setdefault("compiled", {})
    # Names of definitions are those of the places that they stand for, which bundles of one dialect have in common
    key = bundle.schema.get("$ref") if is_shared else bundle.root.key, id(bundle.places), way
    made = known.get(key)
    known[key] = replace(made, parts=replace(made.parts, bundle=bundle)) if made else compile_schema(bundle)
    return known[key]


def find_body(operation: Operation, content_type: str, spec: ResponseSpec | None = None) -> DocumentedBody | None:
    """What the contract says of the bodies that a Content-Type means, of a response if `spec` is given, else of a request; made once,
    when such a body first comes. None where that media type is not documented. Raises ContractError."""
    content = spec.content if spec else operation.request_content
    if (documented := media_type.best(content_type, content)) is None:
        return None
    telling = media_type.readable_type(content_type, documented)
    charset = stated_codec(content_type)
    known: dict[Any, DocumentedBody] = operation.node.files.made.setdefault("bodies", {})
    place = (operation, spec and spec.key, documented, media_type.essence(telling), charset)
    if place not in known:
        known[place] = documented_body(operation, telling, content[documented], request=spec is None, charset=charset)
    return known[place]


def _is_multipart(content_type: str) -> bool:
    return media_type.essence(content_type).startswith("multipart/")


def _is_checked(kind: str, bundle: Bundle, media: Node, content_type: str) -> bool:
    """Whether a schema says something of the value that bodies of this kind are read as."""
    root = followed(bundle.schema, bundle.schema)
    if kind == "json":  # the content itself, whatever it is, rather than a string in JSON (OpenAPI 3.0, files)
        return not (root.get("type") == "string" and root.get("format") == "binary")
    if kind == "xml" and root.get("type") == "string" and not has_root_name(bundle):
        return False  # the text as a whole, whatever it is: XML by itself is no string
    if kind not in ("other", "stream") or media.raw("itemSchema"):
        return True
    types = outline_of(bundle.schema).types
    if kind == "stream":  # where the schema is a string's, it speaks of the text as a whole
        return bool(types) and not SCALARS_OR_NULL.issuperset(types)
    if media_type.essence(content_type).startswith("text/") and root.get("format") != "binary":
        return bool(types) and SCALARS_OR_NULL.issuperset(types)
    # of other content, binary too, what is said of it
    return "string" in types and {"string", "null"}.issuperset(types) and not _NARROWING.isdisjoint(root)


def _kind(content_type: str, bundle: Bundle | None, media: Node) -> str:
    """The kind of media type; of `multipart/mixed` and the like that of form-data, where a schema names the parts, and `parts` where it
    has one item for each (OpenAPI 3.2, Encoding By Position). Fields make up an object: of a form, a schema of another type speaks of
    the content as a whole."""
    root, is_multipart = followed(bundle.schema, bundle.schema) if bundle else {}, _is_multipart(content_type)
    kind = "multipart" if is_multipart and "properties" in root else media_type.kind(content_type)
    is_read = bundle and (is_multipart or kind == "form")
    types = outline_of(bundle.schema).types if bundle and is_read else ()
    is_listed = types == ("array",) and media_type.essence(content_type) != "multipart/form-data"
    if is_multipart and (is_listed or any(map(media.raw, ("prefixEncoding", "itemEncoding", "itemSchema")))):
        return "parts"
    return "other" if types and "object" not in types else kind


def _is_structured(bundle: Bundle) -> bool:
    """Whether a schema says that the value is no string, so that more is to be checked than its text."""
    types = outline_of(bundle.schema).types
    return bool(types) and "string" not in types
