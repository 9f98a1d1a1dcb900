"""Recordings -> verdicts, on one processor or on several, with the same result in the same order.

The input is split into chunks: ranges of a large file of JSON lines, one other large file, or some small files. Exchanges without a violation are
only counted, so that little crosses from one process to another. A worker that is ahead waits while too many of its verdicts are unread.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, cast

from toolkit.contract.model import Contract
from toolkit.errors import WorkerError
from toolkit.exchange import Exchange, Record
from toolkit.recordings.coding import Limit
from toolkit.recordings.reading import BareBody, expand, is_splittable, read_file, read_range, resolve
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.validation.contents import Contents
from toolkit.validation.observed import Observed, Observer
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

RANGE = 4 << 20  # bytes of a file of JSON lines in one chunk
SMALL_FILES = 1 << 20  # bytes of small files in one chunk
FILES = 200  # files in one chunk at most
SMALL = 6 << 20  # bytes of input below which processes cost more than they save
EXCHANGES, VERDICTS = 500, 100  # in one piece of results at most
# Of the first exchanges these of each kind, and one in so many of all, are looked into
LOOKED, EACH, SAMPLE = 1_000, 16, 16
UNREAD = 5_000  # verdicts held at most while those of earlier chunks are awaited


class Job(Frozen):
    """What to validate, against which contract, and how. With `only`, no exchange of other operations is validated."""

    contract: str
    paths: tuple[str, ...] = ()
    format: str | None = None
    bare: BareBody | None = None
    only: tuple[str, ...] | None = None
    strict: bool = False
    strict_nullable: bool = False
    any_host: bool = False
    engine_check: bool = False
    keep_secrets: bool = False
    overlays: tuple[str, ...] = ()


class Chunk(Frozen):
    """A part of the input: files, each with whether the caller named it, or of one file the lines that begin in a range. So
    many parts share what the input may unpack to beside what its size allows for. `first` is that with the first exchanges."""

    files: tuple[tuple[str, bool], ...]
    size: int
    start: int = 0
    end: int | None = None
    sharing: int = 1
    first: bool = False


class Results(Frozen):
    """Results of a chunk or of a piece of one, in the order of the input. `conforming` counts the exchanges without any violation, by
    operation; `verdicts` are those on the others. `size` is the number of bytes of input done, and comes with the last results of a chunk.
    `skipped` says why files that the caller did not name are no recordings. `seen` is what the exchanges hold of the contract."""

    conforming: dict[str, int]
    verdicts: list[Verdict]
    size: int = 0
    skipped: tuple[str, ...] = ()
    seen: Observed = field(default_factory=Observed)

    @property
    def exchanges(self) -> int:
        return sum(self.conforming.values()) + len(self.verdicts)


def load_validator(job: Job) -> Validator:
    """The job's validator, made once per process. Raises ContractError."""
    return _validator(replace(job, paths=(), format=None, bare=None, only=None))


@lru_cache(maxsize=1)
def _validator(job: Job) -> Validator:
    """A validator for what a job says of the contract; its input is left out."""
    contract = Contract.load(
        job.contract, strict_nullable=job.strict_nullable, any_host=job.any_host, overlays=job.overlays
    )
    if not job.engine_check:
        return Validator(contract, job.strict, keep_secrets=job.keep_secrets)
    from toolkit.validation.cross_check import CrossCheck

    return Validator(contract, job.strict, CrossCheck().check, job.keep_secrets)


@lru_cache(maxsize=1)
def _contents(validator: Validator) -> Contents:
    """One for a process and a run, since it is quicker once it found all that there is."""
    return Contents(validator)


def begin(job: Job) -> None:
    """Load the validator, and forget what the process saw of the contract in another run. Raises ContractError."""
    _contents(load_validator(job)).forget()


def split(job: Job) -> Iterator[Chunk]:
    """The job's input in chunks, in order. Raises RecordingError for a path that does not exist."""
    batch: list[tuple[str, bool]] = []
    held = 0
    for path, named in expand(job.paths):
        size = 0 if path == "-" else Path(path).stat().st_size
        small = size <= SMALL_FILES and path != "-"
        if batch and (not small or held + size > SMALL_FILES or len(batch) >= FILES):
            yield Chunk(tuple(batch), held)
            batch, held = [], 0
        if small:
            batch.append((path, named))
            held += size
        elif size <= RANGE or not is_splittable(path, job.format):
            yield Chunk(((path, named),), size)
        else:
            for start in range(0, size, RANGE):
                end = min(start + RANGE, size)
                yield Chunk(((path, named),), end - start, start, end)
    if batch:
        yield Chunk(tuple(batch), held)


def check_chunk(job: Job, chunk: Chunk) -> Iterator[Results]:
    """The results of one chunk. Raises ContractError, and RecordingError for a file that is named and no recording. Exchanges from a pipe
    are validated as they come, each with results of its own."""
    skipped: list[str] = []
    limit = Limit.shared(chunk.sharing)
    if chunk.end is not None:
        records, whole = read_range(chunk.files[0][0], chunk.start, chunk.end, limit), True
    else:
        how = (job.format, job.bare, skipped.append, limit)
        records = (record for path, named in chunk.files for record in read_file(path, named, *how))
        whole = all(Path(path).is_file() for path, _ in chunk.files)
    yield from check_records(job, records, chunk.size, EXCHANGES if whole else 1, LOOKED if chunk.first else 0)
    if skipped:
        yield Results({}, [], 0, tuple(skipped))


def check_records(
    job: Job, records: Iterable[Record], size: int, most: int = EXCHANGES, looked: int = 0
) -> Iterator[Results]:
    """The results of records that make up `size` bytes of input, in pieces of `most` exchanges. Of so many of the first some of each kind are
    `looked` into for what they hold of the contract, and a sample of all. Raises ContractError, and whatever reading the records raises."""
    validator, only = load_validator(job), job.only
    observer = Observer(_contents(validator))
    operations = {operation.name: operation for operation in validator.contract.operations()}
    conforming: dict[str, int] = {}
    verdicts: list[Verdict] = []
    try:
        for count, record in enumerate(records, 1):
            verdict = validator.check(record)
            if only is not None and verdict.operation and verdict.operation not in only:
                verdict = _left_out(verdict, only)
            elif verdict.operation and isinstance(record, Exchange):
                operation = operations[verdict.operation]
                observer.note(operation, record.response)
                if (count <= looked and observer.number(operation, record.response) <= EACH) or not count % SAMPLE:
                    observer.look(operation, record.request, record.response, validator.latest)
                # A value that is let go before the next one is read leaves that one its place in the processor's cache
                validator.latest = None
            if verdict.violations or verdict.unmatched:
                verdicts.append(verdict)
            else:
                conforming[verdict.operation] = conforming.get(verdict.operation, 0) + 1
            if count % most == 0 or len(verdicts) >= VERDICTS:
                yield Results(conforming, verdicts, seen=observer.take())
                conforming, verdicts = {}, []
    except (Exception, KeyboardInterrupt):
        yield Results(conforming, verdicts, seen=observer.take())  # what was found before
        raise
    yield Results(conforming, verdicts, size, seen=observer.take())


def _left_out(verdict: Verdict, only: tuple[str, ...]) -> Verdict:
    reason = f"it belongs to {verdict.operation}, but only {', '.join(only[:3])} is selected"
    return Verdict(verdict.source, unmatched=reason)


def check_chunks(job: Job, chunks: Sequence[Chunk], jobs: int) -> Iterator[Results]:
    """The results of all chunks, in order, the same for every number of processes; places in files are line numbers. Raises what
    `check_chunk` raises, and WorkerError if a worker process dies."""
    begin(job)
    chunks = [replace(chunk, sharing=len(chunks), first=number == 0) for number, chunk in enumerate(chunks)]
    processes = min(jobs, len(chunks)) if sum(chunk.size for chunk in chunks) > SMALL else 1
    every = _on_workers(job, chunks, processes) if processes > 1 else _here(job, chunks)
    return (replace(results, verdicts=[with_line(verdict) for verdict in results.verdicts]) for results in every)


def with_line(verdict: Verdict) -> Verdict:
    """The verdict with the line number of its place in a file, if that can be found out."""
    source = resolve(verdict.source)
    return verdict if source == verdict.source else verdict.from_source(source)


def _here(job: Job, chunks: Iterable[Chunk]) -> Iterator[Results]:
    with _frozen():
        for chunk in chunks:
            yield from check_chunk(job, chunk)


@contextmanager
def _frozen() -> Iterator[None]:
    """Keep the garbage collector off the contract, which stays, and let it look at exchanges less often."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class _Workers(Mutable, eq=False):
    """Processes by the connection to each, and the results of each chunk that have arrived and were not yet passed on."""

    processes: dict[Connection, Any] = field(default_factory=dict)
    working_on: dict[Connection, int] = field(default_factory=dict)
    arrived: dict[int, deque[Results | Exception | None]] = field(default_factory=dict)
    unread: int = 0

    def start(self, job: Job, chunks: Sequence[Chunk], count: int) -> None:
        from multiprocessing import get_context  # here, so that a small job does not load it

        # A forked worker has the contract already; elsewhere each one loads it.
        context: Any = get_context("fork" if sys.platform == "linux" else "spawn")
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(job, chunks, theirs), daemon=True)
            process.start()
            theirs.close()  # so that the end of the process ends the connection
            self.processes[ours] = process

    def assign(self, connection: Connection, chunks: Iterator[int]) -> None:
        """Give the worker its next chunk, or the sign to end if there is none left."""
        number = next(chunks, None)
        if number is None:
            self.working_on.pop(connection, None)
        else:
            self.working_on[connection] = number
        try:
            connection.send(number)
        except OSError:
            raise self.death(connection) from None

    def receive(self, current: int, chunks: Iterator[int]) -> None:
        """Wait for results: of every chunk, or of the current one alone while too many verdicts are unread."""
        from multiprocessing.connection import wait

        busy = [c for c, number in self.working_on.items() if number == current or self.unread < UNREAD]
        for connection in cast("list[Connection]", wait(busy)):
            try:
                number, result = connection.recv()
            except (EOFError, OSError):
                raise self.death(connection) from None
            self.arrived.setdefault(number, deque()).append(result)
            if isinstance(result, Results):
                self.unread += len(result.verdicts)
            else:
                self.assign(connection, chunks)

    def death(self, connection: Connection) -> WorkerError:
        """The error for a worker whose connection has ended."""
        process = self.processes[connection]
        process.join(5)
        code = process.exitcode or 0
        how = f"by signal {-code}" if code < 0 else f"with status {code}"
        return WorkerError(f"a worker process ended early, {how}; it may have run out of memory: try fewer --jobs")

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.join()


def _on_workers(job: Job, chunks: Sequence[Chunk], count: int) -> Iterator[Results]:
    workers = _Workers()
    try:
        workers.start(job, chunks, count)
        numbers = iter(range(len(chunks)))
        for connection in workers.processes:
            workers.assign(connection, numbers)
        for current in range(len(chunks)):
            yield from _in_order(workers, current, numbers)
    finally:
        workers.stop()


def _in_order(workers: _Workers, current: int, numbers: Iterator[int]) -> Iterator[Results]:
    while True:
        while not workers.arrived.get(current):
            workers.receive(current, numbers)
        result = workers.arrived[current].popleft()
        if not isinstance(result, Results):
            break
        workers.unread -= len(result.verdicts)
        yield result
    del workers.arrived[current]
    if result is not None:
        raise result


def _work(job: Job, chunks: Sequence[Chunk], connection: Connection) -> None:
    """The work of a process: receives numbers of chunks, sends their results. Ctrl-C is for its parent to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # of which the parent makes an interrupt
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        with _frozen():
            while (number := connection.recv()) is not None:
                for result in _results(job, chunks[number]):
                    connection.send((number, result))
    except (EOFError, OSError):
        return  # the parent has ended


def _end_with_parent() -> None:
    """The parent may be killed: its end of the pipes stays open then, for workers that were forked later have it too."""
    from multiprocessing import parent_process

    if parent := parent_process():
        parent.join()
        os._exit(1)


def _results(job: Job, chunk: Chunk) -> Iterator[Results | Exception | None]:
    """The results, then None or the exception that ended the chunk, with its traceback as a note."""
    try:
        yield from check_chunk(job, chunk)
        yield None
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))
        yield error
