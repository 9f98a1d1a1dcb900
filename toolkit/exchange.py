"""HTTP as frozen values (RFC 9110): what was asked, what was answered, and where the record of it stands.

A body is `bytes` after every Content-Encoding has been taken off, or None where none was recorded.
Nothing here reads, sends or judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in the order received; names compare without case (RFC 9110, section 5.1)."""

    pairs: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of(pairs: Iterable[tuple[str, str]]) -> Headers:
        return Headers(tuple(pairs))

    def get(self, name: str) -> str | None:
        """The first value of the field, or None."""
        wanted = name.lower()
        for key, value in self.pairs:
            if key.lower() == wanted:
                return value
        return None

    def get_all(self, name: str) -> list[str]:
        """Every value of a field that may be repeated, such as Set-Cookie."""
        wanted = name.lower()
        return [value for key, value in self.pairs if key.lower() == wanted]

    def replaced(self, name: str, value: str | None) -> Headers:
        """A copy in which the field has this one value, or is absent where the value is None."""
        kept = tuple(pair for pair in self.pairs if pair[0].lower() != name.lower())
        return Headers(kept if value is None else (*kept, (name, value)))


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `url` is absolute, or a path with its query where the host is not known."""

    method: str
    url: str
    headers: Headers = Headers()
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `fault` says why a recorded body could not be restored (a corrupt gzip stream, say)."""

    status: int
    headers: Headers = Headers()
    body: bytes | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its response, either of which may be unknown, and the place it was read from.

    `operation` is the operationId where the caller knows it (a bare body has no request to tell it);
    `seconds` is the time from the request sent to the answer received, where it was recorded.
    """

    request: Request | None
    response: Response | None
    source: str = ""
    operation: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that should hold an exchange and does not; the reader goes on behind it."""

    source: str
    reason: str


Record = Exchange | Unreadable
Send = Callable[[Request], Response]
