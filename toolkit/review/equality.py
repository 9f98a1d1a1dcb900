"""Which operations of two contracts are the same, with all that they refer to, so that nothing of them need be compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.document.identifiers import objects
from toolkit.errors import ContractError


class Unchanged:
    """Compares trees as they stand, and each thing that is referred to once."""

    def __init__(self, old: Contract, new: Contract) -> None:
        self._roots = old.root, new.root
        self._same: dict[str, bool] = {}
        self._needs: dict[str, frozenset[str]] = {}

    def whole(self) -> bool:
        """Whether both contracts are one tree, and no other file can tell them apart."""
        old, new = self._roots
        return bool(old.value == new.value) and all(one.startswith("#") for one in _references(old.value))

    def operation(self, old: Operation, new: Operation) -> bool:
        """Whether an operation is the same in both, parameters of its path included; security and servers left aside."""
        own = [(old.node.value, new.node.value), (_shared(old.path_item), _shared(new.path_item))]
        if any(one != other for one, other in own) or old.route.key != new.route.key or self._version_differs():
            return False
        return all(self._reachable_same(reference) for one, _ in own for reference in _references(one))

    def _version_differs(self) -> bool:
        versions = [str(root.value.get("openapi"))[:3] for root in self._roots]
        return versions[0] != versions[1]

    def _reachable_same(self, start: str) -> bool:
        pending, met = [start], {start}
        while pending:
            reference = pending.pop()
            if not self._is_same(reference):
                return False
            more = self._needs[reference] - met
            met |= more
            pending += more
        return True

    def _is_same(self, reference: str) -> bool:
        if reference not in self._same:
            try:
                one, other = (root.refer(reference).value for root in self._roots)
            except ContractError:
                one, other = None, object()
            self._same[reference] = reference.startswith("#") and bool(one == other)
            self._needs[reference] = frozenset(_references(one))
        return self._same[reference]


def _shared(item: Node) -> Any:
    """What the operations of a path share."""
    kept = ("parameters", "$ref", "x-laws", "x-speakeasy-pagination", "x-dependencies")
    return {name: value for name, value in item.value.items() if name in kept}


def _references(tree: Any) -> Iterator[str]:
    return (str(value["$ref"]) for _, value in objects(tree) if isinstance(value.get("$ref"), str))
