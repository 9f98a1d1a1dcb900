"""A few hundred mutated inputs of each kind; `python -m tests.fuzzing --minutes 60` makes more."""

from __future__ import annotations

import random

import pytest
from fuzzing import CHECKS


@pytest.mark.parametrize("kind", CHECKS)
def test_what_must_hold_of_mutated_inputs(kind: str) -> None:
    for seed in range(300):
        CHECKS[kind](random.Random(seed))
