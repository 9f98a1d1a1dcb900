"""At the end of a run, what it created is deleted where the contract has a way, children before parents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from toolkit.client.client import CheckedResponse, Client
from toolkit.conformance.pool import Pool, path_filling
from toolkit.contract.flow import shape
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation


def leftovers(contract: Contract, pool: Pool) -> list[tuple[Operation, tuple[str, ...]]]:
    """What the run created and did not delete, each with the operation that deletes it, the deepest and newest first."""
    deleting = _deleting(contract)
    places = sorted(pool.places, key=lambda place: -place.count("{}"))
    return [(deleting[place], values) for place in places if place in deleting for values in pool.own(place)]


@lru_cache(maxsize=4)
def _deleting(contract: Contract) -> dict[str, Operation]:
    """The operation that deletes what stands at a place."""
    found = (one for one in contract.operations() if one.method == "DELETE" and one.route.template.endswith("}"))
    return {shape(one.route.template): one for one in found}


def clean_up(
    contract: Contract, pool: Pool, client_of: Callable[[Operation], Client]
) -> Iterator[tuple[Client, CheckedResponse]]:
    """Delete what the run created; yields each response. Raises BudgetSpent."""
    while remaining := leftovers(contract, pool):
        operation, values = remaining[0]
        pool.forget(shape(operation.route.template), values)
        client = client_of(operation)
        yield client, client.ask(client.call(path_filling(operation, values)), fresh=True)
