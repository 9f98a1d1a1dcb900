"""The coverage matrix: operations, and which of their documented statuses, media types and query parameters were seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolkit.reports.coverage import Coverage, totals
from toolkit.reports.html_parts import safe

_OPEN = 40  # rows that are shown at first


def matrix(coverage: Sequence[Coverage], *, recorded: bool) -> Iterator[str]:
    if not coverage:
        return
    statuses = sorted({key for one in coverage for key in (*one.details.statuses, *_undocumented(one))})
    yield '<section aria-labelledby="coverage"><h2 id="coverage">Coverage</h2>'
    yield f"<details{' open' if len(coverage) <= _OPEN else ''}><summary>{totals(coverage, recorded=recorded)}</summary>"
    yield "<div class=wide tabindex=0 role=group aria-label='Coverage of operations'><table class=matrix>"
    yield "<caption>How many responses had each status. 0: documented, and none had it. seen!: not documented.</caption>"
    heads = ["Operation", "Success", *statuses, "Media types", "Query parameters"]
    yield f"<thead><tr>{''.join(f'<th scope=col>{safe(head)}' for head in heads)}</tr></thead><tbody>"
    for one in coverage:
        yield _row(one, statuses)
    yield "</tbody></table></div></details></section>"


def _undocumented(one: Coverage) -> list[str]:
    """The statuses seen that the contract does not have."""
    known = one.details.statuses
    return [str(s) for s in one.statuses if not {str(s), f"{s // 100}XX", "default"} & known.keys()]


def _row(one: Coverage, statuses: Sequence[str]) -> str:
    success = {"success": "<span class=seen>yes</span>", "refused": "<span class=odd>only errors</span>"}
    cells = [success.get(one.outcome, "<span class=unseen>not seen</span>")]
    odd = _undocumented(one)
    for status in statuses:
        count = one.details.statuses.get(status)
        seen = "" if count is None else f"<span class={'seen' if count else 'unseen'}>{count:,}</span>"
        cells.append("<span class=odd>seen!</span>" if status in odd else seen)
    cells.append(_names({name: bool(count) for name, count in one.details.media_types.items()}))
    cells.append(_names(dict(one.details.parameters)))
    return f"<tr><th scope=row>{safe(one.operation)}{''.join(f'<td>{cell}' for cell in cells)}</tr>"


def _names(seen: dict[str, bool]) -> str:
    never = [safe(name) for name, found in seen.items() if not found]
    found = [f"<span class=seen>{safe(name)}</span>" for name, found in seen.items() if found]
    return ", ".join([*found, *(f"<span class=unseen>{name} (not seen)</span>" for name in never)])
