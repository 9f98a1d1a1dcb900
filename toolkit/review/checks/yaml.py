"""What readers of YAML 1.1 and 1.2 take for different values, and names that an object has twice: traps of the text itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from toolkit.document.pointers import Tokens, grouped, pointer_text
from toolkit.document.positions import mark_of, nodes
from toolkit.structs import Frozen, replace

# Levels: a contract is read to half as many, and libyaml takes longer for each token the deeper it stands.
_DEEPEST = 500
_WORDS = re.compile(r"(?:yes|no|on|off)", re.IGNORECASE)
_KINDS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (_WORDS, "is true or false in YAML 1.1, and a string in YAML 1.2", "put it into quotes"),
    (re.compile(r"[+-]?0[0-7_]+"), "is an octal number in YAML 1.1, and a decimal one in YAML 1.2", "put it into quotes, or drop the zero"),
    (re.compile(r"0o[0-7]+"), "is a number in YAML 1.2, and a string in YAML 1.1", "write it in decimal"),
    (re.compile(r"[+-]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"),
        "is a number of base 60 in YAML 1.1, and a string in YAML 1.2", "put it into quotes"),
    (re.compile(r"[+-]?[0-9]+(?:_[0-9]+)+"), "is a number in YAML 1.1, and a string in YAML 1.2", "write it without underscores"),
    (re.compile(r"\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d.*)?"),
        "is a date in YAML 1.1, and a string in YAML 1.2", "put it into quotes"),
)  # fmt: skip


class Trap(Frozen):
    """Something in a text, by pointer, line and column from 1. `repeated`: a name that its object has twice."""

    pointer: str
    line: int
    column: int
    message: str
    hint: str
    repeated: bool = False


def traps(text: str) -> Iterator[Trap]:
    """The traps of a YAML or JSON text: each repeated name, and of the others of one kind the first one, with their number."""
    every = list(_all(text))
    yield from (trap for trap in every if trap.repeated)
    by_kind = grouped((trap.message.partition(" ")[2], trap) for trap in every if not trap.repeated)
    for first, *others in by_kind.values():
        more = f" ({len(others) + 1:,} times in this file)" if others else ""
        yield replace(first, message=first.message + more)


def _all(text: str) -> Iterator[Trap]:
    met: dict[tuple[int, str], int] = {}  # the lines of names, by the number of their object
    count = 0
    with suppress(ValueError):
        for tokens, event, key, number in nodes(text):
            kind = type(event).__name__
            count += kind == "DocumentStartEvent"
            if count > 1:
                message = "a second document begins here, and the first one alone is read"
                yield Trap("", *mark_of(event), message, "write one document a file")
                return
            trap = partial(Trap, pointer_text(tokens), *mark_of(event))
            if event is key and kind == "ScalarEvent":
                yield from _of_name(event, tokens, met.get((number, event.value), 0), trap)
                met.setdefault((number, event.value), event.start_mark.line + 1)
            if kind == "ScalarEvent" and event.implicit[0] and not event.style:
                value = event.value
                yield from (trap(f"{value} {why}", hint) for pattern, why, hint in _KINDS if pattern.fullmatch(value))
            if len(tokens) >= _DEEPEST:
                return


def _of_name(event: Any, tokens: Tokens, first: int, trap: Callable[..., Trap]) -> Iterator[Trap]:
    """`first` is the line in which its object has the name already; 0 for none."""
    name, is_plain = event.value, event.implicit[0] and not event.style
    if first and name != "<<":
        message = f"the name {name!r} stands twice in one object, first in line {first}; readers take one or the other"
        yield trap(message, "keep one of them", repeated=True)
    if name == "<<" and is_plain:
        message = "`<<` merges in YAML 1.1, and is a name like others in YAML 1.2"
        yield trap(message, "write out what it brings in")
    elif is_plain and name.isdecimal() and len(name) == 3 and tokens[-2:-1] == ("responses",):
        yield trap(f"{name} is a number, and status codes are strings", "put status codes into quotes")
