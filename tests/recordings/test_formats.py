"""Every format of recordings, by small samples written here: counts, requests, bodies, and what is refused."""

from __future__ import annotations

import base64
import gzip
import json
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import pytest

from toolkit.document.yaml import format_yaml
from toolkit.errors import RecordingError
from toolkit.exchange import LACKS, Exchange, Headers, Unreadable
from toolkit.recordings import reading as recordings
from toolkit.recordings.coding import from_base64, restore
from toolkit.recordings.formats import har_entry
from toolkit.recordings.reading import BareBody

BODY = b'{"ok": true}'
GZIPPED = gzip.compress(BODY)
ENTRY = {
    "startedDateTime": "2024-01-01T00:00:00Z",
    "time": 12.5,
    "request": {"method": "GET", "url": "https://api.test/a?b=1", "headers": [{"name": "Accept", "value": "*/*"}]},
    "response": {
        "status": 200,
        "headers": [{"name": "Content-Type", "value": "application/json"}],
        "content": {"size": 12, "mimeType": "application/json", "text": BODY.decode()},
    },
}


def test_the_time_of_an_entry_is_kept_where_it_is_one() -> None:
    for written, kept in (
        ("2024-01-01T00:00:00.000Z", "2024"),
        ("2024-01-01T02:00:00+02:00", "2024"),
        ("soon", "1970"),
    ):
        for read in (
            har_entry.exchange({**ENTRY, "startedDateTime": written}, ""),
            har_entry.read_exchange(json.dumps({**ENTRY, "startedDateTime": written}).encode(), ""),
        ):
            assert read and har_entry.to_har_entry(read)["startedDateTime"] == f"{kept}-01-01T00:00:00.000Z"


def har(*entries: Any) -> dict[str, Any]:
    return {"log": {"version": "1.2", "pages": [{"id": "entries"}], "entries": list(entries)}}


def entry(**content: Any) -> dict[str, Any]:
    return {**ENTRY, "response": {**ENTRY["response"], "content": content}}  # type: ignore[dict-item]


def read(folder: Path, content: Any, name: str = "some.file", **options: Any) -> list[Any]:
    data = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else None
    path = folder / name
    path.write_bytes(json.dumps(content).encode() if data is None else data)
    return list(recordings.read(str(path), **options))


def one(folder: Path, content: Any, name: str = "some.file", **options: Any) -> Any:
    """The only record, which is an exchange."""
    (record,) = read(folder, content, name, **options)
    assert isinstance(record, Exchange), record
    return record


def refusal(folder: Path, content: Any, name: str = "some.file") -> str:
    with pytest.raises(RecordingError) as caught:
        read(folder, content, name)
    message = str(caught.value)
    assert name in message
    assert "\n" not in message
    assert len(message) < 500
    return message


def test_har(tmp_path: Path) -> None:
    found = one(tmp_path, har(ENTRY))
    assert found.source == f"{tmp_path}/some.file#/log/entries/0"
    assert (found.request.method, found.request.url, found.request.body) == ("GET", "https://api.test/a?b=1", None)
    assert (found.response.status, found.response.body, found.seconds) == (200, BODY, 0.0125)
    assert found.response.headers.get("content-type") == "application/json"


def test_har_with_byte_order_mark_and_with_any_name(tmp_path: Path) -> None:
    assert one(tmp_path, b"\xef\xbb\xbf" + json.dumps(har(ENTRY)).encode(), "notes.txt").response


def test_har_pseudo_headers_are_no_headers(tmp_path: Path) -> None:
    request = {**ENTRY["request"], "headers": [{"name": n, "value": "x"} for n in (":method", "a", ":path")]}  # type: ignore[dict-item]
    found = one(tmp_path, har({"request": request})).request
    assert found.headers.pairs == (("a", "x"),)


@pytest.mark.parametrize(
    ("content", "body", "faulty"),
    [
        ({"text": "ü", "mimeType": "text/plain"}, "ü".encode(), False),
        ({"text": "ü", "mimeType": "text/plain; charset=ISO-8859-1"}, b"\xfc", False),
        ({"text": "ü", "mimeType": "text/plain; charset=no-such"}, "ü".encode(), False),
        ({"text": base64.b64encode(b"\0\xff").decode(), "encoding": "base64"}, b"\0\xff", False),
        ({"text": "AP\r\n8=", "encoding": "BASE64"}, b"\0\xff", False),
        ({"text": "-_8", "encoding": "base64"}, b"\xfb\xff", False),
        ({"text": "no base64!", "encoding": "base64"}, b"no base64!", False),
        ({"text": '["AP8="]', "encoding": "base64"}, b'["AP8="]', False),
        ({"text": "00ff", "_isBinary": True}, b"\0\xff", False),
        ({"size": 0}, b"", False),
        ({"size": 7}, None, False),
        ({}, None, False),
    ],
)
def test_har_content(tmp_path: Path, content: dict[str, Any], body: bytes | None, faulty: bool) -> None:
    response = one(tmp_path, har(entry(**content))).response
    assert response is not None
    assert (response.body, response.fault is not None) == (body, faulty)


def test_har_headers_that_are_no_texts(tmp_path: Path) -> None:
    for fields in ([{"name": "a", "value": 7}, {"name": "b", "value": None}], {"a": 7, ":status": "200"}):
        found = one(tmp_path, har({"request": {**ENTRY["request"], "headers": fields}})).request  # type: ignore[dict-item]
        assert found is not None
        assert found.headers.pairs == (("a", "7"),)


def test_har_that_is_not_quite_json(tmp_path: Path) -> None:
    text = json.dumps(har(ENTRY)).replace("12.5", "NaN").replace("a?b=1", "a\tb\\ud83d")
    found = one(tmp_path, text)
    assert found.request.url == "https://api.test/a\tb\ud83d"
    assert one(tmp_path, recordings.write_line(found)).request == found.request


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ([{"name": "a b", "value": "1+%"}], "a+b=1%2B%25"),
        ([{"name": None, "value": "x"}, {"name": "a", "value": None}], "a="),
        ([{"name": "a%5B%5D", "value": "${x}+y"}, {"name": "b"}], "a%5B%5D=%24%7Bx%7D+y&b="),  # encoded when recorded
    ],
)
def test_har_parameters_apart_from_where_they_were_sent(tmp_path: Path, fields: Any, query: str) -> None:
    asked = {"method": "POST", "url": "http://t/", "queryString": fields, "postData": {"params": fields}}
    found = one(tmp_path, har({"request": asked})).request
    assert (found.url, found.body) == (f"http://t/?{query}", query.encode())


def test_har_fields_without_a_value_or_a_name(tmp_path: Path) -> None:
    fields = [{"name": "X"}, {"name": None, "value": "x"}, {"name": "a", "value": "1"}, {"value": "x"}]
    asked = {"method": "GET", "url": "http://t/", "headers": fields, "queryString": fields, "cookies": fields}
    found = one(tmp_path, har({"request": asked})).request
    assert found.url == "http://t/?X=&a=1"
    assert found.headers.pairs == (("X", ""), ("a", "1"), ("Cookie", "X=; a=1"))
    assert one(tmp_path, har({"request": {**asked, "queryString": {"q": "1"}}})).request.url == "http://t/?q=1"


def test_har_with_a_time_that_is_no_number(tmp_path: Path) -> None:
    assert one(tmp_path, har({**ENTRY, "time": "12"})).seconds is None


def test_har_text_with_its_chunks(tmp_path: Path) -> None:
    recorded = entry(text="c\r\n" + BODY.decode() + "\r\n0\r\n\r\n")
    response = one(tmp_path, har(recorded)).response
    assert (response.body or b"").startswith(b"c\r\n")
    recorded["response"]["headers"] = [{"name": "transfer-encoding", "value": "chunked"}]
    response = one(tmp_path, har(recorded)).response
    assert response.body == BODY


@pytest.mark.parametrize(("errors", "body"), [(None, BODY), ("replace", None)])
def test_har_text_that_is_compressed(tmp_path: Path, errors: str | None, body: bytes | None) -> None:
    recorded = entry(text=GZIPPED.decode("utf-8", errors) if errors else GZIPPED.decode("latin-1"))
    recorded["response"]["headers"] = [{"name": "Content-Encoding", "value": "gzip"}]
    response = one(tmp_path, har(recorded)).response
    assert response is not None
    assert (response.body, response.fault is None) == (body, body is not None)


def test_har_with_bodies_in_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_bytes(BODY)
    found = [
        record.response
        for record in read(tmp_path, har(entry(_file="1.json"), entry(_file="../2")))
        if isinstance(record, Exchange)
    ]
    assert [response and response.body for response in found] == [BODY, None]
    assert found[1] and found[1].fault == f"{LACKS}the file that holds the body, ../2"


def test_har_documents_one_after_another(tmp_path: Path) -> None:
    text = json.dumps(har(ENTRY, ENTRY))
    found = read(tmp_path, text + "\n" + text)
    assert [record.source[-2:] for record in found if isinstance(record, Exchange)] == ["/0", "/1", "/2", "/3"]


def test_har_body_recorded_with_its_coding(tmp_path: Path) -> None:
    def answered(data: bytes) -> Any:
        recorded = entry(text=base64.b64encode(data).decode(), encoding="base64")
        recorded["response"]["headers"] = [{"name": "Content-Encoding", "value": "gzip"}]
        return one(tmp_path, har(recorded)).response

    assert answered(GZIPPED).body == BODY
    assert answered(BODY).body == BODY
    assert answered(GZIPPED[:-5]).body is None
    assert "gzip" in answered(GZIPPED[:-5]).fault


def test_har_of_polly_keeps_what_is_compressed_in_chunks(tmp_path: Path) -> None:
    chunks = GZIPPED[:9], GZIPPED[9:]
    ways: list[dict[str, Any]] = [
        {"text": json.dumps([base64.b64encode(chunk).decode() for chunk in chunks]), "encoding": "base64"},
        {"text": json.dumps([chunk.hex() for chunk in chunks]), "_isBinary": True},
    ]
    for recorded in (entry(**content) for content in ways):
        recorded["response"]["headers"] = [{"name": "Content-Encoding", "value": "gzip"}]
        assert one(tmp_path, har(recorded)).response.body == BODY


@pytest.mark.parametrize("response", [None, {}, {"status": 0}, {"status": -1}, {"status": None}])
def test_har_without_a_response(tmp_path: Path, response: Any) -> None:
    assert one(tmp_path, har({**ENTRY, "response": response})).response is None


def test_har_not_modified_has_no_body(tmp_path: Path) -> None:
    recorded = entry(text="from the cache")
    recorded["response"]["status"] = 304
    response = one(tmp_path, har(recorded)).response
    assert response.body is None


@pytest.mark.parametrize(
    ("post", "body"),
    [
        ({"text": "a=1", "params": [{"name": "b", "value": "2"}]}, b"a=1"),
        ({"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a b", "value": "ü"}]}, b"a+b=%C3%BC"),
        ({"mimeType": "multipart/form-data", "params": [{"name": "a"}]}, None),
        ({"mimeType": "application/json", "params": [{"name": "a", "value": "x"}, {"name": "n", "value": 7}]}, None),
        (
            {"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "a", "value": "1"}]},
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
        ),
        ({}, None),
    ],
)
def test_har_request_body(tmp_path: Path, post: dict[str, Any], body: bytes | None) -> None:
    found = one(tmp_path, har({"request": {"method": "POST", "url": "http://t/", "postData": post}})).request
    assert found.body == body


def test_har_request_of_which_the_files_were_not_kept(tmp_path: Path) -> None:
    params = [{"name": "a", "fileName": "a.png"}, {"name": "b", "value": "1"}]
    post = {"mimeType": "multipart/form-data; boundary=x", "params": params}
    found = one(tmp_path, har({"request": {"method": "POST", "url": "http://t/", "postData": post}})).request
    first, second = (f'--x\r\nContent-Disposition: form-data; name="{name}' for name in "ab")
    assert found.body == f'{first}"; filename="a.png"\r\n\r\n\r\n{second}"\r\n\r\n1\r\n--x--\r\n'.encode()
    assert found.fault == f"{LACKS}the content of files"


def test_broken_entries_are_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    bad = [7, {"request": {}}, {}, {**ENTRY, "response": {"status": "no"}}]
    bad.append({**ENTRY, "request": {"method": "GET", "url": "/", "headers": [{"name": 5, "value": "a"}]}})
    found = read(tmp_path, har(*bad, ENTRY))
    assert [type(record) for record in found] == [Unreadable] * len(bad) + [Exchange]
    assert found[1] == Unreadable(f"{tmp_path}/some.file#/log/entries/1", 'the property "url" is missing')


def test_har_cut_off_is_read_up_to_the_cut(tmp_path: Path) -> None:
    text = json.dumps(har(ENTRY, ENTRY, ENTRY), indent=1)
    found = read(tmp_path, text[: text.rindex('"status"')])
    assert [type(record) for record in found] == [Exchange, Exchange, Unreadable]
    assert found[2].source.endswith("#/log/entries/2")


def test_lone_entry_and_list_of_entries(tmp_path: Path) -> None:
    assert len(read(tmp_path, json.dumps(ENTRY, indent=1))) == 1
    assert len(read(tmp_path, json.dumps([ENTRY, ENTRY], indent=1))) == 2
    assert len(read(tmp_path, json.dumps({"version": "1.2", "entries": [ENTRY, ENTRY]}))) == 2


@pytest.mark.parametrize("headers", [{}, {"headers": []}, {"headers": {"A": "b"}}])
@pytest.mark.parametrize(("kept", "body"), [('{"a": 1}', b'{"a": 1}'), ({"a": 1}, b'{"a":1}'), ("", b""), (None, None)])
def test_records_that_resemble_har_have_plain_bodies(
    tmp_path: Path, headers: Any, kept: Any, body: bytes | None
) -> None:
    sent = {"method": "POST", "url": "http://t/a", "body": "x", **headers}
    record = {"request": sent, "response": {"status": 200, **headers, **({} if kept is None else {"body": kept})}}
    read = one(tmp_path, json.dumps(record) + "\n", "a.jsonl")
    assert read.request and read.response
    assert (read.request.body, read.response.body) == (b"x", body)


INTERACTION = {
    "request": {"method": "post", "uri": "http://t/a", "headers": {"A": ["1", "2"]}, "body": {"string": "q"}},
    "response": {
        "status": {"code": 201, "message": "Created"},
        "headers": {"Content-Encoding": ["gzip"]},
        "body": {"base64_string": base64.encodebytes(GZIPPED).decode()},
        "elapsed": "0.25",
    },
}


def test_vcr_json(tmp_path: Path) -> None:
    found = one(tmp_path, {"http_interactions": [INTERACTION], "recorded_with": "VCR"})
    assert (found.request.method, found.request.url, found.request.body) == ("POST", "http://t/a", b"q")
    assert found.request.headers.get_all("a") == ["1", "2"]
    assert (found.response.status, found.response.body, found.seconds) == (201, BODY, 0.25)
    assert found.source.endswith("some.file#/http_interactions/0")


VCRPY = f"""\
interactions:
- request:
    body: null
    headers:
      Accept: ['*/*']
    method: GET
    uri: http://t/a
  response:
    body:
      string: !!binary |
        {base64.b64encode(GZIPPED).decode()}
    headers:
    - !!python/tuple [Content-Encoding, [gzip]]
    status: {{code: 200, message: OK}}
- request: {{body: !!python/unicode 'x', headers: {{}}, method: GET, uri: http://t/b}}
  response:
    body: {{string: !!binary "no base64!"}}
    headers: {{}}
    status: {{code: 200, message: OK}}
- request: !!python/object/apply:os.system ["touch PWNED"]
  response: {{}}
version: 1
"""


def test_vcrpy_yaml_with_python_tags_inert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second, third = read(tmp_path, VCRPY)
    assert first.response.body == BODY
    assert "base64" in (second.response.fault or "")
    assert isinstance(third, Unreadable)
    assert not Path("PWNED").exists()


def test_vcrpy_bodies_of_python_objects(tmp_path: Path) -> None:
    for body in (
        "new:_io.BytesIO {state: !!python/tuple [!!binary YWI=, 0, null]}",
        "apply:builtins.iter {args: [[!!binary YQ==, !!binary Yg==]]}",
    ):
        request = f"request: {{method: GET, uri: http://t/, headers: {{}}, body: !!python/object/{body}}}"
        found = one(
            tmp_path, f"interactions:\n- {request}\n  response: {{status: {{code: 200}}, headers: {{}}}}\n"
        ).request
        assert found is not None
        assert found.body == b"ab"


RUBY = """\
- !ruby/struct:VCR::HTTPInteraction
  request: !ruby/struct:VCR::Request
    method: :get
    uri: !binary aHR0cDovL3QvYQ==
    headers: {A: [!binary "Yg=="]}
  response: !ruby/struct:VCR::Response
    status: !ruby/struct:VCR::ResponseStatus {code: 200, message: OK}
    headers:
    body: !binary "AP8="
"""


@pytest.mark.parametrize("cassette", [RUBY, "http_interactions:\n" + RUBY])
def test_ruby_vcr(tmp_path: Path, cassette: str) -> None:
    found = one(tmp_path, cassette)
    assert (found.request.method, found.request.url, found.request.headers.get("A")) == ("GET", "http://t/a", "b")
    assert found.response.body == b"\0\xff"


OLDEST_VCRPY = """\
- request: !!python/object:vcr.request.Request
    body: null
    headers: !!python/object/apply:__builtin__.frozenset
    - - !!python/tuple [accept, '*/*']
    host: api.test
    method: GET
    path: /a
    port: 443
    protocol: https
  response:
    body: {string: !!python/unicode "text"}
    headers: [!!python/unicode "content-type: text/plain\\r\\n"]
    status: {code: 200, message: OK}
"""


def test_oldest_vcrpy(tmp_path: Path) -> None:
    found = one(tmp_path, OLDEST_VCRPY)
    assert found.request.url == "https://api.test/a"
    assert found.request.headers.pairs == (("accept", "*/*"),)
    assert found.response.headers.pairs == (("content-type", "text/plain"),)
    assert found.response.body == b"text"


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ('{status: 200 OK, code: 200, duration: "", body: x, headers: {}}', None),
        ("{status: 200 OK, code: 200, duration: 1m2.5s, body: x, headers: {A: [b]}, uncompressed: true}", 62.5),
        ("{status: 200 OK, body: x, duration: 12.5ms}", 0.0125),
        ("{status_code: 200, content: x, headers: {}, http_version: HTTP/1.1}", None),
    ],
)
def test_go_vcr_and_httpx(tmp_path: Path, answer: str, seconds: float | None) -> None:
    cassette = (
        f"---\nversion: 2\ninteractions:\n- id: 0\n  request: {{url: 'http://t/', method: GET}}\n  response: {answer}\n"
    )
    found = one(tmp_path, cassette)
    assert (found.response.status, found.response.body) == (200, b"x")
    assert found.seconds == pytest.approx(seconds)


def test_schemathesis_events(tmp_path: Path) -> None:
    encoded = {"$base64": base64.b64encode(BODY).decode()}
    interaction = {
        "request": {"method": "POST", "uri": "http://t/", "headers": {"A": ["b"]}, "body": encoded},
        "response": {"status_code": 200, "headers": {}, "content": encoded, "elapsed": 0.5},
    }
    events = [
        {"Initialize": {"schemathesis_version": "4"}},
        {"ScenarioFinished": {"recorder": {"interactions": {"x": interaction, "y": {"request": None}}}}},
    ]
    lines = "\n".join(json.dumps(event, separators=(",", ":")) for event in events)
    found, broken = read(tmp_path, lines + '\n{"interactions"')[:2]
    assert found.request.body == found.response.body == BODY
    assert isinstance(broken, Unreadable)


def tnet(value: Any) -> bytes:
    kinds: dict[type, bytes] = {bytes: b",", str: b";", int: b"#", float: b"^", bool: b"!", type(None): b"~"}
    if isinstance(value, dict):
        data, kind = b"".join(tnet(key) + tnet(item) for key, item in value.items()), b"}"
    elif isinstance(value, list):
        data, kind = b"".join(map(tnet, value)), b"]"
    else:
        kind = kinds[type(value)]
        data = value if isinstance(value, bytes) else b"" if value is None else str(value).lower().encode()
    return str(len(data)).encode() + b":" + data + kind


def flow(content: bytes, key: Any = str) -> dict[Any, Any]:
    request = {"method": b"GET", "scheme": b"https", "host": "10.0.0.1", "port": 8443, "path": b"/a"}
    request |= {"headers": [[b"A", b"b"]], "content": b"", "timestamp_start": 1.0}
    response = {"status_code": 200, "headers": [[b"Content-Encoding", b"gzip"]], "content": content}
    response |= {"timestamp_end": 1.5}
    value = {"type": "http", "version": 11, "request": request, "response": response}
    return {key(name): item for name, item in value.items()}


def test_mitmproxy_flows(tmp_path: Path) -> None:
    flows = [flow(GZIPPED), flow(b"corrupt"), {"type": "tcp", "messages": []}, {**flow(b""), "response": None}]
    flows.insert(1, {"type": "dns", "request": {"questions": []}, "response": None})
    flows.append(flow(GZIPPED, key=str.encode))  # the oldest dumps have their names as bytes
    found = read(tmp_path, b"".join(map(tnet, flows)) + tnet(flow(GZIPPED))[:-9])
    assert [type(record) for record in found] == [Exchange] * 4 + [Unreadable]
    bodies = [getattr(record.response, "body", "no answer") for record in found if isinstance(record, Exchange)]
    assert bodies == [BODY, None, "no answer", BODY]
    assert (found[0].request.url, found[0].seconds) == ("https://10.0.0.1:8443/a", 0.5)


def test_postman_2(tmp_path: Path) -> None:
    url: dict[str, Any] = {
        "host": ["{{base}}"],
        "path": ["a", ":id"],
        "query": [{"key": "q", "value": "1"}, {"key": "r", "disabled": True}],
    }
    url["variable"] = [{"key": "id", "value": "7"}]
    saved = {"name": "ok", "code": 200, "header": [{"key": "Content-Type", "value": "text/plain"}], "body": "x"}
    asked = {"method": "POST", "url": url, "header": [], "body": {"mode": "raw", "raw": "{{word}}"}}
    item = {"name": "request", "request": asked, "response": [saved, {**saved, "originalRequest": {"url": "{{h}}/z"}}]}
    variables = [{"key": "base", "value": "https://{{host}}"}, {"key": "word", "value": "hello"}]
    variables.append({"key": "host", "value": "api.test"})
    collection: dict[str, Any] = {
        "info": {"schema": "…/v2.1.0/"},
        "item": [{"name": "folder", "item": [item]}],
        "variable": variables,
    }
    first, second = read(tmp_path, collection)
    assert (first.request.url, first.request.body) == ("https://api.test/a/7?q=1", b"hello")
    assert first.source.endswith("#/item/0/item/0/response/0")
    assert (second.request.method, second.request.url) == ("GET", "/z")
    item["response"] = []
    assert "without saved responses" in refusal(tmp_path, collection)


def test_requests_of_postman_without_a_response(tmp_path: Path) -> None:
    """The request of an item, where none of its saved responses is of that request; a path variable that is empty is unknown."""

    def item(name: str, *sent: str) -> dict[str, Any]:
        saved = [{"code": 200, "body": "", "originalRequest": {"method": "GET", "url": url}} for url in sent]
        return {"request": {"url": name, "description": "d"}, "response": saved}

    path = {"path": ["d", ":id"], "host": ["h"], "variable": [{"key": "id", "value": ""}]}
    items = [item("/a", "/a"), item("/b", "/b?x=1"), item("/c"), {"request": {"url": path}}, {"request": {"url": ""}}]
    found = [one for one in read(tmp_path, {"info": {}, "item": items}) if isinstance(one, Exchange) and one.request]
    urls = {one.source.rpartition("#")[2]: one.request.url for one in found if one.request and not one.response}
    assert urls == {"/item/1/request": "/b", "/item/2/request": "/c", "/item/3/request": "http://h/d/{{id}}"}
    assert [one.request.url for one in found if one.request and one.response] == ["/a", "/b?x=1"]


PART = b'--boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--boundary--\r\n'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"mode": "raw", "raw": '{"n": {{unknown}}}'}, b'{"n": {{unknown}}}'),
        ({"mode": "urlencoded", "urlencoded": [{"key": "a", "value": "{{v}}"}]}, b"a=%7B%7Bv%7D%7D"),
        ({"mode": "formdata", "formdata": [{"key": "a", "value": "1", "type": "text"}]}, PART),
        ({"mode": "formdata", "formdata": [{"key": "a", "src": "/a.png", "type": "file"}]}, None),
        (
            {"mode": "graphql", "graphql": {"query": "{a}", "variables": '{"i": 1}'}},
            b'{"query":"{a}","variables":{"i":1}}',
        ),
        ({"mode": "graphql", "graphql": {"query": "{a}"}}, b'{"query":"{a}","variables":{}}'),
        ({"mode": "graphql", "graphql": {"query": "{a}", "variables": '{"i": {{v}}}'}}, None),
        ({"mode": "file", "file": {"src": "/a"}}, None),
        (None, b""),
        ({"mode": "raw", "raw": "a", "disabled": True}, b""),
    ],
)
def test_bodies_in_postman(tmp_path: Path, body: Any, expected: bytes | None) -> None:
    asked = {"method": "POST", "url": "http://api.test/a", "body": body}
    found = one(tmp_path, {"info": {}, "item": [{"request": asked, "response": [{"code": 200, "body": ""}]}]})
    assert found.request.body == expected
    assert found.request.has_variables == (b"{{" in unquote_to_bytes(expected or b""))
    assert har_entry.exchange(har_entry.to_har_entry(found), "").request == found.request


@pytest.mark.parametrize(
    ("auth", "url", "header"),
    [
        ({"type": "bearer", "bearer": [{"key": "token", "value": "{{t}}"}]}, "/a", "Bearer ***"),
        ({"type": "basic", "basic": {"username": "u", "password": "p"}}, "/a", "Basic ***"),
        (
            {"type": "apikey", "apikey": [{"key": "key", "value": "k"}, {"key": "in", "value": "query"}]},
            "/a?k=***",
            None,
        ),
        ({"type": "noauth"}, "/a", None),
        (None, "/a", "Digest ***"),
    ],
)
def test_credentials_that_postman_adds(tmp_path: Path, auth: Any, url: str, header: str | None) -> None:
    asked = {"method": "GET", "url": "/a", "auth": auth}
    item = {
        "name": "folder",
        "item": [{"request": asked, "response": [{"code": 200, "originalRequest": {"url": "/a"}}]}],
    }
    found = one(tmp_path, {"info": {}, "item": [item], "auth": {"type": "digest"}}).request
    assert (unquote(found.url), found.headers.get("Authorization")) == (url, header)


def test_postman_1(tmp_path: Path) -> None:
    response: dict[str, Any] = {
        "responseCode": {"code": 200},
        "headers": [{"name": "A", "value": "b"}],
        "text": "x",
        "time": "250",
    }
    request: dict[str, Any] = {
        "method": "POST",
        "url": "api.test/:id",
        "headers": "A: b\n",
        "pathVariables": {"id": "7"},
    }
    request |= {"dataMode": "urlencoded", "data": [{"key": "k", "value": "v"}], "responses": [response]}
    found = one(tmp_path, {"id": "1", "order": ["2"], "requests": [request]})
    assert (found.request.url, found.request.body, found.seconds) == ("http://api.test/7", b"k=v", 0.25)
    assert found.request.headers.pairs == (("A", "b"),)


def test_newman(tmp_path: Path) -> None:
    asked = {"method": "GET", "url": {"protocol": "http", "host": ["t"], "path": ["a"], "query": [], "variable": []}}
    answered = {"code": 200, "header": [{"key": "A", "value": "b"}], "responseTime": 250}
    answered["stream"] = {"type": "Buffer", "data": list(BODY)}
    report = {
        "collection": {"item": []},
        "run": {"executions": [{"request": asked, "response": answered}, {"request": asked}]},
    }
    first, second = read(tmp_path, report)
    assert (first.request.url, first.response.body, first.seconds) == ("http://t/a", BODY, 0.25)
    assert second.response is None


@pytest.mark.parametrize(
    ("request_", "response", "url", "body"),
    [
        ({"method": "GET", "url": "/a"}, {"status": 200, "body": "x"}, "/a", b"x"),
        ({"method": "GET", "url": "/a"}, {"status": 200}, "/a", b""),
        ({"urlPath": "/a", "queryParameters": {"q": {"equalTo": "1"}}}, {"jsonBody": {"n": 2.0}}, "/a?q=1", b'{"n":2.0}'),
        ({"url": "/a"}, {"jsonBody": {"half": "\ud800"}}, "/a", b'{"half":"\\ud800"}'),
        ({"urlPattern": "/a/[0-9]+"}, {"base64Body": "AP8="}, None, b"\0\xff"),
        ({"urlPathTemplate": "/a/{id}", "pathParameters": {"id": {"equalTo": "b/c"}}}, {"body": "x"}, "/a/b%2Fc", b"x"),
        ({"urlPathTemplate": "/a/{id}"}, {"body": "{{x}}"}, "/a/{{id}}", b"{{x}}"),
        ({"url": "/a", "queryParameters": {"q": {"matches": "."}, "n": {"absent": True}}}, {}, "/a?q=%7B%7Bq%7D%7D", b""),
        ({"url": "/a", "queryParameters": {"q": {"hasExactly": [{"equalTo": "1"}, {"equalTo": "2"}]}}}, {}, "/a?q=1&q=2", b""),
        ({"url": "/a"}, {"base64Body": base64.b64encode(GZIPPED).decode(), "headers": {"Content-Encoding": "gzip"}}, "/a", BODY),
        ({"urlPattern": "/a"}, {"bodyFileName": "inner.json"}, "/a", BODY),
        ({"urlPattern": "/a"}, {"bodyFileName": "../secret"}, "/a", None),
        ({"urlPattern": "/a"}, {"bodyFileName": "absent"}, "/a", None),
    ],
)  # fmt: skip
def test_wiremock(tmp_path: Path, request_: Any, response: Any, url: str | None, body: bytes | None) -> None:
    for folder in ("mappings", "__files"):
        (tmp_path / folder).mkdir()
    (tmp_path / "__files" / "inner.json").write_bytes(BODY)
    (tmp_path / "secret").write_bytes(b"secret")
    found = one(tmp_path / "mappings", {"request": request_, "response": response})
    assert (found.request.url if found.request else None) == url
    assert (found.response.status, found.response.body) == (200, body)
    assert (found.response.fault is None) == (body is not None)


@pytest.mark.parametrize(
    ("matcher", "body"),
    [
        ({"equalToJson": {"a": 1}}, b'{"a":1}'),
        ({"equalToXml": "<a/>"}, b"<a/>"),
        ({"equalToJson": {"a": 1}, "ignoreExtraElements": True}, None),
        ({"equalToJson": '{"a": "${json-unit.any-number}"}'}, None),
    ],
)
def test_a_body_that_wiremock_leaves_open_is_not_known(tmp_path: Path, matcher: Any, body: bytes | None) -> None:
    wanted = {"method": "POST", "url": "/a", "bodyPatterns": [matcher]}
    assert one(tmp_path, {"request": wanted, "response": {"body": "x"}}).request.body == body


def test_wiremock_template_is_no_body(tmp_path: Path) -> None:
    stub = {"body": "{{request.path}}", "transformers": ["response-template"]}
    found = one(tmp_path, {"request": {"url": "/a"}, "response": stub}).response
    assert (found.body, found.fault) == (None, None)


def test_wiremock_journal(tmp_path: Path) -> None:
    asked = {"url": "/a", "absoluteUrl": "http://t/a", "method": "POST", "headers": {"A": "b"}, "body": "q"}
    answered = {"status": 200, "headers": {"Content-Encoding": "gzip"}}
    answered["bodyAsBase64"] = base64.b64encode(GZIPPED).decode()
    events = [
        {"request": asked, "response": answered, "timing": {"totalTime": 250}},
        {"request": asked, "response": {}},
    ]
    first, second = read(tmp_path, {"requests": events, "meta": {"total": 2}})
    assert (first.request.url, first.request.body) == ("http://t/a", b"q")
    assert (first.response.body, first.seconds) == (BODY, 0.25)
    assert second.response is None


def test_several_wiremock_mappings(tmp_path: Path) -> None:
    mapping = {"request": {"method": "GET", "url": "/a"}, "response": {"fault": "EMPTY_RESPONSE"}}
    found = read(tmp_path, {"mappings": [mapping, mapping]})
    assert [record.source[-12:] for record in found] == ["#/mappings/0", "#/mappings/1"]


@pytest.mark.parametrize(
    ("answered", "sent", "body"),
    [
        ({"status": 201, "body": BODY.decode()}, {"method": "POST"}, BODY),
        ({"status_code": 201, "type": "ok", "binary": False, "body": BODY.decode()}, {"body": "", "request_body": "q"}, BODY),
        ({"status_code": 201, "binary": True, "body": "g20="}, {}, None),
        ({"status": {"status_code": 201, "reason": "Created"}, "body": {"encoding": "UTF-8", "string": BODY.decode()}}, {}, BODY),
        ({"status": {"code": 201}, "body": {"encoding": "UTF-8", "bin_key": "x"}}, {}, None),
    ],
)  # fmt: skip
def test_cassettes_of_older_php_vcr_of_exvcr_and_of_r(
    tmp_path: Path, answered: Any, sent: Any, body: bytes | None
) -> None:
    record = {
        "request": {"method": "post", "url": "https://api.test/a", **sent},
        "response": {"headers": {}, **answered},
    }
    listed = isinstance(answered["body"], str)
    found = one(tmp_path, format_yaml([record] if listed else {"http_interactions": [record]}))
    assert (found.request.method, found.response.status, found.response.body) == ("POST", 201, body)
    assert found.request.body == (b"q" if "request_body" in sent else None)


@pytest.mark.parametrize("as_yaml", [True, False])
def test_php_vcr(tmp_path: Path, as_yaml: bool) -> None:
    status = {"http_version": "1.1", "code": "201", "message": "Created"}
    sent = {"method": "GET", "url": "https://api.test/a?b=1", "headers": {"Host": "api.test"}}
    answered = {"status": status, "headers": {"Content-Type": "application/json"}, "body": BODY.decode()}
    tape = [{"request": sent, "response": answered}]
    found = one(tmp_path, format_yaml(tape) if as_yaml else json.dumps(tape))
    assert (found.request.url, found.response.status, found.response.body) == ("https://api.test/a?b=1", 201, BODY)


FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FILE = {"fieldName": "f", "contentType": "text/csv", "filename": "/tmp/a", "postname": "a.csv"}


@pytest.mark.parametrize(
    ("sent", "content_type", "body", "faulty"),
    [
        ({"post_fields": {"a": "x y", "n": 2}}, FORM, "a=x+y&n=2", False), ({"post_fields": {"a": "1"}}, None, None, False),
        ({"post_fields": {"a": "1"}}, "application/json", None, False), ({"post_fields": {"a": {"b": "1"}}}, FORM, None, False),
        ({"post_fields": {"a": "1"}, "body": "b=2"}, FORM, "b=2", False),
        ({"post_fields": {"a": "1"}}, MULTIPART, 'form-data; name="a"\r\n\r\n1\r\n--', False),
        ({"post_files": [FILE]}, MULTIPART, 'name="f"; filename="a.csv"\r\nContent-Type: text/csv\r\n', True),
    ],
)  # fmt: skip
def test_fields_that_php_vcr_keeps_are_a_body(
    tmp_path: Path, sent: Any, content_type: str | None, body: str | None, faulty: bool
) -> None:
    headers = {"Host": "api.test", **({"Content-Type": content_type} if content_type else {})}
    request = {"method": "POST", "url": "https://api.test/a", "headers": headers, **sent}
    found = one(
        tmp_path, json.dumps([{"request": request, "response": {"status": {"code": "200"}, "headers": {}, "body": ""}}])
    ).request
    assert found.body is None if body is None else body in found.body.decode()
    assert bool(found.fault) is faulty


def test_nock(tmp_path: Path) -> None:
    base = {"scope": "https://api.test:443", "method": "get", "path": "/a", "body": "", "status": 200}
    raw = ["Content-Encoding", "gzip", "A", "b"]
    found = read(
        tmp_path,
        [
            {**base, "response": {"ok": True}, "reqheaders": {"a": "b"}},
            {**base, "response": GZIPPED.hex(), "responseIsBinary": True, "rawHeaders": raw},
            {**base, "response": [GZIPPED[:9].hex(), GZIPPED[9:].hex()], "rawHeaders": raw},
            {**base, "response": "no hex", "responseIsBinary": True},
            {**base, "response": {"half": "\ud800"}},
            {**base, "response": json.loads("[" * 300 + "]" * 300)},
            {"scope": "https://api.test:443", "path": "/a", "status": "?"},
            {**base, "response": {"id": 10**20 + 1, "text": f", {10**20},"}},
        ],
    )
    *bodies, large = [record.response.body for record in found if isinstance(record, Exchange) and record.response]
    assert large == b'{"id":100000000000000000001,"text":", 100000000000000000000,"}'
    assert bodies == [b'{"ok":true}', BODY, BODY, None, b'{"half":"\\ud800"}', b"[" * 300 + b"]" * 300]
    assert isinstance(found[6], Unreadable)
    assert (found[0].request.method, found[0].request.url) == ("GET", "https://api.test/a")


def test_charles(tmp_path: Path) -> None:
    header = {"firstLine": "?", "headers": [{"name": "Content-Type", "value": "application/json"}]}
    packed = {"headers": [*header["headers"], {"name": "Content-Encoding", "value": "gzip"}]}
    start = {"method": "POST", "scheme": "https", "host": "api.test", "actualPort": 8443, "path": "/a", "query": "b=1"}
    sent = {"header": header, "body": {"text": '{"a":1}', "charset": "UTF-8"}, "sizes": {"body": 7}}
    found = read(
        tmp_path,
        [
            {**start, "request": sent, "response": {"status": 200, "header": header, "body": {"text": "[1]"}}},
            {**start, "request": sent, "response": {"status": 200, "header": packed, "body": {"encoded": base64.b64encode(GZIPPED).decode()}}},
            {**start, "request": {"header": header, "sizes": {"body": 0}}, "response": {"status": 200, "sizes": {"body": 5}}},
            {**start, "status": "FAILED", "request": sent},
            {**start, "method": None, "request": sent},
        ],
    )  # fmt: skip
    assert [one.response and one.response.body for one in found[:4]] == [b"[1]", BODY, None, None]
    assert [one.request.body for one in found[:4]] == [b'{"a":1}', b'{"a":1}', b"", b'{"a":1}']
    assert found[0].request.url == "https://api.test:8443/a?b=1" and found[3].response is None
    assert isinstance(found[4], Unreadable)


INSOMNIA = """\
_type: export
__export_format: 4
__export_source: insomnia.desktop.app
resources:
- {_id: mock_1, _type: mock, url: 'http://localhost:8080'}
- {_id: r, _type: mock_route, parentId: mock_1, name: /a, method: GET, statusCode: 404, headers: [], body: '{}',
   mimeType: application/json}
"""


def test_insomnia(tmp_path: Path) -> None:
    found = one(tmp_path, INSOMNIA)
    assert (found.request.url, found.response.status) == ("http://localhost:8080/a", 404)
    assert found.response.headers.get("Content-Type") == "application/json"
    assert "without responses" in refusal(tmp_path, INSOMNIA.replace("mock_route", "request"))
    route = {"name": "/a", "method": "GET", "statusCode": 200, "headers": [], "body": "x", "mimeType": "text/plain"}
    mock = {"type": "mock.insomnia.rest/5.0", "server": {"url": "http://t"}, "routes": [route]}
    request = one(tmp_path, mock).request
    assert request.url == "http://t/a"


def test_bare_bodies(tmp_path: Path) -> None:
    given = BareBody("ListThings", 404)
    found = one(tmp_path, BODY, "answer.json", bare=given)
    assert (found.request, found.operation, found.response.status) == (None, "ListThings", 404)
    assert (found.response.body, found.response.headers.get("Content-Type")) == (BODY, "application/json")
    broken = one(tmp_path, b"<a>", "answer.xml", bare=given).response
    assert (broken.body, broken.headers.get("Content-Type")) == (b"<a>", "application/xml")
    typed = one(tmp_path, BODY, "answer", bare=BareBody("X", media_type="application/x")).response
    assert typed.headers.get("Content-Type") == "application/x"
    assert one(tmp_path, har(ENTRY), "answer.json", bare=given).request is not None
    assert "--operation" in refusal(tmp_path, BODY, "answer.json")


NAMES = ["a", *(f"b{number}" for number in range(20))]
LAUGHS = [f"{name}: &{name} [{', '.join(['*' + before] * 6)}]" for before, name in pairwise(NAMES)]
BILLION_LAUGHS = "\n".join(["a: &a [x, x]", *LAUGHS, "interactions: *b19"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"openapi": "3.1.0", "info": {}, "paths": {}}, "--contract"),
        ("openapi: 3.1.0\ninfo: {}\n", "--contract"),
        ([{"client_conn": {"id": "1"}, "request": {}, "response": {}}], "mitmproxy flows"),
        ({"answer": har(ENTRY)}, "inside of another object"),
        (har()["log"], "no recording of a known format"),
        ({"log": {"pages": []}}, "log.entries"),
        ('{"log":\n[1,2]\n"request:"}', "log.entries"),
        ({}, "nothing in it"),
        ("nock('http://t')\n  .get('/a')", "output_objects"),
        ("", "empty"),
        ("# Title\nSome words: and more.\n", "none of the formats"),
        (b"\x89PNG\r\n\0\0\xff\xfe", "none of the formats"),
        ("[" * 100_000, "no JSON"),
        ('{"a":' * 100_000, "no JSON"),
        ("interactions:\n" + "- " * 100_000, "some.file"),
        ("interactions: [" * 50_000, "some.file"),
        (BILLION_LAUGHS, "some.file"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_line(tmp_path: Path, content: Any, words: str) -> None:
    assert words in refusal(tmp_path, content)


def test_a_bare_body_may_begin_with_many_spaces_and_nothing_else_is_none(tmp_path: Path) -> None:
    given, spaces = BareBody("X"), b" " * 200_000
    found = one(tmp_path, spaces + b"<a/>", "answer.xml", bare=given).response
    assert found and found.body == spaces + b"<a/>"
    for content, told in ((spaces, "nothing but spaces"), (b"", "empty")):
        with pytest.raises(RecordingError, match=told):
            one(tmp_path, content, "none.xml", bare=given)


def test_a_recording_may_begin_with_many_blanks(tmp_path: Path) -> None:
    line = json.dumps(ENTRY).encode()
    for blank, sources in ((b" \n" * 200_000, [":200001", ":200002"]), (b" " * 400_000, [":1", ":2"])):
        assert [
            one.source[-len(end) :]
            for one, end in zip(read(tmp_path, blank + line + b"\n" + line, "a.jsonl"), sources, strict=True)
        ] == sources
    assert one(tmp_path, b"\n" * 200_000 + json.dumps(har(ENTRY)).encode(), "a.har").response


def test_what_is_known_to_be_no_body_is_never_a_bare_body(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="--contract"):
        read(tmp_path, {"openapi": "3.1.0"}, "a.json", bare=BareBody("X"))
    broken = one(tmp_path, b'{"interactions": ', "a.json", bare=BareBody("X")).response
    assert broken.body == b'{"interactions": '


def test_a_path_or_format_that_is_none() -> None:
    for path, format in (
        ("no/such/file", None),
        ("no/such/*.har", None),
        ("", None),
        ("a" * 300, None),
        (".", "no-such"),
    ):
        with pytest.raises(RecordingError, match=r"no such|unknown format|too long"):
            list(recordings.read(path, format))


@pytest.mark.parametrize("format", ["vcr", "har", "insomnia"])
def test_a_format_named_wrongly(tmp_path: Path, format: str) -> None:
    with pytest.raises(RecordingError, match="--as"):
        read(tmp_path, [7], format=format)


def coded(*codings: str) -> Headers:
    return Headers(tuple(("Content-Encoding", coding) for coding in codings))


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_content_codings(coding: str, pack: Any) -> None:
    assert restore(pack(BODY), coded(coding)) == (BODY, None)
    assert restore(pack(pack(BODY)), coded(f"{coding}, {coding.upper()}")) == (BODY, None)
    assert restore(zlib.compress(pack(BODY)), coded(coding, "deflate")) == (BODY, None)
    assert restore(BODY, coded(coding)) == (BODY, None)
    assert restore(BODY, coded(coding), exact=True)[0] is None
    assert restore(b"", coded(coding), exact=True) == (b"", None)


def test_raw_deflate_and_gzip_of_several_members() -> None:
    assert restore(zlib.compress(BODY)[2:-4], coded("deflate")) == (BODY, None)
    assert restore(GZIPPED + GZIPPED, coded("x-gzip")) == (BODY + BODY, None)


def test_chunks_that_a_recorder_kept() -> None:
    chunked = Headers((("Transfer-Encoding", "chunked"), *coded("gzip").pairs))
    framed = b"5\r\n" + GZIPPED[:5] + b"\r\n%x;a=b\r\n" % len(GZIPPED[5:]) + GZIPPED[5:] + b"\r\n0\r\n\r\n"
    assert restore(framed, chunked) == (BODY, None)
    for other in (BODY, b"5\r\nab", b"5\r\nabcdefgh\r\n0\r\n\r\n"):
        assert restore(other, chunked) == (other, None)


@pytest.mark.parametrize(("coding", "library"), [("br", "brotli"), ("zstd", "zstandard")])
def test_optional_codings(coding: str, library: str) -> None:
    packed = pytest.importorskip(library).compress(BODY)
    assert restore(packed, coded(coding)) == (BODY, None)
    assert restore(packed[:-2], coded(coding))[0] is None


def test_a_bomb_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.recordings.coding.MAX_BODY", 1 << 20)
    body, fault = restore(gzip.compress(bytes(2 << 20)), coded("gzip"))
    assert body is None
    assert "larger than 1 MB" in (fault or "")


def test_base64_of_nothing() -> None:
    assert from_base64("") == b""


SENT = b"POST /a?b=1 HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = (
    b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nc\r\n"
    + BODY
    + b"\r\n0\r\n\r\n"
)


def burp(request: str, response: str, base64_: bool = True) -> str:
    mark = f'base64="{str(base64_).lower()}"'
    sides = f"<request {mark}><![CDATA[{request}]]></request><status>1</status><response {mark}><![CDATA[{response}]]></response>"
    return f'<?xml version="1.0"?>\n<items burpVersion="2">\n<item><url><![CDATA[https://h/a?b=1]]></url>{sides}</item></items>'


def test_items_of_burp(tmp_path: Path) -> None:
    sent, received = (base64.b64encode(one).decode() for one in (SENT, CHUNKED))
    found = one(tmp_path, burp(sent, received).encode())
    assert (found.request.method, found.request.url, found.request.body) == ("POST", "https://h/a?b=1", b"{}")
    assert (found.response.status, found.response.body) == (201, BODY)
    found = one(tmp_path, burp("GET /a HTTP/2\nHost: h\n\n", "", base64_=False).encode())
    assert (found.request.method, found.request.body, found.response) == ("GET", b"", None)
    for broken in ("<items burpVersion='2'><item>", "<!DOCTYPE a [<!ENTITY e 'x'>]><items burpVersion='2'/>"):
        (found,) = read(tmp_path, broken)
        assert isinstance(found, Unreadable) and "Burp" in found.reason


def warc(kind: str, own: str, block: bytes, *more: str) -> bytes:
    http = f"Content-Type: application/http; msgtype={kind}\r\nWARC-Target-URI: <https://api.test/a?b=1>"
    head = "\r\n".join([f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {own}\r\n{http}", *more])
    return f"{head}\r\nContent-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def test_records_of_a_warc_file(tmp_path: Path) -> None:
    """Either may come first; one whose body was cut, or is that of another record, has none; each record may be a gzip member."""
    cut = b"HTTP/1.1 200 OK\r\n\r\n{"
    records = [
        warc("warcinfo", "0", b"a: b").replace(b"application/http", b"application/warc-fields"),
        warc("request", "1", SENT), warc("response", "2", b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED, "WARC-Concurrent-To: 1"),
        warc("response", "3", cut, "WARC-Truncated: length"), warc("request", "4", SENT, "WARC-Concurrent-To: 3"),
        warc("revisit", "5", cut[:-1]), warc("request", "6", SENT),
        warc("request", "7", SENT, "WARC-Concurrent-To: 0"), warc("response", "8", CHUNKED, "WARC-Concurrent-To: 99"),
        warc("request", "9", SENT)[:-9],
    ]  # fmt: skip
    for data in (b"".join(records), b"".join(map(gzip.compress, records))):
        first, truncated, revisit, broken, alone, lone = read(tmp_path, data)
        assert (first.request.method, first.request.url, first.request.body) == (
            "POST",
            "https://api.test/a?b=1",
            b"{}",
        )
        assert (first.response.status, first.response.body, truncated.response.body) == (201, BODY, None)
        assert (truncated.request.body, revisit.response.body, alone.response) == (b"{}", None, None)
        assert "cut off" in broken.reason and "method is not known" in lone.reason


def test_pairs_of_files_of_fiddler(tmp_path: Path) -> None:
    sent = SENT.replace(b"/a?", b"https://api.test/a?")
    with zipfile.ZipFile(tmp_path / "r.saz", "w") as archive:
        empty = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
        for name, data in {"1_c": sent, "1_s": CHUNKED, "2_c": SENT, "3_c": sent, "3_s": empty}.items():
            archive.writestr(f"raw/{name}.txt", data)
        archive.writestr("raw/1_m.xml", "<Session/>")
    first, aborted, lost = recordings.read(tmp_path / "r.saz")
    assert (first.request.url, first.request.body, first.response.body) == ("https://api.test/a?b=1", b"{}", BODY)
    assert aborted.request.url == "http://api.test/a?b=1" and aborted.response is None
    assert lost.response.body is None
