"""The properties that a contract names are listed once for an operation, however often a report asks for them."""

from __future__ import annotations

from pathlib import Path

from support.contracts import loaded, of_json, operation

from toolkit.validation.contents import labels


def test_the_names_in_an_operation_are_listed_once(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["b", "c"]}}}
    [one] = loaded(tmp_path, {"/x": {"get": operation("x", responses={"200": of_json(schema)})}}).operations()
    found = labels(one, frozenset({200}))
    assert found == ({"request": [], "200": ["a"]}, {"query": [], "request": [], "200": ["a: b", "a: c"]})
    assert labels(one, frozenset({200})) is found
