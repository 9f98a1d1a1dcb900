"""One operation called with parameter values: where each one goes, and what comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.contracts import loaded, of_json, operation, parameter

from toolkit.client.client import Client
from toolkit.client.session import Session
from toolkit.contract.promises import read_facts
from toolkit.exchange import Headers, Request, Response
from toolkit.validation.validator import Validator


def test_the_client_places_parameters_and_checks_responses(tmp_path: Path) -> None:
    declared = [
        parameter("id", {"type": "integer"}, "path"),
        parameter("q", {}),
        parameter("X-H", {}, "header"),
        parameter("c", {}, "cookie"),
    ]
    responses = {"200": of_json({"type": "integer"})}
    contract = loaded(tmp_path, {"/x/{id}": {"get": operation("x", *declared, responses=responses)}})
    asked, sent = contract.operation("x"), list[Request]()

    def send(request: Request) -> Response:
        sent.append(request)
        return Response(200, Headers((("Content-Type", "application/json"),)), b'"7"')

    client = Client(
        Session(send), Validator(contract), asked, read_facts(asked, contract), {"GET": asked}, {("path", "id"): "a/b"}
    )
    call = client.call({"q": ["1 2", "&"], "X-H": "h", "c": "é", "z": None})
    response = client.ask(call)
    assert (
        client.ask(call) is response
        and len(sent) == 1
        and (response.value, response.status, response.kind) == ("7", 200, "json")
    )
    assert (sent[0].url, sent[0].headers.pairs) == ("/x/a%2Fb?q=1%202&q=%26", (("X-H", "h"), ("Cookie", "c=%C3%A9")))
    assert [violation.rule for violation in response.violations] == ["schema-type"]


def test_of_large_responses_only_the_latest_are_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.client.client.LARGE", 100)
    monkeypatch.setattr("toolkit.client.session._MOST_HELD", 350)
    contract = loaded(tmp_path, {"/x": {"get": operation("x", parameter("n", {}), responses={"200": of_json({})})}})
    asked, sent = contract.operation("x"), list[str]()

    def send(request: Request) -> Response:
        sent.append(request.url.rpartition("=")[2])
        body = b'"' + b"a" * (9 if sent[-1] == "small" else 150) + b'"'
        return Response(200, Headers((("Content-Type", "application/json"),)), body)

    client = Client(Session(send), Validator(contract), asked, read_facts(asked, contract), {"GET": asked})
    for text in ("small", "a", "b", "a", "small", "c", "c", "b", "a", "small"):
        client.ask(client.call({"n": text}))
    assert sent == ["small", "a", "b", "c", "a"]
