"""Laws of what is done to an item of the run's own: what the response to an action says of it is read afterwards, and what is
refused leaves it as it was.

A service may go on with what it was told, and count what it is asked. So nobody is blamed for a value that is new: only for the
one from before, for one that was refused, and for none where there was one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from toolkit.client.client import Call, CheckedResponse
from toolkit.conformance.items import OwnItem, calls_unlike, make_item, request_value, sent_by, write_value
from toolkit.conformance.laws.conditional import NO_TAG, has_precondition
from toolkit.conformance.laws.finding import Finding, find, find_at_last
from toolkit.conformance.laws.kept import is_empty, is_same
from toolkit.conformance.laws.lists import Listing
from toolkit.conformance.laws.one_response import in_response
from toolkit.conformance.laws.state import Thing, ask, identifier_at
from toolkit.conformance.pool import path_filling, path_to
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import kind, method_of
from toolkit.contract.resources import items_of
from toolkit.document.names import bare_name
from toolkit.document.pointers import as_object
from toolkit.exchange import Request
from toolkit.schema.judge import shown
from toolkit.schema.scalars import is_text_or_integer, read_moment
from toolkit.structs import replace
from toolkit.validation.bodies import is_valid_body
from toolkit.wire.parameters import write_scalar

_MOST_OTHERS = 4  # operations that are asked of an item in the state that one has left it in
_INVALID: Any = {"": [[]]}  # which hardly a property may be
_OF_INVALID = ("400", "422", "4XX")  # where the contract says that bodies are validated
_VERSIONS = 1000  # by which a version differs from the one that a thing has

Read = Callable[[], CheckedResponse]
"""Asks for the item once more."""


def changes_item(subject: Subject) -> bool:
    """Whether the operation changes an item that can be read."""
    return kind(subject.operation) == "update" and subject.peer(subject.item_place) is not None


def is_action(subject: Subject) -> bool:
    """Whether it does something to the item, and the contract gives its success and the item that is read the same schema."""
    if not changes_item(subject) or (subject.place == subject.item_place and method_of(subject.operation) != "POST"):
        return False
    schemas = [
        media.value.get("schema")
        for one in (subject, subject.peer(subject.item_place))
        for key, spec in (sorted(one.operation.responses.items()) if one else ())
        for media in islice(spec.content.values(), 1 if key[0] == "2" else 0)
    ]
    return len(schemas) > 1 and bool(schemas[0]) and schemas[0] == schemas[-1]


def action(subject: Subject) -> Iterator[Finding]:
    """What the response to an action says of an item is read afterwards; another item is not in the state that it led to."""
    place, reader = subject.item_place, subject.peer(subject.item_place)
    other, item = make_item(subject, place), make_item(subject, place)
    if reader is None or item is None:
        return
    read, beside = partial(ask, reader, item.values), partial(ask, reader, other.values) if other else None
    before, was = as_object(read().thing), as_object(beside().thing) if beside else {}
    done = _do(subject, item.values)
    if done is None or done.status == 202:
        return
    stated, name = as_object(done.thing), subject.operation.name
    told = f"{name} responds with", "and then it is read as", "keep what the response says"
    yield from find_at_last(subject, partial(_changes, subject, stated, [before], read, told))
    said = as_object(sent_by(subject.operation, done.exchange.request))
    yield from find_at_last(subject, partial(_not_set, subject, said, read))
    response = beside() if beside else done
    now = as_object(response.thing) if beside else {}
    for key in [key for key in stated if key in was and key in now and isinstance(stated[key], str | bool)]:
        changed = was[key] == before.get(key) != stated[key] == now[key]
        if changed and read_moment(stated[key]) is None:
            message = f"{name} of another item changed this one too: its {key} went from {shown(was[key])} to {shown(now[key])}"
            hint = "change only what the request names"
            yield find(subject, "law-update", message, response, hint, in_response(key))
            return


def _not_set(subject: Subject, said: Thing, read: Read) -> Iterator[Finding]:
    """What an update of the one property that its path names (`PUT /products/7/stock`) says of it, and the item has otherwise."""
    response, named = read(), bare_name(subject.template.rpartition("/")[2])
    found = as_object(response.thing)
    for key in [key for key in said if bare_name(key) == named and method_of(subject.operation) in ("PUT", "PATCH")]:
        if key in found and not is_same(said[key], found[key]):
            message = f"{subject.operation.name} set {key} to {shown(said[key])}, and then it is {shown(found[key])}"
            yield find(subject, "law-update", message, response, "keep what was sent", in_response(key))


def _do(subject: Subject, values: tuple[str, ...]) -> CheckedResponse | None:
    """The response to an action that had success, where need be after another one; None where none had."""
    for before in (None, *_others(subject)[:_MOST_OTHERS]):
        if before is None or before.operation.is_success(ask(before, values).status):
            done = ask(subject, values)
            if subject.operation.is_success(done.status):
                return done
    return None


def _others(subject: Subject) -> list[Subject]:
    """What else may be done to an item, its deletion at last."""
    place = subject.item_place
    peers = [one for one in subject.peers.values() if one is not subject and not one.is_last and not one.held_back]
    others = [one for one in peers if kind(one.operation) != "read" and one.place.startswith(place)]
    others = [one for one in others if one.place.count("{}") == place.count("{}")]
    return sorted(others, key=lambda one: kind(one.operation) == "delete")


def refused_write(subject: Subject) -> Iterator[Finding]:
    """Of a refused write nothing is done: nothing valid of an invalid body, nor what comes with another version or entity tag."""
    reader, item = subject.peer(subject.item_place), make_item(subject, subject.item_place, full=True)
    if reader is None or item is None:
        return
    read = partial(ask, reader, item.values)
    before = as_object(read().thing)
    for call, request, value, is_valid in _to_refuse(subject, item.values, item.sent):
        response = subject.client.send(call, request, blameless=is_valid)
        if not 400 <= response.status < 500:
            return  # what was made of it, other checks say
        yield from _changes(subject, before, [value], read, _refused(subject, response))


def refused_creation(subject: Subject) -> Iterator[Finding]:
    """Of a creation that is refused with 409, since what it makes is there or taken, nothing is done: what is there stays as it was, and no
    other one of the same values is listed."""
    item, reader = make_item(subject, subject.made_at, full=True), subject.peer(subject.made_at)
    if item is None or reader is None or item.maker is not subject:
        return
    client, read = subject.client, partial(ask, reader, item.values)
    for call in (item.response.call, *_of_same_name(subject, item), *_of_same_key(subject, item)):
        before, listed = as_object(read().thing), _all_listed(subject, item.values)
        response = client.ask(call, fresh=True)
        if response.status != 409:
            if subject.operation.is_success(response.status):
                subject.pool.learn(client, response)
            continue
        said, told = as_object(sent_by(subject.operation, response.exchange.request)), _refused(subject, response)
        yield from _changes(subject, before, [said], read, told)
        for name, one in _all_listed(subject, item.values).items() if item.values[-1] in listed else ():
            if name not in listed and all(is_same(value, one.get(key)) for key, value in said.items()):
                path = path_to(subject.made_at, (*item.values[:-1], name))
                message = f"{subject.operation.name} is refused with 409, and yet {path} is listed then, with the values that it names"
                yield find(subject, "law-list-after-create", message, response, told[2])
                return


def _of_same_name(subject: Subject, item: OwnItem) -> Iterator[Call]:
    """The creation of an item once more, with other values under the name that the body gives it; none where it gives none."""
    call, sent = next(calls_unlike(subject, {}, item.sent)), as_object(item.sent)
    request = subject.client.request(call)
    naming = {key: one for key, one in sent.items() if is_text_or_integer(one) and write_scalar(one) == item.values[-1]}
    value = request_value(subject.operation, request)
    if naming and isinstance(value, dict):
        name = request.headers.content_type
        yield replace(item.response.call, body=(name, write_value(subject.operation, name, {**value, **naming})))


def _of_same_key(subject: Subject, item: OwnItem) -> Iterator[Call]:
    """The creation of something else under the key that the request for an item had; none where requests have no key."""
    call, request = item.response.call, item.response.exchange.request
    headers = [key for key in subject.client.renewed if key[0] == "header"]
    keys = {key: text for key in headers if request and (text := request.headers.get(key[1]))}
    if keys:
        pairs = tuple(pair for pair in call.pairs if pair[0] not in keys)
        yield replace(call, pairs=(*pairs, *keys.items()), body=next(calls_unlike(subject, {}, item.sent)).body)


def _all_listed(subject: Subject, values: tuple[str, ...]) -> dict[str, Any]:
    """All that is listed beside an item, by what names it; nothing where that is not sure."""
    listers = filter(None, [subject.peer(subject.made_at.removesuffix("/{}"))])
    listing = next((Listing(one, values[:-1]) for one in listers), None)
    items = [one for page in (listing.pages() if listing else ()) for one in items_of(page.value)]
    named = {identifier_at(subject, subject.made_at, one): as_object(one) for one in items}
    return {name: one for name, one in named.items() if name} if listing and listing.has_all else {}


def _to_refuse(
    subject: Subject, values: tuple[str, ...], known: Any
) -> Iterator[tuple[Call, Request, dict[str, Any], bool]]:
    """Requests that a service may have to refuse, each with what is valid of what it says, and whether its body is valid."""
    client, operation, filling = subject.client, subject.operation, path_filling(subject.operation, values)
    call = next(calls_unlike(subject, filling, known))
    asked = client.request(call)
    name, value = asked.headers.content_type, request_value(operation, asked)
    if not isinstance(value, dict):
        return
    said = [key for key in value if ("body", key) not in filling]
    is_checked = len(said) > 1 and not operation.responses.keys().isdisjoint(_OF_INVALID)
    for key in dict.fromkeys((said[-1], said[0])) if is_checked else ():
        data = write_value(operation, name, {**value, key: _INVALID})
        if data and not is_valid_body(operation, name, data):
            yield call, replace(asked, body=data), {one: value[one] for one in said if one != key}, False
    if has_precondition(operation):
        yield call, replace(asked, headers=asked.headers.replaced("If-Match", NO_TAG)), value, True
    for key, version in client.versions().items() if "409" in operation.responses else ():
        other = {**value, key: version + _VERSIONS} if isinstance(version, int) else value
        data = write_value(operation, name, other)
        if other != value and is_valid_body(operation, name, data):
            yield call, replace(asked, body=data), value, True
    # What names another thing, such as its address, may be taken.
    another = make_item(subject, subject.item_place, full=True) if "409" in operation.responses else None
    if another and is_valid_body(operation, name, data := write_value(operation, name, another.sent)):
        yield call, replace(asked, body=data), as_object(another.sent), True


def _refused(subject: Subject, refusal: CheckedResponse) -> tuple[str, str, str]:
    """How a change is told that a refused request made, and what to do."""
    told = f"{subject.operation.name} is refused with {refusal.status}, and yet the item does not keep"
    return told, "but has", "check the whole request before anything is written"


def _changes(
    subject: Subject, expected: Thing, others: Sequence[Thing], read: Read, told: tuple[str, str, str]
) -> Iterator[Finding]:
    """The first property that is read otherwise than expected: with a value of one of the others, or with none where there was one."""
    response = read()
    found = as_object(response.thing)
    for key in [key for key in expected if key in found and not is_same(expected[key], found[key])]:
        is_lost = is_empty(found[key]) and isinstance(expected[key], str | list | dict)
        if is_lost or any(is_same(one[key], found[key]) for one in others if key in one):
            before, after, hint = told
            message = f"{before} {key} {shown(expected[key])}, {after} {shown(found[key])}"
            yield find(subject, "law-update", message, response, hint, in_response(key))
            return


def repeated_write(subject: Subject) -> Iterator[Finding]:
    """What changes or deletes something is done twice to an item of the run's own, and then what else may be done to it: the state
    that it is in then may be refused, must not break the service, and is then as it was. Raises BudgetSpent."""
    reader, item = subject.peer(subject.item_place), make_item(subject, subject.item_place)
    if item is None:
        return
    read = partial(ask, reader, item.values) if reader else None
    states = [as_object(read().thing)] if read else []
    if not _do(subject, item.values):
        return
    for one in (subject, *_others(subject)[:_MOST_OTHERS]):
        states += [as_object(read().thing)] if read else []
        filling = path_filling(one.operation, item.values)
        call = next(calls_unlike(one, filling, states[-1] if states else None))
        response = one.client.ask(call, fresh=True)
        if one.operation.is_success(response.status) and kind(one.operation) == "delete":
            subject.pool.forget(subject.item_place, item.values)
        elif 400 <= response.status < 500 and read:
            said = as_object(sent_by(one.operation, response.exchange.request))
            led = as_object(one.plain.thing) if one.plain and one.operation.is_success(one.plain.status) else {}
            yield from _changes(one, states[-1], [said, led, *states[:-1]], read, _refused(one, response))
