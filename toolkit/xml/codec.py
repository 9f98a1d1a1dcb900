"""JSON values <-> XML documents by a schema and its `xml` objects, both ways: `decode(encode(value)) == value`.

The law holds for values valid by the schema, with these exceptions, for which XML has no sign: a null attribute and an
optional list without elements around it that is empty are absent; where a schema allows several types or alternatives,
a value comes back as the first one that its text fits; a list of one may come back as that one where the schema
allows either; members without a schema come back as strings, lists and objects.

What the schema has no place for is a fault: another root, unexpected or repeated elements and attributes, text between
elements, elements within a scalar, another namespace. Texts are taken as they stand, white space included: an integer
is `-?(0|[1-9][0-9]*)`, a number follows the grammar of JSON (RFC 8259, section 6), a boolean is true or false, and the
extension `x-text-pattern` of a schema restricts its texts further. A text that cannot be read stays a string, for the
schema's judge to refuse; a missing element leaves its member out. xsi:nil="true" is null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.schema.shape import Schema
from toolkit.xml.document import tree_of
from toolkit.xml.locate import place_of, places_in, told
from toolkit.xml.names import Grammar
from toolkit.xml.parse import (
    NAME,
    PlainText,
    UnreadableXml,
    all_pieces,
    decoded,
    marked,
    plain_text,
    text_of,
)  # fmt: skip
from toolkit.xml.read import Readers
from toolkit.xml.step import SPACE, Document, Matches, NotPlain, Reader, shown
from toolkit.xml.write import document
from toolkit.xml.xsd_pattern import matcher

_IN_NO_ATTRIBUTE = re.compile('[<>&"\t\r\n]')


@dataclass(frozen=True, slots=True)
class Fault:
    """What has no place: a rule of the table of rules, a message, where it stands and what may be done."""

    rule: str
    message: str
    xpath: str = ""
    line: int = 0
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A value with its faults; `readable` is False where there is no value for want of a document."""

    value: Any
    faults: tuple[Fault, ...] = ()
    readable: bool = True


@dataclass(frozen=True, slots=True)
class XmlCodec:
    """Reads and writes the values of one schema. Its plans are made as documents come to need them."""

    grammar: Grammar
    tag: str
    start: Matches = field(repr=False)
    read: Reader = field(repr=False)

    @staticmethod
    def compile(bundle: Schema, root_name: str) -> XmlCodec:
        """A codec for a JSON Schema whose `$ref`s stay within it; `root_name` names the root element
        unless the schema's own `xml.name` does. Raises ValueError for a `$ref` that leads nowhere, or an
        `x-text-pattern` that cannot be read."""
        _check_patterns(bundle if isinstance(bundle, Mapping) else {})
        grammar = Grammar.of(bundle, root_name)
        tag = grammar.tag(grammar.root)
        return XmlCodec(grammar, tag, _start_of(grammar), Readers(grammar).of(grammar.root, marked(tag)))

    def encode(self, value: Any) -> bytes:
        """The value as a document in UTF-8, whether or not it is valid by the schema. Raises ValueError for a name
        or character that XML 1.0 cannot carry, or a number that JSON cannot."""
        return document(self.grammar, value)

    def decode(self, body: bytes) -> Decoded:
        """The value of a document, with what has no place in it. Never raises."""
        try:
            text = decoded(body)
            try:
                return Decoded(self._plain(plain_text(body, text)))
            except NotPlain:
                return self._thorough(text)
        except UnreadableXml as error:
            return Decoded(None, (_unreadable(error),), False)

    def _plain(self, plain: PlainText | None) -> Any:
        """The value of a document if it is plain and has no fault. Raises NotPlain."""
        if plain is None:
            raise NotPlain
        try:
            return self._whole(plain)
        except NotPlain:
            if "/>" not in plain.text and '="' not in plain.text:
                raise
            return self._whole(plain.expanded())

    def _whole(self, plain: PlainText) -> Any:
        start = self.start(plain.text, plain.start)
        if start is None:
            raise NotPlain
        value, end = self.read(Document(plain.text), start.end())
        if end < len(plain.text) and plain.text[end:].strip():
            raise NotPlain
        return value

    def locator(self, body: bytes) -> Callable[[Sequence[str]], tuple[str, int]]:
        """What tells XPath and line of the value that the tokens of a JSON pointer (RFC 6901) lead to in the decoded
        value, or of the innermost one on the way that is there. Raises UnreadableXml where `body` is no document."""
        root = tree_of(decoded(body))
        return lambda steps: ("", 0) if root is None else told(place_of(self.grammar, root, steps))

    def _thorough(self, text: str) -> Decoded:
        """The value of any document, with its faults."""
        pieces = all_pieces(text, self.grammar.main)
        name = pieces[1].removeprefix("!")
        document = Document(text_of(pieces), [], plain=False)
        if name != self.tag:
            document.fault(0, f"The root element is {shown(name)}, not {shown(self.tag)}")
            return Decoded(None, _placed(text, pieces, document), False)
        nil, start = name != pieces[1], document.text.index(">") + 1
        value, _ = document.nil(marked(name), start) if nil else self.read(document, start)
        return Decoded(value, _placed(text, pieces, document))


def _start_of(grammar: Grammar) -> Matches:
    """What matches a plain document up to its root's start tag."""
    start = f'<{grammar.root.name} xmlns="{grammar.main}">' if grammar.main else f"<{grammar.root.name}>"
    never = not NAME.fullmatch(grammar.root.name) or _IN_NO_ATTRIBUTE.search(grammar.main)
    return re.compile("(?!)" if never else SPACE + re.escape(start)).match


def _placed(text: str, pieces: list[str], read: Document) -> tuple[Fault, ...]:
    """The faults with their places; only here the lines are of interest."""
    found = read.faults or ()
    root = tree_of(text) if found else None
    indexes = [2 * read.text.count("<", 0, one.place + 1) - 1 for one in found]
    places = places_in(root, pieces, indexes) if root is not None else {}
    return tuple(
        Fault(one.rule, one.message, *places.get(index, ("", 0)), one.hint)
        for index, one in zip(indexes, found, strict=True)
    )


def _check_patterns(schema: Any) -> None:
    """Raises ValueError where an `x-text-pattern` cannot be read (`toolkit.xml.xsd_pattern`)."""
    for key, inner in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if key == "x-text-pattern" and isinstance(inner, str):
            try:
                matcher(inner)
            except ValueError as error:
                raise ValueError(f"x-text-pattern {inner!r} cannot be used: {error}") from None
        elif isinstance(inner, dict | list):
            _check_patterns(inner)


def parse_fault(body: bytes) -> Fault | None:
    """Why a body is no XML that may be read, without a schema; None where it may."""
    try:
        all_pieces(decoded(body), "")
    except UnreadableXml as error:
        return _unreadable(error)
    return None


def _unreadable(error: UnreadableXml) -> Fault:
    return Fault(error.rule, error.message, "", error.line, error.hint)
