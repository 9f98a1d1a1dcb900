"""A function from request to response as an ASGI application, and over HTTP. The only user of Starlette and uvicorn."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from toolkit.errors import ServiceError
from toolkit.exchange import Headers, Request, Send

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request as StarletteRequest

PATIENCE = 1  # seconds that the end of the service waits for requests that were begun
_AUTHORITY = re.compile(r"^https?://[^/]*", re.IGNORECASE)  # the absolute form of RFC 9112, section 3.2.2
AsgiApp = Callable[..., Any]


def as_asgi(answer: Send, max_body: int) -> AsgiApp:
    """The ASGI application of an answering function, which is called in a thread of its own.

    Of a longer body, the function sees `max_body + 1` bytes: enough to know; the rest is read and dropped.
    """
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect
    from starlette.requests import Request as StarletteRequest
    from starlette.responses import Response as StarletteResponse
    from starlette.routing import Router
    from starlette.websockets import WebSocketClose

    async def respond(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        try:
            request = await _request(StarletteRequest(scope, receive), max_body)
        except ClientDisconnect:
            return
        response = await run_in_threadpool(answer, request)
        out = StarletteResponse(response.body or b"", response.status)
        out.raw_headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in response.headers.pairs]
        await out(scope, receive, send)

    return Router(default=respond)


async def _request(request: StarletteRequest, max_body: int) -> Request:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk[: max_body + 1 - len(body)]
    scope = request.scope
    raw = (scope.get("raw_path") or scope["path"].encode()).decode("utf-8", "surrogateescape")
    path = _AUTHORITY.sub("", raw) or "/"
    query = scope["query_string"].decode("utf-8", "surrogateescape")
    headers = Headers.of((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(scope["method"], f"{path}?{query}" if query else path, headers, bytes(body))


def serve(app: AsgiApp, host: str, port: int, ready: Callable[[str], None] = lambda url: None) -> None:
    """Serve until interrupted. Port 0 is any free one; `ready` is told the URL. Raises ServiceError for a port taken."""
    listener = _listener(host, port)
    ready(_url(listener))
    _server(app).run(sockets=[listener])


@contextmanager
def serving(app: AsgiApp) -> Iterator[str]:
    """Served on a free port of 127.0.0.1 by a thread, for as long as the context lasts; gives the URL."""
    from threading import Thread

    listener = _listener("127.0.0.1", 0)
    server = _server(app)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield _url(listener)
    finally:
        server.should_exit = True
        thread.join()


def _server(app: AsgiApp) -> uvicorn.Server:
    import uvicorn

    quiet: dict[str, Any] = {"log_config": None, "log_level": "critical", "access_log": False}
    return uvicorn.Server(uvicorn.Config(app, lifespan="off", timeout_graceful_shutdown=PATIENCE, **quiet))


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ServiceError(
            f"cannot listen on {host}, port {port} ({reason}); choose another --host or --port"
        ) from None
    # asyncio sets it only on sockets that name their protocol; without it each answer waits 40 ms for an ACK
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
