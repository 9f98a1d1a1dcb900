"""Bundles: what a schema refers to by name, and which members it asks for in a request and in an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import answer, bundled, get, loaded, operation, rules

from toolkit.errors import ContractError
from toolkit.schema.judge import compile_schema

A = {"$ref": "#/components/schemas/A"}
LIST = {
    "$id": "https://x.test/list",
    "type": "array",
    "items": {"$dynamicRef": "#item"},
    "$defs": {"i": {"$dynamicAnchor": "item", "not": {}}},
}
INTEGERS = {"$id": "https://x.test/ints", "$ref": "list", "$defs": {"i": {"$dynamicAnchor": "item", "type": "integer"}}}
TREE = {"$dynamicAnchor": "node", "type": "object", "properties": {"c": {"items": {"$dynamicRef": "#node"}}}}


@pytest.mark.parametrize(
    ("schema", "named", "good", "bad"),
    [
        ({"$ref": "#a"}, {"$anchor": "a", "type": "string"}, "x", 1),
        ({"$ref": "https://x.test/s"}, {"$id": "https://x.test/s", "type": "string"}, "x", 1),
        ({"$ref": "https://x.test/t#a"}, {"$id": "https://x.test/s", "$defs": {"T": {"$id": "t", "$anchor": "a", "type": "string"}}}, "x", 1),
        (A, {"$id": "https://x.test/s", "$ref": "#/$defs/T", "$defs": {"T": {"type": "string"}}}, "x", 1),
        (A, {"$id": "named", "items": {"$ref": "#/components/schemas/A"}, "type": "array"}, [[]], [1]),  # as many mean it
        ({"$defs": {"a": {"type": "string"}}, "items": {"$ref": "#/s/$defs/a"}}, {}, ["x"], [1]),
        (A, TREE, {"c": [{"c": []}]}, {"c": [{"c": [1]}]}), (INTEGERS, LIST, [1], ["x"]), (LIST, {}, [], [1]),
        ({"$dynamicRef": "#a", "$ref": "#/components/schemas/A"}, {"$anchor": "a", "type": "string"}, "x", 1),
    ],
)  # fmt: skip
def test_schemas_are_found_by_identifier_anchor_and_dynamic_anchor(
    schema: Any, named: Any, good: Any, bad: Any
) -> None:
    judge = compile_schema(bundled(schema, A=named))
    assert judge.is_valid(good) and not judge.is_valid(bad)
    assert all(judge.location(error.place).startswith("c.json#/") for error in judge.errors(bad))


@pytest.mark.parametrize(
    ("named", "good", "bad"), [({**A, "required": ["items"]}, {"items": 1}, {}), (INTEGERS, [1], ["x"])]
)
def test_another_name_of_a_schema_says_all_that_stands_beside_its_reference(named: Any, good: Any, bad: Any) -> None:
    base = LIST if named is INTEGERS else {"type": "object"}
    alias, root = {"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}
    judge = compile_schema(bundled(root, A=base, B=named, C=alias))
    assert judge.is_valid(good) and not judge.is_valid(bad)


@pytest.mark.parametrize("schema", ["string", {"properties": {"a": "string"}}, {"items": 5}, {"allOf": [[]]}])
def test_what_is_no_schema_is_refused_and_what_is_empty_says_nothing(schema: Any) -> None:
    with pytest.raises(ContractError):
        compile_schema(bundled({"properties": {"a": schema}}))
    assert compile_schema(bundled({"properties": {"a": None}})).is_valid({"a": 1})


def test_a_wrong_type_is_named_with_the_types_there_are_and_a_name_may_be_required_twice() -> None:
    with pytest.raises(ContractError, match=r'\["integer", null\] is no type; write one of "string", .*"null"'):
        compile_schema(bundled({"properties": {"a": {"type": ["integer", None]}}}))
    with pytest.raises(ContractError, match="maximum: the number is beyond the range of doubles"):
        compile_schema(bundled({"maximum": float("inf")}))
    assert not compile_schema(bundled({"required": ["a", "a"]})).is_valid({})


ID = {"properties": {"id": {"readOnly": True, "type": "integer"}}}


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"allOf": [A, {"required": ["id"]}]}, ID), ({"required": ["id"], "allOf": [A]}, ID), ({"required": ["id"], **A}, ID),
        ({"required": ["id"], "properties": {"id": {**A, "readOnly": True}}}, {}),
        ({"required": ["id"], "properties": {"id": {"allOf": [A]}}}, {"readOnly": True}),
        ({"allOf": [{"allOf": [{"required": ["id"]}]}], **ID}, {}), ({"anyOf": [{"required": ["id"]}], **ID}, {}),
        ({"if": True, "then": {"allOf": [{"required": ["id"]}]}, **ID}, {}),
        ({"required": ["then"], "properties": {"then": {"readOnly": True, "allOf": [A]}}}, {"required": ["id"]}),
        ({"allOf": [A], **ID}, {"required": ["id"]}), ({"allOf": [{"allOf": [A]}, ID]}, {"required": ["id"]}),
    ],
)  # fmt: skip
def test_a_read_only_member_is_declared_and_required_in_different_places(schema: Any, named: Any) -> None:
    assert compile_schema(bundled(schema, request=True, A=named)).is_valid({})
    assert not compile_schema(bundled(schema, A=named)).is_valid({})


@pytest.mark.parametrize("schema", [A, {"anyOf": [A]}, {"allOf": [A]}, {"properties": {"b": ID}, "allOf": [A]}])
def test_what_a_schema_requires_stays_required_where_no_other_part_hides_it(schema: Any) -> None:
    assert not compile_schema(bundled(schema, request=True, A={"required": ["id", "name"]})).is_valid({"name": 1})
    whole = {"allOf": [A, ID]}
    judge = compile_schema(bundled({"properties": {"x": schema, "y": whole}}, request=True, A={"required": ["id"]}))
    assert judge.is_valid({"y": {}}) and not judge.is_valid({"x": {}})


OLD = "http://json-schema.org/draft-07/schema#"
TUPLE = {"items": [A, {"type": "string"}], "additionalItems": False}
NEEDS = {"properties": {"x": {"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}}}


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        (TUPLE, [[1, "a"], [1], "any"], [["a"], [1, 2], [1, "a", 3]]),
        ({"items": [A]}, [[1, "a"]], [["a"]]),
        ({"items": A, "additionalItems": False}, [[1, 2]], [["a"]]),
        (NEEDS, [{"x": {"a": 1, "b": 1}}, {"x": {"c": 1, "d": 1}}], [{"x": {"a": 1}}, {"x": {"c": 1}}]),
        ({"properties": {"x": {**A, "maximum": 2}}}, [{"x": 3}], [{"x": "a"}]),
    ],
)  # fmt: skip
def test_a_schema_of_an_older_draft_is_read_by_that(schema: Any, right: list[Any], wrong: list[Any]) -> None:
    for stated in ({"$schema": OLD, **schema}, {"properties": {"y": {"$schema": OLD, **schema}}}):
        judge = compile_schema(bundled(stated, A={"type": "integer"}))
        given = (lambda value: value) if "$schema" in stated else (lambda value: {"y": value})
        assert all(judge.is_valid(given(one)) for one in right) and not any(judge.is_valid(given(one)) for one in wrong)
    with pytest.raises(ContractError, match="not a valid JSON Schema"):
        compile_schema(bundled(TUPLE, A={"type": "integer"}))


C: Any = {"required": ["id", "name"]}


@pytest.mark.parametrize("named", [{"allOf": [{"$ref": "#/components/schemas/C"}]}, {"$ref": "#/components/schemas/C"}])
def test_a_part_of_a_part_requires_what_the_whole_hides(named: Any) -> None:
    judge = compile_schema(bundled({"allOf": [A], **ID}, request=True, A=named, C=C))
    assert judge.is_valid({"name": 1}) and not judge.is_valid({})
    assert not compile_schema(bundled({"allOf": [A]}, request=True, A=named, C=C)).is_valid({"name": 1})
    apart = {"properties": {"x": A, **ID["properties"]}}
    assert not compile_schema(bundled(apart, request=True, A=named, C=C)).is_valid({"x": {"name": 1}})
    circle = {"allOf": [{"$ref": "#/components/schemas/C"}]}
    bundled({"allOf": [A], **ID}, request=True, A=circle, C={**C, "allOf": [A]})  # which ends


def test_a_choice_of_required_members_stays_a_choice() -> None:
    schema = {**ID, "oneOf": [{"required": ["id"]}, {"required": ["name"]}]}
    assert not compile_schema(bundled(schema, request=True)).is_valid({"id": 1, "name": 1})


def test_operations_share_what_they_refer_to(tmp_path: Path) -> None:
    content = {"application/json": {"schema": {"type": "array", "items": A}}}
    answers = {"responses": {"200": {"description": "", "content": content}}}
    paths = {f"/{name}": {"get": operation(name, **answers)} for name in "xy"}
    contract = loaded(tmp_path, paths, components={"schemas": {"A": {"required": ["a"]}}})
    one, other = (each.body_bundle(each.responses["200"].content["application/json"]) for each in contract.operations())
    assert one and other and one.schema["$defs"]["A"] is other.schema["$defs"]["A"]
    assert rules(contract, get("/y"), answer(b"[{}]")) == ["schema-required"]


def test_a_reference_may_lead_anywhere_by_whatever_names() -> None:
    named = {"Page«A b»[]": {"properties": {"{x} y/~": {"type": "integer"}}}}
    schema = {"items": {"$ref": "#/components/schemas/Page%C2%ABA%20b%C2%BB%5B%5D/properties/%7Bx%7D y~1~0"}}
    judge = compile_schema(bundled(schema, **named))
    assert judge.is_valid([1]) and [error.at for error in judge.errors(["x"])] == [("0",)]


def test_a_chain_of_includes_is_explained_as_far_as_it_says_something() -> None:
    named = {f"C{i}": {"allOf": [{"$ref": f"#/components/schemas/C{i + 1}"}]} for i in range(400)}
    judge = compile_schema(bundled({"$ref": "#/components/schemas/C0"}, **named, C400={"type": "string"}))
    assert judge.is_valid("x") and len(list(judge.errors(1))) == 1


def test_keys_of_the_contract_are_known_to_operations_in_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "item.yaml").write_text("get: {operationId: x, responses: {default: {description: any}}}")
    schemes = {"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "key"}}}
    contract = loaded(tmp_path, {"/x": {"$ref": "item.yaml"}}, components=schemes)
    assert rules(contract, get("/x?key=1")) == [] and rules(contract, get("/x?other=1")) == ["parameter-undeclared"]


@pytest.mark.parametrize("around", [lambda one: one, lambda one: {"type": "array", "items": one}])
def test_schemas_that_multiply_are_refused_wherever_they_stand(around: Any) -> None:
    def chain(length: int) -> Any:
        both = {
            f"s{level}": {"allOf": [{"$ref": f"#/components/schemas/s{level - 1}"}] * 2} for level in range(1, length)
        }
        return bundled(around({"$ref": f"#/components/schemas/s{length - 1}"}), s0={"type": "integer"}, **both)

    assert compile_schema(chain(10)).bundle
    with pytest.raises(
        ContractError, match="expand to more than 100,000 schemas; refer to fewer schemas more than once"
    ):
        chain(40)


@pytest.mark.parametrize(
    ("part", "needed"), [({"const": 1}, []), ({"items": A}, ["A"]), ({"discriminator": {}}, ["A"])]
)
def test_a_part_has_the_definitions_of_its_bundle_only_where_it_may_need_them(part: Any, needed: list[str]) -> None:
    assert [*bundled({"items": A}, A={"type": "string"}).part([part]).schema["$defs"]] == needed
