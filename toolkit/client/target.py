"""The only place that connects out: a service at a URL, or an ASGI application in process, as `Send`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from toolkit.errors import TargetError
from toolkit.exchange import Headers, Request, Response, Send

MAX_BODY = 64 << 20  # bytes of one answer
TIMEOUT = 30.0  # seconds


class NoAnswer(Exception):
    """The service gave no HTTP answer; the message says what happened instead."""


@contextmanager
def http(url: str) -> Iterator[Send]:
    """Requests sent to a live service; a request's URL is a path below the base URL. Raises TargetError for a bad URL."""
    import httpx

    base = base_address(url)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:

        def send(request: Request) -> Response:
            try:
                with client.stream(request.method, base + request.url, **_arguments(request)) as answer:
                    return _response(answer, _bounded(answer.iter_bytes()))
            except httpx.DecodingError as error:
                return Response(answer.status_code, _headers(answer), None, f"the body cannot be decoded: {error}")
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise NoAnswer(_reason(error)) from None

        yield send


@contextmanager
def asgi(app: Any) -> Iterator[Send]:
    """Requests given to an ASGI application in this process, one at a time."""
    import httpx

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=TIMEOUT)

        async def exchange(request: Request) -> Response:
            async with client.stream(request.method, request.url, **_arguments(request)) as answer:
                return _response(answer, await _gathered(answer.aiter_bytes()))

        def send(request: Request) -> Response:
            try:
                return runner.run(exchange(request))
            except httpx.HTTPError as error:
                raise NoAnswer(_reason(error)) from None

        yield send
        runner.run(client.aclose())


def base_address(url: str) -> str:
    """The URL without a slash at its end. Raises TargetError, that shows no password, where no path can follow it."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise TargetError(f"{url.rpartition('@')[2]}: not an HTTP address; write it as http://HOST:PORT")
    if "?" in url or "#" in url:
        raise TargetError("the address has a query or a fragment, where paths cannot follow; write it without")
    return url.rstrip("/")


def _arguments(request: Request) -> dict[str, Any]:
    return {"headers": list(request.headers.pairs), "content": request.body}


def _response(answer: Any, body: bytes) -> Response:
    return Response(answer.status_code, _headers(answer), body)


def _headers(answer: Any) -> Headers:
    return Headers.of(answer.headers.multi_items())


def _bounded(chunks: Iterator[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_BODY:
            raise NoAnswer(f"the answer is larger than {MAX_BODY >> 20} MB")
    return bytes(body)


async def _gathered(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".strip().rstrip(":")
