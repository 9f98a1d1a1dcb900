"""Patterns of JSON Schema, which are those of ECMA-262, in the language of the engine that matches them.

Read with the flag `u`: a string is code points. What this flag forbids and web browsers read all the same (ECMA-262,
annex B.1.2) is read as they do: a brace that is no quantifier, `\\<`, a hyphen beside a class. What neither knows, such
as `\\Z`, is left to the engine, which refuses it. A translation is a pattern of ECMA-262 that is its own translation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

NEVER = r"[^\s\S]"
"""The pattern that no string matches."""

PROPERTY = re.compile(r"\\[pP]\{[^}]*\}")
"""An escape that names a property of Unicode."""

_NAMED_GROUP = re.compile(r"\(\?P?<([^>=!][^>]*)>")
# Escapes and classes hold no groups
_CAPTURING = re.compile(r"\\.|\[(?:\\.|[^\]\\])*+|\(\?P?<([^>=!][^>]*)>|\((?!\?)", re.DOTALL)
_GROUP = re.compile(r"\(\?P?<[^>=!][^>]*>|\(\?(?:<?[=!]|[a-z-]*:|>)|\((?!\?)")
_QUANTIFIER = re.compile(r"(?:[*+?]|\{([0-9]+)(?:,[0-9]*)?\})\??")
_CODE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|c([A-Za-z])|(0)(?![0-9]))")
_CLASS = re.compile(r"\\(?:[dDsSwW]|[pP]\{[^}]*\}|[pP][A-Z])")
_REFERENCE = re.compile(r"\\(?:([1-9][0-9]*)|k<([^>]*)>)")
_LOW = re.compile(r"\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_BACKSPACE = re.compile(r"\\b")
_CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11}
_WORD = "[0-9A-Za-z_]"
_EDGE = rf"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_NO_EDGE = rf"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"
_LINEAR = {_EDGE: r"(?-u:\b)", _NO_EDGE: r"(?-u:\B)"}
_ANY = r"[^\u{000A}\u{000D}\u{2028}\u{2029}]"


_ATOM = re.compile(r"\\u\{[0-9A-Fa-f]+\}|\\[^A-Za-z]|\[(?:\\.|[^\]\\])*+\]", re.DOTALL)
_FOREIGN = re.compile(r"\(\?(?!:|<?[=!]|<[^>]*>)|(?:[*+?]|\{\d+(?:,\d*)?\})\??+(?:[*+?]|\{\d)|\[")
_ESCAPE = re.compile(r"\\(x\{|.)", re.DOTALL)
_FOREIGN_ESCAPES = frozenset(("x{", *"AaCEeFGgHhIiJjKLlMmNOoQqRTUVXYyZz"))


_LONGEST, _MOST_GROUPS = 50_000, 1_000


@lru_cache(maxsize=4096)
def translate(pattern: str, *, linear: bool = False) -> str:
    """The pattern as the engine reads it, or its linear half, which has no look-around. Raises ValueError for one that has
    no meaning, or one that no engine here can tell."""
    if len(pattern) > _LONGEST or pattern.count("(") > _MOST_GROUPS:
        raise ValueError(f"over {_LONGEST:,} characters or {_MOST_GROUPS:,} groups")
    pieces = _Translator(pattern).pieces()
    return "".join(_LINEAR.get(piece, piece) for piece in pieces) if linear else "".join(pieces)


def is_portable(pattern: str) -> bool:
    """Whether a pattern has the form of ECMA-262, and nothing of other languages such as `(?i)`, `(?P<name>`, `a++` or `\\Z`."""
    bare = _ATOM.sub(".", pattern)
    is_whole = bare.count("(") == bare.count(")") and not _FOREIGN.search(bare)
    return is_whole and _FOREIGN_ESCAPES.isdisjoint(_ESCAPE.findall(pattern))


@dataclass(slots=True)
class _Open:
    """A group: where it stands among the alternatives of those around it, and what is known once it is closed."""

    around: tuple[tuple[_Open, int], ...]
    text: str
    alternative: int = 0
    closed: bool = False
    optional: bool = False

    def is_certain(self, place: dict[int, int]) -> bool:
        """Whether the group has matched wherever its pattern comes to a place, given the alternatives open there."""

        def is_sure(group: _Open, alternative: int) -> bool:
            if not group.closed:
                return place.get(id(group)) == alternative
            return not group.optional and not group.alternative and "!" not in group.text

        return not self.optional and "!" not in self.text and all(is_sure(*one) for one in self.around)


@dataclass(slots=True)
class _Translator:
    """Reads a pattern from left to right."""

    pattern: str
    place: int = 0
    names: list[str] = field(init=False)
    groups: list[_Open] = field(default_factory=list)
    around: list[_Open] = field(default_factory=list)

    def __post_init__(self) -> None:
        found = (match for match in _CAPTURING.finditer(self.pattern) if match[0].startswith("("))
        self.names = [match[1] or "" for match in found]

    def pieces(self) -> list[str]:
        found: list[str] = []
        while self.place < len(self.pattern):
            found.append(self.piece())
        return found

    def take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """What is found at the place, which moves behind it."""
        found = expression.match(self.pattern, self.place)
        self.place = found.end() if found else self.place
        return found

    def piece(self) -> str:
        """What stands at the place, translated; the place moves on."""
        letter = self.pattern[self.place]
        if letter == "\\":
            return self.escape()
        if letter == "[":
            return self.character_class()
        if letter in "(|)":
            return self.group(letter)
        if quantifier := self.take(_QUANTIFIER):
            return quantifier[0]
        self.place += 1
        return _ANY if letter == "." else _written(ord(letter)) if letter in "{}]" else letter

    def group(self, letter: str) -> str:
        found = _GROUP.match(self.pattern, self.place)
        text = found[0] if found else letter
        self.place += len(text)
        if letter == "(":
            opened = _Open(tuple((group, group.alternative) for group in self.around), text)
            self.around.append(opened)
            captures = text == "(" or _NAMED_GROUP.match(text)
            self.groups += [opened] if captures else []
            return "(" if captures else text
        if letter == "|":
            for group in self.around[-1:]:
                group.alternative += 1
            return "|"
        for group in self.around[-1:]:
            after = _QUANTIFIER.match(self.pattern, self.place)
            group.optional = bool(after) and (after[0][0] in "*?" or after[1] in ("0", "00"))  # type: ignore[index]
            group.closed = True
        del self.around[-1:]
        return ")"

    def escape(self) -> str:
        reference = _REFERENCE.match(self.pattern, self.place)
        if reference and (reference[1] or any(self.names)):
            self.place = reference.end()
            return self.reference(reference)
        if known := self.take(_CLASS):
            return known[0]
        code = self.code()
        if code is not None:
            return _written(code)
        text = self.pattern[self.place : self.place + 2]
        self.place += 2
        return {r"\b": _EDGE, r"\B": _NO_EDGE}.get(text, text)

    def code(self) -> int | None:
        """The character that an escape stands for; None, and the place stays, where it stands for none."""
        if found := self.take(_CODE):
            if found[4] or found[5]:
                return ord(found[4]) % 32 if found[4] else 0
            return self.pair(int(found[1] or found[2] or found[3], 16))
        letter = self.pattern[self.place + 1 : self.place + 2]
        if letter in _CONTROLS or (letter and not letter.isalnum()):
            self.place += 2
            return _CONTROLS.get(letter, ord(letter))
        return None

    def pair(self, code: int) -> int:
        """A code point that is written as a pair of UTF-16."""
        if not 0xD800 <= code < 0xE000:
            return code
        low = self.take(_LOW) if code < 0xDC00 else None
        if not low:
            raise ValueError("half of a UTF-16 pair is no character")
        return 0x10000 + (code - 0xD800) * 0x400 + int(low[1], 16) - 0xDC00

    def reference(self, found: re.Match[str]) -> str:
        """A back-reference by number. To a group that has not matched it is the empty string, which no engine here knows."""
        number = int(found[1]) if found[1] else self.names.index(found[2]) + 1 if found[2] in self.names else 0
        if not 0 < number <= len(self.names):
            raise ValueError(f"{found[0]} refers to no group")
        if number > len(self.groups) or not self.groups[number - 1].closed:
            return "(?:)"
        if not self.groups[number - 1].is_certain({id(group): group.alternative for group in self.around}):
            raise ValueError(f"{found[0]} refers to a group that may not have matched")
        return rf"\{number}" + "(?:)" * self.pattern[self.place : self.place + 1].isdigit()

    def character_class(self) -> str:
        negated = self.pattern.startswith("^", self.place + 1)
        self.place += 1 + negated
        atoms: list[int | str] = []
        hyphens: list[int] = []  # the atoms that are hyphens and may make a range
        while not self.pattern.startswith("]", self.place):
            if self.pattern.startswith("-", self.place):
                hyphens.append(len(atoms))
            atoms.append(self.atom())
        self.place += 1
        if not atoms:
            return r"[\s\S]" if negated else NEVER
        return f"[{'^' * negated}{''.join(_ranges(atoms, hyphens))}]"

    def atom(self) -> int | str:
        if self.place >= len(self.pattern):
            raise ValueError("a class is not closed")
        if self.pattern[self.place] != "\\":
            self.place += 1
            return ord(self.pattern[self.place - 1])
        if known := self.take(_CLASS):
            return known[0]
        code = 8 if self.take(_BACKSPACE) else self.code()
        if code is None:
            raise ValueError(f"{self.pattern[self.place : self.place + 2]} means nothing in a class")
        return code


def _ranges(atoms: list[int | str], hyphens: list[int]) -> list[str]:
    found: list[str] = []
    index = 0
    while index < len(atoms):
        first = atoms[index]
        last = atoms[index + 2] if index + 1 in hyphens and index + 2 < len(atoms) else None
        if isinstance(first, int) and isinstance(last, int):
            if first > last:
                raise ValueError("a range of a class is out of order")
            found.append(f"{_written(first)}-{_written(last)}")
            index += 3
        else:
            found.append(first if isinstance(first, str) else _written(first))
            index += 1
    return found


def _written(code: int) -> str:
    """A character of a pattern: itself where it means nothing else, escaped where it might, or its code."""
    text = chr(code)
    if text in r"^$\.*+?()[]{}|/-":
        return "\\" + text
    return text if text.isalnum() or text in "_ ,:;@%\"'=!" else f"\\u{{{code:04X}}}"
