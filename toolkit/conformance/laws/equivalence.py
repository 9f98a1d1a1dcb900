"""Laws of one request said differently: another format, method or order, an explicit default (equivalence, equality)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from json import dumps
from typing import Any

from toolkit.client.client import CheckedResponse
from toolkit.conformance.laws.finding import Finding, Law, compare, find
from toolkit.conformance.subject import Subject
from toolkit.document.pointers import as_object, rewritten
from toolkit.structs import replace
from toolkit.wire.parameters import write_scalar


def formats(subject: Subject) -> Iterator[Finding]:
    """One request has the same values in every format."""
    for form in list(subject.facts.formats or {})[1:]:
        request = f"{subject.facts.format_parameter}={form}"
        yield from _compare_lists(subject, "law-formats-equal", request, form=form)


def methods(subject: Subject) -> Iterator[Finding]:
    """One request has the same values by every equivalent method, with the parameters in the query or in the body."""
    first, *others = subject.client.channels
    for channel in others:
        for form in subject.facts.formats or [""]:
            request, way = f"{channel} instead of {first}", {"form": form, "channel": channel}
            yield from _compare_lists(subject, "law-methods-equal", request, most=1, **way)


def _compare_lists(subject: Subject, rule: str, request: str, most: int = 99, **how: Any) -> Iterator[Finding]:
    """Compare up to `most` pages of the list, or the whole value of an operation without one."""
    if not subject.facts.pages:
        before, after = subject.ask(), subject.ask(None, **how)
        if before.ok and (not after.ok or (after.value is not None and not _is_same(subject, before, after))):
            message = f"{request} changes the response (status {after.status}, without it {before.status})"
            yield find(subject, rule, message, after)
        return
    for number, before in enumerate(list(subject.walk(subject.frozen))[:most], 1):
        after = subject.page(subject.frozen, number, subject.largest_size, **how)
        if before.ok:
            yield from compare(subject, rule, before.items(subject.facts) or [], after, request)
        total, expected = after.total(subject.facts), before.total(subject.facts)
        if total != expected and after.ok and after.value is not None:
            yield find(subject, rule, f"{request}: the total is {total}, expected {expected}", after)


def _is_same(subject: Subject, before: CheckedResponse, after: CheckedResponse) -> bool:
    """Whether two responses have the same values, but for the request as links to the list and its pages repeat it, and for
    properties that change by themselves, as the time of the response does."""
    request = after.exchange.request
    path = request.url.partition("?")[0] if request else ""
    one, other = (_unasked(subject.stable(response), path) for response in (before, after))
    if one == other or not (isinstance(one, dict) and isinstance(other, dict)):
        return bool(one == other)
    differing = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
    if any(not isinstance(held.get(key), str | int | float) for key in differing for held in (one, other)):
        return False
    again = as_object(_unasked(subject.stable(subject.client.ask(before.call, fresh=True)), path))
    return all(again.get(key) != one[key] for key in differing)


def _unasked(value: Any, path: str) -> Any:
    """A value whose addresses of this path have no query."""

    def unasked(one: Any) -> Any:
        address = one.partition("?")[0] if isinstance(one, str) else ""
        ends = address.endswith(path) or address.rpartition(".")[0].endswith(path)  # `/items.html` for `/items`
        return address if ends else one

    return rewritten(value, of_scalar=unasked) if path else value


def defaults(subject: Subject) -> Iterator[Finding]:
    """A missing parameter acts as its default value does."""
    for parameter in subject.operation.parameters:
        default = parameter.schema.get("default")
        if default is None or parameter.required or isinstance(default, (dict, list)):
            continue
        how: dict[str, Any] = {"form": None} if parameter.name == subject.facts.format_parameter else {}
        value = write_scalar(default)
        explicit = subject.ask({**subject.frozen, parameter.name: value}, **how)
        absent = subject.ask({**subject.frozen, parameter.name: None}, **how)
        is_same = absent.ok and _is_same(subject, explicit, absent) and explicit.kind == absent.kind
        if explicit.ok and not is_same:
            other = f"that to {parameter.name}={value}, the default"
            message = f"without {parameter.name} the response differs from {other}"
            yield find(subject, "law-default", message, absent)


def repetition(subject: Subject) -> Iterator[Finding]:
    """The same request, repeated, has the same response. Data change in time, so only what changes back is a fault."""
    for changes in ({}, subject.frozen):
        responses = [subject.ask(changes, fresh=True) for _ in range(4)]
        responses = [response for response in responses if response.ok]
        values = [_text(subject.stable(response)) for response in responses]
        orders = [[_text(item) for item in response.items(subject.facts) or ()] for response in responses]
        is_shuffled = any(one != two and sorted(one) == sorted(two) for one, two in combinations(orders, 2))
        identities = [{*subject.identities(one.items(subject.facts))} for one in responses]
        apart = [bool(one and two and not one & two) for one, two in combinations(identities, 2)]
        is_replaced = bool(apart) and all(apart)
        if is_shuffled or is_replaced or any(one == three != two for one, two, three in combinations(values, 3)):
            message = "the same request, repeated, has different responses in turn"
            yield find(subject, "law-repeatable", message, responses[-1])
            return


def _text(value: Any) -> str:
    return dumps(value, sort_keys=True, default=str)


def parameter_order(subject: Subject) -> Iterator[Finding]:
    """The order of the parameters means nothing."""
    call = subject.client.call({**subject.frozen})
    before = subject.client.ask(call)
    shuffled = list(call.pairs)
    subject.random.shuffle(shuffled)
    for pairs in (tuple(reversed(call.pairs)), tuple(shuffled)):
        after = subject.client.ask(replace(call, pairs=pairs))
        if before.ok and not (after.ok and _is_same(subject, before, after)):
            message = "another order of the parameters changes the response"
            yield find(subject, "law-parameter-order", message, after)


def undeclared_parameters(subject: Subject) -> Iterator[Finding]:
    """Parameters that the contract does not declare change nothing; among them known names in another case."""
    if subject.facts.unknown_parameters != "ignored":
        return
    for extra in filter(None, _undeclared(subject)):
        way = subject.next_way()
        before = subject.ask(subject.frozen, **way)
        after = subject.ask({**subject.frozen, **extra}, **way)
        if before.ok and not (after.ok and _is_same(subject, before, after)):
            message = f"{next(iter(extra))}={next(iter(extra.values()))} changes the response"
            yield find(subject, "law-unknown-ignored", message, after)


def _undeclared(subject: Subject) -> Iterator[dict[str, str]]:
    """A name that nobody knows, in several ways; known names in another case, with brackets, with a space."""
    client, pages = subject.client, subject.facts.pages
    yield from ({f"NoSuchParameter{index or ''}": "1"} for index in range(4))
    sizes = [name for name in (pages.limit, pages.page) if name] if pages else []
    yield from ({name.lower(): "1" for name in sizes if not client.parameter(name.lower())} for _ in sizes[:1])
    yield from ({name + more: "1"} for name in sizes[:1] for more in ("[]", " "))
    for parameter in client.operation.parameters:
        name = parameter.name.swapcase()
        if parameter.location == "query" and parameter.key not in client.base and not client.parameter(name):
            yield {name: next(iter(subject.known.get(parameter.key, ())), "1")}


LAWS: tuple[Law, ...] = (formats, methods, defaults, undeclared_parameters, repetition, parameter_order)
"""Those of an operation that has no list."""
