"""Lines of the contract around the place of a violation."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from toolkit.verdict import ContractPlace

_LARGEST, _BEFORE, _AFTER, _WIDTH = 2 << 20, 2, 3, 200


def excerpt(folder: str, contract: str) -> list[tuple[int, str]]:
    """Numbers and texts of the lines around a place such as `openapi.yaml#/paths:12:5`, whose file stands in this folder; none
    where the line is not known or the file is elsewhere."""
    place = ContractPlace.parse(contract)
    if not (folder and place.line and place.file) or Path(place.file).name != place.file:
        return []
    lines = _lines(Path(folder) / place.file)
    first, start = max(place.line - _BEFORE, 1), max(place.column - _WIDTH, 0)
    start = place.column - 1 if start else 0  # of a file without line ends: what stands at the place
    shown = lines[first - 1 : place.line + _AFTER]
    return [(first + number, text[start : start + _WIDTH]) for number, text in enumerate(shown)]


@lru_cache(maxsize=4)
def _lines(path: Path) -> tuple[str, ...]:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return ()
        return tuple(path.read_text("utf-8-sig").splitlines())
    except (OSError, ValueError):
        return ()
