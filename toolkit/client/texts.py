"""Strings that match a pattern or have a format: what hypothesis draws from a regular expression, and a table of formats.

Nothing here confirms a string; whoever asks for one validates it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import count, islice
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import UUID

from toolkit.schema.patterns import compile_pattern

if TYPE_CHECKING:
    import hypothesis

_MOST_DRAWN = 24  # strings for one pattern
_FEW = 5
_LONGEST = 4000  # characters that a pattern may require
_LEAST = re.compile(r"\{(\d+)[,}]")
# Where `re` may go back in a string again and again: a group that is repeated and varies in itself, or stands behind a condition
_RISKY = re.compile(r"[*+?}][^()]{0,200}\)[*+{]|\(\?[=!<][^*+{]{0,200}\)[*+{]")
_BETWEEN = re.compile(r"\{\d+,\d*\}")
_CLASS = re.compile(r"\\([pP])\{\^?(\w+)(?:=\w+)?\}|\\.|[\[\]&|~]|\(\?<(?![=!])")
_LETTERS = {
    "Lu": "A-Z", "Ll": "a-z", "N": "0-9", "Nd": "0-9", "P": ".,;", "Pd": "-", "S": "+$", "Sc": "$", "Z": " ", "Zs": " ",
}  # fmt: skip

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
    """Some strings in which a pattern of JSON Schema (ECMA-262) is likely to match, short ones first; () if it cannot be read.

    Hypothesis confirms by `re` what it draws, which may take for ever: then any string is drawn as well, which `re` sees at once,
    and the engine confirms."""
    is_risky = bool(_RISKY.search(pattern)) or len(_BETWEEN.findall(pattern)) > _FEW - 2
    try:
        regex = re.compile(("(?s:.*)|" if is_risky else "") + _in_python(pattern), re.ASCII)
    except (re.error, RecursionError, OverflowError):
        return ()
    if any(int(least) > _LONGEST for least in _LEAST.findall(pattern)):
        return ()
    most = 8 * _MOST_DRAWN if is_risky else _MOST_DRAWN
    drawn = _draw(regex, seed, most, plain=True) or _draw(regex, seed, most, plain=False)
    drawn = list(islice(filter(compile_pattern(pattern), drawn), _MOST_DRAWN)) if is_risky else drawn
    if len(set(drawn)) < _FEW and not pattern.endswith("$"):
        drawn += [text + more for text in drawn[:1] for more in islice(plain_texts(1, 9), _MOST_DRAWN)]
    return tuple(sorted(dict.fromkeys(drawn), key=len))


def _in_python(pattern: str) -> str:
    """The pattern in the grammar of `re`, Unicode properties as a few of their characters."""
    made, at, inside = "", 0, False
    for match in _CLASS.finditer(pattern):
        found = match[0]
        made += pattern[at : match.start()]
        at = match.end()
        if match[2]:
            members = _LETTERS.get(match[2], _LETTERS.get(match[2][:1], "A-Za-z"))
            members = members if match[1] == "p" else "0-9" if "a-z" in members.lower() else "a-z"
            made += members if inside else f"[{members}]"
        else:
            is_plain = inside and found in "[&|~"  # which `re` warns of
            made += "(?P<" if found == "(?<" else f"\\{found}" if is_plain else found
        inside = found == "[" or (inside and found != "]")
    made += pattern[at:]
    return made[:-1] + r"\Z" if made.endswith("$") and not made.endswith(r"\$") else made


def _draw(regex: re.Pattern[str], seed: int, most: int, *, plain: bool) -> list[str]:
    """What hypothesis draws, the same for the same seed; of printable ASCII where `plain`."""
    import hypothesis
    from hypothesis import strategies

    found: list[str] = []
    letters = strategies.characters(min_codepoint=33, max_codepoint=126)
    with quiet_storage():
        try:
            strategy = strategies.from_regex(regex, fullmatch=True, alphabet=letters if plain else None)

            @hypothesis.seed(seed)
            @quiet_settings(most)
            @hypothesis.given(strategy)
            def draw(text: str) -> None:
                found.append(text)

            draw()
        except (hypothesis.errors.HypothesisException, ValueError, RecursionError):
            pass  # what was drawn before is worth trying
    return found


def quiet_settings(most: int, *, shrinks: bool = False) -> hypothesis.settings:
    """Of Hypothesis: so many examples, as they come, and nothing kept or said of them."""
    import hypothesis

    return hypothesis.settings(
        max_examples=most,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink)[: 1 + shrinks],
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
        print_blob=False,
    )


@contextmanager
def quiet_storage() -> Iterator[None]:
    """Hypothesis caches tables of characters and constants in the working directory; here, in one that is removed, or in the
    one that Hypothesis' own variable names."""
    from hypothesis.configuration import set_hypothesis_home_dir

    if os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY"):
        yield
        return
    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
