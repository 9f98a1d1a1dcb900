"""Media types (RFC 9110, section 8.3.1): which documented one a Content-Type belongs to, and what kind of text it is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from toolkit.document.encodings import charset_of


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
def other_charset(content_type: str) -> str | None:
    """The codec of the charset parameter, where it names a known charset that is not UTF-8."""
    name = charset_of(charset(content_type) or "utf-8")
    return name if name != "utf-8" else None


_NAMED = {
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
    "application/stream+json": "other",  # one JSON text on each line
}


@lru_cache(maxsize=1024)
def kind(content_type: str) -> str:
    """`json`, `xml`, `form`, `multipart` or `other` (structured syntax suffixes: RFC 6839)."""
    name = essence(content_type)
    if name in _NAMED:
        return _NAMED[name]
    if name in ("application/json", "text/json") or name.endswith("+json"):
        return "json"
    if name in ("application/xml", "text/xml") or name.endswith("+xml"):
        return "xml"
    return "other"


def readable_type(content_type: str, documented: str) -> str:
    """The media type by which a body is read: its own, unless only the documented one is of a kind known here."""
    return content_type if kind(content_type) != "other" else documented


def best(content_type: str, documented: Iterable[str]) -> str | None:
    """The documented media type or range that fits best: exact, then by XML's two names, `type/*`, `*/*`; of several
    that differ in parameters alone, the one that differs least."""
    own, parameters = essence(content_type), _parameters(content_type)
    ranked = [(_fit(own, essence(one)), -len(parameters ^ _parameters(one)), one) for one in documented]
    rank, _, found = max(ranked, default=(0, 0, ""), key=lambda triple: triple[:2])
    return found if rank else None


@lru_cache(maxsize=1024)
def _parameters(content_type: str) -> frozenset[str]:
    """`name=value` of each parameter that distinguishes formats."""
    found = (part.strip().lower().replace('"', "") for part in content_type.split(";")[1:])
    return frozenset(part for part in found if part and not part.startswith(("charset=", "boundary=")))


def _fit(name: str, candidate: str) -> int:
    if candidate == name:
        return 4
    if {candidate, name} == {"application/xml", "text/xml"}:  # RFC 7303, section 9.2: an alias
        return 3
    if candidate.endswith("/*") and candidate != "*/*":
        return 2 if name.startswith(candidate[:-1]) else 0
    return 1 if candidate == "*/*" else 0
