"""Patterns compared as sets of strings: whether one matches all that another one does, and if not, examples.

Strings are followed through both patterns at once, character by character, by the derivatives of regular expressions (Brzozowski 1964). A state is
made when a string comes there, and their number is bounded: automata made beforehand may take hours for a pattern such as `a.{20}`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, reduce
from typing import Any

from toolkit.schema.patterns import LAST, NEVER, Grouped, Item, Piece, Ranges, Repeated, parsed

_LONGEST = 500  # characters of a pattern
_MOST_STATES = 2_000
_MOST_STEPS = 100_000  # derivatives, of parts of a pattern too
_LARGEST = 5_000  # repetitions of a group that are told apart
_MOST_STRINGS = 5
_PLAIN = "aA0\u00e9"  # rather than others in examples, the last for what neither pattern names


@lru_cache(maxsize=512)
def strings_between(inner: str, outer: str, *more: str) -> tuple[str, ...] | None:
    """Some strings that match the pattern `inner`, `more` patterns too, and not `outer`; () if there is none, None where that cannot be told."""
    if outer in (inner, *more):
        return ()
    try:
        return tuple(_Walk(reduce(_and, map(_term, (inner, *more)), _not(_term(outer)))).strings())
    except (ValueError, OverflowError, RecursionError):  # not regular, or too large
        return None


def exclude(*patterns: str) -> bool:
    """Whether it is certain that no string matches all the patterns."""
    return strings_between(patterns[0], NEVER, *patterns[1:]) == ()


def lengths(pattern: str) -> tuple[int, int | None]:
    """Of the strings in which a pattern matches the least and the greatest number of characters; None for any number."""
    try:
        return _lengths(_term(pattern))
    except (ValueError, OverflowError, RecursionError):
        return 0, None


Term = tuple[Any, ...]
"""A set of strings: `("in", ranges)` of one character, `("cat", *terms)`, `("or", frozenset)`, `("repeat", term, least, most)`,
`("and", one, other)` or `("not", term)`."""
_EMPTY: Term = ("cat",)
_NONE: Term = ("or", frozenset())
_ANY: Term = ("repeat", ("in", ((0, LAST),)), 0, None)


def _lengths(term: Term) -> tuple[int, int | None]:
    kind, *parts = term
    if kind in ("in", "not"):
        return (1, 1) if kind == "in" else (0, None)
    found = [_lengths(one) for one in (parts[0] if kind == "or" else parts[:1] if kind == "repeat" else parts)]
    least, most = [one[0] for one in found], [one[1] for one in found if one[1] is not None]
    is_bounded = len(most) == len(found)
    if kind == "cat":
        return sum(least), sum(most) if is_bounded else None
    if kind == "and":
        return max(least), min(most, default=None)
    if kind == "repeat":
        return parts[1] * least[0], most[0] * parts[2] if most and parts[2] is not None else None
    return min(least, default=0), max(most, default=None) if is_bounded else None


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
    return _NULLABLE[kind](*parts)


_NULLABLE: dict[str, Callable[..., bool]] = {
    "in": lambda ranges: False,
    "cat": lambda *terms: all(map(_nullable, terms)),
    "or": lambda terms: any(map(_nullable, terms)),
    "and": lambda *terms: all(map(_nullable, terms)),
    "not": lambda term: not _nullable(term),
    "repeat": lambda term, least, most: least == 0 or _nullable(term),
}


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
                return _EMPTY if _holds(parts[0], letter) else _NONE
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


def _holds(ranges: Ranges, letter: str) -> bool:
    return any(low <= ord(letter) <= high for low, high in ranges)


def _letters(term: Term) -> list[str]:
    """One character for each set of characters that the term never tells apart, plain ones where there are such."""
    groups: set[Ranges] = set()
    pending: list[Any] = [term]
    while pending:
        kind, *parts = pending.pop()
        if kind == "in":
            groups.add(parts[0])
        else:
            pending += parts[0] if kind == "or" else [part for part in parts if isinstance(part, tuple)]
    codes = {0, 0xE000, *map(ord, _PLAIN), *(code for one in groups for low, high in one for code in (low, high + 1))}
    named = [chr(code) for code in sorted(codes) if code <= LAST and not 0xD800 <= code < 0xE000]
    kinds: dict[tuple[bool, ...], str] = {}
    for letter in sorted(named, key=lambda one: (one not in _PLAIN, not one.isalnum(), one)):
        kinds.setdefault(tuple(_holds(group, letter) for group in groups), letter)
    return list(kinds.values())


@lru_cache(maxsize=512)
def _term(pattern: str) -> Term:
    """The set of all strings in which a pattern matches. Raises ValueError for what is not regular, or too large."""
    if len(pattern) > _LONGEST:
        raise ValueError(pattern)
    return _or(_outermost(items, _ANY, is_whole=True) for items in parsed(pattern).options)


def _outermost(items: list[Item], rest: Term, *, is_whole: bool) -> Term:
    """A sequence with the rest of the string after it, unless its anchor says that there is none; likewise before a whole one."""
    kinds = [one.kind if isinstance(one, Piece) else "" for one in items]
    start, end = is_whole and kinds[:1] == ["start"], kinds[-1:] == ["end"]
    found = _sequence(items[start : len(items) - end], _EMPTY if end else rest)
    return _cat(_ANY, found) if is_whole and not start else found


def _sequence(items: list[Item], rest: Term | None) -> Term:
    """A sequence with the rest of the string after it; None where that is not known, so that nothing can look ahead."""
    for item in reversed(items):
        rest = _before(item, rest)
    return _EMPTY if rest is None else rest


def _before(item: Item, rest: Term | None) -> Term:
    if isinstance(item, Grouped) and item.mark in ("(?=", "(?!") and rest is not None:
        ahead = _or(_outermost(items, _ANY, is_whole=False) for items in item.options)
        return _and(rest, _not(ahead) if item.mark == "(?!" else ahead)
    if isinstance(item, Grouped) and item.mark in ("(", "(?:"):
        if len(item.options) == 1:
            return _sequence(item.options[0], rest)
        own = _or(_sequence(items, None) for items in item.options)
    elif isinstance(item, Repeated):
        own = _repeat(_before(item.item, None), item.by.least, item.by.most)
    elif isinstance(item, Piece) and item.ranges is not None:
        own = ("in", item.ranges)
    else:
        raise ValueError(item)
    return own if rest is None else _cat(own, rest)
