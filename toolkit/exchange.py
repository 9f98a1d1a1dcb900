"""HTTP messages as values (RFC 9110): requests, responses, and the exchanges that they make up.

A body is `bytes` without any content coding, or None if none was recorded. Nothing here reads, sends or validates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from toolkit.structs import Frozen

NO_DECODER = "this installation cannot undo the content coding "
"""How the `fault` of a response begins whose body is sound, as far as is known, and needs a package that is not installed."""
LACKS = "the recording lacks "
"""How the `fault` of a message begins whose body, or a part of it, the recorder did not keep."""
EXCERPT = f"{LACKS}what its consumer does not need"
"""The `fault` of a response that may have more header fields, and in whose body, if it is known, each object may have more properties
and each array more items."""

Key = tuple[str, str]
"""Location (path, query, header or cookie) and name of a parameter, or of a pair on the wire."""


class _Field(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...


class Headers:
    """Header fields in the order received, as pairs of name and value; immutable. Names compare without regard to case (RFC 9110, section 5.1)."""

    __slots__ = ("_fields", "_pairs")
    _fields: Sequence[_Field]
    _pairs: tuple[tuple[str, str], ...] | None

    def __init__(self, pairs: tuple[tuple[str, str], ...] = ()) -> None:
        self._pairs = pairs

    @staticmethod
    def of(pairs: Iterable[tuple[str, str]]) -> Headers:
        return Headers(tuple(pairs))

    @staticmethod
    def of_fields(fields: Sequence[_Field]) -> Headers:
        """From fields as HAR has them. Pairs are made when first needed."""
        headers = Headers.__new__(Headers)
        headers._fields, headers._pairs = fields, None
        return headers

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All fields but the pseudo-header fields of HTTP/2 (RFC 9113, section 8.3); values of several lines, as Chrome's
        protocol joins them, are fields of their own."""
        if self._pairs is None:
            pairs: list[tuple[str, str]] = []
            for one in self._fields:
                name, value = one.name, one.value
                if not name.startswith(":"):
                    pairs += [(name, line) for line in _lines(value)] if "\n" in value else ((name, value),)
            self._pairs = tuple(pairs)
        return self._pairs

    def unless_empty(self, known: Mapping[tuple[str, str], Sequence[str]]) -> list[tuple[str, str]]:
        """The fields but those for which what is known is empty, each line of a value by itself."""
        if self._pairs is not None:
            return [pair for pair in self._pairs if known.get(pair, True)]
        left = [pair for one in self._fields if known.get(pair := (one.name, one.value), True)]
        return [(name, line) for name, value in left for line in _lines(value)]

    def get(self, name: str) -> str | None:
        """The first value of the field, or None."""
        wanted = name.lower()
        if self._pairs is None:
            for field in self._fields:
                if field.name.lower() == wanted:
                    value = field.value
                    return _lines(value)[0] if "\n" in value else value
            return None
        for key, value in self._pairs:
            if key.lower() == wanted:
                return value
        return None

    def get_all(self, name: str) -> list[str]:
        """Every value of a field, which may be repeated, as Set-Cookie is."""
        wanted = name.lower()
        return [value for key, value in self.pairs if key.lower() == wanted]

    @property
    def content_type(self) -> str:
        """The value of Content-Type; '' where there is none."""
        return self.get("content-type") or ""

    @property
    def cookies(self) -> list[tuple[str, str]]:
        """Names and values of the cookies in a request, as they are written (RFC 6265, section 4.2.1)."""
        pieces = (piece.strip().partition("=") for field in self.get_all("cookie") for piece in field.split(";"))
        return [(name, value) for name, found, value in pieces if name or found]

    @property
    def set_cookies(self) -> list[tuple[str, str]]:
        """Names and values of the cookies that a response sets (RFC 6265, section 5.2)."""
        pairs = (field.partition(";")[0].partition("=") for field in self.get_all("set-cookie"))
        return [(name.strip(), value.strip()) for name, _, value in pairs]

    def with_cookies(self, pairs: Iterable[tuple[str, str]]) -> Headers:
        """A copy with these cookies alone, in one field."""
        return self.replaced("Cookie", "; ".join(f"{name}={value}" for name, value in pairs) or None)

    def replaced(self, name: str, value: str | None) -> Headers:
        """A copy in which the field has this one value, or is absent if the value is None."""
        kept = tuple(pair for pair in self.pairs if pair[0].lower() != name.lower())
        return Headers(kept if value is None else (*kept, (name, value)))

    def __eq__(self, other: object) -> bool:
        return self.pairs == other.pairs if isinstance(other, Headers) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"Headers(pairs={self.pairs!r})"


def _lines(value: str) -> Sequence[str]:
    return [line.strip() for line in value.split("\n")] if "\n" in value else (value,)


class Request(Frozen):
    """A request. `url` is absolute, or a path with its query if the host is not known. Where it has variables, a `{{name}}` in the
    URL or in a header field stands for a value that is not on record. `fault` is that of a response."""

    method: str
    url: str
    headers: Headers = Headers()
    body: bytes | None = None
    has_variables: bool = False
    fault: str | None = None


class Response(Frozen):
    """A response. `fault` says why a recorded body could not be restored (a corrupt gzip stream, say), or that its end is lost: then `body` is what
    there is of it. Of one that is `partial` no header fields were recorded; what stands in their place is known otherwise."""

    status: int
    headers: Headers = Headers()
    body: bytes | None = None
    fault: str | None = None
    partial: bool = False


class Exchange(Frozen):
    """A request with its response, either of which may be None (unknown), and `source`, the place it was read from.

    `operation` is the operationId if the caller knows it (a bare body has no request to find it by); `seconds` is the time from sending the request
    to receiving the response, and `started` the time of sending it (since the epoch, or as a recording writes it), if they were recorded. A request
    is `blameless` if it was sent to try a service, so that what is wrong with it is meant; a refusal, if it is due to overload, or to a state that
    the trials changed before. `masked` are the values that stand in the place of secrets. It is `without_cookies` if the recorder leaves out cookies
    and credentials. Of a stub that matches many requests, `pattern` is what it matches them by, and `unnamed` are the locations in which they may
    have more parameters.
    """

    request: Request | None
    response: Response | None
    source: str = ""
    operation: str | None = None
    seconds: float | None = None
    started: float | str | None = None
    blameless: bool = False
    masked: tuple[str, ...] = ()
    without_cookies: bool = False
    pattern: str = ""
    unnamed: tuple[str, ...] = ()


class Unreadable(Frozen):
    """A record that should hold an exchange and does not; reading goes on after it."""

    source: str
    reason: str


Record = Exchange | Unreadable
Send = Callable[[Request], Response]
