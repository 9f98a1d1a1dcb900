"""Credentials: read from one string, put where the contract says, left out, and replaced by wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded, operation

from toolkit.client.credentials import Credentials, wrong
from toolkit.client.session import Session
from toolkit.contract.model import Contract
from toolkit.contract.security import is_secured
from toolkit.exchange import Headers, Request, Response

SCHEMES = {
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "bearer": {"type": "http", "scheme": "Bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "oauth": {"type": "oauth2", "flows": {}},
    "other": {"type": "mutualTLS"},
    "written": {"type": "apiKey", "in": "header", "name": "Authorization: Bearer"},  # no name of a header field
}
WAYS = {name: [{name: []}] for name in SCHEMES}
WAYS |= {"open": [], "optional": [{}, {"header": []}], "both": [{"header": [], "query": []}], "unknown": [{"nope": []}]}


def contract_of(tmp_path: Path, ways: dict[str, Any]) -> Contract:
    paths = {f"/{name}": {"get": {**operation(name), "security": asked}} for name, asked in ways.items()}
    return loaded(tmp_path, paths, components={"securitySchemes": SCHEMES})


@pytest.mark.parametrize(
    ("auth", "way", "url", "fields"),
    [
        ("bearer:t:o/k", "bearer", "/", (("Authorization", "Bearer t:o/k"),)),
        ("bearer:t", "oauth", "/", (("Authorization", "Bearer t"),)),
        ("bearer:t", "open", "/", (("Authorization", "Bearer t"),)),
        ("basic:me:p:w", "basic", "/", (("Authorization", "Basic bWU6cDp3"),)),
        ("basic:me:", "basic", "/", (("Authorization", "Basic bWU6"),)),
        ("bearer:t", "written", "/", (("Authorization", "Bearer t"),)),
        ("apikey:k/1", "written", "/", ()),
        ("apikey:k/1", "header", "/", (("X-Key", "k/1"),)),
        ("apikey:k/1", "query", "/?api%20key=k%2F1", ()),
        ("apikey:k/1", "cookie", "/", (("Cookie", "sid=k/1"),)),
        ("apikey:k/1", "both", "/?api%20key=k%2F1", (("X-Key", "k/1"),)),
        ("apikey:k/1", "optional", "/", (("X-Key", "k/1"),)),
        ("apikey:k/1", "open", "/", ()),
        ("apikey:k/1", "bearer", "/", ()),
    ],
)
def test_credentials_stand_where_the_contract_says(
    auth: str, way: str, url: str, fields: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    asked = contract_of(tmp_path, WAYS).operation(way)
    proved = Credentials.parse(auth).prove(Request("GET", "/"), asked)
    assert (proved.url, proved.headers.pairs) == (url, fields)
    assert Credentials.parse(auth).prove(proved, asked) == proved


def test_what_a_request_carries_already_stays(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, WAYS)
    own = Request("GET", "/?api%20key=", Headers((("authorization", "own"), ("Cookie", "sid=own"))))
    for auth, way in [("bearer:t", "bearer"), ("apikey:t", "query"), ("apikey:t", "cookie")]:
        proved = Credentials.parse(auth).prove(own, contract.operation(way))
        assert sorted(proved.headers.pairs) == sorted(own.headers.pairs) and proved.url == own.url


def test_where_nothing_asks_every_key_of_the_contract_is_sent(tmp_path: Path) -> None:
    contract = loaded(tmp_path, {"/a": {"get": operation("a")}}, components={"securitySchemes": SCHEMES})
    proved = Credentials.parse("apikey:k").prove(Request("GET", "/"), contract.operation("a"))
    assert proved.url == "/?api%20key=k" and proved.headers.get("x-key") == "k"
    assert not is_secured(contract.operation("a"))


def test_which_operations_are_secured(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, WAYS)
    secured = {name for name in WAYS if is_secured(contract.operation(name))}
    assert secured == WAYS.keys() - {"open", "optional", "unknown"}


def test_a_request_without_and_one_with_wrong_credentials(tmp_path: Path) -> None:
    contract, sent = contract_of(tmp_path, WAYS), list[Request]()

    def send(request: Request) -> Response:
        sent.append(request)
        return Response(401)

    session = Session(send, (("x-key", "right"), ("X-Other", "1")), Credentials.parse("bearer:right"))
    for way in ("header", "query", "cookie", "bearer", "basic", "oauth", "both", "written"):
        asked = contract.operation(way)
        session.exchange(Request("GET", "/"), signed=False, operation=asked)
        assert sent[-1] == Request("GET", "/", Headers((("X-Other", "1"),)))
        session.exchange(wrong(Request("GET", "/"), asked), signed=False, operation=asked)
        assert {name for name, _ in sent[-1].headers.pairs} <= {"X-Key", "X-Other", "Cookie", "Authorization"}
        assert "right" not in str(sent[-1]) and ("zq7x4w9vk2m5t8b1" in str(sent[-1]) or "Basic" in str(sent[-1]))


@pytest.mark.parametrize(
    "text",
    ["", "s3cret", "other:id:s3cret", "aliyun-rpc", "aliyun-rpc:id", "aliyun-rpc::s3cret", "bearer:", "basic:s3cret",
     "basic::s3cret", "apikey", "bearer:s3cr\nét"],
)  # fmt: skip
def test_malformed_credentials(text: str) -> None:
    with pytest.raises(ValueError, match=r"not credentials") as caught:
        Credentials.parse(text)
    assert "s3" not in str(caught.value)


def test_a_secret_is_not_shown() -> None:
    keys = Credentials.parse("aliyun-rpc:id:s3:cret")
    assert keys.secret == "s3:cret" and "s3" not in repr(keys)
