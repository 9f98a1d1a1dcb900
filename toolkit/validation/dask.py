"""Recordings -> verdicts on a Dask cluster: the same worker function as on one machine, over files that all workers see.

The input is JSON lines or Parquet at paths and fsspec addresses (`s3://bucket/folder`, `gs://...`), and whatever else the local engine reads at local
paths. A Parquet file has a column `entry`, or one column alone, of HAR entries as JSON text. Each task writes its violations to a file of its own,
named after its part of the input: a task that is repeated, because its worker died, overwrites the file, and its results are used once.

Violations are rows of rule, severity, message, at, contract, operation, source and hint. The source of a line at an address is `ADDRESS@OFFSET`, in
bytes, that of a row `FILE#ROW`, from 0. Needs the extra `[dask]`.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from toolkit.errors import ContractError, RecordingError, WorkerError
from toolkit.exchange import Record
from toolkit.recordings.coding import Limit
from toolkit.recordings.formats.json_lines import parse_lines
from toolkit.recordings.reading import expand, read_stream_range
from toolkit.recordings.recording import one_line
from toolkit.structs import Frozen, replace
from toolkit.validation.batch import (
    LOOKED,
    Chunk,
    Job,
    Results,
    begin,
    check_chunk,
    check_records,
    load_validator,
    split,
    with_line,
)
from toolkit.verdict import COLUMNS, Violation

RANGE = 16 << 20  # bytes of a file of JSON lines at an address that are one task
_PATIENCE = 10  # seconds for a scheduler to respond
_AHEAD = 4  # tasks submitted for each worker at a time: results wait in the cluster's memory
_ROWS = 500  # of a Parquet file, held at once
_ENDINGS = (".jsonl", ".ndjson", ".parquet")
_ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss|ucx)://)?(?:\[[0-9A-Fa-f:.%]+\]|[^\[\]:/\s]+):\d{1,5}(?:/.*)?")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class RemoteChunk(Frozen):
    """A part of one file: bytes `start` to `end` of JSON lines, or the row group `group` of a Parquet file."""

    address: str
    start: int = 0
    end: int = 0
    group: int | None = None
    first_row: int = 0
    sharing: int = 1


Task = Chunk | RemoteChunk


def check_on_dask(
    job: Job, scheduler: str | None, output: str, jobs: int = 2, format: str = "jsonl"
) -> Iterator[Results]:
    """The results of the job's input, in order, as `check_chunks` gives them; the violations are written to `output`, too.

    `scheduler` is the address of a cluster, whose workers see the contract, the input and the output under the same
    names; without one, `jobs` processes are started here. `output` is a folder or an fsspec address, `format` of its
    files jsonl or parquet. Raises WorkerError, ContractError and RecordingError.
    """
    if format not in _WRITERS:
        raise WorkerError(f"no output format {format[:80]!r}: choose one of {', '.join(_WRITERS)}")
    job = replace(job, contract=str(Path(job.contract).resolve()))
    load_validator(job)
    output = output if "://" in output else str(Path(output).resolve())
    given = list(_tasks(job))
    tasks: dict[str, Task] = {_name(task): replace(task, sharing=len(given)) for task in given}
    with _client(scheduler, jobs) as client:
        for result in _results(client, job, tasks, f"{output}/{{}}.{format}"):
            if isinstance(result, Exception):
                raise result
            yield replace(result, verdicts=[with_line(verdict) for verdict in result.verdicts])


def input_size(job: Job) -> int:
    """The bytes of the job's input, for a progress bar."""
    return sum(task.size if isinstance(task, Chunk) else task.end - task.start for task in _tasks(job))


def _tasks(job: Job) -> Iterator[Task]:
    """The input as tasks, in order. Raises RecordingError for an address that does not exist."""
    for path in job.paths:
        if path == "-":
            raise WorkerError("standard input cannot be split among workers; name files, or leave out --engine dask")
        if "://" in path:
            yield from _chunks_at(path)
        elif path.endswith(".parquet"):
            yield from chain.from_iterable(_row_groups(name) for name, _ in expand([path]))
        else:
            for chunk in split(replace(job, paths=(path,))):
                others = tuple(file for file in chunk.files if not file[0].endswith(".parquet"))
                if others:
                    yield replace(chunk, files=others)
            inside = (name for name, named in expand([path]) if not named and name.endswith(".parquet"))
            yield from chain.from_iterable(map(_row_groups, inside))


def _chunks_at(address: str) -> Iterator[RemoteChunk]:
    try:
        files, path = _library("fsspec").core.url_to_fs(address)
        found = files.glob(path) if "*" in path else files.find(path)
        names = [files.unstrip_protocol(name) for name in sorted(found)]
        for name in names:
            if name.endswith(".parquet"):
                yield from _row_groups(name)
            elif name.endswith(_ENDINGS) or len(names) == 1:
                size = files.size(name)
                yield from (RemoteChunk(name, start, min(start + RANGE, size)) for start in range(0, size, RANGE))
    except (OSError, ValueError, ImportError) as error:
        raise RecordingError(f"{address}: cannot be read: {one_line(error)}; check the address") from None
    if not any(name.endswith(_ENDINGS) or len(names) == 1 for name in names):
        raise RecordingError(f"{address}: no JSON lines or Parquet file found; check the address")


def _row_groups(address: str) -> Iterator[RemoteChunk]:
    pyarrow = _library("pyarrow.parquet")
    try:
        with _library("fsspec").open(address, "rb") as stream:
            about = pyarrow.ParquetFile(stream).metadata
            groups = [about.row_group(number) for number in range(about.num_row_groups)]
    except (OSError, ValueError) as error:  # pyarrow's own errors are subclasses of these
        reason = f"no Parquet file that can be read ({one_line(error)})"
        raise RecordingError(f"{address}: {reason}; write it again") from None
    row = position = 0
    for number, group in enumerate(groups):
        yield RemoteChunk(address, position, position + group.total_byte_size, number, row)
        row, position = row + group.num_rows, position + group.total_byte_size


def _name(task: Task) -> str:
    """The name of a task's own output file, the same each time for the same input."""
    whole = json.dumps(task.files) if isinstance(task, Chunk) else task.address
    named = task.files[0][0] if isinstance(task, Chunk) else task.address
    part = f"{task.start}-{task.end if task.end is not None else 'end'}"
    return f"{_UNSAFE.sub('_', named)[-120:].lstrip('._')}-{sha256(whole.encode()).hexdigest()[:12]}-{part}"


def _records(chunk: RemoteChunk) -> Iterator[Record]:
    with _library("fsspec").open(chunk.address, "rb") as stream:
        if chunk.group is None:
            yield from read_stream_range(stream, chunk.address, chunk.start, chunk.end, Limit.shared(chunk.sharing))
        else:
            yield from parse_lines(_rows(stream, chunk), f"{chunk.address}#")


def _rows(stream: Any, chunk: RemoteChunk) -> Iterator[tuple[int, bytes | None]]:
    file = _library("pyarrow.parquet").ParquetFile(stream)
    names = file.schema_arrow.names
    if len(names) != 1 and "entry" not in names:
        cure = "give the column of HAR entries (JSON text) this name"
        raise RecordingError(f"{chunk.address}: no column `entry`; {cure}")
    column, row = ("entry" if "entry" in names else names[0]), chunk.first_row
    for batch in file.iter_batches(_ROWS, row_groups=[chunk.group], columns=[column]):
        for value in batch.column(0).to_pylist():
            yield row, value.encode("utf-8", "surrogatepass") if isinstance(value, str) else bytes(value or b"null")
            row += 1


def run_task(job: Job, task: Task, place: str) -> list[Results | Exception]:
    """The work of one task, in a worker: its results, and the exception that ended it. Writes its violations to `place`."""
    results: list[Results | Exception] = []
    if isinstance(task, Chunk):
        pieces = check_chunk(job, replace(task, first=True))
    else:
        pieces = check_records(job, _records(task), task.end - task.start, looked=LOOKED)
    try:
        begin(job)
        results.extend(pieces)
    except (ContractError, RecordingError) as error:
        results.append(error)
    except OSError as error:
        results.append(WorkerError(f"the input cannot be read ({one_line(error)}); check that all workers can see it"))
    verdicts = (verdict for piece in results if isinstance(piece, Results) for verdict in piece.verdicts)
    _write(place, (violation for verdict in verdicts for violation in verdict.violations))
    return results


def _write(place: str, violations: Iterable[Violation]) -> None:
    """Write a file as a whole or not at all. Raises WorkerError."""
    texts = ({name: str(getattr(violation, name)) for name in COLUMNS} for violation in violations)
    rows = [{name: text.encode("utf-8", "backslashreplace").decode() for name, text in row.items()} for row in texts]
    on_disk = "://" not in place or place.startswith("file://")
    try:
        files, path = _library("fsspec").core.url_to_fs(place, **({"auto_mkdir": True} if on_disk else {}))
        stream = files.open(path, "wb", autocommit=False)
        with stream:
            _WRITERS[place.rpartition(".")[2]](stream, rows)
        stream.commit()
    except (OSError, ValueError, ImportError) as error:
        raise WorkerError(f"{place}: cannot be written: {one_line(error)}; name another --output") from None


def _write_parquet(stream: Any, rows: list[dict[str, str]]) -> None:
    pyarrow = _library("pyarrow")
    schema = pyarrow.schema([(name, pyarrow.string()) for name in COLUMNS])
    _library("pyarrow.parquet").write_table(pyarrow.Table.from_pylist(rows, schema=schema), stream)


_WRITERS: dict[str, Callable[[Any, list[dict[str, str]]], None]] = {
    "jsonl": lambda stream, rows: stream.writelines(
        f"{json.dumps(row, ensure_ascii=False)}\n".encode() for row in rows
    ),
    "parquet": _write_parquet,
}


def _results(client: Any, job: Job, tasks: dict[str, Task], place: str) -> Iterator[Results | Exception]:
    """All results in order; a few tasks for each worker are submitted at a time."""
    run = uuid.uuid4().hex
    waiting = iter(tasks.items())
    submitted: deque[Any] = deque()
    while True:
        ahead = _AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        for name, task in islice(waiting, max(0, ahead - len(submitted))):
            submitted.append(client.submit(run_task, job, task, place.format(name), key=f"{name}-{run}", pure=False))
        if not submitted:
            return
        yield from _gathered(submitted.popleft())


def _gathered(future: Any) -> list[Results | Exception]:
    distributed = _library("distributed")
    try:
        return future.result()  # type: ignore[no-any-return]
    except distributed.KilledWorker:
        raise WorkerError("a task killed every worker that ran it; give the workers more memory") from None
    except (distributed.client.FutureCancelledError, OSError) as error:
        raise WorkerError(f"the Dask cluster ended early ({one_line(error)}); see its scheduler's log") from None


@contextmanager
def _client(scheduler: str | None, jobs: int) -> Iterator[Any]:
    """A client of the cluster at an address, or of one made of processes on this machine. Raises WorkerError."""
    distributed = _library("distributed")
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what it says of a lost scheduler we say
    warnings.filterwarnings("ignore", module="distributed")  # that another cluster has the usual port
    if scheduler is None:
        local = {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": 50}
        cluster = distributed.LocalCluster(n_workers=jobs, threads_per_worker=1, **local)
        with cluster, distributed.Client(cluster) as client:
            yield client
        return
    # Dask would retry for a long time and print a traceback.
    if not _ADDRESS.fullmatch(scheduler):
        raise WorkerError(f"{one_line(scheduler)} is not the address of a Dask scheduler; write it as tcp://HOST:PORT")
    made: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_connect, args=(distributed.Client, scheduler, made), daemon=True).start()
    try:
        client = made.get(timeout=2 * _PATIENCE)
    except Empty:  # another thing responds there: its bytes keep Dask waiting for more, whatever its own timeout
        client = TimeoutError("it speaks another protocol")
    if isinstance(client, Exception):
        reason = f"no Dask scheduler responds at {scheduler} ({one_line(client)})"
        raise WorkerError(f"{reason}; start one with `dask scheduler`") from None
    with client:
        yield client


def _connect(connect: Callable[..., Any], scheduler: str, made: SimpleQueue[Any]) -> None:
    """Put a client of the scheduler, or what keeps it from being made, into a queue."""
    try:
        made.put(connect(scheduler, timeout=_PATIENCE, set_as_default=False))
    except Exception as error:
        made.put(error)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        missing = name.partition(".")[0]
        raise WorkerError(f"--engine dask needs {missing}: pip install 'contract-toolkit[dask]'") from None
