"""For people: the verdict, what was counts, each kind of violation once, and what was not checked."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from textwrap import wrap
from typing import TextIO

from toolkit.reports.causes import by_severity
from toolkit.reports.findings import Findings, Group, at_end, by_rule
from toolkit.reports.summary import Context, Summary
from toolkit.reports.wording import block, counts, headline, outside, title, tone, totals, without_success
from toolkit.rules import RULES, Severity
from toolkit.verdict import ContractPlace, clip, plural, printable, unobeyed

_SHOWN = {Severity.ERROR: 50, Severity.WARNING: 20}
_REASONS = 10
_LINE = 500
_COLOURS = {"error": "31;1", "warning": "33;1", "good": "32;1", "heading": "1"}


@at_end
def open_report(stream: TextIO, context: Context, findings: Findings, summary: Summary) -> None:
    """Write plain text; on a terminal in its width, and coloured unless NO_COLOR is set (no-color.org)."""
    coloured = stream.isatty() and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if stream.isatty() else 0
    for style, text in _lines(context, findings, summary):
        line = _fitted(unobeyed(printable(text)), width)
        painted = f"\x1b[{_COLOURS[style]}m{line}\x1b[0m" if coloured and style else line
        stream.write(painted + "\n")


def _fitted(line: str, width: int) -> str:
    """A line broken between words, where its text begins; a command is left whole, to be copied."""
    if not 40 <= width < len(line) or line.startswith("  repeat"):
        return line
    indent = " " * len(re.match(r" *(?:[a-z]+(?: in)? {2,}|[A-Z][a-z]+: +)?", line)[0])  # type: ignore[index]
    return "\n".join(wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False))


def _lines(context: Context, findings: Findings, summary: Summary) -> Iterator[tuple[str, str]]:
    style = tone(summary, context)
    yield style, headline(summary, context)
    yield "", ""
    for number, text in enumerate(counts(summary, context)):
        yield "", f"{'Checked:' if number == 0 else '':<9}{text}"
    errors, warnings = by_severity(findings, context).values()
    yield from _groups(Severity.ERROR, errors)
    yield from _groups(Severity.WARNING, warnings) if summary.errors or context.verbose else _counted(warnings, context)
    if findings.omitted:
        yield from _apart("", f"and {plural(findings.omitted, 'violation')} of other kinds")
    yield from _unmatched(context, findings, summary)
    yield from _listed("Operations without a success:", without_success(summary, context))
    yield from _listed("Notes:", summary.notes)
    if summary.violations:
        yield from _apart(style, totals(summary, context, findings))


def _apart(style: str, text: str) -> Iterator[tuple[str, str]]:
    """A line with an empty one before it."""
    yield "", ""
    yield style, text


def _listed(heading: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    if lines:
        yield from _apart("heading", heading)
    yield from (("", f"  {clip(line, _LINE)}") for line in lines)


def _groups(severity: Severity, groups: list[Group]) -> Iterator[tuple[str, str]]:
    shown = _SHOWN[severity]
    for number, group in enumerate(groups[:shown], start=1):
        yield from _apart(severity.value, f"{severity.value.upper()} {number}: {title(group)}")
        for line in block(group):
            # A command that was cut would not run.
            yield "", "  " + (line if line.startswith("repeat") else clip(line, _LINE))
    if len(groups) > shown:
        rest = plural(len(groups) - shown, "more kind")
        yield from _apart("", f"and {rest} of {severity.value}; the json report lists them all")


def _counted(groups: list[Group], context: Context) -> Iterator[tuple[str, str]]:
    """The warnings of a run without errors, by rule: how many there are, and the first."""
    for rule, found in by_rule(groups).items():
        count, kinds = sum(group.count for group in found), plural(len(found), "kind")
        noun = "WARNING" if count == 1 else "WARNINGS"
        yield from _apart("warning", f"{count:,} {noun} of {kinds}: {rule}. {RULES[rule].summary}")
        first = found[0].first
        place = ContractPlace.parse(first.contract).shown if context.unit == "contract" else first.operation
        where = f" ({place})" if place else ""
        yield "", f"  {'for example ' if count > 1 else ''}{clip(first.message, _LINE)}{where}"
    if groups:
        yield from _apart("", "--verbose shows each kind of warning, with its place and what to do.")


def _unmatched(context: Context, findings: Findings, summary: Summary) -> Iterator[tuple[str, str]]:
    reasons = findings.why_unmatched()
    if not reasons:
        return
    verb = "is" if summary.unmatched == 1 else "are"
    yield from _apart("heading", f"{plural(summary.unmatched, context.unit)} {verb} {outside(context, summary)}:")
    for reason in reasons[:_REASONS]:
        source = f" ({'first: ' if reason.count > 1 else ''}{reason.source})" if reason.source else ""
        yield "", f"  {reason.count:,} x {clip(reason.text, _LINE)}{source}"
    rest = sum(reason.count for reason in reasons[_REASONS:]) + findings.omitted_reasons
    if rest:
        yield "", f"  and {rest:,} for other reasons"
