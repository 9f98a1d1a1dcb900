"""XML documents -> values by a grammar, from the tree of `toolkit.xml.parse`.

There is one function for each shape, made when first needed; it reads one element. What the schema has no place for is
kept as a mismatch, and reading goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any
from xml.etree.ElementTree import Element

from toolkit.schema.bundle import definition_of
from toolkit.schema.patterns import linear_pattern
from toolkit.schema.scalars import READERS
from toolkit.schema.shape import SCALARS, Shape
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.xml.names import Grammar, Member, Scope, loose
from toolkit.xml.parse import MAX_DEPTH
from toolkit.xml.reading import (
    WHITE_SPACE,
    Entry,
    Mismatch,
    Reader,
    Reading,
    attributes_of,
    guess,
    is_blank,
    own_text,
    quoted,
    with_text,
)
from toolkit.xml.sequence import Sequence

_MOST_NAMES = 1000  # of properties that the schema does not name

Convert = Callable[[str], Any]


class Scalar(Frozen):
    """Reads an element that has nothing but text. `convert` is None where the value is the text; `refuses` and `pattern`
    are of one that can only be a string."""

    convert: Convert | None
    refuses: Callable[[str], bool] | None = None
    pattern: str = ""

    @staticmethod
    def of(shape: Shape) -> Scalar:
        """A text that does not match `x-text-pattern` stays a string; it is a mismatch where no other type is possible."""
        convert = _conversion(shape.types & SCALARS)
        patterns = [one for one in shape.each("x-text-pattern") if isinstance(one, str)]
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


class Readers(Frozen):
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
            return guess
        if shape.kinds == ("object",):
            return _ObjectReader(self, shape, scope).read
        if shape.kinds == ("array",):
            return self._array(shape, own, scope)
        return Scalar.of(shape)

    def _array(self, shape: Shape, own: str, scope: Scope) -> Reader:
        """Reads an array within an element of its own. Where nothing names its items but a component, they may have its name too: by
        OpenAPI 3.2 it is theirs, before that no name is inferred."""
        item, ahead = self.grammar.item(shape, own, scope), self.grammar.ahead(shape, own, scope)
        if ahead:
            others = item if shape.items else None
            return Sequence(self.of, ahead, others, max(shape.each("minItems"), default=0)).read
        entries: dict[str, Entry] = {}

        def read(element: Element, reading: Reading, depth: int) -> list[Any]:
            if not entries:  # only now, for a schema may contain itself
                name = next(filter(None, map(definition_of, shape.items)), "") if item.name == own else ""
                names = (*item.others, replace(item, name=name or item.name), item)
                entries.update((one.tag, Entry("items", self.of(one), repeated=True)) for one in names)
            reading.check(element, depth)
            reading.add_attributes(element)
            value: dict[str, Any] = {"items": []}
            for child in element:
                if child.tag in entries:
                    entries[child.tag].add(value, child, reading, depth + 1)
                else:
                    reading.add_element(child, element, [item.tag])
                if child.tail and not is_blank(child.tail):
                    reading.add_text(child, child.tail)
            return value["items"]  # type: ignore[no-any-return]

        return read


class _ObjectReader(Mutable, eq=False):
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
    inline: dict[str, tuple[Entry, frozenset[str]]] = field(default_factory=dict)
    """The properties whose parts stand among those of the object, by key, with the tags of the parts."""
    moved: dict[str, str] = field(default_factory=dict)
    """The key of such a property by the tag of a part."""
    shared: dict[str, list[Member]] = field(default_factory=dict)
    """The properties of which the elements have the same tag: the contract does not say for which of them one stands."""
    unnamed: dict[int, Entry] = field(default_factory=dict)
    """By the identity of what `Grammar.any_unknown` finds, which the grammar keeps."""
    beside: bool = False
    """Text may stand beside attributes: nothing else is documented, and OpenAPI before 3.2 has no words for that text."""
    has_text: bool = False
    is_plain: bool = False
    """There is nothing here but elements that each stand for one property, as nearly everywhere."""
    filled: bool = False

    def fill(self) -> None:
        """Enters the properties that the schema names; only now, for a schema may contain itself."""
        self.filled = True
        others: list[Member] = []
        first: dict[str, Member] = {}
        for member in self.readers.grammar.properties(self.shape, self.scope).values():
            if member.text:
                self.text = self.readers.entry(member), member
                continue
            if member.inline:
                self.inline[member.key] = self.readers.entry(member), self.readers.grammar.tags(member)
                continue
            entry = self.entries.setdefault(member.tag, self.readers.entry(member))
            if entry.key != member.key and not member.attribute:
                self.shared.setdefault(member.tag, [first[member.tag]]).append(member)
            first.setdefault(member.tag, member)
            others += member.others
            if member.attribute and member.key in self.shape.required and _may_be_null(member):
                self.nulls.append(member.key)
            if isinstance(entry.read, Scalar) and not entry.read.refuses and not entry.repeated:
                self.texts[member.tag] = (entry.key, entry.read.convert)
            required = member.repeated and member.key in self.shape.required
            if required or member.single:
                self.lists.append((member.key, required, member.single))
        for tag in self.shared:
            self.texts.pop(tag, None)
        for other in others:
            self.entries.setdefault(other.tag, self.readers.entry(other))
        for key, (_, tags) in self.inline.items():
            self.moved = {tag: key for tag in sorted(tags) if tag not in self.entries} | self.moved
        attributes = [tag for tag in self.entries if tag.startswith("@")]
        self.beside = not self.shape.closed and not self.moved and 0 < len(attributes) == len(self.entries)
        self.has_text = self.text is not None or "#text" in self.moved
        self.is_plain = not (self.inline or self.shared or self.lists or self.nulls or self.has_text or self.beside)

    def read(self, element: Element, reading: Reading, depth: int) -> dict[str, Any]:
        if not self.filled:
            self.fill()
        has_text = self.has_text or (self.beside and not len(element))
        if (element.text and not has_text) or depth >= MAX_DEPTH:
            reading.check(element, depth)
        texts = self.texts
        has_attributes = bool(element.keys())
        value = self.attributes(element, reading) if has_attributes else {}
        for child in element:
            text = texts.get(child.tag)
            if text is None or text[0] in value or len(child) or child.keys():
                self.add(value, child, element, reading, depth + 1)
            else:
                key, convert = text
                value[key] = convert(child.text or "") if convert else child.text or ""
            tail = child.tail
            if tail and not has_text and not (tail.isspace() and tail.isascii()):  # `is_blank`, not called for each
                reading.add_text(child, tail)
        if reading.noted is not None and value:
            parts = reading.parts(value)
            parts.element, parts.texts = element, texts
        if self.is_plain and not has_attributes:
            return value
        if self.inline:
            self.add_inline(value, element, reading, depth)
        for tag in self.shared:
            self.add_shared(value, tag, element, reading, depth + 1)
        if has_attributes and not self.shape.closed:
            self.add_attributes_of_elements(value, element, reading)
        return self.complete(value, element, reading) if self.lists or self.nulls or has_text else value

    def attributes(self, element: Element, reading: Reading) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name, text in attributes_of(element):
            entry = self.entries.get("@" + name)
            if entry:
                entry.add(value, with_text(element, text, reading, name), reading, 1)
            elif "@" + name in self.moved:
                self.part(value, "@" + name, element, reading).set(name, text)
            elif self.shape.closed:
                reading.add_attribute(element, name, chain(self.entries, self.moved))
        return value

    def add(
        self,
        value: dict[str, Any],
        child: Element,
        element: Element,
        reading: Reading,
        depth: int,
        settled: bool = False,
    ) -> None:
        """Adds what a child stands for to the object; if it is `settled`, also where several properties have its tag."""
        if child.tag in self.shared and not settled:
            return
        if child.tag in self.moved:
            self.part(value, child.tag, element, reading).append(child)
            return
        entry = self.entries.get(child.tag)
        if entry is None:
            if (key := child.tag.rpartition("}")[2]) in self.shape.properties:
                self.add_other_form(value, key, child, element, reading, depth)
                return
            entry = self.unknown(child.tag)
        if entry is None:
            reading.add_element(child, element, chain(self.entries, self.moved))
        elif entry.key in value and not (entry.repeated or entry.guessed):
            reading.add(child, f"The element {reading.name(child)} is repeated", "the schema allows it once")
        else:
            entry.add(value, child, reading, depth)

    def add_other_form(
        self, value: dict[str, Any], key: str, child: Element, element: Element, reading: Reading, depth: int
    ) -> None:
        """Adds a child that has the name of a property which the contract writes otherwise."""
        if self.shape.closed:
            reading.add_element(child, element, chain(self.entries, self.moved))
        elif key in value or key in self.given(element, reading):
            return  # one of another namespace beside the property's own, before or behind it
        else:
            reading.add_form(child, child.tag, key, chain(self.entries, self.moved))
        if key not in value:
            self.add_wrong_form(value, key, child, reading, depth)

    def given(self, element: Element, reading: Reading) -> set[str]:
        """The properties that children of an element stand for in the form of the contract."""
        if (found := reading.given.get((element, id(self)))) is None:
            found = {self.entries[one.tag].key for one in element if one.tag in self.entries}
            reading.given[element, id(self)] = found
        return found

    def add_attributes_of_elements(self, value: dict[str, Any], element: Element, reading: Reading) -> None:
        """Properties that are attributes here, and are elements or text by the contract."""
        for name, text in attributes_of(element):
            if name in self.shape.properties and name not in value and "@" + name not in self.entries:
                stand_in = with_text(element, text, reading, name)
                reading.add_form(stand_in, "@" + name, name, chain(self.entries, self.moved))
                self.add_wrong_form(value, name, stand_in, reading, 1)

    def add_wrong_form(self, value: dict[str, Any], key: str, node: Element, reading: Reading, depth: int) -> None:
        """Reads a property from a node of another form or name than the contract has, so that it is not missing as well."""
        known = chain(self.entries.values(), [self.text[0]] if self.text else [])
        entry = next((one for one in known if one.key == key), None)
        if entry:
            before = len(reading.mismatches)
            entry.add(value, node, reading, depth)
            del reading.mismatches[before:]

    def part(self, value: dict[str, Any], tag: str, element: Element, reading: Reading) -> Element:
        """The element that stands for the inline property to which a part of this tag belongs, until it is read."""
        key = self.moved[tag]
        if key not in value:
            value[key] = with_text(element, "", reading)
        return value[key]  # type: ignore[no-any-return]

    def add_inline(self, value: dict[str, Any], element: Element, reading: Reading, depth: int) -> None:
        """Reads the inline properties of which there are parts, and those that are required."""
        if "#text" in self.moved and (text := own_text(element, self.moved).strip(WHITE_SPACE)):
            self.part(value, "#text", element, reading).text = text
        for key, (entry, _) in self.inline.items():
            if key in self.shape.required:
                value.setdefault(key, with_text(element, "", reading))
            if key in value:
                stand_in = value[key]
                value[key] = entry.read(stand_in, reading, depth)
                reading.note(value, key, stand_in)

    def add_shared(self, value: dict[str, Any], tag: str, element: Element, reading: Reading, depth: int) -> None:
        """Gives each element of the tag to a property that it fits: first to those that need one, then to those with room."""
        reading.choices += 1
        left = [child for child in element if child.tag == tag]
        known = [(self.readers.entry(member), member) for member in self.shared[tag]]
        grammar = self.readers.grammar
        for needed in (True, False):
            pending, left = left, []
            for child in pending:
                with_room = (one for one in known if self.has_room(value.get(one[0].key, ()), one[1], needed))
                fitting = (one for one, member in with_room if _is_read(grammar, one, member, child, reading, depth))
                if entry := next(fitting, None):
                    entry.add(value, child, reading, depth)
                else:
                    left.append(child)
        for child in left:
            self.add(value, child, element, reading, depth, settled=True)
        reading.chosen()

    def has_room(self, found: Any, member: Member, needed: bool) -> bool:
        """Whether one more element may stand for the property, or is needed for it."""
        count = len(found) if isinstance(found, list | tuple) else 1
        least, most = 1, 1
        if member.repeated and member.whole:
            least = max(member.whole.each("minItems"), default=0)
            most = min(member.whole.each("maxItems"), default=count + 1)
        return bool(count < (least if needed else most)) and (not needed or member.key in self.shape.required)

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
        text = own_text(element)
        if len(element) or member.shapes[0].node == "cdata":
            text = text.strip(WHITE_SPACE)
        if text:
            stand_in = with_text(element, text, reading)
            value[entry.key] = entry.read(stand_in, reading, 1)
            reading.note(value, entry.key, stand_in)
        elif entry.key in self.shape.required and _may_be_null(member):
            value[entry.key] = None


def _is_read(grammar: Grammar, entry: Entry, member: Member, child: Element, reading: Reading, depth: int) -> bool:
    """Whether an element can stand for the property."""
    key = (child, id(member))
    if key not in reading.read:
        before, reading.mismatches = reading.mismatches, []
        read: dict[str, Any] = {}
        entry.add(read, child, reading, depth)
        found = read[entry.key][0] if entry.repeated else read[entry.key]
        fits = not reading.mismatches and any(grammar.shapes.fits(found, shape) for shape in member.shapes)
        reading.read[key], reading.mismatches = (fits, []), before
    return bool(reading.read[key][0])


def _may_be_null(member: Member) -> bool:
    return any("null" in shape.types and shape.known for shape in member.shapes)


def _choice(grammar: Grammar, options: list[tuple[Shape, Reader]]) -> Reader:
    """Reads as the first alternative without mismatch that the value fits, else as the one with the fewest."""

    def best(element: Element, reading: Reading, depth: int) -> tuple[Any, list[Mismatch]]:
        before = reading.mismatches
        found: list[tuple[tuple[int, bool, bool], tuple[Any, list[Mismatch]]]] = []
        for shape, read in options:
            reading.mismatches = []
            value = read(element, reading, depth)
            is_other = len(element) > 0 and shape.kinds == ("scalar",)
            rank = (len(reading.mismatches), is_other, not grammar.shapes.fits(value, shape))
            found.append((rank, (value, reading.mismatches)))
            if rank == (0, False, False):
                break
        reading.mismatches = before
        return min(found, key=lambda one: one[0])[1]

    def read(element: Element, reading: Reading, depth: int) -> Any:
        key = (element, id(options))
        reading.choices += 1
        if key not in reading.read:
            reading.read[key] = best(element, reading, depth)
        value, mismatches = reading.read[key]
        reading.extend(mismatches)
        reading.chosen()
        return value

    return read


def _refuse(element: Element, reading: Reading, depth: int) -> None:
    reading.add(element, f"The element {reading.name(element)} is not allowed: its schema accepts no value")
