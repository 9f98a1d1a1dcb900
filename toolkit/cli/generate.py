"""`contract generate`: generators of others, each fed with the copy of the contract that it needs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.common import Common, option
from toolkit.cli.outputs import refuse_overwriting_contract
from toolkit.cli.results import CONFORMS, FAILED, VIOLATIONS, print_note
from toolkit.cli.settings import read_targets
from toolkit.errors import ContractToolkitError, UsageError
from toolkit.verdict import plural

if TYPE_CHECKING:
    from toolkit.contract.model import Contract
    from toolkit.export.generate import Generated, Target

OPTIONS = (
    option("--check", "Write nothing; exit with 1 where what is generated is missing or stale."),
    option(
        "--prove",
        "Compile what is generated, let it call the mock, and check what is sent and decoded; exit with 1 where that fails.",
    ),
    option("--download", "Let uvx, pipx or npx fetch a tool that is not installed."),
)

_EXAMPLE = """\
[tool.contract.generate.NAME]
tool = "openapi-python-client"
out = "clients/python"
"""


def run_generate(common: Common, names: Sequence[str], check: bool, prove: bool, download: bool) -> int:
    """Run the tools of the targets; 2 if one fails or cannot be proven, else 1 if one is stale (--check) or a proof fails. Raises UsageError."""
    from toolkit.export.generate import generate, write_generated

    targets = _chosen(names)
    loaded = common.load()
    common.announce(loaded)
    statuses = []
    for target in targets:
        try:
            made = generate(loaded, target, download=download)
            refuse_overwriting_contract(common.contract_path, common.overlay, [path for path, _ in made.changed])
            if not check:
                write_generated(made)
        except (ContractToolkitError, OSError) as error:
            of_system = [error.filename or target.out, error.strerror] if isinstance(error, OSError) else []
            why = ": ".join(map(str, of_system)) or error
            print_note(f"{target.name}: {target.tool}{f' {target.version}' if target.version else ''}: {why}")
            statuses.append(FAILED)
            continue
        removed = [f"removed {path}" for path, fault in made.changed if fault == "not generated"]
        for note in () if check else (*made.notes, *removed):
            common.note(f"{target.name}: {note}")
        for path, fault in made.changed if check else ():
            click.echo(f"{path}: {fault}")
        click.echo(_line(made, check))
        for line in made.lost:
            print_note(f"{target.name}: {line}")
        statuses += [VIOLATIONS if check and made.changed else CONFORMS, FAILED if made.lost else CONFORMS]
        if prove:
            statuses.append(_prove(common, loaded, made))
    return max(statuses)


def _prove(common: Common, contract: Contract, made: Generated) -> int:
    from toolkit.cli.proving import prove_target

    try:
        proof = prove_target(contract, made, common.seed)
    except ContractToolkitError as error:
        print_note(f"{made.target.name}: {made.target.tool}: it cannot be proven: {error}")
        return FAILED
    click.echo(f"{made.target.name}: {proof.line()}")
    for fault in proof.faults():
        click.echo(f"{made.target.name}: {fault}")
    if proof.compiled.lacking or proof.unproven:
        return FAILED
    return CONFORMS if proof.holds() else VIOLATIONS


def _chosen(names: Sequence[str]) -> list[Target]:
    from toolkit.export.generate import Target
    from toolkit.export.tools import TOOLS

    tables = read_targets()
    if not tables:
        click.echo(_EXAMPLE, err=True)
        cure = f"write a table such as this one, NAME as you like; tools: {', '.join(TOOLS)}"
        raise UsageError(f"pyproject.toml names no target; {cure}")
    for name in names:
        if name not in tables:
            near = get_close_matches(name, tables, 3) or list(tables)
            raise UsageError(f"no target is called {name[:80]!r}; choose one of {', '.join(near)}")
    _refuse_shared_places({name: Path(table["out"]).absolute() for name, table in tables.items()}, tables)
    return [Target(name, **tables[name]) for name in dict.fromkeys(names or tables)]


def _refuse_shared_places(places: Mapping[str, Path], tables: Mapping[str, dict[str, Any]]) -> None:
    """A target with `clean` removes what another one writes below it."""
    whole = {name: Path(os.path.normpath(path)) for name, path in places.items()}
    for (name, place), (other, inner) in permutations(whole.items(), 2):
        out = tables[other]["out"]
        if place == inner:
            raise UsageError(f"the targets {name} and {other} have the same out, {out}; name another one")
        if tables[name].get("clean") and inner.is_relative_to(place):
            reason = f"the target {name} would clean away what {other} writes to {out}"
            raise UsageError(f"{reason}; name another out")


def _line(made: Generated, check: bool) -> str:
    """Target, tool, version, place, number of files and seconds."""
    target, count = made.target, plural(len(made.files), "file")
    state = ("stale" if made.changed else "as generated") if check else f"{len(made.changed)} changed"
    tool = f"{target.tool} {made.version}".rstrip()
    return f"{target.name}: {tool}: {target.out}: {count}, {state}, {made.seconds:.1f} s"
