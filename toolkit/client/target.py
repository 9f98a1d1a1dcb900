"""The only place that connects out: a service at a URL, or an ASGI application in process, as `Send`."""

from __future__ import annotations

import asyncio
import base64
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from math import inf
from threading import get_ident
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from toolkit.document.writing import is_special
from toolkit.errors import TargetError
from toolkit.exchange import Headers, Request, Response, Send
from toolkit.recordings.coding import restore
from toolkit.structs import Frozen
from toolkit.wire import media_type
from toolkit.wire.whole import whole_part

if TYPE_CHECKING:
    from toolkit.client.network import Connection, Extent, Received

TIMEOUT = 10.0  # seconds for a whole response
MAX_BODY = 16 << 20  # bytes of one response
STREAM_SECONDS, _STREAM_BYTES = 2.0, 1 << 20  # of a response that may have no end
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_AUTHORITY = "name its authority by --ca-file FILE or SSL_CERT_FILE"
_TRUSTED = {  # what OpenSSL says is wrong with a certificate whose authority is known: what helps
    "is not valid for": "use a name that it has",
    "has expired": "renew it",
    "not yet valid": "check the clocks",
}
_SAID = {  # by the libraries, and what it means
    "Receive buffer too long": "the status line and header fields are longer than 100 kB",
    "SWITCH_UPGRADE": "the service switches protocols (101), which no request asks for",
}
_PYTHON = re.compile(r"bytearray\(b(?=['\"])|(?<=['\"])\)$|^\[Errno -?\d+\] ")  # in messages of the libraries


class NoResponse(Exception):
    """The service gave no HTTP response; the message says what happened instead. `heard` if some bytes came."""

    heard = False


class Unreachable(NoResponse):
    """No connection could be made, so nothing was sent."""


class Unsendable(NoResponse):
    """HTTP has no such request, so nothing was sent."""


class Stalled(NoResponse):
    """The time for a response ran out."""


class Hurried(Stalled):
    """The same, of less time than the timeout."""


class Limits(Frozen):
    """`timeout` is in seconds and for a whole response, `max_body` in bytes; `ca_file` names further certificate authorities
    (PEM), `insecure` accepts every certificate."""

    timeout: float = TIMEOUT
    max_body: int = MAX_BODY
    ca_file: str | None = None
    insecure: bool = False


seconds_left: ContextVar[float] = ContextVar("seconds_left", default=inf)
"""For the response to the request that is sent, where that is less than the timeout."""


def is_stream(response: Response) -> bool:
    """Whether a response may have no end, so that only what comes first is taken of it."""
    stated = response.headers.content_type
    return media_type.kind(stated) == "stream" or media_type.essence(stated) == "multipart/x-mixed-replace"


_USUAL = Limits()


@contextmanager
def http(url: str, limits: Limits = _USUAL) -> Iterator[Send]:
    """Send requests to a live service; a request's URL is a path below the base URL, and is sent as it is written. Each thread has a connection of
    its own. Redirects are not followed and no cookies are kept. Raises TargetError for a bad URL, and for a certificate that is not trusted."""
    from toolkit.client.network import Connection

    parts, host, port, context = origin_of(url, limits)
    connections = defaultdict[int, Connection](lambda: Connection(parts.scheme, host, port, context))

    def send(request: Request) -> Response:
        return _exchange(connections[get_ident()], parts, limits, request)

    try:
        yield send
    finally:
        for connection in connections.values():
            connection.close()


def origin_of(url: str, limits: Limits) -> tuple[SplitResult, str, int, Any]:
    """The parts of a service's URL, the host and port to connect to, and what certificates are trusted there. Raises TargetError."""
    parts = urlsplit(base_address(url))
    host, is_secure = (parts.hostname or "").encode("idna").decode(), parts.scheme == "https"
    return parts, host, parts.port or (443 if is_secure else 80), _tls_context(limits) if is_secure else None


def _tls_context(limits: Limits) -> Any:
    """What certificates are trusted. Raises TargetError."""
    import httpx

    named = {"SSL_CERT_FILE": os.environ.get("SSL_CERT_FILE"), "--ca-file": limits.ca_file}
    if special := next((f"{name} {path}" for name, path in named.items() if path and is_special(path)), ""):
        raise TargetError(f"{special} is a pipe or a device; save the certificates to a file")
    used = "SSL_CERT_FILE"
    try:
        context = httpx.create_ssl_context(verify=not limits.insecure)
        used = "--ca-file"
        if limits.ca_file:
            context.load_verify_locations(limits.ca_file)
    except OSError as error:  # of ssl, too
        reason = "no certificates in PEM form" if "(_ssl.c" in str(error) else error.strerror
        raise TargetError(f"{used} {named[used]} cannot be used: {reason}; name a PEM file") from None
    return context


def _exchange(connection: Connection, parts: SplitResult, limits: Limits, request: Request) -> Response:
    from toolkit.client.network import Broken, Extent, NoConnection, NotWritten, Timeout

    def extent(fields: list[tuple[bytes, bytes]]) -> Extent:
        streams = is_stream(Response(200, headers_of(fields)))
        return Extent(_STREAM_BYTES, STREAM_SECONDS) if streams else Extent(limits.max_body)

    target = quote(parts.path + request.url, safe=_ASCII).encode() or b"/"
    seconds = min(limits.timeout, seconds_left.get())
    arguments = (request.method.encode(), target, _fields(parts, request), request.body, extent, seconds)
    try:
        return _response(connection.exchange(*arguments), request.method, limits)
    except Timeout:
        late = f"no whole response within {seconds:.3g} s"
        hurried = seconds < limits.timeout
        failure: Exception = Hurried(f"{late} (--max-time)") if hurried else Stalled(f"{late} (--timeout)")
    except Broken as error:
        kind = Unreachable if isinstance(error, NoConnection) else NoResponse
        if isinstance(error, NotWritten) and not connection.has_bytes:
            raise Unsendable(f"the request cannot be sent: {error}") from None
        # one that is not trusted ends the run: every request would fail
        failure = (TargetError if _UNTRUSTED in str(error) else kind)(in_words(str(error)))
    if isinstance(failure, NoResponse):
        failure.heard = connection.has_bytes
    raise failure


def _fields(parts: SplitResult, request: Request) -> list[tuple[bytes, bytes]]:
    """The header fields of a request as they are sent: what HTTP needs and the request lacks is added."""
    given = {name.lower() for name, _ in request.headers.pairs}
    codings = ", ".join(["gzip", "deflate", *(["br"] if find_spec("brotli") else [])])
    added = {"Host": parts.netloc.rpartition("@")[2], "Accept": "*/*", "Accept-Encoding": codings}
    added["User-Agent"] = "contract-toolkit"
    if request.body is not None or request.method in ("POST", "PUT", "PATCH"):
        added["Content-Length"] = str(len(request.body or b""))
    if credentials := basic_credentials(parts):
        added["Authorization"] = credentials
    own = [(name, value) for name, value in added.items() if name.lower() not in given]
    return [(name.encode("latin-1"), value.encode("utf-8")) for name, value in (*own, *request.headers.pairs)]


def basic_credentials(parts: SplitResult) -> str | None:
    """The value of Authorization for the user and password of a URL; None where it has none."""
    if parts.username is None:
        return None
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(user.encode()).decode()}"


def _response(received: Received, method: str, limits: Limits) -> Response:
    headers, status, body = headers_of(received.fields), received.status, received.body
    if received.rest and (method == "HEAD" or status in (204, 304)):
        return Response(status, headers, received.rest)
    if received.rest:
        fault = f"{len(received.rest):,} bytes and more follow behind the {len(body):,} that Content-Length announces"
        return Response(status, headers, None, fault)
    if received.is_cut and is_stream(Response(status, headers)):
        is_plain = media_type.kind(stated := headers.content_type) == "stream"
        is_plain = is_plain and not headers.get("content-encoding")
        return Response(status, headers, (whole_part("stream", stated, body)[0] or None) if is_plain else None)
    if received.is_cut:
        return Response(status, headers, None, f"larger than {limits.max_body:,} bytes, not read further (--max-body)")
    decoded = Response(status, headers, *restore(body, headers.replaced("Transfer-Encoding", None), exact=True))
    if len(decoded.body or b"") > limits.max_body:
        return Response(status, headers, None, f"larger than {limits.max_body:,} bytes when decoded (--max-body)")
    return decoded


def headers_of(fields: list[tuple[bytes, bytes]]) -> Headers:
    """Header fields as they stand on the wire."""
    return Headers.of((name.decode("latin-1"), value.decode("latin-1")) for name, value in fields)


def in_words(reason: str) -> str:
    """Why a connection breaks, from what the libraries say."""
    why = re.sub(r"^.*certificate verify failed: |^\[SSL[^]]*\] |\.? \(_ssl.*", "", reason)
    if _UNTRUSTED in reason:
        known = next((cure for sign, cure in _TRUSTED.items() if sign in why), _AUTHORITY)
        cure = f"{known}, or accept any certificate with --insecure"
        return f"the service's certificate is not trusted: {why}; {cure}"
    if "[SSL" in reason:
        return f"TLS cannot be spoken with the service: {why}; if it has none, write http://"
    said = (words for sign, words in _SAID.items() if sign in reason)
    return next(said, _PYTHON.sub("", reason)) or "the connection breaks"


@contextmanager
def asgi(app: Any) -> Iterator[Send]:
    """Send requests to an ASGI application in this process, one at a time."""
    import httpx

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=TIMEOUT)

        async def exchange(request: Request) -> Response:
            given: dict[str, Any] = {"headers": list(request.headers.pairs), "content": request.body}
            async with client.stream(request.method, request.url, **given) as received:
                headers = Headers.of(received.headers.multi_items())
                return Response(received.status_code, headers, await received.aread())

        def send(request: Request) -> Response:
            try:
                return runner.run(exchange(request))
            except httpx.HTTPError as error:
                raise NoResponse(f"{type(error).__name__}: {error}".rstrip(": ")) from None

        yield send
        runner.run(client.aclose())


def base_address(url: str) -> str:
    """The URL without a slash at its end. Raises TargetError if no path can follow it; the message shows no password."""
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
