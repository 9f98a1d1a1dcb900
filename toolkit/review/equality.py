"""Which operations of two contracts are the same, with all that they refer to, so that nothing of them need be compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.document.identifiers import objects
from toolkit.errors import ContractError
from toolkit.schema.shape import equal


class Unchanged:
    """Compares trees as they stand, and each thing that is referred to once."""

    def __init__(self, old: Contract, new: Contract) -> None:
        self._roots = old.root, new.root
        self._known: dict[str, tuple[bool, frozenset[str]]] = {}

    def whole(self) -> bool:
        """Whether both contracts are one tree, and no other file can tell them apart."""
        old, new = self._roots
        return equal(old.value, new.value) and all(one.startswith("#") for one in _references(old.value))

    def operation(self, old: Operation, new: Operation) -> bool:
        """Whether an operation is the same in both, parameters of its path included; security and servers left aside."""
        own = [(old.node.value, new.node.value), (_shared(old.path_item), _shared(new.path_item))]
        versions = {str(root.value.get("openapi"))[:3] for root in self._roots}
        if not all(equal(one, other) for one, other in own) or old.route.key != new.route.key or len(versions) > 1:
            return False
        return all(self._reachable_same(reference) for one, _ in own for reference in _references(one))

    def _reachable_same(self, start: str) -> bool:
        pending, met = [start], {start}
        while pending:
            is_same, needs = self._referred(pending.pop())
            if not is_same:
                return False
            pending += needs - met
            met |= needs
        return True

    def _referred(self, reference: str) -> tuple[bool, frozenset[str]]:
        """Whether what is referred to is the same in both, and what that refers to."""
        if reference not in self._known:
            try:
                one, other = (root.refer(reference).value for root in self._roots)
            except ContractError:
                one, other = None, object()
            is_same = reference.startswith("#") and equal(one, other)
            self._known[reference] = is_same, frozenset(_references(one))
        return self._known[reference]


def _shared(item: Node) -> Any:
    """What the operations of a path share."""
    kept = ("parameters", "$ref", "x-laws", "x-speakeasy-pagination", "x-dependencies")
    return {name: value for name, value in item.value.items() if name in kept}


def _references(tree: Any) -> Iterator[str]:
    return (str(value["$ref"]) for _, value in objects(tree) if isinstance(value.get("$ref"), str))
