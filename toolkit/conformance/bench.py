"""One operation of a service as single named tests: named from the contract alone, run when the service has been met.

A test is a function of the bench and of a fresh run, so that tests may run in any order, alone, and in several processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property

from toolkit.client.client import Client
from toolkit.client.session import Credentials, Session
from toolkit.client.signing import masked
from toolkit.client.target import http
from toolkit.conformance.laws.all import Law, laws_of
from toolkit.conformance.probes.expected import Probe
from toolkit.conformance.probes.plan import probes_of
from toolkit.conformance.run import Options, Run, baseline, client_of, grouped
from toolkit.conformance.subject import Subject, known_texts, settle, starting_texts
from toolkit.contract.operation import Operation
from toolkit.errors import TargetError
from toolkit.exchange import Request, Response, Send
from toolkit.validation.validator import Validator
from toolkit.verdict import ContractPlace, Verdict


@dataclass(eq=False)
class Service:
    """A service at `options.base`, met when first needed; `opened` closes the connection."""

    validator: Validator
    options: Options
    opened: ExitStack

    @cached_property
    def live(self) -> Session:
        """Raises TargetError for a bad URL."""
        return self.session(self.opened.enter_context(http(self.options.base)))

    def session(self, send: Send) -> Session:
        options = self.options
        return Session(send, options.headers, Credentials.parse(options.auth) if options.auth else None)

    def client(self, operation: Operation, session: Session) -> Client:
        return client_of(operation, self.validator.contract, self.validator, session)

    def run(self, send: Send) -> Run:
        return Run(self.validator.contract, self.validator, send, self.options)

    def benches(self) -> Iterator[Bench]:
        """One for each operation. Raises ContractError."""
        return (Bench(self, operation) for operation in self.run(_silent).operations())


def _silent(request: Request) -> Response:
    raise AssertionError("tests are named without the service")


@dataclass(eq=False)
class Bench:
    """One operation: what to test, from the contract and the options, and what is learnt of the service once it is met."""

    service: Service
    operation: Operation
    _draft: dict[str, str] = field(default_factory=dict)

    @property
    def line(self) -> int:
        """The operation's line in the contract, from 1."""
        return ContractPlace.parse(self.operation.node.location).line or 1

    def tests(self) -> Iterator[tuple[str, Test]]:
        """Names and tests. Raises ContractError."""
        options = self.service.options
        client = self.service.client(self.operation, self.service.session(_silent))
        client.base = self._draft = starting_texts(client, grouped(options.params))
        yield "a plain request is accepted", plain
        for law in laws_of(client):
            yield f"law {law.__name__.replace('_', ' ')}", _law(law)
        if options.auth:
            yield "signatures", _signatures
        for probe in probes_of(client, known_texts(client, grouped(options.params))):
            yield probe.name, _probe(probe)

    @cached_property
    def subject(self) -> Subject:
        """The operation, settled. Raises TargetError for a bad URL."""
        options = self.service.options
        client = self.service.client(self.operation, self.service.live)
        return settle(client, grouped(options.params), options.seed)

    @cached_property
    def _obstacle(self) -> str:
        client = self.subject.client
        answer = client.ask(client.call())
        if answer.no_answer:
            reason = f"{masked(self.service.options.base)} gives no answer: {answer.no_answer}"
            return f"{reason}; see that the service runs and that the address is right"
        return "" if answer.ok else f"not tested, since a plain request is refused with status {answer.status}"

    def require(self) -> None:
        """Raises TargetError where the operation cannot be tested."""
        if self._obstacle:
            raise TargetError(self._obstacle)
        self.subject.client.fresh_answers.clear()

    def run(self) -> Run:
        """A run for one test, so that what one test has told is told by another one too."""
        return self.service.run(self.service.live.send)

    def moved(self, probe: Probe) -> Probe:
        """The probe with the texts that the service is known to accept, in place of those that the contract offers."""
        before, after = self._draft, self.subject.client.base
        given = {name for name, _ in probe.call.pairs} | {probe.parameter}
        pairs = [
            (name, after[name] if name in after and name != probe.parameter and before.get(name) == text else text)
            for name, text in probe.call.pairs
        ]
        more = [(name, text) for name, text in after.items() if name not in given | before.keys()]
        return replace(probe, call=replace(probe.call, pairs=(*pairs, *more)))


Test = Callable[[Bench, Run], Iterator[Verdict]]


def plain(bench: Bench, run: Run) -> Iterator[Verdict]:
    """The requests that settle the subject, judged, of which a plain one must be accepted. Raises TargetError."""
    client = bench.subject.client
    works = client.ask(client.call())
    if not works.status:
        bench.require()
    yield from run.drained(client)
    yield run.verdict(client, works, [] if works.ok else list(baseline(client, works)))


def _law(law: Law) -> Test:
    def test(bench: Bench, run: Run) -> Iterator[Verdict]:
        yield from run.law(bench.subject.client, bench.subject, law)
        if bench.subject.client.facts.pages:
            run.notes.extend(bench.subject.notes)

    return test


def _probe(probe: Probe) -> Test:
    def test(bench: Bench, run: Run) -> Iterator[Verdict]:
        return run.probe(bench.subject.client, bench.moved(probe))

    return test


def _signatures(bench: Bench, run: Run) -> Iterator[Verdict]:
    return run.signatures(bench.subject.client)
