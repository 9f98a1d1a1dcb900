"""Answering functions as ASGI applications, and over HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import closing, nullcontext
from threading import Thread
from typing import Any
from urllib.request import urlopen

import pytest
from support.serving import serving

from toolkit.client import target
from toolkit.errors import ServiceError
from toolkit.exchange import Headers, Request, Response
from toolkit.services.application import AsgiApp
from toolkit.services.hosting import as_asgi, listen, serve_until_signal, url_of


def echo(request: Request) -> Response:
    """What was asked, as the answer."""
    lines = [request.method, request.url, request.headers.get("X-Sent") or "", str(len(request.body or b""))]
    headers = Headers((("X-One", "1"), ("X-One", "\xe9")))
    return Response(207, headers, "\n".join(lines).encode("utf-8", "surrogateescape"))


def called(app: AsgiApp, scope: dict[str, Any], messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What an application sends when it is called with a scope and receives these messages."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


def test_a_request_and_its_response_come_through_whole() -> None:
    request = Request("BREW", "/a%2Fb?x=%FF&y=a+b", Headers((("X-Sent", "v"),)), b"\x00\xff")
    with target.asgi(as_asgi(echo, 10)) as send:
        in_process = send(request)
    with serving(as_asgi(echo, 10)) as url, target.http(url) as send:
        over_http = send(request)
    for response in (in_process, over_http):
        assert response.status == 207
        assert response.headers.get_all("X-One") == ["1", "\xe9"]
        assert response.body == b"BREW\n/a%2Fb?x=%FF&y=a+b\nv\n2"


def test_a_request_in_absolute_form_has_a_path_all_the_same() -> None:
    for target_form, seen in (
        ("http://other/a?b=http://c", "/a?b=http://c"),
        ("http://other", "/"),
        ("/x/http://y", "/x/http://y"),
    ):
        with serving(as_asgi(echo, 10)) as url:
            client = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
            with client, client.makefile("rb") as answer:
                client.sendall(f"GET {target_form} HTTP/1.0\r\n\r\n".encode())
                assert answer.read().partition(b"\r\n\r\n")[2].split(b"\n")[1].decode() == seen


@pytest.mark.parametrize(("length", "seen"), [(0, b"0"), (10, b"10"), (11, b"11"), (5_000_000, b"11")])
def test_of_a_long_body_only_the_beginning_is_kept(length: int, seen: bytes) -> None:
    with target.asgi(as_asgi(echo, 10)) as send:
        body = send(Request("POST", "/", Headers(), b"x" * length)).body or b""
    assert body.endswith(b"\n" + seen)


def scope_of(kind: str) -> dict[str, Any]:
    return {"type": kind, "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}


def test_a_client_that_leaves_gets_nothing() -> None:
    part = {"type": "http.request", "body": b"x", "more_body": True}
    assert called(as_asgi(echo, 10), scope_of("http"), [part, {"type": "http.disconnect"}]) == []


def test_a_web_socket_is_closed() -> None:
    sent = called(as_asgi(echo, 10), scope_of("websocket"), [])
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_starting_and_stopping_is_answered() -> None:
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = called(as_asgi(echo, 10), scope_of("lifespan") | {"state": {}, "app": None}, messages)
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_request_that_was_begun_does_not_hold_up_the_end() -> None:
    with serving(as_asgi(echo, 10)) as url:
        client = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(99).startswith(b"HTTP/1.1 100")
    with client:
        client.settimeout(9)
        assert not client.recv(999).startswith(b"HTTP/1.1 207")


def test_an_address_that_cannot_be_served_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for host, port in (taken.getsockname(), ("127.0.0.1", 70_000), ("no host", 0), ("::zz", 0)):
            with pytest.raises(ServiceError, match="give another --host or --port") as caught:
                listen(host, port)
            assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="Windows has no alarms")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGALRM"])
def test_what_interrupts_an_application_ends_the_service(number: str) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    async def app(scope: Any, receive: Any, send: Any) -> None:
        os.kill(os.getpid(), getattr(signal, number))  # uvicorn answers for an application that raises, and goes on
        await as_asgi(echo, 10)(scope, receive, send)

    before = signal.signal(getattr(signal, number), interrupt)
    try:
        with (
            pytest.raises(KeyboardInterrupt) if number == "SIGALRM" else nullcontext(),
            closing(listen("127.0.0.1", 0)) as one,
        ):
            Thread(target=lambda: urlopen(url_of(one)), daemon=True).start()
            assert serve_until_signal(app, one) == getattr(signal, number)
    finally:
        signal.signal(getattr(signal, number), before)
