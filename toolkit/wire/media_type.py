"""Media types (RFC 9110, section 8.3.1): which documented one a Content-Type belongs to, and what kind of text it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from toolkit.document.encodings import charset as charset
from toolkit.document.encodings import charset_of, stated_codec

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
"""A word of a header field, such as its name (RFC 9110, section 5.6.2)."""


@lru_cache(maxsize=1024)
def essence(content_type: str) -> str:
    """`type/subtype` in lower case, without parameters. A field that was sent twice with one media type, and joined by a
    comma or a line break, is that media type (RFC 9110, section 5.3)."""
    whole = content_type.partition(";")[0].strip().lower()
    if "," not in whole and "\n" not in whole:
        return whole
    each = {part.partition(";")[0].strip().lower() for part in re.split("[,\n]", content_type)}
    return each.pop() if len(each) == 1 else whole


def is_html(content_type: str) -> bool:
    return essence(content_type) == "text/html"


@lru_cache(maxsize=1024)
def other_charset(content_type: str) -> str | None:
    """The codec of the charset parameter, where it names a known charset that is not UTF-8."""
    name = charset_of(charset(content_type) or "utf-8")
    return name if name != "utf-8" else None


_NAMED = {
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
    **dict.fromkeys(("application/stream+json", "application/x-json-stream", "text/event-stream"), "stream"),
    **dict.fromkeys(("application/jsonl", "application/x-jsonl", "application/json-lines", "text/jsonl"), "stream"),
    **dict.fromkeys(("application/jsonlines", "application/x-jsonlines"), "stream"),
    **dict.fromkeys(("application/ndjson", "application/x-ndjson", "text/x-ndjson", "application/json-seq"), "stream"),
}


@lru_cache(maxsize=1024)
def kind(content_type: str) -> str:
    """`json`, `xml`, `form`, `multipart`, `stream` or `other` (structured syntax suffixes: RFC 6839, RFC 8091)."""
    name = essence(content_type)
    if name in _NAMED:
        return _NAMED[name]
    if name in ("application/json", "text/json") or name.endswith("+json"):
        return "json"
    if name in ("application/xml", "text/xml") or name.endswith("+xml"):
        return "xml"
    return "stream" if name.endswith("+json-seq") else "other"


def concrete(documented: str, *, structured: bool = True) -> str:
    """A media type that a documented range covers; one that is no range as it is. `structured`: of a value that JSON holds."""
    name = essence(documented)
    if "*" not in name:
        return documented
    if "/*+" in name:
        return name.replace("*", "vnd.example")
    return _OF_RANGE.get(name.partition("/")[0], "application/json" if structured else "application/octet-stream")


_OF_RANGE = {"text": "text/plain", "image": "image/png", "audio": "audio/mpeg", "video": "video/mp4"}


def readable_type(content_type: str, documented: str) -> str:
    """The media type by which a body is read: its own, unless only the documented one is of a kind known here."""
    return documented if kind(content_type) == "other" != kind(documented) else content_type


def best(content_type: str, documented: Iterable[str]) -> str | None:
    """The documented media type or range that fits best: exact, then by XML's two names, `type/*+suffix`, `type/*`, `*/*`; of several that differ in
    parameters alone, the one that differs least; one with another value of a parameter, as of `version`, is none of them."""
    own, parameters = essence(content_type), _parameters(content_type)
    both = ((one, parameters | _parameters(one)) for one in documented) if parameters else ()
    agreeing = [one for one, every in both if len({part.partition("=")[0] for part in every}) == len(every)]
    fitting = agreeing if parameters else documented
    ranked = [(_fit(own, essence(one)), -len(parameters ^ _parameters(one)), one) for one in fitting]
    rank, _, found = max(ranked, default=(0, 0, ""), key=lambda triple: triple[:2])
    return found if rank else None


_LOOKS = {"json": rb"[{\[]", "xml": rb"<", "multipart": rb"--\S", "form": rb"[^\s=&{}<]+=\S*\Z"}


def guessed(data: bytes, documented: Iterable[str]) -> str:
    """A media type for a body without one: the first documented of the kind that the body looks like, or else the first."""
    names, text = list(documented), data.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    looks = [form for form, pattern in _LOOKS.items() if re.match(pattern, text)]
    return next((name for name in names if kind(name) in looks), next(iter(names), ""))


def are_versions(one: str, other: str) -> bool:
    """Whether both name a format or a charset by parameters, and not the same one: `version=1` and `version=2`."""
    own, its = _parameters(one), _parameters(other)
    charsets = {stated_codec(name) for name in (one, other)}
    return (bool(own and its) and own != its) or (len(charsets) == 2 and None not in charsets)


@lru_cache(maxsize=1024)
def _parameters(content_type: str) -> frozenset[str]:
    """`name=value` of each parameter that distinguishes formats."""
    found = (part.strip().lower().replace('"', "") for part in content_type.split(";")[1:])
    return frozenset(part for part in found if part and not part.startswith(("charset=", "boundary=")))


def shown(content_type: str) -> str:
    """The media type with the parameters that distinguish formats."""
    return "; ".join((essence(content_type), *sorted(_parameters(content_type))))


def _fit(name: str, candidate: str) -> int:
    """How closely a media type or range fits. `application/*+json` is no range of RFC 9110; frameworks write it."""
    if candidate == name:
        return 5
    if {candidate, name} == {"application/xml", "text/xml"}:  # RFC 7303, section 9.2: an alias
        return 4
    if candidate == "*/*":
        return 1
    start, star, suffix = candidate.partition("/*")
    if not star or not name.startswith(start + "/"):
        return 0
    return 2 if not suffix else 3 if suffix.startswith("+") and name.endswith(suffix) else 0
