"""Tests of the notes service. The responses are checked against the contract that `pytest --contract` names.

pytest test_notes.py --contract openapi.yaml       (openapi.yaml in the current folder is the default)
"""

from __future__ import annotations

from service import app
from starlette.testclient import TestClient

client = TestClient(app, base_url="http://127.0.0.1:8000")


def test_the_first_page(assert_conforms):
    response = client.get("/notes", params={"size": 3})
    assert_conforms(response)
    assert [note["id"] for note in response.json()["notes"]] == [1, 2, 3]


def test_a_note(assert_conforms):
    assert_conforms(client.get("/notes/7"))


def test_an_absent_note(assert_conforms):
    response = client.get("/notes/999")
    assert_conforms(response)
    assert response.status_code == 404
