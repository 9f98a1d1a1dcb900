"""One page for people that stands alone: no font or picture, and nothing is fetched. A script serves search and copying only.

The boundary map has for each parameter of a live service the line of its values. A disc is a value that was accepted as it should be, a ring one that
was refused as it should be, a small square one that the contract leaves open; a cross is wrong, and a broken ring shows where it should have been.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TextIO

from toolkit.reports import coverage
from toolkit.reports.causes import by_severity
from toolkit.reports.coverage import Coverage, Probed
from toolkit.reports.findings import Findings, Group, at_end, by_rule
from toolkit.reports.summary import Context, Summary
from toolkit.reports.wording import counts, facts, headline, outside, title, tone, totals, without_success
from toolkit.rules import RULES, Severity
from toolkit.verdict import ContractPlace, clip, plural, printable

_FOLDER = Path(__file__).parent
STYLE, SCRIPT = (f"\n{(_FOLDER / name).read_text(encoding='utf-8')}" for name in ("page.css", "page.js"))


def safe(text: str) -> str:
    """The text within HTML, and printable."""
    return escape(printable(text))


def _hash(text: str) -> str:
    from hashlib import sha256  # here: it loads OpenSSL, and few runs write this report

    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"
)
"""The page may load nothing, and run nothing but its own script."""
_MOST = 20_000  # values on the page
_FEW = 3  # operations whose parameters are shown at first, beside those with what is wrong
_LANES = {"accepted": 20, "refused": 52, "failed": 84}
_LEFT, _STEP, _LONG = 78, 26, 16
_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]+)?(?= |$)")

_Line = dict[str, list[Probed]]
"""What was sent for one parameter: by value, each way to send it."""


def boundary_map(probed: Sequence[Probed]) -> Iterator[str]:
    by_operation: dict[str, dict[tuple[str, str], _Line]] = {}
    for one in probed[:_MOST]:
        line = by_operation.setdefault(one.operation, {}).setdefault((one.location, one.parameter), {})
        line.setdefault(one.value, []).append(one)
    if not by_operation:
        return
    yield '<section aria-labelledby="map"><h2 id="map">Boundaries of parameters</h2>'
    yield "<p>Each mark is a value that was sent. Disc: accepted, as it should be. Ring: refused, as it should be. Square: "
    yield "the contract leaves it open. Cross: wrong; the broken ring is where it should have been.</p>"
    for operation, lines in by_operation.items():
        wrong = sum(any(one.wrong for one in sent) for line in lines.values() for sent in line.values())
        state = f", <b class=odd>{wrong:,} wrong</b>" if wrong else ""
        yield f"<details{' open' if wrong or len(by_operation) <= _FEW else ''}><summary>{safe(operation)}: "
        yield f"{plural(len(lines), 'parameter')}{state}</summary>"
        for (location, name), line in lines.items():
            yield from _parameter(location, name, line)
        yield "</details>"
    if len(probed) > _MOST:
        yield f"<p>and {len(probed) - _MOST:,} more values</p>"
    yield "</section>"


def _parameter(location: str, name: str, line: _Line) -> Iterator[str]:
    values = sorted(line, key=_order)
    every = [one for sent in line.values() for one in sent]
    counts = [f"{sum(one.lane == lane for one in every):,} {lane}" for lane in ("accepted", "refused")]
    wrong = sum(one.wrong for one in every)
    told = f"{plural(len(values), 'value')}; of {plural(len(every), 'request')} {', '.join(counts)}, {wrong:,} wrong"
    yield f"<h3>{safe(name)} <span class=soft>({location})</span></h3><div class=wide tabindex=0 role=group"
    yield f' aria-label="{safe(name)}: values">'
    yield from _drawing(values, line, f"{name}: {told}")
    yield f"</div><details><summary>{told}</summary><table><thead><tr><th scope=col>Value<th scope=col>Response</tr></thead><tbody>"
    for value in values:
        texts = [f"<span{' class=odd' if one.wrong else ''}>{safe(one.line)}</span>" for one in line[value]]
        yield f"<tr><th scope=row>{safe(value)}<td>{'<br>'.join(texts)}</tr>"
    yield "</tbody></table></details>"


def _order(value: str) -> tuple[int, float]:
    """Numbers by their size, then all else in the order sent."""
    found = _NUMBER.match(value)
    return (0, float(found[0])) if found else (1, 0.0)


def _drawing(values: list[str], line: _Line, told: str) -> Iterator[str]:
    failed = any(one.lane == "failed" for sent in line.values() for one in sent)
    lanes = {lane: y for lane, y in _LANES.items() if lane != "failed" or failed}
    floor, width = max(lanes.values()) + 22, _LEFT + _STEP * len(values) + 60
    yield f'<svg role=img width={width} height={floor + 84} aria-label="{safe(told)}">'
    for lane, y in lanes.items():
        yield f"<text x=0 y={y + 4}>{lane}</text><line class=axis x1={_LEFT - 10} x2={width - 50} y1={y} y2={y} />"
    for number, value in enumerate(values):
        x, sent = _LEFT + _STEP * number + 6, line[value]
        told_of = "; ".join(dict.fromkeys(one.line for one in sent))
        yield f"<g><title>{safe(f'{value}: {told_of}')}</title>"
        yield from dict.fromkeys(mark for one in sent for mark in _marks(one, x))
        colour = " class=red" if any(one.wrong for one in sent) else ""
        short = value if len(value) <= _LONG else value[: _LONG - 1] + "…"
        yield f'<text{colour} transform="translate({x - 3} {floor}) rotate(50)">{safe(short)}</text></g>'
    yield "</svg>"


def _marks(one: Probed, x: int) -> Iterator[str]:
    y = _LANES[one.lane]
    if one.wrong:
        wish = _LANES.get(one.expected, y)
        if wish != y:
            yield f"<circle class=wish cx={x} cy={wish} r=6 /><line class=wish x1={x} x2={x} y1={y} y2={wish} />"
        yield f'<path class=wrong d="M{x - 5} {y - 5}l10 10m0 -10l-10 10" />'
    elif one.expected == "survived":
        yield f"<rect class=open x={x - 3} y={y - 3} width=6 height=6 />"
    else:
        yield f"<circle class={'ok' if one.lane == 'accepted' else 'no'} cx={x} cy={y} r=5 />"


_SHOWN = 2_000
_OPEN = 40  # rows that are shown at first
_MOST_UNSEEN, _LABEL = 30, 300  # labels of what was not seen, and characters of each
# Of an excerpt: bytes of its file, lines before and after, characters, those of a line that a page shows, those before the place.
_LARGEST, _BEFORE, _AFTER, _WIDTH, _IN_VIEW, _LEAD = 2 << 20, 2, 3, 200, 80, 40


@at_end
def open_report(stream: TextIO, context: Context, findings: Findings, summary: Summary) -> None:
    stream.writelines(line + "\n" for line in _page(context, findings, summary))


def _page(context: Context, findings: Findings, summary: Summary) -> Iterator[str]:
    verdict = safe(headline(summary, context))
    kind = tone(summary, context)
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{verdict}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header><h1 class={kind}>{verdict}</h1>"
    yield from (f"<p>{safe(line)}</p>" for line in counts(summary, context))
    if run := context.run():
        when = f"<time datetime={run['started']}>{str(run['started']).replace('T', ' ').replace('Z', ' UTC')}</time>"
        yield f"<p>{when}, {run['seconds']:,.1f} seconds, contract-toolkit {run['version']}</p>"
    if summary.violations:
        yield f"<p>{safe(totals(summary, context, findings))}</p>"
    yield "</header>\n<main>"
    yield from _findings(findings, context)
    reasons = [(f"{one.count:,}", one.text, one.source) for one in findings.why_unmatched()]
    unmatched = f"{plural(summary.unmatched, context.unit)} {outside(context, summary)}"
    yield from _table(unmatched, ("Count", "Reason", "First"), reasons)
    yield from _listed("Operations without a success", without_success(summary, context))
    yield from _listed("Notes", summary.notes)
    yield from boundary_map(summary.probed)
    yield from _matrix(summary.coverage, recorded=context.unit == "exchange")
    checked = [(name, f"{count:,}", f"{summary.failing[name]:,}") for name, count in sorted(summary.operations.items())]
    yield from _table(f"{plural(len(checked), 'operation')} checked", ("Operation", "Checked", "Violating"), checked)
    yield from _explanations(findings)
    yield f"</main>\n<script>{SCRIPT}</script>\n</body>\n</html>"


def _findings(findings: Findings, context: Context) -> Iterator[str]:
    if not findings.groups:
        return
    yield '<section aria-labelledby="findings"><h2 id="findings">Findings</h2>'
    yield from _search(findings)
    yield from _rules(findings, context)
    yield "</section>"


def _search(findings: Findings) -> Iterator[str]:
    """Search and filters, which the script shows."""
    firsts = [group.first for group in findings.groups.values()]
    choices = {
        "rule": sorted({first.rule for first in firsts}),
        "severity": [severity.value for severity in Severity],
        "operation": sorted({first.operation for first in firsts if first.operation}),
    }
    yield "<form role=search hidden data-script aria-label='Findings'>"
    yield "<label>Search<input type=search name=text autocomplete=off></label>"
    for name, values in choices.items():
        options = "".join(f'<option value="{safe(value)}">{safe(value)}</option>' for value in values)
        yield f"<label>{name.capitalize()}<select name={name}><option value=''>all</option>{options}</select></label>"
    yield "<output aria-live=polite></output></form>"


def _listed(heading: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"<h2>{heading}</h2>\n<ul>{''.join(f'<li>{safe(line)}</li>' for line in lines)}</ul>"


def _rules(findings: Findings, context: Context) -> Iterator[str]:
    """One section a rule that opens and closes on a click; those of errors are open at first."""
    room = _SHOWN
    for severity, found in by_severity(findings, context).items():
        for rule, groups in by_rule(found).items():
            yield from _rule(rule, severity, groups, room, context)
            room = max(room - len(groups), 0)
    if findings.omitted:
        yield f"<p>and {plural(findings.omitted, 'violation')} of other kinds</p>"


def _rule(rule: str, severity: Severity, groups: list[Group], room: int, context: Context) -> Iterator[str]:
    count = plural(sum(group.count - group.mild for group in groups), severity.value)
    state = " open" if severity is Severity.ERROR else ""
    yield f"<details{state} class='rule {severity.value}'>"
    yield f"<summary><b>{rule}</b>: {count}. {safe(RULES[rule].summary)}</summary>"
    yield f"<p><a href='#{rule}'>What {rule} means</a></p>"
    for group in groups[:room]:
        yield from _finding(group, context)
    if len(groups) > room:
        yield f"<p>and {plural(len(groups) - room, 'more kind')}; the json report lists them all</p>"
    yield "</details>"


def _finding(group: Group, context: Context) -> Iterator[str]:
    first = group.first
    data = {"rule": first.rule, "severity": first.severity.value, "operation": first.operation}
    attributes = "".join(f' data-{name}="{safe(value)}"' for name, value in data.items())
    yield f"<article{attributes}><p><strong>{safe(first.message)}</strong></p><p>{safe(title(group))}</p><dl>"
    for label, text in facts(group):
        if label == "repeat":
            copy = "<button type=button class=copy hidden data-script>Copy</button>"
            yield f"<dt>{label}</dt><dd><code>{safe(text)}</code> {copy}</dd>"
        elif label != "rule":
            yield f"<dt>{label}</dt><dd>{safe(text)}</dd>"
    yield "</dl>"
    if first.quote:
        quote = "\n".join(map(safe, first.quote.split("\n")))
        yield f"<details><summary>Request and response</summary><pre tabindex=0>{quote}</pre></details>"
    place = ContractPlace.parse(first.contract)
    if lines := _excerpt(context, first.contract):
        shown = ((f"{number:>5}  {text}", number == place.line) for number, text in lines)
        texts = (f"<b>{safe(text)}</b>" if is_place else safe(text) for text, is_place in shown)
        yield f'<pre tabindex=0 role=group aria-label="{safe(place.file)}">{chr(10).join(texts)}</pre>'
    yield "</article>"


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
    return re.sub("`(.+?)`", r"<code>\1</code>", safe(text))


def _table(summary: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table that opens on a click; nothing without rows."""
    if rows:
        yield f"<details><summary>{summary}</summary>"
        yield f"<div class=wide tabindex=0><table><thead><tr>{''.join(f'<th scope=col>{one}' for one in heads)}</tr></thead>"
        yield from (f"<tr>{''.join(f'<td>{safe(cell)}' for cell in row)}</tr>" for row in rows)
        yield "</table></div></details>"


def _matrix(reached: Sequence[Coverage], *, recorded: bool) -> Iterator[str]:
    """The coverage matrix: operations, and how much was seen of what the contract documents of them."""
    if not reached:
        return
    statuses = sorted({key for one in reached for key in (*one.details.statuses, *_undocumented(one))})
    yield '<section aria-labelledby="coverage"><h2 id="coverage">Coverage</h2>'
    yield f"<details{' open' if len(reached) <= _OPEN else ''}><summary>{coverage.totals(reached, recorded=recorded)}</summary>"
    yield "<div class=wide tabindex=0 role=group aria-label='Coverage of operations'><table class=matrix>"
    yield "<caption>How many responses had each status. 0: documented, and none had it. seen!: not documented.</caption>"
    heads = ["Operation", "Success", "Properties", "Enum members", *statuses, "Media types", "Query parameters"]
    yield f"<thead><tr>{''.join(f'<th scope=col>{safe(head)}' for head in heads)}</tr></thead><tbody>"
    for one in reached:
        yield _row(one, statuses)
    yield "</tbody></table></div>"
    yield from _contents(reached)
    yield "</details></section>"


def _undocumented(one: Coverage) -> list[str]:
    """The statuses seen that the contract does not have."""
    known = one.details.statuses
    return [str(s) for s in one.statuses if not {str(s), f"{s // 100}XX", "default"} & known.keys()]


def _row(one: Coverage, statuses: Sequence[str]) -> str:
    success = {"success": "<span class=seen>yes</span>", "refused": "<span class=odd>only errors</span>"}
    cells = [success.get(one.outcome, "<span class=unseen>not seen</span>")]
    cells += map(_share, (one.details.properties, one.details.members))
    odd = _undocumented(one)
    for status in statuses:
        count = one.details.statuses.get(status)
        seen = "" if count is None else f"<span class={'seen' if count else 'unseen'}>{count:,}</span>"
        cells.append("<span class=odd>seen!</span>" if status in odd else seen)
    cells += map(_names, (one.details.media_types, one.details.parameters))
    return f"<tr><th scope=row>{safe(one.operation)}{''.join(f'<td>{cell}' for cell in cells)}</tr>"


def _names(seen: Mapping[str, bool] | Mapping[str, int]) -> str:
    never = [safe(name) for name, found in seen.items() if not found]
    found = [f"<span class=seen>{safe(name)}</span>" for name, found in seen.items() if found]
    return ", ".join([*found, *(f"<span class=unseen>{name} (not seen)</span>" for name in never)])


def _share(seen: Mapping[str, bool]) -> str:
    count = sum(seen.values())
    return f"<span class={'seen' if count == len(seen) else 'unseen'}>{count:,} of {len(seen):,}</span>" if seen else ""


def _contents(reached: Sequence[Coverage]) -> Iterator[str]:
    """The properties and enum members that were not seen, by operation, a limited number of each."""
    unseen = {one.operation: labels for one in reached if (labels := one.details.unseen)}
    count = sum(map(len, unseen.values()))
    if not count:
        return
    what = "property or enum member" if count == 1 else "properties and enum members"
    yield f"<details><summary>Not seen: {count:,} {what}</summary><ul>"
    for name, labels in unseen.items():
        shown = ", ".join(f"<code>{safe(clip(label, _LABEL))}</code>" for label in labels[:_MOST_UNSEEN])
        more = f" and {len(labels) - _MOST_UNSEEN:,} more" if len(labels) > _MOST_UNSEEN else ""
        yield f"<li>{safe(name)}: {shown}{more}"
    yield "</ul></details>"


def _excerpt(context: Context, contract: str) -> list[tuple[int, str]]:
    """Numbers and texts of the lines around a place such as `openapi.yaml#/paths:12:5`, whose file stands in the contract's folder,
    without secrets; none where the line is not known or the file is elsewhere."""
    place = ContractPlace.parse(contract)
    if not (context.folder and place.line and place.file) or Path(place.file).name != place.file:
        return []
    lines = _lines(Path(context.folder) / place.file, context.hide)
    first = max(place.line - _BEFORE, 1)
    start = place.column - _LEAD if place.column > _IN_VIEW else 0  # what stands at the place is in view
    shown = dict(enumerate(lines[first - 1 : place.line + _AFTER], first))
    if start and place.line in shown:
        shown[place.line] = "... " + shown[place.line][start:]
    return [(number, text[:_WIDTH]) for number, text in shown.items()]


@lru_cache(maxsize=4)
def _lines(path: Path, hide: Callable[[str], str]) -> tuple[str, ...]:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return ()
        return tuple(map(hide, path.read_text("utf-8-sig").splitlines()))
    except (OSError, ValueError):
        return ()
