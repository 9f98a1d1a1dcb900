"""Media types (RFC 9110, section 8.3.1): which documented one a Content-Type belongs to, and what kind of text it is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=1024)
def essence(content_type: str) -> str:
    """`type/subtype` in lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()


@lru_cache(maxsize=1024)
def charset(content_type: str) -> str | None:
    """The charset parameter in lower case, or None."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'").lower() or None
    return None


@lru_cache(maxsize=1024)
def kind(content_type: str) -> str:
    """`json`, `xml`, `form` or `other` (structured syntax suffixes: RFC 6839)."""
    name = essence(content_type)
    if name in ("application/json", "text/json") or name.endswith("+json"):
        return "json"
    if name in ("application/xml", "text/xml") or name.endswith("+xml"):
        return "xml"
    return "form" if name == "application/x-www-form-urlencoded" else "other"


def best(content_type: str, documented: Iterable[str]) -> str | None:
    """The documented media type or range that fits best: exact, then by XML's two names, `type/*`, `*/*`."""
    name = essence(content_type)
    ranked = [(_fit(name, essence(candidate)), candidate) for candidate in documented]
    rank, found = max(ranked, default=(0, ""), key=lambda pair: pair[0])
    return found if rank else None


def _fit(name: str, candidate: str) -> int:
    if candidate == name:
        return 4
    if {candidate, name} == {"application/xml", "text/xml"}:  # RFC 7303, section 9.2: an alias
        return 3
    if candidate.endswith("/*") and candidate != "*/*":
        return 2 if name.startswith(candidate[:-1]) else 0
    return 1 if candidate == "*/*" else 0
