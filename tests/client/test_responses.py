"""Responses of other HTTP clients as exchanges: each client says the same of one exchange."""

from __future__ import annotations

import httpx
import pytest
import requests
from starlette.testclient import TestClient
from support.serving import serving

from toolkit.client.responses import exchange_of, request_of, response_of
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.services.hosting import as_asgi

DATA = {"a": "1 2", "b": "é"}
BODY = b"a=1+2&b=%C3%A9"
FORM = "application/x-www-form-urlencoded"


def echo(request: Request) -> Response:
    fields = (("Content-Type", "text/plain"), ("X-Method", request.method))
    return Response(201, Headers(fields), b"body: " + (request.body or b""))


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    with serving(as_asgi(echo, 1 << 20)) as url:
        received = [httpx.post(f"{url}/x?q=1", data=DATA), requests.post(f"{url}/x?q=1", data=DATA, timeout=9)]
    return [exchange_of(one) for one in [*received, TestClient(as_asgi(echo, 1 << 20)).post("/x?q=1", data=DATA)]]


def test_the_request_of_each_client(exchanges: list[Exchange]) -> None:
    for exchange in exchanges:
        request = exchange.request
        assert request and (request.method, request.body) == ("POST", BODY)
        assert request.url.endswith("/x?q=1")
        assert request.headers.get("content-type") == FORM
        assert exchange.source == f"POST {request.url}"


def test_the_response_of_each_client(exchanges: list[Exchange]) -> None:
    for exchange in exchanges:
        response = exchange.response
        assert response and (response.status, response.body) == (201, b"body: " + BODY)
        assert response.headers.get("x-method") == "POST"


def test_a_response_made_by_hand_has_no_request() -> None:
    headers = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    exchange = exchange_of(httpx.Response(204, headers=headers), "readThing")
    assert exchange.request is None and exchange.source == ""
    assert exchange.response and exchange.response.headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert exchange.operation == "readThing"


def test_header_fields_as_lists_are_repeated_fields() -> None:
    class OfSchemathesis:
        status_code = 200
        headers = {"set-cookie": ["a=1", "b=2"], "x": ["y"]}  # noqa: RUF012
        content = None

    response = response_of(OfSchemathesis())
    assert response.headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert (response.headers.get("x"), response.body) == ("y", b"")


def test_a_streamed_request_has_no_body() -> None:
    request = request_of(httpx.Request("POST", "http://h/", content=iter([b"a"])))
    assert (request.method, request.url, request.body) == ("POST", "http://h/", None)


def test_other_objects_are_refused_with_a_cure() -> None:
    with pytest.raises(TypeError, match="not a response but dict; pass a response of httpx"):
        exchange_of({})
    with pytest.raises(TypeError, match=r"not read; call response\.read\(\) first"):
        exchange_of(httpx.Response(200, stream=httpx.ByteStream(b"x")))
