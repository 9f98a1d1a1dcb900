"""The proof of `contract test`: every mutant of the reference service is found, and the sound service raises no alarm."""

from __future__ import annotations

import os
from statistics import median

import pytest
from mutants.breaking import Mutant
from mutants.catalogue import MUTANTS, Hit, errors, hunt, run_of, sound

MOST_REQUESTS = 1500
MEDIAN_REQUESTS = 60

# All mutants take minutes: a plain pytest hunts FEW; with the slow tests every third, or all if CONTRACT_FAULTS is `all`.
FEW = MUTANTS[::100]
CHOSEN = MUTANTS if os.environ.get("CONTRACT_FAULTS") == "all" else MUTANTS[::3]
SEEDS = 20  # each with data and requests of its own; every second service requires signatures
_HITS: dict[str, Hit] = {}


def _hit(mutant: Mutant) -> Hit:
    if mutant.id not in _HITS:
        _HITS[mutant.id] = hunt(mutant)
    return _HITS[mutant.id]


@pytest.fixture(autouse=True)
def few_examples() -> None:
    """What is proved here is proved with all the requests that a run generates."""


@pytest.mark.parametrize(
    "mutant",
    [pytest.param(mutant, marks=() if mutant in FEW else pytest.mark.slow) for mutant in CHOSEN],
    ids=lambda mutant: f"{mutant.promise}-{mutant.id}",
)
def test_a_mutant_is_found(mutant: Mutant) -> None:
    hit = _hit(mutant)
    assert hit.violation, f"{mutant.summary}: not found in {hit.requests} requests"
    assert hit.requests <= MOST_REQUESTS


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_sound_service_raises_no_alarm(seed: int) -> None:
    run = run_of(sound, seed, is_signed=seed % 2 == 1)
    assert [f"{violation.rule}: {violation.message}" for violation in errors(run)] == []
    assert run.notes == []
    assert run.requests <= MOST_REQUESTS


def test_a_run_asks_in_both_formats_and_by_both_methods() -> None:
    run = run_of(sound)
    seen = set()
    run.on_exchange = lambda exchange: seen.add(
        (
            exchange.request and exchange.request.method,
            exchange.response and exchange.response.headers.get("Content-Type"),
        )
    )
    media_types = ("application/json", "application/xml")
    wanted = {(method, media_type) for method in ("GET", "POST") for media_type in media_types}
    assert any(wanted <= seen for _ in run.verdicts())  # which ends the run as soon as all were seen


@pytest.mark.slow
def test_the_median_mutant_is_found_soon() -> None:
    found = [hit.requests for hit in map(_hit, MUTANTS[::9]) if hit.violation]
    assert median(found) <= MEDIAN_REQUESTS


def test_mutants_have_names_of_their_own_and_touch_every_promise() -> None:
    assert len({mutant.id for mutant in MUTANTS}) == len(MUTANTS) >= 200
    assert {mutant.promise for mutant in MUTANTS} == set(range(1, 19))
