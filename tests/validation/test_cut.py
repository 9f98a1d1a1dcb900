"""Bodies whose end is lost: what is whole of them is examined, of what may go on nothing is said, and the rest is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded, operation
from support.growth import LINEAR, growth

from toolkit.validation.stream import validate
from toolkit.wire.whole import whole_part
from toolkit.xml.parse import whole_document

ID = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "n": {"type": "string"}}}
LIST = {"type": "array", "minItems": 9, "items": ID}
PAGE = {
    "allOf": [
        {"required": ["total"], "properties": {"total": {"type": "integer"}}},
        {"properties": {"data": {"anyOf": [LIST, {"type": "null"}]}, "meta": {"type": "object", "required": ["v"]}}},
    ]
}
EITHER = {
    "oneOf": [
        {"required": ["a"], "properties": {"items": {"items": {"type": "integer"}}}},
        {"required": ["b"], "properties": {"items": {"items": {"type": "string"}}}},
    ]
}
FORM = {
    "type": "object",
    "required": ["a", "z"],
    "additionalProperties": False,
    "properties": {
        "a": {"type": "integer"},
        "l": {"type": "array", "minItems": 2, "items": {"type": "integer"}},
        "m": {"type": "object", "required": ["n"]},
        "o": {"type": "object", "required": ["x", "y"], "properties": {"x": {"type": "integer"}}},
        "s": {"type": "object", "required": ["q"], "properties": {"l": {"type": "array", "minItems": 2}}},
        "z": {"type": "string"},
    },
}
VALUES = {
    "type": "object",
    "required": ["later"],
    "properties": {
        "v": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "o": {"oneOf": [{"type": "integer"}, {"type": "object", "properties": {"k": {"type": "integer"}}}]},
        "n": {"oneOf": [{"type": "integer"}, {"type": "boolean"}]},
    },
}
ROWS = {"type": "array", "minItems": 9, "items": {**ID, "xml": {"name": "p"}}}
PAGES = {"type": "object", "properties": {"p": ROWS, "w": {**ROWS, "xml": {"wrapped": True}}}}
XML = "application/xml"
JSON, LINES, FIELDS = "application/json", "application/x-ndjson", "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"


def part(name: str, text: str) -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'


def file(name: str, text: str) -> str:
    return part(f'{name}"; filename="n', text).replace("\r\n\r\n", "\r\nContent-Type: text/plain\r\n\r\n", 1)


def cut_request(media_type: str, body: bytes, size: int, coding: str = "") -> dict[str, Any]:
    text = body.decode("latin-1") if coding else body.decode()
    fields = {
        "Content-Type": media_type,
        **({"Content-Encoding": coding} if coding else {}),
        "Content-Length": str(size),
    }
    return {
        "method": "POST", "url": "http://api.test/x", "headers": [{"name": name, "value": value} for name, value in fields.items()],
        "postData": {"mimeType": media_type, "text": text},
    }  # fmt: skip


def broken(tmp_path: Path, media_type: str, schema: Any, request: dict[str, Any]) -> tuple[str, list[str]]:
    """How much of the body was not checked, and where it is wrong."""
    body = {"content": {media_type.partition(";")[0]: {"schema": schema}}}
    contract = loaded(tmp_path, {"/x": {"post": operation("x", requestBody=body)}})
    entry = {"request": request, "response": {"status": 200, "headers": [], "content": {}}}
    tmp_path.joinpath("r.jsonl").write_text(json.dumps(entry))
    [verdict] = validate(contract, tmp_path / "r.jsonl")
    [lost] = [one.message for one in verdict.violations if one.rule == "body-unrecorded"]
    wrong = [one.at.removeprefix("request.body#") for one in verdict.violations if one.rule != "body-unrecorded"]
    return "the rest" if "the rest" in lost else "it", wrong


@pytest.mark.parametrize(
    ("media_type", "schema", "body", "unchecked", "wrong"),
    [
        (JSON, LIST, '[{"id": 1}, {"i', "the rest", []),
        (JSON, LIST, '[{"id": 1}, {"id": "2"}, {"i', "the rest", ["/1/id"]),
        (JSON, LIST, '[{"id": 1}, {"id": "2"}', "the rest", ["/1/id"]),
        (JSON, LIST, '[{"n": "a"}, {"n": "b", "x": ', "the rest", ["/0"]),  # the open one may have its id later
        (JSON, LIST, '[{"id": 1}, {"id": 2, "n": "]}],{\\', "the rest", []),
        (JSON, LIST, '[{"id": "1"}, ... [truncated]', "the rest", ["/0/id"]),
        (JSON, {**LIST, "maxItems": 1, "uniqueItems": True}, '[{"id": 1}, {"id": 1}, {', "the rest", ["", ""]),
        (JSON, LIST, '{"id": 1, "n": ', "the rest", [""]),
        (JSON, LIST, '[{"id": 1', "it", []),
        (JSON, PAGE, '{"data": [{"id": 1}, {"id": null}, {"id": 3', "the rest", ["/data/1/id"]),
        (JSON, PAGE, '{"total": "3", "meta": {}, "data": [{"id', "the rest", ["/total", "/meta"]),
        (JSON, PAGE, '{"data": [], "to', "the rest", ["/data"]),
        (JSON, PAGE, '{"meta": {"w": 1, ', "the rest", []),
        (JSON, EITHER, '{"items": ["x", "y"], "c": 1, ', "it", []),  # by what is lost it may be right
        (LINES, ID, '{"id": "1"}\n{"i', "the rest", ["/0/id (line 1)"]),
        (PARTS, FORM, part("a", "x") + part("l", "1") + part("z", "1")[:-3], "the rest", ["/a"]),
        (PARTS, FORM, part("m", "{}") + part("o[x]", "1") + "--b\r\n", "the rest", ["/m"]),
        (PARTS, FORM, part("q", "1") + part("o[x]", "?") + "--b\r\n", "the rest", ["/o/x", ""]),
        (PARTS, FORM, part("a", "x")[:-2], "it", []),
        (PARTS, FORM, part("s[l][]", "1") + part("s[k]", "{") + "--b\r\n", "the rest", []),  # s and l may go on
        (PARTS, FORM, file("a", "") + part("z", "1") + part("l", "x") + "--b--\r\n", "the rest", ["/l/0"]),
        (PARTS, FORM, file("a", "x") + file("m", "") + part("z", "1") + "--b--\r\n", "the rest", ["/a"]),
        (PARTS, FORM, part("m[n]", "{") + part("a", "{") + "--b\r\n", "the rest", ["/a"]),
        (PARTS.replace("form-data", "mixed"), FORM, "--b\r\nContent-Type: a/b\r\n\r\n1\r\n--b\r\n", "it", []),
        (FIELDS, {"properties": {"a": {"anyOf": [{"type": "integer"}, LIST]}}}, "a=x&b", "it", []),  # a=x&a=1 is an array
        (FIELDS, FORM, "a=x&l=1&a=", "the rest", ["/a"]),
        (FIELDS, FORM, "l=1&a=x", "the rest", []),
        (FIELDS, FORM, "a=x", "it", []),
        ("text/plain", {"type": "string", "maxLength": 1}, "abc", "the rest", ["request.body"]),
        ("text/plain", {"type": "string", "minLength": 9, "pattern": "z$"}, "abc", "the rest", []),
        ("text/plain", {"type": "string", "maxLength": 9}, "abc", "the rest", []),
        (XML, VALUES, "<r><v>x</v><o><k>1</k></o><n>y</n><q", "the rest", ["/r/n (line 1)"]),
        (XML, VALUES, "<r><v>1</v><o><k>y</k></o><n>1</n><q", "the rest", ["/r/o/k (line 1)"]),
        (XML, {"properties": {"a": {"anyOf": [{"type": "integer"}, LIST]}}}, "<r><a>x</a><b", "it", []),
        (XML, ID, "<r><id>x</id><n>aa", "the rest", ["/r/id (line 1)"]),
        (XML, ID, "<r><id>1</id><n>aa</n", "the rest", []),
        (XML, ID, "<r><n/><n2 a='>'/><id", "the rest", []),  # the root may have its id later
        (XML, ID, "<r><id>", "it", []),
        (XML, ID, "<r><id>1</id></n>", "the rest", []),
        (XML, PAGES, "<r><p><id>1</id></p>\n<p/><p><id>y", "the rest", ["/r/p[2] (line 2)"]),  # nobody knows how many come
        (XML, PAGES, "<r><w><p><id>1</id></p><p><n>1</n></p><p><n>", "the rest", ["/r/w/p[2] (line 1)"]),
        (XML, PAGES, "<r><w><p><id>1</id></p></w><p>", "the rest", []),
        (XML, {**PAGES, "xml": {"name": "r"}}, "<s><a>1</a>", "it", ["/s (line 1)"]),
        (XML, PAGES, "<r><w><p><id>1</id></p></w>text<p/><p>", "the rest", ["/r/w (line 1)", "/r/p (line 1)"]),
        (XML, EITHER, "<r><items>x</items><c>1</c><d>", "it", []),
        (XML, ID, "<!DOCTYPE r><r><id>x</id><n>", "it", []),
    ],
)  # fmt: skip
def test_what_is_whole_of_a_body_is_checked(
    tmp_path: Path, media_type: str, schema: Any, body: str, unchecked: str, wrong: list[str]
) -> None:
    found = broken(tmp_path, media_type, schema, cut_request(media_type, body.encode(), 5000))
    assert found[0] == unchecked and sorted(found[1]) == sorted(wrong)


XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r"><xs:complexType><xs:sequence>
<xs:element name="p" maxOccurs="9"><xs:complexType><xs:sequence><xs:element name="id" type="xs:int"/><xs:element name="n"/></xs:sequence>
</xs:complexType></xs:element><xs:element name="end"/></xs:sequence></xs:complexType></xs:element></xs:schema>"""


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("<r><p><id>1</id><n/></p><p><id>x</id><n/></p><p><i", ["/r/p[2]/id (line 1)"]),
        ("<r><p><n/><id>1</id></p><p><i", ["/r/p/n (line 1)"]),
        ("<r><p><id>1</id><n/></p><p><id>2</id><n", []),
        ("<r><p><id>1</id><n/></p><e", []),
    ],
)
def test_so_is_what_an_xsd_says_of_elements_that_are_whole(tmp_path: Path, body: str, wrong: list[str]) -> None:
    (tmp_path / "r.xsd").write_text(XSD)
    content = {"content": {XML: {"x-xsd": "r.xsd"}}}
    contract = loaded(tmp_path, {"/x": {"post": operation("x", requestBody=content)}})
    entry = {
        "request": cut_request(XML, body.encode(), 5000),
        "response": {"status": 200, "headers": [], "content": {}},
    }
    (tmp_path / "r.jsonl").write_text(json.dumps(entry))
    (verdict,) = validate(contract, tmp_path / "r.jsonl")
    found = [(one.rule, one.at.removeprefix("request.body#")) for one in verdict.violations]
    assert [at for rule, at in found if rule != "body-unrecorded"] == wrong
    assert "body-unrecorded" in dict(found)


@pytest.mark.parametrize(("second", "wrong"), [(1, []), ("x", ["/1/id"])])
def test_so_is_what_there_is_of_a_compressed_one(tmp_path: Path, second: Any, wrong: list[str]) -> None:
    whole = gzip.compress(
        json.dumps([{"id": 0}, {"id": second}, *({"id": one, "n": str(one**9)} for one in range(2000))]).encode()
    )
    request = cut_request(JSON, whole[: len(whole) // 2], len(whole), "gzip")
    assert broken(tmp_path, JSON, LIST, request) == ("the rest", wrong)


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (b'{"a": [1, 2, {"b": 3, "c": [4', (b'{"a": [1, 2, {"b": 3}]}', 3)), (b'[[1], [2', (b"[[1]]", 1)), (b'"a', (b"", 0)),
        (b"[", (b"", 0)), (b'{"a": {}', (b'{"a": {}}', 1)),
    ],
)  # fmt: skip
def test_what_is_whole_of_json_is_closed(body: bytes, whole: tuple[bytes, int]) -> None:
    assert whole_part("json", JSON, body) == whole


@pytest.mark.parametrize(
    "piece", [b" ", b"[", b'{"a":[', b'{"a":1},', b'"\\', b"truncated ", b"a=1&", b"--b\n\n--b\n", b"<a>", b"<a/>"]
)
def test_what_is_whole_is_found_in_time_that_grows_with_the_body(piece: bytes) -> None:
    def parts(body: bytes) -> list[tuple[bytes, int]]:
        whole_document(body)
        return [whole_part(kind, "a/b", body) for kind in ("json", "form", "multipart", "stream")]

    start = b"<r>" if piece[:1] == b"<" else b"["
    assert growth(lambda size: start + piece * size, parts, 10_000) < LINEAR
