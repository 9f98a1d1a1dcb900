"""HTTP/1.1 over one connection at a time, by httpcore: each response has a deadline, and what came for it is counted.

httpcore sends a request target as it is written, keeps no cookies and follows no redirects. What it does not say is seen here
in the bytes that arrive: whether a connection that broke had been used before, and what a response leaves behind its end.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterable
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore

from toolkit.structs import Frozen, Mutable, field

_HEAD = re.compile(rb"HTTP/[0-9.]+ (\d{3}).*?\r?\n\r?\n", re.DOTALL)
_KEPT = 256 << 10  # bytes: more than httpcore takes for a head
_GRACE = 0.02  # seconds that a response without content gets to send some
_IDEMPOTENT = (b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE", b"QUERY")  # RFC 9110, section 9.2.2

Timeout = httpcore.TimeoutException
NoConnection = httpcore.ConnectError
NotWritten = httpcore.LocalProtocolError
Broken = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, httpcore.UnsupportedProtocol)
Fields = list[tuple[bytes, bytes]]


class Received(Mutable, eq=False):
    """A response as it arrived: its body without chunks, the bytes that came behind its end, whether reading stopped early,
    and whether its end is sure, so that another response may follow."""

    status: int
    fields: Fields
    body: bytes = b""
    rest: bytes = b""
    is_cut: bool = False
    is_ended: bool = True


class Extent(Frozen):
    """How much of a body is read: `size` bytes at most, and, if it may have no end, no longer than `seconds`."""

    size: int
    seconds: float | None = None


class _Watch(Mutable, eq=False):
    """The response that is awaited: until when, whether a connection was made for it, and what has come."""

    deadline: float = 0.0
    connected: bool = False
    received: int = 0
    first: bytearray = field(default_factory=bytearray)
    last: bytes = b""

    def begin(self) -> None:
        self.connected, self.received, self.last = False, 0, b""
        self.first.clear()

    def left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def take(self, data: bytes) -> bytes:
        self.received += len(data)
        self.last = data
        self.first += data[: _KEPT - len(self.first)]
        return data

    def head(self) -> int:
        """The number of bytes up to the end of the head, those of interim responses (1xx) before it included."""
        end = 0
        while found := _HEAD.match(self.first, end):
            end = found.end()
            if not found[1].startswith(b"1"):
                return end
        return self.received


class _Stream(httpcore.NetworkStream):
    """A connection that keeps to the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, watch: _Watch) -> None:
        self._stream, self._watch = stream, watch

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._watch.left()
        return self._watch.take(self._stream.read(max_bytes, left if timeout is None else min(left, timeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._watch.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._watch.left())
        return _Stream(secured, self._watch)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connections that are watched."""

    def __init__(self, watch: _Watch) -> None:
        self._plain, self._watch = httpcore.SyncBackend(), watch

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self._watch.connected = True
        stream = self._plain.connect_tcp(host, port, self._watch.left(), local_address, socket_options)
        return _Stream(stream, self._watch)


class Connection(Mutable, eq=False):
    """A connection to one origin, made when it is needed and kept for the next request."""

    scheme: str
    host: str
    port: int
    context: ssl.SSLContext | None = None
    _watch: _Watch = field(default_factory=_Watch)
    _pool: Any = None

    @property
    def has_bytes(self) -> bool:
        """Whether some bytes came for the last request."""
        return self._watch.received > 0

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
        self._pool = None

    def exchange(
        self, method: bytes, target: bytes, fields: Fields, body: bytes | None, extent: Any, seconds: float
    ) -> Received:
        """The whole response, in so many seconds. `extent` is a function from its header fields to the Extent in which its body is read. A
        request that broke a connection used before is sent once more on a fresh one, if it may be (RFC 9112, section 9.3.1), or if no byte
        of a response came. Raises Timeout, and one of Broken."""
        self._watch.deadline = time.monotonic() + seconds
        try:
            return self._exchange(method, target, fields, body, extent)
        except Broken:
            repeats = method in _IDEMPOTENT or not self._watch.received
            if self._watch.connected or not repeats:
                raise
        self.close()
        return self._exchange(method, target, fields, body, extent)

    def _exchange(self, method: bytes, target: bytes, fields: Fields, body: bytes | None, extent: Any) -> Received:
        self._pool = self._pool or self._open()
        self._watch.begin()
        url = httpcore.URL(scheme=self.scheme.encode(), host=self.host.encode(), port=self.port, target=target)
        with self._pool.stream(method, url, headers=fields, content=body) as response:
            read = self._read(response, extent(response.headers))
            if method == b"HEAD" or response.status in (204, 304):
                read.rest = bytes(self._watch.first[self._watch.head() :]) or self._late(response)
            elif not read.is_cut:
                self._find_end(read)
        if read.rest or not read.is_ended:
            self.close()
        return read

    def _read(self, response: Any, extent: Extent) -> Received:
        read, body = Received(response.status, response.headers), bytearray()
        if extent.seconds is not None:
            self._watch.deadline = min(self._watch.deadline, time.monotonic() + extent.seconds)
        try:
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > extent.size:
                    read.is_cut = True
                    break
        except httpcore.ReadTimeout:
            if extent.seconds is None:
                raise
            read.is_cut = True
        read.body = bytes(body[: extent.size])
        return read

    def _late(self, response: Any) -> bytes:
        """What comes behind a head that no content may follow: it would be taken for the next response."""
        try:
            data: bytes = response.extensions["network_stream"].read(_KEPT, _GRACE)
        except (Timeout, *Broken):
            return b""
        return data

    def _find_end(self, read: Received) -> None:
        """What has come behind the end of the body. It is not looked for behind chunks, where it would have to be parsed again."""
        names = {name.lower(): value for name, value in read.fields}
        size = names.get(b"content-length", b"")
        if b"transfer-encoding" in names:
            read.is_ended = self._watch.last.endswith(b"\r\n\r\n")
        elif size.isdigit():
            more = self._watch.received - self._watch.head() - int(size)
            read.rest = self._watch.last[-more:] if more > 0 else b""

    def _open(self) -> Any:
        given: dict[str, Any] = {"ssl_context": self.context, "network_backend": _Backend(self._watch)}
        proxy = proxy_for(self.scheme, self.host)
        return httpcore.HTTPProxy(proxy, **given) if proxy else httpcore.ConnectionPool(**given)


def proxy_for(scheme: str, host: str) -> str:
    """The URL of the proxy that the environment names for a host; '' for none."""
    proxy = "" if proxy_bypass(host) else getproxies().get(scheme, "")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy
