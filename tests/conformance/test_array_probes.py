"""Probes of array parameters: one item at a time, and arrays that are too short or too long, in each style."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded
from support.laws import only_client

from toolkit.client.client import Client
from toolkit.conformance.probes.expected import Probe, check_expected
from toolkit.conformance.probes.opinions import ACCEPTED, OPEN, REFUSED
from toolkit.conformance.probes.structured import structured_probes
from toolkit.exchange import Request, Response, Send

NUMBERS = {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "integer", "minimum": 2, "maximum": 9}}
UNIQUE = {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"enum": ["red", "green", "blue"]}}
COLOUR, SIZE = {"enum": ["red", "green"]}, {"type": "integer", "minimum": 2}
EITHER = [
    {"anyOf": [{"type": "array", "items": one}, other]} for one in (COLOUR, SIZE) for other in (one, {"type": "null"})
]
STYLES = [
    {"in": "query"},
    {"in": "query", "explode": False},
    {"in": "query", "style": "pipeDelimited", "explode": False},
    {"in": "header"},
]


def client(folder: Path, send: Send, how: dict[str, Any], schema: Any = NUMBERS) -> Client:
    parameter = {"name": "x-n", "required": True, "schema": schema, **how}
    operation = {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}
    contract = loaded(folder, {"/a": {"get": operation}})
    return only_client(contract, send)


def probes(tested: Client) -> list[Probe]:
    return list(structured_probes(tested, tested.operation.parameters[0]))


def rules(tested: Client) -> dict[str, set[str]]:
    """The rules that are broken, by place."""
    found: dict[str, set[str]] = {}
    for probe in probes(tested):
        for one in check_expected(tested, probe, tested.ask(probe.call)):
            found.setdefault(one.at, set()).add(one.rule)
    return found


@pytest.mark.parametrize("how", STYLES)
def test_a_service_that_checks_no_item_is_found(tmp_path: Path, how: dict[str, Any]) -> None:
    place, rule = f"request.{how['in']}.x-n", {"invalid-request-accepted"}
    assert rules(client(tmp_path, lambda request: Response(200), how)) == {f"{place}[0]": rule, place: rule}


@pytest.mark.parametrize("schema", EITHER)
def test_what_is_an_array_or_no_array_is_examined_too(tmp_path: Path, schema: Any) -> None:
    found = rules(client(tmp_path, lambda request: Response(200), STYLES[0], schema))
    assert found == {"request.query.x-n[0]": {"invalid-request-accepted"}}


def test_what_one_of_two_readings_allows_may_be_accepted(tmp_path: Path) -> None:
    tested = client(tmp_path, lambda request: Response(200), STYLES[0], {"type": ["array", "integer"], "items": SIZE})
    expected = {one.call.pairs[0][1]: one.expected for one in probes(tested)}
    assert (expected["1"], expected["3"], expected["abc"]) == (OPEN, ACCEPTED, REFUSED)  # 1 is no item, and an integer


@pytest.mark.parametrize("how", STYLES)
@pytest.mark.parametrize("schema", [NUMBERS, UNIQUE, *EITHER])
def test_a_service_that_checks_each_item_is_clean(tmp_path: Path, how: dict[str, Any], schema: Any) -> None:
    contract: list[Client] = []

    def strict(request: Request) -> Response:
        match = contract[0].validator.contract.match(request)
        assert not isinstance(match, str)
        return Response(400 if list(contract[0].validator.check_request(match, request)) else 200)

    contract.append(client(tmp_path, strict, how, schema))
    assert rules(contract[0]) == {}


def test_a_valid_item_that_is_refused_is_found(tmp_path: Path) -> None:
    def no_nine(request: Request) -> Response:
        return Response(400 if "9" in request.url or not probes_are_valid(request) else 200)

    def probes_are_valid(request: Request) -> bool:
        numbers = [text.partition("=")[2] for text in request.url.partition("?")[2].split("&")]
        return 2 <= len(numbers) <= 3 and all(text in list("2345678") for text in numbers)

    assert rules(client(tmp_path, no_nine, {"in": "query"})) == {"request.query.x-n[0]": {"valid-request-refused"}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "string"}},
        {"type": "array", "items": {"type": "object"}},
        {"type": ["array", "string"], "items": {"type": "integer"}},
    ],
)
def test_where_the_contract_says_nothing_of_items_nothing_is_demanded(tmp_path: Path, schema: Any) -> None:
    tested = client(tmp_path, lambda request: Response(200), {"in": "query"}, schema)
    assert {probe.expected for probe in probes(tested)} <= {"survived"}


def test_as_many_items_as_are_allowed_have_to_be_taken(tmp_path: Path) -> None:
    def refuses_three(request: Request) -> Response:
        numbers = [text.partition("=")[2] for text in request.url.partition("?")[2].split("&")]
        return Response(200 if len(numbers) == 2 and all(text in list("23456789") for text in numbers) else 400)

    assert rules(client(tmp_path, refuses_three, {"in": "query"})) == {"request.query.x-n": {"valid-request-refused"}}
    strings = {"type": "array", "maxItems": 3, "items": {"type": "string"}}
    assert rules(client(tmp_path, refuses_three, {"in": "query"}, strings)) == {}


def test_an_array_in_a_path_is_probed_and_need_not_exist(tmp_path: Path) -> None:
    parameter = {"name": "n", "in": "path", "required": True, "schema": NUMBERS}
    operation = {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}
    contract = loaded(tmp_path, {"/a/{n}": {"get": operation}})
    for status, expected in ((404, {}), (200, {"request.path.n": {"invalid-request-accepted"}})):
        tested = only_client(contract, lambda request, status=status: Response(status))
        assert expected.items() <= rules(tested).items() and bool(rules(tested)) == bool(expected)
