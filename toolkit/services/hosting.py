"""A function from request to response as an ASGI application and over HTTP. Only this module uses Starlette and uvicorn."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread, current_thread, main_thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Literal

from toolkit.client.network import Fields
from toolkit.errors import ServiceError
from toolkit.exchange import Headers, Request, Send
from toolkit.services.application import AsgiApp, as_asgi3, watch_lifespan

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request as StarletteRequest

USUAL_PORT = 8000
"""Where uvicorn, gunicorn and Django serve an application, so that a request can be repeated there by hand."""
START = 60  # seconds that an application may take for its lifespan's start
PATIENCE = 1  # seconds that a service which is stopped waits for running requests
_LEFT = {"SIGALRM": signal.SIG_DFL}  # handlers that are left as they are, beside those that ignore a signal
_AUTHORITY = re.compile(r"^https?://[^/]*", re.IGNORECASE)  # the absolute form of RFC 9112, section 3.2.2


def as_asgi(respond: Send, max_body: int) -> AsgiApp:
    """A function from request to response as an ASGI application; each call runs in a thread. Of a body longer than `max_body`, the
    function gets `max_body + 1` bytes, enough to notice; the rest is discarded."""
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
    headers = Headers.of((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(scope["method"], target_of(scope), headers, bytes(body))


def target_of(scope: Any) -> str:
    """Path and query of a request as they were sent."""
    raw = (scope.get("raw_path") or scope["path"].encode()).decode("utf-8", "surrogateescape")
    path = _AUTHORITY.sub("", raw) or "/"
    query = scope["query_string"].decode("utf-8", "surrogateescape")
    return f"{path}?{query}" if query else path


def serve_until_signal(app: AsgiApp, listener: socket.socket) -> int:
    """Serve until a signal comes, and return its number."""
    return _run(server_of(app), listener)


def serve_untouched(
    app: AsgiApp, listener: socket.socket, patience: int, upgraded: Callable[..., Any], wants: Callable[[Fields], bool]
) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP, which raise nothing here; header fields are all the application's own. Returns the number of a signal
    that came. What is under way may end within `patience` seconds. `upgraded` makes the protocol of a connection whose request `wants` one."""
    own: dict[str, Any] = {"server_header": False, "date_header": False, "http": upgrading(wants)}
    return _run(server_of(app, ws=upgraded, timeout_graceful_shutdown=patience, **own), listener)


def upgrading(wants: Callable[[Fields], bool]) -> Any:
    """The protocol of uvicorn that upgrades to others than WebSocket, too. One whose name for the question is another passes them
    on to the application."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Upgrading(H11Protocol):
        def _should_upgrade(self) -> bool:
            return wants(self.headers)

        def handle_websocket_upgrade(self, event: Any) -> None:
            super().handle_websocket_upgrade(event)
            upgraded: Any = self.transport.get_protocol()
            if early := self.conn.trailing_data[0]:  # sent before the service has agreed
                upgraded.data_received(early)

    return Upgrading


def _run(server: uvicorn.Server, listener: socket.socket) -> int:
    """Serve until a signal comes, and return its number, 0 for none. It must not raise anything within the loop: uvicorn takes that for
    a fault of the application. Nor must an alarm that a signal has set before; it is raised again afterwards."""
    before: dict[int, Any] = {}
    received = list[int]()

    def end(number: int, _: Any) -> None:
        received.append(number)
        server.handle_exit(number, None)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM") if current_thread() is main_thread() else ():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not _LEFT.get(name, signal.SIG_IGN):
            before[number] = signal.signal(number, end)
    try:
        server.run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if (alarm := getattr(signal, "SIGALRM", None)) in received:
        signal.raise_signal(alarm)
    return next(iter(received), 0)


def server_of(app: AsgiApp, lifespan: Literal["auto", "off"] = "off", **given: Any) -> uvicorn.Server:
    import uvicorn

    quiet: dict[str, Any] = {"log_config": None, "log_level": "critical", "access_log": False}
    settings = {"timeout_graceful_shutdown": PATIENCE, **quiet, **given}
    return uvicorn.Server(uvicorn.Config(app, lifespan=lifespan, **settings))


@contextmanager
def serving_in_thread(app: Any, port: int = 0) -> Iterator[str]:
    """The URL of an ASGI or WSGI application that is served on 127.0.0.1, at this port if it is free, in a thread of this process. An
    exception in the application is a response with status 500. Raises ServiceError if it does not start."""
    failures = list[str]()
    server = server_of(watch_lifespan(as_asgi3(app), failures), "auto", interface="asgi3")
    try:
        listener = listen("127.0.0.1", port)
    except ServiceError:
        listener = listen("127.0.0.1", 0)

    def run() -> None:
        with suppress(SystemExit):  # of a lifespan that fails
            server.run(sockets=[listener])

    thread = Thread(target=run, daemon=True)
    thread.start()
    end = monotonic() + START
    while not server.started and thread.is_alive() and monotonic() < end:
        sleep(0.01)
    if not server.started:
        slow = f"its lifespan is not through after {START} s" if thread.is_alive() else "its lifespan fails"
        why = f": {failures[0]}" if failures else "; start it by itself to see why"
        raise ServiceError(f"the application does not start: {slow}{why}")
    try:
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join(PATIENCE + 1)


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        reason = str(getattr(error, "strerror", None) or error).partition(" (while ")[0]
        raise ServiceError(f"cannot listen on {host}, port {port} ({reason}); give another --host or --port") from None
    # asyncio sets it only on sockets that name their protocol; without it each response waits 40 ms for an ACK
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
