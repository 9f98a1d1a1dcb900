"""The values that links and callbacks name are read from any request."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.contracts import loaded, operation

from toolkit.contract.links import evaluate
from toolkit.exchange import Request, Response


@pytest.mark.parametrize(("url", "value"), [("http://h/notes?id=1", "1"), ("http://[::1/notes?id=1", None)])
def test_a_url_that_is_none_has_no_values(tmp_path: Path, url: str, value: str | None) -> None:
    (found,) = loaded(tmp_path, {"/notes": {"get": operation("list")}}).operations()
    assert evaluate("$request.query.id", found, Request("GET", url), Response(200), None) == value
    assert evaluate("$request.path.id", found, Request("GET", url), Response(200), None) is None
