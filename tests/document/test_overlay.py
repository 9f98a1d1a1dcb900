"""OpenAPI Overlay 1.0: what an action changes, and what cannot be applied."""

from pathlib import Path

import pytest

from toolkit import document
from toolkit.contract.model import Contract
from toolkit.contract.promises import read_facts
from toolkit.document.overlay import apply_overlay
from toolkit.errors import ContractError

TREE = {"paths": {"/a": {"get": {"tags": ["x"], "summary": "s"}}, "/b": {"get": {"tags": ["y", "z"]}}}}
CONTRACT = """
openapi: 3.1.0
info: {title: notes, version: "1"}
paths:
  /notes:
    get:
      operationId: listNotes
      parameters: [{name: limit, in: query, schema: {type: integer}}]
      responses: {"200": {description: all}}
"""


def overlay(folder: Path, *actions: str) -> Path:
    path = folder / "overlay.yaml"
    lines = "\n".join(f"  - {action}" for action in actions)
    path.write_text(f"overlay: 1.0.0\ninfo: {{title: t, version: '1'}}\nactions:\n{lines}\n")
    return path


@pytest.mark.parametrize(
    ("action", "pointer", "value"),
    [
        ("{target: \"$.paths['/a'].get\", update: {summary: t, x: {y: 1}}}", ("/a", "get", "summary"), "t"),
        ("{target: '$.paths.*.get', update: {x: {y: 1}}}", ("/b", "get", "x"), {"y": 1}),
        ("{target: \"$.paths['/a'].get.tags\", update: new}", ("/a", "get", "tags"), ["x", "new"]),
        ("{target: \"$.paths['/a'].get\", update: {tags: [new]}}", ("/a", "get", "tags"), ["x", "new"]),
        ("{target: '$.paths.*.get.tags[*]', remove: true}", ("/b", "get", "tags"), []),
        ("{target: \"$.paths.*.get.tags[?@ == 'y']\", remove: true}", ("/b", "get", "tags"), ["z"]),
        ("{target: \"$.paths['/a'].get.summary\", remove: false, update: {}}", None, None),
    ],
)
def test_an_action_changes_what_it_selects(tmp_path, action, pointer, value):
    if pointer is None:
        with pytest.raises(ContractError, match="needs a target that is an object or an array"):
            apply_overlay(TREE, overlay(tmp_path, action))
        return
    found, notes = apply_overlay(TREE, overlay(tmp_path, action))
    assert not notes
    found = found["paths"]
    for token in pointer:
        found = found[token]
    assert found == value
    assert TREE["paths"]["/a"]["get"] == {"tags": ["x"], "summary": "s"}, "the document itself stays as it is"


def test_actions_apply_in_order_and_one_that_selects_nothing_is_named(tmp_path):
    path = overlay(
        tmp_path,
        "{target: '$', update: {x: {a: 1}}}",
        "{target: '$.x', update: {b: 2}}",
        "{target: '$.nothing', remove: true}",
    )
    found, notes = apply_overlay(TREE, path)
    assert found["x"] == {"a": 1, "b": 2}
    assert [note.partition(": ")[2] for note in notes] == ["the target $.nothing selects nothing in the contract"]


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("{target: '$.paths[', update: {}}", "target is not a JSONPath"),
        ("{target: '$', remove: true}", "cannot be removed"),
        ("{target: '$.paths', update: text}", "needs an object"),
        ("{target: '$.paths'}", "either `update` or `remove: true`"),
        ("{update: {}}", "an action has a `target`"),
        ("text", "an action has a `target`"),
    ],
)
def test_what_cannot_be_applied_is_one_line_with_its_place(tmp_path, action, reason):
    with pytest.raises(ContractError) as raised:
        apply_overlay(TREE, overlay(tmp_path, action))
    assert reason in str(raised.value)
    assert str(raised.value).startswith("overlay.yaml#/actions/0:4:")
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_overlay_is_refused(tmp_path):
    (tmp_path / "other.yaml").write_text("openapi: 3.1.0\n")
    with pytest.raises(ContractError, match="not an OpenAPI Overlay"):
        apply_overlay(TREE, tmp_path / "other.yaml")


def test_values_shared_by_an_alias_change_apart(tmp_path):
    shared = {"k": 1}
    found, _ = apply_overlay({"a": shared, "b": shared}, overlay(tmp_path, "{target: '$.a', update: {k: 2}}"))
    assert found == {"a": {"k": 2}, "b": {"k": 1}}


@pytest.mark.slow
def test_changes_are_bounded(tmp_path):
    many = {"items": [{} for _ in range(60_000)]}
    with pytest.raises(ContractError, match="more than 100,000 places"):
        apply_overlay(many, overlay(tmp_path, *["{target: '$.items.*', update: {x: 1}}"] * 2))


@pytest.mark.parametrize(
    ("actions", "reason"),
    [
        (["{target: $..x, update: {}}"] * 60, r"actions/49:\d+:\d+: the overlay looks at more than 10,000 values"),
        (["{target: $.items.*, update: {x: {a: [1, 2, 3]}}}"], "makes a contract of more than 2,000 values"),
    ],
    ids=["targets", "updates"],
)
def test_what_all_actions_do_together_is_bounded(tmp_path, monkeypatch, actions, reason):
    for name, most in {"_LEAST_STEPS": 1_000, "_STEPS": 1, "_ALL_STEPS": 10_000, "_MOST_VALUES": 2_000}.items():
        monkeypatch.setattr(document.overlay, name, most)
    many = {"items": [{} for _ in range(600 if "items" in actions[0] else 99)]}
    with pytest.raises(ContractError, match=reason):
        apply_overlay(many, overlay(tmp_path, *actions))


def test_a_contract_gains_laws_and_references(tmp_path):
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    path = overlay(
        tmp_path,
        "{target: \"$.paths['/notes'].get\", update: {x-laws: {total: $.total}}}",
        "{target: '$', update: {components: {schemas: {Note: {type: object}}}}}",
        "{target: \"$.paths['/notes'].get.responses['200']\","
        " update: {content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}}",
    )
    contract = Contract.load(tmp_path / "openapi.yaml", overlays=[path])
    operation = contract.operation("listNotes")
    assert read_facts(operation, contract).total == ("total",)
    assert operation.response(200).content
    assert read_facts(Contract.load(tmp_path / "openapi.yaml").operation("listNotes"), contract).total is None


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("$..[?@..[?@..[?@..a]]]", "over 20 times"),
        ("$..*..*..*..*..*", "over 20 times"),
        ("$[?" + "(" * 2_000 + "@.a" + ")" * 2_000 + "]", "nested too deeply"),
        ("$" + "..x" * 2_000, "nested too deeply"),
    ],
    ids=["filters in filters", "descendants of descendants", "brackets", "segments"],
)
def test_a_target_that_would_take_long_is_refused(tmp_path, target, reason):
    tree = {"paths": {f"/{one}": {"get": {f"x-{two}": {"b": 1} for two in range(100)}} for one in range(30)}}
    with pytest.raises(ContractError, match=reason):
        apply_overlay(tree, overlay(tmp_path, f"{{target: '{target}', update: {{}}}}"))


def test_what_is_selected_twice_is_removed_once(tmp_path):
    tree, notes = apply_overlay({"a": [1, 2, 3]}, overlay(tmp_path, "{target: '$.a[1, 1]', remove: true}"))
    assert (tree, notes) == ({"a": [1, 3]}, [])
