"""What is well-formed: a parser's word, and where parsers differ, what is done; the value against a plain walk of lxml's tree."""

from __future__ import annotations

import re
from collections import Counter
from pyexpat import ExpatError, ParserCreate
from typing import Any

import pytest
from lxml import etree
from support.xml_mutants import documents

from toolkit.xml.codec import XmlCodec
from toolkit.xml.parse import declared_encoding, is_name, parse_fault

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "i": {"type": "integer", "xml": {"attribute": True}},
        "n": {"type": "integer"},
        "s": {"type": "string"},
        "t": {"type": "array", "items": {"type": "string"}},
    },
}
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@pytest.mark.parametrize("space", ["\u00a0", "\u0085", "\u2003", "\u3000"])
def test_only_white_space_of_xml_divides_a_declaration(space: str) -> None:
    body = f'<?xml version="1.0"{space}encoding="utf-8"?><r><s>x</s></r>'.encode()
    assert [fault.rule for fault in XmlCodec.compile(SCHEMA, "r").read(body).faults] == ["xml-syntax"]


def test_names_that_xml_does_not_allow_are_refused() -> None:
    refused = [chr(code) for code in range(0x80, 0x3100) if not _is_expats(f"<a{chr(code)}/>") and chr(code).isalnum()]
    assert {"\u00aa", "\u00b2", "\u00b5"} <= set(refused)
    codec = XmlCodec.compile(SCHEMA, "r")
    for letter in refused:
        body = f"<r><a{letter}>1</a{letter}></r>".encode()
        assert [fault.rule for fault in codec.read(body).faults] == ["xml-syntax"], letter
        assert not is_name("a" + letter)


def _is_expats(text: str) -> bool:
    return _expat(text.encode())


def _expat(body: bytes) -> bool:
    try:
        ParserCreate(None, "}").Parse(body, True)
    except (ExpatError, ValueError, LookupError):
        return False
    return True


def _lxml(body: bytes) -> Any:
    """The root of the tree; None if there is none."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _difference(body: bytes, lxml: bool, rule: str) -> tuple[str, bool]:
    """Why lxml and expat, or we and both of them, differ, and whether a document is accepted then."""
    declared = declared_encoding(body)
    if rule == "body-undecodable" and declared:
        return "a declaration that contradicts the bytes is forgiven by lxml, and by expat for ISO-8859-1", False
    if "2.0" in body[:60].decode("latin-1").replace("\0", ""):
        return "expat reads XML 2.0, which there is not; lxml does not", False
    if lxml and declared == "gbk":
        return "expat does not know charsets of several bytes; lxml does", True
    if lxml and "\ufeff" in body.decode("utf-8", "replace"):
        return "names by the fifth edition of XML 1.0 (lxml), by the fourth (expat)", False
    if not lxml and rule and "\u00b5" in body.decode("latin-1"):
        return "expat allows the letters U+00AA, U+00B5 and U+00BA in names, but in UTF-8", False
    if not lxml and b"\0" in body[:2]:
        return "UTF-16 without a byte order mark is read by expat, not by lxml", True
    raise AssertionError(f"no reason is known for {body!r} ({rule})")


@pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_documents_are_well_formed_as_parsers_say_and_read_as_their_tree_is(count: int) -> None:
    codec, seen = XmlCodec.compile(SCHEMA, "r"), Counter[str]()
    for body in documents(count):
        read, root, expat = codec.read(body), _lxml(body), _expat(body)
        rules = {fault.rule for fault in read.faults}
        accepted, lxml = read.readable or rules == {"xml-structure"}, root is not None
        assert accepted == (parse_fault(body) is None)
        if accepted == lxml == expat:
            seen["accepted" if accepted else "refused"] += 1
        else:
            why, expected = _difference(body, lxml, "".join(rules))
            assert accepted == expected, (why, body)
            seen[why] += 1
        if root is not None and read.readable and not read.faults:
            assert read.value == walked(root), body
            seen["values"] += 1
    assert len(seen) == 3 + 6 or count < 20_000, seen
    assert min(seen["accepted"], seen["refused"], seen["values"]) > count // 10, seen


def walked(root: Any) -> dict[str, Any] | None:
    """The value of an lxml tree by SCHEMA."""
    if _is_nil(root):
        return None
    value: dict[str, Any] = {"i": _integer(root.get("i"))} if root.get("i") is not None else {}
    for child in root:
        name, text = etree.QName(child).localname, None if _is_nil(child) else child.text or ""
        if child.tag == "n":
            value["n"] = text if text is None else _integer(text)
        elif child.tag == "s":
            value["s"] = text
        elif child.tag == "t":
            value.setdefault("t", []).append(text)
        else:
            _add(value, name, _guessed(child))
    return value


def _guessed(element: Any) -> Any:
    if _is_nil(element):
        return None
    value: dict[str, Any] = {}
    for child in element:
        _add(value, etree.QName(child).localname, _guessed(child))
    return value or element.text or ""


def _add(value: dict[str, Any], name: str, found: Any) -> None:
    """Siblings of one name make a list."""
    if name not in value:
        value[name] = found
    elif isinstance(value[name], list):
        value[name].append(found)
    else:
        value[name] = [value[name], found]


def _is_nil(element: Any) -> bool:
    return element.get(NIL) in ("true", "1")


def _integer(text: str) -> int | str:
    return int(text) if re.fullmatch("-?(0|[1-9][0-9]*)", text) else text
