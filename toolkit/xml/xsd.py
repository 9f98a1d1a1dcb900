"""XSD 1.0 derived from a JSON Schema.

Law: what is valid by the JSON Schema, written by the codec, is never refused by the derived XSD. What XSD 1.0 cannot
say makes the XSD wider, and is named: as a loss in the result, and in the documentation of the type that is wider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from toolkit.document.pointers import escape
from toolkit.schema.shape import SCALARS, Schema, Shape, without_null
from toolkit.xml.names import Grammar, Member, loose
from toolkit.xml.parse import is_name
from toolkit.xml.xsd_types import scalar_type, untranslated

_MOST_FORMS = 40
_MOST_TIMES = 10_000
_ANYTHING = "Anything"
_UNSAYABLE = {
    "oneOf": "alternatives are merged into one type that takes each of them",
    "anyOf": "alternatives are merged into one type that takes each of them",
    "not": "XSD has no negation",
    "if": "XSD 1.0 has no conditions",
    "dependentRequired": "XSD 1.0 has no conditions",
    "dependentSchemas": "XSD 1.0 has no conditions",
    "uniqueItems": "items are not compared",
    "contains": "items are not searched",
    "prefixItems": "items are not distinguished by position",
    "multipleOf": "XSD has no such facet",
    "format": "the form is not checked, only the rest",
    "minProperties": "properties are not counted",
    "maxProperties": "properties are not counted",
    "propertyNames": "names are not checked",
    "patternProperties": "names are not checked",
}
_SIZES = {"int32", "int64", "float", "double", "binary", "password"}


@dataclass(frozen=True, slots=True)
class Loss:
    """What the XSD does not say of the schema at a JSON pointer, by keyword, and why."""

    pointer: str
    keyword: str
    why: str


@dataclass(frozen=True, slots=True)
class Derived:
    """The text of an XSD, and in what it is wider than the schema."""

    text: str
    losses: tuple[Loss, ...]


def derive_xsd(bundle: Schema, root_name: str) -> Derived:
    """The nearest XSD 1.0 that takes all that the schema takes. Raises ValueError for a `$ref` that leads nowhere."""
    grammar = Grammar.of(bundle, root_name)
    deriver = _Deriver(grammar, dict(_pointers(bundle, "")))
    schema = Element("xs:schema", {"xmlns:xs": "http://www.w3.org/2001/XMLSchema"})
    if grammar.main:
        schema.attrib |= {"xmlns:tns": grammar.main, "targetNamespace": grammar.main}
    schema.append(deriver.element(grammar.root, outermost=True))
    while deriver.pending:
        schema.append(deriver.pending.pop(0)())
    ElementTree.indent(schema)
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(schema, encoding="unicode") + "\n"
    return Derived(text, tuple(deriver.losses))


def _pointers(schema: Any, pointer: str) -> Iterator[tuple[int, str]]:
    """The JSON pointer of every schema of a bundle, by identity."""
    members = schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    if isinstance(schema, dict):
        yield id(schema), pointer
    for key, inner in members:
        yield from _pointers(inner, f"{pointer}/{escape(str(key))}")


@dataclass(slots=True)
class _Deriver:
    """Makes the elements and types of one XSD; a type that is first met is put on the list of pending ones."""

    grammar: Grammar
    pointers: dict[int, str]
    losses: dict[Loss, None] = field(default_factory=dict)
    names: dict[tuple[object, ...], str] = field(default_factory=dict)
    pending: list[Callable[[], Element]] = field(default_factory=list)

    def element(self, member: Member, outermost: bool = False) -> Element:
        made = Element("xs:element", name=member.name)
        whole = (member.whole, *member.shapes) if member.whole else member.shapes
        if not outermost and self.grammar.main:
            made.set("form", "qualified" if member.namespace else "unqualified")
        if any("null" in shape.types for shape in whole):
            made.set("nillable", "true")
        if member.whole and not member.whole.stated:
            made.set("type", self.anything(made, [member.whole], "type", "no type is stated, so that any is valid"))
        else:
            self.typed(made, list(member.shapes), member)
        return made

    def typed(self, made: Element, shapes: list[Shape], member: Member) -> None:
        """Gives an element its type, by the forms that its value may have."""
        forms = [form for form in self.grammar.forms(tuple(shapes)) if form.possible]
        kinds = {kind for form in forms for kind in form.kinds}
        if any(loose(form) or not form.stated for form in forms):
            made.set("type", self.anything(made, forms, "type", "no type is stated, so that any is valid"))
        elif kinds <= {"scalar"}:
            made.append(scalar_type(form for form in forms if form.types & SCALARS))
            self.document(made, shapes + forms, [])
        elif kinds == {"object"} and len(forms) <= _MOST_FORMS:
            if any(not form.closed or list(form.each("patternProperties")) for form in forms):
                why = "properties that are not named may occur anywhere, so any content is accepted"
                made.set("type", self.anything(made, shapes + forms, "additionalProperties", why))
            else:
                make = partial(self.object, made, shapes + forms, forms, member)
                made.set("type", self.named(made, member, forms, make))
        elif kinds == {"array"} and len(forms) == 1:
            made.set("type", self.named(made, member, forms, partial(self.array, forms[0], member)))
        else:
            made.set("type", self.anything(made, shapes + forms, "type", "the alternatives have no common form"))

    def named(self, element: Element, member: Member, forms: list[Shape], make: Callable[[str], Element]) -> str:
        """The reference to the named type of these forms."""
        nil = element.get("nillable", "")
        key = (nil, *(form.key for form in forms), member.name if "array" in forms[0].types else "", member.scope)
        if key not in self.names:
            stem = member.name if is_name(member.name) else "Type"
            name, count = stem, 1
            while name in self.names.values() or name == _ANYTHING:
                count += 1
                name = f"{stem}-{count}"
            self.names[key] = name
            self.pending.append(lambda: make(name))
        return self.reference(self.names[key])

    def reference(self, name: str) -> str:
        return f"tns:{name}" if self.grammar.main else name

    def anything(self, made: Element, shapes: list[Shape], keyword: str, why: str) -> str:
        """The reference to the type that takes any content."""
        self.document(made, shapes, [(keyword, why)])
        if _ANYTHING not in self.names.values():
            self.names[(_ANYTHING,)] = _ANYTHING
            self.pending.append(_anything)
        return self.reference(_ANYTHING)

    def document(self, made: Element, shapes: list[Shape], more: list[tuple[str, str]]) -> None:
        """Names what is lost of the shapes, in the documentation of an element or type and in the result."""
        known = (self.pointers.get(id(part.schema)) for shape in shapes for part in shape.parts)
        pointer = next((pointer for pointer in known if pointer is not None), "")
        found = dict.fromkeys(Loss(pointer, keyword, why) for keyword, why in more)
        for shape in shapes:
            lost = [one for one in _UNSAYABLE.items() if any(_says(one[0], value) for value in shape.each(one[0]))]
            for keyword, why in [*lost, *untranslated(shape)]:
                holder = next(part.schema for part in shape.parts if keyword in part.schema)
                found[Loss(self.pointers.get(id(holder), ""), keyword, why)] = None
        if found:
            annotation = Element("xs:annotation")
            for loss in found:
                where = f" ({loss.pointer})" if loss.pointer else ""
                SubElement(annotation, "xs:documentation").text = f"Wider: {loss.keyword}{where}: {loss.why}"
            made.insert(0, annotation)
            self.losses |= found

    def array(self, form: Shape, member: Member, name: str) -> Element:
        made = Element("xs:complexType", name=name)
        self.document(made, [form], [])
        item = self.grammar.item(form, member.name, member.scope)
        low, high = _times(form)
        sequence = SubElement(made, "xs:sequence")
        if not self.native(item):
            _wildcard(sequence, item.namespace, low, high)
        elif is_name(item.name):
            sequence.append(self.element(item))
            sequence[-1].attrib |= {"minOccurs": low, "maxOccurs": high}
        else:
            _nothing(sequence)
        return made

    def native(self, member: Member) -> bool:
        """Whether a property's element can be declared here: one file declares one namespace."""
        return member.namespace in ("", self.grammar.main)

    def object(self, element: Element, shapes: list[Shape], forms: list[Shape], member: Member, name: str) -> Element:
        made = Element("xs:complexType", name=name)
        members: dict[str, list[Member]] = {}
        for form in forms:
            for one in self.grammar.properties(form, member.scope).values():
                if is_name(one.name):
                    members.setdefault(one.tag, []).append(one)
        required = frozenset.intersection(*(form.required for form in forms))
        elements = [_merged(same) for tag, same in members.items() if not tag.startswith("@")]
        lists = [one.whole for one in elements if one.whole]
        losses = list(self.content(made, elements, required, forms))
        if any(one.text for form in forms for one in self.grammar.properties(form, member.scope).values()):
            made.set("mixed", "true")
            losses.append(("xml", "the text beside attributes and elements is not checked"))
        self.document(made, shapes + lists, losses)
        for same in (same for tag, same in members.items() if tag.startswith("@")):
            # An element with xsi:nil has no attributes to require (XML Schema part 1, section 3.3.4).
            made.append(self.attribute(_merged(same), frozenset() if element.get("nillable") else required))
        return made

    def content(
        self, made: Element, elements: list[Member], required: frozenset[str], forms: list[Shape]
    ) -> Iterator[tuple[str, str]]:
        """Adds the content model; what it yields is lost."""
        several = [one for one in elements if one.repeated or one.guessed or not (one.whole or one.shapes[0]).stated]
        foreign = [one for one in elements if not self.native(one)]
        if len(elements) == 1 and several and not foreign:
            only = elements[0]
            counted = only.repeated and len(forms) == 1 and all(shape.types == {"null"} for shape in only.single)
            low, high = _times(only.whole) if counted else ("0", "unbounded")
            sequence = SubElement(made, "xs:sequence")
            sequence.append(self.element(only))
            sequence[-1].attrib |= {"minOccurs": low if only.key in required else "0", "maxOccurs": high}
        elif several or foreign:
            if several:
                yield "required", "with repeated elements among others in any order, none is counted"
            choice = SubElement(made, "xs:choice", minOccurs="0", maxOccurs="unbounded")
            choice.extend(self.element(one) for one in elements if self.native(one))
            for namespace in sorted({one.namespace for one in foreign}):
                yield "xml", f"elements of the namespace {namespace} are not checked: one file declares one namespace"
                _wildcard(choice, namespace, "1", "1")
        else:
            group = SubElement(made, "xs:all" if elements else "xs:sequence")
            if not elements:
                _nothing(group)
            for one in elements:
                group.append(self.element(one))
                group[-1].set("minOccurs", "1" if one.key in required else "0")

    def attribute(self, member: Member, required: frozenset[str]) -> Element:
        if self.native(member):
            made = Element("xs:attribute", name=member.name)
            if member.namespace:
                made.set("form", "qualified")
            nullable = any("null" in shape.types for shape in member.shapes)
            made.set("use", "required" if member.key in required and not nullable else "optional")
            forms = [form for form in self.grammar.forms(member.shapes) if form.possible]
            self.document(made, forms, [])
            if any(loose(form) or not form.stated for form in forms):
                made.set("type", "xs:string")
            else:
                made.append(scalar_type(forms))
            return made
        return Element("xs:anyAttribute", namespace=member.namespace, processContents="skip")


def _merged(same: list[Member]) -> Member:
    """One property that may have the shapes of all those of one name."""
    if len({tuple(shape.key for shape in one.shapes) for one in same}) == 1:
        return same[0]
    shapes = {shape.key: shape for one in same for shape in one.shapes}
    first = next((one for one in same if one.repeated), same[0])
    wholes = [one.whole or one.shapes[0] for one in same]
    unstated = next((whole for whole in wholes if not whole.stated), None)
    return replace(first, shapes=tuple(shapes.values()), whole=unstated or first.whole)


def _says(keyword: str, value: Any) -> bool:
    """Whether a keyword with this value asks for anything."""
    if keyword in ("oneOf", "anyOf"):
        return len(without_null(value)) > 1
    return value not in _SIZES if keyword == "format" else value not in (False, None)


def _times(shape: Shape | None) -> tuple[str, str]:
    """How often the items of an array may stand, null counting as one element."""
    if shape is None:
        return "0", "unbounded"
    low, high = max(shape.each("minItems"), default=0), min(shape.each("maxItems"), default=_MOST_TIMES)
    if "null" in shape.types and shape.node != "element":
        low, high = min(low, 1), max(high, 1)
    return str(int(low) if low <= min(high, _MOST_TIMES) else 0), "unbounded" if high >= _MOST_TIMES else str(int(high))


def _wildcard(parent: Element, namespace: str, low: str, high: str) -> None:
    """Elements of a namespace. They stand in a sequence of their own, for xmlschema takes an element that may contain
    nothing but a wildcard for one that may contain text."""
    times = {"minOccurs": low, "maxOccurs": high}
    inner = SubElement(parent, "xs:sequence")
    SubElement(inner, "xs:any", {"namespace": namespace, "processContents": "skip", **times})


def _nothing(parent: Element) -> None:
    """No element, but white space: a type whose content is empty would refuse that."""
    _wildcard(parent, "urn:nothing", "0", "1")


def _anything() -> Element:
    made = Element("xs:complexType", name=_ANYTHING, mixed="true")
    _wildcard(SubElement(made, "xs:sequence"), "##any", "0", "unbounded")
    SubElement(made, "xs:anyAttribute", namespace="##any", processContents="skip")
    return made
