"""XML text -> *pieces*, safely: decoded as declared, well-formed, without document type, bounded in size and depth.

Pieces are a flat list `[before, name, text, name, text, ...]`: for each start tag its name and the text up to the
next tag, for each end tag "/" + name and the text behind it; comments and processing instructions are gone, references
and CDATA sections resolved. An element's attributes stand as children right behind its start, named "@" + name. Names
in the main namespace, that of the root as declared, are local; others are `{namespace}local`. An element with
xsi:nil="true" is named "!" + name at its start. Declarations of namespaces and the rest of xsi leave no trace.

Documents that may be plain (`toolkit.xml.read`) are recognised here too; the pieces of all others come from expat
(XML 1.0, Namespaces in XML 1.0).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pyexpat import ExpatError, ParserCreate
from typing import Any
from urllib.parse import unquote

MAX_BYTES = 64 << 20
MAX_TAGS = 2_000_000
MAX_DEPTH = 128
XSI = "http://www.w3.org/2001/XMLSchema-instance"
WHITE_SPACE = " \t\r\n"
NAME = re.compile(r"[A-Za-z_\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u3001-\ud7ff][-.\w\xb7]*")
"""A name without a colon (NCName), as far as all parsers agree on it."""
FORBIDDEN_CHARACTER = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, not even by reference (section 2.2)."""

_DECLARATION = re.compile(
    r"""<\?xml\s+version\s*=\s*(?:"1\.\d+"|'1\.\d+')(?:\s+encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["'])?"""
    r"""(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>"""
)
_OTHER_VERSION = re.compile(r"""<\?xml\s+version\s*=\s*["'](?!1\.\d+["'])([^"']*)""")
DECLARED_ENCODING = re.compile(rb"""<\?xml\s[^<>]{0,200}?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_WIDE = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_SINGLE_BYTE = re.compile(r"iso-?8859-\d+|latin-?1|windows-125\d|cp125\d|koi8-[ru]|(us-)?ascii", re.IGNORECASE)
_MULTI_BYTE = re.compile(r"gbk|gb2312|gb18030|big5|shift[_-]jis|euc-(jp|kr)|iso-2022-(jp|kr)", re.IGNORECASE)
_UNICODE = re.compile(r"utf-?(8|16)(-?(le|be))?", re.IGNORECASE)
_ORDINARY = bytes(code for code in range(256) if (code >= 0x20 or code in b"\t\n\r") and code not in b"<>&")
_ATTRIBUTE = re.compile(r"""[ \t\n]+([^\s<>/="']+)="([^"<>&\t\n]*)\"""")
_RICH_TAG = re.compile(
    rf"<([^\s<>/]+)(?:((?:{_ATTRIBUTE.pattern.replace('(', '(?:')}){{1,64}})[ \t\n]*(/?)|[ \t\n]*/)>"
)
_NUMBER = re.compile(r"#(?:([0-9]{1,7})|x([0-9A-Fa-f]{1,6}))")
_SILENT = {"schemaLocation", "noNamespaceSchemaLocation", "type"}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_QUOTED = {ord(letter): f"%{ord(letter):02X}" for letter in "%<>/& \t\r\n"}
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


class UnreadableXml(Exception):
    """The bytes are no XML that may be read: `rule` of the table of rules, what is wrong, the line, what to do."""

    def __init__(self, rule: str, message: str, line: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.rule, self.message, self.line, self.hint = rule, message, line, hint


def qualified(namespace: str, local: str, main: str) -> str:
    """The name of an element or attribute as it stands in pieces."""
    return local if namespace == main else f"{{{namespace}}}{local}"


def decoded(body: bytes) -> str:
    """The text in the encoding declared (XML 1.0, appendix F), without byte order mark. Raises UnreadableXml."""
    if len(body) > MAX_BYTES or (len(body) > MAX_TAGS and body.count(b"<") > MAX_TAGS):
        limit = f"{MAX_BYTES >> 20} MiB and {MAX_TAGS:,} tags"
        raise UnreadableXml(
            "xml-forbidden", f"The XML is too large to be judged ({len(body):,} bytes)", 1, f"up to {limit}"
        )
    encoding, start = _encoding(body)
    try:
        return body[start:].decode(encoding) if start else body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, start + error.start) + 1
        found = body[start + error.start : start + error.start + 4].hex(" ")
        raise UnreadableXml(
            "body-undecodable",
            f"The bytes are not in the encoding declared, {encoding}: {found} at offset {start + error.start}",
            line,
            "declare the encoding that the bytes are in; UTF-8 is the default",
        ) from None


def _encoding(body: bytes) -> tuple[str, int]:
    """The encoding by byte order mark and declaration, which must not contradict each other; the mark's length."""
    found, start, declared = _announced(body[: body.find(b">", 0, 512) + 1] or body[:512])
    if not declared or declared.lower() == (found or "utf-8"):
        return found or "utf-8", start
    if found and _UNICODE.fullmatch(declared) and _family(declared, found):
        return found, start
    if found is None and _family(declared, "utf-8"):
        return "utf-8", start
    if found is None and (_MULTI_BYTE.fullmatch(declared) or _SINGLE_BYTE.fullmatch(declared)):
        _refute(body, declared)
        return declared, start
    wrong = f"not that of the bytes, {found or 'utf-8'}" if _known(declared) else "unknown"
    message = f"The declared encoding {declared!r} is {wrong}"
    raise UnreadableXml(
        "body-undecodable", message, 1, "declare the encoding that the bytes are in; UTF-8 is the default"
    )


@lru_cache(maxsize=256)
def _announced(head: bytes) -> tuple[str | None, int, str]:
    """The encoding that a byte order mark tells, the mark's length, and the encoding declared, by a body's first tag."""
    found, start = next(((name, len(mark)) for mark, name in _MARKS if head.startswith(mark)), (None, 0))
    found = found or _WIDE.get(head[:2])
    head = head[start:]
    declaration = DECLARED_ENCODING.match(head.replace(b"\0", b"") if found and found != "utf-8" else head)
    return found, start, declaration[1].decode("ascii") if declaration else ""


def _known(declared: str) -> bool:
    return any(names.fullmatch(declared) for names in (_UNICODE, _SINGLE_BYTE, _MULTI_BYTE))


def _family(declared: str, found: str) -> bool:
    """Whether the declared name is one for the encoding found: UTF-16 names either byte order."""
    plain = declared.lower().replace("-", "")
    return found.replace("-", "") in (plain, plain + "le", plain + "be")


def _refute(body: bytes, declared: str) -> None:
    """Every text is valid in a single-byte encoding: what is UTF-8 beyond ASCII is not in it all the same."""
    if body.isascii() or not _SINGLE_BYTE.fullmatch(declared):
        return
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return
    message = f"The bytes are UTF-8, not in the encoding declared, {declared}"
    raise UnreadableXml("body-undecodable", message, 1, "declare the encoding that the bytes are in")


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text whose markup is, from `start` on, nothing but tags and references, as far as one can tell without reading
    it; its lines end as XML has it."""

    text: str
    start: int = 0

    def expanded(self) -> PlainText:
        """The same document without empty-element tags such as <a/>, and with simple attributes as elements."""
        return PlainText(_RICH_TAG.sub(_spread, self.text[self.start :]))


def _spread(tag: re.Match[str]) -> str:
    """An empty-element tag as two, and its attributes within; as it was where that is for a parser to judge."""
    name, listed, _ = tag.groups()
    attributes = _ATTRIBUTE.findall(listed or "")
    names = {attribute for attribute, _ in attributes}
    if len(names) < len(attributes) or "xmlns" in names or not all(map(NAME.fullmatch, names)):
        return tag[0]
    inner = [f"<{marked('@' + one)}>{value}</{marked('@' + one)}>" for one, value in attributes]
    return "".join((f"<{name}>", *inner, f"</{name}>" if tag[0].endswith("/>") else ""))


def plain_text(body: bytes, text: str) -> PlainText | None:
    """`text`, which `body` was decoded to, if it may be a plain document (`toolkit.xml.read`); else None.

    Every character is a legal one, and < and > alternate: what remains to be seen is that every tag is one.
    """
    marks = body.translate(None, _ORDINARY).replace(b"&", b"")
    if marks != b"<>" * (len(marks) >> 1) or "\ufffe" in text or "\uffff" in text:
        return None  # other illegal characters are among the marks, or no decoder makes them of ordinary bytes
    if b"\r" in body:  # XML 1.0, section 2.11
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.startswith("<?"):
        return PlainText(text)
    declaration = _DECLARATION.match(text)
    return PlainText(text, declaration.end()) if declaration else None


def text_of(pieces: list[str]) -> str:
    """The pieces as a plain document, its names as `marked` has them and with U+0002 before those with xsi:nil."""
    found = [""]
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        slash = name.startswith("/")
        nil = "\x02" if name.startswith("!") else ""
        found.append(f"<{'/' if slash else nil}{marked(name[1:] if slash or nil else name)}>")
        found.append(text.replace("&", "&amp;").replace("<", "&lt;") if "&" in text or "<" in text else text)
    return "".join(found)


@lru_cache(maxsize=4096)
def marked(name: str) -> str:
    """A name in pieces as it stands in a plain text: behind U+0001, which no document has, if only a parser can tell
    that it is a name (an attribute's, one of another namespace, rare letters)."""
    return name if NAME.fullmatch(name) else "\x01" + name.translate(_QUOTED)


def unmarked(name: str) -> str:
    return unquote(name[1:]) if name.startswith("\x01") else name


def resolved(text: str) -> str | None:
    """The text with its references resolved; None where one is not of the simplest kinds."""
    first, *others = text.split("&")
    found = [first]
    for other in others:
        name, semicolon, rest = other.partition(";")
        character = _ENTITIES.get(name) or _numbered(name)
        if not semicolon or character is None:
            return None
        found.append(character + rest)
    return "".join(found)


def _numbered(name: str) -> str | None:
    """The character of a numeric reference such as #233 or #xE9; None where it is none, or XML cannot carry it."""
    number = _NUMBER.fullmatch(name)
    code = (int(number[1]) if number[1] else int(number[2], 16)) if number else 0
    character = chr(code) if code <= 0x10FFFF else "\0"
    return None if FORBIDDEN_CHARACTER.search(character) else character


def all_pieces(text: str, main: str) -> list[str]:
    """The pieces of any document, `main` being its main namespace. Raises UnreadableXml."""
    other = _OTHER_VERSION.match(text)
    if other:  # expat takes any
        raise UnreadableXml(
            "xml-syntax", f"The body is declared to be XML {other[1][:20]}, which there is not", 1, "declare 1.0"
        )
    parser = ParserCreate(None, "}")
    parser.buffer_text = parser.ordered_attributes = True
    parser.buffer_size = 1 << 16
    pieces = [""]
    flush = _handle(parser, pieces, main)
    try:
        parser.Parse(text, True)
    except ExpatError as error:
        message = f"The body is not well-formed XML: {error}" if text.strip() else "The body is empty"
        raise UnreadableXml("xml-syntax", message, error.lineno) from None
    finally:
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
        parser.StartDoctypeDeclHandler = None
    flush()
    return pieces


def _handle(parser: Any, pieces: list[str], main: str) -> Callable[[], None]:
    """Has the parser add to the pieces; what is returned adds the last text."""
    texts, open_ones = list[str](), list[str]()
    place = 0

    def flush() -> None:
        if texts:
            pieces[place] = texts[0] if len(texts) == 1 else "".join(texts)
            texts.clear()

    def start(name: str, attributes: list[str]) -> None:
        nonlocal place
        if texts:
            flush()
        if "}" in name or main:
            name = _named(name, main)
        if len(open_ones) == MAX_DEPTH:
            message = f"The XML is nested more than {MAX_DEPTH} levels deep"
            raise UnreadableXml("xml-forbidden", message, parser.CurrentLineNumber)
        open_ones.append("/" + name)
        place = len(pieces) + 1
        pieces.extend((name, ""))
        if attributes:
            _add_attributes(pieces, attributes)

    def end(_: str) -> None:
        nonlocal place
        if texts:
            flush()
        place = len(pieces) + 1
        pieces.extend((open_ones.pop(), ""))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = texts.append
    parser.StartDoctypeDeclHandler = lambda *_: _refuse_document_type(parser.CurrentLineNumber)
    return flush


def _refuse_document_type(line: int) -> None:
    message = "The XML has a document type declaration; none is read, nor any entity of its own"
    raise UnreadableXml("xml-forbidden", message, line, "leave <!DOCTYPE out")


def _named(name: str, main: str) -> str:
    namespace, _, local = name.rpartition("}")
    return qualified(namespace, local, main)


def _add_attributes(pieces: list[str], attributes: list[str]) -> None:
    """Adds the attributes of the last start as its children; none is in the main namespace without a prefix."""
    start = len(pieces) - 2
    for attribute, value in zip(attributes[::2], attributes[1::2], strict=True):
        namespace, _, local = attribute.rpartition("}")
        if namespace == XSI and local == "nil" and value in _BOOLEANS:
            pieces[start] = ("!" if _BOOLEANS[value] else "") + pieces[start]
        elif namespace != XSI or local not in _SILENT:
            name = f"@{{{attribute}" if namespace else "@" + attribute
            pieces.extend((name, value, "/" + name, ""))
