"""Bodies made of fields, form-urlencoded or multipart/form-data, as values (OpenAPI, Encoding Object; RFC 7578).

What OpenAPI leaves open is not guessed at, and hides nothing else: a field that is written in a media type not read here is
UNREAD, and every other field is checked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from typing import Any

from toolkit.document.encodings import MADE_BOUNDARY, boundary_of
from toolkit.document.pointers import as_object, grouped
from toolkit.schema.shape import Outline
from toolkit.structs import Frozen, field
from toolkit.verdict import Fault
from toolkit.wire import media_type
from toolkit.wire.json import JsonFault, parse_json
from toolkit.wire.parameters import keys_of, read_form, read_nested, read_scalar, read_texts, style_of
from toolkit.wire.urlencoded import decode, refuse_many

_OPENING = re.compile(rb"(?:\A|\n)--([^\r\n]{0,199}[^\r\n\t ])[ \t]*+\r?\n")
_NAME = re.compile(r';\s*name=(?:"((?:[^"\\]++|\\.)*+)"|([^;\s]+))', re.IGNORECASE)
_FILE_NAME = re.compile(r";\s*filename\*?=", re.IGNORECASE)
_MOST_MIXED = 4  # properties that may be an array or something else, of which each choice is tried
UNREAD = None
"""The value of a property whose field is not read here; `FormValue.unread` names it."""


class MultipartFault(ValueError):
    """A body is not multipart/form-data; the message says why in one line."""


class UnnamedPart(MultipartFault):
    """A part has no name."""


class Field(Frozen):
    """A field of a form: its text, `raw` as it stands percent-encoded in a form-urlencoded body; of a part of a multipart
    body the Content-Type, all header fields by their names in lower case, whether it is a file, and its bytes."""

    name: str
    text: str
    content_type: str = ""
    raw: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_file: bool = False
    data: bytes | None = None


class Form(Frozen, dict=True):
    """How the fields of a body are read: the outline of its schema, and its Encoding Objects by their names, that of all others by
    None. Where they are `numbered`, the names are positions (OpenAPI 3.2, Encoding By Position), and each part is one value."""

    outline: Outline
    encodings: Mapping[str | None, Any]
    numbered: bool = False

    def encoding(self, name: str) -> Mapping[str, Any]:
        return as_object(self.encodings.get(name.partition("[")[0], self.encodings.get(None)))

    @cached_property
    def owners(self) -> dict[str, list[str]]:
        """The objects whose properties may be fields under their own names, by the name of each of these."""
        stated = ((owner, self.encoding(owner)) for owner in self.outline.properties)
        spread = [one for one, how in stated if how.get("style", "form") == "form" and how.get("explode") is not False]
        rules = ((owner, self.outline.property_of(owner)) for owner in spread)
        return grouped((name, owner) for owner, rule in rules if "object" in rule.types for name in rule.properties)

    def kind(self, one: Field) -> str:
        """The kind of media type that a field is in: its own, or else the one of its encoding."""
        return _kind(one.content_type) or _kind(str(self.encoding(one.name).get("contentType", "")))


class FormValue(Frozen):
    """The fields as an object, and the properties in it that could not be read."""

    value: dict[str, Any]
    unread: frozenset[str]


def parts_of(body: bytes, *, numbered: bool = False) -> list[Field]:
    """The parts of a multipart/form-data body, or of any multipart body if their names are to be their positions; bytes that are no
    UTF-8 become the characters of their numbers. Raises MultipartFault, and TooManyFields."""
    opening = _OPENING.search(body)
    if not opening:
        raise MultipartFault("the body has no line that begins a part ('--' and the boundary)")
    refuse_many(body.count(b"\n--" + opening[1]), "multipart body")
    _, *pieces = re.split(rb"\n--" + re.escape(opening[1]) + rb"(?=--|[ \t]*\r?\n)", b"\n" + body)
    if not pieces[-1].startswith(b"--"):
        raise MultipartFault("the body is cut off: it does not end with the boundary and '--'")
    return [_part(one.removesuffix(b"\r"), str(at) if numbered else None) for at, one in enumerate(pieces[:-1])]


def whole_parts(body: bytes) -> bytes:
    """The parts that are whole of a body whose end is lost, as a body with an end; b"" where there are none."""
    opening = _OPENING.search(body)
    end = body.rfind(b"\n--" + opening[1]) if opening else 0
    return body[:end] + b"\n--" + opening[1] + b"--\r\n" if opening and end > opening.start() else b""


def boundary_fault(content_type: str, body: bytes) -> str:
    """Why a multipart body does not have the boundary of its Content-Type, "" where it does or has none at all."""
    stated, opening = boundary_of(content_type), _OPENING.search(body)
    used = opening[1].decode("utf-8", "replace") if opening else ""
    if not used or used == (stated or MADE_BOUNDARY) or (stated and b"--" + stated.encode() in body):
        return ""
    named = f'names the boundary "{stated}"' if stated else "names no boundary"
    return f'the Content-Type {named}, but the parts of the body are separated by "{used}"'


def _part(piece: bytes, number: str | None) -> Field:
    head, found, content = piece.lstrip(b" \t").replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
    lines = head.decode("utf-8", "replace").splitlines()
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    disposition, content_type = headers.get("content-disposition", ""), headers.get("content-type", "")
    stated = _NAME.search(disposition)
    if number is None and (not found or not stated):
        raise UnnamedPart("a part has no Content-Disposition with a name")
    name = re.sub(r"\\(.)", r"\1", stated[1] or stated[2] or "") if stated and number is None else number or ""
    text, is_file = _decoded(content, content_type), bool(_FILE_NAME.search(disposition))
    return Field(name, text, content_type, "", headers, is_file, content)


def _decoded(content: bytes, content_type: str) -> str:
    for charset in (media_type.charset(content_type) or "utf-8", "latin-1"):
        try:
            return content.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return ""


def read_fields(fields: Sequence[Field], form: Form, *, as_text: bool, alone: Collection[str] = ()) -> FormValue:
    """The fields as an object; what may be a string is one where `as_text`, and a property that may be an array or something else, and has
    one field, is something else where it is among those `alone`."""
    names = {one.name for one in fields}
    placed = [(*_place(one.name, form, names), one) for one in fields]
    given = grouped((owner, one) for owner, keys, one in placed if not keys)
    nested = grouped((owner, (keys, one.text)) for owner, keys, one in placed if keys)
    value: dict[str, Any] = {}
    unread = set()
    for name, listed in given.items():
        read = _value(listed, form.outline.property_of(name), form.encoding(listed[0].name), as_text, name in alone)
        unread.update([name] if read is _NOT_READ else [])
        value[name] = UNREAD if read is _NOT_READ else read
    for name, entries in nested.items():
        value[name] = read_nested(entries, form.outline.property_of(name), as_text=as_text)
    return FormValue(value, frozenset(unread))


def may_be_alone(fields: Sequence[Field], form: Form) -> Iterator[frozenset[str]]:
    """The properties that may be an array or something else, and have one field, in every choice of a few."""
    if form.numbered:
        yield frozenset(one.name for one in fields)
        return
    counts = Counter(one.name for one in fields)
    types = {name: form.outline.property_of(name).types for name, count in counts.items() if count == 1}
    mixed = [name for name, own in types.items() if "array" in own and len(own) > 1][:_MOST_MIXED]
    yield from (frozenset(chosen) for size in range(len(mixed) + 1) for chosen in combinations(mixed, size))


def media_faults(fields: Sequence[Field], form: Form) -> Iterator[Fault]:
    """The parts whose Content-Type is none that the Encoding Object documents, by default JSON for an object; a part without
    one, or in plain text, is what clients send for JSON, too."""
    for one in fields:
        sent, name = media_type.essence(one.content_type), one.name.partition("[")[0]
        stated = form.encoding(one.name).get("contentType")
        documented = [part.strip() for part in str(stated).split(",")] if stated else _default_types(form, name)
        if not sent or not documented or media_type.best(sent, documented):
            continue
        lenient = sent == "text/plain" and any(_kind(one) in ("json", "") for one in documented)
        if not lenient and (stated or isinstance(_parsed(one.text), JsonFault)):
            message = f"the part {name} has the Content-Type {sent} (documented: {', '.join(documented)})"
            yield Fault("part-media-type", message, f"/{name}")


def json_faults(fields: Sequence[Field], form: Form) -> Iterator[Fault]:
    """The fields of objects that are meant as JSON, by their Content-Type or by how they begin, and are none."""
    for one in fields:
        kind = _kind(one.content_type)
        is_meant = kind == "json" or (not kind and one.text[:1] in ("{", "["))
        fault = _parsed(one.text) if is_meant and _default_types(form, one.name) else None
        if isinstance(fault, JsonFault):
            yield Fault(fault.rule, f"{one.name}: {fault}", f"/{one.name}", hint=fault.hint)


def _default_types(form: Form, name: str) -> list[str]:
    types = form.outline.property_of(name).types
    return ["application/json"] if types and {"object", "null"}.issuperset(types) else []


def _parsed(text: str) -> Any:
    """The value of a JSON text, or a JsonFault."""
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"))
    except JsonFault as fault:
        return fault


def _place(name: str, form: Form, names: set[str]) -> tuple[str, tuple[str, ...]]:
    """The property that a field belongs to, and the keys within, where it has a field for each of its parts."""
    outline = form.outline
    properties, keys = outline.properties, keys_of(name)
    if name not in properties and keys and keys[0] in properties:
        types = outline.property_of(keys[0]).types
        if keys[1:] == ("",) and "array" in types:
            return keys[0], ()
        return (keys[0], keys[1:]) if not types or outline.property_of(keys[0]).is_compound else (name, ())
    owners = form.owners.get(name, ()) if name not in properties else ()
    return next(((owner, (name,)) for owner in owners if owner not in names), (name, ()))


_NOT_READ = object()


def _value(given: list[Field], rule: Outline, encoding: Mapping[str, Any], as_text: bool, alone: bool) -> Any:
    """The value of one property; _NOT_READ where one of its parts is in a media type that is not read here."""
    if "array" not in rule.types or alone:
        read = [_single(one, rule, encoding, as_text) for one in given]
        return _NOT_READ if _NOT_READ in read else read if len(read) > 1 else read[0]
    style, only = str(encoding.get("style", "form")), given[0]
    if len(given) == 1 and not encoding.get("explode", style == "form"):
        texts = _split(only, style)
        if "contentType" not in encoding and not rule.first and not rule.item.is_compound:
            return read_texts(texts, rule, as_text=as_text)
        given = [Field(only.name, text) for text in texts]
    elif "json" in (_kind(only.content_type), _kind(str(encoding.get("contentType", "")))):
        whole = [_json(one.text) for one in given]
        # a text of a urlencoded form that is no JSON is no item either
        if only.raw and (lost := [one.text for one, value in zip(given, whole, strict=True) if value is one.text]):
            return lost[0]
        if not only.is_file and list in map(type, whole):
            return whole if len(whole) > 1 else whole[0]
    read = [_single(one, item, encoding, as_text) for one, item in zip(given, rule.each_item(), strict=False)]
    return _NOT_READ if _NOT_READ in read else read


def _split(one: Field, style: str) -> list[str]:
    """The items of an array in one field. A comma that is percent-encoded beside plain ones belongs to an item."""
    raw = style == "form" and "," in one.raw and "%2C" in one.raw.upper()
    pairs = [(one.name, one.raw if raw else one.text)]
    read: list[str] = style_of("query", style, False).read(one.name, pairs, "array")
    return [decode(text) for text in read] if raw else read


def _single(one: Field, rule: Outline, encoding: Mapping[str, Any], as_text: bool) -> Any:
    types = rule.types
    scalars = [name for name in types if name not in ("array", "object")]
    kind = _kind(one.content_type) or _kind(str(encoding.get("contentType", "")))
    if not types or "string" in types:  # a file's text is no JSON, whatever is in it
        whole = _parsed(one.text) if kind == "json" and not one.is_file else None
        return whole if isinstance(whole, str) else read_scalar(one.text, scalars, as_text=as_text)
    if not kind and (value := read_scalar(one.text, scalars)) is not one.text:
        return value
    if kind == "json" or len(scalars) < len(types):
        is_read = kind in ("json", "") or not isinstance(_parsed(one.text), JsonFault)
        value = _json(one.text) if is_read else _NOT_READ
        if value is one.text and "object" in types and encoding.get("explode") is False:
            texts = _split(one, str(encoding.get("style", "form")))
            pairs = zip(texts[::2], texts[1::2], strict=False)
            return value if len(texts) % 2 else read_form(pairs, rule, as_text=as_text)
        return value
    return read_scalar(one.text, scalars, as_text=as_text)


def _kind(content_type: str) -> str:
    """'' where it is missing or plain text: clients send JSON so, too."""
    known = media_type.kind(content_type.partition(",")[0]) if content_type else ""
    return "" if media_type.essence(content_type) in ("text/plain", "*/*") else known


def _json(text: str) -> Any:
    """The value of a JSON text; any other text stays a string, for the schema to refuse."""
    found = _parsed(text)
    return text if isinstance(found, JsonFault) else found
