"""Probes of a body: one fault at a time, at its own place; and what a service that reads no body, or a state, makes of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.contracts import as_json, loaded
from support.laws import only_client, run_of

from toolkit.client.client import Client
from toolkit.conformance.laws.one_response import unrepeated
from toolkit.conformance.plan import plan
from toolkit.conformance.probes.bodies import body_probes, with_body
from toolkit.conformance.probes.expected import check_expected
from toolkit.conformance.probes.opinions import documented_request
from toolkit.conformance.probes.requests import probes_of
from toolkit.conformance.reach import begin, blamable, off_by_one
from toolkit.conformance.subject import sampled
from toolkit.exchange import Request, Response, Send
from toolkit.schema.judge import JsonSchema
from toolkit.verdict import Violation

ITEM = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}}
THING = {
    "type": "object",
    "additionalProperties": False,
    "required": ["price", "colour"],
    "properties": {
        "price": {"type": "number", "minimum": 0.25, "maximum": 0.75},
        "colour": {"type": "string", "enum": ["red", "blue"]},
        "code": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "at": {"type": "string", "format": "date-time"},
        "items": {"type": "array", "minItems": 1, "maxItems": 3, "items": ITEM},
        "customerId": {"type": "integer", "minimum": 1},
        "a.b": {"type": "boolean"},
        "made": {"type": "string", "readOnly": True, "enum": ["x"]},
    },
}
EXAMPLE = {"price": 0.5, "colour": "red", "items": [{"n": 1}]}


def client(
    folder: Path,
    send: Send,
    media_type: str = "application/json",
    schema: Any = THING,
    example: Any = EXAMPLE,
    required: bool = True,
) -> Client:
    body = {"required": required, "content": {media_type: {"schema": schema, "example": example}}}
    operation = {"requestBody": body, "responses": {"201": {"description": "made"}, "400": {"description": "no"}}}
    contract = loaded(folder, {"/things": {"post": operation}})
    return only_client(contract, send)


def found(tested: Client) -> dict[str, Violation]:
    """The violations of the probes, by the place in the request."""
    violations = {}
    subject = begin(tested, {})
    for probe in [with_body(tested, probe) for probe in body_probes(tested)]:
        response = tested.ask(probe.call)
        for one in blamable(subject, list(check_expected(tested, probe, response)), response.exchange.request):
            violations.setdefault(one.at, one)
    return violations


def accept(request: Request) -> Response:
    return Response(201)


def strict(request: Request) -> Response:
    try:
        value = json.loads(request.body or b"")
    except ValueError:
        return Response(400)
    return Response(201 if JsonSchema.compile(THING).is_valid(value) else 400)


def test_a_service_that_checks_its_body_is_clean(tmp_path: Path) -> None:
    assert found(client(tmp_path, strict)) == {}


def test_a_service_that_checks_nothing_is_found_at_each_place(tmp_path: Path) -> None:
    places = {place.removeprefix("request.body") for place in found(client(tmp_path, accept))}
    expected = {
        "",
        "#/price",
        "#/colour",
        "#/code",
        "#/at",
        "#/items",
        "#/items/0/n",
        "#/a.b",
        "#/noSuchProperty",
        "#/customerId",
    }
    assert places >= expected and "#/made" not in places


@pytest.mark.parametrize(
    ("read", "taken", "expected"), [(0, True, []), (-1, True, ["schema-bound"]), (0, False, ["schema-bound"])]
)
def test_an_invalid_value_that_is_taken_and_repeated_has_one_cause(
    read: int, taken: bool, expected: list[str], tmp_path: Path
) -> None:
    content = {"application/json": {"schema": ITEM}}
    responses = {"201": {"description": "made", "content": content}}
    contract = loaded(tmp_path, {"/things": {"post": {"requestBody": {"content": content}, "responses": responses}}})
    tested = only_client(contract, lambda request: as_json(201, {"n": read}))
    response = tested.ask(tested.call(body=("application/json", b'{"n": 0}')))
    others = [Violation("invalid-request-accepted", "", "request.body#/n")] if taken else []
    assert [one.rule for one in unrepeated(response.violations, tested, response, others)] == expected


@pytest.mark.parametrize("send", [accept, strict])
def test_each_probe_has_one_fault_and_none_is_asked_twice(tmp_path: Path, send: Send) -> None:
    tested = client(tmp_path, send)
    probes = [with_body(tested, probe) for probe in body_probes(tested)]
    assert len({probe.call for probe in probes}) == len(probes) <= 62
    assert {probe.expected for probe in probes} == {"accepted", "refused", "survived"}


@pytest.mark.parametrize(
    ("seats", "values"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 9}, {'"abc"': "refused", "{}": "refused", "null": "refused"}),
        ({"type": "string", "format": "date-time"}, {"{}": "refused", "[1]": "refused", "null": "refused"}),
        ({"type": "string"}, {"{}": "refused", "[1]": "refused", "null": "refused"}),
        ({"type": "boolean"}, {'"abc"': "refused", "{}": "refused", "null": "refused"}),
        ({"type": ["integer", "null"]}, {"null": "survived"}),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"null": "survived"}),
    ],
)
def test_other_types_are_tried_whatever_else_is(tmp_path: Path, seats: Any, values: dict[str, str]) -> None:
    schema = {"type": "object", "required": ["seats"], "properties": {"name": {"type": "string"}, "seats": seats}}
    tested = client(
        tmp_path, accept, schema=schema, example={"seats": "2026-01-01T00:00:00Z" if "format" in seats else 1}
    )
    expected = {
        one.name.partition(" [")[0].removeprefix("a body with #/seats="): one.expected for one in body_probes(tested)
    }
    assert values.items() <= expected.items()


def test_the_message_names_the_property_and_the_value(tmp_path: Path) -> None:
    broken = found(client(tmp_path, accept))
    assert (
        broken["request.body#/noSuchProperty"].message
        == 'a body with #/noSuchProperty="x" [unknown property] is accepted with 201, expected 4XX'
    )
    assert broken["request.body#/noSuchProperty"].contract.startswith("c.json#/paths/")


def test_a_valid_value_that_is_refused_is_found(tmp_path: Path) -> None:
    def no_blue(request: Request) -> Response:
        return Response(400) if b"blue" in (request.body or b"") else strict(request)

    assert {(place, one.rule) for place, one in found(client(tmp_path, no_blue)).items()} == {
        ("request.body#/colour", "valid-request-refused")
    }


@pytest.mark.parametrize("name", ["customerId", "customerID", "customer_id", "startsAfter"])
def test_what_exists_elsewhere_may_be_refused(tmp_path: Path, name: str) -> None:
    schema = {**THING, "properties": {**THING["properties"], name: {"type": "integer", "minimum": 1}}}

    def no_customers(request: Request) -> Response:
        if name.encode() in (request.body or b""):
            return Response(400)
        return strict(request)

    assert "valid-request-refused" not in {
        one.rule for one in found(client(tmp_path, no_customers, schema=schema)).values()
    }


def test_a_state_that_refuses_the_plain_request_too_blames_nobody(tmp_path: Path) -> None:
    made: list[Request] = []

    def once(request: Request) -> Response:
        made.append(request)
        return Response(201) if len(made) == 1 else Response(400)

    tested = client(tmp_path, once)
    assert tested.ask(tested.call()).status == 201
    assert found(tested) == {}


def test_a_form_is_probed_too(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "required": ["n"],
        "properties": {"n": {"type": "integer", "minimum": 1}, "s": {"type": "string"}},
    }
    tested = client(tmp_path, accept, "application/x-www-form-urlencoded", schema, {"n": 3})
    assert {"request.body#/n"} <= found(tested).keys()


def test_a_refusal_by_accept_is_found(tmp_path: Path) -> None:
    from toolkit.conformance.probes.requests import probes_of

    content = {"application/json": {"schema": {}}, "text/csv": {"schema": {"type": "string"}}}
    responses = {"200": {"description": "ok", "content": content}, "406": {"description": "no"}}
    contract = loaded(tmp_path, {"/a": {"get": {"responses": responses}}})

    def only_json(request: Request) -> Response:
        wanted = request.headers.get("Accept") or "*/*"
        return Response(406) if "csv" in wanted else as_json(200, 1)

    tested = only_client(contract, only_json)
    probes = [probe for probe in probes_of(tested, {}) if probe.call.accept]
    assert [probe.call.accept for probe in probes] == ["application/x-undocumented", "application/json", "text/csv"]
    broken = [one for probe in probes for one in check_expected(tested, probe, tested.ask(probe.call))]
    assert [(one.rule, one.at) for one in broken] == [("valid-request-refused", "request.header.Accept")]


def test_a_documented_media_type_that_is_not_taken_is_found(tmp_path: Path) -> None:
    content = {"application/json": {"schema": ITEM}, "application/x-www-form-urlencoded": {"schema": ITEM}}
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"201": {"description": "made"}}}
    contract = loaded(tmp_path, {"/a": {"post": operation}})

    def only_json(request: Request) -> Response:
        return Response(415) if "form" in (request.headers.get("Content-Type") or "") else Response(201)

    tested = only_client(contract, only_json)
    one = found(tested)["request.header.Content-Type"]
    assert one.rule == "valid-request-refused" and "application/x-www-form-urlencoded" in one.message


def test_a_body_of_another_media_type_is_changed_one_property_at_a_time(tmp_path: Path) -> None:
    content = {"application/json": {"schema": {"type": "object"}}, "application/patch+json": {"schema": ITEM}}
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"201": {"description": "made"}}}
    contract = loaded(tmp_path, {"/a": {"post": operation}})
    tested = only_client(contract, accept)
    places = found(tested)
    assert "application/patch+json" in places["request.body#/n"].message


def test_each_variant_of_a_body_is_sent(tmp_path: Path) -> None:
    kinds = [
        {"type": "object", "required": ["kind"], "properties": {"kind": {"const": name}, name: {"type": "integer"}}}
        for name in ("card", "cash", "transfer")
    ]
    tested = client(tmp_path, accept, schema={"oneOf": kinds}, example={"kind": "card"})
    wholes = [with_body(tested, probe) for probe in body_probes(tested) if probe.edit and not probe.edit.at]
    bodies = [probe.call.body for probe in wholes]
    sent = [json.loads(body[1]) for body in bodies if isinstance(body, tuple)]
    assert {"cash", "transfer"} <= {str(one.get("kind")) for one in sent if isinstance(one, dict)}
    assert {"cash", "transfer"} <= {key for one in sent if isinstance(one, dict) for key in one}


FIELDS = {
    "type": "object",
    "required": ["n"],
    "properties": {
        "n": {"type": "integer", "minimum": 1},
        "tags": {"type": "array", "items": {"type": "integer", "minimum": 2}},
        "kind": {"type": "string", "enum": ["a", "b"]},
    },
}
LISTED = {"type": "array", "items": FIELDS}
OTHERS = [
    ("multipart/form-data", FIELDS, {"n": 3, "tags": [5], "kind": "a"}, {"#/n", "#/tags/0", "#/kind"}),
    ("multipart/form-data", {"type": "object", "properties": {"m": FIELDS}}, {"m": {"n": 3}}, {"#/m/n", "#/m/kind"}),
    ("application/xml", {**FIELDS, "xml": {"name": "t"}}, {"n": 3, "tags": [5]}, {"#/n", "#/tags/0", "#/kind"}),
    ("application/x-www-form-urlencoded", FIELDS, {"n": 3, "tags": [5, 6]}, {"#/n", "#/tags/0", "#/kind"}),
    ("text/plain", {"type": "string", "enum": ["on", "off"]}, "on", {""}),
    (
        "application/json",
        {"type": "object", "properties": {"one": FIELDS, "all": LISTED}},
        {},
        {"#/one/n", "#/all/0/n"},
    ),
    ("application/json", LISTED, [{"n": 1}], {"#/0/n", "#/0/kind"}),
    ("application/json", LISTED, [], {"#/0", "#/0/n", "#/0/kind"}),
]


@pytest.mark.parametrize(("media_type", "schema", "example", "places"), OTHERS)
def test_each_media_type_and_each_item_has_probes(
    tmp_path: Path, media_type: str, schema: Any, example: Any, places: set[str]
) -> None:
    broken = found(client(tmp_path, accept, media_type, schema, example))
    assert {f"request.body{place}" for place in places} <= broken.keys()

    tested = client(tmp_path, accept, media_type, schema, example)
    documented = documented_request(tested.operation, tested.request(tested.call()))
    assert documented is not None

    def strict(request: Request) -> Response:
        wrong = not request.body or list(documented.violations(request.body, documented.read(request.body), "b"))
        return Response(400 if wrong else 201)

    assert found(client(tmp_path, strict, media_type, schema, example)) == {}


def test_an_item_twice_may_be_read_as_a_set_and_is_no_fault_of_the_service(tmp_path: Path) -> None:
    schema = {"type": "array", "uniqueItems": True, "minItems": 1, "items": {"type": "string", "enum": ["a", "b"]}}
    tested = client(tmp_path, accept, "application/json", schema, ["a"])
    assert {probe.expected for probe in body_probes(tested) if "twice" in probe.name} == {"survived"}


CARD = {
    "type": "object",
    "required": ["kind", "number"],
    "properties": {"kind": {"const": "card"}, "number": {"type": "string", "pattern": "^[0-9]{4}$"}},
}
BANK = {
    "type": "object",
    "required": ["kind", "iban"],
    "properties": {"kind": {"const": "bank"}, "iban": {"type": "string", "minLength": 8}},
}
PAYMENT = {"oneOf": [CARD, BANK]}


@pytest.mark.parametrize(
    ("schema", "example", "prefix"),
    [
        (PAYMENT, {"kind": "bank", "iban": "DE001122"}, ""),
        (
            {"type": "object", "required": ["by"], "properties": {"by": PAYMENT}},
            {"by": {"kind": "card", "number": "1234"}},
            "/by",
        ),
    ],
    ids=["body", "property"],
)
def test_each_alternative_is_changed_one_property_at_a_time(
    tmp_path: Path, schema: Any, example: Any, prefix: str
) -> None:
    def strict(request: Request) -> Response:
        try:
            return Response(201 if JsonSchema.compile(schema).is_valid(json.loads(request.body or b"")) else 400)
        except ValueError:
            return Response(400)

    assert found(client(tmp_path, strict, schema=schema, example=example)) == {}
    places = found(client(tmp_path, accept, schema=schema, example=example))
    assert {f"request.body#{prefix}/{name}" for name in ("kind", "number", "iban")} <= places.keys()
    assert "without" in places[f"request.body#{prefix}/number"].message


def test_an_edit_is_not_made_of_a_body_that_is_another_alternative(tmp_path: Path) -> None:
    tested = client(tmp_path, accept, schema=PAYMENT, example={"kind": "bank", "iban": "DE001122"})
    probe = next(one for one in body_probes(tested) if one.edit and one.edit.at == ("iban",) and one.kind)
    sent = with_body(tested, probe, ("application/json", b'{"kind": "card", "number": "1234"}'))
    assert isinstance(sent.call.body, tuple) and b"bank" in sent.call.body[1]


@pytest.mark.parametrize(("required", "expected"), [(True, "refused"), (False, "survived")])
def test_a_request_is_sent_without_its_body_too(required: bool, expected: str, tmp_path: Path) -> None:
    tested = client(tmp_path, accept, required=required)
    [probe] = [one for one in body_probes(tested) if "without its body" in one.name]
    assert probe.expected == expected
    assert tested.ask(probe.call).exchange.request == Request("POST", "/things")


@pytest.mark.parametrize(
    ("schema", "example", "probed"),
    [
        (
            {"type": "array", "prefixItems": [{"type": "number"}, {"enum": ["a"]}], "items": False, "minItems": 2},
            [1, "a"],
            {"#/0", "#/1", "#/2", ""},
        ),
        ({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 2}, {"k": "v"}, {"", "#/k"}),
        ({"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}, {"k": "v"}, {"", "#/k"}),
        (
            {"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {"pattern": "^[a-z]+$"}},
            {"k": "v"},
            {"", "#/k"},
        ),
    ],
)
def test_a_service_that_counts_no_properties_or_reads_no_places_is_found(
    schema: Any, example: Any, probed: set[str], tmp_path: Path
) -> None:
    def counting(request: Request) -> Response:
        text = request.body or b""
        return Response(201 if text.lstrip()[:1] == json.dumps(example).encode()[:1] and _is_json(text) else 400)

    places = {
        place.removeprefix("request.body")
        for place in found(client(tmp_path, counting, "application/json", schema, example))
    }
    assert places == probed
    sound = client(
        tmp_path,
        lambda request: Response(201 if _is_valid(schema, request) else 400),
        "application/json",
        schema,
        example,
    )
    assert found(sound) == {}


def _is_json(text: bytes) -> bool:
    try:
        return json.loads(text) is not None
    except ValueError:
        return False


def _is_valid(schema: Any, request: Request) -> bool:
    return _is_json(request.body or b"") and JsonSchema.compile(schema).is_valid(json.loads(request.body or b""))


@pytest.mark.parametrize(("count", "is_sampled"), [(3, False), (12, True)])
def test_a_body_of_which_not_every_change_is_tried_is_named(count: int, is_sampled: bool, tmp_path: Path) -> None:
    wide = {"type": "object", "properties": {f"p{index}": {"type": "integer", "minimum": 1} for index in range(count)}}
    tested = client(tmp_path, accept, schema=wide, example={f"p{index}": 1 for index in range(count)})
    subject = begin(tested, {})
    tried = [probe for probe in body_probes(tested) if probe.edit and probe.edit.at]
    notes = list(sampled([subject]))
    assert bool(notes) is is_sampled and (len(tried) < 9 * count) is is_sampled
    assert not notes or re.search(r"not in all: .*things \(60 of \d+\)", notes[0])


@pytest.mark.parametrize("documented", [True, False])
def test_an_undocumented_media_type_is_sent_where_the_contract_has_a_response_to_it(
    documented: bool, tmp_path: Path
) -> None:
    body = {"required": True, "content": {"application/json": {"schema": THING, "example": EXAMPLE}}}
    more = {"415": {"description": "no"}, "406": {"description": "no"}} if documented else {}
    operation = {"requestBody": body, "responses": {"201": {"description": "made"}, **more}}
    contract = loaded(tmp_path, {"/things": {"post": operation}})
    tested = only_client(contract, accept)
    odd = [one for one in probes_of(tested, {}) if "x-undocumented" in one.name]
    assert [one.expected for one in odd] == ["survived", "survived"] * documented
    sent = [tested.ask(one.call).exchange.request for one in odd]
    fields = {(one.headers.get("accept"), one.headers.get("content-type")) for one in sent if one}
    assert {*sum(fields, ())} >= {"application/x-undocumented", "application/json"} or not documented


def _longest(most: int, word: str = "") -> Send:
    """A service that takes names of so many letters, each once, and of those of letters alone none but a word, if there is one."""
    seen: set[str] = set()

    def respond(request: Request) -> Response:
        try:
            name = json.loads(request.body or b"{}").get("name", "")
        except (ValueError, AttributeError):
            return Response(400)
        is_new, name = name not in list(seen), str(name)
        seen.add(name)
        return Response(201 if is_new and len(name) <= most and word in ("", name) else 400)

    return respond


@pytest.mark.parametrize(
    ("send", "is_blamed"), [(_longest(19), True), (_longest(20), False), (_longest(20, "word"), False)]
)
def test_a_string_of_the_greatest_length_is_refused_and_a_shorter_one_is_not(
    send: Send, is_blamed: bool, tmp_path: Path
) -> None:
    """What neither of the two is taken for is the service's to say, and so is what it has already."""
    schema = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 20}}}
    tested = client(tmp_path, send, schema=schema, example={"name": "word"})
    subject, found = begin(tested, {}), list[Violation]()
    for probe in [
        with_body(tested, probe) for probe in body_probes(tested)
    ] * 2:  # each twice: the name is there by then
        found += off_by_one(subject, probe, tested.ask(probe.call, fresh=True))
    assert bool(found) is is_blamed
    assert all("[20 characters]" in one.message and "with 19 characters it is accepted" in one.message for one in found)


@pytest.mark.parametrize("schema, is_probed", [(False, True), ({"type": "string"}, False)])
def test_a_property_that_may_never_be_there_is_to_be_refused(schema: Any, is_probed: bool, tmp_path: Path) -> None:
    thing = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "internal": schema}}
    body = {"required": True, "content": {"application/json": {"schema": thing}}}
    add = {
        "operationId": "add",
        "requestBody": body,
        "responses": {"201": {"description": ""}, "400": {"description": ""}},
    }
    contract = loaded(tmp_path, {"/things": {"post": add}})
    run = run_of(contract, lambda request: Response(201))
    named = [check.name for check in plan(run.subjects["add"])]
    assert ('a body with #/internal="x" [forbidden property] should be refused' in named) is is_probed


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"minItems": 2, "maxItems": 4}, {1: "refused", 2: "survived", 4: "survived", 5: "refused"}),
        ({"maxItems": 4}, {0: "survived", 4: "survived", 5: "refused"}),
        ({}, {0: "survived"}),
    ],
)
def test_the_least_and_the_most_items_of_a_body_are_sent(
    tmp_path: Path, sizes: dict[str, int], expected: dict[int, str]
) -> None:
    schema = {"type": "array", "items": {"type": "integer"}, **sizes}
    tested = client(tmp_path, accept, schema=schema, example=[1, 2, 3])
    edits = [(one.edit.value, one.expected) for one in body_probes(tested) if one.edit and not one.edit.at]
    sent = {len(value): told for value, told in edits if isinstance(value, list)}
    assert {size: sent.get(size) for size in expected} == expected
