"""`contract lint`: planted mistakes, one a file, each found at its line and nothing else; and what is said of many files.

A mistake is marked in its line by `# <- rule`; JSON has no comments, so its mistakes stand in JSON_MISTAKES.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded
from support.growth import LINEAR, growth
from support.places import ROOT, TESTS

from toolkit.contract.model import Contract
from toolkit.errors import ContractError
from toolkit.review.checks import paths, rows
from toolkit.review.checks.yaml import traps
from toolkit.review.lint import CHECKS, OF_TEXT, lint, of_text, overture
from toolkit.review.survey import Mistake, Survey, survey
from toolkit.rules import TABLES, Severity
from toolkit.schema import possible
from toolkit.schema.bundle import SCHEMA_URI, Bundle, reference_to
from toolkit.schema.possible import examine
from toolkit.structs import replace
from toolkit.verdict import ContractPlace

PLANTED = sorted([*(TESTS / "review" / "planted").iterdir(), *(TESTS / "cases").glob("*/bad.yaml")])
SOUND = sorted((TESTS / "cases").glob("*/good.yaml"))
JSON_MISTAKES = {"json-repeated.json": {("name-repeated", 7)}}


def name_of(path: Path) -> str:
    return path.stem if path.parent.name == "planted" else f"{path.parent.name}-{path.stem}"


def planted(path: Path) -> set[tuple[str, int]]:
    lines = enumerate(path.read_text("utf-8").splitlines(), start=1)
    marked = {(line.partition("# <- ")[2].strip(), number) for number, line in lines if "# <- " in line}
    return marked or JSON_MISTAKES[path.name]


def found(path: Path) -> set[tuple[str, int]]:
    try:
        violations = list(lint(Contract.load(path), path.name))
    except ContractError:
        violations = list(of_text(path, path.name))
    return {(one.rule, ContractPlace.parse(one.contract).line) for one in violations}


def test_there_are_enough_mistakes() -> None:
    assert len(PLANTED) >= 60 and TABLES["contracts"].keys() <= {*CHECKS, *OF_TEXT}
    assert {rule for path in PLANTED for rule, _ in planted(path)} >= {*CHECKS, *OF_TEXT}


@pytest.mark.parametrize("path", PLANTED, ids=name_of)
def test_a_mistake_is_found_at_its_line_and_nothing_else(path: Path) -> None:
    assert found(path) == planted(path)


@pytest.mark.parametrize(
    "path",
    [
        *SOUND,
        *sorted((TESTS / "review" / "sound").iterdir()),
        TESTS / "review" / "sound.yaml",
        TESTS / "review" / "sound-objects.yaml",
        ROOT / "examples" / "notes" / "openapi.yaml",
    ],
    ids=name_of,
)
def test_what_comes_near_is_sound(path: Path) -> None:
    assert found(path) == set()


def test_a_fault_that_laws_meet_does_not_end_the_other_checks(tmp_path: Path) -> None:
    text = (TESTS / "review" / "sound-objects.yaml").read_text("utf-8")
    (tmp_path / "lost.yaml").write_text(
        text.replace("schemas/Rows", "schemas/Row").replace("parent: all", "parent: al")
    )
    assert {rule for rule, _ in found(tmp_path / "lost.yaml")} == {"contract-unusable", "keyword-without-effect"}


def test_the_contract_that_ships_has_no_error() -> None:
    warnings = list(lint(Contract.load(ROOT / "openapi.yaml")))
    assert {one.rule for one in warnings} == {"generator-trap"}


def test_a_place_in_another_file_has_its_line_there(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "note.yaml").write_text("Note:\n  type: string\n  maxLenght: 3\n")
    (tmp_path / "openapi.yaml").write_text(
        'openapi: 3.0.3\ninfo: {title: Notes, version: "1"}\npaths: {}\n'
        'components: {schemas: {Note: {$ref: "parts/note.yaml#/Note"}}}\n'
    )
    [violation] = lint(Contract.load(tmp_path / "openapi.yaml"), "api/openapi.yaml")
    assert violation.contract == "api/parts/note.yaml#/Note/maxLenght:3:3"
    assert violation.hint == "write `maxLength`"


def test_a_metaschema_that_a_contract_refers_to_is_no_error_of_it(tmp_path: Path) -> None:
    schema = {"$ref": "http://json-schema.org/draft-07/schema#"}
    response = {"200": {"description": "d", "content": {"application/json": {"schema": schema}}}}
    contract = loaded(tmp_path, {"/x": {"get": {"operationId": "x", "responses": response}}})
    assert [one.rule for one in lint(contract, "c.json") if one.severity is Severity.ERROR] == []


def test_an_overture_counts_the_errors_alone(tmp_path: Path) -> None:
    bad = Contract.load(TESTS / "cases" / "schema-impossible" / "bad.yaml")
    assert overture(bad).line("notes.yaml") == "the contract has 1 error: contract lint notes.yaml shows them"
    assert overture(Contract.load(ROOT / "openapi.yaml")).line("openapi.yaml") == ""


def large(count: int) -> dict[str, Any]:
    """A contract of so many paths and schemas, which refer to one another."""
    schemas = {
        f"Note{number}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/Note{number - 1}"}}}
        if number
        else {"type": "object"}
        for number in range(count)
    }
    response = {
        "description": "A note.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note0"}}},
    }
    parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "enum": ["a"]}}]
    paths = {
        f"/notes{number}/{{id}}/of": {
            "get": {"operationId": f"get{number}", "parameters": parameters, "responses": {"200": response}}
        }
        for number in range(count)
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Notes", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


@pytest.mark.slow
def test_the_work_of_an_overture_is_proportional_to_the_contract(tmp_path: Path) -> None:
    def make(count: int) -> Path:
        path = tmp_path / f"{count}.json"
        path.write_text(json.dumps(large(count)))
        return path

    assert growth(make, lambda path: overture(Contract.load(path)), 60) < LINEAR


def test_a_text_nested_very_deeply_is_looked_through_in_linear_time() -> None:
    assert growth(lambda depth: '{"a": ' * depth, lambda text: list(traps(text)), 300) < LINEAR


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["lost references", "alternatives", "parts"])
def test_many_of_one_kind_are_looked_through_in_linear_time(tmp_path: Path, shape: str) -> None:
    def make(count: int) -> Contract:
        objects = [{"type": "object", "required": [f"k{number}"]} for number in range(count)]
        lost = {f"p{number}": {"$ref": f"#/lost/{number}"} for number in range(count)}
        contract = large(1)
        parts = [
            {
                "type": "object",
                "properties": {f"p{at % (count - 1)}": {"type": ["string", "integer"][at // (count - 1)]}},
            }
            for at in range(count)
        ]
        made = {"lost references": {"properties": lost}, "alternatives": {"oneOf": objects}, "parts": {"allOf": parts}}
        contract["components"]["schemas"]["A"] = made[shape]
        path = tmp_path / f"{count}.json"
        path.write_text(json.dumps(contract))
        return Contract.load(path)

    assert growth(make, lambda contract: list(lint(contract)), 400) < LINEAR


def impossible_with(schemas: dict[str, Any], folder: Path) -> list[str]:
    """The rules that schemas break beside two that exclude each other, and one that asks for both."""
    contract = large(1)
    one, two = ({"type": "object", "required": ["a"], "properties": {"a": {"enum": [value]}}} for value in (1, 2))
    both = {"allOf": [{"$ref": "#/components/schemas/One"}, {"$ref": "#/components/schemas/Two"}]}
    contract["components"]["schemas"] |= {"One": one, "Two": two, "Both": both, **schemas}
    (folder / "openapi.json").write_text(json.dumps(contract))
    return [one.rule for one in lint(Contract.load(folder / "openapi.json"))]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "shape"),
    [
        (paths.duplicate_parameters, "parameters"),
        (paths.ambiguous, "segments"),
        (paths.servers, "variables"),
        (partial(rows.of, "name-illegal"), "tags"),
        (lambda defs: possible._answers({name: {"$ref": reference_to(name)} for name in defs}, defs), "definitions"),
    ],
)
def test_a_check_of_many_of_one_kind_takes_linear_time(
    check: Any, shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(possible, "find_unsatisfiable", lambda *asked, **options: {})

    def make(count: int) -> Any:
        names = [f"p{number}" for number in range(count)]
        if shape == "definitions":
            return {name: {"type": "string"} for name in names}
        parameters = [{"name": name, "in": "query", "schema": {}} for name in names if shape == "parameters"]
        operation = {"parameters": parameters, "responses": {"200": {"description": "ok"}}}
        path = "/" + "/".join(names if shape == "segments" else ["a"])
        url = "https://a.test/" + "/".join(f"{{{name}}}" for name in names if shape == "variables")
        server = {"url": url, "variables": {name: {"default": "a"} for name in names}}
        tags = [{"name": name} for name in names if shape == "tags"]
        return survey(loaded(tmp_path, {path: {"get": operation}}, servers=[server], tags=tags))

    assert growth(make, lambda found: list(check(found)), 500) < LINEAR


def test_schemas_that_refer_to_themselves_hide_no_conflict_and_are_none(tmp_path: Path) -> None:
    lists = [{"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}} for name in ("Left", "Right")]
    trees = {
        name: {
            "type": "object",
            "properties": {"kind": {"enum": [name]}, "not": {"$ref": f"#/components/schemas/{name}"}},
        }
        for name in ("Left", "Right")
    }
    assert impossible_with({**trees, "Lists": {"oneOf": lists}}, tmp_path) == ["schema-impossible"]


def test_a_conflict_has_its_place_where_a_name_looks_percent_encoded() -> None:
    schema = {
        "type": "object",
        "required": ["x%41y"],
        "properties": {"x%41y": {"allOf": [{"enum": [1]}, {"enum": [2]}]}},
    }
    nowhere = Contract.load(ROOT / "openapi.yaml").root
    place = replace(nowhere, value=schema)
    [found] = examine(Bundle({"$schema": SCHEMA_URI, "$defs": {"A": schema}}, {"A": place}, nowhere)).impossible
    assert found.node.tokens == (*place.tokens, "properties", "x%41y")


@pytest.mark.slow
def test_many_schemas_hide_no_conflict() -> None:
    wide = {f"x{size}": {"type": "string", "maxLength": size} for size in range(200)}
    defs: dict[str, Any] = {f"Part{number}": {"properties": {**wide, "a": {"const": number}}} for number in range(300)}
    for number in range(300):
        defs[f"Whole{number}"] = {"allOf": [{"$ref": f"#/$defs/Part{one}"} for one in (0, number)]}
    defs["Both"] = {
        "allOf": [{"$ref": "#/$defs/Part1"}, {"$ref": "#/$defs/Part2"}, {"required": ["a"], "type": "object"}]
    }
    nowhere = Contract.load(ROOT / "openapi.yaml").root
    found = examine(Bundle({"$schema": SCHEMA_URI, "$defs": defs}, dict.fromkeys(defs, nowhere), nowhere))
    assert (len(found.impossible), found.left) == (1, [])


@pytest.mark.parametrize(
    "schema, rule", [({"type": ""}, "contract-unusable"), ({"type": "string", "format": []}, "contract-unusable")]
)
def test_what_has_another_type_than_anybody_expects_is_a_finding(schema: Any, rule: str, tmp_path: Path) -> None:
    content = {"application/json": {"schema": schema}}
    done = {"responses": {"200": {"description": "", "content": content}}}
    query = [{"name": "q", "in": [None], "schema": {}}]
    found = {
        one.rule for one in lint(loaded(tmp_path, {"/a": {"get": done}, "/b": {"get": {"parameters": query, **done}}}))
    }
    assert rule in found and "check-failed" not in found


def test_what_is_no_list_or_leads_nowhere_ends_no_rule(tmp_path: Path) -> None:
    schemas = {
        "Cat": {"allOf": [{"$ref": "#/nowhere"}]},
        "Pet": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}],
            "discriminator": {"propertyName": "k", "mapping": {"c": "Cat", "d": 1}},
        },
        "Odd": {"type": "string", "minLength": 2, "anyOf": 0},
    }
    scheme = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a.b/t", "scopes": {"read": "r"}}}}
    query = [{"name": "q", "in": "query", "style": [None], "schema": {}}]
    done: dict[str, Any] = {
        "security": [{"auth": [[None], "other"]}],
        "parameters": query,
        "responses": {"200": {"description": ""}},
    }
    pages = {
        "type": "offsetLimit",
        "inputs": [{"name": "q", "in": "parameters", "type": "limit"}],
        "outputs": {"$ref": 5},
    }
    done["x-speakeasy-pagination"] = pages
    document = {"components": {"schemas": schemas, "securitySchemes": {"auth": scheme}}}
    found = [*lint(loaded(tmp_path, {"/a": {"get": done}}, **document))]
    rules = {one.rule for one in found}
    assert "check-failed" not in rules and {"contract-unusable", "security-unknown"} <= rules


def test_a_rule_that_fails_unforeseen_is_named_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(survey: Survey) -> Iterator[Mistake]:
        raise ArithmeticError("of this program")
        yield

    monkeypatch.setitem(CHECKS, "example-invalid", (fails,))
    media = {"schema": {"type": "datetime"}}
    done = {"responses": {"200": {"description": "", "content": {"application/json": media}}}}
    found = {one.rule: one.message for one in lint(loaded(tmp_path, {"/a": {"get": done}}))}
    assert found.keys() == {"check-failed", "contract-unusable"} and "example-invalid" in found["check-failed"]


@pytest.mark.slow
def test_a_large_circle_of_references_is_found_once_in_linear_time(tmp_path: Path) -> None:
    def make(count: int) -> Path:
        ring = {f"A{at}": {"$ref": f"#/components/schemas/A{(at + 1) % count}"} for at in range(count)}
        document = {
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1"},
            "paths": {},
            "components": {"schemas": ring},
        }
        place = tmp_path / f"{count}.json"
        place.write_text(json.dumps(document))
        return place

    def find(place: Path) -> None:
        found = [one for one in lint(Contract.load(place)) if one.rule == "contract-unusable"]
        assert len(found) == 1 and "leads back to itself" in found[0].message

    assert growth(make, find, 200) < LINEAR


@pytest.mark.slow
def test_a_long_chain_of_references_is_named_as_not_examined_and_ends_no_process(tmp_path: Path) -> None:
    def written(length: int) -> str:
        links = {f"A{n}": {"properties": {"k": {"$ref": f"#/components/schemas/A{n + 1}"}}} for n in range(length)}
        schemas = {**links, f"A{length}": {"type": "string"}}
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/A0"}}}
        operation = {"operationId": "a", "responses": {"200": {"description": "ok", "content": content}}}
        document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": operation}}}
        return json.dumps({**document, "components": {"schemas": schemas}})

    path = tmp_path / "c.json"
    for length, expected in ((300, 0), (2_700, 1)):
        path.write_text(written(length))
        done = subprocess.run(
            [sys.executable, "-m", "toolkit.cli", "lint", str(path), "--report", "json"], capture_output=True
        )
        found = [one["rule"] for one in json.loads(done.stdout)["violations"]]
        assert found.count("schema-unexamined") == expected, done.stderr


@pytest.mark.slow
def test_many_examples_of_one_schema_are_checked_in_linear_time(tmp_path: Path) -> None:
    def make(count: int) -> Contract:
        given = {"type": "string", "maxLength": 2, "examples": [f"long {n}" for n in range(count)]}
        content = {"application/json": {"schema": {"properties": {"p": given}}}}
        path = tmp_path / f"{count}.json"
        operation = {"operationId": "a", "responses": {"200": {"description": "ok", "content": content}}}
        path.write_text(
            json.dumps(
                {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": operation}}}
            )
        )
        return Contract.load(path)

    assert sum(one.rule == "example-invalid" for one in lint(make(3))) == 3
    assert growth(make, lambda contract: list(lint(contract)), 150) < LINEAR
