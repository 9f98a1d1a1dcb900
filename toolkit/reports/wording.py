"""The sentences that several reports share."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.document.pointers import grouped
from toolkit.reports import coverage
from toolkit.reports.causes import by_severity
from toolkit.reports.findings import Findings, Group
from toolkit.reports.summary import UNCHECKED, Context, Summary
from toolkit.rules import RULES
from toolkit.verdict import few, plural, printable

_OUTSIDE = {"contract": "not examined", "operation": "not compared"}
_UNANSWERED = "without a response"
_NAMED, _FEW, _ALL = 8, 3, 100  # operations in a title, for each of several places, and for the only one


def outside(context: Context, summary: Summary) -> str:
    """What an unmatched exchange or check is, in words."""
    words = _OUTSIDE.get(context.unit, "outside the contract")
    if summary.unanswered:
        return _UNANSWERED if summary.unanswered == summary.unmatched else f"{words} or {_UNANSWERED}"
    return words


def tone(summary: Summary, context: Context) -> str:
    """How the verdict is shown: `error`, `good` only where everything was examined, else `warning`."""
    is_open = summary.interrupted or any(summary.by_rule[rule] for rule in (*UNCHECKED, "change-undecided"))
    is_whole = context.unit != "response" or coverage.is_whole(summary.coverage)
    return "error" if summary.errors else "good" if summary.conforming and is_whole and not is_open else "warning"


def headline(summary: Summary, context: Context) -> str:
    """The verdict of the run in one sentence."""
    return ("Interrupted. So far: " if summary.interrupted else "") + _verdict(summary, context)


def _verdict(summary: Summary, context: Context) -> str:
    contract = context.contract or "the contract"
    if context.unit == "contract":
        return _soundness(summary, contract)
    if context.unit == "operation":
        return _of_versions(summary, contract)
    if not summary.exchanges:
        return f"Nothing was checked: no {context.unit} was found."
    if summary.errors and (summary.violating or summary.beside):
        return f"Does NOT conform: {_broken(summary, context, contract)}."
    if not summary.conforming:
        verb = "is" if summary.unmatched == 1 else "are"
        return f"Nothing was checked: {plural(summary.unmatched, context.unit)} {verb} {outside(context, summary)}."
    verb = "conforms" if summary.conforming == 1 else "conform"
    sound = f"{plural(summary.conforming, context.unit)} {verb} to {contract}"
    if summary.errors or (context.unit == "response" and not coverage.is_whole(summary.coverage)):
        missing = sum(one.outcome != "success" and not one.accepted for one in summary.coverage)
        whole = plural(len(summary.coverage), "operation")
        gap = f"{missing:,} of {whole} had no success" if missing else "checks were left out"
        return f"NOT examined as a whole: {gap}. {sound}."
    if unchecked := [rule for rule in UNCHECKED if summary.by_rule[rule]]:
        return f"NOT examined as a whole ({', '.join(unchecked)}). As far as examined, {sound}."
    return f"Conforms: {sound}."


def _broken(summary: Summary, context: Context, contract: str) -> str:
    verb, whole = "violates" if summary.violating == 1 else "violate", plural(summary.exchanges, context.unit)
    alone = f"{summary.violating:,} of {whole} {verb} {contract}"
    beside = f"laws and probes found {plural(summary.beside, 'error')}"
    if not summary.violating:
        return f"{beside}; none of {whole} violates {contract} by itself"
    return f"{alone}; {beside} in others" if summary.beside else alone


def _soundness(summary: Summary, contract: str) -> str:
    warnings = summary.violations - summary.errors
    more = f"{' and' if summary.errors else ', with'} {plural(warnings, 'warning')}" if warnings else ""
    unread = [rule for rule in UNCHECKED if summary.by_rule[rule]]
    if summary.errors:
        return f"NOT sound: {contract} has {plural(summary.errors, 'error')}{more}."
    if unread:
        return f"NOT sound ({', '.join(unread)}): {contract}{more}."
    return f"Sound: {contract} has no errors{more}."


def _of_versions(summary: Summary, contract: str) -> str:
    compared = f"{plural(summary.exchanges, 'operation')} of {contract}"
    undecided = summary.by_rule["change-undecided"] + summary.by_rule["change-uncompared"]
    left = f" Not decided: {plural(undecided, 'change')}." if undecided else ""
    if summary.errors:
        return f"BREAKING: {plural(summary.errors, 'change')} in {compared}.{left}"
    if undecided:
        return f"NOT decided as a whole: {plural(undecided, 'change')} in {compared}; no other one breaks clients."
    return f"Compatible: nothing breaks clients in {compared}."


def counts(summary: Summary, context: Context) -> Iterator[str]:
    """What was checked, and with which outcome."""
    subject = f" {'from' if context.unit == 'response' else 'in'} {context.subject}" if context.subject else ""
    if context.unit == "contract":
        yield f"{plural(len(summary.operations), 'operation')}, {len(summary.failing):,} with errors"
    elif context.unit == "operation":
        yield f"{plural(summary.exchanges, context.unit)}{subject}"
    else:
        operations = f" of {plural(len(summary.operations), 'operation')}" if summary.operations else ""
        yield f"{plural(summary.exchanges, context.unit)}{operations}{subject}"
        # Of `--strict`, or of what was not answered
        twice = summary.conforming + summary.violating + summary.unmatched - summary.exchanges
        unmatched = f"{summary.unmatched:,} {'of these ' * (0 < twice == summary.unmatched)}{outside(context, summary)}"
        some = f" ({twice:,} of them among the violating)" * (0 < twice < summary.unmatched)
        yield f"{summary.conforming:,} conforming, {summary.violating:,} violating, {unmatched}{some}"
        if summary.beside:
            yield f"{plural(summary.beside, 'error')} found by laws and probes, which no {context.unit} shows alone"
    if summary.requests is not None:
        seed = "" if summary.seed is None else f", seed {summary.seed}"
        yield f"{plural(summary.requests, 'request')} sent{seed}"
    if summary.coverage:
        yield coverage.totals(summary.coverage, recorded=context.unit == "exchange")
        if parts := coverage.parts(summary.coverage):
            yield parts
    if summary.probed:
        named = {(one.operation, one.location, one.parameter) for one in summary.probed}
        wrong = sum(one.wrong for one in summary.probed)
        yield f"{plural(len(summary.probed), 'value')} of {plural(len(named), 'parameter')} tried, {wrong:,} answered wrongly"
    if summary.known:
        noun = "known change" if context.unit == "operation" else "known violation"
        yield f"{plural(summary.known, noun)} accepted by the baseline"


def totals(summary: Summary, context: Context, findings: Findings) -> str:
    """The numbers of errors and warnings in one line, with as many kinds as there are causes, and of each rule's violations."""
    errors, warnings = map(len, by_severity(findings, context).values())
    more = " or more" if findings.omitted else ""
    kinds = f" of {plural(errors, 'kind')}{more}" if errors else ""
    text = f"{plural(summary.errors, 'error')}{kinds}"
    if mild := summary.violations - summary.errors:
        text += f", {plural(mild, 'warning')}" + (f" of {plural(warnings, 'kind')}{more}" if warnings else "")
    rules = ", ".join(f"{rule} {count:,}" for rule, count in summary.by_rule.most_common())
    return f"{text}{f'. By rule: {rules}' if rules else ''}."


def title(group: Group) -> str:
    """`schema-type in DescribeRefreshTasks, 3 times`."""
    names = group.operations
    several = f" in {len(names)} operations ({few(names, _NAMED)})"
    own = few(group.first.operation.split(", "), _NAMED)  # of a finding about many
    operation = several if len(names) > 1 else f" in {own}" if own else ""
    places = f" at {len(group.places)} places" if len(group.places) > max(len(names), 1) else ""
    times = "" if group.count == 1 else f", {group.count:,} times"
    times += f" ({group.mild:,} as a warning)" if group.mild else ""
    return f"{group.first.rule}{operation}{places}{times}"


def without_success(summary: Summary, context: Context) -> list[str]:
    """A line for each operation that a run did not reach with success; of a recording, which need not hold everything, two."""
    if context.unit == "exchange":
        return list(coverage.unseen(summary.coverage))
    return [one.line for one in summary.coverage if one.outcome != "success"]


def unmatched(findings: Findings, summary: Summary, context: Context) -> Iterator[str]:
    """A line, printable, for each of the most frequent reasons for which exchanges were not checked."""
    for reason in findings.why_unmatched()[:_NAMED]:
        yield f"{outside(context, summary)}: {reason.count:,} x {printable(reason.text)} ({printable(reason.source)})"


def remarks(summary: Summary, context: Context) -> Iterator[str]:
    """A line, printable, for each operation without a success, and for each note."""
    yield from (f"without a success: {printable(line)}" for line in without_success(summary, context))
    yield from (f"note: {printable(note)}" for note in summary.notes)


def facts(group: Group) -> list[tuple[str, str]]:
    """Label and text of everything known about a group but its title and message; what is empty is left out."""
    others = [one.partition(": ")[0] for one in group.samples[1:]]  # what was asked there is like the first
    seen = ", ".join([*group.samples[:1], *others]) + (" and more" if group.samples and group.more_sources else "")
    rows = [
        ("also", "; ".join(group.also)),
        ("rule", RULES[group.first.rule].summary),
        *group.first.facts(),
        ("alike", alike_places(group)),
        ("seen in", seen),
    ]
    return [(label, text) for label, text in rows if text]


def alike_places(group: Group) -> str:
    """The places that have the fault, each with its operations; '' for one alone."""
    if len(group.places) < 2:
        return ""
    by_place = grouped((at, operation) for operation, at in group.places)
    most = _FEW if len(by_place) > 1 else _ALL
    each = [f"{at} ({few(names, most)})" for at, names in by_place.items()]
    return f"{few(each, _NAMED)}; look for one cause of all"


def block(group: Group) -> list[str]:
    """A group as lines: its message, then its facts in two columns."""
    return [group.first.message, *(f"{label:<8}  {text}" for label, text in facts(group))]
