"""What a live service made of the values that a run sent for its parameters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Probed:
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
