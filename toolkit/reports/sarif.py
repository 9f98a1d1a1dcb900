"""SARIF 2.1.0 (OASIS) for code scanning: a result for each cause, at its first place in the contract."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TextIO
from urllib.parse import quote

from toolkit.reports.causes import causes
from toolkit.reports.findings import Findings, Group, at_end
from toolkit.reports.rules_page import explanation
from toolkit.reports.summary import Context, Summary
from toolkit.reports.wording import alike_places, unmatched, without_success
from toolkit.rules import RULES
from toolkit.verdict import ContractPlace, printable

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_INDEX = {rule: index for index, rule in enumerate(RULES)}


@at_end
def open_report(stream: TextIO, context: Context, findings: Findings, summary: Summary) -> None:
    version = {name: value for name, value in context.run().items() if name == "version"}
    run = {
        "tool": {"driver": {"name": "contract", **version, "rules": _rules()}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(findings, summary, context)],
        "results": [_result(group, context) for group in causes(findings.ordered, context)],
        "properties": {"violations": summary.violations, "omitted": findings.omitted, "known": summary.known},
    }
    json.dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, stream, indent=1)
    stream.write("\n")


def _invocation(findings: Findings, summary: Summary, context: Context) -> dict[str, Any]:
    """How the run ended; what it did not reach or check, and its notes, are notifications (SARIF 2.1.0, section 3.20.21)."""
    reached = [("warning", f"without a success: {line}") for line in without_success(summary, context)]
    reached += [("warning", line) for line in unmatched(findings, summary, context)]
    told = [*reached, *(("note", note) for note in summary.notes)]
    notifications = [{"level": level, "message": {"text": printable(text)}} for level, text in told]
    named = {"toolExecutionNotifications": notifications} if notifications else {}
    return {"executionSuccessful": not summary.interrupted, **named}


def _rules() -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "shortDescription": {"text": rule.summary},
            "fullDescription": {"text": f"{rule.summary} {rule.meaning}"},
            "help": {"text": explanation(name).replace("`", ""), "markdown": explanation(name)},
            "defaultConfiguration": {"level": rule.severity.value},
            "properties": {"documentation": f"docs/rules.md#{name}"},
        }
        | ({"helpUri": f"{documentation()}/rules.md#{name}"} if documentation() else {})
        for name, rule in RULES.items()
    ]


@cache
def documentation() -> str:
    """The documentation's address in the package's metadata, or '': SARIF takes only an absolute URI as helpUri."""
    from importlib import metadata  # slow to load

    try:
        urls = metadata.metadata("contract-toolkit").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return ""
    named = dict(url.partition(", ")[::2] for url in urls)
    return str(named.get("Documentation", "")).rstrip("/")


def _result(group: Group, context: Context) -> dict[str, Any]:
    first = group.first
    details = {"at": first.at, "contract": first.contract, "sources": group.samples, "reproduce": first.reproduce}
    details |= {"breaks": first.breaks, "witness": first.witness}
    return {
        "ruleId": first.rule,
        "ruleIndex": _INDEX[first.rule],
        "level": first.severity.value,
        "message": {"text": _message(group)},
        "locations": [_location(group, context)],
        "partialFingerprints": {"contractKind/v1": group.fingerprint},
        "occurrenceCount": group.count,
        "properties": {name: value for name, value in details.items() if value},
    }


def _message(group: Group) -> str:
    first = group.first
    where = f" (at {first.at})" if first.at else ""
    parts = (f"{first.message}{where}", first.hint, f"alike: {alike}" if (alike := alike_places(group)) else "")
    return "; ".join(filter(None, parts)) or RULES[first.rule].summary


def _location(group: Group, context: Context) -> dict[str, Any]:
    where = ContractPlace.parse(group.first.contract)
    region = {"startLine": max(where.line, 1)} | ({"startColumn": where.column} if where.column else {})
    uri = quote(context.file(where.file) or printable(context.contract) or "openapi.yaml", safe="/")
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
    if names := list(filter(None, group.operations)):
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "function"} for name in names]
    return location
