"""Bodies of every documented media type: those that the contract gives as examples, then made ones, all of them valid.

WRITERS says for each kind of media type how a value is written; the validator reads and confirms what was written.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any

from toolkit.client.examples import offered
from toolkit.client.making import made_values
from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.rules import Severity
from toolkit.schema.bundle import Bundle, followed
from toolkit.schema.shape import Shapes
from toolkit.validation.bodies import documented_body, root_name
from toolkit.wire import media_type
from toolkit.wire.parameters import style_of, write_scalar
from toolkit.wire.urlencoded import build_query

Content = tuple[str, bytes]
"""A media type and the bytes of a body."""
_BOUNDARY = "boundary-of-parts"
_MOST_MADE = 40
_SAMPLES = {
    "image/png": b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    ),
    "image/gif": b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"),
    "application/pdf": b"%PDF-1.4\n%%EOF\n",
    "text/csv": b"a,b\r\n1,2\r\n",
    "application/zip": b"PK\x05\x06" + bytes(18),
}


@dataclass(frozen=True, eq=False)
class Described:
    """The Media Type Object `media` that the contract gives a media type of a request or response: what its bodies hold."""

    operation: Operation
    name: str
    media: Node
    request: bool = True

    @cached_property
    def bundle(self) -> Bundle | None:
        return self.operation.body_bundle(self.media, request=self.request)

    def stated(self) -> Iterator[Any]:
        """The values that the contract gives as examples, and its schema."""
        yield from offered(self.media, {})
        shape = Shapes(self.bundle.schema).of(self.bundle.schema) if self.bundle else None
        keywords = {key: value for part in reversed(shape.parts) for key, value in part.schema.items()} if shape else {}
        yield from offered(self.media, {key: value for key, value in keywords.items() if key != "minimum"})

    def made(self, seed: int) -> Iterator[Any]:
        kind = media_type.kind(self.name)
        if self.bundle is not None and (self.bundle.schema.keys() - {"$schema"} or kind == "other"):
            yield from made_values(self.bundle, seed, response=not self.request)
        else:
            yield {"other": "a", "form": {"a": "a"}, "multipart": {"a": "a"}}.get(kind, {})

    def values(self, seed: int, most: int) -> Iterator[Any]:
        """The values of valid bodies: those of the examples, then at most so many made ones."""
        return (self.read(*pair) for pair in self.pairs(chain(self.stated(), islice(self.made(seed), most))))

    def read(self, value: Any, content: Content) -> Any:
        """The value of an example, which may be given as the text of the body, as XML often is."""
        if not isinstance(value, str) or media_type.kind(content[0]) == "other":
            return value
        return documented_body(self.operation, content[0], self.media, request=self.request).read(content[1]).value

    def made_contents(self, seed: int) -> Iterator[Content]:
        """Valid bodies that are made by the schema."""
        return self.contents(islice(self.made(seed), _MOST_MADE))

    def contents(self, values: Iterator[Any]) -> Iterator[Content]:
        """The values as bodies, as far as these are valid; a text may also be the body itself."""
        return (content for _, content in self.pairs(values))

    def pairs(self, values: Iterator[Any]) -> Iterator[tuple[Any, Content]]:
        """The values of which a valid body can be written, each with its body."""
        bundle = self.bundle
        structured = bundle is not None and not _is_file(followed(bundle.schema, bundle.schema))
        concrete = media_type.concrete(self.name, structured=structured)
        kind = media_type.kind(concrete)
        header = f"{concrete}; boundary={_BOUNDARY}" if kind == "multipart" else concrete
        is_valid = self._validity(concrete)
        for value in values:
            raw = [value.encode("utf-8", "surrogatepass")] if isinstance(value, str) and kind != "other" else []
            for body in (*written_bodies(kind, value, self.media, bundle, concrete), *raw):
                if body and is_valid(body):
                    yield value, (header, body)
                    break

    def _validity(self, concrete: str) -> Callable[[bytes], bool]:
        """Whether a body is valid: nothing at all is found in a request, and in a response no error."""
        documented = documented_body(self.operation, concrete, self.media, request=self.request)
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
    """A valid body that the contract gives as an example; None if there is none."""
    every = (found for name in operation.request_content for found in _stated_contents(operation, name))
    return next(every, None)


@lru_cache(maxsize=4096)
def example_body(operation: Operation) -> Content | None:
    """The stated body, else one made by the schema; None if the operation takes none, or none could be made."""
    return stated_body(operation) or next((one for one in bodies(operation)), None)


def body_values(operation: Operation, name: str, seed: int = 0) -> Iterator[Content]:
    """Distinct valid bodies of one documented media type: those that the contract gives, then made ones; the other way round
    for any seed but 0."""
    made = body_contents(operation, name, islice(_described(operation, name).made(seed), _MOST_MADE))
    known = _stated_contents(operation, name)
    yield from dict.fromkeys([*known]) if not seed else ()
    yield from made
    yield from known if seed else ()


def _stated_contents(operation: Operation, name: str) -> Iterator[Content]:
    if operation.form_or_query:
        return iter(())
    return body_contents(operation, name, _described(operation, name).stated())


def _described(operation: Operation, name: str) -> Described:
    return Described(operation, name, operation.request_content[name])


def body_contents(operation: Operation, name: str, values: Iterator[Any]) -> Iterator[Content]:
    """The values as bodies of a request, as far as these are valid; a text may also be the body itself."""
    if not operation.form_or_query:
        yield from _described(operation, name).contents(values)


def write_body(operation: Operation, content_type: str, value: Any) -> bytes | None:
    """A value, valid or not, as a body of a documented media type; None where it cannot be written so."""
    name = media_type.best(content_type, operation.request_content)
    if name is None:
        return None
    one, kind = _described(operation, name), media_type.kind(content_type)
    return next(written_bodies(kind, value, one.media, one.bundle, content_type), None)


def written_bodies(kind: str, value: Any, media: Node, bundle: Bundle | None, name: str) -> Iterator[bytes]:
    """A value as a body of this kind of media type; nothing where this kind cannot hold it."""
    with suppress(
        ValueError, TypeError, AttributeError, LookupError
    ):  # a value that this kind of media type cannot hold
        yield _WRITERS[kind](value, media, bundle, name)


def _is_file(schema: Mapping[str, Any]) -> bool:
    """Whether a string stands for the bytes of a file (OpenAPI 3.0: format; 3.1: no type, or contentMediaType)."""
    return (
        schema.get("format") == "binary"
        or "contentMediaType" in schema
        or not schema.keys() - {"$schema", "description"}
    )


def _json(value: Any, media: Node, bundle: Bundle | None, name: str) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _xml(value: Any, media: Node, bundle: Bundle | None, name: str) -> bytes:
    from toolkit.xml.codec import XmlCodec

    if bundle is None:
        return b"<root/>"
    return XmlCodec.compile(bundle.schema, root_name(bundle)).encode(value)


def _form(value: Any, media: Node, bundle: Bundle | None, name: str) -> bytes:
    pairs = (pair for key, item in value.items() for pair in _field_pairs(key, item, _encoding(media, key)))
    return build_query(list(pairs)).encode()


def _field_pairs(name: str, item: Any, encoding: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A property of a form by its Encoding Object: in its style, as JSON text, or an item for each pair."""
    parts: Any = write_scalar(item)
    if encoding.keys() & {"style", "explode"} and isinstance(item, dict | list):
        style = str(encoding.get("style", "form"))
        parts = (
            [write_scalar(one) for one in item]
            if isinstance(item, list)
            else [(key, write_scalar(one)) for key, one in item.items()]
        )
        yield from style_of("query", style, bool(encoding.get("explode", style == "form"))).write(name, parts)
    else:
        is_list = isinstance(item, list) and media_type.kind(str(encoding.get("contentType", ""))) != "json"
        yield from ((name, write_scalar(one)) for one in (item if is_list else [item]))


def _encoding(media: Node, name: str) -> Mapping[str, Any]:
    found = media.get("encoding", name)
    return found.value if found and isinstance(found.value, Mapping) else {}


def _multipart(value: Any, media: Node, bundle: Bundle | None, name: str) -> bytes:
    """A part for each property, or for each item of one (RFC 7578); a file has a name."""
    parts = []
    outline = Shapes(bundle.schema) if bundle else None
    properties = outline.of(bundle.schema).properties if outline and bundle else {}
    for key, item in value.items():
        whole = outline.of(*properties.get(key, ())) if outline else None
        for one in item if isinstance(item, list) else [item]:
            parts.append(_part(key, one, whole, outline, str(_encoding(media, key).get("contentType", ""))))
    return b"".join([*parts, f"--{_BOUNDARY}--\r\n".encode()])


def _part(name: str, item: Any, whole: Any, shapes: Shapes | None, stated: str) -> bytes:
    shape = (
        shapes.of(*whole.items)
        if shapes and whole and "array" in whole.types and whole.known and whole.items
        else whole
    )
    is_file = isinstance(item, str) and (
        shape is None or not shape.known or any(_is_file(part.schema) for part in shape.parts)
    )
    wanted = media_type.concrete(stated.partition(",")[0].strip(), structured=False) if stated else ""
    content_type = wanted or (
        "application/json" if isinstance(item, dict | list) else "application/octet-stream" if is_file else ""
    )
    content = write_scalar(item).encode("utf-8", "surrogatepass")
    content = _SAMPLES.get(content_type, content) if is_file else content
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    lines = [f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{quoted}"']
    lines[0] += f'; filename="file.{content_type.rpartition("/")[2].partition("+")[0]}"' if is_file else ""
    lines += [f"Content-Type: {content_type}"] if content_type else []
    return "\r\n".join([*lines, "", ""]).encode() + content + b"\r\n"


def with_pictures(content: Content) -> Content | None:
    """A multipart body with a picture for each file of no stated type, which more services take; None if it has no such file."""
    name, body = content
    pattern = rb'(filename="file\.)octet-stream("\r\nContent-Type: )application/octet-stream\r\n\r\n[^\r]*'
    replaced = re.sub(
        pattern, lambda found: found[1] + b"png" + found[2] + b"image/png\r\n\r\n" + _SAMPLES["image/png"], body
    )
    return (name, replaced) if replaced != body else None


def _stream(value: Any, media: Node, bundle: Bundle | None, name: str) -> bytes:
    """A JSON text for each item; in a text sequence with the separator before it (RFC 7464)."""
    mark = b"\x1e" if media_type.essence(name).endswith("json-seq") else b""
    return b"".join(
        mark + _json(item, media, bundle, name) + b"\n" for item in (value if isinstance(value, list) else [value])
    )


def _other(value: Any, media: Node, bundle: Bundle | None, name: str) -> bytes:
    essence = media_type.essence(name)
    if essence in _SAMPLES and value in ("a", "aaa", {}):  # what stands for any bytes (client.texts.plain_texts)
        return _SAMPLES[essence]
    charset = media_type.other_charset(name) or "utf-8"
    return write_scalar(value).encode(charset)


_Writer = Callable[[Any, Node, "Bundle | None", str], bytes]
_WRITERS: dict[str, _Writer] = {
    "json": _json,
    "xml": _xml,
    "form": _form,
    "multipart": _multipart,
    "stream": _stream,
    "other": _other,
}
