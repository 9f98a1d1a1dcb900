"""Which elements, attributes and texts stand for the values of a schema: the XML Object of OpenAPI 3.1 and 3.2.

A namespace without a prefix is the default one of its element and, as a declaration in XML is, of all within it; one with a prefix is that of its
element alone, and of those within that name the prefix. An array's items stand side by side, each an element named by `items.xml.name`, else by the
property; `wrapped` puts them into an element named by the array's `xml.name`, else by the property. An array that is the root or an item is always
within an element. A property may be the text of the element that has the others as attributes (`nodeType` text or cdata), and the parts of an object
may stand in the element around it (`nodeType` none). `prefixItems` with names of their own stand in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, TypeVar

from toolkit.document.pointers import array_at
from toolkit.schema.bundle import places_in
from toolkit.schema.shape import SCALARS_OR_NULL, Schema, Shape, Shapes, of_pattern
from toolkit.structs import Frozen, field, replace
from toolkit.xml.parse import is_name

_NULL = {"type": "null"}
_TEXTS = ("text", "cdata")
_NODE_TYPES = ("element", "attribute", *_TEXTS, "none")
Made = TypeVar("Made")
Scope = tuple[tuple[str, str], ...]
"""Namespaces by prefix, "" being the default, as declared around an element."""


class Member(Frozen):
    """One property of an object, or the items of an array, and the element, attribute or text that stands for it. `shapes` are those that
    one element's value may have. Where the element is `repeated` the value is a list, unless there is just one element and its value is one
    of `single`. `scope` holds within the element. Where it is `inline` no element stands for it: its parts stand in the one around it."""

    key: str
    name: str
    namespace: str
    prefix: str
    scope: Scope
    shapes: tuple[Shape, ...]
    attribute: bool = False
    text: bool = False
    repeated: bool = False
    inline: bool = False
    single: tuple[Shape, ...] = ()
    whole: Shape | None = None
    """The shape of the property's value, where that is not the one of each element."""
    others: tuple[Member, ...] = ()
    """The elements by which single alternatives of the value (`oneOf`, `anyOf`) are named, where they are other names."""

    @property
    def tags(self) -> frozenset[str]:
        """The names of its elements in the tree, that of each alternative included."""
        return frozenset([self.tag, *(one.tag for one in self.others)])

    @property
    def tag(self) -> str:
        """The name of its elements in the tree, `{namespace}local`; that of an attribute begins with "@"."""
        name = f"{{{self.namespace}}}{self.name}" if self.namespace else self.name
        return "@" + name if self.attribute else name

    @property
    def guessed(self) -> bool:
        """Whether nothing is known of the value, so that it may be a list too."""
        is_plain = not (self.repeated or self.attribute or self.text or self.inline)
        return is_plain and all(map(loose, self.shapes))


class Grammar(Frozen):
    """The properties of every shape of one bundle, each worked out once, by the identity of the shape, for `shapes` keeps
    them all. `main` is the root's namespace."""

    shapes: Shapes
    root: Member
    main: str
    made: dict[tuple[object, ...], Any] = field(default_factory=dict)

    @staticmethod
    def of(bundle: Schema, root_name: str) -> Grammar:
        """Raises ValueError for a `$ref` that leads nowhere, or a `nodeType` that is not read here."""
        shapes = Shapes(bundle if not isinstance(bundle, bool) else {})
        _check_nodes(bundle, shapes)
        root = root_member(shapes, root_name, bundle)
        made = Grammar(shapes, root, root.namespace)
        return replace(made, root=made._with_others(root, root_name, (("", ""),)))

    def alternatives(self, shape: Shape) -> tuple[Shape, ...]:
        return self._once(("alternatives", id(shape)), lambda: self.shapes.alternatives(shape))

    def _once(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]  # type: ignore[no-any-return]

    def choose_shape(self, shapes: tuple[Shape, ...], value: Any) -> Shape:
        """The first shape, alternatives considered, that a value fits; the last one where it fits none."""
        while len(shapes) > 1 or self.alternatives(shapes[0]):
            options = shapes if len(shapes) > 1 else self.alternatives(shapes[0])
            shapes = (next((option for option in options if self.shapes.fits(value, option)), options[-1]),)
        return shapes[0]

    def forms(self, shapes: tuple[Shape, ...]) -> list[Shape]:
        """The shapes without alternatives that a value of one of the shapes may have."""
        return [form for shape in shapes for form in self.forms(self.alternatives(shape)) or [shape]]

    def properties(self, shape: Shape, scope: Scope) -> dict[str, Member]:
        """The properties that the schema names, by key."""
        return self._once(
            ("members", id(shape), scope),
            lambda: {name: self._member(name, shape.of_property(name), scope) for name in shape.properties},
        )

    def unknown(self, shape: Shape, name: str, scope: Scope) -> Member | None:
        """The property that the schema does not name; None where it is not allowed."""
        made = self.any_unknown(shape, name, scope)
        return made and replace(made, key=name, name=made.name or name)

    def any_unknown(self, shape: Shape, name: str, scope: Scope) -> Member | None:
        """All properties that the schema does not name and describes as this one, by the patterns of `patternProperties`
        that fit its name or else as any other: their key is "", and so is their name where it is the key."""
        patterned = of_pattern(shape.patterns, name)
        schemas = patterned or (() if shape.closed else shape.unknown or (True,))
        key = ("unknown", id(shape), scope, *map(id, patterned))
        return self._once(key, lambda: self._member("", schemas, scope) if schemas else None)

    def item(self, shape: Shape, own: str, scope: Scope) -> Member:
        """The items of an array within an element named `own`."""

        def make() -> Member:
            item = self._items(shape)
            return self._with_others(_element(own, item.xml, scope, (item,)), own, scope)

        return self._once(("item", id(shape), own, scope), make)

    def ahead(self, shape: Shape, own: str, scope: Scope) -> tuple[Member, ...]:
        """The first items of an array by their position, where `prefixItems` gives them names of their own; else ()."""

        def make() -> tuple[Member, ...]:
            shapes = [self.shapes.of(schema) for schema in shape.first]
            named = any(one.xml.get("name") or one.node in _TEXTS for one in shapes)
            return tuple(_leaf(own, one, scope) for one in shapes) if named else ()

        return self._once(("ahead", id(shape), own, scope), make)

    def tags(self, member: Member, seen: tuple[int, ...] = ()) -> frozenset[str]:
        """The tags of all that may stand for the parts of an inline property, `Member.tag` of each."""
        found: set[str] = set()
        for shape in self.forms(member.shapes) if id(member) not in seen else ():
            parts = list(self.properties(shape, member.scope).values())
            if "array" in shape.types:
                parts = [*self.ahead(shape, member.name, member.scope), self.item(shape, member.name, member.scope)]
            for one in parts:
                found |= self.tags(one, (*seen, id(member))) if one.inline else one.tags
        return frozenset(found)

    def _items(self, shape: Shape) -> Shape:
        ahead = list(shape.first)
        if not ahead or self.ahead(shape, "", ()):
            return self.shapes.of(*shape.items)
        made = {"anyOf": [*ahead, {"allOf": list(shape.items)}]}
        self.made[("kept", id(made))] = made  # for shapes go by the identity of the schema
        return self.shapes.of(made)

    def _member(self, key: str, schemas: tuple[Schema, ...], scope: Scope) -> Member:
        shape = self.shapes.of(*schemas)
        options = self.alternatives(shape) or (shape,)
        flat = [option for option in options if option.flat]
        if not flat:
            if not _is_scalar(options):
                made = _element(key, shape.xml, scope, (shape,))
                is_inline = shape.node == "none"
                return replace(made, inline=True, scope=scope) if is_inline else self._with_others(made, key, scope)
            return _leaf(key, shape, scope, shape.node == "attribute")
        if len(options) == 1 and self.ahead(shape, key, scope):
            return Member(key, key, "", "", scope, (shape,), inline=True)
        items = [self._items(option) for option in flat]
        single = tuple(option for option in options if not option.flat)
        made = _element(key, items[0].xml, scope, (*single, *items))
        if any("null" in option.types for option in flat) and not any("null" in item.types for item in items):
            single = (*single, self.shapes.of(_NULL))  # an element with xsi:nil can be no item, so it is the list
        return self._with_others(replace(made, repeated=True, single=single, whole=shape), key, scope)

    def _with_others(self, member: Member, key: str, scope: Scope) -> Member:
        """The element with those that are named by one alternative's own `xml.name`, which OpenAPI neither asks for nor excludes."""
        options = [option for shape in member.shapes for option in self.alternatives(shape) if option.xml.get("name")]
        others: dict[str, Member] = {}
        for one in (_element(key, option.xml, scope, (option,)) for option in options):
            before = others[one.tag].shapes if one.tag in others else ()
            others[one.tag] = replace(one, shapes=(*before, *one.shapes), repeated=member.repeated)
        others.pop(member.tag, None)
        return replace(member, others=tuple(others.values())) if others else member


def _is_scalar(options: Iterable[Shape]) -> bool:
    return all(option.types <= SCALARS_OR_NULL or loose(option) for option in options)


def _check_nodes(schema: Any, shapes: Shapes) -> None:
    """Raises ValueError for a `nodeType` of OpenAPI 3.2 that is not read here: none where it is not an object's, more than one
    text in an element that cannot be told apart, items that are no elements and not in the order of `prefixItems`."""
    if "'nodeType'" not in repr(schema):
        return
    for _, one in places_in(schema):
        xml = one.get("xml")
        if isinstance(xml, Mapping) and (node := xml.get("nodeType", "none")) not in _NODE_TYPES:
            raise ValueError(f"the nodeType {node!r} is none of {', '.join(_NODE_TYPES)}")
        named = one["properties"].items() if isinstance(one.get("properties"), Mapping) else ()
        members = [(name, inner) for name, inner in named if isinstance(inner, Mapping | bool)]
        texts = [text for name, inner in members for text in _texts(name, inner, shapes)]
        if len(texts) > 1:
            raise ValueError(f"the texts {', '.join(texts)} of one element cannot be told apart (nodeType)")
        items = one.get("items")
        if isinstance(items, Mapping) and _node("items", items, shapes) in (*_TEXTS, "attribute", "none"):
            raise ValueError("items with the nodeType text, cdata, attribute or none are not read here")
        ahead = [shapes.of(inner).node for inner in array_at(one, "prefixItems")]
        if "attribute" in ahead or any(set(pair) <= set(_TEXTS) for pair in pairwise(ahead)):
            raise ValueError("attributes, and texts beside each other, in prefixItems are not read here (nodeType)")


def _texts(name: str, schema: Schema, shapes: Shapes) -> list[str]:
    """The property, and what stands in the element around it with it, that is the element's text."""
    node, shape = _node(name, schema, shapes), shapes.of(schema)
    within = shape.properties.items() if node == "none" else ()
    return [name] * (node in _TEXTS) + [inner for inner, found in within if shapes.of(*found).node in _TEXTS]


def _node(name: str, schema: Schema, shapes: Shapes) -> str:
    """The `nodeType` of a property or item. Raises ValueError where it is not read here."""
    shape = shapes.of(schema)
    options = shapes.alternatives(shape) or (shape,)
    flat = [option for option in options if option.flat]
    if shape.node == "none" and not flat and _is_scalar(options):
        raise ValueError(f"the nodeType none of {name!r} is for an object or an array")
    if any(shapes.of(one).node in _TEXTS for option in flat for one in option.first):
        raise ValueError(f"texts in the prefixItems of {name!r} are read where its nodeType is element")
    if shape.node in _TEXTS and not _is_scalar(options):
        raise ValueError(f"the nodeType {shape.node} of {name!r} is for a string, a number or a boolean")
    return "" if flat else shape.node


def root_member(shapes: Shapes, name: str, schema: Schema) -> Member:
    """The element that is a document's root. Raises ValueError for a `$ref` that leads nowhere."""
    shape = shapes.of(schema)
    return _element(name, shape.xml, ((("", "")),), (shape,))


def display_name(tag: str, main: str, form: str = "<{}>") -> str:
    """The name of an element for messages, with its namespace where it is not the main one."""
    namespace, _, local = tag.rpartition("}")
    beside = f" of the namespace {namespace[1:]}" if namespace else " without a namespace"
    return form.format(local) + (beside if namespace[1:] != main else "")


def loose(shape: Shape) -> bool:
    """Whether values of the shape are read by what they look like, for want of a schema that says more."""
    return shape.possible and not shape.known and not shape.groups


def _leaf(key: str, shape: Shape, scope: Scope, attribute: bool = False) -> Member:
    """A text, or else an element or attribute."""
    if shape.node in _TEXTS:
        return Member(key, "#text", "", "", scope, (shape,), text=True)
    return _element(key, shape.xml, scope, (shape,), attribute)


def _element(key: str, xml: Any, scope: Scope, shapes: tuple[Shape, ...], attribute: bool = False) -> Member:
    around = dict(scope)
    stated = (xml.get(word) for word in ("name", "prefix", "namespace"))
    name, prefix, namespace = (text if isinstance(text, str) else "" for text in stated)
    name = "" if xml.get("nodeType") == "none" else name
    prefix = prefix if is_name(prefix) and (namespace or prefix in around) else ""
    if attribute:
        found = namespace or around[prefix] if prefix else ""
        return Member(key, name or key, found, prefix, scope, shapes, True)
    found = namespace or around.get(prefix, "")
    inner = tuple(sorted({**around, prefix: found}.items()))
    return Member(key, name or key, found, prefix, inner, shapes)
