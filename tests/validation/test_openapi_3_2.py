"""What OpenAPI 3.2 says beyond 3.1: nodes of XML, a query that is one value, more methods, documents that name themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import answer, get, loaded, rules

from toolkit.contract.model import Contract
from toolkit.contract.repair import repaired
from toolkit.exchange import Exchange
from toolkit.validation.validator import Validator
from toolkit.xml.codec import XmlCodec
from toolkit.xml.xsd import derive_xsd
from toolkit.xml.xsd_validator import xsd_validator

ATTRIBUTE, TEXT, CDATA, ELEMENT, NONE = (
    {"nodeType": name} for name in ("attribute", "text", "cdata", "element", "none")
)
ANIMALS = {
    "type": "array", "xml": {"name": "animals", **ELEMENT},
    "items": {"type": "object", "additionalProperties": False, "required": ["kind", "name"], "xml": {"name": "animal"}, "properties": {
        "kind": {"type": "string", "enum": ["Cat", "Dog"], "xml": ATTRIBUTE}, "name": {"type": "string", "maxLength": 6, "xml": TEXT}}},
}  # fmt: skip
MEASURE = {
    "type": "object", "xml": {"name": "m"}, "additionalProperties": False, "required": ["value", "scale"], "properties": {
        "value": {"type": "number", "maximum": 100, "xml": TEXT}, "scale": {"type": ["integer", "null"], "xml": ATTRIBUTE},
        "note": {"type": "string"}},
}  # fmt: skip
DOCUMENT = {
    "type": "object", "xml": {"name": "doc"}, "additionalProperties": False, "required": ["content"],
    "properties": {"content": {"type": "string", "maxLength": 5, "xml": CDATA}},
}  # fmt: skip
FLATTENED = {"xml": {"name": "d"}, "properties": {"inner": {"type": "object", "xml": NONE, "properties": {"a": {}}}}}
MIXED = {"xml": {"name": "r", **ELEMENT}, "type": "array", "prefixItems": [{"type": "string", "xml": TEXT}]}


@pytest.mark.parametrize(("schema", "text", "expected"), [
    (ANIMALS, '<animals><animal kind="Cat">Fluffy</animal>\n<animal kind="Dog">Fido</animal></animals>', []),
    (ANIMALS, '<animals><animal kind="Cow">Fluffy</animal></animals>', ["schema-value"]),
    (ANIMALS, '<animals><animal kind="Cat">Fluffykins</animal></animals>', ["schema-length"]),
    (ANIMALS, '<animals><animal kind="Cat"/></animals>', ["schema-required"]),
    (ANIMALS, '<animals><animal kind="Cat">Tom<name/></animal></animals>', ["xml-structure"]),
    (MEASURE, '<m scale="1">42</m>', []), (MEASURE, "<m>42</m>", []), (MEASURE, "<m>\n 42\n <note>n</note>\n</m>", []),
    (MEASURE, "<m>420</m>", ["schema-bound"]), (MEASURE, "<m>x</m>", ["schema-type"]), (MEASURE, '<m scale="x">1</m>', ["schema-type"]),
    (DOCUMENT, "<doc>\n  <![CDATA[<b/>]]>\n</doc>", []), (DOCUMENT, "<doc><![CDATA[<beta/>]]></doc>", ["schema-length"]),
    (DOCUMENT, "<doc><content>a</content></doc>", ["xml-structure", "schema-required"]),
    (FLATTENED, "<d><a>1</a></d>", ["contract-unusable"]), (MIXED, "<r>a</r>", ["contract-unusable"]),
    ({**DOCUMENT, "xml": {"nodeType": "elemnt"}}, "<doc/>", ["contract-unusable"]),
])  # fmt: skip
def test_nodes_of_xml(tmp_path: Path, schema: Any, text: str, expected: list[str]) -> None:
    content = {"application/xml": {"schema": schema}}
    contract = loaded(
        tmp_path, {"/a": {"get": {"responses": {"200": {"description": "", "content": content}}}}}, "3.2.0"
    )
    assert rules(contract, get("/a"), answer(text.encode(), "application/xml")) == expected


@pytest.mark.parametrize(("schema", "value", "text"), [
    (ANIMALS, [{"kind": "Cat", "name": "A&B"}], '<animals><animal kind="Cat">A&amp;B</animal></animals>'),
    (MEASURE, {"value": 4.5, "scale": 2, "note": "n"}, '<m scale="2">4.5<note>n</note></m>'),
])  # fmt: skip
def test_what_is_written_as_text_is_read_again_and_the_xsd_takes_it(schema: Any, value: Any, text: str) -> None:
    codec = XmlCodec.compile(schema, "root")
    written = codec.encode(value)
    assert text in written.decode()
    assert codec.read(written).value == value
    xsd = derive_xsd(schema, "root")
    assert not list(xsd_validator(xsd.text)(written))
    assert any("text beside" in loss.why for loss in xsd.losses)


def test_a_fault_of_the_text_is_at_its_element(tmp_path: Path) -> None:
    content = {"application/xml": {"schema": ANIMALS}}
    contract = loaded(
        tmp_path,
        {"/a": {"get": {"operationId": "a", "responses": {"200": {"description": "", "content": content}}}}},
        "3.2.0",
    )
    body = b'<animals>\n<animal kind="Cat">Fluffy</animal>\n<animal kind="Dog">Fidolino</animal></animals>'
    [found] = Validator(contract).check_response(contract.operation("a"), answer(body, "application/xml")).violations
    assert found.at == "response.body#/animals/animal[2] (line 3)"


def searching(schema: Any, media_type: str, **members: Any) -> Any:
    query = {"in": "querystring", "name": "q", "content": {media_type: {"schema": schema}}, **members}
    return {"/s": {"get": {"operationId": "s", "parameters": [query], "responses": {"204": {"description": ""}}}}}


FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["foo"],
    "properties": {"foo": {"type": "string"}, "n": {"type": "integer"}},
}


@pytest.mark.parametrize(("media_type", "query", "expected"), [
    ("application/x-www-form-urlencoded", "?foo=a+%2B+b&n=5", []), ("application/x-www-form-urlencoded", "?n=5", ["schema-required"]),
    ("application/x-www-form-urlencoded", "?foo=a&n=x", ["schema-type"]), ("application/x-www-form-urlencoded", "", ["parameter-missing"]),
    ("application/x-www-form-urlencoded", "?foo=a&z=1", ["schema-unknown-member"]),
    ("application/json", "?%7B%22foo%22%3A%22a%22%7D", []), ("application/json", "?%7B%22foo%22%3A1%7D", ["schema-type"]),
    ("application/json", "?foo", ["json-syntax"]),
])  # fmt: skip
def test_a_query_that_is_one_value(tmp_path: Path, media_type: str, query: str, expected: list[str]) -> None:
    contract = loaded(tmp_path, searching(FORM, media_type, required=True), "3.2.0")
    assert rules(contract, get("/s" + query)) == expected


def test_a_live_test_names_a_query_that_it_cannot_make(tmp_path: Path) -> None:
    contract, [found] = repaired(loaded(tmp_path, searching(FORM, "application/json"), "3.2.0"))
    assert found.rule == "contract-unusable" and "s was not tested" in found.message
    assert not list(contract.operations())


MORE = {"/t/{id}": {
    "parameters": [{"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}}],
    "additionalOperations": {"COPY": {"operationId": "copy", "responses": {"201": {"description": ""}}}},
    "query": {"operationId": "query", "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "array"}}}},
              "responses": {"201": {"description": ""}}},
}}  # fmt: skip


@pytest.mark.parametrize(("method", "url", "expected"), [
    ("COPY", "/t/1", []), ("COPY", "/t/x", ["parameter-invalid"]), ("QUERY", "/t/1", ["schema-type"]), ("MOVE", "/t/1", ["exchange-unmatched"]),
    ("copy", "/t/1", ["exchange-unmatched"]),
])  # fmt: skip
def test_more_methods(tmp_path: Path, method: str, url: str, expected: list[str]) -> None:
    contract = loaded(tmp_path, MORE, "3.2.0")
    request = get(url, ("Content-Type", "application/json"), body=b"{}", method=method)
    verdict = Validator(contract, strict=True).check(Exchange(request, answer(b"", status=201)))
    assert [found.rule for found in verdict.violations] == expected


def test_a_document_that_names_itself_is_referred_to_by_that_name(tmp_path: Path) -> None:
    own = "https://example.com/api/openapi"
    schema = {"$ref": f"{own}#/components/schemas/N"}
    listed = {"$ref": "#/components/mediaTypes/Listed"}
    paths = {"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": listed}}}}}}
    components = {
        "schemas": {"N": {"type": "integer"}},
        "mediaTypes": {"Listed": {"schema": {"type": "array", "items": schema}}},
    }
    contract = loaded(tmp_path, paths, "3.2.0", components=components, **{"$self": own})
    assert rules(contract, get("/a"), answer(b"[1]", "application/json")) == []
    assert rules(contract, get("/a"), answer(b'["x"]', "application/json")) == ["schema-type"]


def test_parts_by_position_break_only_what_needs_them(tmp_path: Path) -> None:
    positioned = {
        "multipart/mixed": {"itemSchema": {"type": "object"}, "itemEncoding": {"contentType": "application/json"}}
    }
    plain = {"application/json": {"schema": {"type": "integer"}}}
    paths = {
        path: {"get": {"responses": {"200": {"description": "", "content": content}}}}
        for path, content in [("/p", positioned), ("/a", plain)]
    }
    contract: Contract = loaded(tmp_path, paths, "3.2.0")
    body = b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--\r\n"
    assert rules(contract, get("/p"), answer(body, "multipart/mixed; boundary=b")) == ["contract-unusable"]
    assert rules(contract, get("/a"), answer(b"1", "application/json")) == []


ADDED = {
    "type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}},
}  # fmt: skip
EVENTS = {"oneOf": [
    {"type": "object", "required": ["event", "data"], "properties": {
        "event": {"const": "add"}, "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": ADDED}}},
    {"type": "object", "required": ["event", "data"], "properties": {"event": {"const": "say"}, "data": {"type": "string", "maxLength": 12}}},
]}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), [
    ('event: add\ndata: {"n": 1}\n\nevent: say\ndata: {"n": "x"}\n\n', ""),
    ('event: add\ndata: {"n": "x"}\n\n', '"x" is a string, expected an integer'),
    ("event: add\ndata: text\n\n", '"text" is a string, expected an object'),
    ("event: say\ndata: much too long a text\n\n", '"much too long a text" has 20 characters, expected at most 12'),
])  # fmt: skip
def test_the_data_of_an_event_is_json_where_the_schema_says_what_it_holds(
    tmp_path: Path, text: str, message: str
) -> None:
    content = {"text/event-stream": {"itemSchema": EVENTS}}
    contract = loaded(
        tmp_path,
        {"/a": {"get": {"operationId": "a", "responses": {"200": {"description": "", "content": content}}}}},
        "3.2.0",
    )
    found = (
        Validator(contract)
        .check_response(contract.operation("a"), answer(text.encode(), "text/event-stream"))
        .violations
    )
    assert [one.message for one in found] == [message] * bool(message)
