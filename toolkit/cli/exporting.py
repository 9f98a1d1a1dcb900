"""`contract export`: schemas as XSD or JSON Schema, and copies of the contract for tools."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.common import Common, option
from toolkit.cli.outputs import refuse_overwriting_contract
from toolkit.cli.results import CONFORMS, FAILED, VIOLATIONS, print_note
from toolkit.errors import UsageError
from toolkit.structs import replace

if TYPE_CHECKING:
    from toolkit.contract.model import Contract
    from toolkit.contract.operation import Operation
    from toolkit.export.files import Exported
    from toolkit.export.tools import Changes

KINDS = ("xsd", "json-schema", "openapi")
_PARTS = ("responses", "requests", "parameters")

OPTIONS = (
    option("--out DIR", "Folder (default: schemas; openapi: standard output), FILE.json, FILE.xsd, or `-`."),
    option("--check", "Write nothing; exit with 1 where files in the folder are missing or stale."),
    option("--part", "xsd, json-schema: only these. Repeatable.", "parts", multiple=True, type=click.Choice(_PARTS)),
    option("--closed", "xsd: objects as written, unless additionalProperties is stated."),
    option("--one-file", "xsd: one file for each namespace, named after the contract."),
    option("--flat", "json-schema: without $ref."),
    option("--for TOOL", "openapi: the copy that this code generator needs.", "tool"),
    option("--version", "openapi: as OpenAPI 3.0.3, each loss named.", type=click.Choice(["3.0"])),
    option("--media", "openapi: one media type for each body.", type=click.Choice(["json", "xml"])),
    option("--pin-format", "openapi: the parameter that chooses the format has one value."),
    option("--inline-responses", "openapi: responses stand where they are used."),
    option("--inline-scalars", "openapi: schemas of scalars stand where they are used."),
    option("--text-times", "openapi: a date-time with a pattern is a string."),
    option("--portable-patterns", "openapi: patterns as regular expressions with the flag u want them."),
    option("--drop-conditions", "openapi: no if, then, else and dependent schemas."),
)
_ENDINGS = (".json", ".yaml", ".yml", ".xsd")
_OF_KIND = {"closed": "xsd", "one_file": "xsd", "flat": "json-schema", "tool": "openapi"}


def run_export(common: Common, kind: str, out: str | None, check: bool, given: dict[str, Any]) -> int:
    """Write the files, or look whether those in the folder are as they would be written; of a contract of which parts cannot be
    used, those of the rest, with status 2. Raises ContractError, UsageError."""
    from toolkit.contract.repair import made_of_rest
    from toolkit.export.files import paths, write

    _refuse_others(kind, given)
    make = _document if kind == "openapi" else partial(_schemas, kind)
    made, lost = made_of_rest(
        common.load(),
        lambda loaded: make(loaded, _chosen(common, loaded), out, given),
        lambda loaded: _chosen(common, loaded) or list(loaded.operations()),
    )
    exported, place = _placed(made, out or ("-" if kind == "openapi" else "schemas"))
    for line in lost:
        print_note(line)
    for note in () if check else exported.notes:
        common.note(note)
    if check:
        return _check(exported, place) or (FAILED if lost else CONFORMS)
    refuse_overwriting_contract(common.contract_path, common.overlay, paths(exported, place))
    for path in write(exported, place):
        click.echo(path)
    return FAILED if lost else CONFORMS


def _refuse_others(kind: str, given: dict[str, Any]) -> None:
    for name, value in given.items():
        wanted = "xsd, json-schema" if name == "parts" else _OF_KIND.get(name, "openapi")
        if value and kind not in wanted.split(", "):
            option = {"tool": "for", "parts": "part"}.get(name, name.replace("_", "-"))
            raise UsageError(f"--{option} belongs to {wanted}, not to {kind}; leave it out")


def _chosen(common: Common, loaded: Contract) -> list[Operation] | None:
    """The operations that are selected; None for all. Raises ContractError, UsageError."""
    selection = common.selection(loaded)
    if not common.operation and not selection:
        return None
    every = [loaded.operation(common.operation)] if common.operation else loaded.operations()
    return [one for one in every if selection.takes(one)]


def _placed(exported: Exported, out: str) -> tuple[Exported, str]:
    """What is written, and the folder: that of a file where `out` has an ending. Raises UsageError for several files in one."""
    path = Path(out)
    if path.suffix.lower() not in _ENDINGS or path.is_dir():
        return exported, out
    if len(exported.files) > 1:
        raise UsageError(f"{len(exported.files)} files cannot be written to {out}; name a folder by --out DIR")
    return replace(exported, files=dict.fromkeys([path.name], *exported.files.values())), str(path.parent)


def _schemas(
    kind: str, loaded: Contract, chosen: list[Operation] | None, out: str | None, given: dict[str, Any]
) -> Exported:
    from toolkit.export.files import FileStyle, export_files

    stem = Path(loaded.name).name.partition(".")[0] or "contract"
    style = FileStyle(given["flat"], given["closed"], stem if given["one_file"] else "")
    parts = given["parts"] or (_PARTS[:1] if out == "-" and not given["one_file"] else _PARTS)
    return export_files(kind, loaded, chosen, parts=parts, style=style)


def _document(loaded: Contract, chosen: list[Operation] | None, out: str | None, given: dict[str, Any]) -> Exported:
    from toolkit.export.changes import make_copy
    from toolkit.export.files import Exported

    copy = make_copy(loaded, _changes(given), chosen)
    return Exported({"openapi.json": copy.content}, copy.notes)


def _changes(given: dict[str, Any]) -> Changes:
    """Those that the tool needs, and those that are named."""
    from toolkit.export.tools import Changes, changes_for

    changes = changes_for(given["tool"]) if given["tool"] else Changes()
    named = {name: given[name] for name in Changes.__struct_fields__ if given[name]}
    return replace(changes, **named)


def _check(exported: Exported, out: str) -> int:
    from toolkit.export.files import stale

    if out == "-":
        raise UsageError("--check compares with files; name their folder by --out DIR")
    found = [f"{path}: {fault}" for path, fault in stale(exported, out)]
    for line in found:
        click.echo(line)
    return VIOLATIONS if found else CONFORMS
