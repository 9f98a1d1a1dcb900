"""The parts of commands that do not depend on the command line: bare bodies, baselines, targets, files."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stdout
from datetime import UTC, datetime
from itertools import chain
from os.path import exists, isfile, samefile  # without an error for a name too long
from typing import TYPE_CHECKING

from toolkit.cli.signals import shielded
from toolkit.contract.model import Contract
from toolkit.errors import UsageError
from toolkit.exchange import Exchange
from toolkit.export.output import open_output
from toolkit.structs import replace
from toolkit.verdict import Verdict

if TYPE_CHECKING:
    from toolkit.recordings.reading import BareBody
    from toolkit.reports.baseline import Baseline
    from toolkit.secrets.masking import Secrets
    from toolkit.services.service import Service
    from toolkit.validation.batch import Job, Results

TASKS = 500
DASK_OUTPUT = "jsonl=violations"
Accept = Callable[[Verdict], tuple[Verdict, int]]


def bare_bodies(contract: Contract, paths: Sequence[str], bare: BareBody) -> BareBody | None:
    """The operation, status and media type of bare bodies, or None if their operation is unknown. If no operation is given, files that are
    named one by one are taken for responses of the only operation."""
    if bare.operation is None and all(path == "-" or isfile(path) for path in paths):  # noqa: PTH113  # see the import
        bare = replace(bare, operation=_sole_operation(contract), inferred=True)
    return bare if bare.operation else None


def _sole_operation(contract: Contract) -> str | None:
    """The contract's first operation, if all others have the same responses."""
    operations = contract.operations()
    first = next(operations, None)
    if first is None:
        return None
    responses = first.node.value.get("responses")
    return first.name if all(other.node.value.get("responses") == responses for other in operations) else None


def check_parts(
    job: Job, engine: str, scheduler: str | None, output: str | None, jobs: int | None
) -> tuple[Iterator[Results], int]:
    """Verdicts on the job's input by one of the engines, and the number of bytes of input. `output` is FORMAT=DIR, for Dask only. Raises
    UsageError, RecordingError, WorkerError and ContractError."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = jobs or cpus
    if engine == "local":
        from toolkit.validation.batch import check_chunks, split

        if scheduler or output:
            raise UsageError("--scheduler and --output need a Dask cluster; add --engine dask")
        chunks = list(split(job))
        return check_chunks(job, chunks, processes), sum(chunk.size for chunk in chunks)
    from toolkit.validation.dask import check_on_dask, input_size

    format, equals, folder = (output or DASK_OUTPUT).partition("=")
    if not (equals and folder):
        raise UsageError(f"--output {format[:80]!r} is not of the form FORMAT=DIR; write for example {DASK_OUTPUT}")
    return check_on_dask(job, scheduler, folder, processes, format), input_size(job)


@contextmanager
def open_baseline(path: str | None, update: bool) -> Iterator[Accept]:
    """A function that removes known violations from a verdict. With `update` the baseline is written anew at the end."""
    if path is None:
        if update:
            raise UsageError("--update-baseline needs a file to write; add --baseline FILE")
        yield lambda verdict: (verdict, 0)
        return
    from toolkit.reports.baseline import accept, add, load, refuse_others, write

    if update:
        refuse_others(path)
    known: Baseline = {} if update else load(path)

    def accept_known(verdict: Verdict) -> tuple[Verdict, int]:
        if update:
            add(known, verdict)
        return accept(known, verdict)

    yield accept_known
    if update:
        write(path, known)


@contextmanager
def open_reference(
    contract: Contract,
    seed: int,
    tasks: int | None = None,
    store: str | None = None,
    require_signature: tuple[str, str] | None = None,
) -> Iterator[tuple[Service, int]]:
    """The reference service and its number of tasks. Tasks are random, unless there is a store and no number."""
    from toolkit.services.service import reference_service
    from toolkit.services.store import Store
    from toolkit.services.tasks import generate

    with closing(Store.open(store or ":memory:")) as opened:
        if tasks is not None or store is None:
            opened.insert_many(generate(TASKS if tasks is None else tasks, seed, datetime.now(UTC)))
        yield reference_service(opened, contract, require_signature), opened.count()


@contextmanager
def open_service(name: str) -> Iterator[tuple[str, list[str]]]:
    """The URL at which the application MODULE:APP is served in this process, by ASGI or WSGI, and the paths at which it may
    have its document. What it prints goes to stderr: stdout is for reports. Raises ServiceError."""
    from toolkit.services.application import document_paths, load_app
    from toolkit.services.hosting import USUAL_PORT, serving_in_thread

    with redirect_stdout(sys.stderr):
        app = load_app(name)
        with serving_in_thread(app, USUAL_PORT) as url:
            yield url, document_paths(app)


@contextmanager
def open_har(
    path: str | None, base: str, secrets: Secrets, hidden: Callable[[Exchange], Sequence[str]]
) -> Iterator[Callable[[Exchange], None] | None]:
    """A function that writes exchanges to a HAR file, without their secrets; after an error the file is whole, too. `base` is put before the URLs,
    which HAR wants absolute. `hidden` are secrets of an exchange beside those that stand under their names. None without a path."""
    if path is None:
        yield None
        return
    from toolkit.recordings.reading import har_document

    pending: deque[Exchange | None] = deque()
    pieces = har_document(iter(pending.popleft, None))
    failure: BaseException | None = None
    before = secrets.shown_url(base).rstrip("/")
    with open_output(path) as stream:

        def keep(exchange: Exchange) -> None:
            request = exchange.request and replace(exchange.request, url=before + exchange.request.url)
            with shielded():
                pending.append(secrets.kept(replace(exchange, request=request), hidden(exchange)))
                stream.write(next(pieces))

        try:
            yield keep
        except BaseException as error:
            failure = error
        pending.append(None)
        stream.writelines(pieces)
    if failure is not None:
        raise failure


def keeper(contract: str | None, keep_secrets: bool) -> Callable[[Exchange], Exchange]:
    """A function that makes of an exchange one that is safe to keep, by common names and by what a contract marks."""
    from toolkit.secrets.masking import Secrets

    if contract is None or keep_secrets:
        return Secrets(keep=keep_secrets).kept
    loaded = Contract.load(contract, any_host=True)
    return lambda exchange: loaded.secrets.kept(exchange, loaded.secrets_in_path(exchange))


def convert(
    source: str, out: str, format: str | None, bare: BareBody | None, kept: Callable[[Exchange], Exchange]
) -> tuple[int, list[str]]:
    """Write a recording, without its secrets, as a HAR document where `out` is named so, else as JSON Lines of HAR entries. Returns the
    number of exchanges, and what is wrong with broken records. Raises RecordingError if the source is not a recording (then nothing is
    written), and UsageError."""
    from toolkit.recordings.reading import har_document, read, resolve, write_line

    if out != "-" and exists(out) and exists(source) and samefile(out, source):  # noqa: PTH110, PTH121  # see the import
        raise UsageError(f"IN and OUT are the same file, {out}; name another OUT")
    broken: list[str] = []
    count = 0
    records = read(source, format, bare)
    first = next(records, None)

    def exchanges() -> Iterator[Exchange]:
        nonlocal count
        for record in chain([] if first is None else [first], records):
            if isinstance(record, Exchange):
                yield kept(record)
                count += 1
            else:
                broken.append(f"{resolve(record.source)}: {record.reason}")

    with open_output(out) as stream:
        for piece in har_document(exchanges()) if out.lower().endswith(".har") else map(write_line, exchanges()):
            stream.write(piece)
            if source == "-":
                stream.flush()  # so that a pipe does not wait for more input
    return count, broken
