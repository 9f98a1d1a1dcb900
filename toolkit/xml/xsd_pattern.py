"""Regular expressions of JSON Schema (ECMA-262) -> those of XSD 1.0 (XML Schema part 2, appendix F).

The common subset is translated exactly. An expression of XSD covers the whole text, one of ECMA-262 any part of it.
Look-around, back-references, word boundaries, Unicode properties and anchors within are refused, and so are nested
repetitions whose turns cannot be told apart by their first character: they may take exponential time.
"""

from __future__ import annotations

from functools import lru_cache

from toolkit.schema.patterns import LAST, Grouped, Item, Piece, Ranges, Repeated, parsed
from toolkit.structs import Frozen


class ExplosivePattern(ValueError):
    """An expression that may take very long on some texts."""


_CARRIED: Ranges = ((9, 10), (13, 13), (0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, LAST))
_MOST_TURNS = 1000
_MOST_LETTERS = 2000
_MOST_ENDLESS = 12


class _Term(Frozen):
    """A piece of an expression: its text; the characters anywhere in it; those that it has to begin with, where there
    is no way around them; the length of all that it matches, where that is one; whether it ends in only one way."""

    text: str
    uses: Ranges
    first: Ranges | None
    length: int | None
    sure: bool = True
    endless: int = 0


@lru_cache(maxsize=1024)
def translated(pattern: str) -> str:
    """The expression in XSD's language, matching the same texts as a whole. Raises ValueError where there is none."""
    if len(pattern) > _MOST_LETTERS:
        raise ValueError("it is too long")
    return "|".join(_whole(option).text for option in parsed(pattern).options)


_ANYWHERE = _Term("[\\s\\S]*", ((0, LAST),), None, None, endless=1)


def _whole(items: list[Item]) -> _Term:
    """A sequence at the outermost level: without an anchor anything may stand before or behind."""
    kinds = [one.kind if isinstance(one, Piece) else "" for one in items]
    start, end = kinds[:1] == ["start"], kinds[-1:] == ["end"]
    terms = [_term(one) for one in items[start : len(items) - end]]
    return _sequence([*([] if start else [_ANYWHERE]), *terms, *([] if end else [_ANYWHERE])])


def _term(item: Item) -> _Term:
    if isinstance(item, Grouped):
        return _group(item)
    if isinstance(item, Repeated):
        return _repeated(_term(item.item), item.by)
    if item.ranges is None:
        where = "an anchor in its midst" if item.kind in ("start", "end") else f"{item.text}, which XSD has not"
        raise ValueError(f"it has {where}")
    return _set(item.ranges)


def _repeated(atom: _Term, by: Piece) -> _Term:
    if max(by.least, by.most or 0) > _MOST_TURNS:
        raise ValueError(f"it counts beyond {_MOST_TURNS}")
    if by.most is not None and by.least > by.most:
        raise ValueError("it counts backwards")
    several = by.most is None or by.most > 1
    # Whether one can tell where each turn begins
    is_plain = several and (atom.length is not None or (atom.first is not None and not _meet(atom.first, atom.uses)))
    if several and not (atom.sure and is_plain):
        raise ExplosivePattern("its nested repetitions may take exponential time")
    length = by.least * atom.length if by.least == by.most and atom.length is not None else None
    uses, text = atom.uses * 2 if several else atom.uses, by.text[:-1] if by.text[1:].endswith("?") else by.text
    first = atom.first if by.least else None
    return _Term(atom.text + text, uses, first, length, atom.sure, atom.endless + (by.most is None))


def _group(group: Grouped) -> _Term:
    if group.mark not in ("(", "(?:"):
        raise ValueError(f"it looks around, or has flags: {group.mark}")
    branches = [_sequence([_term(one) for one in items]) for items in group.options]
    uses, firsts, lengths = _joined(branches), [one.first for one in branches], {one.length for one in branches}
    first = None if None in firsts else tuple(span for one in firsts if one for span in one)
    apart = len(branches) == 1 or (first is not None and not _meet(first, first))
    length = lengths.pop() if len(lengths) == 1 else None
    sure = apart and all(one.sure for one in branches)
    text, endless = "|".join(one.text for one in branches), max(one.endless for one in branches)
    return _Term(f"({text})", uses, first, length, sure, endless)


def _meet(one: Ranges, other: Ranges) -> bool:
    """Whether a character of `one` is found in `other` more often than where it came from."""
    return sum(low <= there and here <= high for low, high in one for here, there in other) > len(one)


def _joined(terms: list[_Term]) -> Ranges:
    return tuple(span for term in terms for span in term.uses)


def _sequence(terms: list[_Term]) -> _Term:
    lengths = [term.length for term in terms]
    length = None if None in lengths else sum(one for one in lengths if one is not None)
    endless = sum(term.endless for term in terms)
    if endless > _MOST_ENDLESS:
        raise ExplosivePattern(f"it has more than {_MOST_ENDLESS} repetitions without end")
    first = terms[0].first if terms else None
    text, sure = "".join(term.text for term in terms), all(term.sure for term in terms)
    return _Term(text, _joined(terms), first, length, sure, endless)


def _set(ranges: Ranges) -> _Term:
    """A term for one of some characters, as far as XML can carry them."""
    carried: list[tuple[int, int]] = []
    for low, high in sorted((max(a, x), min(b, y)) for a, b in ranges for x, y in _CARRIED if a <= y and x <= b):
        if carried and low <= carried[-1][1] + 1:
            carried[-1] = (carried[-1][0], max(high, carried[-1][1]))
        else:
            carried.append((low, high))
    if not carried:
        raise ValueError("it asks for a character that XML cannot carry")
    found = tuple(carried)
    if found == _CARRIED:
        return _Term("[\\s\\S]", found, found, 1)
    text = "".join(_span(low, high) for low, high in found)
    single = len(found) == 1 and found[0][0] == found[0][1]
    return _Term(text if single else f"[{text}]", found, found, 1)


def _span(low: int, high: int) -> str:
    """A range within a class. It begins with no escape: libxml2 would take that, and the hyphen, for single characters."""
    singles = ""
    while low < high and len(_literal(low)) > 1:
        singles += _literal(low)
        low += 1
    return singles + (_literal(low) if low == high else f"{_literal(low)}-{_literal(high)}")


def _literal(code: int) -> str:
    """One character as both languages write it, within a class and without."""
    letter = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code, chr(code))
    return "\\" + letter if letter in "\\|.-^?*+{}()[]" else letter
