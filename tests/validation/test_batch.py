"""The engine: the same verdicts in the same order on any number of processes; dead workers, bad input and Ctrl-C."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from toolkit.errors import ContractError, RecordingError, WorkerError
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.recordings.reading import BareBody, write_line
from toolkit.reports.writers import Summary
from toolkit.structs import replace
from toolkit.validation import batch as engine
from toolkit.validation.batch import Chunk, Job, Results, check_chunk, check_chunks, split
from toolkit.verdict import Verdict

CONTRACT = """
openapi: 3.1.0
info: {title: Counters, version: '1'}
paths:
  /counters/{name}:
    get:
      operationId: readCounter
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: &answers
        '200': {description: x, content: {application/json: {schema: {type: object, required: [value],
          properties: {value: {type: integer}}}}}}
    put:
      operationId: writeCounter
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: *answers
"""


def line(number: int, *, padding: int = 0) -> bytes:
    """Every 7th is invalid, every 11th outside of the contract, every 13th no JSON, every 3rd another operation."""
    if number % 13 == 12:
        return b'{"request": \n'
    url = f"http://localhost/{'others' if number % 11 == 10 else 'counters'}/{number}"
    body = json.dumps({"value": "x" if number % 7 == 6 else number, "padding": "p" * padding}).encode()
    response = Response(200, Headers((("Content-Type", "application/json"),)), body)
    return write_line(Exchange(Request("PUT" if number % 3 == 2 else "GET", url), response))


@pytest.fixture
def contract(tmp_path: Path) -> str:
    path = tmp_path / "api.yaml"
    path.write_text(CONTRACT)
    return str(path)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a few kB, so that small inputs are spread over processes, too."""
    for name, value in {
        "RANGE": 5_000,
        "SMALL_FILES": 4_000,
        "FILES": 3,
        "SMALL": 1,
        "EXCHANGES": 10,
        "VERDICTS": 4,
    }.items():
        monkeypatch.setattr(engine, name, value)


def outcome(job: Job, jobs: int) -> tuple[Summary, list[Verdict]]:
    summary, verdicts = Summary(), []
    for part in check_chunks(job, list(split(job)), jobs):
        summary.add_sound(part.conforming)
        for verdict in part.verdicts:
            summary.add(verdict)
        verdicts += part.verdicts
    return summary, verdicts


@pytest.mark.usefixtures("small_chunks")
def test_every_number_of_processes_gives_the_same_in_the_same_order(contract: str, tmp_path: Path) -> None:
    big = tmp_path / "big.jsonl"
    big.write_bytes(b"".join(line(number) for number in range(700)))
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.jsonl").write_bytes(line(number) + line(number + 1))
    job = Job(contract, (str(folder), str(big)), any_host=True)
    summary, verdicts = outcome(job, 1)
    assert summary.exchanges == 780
    assert summary.unmatched > 50 and summary.violating > 100 and summary.conforming > 400
    assert summary.operations["readCounter"] > 200 and summary.operations["writeCounter"] > 100
    for jobs in (2, 3):
        assert outcome(job, jobs) == (summary, verdicts)
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("small_chunks")
def test_the_verdicts_are_in_the_order_of_the_input_with_line_numbers(contract: str, tmp_path: Path) -> None:
    big = tmp_path / "big.jsonl"
    big.write_bytes(b"".join(line(number) for number in range(300)))
    _, verdicts = outcome(Job(contract, (str(big),), any_host=True), 2)
    numbers = [number for number in range(300) if number % 13 == 12 or number % 11 == 10 or number % 7 == 6]
    assert [verdict.source for verdict in verdicts] == [f"{big}:{number + 1}" for number in numbers]
    assert all(violation.source == verdict.source for verdict in verdicts for violation in verdict.violations)


@pytest.mark.usefixtures("small_chunks")
def test_units_cover_the_input_once(contract: str, tmp_path: Path) -> None:
    big = tmp_path / "big.jsonl"
    big.write_bytes(b"".join(line(number) for number in range(200)))
    for number in range(7):
        (tmp_path / f"s{number}.jsonl").write_bytes(line(0))
    chunks = list(split(Job(contract, (str(tmp_path / "*.jsonl"),))))
    ranges = [chunk for chunk in chunks if chunk.end is not None]
    assert ranges[0].start == 0 and ranges[-1].end is not None and ranges[-1].end >= big.stat().st_size
    assert all(before.end == after.start for before, after in pairwise(ranges))
    assert [len(chunk.files) for chunk in chunks if chunk.end is None] == [3, 3, 1]
    assert sum(chunk.size for chunk in chunks) == sum(path.stat().st_size for path in tmp_path.glob("*.jsonl"))


def test_a_small_input_starts_no_process(contract: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_on_workers", lambda *given: pytest.fail("a process for a small input"))
    path = tmp_path / "one.jsonl"
    path.write_bytes(line(0))
    assert outcome(Job(contract, (str(path),) * 50, any_host=True), 8)[0].conforming == 50


def test_what_conforms_is_only_counted(contract: str, tmp_path: Path) -> None:
    path = tmp_path / "sound.jsonl"
    path.write_bytes(b"".join(line(0) for _ in range(1200)))
    job = Job(contract, (str(path),), any_host=True)
    parts = [part for chunk in split(job) for part in check_chunk(job, chunk)]
    assert [part.conforming for part in parts] == [{"readCounter": 500}, {"readCounter": 500}, {"readCounter": 200}]
    assert not any(part.verdicts for part in parts) and sum(part.size for part in parts) == path.stat().st_size


def test_with_one_operation_selected_the_others_are_not_validated(contract: str, tmp_path: Path) -> None:
    path = tmp_path / "two.jsonl"
    path.write_bytes(line(0) + line(2) + line(20))
    summary, verdicts = outcome(Job(contract, (str(path),), only=("readCounter",), any_host=True, strict=True), 1)
    assert (summary.conforming, summary.unmatched, summary.violating) == (1, 2, 0)
    assert verdicts[0].unmatched == "it belongs to writeCounter, but only readCounter is selected"


def test_bare_bodies(contract: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('{"value": 1}')
    bad.write_text('{"value": "1"}')
    summary, verdicts = outcome(Job(contract, (str(good), str(bad)), bare=BareBody("readCounter")), 1)
    assert (summary.conforming, summary.violating) == (1, 1)
    assert verdicts[0].source == str(bad)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_came_before_an_error_is_passed_on(contract: str, tmp_path: Path, jobs: int) -> None:
    paths = [tmp_path / f"{number}.jsonl" for number in range(9)]
    for number, path in enumerate(paths):
        path.write_bytes(b"neither one nor the other" if number == 7 else line(0) * 30)
    job = Job(contract, tuple(map(str, paths)), any_host=True)
    seen = 0
    with pytest.raises(RecordingError, match=r"7\.jsonl: "):
        for part in check_chunks(job, list(split(job)), jobs):
            seen += part.exchanges
    assert seen == 7 * 30
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_unusable_contract_is_reported_before_anything_starts(tmp_path: Path, jobs: int) -> None:
    job = Job(str(tmp_path / "missing.yaml"))
    with pytest.raises(ContractError, match=r"missing\.yaml"):
        check_chunks(job, [Chunk((), 100 << 20), Chunk((), 100 << 20)], jobs)


def _killed(job: Job, chunk: Chunk) -> Iterator[Results]:
    yield Results({"readCounter": 1}, [])
    if chunk.start:
        os.kill(os.getpid(), signal.SIGKILL)
    yield Results({"readCounter": 1}, [])


@pytest.mark.usefixtures("small_chunks")
def test_a_worker_that_dies_ends_the_work_with_one_line(
    contract: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = tmp_path / "big.jsonl"
    big.write_bytes(b"".join(line(number) for number in range(300)))
    monkeypatch.setattr(engine, "check_chunk", _killed)
    job = Job(contract, (str(big),), any_host=True)
    with pytest.raises(WorkerError, match=r"ended early, by signal 9; .* fewer --jobs"):
        list(check_chunks(job, list(split(job)), 2))
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("small_chunks")
def test_workers_wait_where_too_much_is_unread(contract: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for nothing unread, and files of very different size, everything still comes, in order."""
    monkeypatch.setattr(engine, "UNREAD", 0)
    for number in range(20):
        path = tmp_path / f"{number:02}.jsonl"
        path.write_bytes(b"".join(line(6, padding=50) for _ in range(300 if number == 0 else 20)))
    job = Job(contract, (str(tmp_path / "*.jsonl"),), any_host=True)
    summary, verdicts = outcome(job, 3)
    assert summary.violating == 300 + 19 * 20
    assert [verdict.source for verdict in verdicts] == sorted(
        (verdict.source for verdict in verdicts),
        key=lambda source: (source.rpartition(":")[0], int(source.rpartition(":")[2])),
    )


def test_ctrl_c_ends_the_workers_and_reports_what_was_found(contract: str, tmp_path: Path) -> None:
    big = tmp_path / "big.jsonl"
    block = b"".join(line(0, padding=2_000) for _ in range(1_000))
    with big.open("wb") as stream:
        stream.writelines([line(6), *[block] * 60])
    command = [
        sys.executable,
        "-m",
        "toolkit.cli",
        "validate",
        "--contract",
        contract,
        "--any-host",
        "--jobs",
        "2",
    ]
    arguments = [*command, "--report", f"json={tmp_path / 'report.json'}", str(big)]
    before = set(tmp_path.iterdir())
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    report = tmp_path / "report.json"
    # a report begins with the first verdict, in another file
    while set(tmp_path.iterdir()) == before and process.poll() is None:
        time.sleep(0.01)
    assert not report.exists()
    os.killpg(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=20)
    assert process.returncode == 130, error
    assert out.startswith(b"Interrupted. So far: Does NOT conform: 1 of ")
    summary = json.loads(report.read_text())["summary"]
    assert summary["interrupted"] is True and 0 < summary["exchanges"] < 60_001
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_job_is_a_value_that_can_be_sent(contract: str) -> None:
    job = Job(contract, ("x",), bare=BareBody("readCounter"))
    assert (
        replace(job, format="har")
        != job
        == multiprocessing.reduction.ForkingPickler.loads(multiprocessing.reduction.ForkingPickler.dumps(job))
    )
