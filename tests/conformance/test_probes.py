"""Probes: the values at the boundaries of a schema, and what is expected of the responses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contracts import as_json, loaded
from support.laws import errors_of, run_of

from toolkit.client.client import Call
from toolkit.conformance.probes.boundaries import values_for
from toolkit.conformance.probes.expected import Probe, check_expected
from toolkit.conformance.probes.requests import probes_of
from toolkit.exchange import Request, Response


@given(st.integers(-50, 50), st.integers(0, 100))
def test_values_of_an_integer_are_on_both_sides_of_its_bounds(low: int, width: int) -> None:
    texts = [value.text for value in values_for({"minimum": low, "maximum": low + width}, ("integer",), (), ())]
    assert {str(low - 1), str(low), str(low + width), str(low + width + 1)} <= set(texts) and len(texts) == len(
        set(texts)
    )


@pytest.mark.parametrize(("schema", "types", "expected"), [({"enum": ["Ab"]}, ("string",), {"Ab", "ab", "AB", "Abx", " Ab"}),
({"format": "date-time"}, ("string",), {"", "2023-13-01T00:00:00Z"}), ({"maxLength": 3}, ("string",), {"111", "1111"}), ({"pattern": "^1{2,4}$"},
("string",), {"1", "11", "1111", "11111"}), ({"multipleOf": 0.01, "minimum": 0.01}, ("number",), {"0.025"}),
({"multipleOf": 5}, ("integer",), {"6"})])  # fmt: skip
def test_values_stand_at_the_boundaries_of_a_schema(
    schema: dict[str, Any], types: tuple[str, ...], expected: set[str]
) -> None:
    assert expected <= {value.text for value in values_for(schema, types, (), ())}


@pytest.mark.parametrize(
    ("pattern", "known", "others"),
    [
        ("^(?!0)[0-9]{3}(?<!9)$", "123", {"023", "129"}),
        ("^[A-Z]{2}[0-9]{4}$", "AB1234", {"0B1234", "AB123a"}),
        ("^[0-9a-zA-Z]$", "5", set()),
        ("^[0-9]+$", "abc", set()),
        ("", "abc", set()),
    ],
)
def test_a_valid_text_is_changed_at_its_ends_as_its_pattern_does_not_allow(
    pattern: str, known: str, others: set[str]
) -> None:
    values = values_for({"pattern": pattern}, ("string",), (known,), ())
    assert {value.text for value in values if value.label == "another character"} == others


def test_what_a_pattern_does_not_allow_is_sent_in_the_least_length() -> None:
    """Else a service that looks at the length alone refuses it, too."""
    values = values_for({"pattern": "^[A-Za-z0-9-]+$", "minLength": 8, "maxLength": 64}, ("string",), (), ())
    assert any(8 <= len(value.text) <= 64 and "." in value.text for value in values)


@pytest.mark.parametrize(
    ("what", "expected", "kind", "place", "trait"),
    [
        ("size=51 [maximum + 1]", "refused", "parameter-invalid", "c.yaml#/x/schema/maximum", "schema-bound"),
        ("size=0 [minimum - 1]", "refused", "parameter-invalid", "c.yaml#/x/schema/minimum", "schema-bound"),
        ("a request without size", "refused", "parameter-missing", "c.yaml#/x/0", "parameter-missing"),
        ("size=50 [maximum]", "accepted", "parameter-invalid", "c.yaml#/x/0", "maximum"),
    ],
)
def test_probes_of_one_kind_of_value_have_a_trait_in_common(
    what: str, expected: str, kind: str, place: str, trait: str
) -> None:
    assert Probe(what, Call((), "GET"), expected, "size", kind, place).trait == trait


def test_two_ends_of_a_range_and_far_pages_may_be_refused(tmp_path: Path) -> None:
    names = {"min_price": 9, "max_price": 9, "wide": 9, "high": 9, "page": None, "length": None}
    schemas = {
        name: {"type": "integer", "minimum": 1} | ({"maximum": most} if most else {}) for name, most in names.items()
    }
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]
    get = {"operationId": "list", "parameters": parameters, "responses": {"200": {"description": ""}}}
    contract = loaded(tmp_path, {"/things": {"get": get}})
    client = run_of(contract, lambda request: Response(200)).subjects["list"].client
    accepted = {probe.name for probe in probes_of(client, {}) if probe.expected == "accepted"}
    assert not [name for name in accepted if " with " in name]
    assert [f"{name}={2**31} [2^31] should be accepted (GET)" in accepted for name in ("page", "length")] == [
        False,
        True,
    ]
    assert "page=1 [minimum] should be accepted (GET)" in accepted


@pytest.mark.parametrize(("key", "is_sent"), [("/things/{id}", False), ("/things/{id:path}", True)])
def test_odd_texts_with_a_slash_are_not_sent_in_a_path_segment(tmp_path: Path, key: str, is_sent: bool) -> None:
    names = {"id": "path", "q": "query"}
    parameters = [
        {"name": name, "in": place, "required": True, "schema": {"type": "string"}} for name, place in names.items()
    ]
    get = {"operationId": "one", "parameters": parameters, "responses": {"200": {"description": ""}}}
    client = run_of(loaded(tmp_path, {key: {"get": get}}), lambda request: Response(200)).subjects["one"].client
    sent = {probe.name.partition("=")[0] for probe in probes_of(client, {}) if "[markup]" in probe.name}
    assert sent == ({"id", "q"} if is_sent else {"q"})


def test_a_plain_call_keeps_the_rules_between_parameters_and_others_break_each(tmp_path: Path) -> None:
    schemas: dict[str, Any] = {"a": {"type": "string"}, "b": {"type": "string"}, "n": {"type": "integer"}}
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]
    rules = ["OnlyOne(a, b)", "IF n>10 THEN b AND NOT a"]
    get = {
        "operationId": "list",
        "parameters": parameters,
        "x-dependencies": [f"{rule};" for rule in rules],
        "responses": {"200": {"description": ""}},
    }
    contract = loaded(tmp_path, {"/things": {"get": get}})
    client = run_of(contract, lambda request: Response(200)).subjects["list"].client
    assert client.broken(client.call()) == [] and client.broken(Call((), "GET")) == rules[:1]
    probes = [probe for probe in probes_of(client, {}) if probe.kind == "parameters-inconsistent"]
    broken = [client.broken(probe.call) for probe in probes]
    assert {probe.expected for probe in probes} == {"refused"}
    assert {tuple(found) for found in broken} == {(rule,) for rule in rules}


@pytest.mark.parametrize(("text", "blamed"), [("x", ["valid-request-refused"]), ("y", [])])
def test_a_valid_value_is_no_valid_request_where_it_breaks_a_rule(tmp_path: Path, text: str, blamed: list[str]) -> None:
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("a", "b")]
    responses = {"200": {"description": ""}, "400": {"description": ""}}
    get = {
        "operationId": "list",
        "parameters": parameters,
        "x-dependencies": ["IF a=='y' THEN b"],
        "responses": responses,
    }
    contract = loaded(tmp_path, {"/things": {"get": get}})
    client = run_of(contract, lambda request: Response(400)).subjects["list"].client
    probe = Probe(f"a={text}", client.call({"a": text}), "accepted", "a")
    assert [found.rule for found in check_expected(client, probe, client.ask(probe.call))] == blamed


@pytest.mark.parametrize(
    ("said", "is_blamed"),
    [
        ({"message": "file-17 is not a folder"}, False),
        ({"message": "folder is not supported", "path": "/files/file-17"}, True),
        ({"message": "file-178 is not a folder"}, True),
        ({"as": ["folder needs a depth"]}, False),
        ({"depth": ["deeper than the file"]}, False),
        ({"as": ["of no depth"]}, True),
        ({"depth": "0", "detail": "folder is not supported"}, True),
    ],
)
def test_a_value_that_does_not_go_with_what_else_is_sent_blames_nobody(
    tmp_path: Path, said: dict[str, Any], is_blamed: bool
) -> None:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    as_what = {"name": "as", "in": "query", "schema": {"type": "string", "enum": ["file", "folder"]}}
    depth = {"name": "depth", "in": "query", "schema": {"type": "integer"}}
    responses = {"200": {"description": ""}, "400": {"description": ""}}
    read = {"operationId": "read", "parameters": [name, as_what, depth], "responses": responses}
    contract = loaded(tmp_path, {"/files/{name}": {"get": read}})
    client = run_of(contract, lambda request: as_json(400, said)).subjects["read"].client
    call = client.call({("path", "name"): "file-17", ("query", "as"): "folder"})
    probe = Probe("as=folder", call, "accepted", "as")
    rules = [found.rule for found in check_expected(client, probe, client.ask(call))]
    assert rules == ["valid-request-refused"] * is_blamed


@pytest.mark.parametrize(
    ("said", "is_blamed"), [("A user with that name already exists.", False), ("No such name.", True)]
)
def test_a_value_that_is_taken_blames_nobody(tmp_path: Path, said: str, is_blamed: bool) -> None:
    name = {"type": "object", "properties": {"name": {"type": "string"}}}
    body = {"content": {"application/json": {"schema": name}}}
    responses = {"200": {"description": ""}, "400": {"description": ""}}
    contract = loaded(tmp_path, {"/me": {"put": {"operationId": "put", "requestBody": body, "responses": responses}}})
    client = run_of(contract, lambda request: as_json(400, {"name": [said]})).subjects["put"].client
    probe = Probe("name=a", client.call(body=("application/json", b'{"name":"a"}')), "accepted", "as", "body", "")
    rules = [found.rule for found in check_expected(client, probe, client.ask(probe.call))]
    assert rules == ["valid-request-refused"] * is_blamed


@pytest.mark.parametrize(("rules", "blamed"), [([], True), (["IF mode=='card' THEN number"], False)])
def test_nor_is_a_valid_body_where_it_breaks_a_rule(tmp_path: Path, rules: list[str], blamed: bool) -> None:
    schema = {"properties": {"mode": {"type": "string", "enum": ["cash", "card"]}, "number": {"type": "integer"}}}
    body = {"content": {"application/json": {"schema": {"type": "object", **schema}, "example": {"mode": "cash"}}}}
    responses = {"200": {"description": ""}, "400": {"description": ""}}
    post = {"operationId": "pay", "x-dependencies": rules, "requestBody": body, "responses": responses}

    def send(request: Request) -> Response:
        sent = request.body or b"{}"
        return Response(400 if b'"card"' in sent and b"number" not in sent else 200)

    verdicts = run_of(loaded(tmp_path, {"/pay": {"post": post}}), send).verdicts()
    found = {(one.rule, one.at) for verdict in verdicts for one in verdict.violations}
    assert (("valid-request-refused", "request.body#/mode") in found) is blamed


def test_json_that_is_cut_off_in_a_header_field_can_be_sent(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["hue"], "properties": {"hue": {"type": "string", "enum": ["red"]}}}
    wish = {"name": "X-Wish", "in": "header", "required": True, "content": {"application/json": {"schema": schema}}}
    responses = {code: {"description": "a response"} for code in ("200", "400")}
    contract = loaded(
        tmp_path, {"/hats": {"get": {"operationId": "hats", "parameters": [wish], "responses": responses}}}
    )
    sent = list[str]()

    def handle(request: Request) -> Response:
        sent.append(request.headers.get("x-wish") or "")
        try:
            return Response(200 if json.loads(sent[-1])["hue"] == "red" else 400)
        except (ValueError, TypeError, KeyError):
            return Response(400)

    assert not errors_of(run_of(contract, handle))
    assert '{"a":' in sent and all(text == text.strip() for text in sent)
