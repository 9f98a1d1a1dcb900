"""Defaults of the command line, from `[tool.contract]` in ./pyproject.toml.

[tool.contract]             # for every command with this option
contract = "api/openapi.yaml"
[tool.contract.validate]    # for one command
jobs = 4
[tool.contract.generate.NAME]  # a target of `contract generate`
tool = "openapi-python-client"
out = "clients/python"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from toolkit.errors import UsageError
from toolkit.structs import Frozen

_NUMBERS = ("S", "N", "N/s")  # of options that read a number with a unit


class Setting(Frozen):
    """The parameter of a command that a setting is the default of. `schema` is the JSON Schema of one value; `check` raises
    UsageError for a value that the command would refuse."""

    parameter: str
    repeatable: bool
    schema: Mapping[str, Any]
    check: Callable[[Any], None]

    def items(self, given: Any) -> list[Any]:
        """The single values, each as the command line would have it: an option that takes a string gets the number's text."""
        items = given if self.repeatable and isinstance(given, list) else [given]
        return [str(item) if "string" in self.schema["type"] and _is(item, "number") else item for item in items]

    def value(self, given: Any) -> Any:
        """The value as click expects it: a repeatable option gets a list."""
        items = self.items(given)
        return items if self.repeatable else items[0]

    def takes(self, item: Any) -> bool:
        """Whether a single value has a type of the schema."""
        return any(_is(item, name) for name in self.schema["type"])

    @property
    def wanted(self) -> str:
        """What to write, in words."""
        words = " or ".join(_TYPES[name][1] for name in self.schema["type"])
        return f"{words}, or a list of such" if self.repeatable else words


Defaults = dict[str, dict[str, Any]]
_FILE = "pyproject.toml"
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "boolean": ((bool,), "true or false"),
    "integer": ((int,), "an integer"),
    "number": ((int, float), "a number"),
    "string": ((str,), "a string"),
}


def _is(value: Any, name: str) -> bool:
    """Whether a value of TOML has a type of JSON Schema."""
    return isinstance(value, _TYPES[name][0]) and isinstance(value, bool) == (name == "boolean")


def _of_target(name: str, kind: str, description: str, repeatable: bool = False) -> Setting:
    return Setting(name, repeatable, {"type": [kind], "description": description}, lambda value: None)


_WITH_TARGETS = "generate"
_REQUIRED = ("tool", "out")
_TARGET = {
    "tool": _of_target("tool", "string", "The generator, as docs/generators.md names it."),
    "version": _of_target("version", "string", "The version that must be installed (default: any)."),
    "out": _of_target("out", "string", "The folder or file that it writes."),
    "options": _of_target("options", "string", "Further words of its command line; {root} is this folder.", True),
    "jar": _of_target("jar", "string", "The file that java runs, for a generator in Java that is not on PATH."),
    "clean": _of_target("clean", "boolean", "Remove files from the output that the generator did not write."),
}


def read_defaults(commands: Mapping[str, Mapping[str, Setting]]) -> Defaults:
    """The defaults of each command by the names of its parameters. Raises UsageError for unknown names and bad values. `commands` has, for
    each command, its settings by name; a setting has the name of its option."""
    table = _table()
    shared = {name: value for name, value in table.items() if name not in commands}
    every = {name: setting for settings in commands.values() for name, setting in settings.items()}
    _refuse_bad(shared, every, "tool.contract")
    defaults: Defaults = {}
    for command, settings in commands.items():
        own = table.get(command, {})
        if command == _WITH_TARGETS and isinstance(own, dict):
            own = {name: value for name, value in own.items() if not isinstance(value, dict)}
        _refuse_bad(own, settings, f"tool.contract.{command}")
        given = {**shared, **own}
        defaults[command] = {one.parameter: one.value(given[name]) for name, one in settings.items() if name in given}
    return defaults


def read_targets() -> dict[str, dict[str, Any]]:
    """The targets of `contract generate`, by name. Raises UsageError for unknown names, bad values and what is left out."""
    own = _table().get(_WITH_TARGETS, {})
    targets = {name: value for name, value in own.items() if isinstance(value, dict)} if isinstance(own, dict) else {}
    for name, target in targets.items():
        table = f"tool.contract.{_WITH_TARGETS}.{name}"
        _refuse_bad(target, _TARGET, table)
        for wanted in _REQUIRED:
            if not target.get(wanted):
                raise UsageError(f'{_FILE}: {wanted!r} is missing in [{table}]; write {wanted} = "..."')
    return {name: {key: _TARGET[key].value(value) for key, value in target.items()} for name, target in targets.items()}


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
    except (OSError, ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
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
            cure = f"the settings are {', '.join(sorted(known))}"
            if table == f"tool.contract.{_WITH_TARGETS}" and name in _TARGET:
                cure = f"a target has a name: write [{table}.NAME]"
            raise UsageError(f"{_FILE}: unknown setting {name!r} in [{table}]; {cure}")
        setting = known[name]
        if not all(map(setting.takes, value if setting.repeatable and isinstance(value, list) else [value])):
            raise UsageError(f"{_FILE}: {name!r} in [{table}] has the wrong type; write {setting.wanted}")
        try:
            for item in setting.items(value):
                setting.check(item)
        except UsageError as error:
            raise UsageError(f"{_FILE}: {name!r} in [{table}]: {error}") from None


def schema(commands: Mapping[str, Mapping[str, Setting]]) -> dict[str, Any]:
    """The JSON Schema of `[tool.contract]`: the settings of all commands, and for each command a table of its own."""

    def table(settings: Mapping[str, Setting], **tables: Any) -> dict[str, Any]:
        properties = {name: _schema_of(settings[name]) for name in sorted(settings)}
        return {"type": "object", "additionalProperties": False, "properties": properties | tables}

    every = {name: setting for settings in commands.values() for name, setting in settings.items()}
    tables = {
        name: {"description": f"Settings of `contract {name}` alone.", **table(settings)}
        for name, settings in commands.items()
        if settings
    }
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "[tool.contract] of pyproject.toml"}
    target = {"description": "A target.", **table(_TARGET), "required": list(_REQUIRED)}
    if _WITH_TARGETS in tables:
        tables[_WITH_TARGETS]["additionalProperties"] = target
    return {**head, "description": "Defaults of the options of the command `contract`.", **table(every, **tables)}


def _schema_of(setting: Setting) -> dict[str, Any]:
    one = {name: value for name, value in setting.schema.items() if name != "description"}
    several = {"anyOf": [one, {"type": "array", "items": one}]} if setting.repeatable else one
    return {"description": setting.schema["description"], **several}


def settings_of(command: click.Command) -> dict[str, Setting]:
    """Each option of a command as a setting, by the option's name."""
    return {
        one.opts[0][2:]: Setting(one.name or "", one.multiple, _schema_of_option(one), partial(_convert, one))
        for one in command.params
        if isinstance(one, click.Option)
    }


def _schema_of_option(option: click.Option) -> dict[str, Any]:
    """The JSON Schema of one value of an option; `type` is a list. Options of numbers with units take the number alone, too."""
    described = {"description": (option.help or "").removesuffix(" Repeatable.")}
    if option.is_flag:
        return {"type": ["boolean"], **described}
    if isinstance(option.type, click.Choice):
        return {"type": ["string"], "enum": list(option.type.choices), **described}
    if isinstance(option.type, click.IntRange):
        limits = {"minimum": option.type.min, "maximum": option.type.max}
        given = {name: value for name, value in limits.items() if value is not None}
        return {"type": ["integer"], **given, **described}
    if option.type is click.INT:
        return {"type": ["integer"], **described}
    return {"type": ["number", "string"] if option.metavar in _NUMBERS else ["string"], **described}


def _convert(option: click.Option, value: Any) -> None:
    try:
        option.type.convert(value, option, None)
    except click.BadParameter as error:
        raise UsageError(error.message) from None
