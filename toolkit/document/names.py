"""Names that are still free, and those that lead to others. And what is not read: names given more than once in one object, of
JSON or YAML, as readers differ in which value they take, and JSON of more objects and arrays than can be held."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import chain, count
from typing import Any

from toolkit.document.pointers import grouped
from toolkit.document.positions import marked

MOST_PARTS = 2_000_000  # objects and arrays of one JSON text, each of which takes up to 250 bytes
MOST_VALUES = 10_000_000  # other values of one JSON text, each of which takes up to 80 bytes, however short it is
_PIECE = 1 << 20  # bytes


def free_name(wanted: str, is_taken: Callable[[str], bool]) -> str:
    """The name that is wanted, with a number behind it where that is taken."""
    numbered = (f"{wanted}-{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if not is_taken(name))


@lru_cache(maxsize=4096)
def bare_name(name: str) -> str:
    """A name as code compares it, where words are joined by capitals: without case and signs."""
    return re.sub(r"[\W_]", "", name).lower()


def too_many_parts(text: bytes) -> str:
    """That a JSON text has more objects and arrays, or values, than can be held; '' where it has not. Signs within strings are none."""
    for most, what, signs in (MOST_PARTS, "objects and arrays", b"{["), (MOST_VALUES, "values", b","):
        if len(text) > most and sum(map(text.count, signs)) > most and _outside_strings(text, signs) > most:
            return f"over {most:,} {what}"
    return ""


def _outside_strings(text: bytes, signs: bytes) -> int:
    """How many of these signs a JSON text has outside of its strings. Quick: no sign is looked at by itself."""
    text = text.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in text else text
    text = text.translate(None, delete=bytes({*range(256)} - {*signs, *b'"'})).replace(b'""', b"")
    count = within = 0
    for at in range(0, len(text), _PIECE):
        pieces = text[at : at + _PIECE].split(b'"')
        count += sum(map(len, pieces[within::2]))
        within = (within + len(pieces) - 1) % 2
    return count


class RepeatedName(ValueError):
    """An object has a name more than once (RFC 8259, section 4; YAML 1.2, section 3.2.1.1)."""

    def __init__(self, name: str, where: str) -> None:
        shown = json.dumps(name, ensure_ascii=False)
        super().__init__(f"the name {shown} is given more than once in one object, {where}")


def read_distinct(text: str | bytes, **read: Callable[[str], Any]) -> Any:
    """A JSON text read by `json.loads`, to which `read` goes. Raises RepeatedName, and what `json.loads` raises."""
    return json.loads(text, object_pairs_hook=_distinct, **read)  # type: ignore[arg-type]


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        values = [json.dumps(value, ensure_ascii=False) for key, value in pairs if key == name]
        shown = ", ".join(text if len(text) <= 40 else text[:39] + "…" for text in values)
        raise RepeatedName(name, f"with the values {shown}")
    return found


# Possessive, so that no line is gone through twice
_KEY = re.compile(
    r"( *+)((?:- ++)*+)([^\s#'\"\[{&*!|>%@`-][^:#]*+|'[^']*+' *+|\"[^\"]*+\" *+|-[^\s:#][^:#]*+):(?:\s|$)"
)


def refuse_repeated_keys(text: str) -> None:
    """Raises RepeatedName where a mapping of a YAML text has a key twice. The lines are looked at first, which is cheap: only where one
    seems to repeat a key are all events gone through."""
    known: dict[int, set[str]] = {}
    for line in text.splitlines():
        match = _KEY.match(line)
        if not match:
            continue
        indent = len(match[1]) + len(match[2])
        for deeper in [level for level in known if level > indent or (match[2] and level > len(match[1]))]:
            del known[deeper]
        keys = known.setdefault(indent, set())
        if (key := match[3].rstrip(" ")) in keys:
            _find_repeated_key(text)
            return
        keys.add(key)


def _find_repeated_key(text: str) -> None:
    met = set[tuple[str, ...]]()
    for tokens, _, name in marked(text):
        if not tokens:  # the root, of another document where it is met again
            met.clear()
        elif tokens in met and tokens[-1:] != ("<<",):
            raise RepeatedName(tokens[-1], f"again at line {name[0]}")
        met.add(tokens)


def leading_to(ends: Iterable[str], referred: Mapping[str, Iterable[str]]) -> set[str]:
    """These names and all that refer to one of them, through others too, by the names that each refers to."""
    users = grouped((other, name) for name, others in referred.items() for other in others)
    found, pending = set[str](), [*ends]
    while pending:
        if (name := pending.pop()) not in found:
            found.add(name)
            pending += users.get(name, ())
    return found
