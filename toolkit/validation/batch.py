"""Recordings -> verdicts, on one processor or on several, with the same result in the same order.

The input is cut into units of work: ranges of a large file of JSON lines, one other large file, or some small files.
A unit becomes parts: exchanges that there is nothing to tell of are counted, the verdicts on the others are told. So
little crosses from one process to another, and a worker that is ahead waits where too much of its work is unread.
"""

from __future__ import annotations

import gc
import signal
import sys
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from toolkit.contract.model import Contract
from toolkit.errors import WorkerError
from toolkit.exchange import Record
from toolkit.recordings.reading import BareBody, expand, is_splittable, read_file, read_range, resolve
from toolkit.reports.summary import Summary
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict

RANGE = 4 << 20  # bytes of a file of JSON lines that are one unit
BATCH = 1 << 20  # bytes of small files that are one unit
FILES = 200  # files that are one unit at most
SMALL = 6 << 20  # bytes below which processes cost more than they save
PART = 500  # exchanges
TOLD = 100  # verdicts told in one part
UNREAD = 5_000  # verdicts held that wait for those of earlier units


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be judged, against which contract, and how; with `only`, no other operation is judged."""

    contract: str
    paths: tuple[str, ...] = ()
    format: str | None = None
    bare: BareBody | None = None
    only: str | None = None
    strict: bool = False
    strict_nullable: bool = False
    any_host: bool = False
    engine_check: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A share of the input: files, each with whether the caller named it, or the lines that begin in a range of one."""

    files: tuple[tuple[str, bool], ...]
    size: int
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Some verdicts, in the order of the input: those without violations, counted by operation, and the others.

    `size` is the number of bytes of input done with this part, told with the last part of a unit. `passed_over` says
    of files that nobody named why they are no recordings.
    """

    sound: dict[str, int]
    told: list[Verdict]
    size: int = 0
    passed_over: tuple[str, ...] = ()

    @property
    def exchanges(self) -> int:
        return sum(self.sound.values()) + len(self.told)

    def summary(self) -> Summary:
        """The counts of the exchanges that are not told."""
        count = sum(self.sound.values())
        return Summary(exchanges=count, conforming=count, operations=Counter(self.sound))


def load(job: Job) -> Validator:
    """The job's validator, once per process. Raises ContractError."""
    return _validator(job.contract, job.strict, job.strict_nullable, job.any_host, job.engine_check)


@lru_cache(maxsize=1)
def _validator(path: str, strict: bool, strict_nullable: bool, any_host: bool, engine_check: bool) -> Validator:
    contract = Contract.load(path, strict_nullable=strict_nullable, any_host=any_host)
    if not engine_check:
        return Validator(contract, strict)
    from toolkit.validation.cross_check import CrossCheck

    return Validator(contract, strict, CrossCheck().check)


def plan(job: Job) -> Iterator[Unit]:
    """The units of the job's input, in order. Raises RecordingError where a path leads nowhere."""
    batch: list[tuple[str, bool]] = []
    held = 0
    for path, named in expand(job.paths):
        size = 0 if path == "-" else Path(path).stat().st_size
        small = size <= BATCH and path != "-"
        if batch and (not small or held + size > BATCH or len(batch) >= FILES):
            yield Unit(tuple(batch), held)
            batch, held = [], 0
        if small:
            batch.append((path, named))
            held += size
        else:
            yield from _units_of(job, path, named, size)
    if batch:
        yield Unit(tuple(batch), held)


def _units_of(job: Job, path: str, named: bool, size: int) -> Iterator[Unit]:
    if size <= RANGE or not is_splittable(path, job.format):
        yield Unit(((path, named),), size)
        return
    for start in range(0, size, RANGE):
        yield Unit(((path, named),), min(RANGE, size - start), start, start + RANGE)


def check_unit(job: Job, unit: Unit) -> Iterator[Part]:
    """The parts of one unit. Raises ContractError, and RecordingError for a file that is named and no recording.

    What comes through a pipe is judged as it comes, in a part of its own.
    """
    whole = unit.end is not None or all(Path(path).is_file() for path, _ in unit.files)
    passed_over: list[str] = []
    yield from check_records(job, _records(job, unit, passed_over.append), unit.size, PART if whole else 1)
    if passed_over:
        yield Part({}, [], 0, tuple(passed_over))


def check_records(job: Job, records: Iterable[Record], size: int, count_in_part: int = PART) -> Iterator[Part]:
    """The parts that records, of so many bytes, make up. Raises ContractError, and what reading the records raises."""
    check = _checker(job)
    sound: dict[str, int] = {}
    told: list[Verdict] = []
    try:
        for count, record in enumerate(records, 1):
            verdict = check(record)
            if verdict.violations or verdict.unmatched:
                told.append(verdict)
            else:
                sound[verdict.operation] = sound.get(verdict.operation, 0) + 1
            if count % count_in_part == 0 or len(told) >= TOLD:
                yield Part(sound, told)
                sound, told = {}, []
    except Exception:
        yield Part(sound, told)  # what was found before
        raise
    yield Part(sound, told, size)


def _records(job: Job, unit: Unit, passed_over: Callable[[str], None]) -> Iterator[Record]:
    if unit.end is not None:
        return read_range(unit.files[0][0], unit.start, unit.end)
    how = (job.format, job.bare, passed_over)
    return (record for path, named in unit.files for record in read_file(path, named, *how))


def _checker(job: Job) -> Callable[[Record], Verdict]:
    validator, only = load(job), job.only
    check = validator.check
    if only is None:
        return check

    def checked(record: Record) -> Verdict:
        verdict = check(record)
        if verdict.operation in ("", only):
            return verdict
        return Verdict(verdict.source, unmatched=f"it belongs to {verdict.operation}, and only {only} was asked for")

    return checked


def check_all(job: Job, units: Sequence[Unit], jobs: int) -> Iterator[Part]:
    """The parts of all units, in order, the same for every number of processes. Lines are told by number.

    Raises what `check_unit` raises, and WorkerError where a worker dies.
    """
    load(job)
    processes = min(jobs, len(units)) if sum(unit.size for unit in units) > SMALL else 1
    parts = _on_workers(job, units, processes) if processes > 1 else _here(job, units)
    return (replace(part, told=[placed(verdict) for verdict in part.told]) for part in parts)


def placed(verdict: Verdict) -> Verdict:
    """The verdict with its place told by line, where that can be found out."""
    source = resolve(verdict.source)
    if source == verdict.source:
        return verdict
    return replace(
        verdict,
        source=source,
        violations=tuple(replace(violation, source=source) for violation in verdict.violations),
    )


def _here(job: Job, units: Iterable[Unit]) -> Iterator[Part]:
    with _frozen():
        for unit in units:
            yield from check_unit(job, unit)


@contextmanager
def _frozen() -> Iterator[None]:
    """Keep the collector of cycles away from the contract, which stays, and let it look at exchanges less often."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@dataclass(eq=False)
class _Workers:
    """Processes, the connection to each, and the parts that came from each unit and were not yet passed on."""

    processes: list[Any] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    working_on: dict[Connection, int] = field(default_factory=dict)
    arrived: dict[int, deque[Part | Exception | None]] = field(default_factory=dict)
    unread: int = 0

    def start(self, job: Job, units: Sequence[Unit], count: int) -> None:
        # A forked worker has the contract already; elsewhere each one loads it.
        context: Any = get_context("fork" if sys.platform == "linux" else "spawn")
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(job, units, theirs), daemon=True)
            process.start()
            theirs.close()  # so that the end of the process ends the connection
            self.processes.append(process)
            self.connections.append(ours)

    def assign(self, connection: Connection, units: Iterator[int]) -> None:
        """Give the worker its next unit; with none left it ends."""
        number = next(units, None)
        if number is None:
            self.working_on.pop(connection, None)
        else:
            self.working_on[connection] = number
        try:
            connection.send(number)
        except OSError:
            raise self.death(connection) from None

    def receive(self, current: int, units: Iterator[int]) -> None:
        """Wait for parts: of every unit, or of the current one alone while too much is unread."""
        busy = [c for c, number in self.working_on.items() if number == current or self.unread < UNREAD]
        for connection in wait(busy):
            assert isinstance(connection, Connection)
            try:
                number, result = connection.recv()
            except (EOFError, OSError):
                raise self.death(connection) from None
            self.arrived.setdefault(number, deque()).append(result)
            if isinstance(result, Part):
                self.unread += len(result.told)
            else:
                self.assign(connection, units)

    def death(self, connection: Connection) -> WorkerError:
        """What is to be said of the worker whose connection has ended."""
        process = self.processes[self.connections.index(connection)]
        process.join(5)
        code = process.exitcode or 0
        how = f"by signal {-code}" if code < 0 else f"with status {code}"
        return WorkerError(f"a worker process ended early, {how}; is memory short? try fewer --jobs")

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.join()


def _on_workers(job: Job, units: Sequence[Unit], count: int) -> Iterator[Part]:
    workers = _Workers()
    try:
        workers.start(job, units, count)
        numbers = iter(range(len(units)))
        for connection in workers.connections:
            workers.assign(connection, numbers)
        for current in range(len(units)):
            yield from _in_order(workers, current, numbers)
    finally:
        workers.stop()


def _in_order(workers: _Workers, current: int, numbers: Iterator[int]) -> Iterator[Part]:
    while True:
        while not workers.arrived.get(current):
            workers.receive(current, numbers)
        result = workers.arrived[current].popleft()
        if not isinstance(result, Part):
            break
        workers.unread -= len(result.told)
        yield result
    del workers.arrived[current]
    if result is not None:
        raise result


def _work(job: Job, units: Sequence[Unit], connection: Connection) -> None:
    """The life of a worker: numbers of units come, their parts go. Ctrl-C is for the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with _frozen():
            while (number := connection.recv()) is not None:
                for result in _results(job, units[number]):
                    connection.send((number, result))
    except (EOFError, OSError):
        return  # nobody is waiting any more


def _results(job: Job, unit: Unit) -> Iterator[Part | Exception | None]:
    """The parts, then None, or the exception that stopped the unit, with its traceback as a note."""
    try:
        yield from check_unit(job, unit)
        yield None
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))
        yield error
