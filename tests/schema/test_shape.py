"""What a schema says of types is one answer, in queries, forms and XML: `$ref`, allOf and alternatives are followed."""

from __future__ import annotations

from typing import Any

import pytest
from support.contracts import bundled
from support.growth import LINEAR, growth

from toolkit.schema.shape import Outline, Shapes
from toolkit.wire.parameters import read_form
from toolkit.xml.codec import XmlCodec

INT = {"type": "integer"}
BASE = {"Base": {"properties": {"a": {"type": "string"}}}, "Plain": {"description": "anything"}}


def outline(schema: Any) -> Outline:
    bundle = bundled(schema, **BASE)
    return Shapes(bundle.schema).outline(bundle.schema)


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({}, ()), ({"type": "integer"}, ("integer",)), ({"type": "number"}, ("integer", "number")), ({"minimum": 1}, ("integer", "number", "string")),
        ({"pattern": "a"}, ("string",)), ({"enum": [True, None]}, ("boolean", "null")), ({"items": {}}, ("array",)),
        ({"properties": {}}, ("object",)), ({"$ref": "#/components/schemas/Plain", **INT}, ("integer",)),
        ({"allOf": [{"type": ["integer", "string"]}, {"type": ["string", "null"]}]}, ("string",)),
        ({"anyOf": [INT, {"type": "null"}]}, ("integer", "null")), ({"oneOf": [INT, {"type": "boolean"}, {"type": "null"}]},
         ("boolean", "integer", "null")),
        ({"anyOf": [{"anyOf": [INT, {"type": "string"}]}, {"type": "array"}]}, ("integer", "string", "array")),
        ({"type": "foo"}, ()), ({"enum": 5, "allOf": 1, "anyOf": {"x": 1}, "properties": []}, ("object",)),
    ],
)  # fmt: skip
def test_the_types_of_a_schema_are_those_that_all_its_parts_allow(schema: Any, types: tuple[str, ...]) -> None:
    assert outline(schema).types == types


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Base", "properties": {"n": INT}},
        {"type": "object", "if": {"required": ["a"]}, "then": {"properties": {"n": INT}}},
        {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                {"properties": {"n": {"$ref": "#/components/schemas/Plain", **INT}}},
            ]
        },
        {"type": "object", "dependentSchemas": {"a": {"properties": {"n": INT}}}},
        {"oneOf": [{"type": "object", "properties": {"n": INT}}, {"type": "object", "properties": {"m": INT}}]},
    ],
)
def test_a_property_is_an_integer_in_a_form_where_it_is_one_in_xml(schema: Any) -> None:
    bundle = bundled(schema, **BASE)
    codec = XmlCodec.compile(bundle.schema, "root")
    expected = codec.read(b"<root><n>5</n></root>").value
    assert read_form([("n", "5")], outline(schema)) == expected == {"n": 5}


def test_a_property_of_several_alternatives_has_the_types_of_each() -> None:
    both = {"oneOf": [{"properties": {"n": INT, "a": INT}}, {"properties": {"n": {"type": "boolean"}}}]}
    assert outline(both).property_of("n").types == ("boolean", "integer")
    assert outline(both).property_of("a").types == ("integer",)
    assert outline(both).property_of("other").types == ()
    assert outline({"items": INT}).item.types == ("integer",)


def test_which_properties_an_object_may_have() -> None:
    closed = outline({"properties": {"n": INT}, "additionalProperties": False})
    assert [closed.allows(name) for name in ("n", "m")] == [True, False]
    assert outline({"properties": {"n": INT}}).allows("m")
    assert outline({"additionalProperties": INT}).property_of("m").types == ("integer",)


def test_a_long_chain_of_includes_is_followed_to_its_end() -> None:
    chain = {f"A{number}": {"allOf": [{"$ref": f"#/components/schemas/A{number + 1}"}]} for number in range(300)}
    bundle = bundled({"$ref": "#/components/schemas/A0"}, **chain, A300=INT)
    assert Shapes(bundle.schema).outline(bundle.schema).types == ("integer",)


@pytest.mark.slow
def test_many_alternatives_are_told_apart_in_linear_time() -> None:
    def make(count: int) -> Any:
        return {"oneOf": [{"type": "object", "required": [f"k{number}"]} for number in range(count)]}

    assert growth(make, lambda schema: Shapes(schema).outline(schema), 500) < LINEAR
