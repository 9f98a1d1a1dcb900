"""An exchange as people read it: the request's line, its header fields and its body, then those of the response."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.secrets.masking import Secrets
from toolkit.validation.hiding import is_large
from toolkit.verdict import clip

_REQUEST, _RESPONSE, _FIELD = 600, 1_500, 200  # characters of bodies and of one header field


def quoted(exchange: Exchange, secrets: Secrets, others: Iterable[str] = ()) -> str:
    """Several lines, without secrets and without `others`; '' for an exchange without messages."""
    request, response = exchange.request, exchange.response
    small = Exchange(
        replace(request, body=_size(request)) if request and is_large(request) else request,
        replace(response, body=_size(response)) if response and is_large(response) else response,
    )
    masked = secrets.kept(small, others)
    return "\n\n".join([*_request(masked.request), *_response(masked.response)])


def _size(message: Request | Response) -> bytes:
    return f"({len(message.body or b''):,} bytes)".encode()


def _request(request: Request | None) -> list[str]:
    if request is None:
        return []
    lines = [f"{request.method} {clip(request.url, 2_000)}", *_fields(request.headers)]
    return ["\n".join(lines), *_body(request.body, _REQUEST)]


def _response(response: Response | None) -> list[str]:
    if response is None:
        return []
    return ["\n".join([f"HTTP {response.status}", *_fields(response.headers)]), *_body(response.body, _RESPONSE)]


def _fields(headers: Headers) -> list[str]:
    return [f"{name}: {clip(value, _FIELD)}" for name, value in headers.pairs]


def _body(body: bytes | None, most: int) -> list[str]:
    return [clip(body.decode("utf-8", "backslashreplace"), most)] if body else []
