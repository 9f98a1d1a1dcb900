"""The options that several commands take, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from toolkit.cli.results import print_note

if TYPE_CHECKING:
    from toolkit.cli.commands import Accept
    from toolkit.contract.model import Contract
    from toolkit.contract.selection import Selection
    from toolkit.reports.writers import Context


@dataclass(frozen=True, slots=True)
class Common:
    """The options that several commands take; a command without one of them has its default."""

    contract: str | None = None
    origin: str | None = None  # the URL that the contract was fetched from
    overlay: tuple[str, ...] = ()
    operation: str | None = None
    seed: int = 0
    quiet: bool = False
    verbose: bool = False
    strict_nullable: bool = False
    any_host: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    warn: tuple[str, ...] = ()
    baseline: str | None = None
    update_baseline: bool = False
    noted: list[str] = field(default_factory=list)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def contract_path(self) -> str:
        from toolkit.contract.shipped import default_contract

        return self.contract or default_contract()

    def load(self) -> Contract:
        """The contract. Raises ContractError."""
        from toolkit.contract.model import Contract

        loaded = Contract.load(self.contract_path, strict_nullable=self.strict_nullable, overlays=self.overlay)
        return self.check_operation(loaded)

    def announce(self, contract: Contract) -> None:
        """Say which contract it is and how large, where it is not a file that the user has."""
        from toolkit.contract.shipped import SHIPPED, local_contract

        origin = self.origin or (SHIPPED if self.contract is None and not local_contract() else None)
        if origin:
            count = sum(1 for _ in contract.operations())
            self.note(f"checks by {origin}: {count} operation{'s' if count != 1 else ''}")

    def check_contract(self, contract: Contract, named: str) -> None:
        """Say in one line, which reports hold too, how many errors the contract has itself."""
        from toolkit.review.lint import overture

        if line := overture(contract).line(named):
            self.warn_of(line)

    def check_operation(self, contract: Contract) -> Contract:
        """The contract. Raises ContractError if it lacks the operation that was asked for."""
        if self.operation:
            contract.operation(self.operation)
        for note in contract.notes:
            self.warn_of(note)
        return contract

    def selection(self, contract: Contract, read_only: bool = False) -> Selection:
        """The operations to take. Raises UsageError for what fits none."""
        from toolkit.contract.selection import Selection

        selection = Selection(self.include, self.exclude, read_only)
        if selection:
            selection.check(contract.operations())
        return selection

    def context(self, contract: Contract, subject: str, unit: Literal["exchange", "response"] = "exchange") -> Context:
        """What the reports say of the work as a whole."""
        from toolkit.reports.writers import Context

        return Context(contract.name, subject, unit, self.verbose, self.started)

    @contextmanager
    def accepting(self) -> Iterator[Accept]:
        """A function that leaves of a verdict what is chosen and new. Raises UsageError for rules that there are not."""
        from toolkit.cli.commands import open_baseline
        from toolkit.reports.choice import choose

        keep = choose(self.select, self.ignore, self.warn)
        with open_baseline(self.baseline, self.update_baseline) as accept:
            yield lambda verdict: accept(keep(verdict))

    def note(self, text: str) -> None:
        """Print a line of what is being done, which the reports say in their own way."""
        if not self.quiet:
            print_note(text)

    def warn_of(self, text: str) -> None:
        """Print a note that every report holds, too."""
        self.noted.append(text)
        self.note(text)


@contextmanager
def fetched(common: Common, is_live: bool) -> Iterator[Common]:
    """The options with the file of a contract that a URL names; commands that talk to a service fetch it by themselves."""
    if is_live or not (common.contract or "").lower().startswith(("http://", "https://")):
        yield common
        return
    from toolkit.client.contracts import find_contract
    from toolkit.client.target import Limits

    with find_contract(common.contract, None, Limits()) as found:
        yield replace(common, contract=found.path, origin=found.origin)
