"""What a run reached: one line for each operation, so that nothing is passed over in silence; and what a live service made of the
values that were sent for its parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from toolkit.structs import Frozen, field
from toolkit.verdict import few, plural

Outcome = Literal["success", "refused", "not-examined"]
_WORDS: dict[Outcome, tuple[str, str]] = {
    "success": ("reached with success", "seen with success"),
    "refused": ("only refused", "only errors seen"),
    "not-examined": ("not examined", "not seen"),
}
"""What a live run did with operations, and what a recording shows of them."""
_NAMES = 8  # of operations in a line


class Details(Frozen):
    """Of what the contract documents, how much was seen: the number of responses by status (`200`, `4XX`, `default`) and by media type, which
    parameters of the query were ever given, and which properties and members of enumerations were ever there (`200 tasks[].status`, `200
    tasks[].status: DONE`), of the request and of responses with a status that was seen. Media types that are not documented are counted too."""

    statuses: Mapping[str, int] = field(default_factory=dict)
    media_types: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, bool] = field(default_factory=dict)
    properties: Mapping[str, bool] = field(default_factory=dict)
    members: Mapping[str, bool] = field(default_factory=dict)
    undocumented: frozenset[str] = frozenset()  # of the media types

    @property
    def unseen(self) -> list[str]:
        """The properties and members that were never there."""
        return [label for each in (self.properties, self.members) for label, seen in each.items() if not seen]


class Coverage(Frozen):
    """One operation: how far a run came with it, and why no further. `success`: at least one response had a documented status that is no
    error. `refused`: there were only others. `not-examined`: no request was sent, or none was answered. `statuses` are those seen, in
    ascending order. `accepted` is True where an outcome other than success is all that can be asked for, which `reason` explains."""

    operation: str
    outcome: Outcome
    statuses: tuple[int, ...] = ()
    reason: str = ""
    accepted: bool = False
    details: Details = Details()

    @property
    def line(self) -> str:
        """`getNote: only refused (404): no value is known for id`."""
        seen = f" ({', '.join(map(str, self.statuses))})" if self.statuses else ""
        return f"{self.operation}: {_WORDS[self.outcome][0]}{seen}{f': {self.reason}' if self.reason else ''}"


def is_whole(coverage: Sequence[Coverage]) -> bool:
    """Whether every operation was examined."""
    return all(one.outcome == "success" or one.accepted for one in coverage)


def totals(coverage: Sequence[Coverage], *, recorded: bool = False) -> str:
    """`5 operations: 3 reached with success, 1 only refused, 1 not examined`; of a recording what was seen."""
    numbers = Counter(one.outcome for one in coverage)
    parts = ", ".join(f"{numbers[one]:,} {words[recorded]}" for one, words in _WORDS.items() if numbers[one])
    return f"{plural(len(coverage), 'operation')}: {parts}"


def is_incomplete(coverage: Iterable[Coverage]) -> bool:
    """Whether a parameter, a property or a member of an enumeration was not seen."""
    details = (one.details for one in coverage)
    kinds = (each for one in details for each in (one.parameters, one.properties, one.members))
    return not all(seen for each in kinds for seen in each.values())


def parts(coverage: Sequence[Coverage]) -> str:
    """`seen: 5 of 7 statuses, 3 of 4 query parameters; where there were responses, 12 of 20 properties`; "" for none of these."""
    details = [one.details for one in coverage]
    media_types = [{key: one.media_types[key] for key in one.media_types.keys() - one.undocumented} for one in details]
    parameters, statuses = [one.parameters for one in details], [one.statuses for one in details]
    properties, members = [one.properties for one in details], [one.members for one in details]
    everywhere = _shares({"statuses": statuses, "media types": media_types, "query parameters": parameters})
    within = _shares({"properties": properties, "enum members": members})
    said = [everywhere, f"where there were responses, {within}" if within else ""]
    return f"seen: {'; '.join(filter(None, said))}" if any(said) else ""


def _shares(kinds: Mapping[str, Sequence[Mapping[str, int] | Mapping[str, bool]]]) -> str:
    counted = ((kind, [bool(seen) for one in each for seen in one.values()]) for kind, each in kinds.items())
    return ", ".join(f"{sum(seen):,} of {len(seen):,} {kind}" for kind, seen in counted if seen)


def unseen(coverage: Sequence[Coverage]) -> Iterator[str]:
    """Of a recording, a line for the operations of which only errors were seen, and one for those not seen at all."""
    for outcome, (_, words) in _WORDS.items():
        if names := [one.operation for one in coverage if one.outcome == outcome != "success"]:
            yield f"{words}: {few(names, _NAMES)}"


def share(coverage: Sequence[Coverage]) -> tuple[int, int]:
    """How many operations had a success, and how many could have had one."""
    asked = [one for one in coverage if one.outcome == "success" or not one.accepted]
    return sum(one.outcome == "success" for one in asked), len(asked)


class Probed(Frozen):
    """One value of one parameter, sent in one `way`: the `expected` response (`accepted`, `refused`, or `survived` where the
    contract leaves it open), the `status` (0: no response), and whether it is `wrong`."""

    operation: str
    location: str
    parameter: str
    value: str
    expected: str
    status: int
    way: str = ""
    wrong: bool = False

    @property
    def lane(self) -> str:
        """What the service did: `accepted`, `refused` or `failed`."""
        return "accepted" if 0 < self.status < 400 else "refused" if 0 < self.status < 500 else "failed"

    @property
    def line(self) -> str:
        """`accepted with 200, should be refused (GET)`."""
        done = {"accepted": "accepted with", "refused": "refused with", "failed": "failed with"}[self.lane]
        wish = {"survived": "the contract leaves it open"}.get(self.expected, f"should be {self.expected}")
        way = f" ({self.way})" if self.way else ""
        return f"{done} {self.status or 'no response'}, {wish}{way}"
