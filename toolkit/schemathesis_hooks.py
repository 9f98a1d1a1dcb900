"""For users of Schemathesis: XML bodies decoded by the contract, its rules as checks, and requests signed last.

    SCHEMATHESIS_HOOKS=toolkit.schemathesis_hooks schemathesis run openapi.yaml --url http://127.0.0.1:8080

The contract is ./openapi.yaml, else the shipped one; CONTRACT_FILE gives another. CONTRACT_AUTH=aliyun-rpc:KEYID:SECRET signs.
Loading this module registers all of it with Schemathesis, so nothing else may import it. Only public names are used:
`check`, `deserializer` and `auth`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import schemathesis

from toolkit.client.client import Call, CheckedResponse, Client, client_of
from toolkit.client.credentials import Credentials
from toolkit.client.responses import request_of, response_of
from toolkit.client.session import Session
from toolkit.client.target import NoResponse
from toolkit.conformance.laws.one_response import check_alone
from toolkit.contract.model import Contract, Match
from toolkit.contract.operation import Operation
from toolkit.contract.shipped import default_contract
from toolkit.errors import ContractToolkitError
from toolkit.exchange import Exchange, Request, Response
from toolkit.rules import Severity
from toolkit.validation.hiding import Found, hidden
from toolkit.validation.validator import Validator
from toolkit.verdict import Violation

if TYPE_CHECKING:
    import requests


def _load() -> tuple[Contract, Credentials | None]:
    """The contract and the credentials. Raises SystemExit with one line, because Schemathesis would show a traceback."""
    auth = os.environ.get("CONTRACT_AUTH")
    try:
        contract = Contract.load(os.environ.get("CONTRACT_FILE") or default_contract(), any_host=True)
        return contract, Credentials.parse(auth) if auth else None
    except (ContractToolkitError, ValueError) as error:
        raise SystemExit(f"toolkit.schemathesis_hooks (see CONTRACT_FILE and CONTRACT_AUTH): {error}") from None


_CONTRACT, _CREDENTIALS = _load()
_VALIDATOR = Validator(_CONTRACT)
_OPERATIONS = {(one.route.key, one.method): one for one in _CONTRACT.operations()}
_SEEN: dict[Any, str] = {}


@schemathesis.deserializer("application/xml", "text/xml")
def contract_xml(context: schemathesis.DeserializationContext, response: schemathesis.Response) -> Any:
    """The value of an XML body by the schema of the operation's response. Raises ValueError if it does not fit."""
    operation = _OPERATIONS.get((context.operation.path, context.operation.method.upper()))
    value = _VALIDATOR.check_response(operation, response_of(response)).value if operation else None
    if value is None:
        raise ValueError("the body is not XML of the documented schema; see the check contract_conformance")
    return value


@schemathesis.check
def contract_conformance(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Status, headers and body are as documented, JSON and XML read strictly."""
    operation = _OPERATIONS.get((case.path, case.method))
    if operation:
        received = response_of(response)
        found = _VALIDATOR.check_response(operation, received, case.method).violations
        _refuse(found, Exchange(request_of(response.request), received))


@schemathesis.check
def contract_promises(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """The response keeps what `x-laws` promises of each one: format, echoes, page, order, filters, errors without internals."""
    operation = _OPERATIONS.get((case.path, case.method))
    request = request_of(response.request)
    match = _CONTRACT.match(request)
    if operation and isinstance(match, Match) and match.operation is operation:
        received = response_of(response)
        exchange = Exchange(request, received, f"case {case.id}")
        in_path = ((("path", name), text) for name, text in match.path.items())
        pairs = (*in_path, *((("query", name), text) for name, text in (*match.query, *match.form)))
        value = _VALIDATOR.check_response(operation, received, case.method).value
        checked = CheckedResponse(Call(pairs, operation.method), exchange, value, ())
        _refuse(check_alone(_client(operation), checked, _SEEN), exchange)


def _refuse(violations: Iterable[Violation], exchange: Exchange) -> None:
    """Raises AssertionError with what is wrong in an exchange, its secrets masked."""
    errors = [one for one in violations if one.severity is Severity.ERROR]
    if not errors:
        return
    secrets = Found(_CONTRACT.secrets, tuple(_CONTRACT.secrets_in_path(exchange)))
    secrets.learn(exchange)
    shown = map(partial(hidden, found=secrets), errors)
    lines = [f"{one.rule}: {one.message} ({one.at}; {one.contract})" for one in shown]
    raise AssertionError("\n".join(lines[:20]))


@lru_cache(maxsize=256)
def _client(operation: Operation) -> Client:
    return client_of(operation, _CONTRACT, _VALIDATOR, Session(_send_nothing))


def _send_nothing(request: Request) -> Response:
    raise NoResponse("Schemathesis sends the requests")


def _sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.url = Session(_send_nothing, credentials=_CREDENTIALS).sign(request_of(request)).url
    return request


if _CREDENTIALS:
    schemathesis.auth.set_from_requests(_sign)  # type: ignore[attr-defined]
