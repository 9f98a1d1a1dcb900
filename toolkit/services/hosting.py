"""A function from request to response as an ASGI application and over HTTP. Only this module uses Starlette and uvicorn."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from toolkit.errors import ServiceError
from toolkit.exchange import Headers, Request, Send

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request as StarletteRequest

PATIENCE = 1  # seconds that a service which is stopped waits for running requests
_AUTHORITY = re.compile(r"^https?://[^/]*", re.IGNORECASE)  # the absolute form of RFC 9112, section 3.2.2
AsgiApp = Callable[..., Any]


def as_asgi(respond: Send, max_body: int) -> AsgiApp:
    """A function from request to response as an ASGI application; each call runs in a thread.

    Of a body longer than `max_body`, the function gets `max_body + 1` bytes, enough to notice; the rest is discarded.
    """
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect
    from starlette.requests import Request as StarletteRequest
    from starlette.responses import Response as StarletteResponse
    from starlette.routing import Router
    from starlette.websockets import WebSocketClose

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        try:
            request = await _request(StarletteRequest(scope, receive), max_body)
        except ClientDisconnect:
            return
        response = await run_in_threadpool(respond, request)
        out = StarletteResponse(response.body or b"", response.status)
        out.raw_headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in response.headers.pairs]
        await out(scope, receive, send)

    return Router(default=app)


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
    """Serve until interrupted. Port 0 is any free one; `ready` gets the URL. Raises ServiceError if the port is taken."""
    listener = listen(host, port)
    ready(url_of(listener))
    server_of(app).run(sockets=[listener])


def server_of(app: AsgiApp) -> uvicorn.Server:
    import uvicorn

    quiet: dict[str, Any] = {"log_config": None, "log_level": "critical", "access_log": False}
    return uvicorn.Server(uvicorn.Config(app, lifespan="off", timeout_graceful_shutdown=PATIENCE, **quiet))


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ServiceError(f"cannot listen on {host}, port {port} ({reason}); give another --host or --port") from None
    # asyncio sets it only on sockets that name their protocol; without it each response waits 40 ms for an ACK
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
