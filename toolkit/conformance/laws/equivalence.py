"""Laws of one request in other words: another format, method, order, an explicit default (equivalence, equality)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from json import dumps
from typing import Any

from toolkit.conformance.laws.finding import Finding, compare, find
from toolkit.conformance.subject import Subject
from toolkit.schema.judge import shown
from toolkit.wire.parameters import write_scalar


def formats(subject: Subject) -> Iterator[Finding]:
    """One request has the same values in every format."""
    names = list(subject.facts.formats or {})
    for form in names[1:]:
        yield from _same_list(
            subject, "law-formats-equal", "formats", f"{subject.facts.format_parameter}={form}", form=form
        )


def methods(subject: Subject) -> Iterator[Finding]:
    """One request has the same values by every equivalent method, the parameters in the query or in the body."""
    for channel in subject.client.channels[1:]:
        for form in subject.facts.formats or [""]:
            yield from _same_list(
                subject,
                "law-methods-equal",
                "methods",
                f"{channel} for {subject.client.channels[0]}",
                form=form,
                channel=channel,
                most=1,
            )


def _same_list(subject: Subject, rule: str, fact: str, said: str, most: int = 99, **how: str) -> Iterator[Finding]:
    if not subject.facts.pages:
        yield from _same_value(subject, rule, fact, said, **how)
        return
    for number, before in enumerate(list(subject.walk(subject.frozen))[:most], 1):
        after = subject.page(subject.frozen, number, subject.most, **how)
        if before.ok:
            yield from compare(subject, rule, fact, before.items(subject.facts) or [], after, said)
        if before.total(subject.facts) != after.total(subject.facts) and after.ok and after.value is not None:
            message = f"{said}: the total is {after.total(subject.facts)} instead of {before.total(subject.facts)}"
            yield find(subject, rule, fact, message, after)


def _same_value(subject: Subject, rule: str, fact: str, said: str, **how: str) -> Iterator[Finding]:
    before, after = subject.client.ask(subject.client.call()), subject.client.ask(subject.client.call(None, **how))
    if before.ok and (not after.ok or (after.value is not None and subject.stable(before) != subject.stable(after))):
        yield find(
            subject, rule, fact, f"{said}: the answer differs (status {before.status} and {after.status})", after
        )


def defaults(subject: Subject) -> Iterator[Finding]:
    """An absent parameter acts as its default does."""
    for parameter in subject.client.operation.parameters:
        default = parameter.schema.get("default")
        if default is None or parameter.required or isinstance(default, (dict, list)):
            continue
        how: dict[str, Any] = {"form": None} if parameter.name == subject.facts.format_parameter else {}
        text = write_scalar(default)
        explicit = subject.client.ask(subject.client.call({**subject.frozen, parameter.name: text}, **how))
        absent = subject.client.ask(subject.client.call({**subject.frozen, parameter.name: None}, **how))
        if explicit.ok and (
            not absent.ok or subject.stable(explicit) != subject.stable(absent) or explicit.kind != absent.kind
        ):
            message = f"without {parameter.name} the answer is not that of {parameter.name}={text}, the default"
            yield find(subject, "law-default", "echo", message, absent)


def repeated(subject: Subject) -> Iterator[Finding]:
    """The same request, repeated, has the same answer. Data move on, so only what comes back after a change is a fault."""
    for changes in ({}, subject.frozen):
        answers = [subject.client.ask(subject.client.call(changes), fresh=True) for _ in range(4)]
        answers = [answer for answer in answers if answer.ok]
        values = [shown_whole(subject.stable(answer)) for answer in answers]
        orders = [[shown_whole(item) for item in answer.items(subject.facts) or ()] for answer in answers]
        shuffled = any(one != two and sorted(one) == sorted(two) for one, two in combinations(orders, 2))
        identities = [
            {shown(subject.identity(item)) for item in answer.items(subject.facts) or ()} for answer in answers
        ]
        replaced = len(answers) > 1 and all(one and two and not one & two for one, two in combinations(identities, 2))
        if shuffled or replaced or any(one == three != two for one, two, three in combinations(values, 3)):
            yield find(
                subject, "law-repeatable", "order", "one request, repeated, has different answers in turn", answers[-1]
            )
            return


def shown_whole(value: Any) -> str:
    return dumps(value, sort_keys=True, default=str)


def parameter_order(subject: Subject) -> Iterator[Finding]:
    """The order of the parameters means nothing."""
    call = subject.client.call({**subject.frozen})
    before = subject.client.ask(call)
    shuffled = list(call.pairs)
    subject.random.shuffle(shuffled)
    for pairs in (tuple(reversed(call.pairs)), tuple(shuffled)):
        after = subject.client.ask(type(call)(pairs, call.channel))
        if before.ok and (not after.ok or subject.stable(before) != subject.stable(after)):
            yield find(
                subject, "law-parameter-order", "errors", "the parameters in another order change the answer", after
            )


def unknown_parameters(subject: Subject) -> Iterator[Finding]:
    """Parameters that the contract does not know change nothing, those that differ from known ones in case included."""
    if subject.facts.unknown_parameters != "ignored":
        return
    for extra in filter(None, _unknown(subject)):
        way = subject.next_way()
        before = subject.client.ask(subject.client.call(subject.frozen, **way))
        after = subject.client.ask(subject.client.call({**subject.frozen, **extra}, **way))
        if before.ok and (not after.ok or subject.stable(before) != subject.stable(after)):
            said = f"{next(iter(extra))}={next(iter(extra.values()))} changes the answer"
            yield find(subject, "law-unknown-ignored", "unknown-parameters", said, after)


def _unknown(subject: Subject) -> Iterator[dict[str, str]]:
    """A name that nobody knows, in several ways; known names in another case, with brackets, with a space."""
    client, pages = subject.client, subject.facts.pages
    yield from ({f"NoSuchParameter{index or ''}": "1"} for index in range(4))
    sizes = [name for name in (pages.limit, pages.page) if name] if pages else []
    yield from ({name.lower(): "1" for name in sizes if not client.parameter(name.lower())} for _ in sizes[:1])
    yield from ({name + more: "1"} for name in sizes[:1] for more in ("[]", " "))
    for parameter in client.operation.parameters:
        name = parameter.name.swapcase()
        if parameter.location == "query" and parameter.name not in client.base and not client.parameter(name):
            yield {name: next(iter(subject.known.get(parameter.name, ())), "1")}
