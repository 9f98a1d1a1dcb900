"""For programs: the shape that schemas/report.schema.json describes.

Violations are written as they are found, so that an interrupted run keeps them; the summary comes last. The first
LISTED violations of each group are listed (only the first one after LISTED_IN_ALL in all), the rest is counted in
`groups` and `omitted`: a million violations of one kind make a small file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from toolkit.reports.causes import causes
from toolkit.reports.coverage import Coverage, Probed
from toolkit.reports.findings import Findings, Group
from toolkit.reports.summary import Context, Report, Summary
from toolkit.verdict import COLUMNS, Verdict, clip

LISTED = 100
LISTED_IN_ALL = 100_000
_FIELD, _LABEL = 10_000, 500
_MOST_PROBED = 50_000
_MOST_UNSEEN = 500
_OF_CHANGES = ("breaks", "witness")


def open_report(stream: TextIO, context: Context) -> Report:
    findings, listed = Findings(), 0
    names = (*COLUMNS, "reproduce") if context.unit == "response" else COLUMNS
    stream.write('{"violations": [')

    def add(verdict: Verdict) -> None:
        nonlocal listed
        findings.add(Verdict(verdict.source, unmatched=verdict.unmatched))
        for violation in verdict.violations:
            group = findings.note(violation)
            if group is not None and group.count <= (LISTED if listed < LISTED_IN_ALL else 1):
                own = (*names, *(name for name in _OF_CHANGES if getattr(violation, name)))
                fields: dict[str, Any] = {name: _encodable(clip(getattr(violation, name), _FIELD)) for name in own}
                if violation.witnesses:
                    fields["witnesses"] = list(violation.witnesses)
                stream.write(("," if listed else "") + "\n" + json.dumps(fields))
                listed += 1
        if verdict.violations:
            stream.flush()

    def finish(summary: Summary) -> None:
        stream.write("\n]")
        for name, value in _ending(context, findings, summary, listed):
            stream.write(f',\n"{name}": {json.dumps(value)}')
        stream.write("}\n")

    return Report(add, finish)


def _encodable(text: str) -> str:
    """The text with lone surrogates as escapes: many JSON parsers refuse them (RFC 8259, section 8.2)."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _ending(context: Context, findings: Findings, summary: Summary, listed: int) -> Iterator[tuple[str, Any]]:
    yield "contract", _encodable(context.contract)
    yield "subject", _encodable(context.subject)
    yield from context.run().items()
    yield "omitted", summary.violations - listed
    yield "groups", [_group(group) for group in findings.groups.values()]
    yield "causes", [_cause(group) for group in causes(findings.ordered, context)]
    reasons = findings.why_unmatched()
    yield "unmatched", [{"reason": each.text, "count": each.count, "first": each.source} for each in reasons]
    counts = sorted(summary.operations.items())
    each = {_encodable(name): {"exchanges": count, "violating": summary.failing[name]} for name, count in counts}
    yield "operations", each
    yield from _run(summary).items()
    if summary.coverage:
        yield "coverage", [_coverage(one) for one in summary.coverage]
    if summary.probed:
        yield "boundaries", [_probed(one) for one in summary.probed[:_MOST_PROBED]]
    yield "notes", [_encodable(note) for note in summary.notes]
    yield "summary", _summary(summary)


def _probed(one: Probed) -> dict[str, Any]:
    """A value that was sent for a parameter, what should have become of it, and what did."""
    texts = {"value": one.value, "way": one.way, "parameter": one.parameter, "operation": one.operation}
    shown = {name: _encodable(clip(text, _FIELD)) for name, text in texts.items()}
    return {**shown, "in": one.location, "expected": one.expected, "status": one.status, "wrong": one.wrong}


def _coverage(one: Coverage) -> dict[str, Any]:
    """What was seen of an operation; of what the contract does not document at all nothing is said."""
    known = {"operation": _encodable(one.operation), "outcome": one.outcome, "statuses": [*one.statuses]}
    rare: dict[str, Any] = {"reason": _encodable(one.reason), "accepted": one.accepted}
    details = one.details
    seen = {"responses": details.statuses, "media_types": details.media_types, "parameters": details.parameters}
    rare |= {kind: {_encodable(name): count for name, count in each.items()} for kind, each in seen.items()}
    rare |= {"properties": _share(details.properties), "enum_members": _share(details.members)}
    return known | {name: value for name, value in rare.items() if value}


def _share(each: Mapping[str, bool]) -> dict[str, Any]:
    """How many there are, how many of them were seen, and the first of those that were not."""
    unseen = [_encodable(clip(label, _LABEL)) for label, seen in each.items() if not seen]
    return {"documented": len(each), "seen": len(each) - len(unseen), "unseen": unseen[:_MOST_UNSEEN]} if each else {}


def _run(summary: Summary) -> dict[str, int]:
    """What a test of a live service adds, both beside the summary and in it."""
    found = {"requests": summary.requests, "seed": summary.seed}
    return {name: value for name, value in found.items() if value is not None}


def _group(group: Group) -> dict[str, Any]:
    first = group.first
    known = {name: getattr(first, name) for name in ("rule", "severity", "operation", "at", "contract")}
    return known | {"count": group.count, "samples": group.samples, "fingerprint": group.fingerprint}


def _cause(group: Group) -> dict[str, Any]:
    first, places = group.first, [{"operation": operation, "at": at} for operation, at in group.places]
    known = {name: getattr(first, name) for name in ("rule", "severity", "message", "hint")}
    return known | {"count": group.count, "places": places}


def _summary(summary: Summary) -> dict[str, Any]:
    names = ("exchanges", "conforming", "violating", "unmatched", "violations")
    pinned = {name: getattr(summary, name) for name in names} | {"by_rule": dict(sorted(summary.by_rule.items()))}
    rare = {"beside": summary.beside, "known": summary.known, "interrupted": summary.interrupted}
    return pinned | _run(summary) | {name: value for name, value in rare.items() if value}
