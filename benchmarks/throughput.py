"""What verdicts cost beside parsing alone and beside other validators: python benchmarks/throughput.py

Makes the corpus in a temporary folder, runs each contender in a process of its own, in turns, ROUNDS times, of which
the fastest counts, checks that all refuse the same exchanges, and writes docs/benchmarks.md. openapi-core (PyPI) and ajv
(npm, installed into the temporary folder) are left out where they are not to be had. `--memory` measures peak memory on
100 MB and 2 GB of JSON lines and on a 1 GB HAR as well; it takes some minutes, and 3 GB of disk.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import corpus

HERE = Path(__file__).parent
ROOT = HERE.parent
CONTRACT = ROOT / "openapi.yaml"
EACH = 400  # exchanges of each size
SAMPLE = 300  # exchanges that the slow contenders are given
ROUNDS = 3
LOAD = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0  # before the run
COPIES = 20  # of the corpus, in the file that whole processes read
PARSERS = {
    "JSON": ("parse-json", "orjson alone: the lines and the bodies"),
    "XML": ("parse-xml", "orjson the lines, lxml the bodies"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `seconds` for `exchanges`, and how many times the parser's time for the same that is."""

    name: str
    exchanges: int
    seconds: float
    ratio: float
    peak_mb: float


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sections = [*_formats(work), *_sizes(work), *_processes(work)]
        if "--memory" in sys.argv:
            sections += _memory(work)
    text = "\n".join((*_head(), *sections))
    (ROOT / "docs" / "benchmarks.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def _head() -> Iterator[str]:
    yield "# Benchmarks\n"
    yield "Made by `python benchmarks/throughput.py`; the corpus and the contenders are described there. Times are of the"
    yield "processor, in the fastest of several turns; a ratio is to parsing the same exchanges, in the same run.\n"
    system = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    )
    yield f"{datetime.now(UTC):%Y-%m-%d}, {system}.\n"
    if LOAD > 0.5:
        yield f"The load average before the run was {LOAD:.1f}: other work may have shared the machine, which tells on seconds by the clock.\n"


def _formats(work: Path) -> Iterator[str]:
    for media in ("JSON", "XML"):
        whole = corpus.make(work / f"{media}.jsonl", CONTRACT, media, EACH)
        sample = _sample(whole)
        measured = _turns([(PARSERS[media][0], whole), ("toolkit", whole)], ROUNDS)
        parser, ours = measured[PARSERS[media][0]], measured["toolkit"]
        rows = [_row(PARSERS[media][1], whole, parser, parser), _row("**this project**", whole, ours, parser)]
        if media == "JSON":
            rows += _others(work, sample)
        yield f"\n## {media}: {whole.exchanges:,} exchanges, {whole.megabytes:.0f} MB, 1 to 100 kB a body, 5% invalid\n"
        yield from _table(rows)


def _sample(whole: corpus.Corpus) -> corpus.Corpus:
    path = whole.path.with_suffix(".sample.jsonl")
    with whole.path.open("rb") as lines:
        path.write_bytes(b"".join(line for line, _ in zip(lines, range(SAMPLE), strict=False)))
    return corpus.Corpus(path, SAMPLE, frozenset(number for number in whole.invalid if number < SAMPLE))


def _others(work: Path, sample: corpus.Corpus) -> list[Row]:
    """The other validators on the sample, and the parser and this project on it again."""
    measured = _turns([("parse-json", sample), ("toolkit", sample)], ROUNDS)
    parser = measured["parse-json"]
    rows = [_row(f"this project, the first {SAMPLE}", sample, measured["toolkit"], parser)]
    others = (("openapi-core", _contender("openapi-core", sample)), ("ajv, the body alone", _ajv(work, sample)))
    return rows + [_row(f"{name}, the same {SAMPLE}", sample, found, parser) for name, found in others if found]


def _sizes(work: Path) -> Iterator[str]:
    yield "\n## By size of the body: times of this project to times of the parser\n"
    yield "| format | " + " | ".join(f"{size} kB" for size in corpus.SIZES) + " |"
    yield "| --- |" + " ---: |" * len(corpus.SIZES)
    for media in ("JSON", "XML"):
        ratios = []
        for size in corpus.SIZES:
            made = corpus.make(work / "size.jsonl", CONTRACT, media, EACH, (size,))
            measured = _turns([(PARSERS[media][0], made), ("toolkit", made)], ROUNDS)
            ratios.append(measured["toolkit"]["seconds"] / measured[PARSERS[media][0]]["seconds"])
        yield f"| {media} | " + " | ".join(f"{ratio:.1f}" for ratio in ratios) + " |"


def _processes(work: Path) -> Iterator[str]:
    large = work / "large.jsonl"
    _copies(work / "JSON.jsonl", large, COPIES)
    yield f"\n## Whole processes: `contract validate --jobs N` on {large.stat().st_size / 1e6:,.0f} MB of JSON lines\n"
    yield "| jobs | seconds by the clock | seconds of all processors | peak MB of the largest process |"
    yield "| ---: | ---: | ---: | ---: |"
    clock: dict[int, float] = {}
    best: dict[int, tuple[float, float, float]] = {}
    for _ in range(ROUNDS):
        for jobs in (1, 2):
            found = _validate(large, jobs)
            if found[0] < clock.get(jobs, found[0] + 1):
                clock[jobs], best[jobs] = found[0], found
    for jobs, (seconds, used, peak) in best.items():
        yield f"| {jobs} | {seconds:.2f} | {used:.2f} | {peak:.0f} |"
    free = 2 * best[1][1] / best[2][1]
    yield f"\nTwo processes are {clock[1] / clock[2]:.2f} times as fast as one; with two processors to themselves, by what"
    yield f"they use of them, {free:.2f} times."


def _memory(work: Path) -> Iterator[str]:
    yield "\n## Peak memory of `contract validate --jobs 2`, the largest process\n"
    yield "| input | MB | seconds by the clock | peak MB |"
    yield "| --- | ---: | ---: | ---: |"
    size = (work / "JSON.jsonl").stat().st_size
    for name, wanted in (("JSON lines", 100e6), ("JSON lines", 2e9), ("HAR", 1e9)):
        path = work / "memory.file"
        _copies(work / "JSON.jsonl", path, round(wanted / size), har=name == "HAR")
        seconds, _, peak = _validate(path, 2)
        yield f"| {name} | {path.stat().st_size / 1e6:,.0f} | {seconds:.1f} | {peak:.0f} |"
        path.unlink()


def _copies(source: Path, target: Path, count: int, har: bool = False) -> None:
    """The lines of a corpus many times over, or a HAR with them as its entries."""
    lines = source.read_bytes()
    with target.open("wb") as stream:
        if not har:
            stream.writelines([lines] * count)
            return
        entries = lines.rstrip(b"\n").replace(b"\n", b",\n")
        stream.write(b'{"log": {"version": "1.2", "creator": {"name": "corpus", "version": "1"}, "entries": [')
        stream.writelines([entries + b",\n"] * (count - 1) + [entries])
        stream.write(b"]}}\n")


def _validate(path: Path, jobs: int) -> tuple[float, float, float]:
    """Seconds by the clock and of the processors, and peak MB, of one run of the command, as the only child of a process."""
    report = path.with_suffix(".report.json")
    command = [sys.executable, "-m", "toolkit.cli", "validate", str(path), "--contract", str(CONTRACT)]
    command += ["--jobs", str(jobs), "--quiet", f"--report=json={report}"]
    code = (
        "import json, resource, subprocess, sys, time; before = time.perf_counter(); "
        "status = subprocess.run(sys.argv[1:]).returncode; seconds = time.perf_counter() - before; "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(json.dumps([status, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))"
    )
    status, seconds, used, peak = json.loads(_run([sys.executable, "-c", code, *command]))
    assert status == 1, "the corpus has violations, and they are to be found"
    return seconds, used, peak


def _turns(contenders: list[tuple[str, corpus.Corpus]], rounds: int) -> dict[str, dict[str, Any]]:
    """Each contender's fastest turn, all of them taking turns, so that a busy moment of the machine hits all."""
    best: dict[str, dict[str, Any]] = {}
    for _ in range(rounds):
        for name, made in contenders:
            found = _contender(name, made)
            if found and (name not in best or found["seconds"] < best[name]["seconds"]):
                best[name] = found
    return best


def _contender(name: str, made: corpus.Corpus) -> dict[str, Any] | None:
    command = [sys.executable, str(HERE / "contenders.py"), name, str(made.path), str(CONTRACT)]
    try:
        return _checked(json.loads(_run(command)), made, name)
    except subprocess.CalledProcessError as error:
        if name != "openapi-core":
            raise
        print(f"{name} is left out: {error.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None


def _ajv(work: Path, made: corpus.Corpus) -> dict[str, Any] | None:
    if shutil.which("npm") is None:
        print("ajv is left out: there is no npm", file=sys.stderr)
        return None
    (work / "package.json").write_text("{}")
    _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "ajv@8", "ajv-formats@3"], work)
    shutil.copy(HERE / "ajv.js", work)
    _run([sys.executable, "-m", "toolkit.cli", "export", "json-schema", f"--contract={CONTRACT}", f"--out={work}"])
    schema = work / "RefreshTasksAnswer.schema.json"
    return _checked(json.loads(_run(["node", "ajv.js", str(schema), str(made.path)], work)), made, "ajv")


def _checked(found: dict[str, Any], made: corpus.Corpus, name: str) -> dict[str, Any]:
    if not name.startswith("parse-") and set(found["refused"]) != made.invalid:
        raise SystemExit(
            f"{name} refuses other exchanges than those made invalid: {set(found['refused']) ^ made.invalid}"
        )
    return found


def _run(command: list[str], folder: Path = ROOT) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def _row(name: str, made: corpus.Corpus, found: dict[str, Any], parser: dict[str, Any]) -> Row:
    return Row(name, made.exchanges, found["seconds"], found["seconds"] / parser["seconds"], found["peak_mb"])


def _table(rows: list[Row]) -> Iterator[str]:
    yield "| | microseconds an exchange | times the parser | peak MB |"
    yield "| --- | ---: | ---: | ---: |"
    for row in rows:
        yield f"| {row.name} | {row.seconds / row.exchanges * 1e6:,.0f} | {row.ratio:.2f} | {row.peak_mb:.0f} |"


if __name__ == "__main__":
    before = time.perf_counter()
    main()
    print(f"\n{time.perf_counter() - before:.0f} s", file=sys.stderr)
