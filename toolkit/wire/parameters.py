"""Parameters as text on the wire and as values, both ways (OpenAPI: Style Values; RFC 6570).

STYLES says for each location, style and explode how the parts of a value are written and read. What the parts are, the
schema's types say; a text that cannot be read so stays a string, for the schema to refuse.

Names with brackets, such as `a[b][]=1`, are nested values in the way of PHP, Rails and qs. OpenAPI defines `f[name]` for a deepObject and
leaves open how anything within is written: it is read by what the schema says of each place, so that what can be read is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat, zip_longest
from typing import Any

from toolkit.document.pointers import grouped
from toolkit.schema.scalars import READERS
from toolkit.schema.shape import Outline
from toolkit.structs import Frozen
from toolkit.wire import media_type
from toolkit.wire.json import JsonFault, dump_json, parse_json
from toolkit.wire.urlencoded import Pairs

_COMPOUND = frozenset({"array", "object"})


class StyleFault(ValueError):
    """A text that is not written in the style of its parameter."""

    hint = "write the value in the documented style (OpenAPI, Style Values)"


class Serialization(Frozen):
    """How a parameter or a response header is written: `location` is path, query, header, cookie or querystring, `media_type` the
    one of `content`, where that describes it instead of `schema`."""

    name: str
    location: str
    style: str
    explode: bool
    media_type: str | None
    outline: Outline

    @property
    def is_readable(self) -> bool:
        """False where `content` names a media type other than JSON for a value that is more than its text."""
        kind = media_type.kind(self.media_type) if self.media_type else "json"
        return kind == "json" or (kind != "xml" and not self.outline.is_compound)

    @property
    def delimiters(self) -> str:
        """What stands between the parts of its value in a path, and is not percent-encoded there (RFC 6570, section 3.2)."""
        if self.style == "matrix":
            return ";=,"
        return "=," if self.style == "label" or self.outline.is_compound else ""

    @property
    def has_no_style(self) -> bool:
        """Whether OpenAPI does not say how its value is written: an array of objects or arrays in any style."""
        within = set(self.outline.item.types) if "array" in self.outline.types and not self.media_type else set()
        return bool(within) and within <= _COMPOUND

    @property
    def is_cookie_setting(self) -> bool:
        """Set-Cookie: each field is an item of its own, since the date in one has a comma (RFC 9110, section 5.3)."""
        return self.location == "header" and self.name.lower() == "set-cookie"

    @property
    def is_split(self) -> bool:
        """Whether commas, or what stands for them, separate the parts of a value in one percent-encoded text."""
        listed = self.location in ("query", "cookie") and self.style == "form" and not self.explode
        in_one = self.location == "path" or listed
        return in_one and not self.media_type and self.outline.is_compound

    @property
    def is_spread(self) -> bool:
        """Whether an object's properties stand in the query, or are cookies, as pairs of their own (deepObject, or form with explode)."""
        if self.media_type or self.location not in ("query", "cookie"):
            return False
        is_scalar = self.outline.types and not self.outline.is_compound  # for which deepObject says nothing
        return (self.style == "deepObject" and not is_scalar) or ("object" in self.outline.types and self.explode)

    def owns(self, name: str) -> bool:
        """Whether a pair of this name may be a part of its value: its own name, or where it is spread, that of a property."""
        if not self.is_spread or self.style == "deepObject":
            return name == self.name or (self.is_spread and name.startswith(self.name + "["))
        return self.outline.allows(name) or (name == self.name and len(self.outline.types) > 1)


_READERS: dict[str, Callable[[str], Any]] = {**READERS, "null": lambda text: None if text in ("", "null") else text}


def read_scalar(text: str, types: Sequence[str], *, as_text: bool = False) -> Any:
    """A text as the first of the types that it can be read as; a string where it is none of them. Where `as_text`, it is a string wherever
    it may be one."""
    if as_text and "string" in types:
        return text
    for name in types:
        value = _READERS[name](text) if name in _READERS else text
        if value is not text:
            return value
    return text


def write_scalar(value: Any) -> str:
    """A scalar as the wire shows it; an array or an object, for which no style has a form at this place, as JSON."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return dump_json(value).decode() if isinstance(value, dict | list) else str(value)


Parts = str | list[str] | list[tuple[str, str]]
"""The texts of a scalar, of an array's items, or of an object's properties."""


class Style(Frozen):
    """`read(name, pairs, kind)` gives the parts of a "scalar", an "array" or an "object", or raises StyleFault;
    `write(name, parts)` gives the pairs. In a path and in a header there is one pair, of the parameter's own name."""

    read: Callable[[str, Pairs, str], Any]
    write: Callable[[str, Parts], Pairs]


def _in_one_text(separator: str, equals: str = "", *, start: str = "", label: str = "") -> Style:
    """All parts in one text behind `start`, a property's name and value with `equals` between them, else `separator`.
    The parameter's name and `=` stand there too, `once` or before `each` part but an object's, as `label` says."""
    equals = equals or separator

    def write(name: str, parts: Parts) -> Pairs:
        each = f"{name}=" if label == "each" else ""
        texts = [parts] if isinstance(parts, str) else parts
        written = [f"{text[0]}{equals}{text[1]}" if isinstance(text, tuple) else each + text for text in texts]
        return [(name, start + (f"{name}=" if label == "once" else "") + separator.join(written))]

    def read(name: str, pairs: Pairs, kind: str) -> Any:
        text = pairs[0][1]
        if not text.startswith(start):
            raise StyleFault(f"{_quoted(text)} does not begin with {_quoted(start)}")
        body = text[len(start) :]
        if label == "once" or (label == "each" and kind == "scalar"):
            body = _labelled(name, body)
        if kind == "scalar":
            return body
        texts = body.split(separator) if body else []
        if kind == "array":
            return [_labelled(name, text) for text in texts] if label == "each" else texts
        if equals == separator:
            return list(zip_longest(texts[::2], texts[1::2]))
        return [(own, value) for own, _, value in (text.partition(equals) for text in texts)]

    return Style(read, write)


def _labelled(name: str, text: str) -> str:
    """The value behind the parameter's own name (RFC 6570, section 3.2.7). Raises StyleFault for another name."""
    given, _, value = text.partition("=")
    if given != name:
        raise StyleFault(f"{_quoted(text)} does not begin with the parameter's name, {name}")
    return value


def _quoted(text: str) -> str:
    return f'"{text[:80]}"'


def _in_pairs(key: Callable[[str, str], str], own: Callable[[str, str], str | None]) -> Style:
    """A pair for each part; `key(name, property)` is the name of a property's pair, `own(name, key)` the way back."""

    def write(name: str, parts: Parts) -> Pairs:
        texts = [parts] if isinstance(parts, str) else parts
        return [(key(name, text[0]), text[1]) if isinstance(text, tuple) else (name, text) for text in texts]

    def read(name: str, pairs: Pairs, kind: str) -> Any:
        if kind == "object":
            return [(found, text) for given, text in pairs if (found := own(name, given)) is not None]
        texts = [text for given, text in pairs if given == name]
        return texts if kind == "array" else texts[0]

    return Style(read, write)


_SIMPLE = {False: _in_one_text(","), True: _in_one_text(",", "=")}
_SPREAD = _in_pairs(lambda name, own: own, lambda name, key: key)
_DEEP = _in_pairs(
    lambda name, own: f"{name}[{own}]",
    lambda name, key: key[len(name) + 1 : -1] if key.startswith(name + "[") and key.endswith("]") else None,
)

STYLES: dict[tuple[str, str, bool], Style] = {
    ("path", "simple", False): _SIMPLE[False],
    ("path", "simple", True): _SIMPLE[True],
    ("path", "label", False): _in_one_text(",", start="."),
    ("path", "label", True): _in_one_text(".", "=", start="."),
    ("path", "matrix", False): _in_one_text(",", start=";", label="once"),
    ("path", "matrix", True): _in_one_text(";", "=", start=";", label="each"),
    ("header", "simple", False): _SIMPLE[False],
    ("header", "simple", True): _SIMPLE[True],
    ("query", "form", False): _in_one_text(","),
    ("query", "form", True): _SPREAD,
    ("query", "spaceDelimited", False): _in_one_text(" "),
    ("query", "spaceDelimited", True): _SPREAD,
    ("query", "pipeDelimited", False): _in_one_text("|"),
    ("query", "pipeDelimited", True): _SPREAD,
    ("query", "deepObject", False): _DEEP,
    ("query", "deepObject", True): _DEEP,
    ("cookie", "form", False): _in_one_text(","),
    ("cookie", "form", True): _SPREAD,
    ("cookie", "cookie", False): _in_one_text(","),
    ("cookie", "cookie", True): _SPREAD,
    ("querystring", "form", True): _in_one_text(","),  # in the media type of its `content`
}
"""By location, style and explode: all that OpenAPI 3.2 defines (Parameter Object, Style Values)."""
DEFAULT_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple", "querystring": "form"}


def style_of(location: str, style: str, explode: bool) -> Style:
    """The style, or the location's default one where it has no such style; of a field of a body, as in the query."""
    location = location if location in DEFAULT_STYLES else "query"
    return STYLES.get((location, style, explode)) or STYLES[location, DEFAULT_STYLES[location], explode]


def write_parameter(how: Serialization, value: Any) -> Pairs:
    """A value as the pairs of names and texts that stand for it."""
    if how.media_type and media_type.kind(how.media_type) == "json":
        return [(how.name, dump_json(value).decode())]
    style = style_of(how.location, how.style, how.explode)
    parts: Parts = write_scalar(value)
    if isinstance(value, dict):
        branches = _branches if style is _DEEP else lambda name, item: [(name, write_scalar(item))]
        parts = [part for name, item in value.items() for part in branches(name, item)]
    elif isinstance(value, list):
        parts = [write_scalar(item) for item in value]
    return style.write(how.name, parts)


def _branches(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A property of a deepObject: what is nested in it has brackets of its own, items repeat it. OpenAPI leaves that open;
    Rails, PHP and the qs library of JavaScript read it so."""
    if isinstance(value, dict):
        for inner, item in value.items():
            yield from _branches(f"{name}][{inner}", item)
    elif isinstance(value, list):
        for item in value:
            yield from _branches(name, item)
    else:
        yield name, write_scalar(value)


def readings(how: Serialization, texts: Sequence[str], decode: Callable[[str], str] = str) -> Iterator[Any]:
    """Each value that a parameter's texts may stand for, the likeliest first, since a text alone does not tell a number from a string of
    digits; or a JsonFault or StyleFault. Nothing where one value is expected and several texts are given. `decode` is applied to each part,
    behind the splitting, of texts that are still percent-encoded (RFC 6570, section 3.2)."""
    alone = len(texts) == 1 or how.location not in ("query", "cookie")
    if how.media_type and media_type.kind(how.media_type) == "json":
        try:
            if alone:
                yield parse_json(texts[0].encode("utf-8", "surrogatepass"))
        except JsonFault as fault:
            yield fault
        return
    try:
        for as_text in (False, True):
            yield from _readings(how, texts, alone, as_text, decode)
    except StyleFault as unstyled:
        yield StyleFault(f"{unstyled} (style {how.style})")


def _readings(
    how: Serialization, texts: Sequence[str], alone: bool, as_text: bool, decode: Callable[[str], str]
) -> Iterator[Any]:
    """The readings in which what may be a string is one (`as_text`), or rather something else."""
    types, style = how.outline.types, style_of(how.location, how.style, how.explode)
    pairs = [(how.name, text) for text in texts]
    if "array" in types and (alone or style in (_SPREAD, _DEEP)):
        parts = texts if how.is_cookie_setting else style.read(how.name, pairs, "array")
        yield read_texts([_trimmed(how, decode(text)) for text in parts], how.outline, as_text=as_text)
    if "object" in types and alone and style is not _DEEP:
        read = style.read(how.name, pairs, "object")
        if read and read[-1][1] is None:
            yield StyleFault(f"{_quoted(read[-1][0])} is a name without a value (style {how.style})")
        else:
            named = [(_trimmed(how, decode(one)), _trimmed(how, decode(text))) for one, text in read]
            yield read_form(named, how.outline, as_text=as_text)
    scalars = [name for name in types if name not in _COMPOUND]
    if alone and (scalars or not types):
        yield read_scalar(_trimmed(how, decode(style.read(how.name, pairs, "scalar"))), scalars, as_text=as_text)


def read_form(pairs: Iterable[tuple[str, str]], outline: Outline, *, as_text: bool = False) -> dict[str, Any]:
    """Pairs as an object: repeated names of an array property as an array, others by their types."""
    texts = grouped(pairs).items()
    return {name: read_texts(given, outline.property_of(name), as_text=as_text) for name, given in texts}


def read_texts(texts: Iterable[str], outline: Outline, *, as_text: bool = False) -> Any:
    """The texts that are given for one value: the items of an array, or a scalar. What is no array and still repeated becomes
    one too, for the schema to refuse."""
    is_array = "array" in outline.types
    rules = outline.each_item() if is_array else repeat(outline)
    read = [read_scalar(text, one.types, as_text=as_text) for text, one in zip(texts, rules, strict=False)]
    return read if is_array or len(read) > 1 else read[0]


def _trimmed(how: Serialization, text: str) -> str:
    """White space around a value, and around a list's commas, means nothing in a header (RFC 9110, section 5.5, 5.6.1)."""
    return text.strip(" \t") if how.location == "header" else text


_KEYS = re.compile(r"(?:\[[^\[\]]*\]){1,30}")

Entry = tuple[Sequence[str], str]
"""The keys that lead to a string from where it is read, and the string: `(("b", ""), "1")` for `a[b][]=1` below `a`."""


def keys_of(name: str, *, below: bool = False) -> tuple[str, ...] | None:
    """`a[b][]` as `("a", "b", "")`, and with `below` what stands behind the name, `[b][]`, as `("b", "")`; None for a name that is not written so."""
    owner, bracket, rest = name.partition("[")
    if bool(owner) == below or not _KEYS.fullmatch(bracket + rest):
        return None
    keys = tuple(rest[:-1].split("]["))
    return keys if below else (owner, *keys)


def read_nested(entries: Iterable[Entry], outline: Outline, *, as_text: bool = False) -> Any:
    """The value that entries make up. An array's items are repeated, or have empty or numbered keys."""
    groups = grouped((keys[0] if keys else None, (keys[1:], text)) for keys, text in entries)
    if groups.keys() == {None}:
        return _leaf([text for _, text in groups[None]], outline, as_text)
    named = {key or "": group for key, group in groups.items()}
    if named.keys() == {""} or ("array" in outline.types and all(key.isdecimal() or not key for key in named)):
        items = [item for key, group in named.items() for item in ([group] if key else _items(group))]
        return [read_nested(one, item, as_text=as_text) for one, item in zip(items, outline.each_item(), strict=False)]
    return {key: read_nested(group, outline.property_of(key), as_text=as_text) for key, group in named.items()}


def _items(group: list[Entry]) -> list[list[Entry]]:
    """The entries of each item: `a[][b]=1&a[][c]=2&a[][b]=3` are two, since an item has a property once."""
    items: list[list[Entry]] = []
    seen: set[tuple[str, ...]] = set()
    for keys, text in group:
        if not items or not keys or tuple(keys) in seen:
            items.append([])
            seen.clear()
        items[-1].append((keys, text))
        seen.add(tuple(keys))
    return items


def _leaf(texts: list[str], outline: Outline, as_text: bool) -> Any:
    """The value of strings without keys; the items of an array may stand in one, between commas."""
    types = outline.item.types if "array" in outline.types else ()
    if len(texts) == 1 and "," in texts[0] and types and "string" not in types:
        texts = texts[0].split(",")
    return read_texts(texts, outline, as_text=as_text)
