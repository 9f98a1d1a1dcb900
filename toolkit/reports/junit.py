"""JUnit XML: one test case for each response of a live service, or for each operation of a recording.

Only elements and attributes that both common schemas allow: the one of Ant (windyroad) and Jenkins' junit-10.xsd.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from html import escape
from typing import TextIO

from toolkit.reports.findings import Findings, clip
from toolkit.reports.summary import Context, Report, Summary
from toolkit.reports.wording import block, counts, headline, outside, title, without_success
from toolkit.rules import Severity
from toolkit.verdict import Verdict, printable

CASES = 10_000
_GROUPS = 100
_NAME = 500

Cases = dict[tuple[str, str], Findings]


def open_report(stream: TextIO, context: Context) -> Report:
    cases: Cases = {}
    warnings = Findings()
    started, clock = time.gmtime(), time.monotonic()

    def case(verdict: Verdict) -> Findings:
        name = _name(verdict, context)
        chosen = name if name in cases or len(cases) < CASES else ("contract", "all others")
        return cases.setdefault(chosen, Findings(_GROUPS))

    def add(verdict: Verdict) -> None:
        case(verdict).add(verdict)
        for violation in verdict.violations:
            if violation.severity is Severity.WARNING:
                warnings.note(violation)

    def finish(summary: Summary) -> None:
        if context.unit == "exchange":
            for operation in summary.operations:
                case(Verdict("", operation))
        seconds = time.monotonic() - clock
        attributes = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", started), "time": f"{seconds:.3f}"}
        stream.writelines(line + "\n" for line in _document(cases, attributes, context, summary, warnings))
        stream.flush()

    return Report(add, finish)


def _name(verdict: Verdict, context: Context) -> tuple[str, str]:
    """The group and the name of the test case that a verdict belongs to."""
    if context.unit == "contract":
        return context.contract or "contract", verdict.operation or "outside of operations"
    if context.unit == "response":
        return verdict.operation or "contract", verdict.source or "response"
    return context.contract or "contract", verdict.operation or "exchanges without an operation"


def _document(
    cases: Cases, attributes: dict[str, str], context: Context, summary: Summary, warnings: Findings
) -> Iterator[str]:
    failures = sum(bool(findings.of(Severity.ERROR)) for findings in cases.values())
    skipped = sum(bool(findings.reasons) and not findings.of(Severity.ERROR) for findings in cases.values())
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}
    identity = {"name": "contract", "package": "contract", "id": "0", "hostname": "localhost"}
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>'
    yield f"<testsuite{_attributes(identity | counts | attributes)}>"
    yield from _properties(context, summary)
    for (group, name), findings in cases.items():
        yield from _case(group, name, findings, context, summary)
    yield f"<system-out>{escape(chr(10).join(_output(context, summary, warnings)))}</system-out>"
    yield "<system-err></system-err>\n</testsuite>\n</testsuites>"


def _attributes(values: dict[str, str]) -> str:
    return "".join(f' {name}="{escape(printable(clip(value, _NAME)))}"' for name, value in values.items())


def _properties(context: Context, summary: Summary) -> Iterator[str]:
    values = {"contract": context.contract, "subject": context.subject}
    if summary.seed is not None:
        values["seed"] = str(summary.seed)
    lines = (f"<property{_attributes({'name': name, 'value': value})}/>" for name, value in values.items())
    yield from ("<properties>", *lines, "</properties>")


def _case(group: str, name: str, findings: Findings, context: Context, summary: Summary) -> Iterator[str]:
    errors = findings.of(Severity.ERROR)
    opening = f"<testcase{_attributes({'classname': group, 'name': name, 'time': '0'})}"
    if not errors and not findings.reasons:
        yield f"{opening}/>"
        return
    yield f"{opening}>"
    if errors:
        first = errors[0].first
        text = "\n\n".join("\n".join([title(found), *block(found)]) for found in errors)
        yield f"<failure{_attributes({'type': first.rule, 'message': first.message})}>{escape(text)}</failure>"
    else:
        reasons = "; ".join(f"{reason.count:,} x {reason.text}" for reason in findings.why_unmatched()[:5])
        yield f"<skipped{_attributes({'message': f'{outside(context, summary)}: {reasons}'})}/>"
    yield "</testcase>"


def _output(context: Context, summary: Summary, warnings: Findings) -> Iterator[str]:
    yield printable(headline(summary, context))
    yield from map(printable, counts(summary, context))
    yield from (f"without a success: {printable(line)}" for line in without_success(summary, context))
    yield from (f"note: {printable(note)}" for note in summary.notes)
    for group in warnings.of(Severity.WARNING):
        yield from ("", f"warning: {title(group)}", *block(group))
