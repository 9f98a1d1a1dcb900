"""Items of the run's own: a creating operation called again, with a body that nobody sent before."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

from toolkit.client.bodies import body_values, sent_value, with_other_bytes, write_body
from toolkit.client.client import OWN_BODY, Body, Call, CheckedResponse
from toolkit.client.examples import Value, conforms, parameter_values
from toolkit.conformance.laws.kept import is_same, is_set_by_service, is_under_way, leaves, puts_away
from toolkit.conformance.laws.lists import Listing
from toolkit.conformance.other_texts import CHANGES, COUNT, changed_text, variants, with_offset
from toolkit.conformance.pool import Filling, path_filling, path_to, path_values
from toolkit.conformance.probes.opinions import documented_request
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import is_rpc, kind, shape, words
from toolkit.contract.operation import Operation
from toolkit.contract.promises import dig
from toolkit.contract.resources import (
    BOUND_ELSEWHERE,
    IDENTIFIERS,
    identifier_of,
    inner_of,
    items_of,
    json_value,
    place_of,
    resource_of,
    said_in,
    singular,
    with_query,
)
from toolkit.contract.routing import PARAMETER
from toolkit.document.pointers import as_object, put_at
from toolkit.exchange import Key, Request
from toolkit.schema.shape import Shapes
from toolkit.structs import Frozen, replace
from toolkit.validation.bodies import is_valid_body
from toolkit.wire import media_type
from toolkit.wire.json import dump_json
from toolkit.wire.urlencoded import form_pairs, parse_query, split_url

MERGE_PATCH = "application/merge-patch+json"
_JSON_API = "application/vnd.api+json"
_MOST_TRIES = 3
_MOST_DELETED = 2  # things that are asked for once they are deleted
_SEVERAL = 3  # things that are created by one request
_MOST_LEFT_OUT = 40  # properties of a body
_MOST_MADE = 12  # bodies among which another value is looked for


class OwnItem(Frozen):
    """What an operation created: the values of the path parameters that lead to it, what was sent, and the response. `added`
    are the properties that the plain body does not have, `others` further values that the response gives, of a Location field say."""

    place: str
    values: tuple[str, ...]
    sent: Any
    response: CheckedResponse
    maker: Subject
    added: frozenset[str] = frozenset()
    others: tuple[tuple[str, ...], ...] = ()

    @property
    def path(self) -> str:
        return path_to(self.place, self.values)


def make_item(subject: Subject, place: str, *, full: bool = False) -> OwnItem | None:
    """A new item at a place, or None; a `full` one has what is not required, where that is accepted. Raises BudgetSpent."""
    pool, session = subject.pool, subject.client.session
    maker = subject.peers.get(pool.makers.get(place, "")) or putter(subject, place) or _silent_maker(subject, place)
    if maker is None or maker.obstacle is None or maker.obstacle:
        return None
    named: Mapping[Key, Value] = new_name(maker) if maker.operation.method == "PUT" else {}
    is_doubtful = bool(named) and "201" not in maker.operation.responses
    if is_doubtful and not (named := _unread_name(maker, named)):
        return None  # as a setting that has a default for every name
    statuses: set[int] = set()
    for changes in itertools.chain([named], below_new(maker, place, statuses)):
        plain = itertools.islice(fresh_calls(maker, changes), _MOST_TRIES)
        for call in itertools.chain(full_calls(maker, changes) if full else (), plain):
            before = set(pool.own(place))
            session.reserved += 1  # a request by which it is deleted at the end
            try:
                response = maker.client.ask(call, fresh=True)
            finally:
                session.reserved -= 1
            statuses.add(response.status)
            if not maker.operation.is_success(response.status):
                continue
            pool.learn(maker.client, response, is_new=is_doubtful and _can_be_read(maker, call))
            if place == maker.made_at:  # and not the task that makes it
                await_accepted(maker, response)
            if before == set(pool.own(place)) and maker == _silent_maker(subject, place):
                _find_made(maker, place, response)
            new = [values for values in pool.own(place) if values not in before]
            session.reserved += len(new)
            if new:
                sent = sent_by(maker.operation, response.exchange.request)
                added = added_to(maker, sent) if full else frozenset()
                return OwnItem(place, new[0], sent, response, maker, added, tuple(new[1:]))
    return None


def below_new(maker: Subject, place: str, statuses: set[int]) -> Iterator[Mapping[Key, Value]]:
    """What leads to what the run creates for it, where all that what was there had to say was a conflict."""
    yield from filter(None, [made_for(maker, place)] if statuses == {409} else ())


def made_for(maker: Subject, place: str) -> dict[Key, Value]:
    """What leads to a parent, and to what the body names, that the run creates for what an operation makes at a place."""
    operation, making, changes = maker.operation, maker.pool.making, dict[Key, Value]()
    named = maker.pool.leading(sent_by(operation, maker.client.request(maker.client.call())), operation)
    in_body = [(where, tuple(("body", key) for key in keys)) for where, keys in named]
    for where, keys in [(maker.item_place, place_of(operation).keys), *in_body]:
        if where not in ("", place, *making):
            making.append(where)
            try:
                made = make_item(maker, where)
            finally:
                making.pop()
            changes |= dict(zip(keys, made.values, strict=False)) if made else {}
    return changes


def _silent_maker(subject: Subject, place: str) -> Subject | None:
    """What creates in a list without naming what it made, which the list may tell."""
    start = place.removesuffix("/{}")
    maker, lister = subject.peer(start, "POST"), subject.peer(start)
    is_told = maker and kind(maker.operation) == "create" and lister and lister.obstacle == ""
    return maker if is_told and f"{place} listed" not in subject.pool.unseen else None


def _find_made(maker: Subject, place: str, response: CheckedResponse) -> None:
    """Where a response does not name what was created, keep the one item of the list that has the strings that are new."""
    lister, operation = maker.peer(place.removesuffix("/{}")), maker.operation
    plain = as_object(sent_by(operation, maker.client.request(maker.client.call())))
    sent = as_object(sent_by(operation, response.exchange.request))
    constants = {key for key, one in operation.body_fields.items() if "enum" in one.schema}
    new = {key: one for key, one in sent.items() if key not in constants and one and one != plain.get(key)}
    texts = {key: one for key, one in new.items() if isinstance(one, str)}
    if lister is None or not texts:
        return
    parents = path_values(maker.operation, response.exchange.request) if response.exchange.request else ()
    items = (item for page in Listing(lister, parents).pages() for item in items_of(page.value))
    made = [item for item in items if isinstance(item, dict) and texts.items() <= item.items()]
    if len(made) == 1:
        maker.pool.learn_body(maker.operation, parents, made[0])
    else:
        maker.pool.unseen.add(f"{place} listed")


def await_accepted(maker: Subject, response: CheckedResponse) -> None:
    """Wait until what was accepted (202) can be read, and does not say that it is under way, nor does the task that its body names."""
    request, received = response.exchange.request, response.exchange.response
    if request is None or received is None or response.status != 202:
        return
    template, located = maker.pool.located(maker.operation, request, received)
    own = [(maker.made_at, values) for values in maker.pool.own(maker.made_at)[:1]]
    tasks = maker.pool.named_in(json_value(response.body))
    for place, values in [(shape(template), located)] if located else own + tasks:
        if reader := maker.peer(place):
            await_so(reader, values, there=attrgetter("ok"), done=is_done)


def await_so(reader: Subject, values: tuple[str, ...], **conditions: Callable[[CheckedResponse], bool]) -> None:
    """Wait until what is read at a place is as it should be; where that never came true, no longer."""
    read = partial(reader.client.ask, reader.client.call(path_filling(reader.operation, values)), fresh=True)
    for name, is_so in conditions.items():
        unseen = f"{reader.place} {name}"
        if unseen in reader.pool.unseen:
            continue
        found = reader.at_last(read, is_so)
        if found.ok:
            reader.pool.learn(reader.client, found)
        if not is_so(found):
            reader.pool.unseen.add(unseen)


def is_done(read: CheckedResponse) -> bool:
    return read.ok and not is_under_way(read.thing)


def deleted_items(subject: Subject) -> Iterator[Filling]:
    """What may be there since something was deleted, as in a bin, where a plain request was refused before: what the list above it
    shows by now, if it has shown nothing, and what was deleted itself, the newest first."""
    pool, place = subject.pool, subject.item_place
    if subject.plain is None or not place or not pool.gone:
        return
    for one in subject.at(place.removesuffix("/{}"), "GET") if not pool.places.get(place) else ():
        pool.learn(one.client, one.ask(fresh=True)) if one.obstacle == "" else None
    fitting = (values for _, values in reversed(pool.gone) if len(values) == place.count("{}"))
    yield from (path_filling(subject.operation, values) for values in itertools.islice(fitting, _MOST_DELETED))


def putter(subject: Subject, place: str) -> Subject | None:
    """The operation that creates at a place what its client names (RFC 9110, section 9.3.4): one of which the contract says so, or else
    where nothing else creates it, one that refuses no unknown name, or below a parent, which may be what is unknown, takes nothing but
    the name; of that, a new name tells whether it creates."""
    puts = list(subject.at(place, "PUT")) if place.endswith("/{}") else []
    stated = [one for one in puts if "201" in one.operation.responses]
    is_listed = subject.peer(place.removesuffix("/{}"), "POST")
    # As a label to a track
    named = [one for one in puts if place.count("{}") > 1 and not one.operation.request_content]
    free = [one for one in puts if not is_listed and ("404" not in one.operation.responses or one in named)]
    return next(iter(stated or free), None)


def _can_be_read(maker: Subject, call: Call) -> bool:
    """Whether there is what a PUT names: it can be read, or it is listed."""
    reader, lister = maker.peer(maker.place), maker.peer(maker.above)
    changes = {key: call.get(key[1], key[0]) for key in place_of(maker.operation).keys}
    if reader or not lister:
        return reader is not None and reader.ask(changes, fresh=True).ok
    *parents, name = (str(text) for text in changes.values())
    listed = (one for page in Listing(lister, tuple(parents)).pages() for one in items_of(page.value))
    key = PARAMETER.findall(maker.operation.route.template)[-1]
    return any(identifier_of(one, key, maker.template) == name for one in listed)


def _unread_name(maker: Subject, named: Mapping[Key, Value]) -> Mapping[Key, Value]:
    """A name under which nothing can be read: this one, or below a new parent; none where that can be read, too."""
    if not _can_be_read(maker, maker.client.call(named)):
        return named
    above = "".join(maker.above.rpartition("{}")[:2])
    parent = make_item(maker, above) if above else None
    named = {**named, **path_filling(maker.operation, parent.values)} if parent else {}
    return {} if named and _can_be_read(maker, maker.client.call(named)) else named


def new_name(maker: Subject) -> dict[Key, Value]:
    """Another value of the last path parameter, of a few constants one that is free, or that the run frees, or else the first; none where
    the contract allows none of those that are tried."""
    *above, key = place_of(maker.operation).keys
    *parents, known = map(maker.client.base.get, (*above, key))
    parameter, pool = maker.client.parameter(key[1], "path"), maker.pool
    if parameter is None or not isinstance(known, str):
        return {}
    constants, taken = parameter.schema.get("enum"), {known}
    if constants:
        taken |= {one[-1] for one in pool.places.get(maker.place, ()) if [*one[:-1]] == parents}
        own = [one for one in pool.own(maker.place) if [*one[:-1]] == parents]
        deleter = maker.peer(maker.place, "DELETE") if len(own) > 1 and taken.issuperset(constants) else None
        if deleter and (done := deleter.ask(path_filling(deleter.operation, own[-1]), fresh=True)).ok:
            pool.learn(deleter.client, done)
            taken -= {own[-1][-1]}
    others = [one for one in constants or variants(key[1], known) if conforms(parameter, one)]
    new = next((one for one in others if one not in taken), others[0] if constants and others else None)
    return {key: new} if new else {}


def is_free(response: CheckedResponse) -> bool:
    """Whether nothing goes on that has to end before what is asked can be done."""
    return response.status not in (409, 423, 425)


def request_value(operation: Operation, request: Request) -> Any:
    """The value of a request's body; None where it has none."""
    return sent_value(operation, request.headers.content_type, request.body)


def write_value(operation: Operation, name: str, value: Any) -> bytes:
    """A value as a body of a media type of the contract; nothing where it cannot be written so."""
    return dump_json(value) if media_type.kind(name) == "json" else write_body(operation, name, value) or b""


def sent_by(operation: Operation, request: Request | None) -> Any:
    """What a request says of a thing; None where it says nothing."""
    pairs = (*parse_query(split_url(request.url).query), *form_pairs(request)) if request else ()
    return with_query(operation, pairs, request_value(operation, request) if request else None)


def added_to(maker: Subject, sent: Any) -> frozenset[str]:
    """The properties that are sent and of which a plain request says nothing."""
    plain = sent_by(maker.operation, maker.client.request(maker.client.call()))
    if isinstance(sent, dict) and isinstance(plain, dict) and len(sent) == 1 and sent.keys() == plain.keys():
        sent, plain = ((inner_of(one) or one) for one in (sent, plain))
    return frozenset(sent) - frozenset(plain) if isinstance(sent, dict) and isinstance(plain, dict) else frozenset()


def fresh_calls(subject: Subject, changes: Mapping[Key, Value]) -> Iterator[Call]:
    """Calls that say what nobody said before, at last the plain one."""
    others = _other_texts(subject)
    yield from (subject.client.call({**others, **changes}, body=body) for body in fresh_bodies(subject))
    yield from [subject.client.call(changes)] if others else []


def full_calls(
    subject: Subject, changes: Mapping[Key, Value], unlike: Any = None, *, whole: bool = False
) -> Iterator[Call]:
    """Calls that say what is not required, too, of objects where they are `whole`; first with another value for each than `unlike` has."""
    others = _other_texts(subject, unlike, full=True)
    bodies = [*full_bodies(subject, unlike, whole=whole), *([OWN_BODY] if others else [])]
    yield from (subject.client.call({**others, **changes}, body=body) for body in bodies)


def calls_unlike(subject: Subject, changes: Mapping[Key, Value], unlike: Any, *, whole: bool = False) -> Iterator[Call]:
    """Calls that say something else of a thing than is known of it."""
    return itertools.chain(full_calls(subject, changes, unlike, whole=whole), fresh_calls(subject, changes))


def updating_calls(subject: Subject, values: tuple[str, ...], known: Any, named: str) -> Iterator[Call]:
    """Valid calls with other values than are known; `whole`, or with what is required and the `first` property or the `last` one, so that others can
    be lost. What names the thing in the path stays, since a service may move it to another name, or leave it."""
    client, filling = subject.client, path_filling(subject.operation, values)
    naming = {key: one for key, one in as_object(known).items() if one in values}
    for call in calls_unlike(subject, filling, known, whole=named == "whole"):
        request = client.request(call)
        name, value = request.headers.content_type, request_value(client.operation, request)
        kept = value
        if isinstance(value, dict):
            kept = {**value, **{key: one for key, one in naming.items() if key in value}}
            kept = kept if named == "whole" else _least(client.operation, name, kept, named)
        if kept != value:
            yield replace(call, body=(name, write_value(client.operation, name, kept)))
        elif isinstance(said := sent_by(client.operation, request), dict) and said:
            yield call


def _least(operation: Operation, name: str, value: dict[str, Any], left: str) -> dict[str, Any]:
    """An object without what need not be in it; the first or the last property that a service does not set by itself is left."""
    for key in [*(value if left == "last" else reversed(value))][:_MOST_LEFT_OUT]:
        less = {other: one for other, one in value.items() if other != key}
        if not all(map(is_set_by_service, less)) and is_valid_body(operation, name, write_value(operation, name, less)):
            value = less
    return value


def _other_texts(subject: Subject, unlike: Any = None, *, full: bool = False) -> dict[Key, str]:
    """In RPC style, a new value for each parameter that says something of a thing, but for those that other data decide on."""
    known, base = unlike if isinstance(unlike, dict) else {}, subject.client.base
    found: dict[Key, str] = {}
    fields = said_in(subject.operation) if is_rpc(subject.operation) else {}
    for key, one in fields.items():
        text = base.get(key)
        made = variants(one.name, text) if isinstance(text, str) else parameter_values(one, 1) if full else ()
        texts = (new for new in itertools.islice(made, _MOST_MADE) if isinstance(new, str) and conforms(one, new))
        new = next((new for new in texts if new not in (text, str(known.get(one.name)))), None)
        is_free = key not in place_of(subject.operation).keys and not BOUND_ELSEWHERE & {*words(one.name)}
        found |= {key: new} if new and is_free and key[0] == "query" else {}
    return found


def fresh_bodies(subject: Subject) -> Iterator[Body]:
    """The body of an operation with other strings in it, each way valid; at last OWN_BODY, which is as it is."""
    operation, request = subject.operation, subject.client.request(subject.client.call())
    name = request.headers.content_type
    value = request_value(operation, request)
    if isinstance(value, dict) and b"; filename=" not in (request.body or b""):
        encoded = encoded_properties(operation, request) | {key for key in value if refers(subject, key)}
        value, kept = ({key: one for key, one in value.items() if (key in encoded) is way} for way in (False, True))
        [changed] = _with_new_texts(subject, name, [value], lambda made: {**made[0], **kept})
        if changed != value:
            yield name, write_value(operation, name, {**changed, **kept})
    if found := body_of_several(subject, 0):
        yield found[0]
    yield OWN_BODY


def body_of_several(subject: Subject, count: int = _SEVERAL) -> tuple[tuple[str, bytes], list[dict[str, Any]]] | None:
    """The plain body with so many objects in its array, or as many as it has, no two of them with the same strings, and these
    objects; None where it has no array of objects, bare or as its only one, or where no others are valid."""
    operation, request = subject.operation, subject.client.request(subject.client.call())
    name, value = request.headers.content_type, request_value(operation, request)
    arrays = [key for key, one in value.items() if isinstance(one, list)] if isinstance(value, dict) else []
    listed = value[arrays[0]] if len(arrays) == 1 else value
    first = listed[0] if isinstance(listed, list) and listed else None
    if not isinstance(first, dict):
        return None

    def whole(several: list[dict[str, Any]]) -> Any:
        return {**value, arrays[0]: several} if listed is not value else several

    made = _with_new_texts(subject, name, [first] * (count or len(listed)), whole)
    return ((name, write_value(operation, name, whole(made))), made) if made[0] != first else None


def _with_new_texts(
    subject: Subject, name: str, objects: list[dict[str, Any]], whole: Callable[[list[dict[str, Any]]], Any]
) -> list[dict[str, Any]]:
    """Equal objects with another text for each of their strings, no two the same, each changed in the first way after which the `whole` body is
    valid; where none can be, for those of the objects in them. One may be a secret, which is hidden wherever it is repeated."""
    operation, first, made = subject.operation, objects[0], objects
    inner = [at for at in leaves(first) if len(at) > 1 and not any(refers(subject, key) for key in at)]
    for places in ([(key,) for key in first], inner[:_MOST_LEFT_OUT]):
        for at, change in itertools.product(places if made is objects else (), CHANGES):
            old = dig(first, at)
            tried = [put_at(one, at, changed_text(at[-1], old, change, next(COUNT))) for one in made]
            is_new = dig(made[0], at) == old != dig(tried[0], at)
            if is_new and is_valid_body(operation, name, write_value(operation, name, whole(tried))):
                made = tried
    return made


def encoded_properties(operation: Operation, request: Request) -> set[str]:
    """The properties of a body whose strings are bytes in an encoding (JSON Schema, contentEncoding), which no validator reads."""
    documented = documented_request(operation, request)
    if documented is None or documented.schema is None:
        return set()
    return {key for key, found in Shapes(documented.schema.bundle.schema).marked("contentEncoding").items() if found}


def full_bodies(subject: Subject, unlike: Any = None, *, whole: bool = False) -> Iterator[tuple[str, bytes]]:
    """The plain body, with other strings and as it is, and with what is not required beside: strings, numbers, booleans and arrays of them, but for
    those that other data decide on; first with another value for each than `unlike` has, or than is made first, where there is one."""
    operation = subject.client.operation
    own = subject.client.request(subject.client.call())
    name = own.headers.content_type
    if uploaded := with_other_bytes((name, own.body or b""), f"{next(COUNT)}".encode()):
        yield uploaded
    if name not in operation.request_content or media_type.kind(name) == "other":
        return
    others = itertools.islice(body_values(operation, name), 1, 1 + _MOST_MADE)
    made = [sent_value(operation, name, data) for _, data in others]
    fresh = (body[1] for body in fresh_bodies(subject) if body and body != OWN_BODY)
    for data in dict.fromkeys([*fresh, own.body or b""]):
        value = sent_value(operation, name, data)
        if not isinstance(value, dict) or not made or not isinstance(made[0], dict):
            return
        full = {**value, **_free(subject, {key: one for key, one in made[0].items() if key not in value})}
        known = unlike if isinstance(unlike, dict) else made[0]
        free = _free(subject, full)
        same = {key: known.get(key, one) for key, one in free.items() if one in (known.get(key), "", [])}
        other = {key: found for key, one in same.items() for found in [_another(made, key, one)] if found is not None}
        either = ({**full, **other}, full)
        several = [{**one, **_with_two(_free(subject, one), made, known)} for one in either]
        deep = {**several[0], **_objects(subject, made, as_object(unlike), whole)}
        zoned = {key: with_offset(one) if isinstance(one, str) else one for key, one in deep.items()}
        for body in dict.fromkeys(write_value(operation, name, one) for one in (zoned, deep, *several, *either)):
            if body != write_value(operation, name, value) and is_valid_body(operation, name, body):
                yield name, body


def _free(subject: Subject, value: dict[str, Any]) -> dict[str, Any]:
    """The properties that no other data decide on, and that do not decide whether the thing is shown."""
    bound = {key for key in value if BOUND_ELSEWHERE & {*words(key)} or refers(subject, key) or puts_away({key: 1})}
    return {key: one for key, one in value.items() if _is_plain(one) and key not in bound}


def _objects(subject: Subject, made: list[Any], known: Mapping[str, Any], whole: bool) -> dict[str, Any]:
    """Properties that are objects of free ones, of some made bodies, each unlike what is known: in a merge patch, which keeps what it
    does not name, the one that says least, unless a `whole` one is to be named, else the one that says most."""
    bodies, found = [as_object(one) for one in made], dict[str, Any]()
    depth = 2 if all(len(one) == 1 for one in bodies) else 1  # one may wrap the thing
    choose = min if keeps_unnamed(subject.operation) and not whole else max
    for key in dict.fromkeys(key for one in bodies for key in one if not refers(subject, key)):
        objects = [one for body in bodies if (one := as_object(body.get(key))) and not is_same(one, known.get(key))]
        free = [one for one in objects if _is_free_object(subject, one, depth)]
        found |= {key: choose(free, key=lambda one: len([*leaves(one)]))} if free else {}
    return found


def _is_free_object(subject: Subject, value: dict[str, Any], depth: int) -> bool:
    """Whether no other data decide on an object, nor the service by itself, and its values are no deeper than this."""
    is_free = all(len(at) <= depth and _free(subject, {at[-1]: dig(value, at)}) for at in leaves(value))
    return is_free and not any(map(is_set_by_service, value))


def keeps_unnamed(operation: Operation) -> bool:
    """Whether it leaves alone what a body does not name within an object: a merge patch (RFC 7396), and the attributes of JSON:API."""
    content = operation.request_content
    return MERGE_PATCH in content or (operation.method == "PATCH" and _JSON_API in content)


def refers(subject: Subject, key: str) -> bool:
    """Whether a property names another resource of the contract, as `warehouse` and `authorId` do: its value has to exist."""
    named = words(key)
    owner = named[:-1] if {*named[-1:]} & {*IDENTIFIERS} else named
    stems = {singular("".join(one)) for one in (named, owner)}
    others = subject.pool.resources - {resource_of(subject.operation.route.template)}
    return key in subject.pool.led.get(subject.operation.name, ()) or not stems.isdisjoint(others)


def _another(made: list[Any], key: str, known: Any) -> Any:
    """Another value of a property, of some made bodies, by which it can be seen that it is kept; None where they have none."""
    found = (one[key] for one in made if isinstance(one, dict) and key in one)
    return next((one for one in found if _is_plain(one) and one not in (known, "", [])), None)


def _with_two(value: dict[str, Any], made: list[Any], known: dict[str, Any]) -> dict[str, Any]:
    """Each array of one item with another one of some made bodies, so that the second one can be lost; not as it is known."""
    ones = {key: one for key, one in value.items() if isinstance(one, list) and len(one) == 1}
    arrays = {key: [found for body in made if isinstance(found := as_object(body).get(key), list)] for key in ones}
    pairs = {key: [[*one, new] for two in arrays[key] for new in two if new not in one] for key, one in ones.items()}
    unlike = {key: next((two for two in pairs[key] if two != known.get(key)), None) for key in ones}
    return {key: two for key, two in unlike.items() if two}


def _is_plain(value: Any) -> bool:
    return all(isinstance(one, str | int | float) for one in (value if isinstance(value, list) else (value,)))
