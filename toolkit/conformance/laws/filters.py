"""Laws of filters: each chooses exactly what fits it, together they choose what each of them does (subset, difference)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from unicodedata import normalize
from urllib.parse import unquote

from toolkit.client.client import Answer
from toolkit.conformance.laws.finding import Finding, expect, find
from toolkit.conformance.laws.one_response import chosen, magnitude, out_of_order
from toolkit.conformance.subject import Subject, range_filters, shifted
from toolkit.contract.promises import Filter, dig
from toolkit.schema.judge import shown
from toolkit.schema.moments import write_moment
from toolkit.wire.parameters import write_scalar


def filters(subject: Subject) -> Iterator[Finding]:
    """Each filter chooses exactly the items of the unfiltered list that fit it."""
    for rule in free_filters(subject, "equal"):
        texts = [text for text in _values(subject, rule) if is_valid(subject, rule.parameter, text)]
        yield from _each_chosen(subject, rule, _few(subject, texts))


def filters_near(subject: Subject) -> Iterator[Finding]:
    """A filter matches exactly: not a part of a value, not another case, no wildcard, no white space around it."""
    for rule in free_filters(subject, "equal"):
        values = sorted(set(filter(None, texts_of(subject, rule))), key=lambda text: (-len(text), text))
        columns = zip(*map(_near, values), strict=True)
        first = (next((text for text in column if _is_new(subject, rule, values, text)), None) for column in columns)
        yield from _each_chosen(subject, rule, list(dict.fromkeys(text for text in first if text is not None)))


def _is_new(subject: Subject, rule: Filter, values: Sequence[str], text: str) -> bool:
    return text not in values and is_valid(subject, rule.parameter, text)


def _near(value: str) -> list[str]:
    middle = len(value) // 2
    return [
        value[:middle] + _percent_encoded(value[middle]) + value[middle + 1 :], value[:-1] + chr(ord(value[-1]) ^ 1), value.replace("//", "/"),
        unquote(value), value.replace("+", " "), normalize("NFD", value), normalize("NFKC", value),
        value[:-1], value + "0", "0" + value, value.swapcase(), value.lower(), value.upper(), value + "/", value[1:], value + " ", " " + value,
        value[:middle], "%", value[:middle] + "%", value[:middle] + "_" + value[middle + 1 :], "*", value[:middle] + "*",
        value.rpartition("/")[0] + "/", value.rstrip("/"),
    ]  # fmt: skip


def _percent_encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


def _each_chosen(subject: Subject, rule: Filter, texts: Sequence[str]) -> Iterator[Finding]:
    for text in texts:
        due = [item for item in subject.reference if chosen(rule, text, item)]
        yield from expect(
            subject, "law-filter-exact", "filters", {rule.parameter: text}, due, f"{rule.parameter}={shown(text)}"
        )


def free_filters(subject: Subject, *relations: str) -> list[Filter]:
    """The filters that may be set at will within the frozen list, where that list is whole."""
    if not subject.complete or not subject.reference:
        return []
    return [
        rule
        for rule in subject.facts.filters
        if rule.relation in relations and rule.parameter not in subject.client.base
    ]


def is_valid(subject: Subject, name: str, text: str) -> bool:
    parameter = subject.client.parameter(name)
    return parameter is not None and not list(subject.client.validator.check_parameter(parameter, [text]))


def telling(subject: Subject, texts: list[str]) -> list[str]:
    """A few of many values and those with special characters: such as look encoded, such as are no ASCII."""
    if len(texts) <= 5:
        return texts
    marked = (next((text for text in texts if char in text), "") for char in "+% é&<?'")
    odd = (
        next((text for text in texts if test(text)), "") for test in (lambda text: unquote(text) != text, _is_foreign)
    )
    return list(dict.fromkeys([*_few(subject, texts), *filter(None, (*marked, *odd))]))


def _is_foreign(text: str) -> bool:
    return not text.isascii()


def _few(subject: Subject, texts: list[str]) -> list[str]:
    """The empty one, the first and the last, some by chance."""
    if len(texts) <= 5:
        return texts
    return list(
        dict.fromkeys([*(text for text in texts if not text), texts[0], texts[-1], *subject.random.sample(texts, 2)])
    )


def texts_of(subject: Subject, rule: Filter) -> list[str]:
    """The values of all items where a filter looks, as texts."""
    found = [dig(item, rule.item) for item in subject.reference]
    return [write_scalar(value) for value in found if value is not None]


def most_common(subject: Subject, rule: Filter) -> list[str]:
    """The text that chooses the most items; none where no text may be asked for."""
    texts = [text for text in texts_of(subject, rule) if is_valid(subject, rule.parameter, text)]
    return [text for text, _ in Counter(texts).most_common(1)]


def ranges(subject: Subject) -> Iterator[Finding]:
    """A range holds both of its ends, and nothing outside of them."""
    low, high = range_filters(subject.facts)
    if not (low and high and subject.complete and subject.frozen):
        return
    values = _values(subject, low)
    if len(values) < 3:
        return
    first, middle, last = values[0], values[len(values) // 2], values[-1]
    third = values[len(values) // 3]
    pairs = [
        (middle, last),
        (first, middle),
        (third, middle),
        (middle, middle),
        (shifted(middle, 1), last),
        (first, shifted(middle, -1)),
    ]
    for start, end in pairs:
        if start and end and magnitude(start) <= magnitude(end):
            yield from _range(subject, low, high, start, end)


def _values(subject: Subject, rule: Filter) -> list[str]:
    """The values that the items have where a filter looks, each once, in their order, as texts."""
    return sorted(set(texts_of(subject, rule)), key=magnitude)


def _range(subject: Subject, low: Filter, high: Filter, start: str, end: str) -> Iterator[Finding]:
    due = [item for item in subject.reference if chosen(low, start, item) and chosen(high, end, item)]
    said = f"{low.parameter}={start} and {high.parameter}={end}"
    yield from expect(subject, "law-filter-exact", "filters", {low.parameter: start, high.parameter: end}, due, said)


def ranges_open(subject: Subject) -> Iterator[Finding]:
    """A range with one end only; one that lies in the future or before the window is empty."""
    low, high = range_filters(subject.facts)
    if not (low and high and subject.complete and len(subject.reference) > 2):
        return
    values = _values(subject, low)
    middle = values[len(values) // 2]
    begin, end = subject.frozen.get(low.parameter), subject.frozen.get(high.parameter)
    one_sided = [
        ({low.parameter: middle, high.parameter: end}, low, middle),
        ({low.parameter: begin, high.parameter: middle}, high, middle),
    ]
    for changes, rule, text in one_sided:
        due = [item for item in subject.reference if chosen(rule, text, item)]
        yield from expect(subject, "law-filter-exact", "filters", changes, due, f"{rule.parameter}={text}")
    future, past = shifted(values[-1], 10 * 86400), shifted(values[0], -400 * 86400)
    if subject.facts.window and future and past:
        yield from expect(
            subject,
            "law-filter-exact",
            "filters",
            {low.parameter: future, high.parameter: None},
            [],
            f"{low.parameter}={future}",
        )
        yield from expect(
            subject, "law-window", "window", {low.parameter: None, high.parameter: past}, [], f"{high.parameter}={past}"
        )


def filters_alone(subject: Subject) -> Iterator[Finding]:
    """One end of a range alone chooses what both would, the other end being out of reach."""
    low, high = range_filters(subject.facts)
    if not (low and high and subject.frozen):
        return
    start, end = subject.frozen[low.parameter], subject.frozen[high.parameter]
    answer = subject.page({low.parameter: start}, 1, subject.most)
    items, total = answer.items(subject.facts), answer.total(subject.facts)
    if answer.ok and items is not None and total is not None and total < len(subject.reference):
        yield find(
            subject,
            "law-filter-exact",
            "filters",
            f"{low.parameter}={start} alone gives {total} items, with {high.parameter}={end} {len(subject.reference)}",
            answer,
        )
    values = _values(subject, low)
    middle = values[len(values) // 2] if values else end
    both = len([item for item in subject.reference if chosen(high, middle, item)])
    answer = subject.page({high.parameter: middle}, 1, subject.most)
    total = answer.total(subject.facts)
    if answer.ok and total is not None and total < both:
        yield find(
            subject,
            "law-filter-exact",
            "filters",
            f"{high.parameter}={middle} alone gives {total} items, with {low.parameter} {both}",
            answer,
        )


def filters_joined(subject: Subject) -> Iterator[Finding]:
    """Filters together choose what each of them chooses: a subset of the one and of the other."""
    rules = free_filters(subject, "equal", "at-least", "at-most")
    for index, left in enumerate(rules):
        for right in rules[index + 1 :]:
            if left.item != right.item:
                yield from _joined(subject, left, right)


def _joined(subject: Subject, left: Filter, right: Filter) -> Iterator[Finding]:
    for texts in _combinations(subject, left, right):
        due = [
            item
            for item in subject.reference
            if all(chosen(rule, text, item) for rule, text in zip((left, right), texts, strict=True))
        ]
        changes = {left.parameter: texts[0], right.parameter: texts[1]}
        if not _contradicts(subject, changes):
            said = " and ".join(f"{name}={shown(text)}" for name, text in changes.items())
            yield from expect(subject, "law-filters-and", "filters", changes, due, said)


def _contradicts(subject: Subject, changes: Mapping[str, str]) -> bool:
    low, high = range_filters(subject.facts)
    texts = {**subject.frozen, **changes}
    ends = [texts.get(rule.parameter) for rule in (low, high) if rule]
    return all(ends) and len(ends) == 2 and magnitude(ends[0]) > magnitude(ends[1])


def _combinations(subject: Subject, left: Filter, right: Filter) -> Iterator[tuple[str, str]]:
    """Values of one item, and values of two items that no item has together."""
    rules = (left, right)
    pairs = [tuple(dig(item, rule.item) for rule in rules) for item in subject.reference]
    written = [(write_scalar(one), write_scalar(two)) for one, two in pairs if one is not None and two is not None]
    usable = [
        texts
        for texts in written
        if all(is_valid(subject, rule.parameter, text) for rule, text in zip(rules, texts, strict=True))
    ]
    if not usable:
        return
    rng = subject.random
    one = rng.choice(usable)
    yield one
    apart = [(one[0], other[1]) for other in usable if not _meet(subject, rules, (one[0], other[1]))]
    yield from [rng.choice(apart)] * 2 if apart else []  # in two ways


def _meet(subject: Subject, rules: tuple[Filter, Filter], texts: tuple[str, str]) -> bool:
    """Whether any item of the reference list fits both texts."""
    return any(all(map(chosen, rules, texts, (item, item))) for item in subject.reference)


def window(subject: Subject) -> Iterator[Finding]:
    """Whatever the range asks for, items from before the window are neither returned nor counted."""
    low, high = range_filters(subject.facts)
    if not (subject.facts.window and subject.facts.pages and low and high):
        return
    end = {high.parameter: subject.frozen[high.parameter]} if subject.frozen else {}
    for days, limits in ((4, end), (30, {}), (3650, end)):
        start = shifted(_now(), -days * 86400) or ""
        before = subject.page(limits, 1, subject.most).total(subject.facts)
        answers = list(subject.walk({low.parameter: start, **limits}))
        after = subject.client.ask(subject.page(limits, 1, subject.most).call, fresh=True).total(subject.facts)
        total, seen = (
            answers[-1].total(subject.facts),
            sum(len(answer.items(subject.facts) or ()) for answer in answers),
        )
        if total is None or before is None or after is None:
            return
        if total > max(before, after):
            message = f"with {low.parameter}={start} the total is {total}, without it {before}"
            yield find(subject, "law-window", "window", message, answers[-1])
        elif seen < total <= len(answers) * subject.most:
            yield find(subject, "law-window", "window", f"{seen} items are returned and {total} counted", answers[-1])


def window_filtered(subject: Subject) -> Iterator[Finding]:
    """A filter does not open the window: the last page of what each chooses without a range, which single-answer rules judge."""
    if not subject.facts.window:
        return
    for rule in free_filters(subject, "equal"):
        known = [text for text in subject.known.get(rule.parameter, ()) if is_valid(subject, rule.parameter, text)]
        for text in dict.fromkeys([*most_common(subject, rule), *known[:2]]):
            changes = {rule.parameter: text}
            total = subject.page(changes, 1, subject.most, **subject.next_way()).total(subject.facts) or 0
            due = sum(chosen(rule, text, item) for item in subject.reference)
            answer = subject.page(changes, max(1, -(-total // subject.most)), subject.most)
            more = _behind_the_end(subject, answer)
            if answer.ok and total < due:
                message = f"{rule.parameter}={text} gives {total} items, {due} within a range"
                yield find(subject, "law-filter-exact", "filters", message, answer)
            elif more:
                message = (
                    f"{rule.parameter}={shown(text)} gives {more[0]}, which is older than all that is there without it"
                )
                yield find(subject, "law-window", "window", message, answer)


def _behind_the_end(subject: Subject, answer: Answer) -> list[str]:
    """The items of a filtered page that belong behind the last one of the whole list; none where that is not known."""
    pages = list(subject.walk({}))
    items = [item for page in pages for item in page.items(subject.facts) or ()]
    if not (items and subject.facts.order and pages[-1].total(subject.facts) == len(items)):
        return []
    keys = {shown(subject.identity(item)) for item in items}
    others = [item for item in answer.items(subject.facts) or () if shown(subject.identity(item)) not in keys]
    return [shown(subject.identity(item)) for item in others if not out_of_order(subject.facts, items[-1], item)]


def _now() -> str:
    return write_moment(datetime.now(UTC))
