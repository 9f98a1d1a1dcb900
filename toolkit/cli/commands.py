"""What the commands do, apart from the command line: bare bodies, baselines, targets, files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from os.path import exists, isfile, samefile  # without an error for a name too long
from typing import TYPE_CHECKING

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.errors import UsageError
from toolkit.exchange import Exchange, Send
from toolkit.export.output import written
from toolkit.verdict import Verdict

if TYPE_CHECKING:
    from toolkit.recordings.reading import BareBody
    from toolkit.reports.baseline import Baseline
    from toolkit.services.service import Service
    from toolkit.validation.batch import Job, Results

TASKS = 500
DASK_OUTPUT = "jsonl=violations"
Accept = Callable[[Verdict], tuple[Verdict, int]]


def bare_bodies(contract: Contract, paths: Sequence[str], bare: BareBody) -> BareBody | None:
    """What bare bodies are taken for. Where no operation is named, files that are named answer the only operation."""
    from dataclasses import replace

    if bare.operation is None and all(path == "-" or isfile(path) for path in paths):  # noqa: PTH113  # see the import
        bare = replace(bare, operation=_sole_operation(contract), inferred=True)
    return bare if bare.operation else None


def _sole_operation(contract: Contract) -> str | None:
    """The contract's first operation, where all others answer as it does."""
    operations = contract.operations()
    first = next(operations, None)
    if first is None or any(_answers(other) != _answers(first) for other in operations):
        return None
    return first.name


def _answers(operation: Operation) -> object:
    return operation.node.value.get("responses")


def judged_parts(
    job: Job, engine: str, scheduler: str | None, output: str | None, jobs: int | None
) -> tuple[Iterator[Results], int]:
    """The parts of the job's input by one of the engines, and how many bytes of input there are.

    `output` is FORMAT=DIR, for Dask alone. Raises UsageError, RecordingError, WorkerError and ContractError.
    """
    processes = jobs or _processors()
    if engine == "local":
        from toolkit.validation.batch import check_chunks, split

        if scheduler or output:
            raise UsageError("--scheduler and --output are for a Dask cluster; add --engine dask")
        chunks = list(split(job))
        return check_chunks(job, chunks, processes), sum(chunk.size for chunk in chunks)
    from toolkit.validation.dask import check_on_dask, input_size

    format, equals, folder = (output or DASK_OUTPUT).partition("=")
    if not (equals and folder):
        raise UsageError(f"--output {format[:80]!r} is not of the form FORMAT=DIR; write it as in {DASK_OUTPUT}")
    return check_on_dask(job, scheduler, folder, processes, format), input_size(job)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def accepting(path: str | None, update: bool) -> Iterator[Accept]:
    """What takes the violations of a baseline off a verdict. With `update` it is written anew when the work is done."""
    if path is None:
        if update:
            raise UsageError("--update-baseline does not know where to write; add --baseline FILE")
        yield lambda verdict: (verdict, 0)
        return
    from toolkit.reports.baseline import accept, add, load, write

    known: Baseline = {} if update else load(path)

    def accepted(verdict: Verdict) -> tuple[Verdict, int]:
        if update:
            add(known, verdict)
        return accept(known, verdict)

    yield accepted
    if update:
        write(path, known)


@contextmanager
def reference(
    contract: Contract,
    seed: int,
    tasks: int | None = None,
    path: str | None = None,
    require_signature: tuple[str, str] | None = None,
) -> Iterator[tuple[Service, int]]:
    """The reference service and its number of tasks: made up ones, unless a store is named and no number."""
    from toolkit.services.service import reference_service
    from toolkit.services.store import Store
    from toolkit.services.tasks import generate

    store = Store.open(path or ":memory:")
    try:
        if tasks is not None or path is None:
            store.insert_many(generate(TASKS if tasks is None else tasks, seed, datetime.now(UTC)))
        yield reference_service(store, contract, require_signature), store.count()
    finally:
        store.close()


@contextmanager
def target(contract: Contract, url: str | None, seed: int) -> Iterator[Send]:
    """What sends requests to the service at the URL, or without one to the reference service in process."""
    from toolkit.client.target import asgi, http

    if url is not None:
        with http(url) as send:
            yield send
        return
    from toolkit.services.service import create_app

    with reference(contract, seed) as (service, _), asgi(create_app(service)) as send:
        yield send


@contextmanager
def recorded(path: str | None) -> Iterator[Callable[[Exchange], None] | None]:
    """What keeps exchanges, secrets masked; they are written as HAR in the end, however that comes. None where no file is named."""
    if path is None:
        yield None
        return
    from dataclasses import replace

    from toolkit.client.signing import shareable
    from toolkit.recordings.reading import har_document

    exchanges: list[Exchange] = []

    def keep(exchange: Exchange) -> None:
        exchanges.append(replace(exchange, request=exchange.request and shareable(exchange.request)))

    with written(path) as stream:
        try:
            yield keep
        finally:
            stream.writelines(har_document(exchanges))


def convert(source: str, out: str, format: str | None, bare: BareBody | None) -> tuple[int, list[str]]:
    """Write a recording as JSON lines of HAR entries. How many exchanges, and what is wrong with records left out.

    Raises RecordingError where the source is no recording (then nothing is written), and UsageError.
    """
    from toolkit.recordings.reading import read, resolve, write_line

    if out != "-" and exists(out) and exists(source) and samefile(out, source):  # noqa: PTH110, PTH121  # see the import
        raise UsageError(f"{out} would be read and written at once; name another OUT")
    broken: list[str] = []
    count = 0
    records = read(source, format, bare)
    first = next(records, None)
    with written(out) as stream:
        for record in chain([] if first is None else [first], records):
            if isinstance(record, Exchange):
                stream.write(write_line(record))
                count += 1
                if source == "-":
                    stream.flush()  # what comes through a pipe is passed on as it comes
            else:
                broken.append(f"{resolve(record.source)}: {record.reason}")
    return count, broken
