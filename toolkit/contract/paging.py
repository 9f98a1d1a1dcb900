"""Parameters that cut a list into pages, sort it, or say how it is shown, told by their names, and the Link header field (RFC 8288).
A name is no promise: what follows from it has to be tried."""

from __future__ import annotations

import re
from collections.abc import Iterable

from toolkit.document.names import bare_name
from toolkit.exchange import Headers

INPUTS = {
    "page": {"page", "pagenumber", "pageno", "pagenum", "pageindex", "currentpage"},
    "offset": {"offset", "skip", "start", "startindex", "from"},
    "limit": {
        "limit", "size", "pagesize", "perpage", "count", "take", "top", "maxresults", "maxitems", "pagelimit", "rows",
    },
    "cursor": {
        "cursor", "after", "pagetoken", "nexttoken", "continuationtoken", "startingafter", "marker", "nextcursor", "afterid", "sinceid", "startafter",
        "continue", "continuation",
    },
}  # fmt: skip
"""What a parameter is for, as the entries of `x-speakeasy-pagination` name it, and the plain names of such parameters."""

WORDS = {
    "limit": {"limit", "size", "per", "max", "top"},
    "cursor": {"cursor", "after", "marker", "token"},
    "offset": {"offset", "skip"},
    "any": {"limit", "page", "offset", "cursor", "size", "per", "first", "after", "before", "skip", "top", "max", "marker"},
    "next": {"next", "cursor", "more", "token", "marker"},
    "total": {"total", "count"},
}  # fmt: skip
"""The same by single words of a name, where more have to be tried than are sure; `next` and `total` are words of properties."""

NAMES_OF_NEXT = {"nextcursor", "nextpagetoken", "nexttoken", "nextmarker", "continuationtoken", "endcursor"}
"""The plain names of properties that hold the cursor of the next page."""

NAMES_OF_TOTAL = {"total", "totalcount", "totalitems", "totalresults", "totalelements", "totalrecords"}
"""The plain names of properties that hold the number of all items."""

SORTING = {"sort", "sortby", "sortkey", "sortfield", "orderby", "order", "ordering"}
"""The plain names of parameters that say by which property a list is sorted."""

CHOOSING = {"fields", "select", "include", "expand", "embed", "exclude", "with", "view"}
LANGUAGES = {"lang", "language", "locale"}
SHOWING = CHOOSING | LANGUAGES | {"depth", "currency", "unit", "units", "format", "timezone", "tz", "version"}
"""The plain names of parameters that say what is shown of items, or how; they may be among the properties of these, too."""

ANY_VALUES = {"all", "any", "both", "default", "every", "none", "undefined", "unknown", "unspecified"}
"""Words of constants of a filter that stand for more than themselves."""


def paging_inputs(names: Iterable[str]) -> dict[str, list[str]]:
    """The names of parameters that may cut a list, by what they are for; beside a cursor, `first` is the size of a page."""
    known = list(names)
    found = {what: [name for name in known if bare_name(name) in own] for what, own in INPUTS.items()}
    if found["cursor"] and not found["limit"]:
        found["limit"] = [name for name in known if bare_name(name) == "first"]
    return {what: named for what, named in found.items() if named}


_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w!#$%&'*+.^`|~-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,\"]*))?)*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"(?:[^\"]*\s)?next(?:\s[^\"]*)?\"|next\b)", re.IGNORECASE)


def next_link(headers: Headers) -> str | None:
    """The URL of the next page (rel=next); None where there is none."""
    links = ", ".join(headers.get_all("link"))
    return next((url for url, parameters in _LINK.findall(links) if _NEXT.search(parameters)), None)
