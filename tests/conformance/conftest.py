"""No test of this room waits for what a service may show later."""

from __future__ import annotations

import pytest

from toolkit.conformance import subject


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "WAITS", [0.0])
