"""Schema files derived from a contract, by kind in KINDS: one file for each distinct schema, or one for all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.document.pointers import grouped, object_at
from toolkit.errors import UsageError
from toolkit.export.bodies import PARTS, NamedSchema, Wanted, named_schemas, says_nothing
from toolkit.export.definitions import flat_schema, plain_schema, portable_schema
from toolkit.export.output import open_output
from toolkit.structs import Frozen
from toolkit.verdict import few


class Exported(Frozen):
    """The content of each file by its name, and notes on what the target language cannot express."""

    files: dict[str, bytes]
    notes: tuple[str, ...] = ()


class FileStyle(Frozen):
    """How schemas are written. `flat`: JSON Schemas without `$ref`. `closed`: XSDs of objects as they are written, unless
    `additionalProperties` is stated. `one_file`: one XSD for each namespace, of the stem given."""

    flat: bool = False
    closed: bool = False
    one_file: str = ""


_MOST_REPEATED = 10_000  # definitions that stand in a file and in another one too: beyond, XSDs include them


def _repeated(found: list[NamedSchema]) -> int:
    every = [id(part) for one in found for part in object_at(one.schema, "$defs").values()]
    return len(every) - len(set(every))


def _json_schemas(found: list[NamedSchema], style: FileStyle) -> Exported:
    files: dict[str, bytes] = {}
    notes: list[tuple[str, str]] = []
    for one in found:
        file = f"{one.name}.schema.json"
        schema, told = portable_schema(plain_schema(one.schema, one.name), file)
        if style.flat:
            schema, more = flat_schema(schema, file)
            told = [*told, *more]
        notes += ((note.removeprefix(f"{file}: "), file) for note in told)
        files[file] = (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")
    return Exported(files, tuple(f"{few(names, 10)}: {note}" for note, names in grouped(notes).items()))


def _xsds(found: list[NamedSchema], style: FileStyle) -> Exported:
    from toolkit.xml.parse import is_name
    from toolkit.xml.xsd import derive_apart, derive_xsd, derive_xsds

    notes = list[str]()
    nothing = "its schema says nothing, so that there is nothing to derive"
    unfit = "{!r} is no name of an XML element, so that no document has it as its root; give the schema an `xml.name`"
    lost = {one.name: unfit.format(one.root) for one in found if not is_name(one.root)}
    lost |= {one.name: nothing for one in found if style.closed and says_nothing(one.schema)}
    found = [one for one in found if one.name not in lost]
    if style.one_file:
        made = derive_xsds(((one.root, one.schema, one.place) for one in found), style.one_file, closed=style.closed)
    elif _repeated(found) > _MOST_REPEATED:
        made = derive_apart(
            [(one.name, one.root, one.schema, one.place) for one in found], "types", closed=style.closed
        )
        notes.append(
            "what many schemas refer to stands once, in types.xsd, which the other files include; keep them together"
        )
    else:
        made = {one.name: derive_xsd(one.schema, one.root, closed=style.closed) for one in found}
    notes += [f"{name}: {why}" for name, why in lost.items()]
    alike = grouped((str(loss), f"{name}.xsd") for name, derived in made.items() for loss in derived.losses)
    notes += [f"{'each of ' * (len(names) > 1)}{few(names, 10)} {loss}" for loss, names in alike.items()]
    return Exported({f"{name}.xsd": derived.text.encode() for name, derived in made.items()}, tuple(notes))


KINDS: dict[str, tuple[str, Wanted, Callable[[list[NamedSchema], FileStyle], Exported]]] = {
    "xsd": ("XML", ("xml", "form", "multipart"), _xsds),
    "json-schema": ("JSON", ("json", "form", "multipart"), _json_schemas),
}


def export_files(
    kind: str,
    contract: Contract,
    operations: Sequence[Operation] | None = None,
    *,
    parts: Sequence[str] = PARTS,
    style: FileStyle | None = None,
) -> Exported:
    """The files of one kind. Raises UsageError if there is no such kind, or nothing to derive."""
    if kind not in KINDS:
        raise UsageError(f"unknown kind of export {kind[:80]!r}; choose one of {', '.join(KINDS)}")
    language, wanted, derive = KINDS[kind]
    operations = list(contract.operations()) if operations is None else operations
    found = list(named_schemas(operations, wanted, parts))
    bodies = [part for part in parts if part != "parameters"]
    if kind == "xsd" and bodies and next(named_schemas(operations, ("xml",), bodies), None) is None:
        found = []  # parameters and forms alone do not make a service one of XML
    if not found:
        nothing = f"{kind} is derived from schemas of {language}, and none of its {', '.join(parts)} has one"
        raise UsageError(f"{contract.name}: {nothing}; name another contract or operation")
    exported = derive(found, style or FileStyle())
    if not exported.files:
        raise UsageError(f"{contract.name}: {exported.notes[0]}; name another contract or operation")
    return exported


def paths(exported: Exported, out: str) -> list[str]:
    """The files that `write` makes."""
    return [] if out == "-" else [str(Path(out, name)) for name in exported.files]


def write(exported: Exported, out: str) -> Iterator[str]:
    """Write the files into a folder, or a single one to standard output for `-`. Yields each path as it is written."""
    if out == "-":
        count = len(exported.files)
        if count > 1:
            raise UsageError(f"{count} files cannot be written to standard output; name a folder by --out DIR")
        with open_output("-") as stream:
            stream.writelines(exported.files.values())
        return
    for name, content in exported.files.items():
        path = str(Path(out, name))
        with open_output(path) as stream:
            stream.write(content)
        yield path


def stale(exported: Exported, out: str) -> Iterator[tuple[str, str]]:
    """The files in a folder that are not as exported, by path, each `missing` or `stale`."""
    for name, content in exported.files.items():
        path = Path(out, name)
        if not path.is_file():
            yield str(path), "missing"
        elif path.read_bytes() != content:
            yield str(path), "stale"
