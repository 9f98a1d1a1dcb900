"""Form bodies, URL-encoded and multipart: fields read by their schema and Encoding Objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import get, loaded, operation, rules
from support.growth import LINEAR, growth

from toolkit.exchange import Exchange
from toolkit.schema.shape import Shapes
from toolkit.validation.validator import Validator
from toolkit.wire.forms import Field, Form, MultipartFault, boundary_fault, parts_of, read_fields

INT, INTS = {"type": "integer"}, {"type": "array", "items": {"type": "integer"}}
INNER = {"type": "object", "properties": {"a": INT, "b": INT}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "n": INT, "l": INTS, "o": INNER, "p": INNER, "either": {"anyOf": [{"type": "string", "enum": ["1"]}, {"type": "integer", "minimum": 5}]},
        "file": {"type": "string", "format": "binary", "maxLength": 4}, "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "piped": INTS, "words": {"type": "array", "items": {"type": "string"}},
        "listed": INNER, "photo": {"type": "string", "format": "binary"}, "os": {"type": "array", "items": INNER},
        "x": {**INNER, "required": ["a"]}, "xs": {"type": "array", "items": {**INNER, "xml": {"name": "one"}}},
    },
    "additionalProperties": False,
}  # fmt: skip
ENCODING = {
    "piped": {"style": "pipeDelimited", "explode": False},
    "words": {"contentType": "application/json"},
    "p": {"style": "deepObject", "explode": True},
    "photo": {"contentType": "image/*"},
    "listed": {"explode": False},
    "x": {"contentType": "application/json, text/xml"},
    "xs": {"contentType": "application/xml; charset=utf-8"},
}


def broken(folder: Path, media_type: str, body: bytes, schema: Any = SCHEMA) -> list[str]:
    content = {media_type.partition(";")[0]: {"schema": schema, "encoding": ENCODING}}
    contract = loaded(folder, {"/x": {"post": operation("x", requestBody={"content": content})}})
    return rules(contract, get("/x", ("Content-Type", media_type), body=body, method="POST"))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"n=1&l=1&l=2", []), (b"n=x", ["schema-type"]), (b"n=1&n=2", ["schema-type"]), (b"l=1,2", ["schema-type"]),
        (b"piped=1%7C2", []), (b"piped=1|x", ["schema-type"]), (b"o=%7B%22a%22:1%7D", []), (b"o=%7B%22a%22:%22x%22%7D", ["schema-type"]),
        (b"o=1", ["schema-type"]), (b"a=1&b=2", []), (b"a=x", ["schema-type"]), (b"p[a]=1", []), (b"p%5Ba%5D=x", ["schema-type"]),
        (b"either=1", []), (b"either=7", []), (b"either=3", ["schema-bound"]), (b"l[]=1&l[]=2", []), (b"z=1", ["schema-unknown-member"]),
        (b"x={%22a%22:1}", []), (b"xs=<one><a>x</a></one>", ["schema-type"]), (b"xs=%3Cone%3E%3Ca%3E1%3C/a%3E%3C/one%3E&xs=%3Cone/%3E", []),
        (b"p[a][b]=x&n=x", ["schema-type", "schema-type"]), (b"l[0]=x", ["schema-type"]), (b"l[0]=1&l[1]=2", []),
        (b"listed=a,1", []), (b"listed=a,x", ["schema-type"]), (b"listed=a", ["schema-type"]), (b"listed=%7B%22a%22:1%7D", []),
        (b"words=%5B%22a%22%5D", []), (b"words=a", ["schema-type"]), (b"words=%5B%22a%22", ["schema-type"]), (b"words=%5B1%5D", ["schema-type"]),
        (b"words=[]&words=[]", ["schema-type"] * 2),
        (b"words=a&words=b", ["schema-type"]), (b"words=%22a%22&words=%22b%22", []),
    ],
)  # fmt: skip
def test_url_encoded(tmp_path: Path, body: bytes, found: list[str]) -> None:
    assert broken(tmp_path, "application/x-www-form-urlencoded", body) == found


def test_a_schema_may_be_put_together(tmp_path: Path) -> None:
    assert broken(tmp_path, "application/x-www-form-urlencoded", b"n=1", {"allOf": [SCHEMA, {"required": ["n"]}]}) == []


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "string"}, []), ({"type": "string", "pattern": "^n="}, []), ({"type": "string", "pattern": "^m="}, ["schema-pattern"]),
        ({"type": "array"}, ["body-unread"]), ({"type": ["object", "null"]}, []),
    ],
)  # fmt: skip
def test_a_schema_of_no_object_speaks_of_the_content_as_a_whole(tmp_path: Path, schema: Any, found: list[str]) -> None:
    assert broken(tmp_path, "application/x-www-form-urlencoded", b"n=1", schema) == found
    part = b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nn=1\r\n--b--'
    assert "pattern" in schema or broken(tmp_path, "multipart/form-data; boundary=b", part, schema) == found


EITHER = {
    "f": {"anyOf": [{"type": "array", "items": INNER}, {"type": "string", "enum": [""]}]},
    "ids": {"anyOf": [{"type": "string", "enum": ["all"]}, {"type": "array", "items": {"type": "integer"}}]},
    "m": {"oneOf": [{"type": "integer"}, {"type": "array", "minItems": 2, "items": {"type": "integer"}}]},
    "n": {"type": ["array", "null"], "items": {"type": "integer"}},
}


@pytest.mark.parametrize(
    ("body", "is_valid"),
    [
        (b"f=", True), (b"f[0][a]=1", True), (b"f[0][a]=x", False), (b"f=x", False), (b"ids=all", True), (b"ids=7", True), (b"ids=none", False),
        (b"ids=7&ids=8", True), (b"ids=all&ids=7", False), (b"m=5", True), (b"m=5&m=6", True), (b"m=x", False), (b"n=", True), (b"n=5", True),
        (b"n=x", False), (b"f=&ids=7", True), (b"m=5&ids=7&n=", True), (b"m=5&ids=none", False),
    ],
)  # fmt: skip
def test_one_field_of_what_may_be_an_array_may_be_something_else(tmp_path: Path, body: bytes, is_valid: bool) -> None:
    schema = {"type": "object", "properties": EITHER}
    assert (not broken(tmp_path, "application/x-www-form-urlencoded", body, schema)) is is_valid


@pytest.mark.parametrize(("name", "found"), [("o", ["schema-type"]), ("p", [])])
def test_fields_are_parts_of_an_object_only_where_its_style_spreads_them(
    tmp_path: Path, name: str, found: list[str]
) -> None:
    schema = {"type": "object", "properties": {name: INNER}}
    assert broken(tmp_path, "application/x-www-form-urlencoded", b"a=x", schema) == found


def multipart(*parts: tuple[str, bytes, str], end: bytes = b"--x--\r\n") -> bytes:
    heads = ((f'Content-Disposition: form-data; name="{name}"\r\n{more}', content) for name, content, more in parts)
    return b"".join(b"--x\r\n" + head.encode() + b"\r\n" + content + b"\r\n" for head, content in heads) + end


JSON, PNG = "Content-Type: application/json\r\n", "Content-Type: image/png\r\n"
XML = "Content-Type: text/xml; charset=iso-8859-1\r\n"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (multipart(("file", b"\x89P\xff\x00", PNG), ("n", b"5", "")), []), (multipart(("file", b"12345", PNG)), ["schema-length"]),
        (multipart(("n", b"x", "")), ["schema-type"]), (multipart(("z", b"x", "")), ["schema-unknown-member"]),
        (multipart(("o", b'{"a":1}', JSON)), []), (multipart(("o", b'{"a":1}', "")), []), (multipart(("o", b'{"a":"x"}', JSON)), ["schema-type"]),
        (multipart(("o", b"{", JSON)), ["json-syntax"]), (multipart(("photo", b"x", PNG)), []),
        (multipart(("photo", b"x", "Content-Type: text/plain\r\n")), ["part-media-type"]),
        (multipart(("o", b"<a/>", "Content-Type: text/xml\r\n"), ("n", b"x", "")), ["part-media-type", "schema-type"]),
        (multipart(("either", b'"1"', JSON)), []), (multipart(("either", b'"2"', JSON)), ["schema-value"]),
        (multipart(("either", b"1", JSON)), []), (multipart(("either", b'"1"', "")), ["schema-value"]),
        (multipart(("x", b"<x><a>x</a></x>", "Content-Type: application/atom+xml\r\n")), ["part-media-type"]),
        (multipart(("file", b"{}", JSON)), []), (multipart(("files", b"\xff", PNG), ("files", b"", PNG)), []),
        (multipart(("l", b"[1,2]", JSON)), []), (multipart(("l", b"1", JSON)), []), (multipart(("l", b'"x"', JSON)), ["schema-type"]),
        (multipart(("os", b'{"a":1}', JSON)), []), (multipart(("os", b'{"a":"x"}', JSON)), ["schema-type"]),
        (multipart(("l", b"1", ""), ("l", b"2", "")), []),
        (multipart(("file", "é".encode("utf-16-le"), "Content-Type: text/plain; charset=utf-16-le\r\n")), []),
        (multipart(("x", b"<x><a>1</a><b>-2</b></x>", XML)), []), (multipart(("x", b'{"a":1}', JSON)), []),
        (multipart(("x", b"<any><a>x</a></any>", XML)), ["schema-type"]), (multipart(("x", b"<x><b>1</b></x>", XML)), ["schema-required"]),
        (multipart(("x", b"<x><a>1</x>", XML), ("n", b"x", "")), ["xml-syntax", "schema-type"]),
        (multipart(("x", b"<x><a>1</a>\xe9</x>", XML)), ["xml-structure"]),
        (multipart(("x", "<x><a>1</a></x>".encode("utf-16"), "Content-Type: text/xml\r\n")), []),
        (multipart(("x", "<x><a>\u2713</a></x>".encode("utf-16"), "Content-Type: text/xml\r\n")), ["schema-type"]),
        (multipart(("x", b"<?xml version='1.0' encoding='x-none'?><x><a>1</a></x>", "Content-Type: text/xml\r\n")), ["body-undecodable"]),
        (multipart(("xs", b"<one><a>1</a></one>", ""), ("xs", b"<one/>", "")), []),
        (multipart(("xs", b"<two><a>1</a></two>", "")), ["xml-structure"]),
        (multipart(("xs", b"<one><a>1</a></one>", ""), ("xs", b"<one><a/></one>", "")), ["schema-type"]),
        (b"preamble\r\n" + multipart(("n", b"5", "")).replace(b"\r\n", b"\n"), []),
        (multipart(("n", b"5", ""), end=b""), ["multipart-syntax"]), (b"n=1", ["multipart-syntax"]),
        (b"--x\r\n\r\n1\r\n--x--", ["multipart-syntax"]),
    ],
)  # fmt: skip
def test_the_parts_of_a_multipart_body_are_judged(tmp_path: Path, body: bytes, found: list[str]) -> None:
    assert broken(tmp_path, 'multipart/form-data; boundary="x"', body) == found


def test_a_fault_of_a_part_names_its_encoding(tmp_path: Path) -> None:
    content = {"multipart/form-data": {"schema": SCHEMA, "encoding": ENCODING}}
    contract = loaded(tmp_path, {"/x": {"post": operation("x", requestBody={"content": content})}})
    body = multipart(("photo", b"x", "Content-Type: text/plain\r\n"))
    sent = get("/x", ("Content-Type", "multipart/form-data; boundary=x"), body=body, method="POST")
    (found,) = Validator(contract).check(Exchange(sent, None)).violations
    assert found.contract.partition(":")[0].endswith("/encoding/photo")


@pytest.mark.parametrize(
    ("content_type", "body", "found"),
    [
        ("multipart/form-data; boundary=x", multipart(("n", b"1", "")), []),
        ("multipart/form-data; charset=utf-8; BOUNDARY=x", multipart(("n", b"1", "")), []),
        ("multipart/form-data; boundary=y", multipart(("n", b"1", "")), ["multipart-syntax"]),
        ("multipart/form-data", multipart(("n", b"1", "")), ["multipart-syntax"]),
        (
            "multipart/form-data",
            multipart(("n", b"1", "")).replace(b"--x", b"--boundary"),
            [],
        ),  # only the parts were kept
        ("multipart/mixed; boundary=x", multipart(("n", b"x", "")), ["schema-type"]),
        ("multipart/mixed; boundary=x", multipart(("n", b"1", "")), []),
        ("multipart/related; boundary=x", b"--x\r\n\r\n1\r\n--x--", ["body-unread"]),
    ],
)
def test_the_boundary_is_that_of_the_content_type_and_parts_of_other_multipart_bodies_may_have_names(
    tmp_path: Path, content_type: str, body: bytes, found: list[str]
) -> None:
    assert broken(tmp_path, content_type, body) == found


@pytest.mark.parametrize("body", [b"", b"--", b"--x", b"--\r\n" * 1000, bytes(range(256)), b"--x\r\n" * 30_000])
def test_what_is_no_multipart_body_is_told(body: bytes) -> None:
    with pytest.raises(MultipartFault):
        parts_of(body)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"t=a&t=1", []),
        (b"t=1&t=1", []),
        (b"t=a&t=b", ["schema-type"]),
        (b"t[]=a&t[]=1", []),
        (b"t[]=a&t[]=b", ["schema-type"]),
        (b"t=a", []),
        (b"t=a&t=1&t=2", ["schema-unknown-member"]),
    ],
)
def test_items_that_have_a_schema_by_their_place_are_read_by_it(body: bytes, found: list[str], tmp_path: Path) -> None:
    pair = {"type": "array", "prefixItems": [{"type": "string"}, INT], "items": False}
    schema = {"type": "object", "properties": {"t": pair}}
    assert broken(tmp_path, "application/x-www-form-urlencoded", body, schema) == found


@pytest.mark.parametrize("end", ["", "  ", "\t"])
def test_the_boundary_ends_before_the_spaces_of_its_line(end: str) -> None:
    body = f'--a b{end}\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n--a b--\r\n'.encode()
    assert [(one.name, one.text) for one in parts_of(body)] == [("n", "1")]


@pytest.mark.slow
def test_a_line_of_spaces_in_place_of_a_boundary_is_read_in_time_that_grows_with_it() -> None:
    assert (
        growth(lambda size: b"--" + b"\t" * size, lambda body: boundary_fault("multipart/form-data", body), 500_000)
        < LINEAR
    )


def test_many_fields_that_no_property_is_called_after_are_read_in_linear_time() -> None:
    def make(count: int) -> tuple[list[Field], Form]:
        schema = {"properties": {f"p{number}": {"type": "integer"} for number in range(count)}}
        fields = [Field(f"q{number}", "1") for number in range(count)]
        return fields, Form(Shapes(schema).outline(schema), {})

    assert growth(make, lambda given: read_fields(*given, as_text=True), 200) < LINEAR
