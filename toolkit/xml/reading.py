"""What is wrong with an XML document while it is read, and where: the mismatches of one reading."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from xml.etree.ElementTree import Element

from toolkit.schema.messages import shown
from toolkit.structs import Frozen, Mutable, field
from toolkit.xml.names import display_name
from toolkit.xml.parse import MAX_DEPTH, XSI, line_numbers

_NIL = f"{{{XSI}}}nil"
_SILENT = {f"{{{XSI}}}{name}" for name in ("schemaLocation", "noNamespaceSchemaLocation", "type")}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
WHITE_SPACE = "\t\n\r "  # which xs:boolean collapses (XML Schema 1.0, part 2, section 3.2.2)
_MOST_MISMATCHES, _MOST_LISTED = 100, 20

Reader = Callable[[Element, "Reading", int], Any]
"""Reads one element of a document, which is so many levels deep (the root: 1)."""


class Origins(Mutable, eq=False):
    """The elements that the properties of an object, or the items of an array, were read from. Keys by tag are in `texts` where these
    are found among the children of `element` when they are asked for: to note each of them takes longer than to read it."""

    value: Any
    properties: dict[str, Element] = field(default_factory=dict)
    items: list[Element] = field(default_factory=list)
    element: Element | None = None
    texts: Mapping[str, tuple[str, Any]] = field(default_factory=dict)

    def of(self, token: str) -> Element | None:
        """The element of a property or item; None where there is none."""
        if token in self.properties:
            return self.properties[token]
        if token.isdecimal() and int(token) < len(self.items):
            return self.items[int(token)]
        children = () if self.element is None else self.element
        return next((child for child in children if self.texts.get(child.tag, (None,))[0] == token), None)


Noted = dict[int, Origins]
"""The parts of objects and arrays, by their identity."""


class Mismatch(Frozen):
    """What the schema does not allow in an element, or in an attribute of it."""

    element: Element
    message: str
    hint: str = ""
    attribute: str = ""
    rule: str = "xml-structure"


class Reading(Mutable, eq=False):
    """One document while it is read: its mismatches, what was read of alternatives within `choices` others, and the elements that
    stand for an attribute, a text or a part of an element, each with the element that has it and the attribute's name or "". `noted` is where
    the parts of values stand, if somebody asks, `given` the properties that an element has in their own form, by who reads it."""

    text: bytes
    main: str
    mismatches: list[Mismatch] = field(default_factory=list)
    read: dict[tuple[Element, int], tuple[Any, list[Mismatch]]] = field(default_factory=dict)
    owners: dict[Element, tuple[Element, str]] = field(default_factory=dict)
    noted: Noted | None = None
    given: dict[tuple[Element, int], set[str]] = field(default_factory=dict)
    choices: int = 0

    def add(self, element: Element, message: str, hint: str = "", attribute: str = "", rule: str = "") -> None:
        if len(self.mismatches) >= _MOST_MISMATCHES:
            return
        element, attribute = self.owner(element, attribute)
        found = Mismatch(element, message, hint, attribute, rule or "xml-structure")
        if found not in self.mismatches:  # of what stands in one element for several values
            self.mismatches.append(found)

    def owner(self, element: Element, attribute: str = "") -> tuple[Element, str]:
        """The element of the document that an element is or stands for a part of, and the local name of its attribute or ""."""
        while element in self.owners:
            element, name = self.owners[element]
            attribute = attribute or name
        return element, attribute.rpartition("}")[2]

    def note(self, value: dict[str, Any], key: str, element: Element) -> None:
        """Note where a property stands, and the latest item of one that is an array."""
        if self.noted is not None:
            first = self.parts(value).properties.setdefault(key, element)
            if isinstance(listed := value[key], list):
                items = self.parts(listed).items
                items += [first] if not items else []
                items += [element] if len(items) < len(listed) else []

    def parts(self, value: Any) -> Origins:
        noted = {} if self.noted is None else self.noted
        if id(value) not in noted:
            noted[id(value)] = Origins(value)
        return noted[id(value)]

    def extend(self, mismatches: list[Mismatch]) -> None:
        self.mismatches += mismatches[: _MOST_MISMATCHES - len(self.mismatches)]

    def chosen(self) -> None:
        """A choice between alternatives is made: outside of others, nobody reads again what was read for it."""
        self.choices -= 1
        if not self.choices:
            self.read.clear()

    def check(self, element: Element, depth: int) -> None:
        """Checks an element that may contain elements, but no text."""
        if depth >= MAX_DEPTH and len(element):
            line_numbers(self.text)  # raises
        if element.text and not is_blank(element.text):
            self.add_text(element, element.text)

    def add_text(self, element: Element, text: str) -> None:
        message = f"The text {quoted(text)} is not allowed between elements"
        self.add(element, message, "only white space may stand there")

    def add_element(self, element: Element, parent: Element, allowed: Iterable[str]) -> None:
        if len(self.mismatches) < _MOST_MISMATCHES:
            message = f"The element {self.name(element)} is not allowed in {self.name(parent)}"
            self.add(element, message, self._hint(element.tag, allowed))

    def add_form(self, node: Element, tag: str, key: str, allowed: Iterable[str]) -> None:
        """An element or attribute ("@") has the name of a property that the contract writes otherwise."""
        form = f"attribute {key}" if tag.startswith("@") else f"element {self.name(node)}"
        self.add(node, f'The {form} is not how the property "{key}" is written here', self._hint(tag, allowed))

    def add_attributes(self, element: Element) -> None:
        for name, _ in attributes_of(element):
            self.add_attribute(element, name, ())

    def add_attribute(self, element: Element, name: str, allowed: Iterable[str]) -> None:
        if name == _NIL:
            message = f"xsi:nil of {self.name(element)} is {quoted(element.get(_NIL, ''))}, expected true or false"
            self.add(element, message, "write true for null, or leave xsi:nil out", name)
            return
        hint = self._hint("@" + name, allowed)
        self.add(element, f"The attribute {name} is not allowed in {self.name(element)}", hint, name)

    def _hint(self, tag: str, allowed: Iterable[str]) -> str:
        """What may stand where this element or attribute ("@") does; whether there is one of its name of the other kind, or in another namespace."""
        listed = list(islice(allowed, _MOST_LISTED))
        local, is_attribute = local_name(tag), tag.startswith("@")
        kind, other = ("attribute", "an element") if is_attribute else ("element", "an attribute")
        for one in (one for one in listed if local_name(one) == local):
            if one.startswith("@") != is_attribute:
                return f"{local} is {other} here"
            namespace = one.removeprefix("@").rpartition("}")[0][1:]
            where = f"belongs to the namespace {namespace}" if namespace else "has no namespace"
            return f"here {local} {where}"
        same = [one.removeprefix("@") for one in listed if one.startswith("@") == is_attribute and one != "#text"]
        names = ", ".join(display_name(one, "" if is_attribute else self.main, "{}") for one in same)
        return f"{kind}s allowed here: {names}" if names else f"no {kind} is allowed here"

    def only_text(self, element: Element) -> None:
        """Neither elements nor attributes may stand in this one."""
        self.add_attributes(element)
        self.no_elements(element)

    def no_elements(self, element: Element) -> None:
        for child in element:
            self.add_element(child, element, [])
            if child.tail and not is_blank(child.tail):
                self.add_text(child, child.tail)

    def is_nil(self, element: Element, read: Reader, depth: int) -> bool:
        """Whether xsi:nil is true; the element then has to be empty (XML Schema 1.0, part 1, section 2.6.2), but for its attributes,
        which are read as those of one that is not null."""
        if not _BOOLEANS.get(element.get(_NIL, "").strip(WHITE_SPACE)):
            return False
        if element.text:
            message = f"The element {self.name(element)} contains the text {quoted(element.text)} beside xsi:nil"
            self.add(element, message, "an element with xsi:nil is empty")
        self.no_elements(element)
        if others := dict(attributes_of(element)):
            bare = with_text(element, "", self)
            bare.attrib.update(others)
            read(bare, self, depth)
        return True

    def name(self, element: Element) -> str:
        return display_name(element.tag, self.main)


def local_name(tag: str) -> str:
    """The name of an element or attribute ("@") without its namespace."""
    return tag.removeprefix("@").rpartition("}")[2]


def is_blank(text: str) -> bool:
    """Whether text of a document is white space (XML 1.0, section 2.3), of which ASCII has more than XML allows."""
    return text.isspace() and text.isascii()


def quoted(text: str) -> str:
    """A text for messages, cut where it is long."""
    return shown(text if len(text) <= 60 else text[:57] + "...")


def attributes_of(element: Element) -> Iterator[tuple[str, str]]:
    """The attributes but xsi's own."""
    for name, text in element.items():
        if name not in _SILENT and not (name == _NIL and text.strip(WHITE_SPACE) in _BOOLEANS):
            yield name, text


class Entry(Frozen):
    """A property of an object: its key, and what reads an element that stands for it or for an item of it."""

    key: str
    read: Reader
    repeated: bool = False
    guessed: bool = False

    def add(self, value: dict[str, Any], child: Element, reading: Reading, depth: int) -> None:
        """Adds what an element stands for to the object."""
        found = None if child.keys() and reading.is_nil(child, self.read, depth) else self.read(child, reading, depth)
        before = value.get(self.key)
        if isinstance(before, list):
            before.append(found)
        elif self.key in value:
            value[self.key] = [before, found]
        else:
            value[self.key] = [found] if self.repeated else found
        if reading.noted is not None:  # not called for each
            reading.note(value, self.key, child)


def with_text(owner: Element, text: str, reading: Reading, attribute: str = "") -> Element:
    """An element that stands for a part of another: a text in it or behind it, an attribute, or what is added."""
    stand_in = Element(attribute or owner.tag)
    stand_in.text = text
    reading.owners[stand_in] = owner, attribute
    return stand_in


def own_text(element: Element, without: Container[str] = ()) -> str:
    """The texts of an element between those within it, but for what follows elements of the tags."""
    tails = (child.tail or "" for child in element if child.tag not in without)
    return "".join([element.text or "", *tails])


def guess(element: Element, reading: Reading, depth: int) -> Any:
    """Reads without a schema: elements within make an object, siblings of one name a list, a text is a string; one between elements
    is nothing, for nobody says that it may not stand there."""
    if not len(element):
        return element.text or ""
    if depth >= MAX_DEPTH:
        reading.check(element, depth)
    value: dict[str, Any] = {}
    for child in element:
        Entry(child.tag.rpartition("}")[2], guess, guessed=True).add(value, child, reading, depth + 1)
    return value
