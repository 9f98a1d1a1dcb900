"""Laws suggested by names and schemas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded, operation, parameter
from support.places import ROOT

from toolkit.contract.model import Contract
from toolkit.review.suggest import Suggestion, orders, overlay, suggest

NOTE = {"type": "object", "required": ["id", "text"],
        "properties": {"id": {"type": "integer"}, "text": {"type": "string"}, "tags": {"type": "array"}}}  # fmt: skip


def suggested(folder: Path, schema: Any, *names: str, path: str = "/notes", **more: Any) -> Suggestion | None:
    parameters = [parameter(name, {"type": "string"}) for name in names]
    responses = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    listed = operation("list", *parameters, **{"responses": responses, **more})
    return next(suggest(loaded(folder, {path: {"get": listed}}), str), None)


def test_pages_total_echo_filters_and_identity(tmp_path: Path) -> None:
    properties = {"Notes": {"type": "array", "items": NOTE}, "TotalCount": {"type": "integer"}, "pageSize": {}}
    found = suggested(tmp_path, {"type": "object", "properties": properties}, "PageNumber", "PageSize", "text", "tags")
    assert found
    assert found.pagination == {
        "type": "offsetLimit",
        "inputs": [
            {"name": "PageNumber", "in": "parameters", "type": "page"},
            {"name": "PageSize", "in": "parameters", "type": "limit"},
        ],
        "outputs": {"results": "$.Notes"},
    }
    assert found.laws == {
        "identity": "id",
        "total": "$.TotalCount",
        "echo": {"PageSize": "$.pageSize"},
        "filters": {"text": {"item": "text", "is": "equal"}},
    }
    assert all(found.reasons[name] for name in ("pagination", *found.laws))


def test_a_filter_with_a_constant_for_several_values_selects_no_equal_ones(tmp_path: Path) -> None:
    constants = {"kind": ["a", "b"], "state": ["open", "all"], "level": ["low", "mid"]}
    text = {"type": "string"}
    item = {"properties": {"kind": text, "state": text, "level": {"enum": ["low", "high"]}}}
    listed = operation("list", *(parameter(name, {"enum": values}) for name, values in constants.items()))
    content = {"application/json": {"schema": {"type": "array", "items": {"type": "object", **item}}}}
    listed["responses"] = {"200": {"description": "", "content": content}}
    (found,) = suggest(loaded(tmp_path, {"/notes": {"get": listed}}), str)
    assert [*found.laws["filters"]] == ["kind"]


@pytest.mark.parametrize(("path", "total"), [("/orders", "$.total"), ("/orders/{id}", None)])
def test_the_total_of_a_thing_that_has_an_array_counts_no_items(path: str, total: str | None, tmp_path: Path) -> None:
    properties = {"lines": {"type": "array", "items": NOTE}, "total": {"type": "number"}}
    shown = {"200": {"description": "", "content": {"application/json": {"schema": {"properties": properties}}}}}
    given = [parameter("id", {"type": "string"}, "path", required=True)] if "{" in path else []
    (found,) = suggest(loaded(tmp_path, {path: {"get": operation("get", *given, responses=shown)}}), str)
    assert found.laws.get("total") == total


def test_pages_by_cursor(tmp_path: Path) -> None:
    properties = {"data": {"type": "array", "items": NOTE}, "next_cursor": {"type": "string"}}
    found = suggested(tmp_path, {"type": "object", "properties": properties}, "cursor", "limit")
    assert found and found.pagination
    assert found.pagination["type"] == "cursor"
    assert found.pagination["outputs"] == {"results": "$.data", "nextCursor": "$.next_cursor"}


@pytest.mark.parametrize(
    ("schema", "more"),
    [
        ({"type": "object", "properties": {"id": {"type": "integer"}}}, {}),
        ({"type": "array", "items": {"type": "string"}}, {}),
        ({"type": "array", "items": NOTE}, {"x-laws": {"identity": "id"}}),
    ],
    ids=["no list", "no objects", "laws already"],
)
def test_nothing_is_suggested(tmp_path: Path, schema: Any, more: Any) -> None:
    assert suggested(tmp_path, schema, "page", **more) is None


def test_an_identity_is_named_after_what_is_listed(tmp_path: Path) -> None:
    item = {"type": "object", "required": ["name", "taskId"], "properties": {"name": {}, "taskId": {"type": "string"}}}
    found = suggested(tmp_path, {"type": "array", "items": item}, path="/v1/tasks")
    assert found and found.laws["identity"] == "taskId"


def test_the_overlay_makes_a_contract_that_states_what_was_suggested(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "notes" / "openapi.yaml").read_text()
    bare = "\n".join(line for line in text.split("\n") if "x-laws" not in line)
    start, end = bare.index("      x-speakeasy"), bare.index("  /notes/{id}")
    (tmp_path / "openapi.yaml").write_text(bare[:start] + bare[end:])
    contract = Contract.load(tmp_path / "openapi.yaml")
    import orjson

    (tmp_path / "laws.json").write_bytes(orjson.dumps(overlay(contract, suggest(contract, str))))
    changed = Contract.load(tmp_path / "openapi.yaml", overlays=[tmp_path / "laws.json"])
    known = Contract.load(ROOT / "examples" / "notes" / "openapi.yaml").operation("listNotes")
    assert changed.operation("listNotes").extension("x-speakeasy-pagination") == known.extension(
        "x-speakeasy-pagination"
    )
    assert changed.operation("listNotes").extension("x-laws") == {
        name: value for name, value in known.extension("x-laws").items() if name != "order"
    }
    assert not changed.notes and not list(suggest(changed, str))


@pytest.mark.parametrize(
    ("name", "values", "order"),
    [
        *(("border", [1, 2, 3], ["+id"]), ("n", [3, 2, 1], ["-id"]), ("n", [1, 3, 2], None), ("n", [1, 1, 1], None)),
        *(("n", [1, "2", 3], None), ("sort", [1, 2, 3], None), ("order_by", [1, 2, 3], None)),
    ],
)
def test_an_order_is_seen_in_the_items_unless_a_parameter_gives_it(
    tmp_path: Path, name: str, values: list[Any], order: list[str] | None
) -> None:
    listed = operation("list", {"name": name, "in": "query", "schema": {"type": "string"}})
    (found,) = loaded(tmp_path, {"/things": {"get": listed}}).operations()
    assert next(orders(found, [{"id": value, "other": 1} for value in values]), None) == order
