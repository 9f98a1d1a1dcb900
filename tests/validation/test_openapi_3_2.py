"""What OpenAPI 3.2 says beyond 3.1: nodes of XML, a query that is one value, more methods, documents that name themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import answer, get, loaded, rules

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
FLATTENED = {
    "type": "object", "xml": {"name": "d"}, "additionalProperties": False, "required": ["inner"], "properties": {
        "z": {"type": "string"},
        "inner": {"type": "object", "xml": NONE, "additionalProperties": False, "required": ["a"], "properties": {
            "a": {"type": "integer"}, "k": {"type": "string", "xml": ATTRIBUTE}, "list": {"type": "array", "items": {"type": "integer"}},
            "deep": {"type": "object", "xml": NONE, "properties": {"q": {"type": "boolean"}}}}}},
}  # fmt: skip
FLAT_TEXT = {"xml": {"name": "t"}, "type": "object", "properties": {"inner": {"type": "object", "xml": NONE, "properties": {
    "v": {"type": "integer", "xml": TEXT}, "u": {"type": "string", "xml": ATTRIBUTE}}}}}  # fmt: skip
ORDERED = {
    "xml": {"name": "r", **ELEMENT}, "type": "array", "minItems": 3, "items": False, "prefixItems": [
        {"xml": {"name": "One"}, "type": "string"},
        {"xml": {"name": "Two"}, "type": "object", "required": ["unit"], "properties": {
            "unit": {"type": "string", "xml": ATTRIBUTE}, "value": {"type": "number", "xml": TEXT}}},
        {"xml": {"name": "Three"}, "type": ["boolean", "null"]}],
}  # fmt: skip
MIXED = {"xml": {"name": "r", **ELEMENT}, "type": "array", "items": False, "prefixItems": [
    {"type": "string", "xml": TEXT}, {"type": "number", "xml": {"name": "data"}}, {"type": "string", "maxLength": 5, "xml": TEXT}]}  # fmt: skip
FLAT_ORDER = {"xml": {"name": "f"}, "type": "object", "additionalProperties": False, "properties": {
    "z": {"type": "string"}, "pair": {"type": "array", "items": False, "prefixItems": [
        {"type": "integer", "xml": {"name": "One"}}, {"type": "boolean", "xml": {"name": "Two"}}]}}}  # fmt: skip
SCALAR_NONE = {"xml": {"name": "d"}, "properties": {"inner": {"type": "string", "xml": NONE}}}


@pytest.mark.parametrize(("schema", "text", "expected"), [
    (ANIMALS, '<animals><animal kind="Cat">Fluffy</animal>\n<animal kind="Dog">Fido</animal></animals>', []),
    (ANIMALS, '<animals><animal kind="Cow">Fluffy</animal></animals>', ["schema-value"]),
    (ANIMALS, '<animals><animal kind="Cat">Fluffykins</animal></animals>', ["schema-length"]),
    (ANIMALS, '<animals><animal kind="Cat"/></animals>', ["schema-required"]),
    (ANIMALS, '<animals><animal kind="Cat">Tom<name/></animal></animals>', ["xml-structure"]),
    (MEASURE, '<m scale="1">42</m>', []), (MEASURE, "<m>42</m>", []), (MEASURE, "<m>\n 42\n <note>n</note>\n</m>", []),
    (MEASURE, "<m>420</m>", ["schema-bound"]), (MEASURE, "<m>x</m>", ["schema-type"]), (MEASURE, '<m scale="x">1</m>', ["schema-type"]),
    (DOCUMENT, "<doc>\n  <![CDATA[<b/>]]>\n</doc>", []), (DOCUMENT, "<doc><![CDATA[<beta/>]]></doc>", ["schema-length"]),
    (DOCUMENT, "<doc><content>a</content></doc>", ["xml-structure"]),
    (FLATTENED, '<d k="x"><a>1</a><z>s</z><q>true</q><list>1</list></d>', []), (FLATTENED, "<d><z>s</z></d>", ["schema-required"]),
    (FLATTENED, "<d><a>x</a></d>", ["schema-type"]), (FLATTENED, "<d><a>1</a><b/></d>", ["xml-structure"]),
    (FLATTENED, '<d j="1"><a>1</a></d>', ["xml-structure"]), (FLATTENED, "<d><inner><a>1</a></inner></d>", ["xml-structure", "schema-required"]),
    (FLAT_TEXT, '<t u="m">42</t>', []), (FLAT_TEXT, "<t>x</t>", ["schema-type"]), (SCALAR_NONE, "<d/>", ["contract-unusable"]),
    (ORDERED, '<r><One>a</One>\n<Two unit="m">4.5</Two><Three>true</Three></r>', []),
    (ORDERED, '<r><Two unit="m">1</Two><One>a</One><Three>true</Three></r>', ["xml-structure"]),
    (ORDERED, '<r><One>a</One><Two unit="m">x</Two><Three>true</Three></r>', ["schema-type"]),
    (ORDERED, '<r><One>a</One><Two unit="m">1</Two><Three>true</Three><Four/></r>', ["xml-structure"]),
    (ORDERED, '<r><One>a</One><Two unit="m">1</Two></r>', ["schema-size"]),
    (MIXED, "<r>pre<data>4</data>post</r>", []), (MIXED, "<r>pre<data>x</data></r>", ["schema-type"]),
    (MIXED, "<r><data>4</data>behind</r>", ["schema-length"]), (MIXED, "<r>pre<data>4</data>post<data>4</data></r>", ["xml-structure"]),
    (FLAT_ORDER, "<f><One>1</One><z>s</z><Two>true</Two></f>", []), (FLAT_ORDER, "<f><Two>true</Two><One>1</One></f>", ["xml-structure"]),
    (FLAT_ORDER, "<f><One>1</One><Two>2</Two></f>", ["schema-type"]),
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
    (FLATTENED, {"z": "s", "inner": {"a": 1, "k": "x", "deep": {"q": True}, "list": [1, 2]}},
     '<d k="x"><z>s</z><a>1</a><q>true</q><list>1</list><list>2</list></d>'),
    (FLAT_TEXT, {"inner": {"v": 4, "u": "m"}}, '<t u="m">4</t>'), (FLAT_ORDER, {"pair": [1, False]}, "<f><One>1</One><Two>false</Two></f>"),
    (ORDERED, ["a", {"unit": "m", "value": 4}, True], '<r><One>a</One><Two unit="m">4</Two><Three>true</Three></r>'),
    (MIXED, ["pre", 4, "post"], "<r>pre<data>4</data>post</r>"),
])  # fmt: skip
def test_what_is_written_as_text_is_read_again_and_the_xsd_takes_it(schema: Any, value: Any, text: str) -> None:
    codec = XmlCodec.compile(schema, "root")
    written = codec.encode(value)
    assert text in written.decode()
    assert codec.read(written).value == value
    xsd = derive_xsd(schema, "root")
    assert not list(xsd_validator(xsd.text)(written))
    assert xsd.losses


def test_a_fault_of_what_stands_in_another_element_or_order_is_at_its_element() -> None:
    codec = XmlCodec.compile(FLATTENED, "root")
    assert codec.read(b"<d><a>1</a>\n<q>x</q></d>").locate(("inner", "deep", "q")) == ("/d/q", 2)
    codec = XmlCodec.compile(ORDERED, "root")
    assert codec.read(b'<r><One>a</One>\n<Two unit="m">x</Two></r>').locate(("1", "value")) == ("/r/Two", 2)
    [fault] = codec.read(b'<r><Two unit="m">1</Two><One>a</One><Three>true</Three></r>').faults
    assert (fault.message, fault.at) == ("The element <Two> stands where <One> is expected", "/r/Two")
    assert "<One>, <Two>, <Three>" in fault.hint


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


def test_a_query_that_is_one_value_names_its_media_type(tmp_path: Path) -> None:
    paths = searching(FORM, "application/json")
    del paths["/s"]["get"]["parameters"][0]["content"]
    _, [found] = repaired(loaded(tmp_path, paths, "3.2.0"))
    assert found.rule == "contract-unusable" and "a parameter in querystring needs `content`" in found.message


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
def test_methods_of_openapi_3_2_are_matched_and_checked(
    tmp_path: Path, method: str, url: str, expected: list[str]
) -> None:
    contract = loaded(tmp_path, MORE, "3.2.0")
    body = b"{}" if method == "QUERY" else None
    request = get(url, ("Content-Type", "application/json"), body=body, method=method)
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


def parts(*pairs: tuple[str, str]) -> bytes:
    return b"".join(f"--b\r\n{head}\r\n{text}\r\n".encode() for head, text in pairs) + b"--b--\r\n"


AS_JSON, TEXT_N, BY_XML = "Content-Type: application/json\r\n", "X-N: 4\r\n", "Content-Type: application/xml\r\n"
EACH_PART = {"itemSchema": {"type": "object", "required": ["a"]}, "itemEncoding": {"contentType": "application/json"}}
EACH_LIST = {"itemSchema": {"type": "array", "items": {"type": "integer"}}}
XML_PARTS = {"schema": {"type": "array", "items": {"type": "array", "xml": {"wrapped": True}, "items": {"type": "integer", "xml": {"name": "i"}}}},
             "itemEncoding": {"contentType": "application/xml"}}  # fmt: skip
IN_ORDER = {
    "schema": {"type": "array", "prefixItems": [{"type": "object"}, {"type": "string", "maxLength": 3}], "items": {"type": "integer"}},
    "prefixEncoding": [{"contentType": "application/json"}, {"headers": {"X-N": {"required": True, "schema": {"type": "integer"}}}}],
}  # fmt: skip


@pytest.mark.parametrize(("media", "body", "expected"), [
    (EACH_PART, parts((AS_JSON, '{"a": 1}'), (AS_JSON, '{"a": ""}')), []),
    (EACH_PART, parts((AS_JSON, '{"a": 1}'), (AS_JSON, "{}")), ["schema-required"]),
    (EACH_PART, parts((AS_JSON, "{")), ["json-syntax"]), (EACH_PART, parts((BY_XML.replace("xml", "pdf"), '{"a": 1}')), ["part-media-type"]),
    (EACH_LIST, parts((AS_JSON, "[1]"), (AS_JSON, "[2, 3]")), []), (EACH_LIST, parts((AS_JSON, '["x"]')), ["schema-type"]),
    (EACH_LIST, parts(("Content-Type: multipart/mixed; boundary=c\r\n", "--c\r\n\r\n1\r\n--c--")), ["body-unread"]),
    (IN_ORDER, parts((AS_JSON, "{}"), (TEXT_N, "abc"), ("", "5")), []), (IN_ORDER, parts((AS_JSON, "{}"), (TEXT_N, "abcd")), ["schema-length"]),
    (IN_ORDER, parts((AS_JSON, "{}"), (TEXT_N, "abc"), ("", "x")), ["schema-type"]),
    (IN_ORDER, parts((AS_JSON, "{}"), ("", "abc")), ["part-header-invalid"]),
    (XML_PARTS, parts((BY_XML, "<l><i>1</i><i>2</i></l>")), []), (XML_PARTS, parts((BY_XML, "<l><i>x</i></l>")), ["schema-type"]),
])  # fmt: skip
def test_parts_by_their_position(tmp_path: Path, media: Any, body: bytes, expected: list[str]) -> None:
    described = {"description": "", "content": {"multipart/mixed": media}}
    contract = loaded(tmp_path, {"/p": {"get": {"responses": {"200": described}}}}, "3.2.0")
    assert rules(contract, get("/p"), answer(body, "multipart/mixed; boundary=b")) == expected


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
