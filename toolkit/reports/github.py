"""Workflow commands of GitHub Actions: an annotation for each kind of violation, as soon as it is found.

The escapes are those of actions/toolkit, packages/core/src/command.ts.
"""

from __future__ import annotations

from typing import TextIO

from toolkit.reports.findings import Findings, Group, clip
from toolkit.reports.summary import Context, Report, Summary
from toolkit.reports.wording import headline, totals, without_success
from toolkit.verdict import ContractPlace, Verdict, printable

ANNOTATIONS = 50
_WITNESS = 400  # characters


def open_report(stream: TextIO, context: Context) -> Report:
    findings = Findings()

    def add(verdict: Verdict) -> None:
        before = len(findings.groups)
        findings.add(verdict)
        for group in list(findings.groups.values())[before:ANNOTATIONS] if before < ANNOTATIONS else ():
            stream.write(_annotation(group, context) + "\n")
        stream.flush()

    def finish(summary: Summary) -> None:
        texts = [printable(headline(summary, context))]
        if summary.violations:
            texts.append(totals(summary, context, findings))
        texts += [f"without a success: {printable(line)}" for line in without_success(summary, context)]
        texts += [f"note: {printable(note)}" for note in summary.notes]
        if findings.omitted or len(findings.groups) > ANNOTATIONS:
            texts.append(f"Only the first {ANNOTATIONS} kinds of violation have an annotation.")
        stream.write(f"::notice title=contract::{_data(chr(10).join(texts))}\n")
        stream.flush()

    return Report(add, finish)


def _annotation(group: Group, context: Context) -> str:
    first, where = group.first, ContractPlace.parse(group.first.contract)
    known = {
        "file": context.file(where.file),
        "line": where.line,
        "col": where.column,
        "title": f"{first.rule} {first.operation}",
    }
    escaped = {name: _data(str(value).strip()).replace(":", "%3A").replace(",", "%2C") for name, value in known.items()}
    properties = ",".join(f"{name}={value}" for name, value in escaped.items() if known[name])
    witness = f"witness: {clip(first.witness, _WITNESS)}" if first.witness else ""
    breaks = f"breaks: {first.breaks}" if first.breaks else ""
    texts = (first.message, first.at, first.source, breaks, witness, first.hint, first.reproduce)
    return f"::{first.severity.value} {properties}::{_data(chr(10).join(filter(None, texts)))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
