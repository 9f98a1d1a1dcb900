"""Requests sent one after another: patience, counting, pace and credentials."""

from __future__ import annotations

import pytest

from toolkit.client.session import BudgetSpent, Credentials, Session
from toolkit.exchange import Exchange, Headers, Request, Response


def test_sessions_are_patient_count_and_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("toolkit.client.session.time.sleep", waits.append)
    responses = iter(
        [Response(503, Headers((("Retry-After", "2"),))), Response(429), Response(200), *[Response(503)] * 9]
    )
    seen: list[Exchange] = []
    session = Session(lambda request: next(responses), headers=(("X-A", "1"),), budget=5, on_exchange=seen.append)
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
