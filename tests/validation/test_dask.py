"""The Dask engine, on real workers: the same result as here, also where a worker is killed half-way."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import pyarrow
import pytest
from pyarrow import parquet

from toolkit.errors import RecordingError, WorkerError
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.recordings.reading import write_line
from toolkit.reports.writers import Summary
from toolkit.structs import replace
from toolkit.validation.batch import Job, Results, check_chunks, split
from toolkit.validation.dask import check_on_dask, input_size
from toolkit.verdict import Verdict

CONTRACT = """
openapi: 3.1.0
info: {title: Numbers, version: '1'}
paths:
  /numbers:
    get:
      operationId: GetNumber
      responses:
        '200':
          description: A number.
          content:
            application/json:
              schema: {type: object, required: [number], properties: {number: {type: integer}, text: {type: string}}}
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


@pytest.fixture
def contract(tmp_path: Path) -> str:
    path = tmp_path / "openapi.yaml"
    path.write_text(CONTRACT)
    return str(path)


def line(number: int, size: int) -> bytes:
    value = {"number": "x" if number % 50 == 7 else number, "text": "t" * size}
    body = json.dumps(value).encode()
    answer = Response(200, Headers((("Content-Type", "application/json"),)), body)
    return write_line(Exchange(Request("GET", "/other" if number % 97 == 5 else "/numbers"), answer))


def written(path: Path, count: int, size: int) -> Path:
    path.write_bytes(b"".join(b"{broken\n" if number % 301 == 300 else line(number, size) for number in range(count)))
    return path


def outcome(parts: list[Results]) -> tuple[Summary, list[Verdict]]:
    """What a run amounts to, as the reports see it."""
    summary = Summary()
    verdicts = [verdict for part in parts for verdict in part.verdicts]
    for part in parts:
        summary.add_sound(part.conforming)
    for verdict in verdicts:
        summary.add(verdict)
    return summary, verdicts


def here(job: Job) -> tuple[Summary, list[Verdict]]:
    return outcome(list(check_chunks(job, list(split(job)), 1)))


def rows(folder: Path) -> list[tuple[str, str]]:
    files = sorted(folder.glob("*.jsonl"))
    return [(row["rule"], row["source"]) for file in files for row in map(json.loads, file.read_text().splitlines())]


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(tmp_path: Path, contract: str, cluster: Any) -> None:
    job = Job(contract, (str(written(tmp_path / "many.jsonl", 6_000, 5_000)),))
    with distributed.Client(cluster) as client:
        victim = next(iter(client.run(os.getpid).values()))
    parts = check_on_dask(job, cluster.scheduler_address, str(tmp_path / "out"))
    taken = [next(parts)]
    os.kill(victim, signal.SIGKILL)
    taken += parts
    summary, verdicts = outcome(taken)
    assert (summary, verdicts) == here(job)
    assert summary.exchanges == 6_000
    assert len(list((tmp_path / "out").iterdir())) == len(list(split(job))) > 4
    assert len(rows(tmp_path / "out")) == len(set(rows(tmp_path / "out"))) == summary.violations
    assert sum(part.size for part in taken) == input_size(job) == (tmp_path / "many.jsonl").stat().st_size


@pytest.mark.slow
def test_a_second_run_overwrites_the_first(tmp_path: Path, contract: str, cluster: Any) -> None:
    job = Job(contract, (str(written(tmp_path / "few.jsonl", 400, 10)),))
    runs = []
    for _ in range(2):
        list(check_on_dask(job, cluster.scheduler_address, str(tmp_path / "out")))
        runs.append(rows(tmp_path / "out"))
    assert runs[0] == runs[1] != []


@pytest.mark.slow
def test_an_address_is_read_in_ranges(
    tmp_path: Path, contract: str, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolkit.validation.dask.RANGE", 10_000)
    folder = tmp_path / "lines"
    folder.mkdir()
    path = written(folder / "a.jsonl", 500, 100)
    (folder / "notes.txt").write_text("no recording")
    job = Job(contract, (folder.as_uri(),))
    summary, verdicts = outcome(list(check_on_dask(job, cluster.scheduler_address, (tmp_path / "out").as_uri())))
    local = here(Job(contract, (str(path),)))
    assert summary == local[0]
    assert [verdict.operation for verdict in verdicts] == [verdict.operation for verdict in local[1]]
    assert all("a.jsonl@" in verdict.source or "a.jsonl:" in verdict.source for verdict in verdicts)
    assert len(list((tmp_path / "out").iterdir())) > 5


@pytest.mark.slow
def test_parquet_in_and_out(tmp_path: Path, contract: str, cluster: Any) -> None:
    lines = written(tmp_path / "a.jsonl", 700, 10).read_bytes().splitlines()
    table = pyarrow.table({"entry": [text.decode() for text in lines], "other": range(len(lines))})
    folder = tmp_path / "tables"
    folder.mkdir()
    parquet.write_table(table, folder / "a.parquet", row_group_size=200)
    job = Job(contract, (str(folder),))
    summary, verdicts = outcome(
        list(check_on_dask(job, cluster.scheduler_address, str(tmp_path / "out"), format="parquet"))
    )
    assert summary == here(Job(contract, (str(tmp_path / "a.jsonl"),)))[0]
    assert verdicts[0].source == f"{folder}/a.parquet#5"
    found = parquet.read_table(tmp_path / "out")
    assert found.num_rows == summary.violations
    assert len(list((tmp_path / "out").iterdir())) == 4
    assert set(found.column_names) >= {"rule", "severity", "message", "at", "contract", "operation", "source", "hint"}


@pytest.mark.slow
def test_what_cannot_be_done_is_reported_in_one_line(tmp_path: Path, contract: str, cluster: Any) -> None:
    address, out = cluster.scheduler_address, str(tmp_path / "out")
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 no")
    nameless = tmp_path / "nameless.parquet"
    parquet.write_table(pyarrow.table({"a": ["x"], "b": ["y"]}), nameless)
    cases: list[tuple[type[Exception], Job, str | None, str]] = [
        (WorkerError, Job(contract, ("-",)), address, "standard input"),
        (WorkerError, Job(contract, (contract,)), "tcp://127.0.0.1:1", "dask scheduler"),
        (WorkerError, Job(contract, (contract,)), "nonsense", "tcp://HOST:PORT"),
        (WorkerError, Job(contract, (contract,)), "tcp://[::1", "tcp://HOST:PORT"),
        (WorkerError, Job(contract, (contract,)), "http://127.0.0.1:1", "tcp://HOST:PORT"),
        (RecordingError, Job(contract, (str(bad),)), address, "no Parquet file"),
        (RecordingError, Job(contract, (str(nameless),)), address, "`entry`"),
        (RecordingError, Job(contract, ((tmp_path / "none").as_uri(),)), address, "check the address"),
        (RecordingError, Job(contract, ("nonsense://x",)), address, "check the address"),
    ]
    for kind, job, scheduler, text in cases:
        with pytest.raises(kind, match=text) as caught:
            list(check_on_dask(replace(job), scheduler, out))
        assert "\n" not in str(caught.value)


def test_a_missing_library_is_named_with_its_extra(
    tmp_path: Path, contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(WorkerError, match=r"contract-toolkit\[dask\]"):
        list(check_on_dask(Job(contract, (contract,)), None, str(tmp_path)))
