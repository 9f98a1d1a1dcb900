"""Where in its text each node of a YAML or JSON file stands, by PyYAML's event stream, which builds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

MAX_LOCATED = 2 << 20  # bytes: larger files are located by pointer alone, since finding lines takes a second parse


def yaml_events(text: str) -> Iterator[Any]:
    """The events of a text. Raises ValueError in one line where it is no YAML."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None


_Marks = dict[tuple[str, ...], tuple[int, int]]


def marks(path: Path) -> _Marks:
    """Pointer -> (line, column), both from 1, of every node in a YAML or JSON file; {} where it is too large."""
    return _both(path)[0]


def name_marks(path: Path) -> _Marks:
    """The same of the names that values stand under; of an item, and of the root, the place of the value itself."""
    return _both(path)[1]


@lru_cache(maxsize=8)
def _both(path: Path) -> tuple[_Marks, _Marks]:
    try:
        if path.stat().st_size > MAX_LOCATED or path.read_bytes()[:2] == b"\x1f\x8b":
            return {}, {}
        found = list(marked(path.read_text("utf-8-sig")))
    except (OSError, ValueError):
        return {}, {}
    return {tokens: mark for tokens, mark, _ in found}, {tokens: name for tokens, _, name in found}


def marked(text: str) -> Iterator[tuple[tuple[str, ...], tuple[int, int], tuple[int, int]]]:
    """The tokens of each node, its place, and that of its name. Raises ValueError."""
    for tokens, event, key, _ in nodes(text):
        if event is not key and type(event).__name__ != "DocumentStartEvent":
            yield tokens, mark_of(event), mark_of(key or event)


def mark_of(event: Any) -> tuple[int, int]:
    """Line and column, both from 1, where what an event tells of begins."""
    return event.start_mark.line + 1, event.start_mark.column + 1


def nodes(text: str) -> Iterator[tuple[tuple[str, ...], Any, Any, int]]:
    """Each node of a text, and the start of each document: its tokens, its event, the event of the name that it stands under (None for an
    item and a root), and the number of the object that it is in. A name comes before its value, as its own name. Raises ValueError. It
    walks the events with a stack of [tokens, next index or None for a mapping, event of a name that has no value yet, number]."""
    stack: list[list[Any]] = []
    for number, event in enumerate(yaml_events(text)):
        kind = type(event).__name__
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            stack.pop()
        elif kind == "DocumentStartEvent":
            yield (), event, None, number
        elif kind in ("ScalarEvent", "AliasEvent", "MappingStartEvent", "SequenceStartEvent"):
            tokens, key = _enter(stack, event)
            yield tokens, event, key, stack[-1][3] if stack else 0
            if kind.endswith("StartEvent"):
                start = 0 if kind == "SequenceStartEvent" else None
                stack.append([() if event is key else tokens, start, None, number])


def _enter(stack: list[list[Any]], event: Any) -> tuple[tuple[str, ...], Any]:
    """The pointer of the node that begins here, and its name; the frame on top moves on."""
    if not stack:
        return (), None
    frame = stack[-1]
    if frame[1] is not None:
        frame[1] += 1
        return (*frame[0], str(frame[1] - 1)), None
    key = frame[2] or event
    frame[2] = None if frame[2] else event
    return (*frame[0], getattr(key, "value", "")), key
