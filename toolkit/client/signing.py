"""Signatures of requests, made last, when everything else in the request is fixed: one function for each scheme, in SCHEMES.

`aliyun-rpc` is the RPC signature of Alibaba Cloud (SignatureMethod HMAC-SHA1, SignatureVersion 1.0): all parameters but
`Signature`, of the query and of a form body together, are sorted by name and percent-encoded by RFC 3986, section 2.3.
The vendor's own client library, aliyun-python-sdk-core, makes the same signatures; a test compares them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from toolkit.exchange import Headers, Request
from toolkit.schema.moments import write_moment
from toolkit.wire.urlencoded import form_pairs, parse_query, percent_encode

Sign = Callable[[Request, str, str, datetime, str], Request]

_OWN = ("AccessKeyId", "Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp")
_SECRET = re.compile(
    r"(?:.*[-_.])?(sig|signature|.*token|.*secret|.*password|passwd|pwd|api[-_]?key|credential)", re.IGNORECASE
)
_PAIR = re.compile(r"([?&])([^=&#]*)=([^&#]*)")
_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#@]*@")


def string_to_sign(method: str, parameters: Iterable[tuple[str, str]]) -> str:
    """The string that is signed. `parameters` are decoded names and values in any order; `Signature` is left out."""
    pairs = sorted(pair for pair in parameters if pair[0] != "Signature")
    joined = "&".join(f"{percent_encode(name)}={percent_encode(value)}" for name, value in pairs)
    return f"{method}&{percent_encode('/')}&{percent_encode(joined)}"


def signature(secret: str, text: str) -> str:
    """Base64 of the HMAC-SHA1 of a string to sign, under the key `secret&` (RFC 2104, RFC 4648)."""
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def sign_aliyun_rpc(request: Request, key_id: str, secret: str, now: datetime, nonce: str) -> Request:
    """The request with the six signature parameters in its query, in place of those that it had.

    `now` is an aware datetime; `nonce` must be new for each request. The rest of the query and the body do not change.
    """
    head, _, query = request.url.partition("#")[0].partition("?")
    kept = "&".join(piece for piece in query.split("&") if piece and _pairs(piece)[0][0] not in _OWN)
    own = {
        "AccessKeyId": key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": nonce,
        "SignatureVersion": "1.0",
        "Timestamp": write_moment(now),
    }
    own["Signature"] = signature(secret, string_to_sign(request.method, [*_pairs(kept), *_form(request), *own.items()]))
    added = "&".join(f"{name}={percent_encode(value)}" for name, value in own.items())
    return replace(request, url=f"{head}?{kept}{'&' if kept else ''}{added}")


SCHEMES: dict[str, Sign] = {"aliyun-rpc": sign_aliyun_rpc}


def sign(scheme: str, request: Request, key_id: str, secret: str, now: datetime, nonce: str) -> Request:
    """The request signed by a scheme of SCHEMES."""
    return SCHEMES[scheme](request, key_id, secret, now, nonce)


def mask(url: str) -> str:
    """A URL, or `?` and a form body, safe to show: signatures, tokens and secrets become `***`, user and password are removed."""
    return _USER.sub(r"\1", _PAIR.sub(_mask_pair, url))


def shareable(request: Request) -> Request:
    """The request, safe to show and keep: what proves who sends it becomes `***` in its URL, header fields and form body."""
    headers = [(name, "***" if is_secret_field(name) else value) for name, value in request.headers.pairs]
    body = mask("?" + request.body.decode("utf-8", "surrogateescape"))[1:] if request.body and _form(request) else None
    kept = request.body if body is None else body.encode("utf-8", "surrogateescape")
    return replace(request, url=mask(request.url), headers=Headers.of(headers), body=kept)


def is_secret_field(name: str) -> bool:
    """Whether a header field proves who sends the request."""
    return name.lower() in ("authorization", "cookie", "proxy-authorization") or bool(_SECRET.fullmatch(name))


def _mask_pair(pair: re.Match[str]) -> str:
    separator, name, value = pair.groups()
    return f"{separator}{name}={'***' if _SECRET.fullmatch(name) else value}"


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_query(query, "surrogateescape")


def _form(request: Request) -> list[tuple[str, str]]:
    return form_pairs(request, "surrogateescape") if request.method == "POST" else []
