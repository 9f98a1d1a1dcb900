"""Two opinions on a value: what every strict reader takes, what every lenient one refuses, and what is open between them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded
from support.laws import only_client
from support.places import ROOT

from toolkit.client.client import Client, client_of
from toolkit.client.session import Session
from toolkit.conformance.probes.opinions import is_surely_refused, opinion
from toolkit.conformance.probes.requests import expected_of, probes_of
from toolkit.contract.model import Contract
from toolkit.exchange import Request, Response
from toolkit.schema.judge import JsonSchema
from toolkit.validation.validator import Validator

INTEGER, BOOLEAN = {"type": "integer", "minimum": 1, "maximum": 50}, {"type": "boolean"}
NULLABLE = {"anyOf": [INTEGER, {"type": "null"}]}
MOMENT, DAY = {"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}
SHARE = {"type": "number", "minimum": 0.25, "maximum": 0.75}
COLOUR = {"type": ["string", "null"], "enum": ["red", "blue", None]}


def _nothing(request: Request) -> Response:
    raise AssertionError("nothing is sent")


def client(folder: Path, schema: Mapping[str, Any], **more: Any) -> Client:
    parameter = {"name": "p", "in": "query", "schema": schema, **more}
    operation = {"parameters": [parameter], "responses": {"200": {"description": "done"}}}
    contract = loaded(folder, {"/a": {"get": operation}})
    return only_client(contract, _nothing)


@pytest.mark.parametrize(("schema", "accepted", "survived", "refused"), [
    (INTEGER, ["1", "50"],
     ["01", "1.0", "+1", " 1", "1e1", "0x10", "1_0", "٣", "", "null", "1\n", "1\0"], ["0", "51", "1.5", "abc", "0.0", "1,2", "-1"]),
    ({"type": "integer", "x-undecided": ["7"]}, ["1"], ["7", "-0", "9" * 30], ["1.0", "abc"]),
    (NULLABLE, ["1"], ["", "null", "1.0"], ["0", "abc"]),
    (SHARE, ["0.25", "0.75", "0.5"],
     [".5", "5e-1", "0.50000000000000000001", "NaN"], ["-0", "0.76", "0.2", "abc", "1e3"]),
    ({"type": "integer", "maximum": 9223372036854776000}, [str(2**63 - 1)], ["9223372036854776000"], []),
    ({"type": "integer"}, ["7", "-7"], [str(2**53), str(2**63), "9" * 100, "-0"], ["abc", "1.5"]),
    ({"type": "integer", "maximum": 2**62}, [str(2**62)], [], [str(2**62 + 1)]),
    ({"type": "integer", "format": "int32"}, [str(2**31 - 1)], [str(2**31)], ["abc"]),
    ({"type": "integer", "format": "int32", "maximum": 9}, ["9"], [], ["10", str(2**31)]),
    (BOOLEAN, ["true", "false"], ["True", "1", "yes", "", "off"], ["abc", "2"]),
    (COLOUR, ["red"], ["", "null", " red"], ["green", "RED"]),
    (MOMENT, ["2026-01-15T10:00:00Z", "2026-01-15T10:00:00.5+08:00"],
     ["2026-01-15t10:00:00Z", "2026-01-15T10:00:00z", "2026-01-15 10:00:00Z", "2026-12-31T23:59:60Z", "2026-01-15T10:00:60Z", "2026-01-15T24:00:00Z",
      "2026-01-15T10:00:00", "2026-01-15", "1768471200", "0001-01-01T00:00:00Z", "2023-1-1T0:0:0Z", "20230101T000000Z"],
     ["abc", "2026-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2026-01-15T25:00:00Z", "2026-01-15T10:00:00Zx"]),
    (DAY, ["2026-01-15"], ["2026-01-15T00:00:00Z", "20260115", "15.01.2026"], ["abc", "2023-02-29", "2026-01-32"]),
    ({"type": "string", "format": "uuid"}, ["6f1c0a52-0f0c-4a3e-9c55-3c3f5c8a1a11"],
     ["6F1C0A52-0F0C-4A3E-9C55-3C3F5C8A1A11", "{6f1c0a52-0f0c-4a3e-9c55-3c3f5c8a1a11}", "6f1c0a520f0c4a3e9c553c3f5c8a1a11"], ["abc", "6f1c0a52"]),
    ({"type": "string", "format": "byte"}, ["aGk="], ["aGk", "_-_-", "-1", "!"], []),
    ({"type": "string", "format": "email"}, ["ann@example.com"], ["a@localhost", "abc"], []),
    ({"type": "string", "pattern": "^[A-Z]{3}$"}, ["ABC"], ["ABC\n", " ABC"], ["abc", "ABCD"]),
    ({"type": "string", "pattern": "[A-Z]{3}"}, ["ABC"], ["xABCx"], ["abc"]),
    ({"type": "string", "pattern": r"^\d+$"}, ["12"], ["٣"], ["x"]),
])  # fmt: skip
def test_of_a_parameter(
    tmp_path: Path, schema: Any, accepted: list[str], survived: list[str], refused: list[str]
) -> None:
    tested = client(tmp_path, schema)
    (parameter,) = tested.operation.parameters
    found = {text: opinion(tested, parameter, text) for text in (*accepted, *survived, *refused)}
    wanted = {"accepted": accepted, "survived": survived, "refused": refused}
    assert found == {text: name for name, texts in wanted.items() for text in texts}


@pytest.mark.parametrize(
    ("name", "keywords", "expected"),
    [
        ("sort", {}, "survived"),
        ("orderBy", {}, "survived"),
        ("response_fields", {}, "survived"),
        ("page[order]", {}, "survived"),
        ("orderNumber", {}, "accepted"),
        ("sort", {"enum": ["name"]}, "accepted"),
    ],
)
def test_a_name_of_a_property_may_be_unknown(tmp_path: Path, name: str, keywords: JsonSchema, expected: str) -> None:
    asked = client(tmp_path, {"type": "string", "pattern": "^[a-z]+$", **keywords}, name=name)
    assert expected_of(asked, asked.operation.parameters[0], "name", ()) == expected


def test_a_required_parameter_that_is_empty_is_refused(tmp_path: Path) -> None:
    tested = client(tmp_path, {"type": "string", "minLength": 1}, required=True)
    assert opinion(tested, tested.operation.parameters[0], "") == "refused"


def test_the_invalid_value_of_an_optional_header_may_be_ignored(tmp_path: Path) -> None:
    for required, expected in ((True, "refused"), (False, "survived")):
        tested = client(tmp_path, INTEGER, **{"in": "header", "name": "X-Depth", "required": required})
        assert opinion(tested, tested.operation.parameters[0], "abc") == expected


def test_an_operation_that_states_what_is_open_is_read_by_the_letter() -> None:
    contract = Contract.load(ROOT / "openapi.yaml")
    operation = contract.operation("DescribeRefreshTasks")
    tested = client_of(operation, contract, Validator(contract), Session(_nothing))
    found = {
        (name, text): opinion(tested, next(p for p in operation.parameters if p.name == name), text)
        for name, text in (("PageSize", "01"), ("Status", ""), ("Version", ""), ("StartTime", "2026-01-15t10:00:00Z"))
    }
    assert list(found.values()) == ["refused", "refused", "survived", "refused"]


THING = {
    "type": "object",
    "required": ["n"],
    "properties": {
        "n": {"type": "integer", "minimum": 1},
        "s": {"type": "string"},
        "b": {"type": "boolean"},
        "at": MOMENT,
    },
}


@pytest.mark.parametrize(("value", "at", "rule", "sure"), [
    ({"n": "x"}, ("n",), "schema-type", True), ({"n": "5"}, ("n",), "schema-type", False), ({"n": {}}, ("n",), "schema-type", True),
    ({"n": 0}, ("n",), "schema-bound", True), ({"n": 1.5}, ("n",), "schema-type", True), ({}, (), "schema-required", True),
    ({"n": None}, ("n",), "schema-type", True), ({"n": 1, "s": None}, ("s",), "schema-type", False),
    ({"n": 1, "s": 5}, ("s",), "schema-type", False),
    ({"n": 1, "s": {}}, ("s",), "schema-type", True), ({"n": 1, "b": "yes"}, ("b",), "schema-type", False),
    ({"n": 1, "b": "x"}, ("b",), "schema-type", True), ({"n": "9" * 400}, ("n",), "schema-type", False),
    ({"n": 1, "at": "2026-01-01"}, ("at",), "schema-format", False), ({"n": 1, "at": "soon"}, ("at",), "schema-format", True),
    ([], (), "schema-type", True),
])  # fmt: skip
def test_of_a_fault_in_a_body(value: Any, at: tuple[str, ...], rule: str, sure: bool) -> None:
    schema = JsonSchema.compile(THING)
    assert (at, rule) in {(error.at, error.rule) for error in schema.errors(value)}
    assert is_surely_refused(schema, value, at, rule) is sure


CHOICE = {"oneOf": [
    {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}},
    {"type": "object", "required": ["s"], "properties": {"s": {"type": "string", "maxLength": 3}}},
]}  # fmt: skip


@pytest.mark.parametrize(("value", "sure"), [
    ({}, True), ({"n": 0}, True), ({"s": "four"}, True), ({"n": {}, "s": 1.5}, False),
    ({"n": "5"}, False), ({"s": 12}, False), ({"n": 1, "s": "a"}, False), ("abc", True),
])  # fmt: skip
def test_a_fault_among_alternatives_is_sure_where_no_reader_takes_any_of_them(value: Any, sure: bool) -> None:
    schema = JsonSchema.compile(CHOICE)
    [error] = schema.errors(value)
    assert is_surely_refused(schema, value, error.at, error.rule) is sure


@pytest.mark.parametrize(
    "path, expected", [("/a/{p}{q}", "survived"), ("/a/{p}.{q}", "refused"), ("/a/{p}", "refused")]
)
def test_where_a_value_ends_that_another_one_follows_is_open(tmp_path: Path, path: str, expected: str) -> None:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": ["x"]}}
        for name in ("p", "q")
        if f"{{{name}}}" in path
    ]
    operation = {"parameters": parameters, "responses": {"200": {"description": "done"}}}
    contract = loaded(tmp_path, {path: {"get": operation}})
    asked = only_client(contract, _nothing)
    first = next(one for one in asked.operation.parameters if one.name == "p")
    assert opinion(asked, first, "abc") == expected


@pytest.mark.parametrize(("more", "is_refused"), [({}, True), ({"default": 10}, False)])
def test_without_a_parameter_its_default_may_be_assumed(tmp_path: Path, more: dict[str, int], is_refused: bool) -> None:
    asked = client(tmp_path, {**INTEGER, **more}, required=True)
    names = [probe.what for probe in probes_of(asked, {}) if probe.expected == "refused"]
    assert ("a request without p" in names) is is_refused
