"""Requests to a live service over a real connection: as written, in time, and each response with what belongs to it."""

from __future__ import annotations

import gzip
import socket
import struct
import time
from itertools import count

import pytest
from support.sockets import Talk, Wire, ok, raw_server

from toolkit.client.target import Limits, NoResponse, Stalled, http, in_words, is_stream
from toolkit.errors import TargetError
from toolkit.exchange import Headers, Request

GET = Request("GET", "/")
SOON, SMALL = Limits(timeout=0.4), Limits(max_body=50_000)


def once(response: bytes) -> Talk:
    """Send these bytes to the first request of a connection."""
    return lambda wire: wire.write(response) if wire.read() else None


@pytest.mark.parametrize(
    "path",
    ["/a?b=%20%2F", "/a/../b/./c", "/a%2fB//c?x=%7e&y=[1]", "/a?x=a|b'\"", "/%C3%A9?q=%FF&&", "/a/%2E%2E/b"],
)
def test_the_request_target_leaves_as_it_is_written(path: str) -> None:
    with raw_server(once(ok(b""))) as server, http(f"{server.url}/base/") as send:
        assert send(Request("GET", path)).status == 200
    assert server.requests[0].startswith(f"GET /base{path} HTTP/1.1\r\n")


def test_what_a_request_lacks_is_added_and_nothing_else() -> None:
    def talk(wire: Wire) -> None:
        while wire.read():
            wire.write(ok(b"", "Set-Cookie: s=1", "Location: /b", status="302 Found"))

    with raw_server(talk) as server, http(server.url.replace("//", "//me:p%40ss@")) as send:
        for _ in range(2):
            assert send(Request("POST", "/a", Headers((("accept", "x/y"), ("X-A", "1"))), b"")).status == 302
    assert server.connections == 1 and len(server.requests) == 2
    for head in server.requests:
        assert "accept: x/y" in head and "Accept: */*" not in head and "X-A: 1" in head and "Content-Length: 0" in head
        assert "Authorization: Basic bWU6cEBzcw==" in head and "cookie" not in head.lower()


def test_a_service_that_is_not_there() -> None:
    with http("http://127.0.0.1:1") as send, pytest.raises(NoResponse, match="refused"):
        send(GET)


# --- time and size


def _continue_for_ever(wire: Wire) -> None:
    wire.read()
    for _ in count():
        wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


def _drip(wire: Wire) -> None:
    wire.read()
    wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in count():
        wire.write(b"x")
        time.sleep(0.05)


def _drip_the_head(wire: Wire) -> None:
    wire.read()
    wire.write(b"HTTP/1.1 200 OK\r\n")
    for number in count():
        wire.write(f"X-{number}: y\r\n".encode())
        time.sleep(0.05)


@pytest.mark.parametrize("talk", [_continue_for_ever, _drip, _drip_the_head, lambda wire: time.sleep(3)])
def test_the_time_is_for_the_whole_response(talk: Talk) -> None:
    with raw_server(talk) as server, http(server.url, SOON) as send:
        began = time.monotonic()
        with pytest.raises(Stalled, match=r"within 0\.4 s"):
            send(GET)
        assert 0.3 < time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("media_type", "item", "body"),
    [
        ("text/event-stream", b"data: 1\n\n", b"data: 1\n\n" * 3),
        ("text/event-stream; charset=utf-8", b"data: 1\r\n\r\n", b"data: 1\r\n\r\n" * 3),
        ("application/x-ndjson", b"{}\n", b"{}\n" * 3),
        ("multipart/x-mixed-replace", b"--b\r\n\r\n", None),
    ],
)
def test_of_a_stream_the_first_items_are_taken(
    media_type: str, item: bytes, body: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def talk(wire: Wire) -> None:
        wire.read()
        wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n" % media_type.encode(), item * 3, b"half an it")
        time.sleep(5)

    monkeypatch.setattr("toolkit.client.target.STREAM_SECONDS", 0.3)
    with raw_server(talk) as server, http(server.url) as send:
        response = send(GET)
    assert (response.body, response.fault) == (body, None) and is_stream(response)


def test_a_body_beyond_the_limit_is_not_read_further() -> None:
    def endless(wire: Wire) -> None:
        while "/ok" not in wire.read():
            wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
            for _ in count():
                wire.write(b"x" * 10_000)
        wire.write(ok(b"fine"))

    with raw_server(endless) as server, http(server.url, SMALL) as send:
        response = send(GET)
        assert (response.status, response.body) == (200, None)
        assert response.fault == "larger than 50,000 bytes, not read further (--max-body)"
        assert send(Request("GET", "/ok")).body == b"fine"


def test_a_bomb_is_not_kept() -> None:
    bomb = gzip.compress(bytes(1_000_000))
    with raw_server(once(ok(bomb, "Content-Encoding: gzip"))) as server, http(server.url, SMALL) as send:
        assert "larger than 50,000 bytes when decoded" in (send(GET).fault or "")


# --- the end of a response, and of a connection


@pytest.mark.parametrize(
    ("coding", "data", "body"),
    [("gzip", gzip.compress(b"hi", mtime=0), b"hi"), ("gzip", gzip.compress(b"hi", mtime=0)[:-4], None), ("identity", b"hi", b"hi"),
     ("deflate", b"hi", None), ("br", b"hi", None), ("snappy", b"hi", None)],
)  # fmt: skip
def test_a_body_is_decoded_whole_or_at_fault(coding: str, data: bytes, body: bytes | None) -> None:
    with raw_server(once(ok(data, f"Content-Encoding: {coding}"))) as server, http(server.url) as send:
        response = send(GET)
    assert response.body == body and (response.fault is None) == (body is not None)


def test_chunks_of_text_that_looks_like_chunks() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with raw_server(once(head + b"8\r\n1\r\na\r\n0\r\r\n0\r\n\r\n")) as server, http(server.url) as send:
        assert send(GET).body == b"1\r\na\r\n0\r"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("pause", [0, 0.005])
def test_bytes_behind_a_response_without_content_are_its_own(method: str, pause: float) -> None:
    def talk(wire: Wire) -> None:
        while head := wire.read():
            if "/bare" in head:
                wire.write(b"HTTP/1.1 100 Continue\r\n\r\n" if method == "GET" else b"")
                wire.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                time.sleep(pause)
                wire.write(b"null")
            else:
                wire.write(ok(b"fine"))

    with raw_server(talk) as server, http(server.url) as send:
        assert send(Request(method, "/bare")).body == b"null"
        assert send(GET).body == b"fine"


def test_a_head_response_announces_what_it_does_not_send() -> None:
    def talk(wire: Wire) -> None:
        while "HEAD" in wire.read():
            wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        wire.write(ok(b"fine"))

    with raw_server(talk) as server, http(server.url) as send:
        assert [send(Request(method, "/")).body for method in ("HEAD", "HEAD", "GET")] == [b"", b"", b"fine"]
        assert server.connections == 1


def test_bytes_behind_the_content_length_are_a_fault_of_that_response() -> None:
    def talk(wire: Wire) -> None:
        wire.read()
        wire.write(ok(b"fine")[:-4] + b"fine and more" if wire.number == 1 else ok(b"fine"))
        wire.read()

    with raw_server(talk) as server, http(server.url) as send:
        assert "behind the 4 that Content-Length announces" in (send(GET).fault or "")
        assert send(GET).body == b"fine"


def test_bytes_behind_the_last_chunk_do_not_spoil_the_next_response() -> None:
    def talk(wire: Wire) -> None:
        wire.read()
        wire.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nmore")
        if wire.read():
            wire.write(ok(b"fine"))

    with raw_server(talk) as server, http(server.url) as send:
        assert [send(GET).body, send(GET).body] == [b"hi", b"hi"] and server.connections == 2


def _reset(wire: Wire) -> None:
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("end", [lambda wire: None, _reset], ids=["closed", "reset"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_was_used_and_breaks_is_replaced_once(method: str, end: Talk) -> None:
    def talk(wire: Wire) -> None:
        for _ in range(2):
            wire.read()
            wire.write(ok(b"fine"))
        wire.read()  # and closes without a response
        end(wire)

    with raw_server(talk) as server, http(server.url) as send:
        assert [send(Request(method, "/")).body for _ in range(5)] == [b"fine"] * 5
        assert server.connections == 3 and len(server.requests) == 7


def test_a_fresh_connection_that_breaks_is_not_replaced() -> None:
    def talk(wire: Wire) -> None:
        wire.read()

    with raw_server(talk) as server, http(server.url) as send:
        for _ in range(2):
            with pytest.raises(NoResponse, match="disconnected"):
                send(GET)
        assert server.connections == 2


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_request_that_may_not_be_repeated_is_not_once_a_response_began(method: str) -> None:
    def talk(wire: Wire) -> None:
        wire.read()
        wire.write(ok(b"fine"))
        wire.read()
        wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal" if wire.number == 1 else ok(b"fine"))

    with raw_server(talk) as server, http(server.url) as send:
        send(Request(method, "/"))
        if method == "PUT":
            assert send(Request(method, "/")).body == b"fine"
        else:
            with pytest.raises(NoResponse, match="without sending complete"):
                send(Request(method, "/"))


def test_what_is_not_http_is_shown_without_python() -> None:
    with (
        raw_server(once(b"SSH-2.0-OpenSSH_9\r\n\r\n")) as server,
        http(server.url) as send,
        pytest.raises(NoResponse) as caught,
    ):
        send(GET)
    assert str(caught.value) == "illegal status line: 'SSH-2.0-OpenSSH_9'"


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


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)",
         "the service's certificate is not trusted: self-signed certificate; name its authority by --ca-file FILE or SSL_CERT_FILE"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP address mismatch, certificate is not valid for '::1'. (_ssl.c:1006)",
         "certificate is not valid for '::1'; use a name that it has"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)",
         "the service's certificate is not trusted: certificate has expired; renew it, or accept any certificate with --insecure"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
         "TLS cannot be spoken with the service: wrong version number; if it has none, write http://"),
        ("[Errno 104] Connection reset by peer", "Connection reset by peer"),
        ("Receive buffer too long", "the status line and header fields are longer than 100 kB"),
        ("", "the connection breaks"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_connection_is_said_in_words(reason: str, words: str) -> None:
    assert words in in_words(reason) and "SSL:" not in in_words(reason)
