"""Copies of a contract for tools that cannot read the published one, each change named.

The published contract stays the source: a copy says less, and never anything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.errors import ContractError
from toolkit.export import changes
from toolkit.export.bundling import bundled_document
from toolkit.export.downgrade import as_30
from toolkit.export.tools import Changes


@dataclass(frozen=True, slots=True)
class Copy:
    """A document of OpenAPI, and a line for each change and each loss."""

    document: dict[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def content(self) -> bytes:
        """The document as JSON, which every reader of YAML reads alike, too."""
        try:
            text = json.dumps(self.document, ensure_ascii=False, indent=2, allow_nan=False)
        except ValueError:
            reason = "a number that is infinite, not a number or beyond a double, which JSON cannot say"
            raise ContractError(f"the contract has {reason}; write it as a finite number") from None
        return text.encode("utf-8", "backslashreplace") + b"\n"


def make_copy(contract: Contract, wanted: Changes, operations: Collection[Operation] | None = None) -> Copy:
    """The published document without references to other files, and changed as wanted. Raises ContractError."""
    try:
        document = bundled_document(contract, operations)
        notes: list[str] = []
        for change in _steps(wanted):
            document, found = change(document)
            notes += found
    except RecursionError:
        raise ContractError(f"{contract.name}: nested too deeply; flatten it") from None
    return Copy(document, tuple(notes))


def _steps(wanted: Changes) -> list[Callable[[dict[str, Any]], changes.Changed]]:
    media = wanted.media or "json"
    steps: list[tuple[bool, Callable[[dict[str, Any]], changes.Changed]]] = [
        (wanted.pin_format, lambda document: changes.pin_format(document, media)),
        (bool(wanted.media), lambda document: changes.one_media_type(document, media)),
        (wanted.inline_responses, changes.inline_responses),
        (wanted.inline_scalars, changes.inline_scalars),
        (wanted.text_times, changes.text_times),
        (wanted.drop_conditions, changes.drop_conditions),
        (bool(wanted.version), as_30),
    ]
    return [step for is_wanted, step in steps if is_wanted]
