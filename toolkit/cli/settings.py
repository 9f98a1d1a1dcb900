"""Defaults of the command line, from `[tool.contract]` in ./pyproject.toml.

[tool.contract]             # for every command with this option
contract = "api/openapi.yaml"
[tool.contract.validate]    # for one command
jobs = 4
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Setting:
    """The parameter of a command that a setting is the default of. `check` raises UsageError for a bad value."""

    parameter: str
    repeatable: bool
    check: Callable[[Any], None]

    def value(self, given: Any) -> Any:
        """The value as click expects it: a repeatable option gets a list."""
        return [given] if self.repeatable and not isinstance(given, list) else given


Defaults = dict[str, dict[str, Any]]
_FILE = "pyproject.toml"
_VALUES = (str, int, float)


def read_defaults(commands: Mapping[str, Mapping[str, Setting]]) -> Defaults:
    """The defaults of each command by the names of its parameters. Raises UsageError for unknown names and bad values.

    `commands` has, for each command, its settings by name; a setting has the name of its option.
    """
    table = _table()
    shared = {name: value for name, value in table.items() if name not in commands}
    every = {name: setting for settings in commands.values() for name, setting in settings.items()}
    _refuse_bad(shared, every, "tool.contract")
    defaults: Defaults = {}
    for command, settings in commands.items():
        own = table.get(command, {})
        _refuse_bad(own, settings, f"tool.contract.{command}")
        given = {**shared, **own}
        defaults[command] = {
            setting.parameter: setting.value(given[name]) for name, setting in settings.items() if name in given
        }
    return defaults


def _table() -> dict[str, Any]:
    path = Path(_FILE)
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        if "contract" not in text:
            return {}
        import tomllib

        tools = tomllib.loads(text).get("tool", {})
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{_FILE} cannot be read: {reason}; correct it, or work in another folder") from None
    table = tools.get("contract", {}) if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        raise UsageError(f"{_FILE}: tool.contract is not a table; write [tool.contract]")
    return table


def _refuse_bad(given: Any, known: Mapping[str, Setting], table: str) -> None:
    if not isinstance(given, dict):
        raise UsageError(f"{_FILE}: {table} is not a table; write [{table}]")
    for name, value in given.items():
        if name not in known:
            raise UsageError(
                f"{_FILE}: unknown setting {name!r} in [{table}]; the settings are {', '.join(sorted(known))}"
            )
        many = known[name].repeatable
        items = value if many and isinstance(value, list) else [value]
        if not all(isinstance(item, _VALUES) for item in items):
            wanted = "a string, or a list of strings" if many else "a string, a number, true or false"
            raise UsageError(f"{_FILE}: {name!r} in [{table}] has the wrong type; write {wanted}")
        try:
            for item in items:
                known[name].check(item)
        except UsageError as error:
            raise UsageError(f"{_FILE}: {name!r} in [{table}]: {error}") from None
