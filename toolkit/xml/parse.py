"""Bytes -> the tree of an XML document, safely: in the encoding declared, without document type, bounded in size and depth.

expat alone says what is well-formed (XML 1.0, Namespaces in XML 1.0): names, characters, references, declaration. The tree is that of ElementTree:
comments and processing instructions are gone, references and CDATA sections are resolved, names are `{namespace}local`.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from contextlib import suppress
from functools import lru_cache
from pyexpat import ExpatError, ParserCreate
from xml.etree.ElementTree import Element, ParseError, XMLParser

from toolkit.document.encodings import byte_order_mark, charset_of, is_single_byte
from toolkit.verdict import Fault

MAX_BYTES = 64 << 20
MAX_TAGS = 2_000_000
MAX_PIECES = 8_000_000
"""Lines and references: the parser makes each a string of its own."""
MAX_DEPTH = 128
XSI = "http://www.w3.org/2001/XMLSchema-instance"
FORBIDDEN_CHARACTER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot carry, not even by reference (section 2.2)."""

_LONGEST_KEPT = 200  # bytes of the beginning of a document that are remembered
_DECLARE = "declare the encoding that the bytes are in; UTF-8 is the default"


class UnreadableXml(Exception):
    """The bytes are no XML document that is accepted."""

    def __init__(self, rule: str, message: str, line: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.fault = Fault(rule, message, "", line, hint)


def as_utf_8(body: bytes, stated: str | None = None) -> bytes:
    """The document in UTF-8, for `parse`; a body in UTF-8 is passed on as it is, unchecked. Raises UnreadableXml. `stated` is the codec of the
    charset that the Content-Type names: without a byte order mark it is the one that counts, whatever the document declares (RFC 7303, section 3)."""
    if len(body) > MAX_TAGS and _is_too_large(body):
        limit = f"the limit is {MAX_BYTES >> 20} MiB, {MAX_TAGS:,} tags, {MAX_PIECES:,} lines and references"
        raise UnreadableXml("xml-forbidden", f"The XML is too large ({len(body):,} bytes)", 1, limit)
    charset, start = _charset(body, stated)
    if charset == "utf-8":
        return body
    try:
        return body[start:].decode(charset).encode()
    except UnicodeDecodeError as error:
        raise _undecodable(body, charset, start + error.start) from None


def decoded(body: bytes, stated: str | None = None) -> str:
    """The document as text, without byte order mark. Raises UnreadableXml."""
    text = as_utf_8(body, stated)
    _check_utf_8(text)
    return text.decode("utf-8-sig")


def parse(text: bytes) -> Element:
    """The root of a document in UTF-8, whatever it declares. Its depth is not checked. Raises UnreadableXml."""
    if b"!" in text and b"<!DOCTYPE" in text:  # perhaps only in a comment
        line_numbers(text)  # raises if there are entities
    parser = XMLParser(encoding="utf-8")
    try:
        parser.feed(text)
        return parser.close()
    except ParseError as error:
        line_numbers(text)  # raises too, and says more
        raise UnreadableXml("xml-syntax", str(error), error.position[0]) from None


def line_numbers(text: bytes) -> array[int]:
    """The line of each start tag of a document in UTF-8. Raises UnreadableXml, also for more than MAX_DEPTH levels."""
    parser = ParserCreate("utf-8", "}")
    lines = array("I")
    depth = 0

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            message = f"The XML is nested more than {MAX_DEPTH} levels deep"
            raise UnreadableXml("xml-forbidden", message, parser.CurrentLineNumber)
        lines.append(parser.CurrentLineNumber)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_: object) -> None:
        message = "The XML has a document type declaration with entities, which are never read"
        raise UnreadableXml("xml-forbidden", message, parser.CurrentLineNumber, "remove <!DOCTYPE ...>")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = parser.SkippedEntityHandler = entity
    try:
        parser.Parse(text, True)
    except ExpatError as error:
        _check_utf_8(text)
        cut = "it ends before all elements are closed" if depth else "it has no element"
        reason = str(error).replace("no element found", cut)
        message = f"The body is not well-formed XML: {reason}" if text.strip() else "The body is empty"
        looks = text[:100].lstrip()[:1]
        hint = "it looks like JSON: send XML, or the Content-Type of JSON" if looks in (b"{", b"[") else ""
        raise UnreadableXml("xml-syntax", message, error.lineno, hint) from None
    finally:
        parser.StartElementHandler = parser.EndElementHandler = None
        parser.EntityDeclHandler = parser.SkippedEntityHandler = None
    return lines


def document_type(text: bytes) -> tuple[Fault, ...]:
    """The fault of a well-formed document in UTF-8 that has a document type declaration: a warning; () without one."""
    if b"<!DOCTYPE" not in text:
        return ()
    lines: list[int] = []
    parser = ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = lambda *_: lines.append(parser.CurrentLineNumber)
    with suppress(ExpatError):
        parser.Parse(text, True)
    parser.StartDoctypeDeclHandler = None
    message = "The XML has a document type declaration, which is not read"
    return tuple(Fault("xml-doctype", message, "", line, "remove <!DOCTYPE ...>") for line in lines)


def parse_fault(body: bytes, stated: str | None = None) -> Fault | None:
    """Why a body is no XML document that is accepted, whatever its schema; None if it is one."""
    try:
        line_numbers(as_utf_8(body, stated))
    except UnreadableXml as error:
        return error.fault
    return None


def whole_document(text: bytes) -> tuple[bytes, set[str]]:
    """A document whose end is lost, as far as its elements are whole, with an end, and the XPaths of those that are open there; b"" where
    there is none."""
    parser = ParserCreate()
    levels: list[tuple[str, str, int]] = []  # of open elements: name, step of the XPath, and where each begins
    # Of those within: where the last one ends, and how many there are of each name.
    ends, counts = [0], [Counter[str]()]

    def start(name: str, _: object) -> None:
        counts[-1][name] += 1
        number = counts[-1][name]
        levels.append((name, name.rpartition(":")[2] + (f"[{number}]" if number > 1 else ""), parser.CurrentByteIndex))
        ends.append(0)
        counts.append(Counter())

    def end(_: str) -> None:
        at = parser.CurrentByteIndex
        for kept in (levels, ends, counts):
            kept.pop()
        ends[-1] = text.find(b">", at) + 1 if text.startswith(b"</", at) else at  # behind an element that is one tag

    parser.StartElementHandler, parser.EndElementHandler = start, end
    with suppress(ExpatError):
        parser.Parse(b"" if b"<!DOCTYPE" in text else text, False)
    cut = ends[-1] or (levels.pop()[2] if levels else 0)
    if not levels or len(levels) > MAX_DEPTH or not any(ends):
        return b"", set()
    steps = [step for _, step, _ in levels]
    closing = "".join(f"</{name}>" for name, _, _ in reversed(levels)).encode()
    places = {"/" + "/".join(steps[: count + 1]) for count in range(len(steps))}
    return text[:cut] + closing, places


def declared_encoding(body: bytes) -> str:
    """The encoding that the XML declaration names; "" if it names none."""
    return _declaration(_head(body), *_announced(body))[1]


@lru_cache(maxsize=4096)
def is_name(name: str) -> bool:
    """Whether XML allows an element or attribute of this name (NCName: no colon); `xmlns` declares a namespace."""
    found: list[str] = []
    parser = ParserCreate("utf-8")
    parser.StartElementHandler = lambda tag, _: found.append(tag)
    try:
        parser.Parse(f"<{name}/>".encode(), True)
    except (ExpatError, UnicodeEncodeError):
        return False
    return found == [name] and ":" not in name and name != "xmlns"


def _is_too_large(body: bytes) -> bool:
    pieces = sum(map(body.count, (b"\n", b"\r", b"&")))
    return len(body) > MAX_BYTES or body.count(b"<") > MAX_TAGS or pieces > MAX_PIECES


def _charset(body: bytes, stated: str | None) -> tuple[str, int]:
    """The charset of a document, and the length of its byte order mark. Raises UnreadableXml."""
    if stated:
        found, start = _announced(body)
        if not found and stated != "utf-8":
            _check_single_byte(body, stated, stated)
        return found or stated, start
    head = _head(body)
    charset, start, declared = _charset_by(head) if len(head) <= _LONGEST_KEPT else _charset_by.__wrapped__(head)
    if declared:
        _check_single_byte(body, charset, declared)
    return charset, start


def _head(body: bytes) -> bytes:
    """The beginning of a document, with the whole of its declaration."""
    return body[: body.find(b">") + 2]


@lru_cache(maxsize=256)
def _charset_by(head: bytes) -> tuple[str, int, str]:
    """The charset by byte order mark and declaration, which must not contradict each other; the mark's length; and the
    name declared, if only that speaks for the charset."""
    found, start = _announced(head)
    version, declared = _declaration(head, found, start)
    if not (version.startswith("1.") and version[2:].isdecimal() and version.isascii()):  # expat accepts any
        message = f"The body is declared to be XML {version[:20]}, which does not exist"
        raise UnreadableXml("xml-syntax", message, 1, "declare version 1.0")
    charset = charset_of(declared) if declared else "utf-8"
    if charset is None:
        message = f"The declared encoding {declared!r} is unknown"
        raise UnreadableXml("body-undecodable", message, 1, _DECLARE)
    wide = charset.startswith(("utf-16", "utf-32"))
    if declared and (charset not in (found, found[:6]) if found else wide):
        message = f"The declared encoding {declared!r} is not that of the bytes, {found or 'utf-8'}"
        raise UnreadableXml("body-undecodable", message, 1, _DECLARE)
    return found or charset, start, declared if not found and charset != "utf-8" else ""


def _announced(body: bytes) -> tuple[str | None, int]:
    """The charset that a byte order mark or a zero byte shows (XML 1.0, appendix F), and the mark's length."""
    if b"\0" in body[:2]:
        return "utf-16-be" if body[:1] == b"\0" else "utf-16-le", 0
    return byte_order_mark(body)


def _declaration(head: bytes, found: str | None, start: int) -> tuple[str, str]:
    """Version and encoding of an XML declaration; "1.0" and "" if there is none, or an ill-formed one."""
    declared = [("1.0", "")]
    parser = ParserCreate("utf-8")
    parser.XmlDeclHandler = lambda version, encoding, _: declared.append((version or "", encoding or ""))
    with suppress(ExpatError):  # there is no whole element
        parser.Parse(head[start:].decode(found or "utf-8", "replace").encode(), True)
    return declared[-1]


def _check_single_byte(body: bytes, charset: str, declared: str) -> None:
    """Any bytes decode as a single-byte charset; non-ASCII bytes that are valid UTF-8 are mislabelled."""
    if body.isascii() or not is_single_byte(charset):
        return
    with suppress(UnicodeDecodeError):
        body.decode("utf-8")
        message = f"The bytes are UTF-8, not in the encoding declared, {declared}"
        raise UnreadableXml("body-undecodable", message, 1, _DECLARE)


def _check_utf_8(text: bytes) -> None:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _undecodable(text, "utf-8", error.start) from None


def _undecodable(body: bytes, encoding: str, offset: int) -> UnreadableXml:
    found = body[offset : offset + 4].hex(" ")
    message = f"The bytes are not in the encoding {encoding}: {found} at offset {offset}"
    return UnreadableXml("body-undecodable", message, body.count(b"\n", 0, offset) + 1, _DECLARE)
