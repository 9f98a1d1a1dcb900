"""`contract mock`: a stand-in for any contract, and what was wrong with the requests that it got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from toolkit.cli.common import Common
from toolkit.cli.progress import Reporter
from toolkit.cli.results import report_opener, status_of
from toolkit.cli.signals import exit_status
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.contract.repair import made_of_rest
from toolkit.exchange import Request, Response
from toolkit.reports.summary import Summary
from toolkit.services.hosting import as_asgi, serve
from toolkit.services.mock import MAX_BODY, Mock
from toolkit.services.mock_state import State
from toolkit.validation.batch import Results
from toolkit.validation.contents import Contents
from toolkit.validation.observed import Observer, coverage_of
from toolkit.verdict import Verdict, plural

_MOST_KEPT = 10_000  # verdicts on requests with violations


@dataclass(eq=False)
class Seen:
    """What the mock saw: the sound requests by operation, verdicts on the others, and how many more of those there were."""

    observer: Observer
    conforming: Counter[str] = field(default_factory=Counter)
    verdicts: list[Verdict] = field(default_factory=list)
    more: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, verdict: Verdict, operation: Operation | None, request: Request, response: Response) -> None:
        with self._lock:
            if operation:
                self.observer.note(operation, response)
                self.observer.look(operation, request, response)
            number = self.conforming.total() + len(self.verdicts) + self.more + 1
            if not verdict.violations:
                self.conforming[verdict.operation] += 1
            elif len(self.verdicts) < _MOST_KEPT:
                self.verdicts.append(verdict.from_source(f"request {number}: {verdict.source}"))
            else:
                self.more += 1


def _readable(contract: Contract) -> Contract:
    """The contract itself. Raises ContractError for a path that cannot be read."""
    list(contract.operations())
    return contract


def run_mock(common: Common, given: Mapping[str, Any]) -> int:
    """Serve until a signal ends it, then report on the requests; the exit status, which is the signal's."""
    loaded, lost = made_of_rest(common.load(), _readable)
    mock = Mock(loaded, common.seed, State(loaded) if given["stateful"] else None)
    seen = Seen(Observer(Contents(mock.validator)))
    operations = {one.name: one for one in loaded.operations()}

    def respond(request: Request) -> Response:
        response, verdict = mock.respond(request)
        seen.add(verdict, operations.get(verdict.operation), request, response)
        return response

    opener = report_opener(common.quiet, given["reports"], common.context(loaded, "the mock"))

    def finishing(summary: Summary) -> None:
        summary.notes.extend(common.noted)
        summary.coverage = coverage_of(loaded.operations(), reporter.seen) if summary.exchanges else []

    reporter = Reporter(opener, finishing=finishing)

    def ready(url: str) -> None:
        reporter.open()
        count = plural(sum(1 for _ in loaded.operations()), "operation")
        common.note(f"{common.origin or common.contract_path}: {count}, mocked at {url} (stop with Ctrl-C)")
        for line in lost:
            common.warn_of(line)

    with suppress(KeyboardInterrupt):  # the usual end, and no fault
        serve(as_asgi(respond, MAX_BODY), given["host"], given["port"], ready)
    common.end_line()
    if seen.more:
        common.warn_of(f"{plural(seen.more, 'further request')} with violations are not listed")

    reporter.run([Results(dict(seen.conforming), seen.verdicts, seen=seen.observer.take())])
    status_of(reporter, "no request came; nothing was checked")  # says so
    return exit_status()
