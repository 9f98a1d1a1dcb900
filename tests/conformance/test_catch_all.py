"""A path parameter that takes the rest of the path: an empty value and values with slashes are tried, and blame nobody wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.contracts import as_json, loaded, of_json, operation
from support.laws import run_of

from toolkit.exchange import Request, Response


def run(folder: Path, key: str, name: str, broken: str | None = None) -> tuple[set[str], list[str]]:
    """The rules that are broken, and the paths that were asked for; the path `broken` makes the service fail."""
    parameter = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": "x"}
    operation = {"operationId": "a", "parameters": [parameter], "responses": {"200": {"description": "ok"}}}
    contract, asked = loaded(folder, {key: {"get": operation}}), list[str]()

    def handle(request: Request) -> Response:
        asked.append(request.url)
        is_rest = "/{path}" not in key and request.url.startswith("/files/")
        is_segment = request.url.startswith("/files/") and "/" not in request.url[7:] and len(request.url) > 7
        return Response(500 if request.url == broken else 200 if is_segment or is_rest else 404)

    verdicts = run_of(contract, handle, budget=15).verdicts()
    found = {one.rule for verdict in verdicts for one in verdict.violations}
    return found - {"operation-unfinished"}, asked


KEYS = [
    ("/files/{path:path}", "path"),
    ("/files/{proxy+}", "proxy"),
    ("/files/{*rest}", "rest"),
    ("/files/{path}", "path"),
]


@pytest.mark.parametrize(("key", "name"), KEYS)
def test_a_catch_all_is_asked_for_paths_and_for_nothing(tmp_path: Path, key: str, name: str) -> None:
    found, asked = run(tmp_path, key, name)
    assert found == set() and {"/files/x", "/files/", "/files/a/b", "/files//a"} <= {*asked}
    for broken in ("/files/", "/files/a/b"):
        assert run(tmp_path, key, name, broken)[0] == {"server-error"}


@pytest.mark.parametrize("key", ["/files/{id}", "/files/{path}/parts"])
def test_other_parameters_take_one_segment(tmp_path: Path, key: str) -> None:
    _, asked = run(tmp_path, key, key.partition("{")[2].partition("}")[0])
    assert not {"/files/", "/files/a/b"} & {*asked}


def test_a_name_that_is_written_like_a_mark_is_a_name(tmp_path: Path) -> None:
    assert "/files/x" in run(tmp_path, "/files/{a:path}", "a:path")[1]


def test_a_list_at_the_empty_value_is_no_item(tmp_path: Path) -> None:
    values, asked = {"/keys": [], "/keys/": [], "/keys/x": {}}, list[str]()
    parameter = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}, "example": "x"}
    item = operation("item", parameter, responses={"200": of_json({"type": "object"}), "404": {"description": "none"}})
    listing = operation("list", responses={"200": of_json({"type": "array"})})

    def handle(request: Request) -> Response:
        asked.append(request.url)
        return as_json(200, values[request.url]) if request.url in values else Response(404)

    contract = loaded(tmp_path, {"/keys": {"get": listing}, "/keys/{key}": {"get": item}})
    verdicts = list(run_of(contract, handle, budget=60).verdicts())
    assert "/keys/" in asked and not {one.rule for verdict in verdicts for one in verdict.violations} - {
        "operation-unfinished"
    }
