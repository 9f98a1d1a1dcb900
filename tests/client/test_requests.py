"""What a client sends is what the contract's own reader takes: values in every style, bodies of every kind, header fields."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.contracts import loaded, operation, parameter
from support.growth import peak

from toolkit.client.bodies import bodies, body_values, with_pictures
from toolkit.client.client import Client, client_of
from toolkit.client.examples import example_values, parameter_values
from toolkit.client.making import compiled, made_values
from toolkit.client.session import Session
from toolkit.client.texts import matching_texts
from toolkit.conformance.known import given_values, starting_values
from toolkit.conformance.reach import begin
from toolkit.contract.model import Match
from toolkit.exchange import Headers, Request, Response
from toolkit.schema.judge import JsonSchema
from toolkit.schema.patterns import compile_pattern
from toolkit.structs import replace
from toolkit.validation.validator import Validator
from toolkit.wire.parameters import STYLES
from toolkit.xml.parse import parse

TEXTS = st.text("abcXYZé漢%+&?#:@!$'()*~_ -", min_size=1, max_size=6).filter(lambda text: text.strip() == text)
PLAIN = st.text("abcXYZ09", min_size=1, max_size=5)


def client(folder: Path, *declared: Any, path: str = "/x", **members: Any) -> Client:
    contract = loaded(folder, {path: {"post": operation("x", *declared, **members)}}, **members.pop("whole", {}))
    session = Session(lambda request: Response(200))
    return client_of(contract.operation("x"), contract, Validator(contract), session)


def faults(tested: Client, request: Request) -> list[str]:
    match = tested.validator.contract.match(request)
    assert isinstance(match, Match), match
    return [f"{one.rule}: {one.message}" for one in tested.validator.check_request(match, request)]


@st.composite
def typed(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """A schema, of a scalar, an array or an object, and a value of it."""
    schema, values = draw(st.sampled_from([({"type": "string"}, PLAIN), ({"type": "integer"}, st.integers(-99, 99))]))
    kind = draw(st.sampled_from(("scalar", "array", "object")))
    if kind == "array":
        value = draw(st.lists(values, min_size=2, max_size=4))
        return {"type": "array", "items": schema, "minItems": len(value)}, value
    if kind == "object":
        found = draw(st.dictionaries(st.text("abc", min_size=1, max_size=3), values, min_size=1, max_size=3))
        closed = {"type": "object", "properties": dict.fromkeys(found, schema), "required": list(found)}
        return {**closed, "additionalProperties": False}, found
    return schema, draw(values)


@pytest.mark.parametrize(("location", "style", "explode"), [one for one in STYLES if one[0] != "querystring"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=typed())
def test_a_value_is_sent_whole_in_every_style(
    location: str, style: str, explode: bool, case: tuple[dict[str, Any], Any], tmp_path: Path
) -> None:
    schema, value = case
    if (style == "deepObject") != isinstance(value, dict) and style == "deepObject":
        return  # which OpenAPI defines for objects alone
    declared = {
        **parameter("p", schema, location),
        "required": True,
        "style": style,
        "explode": explode,
        "example": value,
    }
    tested = client(tmp_path, declared, path="/x/{p}/y" if location == "path" else "/x")
    tested.base = starting_values(tested, {})
    assert tested.base, "the example is valid and has to be sent"
    assert faults(tested, tested.request(tested.call())) == []


@pytest.mark.parametrize("location", ["path", "query", "header", "cookie", "querystring"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=typed())
def test_a_value_of_json_content_is_sent_in_every_location(
    location: str, case: tuple[dict[str, Any], Any], tmp_path: Path
) -> None:
    schema, value = case
    content = {"application/json": {"schema": schema, "example": value}}
    declared = {"name": "p", "in": location, "required": True, "content": content}
    tested = client(tmp_path, declared, path="/x/{p}" if location == "path" else "/x")
    tested.base = starting_values(tested, {})
    assert tested.base and faults(tested, tested.request(tested.call())) == []


def test_a_deep_object_nests_and_a_segment_of_dots_is_encoded(tmp_path: Path) -> None:
    nested = {"price": {"from": 1, "to": 2}, "kinds": ["a", "b"]}
    where = {**parameter("where", {"type": "object"}), "style": "deepObject", "example": nested}
    tested = client(tmp_path, where, parameter("id", {}, "path"), path="/x/{id}")
    [value] = example_values(tested.operation.parameters[0])
    request = tested.request(tested.call({("query", "where"): value, "id": ".."}))
    assert (
        request.url
        == "/x/%2E%2E?where%5Bprice%5D%5Bfrom%5D=1&where%5Bprice%5D%5Bto%5D=2&where%5Bkinds%5D=a&where%5Bkinds%5D=b"
    )


def test_one_name_in_two_places_has_two_values(tmp_path: Path) -> None:
    declared = [parameter("id", {"type": "integer"}, "path"), parameter("id", {"type": "string"})]
    tested = client(tmp_path, *declared, path="/x/{id}")
    call = tested.call({("path", "id"): "1", ("query", "id"): "a"})
    assert tested.request(call).url == "/x/1?id=a"
    assert (call.get("id", "query"), call.get("id", "path")) == ("a", "1")


def test_values_of_the_user_go_where_they_are_declared(tmp_path: Path) -> None:
    declared = [parameter("id", {"type": "integer"}, "path"), parameter("id", {"type": "string"})]
    asked = client(tmp_path, *declared, path="/x/{id}").operation
    params = [("id", "7"), ("elsewhere", "1"), ("unknown", "2")]
    given_here = given_values(asked, params, {"id", "elsewhere"})
    assert given_here == {("path", "id"): ["7"], ("query", "id"): ["7"], ("query", "unknown"): ["2"]}


def test_header_fields_and_cookies_of_the_user_that_are_parameters_are_values(tmp_path: Path) -> None:
    declared = [{**parameter("X-Depot", {}, "header"), "required": True}, parameter("sid", {}, "cookie")]
    tested = client(tmp_path, *declared)
    sent: list[Request] = []
    told = (("X-Depot", "north"), ("X-More", "1"), ("Cookie", "sid=s; theme=dark"))
    tested.session = replace(tested.session, headers=told, send=lambda request: sent.append(request) or Response(200))
    tested.base = starting_values(tested, {})
    tested.ask(tested.call())
    tested.ask(tested.call({"X-Depot": None, "sid": "other"}))
    assert sorted(sent[0].headers.pairs) == [("Cookie", "sid=s; theme=dark"), ("X-Depot", "north"), ("X-More", "1")]
    assert sorted(sent[1].headers.pairs) == [("Cookie", "sid=other; theme=dark"), ("X-More", "1")]


def test_what_nobody_states_is_made_up(tmp_path: Path) -> None:
    need = {"required": True}
    declared = [
        {**parameter("day", {"type": "string", "format": "date"}), **need},
        {**parameter("code", {"type": "string", "pattern": "^\\p{Lu}{3}$"}), **need},
        {**parameter("box", {"type": "array", "items": {"type": "number"}, "minItems": 4}), **need},
        {**parameter("role", {"enum": [None, "admin"]}), **need},
    ]
    tested = client(tmp_path, *declared, path="/x/{anything}")
    begin(tested, {})
    assert tested.invented == {("query", "day"), ("query", "code"), ("query", "box"), ("path", "anything")}
    request = tested.request(tested.call())
    assert faults(tested, request) == [] and request.url.count("box=") == 4 and "role=admin" in request.url


def test_an_example_that_breaks_its_schema_is_not_sent(tmp_path: Path) -> None:
    declared = {**parameter("currency", {"type": "string", "pattern": "^[A-Z]{3}$"}), "example": "euro"}
    tested = client(tmp_path, declared)
    assert example_values(tested.operation.parameters[0]) == ()
    first, second = islice(parameter_values(tested.operation.parameters[0]), 2)
    assert first != second and isinstance(first, str) and first.isupper()


SCHEMAS: dict[str, Any] = {
    "bounds": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5},
    "decimal steps": {"type": "number", "minimum": 2.005, "multipleOf": 0.01},
    "negative steps": {"type": "integer", "maximum": -20, "multipleOf": 7},
    "unique": {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "string", "pattern": "^[A-Z]{2}$"}},
    "names": {"type": "object", "minProperties": 2, "propertyNames": {"pattern": "^x-"}, "additionalProperties": {"type": "integer"}},
    "branches that require": {"type": "object", "properties": {"a": {}, "b": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
    "allOf": {"allOf": [{"required": ["x"], "properties": {"x": {"type": "integer"}}}, {"type": "object", "required": ["y"]}]},
    "conditional": {"type": "object", "required": ["k"], "properties": {"k": {"const": 1}, "z": {}}, "if": {"required": ["k"]},
                    "then": {"required": ["z"]}},
    "a wrong example": {"type": "object", "required": ["day"], "properties": {"day": {"type": "string", "format": "date", "example": "today"}}},
    "recursion": {"type": "object", "required": ["next"], "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}},
    "lookahead": {"type": "string", "pattern": "^(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d]{8,}$"},
    "tuple": {"type": "array", "prefixItems": [{"type": "integer"}, {"enum": ["a"]}], "items": False, "minItems": 2},
    "no string": {"type": ["string", "integer"], "not": {"type": "string"}},
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEMAS)
def test_made_values_conform_are_distinct_and_follow_from_the_seed(name: str) -> None:
    schema = JsonSchema.compile(SCHEMAS[name])
    for seed in (0, 5):
        values = list(islice(made_values(schema.bundle, seed), 3))
        assert values and all(map(schema.is_valid, values)), values
        assert len({json.dumps(value) for value in values}) == len(values)
        assert values == list(islice(made_values(schema.bundle, seed), 3))


def test_what_was_made_takes_no_memory_for_values_that_nobody_asks_for() -> None:
    """Each property kept what makes more of its values, and each schema that was asked for once what it was compiled to."""
    names = [f"p{number}" for number in range(300)]
    bundle = JsonSchema.compile({"required": names, "properties": {name: {"type": "string"} for name in names}}).bundle
    assert next(made_values(bundle)).keys() == set(names)
    known = compiled.cache_info().currsize
    assert peak(lambda: next(made_values(replace(bundle), once=True))) / len(names) < 4_000
    assert compiled.cache_info().currsize == known


@pytest.mark.parametrize(
    "schema", [{"not": {}}, {"type": "string", "pattern": "^a{9000}$"}, {"$ref": "#"}], ids=["none", "long", "endless"]
)
def test_nothing_is_made_where_nothing_can_be(schema: Any) -> None:
    needed = {"type": "object", "required": ["a"], "properties": {"a": schema}}
    assert list(made_values(JsonSchema.compile(needed).bundle)) == []


@pytest.mark.parametrize(
    "pattern",
    ["^(?=(x+x+)+y)x{40}", "^([a-z]+-)*[a-z]+$", r"^(\d{1,3}\.){3}\d{1,3}$", "^(?!aws:)(?i)[a-z]{4,}$", r"^\p{Lu}{4}$"],
)
def test_strings_are_drawn_from_patterns_that_would_take_for_ever_to_confirm_by_going_back(pattern: str) -> None:
    drawn = matching_texts(pattern)
    assert len(drawn) > 10 and all(map(compile_pattern(pattern), drawn))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("pattern", ["[[:a]+", "^[a&&b]$", r"[a||\\[]", "[~~]"])
def test_strings_are_drawn_from_odd_classes(pattern: str) -> None:
    matching_texts.cache_clear()
    assert all(map(compile_pattern(pattern), matching_texts(pattern)))


@pytest.mark.parametrize("depth", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_a_value_that_would_hold_one_part_a_billion_times_is_not_made(depth: int) -> None:
    twice = {"type": "object", "required": ["a", "b"], "properties": {"a": {}, "b": {}}}
    parts = [{**twice, "properties": {key: {"$ref": f"#/$defs/{level + 1}"} for key in "ab"}} for level in range(depth)]
    definitions = {str(level): one for level, one in enumerate([*parts, {"type": "string"}])}
    made = list(islice(made_values(JsonSchema.compile({"$ref": "#/$defs/0", "$defs": definitions}).bundle), 1))
    assert len(made) == (depth == 3)


ORDER = {
    "type": "object",
    "required": ["id", "rows"],
    "properties": {
        "id": {"type": "integer"},
        "rows": {"type": "array", "items": {"type": "string"}},
        "made": {"readOnly": True},
    },
}


@pytest.mark.parametrize(
    ("documented", "sent", "held"),
    [
        ("application/json", "application/json", b'"rows"'),
        ("application/*+json", "application/vnd.example+json", b'"rows"'),
        ("*/*", "application/json", b'"rows"'),
        ("application/xml", "application/xml", b"<Order><id>1</id>"),
        ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded", b"id=1&rows=a"),
        ("multipart/form-data", "multipart/form-data; boundary=", b'name="rows"'),
        ("application/x-ndjson", "application/x-ndjson", b'"rows"'),
    ],
)
def test_a_body_of_each_kind(tmp_path: Path, documented: str, sent: str, held: bytes) -> None:
    content = {documented: {"schema": {"$ref": "#/components/schemas/Order"}}}
    members = {"requestBody": {"required": True, "content": content}}
    contract = loaded(tmp_path, {"/x": {"post": operation("x", **members)}}, components={"schemas": {"Order": ORDER}})
    asked = contract.operation("x")
    [(media_type, body)] = bodies(asked)
    assert media_type.startswith(sent) and held in body and b"made" not in body
    match = contract.match(request := Request("POST", "/x", Headers((("Content-Type", media_type),)), body))
    assert isinstance(match, Match) and not list(Validator(contract).check_request(match, request))
    others = list(islice(body_values(asked, documented, seed=3), 2))
    assert len({*others, (media_type, body)}) == 3


def test_a_body_of_files_or_text_is_made(tmp_path: Path) -> None:
    properties = {"title": {"type": "string"}, "photo": {"type": "string", "format": "binary"}}
    form = {
        "schema": {"type": "object", "required": list(properties), "properties": properties},
        "encoding": {"photo": {"contentType": "image/png"}},
    }
    content = {
        "multipart/form-data": form,
        "text/plain": {"schema": {"type": "string"}},
        "image/*": {},
        "application/octet-stream": {},
    }
    tested = client(tmp_path, requestBody={"content": content})
    found = dict(bodies(tested.operation))
    parts = found["multipart/form-data; boundary=boundary-of-parts"]
    assert b'name="photo"; filename="file.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG' in parts
    assert found["image/png"].startswith(b"\x89PNG")
    assert (found["text/plain"], found["application/octet-stream"]) == (b"aaa", b"a")


def test_files_of_no_stated_type_may_be_pictures(tmp_path: Path) -> None:
    file = {"type": "string", "format": "binary"}
    form = {"schema": {"type": "object", "required": ["f", "t"], "properties": {"f": file, "t": {"type": "string"}}}}
    content = {"multipart/form-data": form, "image/png": {"schema": file}}
    (name, parts), (_, picture) = bodies(client(tmp_path, requestBody={"content": content}).operation)
    pictured = with_pictures((name, parts))
    assert b"application/octet-stream" in parts and picture.startswith(b"\x89PNG")
    assert pictured and b'filename="file.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG' in pictured[1]
    assert with_pictures(pictured) is None


def test_an_example_of_xml_may_be_a_text(tmp_path: Path) -> None:
    schema = {"type": "object", "xml": {"name": "T"}, "properties": {"a": {"type": "string"}}}
    tested = client(
        tmp_path, requestBody={"content": {"application/xml": {"schema": schema, "example": "<T><a>x</a></T>"}}}
    )
    [(_, body)] = bodies(tested.operation)
    assert parse(body).tag == "T" and body == b"<T><a>x</a></T>"


def test_a_part_has_the_header_fields_that_it_must_have(tmp_path: Path) -> None:
    properties = {"scan": {"type": "string", "format": "binary"}, "note": {"type": "string"}}
    page = {"required": True, "schema": {"type": "integer", "minimum": 3}}
    form = {
        "schema": {"type": "object", "required": list(properties), "properties": properties},
        "encoding": {"scan": {"headers": {"X-Page": page, "X-More": {"schema": {"type": "string"}}}}},
    }
    [(_, body)] = bodies(client(tmp_path, requestBody={"content": {"multipart/form-data": form}}).operation)
    assert body.count(b"X-Page: 3\r\n") == 1 and b"X-More" not in body
    assert b'X-Page: 3\r\nContent-Disposition: form-data; name="scan"; filename' in body
