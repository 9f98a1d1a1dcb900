"""Laws over state: what was created can be read and is listed, an update changes what it names and nothing else, what was deleted is gone.

Each works on an item that the run itself creates. Where the contract leaves the outcome open there is no law: a response 202 promises nothing yet
(RFC 9110, section 15.3.3), but what can be read afterwards and does not say that it is under way has the values that were sent, or none yet; a list
may have more pages than are shown, and a service sets identifiers, moments and versions itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, islice
from typing import Any
from urllib.parse import unquote

from toolkit.client.client import OWN_BODY, Body, Call, CheckedResponse
from toolkit.conformance.items import (
    OwnItem,
    added_to,
    await_so,
    below_new,
    calls_unlike,
    fresh_bodies,
    is_done,
    keeps_unnamed,
    make_item,
    new_name,
    putter,
    request_value,
    sent_by,
    updating_calls,
)
from toolkit.conformance.laws.conditional import unmarked
from toolkit.conformance.laws.finding import Finding, find, find_at_last, shown_or_none
from toolkit.conformance.laws.kept import (
    declared,
    is_declared,
    is_empty,
    is_same,
    is_set_by_service,
    is_under_way,
    lost,
    may_change,
    names_place,
    puts_away,
    says_created,
    unwrapped,
    within,
)
from toolkit.conformance.laws.lists import Listing
from toolkit.conformance.laws.one_response import in_response
from toolkit.conformance.pool import ends, path_filling, path_to
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import kind, method_of, words
from toolkit.contract.resources import (
    LISTS,
    created_in,
    inner_of,
    is_named,
    is_other,
    items_of,
    parents_in,
    place_of,
    resource_of,
    thing_of,
)
from toolkit.contract.routing import PARAMETER
from toolkit.document.names import bare_name
from toolkit.document.pointers import as_object
from toolkit.schema.judge import shown
from toolkit.schema.scalars import is_text_or_integer
from toolkit.structs import replace
from toolkit.wire.parameters import write_scalar
from toolkit.wire.urlencoded import split_url

Thing = Mapping[str, Any]
"""The properties of a thing, by their names."""
Skips = Callable[[str], bool]
_MOST_UPDATES = 3  # that are tried
_PARTS = ("first", "whole", "first", "last")  # that updates name of an item, one after the other
_PATH = re.compile(r"/[^/#][^#]*")  # on the same host
_CACHED = re.compile(r"age=\"?[1-9]")
_PUBLISHES = re.compile(r"publish|releas|commit|approv|apply|deploy|promot|submit|draft|version", re.IGNORECASE)


def has_maker(subject: Subject) -> bool:
    """Whether some operation creates what this one is about: in its list, below a parent, by the client's name; or has created it."""
    about = resource_of(subject.template)
    others = (one.operation for one in subject.peers.values() if kind(one.operation) == "create")
    is_below = any(resource_of(place_of(one).template) == about for one in others)
    is_listed = subject.peer(subject.above, "POST") is not None
    has_made = subject.place in subject.pool.makers
    return has_made or is_below or is_listed or putter(subject, subject.place) is not None


def read_after_create(subject: Subject) -> Iterator[Finding]:
    """What was created can be read, and has the values that were sent."""
    item = make_item(subject, subject.made_at, full=True)
    reader = subject.peer(item.place) if item else None
    if item and reader:
        yield from find_at_last(subject, partial(_lost, subject, item, reader))
        yield from _read_at_location(subject, item, reader)


def _lost(subject: Subject, item: OwnItem, reader: Subject) -> Iterator[Finding]:
    read, name = ask(reader, item.values, thing=item.response.thing), reader.operation.name
    is_done = item.response.status != 202
    by = (_last_name(item.maker, item.place), item.maker.template, item.values[-1])
    if read.ok and is_named(item.response.thing, *by) and is_other(read.thing, *by):
        message = f"{name} of {item.path}, which {subject.operation.name} created, shows another one"
        yield find(subject, "law-read-after-create", message, read, "respond with what the path names")
    elif read.ok:
        shown_one = read.thing
        differing = _differences(_expected(item), shown_one, read, reader, may_change)
        cut = lost(unwrapped(item.sent, read), shown_one, (), partial(is_declared, reader.operation, read))
        sure = (((key,), *both) for key, *both in differing if is_done or both[1])
        is_sure = is_done or not is_under_way(shown_one)
        for at, expected, found in islice(chain(sure, cut), int(is_sure)):
            created = f"{item.path} was created with {'.'.join(at)} {shown(expected)}"
            message, where = f"{created}, and {name} has {shown_or_none(found)}", in_response(*at)
            yield find(subject, "law-read-after-create", message, read, "keep what was sent", where)
    else:
        yield from _unread(subject, item, reader)


def _unread(subject: Subject, item: OwnItem, reader: Subject) -> Iterator[Finding]:
    read, name = ask(reader, item.values, thing=item.response.thing), reader.operation.name
    is_sure = item.response.status != 202 and _is_sure(item, reader) and not puts_away(item.sent)
    if is_sure and read.status in (404, 410):
        message = f"what {subject.operation.name} created ({item.path}) cannot be read: {name} returns {read.status}"
        yield find(subject, "law-read-after-create", message, read, "store what is created, or respond with 202")


def _read_at_location(subject: Subject, item: OwnItem, reader: Subject) -> Iterator[Finding]:
    """What a 201 names in Location is what was created (RFC 9110, section 15.3.2), also where the body names it otherwise, and where no
    operation is."""
    request, received = item.response.exchange.request, item.response.exchange.response
    location = (received.headers.get("location") or "") if received and received.status == 201 else ""
    if puts_away(item.sent) or request is None or received is None:
        return
    made = f"{subject.operation.name} creates {item.path} and calls it {location} in Location"
    hint, at = "send the address of what is created", "response.header.Location"
    for values in item.others:
        if not unquote(split_url(location).path).rstrip("/").endswith("/" + values[-1]):
            continue
        read = ask(reader, values)
        if read.status in (400, 404, 410, 422):
            message = f"{made}, to which {reader.operation.name} responds with {read.status}"
            yield find(subject, "law-read-after-create", message, read, hint, at)
    is_elsewhere = _PATH.fullmatch(location) and not subject.pool.located(item.maker.operation, request, received)[0]
    if is_elsewhere and ask(reader, item.values).ok:
        asked = reader.client.request(reader.client.call())
        found = (reader.client.exchange(replace(asked, url=path))[0].response for path in ends(location))
        if all(one is not None and one.status in (404, 410) for one in found):
            message = f"{made}, to which the service responds with 404 or 410"
            yield find(subject, "law-read-after-create", message, item.response, hint, at)


def _is_sure(item: OwnItem, reader: Subject) -> bool:
    """Whether the values that lead to an item are no guess: a Location field or a property of that name has them, or they work."""
    template, name = item.maker.template, _last_name(item.maker, item.place)
    received, value = item.response.exchange.response, item.response.value
    made = as_object(item.response.thing)
    if any(where == "query" and made.get(key, "") is None for where, key in reader.client.base):
        return False  # it has no owner, say, among whose things it can be read
    if reader.obstacle == "" or (received and received.headers.get("location")):
        return True
    return any(is_named(one, name, template, item.values[-1]) for one in (value, inner_of(value), item.sent))


def list_after_create(subject: Subject) -> Iterator[Finding]:
    """An unfiltered list holds what was created, where all of it is shown; it is known by its identifier, or else by its strings."""
    item = make_item(subject, subject.made_at)
    lister = subject.peer(subject.place)
    sent, texts = (item.response, {}) if item else _send_new(subject)
    if lister and sent and sent.status != 202 and (item or is_shown(texts, sent.thing)):
        yield from find_at_last(subject, partial(_unlisted, subject, lister, sent, item, texts))


def _unlisted(
    subject: Subject, lister: Subject, sent: CheckedResponse, item: OwnItem | None, texts: Mapping[str, str]
) -> Iterator[Finding]:
    listing = Listing(lister, own_values(subject, sent.call))
    for response in listing.pages():
        items = items_of(response.value)
        names = [identifier_at(subject, subject.made_at, one) for one in items]
        texts_of = {text for one in items if isinstance(one, dict) for text in one.values() if isinstance(text, str)}
        if (item.values[-1] in {*names, *texts_of} or not all(names)) if item else _shows(texts, items):
            return
    if listing.has_all:
        made = f"what {subject.operation.name} created ({item.path if item else shown(texts)})"
        message = f"{made} is not in the list of {lister.operation.name}"
        yield find(subject, "law-list-after-create", message, response, "list what is created")


def _shows(texts: Mapping[str, str], items: list[Any]) -> bool:
    """Whether some item has these strings, or may have them where it shows less."""
    return any(is_shown(texts, one) or texts.keys() - within(one).keys() for one in items)


def _send_new(subject: Subject) -> tuple[CheckedResponse | None, dict[str, str]]:
    """The response to the creation of something new, and the strings by which it is known; None where there are none."""
    client, calls = subject.client, [subject.client.call(body=one) for one in (OWN_BODY, next(fresh_bodies(subject)))]
    said = (request_value(client.operation, client.request(one)) for one in calls)
    plain, value = (within(_alone(subject, next(iter(created_in(one)), None))) for one in said)
    fresh = {key: one for key, one in value.items() if plain and isinstance(one, str) and one != plain.get(key)}
    sent = send_new(subject, calls[1].body) if fresh else None
    return (sent, fresh) if sent else (None, {})


def _alone(subject: Subject, value: Any) -> Any:
    """What is said of a thing, without an object under its own name, or under `data`, that has it alone."""
    name = next(iter(value), "") if isinstance(value, dict) and len(value) == 1 else ""
    return value[name] if name in LISTS or (name and bare_name(name) == resource_of(subject.template)) else value


def send_new(subject: Subject, body: Body) -> CheckedResponse | None:
    """The response with success to a creation, where need be under a new name, or below or of what the run creates for it; None where none has."""
    client, statuses = subject.client, set[int]()
    named = new_name(subject) if subject.operation.method == "PUT" else {}
    for changes in chain([named], below_new(subject, subject.made_at, statuses)):
        sent = client.ask(client.call(changes, body=body), fresh=True)
        statuses.add(sent.status)
        if subject.operation.is_success(sent.status):
            subject.pool.learn(client, sent)
            return sent
    return None


def below_another(subject: Subject) -> Iterator[Finding]:
    """What is created below one parent is not below another one, neither a new one nor one that was there: the response to its
    creation does not say so, and no list and no item below that other one shows it as a part of the first."""
    sent, texts = _send_new(subject)
    values = own_values(subject, sent.call) if sent else ()
    others = list(_other_parents(subject, values)) if sent else []
    if sent and others:
        yield from islice(_below(subject, sent, texts, values, others[0]), 1)


def _below(
    subject: Subject, sent: CheckedResponse, texts: Mapping[str, str], values: tuple[str, ...], other: tuple[str, ...]
) -> Iterator[Finding]:
    made, name = thing_of(next(iter(created_in(sent.value)), None)), subject.operation.name
    parent, lister, reader = (subject.peer(place) for place in (subject.item_place, subject.place, subject.below))
    stated, known = parents_in(made, subject.template), subject.pool.places.get(subject.item_place, {})
    wrong = next((one for one in stated if values[-1] not in stated and (*values[:-1], one) in known), None)
    if wrong and parent and wrong not in map(str, as_object(ask(parent, values).thing).values()):
        message = f"{name} below {values[-1]} responds with what it says is below {wrong}"
        yield find(subject, "law-read-after-create", message, sent, "keep it below the parent that the path names")
    created = f"what {name} created below {values[-1]} ({shown(texts)})"
    for response in Listing(lister, other).pages() if lister else ():
        if any(is_shown(texts, one) for one in items_of(response.value)):
            message = f"{created} is in the list of {lister.operation.name if lister else ''} below {other[-1]} too"
            yield find(subject, "law-list-after-create", message, response, "list what is below the parent alone")
    identifier = identifier_at(subject, subject.below, made)
    if reader and identifier:
        read = ask(reader, (*other, identifier))
        found = read.thing
        is_said = values[-1] in parents_in(found, subject.template)
        if read.ok and (is_said or (reader.operation.response(404) and is_shown(texts, found))):
            message = f"{created} is read below {other[-1]} too, by {reader.operation.name}"
            message += f", and says that it is below {values[-1]}" if is_said else ""
            hint = "respond with 404 to a path that does not lead to it"
            yield find(subject, "law-read-after-create", message, read, hint)


def _other_parents(subject: Subject, values: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The parameters of the path to a parent that the run makes, or else that somebody else made, and that is not read as the same one:
    `/users/me` may be `/users/1`."""
    other = make_item(subject, subject.item_place)
    sent = other.sent if other and isinstance(other.sent, dict) else {}
    if other and values[-1] not in map(str, sent.values()):  # else one parent may be below the other
        yield other.values
    elif not other:
        known, parent = subject.pool.places.get(subject.item_place, ()), subject.peer(subject.item_place)
        beside = [one for one in known if one[:-1] == values[:-1] and one != values][:_MOST_UPDATES]
        own = ask(parent, values).thing if parent and beside else None
        yield from islice((one for one in beside if parent is None or ask(parent, one).thing != own), 1)


def is_shown(sent: Thing, item: Any) -> bool:
    """Whether an item is what was sent, by all of its strings that the item shows too."""
    there = within(item)
    texts = {key: one for key, one in within(sent).items() if isinstance(one, str) and key in there}
    return bool(texts) and all(is_same(one, there[key]) for key, one in texts.items())


def update(subject: Subject) -> Iterator[Finding]:
    """An update changes what it names; with PATCH, nothing else of it (RFC 5789, section 2; RFC 7396), unless a parameter is the mask of
    what is to change; and no other item. It is an item of the run's own, what there is only one of, as settings are, or what is there
    where nothing creates one."""
    place, reader = subject.place, subject.peer(subject.place)
    is_item = place.endswith("/{}")
    other, item = (make_item(subject, place, full=True) if is_item else None for _ in range(2))
    if reader is None or (is_item and item is None and has_maker(subject)):
        return
    is_made_so = item is not None and item.maker is subject
    if unread := list(find_at_last(subject, partial(_unread, subject, item, reader))) if item and is_made_so else []:
        yield from unread
        return
    values = item.values if item else own_values(subject)
    beside, sent = (other.values, _expected(other)) if other else ((), {}) if is_item else _set_beside(subject, values)
    was = ask(reader, beside).thing if beside else None
    has_mask = any("mask" in words(one.name) for one in subject.operation.parameters if one.location == "query")
    listed, first = (_listed(subject, values)[0], as_object(ask(reader, values).thing)) if item else ({}, {})
    seen = {key: one for key, one in listed.items() if one == first.get(key) and one not in (0, False)}
    for named in _PARTS if subject.operation.method == "PATCH" and not has_mask else ("whole",):
        found = list(_updated(subject, reader, values, item, named))
        if seen and not found:
            found = list(find_at_last(subject, partial(_listed_as_before, subject, reader, values, seen)))
        yield from found
        if found:
            return
    own = None if item else as_object(ask(reader, values).thing) if beside else None
    yield from _touched(subject, reader, beside, {key: one for key, one in as_object(was).items() if key in sent}, own)


def _updated(
    subject: Subject, reader: Subject, values: tuple[str, ...], item: OwnItem | None, what: str
) -> Iterator[Finding]:
    """What an update of `what` (see updating_calls) made of an item otherwise than it says."""
    earlier = ask(reader, values)
    before = earlier.thing
    calls = updating_calls(subject, values, {**as_object(item and item.sent), **as_object(before)}, what)
    sent = first_success(subject, islice(calls, _MOST_UPDATES))
    named = as_object(sent_by(subject.operation, sent.exchange.request)) if sent else {}
    named = as_object(unwrapped(named, earlier))
    if sent is None or not named:
        return
    stated, known = as_object(sent.thing), as_object(before)
    added = {key for key in added_to(subject, named) if key not in stated or not is_same(named[key], stated[key])}
    sure = {key: one for key, one in named.items() if not is_empty(one) and (key in known or key not in added)}
    # What no request names may be computed from what this one does: a total, a slug.
    may_name = {key for one in subject.peers.values() for key in one.operation.body_fields}
    may_name |= {key for key in known if names_place(key) or says_created(key)}
    may_name |= {*as_object(unwrapped(item.sent, earlier) if item else None)}
    others = {key: one for key, one in known.items() if key in may_name - named.keys() and what != "whole"}
    if keeps_unnamed(subject.operation):
        parts = ((key, as_object(known.get(key)), one) for key, one in named.items() if isinstance(one, dict))
        left = ((key, {name: was[name] for name in was.keys() - one.keys()}) for key, was, one in parts)
        others |= {key: one for key, one in left if one}
    was = known if sent.status == 202 else None
    if was is not None:
        await_so(reader, values, changed=partial(_is_changed, sure, was), done=is_done)
    found = list(find_at_last(subject, partial(_not_updated, subject, reader, values, sure, others, was)))
    yield from found
    yield from unmarked(subject, earlier, ask(reader, values)) if not found else ()


def _listed(subject: Subject, values: tuple[str, ...]) -> tuple[dict[str, Any], list[CheckedResponse]]:
    """An item as the list above it shows it, and the page; nothing where it does not, or may show another state of it."""
    lister = subject.peer(subject.above)
    is_open = any(_PUBLISHES.search(one.operation.route.template) for one in subject.peers.values())
    for response in Listing(lister, values[:-1]).pages() if lister and not is_open else ():
        for one in items_of(response.value):
            if isinstance(one, dict) and identifier_at(subject, subject.place, one) == values[-1]:
                ages = f"{response.headers.get('Cache-Control')}, age={response.headers.get('Age')}"
                return {} if _CACHED.search(ages) else one, [response]
    return {}, []


def _listed_as_before(subject: Subject, reader: Subject, values: tuple[str, ...], before: Thing) -> Iterator[Finding]:
    """What can be updated and is listed as it was before, although it is read otherwise."""
    now = as_object(ask(reader, values).thing)
    fields = [key for key in subject.operation.body_fields if not is_empty(before.get(key)) and key in now]
    changed = [key for key in fields if not is_same(before[key], now[key])]
    listed, pages = _listed(subject, values) if changed else ({}, [])
    for key in [key for key in changed if listed.get(key) == before[key]][:1]:
        went = f"changed {key} from {shown(before[key])} to {shown(now[key])}"
        message = f"{subject.operation.name} {went}, and the list has the former"
        yield find(subject, "law-update", message, pages[0], "list what is stored", in_response(key))


def _is_changed(named: Thing, before: Thing, read: CheckedResponse) -> bool:
    """Whether some value that an update names is another one than before."""
    after = as_object(read.thing)
    return any(key in after and not is_same(before.get(key), after[key]) for key in named)


def _not_updated(
    subject: Subject, reader: Subject, values: tuple[str, ...], named: Thing, others: Thing, known: Thing | None
) -> Iterator[Finding]:
    """What of an item is otherwise than an update says. `known` is the item before one that is only accepted (202): it may not be made
    ever, but where the item shows that it was, and says no longer that it is under way, it was made whole."""
    read = ask(reader, values)
    after, name = read.thing, subject.operation.name
    is_gone = read.status in (404, 410) and not puts_away(named)
    if is_gone and method_of(subject.operation) == "PUT" and known is None:
        message = f"{name} had success, and then {reader.operation.name} responds with {read.status} to the same path"
        yield find(subject, "law-update", message, read, "store what is sent, or respond with 202", "response.status")
    if not read.ok or not isinstance(after, dict):
        return
    if known is not None:
        is_made = _is_changed(named, known, read) and not is_under_way(after)
        named = {key: one for key, one in named.items() if is_made and not is_same(known.get(key), after.get(key))}
        others = others if is_made else {}
    for key, expected, found in islice(_differences(named, after, read, reader), 1):
        message = f"{name} set {key} to {shown(expected)}, and then it is {shown_or_none(found)}"
        yield find(subject, "law-update", message, read, "keep what was sent", in_response(key))
        return
    # Of the same reader, as exactly as it says it.
    again = ((key, one, after[key]) for key, one in others.items() if says_created(key) and key in after)
    moved = (one for one in again if one[1] != one[2] and len(f"{one[1]}") == len(f"{one[2]}"))
    for key, expected, found in islice(chain(_differences(others, after, read, reader, may_change), moved), 1):
        message = f"{name} did not name {key}, and it went from {shown(expected)} to {shown_or_none(found)}"
        hint = "leave alone what the update does not name"
        yield find(subject, "law-update", message, read, hint, in_response(key))


def first_success(subject: Subject, calls: Iterable[Call]) -> CheckedResponse | None:
    tried = (subject.client.ask(call, fresh=True) for call in calls)
    return next((one for one in tried if subject.operation.is_success(one.status)), None)


def _set_beside(subject: Subject, values: tuple[str, ...]) -> tuple[tuple[str, ...], Thing]:
    """What leads to the one thing of its kind below another parent, and what was sent to set it; nothing where there is none."""
    beside = next(_other_parents(subject, values), ()) if subject.item_place and values else ()
    calls = calls_unlike(subject, path_filling(subject.operation, beside), {}) if beside else ()
    set_there = first_success(subject, islice(calls, _MOST_UPDATES))
    return (beside, as_object(sent_by(subject.operation, set_there.exchange.request))) if set_there else ((), {})


def _touched(
    subject: Subject, reader: Subject, values: tuple[str, ...], before: Thing, own: Thing | None
) -> Iterator[Finding]:
    """What an update changed of another item: strings that were sent, since an order or a choice may be one of all items. Of what there
    is one of, the other has `own` values then: it may well lose those that one alone can have."""
    texts = {key: one for key, one in before.items() if isinstance(one, str | dict)}
    if not texts or not (read := ask(reader, values)).ok:
        return
    for key, expected, found in _differences(texts, read.thing, read, reader):
        if own is None or is_same(found, own.get(key)):
            name, there = subject.operation.name, path_to(reader.place, values)
            went = f"went from {shown(expected)} to {shown_or_none(found)}"
            message = f"{name} of another item changed {there}: its {key} {went}"
            yield find(subject, "law-update", message, read, "change only what is named", in_response(key))
            return


def identifier_at(subject: Subject, place: str, item: Any) -> str | None:
    """What names an item of a list in the path to a place; None where nothing valid does."""
    name, template = _last_name(subject, place), subject.template
    start = template.removesuffix("/{" + name + "}").rstrip("/")
    return subject.pool.identifier_at(place, name, start, item)


def _last_name(subject: Subject, place: str) -> str:
    """The name of the last path parameter of a place."""
    templates = (one.template for one in subject.peers.values() if one.place == place)
    names: list[str] = PARAMETER.findall(next(templates, ""))
    return names[-1] if names else "id"


def own_values(subject: Subject, call: Call | None = None) -> tuple[str, ...]:
    """The values of what leads to what a call is about, a plain one where none is given."""
    call = call or subject.client.call()
    texts = (call.get(name, where) for where, name in place_of(subject.operation).keys)
    return tuple(text for text in texts if text is not None)


def ask(subject: Subject, values: tuple[str, ...], body: Body = OWN_BODY, thing: Any = None) -> CheckedResponse:
    """The response to what the values of a path lead to, asked for by the properties of the thing that the query names, as an owner."""
    known = {("query", key): write_scalar(one) for key, one in as_object(thing).items() if is_text_or_integer(one)}
    fitting = {key: text for key, text in known.items() if key in subject.client.base}
    response = subject.ask({**path_filling(subject.operation, values), **fitting}, fresh=True, body=body)
    if response.ok and kind(subject.operation) == "read":
        subject.pool.note_thing(subject.place, values, response.thing)
    return response


def _expected(item: OwnItem) -> dict[str, Any]:
    """What was sent, where the creation's response does not say that something else was kept; but for what it belongs to."""
    sent, stated = as_object(unwrapped(item.sent, item.response)), as_object(item.response.thing)
    known = sent | {key: value for key, value in stated.items() if value is not None and not names_place(key)}
    shown_ones = {key for key, value in stated.items() if not (is_empty(value) and names_place(key))}
    return {key: known[key] for key in sent if key in shown_ones or (key not in item.added and not is_empty(sent[key]))}


def _differences(
    expected: Thing, found: Any, read: CheckedResponse, reader: Subject, skips: Skips = is_set_by_service
) -> Iterator[tuple[str, Any, Any]]:
    """Each property that should have a value and has another one, or is missing although the contract has it in the response."""
    if not isinstance(found, dict):
        return
    known = declared(reader.operation, read)
    for key, value in expected.items():
        if skips(key) or (key in known and as_object(known[key].value).get("writeOnly")):
            continue
        if not is_same(value, found[key]) if key in found else key in known and value is not None:
            yield key, value, found.get(key)
