"""The state in which an operation takes a thing: a new thing, with which other operations do one step after the other, until it is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from toolkit.client.client import OWN_BODY, Body, CheckedResponse
from toolkit.client.examples import Value
from toolkit.conformance.items import make_item, refers, request_value, write_value
from toolkit.conformance.laws.faults import fault_of
from toolkit.conformance.laws.kept import leaves
from toolkit.conformance.pool import path_filling
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import is_rpc, kind, words
from toolkit.contract.promises import dig
from toolkit.contract.resources import IDENTIFIERS, resource_of
from toolkit.document.names import bare_name
from toolkit.document.pointers import put_at
from toolkit.exchange import Key
from toolkit.structs import Frozen
from toolkit.validation.bodies import is_valid_body

_CONFLICT = 409
_OF_STATE = frozenset({"state", "status"})
_STEM = 5  # letters of a word, by which `approved` is `approve`
_MOST_THINGS, _MOST_DEEP, _MOST_STEPS, _MOST_CONSTANTS, _MOST_ASKED = 4, 4, 12, 6, 60
# Steps after which a thing takes no others, the last ones to be tried
_ENDING = (
    "abort",
    "archiv",
    "broken",
    "cancel",
    "clos",
    "declin",
    "delet",
    "expir",
    "fail",
    "refund",
    "reject",
    "remov",
    "suspend",
    "void",
)
Attempt = tuple[dict[Key, Value], Body]


class Deed(Frozen):
    """What an operation does with a thing by this body; `words` say what."""

    subject: Subject
    body: Body
    words: frozenset[str]

    def does(self, values: tuple[str, ...]) -> bool:
        client = self.subject.client
        response = client.ask(client.call(path_filling(client.operation, values), body=self.body), fresh=True)
        return client.operation.is_success(response.status)


def is_of_state(refused: CheckedResponse) -> bool:
    """Whether it may be the state of a thing that a request was refused for."""
    return refused.status == _CONFLICT or (refused.status in (400, 403, 422) and bool(_OF_STATE & _stems_of(refused)))


def led(subject: Subject, base: Mapping[Key, Value], body: Body, refused: CheckedResponse) -> Iterator[Attempt]:
    """The call that was refused for a state, of new things of its path or its body, after each step that others take with them."""
    asked = 0
    for place, attempt in _things(subject, base, body):
        steps, dead = _steps(subject, place, _stems_of(refused)), set[tuple[int, ...]]()
        for _ in range(_MOST_THINGS if steps else 0):
            item, path = make_item(subject, place), tuple[int, ...]()
            while item and len(path) < _MOST_DEEP and asked < _MOST_ASKED:
                for way in ((*path, index) for index in range(len(steps)) if index not in path):
                    asked += way not in dead
                    if way not in dead and steps[way[-1]].does(item.values):
                        path = way
                        yield attempt(item.values)
                        break
                    dead.add(way)
                else:
                    dead.add(path)
                    break
            if item is None or () in dead:
                break


def _things(
    subject: Subject, base: Mapping[Key, Value], body: Body
) -> Iterator[tuple[str, Callable[[tuple[str, ...]], Attempt]]]:
    """The places of what a call is about and of what its body names, each with the call for another thing there."""
    operation, client, own = subject.operation, subject.client, subject.item_place

    def in_path(values: tuple[str, ...]) -> dict[Key, Value]:
        return {**base, **path_filling(operation, values)}

    if own and kind(operation) == "update":
        yield own, lambda values: (in_path(values), body)
    request = client.request(client.call(body=body))
    name, sent = request.headers.content_type, request_value(operation, request)
    for at in leaves(sent):
        text = dig(sent, at) if at and refers(subject, at[-1]) else None
        for place in [*subject.pool.places] if isinstance(text, str) else ():
            names = {resource_of(place) + word for word in ("", *IDENTIFIERS)}
            start, slash, last = str(text).rpartition("/")
            if bare_name(at[-1]) in names and any(one[-1] == last for one in subject.pool.places[place]):

                def in_body(values: tuple[str, ...], at: tuple[str, ...] = at, start: str = start + slash) -> Attempt:
                    value = put_at(sent, at, start + values[-1])
                    return dict(base), (name, write_value(operation, name, value))

                yield place, in_body


def _steps(subject: Subject, place: str, said: frozenset[str]) -> list[Deed]:
    """What others do with a thing at a place, first what the refusal speaks of, last what ends it."""
    peers = (one for one in subject.peers.values() if one.item_place == place and one is not subject)
    acting = (one for one in peers if kind(one.operation) == "update" and not (is_rpc(one.operation) or one.is_last))
    taken = (one for one in acting if one.obstacle == "" or (one.plain and one.plain.status == _CONFLICT))
    steps = [step for one in taken for step in _ways(one)]

    def rank(step: Deed) -> tuple[bool, bool]:
        stems = {word[:_STEM] for word in step.words}
        return any(one.startswith(_ENDING) for one in step.words), stems.isdisjoint(said)

    return sorted(steps, key=rank)[:_MOST_STEPS]


def _ways(peer: Subject) -> Iterator[Deed]:
    """The plain body of an operation, or one with each constant of a property."""
    operation, client = peer.operation, peer.client
    request = client.request(client.call())
    name, sent = request.headers.content_type, request_value(operation, request)
    tail = frozenset(words(operation.route.template.rpartition("}")[2]))
    fields: dict[str, Any] = {key: one.schema.get("enum") for key, one in operation.body_fields.items()}
    constants = [(key, one) for key, enum in fields.items() for one in islice(enum or (), _MOST_CONSTANTS)]
    for key, one in constants if isinstance(sent, dict) else ():
        if is_valid_body(operation, name, data := write_value(operation, name, {**sent, key: one})):
            yield Deed(peer, (name, data), tail | {*words(str(one))})
    if not constants and tail:
        yield Deed(peer, OWN_BODY, tail)


def _stems_of(refused: CheckedResponse) -> frozenset[str]:
    """The beginnings of the words of a refusal, and those that speak of a state."""
    found = words(fault_of(refused.exchange).text)
    return frozenset({*(word[:_STEM] for word in found), *(_OF_STATE & {*found})})
