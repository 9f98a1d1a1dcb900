"""WireMock stub mappings: a request that is wanted, and the answer it gets. One mapping a file, or several; and the
journal of the requests that WireMock has received.

What a matcher leaves open of a parameter is a variable; of a URL that is matched by a pattern the request is unknown. A stub for
any method is read as GET.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from toolkit.exchange import LACKS, Exchange, Headers, Record, Request, Response
from toolkit.recordings.coding import Undecodable, encode_text, from_base64
from toolkit.recordings.recording import Recording, each, fields, json_text, pairs, property_of, response_of

_URLS = ("url", "urlPath", "urlPattern", "urlPathPattern", "urlPathTemplate")
_BODIES = ("body", "jsonBody", "base64Body", "bodyFileName")
_VARIABLE = re.compile(r"\{[^{}]*\}")
_PLACEHOLDER = re.compile(r"\$\{(?:json-unit|xmlunit)")
# Matchers that no request fits that lacks the parameter
_PRESENT = frozenset(
    {"matches", "contains", "before", "after", "equalToDateTime", "equalToJson", "hasExactly", "includes"}
)
_OPEN = re.compile(r"[\\^$*+?()\[\]{}|]")


def recognises(recording: Recording) -> bool:
    """Whether it is a mapping or has a list of them."""
    mappings, _ = _mappings(recording.tree)
    return bool(mappings) and (_is_mapping(mappings[0]) or _is_event(mappings[0]))


def _mappings(tree: Any) -> tuple[list[Any], str]:
    for name in ("mappings", "requests"):
        if isinstance(several := property_of(tree, name), list):
            return several, f"#/{name}"
    return [tree], "#"


def _is_event(value: Any) -> bool:
    url = property_of(property_of(value, "request"), "absoluteUrl")
    return bool(url) and isinstance(property_of(value, "response"), dict)


def _is_mapping(value: Any) -> bool:
    request, response = property_of(value, "request"), property_of(value, "response")
    if not isinstance(request, dict) or not isinstance(response, dict):
        return False
    return any(name in request for name in _URLS) or any(name in response for name in _BODIES)


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each mapping, or of each event of the journal."""
    mappings, pointer = _mappings(recording.tree)

    def build(mapping: Any, source: str) -> Exchange:
        if _is_event(mapping):
            return _event(mapping, source)
        wanted = mapping.get("request") or {}
        request, pattern = _request(wanted), next((str(wanted[name]) for name in _URLS if wanted.get(name)), "")
        unnamed = ("header", "cookie", *(("query",) if "url" not in wanted else ()))  # which holds the whole query
        return Exchange(request, _response(mapping["response"], recording), source, pattern=pattern, unnamed=unnamed)

    return each(mappings, recording.name + pointer, build)


def _event(event: Any, source: str) -> Exchange:
    sent, received = event["request"], event["response"]
    time = property_of(event.get("timing"), "totalTime")
    status = int(received.get("status") or 0)  # 0 if the connection was broken
    headers, body = _sent(sent)
    request = Request(sent["method"], sent["absoluteUrl"], headers, body if isinstance(body, bytes) else None)
    headers, body = _sent(received)
    return Exchange(request, response_of(status, headers, body) if status else None, source, None, time and time / 1000)


def _sent(message: Any) -> tuple[Headers, bytes | Undecodable]:
    headers = fields(message.get("headers"))
    encoded, text = message.get("bodyAsBase64"), str(message.get("body") or "")
    return headers, encode_text(text, headers.content_type) if encoded is None else from_base64(encoded)


def _request(wanted: Any) -> Request | None:
    target = next((str(wanted[name]) for name in _URLS if wanted.get(name)), None)
    if target is not None and "urlPathTemplate" in wanted:
        known = {f"{{{name}}}": quote(value, safe="{}") for name, value in _each(wanted, "pathParameters")}
        target = _VARIABLE.sub(lambda found: known.get(found[0], f"{{{found[0]}}}"), target)
    elif target is None or not ("url" in wanted or "urlPath" in wanted or not _OPEN.search(target)):
        return None
    query, fields = (_each(wanted, name) for name in ("queryParameters", "headers"))
    bodies = [value for matcher in wanted.get("bodyPatterns") or [] for value in _definite(matcher)]
    method = str(wanted.get("method", "ANY")).upper().replace("ANY", "GET")
    url = f"{target}?{urlencode(query)}" if query else target
    has_variables = any("{{" in text for text in (target, *(value for _, value in (*query, *fields))))
    return Request(method, url, Headers(pairs(fields)), bodies[0].encode() if bodies else None, has_variables)


def _each(wanted: Any, name: str) -> list[tuple[str, str]]:
    """The names and values of parameters, a variable for one that has to be there with any of several values."""
    listed = list((wanted.get(name) or {}).items())
    values = [(key, _definite(one) or [f"{{{{{key}}}}}"] * (not _PRESENT.isdisjoint(one))) for key, one in listed]
    return [(key, value) for key, several in values for value in several]


def _definite(matcher: Any) -> list[str]:
    """The values that a matcher accepts, where it leaves nothing open."""
    several = next((matcher[word] for word in ("hasExactly", "includes") if word in matcher), ())
    exact = next((matcher[word] for word in ("equalTo", "equalToJson", "equalToXml") if word in matcher), None)
    if exact is None or matcher.get("ignoreExtraElements"):
        return [value for one in several for value in _definite(one)]
    text = exact if isinstance(exact, str) else json_text(exact).decode()
    return [] if _PLACEHOLDER.search(text) else [text]


def _response(stub: Any, recording: Recording) -> Response | None:
    """A stub that forwards or breaks the connection has no response of its own; the values in a template are unknown."""
    if "proxyBaseUrl" in stub or "fault" in stub:
        return None
    headers = fields(stub.get("headers"))
    body = _body(stub, recording, headers.content_type)
    template = isinstance(body, bytes) and b"{{" in body and "response-template" in (stub.get("transformers") or ())
    return response_of(stub.get("status", 200), headers, None if template else body)


def _body(stub: Any, recording: Recording, media_type: str) -> bytes | Undecodable:
    if "jsonBody" in stub:
        return json_text(stub["jsonBody"])
    if "base64Body" in stub:
        return from_base64(stub["base64Body"])
    if "bodyFileName" in stub:
        found = recording.beside(str(stub["bodyFileName"]))
        return Undecodable(f"{LACKS}the file that holds the body, {stub['bodyFileName']}") if found is None else found
    return encode_text(str(stub.get("body", "")), media_type)
