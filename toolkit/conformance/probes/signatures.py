"""Probes of a service that requires signatures: incorrect ones are refused as documented, correct ones are not.

They need credentials that the service knows. The expected refusals are in `x-laws`: `errors.signature`, by kind of fault.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from toolkit.client.client import CheckedResponse, Client, Way, ways
from toolkit.client.signing import PARAMETERS, SCHEMES, signature, string_to_sign
from toolkit.conformance.laws.comparing import shift
from toolkit.conformance.probes.expected import Probe, check_expected
from toolkit.conformance.probes.opinions import ACCEPTED, REFUSED
from toolkit.exchange import Request
from toolkit.structs import Frozen, replace
from toolkit.verdict import Violation
from toolkit.wire.urlencoded import Pairs, build_query, form_pairs, parse_query

_SPECIAL = "a b*c~d+e/f&g=h%25?é漢"  # every character that percent-encoding may get wrong (RFC 3986, section 2.3)

Asked = tuple[CheckedResponse, list[Violation]]
"""A response, and what is wrong with it beside what is wrong with it alone."""
AskProof = Callable[[Client], Asked | None]
Proof = tuple[str, str, AskProof]
"""A probe of who sends a request: its name, what it asks, and what sends it; None comes where it cannot be sent."""
Edit = Callable[[Pairs], Pairs]
"""A change of the names and values in a signed query."""


class Signing(Frozen):
    """How one request is signed. `kind` is the documented fault in it, '' for none."""

    name: str
    kind: str = ""
    age: timedelta = timedelta(0)
    key: Callable[[str], str] = lambda key: key  # the key id that is sent
    secret: str = ""
    edit: Edit = lambda pairs: pairs  # after signing
    sign_again: bool = False  # after the edit
    reuse_nonce: bool = False  # of another request
    other_method: bool = False  # sign for another method
    parameter: str = ""  # sent with special characters

    @property
    def expected(self) -> str:
        return REFUSED if self.kind else ACCEPTED


def _remove(*names: str) -> Edit:
    return lambda pairs: [pair for pair in pairs if pair[0] not in names]


def _replace(name: str, new: str | Callable[[str], str]) -> Edit:
    """Another value for a parameter, or what a function makes of its value."""
    make = new if callable(new) else lambda old: new
    return lambda pairs: [(key, make(old) if key == name else old) for key, old in pairs]


def _change_last(signature: str) -> str:
    """Another last letter before the padding: it carries four of the signature's bits."""
    return signature[:-2] + ("A" if signature[-2:-1] != "A" else "Q") + signature[-1:]


_EARLIER = _replace("Timestamp", lambda value: shift(value, -1) or value)
_WITH_OFFSET = _replace("Timestamp", lambda value: value.removesuffix("Z") + "+00:00")
_SIGNINGS = (
    Signing("signature: a correct one"),
    Signing("signature: none", "incomplete", edit=_remove(*PARAMETERS)),
    *(Signing(f"signature: one without {name}", "incomplete", edit=_remove(name)) for name in PARAMETERS),
    Signing("signature: one of zeros", "mismatch", edit=_replace("Signature", "A" * 27 + "=")),
    Signing("signature: one in the other case", "mismatch", edit=_replace("Signature", str.swapcase)),
    Signing("signature: one with another last letter", "mismatch", edit=_replace("Signature", _change_last)),
    Signing("signature: a key id in the other case", "unknown-key", key=str.swapcase),
    Signing("signature: one made with another secret", "mismatch", secret="another-secret"),
    Signing("signature: a parameter added after signing", "mismatch", edit=lambda pairs: [*pairs, ("Added", "1")]),
    Signing("signature: a nonce changed after signing", "mismatch", edit=_replace("SignatureNonce", "other-nonce")),
    Signing("signature: an unknown key id", "unknown-key", key=lambda key: "NoSuchAccessKeyId"),
    Signing("signature: one made 16 minutes ago", "expired", age=timedelta(minutes=16)),
    Signing("signature: one made a day ago", "expired", age=timedelta(days=1)),
    Signing("signature: one made 14 minutes ago", age=timedelta(minutes=14)),
    Signing("signature: a nonce used before", "nonce-used", reuse_nonce=True),
    Signing("signature: a nonce used before, with another Timestamp", "nonce-used", reuse_nonce=True, edit=_EARLIER, sign_again=True),
    Signing("signature: one made for another method", "mismatch", other_method=True),
    Signing("signature: half of one", "mismatch", edit=_replace("Signature", lambda value: value[:12])),
    Signing("signature: an empty one", "malformed", edit=_replace("Signature", "")),
    Signing("signature: a Timestamp that is not one", "malformed", edit=_replace("Timestamp", "yesterday"), sign_again=True),
    Signing("signature: a Timestamp with an offset", "malformed", edit=_WITH_OFFSET, sign_again=True),
    Signing("signature: another SignatureMethod", "malformed", edit=_replace("SignatureMethod", "HMAC-MD5"), sign_again=True),
    Signing("signature: another SignatureVersion", "malformed", edit=_replace("SignatureVersion", "9.9"), sign_again=True),
)  # fmt: skip


def signature_probes(client: Client) -> Iterator[Proof]:
    """Each way to sign, through every channel; none without credentials, or if the contract does not document refusals."""
    keys, refusals = client.session.credentials, (client.facts.errors or {}).get("signature")
    if keys is None or keys.scheme not in SCHEMES or not isinstance(refusals, dict):
        return
    every = ways(client)
    for turn, signing in enumerate(_SIGNINGS):
        turned = every[turn % len(every) :] + every[: turn % len(every)]
        yield from (_probe(signing, way) for way in {way.channel: way for way in turned}.values())
    named = ((rule.parameter, client.parameter(rule.parameter)) for rule in client.facts.filters)
    free = (name for name, one in named if not one or not one.schema.keys() & {"enum", "pattern", "format"})
    name = next(free, "Special")
    special = Signing(f"signature: one over {name}={build_query([('', _SPECIAL)])[1:]}", parameter=name)
    yield from (_probe(special, way) for way in every)


def _probe(signing: Signing, way: Way) -> Proof:
    name = f"{signing.name} should be {signing.expected} ({way.label})"
    return name, signing.name, partial(_send_signed, signing, way)


def _send_signed(signing: Signing, way: Way, client: Client) -> Asked:
    keys = client.session.credentials
    assert keys is not None, "signature_probes requires credentials"
    changes = {signing.parameter: _SPECIAL} if signing.parameter else {}
    call = client.call(changes, form=way.form, channel=way.channel)
    secret, now = signing.secret or keys.secret, datetime.now(UTC) - signing.age
    sign = SCHEMES[keys.scheme]
    signed = sign(client.request(call), signing.key(keys.key_id), secret, now, str(uuid.uuid4()))
    request = _edit(signed, signing.edit)
    if signing.other_method:
        other = replace(request, method="GET" if request.method == "POST" else "POST")
        request = replace(_sign_again(other, secret), method=request.method)
    elif signing.sign_again:
        request = _sign_again(request, secret)
    if signing.reuse_nonce:
        client.send(call, signed, signed=False)
    response = client.send(call, request, signed=False)
    place = client.operation.node.get("x-laws", "errors", "signature") or client.operation.node
    kind = signing.kind if client.facts.refusal(signing.kind, "") else "signature"
    where = f"request.signature.{signing.kind or 'right'}"
    probe = Probe(signing.name, call, signing.expected, "", kind, place.location, where=where, way=way.label)
    return response, list(check_expected(client, probe, response))


def _edit(request: Request, edit: Edit) -> Request:
    path, _, query = request.url.partition("?")
    edited = build_query(edit(parse_query(query, "surrogateescape")))
    return replace(request, url=f"{path}?{edited}" if edited else path)


def _sign_again(request: Request, secret: str) -> Request:
    """The signature computed again from what the request holds now."""
    query = parse_query(request.url.partition("?")[2], "surrogateescape")
    pairs = [*query, *form_pairs(request, "surrogateescape")]
    text = string_to_sign(request.method, [pair for pair in pairs if pair[0] != "Signature"])
    return _edit(request, _replace("Signature", signature(secret, text)))
