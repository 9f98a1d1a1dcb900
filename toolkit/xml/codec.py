"""JSON values <-> XML documents by a schema and its `xml` objects, both ways: `read(encode(value)).value == value`.

The law holds for values valid by the schema, with these exceptions, for which XML has no sign: a null attribute, an empty text beside attributes and
an optional list without elements around it that is empty are absent; where a schema allows several types or alternatives, a value comes back as the
first one that its text fits; a list of one may come back as that one where the schema allows either; properties without a schema come back as
strings, lists and objects.

What the schema has no place for is a fault: another root, unexpected or repeated elements and attributes, text between elements, elements within a
scalar, another namespace. Texts are taken as they stand, white space included: an integer is `-?(0|[1-9][0-9]*)`, a number follows the grammar of
JSON (RFC 8259, section 6), a boolean is true or false, and the extension `x-text-pattern` of a schema restricts its texts further. A text that cannot
be read stays a string, for the schema to refuse; a missing element leaves its property out. xsi:nil="true" is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from toolkit.document.pointers import object_at
from toolkit.schema.bundle import followed, strings_in
from toolkit.schema.patterns import linear_pattern
from toolkit.schema.shape import Schema, Shape
from toolkit.structs import Frozen, field
from toolkit.verdict import Body, Fault
from toolkit.xml.locate import Places
from toolkit.xml.names import Grammar, Member, display_name
from toolkit.xml.parse import UnreadableXml, as_utf_8, document_type, parse
from toolkit.xml.read import Readers
from toolkit.xml.reading import Reader, Reading
from toolkit.xml.write import document


class XmlCodec(Frozen):
    """Reads and writes the values of one schema. Its plans are made as documents come to need them."""

    grammar: Grammar
    reader: Reader
    any_root: bool = False
    charset: str | None = None
    by_item: Callable[[str], XmlCodec] | None = None
    """Where nothing names an array that is the root, nor its items: the codec for items of this name."""
    named: Mapping[str, Reader] = field(default_factory=dict)
    """The readers of alternatives that have a root of their own name, by its tag."""

    @staticmethod
    def compile(bundle: Schema, root_name: str, *, any_root: bool = False, charset: str | None = None) -> XmlCodec:
        """A codec for a JSON Schema whose `$ref`s stay within it; `root_name` names the root element unless the schema's own `xml.name` does. With
        `any_root` this name is only what is written: where the schema has no `xml.name`, a root of any name is read. `charset` is the codec that the
        Content-Type names. Raises ValueError for a `$ref` that leads nowhere, or an `x-text-pattern` that cannot be read."""
        _check_patterns(bundle)
        grammar = Grammar.of(bundle, root_name)
        any_root = any_root and not isinstance(grammar.root.shapes[0].xml.get("name"), str)
        by_item = _by_item(bundle, grammar, any_root, charset)
        readers = Readers(grammar)
        named = {one.tag: readers.of(one) for one in grammar.root.others}
        return XmlCodec(grammar, readers.of(grammar.root), any_root, charset, by_item, named)

    def encode(self, value: Any) -> bytes:
        """The value as a document in UTF-8, whether or not it is valid by the schema. Raises ValueError for a name
        or character that XML 1.0 cannot carry, or a number that JSON cannot."""
        return document(self.grammar, value)

    def read(self, body: bytes) -> Body:
        """The value of a document, with what the schema has no place for. Never raises."""
        try:
            text = as_utf_8(body, self.charset)
            root = parse(text)
            names = {child.tag.rpartition("}")[2] for child in root} if self.by_item else set()
            if self.by_item and len(names) == 1 and self.grammar.root.name not in names:
                return self.by_item(names.pop())._read(text, root)
            return self._read(text, root)
        except UnreadableXml as error:
            return Body(None, (error.fault,), False)

    def _read(self, text: bytes, root: Element) -> Body:
        """The same of a document that is parsed. Raises UnreadableXml for one that is nested too deep."""
        read = self.named.get(root.tag, self.reader)
        reading, places = Reading(text, self.grammar.main), Places(text, root, lambda again: read(root, again, 1))
        if read is self.reader and root.tag != self.grammar.root.tag and not self._enter(root, reading):
            return Body(None, _faults(reading, places), False)
        value = None if root.keys() and reading.is_nil(root, read, 1) else read(root, reading, 1)
        faults = _faults(reading, places) if reading.mismatches else ()
        if b"!" in text:
            faults += document_type(text)
        return Body(value, faults, True, places.locate)

    def _enter(self, root: Element, reading: Reading) -> bool:
        """Takes a root of another name for the one expected, its namespace for the main one; False where it has nothing of the one expected."""
        found, expected = root.tag.rpartition("}"), self.grammar.root.tag.rpartition("}")
        if not (self.any_root and (found[0] == expected[0] or not expected[0])):
            names = [display_name(name, self.grammar.main) for name in (root.tag, self.grammar.root.tag)]
            hint = "name the root element as the contract does (the component, or `xml.name`)"
            if found[2] == expected[2]:
                main = self.grammar.main
                hint = f"declare the namespace {main} (xmlns)" if main else "declare no namespace"
            reading.add(root, "The root element is {}, expected {}".format(*names), hint)
        if found[0] != expected[0]:
            around, prefix = found[0] + found[1], expected[0] + expected[1]
            for element in root.iter():
                namespace, brace, local = element.tag.rpartition("}")
                if namespace + brace == around:
                    element.tag = prefix + local
        known = {member.tag for shape in self.grammar.forms(self.grammar.root.shapes) for member in self._within(shape)}
        return not reading.mismatches or found[2] == expected[2] or any(child.tag in known for child in root)

    def _within(self, shape: Shape) -> list[Member]:
        """The elements that a root of this shape may hold by their names."""
        root = self.grammar.root
        own = root.name, root.scope
        items = [*self.grammar.ahead(shape, *own), self.grammar.item(shape, *own)] if shape.kinds == ("array",) else []
        return [*self.grammar.properties(shape, root.scope).values(), *items]


def _by_item(bundle: Schema, grammar: Grammar, any_root: bool, charset: str | None) -> Callable[[str], XmlCodec] | None:
    """`XmlCodec.by_item` of a schema: the items of a root that nothing names have any one name. None for other schemas."""
    name, whole = grammar.root.name, {} if isinstance(bundle, bool) else dict(bundle)
    stated = followed(whole, whole)
    items = stated.get("items")
    if not any_root or not isinstance(items, dict) or grammar.root.shapes[0].kinds != ("array",):
        return None
    if grammar.item(grammar.root.shapes[0], name, grammar.root.scope).name != name:
        return None
    own = object_at(items, "xml")

    @lru_cache(maxsize=16)
    def made(item: str) -> XmlCodec:
        named = {**stated, "items": {**items, "xml": {**own, "name": item}}, "$defs": whole.get("$defs", {})}
        return XmlCodec.compile(named, name, any_root=True, charset=charset)

    return made


def _faults(reading: Reading, places: Places) -> tuple[Fault, ...]:
    """The mismatches with their places. Raises UnreadableXml for a document that is nested too deep."""
    places.find(one.element for one in reading.mismatches)
    located = ((one, places.describe(one.element, one.attribute)) for one in reading.mismatches)
    return tuple(Fault(one.rule, one.message, *place, one.hint) for one, place in located)


def _check_patterns(schema: Any) -> None:
    """Raises ValueError where an `x-text-pattern` cannot be read (`toolkit.schema.judge`)."""
    for pattern in strings_in(schema, "x-text-pattern"):
        try:
            linear_pattern(pattern)
        except ValueError as error:
            raise ValueError(f"x-text-pattern {pattern!r} cannot be used: {error}") from None
