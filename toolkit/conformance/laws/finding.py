"""How a law tells what it found: a page compared with the items that are due on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.client.client import Answer, Change
from toolkit.conformance.laws.one_response import law
from toolkit.conformance.subject import Subject
from toolkit.schema.judge import shown
from toolkit.verdict import Violation


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """A law broken by an answer."""

    violation: Violation
    answer: Answer


Law = Callable[[Subject], Iterator[Finding]]


def find(subject: Subject, rule: str, fact: str, message: str, answer: Answer) -> Finding:
    return Finding(law(subject.client, rule, fact, message), answer)


def compare(
    subject: Subject, rule: str, fact: str, expected: Sequence[Any], answer: Answer, said: str
) -> Iterator[Finding]:
    """A finding where a page does not hold exactly the items expected, in their order and with their values."""
    items = answer.items(subject.facts)
    if not answer.ok:
        yield find(subject, "valid-request-refused", fact, f"{said} is refused with status {answer.status}", answer)
    elif items is not None and items != list(expected):
        told, message = difference(subject, rule, expected, items)
        yield find(subject, told, fact, f"{said}: {message}", answer)


def difference(subject: Subject, rule: str, expected: Sequence[Any], items: Sequence[Any]) -> tuple[str, str]:
    """How two lists differ, in words, and the rule that this breaks."""
    wanted, found = ([shown(subject.identity(item)) for item in some] for some in (expected, items))
    extra = [key for key in found if key not in set(wanted)]
    missing = [key for key in wanted if key not in set(found)]
    if extra or missing:
        parts = [
            f"{len(keys)} items {word} ({', '.join(keys[:3])})"
            for keys, word in ((missing, "are left out"), (extra, "are too many"))
            if keys
        ]
        return rule, f"{len(items)} items where {len(expected)} are due: {' and '.join(parts)}"
    if wanted != found:
        return "law-order" if sorted(wanted) == sorted(
            found
        ) and rule != "law-parameter-order" else rule, "the same items in another order"
    key, before, after = next((a, b, c) for a, b, c in zip(wanted, expected, items, strict=True) if b != c)
    names = (
        [name for name in {**before, **after} if before.get(name) != after.get(name)]
        if isinstance(before, dict) and isinstance(after, dict)
        else []
    )
    told = ", ".join(f"{name} {shown(before.get(name))} and {shown(after.get(name))}" for name in names)
    return "law-item-consistent" if rule not in (
        "law-formats-equal",
        "law-methods-equal",
    ) else rule, f"the item {key} has {told or 'other values'}"


def expect(
    subject: Subject,
    rule: str,
    fact: str,
    changes: Mapping[str, Change],
    expected: Sequence[Any],
    said: str,
    *,
    number: int = 1,
    size: int = 0,
    way: Mapping[str, str] | None = None,
) -> Iterator[Finding]:
    """Ask within the frozen list for what the expected items are due, and judge one page (the first, of the largest size)
    and the total."""
    size = size or subject.most
    answer = subject.page({**subject.frozen, **changes}, number, size, **(way or subject.next_way()))
    found = list(compare(subject, rule, fact, expected[(number - 1) * size : number * size], answer, said))
    yield from found
    total = answer.total(subject.facts)
    if not found and answer.ok and total is not None and total != len(expected):
        told = "law-total-constant" if rule == "law-page-size-invariant" else rule
        yield find(subject, told, fact, f"{said}: the total is {total} where {len(expected)} items match", answer)
