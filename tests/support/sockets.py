"""A server of raw bytes, for what no well-behaved server sends."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread

Talk = Callable[["Wire"], None]


@dataclass(eq=False)
class Wire:
    """One connection. `number` counts the connections from 1; `requests` are the heads received on all of them."""

    socket: socket.socket
    number: int
    requests: list[str]

    def read(self) -> str:
        """The head of the next request, and its body away; '' if the client has gone."""
        head = b""
        while b"\r\n\r\n" not in head:
            data = self.socket.recv(1)
            if not data:
                return ""
            head += data
        text = head.decode("latin-1")
        size = next((int(line[15:]) for line in text.split("\r\n") if line.lower().startswith("content-length:")), 0)
        while size:
            size -= len(self.socket.recv(size))
        self.requests.append(text)
        return text

    def write(self, *data: bytes) -> None:
        for piece in data:
            self.socket.sendall(piece)


@dataclass(eq=False)
class RawServer:
    url: str
    requests: list[str] = field(default_factory=list)
    connections: int = 0


@contextmanager
def raw_server(talk: Talk) -> Iterator[RawServer]:
    """Talk to each connection in a thread of its own, on a free port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(f"http://127.0.0.1:{listener.getsockname()[1]}")

        def serve(wire: Wire) -> None:
            with wire.socket, suppress(OSError):  # the client has gone
                talk(wire)

        def accept() -> None:
            while True:
                try:
                    accepted, _ = listener.accept()
                except OSError:
                    return
                server.connections += 1
                Thread(target=serve, args=(Wire(accepted, server.connections, server.requests),), daemon=True).start()

        Thread(target=accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


def ok(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    """A whole response with a Content-Length."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields])
    return head.encode() + b"\r\n\r\n" + body
