"""What a law reports: a page compared with the items that were expected on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from toolkit.client.client import Change, CheckedResponse
from toolkit.conformance.laws.one_response import broken_law
from toolkit.conformance.subject import Subject
from toolkit.schema.judge import shown
from toolkit.structs import Frozen
from toolkit.verdict import Violation, plural


class Finding(Frozen, eq=False):
    """A law broken by a response."""

    violation: Violation
    response: CheckedResponse


Law = Callable[[Subject], Iterator[Finding]]


def find_at_last(subject: Subject, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What is found whenever one looks at what was written: a service may show it later (eventual consistency), which is noted."""
    looks: list[list[Finding]] = []
    subject.at_last(lambda: looks.append([*look()]), lambda _: not looks[-1])
    if len(looks) > 1 and not looks[-1]:
        when = "some time after its response, which the contract leaves open"
        subject.notes.append(f"{subject.operation.name}: what it writes is shown {when}")
    yield from looks[-1]


def find(
    subject: Subject, rule: str, message: str, response: CheckedResponse, hint: str = "", at: str = "response.body"
) -> Finding:
    return Finding(broken_law(subject.client, rule, message, at, hint), response)


def compare(
    subject: Subject, rule: str, expected: Sequence[Any], response: CheckedResponse, request: str
) -> Iterator[Finding]:
    """A finding if a page does not hold exactly the expected items, in order and with their values; `request` says it in words."""
    items = response.items(subject.facts)
    if not response.ok:
        message = f"{request} is refused with status {response.status}"
        yield find(subject, "valid-request-refused", message, response)
    elif items is not None and items != list(expected):
        broken, message = describe_difference(subject, rule, expected, items)
        yield find(subject, broken, f"{request}: {message}", response)


def describe_difference(subject: Subject, rule: str, expected: Sequence[Any], items: Sequence[Any]) -> tuple[str, str]:
    """The rule that a difference between two lists breaks, and the difference in words."""
    wanted, found = map(subject.identities, (expected, items))
    missing = [key for key in wanted if key not in set(found)]
    extra = [key for key in found if key not in set(wanted)]
    if missing or extra:
        named = [(keys, word) for keys, word in ((missing, "missing"), (extra, "unexpected")) if keys]
        parts = [f"{len(keys)} {word} ({', '.join(keys[:3])}{', ...' * (len(keys) > 3)})" for keys, word in named]
        return rule, f"{plural(len(items), 'item')}, expected {len(expected)}: {' and '.join(parts)}"
    if wanted != found:
        is_order = sorted(wanted) == sorted(found) and rule != "law-parameter-order"
        return "law-order" if is_order else rule, "the same items in another order"
    key, before, after = next((a, b, c) for a, b, c in zip(wanted, expected, items, strict=True) if b != c)
    is_rewording = rule in ("law-formats-equal", "law-methods-equal")
    return rule if is_rewording else "law-item-consistent", f"item {key} has {_describe_values(before, after)}"


def _describe_values(before: Any, after: Any) -> str:
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return "another value"
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return ", ".join(f"{name} {shown(after.get(name))}, expected {shown(before.get(name))}" for name in names)


def expect(
    subject: Subject,
    rule: str,
    changes: Mapping[str, Change],
    expected: Sequence[Any],
    request: str,
    *,
    number: int = 1,
    size: int = 0,
    way: Mapping[str, str] | None = None,
) -> Iterator[Finding]:
    """Request what should select the expected items within the frozen list; check one page, the first and largest, and the total."""
    size = size or subject.largest_size
    response = subject.page({**subject.frozen, **changes}, number, size, **(way or subject.next_way()))
    found = list(compare(subject, rule, expected[(number - 1) * size : number * size], response, request))
    yield from found
    total = response.total(subject.facts)
    if not found and response.ok and total is not None and total != len(expected):
        broken = "law-total-constant" if rule == "law-page-size-invariant" else rule
        yield find(subject, broken, f"{request}: the total is {total}, expected {len(expected)}", response)


def shown_or_none(value: Any) -> str:
    return "null or missing" if value is None else shown(value)
