"""Schema files derived from a contract: one for each distinct schema of a response, by kind in KINDS.

A file is named after the schema's component, else after its root element, else after the operation and the status. Two
media types with the same schema make one file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.errors import UsageError
from toolkit.export.output import open_output
from toolkit.schema.bundle import SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_SINGLES, SCHEMA_URI, Bundle, followed
from toolkit.validation.bodies import root_name
from toolkit.wire import media_type


@dataclass(frozen=True, slots=True)
class Exported:
    """The content of each file by its name, and notes on what the target language cannot express."""

    files: dict[str, bytes]
    notes: tuple[str, ...] = ()


Named = tuple[str, Bundle]  # a schema of a response, with its name


def response_schemas(contract: Contract, operation: str | None, kind: str) -> Iterator[Named]:
    """Each distinct schema of a kind of media type (`json`, `xml`) once, in the order of the contract.

    If several have the same name, a number is appended to all but the first.
    """
    made: dict[str, list[Any]] = {}
    taken: set[str] = set()
    for each in [contract.operation(operation)] if operation else contract.operations():
        for name, bundle in _of(each, kind):
            schemas = made.setdefault(name, [])
            if bundle.schema not in schemas:
                schemas.append(bundle.schema)
                yield _free_name(name, taken), bundle


def _free_name(wanted: str, taken: set[str]) -> str:
    name, count = wanted, 1
    while name.lower() in taken:  # many file systems ignore case
        count += 1
        name = f"{wanted}-{count}"
    taken.add(name.lower())
    return name


def _of(operation: Operation, kind: str) -> Iterator[Named]:
    for status, spec in operation.responses.items():
        for content_type, media in spec.content.items():
            bundle = operation.body_bundle(media)
            if bundle and media_type.kind(content_type) == kind:
                yield _name(bundle, f"{operation.name}{status}"), bundle


def _name(bundle: Bundle, otherwise: str) -> str:
    """The component's name, else the root element's, else `otherwise`, as a file name."""
    tokens = bundle.root.follow().tokens
    xml = followed(bundle.schema, bundle.schema).get("xml")
    named = xml.get("name") if isinstance(xml, dict) else None
    name = tokens[-1] if tokens[:2] == ("components", "schemas") else str(named or otherwise)
    return "".join(c if c.isalnum() or c in "-._" else "-" for c in name).strip(".-") or "schema"


def _json_schemas(found: Iterator[Named]) -> Exported:
    files: dict[str, bytes] = {}
    for name, bundle in found:
        plain = {key: value for key, value in _plain(bundle.schema).items() if key != "$schema"}
        text = json.dumps({"$schema": SCHEMA_URI, **plain}, ensure_ascii=False, indent=2)
        files[f"{name}.schema.json"] = text.encode("utf-8", "backslashreplace") + b"\n"
    return Exported(files)


def _plain(schema: Any) -> Any:
    """A schema without the keywords that only OpenAPI has: `xml`, `example`, `discriminator`, `externalDocs` and extensions."""
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in _OPENAPI and not key.startswith("x-")}
    return {key: _plain_keyword(key, value) for key, value in kept.items()}


def _plain_keyword(key: str, value: Any) -> Any:
    if key in SCHEMA_MAPS and isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if key in SCHEMA_LISTS and isinstance(value, list):
        return [_plain(item) for item in value]
    return _plain(value) if key in SCHEMA_SINGLES else value


_OPENAPI = frozenset({"xml", "example", "discriminator", "externalDocs"})


def _xsds(found: Iterator[Named]) -> Exported:
    from toolkit.xml.xsd import derive_xsd

    files: dict[str, bytes] = {}
    notes: list[str] = []
    for name, bundle in found:
        derived = derive_xsd(bundle.schema, root_name(bundle))
        files[f"{name}.xsd"] = derived.text.encode()
        more = f"{name}.xsd allows more than the contract"
        notes += [f"{more}: {one.keyword} at #{one.pointer}: {one.why}" for one in derived.losses]
    return Exported(files, tuple(notes))


KINDS: dict[str, tuple[str, Callable[[Iterator[Named]], Exported]]] = {
    "xsd": ("xml", _xsds),
    "json-schema": ("json", _json_schemas),
}


def export_files(kind: str, contract: Contract, operation: str | None = None) -> Exported:
    """The files of one kind. Raises UsageError if there is no such kind, or nothing to derive."""
    if kind not in KINDS:
        raise UsageError(f"unknown kind of export {kind[:80]!r}; choose one of {', '.join(KINDS)}")
    of_media, derive = KINDS[kind]
    exported = derive(response_schemas(contract, operation, of_media))
    if not exported.files:
        raise UsageError(
            f"{contract.name} documents no response to derive {kind} from; name another contract or operation"
        )
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
