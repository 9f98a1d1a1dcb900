"""What readers of YAML 1.1 and 1.2 take for different values, and names that an object has twice: traps of the text itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from toolkit.document.pointers import pointer_text
from toolkit.document.positions import yaml_events

_DEEPEST = (
    500  # levels: a contract is read to half as many, and libyaml takes longer for each token the deeper it stands
)
_WORDS = re.compile(r"(?:yes|no|on|off)", re.IGNORECASE)
_KINDS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (_WORDS, "is true or false in YAML 1.1, and a string in YAML 1.2", "put it into quotes"),
    (re.compile(r"[+-]?0[0-7_]+"), "is an octal number in YAML 1.1, and a decimal one in YAML 1.2", "put it into quotes, or drop the zero"),
    (re.compile(r"0o[0-7]+"), "is a number in YAML 1.2, and a string in YAML 1.1", "write it in decimal"),
    (
        re.compile(r"[+-]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"),
        "is a number of base 60 in YAML 1.1, and a string in YAML 1.2",
        "put it into quotes",
    ),
    (re.compile(r"[+-]?[0-9]+(?:_[0-9]+)+"), "is a number in YAML 1.1, and a string in YAML 1.2", "write it without underscores"),
    (
        re.compile(r"\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d.*)?"),
        "is a date in YAML 1.1, and a string in YAML 1.2",
        "put it into quotes",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trap:
    """Something in a text, by pointer, line and column from 1. `repeated`: a name that its object has twice."""

    pointer: str
    line: int
    column: int
    message: str
    hint: str
    repeated: bool = False


def traps(text: str) -> Iterator[Trap]:
    """The traps of a YAML or JSON text: each repeated name, and of the others of one kind the first one, with their number."""
    by_kind: dict[str, list[Trap]] = {}
    for trap in _all(text):
        if trap.repeated:
            yield trap
        else:
            by_kind.setdefault(trap.message.partition(" ")[2], []).append(trap)
    for first, *others in by_kind.values():
        more = f" ({len(others) + 1:,} times in this file)" if others else ""
        yield replace(first, message=first.message + more)


def _all(text: str) -> Iterator[Trap]:
    """Walk the events; a frame holds the keys met of a mapping, each with its line, or None for a sequence, the key or index
    of its value, and whether a key comes next."""
    frames: list[list[Any]] = [[None, "", False]]
    is_over = False
    try:
        for event in yaml_events(text):
            kind = type(event).__name__
            if kind == "DocumentEndEvent":
                is_over = True
            elif is_over and kind == "DocumentStartEvent":
                line, column = event.start_mark.line + 1, event.start_mark.column + 1
                yield Trap(
                    "",
                    line,
                    column,
                    "a second document begins here, and the first one alone is read",
                    "write one document a file",
                )
                return
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                frames.pop()
            elif kind in ("ScalarEvent", "AliasEvent", "MappingStartEvent", "SequenceStartEvent"):
                frame = frames[-1]
                if frame[0] is None:
                    frame[1] = str(int(frame[1] or -1) + 1)
                is_key = frame[0] is not None and frame[2]
                if kind == "ScalarEvent":
                    yield from _of_scalar(event, frame, is_key, frames)
                frame[2] = not frame[2]
                if len(frames) > _DEEPEST:
                    return
                if kind.endswith("StartEvent"):
                    frames.append([{} if kind == "MappingStartEvent" else None, "", True])
    except ValueError:
        return


def _of_scalar(event: Any, frame: list[Any], is_key: bool, frames: list[list[Any]]) -> Iterator[Trap]:
    line, value, is_plain = event.start_mark.line + 1, event.value, event.implicit[0] and not event.style
    pointer = pointer_text((*(one[1] for one in frames[1:-1]), value if is_key else frame[1]))
    trap = partial(Trap, pointer, line, event.start_mark.column + 1)
    if is_key:
        if value in frame[0] and value != "<<":
            message = f"the name {value!r} stands twice in one object, first in line {frame[0][value]}; readers take one or the other"
            yield trap(message, "keep one of them", repeated=True)
        frame[0].setdefault(value, line)
        frame[1] = value
        if value == "<<" and is_plain:
            message = "`<<` merges in YAML 1.1, and is a name like others in YAML 1.2"
            yield trap(message, "write out what it brings in")
        elif is_plain and value.isdecimal() and len(value) == 3 and len(frames) > 1 and frames[-2][1] == "responses":
            yield trap(f"{value} is a number, and status codes are strings", "put status codes into quotes")
    if is_plain:
        yield from (trap(f"{value} {why}", hint) for pattern, why, hint in _KINDS if pattern.fullmatch(value))
    is_text = not is_key and frame[1] in ("openapi", "version") and len(frames) < 4
    if is_plain and is_text and re.fullmatch(r"\d+(?:\.\d+)?", value):
        yield trap(f"{value} is a number, and `{frame[1]}` is a string", "put it into quotes")
