"""The proxy between a client and a service, over real connections."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from support.places import ROOT
from support.serving import serving
from support.sockets import Wire, ok, raw_server

from toolkit.client.target import Limits
from toolkit.client.upstream import Upstream
from toolkit.contract.model import Contract
from toolkit.exchange import Exchange
from toolkit.secrets.masking import Secrets
from toolkit.services import proxy as module
from toolkit.services.hosting import server_of, upgrading
from toolkit.services.proxy import Proxy, is_upgrade, tunnels
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict

NOTES = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes:
    post:
      operationId: createNote
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: {"200": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}}
  /events: {get: {responses: {"200": {description: ., content: {text/event-stream: {schema: {$ref: "#/components/schemas/Note"}}}}}}}
  /notes/{noteId}:
    get:
      operationId: getNote
      parameters:
        - {name: noteId, in: path, required: true, schema: {type: integer}}
        - {name: size, in: query, schema: {type: integer, maximum: 9}}
        - {name: as, in: query, schema: {type: string}}
      responses: {"200": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}}
components:
  schemas:
    Note: {type: object, required: [text], properties: {text: {type: string}, password: {type: string}}}
"""
BIG = bytes(range(256)) * 8192  # 2 MB
GZIP = gzip.compress(b'{"text": "milk"}')


async def note(request: Request) -> Response:
    text: Any = 5 if request.query_params.get("as") == "bad" else "milk"
    told = {"Contract-Violations": "theirs"} if "size" in request.query_params else {}  # as our mock does
    return JSONResponse({"text": text, "password": "hunter22"}, headers=told)


async def zipped(request: Request) -> Response:
    return Response(GZIP, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


async def echo(request: Request) -> Response:
    return Response(await request.body(), headers={"X-Seen": json.dumps(request.headers.items())})


async def cookies(request: Request) -> Response:
    response = RedirectResponse("/elsewhere?a=%2F", 307)
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


async def empty(request: Request) -> Response:
    return Response(status_code=204)


async def create(request: Request) -> Response:
    created.append(await request.body())
    return Response(created[-1], media_type="application/json")


async def slow(request: Request) -> Response:
    async def pieces() -> Any:
        yield b"one"
        await asyncio.sleep(0.5)
        yield b"two"

    return StreamingResponse(pieces())


async def events(request: Request) -> Response:
    async def pieces() -> Any:
        yield b'data: {"text": "milk"}\n\ndata: {"text": 5}\n\ndata: {"te'
        await asyncio.sleep(5)

    return StreamingResponse(pieces(), media_type="text/event-stream")


created: list[bytes] = []
ROUTES = {
    "/events": events,
    "/zipped": zipped,
    "/echo": echo,
    "/cookies": cookies,
    "/empty": empty,
    "/slow": slow,
    "/notes": create,
}
SERVICE = Starlette(
    routes=[Route("/notes/{note}", note), *(Route(p, f, methods=["GET", "POST"]) for p, f in ROUTES.items())]
)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with serving(SERVICE) as url:
        yield url


@contextmanager
def proxied(
    url: str, folder: Path, *, enforce: bool = False, timeout: float = 10
) -> Iterator[tuple[httpx.Client, list[tuple[Exchange, Verdict]]]]:
    """A client of the proxy before a service, and what was found, which is whole when the context has ended."""
    (folder / "openapi.yaml").write_text(NOTES)
    contract = Contract.load(folder / "openapi.yaml", any_host=True)
    proxy = Proxy(Upstream(url, Limits(timeout)), Validator(contract), enforce)
    found: list[tuple[Exchange, Verdict]] = []
    worker = Thread(target=lambda: found.extend(proxy.findings()), daemon=True)
    worker.start()
    try:
        with serving(proxy) as own, httpx.Client(base_url=own, trust_env=False) as client:
            yield client, found
    finally:
        proxy.finish()
        worker.join()


def rules(found: list[tuple[Exchange, Verdict]]) -> list[list[str]]:
    return [[f"{one.rule} {one.at}" for one in verdict.violations] for _, verdict in found]


def test_what_passes_is_the_same_as_without_the_proxy(service: str, tmp_path: Path) -> None:
    with proxied(service, tmp_path) as (client, _), httpx.Client(base_url=service, trust_env=False) as direct:
        for method, path in (("GET", "/zipped"), ("HEAD", "/notes/1"), ("GET", "/empty"), ("GET", "/cookies")):
            here, there = client.request(method, path), direct.request(method, path)
            assert here.status_code == there.status_code and here.content == there.content
            own = ("via", "date", "server")  # added by the proxy, and by the server that each of them is served by
            ours, theirs = ([p for p in one.headers.multi_items() if p[0] not in own] for one in (here, there))
            assert ours == theirs and here.headers["via"] == "1.1 contract"
        assert client.get("/cookies").headers.get_list("set-cookie") == direct.get("/cookies").headers.get_list(
            "set-cookie"
        )
        with client.stream("GET", "/zipped") as response:
            assert b"".join(response.iter_raw()) == GZIP
        assert client.post("/echo", content=BIG).content == BIG
        assert client.post("/echo", content=iter([b"a", b"b" * 70_000])).content == b"a" + b"b" * 70_000


def test_the_service_gets_its_own_host_and_no_field_of_the_connection(service: str, tmp_path: Path) -> None:
    given = {"Connection": "x-hop, keep-alive", "X-Hop": "1", "TE": "trailers", "X-Kept": "1", "Upgrade": "h2c"}
    with proxied(service, tmp_path) as (client, _):
        seen = dict(json.loads(client.get("/echo", headers=given).headers["x-seen"]))
    assert seen["host"] == service.removeprefix("http://") and seen["via"] == "1.1 contract" and seen["x-kept"] == "1"
    assert not seen.keys() & {"x-hop", "te", "connection", "upgrade"}


@pytest.mark.parametrize(("own", "sent"), [("", "Basic bWU6Q0FOQVJZ"), ("Bearer mine-0123", "Bearer mine-0123")])
def test_an_exchange_has_the_credentials_that_the_service_got(
    service: str, tmp_path: Path, own: str, sent: str
) -> None:
    """Those of the service's URL too, so that what repeats them is masked, and none is missed."""
    with proxied(service.replace("//", "//me:CANARY@"), tmp_path) as (client, found):
        client.get("/echo", headers={"Authorization": own} if own else {})
    [(exchange, _)] = found
    assert exchange.request and exchange.request.headers.get("Authorization") == sent
    assert sent.split()[1] in repr(exchange) and sent.split()[1] not in repr(Secrets().kept(exchange))


def test_a_response_passes_as_it_comes(service: str, tmp_path: Path) -> None:
    with proxied(service, tmp_path) as (client, _), client.stream("GET", "/slow") as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"one"
        began = time.monotonic()
        assert next(pieces) == b"two" and time.monotonic() - began > 0.2


def test_of_events_that_a_client_leaves_those_that_passed_are_checked(service: str, tmp_path: Path) -> None:
    with proxied(service, tmp_path) as (client, found), client.stream("GET", "/events") as response:
        next(response.iter_raw())
    assert rules(found) == [["body-unrecorded response.body", "schema-type response.body#/1/text (line 3)"]]


def test_wrong_messages_are_found_and_pass(service: str, tmp_path: Path) -> None:
    with proxied(service, tmp_path) as (client, found):
        sound, bad, asked = (client.get(f"/notes/1{query}") for query in ("", "?as=bad", "?size=10"))
        assert client.post("/notes", json={"text": 1}).json() == {"text": 1}
        assert client.get("/empty").status_code == 204
    assert bad.json()["text"] == 5
    shown = [response.headers.get("contract-violations") for response in (sound, bad, asked)]
    assert shown == [None, None, "parameter-invalid request.query.size"]
    assert rules(found) == [
        [],
        ["schema-type response.body#/text"],
        ["parameter-invalid request.query.size"],
        ["schema-type request.body#/text", "schema-type response.body#/text"],
        [],
    ]
    assert [bool(verdict.unmatched) for _, verdict in found] == [False] * 4 + [True], "what no operation fits"


def test_enforced_a_bad_request_is_not_sent_on_and_a_bad_response_not_given(service: str, tmp_path: Path) -> None:
    created.clear()
    with proxied(service, tmp_path, enforce=True) as (client, found):
        refused = client.post("/notes", json={"text": 1})
        bad = client.get("/notes/1?as=bad")
        assert client.get("/notes/1").json()["text"] == "milk"
        assert client.post("/notes", json={"text": "a"}).json() == {"text": "a"}
        assert client.post("/echo", content=BIG).content == BIG
    assert [json.loads(body) for body in created] == [{"text": "a"}]
    for response, status, rule in ((refused, 400, "request.body"), (bad, 502, "response.body")):
        assert response.status_code == status and response.headers["content-type"] == "application/problem+json"
        assert response.json()["violations"][0]["at"].startswith(rule)
        assert response.headers["contract-violations"] == f"schema-type {rule}#/text"
    assert rules(found)[:4] == [["schema-type request.body#/text"], ["schema-type response.body#/text"], [], []]
    assert found[0][1].unmatched == "the request violates the contract, and was not sent on"


@pytest.mark.parametrize("enforce", [False, True])
def test_a_body_too_large_to_be_kept_passes_and_is_named(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enforce: bool
) -> None:
    monkeypatch.setattr(module, "MAX_COPY", 1000)
    body = json.dumps({"text": "a" * 200_000}).encode()
    with proxied(service, tmp_path, enforce=enforce) as (client, found):
        response = client.post("/notes", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 200 and response.content == body
    [(_, verdict)] = found
    assert {(one.rule, one.at) for one in verdict.violations} == {
        ("body-unrecorded", "request.body"),
        ("body-unrecorded", "response.body"),
    }
    assert all("not read further" in one.message for one in verdict.violations)


def test_a_service_that_is_down_silent_or_breaks_off_is_said_to_be_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with proxied(f"http://127.0.0.1:{port}", tmp_path) as (client, found):
        for _ in range(2):
            response = client.get("/notes/1")
            assert response.status_code == 502 and "no response" in response.json()["detail"]
    assert all(exchange.response is None and verdict.unmatched for exchange, verdict in found) and len(found) == 2

    def talk(wire: Wire) -> None:
        if "notes/1" in wire.read():
            wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
        else:
            time.sleep(2)

    with raw_server(talk) as server, proxied(server.url, tmp_path, timeout=0.3) as (client, found):
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/notes/1")
        assert client.get("/notes/2").status_code == 504
    assert rules(found) == [["body-undecodable response.body"], []]


def test_an_upgrade_that_cannot_pass_is_refused_in_words(service: str, tmp_path: Path) -> None:
    with proxied(service, tmp_path) as (client, found):
        headers = {"Connection": "Upgrade", "Upgrade": "other/2"}
        assert not is_upgrade([(b"upgrade", b"h2c")]) and is_upgrade(
            [(b"upgrade", b"other/2"), (b"content-length", b"0")]
        )
        response = client.post("/notes", headers=headers, content=b"{}")
    assert response.status_code == 501 and "other/2" in response.json()["detail"] and not found


def test_a_websocket_passes_both_ways_from_its_first_byte_and_a_refused_one_closes_its_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def talk(wire: Wire) -> None:
        if "/no" in wire.read():
            wire.write(ok(b"no", "connection: keep-alive", status="403 Forbidden"))
            wire.read()
            left.set()
        else:
            wire.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
            wire.write(wire.socket.recv(9)[::-1])
            wire.read()

    opened, left = list[int](), Event()
    with raw_server(talk) as server, socket.create_server(("127.0.0.1", 0)) as listener:
        protocol = tunnels(Upstream(f"{server.url}/base", Limits(5)), lambda: opened.append(1))
        uvicorn = server_of(SERVICE, ws=protocol, http=upgrading(is_upgrade))
        thread = Thread(target=uvicorn.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        for path, name, status, rest in (
            ("/ws", "websocket", b"101", b"\xff\x00cba"),
            ("/own", "own/1", b"101", b"\xff\x00cba"),
            ("/early", "own/1", b"101", b"\xff\x00cba"),
            ("/no", "websocket", b"403", b"no"),
        ):
            with socket.create_connection(listener.getsockname()) as client, client.makefile("rb") as response:
                upgrade = f"Connection: Upgrade\r\nUpgrade: {name}"
                early, later = (b"abc\x00\xff", b"") if path == "/early" else (b"", b"abc\x00\xff")
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\n{upgrade}\r\n\r\n".encode() + early)
                assert status in response.readline()
                head = [*iter(response.readline, b"\r\n")]
                client.sendall(later if rest != b"no" else b"GET /hidden HTTP/1.1\r\n\r\n")
                assert response.read(len(rest)) == rest
                said = [line for line in head if line.lower().startswith(b"connection:")]
                assert said == ([b"connection: close\r\n"] if rest == b"no" else [b"Connection: upgrade\r\n"])
        assert left.wait(5), "whoever was refused and leaves takes the connection to the service along"
        with socket.create_connection(listener.getsockname()) as last:
            last.sendall(f"GET /ws HTTP/1.1\r\nHost: h\r\n{upgrade}\r\n\r\n".encode())
            assert b" 101 " in last.recv(99)
            uvicorn.should_exit = True
            thread.join()
    assert not caplog.records, "a tunnel that is open when the proxy ends is cut without a word"
    assert opened == [1, 1, 1, 1] and [line.split()[1] for line in server.requests if line] == [
        "/base/ws",
        "/base/own",
        "/base/early",
        "/base/no",
        "/base/ws",
    ]
    assert all(f"host: {server.url.removeprefix('http://')}" in head for head in server.requests if head)


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=pytest.mark.slow)])
def test_a_signal_leaves_a_whole_report_and_a_whole_recording_without_secrets(
    name: str, service: str, tmp_path: Path
) -> None:
    (tmp_path / "openapi.yaml").write_text(NOTES)
    command = [sys.executable, "-m", "toolkit.cli", "proxy", service, "--port", "0"]
    files = ["--record", "r.har", "--report", "json=r.json"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    with subprocess.Popen(
        [*command, *files], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stderr
        url = process.stderr.readline().partition(" is at ")[2].split()[0]
        for query in ("", "?as=bad", "?as=hunter22"):
            assert httpx.get(f"{url}/notes/1{query}", trust_env=False).status_code == 200
        process.send_signal(getattr(signal, name))
        assert process.wait(20) == 128 + getattr(signal, name)
        assert process.stderr.read().endswith(f"contract: ended by {name}\n")
    report, text = json.loads((tmp_path / "r.json").read_text()), (tmp_path / "r.har").read_text()
    assert [one["rule"] for one in report["violations"]] == ["schema-type"]
    entries = json.loads(text)["log"]["entries"]
    assert entries[0]["request"]["url"] == f"{service}/notes/1" and len(entries) == 3
    assert '\\"password\\":\\"hunter22' not in text
