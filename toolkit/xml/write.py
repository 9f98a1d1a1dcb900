"""Values -> XML text, by the grammar of a schema. A value that is not of its schema is written as it looks."""

from __future__ import annotations

from math import isfinite
from typing import Any

from toolkit.schema.shape import Shape
from toolkit.xml.names import Grammar, Member, Scope
from toolkit.xml.parse import FORBIDDEN_CHARACTER, XSI, is_name

_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


def document(grammar: Grammar, value: Any) -> bytes:
    """A whole document in UTF-8. Raises ValueError for what XML 1.0 or JSON cannot carry."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    try:
        _element(out, grammar, grammar.root, value, (("", ""),))
    except RecursionError:
        raise ValueError("The value is nested too deep for XML") from None
    return "".join(out).encode()


def _element(out: list[str], grammar: Grammar, member: Member, value: Any, around: Scope) -> None:
    name = opening = _name(member)
    if dict(around).get(member.prefix, "") != member.namespace:
        opening += _declaration(member)
    if value is None:
        out.append(f'<{opening} xmlns:xsi="{XSI}" xsi:nil="true"></{name}>')
        return
    attributes, content = _parts(grammar, member, value)
    out += [f"<{opening}{attributes}>", *content, f"</{name}>"]


def _parts(grammar: Grammar, member: Member, value: Any) -> tuple[str, list[str]]:
    """The attributes of an element, and what stands in it."""
    shape, attributes, out = grammar.choose_shape(member.shapes, value), "", list[str]()
    if isinstance(value, dict):
        for one, found in [(_known(grammar, shape, key, member.scope), found) for key, found in value.items()]:
            if one.inline and found is not None:
                more, content = _parts(grammar, one, found)
                attributes += more
                out += content
            elif one.attribute:
                attributes += _attribute(one, found, member.scope)
            elif one.text:
                out.append("" if found is None else text_of(found, one.shapes[0]).translate(_IN_TEXT))
            elif not one.inline:
                _elements(out, grammar, one, found, member.scope)
    elif isinstance(value, list):
        item = grammar.item(shape, member.name, member.scope)
        ahead = grammar.ahead(shape, member.name, member.scope)
        for index, found in enumerate(value):
            here = ahead[index] if index < len(ahead) else item
            if here.text:
                out.append(text_of(found, here.shapes[0]).translate(_IN_TEXT))
            else:
                _element(out, grammar, here, found, member.scope)
    else:
        out.append(text_of(value, shape).translate(_IN_TEXT))
    return attributes, out


def _elements(out: list[str], grammar: Grammar, member: Member, value: Any, around: Scope) -> None:
    """One element, or one for each item of a list that has none around it."""
    shapes = (shape for whole in member.shapes for shape in grammar.alternatives(whole) or (whole,))
    is_beside = member.repeated or not any("array" in one.types and one.known for one in shapes)
    for one in value if isinstance(value, list) and is_beside else [value]:
        _element(out, grammar, member, one, around)


def _known(grammar: Grammar, shape: Shape, key: str, scope: Scope) -> Member:
    """The property of that name; one that the schema leaves no room for is written as it looks."""
    found = grammar.properties(shape, scope).get(key) or grammar.unknown(shape, key, scope)
    return found or Member(key, key, dict(scope).get("", ""), "", scope, (grammar.shapes.of(True),))


def _attribute(member: Member, value: Any, around: Scope) -> str:
    if value is None:
        return ""
    declared = dict(around).get(member.prefix) == member.namespace or not member.prefix
    declaration = "" if declared else _declaration(member)
    return f'{declaration} {_name(member)}="{text_of(value, member.shapes[0]).translate(_IN_ATTRIBUTE)}"'


def _declaration(member: Member) -> str:
    attribute = f"xmlns:{member.prefix}" if member.prefix else "xmlns"
    return f' {attribute}="{_carried(member.namespace).translate(_IN_ATTRIBUTE)}"'


def _name(member: Member) -> str:
    if not is_name(member.name):
        raise ValueError(f"The property name {member.name!r} is not a name in XML")
    return f"{member.prefix}:{member.name}" if member.prefix else member.name


def _carried(text: str) -> str:
    found = FORBIDDEN_CHARACTER.search(text)
    if found:
        raise ValueError(f"XML 1.0 cannot carry the character U+{ord(found[0]):04X}")
    return text


def text_of(value: Any, shape: Shape) -> str:
    """A scalar's text. Raises ValueError for characters and numbers that cannot be carried."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"JSON has no number {value!r}")
        integral = "integer" in shape.types and "number" not in shape.types and value.is_integer()
        return str(int(value)) if integral else repr(value)
    return _carried(value) if isinstance(value, str) else str(value)
