"""Probes of a secured operation: without credentials, and with ones that nobody has, a request must be refused.

They are asked only where the user gave credentials with which a plain request succeeds; a service that signs its requests has
probes of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from toolkit.client.client import CheckedResponse, Client
from toolkit.client.credentials import is_credential, wrong
from toolkit.client.signing import SCHEMES
from toolkit.contract.security import SecurityScheme, is_secured, requirements
from toolkit.verdict import Violation


@dataclass(frozen=True, slots=True)
class SecurityProbe:
    """A request without credentials, or with wrong ones."""

    wrong: bool

    @property
    def request(self) -> str:
        return f"a request {'with wrong' if self.wrong else 'without'} credentials"

    @property
    def name(self) -> str:
        return f"{self.request} is refused"


def security_probes(client: Client) -> list[SecurityProbe]:
    """The probes of an operation; none where it needs no credentials, or none were given."""
    keys = client.session.credentials
    given = keys is not None or any(is_credential(name, client.operation) for name, _ in client.session.headers)
    signs, is_known = bool(keys and keys.scheme in SCHEMES), given or _given_as_parameters(client)
    return (
        [SecurityProbe(False), SecurityProbe(True)] if is_secured(client.operation) and is_known and not signs else []
    )


def send_unproven(client: Client, probe: SecurityProbe) -> tuple[CheckedResponse, list[Violation]] | None:
    """The response to a probe, and whether it shows what only a proven client may see; None where a plain request fails."""
    plain = client.ask(client.call())
    if plain.status == 0 or plain.status >= 400:
        return None
    places = {(scheme.location, scheme.key.lower()) for scheme in _schemes(client)}
    pairs = tuple(pair for pair in plain.call.pairs if (pair[0][0], pair[0][1].lower()) not in places)
    call = replace(plain.call, pairs=pairs)
    request = client.request(call)
    response = client.send(call, wrong(request, client.operation) if probe.wrong else request, signed=False)
    return response, list(_check(client, probe, response))


def _check(client: Client, probe: SecurityProbe, response: CheckedResponse) -> Iterator[Violation]:
    if not response.ok:
        return  # 401 and 403 say so; 404 hides that there is something; a redirection leads to where one signs in
    schemes = _schemes(client)
    names = " or ".join(dict.fromkeys(scheme.name for scheme in schemes))
    message = (
        f"{probe.request} is accepted with {response.status}; the contract requires {names}, so expected is 401 or 403"
    )
    place = client.operation.node.get("security") or client.operation.node
    at = f"request.{schemes[0].location}.{schemes[0].key}"
    hint = "check who sends a request before it is served"
    yield Violation("security-not-enforced", message, at, place.location, hint, trait=probe.request)


def _schemes(client: Client) -> list[SecurityScheme]:
    return [scheme for requirement in requirements(client.operation) for scheme in requirement]


def _given_as_parameters(client: Client) -> bool:
    places = {(scheme.location, scheme.key.lower()) for scheme in _schemes(client)}
    return any((location, name.lower()) in places for location, name in client.base)
