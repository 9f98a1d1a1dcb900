"""Laws of filters whose effect items need not show: what one selects is a part of the whole list, two values select no item in
common, an unknown value selects none (subset and disjoint, in the terms of Segura et al.)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, islice, pairwise
from typing import Any

from toolkit.client.client import CheckedResponse
from toolkit.conformance.laws.comparing import in_words, item_values, selected
from toolkit.conformance.laws.filters import is_valid, known_valid, values_of_both
from toolkit.conformance.laws.finding import Finding, find
from toolkit.conformance.laws.lists import read_list
from toolkit.conformance.laws.pages import check_totals
from toolkit.conformance.subject import Subject
from toolkit.contract.promises import Filter, dig
from toolkit.schema.judge import shown
from toolkit.verdict import plural

_MOST_VALUES = 3
_MOST_PAIRS = 6  # of filters that are given together


def partitions(subject: Subject) -> Iterator[Finding]:
    """Two values of a partition select no item in common; a value that nobody has used selects no item at all."""
    for name in subject.facts.partitions:
        known = known_valid(subject, name)
        owners: dict[str, str] = {}
        for value in known[:_MOST_VALUES]:
            keys, response = _select(subject, name, value)
            both = next((key for key in keys if owners.setdefault(key, value) != value), None)
            if both:
                message = f"item {both} is selected by {name}={shown(owners[both])} and by {name}={shown(value)}"
                yield find(subject, "law-filter-exact", message, response)
        unknown = _unknown_value(subject, name, known)
        if unknown:
            keys, response = _select(subject, name, unknown)
            if keys:
                message = f"{name}={shown(unknown)}, a value that nothing has, selects {plural(len(keys), 'item')}"
                yield find(subject, "law-filter-exact", message, response)


def parts(subject: Subject) -> Iterator[Finding]:
    """What a filter selects is a part of the list without it, also for values that no item has, the empty one among them."""
    names = [rule.parameter for rule in subject.facts.filters if rule.relation == "equal"]
    for name in (*names, *subject.facts.partitions):
        if subject.client.key(name) in subject.client.base:
            continue
        known = known_valid(subject, name)
        for value in ("", _unknown_value(subject, name, known), *known[:1]):
            if value is not None and is_valid(subject, name, value):
                yield from _check_part(subject, name, value)


def selections(subject: Subject) -> Iterator[Finding]:
    """The items of a list that match a filter are in what it selects; rules of one response say that no others are. This is for
    lists that the contract does not cut by numbers, of which nobody may know the end: `filters` says more of others."""
    items, sound = read_list(subject, {}).items, []
    for rule in [one for one in subject.facts.filters if subject.client.key(one.parameter) not in subject.client.base]:
        values = sorted(value for value in {*item_values(items, rule)} if is_valid(subject, rule.parameter, value))
        few = dict.fromkeys([*values[:1], *values[len(values) // 2 :][:1], *values[-1:]])
        found = [one for value in few for one in _check_selection(subject, {rule: value}, items)]
        yield from found
        sound += [] if found else [rule]  # of the others, what they select together says nothing new
    pairs = ((left, right) for left, right in combinations(sound, 2) if left.item != right.item)
    for left, right in islice(pairs, _MOST_PAIRS):
        usable = values_of_both(subject, left, right, items)
        apart = ({left: one[left], right: other[right]} for one, other in pairwise(usable))  # no item need have both
        for both in (*usable[len(usable) // 2 :][:1], *islice((one for one in apart if one not in usable), 1)):
            yield from _check_selection(subject, both, items)


def _check_selection(subject: Subject, chosen: Mapping[Filter, str], items: list[Any]) -> Iterator[Finding]:
    """What filters select together holds each item that matches all of them, and as many as its total says."""
    found = read_list(subject, {rule.parameter: value for rule, value in chosen.items()})
    keys = {*subject.identities(found.items)}
    named = in_words(chosen)
    matching = selected(items, chosen)
    lacking = [item for item in matching if subject.identity(item) not in keys]
    if lacking and found.last.ok and (not found.ending or len(found.items) < len(items)):
        of = " and ".join(f"{'.'.join(rule.item)} is {shown(dig(lacking[0], rule.item))}" for rule in chosen)
        message = f"{named} leaves out item {subject.identity(lacking[0])}, whose {of}"
        rule = "law-filters-and" if len(chosen) > 1 else "law-filter-exact"
        yield find(subject, rule, message, found.last)
    elif len(found.items) == len(matching):
        yield from check_totals(subject, found, f"by {named} ")


def _check_part(subject: Subject, name: str, value: str) -> Iterator[Finding]:
    whole = _whole(subject)
    if not whole:
        return
    keys, response = _select(subject, name, value)
    other = next((key for key in keys if key not in whole), None)
    if other:
        message = f"{name}={shown(value)} selects item {other}, which the list without {name} does not have"
        yield find(subject, "law-filter-exact", message, response)


def _whole(subject: Subject) -> set[str]:
    """The identities of the items of the list without filters; empty if it is not known to the end."""
    if subject.facts.pages:
        return {*subject.identities(subject.reference)} if subject.complete else set()
    whole = read_list(subject, {})
    return set() if whole.ending else {*subject.identities(whole.items)}


def _select(subject: Subject, name: str, value: str) -> tuple[list[str], CheckedResponse]:
    """The identities of the items that a value selects, none if it is refused; and the last response."""
    found = read_list(subject, {**subject.frozen, name: value})
    return subject.identities(found.items), found.last


def _unknown_value(subject: Subject, name: str, known: list[str]) -> str | None:
    """A valid value that hardly anything has; None if the schema allows none."""
    sample = known[0] if known else "value"
    candidates = (f"no-such-{sample}", f"{sample}0918273645", f"918273645{sample}"[:9], "no-such-value")
    return next((text for text in candidates if text not in known and is_valid(subject, name, text)), None)
