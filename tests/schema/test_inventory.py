"""Which properties and members of enumerations a schema names, and which of them values have."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from toolkit.schema.inventory import Inventory
from toolkit.schema.shape import Shapes

STATUS = {"enum": ["open", "closed", None, 1, True]}
TASK = {"type": "object", "properties": {"id": {"type": "integer"}, "status": STATUS}}
PAGE = {"type": "object", "properties": {"tasks": {"type": "array", "items": TASK}, "kind": {"const": "page"}}}
TREE: dict[str, Any] = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "colour": {"enum": ["red", "blue"]},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                "parent": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
        }
    },
}


def inventory_of(schema: dict[str, Any], without: str = "") -> Inventory:
    return Inventory(Shapes(schema).outline(schema), without)


def test_properties_and_members_are_named_by_their_place() -> None:
    inventory = inventory_of(PAGE)
    assert inventory.properties == ["tasks", "kind", "tasks[].id", "tasks[].status"]
    assert inventory.members == [f"tasks[].status: {text}" for text in ("open", "closed", "null", "1", "true")]


def test_what_a_value_has_is_found_once() -> None:
    inventory = inventory_of(PAGE)
    assert inventory.look({"tasks": [{"id": 1}, {"status": "open"}, {"status": 1.0}]}) == {
        "tasks", "tasks[].id", "tasks[].status", "tasks[].status: open", "tasks[].status: 1",
    }  # fmt: skip
    assert inventory.look({"tasks": [{"id": 2, "status": True}]}) == {"tasks[].status: true"}
    assert inventory.left == 3  # kind, and the members closed and null


def test_what_is_elsewhere_or_of_another_type_is_not_found() -> None:
    inventory = inventory_of(PAGE)
    assert inventory.look({"status": "open", "id": 1}) == set()
    assert inventory.look([{"tasks": []}]) == inventory.look("open") == inventory.look(None) == set()
    assert inventory.look({"tasks": {"id": 1}}) == {"tasks"}
    assert inventory.look({"tasks": [{"status": "1"}, {"status": [1]}]}) == {"tasks[].status"}


def test_a_schema_that_holds_itself_is_named_once_and_looked_for_at_every_depth() -> None:
    inventory = inventory_of(TREE)
    assert inventory.properties == ["name", "colour", "children", "parent"]
    deep: dict[str, Any] = {"name": "a", "children": [{"children": [{"parent": {"colour": "blue"}}]}]}
    assert inventory.look(deep) == {"name", "children", "parent", "colour", "colour: blue"}
    for _ in range(5_000):  # nothing here is recursive
        deep = {"children": [deep]}
    assert inventory.look({"children": [deep, {"colour": "red"}]}) == {"colour: red"}
    assert inventory.left == 0


def test_of_a_long_list_some_items_are_looked_at() -> None:
    inventory = inventory_of(PAGE)
    assert inventory.look({"tasks": [{"id": 1}] * 99 + [{"status": "open"}]}) >= {"tasks[].status: open"}
    assert inventory.look({"tasks": [{"status": "closed"}, {}, {}] * 100}) == {"tasks[].status: closed"}
    assert inventory.look({"tasks": [{}, {"status": None}] + [{}] * 10_000}) == set()


def test_alternatives_count_together_and_free_names_as_one() -> None:
    schema = {
        "oneOf": [{"properties": {"cat": {"const": "a"}}, "required": ["cat"]}, {"properties": {"dog": {}}}],
        "additionalProperties": {"type": "object", "properties": {"size": {"enum": [1, 2]}}},
    }
    inventory = inventory_of(schema)
    assert sorted(inventory.properties) == ["*.size", "cat", "dog"]
    assert inventory.look({"x": {"size": 2}, "y": {}}) == {"*.size", "*.size: 2"}


def test_a_property_that_such_values_do_not_have_is_left_out() -> None:
    schema = {"properties": {"id": {"readOnly": True}, "secret": {"writeOnly": True}, "never": False, "name": {}}}
    assert inventory_of(schema, "readOnly").properties == ["secret", "name"]
    assert inventory_of(schema, "writeOnly").properties == ["id", "name"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["open", "closed", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["tasks", "id", "status", "kind"]), inner)
    ),
)


@given(st.lists(JSON, max_size=5))
def test_each_label_is_found_once_and_what_is_left_is_the_rest(values: list[Any]) -> None:
    inventory = inventory_of(PAGE)
    found = [label for value in values for label in inventory.look(value)]
    assert len(found) == len(set(found))
    assert set(found) <= {*inventory.properties, *inventory.members}
    assert inventory.left == len(inventory.properties) + len(inventory.members) - len(found)


WORDS = {
    "properties": {"tasks": {"items": {"enum": ["open", "ö", 'a"b']}}, "id": {}, "status": {"enum": ["x", "closed"]}}
}
TEXTS = JSON | st.dictionaries(
    st.sampled_from(["tasks", "id", "status"]), st.lists(st.sampled_from(["open", "ö", 'a"b']))
)


@given(st.lists(TEXTS, max_size=6), st.booleans(), st.sampled_from([WORDS, PAGE]))
def test_a_text_without_what_is_left_is_never_one_that_has_it(
    values: list[Any], escape: bool, schema: dict[str, Any]
) -> None:
    inventory = inventory_of(schema)
    for value in values:
        is_possible = inventory.may_be_in_json(json.dumps(value, ensure_ascii=escape).encode())
        assert not inventory.look(value) or is_possible


def test_a_text_without_what_is_left_need_not_be_looked_into() -> None:
    inventory = inventory_of(WORDS)
    assert inventory.may_be_in_json(b'{"id": 1}') and inventory.look({"id": 1})
    assert not inventory.may_be_in_json(b'{"id": 2, "note": "other"}')
    assert inventory.may_be_in_json(b'{"id": 2, "stat\\u0075s": 1}')


def test_what_is_left_is_known_anew_once_all_is_forgotten() -> None:
    inventory = inventory_of({"properties": {"a": {}, "b": {}}})
    for first, second in ("ab", "ba"):
        assert inventory.look({first: 1}) and inventory.may_be_in_json(json.dumps({second: 1}).encode())
        assert not inventory.may_be_in_json(json.dumps({first: 1}).encode())
        inventory.forget()
