"""What a contract offers to send: texts of parameters in their style, bodies stated and made up."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded

from toolkit.client.bodies import body_values, example_body, stated_body
from toolkit.client.examples import Value, example_values, parameter_values
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation


def operation(folder: Path, **members: Any) -> Operation:
    """The only operation of a contract, with these members."""
    post = {"responses": {"204": {"description": "done"}}, **members}
    return next(loaded(folder, {"/things": {"post": post}}).operations())


@pytest.mark.parametrize(
    ("described", "values"),
    [
        ({"schema": {"type": "boolean"}, "example": True}, ["true"]),
        ({"schema": {"type": "string", "enum": ["a", "b"], "default": "b"}}, ["b", "a"]),
        ({"schema": {"type": "integer", "minimum": 3}, "examples": {"x": {"value": 7}}}, ["7", "3"]),
        ({"schema": {"type": "array"}, "example": ["a", "b"]}, [(("p", "a"), ("p", "b"))]),
        ({"schema": {"type": "array"}, "example": []}, []),
        ({"schema": {"type": "array"}, "example": ["a", "b"], "explode": False}, ["a,b"]),
        ({"schema": {"type": "array"}, "example": ["a", "b"], "explode": False, "style": "pipeDelimited"}, ["a|b"]),
        ({"schema": {"type": "string"}}, []),
    ],
)
def test_texts_of_a_parameter(tmp_path: Path, described: dict[str, Any], values: list[Value]) -> None:
    parameter = operation(tmp_path, parameters=[{"name": "p", "in": "query", **described}]).parameters[0]
    assert list(example_values(parameter)) == values


def test_members_that_stand_in_the_query_by_themselves(tmp_path: Path) -> None:
    near = {"name": "near", "in": "query", "style": "deepObject", "schema": {"type": "object"}, "example": {"lat": 1}}
    parameter = operation(tmp_path, parameters=[near]).parameters[0]
    assert example_values(parameter) == ((("near[lat]", "1"),),)


def body(media: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: media}}}


def test_a_parameter_has_the_first_value_that_its_description_shows_and_that_is_valid(tmp_path: Path) -> None:
    zone = {
        "name": "zone",
        "in": "query",
        "description": 'such as "a" or "www.example.com"',
        "schema": {"minLength": 3, "type": "string"},
    }
    parameter = operation(tmp_path, parameters=[zone]).parameters[0]
    assert next(parameter_values(parameter)) == "www.example.com" and example_values(parameter) == ()


def test_an_invalid_example_is_passed_over(tmp_path: Path) -> None:
    media = {"schema": {"type": "integer", "maximum": 5}, "examples": {"a": {"value": 9}, "b": {"value": 4}}}
    assert stated_body(operation(tmp_path, **body(media))) == ("application/json", b"4")


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {}}}, {"a": "aaa"}),
        ({"type": "array", "minItems": 2, "items": {"type": "integer", "minimum": 3}}, [3, 3]),
        ({"type": ["null", "string"], "format": "date"}, "2026-01-01"),
        ({"oneOf": [{"type": "boolean"}, {"type": "string"}]}, True),
        ({"type": "number", "exclusiveMinimum": 2}, 3),
        ({"type": "string", "description": "Name of a zone (e.g. \u201cexample.com.\u201d)"}, "example.com."),
        ({"type": "string", "description": "One of `x`, `why` or `z`.", "minLength": 3}, "why"),
        ({"type": "string", "description": "for example EUR, or another currency"}, "EUR"),
        ({"type": "string", "description": "such as the name, see https://example.com/names"}, "aaa"),
        ({"type": "string", "description": "Its kind. Available values: zone, record"}, "zone"),
        ({"type": "string", "description": "<p>Valid values are:</p> <ul> <li> <code>NONE</code>: no header"}, "NONE"),
        ({"type": "string", "description": "Possible values are documented in the handbook."}, "aaa"),
    ],
)
def test_a_body_made_up(tmp_path: Path, schema: dict[str, Any], value: Any) -> None:
    made = operation(tmp_path, **body({"schema": schema}))
    assert stated_body(made) is None
    assert example_body(made) == ("application/json", json.dumps(value).encode())


def test_the_end_of_a_range_is_made_after_its_beginning(tmp_path: Path) -> None:
    moment = {"type": "string", "format": "date-time"}
    schema = {
        "type": "object",
        "properties": {"endTime": moment, "startTime": moment, "max": {"type": "integer", "minimum": 0, "default": 0}},
    }
    schema["required"] = list(schema["properties"])
    _, data = example_body(operation(tmp_path, **body({"schema": schema}))) or ("", b"")
    value = json.loads(data)
    assert (
        value["startTime"][:4] == "2026" and value["endTime"][:4] == "2036" and value["max"] == 0
    )  # what is stated stays


def test_no_body_where_none_that_conforms_can_be_made_up(tmp_path: Path) -> None:
    assert example_body(operation(tmp_path, **body({"schema": {"type": "string", "pattern": "^a{9000}$"}}))) is None
    assert example_body(operation(tmp_path, **body({"schema": {"not": {}}}))) is None


@pytest.mark.parametrize(
    "bound", [{"type": "string", "minLength": 10**12}, {"minProperties": 10**9}, {"type": "array", "minItems": 10**9}]
)
def test_no_body_where_it_would_be_too_large(tmp_path: Path, bound: dict[str, Any]) -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "object", **bound}}}
    assert example_body(operation(tmp_path, requestBody={"content": {"application/json": {"schema": schema}}})) is None


def test_a_form_body(tmp_path: Path) -> None:
    media = {"schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "default": 2}}}}
    form = "application/x-www-form-urlencoded"
    assert example_body(operation(tmp_path, **body(media, form))) == (form, b"a=2")


@pytest.mark.parametrize("mapping", [{"car": "#/components/schemas/Car", "truck": "Truck"}, None])
def test_a_parent_with_a_discriminator_is_made_as_what_it_leads_to(tmp_path: Path, mapping: Any) -> None:
    def heir(name: str) -> Any:
        more = {"type": "object", "required": [name], "properties": {name: {"type": "integer", "minimum": 2}}}
        return {"allOf": [{"$ref": "#/components/schemas/Vehicle"}, more]}

    parent = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
    told = {"propertyName": "kind", **({"mapping": mapping} if mapping else {})}
    schemas = {"Vehicle": {**parent, "discriminator": told}, "Car": heir("doors"), "Truck": heir("axles")}
    post = {
        "responses": {"204": {"description": "done"}},
        **body({"schema": {"type": "array", "minItems": 2, "items": {"$ref": "#/components/schemas/Vehicle"}}}),
    }
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/things": {"post": post}}}
    (tmp_path / "openapi.json").write_text(json.dumps({**document, "components": {"schemas": schemas}}))
    made = body_values(next(Contract.load(tmp_path / "openapi.json").operations()), "application/json")
    found = {tuple(one.items()) for _, data in islice(made, 4) for one in json.loads(data)}
    names = ("car", "truck") if mapping else ("Car", "Truck")
    assert {(("kind", names[0]), ("doors", 2)), (("kind", names[1]), ("axles", 2))} <= found


@pytest.mark.parametrize(("is_mapped", "required"), [(True, ["kind"]), (False, ["kind"]), (True, [])])
def test_a_discriminator_tells_schemas_apart_whose_names_no_uri_may_hold(
    tmp_path: Path, is_mapped: bool, required: list[str]
) -> None:
    def fish(name: str) -> Any:
        return {
            "type": "object",
            "required": [*required, name],
            "properties": {"kind": {"type": "string"}, name: {"enum": [2]}},
        }

    branches = {tag: f"#/components/schemas/{tag}%C2%ABFish%C2%BB" for tag in ("Cat", "Dog")}
    told = {"propertyName": "kind", **({"mapping": branches} if is_mapped else {})}
    schema = {"oneOf": [{"$ref": one} for one in branches.values()], "discriminator": told}
    post = {"responses": {"204": {"description": "done"}}, **body({"schema": schema})}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/things": {"post": post}}}
    schemas = {"Cat«Fish»": fish("a"), "Dog«Fish»": fish("b")}
    (tmp_path / "openapi.json").write_text(json.dumps({**document, "components": {"schemas": schemas}}))
    made = body_values(next(Contract.load(tmp_path / "openapi.json").operations()), "application/json")
    kinds = {json.loads(data)["kind"] for _, data in islice(made, 4)}
    assert kinds == ({"Cat", "Dog"} if is_mapped else {"Cat«Fish»", "Dog«Fish»"})


def test_a_map_has_a_value_at_first_and_none_later(tmp_path: Path) -> None:
    """So what its values and names may be is checked, and a service that knows no such name is asked without one."""
    limits = {"type": "object", "propertyNames": {"pattern": "^[a-z]{3}$"}, "additionalProperties": {"type": "integer"}}
    whole = {"type": "object", "required": ["limits"], "properties": {"limits": limits}}
    post = {"responses": {"204": {"description": "done"}}, **body({"schema": whole})}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/things": {"post": post}}}
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    made = body_values(next(Contract.load(tmp_path / "openapi.json").operations()), "application/json")
    counts = [len(json.loads(data)["limits"]) for _, data in islice(made, 3)]
    assert counts[0] == 1 and 0 in counts
