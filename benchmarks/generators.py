"""What code generators make of a contract: python benchmarks/generators.py [--contract FILE] [--only TOOL...]

Run in a folder where node_modules, its own or one above, holds generators of npm, typescript and openapi-fetch; others are found
beside this Python and on PATH, jars on CLASSPATH. Each tool of `contract generate` that is installed generates into a target
there, and is proven as by `contract generate --prove`; the table of docs/generators.md is printed. What was not examined is
said: `-`, with the reason under remarks. The exit status is 1 where something fails; with `--expect FILE`, where a row is not as
the table of that file states it (docs/generators.md), remarks aside: known faults of others are stated there, by tool and version.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from toolkit.cli.proving import prove_target
from toolkit.contract.model import Contract
from toolkit.errors import ContractToolkitError
from toolkit.export.generate import Target, generate
from toolkit.export.tools import TOOLS

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "datamodel-code-generator": "models_of.py",
    "datamodel-code-generator-xsd": "xml_models.py",
    "openapi-typescript": "schema.d.ts",
    "orval": "api.ts",
    "oazapfts": "oazapfts_api.ts",
    "generateDS": "bound.py",
    "pyxbgen": "pyxb_bound.py",
}
OPTIONS = {
    "openapi-python-client": ("--meta", "none"),
    "openapi-generator-java": ("--library", "native", "--additional-properties", "openApiNullable=false"),
    "openapi-generator-rust": ("--additional-properties", "packageVersion=1.0.0"),
    "openapi-generator-go": ("--additional-properties", "enumClassPrefix=true"),
}
COLUMNS = (
    "tool",
    "version",
    "generates",
    "files",
    "compiles",
    "decodes",
    "errors",
    "errors typed",
    "reference service",
    "remarks",
)


def row(contract: Contract, tool: str) -> dict[str, str]:
    stem = "".join(letter if letter.isalnum() else "_" for letter in tool).strip("_")
    target = Target(tool, tool, FILES.get(tool, f"made_by_{stem}"), options=OPTIONS.get(tool, ()))
    try:
        made = generate(contract, target)
    except (ContractToolkitError, OSError) as error:
        missing = "not installed" in str(error)
        remarks = "not installed" if missing else str(error)
        return {"tool": tool, "generates": "-" if missing else "no", "remarks": remarks}
    proof = prove_target(contract, made)
    found = {"tool": tool, "version": made.version, "generates": "yes", "files": str(len(made.files))}
    if proof.compiled.fault or proof.compiled.lacking:
        lacking = f"{proof.compiled.lacking} is not here" if proof.compiled.lacking else proof.compiled.fault
        return {**found, "compiles": "no" if proof.compiled.fault else "-", "remarks": lacking}
    return {**found, "compiles": "yes", **proof.counts(), "remarks": "; ".join([*proof.left(), *proof.faults()])}


def stated(path: str) -> dict[str, list[str]]:
    """The rows of a table such as the one that is printed, by tool."""
    lines = (line.strip().strip("|").split("|") for line in Path(path).read_text("utf-8").splitlines())
    return {cells[0].strip(): [cell.strip() for cell in cells] for cells in lines if len(cells) == len(COLUMNS)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contract", default=str(ROOT / "openapi.yaml"))
    parser.add_argument("--only", nargs="*", default=list(TOOLS), choices=list(TOOLS))
    parser.add_argument("--expect", metavar="FILE", help="exit with 0 where each row is as this table states it")
    given = parser.parse_args()
    known = stated(given.expect) if given.expect else {}
    contract = Contract.load(given.contract)
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    failed = False
    for tool in given.only:
        one = row(contract, tool)
        cells = [one.get(column, "-").replace("|", "/") for column in COLUMNS]
        print(f"| {' | '.join(cells)} |", flush=True)
        for column, cell, wanted in zip(COLUMNS[:-1], cells, known.get(tool, ["no row"] * len(cells)), strict=False):
            if given.expect and cell != wanted:
                print(f"{tool}: {column} is {cell}, and {wanted} is stated", file=sys.stderr, flush=True)
        is_good = cells[:-1] == known.get(tool, [])[:-1] if given.expect else one["remarks"] in ("", "not installed")
        failed |= not is_good
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
