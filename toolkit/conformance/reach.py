"""Reaching an operation: plain calls with the values that are likeliest to exist, until one has success.

First come the user's values, then the contract's examples and what the service has shown, then made-up ones. What deletes is only called with what
the run itself created; else at the end of the run with what the user named; else with a name that nothing has: a test must not empty a database.
"""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from string import ascii_lowercase
from typing import Any

from toolkit.client.bodies import Content, bodies, body_values, sent_value, whole_body, with_pictures
from toolkit.client.client import OWN_BODY, Body, CheckedResponse, Client
from toolkit.client.credentials import user_of
from toolkit.client.examples import Value, conforms, example_values, parameter_values, written
from toolkit.conformance.items import (
    await_accepted,
    deleted_items,
    encoded_properties,
    fresh_bodies,
    is_free,
    made_for,
    make_item,
    write_value,
)
from toolkit.conformance.known import Given, consistent_values, invented_values, known_values, renewed, starting_values
from toolkit.conformance.laws.comparing import find_range, item_values, shift
from toolkit.conformance.laws.faults import Said, fault_of
from toolkit.conformance.obstacles import is_stated, obstacle, says
from toolkit.conformance.other_texts import is_uuid
from toolkit.conformance.pool import Filling, Pool, path_filling
from toolkit.conformance.probes.bodies import with_body
from toolkit.conformance.probes.expected import Probe
from toolkit.conformance.probes.opinions import OPEN
from toolkit.conformance.states import is_of_state, led
from toolkit.conformance.subject import FIRST_TRIES, Subject
from toolkit.conformance.told import NOT_VALID, ask_as_of_now, attempts_as_told, body_as_told
from toolkit.contract.flow import SAFE, is_rpc, kind, words
from toolkit.contract.operation import Parameter
from toolkit.contract.promises import Filter, dig
from toolkit.contract.resources import place_of, said_in
from toolkit.document.pointers import as_object
from toolkit.exchange import Key, Request
from toolkit.schema.scalars import read_moment, write_moment
from toolkit.structs import replace
from toolkit.validation.bodies import is_valid_body
from toolkit.verdict import Violation
from toolkit.wire import media_type
from toolkit.wire.json import dump_json

_MOST_BODIES = 3  # with what is not required
# By which services refuse what an item is not in the state for, or is gone.
_OF_STATE = (400, 403, 404, 409, 410, 412, 422, 423)
_MOST_BASES = 6  # of values that are tried for the parameters of one operation
_MOST_ITEMS = 200  # of the reference list
_LEAST_UNLIKELY = 12  # characters of a made name that hardly anything has
_MARGIN = timedelta(minutes=10)  # from the edge of the window, where items drop out while the test runs

Base = dict[Key, Value]


def begin(
    client: Client, given: Given, seed: int = 0, pool: Pool | None = None, peers: dict[str, Subject] | None = None
) -> Subject:
    """A subject as the contract and the options alone describe it; nothing is sent."""
    stated = starting_values(client, given)
    made = invented_values(client, stated)
    client.base, client.invented = {**stated, **made}, frozenset(made)
    client.renewed, known = renewed(client.operation, given), known_values(client, given)
    client.base = consistent_values(client, client.base, known)
    pool = pool or Pool(client.validator.contract)
    pool.caller = user_of(client.session.headers, client.session.credentials)
    client.renewed |= {one.key: one for one in pool.chosen(client.operation).values() if one.key not in given}
    return Subject(client, given, known, dict(client.base), pool, {} if peers is None else peers, seed)


def reach(subject: Subject) -> None:
    """Find values with which a plain call has success, and keep them as the base of all calls. Once is enough."""
    if subject.obstacle is not None:
        return
    client, first, refusals = subject.client, (subject.client.base, subject.client.body), list[CheckedResponse]()
    conflicts: list[tuple[Base, Body, CheckedResponse]] = []
    is_passing = subject.plain and (not is_free(subject.plain) or subject.plain.status == 401)  # what refused it before
    for base, body in itertools.chain(itertools.islice(_attempts(subject), subject.tries), _led(subject, conflicts)):
        client.base, client.body = base, body
        is_newer = subject.plain is not None and subject.pool.holds(client.operation, client.request(client.call()))
        response = ask_as_of_now(subject, client.ask(client.call(), fresh=bool(is_passing) or is_newer))
        if kind(client.operation) == "delete" and not is_free(response) and subject.plain is None:
            response = subject.at_last(partial(client.ask, client.call(), fresh=True), is_free)
        if not refusals:
            first = base, body
            subject.keep(response)
        if client.operation.is_success(response.status) and not response.is_page:
            subject.pool.learn(client, response)
            await_accepted(subject, response)
            subject.keep(response)
            subject.obstacle = ""
            return
        refusals.append(response)
        subject.refused = response
        conflicts += [(base, body, response)] if is_of_state(response) else []
        is_silent = not response.status and response.exchange.source in client.session.silent
        if is_silent or response.overloaded or response.status in (401, 407):
            break  # other values change nothing
    client.base, client.body = first
    subject.refused = max(reversed(refusals), key=partial(_says, subject), default=None)
    said = fault_of(subject.refused.exchange) if subject.refused else Said()
    said_safely = client.validator.secrets.shown_url(said.text)  # what is added to it are words of our own
    subject.obstacle, subject.refusal = obstacle(subject, subject.refused, said_safely), said.kind


def _says(subject: Subject, one: CheckedResponse) -> tuple[bool, bool, tuple[bool, ...]]:
    """How much a refusal says; of a request to what is known to exist, it says more than of one to what was guessed."""
    request = one.exchange.request
    return not one.status, request is not None and subject.pool.holds(subject.operation, request), says(one)


def _led(subject: Subject, conflicts: Sequence[tuple[Base, Body, CheckedResponse]]) -> Iterator[tuple[Base, Body]]:
    """What leads to a thing in another state, where that may be what was refused; not the first time, when others had no turn."""
    if conflicts and subject.tries > FIRST_TRIES and subject.leads and kind(subject.operation) in ("create", "update"):
        subject.leads -= 1
        yield from led(subject, *max(conflicts, key=lambda one: one[2].status == 409))


def blamable(
    subject: Subject, found: Sequence[Violation], request: Request | None, *, has_own_body: bool = True
) -> list[Violation]:
    """What was found, but for refusals where a plain request is refused by now too, when a state is the reason, and of a call that
    names another thing which no response has shown.

    Such a state may be a name that is used once. So where the request has a body that is not the operation's own, the very same
    plain request has to be accepted again; and one that creates something new, since a service may be particular about its strings.
    """
    if not any(one.rule == "valid-request-refused" for one in found):
        return list(found)
    requests = (subject.client.request(subject.client.call()), request)
    plain, unknown = ({*subject.pool.names_unknown(subject.operation, one)} if one else set() for one in requests)
    if unknown - plain or not _still_works(subject, has_own_body):
        return [one for one in found if one.rule != "valid-request-refused"]
    return list(found)


def off_by_one(subject: Subject, probe: Probe, response: CheckedResponse) -> Iterator[Violation]:
    """A string of the least or the greatest length that is refused where one a character longer or shorter is accepted. The
    letters are new ones, so that neither what they mean nor what is there already makes the difference."""
    edit = probe.edit
    is_length = edit is not None and isinstance(edit.value, str) and edit.label.endswith(" characters")
    if edit is None or not is_length or probe.expected != OPEN or response.status not in NOT_VALID:
        return
    if {*edit.at} & encoded_properties(subject.operation, subject.client.request(probe.call)):
        return  # letters say nothing there
    letters, size = "".join(random.Random(probe.name).choices(ascii_lowercase, k=len(edit.value) + 1)), len(edit.value)
    refused = _ask_text(subject, probe, letters[:size])
    for near in (size - 1, size + 1) if refused and refused.status in NOT_VALID else ():
        other = _ask_text(subject, probe, letters[:near]) if near else None
        if other and subject.operation.is_success(other.status):
            message = f"{probe.what} conforms to the contract and is refused with {response.status}; with {near} characters it is accepted"
            yield Violation("valid-request-refused", message, probe.at, probe.place)
            return


def with_fresh_body(subject: Subject, probe: Probe) -> Probe:
    """The probe with its change in the plain body; of what creates something, in one that nobody sent before."""
    is_varied = kind(subject.operation) == "create" and not subject.is_particular
    base = next(fresh_bodies(subject)) if probe.edit and is_varied else OWN_BODY
    return with_body(subject.client, probe, base)


def _ask_text(subject: Subject, probe: Probe, text: str) -> CheckedResponse | None:
    """The response to the probe with another text in its place; None where that is not valid there."""
    client, edit = subject.client, probe.edit
    other = with_fresh_body(subject, replace(probe, edit=edit and replace(edit, value=text)))
    body = client.request(other.call).body or b""
    return client.ask(other.call, fresh=True) if f'"{text}"'.encode() in body else None


def _still_works(subject: Subject, is_fresh: bool) -> bool:
    """Whether a plain request has success now. If not, other values are looked for, for the checks to come."""
    client = subject.client
    if subject.obstacle:
        return False
    is_creating, plain = kind(client.operation) == "create", client.call()
    other = client.call(body=next(fresh_bodies(subject)) if is_creating else OWN_BODY)
    calls = [other] if is_fresh else dict.fromkeys((plain, other))
    works = [client.operation.is_success(client.ask(call, fresh=True).status) for call in calls]
    subject.is_particular |= works == [True, False]
    if all(works):
        return True
    if not (is_creating and not is_fresh):
        subject.obstacle = None
        client.forget()
        reach(subject)
    return False


def _attempts(subject: Subject) -> Iterator[tuple[Base, Body]]:
    """Values and bodies for a plain call, the likeliest first; what was tried is not tried again."""
    contents, seen = _bodies(subject), list[tuple[Base, Body]]()
    first_body = next(contents)
    bases = list(itertools.islice(_bases(subject), _MOST_BASES))
    others = ((base, first_body) for base in bases[1:])
    more = ((bases[0], body) for body in contents) if bases else iter(())
    turns = itertools.chain.from_iterable(itertools.zip_longest(others, more))  # either may be what is refused
    first = ((base, first_body) for base in bases[:1])
    held = subject.pool.held_from(subject.operation).difference(*subject.given.values())
    for attempt in itertools.chain(first, attempts_as_told(subject), _with_new_item(subject, first_body), turns):
        attempt = attempt and _within_body(subject.client, *attempt)
        if attempt and attempt not in seen and held.isdisjoint(map(str, attempt[0].values())):
            seen.append(attempt)
            yield attempt


def _with_new_item(subject: Subject, body: Body) -> Iterator[tuple[Base, Body]]:
    """What leads to something that the run creates for it, where the state of what there was may be what was refused; then with
    the body that it was made of, since properties may have to fit each other in ways that no schema says."""
    status = subject.plain.status if subject.plain else 0
    is_given = any(location == "path" for location, _ in subject.given)
    is_writing = kind(subject.operation) in ("create", "update")
    is_of_state = status in _OF_STATE and is_writing and subject.item_place and not is_given
    item = make_item(subject, subject.item_place) if is_of_state else None
    if item is None:
        is_open = kind(subject.operation) == "create" and status in _OF_STATE and not is_given
        made = made_for(subject, subject.made_at) if is_open else {}
        yield from [(subject.draft | made, body)] if made else ()
        return
    base = _filled(subject, path_filling(subject.operation, item.values))
    yield base, body
    name = next((one for one in subject.operation.request_content if media_type.kind(one) == "json"), "")
    if item.sent is not None and is_valid_body(subject.operation, name, data := dump_json(item.sent)):
        yield base, (name, data)


def _bases(subject: Subject) -> Iterator[Base]:
    client, what = subject.client, kind(subject.operation)
    if what == "delete":
        yield from _bases_to_delete(subject)
        return
    is_in_body = any(where == "body" for where, _ in place_of(client.operation).keys)
    own = subject.pool.own(subject.place)[:2] if is_in_body else ()  # what the run made, before what others did
    yield from (_filled(subject, path_filling(client.operation, one)) for one in own)
    wanted = [one for one in client.operation.parameters if one.required and one.key not in subject.given]
    unknown = [one for one in wanted if one.key in client.invented or one.key not in subject.draft]
    missing = [one for one in wanted if one.location == "path" or one in unknown]
    if not missing:
        yield dict(subject.draft)
        return
    if what == "read" and not unknown and all(map(is_stated, missing)):
        yield dict(subject.draft)
    deleted, known = [*deleted_items(subject)], subject.pool.fillings(client.operation, missing)
    for filling in (*known[:2], *deleted, *known[2:]):
        base = _filled(subject, filling)
        if all(one.key in base for one in missing):
            yield base
    if all(one.key in subject.draft for one in wanted):
        yield dict(subject.draft)
        if client.operation.method in SAFE or what == "create":
            yield from _guessed(subject, missing)


def _guessed(subject: Subject, missing: list[Parameter]) -> Iterator[Base]:
    """In the place of invented letters what responses show under the last word of a name, as `name` for `model_name`, the latest first; then
    numbers: what is declared as a string is often one."""
    invented = [one for one in missing if one.key in subject.client.invented]
    free = [one for one in invented if one.location == "path" and "string" in (one.types or ("string",))]
    shown = [subject.pool.names.get("".join(words(one.name)[-1:]), {}) for one in free]
    rows = (
        *itertools.islice(zip(*map(reversed, shown), strict=False), 2),
        *([text] * len(free) for text in ("1", "0")),
    )
    tried = ({one.key: text for one, text in zip(free, row, strict=True) if conforms(one, text)} for row in rows)
    yield from ({**subject.draft, **values} for values in tried if values)


def _filled(subject: Subject, filling: Filling) -> Base:
    base = dict(subject.draft)
    for parameter in subject.operation.parameters:
        if parameter.key in filling and parameter.key not in subject.given:
            value = written(parameter, filling[parameter.key])
            if value is not None:
                base[parameter.key] = value
    for one in subject.operation.parameters:  # a header field may say whose it is
        if one.key in subject.client.invented and one.key not in filling and one.location != "path":
            found = (text for text in subject.pool.texts(subject.operation, one.name) if conforms(one, text))
            base |= {one.key: next(found, base[one.key])}
    return base | {key: text for key, text in filling.items() if key[0] == "body"}


def _within_body(client: Client, base: Base, body: Body) -> tuple[Base, Body]:
    """The values and the body, in which those stand that belong there."""
    inner = {key: value for key, value in base.items() if key[0] == "body"}
    if not inner:
        return base, body
    request = client.request(client.call(inner, body=body))
    others = {key: value for key, value in base.items() if key not in inner}
    return others, (request.headers.content_type, request.body or b"")


def _bases_to_delete(subject: Subject) -> Iterator[Base]:
    """What the run created for this; at the end, or in little time, whatever it created; then what the user named; else what does not exist."""
    operation, pool = subject.operation, subject.pool
    parameters = [one for one in operation.parameters if one.required]
    names, place = place_of(operation).keys, subject.place
    if not names and not is_rpc(operation):
        if subject.is_final and not subject.held_back:
            yield dict(subject.draft)
        return
    own = pool.own(place) if subject.is_final or subject.client.session.is_short else []
    item = None if own else make_item(subject, place)
    own = own or ([item.values] if item else [])
    if not place.endswith("/{}"):
        own = pool.own(subject.item_place) if names else []
    for values in own[:2]:
        yield _filled(subject, path_filling(operation, values))
    is_named = any(one.key in subject.given for one in parameters)
    if is_named and subject.is_final:
        yield dict(subject.draft)
    elif is_rpc(operation) and not own:
        yield from _made_in_rpc_style(subject)
    elif not own:
        located, key = {one.key: one for one in parameters if one.key in names}, names[-1]
        named = located.pop(key, None) or operation.body_fields.get(key[1])
        last = {key: named} if named else {}
        parents = pool.fillings(operation, located.values())
        base = _filled(subject, parents[0] if parents else {})
        yield {**base, **_unlikely(last, pool.names)}


def _made_in_rpc_style(subject: Subject) -> Iterator[Base]:
    pool, operation = subject.pool, subject.operation
    parameters = {one.key: one for one in operation.parameters if one.only_value is None} | said_in(operation)
    names = {key: one for key, one in parameters.items() if one.required}
    own = {key: [text for text in pool.texts(operation, key[1]) if text in pool.made_texts] for key in names}
    if names and all(own.values()):
        yield {**subject.draft, **{key: texts[0] for key, texts in own.items()}}
    else:
        yield {**subject.draft, **_unlikely(names, pool.names)}


def _unlikely(parameters: Mapping[Key, Parameter], known: dict[str, dict[str, None]]) -> Base:
    """Values that nothing is likely to have."""
    seen = set[str]().union(*known.values())
    found: Base = {}
    for key, parameter in parameters.items():
        schema = as_object(parameter.schema.get("items")) if "array" in parameter.types else parameter.schema
        types = (schema.get("type"),) if "array" in parameter.types else parameter.types or ("string",)
        number = str(min(987_654_321, int(schema.get("maximum", 987_654_321))))
        texts = (f"no-such-{uuid.uuid4().hex[:12]}"[: int(schema.get("maxLength", 40))], str(uuid.uuid4()))
        shows_uuid = schema.get("format") == "uuid" or any(is_uuid(str(one)) for one in example_values(parameter))
        wants_uuid = shows_uuid or (not conforms(parameter, texts[0]) and conforms(parameter, texts[1]))
        value = number if "integer" in types or "number" in types else texts[wants_uuid]
        if not conforms(parameter, value) and not schema.get("enum"):
            made = (one for one in parameter_values(parameter, 1) if isinstance(one, str))
            value = next((one for one in made if len(one) >= _LEAST_UNLIKELY), value)
        if value not in seen:
            found[key] = written(parameter, int(value) if value.isdecimal() else value) or value
    return found


def _bodies(subject: Subject) -> Iterator[Body]:
    """Bodies for a plain call: one with references to what exists, the contract's, then others of the same kind."""
    client = subject.client
    request = client.request(client.call())
    own = request.headers.content_type, request.body or b""
    fresh = [*fresh_bodies(subject)] if kind(client.operation) in ("create", "update") else []
    readers = subject.at(subject.made_at, "GET") if subject.made_at else ()
    asked = [one for peer in readers for one in peer.operation.parameters if one.required and one.location == "query"]
    names = {"".join(words(one.name)) for one in asked}
    yield from filter(None, [body_as_told(subject, names)] if names else ())
    for at in (0, -1):  # another property of the same thing may be what names it
        yield from [referring] if (referring := _referring(subject, own, at=at)) != own else []
    yield OWN_BODY
    yield from [shown] if (shown := _referring(subject, own, every=True)) != own else []
    if not client.operation.form_or_query:
        yield from bodies(client.operation)
        # With what the contract does not require: all properties, within others too, then one more than is required.
        name = next((one for one in client.operation.request_content if media_type.kind(one) == "json"), "")
        fuller = [*itertools.islice(body_values(client.operation, name), 1, 1 + _MOST_BODIES)] if name else []
        whole = whole_body(client.operation, name) if name else None
        yield from (_referring(subject, one) for one in (*fuller[:1], *filter(None, [whole]), *fuller[1:]))
        pictured = filter(None, map(with_pictures, bodies(client.operation)))
        yield from (body for body in pictured if is_valid_body(client.operation, *body))
    yield from fresh
    if fresh:
        yield from fresh_bodies(subject)  # of what was sent last


def _referring(subject: Subject, body: Content, every: bool = False, at: int = 0) -> Content:
    """A body with references to what exists, as `refer` says; as it is where it has none, or would not be valid."""
    (name, data), operation = body, subject.operation
    value = sent_value(operation, name, data)
    referring = subject.pool.refer(value, operation, every=every, at=at)
    other = write_value(operation, name, referring) if referring != value else data
    return (name, other) if other != data and is_valid_body(operation, name, other) else body


def explore(subject: Subject) -> None:
    """Reach the operation, prefer values with many items, and freeze a reference list. Once is enough."""
    client = subject.client
    is_new = subject.obstacle is None
    for peer in itertools.takewhile(lambda one: one is not subject, subject.peers.values() if is_new else ()):
        reach(peer)  # what stands before in the plan may show values that are needed
    reach(subject)
    if client.facts.pages and subject.obstacle == "" and not subject.is_explored:
        subject.is_explored = True
        _prefer_many(subject)
        _freeze(subject)
        _learn(subject)
        subject.keep(client.ask(client.call()))


def _prefer_many(subject: Subject) -> None:
    """For each required parameter choose the known value with the largest total. The user's values come before others."""
    client = subject.client
    for parameter in client.operation.parameters:
        values = subject.given.get(parameter.key) or subject.known[parameter.key]
        if not parameter.required or len(values) < 2 or parameter.only_value is not None:
            continue
        totals = {}
        for value in values[:6]:
            response = client.ask(client.call({parameter.key: value}))
            count = response.total(client.facts) or len(response.items(client.facts) or ())
            totals[value] = count if response.ok else -1
        client.base[parameter.key] = max(totals, key=lambda value: totals[value])


def _freeze(subject: Subject) -> None:
    """Limit the reference list to a range between two values that it holds, so that no item enters or leaves it."""
    items: list[Any] = []
    has_more = False
    for response in subject.walk({}):
        items += response.items(subject.facts) or ()
        total = response.total(subject.facts)
        has_more = total is not None and total > len(items)
        if len(items) >= _MOST_ITEMS:
            break
    bounds = find_range(subject.facts)
    if bounds and items and subject.facts.order and subject.facts.order[0] == ("-", bounds[0].item):
        subject.frozen = _limits(subject, *bounds, items, has_more)
    subject.reference = subject.fetch() if subject.frozen else items
    subject.complete = bool(subject.frozen) or not has_more
    count = len(subject.reference)
    if count < 3:
        subject.notes.append(f"{subject.operation.name}: the list has {count} items, too few to check its laws")


def _limits(subject: Subject, low: Filter, high: Filter, items: list[Any], has_more: bool) -> dict[str, str]:
    values = [str(dig(item, low.item)) for item in items]
    now = datetime.now(UTC)
    newest = read_moment(values[0])
    end = shift(values[0], -1) if newest and now - newest < timedelta(seconds=5) else values[0]
    start = shift(values[-1], 1) if has_more else values[-1]
    if subject.facts.window:
        edge = write_moment(now - subject.facts.window[1] + _MARGIN)
        start = max(start or edge, edge)
    return {low.parameter: start, high.parameter: end} if start and end and start <= end else {}


def _learn(subject: Subject) -> None:
    """Put values seen in items first among the known values of the parameters that filter by them."""
    for rule in subject.facts.filters:
        key = subject.client.key(rule.parameter)
        if key not in subject.client.base:
            seen = list(dict.fromkeys(item_values(subject.reference, rule)))
            subject.random.shuffle(seen)
            known = subject.known.setdefault(key, [])
            subject.known[key] = list(dict.fromkeys([*filter(None, seen), *known]))
