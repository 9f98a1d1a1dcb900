"""An exchange as people read it: the request's line, its header fields and its body, then those of the response."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.exchange import Exchange, Request, Response
from toolkit.secrets.masking import Secrets
from toolkit.structs import replace
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
    request, response = masked.request, masked.response
    sent = _lines(f"{request.method} {clip(request.url, 2_000)}", request, _REQUEST) if request else []
    received = _lines(f"HTTP {response.status}", response, _RESPONSE) if response else []
    return "\n\n".join([*sent, *received])


def _size(message: Request | Response) -> bytes:
    return f"({len(message.body or b''):,} bytes)".encode()


def _lines(first: str, message: Request | Response, most: int) -> list[str]:
    """Its first line with the header fields below, and its body if it has one, of so many characters."""
    head = "\n".join([first, *(f"{name}: {clip(value, _FIELD)}" for name, value in message.headers.pairs)])
    return [head, *([clip(message.body.decode("utf-8", "backslashreplace"), most)] if message.body else [])]
