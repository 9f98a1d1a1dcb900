"""What consumers and stubs say of a service: Pact files, simulations of Hoverfly, recordings of responses."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded

from toolkit.errors import RecordingError
from toolkit.exchange import Exchange, Unreadable
from toolkit.recordings import reading as recordings
from toolkit.recordings.formats.har_entry import write_line
from toolkit.recordings.reading import BareBody
from toolkit.validation.stream import validate

BODY = b'{"ok": true}'
JSON = {"Content-Type": ["application/json"]}
RESPONSE = {"status": 200, "headers": JSON, "body": {"id": 1}}


def read(folder: Path, content: Any) -> Any:
    """The only record of a file."""
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    (folder / "some.file").write_bytes(text if isinstance(text, bytes) else text.encode())
    (record,) = recordings.read(str(folder / "some.file"))
    return record


def converted(path: Path) -> str:
    """The path of the same exchanges as JSON lines."""
    lines = [write_line(one) for one in recordings.read(str(path)) if isinstance(one, Exchange)]
    (copy := path.with_suffix(".jsonl")).write_bytes(b"".join(lines))
    return str(copy)


def pact(request: Any, response: Any, **more: Any) -> dict[str, Any]:
    sent = {"method": "get", "path": "/a b", **request}
    sides: Any = {"consumer": {"name": "c"}, "provider": {"name": "p"}}
    return {**sides, "interactions": [{"request": sent, "response": {"status": 200, **response}, **more}]}


@pytest.mark.parametrize("query", ["q=1&q=2&r=x", {"q": ["1", "2"], "r": "x"}])
def test_a_pact_of_version_2_or_3(tmp_path: Path, query: Any) -> None:
    found = read(tmp_path, pact({"query": query, "headers": {"Accept": "*/*"}}, {"body": [{"a": 1}]}))
    assert (found.request.method, found.request.url) == ("GET", "/a%20b?q=1&q=2&r=x")
    assert found.request.body is None and found.request.headers.get("accept") == "*/*"
    assert found.response.body == b'[{"a":1}]' and found.response.headers.content_type == "application/json"


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"contentType": "image/gif", "encoded": "base64", "content": base64.b64encode(b"\0\xff").decode()}, b"\0\xff"),
        ({"contentType": "application/json", "encoded": "JSON", "content": '{"a": 1}'}, b'{"a": 1}'),
        ({"contentType": "application/json", "encoded": False, "content": "a"}, b'"a"'),
        ({"contentType": "text/plain", "content": "a"}, b"a"), (None, b""),
    ],
)  # fmt: skip
def test_a_pact_of_version_4(tmp_path: Path, body: Any, kept: bytes) -> None:
    found = read(tmp_path, pact({"body": body}, {"body": body}, type="Synchronous/HTTP"))
    assert found.request.body == kept == found.response.body
    assert found.response.headers.content_type == ((body or {}).get("contentType") or "")


def test_a_message_of_a_pact_is_named(tmp_path: Path) -> None:
    found = read(tmp_path, {**pact({}, {}), "interactions": [{"type": "Asynchronous/Messages", "contents": {}}]})
    assert isinstance(found, Unreadable) and "no exchange of HTTP" in found.reason


def test_a_pact_is_held_to_what_it_has_of_a_response(tmp_path: Path) -> None:
    item: Any = {"type": "object", "required": ["id", "name"], "properties": {"id": {"type": "integer"}}}
    closed = {**item, "properties": {**item["properties"], "name": {}}, "additionalProperties": False}
    choice = {"oneOf": [closed, {"type": "object", "required": ["c", "d"]}]}

    def verdicts(schema: Any, body: Any) -> list[str]:
        header = {"X-Rate": {"required": True, "schema": {"type": "integer"}}}
        documented = {"description": "", "headers": header, "content": {"application/json": {"schema": schema}}}
        contract = loaded(tmp_path, {"/a b": {"get": {"responses": {"200": documented}}}})
        (tmp_path / "p.json").write_text(json.dumps(pact({}, body)))
        (verdict,) = validate(contract, str(tmp_path / "p.json"))
        return [one.rule for one in verdict.violations]

    assert verdicts(closed, {"body": {"id": 1}}) == verdicts(closed, {}) == []
    assert verdicts({"type": "array", "minItems": 2, "items": closed}, {"body": [{"id": 1}]}) == []
    assert verdicts(closed, {"body": {"id": "x"}}) == ["schema-type"]
    assert verdicts(closed, {"body": {"idd": 1}}) == ["schema-unknown-member"]
    assert verdicts(closed, {"body": {"id": 1}, "headers": {"X-Rate": "x"}}) == ["header-invalid"]
    assert verdicts({"type": "array", "maxItems": 1}, {"body": [1, 2]}) == ["schema-size"]
    assert verdicts(choice, {"body": {"c": 1}}) == ["body-unrecorded"]
    whole = {"enum": [{"a": [1, 2], "b": {"c": 1}}, [3, 4]]}
    assert [verdicts(whole, {"body": one}) for one in ({"a": [2]}, {"b": {}}, [4])] == [[]] * 3
    assert [verdicts({"const": whole}, {"body": one}) for one in ({"enum": []}, {"enum": [[3]]})] == [[]] * 2
    assert [verdicts(whole, {"body": one}) for one in ({"a": [3]}, {"z": 1}, [5], 3)] == [["schema-value"]] * 4
    assert verdicts(closed, {"status": 404}) == ["status-undeclared"]


def matched(value: Any, matcher: str = "exact") -> list[Any]:
    return [{"matcher": matcher, "value": value}]


WANTED = {"method": matched("GET"), "destination": matched("h"), "scheme": matched("https"), "path": matched("/a")}
HEADERS = {"headers": JSON, "encodedBody": False, "templated": False}


def simulated(folder: Path, request: Any, **response: Any) -> Any:
    stub = {"status": 200, "body": BODY.decode(), **HEADERS, **response}
    return read(folder, {"data": {"pairs": [{"request": request, "response": stub}]}, "meta": {"schemaVersion": "v5"}})


def test_a_simulation_of_hoverfly(tmp_path: Path) -> None:
    query = {"q": matched(["1", "2"], "array"), "r": matched("x y")}
    found = simulated(tmp_path, {**WANTED, "query": query, "body": matched("")})
    assert (
        found.request.url == "https://h/a?q=1&q=2&r=x+y" and found.request.body == b"" and found.response.body == BODY
    )
    encoded = simulated(tmp_path, WANTED, body=base64.b64encode(BODY).decode(), encodedBody=True)
    assert encoded.response.body == BODY
    assert simulated(tmp_path, WANTED, body="{{ x }}", templated=True).response.body is None
    for name in ("method", "path", "query"):
        assert simulated(tmp_path, {**WANTED, name: matched("/a.*", "regex")}).request is None
    open_query = simulated(tmp_path, {**WANTED, "query": {"q": matched("*", "glob")}}).request
    assert open_query.has_variables and open_query.url == "https://h/a?q=%7B%7Bq%7D%7D"
    for whole in (matched("{}", "json"), {"jsonMatch": "{}"}, {"xmlMatch": "{}"}):
        assert simulated(tmp_path, {**WANTED, "body": whole}).request.body == b"{}"
    assert simulated(tmp_path, {**WANTED, "body": matched("{}", "jsonpartial")}).request.body is None
    (tmp_path / "b.json").write_bytes(BODY)
    assert simulated(tmp_path, WANTED, body="", bodyFile="b.json").response.body == BODY
    assert simulated(tmp_path, WANTED, body="", bodyFile="c.json").response.fault


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"urlPath": "/a/1"}, ["value-unrecorded"]),
        ({"url": "/a/1"}, ["parameter-missing"]),
        ({"urlPathTemplate": "/a/{id}", "queryParameters": {"n": {"equalTo": "2"}}}, ["value-unrecorded"]),
        ({"urlPath": "/a/1", "queryParameters": {"n": {"equalTo": "x"}}}, ["parameter-invalid"]),
        ({"urlPath": "/a/1", "queryParameters": {"n": {"matches": "[0-9]"}}}, ["value-unrecorded"]),
        ({"urlPath": "/a/1", "queryParameters": {"n": {"equalTo": "2"}}}, []),
    ],
)
def test_what_a_stub_leaves_open_is_nobodys_fault(tmp_path: Path, wanted: Any, found: list[str]) -> None:
    number = {"required": True, "schema": {"type": "integer"}}
    parameters = [{"name": "n", "in": "query", **number}, {"name": "id", "in": "path", **number}]
    documented = {"parameters": parameters, "responses": {"200": {"description": ""}}, "security": [{"key": []}]}
    schemes = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}
    contract = loaded(tmp_path, {"/a/{id}": {"get": documented}}, components=schemes)
    (tmp_path / "s.json").write_text(json.dumps({"request": {"method": "GET", **wanted}, "response": {"status": 200}}))
    for verdict in (*validate(contract, str(tmp_path / "s.json")), *validate(contract, converted(tmp_path / "s.json"))):
        assert [one.rule for one in verdict.violations] == [*found, "value-unrecorded"]


def test_a_stub_of_a_pattern_is_named_by_it(tmp_path: Path) -> None:
    contract = loaded(tmp_path, {"/a": {"get": {"responses": {"200": {"description": ""}}}}})
    (tmp_path / "s.json").write_text(json.dumps({"request": {"urlPathPattern": "/[a-z]"}, "response": {"status": 200}}))
    for verdict in (*validate(contract, str(tmp_path / "s.json")), *validate(contract, converted(tmp_path / "s.json"))):
        assert verdict.unmatched and "the pattern /[a-z] of a stub" in verdict.unmatched


OLD = {"method": "GET", "path": "/a", "query": "q=1"}


@pytest.mark.parametrize("request_", [OLD, {name: {"exactMatch": value} for name, value in OLD.items()}])
def test_older_simulations_of_hoverfly_and_its_journal(tmp_path: Path, request_: Any) -> None:
    found = simulated(tmp_path, request_)
    assert found.request.url == "/a?q=1"
    journal = {"journal": [{"request": request_, "response": {**RESPONSE, "body": "{}"}, "latency": 20}]}
    assert read(tmp_path, journal).seconds == 0.02


def test_a_recording_of_responses(tmp_path: Path) -> None:
    text = """responses:
- response: {body: '{"ok": true}', content_type: application/json, method: GET, status: 200, url: 'https://h/a?b=1', headers: {X: y}}
"""
    found = read(tmp_path, text)
    assert isinstance(found, Exchange) and found.request and found.request.url == "https://h/a?b=1"
    assert found.response and found.response.body == BODY and found.response.headers.get("x") == "y"


@pytest.mark.parametrize(
    ("name", "content", "cure"),
    [
        ("a", b"\n\r\r\n\0\0", "pcap2har"), ("a.PCAP", b"?", "pcap2har"),
        ("a.bru", b"get {", "contract proxy"),
        ("a.chls", b"\xac\xed\0\5sr", "Export Session"), ("a.chlsx", b"<charles-session>", "Export Session"),
        ("a.proxymanlogv2", b"{}", "Export, as HAR"),
        ("a.json", b'{"name": "c", "items": [], "brunoConfig": {}}', "contract proxy"),
        ("a.json", b'{"name": "c", "version": "1", "items": [{"seq": 1, "request": {}}], "environments": []}', "contract proxy"),
        ("nock.js", b"nock('http://a')", "output_objects"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_refused_with_a_way_to_a_har(tmp_path: Path, name: str, content: bytes, cure: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordingError, match=cure):
        list(recordings.read(str(tmp_path / name), bare=BareBody(inferred=True)))


def test_json_in_another_charset_is_named(tmp_path: Path) -> None:
    found = read(tmp_path, '{"log": {"entries": [{"request": "ä"}]}}'.encode("latin-1"))
    assert "not in UTF-8, as JSON has to be (byte 0xE4 at offset 13)" in found.reason


EXPECTED = {"httpRequest": {"method": "GET", "path": "/a"}, "httpResponse": {"body": {"ok": True}}}
EXACT = {"type": "JSON", "json": {"n": 1}, "matchType": "STRICT"}


@pytest.mark.parametrize(
    ("sent", "url", "body"),
    [
        ({"queryStringParameters": {"q": ["1", "2"]}}, "/a?q=1&q=2", None),
        ({"queryStringParameters": [{"name": "q", "values": ["a.*"]}]}, "/a?q=%7B%7Bq%7D%7D", None),
        ({"path": "/a/.*"}, None, None), ({"path": "!/a"}, None, None), ({"specUrlOrPayload": "x.yaml", "path": None}, None, None),
        ({"headers": {"Host": ["h:1"]}, "secure": True}, "https://h:1/a", None),
        ({"body": {"n": 1}}, "/a", None), ({"body": EXACT}, "/a", b'{"n":1}'),
        ({"body": "x"}, "/a", b"x"), ({"body": {"type": "STRING", "string": "x", "subString": True}}, "/a", None),
        ({"body": {"type": "REGEX", "regex": "x"}}, "/a", None),
        ({"body": {"type": "BINARY", "base64Bytes": "AP8="}}, "/a", b"\0\xff"),
    ],
)  # fmt: skip
def test_an_expectation_of_mockserver(tmp_path: Path, sent: Any, url: str | None, body: bytes | None) -> None:
    found = read(tmp_path, {**EXPECTED, "httpRequest": {**EXPECTED["httpRequest"], **sent}})
    assert (found.request and found.request.url, found.request and found.request.body) == (url, body)
    assert found.pattern and found.unnamed and found.response.headers.content_type == "application/json"
    assert found.response.status == 200 and found.response.body == b'{"ok":true}'


def test_the_log_of_mockserver(tmp_path: Path) -> None:
    logged = [{"timestamp": "2024-01-01 00:00:00.000", **EXPECTED}, {**EXPECTED, "httpResponse": None}]
    logged[0]["httpRequest"] = {"method": "POST", "path": "/a.*", "body": {"type": "dog"}, "cookies": {"s": "1"}}
    (tmp_path / "log.json").write_text(json.dumps(logged))
    exact, forwarded = recordings.read(str(tmp_path / "log.json"))
    assert (
        isinstance(exact, Exchange) and exact.request and exact.request.body == b'{"type":"dog"}' and not exact.pattern
    )
    assert exact.request.url == "/a.*" and exact.request.headers.cookies == [("s", "1")]
    assert isinstance(forwarded, Exchange) and forwarded.response is None
