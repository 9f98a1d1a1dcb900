"""Responses of other HTTP clients as exchanges: httpx, requests, Starlette's TestClient, and Schemathesis.

They are recognized by their attributes, so that none of these libraries is imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from toolkit.exchange import Exchange, Headers, Request, Response


def exchange_of(response: Any, operation: str | None = None) -> Exchange:
    """A response with the request that it answers, if it holds that one. Raises TypeError for any other object."""
    __tracebackhide__ = True
    try:
        is_known = all(hasattr(response, name) for name in ("status_code", "headers", "content"))
    except RuntimeError:  # httpx: a response that is streamed
        raise TypeError("the body of the response was not read; call response.read() first") from None
    if not is_known:
        found = type(response).__name__
        raise TypeError(f"not a response but {found}; pass a response of httpx, requests or Starlette's TestClient")
    request = _request_in(response)
    source = f"{request.method} {request.url}" if request else ""
    return Exchange(request, response_of(response), source, operation)


def response_of(response: Any) -> Response:
    return Response(response.status_code, Headers.of(_fields(response.headers)), response.content or b"")


def request_of(request: Any) -> Request:
    return Request(str(request.method), str(request.url), Headers.of(_fields(request.headers)), _body(request))


def _request_in(response: Any) -> Request | None:
    try:
        request = response.request
    except RuntimeError:  # httpx: a response that was made by hand
        return None
    return request_of(request) if hasattr(request, "method") else None


def _fields(headers: Any) -> Iterable[tuple[str, str]]:
    """The header fields of httpx's multi-dict, of a mapping to one value (requests), or to a list of them (Schemathesis)."""
    found = headers.multi_items() if hasattr(headers, "multi_items") else headers.items()
    for name, value in found:
        for one in value if isinstance(value, list) else [value]:
            yield _string(name), _string(one)


def _string(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _body(request: Any) -> bytes | None:
    """The body of a request of requests (`body`) or httpx (`content`); None if it was streamed."""
    try:
        body = request.body if hasattr(request, "body") else request.content
    except RuntimeError:
        return None
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
