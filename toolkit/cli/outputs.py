"""What a command writes must be none of the files that it reads, by whatever name: a link, another case of the letters."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from toolkit.contract.shipped import default_contract
from toolkit.errors import ContractError, RecordingError, UsageError

# In a folder of recordings these may be reports of an earlier run.
_REPORTS = (".json", ".xml", ".sarif", ".html", ".txt")

_READ = {"ca_file": "the file of certificates", "baseline": "the baseline"}


def refuse_overwriting(options: Mapping[str, Any]) -> None:
    """Raises UsageError where an output among the options of a command is an input, or another output, and ReportError where a report
    cannot be, or the current folder is gone: before anything is asked, read or written."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current folder was removed; change to one that exists") from None
    written: dict[Any, str] = {}
    for option, path in _outputs(options):
        if (identity := _identity(path)) in written:
            raise UsageError(f"{option} and {written[identity]} are the same file, {path}; name another one")
        written[identity or path] = option
        if identity is not None and identity[0] != "new":
            for kind, other in _inputs(options, path):
                if _identity(other) == identity:
                    raise UsageError(f"{option} is {kind}, {path}, and would overwrite it; name another file")
    if reports := options.get("reports"):
        from toolkit.reports.writers import targets_of

        targets_of(reports)


def _outputs(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for report in options.get("reports") or ():
        if (path := report.partition("=")[2]) not in ("", "-"):
            yield "--report", path
    if options.get("record"):
        yield "--record", options["record"]
    if options.get("baseline") and options.get("update_baseline"):
        yield "--baseline", options["baseline"]
    if "url" in options and options.get("out"):
        yield "--out", options["out"]
    if options.get("target") not in (None, "-"):
        yield "OUT", options["target"]


def named_pipes(options: Mapping[str, Any]) -> Iterator[str]:
    """The named pipes among the inputs and outputs of a command, which waits until another program opens their other end."""
    inputs = options.get("paths") or filter(None, [options.get("source")])
    for path in (*(path for _, path in _outputs(options)), *inputs):
        with suppress(OSError, ValueError):
            if Path(path).is_fifo() and not path.startswith(("/dev/", "/proc/")):
                yield path


def refuse_overwriting_contract(contract: str, overlays: Iterable[str], outputs: Iterable[str]) -> None:
    """Raises UsageError where one of the output files is a file of the contract or an overlay of it."""
    files = {identity for file in (*_contract_files(contract), *overlays) if (identity := _identity(file))}
    for path in outputs:
        if _identity(path) in files:
            raise UsageError(f"{path} is a file of the contract, and would be overwritten; name another folder")


def _contract_files(contract: str) -> Iterator[str]:
    """The files of a contract: itself, what it refers to, and the XSDs that it names. They lie in its folder or below."""
    from toolkit.document.files import open_document
    from toolkit.document.identifiers import objects

    with suppress(ContractError):
        for path, tree in open_document(contract).files.trees.items():
            yield str(path)
            named = (value.get("x-xsd") for _, value in objects(tree))
            yield from (str(path.parent / name) for name in named if isinstance(name, str))


def _inputs(options: Mapping[str, Any], output: str) -> Iterator[tuple[str, str]]:
    contracts = {"the contract": options["contract"] or default_contract()} if "contract" in options else {}
    contracts |= {f"the {side} contract": _file(options[side]) for side in ("old", "new") if side in options}
    for kind, contract in contracts.items():
        yield kind, contract
        if Path(output).resolve().is_relative_to(Path(contract).resolve().parent):
            yield from (("a file of the contract", file) for file in _contract_files(contract))
    if options.get("app"):
        module = options["app"].partition(":")[0].removesuffix(".py").lstrip("./")
        yield "the application", module.replace(".", "/") + ".py"
    for overlay in options.get("overlays") or options.get("overlay") or ():
        yield "an overlay of the contract", str(overlay)
    yield "the file of settings", "pyproject.toml"
    for name, kind in _READ.items():
        if options.get(name) and not (name == "baseline" and options["update_baseline"]):
            yield kind, options[name]
    for path in options.get("paths") or filter(None, [options.get("source")]):
        yield "the input", path
        if path != "-" and not output.lower().endswith(_REPORTS):
            from toolkit.recordings.reading import expand

            with suppress(RecordingError):
                yield from (("one of the recordings", file) for file, _ in expand([path]))


def _file(version: str) -> str:
    """The file of a version of the contract; of a revision of git the one that it is a version of."""
    return version.split(":", 2)[-1] if version.startswith("git:") else version


def _identity(path: str) -> tuple[Any, ...] | None:
    """What tells a file from others; None for what is no plain file, such as a device or a pipe."""
    with suppress(OSError, ValueError):
        found = Path(path).stat()
        return (found.st_dev, found.st_ino) if Path(path).is_file() else None
    return ("new", os.path.realpath(path)) if "\0" not in path else None
