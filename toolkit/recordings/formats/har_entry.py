"""One HAR 1.2 entry <-> one exchange (http://www.softwareishard.com/blog/har-12-spec/#entries).

`exchange` is the hot path of everything that reads recordings: it costs about as much as parsing the entry.
Properties that HAR does not define begin with an underscore, as the specification asks.
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from typing import Any
from urllib.parse import quote, quote_plus

import orjson

from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.recordings.coding import Restored, Undecodable, encode_text, from_base64, restore, restore_text
from toolkit.recordings.recording import Malformed, multipart, pairs

_NO_HEADERS = Headers()
_NUMBERS = (int, float)
_NAME, _VALUE = itemgetter("name"), itemgetter("value")
_CHUNKED = "\r\n\r\n"  # how a body ends that was recorded with its chunks
_PERCENT_SIGN = re.compile(r"%(?![0-9A-Fa-f]{2})")


def looks_like_entry(value: Any) -> bool:
    """Whether a JSON value is a HAR entry, and no stub of a mock server, which has a request and a response too."""
    if not isinstance(value, dict):
        return False
    request, response = value.get("request") or {}, value.get("response") or {}
    if not (isinstance(request, dict) and isinstance(response, dict)):
        return False
    if not ("url" in request if request else "status" in response):
        return False
    listed = isinstance(request.get("headers"), list) or isinstance(response.get("headers"), list)
    return listed or "startedDateTime" in value or "content" in response or "://" in str(request.get("url"))


def exchange(entry: Any, source: str) -> Exchange:
    """The exchange in one parsed entry. Raises KeyError, TypeError, ValueError or AttributeError if it is none."""
    get = entry.get
    sent, received = get("request"), get("response") or None
    if sent is None and received is None:
        raise Malformed("neither a request nor a response")
    time = get("time")
    return Exchange(
        None if sent is None else _request(sent),
        None if received is None else _response(received),
        source,
        get("_operation"),
        time / 1000 if time.__class__ in _NUMBERS and time > 0 else None,
    )


def _request(recorded: Any) -> Request:
    url, post, query = recorded["url"], recorded.get("postData"), recorded.get("queryString")
    if query and "?" not in url:
        url += "?" + _encode(query)
    headers = _headers(recorded.get("headers"), post)
    if recorded.get("cookies") and headers.get("cookie") is None:
        headers = _with_cookies(headers, recorded["cookies"])
    method = "" + recorded["method"]
    body = None if not post and method == "GET" else _request_body(recorded, post, headers)
    return Request(method, "" + url, headers, body)


def _response(recorded: Any) -> Response | None:
    """None if the status says that there was no response: 0 or -1 for one aborted, blocked or not recorded."""
    status = recorded["status"]
    if status.__class__ is not int:
        status = int(status or 0)
    if status <= 0:
        return None
    content = recorded.get("content") or {}
    headers = _headers(recorded.get("headers"), content)
    text: Any = content.get("text")
    is_usual = text and "encoding" not in content and status != 304 and isinstance(text, str)
    if is_usual and not text.endswith(_CHUNKED) and text[:1] != "\x1f":
        plain = text.isascii() and "json" in (content.get("mimeType") or "")
        return Response(status, headers, text.encode() if plain else encode_text(text, _text_type(content, headers)))
    body, fault = _unusual(recorded, content, headers, status)
    return Response(status, headers, body, fault)


def _unusual(recorded: Any, content: Any, headers: Headers, status: int) -> Restored:
    """A body that is base64, chunked or was not kept. The body of a 304 is what the browser had in its cache."""
    text = content.get("text")
    if status == 304:
        return None, None
    if text is not None and not isinstance(text, str):
        raise Malformed("content.text is not a string")
    if not text:
        sizes = (content.get("size"), recorded.get("bodySize"), headers.get("Content-Length"))
        known = (text is not None or content.get("size") == 0) and not content.get("comment")
        return (b"" if known and not any(map(_is_some, sizes)) else None), content.get("_fault")
    if _is_base64(content):
        return _from_base64(text, recorded, content, headers)
    return restore_text(text, _text_type(content, headers), headers)


def _from_base64(text: str, recorded: Any, content: Any, headers: Headers) -> Restored:
    """What is said to be base64, and is text where it cannot be (Firefox, bug 1762313)."""
    data = from_base64(text)
    if isinstance(data, Undecodable):
        return restore_text(text, _text_type(content, headers), headers)
    return restore(data, _NO_HEADERS if content.get("_decoded") else headers, kept=_is_kept(recorded, content, data))


def _is_kept(recorded: Any, content: Any, data: bytes) -> bool:
    """Whether the recorder says that the bytes are decoded: of another size than on the wire (HAR, `compression`)."""
    size, sent = content.get("size"), recorded.get("bodySize")
    return size == len(data) and (bool(content.get("compression")) or (_is_some(sent) and sent != size))


def _is_some(size: Any) -> bool:
    """Whether a size, as a number or as text, says that there are bytes."""
    return (size.__class__ in _NUMBERS and size > 0) or (isinstance(size, str) and size.strip().strip("0").isdecimal())


def _is_base64(content: Any) -> bool:
    return str(content.get("encoding")).lower() == "base64"


def _headers(fields: Any, content: Any) -> Headers:
    """HTTP/2 pseudo-header fields are no header fields. If none were recorded at all, the media type is still known."""
    if not fields:
        media_type = _media_type(content) if content else ""
        known = media_type and media_type != "x-unknown"
        return Headers((("Content-Type", media_type),)) if known else _NO_HEADERS
    try:
        "".join(map(_NAME, fields))  # raises TypeError if one is no string
        if "\n" not in "".join(map(_VALUE, fields)):
            return Headers.of_fields(fields)
        lines = ((field["name"], line) for field in fields for line in field["value"].split("\n"))  # as CDP joins them
        return Headers(tuple((name, line.strip()) for name, line in lines if not name.startswith(":")))
    except TypeError:
        named = fields.items() if isinstance(fields, dict) else ((field["name"], field["value"]) for field in fields)
        return Headers(pairs((name, value) for name, value in named if not name.startswith(":")))


def _text_type(content: Any, headers: Headers) -> str:
    """The media type by which text is encoded again; browsers leave the charset out of `mimeType`."""
    sent = headers.get("Content-Type") or ""
    return sent if "charset" in sent.lower() else _media_type(content)


def _media_type(content: Any) -> str:
    media_type = content.get("mimeType")
    return media_type if isinstance(media_type, str) else ""


def _request_body(recorded: Any, post: Any, headers: Headers) -> bytes | None:
    """The request's body; form fields are encoded anew if only they were kept, those of multipart where each has its value.
    None if it was not recorded, of whatever size it was."""
    text, media_type = (post.get("text"), _text_type(post, headers)) if post else (None, "")
    if text:
        return _posted(text, post, media_type, headers)
    params = post.get("params") if post else None
    if params and "multipart" not in media_type:
        return _encode(params).encode()
    if params and all(isinstance(one.get("value"), str) for one in params):
        parts = [
            (str(one["name"]), one["value"], str(one.get("fileName") or ""), str(one.get("contentType") or ""))
            for one in params
        ]
        return multipart(parts, headers.get("Content-Type") or media_type)
    sizes = (recorded.get("bodySize"), headers.get("Content-Length"))
    if params or any(map(_is_some, sizes)) or headers.get("Transfer-Encoding") or _says_something(post):
        return None
    return b"" if text is not None or (recorded.get("bodySize") == 0 and "multipart" not in media_type) else None


def _says_something(post: Any) -> bool:
    """Whether the recorder explains why there is nothing: `Request bodies are not included`."""
    return bool(post and post.get("comment"))


def _posted(text: Any, post: Any, media_type: str, headers: Headers) -> bytes | None:
    """None too where it cannot be restored from its Content-Encoding."""
    if not isinstance(text, str):
        raise Malformed("postData.text is not a string")
    if _is_base64(post) and not isinstance(data := from_base64(text), Undecodable):
        return restore(data, headers)[0]
    return restore_text(text, media_type, headers)[0]


def _with_cookies(headers: Headers, cookies: Any) -> Headers:
    """With the cookies that the recorder lists apart and left out of the header fields."""
    listed = [f"{cookie['name']}={cookie['value']}" for cookie in cookies]
    return Headers.of([*headers.pairs, ("Cookie", "; ".join(listed))])


def _encode(parameters: Any) -> str:
    """Form fields as they are written in a URL. Some recorders keep them encoded; those are not encoded twice."""
    fields = [(item["name"], str(item.get("value") or "")) for item in parameters]
    signs = "".join(map("".join, fields))
    quoted = partial(quote, safe="%+") if "%" in signs and not _PERCENT_SIGN.search(signs) else quote_plus
    encoded = ((quoted(name, errors="surrogatepass"), quoted(value, errors="surrogatepass")) for name, value in fields)
    return "&".join(map("=".join, encoded))


def to_har_entry(exchange: Exchange) -> dict[str, Any]:
    """The entry that `exchange()` reads back; a request that is unknown is null, which HAR proper does not allow."""
    started = datetime.fromtimestamp(exchange.started or 0, UTC)  # HAR requires a time also where none is known
    milliseconds = 0 if exchange.seconds is None else exchange.seconds * 1000
    entry: dict[str, Any] = {
        "startedDateTime": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": milliseconds,
        "request": None if exchange.request is None else _from_request(exchange.request),
        "response": _from_response(exchange.response),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }
    return entry if exchange.operation is None else {**entry, "_operation": exchange.operation}


def _from_request(request: Request) -> dict[str, Any]:
    entry = {"method": request.method, "url": request.url, **_common(request.headers), "queryString": []}
    if request.body is not None:
        entry["postData"] = _from_body(request.body, request.headers)
        entry["bodySize"] = len(request.body)
    return entry


def _from_response(response: Response | None) -> dict[str, Any]:
    if response is None:
        return {"status": 0, "statusText": "", **_common(_NO_HEADERS), "content": {"size": 0}, "redirectURL": ""}
    content: dict[str, Any] = {"size": -1, "mimeType": response.headers.get("Content-Type") or ""}
    if response.body is not None:
        content = {"size": len(response.body), **_from_body(response.body, response.headers)}
    if response.fault is not None:
        content["_fault"] = response.fault
    location = response.headers.get("Location") or ""
    common = _common(response.headers)
    return {"status": response.status, "statusText": "", **common, "content": content, "redirectURL": location}


def _common(headers: Headers) -> dict[str, Any]:
    fields = [{"name": name, "value": value} for name, value in headers.pairs]
    return {"httpVersion": "HTTP/1.1", "cookies": [], "headers": fields, "headersSize": -1, "bodySize": -1}


def _from_body(body: bytes, headers: Headers) -> dict[str, Any]:
    """Text if reading it gives the same bytes back, else Base64; `_decoded` keeps a body from being decoded twice."""
    media_type = headers.get("Content-Type") or ""
    with suppress(UnicodeDecodeError):
        text = body.decode()
        if restore_text(text, media_type, headers) == (body, None):
            return {"mimeType": media_type, "text": text}
    content = {"mimeType": media_type, "text": base64.b64encode(body).decode(), "encoding": "base64"}
    return content if restore(body, headers) == (body, None) else {**content, "_decoded": True}


def write_entry(exchange: Exchange) -> bytes:
    """The JSON text of the entry, in one line."""
    entry = to_har_entry(exchange)
    try:
        return orjson.dumps(entry)
    except TypeError:  # a lone surrogate, which browsers write
        import json

        return json.dumps(entry, separators=(",", ":")).encode()


def write_line(exchange: Exchange) -> bytes:
    """One line of the JSON lines that `json_lines` reads."""
    return write_entry(exchange) + b"\n"
