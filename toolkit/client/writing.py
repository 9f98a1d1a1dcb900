"""Values, valid or not, as the bytes of a body: WRITERS says for each kind of media type how a value is written."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from toolkit.document.files import Node
from toolkit.schema.bundle import Bundle
from toolkit.schema.shape import Shapes
from toolkit.validation.readers import root_name
from toolkit.wire import media_type
from toolkit.wire.parameters import style_of, write_scalar
from toolkit.wire.streams import EVENT_FIELDS
from toolkit.wire.urlencoded import build_query

BOUNDARY = "boundary-of-parts"
SAMPLES = {
    "image/png": b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    ),
    "image/gif": b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"),
    "application/pdf": b"%PDF-1.4\n%%EOF\n",
    "text/csv": b"a,b\r\n1,2\r\n",
    "application/zip": b"PK\x05\x06" + bytes(18),
}


def written_bodies(kind: str, value: Any, media: Node, bundle: Bundle | None, name: str) -> Iterator[bytes]:
    """A value as a body of this kind of media type; nothing where this kind cannot hold it."""
    # What is suppressed: a value that this kind of media type cannot hold.
    with suppress(ValueError, TypeError, AttributeError, LookupError):
        yield _WRITERS[kind](value, media, bundle, name)


def is_file_schema(schema: Mapping[str, Any]) -> bool:
    """Whether a string stands for the bytes of a file (OpenAPI 3.0: format; 3.1: no type, or contentMediaType)."""
    is_open = not schema.keys() - {"$schema", "description"}
    return is_open or schema.get("format") == "binary" or "contentMediaType" in schema


def _json(value: Any, media: Node, bundle: Bundle | None, name: str) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@lru_cache(maxsize=64)
def _xml_writer(bundle: Bundle) -> Callable[[Any], bytes]:
    """What writes values as XML, compiled once for all of a schema."""
    from toolkit.xml.codec import XmlCodec

    return XmlCodec.compile(bundle.schema, root_name(bundle)).encode


def _form(value: Any, media: Node, bundle: Bundle | None, name: str) -> bytes:
    pairs = (pair for key, item in value.items() for pair in _field_pairs(key, item, _encoding(media, key)))
    return build_query(list(pairs)).encode()


def _field_pairs(name: str, item: Any, encoding: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A property of a form by its Encoding Object: in its style, as JSON text, or an item for each pair."""
    parts: Any = write_scalar(item)
    if encoding.keys() & {"style", "explode"} and isinstance(item, dict | list):
        style = str(encoding.get("style", "form"))
        pairs = item.items() if isinstance(item, dict) else ()
        parts = [(key, write_scalar(one)) for key, one in pairs] or [*map(write_scalar, item)]
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
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def part_start(name: str) -> bytes:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{quoted}"'.encode()


def _part(name: str, item: Any, whole: Any, shapes: Shapes | None, stated: str) -> bytes:
    is_array = whole and "array" in whole.types and whole.known and whole.items
    shape = shapes.of(*whole.items) if shapes and is_array else whole
    is_open = shape is None or not shape.known
    is_file = isinstance(item, str) and (is_open or any(is_file_schema(part.schema) for part in shape.parts))
    wanted = media_type.concrete(stated.partition(",")[0].strip(), structured=False) if stated else ""
    own = "application/octet-stream" if is_file else ""
    content_type = wanted or ("application/json" if isinstance(item, dict | list) else own)
    content = write_scalar(item).encode("utf-8", "surrogatepass")
    content = SAMPLES.get(content_type, content) if is_file else content
    lines = [part_start(name).decode()]
    lines[0] += f'; filename="file.{content_type.rpartition("/")[2].partition("+")[0]}"' if is_file else ""
    lines += [f"Content-Type: {content_type}"] if content_type else []
    return "\r\n".join([*lines, "", ""]).encode() + content + b"\r\n"


def _stream(value: Any, media: Node, bundle: Bundle | None, name: str) -> bytes:
    """A JSON text for each item; in a text sequence with the separator before it (RFC 7464). A server-sent event has the fields
    of the HTML standard, or the item as its data; without data it would be none."""
    items = value if isinstance(value, list) else [value]
    if media_type.essence(name) == "text/event-stream":
        events = [one if isinstance(one, dict) and one.keys() <= EVENT_FIELDS else {"data": one} for one in items]
        fields = [{"data": "", **one} for one in events]
        return "".join("\n".join([*map(_event_lines, one, one.values()), "", ""]) for one in fields).encode()
    mark = b"\x1e" if media_type.essence(name).endswith("json-seq") else b""
    return b"".join(mark + _json(item, media, bundle, name) + b"\n" for item in items)


def _event_lines(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "\n".join(f"{name}: {line}" for line in text.split("\n"))


def _other(value: Any, media: Node, bundle: Bundle | None, name: str) -> bytes:
    essence = media_type.essence(name)
    if essence in SAMPLES and value in ("a", "aaa", {}):  # what stands for any bytes (client.texts.plain_texts)
        return SAMPLES[essence]
    charset = media_type.other_charset(name) or "utf-8"
    return write_scalar(value).encode(charset)


_Writer = Callable[[Any, Node, "Bundle | None", str], bytes]
_WRITERS: dict[str, _Writer] = {
    "json": _json,
    "xml": lambda value, media, bundle, name: _xml_writer(bundle)(value) if bundle else b"<root/>",
    "form": _form,
    "multipart": _multipart,
    "stream": _stream,
    "other": _other,
}
