"""Signatures of requests, made last, when everything else in the request is fixed: one function for each scheme, in SCHEMES.

`aliyun-rpc` is the RPC signature of Alibaba Cloud (SignatureMethod HMAC-SHA1, SignatureVersion 1.0): all parameters but
`Signature`, of the query and of a form body together, are sorted by name and percent-encoded by RFC 3986, section 2.3.
The vendor's own client library, aliyun-python-sdk-core, makes the same signatures; a test compares them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import datetime

from toolkit.exchange import Request
from toolkit.schema.scalars import write_moment
from toolkit.structs import replace
from toolkit.wire.urlencoded import build_query, form_pairs, parse_query, percent_encode

Sign = Callable[[Request, str, str, datetime, str], Request]

PARAMETERS = ("AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp")


def string_to_sign(method: str, parameters: Iterable[tuple[str, str]]) -> str:
    """The string that is signed. `parameters` are decoded names and values in any order; `Signature` is left out."""
    joined = build_query(sorted(pair for pair in parameters if pair[0] != "Signature"))
    return f"{method}&{percent_encode('/')}&{percent_encode(joined)}"


def signature(secret: str, text: str) -> str:
    """Base64 of the HMAC-SHA1 of a string to sign, under the key `secret&` (RFC 2104, RFC 4648)."""
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def sign_aliyun_rpc(request: Request, key_id: str, secret: str, now: datetime, nonce: str) -> Request:
    """The request with the six signature parameters in its query, in place of those that it had. `now` is an aware datetime; `nonce` must
    be new for each request. The rest of the query and the body do not change."""
    head, _, query = request.url.partition("#")[0].partition("?")
    kept = "&".join(piece for piece in query.split("&") if piece and _pairs(piece)[0][0] not in PARAMETERS)
    own = {
        "AccessKeyId": key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": nonce,
        "SignatureVersion": "1.0",
        "Timestamp": write_moment(now),
    }
    form = form_pairs(request, "surrogateescape") if request.method == "POST" else []
    own["Signature"] = signature(secret, string_to_sign(request.method, [*_pairs(kept), *form, *own.items()]))
    return replace(request, url=f"{head}?{kept}{'&' if kept else ''}{build_query([*own.items()])}")


SCHEMES: dict[str, Sign] = {"aliyun-rpc": sign_aliyun_rpc}


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_query(query, "surrogateescape")
