"""Shell completion by click: names of commands and options, and the values of those options that name something.

A shell asks by the environment variable `_CONTRACT_COMPLETE`: `bash_source` for the script that turns completion on,
`bash_complete` for one line that is being typed; zsh and fish likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import shell_complete

from toolkit.contract.model import Contract
from toolkit.contract.shipped import default_contract
from toolkit.errors import ContractToolkitError
from toolkit.reports.writers import FORMATS
from toolkit.rules import RULES


def complete(command: click.Group, asked: str) -> int:
    """Print what the shell asks for; the exit status."""
    for one in command.commands.values():
        for parameter in one.params:
            if parameter.metavar in _VALUES:
                parameter.type = _VALUES[parameter.metavar]()
    try:
        return shell_complete(command, {}, "contract", "_CONTRACT_COMPLETE", asked)
    except (KeyError, ValueError):  # the variables that a shell gives are not there
        return 1


def _operations() -> click.ParamType[Any]:
    """The operations of the contract in the working directory, else of the shipped one; none where it cannot be read."""
    try:
        return click.Choice([one.name for one in Contract.load(default_contract()).operations()])
    except ContractToolkitError:
        return click.STRING


_VALUES: dict[str | None, Callable[[], click.ParamType[Any]]] = {
    **dict.fromkeys(
        ("FILE", "FILE|URL", "[FILE|URL]", "FILE.har", "DIR", "PATH...", "IN", "OUT", "OLD", "NEW"), click.Path
    ),
    "RULE": lambda: click.Choice(list(RULES)),
    "ID": _operations,
    "FORMAT[=PATH]": lambda: click.Choice(list(FORMATS)),
}
