"""One page for people that stands alone: no script, font or picture, and nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import TextIO

from toolkit.reports.findings import Findings, Group
from toolkit.reports.summary import Context, Summary
from toolkit.reports.wording import causes, counts, facts, headline, outside, plural, title, totals, without_success
from toolkit.rules import RULES, Severity
from toolkit.verdict import printable

_SHOWN = 2_000
_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem; border-left: .5rem solid; padding-left: .8rem }
h2 { font-size: 1.2rem; margin-top: 2rem } h3 { font-size: 1rem; margin-bottom: .2rem } a { color: inherit }
.good { border-color: #2a8a3a } .bad { border-color: #c62828 } .none { border-color: #b07d00 }
details { border: 1px solid #8886; border-radius: .4rem; margin: .6rem 0; padding: .4rem .8rem }
summary { cursor: pointer } article { border-top: 1px solid #8886; margin-top: .6rem; padding-top: .4rem }
.error b, .bad b { color: #d33 } .warning b { color: #b07d00 }
p, dd, td { overflow-wrap: anywhere } p { margin: .3rem 0 }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .1rem .8rem; margin: .3rem 0 } dt { opacity: .7 }
dd { margin: 0; font-family: ui-monospace, monospace; font-size: .85em } section dd { font: inherit }
table { border-collapse: collapse } td, th { text-align: left; padding: .1rem 1.2rem .1rem 0 }
"""


def write(stream: TextIO, context: Context, findings: Findings, summary: Summary) -> None:
    stream.writelines(line + "\n" for line in _page(context, findings, summary))
    stream.flush()


def _page(context: Context, findings: Findings, summary: Summary) -> Iterator[str]:
    verdict = _text(headline(summary, context))
    kind = "bad" if summary.errors else "good" if summary.conforming else "none"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{verdict}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1 class={kind}>{verdict}</h1>"
    yield from (f"<p>{_text(line)}</p>" for line in counts(summary, context))
    if run := context.run():
        when = f"<time datetime={run['started']}>{str(run['started']).replace('T', ' ').replace('Z', ' UTC')}</time>"
        yield f"<p>{when}, {run['seconds']:,.1f} seconds, contract-toolkit {run['version']}</p>"
    if summary.violations:
        yield f"<p>{_text(totals(summary, context, findings))}</p>"
    yield from _rules(findings, context)
    yield from _unmatched(context, findings, summary)
    yield from _listed("Operations without a success", without_success(summary, context))
    yield from _listed("Notes", summary.notes)
    yield from _operations(summary)
    yield from _explanations(findings)
    yield "</body>\n</html>"


def _text(text: str) -> str:
    return escape(printable(text))


def _listed(heading: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"<h2>{heading}</h2>\n<ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"


def _rules(findings: Findings, context: Context) -> Iterator[str]:
    """One section a rule that opens and closes on a click; those of errors are open at first."""
    room = _SHOWN
    for severity in Severity:
        by_rule: dict[str, list[Group]] = {}
        for group in causes(findings.of(severity), context):
            by_rule.setdefault(group.first.rule, []).append(group)
        for rule, groups in by_rule.items():
            yield from _rule(rule, severity, groups, room)
            room = max(room - len(groups), 0)
    if findings.omitted:
        yield f"<p>and {plural(findings.omitted, 'violation')} of other kinds</p>"


def _rule(rule: str, severity: Severity, groups: list[Group], room: int) -> Iterator[str]:
    count = plural(sum(group.count for group in groups), severity.value)
    state = " open" if severity is Severity.ERROR else ""
    yield f"<details{state} class={severity.value}>"
    yield f"<summary><a href='#{rule}'><b>{rule}</b></a>: {count}. {_text(RULES[rule].summary)}</summary>"
    for group in groups[:room]:
        yield f"<article><p><strong>{_text(group.first.message)}</strong></p><p>{_text(title(group))}</p><dl>"
        yield from (f"<dt>{label}</dt><dd>{_text(text)}</dd>" for label, text in facts(group) if label != "rule")
        yield "</dl></article>"
    if len(groups) > room:
        yield f"<p>and {plural(len(groups) - room, 'more kind')}; the json report lists them all</p>"
    yield "</details>"


def _explanations(findings: Findings) -> Iterator[str]:
    """The rules that were broken, each under its id as anchor."""
    broken = {group.first.rule for group in findings.groups.values()}
    if broken:
        yield "<h2>The rules that were broken</h2>"
    for name in filter(broken.__contains__, RULES):
        rule = RULES[name]
        yield f"<section id={name}><h3>{name}</h3><p>{_code(rule.summary)} {_code(rule.meaning)}</p>"
        yield f"<dl><dt>example</dt><dd>{_code(rule.example)}</dd><dt>cure</dt><dd>{_code(rule.cure)}</dd></dl></section>"


def _code(text: str) -> str:
    """A sentence of RULES with what stands in backticks as code."""
    return re.sub("`(.+?)`", r"<code>\1</code>", _text(text))


def _unmatched(context: Context, findings: Findings, summary: Summary) -> Iterator[str]:
    if not summary.unmatched:
        return
    yield f"<details><summary>{plural(summary.unmatched, context.unit)} {outside(context, summary)}</summary>"
    yield "<table><tr><th>Count<th>Reason<th>First</tr>"
    for reason in findings.why_unmatched():
        yield f"<tr><td>{reason.count:,}<td>{_text(reason.text)}<td>{_text(reason.source)}</tr>"
    yield "</table></details>"


def _operations(summary: Summary) -> Iterator[str]:
    if not summary.operations:
        return
    yield f"<details><summary>{plural(len(summary.operations), 'operation')} checked</summary>"
    yield "<table><tr><th>Operation<th>Checked<th>Violating</tr>"
    for name, count in sorted(summary.operations.items()):
        yield f"<tr><td>{_text(name)}<td>{count:,}<td>{summary.failing[name]:,}</tr>"
    yield "</table></details>"
