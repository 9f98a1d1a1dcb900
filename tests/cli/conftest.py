"""What every test of the command line may count on."""

from __future__ import annotations

import pytest

from toolkit.validation import batch


@pytest.fixture(autouse=True)
def own_contract() -> None:
    """The contract of a name is read anew: a process keeps it for a run, and here one process has many, in many folders."""
    batch._validator.cache_clear()
