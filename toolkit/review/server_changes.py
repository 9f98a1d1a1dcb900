"""Base paths of the servers: each that a server of the old version may have must be one of the new version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from toolkit.contract.servers import Servers, spelled_bases
from toolkit.errors import ContractError
from toolkit.review.changes import Change, proofs
from toolkit.review.messages import Side, Witness, request_of, request_witness


def server_changes(sides: tuple[Side, Side]) -> Iterator[Change]:
    """Variables stand for each value of their `enum`; one without stands for its default and for any other text."""
    old, new = (side.contract for side in sides)
    node = new.root.get("servers") or new.root
    for address, bases in spelled_bases(old.root).items():
        gone = next((base for base in bases if not _has(new.servers, base)), None)
        if gone is not None:
            of = f" (of {address})" if "{" in address else ""
            now = ", ".join(one or "/" for one in (*new.servers.bases, *new.servers.base_patterns)) or "/"
            message = f"the base path {gone or '/'} of the servers{of} is gone; there is {now}"
            found = _below(sides, gone)
            yield Change("server-path-removed", message, node, "request.path", proofs(found), gone)


def _has(servers: Servers, base: str) -> bool:
    return (base == "" and not servers.bases) or servers.has_base(base)


def _below(sides: tuple[Side, Side], base: str) -> Witness | None:
    for operation in sides[0].contract.operations():
        try:
            request = request_of(sides[0], operation, {})
        except (LookupError, ContractError):
            continue
        if witness := request_witness(*sides, replace(request, url=base + request.url)):
            return witness
    return None
