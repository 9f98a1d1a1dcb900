"""What passes while a command serves, checked and reported by a thread of its own until a signal ends the command."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from threading import Event, Thread

from toolkit.cli.common import Common
from toolkit.cli.progress import Reporter
from toolkit.cli.results import interrupted, status_of, with_coverage
from toolkit.cli.signals import SIGNALLED, exit_status
from toolkit.exchange import Exchange
from toolkit.validation.batch import Results
from toolkit.validation.contents import Contents
from toolkit.validation.observed import Observer
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict

Passed = tuple[Exchange, Verdict]


def numbered(
    passed: Iterable[Passed], validator: Validator, see: Callable[[Exchange, Verdict], None] = lambda *_: None
) -> Iterator[Results]:
    """What was found in each exchange that passed, with its number; `see` gets the same."""
    observer = Observer(Contents(validator))
    operations = {one.name: one for one in validator.contract.operations()}
    for number, (exchange, found) in enumerate(passed, 1):
        verdict = found.from_source(f"request {number}: {found.source}")
        see(exchange, verdict)
        if operation := operations.get(found.operation):
            observer.note(operation, exchange.response)
            observer.look(operation, exchange.request, exchange.response)
        yield Results({}, [verdict], seen=observer.take())


def watch(
    common: Common,
    reporter: Reporter,
    parts: Iterator[Results],
    serve: Callable[[], int],
    finish: Callable[[], None],
    percent: float | None = None,
) -> int:
    """The exit status of what `serve` does, when all parts are reported, which `finish` ends: that of the signal that ended it, if one
    did. Where a report fails, the command ends."""
    failures, is_over = list[Exception](), Event()

    def work() -> None:
        try:
            reporter.run(parts)
        except Exception as error:
            failures.append(error)
            if not is_over.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

    thread = Thread(target=work, name="contract-verdicts")
    try:
        reporter.open()
        thread.start()
        ended = serve()
    except KeyboardInterrupt:  # before or after it served
        ended = exit_status() - SIGNALLED
    finally:
        is_over.set()
        common.end_line()
        finish()
        (thread.join if thread.ident else work)()
    if failures:
        raise failures[0]
    status = status_of(reporter, "no request came; nothing was checked")
    status = with_coverage(status, reporter.summary.coverage, percent)
    return interrupted(ended) if ended else status
