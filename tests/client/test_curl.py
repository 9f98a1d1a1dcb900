"""Command lines of curl: a shell that runs one sends the same bytes again."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from toolkit.client.curl import curl
from toolkit.exchange import Headers, Request
from toolkit.secrets.masking import Secrets

Seen = list[tuple[str, str, dict[str, str], bytes]]


@pytest.fixture
def echo() -> Iterator[tuple[str, Seen]]:
    seen: Seen = []

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = do_HEAD = respond

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


REQUESTS = [
    Request("GET", "/a?b=it's"),
    Request("GET", "/a/../b/./c"),
    Request("GET", "/a?where[price]={x}&y=[1-2]"),
    Request("GET", "/a", body=b"{}"),
    Request("HEAD", "/a"),
    Request("POST", "/a"),
    Request("POST", "/a", Headers((("Content-Type", "text/plain"), ("X-Empty", ""))), "grün 'it'".encode()),
    Request("PUT", "/a", Headers((("Content-Type", "application/octet-stream"),)), bytes(range(256))),
    Request("POST", "/a", body=b"50%\n\\n 'x' \x00 \xff"),
    Request("POST", "/a", body=b"@file"),
    Request("POST", "/a", body=b""),
]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("request_", REQUESTS, ids=[f"{one.method} {one.url} {one.body!r:.20}" for one in REQUESTS])
def test_a_shell_repeats_the_request(echo: tuple[str, Seen], request_: Request) -> None:
    url, seen = echo
    subprocess.run(["sh", "-c", curl(url, request_, Secrets())], check=True, capture_output=True, timeout=20)
    method, path, headers, body = seen[0]
    assert (method, path, body) == (request_.method, request_.url, request_.body or b"")
    for name, value in request_.headers.pairs:
        assert headers[name.lower()] == value
    assert headers.get("content-type") == request_.headers.get("content-type")


def test_a_line_is_printable_and_shows_no_secret() -> None:
    headers = Headers((("Authorization", "s3cret"),))
    shown = curl(
        "http://me:s3cret@h", Request("POST", "/?a=it's&Signature=s3cret", headers, b"\x00\x1b\xff"), Secrets()
    )
    assert "s3cret" not in shown and shown.isprintable() and "�" not in shown
    assert shown.startswith(r"printf '\000\033\377' | curl -i -X POST") and "it'\"'\"'s" in shown
