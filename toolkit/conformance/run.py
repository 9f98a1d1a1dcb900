"""A test run of a live service, breadth first: a plain call of every operation, then the checks of all by their rank.

So a run that ends early, by its budget or its time, has asked every operation before it asks one of them everything.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from toolkit.client.client import Client, client_of
from toolkit.client.credentials import Credentials
from toolkit.client.session import BudgetSpent, OperationLeft, Postponed, ServiceGone, Session
from toolkit.conformance import coverage
from toolkit.conformance.access import Access
from toolkit.conformance.coverage import Held
from toolkit.conformance.known import given_values
from toolkit.conformance.lanes import Lanes
from toolkit.conformance.plan import GENERATED, PROOF, Check, Journal, check_last, check_plain, plan
from toolkit.conformance.pool import Pool, path_filling
from toolkit.conformance.probes.boundaries import PROBE_TEXTS
from toolkit.conformance.reach import begin
from toolkit.conformance.subject import ALL_TRIES, FIRST_TRIES, Subject, sampled
from toolkit.contract.flow import ends_session, in_order, kind, stops_service
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.contract.repair import repaired
from toolkit.contract.resources import place_of
from toolkit.contract.security import is_secured
from toolkit.contract.selection import EVERY, Selection
from toolkit.errors import ContractToolkitError
from toolkit.exchange import Exchange, Headers, Request, Response, Send
from toolkit.reports.coverage import Coverage
from toolkit.secrets.masking import Secrets
from toolkit.structs import Frozen, replace
from toolkit.validation.hiding import Found
from toolkit.validation.validator import Validator, failure
from toolkit.verdict import Verdict, Violation
from toolkit.wire.urlencoded import build_query

_OF_VALUES = (400, 404, 409, 410, 422)  # with which a request is refused where a value does not exist
_SHARE_OF_LAST = 0.1  # of the time, for what is called at last
_TURNS = 3  # of plain calls: what failed is called again when other operations have shown more values
# Generated requests of a kind: of the run, of an operation.
_ALL_EXAMPLES, _MOST_EXAMPLES, _FEWEST_EXAMPLES = 600, 60, 8
_ALL_CHECKS = "all after the plain request"
_CALLED_AT_LAST = "called at the end, since it ends the session or the service; nothing else of it is checked"
# Seconds for deleting what the run created: at the end, and kept where time is limited.
_GRACE, _SHORT_GRACE = 20.0, 3.0

Progress = Callable[[int, int, str], None]
Ask = Callable[[Subject, Journal], Iterator[Verdict]]
"""The verdicts of one check of an operation."""


class Options(Frozen):
    """The user's options. `auth` is one of client.credentials.FORMS; `rate` is requests per second; `budget` the most requests of the run, `max_time`
    its most seconds; `ignore` has ids of rules, or what they begin with, that are not reported; `base` is the URL that the curl lines show."""

    operation: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    auth: str | None = None
    rate: float | None = None
    budget: int | None = None
    max_time: float | None = None
    ignore: tuple[str, ...] = ()
    seed: int = 0
    base: str = "http://127.0.0.1:8080"
    selection: Selection = EVERY

    def takes(self, operation: Operation) -> bool:
        return operation.name == self.operation if self.operation else self.selection.takes(operation)

    def given_secrets(self, secrets: Secrets) -> tuple[str, ...]:
        request = Request("GET", f"{self.base}?{build_query(self.params)}", Headers(self.headers))
        key = (self.auth or "").partition(":")[2]
        parts = [key, key.partition(":")[2]] if key and not secrets.keep else []
        return (*secrets.values(Exchange(request, None)), *filter(None, parts))


def budget_for(operations: int) -> int:
    """The most requests of a run for which the user names no budget."""
    return 2_000 + 50 * operations


@dataclass(eq=False)
class Run:
    """One test run. `on_exchange` gets every exchange, `on_alone` the verdict on each alone, by which exchanges are counted;
    `on_progress` gets, before each check and after each request, how many checks of one request are done of how many, and the name."""

    contract: Contract
    validator: Validator
    send: Send
    options: Options
    on_exchange: Callable[[Exchange], None] | None = None
    on_progress: Progress = lambda done, total, name: None
    on_alone: Callable[[Verdict], None] | None = None
    _began: float = field(default=0.0, init=False)
    _until: float | None = field(default=None, init=False)  # the end of the part that runs
    _todo: deque[tuple[str, str]] = field(default_factory=deque, init=False)  # checks not done: operation and name
    _left: dict[str, dict[str, str]] = field(default_factory=dict, init=False)  # operation: checks left out, and why
    _held: Held = field(default_factory=Held, init=False)
    _is_planned: bool = field(default=False, init=False)
    _shown: tuple[int, int, str, int, int] = field(default=(0, 0, "", 1, 0), init=False)  # and the requests then

    def __post_init__(self) -> None:
        whole = self.contract
        self.contract, broken = repaired(whole)
        chosen = {one.name for one in whole.operations() if self.options.takes(one)} if broken else set()
        self._broken = [one for one in broken if not one.operation or chosen & {*one.operation.split(", ")}]
        if broken:
            self.validator = Validator(self.contract, keep_secrets=self.validator.keep_secrets)

    @cached_property
    def session(self) -> Session:
        options = self.options
        credentials = Credentials.parse(options.auth) if options.auth else None
        return Session(self.send, options.headers, credentials, options.rate, options.budget, self._see)

    @cached_property
    def access(self) -> Access:
        """Whether the user's credentials still hold."""
        return Access(self.session, self.contract)

    def watch(self) -> None:
        """See from now on whether the user's credentials hold: once they do not, secured operations are asked no more."""
        self.session.on_response = self.access.see

    @cached_property
    def secrets(self) -> Found:
        """What is secret in the exchanges, and what the user gave that is."""
        secrets = self.validator.secrets
        return Found(secrets, (*self.options.given_secrets(secrets), *self.contract.stated_secrets), PROBE_TEXTS)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.options.base, self.secrets)

    @cached_property
    def pool(self) -> Pool:
        """The values that the service has shown."""
        return Pool(self.contract)

    @cached_property
    def subjects(self) -> dict[str, Subject]:
        """The operations to test by name, in the order in which they are called first."""
        peers: dict[str, Subject] = {}
        for operation in in_order(self.operations()):
            given = given_values(operation, self.options.params, self._declared)
            peers[operation.name] = begin(self._client(operation), given, self.options.seed, self.pool, peers)
            peers[operation.name].lost = self._lost.get(operation.name, "")
        return peers

    @cached_property
    def _lost(self) -> dict[str, str]:
        """What could not be read of the requests of operations."""
        return {name: one.message for one in self._broken for name in one.operation.split(", ") if name}

    @cached_property
    def _declared(self) -> frozenset[str]:
        """The names of the parameters of all operations."""
        return frozenset(one.name for operation in self.contract.operations() for one in operation.parameters)

    @property
    def notes(self) -> list[str]:
        """What could not be checked, and why."""
        return [*self.journal.notes, *self.session.notes]

    @property
    def requests(self) -> int:
        """The number of requests sent so far."""
        return self.session.requests

    @property
    def tested(self) -> int:
        """The number of operations that had success."""
        return len(self.journal.reached.successes)

    def verdicts(self) -> Iterator[Verdict]:
        """Run everything; yields a verdict on each response as it comes, and one on each operation that was not examined. Raises
        TargetError if the service cannot be reached, ContractError if the contract cannot be used."""
        self._began = began = time.monotonic()
        most = self.options.max_time
        self.watch()
        yield from (Verdict("contract", violations=(one,), counts="no") for one in self._broken)
        try:
            end = began + most if most else None
            yield from self._in_time(end, self._call_each_once())
            before_last = began + most * (1 - _SHARE_OF_LAST) if most else None
            yield from self._in_time(before_last, self._call_all(), self._check_all())
            yield from self._in_time(end, self._call_at_last())
        except (KeyboardInterrupt, SystemExit):
            yield from self._held.verdicts
            list(self._clean_up())
            raise
        for subject in list(self.subjects.values())[:1]:  # responses that a check which did not end left behind
            yield from self.journal.settle(subject)
        yield from self._clean_up()
        yield from self._in_time(self.session.until, self._leave())
        yield from self._untested()

    def _in_time(self, until: float | None, *parts: Iterator[Verdict]) -> Iterator[Verdict]:
        """The verdicts of parts of a run, as far as time and budget last."""
        self.session.until = self._until = until
        try:
            for part in parts:
                yield from part
        except BudgetSpent as spent:
            rest = list(self._todo) if self._is_planned else [(name, _ALL_CHECKS) for name in self.subjects]
            for name, check in rest:
                self._left.setdefault(name, {}).setdefault(check, str(spent))
            self.journal.note(f"{spent}{coverage.describe_unreached(rest)}")

    def operations(self) -> list[Operation]:
        """The operations to test. One that is another by an equivalent method is tested with that one."""
        chosen = [operation for operation in self.contract.operations() if self.options.takes(operation)]
        return chosen if self.options.operation else [operation for operation in chosen if not _is_twin(operation)]

    @property
    def coverage(self) -> list[Coverage]:
        """How far the run came with each operation."""
        wanted = self.operations() if self.options.operation else self.contract.operations()
        read = self.journal.reached.detailed((one, self._covered(one)) for one in wanted)
        tested = {one.operation for one in read}
        return [*read, *(coverage.unreadable(name, why) for name, why in self._lost.items() if name not in tested)]

    def _covered(self, operation: Operation) -> Coverage:
        if not self.options.takes(operation) and not _is_twin(operation):
            return Coverage(operation.name, "not-examined", (), coverage.LEFT_OUT, accepted=True)
        subject = self.subjects.get(operation.name)
        told = (subject.obstacle or "").removeprefix("not tested further: ") if subject else ""
        reason = self.secrets.hide_known(told)
        held_back = kind(operation) == "delete" and not (subject and subject.held_back)
        left = list(self._left_out(operation.name))
        count = f"{len(left)} checks, from {left[0]!r} on" if len(left) > 1 else "".join(left)
        partly = f"examined in part, without {count}" if left else ""
        return self.journal.reached.coverage(operation, reason or coverage.ENDED, held_back, partly)

    def _left_out(self, name: str) -> dict[str, str]:
        """The checks of an operation that were left out, each with the reason; generated requests are a sample in any case."""
        return {check: why for check, why in self._left.get(name, {}).items() if check != GENERATED}

    def _client(self, operation: Operation) -> Client:
        return client_of(operation, self.contract, self.validator, self.session)

    def _call_each_once(self) -> Iterator[Verdict]:
        """One request of every operation, before any gets a second one; those of one kind overlap where time is short."""
        waiting = [one for one in self.subjects.values() if not one.is_last]
        with Lanes(self.session, waiting) as lanes:
            yield from self._call(waiting, lanes.ask, 1)

    def _call_all(self) -> Iterator[Verdict]:
        """Plain calls of every operation; then of those that were refused, once others have shown more values."""
        for turn in range(_TURNS):
            others = [one for one in self.subjects.values() if not one.is_last and not one.is_left]
            refused = {one for one in others if one.plain and one.plain.status in _OF_VALUES and one.obstacle}
            waiting = [one for one in others if not turn or one.obstacle is None or one in refused]
            waiting.sort(key=lambda one: one.plain is None and bool(one.obstacle))  # what took too long comes last
            yield from self._call(waiting, check_plain, ALL_TRIES if turn else FIRST_TRIES)
        yield from self._held.release_faults(self.journal.reached.statuses, self.journal.reached.successes)

    def _call(self, waiting: Sequence[Subject], ask: Ask, tries: int) -> Iterator[Verdict]:
        """Plain calls of some operations, each with so many tries. Verdicts that may have one cause in all are held back."""
        for number, subject in enumerate(waiting):
            self._show(number, len(waiting), f"{subject.operation.name}: a plain request")
            subject.tries = tries
            subject.obstacle = subject.obstacle and None  # it is tried once more
            found = self._ask(subject, ask, waiting[number:])
            yield from (one for one in found if not self._held.take(one))

    def _check_all(self) -> Iterator[Verdict]:
        """All checks of all operations: rank by rank, the operations in turn."""
        planned: list[tuple[int, int, Subject, Check]] = []
        for subject in [one for one in self.subjects.values() if not one.is_last]:
            self.session.see_time()
            turns = Counter[int]()
            for check in self._plan(subject):
                turns[check.rank] += 1
                planned.append((check.rank, turns[check.rank], subject, check))
        self.journal.note(*sampled(self.subjects.values()))
        planned.sort(key=lambda one: one[:2])
        self._is_planned = True
        yield from self._check([(subject, check) for _, _, subject, check in planned])

    def _check(self, checks: Sequence[tuple[Subject, Check]]) -> Iterator[Verdict]:
        """One check after the other. Those that find nothing by now, or do not end, are left out."""
        self._todo = deque((subject.operation.name, check.name) for subject, check in checks)
        done, total = 0, sum(check.size for _, check in checks)
        for subject, check in checks:
            name = subject.operation.name
            self._show(done, total, f"{name}: {check.name}", check.size)
            done, why = done + check.size, (subject.obstacle or "") if subject.is_left else ""
            keeps = check.name == GENERATED and self.pool.is_cleared(subject.operation, subject.made_at)
            if self._is_worth(subject, check):
                why = yield from self._ask(subject, check.run, keeps=keeps)
            elif check.needs_success:
                why = why or subject.obstacle or ""
            if why:
                self._left.setdefault(name, {})[check.name] = why
            self._todo.popleft()
        if checks:
            self._show(total, total, "done")

    def _call_at_last(self) -> Iterator[Verdict]:
        """What deletes and found nothing of its own is called with what is needed no longer; what names nothing is checked then."""
        deleting = [one for one in self.subjects.values() if kind(one.operation) == "delete" and not one.is_last]
        yield from self._call_last(deleting)
        called = [one for one in deleting if one.is_final and one.obstacle == "" and not one.item_place]
        yield from self._check([(one, check) for one in called for check in self._plan(one)])

    def _leave(self) -> Iterator[Verdict]:
        """What may end the session is called when nothing is left to do with it; where it did not, the rest of it is checked."""
        self.access.is_watching = False
        # The likeliest to end the session come last: by their words, else by a short path; then what stops the service.
        last = [one.operation for one in self.subjects.values() if one.is_last]
        last.sort(key=lambda one: (stops_service(one), ends_session(one), -one.route.template.count("/")))
        for subject in [self.subjects[one.name] for one in last]:
            yield from self._call_last([subject])
            checks = self._plan(subject) if not subject.obstacle else []
            if checks and not self._lives(subject):
                self.journal.note(f"{subject.operation.name}: {_CALLED_AT_LAST}")
                checks = [check for check in checks if check.rank == PROOF and not stops_service(subject.operation)]
            yield from self._check([(subject, check) for check in checks])

    def _lives(self, after: Subject) -> bool:
        """Whether the service still responds, and the credentials still open what they opened before."""
        reading = (one for one in self.subjects.values() if one.obstacle == "" and kind(one.operation) == "read")
        stops = stops_service(after.operation)
        one = next((one for one in reading if one is not after and (stops or is_secured(one.operation))), None)
        try:
            found = [one.ask(fresh=True), *one.client.take_unreported()] if one else []
        except ServiceGone:  # which blames nobody
            found = []
        return bool(found) and found[0].status not in {0, *coverage.NOT_PROVEN}

    def _call_last(self, subjects: Sequence[Subject]) -> Iterator[Verdict]:
        waiting = [one for one in subjects if one.operation.name not in self.journal.reached.successes]
        for number, subject in enumerate(waiting):
            self._todo = deque((one.operation.name, "a plain request") for one in waiting[number:])
            subject.is_final, subject.obstacle = True, None
            yield from self._ask(subject, check_last, waiting[number:])
        self._todo.clear()

    def _ask(
        self, subject: Subject, ask: Ask, waiting: Sequence[Subject] = (), keeps: bool = False
    ) -> Generator[Verdict, None, str]:
        """The verdicts of one check; returns why it did not end, '' if it did. An operation that is overloaded or silent is left
        alone from then on. Some operations may wait for their first request. What a check `keeps` for deletions is for the next one."""
        self._reserve(every_second=keeps)
        self.session.waiting, why = 0 if subject.plain else sum(one.plain is None for one in waiting), ""
        try:
            yield from map(self._held.with_trait, ask(subject, self.journal))
        except OperationLeft as left:
            why = left.reason if left.operation == subject.operation.name else str(left)
            if left.operation == subject.operation.name:
                subject.obstacle, subject.is_left = left.reason, not isinstance(left, Postponed)
            yield from (one for one in self.journal.settle(subject) if not (self.access.ended and self._held.take(one)))
        except BudgetSpent:
            if not keeps:
                raise
        except ContractToolkitError:
            raise
        except Exception as error:  # whatever it is, it does not stop the others
            name, why = subject.operation.name, "the program failed in it"
            yield from self.journal.settle(subject)
            yield coverage.about_a_run(replace(failure(error, name), operation=name))
        finally:
            self._reserve()
        return why

    def _plan(self, subject: Subject) -> list[Check]:
        examples = max(_FEWEST_EXAMPLES, min(_MOST_EXAMPLES, _ALL_EXAMPLES // len(self.subjects)))
        return plan(subject, examples)[1:]

    def _is_worth(self, subject: Subject, check: Check) -> bool:
        """Whether a check can find something: without success, probes may still find what breaks the service."""
        if not subject.obstacle or subject.is_left:
            return not subject.is_left
        status = subject.plain.status if subject.plain else 0
        known = subject.operation.response(status) is not None
        if status in coverage.NOT_PROVEN and (is_secured(subject.operation) or not (known and self.tested)):
            return False  # a login documents that it refuses, and needs no credentials itself
        return bool(status) and (status != 404 or known or self.tested > 0) and not check.needs_success

    def _clean_up(self) -> Iterator[Verdict]:
        """Delete what the run created, where the contract has a way, with the requests that were kept for it."""
        end = self._began + self.options.max_time if self.options.max_time else 0.0
        self.session.until = max(end, time.monotonic()) + (_SHORT_GRACE if end else _GRACE)
        self.session.reserved = self.session.waiting = 0
        clients: dict[str, Client] = {name: subject.client for name, subject in self.subjects.items()}
        created = len(self.pool.leftovers())
        try:
            while remaining := self.pool.leftovers():
                self._show(created - len(remaining), created, "deletes what the run created")
                operation, values = remaining[0]
                self.pool.forget(place_of(operation).shape, values)
                client = clients.get(operation.name) or clients.setdefault(operation.name, self._client(operation))
                response = client.ask(client.call(path_filling(operation, values)), fresh=True)
                client.take_unreported()
                yield self.journal.verdict(client, response)
        except BudgetSpent as spent:
            left, why = len(self.pool.leftovers()) + 1, self.access.ended or str(spent)
            self.journal.note(f"{left} items that the run created were not deleted: {why}")

    def _untested(self) -> Iterator[Verdict]:
        """The verdicts that were held back, and a violation for each operation that was not examined."""
        covered, operations = self.coverage, list(self.contract.operations())
        locked = [one for one in covered if self._is_locked(one.operation)]
        covered = [one for one in covered if one not in locked]
        refusals = {name: subject.refusal for name, subject in self.subjects.items() if subject.obstacle}
        found = list(coverage.findings(self.contract, operations, covered, self.session.gone, refusals, self._lost))
        if locked:
            names = [[one.operation for one in locked if (one.outcome == "success") is done] for done in (False, True)]
            found.append(self.access.finding(*names))
        chosen = [coverage.with_csrf_cure(one, self._plain(one)) for one in found if not self._is_ignored(one.rule)]
        yield from self._held.explained(chosen, self._is_explained)
        rest: dict[str, dict[str, str]] = {}
        for name in (one.operation for one in covered if one.outcome == "success"):
            for why, count in Counter(self._left_out(name).values()).items():
                rest.setdefault(why, {})[name] = "all" if _ALL_CHECKS in self._left_out(name) else str(count)
        if not self._is_ignored(coverage.UNFINISHED):
            yield from map(coverage.about_a_run, coverage.unfinished(operations, rest, self.session.gone))

    def _plain(self, found: Violation) -> Response | None:
        """The response to a plain request of the first operation that a finding names."""
        subject = self.subjects.get(found.operation.partition(", ")[0])
        return subject.plain.exchange.response if subject and subject.plain else None

    def _is_locked(self, name: str) -> bool:
        """Whether an operation was not examined to its end, since the credentials ended."""
        subject, reasons = self.subjects.get(name), self._left_out(name).values()
        told = [subject.obstacle or "" if subject else "", *reasons]
        is_held = any(one.operation == name for one in self._held.verdicts)
        return bool(self.access.ended) and (is_held or any(self.access.ended in one for one in told))

    def _is_ignored(self, rule: str) -> bool:
        return any(rule.startswith(one) for one in self.options.ignore)

    def _is_explained(self, violation: Violation) -> bool:
        """Whether the operation's plain request broke a rule: that is the finding then."""
        subject = self.subjects.get(violation.operation)
        source = subject.plain.exchange.source if subject and subject.plain else ""
        return self.journal.outcomes.get(source, True) is False

    # --- budget and time

    def _reserve(self, every_second: bool = False) -> None:
        """Keep a request, and the time for it, for deleting each thing that the run created; `every_second` one, where each of the
        requests to come may create something before anybody looks."""
        kept, now = len(self.pool.leftovers()), time.monotonic()
        if self.options.budget is not None:
            rest = self.options.budget - self.session.requests - kept
            self.session.reserved = kept + ((max(0, rest) + 1) // 2 if every_second else 0)
        if self._until is not None:
            until = self._until - kept * (now - self._began) / max(self.session.requests, 1)
            self.session.until = until - (max(0.0, until - now) / 2 if every_second else 0.0)

    # --- what is seen of a run while it lasts

    def _show(self, done: int, total: int, name: str, size: int = 1) -> None:
        self._shown = (done, total, name, size, self.session.requests)
        self.on_progress(done, total, name)

    def _see(self, exchange: Exchange) -> None:
        if self.on_exchange:
            self.on_exchange(exchange)
        if self.on_alone:
            self.on_alone(self.validator.check(exchange))
        done, total, name, size, before = self._shown
        self.on_progress(done + min(self.session.requests - before, size - 1), total, name)


def _is_twin(operation: Operation) -> bool:
    laws = operation.extension("x-laws")
    return isinstance(laws, Mapping) and "same-as" in laws
