"""Patterns of JSON Schema, which are those of ECMA-262, in the language of the engine that matches them.

Read with the flag `u`: a string is code points. What this flag forbids and web browsers read all the same (ECMA-262,
annex B.1.2) is read as they do: a brace that is no quantifier, `\\<`, a hyphen beside a class. What neither knows, such
as `\\Z`, is left to the engine, which refuses it. A translation is a pattern of ECMA-262 that is its own translation.
`parsed` gives the same as a tree, for who compares patterns or writes them in another language.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

from toolkit.structs import Frozen, Mutable, field

NEVER = r"[^\s\S]"
"""The pattern that no string matches."""

_PROPERTY = re.compile(r"\\[pP]\{([^}=]*)(=[^}]*)?\}")
# Of Unicode, that ECMA-262 knows: general categories and binary properties (Table 66 and 67), where others have POSIX's and scripts
_PROPERTIES = re.compile(
    r"L[Clmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?|C[cfnos]?|Letter|(?:Lower|Upper)case(?:_Letter)?|Lower|Upper|Mark|Number|"
    r"Decimal_Number|Punctuation|Symbol|Currency_Symbol|Separator|Space_Separator|Other|Control|punct|digit|cntrl|space|White_Space|Any|ASCII|"
    r"Assigned|(?:ASCII_)?Hex_Digit|AHex|Hex|Alphabetic|Alpha|Dash|Emoji|Emoji_Presentation|Extended_Pictographic|X?ID_(?:Continue|Start)|"
    r"X?ID[CS]|Ideographic|Ideo|Math"
)
_KINDS = frozenset(("Script", "sc", "Script_Extensions", "scx", "General_Category", "gc"))

_NAMED_GROUP = re.compile(r"\(\?P?<([^>=!][^>]*)>")
# Escapes and classes hold no groups
_CAPTURING = re.compile(r"\\.|\[(?:\\.|[^\]\\])*+|\(\?P?<([^>=!][^>]*)>|\((?!\?)", re.DOTALL)
_GROUP = re.compile(r"\(\?P?<[^>=!][^>]*>|\(\?(?:<?[=!]|[a-z-]*:|>)|\((?!\?)")
_QUANTIFIER = re.compile(r"(?:([*+?])|\{([0-9]+)(?:(,)([0-9]*))?\})\??")
_CODE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|c([A-Za-z])|(0)(?![0-9]))")
_CLASS = re.compile(r"\\(?:[dDsSwW]|[pP]\{[^}]*\}|[pP][A-Z])")
_SHORT = re.compile(r"\\[dDsSwW]")
_LOOKS = re.compile(r"\(\?<?[=!]|\(\?:\(\?|\\[1-9]")
_REFERENCE = re.compile(r"\\(?:([1-9][0-9]*)|k<([^>]*)>)")
_LOW = re.compile(r"\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
BESIDE = re.compile(r"^\[.*(?:\\(?:[dDsSwW]|[pP]\{[^}]*\})-[^\]]|(?<!^\[)(?<!^\[\^)-\\[dDsSwWpP])", re.DOTALL)
_BACKSPACE = re.compile(r"\\b")
Ranges = tuple[tuple[int, int], ...]
"""Characters, by the first and the last code point of each range."""
LAST = 0x10FFFF
_CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11}
_WORD = "[0-9A-Za-z_]"
_EDGE = rf"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_NO_EDGE = rf"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"
_LINEAR = {_EDGE: r"(?-u:\b)", _NO_EDGE: r"(?-u:\B)"}
_ANY = r"[^\u{000A}\u{000D}\u{2028}\u{2029}]"
_CLASSES: dict[str, Ranges] = {
    "d": ((0x30, 0x39),),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "s": (
        *((9, 13), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)),
        *((0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
    ),
}
_ATOM = re.compile(r"\\u\{[0-9A-Fa-f]+\}|\\[^A-Za-z]|\[(?:\\.|[^\]\\])*+\]", re.DOTALL)
_FOREIGN = re.compile(
    r"\(\?(?!:|<?[=!]|<[^>]*>)|(?:[*+?]|\{\d+(?:,\d*)?\})\??+(?:[*+?]|\{\d)|(?:[$^]|\\[bB])(?:[*+?]|\{\d)|\["
)
_LOOSE = re.compile(r"\\[pPu]\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*+\]|\{\d+(?:,\d*)?\}|[{}\]]", re.DOTALL)
_ESCAPE = re.compile(r"\\(x\{|.)", re.DOTALL)
_ESCAPED = frozenset(r"^$\.*+?()[]{}|/-") | {*map(chr, (*range(48, 58), *range(65, 91), *range(97, 123)))}
_FOREIGN_ESCAPES = frozenset(("x{", *"AaCEeFGgHhIiJjKLlMmNOoQqRTUVXYyZz"))
_LONGEST, _MOST_GROUPS, _DEEPEST = 50_000, 1_000, 100


def others(ranges: Ranges) -> Ranges:
    """All characters but these."""
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, *(((start, LAST),) if start <= LAST else ()))


class Piece(Frozen):
    """What stands at one place of a pattern, as the engine reads it. Of a character the `ranges` that it is of, None where only the
    engine knows them; `least` and `most` of a quantifier, None for any number."""

    text: str
    kind: Literal["character", "open", "or", "close", "repeat", "start", "end", "other"] = "other"
    ranges: Ranges | None = None
    least: int = 1
    most: int | None = 1


class Grouped(Frozen):
    """Alternatives, each a sequence; `mark` begins it: `(`, `(?:`, `(?=`, ..., '' for the whole pattern."""

    mark: str
    options: list[list[Item]] = field(default_factory=lambda: [[]])


class Repeated(Frozen):
    item: Piece | Grouped
    by: Piece


Item = Piece | Grouped | Repeated


def parsed(pattern: str) -> Grouped:
    """The tree of a pattern. Raises ValueError for one that has no meaning, or is too large."""
    opened = [Grouped("")]
    for piece in _pieces(pattern):
        sequence = opened[-1].options[-1]
        if piece.kind == "open":
            opened.append(Grouped(piece.text))
            sequence.append(opened[-1])
        elif piece.kind == "or":
            opened[-1].options.append([])
        elif piece.kind == "close" and len(opened) > 1:
            opened.pop()
        elif piece.kind == "repeat" and sequence and not isinstance(sequence[-1], Repeated):
            sequence[-1] = Repeated(sequence[-1], piece)
        elif piece.kind in ("close", "repeat"):
            raise ValueError(f"it has {piece.text!r} where nothing is to be closed or repeated")
        else:
            sequence.append(piece)
        if len(opened) > _DEEPEST:
            raise ValueError(f"it has more than {_DEEPEST} groups within each other")
    if len(opened) > 1:
        raise ValueError("its parentheses do not match")
    return opened[0]


@lru_cache(maxsize=4096)
def translate(pattern: str, *, linear: bool = False) -> str:
    """The pattern as the engine reads it, or its linear half, which has no look-around. Raises ValueError for one that has
    no meaning, or one that no engine here can tell."""
    pieces = _pieces(pattern)
    if linear:
        return "".join(_LINEAR.get(piece.text, piece.text) for piece in pieces)
    # For look-around and back-references the engine has another half, whose `\d`, `\w` and `\s` are those of Unicode
    goes_back = any(piece.kind in ("open", "other") and _LOOKS.match(piece.text) for piece in pieces)
    return "".join(map(_spelled if goes_back else (lambda piece: piece.text), pieces))


def _spelled(piece: Piece) -> str:
    if piece.ranges is None or not _SHORT.search(piece.text):
        return piece.text
    return f"[{''.join(f'{_written(low)}-{_written(high)}' for low, high in piece.ranges)}]"


def _pieces(pattern: str) -> list[Piece]:
    if len(pattern) > _LONGEST or pattern.count("(") > _MOST_GROUPS:
        raise ValueError(f"it has over {_LONGEST:,} characters or {_MOST_GROUPS:,} groups")
    return _Translator(pattern).pieces()


def is_portable(pattern: str) -> bool:
    """Whether a pattern has the form of ECMA-262, and nothing of other languages such as `(?i)`, `(?P<name>`, `a++` or `\\Z`."""
    bare = _ATOM.sub(".", pattern)
    names = [] if "|" in bare else _NAMED_GROUP.findall(bare)  # of alternatives, two may have one name
    is_whole = bare.count("(") == bare.count(")") and not _FOREIGN.search(bare) and len(names) == len(set(names))
    known = (name in _KINDS if value else _PROPERTIES.fullmatch(name) for name, value in _PROPERTY.findall(pattern))
    return is_whole and _FOREIGN_ESCAPES.isdisjoint(_ESCAPE.findall(pattern)) and all(known)


class _Open(Mutable):
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


class _Translator(Mutable):
    """Reads a pattern from left to right."""

    pattern: str
    place: int = 0
    names: list[str] = field(default_factory=list)
    groups: list[_Open] = field(default_factory=list)
    around: list[_Open] = field(default_factory=list)

    def __post_init__(self) -> None:
        found = (match for match in _CAPTURING.finditer(self.pattern) if match[0].startswith("("))
        self.names = [match[1] or "" for match in found]

    def pieces(self) -> list[Piece]:
        found: list[Piece] = []
        while self.place < len(self.pattern):
            found.append(self.piece())
        return found

    def take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """What is found at the place, which moves behind it."""
        found = expression.match(self.pattern, self.place)
        self.place = found.end() if found else self.place
        return found

    def piece(self) -> Piece:
        """What stands at the place, translated; the place moves on."""
        letter = self.pattern[self.place]
        if letter == "\\":
            return self.escape()
        if letter == "[":
            return self.character_class()
        if letter in "(|)":
            return self.group(letter)
        if found := self.take(_QUANTIFIER):
            sign, low, comma, high = found.groups()
            least = int(low) if low else int(sign == "+")
            most = 1 if sign == "?" else None if sign else int(high) if high else None if comma else least
            return Piece(found[0], "repeat", None, least, most)
        self.place += 1
        if letter in "^$":
            return Piece(letter, "start" if letter == "^" else "end")
        if letter == ".":
            return Piece(_ANY, "character", others(((10, 10), (13, 13), (0x2028, 0x2029))))
        return Piece(_written(ord(letter)) if letter in "{}]" else letter, "character", ((ord(letter),) * 2,))

    def group(self, letter: str) -> Piece:
        found = _GROUP.match(self.pattern, self.place)
        text = found[0] if found else letter
        self.place += len(text)
        if letter == "(":
            if self.pattern.startswith("(?R", self.place - 1):
                raise ValueError("its (?R) stands for the pattern itself in PCRE, and for nothing in ECMA-262")
            opened = _Open(tuple((group, group.alternative) for group in self.around), text)
            self.around.append(opened)
            captures = text == "(" or _NAMED_GROUP.match(text)
            self.groups += [opened] if captures else []
            return Piece("(" if captures else text, "open")
        if letter == "|":
            for group in self.around[-1:]:
                group.alternative += 1
            return Piece("|", "or")
        for group in self.around[-1:]:
            after = _QUANTIFIER.match(self.pattern, self.place)
            group.optional = bool(after) and (after[0][0] in "*?" or after[2] in ("0", "00"))  # type: ignore[index]
            group.closed = True
        del self.around[-1:]
        return Piece(")", "close")

    def escape(self) -> Piece:
        reference = _REFERENCE.match(self.pattern, self.place)
        if reference and (reference[1] or any(self.names)):
            self.place = reference.end()
            return Piece(self.reference(reference))
        if known := self.take(_CLASS):
            return Piece(known[0], "character", _class(known[0]))
        code = self.code()
        if code is not None:
            return Piece(_written(code), "character", ((code, code),))
        text = self.pattern[self.place : self.place + 2]
        self.place += 2
        return Piece({r"\b": _EDGE, r"\B": _NO_EDGE}.get(text, text))

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
            raise ValueError("it has half of a UTF-16 pair, which is no character")
        return 0x10000 + (code - 0xD800) * 0x400 + int(low[1], 16) - 0xDC00

    def reference(self, found: re.Match[str]) -> str:
        """A back-reference by number. To a group that has not matched it is the empty string, which no engine here knows."""
        number = int(found[1]) if found[1] else self.names.index(found[2]) + 1 if found[2] in self.names else 0
        if not 0 < number <= len(self.names):
            raise ValueError(f"its {found[0]} refers to no group")
        if number > len(self.groups) or not self.groups[number - 1].closed:
            return "(?:)"
        if not self.groups[number - 1].is_certain({id(group): group.alternative for group in self.around}):
            raise ValueError(f"its {found[0]} refers to a group that may not have matched")
        return rf"\{number}" + "(?:)" * self.pattern[self.place : self.place + 1].isdigit()

    def character_class(self) -> Piece:
        negated = self.pattern.startswith("^", self.place + 1)
        self.place += 1 + negated
        atoms: list[int | str] = []
        hyphens: list[int] = []  # the atoms that are hyphens and may make a range
        while not self.pattern.startswith("]", self.place):
            if self.pattern.startswith("-", self.place):
                hyphens.append(len(atoms))
            atoms.append(self.atom())
        self.place += 1
        texts, ranges = _ranges(atoms, hyphens)
        text = f"[{'^' * negated}{''.join(texts)}]" if atoms else r"[\s\S]" if negated else NEVER
        return Piece(text, "character", others(ranges) if negated and ranges is not None else ranges)

    def atom(self) -> int | str:
        if self.place >= len(self.pattern):
            raise ValueError("it has a class that is not closed")
        if self.pattern[self.place] != "\\":
            self.place += 1
            return ord(self.pattern[self.place - 1])
        if known := self.take(_CLASS):
            return known[0]
        code = 8 if self.take(_BACKSPACE) else self.code()
        if code is None:
            raise ValueError(f"its {self.pattern[self.place : self.place + 2]} means nothing in a class")
        return code


def _class(text: str) -> Ranges | None:
    """The characters of `\\d`, `\\W` and the like; None for those by properties of Unicode."""
    known = _CLASSES.get(text[1:].lower())
    return others(known) if known and text[1].isupper() else known


def _ranges(atoms: list[int | str], hyphens: list[int]) -> tuple[list[str], Ranges | None]:
    """What stands in a class, and the characters that it is of; None where only the engine knows them."""
    texts, ranges, is_known, index = list[str](), list[tuple[int, int]](), True, 0
    while index < len(atoms):
        first = atoms[index]
        last = atoms[index + 2] if index + 1 in hyphens and index + 2 < len(atoms) else None
        if isinstance(first, str):
            is_known = is_known and _class(first) is not None
            ranges += _class(first) or ()
            texts.append(first)
        elif isinstance(last, int):
            if first > last:
                raise ValueError("it has a range that is out of order")
            texts.append(f"{_written(first)}-{_written(last)}")
            ranges.append((first, last))
            index += 2
        else:
            texts.append(_written(first))
            ranges.append((first, first))
        index += 1
    return texts, tuple(ranges) if is_known else None


def _written(code: int) -> str:
    """A character of a pattern: itself where it means nothing else, escaped where it might, or its code."""
    text = chr(code)
    if text in r"^$\.*+?()[]{}|/-":
        return "\\" + text
    return text if text.isalnum() or text in "_ ,:;@%\"'=!" else f"\\u{{{code:04X}}}"


def literal(text: str) -> str:
    """The pattern of a text that stands for itself."""
    return re.sub(r"[\\^$.|?*+()\[\]{}/]", r"\\\g<0>", text)


def engine() -> Any:
    """The library that validates, loaded when it is first needed."""
    import jsonschema_rs

    return jsonschema_rs


def compile_pattern(pattern: str) -> Callable[[Any], bool]:
    """Whether a string matches an ECMA-262 pattern; a pattern that cannot be read accepts every string."""
    return _matcher(pattern, True) or _matcher(pattern, False) or (lambda text: True)


def linear_pattern(pattern: str) -> Callable[[Any], bool]:
    """The same check, in linear time. Raises ValueError for a pattern that cannot be read, or only by going back in the
    string: with look-around or back-references."""
    found = _matcher(pattern, True)
    if found is None:
        raise ValueError("it is no regular expression without look-around and back-references")
    return found


def readable(pattern: str) -> str | None:
    return translate(pattern) if _matcher(pattern, False) else None


def portable(pattern: str) -> str | None:
    """The pattern for those who read ECMA-262 alone, with the flag `u`: itself if it is one, else as the engine reads it; None where that
    is none."""
    pattern = _PROPERTY.sub(_script, pattern)
    if is_portable(pattern) and all(readable(one[0]) for one in _PROPERTY.finditer(pattern)):
        return _LOOSE.sub(_strict, pattern)
    known = readable(pattern)
    return known if known and is_portable(known) else None


def _script(found: re.Match[str]) -> str:
    """A property of Unicode; a script that is named alone, as other languages allow, with what it is."""
    text = f"{found[0][:3]}Script={found[1]}}}"
    return text if not (found[2] or _PROPERTIES.fullmatch(found[1])) and readable(text) else found[0]


def _strict(found: re.Match[str]) -> str:
    """A part of a pattern as the flag `u` wants it: an escape of a sign that needs none is the sign, and a brace by itself is escaped, as
    is a hyphen beside a class."""
    text = translate(found[0]) if BESIDE.search(found[0]) else found[0]
    if text in ("{", "}", "]", r"\-"):
        return "-" if text == r"\-" else f"\\{text}"
    return _ESCAPE.sub(lambda one: one[0] if one[1][0] in _ESCAPED else one[1], text)


@lru_cache(maxsize=16_384)
def _matcher(pattern: str, linear: bool) -> Callable[[Any], bool] | None:
    """The check of a pattern by the engine, or by its linear half; None where it cannot be read."""
    library = engine()
    options = {"pattern_options": library.RegexOptions()} if linear else {}
    try:
        checked = {"pattern": translate(pattern, linear=linear)}
        return library.validator_for(checked, offline=True, **options).is_valid  # type: ignore[no-any-return]
    except (library.ValidationError, ValueError):
        return None
