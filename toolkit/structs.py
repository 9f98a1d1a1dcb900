"""Values with named fields, as dataclasses are: defined in a hundredth of the time, which was a fifth of what a command takes to
start, and made in a sixth, of which there are many for each exchange.

A dataclass remains what has fields that are not compared, not shown, or not given when it is made.
"""

from __future__ import annotations

from typing import dataclass_transform

from msgspec import Struct, field
from msgspec.structs import asdict, astuple, force_setattr, replace

__all__ = ["Frozen", "Mutable", "asdict", "astuple", "field", "force_setattr", "replace"]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Frozen(Struct, frozen=True):
    """A value whose fields are not assigned to once it is made; it is compared and hashed by them."""


@dataclass_transform(field_specifiers=(field,))
class Mutable(Struct, dict=True):
    """A value whose fields may be assigned to; it may have others, which are not given when it is made."""
