"""Bodies of every documented media type: those that the contract gives as examples, then made ones, all of them valid.

The validator reads and confirms what was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any

from toolkit.client.examples import offered, parameter_values
from toolkit.client.making import made_values
from toolkit.client.writing import BOUNDARY, SAMPLES, is_file_schema, part_start, written_bodies
from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.document.pointers import as_object
from toolkit.exchange import Response
from toolkit.rules import Severity
from toolkit.schema.bundle import Bundle, followed
from toolkit.schema.shape import shape_of
from toolkit.structs import Frozen
from toolkit.validation.bodies import DocumentedBody, documented_body, find_body
from toolkit.wire import media_type
from toolkit.wire.streams import with_data_read

Content = tuple[str, bytes]
"""A media type and the bytes of a body."""
_MOST_MADE = 40


class Described(Frozen, eq=False, dict=True):
    """The Media Type Object `media` that the contract gives a media type of a request or response: what its bodies hold."""

    operation: Operation
    name: str
    media: Node
    request: bool = True

    @cached_property
    def bundle(self) -> Bundle | None:
        keyword = "itemSchema" if self._has_items else "schema"
        found = self.operation.body_bundle(self.media, request=self.request, keyword=keyword)
        return with_data_read(found) if found and media_type.essence(self.name) == "text/event-stream" else found

    @property
    def _has_items(self) -> bool:
        """Whether the schema is that of each item of a stream (OpenAPI 3.2, `itemSchema`)."""
        return media_type.kind(self.name) == "stream" and self.media.raw("itemSchema") is not None

    def stated(self) -> Iterator[Any]:
        """The values that the contract gives as examples, and its schema."""
        yield from offered(self.media, {})
        shape = shape_of(self.bundle.schema) if self.bundle else None
        keywords = shape.keywords if shape else {}
        yield from offered(self.media, {key: value for key, value in keywords.items() if key != "minimum"})

    def made(self, seed: int, *, whole: bool = False) -> Iterator[Any]:
        kind = media_type.kind(self.name)
        if self.bundle is not None and (self.bundle.schema.keys() - {"$schema"} or kind == "other"):
            found = made_values(self.bundle, seed, response=not self.request, whole=whole)
            yield from ([one] for one in found) if self._has_items else found
        else:
            yield {"other": "a", "form": {"a": "a"}, "multipart": {"a": "a"}}.get(kind, {})

    def values(self, seed: int, most: int) -> Iterator[Any]:
        """The values of valid bodies: those of the examples, then at most so many made ones."""
        return (self.read(*pair) for pair in self.pairs(chain(self.stated(), islice(self.made(seed), most))))

    def read(self, value: Any, content: Content) -> Any:
        """The value of an example, which may be given as the text of the body, as XML often is."""
        if not isinstance(value, str) or media_type.kind(content[0]) == "other":
            return value
        return self.documented(content[0]).read(content[1]).value

    def made_contents(self, seed: int) -> Iterator[Content]:
        """Valid bodies that are made by the schema."""
        return self.contents(islice(self.made(seed), _MOST_MADE))

    def contents(self, values: Iterable[Any]) -> Iterator[Content]:
        """The values as bodies, as far as these are valid; a text may also be the body itself."""
        return (content for _, content in self.pairs(values))

    def pairs(self, values: Iterable[Any]) -> Iterator[tuple[Any, Content]]:
        """The values of which a valid body can be written, each with its body."""
        header, kind, concrete = self.sent_as
        is_valid = self._validity(concrete)
        for value in values:
            raw = [value.encode("utf-8", "surrogatepass")] if isinstance(value, str) and kind != "other" else []
            for body in (*self.written(kind, value, concrete), *raw):
                if body and is_valid(body):
                    yield value, (header, body)
                    break

    @cached_property
    def sent_as(self) -> tuple[str, str, str]:
        """The Content-Type of its bodies, their kind, and the media type that stands for the documented one."""
        schema = followed(self.bundle.schema, self.bundle.schema) if self.bundle else None
        concrete = media_type.concrete(self.name, structured=schema is not None and not is_file_schema(schema))
        kind = media_type.kind(concrete)
        return f"{concrete}; boundary={BOUNDARY}" if kind == "multipart" else concrete, kind, concrete

    def written(self, kind: str, value: Any, concrete: str) -> Iterator[bytes]:
        """A value, valid or not, as a body of this kind; its parts have the header fields that they must have."""
        for body in written_bodies(kind, value, self.media, self.bundle, concrete):
            for start, fields in self._part_fields.items() if kind == "multipart" else ():
                body = body.replace(start, start.replace(b"\r\n", fields, 1))
            yield body

    @cached_property
    def _part_fields(self) -> dict[bytes, bytes]:
        """How each part begins that must have header fields, and these (OpenAPI, Encoding Object)."""
        found: dict[bytes, bytes] = {}
        for name, encoding in self.media.each("encoding"):
            made = (self.operation.header(key, node, request=self.request) for key, node in encoding.each("headers"))
            asked = [one for one in made if one.required and one.name.lower() != "content-type"]
            texts = (next((text for text in parameter_values(one) if isinstance(text, str)), "") for one in asked)
            known = "".join(f"\r\n{one.name}: {text}" for one, text in zip(asked, texts, strict=True))
            found |= {part_start(name): known.encode() + b"\r\n"} if known else {}
        return found

    def fault(self, text: str) -> str:
        """What is wrong with a text as a body in JSON or XML; ''."""
        if media_type.kind(self.name) not in ("json", "xml"):
            return ""
        documented = self.documented(self.name)
        data = text.encode("utf-8", "surrogatepass")
        return next((one.message for one in documented.violations(data, documented.read(data), "body")), "")

    def documented(self, media: str) -> DocumentedBody:
        """The bodies under a media type."""
        return documented_body(self.operation, media, self.media, request=self.request)

    def _validity(self, concrete: str) -> Callable[[bytes], bool]:
        """Whether a body is valid: nothing at all is found in a request, and in a response no error."""
        documented = self.documented(concrete)
        where = "request.body" if self.request else "response.body"

        def is_valid(body: bytes) -> bool:
            found = documented.violations(body, documented.read(body), where)
            return not any(self.request or one.severity is Severity.ERROR for one in found)

        return is_valid


def bodies(operation: Operation) -> tuple[Content, ...]:
    """A valid body of each documented media type for which one is known or can be made."""
    firsts = (next(body_values(operation, name), None) for name in operation.request_content)
    return tuple(one for one in firsts if one is not None)


@lru_cache(maxsize=4096)
def stated_body(operation: Operation) -> Content | None:
    """A valid body that the contract gives as an example; None if there is none. No string in a contract shows the bytes of a file."""
    content = {} if operation.form_or_query else operation.request_content
    every = [_described(operation, name) for name, node in content.items() if not _is_file(name, node)]
    return next((found for one in every for found in one.contents(one.stated())), None)


@lru_cache(maxsize=4096)
def example_body(operation: Operation) -> Content | None:
    """The stated body, else one made by the schema; None if the operation takes none, or none could be made."""
    return stated_body(operation) or next((one for one in bodies(operation)), None)


def body_values(operation: Operation, name: str, seed: int = 0) -> Iterator[Content]:
    """Distinct valid bodies of a documented media type: the contract's own, then made ones; the other way round for any seed but 0."""
    if operation.form_or_query:
        return
    described = _described(operation, name)
    known, made = described.contents(described.stated()), described.made_contents(seed)
    yield from dict.fromkeys([*known]) if not seed else ()
    yield from made
    yield from known if seed else ()


def whole_body(operation: Operation, name: str) -> Content | None:
    """A valid body of a documented media type with every property that the contract names, within others too."""
    described = _described(operation, name)
    return next(described.contents(islice(described.made(0, whole=True), _MOST_MADE)), None)


def _is_file(name: str, node: Node) -> bool:
    schema = node.get("schema")
    return media_type.kind(name) == "other" and schema is not None and as_object(schema.value).get("format") == "binary"


def _described(operation: Operation, name: str) -> Described:
    return Described(operation, name, operation.request_content[name])


def described_request(operation: Operation, content_type: str) -> Described | None:
    """What the contract says of the bodies of requests under a Content-Type; None where that is not documented."""
    name = media_type.best(content_type, operation.request_content)
    return _described(operation, name) if name else None


def described_response(operation: Operation, response: Response) -> Described | None:
    """What the contract says of the body of a response; None where its status or its Content-Type is not documented."""
    spec = operation.response(response.status)
    name = media_type.best(response.headers.content_type, spec.content) if spec else None
    return Described(operation, name, spec.content[name], request=False) if spec and name else None


def write_body(operation: Operation, content_type: str, value: Any) -> bytes | None:
    """A value, valid or not, as a body of a documented media type; None where it cannot be written so."""
    one, kind = described_request(operation, content_type), media_type.kind(content_type)
    return next(one.written(kind, value, content_type), None) if one else None


def sent_value(operation: Operation, content_type: str, data: bytes | None) -> Any:
    """The value of a request's body under a media type that the contract gives; None where none can be read."""
    documented = find_body(operation, content_type) if data is not None else None
    body = documented.read(data or b"") if documented and documented.kind != "other" else None
    return body.value if body and body.readable and not body.faults else None


def with_pictures(content: Content) -> Content | None:
    """A multipart body with a picture for each file of no stated type, which more services take; None if it has no such file."""
    return _with_files(content, b"image/png", SAMPLES["image/png"])


def with_other_bytes(content: Content, data: bytes) -> Content | None:
    """A body with these and odd bytes for each file of no stated type, or as a whole; None if it has no such file."""
    odd = data + b"\r\n\x00\xff\xc3\xa9\n" + data * 40
    if media_type.essence(content[0]) == "application/octet-stream":
        return content[0], odd
    return _with_files(content, b"application/octet-stream", odd)


def _with_files(content: Content, kind: bytes, data: bytes) -> Content | None:
    (name, body), ending = content, kind.partition(b"/")[2]
    pattern = rb'(filename="file\.)octet-stream("\r\nContent-Type: )application/octet-stream\r\n\r\n[^\r]*'
    filled = kind + b"\r\n\r\n" + data
    is_multipart = media_type.kind(name) == "multipart"
    replaced = re.sub(pattern, lambda found: found[1] + ending + found[2] + filled, body) if is_multipart else body
    return (name, replaced) if replaced != body else None
