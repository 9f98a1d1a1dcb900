"""The Link header field (RFC 8288)."""

from __future__ import annotations

import re

from toolkit.exchange import Headers

_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w!#$%&'*+.^`|~-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,\"]*))?)*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"(?:[^\"]*\s)?next(?:\s[^\"]*)?\"|next\b)", re.IGNORECASE)


def next_link(headers: Headers) -> str | None:
    """The URL of the next page (rel=next); None where there is none."""
    links = ", ".join(headers.get_all("link"))
    return next((url for url, parameters in _LINK.findall(links) if _NEXT.search(parameters)), None)
