"""What code generators make of the shipped contract: python benchmarks/generators.py [--only TOOL...]

Run in a folder where node_modules, its own or one above, holds generators of npm and typescript; others are found beside
this Python and on PATH. Each tool of
`contract generate` that is installed generates into a temporary target there, and the table of docs/generators.md is printed:
whether code came out, whether it compiles (Python by `compile`, TypeScript by tsc --noEmit, classes of xjc by javac with `--classpath`), and
for the tools that have a driver in tests/support/generated.py what the code decoded of the reference service: a page, an empty
page, an error, tasks since yesterday. What was not examined is said: `-`. The exit status is 1 where something fails.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.generated import DRIVERS, NEEDED, importing  # noqa: E402
from support.serving import serving  # noqa: E402

from toolkit.cli.commands import open_reference  # noqa: E402
from toolkit.contract.model import Contract  # noqa: E402
from toolkit.export.generate import Target, attempt, write_generated  # noqa: E402
from toolkit.export.tools import TOOLS  # noqa: E402
from toolkit.services.service import create_app  # noqa: E402

PLACE = "generated-for-the-table"
FILES = {
    "datamodel-code-generator": "models_of.py",
    "openapi-typescript": "schema.d.ts",
    "orval": "api.ts",
    "generateDS": "bound.py",
}
OPTIONS = {"openapi-python-client": ("--meta", "none"), "@hey-api/openapi-ts": ("-c", "@hey-api/client-fetch")}
COLUMNS = ("tool", "version", "generates", "files", "seconds", "compiles", "page", "empty", "error", "StartTime")
TSC = (
    "--noEmit --strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler "
    "--lib es2022,dom,dom.iterable --allowImportingTsExtensions"
)


def compiles(out: Path, classpath: str) -> str:
    """`yes`, `no` with the first fault, or `-` for a language that nothing here compiles."""
    found = [out] if out.is_file() else sorted(path for path in out.rglob("*") if path.is_file())
    python = [path for path in found if path.suffix == ".py"]
    typescript = [str(path) for path in found if path.suffix == ".ts"]
    java = [str(path) for path in found if path.suffix == ".java"]
    if python:
        for path in python:
            try:
                compile(path.read_bytes(), str(path), "exec")
            except SyntaxError as error:
                return f"no: {path.name}: {error.msg}"
        return "yes"
    tsc = next((path for path in _binaries("tsc") if path.exists()), None)
    if typescript and tsc:
        return _run([str(tsc), *TSC.split(), *typescript])
    if java and classpath and shutil.which("javac"):
        return _run(["javac", "-nowarn", "-cp", classpath, "-d", f"{PLACE}/classes", *java])
    return "-"


def _binaries(name: str) -> Iterator[Path]:
    here = Path.cwd()
    yield from (folder / "node_modules" / ".bin" / name for folder in (here, *here.parents))


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line]
    return "yes" if done.returncode == 0 else f"no: {(said or ['?'])[0][:120]}"


def decodes(tool: str, out: Path, url: str) -> dict[str, str]:
    """For each kind of request whether what the code decoded equals the response as it was."""
    if tool not in DRIVERS:
        return {}
    since = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    cases: dict[str, dict[str, Any]] = {
        "page": {"PageSize": 3, "PageNumber": 2},
        "empty": {"PageNumber": 90_000},
        "error": {"StartTime": "2026-02-30T00:00:00Z"},
        "StartTime": {"StartTime": since},
    }
    results = {}
    with importing(out) as module:
        ask = DRIVERS[tool](module, url)
        for name, case in cases.items():
            parameters = {"DomainName": "example.com", **case}
            response = httpx.get(url, params={**NEEDED, "Format": "JSON", **parameters})
            said = response.json()
            expected = [one["TaskId"] for one in said["Tasks"]["Task"]] if "Tasks" in said else said["Code"]
            try:
                results[name] = "yes" if ask(parameters) == (response.status_code, expected) else "no: otherwise"
            except Exception as error:
                results[name] = f"no: {type(error).__name__}"
    return results


def row(contract: Contract, tool: str, url: str, classpath: str) -> dict[str, str]:
    stem = "".join(letter if letter.isalnum() else "_" for letter in tool).strip("_")
    target = Target(tool, tool, f"{PLACE}/{FILES.get(tool, f'made_by_{stem}')}", options=OPTIONS.get(tool, ()))
    made = attempt(contract, target)
    if isinstance(made, str):
        print(f"{tool}: {made}", file=sys.stderr)
        missing = "not installed" in made
        return {"tool": tool, "generates": "not installed" if missing else "no"}
    write_generated(made)
    result = {"tool": tool, "version": made.version, "generates": "yes", "files": str(len(made.files))}
    result |= {"seconds": f"{made.seconds:.1f}", "compiles": compiles(Path(target.out), classpath)}
    return result | decodes(tool, Path(target.out), url)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=list(TOOLS), choices=list(TOOLS))
    parser.add_argument("--classpath", default="", help="the jars that classes of xjc need")
    given = parser.parse_args()
    contract = Contract.load(ROOT / "openapi.yaml")
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    failed = False
    try:
        with open_reference(contract, 0) as (service, _), serving(create_app(service)) as url:
            for tool in given.only:
                one = row(contract, tool, url, given.classpath if tool == "xjc" else "")
                failed |= any(value.startswith("no") and value != "not installed" for value in one.values())
                print(f"| {' | '.join(one.get(column, '-') for column in COLUMNS)} |", flush=True)
    finally:
        shutil.rmtree(PLACE, ignore_errors=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
