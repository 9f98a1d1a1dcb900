"""Faults of a service that requires signatures: promises 2, 3 and 16."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from mutants.breaking import SECRET, Break, Mutant, accepts, adds, dropped, drops, told
from toolkit.client.signing import signature, string_to_sign
from toolkit.exchange import Send
from toolkit.services.calls import ApiCall, ApiError
from toolkit.services.service import Service, respond
from toolkit.structs import replace

Text = Callable[[ApiCall], str]
_CODES = {
    "IncompleteSignature": 400,
    "SignatureDoesNotMatch": 400,
    "InvalidTimeStamp.Expired": 400,
    "SignatureNonceUsed": 400,
    "InvalidAccessKeyId.NotFound": 404,
}


def _lets(code: str, when: Callable[[ApiCall], Any] = lambda call: True) -> Break:
    return drops(lambda call, refusal: refusal.code == code and bool(when(call)))


def _signed_by(text: Text, same: Callable[[str, str], bool] = str.__eq__) -> Break:
    """The service signs otherwise, and lets through what is signed as it does."""

    def check(call: ApiCall) -> Iterator[ApiError]:
        if not same(signature(SECRET, text(call)), call.get("Signature") or ""):
            yield ApiError("SignatureDoesNotMatch")

    def breaks(service: Service) -> Send:
        lenient = dropped(service.checks, lambda call, refusal: refusal.code == "SignatureDoesNotMatch")
        return partial(respond, replace(service, checks=(*lenient, check)))

    return breaks


def _joined(encode: Callable[[str], str], keep: Callable[[str], bool] = lambda name: True) -> Text:
    """The string to sign, its parameters encoded otherwise, or not all of them in it."""

    def text(call: ApiCall) -> str:
        pairs = sorted((n, v) for n, v in call.parameters if n != "Signature" and keep(n))
        joined = "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs)
        return f"{call.request.method}&%2F&{quote(joined, safe='-_.~')}"

    return text


def _sound(call: ApiCall) -> str:
    return string_to_sign(call.request.method, call.parameters)


def _unsorted(call: ApiCall) -> str:
    joined = "&".join(
        f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in call.parameters if n != "Signature"
    )
    return f"{call.request.method}&%2F&{quote(joined, safe='-_.~')}"


def _age(call: ApiCall) -> float:
    try:
        return abs((call.now - datetime.fromisoformat(call.get("Timestamp") or "")).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _unsigned(*names: str) -> Break:
    """Without these parameters nothing is checked."""
    signs = (
        "IncompleteSignature",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId.NotFound",
        "SignatureNonceUsed",
        "InvalidTimeStamp.Expired",
    )
    return drops(lambda call, refusal: refusal.code in signs and not any(call.all(name) for name in names))


def _optional(name: str) -> Break:
    return drops(lambda call, refusal: not call.all(name) and refusal.code in _CODES)


def _lower_hex(text: str) -> str:
    return re.sub("%..", lambda match: match[0].lower(), text)


def _form(call: ApiCall) -> bool:
    return call.request.method == "POST" and bool(call.request.body)


_STATUS_MUTANTS = tuple(
    Mutant(
        f"signed-{code.lower().replace('.', '-')}-{other}",
        16,
        f"{code} is answered with status {other}",
        told(code, status=other),
        True,
    )
    for code, sound in _CODES.items()
    for other in (401, 403, 404 if sound == 400 else 400)
)
_CODE_MUTANTS = tuple(
    Mutant(
        f"signed-code-{code.lower().replace('.', '-')}",
        16,
        f"{code} is told as InvalidSignature",
        told(code, new_code="InvalidSignature"),
        True,
    )
    for code in _CODES
)
_ABSENT_MUTANTS = tuple(
    Mutant(f"signed-without-{name.lower()}", 2, f"{name} may be absent", _optional(name))
    for name in ("AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp")
)

MUTANTS = tuple(
    replace(fault, signed=True)
    for fault in (
        *_STATUS_MUTANTS,
        *_CODE_MUTANTS,
        *_ABSENT_MUTANTS,
        Mutant("signature-unchecked", 3, "the signature is not looked at", _lets("SignatureDoesNotMatch")),
        Mutant("signature-optional", 3, "what is not signed at all is let through", _unsigned("Signature")),
        Mutant("signature-unchecked-post", 3, "signatures of POST are not looked at",
            _lets("SignatureDoesNotMatch", lambda c: c.request.method == "POST")),
        Mutant("signature-unchecked-json", 3, "signatures are not looked at with Format=JSON",
            _lets("SignatureDoesNotMatch", lambda c: c.get("Format") == "JSON")),
        Mutant("signature-caseless", 3, "the signature matches in any case", _signed_by(_sound, lambda a, b: a.lower() == b.lower())),
        Mutant("signature-prefix", 3, "the signature matches by its first ten characters", _signed_by(_sound, lambda a, b: a[:10] == b[:10])),
        Mutant("signature-half", 3, "the signature may be cut short", _signed_by(_sound, lambda a, b: b != "" and a.startswith(b))),
        Mutant("signature-none", 3, "an empty signature is let through",
            drops(lambda call, refusal: refusal.code in _CODES and call.get("Signature") == "")),
        Mutant("signature-of-get", 3, "POST takes a signature for GET",
            _lets("SignatureDoesNotMatch", lambda c: signature(SECRET, string_to_sign("GET", c.parameters)) == c.get("Signature"))),
        Mutant("signature-plus", 3, "spaces are signed as +", _signed_by(_joined(quote_plus))),
        Mutant("signature-tilde", 3, "the tilde is encoded", _signed_by(_joined(lambda t: quote(t, safe="-_.~").replace("~", "%7E")))),
        Mutant("signature-star", 3, "the asterisk is not encoded", _signed_by(_joined(lambda t: quote(t, safe="-_.~*")))),
        Mutant("signature-slash", 3, "slashes are not encoded", _signed_by(_joined(lambda t: quote(t, safe="-_.~/")))),
        Mutant("signature-lower-hex", 3, "escapes are in lower case", _signed_by(_joined(lambda t: _lower_hex(quote(t, safe="-_.~"))))),
        Mutant("signature-latin", 3, "texts are signed in Latin-1",
            _signed_by(_joined(lambda t: quote(t, safe="-_.~", encoding="latin-1", errors="replace")))),
        Mutant("signature-raw", 3, "texts are not encoded", _signed_by(_joined(unquote))),
        Mutant("signature-unsorted", 3, "parameters are signed in the order given", _signed_by(_unsorted)),
        Mutant("signature-method", 3, "the method is always signed as GET", _signed_by(lambda c: string_to_sign("GET", c.parameters))),
        Mutant("signature-body", 3, "the body is not signed",
            _signed_by(lambda c: string_to_sign(c.request.method, [p for p in c.parameters if f"{p[0]}=" in c.request.url]))),
        Mutant("signature-unknown", 3, "parameters that are not known are not signed",
            _signed_by(_joined(lambda t: quote(t, safe="-_.~"), lambda n: n not in ("Added", "Odd")))),
        Mutant("signature-empty", 3, "empty parameters are not signed",
            _signed_by(lambda c: string_to_sign(c.request.method, [p for p in c.parameters if p[1]]))),
        Mutant("signature-path", 3, "ObjectPath is not signed", _signed_by(_joined(lambda t: quote(t, safe="-_.~"), lambda n: n != "ObjectPath"))),
        Mutant("nonce-unsigned", 3, "the nonce is not signed", _signed_by(_joined(lambda t: quote(t, safe="-_.~"), lambda n: n != "SignatureNonce"))),
        Mutant("nonce-unchecked", 16, "a nonce may be used again", _lets("SignatureNonceUsed")),
        Mutant("nonce-post", 16, "a nonce may be used again with POST", _lets("SignatureNonceUsed", lambda c: c.request.method == "POST")),
        Mutant("key-unchecked", 16, "an unknown key is accepted", _lets("InvalidAccessKeyId.NotFound")),
        Mutant("key-caseless", 16, "the key is taken in any case",
            _lets("InvalidAccessKeyId.NotFound", lambda c: (c.get("AccessKeyId") or "").lower() == "keyofthetest")),
        Mutant("timestamp-unchecked", 16, "Timestamp is not looked at", _lets("InvalidTimeStamp.Expired")),
        Mutant("timestamp-60", 16, "Timestamp may be 60 minutes old", _lets("InvalidTimeStamp.Expired", lambda c: _age(c) < 3600)),
        Mutant("timestamp-future", 16, "Timestamp may be in the future",
            _lets("InvalidTimeStamp.Expired", lambda c: (c.get("Timestamp") or "") > f"{c.now:%Y-%m-%dT%H:%M:%SZ}")),
        Mutant("timestamp-past", 16, "Timestamp may be in the past",
            _lets("InvalidTimeStamp.Expired", lambda c: (c.get("Timestamp") or "") < f"{c.now:%Y-%m-%dT%H:%M:%SZ}")),
        Mutant("timestamp-1", 16, "Timestamp may be a minute old only", adds("InvalidTimeStamp.Expired", "", lambda c: _age(c) > 60)),
        Mutant("timestamp-10", 16, "Timestamp may be 10 minutes old only", adds("InvalidTimeStamp.Expired", "", lambda c: _age(c) > 600)),
        Mutant("timestamp-malformed", 2, "a Timestamp that is none is accepted",
            _lets("IncompleteSignature", lambda c: not (c.get("Timestamp") or "")[:1].isdigit())),
        Mutant("method-unchecked", 2, "another SignatureMethod is accepted",
            _lets("IncompleteSignature", lambda c: c.get("SignatureMethod") not in (None, "HMAC-SHA1"))),
        Mutant("version-unchecked", 2, "another SignatureVersion is accepted",
            _lets("IncompleteSignature", lambda c: c.get("SignatureVersion") not in (None, "1.0"))),
        Mutant("api-version-optional", 2, "a signed call may lack Version", drops(lambda c, r: r.detail == "Version" and not c.all("Version"))),
        Mutant("api-version-wrong", 2, "a signed call may name another Version", accepts("Version", ".*")),
        Mutant("post-form-refused", 3, "a signed form is refused", adds("SignatureDoesNotMatch", "", _form)),
        Mutant("leaks-secret", 17, "the message of SignatureDoesNotMatch shows a trace",
            told("SignatureDoesNotMatch", message='File "/srv/app/sign.py", line 3')),
        Mutant("shows-secret", 17, "a message shows the secret", told("SignatureDoesNotMatch", message=f"The key {SECRET} signs otherwise.")),
        Mutant("mismatch-500", 17, "a signature that does not match breaks the service",
            told("SignatureDoesNotMatch", status=500, new_code="InternalError")),
        Mutant("malformed-500", 17, "a Timestamp that is none breaks the service",
            told("IncompleteSignature", status=500, new_code="InternalError", name="Timestamp")),
    )
)  # fmt: skip
