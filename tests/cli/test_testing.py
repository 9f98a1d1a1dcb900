"""`contract test` from outside: which contract, which operations and rules, an application in process, and signals."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.places import ROOT
from support.sockets import Wire, ok, raw_server

from toolkit.cli.main import run

DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "/v2"}],
    "paths": {
        "/names": {
            "get": {"operationId": "listNames", "tags": ["read"], "responses": {"200": {"description": "x"}}},
            "post": {"operationId": "addName", "responses": {"2XX": {"description": "x"}}},
        }
    },
}
NOT_FOUND = ok(b"", status="404 Not Found")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder: no contract of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONTRACT_AUTH", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def service(wire: Wire) -> None:
    while head := wire.read():
        path = head.split(" ")[1]
        found = (
            json.dumps(DOCUMENT).encode() if path == "/openapi.json" else b"" if path.startswith("/v2/names") else None
        )
        wire.write(NOT_FOUND if found is None else ok(found))


def test_the_services_own_document_and_its_base_path(capsys: pytest.CaptureFixture[str]) -> None:
    with raw_server(service) as server:
        for url in (server.url, f"{server.url}/openapi.json"):
            assert run(["test", url, "--operation", "listNames", "--budget", "5"]) in (0, 1)
            error = capsys.readouterr().err.splitlines()
            assert error[0].startswith(f"contract: tests by {server.url}/openapi.json: 1 operation, at most 5 requests")
            assert any("base path /v2" in line for line in error)
    assert any(head.startswith("GET /v2/names ") for head in server.requests)


def test_verbose_shows_each_request_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    with raw_server(service) as server:
        given = ["--param", "api_key=s3cret-value", "--param", "size=7"]
        run(["test", server.url, "--operation", "listNames", "--budget", "5", "--verbose", *given])
    error = capsys.readouterr().err
    assert "\nGET /v2/names?api_key=***&size=7 200 " in error.replace("GET /names", "GET /v2/names")
    assert "s3cret" not in error


def test_without_any_contract_nothing_is_tested(capsys: pytest.CaptureFixture[str]) -> None:
    with raw_server(lambda wire: wire.write(NOT_FOUND) if wire.read() else None) as server:
        assert run(["test", server.url]) == 2
    assert "name one by --contract FILE|URL" in capsys.readouterr().err


def test_validate_and_export_fetch_a_contract_by_its_url(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "body.json").write_text("{}")
    with raw_server(service) as server:
        url = f"{server.url}/openapi.json"
        assert run(["validate", "--contract", url, "--operation", "listNames", "body.json"]) == 0
        assert capsys.readouterr().err == f"contract: checks by {url}: 2 operations\n"
        assert run(["export", "json-schema", "--contract", url, "--out", "-"]) in (0, 2)
        assert run(["validate", "--contract", f"{server.url}/nowhere", "body.json"]) == 2
        assert "gives status 404; name another by --contract FILE|URL" in capsys.readouterr().err


def test_validate_says_that_it_takes_the_shipped_contract(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "body.json").write_text("{}")
    assert run(["validate", "body.json", "--operation", "DescribeRefreshTasks"]) == 1
    assert capsys.readouterr().err.startswith("contract: checks by the contract that ships with contract-toolkit")
    assert run(["validate", "body.json", "--operation", "DescribeRefreshTasks", "--quiet"]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--include", "listName"], "did you mean listNames"),
        (["--exclude", "method:GET", "--read-only"], "no operation is left"),
        (["--ignore", "server-eror"], "did you mean server-error"),
        (["--timeout", "soon"], "--timeout S"),
        (["--max-body", "big"], "--max-body N"),
        (["--app", "nowhere"], "MODULE:APP"),
    ],
)
def test_what_names_nothing_is_refused(
    arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "openapi.json").write_text(json.dumps(DOCUMENT))
    url = [] if "--app" in arguments else ["http://127.0.0.1:1"]
    assert run(["test", *url, *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("document", "message"), [(DOCUMENT, "the run ended before any response"), ({}, "no operation that can be tested")]
)
def test_a_run_without_any_response_says_why(
    document: dict[str, object], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = {"openapi": "3.1.0", "info": DOCUMENT["info"], "webhooks": {"made": {}}}
    (folder / "openapi.json").write_text(json.dumps(document or nothing))
    with raw_server(service) as server:
        assert run(["test", server.url, "--contract", "openapi.json", "--max-time", "0.000001"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_read_only_sends_nothing_that_changes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "openapi.yml").write_text(json.dumps(DOCUMENT))
    with raw_server(service) as server:
        run(["test", f"{server.url}/v2", "--read-only", "--budget", "20"])
        assert "create, change" not in capsys.readouterr().err
        run(["test", f"{server.url}/v2", "--include", "method:post", "--budget", "5"])
        assert "1 operation creates, changes or deletes something: POST /names" in capsys.readouterr().err
    assert any(head.startswith("POST") for head in server.requests)


@pytest.mark.slow
def test_what_the_user_leaves_out_is_named_and_no_violation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "openapi.yml").write_text(json.dumps(DOCUMENT))
    with raw_server(service) as server:
        for options in (["--read-only"], ["--exclude", "addName"]):
            options = [*options, "--report", "json=r.json", "--budget", "9", "--ignore", "operation-unfinished"]
            assert run(["test", f"{server.url}/v2", *options]) == 0
            assert capsys.readouterr().out.startswith("Conforms: ")
            line = next(
                one for one in json.loads((folder / "r.json").read_text())["coverage"] if one["operation"] == "addName"
            )
            assert line["accepted"] and line["reason"].startswith("left out by --include")


@pytest.mark.slow
def test_an_operation_that_cannot_be_read_is_named_in_the_coverage(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = {
        "get": {"operationId": "lost", "parameters": [{"$ref": ""}], "responses": {}}
    }  # the document is no parameter
    (folder / "openapi.yml").write_text(json.dumps({**DOCUMENT, "paths": {**DOCUMENT["paths"], "/lost": lost}}))  # type: ignore[dict-item]
    with raw_server(service) as server:
        read = ["test", f"{server.url}/v2", "--read-only", "--budget", "9", "--ignore", "operation-unfinished"]
        assert run(read) == 1
        out = capsys.readouterr().out
        assert out.startswith("NOT examined as a whole: 1 of 3 operations had no success")
        assert "  lost: not examined: the contract cannot be used: " in out and out.count("ERROR ") == 1
        assert run([*read, "--exclude", "lost"]) == 0
        assert run([*read, "--operation", "lost"]) == 2
        assert "contract-unusable in lost" in capsys.readouterr().out


def test_a_given_value_that_is_not_valid_blames_nobody(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = {"name": "n", "in": "query", "required": True, "schema": {"type": "integer"}}
    document = {**DOCUMENT, "paths": {"/a": {"get": {"operationId": "a", "parameters": [known], "responses": {}}}}}
    (folder / "openapi.yml").write_text(json.dumps(document))

    def refuse(wire: Wire) -> None:
        while wire.read():
            wire.write(ok(b"", status="400 Bad Request"))

    with raw_server(refuse) as server:
        assert run(["test", server.url, "--param", "n=x", "--budget", "4"]) == 1
    out = capsys.readouterr().out
    assert "valid-request-refused" not in out and "the value given for n does not conform to the contract" in out


@pytest.mark.slow
def test_a_token_of_another_scheme_is_not_the_services_fault(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schemes = {name: {"type": "http", "scheme": "bearer"} for name in ("access", "renewal")}
    done = {"200": {"description": "x"}, "422": {"description": "x"}}
    paths = {path: {"get": {"security": [{"access": []}], "responses": done}} for path in ("/a", "/b")}
    paths["/renew"] = {"get": {"security": [{"renewal": []}], "responses": done}}
    document = {**DOCUMENT, "paths": paths, "components": {"securitySchemes": schemes}, "servers": []}
    (folder / "openapi.json").write_text(json.dumps(document))

    def respond(wire: Wire) -> None:
        while head := wire.read():
            wire.write(ok(b"", status="422 No" if "/renew" in head else "200 OK" if "tok" in head else "401 No"))

    with raw_server(respond) as server:
        assert run(["test", server.url, "--auth", "bearer:tok", "--budget", "12", "--ignore", "status-undeclared"]) == 1
    out = capsys.readouterr().out
    assert "valid-request-refused" not in out and "it requires the scheme renewal" in out


APPS = """
def wsgi(environ, start):
    print("noise of the application")
    start("200 OK", [])
    return [b""]

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        raise ValueError("broken")
"""


@pytest.mark.parametrize(("name", "status"), [("wsgi", 0), ("asgi", 1)])
def test_an_application_in_process(name: str, status: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / f"apps_{name}.py").write_text(APPS)
    (folder / "openapi.json").write_text(json.dumps({**DOCUMENT, "servers": []}))
    arguments = ["--operation", "listNames", "--budget", "30", "--ignore", "method-not-refused"]
    assert run(["test", "--app", f"apps_{name}:{name}", *arguments, "--report", "json"]) == status
    found = json.loads(capsys.readouterr().out)["violations"]
    assert any(one["rule"] == "server-error" for one in found) == (name == "asgi")


WANTS_BODY = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        status = 201 if (await receive())["body"] == b"true" else 400
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
"""


@pytest.mark.slow
def test_a_request_without_a_body_is_recorded_as_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "wants_body.py").write_text(WANTS_BODY)
    body = {"required": True, "content": {"application/json": {"schema": {"const": True}}}}
    post = {"requestBody": body, "responses": {"201": {"description": "made"}, "400": {"description": "wrong"}}}
    (folder / "openapi.json").write_text(json.dumps({**DOCUMENT, "servers": [], "paths": {"/names": {"post": post}}}))
    arguments = ["--ignore", "method-not-refused", "--budget", "30", "--record", "r.har"]
    assert run(["test", "--app", "wants_body:app", *arguments]) in (0, 1)
    assert run(["validate", "r.har", "--verbose"]) == 0
    assert "request-body-missing" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=pytest.mark.slow)])
def test_a_signal_leaves_whole_files(name: str, folder: Path) -> None:
    (folder / "openapi.json").write_text(json.dumps({**DOCUMENT, "servers": []}))

    def slow(wire: Wire) -> None:
        while wire.read():
            time.sleep(0.1 if len(server.requests) < 4 else 8)
            wire.write(ok(b""))

    with raw_server(slow) as server:
        command = [sys.executable, "-m", "toolkit.cli", "test", server.url]
        process = subprocess.Popen(
            [*command, "--record", "r.har", "--report", "json=r.json"], stderr=subprocess.DEVNULL
        )
        while len(server.requests) < 4:
            time.sleep(0.05)
        process.send_signal(getattr(signal, name))
        assert process.wait(6) == 128 + getattr(signal, name)
    entries = json.loads((folder / "r.har").read_text())["log"]["entries"]
    assert entries and entries[0]["request"]["url"] == f"{server.url}/names"
    assert not entries[0]["startedDateTime"].startswith("1970")
    assert "violations" in json.loads((folder / "r.json").read_text())
    assert not list(folder.glob(".*.part"))


@pytest.mark.slow
def test_an_operation_whose_response_has_no_end_does_not_end_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever is asked first: header fields without end, interim responses without end, and nothing at all."""
    endless = {"/fields": b"X-A: b\r\n" * 1_000, "/interim": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20}

    def talk(wire: Wire) -> None:
        while head := wire.read():
            path = head.split()[1]
            wire.write(ok(b"") if path == "/sound" else b"HTTP/1.1 200 OK\r\n" if path == "/fields" else b"")
            time.sleep(3 if path == "/silent" else 0)
            while path in endless:
                wire.write(endless[path])

    paths = {
        f"/{name}": {"get": {"operationId": name, "responses": {"200": {"description": "x"}}}}
        for name in ("fields", "interim", "silent", "sound")
    }
    (tmp_path / "c.json").write_text(json.dumps({**DOCUMENT, "servers": [], "paths": paths}))
    with raw_server(talk) as server:
        given = ["--contract", str(tmp_path / "c.json"), "--timeout", "0.3", "--budget", "8", "--quiet"]
        assert run(["test", server.url, *given, "--report", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    named = {one["operation"] for one in report["violations"] if one["rule"] == "no-answer"}
    assert named == {"fields", "interim"}  # who sends nothing at all may wait for something, and is not examined
    assert [one["operation"] for one in report["coverage"] if one["outcome"] != "not-examined"] == ["sound"]
