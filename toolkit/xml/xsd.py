"""XSD 1.0 derived from a JSON Schema.

Law: what is valid by the JSON Schema, written by the codec, is never refused by the derived XSD. What XSD 1.0 cannot say makes the XSD wider, and is
named: as a loss in the result, and in the documentation of the type that is wider. With `closed` an object is as it is written, unless
`additionalProperties` is stated: an XSD that tools for data binding make typed classes of. What it refuses beyond the schema is named likewise.

Types have the names of the components that they stand for, enumerations and other objects those of their elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from toolkit.document.names import bare_name, free_name, leading_to
from toolkit.document.pointers import Tokens, as_object, grouped, object_at, pointer_text, rewritten
from toolkit.errors import ContractError
from toolkit.schema.bundle import definition_of, definitions_in, objects_in, places_in, reference_to
from toolkit.schema.patterns import engine
from toolkit.schema.shape import SCALARS, Schema, Shape, Shapes
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.xml.names import Grammar, Member, loose, root_member
from toolkit.xml.parse import FORBIDDEN_CHARACTER, is_name
from toolkit.xml.xsd_types import Loss, component_of, is_written, losses_of, scalar_type

Place = Callable[[Tokens], str]
"""Where in the contract a place in a bundle is: a pointer, behind the name of its file and `#` where that is another one."""


def merged_bundles(bundles: Iterable[tuple[str, Mapping[str, Any], Place]]) -> tuple[dict[str, Any], Place]:
    """A bundle with all `$defs`, and under `roots` the schemas themselves by the names that they are given, in their order; and the
    places of both."""
    definitions: dict[str, Any] = {}
    roots: dict[str, list[Any]] = {}
    stated: dict[Tokens, tuple[Place, Tokens]] = {}
    for root, bundle, place in bundles:
        own = bundle.get("$defs", {})
        # New names for definitions that differ from those taken by their name, and for all that refer to such
        differing = {name for name, one in own.items() if name in definitions and definitions[name] != one}
        referred = {name: definitions_in(one) for name, one in own.items()} if differing else {}
        taken = {**definitions, **own}
        names = {name: free_name(name, taken.__contains__) for name in leading_to(differing, referred)}
        definitions |= {names.get(name, name): _renamed(one, names) for name, one in own.items()}
        stated |= {("$defs", names.get(name, name)): (place, ("$defs", name)) for name in own}
        stated["roots", root, str(len(roots.get(root, ())))] = place, ()
        schema = {key: one for key, one in bundle.items() if key != "$defs"}
        roots.setdefault(root, []).append(_renamed(schema, names))

    def whole(tokens: Tokens) -> str:
        count = 3 if tokens[:1] == ("roots",) else 2
        place, own = stated.get(tokens[:count], (pointer_text, tokens[:count]))
        return place((*own, *tokens[count:]))

    return {"$defs": definitions, "roots": roots}, whole


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    def change(one: dict[str, Any]) -> dict[str, Any]:
        name = definition_of(one)
        return {**one, "$ref": reference_to(names[name])} if name is not None and name in names else one

    return rewritten(value, change) if names else value


_MOST_FORMS = 40
_MOST_TIMES = 1_000
_ANYTHING = "Anything"
_NOT_COMMON = "the alternatives have no common form"


class Derived(Frozen):
    """The text of an XSD, and in what it is wider than the schema, or narrower."""

    text: str
    losses: tuple[Loss, ...]


def derive_xsd(bundle: Schema, root_name: str, *, closed: bool = False) -> Derived:
    """The nearest XSD 1.0 that takes all that the schema takes. Raises ValueError for a `$ref` that leads nowhere."""
    grammar = Grammar.of(bundle, root_name)
    return _derived(grammar, [grammar.root], closed, pointer_text)


def derive_xsds(roots: Iterable[tuple[str, Schema, Place]], stem: str, *, closed: bool = False) -> dict[str, Derived]:
    """One XSD for the documents of several schemas, each with the name of its root; by name, one for each namespace. Roots of one name are
    one element, which takes what each of their schemas takes: an XSD has one element of a name."""
    merged, place = merged_bundles((name, schema, at) for name, schema, at in roots if not isinstance(schema, bool))
    shapes = Shapes(merged)
    named = [(name, one) for name, same in shapes.bundle["roots"].items() for one in same]
    schemas = grouped(((root_member(shapes, name, one).namespace, name), one) for name, one in named)
    files: dict[str, list[Member]] = {}
    for (namespace, name), same in schemas.items():
        whole = same[0]
        if len(same) > 1:  # what is valid by one of them
            every = [shapes.of(schema) for schema in same]
            types = sorted({kind for shape in every for kind in shape.types})
            stated = {"type": types} if all(shape.stated for shape in every) else {}
            whole = {"xml": dict(every[0].xml), **stated, "anyOf": same}
        files.setdefault(namespace, []).append(root_member(shapes, name, whole))
    return {
        stem if not index else f"{stem}-{index + 1}": _derived(
            Grammar(shapes, members[0], namespace), members, closed, place
        )
        for index, (namespace, members) in enumerate(files.items())
    }


def derive_apart(
    named: Sequence[tuple[str, str, Schema, Place]], stem: str, *, closed: bool = False
) -> dict[str, Derived]:
    """One XSD for each of several schemas, by the name of its file and that of its root; and for each namespace one of the stem given
    that they include, in which the types of all of them stand once."""
    merged, place = merged_bundles((file, schema, at) for file, _, schema, at in named if not isinstance(schema, bool))
    shapes = Shapes(merged)
    roots = {file: root_member(shapes, root, shapes.bundle["roots"][file][0]) for file, root, *_ in named}
    made: dict[str, Derived] = {}
    for namespace, files in grouped((root.namespace, file) for file, root in roots.items()).items():
        common = free_name(stem, lambda name: name.lower() in {file.lower() for file in (*roots, *made)})
        deriver = _deriver(Grammar(shapes, roots[files[0]], namespace), list(roots.values()), closed, place)
        for file in files:
            include = Element("xs:include", schemaLocation=f"{common}.xsd")
            made[file] = Derived(deriver.text([deriver.element(roots[file], outermost=True)], [include]), ())
        made[common] = Derived(deriver.text([]), tuple(deriver.losses))
    return made


def _derived(grammar: Grammar, roots: list[Member], closed: bool, place: Place) -> Derived:
    deriver = _deriver(grammar, roots, closed, place)
    text = deriver.text([deriver.element(root, outermost=True) for root in roots])
    return Derived(text, tuple(deriver.losses))


def _deriver(grammar: Grammar, roots: list[Member], closed: bool, place: Place) -> _Deriver:
    if unnamed := next((root.name for root in roots if not is_name(root.name)), None):
        reason = f"{unnamed[:80]!r} is no name of an XML element, so no XSD declares it"
        raise ContractError(f"{reason}; correct its `xml.name`")
    named = (object_at(one, "xml").get("namespace") for one in objects_in(grammar.shapes.bundle))
    is_uri = engine().validator_for({"format": "uri-reference"}, validate_formats=True).is_valid
    if wrong := next((one for one in named if isinstance(one, str) and not is_uri(one)), None):
        raise ContractError(f"{wrong[:80]!r} is no URI, so no XSD declares this namespace; correct the `xml.namespace`")
    pointers = {id(one): place(tokens) for tokens, one in places_in(grammar.shapes.bundle)}
    components = {id(one): name for name, one in object_at(grammar.shapes.bundle, "$defs").items()}
    return _Deriver(grammar, pointers, components, closed)


class _Deriver(Mutable):
    """Makes the elements and types of one XSD; a type that is first met is put on the list of pending ones."""

    grammar: Grammar
    pointers: dict[int, str]
    components: dict[int, str]
    closed: bool
    losses: dict[Loss, None] = field(default_factory=dict)
    names: dict[tuple[object, ...], str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=lambda: {_ANYTHING.lower()})
    pending: list[Callable[[], Element]] = field(default_factory=list)

    def text(self, elements: list[Element], including: Sequence[Element] = ()) -> str:
        """The XSD of these elements, including another one or with the types that are pending."""
        schema = Element("xs:schema", {"xmlns:xs": "http://www.w3.org/2001/XMLSchema"})
        if self.grammar.main:
            schema.attrib |= {"xmlns:tns": self.grammar.main, "targetNamespace": self.grammar.main}
        schema.extend([*including, *elements])
        _set_apart(schema, "jaxb:factoryMethod")
        while self.pending and not including:
            schema.append(self.pending.pop(0)())
        if any(one.tag.startswith("jaxb:") for one in schema.iter()):
            schema.attrib |= {"xmlns:jaxb": "http://java.sun.com/xml/ns/jaxb", "jaxb:version": "2.1"}
        ElementTree.indent(schema)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(schema, encoding="unicode") + "\n"

    def element(self, member: Member, outermost: bool = False) -> Element:
        made = Element("xs:element", name=member.name)
        whole = (member.whole, *member.shapes) if member.whole else member.shapes
        if not outermost and self.grammar.main:
            made.set("form", "qualified" if member.namespace else "unqualified")
        if any("null" in shape.types or self.unstated(shape) for shape in whole):
            made.set("nillable", "true")
        if member.whole and self.unstated(member.whole):
            made.set("type", self.anything(made, [member.whole], "type", "no type is stated, so that any is valid"))
        else:
            self.typed(made, list(member.shapes), member)
        return made

    def unstated(self, shape: Shape) -> bool:
        """Whether nothing says what kind of value it is; in a closed XSD what other keywords imply counts as said."""
        return loose(shape) or not (shape.stated or self.closed)

    def shut(self, form: Shape) -> bool:
        """Whether an object has no properties but those that are named."""
        if form.patterns:
            return False
        return form.closed or (self.closed and is_written(form))

    def typed(self, made: Element, shapes: list[Shape], member: Member) -> None:
        """Gives an element its type, by the forms that its value may have."""
        forms = [form for form in self.grammar.forms(tuple(shapes)) if form.possible]
        kinds = {kind for form in forms for kind in form.kinds}
        if any(self.unstated(form) for form in forms):
            made.set("type", self.anything(made, forms, "type", "no type is stated, so that any is valid"))
        elif kinds <= {"scalar"}:
            self.scalar(made, shapes, forms, member)
        elif kinds == {"object"} and len(forms) <= _MOST_FORMS:
            inner = [one for form in forms for one in self.grammar.properties(form, member.scope).values()]
            is_inline = any(one.inline for one in inner)
            if is_inline or any(one.others for one in inner):
                where = "stand in the element around them" if is_inline else "are named by alternatives"
                why = f"properties whose parts {where} are not described"
                made.set("type", self.anything(made, shapes + forms, "xml", why))
            elif not all(self.shut(form) for form in forms):
                why = "properties that are not named may occur anywhere, so any content is accepted"
                made.set("type", self.anything(made, shapes + forms, "additionalProperties", why))
            else:
                make = partial(self.object, made, shapes + forms, forms, member)
                made.set("type", self.named(made, member, shapes, forms, make))
        elif kinds == {"array"} and len(forms) == 1 and not self.has_several_names(forms[0], member):
            make = partial(self.array, forms[0], member)
            made.set("type", self.named(made, member, shapes, forms, make))
        else:
            one = len(forms) == 1
            keyword, why = ("prefixItems", "items of several names are not described") if one else ("type", _NOT_COMMON)
            made.set("type", self.anything(made, shapes + forms, keyword, why))

    def has_several_names(self, form: Shape, member: Member) -> bool:
        """Whether the items of an array are named by their position or by alternatives."""
        own = form, member.name, member.scope
        return bool(self.grammar.ahead(*own) or self.grammar.item(*own).others)

    def scalar(self, made: Element, shapes: list[Shape], forms: list[Shape], member: Member) -> None:
        """Gives an element or attribute its simple type: a named one for a component or an enumeration."""
        simple = scalar_type((form for form in forms if form.types & SCALARS), self.closed)
        component = component_of(self.grammar.shapes, shapes, self.components)
        if not component and next(simple.iter("xs:enumeration"), None) is None:
            self.document(made, shapes + forms, [], _description(shapes))
            made.append(simple)
            return
        key = ("simple", component) if component else ("simple", *(form.key for form in forms))
        if key not in self.names:
            simple.set("name", self.free_name(key, component or member.name))
            self.document(simple, shapes + forms, [], _description(shapes, self.grammar.shapes, component))
            self.pending.append(lambda: simple)
        made.set("type", self.reference(self.names[key]))

    def named(
        self, element: Element, member: Member, shapes: list[Shape], forms: list[Shape], make: Callable[[str], Element]
    ) -> str:
        """The reference to the named type of these forms."""
        component = component_of(self.grammar.shapes, shapes, self.components)
        same: tuple[object, ...] = (component,) if component else tuple(form.key for form in forms)
        key = (element.get("nillable", ""), *same, member.name if "array" in forms[0].types else "", member.scope)
        if key not in self.names:
            name = self.free_name(key, component or member.name)
            text = _description(shapes, self.grammar.shapes, component)
            self.pending.append(lambda: _described(make(name), text))
        return self.reference(self.names[key])

    def free_name(self, key: tuple[object, ...], wanted: str) -> str:
        """A name that no other type has, nor one that is the same without case and signs, of which binders make one class."""
        stem = wanted if is_name(wanted) else f"_{wanted}" if is_name(f"_{wanted}") else "Type"
        self.names[key] = name = free_name(stem, lambda name: bare_name(name) in self.taken)
        self.taken.add(bare_name(name))
        return name

    def reference(self, name: str) -> str:
        return f"tns:{name}" if self.grammar.main else name

    def anything(self, made: Element, shapes: list[Shape], keyword: str, why: str) -> str:
        """The reference to the type that takes any content."""
        self.document(made, shapes, [(keyword, why)])
        if _ANYTHING not in self.names.values():
            self.names[(_ANYTHING,)] = _ANYTHING
            self.pending.append(_anything)
        return self.reference(_ANYTHING)

    def document(
        self, made: Element, shapes: list[Shape], more: list[tuple[str, str]], text: str | None = None
    ) -> None:
        """Names what is lost of the shapes, in the documentation of an element or type and in the result."""
        found = losses_of(shapes, more, self.pointers, self.closed)
        _described(made, *(loss.text for loss in found))
        _described(made, text)
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
        every = [one for form in forms for one in self.grammar.properties(form, member.scope).values()]
        members = grouped((one.tag, one) for one in every if is_name(one.name))
        required = frozenset.intersection(*(form.required for form in forms))
        elements = [_merged(same) for tag, same in members.items() if not tag.startswith("@")]
        lists = [one.whole for one in elements if one.whole]
        losses = list(self.content(made, elements, required, forms))
        if any(one.text for one in every):
            made.set("mixed", "true")
            losses.append(("xml", "the text beside attributes and elements is not checked"))
        self.document(made, shapes + lists, losses)
        for same in (same for tag, same in members.items() if tag.startswith("@")):
            # An element with xsi:nil has no attributes to require (XML Schema part 1, section 3.3.4).
            made.append(self.attribute(_merged(same), frozenset() if element.get("nillable") else required))
        _set_apart(made)
        return made

    def content(
        self, made: Element, elements: list[Member], required: frozenset[str], forms: list[Shape]
    ) -> Iterator[tuple[str, str]]:
        """Adds the content model; what it yields is lost."""
        several = [one for one in elements if self.is_several(one)]
        foreign = [one for one in elements if not self.native(one)]
        if several and not foreign and (self.closed or len(elements) == 1):
            if len(elements) > 1:
                yield "order", "elements stand in the order of the contract, where the schema leaves it open"
            sequence = SubElement(made, "xs:sequence")
            for one in elements:
                low, high = self.times(one, forms) if self.is_several(one) else ("1", "1")
                sequence.append(self.element(one))
                sequence[-1].attrib |= {"minOccurs": low if one.key in required else "0", "maxOccurs": high}
        elif several or foreign:
            if several:
                yield "required", "with repeated elements among others in any order, none is counted"
            choice = SubElement(made, "xs:choice", minOccurs="0", maxOccurs="unbounded")
            choice.extend([self.element(one) for one in elements if self.native(one)])
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

    def is_several(self, member: Member) -> bool:
        """Whether a property may be several elements."""
        return member.repeated or member.guessed or self.unstated(member.whole or member.shapes[0])

    def times(self, member: Member, forms: list[Shape]) -> tuple[str, str]:
        """How often the element of a property may stand."""
        counted = member.repeated and len(forms) == 1 and all(shape.types == {"null"} for shape in member.single)
        return _times(member.whole) if counted else ("0", "unbounded")

    def attribute(self, member: Member, required: frozenset[str]) -> Element:
        if self.native(member):
            made = Element("xs:attribute", name=member.name)
            if member.namespace:
                made.set("form", "qualified")
            nullable = any("null" in shape.types for shape in member.shapes)
            made.set("use", "required" if member.key in required and not nullable else "optional")
            forms = [form for form in self.grammar.forms(member.shapes) if form.possible]
            if any(self.unstated(form) for form in forms):
                self.document(made, forms, [])
                made.set("type", "xs:string")
            else:
                self.scalar(made, list(member.shapes), forms, member)
            return made
        return Element("xs:anyAttribute", namespace=member.namespace, processContents="skip")


def _set_apart(made: Element, what: str = "jaxb:property") -> None:
    """Another name for what Java would call as it calls one before (JAXB 2.2, section 7.8), such as `Id` beside `id`; others pass it over."""
    seen: set[str] = set()
    for one in list(made.iter()):
        bare = bare_name(one.get("name", "")) if one.tag in ("xs:element", "xs:attribute") else ""
        if bare and bare in seen:
            annotation = one.find("xs:annotation")
            if annotation is None:
                one.insert(0, annotation := Element("xs:annotation"))
            bare = bare_name(free_name(bare, lambda name: bare_name(name) in seen))
            SubElement(SubElement(annotation, "xs:appinfo"), what, name=bare)
        seen.add(bare)


def _merged(same: list[Member]) -> Member:
    """One property that may have the shapes of all those of one name."""
    if len({tuple(shape.key for shape in one.shapes) for one in same}) == 1:
        return same[0]
    shapes = {shape.key: shape for one in same for shape in one.shapes}
    first = next((one for one in same if one.repeated), same[0])
    wholes = [one.whole or one.shapes[0] for one in same]
    unstated = next((whole for whole in wholes if not whole.stated), None)
    return replace(first, shapes=tuple(shapes.values()), whole=unstated or first.whole)


def _description(shapes: list[Shape], all_shapes: Shapes | None = None, component: str | None = None) -> str | None:
    """What the contract says about a component, or about the value of a property itself."""
    schema: Any = shapes[0].parts[0].schema if shapes and shapes[0].parts else {}
    if all_shapes and component:
        schema = all_shapes.bundle["$defs"][component]
    text = as_object(schema).get("description")
    return text if isinstance(text, str) and text.strip() else None


def _described(made: Element, *texts: str | None) -> Element:
    """The element or type with these texts at the head of its documentation."""
    found = [FORBIDDEN_CHARACTER.sub("", text) for text in texts if text]
    if found:
        known = made.find("xs:annotation")
        annotation = Element("xs:annotation") if known is None else known
        for index, text in enumerate(found):
            documentation = Element("xs:documentation")
            documentation.text = text
            annotation.insert(index, documentation)
        if known is None:
            made.insert(0, annotation)
    return made


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
