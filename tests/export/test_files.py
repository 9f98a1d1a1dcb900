"""Files derived from a contract: in step with it, named after what they are, true to it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import xmlschema
from lxml import etree
from support.places import ROOT

from toolkit.contract.model import Contract
from toolkit.contract.repair import made_of_rest
from toolkit.errors import UsageError
from toolkit.export.bodies import PARTS
from toolkit.export.files import KINDS, Exported, FileStyle, export_files, stale, write

SHIPPED = Contract.load(ROOT / "openapi.yaml")

CONTRACT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Shapes", "version": "1"},
    "paths": {
        "/shapes": {
            "get": {
                "operationId": "listShapes",
                "responses": {
                    "200": {
                        "description": "x",
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Shape"}}
                            },
                            "application/xml": {"schema": {"$ref": "#/components/schemas/Shape"}},
                        },
                    },
                    "default": {"description": "x", "content": {"application/problem+json": {"schema": {}}}},
                },
            },
            "put": {
                "operationId": "replace/../Shapes",
                "responses": {
                    "200": {
                        "description": "x",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Shape"}},
                            "text/plain": {"schema": {"type": "string"}},
                        },
                    },
                    "4XX": {"description": "x", "content": {"application/json": {"schema": {"type": "string"}}}},
                },
            },
        }
    },
    "components": {
        "schemas": {
            "Shape": {
                "type": "object",
                "required": ["xml"],
                "x-note": "only here",
                "example": {"xml": 1},
                "properties": {
                    "xml": {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "xml": {"attribute": True}},
                    "example": {"type": "string", "nullable": True, "default": {"x-kept": 1}},
                    "x-size": {"oneOf": [{"type": "string", "x-note": 1}, {"$ref": "#/components/schemas/Size"}]},
                },
            },
            "Size": {"type": "integer", "format": "int32"},
        }
    },
}


def contract(tmp_path: Path, document: dict[str, Any] = CONTRACT) -> Contract:
    path = tmp_path / "api.json"
    path.write_text(json.dumps(document))
    return Contract.load(path)


def test_the_schemas_are_in_step_with_the_contract(tmp_path: Path) -> None:
    """Written anew by `contract export xsd` and `contract export json-schema`."""
    for kind in ("xsd", "json-schema"):
        list(write(export_files(kind, SHIPPED), str(tmp_path)))
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    written = {"report.schema.json", "x-laws.schema.json", "settings.schema.json"}  # by hand, or from the command line
    kept = {path.name: path.read_bytes() for path in (ROOT / "schemas").iterdir() if path.name not in written}
    assert sorted(made) == sorted(kept)
    assert made == kept


def stems(kind: str, *parts: str) -> list[str]:
    return [name.partition(".")[0] for name in export_files(kind, SHIPPED, parts=parts or PARTS).files]


def test_there_is_a_pair_of_files_for_each_response_and_for_the_parameters() -> None:
    assert stems("xsd", "responses") == stems("json-schema", "responses")
    assert len(stems("xsd", "responses")) == len(next(SHIPPED.operations()).responses)
    assert stems("xsd", "parameters") == stems("json-schema", "parameters") == ["DescribeRefreshTasksParameters"]
    assert stems("json-schema", "requests") == ["RefreshTasksForm"]
    assert len(stems("json-schema")) == len(next(SHIPPED.operations()).responses) + 2


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "schemas").glob("*.xsd")))
def test_both_engines_take_the_xsds(name: str) -> None:
    text = (ROOT / "schemas" / name).read_bytes()
    etree.XMLSchema(etree.fromstring(text))
    xmlschema.XMLSchema10(text.decode())


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "schemas").glob("*.json")))
def test_the_json_schemas_are_json_schemas(name: str) -> None:
    schema = json.loads((ROOT / "schemas" / name).read_bytes())
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_files_are_named_after_component_or_operation_and_never_leave_the_folder(tmp_path: Path) -> None:
    assert list(export_files("json-schema", contract(tmp_path)).files) == [
        "listShapes200.schema.json",
        "listShapesdefault.schema.json",
        "Shape.schema.json",
        "replace-..-Shapes4XX.schema.json",
    ]
    assert list(export_files("xsd", contract(tmp_path)).files) == ["Shape.xsd"]
    chosen = [contract(tmp_path).operation("listShapes")]
    assert list(export_files("json-schema", contract(tmp_path), chosen).files) == [
        "listShapes200.schema.json",
        "listShapesdefault.schema.json",
    ]


def test_a_json_schema_says_what_openapi_does_and_no_more(tmp_path: Path) -> None:
    schema = json.loads(export_files("json-schema", contract(tmp_path)).files["Shape.schema.json"])
    shape = schema
    assert schema["title"] == "Shape" and schema["$defs"]["Size"]["title"] == "Size" and "$ref" not in schema
    assert "x-note" not in shape and "example" not in shape
    assert shape["properties"]["xml"] == {"type": "integer", "exclusiveMinimum": 0}
    assert shape["properties"]["example"] == {"type": ["string", "null"], "default": {"x-kept": 1}}
    assert shape["properties"]["x-size"] == {"oneOf": [{"type": "string"}, {"$ref": "#/$defs/Size"}]}
    valid = jsonschema_rs.validator_for(schema).is_valid
    assert valid({"xml": 1, "example": None}) and valid({"xml": 1, "x-size": 2})
    assert not valid({"xml": 0}) and not valid({"xml": 1, "x-size": 2**31})


def test_what_an_xsd_cannot_say_is_noted(tmp_path: Path) -> None:
    exported = export_files("xsd", contract(tmp_path))
    assert any(note.startswith("Shape.xsd allows more than the contract: ") for note in exported.notes)
    for text in exported.files.values():
        etree.XMLSchema(etree.fromstring(text))


def test_what_several_xsds_cannot_say_alike_is_noted_once(tmp_path: Path) -> None:
    def noted(names: str) -> list[str]:
        content = [{"application/xml": {"schema": {"xml": {"name": name}, "type": "object"}}} for name in names]
        responses = {str(code): {"description": "", "content": one} for code, one in enumerate(content, 200)}
        made = contract(tmp_path, {**CONTRACT, "paths": {"/a": {"get": {"responses": responses}}}})
        return [note.partition(" allows")[0] for note in export_files("xsd", made).notes]

    assert noted("AB") == ["each of A.xsd, B.xsd"]
    assert [note[-16:] for note in noted("ABCDEFGHIJKL")] == ["J.xsd and 2 more"]


def test_a_schema_whose_name_is_none_of_xml_is_left_out_and_named_and_others_are_written(tmp_path: Path) -> None:
    document = json.loads(json.dumps(CONTRACT).replace("components/schemas/Size", "components/schemas/2Size"))
    document["components"]["schemas"]["2Size"] = document["components"]["schemas"].pop("Size")
    get = document["paths"]["/shapes"]["get"]
    get["operationId"], get["parameters"] = "1st", [{"name": "x", "in": "query", "schema": {"type": "integer"}}]
    body = {"content": {"application/xml": {"schema": {"$ref": "#/components/schemas/2Size"}}}}
    get["responses"]["201"] = {"description": "", **body}
    exported = export_files("xsd", contract(tmp_path, document))
    assert {"Shape.xsd", "1stParameters.xsd"} <= exported.files.keys() and "2Size.xsd" not in exported.files
    assert any(note.startswith("2Size: '2Size' is no name of an XML element") for note in exported.notes)
    for text in exported.files.values():
        etree.XMLSchema(etree.fromstring(text))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_json_schema_is_left_out_and_named(tmp_path: Path, kind: str) -> None:
    document = json.loads(json.dumps(CONTRACT))
    document["components"]["schemas"]["Size"]["maximum"] = {}
    get = document["paths"]["/shapes"]["get"]
    get["parameters"] = [
        {"name": name, "in": "query", "schema": {"type": "string", "maxLength": most}}
        for name, most in (("good", 3), ("bad", "x"))
    ]
    other = {"schema": {"type": "object", "xml": {"name": "other"}}}
    get["responses"]["default"]["content"]["application/xml"] = other
    exported, lost = made_of_rest(contract(tmp_path, document), lambda rest: export_files(kind, rest))
    assert any(name.startswith("Shape.") for name in exported.files), "without the keyword"
    [parameters] = [text for name, text in exported.files.items() if name.startswith("listShapesParameters.")]
    assert b"good" in parameters and b"bad" in parameters
    assert any(one.startswith("api.json#/components/schemas/Size/maximum:1:") for one in lost)
    assert any(one.startswith("api.json#/paths/~1shapes/get/parameters/1/schema/maxLength") for one in lost)


SIGNS = r"^@[a_\-\\:]-\{a\}$"


def test_patterns_that_ecma_262_cannot_read_are_translated_or_left_out_and_named(tmp_path: Path) -> None:
    patterns = {
        "kept": r"^\u{61}+\d{2}(?<n>[+*]{2}?)(?=x)\(?P$",
        "named": "(?P<n>a)+",
        "signs": r"^\@[a\_\-\\:]\-{a}$",
        "case": "(?i)a",
        "end": r"a\Z",
        "more": "a++",
    }
    document = json.loads(json.dumps(CONTRACT))
    size = {
        "type": "object",
        "properties": {name: {"type": "string", "pattern": one} for name, one in patterns.items()},
    }
    document["components"]["schemas"]["Size"] = {
        **size,
        "not": {"required": ["case"], "properties": {"case": size["properties"]["case"]}},
    }
    exported = export_files("json-schema", contract(tmp_path, document), parts=["responses"])
    schema = json.loads(exported.files["Shape.schema.json"])["$defs"]["Size"]
    made = {name: one.get("pattern") for name, one in schema["properties"].items()}
    assert (
        made == {**dict.fromkeys(patterns), "kept": patterns["kept"], "named": "(a)+", "signs": SIGNS}
        and "not" not in schema
    )
    told = [one.partition(".schema.json: ") for one in exported.notes]  # of several files that have it, in one line
    assert len({note for _, _, note in told}) == len(told)
    assert [note for files, _, note in told if "Shape" in files.replace(".schema.json", "").split(", ")] == [
        "the pattern (?P<n>a)+ is not of ECMA-262 with the flag u, and is written as (a)+",
        "the pattern (?i)a is not of ECMA-262 with the flag u, and is left out",
        rf"the pattern ^\@[a\_\-\\:]\-{{a}}$ is not of ECMA-262 with the flag u, and is written as {SIGNS}",
        "the pattern a++ is not of ECMA-262 with the flag u, and is left out",
        r"the pattern a\Z is not of ECMA-262 with the flag u, and is left out",
        "not, oneOf around such a pattern would refuse more, and is loosened",
    ]


def test_two_schemas_of_one_name_are_two_files(tmp_path: Path) -> None:
    document = json.loads(json.dumps(CONTRACT))
    document["paths"]["/shapes"]["put"]["operationId"] = "listShapes"
    content = document["paths"]["/shapes"]["put"]["responses"]["200"]["content"]
    content["application/json"]["schema"] = {"type": "null"}
    files = export_files("json-schema", contract(tmp_path, document)).files
    assert json.loads(files["listShapes200-2.schema.json"])["type"] == "null" and "listShapes200.schema.json" in files


TREE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Trees", "version": "1"},
    "paths": {
        "/trees/{id}": {
            "post": {
                "operationId": "plant",
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "description": "Which.",
                        "schema": {"type": "integer"},
                    },
                    {"name": "id", "in": "query", "schema": {"$ref": "#/components/schemas/Kind"}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
                "responses": {
                    "200": {"description": "x", "content": {"*/*": {"schema": {"$ref": "#/components/schemas/Tree"}}}}
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Kind": {"enum": ["oak", "ash"]},
            "Tree": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer", "readOnly": True},
                    "kind": {"$ref": "#/components/schemas/Kind", "description": "Its kind."},
                    "small": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                },
            },
        }
    },
}


def test_requests_parameters_and_responses_of_any_type_are_exported(tmp_path: Path) -> None:
    document = json.loads(json.dumps(TREE))
    document["components"]["schemas"]["Tree"]["required"] = ["id"]  # which is read only, so none of a request
    files = export_files("json-schema", contract(tmp_path, document)).files
    assert list(files) == ["Tree.schema.json", "TreeRequest.schema.json", "plantParameters.schema.json"]
    response, request, parameters = (json.loads(text) for text in files.values())
    assert response["required"] == ["id"] and not request["required"]
    assert parameters["properties"]["id"] == {"type": "integer", "description": "Which."}
    assert parameters["properties"]["query-id"] == {"$ref": "#/$defs/Kind"}
    assert parameters["required"] == ["id"] and parameters["title"] == "plantParameters"
    chosen = export_files("json-schema", contract(tmp_path, TREE), parts=["requests"]).files
    assert list(chosen) == ["Tree.schema.json"]


def test_the_root_is_no_reference_and_may_contain_itself(tmp_path: Path) -> None:
    schema = json.loads(export_files("json-schema", contract(tmp_path, TREE)).files["Tree.schema.json"])
    assert schema["title"] == "Tree" and "$ref" not in schema and set(schema["$defs"]) == {"Kind"}
    assert schema["properties"]["small"]["items"] == {"$ref": "#"}
    valid = jsonschema_rs.validator_for(schema).is_valid
    assert valid({"small": [{"kind": "oak"}]}) and not valid({"small": [{"kind": "elm"}]})


def test_a_flat_schema_has_no_references_and_names_where_it_ends(tmp_path: Path) -> None:
    exported = export_files("json-schema", contract(tmp_path, TREE), parts=["responses"], style=FileStyle(flat=True))
    [text] = exported.files.values()
    schema = json.loads(text)
    assert b"$ref" not in text and b"$defs" not in text
    assert schema["properties"]["kind"] == {"title": "Kind", "enum": ["oak", "ash"], "description": "Its kind."}
    assert exported.notes == ("Tree.schema.json: the root contains itself; there any value is valid",)
    valid = jsonschema_rs.validator_for(schema).is_valid
    assert valid({"small": [{"kind": "elm"}]}) and not valid({"kind": "elm"})


def test_a_flat_schema_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    schemas = {
        f"S{level}": {"properties": {name: {"$ref": f"#/components/schemas/S{level + 1}"} for name in "abcdefgh"}}
        for level in range(7)
    }
    document = json.loads(json.dumps(TREE).replace("#/components/schemas/Tree", "#/components/schemas/S0"))
    document["components"]["schemas"] = {**schemas, "S7": {}, "Kind": {}}
    with pytest.raises(UsageError, match="--flat"):
        export_files("json-schema", contract(tmp_path, document), style=FileStyle(flat=True))


def test_one_file_names_places_of_the_contract(tmp_path: Path) -> None:
    odd = {"type": "object", "xml": {"name": "r"}, "properties": {"n": {"type": "integer", "multipleOf": 3}}}
    content = {"description": "", "content": {"application/xml": {"schema": odd}}}
    parameter = {"name": "q", "in": "query", "schema": {"$ref": "#/components/schemas/Odd"}}
    operation = {"parameters": [parameter], "responses": {"200": content}}
    document = {**CONTRACT, "paths": {"/x": {"get": operation}}, "components": {"schemas": {"Odd": {"multipleOf": 3}}}}
    notes = export_files("xsd", contract(tmp_path, document), style=FileStyle(one_file="all", closed=True)).notes
    assert {re.sub(".* at #(.*): .*", r"\1", note) for note in notes} == {
        "/paths/~1x/get/responses/200/content/application~1xml/schema",
        "/paths/~1x/get/responses/200/content/application~1xml/schema/properties/n",
        "/paths/~1x/get/parameters/0/schema",
        "/components/schemas/Odd",
    }


def test_one_file_holds_all_and_roots_of_one_name_take_what_each_takes() -> None:
    apart = export_files("xsd", SHIPPED).files
    [text] = export_files("xsd", SHIPPED, style=FileStyle(one_file="all")).files.values()
    both = etree.XMLSchema(etree.fromstring(text)), xmlschema.XMLSchema10(text.decode())
    error = "<Error><RequestId>8906582E-6722-409A-A6C4-0E7863B733A5</RequestId><HostId>h</HostId><Code>{}</Code><Message>m</Message></Error>"
    taken = {code: etree.fromstring(error.format(code)) for code in ("InvalidVersion", "Throttling", "-")}
    assert [both[0].validate(one) for one in taken.values()] == [True, True, False]
    assert [both[1].is_valid(error.format(code)) for code in taken] == [True, True, False]
    alone = etree.XMLSchema(etree.fromstring(apart["RefreshTasksBadRequestError.xsd"]))
    assert [alone.validate(one) for one in taken.values()] == [True, False, False]


def test_types_that_many_files_repeat_stand_in_one_that_they_include(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve schemas, each of which refers to the next, in two namespaces."""
    paths, schemas = dict[str, Any](), dict[str, Any]()
    for at in range(12):
        inner = {"n": {"$ref": f"#/components/schemas/S{at + 1}"}} if at < 11 else {}
        xml = {"name": f"s{at}", "namespace": f"urn:{at // 10}"}
        schemas[f"S{at}"] = {"type": "object", "xml": xml, "properties": {"a": {"type": "integer"}, **inner}}
        content = {"application/xml": {"schema": {"$ref": f"#/components/schemas/S{at}"}}}
        paths[f"/{at}"] = {"get": {"responses": {"200": {"description": "", "content": content}}}}
    given = contract(tmp_path, {**CONTRACT, "paths": paths, "components": {"schemas": schemas}})
    apart = export_files("xsd", given, style=FileStyle(closed=True)).files
    monkeypatch.setattr("toolkit.export.files._MOST_REPEATED", 60)
    made = export_files("xsd", given, style=FileStyle(closed=True))
    assert set(made.files) == {*apart, "types.xsd", "types-2.xsd"} and "types.xsd" in made.notes[0]
    assert sum(map(len, made.files.values())) < 0.6 * sum(map(len, apart.values()))
    list(write(made, str(tmp_path)))
    for at, name in enumerate(apart):
        taken = [etree.fromstring(f'<s{at} xmlns="urn:{at // 10}"><a>{one}</a></s{at}>') for one in (1, "x")]
        assert list(map(etree.XMLSchema(etree.parse(tmp_path / name)).validate, taken)) == [True, False]
    assert list(map(xmlschema.XMLSchema10(str(tmp_path / name)).is_valid, taken)) == [True, False]


def test_stale_files_are_named(tmp_path: Path) -> None:
    exported = Exported({"a": b"1", "b": b"2", "c": b"3"})
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"1")
    assert list(stale(exported, str(tmp_path))) == [(str(tmp_path / "b"), "stale"), (str(tmp_path / "c"), "missing")]


def test_nothing_to_export(tmp_path: Path) -> None:
    empty = contract(tmp_path, {**CONTRACT, "paths": {}})
    for kind in KINDS:
        with pytest.raises(UsageError, match=kind):
            export_files(kind, empty)
    with pytest.raises(UsageError, match="json-schema"):
        export_files("raml", empty)


def test_several_files_do_not_go_to_standard_output() -> None:
    with pytest.raises(UsageError, match="2 files"):
        list(write(Exported({"a": b"", "b": b""}), "-"))
