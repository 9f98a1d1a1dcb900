"""`contract test`: from the options of a user to a run and its exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

from toolkit.cli.commands import Accept, open_har, open_reference, open_service
from toolkit.cli.common import Common
from toolkit.cli.progress import Opener, Reporter, progress
from toolkit.cli.results import CONFORMS, FAILED, print_note, report_opener, status_of, with_coverage
from toolkit.client.contracts import find_contract, join_base
from toolkit.client.credentials import known_headers
from toolkit.client.target import MAX_BODY, TIMEOUT, Limits, asgi, base_address, http
from toolkit.conformance.run import Options, Run, budget_for
from toolkit.contract.flow import SAFE, is_rpc
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.errors import UsageError
from toolkit.exchange import Exchange, Send
from toolkit.reports.writers import Summary
from toolkit.review.suggest import unstated
from toolkit.structs import replace
from toolkit.validation.batch import Results
from toolkit.validation.hiding import Found
from toolkit.validation.validator import Validator
from toolkit.verdict import clip, few, plural, printable, unobeyed

_LONGEST = 200  # characters of a URL that is shown
Keep = Callable[[Exchange], None]


def run_test(common: Common, url: str | None, given: dict[str, Any]) -> int:
    """Run the tests; the exit status. `given` are the options that are not among the common ones."""
    if find_spec("schemathesis") is None:
        cure = "pip install 'contract-toolkit[test]'"
        raise UsageError(f"contract test needs Schemathesis, which is not installed: {cure}")
    if url and given["app"]:
        raise UsageError("both a URL and --app are given; leave one of them out")
    if url:
        base_address(url)  # before anything is said or sent
    documents, stdout = list[str](), sys.stdout
    limits = Limits(given["timeout"] or TIMEOUT, given["max_body"] or MAX_BODY, given["ca_file"], given["insecure"])
    headers = known_headers(given["headers"], given["auth"])
    with ExitStack() as opened:
        if given["app"]:
            url, documents = opened.enter_context(open_service(given["app"]))
        found = opened.enter_context(find_contract(common.contract, url, limits, headers, documents))
        loaded, url, note = join_base(replace(common, contract=found.path).load(), found.url or "", limits, headers)
        options, chosen = _options(common, loaded, url, given)
        _announce(common, chosen, options, found.origin)
        common.check_contract(loaded, found.origin)
        if line := unstated(chosen):
            common.warn_of(line)
        accept = opened.enter_context(common.accepting())
        send = opened.enter_context(http(url, limits) if url else _reference(common, loaded))
        run = Run(loaded, Validator(loaded, keep_secrets=given["keep_secrets"]), send, options)
        run.on_exchange = opened.enter_context(_recording(common, run, url, given))
        if note:
            run.journal.note(note)
        subject = run.secrets.secrets.shown_url(url) if url else "the reference service"
        context = common.context(loaded, given["app"] or subject, "response")
        status = report_run(common, run, report_opener(common.quiet, given["reports"], context, stdout), accept)
        return with_coverage(status, run.coverage, given["fail_under"])


def _options(
    common: Common, loaded: Contract, url: str | None, given: Mapping[str, Any]
) -> tuple[Options, list[Operation]]:
    """The options of the run, and the operations that it tests."""
    taken = {name: given[name] for name in ("params", "headers", "auth", "rate", "budget", "max_time")}
    selection = common.selection(loaded, given["read_only"])
    options = Options(operation=common.operation, seed=common.seed, selection=selection, ignore=common.ignore, **taken)
    options = replace(options, base=url) if url else options
    named = [loaded.operation(options.operation)] if options.operation else None
    chosen = named or [one for one in loaded.operations() if selection.takes(one)]
    return replace(options, budget=options.budget or budget_for(len(chosen))), chosen


def _announce(common: Common, chosen: list[Operation], options: Options, origin: str) -> None:
    """Say which contract it is, how much is asked, and what may be changed, before anything is sent."""
    limit = f"at most {options.budget:,} requests (--budget)"
    common.note(f"tests by {origin}: {plural(len(chosen), 'operation')}, {limit}")
    unsafe = [one for one in chosen if one.method not in SAFE]
    writing = [one.name if is_rpc(one) else f"{one.method} {one.route.template}" for one in unsafe]
    if writing and options.base != Options().base:
        verb = "operations create, change or delete" if len(writing) > 1 else "operation creates, changes or deletes"
        common.note(f"{len(writing)} {verb} something: {few(writing, 3)}; --read-only leaves them out")


@contextmanager
def _recording(common: Common, run: Run, url: str, given: Mapping[str, Any]) -> Iterator[Keep | None]:
    secrets = run.contract.secrets.unless(given["keep_secrets"])
    told, named = run.options.given_secrets(secrets), run.contract.secrets_in_path
    with open_har(given["record"], url or "http://localhost", secrets, lambda each: (*told, *named(each))) as har:
        yield _show(_hand_on(har), run.secrets) if common.verbose else _hand_on(har)


@contextmanager
def _reference(common: Common, loaded: Contract) -> Iterator[Send]:
    from toolkit.services.service import create_app

    with open_reference(loaded, common.seed) as (service, _), asgi(create_app(service)) as send:
        yield send


def _hand_on(keep: Keep | None) -> Keep | None:
    """A function that hands exchanges on to a recording, where no body is not one that the recording lacks."""
    if keep is None:
        return None

    def tell(exchange: Exchange) -> None:
        if (request := exchange.request) and request.body is None and request.method != "GET":
            exchange = replace(exchange, request=replace(request, body=b""))
        keep(exchange)

    return tell


def _show(keep: Keep | None, secrets: Found) -> Keep:
    """A function that shows each exchange in a line, without its secrets, and hands it on."""

    def show(exchange: Exchange) -> None:
        request, response = exchange.request, exchange.response
        if request:
            status = response.status if response else "no response"
            secrets.learn(exchange)
            url = clip(secrets.hide(request.url), _LONGEST)
            line = f"{request.method} {url} {status} {(exchange.seconds or 0) * 1000:.0f} ms"
            print(unobeyed(printable(line)), file=sys.stderr)
        if keep:
            keep(exchange)

    return show


def report_run(common: Common, run: Run, opener: Opener, accept: Accept) -> int:
    def finishing(summary: Summary) -> None:
        summary.probed = run.journal.probed
        summary.requests, summary.seed = run.requests, common.seed
        summary.coverage, summary.notes = run.coverage, list(dict.fromkeys([*common.noted, *run.notes]))

    reporter = Reporter(opener, accept, finishing)
    with progress(not common.quiet, "requests") as update:

        def show(done: int, total: int, name: str) -> None:
            update(done, total, run.requests, reporter.summary.violating, name)

        run.on_progress, run.on_alone = show, reporter.count
        reporter.run(Results({}, [verdict]) for verdict in run.verdicts())
    for note in dict.fromkeys(run.notes):
        common.note(note)
    nothing = "nothing was examined: the run ended before any response; the report says why"
    if not run.coverage:
        nothing = "the contract has no operation that can be tested; name another by --contract FILE"
    status = status_of(reporter, nothing)
    if status == CONFORMS and not run.tested:
        print_note("nothing was examined: no operation had success; the report says why")
        return FAILED
    return status
