"""Laws of what is sent as a whole: bytes that are uploaded can be downloaded, `null` in an update takes a value away, of several things
all are created, a request that is sent again under one key creates nothing more, and one that says something else creates something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from toolkit.client.client import Body, CheckedResponse
from toolkit.conformance.items import (
    MERGE_PATCH,
    added_to,
    await_accepted,
    body_of_several,
    fresh_bodies,
    fresh_calls,
    full_calls,
    make_item,
    putter,
    refers,
    request_value,
    sent_by,
    write_value,
)
from toolkit.conformance.laws import state
from toolkit.conformance.laws.finding import Finding, find, find_at_last
from toolkit.conformance.laws.kept import (
    declared,
    is_declared,
    is_empty,
    is_same,
    is_set_by_service,
    is_under_way,
    lost,
    may_be_left_out,
)
from toolkit.conformance.laws.lists import Listing
from toolkit.conformance.laws.one_response import in_response
from toolkit.conformance.pool import path_filling
from toolkit.conformance.probes.expected import ITEM_TWICE, Probe, check_expected, shows_twice
from toolkit.conformance.probes.opinions import ACCEPTED, REFUSED
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import kind, method_of
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.resources import created_in, inner_of, items_of, resource_of
from toolkit.document.pointers import ABSENT, as_object
from toolkit.exchange import Request
from toolkit.schema.judge import shown
from toolkit.structs import replace
from toolkit.validation.bodies import is_valid_body
from toolkit.wire import media_type
from toolkit.wire.forms import parts_of

_BYTES = "application/octet-stream"
_DOWNLOADS = ("/content", "/download", "/data", "/file", "/raw", "/blob")  # of the path to an item
_FILES = frozenset({"file", "upload", "attachment", "document", "blob", "object", "asset", "artifact", "content"})
_REPLACES = re.compile(
    r"^(?!.*(?:partial|merge|unchanged|\bkeeps?\b)).*(?:\breplac|overwrit)", re.IGNORECASE | re.DOTALL
)
_MOST_NULLS = 3  # properties that are taken away


def download_of(subject: Subject) -> Subject | None:
    """What shows the bytes that the operation takes: at the place of the item, or below it, of what is a file and not made of one."""
    if all(media_type.kind(name) not in ("multipart", "other") for name in subject.operation.request_content):
        return None
    place = subject.made_at if kind(subject.operation) == "create" else subject.place
    is_file = resource_of(subject.operation.route.template) in _FILES
    is_whole = is_file or _BYTES in subject.operation.request_content
    ends = [*([""] if is_whole else []), *(_DOWNLOADS if is_file else ())]
    readers = (one for end in ends for one in subject.at(place + end, "GET"))
    shows = ((one, any(_BYTES in spec.content for spec in one.operation.responses.values())) for one in readers)
    return next((one for one, shows_bytes in shows if shows_bytes), None)


def download_after_upload(subject: Subject) -> Iterator[Finding]:
    """What was uploaded is what is downloaded, byte by byte."""
    is_new = kind(subject.operation) == "create"
    reader = download_of(subject)
    item = make_item(subject, subject.made_at if is_new else subject.item_place, full=is_new)
    if reader is None or item is None:
        return
    calls = full_calls(subject, path_filling(subject.operation, item.values))
    sent = item.response if is_new else state.first_success(subject, calls)
    if sent is None or sent.status == 202 or sent.exchange.request is None:
        return
    data, read = _uploaded(sent.exchange.request), state.ask(reader, item.values)
    found = read.body
    if data and read.ok and _BYTES in read.headers.content_type and found != data:
        name, was = subject.operation.name, reader.operation.name
        message = f"{name} had {len(data)} bytes, and {was} has {'others' if len(found) == len(data) else len(found)}"
        rule = "law-read-after-create" if is_new else "law-update"
        yield find(subject, rule, message, read, "store every byte as it is sent")


def _uploaded(request: Request) -> bytes:
    """The bytes of the one file that a request has; none where it has several or none."""
    name, body = request.headers.content_type, request.body or b""
    if media_type.kind(name) != "multipart":
        return body if media_type.essence(name) == _BYTES else b""
    files = [one.data or b"" for one in parts_of(body) if one.is_file]
    return files[0] if len(files) == 1 else b""


def takes_null(operation: Operation) -> bool:
    """Whether it is an update in which `null` has a meaning of its own."""
    return MERGE_PATCH in operation.request_content or (operation.method == "PUT" and bool(_fields(operation)))


def null_in_update(subject: Subject) -> Iterator[Finding]:
    """What a merge patch names with `null`, or a PUT that has to name it, has the value no longer that it had, in an item of the run's own, or
    in what is there where nothing creates one."""
    item, reader = make_item(subject, subject.place, full=True), subject.peer(subject.place)
    if reader is None or (item is None and state.has_maker(subject)):
        return
    values = item.values if item else state.own_values(subject)
    # What creates it may have to leave out what can be set.
    put = state.first_success(subject, full_calls(subject, path_filling(subject.operation, values)))
    said = as_object(sent_by(subject.operation, put.exchange.request)) if put else {}
    before = state.ask(reader, values).thing
    if not isinstance(before, dict):
        return
    full = [key for key, value in before.items() if not (is_empty(value) or value in (False, 0))]
    free = [key for key in full if not is_set_by_service(key)]
    bodies = _bodies_without(
        subject.operation, before, free, [key for key in free if is_same(before[key], said.get(key))]
    )
    for key, how, body in islice(bodies, _MOST_NULLS):
        sent = state.ask(subject, values, body)
        read = state.ask(reader, values)
        after = read.thing
        is_done = subject.operation.is_success(sent.status) and sent.status != 202 and read.ok
        is_kept = is_done and as_object(after).get(key) is not None and is_same(before[key], after[key])
        field = _fields(subject.operation).get(key)
        if is_kept and (field is None or field.schema.get("default") != after[key]):
            message = f"{subject.operation.name} {how.format(key)}, and then it still is {shown(after[key])}"
            hint = "take away the value in whose place there is nothing"
            yield find(subject, "law-update", message, read, hint, in_response(key))
            return


def _bodies_without(
    operation: Operation, before: dict[str, Any], keys: list[str], own: list[str]
) -> Iterator[tuple[str, str, Body]]:
    """Each property that can be taken away, how that is said, and the body: in a merge patch, `null` alone; in a PUT, beside the others,
    `null` where it is required, and else nothing, where the contract says that it replaces the thing: one of `own`, which a PUT has set."""
    is_patch, fields = MERGE_PATCH in operation.request_content, _fields(operation)
    written = (one for one in operation.request_content if media_type.kind(one) in ("json", "xml"))
    name = MERGE_PATCH if is_patch else next(written, "")
    kept = {} if is_patch else {key: one for key, one in before.items() if key in fields}
    for key in [key for key in keys if key in (fields or keys)]:
        others = {one: kept[one] for one in kept if one != key}
        data, less = (write_value(operation, name, one) for one in ({**kept, key: None}, others))
        is_free = not is_patch and is_valid_body(operation, name, less)
        if is_free and key in own and _replaces(operation):
            yield key, "replaced it by what has no {}", (name, less)
        elif not is_free and is_valid_body(operation, name, data):
            yield key, "set {} to null", (name, data)


def _replaces(operation: Operation) -> bool:
    """Whether the contract says of a PUT that it replaces a thing."""
    told = (operation.name, *(as_object(operation.node.value).get(key, "") for key in ("summary", "description")))
    return _REPLACES.search(". ".join(map(str, told))) is not None


def several_after_create(subject: Subject) -> Iterator[Finding]:
    """Of several things that one request creates, the response and the list show all, where they show some."""
    made = body_of_several(subject)
    sent = subject.ask(body=made[0], fresh=True) if made else None
    if made is None or sent is None or not subject.operation.is_success(sent.status) or sent.status == 202:
        return
    subject.pool.learn(subject.client, sent)
    done = [one for one in made[1] if sent.status != 207 or any(_is_done(one, part) for part in items_of(sent.value))]
    yield from find_at_last(subject, partial(_missing, subject, sent, done))


def _is_done(sent: state.Thing, part: Any) -> bool:
    """Whether a part of a multi-status response (207) says of what it shows that it was created."""
    statuses = {str(value) for key, value in as_object(part).items() if "status" in key.lower()}
    return not statuses.isdisjoint(("200", "201")) and state.is_shown(sent, inner_of(part))


def _missing(subject: Subject, sent: CheckedResponse, made: list[dict[str, Any]]) -> Iterator[Finding]:
    lister = subject.peer(subject.place) or subject.peer(subject.place.rpartition("/")[0])
    listing = Listing(lister, state.own_values(subject)) if lister else None
    pages = list(listing.pages()) if listing else []
    reader, key = subject.peer(subject.below), state.identifier_at(subject, subject.below, sent.thing)
    # The one thing that has them all
    read = [state.ask(reader, (*state.own_values(subject), key))] if reader and key else []
    for responses, by in (([sent], subject), (read, reader), (pages, lister)):
        items = [one for response in responses for one in items_of(response.value)]
        shown_ones = [one for one in made if any(state.is_shown(one, item) for item in items)]
        is_whole = by is not lister or (listing is not None and listing.has_all)
        if by and is_whole and 0 < len(shown_ones) < len(made):
            how = f"{by.operation.name} shows {len(shown_ones)} of the {len(made)}"
            message = f"{how} that one request of {subject.operation.name} creates with status {sent.status}"
            hint = "create all or none, or respond with 207"
            yield find(subject, "law-list-after-create", message, responses[-1], hint)
            return


def same_key(subject: Subject) -> Iterator[Finding]:
    """A request that is sent twice under the same key creates one thing."""
    client = subject.client
    keys = {key: client.new_key(one) for key, one in client.renewed.items() if key[0] == "header"}
    call = client.call(keys, body=next(fresh_bodies(subject)))
    made = [client.ask(call, fresh=True) for _ in range(2)]
    operation = subject.operation
    if not all(keys.values()) or any(not operation.is_success(one.status) or one.status == 202 for one in made):
        return
    names = [_named_by(subject, one) for one in made]
    if all(names) and names[0] != names[1]:
        key, both = ", ".join(name for _, name in keys), " and ".join(", ".join(sorted(one)) for one in names)
        message = f"the same request was sent twice with one {key}, and {subject.operation.name} made {both}"
        yield find(subject, "law-repeatable", message, made[1], f"respond to a {key} that is known with what it made")


def _named_by(subject: Subject, response: CheckedResponse) -> set[str]:
    """What the things are called that a creation made."""
    subject.pool.learn(subject.client, response)
    things = (thing for one in created_in(response.value) for thing in (one, inner_of(one)))
    return {*filter(None, (state.identifier_at(subject, subject.made_at, one) for one in things))}


def something_new(subject: Subject) -> Iterator[Finding]:
    """A 201 is for what is new (RFC 9110, section 15.3.2): it does not show what is there already, made of other values."""
    if make_item(subject, subject.made_at):
        return
    asked = (subject.client.ask(next(fresh_calls(subject, {})), fresh=True) for _ in range(2))
    made = [one for one in asked if one.status == 201]
    if len(made) < 2 or not _named_by(subject, made[0]) & _named_by(subject, made[1]):
        return
    before, sent = (as_object(sent_by(subject.operation, one.exchange.request)) for one in made)
    earlier, later = (as_object(one.thing) for one in made)
    other = (key for key in sent if key in before and not is_same(before[key], sent[key]))
    for key in [key for key in other if key in later and not is_same(later[key], sent[key])]:
        if is_same(earlier.get(key), later[key]):
            is_sent = f"{subject.operation.name} is sent {key} {shown(sent[key])}"
            message = f"{is_sent}, and responds with 201 and with what was there already, with {shown(later[key])}"
            hint = "create something for each request, or respond with 200 or 409 where nothing new is created"
            yield find(subject, "law-read-after-create", message, made[1], hint, in_response(key))
            return


def makes_named(subject: Subject) -> bool:
    """Whether the contract says of it that it creates what its client names."""
    return "201" in subject.operation.responses and putter(subject, subject.place) is subject


def default_after_create(subject: Subject) -> Iterator[Finding]:
    """What is created without a property that has a default shows what it shows where the default is said: it is assumed then."""
    operation, made = subject.operation, list[CheckedResponse]()
    fields = {key: one.schema for key, one in operation.body_fields.items() if not one.required}
    defaults = {key: one["default"] for key, one in fields.items() if "default" in one and not one.get("readOnly")}
    for said in ({}, defaults) if defaults else ():
        sent = _send_with(subject, {**dict.fromkeys(defaults, ABSENT), **said})
        if sent is None or sent.status in (202, 207):
            return
        made.append(sent)
    unsaid, told = (as_object(one.thing) for one in made) if made else ({}, {})
    for key, default in ((key, one) for key, one in defaults.items() if key in unsaid and key in told):
        if is_same(default, told[key]) and not is_same(default, unsaid[key]):
            found = f"{operation.name} creates it with {shown(unsaid[key])}"
            message = f"without {key}, whose default is {shown(default)}, {found}"
            yield find(subject, "law-default", message, made[0], at=in_response(key))
            return


def _send_with(subject: Subject, changes: dict[str, Any]) -> CheckedResponse | None:
    """The response with success to the creation of something new with these properties, without those that are ABSENT."""
    request = subject.client.request(subject.client.call(body=next(fresh_bodies(subject))))
    name, value = request.headers.content_type, as_object(request_value(subject.operation, request)) | changes
    data = write_value(subject.operation, name, {key: one for key, one in value.items() if one is not ABSENT})
    return state.send_new(subject, (name, data)) if is_valid_body(subject.operation, name, data) else None


def optional_after_create(subject: Subject) -> Iterator[Finding]:
    """What is created shows what was sent of what need not be, where the contract has it in what is shown; also what is sent without the
    rest of that, since one value may decide on another."""
    place, operation = subject.made_at, subject.operation
    item, reader = make_item(subject, place, full=True), subject.peer(place)
    if item is None or reader is None or item.maker is not subject:
        return
    sent = as_object(item.sent)
    for key in islice(_lost(subject, reader, item.values, item.response, sent), _MOST_NULLS):
        before, alone = subject.pool.own(place), _send_with(subject, {key: sent[key]})
        new = [one for one in subject.pool.own(place) if one not in before]
        said = as_object(sent_by(operation, alone.exchange.request)) if alone else {}
        if alone and new and key in _lost(subject, reader, new[0], alone, said):
            message = f"{operation.name} accepts {shown(sent[key])} for {key}, and {reader.operation.name} has none"
            yield find(subject, "law-read-after-create", message, alone, "keep what was sent", in_response(key))
            return


def _lost(
    subject: Subject, reader: Subject, values: tuple[str, ...], made: CheckedResponse, sent: state.Thing
) -> Iterator[str]:
    """Which properties, sent beside those of a plain request, neither the response to a creation nor what is read then shows, although the
    contract says of the request, and not only of the thing, that it has them."""
    read, fields = state.ask(reader, values, thing=made.thing), _fields(subject.operation)
    known, both = declared(reader.operation, read), [as_object(one.thing) for one in (made, read)]
    is_split = any(as_object(one.value).get("readOnly") for one in known.values())
    added = added_to(subject, sent) if read.ok and made.status not in (202, 207) else ()
    for key in [key for key in sent if key in added and key in fields and is_declared(reader.operation, read, (key,))]:
        is_said = is_split or fields[key].node.pointer != known[key].pointer
        is_free = is_said and not may_be_left_out(key, sent[key]) and not refers(subject, key)
        if is_free and all(is_empty(one.get(key)) for one in both):
            yield key


def _fields(operation: Operation) -> dict[str, Parameter]:
    """The properties of a body, by name."""
    return {one.name: one for form in ("xml", "form", "json") for one in operation.fields(form)}


def read_back(subject: Subject, sent: CheckedResponse, probe: Probe, key: str) -> Iterator[Finding]:
    """A property that was accepted in a write whose response does not show it is read with the value that was sent, or with none; where
    it is not sure that the value means itself, as of an action, with no part of it alone. An invalid one is not read as it was sent."""
    operation, value = subject.operation, as_object(sent_by(subject.operation, sent.exchange.request))
    is_new, is_whole = kind(operation) == "create", method_of(operation) in ("PUT", "PATCH")
    place = subject.made_at if is_new else subject.place
    reader = subject.peer(place) or (None if is_new or is_whole else subject.peer(subject.item_place))
    is_done = kind(operation) in ("create", "update") and operation.is_success(sent.status)
    is_hidden = key in value and key not in as_object(sent.thing) and not is_set_by_service(key)
    if reader is None or not is_done or not is_hidden:
        return
    before = {*subject.pool.own(place)}
    subject.pool.learn(subject.client, sent)
    new = [one for one in subject.pool.own(place) if one not in before]
    await_accepted(subject, sent)
    items = new[:1] if is_new else [state.own_values(subject, sent.call)] if sent.status != 202 else []
    is_sure = probe.expected == ACCEPTED and (is_new or is_whole)
    for values in items:
        yield from find_at_last(subject, partial(_read_otherwise, subject, reader, values, key, value[key], is_sure))
        if probe.edit and probe.edit.label == ITEM_TWICE and shows_twice(probe, state.ask(reader, values).thing):
            found = check_expected(subject.client, replace(probe, expected=REFUSED), sent)
            yield from (Finding(one, sent) for one in found)


def _read_otherwise(
    subject: Subject, reader: Subject, values: tuple[str, ...], key: str, value: Any, is_sure: bool
) -> Iterator[Finding]:
    read = state.ask(reader, values)
    one = as_object(read.thing)
    found = one.get(key)
    differs = not is_same(value, found) if is_sure else any(lost({key: value}, one, ()))
    if read.ok and found and differs and not is_under_way(one):
        has = f"{reader.operation.name} has {shown(found)}"
        message = f"{subject.operation.name} accepts {shown(value)} for {key}, and {has}"
        rule = "law-read-after-create" if kind(subject.operation) == "create" else "law-update"
        hint = "keep the whole value, or state its limit in the contract"
        yield find(subject, rule, message, read, hint, in_response(key))
