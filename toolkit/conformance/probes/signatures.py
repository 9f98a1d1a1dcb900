"""Probes of a service that requires signatures: what is signed wrongly is refused as documented, what is signed rightly is not.

They need credentials that the service knows. What is due is read from `x-laws`: `errors.signature`, by kind of fault.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from toolkit.client.client import Answer, Call, Client, Way, ways
from toolkit.client.session import Credentials
from toolkit.client.signing import sign, signature, string_to_sign
from toolkit.contract.promises import dig
from toolkit.exchange import Request
from toolkit.schema.moments import write_moment
from toolkit.verdict import Violation
from toolkit.wire.urlencoded import build_query, form_pairs, parse_query, percent_encode

_OWN = ("Signature", "AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp")
_ODD = "a b*c~d+e/f&g=h%25?é漢"  # every character that percent-encoding may get wrong (RFC 3986, section 2.3)


@dataclass(frozen=True, slots=True)
class Signing:
    """How one request is signed. `kind` is the documented fault in it, '' for none."""

    name: str
    kind: str = ""
    age: timedelta = timedelta(0)
    key_id: str = ""
    secret: str = ""
    after: Callable[[Request], Request] = lambda request: request
    reuse: bool = False  # of the nonce: by the same request, or by another where it is signed anew
    swapped: bool = False  # the case of the key id
    anew: bool = False  # signed once more, after the change
    method: bool = False  # signed for another method


def _without(name: str) -> Callable[[Request], Request]:
    return lambda request: replace(request, url=re.sub(rf"([?&]){name}=[^&]*&?", r"\1", request.url).rstrip("?&"))


def _changed(name: str, text: str) -> Callable[[Request], Request]:
    return lambda request: replace(request, url=re.sub(rf"([?&]{name}=)[^&]*", rf"\g<1>{text}", request.url))


def _twisted(request: Request) -> Request:
    """The signature in the other case: Base64 tells the cases apart."""
    return replace(
        request,
        url=re.sub(
            r"([?&]Signature=)([^&]*)",
            lambda m: m[1] + re.sub("%..|.", lambda c: c[0] if len(c[0]) > 1 else c[0].swapcase(), m[2]),
            request.url,
        ),
    )


def _last_changed(request: Request) -> Request:
    """Another last letter before the padding, which carries four of the signature's bits."""
    return replace(
        request,
        url=re.sub(
            r"([?&]Signature=[^&]*?)(.)((?:%3D|=)(?:&|$))",
            lambda m: m[1] + ("A" if m[2] != "A" else "Q") + m[3],
            request.url,
        ),
    )


def _signed_anew(request: Request, secret: str) -> Request:
    """The signature computed again over what the request holds now."""
    query = parse_query(request.url.partition("?")[2], "surrogateescape")
    pairs = [pair for pair in [*query, *form_pairs(request, "surrogateescape")] if pair[0] != "Signature"]
    text = signature(secret, string_to_sign(request.method, pairs))
    return _changed("Signature", build_query([("", text)])[1:])(request)


def _cut(request: Request) -> Request:
    """The first half of the signature."""
    return replace(request, url=re.sub(r"([?&]Signature=)([^&]{12})[^&]*", r"\1\2", request.url))


def _later(request: Request) -> Request:
    """Another moment, a second before."""
    text = dict(parse_query(request.url.partition("?")[2]))["Timestamp"]
    earlier = datetime.fromisoformat(text) - timedelta(seconds=1)
    return _changed("Timestamp", percent_encode(write_moment(earlier)))(request)


def _with_offset(request: Request) -> Request:
    return replace(request, url=re.sub(r"([?&]Timestamp=[^&]*)Z", r"\1%2B00%3A00", request.url))


def _added(request: Request) -> Request:
    return replace(request, url=request.url + "&Added=1")


_SIGNINGS = (
    Signing("a right signature"),
    Signing("no signature at all", "incomplete", after=lambda r: _chained(r, *(_without(name) for name in _OWN))),
    *(Signing(f"a signature without {name}", "incomplete", after=_without(name)) for name in _OWN),
    Signing("a signature of zeros", "mismatch", after=_changed("Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA%3D")),
    Signing("a signature in the other case", "mismatch", after=_twisted),
    Signing("a signature changed in its last letter", "mismatch", after=_last_changed),
    Signing("a key in the other case", "unknown-key", swapped=True),
    Signing("a signature by another secret", "mismatch", secret="another-secret"),
    Signing("a parameter added after signing", "mismatch", after=_added),
    Signing("a nonce changed after signing", "mismatch", after=_changed("SignatureNonce", "other-nonce")),
    Signing("an unknown key", "unknown-key", key_id="NoSuchAccessKeyId"),
    Signing("a signature of 16 minutes ago", "expired", age=timedelta(minutes=16)),
    Signing("a signature of a day ago", "expired", age=timedelta(days=1)),
    Signing("a signature of 14 minutes ago", age=timedelta(minutes=14)),
    Signing("a nonce used before", "nonce-used", reuse=True),
    Signing("a nonce used before, with another Timestamp", "nonce-used", reuse=True, after=_later, anew=True),
    Signing("a signature for another method", "mismatch", method=True),
    Signing("half of a signature", "mismatch", after=_cut),
    Signing("an empty signature", "malformed", after=_changed("Signature", "")),
    Signing("a Timestamp that is none", "malformed", after=_changed("Timestamp", "yesterday"), anew=True),
    Signing("a Timestamp with an offset", "malformed", after=_with_offset, anew=True),
    Signing("another SignatureMethod", "malformed", after=_changed("SignatureMethod", "HMAC-MD5"), anew=True),
    Signing("another SignatureVersion", "malformed", after=_changed("SignatureVersion", "9.9"), anew=True),
)


def _chained(request: Request, *steps: Callable[[Request], Request]) -> Request:
    for step in steps:
        request = step(request)
    return request


def signature_probes(client: Client) -> Iterator[tuple[str, Answer, list[Violation]]]:
    """Each way to sign, in turn by the ways that a call can travel; the name of the probe, its answer and what is wrong."""
    keys = client.session.credentials
    due = (client.facts.errors or {}).get("signature")
    if keys is None or not isinstance(due, dict):
        return
    every = ways(client)
    for turn, signing in enumerate(_SIGNINGS):
        turned = every[turn % len(every) :] + every[: turn % len(every)]
        for way in {way.channel: way for way in turned}.values():
            yield _probe(client, keys, signing, way, due)
    for way in every:
        yield _odd(client, way)


def _probe(
    client: Client, keys: Credentials, signing: Signing, way: Way, due: dict[str, dict[str, object]]
) -> tuple[str, Answer, list[Violation]]:
    call = client.call(form=way.form, channel=way.channel)
    now, nonce = datetime.now(UTC) - signing.age, str(uuid.uuid4())
    key_id = keys.key_id.swapcase() if signing.swapped else signing.key_id or keys.key_id
    used = replace(keys, key_id=key_id, secret=signing.secret or keys.secret)
    plain = sign(used.scheme, client.request(call), used.key_id, used.secret, now, nonce)
    request = signing.after(plain)
    if signing.anew or signing.method:
        signed = replace(request, method="GET" if request.method == "POST" else "POST") if signing.method else request
        request = replace(_signed_anew(signed, used.secret), method=request.method)
    if signing.reuse:
        client.judged(call, plain, signed=False)
    answer = client.judged(call, request, signed=False)
    name = f"{signing.name} is {'refused' if signing.kind else 'accepted'} ({way.label})"
    return name, answer, list(_judged(client, signing, answer, due))


def _odd(client: Client, way: Way) -> tuple[str, Answer, list[Violation]]:
    """A parameter with odd characters is signed as RFC 3986 says, and accepted."""
    free = next(
        (
            rule.parameter
            for rule in client.facts.filters
            if not (p := client.parameter(rule.parameter)) or not p.schema.keys() & {"enum", "pattern", "format"}
        ),
        "Odd",
    )
    call: Call = client.call({free: _ODD}, form=way.form, channel=way.channel)
    request = client.session.signed(client.request(call))
    answer = client.judged(call, request, signed=False)
    signing = Signing(f"a signature over {free}={build_query([('', _ODD)])[1:]}")
    return f"{signing.name} is accepted ({way.label})", answer, list(_judged(client, signing, answer, {}))


def _judged(client: Client, signing: Signing, answer: Answer, due: dict[str, dict[str, object]]) -> Iterator[Violation]:
    found = _wrong(client, signing, answer, due.get(signing.kind, {}))
    if found:
        place = (client.operation.node.get("x-laws", "errors", "signature") or client.operation.node).location
        yield Violation(found[0], found[1], f"request.signature.{signing.kind or 'right'}", place, found[2])


def _wrong(client: Client, signing: Signing, answer: Answer, due: dict[str, object]) -> tuple[str, str, str] | None:
    """The rule that the answer breaks, the fault in words, and the cure; None where there is none."""
    code = dig(answer.value, client.facts.code) if client.facts.code else None
    told = f"{answer.status} {code or ''}".strip()
    if not signing.kind:
        refused = ("valid-request-refused", f"{signing.name} is refused with {told}", "compute it as documented")
        return None if answer.ok else refused
    status, codes = due.get("status", 400), due.get("code", ())
    allowed = [codes] if isinstance(codes, str) else list(codes) if isinstance(codes, (list, tuple)) else []
    if answer.status < 400:
        message = f"{signing.name} is answered with {told}; the contract asks for {status}"
        return "invalid-request-accepted", message, "refuse it"
    if answer.status != status and answer.status < 500:
        message = f"{signing.name} is refused with {told}; documented is {status}"
        return "refusal-status", message, "answer with the documented status"
    if allowed and code is not None and code not in allowed:
        message = f"{signing.name} is refused with {told}; documented is {' or '.join(map(str, allowed))}"
        return "refusal-code", message, "answer with the documented code"
    return None
