"""A contract with schemas that are no JSON Schema is used without the keywords that break them, and each is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded, operation, parameter

from toolkit.contract.promises import read_facts
from toolkit.contract.repair import repaired
from toolkit.exchange import Headers, Response
from toolkit.schema import judge
from toolkit.validation.validator import Validator


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
    assert {"minimum": 1, "type": "integer"}.items() <= made.parameters[0].schema.items()
    assert "read as integer" in next(
        one.message for one in findings if one.contract.endswith("type") or "/0/schema/type" in one.contract
    )
    assert repaired(usable) == (usable, [])


def test_a_sound_contract_stays_as_it_is(tmp_path: Path) -> None:
    contract = loaded(tmp_path, {"/things": {"get": operation("list", parameter("n", {"type": "integer"}))}})
    assert repaired(contract) == (contract, [])


def test_a_request_is_read_without_what_cannot_be_and_its_operation_is_named(tmp_path: Path) -> None:
    lost = {"$ref": "#/components/parameters/Nowhere"}
    known = parameter("n", {"type": "int"})
    body = {
        "content": {"application/json": {"schema": {"properties": {"a": {"$ref": "#/nowhere"}}, "required": ["a"]}}}
    }
    one = {"parameters": [lost], "get": operation("read"), "put": operation("change", requestBody=body)}
    paths = {
        "/things": {"get": operation("list", lost, known), "post": operation("add", requestBody={"$ref": "no.yaml"})},
        "/things/{id}": one,
    }
    usable, findings = repaired(loaded(tmp_path, paths))
    made = {one.name: one for one in usable.operations()}
    assert [one.key for one in made["list"].parameters] == [("query", "n")]
    assert [one.key for one in made["read"].parameters] == [("path", "id")], "the path says what has to be there"
    assert not made["add"].request_content
    bundle = made["change"].body_bundle(made["change"].request_content["application/json"], request=True)
    assert bundle and bundle.schema["required"] == ["a"] and bundle.schema["properties"] == {"a": {}}
    said = {one.contract.partition("#")[2].partition(":")[0]: (one.operation, one.message) for one in findings}
    assert {place: names for place, (names, _) in said.items()} == {
        "/paths/~1things/get/parameters/0": "list",
        "/paths/~1things/get/parameters/1/schema/type": "",
        "/paths/~1things/post/requestBody": "add",
        "/paths/~1things~1{id}/parameters/0": "read, change",
        "/paths/~1things~1{id}/put/requestBody/content/application~1json/schema/properties/a": "change",
    }
    assert "the parameter was not sent" in said["/paths/~1things/get/parameters/0"][1]
    assert repaired(usable) == (usable, [])


def test_a_response_that_cannot_be_read_is_left_open_and_named(tmp_path: Path) -> None:
    responses = {"200": {"description": "ok"}, "400": {"$ref": "https://other.example/common.yaml#/Refusal"}}
    contract = loaded(tmp_path, {"/things": {"get": operation("list", responses=responses)}})
    usable, findings = repaired(contract)
    [(message, place)] = [(one.message, one.contract) for one in findings]
    assert "is remote" in message and "what the response holds was not checked" in message and "/responses/400" in place
    (one,) = usable.operations()
    assert list(one.responses) == ["200", "400"]
    text = Response(400, Headers((("content-type", "text/plain"),)), b"no")
    assert not Validator(usable).check_response(one, text).violations


@pytest.mark.parametrize(
    "stated",
    [
        {"x-laws": {"identiy": "id"}},
        {"x-laws": {"same-as": "nobody"}},
        {"x-laws": {"same-as": "a"}},
        {"x-speakeasy-pagination": {"type": "cursor"}},
        {"x-speakeasy-pagination": {"type": "offsetlimit"}},
    ],
)
def test_laws_that_cannot_be_read_are_a_finding_and_left_out(stated: dict[str, Any], tmp_path: Path) -> None:
    given = {"/a": {"get": {**operation("a"), **stated}}, "/b": {"get": operation("b", **{"x-laws": {"total": "n"}})}}
    usable, [found] = repaired(loaded(tmp_path, given))
    assert (found.rule, found.operation) == ("contract-unusable", "") and "no law of a was checked" in found.message
    assert not usable.operation("a").extension("x-laws") and repaired(usable) == (usable, [])
    assert read_facts(usable.operation("b"), usable).total == ("n",)


def test_a_reference_to_the_whole_document_leaves_out_its_operation_alone(tmp_path: Path) -> None:
    done = {"responses": {"200": {"description": "done"}}}
    paths = {
        "/a": {"get": {"operationId": "a", "parameters": [{"$ref": ""}], **done}},
        "/b": {"get": {"operationId": "b", **done}},
    }
    whole, found = repaired(loaded(tmp_path, paths))
    assert [one.name for one in whole.operations()] == ["b"]
    assert [(one.rule, one.operation) for one in found] == [("contract-unusable", "a")]


def test_header_fields_that_every_client_writes_itself_are_no_parameters(tmp_path: Path) -> None:
    fields = [
        parameter(name, {"type": "integer"}, "header", required=True) for name in ("CONTENT-LENGTH", "Host", "X-Size")
    ]
    put = {"operationId": "put", "parameters": fields, "responses": {"204": {"description": ""}}}
    [found] = loaded(tmp_path, {"/files": {"put": put}}).operations()
    assert [one.name for one in found.parameters] == ["X-Size"]


def test_definitions_that_many_operations_refer_to_are_compiled_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {
        f"P{one}": {"properties": {"next": {"$ref": f"#/components/schemas/P{(one + 1) % 20}"}}} for one in range(20)
    }
    parts["P7"]["type"] = "nothing"
    shown = {
        "200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/P0"}}}}
    }
    paths = {f"/p{one}": {"get": operation(f"p{one}", responses=shown)} for one in range(20)}
    compiled = list[int]()
    make = judge.compile_schema
    monkeypatch.setattr(judge, "compile_schema", lambda one: (compiled.append(len(repr(one.schema))), make(one))[1])
    found = repaired(loaded(tmp_path, paths, components={"schemas": parts}))[1]
    assert len(found) == 1 and "/components/schemas/P7/type" in found[0].contract
    # Only without the fault there is a definition that can be used
    assert [one > 1_000 for one in compiled] == [True] * 21 + [False]
