"""Laws over several answers of one operation, each a small function over the facts that the contract states.

They are metamorphic relations (Segura et al., IEEE TSE 2018: equivalence, equality, subset, disjoint, complete,
difference): from a reference list, what a changed request must answer follows, whatever the data are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.answers import chosen, law, out_of_order
from toolkit.client import Answer, Change
from toolkit.facts import Filter, dig
from toolkit.json_schema import shown
from toolkit.subject import Subject, range_filters, shifted
from toolkit.violation import Violation


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """A law broken by an answer."""

    violation: Violation
    answer: Answer


Law = Callable[[Subject], Iterator[Finding]]


def find(subject: Subject, rule: str, fact: str, message: str, answer: Answer) -> Finding:
    return Finding(law(subject.client, rule, fact, message), answer)


def compare(subject: Subject, rule: str, fact: str, expected: Sequence[Any], answer: Answer, said: str) -> Iterator[Finding]:
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
        parts = [f"{len(keys)} items {word} ({', '.join(keys[:3])})" for keys, word in ((missing, "are left out"), (extra, "are too many")) if keys]
        return rule, f"{len(items)} items where {len(expected)} are due: {' and '.join(parts)}"
    if wanted != found:
        return "law-order" if sorted(wanted) == sorted(found) and rule != "law-parameter-order" else rule, "the same items in another order"
    key, before, after = next((a, b, c) for a, b, c in zip(wanted, expected, items, strict=True) if b != c)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)] if isinstance(before, dict) and isinstance(after, dict) else []
    told = ", ".join(f"{name} {shown(before.get(name))} and {shown(after.get(name))}" for name in names)
    return "law-item-consistent" if rule not in ("law-formats-equal", "law-methods-equal") else rule, f"the item {key} has {told or 'other values'}"


def expect(subject: Subject, rule: str, fact: str, changes: Mapping[str, Change], expected: Sequence[Any], said: str, **how: str) -> Iterator[Finding]:
    """Ask within the frozen list for what the expected items are due, and judge the first page and the total."""
    answer = subject.page({**subject.frozen, **changes}, 1, subject.most, **how)
    found = list(compare(subject, rule, fact, expected[: subject.most], answer, said))
    yield from found
    total = answer.total(subject.facts)
    if not found and answer.ok and total is not None and total != len(expected):
        yield find(subject, rule, fact, f"{said}: the total is {total} where {len(expected)} items match", answer)


# --- pages


def pages_whole(subject: Subject) -> Iterator[Finding]:
    """The pages together hold every item once, and as many as the total says, which is the same on each."""
    answers = list(subject.walk(subject.frozen))
    seen: dict[str, int] = {}
    totals: dict[int, int] = {}
    last: Any = None
    for number, answer in enumerate(answers, 1):
        total = answer.total(subject.facts)
        if total is not None:
            totals.setdefault(total, number)
        for item in answer.items(subject.facts) or ():
            key = shown(subject.identity(item))
            if key in seen and seen[key] != number:
                yield find(subject, "law-pages-disjoint", "identity", f"{key} stands on page {seen[key]} and on page {number}", answer)
                return
            seen[key] = number
        items = answer.items(subject.facts) or []
        if items and last is not None and subject.facts.order and out_of_order(subject.facts, last, items[0]):
            yield find(subject, "law-order", "order", f"the first item of page {number} belongs before the last of page {number - 1}", answer)
        last = items[-1] if items else last
    if len(totals) > 1:
        told = " and ".join(f"{total} on page {number}" for total, number in totals.items())
        yield find(subject, "law-total-constant", "total", f"the total is {told}", answers[-1])
    elif totals and answers[-1].ok and len(seen) != next(iter(totals)) and next(iter(totals)) <= len(answers) * subject.most:
        yield find(subject, "law-pages-complete", "total", f"{len(seen)} items stand on the pages; the total is {next(iter(totals))}", answers[-1])


def page_sizes(subject: Subject) -> Iterator[Finding]:
    """The same items in the same order, whatever the size of the pages."""
    count = len(subject.reference)
    if not subject.complete or count < 2:
        return
    sizes = [1, 2, 7, subject.most - 1, subject.random.randint(3, max(3, subject.most - 2))]
    for size in dict.fromkeys(size for size in sizes if 0 < size <= subject.most):
        last = -(-count // size)
        for number in sorted({1, 2, min(3, last), last, last + 1}):
            answer = subject.page(subject.frozen, number, size)
            due = subject.reference[(number - 1) * size : number * size]
            yield from compare(subject, "law-page-size-invariant", "order", due, answer, f"page {number} of size {size}")
            total = answer.total(subject.facts)
            if total is not None and total != count:
                yield find(subject, "law-total-constant", "total", f"the total is {total} on page {number} of size {size}, else {count}", answer)


def pages_far(subject: Subject) -> Iterator[Finding]:
    """Pages at the far end of what may be asked for, which single-answer rules judge."""
    pages = subject.facts.pages
    parameter = subject.client.parameter(pages.page) if pages and pages.page else None
    for number in (1000, parameter.schema.get("maximum", 5000) if parameter else 5000):
        answer = subject.page({}, number, subject.most)
        if not answer.ok:
            yield find(subject, "valid-request-refused", "total", f"page {number}, past the end, is refused with status {answer.status}", answer)


# --- the same request in other words


def formats(subject: Subject) -> Iterator[Finding]:
    """One request has the same values in every format."""
    names = list(subject.facts.formats or {})
    for form in names[1:]:
        yield from _same_list(subject, "law-formats-equal", "formats", f"{subject.facts.format_parameter}={form}", form=form)


def methods(subject: Subject) -> Iterator[Finding]:
    """One request has the same values by every equivalent method, the parameters in the query or in the body."""
    for channel in subject.client.channels[1:]:
        for form in subject.facts.formats or [""]:
            yield from _same_list(subject, "law-methods-equal", "methods", f"{channel} for {subject.client.channels[0]}", form=form, channel=channel, most=1)


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
    before, after = subject.client.ask(subject.client.call()), subject.client.ask(subject.client.call(**how))
    if before.ok and (not after.ok or (after.value is not None and _stable(subject, before) != _stable(subject, after))):
        yield find(subject, rule, fact, f"{said}: the answer differs (status {before.status} and {after.status})", after)


def _stable(subject: Subject, answer: Answer) -> Any:
    """The value of an answer without the members that are new each time."""
    value = answer.value
    for where in subject.facts.fresh:
        value = _without(value, where)
    return value


def _without(value: Any, where: Sequence[str]) -> Any:
    if not where or not isinstance(value, dict):
        return value
    rest = {key: item for key, item in value.items() if key != where[0]}
    return {**rest, where[0]: _without(value[where[0]], where[1:])} if len(where) > 1 and where[0] in value else rest


def defaults(subject: Subject) -> Iterator[Finding]:
    """An absent parameter acts as its default does."""
    for parameter in subject.client.operation.parameters:
        default = parameter.schema.get("default")
        if default is None or parameter.required or isinstance(default, (dict, list)):
            continue
        how: dict[str, Any] = {"form": None} if parameter.name == subject.facts.format_parameter else {}
        text = str(default).lower() if isinstance(default, bool) else str(default)
        explicit = subject.client.ask(subject.client.call({**subject.frozen, parameter.name: text}, **how))
        absent = subject.client.ask(subject.client.call({**subject.frozen, parameter.name: None}, **how))
        if explicit.ok and (not absent.ok or _stable(subject, explicit) != _stable(subject, absent) or explicit.kind != absent.kind):
            message = f"without {parameter.name} the answer is not that of {parameter.name}={text}, the default"
            yield find(subject, "law-default", "echo", message, absent)


def repeated(subject: Subject) -> Iterator[Finding]:
    """The same request, repeated, has the same answer. Data move on, so only what comes back after a change is a fault."""
    for changes in ({}, subject.frozen):
        call = subject.client.call(changes)
        answers = [subject.client.ask(call, fresh=True) for _ in range(4)]
        values = [shown_whole(_stable(subject, answer)) for answer in answers if answer.ok]
        shuffled = len({shown_sorted(subject, answer) for answer in answers if answer.ok}) == 1 and len(set(values)) > 1
        if shuffled or any(values[i] == values[k] != values[j] for i in range(len(values)) for j in range(i, len(values)) for k in range(j, len(values))):
            yield find(subject, "law-repeatable", "order", "one request, repeated, has different answers in turn", answers[-1])
            return


def shown_whole(value: Any) -> str:
    from json import dumps

    return dumps(value, sort_keys=True, default=str)


def shown_sorted(subject: Subject, answer: Answer) -> str:
    return shown_whole(sorted(shown_whole(item) for item in answer.items(subject.facts) or ()))


def parameter_order(subject: Subject) -> Iterator[Finding]:
    """The order of the parameters means nothing."""
    call = subject.client.call({**subject.frozen})
    before = subject.client.ask(call)
    shuffled = list(call.pairs)
    subject.random.shuffle(shuffled)
    for pairs in (tuple(reversed(call.pairs)), tuple(shuffled)):
        after = subject.client.ask(type(call)(pairs, call.channel))
        if before.ok and (not after.ok or _stable(subject, before) != _stable(subject, after)):
            yield find(subject, "law-parameter-order", "errors", "the parameters in another order change the answer", after)


def unknown_parameters(subject: Subject) -> Iterator[Finding]:
    """Parameters that the contract does not know change nothing, those that differ from known ones in case included."""
    if subject.facts.unknown_parameters != "ignored":
        return
    names = [p.name for p in subject.client.operation.parameters if p.location == "query" and p.name not in subject.client.base]
    twisted = {name.swapcase(): text for name in names for text in subject.known.get(name, ["1"])[:1] if name.swapcase() != name}
    pages = subject.facts.pages
    lower = {name.lower(): "1" for name in (pages.limit, pages.page) if name} if pages else {}
    before = subject.client.ask(subject.client.call(subject.frozen))
    for extra in ({"NoSuchParameter": "1"}, lower, *({name: text} for name, text in twisted.items())):
        after = subject.client.ask(subject.client.call({**subject.frozen, **extra}))
        if before.ok and (not after.ok or _stable(subject, before) != _stable(subject, after)):
            name = next(iter(extra))
            yield find(subject, "law-unknown-ignored", "unknown-parameters", f"{name}={extra[name]} changes the answer", after)


# --- filters


def filters(subject: Subject) -> Iterator[Finding]:
    """Each filter chooses exactly the items of the unfiltered list that fit it."""
    for rule in _free_filters(subject, "equal"):
        values = list(dict.fromkeys(str(dig(item, rule.item)) for item in subject.reference if dig(item, rule.item) is not None))
        texts = [text for text in values if _is_valid(subject, rule.parameter, text)]
        yield from _each_chosen(subject, rule, _telling(subject, texts))


def filters_near(subject: Subject) -> Iterator[Finding]:
    """A filter matches exactly: not a part of a value, not another case, no wildcard, no white space around it."""
    for rule in _free_filters(subject, "equal"):
        values = [str(dig(item, rule.item)) for item in subject.reference if dig(item, rule.item)]
        near = [text for value in _telling(subject, list(dict.fromkeys(values)))[:3] for text in _near(value)]
        texts = [text for text in dict.fromkeys(near) if _is_valid(subject, rule.parameter, text)]
        yield from _each_chosen(subject, rule, texts[:14])


def _near(value: str) -> list[str]:
    middle = len(value) // 2
    return [
        value[:-1], value + "0", "0" + value, value.swapcase(), value.lower(), value.upper(), value + "/", value[1:], value + " ", " " + value,
        value[:middle], "%", value[:middle] + "%", value[:middle] + "_" + value[middle + 1 :], "*", value[:middle] + "*", value.rpartition("/")[0] + "/", value.rstrip("/"),
    ]  # fmt: skip


def _each_chosen(subject: Subject, rule: Filter, texts: Sequence[str]) -> Iterator[Finding]:
    for text in texts:
        due = [item for item in subject.reference if chosen(rule, text, item)]
        yield from expect(subject, "law-filter-exact", "filters", {rule.parameter: text}, due, f"{rule.parameter}={shown(text)}")


def _free_filters(subject: Subject, *relations: str) -> list[Filter]:
    """The filters that may be set at will within the frozen list, where that list is whole."""
    if not subject.complete or not subject.reference:
        return []
    return [rule for rule in subject.facts.filters if rule.relation in relations and rule.parameter not in subject.client.base]


def _is_valid(subject: Subject, name: str, text: str) -> bool:
    parameter = subject.client.parameter(name)
    return parameter is not None and not list(subject.client.validator.check_parameter(parameter, [text]))


def _telling(subject: Subject, texts: list[str]) -> list[str]:
    """A few of many values: the first and the last, the empty one, those with special characters, some by chance."""
    if len(texts) <= 5:
        return texts
    special = sorted((text for text in texts if text), key=lambda text: -sum(not char.isalnum() or ord(char) > 127 for char in text))[:2]
    picked = [*(text for text in texts if not text), texts[0], texts[-1], *special, *subject.random.sample(texts, 2)]
    return list(dict.fromkeys(picked))


def ranges(subject: Subject) -> Iterator[Finding]:
    """A range holds both of its ends, and nothing outside of them."""
    low, high = range_filters(subject.facts)
    if not (low and high and subject.complete and subject.frozen):
        return
    values = sorted({str(dig(item, low.item)) for item in subject.reference})
    if len(values) < 3:
        return
    first, middle, last = values[0], values[len(values) // 2], values[-1]
    third = values[len(values) // 3]
    pairs = [(middle, last), (first, middle), (third, middle), (middle, middle), (shifted(middle, 1), last), (first, shifted(middle, -1))]
    for start, end in pairs:
        if start and end and start <= end:
            yield from _range(subject, low, high, start, end)


def _range(subject: Subject, low: Filter, high: Filter, start: str, end: str) -> Iterator[Finding]:
    due = [item for item in subject.reference if chosen(low, start, item) and chosen(high, end, item)]
    said = f"{low.parameter}={start} and {high.parameter}={end}"
    yield from expect(subject, "law-filter-exact", "filters", {low.parameter: start, high.parameter: end}, due, said)


def ranges_open(subject: Subject) -> Iterator[Finding]:
    """A range with one end only; one that lies in the future or before the window is empty."""
    low, high = range_filters(subject.facts)
    if not (low and high and subject.complete and len(subject.reference) > 2):
        return
    values = sorted({str(dig(item, low.item)) for item in subject.reference})
    middle = values[len(values) // 2]
    begin, end = subject.frozen.get(low.parameter), subject.frozen.get(high.parameter)
    one_sided = [({low.parameter: middle, high.parameter: end}, low, middle), ({low.parameter: begin, high.parameter: middle}, high, middle)]
    for changes, rule, text in one_sided:
        due = [item for item in subject.reference if chosen(rule, text, item)]
        yield from expect(subject, "law-filter-exact", "filters", changes, due, f"{rule.parameter}={text}")
    future, past = shifted(values[-1], 10 * 86400), shifted(values[0], -400 * 86400)
    if subject.facts.window and future and past:
        yield from expect(subject, "law-filter-exact", "filters", {low.parameter: future, high.parameter: None}, [], f"{low.parameter}={future}")
        yield from expect(subject, "law-window", "window", {low.parameter: None, high.parameter: past}, [], f"{high.parameter}={past}")


def filters_alone(subject: Subject) -> Iterator[Finding]:
    """One end of a range alone chooses what both would, the other end being out of reach."""
    low, high = range_filters(subject.facts)
    if not (low and high and subject.frozen):
        return
    start, end = subject.frozen[low.parameter], subject.frozen[high.parameter]
    answer = subject.page({low.parameter: start}, 1, subject.most)
    items, total = answer.items(subject.facts), answer.total(subject.facts)
    if answer.ok and items is not None and total is not None and total < len(subject.reference):
        yield find(subject, "law-filter-exact", "filters", f"{low.parameter}={start} alone gives {total} items, with {high.parameter}={end} {len(subject.reference)}", answer)
    values = sorted({str(dig(item, low.item)) for item in subject.reference})
    middle = values[len(values) // 2] if values else end
    both = len([item for item in subject.reference if chosen(high, middle, item)])
    answer = subject.page({high.parameter: middle}, 1, subject.most)
    total = answer.total(subject.facts)
    if answer.ok and total is not None and total < both:
        yield find(subject, "law-filter-exact", "filters", f"{high.parameter}={middle} alone gives {total} items, with {low.parameter} {both}", answer)


def filters_joined(subject: Subject) -> Iterator[Finding]:
    """Filters together choose what each of them chooses: a subset of the one and of the other."""
    rules = _free_filters(subject, "equal", "at-least", "at-most")
    for index, left in enumerate(rules):
        for right in rules[index + 1 :]:
            if left.item != right.item:
                yield from _joined(subject, left, right)


def _joined(subject: Subject, left: Filter, right: Filter) -> Iterator[Finding]:
    for texts in _combinations(subject, left, right):
        due = [item for item in subject.reference if all(chosen(rule, text, item) for rule, text in zip((left, right), texts, strict=True))]
        changes = {left.parameter: texts[0], right.parameter: texts[1]}
        if not _contradicts(subject, changes):
            said = " and ".join(f"{name}={shown(text)}" for name, text in changes.items())
            yield from expect(subject, "law-filters-and", "filters", changes, due, said)


def _contradicts(subject: Subject, changes: Mapping[str, str]) -> bool:
    low, high = range_filters(subject.facts)
    texts = {**subject.frozen, **changes}
    return bool(low and high and texts.get(low.parameter, "") > texts.get(high.parameter, "~"))


def _combinations(subject: Subject, left: Filter, right: Filter) -> Iterator[tuple[str, str]]:
    """Values of one item, and values of two items that no item has together."""
    usable = [
        (str(dig(item, left.item)), str(dig(item, right.item)))
        for item in subject.reference
        if dig(item, left.item) is not None and dig(item, right.item) is not None
        and _is_valid(subject, left.parameter, str(dig(item, left.item))) and _is_valid(subject, right.parameter, str(dig(item, right.item)))
    ]  # fmt: skip
    if not usable:
        return
    rng = subject.random
    one = rng.choice(usable)
    yield one
    apart = [(one[0], other[1]) for other in usable if (one[0], other[1]) not in set(usable)]
    if apart:
        yield rng.choice(apart)


def window(subject: Subject) -> Iterator[Finding]:
    """Whatever the range asks for, items from before the window are neither returned nor counted."""
    if not subject.facts.window or not subject.facts.pages:
        return
    low, _ = range_filters(subject.facts)
    for days in (4, 30, 3650) if low else ():
        start = shifted(_now(), -days * 86400)
        answers = list(subject.walk({low.parameter: start} if low and start else {}))
        seen = sum(len(answer.items(subject.facts) or ()) for answer in answers)
        total = answers[-1].total(subject.facts)
        plain = subject.page({}, 1, subject.most).total(subject.facts)
        if answers[-1].ok and total is not None and plain is not None and total > plain:
            message = f"with {low.parameter if low else ''}={start} the total is {total}, without it {plain}"
            yield find(subject, "law-window", "window", message, answers[-1])
        elif answers[-1].ok and total is not None and seen < total <= len(answers) * subject.most:
            yield find(subject, "law-window", "window", f"{seen} items are returned and {total} counted", answers[-1])


def _now() -> str:
    from datetime import UTC, datetime

    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def whole(subject: Subject) -> Iterator[Finding]:
    """The list that is not frozen holds at least the frozen one: without a range nothing else is chosen."""
    if not (subject.frozen and subject.reference):
        return
    plain = subject.page({}, 1, subject.most)
    total = plain.total(subject.facts)
    if plain.ok and total is not None and total < len(subject.reference):
        yield find(subject, "law-pages-complete", "total", f"the total is {total} without a range and {len(subject.reference)} within one", plain)
    items = {shown(subject.identity(item)): item for item in plain.items(subject.facts) or ()}
    for item in subject.reference[: subject.most]:
        known = items.get(shown(subject.identity(item)), item)
        if known != item:
            told, message = difference(subject, "law-item-consistent", [item], [known])
            yield find(subject, told, "identity", f"in two lists, {message}", plain)
            return


LAWS: tuple[Law, ...] = (
    pages_whole, formats, methods, defaults, filters, ranges, filters_joined, page_sizes, window, unknown_parameters,
    ranges_open, filters_alone, repeated, parameter_order, filters_near, pages_far, whole,
)  # fmt: skip
LIST_LAWS = frozenset({pages_whole, page_sizes, pages_far, filters, filters_near, filters_joined, filters_alone, ranges, ranges_open, window, whole})
