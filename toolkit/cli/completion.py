"""Shell completion by click: names of commands and options, and the values of those options that name something.

A shell asks by the environment variable `_CONTRACT_COMPLETE`: `bash_source` for the script that turns completion on,
`bash_complete` for one line that is being typed; zsh and fish likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem, shell_complete

from toolkit.cli.settings import read_targets
from toolkit.contract.model import Contract
from toolkit.contract.shipped import default_contract
from toolkit.errors import ContractToolkitError
from toolkit.export.tools import COPIES
from toolkit.reports.writers import FORMATS
from toolkit.rules import RULES


def complete(command: click.Group, asked: str) -> int:
    """Print what the shell asks for; the exit status."""
    for one in command.commands.values():
        for parameter in one.params:
            if parameter.metavar in _FILES:
                parameter.type = click.Path()
            elif parameter.metavar in _NAMES:
                parameter.type = _Named(_NAMES[parameter.metavar])
    try:
        return shell_complete(command, {}, "contract", "_CONTRACT_COMPLETE", asked)
    except (KeyError, ValueError):  # the variables that a shell gives are not there
        return 1


class _Named(click.ParamType[Any]):
    """A value that is one of some names, which are looked up when it is being typed. `names` gets the other options of the line."""

    name = "name"

    def __init__(self, names: Callable[[dict[str, Any]], Iterable[str]]) -> None:
        self.names = names

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            return [CompletionItem(name) for name in self.names(ctx.params) if name.startswith(incomplete)]
        except ContractToolkitError:  # nothing is known of a contract or of settings that cannot be read
            return []


def _operations(line: dict[str, Any]) -> Iterable[str]:
    """The operations of the contract on the line, else of that in the working directory, else of the shipped one."""
    return (one.name for one in Contract.load(line.get("contract") or default_contract()).operations())


_FILES = ("FILE", "FILE|URL", "[FILE|URL]", "FILE.har", "DIR", "PATH...", "IN", "OUT", "OLD", "NEW")
_NAMES: dict[str | None, Callable[[dict[str, Any]], Iterable[str]]] = {
    "RULE": lambda line: RULES,
    "ID": _operations,
    "WHAT": _operations,
    "FORMAT[=PATH]": lambda line: FORMATS,
    "TOOL": lambda line: COPIES,
    "[TARGET]...": lambda line: read_targets(),
}
