"""Patterns compared as sets of strings, by finite automata: whether one matches all that another one does, and if not, an example."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import Any

from toolkit.schema.patterns import translate

_LONGEST = 200  # characters of a pattern
_MOST_REPEATS = 256
_MOST_STRINGS = 5
_REPEAT = re.compile(r"\{[0-9]*,?([0-9]*)\}")
_UNICODE = re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}")


@lru_cache(maxsize=512)
def strings_between(inner: str, outer: str) -> tuple[str, ...] | None:
    """Some strings that match the pattern `inner` and not `outer`; () if there is none, None where that cannot be told."""
    if inner == outer:
        return ()
    one, other = _automaton(inner), _automaton(outer)
    if one is None or other is None:
        return None
    try:
        rest = one.difference(other)
        if rest.empty():
            return ()
        found = ["".join(map(_letter, letters)) for letters in islice(rest.strings(), _MOST_STRINGS)]
    except Exception:  # the library has no family of exceptions
        return None
    return tuple(found) or None


def _letter(symbol: Any) -> str:
    """A character; the library stands `anything_else` for all that neither pattern names."""
    return symbol if isinstance(symbol, str) else "\u00e9"


def lengths(pattern: str) -> tuple[int, int | None]:
    """Of the strings in which a pattern matches the least and the greatest number of characters; None for any number."""
    try:
        least, most = _parsed(pattern).lengths
        return least, most
    except Exception:  # too large, or not regular
        return 0, None


@lru_cache(maxsize=512)
def _automaton(pattern: str) -> Any:
    """The automaton of all strings in which a pattern matches; None for what is too large, or not regular."""
    if any(int(most) > _MOST_REPEATS for most in _REPEAT.findall(pattern) if most):
        return None
    try:
        return _parsed(pattern).to_fsm()
    except Exception:
        return None


def _parsed(pattern: str) -> Any:
    """The pattern of whole strings. Raises whatever the library does; ValueError for what is too large, or not regular."""
    from interegular import parse_pattern

    whole = _whole(_UNICODE.sub(lambda found: re.escape(chr(int(found[1], 16))), translate(pattern)))
    if whole is None or len(pattern) > _LONGEST:
        raise ValueError(pattern)
    return parse_pattern(whole)


def _whole(body: str) -> str | None:
    """A pattern for whole strings; None where an anchor stands elsewhere than at an end."""
    starts, ends = body.startswith("^"), body.endswith("$") and not body.endswith(r"\$")
    inner = body[starts : len(body) - ends]
    if re.search(r"(?<!\\)(?<!\[)[\^$]|\\[bB]", inner) or ((starts or ends) and _splits(inner)):
        return None
    anything = r"[\s\S]*"
    return f"{'' if starts else anything}({inner}){'' if ends else anything}"


def _splits(body: str) -> bool:
    """Whether alternatives stand outside of every group, so that an anchor belongs to one of them alone."""
    depth = 0
    for piece in re.findall(r"\\.|\[(?:\\.|[^\]\\])*\]|[()|]", body):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "|" and not depth:
            return True
    return False
