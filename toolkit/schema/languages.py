"""Patterns compared as sets of strings: whether one matches all that another one does, and if not, examples.

The library parses; strings are then followed through both patterns at once, character by character, by the derivatives of
regular expressions (Brzozowski 1964). A state is made when a string comes there, and their number is bounded: automata
made beforehand, as the library makes them, may take hours for a pattern such as `a.{20}`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from toolkit.schema.patterns import translate

_LONGEST = 200  # characters of a pattern
_MOST_STATES = 2_000
_MOST_STEPS = 100_000  # derivatives, of parts of a pattern too
_LARGEST = 5_000  # repetitions of a group that are told apart
_MOST_STRINGS = 5
_UNICODE = re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}")
_OTHER = "\u00e9"  # stands for each character that neither pattern names


@lru_cache(maxsize=512)
def strings_between(inner: str, outer: str) -> tuple[str, ...] | None:
    """Some strings that match the pattern `inner` and not `outer`; () if there is none, None where that cannot be told."""
    if inner == outer:
        return ()
    try:
        return tuple(_Walk(_and(_term(inner), _not(_term(outer)))).strings())
    except Exception:  # not regular, or too large; the library has no family of exceptions
        return None


def lengths(pattern: str) -> tuple[int, int | None]:
    """Of the strings in which a pattern matches the least and the greatest number of characters; None for any number."""
    try:
        least, most = _parsed(pattern).lengths
        return least, most
    except Exception:  # too large, or not regular
        return 0, None


Term = tuple[Any, ...]
"""A set of strings: `("in", characters, is_negated)`, `("cat", *terms)`, `("or", frozenset)`, `("repeat", term, least, most)`,
`("and", one, other)` or `("not", term)`."""
_EMPTY: Term = ("cat",)
_NONE: Term = ("or", frozenset())
_ANY: Term = ("repeat", ("in", frozenset(), True), 0, None)


def _cat(*terms: Term) -> Term:
    if _NONE in terms:
        return _NONE
    flat = [part for term in terms for part in (term[1:] if term[0] == "cat" else (term,))]
    return flat[0] if len(flat) == 1 else ("cat", *flat)


def _or(terms: Iterable[Term]) -> Term:
    flat = frozenset(part for term in terms for part in (term[1] if term[0] == "or" else (term,)))
    return _ANY if _ANY in flat else next(iter(flat)) if len(flat) == 1 else ("or", flat)


def _and(one: Term, other: Term) -> Term:
    return _NONE if _NONE in (one, other) else ("and", one, other)


def _not(term: Term) -> Term:
    return _NONE if term == _ANY else ("not", term)


def _repeat(term: Term, least: int, most: int | None) -> Term:
    if max(least, most or 0) > _LARGEST:
        raise OverflowError(least)
    return _EMPTY if most == 0 else ("repeat", term, least, most)


def _nullable(term: Term) -> bool:
    """Whether the empty string is one of the set."""
    kind, *parts = term
    match kind:
        case "cat":
            return all(map(_nullable, parts))
        case "or":
            return any(map(_nullable, parts[0]))
        case "and":
            return _nullable(parts[0]) and _nullable(parts[1])
        case "not":
            return not _nullable(parts[0])
        case "repeat":
            return parts[1] == 0 or _nullable(parts[0])
    return False


class _Walk:
    """Goes through the strings of a term, the shortest first, and comes to each state once."""

    def __init__(self, start: Term) -> None:
        self.start = start
        self.known: dict[tuple[Term, str], Term] = {}

    def strings(self) -> Iterator[str]:
        """Raises OverflowError where there are too many states to find all that is different."""
        letters = _letters(self.start)
        pending, met, found = deque([("", self.start)]), {self.start}, 0
        while pending:
            text, state = pending.popleft()
            if _nullable(state):
                yield text
                found += 1
            for letter in letters if found < _MOST_STRINGS else ():
                following = self.after(state, letter)
                if following not in met:
                    met.add(following)
                    pending.append((text + letter, following))
            if len(met) > _MOST_STATES:
                if not found:
                    raise OverflowError(len(met))
                return

    def after(self, term: Term, letter: str) -> Term:
        """What may follow a letter: the derivative of the term by it."""
        key = (term, letter)
        if key not in self.known:
            if len(self.known) > _MOST_STEPS:
                raise OverflowError(len(self.known))
            self.known[key] = self._derived(term, letter)
        return self.known[key]

    def _derived(self, term: Term, letter: str) -> Term:
        kind, *parts = term
        match kind:
            case "in":
                return _EMPTY if (letter in parts[0]) != parts[1] else _NONE
            case "or":
                return _or(self.after(one, letter) for one in parts[0])
            case "and":
                return _and(*(self.after(one, letter) for one in parts))
            case "not":
                return _not(self.after(parts[0], letter))
            case "repeat":
                inner, least, most = parts
                return _cat(self.after(inner, letter), _repeat(inner, max(least - 1, 0), most and most - 1))
        return _or(self._of_sequence(parts, letter))

    def _of_sequence(self, parts: list[Term], letter: str) -> Iterator[Term]:
        for index, part in enumerate(parts):
            yield _cat(self.after(part, letter), *parts[index + 1 :])
            if not _nullable(part):
                return


def _letters(term: Term) -> list[str]:
    """One character for each set of characters that the term never tells apart, plain ones where there are such."""
    groups: set[frozenset[str]] = set()
    pending: list[Any] = [term]
    while pending:
        kind, *parts = pending.pop()
        if kind == "in":
            groups.add(parts[0])
        else:
            pending += parts[0] if kind == "or" else [part for part in parts if isinstance(part, tuple)]
    named = sorted(frozenset().union(*groups), key=lambda one: (not one.isalnum(), one))
    kinds: dict[tuple[bool, ...], str] = {}
    for letter in [*named, *([] if _OTHER in named else [_OTHER])]:
        kinds.setdefault(tuple(letter in group for group in groups), letter)
    return list(kinds.values())


@lru_cache(maxsize=512)
def _term(pattern: str) -> Term:
    """The set of all strings in which a pattern matches. Raises as `_parsed` does."""
    return _made(_parsed(pattern), _EMPTY)


def _made(node: Any, rest: Term | None) -> Term:
    """What the library has parsed, and the rest of the string after it; None where the rest is not known, so that nothing
    can look ahead. Raises ValueError for what is not regular."""
    match type(node).__name__.lstrip("_"):
        case "Concatenation":
            for part in reversed(node.parts):
                rest = _made(part, rest)
            return _EMPTY if rest is None else rest
        case "Pattern" if len(node.options) == 1 and not node.added_flags:
            return _made(node.options[0], rest)
        case "NonCapturing" if rest is not None and not node.backwards:
            ahead = _made(node.inner, _ANY)
            return _and(rest, _not(ahead) if node.negate else ahead)
        case "Pattern" if not node.added_flags:
            own = _or(_made(option, None) for option in node.options)
        case "Repeated":
            own = _repeat(_made(node.base, None), node.min, node.max)
        case "CharGroup":
            own = ("in", node.chars, node.negated)
        case "EmptyCls":
            own = _EMPTY
        case other:
            raise ValueError(other)
    return own if rest is None else _cat(own, rest)


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
