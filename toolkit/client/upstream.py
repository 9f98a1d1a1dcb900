"""A service behind us: requests are passed to it as they come, over many connections at once, and its responses come in pieces.

httpcore sends header fields and request targets as they are given, follows no redirects, keeps no cookies and undoes no coding.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import httpcore

from toolkit.client.network import Broken, Fields, Timeout, proxy_for
from toolkit.client.target import Limits, NoResponse, Stalled, basic_credentials, in_words, origin_of
from toolkit.contract.flow import SAFE
from toolkit.structs import Mutable

_IDLE = 4.0  # seconds: less than servers keep a connection without a request


class Arriving(Mutable, eq=False):
    """A response whose head is there; its body comes in pieces, as it stands on the connection without chunks."""

    status: int
    fields: Fields
    _response: Any
    _release: Callable[[], Awaitable[None]]

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body. Raises NoResponse if it breaks off."""
        try:
            async for piece in self._response.aiter_stream():
                yield piece
        except (Timeout, *Broken) as error:
            raise _failure(error) from None

    async def close(self) -> None:
        await self._response.aclose()
        await self._release()


class Upstream:
    """The service at a URL. `limits.timeout` is how long it may be silent, in seconds. Raises TargetError for a bad URL."""

    def __init__(self, url: str, limits: Limits) -> None:
        parts, self._name, self._port, self._context = origin_of(url, limits)
        self.path = parts.path
        self.host = parts.netloc.rpartition("@")[2].encode("idna" if not parts.netloc.isascii() else "ascii")
        self.credentials = basic_credentials(parts)
        self._scheme = parts.scheme
        self._timeout = dict.fromkeys(("connect", "read", "write"), limits.timeout)
        self._origin = httpcore.Origin(self._scheme.encode(), self._name.encode(), self._port)
        self._idle: deque[Any] = deque()

    async def exchange(self, method: str, target: bytes, fields: Fields, body: AsyncIterable[bytes] | None) -> Arriving:
        """The response, as soon as its head is there. Raises NoResponse. A request without a body, of a safe method, is sent once more if
        the connection breaks: it may have been an old one."""
        url = httpcore.URL(scheme=self._scheme.encode(), host=self._name.encode(), port=self._port, target=target)
        for is_last in (body is not None or method not in SAFE, True):
            request = httpcore.Request(method, url, headers=fields, content=body, extensions={"timeout": self._timeout})
            connection = await self._connection()
            try:
                response = await connection.handle_async_request(request)
                return Arriving(response.status, response.headers, response, partial(self._keep, connection))
            except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError) as error:
                if is_last:
                    raise _failure(error) from None
            except (Timeout, *Broken) as error:
                raise _failure(error) from None
        raise AssertionError  # the second turn returns or raises

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection of its own, for bytes. Raises OSError."""
        wait = asyncio.open_connection(self._name, self._port, ssl=self._context)
        return await asyncio.wait_for(wait, self._timeout["connect"])

    async def _connection(self) -> Any:
        """The connection that was used last, or a new one. httpcore's own pool looks at all of them for each request."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        given: dict[str, Any] = {"keepalive_expiry": _IDLE, "ssl_context": self._context}
        if proxy := proxy_for(self._scheme, self._name):
            return httpcore.AsyncHTTPProxy(proxy, **given)
        return httpcore.AsyncHTTPConnection(self._origin, **given)

    async def _keep(self, connection: Any) -> None:
        """Keep a connection for another request, if it is ready for one; drop the one that waits longest, if too long."""
        is_ready = isinstance(connection, httpcore.AsyncHTTPConnection) and connection.is_idle()
        if is_ready:
            self._idle.append(connection)
        dropped = self._idle.popleft() if self._idle and self._idle[0].has_expired() else None
        for one in (dropped, None if is_ready else connection):
            if one is not None:
                await one.aclose()


def _failure(error: Exception) -> NoResponse:
    if isinstance(error, Timeout):
        return Stalled("the service was silent for too long (--timeout)")
    return NoResponse(in_words(str(error)))
