"""Bytes as characters: charsets by name, byte order marks, and Base64. One meaning, for bodies, recordings and XML alike.

Charsets are Python's codecs, not the labels of the WHATWG Encoding Standard (webencodings): the standard is written for
browsers, and reads `us-ascii` and `iso-8859-1` as windows-1252, so that 0x80 is the euro sign. RFC 9110 (section 8.3.2)
means the charsets that IANA registers, and so do expat and libxml2: 0x80 is U+0080 in ISO-8859-1, and an error in US-ASCII.
"""

from __future__ import annotations

import binascii
import codecs
import re
from functools import lru_cache

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,39}")
_ALIASES = {"windows-874": "cp874", "windows-949": "cp949", "windows-31j": "cp932", "x-sjis": "shift_jis"}
_SINGLE_BYTE = frozenset(
    ["ascii", "cp866", "cp874", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "tis-620"]
    + [f"cp125{number}" for number in range(9)]
    + [f"iso8859-{number}" for number in range(1, 17) if number != 12]
)
# Python's other codecs are no charsets (base64, idna), or none that may be sent (utf-7 hides markup).
_CHARSETS = _SINGLE_BYTE | {
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
    *("gb2312", "gbk", "gb18030", "big5", "big5hkscs", "cp932", "cp949", "shift_jis"),
    *("euc_jp", "euc_kr", "iso2022_jp", "iso2022_kr"),
}
MADE_BOUNDARY = "boundary"
"""The boundary of a multipart body of which a recording kept only the parts, where no Content-Type names another."""
_CHARSET = re.compile(r"(?<![\w-])charset\s*=\s*[\"']?([^\s\"';,]+)", re.IGNORECASE)
_BOUNDARY = re.compile(r";\s*boundary=(?:\"([^\"]*)\"|([^\s\";,]+))", re.IGNORECASE)
UTF_8_MARK = codecs.BOM_UTF8
_MARKS = ((UTF_8_MARK, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?")
_WHITE_SPACE = re.compile(r"\s+")
_PLAIN_ALPHABET = str.maketrans("-_", "+/")


@lru_cache(maxsize=1024)
def charset_of(label: str) -> str | None:
    """The codec of a charset's name, in any case: `Latin1` is `iso8859-1`. None for a name that is no known charset."""
    if not _LABEL.fullmatch(label):
        return None
    try:
        name = codecs.lookup(_ALIASES.get(label.lower(), label)).name
    except LookupError:
        return None
    return name if name in _CHARSETS else None


@lru_cache(maxsize=1024)
def charset(content_type: str) -> str | None:
    """The charset parameter of a Content-Type in lower case, or None; the first one where the field was sent twice."""
    found = _CHARSET.search(content_type)
    return found and found[1].lower()


def stated_codec(content_type: str) -> str | None:
    """The codec of the charset that a Content-Type names; None for none, and for one that is not known."""
    return charset_of(charset(content_type) or "")


def boundary_of(content_type: str) -> str | None:
    """The boundary parameter of a multipart Content-Type (RFC 2046, section 5.1.1), or None."""
    found = _BOUNDARY.search(content_type)
    return found and (found[1] or found[2])


def is_single_byte(charset: str) -> bool:
    """Whether each byte is a character by itself in this charset (a result of `charset_of`)."""
    return charset in _SINGLE_BYTE


def byte_order_mark(data: bytes) -> tuple[str | None, int]:
    """The charset that a byte order mark announces, and the mark's length; (None, 0) without one."""
    return next(((name, len(mark)) for mark, name in _MARKS if data.startswith(mark)), (None, 0))


def from_base64(text: str) -> bytes:
    """The bytes of Base64 or base64url, padded in full or not at all (RFC 4648, sections 4 and 5); white space is ignored,
    since MIME breaks lines. Raises ValueError."""
    digits = _digits(text)
    if not _BASE64.fullmatch(digits):
        raise ValueError(f"not base64: {_fault(digits)}")
    return binascii.a2b_base64(digits.rstrip("=") + "=" * (-len(digits.rstrip("=")) % 4))


def is_base64(text: str) -> bool:
    """Whether `from_base64` can read a string."""
    return _BASE64.fullmatch(_digits(text)) is not None


def _digits(text: str) -> str:
    return _WHITE_SPACE.sub("", text).translate(_PLAIN_ALPHABET)


def _fault(digits: str) -> str:
    other = re.search(r"[^A-Za-z0-9+/]", digits.rstrip("="))
    if other:
        return f"character {other[0]!r} at offset {other.start()}"
    return "incomplete padding" if digits.endswith("=") else f"{len(digits)} digits cannot be whole bytes"
