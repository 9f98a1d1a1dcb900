"""Bodies made of fields, form-urlencoded or multipart/form-data, as values (OpenAPI, Encoding Object; RFC 7578).

What OpenAPI leaves open is not guessed at: UnreadField says that a field is written in a way that the contract does not name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.schema.shape import Outline
from toolkit.wire import media_type
from toolkit.wire.json import JsonFault, parse_json
from toolkit.wire.parameters import read_form, read_scalar, style_of

_OPENING = re.compile(rb"(?:\A|\n)--([^\r\n]{1,200}?)[ \t]*\r?\n")
_NAME = re.compile(r';\s*name=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', re.IGNORECASE)


class UnreadField(Exception):
    """A field is written in a way of its own, such as `a[b][]=1`, or in a media type that is not read here."""


class MultipartFault(ValueError):
    """A body is not multipart/form-data; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: its text, and the Content-Type of its part where it has one."""

    name: str
    text: str
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """How the fields of a body are read: the outline of its schema, and its Encoding Objects."""

    outline: Outline
    encodings: Mapping[str, Any]


def parts_of(body: bytes) -> list[Field]:
    """The parts of a multipart/form-data body; bytes that are no UTF-8 become the characters of their numbers.
    Raises MultipartFault."""
    opening = _OPENING.search(body)
    if not opening:
        raise MultipartFault("the body has no line that begins a part ('--' and the boundary)")
    _, *pieces = re.split(rb"\n--" + re.escape(opening[1]) + rb"(?=--|[ \t]*\r?\n)", b"\n" + body)
    if not pieces[-1].startswith(b"--"):
        raise MultipartFault("the body is cut off: it does not end with the boundary and '--'")
    return [_part(piece.removesuffix(b"\r")) for piece in pieces[:-1]]


def _part(piece: bytes) -> Field:
    head, found, content = re.sub(rb"^[ \t]*\r?\n", b"\n", piece).replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
    lines = head.decode("utf-8", "replace").splitlines()
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    name = _NAME.search(headers.get("content-disposition", ""))
    if not found or not name:
        raise MultipartFault("a part has no Content-Disposition with a name")
    content_type = headers.get("content-type", "")
    return Field(re.sub(r"\\(.)", r"\1", name[1] or name[2] or ""), _decoded(content, content_type), content_type)


def _decoded(content: bytes, content_type: str) -> str:
    for charset in (media_type.charset(content_type) or "utf-8", "latin-1"):
        try:
            return content.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return ""


def read_fields(fields: Sequence[Field], form: Form, *, as_text: bool) -> dict[str, Any]:
    """The fields as an object; what may be a string is one where `as_text`. Raises UnreadField."""
    given: dict[str, list[Field]] = {}
    spread: dict[str, list[tuple[str, str]]] = {}
    for field in fields:
        owner, member = _place(field.name, form, {one.name for one in fields})
        if member is None:
            given.setdefault(owner, []).append(field)
        else:
            spread.setdefault(owner, []).append((member, field.text))
    value = {name: _value(listed, form.outline.property_of(name), form, as_text) for name, listed in given.items()}
    for name, pairs in spread.items():
        value[name] = read_form(pairs, form.outline.property_of(name), as_text=as_text)
    return value


def _place(name: str, form: Form, names: set[str]) -> tuple[str, str | None]:
    """The property that a field belongs to and, if it is an object with a field for each of its properties, the inner property."""
    properties = form.outline.properties
    owner, _, rest = name.partition("[")
    if name not in properties and rest and owner in properties:
        types = form.outline.property_of(owner).types
        if rest == "]" and "array" in types:
            return owner, None
        if not re.fullmatch(r"[^\[\]]+\]", rest) or "object" not in types:
            raise UnreadField
        return owner, rest[:-1]
    for owner in properties if name not in properties else ():
        rule = form.outline.property_of(owner)
        if owner not in names and "object" in rule.types and name in rule.properties:
            return owner, name
    return name, None


def _value(given: list[Field], rule: Outline, form: Form, as_text: bool) -> Any:
    stated = form.encodings.get(given[0].name.partition("[")[0])
    encoding = stated if isinstance(stated, Mapping) else {}
    if "array" not in rule.types:
        read = [_single(field, rule, encoding, as_text) for field in given]
        return read if len(read) > 1 else read[0]
    style = str(encoding.get("style", "form"))
    if len(given) == 1 and not encoding.get("explode", style == "form"):
        texts = style_of("query", style, False).read(given[0].name, [(given[0].name, given[0].text)], "array")
        given = [Field(given[0].name, text) for text in texts]
    elif len(given) == 1 and "json" in (_kind(given[0].content_type), _kind(str(encoding.get("contentType", "")))):
        return _json(given[0].text)
    return [_single(field, rule.item, encoding, as_text) for field in given]


def _single(field: Field, rule: Outline, encoding: Mapping[str, Any], as_text: bool) -> Any:
    types = rule.types
    scalars = [name for name in types if name not in ("array", "object")]
    if not types or "string" in types:
        return read_scalar(field.text, scalars, as_text=as_text)  # a file's text is no JSON, whatever is in it
    kind = _kind(field.content_type) or _kind(str(encoding.get("contentType", "")))
    if kind == "json" or len(scalars) < len(types):
        if kind not in ("json", ""):
            raise UnreadField
        return _json(field.text)
    return read_scalar(field.text, scalars, as_text=as_text)


def _kind(content_type: str) -> str:
    """'' where it is missing or plain text: clients send JSON so, too."""
    known = media_type.kind(content_type.partition(",")[0]) if content_type else ""
    return "" if media_type.essence(content_type) in ("text/plain", "*/*") else known


def _json(text: str) -> Any:
    """The value of a JSON text; any other text stays a string, for the schema to refuse."""
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"))
    except JsonFault:
        return text
