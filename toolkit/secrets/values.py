"""What stands in the place of secrets, how they may be written, and where a text repeats them."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import TypeVar
from urllib.parse import quote, quote_plus, unquote

from toolkit.exchange import Headers, Request, Response
from toolkit.structs import Frozen, replace

SHORT, _FEW = 6, 100
LONG = 1 << 16  # characters: a longer one is not looked for as it would be encoded, which takes 80 times its size
UNESCAPED = re.compile(r"[A-Za-z0-9_.~-]*")  # what is written in one way only
_UNQUOTED = re.compile(r"[\w.~%+/=-]*", re.ASCII)  # what JSON and Python write as it is
Message = TypeVar("Message", Request, Response)
_WORDS = ("true", "false", "null")
_NO_BYTE = re.compile("[\ud800-\udc7f]")  # a surrogate that stands for none
_decoded = json.JSONDecoder(strict=False).decode
_JOINING = "-_.~/+=:, @"
_DIGIT, _MOMENT = re.compile(r"\d"), re.compile(r"[\dTZ:.+-]+")
_PUT = re.compile(rf"[aA1*{re.escape(_JOINING)}]{{{SHORT - 1}}}")  # of a stand-in
_ORDINARY = re.compile(r"[A-Za-z]?[a-z]{,11}|[A-Z]{,12}|[0-9]{,12}")  # a word or a number
_TOKEN_START = re.compile(
    r"(?<!\w)(?<!\w-)(?<!\d\.(?=\d))|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2})|(?<=\\[abfnrtv])|(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9A-Fa-f]{4})"
)
_TOKEN_END = re.compile(r"(?!\w|-\w|(?<=\d)\.\d)")
_OPAQUE = re.compile(r"(?<=/)(?=[^/?#]*\d)(?=[^/?#]*[A-Za-z])[A-Za-z0-9_~=+.%-]{12,}")


def shown(secret: str) -> str:
    """What is shown in place of a secret."""
    return secret and "***"


def stand_in(secret: str) -> str:
    """What is kept in place of a secret: letters for letters, digits for digits, and the signs that join them, so that numbers, moments,
    UUIDs, addresses and the like stay such."""
    if secret in _WORDS:
        return secret
    return _DIGIT.sub("1", secret) if _MOMENT.fullmatch(secret) else secret.translate(_SIGNS)


def without(text: str, secret: str, put: str) -> str:
    """The text with `put` wherever it repeats a secret."""
    if secret not in text or not secret:
        return text
    return re.sub(re.escape(secret), lambda at: put if _is_repeated(secret, text, at.start()) else secret, text)


def _is_repeated(secret: str, text: str, at: int) -> bool:
    """Whether a text that has a secret at a place repeats it: what is short, a word or a number is a token by itself, which `form` is not
    in `form-data`, nor `Secret` in `GetSecretReport`, nor `0.0` in `127.0.0.1`."""
    if len(secret) >= SHORT and not _ORDINARY.fullmatch(secret):
        return True
    return bool(_TOKEN_START.match(text, at) and _TOKEN_END.match(text, at + len(secret)))


class _Signs(dict[int, str]):
    """What stands in place of each sign, made when first asked for."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        letter = ("A" if sign.isupper() else "a") if sign.isalpha() else "*"
        self[code] = "1" if sign.isdigit() else sign if sign in _JOINING else letter
        return self[code]


_SIGNS = _Signs()


class Repeats(Frozen):
    """Secrets, the longest first, to be found wherever a text repeats them. Of many, `lengths` are those of the secrets by their first
    characters, and `starts` finds where one may begin, so that the time does not grow with the product of their number and the text."""

    ordered: tuple[str, ...]
    whole: frozenset[str]
    lengths: dict[str, list[int]]
    starts: re.Pattern[str] | None

    @staticmethod
    def of(secrets: set[str]) -> Repeats:
        ordered = tuple(sorted(secrets, key=len, reverse=True))
        lengths: dict[str, dict[int, None]] = {}
        for secret in [one for one in ordered if len(one) >= SHORT]:
            lengths.setdefault(secret[:SHORT], {})[len(secret)] = None
        known = {start: list(sizes) for start, sizes in lengths.items()}
        return Repeats(ordered, frozenset(secrets), known, _starts(known) if len(ordered) > _FEW else None)

    def clean(self, text: str) -> str:
        """The text with stand-ins for what it repeats."""
        if self.starts:
            return "".join(self._pieces(self.starts, text))
        for secret in self.ordered:
            text = without(text, secret, stand_in(secret)) if secret in text else text
        return text

    def _pieces(self, starts: re.Pattern[str], text: str) -> Iterator[str]:
        last = 0
        for found in starts.finditer(text):
            if (at := found.start()) < last or not (sizes := self.lengths.get(text[at : at + SHORT])):
                continue
            written = (text[at : at + size] for size in sizes)
            if size := next((len(one) for one in written if one in self.whole and _is_repeated(one, text, at)), 0):
                yield text[last:at]
                yield stand_in(text[at : at + size])
                last = at + size
        yield text[last:]


def without_repeats(message: Message, repeats: Repeats) -> Message:
    """The request or response with header fields and body that do not repeat secrets."""
    body = message.body
    if body and repeats.ordered:
        text = body.decode("utf-8", "surrogateescape")
        if (cleaned := repeats.clean(text)) != text:
            body = cleaned.encode("utf-8", "replace" if _NO_BYTE.search(cleaned) else "surrogateescape")
    headers = Headers.of((repeats.clean(name), repeats.clean(value)) for name, value in message.headers.pairs)
    return replace(message, headers=headers, body=body)


def _starts(known: Collection[str]) -> re.Pattern[str]:
    """Where one of several texts of SHORT characters may be, by the signs that each of the characters is; stand-ins are passed over quickly."""
    first, *others = (f"[{re.escape(''.join({start[at] for start in known}))}]" for at in range(SHORT))
    not_put = "" if any(_PUT.fullmatch(start, 1) for start in known) else f"(?!{_PUT.pattern})"
    return re.compile(f"{first}(?={''.join(others)}){not_put}", re.DOTALL)


def shown_path(path: str) -> str:
    """The path of a URL that no contract describes: segments that look made by a machine may be secrets."""
    return _OPAQUE.sub("***", path)


def replaced(found: re.Match[str], group: str, made: str) -> str:
    """What a pattern has found, with something else in the place of one group."""
    start, end = (at - found.start() for at in found.span(group))
    return found[0][:start] + made + found[0][end:]


def in_quotes(token: str) -> str:
    """What a string of JSON says, or a part of one."""
    try:
        return str(_decoded(token))
    except ValueError:
        return token.strip('"')


def from_base64(text: str) -> str:
    """The text that Base64 of either alphabet says; '' for what is none."""
    try:
        return b64decode(text.replace("-", "+").replace("_", "/") + "==").decode()
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
