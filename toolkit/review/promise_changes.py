"""What an operation promises over several responses (`x-laws`, pagination), and does not promise any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.contract.operation import Operation
from toolkit.review.changes import Change, Pair

_PAGING = "x-speakeasy-pagination"


def promise_changes(pair: Pair) -> Iterator[Change]:
    """Each fact that the old version states and the new one states otherwise, or not at all."""
    old, new = _facts(pair.before), _facts(pair.after)
    for name, was in old.items():
        now = new.get(name)
        if now == was:
            continue
        node = (pair.after if now is not None else pair.before).node
        node = node.get("x-laws", name) or node.get("x-laws") or node.get(_PAGING) or node
        how = f"is {_short(now)}" if now is not None else "is gone"
        message = f"the promise {name} was {_short(was)} and {how}"
        yield Change("promise-changed", message, node, "response.body", cause=name)


def _facts(operation: Operation) -> dict[str, Any]:
    laws, paging = operation.extension("x-laws"), operation.extension(_PAGING)
    found = {str(name): _plain(value) for name, value in laws.items()} if isinstance(laws, Mapping) else {}
    return found | ({"pagination": _plain(paging)} if paging else {})


def _plain(value: Any) -> Any:
    """A fact without what says nothing: a list of one as its item, an order of `+X` as `X`."""
    if isinstance(value, list):
        items = [_plain(one) for one in value]
        return items[0] if len(items) == 1 else items
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return value.removeprefix("+") if isinstance(value, str) else value


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."
