"""What stands in the place of secrets, how they may be written, and where a text repeats them."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote

SHORT, _FEW = 6, 100
LONG = 1 << 16  # characters: a longer one is not looked for as it would be encoded, which takes 80 times its size
UNESCAPED = re.compile(r"[A-Za-z0-9_.~-]*")  # what is written in one way only
_UNQUOTED = re.compile(r"[\w.~%+/=-]*", re.ASCII)  # what JSON and Python write as it is
_WORDS = ("true", "false", "null")
_DIGIT, _MOMENT = re.compile(r"\d"), re.compile(r"[\dTZ:.+-]+")
_OPAQUE = re.compile(r"(?<=/)(?=[^/?#]*\d)(?=[^/?#]*[A-Za-z])[A-Za-z0-9_~=+.%-]{12,}")


def shown(secret: str) -> str:
    """What is shown in place of a secret."""
    return "***" if secret else secret


def stand_in(secret: str) -> str:
    """What is kept in place of a secret: letters for letters, digits for digits, and the signs that join them, so that numbers, moments,
    UUIDs, addresses and the like stay such."""
    if secret in _WORDS:
        return secret
    return _DIGIT.sub("1", secret) if _MOMENT.fullmatch(secret) else "".join(map(_sign, secret))


def _sign(sign: str) -> str:
    if sign.isdigit():
        return "1"
    if sign.isalpha():
        return "A" if sign.isupper() else "a"
    return sign if sign in "-_.~/+=:, @" else "*"


@dataclass(frozen=True, slots=True)
class Repeats:
    """Secrets, the longest first, to be found wherever a text repeats them. `lengths` are those of the secrets by their first
    characters, so that the time does not grow with the product of their number and the text."""

    ordered: tuple[str, ...]
    whole: frozenset[str]
    lengths: dict[str, list[int]]

    @staticmethod
    def of(secrets: set[str]) -> Repeats:
        ordered = tuple(sorted(secrets, key=len, reverse=True))
        lengths: dict[str, dict[int, None]] = {}
        for secret in ordered:
            lengths.setdefault(secret[:SHORT], {})[len(secret)] = None
        return Repeats(ordered, frozenset(secrets), {start: list(known) for start, known in lengths.items()})

    def clean(self, text: str) -> str:
        """The text with stand-ins for what it repeats."""
        if len(self.ordered) > _FEW:
            return "".join(self._pieces(text))
        for secret in self.ordered:
            text = text.replace(secret, stand_in(secret)) if secret in text else text
        return text

    def _pieces(self, text: str) -> Iterator[str]:
        at = last = 0
        while at < len(text):
            sizes = self.lengths.get(text[at : at + SHORT], ())
            size = next((size for size in sizes if text[at : at + size] in self.whole), 0)
            if size:
                yield text[last:at]
                yield stand_in(text[at : at + size])
                last = at + size
            at += size or 1
        yield text[last:]


def shown_path(path: str) -> str:
    """The path of a URL that no contract describes: segments that look made by a machine may be secrets."""
    return _OPAQUE.sub("***", path)


def from_base64(text: str) -> str:
    try:
        return b64decode(text + "==").decode("utf-8", "replace")
    except ValueError:
        return ""


@lru_cache(maxsize=128)
def in_base64(value: str) -> tuple[str, ...]:
    """What Base64 that holds a secret has of it, in both alphabets, wherever in the three bytes of a group the secret begins."""
    if not SHORT <= len(value) <= LONG:
        return ()
    data = value.encode("utf-8", "replace")
    made = [b64encode(bytes(gap) + data)[gap + (gap > 0) : (gap + len(data)) * 8 // 6].decode() for gap in range(3)]
    return tuple({*made, *(one.replace("+", "-").replace("/", "_") for one in made)})


def writings(value: str) -> set[str]:
    """A secret as messages, URLs and reports may write it."""
    if len(value) > LONG:
        return {value}
    if UNESCAPED.fullmatch(value):
        return {value}
    if _UNQUOTED.fullmatch(value):
        return {value, unquote(value), quote(value, safe=""), quote(value)}
    clean = value.encode("utf-8", "replace").decode()
    return {
        value, unquote(value), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1],
        quote(clean, safe=""), quote_plus(clean), quote(clean),
    }  # fmt: skip
