"""WebSocket and other upgrades through the proxy: the handshake goes to the service, and then bytes pass both ways untouched, nothing is read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from toolkit.client.upstream import Upstream

_PIECE = 64 << 10  # bytes
_HOST = re.compile(rb"\r\nhost:[^\r\n]*", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\n(?:connection|keep-alive):[^\r\n]*", re.IGNORECASE)
_FAILED = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_ENDS = (OSError, EOFError, asyncio.LimitOverrunError)


def tunnels(upstream: Upstream, on_open: Callable[[], None]) -> Callable[..., asyncio.Protocol]:
    """A protocol for connections that are upgraded, in the form that uvicorn takes; it begins with the head of the request."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.CancelledError):  # the proxy ends; asyncio would complain of the task
                await _shake_hands(upstream, reader, writer, on_open)
        except _ENDS:
            with suppress(*_ENDS):
                writer.write(_FAILED)
        finally:
            writer.close()

    def protocol(config: Any, server_state: Any, app_state: Any) -> asyncio.Protocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), talk)

    return protocol


async def _shake_hands(
    upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, on_open: Callable[[], None]
) -> None:
    """Where the service does not switch, its response passes and the connection ends: no request may follow it unseen."""
    method, target, rest = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)
    fields = b"\r\nhost: " + upstream.host + b"\r\nvia: 1.1 contract\r\n\r\n"
    service, sending = await upstream.dial()
    try:
        head = _HOST.sub(b"", rest).removesuffix(b"\r\n\r\n") + fields
        sending.write(b" ".join([method, upstream.path.encode() + target, head]))
        head = await service.readuntil(b"\r\n\r\n")
    except _ENDS:
        sending.close()
        raise
    try:
        is_open = head.split(b" ", 2)[1] == b"101"
        if not is_open:
            head = _CONNECTION.sub(b"", head).removesuffix(b"\r\n") + b"connection: close\r\n\r\n"
        with suppress(*_ENDS):
            writer.write(head)
            if is_open:
                on_open()
            ways = _pump(service, writer), _pump(reader, sending if is_open else None)
            tasks = [asyncio.create_task(way) for way in ways]
            _, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for other in others:
                other.cancel()
    finally:
        sending.close()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter | None) -> None:
    """Pass on what comes until the source ends; without a target, only see that end."""
    with suppress(*_ENDS):
        while piece := await source.read(_PIECE):
            if target:
                target.write(piece)
                await target.drain()
