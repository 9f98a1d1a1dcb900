"""The options that several commands take, and what follows from them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal

import click

from toolkit.cli.outputs import named_pipes, refuse_overwriting
from toolkit.cli.results import print_note
from toolkit.errors import ContractError, ContractToolkitError
from toolkit.structs import Frozen, field, replace
from toolkit.verdict import few, plural

if TYPE_CHECKING:
    from toolkit.cli.commands import Accept
    from toolkit.contract.model import Contract
    from toolkit.contract.selection import Selection
    from toolkit.reports.writers import Context


def option(form: str, help: str, *names: str, **settings: Any) -> Callable[..., Any]:
    """An option such as `--out FILE`, or a flag such as `--quiet`. `names` are what the command calls its values, if not by its name."""
    name, _, metavar = form.partition(" ")
    is_flag = not metavar and "type" not in settings
    return click.option(name, *names, metavar=metavar or None, is_flag=is_flag, help=help, **settings)


_MOST_NAMES = 5  # of webhooks and callbacks
_WHAT = "operation id, tag:NAME, path:/GLOB or method:NAME. Repeatable."
_RULE = "id or prefix, such as law-. Repeatable."
SELECTION = (
    option("--include WHAT", f"Only these operations: {_WHAT}", multiple=True),
    option("--exclude WHAT", f"Not these operations: {_WHAT}", multiple=True),
)
RULES = (
    option("--select RULE", f"Report only these rules: {_RULE}", multiple=True),
    option("--ignore RULE", f"Do not report these rules: {_RULE}", multiple=True),
    option("--warn RULE", f"Report these rules as warnings: {_RULE}", multiple=True),
    option("--baseline FILE", "Accept the violations in this file; fail only on new ones."),
    option("--update-baseline", "Write all violations found to the baseline file."),
)


class Common(Frozen):
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
            self.note(f"checks by {origin}: {plural(sum(1 for _ in contract.operations()), 'operation')}")

    def check_contract(self, contract: Contract, named: str) -> None:
        """Say in a line each, which reports hold too, what of the contract is not checked, and how many errors it has itself."""
        from toolkit.review.lint import overture

        if unasked := contract.unasked:
            self.warn_of(f"what the service sends by itself is not checked: {few(unasked, _MOST_NAMES)}")
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
        from toolkit.validation.hiding import Found

        hide = Found(contract.secrets, contract.stated_secrets).hide_known
        return Context(contract.name, subject, unit, self.verbose, self.started, str(contract.root.path.parent), hide)

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

    def end_line(self) -> None:
        """Leave the line on which a terminal shows ^C."""
        if not self.quiet and sys.stderr.isatty():
            click.echo(err=True)

    def warn_of(self, text: str) -> None:
        """Print a note that every report holds, too."""
        self.noted.append(text)
        self.note(text)


def with_options(*options: Callable[..., Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add options to a command; those that are fields of Common reach it as one value."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @wraps(command)
        def run_command(**given: Any) -> int:
            if "file" in given:  # an argument that stands for --contract
                given["contract"] = given.pop("file") or given["contract"]
            refuse_overwriting(given)
            for pipe in named_pipes(given):
                print_note(f"{pipe} is a pipe: waits for the program at its other end")
            values = {name: given.pop(name) for name in Common.__struct_fields__ if name in given}
            with _fetched(Common(**values), "url" in given) as common:
                try:
                    return command(common, **given)
                except (ContractToolkitError, OSError, click.ClickException, click.exceptions.Exit, click.Abort):
                    raise
                except Exception as error:
                    raise _blamed(common, error) from error

        wrapped: Callable[..., int] = run_command
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return decorate


def _blamed(common: Common, error: Exception) -> Exception:
    """What nobody foresaw: where the contract has errors, it is for these."""
    from toolkit.contract.model import Contract
    from toolkit.contract.shipped import local_contract
    from toolkit.review.lint import overture

    named = common.contract or local_contract()
    try:
        found = overture(Contract.load(named, overlays=common.overlay)) if named else None
    except Exception:  # what comes of them was foreseen even less
        return error
    if not (named and found and found.errors):
        return error
    return ContractError(f"{found.line(named)}; correct them first ({type(error).__name__}: {error})")


@contextmanager
def _fetched(common: Common, is_live: bool) -> Iterator[Common]:
    """The options with the file of a contract that a URL names; commands that talk to a service fetch it by themselves."""
    if is_live or not (common.contract or "").lower().startswith(("http://", "https://")):
        yield common
        return
    from toolkit.client.contracts import find_contract
    from toolkit.client.target import Limits

    with find_contract(common.contract, None, Limits()) as found:
        yield replace(common, contract=found.path, origin=found.origin)
