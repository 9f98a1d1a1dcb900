"""JSON values <-> XML documents by a schema and its `xml` objects, both ways: `read(encode(value)).value == value`.

The law holds for values valid by the schema, with these exceptions, for which XML has no sign: a null attribute and an
optional list without elements around it that is empty are absent; where a schema allows several types or alternatives,
a value comes back as the first one that its text fits; a list of one may come back as that one where the schema
allows either; properties without a schema come back as strings, lists and objects.

What the schema has no place for is a fault: another root, unexpected or repeated elements and attributes, text between
elements, elements within a scalar, another namespace. Texts are taken as they stand, white space included: an integer
is `-?(0|[1-9][0-9]*)`, a number follows the grammar of JSON (RFC 8259, section 6), a boolean is true or false, and the
extension `x-text-pattern` of a schema restricts its texts further. A text that cannot be read stays a string, for the
schema to refuse; a missing element leaves its property out. xsi:nil="true" is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.schema.judge import linear_pattern
from toolkit.schema.shape import Schema
from toolkit.verdict import Body, Fault
from toolkit.xml.locate import Places
from toolkit.xml.names import Grammar, display_name
from toolkit.xml.parse import UnreadableXml, as_utf_8, parse
from toolkit.xml.read import Reader, Readers, Reading
from toolkit.xml.write import document


@dataclass(frozen=True, slots=True)
class XmlCodec:
    """Reads and writes the values of one schema. Its plans are made as documents come to need them."""

    grammar: Grammar
    reader: Reader = field(repr=False)

    @staticmethod
    def compile(bundle: Schema, root_name: str) -> XmlCodec:
        """A codec for a JSON Schema whose `$ref`s stay within it; `root_name` names the root element
        unless the schema's own `xml.name` does. Raises ValueError for a `$ref` that leads nowhere, or an
        `x-text-pattern` that cannot be read."""
        _check_patterns(bundle if isinstance(bundle, Mapping) else {})
        grammar = Grammar.of(bundle, root_name)
        return XmlCodec(grammar, Readers(grammar).of(grammar.root))

    def encode(self, value: Any) -> bytes:
        """The value as a document in UTF-8, whether or not it is valid by the schema. Raises ValueError for a name
        or character that XML 1.0 cannot carry, or a number that JSON cannot."""
        return document(self.grammar, value)

    def read(self, body: bytes) -> Body:
        """The value of a document, with what the schema has no place for. Never raises."""
        try:
            text = as_utf_8(body)
            root = parse(text)
            reading, places = Reading(text, self.grammar.main), Places(self.grammar, text, root)
            if root.tag != self.grammar.root.tag:
                reading.add(root, _other_root(root.tag, self.grammar))
                return Body(None, _faults(reading, places), False)
            value = None if root.keys() and reading.is_nil(root) else self.reader(root, reading, 1)
            return Body(value, _faults(reading, places) if reading.mismatches else (), True, places.locate)
        except UnreadableXml as error:
            return Body(None, (error.fault,), False)


def _other_root(tag: str, grammar: Grammar) -> str:
    names = [display_name(name, grammar.main) for name in (tag, grammar.root.tag)]
    return "The root element is <{}>, expected <{}>".format(*names)


def _faults(reading: Reading, places: Places) -> tuple[Fault, ...]:
    """The mismatches with their places. Raises UnreadableXml for a document that is nested too deep."""
    return tuple(
        Fault(one.rule, one.message, *places.describe(one.element, one.attribute), one.hint)
        for one in reading.mismatches
    )


def _check_patterns(schema: Any) -> None:
    """Raises ValueError where an `x-text-pattern` cannot be read (`toolkit.schema.judge`)."""
    for key, inner in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if key == "x-text-pattern" and isinstance(inner, str):
            try:
                linear_pattern(inner)
            except ValueError as error:
                raise ValueError(f"x-text-pattern {inner!r} cannot be used: {error}") from None
        elif isinstance(inner, dict | list):
            _check_patterns(inner)
