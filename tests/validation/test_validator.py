"""Verdicts on whole exchanges: bodies, statuses, media types, headers, and what is left unsaid where nothing is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from support.contracts import FORM, answer, get, loaded, of_json, operation, parameter, rules

from toolkit.exchange import Exchange, Headers, Request, Response, Unreadable
from toolkit.validation.cross_check import CrossCheck
from toolkit.validation.validator import Validator

PET = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "integer"}}},
}
JSON, TEXT = {"application/json": {"schema": PET}}, {"text/plain": {"schema": {"type": "string", "maxLength": 3}}}
RESPONSES: dict[str, Any] = {
    "200": {"description": "", "content": {**JSON, **TEXT, "image/*": {"schema": {"type": "string", "format": "binary"}}, "application/xml": {}}},
    "201": {"description": "", "content": {"application/problem+json": {}, "application/x-www-form-urlencoded": {"schema": PET}}},
    "203": {"description": "", "content": {"text/plain": {"schema": {"type": "integer"}},
    "application/json;v=1": {"schema": {"type": "string"}}, "application/json;v=2": {"schema": {"type": "integer"}}}},
    "206": {"description": "", "content": {"application/*": {"schema": {"type": "string", "format": "binary"}}}},
    "204": {"description": "", "headers": {"X-N": {"schema": {"type": "integer"}}, "X-L": {"schema": {"type": "array", "items": {"enum": ["a",
    "b"]}}}, "Content-Type": {"required": True}}},
    "4xx": {"description": "", "content": JSON},
    "404": {"description": "", "content": TEXT},
}  # fmt: skip
OK = b'{"id":1}'


@pytest.mark.parametrize(
    ("media_type", "schema", "body", "broken"),
    [
        ("application/jwt", {"type": "string", "pattern": r"^\w+\.\w+$"}, b"a.b", []),
        ("application/jwt", {"type": "string", "pattern": r"^\w+\.\w+$"}, b"ab", ["schema-pattern"]),
        ("application/javascript", {"type": ["string", "null"], "enum": ["ok()"]}, b"no()", ["schema-value"]),
        ("application/octet-stream", {"type": "string", "format": "binary", "maxLength": 2}, b"\xff\0", []),
        ("application/octet-stream", {"type": "string", "format": "binary", "maxLength": 2}, b"\xff\0a", ["schema-length"]),
        ("text/plain", {"type": "string", "format": "binary", "maxLength": 2}, "\xe9\xe9".encode(), []),
        ("image/png", {"type": "string", "format": "byte"}, b"\x89PNG", []),
    ],
)  # fmt: skip
def test_what_a_schema_says_of_a_string_holds_for_content_of_any_media_type(
    tmp_path: Path, media_type: str, schema: Any, body: bytes, broken: list[str]
) -> None:
    response = {"description": "", "content": {media_type: {"schema": schema}}}
    contract = loaded(tmp_path, {"/x": {"get": {"responses": {"200": response}}}})
    assert rules(contract, get("/x"), answer(body, media_type)) == broken


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        (b' {"id": 1}', []), (b'{"id": "a"}', ["schema-type"]), (b"id=1", []), (b"id=a", ["schema-type"]), (b"id = 1", ["json-syntax"]),
        (b'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\na\r\n--x--', ["schema-type"]),
    ],
)  # fmt: skip
def test_a_request_body_without_a_content_type_is_checked_as_what_it_looks_like(
    tmp_path: Path, body: bytes, broken: list[str]
) -> None:
    kinds = ("application/json", FORM[1], "multipart/form-data")
    content = {"requestBody": {"content": {kind: {"schema": PET} for kind in kinds}}}
    contract = loaded(tmp_path, {"/x": {"post": {**operation("x"), **content}}})
    assert rules(contract, Request("POST", "http://api.test/x", Headers(), body)) == broken


@pytest.mark.parametrize(
    ("text", "severities"),
    [('{"total": 3}', ["warning"]), ('{"total": "x"}', ["error"]), ("total,3", []), ("{total,3", ["error"])],
)
def test_an_object_in_json_in_a_header_field_is_a_warning(text: str, severities: list[str], tmp_path: Path) -> None:
    """Some frameworks write it so where the contract has a `schema`, which says style simple."""
    properties = {"total": {"type": "integer"}}
    pages = {"schema": {"type": "object", "properties": properties, "additionalProperties": False}}
    responses = {"204": {"description": "", "headers": {"X-Pagination": pages}}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}})
    given = Response(204, Headers((("X-Pagination", text),)))
    found = Validator(contract).check(Exchange(Request("GET", "http://api.test/x"), given)).violations
    assert [one.severity.value for one in found] == severities and {one.rule for one in found} <= {"header-invalid"}


@pytest.mark.parametrize(
    ("response", "broken"),
    [
        (answer(OK), []), (answer(OK, "application/json;charset=UTF-8"), []), (answer(b"{}"), ["schema-required"]),
        (answer(b"{"), ["json-syntax"]), (answer(b""), ["body-missing"]), (answer(None), ["body-unrecorded"]),
        (answer(b"abc", "text/plain"), []), (answer(b"abcd", "text/plain"), ["schema-length"]), (answer(b"\xff\xd8", "image/jpeg"), []),
        (answer(b"5", "text/plain", 203), []), (answer(b"x", "text/plain", 203), ["schema-type"]),
        (answer(b"1", "application/json; v=2", 203), []), (answer(b'"a"', "application/json; v=2", 203), ["schema-type"]),
        (answer(b'"a"', "application/json;v=1", 203), []), (answer(b"\xff", "application/json", 206), ["body-undecodable"]),
        (answer(b"{}", "application/json", 206), []), (answer(b"{}\n{}", "application/stream+json", 206), []),
        (answer(b"<a/>", "text/xml"), []), (answer(b"<a>", "application/xml"), ["xml-syntax"]),
        (answer(b"", "text/plain"), []), (answer(OK, None), ["media-type-missing"]),
        (answer(b"x", None), ["json-syntax"]), (answer(OK, "text/html"), ["media-type-undeclared"]),
        (answer(b"x", "application/problem+json", 201), ["json-syntax"]),
        (answer(b"id=1&tags=1&tags=2", FORM[1], 201), []), (answer(b"id=x", FORM[1], 201), ["schema-type"]),
        (answer(b"{}", status=400), ["schema-required"]), (answer(b"abcd", "text/plain", 404), ["schema-length"]),
        (answer(status=500), ["status-undeclared"]), (answer(b"x", None, 204), ["body-unexpected"]), (answer(b"", None, 204), []),
        (answer(OK, fault="corrupt gzip"), ["body-undecodable"]),
        (Response(204, Headers((("x-n", "1"), ("X-L", "a, b"))), b""), []), (Response(204, Headers((("X-N", "x"), ("X-L", "a"),
        ("X-L", "c"))), b""), ["header-invalid", "header-invalid"]), (Response(200, Headers(), OK), []),
    ],
)  # fmt: skip
def test_a_response_breaks_the_same_rules_with_and_without_its_request(
    tmp_path: Path, response: Response, broken: list[str]
) -> None:
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=RESPONSES)}})
    assert rules(contract, get("/x"), response) == broken
    assert rules(contract, None, response, operation="x") == broken


@pytest.mark.parametrize(
    ("body", "kind", "hint"),
    [
        (b"\n<html/>", "application/json", "it looks like XML or HTML"),
        (b" {}", "application/xml", "it looks like JSON"),
    ],
)
def test_a_body_of_another_kind_is_said_to_look_so(tmp_path: Path, body: bytes, kind: str, hint: str) -> None:
    responses = {"200": {"description": "", "content": {kind: {"schema": {"type": "object"}}}}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}})
    [found] = Validator(contract).check(Exchange(get("/x"), answer(body, kind))).violations
    assert hint in found.hint


def test_a_request_is_not_blamed_for_a_path_parameter_that_its_path_does_not_have(tmp_path: Path) -> None:
    needed = [parameter("id", {"type": "integer"}, "path"), parameter("n", {}, required=True)]
    paths = {
        "/x": {"get": operation("x", *needed)},
        "/now?at={id}": {"get": operation("now", *needed)},
    }
    contract = loaded(tmp_path, paths)
    assert rules(contract, get("/x?n=1"), answer()) == []
    assert rules(contract, get("/x"), answer()) == ["parameter-missing"]
    assert rules(contract, get("/now?n=1"), answer()) == ["parameter-missing"]


def test_a_list_that_is_no_list_of_pairs_is_sent_once(tmp_path: Path) -> None:
    piped = parameter("q", {"type": "array", "items": {"type": "integer"}}, style="pipeDelimited")
    either = parameter("u", {"type": ["integer", "object"]}, style="deepObject", explode=True)
    contract = loaded(tmp_path, {"/x": {"get": operation("x", piped, either)}})
    (found,) = Validator(contract).check(Exchange(get("/x?q=1&q=2"), answer(), "here")).violations
    assert found.rule == "parameter-repeated" and "in one value (style pipeDelimited)" in found.hint
    assert rules(contract, get("/x?q=1|2&u=3"), answer()) == []
    assert rules(contract, get("/x?q=1|2&u=z"), answer()) == ["parameter-invalid"]


def test_deep_object_says_nothing_of_a_scalar(tmp_path: Path) -> None:
    deep = parameter("q", {"type": "integer"}, required=True, style="deepObject", explode=True)
    contract = loaded(tmp_path, {"/x": {"get": operation("x", deep)}})
    assert rules(contract, get("/x?q=1"), answer()) == []
    assert rules(contract, get("/x?q=z"), answer()) == ["parameter-invalid"]
    assert rules(contract, get("/x"), answer()) == ["parameter-missing"]


def test_a_response_to_head_has_no_body(tmp_path: Path) -> None:
    contract = loaded(tmp_path, {"/x": {"head": operation("x", responses=RESPONSES)}})
    assert rules(contract, get("/x", method="HEAD"), answer(b"")) == []
    assert rules(contract, get("/x", method="HEAD"), answer(OK)) == ["body-unexpected"]


JSON_TYPE = ("Content-Type", "application/json")


@pytest.mark.parametrize(
    ("headers", "body", "broken"),
    [
        ([JSON_TYPE], OK, []), ([JSON_TYPE], b"{}", ["schema-required"]), ([JSON_TYPE], b"", ["request-body-missing"]),
        ([JSON_TYPE], None, ["body-unrecorded"]), ([JSON_TYPE], b"{", ["json-syntax"]), ([JSON_TYPE], b'{"id":1,"id":1}', ["json-duplicate-name"]),
        ([FORM], b"id=1&tags=1&tags=2", []), ([FORM], b"id=x", ["schema-type"]), ([FORM], b"tags=1", ["schema-required"]),
        ([FORM], b"", ["schema-required"]), ([("Content-Type", "multipart/form-data")], b"", ["request-body-missing"]),
        ([("Content-Type", "text/csv")], b"1", ["request-media-type"]), ([], OK, []),
    ],
)  # fmt: skip
def test_request_bodies(tmp_path: Path, headers: Any, body: bytes | None, broken: list[str]) -> None:
    content = {"application/json": {"schema": PET}, "application/x-www-form-urlencoded": {"schema": PET}}
    contract = loaded(tmp_path, {"/x": {"post": operation("x", requestBody={"required": True, "content": content})}})
    assert rules(contract, get("/x", *headers, body=body, method="POST")) == broken


def test_a_form_without_fields_is_empty(tmp_path: Path) -> None:
    content = {FORM[1]: {"schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}}
    contract = loaded(tmp_path, {"/x": {"post": operation("x", requestBody={"required": True, "content": content})}})
    assert rules(contract, get("/x", FORM, body=b"", method="POST")) == []
    assert rules(contract, get("/x", body=b"", method="POST")) == ["request-body-missing"]


@pytest.mark.parametrize(
    ("response", "value"),
    [
        (answer(OK), {"id": 1}), (answer(OK, None), {"id": 1}), (answer(b"{}"), {}), (answer(b"{"), None),
        (answer(b"5", "text/plain", 203), 5), (answer(b"id=1&tags=2", FORM[1], 201), {"id": 1, "tags": [2]}),
        (answer(OK, "text/html"), None), (answer(OK, status=500), None), (answer(b"x", None, 204), None),
    ],
)  # fmt: skip
def test_the_value_of_a_response_comes_with_its_violations(tmp_path: Path, response: Response, value: Any) -> None:
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=RESPONSES)}})
    validator, [listed] = Validator(contract), contract.operations()
    for _ in range(2):  # the second time by what is remembered
        assert validator.check_response(listed, response).value == value


@pytest.mark.parametrize("body", [OK, b"{}", b'{"id": "1"}'])
def test_a_body_is_read_once(tmp_path: Path, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    monkeypatch.setattr("toolkit.wire.json.parse_json", lambda data: read.append(data) or orjson.loads(data))
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=RESPONSES)}})
    validator = Validator(contract, second_opinion=CrossCheck().check)
    for count in (1, 2):
        validator.check(Exchange(get("/x"), answer(body)))
        assert len(read) == count


def test_every_fault_is_found_and_those_of_a_refused_request_are_the_clients(tmp_path: Path) -> None:
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=RESPONSES)}})
    verdict = Validator(contract).check(Exchange(get("/x?y=1"), answer(b'{"id":"1","tags":[1,"2"]}'), "here"))
    assert [(v.rule, v.at, v.source, v.operation) for v in verdict.violations] == [
        ("parameter-undeclared", "request.query.y", "here", "x"),
        ("schema-type", "response.body#/id", "here", "x"),
        ("schema-type", "response.body#/tags/1", "here", "x"),
    ]
    assert verdict.violations[1].contract.startswith(
        "c.json#/paths/~1x/get/responses/200/content/application~1json/schema/properties/id/type:1:"
    )
    required = {"name": "limit", "in": "query", "required": True, "schema": {}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", required, responses=RESPONSES)}})
    [missing] = Validator(contract).check(Exchange(get("/x?limt=1"), answer(OK))).violations
    assert missing.rule == "parameter-missing" and 'limt is not declared (did you mean "limit"?)' in missing.message
    found = Validator(contract).check(Exchange(get("/x?page=1"), answer(OK))).violations
    assert [one.rule for one in found] == ["parameter-missing", "parameter-undeclared"]
    stub = Exchange(get("/x?limt=1"), answer(OK), unnamed=("query",))
    [unknown] = Validator(contract).check(stub).violations
    assert unknown.rule == "value-unrecorded" and "so limit was not checked; limt is not declared" in unknown.message
    assert Validator(contract).check(Exchange(get("/x"), answer(OK, status=400))).conforms


def test_a_like_name_is_looked_for_for_some_of_many_undeclared_parameters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("toolkit.validation.request.likely_name", lambda name, known: asked.append(name) or "")
    contract = loaded(tmp_path, {"/x": {"get": operation("x")}})
    found = Validator(contract).check(Exchange(get("/x?" + "&".join(f"n{one}=1" for one in range(200))), answer()))
    assert len(found.violations) == 200
    assert 0 < len(asked) < 100


def test_records_that_are_no_exchanges_and_exchanges_of_no_operation(tmp_path: Path) -> None:
    validator = Validator(loaded(tmp_path, {"/x": {"get": operation("x")}}))
    assert [v.rule for v in validator.check(Unreadable("here", "cut off")).violations] == ["record-unreadable"]
    assert "no request is known" in validator.check(Exchange(None, answer())).unmatched
    unmatched = validator.check(Exchange(Request("GET", "/y"), None))
    assert unmatched.unmatched == "the contract has no path that matches /y" and unmatched.conforms
    validator.strict = True
    assert not validator.check(Exchange(Request("GET", "/y"), None)).conforms
    assert validator.check(Exchange(Request("GET", "/x"), None)).conforms


COOKIES: dict[str, Any] = {"schema": {"type": "string", "pattern": "^(sid|theme)="}}
LISTED: dict[str, Any] = {
    "schema": {"type": "array", "items": {"type": "string", "pattern": "^(sid|theme)="}, "maxItems": 2}
}
DATED = "sid=1; Expires=Wed, 09 Jun 2021 10:18:14 GMT"


@pytest.mark.parametrize("header", [COOKIES, LISTED])
@pytest.mark.parametrize(
    ("values", "broken"),
    [
        ([DATED], []), ([DATED, "theme=2"], []), ([DATED, "other=2"], ["header-invalid"]), ([f"{DATED}, theme=2"], []),
        ([f"{DATED}, other=2"], ["header-invalid"]),
    ],
)  # fmt: skip
def test_each_cookie_is_checked(tmp_path: Path, header: Any, values: list[str], broken: list[str]) -> None:
    responses = {"204": {"description": "", "headers": {"Set-Cookie": header}}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}})
    response = Response(204, Headers(tuple(("set-cookie", value) for value in values)), b"")
    assert rules(contract, get("/x"), response) == broken


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ("<R><username/></R>", ["xml-structure"]), ("<R><username/><other/></R>", ["xml-structure", "xml-structure"]),
        ("<R><other/></R>", ["xml-structure", "schema-required"]), ("<R/>", ["schema-required"]),
    ],
)  # fmt: skip
def test_a_required_element_that_is_misspelt_is_one_fault(tmp_path: Path, body: str, broken: list[str]) -> None:
    schema = {"type": "object", "xml": {"name": "R"}, "required": ["userName"], "properties": {"userName": {}}}
    content = {"application/xml": {"schema": {**schema, "additionalProperties": False}}}
    contract = loaded(
        tmp_path, {"/x": {"get": operation("x", responses={"200": {"description": "", "content": content}})}}
    )
    assert rules(contract, get("/x"), answer(body.encode(), "application/xml")) == broken


@pytest.mark.parametrize(
    ("url", "response", "unmatched"),
    [
        ("/x", None, "no response was recorded"), ("wss://api.acme.com/x", answer(None, None, 101), "another protocol"),
        ("data:application/json,{}", answer(OK), "scheme data"), ("chrome-extension://abc/x", answer(OK), "scheme chrome-extension"),
        ("file:///x", answer(OK), "scheme file"), ("blob:https://api.acme.com/x", answer(OK), "scheme blob"),
        ("about:blank", answer(OK), "scheme about"), ("javascript:void(0)", answer(OK), "scheme javascript"),
        ("view-source:https://api.acme.com/x", answer(OK), "scheme view-source"),
        ("/x", answer(None, None, 304), ""), ("https://api.acme.com/x", answer(OK), ""),
        ("/v9/x", answer(OK), "without the base path /v9 it has /x"),
        ("/v9//x", answer(OK), "no path that matches /v9//x, which has an empty segment: leave a slash out"),
        ("/things/7/x", answer(OK), "no path that matches /things/7/x."),
        ("/odd", answer(OK), "no path that matches /odd: its path 'odd' has no slash at its start; write /odd"), ("localhost:8080/x", answer(OK), ""),
    ],
)  # fmt: skip
def test_what_is_no_exchange_with_the_service(
    tmp_path: Path, url: str, response: Response | None, unmatched: str
) -> None:
    responses = {"200": {"description": "", "content": JSON}}
    servers = [{"url": "https://api.acme.com"}]
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}, "odd": {}}, servers=servers)
    verdict = Validator(contract).check(Exchange(get(url), response))
    assert (unmatched in f"{verdict.unmatched}.") if unmatched else not verdict.unmatched
    assert not verdict.violations
    strict = Validator(contract, strict=True).check(Exchange(get(url), response)).violations
    assert [one.rule for one in strict] == ["exchange-unmatched"] * ("path" in unmatched)


SCHEMES = {
    "key": {"type": "apiKey", "in": "query", "name": "k"}, "token": {"type": "http", "scheme": "bearer"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"}, "tls": {"type": "mutualTLS"},
    "digest": {"type": "http", "scheme": "Digest"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("security", "request_", "broken"),
    [
        ([{"key": []}], get("/x"), ["security-missing"]), ([{"key": []}], get("/x?k=1"), []), ([{"key": []}, {}], get("/x"), []),
        ([{"key": []}, {"token": []}], get("/x", ("Authorization", "***")), []),
        ([{"token": []}], get("/x", ("Authorization", "bearer t")), []),
        ([{"token": []}], get("/x", ("Authorization", "Basic dTpw")), ["security-missing"]), ([{"tls": []}], get("/x"), []),
        ([{"key": [], "cookie": []}], get("/x?k=1"), ["security-missing"]), ([{"cookie": []}], get("/x", ("Cookie", "a=1; sid=2")), []),
        ([], get("/x"), []), ([{"unknown": []}], get("/x"), []),
        ([{"digest": []}], get("/x"), ["security-missing"]), ([{"digest": []}], get("/x", ("Authorization", "Digest a")), []),
    ],
)  # fmt: skip
def test_success_without_credentials_is_a_warning(
    tmp_path: Path, security: Any, request_: Request, broken: list[str]
) -> None:
    described = operation("x", security=security)
    contract = loaded(
        tmp_path, {"/x": {"get": described}}, components={"securitySchemes": SCHEMES}, security=[{"key": []}]
    )
    found = Validator(contract).check(Exchange(request_, Response(200, Headers(), b"")))
    assert [violation.rule for violation in found.violations] == broken and found.conforms


ACCOUNT = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True}, "password": {"allOf": [{"type": "string"}, {"writeOnly": True}]},
        "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Account"}},
    },
}  # fmt: skip


def test_what_one_side_alone_may_send_is_a_warning(tmp_path: Path) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Account"}}}
    described = operation(
        "x", requestBody={"content": content}, responses={"200": {"description": "", "content": content}}
    )
    contract = loaded(tmp_path, {"/x": {"post": described}}, components={"schemas": {"Account": ACCOUNT}})
    body = b'{"id": 1, "password": "p", "friends": [{"password": "q"}, {"password": "r"}]}'
    request = get("/x", ("Content-Type", "application/json"), body=body, method="POST")
    found = Validator(contract).check(Exchange(request, answer(body))).violations
    places = ["request.body#/id", "response.body#/password", "response.body#/friends/0/password"]
    assert [(violation.rule, violation.at) for violation in found] == [("schema-access", place) for place in places]


def test_a_raw_plus_is_said_to_be_a_space(tmp_path: Path) -> None:
    since = {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", since)}})
    for text, is_plus in (("2021-06-24T13:40:27+01:00", True), ("a+b", False)):
        [violation] = (
            Validator(contract).check(Exchange(get(f"/x?since={text}"), answer(None, None, 500))).violations[:1]
        )
        assert ("%2B" in violation.hint) == is_plus


def test_a_raw_plus_in_a_form_is_said_to_be_a_space(tmp_path: Path) -> None:
    fields = {"since": {"type": "string", "format": "date-time"}, "n": {"type": "integer"}}
    content = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": fields}}}
    contract = loaded(tmp_path, {"/x": {"post": operation("x", requestBody={"content": content})}})
    request = get("/x", FORM, body=b"since=2021-06-24T13:40:27+01:00&n=1+2", method="POST")
    found = Validator(contract).check(Exchange(request, answer(None, None, 200))).violations
    assert {violation.at: "%2B" in violation.hint for violation in found} == {
        "request.body#/since": True,
        "request.body#/n": False,
    }


def test_a_property_of_an_object_in_the_query_is_named(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"limit": {"type": "integer"}}}
    for style, query, label in (("deepObject", "page[limit]=x", "page[limit]"), ("form", "limit=x", "page.limit")):
        contract = loaded(tmp_path, {"/x": {"get": operation("x", parameter("page", schema, style=style))}})
        [found] = Validator(contract).check(Exchange(get(f"/x?{query}"), answer(None, None, 200))).violations
        assert found.message == f'{label}: "x" is a string, expected an integer'


def test_a_field_that_is_meant_as_json_and_is_none_is_said_to_be_so_once(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"meta": {"type": "object"}, "n": {"type": "integer"}}}
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    contract = loaded(tmp_path, {"/x": {"post": operation("x", requestBody={"content": content})}})
    for body, expected in (
        (b'n=x&meta={"a":', ["json-syntax", "schema-type"]),
        (b"meta=text", ["schema-type"]),
        (b'meta={"a":1}', []),
    ):
        assert rules(contract, get("/x", FORM, body=body, method="POST"), answer(None, None, 200)) == expected


XML_ROOTS = {
    "200": {"description": "", "content": {"application/xml": {"schema": PET}}},
    "201": {"description": "", "content": {"application/xml": {"schema": {**PET, "xml": {"name": "pet"}}}}},
    "202": {"description": "", "content": {"image/svg+xml": {"schema": {"type": "string", "format": "binary"}}}},
    "203": {"description": "", "content": {"application/xml": {"schema": {"type": "string"}}}},
    "206": of_json({"multipleOf": 2}),
}


@pytest.mark.parametrize(
    ("response", "broken"),
    [
        (answer(b"<anything><id>1</id></anything>", "application/xml"), []),
        (answer(b"<anything><id>x</id></anything>", "application/xml"), ["schema-type"]),
        (answer(b"<anything><id>1</id></anything>", "application/xml", 201), ["xml-structure"]),
        (answer(b"not XML at all", "image/svg+xml", 202), []), (answer(b"<a><b/></a>", "application/xml", 203), []),
        (answer(b"<a>", "application/xml", 203), ["xml-syntax"]),
        (answer("<é><id>1</id></é>".encode("latin-1"), "application/xml; charset=iso-8859-1"), []),
        (answer("<é><id>1</id></é>".encode(), "application/xml; charset=iso-8859-1"), ["body-undecodable"]),
        (answer("<?xml version='1.0' encoding='ascii'?><é><id>1</id></é>".encode(), "application/xml; charset=utf-8"), []),
        (answer(b"100000000000000000001", status=206), ["schema-bound"]), (answer(b"100000000000000000000", status=206), []),
    ],
)  # fmt: skip
def test_roots_and_charsets_of_xml_and_large_integers(tmp_path: Path, response: Response, broken: list[str]) -> None:
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=XML_ROOTS)}})
    assert rules(contract, get("/x"), response) == broken


def test_an_item_of_a_stream_is_the_alternative_that_it_names(tmp_path: Path) -> None:
    cat, dog = ({"type": "object", "required": [name]} for name in ("meow", "bark"))
    pet = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Cat", "Dog")],
        "discriminator": {"propertyName": "kind"},
    }
    described = operation(
        "x", responses={"200": {"description": "", "content": {"application/jsonl": {"itemSchema": pet}}}}
    )
    contract = loaded(tmp_path, {"/x": {"get": described}}, "3.2.0", components={"schemas": {"Cat": cat, "Dog": dog}})
    body = b'{"kind":"Cat","meow":1}\n{"kind":"Dog","meow":1}\n'
    found = Validator(contract).check(Exchange(get("/x"), answer(body, "application/jsonl"))).violations
    assert [(one.rule, one.at) for one in found] == [("discriminator-mismatch", "response.body#/1/kind (line 2)")]


def test_a_later_response_is_held_to_the_discriminator_too(tmp_path: Path) -> None:
    cat, dog = ({"type": "object", "required": [name]} for name in ("meow", "bark"))
    pet = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Cat", "Dog")],
        "discriminator": {"propertyName": "kind"},
    }
    described = operation("x", responses={"200": of_json(pet)})
    contract = loaded(tmp_path, {"/x": {"get": described}}, components={"schemas": {"Cat": cat, "Dog": dog}})
    validator = Validator(contract)
    bodies = (b'{"kind":"Cat","meow":1}', b'{"kind":"Dog","meow":1}', b'{"kind":"Cow","meow":1}')
    found = [validator.check(Exchange(get("/x"), answer(body))).violations for body in bodies]
    assert [[one.rule for one in violations] for violations in found] == [
        [],
        ["discriminator-mismatch"],
        ["discriminator-mismatch"],
    ]


@pytest.mark.parametrize(
    ("media", "broken"),
    [
        ({"schema": {"allOf": [{"type": "object"}]}}, ["body-unread"]),
        ({"schema": {"required": ["a"], "properties": {"a": {}}}}, ["body-unread"]),
        ({"schema": {"oneOf": [{"type": "object"}, {"type": "array"}]}}, ["body-unread"]),
        ({"schema": {"type": ["object", "null"]}}, ["body-unread"]),
        ({"schema": {"type": "integer"}}, ["body-unread"]),
        ({"itemSchema": {"type": "object"}}, ["body-unread"]),
        ({"schema": {"type": "string", "format": "binary"}}, []),
        ({"schema": {}}, []),
        ({}, []),
    ],
)
def test_what_a_schema_says_of_a_body_that_is_not_read_is_named(tmp_path: Path, media: Any, broken: list[str]) -> None:
    responses = {"200": {"description": "", "content": {"application/cbor": media}}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}})
    assert rules(contract, get("/x"), answer(b"\xa0", "application/cbor")) == broken


@pytest.mark.parametrize(
    ("documented", "sent", "body", "broken"),
    [
        ("application/xml", "application/xml", b"<r>1</r>", []),
        ("application/xml", "application/xml", b"<r>a</r>", ["xsd-invalid"]),
        ("application/xml", "text/xml; charset=iso-8859-1", b"<r n='\xe9'>1</r>", []),
        ("application/xml", "text/xml; charset=iso-8859-1", b"<r n='\xe9'>a</r>", ["xsd-invalid"]),
        ("*/*", "text/xml", b"<r>a</r>", ["xsd-invalid"]),
        ("*/*", "application/json", b"{}", []),
        ("application/json", "application/json", b"{}", ["contract-unusable"]),
    ],
)
def test_an_xsd_is_heeded_without_a_schema_beside_it(
    tmp_path: Path, documented: str, sent: str, body: bytes, broken: list[str]
) -> None:
    head = (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r"><xs:complexType><xs:simpleContent>'
    )
    value = '<xs:extension base="xs:int"><xs:attribute name="n"/></xs:extension>'
    tail = "</xs:simpleContent></xs:complexType></xs:element></xs:schema>"
    (tmp_path / "r.xsd").write_text(head + value + tail)
    responses = {"200": {"description": "", "content": {documented: {"x-xsd": "r.xsd"}}}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}})
    assert rules(contract, get("/x"), answer(body, sent)) == broken


@pytest.mark.parametrize("name", ["a\0b", "a" * 5_000])
def test_an_xsd_whose_name_no_file_can_have_is_a_fault_of_the_contract(tmp_path: Path, name: str) -> None:
    responses = {"200": {"description": "", "content": {"application/xml": {"x-xsd": name}}}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}})
    assert rules(contract, get("/x"), answer(b"<r/>", "application/xml")) == ["contract-unusable"]


@pytest.mark.parametrize(
    ("field", "broken"),
    [("Content-Length", ["body-unrecorded"]), ("Transfer-Encoding", ["body-unrecorded"]), ("Accept", [])],
)
def test_an_optional_body_that_was_sent_and_not_kept_is_named(tmp_path: Path, field: str, broken: list[str]) -> None:
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    contract = loaded(tmp_path, {"/x": {"post": operation("x", requestBody=body)}})
    assert rules(contract, get("/x", (field, "30"), body=None, method="POST")) == broken


@pytest.mark.parametrize(
    ("body", "broken"),
    [(b'{"a":"{{v}}"}', []), (b'{"n":{{v}}}', ["value-unrecorded"]), (b'{"n":"{{v}}"}', ["value-unrecorded"]),
     (b'{"a":"{{v}}","n":"y"}', ["schema-type"]), (b'{"n":', ["json-syntax"]), (None, ["body-unrecorded"])],
)  # fmt: skip
def test_a_variable_in_place_of_a_value_in_a_body_is_named(tmp_path: Path, body: bytes, broken: list[str]) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    content = {"required": True, "content": {"application/json": {"schema": schema}}}
    contract = loaded(tmp_path, {"/x": {"post": operation("x", requestBody=content)}})
    assert rules(contract, Request("POST", "http://api.test/x", body=body, has_variables=True)) == broken


@pytest.mark.parametrize(
    ("stated", "data", "broken"),
    [
        ("bytes 0-5/90", b'{"a":1', ["body-unread"]),
        ("bytes 6-9/90", b'"}', ["body-unread"]),
        ("bytes 0-5/*", b'{"a":1', ["body-unread"]),
        ("bytes 0-5/6", b'{"a":1', ["json-syntax"]),
        ("bytes 0-6/7", b'{"a":1}', []),
        ("items 0-5/90", b'{"b":1}', ["schema-required"]),
        (None, b'{"b":1}', ["schema-required"]),
    ],
)
def test_a_range_of_bytes_is_not_the_content(
    stated: str | None, data: bytes, broken: list[str], tmp_path: Path
) -> None:
    content = {"application/json": {"schema": {"type": "object", "required": ["a"]}}}
    responses = {"200": {"description": "", "content": content}, "206": {"description": "", "content": content}}
    validator = Validator(loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}}))
    headers = (("Content-Type", "application/json"), *((("Content-Range", stated),) if stated else ()))
    for status, expected in (
        (206, broken),
        (206, broken),
        (200, broken if broken != ["body-unread"] else ["json-syntax"]),
    ):
        found = validator.check_response(validator.contract.operation("x"), Response(status, Headers(headers), data))
        assert [violation.rule for violation in found.violations] == expected


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ('xsi:nil="yes"', 'xsi:nil of <v> is "yes", expected true or false'),
        ('nil="true"', "The attribute nil is not allowed in <v>"),
    ],
)
def test_a_null_that_is_not_said_rightly_is_one_finding(tmp_path: Path, attribute: str, message: str) -> None:
    schema = {"type": "object", "xml": {"name": "r"}, "properties": {"v": {"type": ["integer", "null"]}}}
    responses = {"200": {"description": "", "content": {"application/xml": {"schema": schema}}}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}})
    body = f'<r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><v {attribute}/></r>'.encode()
    verdict = Validator(contract).check(Exchange(get("/x"), answer(body, "application/xml")))
    assert [one.message for one in verdict.violations] == [message]


def test_a_discriminator_is_held_in_parameters_and_beside_other_faults(tmp_path: Path) -> None:
    cat, dog = ({"type": "object", "required": [name], "properties": {name: {"type": "integer"}}} for name in "cd")
    pet = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Cat", "Dog")],
        "discriminator": {"propertyName": "kind"},
    }
    ways = {"name": "f", "in": "query", **of_json(pet)}, parameter("o", pet, style="deepObject")
    body = {"type": "object", "properties": {"n": {"type": "integer"}, "pets": {"items": pet}}}
    described = operation("x", *ways, responses={"200": of_json(body)})
    contract = loaded(tmp_path, {"/x": {"get": described}}, components={"schemas": {"Cat": cat, "Dog": dog}})
    sound = get('/x?f={"kind":"Cat","c":1}&o[kind]=Dog&o[d]=1')
    assert rules(contract, sound, answer(b'{"n":1,"pets":[{"kind":"Cat","c":1}]}')) == []
    assert rules(contract, get('/x?f={"kind":"Dog","c":1}&o[kind]=Cat&o[d]=1')) == ["discriminator-mismatch"] * 2
    broken = answer(b'{"n":"x","pets":[{"kind":"Cat","d":1},{"kind":"Cat","c":"x"}]}')
    found = Validator(contract).check(Exchange(get("/x"), broken)).violations
    assert [(one.rule, one.at) for one in found] == [
        ("schema-type", "response.body#/n"),
        ("schema-type", "response.body#/pets/1/c"),
        ("discriminator-mismatch", "response.body#/pets/0/kind"),
    ]
