"""A contract with schemas that are no JSON Schema is used without the keywords that break them, and each is named."""

from __future__ import annotations

from pathlib import Path

from support.contracts import loaded, operation, parameter

from toolkit.contract.repair import repaired


def test_each_wrong_keyword_is_left_out_and_named(tmp_path: Path) -> None:
    thing = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "int", "minLength": -1}},
    }
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    wrong = operation(
        "make",
        parameter("n", {"type": "int", "minimum": 1}),
        requestBody=body,
        responses={"200": {"description": "", **body}},
    )
    contract = loaded(tmp_path, {"/things": {"post": wrong}}, components={"schemas": {"Thing": thing}})
    usable, findings = repaired(contract)
    places = sorted(one.contract.partition("#")[2].partition(":")[0] for one in findings)
    assert places == [
        "/components/schemas/Thing/properties/b/minLength",
        "/components/schemas/Thing/properties/b/type",
        "/paths/~1things/post/parameters/0/schema/type",
    ]
    assert {one.rule for one in findings} == {"contract-unusable"}
    (made,) = usable.operations()
    assert {"minimum": 1}.items() <= made.parameters[0].schema.items()
    assert "type" not in made.parameters[0].schema
    assert repaired(usable) == (usable, [])


def test_a_sound_contract_stays_as_it_is(tmp_path: Path) -> None:
    contract = loaded(tmp_path, {"/things": {"get": operation("list", parameter("n", {"type": "integer"}))}})
    assert repaired(contract) == (contract, [])


def test_what_cannot_be_followed_is_no_hindrance(tmp_path: Path) -> None:
    lost = {"$ref": "#/components/parameters/Nowhere"}
    contract = loaded(
        tmp_path,
        {"/things": {"get": operation("list", lost), "post": operation("add", parameter("n", {"type": "int"}))}},
    )
    assert len(repaired(contract)[1]) == 1
