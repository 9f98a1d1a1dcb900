"""Credentials that a contract requires of a request (OpenAPI, Security Requirement Object) and that are not in it."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.contract.model import Match
from toolkit.contract.security import SecurityScheme, requirements
from toolkit.exchange import Request


def lacking(match: Match, request: Request) -> str:
    """What the request lacks by each of the alternatives, such as `the header field X-Key`; '' where it lacks nothing."""
    wanted = []
    for alternative in requirements(match.operation):
        missing = [what for scheme in alternative if (what := _missing(scheme, match, request))]
        if not missing:
            return ""
        wanted.append(" and ".join(missing))
    return ", or ".join(dict.fromkeys(wanted))


def _missing(scheme: SecurityScheme, match: Match, request: Request) -> str:
    """What there is nothing of. Values are not checked, since recordings mask them, but for the scheme that one names
    (RFC 9110, section 11.4); certificates are not recorded."""
    named = (request.headers.get("Authorization") or "").partition(" ")[0].lower()
    if {scheme.kind, named} == {"basic", "bearer"}:
        return f"the header field Authorization with the scheme {scheme.kind.title()}"
    if not scheme.location or _HAS[scheme.location](scheme.key, match, request):
        return ""
    if scheme.kind == "bearer" and _in_query("access_token", match, request):
        return ""
    return named_place(scheme.location, scheme.key)


def named_place(location: str, key: str) -> str:
    """`the header field X-Key`."""
    return f"the { {'header': 'header field', 'query': 'query parameter'}.get(location, location) } {key}"


def _in_query(key: str, match: Match, request: Request) -> bool:
    return any(name == key for name, _ in match.query) or any(name == key for name, _ in match.form)


_HAS: dict[str, Callable[[str, Match, Request], bool]] = {
    "header": lambda key, match, request: request.headers.get(key) is not None,
    "query": _in_query,
    "cookie": lambda key, match, request: any(name == key for name, _ in request.headers.cookies),
}
