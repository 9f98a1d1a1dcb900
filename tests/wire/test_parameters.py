"""Parameters as text and as values: each style both ways, and what a request's parameters break."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contracts import FORM, bundled, get, loaded, operation, parameter, rules

from toolkit.exchange import Exchange
from toolkit.schema.shape import Shapes
from toolkit.validation.validator import Validator
from toolkit.wire.media_type import best, charset, kind
from toolkit.wire.parameters import STYLES, Serialization, read_form, read_scalar, readings, write_parameter
from toolkit.wire.urlencoded import build_query, parse_query

# Separators inside of values are the one thing that styles cannot carry once a text is decoded.
NAMES = st.text("abcXYZ_-", min_size=1, max_size=5)
WORDS = st.text("abcé漢😀%+&?#/:@!$'()*~_-", min_size=1, max_size=6)
SCALARS = {
    "string": WORDS,
    "integer": st.integers(-(10**30), 10**30),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20),
    "boolean": st.booleans(),
}


@st.composite
def schema_and_value(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    name = draw(st.sampled_from(sorted(SCALARS)))
    scalar = {"type": name}
    shape = draw(st.sampled_from(("scalar", "array", "tuple", "object")))
    if shape == "tuple":
        names = [name, draw(st.sampled_from(sorted(SCALARS)))]
        first = [{"type": one} for one in names]
        return {"type": "array", "prefixItems": first, "items": False}, [draw(SCALARS[one]) for one in names]
    if shape == "array":
        return {"type": "array", "items": scalar}, draw(st.lists(SCALARS[name], min_size=1, max_size=4))
    if shape == "object":
        value = draw(st.dictionaries(NAMES, SCALARS[name], min_size=1, max_size=4))
        return {"type": "object", "properties": dict.fromkeys(value, scalar)}, value
    return scalar, draw(SCALARS[name])


def made(schema: Any, location: str, style: str, explode: bool, media_type: str | None = None) -> Serialization:
    bundle = bundled(schema)
    return Serialization("p", location, style, explode, media_type, Shapes(bundle.schema).outline(bundle.schema))


@pytest.mark.parametrize(("location", "style", "explode"), STYLES)
@given(case=schema_and_value())
def test_what_is_written_is_read_back_in_every_style(
    location: str, style: str, explode: bool, case: tuple[dict[str, Any], Any]
) -> None:
    schema, value = case
    if style == "deepObject" and not isinstance(value, dict):
        return  # which OpenAPI defines for objects alone
    if (style, explode) == ("label", True) and isinstance(value, (list, dict)) and "." in json.dumps(value):
        return  # a point separates in this style
    how = made(schema, location, style, explode)
    pairs = write_parameter(how, value)
    if location in ("query", "cookie"):
        pairs = parse_query(build_query(pairs))
    else:
        assert [name for name, _ in pairs] == ["p"]
    if how.is_spread:
        assert read_form(STYLES[location, style, explode].read("p", pairs, "object"), how.outline) == value
    else:
        assert next(readings(how, [text for _, text in pairs])) == value


def test_a_parameter_of_json_is_written_and_read_as_json() -> None:
    how = made({"type": "object"}, "query", "form", True, "application/json")
    assert write_parameter(how, {"a": [1, None]}) == [("p", '{"a":[1,null]}')]
    assert list(readings(how, ['{"a":[1,null]}'])) == [{"a": [1, None]}]


EXAMPLES = [  # the table of OpenAPI 3.1, Style Examples
    ("path", "simple", False, "R,100,G,200", "blue,black"), ("path", "simple", True, "R=100,G=200", "blue,black"),
    ("query", "form", False, "R,100,G,200", "blue,black"),
    ("path", "label", False, ".R,100,G,200", ".blue,black"), ("path", "label", True, ".R=100.G=200", ".blue.black"),
    ("path", "matrix", False, ";color=R,100,G,200", ";color=blue,black"),
    ("path", "matrix", True, ";R=100;G=200", ";color=blue;color=black"),
    ("query", "spaceDelimited", False, "R 100 G 200", "blue black"), ("query", "pipeDelimited", False, "R|100|G|200", "blue|black"),
]  # fmt: skip


@pytest.mark.parametrize(("location", "style", "explode", "of_object", "of_array"), EXAMPLES)
def test_styles_of_the_standard(location: str, style: str, explode: bool, of_object: str, of_array: str) -> None:
    way = STYLES[location, style, explode]
    for name, text, parts in (
        ("object", of_object, [("R", "100"), ("G", "200")]),
        ("array", of_array, ["blue", "black"]),
    ):
        assert way.write("color", parts) == [("color", text)]  # type: ignore[arg-type]
        assert way.read("color", [("color", text)], name) == parts


def test_objects_and_arrays_of_pairs_of_their_own() -> None:
    pairs, names = [("R", "100"), ("G", "200")], ["blue", "black"]
    assert STYLES["query", "form", True].write("color", pairs) == pairs
    assert STYLES["query", "form", True].write("color", names) == [("color", "blue"), ("color", "black")]
    assert STYLES["query", "deepObject", True].write("color", pairs) == [("color[R]", "100"), ("color[G]", "200")]


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("4", {"type": "integer"}, 4), ("-0", {"type": "integer"}, 0), ("1.0", {"type": "integer"}, "1.0"),
        ("1e1", {"type": "integer"}, "1e1"),
        ("+1", {"type": "integer"}, "+1"), (" 1", {"type": "integer"}, " 1"), ("01", {"type": "integer"}, "01"),
        ("٣", {"type": "integer"}, "٣"), ("", {"type": "integer"}, ""),
        ("9" * 5000, {"type": "integer"}, "9" * 5000), ("1e400", {"type": "number"}, 10**400), ("1.5", {"type": "number"}, 1.5),
        ("NaN", {"type": "number"}, "NaN"), (".5", {"type": "number"}, ".5"),
        ("true", {"type": "boolean"}, True), ("True", {"type": "boolean"}, "True"), ("1", {"type": "boolean"}, "1"), ("7", {}, "7"),
        ("7", True, "7"), ("7", {"type": "string"}, "7"),
        ("", {"type": ["integer", "null"]}, None), ("null", {"type": ["integer", "null"]}, None),
        ("7", {"type": ["string", "integer"]}, 7), ("x", {"type": ["integer", "string"]}, "x"),
        ("7", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, 7), ("", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, None),
        ("7", {"allOf": [{"$ref": "#/$defs/I"}], "minimum": 1}, 7),
        ("7", {"oneOf": [{"anyOf": [{"type": "integer"}]}, {"type": "boolean"}]}, 7), ("2", {"enum": [1, 2]}, 2),
        ("true", {"const": True}, True), ("2", {"enum": "2"}, "2"),
    ],
)  # fmt: skip
def test_texts_are_read_by_type(text: str, schema: Any, value: Any) -> None:
    found = read_scalar(text, Shapes({"$defs": {"I": {"type": "integer"}}}).outline(schema).types)
    assert found == value and type(found) is type(value)


INT, INTS = {"type": "integer"}, {"type": "array", "items": {"type": "integer"}, "maxItems": 2}
PAIR = {"type": "array", "items": {"type": "string"}, "maxItems": 2}
DEEP = {"type": "object", "properties": {"n": INT, "l": INTS}, "additionalProperties": False}
COLOURS = {"type": "array", "items": {"enum": ["red", "blue"]}}
WORD_OR_NUMBER = {"anyOf": [{"type": "string", "enum": ["1", "2"]}, {"type": "integer", "minimum": 10}]}
ALL_OR_SOME = {"anyOf": [{"type": "string", "enum": ["all"]}, {"type": "array", "items": {"type": "integer"}}]}
OPEN = {"type": "object", "properties": {"n": INT}, "additionalProperties": {"type": "boolean"}}
CASES: list[tuple[Any, str, list[str]]] = [
    (parameter("a", WORD_OR_NUMBER), "/x?a=1", []), (parameter("a", WORD_OR_NUMBER), "/x?a=12", []),
    (parameter("a", WORD_OR_NUMBER), "/x?a=5", ["parameter-invalid"]),
    (parameter("a", {"type": ["string", "integer"], "maximum": 10}), "/x?a=50", []),
    (parameter("a", ALL_OR_SOME), "/x?a=all", []), (parameter("a", ALL_OR_SOME), "/x?a=1&a=2", []),
    (parameter("a", ALL_OR_SOME), "/x?a=x", ["parameter-invalid"]),
    (parameter("a", INTS, explode=False), "/x?a=1&a=2", ["parameter-repeated"]),
    (parameter("a", OPEN), "/x?z=true&n=1", []), (parameter("a", OPEN), "/x?z=1", ["parameter-invalid"]),
    (parameter("a", OPEN, style="deepObject"), "/x?a[z]=false", []), (parameter("a", DEEP, explode=False), "/x?a=n", ["parameter-invalid"]),
    (parameter("a", OPEN, style="deepObject"), "/x?a[n]=1&a[n]=2", ["parameter-invalid"]),
    (parameter("a", {"type": "object"}, explode=False), "/x?a=s,b,t", ["parameter-invalid"]),
    (parameter("a", {"type": "object"}, explode=False), "/x?a=s,b,t,", []),
    (parameter("a", {"type": ["object", "string"]}, explode=False), "/x?a=s", []),
    ({"name": "a", "in": "query", "content": {"application/json": {"schema": INT}}}, "/x?a=1&a=1", ["parameter-repeated"]),
    ({"name": "", "in": "query"}, "/x", []),
    ({"name": "a", "in": "query", "content": {"application/xml": {"schema": DEEP}}}, "/x?a=%3Ca/%3E", []),
    (parameter("a", INTS), "/x?a=1&a=2", []), (parameter("a", INTS), "/x?a=1&a=2&a=3", ["parameter-invalid"]),
    (parameter("a", INTS), "/x?a=1,2", ["parameter-invalid"]),
    (parameter("a", INTS, explode=False), "/x?a=1,2", []), (parameter("a", INTS, explode=False), "/x?a=1%2C2", []),
    (parameter("a", INTS, explode=False), "/x?a=1,x", ["parameter-invalid"]),
    (parameter("a", INTS, explode=False, style="pipeDelimited"), "/x?a=1|2", []),
    (parameter("a", INTS, explode=False, style="spaceDelimited"), "/x?a=1%202", []),
    (parameter("a", INTS, explode=False, style="spaceDelimited"), "/x?a=1+2", []),
    (parameter("a", {"anyOf": [INTS, {"type": "null"}]}), "/x?a=1&a=2", []),
    (parameter("a", DEEP, style="deepObject"), "/x?a[n]=1", []),
    (parameter("a", DEEP, style="deepObject"), "/x?a%5Bn%5D=x", ["parameter-invalid"]),
    (parameter("a", DEEP, style="deepObject"), "/x?a[l]=1&a[l]=2", []),
    (parameter("a", DEEP, style="deepObject"), "/x?a[z]=1", ["parameter-invalid"]),
    (parameter("a", DEEP, style="deepObject", required=True), "/x?a[l][0]=1&a[n][z]=x", ["parameter-invalid"]),
    (parameter("a", {"type": "array"}, style="deepObject", required=True), "/x?a[0][b]=1", []),
    (parameter("a", DEEP, style="deepObject", required=True), "/x", ["parameter-missing"]),
    (parameter("a", DEEP, style="deepObject"), "/x?b[n]=1", ["parameter-undeclared"]),
    (parameter("a", DEEP), "/x?n=1", []), (parameter("a", DEEP), "/x?n=x", ["parameter-invalid"]),
    (parameter("a", DEEP), "/x?m=1", ["parameter-undeclared"]), (parameter("a", DEEP, explode=False), "/x?a=n,1", []),
    *(({"name": "a", "in": "query", "content": {media_type: {"schema": DEEP}}}, f"/x?a={quote(text)}", broken) for media_type, text, broken in [
        ("application/xml", "<a><n>1</n></a>", []), ("application/xml", "<a><n>x</n></a>", ["parameter-invalid"]),
        ("application/xml", "<a><n>", ["parameter-invalid"]), ("application/yaml", "n: 1", ["body-unread"]),
        (FORM[1], "n=1", []), (FORM[1], "n=x", ["parameter-invalid"]),
    ]),
    ({"name": "a", "in": "query", "content": {"application/xml": {"schema": DEEP}}}, "/x?a=%3Ca/%3E&a=%3Ca/%3E", ["parameter-repeated"]),
    ({"name": "a", "in": "query", "content": {"application/json": {"schema": DEEP}}}, "/x?a=%7B%22n%22:1%7D", []),
    ({"name": "a", "in": "query", "content": {"application/json": {"schema": DEEP}}}, "/x?a=%7B%22n%22:%22x%22%7D", ["parameter-invalid"]),
    ({"name": "a", "in": "query", "content": {"application/json": {"schema": DEEP}}}, "/x?a=%7B", ["parameter-invalid"]),
    (parameter("a", INT, required=True), "/x", ["parameter-missing"]), (parameter("a", INT), "/x?A=1", ["parameter-undeclared"]),
    (parameter("a", INT), "/x?a=1&a=2", ["parameter-repeated"]),
    (parameter("a", INT), "/x?a=", ["parameter-invalid"]), (parameter("a", INT, allowEmptyValue=True), "/x?a", []),
    (parameter("a", {"type": "string"}, allowReserved=True), "/x?a=/b?c:@!$'()*,;", []),
    (parameter("a", {"anyOf": [INT, {"type": "null"}]}), "/x?a=7", []),
    (parameter("a", {"anyOf": [INT, {"type": "null"}]}), "/x?a=x", ["parameter-invalid"]),
    (parameter("a", {"type": "string", "x-text-pattern": "^a"}), "/x?a=b", ["parameter-invalid"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "broken"), [("1,2", []), ("1%2C2", []), ("1,2%2C3", ["parameter-invalid"])])
def test_a_separator_in_a_path_is_none_where_it_is_encoded_beside_plain_ones(
    tmp_path: Path, text: str, broken: list[str]
) -> None:
    contract = loaded(
        tmp_path, {"/x/{a}": {"get": operation("x", parameter("a", {"type": "array", "items": INT}, "path"))}}
    )
    assert rules(contract, get(f"/x/{text}")) == broken


@pytest.mark.parametrize(("declared", "url", "broken"), CASES)
def test_query_parameters(tmp_path: Path, declared: Any, url: str, broken: list[str]) -> None:
    assert rules(loaded(tmp_path, {"/x": {"get": operation("x", declared)}}), get(url)) == broken


@pytest.mark.parametrize(("items", "severity"), [({"type": "object"}, "warning"), ({"type": "integer"}, "error")])
def test_nobody_is_blamed_for_how_an_array_of_objects_is_written(tmp_path: Path, items: Any, severity: str) -> None:
    """OpenAPI has no style for it (Style Values: n/a), and clients send JSON, or each property as a pair."""
    contract = loaded(tmp_path, {"/x": {"get": operation("x", parameter("a", {"type": "array", "items": items}))}})
    found = Validator(contract).check(Exchange(get("/x?a=%7B%22k%22%3A1%7D"), None)).violations
    assert [(one.rule, one.severity.value) for one in found] == [("parameter-invalid", severity)]


@pytest.mark.parametrize(
    ("declared", "headers", "broken"),
    [
        (parameter("X-N", INT, "header", required=True), [("x-n", "1")], []),
        (parameter("X-N", INT, "header", required=True), [("X-M", "1")], ["parameter-missing"]),
        (parameter("X-N", INT, "header"), [("X-N", "x")], ["parameter-invalid"]),
        (parameter("X-C", COLOURS, "header"), [("X-C", "red, blue")], []),
        (parameter("X-C", COLOURS, "header"), [("X-C", "red, green")], ["parameter-invalid"]),
        (parameter("X-O", DEEP, "header"), [("X-O", "n,1")], []), (parameter("X-O", DEEP, "header", explode=True), [("X-O", "n=1")], []),
        (parameter("X-O", DEEP, "header"), [("X-O", "n, 1")], []), (parameter("X-N", INT, "header"), [("X-N", "1 ")], []),
        (parameter("X-C", COLOURS, "header"), [("X-C", "red"), ("X-C", "green")], ["parameter-invalid"]),
        (parameter("Authorization", INT, "header", required=True), [("X", "1")], []),
        (parameter("Content-Type", INT, "header", required=True), [("Content-Type", "a/b")], []),
        (parameter("c", INT, "cookie", required=True), [("Cookie", "b=2; c=1")], []),
        (parameter("c", INT, "cookie", required=True), [("Cookie", "b=2")], ["parameter-missing"]),
        (parameter("c", INT, "cookie"), [("Cookie", "c=x")], ["parameter-invalid"]),
        (parameter("c", {"type": "string", "maxLength": 3}, "cookie"), [("Cookie", "c=a%2Cb")], []),
        (parameter("c", {"type": "string", "maxLength": 3}, "cookie", style="cookie"), [("Cookie", "c=a%2Cb")], ["parameter-invalid"]),
        (parameter("c", {"type": "string", "const": "Hello%2C world!"}, "cookie", style="cookie"), [("Cookie", "c=Hello%2C world!")], []),
        (parameter("c", PAIR, "cookie", explode=False), [("Cookie", "c=a%2Cb,c")], []),
        (parameter("c", PAIR, "cookie", explode=False), [("Cookie", "c=a,b,c")], ["parameter-invalid"]),
    ],
)  # fmt: skip
def test_header_fields_and_cookies_are_judged_by_their_style(
    tmp_path: Path, declared: Any, headers: Any, broken: list[str]
) -> None:
    assert rules(loaded(tmp_path, {"/x": {"get": operation("x", declared)}}), get("/x", *headers)) == broken


@pytest.mark.parametrize(
    ("style", "schema", "path", "broken"),
    [
        ("simple", INT, "/x/7", []), ("simple", INT, "/x/a", ["parameter-invalid"]), ("simple", INTS, "/x/1,2", []),
        ("matrix", INTS, "/x/;p=1,2", []), ("label", INTS, "/x/.1,2", []),
        ("simple", DEEP, "/x/n,1", []), ("matrix", DEEP, "/x/;p=n,x", ["parameter-invalid"]), ("label", INT, "/x/.7", []),
        ("matrix", INT, "/x/;p=7", []), ("matrix", INT, "/x/;p=a", ["parameter-invalid"]),
        ("label", INT, "/x/7", ["parameter-invalid"]), ("matrix", INTS, "/x/1,2", ["parameter-invalid"]),
    ],
)  # fmt: skip
def test_path_parameters(tmp_path: Path, style: str, schema: Any, path: str, broken: list[str]) -> None:
    contract = loaded(tmp_path, {"/x/{p}": {"get": operation("x", parameter("p", schema, "path", style=style))}})
    assert rules(contract, get(path)) == broken


def test_the_operation_overrides_its_path_and_a_key_is_no_stranger(tmp_path: Path) -> None:
    item = {
        "parameters": [parameter("a", INT), parameter("X-A", INT, "header")],
        "get": operation("x", parameter("a", {}), parameter("x-a", {}, "header")),
    }
    schemes = {"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "key"}}}
    assert rules(loaded(tmp_path, {"/x": item}, components=schemes), get("/x?a=b&key=1", ("X-A", "b"))) == []


def test_form_fields_count_as_parameters_where_the_contract_says_so(tmp_path: Path) -> None:
    contract = loaded(
        tmp_path, {"/x": {"post": {**operation("x", parameter("a", INT, required=True)), "x-form-or-query": True}}}
    )
    assert rules(contract, get("/x", FORM, body=b"a=1", method="POST")) == []
    assert rules(contract, get("/x?a=1", FORM, body=b"a=1", method="POST")) == ["parameter-repeated"]
    assert rules(contract, get("/x", FORM, body=b"b=1", method="POST")) == ["parameter-missing"]


def test_the_fields_of_a_form_alone_may_stand_in_the_query_where_the_contract_says_so(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": INT, "b": INT}}
    body = {"required": True, "content": {FORM[1]: {"schema": schema}}}
    post = {**operation("x"), "requestBody": body}
    contract = loaded(tmp_path, {"/x": {"post": {**post, "x-form-or-query": True}}, "/y": {"post": post}})
    assert rules(contract, get("/x", FORM, body=b"a=1&b=2", method="POST")) == []
    assert rules(contract, get("/x?a=1", method="POST")) == []
    assert rules(contract, get("/x?b=2", FORM, body=b"a=1", method="POST")) == []
    assert rules(contract, get("/x?a=1", FORM, body=b"a=1", method="POST")) == ["parameter-repeated"]
    assert rules(contract, get("/x?b=2", FORM, body=b"c=1", method="POST")) == ["parameter-missing"]
    assert rules(contract, get("/x", FORM, body=b"a=x", method="POST")) == ["parameter-invalid"]
    assert "parameter-undeclared" in rules(contract, get("/y?a=1", FORM, body=b"a=1", method="POST"))


@pytest.mark.parametrize(
    ("given_", "documented", "found"),
    [
        ("application/json; charset=utf-8", ["text/*", "application/json"], "application/json"),
        ("Application/JSON", ["application/json"], "application/json"),
        ("text/xml", ["application/xml"], "application/xml"), ("text/xml", ["application/xml", "text/xml"], "text/xml"),
        ("application/problem+json", ["application/json"], None),
        ("application/vnd.x+json", ["application/*"], "application/*"), ("a/b", ["*/*", "a/*"], "a/*"), ("a/b", ["*/*"], "*/*"),
        ("a/b", [], None), ("ab/c", ["a/*"], None),
        ("application/json", ["application/json; charset=utf-8"], "application/json; charset=utf-8"), ("", ["application/json"], None),
        ("a/b; version=2", ["a/b; version=1", "a/b;version=2"], "a/b;version=2"), ("a/b; version=3", ["a/b; version=1"], None),
        ("a/b; q=1", ["a/b; version=1"], "a/b; version=1"), ("a/b", ["a/b; version=1"], "a/b; version=1"),
    ],
)  # fmt: skip
def test_the_documented_media_type_that_fits_best_is_found(
    given_: str, documented: list[str], found: str | None
) -> None:
    assert best(given_, documented) == found


def test_kinds_and_charsets() -> None:
    assert [
        kind(t)
        for t in ("Text/JSON", "a/b+json;x=y", "image/svg+xml", "application/x-www-form-urlencoded", "text/plain", "")
    ] == ["json", "json", "xml", "form", "other", "other"]
    assert [charset(t) for t in ('a/b; Charset="UTF-8"', "a/b;x=y", "a/b; charset=")] == ["utf-8", None, None]
    assert [charset(t) for t in ("a/b; charset=gbk, a/b; charset=gbk", "a/b; x-charset=gbk")] == ["gbk", None]
