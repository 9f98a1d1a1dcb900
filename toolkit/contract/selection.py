"""Which operations of a contract are meant: by operation id, `tag:NAME`, `path:/GLOB` or `method:NAME`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase

from toolkit.contract.flow import SAFE
from toolkit.contract.operation import Operation
from toolkit.document.pointers import array_at
from toolkit.errors import UsageError
from toolkit.structs import Frozen

_KINDS: dict[str, Callable[[Operation, str], bool]] = {
    "tag": lambda operation, name: name in array_at(operation.node.value, "tags"),
    "path": lambda operation, glob: fnmatchcase(operation.route.template, glob),
    "method": lambda operation, name: operation.method == name.upper(),
}


class Selection(Frozen):
    """What to take (all, if nothing is named) and what to leave out; `read_only` leaves out what may change something."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    read_only: bool = False

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude or self.read_only)

    def takes(self, operation: Operation) -> bool:
        if self.read_only and operation.method not in SAFE:
            return False
        is_included = not self.include or any(_fits(operation, what) for what in self.include)
        return is_included and not any(_fits(operation, what) for what in self.exclude)

    def check(self, operations: Iterable[Operation]) -> None:
        """Raises UsageError for what fits no operation, with near names, and if nothing is left."""
        every = list(operations)
        for what in (*self.include, *self.exclude):
            if not any(_fits(operation, what) for operation in every):
                near = get_close_matches(what, [one.name for one in every], 3) or [one.name for one in every[:3]]
                forms = "tag:NAME, path:/GLOB and method:NAME select others"
                raise UsageError(f"{what[:80]!r} fits no operation; did you mean {', '.join(near)}? ({forms})")
        if self and not any(self.takes(operation) for operation in every):
            raise UsageError("no operation is left by --include, --exclude and --read-only; select fewer of them")


EVERY = Selection()


def _fits(operation: Operation, what: str) -> bool:
    kind, colon, name = what.partition(":")
    return operation.name == what or bool(colon and kind in _KINDS and _KINDS[kind](operation, name))
