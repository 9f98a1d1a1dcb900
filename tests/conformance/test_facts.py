"""Facts of laws, rules over several parameters, texts at boundaries, sessions, targets and the client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contracts import loaded, operation, parameter

from toolkit.client.client import Client, curl
from toolkit.client.session import BudgetSpent, Credentials, Session
from toolkit.client.target import NoAnswer, http
from toolkit.conformance.laws.one_response import read_moment
from toolkit.conformance.probes.boundaries import texts_for
from toolkit.contract.dependencies import broken
from toolkit.contract.promises import dig, path, read_facts
from toolkit.errors import ContractError, TargetError
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.schema.moments import read_duration
from toolkit.validation.validator import Validator


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("$.a.b", ("a", "b")),
        ("a", ("a",)),
        ("$['a b'][0]", ("a b", "0")),
        ('$["a"].b-c', ("a", "b-c")),
        ("", ()),
        (None, ()),
        ("$", ()),
    ],
)
def test_paths(text: Any, tokens: tuple[str, ...]) -> None:
    assert path(text) == tokens


@pytest.mark.parametrize("text", ["$..a", "$.a[*].b", "$.a[?@.b]", "$.a[1:2]", "$.a..b", "a b", "$.a[-1]"])
def test_a_path_that_may_lead_to_several_values_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path to one value"):
        path(text)


def test_digging() -> None:
    tree = {"a": [{"b": 1}], "n": None}
    assert dig(tree, ("a", "0", "b")) == 1 and dig(tree, ()) == tree
    assert [dig(tree, at) for at in [("a", "1"), ("a", "x"), ("n", "b"), ("z",)]] == [None] * 4


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P3D", 259200),
        ("PT2S", 2),
        ("PT0.5S", 0.5),
        ("P1W", 604800),
        ("P1DT2H3M4S", 93784),
        ("P", None),
        ("", None),
        ("3D", None),
        ("P1Y", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    if seconds is not None:
        assert read_duration(text) == timedelta(seconds=seconds)
    else:
        with pytest.raises(ValueError, match="is not a duration"):
            read_duration(text)


LAWS = {
    "identity": "id",
    "order": ["-day", "id"],
    "filters": {"from": {"item": "day", "is": "at-least"}},
    "window": {"item": "day", "last": "P3D"},
    "echo": {"n": "$.n"},
}
PAGES = {
    "type": "offsetLimit",
    "inputs": [{"name": "n", "type": "limit"}, {"name": "o", "type": "offset"}],
    "outputs": {"results": "$.data.items"},
}


def test_facts(tmp_path: Path) -> None:
    declared = {
        "get": {**operation("a"), "x-laws": LAWS, "x-speakeasy-pagination": PAGES},
        "post": {**operation("b"), "x-laws": {"same-as": "a"}},
    }
    contract = loaded(tmp_path, {"/x": declared})
    facts = read_facts(contract.operation("a"), contract)
    assert facts.pages and (facts.pages.results, facts.pages.limit, facts.pages.offset, facts.pages.page) == (
        ("data", "items"),
        "n",
        "o",
        None,
    )
    assert facts.order == (("-", ("day",)), ("+", ("id",))) and facts.window == (("day",), timedelta(days=3))
    assert facts.filters[0].relation == "at-least" and facts.echo == {"n": ("n",)}
    assert read_facts(contract.operation("b"), contract) == facts
    with pytest.raises(ContractError, match="has no operation 'aa'; did you mean a"):
        contract.operation("aa")


@pytest.mark.parametrize(
    "laws",
    [
        {"window": {"item": "a", "last": "soon"}},
        {"filters": {"a": {"item": "b", "is": "like"}}},
        {"filters": {"a": {}}},
        {"order": [""]},
        [1],
        {"echo": [1]},
        {"identity": "$.items[*].id"},
    ],
)
def test_laws_that_cannot_be_read(tmp_path: Path, laws: Any) -> None:
    contract = loaded(tmp_path, {"/x": {"get": {**operation("a"), "x-laws": laws}}})
    with pytest.raises(ContractError, match="x-laws cannot be read") as caught:
        read_facts(contract.operation("a"), contract)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "values", "kept"),
    [
        ("a <= b;", {"a": "2024", "b": "2024"}, True), ("a <= b", {"a": 10, "b": 9}, False), ("a < b", {"a": 1}, True), ("a <= b", {"a": 1,
        "b": "0"}, True), ("a == b", {"a": [1], "b": [2]}, True),
        ("Or(a, b)", {}, False), ("Or(a, b)", {"b": 1}, True), ("OnlyOne(a, b)", {"a": 1, "b": 1}, False), ("ZeroOrOne(a, b)", {}, True),
        ("AllOrNone(a, b)", {"a": 1}, False),
        ("IF a THEN b", {"a": 1}, False), ("IF a=='x' THEN NOT b", {"a": "x", "b": 1}, False), ("IF a=='x' THEN b", {"a": "y"}, True),
        ("what is this?", {}, True), ("", {}, True),
    ],
)  # fmt: skip
def test_dependencies(rule: str, values: dict[str, Any], kept: bool) -> None:
    assert (broken(rule, values) is None) is kept


@given(st.integers(-50, 50), st.integers(0, 100))
def test_texts_of_an_integer_stand_on_both_sides_of_its_bounds(low: int, width: int) -> None:
    texts = [text.text for text in texts_for({"minimum": low, "maximum": low + width}, ("integer",), (), ())]
    assert {str(low - 1), str(low), str(low + width), str(low + width + 1)} <= set(texts) and len(texts) == len(
        set(texts)
    )


@pytest.mark.parametrize(("schema", "types", "due"), [({"enum": ["Ab"]}, ("string",), {"Ab", "ab", "AB", "Abx", " Ab"}),
({"format": "date-time"}, ("string",), {"", "2023-13-01T00:00:00Z"}), ({"maxLength": 3}, ("string",), {"111", "1111"}), ({"pattern": "^1{2,4}$"},
("string",), {"1", "11", "1111", "11111"})])  # fmt: skip
def test_texts(schema: dict[str, Any], types: tuple[str, ...], due: set[str]) -> None:
    assert due <= {text.text for text in texts_for(schema, types, (), ())}


def test_moments() -> None:
    assert read_moment("2024-02-29T00:00:00Z") and not any(map(read_moment, ("2023-02-29T00:00:00Z", "x", None, 1)))


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/break":
            self.connection.close()
            return
        self.send_response(200)
        self.send_header("X-Path", self.path)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_live_target(address: str) -> None:
    with http(f"{address}/base/") as send:
        answer = send(Request("GET", "/a?b=%20%2F"))
        assert (answer.status, answer.body, answer.headers.get("x-path")) == (200, b"ok", "/base/a?b=%20%2F")
    with http(address) as send, pytest.raises(NoAnswer):
        send(Request("GET", "/break"))
    with http("http://127.0.0.1:1") as send, pytest.raises(NoAnswer, match="ConnectError"):
        send(Request("GET", "/"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://x", "not an HTTP address"),
        ("http://", "not an HTTP address"),
        ("http://user:hush@h:999999", "not an HTTP address"),
        ("http://[::1", "not an HTTP address"),
        ("http://h/?a=hush", "a query or a fragment"),
        ("http://h/#a", "a query or a fragment"),
    ],
)
def test_an_address_that_no_path_can_follow_is_refused_and_no_secret_shown(url: str, told: str) -> None:
    with pytest.raises(TargetError, match=told) as caught, http(url):
        pass
    assert "hush" not in str(caught.value)


def test_sessions_are_patient_count_and_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("toolkit.client.session.time.sleep", waits.append)
    answers = iter(
        [Response(503, Headers((("Retry-After", "2"),))), Response(429), Response(200), *[Response(503)] * 9]
    )
    seen: list[Exchange] = []
    session = Session(lambda request: next(answers), headers=(("X-A", "1"),), budget=5, on_exchange=seen.append)
    done, reason = session.exchange(Request("GET", "/"))
    assert done.response and (done.response.status, reason, session.requests) == (200, "", 3)
    assert waits[0] == 2.0 and 0 < waits[1] <= 1
    assert seen[-1].request and seen[-1].request.headers.get("x-a") == "1"
    with pytest.raises(BudgetSpent):
        session.exchange(Request("GET", "/"))
    assert session.requests == 5


def test_a_session_paces(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("toolkit.client.session.time.sleep", waits.append)
    session = Session(lambda request: Response(200), rate=10)
    for _ in range(3):
        session.exchange(Request("GET", "/"))
    assert waits[0] == 0 and waits[1] == pytest.approx(0.1, abs=0.02) and waits[2] == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("text", ["", "aliyun-rpc", "aliyun-rpc:id", "aliyun-rpc::s3cret", "other:id:s3cret"])
def test_credentials(text: str) -> None:
    with pytest.raises(ValueError, match="SCHEME:KEYID:SECRET") as caught:
        Credentials.parse(text)
    keys = Credentials.parse("aliyun-rpc:id:s3:cret")
    assert keys.secret == "s3:cret" and "s3" not in repr(keys) + str(caught.value)


def test_the_client_places_parameters_and_judges_answers(tmp_path: Path) -> None:
    declared = [
        parameter("id", {"type": "integer"}, "path"),
        parameter("q", {}),
        parameter("X-H", {}, "header"),
        parameter("c", {}, "cookie"),
    ]
    responses = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "integer"}}}}}
    contract = loaded(tmp_path, {"/x/{id}": {"get": operation("x", *declared, responses=responses)}})
    asked, sent = contract.operation("x"), list[Request]()

    def send(request: Request) -> Response:
        sent.append(request)
        return Response(200, Headers((("Content-Type", "application/json"),)), b'"7"')

    client = Client(
        Session(send), Validator(contract), asked, read_facts(asked, contract), {"GET": asked}, {"id": "a/b"}
    )
    call = client.call({"q": ["1 2", "&"], "X-H": "h", "c": "é", "z": None})
    answer = client.ask(call)
    assert (
        client.ask(call) is answer
        and len(sent) == 1
        and (answer.value, answer.status, answer.kind) == ("7", 200, "json")
    )
    assert (sent[0].url, sent[0].headers.pairs) == ("/x/a%2Fb?q=1%202&q=%26", (("X-H", "h"), ("Cookie", "c=%C3%A9")))
    assert [violation.rule for violation in answer.violations] == ["schema-type"]
    shown = curl(
        "http://h", Request("POST", "/?a=it's&Signature=s3cret", Headers((("Authorization", "s3cret"),)), b"b=1")
    )
    assert "s3cret" not in shown and shown.startswith("curl -i -X POST") and "it'\"'\"'s" in shown
