"""A schema is compiled once, and the properties that it names are listed once, however many operations refer to it and however often a
report asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.contracts import loaded, of_json, operation

from toolkit.validation import contents
from toolkit.validation.bodies import find_body


def test_the_names_in_a_schema_are_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    inventory = contents._inventory
    monkeypatch.setattr(contents, "_inventory", lambda *given: made.append(given) or inventory(*given))
    schemas = {"A": {"type": "object", "properties": {"a": {"enum": ["b", "c"]}}}}
    own = {"$ref": "#/components/schemas/A", "required": ["b"]}
    every = [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/A"}, own]
    paths = {f"/{at}": {"get": operation(f"x{at}", responses={"200": of_json(one)})} for at, one in enumerate(every)}
    contract = loaded(tmp_path, paths, components={"schemas": schemas})
    for one in [*contract.operations()] * 2:
        found = contents.labels(one, frozenset({200}))
        assert found == ({"request": [], "200": ["a"]}, {"query": [], "request": [], "200": ["a: b", "a: c"]})
    assert len(made) == 2


def test_a_reference_to_a_schema_that_says_more_than_its_own_reference_names_that_too(tmp_path: Path) -> None:
    known = {"type": "object", "properties": {"a": {"type": "string"}}}
    wider = {"$ref": "#/components/schemas/A", "properties": {"b": {"type": "string"}}}
    paths = {
        f"/{name}": {"get": operation(name, responses={"200": of_json({"$ref": f"#/components/schemas/{name}"})})}
        for name in ("A", "B", "C")
    }
    schemas = {"A": known, "B": wider, "C": {"$ref": "#/components/schemas/B"}}
    contract = loaded(tmp_path, paths, components={"schemas": schemas})
    found = [contents.labels(one, frozenset({200}))[0]["200"] for one in contract.operations()]
    assert [sorted(one) for one in found] == [["a"], ["a", "b"], ["a", "b"]]


def test_a_schema_is_compiled_once_for_all_bodies_that_refer_to_it(tmp_path: Path) -> None:
    every = [*[{"$ref": "#/components/schemas/A"}] * 2, {"type": "string"}]
    paths = {f"/{at}": {"get": operation(f"x{at}", responses={"200": of_json(one)})} for at, one in enumerate(every)}
    made = []
    for one in loaded(tmp_path, paths, components={"schemas": {"A": {"type": "integer"}}}).operations():
        for content_type in ("application/json", "application/json; charset=utf-8"):
            found = find_body(one, content_type, one.response(200))
            assert found and found.schema
            made.append((found.schema.is_valid, found.schema.location(())))
    assert len(made) == 6
    assert len({is_valid for is_valid, _ in made}) == 2
    assert len({location for _, location in made}) == 3
