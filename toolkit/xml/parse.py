"""Bytes -> the tree of an XML document, safely: in the encoding declared, without document type, bounded in size and depth.

expat alone says what is well-formed (XML 1.0, Namespaces in XML 1.0): names, characters, references, declaration.
The tree is that of ElementTree: comments and processing instructions are gone, references and CDATA sections are
resolved, names are `{namespace}local`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from pyexpat import ExpatError, ParserCreate
from xml.etree.ElementTree import Element, ParseError, XMLParser

MAX_BYTES = 64 << 20
MAX_TAGS = 2_000_000
MAX_DEPTH = 128
XSI = "http://www.w3.org/2001/XMLSchema-instance"
FORBIDDEN_CHARACTER = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, not even by reference (section 2.2)."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SINGLE_BYTE = re.compile(r"iso-?8859-\d+|latin-?1|windows-125\d|cp125\d|koi8-[ru]|(us-)?ascii", re.IGNORECASE)
_MULTI_BYTE = re.compile(r"gbk|gb2312|gb18030|big5|shift[_-]jis|euc-(jp|kr)|iso-2022-(jp|kr)", re.IGNORECASE)
_UNICODE = re.compile(r"utf-?(8|16)(-?(le|be))?", re.IGNORECASE)
_LONGEST_KEPT = 200  # bytes of a declaration that is remembered
_DECLARE = "declare the encoding that the bytes are in; UTF-8 is the default"


class UnreadableXml(Exception):
    """The bytes are no XML document that is accepted: `rule` of the table of rules, message, line, hint."""

    def __init__(self, rule: str, message: str, line: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.rule, self.message, self.line, self.hint = rule, message, line, hint


def as_utf_8(body: bytes) -> bytes:
    """The document in UTF-8, for `parse`; a body in UTF-8 is passed on as it is, unchecked. Raises UnreadableXml."""
    if len(body) > MAX_BYTES or (len(body) > MAX_TAGS and body.count(b"<") > MAX_TAGS):
        limit = f"the limit is {MAX_BYTES >> 20} MiB and {MAX_TAGS:,} tags"
        raise UnreadableXml("xml-forbidden", f"The XML is too large ({len(body):,} bytes)", 1, limit)
    encoding, start = _encoding(body)
    if encoding == "utf-8":
        return body
    try:
        return body[start:].decode(encoding).encode()
    except UnicodeDecodeError as error:
        raise _undecodable(body, encoding, start + error.start) from None


def decoded(body: bytes) -> str:
    """The document as text, without byte order mark. Raises UnreadableXml."""
    text = as_utf_8(body)
    _check_utf_8(text)
    return text.decode("utf-8-sig")


def parse(text: bytes) -> Element:
    """The root of a document in UTF-8, whatever it declares. Its depth is not checked. Raises UnreadableXml."""
    if b"<!DOCTYPE" in text:  # perhaps only in a comment
        line_numbers(text)
    parser = XMLParser(encoding="utf-8")
    try:
        parser.feed(text)
        return parser.close()
    except ParseError as error:
        line_numbers(text)  # raises too, and says more
        raise UnreadableXml("xml-syntax", str(error), error.position[0]) from None


def line_numbers(text: bytes) -> list[int]:
    """The line of each start tag of a document in UTF-8. Raises UnreadableXml, also for more than MAX_DEPTH levels."""
    parser = ParserCreate("utf-8", "}")
    lines: list[int] = []
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

    def document_type(*_: object) -> None:
        message = "The XML has a document type declaration, which is never read"
        raise UnreadableXml("xml-forbidden", message, parser.CurrentLineNumber, "remove <!DOCTYPE ...>")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = document_type
    try:
        parser.Parse(text, True)
    except ExpatError as error:
        _check_utf_8(text)
        message = f"The body is not well-formed XML: {error}" if text.strip() else "The body is empty"
        raise UnreadableXml("xml-syntax", message, error.lineno) from None
    finally:
        parser.StartElementHandler = parser.EndElementHandler = parser.StartDoctypeDeclHandler = None
    return lines


def declared_encoding(body: bytes) -> str:
    """The encoding that the XML declaration names; "" if it names none."""
    return _announced(body)[3]


@lru_cache(maxsize=4096)
def is_name(name: str) -> bool:
    """Whether XML allows an element or attribute of this name (NCName: no colon)."""
    found: list[str] = []
    parser = ParserCreate("utf-8")
    parser.StartElementHandler = lambda tag, _: found.append(tag)
    try:
        parser.Parse(f"<{name}/>".encode(), True)
    except (ExpatError, UnicodeEncodeError):
        return False
    return found == [name] and ":" not in name


def _encoding(body: bytes) -> tuple[str, int]:
    """The encoding by byte order mark and declaration, which must not contradict each other; the mark's length."""
    found, start, version, declared = _announced(body)
    if not version.startswith("1."):  # expat accepts any
        message = f"The body is declared to be XML {version[:20]}, which does not exist"
        raise UnreadableXml("xml-syntax", message, 1, "declare version 1.0")
    if not declared or declared.lower() == (found or "utf-8"):
        return found or "utf-8", start
    if found and _UNICODE.fullmatch(declared) and _family(declared, found):
        return found, start
    if found is None and _family(declared, "utf-8"):
        return "utf-8", start
    if found is None and (_MULTI_BYTE.fullmatch(declared) or _SINGLE_BYTE.fullmatch(declared)):
        _refute(body, declared)
        return declared, start
    known = any(names.fullmatch(declared) for names in (_UNICODE, _SINGLE_BYTE, _MULTI_BYTE))
    wrong = f"not that of the bytes, {found or 'utf-8'}" if known else "unknown"
    raise UnreadableXml("body-undecodable", f"The declared encoding {declared!r} is {wrong}", 1, _DECLARE)


def _announced(body: bytes) -> tuple[str | None, int, str, str]:
    """The encoding that a byte order mark or a zero byte shows (XML 1.0, appendix F), the mark's length, and version
    and encoding declared."""
    head = body[:3]
    found, start = next(((name, len(mark)) for mark, name in _MARKS if head.startswith(mark)), (None, 0))
    if not found and b"\0" in head[:2]:
        found = "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    if found in (None, "utf-8"):
        if not body.startswith(b"<?xml", start):
            return found, start, "1.0", ""
        declaration = body[start : body.find(b">", start) + 1]
    else:
        declaration = body[start : body.find(b">", start) + 2].decode(found, "replace").encode()
    read = _declaration if len(declaration) <= _LONGEST_KEPT else _declaration.__wrapped__
    return found, start, *read(declaration)


@lru_cache(maxsize=256)
def _declaration(text: bytes) -> tuple[str, str]:
    """Version and encoding of an XML declaration; "1.0" and "" for what is none, or an ill-formed one."""
    found = [("1.0", "")]
    parser = ParserCreate("utf-8")
    parser.XmlDeclHandler = lambda version, encoding, _: found.append((version or "", encoding or ""))
    with suppress(ExpatError):  # there is no element
        parser.Parse(text, True)
    return found[-1]


def _family(declared: str, found: str) -> bool:
    """Whether the declared name is one for the encoding found: UTF-16 names either byte order."""
    plain = declared.lower().replace("-", "")
    return found.replace("-", "") in (plain, plain + "le", plain + "be")


def _refute(body: bytes, declared: str) -> None:
    """Any bytes decode as a single-byte charset; non-ASCII bytes that are valid UTF-8 are mislabelled."""
    if body.isascii() or not _SINGLE_BYTE.fullmatch(declared):
        return
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return
    message = f"The bytes are UTF-8, not in the encoding declared, {declared}"
    raise UnreadableXml("body-undecodable", message, 1, _DECLARE)


def _check_utf_8(text: bytes) -> None:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _undecodable(text, "utf-8", error.start) from None


def _undecodable(body: bytes, encoding: str, offset: int) -> UnreadableXml:
    found = body[offset : offset + 4].hex(" ")
    message = f"The bytes are not in the encoding declared, {encoding}: {found} at offset {offset}"
    return UnreadableXml("body-undecodable", message, body.count(b"\n", 0, offset) + 1, _DECLARE)
