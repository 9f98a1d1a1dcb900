"""Probes of a secured operation: without credentials, without one of several, and with ones that nobody has, a request must be
refused; with one of several alternatives it must be accepted.

They are asked only where the user gave credentials with which a plain request succeeds: a service that is run for tests may ask for
none, of which one warning is enough. A service that signs its requests has probes of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce

from toolkit.client.client import CheckedResponse, Client
from toolkit.client.credentials import is_credential, put, taken_out, wrong
from toolkit.client.signing import SCHEMES
from toolkit.conformance.probes.signatures import Asked, Proof
from toolkit.contract.operation import Operation
from toolkit.contract.security import Requirement, SecurityScheme, is_secured, required_schemes, requirements
from toolkit.exchange import Headers, Key, Request
from toolkit.structs import replace
from toolkit.verdict import Violation
from toolkit.wire import media_type

Unproven = Callable[[Request], Request]
"""A change of a request that has no credentials, which leaves it without what the contract requires."""


def security_probes(client: Client) -> list[Proof]:
    """The probes of an operation; none where it needs no credentials. Where none were given, the one that says so."""
    keys = client.session.credentials
    given = keys is not None or any(is_credential(name, client.operation) for name, _ in client.session.headers)
    signs, is_known = bool(keys and keys.scheme in SCHEMES), given or any(_proves(client, key) for key in client.base)
    if signs or not is_secured(client.operation):
        return []
    if not is_known:
        return [("a request without credentials should be refused", "a request without credentials", _look_at_plain)]
    requests: dict[str, Unproven] = {
        "a request without credentials": lambda request: request,
        "a request with wrong credentials": lambda request: wrong(request, client.operation),
    }
    for scheme in _asked_together(client.operation):
        requests[f"a request without {scheme.name} alone"] = partial(_without, client, [scheme])
    proofs: list[Proof] = [
        (f"{asked} should be refused", asked, partial(_send_unproven, asked, one)) for asked, one in requests.items()
    ]
    ways = requirements(client.operation)
    places = {one.place for one in required_schemes(client.operation) if one.kind == "apiKey"}
    is_one_key = keys is not None and keys.scheme == "apikey" and len(places) > 1  # which may be meant for one of them
    for one in ways if len(ways) > 1 and not is_one_key else ():
        name = f"a request with {' and '.join(scheme.name for scheme in one)} alone"
        others = [other for way in ways for other in way if other.place not in {scheme.place for scheme in one}]
        proofs.append((f"{name} should be accepted", name, partial(_send_one_of_several, name, one, others)))
    return proofs


def _send_one_of_several(name: str, own: Requirement, others: list[SecurityScheme], client: Client) -> Asked | None:
    """The response to what has one requirement alone, which has to do; None where the user did not give it and more."""
    plain, call = client.ask(client.call()), client.call()
    bare = client.request(replace(call, pairs=tuple(pair for pair in call.pairs if not _proves(client, pair[0]))))
    request = _without(client, others, bare)
    lacks = any(taken_out(request, scheme) == request or not _is_of(request, scheme) for scheme in own)
    if not plain.ok or lacks or request == _without(client, [], bare):
        return None
    response = client.send(call, request, signed=False)
    if response.status not in (401, 403):
        return response, []
    message = f"{name} is refused with {response.status}; the contract takes it instead of other credentials"
    place = client.operation.node.get("security") or client.operation.node
    hint = "accept each of the alternatives by itself, or, if what was given for it is not valid, give it anew"
    return response, [Violation("valid-request-refused", message, "request", place.location, hint)]


def _is_of(request: Request, scheme: SecurityScheme) -> bool:
    """Whether the field Authorization, where two schemes may have their credentials, has those of this one."""
    given = request.headers.get("Authorization") or ""
    return scheme.key != "Authorization" or given.lower().startswith(f"{scheme.kind} ")


def _send_unproven(name: str, change: Unproven, client: Client) -> Asked | None:
    """The response, and whether it shows what only a proven client may see; None where a plain request fails."""
    plain = client.ask(client.call())
    if plain.status == 0 or plain.status >= 400:
        return None
    call = client.call()
    call = replace(call, pairs=tuple(pair for pair in call.pairs if not _proves(client, pair[0])))
    response = client.send(call, change(client.request(call)), signed=False)
    is_html, was_html = (media_type.is_html(one.headers.content_type) for one in (response, plain))
    is_sign_in = response.is_page or (is_html and not was_html)
    return response, [] if is_sign_in else list(_check(client, name, response))


def _asked_together(operation: Operation) -> list[SecurityScheme]:
    """The schemes that every requirement of an operation has beside others: one of them alone is not enough."""
    asked = requirements(operation)
    if any(len(one) < 2 for one in asked):
        return []
    return [scheme for scheme in asked[0] if scheme.kind and all(scheme in one for one in asked)]


def _without(client: Client, schemes: Sequence[SecurityScheme], request: Request) -> Request:
    """The request with all that the user gave to prove who sends it, but for these schemes."""
    told = [pair for pair in client.session.headers if is_credential(pair[0], client.operation)]
    for other in required_schemes(client.operation):
        value = client.base.get((other.location, other.key))
        request = put(request, other, value) if isinstance(value, str) else request
    request = replace(request, headers=Headers((*request.headers.pairs, *told)))
    return reduce(taken_out, schemes, client.session.sign(request, client.operation))


def _look_at_plain(client: Client) -> Asked | None:
    """The plain response of a run without credentials, with a warning if it is a success; None where it is refused."""
    plain = client.ask(client.call())
    if not plain.ok:
        return None
    message = f"the contract requires {_required(client.operation)}; no credentials were given, and none were needed"
    hint = "give some with --auth or --header, to have it examined whether they are checked; or say `security: []`"
    return plain, [_finding("security-missing", message, client.operation, hint=hint)]


def _check(client: Client, request: str, response: CheckedResponse) -> Iterator[Violation]:
    if not response.ok:
        return  # 401 and 403 say so; 404 hides that there is something; a redirection leads to where one signs in
    required = _required(client.operation)
    accepted = f"{request} is accepted with {response.status}"
    message = f"{accepted}; the contract requires {required}, so expected is 401 or 403"
    yield _finding("security-not-enforced", message, client.operation, trait=request)


def _required(operation: Operation) -> str:
    """The names of the schemes that an operation requires."""
    ways = (" and ".join(scheme.name for scheme in one) for one in requirements(operation))
    return " or ".join(dict.fromkeys(ways))


def _finding(rule: str, message: str, operation: Operation, *, hint: str = "", trait: str = "") -> Violation:
    scheme, place = required_schemes(operation)[0], operation.node.get("security") or operation.node
    return Violation(rule, message, f"request.{scheme.location}.{scheme.key}", place.location, hint, trait=trait)


def _proves(client: Client, key: Key) -> bool:
    """Whether a parameter is where a scheme wants its credentials."""
    return (key[0], key[1].lower()) in {scheme.place for scheme in required_schemes(client.operation)}
