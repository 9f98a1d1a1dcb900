"""What verdicts cost beside parsing alone, and beside other validators: python benchmarks/throughput.py

Makes the corpus in a temporary folder and runs each contender in a process of its own, in turns, ROUNDS times, of which
the fastest counts. Checks that all refuse the same exchanges, and writes docs/benchmarks.md. openapi-core (PyPI) and ajv
(npm, installed into the temporary folder) are left out if they cannot be had.

    --each N          makes N exchanges of each size rather than 400
    --before FOLDER   measures another checkout of this project too, in the same turns
    --memory          measures peak memory on 100 MB and 2 GB of JSON lines and on a 1 GB HAR (some minutes, 3 GB of disk)
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
EACH = int(sys.argv[sys.argv.index("--each") + 1]) if "--each" in sys.argv else 400  # exchanges of each size
SAMPLE = 300  # exchanges for the slow contenders
ROUNDS = 3
LOAD = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0  # before the run
COPIES = 20  # of the corpus, in the file that whole processes read
PARSERS = {
    "JSON": ("parse-json", "orjson alone: the lines and the bodies"),
    "XML": ("parse-xml", "orjson the lines, lxml the bodies"),
}
KIND_SIZES = (1, 10, 100)
# This project, by name of the contender, and the checkout that it runs in
OURS = {"this project": ROOT}
if "--before" in sys.argv:
    OURS = {"this project before": Path(sys.argv[sys.argv.index("--before") + 1]), **OURS}
Measured = dict[str, dict[str, Any]]


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
        sections = [*_formats(work), *_sizes(work), *_kinds(work), *_invalid(work), *_processes(work), *_start(work)]
        if "--memory" in sys.argv:
            sections += _memory(work)
    text = "\n".join((*_head(), *sections))
    (ROOT / "docs" / "benchmarks.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def _head() -> Iterator[str]:
    yield "# Benchmarks\n"
    yield "How long validation takes, compared with only parsing the same recordings. Made by `python benchmarks/throughput.py`,"
    yield "which describes the recordings and the contenders. All ratios of a table were measured in one run, in turns."
    yield "Times are processor time, of the fastest of several turns, except where clock time is named."
    if len(OURS) > 1:
        yield "*Before* is another checkout of this project."
    system = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    )
    yield f"\n{datetime.now(UTC):%Y-%m-%d}, {system}."
    if LOAD > 0.5:
        yield f"The load average before the run was {LOAD:.1f}: other work shared the machine, which makes clock times longer."


def _formats(work: Path) -> Iterator[str]:
    for media in ("JSON", "XML"):
        whole = corpus.make(work / f"{media}.jsonl", CONTRACT, media, EACH)
        sample = _sample(whole)
        measured = _turns([(PARSERS[media][0], whole), *((name, whole) for name in OURS)])
        parser = measured[PARSERS[media][0]]
        rows = [_row(PARSERS[media][1], whole, parser, parser)]
        rows += [_row(f"**{name}**", whole, measured[name], parser) for name in OURS]
        if media == "JSON":
            rows += _others(work, sample)
        yield f"\n## {media}: {whole.exchanges:,} exchanges, {whole.megabytes:.0f} MB, bodies of 1 to 100 kB, 5% invalid\n"
        yield from _table(rows)


def _sample(whole: corpus.Corpus) -> corpus.Corpus:
    path = whole.path.with_suffix(".sample.jsonl")
    with whole.path.open("rb") as lines:
        path.write_bytes(b"".join(line for line, _ in zip(lines, range(SAMPLE), strict=False)))
    return corpus.Corpus(path, SAMPLE, frozenset(number for number in whole.invalid if number < SAMPLE))


def _others(work: Path, sample: corpus.Corpus) -> list[Row]:
    """The other validators on the sample, and the parser and this project on it again."""
    measured = _turns([("parse-json", sample), ("this project", sample)])
    parser = measured["parse-json"]
    rows = [_row(f"this project, the first {SAMPLE}", sample, measured["this project"], parser)]
    others = (("openapi-core", _contender("openapi-core", sample)), ("ajv, the body alone", _ajv(work, sample)))
    return rows + [_row(f"{name}, the same {SAMPLE}", sample, found, parser) for name, found in others if found]


def _sizes(work: Path) -> Iterator[str]:
    yield "\n## By size of the body: times the parser\n"
    yield "| | " + " | ".join(f"{size} kB" for size in corpus.SIZES) + " |"
    yield "| --- |" + " ---: |" * len(corpus.SIZES)
    for media in ("JSON", "XML"):
        ratios = [_ratios(corpus.make(work / "x", CONTRACT, media, EACH, (size,)), media) for size in corpus.SIZES]
        for name in OURS:
            yield f"| {media}, {name} | " + " | ".join(f"{ratio[name]:.1f}" for ratio in ratios) + " |"


def _kinds(work: Path) -> Iterator[str]:
    yield "\n## By kind of XML document: times the parser\n"
    yield from _many(work, {f"XML {kind}": ("XML", kind, 20) for kind in corpus.KINDS})


def _invalid(work: Path) -> Iterator[str]:
    yield "\n## Every body invalid: times the parser\n"
    yield "Each violation is explained, with its place in the body and in the contract.\n"
    yield from _many(work, {"JSON, invalid": ("JSON", "plain", 1), "XML, invalid": ("XML", "plain", 1)})


def _many(work: Path, corpora: dict[str, tuple[str, str, int]]) -> Iterator[str]:
    """A table of ratios; `corpora` are format, kind and how often a body is invalid, by title."""
    yield "| | " + " | ".join(f"{size} kB" for size in KIND_SIZES) + " |"
    yield "| --- |" + " ---: |" * len(KIND_SIZES)
    for title, (media, kind, invalid) in corpora.items():
        made = (corpus.make(work / "x", CONTRACT, media, EACH // 2, (size,), kind, invalid) for size in KIND_SIZES)
        ratios = [_ratios(one, media) for one in made]
        for name in OURS:
            yield f"| {title}, {name} | " + " | ".join(f"{ratio[name]:.1f}" for ratio in ratios) + " |"


def _ratios(made: corpus.Corpus, media: str) -> dict[str, float]:
    """Seconds of this project, in each of its checkouts, to seconds of the parser."""
    measured = _turns([(PARSERS[media][0], made), *((name, made) for name in OURS)])
    return {name: measured[name]["seconds"] / measured[PARSERS[media][0]]["seconds"] for name in OURS}


def _processes(work: Path) -> Iterator[str]:
    large = work / "large.jsonl"
    _copies(work / "JSON.jsonl", large, COPIES)
    yield f"\n## `contract validate --jobs N` on {large.stat().st_size / 1e6:,.0f} MB of JSON lines\n"
    yield "| | clock seconds | processor seconds of all processes | peak MB of the largest process |"
    yield "| --- | ---: | ---: | ---: |"
    best: dict[tuple[str, int], tuple[float, float, float]] = {}
    for _ in range(ROUNDS):
        for key in ((name, jobs) for name in OURS for jobs in (1, 2)):
            found = _validate(large, key[1], OURS[key[0]])
            best[key] = min(best.get(key, found), found)
    for (name, jobs), (seconds, used, peak) in best.items():
        yield f"| {name}, {jobs} process{'es' if jobs > 1 else ''} | {seconds:.2f} | {used:.2f} | {peak:.0f} |"
    for name in OURS:
        clock, used = (best[name, 1][place] / best[name, 2][place] for place in (0, 1))
        yield f"\nTwo processes of {name} are {clock:.2f} times as fast as one by the clock; on two idle processors {2 * used:.2f} times."


def _start(work: Path) -> Iterator[str]:
    """What a small recording costs, most of which is starting Python and loading modules."""
    one = work / "one.jsonl"
    with (work / "JSON.jsonl").open("rb") as lines:
        one.write_bytes(next(lines))
    yield "\n## `contract validate` on one exchange\n"
    for name, root in OURS.items():
        yield f"{name}: {min(_validate(one, 1, root)[1] for _ in range(ROUNDS)):.2f} processor seconds\n"


def _memory(work: Path) -> Iterator[str]:
    yield "\n## Peak memory of `contract validate --jobs 2`, the largest process\n"
    yield "| input | MB | clock seconds | peak MB |"
    yield "| --- | ---: | ---: | ---: |"
    size = (work / "JSON.jsonl").stat().st_size
    for name, wanted in (("JSON lines", 100e6), ("JSON lines", 2e9), ("HAR", 1e9)):
        path = work / "memory.file"
        _copies(work / "JSON.jsonl", path, round(wanted / size), har=name == "HAR")
        seconds, _, peak = _validate(path, 2, ROOT)
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


def _validate(path: Path, jobs: int, root: Path) -> tuple[float, float, float]:
    """Clock seconds, processor seconds and peak MB of one run of a checkout's command, as the only child of a process."""
    report = path.with_suffix(".report.json")
    command = [sys.executable, "-m", "toolkit.cli", "validate", str(path), "--contract", str(CONTRACT)]
    command += ["--jobs", str(jobs), "--quiet", f"--report=json={report}"]
    code = (
        "import json, resource, subprocess, sys, time; before = time.perf_counter(); "
        "status = subprocess.run(sys.argv[1:]).returncode; seconds = time.perf_counter() - before; "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(json.dumps([status, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))"
    )
    status, seconds, used, peak = json.loads(_run([sys.executable, "-c", code, *command], root, root))
    assert status in (0, 1), "the recording was validated"
    return seconds, used, peak


def _turns(contenders: list[tuple[str, corpus.Corpus]]) -> Measured:
    """Each contender's fastest turn; all take turns, so that a busy moment of the machine hits all."""
    best: Measured = {}
    for _ in range(ROUNDS):
        for name, made in contenders:
            found = _contender(name, made)
            if found and (name not in best or found["seconds"] < best[name]["seconds"]):
                best[name] = found
    return best


def _contender(name: str, made: corpus.Corpus) -> dict[str, Any] | None:
    root, known = OURS.get(name, ROOT), "toolkit" if name in OURS else name
    command = [sys.executable, str(root / "benchmarks" / "contenders.py"), known, str(made.path), str(CONTRACT)]
    try:
        return _checked(json.loads(_run(command, root, root)), made, name)
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


def _run(command: list[str], folder: Path = ROOT, root: Path = ROOT) -> str:
    """What a command prints; it imports this project from a checkout of it."""
    environment = {**os.environ, "PYTHONPATH": str(root)}
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
