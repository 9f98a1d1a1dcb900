"""Probes of a secured operation: without credentials, and with ones that nobody has, a request must be refused.

They are asked only where the user gave credentials with which a plain request succeeds; a service that signs its requests has
probes of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from toolkit.client.client import CheckedResponse, Client
from toolkit.client.credentials import is_credential, wrong
from toolkit.client.signing import SCHEMES
from toolkit.conformance.probes.signatures import Asked, Proof
from toolkit.contract.security import is_secured, required_schemes
from toolkit.exchange import Key
from toolkit.verdict import Violation


def security_probes(client: Client) -> list[Proof]:
    """The probes of an operation; none where it needs no credentials, or none were given."""
    keys = client.session.credentials
    given = keys is not None or any(is_credential(name, client.operation) for name, _ in client.session.headers)
    signs, is_known = bool(keys and keys.scheme in SCHEMES), given or any(_proves(client, key) for key in client.base)
    if signs or not is_known or not is_secured(client.operation):
        return []
    requests = {"a request without credentials": False, "a request with wrong credentials": True}
    return [(f"{name} is refused", partial(_send_unproven, name, is_wrong)) for name, is_wrong in requests.items()]


def _send_unproven(name: str, is_wrong: bool, client: Client) -> Asked | None:
    """The response, and whether it shows what only a proven client may see; None where a plain request fails."""
    plain = client.ask(client.call())
    if plain.status == 0 or plain.status >= 400:
        return None
    call = client.call()
    call = replace(call, pairs=tuple(pair for pair in call.pairs if not _proves(client, pair[0])))
    request = client.request(call)
    response = client.send(call, wrong(request, client.operation) if is_wrong else request, signed=False)
    return response, list(_check(client, name, response))


def _check(client: Client, request: str, response: CheckedResponse) -> Iterator[Violation]:
    if not response.ok:
        return  # 401 and 403 say so; 404 hides that there is something; a redirection leads to where one signs in
    schemes = required_schemes(client.operation)
    names = " or ".join(dict.fromkeys(scheme.name for scheme in schemes))
    message = f"{request} is accepted with {response.status}; the contract requires {names}, so expected is 401 or 403"
    place = client.operation.node.get("security") or client.operation.node
    at = f"request.{schemes[0].location}.{schemes[0].key}"
    hint = "check who sends a request before it is served"
    yield Violation("security-not-enforced", message, at, place.location, hint, trait=request)


def _proves(client: Client, key: Key) -> bool:
    """Whether a parameter is where a scheme wants its credentials."""
    places = {(scheme.location, scheme.key.lower()) for scheme in required_schemes(client.operation)}
    return (key[0], key[1].lower()) in places
