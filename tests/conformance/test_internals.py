"""What a refusal may not show, and what looks like it but is harmless."""

from __future__ import annotations

import json
from typing import Any

import pytest

from toolkit.conformance.laws.internals import body_text, find_internals, without_echoes
from toolkit.exchange import Headers, Request

JSON = "application/json"


def found(body: Any, request: Request | None = None, content_type: str = JSON) -> str:
    data = json.dumps(body).encode() if content_type == JSON else body.encode()
    return find_internals(without_echoes(body_text(content_type, data), request))


@pytest.mark.parametrize("text", [
    "Traceback (most recent call last)", "at com.acme.Users.find(Users.java:42)", "File \"/srv/app/main.py\", line 3", "cannot open /etc/passwd",
    r"C:\srv\app\main.py is not there", r"error in D:\inetpub\wwwroot\x", "SELECT name FROM users WHERE id = 1", "no such table: users",
    "KeyError: 'name'",
    "java.lang.NullPointerException", "object at 0x7f3a2b1c", "psycopg2 failed", "panic: runtime error",
])  # fmt: skip
def test_internals_are_found(text: str) -> None:
    assert found({"message": text}) and found(text, content_type="text/plain")


@pytest.mark.parametrize("text", [
    "Please correct:\nn is not an integer", "n:\nmust be positive", "select one item from the list", "update the page and set the value", "not found",
    "the value is an error: too long", "see http://api.example.com/docs/errors", "10:30 is no time",
    "<RequestId>M5MJURkyU0x36f4ebheYBfQu7</RequestId>", "token a0x7f3a2b1c", "id 0x7f3a2b1cZ",
])  # fmt: skip
def test_ordinary_messages_are_not(text: str) -> None:
    assert not found({"message": text})


def test_a_property_that_numbers_errors_is_none() -> None:
    assert not found({"code": 401, "errno": 104, "error": "Unauthorized", "message": "Please authenticate"})
    assert found({"message": "[Errno 104] Connection reset by peer"}) and found("errno: 104", content_type="text/plain")


@pytest.mark.parametrize("request_of", [
    lambda text: Request("GET", "/a?q=" + text.replace(" ", "%20")),
    lambda text: Request("POST", "/a", Headers((("Content-Type", JSON),)), json.dumps({"x": [{"deep": text}]}).encode()),
    lambda text: Request("POST", "/a", Headers((("Content-Type", "application/x-www-form-urlencoded"),)), b"q=" + text.encode()),
    lambda text: Request("GET", "/a", Headers((("X-Path", text),))),
    lambda text: Request("GET", "/files/" + text.replace("/", "%2F")),
])  # fmt: skip
def test_an_echo_of_the_request_is_none(request_of: Any) -> None:
    text = "/etc/passwd and /home/ann"
    assert found({"detail": [{"input": text}]})
    assert not found({"detail": [{"input": text}]}, request_of(text))
