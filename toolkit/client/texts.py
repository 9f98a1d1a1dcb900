"""Strings that match a pattern or have a format: what is drawn from the tree of a pattern, and a table of formats.

Whoever asks for a string of a format validates it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain, count, islice
from random import Random
from uuid import UUID

from toolkit.schema.patterns import Grouped, Item, Piece, Repeated, compile_pattern, parsed

_MOST_TEXTS, _MOST_TRIES = 24, 96  # strings for one pattern, and those that are drawn for them
_MORE = 3  # repetitions, than there must be
_LONGEST = 4000  # characters that a pattern may require
_FLAGS = re.compile(r"\(\?[a-z]+\)")  # of other languages, which the engine knows
_PLAIN = "".join(map(chr, range(33, 127)))
_FOREIGN = "\u00e9\u00c9\u00df\u03b1\u0416\u05d0\u0627\u0915\u0e01\u3042\u6f22\uac00\u0660\u20ac\u00a0"

_SHOWING = re.compile(
    r"\be\. ?g\.|\b(?:for (?:example|instance)|examples?|such as|one of"
    r"|((?:accepted|allowed|available|permitted|possible|supported|valid) (?:options|values)))(?![^\s:,;(])",
    re.IGNORECASE,
)
_TAKEN = (
    r"(?:[\s:,;/|(]|\b(?:or|and|is|are|the|include)\b|<(?!code>)[^<>\n]*>)*+"
    r"(?:`+([^`\n]+)`+|<code>([^<\n]+)</code>|\"([^\"\n]+)\"|\u201c([^\u201d\n]+)\u201d|\u2018([^\u2019\n]+)\u2019|'([^'\n]+)'"
    r"|((?=\S*[\d@:/_-]|[A-Z]{2})[^\s,;()'\"`<]*[^\W_])%s)"
)
_SHOWN = re.compile(_TAKEN % "")
_LISTED = re.compile(_TAKEN % r"|(\w+)(?=\s*(?:[,;|.)]|$)|\s+(?:and|or)\b)")  # which may be plain words

Text = Callable[[int], str]
"""A string for a number from 0, for each another one."""

FORMATS: dict[str, Text] = {
    "date-time": lambda n: f"2026-01-{n % 28 + 1:02}T00:00:00Z",
    "date": lambda n: f"2026-01-{n % 28 + 1:02}",
    "time": lambda n: f"{n % 24:02}:00:00Z",
    "duration": lambda n: f"P{n + 1}D",
    **dict.fromkeys(("email", "idn-email"), lambda n: f"a{n or ''}@example.com"),
    **dict.fromkeys(("hostname", "idn-hostname"), lambda n: f"a{n or ''}.example.com"),
    "ipv4": lambda n: f"192.0.2.{n % 250 + 1}",
    "ipv6": lambda n: f"2001:db8::{n % 9000 + 1}",
    **dict.fromkeys(("uri", "url", "iri"), lambda n: f"http://example.com/{n or ''}"),
    **dict.fromkeys(("uri-reference", "iri-reference"), lambda n: f"/a{n or ''}"),
    "uri-template": lambda n: f"/a{n or ''}/{{id}}",
    "uuid": lambda n: str(UUID(int=n + 1, version=4)),
    "json-pointer": lambda n: f"/a{n or ''}",
    "relative-json-pointer": lambda n: f"{n}/a",
    "regex": lambda n: "a" * (n + 1),
    "byte": lambda n: ("YWJj", "YWJjZGVm", "YQ==", "YWI=")[n % 4],
    "decimal": lambda n: str(n + 1),
}  # fmt: skip


def shown_texts(prose: str) -> Iterator[str]:
    """The strings that a description shows, as in `(e.g. "example.com.")`: quoted ones, and bare ones that are no words or stand in a list."""
    for showing in _SHOWING.finditer(prose):
        end, shown = showing.end(), _LISTED if showing[1] else _SHOWN
        while found := shown.match(prose, end):
            yield next(filter(None, found.groups()))
            end = found.end()


def plain_texts(low: int, high: int, start: int = 0) -> Iterator[str]:
    """Short strings of letters in this range of lengths; from a start on, others than the first ones."""
    for number in count(start):
        text = "a" if not number else f"a{_letters(number)}"
        if len(text) > high:
            text = text[-high:] if high else ""
        yield text + "a" * (low - len(text))


def _letters(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, 26)
        text = chr(97 + rest) + text
    return text


@lru_cache(maxsize=512)
def matching_texts(pattern: str, seed: int = 0) -> tuple[str, ...]:
    """Some strings in which a pattern of JSON Schema (ECMA-262) matches, short ones first; () where none is found."""
    try:
        tree = parsed(_FLAGS.sub("", pattern))
    except ValueError:
        return ()
    drawn = [list(islice(_draw(tree, Random(f"{seed} {number}")), _LONGEST + 1)) for number in range(_MOST_TRIES)]
    texts = ["".join(one) for one in drawn if len(one) <= _LONGEST]
    more = (texts[0] + text for text in islice(plain_texts(1, 9), _MOST_TEXTS) if texts)
    found = islice(filter(compile_pattern(pattern), dict.fromkeys(chain(texts, more))), _MOST_TEXTS)
    return tuple(sorted(found, key=len))


def _draw(item: Item, random: Random) -> Iterator[str]:
    """The pieces of a string for a pattern, to be confirmed: what has to be ahead is at the end or nowhere, and no group is repeated."""
    yield ""
    if isinstance(item, Repeated):
        least, most = item.by.least, item.by.most
        longest = least + _MORE if most is None else min(most, least + _MORE)
        for _ in range(random.randint(least, longest)):
            yield from _draw(item.item, random)
    elif isinstance(item, Grouped) and item.mark in ("", "(", "(?:", "(?="):
        for one in sorted(random.choice(item.options), key=_is_ahead):
            if not _is_ahead(one) or random.random() < 0.5:
                yield from _draw(one, random)
    elif isinstance(item, Piece) and item.kind == "character":
        yield random.choice(_characters(item))


def _is_ahead(item: Item) -> bool:
    return isinstance(item, Grouped) and item.mark == "(?="


@lru_cache(maxsize=4096)
def _characters(piece: Piece) -> str:
    """Characters that may stand at a place of a pattern: letters and digits where there are some."""
    if piece.ranges is None:  # which only the engine knows
        known = "".join(filter(compile_pattern(f"^{piece.text}$"), _PLAIN + _FOREIGN))
    else:
        known = "".join(one for one in _PLAIN if any(low <= ord(one) <= high for low, high in piece.ranges))
        known = known or "".join(chr(low) for low, _ in piece.ranges if not 0xD800 <= low < 0xE000)
    return "".join(filter(str.isalnum, known)) or known or "a"
