"""What a command needs to ask a service: the contract, the address with its base path, and the way to it, found in this order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from toolkit.cli.common import Common
from toolkit.client.contracts import Fields, find_contract, join_base
from toolkit.client.target import Limits
from toolkit.contract.model import Contract


@dataclass(frozen=True, slots=True)
class Opening:
    """A contract, where its file is and where it comes from, in words; `url` is the address to ask, None where there is none,
    and `note` what has to be said of it."""

    contract: Contract
    path: str
    origin: str
    url: str | None
    note: str


@contextmanager
def open_subject(
    common: Common, url: str | None, limits: Limits, headers: Fields, documents: Sequence[str] = ()
) -> Iterator[Opening]:
    """The contract of a service and its address. Raises UsageError, ContractError and TargetError."""
    with find_contract(common.contract, url, limits, headers, documents) as found:
        loaded = replace(common, contract=found.path).load()
        address, note = found.url, ""
        if address:
            loaded, address, note = join_base(loaded, address, limits, headers)
        yield Opening(loaded, found.path, found.origin, address, note)
