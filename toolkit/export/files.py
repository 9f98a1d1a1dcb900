"""Schema files derived from a contract: one for each distinct schema of a response, by kind in KINDS.

A file is named after the schema's component, else after its root element, else after the operation and the status. Two
media types with the same schema make one file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class ResponseSchema:
    """The schema of a response, its name, and the kind (`json`, `xml`) of its media type."""

    name: str
    kind: str
    bundle: Bundle


def response_schemas(contract: Contract, operation: str | None) -> Iterator[ResponseSchema]:
    """Each distinct schema of each kind once, in the order of the contract.

    If several have the same name, a number is appended to all but the first.
    """
    chosen = [contract.operation(operation)] if operation else contract.operations()
    made: dict[tuple[str, str], list[Any]] = {}
    taken: set[tuple[str, str]] = set()
    for each in chosen:
        for response in _of(each):
            schemas = made.setdefault((response.kind, response.name), [])
            if response.bundle.schema not in schemas:
                schemas.append(response.bundle.schema)
                yield replace(response, name=_free_name(response, taken))


def _free_name(response: ResponseSchema, taken: set[tuple[str, str]]) -> str:
    name, count = response.name, 1
    while (response.kind, name.lower()) in taken:  # many file systems ignore case
        count += 1
        name = f"{response.name}-{count}"
    taken.add((response.kind, name.lower()))
    return name


def _of(operation: Operation) -> Iterator[ResponseSchema]:
    for status, spec in operation.responses.items():
        for content_type, media in spec.content.items():
            kind, bundle = media_type.kind(content_type), operation.body_bundle(media)
            if bundle and kind in ("json", "xml"):
                yield ResponseSchema(_name(bundle, f"{operation.name}{status}"), kind, bundle)


def _name(bundle: Bundle, otherwise: str) -> str:
    """The component's name, else the root element's, else `otherwise`, as a file name."""
    tokens = bundle.root.follow().tokens
    xml = followed(bundle.schema, bundle.schema).get("xml")
    named = xml.get("name") if isinstance(xml, dict) else None
    name = tokens[-1] if tokens[:2] == ("components", "schemas") else str(named or otherwise)
    return "".join(c if c.isalnum() or c in "-._" else "-" for c in name).strip(".-") or "schema"


def _json_schemas(found: Iterator[ResponseSchema]) -> Exported:
    files = {f"{each.name}.schema.json": _json(each) for each in found if each.kind == "json"}
    return Exported(files)


def _json(response: ResponseSchema) -> bytes:
    schema = response.bundle.schema
    whole = {"$schema": SCHEMA_URI, **{key: value for key, value in _plain(schema).items() if key != "$schema"}}
    return json.dumps(whole, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace") + b"\n"


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


def _xsds(found: Iterator[ResponseSchema]) -> Exported:
    from toolkit.xml.xsd import derive_xsd

    files: dict[str, bytes] = {}
    notes: list[str] = []
    for each in found:
        if each.kind == "xml":
            derived = derive_xsd(each.bundle.schema, root_name(each.bundle))
            files[f"{each.name}.xsd"] = derived.text.encode()
            notes += [
                f"{each.name}.xsd allows more than the contract: {one.keyword} at #{one.pointer}: {one.why}"
                for one in derived.losses
            ]
    return Exported(files, tuple(notes))


KINDS: dict[str, Callable[[Iterator[ResponseSchema]], Exported]] = {"xsd": _xsds, "json-schema": _json_schemas}


def export_files(kind: str, contract: Contract, operation: str | None = None) -> Exported:
    """The files of one kind. Raises UsageError if there is no such kind, or nothing to derive."""
    if kind not in KINDS:
        raise UsageError(f"unknown kind of export {kind[:80]!r}; choose one of {', '.join(KINDS)}")
    exported = KINDS[kind](response_schemas(contract, operation))
    if not exported.files:
        raise UsageError(
            f"{contract.name} documents no response to derive {kind} from; name another contract or operation"
        )
    return exported


def write(exported: Exported, out: str) -> Iterator[str]:
    """Write the files into a folder, or a single one to standard output for `-`. Yields each path as it is written."""
    if out == "-":
        if len(exported.files) > 1:
            raise UsageError(
                f"{len(exported.files)} files cannot be written to standard output; name a folder by --out DIR"
            )
        with open_output("-") as stream:
            stream.writelines(exported.files.values())
        return
    for name, content in exported.files.items():
        path = str(Path(out, name))
        with open_output(path) as stream:
            stream.write(content)
        yield path
