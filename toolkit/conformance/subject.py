"""One operation under test: what is known of it, and a reference list of items that does not change during the run.

Data may change while a test runs. If the contract has filters for a range, the list is limited to a range in the past, so
that new items stay outside; the laws of lists then reason about this list.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from toolkit.client.client import Change, Changes, CheckedResponse, Client, ways
from toolkit.client.examples import Value
from toolkit.client.session import LARGE
from toolkit.client.target import is_stream
from toolkit.conformance.known import Given
from toolkit.conformance.pool import Pool, path_values
from toolkit.contract.flow import acts_on_caller, ends_session, is_rpc, kind, method_of, stops_service
from toolkit.contract.operation import Operation
from toolkit.contract.promises import Facts, dig
from toolkit.contract.resources import place_of
from toolkit.contract.routing import PARAMETER
from toolkit.contract.security import is_secured
from toolkit.document.pointers import ABSENT, put_at
from toolkit.exchange import Key
from toolkit.schema.judge import shown
from toolkit.structs import Mutable, field
from toolkit.verdict import few

_MOST_PAGES = 12
_MOST_NAMES = 6  # of operations in a note

FIRST_TRIES, ALL_TRIES = 3, 8  # plain calls of an operation in the first turn, and in the others
WAITS = [0.1, 0.3, 0.6, 1.0]  # seconds before a service is asked again for what it may do later
Found = TypeVar("Found")
_OWN_ACCOUNT = ("me", "self", "myself", "account", "profile")  # the last segments of paths to who calls
_PLAIN = re.compile(r"[\w.~:@+-]*")  # a name that something may have


class Subject(Mutable, eq=False):
    """One operation under test. `reference` holds the items of the `frozen` request in order; `complete` if it holds all of them.

    `draft` are the base values from the contract and the options alone, with which the plan is made. `obstacle` says why the operation cannot be
    tested: '' if it can, None before a plain request was tried. `pool` has the values that the service has shown so far, `peers` all operations of
    the run by name; both are the same for all of them. `is_final` at the end of the run, when what other operations needed may be deleted. `lost` is
    what the contract says unreadably of its requests, so that a refusal blames nobody.
    """

    client: Client
    given: Given
    known: dict[Key, list[str]]
    draft: dict[Key, Value]
    pool: Pool
    peers: Mapping[str, Subject] = field(default_factory=dict)
    seed: int = 0
    frozen: dict[str, str] = field(default_factory=dict)
    reference: list[Any] = field(default_factory=list)
    complete: bool = False
    notes: list[str] = field(default_factory=list)
    plain: CheckedResponse | None = None  # to the plain request that had success, or else to the first one; see `keep`
    refused: CheckedResponse | None = None  # the response to the last plain call that had no success
    told: dict[Key, int] = field(default_factory=dict)  # parameters that a refusal named, and its status
    obstacle: str | None = None
    lost: str = ""
    refusal: str = ""  # the words by which what the service says of the obstacle is known again
    tries: int = ALL_TRIES  # plain calls, before the operation is given up
    leads: int = 3  # times that things are led to the state in which it takes them
    is_final: bool = False
    is_left: bool = False  # since it is overloaded or silent
    is_explored: bool = False  # whether the reference list is made
    is_particular: bool = False  # about the strings of a body: of valid ones it refuses others than the plain ones
    turn: int = -1  # counts the ways in which lists are requested

    @property
    def is_last(self) -> bool:
        """Whether the operation is called when all else is done: it may end the session that the credentials stand for, or the service."""
        session, operation = self.client.session, self.operation
        may_end = ends_session(operation) or (is_secured(operation) and acts_on_caller(operation))
        return (bool(session.credentials or session.headers) and may_end) or stops_service(operation)

    @property
    def held_back(self) -> str:
        """Why the operation is not called, '' if it may be: without a path parameter it would delete a whole list, or the caller's account."""
        operation = self.operation
        template = operation.route.template
        if kind(operation) != "delete" or PARAMETER.search(template) or is_rpc(operation) or len(self.peers) == 1:
            return ""
        allow = f"allow it with --operation {operation.name}"
        if template.rstrip("/").rpartition("/")[2] in _OWN_ACCOUNT:
            return f"not called, since it would delete the account whose credentials are used: {allow}"
        is_list = any(one.place == f"{self.place}/{{}}" for one in self.peers.values())
        return f"not called, since it would delete all that {template} has: {allow}" if is_list else ""

    @property
    def operation(self) -> Operation:
        return self.client.operation

    @property
    def place(self) -> str:
        """The shape of the path to what it is about, under which the pool has what exists there."""
        return place_of(self.operation).shape

    @property
    def template(self) -> str:
        """The path to what it is about, as `place_of` has it."""
        return place_of(self.operation).template

    @property
    def item_place(self) -> str:
        """The place of the thing that it is about: the shape of its path to the last parameter; '' where it has none."""
        return "".join(self.place.rpartition("{}")[:2])

    @property
    def below(self) -> str:
        """The place of what it creates, if it creates something."""
        return self.place.rstrip("/") + "/{}"

    @property
    def made_at(self) -> str:
        """Where what it creates is read: below its own place, or by itself: `POST /rooms/{id}/bookings` makes what `/bookings/{id}` reads."""
        own, known = self.below, {one.place for one in self.peers.values()}
        others = (f"{one}/{{}}" for one in self.pool.alone(self.template) if not self.peer(one, "POST"))
        return own if own in known else next((one for one in others if one in known), own)

    @property
    def above(self) -> str:
        """The place of the list that has the thing that it is about."""
        return self.place.removesuffix("/{}")

    def keep(self, response: CheckedResponse) -> None:
        """Take a response for the plain one; of a large one, the body is forgotten when too many came after it."""
        self.plain = response
        if (size := len(response.body)) > LARGE:
            self.client.session.hold(size, partial(self._shed, response))

    def _shed(self, response: CheckedResponse) -> None:
        if self.plain is response:
            self.plain = response.without_body()

    def at(self, place: str, method: str) -> Iterator[Subject]:
        """The operations of the run at a place, of one method."""
        yield from (one for one in self.peers.values() if one.place == place and method_of(one.operation) == method)

    def peer(self, place: str, method: str = "GET") -> Subject | None:
        """The first of these; None where there is none."""
        return next(self.at(place, method), None)

    @property
    def facts(self) -> Facts:
        return self.client.facts

    @property
    def random(self) -> random.Random:
        return random.Random(self.seed)

    @property
    def largest_size(self) -> int:
        parameter = self.client.parameter(self.facts.pages.limit or "") if self.facts.pages else None
        schema = parameter.schema if parameter else {}
        return min(int(schema.get("maximum", schema.get("default", 20))), 1000)

    def ask(self, changes: Changes | None = None, *, fresh: bool = False, **how: Any) -> CheckedResponse:
        """The response to a plain call with some values changed; see Client.call and Client.ask."""
        return self.client.ask(self.client.call(changes, **how), fresh=fresh)

    def at_last(self, look: Callable[[], Found], is_done: Callable[[Found], bool]) -> Found:
        """What one finds when it is done, or else when there is no more time to wait. Raises BudgetSpent."""
        found = look()
        for seconds in WAITS:
            if is_done(found):
                break
            self.client.session.pause(seconds)
            found = look()
        return found

    def page(self, changes: Mapping[str, Change], number: int, size: int, **how: Any) -> CheckedResponse:
        """Page `number`, from 1, of a list in pages of `size`."""
        pages = self.facts.pages
        assert pages is not None
        values: dict[str, Change] = dict(changes)
        if pages.limit:
            values[pages.limit] = str(size)
        if pages.page:
            values[pages.page] = str(number)
        elif pages.offset:
            values[pages.offset] = str((number - 1) * size)
        return self.ask(values, **how)

    def keep_made_up(self, response: CheckedResponse) -> None:
        """What a PUT may have made, whatever its status says, under a name that a probe invented and that nobody else gives."""
        request, names = response.exchange.request, PARAMETER.findall(self.operation.route.template)
        text = response.call.get(names[-1], "path") if names and request and request.method == "PUT" else None
        if request and response.ok and text and not _PLAIN.fullmatch(text):
            key = ("path", names[-1])
            if text not in (self.client.base.get(key), *self.known.get(key, ()), *self.given.get(key, ())):
                self.pool.keep_place(self.template, path_values(self.operation, request), True)

    def walk(self, changes: Mapping[str, Change], **how: Any) -> Iterator[CheckedResponse]:
        """The pages of a list in the largest size, up to the end that the total gives or a page that is not full."""
        for number in range(1, _MOST_PAGES + 1):
            response = self.page(changes, number, self.largest_size, **how)
            yield response
            items, total = response.items(self.facts), response.total(self.facts)
            done = number * self.largest_size >= total if total is not None else len(items or ()) < self.largest_size
            if not response.ok or items is None or done:
                return

    def items(self, changes: Mapping[str, Change]) -> list[Any]:
        """The items of a list, of all its pages."""
        return [item for response in self.walk(changes) for item in response.items(self.facts) or ()]

    def next_way(self) -> dict[str, Any]:
        """A format and a channel, different each time: what a list holds does not depend on them."""
        self.turn += 1
        every = ways(self.client)
        way = every[self.turn % len(every)]
        return {"form": way.form, "channel": way.channel}

    def fetch(self) -> list[Any]:
        """The items of the frozen request as they are now; for an operation without a list, the value of a plain response."""
        if not self.facts.pages:
            return [self.stable(self.ask())]
        return self.items(self.frozen)

    def renew(self) -> list[Any]:
        """Forget all responses and fetch the reference list again."""
        self.client.forget()
        self.reference = self.fetch()
        return self.reference

    def stable(self, response: CheckedResponse) -> Any:
        """The value of a response without what is new each time; None for a stream, of which time decides how much is read."""
        received = response.exchange.response
        value = None if received and is_stream(received) else response.value
        for where in self.facts.fresh:
            value = put_at(value, where, ABSENT)
        return value

    def identity(self, item: Any) -> str:
        """What tells an item from others, as it is shown; the whole item if the contract does not say."""
        return shown(dig(item, self.facts.identity) if self.facts.identity else item)

    def identities(self, items: Iterable[Any] | None) -> list[str]:
        return [self.identity(item) for item in items or ()]


def sampled(subjects: Iterable[Subject]) -> Iterator[str]:
    """A note that names the operations of which not every change of the body is tried."""
    names = [f"{one.operation.name} ({one.client.sampled})" for one in subjects if one.client.sampled]
    if names:
        yield f"bodies are changed in the ways that say the most, not in all: {few(names, _MOST_NAMES)}"
