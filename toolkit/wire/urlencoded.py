"""Queries and form bodies as pairs of name and value (URL standard, application/x-www-form-urlencoded), both ways.

Bytes that are not UTF-8 mean one thing, percent-encoded or raw: by default each is U+FFFD, as the standard decodes them. Who
needs the bytes themselves, to sign or to refuse them, passes `errors="surrogateescape"`; `percent_encode` writes those back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

from toolkit.document.pointers import grouped
from toolkit.exchange import Request
from toolkit.wire import media_type

Pairs = Sequence[tuple[str, str]]
Stems = Mapping[str, Pairs]

MAX_FIELDS = 40_000  # of a query or form, which services refuse long before
_MOST_PARTS, _SHORT_PART = 1024, 200  # of those that are remembered as pairs
_PIECE = 1 << 16


class TooManyFields(ValueError):
    """A query or form is not read, since it has more than MAX_FIELDS; the message says so in one line."""


def refuse_many(count: int, what: str) -> None:
    """Raises TooManyFields if there are more fields than are read."""
    if count > MAX_FIELDS:
        raise TooManyFields(f"the {what} has {count:,} fields; no more than {MAX_FIELDS:,} are read")


def parse_query(query: str | bytes, errors: str = "replace") -> list[tuple[str, str]]:
    """The pairs of a query or form body, percent-decoded; a `%` that begins no escape stays one. Everything can be read that has no more
    than MAX_FIELDS pairs. Raises TooManyFields."""
    text = query if isinstance(query, str) else query.decode("utf-8", "surrogateescape")
    known = _KNOWN[errors]
    parts = [part for part in text.split("&") if part]
    refuse_many(len(parts), "query" if isinstance(query, str) else "form")
    return [known[part] for part in parts]


def split_url(text: str) -> SplitResult:
    """The parts of a URL that somebody else wrote; what is none is all path."""
    try:
        return urlsplit(text)
    except ValueError:  # half an IPv6 address, say
        return SplitResult("", "", text, "", "")


def raw_texts(query: str, name: str) -> list[str]:
    """The texts that a query or form body gives a name, percent-encoded as they stand in it."""
    split = (part.partition("=") for part in query.split("&"))
    return [text for key, _, text in split if decode(key) == name]


def decode(text: str, errors: str = "replace") -> str:
    """A name or value of a query: percent-decoded, a `+` as a space."""
    if "%" not in text and "+" not in text and text.isascii():
        return text
    data = _bytes(text.replace("+", " "))
    pieces = (data,) if len(data) <= _PIECE else _pieces(data)
    return b"".join(map(unquote_to_bytes, pieces)).decode("utf-8", errors)


def _pieces(data: bytes) -> Iterator[bytes]:
    """The data in pieces that cut no escape: reading escapes takes 80 times their size."""
    at = 0
    while at < len(data):
        end = at + _PIECE
        end -= next((back for back in (1, 2) if data[end - back : end - back + 1] == b"%"), 0)
        yield data[at:end]
        at = end


def form_pairs(request: Request, errors: str = "replace") -> list[tuple[str, str]]:
    """The fields of a form body; [] for every other body, and one whose end is lost."""
    if not request.body or request.fault or media_type.kind(request.headers.content_type) != "form":
        return []
    return parse_query(request.body, errors)


def stem(name: str) -> str:
    """What a name is before its first bracket."""
    return name.partition("[")[0]


def stems_of(pairs: Pairs) -> Stems:
    """The pairs by the stems of their names."""
    return grouped((stem(pair[0]), pair) for pair in pairs)


def build_query(pairs: Pairs) -> str:
    """Pairs as a query, percent-encoded by RFC 3986 (a space is %20)."""
    return "&".join(f"{percent_encode(name)}={percent_encode(value)}" for name, value in pairs)


def percent_encode(text: str) -> str:
    """Everything but `A-Za-z0-9-_.~` as `%XX` of its UTF-8 bytes; surrogate escapes as the bytes that they were."""
    return quote(text, safe="-_.~", encoding="utf-8", errors="surrogateescape")


class _Pairs(dict[str, tuple[str, str]]):
    """The pair that each part of a query is; short ones are remembered, since most are the same in many requests."""

    def __init__(self, errors: str) -> None:
        self.errors = errors

    def __missing__(self, part: str) -> tuple[str, str]:
        name, _, value = part.partition("=")
        pair = decode(name, self.errors), decode(value, self.errors)
        if len(part) <= _SHORT_PART:
            if len(self) >= _MOST_PARTS:
                self.clear()
            self[part] = pair
        return pair


_KNOWN = {errors: _Pairs(errors) for errors in ("replace", "surrogateescape")}


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a UTF-16 pair, as JavaScript may record it
        return text.encode("utf-8", "surrogatepass")
