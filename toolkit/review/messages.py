"""Requests and responses that prove a change: each is checked by the validator against both contracts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

from toolkit.client.bodies import Content, Described
from toolkit.client.client import OWN_BODY, Body, Client
from toolkit.client.examples import Value, parameter_values, written
from toolkit.client.session import Session
from toolkit.contract.model import Contract, Match
from toolkit.contract.operation import Operation, Parameter, ResponseSpec
from toolkit.contract.promises import Facts
from toolkit.document.files import Node
from toolkit.errors import ContractError
from toolkit.exchange import Headers, Key, Request, Response
from toolkit.rules import Severity
from toolkit.structs import Frozen, field
from toolkit.validation.validator import Validator
from toolkit.verdict import Violation
from toolkit.wire import media_type

_MOST_REASONS = 3
_TELLING = ("parameter-undeclared",)  # a warning of the validator that says that the contract does not know a request


class Side(Frozen, eq=False, dict=True):
    """One version of the contract."""

    contract: Contract
    label: str
    clients: dict[Operation, Client] = field(default_factory=dict)

    @cached_property
    def validator(self) -> Validator:
        return Validator(self.contract, keep_secrets=True)


class Witness(Frozen):
    """A message that one version accepts and the other refuses, in words and, for programs, by its parts: the request or the
    response, the version that refuses it and why. `kind` is that of its media type."""

    text: str
    kind: str = ""
    parts: Mapping[str, Any] = field(default_factory=dict)


def request_of(
    side: Side, operation: Operation, changes: Mapping[Key, Value | None], body: Body = OWN_BODY
) -> Request | None:
    """A request with the required parameters of the operation and a valid body, changed; None where it cannot be made."""
    with suppress(LookupError, ContractError):
        client = _client(side, operation)
        client.body = body
        if not any(value == "" and key not in changes for key, value in client.base.items()):
            return client.request(client.call({**client.base, **changes}, form=None))
    return None


def _client(side: Side, operation: Operation) -> Client:
    if operation not in side.clients:
        client = Client(Session(), side.validator, operation, Facts(), {operation.method: operation})
        for parameter in operation.parameters:
            if parameter.required:
                client.base[parameter.key] = next(iter(parameter_values(parameter)), "")
        side.clients[operation] = client
    return side.clients[operation]


def refusal(side: Side, request: Request) -> str:
    """Why a version refuses a request, in words; '' where it accepts it."""
    match = side.contract.match(request)
    return match if isinstance(match, str) else _reasons(side.validator.check_request(match, request))


def match_of(side: Side, request: Request) -> Match | None:
    found = side.contract.match(request)
    return None if isinstance(found, str) else found


def _reasons(violations: Iterable[Violation]) -> str:
    """What is wrong, in words: the first few faults, since another change may be at fault too."""
    serious = (one for one in violations if one.severity is Severity.ERROR or one.rule in _TELLING)
    return ", and ".join(islice(dict.fromkeys(f"{one.message} ({one.at})" for one in serious), _MOST_REASONS))


def request_witness(old: Side, new: Side, request: Request | None) -> Witness | None:
    """The request as a witness, if there is one, and the old version accepts it and the new one refuses it."""
    reason = "" if request is None or refusal(old, request) else refusal(new, request)
    return refused_request(request, new.label, reason) if request and reason else None


def refused_request(request: Request, label: str, reason: str) -> Witness:
    return _refused(request, {"method": request.method, "url": request.url}, label, reason)


def _refused(message: Request | Response, parts: dict[str, Any], label: str, reason: str) -> Witness:
    body = None if message.body is None else _text(message.body)
    whole = {**parts, "headers": [list(pair) for pair in message.headers.pairs], "body": body}
    why = {type(message).__name__.lower(): whole, "refused_by": label, "reason": reason}
    kind = media_type.kind(message.headers.content_type)
    return Witness(f"{shown_message(message)} - {label} refuses it: {reason}", kind, why)


def shown_message(message: Request | Response) -> str:
    start = f"{message.method} {message.url}" if isinstance(message, Request) else str(message.status)
    fields = "; ".join(f"{name}: {value}" for name, value in message.headers.pairs)
    return " ".join(filter(None, [start, f"[{fields}]" if fields else "", _text(message.body)]))


def _text(body: bytes | None) -> str:
    return "" if body is None else body.decode("utf-8", "backslashreplace")


def status_of(spec: ResponseSpec, operation: Operation) -> int:
    """A status that the key stands for, and no other key of the operation."""
    if spec.key.isdigit():
        return int(spec.key)
    if spec.key == "default":
        return next(code for code in (500, 599, 418, 400) if str(code) not in operation.responses)
    return next(code for code in range(int(spec.key[0]) * 100 + 99, 99, -1) if str(code) not in operation.responses)


def response_of(spec: ResponseSpec, operation: Operation, content: Content | None, **fields: str | None) -> Response:
    """A response with the required header fields, a body, and changed header fields."""
    headers = {"Content-Type": content[0]} if content else {"Content-Length": "0"}
    for header in spec.headers:
        if header.required:
            value = next(iter(parameter_values(header)), "")
            headers[header.name] = value if isinstance(value, str) else ""
    for name, changed in fields.items():
        headers.pop(name, None)
        if changed is not None:
            headers[name] = changed
    return Response(status_of(spec, operation), Headers.of(headers.items()), content[1] if content else None)


def response_witness(old: tuple[Side, Operation], new: tuple[Side, Operation], response: Response) -> Witness | None:
    """The response as a witness, if the new version accepts it and the old one refuses it."""
    for side, operation in (new, old):
        reason = _reasons(side.validator.check_response(operation, response, operation.method).violations)
        if reason:
            parts = {"operation": operation.name, "status": response.status}
            return _refused(response, parts, side.label, reason) if side is old[0] else None
    return None


def contents(operation: Operation, name: str, media: Node, value: Any, *, request: bool) -> Iterator[Content]:
    """A value as a body of a documented media type."""
    described = _described(operation, name, media, request)
    header, kind, concrete = described.sent_as
    yield from ((header, body) for body in islice(described.written(kind, value, concrete), 1))


_described = lru_cache(maxsize=8)(Described)  # of a body of which one value after the other is written


def parameter_text(parameter: Parameter, value: Any) -> Value | None:
    """A value of a parameter as it is sent; None where nothing stands for it."""
    try:
        return written(parameter, value)
    except (ValueError, TypeError, AttributeError):
        return None
