"""Patterns that cannot be read, and those that engines read differently."""

from __future__ import annotations

import re
from collections.abc import Iterator

from toolkit.document.files import Node
from toolkit.review.survey import Mistake, Survey
from toolkit.schema.judge import shown
from toolkit.schema.patterns import BESIDE, is_portable, readable

_CLASS = re.compile(r"\\[pPu]\{[^}]*\}|(\\.)|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_POSIX = re.compile(r"\[[^\]]*\[:[a-z]+:\]")
_LETTERS = re.compile(r"\[[^\]]*A-z")
_LETTERS_WHY = "A-z holds [ \\ ] ^ _ and ` as well: write A-Za-z"
_BESIDE_WHY = "a hyphen beside a class such as \\w: an error with the flag u, in Python and in Rust; write \\-"
_POSIX_WHY = "a class such as [:alpha:] is of POSIX, and in ECMA-262 a set of these characters"
_DIFFERENT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (r"^\(\?[a-z]+\)", "flags at the start: ECMA-262 has none"),
        (r"\(\?P[<=]", "a group named by (?P<...>): ECMA-262 writes (?<...>)"),
        (r"(?<!\\)(?:\\\\)*[*+?}]\+", "a quantifier with + behind it: possessive in some engines, an error in others"),
        (r"\(\?>", "an atomic group: ECMA-262 has none"),
        (r"(?<!\\)(?:\\\\)*\\[AzZGhHQE]", "an escape that ECMA-262 does not have"),
        (r"\\\\[dwsDWSb.]", "a doubled backslash: this is a backslash followed by a letter"),
        (r"(?<!\\)(?:\\\\)*\\[1-9]|\\k<", "a back-reference, which engines of linear time do not have"),
        (r"\(\?<?[=!]", "look-around, which engines of linear time do not have"),
        (
            r"^\^[^|()]*\|[^()]*\$$",
            "`^` holds for the first alternative alone, and `$` for the last one: write ^(?:a|b)$",
        ),
        (r"(?<!\\)\{,\d+\}", "a count without its least number: ECMA-262 takes the braces for themselves"),
        (r"\n\Z", "a line break at its end, as blocks of YAML have: write the pattern in quotes"),
        (r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "a control character: in double quotes of YAML and JSON, \\b is one"),
    )
)


def _patterns(survey: Survey) -> Iterator[tuple[Node, str]]:
    for site in survey.of("schema"):
        for word in ("pattern", "x-text-pattern"):
            if isinstance(pattern := site.node.value.get(word), str):
                yield site.part(word), pattern
        yield from ((site.part("patternProperties", str(name)), str(name)) for name in site.map("patternProperties"))


def unread(survey: Survey) -> Iterator[Mistake]:
    for node, pattern in _patterns(survey):
        if readable(pattern) is None:
            message = f"the pattern {shown(pattern)} is none of ECMA-262, so no string is checked by it"
            yield Mistake(node, message)


def different(survey: Survey) -> Iterator[Mistake]:
    for node, pattern in _patterns(survey):
        plain = _CLASS.sub(lambda found: found[1] or ".", pattern)  # in a class parentheses and the like are characters
        of_class = _POSIX_WHY if _POSIX.search(pattern) else _LETTERS_WHY if _LETTERS.search(pattern) else ""
        is_beside = any(BESIDE.search(one[0]) for one in _CLASS.finditer(pattern))
        of_class = of_class or (_BESIDE_WHY if is_beside else "")
        why = of_class or next((why for found, why in _DIFFERENT if found.search(plain)), "")
        why = why or ("" if is_portable(pattern) else "a form that ECMA-262 does not have, or not in every edition")
        if why and readable(pattern) is not None:
            message = f"engines, or people, read the pattern {shown(pattern)} differently: {why}"
            yield Mistake(node, message)
