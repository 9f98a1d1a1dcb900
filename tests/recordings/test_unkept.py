"""HAR entries that lack a part of their exchange, or hold it in a form of their own: what is not recorded is not missing."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded, of_json, operation

from toolkit.exchange import LACKS, NO_DECODER, Exchange
from toolkit.recordings import coding
from toolkit.recordings import reading as recordings
from toolkit.recordings.formats.har_entry import exchange, write_line
from toolkit.recordings.recording import Malformed
from toolkit.validation.stream import validate

PNG = b"\x89PNG\r\n\x1a\n\x00\xff\xfe\xfd"


def fields(**named: str) -> list[dict[str, str]]:
    return [{"name": name.replace("_", "-"), "value": value} for name, value in named.items()]


GZIP = fields(Content_Encoding="gzip")


def read(request: Any = None, response: Any = None) -> Exchange:
    sent = {"method": "POST", "url": "https://a.test/x", **(request or {})}
    return exchange({"request": sent, "response": {"status": 200, **(response or {})}}, "")


@pytest.mark.parametrize(
    ("response", "body"),
    [
        ({"content": {"size": 512, "text": ""}}, None), ({"content": {"size": 0, "text": ""}, "bodySize": 512}, None),
        ({"content": {"size": 0, "text": ""}, "headers": fields(Content_Length="300")}, None),
        ({"content": {"size": 0}, "headers": fields(content_length="100")}, None),
        ({"content": {"size": 0, "text": "", "comment": "Response bodies are not included."}}, None),
        ({"content": {"size": 0, "text": ""}, "headers": fields(Content_Length="0")}, b""), ({"content": {"size": 0}}, b""),
        ({"content": {"size": 0, "text": ""}, "bodySize": -1}, b""), ({"content": {"size": -1}}, None), ({"content": {}}, None),
        ({"content": {"text": '{"a": 1}', "encoding": "base64"}}, b'{"a": 1}'),
        ({"content": {"text": "\xe9", "mimeType": "text/plain"}, "headers": fields(Content_Type="text/plain; charset=latin1")}, b"\xe9"),
        ({"content": {"text": "a", "mimeType": "text/plain; charset=UTF-16LE"}}, b"a\0"),
        ({"content": {"text": "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", "mimeType": "text/xml"}},
         b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"),
        ({"content": {"text": "<?xml version='1.0' encoding='Shift_JIS'?><a>\xe9</a>", "mimeType": "text/xml"}},
         "<?xml version='1.0' encoding='utf-8'?><a>\xe9</a>".encode()),
    ],
)  # fmt: skip
def test_the_body_of_a_response(response: Any, body: bytes | None) -> None:
    found = read(response=response).response
    assert found is not None and (found.body, found.fault) == (body, None)


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        ({"bodySize": 0}, b""), ({"bodySize": -1}, None), ({}, None), ({"bodySize": 12}, None),
        ({"bodySize": 0, "headers": fields(Content_Length="7")}, None), ({"bodySize": 0, "headers": fields(Content_Length="0")}, b""),
        ({"bodySize": 0, "headers": fields(Transfer_Encoding="chunked")}, None), ({"bodySize": -1, "headers": fields(Content_Length="0")}, b""),
        ({"bodySize": 9, "postData": {"text": ""}}, None), ({"bodySize": 0, "postData": {"text": ""}}, b""),
        ({"bodySize": 0, "postData": {"text": "", "comment": "Request bodies are not included."}}, None),
        ({"bodySize": 0, "postData": {"text": "a=1", "params": [{"name": "b", "value": "2"}]}}, b"a=1"),
        ({"bodySize": 0, "postData": {"params": [{"name": "b", "value": "2"}]}}, b"b=2"),
        ({"bodySize": 0, "postData": {"mimeType": "multipart/form-data", "params": [{"name": "b"}]}}, None),
        ({"bodySize": 0, "postData": {"text": "eA==", "encoding": "base64"}}, b"x"),
        ({"headers": GZIP, "postData": {"text": base64.b64encode(gzip.compress(b"x")).decode(), "encoding": "base64"}}, b"x"),
        ({"headers": GZIP, "postData": {"text": gzip.compress(b"x").decode("latin-1")}}, b"x"),
        ({"headers": GZIP, "postData": {"text": gzip.compress(b"x").decode("utf-8", "replace")}}, None),
        ({"headers": GZIP, "postData": {"text": "x"}}, b"x"), ({"headers": GZIP, "postData": {"text": "eA==", "encoding": "base64"}}, b"x"),
    ],
)  # fmt: skip
def test_the_body_of_a_request(request_: Any, body: bytes | None) -> None:
    found = read(request_).request
    assert found is not None and found.body == body


def test_fields_joined_by_line_breaks_are_several() -> None:
    found = read(
        response={"headers": fields(set_cookie="a=1; Path=/\nb=2", Content_Type="text/plain\ntext/plain")}
    ).response
    assert found is not None and found.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2"]
    assert found.headers.get("Content-Type") == "text/plain"


def test_cookies_that_are_listed_apart() -> None:
    cookies = [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    listed, stated = (
        read({"cookies": cookies}).request,
        read({"cookies": cookies, "headers": fields(Cookie="c=3")}).request,
    )
    assert listed is not None and listed.headers.cookies == [("a", "1"), ("b", "2")]
    assert stated is not None and stated.headers.cookies == [("c", "3")]


@pytest.mark.parametrize(
    ("recorder", "sent", "found"),
    [("WebInspector", {}, ["value-unrecorded"] * 2), ("WebInspector", fields(Authorization="x"), ["parameter-missing", "header-missing"]),
     ("Firefox", {}, ["parameter-missing", "header-missing"]), ({"_initiator": {"type": "script"}}, {}, ["value-unrecorded"] * 2)],
)  # fmt: skip
def test_chrome_leaves_cookies_out(tmp_path: Path, recorder: Any, sent: Any, found: list[str]) -> None:
    parameter = {"name": "sid", "in": "cookie", "required": True, "schema": {"type": "string"}}
    headers = {"Set-Cookie": {"required": True, "schema": {"type": "string"}}}
    responses = {"204": {"description": "", "headers": headers}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", parameter, responses=responses)}})
    request = {"method": "GET", "url": "https://a.test/x", "headers": sent or fields(Accept="*/*")}
    entry = {"request": request, "response": {"status": 204, "headers": fields(Date="x")}}
    har = tmp_path / "a.har"
    log = (
        {"entries": [entry | recorder]}
        if isinstance(recorder, dict)
        else {"log": {"creator": {"name": recorder}, "entries": [entry]}}
    )
    har.write_text(json.dumps(log))
    lines = tmp_path / "a.jsonl"
    lines.write_bytes(b"".join(map(write_line, recordings.read(har))))
    for file in (har, lines):
        assert [one.rule for verdict in validate(contract, file) for one in verdict.violations] == found


@pytest.mark.parametrize(("location", "found"), [("cookie", "value-unrecorded"), ("header", "security-missing")])
def test_chrome_leaves_credentials_out(tmp_path: Path, location: str, found: str) -> None:
    schemes = {"securitySchemes": {"key": {"type": "apiKey", "in": location, "name": "X-Key"}}}
    contract = loaded(
        tmp_path, {"/x": {"get": {"security": [{"key": []}], "responses": {"204": {}}}}}, components=schemes
    )
    entry = {"request": {"method": "GET", "url": "https://a.test/x", "headers": []}, "response": {"status": 204}}
    har = tmp_path / "a.har"
    har.write_text(json.dumps({"log": {"creator": {"name": "WebInspector"}, "entries": [entry]}}))
    assert [one.rule for verdict in validate(contract, har) for one in verdict.violations] == [found]


@pytest.mark.parametrize(
    "how", [{"encoding": "gzip"}, {"encoding": "deflate"}, {"encoding": "br"}, {"encoding": "zstd"}]
)
def test_a_decoded_picture_under_a_kept_content_coding(how: dict[str, str]) -> None:
    content = {"text": base64.b64encode(PNG).decode(), "encoding": "base64", "mimeType": "image/png"}
    headers = fields(Content_Encoding=how["encoding"], Content_Type="image/png")
    found = read(response={"content": content, "headers": headers}).response
    assert found is not None and (found.body, found.fault) == (PNG, None)


@pytest.mark.parametrize(
    ("body", "media_type", "is_kept"),
    [
        ("é".encode("utf-16"), "text/plain; charset=utf-16", True), ("<a>é</a>".encode("utf-16"), "application/xml", True),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("latin-1"), "application/xml", True),
        ("é".encode("latin-1"), "text/plain; charset=utf-8", False), ("é\0".encode("latin-1"), "text/plain; charset=iso-8859-1", False),
    ],
)  # fmt: skip
def test_a_decoded_text_in_its_charset_under_a_kept_content_coding(body: bytes, media_type: str, is_kept: bool) -> None:
    content = {"text": base64.b64encode(body).decode(), "encoding": "base64", "mimeType": media_type}
    found = read(
        response={"content": content, "headers": fields(Content_Encoding="br", Content_Type=media_type)}
    ).response
    assert found is not None and (found.body, not found.fault) == ((body, True) if is_kept else (None, False))


def test_a_body_that_is_really_compressed_is_decoded() -> None:
    content = {"text": base64.b64encode(zlib.compress(PNG)).decode(), "encoding": "base64"}
    headers = fields(Content_Encoding="deflate", Content_Type="image/png")
    found = read(response={"content": content, "headers": headers}).response
    assert found is not None and found.body == PNG


def test_a_missing_package_is_no_fault_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError("it needs the Python package brotli: pip install brotli")

    monkeypatch.setattr(coding, "_optional", missing)
    content = {
        "text": base64.b64encode(b"\x8b\xff\x00{}").decode(),
        "encoding": "base64",
        "mimeType": "application/json",
    }
    headers = fields(Content_Encoding="br", Content_Type="application/json")
    found = read(response={"content": content, "headers": headers}).response
    assert found is not None and found.fault is not None
    assert found.fault.startswith(NO_DECODER) and "pip install brotli" in found.fault


WHOLE = b'{"a":"' + b"b" * 90 + b'","c":[true,"\\u00e4"]}'


@pytest.mark.parametrize(
    ("body", "media_type", "size", "is_kept"),
    [
        *(
            (WHOLE[:end], "application/json", len(WHOLE), False)
            for end in (1, 5, 50, 97, -17, -14, -11, -8, -5, -3, -1)
        ),
        (b"<r><a>1</a><b/", "text/xml", 50, False),
        (WHOLE[:50], "application/json", 50, True),  # it was sent so
        (WHOLE[:50], "application/json", -1, True),
        (WHOLE, "application/json", 300, True),  # a recorder counts otherwise
        (b'{"a":1,,"b":"' + b"b" * 90 + b'"}', "application/json", 300, True),  # is no JSON, wherever it ends
        (b"%%%", "application/json", 300, True),
        *(
            (cut, "application/json", 50, False)
            for cut in (b'{"a":-', b"[1.", b"[1e", b'["\\', b'["\\u00', b"[fals", b"[nul", b"[", b"{")
        ),
        (b"[nil", "application/json", 50, True),
        (b"<r><a></r>", "text/xml", 300, True),
        (b"<r/>\n", "text/xml", 300, True),
        (b"a,b", "text/csv", 300, False),  # text may end anywhere, so that its size alone tells
        *((b"a,b\nc,d\n", "text/csv", size, True) for size in (8, 10, 11, 12, 16, 18)),  # a recorder counts otherwise
        *((b'{"id":1}\n{"id":' + rest, "application/x-ndjson", 50, False) for rest in (b"", b"2}\n")),
        (b'{"id":1}\n{"id":', "application/x-ndjson", 15, True),
        (b'data: {"n"', "text/event-stream", 50, False),
        (b"--b\r\n\r\n1", "multipart/mixed; boundary=b", 90, False),
        (b"--b\r\n\r\n1\r\n--b--\r\n", "multipart/mixed; boundary=b", 90, True),
        (b"a=1&b", "application/x-www-form-urlencoded", 50, False),
        (b'{"a":1,\n... [truncated]', "application/json", 300, False),
        (b"abc", "application/octet-stream", 300, True),
    ],
)
def test_what_the_recorder_cut_off_is_no_fault_of_who_sent_it(
    body: bytes, media_type: str, size: int, is_kept: bool
) -> None:
    headers = fields(Content_Type=media_type)
    content = {"size": size, "text": base64.b64encode(body).decode(), "encoding": "base64"}
    plain = {"size": size, "text": body.decode(), "mimeType": media_type}
    for one in (content, plain):
        found = read(response={"content": one, "headers": headers}).response
        assert found is not None and found.body == body  # what is whole of it is checked
        assert (found.fault or "").startswith(LACKS) is not is_kept
    sent = read({"headers": headers, "postData": plain, "bodySize": size}).request
    assert sent is not None and sent.body == body and (sent.fault or "").startswith(LACKS) is not is_kept


@pytest.mark.parametrize(
    ("body", "media_type", "coding", "is_kept"),
    [
        (WHOLE[:50], "application/json", "", False),
        (WHOLE[:50], "application/json", "gzip", False),
        (WHOLE, "application/json", "", True),
        (b"a,b\nc,", "text/csv", "", False),
        (b"a,b\nc,", "text/csv", "gzip", False),
        (b"a,b\n" * 19, "text/csv", "gzip", True),  # which is longer, since it is packed
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_body_shorter_than_its_content_length_was_cut_off(
    body: bytes, media_type: str, coding: str, is_kept: bool, name: str, tmp_path: Path
) -> None:
    named = {
        "Content-Type": [media_type],
        "Content-Length": ["120"],
        **({"Content-Encoding": [coding]} if coding else {}),
    }
    headers = [{"name": key, "value": value} for key, [value] in named.items()]
    message = {"method": "POST", "url": "http://t/", "headers": headers, "postData": {"text": body.decode()}}
    har = {"request": message, "response": {"status": 200, "headers": headers, "content": {"text": body.decode()}}}
    message = {"body": body.decode(), "headers": named, "method": "POST", "uri": "http://t/"}
    response = {"body": {"string": body.decode()}, "headers": named, "status": {"code": 200}}
    vcr = {"interactions": [{"request": message, "response": response}]}
    tmp_path.joinpath(name).write_text(json.dumps(har if name == "a.jsonl" else vcr))
    [found] = recordings.read(tmp_path / name)
    assert isinstance(found, Exchange) and found.request and found.response
    assert found.request.body == found.response.body == body
    assert (
        (found.response.fault or "").startswith(LACKS) is (found.request.fault or "").startswith(LACKS) is not is_kept
    )


def test_a_broken_coding_is_told_in_words() -> None:
    broken = gzip.compress(WHOLE)[:-8] + b"\0" * 8
    content = {"text": base64.b64encode(broken).decode(), "encoding": "base64", "mimeType": "application/json"}
    found = read(response={"content": content, "headers": GZIP}).response
    assert found and found.fault == "not restorable from Content-Encoding gzip: incorrect data check"


@pytest.mark.parametrize(("length", "fault"), [(900, LACKS), (20, "not restorable")])
def test_a_compressed_body_that_the_recorder_cut_off(length: int, fault: str) -> None:
    cut = base64.b64encode(gzip.compress(WHOLE)[:20]).decode()
    content = {"text": cut, "encoding": "base64", "mimeType": "application/json"}
    found = read(response={"content": content, "headers": [*GZIP, *fields(Content_Length=str(length))]}).response
    assert found is not None and (found.fault or "").startswith(fault)
    assert WHOLE.startswith(found.body or b"-") is (fault is LACKS)


@pytest.mark.parametrize(
    ("body", "media_type", "is_known"),
    [
        (b"\x9f\x01\xff", "application/json", False),
        (b'{"a":1}', "application/json", True),
        (PNG, "image/png", True),
    ],
)
def test_a_coding_that_nobody_knows_is_no_fault_of_the_service(body: bytes, media_type: str, is_known: bool) -> None:
    content = {"text": base64.b64encode(body).decode(), "encoding": "base64", "mimeType": media_type}
    found = read(response={"content": content, "headers": fields(Content_Encoding="dcb", Content_Type=media_type)})
    assert found.response is not None and (found.response.body == body) is is_known
    assert (found.response.fault or "").startswith(NO_DECODER) is not is_known


def test_a_body_whose_file_is_not_there_is_no_fault_of_the_service(tmp_path: Path) -> None:
    entry = {
        "request": {"method": "GET", "url": "http://api.test/x"},
        "response": {"status": 200, "content": {"_file": "a.json"}},
    }
    tmp_path.joinpath("x.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    content = {"200": of_json({"type": "object"})}
    [verdict] = validate(loaded(tmp_path, {"/x": {"get": operation("x", responses=content)}}), tmp_path / "x.har")
    assert [violation.rule for violation in verdict.violations] == ["body-unrecorded"] and "a.json" in str(verdict)


@pytest.mark.parametrize("response", [{"content": {"text": {"a": 1}}}, {"content": {"text": 5}}])
def test_a_text_that_is_none(response: Any) -> None:
    with pytest.raises(Malformed, match="is not a string"):
        read(response=response)


@pytest.mark.parametrize(
    ("cassette", "body"),
    [
        ([{"scope": "http://a:80", "method": "POST", "path": "/", "body": "", "status": 200, "response": ""}], b""),
        ([{"scope": "http://a:80", "method": "POST", "path": "/", "status": 200, "response": ""}], None),
        *(({"interactions": [{"request": {"method": method, "uri": "/", "body": None, "headers": headers}}]}, body) for method, headers, body in [
            ("POST", {"Content-Length": ["0"]}, b""), ("POST", {}, None), ("GET", {"Accept": ["*/*"]}, None),
            ("POST", {"Accept": ["*/*"]}, b""),  # vcrpy writes null where none is sent
            *(("POST", {name: "5"}, None) for name in ("Content-Length", "Content-Type", "Transfer-Encoding")),
        ]),
    ],
)  # fmt: skip
def test_that_a_request_had_no_body_is_known(tmp_path: Path, cassette: Any, body: bytes | None) -> None:
    (tmp_path / "a.json").write_text(json.dumps(cassette))
    (found,) = recordings.read(tmp_path / "a.json")
    assert isinstance(found, Exchange) and found.request is not None and found.request.body == body


@pytest.mark.parametrize(
    ("coding", "size", "data", "fault"),
    [
        ("gzip", 900, gzip.compress(WHOLE)[:20], LACKS),
        ("gzip", 20, gzip.compress(WHOLE)[:20], "not restorable"),
        ("dcb", 3, b"\x9f\x01\xff", NO_DECODER),
    ],
)
def test_a_request_in_a_cassette_whose_body_cannot_be_restored_is_one_all_the_same(
    coding: str, size: int, data: bytes, fault: str, tmp_path: Path
) -> None:
    headers = {"Content-Encoding": [coding], "Content-Length": [str(size)], "Content-Type": ["application/json"]}
    body = {"base64_string": base64.b64encode(data).decode()}
    sent = {"method": "POST", "uri": "http://t/x", "headers": headers, "body": body}
    answered = {"status": {"code": 204}, "headers": {}, "body": {"string": ""}}
    tmp_path.joinpath("a.json").write_text(json.dumps({"interactions": [{"request": sent, "response": answered}]}))
    [found] = recordings.read(tmp_path / "a.json")
    assert isinstance(found, Exchange) and found.request and (found.request.fault or "").startswith(fault)
    described = operation("x", requestBody={"content": of_json({"type": "object"})["content"]})
    [verdict] = validate(loaded(tmp_path, {"/x": {"post": described}}), tmp_path / "a.json")
    rules = {LACKS: "body-unrecorded", NO_DECODER: "decoder-missing"}
    assert rules.get(fault, "body-undecodable") in [violation.rule for violation in verdict.violations]
