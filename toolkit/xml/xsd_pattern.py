"""Regular expressions of JSON Schema (ECMA-262) -> those of XSD 1.0 (XML Schema part 2, appendix F).

The common subset is translated exactly, apart from two rare line separators that "." lets through. An expression of XSD
covers the whole text, one of ECMA-262 any part of it. Look-around, back-references, word boundaries, Unicode properties
and anchors within are refused, and so are nested repetitions whose turns cannot be told apart by their first character:
they may take exponential time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

Ranges = tuple[tuple[int, int], ...]


class ExplosivePattern(ValueError):
    """An expression that may take very long on some texts."""


_LAST = 0x10FFFF
_ANY: Ranges = ((0, _LAST),)
_DIGIT: Ranges = ((0x30, 0x39),)
_WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Ranges = (
    *((9, 13), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)),
    *((0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
)
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "0": 0}
_CARRIED: Ranges = ((9, 10), (13, 13), (0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, _LAST))
_MOST_TURNS = 1000
_GROUP_NAME = re.compile(r"<[A-Za-z_]\w*>")
_QUANTIFIER = re.compile(r"(?:[*+?]|\{([0-9]{1,6})(,?)([0-9]{0,6})\})")
_MOST_LETTERS = 2000
_MOST_ENDLESS = 12


@dataclass(frozen=True, slots=True)
class _Term:
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
    reader = _Reader(pattern)
    branches = reader.branches(outermost=True)
    if reader.place < len(pattern):
        raise ValueError("its parentheses do not match")
    return "|".join(branch.text for branch in branches)


@dataclass(slots=True)
class _Reader:
    """Reads an expression from left to right (ECMA-262, section 22.2.1)."""

    pattern: str
    place: int = 0

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.place)

    def take(self, text: str) -> bool:
        found = self.peek(text)
        self.place += len(text) if found else 0
        return found

    def next(self) -> str:
        if self.place >= len(self.pattern):
            raise ValueError("it ends too early")
        self.place += 1
        return self.pattern[self.place - 1]

    def branches(self, outermost: bool = False) -> list[_Term]:
        found = [self.branch(outermost)]
        while self.take("|"):
            found.append(self.branch(outermost))
        return found

    def branch(self, outermost: bool) -> _Term:
        """A sequence of terms; at the outermost level without an anchor anything may stand before or behind."""
        anywhere = _Term("[\\s\\S]*", _ANY, None, None, endless=1)
        terms = [] if not outermost or self.take("^") else [anywhere]
        while self.place < len(self.pattern) and not self.peek("|") and not self.peek(")"):
            if outermost and self.take("$"):
                if self.place < len(self.pattern) and not self.peek("|"):
                    raise ValueError("it has an anchor in its midst")
                return _sequence(terms)
            terms.append(self.repeated(self.atom()))
        return _sequence([*terms, anywhere] if outermost else terms)

    def repeated(self, atom: _Term) -> _Term:
        found = _QUANTIFIER.match(self.pattern, self.place)
        if found is None:
            if self.peek("{"):
                raise ValueError("it has a brace that is no quantifier")
            return atom
        self.place = found.end()
        self.take("?")
        low, comma, high = found.groups()
        if any(turns and int(turns) > _MOST_TURNS for turns in (low, high)):
            raise ValueError(f"it counts beyond {_MOST_TURNS}")
        if low and high and int(low) > int(high):
            raise ValueError("it counts backwards")
        endless = found[0] in "*+" or bool(comma and not high)
        several = endless or int(high or low or 1) > 1
        if several and not _repeatable(atom):
            raise ExplosivePattern("its nested repetitions may take exponential time")
        first = None if found[0] in "*?" or low == "0" else atom.first
        length = int(low) * atom.length if low and not comma and atom.length is not None else None
        uses = atom.uses * 2 if several else atom.uses
        return _Term(atom.text + found[0], uses, first, length, atom.sure, atom.endless + endless)

    def atom(self) -> _Term:
        letter = self.next()
        if letter == "(":
            return self.group()
        if letter == "[":
            return self.characters()
        if letter == ".":
            return _set(_without(((10, 10), (13, 13))))
        if letter in "^$*+?{}])|":
            raise ValueError(f"it has {letter!r} where that has no meaning common to both languages")
        return _set(self.escaped() if letter == "\\" else _one(ord(letter)))

    def group(self) -> _Term:
        if self.take("?") and not self.take(":"):
            named = _GROUP_NAME.match(self.pattern, self.place)
            if named is None:
                raise ValueError("it looks around")
            self.place = named.end()
        branches = self.branches()
        if not self.take(")"):
            raise ValueError("its parentheses do not match")
        uses, firsts, lengths = _joined(branches), [one.first for one in branches], {one.length for one in branches}
        first = None if None in firsts else tuple(span for one in firsts if one for span in one)
        apart = len(branches) == 1 or (first is not None and not _meet(first, first))
        length = lengths.pop() if len(lengths) == 1 else None
        sure = apart and all(one.sure for one in branches)
        text, endless = "|".join(one.text for one in branches), max(one.endless for one in branches)
        return _Term(f"({text})", uses, first, length, sure, endless)

    def escaped(self) -> Ranges:
        """The characters that an escape stands for; the backslash is behind."""
        letter = self.next()
        if letter in _CLASSES:
            return _CLASSES[letter]
        if letter.lower() in _CLASSES:
            return _without(_CLASSES[letter.lower()])
        if letter in _CONTROLS and not (letter == "0" and self.pattern[self.place : self.place + 1].isdigit()):
            return _one(_CONTROLS[letter])
        digits = {"x": 2, "u": 4}.get(letter)
        if digits:
            code = self.pattern[self.place : self.place + digits]
            if not re.fullmatch(f"[0-9A-Fa-f]{{{digits}}}", code) or 0xD800 <= int(code, 16) <= 0xDFFF:
                raise ValueError(f"it has the escape \\{letter} without a character's number")
            self.place += digits
            return _one(int(code, 16))
        if letter.isalnum():
            raise ValueError(f"it has the escape \\{letter}")
        return _one(ord(letter))

    def characters(self) -> _Term:
        """A class of characters; the bracket is behind."""
        negated = self.take("^")
        found: list[tuple[int, int]] = []
        while not self.take("]"):
            low = self.member()
            if self.peek("-") and not self.peek("-]"):
                self.next()
                high = self.member()
                if len(low) > 1 or len(high) > 1 or low[0][0] != low[0][1] or low[0][0] > high[0][1]:
                    raise ValueError("it has a range without ends")
                low = ((low[0][0], high[0][1]),)
            found += low
        if not found:
            raise ValueError("it has an empty class")
        return _set(_without(tuple(found)) if negated else tuple(found))

    def member(self) -> Ranges:
        letter = self.next()
        if letter == "\\" and self.take("b"):
            return _one(8)
        return self.escaped() if letter == "\\" else _one(ord(letter))


def _one(code: int) -> Ranges:
    return ((code, code),)


def _without(ranges: Ranges) -> Ranges:
    """All characters but these."""
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, *(((start, _LAST),) if start <= _LAST else ()))


def _meet(one: Ranges, other: Ranges) -> bool:
    """Whether a character of `one` is found in `other` more often than where it came from."""
    return sum(low <= there and here <= high for low, high in one for here, there in other) > len(one)


def _repeatable(term: _Term) -> bool:
    """Whether one can tell where each turn of a repetition begins."""
    return term.sure and (term.length is not None or (term.first is not None and not _meet(term.first, term.uses)))


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
