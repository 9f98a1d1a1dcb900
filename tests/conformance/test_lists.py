"""Laws of items hold for every list: in one response, which no pagination names, and cut by cursors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.contracts import as_json, loaded, of_json
from support.laws import run_of, violations_of

from toolkit.conformance.laws.lists import Listing
from toolkit.conformance.laws.one_response import check_alone
from toolkit.contract.model import Contract
from toolkit.contract.promises import read_facts
from toolkit.exchange import Headers, Request, Response, Send
from toolkit.review.lint import lint

PETS = [{"id": number, "age": number // 2, "kind": "cat" if number % 2 else "dog"} for number in range(9)]
LAWS = {"identity": "$.id", "order": ["+age"], "filters": {"kind": {"item": "$.kind"}}}
LISTED = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "age": {"type": "integer"}, "kind": {"type": "string"}},
    },
}
IN_DATA = {"type": "object", "properties": {"data": {"type": "object", "properties": {"pets": LISTED}}}}
BY_CURSOR = {
    "type": "cursor",
    "inputs": [{"name": "after", "in": "parameters", "type": "cursor"}],
    "outputs": {"results": "$.data.pets", "nextCursor": "$.next"},
}


def contract_of(folder: Path, schema: Any, pagination: Any = None, *names: str) -> Contract:
    get = {
        "operationId": "pets",
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("kind", *names)],
        "responses": {"200": of_json(schema)},
        "x-laws": LAWS,
    }
    get |= {"x-speakeasy-pagination": pagination} if pagination else {}
    return loaded(folder, {"/pets": {"get": get}})


def pets(fault: str, kind: str) -> Send:
    def send(request: Request) -> Response:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(request.url).query, True).items()}
        wanted = given.get("kind")
        found = [pet for pet in PETS if fault == "ignored" or wanted in (None, pet["kind"])]
        found = found[1:] if fault == "left out" and wanted else found
        found = found[::-1] if fault == "order" else [*found, *found[-1:]] if fault == "twice" else found
        after = given.get("after", "0")
        start = int(after) if after.isdecimal() else 0
        following = str(start + 3) if start + 3 < len(found) else None
        value: Any = {"data": {"pets": found[start : start + 3]}, "next": following}
        value = found if kind == "whole" else {"data": {"pets": found}} if kind == "within" else value
        return as_json(200, value)

    return send


@pytest.mark.parametrize(
    ("kind", "schema", "pagination"),
    [("whole", LISTED, None), ("within", IN_DATA, None), ("cursor", IN_DATA, BY_CURSOR)],
)
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("", set()),
        ("ignored", {'law-filter-exact: kind=cat returns an item with kind "dog"'}),
        ("left out", {'law-filter-exact: kind="dog" leaves out item 0, whose kind is "dog"'}),
        ("order", {"law-order: [4] comes before [3], against the order +age"}),
        ("twice", {"law-identity-unique: item 8 is on the page twice"}),
    ],
)
def test_laws_of_items_hold_for_lists_without_numbered_pages(
    tmp_path: Path, kind: str, schema: Any, pagination: Any, fault: str, expected: set[str]
) -> None:
    contract = contract_of(tmp_path, schema, pagination, *(["after"] if pagination else []))
    run = run_of(contract, pets(fault, kind), budget=60)
    broken = [one for one in violations_of(run) if one.rule.startswith("law-")]
    found = {f"{one.rule}: {one.message}" for one in broken}
    assert expected <= found if expected else not found, found
    root = "response.body" if kind == "whole" else "response.body#/data/pets"
    assert {one.at.partition("/pets/")[0] for one in broken} <= {root, "response.body", "response.body#/data"} | (
        {f"response.body#/{number}" for number in range(20)} if kind == "whole" else set()
    )


@pytest.mark.parametrize(("given", "is_broken"), [(["cat"], True), (["cat", "cat"], True), (["cat", "dog"], False)])
def test_of_a_filter_given_twice_nobody_says_which_value_counts(
    tmp_path: Path, given: list[str], is_broken: bool
) -> None:
    contract = contract_of(tmp_path, LISTED)
    client = run_of(contract, pets("ignored", "whole")).subjects["pets"].client
    response = client.ask(client.call({"kind": given}))
    assert bool([one for one in check_alone(client, response, {}) if one.rule == "law-filter-exact"]) is is_broken


COUNTED = {"type": "object", "properties": {"total": {"type": "integer"}, **IN_DATA["properties"]}}
COUNTED_LAWS = {
    "identity": "$.id",
    "total": "$.total",
    "filters": {"kind": {"item": "$.kind"}, "min_age": {"item": "$.age", "is": "at-least"}},
}


@pytest.mark.slow
@pytest.mark.parametrize("pagination", [None, BY_CURSOR])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("", set()),
        ("total of all", {"law-pages-complete"}),
        ("total of the page", {"law-total-constant"}),
        ("one too many", {"law-pages-complete"}),
        ("older alone", {"law-filter-exact"}),
        ("both lose one", {"law-filters-and"}),
    ],
)
def test_totals_ranges_of_one_end_and_filters_together_on_lists_without_numbered_pages(
    tmp_path: Path, pagination: Any, fault: str, expected: set[str]
) -> None:
    if fault == "total of the page" and not pagination:
        return  # there is one page
    names = ["kind", "min_age", *(["after"] if pagination else [])]
    get = {
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names],
        "responses": {"200": of_json(COUNTED)},
        "x-laws": COUNTED_LAWS,
        **({"x-speakeasy-pagination": pagination} if pagination else {}),
    }

    def send(request: Request) -> Response:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(request.url).query, True).items()}
        kind, least, after = given.get("kind"), given.get("min_age", ""), given.get("after", "")
        age = int(least) + (fault == "older alone") if least.isdecimal() else 0
        found = [pet for pet in PETS if kind in (None, pet["kind"]) and int(pet["age"]) >= age]
        found = found[1:] if fault == "both lose one" and {"kind", "min_age"} <= given.keys() else found
        total = len(PETS) if fault == "total of all" else len(found) + (fault == "one too many")
        start = int(after) if after.isdecimal() else 0
        page = found[start : start + 3] if pagination else found
        total = len(page) + start if fault == "total of the page" else total
        value = {"data": {"pets": page}, "total": total}
        value |= {"next": str(start + 3)} if pagination and start + 3 < len(found) else {}
        return as_json(200, value)

    contract = loaded(tmp_path, {"/pets": {"get": get}})
    run = run_of(contract, send, budget=80)
    found = {one.rule for one in violations_of(run) if one.rule.startswith("law-")}
    assert found == expected


@pytest.mark.parametrize(
    ("schema", "names", "place"),
    [
        (LISTED, (), ()),
        (IN_DATA, (), ("data", "pets")),
        ({"type": "object", "properties": {"one": LISTED, "other": LISTED}}, (), None),
        ({"type": "object"}, (), None),
    ],
)
def test_the_one_array_of_a_response_is_the_list(tmp_path: Path, schema: Any, names: Any, place: Any) -> None:
    contract = contract_of(tmp_path, schema, None, *names)
    assert read_facts(contract.operation("pets"), contract).results == place
    found = [one.message for one in lint(contract) if one.rule == "promise-unusable"]
    assert [message.partition(" speak")[0] for message in found] == (
        ["`identity`, `order`, `filters`"] if place is None else []
    )


def test_a_list_that_parameters_may_cut_is_not_taken_for_whole(tmp_path: Path) -> None:
    """What a filter selects may be beyond the first page, so that nothing is said of what the first page lacks."""
    contract = contract_of(tmp_path, LISTED, None, "limit")

    def send(request: Request) -> Response:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(request.url).query, True).items()}
        found = [pet for pet in PETS if given.get("kind") in (None, pet["kind"])][:4]
        return as_json(200, found)

    run = run_of(contract, send, budget=60)
    assert not [one for one in violations_of(run) if one.rule.startswith("law-")]


@pytest.mark.parametrize("is_required", [False, True])
def test_all_of_a_list_is_read_by_numbers_where_nothing_is_selected(is_required: bool, tmp_path: Path) -> None:
    """The first page may be the zeroth or the first: either way it may come under its own number once more."""
    kind = {"name": "kind", "in": "query", "required": is_required, "schema": {"type": "string"}}
    page = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    get = {"operationId": "pets", "parameters": [kind, page], "responses": {"200": of_json(LISTED)}}

    def send(request: Request) -> Response:
        page = parse_qs(urlsplit(request.url).query).get("page", ["1"])[-1]
        start = 3 * max(0, int(page) - 1) if page.isdecimal() else 0
        return as_json(200, PETS[start : start + 3])

    listing = Listing(run_of(loaded(tmp_path, {"/pets": {"get": get}}), send).subjects["pets"], ())
    shown = [one["id"] for response in listing.pages() for one in response.value]
    assert (shown, listing.has_all) == ([0, 1, 2, *range(9)], not is_required)


def search(fault: str) -> Send:
    """A search whose page, size and filter stand in the JSON body."""

    def send(request: Request) -> Response:
        try:
            given = json.loads(request.body or b"")
            assert isinstance(given, dict)
            page, size, kind = given.get("page", 1), given.get("size", 4), given.get("kind")
            assert type(page) is type(size) is int and 0 < page < 100 and 0 < size < 6
            assert given.keys() <= {"page", "size", "kind"} and kind in (None, "cat", "dog")
        except (ValueError, AssertionError):
            return Response(422, Headers(()), b"")
        found = [pet for pet in PETS if fault == "ignored" or kind in (None, pet["kind"])]
        start = (page - 1) * size - (fault == "overlap" and page > 1)
        value = {"pets": found[start : start + size], "total": len(found)}
        return as_json(200, value)

    return send


@pytest.mark.parametrize(
    ("fault", "rule"), [("", ""), ("overlap", "law-pages-disjoint"), ("ignored", "law-filter-exact")]
)
def test_pages_and_filters_may_be_chosen_in_the_body(tmp_path: Path, fault: str, rule: str) -> None:
    fields = {
        "page": {"type": "integer", "minimum": 1, "maximum": 99, "default": 1},
        "size": {"type": "integer", "minimum": 1, "maximum": 5, "default": 4},
        "kind": {"enum": ["cat", "dog"]},
    }
    wanted = {"type": "object", "properties": fields, "additionalProperties": False}
    page = {"type": "object", "properties": {"pets": LISTED, "total": {"type": "integer"}}}
    post = {
        "operationId": "search",
        "requestBody": {"required": True, "content": {"application/json": {"schema": wanted}}},
        "responses": {
            "200": of_json(page),
            "422": {"description": ""},
        },
        "x-laws": LAWS | {"total": "$.total"},
        "x-speakeasy-pagination": {
            "type": "offsetLimit",
            "inputs": [{"name": "page", "in": "requestBody", "type": "page"}, {"name": "size", "in": "requestBody", "type": "limit"}],
            "outputs": {"results": "$.pets"},
        },
    }  # fmt: skip
    contract = loaded(tmp_path, {"/search": {"post": post}})
    run = run_of(contract, search(fault), budget=150)
    found = {one.rule for one in violations_of(run)}
    assert not [one.message for one in lint(contract) if one.rule == "promise-unusable"]
    assert rule in found if rule else not found - {"operation-unfinished"}, found
