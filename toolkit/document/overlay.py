"""OpenAPI Overlay 1.0: changes to a document that stand in a file of their own, for a contract that one does not own.

An action selects values by JSONPath (RFC 9535) and updates or removes them; actions apply in order. An object is merged
into an object, property by property; to an array, the update is appended as one item.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from toolkit.document.files import Files, Node
from toolkit.document.pointers import part_at, rewritten
from toolkit.errors import ContractError
from toolkit.structs import Mutable

MAX_CHANGES = 100_000  # places that all actions together may change
_LEAST_STEPS, _STEPS = 100_000, 20  # values that a target may look at: so many, or so many times those of the document
_ALL_STEPS = 10_000_000  # values that all targets together may look at, or so many times those of the document
_MOST_VALUES = 2_000_000  # to which updates may make a document grow
_Location = tuple[str | int, ...]


class _TooManySteps(Exception):
    """A target looks at more values than is sensible."""


class _Steps(Mutable, eq=False):
    """How many values there are, how many were looked at, and how many may be: an expression of a few characters can ask for any number."""

    values: int = 0
    spent: int = 0
    most: int = sys.maxsize

    def spend(self, count: int) -> None:
        self.spent += count
        if self.spent > self.most:
            raise _TooManySteps


class _Object(dict[str, Any]):
    """An object that counts how often it is gone through."""

    def __init__(self, steps: _Steps, content: Iterable[tuple[str, Any]]) -> None:
        super().__init__(content)
        self.steps = steps

    def items(self) -> Any:
        self.steps.spend(len(self) + 1)
        return super().items()


class _Array(list[Any]):
    """An array that counts how often it is gone through."""

    def __init__(self, steps: _Steps, content: Iterable[Any]) -> None:
        super().__init__(content)
        self.steps = steps

    def __iter__(self) -> Iterator[Any]:
        self.steps.spend(len(self) + 1)
        return super().__iter__()


def apply_overlay(tree: Any, path: str | Path) -> tuple[Any, list[str]]:
    """A changed copy of a document's tree, and a note for each action whose target selects nothing. Raises ContractError, in one line, if
    the file is no Overlay 1.0 or an action cannot be applied."""
    full = Path(path).resolve()
    overlay = Files(full.parent).node(full)
    steps = _Steps()
    result, notes, changes = _copy(tree, steps), list[str](), 0
    most = max(_MOST_VALUES, _STEPS * steps.values)
    for action in _actions(overlay):
        steps.most = steps.spent + max(_LEAST_STEPS, _STEPS * steps.values)
        places = _places(action, result)
        steps.most = sys.maxsize
        changes += len(places)
        _bound(action, changes, MAX_CHANGES, "changes more than {:,} places")
        _bound(action, steps.spent, max(_ALL_STEPS, _STEPS * steps.values), "looks at more than {:,} values")
        if not places:
            notes.append(f"{action.location}: the target {action.value['target']} selects nothing in the contract")
        for place in reversed(dict.fromkeys(places)):  # an item that is removed moves none that is still to be removed
            _apply(action, result, place, steps)
            _bound(action, steps.values, most, "makes a contract of more than {:,} values")
    return rewritten(result), notes


def _bound(action: Node, count: int, most: int, what: str) -> None:
    if count > most:
        raise ContractError(f"{action.location}: the overlay {what.format(most)}; narrow the targets")


def _actions(overlay: Node) -> Iterator[Node]:
    version = overlay.value.get("overlay") if isinstance(overlay.value, dict) else None
    if not str(version or "").startswith("1."):
        raise ContractError(f"{overlay.path.name}: not an OpenAPI Overlay: it has no `overlay: 1.0.0` property")
    listed = overlay.raw("actions")
    for _, action in listed.children() if listed else ():
        known = isinstance(action.value, dict) and isinstance(action.value.get("target"), str)
        if not known or not ("update" in action.value or action.value.get("remove") is True):
            raise ContractError(f"{action.location}: an action has a `target` and either `update` or `remove: true`")
        yield action


def _places(action: Node, tree: Any) -> list[_Location]:
    from jsonpath_rfc9535 import JSONPathError

    try:
        query = _compile(action.value["target"])
        return [node.location for node in islice(query.finditer(tree), MAX_CHANGES + 1)]
    except _TooManySteps:
        most = f"the target looks at each value of the contract over {_STEPS} times"
        raise ContractError(f"{action.location}: {most}; narrow it") from None
    except (JSONPathError, RecursionError) as error:
        reason = str(error).partition(", line ")[0] if isinstance(error, JSONPathError) else "it is nested too deeply"
        raise ContractError(f"{action.location}: target is not a JSONPath (RFC 9535): {reason}") from None


@lru_cache(maxsize=100)
def _compile(target: str) -> Any:
    from jsonpath_rfc9535 import compile

    return compile(target)


def _apply(action: Node, tree: Any, place: _Location, steps: _Steps) -> None:
    if action.value.get("remove") is True:
        if not place:
            raise ContractError(f"{action.location}: the root of the document cannot be removed")
        del part_at(tree, place[:-1])[place[-1]]
        return
    target, update = part_at(tree, place), _copy(action.value["update"], steps)
    if isinstance(target, list):
        target.append(update)
    elif isinstance(target, dict) and isinstance(update, dict):
        _merge(target, update)
    else:
        wanted = "an object" if isinstance(target, dict) else "a target that is an object or an array"
        raise ContractError(f"{action.location}: the update of {action.value['target']} needs {wanted}")


def _merge(target: dict[str, Any], update: Mapping[str, Any]) -> None:
    for name, value in update.items():
        own = target.get(name)
        if isinstance(own, dict) and isinstance(value, dict):
            _merge(own, value)
        elif isinstance(own, list) and isinstance(value, list):
            own.extend(value)
        else:
            target[name] = value


def _copy(value: Any, steps: _Steps) -> Any:
    """A copy in which nothing is shared, as aliases of YAML share it; names are strings, as in JSON."""
    steps.values += 1
    if isinstance(value, dict):
        return _Object(steps, ((str(name), _copy(item, steps)) for name, item in value.items()))
    return _Array(steps, [_copy(item, steps) for item in value]) if isinstance(value, list) else value
