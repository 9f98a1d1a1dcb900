"""XML Objects that clash, or that say what XML cannot have (OpenAPI 3.1, section 4.8.26)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from toolkit.document.pointers import object_at
from toolkit.review.checks.schemas import bundled, shape_at
from toolkit.review.survey import Mistake, Site, Survey
from toolkit.schema.bundle import objects_in
from toolkit.schema.shape import SCALARS
from toolkit.wire import media_type
from toolkit.wire.urlencoded import split_url
from toolkit.xml.names import Grammar, Member
from toolkit.xml.parse import is_name


def unusable(survey: Survey) -> Iterator[Mistake]:
    for site in survey.of("xml"):
        yield from _of_object(site)
        yield from _of_value(site, survey)
    yield from _roots(survey)
    for site in survey.of("schema"):
        if "xml" in survey.used[site.node.key]:
            yield from _of_schema(site)


def _of_object(site: Site) -> Iterator[Mistake]:
    """The fields of an XML Object, each by itself."""
    value = site.node.value
    name, prefix, namespace = value.get("name"), value.get("prefix"), value.get("namespace")
    own = site.parent.node.tokens[-1] if site.parent and value.get("attribute") is True else ""
    if (name or own) == "xmlns" or str(name or own).startswith("xmlns:"):
        message = f"{name or own!r} is no attribute: it declares a namespace, and no reader sees it as a value"
        cure = "remove the property, and write `namespace` and `prefix` into the xml object of the schema around it"
        yield site.mistake(message, cure)
    elif name is not None and not (isinstance(name, str) and is_name(name)):
        message = f"{name!r} is no name of an XML element or attribute"
        yield site.mistake(message, "write a name without a colon or space", "name")
    if prefix is not None and not (isinstance(prefix, str) and is_name(prefix)):
        yield site.mistake(f"{prefix!r} is no prefix of XML", "write a name without a colon or space", "prefix")
    elif prefix and not namespace and not _is_declared(site, prefix):
        message = f"the prefix {prefix!r} has no namespace here, nor in a schema around it"
        yield site.mistake(message, "give its `namespace` beside it", "prefix")
    if namespace is not None and not (isinstance(namespace, str) and split_url(namespace).scheme):
        message = f"the namespace {namespace!r} is no absolute URI"
        yield site.mistake(message, "write a URI such as https://example.com/ns", "namespace", mild=bool(namespace))


def _of_schema(site: Site) -> Iterator[Mistake]:
    """What no XML stands for in a schema of bodies in XML: names of properties, attributes and lists within a list."""
    for name in site.map("properties"):
        own_xml = object_at(object_at(site.map("properties"), name), "xml")
        is_node = "name" not in own_xml and own_xml.get("nodeType") not in ("none", "text", "cdata")
        if is_node and not is_name(str(name)):
            message = f"{str(name)!r} is no name of an XML element, so no body in XML has the property"
            yield site.mistake(message, "give it an `xml.name`", "properties", str(name), mild=True)
    items = site.map("items")
    if object_at(items, "xml").get("attribute") is True:
        message = "items of a list are no attributes: an element has each attribute once"
        yield site.mistake(message, "remove `attribute`", "items", "xml", "attribute")
    flat = [object_at(one, "xml").keys() & {"wrapped", "nodeType"} == set() for one in (site.node.value, items)]
    if site.node.value.get("type") == "array" == items.get("type") and all(flat):
        message = "lists within a list have no elements of their own, so that readers take them for one list"
        yield site.mistake(message, "write `xml: {wrapped: true}` in `items`", "items", mild=True)


def _roots(survey: Survey) -> Iterator[Mistake]:
    """Schemas of whole bodies that no root element can be of: lists without an element, and attributes."""
    for site in survey.of("media"):
        if media_type.kind(site.own) != "xml" or not site.map("schema"):
            continue
        shape = shape_at(site.part("schema"), survey)
        if shape.types == {"array"} and shape.flat:
            message = "a body in XML is one element, and the schema is a list without an element around it"
            yield site.mistake(message, "write `xml: {wrapped: true}` there", "schema", "type", mild=True)
        elif shape.node == "attribute":
            message = "a body in XML is one element, and the schema is an attribute"
            yield site.mistake(message, "remove `attribute`", "schema", "xml", mild=True)


def _is_declared(site: Site, prefix: str) -> bool:
    """Whether a schema around declares the prefix, or one in another place that may refer to this one."""
    around = [one.map("xml") for one in site.around if one.kind == "schema"]
    if any(one.get("prefix") == prefix and one.get("namespace") for one in around[1:]):
        return True
    parent = site.parent
    while parent and parent.parent and parent.parent.kind == "schema":
        parent = parent.parent
    if parent is None or "schemas" not in parent.node.tokens[-2:-1]:
        return False
    everywhere = objects_in([site.node.files.tree(path) for path in list(site.node.files.trees)])
    return any(one.get("prefix") == prefix and one.get("namespace") for one in everywhere)


def _of_value(site: Site, survey: Survey) -> Iterator[Mistake]:
    """`attribute` and `wrapped` where the value of the schema cannot be one."""
    value = site.node.value
    if not site.parent or not ({"attribute", "wrapped", "name", "nodeType"} & {key for key in value if value[key]}):
        return
    shape = shape_at(site.parent.node, survey)
    types = shape.types - {"null"} if shape.stated else frozenset[str]()
    if (value.get("attribute") is True or value.get("nodeType") == "attribute") and types and not types & SCALARS:
        what = " or ".join(sorted(types))
        message = f"an attribute holds a scalar, and the value is an {what}, which becomes an element"
        yield site.mistake(message, "remove `attribute`", "attribute" if "attribute" in value else "nodeType")
    is_element, around = value.get("wrapped") or "nodeType" in value, site.parent.node.tokens[-2:-1]
    if value.get("wrapped") is True and types and "array" not in types:
        message = "`wrapped` is about an array, and says nothing here"
        yield site.mistake(message, "remove `wrapped`, or move it to the array", "wrapped")
    elif value.get("name") and not is_element and types == {"array"} and around == ("properties",):
        message = "a list without an element of its own has no name, so this one is passed over (OpenAPI, XML Object)"
        cure = "move `name` to the xml object of `items`, or add `wrapped: true`"
        yield site.mistake(message, cure, "name", mild=True)


def clashes(survey: Survey) -> Iterator[Mistake]:
    """Properties of one object that have the same attribute or element."""
    for site in survey.of("schema"):
        used = survey.used[site.node.key]
        is_meant = "xml" in used or (not used and "xml" in repr(site.map("properties")))
        is_object = is_meant and (site.map("properties") or site.list("allOf")) and site.whole is site
        try:
            grammar = Grammar.of(found.schema, "root") if is_object and (found := bundled(site.node, survey)) else None
        except ValueError as error:  # of the nodeTypes of OpenAPI 3.2
            kinds = {name: object_at(one, "xml").get("nodeType") for name, one in site.map("properties").items()}
            texts = [name for name, kind in kinds.items() if kind in ("text", "cdata")]
            for name in texts[1:2]:
                yield site.mistake(f"{error}", "make an element of one", "properties", name, "xml")
            continue
        seen: dict[str, str] = {}
        spaces: dict[str, str] = {}
        members = grammar.properties(grammar.shapes.of(grammar.shapes.bundle), ()) if grammar else {}
        for name, one in members.items():
            what = "place, that of text" if one.text else "attribute" if one.attribute else "element"
            key = what if one.text else "" if one.inline else one.tag
            if key in seen:
                its = "the text of the element around them" if one.text else one.name
                message = f"{name!r} and {seen[key]!r} have the same {what}, {its}, so XML cannot tell them apart"
                keys = ("properties", name, "xml", "name") if name in site.map("properties") else ("allOf",)
                mild = any(_is_by_reference(site, other, members) for other in (name, seen[key]))  # readers differ
                yield site.mistake(message, "give one of them another `xml.name`", *keys, mild=mild)
            seen |= {key: name} if key and key not in seen else {}
            prefix = f"{one.prefix}:" if one.attribute and one.prefix else ""
            if prefix and spaces.setdefault(prefix, one.namespace) != one.namespace:
                message = f"the prefix {one.prefix!r} of one element stands for {spaces[prefix]!r}, too"
                yield site.mistake(message, "give one of the attributes another prefix", "properties", name, "xml")


def _is_by_reference(site: Site, name: str, members: Mapping[str, Member]) -> bool:
    """Whether a property has the name of its element by the schema that it refers to."""
    own = site.map("properties").get(name, {})
    return members[name].name != name and "$ref" in own and "xml" not in own
