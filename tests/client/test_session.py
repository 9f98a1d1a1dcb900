"""Requests sent one after another: patience, counting, pace, the user's header fields, and operations that are left."""

from __future__ import annotations

import time
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path

import pytest
from support.contracts import loaded, operation

from toolkit.client.session import BudgetSpent, OperationLeft, ServiceGone, Session
from toolkit.client.target import Hurried, NoResponse, Stalled, Unreachable, seconds_left
from toolkit.contract.operation import Operation
from toolkit.exchange import Exchange, Headers, Request, Response

GET = Request("GET", "/")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("toolkit.client.session.time.sleep", found.append)
    return found


@pytest.fixture
def operations(tmp_path: Path) -> list[Operation]:
    return list(loaded(tmp_path, {"/a": {"get": operation("a")}, "/b": {"get": operation("b")}}).operations())


def busy(status: int = 429, after: str = "") -> Response:
    return Response(status, Headers((("Retry-After", after),)) if after else Headers())


def test_sessions_are_patient_count_and_stop(waits: list[float]) -> None:
    responses = iter([busy(503, "2"), busy(), Response(200), *[busy(503)] * 9])
    seen: list[Exchange] = []
    session = Session(lambda request: next(responses), headers=(("X-A", "1"),), budget=5, on_exchange=seen.append)
    done, reason = session.exchange(GET)
    assert done.response and (done.response.status, reason, session.requests) == (200, "", 3)
    assert waits[0] == 2.0 and 0 < waits[1] <= 1
    assert seen[-1].request and seen[-1].request.headers.get("x-a") == "1"
    assert seen[-1].started and abs(seen[-1].started - time.time()) < 5
    with pytest.raises(BudgetSpent, match="budget of 5 requests"):
        session.exchange(GET)
    assert session.requests == 5


def test_what_stays_unavailable_is_waited_for_once(waits: list[float]) -> None:
    session = Session(lambda request: Response(503 if request.url != "/up" else 200))
    for url in ("/a", "/up", "/b", "/c"):
        session.exchange(Request("GET", url))
    assert len(waits) == 4 + 1 + 1 and session.requests == 5 + 1 + 2 + 2
    assert session.notes[-1] == "/b, /c: status 503 to 2 attempts, so what was asked is not examined"


def test_a_service_that_is_gone_is_waited_for_and_then_left(waits: list[float]) -> None:
    answers: list[Response | Exception] = [
        Response(200),
        *[Unreachable("refused")] * 3,
        Response(201),
        *[Unreachable("refused")] * 7,
    ]

    def send(request: Request) -> Response:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    session = Session(send)
    session.exchange(Request("GET", "/first"))
    done, reason = session.exchange(Request("POST", "/restart?x=1"))
    assert done.response and (done.response.status, reason) == (201, "")  # the same request, when the service was back
    assert waits == [0.1, 0.2, 0.4]
    why = r"cannot be reached any more; its last response was to POST /restart \(request 5\)"
    for _ in range(2):  # nobody is asked again
        with pytest.raises(ServiceGone, match=why):
            session.exchange(GET)
    assert not answers and 6 < sum(waits[3:]) < 7


def test_a_service_that_never_responded_is_not_waited_for(waits: list[float]) -> None:
    def send(request: Request) -> Response:
        raise Unreachable("refused")

    assert [Session(send).exchange(GET)[1], waits] == ["refused", []]


def test_a_session_waits_until_a_date(waits: list[float]) -> None:
    responses = iter([busy(429, formatdate(time.time() + 10, usegmt=True)), Response(200)])
    done, _ = Session(lambda request: next(responses)).exchange(GET)
    assert done.response and done.response.status == 200 and 8 < waits[0] <= 10


def test_a_refusal_without_a_word_of_how_long_is_returned_in_the_end(waits: list[float]) -> None:
    done, _ = Session(lambda request: busy(503)).exchange(GET)
    assert done.response and done.response.status == 503 and len(waits) == 4 and sum(waits) < 4


@pytest.mark.parametrize("after", ["40", "99999999999999999999", "0", "12", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_an_overloaded_operation_is_left_and_others_are_not(
    after: str, waits: list[float], operations: list[Operation]
) -> None:
    session = Session(lambda request: busy(429, after) if request.url == "/a" else Response(200))
    for _ in range(2):
        with pytest.raises(OperationLeft, match=r"^a: overloaded: status 429 .* 30 s"):
            session.exchange(Request("GET", "/a"), operation=operations[0])
    assert sum(waits) <= 30 and session.requests < 12
    done, _ = session.exchange(Request("GET", "/b"), operation=operations[1])
    assert done.response and done.response.status == 200


def test_an_operation_that_stalls_thrice_is_left(operations: list[Operation]) -> None:
    def send(request: Request) -> Response:
        raise Stalled("no whole response within 10 s (--timeout)")

    session = Session(send)
    for _ in range(3):
        assert session.exchange(GET, operation=operations[0])[1] == "no whole response within 10 s (--timeout)"
    with pytest.raises(OperationLeft, match=r"^a: left after 3 requests"):
        session.exchange(GET, operation=operations[0])
    session.exchange(GET, operation=operations[1])
    assert session.requests == 4


def test_the_time_of_a_run_ends_even_while_a_response_is_awaited() -> None:
    def send(request: Request) -> Response:
        time.sleep(0.1)
        raise NoResponse("no whole response")

    session = Session(send, until=time.monotonic() + 0.05)
    with pytest.raises(BudgetSpent, match="--max-time"):
        session.exchange(GET)
    assert session.requests == 1
    with pytest.raises(BudgetSpent, match="--max-time"):
        session.exchange(GET)
    assert session.requests == 1


def test_first_requests_are_awaited_as_long_as_most_responses_take(monkeypatch: pytest.MonkeyPatch) -> None:
    now, left = 0.0, list[float]()
    monkeypatch.setattr("toolkit.client.session.time.monotonic", lambda: now)

    def send(request: Request) -> Response:
        nonlocal now
        left.append(seconds_left.get())
        now += float(request.url[1:])
        return Response(200)

    session = Session(send, until=12.0, waiting=40)
    for took in ("0.03", "0.7", "0.7", "0.7"):
        session.exchange(Request("GET", f"/{took}"))
    assert left[0] == 12.0 and left[-1] == pytest.approx(1.25 * 0.7)


def test_a_service_that_is_busy_with_one_request_may_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now, free, reasons = 0.0, 0.0, list[str]()
    monkeypatch.setattr("toolkit.client.session.time.monotonic", lambda: now)

    def send(request: Request) -> Response:
        nonlocal now, free
        free = max(now, free) + (9 if request.url == "/slow" else 0.1)
        end, now = now + seconds_left.get(), min(free, now + seconds_left.get())
        if free > end:
            raise Hurried("no whole response in time")
        return Response(200)

    session = Session(send, until=60.0, waiting=200)
    for at in range(100):
        try:
            reasons.append(session.exchange(Request("GET", "/slow" if at == 10 else f"/{at}"))[1])
        except OperationLeft as left:
            reasons.append(left.reason)
    assert [at for at, reason in enumerate(reasons) if reason] == [10, 11, 12]


def test_what_most_responses_take_is_known_also_by_those_that_did_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    now, came = 0.0, list[bool]()
    monkeypatch.setattr("toolkit.client.session.time.monotonic", lambda: now)

    def send(request: Request) -> Response:
        nonlocal now
        took = 0.1 if len(came) % 3 else 0.02
        now += min(took, seconds_left.get())
        came.append(took < seconds_left.get())
        if not came[-1]:
            raise Hurried("no whole response in time")
        return Response(200)

    session = Session(send, until=60.0, waiting=900)
    for at in range(300):
        with suppress(OperationLeft):
            session.exchange(Request("POST", f"/{at}"))
    assert all(came[-100:])


def test_a_session_keeps_to_its_rate(waits: list[float]) -> None:
    session = Session(lambda request: Response(200), rate=10)
    for _ in range(3):
        session.exchange(GET)
    assert waits[0] == 0 and waits[1] == pytest.approx(0.1, abs=0.02) and waits[2] == pytest.approx(0.2, abs=0.02)


def test_header_fields_of_the_user_fill_in_what_a_request_lacks() -> None:
    sent: list[Request] = []
    given = (("X-A", "user"), ("x-b", "user"), ("Cookie", "sid=1; c=user"), ("Authorization", "Bearer t"))

    def send(request: Request) -> Response:
        sent.append(request)
        return Response(200)

    session = Session(send, given)
    own = Headers((("X-B", "own"), ("Cookie", "c=own")))
    session.exchange(Request("GET", "/", own))
    session.exchange(Request("GET", "/"), signed=False)
    expected = [("X-B", "own"), ("X-A", "user"), ("Authorization", "Bearer t"), ("Cookie", "c=own; sid=1")]
    assert sorted(sent[0].headers.pairs) == sorted(expected)
    assert sent[1].headers.pairs == (("X-A", "user"), ("x-b", "user"))


def test_a_stream_is_named() -> None:
    session = Session(lambda request: Response(200, Headers((("Content-Type", "text/event-stream"),)), b""))
    session.exchange(Request("GET", "/ticks"))
    session.exchange(Request("GET", "/ticks"))
    assert len(session.notes) == 1 and session.notes[0].startswith("/ticks: a stream")


@pytest.mark.parametrize(
    ("body", "status", "is_blameless"),
    [(b"\xef", 400, True), (bytes(9), 400, True), (b"\xef", 418, False), (b"{", 400, False), (b"", 400, False)],
)
def test_bytes_that_are_no_text_may_be_refused_without_a_word_of_the_contract(
    body: bytes, status: int, is_blameless: bool
) -> None:
    request = Request("POST", "/a", Headers((("Content-Type", "application/json"),)), body)
    session = Session(lambda request: Response(status))
    for meant in (True, False):
        assert session.exchange(request, blameless=meant)[0].blameless is is_blameless
