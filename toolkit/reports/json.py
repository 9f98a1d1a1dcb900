"""For programs: the shape that schemas/report.schema.json describes.

Violations are written as they are found, so that an interrupted run keeps them; the summary comes last. The first
LISTED violations of each group are listed (only the first one after LISTED_IN_ALL in all), the rest is counted in
`groups` and `omitted`: a million violations of one kind make a small file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from toolkit.reports.findings import Findings, Group, Reason, clip
from toolkit.reports.summary import Context, Report, Summary
from toolkit.verdict import Verdict, Violation

LISTED = 100
LISTED_IN_ALL = 100_000
_FIELD = 10_000
_NAMES = ("rule", "severity", "message", "at", "contract", "operation", "source", "hint")


def open_report(stream: TextIO, context: Context) -> Report:
    findings, listed = Findings(), 0
    names = (*_NAMES, "reproduce") if context.unit == "check" else _NAMES
    stream.write('{"violations": [')

    def add(verdict: Verdict) -> None:
        nonlocal listed
        findings.add(Verdict(verdict.source, unmatched=verdict.unmatched))
        for violation in verdict.violations:
            group = findings.note(violation)
            if group is not None and group.count <= (LISTED if listed < LISTED_IN_ALL else 1):
                stream.write(("," if listed else "") + "\n" + _text(_violation(violation, names)))
                listed += 1
        if verdict.violations:
            stream.flush()

    def finish(summary: Summary) -> None:
        stream.write("\n]")
        for name, value in _ending(findings, summary, listed):
            stream.write(f',\n"{name}": {_text(value)}')
        stream.write("}\n")
        stream.flush()

    return Report(add, finish)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)


def _violation(violation: Violation, names: tuple[str, ...]) -> dict[str, str]:
    return {name: _encodable(clip(getattr(violation, name), _FIELD)) for name in names}


def _encodable(text: str) -> str:
    """The text with lone surrogates as escapes: many JSON parsers refuse them (RFC 8259, section 8.2)."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _ending(findings: Findings, summary: Summary, listed: int) -> Iterator[tuple[str, Any]]:
    yield "omitted", summary.violations - listed
    yield "groups", [_group(group) for group in findings.groups.values()]
    yield "unmatched", [_reason(reason) for reason in findings.why_unmatched()]
    yield "operations", {_encodable(name): _operation(name, summary) for name in sorted(summary.operations)}
    yield from _run(summary).items()
    yield "summary", _summary(summary)


def _run(summary: Summary) -> dict[str, int]:
    """What a test of a live service adds, both beside the summary and in it."""
    found = {"requests": summary.requests, "seed": summary.seed}
    return {name: value for name, value in found.items() if value is not None}


def _group(group: Group) -> dict[str, Any]:
    first = group.first
    known = {name: getattr(first, name) for name in ("rule", "severity", "operation", "at", "contract")}
    return known | {"count": group.count, "samples": group.samples, "fingerprint": group.fingerprint}


def _reason(reason: Reason) -> dict[str, Any]:
    return {"reason": reason.text, "count": reason.count, "first": reason.source}


def _operation(name: str, summary: Summary) -> dict[str, int]:
    return {"exchanges": summary.operations[name], "violating": summary.failing[name]}


def _summary(summary: Summary) -> dict[str, Any]:
    names = ("exchanges", "conforming", "violating", "unmatched", "violations")
    pinned: dict[str, Any] = {name: getattr(summary, name) for name in names}
    pinned["by_rule"] = dict(sorted(summary.by_rule.items()))
    return (
        pinned
        | _run(summary)
        | {name: getattr(summary, name) for name in ("known", "interrupted") if getattr(summary, name)}
    )
