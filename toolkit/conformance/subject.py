"""One operation under test: what is known of it, and a reference list of items that does not change during the run.

Data may change while a test runs. If the contract has filters for a range, the list is limited to a range in the past, so
that new items stay outside; the laws of lists then reason about this list.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from toolkit.client.bodies import example_body, stated_body
from toolkit.client.client import Change, CheckedResponse, Client, ways
from toolkit.client.examples import Value
from toolkit.conformance.known import Given, invented_values, known_values, starting_values, unknown_parameters
from toolkit.conformance.laws.comparing import find_range, shift
from toolkit.contract.promises import Facts, Filter, dig
from toolkit.exchange import Key
from toolkit.schema.moments import read_moment, write_moment
from toolkit.wire.parameters import write_scalar

_MOST_ITEMS = 200  # of the reference list
_MOST_PAGES = 12
_MARGIN = timedelta(minutes=10)  # from the edge of the window, where items drop out while the test runs


@dataclass(eq=False)
class Subject:
    """One operation under test. `reference` holds the items of the `frozen` request in order; `complete` if it holds all of them.

    `draft` are the base values from the contract and the options alone, with which the plan is made. `obstacle` says why
    the operation cannot be tested: '' if it can, None before a plain request was tried.
    """

    client: Client
    given: Given
    known: dict[Key, list[str]]
    draft: dict[Key, Value]
    seed: int = 0
    frozen: dict[str, str] = field(default_factory=dict)
    reference: list[Any] = field(default_factory=list)
    complete: bool = False
    notes: list[str] = field(default_factory=list)
    opening: list[CheckedResponse] = field(default_factory=list)  # to the requests of `explore`
    obstacle: str | None = None
    turn: int = -1  # counts the ways in which lists are requested

    @property
    def facts(self) -> Facts:
        return self.client.facts

    @property
    def random(self) -> random.Random:
        return random.Random(self.seed)

    @property
    def largest_size(self) -> int:
        """The size of the largest page."""
        pages = self.facts.pages
        parameter = self.client.parameter(pages.limit) if pages and pages.limit else None
        maximum = parameter.schema.get("maximum", parameter.schema.get("default", 20)) if parameter else 20
        return min(int(maximum), 1000)

    @property
    def default_size(self) -> int | None:
        pages = self.facts.pages
        parameter = self.client.parameter(pages.limit) if pages and pages.limit else None
        default = parameter.schema.get("default") if parameter else None
        return default if isinstance(default, int) else None

    def page(self, changes: Mapping[str, Change], number: int, size: int | None, **how: str) -> CheckedResponse:
        """Page `number`, from 1, of a list in pages of `size`; None leaves out the size."""
        pages = self.facts.pages
        assert pages is not None
        values: dict[str, Change] = dict(changes)
        if pages.limit and size is not None:
            values[pages.limit] = str(size)
        if pages.page:
            values[pages.page] = str(number)
        elif pages.offset:
            values[pages.offset] = str((number - 1) * (size or self.default_size or 1))
        return self.client.ask(self.client.call(values, **how))

    def walk(self, changes: Mapping[str, Change], **how: str) -> Iterator[CheckedResponse]:
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

    def next_way(self) -> dict[str, str]:
        """A format and a channel, different each time: what a list holds does not depend on them."""
        self.turn += 1
        every = ways(self.client)
        way = every[self.turn % len(every)]
        return {"form": way.form, "channel": way.channel}

    def fetch(self) -> list[Any]:
        """The items of the frozen request as they are now; for an operation without a list, the value of a plain response."""
        if not self.facts.pages:
            return [self.stable(self.client.ask(self.client.call()))]
        return self.items(self.frozen)

    def renew(self) -> list[Any]:
        """Forget all responses and fetch the reference list again."""
        self.client.forget()
        self.reference = self.fetch()
        return self.reference

    def stable(self, response: CheckedResponse) -> Any:
        """The value of a response without the properties that are new each time."""
        value = response.value
        for where in self.facts.fresh:
            value = _without(value, where)
        return value

    def identity(self, item: Any) -> Any:
        """What tells an item from others; the whole item if the contract does not say."""
        return dig(item, self.facts.identity) if self.facts.identity else item


def _without(value: Any, where: Sequence[str]) -> Any:
    if not where or not isinstance(value, dict):
        return value
    rest = {key: item for key, item in value.items() if key != where[0]}
    return {**rest, where[0]: _without(value[where[0]], where[1:])} if len(where) > 1 and where[0] in value else rest


def begin(client: Client, given: Given, seed: int = 0) -> Subject:
    """A subject as the contract and the options alone describe it; nothing is sent."""
    stated = starting_values(client, given)
    made = invented_values(client, stated)
    client.base, client.invented = {**stated, **made}, frozenset(made)
    subject = Subject(client, given, known_values(client, given), dict(client.base), seed)
    if any(parameter.location == "path" for parameter in unknown_parameters(client)):
        subject.obstacle = f"not tested{cure(client)}"
    return subject


def explore(subject: Subject) -> None:
    """Find values that the operation accepts, prefer those with many items, and freeze a reference list. Once is enough."""
    client = subject.client
    if subject.obstacle is not None:
        return
    response = client.ask(client.call())
    if response.status and client.facts.pages:
        _prefer_many(subject)
        _freeze(subject)
        _learn(subject)
        response = client.ask(client.call())
    subject.opening = client.take_unreported()
    if not response.status:
        reason = response.failure
        subject.obstacle = f"no response ({reason}); check that the service runs and that the address is right"
    else:
        reason = f"a plain request is refused with status {response.status}"
        subject.obstacle = "" if response.ok else f"not tested further: {reason}{cure(client)}"


def cure(client: Client) -> str:
    """What the user can do if a plain request may mean nothing to the service; '' if it should mean something."""
    unknown = [parameter.name for parameter in unknown_parameters(client)]
    if unknown:
        return f"; no value is known for {', '.join(unknown)}: give one with --param {unknown[0]}=VALUE"
    invented = [name for location, name in client.base if (location, name) in client.invented]
    if invented:
        return f"; the value of {', '.join(invented)} is invented: give one with --param {invented[0]}=VALUE"
    if not client.operation.request_content or client.operation.form_or_query or stated_body(client.operation):
        return ""
    if example_body(client.operation) is None:
        needed = client.operation.body_required
        return "; no valid request body could be made: add an example of one to the contract" if needed else ""
    return "; the request body is invented: add an example of one to the contract"


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
        subject.notes.append(f"{subject.client.operation.name}: the list has {count} items, too few to check its laws")


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
            values = [dig(item, rule.item) for item in subject.reference]
            seen = list(dict.fromkeys(write_scalar(value) for value in values if value is not None))
            subject.random.shuffle(seen)
            known = subject.known.setdefault(key, [])
            subject.known[key] = list(dict.fromkeys([*filter(None, seen), *known]))
