"""The check of signatures: complete, with a known key, of the last 15 minutes, matching, and used once.

A nonce counts as used only after its signature matched: nobody else can use up a client's nonces.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

from toolkit.client.signing import PARAMETERS, signature, string_to_sign
from toolkit.schema.scalars import read_moment, write_moment
from toolkit.services.calls import ApiCall, ApiError, CallCheck
from toolkit.structs import Frozen, field

_TOLERANCE = timedelta(minutes=15)
SECURITY_PARAMETERS = frozenset((*PARAMETERS, "SecurityToken"))
_ONLY = {"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0"}
_MOST_NONCES = 500_000


class Nonces(Frozen):
    """The nonces of the last 30 minutes, oldest first: a signature is valid from 15 minutes before its Timestamp to 15 after."""

    _seen: dict[bytes, datetime] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def use(self, nonce: str, now: datetime) -> str | None:
        """Remember a new nonce and return None; else return an error code. When memory is full, no nonce is new."""
        key = sha256(nonce.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            while self._seen and self._seen[oldest := next(iter(self._seen))] < now - 2 * _TOLERANCE:
                del self._seen[oldest]
            if key in self._seen:
                return "SignatureNonceUsed"
            if len(self._seen) >= _MOST_NONCES:
                return "Throttling"
            self._seen[key] = now
            return None


def signature_check(key_id: str, secret: str) -> CallCheck:
    """A check that accepts only calls with a Version that are signed with this key by `aliyun-rpc`."""
    nonces = Nonces()

    def check(call: ApiCall) -> Iterator[ApiError]:
        yield from _incomplete(call)
        if call.get("AccessKeyId") != key_id:
            yield ApiError("InvalidAccessKeyId.NotFound")
        moment = read_moment(call.get("Timestamp"))
        if moment is None or write_moment(moment) != call.get("Timestamp"):  # exactly in that form
            yield ApiError("IncompleteSignature", "Timestamp")
        elif abs(call.now - moment) > _TOLERANCE:
            yield ApiError("InvalidTimeStamp.Expired")
        signed = string_to_sign(call.request.method, call.parameters)
        given = (call.get("Signature") or "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(signature(secret, signed).encode(), given):
            yield ApiError("SignatureDoesNotMatch", signed)
            return
        used = nonces.use(call.get("SignatureNonce") or "", call.now)
        if used:
            yield ApiError(used)

    return check


def _incomplete(call: ApiCall) -> Iterator[ApiError]:
    if call.get("Version") is None:
        yield ApiError("MissingParameter", "Version")
    for name in PARAMETERS:
        values = call.all(name)
        if len(values) > 1:
            yield ApiError("InvalidParameter", name)
        elif values in ([], [""]) or (name in _ONLY and values != [_ONLY[name]]):
            yield ApiError("IncompleteSignature", name)
