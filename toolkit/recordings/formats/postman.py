"""Postman collections, versions 1 and 2, with the responses saved in them (https://schema.postman.com/), and the JSON
reports of newman, which runs them.

`{{name}}` is replaced where the collection itself gives the variable's value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from toolkit.errors import RecordingError
from toolkit.exchange import Exchange, Headers, Record, Request, Response
from toolkit.recordings.coding import encode_text
from toolkit.recordings.recording import Recording, guarded, member, pairs

_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
_MOST, _LONGEST = 1_000, 10_000  # variables in a text, characters of a value: more is hostile
_SEGMENT = re.compile(r"(?<=/):[^/?#]+")
_UNKNOWN_HOST = re.compile(r"^(\w+://)?\{\{[^{}]*\}\}/?")
Saved = tuple[Any, Any, str]  # the request that was sent, the response, the place


def recognises(recording: Recording) -> bool:
    """Whether it is a collection: version 2 names its schema, version 1 has requests in order."""
    tree = _collection(recording.tree())
    version_2 = isinstance(member(tree, "item"), list) and isinstance(member(tree, "info"), dict)
    version_1 = isinstance(member(tree, "requests"), list) and isinstance(member(tree, "order"), list)
    return version_2 or version_1 or bool(_executions(recording.tree()))


def _collection(tree: Any) -> Any:
    return member(tree, "collection") or tree


def _executions(tree: Any) -> list[Any]:
    """What newman did."""
    return _list(member(tree, "run"), "executions")


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each saved response. Raises RecordingError where none is saved."""
    tree = _collection(recording.tree())
    variables = _variables(tree)
    saved = None
    done = [
        (member(item, "request"), member(item, "response") or {}, f"{recording.name}#/run/executions/{index}")
        for index, item in enumerate(_executions(recording.tree()))
    ]
    for saved in done or _saved(tree, recording.name):
        yield guarded((*saved, variables), saved[2], _exchange)
    if saved is None:
        raise RecordingError(f"{recording.name}: a Postman collection without saved responses; save them as examples")


def _variables(tree: Any) -> dict[str, str]:
    """The collection's variables; the value of one may name another."""
    given = [item for item in tree.get("variable") or [] if member(item, "value") is not None]
    variables = {str(item.get("key") or item.get("id")): str(item["value"])[:_LONGEST] for item in given}
    return {name: _filled(value, variables)[:_LONGEST] for name, value in variables.items()}


def _saved(tree: Any, name: str) -> Iterator[Saved]:
    """Every saved response; folders are followed without recursion, since a hostile collection may nest deeply."""
    for index, request in enumerate(tree.get("requests") or []):
        for number, response in enumerate(member(request, "responses") or []):
            yield member(response, "request") or request, response, f"{name}#/requests/{index}/responses/{number}"
    pending = [(tree, f"{name}#")]
    while pending:
        node, place = pending.pop()
        for number, response in enumerate(_list(node, "response")):
            asked = member(response, "originalRequest") or member(node, "request")
            yield asked, response, f"{place}/response/{number}"
        items = [(item, f"{place}/item/{index}") for index, item in enumerate(_list(node, "item"))]
        pending.extend(reversed(items))


def _list(node: Any, name: str) -> list[Any]:
    found = member(node, name)
    return found if isinstance(found, list) else []


def _exchange(saved: Any, source: str) -> Exchange:
    asked, answered, _, variables = saved
    code = answered.get("code") or member(answered.get("responseCode"), "code")
    headers = _headers(answered.get("header", answered.get("headers")))
    elapsed = answered.get("responseTime") or answered.get("time")
    seconds = float(elapsed) / 1000 if isinstance(elapsed, int | float | str) and elapsed else None
    response = Response(int(code), headers, _answer(answered, headers)) if code else None
    return Exchange(_request(asked, variables), response, source, None, seconds)


def _answer(answered: Any, headers: Headers) -> bytes | None:
    """The body: text, or of newman the bytes of a Node.js buffer."""
    text, buffer = answered.get("body", answered.get("text")), answered.get("stream")
    if text is None:
        return bytes(buffer["data"]) if buffer else None
    return encode_text(text, headers.get("Content-Type") or "")


def _request(asked: Any, variables: dict[str, str]) -> Request | None:
    if isinstance(asked, str):
        asked = {"url": asked}
    if not isinstance(asked, dict):
        return None
    fields = _headers(asked.get("header", asked.get("headers"))).pairs
    headers = Headers(tuple((name, _filled(value, variables)) for name, value in fields))
    method = str(asked.get("method") or "GET").upper()
    return Request(method, _url(asked, variables), headers, _body(asked, variables))


def _filled(text: str, variables: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1].strip(), found[0]), text, count=_MOST)


def _url(asked: Any, variables: dict[str, str]) -> str:
    """The URL from its parts, or as it was typed. Where the host is a variable of unknown value: path and query."""
    url = asked.get("url")
    parts = url if isinstance(url, dict) else {"raw": url}
    typed = parts.get("path") is None or parts.get("host") is None
    raw = _filled(str(parts.get("raw") or "") if typed else _from_parts(parts, variables), variables)
    values = {str(item.get("key") or item.get("id")): item.get("value") for item in parts.get("variable") or []}
    values |= asked.get("pathVariables") or {}
    known = {f":{name}": str(value) for name, value in values.items() if value is not None}
    raw = _SEGMENT.sub(lambda found: known.get(found[0], found[0]), raw)
    raw = _UNKNOWN_HOST.sub("/", raw).replace(" ", "%20")
    return raw if "://" in raw or re.match(r"/(?!/)", raw) else "http://" + raw.lstrip("/")


def _from_parts(parts: Any, variables: dict[str, str]) -> str:
    scheme = f"{parts['protocol']}://" if parts.get("protocol") else ""
    host = _filled(_joined(parts["host"], "."), variables).rstrip("/")
    port = f":{parts['port']}" if parts.get("port") else ""
    query = [f"{item['key']}={item.get('value') or ''}" for item in parts.get("query") or [] if _enabled(item)]
    path = _joined(parts["path"], "/").lstrip("/")
    return f"{scheme}{host}{port}/{path}" + ("?" + "&".join(query) if query else "")


def _enabled(item: Any) -> bool:
    return not item.get("disabled") and item.get("enabled") is not False


def _joined(parts: Any, separator: str) -> str:
    return parts.strip("/") if isinstance(parts, str) else separator.join(str(_segment(part)) for part in parts)


def _segment(part: Any) -> Any:
    return part.get("value") if isinstance(part, dict) else part


def _headers(recorded: Any) -> Headers:
    """A list of objects, or the lines of a text."""
    if isinstance(recorded, str):
        lines = [line.partition(":") for line in recorded.splitlines() if ":" in line]
        return Headers(pairs((name.strip(), value.strip()) for name, _, value in lines))
    fields = [item for item in recorded or [] if _enabled(item)]
    return Headers(pairs((item.get("key") or item["name"], item.get("value") or "") for item in fields))


def _body(asked: Any, variables: dict[str, str]) -> bytes | None:
    """Raw text or form fields. Multipart has no boundary on record, a file no content: both unknown."""
    body = asked.get("body") or {}
    mode = body.get("mode") or asked.get("dataMode")
    if mode == "raw":
        raw = body.get("raw", asked.get("rawModeData"))
        return None if raw is None else _filled(str(raw), variables).encode()
    if mode != "urlencoded":
        return None
    fields = [item for item in body.get("urlencoded") or asked.get("data") or [] if _enabled(item)]
    return urlencode([(item["key"], _filled(str(item.get("value") or ""), variables)) for item in fields]).encode()
