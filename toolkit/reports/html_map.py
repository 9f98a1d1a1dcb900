"""The boundary map: for each parameter of a live service the line of its values, which were accepted and which refused.

A disc is a value that was accepted as it should be, a ring one that was refused as it should be, a small square one that the
contract leaves open; a cross is wrong, and a broken ring shows where it should have been.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from toolkit.reports.html_parts import safe
from toolkit.reports.probed import Probed
from toolkit.verdict import plural

_MOST = 20_000  # values on the page
_OPEN = 3  # operations whose parameters are shown at first, beside those with what is wrong
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
        yield f"<details{' open' if wrong or len(by_operation) <= _OPEN else ''}><summary>{safe(operation)}: "
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
