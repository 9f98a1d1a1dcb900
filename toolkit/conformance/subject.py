"""What a run has learnt of a service: values that exist, and a reference list of items that holds still.

Data may move while a test runs. Where the contract has filters of range, the list is frozen between two moments of the past, so
that what is created meanwhile stays outside; the rest of the run reasons about this list.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from toolkit.client.client import Answer, Change, Client, ways
from toolkit.client.examples import example_members, example_texts
from toolkit.contract.operation import Parameter
from toolkit.contract.promises import Facts, Filter, dig
from toolkit.schema.moments import read_moment, write_moment
from toolkit.wire.parameters import write_scalar

_MOST_ITEMS = 200  # of the reference list
_MOST_PAGES = 12
_MARGIN = timedelta(minutes=10)  # from the edge of the window, where items fall out while the test runs


def base_parameters(client: Client) -> list[Parameter]:
    """The parameters that every call holds: the required ones and, where requests are signed, those of one value (a version)."""
    names = client.operation.security_names
    signed = client.session.credentials is not None
    return [
        parameter
        for parameter in client.operation.parameters
        if parameter.required or (signed and parameter.only_value is not None and parameter.name not in names)
    ]


def starting_texts(client: Client, given: Mapping[str, list[str]]) -> dict[str, str]:
    """The texts that every call holds: the user's, else the contract's own; without what neither of them knows."""
    base: dict[str, str] = {}
    for parameter in base_parameters(client):
        texts = [*given.get(parameter.name, ()), *example_texts(parameter)]
        base |= {parameter.name: texts[0]} if texts else example_members(parameter)
    return base | {name: texts[0] for name, texts in given.items() if not client.parameter(name)}


def unknown_parameters(client: Client) -> list[Parameter]:
    """The required parameters that nobody has told a value of."""
    required = (parameter for parameter in client.operation.parameters if parameter.required)
    return [one for one in required if one.name not in client.base and not example_members(one)]


def known_texts(client: Client, given: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """For each parameter the texts that may exist in the service: those given by the user, then the contract's own."""
    return {
        parameter.name: list(dict.fromkeys([*given.get(parameter.name, []), *example_texts(parameter)]))
        for parameter in client.operation.parameters
    }


@dataclass(eq=False)
class Subject:
    """One operation under test. `reference` are the items of the `frozen` request in order; `complete` where it is all of them."""

    client: Client
    known: dict[str, list[str]]
    seed: int = 0
    frozen: dict[str, str] = field(default_factory=dict)
    reference: list[Any] = field(default_factory=list)
    complete: bool = False
    notes: list[str] = field(default_factory=list)
    turn: int = -1  # of the ways in which lists are asked for

    @property
    def facts(self) -> Facts:
        return self.client.facts

    @property
    def random(self) -> random.Random:
        return random.Random(self.seed)

    @property
    def most(self) -> int:
        """The size of the largest page."""
        pages = self.facts.pages
        parameter = self.client.parameter(pages.limit) if pages and pages.limit else None
        maximum = parameter.schema.get("maximum", parameter.schema.get("default", 20)) if parameter else 20
        return min(int(maximum), 1000)

    def page(self, changes: Mapping[str, Change], number: int, size: int | None, **how: str) -> Answer:
        """Page `number`, from 1, of a list in pages of `size`; None leaves the size to its default."""
        pages = self.facts.pages
        assert pages is not None
        texts: dict[str, Change] = dict(changes)
        if pages.limit and size is not None:
            texts[pages.limit] = str(size)
        if pages.page:
            texts[pages.page] = str(number)
        elif pages.offset:
            texts[pages.offset] = str((number - 1) * (size or self.default_size or 1))
        return self.client.ask(self.client.call(texts, **how))

    @property
    def default_size(self) -> int | None:
        pages = self.facts.pages
        parameter = self.client.parameter(pages.limit) if pages and pages.limit else None
        default = parameter.schema.get("default") if parameter else None
        return default if isinstance(default, int) else None

    def walk(self, changes: Mapping[str, Change], **how: str) -> Iterator[Answer]:
        """The pages of a list, the largest size, up to the end that the total names or a page that is not full."""
        for number in range(1, _MOST_PAGES + 1):
            answer = self.page(changes, number, self.most, **how)
            yield answer
            items, total = answer.items(self.facts), answer.total(self.facts)
            done = number * self.most >= total if total is not None else len(items or ()) < self.most
            if not answer.ok or items is None or done:
                return

    def next_way(self) -> dict[str, str]:
        """A format and a channel, others each time: what a list holds does not depend on how it is asked for."""
        self.turn += 1
        every = ways(self.client)
        way = every[self.turn % len(every)]
        return {"form": way.form, "channel": way.channel}

    def fetch(self) -> list[Any]:
        """The items of the frozen request as they are now; where there is no list, the answer to a plain call."""
        if not self.facts.pages:
            return [self.stable(self.client.ask(self.client.call()))]
        return [item for answer in self.walk(self.frozen) for item in answer.items(self.facts) or ()]

    def renew(self) -> list[Any]:
        """Send everything anew and take the reference list again."""
        self.client.forget()
        self.reference = self.fetch()
        return self.reference

    def stable(self, answer: Answer) -> Any:
        """The value of an answer without the members that are new each time."""
        value = answer.value
        for where in self.facts.fresh:
            value = _without(value, where)
        return value

    def identity(self, item: Any) -> Any:
        """What tells an item from others; the item itself where the contract does not say."""
        return dig(item, self.facts.identity) if self.facts.identity else item


def _without(value: Any, where: Sequence[str]) -> Any:
    if not where or not isinstance(value, dict):
        return value
    rest = {key: item for key, item in value.items() if key != where[0]}
    return {**rest, where[0]: _without(value[where[0]], where[1:])} if len(where) > 1 and where[0] in value else rest


def settle(client: Client, given: Mapping[str, list[str]], seed: int) -> Subject:
    """Find texts with which the operation answers, prefer those with many items, and freeze a reference list."""
    subject = Subject(client, known_texts(client, given), seed)
    client.base = starting_texts(client, given)
    if client.facts.pages:
        _prefer_many(subject, given)
        _freeze(subject)
        _learn(subject)
    return subject


def _prefer_many(subject: Subject, given: Mapping[str, list[str]]) -> None:
    """Of the known texts of each required parameter take the one with the largest total; what the user gave stands first."""
    client = subject.client
    for parameter in client.operation.parameters:
        texts = given.get(parameter.name) or subject.known[parameter.name]
        if not parameter.required or len(texts) < 2 or parameter.only_value is not None:
            continue
        totals = {}
        for text in texts[:6]:
            answer = client.ask(client.call({parameter.name: text}))
            totals[text] = (answer.total(client.facts) or len(answer.items(client.facts) or ())) if answer.ok else -1
        client.base[parameter.name] = max(totals, key=lambda text: totals[text])


def range_filters(facts: Facts) -> tuple[Filter | None, Filter | None]:
    """The filters that bound one member of the items from below and from above."""
    low = next((rule for rule in facts.filters if rule.relation == "at-least"), None)
    high = next((rule for rule in facts.filters if rule.relation == "at-most" and low and rule.item == low.item), None)
    return (low, high) if low and high else (None, None)


def _freeze(subject: Subject) -> None:
    """Fix the reference list between two values that it holds, so that nothing enters and nothing falls out of it."""
    low, high = range_filters(subject.facts)
    items: list[Any] = []
    rest = False
    for answer in subject.walk({}):
        items += answer.items(subject.facts) or ()
        total = answer.total(subject.facts)
        rest = total is not None and total > len(items)
        if len(items) >= _MOST_ITEMS:
            break
    if low and high and items and _is_dated(subject, low):
        subject.frozen = _bounds(subject, low, high, items, rest)
    subject.reference = subject.fetch() if subject.frozen else items
    subject.complete = bool(subject.frozen) or not rest
    if len(subject.reference) < 3:
        subject.notes.append(
            f"{subject.client.operation.name}: {len(subject.reference)} items are too few to judge the laws of lists"
        )


def _is_dated(subject: Subject, low: Filter) -> bool:
    order = subject.facts.order
    return bool(order) and order[0] == ("-", low.item)


def _bounds(subject: Subject, low: Filter, high: Filter, items: list[Any], rest: bool) -> dict[str, str]:
    values = [str(dig(item, low.item)) for item in items]
    now = datetime.now(UTC)
    newest = read_moment(values[0])
    end = shifted(values[0], -1) if newest and now - newest < timedelta(seconds=5) else values[0]
    start = shifted(values[-1], 1) if rest else values[-1]
    if subject.facts.window:
        edge = write_moment(now - subject.facts.window[1] + _MARGIN)
        start = max(start or edge, edge)
    return {low.parameter: start, high.parameter: end} if start and end and start <= end else {}


def shifted(text: str, seconds: int) -> str | None:
    """A moment or integer a little later or earlier, in the form it has; None where it is neither."""
    moment = read_moment(text)
    if moment and text.endswith("Z"):
        return write_moment(moment + timedelta(seconds=seconds))
    return str(int(text) + seconds) if text.isascii() and text.isdecimal() else None


def _learn(subject: Subject) -> None:
    """Values seen in items stand first among the known ones of the parameters that filter by them."""
    for rule in subject.facts.filters:
        if rule.parameter not in subject.client.base:
            seen = list(
                dict.fromkeys(
                    write_scalar(dig(item, rule.item)) for item in subject.reference if dig(item, rule.item) is not None
                )
            )
            subject.random.shuffle(seen)
            known = subject.known.setdefault(rule.parameter, [])
            subject.known[rule.parameter] = list(dict.fromkeys([*(text for text in seen if text), *known]))
