"""Defaults of the command line: `[tool.contract]` in ./pyproject.toml, and the contract where none is named.

[tool.contract]             # for every command that has the option
contract = "api/openapi.yaml"
[tool.contract.validate]    # for one command
jobs = 4
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

Defaults = dict[str, dict[str, Any]]
_FILE = "pyproject.toml"
_VALUES = (str, int, float)


class SettingsError(ValueError):
    """Settings that cannot be used, said in one line."""


def default_contract() -> str:
    """./openapi.yaml, else the one that ships with the package, else the one of the checkout that it is run from."""
    package = Path(__file__).parent
    candidates = (Path("openapi.yaml"), package / "shipped" / "openapi.yaml", package.parent / "openapi.yaml")
    return str(next((path for path in candidates if path.is_file()), candidates[0]))


def read_defaults(commands: Mapping[str, Mapping[str, str]]) -> Defaults:
    """The defaults of each command by the names of its parameters. Raises SettingsError for what is unknown.

    `commands` tell, for each command, the parameter of each option; the option's name is the setting's.
    """
    table = _table()
    shared = {name: value for name, value in table.items() if name not in commands}
    _refuse_unknown(shared, {name for options in commands.values() for name in options}, "tool.contract")
    defaults: Defaults = {}
    for command, options in commands.items():
        own = table.get(command, {})
        _refuse_unknown(own, options, f"tool.contract.{command}")
        given = {**shared, **own}
        defaults[command] = {options[name]: value for name, value in given.items() if name in options}
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

        table = tomllib.loads(text).get("tool", {}).get("contract", {})
    except (OSError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise SettingsError(f"{_FILE}: cannot be read: {reason}; correct it, or work in another folder") from None
    if not isinstance(table, dict):
        raise SettingsError(f"{_FILE}: tool.contract is no table; write [tool.contract]")
    return table


def _refuse_unknown(given: Any, known: Collection[str], table: str) -> None:
    if not isinstance(given, dict):
        raise SettingsError(f"{_FILE}: {table} is no table; write [{table}]")
    for name, value in given.items():
        if name not in known:
            raise SettingsError(f"{_FILE}: [{table}] has no setting {name!r}; there are {', '.join(sorted(known))}")
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, _VALUES) for item in items):
            raise SettingsError(
                f"{_FILE}: {name!r} in [{table}] is neither text, number, true, false nor a list of those"
            )
