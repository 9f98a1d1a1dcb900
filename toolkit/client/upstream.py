"""A service behind us: requests are passed to it as they come, over many connections at once, and its responses come in pieces.

httpcore sends header fields and request targets as they are given, follows no redirects, keeps no cookies and undoes no coding.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from toolkit.client.target import Limits, NoResponse, Stalled, base_address, basic_credentials, tls_context

Fields = list[tuple[bytes, bytes]]
_IDLE = 4.0  # seconds: less than servers keep a connection without a request
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


@dataclass(eq=False)
class Arriving:
    """A response whose head is there; its body comes in pieces, as it stands on the connection without chunks."""

    status: int
    fields: Fields
    _response: Any

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body. Raises NoResponse if it breaks off."""
        try:
            async for piece in self._response.aiter_stream():
                yield piece
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _failure(error) from None

    async def close(self) -> None:
        await self._response.aclose()


class Upstream:
    """The service at a URL. `limits.timeout` is how long it may be silent, in seconds. Raises TargetError for a bad URL."""

    def __init__(self, url: str, limits: Limits) -> None:
        parts = urlsplit(base_address(url))
        self.path = parts.path
        self.host = parts.netloc.rpartition("@")[2].encode("idna" if not parts.netloc.isascii() else "ascii")
        self.credentials = basic_credentials(parts)
        self._scheme, self._name = parts.scheme, (parts.hostname or "").encode("idna").decode()
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._timeout = dict.fromkeys(("connect", "read", "write"), limits.timeout)
        self._context = tls_context(limits) if parts.scheme == "https" else None
        self._pool: Any = None

    async def exchange(self, method: str, target: bytes, fields: Fields, body: AsyncIterable[bytes] | None) -> Arriving:
        """The response, as soon as its head is there. Raises NoResponse.

        A request without a body, of a safe method, is sent once more if the connection breaks: it may have been an old one.
        """
        self._pool = self._pool or self._open()
        url = httpcore.URL(scheme=self._scheme.encode(), host=self._name.encode(), port=self._port, target=target)
        for is_last in (body is not None or method not in _SAFE, True):
            request = httpcore.Request(method, url, headers=fields, content=body, extensions={"timeout": self._timeout})
            try:
                response = await self._pool.handle_async_request(request)
                return Arriving(response.status, response.headers, response)
            except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError) as error:
                if is_last:
                    raise _failure(error) from None
            except (
                httpcore.TimeoutException,
                httpcore.NetworkError,
                httpcore.ProtocolError,
                httpcore.ProxyError,
            ) as error:
                raise _failure(error) from None
        raise AssertionError  # the second turn returns or raises

    def _open(self) -> Any:
        most: dict[str, Any] = {"max_connections": sys.maxsize, "keepalive_expiry": _IDLE, "ssl_context": self._context}
        proxy = getproxies().get(self._scheme) if not proxy_bypass(self._name) else None
        if proxy:
            return httpcore.AsyncHTTPProxy(proxy if "://" in proxy else f"http://{proxy}", **most)
        return httpcore.AsyncConnectionPool(**most)


def _failure(error: Exception) -> NoResponse:
    if isinstance(error, httpcore.TimeoutException):
        return Stalled("the service was silent for too long (--timeout)")
    return NoResponse(str(error) or "the connection broke")
