"""Probes of object parameters and of JSON in a parameter: one property at a time, in each style."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded
from support.laws import only_client

from toolkit.client.client import Client
from toolkit.conformance.known import starting_values
from toolkit.conformance.probes.expected import check_expected
from toolkit.conformance.probes.requests import probes_of
from toolkit.conformance.probes.structured import structured_probes
from toolkit.exchange import Request, Response, Send

RANGE = {
    "type": "object",
    "required": ["price"],
    "properties": {
        "price": {"type": "integer", "minimum": 1, "maximum": 100},
        "colour": {"type": "string", "enum": ["red", "green"]},
    },
}
STYLES: list[tuple[str, dict[str, Any]]] = [
    ("query", {"schema": RANGE}),
    ("query", {"schema": RANGE, "explode": False}),
    ("query", {"schema": RANGE, "style": "deepObject"}),
    ("query", {"schema": RANGE, "style": "spaceDelimited", "explode": False}),
    ("query", {"content": {"application/json": {"schema": RANGE}}}),
    ("query", {"content": {"application/xml": {"schema": {**RANGE, "xml": {"name": "range"}}}}}),
    ("header", {"content": {"application/xml": {"schema": {**RANGE, "xml": {"name": "range"}}}}}),
    ("query", {"content": {"application/x-www-form-urlencoded": {"schema": RANGE}}}),
    ("querystring", {"content": {"application/x-www-form-urlencoded": {"schema": RANGE}}}),
    ("querystring", {"content": {"application/json": {"schema": RANGE}}}),
    ("header", {"schema": RANGE, "explode": True}),
    ("path", {"schema": RANGE, "style": "matrix"}),
]


def client(folder: Path, send: Send, where: str, how: dict[str, Any], required: bool = True) -> Client:
    parameter = {"name": "filter", "in": where, "required": required, **how}
    operation = {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}
    path = "/a/{filter}" if where == "path" else "/a"
    contract = loaded(folder, {path: {"get": operation}})
    return only_client(contract, send)


def rules(tested: Client) -> dict[str, set[str]]:
    """The rules that are broken, by place."""
    found: dict[str, set[str]] = {}
    for probe in structured_probes(tested, tested.operation.parameters[0]):
        for one in check_expected(tested, probe, tested.ask(probe.call)):
            found.setdefault(one.at.partition("filter")[2], set()).add(one.rule)
    return found


@pytest.mark.parametrize(("where", "how"), STYLES)
def test_a_service_that_checks_no_property_is_found(tmp_path: Path, where: str, how: dict[str, Any]) -> None:
    found = rules(client(tmp_path, lambda request: Response(200), where, how))
    assert found.keys() - {""} == {"#/price", "#/colour"}
    assert set().union(*found.values()) == {"invalid-request-accepted"}


@pytest.mark.parametrize(("where", "how"), STYLES)
@pytest.mark.parametrize("required", [True, False])
def test_a_service_that_checks_each_property_is_clean(
    tmp_path: Path, where: str, how: dict[str, Any], required: bool
) -> None:
    contract: list[Client] = []

    def strict(request: Request) -> Response:
        match = contract[0].validator.contract.match(request)
        assert not isinstance(match, str)
        return Response(400 if list(contract[0].validator.check_request(match, request)) else 200)

    contract.append(client(tmp_path, strict, where, how, required or where == "path"))
    assert rules(contract[0]) == {}


def test_a_bound_of_one_property_that_is_refused_is_found(tmp_path: Path) -> None:
    def no_hundred(request: Request) -> Response:
        price = request.url.partition("filter[price]=")[2].partition("&")[0]
        return Response(200 if price.isdecimal() and 0 < int(price) < 100 else 400)

    tested = client(tmp_path, no_hundred, "query", {"schema": RANGE, "style": "deepObject"})
    assert rules(tested)["#/price"] == {"valid-request-refused"}


def test_only_what_every_service_refuses_is_blamed(tmp_path: Path) -> None:
    closed = {**RANGE, "additionalProperties": False}
    deep = client(tmp_path, lambda request: Response(200), "query", {"schema": closed, "style": "deepObject"}, False)
    assert "#/noSuchProperty" not in rules(deep)
    header = client(tmp_path, lambda request: Response(200), "header", {"schema": RANGE}, False)
    assert rules(header) == {}
    content = {"content": {"application/json": {"schema": closed}}}
    assert "#/noSuchProperty" in rules(client(tmp_path, lambda request: Response(200), "query", content, False))


PATTERNED = {
    "type": "object",
    "patternProperties": {"^x-": {"type": "integer"}},
    "additionalProperties": False,
    "examples": [{"x-a": 5}],
}


def test_properties_by_pattern_are_properties_and_an_empty_object_or_array_leaves_no_trace(tmp_path: Path) -> None:
    def reads(kind: str) -> Send:
        def send(request: Request) -> Response:
            pairs = [pair.split("=") for pair in request.url.partition("?")[2].split("&") if pair]
            wrong = [
                pair for pair in pairs if not pair[0].startswith("x-") or (kind == "strict" and not pair[1].isdecimal())
            ]
            return Response(400 if wrong else 200)

        return send

    found = {kind: rules(client(tmp_path, reads(kind), "query", {"schema": PATTERNED})) for kind in ("strict", "lax")}
    assert found["strict"] == {} and {"invalid-request-accepted"} in found["lax"].values()
    named = {"type": "array", "items": {"type": "string"}, "examples": [["a"]]}
    is_wrong = ["invalid-request-accepted"]
    for schema, expected in ((PATTERNED, []), (RANGE, is_wrong), (named, []), ({**named, "minItems": 1}, is_wrong)):
        tested = client(tmp_path, lambda request: Response(200), "query", {"schema": schema})
        tested.base = starting_values(tested, {})
        [probe] = [one for one in probes_of(tested, {}) if one.kind == "parameter-missing"] or [None]
        checked = check_expected(tested, probe, tested.ask(probe.call)) if probe else ()
        assert [one.rule for one in checked] == expected
