"""One HAR 1.2 entry <-> one exchange (http://www.softwareishard.com/blog/har-12-spec/#entries).

`exchange` is the hot path of everything that reads recordings: it costs about as much as parsing the entry.
Properties that HAR does not define begin with an underscore, as the specification asks.
"""

from __future__ import annotations

import base64
import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus

from msgspec import Struct, field
from msgspec.json import Decoder

from toolkit.document.encodings import from_base64
from toolkit.document.pointers import as_array
from toolkit.exchange import LACKS, NO_DECODER, Exchange, Headers, Request, Response
from toolkit.recordings.coding import Restored, cut_off, encode_text, restore, restore_text
from toolkit.recordings.recording import Malformed, json_text, multipart, pairs

_NO_HEADERS = Headers()
_NUMBERS = (int, float)
_ENDS = b"}]>"  # how most bodies end that are whole
_CHUNKED = "\r\n\r\n"  # how a body ends that was recorded with its chunks
_PERCENT_SIGN = re.compile(r"%(?![0-9A-Fa-f]{2})")


def looks_like_entry(value: Any) -> bool:
    """Whether a JSON value is a HAR entry, and no stub of a mock server, which has a request and a response too."""
    if not isinstance(value, dict):
        return False
    request, response = value.get("request") or {}, value.get("response") or {}
    if not (isinstance(request, dict) and isinstance(response, dict)):
        return False
    is_vcr = isinstance(response.get("status"), dict) or "status_code" in response  # of php-vcr and exvcr
    if is_vcr or not ("url" in request if request else "status" in response):
        return False
    listed = isinstance(request.get("headers"), list) or isinstance(response.get("headers"), list)
    return listed or "startedDateTime" in value or "content" in response or "://" in str(request.get("url"))


class _Field(Struct, gc=False):
    name: str
    value: str


class _Sent(Struct, gc=False):
    """What is needed of the request of an entry."""

    method: str
    url: str
    headers: list[_Field] = []
    postData: Any = None
    queryString: Any = None
    cookies: Any = None
    bodySize: Any = None
    body: Any = None  # of records that only resemble HAR
    variables: bool = field(name="_variables", default=False)


class _Received(Struct, gc=False):
    """What is needed of the response of an entry."""

    status: int
    headers: list[_Field] = []
    content: dict[str, Any] = {}
    bodySize: Any = None
    body: Any = None


class _Entry(Struct, gc=False):
    request: _Sent | None
    response: _Received | None
    time: float | None = None
    operation: str | None = field(name="_operation", default=None)
    blameless: bool = field(name="_blameless", default=False)
    masked: list[str] = field(name="_masked", default=[])
    pattern: str = field(name="_pattern", default="")
    unnamed: list[str] = field(name="_unnamed", default=[])
    without_cookies: bool = field(name="_without_cookies", default=False)
    initiator: Any = field(name="_initiator", default=None)  # of Chrome, which leaves out cookies by default
    started: Any = field(name="startedDateTime", default=None)


_read = Decoder(_Entry).decode


def read_exchange(line: bytes, source: str) -> Exchange | None:
    """The exchange of an entry as JSON text; None where it is none, or has a form that HAR does not define: see `exchange`.
    The rest of an entry, such as its timings, is passed over, so that this costs less than to read it all."""
    try:
        entry = _read(line)
        return _exchange(entry, source) if entry.request or entry.response else None
    except Exception:  # of whatever kind: `exchange` has a name for each
        return None


def exchange(entry: Any, source: str) -> Exchange:
    """The exchange in one parsed entry. Raises KeyError, TypeError, ValueError or AttributeError if it is none."""
    get = entry.get
    sent, received, time = get("request"), get("response") or None, get("time")
    if sent is None and received is None:
        raise Malformed("neither a request nor a response")
    made = _Entry(
        None if sent is None else _sent(sent),
        received and _received(received),
        time if time.__class__ in _NUMBERS else None,
        operation=get("_operation"),
        blameless=get("_blameless") is True,
        masked=[*map(str, as_array(get("_masked")))],
        pattern=str(get("_pattern") or ""),
        unnamed=[*map(str, as_array(get("_unnamed")))],
        without_cookies=get("_without_cookies") is True,
        initiator=get("_initiator"),
        started=get("startedDateTime"),
    )
    return _exchange(made, source)


def _exchange(entry: _Entry, source: str) -> Exchange:
    sent, received, time = entry.request, entry.response, entry.time
    return Exchange(
        None if sent is None else _request(sent),
        None if received is None else _response(received),
        source,
        entry.operation,
        time / 1000 if time and time > 0 else None,
        entry.started,
        blameless=entry.blameless,
        masked=tuple(entry.masked),
        without_cookies=entry.without_cookies or bool(entry.initiator),
        pattern=entry.pattern,
        unnamed=tuple(entry.unnamed),
    )


def _sent(recorded: Any) -> _Sent:
    get = recorded.get
    url, method = "" + recorded["url"], "" + recorded["method"]
    headers, post = _fields(get("headers")), get("postData")
    known = (get("queryString"), get("cookies"), get("bodySize"), get("body"), get("_variables") is True)
    return _Sent(method, url, headers, post, *known)


def _received(recorded: Any) -> _Received:
    get, status = recorded.get, recorded["status"]
    if status.__class__ is not int:
        status = int(status or 0)
    return _Received(status, _fields(get("headers")), get("content") or {}, get("bodySize"), get("body"))


def _fields(recorded: Any) -> list[_Field]:
    """Header fields, also with values that are lists or no strings."""
    return [_Field(name, value) for name, value in pairs(("" + name, value) for name, value in _named(recorded))]


def _named(recorded: Any) -> list[tuple[Any, Any]]:
    """Names and values, also from an object with a property for each. Some recorders leave out empty values, and names."""
    if isinstance(recorded, dict):
        return [one for one in recorded.items() if one[0] is not None]
    return [(one["name"], one.get("value", "")) for one in recorded or () if one.get("name") is not None]


def _headers(fields: list[_Field], content: Any) -> Headers:
    """If no fields were recorded at all, the media type is still known."""
    if fields:
        return Headers.of_fields(fields)
    media_type = _media_type(content) if content else ""
    known = media_type and media_type != "x-unknown"
    return Headers((("Content-Type", media_type),)) if known else _NO_HEADERS


def _plain(body: Any) -> dict[str, Any]:
    """The body of a record that has its text, or its value, without what HAR keeps beside it."""
    return {"text": body if isinstance(body, str) else json_text(body).decode()}


def _request(sent: _Sent) -> Request:
    url, post = sent.url, sent.postData if sent.body is None else sent.postData or _plain(sent.body)
    if sent.queryString and "?" not in url:
        url += "?" + _encode(sent.queryString)
    headers = _headers(sent.headers, post)
    if sent.cookies and headers.get("cookie") is None:
        listed = "; ".join(f"{name}={value}" for name, value in _named(sent.cookies))
        headers = Headers.of([*headers.pairs, ("Cookie", listed)])  # left out of the header fields
    body, fault = (None, None) if not post and sent.method == "GET" else _request_body(sent.bodySize, post, headers)
    return Request(sent.method, url, headers, body, sent.variables, fault)


def _response(received: _Received) -> Response | None:
    """None if the status says that there was no response: 0 or -1 for one aborted, blocked or not recorded."""
    status, content = received.status, received.content
    if received.body is not None:
        content = content or _plain(received.body)
    if status <= 0:
        return None
    headers = _headers(received.headers, content)
    partial = not received.headers and headers is not _NO_HEADERS
    text: Any = content.get("text")
    is_usual = (
        text and "encoding" not in content and "_isBinary" not in content and status != 304 and isinstance(text, str)
    )
    if is_usual and not text.endswith(_CHUNKED) and text[0] != "\x1f":
        plain = text.isascii() and "json" in (content.get("mimeType") or "")
        body: bytes | None = text.encode() if plain else encode_text(text, _text_type(content, headers))
        fault = None
    else:
        body, fault = _unusual(received.bodySize, content, headers, status)
    size = content.get("size")
    may_lack = body and (body[-1] not in _ENDS or (size.__class__ is int and size > len(body)) or "_fault" in content)
    if may_lack and not fault:
        fault = content["_fault"] if "_fault" in content else cut_off(body, headers, size)
    return Response(status, headers, body, fault, partial)


def _unusual(sent: Any, content: Any, headers: Headers, status: int) -> Restored:
    """A body that is base64, chunked or was not kept; `sent` is its size on the wire, if known. The body of
    a 304 is what the browser had in its cache."""
    text = content.get("text")
    if status == 304:
        return None, None
    if text is not None and not isinstance(text, str):
        raise Malformed("content.text is not a string")
    if not text:
        sizes = (content.get("size"), sent, headers.get("Content-Length"))
        known = (text is not None or content.get("size") == 0) and not content.get("comment")
        return (b"" if known and not any(map(_is_some, sizes)) else None), content.get("_fault")
    if (data := _decoded(content, headers)) is not None:
        return restore(data, _NO_HEADERS if content.get("_decoded") else headers, kept=_is_kept(sent, content, data))
    return restore_text(text, _text_type(content, headers), headers)  # some say base64 of text (Firefox, bug 1762313)


def _is_kept(sent: Any, content: Any, data: bytes) -> bool:
    """Whether the recorder says that the bytes are decoded: of another size than on the wire (HAR, `compression`)."""
    size = content.get("size")
    return size == len(data) and (bool(content.get("compression")) or (_is_some(sent) and sent != size))


def _is_some(size: Any) -> bool:
    """Whether a size, as a number or as text, says that there are bytes."""
    return (size.__class__ in _NUMBERS and size > 0) or (isinstance(size, str) and size.strip().strip("0").isdecimal())


def _decoded(content: Any, headers: Headers) -> bytes | None:
    """The bytes of what is kept as Base64; None where it is not. Of compressed content, Polly.JS keeps a list of chunks, and before
    version 6 in hex."""
    text, is_hex = content["text"], content.get("_isBinary") is True
    if str(content.get("encoding")).lower() != "base64" and not is_hex:
        return None
    with suppress(ValueError, TypeError):
        in_chunks = text.startswith('["') and headers.get("Content-Encoding")
        chunks = json.loads(text) if in_chunks else [text]
        return b"".join(bytes.fromhex(one) if is_hex else from_base64(one) for one in chunks)
    return None


def _text_type(content: Any, headers: Headers) -> str:
    """The media type by which text is encoded again; browsers leave the charset out of `mimeType`."""
    sent = headers.content_type
    return sent if "charset" in sent.lower() else _media_type(content)


def _media_type(content: Any) -> str:
    media_type = content.get("mimeType")
    return media_type if isinstance(media_type, str) else ""


def _request_body(size: Any, post: Any, headers: Headers) -> Restored:
    """The request's body; form fields are encoded anew if only they were kept, those of multipart where each has its value.
    None if it was not recorded, of whatever size it was; nor can JSON be told from fields (chrome-har), which have lost its lists."""
    text, media_type = (post.get("text"), _text_type(post, headers)) if post else (None, "")
    if text:
        body, fault = _posted(text, post, media_type, headers)
        return body, fault or post.get("_fault") or cut_off(body, headers, size)
    params = post.get("params") if post else None
    if params and (made := form_body(params, media_type, headers)):
        return made
    is_sized = _is_some(size) or _is_some(headers.get("Content-Length")) or headers.get("Transfer-Encoding")
    if params or is_sized or (post and post.get("comment")):  # by which a recorder explains why there is nothing
        return None, post.get("_fault") if post else None
    is_empty = size == 0 or headers.get("Content-Length") == "0"
    return b"" if text is not None or (is_empty and "multipart" not in media_type) else None, None


def form_body(params: Any, media_type: str, headers: Headers) -> Restored | None:
    """The body of a form of which the fields were kept; None where they do not tell it."""
    if not media_type or "urlencoded" in media_type.lower():
        return _encode(params).encode(), None
    lost = [one for one in params if not isinstance(one.get("value"), str)]
    if "multipart" not in media_type or not all(one.get("fileName") for one in lost):
        return None
    told = [{key: str(value or "") for key, value in one.items()} for one in params]
    parts = [(one["name"], one.get("value", ""), one.get("fileName", ""), one.get("contentType", "")) for one in told]
    fault = f"{LACKS}the content of files" if lost else None
    return multipart(parts, headers.get("Content-Type") or media_type), fault


def _posted(text: Any, post: Any, media_type: str, headers: Headers) -> Restored:
    """None and no fault where it cannot be restored from its Content-Encoding: recorders write what is compressed as text."""
    if not isinstance(text, str):
        raise Malformed("postData.text is not a string")
    if (data := _decoded(post, headers)) is not None:
        body, fault = restore(data, headers)
    else:
        body, fault = restore_text(text, media_type, headers)
    return body, fault if fault and fault.startswith((LACKS, NO_DECODER)) else None


def _encode(parameters: Any) -> str:
    """Form fields as they are written in a URL. Some recorders keep them encoded; those are not encoded twice."""
    fields = [(name, str(value or "")) for name, value in _named(parameters)]
    signs = "".join(map("".join, fields))
    quoted = partial(quote, safe="%+") if "%" in signs and not _PERCENT_SIGN.search(signs) else quote_plus
    encoded = ((quoted(name, errors="surrogatepass"), quoted(value, errors="surrogatepass")) for name, value in fields)
    return "&".join(map("=".join, encoded))


def _sent_at(started: Any) -> datetime:
    """HAR requires a time also where none is known, or it has another form."""
    try:
        return datetime.fromisoformat(started).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return datetime.fromtimestamp(started if isinstance(started, float) else 0, UTC)


def to_har_entry(exchange: Exchange) -> dict[str, Any]:
    """The entry that `exchange()` reads back; a request that is unknown is null, which HAR proper does not allow."""
    milliseconds = 0 if exchange.seconds is None else exchange.seconds * 1000
    entry: dict[str, Any] = {
        "startedDateTime": _sent_at(exchange.started).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": milliseconds,
        "request": None if exchange.request is None else _from_request(exchange.request),
        "response": _from_response(exchange.response),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }
    entry |= {} if exchange.operation is None else {"_operation": exchange.operation}
    entry |= {"_blameless": True} if exchange.blameless else {}
    known = {"_without_cookies": exchange.without_cookies, "_masked": list(exchange.masked)}
    known |= {"_pattern": exchange.pattern, "_unnamed": list(exchange.unnamed)}
    return entry | {name: value for name, value in known.items() if value}


def _from_request(request: Request) -> dict[str, Any]:
    entry = {"method": request.method, "url": request.url, **_common(request.headers), "queryString": []}
    if request.body is not None:
        entry["postData"] = _from_body(request.body, request.headers)
        entry["bodySize"] = len(request.body)
    if request.fault is not None:
        entry["postData"] = {**entry.get("postData", {}), "_fault": request.fault}
    return entry | ({"_variables": True} if request.has_variables else {})


def _from_response(response: Response | None) -> dict[str, Any]:
    if response is None:
        return {"status": 0, "statusText": "", **_common(_NO_HEADERS), "content": {"size": 0}, "redirectURL": ""}
    content: dict[str, Any] = {"size": -1, "mimeType": response.headers.content_type}
    if response.body is not None:
        content = {"size": len(response.body), **_from_body(response.body, response.headers)}
    if response.fault is not None:
        content["_fault"] = response.fault
    location = response.headers.get("Location") or ""
    common = _common(_NO_HEADERS if response.partial else response.headers)
    return {"status": response.status, "statusText": "", **common, "content": content, "redirectURL": location}


def _common(headers: Headers) -> dict[str, Any]:
    fields = [{"name": name, "value": value} for name, value in headers.pairs]
    return {"httpVersion": "HTTP/1.1", "cookies": [], "headers": fields, "headersSize": -1, "bodySize": -1}


def _from_body(body: bytes, headers: Headers) -> dict[str, Any]:
    """Text if reading it gives the same bytes back, else Base64; `_decoded` keeps a body from being decoded twice."""
    media_type = headers.content_type
    with suppress(UnicodeDecodeError):
        text = body.decode()
        if restore_text(text, media_type, headers) == (body, None):
            return {"mimeType": media_type, "text": text}
    content = {"mimeType": media_type, "text": base64.b64encode(body).decode(), "encoding": "base64"}
    return content if restore(body, headers) == (body, None) else {**content, "_decoded": True}


def write_entry(exchange: Exchange) -> bytes:
    """The JSON text of the entry, in one line."""
    return json_text(to_har_entry(exchange))


def write_line(exchange: Exchange) -> bytes:
    """One line of the JSON lines that `json_lines` reads."""
    return write_entry(exchange) + b"\n"
