"""Requests to a live service, and the addresses that cannot be one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from toolkit.client.target import NoResponse, http
from toolkit.errors import TargetError
from toolkit.exchange import Request


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/break":
            self.connection.close()
            return
        self.send_response(200)
        self.send_header("X-Path", self.path)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_live_target(address: str) -> None:
    with http(f"{address}/base/") as send:
        response = send(Request("GET", "/a?b=%20%2F"))
        assert (response.status, response.body, response.headers.get("x-path")) == (200, b"ok", "/base/a?b=%20%2F")
    with http(address) as send, pytest.raises(NoResponse):
        send(Request("GET", "/break"))
    with http("http://127.0.0.1:1") as send, pytest.raises(NoResponse, match="ConnectError"):
        send(Request("GET", "/"))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://x", "not an HTTP address"),
        ("http://", "not an HTTP address"),
        ("http://user:hush@h:999999", "not an HTTP address"),
        ("http://[::1", "not an HTTP address"),
        ("http://h/?a=hush", "a query or a fragment"),
        ("http://h/#a", "a query or a fragment"),
    ],
)
def test_an_address_that_no_path_can_follow_is_refused_and_no_secret_shown(url: str, message: str) -> None:
    with pytest.raises(TargetError, match=message) as caught, http(url):
        pass
    assert "hush" not in str(caught.value)
