"""An exchange as people read it in reports: whole, bounded, and without its secrets."""

from __future__ import annotations

from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.secrets.masking import Secrets
from toolkit.validation.quoting import quoted


def exchange(body: bytes = b'{"id": 7}') -> Exchange:
    headers = Headers.of([("Authorization", "Bearer abcdefgh12345678"), ("Accept", "text/plain")])
    request = Request("POST", "/notes?size=2&api_key=abcdefgh99999999", headers, b'{"password": "hunter2hunter2"}')
    return Exchange(request, Response(200, Headers.of([("Content-Type", "application/json")]), body))


def test_it_has_both_messages() -> None:
    text = quoted(exchange(), Secrets())
    assert text.startswith("POST /notes?size=2&api_key=") and "Accept: text/plain" in text
    assert text.endswith('HTTP 200\nContent-Type: application/json\n\n{"id": 7}')


def test_it_has_no_secrets() -> None:
    text = quoted(exchange(b'{"again": "abcdefgh12345678"}'), Secrets())
    assert not [one for one in ("abcdefgh12345678", "abcdefgh99999999", "hunter2hunter2") if one in text]


def test_it_is_bounded() -> None:
    assert len(quoted(exchange(b"x" * 90_000), Secrets())) < 3_000
    assert "(200,000 bytes)" in quoted(exchange(b"x" * 200_000), Secrets())


def test_it_may_be_a_bare_body() -> None:
    assert quoted(Exchange(None, Response(404, Headers(), b"gone")), Secrets()) == "HTTP 404\n\ngone"
