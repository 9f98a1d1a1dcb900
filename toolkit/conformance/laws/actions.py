"""Laws over state in RPC style, where no path leads to an item: `CreateTicket`, `GetTicket`, `UpdateTicket` and `DeleteTicket` are
about tickets, by the words of their names, and the parameter that the reading one requires names one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from toolkit.client.client import OWN_BODY, CheckedResponse
from toolkit.client.examples import parameter_values
from toolkit.conformance.items import full_bodies, is_success, request_value
from toolkit.conformance.laws.finding import Finding, Law
from toolkit.conformance.laws.kept import inner_object, is_same, is_set_by_service
from toolkit.conformance.laws.listing import Listing
from toolkit.conformance.laws.state import blame, says_deleted
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import action, is_rpc, kind, words
from toolkit.contract.resources import BOUND_ELSEWHERE, identifier_of, items_of, resource_of_action
from toolkit.exchange import Key
from toolkit.schema.judge import shown

_MOST_MADE = 6  # values of a parameter, among which another one is looked for


@dataclass(frozen=True, slots=True)
class _Reader:
    """What reads an item, and the parameter that names it."""

    subject: Subject
    key: Key

    def read(self, name: str) -> CheckedResponse:
        return _ask(self.subject, {self.key: name})


def laws_of_actions(subject: Subject) -> tuple[Law, ...]:
    """The law of what creates in RPC style, where there is an operation that reads one of these."""
    is_creating = is_rpc(subject.operation) and kind(subject.operation) == "create"
    return (actions,) if is_creating and _reader(subject) else ()


def actions(subject: Subject) -> Iterator[Finding]:
    """What one action creates others read, list, change and delete; what is done to it is done to no other."""
    reader = _reader(subject)
    if reader is None:
        return
    (other, *_), (name, sent, stated) = _create(subject, reader), _create(subject, reader)
    read = reader.read(name) if name else None
    if read is None or not read.ok or name == other:
        return
    found = inner_object(read.value)
    expected = {key: stated.get(key, one) for key, one in sent.items()}
    yield from _compare(
        subject, "law-read-after-create", expected, found, read, f"{subject.operation.name} created it with"
    )
    yield from _listed(subject, reader, name)
    yield from _changed(subject, reader, name, other, found)
    yield from _deleted(subject, reader, name, other)


def _reader(subject: Subject) -> _Reader | None:
    for one in _peers(subject, "read"):
        keys = _names(one)
        if len(keys) == 1:
            return _Reader(one, keys[0])
    return None


def _peers(subject: Subject, what: str) -> Iterator[Subject]:
    """The actions of a kind about the same."""
    about, others = resource_of_action(subject.operation), subject.peers.values()
    yield from (one for one in others if kind(one.operation) == what and resource_of_action(one.operation) == about)


def _names(subject: Subject) -> list[Key]:
    """What a request has to name, but for what has one value alone."""
    return [one.key for one in subject.operation.parameters if one.required and one.only_value is None]


def _ask(subject: Subject, named: Mapping[Key, str], unlike: Any = None) -> CheckedResponse:
    """The response to a request that names something; with `unlike`, to one that says of all else what that does not have, where
    that is accepted."""
    client, known = subject.client, unlike if isinstance(unlike, dict) else {}
    free = [one for one in client.operation.parameters if one.location == "query" and one.only_value is None]
    made: dict[Key, str] = {}
    for one in free if unlike is not None else ():
        if one.key not in named and not BOUND_ELSEWHERE & {*words(one.name)}:
            values = (text for text in islice(parameter_values(one, 1), _MOST_MADE) if isinstance(text, str))
            other = next((text for text in values if not is_same(text, known.get(one.name))), None)
            made |= {one.key: other} if other is not None else {}
    bodies = [*islice(full_bodies(subject, unlike), 1)] if unlike is not None else []
    for more, body in (({**made}, bodies[0] if bodies else OWN_BODY), ({}, OWN_BODY)):
        response = client.ask(replace(client.call({**more, **named}), body=body), fresh=True)
        if is_success(client.operation, response) or not (more or bodies):
            break
    return response


def _sent(subject: Subject, response: CheckedResponse) -> dict[str, Any]:
    """What a request said of a thing, beside its name."""
    body = request_value(subject.operation, response.exchange.request) if response.exchange.request else None
    fixed = {one.key for one in subject.operation.parameters if one.only_value is not None}
    query = {key[1]: text for key, text in response.call.pairs if key not in fixed and key[0] == "query"}
    return {**query, **(body if isinstance(body, dict) else {})}


def _create(subject: Subject, reader: _Reader) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The name of a new thing, what was sent of it, and what the response says; '' where none is known to be made."""
    made = _ask(subject, {}, {})
    stated, name = inner_object(made.value), reader.key[1]
    found = (one.get(name) for one in (stated, made.value) if isinstance(one, dict))
    text = next((str(one) for one in found if isinstance(one, str | int)), "")
    if not is_success(subject.operation, made) or made.status == 202:
        return "", {}, {}
    subject.pool.learn(subject.client, made)
    return text, _sent(subject, made), stated if isinstance(stated, dict) else {}


def _compare(
    subject: Subject, rule: str, expected: Mapping[str, Any], found: Any, read: CheckedResponse, said: str
) -> Iterator[Finding]:
    """The first property that is shown with another value than it should have."""
    for key, value in expected.items() if isinstance(found, dict) else ():
        if key in found and not is_set_by_service(key) and not is_same(value, found[key]):
            message = f"{said} {key} {shown(value)}, and then it is {shown(found[key])}"
            yield blame(subject, rule, message, read, "keep what was sent", f"response.body#/{key}")
            return


def _listed(subject: Subject, reader: _Reader, name: str) -> Iterator[Finding]:
    lister = next((one for one in _peers(subject, "read") if not _names(one)), None)
    listing = Listing(lister, ()) if lister else None
    for response in listing.pages() if listing else ():
        names = [identifier_of(one, reader.key[1], "") for one in items_of(response.value)]
        if name in names or not all(names):
            return
    if lister and listing and listing.has_all:
        message = f"what {subject.operation.name} created ({name}) is not in the list of {lister.operation.name}"
        yield blame(subject, "law-list-after-create", message, response, "list what is created")


def _changed(subject: Subject, reader: _Reader, name: str, other: str, before: Any) -> Iterator[Finding]:
    for one in _peers(subject, "update"):
        if _names(one)[:1] != [reader.key] or action(one.operation)[0] not in _UPDATING:
            continue
        beside = inner_object(reader.read(other).value) if other else None
        sent = _ask(one, {reader.key: name}, before)
        if not is_success(one.operation, sent) or sent.status == 202:
            return
        read, by = reader.read(name), one.operation.name
        named = {key: value for key, value in _sent(one, sent).items() if key != reader.key[1]}
        yield from _compare(one, "law-update", named, inner_object(read.value), read, f"{by} set")
        read = reader.read(other) if isinstance(beside, dict) else read
        texts = (
            {key: value for key, value in beside.items() if isinstance(value, str)} if isinstance(beside, dict) else {}
        )
        yield from _compare(
            one, "law-update", texts, inner_object(read.value), read, f"{by} did not name {other}, which had"
        )
        return


_UPDATING = ("update", "modify", "change", "edit", "set", "put", "patch")


def _deleted(subject: Subject, reader: _Reader, name: str, other: str) -> Iterator[Finding]:
    for one in _peers(subject, "delete"):
        if _names(one) != [reader.key]:
            continue
        before, deleted = inner_object(reader.read(name).value), _ask(one, {reader.key: name})
        if not is_success(one.operation, deleted) or deleted.status == 202:
            return
        read, by = reader.read(name), one.operation.name
        if read.ok and not says_deleted(before, inner_object(read.value)):
            message = f"{name} was deleted by {by} with status {deleted.status}, and {reader.subject.operation.name} still reads it"
            yield blame(
                one, "law-read-after-delete", message, read, "delete it, or respond with 202 if that takes time"
            )
        _ask(one, {reader.key: other})
        return
