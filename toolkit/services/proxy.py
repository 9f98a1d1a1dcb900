"""A reverse proxy that validates what passes: each exchange goes on as it comes, and a copy of it is validated by another thread.

With `enforce`, a request and a response are held back until they are validated, and a bad one is replaced by an error.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock
from typing import Any

from toolkit.client.network import Fields
from toolkit.client.target import NoResponse, Stalled, headers_of, is_stream
from toolkit.client.upstream import Arriving, Upstream
from toolkit.exchange import LACKS, Exchange, Headers, Request, Response
from toolkit.recordings.coding import restore
from toolkit.secrets.values import shown_path
from toolkit.services.hosting import target_of
from toolkit.services.mock import problem, violations_field
from toolkit.structs import Mutable, field, replace
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict

MAX_COPY = 16 << 20
"""The most bytes of one body that are kept for its verdict."""

_MOST_COPIED = 128 << 20  # bytes of all bodies together that are kept
_MOST_WAITING = 500  # exchanges that passed and are not yet validated; more requests wait
_WAIT = 0.005  # seconds
# RFC 9110, section 7.6.1; `Trailer` too, since trailer fields are not passed on
_HOP = frozenset(b"connection keep-alive proxy-connection te trailer transfer-encoding upgrade http2-settings".split())
_IGNORED = ("h2c", "tls/1.0")  # upgrades that a client offers and does not need (RFC 9110, section 7.8)
_VIA = (b"via", b"1.1 contract")
_CUT = "the body was passed on and not read further, since it is larger than can be kept, so it was not checked"
_CURE = "at most 16 MB of a body are checked, and 128 MB of all that pass at a time"

Message = dict[str, Any]
Accept = Callable[[Verdict], Verdict]
Found = tuple[Exchange, Verdict]


class _Gone(Exception):
    """The client has left."""


class _Room(Mutable, eq=False):
    """The bytes of all copies, and the exchanges that wait for their verdict."""

    size: int = 0
    waiting: int = 0
    cut: int = 0
    lock: Lock = field(default_factory=Lock)

    def change(self, size: int, waiting: int = 0, cut: int = 0) -> None:
        with self.lock:
            self.size, self.waiting, self.cut = self.size + size, self.waiting + waiting, self.cut + cut


class _Copy(Mutable, eq=False):
    """What has passed of a body. `is_whole` when its end has passed; `is_cut` if it is not kept."""

    room: _Room
    data: bytearray = field(default_factory=bytearray)
    is_cut: bool = False
    is_whole: bool = False

    def add(self, piece: bytes) -> None:
        if self.is_cut:
            return
        if len(self.data) + len(piece) > MAX_COPY or self.room.size + len(piece) > _MOST_COPIED:
            self.room.change(-len(self.data), cut=1)
            self.data, self.is_cut = bytearray(), True
            return
        self.data += piece
        self.room.change(len(piece))


class _Passage(Mutable, eq=False):
    """One exchange on its way. `early` is the verdict on the request alone, `found` that on the exchange."""

    method: str
    target: bytes
    fields: Fields
    sent: _Copy
    came: _Copy
    started: float = field(default_factory=time.time)
    reply: Arriving | None = None
    fault: str = ""
    early: asyncio.Future[Verdict] | None = None
    found: Found | None = None

    def exchange(self, whole: bool = True) -> Exchange:
        """The exchange as it was seen, bodies decoded; without its response unless `whole`."""
        headers, url = headers_of(self.fields), self.target.decode("utf-8", "surrogateescape")
        sent = (None, None) if self.sent.is_cut else restore(bytes(self.sent.data), _unchunked(headers), exact=True)
        source = f"{self.method} {shown_path(url.partition('?')[0])}"
        response = self._response(self.reply) if whole and self.reply else None
        seconds = time.time() - self.started
        request = Request(self.method, url, headers, sent[0], fault=sent[1])
        return Exchange(request, response, source, seconds=seconds, started=self.started)

    def _response(self, reply: Arriving) -> Response:
        headers = headers_of(reply.fields)
        if self.came.is_cut:
            return Response(reply.status, headers)
        if not self.came.is_whole:
            if is_stream(Response(reply.status, headers)):
                body, _ = restore(bytes(self.came.data), _unchunked(headers), exact=True)
                return Response(reply.status, headers, body, f"{LACKS}the end of the stream" if body else None)
            return Response(reply.status, headers, None, self.fault or "the exchange was cut off before its end")
        return Response(reply.status, headers, *restore(bytes(self.came.data), _unchunked(headers), exact=True))


class Proxy(Mutable, eq=False):
    """An ASGI application that passes requests to a service. `findings` gives what was found, in another thread. `accept` leaves of a
    verdict what counts. `on_failure` gets what happens instead of a response. An upgrade to another protocol has a tunnel beside this
    application; that of a request with a body is refused with 501, since ASGI cannot pass it."""

    upstream: Upstream
    validator: Validator
    enforce: bool = False
    accept: Accept = lambda verdict: verdict
    on_failure: Callable[[str], None] = lambda reason: None
    room: _Room = field(default_factory=_Room)
    refused: int = 0
    _tasks: SimpleQueue[Callable[[], Found | None] | None] = field(default_factory=SimpleQueue)

    def findings(self) -> Iterator[Found]:
        """Each exchange that passed, with its verdict, in the order in which they ended, until `finish` is called."""
        while task := self._tasks.get():
            if found := task():
                yield found

    def finish(self) -> None:
        """Nothing passes any more: `findings` ends with what is still waiting."""
        self._tasks.put(None)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if wanted := _upgrade(scope["headers"]):
            self.refused += 1
            reason = f"an upgrade to {wanted[:40]} with a body cannot be passed; connect to the service itself"
            await _respond(send, problem(501, reason))
            return
        while self.room.waiting >= _MOST_WAITING:
            await asyncio.sleep(_WAIT)
        target = (self.upstream.path + target_of(scope)).encode("utf-8", "surrogateescape")
        fields = self._with_credentials(scope["headers"])
        passage = _Passage(scope["method"], target, fields, _Copy(self.room), _Copy(self.room))
        self.room.change(0, 1)
        try:
            with suppress(_Gone):
                await self._pass(passage, receive, send)
        finally:
            self._tasks.put(lambda: self._end(passage))

    async def _pass(self, passage: _Passage, receive: Any, send: Any) -> None:
        body: AsyncIterator[bytes] | None = self._incoming(passage, receive)
        if not _has_body(passage.fields):
            body = None
            self._request_ends(passage)
        elif self.enforce and body:
            body = await _hold(body, passage.sent)
        if self.enforce and passage.early and not (verdict := await passage.early).conforms:
            passage.fault = "the request violates the contract, and was not sent on"
            await _refuse(send, 400, passage.fault, verdict)
            return
        try:
            fields = self._outgoing(passage.fields)
            reply = await self.upstream.exchange(passage.method, passage.target, fields, body)
        except NoResponse as error:
            self.on_failure(str(error))
            status = 504 if isinstance(error, Stalled) else 502
            await _respond(send, problem(status, f"the service gives no response: {error}"))
            return
        watch = asyncio.create_task(_await_leaving(receive, asyncio.current_task()))
        try:
            passage.reply = reply
            await self._answer(passage, reply, send)
        except asyncio.CancelledError:
            if not (watch.done() and not watch.cancelled()):
                raise
        finally:
            watch.cancel()
            await reply.close()

    async def _answer(self, passage: _Passage, reply: Arriving, send: Any) -> None:
        """Pass a response on. One that breaks off is left without an end, which tells the client."""
        pieces = _copied(reply.pieces(), passage.came)
        found: Sequence[Any] = ()
        try:
            if self.enforce and not is_stream(Response(reply.status, headers_of(reply.fields))):
                pieces = await _hold(pieces, passage.came)
                verdict = await self._ask(lambda: self._judge(passage)) if passage.came.is_whole else None
                if verdict and not verdict.conforms:
                    await _refuse(send, 502, "the service's response violates the contract", verdict)
                    return
                found = verdict.violations if verdict else ()
            if not found and passage.early:
                found = (await passage.early).violations
            # Our mock may have said so already
            told = {b"contract-violations": violations_field(found).encode()} if found else {}
            kept = [pair for pair in _end_to_end(reply.fields) if pair[0].lower() not in told]
            fields = [*kept, _VIA, *told.items()]
            await send({"type": "http.response.start", "status": reply.status, "headers": fields})
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except NoResponse as error:
            passage.fault = f"the response broke off: {error}"
            self.on_failure(passage.fault)
            with suppress(RuntimeError):  # its head was sent
                await _respond(send, problem(502, passage.fault)) if self.enforce else None

    async def _incoming(self, passage: _Passage, receive: Any) -> AsyncIterator[bytes]:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            if piece := message.get("body", b""):
                passage.sent.add(piece)
                yield piece
            if not message.get("more_body"):
                break
        self._request_ends(passage)

    def _request_ends(self, passage: _Passage) -> None:
        passage.sent.is_whole = True
        if not passage.sent.is_cut:
            passage.early = self._ask(lambda: self.accept(self.validator.check(passage.exchange(whole=False))))

    def _ask(self, check: Callable[[], Verdict]) -> asyncio.Future[Verdict]:
        """A verdict that the other thread will have made."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Verdict] = loop.create_future()

        def settle(verdict: Verdict) -> None:
            if not future.done():
                future.set_result(verdict)

        def run() -> None:
            verdict = check()
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(settle, verdict)

        self._tasks.put(run)
        return future

    def _judge(self, passage: _Passage) -> Verdict:
        exchange = passage.exchange()
        verdict = self.validator.check(exchange)
        if passage.sent.is_cut or passage.came.is_cut:
            pairs = ((one, replace(one, message=_CUT, hint=_CURE)) for one in verdict.violations)
            found = tuple(other if one.rule == "body-unrecorded" else one for one, other in pairs)
            verdict = replace(verdict, violations=found)
        if verdict.unmatched and passage.fault and exchange.response is None:
            verdict = replace(verdict, unmatched=passage.fault)
        passage.found = exchange, verdict
        return self.accept(verdict)

    def _end(self, passage: _Passage) -> Found | None:
        if passage.found is None:
            self._judge(passage)
        self.room.change(-len(passage.sent.data) - len(passage.came.data), -1)
        return passage.found

    def _with_credentials(self, fields: Fields) -> Fields:
        """The header fields of a request, with the credentials of the service's URL unless it has its own."""
        own = self.upstream.credentials
        if not own or any(name == b"authorization" for name, _ in fields):
            return fields
        return [*fields, (b"authorization", own.encode())]

    def _outgoing(self, fields: Fields) -> Fields:
        """The header fields of a request as the service gets them."""
        kept = [(name, value) for name, value in _end_to_end(fields) if name != b"host"]
        has_chunks = any(name == b"transfer-encoding" for name, _ in fields)
        chunked = [(b"transfer-encoding", b"chunked")] if has_chunks else []
        return [(b"host", self.upstream.host), *kept, *chunked, _VIA]


def _end_to_end(fields: Fields) -> Fields:
    """The header fields without those that are for one connection (RFC 9110, section 7.6.1)."""
    listed = b",".join(value for name, value in fields if name.lower() == b"connection").lower()
    dropped = {*_HOP, *(name.strip() for name in listed.split(b","))}
    return [(name, value) for name, value in fields if name.lower() not in dropped]


def is_upgrade(fields: Fields) -> bool:
    """Whether a request asks for another protocol that the client needs, and says no more until it is spoken."""
    return bool(_upgrade(fields)) and not _has_body(fields)


def _upgrade(fields: Fields) -> str:
    """The protocol that a request asks for; '' for none, or one that the client does not need."""
    asked = b",".join(value for name, value in fields if name == b"upgrade").decode("latin-1")
    return next((one.strip() for one in asked.split(",") if one.strip().lower() not in ("", *_IGNORED)), "")


def _has_body(fields: Fields) -> bool:
    """Whether a request has a body (RFC 9112, section 6.3)."""
    return any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in fields)


def _unchunked(headers: Headers) -> Headers:
    return headers.replaced("Transfer-Encoding", None)


async def _copied(pieces: AsyncIterator[bytes], copy: _Copy) -> AsyncIterator[bytes]:
    async for piece in pieces:
        copy.add(piece)
        yield piece
    copy.is_whole = True


async def _hold(pieces: AsyncIterator[bytes], copy: _Copy) -> AsyncIterator[bytes]:
    """The pieces once they have all come, or so many that no copy is kept."""
    held: list[bytes] = []
    async for piece in pieces:
        held.append(piece)
        if copy.is_cut:
            break
    return _chained(held, pieces)


async def _chained(held: list[bytes], pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for piece in held:
        yield piece
    held.clear()
    async for piece in pieces:
        yield piece


async def _await_leaving(receive: Any, task: Any) -> None:
    """End the task when the client leaves: nobody waits for what it does."""
    while (await receive())["type"] != "http.disconnect":
        pass
    task.cancel()


async def _refuse(send: Any, status: int, reason: str, verdict: Verdict) -> None:
    response = problem(status, reason, verdict.violations)
    field = violations_field(verdict.violations)
    await _respond(send, replace(response, headers=response.headers.replaced("contract-violations", field)))


async def _respond(send: Any, response: Response) -> None:
    body = response.body or b""
    pairs = (*response.headers.pairs, ("content-length", str(len(body))))
    fields = [(name.encode(), value.encode("latin-1")) for name, value in pairs]
    await send({"type": "http.response.start", "status": response.status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


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
