"""Derived XSDs: never narrower than the schema, as exact as XSD 1.0 can be, the same to two engines."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.growth import LINEAR, growth
from support.xml_bundles import bundles, values
from support.xml_samples import ANSWER, LIST, SAMPLE, TEXT, mutated

from toolkit.document.pointers import pointer_text
from toolkit.errors import ContractError
from toolkit.validation.cross_check import json_schema_second_opinion, xsd_second_opinion
from toolkit.xml.codec import XmlCodec
from toolkit.xml.xsd import derive_xsd, derive_xsds
from toolkit.xml.xsd_validator import xsd_file_validator, xsd_validator

relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=100)
XSD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{}</xs:schema>'
XS = "{http://www.w3.org/2001/XMLSchema}"
INTEGER = '<xs:element name="r" type="xs:integer"/>'


def takes(schema: dict[str, Any], name: str = "r") -> Callable[[str], bool]:
    """Whether the XSD of a schema takes a document; both engines have to say the same."""
    text = derive_xsd(schema, name).text
    judged = xsd_validator(text)

    def by_both(body: str) -> bool:
        valid = not list(judged(body.encode()))
        assert xsd_second_opinion(text, body.encode()) == valid
        return valid

    return by_both


def lost(schema: dict[str, Any]) -> set[tuple[str, str]]:
    return {(loss.pointer, loss.keyword) for loss in derive_xsd(schema, "r").losses}


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


# the law


@pytest.mark.slow
@relaxed
@given(st.data())
def test_what_is_valid_by_the_schema_is_valid_by_its_xsd(data: st.DataObject) -> None:
    bundle = data.draw(bundles())
    value = data.draw(values(bundle))
    assert jsonschema_rs.validator_for(bundle).is_valid(value)
    assert json_schema_second_opinion(bundle, value)
    body = XmlCodec.compile(bundle, "Root").encode(value)
    text = derive_xsd(bundle, "Root").text
    assert list(xsd_validator(text)(body)) == []
    assert xsd_second_opinion(text, body)


@pytest.mark.slow
@relaxed
@given(st.data())
def test_two_engines_agree_on_all_documents_and_none_refuses_a_valid_one(data: st.DataObject) -> None:
    bundle = data.draw(bundles())
    codec = XmlCodec.compile(bundle, "Root")
    body = data.draw(mutated(codec.encode(data.draw(values(bundle)))))
    decoded = codec.read(body)
    found = list(xsd_validator(derive_xsd(bundle, "Root").text)(body))
    if any(fault.rule != "xml-structure" for fault in decoded.faults):
        assert found
        return
    assert xsd_second_opinion(derive_xsd(bundle, "Root").text, body) == (not found)
    if not decoded.faults and jsonschema_rs.validator_for(bundle).is_valid(decoded.value):
        assert found == []


# what is said exactly


def test_members_come_in_any_order_once_each_and_no_others() -> None:
    by_both = takes({**closed(a=TEXT, b={"type": "integer"}), "required": ["a"]})
    assert by_both("<r><a>x</a><b>1</b></r>")
    assert by_both("<r>\n<b>1</b><a/></r>")
    assert by_both("<r><a/></r>")
    for bad in ("<r><b>1</b></r>", "<r><a/><a/></r>", "<r><a/><c/></r>", "<r>x<a/></r>", "<r><a/><b>x</b></r>"):
        assert not by_both(bad)


def test_lists_are_counted() -> None:
    three = {**LIST, "minItems": 1, "maxItems": 3}
    by_both = takes({**closed(a=three), "required": ["a"]})
    assert [by_both(f"<r>{'<a/>' * times}</r>") for times in range(5)] == [False, True, True, True, False]
    by_both = takes(closed(a={**three, "xml": {"wrapped": True}}, b=TEXT))
    assert by_both("<r><b/><a><a/></a></r>")
    assert not by_both("<r><b/><a></a></r>")


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 50}, "1 50", "0 51 x 1.0 01 +1"),
        ({"type": "integer", "exclusiveMinimum": 0.5}, "1 99999999999999999999999999", "0"),
        ({"type": "number", "exclusiveMaximum": 2}, "1.5 1e0 -1E-2", "2 3 INF NaN .5"),
        ({"type": "boolean"}, "true false", "1 0 TRUE"),
        ({"const": True}, "true", "false"),
        ({"enum": ["a", "b"]}, "a b", "c A"),
        ({"enum": [1, "x"]}, "1 x", "2 y"),
        ({"type": "string", "minLength": 2, "maxLength": 3}, "ab é😀é", "a abcd"),
        ({"type": "string", "pattern": r"^\d{1,3}%$"}, "5% 100%", "% 1000% 5%x"),
        ({"type": "string", "allOf": [{"pattern": "a"}, {"pattern": "b"}]}, "ab xbxa", "a b"),
        ({"type": "integer", "x-text-pattern": "^[0-9]{2}$"}, "10", "5 100"),
        ({"oneOf": [{"type": "integer"}, {"enum": ["all"]}]}, "1 all", "none"),
        ({"type": ["integer", "boolean"]}, "1 true", "x"),
    ],
)
def test_scalars_are_bounded(schema: dict[str, Any], good: str, bad: str) -> None:
    by_both = takes(schema)
    assert [text for text in good.split() if not by_both(f"<r>{text}</r>")] == []
    assert [text for text in bad.split() if by_both(f"<r>{text}</r>")] == []


def test_strings_keep_their_white_space() -> None:
    by_both = takes({"enum": ["a b"]})
    assert by_both("<r>a b</r>")
    assert not by_both("<r> a  b</r>")


def test_null_attributes_and_namespaces() -> None:
    schema = closed(a={"type": ["integer", "null"]}, n={"type": "integer", "xml": {"attribute": True}})
    by_both = takes({**schema, "required": ["a", "n"], "xml": {"namespace": "urn:v"}})
    nil = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'
    assert by_both(f'<r xmlns="urn:v" n="1"><a {nil}/></r>')
    assert by_both('<v:r xmlns:v="urn:v" n="1"><v:a>1</v:a></v:r>')
    assert not by_both('<r xmlns="urn:v"><a>1</a></r>')
    assert not by_both('<r xmlns="urn:v" n="x"><a>1</a></r>')
    assert not by_both('<r n="1"><a>1</a></r>')
    assert not by_both(f'<r xmlns="urn:v" n="1" {nil}/>')


def test_what_states_no_type_may_be_null() -> None:
    null = '<{} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
    untyped: dict[str, Any] = {"properties": {"a": {"type": "string"}}}
    assert takes(untyped)(null.format("r")) and not takes({"type": "object", **untyped})(null.format("r"))
    inner = takes(closed(a={"minLength": 1}, b={"type": "string"}))
    assert inner(f"<r>{null.format('a')}</r>") and not inner(f"<r>{null.format('b')}</r>")


def test_schemas_that_contain_themselves() -> None:
    tree = closed(v={"type": "integer"}, t={"type": "array", "items": {"$ref": "#/$defs/T"}, "xml": {"wrapped": True}})
    by_both = takes({"$ref": "#/$defs/T", "$defs": {"T": tree}})
    assert by_both("<r><t><t><v>1</v></t><t><t/></t></t></r>")
    assert not by_both("<r><t><t><v>x</v></t></t></r>")


def test_the_sample() -> None:
    judged = xsd_validator(derive_xsd(ANSWER, "Answer").text)
    assert list(judged(SAMPLE)) == []
    (violation,) = judged(SAMPLE.replace(b"<PageNumber>1", b"<PageNumber>one"))
    assert violation.rule == "xsd-invalid"
    assert violation.at == "#/Answer/PageNumber (line 14)"
    assert "one" in violation.message


# what is lost is named, and only that


@pytest.mark.parametrize(
    ("schema", "losses"),
    [
        (ANSWER, set()),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, set()),
        ({"type": "object"}, {("", "additionalProperties")}),
        ({}, {("", "type")}),
        (closed(a={"type": "string", "pattern": "^(?=x)"}), {("/properties/a", "pattern")}),
        (closed(a={"type": "string", "format": "date-time"}), {("/properties/a", "format")}),
        (closed(a={"type": "integer", "format": "int32"}), set()),
        (closed(a={"type": "number", "multipleOf": 2}), {("/properties/a", "multipleOf")}),
        (closed(a={**LIST, "uniqueItems": True}), {("/properties/a", "uniqueItems")}),
        (closed(a=LIST, b=TEXT), {("", "required")}),
        ({**closed(a=TEXT), "if": {"required": ["a"]}, "then": {}}, {("", "if")}),
        ({**closed(a=TEXT), "not": {"required": ["a"]}}, {("", "not")}),
        ({"oneOf": [closed(a=TEXT), closed(b=TEXT)]}, {("", "oneOf")}),
        (closed(a={"oneOf": [{**closed(b=TEXT), "xml": {"name": "c"}}, closed(d=TEXT)]}), {("", "xml")}),
        (
            {"type": "array", "items": {"oneOf": [{**closed(b=TEXT), "xml": {"name": "c"}}, closed(d=TEXT)]}},
            {("", "prefixItems")},
        ),
    ],
)
def test_what_is_lost_is_named(schema: dict[str, Any], losses: set[tuple[str, str]]) -> None:
    assert lost(schema) == losses
    text = derive_xsd(schema, "r").text
    assert all(f"Wider: {keyword}" in text for _, keyword in losses)


def test_repeated_members_among_others_come_in_any_order() -> None:
    by_both = takes(closed(a=LIST, b={"type": "integer"}))
    assert by_both("<r><a/><b>1</b><a/></r>")
    assert not by_both("<r><a/><b>x</b></r>")
    assert not by_both("<r><a/><c/></r>")


def test_alternatives_are_merged() -> None:
    by_both = takes({"oneOf": [{**closed(k={"const": "a"}, v={"type": "integer"}), "required": ["k"]}, closed(k=TEXT)]})
    assert by_both("<r><k>a</k><v>1</v></r>")
    assert by_both("<r><k>z</k></r>")
    assert not by_both("<r><v>x</v></r>")


# hand-written XSDs


def test_files_in_the_folder_are_read_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "contract"
    folder.mkdir()
    (tmp_path / "outside.xsd").write_text(XSD.format(INTEGER))
    (folder / "types.xsd").write_text(
        XSD.format('<xs:simpleType name="T"><xs:restriction base="xs:int"/></xs:simpleType>')
    )
    main = folder / "main.xsd"
    main.write_text(XSD.format('<xs:include schemaLocation="types.xsd"/><xs:element name="r" type="T"/>'))
    judged = xsd_file_validator(main, folder)
    assert list(judged(b"<r>1</r>")) == []
    assert [violation.rule for violation in judged(b"<r>x</r>")] == ["xsd-invalid"]
    for location in (
        "../outside.xsd",
        str(tmp_path / "outside.xsd"),
        "http://127.0.0.1:9/x.xsd",
        "gone.xsd",
        "file:///x.xsd",
    ):
        main.write_text(XSD.format(f'<xs:include schemaLocation="{location}"/>{INTEGER}'))
        with pytest.raises(ValueError, match=r"folder|cannot be read"):
            xsd_file_validator(main, folder)
    with pytest.raises(ValueError, match="outside"):
        xsd_file_validator(tmp_path / "outside.xsd", folder)


def test_a_root_without_a_name_of_xml_has_no_xsd() -> None:
    assert 'name="a.b"' in derive_xsd({"xml": {"name": "a.b"}, "type": "string"}, "x").text
    for name in ("../a", "a b", "a:b", "1"):
        with pytest.raises(ContractError, match="is no name of an XML element"):
            derive_xsd({"xml": {"name": name}, "type": "string"}, "x")


def test_a_namespace_that_is_no_uri_has_no_xsd() -> None:
    for namespace in ("urn:x", "things", "http://u:p@h:80/x?y#z", "http://[::1]/%2F"):
        xsd_validator(derive_xsd({"xml": {"namespace": namespace}, "type": "string"}, "x").text)
    for namespace in ("a b", "http://[x", "http://h:port/", "%zz", "a#b#c", "http://h/é", "::"):
        for schema in (
            {"xml": {"namespace": namespace}, "type": "string"},
            {"properties": {"a": {"xml": {"namespace": namespace}}}},
        ):
            with pytest.raises(ContractError, match="is no URI"):
                derive_xsd(schema, "x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no XML",
        "<a/>",
        XSD.format('<xs:element name="r" type="nowhere"/>'),
        "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + XSD.format("&a;"),
        XSD.format('<xs:import namespace="urn:x" schemaLocation="x.xsd"/>' + INTEGER),
        XSD.format(
            '<xs:element name="r"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="(a+)+b"/>'
            "</xs:restriction></xs:simpleType></xs:element>"
        ),
    ],
)
def test_an_xsd_that_cannot_be_used_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        xsd_validator(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "xml-syntax"),
        (b"<r>1</r", "xml-syntax"),
        (b"<r>" * 100_000, "xml-forbidden"),
        (b"<!DOCTYPE r [<!ENTITY a '1'>]><r>&a;</r>", "xml-forbidden"),
        (b"<?xml version='1.0' encoding='x'?><r>1</r>", "body-undecodable"),
        (b"<r>x</r>", "xsd-invalid"),
        (b"<" + b"r" * 60_000 + b"/>", "limit-exceeded"),
    ],
)
def test_bodies_are_read_safely_before_they_are_judged(body: bytes, rule: str) -> None:
    assert [violation.rule for violation in xsd_validator(XSD.format(INTEGER))(body)] == [rule]


def test_a_body_in_another_encoding_is_judged_as_its_text() -> None:
    assert (
        list(xsd_validator(XSD.format(INTEGER))("<?xml version='1.0' encoding='utf-16'?><r>1</r>".encode("utf-16")))
        == []
    )


# types for binders


def types(schema: dict[str, Any], closed: bool = False) -> dict[str, str]:
    """The base of each named simple type, and `complex` for the others, by name."""
    root = ElementTree.fromstring(derive_xsd(schema, "r", closed=closed).text.encode())
    found = {}
    for child in root:
        base = child.find(f"{XS}restriction")
        if child.tag != f"{XS}element":
            found[child.get("name", "")] = "complex" if base is None else base.get("base", "")
    return found


def test_types_have_the_names_of_components() -> None:
    pet = closed(
        id={"$ref": "#/$defs/Id"}, kind={"$ref": "#/$defs/Kind"}, size={"enum": ["s", "l"]}, age={"type": "integer"}
    )
    kin = {"anyOf": [{"$ref": "#/$defs/Pet"}, {"type": "null"}]}
    schema = {
        **closed(one={"$ref": "#/$defs/Pet", "description": "the first"}, two=kin, id={"$ref": "#/$defs/Id"}),
        "$defs": {
            "Pet": pet,
            "Id": {"type": "integer", "minimum": 0, "maximum": 2**40},
            "Kind": {"enum": ["cat"], "description": "its kind"},
        },
    }
    assert types(schema) == {
        "r": "complex", "Pet": "complex", "Pet-2": "complex", "Id": "xs:long", "Kind": "xs:string", "size": "xs:string",
    }  # fmt: skip
    assert derive_xsd(schema, "r").text.count(">its kind<") == 1
    narrower = {**schema, "properties": {"id": {"allOf": [{"$ref": "#/$defs/Id"}, {"minimum": 5}]}}}
    assert types(narrower) == {"r": "complex"}


def test_members_that_java_would_call_alike_have_other_names_there() -> None:
    schema = closed(id={"type": "string", "xml": {"attribute": True}}, Id={"type": "string"}, i_d={"type": "string"})
    assert re.findall('jaxb:property name="([^"]*)"', derive_xsd(schema, "r").text) == ["id2", "id3"]
    assert takes(schema)('<r id="a"><Id>b</Id><i_d>c</i_d></r>')
    assert "jaxb" not in derive_xsd(closed(id={"type": "string"}), "r").text


def test_no_two_types_have_names_that_a_binder_makes_one_class_of() -> None:
    schema = {
        **closed(Build={"$ref": "#/$defs/Build"}, build=closed(id={"type": "string"}), build_2={"enum": ["x"]}),
        "$defs": {"Build": closed(name={"type": "string"})},
    }
    assert types(schema).keys() == {"r", "Build", "build-2", "build_2-2"}


@pytest.mark.parametrize(
    ("schema", "base"),
    [
        ({"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}, "xs:int"),
        ({"type": "integer", "minimum": -(2**31) - 1, "maximum": 0}, "xs:long"),
        ({"type": "integer", "minimum": 0, "maximum": 2**63}, "xs:integer"),
        ({"type": "integer", "minimum": 0}, "xs:integer"),
        ({"type": "string", "format": "date-time"}, "xs:string"),
        ({"type": "string", "format": "date-time", "pattern": "Z$"}, "xs:string"),
        ({"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\dZ$"}, "xs:string"),
        (
            {"type": "string", "format": "date-time", "pattern": r"^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:[0-5]\dZ$"},
            "xs:dateTime",
        ),
        ({"type": "string", "format": "date", "pattern": "^20"}, "xs:date"),
        ({"type": "string", "pattern": r"^2\d{3}-\d\d-\d\dT\d\d:\d\d:[0-5]\dZ$"}, "xs:string"),
        ({"type": "string", "format": "date", "pattern": "^20", "maxLength": 10}, "xs:string"),
    ],
)
def test_scalars_have_the_narrowest_type_that_refuses_nothing(schema: dict[str, Any], base: str) -> None:
    assert types({**closed(a={"$ref": "#/$defs/A"}), "$defs": {"A": schema}})["A"] == base


@pytest.mark.parametrize(
    ("pattern", "base"),
    [
        ("", "xs:dateTime"),
        (r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "xs:dateTime"),
        ("Z$", "xs:dateTime"),
        ("^[ap]m$", "xs:string"),
    ],
)
def test_a_closed_xsd_has_times_with_a_pattern_that_times_meet(pattern: str, base: str) -> None:
    schema = {"type": "string", "format": "date-time", **({"pattern": pattern} if pattern else {})}
    made = derive_xsd(schema, "r", closed=True)
    assert f'base="{base}"' in made.text and ("xs:pattern" in made.text) == bool(pattern)
    assert [loss.narrower for loss in made.losses if loss.keyword == "format"] == [base == "xs:dateTime"]
    assert 'base="xs:string"' in derive_xsd(schema, "r").text


def test_a_pattern_of_a_number_stands_alone_where_it_says_more() -> None:
    strict = derive_xsd({"type": "integer", "x-text-pattern": "^(0|[1-9][0-9]*)$"}, "r").text
    assert strict.count("xs:pattern") == 1
    lax = {"type": "integer", "x-text-pattern": "^[0-9]{2}$"}
    assert derive_xsd(lax, "r").text.count("<xs:pattern") == 2 and not takes(lax)("<r>05</r>")


def test_a_closed_xsd_takes_objects_as_written_and_names_what_it_refuses() -> None:
    inner = {"properties": {"x": TEXT}}
    schema = {
        "type": "object",
        "properties": {"a": LIST, "b": inner, "m": {"type": "object", "additionalProperties": TEXT}},
    }
    made = derive_xsd(schema, "r", closed=True)
    narrower = {(loss.pointer, loss.keyword) for loss in made.losses if loss.narrower}
    assert narrower == {
        ("", "additionalProperties"), ("", "order"), ("/properties/b", "type"), ("/properties/b", "additionalProperties"),
    }  # fmt: skip
    assert all(f"{'Narrower' if loss.narrower else 'Wider'}: {loss.keyword}" in made.text for loss in made.losses)
    assert "refuses more than the contract: order at #: " in " ".join(map(str, made.losses))
    judged = xsd_validator(made.text)
    body = "<r><a/><a/><b><x/></b><m><z>1</z></m>{}</r>".format
    assert list(judged(body("").encode())) == [] and xsd_second_opinion(made.text, body("").encode())
    assert list(judged(body("<y/>").encode())) and list(judged(b"<r><b/><a/></r>"))
    assert not any(loss.narrower for loss in derive_xsd(schema, "r").losses)
    assert takes(schema)(body("<y/>"))


def test_a_long_list_of_values_is_derived_in_linear_time() -> None:
    def make(count: int) -> dict[str, Any]:
        return {"enum": [f"value {number}" for number in range(count)]}

    assert growth(make, lambda schema: derive_xsd(schema, "r"), 500) < LINEAR


def test_many_faults_by_an_xsd_are_told_in_linear_time() -> None:
    item = '<xs:element name="a" type="xs:integer" maxOccurs="unbounded"/>'
    judged = xsd_validator(
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r"><xs:complexType><xs:sequence>{item}'
        "</xs:sequence></xs:complexType></xs:element></xs:schema>"
    )

    def make(count: int) -> bytes:
        return b"<r>" + b"<a>x</a>" * count + b"</r>"

    assert growth(make, lambda body: list(judged(body)), 4_000) < LINEAR
    found = [one.at for one in judged(make(4_000))]
    assert len(found) < 4_000 and found == [f"#/r/a[{number}] (line 1)" for number in range(1, len(found) + 1)]
    assert len(list(judged(make(90)))) == 90 and not list(judged(make(4_000).replace(b"x", b"1")))


@pytest.mark.parametrize("name", ["Kind", "a~1b"], ids=["plain name", "name with an escape"])
def test_definitions_of_one_name_are_kept_apart(name: str) -> None:
    """Where two schemas mean different things by one name, each root has its own."""

    def schema(value: str) -> dict[str, Any]:
        kind = {"type": "string", "enum": [value]}
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {"kind": {"$ref": f"#/$defs/{name}"}},
            "$defs": {name.replace("~1", "/"): kind},
        }

    derived = derive_xsds([("One", schema("x"), pointer_text), ("Other", schema("y"), pointer_text)], "both")["both"]
    validate = xsd_validator(derived.text)
    bodies = {f"{root}{value}": f"<{root}><kind>{value}</kind></{root}>" for root in ("One", "Other") for value in "xy"}
    valid = {shown for shown, body in bodies.items() if not list(validate(body.encode()))}
    assert valid == {"Onex", "Othery"}
