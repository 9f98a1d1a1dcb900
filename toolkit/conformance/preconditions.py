"""What a request must name that other requests change: the version that a thing has now, and a key of its own."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.client.client import CheckedResponse, Client
from toolkit.conformance.known import Given
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import is_rpc
from toolkit.contract.operation import Operation, Parameter
from toolkit.exchange import Key
from toolkit.secrets.names import plain

_WITHOUT_TAG = (412, 428)  # where If-Match has no tag, or one that is not that of now (RFC 9110, 15.5.13; RFC 6585, 3)
_CONFLICT = 409
_KEYS = ("idempotencykey", "idempotencytoken", "clienttoken", "clientrequesttoken")


def renewed(operation: Operation, given: Given) -> Mapping[Key, Parameter]:
    """The parameters by which services know a request that is sent again, and refuse one that says something else; those that the
    user gave stay."""
    return {one.key: one for one in operation.parameters if one.key not in given and plain(one.name).endswith(_KEYS)}


def ask_as_of_now(subject: Subject, refused: CheckedResponse) -> CheckedResponse:
    """The response to the plain call once more, with the entity tag or version of now, where it was refused for lack of it."""
    client = subject.client
    is_stale = refused.status in _WITHOUT_TAG or (refused.status == _CONFLICT and client.versions())
    if not is_stale or client.reader is not None or not (reader := _reader(subject)):
        return refused
    client.reader = reader
    response = client.ask(client.call(), fresh=True)
    client.reader = reader if client.operation.is_success(response.status) else None
    return response


def _reader(subject: Subject) -> Client | None:
    """The client of the operation that reads what this one writes: at its own path, or else at the item above it."""
    peers = (one for place in (subject.place, subject.item_place) for one in subject.at(place, "GET"))
    beside = (one for one in peers if one.operation.base == subject.operation.base and not is_rpc(one.operation))
    return next((one.client for one in beside), None)
