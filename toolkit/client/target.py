"""The only place that connects out: a service at a URL, or an ASGI application in process, as `Send`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from toolkit.errors import TargetError
from toolkit.exchange import Headers, Request, Response, Send

MAX_BODY = 64 << 20  # bytes of one response
TIMEOUT = 30.0  # seconds


class NoResponse(Exception):
    """The service gave no HTTP response; the message says what happened instead."""


@contextmanager
def http(url: str) -> Iterator[Send]:
    """Send requests to a live service; a request's URL is a path below the base URL. Raises TargetError for a bad URL."""
    import httpx

    base = base_address(url)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:

        def send(request: Request) -> Response:
            try:
                with client.stream(request.method, base + request.url, **_arguments(request)) as received:
                    return _response(received, _read(received.iter_bytes()))
            except httpx.DecodingError as error:
                return Response(received.status_code, _headers(received), None, f"the body cannot be decoded: {error}")
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise NoResponse(_reason(error)) from None

        yield send


@contextmanager
def asgi(app: Any) -> Iterator[Send]:
    """Send requests to an ASGI application in this process, one at a time."""
    import httpx

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=TIMEOUT)

        async def exchange(request: Request) -> Response:
            async with client.stream(request.method, request.url, **_arguments(request)) as received:
                return _response(received, await _join(received.aiter_bytes()))

        def send(request: Request) -> Response:
            try:
                return runner.run(exchange(request))
            except httpx.HTTPError as error:
                raise NoResponse(_reason(error)) from None

        yield send
        runner.run(client.aclose())


def base_address(url: str) -> str:
    """The URL without a slash at its end. Raises TargetError if no path can follow it; the message shows no password."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise TargetError(f"{url.rpartition('@')[2]}: not an HTTP address; write http://HOST:PORT")
    if "?" in url or "#" in url:
        raise TargetError("the address has a query or a fragment, which no path can follow; write it without")
    return url.rstrip("/")


def _arguments(request: Request) -> dict[str, Any]:
    return {"headers": list(request.headers.pairs), "content": request.body}


def _response(received: Any, body: bytes) -> Response:
    return Response(received.status_code, _headers(received), body)


def _headers(received: Any) -> Headers:
    return Headers.of(received.headers.multi_items())


def _read(chunks: Iterator[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_BODY:
            raise NoResponse(f"the response body is larger than {MAX_BODY >> 20} MB")
    return bytes(body)


async def _join(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".strip().rstrip(":")
