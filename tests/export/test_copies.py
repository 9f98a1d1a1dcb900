"""Copies of a contract for tools: whole in one document, each change made and named, true to the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from support.places import ROOT

from toolkit.contract.model import Contract
from toolkit.errors import ContractError, UsageError
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.export.changes import make_copy, portable_patterns
from toolkit.export.downgrade import as_30
from toolkit.export.grammar import look, walk
from toolkit.export.tools import COPIES, Changes, changes_for
from toolkit.schema.judge import compile_schema
from toolkit.validation.validator import Validator

SHIPPED = Contract.load(ROOT / "openapi.yaml")


def faults(document: dict[str, Any]) -> list[str]:
    engine = OpenAPIV30SpecValidator if document["openapi"].startswith("3.0") else OpenAPIV31SpecValidator
    return [error.message for error in engine(document).iter_errors()]


def operation(**more: Any) -> dict[str, Any]:
    return {"responses": {"204": {"description": "done"}}, **more}


def document(schemas: dict[str, Any], **more: Any) -> dict[str, Any]:
    whole = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": operation()}}}
    return {**whole, "components": {"schemas": schemas}, **more}


def references(value: Any) -> list[str]:
    return [one["$ref"] for _, _, one in walk(value) if isinstance(one, dict) and isinstance(one.get("$ref"), str)]


# one document


FILES = {
    "api.json": {
        **document({"Pet": {"type": "string", "example": {"$ref": "no reference"}}}),
        "paths": {
            "/pets": {"$ref": "paths/pets.json"},
            "/owners": {"get": operation(operationId="owners", tags=["owner"])},
        },
        "tags": [{"name": "owner"}, {"name": "pet"}],
    },
    "paths/pets.json": {
        "get": {
            "operationId": "pets",
            "tags": ["pet"],
            "parameters": [{"$ref": "../shared.json#/parameters/limit"}],
            "responses": {
                "200": {
                    "description": "pets",
                    "content": {"application/json": {"schema": {"$ref": "../shared.json#/schemas/Pet"}}},
                }
            },
        }
    },
    "shared.json": {
        "parameters": {"limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 5}}},
        "schemas": {
            "Pet": {
                "oneOf": [{"$ref": "#/schemas/Dog"}],
                "discriminator": {"propertyName": "kind", "mapping": {"dog": "#/schemas/Dog"}},
            },
            "Dog": {
                "type": "object",
                "required": ["kind"],
                "properties": {
                    "kind": {"type": "string"},
                    "young": {"type": "array", "items": {"$ref": "#/schemas/Dog"}},
                    "name": {"$ref": "api.json#/components/schemas/Pet"},
                },
            },
        },
    },
}


@pytest.fixture
def scattered(tmp_path: Path) -> Contract:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    return Contract.load(tmp_path / "api.json")


def test_what_stands_in_other_files_stands_in_the_copy(scattered: Contract) -> None:
    made = make_copy(scattered, Changes()).document
    assert faults(made) == []
    assert references(made) == [
        "#/components/parameters/limit",
        "#/components/schemas/Pet-2",
        "#/components/schemas/Dog",
        "#/components/schemas/Dog",
        "#/components/schemas/Pet",
    ]
    assert made["components"]["schemas"]["Pet-2"]["discriminator"]["mapping"] == {"dog": "#/components/schemas/Dog"}
    assert made["components"]["schemas"]["Pet"] == FILES["api.json"]["components"]["schemas"]["Pet"]


def test_the_copy_has_the_verdicts_of_the_contract(scattered: Contract, tmp_path: Path) -> None:
    path = tmp_path / "copy.json"
    path.write_bytes(make_copy(scattered, Changes()).content)
    validators = [Validator(scattered), Validator(Contract.load(path))]
    headers = Headers([("Content-Type", "application/json")])
    for url, body in (
        ("/pets?limit=5", {"kind": "dog"}),
        ("/pets?limit=6", {"kind": "dog"}),
        ("/pets", {"young": [1]}),
    ):
        exchange = Request("GET", url), Response(200, headers, json.dumps(body).encode())
        found = [[(one.rule, one.at) for one in each.check(Exchange(*exchange)).violations] for each in validators]
        assert found[0] == found[1]
        assert (found[0] == []) == (url == "/pets?limit=5")


def test_a_selection_takes_what_it_needs_with_it(scattered: Contract) -> None:
    made = make_copy(scattered, Changes(), [scattered.operation("owners")]).document
    assert made["paths"].keys() == {"/owners"} and made["components"] == {} and made["tags"] == [{"name": "owner"}]
    made = make_copy(scattered, Changes(), [scattered.operation("pets")]).document
    assert made["paths"].keys() == {"/pets"} and set(made["components"]["schemas"]) == {"Pet", "Pet-2", "Dog"}
    assert faults(made) == []
    scattered.root.value["components"]["schemas"]["Other"] = {"$ref": "#/components/schemas/None"}
    assert make_copy(scattered, Changes(), [scattered.operation("pets")]).document == made, "what it does not need"
    with pytest.raises(ContractError, match="None"):
        make_copy(scattered, Changes())


@pytest.mark.parametrize("changes", [Changes(media="xml"), Changes(inline_responses=True), Changes()])
def test_what_is_referred_to_within_operations_and_responses_stays_in_the_copy(
    tmp_path: Path, changes: Changes
) -> None:
    """A copy may lack the place: another media type, another operation, a response that is written out."""
    own = "#/paths/~1a/get/responses/200/content/application~1json/schema"
    shared = "#/components/responses/Other/content/application~1json/schema"
    content = {"application/json": {"schema": {"type": "object", "properties": {"inner": {"$ref": own}}}}}
    response = {"description": "x", "content": {**content, "application/xml": {"schema": {"$ref": own}}}}
    other = {"description": "y", "content": {"application/json": {"schema": {"type": "string"}}}}
    made = document({})
    made["components"]["responses"] = {"Other": other}
    response_b = {
        "description": "z",
        "content": {"application/xml": {"schema": {"oneOf": [{"$ref": own}, {"$ref": shared}]}}},
    }
    made["paths"] = {
        "/a": {
            "get": {"operationId": "a", "responses": {"200": response, "400": {"$ref": "#/components/responses/Other"}}}
        },
        "/b": {"get": {"operationId": "b", "responses": {"200": response_b}}},
    }
    (tmp_path / "c.json").write_text(json.dumps(made))
    contract = Contract.load(tmp_path / "c.json")
    for chosen in (None, [contract.operation("b")]):
        (tmp_path / "copy.json").write_bytes(make_copy(contract, changes, chosen).content)
        copied = Contract.load(tmp_path / "copy.json")
        assert all(look(copied.root.value, {"$ref": one}) != {"$ref": one} for one in references(copied.root.value))
        assert "Part" in copied.root.value["components"]["schemas"]  # what has no name of its own
        bundle = copied.operation("b").body_bundle(copied.operation("b").responses["200"].content["application/xml"])
        assert bundle and [compile_schema(bundle).is_valid(one) for one in ({"inner": {}}, "x", 1)] == [
            True,
            True,
            False,
        ]


def test_a_scalar_that_names_the_root_of_a_body_in_xml_keeps_its_name(tmp_path: Path) -> None:
    whole = document({"Word": {"type": "string"}, "Part": {"type": "string"}})
    both = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Part"}}}
    content = {
        "application/xml": {"schema": {"$ref": "#/components/schemas/Word"}},
        "application/json": {"schema": both},
    }
    whole["paths"]["/a"]["get"]["responses"] = {"200": {"description": "x", "content": content}}
    (tmp_path / "c.json").write_text(json.dumps(whole))
    made = make_copy(Contract.load(tmp_path / "c.json"), Changes(inline_scalars=True)).document
    assert made["components"]["schemas"] == {"Word": {"type": "string"}} and references(made) == [
        "#/components/schemas/Word"
    ]


def test_a_number_that_json_cannot_say_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\nx-most: .inf\n")
    with pytest.raises(ContractError, match="write it as a finite number"):
        _ = make_copy(Contract.load(tmp_path / "c.yaml"), Changes()).content


def test_a_path_that_leads_back_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps({**document({}), "paths": {"/a": {"$ref": "b.json"}}}))
    (tmp_path / "b.json").write_text(json.dumps({"get": operation(callbacks={"c": {"{$url}": {"$ref": "b.json"}}})}))
    with pytest.raises(ContractError, match="back to itself"):
        make_copy(Contract.load(tmp_path / "api.json"), Changes())


# changes


def _media(made: dict[str, Any]) -> set[str]:
    return {name for kind, _, one in walk(made) if kind == "response" for name in one.get("content", {})}


def _get(made: dict[str, Any]) -> dict[str, Any]:
    return made["paths"]["/"]["get"]  # type: ignore[no-any-return]


def _format_parameter(made: dict[str, Any]) -> dict[str, Any]:
    inline = (one for one in _get(made)["parameters"] if one.get("name") == "Format")
    return next(inline, {"required": False})


CHANGES: list[tuple[Changes, str, Callable[[dict[str, Any]], bool]]] = [
    (Changes(media="json"), "application/xml [(]14[)] left out", lambda d: _media(d) == {"application/json"}),
    (Changes(media="xml"), "application/json [(]14[)] left out", lambda d: _media(d) == {"application/xml"}),
    (
        Changes(pin_format=True),
        "Format=JSON is required in 2 operations",
        lambda d: _format_parameter(d)["required"] and _format_parameter(d)["schema"]["enum"] == ["JSON"],
    ),
    (
        Changes(pin_format=True, media="xml"),
        "Format=XML",
        lambda d: (
            d["components"]["schemas"]["RefreshTasksForm"]["properties"]["Format"].get("enum") == ["XML"]
            and "Format" in d["components"]["schemas"]["RefreshTasksForm"]["required"]
        ),
    ),
    (
        Changes(inline_scalars=True),
        "references to #/components/schemas",
        lambda d: (
            "RefreshTasksMoment" not in d["components"]["schemas"]
            and "RefreshTasksTaskStatus" in d["components"]["schemas"]
            and d["components"]["schemas"]["RefreshTasksTask"]["properties"]["TaskId"]["pattern"] == "^[0-9]{1,20}$"
        ),
    ),
    (
        Changes(text_times=True),
        "1 schemas with a pattern",
        lambda d: d["components"]["schemas"]["RefreshTasksMoment"].keys() == {"type", "description", "pattern"},
    ),
    (
        Changes(drop_conditions=True),
        "if [(]",
        lambda d: (
            not any("if" in one or "then" in one for kind, _, one in walk(d) if kind == "schema" and one is not False)
        ),
    ),
]


@pytest.mark.parametrize(
    ("changes", "note", "holds"), CHANGES, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_a_change_is_made_and_named_in_one_line(
    changes: Changes, note: str, holds: Callable[[dict[str, Any]], bool]
) -> None:
    made = make_copy(SHIPPED, changes)
    assert any(re.search(note, line) for line in made.notes)
    assert all("\n" not in line for line in made.notes)
    assert faults(made.document) == [] and holds(made.document)
    assert not holds(make_copy(SHIPPED, Changes()).document)


def test_patterns_are_written_for_readers_with_the_flag_u() -> None:
    schema = {"pattern": r"^[\w-.]$", "patternProperties": {r"^\_": {}, "(?i)a": {}}}
    made, notes = portable_patterns(document({"A": schema}))
    assert made["components"]["schemas"]["A"] == {
        "pattern": r"^[\w\-\.]$",
        "patternProperties": {"^_": {}, "(?i)a": {}},
    }
    assert notes == [r"patterns written for readers with the flag u: ^[\w-.]$ as ^[\w\-\.]$, ^\_ as ^_"]
    assert portable_patterns(made) == (made, [])


def test_responses_are_written_out(tmp_path: Path) -> None:
    lost = {"description": "lost"}
    whole = document({}, paths={"/a": {"get": {"responses": {"404": {"$ref": "#/components/responses/Lost"}}}}})
    whole["components"]["responses"] = {"Lost": {"$ref": "#/components/responses/Gone"}, "Gone": lost}
    path = tmp_path / "api.json"
    path.write_text(json.dumps(whole))
    made = make_copy(Contract.load(path), Changes(inline_responses=True))
    assert made.document["paths"]["/a"]["get"]["responses"] == {"404": lost}
    assert made.document["components"] == {"schemas": {}} or made.document["components"] == {}
    assert made.notes[0].startswith("responses written out")


def test_a_format_parameter_is_known_by_its_enumeration_too(tmp_path: Path) -> None:
    listed = [{"name": "as", "in": "query", "schema": {"enum": ["Json", "Xml"]}}, {"name": "b", "in": "query"}]
    path = tmp_path / "api.json"
    path.write_text(json.dumps(document({}, paths={"/a": {"parameters": listed, "get": operation()}})))
    made = make_copy(Contract.load(path), changes_for("orval"))
    assert made.document["paths"]["/a"]["get"]["parameters"][0]["schema"] == {"type": "string", "enum": ["Json"]}
    path.write_text(json.dumps(document({})))
    assert make_copy(Contract.load(path), changes_for("orval")).notes == ()  # there is one format alone
    both = {"application/json": {"schema": {}}, "application/xml": {"schema": {}}}
    responses = {"200": {"description": "d", "content": both}}
    path.write_text(json.dumps(document({}, paths={"/a": {"get": {"responses": responses}}})))
    first, _ = make_copy(Contract.load(path), changes_for("orval")).notes
    assert first == "no parameter chooses between formats, so none is pinned to json"


@pytest.mark.parametrize("tool", {changes: tool for tool, changes in COPIES.items()}.values())
def test_generators_get_valid_documents(tool: str) -> None:
    made = make_copy(SHIPPED, COPIES[tool])
    assert faults(json.loads(made.content)) == [] and made.notes


def test_a_generator_may_have_a_version_and_has_to_be_known() -> None:
    assert changes_for("@hey-api/openapi-ts@0.99.0") == changes_for("@hey-api/openapi-ts")
    assert changes_for("Orval@8.38.0") == changes_for("orval")
    with pytest.raises(UsageError, match="openapi-typescript"):
        changes_for("openapi-typescrpt")


# OpenAPI 3.0.3


@pytest.mark.parametrize(
    ("new", "old", "lost"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}, []),
        ({"type": ["integer", "string"]}, {"anyOf": [{"type": "integer"}, {"type": "string"}]}, []),
        ({"type": "null"}, {"nullable": True, "enum": [None]}, []),
        ({"type": ["string", "null"], "enum": ["a"]}, {"type": "string", "enum": ["a"]}, []),
        ({"type": ["string", "null"], "const": None}, {"type": "string", "enum": [None], "nullable": True}, []),
        ({"type": "null", "enum": [1]}, {"enum": [1], "not": {}}, []),
        ({"const": None, "enum": [1]}, {"enum": [None], "not": {}}, []),
        ({"const": 1}, {"enum": [1]}, []),
        ({"exclusiveMinimum": 1}, {"minimum": 1, "exclusiveMinimum": True}, []),
        ({"minimum": 2, "exclusiveMinimum": 1}, {"minimum": 2}, []),
        ({"maximum": 2, "exclusiveMaximum": 2}, {"maximum": 2, "exclusiveMaximum": True}, []),
        ({"examples": [1]}, {"example": 1}, []),
        ({"examples": [1, 2]}, {"example": 1}, ["examples"]),
        ({"oneOf": [{"type": "null"}, {"type": "string"}]}, {"nullable": True, "allOf": [{"type": "string"}]}, []),
        (
            {"$ref": "#/components/schemas/B", "description": "b"},
            {"description": "b", "allOf": [{"$ref": "#/components/schemas/B"}]},
            [],
        ),
        ({"type": "array"}, {"type": "array", "items": {}}, []),
        ({"properties": {"a": True, "b": False}}, {"properties": {"a": {}, "b": {"not": {}}}}, []),
        ({"additionalProperties": False}, {"additionalProperties": False}, []),
        ({"properties": {"additionalProperties": False}}, {"properties": {"additionalProperties": {"not": {}}}}, []),
        ({"type": "string", "contentEncoding": "base64"}, {"type": "string", "format": "byte"}, ["contentEncoding"]),
        ({"type": "string", "nullable": True}, {"type": "string"}, ["nullable"]),
        ({"type": "string", "nullable": False}, {"type": "string"}, []),
        ({"type": "string", "if": {"minLength": 1}, "then": {}}, {"type": "string"}, ["if", "then"]),
        ({"patternProperties": {"^a": {}}}, {}, ["patternProperties"]),
        ({"properties": {"if": {"type": "string"}}}, {"properties": {"if": {"type": "string"}}}, []),
        ({"type": "string", "x-note": {"const": 1}}, {"type": "string", "x-note": {"const": 1}}, []),
        ({"type": "array", "prefixItems": [{}]}, {"type": "array", "items": {}}, ["prefixItems"]),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {}], "items": False},
            {"type": "array", "items": {}, "maxItems": 2},
            ["prefixItems"],
        ),
        (
            {"patternProperties": {"^a": {}}, "additionalProperties": False},
            {},
            ["additionalProperties", "patternProperties"],
        ),
        ({"not": {"contains": {"const": 1}}}, {}, ["not"]),
        ({"not": {"const": 1}}, {"not": {"enum": [1]}}, []),
        ({"not": {"$ref": "#/components/schemas/C"}}, {}, ["not"]),
        (
            {"oneOf": [{"$ref": "#/components/schemas/C"}, {"type": "string"}]},
            {"anyOf": [{"$ref": "#/components/schemas/C"}, {"type": "string"}]},
            ["oneOf"],
        ),
    ],
)
def test_a_schema_of_31_in_30(new: Any, old: Any, lost: list[str]) -> None:
    parts = {"B": {"type": "string"}, "C": {"allOf": [{"$ref": "#/components/schemas/D"}]}, "D": {"propertyNames": {}}}
    made, losses = as_30(document({"A": new, **parts}))
    assert made["components"]["schemas"]["A"] == old
    assert [line.partition(":")[0].rpartition("/")[2] for line in losses if "/D/" not in line] == lost
    assert faults(made) == []


def test_a_document_of_31_in_30_names_what_is_lost() -> None:
    at = "#/components/schemas/A/"
    nested = {"$defs": {"a b": {"type": "string"}}, "properties": {"c": {"$ref": f"{at}definitions/C/$defs/a b"}}}
    schema = {
        "$defs": {"B": {"type": "string"}},
        "definitions": {"C": nested},
        "properties": {"b": {"$ref": f"{at}$defs/B"}, "c": {"$ref": f"{at}definitions/C"}},
        "note": "in 3.1 any name is a keyword",
    }
    whole = document(
        {"A": schema},
        webhooks={"w": {"post": operation()}},
        jsonSchemaDialect="https://json-schema.org/draft/2020-12/schema",
    )
    whole["info"] |= {"summary": "s", "license": {"name": "MIT", "identifier": "MIT"}}
    whole["tags"] = [{"name": "t", "kind": "nav"}]
    whole["servers"] = [{"url": "/", "name": "here"}]
    whole["components"]["securitySchemes"] = {"tls": {"type": "mutualTLS"}}
    whole["components"]["pathItems"] = {"P": {"get": {"operationId": "p"}}}
    whole["paths"]["/p"] = {"$ref": "#/components/pathItems/P"}
    made, losses = as_30(whole)
    assert faults(made) == [] and made["openapi"] == "3.0.3"
    here = "#/components/schemas/"
    assert made["components"]["schemas"] == {
        "A": {"properties": {"b": {"$ref": f"{here}B"}, "c": {"$ref": f"{here}C"}}},
        "B": {"type": "string"},
        "C": {"properties": {"c": {"$ref": f"{here}a_b"}}},
        "a_b": {"type": "string"},
    }
    assert made["paths"]["/p"]["get"]["operationId"] == "p"
    for word in ("webhooks", "jsonSchemaDialect", "summary", "identifier", "mutualTLS", "kind", "name", "note"):
        assert any(word in line for line in losses), word
    assert as_30(made) == (made, [])


def test_references_that_are_percent_encoded_lead_to_the_names_that_they_stand_for(tmp_path: Path) -> None:
    here, form = "#/components/schemas/", "application/x-www-form-urlencoded"
    page = {
        "$defs": {"Größe": {"type": "integer"}},
        "properties": {"size": {"$ref": f"{here}Page%C2%ABPet%C2%BB/$defs/Gr%C3%B6%C3%9Fe"}},
    }
    schemas = {
        "Page«Pet»": {**page, "oneOf": [{"$ref": f"{here}Lossy%20one"}]},
        "Lossy one": {"propertyNames": {"pattern": "^a"}},
        "A%42": {"type": "object", "properties": {"format": {"type": "string"}}},
    }
    asked = operation(
        operationId="asked",
        parameters=[{"$ref": "#/components/parameters/The%20format"}],
        requestBody={
            "content": {
                "application/json": {"schema": {"$ref": f"{here}Page%C2%ABPet%C2%BB"}},
                form: {"schema": {"$ref": f"{here}A%2542"}},
            }
        },
    )
    whole = document(schemas, paths={"/a": {"post": asked}})
    whole["components"]["parameters"] = {
        "The format": {"name": "format", "in": "query", "schema": {"enum": ["json", "xml"]}}
    }
    (tmp_path / "api.json").write_text(json.dumps(whole))
    contract = Contract.load(tmp_path / "api.json")
    assert make_copy(contract, Changes(), contract.operations()).document == whole
    made = make_copy(contract, Changes(pin_format=True, media="json", version="3.0")).document
    assert all(look(made, {"$ref": one}) != {"$ref": one} for one in references(made))
    assert made["paths"]["/a"]["post"]["parameters"][0]["example"] == "json"
    parts = made["components"]["schemas"]
    assert parts["Page«Pet»"]["properties"] == {"size": {"$ref": f"{here}Gr__e"}}
    assert "anyOf" in parts["Page«Pet»"] and "oneOf" not in parts["Page«Pet»"]
    assert parts["A%42"]["required"] == ["format"]


@pytest.mark.parametrize("wanted", [Changes(), Changes(version="3.0"), *dict.fromkeys(COPIES.values())], ids=str)
def test_fields_that_yaml_leaves_empty_are_left_out(wanted: Changes, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    empty = "servers:\nsecurity:\ntags:\nwebhooks:\ncomponents:\n  schemas:\n  parameters:\n"
    get = "get: {parameters: , requestBody: , responses: {'204': {description: done, headers: , content: }}}"
    path.write_text(f"openapi: 3.1.0\ninfo: {{title: t, version: '1', license: }}\n{empty}paths: {{/a: {{{get}}}}}\n")
    made = make_copy(Contract.load(path), wanted).document
    assert faults(made) == [] and made["paths"]["/a"]["get"] == operation()
    path.write_text(path.read_text().replace("  schemas:\n  parameters:\n", ""))
    assert faults(make_copy(Contract.load(path), wanted).document) == []
