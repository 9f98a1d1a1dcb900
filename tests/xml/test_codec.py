"""The codec: the law of decode and encode over generated schemas, every kind of fault, and hostile bodies."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.growth import LINEAR, growth, peak
from support.xml_bundles import bundles, values
from support.xml_samples import ANSWER, LIST, SAMPLE, TEXT, mutated

from toolkit.verdict import Body
from toolkit.xml.codec import XmlCodec
from toolkit.xml.parse import MAX_DEPTH, parse_fault

VALUE = {
    "Tasks": {
        "Task": [
            {"TaskId": "704225667", "ObjectPath": "", "Process": "100%"},
            {"Process": "5%", "TaskId": "704222904"},
        ]
    },
    "PageNumber": 1,
}
codec = XmlCodec.compile(ANSWER, "Answer")
relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=120)


def one(schema: dict[str, Any], body: bytes, name: str = "r") -> Any:
    """The value of a body that has no fault."""
    decoded = XmlCodec.compile(schema, name).read(body)
    assert decoded.faults == ()
    return decoded.value


def rules(body: bytes) -> list[tuple[str, str]]:
    return [(fault.rule, fault.at) for fault in codec.read(body).faults]


# the law


@pytest.mark.slow
@relaxed
@given(st.data())
def test_a_value_comes_back_as_it_went(data: st.DataObject) -> None:
    bundle = data.draw(bundles())
    value = data.draw(values(bundle))
    assert jsonschema_rs.validator_for(bundle).is_valid(value)
    made = XmlCodec.compile(bundle, "Root")
    decoded = made.read(made.encode(value))
    assert decoded.faults == ()
    assert decoded.value == value


@pytest.mark.slow
@relaxed
@given(st.data())
def test_a_comment_makes_no_difference(data: st.DataObject) -> None:
    bundle = data.draw(bundles())
    made = XmlCodec.compile(bundle, "Root")
    bodies = [made.encode(value) for value in data.draw(st.lists(values(bundle), min_size=1, max_size=3))]
    for body in (*bodies, *[data.draw(mutated(body)) for body in bodies]):
        commented = re.sub(rb"\A(<\?xml[^>]*\?>)?", rb"\1<!-- not plain -->", body, count=1)
        plain, other = made.read(body), made.read(commented)
        assert plain.readable == other.readable
        if plain.readable:
            assert (plain.value, plain.faults) == (other.value, other.faults)


SHELF = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "book": {
            "type": "array",
            "items": {"type": "object", "properties": {"title": TEXT, "year": {"type": "integer"}}},
        },
    },
}


def test_how_a_value_is_written_does_not_matter() -> None:
    made = XmlCodec.compile(SHELF, "shelf")
    value = {"id": 7, "book": [{}, {"title": ""}, {"title": "<", "year": 1815}]}
    for body in (
        b'<shelf id="7"><book /><book><title/></book><book><title>&lt;</title><year>1815</year></book></shelf>',
        b"<shelf id='7'>\n<book/>\t<book><title/></book><book>\r\n<year>1815</year><title>&#60;</title></book></shelf>",
        b'<shelf id="&#55;"><!-- --><book></book><book><title/></book><?pi?>'
        b"<book><title><![CDATA[<]]></title><year>1<!-- -->815</year></book></shelf>",
    ):
        read = made.read(body)
        assert (read.value, read.faults) == (value, ())


# what may vary


def test_the_sample_is_read() -> None:
    assert codec.read(SAMPLE).value == VALUE
    assert codec.read(codec.encode(VALUE)).value == VALUE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\n", b"\r\n"),
        (b"\n<", b"<"),
        (b"\n<", b"\n\t  <"),
        (b"<PageNumber>", b"<!-- c --><?pi?><PageNumber>"),
        (b"5%", b"<![CDATA[5%]]>"),
        (b"5%", b"&#53;&#x25;"),
        (b"<ObjectPath></ObjectPath>", b"<ObjectPath/>"),
        (b"<ObjectPath></ObjectPath>", b"<ObjectPath ></ObjectPath >"),
        (b'<?xml version="1.0" encoding="utf-8"?>\n', b""),
        (b'encoding="utf-8"', b"encoding='UTF-8' standalone=\"yes\""),
        (b"<?xml", b"\xef\xbb\xbf<?xml"),
        (b"<Answer>", b'<Answer xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">'),
        (b"<Answer>", b'<Answer xmlns:unused="urn:u">'),
    ],
)
def test_what_means_the_same_reads_the_same(old: bytes, new: bytes) -> None:
    body = SAMPLE.replace(old, new)
    assert body != SAMPLE
    decoded = codec.read(body)
    assert decoded.faults == ()
    assert decoded.value == VALUE


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso-8859-1", "windows-1252", "gbk", "shift_jis"])
def test_the_bytes_are_in_the_encoding_declared(encoding: str) -> None:
    text = SAMPLE.decode().replace("utf-8", encoding)
    assert codec.read(text.encode(encoding)).value == VALUE


# faults


@pytest.mark.parametrize(
    ("old", "new", "xpath"),
    [
        (b"<Answer>", b"<Answer>x", "/Answer"),
        (b"</Tasks>", b"</Tasks>x", "/Answer/Tasks"),
        (b"<PageNumber>", b"<Other>1</Other><PageNumber>", "/Answer/Other"),
        (b"<PageNumber>", b"<Tasks/><PageNumber>", "/Answer/Tasks[2]"),
        (b"<Process>5%", b"<Process>5%<b/>", "/Answer/Tasks/Task[2]/Process/b"),
        (b"<Tasks>", b"<Tasks count='2'>", "/Answer/Tasks/@count"),
        (b"<PageNumber>", b"<PageNumber unit=''>", "/Answer/PageNumber/@unit"),
        (b"<Tasks>", b"<Tasks xmlns='urn:other'>", "/Answer/Tasks"),
        (b"<TaskId>704222904", b"<taskid>1</taskid><TaskId>704222904", "/Answer/Tasks/Task[2]/taskid"),
    ],
)
def test_what_has_no_place_is_a_fault_there(old: bytes, new: bytes, xpath: str) -> None:
    assert rules(SAMPLE.replace(old, new, 1)) == [("xml-structure", xpath)]


def test_a_fault_tells_its_line() -> None:
    (fault,) = codec.read(SAMPLE.replace(b"<PageNumber>", b"<Page/>\n<PageNumber>")).faults
    assert (fault.line, fault.at) == (14, "/Answer/Page")
    assert "PageNumber" in fault.hint


@pytest.mark.parametrize("body", [b"<Other/>", b"<answer/>", b"<Tasks/>"])
def test_another_root_is_a_fault_and_not_read(body: bytes) -> None:
    decoded = codec.read(body)
    assert [fault.rule for fault in decoded.faults] == ["xml-structure"]
    assert not decoded.readable


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "xml-syntax"),
        (b"  \n", "xml-syntax"),
        (b"{}", "xml-syntax"),
        (SAMPLE[:-12], "xml-syntax"),
        (SAMPLE + b"<Answer/>", "xml-syntax"),
        (SAMPLE.replace(b"5%", b"5\x01"), "xml-syntax"),
        (SAMPLE.replace(b"5%", b"&#1;"), "xml-syntax"),
        (SAMPLE.replace(b"5%", b"&nbsp;"), "xml-syntax"),
        (SAMPLE.replace(b"5%", b"5 & 6"), "xml-syntax"),
        (SAMPLE.replace(b"5%", b"]]>"), "xml-syntax"),
        (SAMPLE.replace(b"</Tasks>", b"</Task>"), "xml-syntax"),
        (SAMPLE.replace(b"</Tasks>", b">/Tasks<"), "xml-syntax"),
        (SAMPLE.replace(b"<Tasks>", b"<p:Tasks>").replace(b"</Tasks>", b"</p:Tasks>"), "xml-syntax"),
        (b" " + SAMPLE, "xml-syntax"),
        (SAMPLE.replace(b"<Tasks>", b'<Tasks a="1" a="2">'), "xml-syntax"),
        (SAMPLE.replace(b"<Tasks>", b'<Tasks a="1"b="2">'), "xml-syntax"),
        (SAMPLE.replace(b"<Tasks>", b"<Tasks><\x01@a>1</\x01@a>"), "xml-syntax"),
        (SAMPLE.replace(b"utf-8", b"utf-16"), "body-undecodable"),
        (SAMPLE.replace(b"utf-8", b"klingon"), "body-undecodable"),
        (SAMPLE.replace(b"5%", b"\xff"), "body-undecodable"),
        (SAMPLE.replace(b"utf-8", b"us-ascii").replace(b"5%", "é".encode()), "body-undecodable"),
        (SAMPLE.replace(b"utf-8", b"iso-8859-1").replace(b"5%", "é".encode()), "body-undecodable"),
        (SAMPLE.decode().encode("utf-16"), "body-undecodable"),
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "xml-forbidden"),
    ],
)
def test_what_is_no_document_is_told_by_one_fault(body: bytes, rule: str) -> None:
    decoded = codec.read(body)
    assert [fault.rule for fault in decoded.faults] == [rule]
    assert not decoded.readable
    assert "\n" not in decoded.faults[0].message
    found = parse_fault(body)
    assert found is not None and found.rule == rule


@pytest.mark.parametrize(
    ("version", "accepted"), [("1.0", True), ("1.1", True), ("2.0", False), ("1.0UTF-8", False), ("1.", False)]
)
def test_a_version_is_1_dot_digits(version: str, accepted: bool) -> None:  # XML 1.0, production 26; expat accepts any
    assert (parse_fault(f'<?xml version="{version}"?><a/>'.encode()) is None) is accepted


def test_a_false_declaration_is_not_suspected_where_the_bytes_tell_nothing() -> None:
    body = SAMPLE.replace(b"utf-8", b"iso-8859-1").replace(b"5%", b"\xe9")
    assert codec.read(body).value["Tasks"]["Task"][1]["Process"] == "é"


@pytest.mark.parametrize(
    "body",
    [
        b"<Answer>" * 100_000,
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b"<!DOCTYPE x [<!ENTITY a '"
        + b"x" * 1000
        + b"'>"
        + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10 if n else b"&a;") for n in range(20))
        + b"]><x>&a19;</x>",
    ],
)
def test_hostile_bodies_are_refused_before_they_cost_much(body: bytes) -> None:
    assert rules(body)[0][0] == "xml-forbidden"


def test_a_body_of_too_many_bytes_tags_or_lines_is_refused() -> None:
    for body in (b"<Answer>" + b" " * (64 << 20), b"<a/>" * 2_000_001, b"<Answer>" + b"\n&" * 4_000_001):
        (fault,) = codec.read(body).faults
        assert fault.rule == "xml-forbidden" and "2,000,000 tags" in fault.hint


TREE = {
    "$ref": "#/$defs/T",
    "$defs": {"T": {"type": "object", "additionalProperties": False, "properties": {"t": {"$ref": "#/$defs/T"}}}},
}


@pytest.mark.parametrize(
    "schema", [TREE, {}, {"oneOf": [TREE["$defs"]["T"], {"type": "integer"}], "$defs": TREE["$defs"]}]
)
def test_depth_has_one_bound_however_it_is_read(schema: dict[str, Any]) -> None:
    made = XmlCodec.compile(schema, "t")
    for comment in (b"", b"<!-- -->"):
        deepest = comment + b"<t>" * MAX_DEPTH + b"</t>" * MAX_DEPTH
        assert made.read(deepest).faults == ()
        beyond = made.read(comment + b"<t>" + deepest[len(comment) :] + b"</t>")
        assert [fault.rule for fault in beyond.faults] == ["xml-forbidden"]


def test_alternatives_within_alternatives_take_no_exponential_time() -> None:
    branch = {"type": "object", "properties": {"t": {"$ref": "#/$defs/T"}}, "additionalProperties": False}
    schema = {"$ref": "#/$defs/T", "$defs": {"T": {"oneOf": [{**branch, "required": ["no"]}, branch]}}}
    made = XmlCodec.compile(schema, "t")
    assert made.read(b"<t>" * 100 + b"</t>" * 100).faults == ()


# scalars


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, "12", 12),
        ({"type": "integer"}, "-0", 0),
        *(({"type": "integer"}, text, text) for text in ("", " 1", "1 ", "+1", "01", "1.0", "1e1", "0x10", "١", "--1")),
        ({"type": "number"}, "1.50", 1.5),
        ({"type": "number"}, "-1E-2", -0.01),
        *(({"type": "number"}, text, text) for text in (".5", "5.", "NaN", "INF", "1e9999", "1_0", " 1")),
        ({"type": "boolean"}, "true", True),
        *(({"type": "boolean"}, text, text) for text in ("True", "1", "0", " true", "")),
        (TEXT, " a \n", " a \n"),
        ({"type": ["integer", "string"]}, "x", "x"),
        ({"enum": [1, "a"]}, "1", 1),
        ({"type": "integer", "x-text-pattern": "^[0-9]{2}$"}, "12", 12),
        ({"type": "integer", "x-text-pattern": "^[0-9]{2}$"}, "1", "1"),
    ],
)
def test_texts_are_read_by_their_type_alone(schema: dict[str, Any], text: str, value: Any) -> None:
    for body in (f"<r>{text}</r>", f"<!-- --><r>{text}</r>"):
        found = one(schema, body.encode())
        assert found == value
        assert type(found) is type(value)


def test_a_text_that_breaks_its_pattern_is_a_fault_where_it_stays_a_text() -> None:
    decoded = XmlCodec.compile({"type": "string", "x-text-pattern": "^a+$"}, "r").read(b"<r>b</r>")
    assert [fault.rule for fault in decoded.faults] == ["schema-pattern"]


def test_a_pattern_that_needs_going_back_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="look-around"):
        XmlCodec.compile({"items": {"type": "string", "x-text-pattern": "^(?=a)"}}, "r")


def test_a_pattern_may_match_anywhere_and_takes_linear_time() -> None:
    made = XmlCodec.compile({"type": "integer", "x-text-pattern": "2"}, "r")
    assert [made.read(body).value for body in (b"<r>123</r>", b"<r>13</r>")] == [123, "13"]
    explosive = XmlCodec.compile({"type": "string", "x-text-pattern": "^(a+)+$"}, "r")
    assert [fault.rule for fault in explosive.read(b"<r>" + b"a" * 5_000 + b"!</r>").faults] == ["schema-pattern"]


# names, lists, null (OpenAPI 3.1, XML Object)

NAMED: dict[str, Any] = {"type": "array", "items": {**TEXT, "xml": {"name": "animal"}}}


@pytest.mark.parametrize(
    ("schema", "inner"),
    [
        (LIST, "<animals>a</animals><animals>b</animals>"),
        (NAMED, "<animal>a</animal><animal>b</animal>"),
        ({**NAMED, "xml": {"name": "aliens"}}, "<animal>a</animal><animal>b</animal>"),
        ({**LIST, "xml": {"wrapped": True}}, "<animals><animals>a</animals><animals>b</animals></animals>"),
        ({**NAMED, "xml": {"wrapped": True}}, "<animals><animal>a</animal><animal>b</animal></animals>"),
        (
            {**NAMED, "xml": {"wrapped": True, "name": "aliens"}},
            "<aliens><animal>a</animal><animal>b</animal></aliens>",
        ),
        (
            {**LIST, "xml": {"wrapped": True, "name": "aliens"}},
            "<aliens><aliens>a</aliens><aliens>b</aliens></aliens>",
        ),
        ({"oneOf": [TEXT, LIST]}, "<animals>a</animals><animals>b</animals>"),
        ({}, "<animals>a</animals><animals>b</animals>"),
    ],
)
def test_lists_are_written_and_read_as_openapi_says(schema: dict[str, Any], inner: str) -> None:
    made = XmlCodec.compile({"type": "object", "properties": {"animals": schema}}, "r")
    body = made.encode({"animals": ["a", "b"]}).decode()
    assert body.partition("\n")[2] == f"<r>{inner}</r>"
    assert made.read(body.encode()).value == {"animals": ["a", "b"]}


def test_a_required_list_without_elements_is_empty_and_another_absent() -> None:
    schema = {"type": "object", "properties": {"a": LIST, "b": LIST}, "required": ["a"]}
    assert one(schema, b"<r/>") == {"a": []}
    assert one({"type": "object", "properties": {"a": {**LIST, "xml": {"wrapped": True}}}}, b"<r><a/></r>") == {"a": []}


def test_one_element_is_a_value_and_several_are_a_list_where_both_are_allowed() -> None:
    schema = {"type": "object", "properties": {"a": {"oneOf": [TEXT, LIST]}}}
    assert one(schema, b"<r><a>x</a></r>") == {"a": "x"}
    assert one(schema, b"<r><a>x</a><a>y</a></r>") == {"a": ["x", "y"]}


def test_null_is_told_by_nil_and_by_nothing_else() -> None:
    assert codec.read(codec.encode({**VALUE, "Note": None})).value == {**VALUE, "Note": None}
    xsi = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

    def noted(nil: bytes, text: bytes) -> bytes:
        return SAMPLE.replace(b"</Answer>", b"<Note %b xsi:nil='%b'>%b</Note></Answer>" % (xsi, nil, text))

    assert codec.read(noted(b"1", b"")).value["Note"] is None
    assert codec.read(noted(b"false", b"")).value["Note"] == ""
    assert rules(noted(b"true", b"x")) == [("xml-structure", "/Answer/Note")]
    assert rules(noted(b"yes", b"")) == [("xml-structure", "/Answer/Note/@nil")]
    assert one({"type": ["object", "null"]}, b"<r %b xsi:nil='true'/>" % xsi) is None


def test_null_may_have_the_attributes_of_the_element_that_it_stands_for() -> None:
    own = {"u": {"type": "integer", "xml": {"attribute": True}}, "v": {"type": "string"}}
    shape = {"type": ["object", "null"], "properties": own, "required": ["v"], "additionalProperties": False}
    reader = XmlCodec.compile({"type": "object", "properties": {"a": shape}}, "r")
    root = "<r xmlns:x='http://www.w3.org/2001/XMLSchema-instance'><a x:nil='true' {}='1'/></r>"
    body = reader.read(root.format("u").encode())
    assert body.value == {"a": None} and body.faults == ()
    (fault,) = reader.read(root.format("q").encode()).faults
    assert fault.at == "/r/a/@q" and fault.message == "The attribute q is not allowed in <a>"


def test_a_nullable_list_is_null_where_its_items_cannot_be() -> None:
    def decoded(items: Any) -> Any:
        schema = {"type": "object", "properties": {"e": {"type": ["array", "null"], "items": items}}}
        codec = XmlCodec.compile(schema, "r")
        return codec.read(codec.encode({"e": None})).value

    assert decoded({"type": "integer"}) == {"e": None}
    assert decoded({"type": ["integer", "null"]}) == {"e": [None]}  # either reading is valid


def test_attributes_namespaces_and_prefixes() -> None:
    person = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "id": {"type": "integer", "xml": {"attribute": True}},
            "name": {**TEXT, "xml": {"namespace": "http://example.com/sample", "prefix": "s"}},
            "own": TEXT,
        },
    }
    made = XmlCodec.compile(person, "Person")
    body = made.encode({"id": 123, "name": "x", "own": "y"})
    expected = b'<Person id="123"><s:name xmlns:s="http://example.com/sample">x</s:name><own>y</own></Person>'
    assert body.partition(b"\n")[2] == expected
    assert made.read(body).value == {"id": 123, "name": "x", "own": "y"}
    assert (
        made.read(expected.replace(b"<s:", b"<t:").replace(b"</s:", b"</t:").replace(b":s=", b":t=")).value["name"]
        == "x"
    )
    assert [fault.at for fault in made.read(b"<Person><name>x</name></Person>").faults] == ["/Person/name"]


@pytest.mark.parametrize(
    ("inner", "wrong"),
    [
        ("<f:n>x</f:n><n>1</n>", 0),  # beside its own
        ("<n>1</n><f:n>x</f:n>", 0),
        ("<f:n>x</f:n>", 1),  # which is rather meant for it
        ("<k:n>1</k:n>", 1),
        ("<f:m>1</f:m>", 1),
    ],
)
def test_an_element_of_another_namespace_is_no_property_that_stands_beside_it(inner: str, wrong: int) -> None:
    known = {"xml": {"namespace": "urn:k", "prefix": "k"}, **TEXT}
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "m": TEXT, "k": known}, "required": ["m"]}
    own = "" if "m>" in inner else "<m/>"
    body = XmlCodec.compile(schema, "r").read(f"<r xmlns:f='urn:f' xmlns:k='urn:k'>{own}{inner}</r>".encode())
    assert len(body.faults) == wrong


def test_a_default_namespace_is_that_of_all_within() -> None:
    made = XmlCodec.compile({**ANSWER, "xml": {"namespace": "urn:v"}}, "Answer")
    body = made.encode(VALUE)
    assert body.count(b"xmlns") == 1
    assert made.read(body).value == VALUE
    prefixed = re.sub(rb"<(/?)([A-Z])", rb"<\1v:\2", body).replace(b"xmlns=", b"xmlns:v=")
    assert made.read(prefixed).value == VALUE
    elsewhere = made.read(SAMPLE)
    assert elsewhere.value == codec.read(SAMPLE).value
    assert [fault.message for fault in elsewhere.faults] == [
        "The root element is <Answer> without a namespace, expected <Answer>"
    ]


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        (b"<r xmlns='urn:v'><id>1</id></r>", "The element <id> is not allowed in <r>", "id is an attribute here"),
        (b"<r xmlns='urn:v' n='1'/>", "The attribute n is not allowed in <r>", "n is an element here"),
        (b"<r xmlns='urn:v' z='1'/>", "The attribute z is not allowed in <r>", "attributes allowed here: id"),
        (b"<r xmlns='urn:v'><n z='1'>1</n></r>", "The attribute z is not allowed in <n>", "no attribute is allowed here"),
        (b"<r xmlns='urn:v'><z/></r>", "The element <z> is not allowed in <r>", "elements allowed here: n, o of the namespace urn:w"),
        (b"<r xmlns='urn:v'><o/></r>", "The element <o> is not allowed in <r>", "here o belongs to the namespace urn:w"),
        (b"<r/>", "The root element is <r> without a namespace, expected <r>", "declare the namespace urn:v (xmlns)"),
        (b"<s xmlns='urn:v'><n>1</n></s>", "The root element is <s>, expected <r>",
         "name the root element as the contract does (the component, or `xml.name`)"),
    ],
)  # fmt: skip
def test_a_mismatch_says_what_belongs_there(body: bytes, message: str, hint: str) -> None:
    names = {
        "id": {"xml": {"attribute": True}},
        "n": {"type": "integer"},
        "o": {"xml": {"namespace": "urn:w", "prefix": "w"}},
    }
    schema = {
        "type": "object",
        "xml": {"name": "r", "namespace": "urn:v"},
        "properties": names,
        "additionalProperties": False,
    }
    [fault] = XmlCodec.compile(schema, "r").read(body).faults
    assert (fault.message, fault.hint) == (message, hint)


def test_elements_within_are_meant_for_an_object_rather_than_a_string() -> None:
    inner = {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}
    schema = {"type": "object", "properties": {"who": {"oneOf": [{"type": "string"}, inner]}}}
    [fault] = XmlCodec.compile(schema, "r").read(b"<r><who><b/></who></r>").faults
    assert (fault.message, fault.hint) == ("The element <b> is not allowed in <who>", "elements allowed here: a")


def test_open_objects_keep_what_they_do_not_know() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    body = b'<r x="1"><n>1</n><m>a</m><o>x<p>b</p>y<q/></o><l>1</l><l>2</l></r>'
    assert one(schema, body) == {"n": 1, "m": "a", "o": {"p": "b", "q": ""}, "l": ["1", "2"]}
    typed = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert one(typed, b"<r><a>1</a><b>2</b></r>") == {"a": 1, "b": 2}
    by_name = {"type": "object", "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False}
    assert one(by_name, b"<r><xa>1</xa></r>") == {"xa": 1}


def test_alternatives_are_told_apart_by_constants_and_members() -> None:
    def kind(name: str, member: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "required": ["kind", "v"], "properties": {"kind": {"const": name}, "v": member}}

    schema = {"oneOf": [kind("a", {"type": "integer"}), kind("b", TEXT), {"type": "boolean"}]}
    assert one(schema, b"<r><v>1</v><kind>a</kind></r>") == {"kind": "a", "v": 1}
    assert one(schema, b"<r><v>1</v><kind>b</kind></r>") == {"kind": "b", "v": "1"}
    assert one(schema, b"<r>true</r>") is True


def test_items_of_a_root_without_names_may_have_any_one_name() -> None:
    schema = {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    codec = XmlCodec.compile(schema, "schema", any_root=True)
    read = codec.read(b"<ArrayOfPet><Pet><n>1</n></Pet><Pet><n>x</n></Pet></ArrayOfPet>")
    assert (read.value, read.faults) == ([{"n": 1}, {"n": "x"}], ())
    assert read.locate and read.locate(["1", "n"])[0] == "/ArrayOfPet/Pet[2]/n"
    assert (
        codec.read(b"<a><b/><c/></a>").faults
        and XmlCodec.compile(schema, "schema").read(b"<schema><b/></schema>").faults
    )
    empty = XmlCodec.compile({"type": "array", "items": {"type": "string", "xml": None}}, "schema", any_root=True)
    assert empty.read(b"<a><b>1</b></a>").value == ["1"]
    named = {"type": "array", "items": {"type": "string", "xml": {"name": "b"}}}
    assert XmlCodec.compile(named, "schema", any_root=True).read(b"<a><c/></a>").faults


@pytest.mark.parametrize(
    ("text", "faults"),
    [("<Items><It/></Items>", 0), ("<Items><Items/></Items>", 0), ("<Items><Thing/></Items>", 1), ("<It/>", 1)],
)
def test_the_items_of_a_root_may_be_named_as_their_component(text: str, faults: int) -> None:
    schema = {
        "$ref": "#/$defs/Items",
        "$defs": {"Items": {"type": "array", "items": {"$ref": "#/$defs/It"}}, "It": {"type": "object"}},
    }
    assert len(XmlCodec.compile(schema, "Items").read(text.encode()).faults) == faults
    listed = {"$ref": "#/$defs/Items", "xml": {"wrapped": True}}
    within = {"type": "object", "additionalProperties": False, "properties": {"Items": listed}}
    document = f"<r>{text}</r>".encode()
    assert len(XmlCodec.compile({**within, "$defs": schema["$defs"]}, "r").read(document).faults) == faults


def test_items_that_have_a_name_have_no_other() -> None:
    named: dict[str, Any] = {
        "type": "array",
        "items": {"type": "string", "xml": {"name": "it"}},
        "xml": {"wrapped": True},
    }
    codec = XmlCodec.compile({"type": "object", "properties": {"all": named}}, "r")
    faults = [len(codec.read(f"<r><all><{name}/></all></r>".encode()).faults) for name in ("it", "all")]
    assert faults == [0, 1]


FORMS: dict[str, Any] = {
    "type": "object", "required": ["id", "name"],
    "properties": {
        "id": {"type": "string", "xml": {"attribute": True}}, "name": {"type": "string", "xml": {"name": "Label"}},
        "tags": {"type": "array", "items": {"type": "integer", "xml": {"name": "tag"}}},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ('<r id="a"><Label>b</Label><tag>1</tag><more/></r>', []),
        ('<r id="a" more="c"><Label>b</Label><name>other</name><id>other</id></r>', []),
        ("<r><id>a</id><Label>b</Label></r>", ['The element <id> is not how the property "id" is written here']),
        ('<r id="a" name="b"/>', ['The attribute name is not how the property "name" is written here']),
        ('<r id="a"><name>b</name></r>', ['The element <name> is not how the property "name" is written here']),
        ('<r id="a"><Label/><tags>1</tags><tags>2</tags></r>', ['The element <tags> is not how the property "tags" is written here']),
    ],
)  # fmt: skip
def test_a_property_in_the_form_of_another_node_is_a_fault_also_where_others_may_stand(
    text: str, messages: list[str]
) -> None:
    body = XmlCodec.compile(FORMS, "r").read(text.encode())
    assert [fault.message for fault in body.faults] == messages
    assert body.value.keys() >= {"id", "name"}  # so that they are not missing as well


@pytest.mark.parametrize(
    ("more", "text", "faults"),
    [
        ({}, '<r a="1">text</r>', 0),
        ({}, "<r>text</r>", 0),
        ({}, '<r a="1">text<b/></r>', 1),
        ({"additionalProperties": False}, '<r a="1">text</r>', 1),
        ({"properties": {"a": {"type": "integer", "xml": {"attribute": True}}, "b": {}}}, '<r a="1">text</r>', 1),
        ({"properties": {}}, "<r>text</r>", 1),
    ],
)
def test_text_may_stand_beside_attributes_where_nothing_else_is_documented(more: Any, text: str, faults: int) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer", "xml": {"attribute": True}}}, **more}
    assert len(XmlCodec.compile(schema, "r").read(text.encode()).faults) == faults


def test_elements_may_be_named_by_alternatives() -> None:
    pets = {"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]}
    made = [{"type": "object", "required": ["n"], "properties": {"n": kind}, "xml": {"name": name}} for name, kind in
            (("cat", {"type": "integer"}), ("dog", TEXT))]  # fmt: skip
    defs = dict(zip(("Cat", "Dog"), made, strict=True))
    schema = {"$defs": defs, "type": "object", "additionalProperties": False, "properties": {
        "pet": pets, "all": {"type": "array", "items": pets, "xml": {"wrapped": True}}}}  # fmt: skip
    assert one(schema, b"<r><cat><n>1</n></cat></r>") == {"pet": {"n": 1}}
    assert one(schema, b"<r><pet><n>1</n></pet></r>") == {"pet": {"n": 1}}
    body = b"<r><all><dog><n>1</n></dog><all><n>2</n></all><cat><n>3</n></cat></all></r>"
    read = XmlCodec.compile(schema, "r").read(body)
    assert read.value == {"all": [{"n": "1"}, {"n": 2}, {"n": 3}]} and not read.faults
    assert read.locate and read.locate(["all", "2", "n"])[0] == "/r/all/cat/n"
    assert XmlCodec.compile(schema, "r").read(b"<r><cow/></r>").faults
    by_name = XmlCodec.compile({**pets, "$defs": defs}, "pet")
    assert [by_name.read(body).value for body in (b"<cat><n>1</n></cat>", b"<dog><n>1</n></dog>")] == [
        {"n": 1},
        {"n": "1"},
    ]
    assert by_name.read(b"<cow><n>1</n></cow>").faults


def test_alternatives_of_one_name_are_told_apart_by_what_they_hold() -> None:
    made = [{"type": "object", "required": [key], "properties": {key: kind}, "xml": {"name": "pet"}} for key, kind in
            (("n", {"type": "integer"}), ("s", TEXT))]  # fmt: skip
    wrapped = {"type": "array", "items": {"oneOf": made}, "xml": {"wrapped": True}}
    schema = {"type": "object", "properties": {"all": wrapped}}
    body = b"<r><all><pet><n>1</n></pet><pet><s>1</s></pet></all></r>"
    assert one(schema, body) == {"all": [{"n": 1}, {"s": "1"}]}


@pytest.mark.parametrize("texts", ["1 x", "x 1", "1 2 3", "1 2 3 4", "true 1 x", "1 true"])
def test_elements_of_one_name_stand_for_any_property_that_has_it(texts: str) -> None:
    """The contract does not say for which: where one way of reading them is valid, nobody is blamed."""
    numbers = {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer", "xml": {"name": "i"}}}
    strings = {"type": "array", "minItems": 1, "items": TEXT | {"xml": {"name": "i"}}}
    truth = {"type": "boolean", "xml": {"name": "i"}}
    schema = {"type": "object", "required": ["n", "s"], "properties": {"b": truth, "n": numbers, "s": strings}}
    body = "".join(f"<i>{text}</i>" for text in texts.split())
    found = one(schema, f"<r>{body}</r>".encode())
    assert jsonschema_rs.is_valid(schema, found)
    for wrong in (b"<r><i>x</i></r>", b"<r><i>1</i></r>", b"<r><i>1</i><i>x</i><i><z/></i></r>"):
        read = XmlCodec.compile(schema, "r").read(wrong)
        assert read.faults or not jsonschema_rs.is_valid(schema, read.value)


def test_all_of_adds_members() -> None:
    schema = {
        "allOf": [{"$ref": "#/$defs/B"}, {"type": "object", "properties": {"n": {"type": "integer"}}}],
        "unevaluatedProperties": False,
        "$defs": {"B": {"type": "object", "properties": {"s": TEXT}}},
    }
    assert one(schema, b"<r><s>1</s><n>1</n></r>") == {"s": "1", "n": 1}
    assert XmlCodec.compile(schema, "r").read(b"<r><m/></r>").faults


# writing


@pytest.mark.parametrize(
    ("value", "cure"),
    [
        ({"a b": "x"}, "a b"),
        ({"1x": "x"}, "1x"),
        ({"": "x"}, "''"),
        ({"a:b": "x"}, "a:b"),
        ({"a": "\x00"}, r"U\+0000"),
        ({"a": "\ud800"}, r"U\+D800"),
        ({"a": "\ufffe"}, r"U\+FFFE"),
        ({"a": float("nan")}, "nan"),
    ],
)
def test_what_xml_cannot_carry_is_refused(value: Any, cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        XmlCodec.compile({}, "r").encode(value)


def test_values_out_of_their_schema_can_be_written_to_provoke() -> None:
    wrong = {**VALUE, "PageNumber": "x", "Extra": [{"a": 1}]}
    decoded = codec.read(codec.encode(wrong))
    assert decoded.value["PageNumber"] == "x"
    assert [fault.at for fault in decoded.faults] == ["/Answer/Extra"]


# places


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", ("/Answer", 2)),
        ("/PageNumber", ("/Answer/PageNumber", 14)),
        ("/Tasks/Task/1/TaskId", ("/Answer/Tasks/Task[2]/TaskId", 11)),
        ("/Tasks/Task/1", ("/Answer/Tasks/Task[2]", 9)),
        ("/Tasks/Task", ("/Answer/Tasks/Task[1]", 4)),
        ("/Tasks/Task/7/TaskId", ("/Answer/Tasks/Task[1]", 4)),
        ("/Nowhere/x", ("/Answer", 2)),
    ],
)
def test_a_pointer_leads_to_its_element(pointer: str, place: tuple[str, int]) -> None:
    assert codec.read(SAMPLE).locate(pointer.split("/")[1:]) == place


def test_a_value_stands_where_it_was_read_though_others_have_its_name() -> None:
    named = {"xml": {"name": "z"}}
    schema = {"type": "object", "properties": {"h": {"type": "boolean", **named}, "f": {"type": "integer", **named}}}
    read = XmlCodec.compile(schema, "r").read(b"<r><z>true</z><z>7</z></r>")
    assert read.value == {"h": True, "f": 7}
    assert [read.locate([name])[0] for name in ("h", "f")] == ["/r/z[1]", "/r/z[2]"]
    read = XmlCodec.compile({"properties": {"n": named}}, "r").read(b"<r><n><a>1</a></n></r>")
    assert read.locate(["n", "a"])[0] == "/r/n/a"


def test_many_places_among_many_siblings_take_linear_time() -> None:
    made = XmlCodec.compile(
        {"xml": {"name": "r"}, "type": "array", "items": {"xml": {"name": "i"}, "type": "integer"}}, "r"
    )

    def locate_all(read: Body) -> None:
        assert all(read.locate([str(index)])[1] for index in range(len(read.value)))

    assert growth(lambda size: made.read(b"<r>" + b"<i>1</i>" * size + b"</r>"), locate_all, 500) < LINEAR


def test_many_elements_of_another_namespace_are_read_in_linear_time() -> None:
    items = {"type": "array", "items": {"type": "integer", "xml": {"namespace": "urn:a"}}}
    made = XmlCodec.compile({"type": "object", "properties": {"a": items}}, "r")
    end = b'<a xmlns="urn:a">1</a></r>'  # beside which the others are no faults
    assert growth(lambda size: b"<r>" + b"<a>1</a>" * size + end, made.read, 200) < LINEAR
    assert made.read(b"<r><a/><a/>" + end).value == {"a": [1]} and not made.read(b"<r><a/><a/>" + end).faults


INTEGER = {"type": "integer"}


@pytest.mark.slow
@pytest.mark.parametrize("item", [INTEGER, {"oneOf": [INTEGER, {"type": "object", "properties": {"a": INTEGER}}]}])
def test_places_in_a_large_document_take_little_beside_its_value(item: dict[str, Any]) -> None:
    made = XmlCodec.compile({"xml": {"name": "r"}, "type": "array", "items": {"xml": {"name": "i"}, **item}}, "r")
    found: list[tuple[str, int]] = []

    def locate_some() -> None:
        read = made.read(b"<r>" + b"<i/>" * 5_000 + b"</r>")
        found.extend(read.locate([index]) for index in ("0", "4999"))

    assert peak(locate_some) < 5_000 * 300, "each is read twice, the second time to note its place"
    assert found == [("/r/i[1]", 1), ("/r/i[5000]", 1)]


def test_of_alternatives_too_no_more_mismatches_are_kept_than_are_reported() -> None:
    objects = [{"type": "object", "additionalProperties": False, "properties": {name: INTEGER}} for name in "ab"]
    items = {"xml": {"name": "i"}, "oneOf": objects}
    made = XmlCodec.compile({"xml": {"name": "r"}, "type": "array", "items": items}, "r")
    faults = [len(made.read(b"<r>" + b"<i><z/></i>" * count + b"</r>").faults) for count in (3, 500)]
    assert faults == [3, 100]


def test_properties_of_one_name_at_every_level_are_told_apart_in_linear_time() -> None:
    parts = {name: {"$ref": "#/$defs/x", "xml": {"name": "x"}} for name in ("a", "b")}
    schema = {"xml": {"name": "x"}, "type": "object", "required": ["a"], "properties": parts}
    made = XmlCodec.compile({"$ref": "#/$defs/x", "$defs": {"x": schema}}, "x")
    depth = 60  # 2 ** 60 readings where each level reads twice
    value = made.read(b"<x>" * depth + b"</x>" * depth).value
    for _ in range(depth - 1):
        value = value["a"]
    assert value == {}


@pytest.mark.slow
@relaxed
@given(st.data())
def test_every_pointer_leads_to_the_text_of_its_value(data: st.DataObject) -> None:
    bundle = data.draw(bundles())
    value = data.draw(values(bundle))
    made = XmlCodec.compile(bundle, "Root")
    body = made.encode(value)
    read, root = made.read(body), ElementTree.fromstring(body)
    for pointer, leaf in leaves(value, ()):
        xpath, line = read.locate(pointer)
        if isinstance(leaf, str):
            assert leaf in texts_at(root, xpath), (pointer, xpath)
            assert line >= 2


def texts_at(root: Element, xpath: str) -> list[str]:
    """The texts of what an XPath of local names leads to; elements of other namespaces may share such a name."""
    found = [root]
    for step in xpath.split("/")[2:]:
        if step.startswith("@"):
            return [text for one in found for name, text in one.items() if name.rpartition("}")[2] == step[1:]]
        name, _, position = step.partition("[")
        groups: list[list[Element]] = []
        for one in found:
            tags = {child.tag for child in one if child.tag.rpartition("}")[2] == name}
            groups += [[child for child in one if child.tag == tag] for tag in tags]
        at = int(position[:-1] or 1) - 1 if position else 0
        found = [group[at] for group in groups if at < len(group)]
    return [one.text or "" for one in found]


def leaves(value: Any, pointer: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, dict | list):
        return [(pointer, value)]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [leaf for key, one_value in inner for leaf in leaves(one_value, (*pointer, str(key)))]


@pytest.mark.parametrize(
    "doctype",
    ["<!DOCTYPE r>", "<!DOCTYPE r PUBLIC '-//x' 'http://127.0.0.1:9/r.dtd'>", "<!DOCTYPE r [<!ELEMENT r ANY>]>"],
)
def test_a_document_type_without_entities_is_a_warning(doctype: str) -> None:
    reader = XmlCodec.compile({"type": "object", "properties": {"a": {"type": "integer"}}}, "r")
    body = reader.read(f"<?xml version='1.0'?>\n{doctype}<r><a>1</a></r>".encode())
    assert body.value == {"a": 1} and [(fault.rule, fault.line) for fault in body.faults] == [("xml-doctype", 2)]
    assert reader.read(b"<r><!-- <!DOCTYPE r> --><a>1</a></r>").faults == ()
    undeclared = reader.read(f"{doctype}<r><a>&b;</a></r>".encode())
    assert not undeclared.readable and undeclared.faults[0].rule in ("xml-syntax", "xml-forbidden")


def test_a_charset_from_outside_counts_more_than_the_declaration() -> None:
    """RFC 7303, section 3: a byte order mark first, then the Content-Type, then the declaration."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    by = {name: XmlCodec.compile(schema, "r", charset=name) for name in ("iso8859-1", "utf-8", "shift_jis", "utf-16")}
    for declaration in ("", "<?xml version='1.0' encoding='utf-8'?>", "<?xml version='1.0' encoding='iso-8859-1'?>"):
        text = f"{declaration}<r><a>é</a></r>"
        assert by["iso8859-1"].read(text.encode("latin-1")).value == {"a": "é"}
        assert by["utf-8"].read(text.encode()).value == {"a": "é"}
        assert by["utf-16"].read(text.encode("utf-16-be")).value == {"a": "é"}
        assert by["iso8859-1"].read(text.encode("utf-8-sig")).value == {"a": "é"}
        assert by["shift_jis"].read(text.replace("é", "ア").encode("shift_jis")).value == {"a": "ア"}
        assert [fault.rule for fault in by["utf-8"].read(text.encode("latin-1")).faults] == ["body-undecodable"]
        assert [fault.rule for fault in by["iso8859-1"].read(text.encode()).faults] == ["body-undecodable"]


@pytest.mark.parametrize("nil", ["true", " true ", "\n1"])
def test_white_space_around_nil_collapses(nil: str) -> None:
    reader = XmlCodec.compile({"type": "object", "properties": {"a": {"type": ["integer", "null"]}}}, "r")
    body = reader.read(f'<r xmlns:x="http://www.w3.org/2001/XMLSchema-instance"><a x:nil="{nil}"/></r>'.encode())
    assert body.value == {"a": None} and body.faults == ()


PET = {"type": "object", "properties": {"id": {"type": "integer"}}, "additionalProperties": False}
SPACED = {**PET, "xml": {"name": "pet", "namespace": "urn:pets"}}


@pytest.mark.parametrize(
    ("schema", "any_root", "text", "faults", "value"),
    [
        (PET, True, "<x><id>1</id></x>", 0, {"id": 1}), (PET, True, "<x xmlns='urn:y'><id>1</id></x>", 0, {"id": 1}),
        (PET, False, "<x><id>1</id></x>", 1, {"id": 1}), (PET, False, "<x><no>1</no></x>", 1, None),
        (SPACED, True, "<pet xmlns='urn:pets'><id>1</id></pet>", 0, {"id": 1}),
        (SPACED, True, "<x xmlns='urn:pets'><id>1</id></x>", 1, {"id": 1}),
        (SPACED, True, "<pet><id>1</id><no/></pet>", 2, {"id": 1}),
        (SPACED, False, "<pet xmlns='urn:cats'><id>1</id></pet>", 1, {"id": 1}),
        ({"type": "array", "items": {**PET, "xml": {"name": "pet"}}}, True, "<pets><pet><id>1</id></pet></pets>", 0, [{"id": 1}]),
        ({"type": "integer"}, True, "<n>5</n>", 0, 5),
    ],
)  # fmt: skip
def test_roots_of_another_name(schema: Any, any_root: bool, text: str, faults: int, value: Any) -> None:
    body = XmlCodec.compile(schema, "pet", any_root=any_root).read(text.encode())
    assert (len(body.faults), body.value) == (faults, value)
    assert body.readable or value is None


PATTERNED = {
    "type": "object",
    "properties": {"n_first": {"minimum": 1}, "id": {"type": "string"}},
    "patternProperties": {"^n_": {"type": "integer"}, "^s_": {"type": "string"}},
}


@pytest.mark.parametrize(
    ("more", "text", "value"),
    [
        ({}, "<r><n_a>5</n_a><s_a>5</s_a><n_first>7</n_first><id>8</id><x>9</x></r>", {"n_a": 5, "s_a": "5", "n_first": 7, "id": "8", "x": "9"}),
        ({"additionalProperties": {"type": "boolean"}}, "<r><n_a>5</n_a><x>true</x></r>", {"n_a": 5, "x": True}),
        ({"additionalProperties": False}, "<r><n_a>5</n_a></r>", {"n_a": 5}),
        ({"unevaluatedProperties": False}, "<r><s_a>5</s_a></r>", {"s_a": "5"}),
        ({"additionalProperties": True, "unevaluatedProperties": False}, "<r><x>9</x></r>", {"x": "9"}),
    ],
)  # fmt: skip
def test_properties_by_the_pattern_of_their_names(more: Any, text: str, value: Any) -> None:
    body = XmlCodec.compile({**PATTERNED, **more}, "r").read(text.encode())
    assert (body.value, body.faults) == (value, ())


def test_no_pattern_fits_the_name() -> None:
    for word in ("additionalProperties", "unevaluatedProperties"):
        body = XmlCodec.compile({**PATTERNED, word: False}, "r").read(b"<r><x>9</x></r>")
        assert [fault.rule for fault in body.faults] == ["xml-structure"]
