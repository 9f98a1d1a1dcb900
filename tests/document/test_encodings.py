"""Charsets, byte order marks and Base64 mean the same wherever bytes are read."""

from __future__ import annotations

import codecs
import xml.etree.ElementTree as ElementTree

import pytest

from toolkit.document.encodings import byte_order_mark, charset_of, from_base64, is_base64
from toolkit.exchange import Headers
from toolkit.recordings import coding
from toolkit.schema.formats import FORMATS
from toolkit.wire.media_type import other_charset


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf-8"), ("utf8", "utf-8"), ("Latin1", "iso8859-1"), ("latin-1", "iso8859-1"), ("ISO_8859-15", "iso8859-15"),
        ("us-ascii", "ascii"), ("cp1252", "cp1252"), ("windows-1252", "cp1252"), ("windows-874", "cp874"), ("koi8-r", "koi8-r"),
        ("sjis", "shift_jis"), ("shift-jis", "shift_jis"), ("Shift_JIS", "shift_jis"), ("windows-31j", "cp932"),
        ("iso-2022-jp", "iso2022_jp"), ("euc-kr", "euc_kr"), ("GBK", "gbk"), ("big5", "big5"), ("utf-16le", "utf-16-le"),
    ],
)  # fmt: skip
def test_a_charset_is_known_by_each_of_its_names(label: str, codec: str) -> None:
    assert charset_of(label) == codec


@pytest.mark.parametrize(
    "label", ["", "UTF-99", "base64", "rot13", "idna", "utf-7", "unicode_escape", "a\0", "x" * 5000, ".utf-8"]
)
def test_what_is_no_charset_is_unknown(label: str) -> None:
    assert charset_of(label) is None


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("cp1252", "\xe9"),
        ("latin1", "\xe9"),
        ("windows-874", "\u0e01"),
        ("sjis", "\u30ab"),
        ("shift-jis", "\u30ab"),
        ("iso-2022-jp", "\u30ab"),
    ],
)
def test_recordings_and_responses_know_the_same_charsets(label: str, text: str) -> None:
    written = coding.encode_text(text, f"text/plain; charset={label}")
    codec = other_charset(f"text/plain; charset={label}")
    assert codec and written.decode(codec) == text and written != text.encode()


def test_latin_1_and_ascii_are_what_xml_parsers_take_them_for() -> None:
    latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\x80</a>"
    assert b"\x80".decode(charset_of("ISO-8859-1") or "") == ElementTree.fromstring(latin).text == "\x80"
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(latin.replace(b"ISO-8859-1", b"US-ASCII"))
    with pytest.raises(UnicodeDecodeError):
        b"\x80".decode(charset_of("US-ASCII") or "")


@pytest.mark.parametrize(
    ("data", "mark"),
    [
        (codecs.BOM_UTF8 + b"{}", ("utf-8", 3)), (codecs.BOM_UTF16_LE, ("utf-16-le", 2)),
        (codecs.BOM_UTF16_BE + b"\0{", ("utf-16-be", 2)), (b"{}", (None, 0)), (b"", (None, 0)),
    ],
)  # fmt: skip
def test_a_byte_order_mark_names_its_charset(data: bytes, mark: tuple[str | None, int]) -> None:
    assert byte_order_mark(data) == mark


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", b""), ("QUI=", b"AB"), ("QUI", b"AB"), ("QQ==", b"A"), ("QQ", b"A"), ("-_-_", b"\xfb\xff\xbf"), ("+/+/", b"\xfb\xff\xbf"),
        ("QU\r\n FC", b"AAB"), ("QQ=", None), ("QQ===", None), ("QUJD=", None), ("Q", None), ("Q===", None), ("=", None), ("Q=Q=", None),
        ("QU*C", None), ("\u0661QQQ", None),
    ],
)  # fmt: skip
def test_base64_is_one_grammar_for_schemas_and_recordings(text: str, data: bytes | None) -> None:
    restored = coding.from_base64(text)
    assert FORMATS["byte"](text) is is_base64(text) is (data is not None)
    assert restored == data if data is not None else isinstance(restored, coding.Undecodable)


def test_a_fault_in_base64_names_its_place() -> None:
    with pytest.raises(ValueError, match=r"not base64: character '\*' at offset 2"):
        from_base64("QU*C")
    assert coding.restore(coding.from_base64("QQ="), Headers.of([])) == (None, "not base64: incomplete padding")
