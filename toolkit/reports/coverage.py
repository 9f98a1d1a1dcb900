"""What a run reached: one line for each operation, so that nothing is passed over in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["success", "refused", "not-examined"]
_WORDS: dict[Outcome, str] = {
    "success": "reached with success",
    "refused": "only refused",
    "not-examined": "not examined",
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """One operation: how far a run came with it, and why no further.

    `success`: at least one response had a documented status that is no error. `refused`: there were only others.
    `not-examined`: no request was sent, or none was answered. `statuses` are those seen, in ascending order. `accepted` is
    True where an outcome other than success is all that can be asked for, which `reason` explains.
    """

    operation: str
    outcome: Outcome
    statuses: tuple[int, ...] = ()
    reason: str = ""
    accepted: bool = False

    @property
    def line(self) -> str:
        """`getNote: only refused (404): no value is known for id`."""
        seen = f" ({', '.join(map(str, self.statuses))})" if self.statuses else ""
        return f"{self.operation}: {_WORDS[self.outcome]}{seen}{f': {self.reason}' if self.reason else ''}"


def is_whole(coverage: Sequence[Coverage]) -> bool:
    """Whether every operation was examined."""
    return all(one.outcome == "success" or one.accepted for one in coverage)


def totals(coverage: Sequence[Coverage]) -> str:
    """`5 operations: 3 reached with success, 1 only refused, 1 not examined`."""
    numbers = Counter(one.outcome for one in coverage)
    parts = ", ".join(f"{numbers[outcome]:,} {word}" for outcome, word in _WORDS.items() if numbers[outcome])
    return f"{len(coverage):,} operation{'' if len(coverage) == 1 else 's'}: {parts}"


def unreached(coverage: Sequence[Coverage]) -> Iterator[Coverage]:
    """The operations without a success."""
    return (one for one in coverage if one.outcome != "success")
