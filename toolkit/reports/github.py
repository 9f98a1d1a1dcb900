"""Workflow commands of GitHub Actions: an annotation for each cause, the errors first.

The escapes are those of actions/toolkit, packages/core/src/command.ts.
"""

from __future__ import annotations

from typing import TextIO

from toolkit.reports.causes import causes
from toolkit.reports.findings import Findings, Group, at_end
from toolkit.reports.summary import Context, Summary
from toolkit.reports.wording import alike_places, headline, remarks, title, totals, unmatched
from toolkit.verdict import ContractPlace, clip, printable

ANNOTATIONS = 50
_WITNESS = 400  # characters


@at_end
def open_report(stream: TextIO, context: Context, findings: Findings, summary: Summary) -> None:
    found = causes(findings.ordered, context)
    stream.writelines(_annotation(group, context) + "\n" for group in found[:ANNOTATIONS])
    texts = [printable(headline(summary, context))]
    if summary.violations:
        texts.append(totals(summary, context, findings))
    texts += [*unmatched(findings, summary, context), *remarks(summary, context)]
    if findings.omitted or len(found) > ANNOTATIONS:
        texts.append(f"Only the first {ANNOTATIONS} kinds of violation have an annotation.")
    stream.write(f"::notice title=contract::{_data(chr(10).join(texts))}\n")


def _annotation(group: Group, context: Context) -> str:
    first, where = group.first, ContractPlace.parse(group.first.contract)
    known = {"file": context.file(where.file), "line": where.line, "col": where.column, "title": title(group)}
    escaped = {name: _data(str(value).strip()).replace(":", "%3A").replace(",", "%2C") for name, value in known.items()}
    properties = ",".join(f"{name}={value}" for name, value in escaped.items() if known[name])
    witness = f"witness: {clip(first.witness, _WITNESS)}" if first.witness else ""
    breaks = f"breaks: {first.breaks}" if first.breaks else ""
    alike = f"alike: {alike}" if (alike := alike_places(group)) else ""
    texts = (first.message, first.at, alike, first.source, breaks, witness, first.hint, first.reproduce)
    return f"::{first.severity.value} {properties}::{_data(chr(10).join(filter(None, texts)))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
