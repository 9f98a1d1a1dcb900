"""`contract mock`: a stand-in for any contract, and what was wrong with the requests that it got."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from queue import SimpleQueue
from typing import Any

from toolkit.cli.common import Common
from toolkit.cli.progress import Reporter
from toolkit.cli.results import report_opener
from toolkit.cli.watching import Passed, numbered, watch
from toolkit.contract.model import Contract
from toolkit.contract.repair import made_of_rest
from toolkit.exchange import Exchange, Request, Response
from toolkit.reports.summary import Summary
from toolkit.services.hosting import as_asgi, listen, serve_until_signal, url_of
from toolkit.services.mock import MAX_BODY, Mock
from toolkit.services.mock_state import State
from toolkit.validation.observed import coverage_of
from toolkit.verdict import plural


def _readable(contract: Contract) -> Contract:
    """The contract itself. Raises ContractError for a path that cannot be read."""
    list(contract.operations())
    return contract


def run_mock(common: Common, given: Mapping[str, Any]) -> int:
    """Serve until a signal ends it, then report on the requests; the exit status, which is the signal's."""
    loaded, lost = made_of_rest(common.load(), _readable)
    mock = Mock(loaded, common.seed, State(loaded) if given["stateful"] else None)
    passed = SimpleQueue[Passed | None]()

    def respond(request: Request) -> Response:
        response, verdict = mock.respond(request)
        passed.put((Exchange(request, response, verdict.source), verdict))
        return response

    def finishing(summary: Summary) -> None:
        summary.notes.extend(common.noted)
        summary.coverage = coverage_of(loaded.operations(), reporter.seen) if summary.exchanges else []

    opener = report_opener(common.quiet, given["reports"], common.context(loaded, "the mock"))
    reporter = Reporter(opener, finishing=finishing)
    with closing(listen(given["host"], given["port"])) as listener:

        def serve() -> int:
            count = plural(sum(1 for _ in loaded.operations()), "operation")
            named = common.origin or common.contract_path
            common.note(f"{named}: {count}, mocked at {url_of(listener)} (stop with Ctrl-C)")
            for line in lost:
                common.warn_of(line)
            return serve_until_signal(as_asgi(respond, MAX_BODY), listener)

        found = numbered(iter(passed.get, None), mock.validator)
        return watch(common, reporter, found, serve, lambda: passed.put(None))
