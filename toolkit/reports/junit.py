"""JUnit XML: one suite for each operation, with a case for each rule that it breaks, or one that says that it conforms. The
names are the same in every run, whatever was sent; what belongs to no operation is in the suite `contract`. A failure of which
the cause is one with those of other operations says so.

Only elements and attributes that both common schemas allow: the one of Ant (windyroad) and Jenkins' junit-10.xsd.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import Any, TextIO

from toolkit.reports.causes import assigned
from toolkit.reports.findings import Findings, Group, by_rule
from toolkit.reports.summary import Context, Report, Summary
from toolkit.reports.wording import block, counts, headline, outside, remarks, title
from toolkit.rules import Severity
from toolkit.structs import replace
from toolkit.verdict import Verdict, clip, printable

SUITES = 10_000
_GROUPS = 100
_NAME = 500
_WHOLE, _SOUND, _OTHERS = "contract", "conforms", "all other operations"

Suites = dict[str, Findings]
"""What was found, by operation; '' for what belongs to none."""
Causes = dict[int, Group]
"""The group of the cause of a group, by its id."""


def open_report(stream: TextIO, context: Context) -> Report:
    suites: Suites = {"": Findings(_GROUPS)}
    warnings = Findings()
    started, clock = time.gmtime(), time.monotonic()

    def suite(operation: str) -> Findings:
        chosen = operation if operation in suites or len(suites) < SUITES else _OTHERS
        return suites.setdefault(chosen, Findings(_GROUPS))

    def add(verdict: Verdict) -> None:
        suite(verdict.operation).add(verdict)
        for violation in verdict.violations:
            if violation.severity is Severity.WARNING:
                warnings.note(violation)

    def finish(summary: Summary) -> None:
        for operation in summary.operations:
            suite(operation)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", started)
        yielded = _document(suites, (stamp, time.monotonic() - clock), context, summary, warnings)
        stream.writelines(line + "\n" for line in yielded)

    return Report(add, finish)


def _document(
    suites: Suites, run: tuple[str, float], context: Context, summary: Summary, warnings: Findings
) -> Iterator[str]:
    errors = [group for findings in suites.values() for group in findings.of(Severity.ERROR)]
    named = {id(group): cause for group, cause in zip(errors, assigned(errors, context), strict=True)}
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>'
    for number, (operation, findings) in enumerate(suites.items()):
        cases = list(_cases(operation, findings, named, outside(context, summary)))
        outcomes = Counter(outcome for outcome, _ in cases)
        counted = {"tests": len(cases), "failures": outcomes["failure"], "errors": 0, "skipped": outcomes["skipped"]}
        identity = {"name": operation or _WHOLE, "package": "contract", "id": number, "hostname": "localhost"}
        taken = {"timestamp": run[0], "time": f"{0 if operation else run[1]:.3f}"}
        yield f"<testsuite{_attributes({**identity, **counted, **taken})}>"
        yield from ("<properties/>",) if operation else _properties(context, summary)
        yield from (line for _, lines in cases for line in lines)
        output = "" if operation else escape("\n".join(_output(context, summary, warnings)))
        yield f"<system-out>{output}</system-out>\n<system-err></system-err>\n</testsuite>"
    yield "</testsuites>"


def _cases(operation: str, findings: Findings, named: Causes, unmatched: str) -> Iterator[tuple[str, list[str]]]:
    """The outcome and the lines of each test case; `unmatched` says in words what an exchange without an operation is."""
    failed = by_rule(findings.of(Severity.ERROR))
    for rule, groups in sorted(failed.items()):
        own: dict[int, Group] = {}
        for group in groups:
            own.setdefault(id(named[id(group)]), replace(named[id(group)], first=group.first))
        text = "\n\n".join("\n".join([title(found), *block(found)]) for found in own.values())
        failure = f"<failure{_attributes({'type': rule, 'message': groups[0].first.message})}>{escape(text)}</failure>"
        yield "failure", [_opening(operation, rule, ">"), failure, "</testcase>"]
    if not failed and findings.reasons:
        reasons = "; ".join(f"{reason.count:,} x {reason.text}" for reason in findings.why_unmatched()[:5])
        skipped = f"<skipped{_attributes({'message': f'{unmatched}: {reasons}'})}/>"
        yield "skipped", [_opening(operation, _SOUND, ">"), skipped, "</testcase>"]
    elif not failed and operation:
        yield "", [_opening(operation, _SOUND, "/>")]


def _opening(operation: str, name: str, end: str) -> str:
    return f"<testcase{_attributes({'classname': operation or _WHOLE, 'name': name, 'time': '0'})}{end}"


def _attributes(values: dict[str, Any]) -> str:
    return "".join(f' {name}="{escape(printable(clip(str(value), _NAME)))}"' for name, value in values.items())


def _properties(context: Context, summary: Summary) -> Iterator[str]:
    values = {"contract": context.contract, "subject": context.subject}
    if summary.seed is not None:
        values["seed"] = str(summary.seed)
    lines = (f"<property{_attributes({'name': name, 'value': value})}/>" for name, value in values.items())
    yield from ("<properties>", *lines, "</properties>")


def _output(context: Context, summary: Summary, warnings: Findings) -> Iterator[str]:
    yield printable(headline(summary, context))
    yield from map(printable, counts(summary, context))
    yield from remarks(summary, context)
    for group in warnings.of(Severity.WARNING):
        yield from ("", f"warning: {title(group)}", *block(group))
