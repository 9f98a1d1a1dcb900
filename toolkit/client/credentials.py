"""Credentials of a user: read from one string, and put where the contract's security schemes say."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, unquote_plus

from toolkit.client.signing import SCHEMES
from toolkit.contract.operation import Operation
from toolkit.contract.security import SecurityScheme, required_schemes, security_schemes
from toolkit.exchange import Headers, Request
from toolkit.secrets.values import from_base64
from toolkit.structs import replace

FORMS = {
    "bearer": "bearer:TOKEN",
    "basic": "basic:USER:PASSWORD",
    "apikey": "apikey:VALUE",
    **{name: f"{name}:KEYID:SECRET" for name in SCHEMES},
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A scheme of FORMS with a key: `key_id` is the user or key id, or the one scheme of the contract that an API key is for, '' without
    one. `repr` does not show the secret."""

    scheme: str
    key_id: str
    secret: str = field(repr=False)

    @staticmethod
    def parse(text: str) -> Credentials:
        """From one of FORMS. Raises ValueError; the message does not repeat the secret."""
        scheme, _, rest = text.partition(":")
        if scheme not in FORMS:
            raise ValueError(f"not credentials; write {', '.join(FORMS.values())}")
        key_id, colon, secret = rest.partition(":") if FORMS[scheme].count(":") > 1 else ("", ":", rest)
        if not colon or not (secret or scheme == "basic") or not (key_id or scheme in ("bearer", "apikey")):
            raise ValueError(f"not credentials; write {FORMS[scheme]}")
        if not (secret.isprintable() and secret.isascii()) and scheme in ("bearer", "apikey"):
            raise ValueError(f"not credentials: {FORMS[scheme]} takes ASCII")
        return Credentials(scheme, key_id, secret)

    def prove(self, request: Request, operation: Operation | None) -> Request:
        """The request with these credentials, where it has no others: a key as the operation's schemes say, all else whatever they say."""
        if self.scheme in SCHEMES:
            return SCHEMES[self.scheme](request, self.key_id, self.secret, datetime.now(UTC), str(uuid.uuid4()))
        if self.scheme == "apikey":
            for scheme in _schemes_for(operation) if operation else ():
                if scheme.kind == "apiKey" and self.key_id in ("", scheme.name):
                    request = put(request, scheme, self.secret)
            return request
        plain = f"{self.key_id}:{self.secret}".encode()
        value = f"Bearer {self.secret}" if self.scheme == "bearer" else f"Basic {base64.b64encode(plain).decode()}"
        return put(request, SecurityScheme("", self.scheme), value)


def known_headers(headers: tuple[tuple[str, str], ...], auth: str | None) -> tuple[tuple[str, str], ...]:
    """The header fields for requests that belong to no operation: those given, and the field Authorization of bearer and basic."""
    credentials = Credentials.parse(auth) if auth else None
    if not credentials or credentials.scheme not in ("bearer", "basic"):
        return headers
    return credentials.prove(Request("GET", "/", Headers(headers)), None).headers.pairs


def user_of(headers: tuple[tuple[str, str], ...], credentials: Credentials | None) -> str:
    """Who calls by HTTP Basic; '' where the credentials do not say."""
    if credentials:
        return credentials.key_id if credentials.scheme == "basic" else ""
    scheme, _, text = (Headers(headers).get("authorization") or "").partition(" ")
    return from_base64(text).partition(":")[0] if scheme.lower() == "basic" else ""


def _schemes_for(operation: Operation) -> Iterable[SecurityScheme]:
    """The schemes that an operation asks for; all those of a contract in which nothing asks for any."""
    found = {scheme.name: scheme for scheme in required_schemes(operation)}
    return found.values() or (() if "security" in operation.node.value else security_schemes(operation).values())


_WRONG = "zq7x4w9vk2m5t8b1"  # no plain word, of which every part would be hidden wherever a message has it
_WRONG_BY_KIND = {"basic": "Basic " + base64.b64encode(f"nobody:{_WRONG}".encode()).decode(), "apiKey": _WRONG}


def wrong(request: Request, operation: Operation) -> Request:
    """The request with credentials that no service knows, in every place where the operation asks for some."""
    for scheme in _schemes_for(operation):
        request = put(request, scheme, _WRONG_BY_KIND.get(scheme.kind, f"Bearer {_WRONG}"))
    return request


def are_wrong(request: Request) -> bool:
    """Whether a request has the credentials that `wrong` puts into it."""
    texts = [request.url, *(value for _, value in request.headers.pairs)]
    return any(value in text for value in (_WRONG, _WRONG_BY_KIND["basic"]) for text in texts)


def is_credential(name: str, operation: Operation | None) -> bool:
    """Whether a header field proves who sends a request: Authorization, Cookie, and what the contract's schemes name."""
    schemes = security_schemes(operation).values() if operation else ()
    named = {scheme.key.lower() for scheme in schemes if scheme.location == "header"}
    return name.lower() in {"authorization", "cookie", *named}


def put(request: Request, scheme: SecurityScheme, value: str) -> Request:
    """The request with a value in the place of a scheme; unchanged if something stands there already."""
    if taken_out(request, scheme) != request:
        return request
    if scheme.location == "query":
        path, _, query = request.url.partition("?")
        added = f"{quote(scheme.key, safe='')}={quote(value, safe='*')}"
        return replace(request, url=f"{path}?{query}&{added}" if query else f"{path}?{added}")
    if scheme.location == "cookie":
        cookies = [*request.headers.cookies, (scheme.key, value)]
        return replace(request, headers=request.headers.with_cookies(cookies))
    return replace(request, headers=Headers((*request.headers.pairs, (scheme.key, value))))


def taken_out(request: Request, scheme: SecurityScheme) -> Request:
    """The request without what stands in the place of a scheme."""
    if scheme.location == "query":
        path, _, query = request.url.partition("?")
        kept = "&".join(pair for pair in query.split("&") if unquote_plus(pair.partition("=")[0]) != scheme.key)
        return replace(request, url=f"{path}?{kept}" if kept else path)
    if scheme.location == "cookie":
        own = request.headers.cookies
        others = [pair for pair in own if pair[0] != scheme.key]
        return replace(request, headers=request.headers.with_cookies(others)) if others != own else request
    return replace(request, headers=request.headers.replaced(scheme.key, None))
