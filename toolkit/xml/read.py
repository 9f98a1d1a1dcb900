"""XML documents -> values by a grammar, from the tree of `toolkit.xml.parse`.

There is one function for each shape, made when first needed; it reads one element. What the schema has no place for is
kept as a mismatch, and reading goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from xml.etree.ElementTree import Element

from toolkit.schema.judge import linear_pattern
from toolkit.schema.scalars import READERS
from toolkit.schema.shape import SCALARS, Shape
from toolkit.xml.names import Grammar, Member, Scope, display_name, loose
from toolkit.xml.parse import MAX_DEPTH, XSI, line_numbers

_NIL = f"{{{XSI}}}nil"
_SILENT = {f"{{{XSI}}}{name}" for name in ("schemaLocation", "noNamespaceSchemaLocation", "type")}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_WHITE_SPACE = "\t\n\r "  # which xs:boolean collapses (XML Schema 1.0, part 2, section 3.2.2)
_MOST_MISMATCHES = 100
_MOST_NAMES = 1000  # of properties that the schema does not name

Convert = Callable[[str], Any]
Reader = Callable[[Element, "Reading", int], Any]
"""Reads one element of a document, which is so many levels deep (the root: 1)."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What the schema does not allow in an element, or in an attribute of it."""

    element: Element
    message: str
    hint: str = ""
    attribute: str = ""
    rule: str = "xml-structure"


@dataclass(eq=False, slots=True)
class Reading:
    """One document while it is read: its mismatches, what was read of alternatives, and the elements that stand for an
    attribute or a text, each with the element that has it and the attribute's name or ""."""

    text: bytes
    main: str
    mismatches: list[Mismatch] = field(default_factory=list)
    read: dict[tuple[Element, int], tuple[Any, list[Mismatch]]] = field(default_factory=dict)
    owners: dict[Element, tuple[Element, str]] = field(default_factory=dict)

    def add(self, element: Element, message: str, hint: str = "", attribute: str = "", rule: str = "") -> None:
        if len(self.mismatches) >= _MOST_MISMATCHES:
            return
        if element in self.owners:
            element, attribute = self.owners[element]
        local = attribute.rpartition("}")[2]
        self.mismatches.append(Mismatch(element, message, hint, local, rule or "xml-structure"))

    def check(self, element: Element, depth: int) -> None:
        """Checks an element that may contain elements, but no text."""
        if depth >= MAX_DEPTH and len(element):
            line_numbers(self.text)  # raises
        if element.text and not is_blank(element.text):
            self.add_text(element, element.text)

    def add_text(self, element: Element, text: str) -> None:
        self.add(
            element, f"The text {quoted(text)} is not allowed between elements", "only white space may stand there"
        )

    def add_element(self, element: Element, parent: Element, allowed: Iterable[str]) -> None:
        if len(self.mismatches) >= _MOST_MISMATCHES:
            return
        names = ", ".join(display_name(tag.removeprefix("@"), self.main) for tag in islice(allowed, 20))
        hint = f"allowed here: {names}" if names else "no element is allowed here"
        self.add(element, f"The element <{self.name(element)}> is not allowed in <{self.name(parent)}>", hint)

    def add_attributes(self, element: Element) -> None:
        for name, _ in attributes_of(element):
            self.add_attribute(element, name)

    def add_attribute(self, element: Element, name: str) -> None:
        self.add(element, f"The attribute {name} is not allowed in <{self.name(element)}>", attribute=name)

    def only_text(self, element: Element) -> None:
        """Neither elements nor attributes may stand in this one."""
        self.add_attributes(element)
        for child in element:
            self.add_element(child, element, [])
            if child.tail and not is_blank(child.tail):
                self.add_text(child, child.tail)

    def is_nil(self, element: Element) -> bool:
        """Whether xsi:nil is true; the element then has to be empty (XML Schema 1.0, part 1, section 2.6.2)."""
        if not _BOOLEANS.get(element.get(_NIL, "").strip(_WHITE_SPACE)):
            return False
        if element.text:
            message = f"The element <{self.name(element)}> contains the text {quoted(element.text)} beside xsi:nil"
            self.add(element, message, "an element with xsi:nil is empty")
        self.only_text(element)
        return True

    def name(self, element: Element) -> str:
        return display_name(element.tag, self.main)


def is_blank(text: str) -> bool:
    """Whether text of a document is white space (XML 1.0, section 2.3), of which ASCII has more than XML allows."""
    return text.isspace() and text.isascii()


def quoted(text: str) -> str:
    """A text for messages, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def attributes_of(element: Element) -> Iterator[tuple[str, str]]:
    """The attributes but xsi's own."""
    for name, text in element.items():
        if name not in _SILENT and not (name == _NIL and text.strip(_WHITE_SPACE) in _BOOLEANS):
            yield name, text


@dataclass(frozen=True, slots=True)
class Scalar:
    """Reads an element that has nothing but text. `convert` is None where the value is the text; `refuses` and `pattern`
    are of one that can only be a string."""

    convert: Convert | None
    refuses: Callable[[str], bool] | None = None
    pattern: str = ""

    @staticmethod
    def of(shape: Shape) -> Scalar:
        """A text that does not match `x-text-pattern` stays a string; it is a mismatch where no other type is possible."""
        convert, patterns = _conversion(shape.types & SCALARS), text_patterns(shape)
        if not patterns:
            return Scalar(convert)
        matchers = [linear_pattern(pattern) for pattern in patterns]

        def matches(text: str) -> bool:
            return all(matcher(text) for matcher in matchers)

        if convert is None:
            return Scalar(None, lambda text: not matches(text), patterns[0])
        return Scalar(lambda text: convert(text) if matches(text) else text)

    def __call__(self, element: Element, reading: Reading, depth: int) -> Any:
        if len(element) or element.keys():
            reading.only_text(element)
        text = element.text or ""
        if self.refuses and self.refuses(text):
            message = f"The text {quoted(text)} does not match {self.pattern!r}"
            reading.add(element, message, rule="schema-pattern")
        return self.convert(text) if self.convert else text


def text_patterns(shape: Shape) -> list[str]:
    return [pattern for pattern in shape.each("x-text-pattern") if isinstance(pattern, str)]


def _conversion(types: frozenset[str]) -> Convert | None:
    """How a text is read as one of the types; it stays a string where it cannot be. None where it always does."""
    readers = [reader for name, reader in READERS.items() if name in types]
    if not readers:
        return None
    if len(readers) == 1 or types == {"integer", "number"}:
        return readers[-1]

    def read(text: str) -> Any:
        return next((found for found in (reader(text) for reader in readers) if found is not text), text)

    return read


@dataclass(frozen=True, slots=True)
class Entry:
    """A property of an object: its key, and what reads an element that stands for it or for an item of it."""

    key: str
    read: Reader
    repeated: bool = False
    guessed: bool = False

    def add(self, value: dict[str, Any], child: Element, reading: Reading, depth: int) -> None:
        """Adds what an element stands for to the object."""
        found = None if child.keys() and reading.is_nil(child) else self.read(child, reading, depth)
        before = value.get(self.key)
        if isinstance(before, list):
            before.append(found)
        elif self.key in value:
            value[self.key] = [before, found]
        else:
            value[self.key] = [found] if self.repeated else found


@dataclass(frozen=True, slots=True)
class Readers:
    """The readers of one grammar, each made when first needed."""

    grammar: Grammar
    made: dict[tuple[object, ...], Reader] = field(default_factory=dict)

    def of(self, member: Member) -> Reader:
        """The reader of one element that stands for a property."""
        readers = [(shape, self.content(shape, member.name, member.scope)) for shape in member.shapes]
        return readers[0][1] if len(readers) == 1 else _choice(self.grammar, readers)

    def entry(self, member: Member) -> Entry:
        return Entry(member.key, self.of(member), member.repeated, member.guessed)

    def content(self, shape: Shape, own: str, scope: Scope) -> Reader:
        """The reader of the content of an element; `own` is what the items of an array are named by."""
        key = (id(shape), own if "array" in shape.types else "", scope)
        if key not in self.made:
            self.made[key] = self._make(shape, own, scope)
        return self.made[key]

    def _make(self, shape: Shape, own: str, scope: Scope) -> Reader:
        if not shape.possible:
            return _refuse
        options = self.grammar.alternatives(shape)
        if options:
            return _choice(self.grammar, [(option, self.content(option, own, scope)) for option in options])
        if loose(shape):
            return _guess
        if shape.kinds == ("object",):
            return _ObjectReader(self, shape, scope).read
        if shape.kinds == ("array",):
            return self._array(shape, own, scope)
        return Scalar.of(shape)

    def _array(self, shape: Shape, own: str, scope: Scope) -> Reader:
        """Reads an array within an element of its own."""
        item = self.grammar.item(shape, own, scope)
        entries: list[Entry] = []

        def read(element: Element, reading: Reading, depth: int) -> list[Any]:
            if not entries:  # only now, for a schema may contain itself
                entries.append(Entry("items", self.of(item), repeated=True))
            reading.check(element, depth)
            reading.add_attributes(element)
            value: dict[str, Any] = {"items": []}
            for child in element:
                if child.tag == item.tag:
                    entries[0].add(value, child, reading, depth + 1)
                else:
                    reading.add_element(child, element, [item.tag])
                if child.tail and not is_blank(child.tail):
                    reading.add_text(child, child.tail)
            return value["items"]  # type: ignore[no-any-return]

        return read


@dataclass(eq=False, slots=True)
class _ObjectReader:
    """Reads the properties of an object. `texts` are the most frequent ones: an element with text alone, at most once."""

    readers: Readers
    shape: Shape
    scope: Scope
    entries: dict[str, Entry] = field(default_factory=dict)
    texts: dict[str, tuple[str, Convert | None]] = field(default_factory=dict)
    lists: list[tuple[str, bool, tuple[Shape, ...]]] = field(default_factory=list)
    nulls: list[str] = field(default_factory=list)
    """Required attributes that may be null, which XML shows by leaving them out (OpenAPI 3.2, Handling null Values)."""
    text: tuple[Entry, Member] | None = None
    """The property that is the element's own text."""
    unnamed: dict[int, Entry] = field(default_factory=dict)
    """By the identity of what `Grammar.any_unknown` finds, which the grammar keeps."""
    filled: bool = False

    def fill(self) -> None:
        """Enters the properties that the schema names; only now, for a schema may contain itself."""
        self.filled = True
        for member in self.readers.grammar.properties(self.shape, self.scope).values():
            if member.text:
                self.text = self.readers.entry(member), member
                continue
            entry = self.entries.setdefault(member.tag, self.readers.entry(member))
            if member.attribute and member.key in self.shape.required and _may_be_null(member):
                self.nulls.append(member.key)
            if isinstance(entry.read, Scalar) and not entry.read.refuses and not entry.repeated:
                self.texts[member.tag] = (entry.key, entry.read.convert)
            required = member.repeated and member.key in self.shape.required
            if required or member.single:
                self.lists.append((member.key, required, member.single))

    def read(self, element: Element, reading: Reading, depth: int) -> dict[str, Any]:
        if not self.filled:
            self.fill()
        has_text = self.text is not None
        if (element.text and not has_text) or depth >= MAX_DEPTH:
            reading.check(element, depth)
        texts = self.texts
        value = self.attributes(element, reading) if element.keys() else {}
        for child in element:
            text = texts.get(child.tag)
            if text is None or text[0] in value or len(child) or child.keys():
                self.add(value, child, element, reading, depth + 1)
            else:
                key, convert = text
                value[key] = convert(child.text or "") if convert else child.text or ""
            tail = child.tail
            if (
                tail and not has_text and not (tail.isspace() and tail.isascii())
            ):  # as is_blank, which would be called for every element
                reading.add_text(child, tail)
        return self.complete(value, element, reading) if self.lists or self.nulls or has_text else value

    def attributes(self, element: Element, reading: Reading) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name, text in attributes_of(element):
            entry = self.entries.get("@" + name)
            if entry:
                stand_in = Element(name)
                stand_in.text = text
                reading.owners[stand_in] = element, name
                value[entry.key] = entry.read(stand_in, reading, 1)
            elif self.shape.closed:
                reading.add_attribute(element, name)
        return value

    def add(self, value: dict[str, Any], child: Element, element: Element, reading: Reading, depth: int) -> None:
        """Adds what a child stands for to the object."""
        entry = self.entries.get(child.tag) or self.unknown(child.tag)
        if entry is None:
            reading.add_element(child, element, self.entries)
        elif entry.key in value and not (entry.repeated or entry.guessed):
            reading.add(child, f"The element <{reading.name(child)}> is repeated", "the schema allows it once")
        else:
            entry.add(value, child, reading, depth)

    def unknown(self, tag: str) -> Entry | None:
        """The entry of an element that the schema does not name, where it leaves room for such."""
        local = tag.rpartition("}")[2]
        grammar = self.readers.grammar
        member = grammar.any_unknown(self.shape, local, self.scope)
        if member is None or (member.repeated and member.name not in ("", local)):
            return None
        if any("array" in one.types for one in member.shapes):  # of which the items may be named as the property is
            named = replace(member, key=local, name=member.name or local)
            readers = self.readers if len(self.entries) < _MOST_NAMES else Readers(grammar)
            entry = readers.entry(named)
        else:
            like = self.unnamed.get(id(member)) or self.unnamed.setdefault(id(member), self.readers.entry(member))
            entry = Entry(local, like.read, like.repeated, like.guessed)
        return self.entries.setdefault(tag, entry) if len(self.entries) < _MOST_NAMES else entry

    def complete(self, value: dict[str, Any], element: Element, reading: Reading) -> dict[str, Any]:
        """A required list without elements is empty; one element may be a value instead of a list of one; the text is a
        property, and a required attribute that is left out is null where it may be."""
        for key, required, single in self.lists:
            found = value.setdefault(key, []) if required else value.get(key)
            if found and len(found) == 1 and any(self.readers.grammar.shapes.fits(found[0], one) for one in single):
                value[key] = found[0]
        for key in self.nulls:
            value.setdefault(key, None)
        if self.text:
            self.add_own_text(value, element, reading, *self.text)
        return value

    def add_own_text(
        self, value: dict[str, Any], element: Element, reading: Reading, entry: Entry, member: Member
    ) -> None:
        """Adds the text of the element itself. White space around it is layout where elements stand beside it, and around a
        CDATA section, of which the parser does not keep the ends. Without a text there is no such node, so no property."""
        text = "".join([element.text or "", *(child.tail or "" for child in element)])
        if len(element) or member.shapes[0].node == "cdata":
            text = text.strip(_WHITE_SPACE)
        if text:
            stand_in = Element(element.tag)
            stand_in.text = text
            reading.owners[stand_in] = element, ""
            value[entry.key] = entry.read(stand_in, reading, 1)
        elif entry.key in self.shape.required and _may_be_null(member):
            value[entry.key] = None


def _may_be_null(member: Member) -> bool:
    return any("null" in shape.types and shape.known for shape in member.shapes)


def _choice(grammar: Grammar, options: list[tuple[Shape, Reader]]) -> Reader:
    """Reads as the first alternative without mismatch that the value fits, else as the one with the fewest."""

    def best(element: Element, reading: Reading, depth: int) -> tuple[Any, list[Mismatch]]:
        before = reading.mismatches
        found: list[tuple[tuple[int, bool], tuple[Any, list[Mismatch]]]] = []
        for shape, read in options:
            reading.mismatches = []
            value = read(element, reading, depth)
            rank = (len(reading.mismatches), not grammar.shapes.fits(value, shape))
            found.append((rank, (value, reading.mismatches)))
            if rank == (0, False):
                break
        reading.mismatches = before
        return min(found, key=lambda one: one[0])[1]

    def read(element: Element, reading: Reading, depth: int) -> Any:
        key = (element, id(options))
        if key not in reading.read:
            reading.read[key] = best(element, reading, depth)
        value, mismatches = reading.read[key]
        reading.mismatches += mismatches
        return value

    return read


def _guess(element: Element, reading: Reading, depth: int) -> Any:
    """Reads without a schema: elements within make an object, siblings of one name a list, a text is a string."""
    if not len(element):
        return element.text or ""
    reading.check(element, depth)
    value: dict[str, Any] = {}
    for child in element:
        Entry(child.tag.rpartition("}")[2], _guess, guessed=True).add(value, child, reading, depth + 1)
        if child.tail and not is_blank(child.tail):
            reading.add_text(child, child.tail)
    return value


def _refuse(element: Element, reading: Reading, depth: int) -> None:
    reading.add(element, f"The element <{reading.name(element)}> is not allowed: its schema accepts no value")
