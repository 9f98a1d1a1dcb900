"""One target of `contract generate`: the copy that its tool needs, the tool's run, and what the run changed in the tree."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from toolkit.contract.model import Contract
from toolkit.contract.repair import made_of_rest
from toolkit.document.writing import reason
from toolkit.errors import UsageError
from toolkit.export.changes import make_copy
from toolkit.export.files import Exported, FileStyle, export_files, stale
from toolkit.export.tools import Installation, Tool, find_tool, run_program, tool_named
from toolkit.structs import Frozen
from toolkit.verdict import clip

LIMIT = 600.0  # seconds that a tool may take
_LAST_WORDS = 300  # characters


class Target(Frozen):
    """A table of `[tool.contract.generate]`. `options` follow the tool's own, `{root}` in them being the project's folder;
    `jar` is the file to run by java; with `clean`, files in `out` that the tool did not write are removed."""

    name: str
    tool: str
    out: str
    version: str = ""
    options: Sequence[str] = ()
    jar: str = ""
    clean: bool = False


class Generated(Frozen):
    """What a tool wrote: its version, contents by path, those paths that the tree lacked, had otherwise or has for no reason, each with `missing`,
    `stale` or `not generated`; seconds that it took, notes on the copy, the program that was run, and what of the contract cannot be used."""

    target: Target
    version: str
    files: Mapping[str, bytes]
    changed: tuple[tuple[str, str], ...]
    seconds: float
    notes: tuple[str, ...] = ()
    program: str = ""
    lost: tuple[str, ...] = ()


def generate(contract: Contract, target: Target, *, download: bool = False) -> Generated:
    """Run the tool of a target beside the tree, and compare. Raises UsageError if it is not installed, fails or writes nothing."""
    tool = tool_named(target.tool)
    _refuse_place(target)
    found = find_tool(tool, target.version, target.jar, download)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".contract-generate-", dir=Path.cwd()) as scratch:
        folder = Path(scratch, "work")  # tools write the name of their folder into their output
        folder.mkdir()
        (written, notes), lost = made_of_rest(contract, lambda one: _write_input(one, target, tool, folder))
        out = folder / Path(target.out).name
        if tool.makes_folder:
            out.mkdir()
        ended, said = _run(_command(found, tool, target, written, out.name), folder)
        files = dict(_contents(out, Path(target.out)))
    if not files:
        raise UsageError(f"{ended}, and nothing is written to {target.out}; look at its options")
    changed = tuple(_changes(files, target))
    seconds = time.monotonic() - started
    if (at := said.lower().find("warning")) >= 0:  # such as of an operation for which it makes no function
        notes += (f"{target.tool} says: {clip(said[at:], _LAST_WORDS)}",)
    return Generated(target, found.version, files, changed, seconds, notes, found.command[0], tuple(lost))


def write_generated(made: Generated) -> None:
    """Bring the tree to what was generated. Raises UsageError where it cannot be written."""
    try:
        for path, fault in made.changed:
            if fault == "not generated":
                Path(path).unlink()
            else:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).write_bytes(made.files[path])
    except OSError as error:
        raise UsageError(f"cannot write to {made.target.out}: {reason(error)}; name another `out`") from None


def _refuse_place(target: Target) -> None:
    if "\0" in target.out:
        raise UsageError(f"out = {target.out!r} is no path; name a folder or a file")
    place = Path(target.out).resolve()
    if Path.cwd().resolve().is_relative_to(place):
        cure = "name a folder or a file for this target alone"
        raise UsageError(f"out = {target.out!r} is the project's own folder; {cure}")


def _write_input(contract: Contract, target: Target, tool: Tool, folder: Path) -> tuple[str, tuple[str, ...]]:
    """The name of the file that the tool reads, and notes on what was left out of it."""
    if tool.reads == "openapi":
        copy = make_copy(contract, tool.copy)
        (folder / "openapi.json").write_bytes(copy.content)
        return "openapi.json", copy.notes
    exported = export_files("xsd", contract, style=FileStyle(closed=True, one_file="contract"))
    for name, content in exported.files.items():
        (folder / name).write_bytes(content)
    return next(iter(exported.files)), exported.notes


def _command(found: Installation, tool: Tool, target: Target, written: str, out: str) -> list[str]:
    path = Path(out)
    folder, file = (".", out) if path.suffix else (out, "api.ts")
    words = {"input": written, "out": out, "name": path.stem, "folder": folder, "file": file}
    command = list(found.command)
    for word in tool.arguments.split():
        if word == "{options}":
            command += [option.replace("{root}", str(Path.cwd())) for option in target.options]
        else:
            command.append(word.format_map(words))
    return command


def _run(command: list[str], folder: Path) -> tuple[str, str]:
    """How the command ended, with its last words, and all its words. Raises UsageError, which says it too, where it fails."""
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    shown = shlex.join([Path(command[0]).name, *command[1:]])
    try:
        status, output, _ = run_program(command, LIMIT, folder, env, apart=False)
    except subprocess.TimeoutExpired:
        raise UsageError(f"`{shown}` took more than {LIMIT:.0f} s and was ended") from None
    except OSError as error:
        raise UsageError(f"`{shown}` cannot be run: {error.strerror}") from None
    # in one line, without colours and the lines of boxes
    said = " ".join(re.sub(r"\x1b\[[0-9;]*m|[\u2500-\u257f]", " ", output.decode("utf-8", "replace")).split())
    last = f"...{said[-_LAST_WORDS:]}" if len(said) > _LAST_WORDS else said or "it said nothing"
    ended = f"`{shown}` ended with {status}: {last}"
    if status:
        raise UsageError(ended)
    return ended, said


def _contents(made: Path, place: Path) -> Iterator[tuple[str, bytes]]:
    """The files that a tool wrote, by the paths that they get in the tree."""
    if made.is_file():
        yield str(place), made.read_bytes()
    for path in sorted(made.rglob("*")) if made.is_dir() else ():
        if _is_kept(path.relative_to(made)) and path.is_file():
            yield str(place / path.relative_to(made)), path.read_bytes()


def _is_kept(path: Path) -> bool:
    """Whether a file is of a tool's making: caches of Python and of linters are not."""
    return not {"__pycache__", ".ruff_cache", ".mypy_cache", "node_modules"}.intersection(path.parts)


def _changes(files: Mapping[str, bytes], target: Target) -> Iterator[tuple[str, str]]:
    yield from stale(Exported(dict(files)), "")
    if target.clean and Path(target.out).is_dir():
        for path in sorted(Path(target.out).rglob("*")):
            if path.is_file() and _is_kept(path.relative_to(target.out)) and str(path) not in files:
                yield str(path), "not generated"
