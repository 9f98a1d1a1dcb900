"""Conditional requests: what the client has already is not sent again where the contract documents 304, and what is no longer what
the client saw is not written over where it documents 412."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice

from toolkit.client.client import Call, CheckedResponse
from toolkit.client.examples import conforms
from toolkit.conformance.items import make_item
from toolkit.conformance.laws.finding import Finding, find
from toolkit.conformance.laws.kept import is_same, is_set_by_service
from toolkit.conformance.pool import path_filling, path_values
from toolkit.conformance.subject import Subject
from toolkit.contract.operation import Operation, Parameter
from toolkit.document.pointers import as_object
from toolkit.exchange import Request
from toolkit.schema.judge import shown
from toolkit.structs import replace

# Field of the request, of the response, and whether 304 is a must or a should: RFC 9110, sections 13.1.2 and 13.1.3.
_CONDITIONS = (("If-None-Match", "ETag", True), ("If-Modified-Since", "Last-Modified", False))
NO_TAG = '"no-such-tag"'
_WRITING = ("PUT", "PATCH", "POST", "DELETE")


def has_precondition(operation: Operation) -> bool:
    """Whether it writes what a client has seen, and documents that it refuses to where that has changed."""
    return operation.method in _WRITING and "412" in operation.responses and _field(operation, "if-match") is not None


def is_for_new(operation: Operation) -> bool:
    """Whether it takes a request to write only where there is nothing yet, and documents that it refuses to elsewhere."""
    field = _field(operation, "if-none-match")
    return operation.method == "PUT" and "412" in operation.responses and field is not None and conforms(field, "*")


def _field(operation: Operation, name: str) -> Parameter | None:
    named = (one for one in operation.parameters if one.location == "header" and one.name.lower() == name)
    return next(named, None)


def precondition(subject: Subject) -> Iterator[Finding]:
    """A write with an entity tag in If-Match that nothing has is refused, one with that of now is not (RFC 9110, section 13.1.1)."""
    client, deletes = subject.client, subject.operation.method == "DELETE"
    item = make_item(subject, subject.place) if deletes else None
    if deletes and item is None:
        return
    call = client.call(path_filling(subject.operation, item.values) if item else None)
    request = client.request(call)
    response = client.send(call, replace(request, headers=request.headers.replaced("If-Match", NO_TAG)))
    if response.ok:
        message = f"If-Match: {NO_TAG} leads to status {response.status}, although nothing has this entity tag, and 412 is documented"
        yield find(subject, "law-precondition", message, response)
    elif reader := subject.peer(subject.place):
        yield from _as_of_now(subject, reader, call, request)


def absence(subject: Subject) -> Iterator[Finding]:
    """A PUT with `If-None-Match: *` is refused where there is something (RFC 9110, section 13.1.2)."""
    client, reader, call = subject.client, subject.peer(subject.place), subject.client.call()
    request = client.request(call)
    if reader and reader.ask(path_filling(reader.operation, path_values(subject.operation, request)), fresh=True).ok:
        response = client.send(call, replace(request, headers=request.headers.replaced("If-None-Match", "*")))
        if response.ok:
            message = f"If-None-Match: * leads to status {response.status}, although there is something already, and 412 is documented"
            hint = "respond with 412 where there is something already"
            yield find(subject, "law-precondition", message, response, hint)


def _as_of_now(subject: Subject, reader: Subject, call: Call, request: Request) -> Iterator[Finding]:
    """The same write with the strong entity tag that a GET of its path shows, before it and after it."""
    ask = partial(reader.ask, path_filling(reader.operation, path_values(subject.operation, request)), fresh=True)
    tag = ask().headers.get("ETag") or ""
    if not tag.startswith('"'):
        return
    sent = replace(request, headers=request.headers.replaced("If-Match", tag))
    response = subject.client.send(call, sent)
    if response.status == 412 and ask().headers.get("ETag") == tag:
        name = reader.operation.name
        message = f"If-Match: {tag} leads to status 412, although {name} shows this entity tag before and after it"
        yield find(subject, "law-precondition", message, response, "compare with the entity tag that a GET shows")


def not_modified(subject: Subject) -> Iterator[Finding]:
    """A GET with the entity tag of the response before leads to 304 where the entity tag is still that one, and with one that nothing
    has it does not. With a date it is sent too, for what the contract says of the response."""
    client, plain = subject.client, subject.ask(fresh=True)
    asked = client.request(plain.call)
    known = [(name, value, must) for name, source, must in _CONDITIONS if (value := plain.headers.get(source))]
    for name, _, _ in known[: bool(tag_of(plain))]:
        other = client.send(plain.call, replace(asked, headers=asked.headers.replaced(name, NO_TAG)))
        if other.status == 304:
            message = f"{name}: {NO_TAG} leads to status 304, although nothing has this entity tag"
            yield find(subject, "law-entity-tag", message, other)
            return
    for name, value, must in known:
        response = client.send(plain.call, replace(asked, headers=asked.headers.replaced(name, value)))
        if must and response.ok and tag_of(response) == value.removeprefix("W/"):
            message = f"{name}: {value} leads to status {response.status} with the same ETag, and 304 is documented"
            hint = "respond with 304 and no body, or take 304 out of the contract"
            yield find(subject, "law-not-modified", message, response, hint)
            return
    if plain.ok and not known:
        name = subject.operation.name
        subject.notes.append(f"{name}: 304 is documented and was not examined: no ETag, no Last-Modified")


def unmarked(subject: Subject, earlier: CheckedResponse, read: CheckedResponse) -> Iterator[Finding]:
    """A strong entity tag that stays although the update changed what it stands for (RFC 9110, section 8.8.1); a weak one may be that of
    the second in which it changed."""
    before, after, tag = as_object(earlier.thing), as_object(read.thing), tag_of(read)
    is_strong = bool(tag) and read.headers.get("ETag") == tag == tag_of(earlier)
    changed = (key for key in after if key in before and not is_same(before[key], after[key]))
    for key in islice((key for key in changed if not is_set_by_service(key)), int(is_strong)):
        message = f"{subject.operation.name} changed {key} from {shown(before[key])} to {shown(after[key])}, and the ETag is {tag} still"
        hint = "send another entity tag for what has changed"
        yield find(subject, "law-entity-tag", message, read, hint, "response.header.ETag")


def tag_of(response: CheckedResponse) -> str:
    """The entity tag as If-None-Match compares it, weakly (RFC 9110, section 8.8.3.2); '' where there is none."""
    return (response.headers.get("ETag") or "").removeprefix("W/")
