"""A few hundred mutated inputs of each kind; `python -m tests.fuzzing --minutes 60` makes more."""

from __future__ import annotations

import random

import pytest
from fuzzing import CHECKS

SEEDS = [range(100), pytest.param(range(100, 300), marks=pytest.mark.slow)]


@pytest.mark.parametrize("kind", CHECKS)
@pytest.mark.parametrize("seeds", SEEDS, ids=["few", "more"])
def test_what_must_hold_of_mutated_inputs(kind: str, seeds: range) -> None:
    for seed in seeds:
        CHECKS[kind](random.Random(seed))
