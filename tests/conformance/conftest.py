"""What every test of this room may count on: none waits for what a service may show later, and a run generates few requests."""

from __future__ import annotations

import pytest

from toolkit.conformance import run, subject


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "WAITS", [0.0])


@pytest.fixture(autouse=True)
def few_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generated requests take most of a run's time. A module whose tests are about them replaces this fixture."""
    monkeypatch.setattr(run, "_MOST_EXAMPLES", 3)
    monkeypatch.setattr(run, "_FEWEST_EXAMPLES", 3)
