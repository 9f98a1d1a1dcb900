"""Postman collections, versions 1 and 2, with the responses saved in them (https://schema.postman.com/), and the JSON
reports of newman, which runs them.

`{{name}}` is replaced if the collection itself gives the variable's value; else it is unknown what was sent there. The
request of an item is read too, without a response, where it is not that of one of the item's saved responses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlencode

import orjson

from toolkit.document.pointers import array_at
from toolkit.errors import RecordingError
from toolkit.exchange import Exchange, Headers, Record, Request, Response
from toolkit.recordings.coding import encode_text
from toolkit.recordings.recording import Malformed, Recording, guard, json_text, multipart, pairs, property_of

_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
_MOST, _LONGEST, _FILLED = 1_000, 10_000, 100_000  # variables in a string, characters of a value and of all in a string
_SEGMENT = re.compile(r"(?<=/):[^/?#]+")
_SENT = ("url", "header", "headers", "body", "dataMode", "data", "rawModeData")  # what a request says beside its method
_UNKNOWN_HOST = re.compile(r"^(\w+://)?\{\{[^{}]*\}\}/?")
Saved = tuple[Any, Any, str]  # the request that was sent, the response, the place


def recognises(recording: Recording) -> bool:
    """Whether it is a collection: version 2 names its schema, version 1 has requests in order."""
    tree = _collection(recording.tree)
    version_2 = isinstance(property_of(tree, "item"), list) and isinstance(property_of(tree, "info"), dict)
    version_1 = isinstance(property_of(tree, "requests"), list) and isinstance(property_of(tree, "order"), list)
    return version_2 or version_1 or bool(_executions(recording.tree))


def _collection(tree: Any) -> Any:
    return property_of(tree, "collection") or tree


def _executions(tree: Any) -> list[Any]:
    """What newman did."""
    return array_at(property_of(tree, "run"), "executions")


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each saved response, and requests without one. Raises RecordingError where no response is saved."""
    tree = _collection(recording.tree)
    variables = _variables(tree)
    is_saved = False
    done = [
        (property_of(item, "request"), property_of(item, "response") or {}, f"{recording.name}#/run/executions/{index}")
        for index, item in enumerate(_executions(recording.tree))
    ]
    for saved in done or _saved(tree, recording.name):
        is_saved = is_saved or bool(saved[1])
        yield guard((*saved, variables), saved[2], _exchange)
    if not is_saved:
        raise RecordingError(f"{recording.name}: a Postman collection without saved responses; save them as examples")


def _variables(tree: Any) -> dict[str, str]:
    """The collection's variables; the value of one may name another."""
    given = [item for item in tree.get("variable") or [] if property_of(item, "value") is not None]
    variables = {str(item.get("key") or item.get("id")): str(item["value"])[:_LONGEST] for item in given}
    for name, value in list(variables.items()):
        with suppress(Malformed):
            variables[name] = _fill(value, variables)[:_LONGEST]
    return variables


def _saved(tree: Any, name: str) -> Iterator[Saved]:
    """Every saved response, and requests without one; without recursion, since hostile folders may nest deeply."""
    for index, own in enumerate(tree.get("requests") or []):
        yield from _of_item(own, array_at(own, "responses"), "request", f"{name}#/requests/{index}", "responses")
    pending: list[tuple[Any, str, Any]] = [(tree, f"{name}#", None)]
    while pending:
        node, place, auth = pending.pop()
        auth = property_of(node, "auth") or property_of(property_of(node, "request"), "auth") or auth
        own, saved = property_of(node, "request"), array_at(node, "response")
        for sent, response, at in _of_item(own, saved, "originalRequest", place, "response"):
            inherits = isinstance(sent, dict) and not sent.get("auth")
            yield {**sent, "auth": auth} if inherits else sent, response, at
        items = [(item, f"{place}/item/{index}", auth) for index, item in enumerate(array_at(node, "item"))]
        pending.extend(reversed(items))


def _of_item(own: Any, saved: list[Any], original: str, place: str, kind: str) -> Iterator[Saved]:
    """The saved responses of a request, each with what it was sent by, and the request where that is another one."""
    sent = [property_of(response, original) or own for response in saved]
    for number, (one, response) in enumerate(zip(sent, saved, strict=True)):
        yield one, response, f"{place}/{kind}/{number}"
    if property_of(own, "url") and _request_key(own) not in map(_request_key, sent):
        yield own, {}, f"{place}/request" if kind == "response" else place


def _request_key(request: Any) -> list[Any]:
    return [property_of(request, "method") or "GET", *(property_of(request, name) or None for name in _SENT)]


def _exchange(saved: Any, source: str) -> Exchange:
    sent, received, _, variables = saved
    code = received.get("code") or property_of(received.get("responseCode"), "code")
    headers = _headers(received.get("header", received.get("headers")))
    elapsed = received.get("responseTime") or received.get("time")
    seconds = float(elapsed) / 1000 if isinstance(elapsed, int | float | str) and elapsed else None
    response = Response(int(code), headers, _response_body(received, headers)) if code else None
    return Exchange(_request(sent, variables), response, source, None, seconds)


def _response_body(received: Any, headers: Headers) -> bytes | None:
    """The body: text, or in newman's files the bytes of a Node.js buffer."""
    text, buffer = received.get("body", received.get("text")), received.get("stream")
    if text is None:
        return bytes(buffer["data"]) if buffer else None
    return encode_text(text, headers.content_type)


def _request(sent: Any, variables: dict[str, str]) -> Request | None:
    if isinstance(sent, str):
        sent = {"url": sent}
    if not isinstance(sent, dict):
        return None
    fields = _headers(sent.get("header", sent.get("headers"))).pairs
    headers = Headers(tuple((name, _fill(value, variables)) for name, value in fields))
    method = str(sent.get("method") or "GET").upper()
    url = _url(sent, variables)
    if (proof := _credentials(sent.get("auth"))) and proof[0] == "query":
        url += ("&" if "?" in url else "?") + urlencode([proof[1:]])
    elif proof and headers.get(proof[1]) is None:
        headers = Headers((*headers.pairs, proof[1:]))
    body = _body(sent, headers, variables)
    texts = (url, unquote((body or b"").decode("utf-8", "replace")), *(value for _, value in headers.pairs))
    return Request(method, url, headers, body, any(map(_VARIABLE.search, texts)))


def _credentials(auth: Any) -> tuple[str, str, str] | None:
    """Where the credentials stand that Postman adds to a request, the name, and a mask in place of the value; None for none."""
    kind = property_of(auth, "type")
    if not isinstance(kind, str) or kind == "noauth":
        return None
    given = auth.get(kind) or {}
    if isinstance(given, list):  # version 2.1
        given = {item["key"]: item.get("value") for item in given}
    if kind == "apikey":
        return str(given.get("in") or "header"), str(given.get("key") or "Authorization"), "***"
    scheme = {"oauth2": "Bearer", "jwt": "Bearer"}.get(kind, kind.title())
    return "header", "Authorization", f"{scheme} ***"


def _fill(text: str, variables: dict[str, str]) -> str:
    """The text with the values of its variables. Raises Malformed where these are far longer than any text is."""
    left = _FILLED

    def value(found: re.Match[str]) -> str:
        nonlocal left
        known = variables.get(found[1].strip(), found[0])
        left -= len(known)
        if left < 0:
            raise Malformed(f"variables put over {_FILLED:,} characters into one string")
        return known

    return _VARIABLE.sub(value, text, count=_MOST)


def _url(sent: Any, variables: dict[str, str]) -> str:
    """The URL from its parts, or as it was typed. Where the host is a variable of unknown value: path and query."""
    url = sent.get("url")
    parts = url if isinstance(url, dict) else {"raw": url}
    typed = parts.get("path") is None or parts.get("host") is None
    raw = _fill(str(parts.get("raw") or "") if typed else _from_parts(parts, variables), variables)
    values = {str(item.get("key") or item.get("id")): item.get("value") for item in parts.get("variable") or []}
    values |= sent.get("pathVariables") or {}
    known = {f":{name}": f"{{{{{name}}}}}" if value in (None, "") else str(value) for name, value in values.items()}
    raw = _SEGMENT.sub(lambda found: known.get(found[0], found[0]), raw)
    raw = _UNKNOWN_HOST.sub("/", raw).replace(" ", "%20")
    return raw if "://" in raw or re.match(r"/(?!/)", raw) else "http://" + raw.lstrip("/")


def _from_parts(parts: Any, variables: dict[str, str]) -> str:
    scheme = f"{parts['protocol']}://" if parts.get("protocol") else ""
    host = _fill(_joined(parts["host"], "."), variables).rstrip("/")
    port = f":{parts['port']}" if parts.get("port") else ""
    query = [f"{item['key']}={item.get('value') or ''}" for item in parts.get("query") or [] if _enabled(item)]
    path = _joined(parts["path"], "/").lstrip("/")
    return f"{scheme}{host}{port}/{path}" + ("?" + "&".join(query) if query else "")


def _enabled(item: Any) -> bool:
    return not item.get("disabled") and item.get("enabled") is not False


def _joined(parts: Any, separator: str) -> str:
    if isinstance(parts, str):
        return parts.strip("/")
    return separator.join(str(part.get("value") if isinstance(part, dict) else part) for part in parts)


def _headers(recorded: Any) -> Headers:
    """A list of objects, or the lines of a text."""
    if isinstance(recorded, str):
        lines = [line.partition(":") for line in recorded.splitlines() if ":" in line]
        return Headers(pairs((name.strip(), value.strip()) for name, _, value in lines))
    fields = [item for item in recorded or [] if _enabled(item)]
    return Headers(pairs((item.get("key") or item["name"], item.get("value") or "") for item in fields))


def _body(sent: Any, headers: Headers, variables: dict[str, str]) -> bytes | None:
    """Raw text, GraphQL or form fields; b"" where there is none; unknown where it has a file, of which the content is not on record."""
    body = sent.get("body") or {}
    mode = body.get("mode") or sent.get("dataMode")
    if body.get("disabled") is True or not (body or mode or sent.get("rawModeData")):
        return None if sent.get("method", "GET") in ("GET", "HEAD") else b""  # Postman sends none
    if mode == "raw":
        raw = body.get("raw", sent.get("rawModeData"))
        return None if raw is None else _fill(str(raw), variables).encode()
    if mode == "graphql":
        return _graphql(body.get("graphql") or {}, variables)
    if mode not in ("urlencoded", "formdata", "params"):
        return None
    fields = [item for item in body.get(mode) or sent.get("data") or [] if _enabled(item)]
    named = [(str(item["key"]), _fill(str(item.get("value") or ""), variables)) for item in fields]
    if mode == "urlencoded":
        return urlencode(named).encode()
    if any(item.get("type") == "file" for item in fields):
        return None
    kinds = [str(item.get("contentType") or "") for item in fields]
    return multipart([(*pair, "", kind) for pair, kind in zip(named, kinds, strict=True)], headers.content_type)


def _graphql(stated: Any, variables: dict[str, str]) -> bytes | None:
    """GraphQL as Postman sends it: an object in JSON, the variables in it. None where these are no JSON."""
    given = _fill(str(stated.get("variables") or "{}"), variables)
    try:
        return json_text({"query": _fill(str(stated.get("query") or ""), variables), "variables": orjson.loads(given)})
    except orjson.JSONDecodeError:
        return None
