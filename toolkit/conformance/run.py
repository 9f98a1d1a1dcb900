"""The test of a live service: settle, then laws and probes in the order in which they find most, each failure told once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit.client.client import Answer, Client, curl
from toolkit.client.examples import stated_body
from toolkit.client.session import BudgetSpent, Credentials, Session
from toolkit.conformance.laws.all import Finding, Law, laws_of, repeated
from toolkit.conformance.laws.one_response import check_answer
from toolkit.conformance.probes.expected import Probe, judge
from toolkit.conformance.probes.plan import probes_of
from toolkit.conformance.probes.signatures import signature_probes
from toolkit.conformance.subject import Subject, settle, starting_texts, unknown_parameters
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.contract.promises import Facts, read_facts
from toolkit.errors import TargetError
from toolkit.exchange import Exchange, Send
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict, Violation

_EXAMPLES = 60  # generated requests of each kind, valid and invalid

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What the user said. `auth` is `aliyun-rpc:KEYID:SECRET`; `base` is the URL that the curl lines show."""

    operation: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    auth: str | None = None
    rate: float | None = None
    budget: int | None = None
    seed: int = 0
    base: str = "http://127.0.0.1:8080"


@dataclass(eq=False)
class Run:
    """One test run. `verdicts` yields one verdict for each answer, as they come; `notes` say what could not be judged."""

    contract: Contract
    validator: Validator
    send: Send
    options: Options
    on_exchange: Callable[[Exchange], None] | None = None
    on_progress: Progress | None = None
    notes: list[str] = field(default_factory=list)
    tested: int = 0  # operations that a plain request found at work
    _told: set[Any] = field(default_factory=set)
    _fresh: dict[Any, str] = field(default_factory=dict)
    _session: Session | None = None

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._session.requests if self._session else 0

    def verdicts(self) -> Iterator[Verdict]:
        """Run everything. Raises TargetError where the service cannot be reached, ContractError for an unusable contract."""
        options = self.options
        credentials = Credentials.parse(options.auth) if options.auth else None
        self._session = Session(self.send, options.headers, credentials, options.rate, options.budget, self.on_exchange)
        try:
            for operation in self.operations():
                yield from self._operation(operation, self._session)
        except BudgetSpent as spent:
            self.notes.append(f"{spent}: the rest was not tested")

    def operations(self) -> list[Operation]:
        """The operations to test; one that is another by an equivalent method is tested with that."""
        if self.options.operation:
            return [self.contract.operation(self.options.operation)]
        return [operation for operation in self.contract.operations() if not _is_twin(operation)]

    def _operation(self, operation: Operation, session: Session) -> Iterator[Verdict]:
        client = client_of(operation, self.contract, self.validator, session)
        given = grouped(self.options.params)
        client.base = starting_texts(client, given)
        if any(parameter.location == "path" for parameter in unknown_parameters(client)):
            self.notes.append(f"{operation.name}: not tested{_cure(client)}")
            return
        plain = client.ask(client.call())
        if not plain.status and session.requests == 1:
            raise TargetError(
                f"the service gives no answer: {plain.no_answer}; see that it runs and that the address is right"
            )
        yield self.verdict(client, plain, [])
        subject = settle(client, given, self.options.seed)
        self.notes.extend(subject.notes)
        yield from self.drained(client)
        works = client.ask(client.call())
        if not works.ok:
            yield self.verdict(client, works, list(baseline(client, works)))
            self.notes.append(f"{operation.name}: not tested further, since a plain request is refused{_cure(client)}")
            return
        self.tested += 1
        yield from self._steps(client, subject)

    def _steps(self, client: Client, subject: Subject) -> Iterator[Verdict]:
        """The first laws, the first probes, the other laws, the other probes."""
        laws = laws_of(client)
        probes = probes_of(client, subject.known)
        first = [probe for probe in probes if probe.rank <= 1]
        steps: list[Law | Probe] = [*laws[:6], *first, *laws[6:], *[probe for probe in probes if probe.rank > 1]]
        for count, step in enumerate(steps):
            if self.on_progress:
                self.on_progress(
                    count, len(steps), step.name if isinstance(step, Probe) else step.__name__.replace("_", " ")
                )
            yield from self.probe(client, step) if isinstance(step, Probe) else self.law(client, subject, step)
            if count == len(laws):
                yield from self.signatures(client)
        yield from self.fuzzed(client, subject)
        if self.on_progress:
            self.on_progress(len(steps), len(steps), "done")

    def fuzzed(self, client: Client, subject: Subject) -> Iterator[Verdict]:
        """The verdicts on generated requests; the module is loaded here, since it takes a second to load."""
        from toolkit.conformance.fuzz import fuzz

        for name, answer, violations in fuzz(
            subject, self.options.seed, _EXAMPLES, lambda violation: self._key(client, violation) in self._told
        ):
            yield self.verdict(client, answer, violations, name)
        yield from self.drained(client)

    def probe(self, client: Client, probe: Probe) -> Iterator[Verdict]:
        """The verdict on the answer to one probe."""
        if probe.method:
            request = replace(client.request(probe.call), method=probe.method)
            answer = client.judged(probe.call, request)
        else:
            answer = client.ask(probe.call)
        client.fresh_answers.clear()
        yield self.verdict(client, answer, list(judge(client, probe, answer)), probe.name)

    def signatures(self, client: Client) -> Iterator[Verdict]:
        """The verdicts on requests that are signed rightly and wrongly."""
        for name, answer, violations in signature_probes(client):
            client.fresh_answers.clear()
            yield self.verdict(client, answer, violations, name)

    def law(self, client: Client, subject: Subject, law: Law) -> Iterator[Verdict]:
        """The verdicts on all answers that a law asked for, and on what it found in them together."""
        turn = subject.turn
        findings = list(law(subject))
        if findings and law is not repeated:
            findings = self._confirmed(subject, law, turn)
        yield from self.drained(client)
        for finding in findings:
            yield self.verdict(client, finding.answer, [finding.violation])

    def _confirmed(self, subject: Subject, law: Law, turn: int) -> list[Finding]:
        """The findings of a law, asked in the same ways from `turn` on, on data that stand still meanwhile; none where the
        data move each time, which is noted."""
        for _ in range(4):
            before = subject.renew()
            subject.turn = turn
            findings = list(law(subject))
            if not findings:
                return []
            subject.client.forget()
            if subject.fetch() == before:
                return findings
        self.notes.append(f"{law.__name__.replace('_', ' ')} could not be judged: the data move too fast")
        return []

    def drained(self, client: Client) -> Iterator[Verdict]:
        """Verdicts on the answers that came since, each by itself."""
        answers = client.fresh_answers[:]
        client.fresh_answers.clear()
        for answer in answers:
            yield self.verdict(client, answer, [])

    def verdict(self, client: Client, answer: Answer, violations: list[Violation], name: str = "") -> Verdict:
        """The verdict on an answer: what is wrong with it by itself, and the violations found otherwise."""
        found = [*check_answer(client, answer, self._fresh), *violations]
        new = [violation for violation in found if self._is_new(client, violation)]
        request = answer.exchange.request
        line = curl(self.options.base, request) if request else ""
        source = f"{answer.exchange.source}: {name}" if name else answer.exchange.source
        told = tuple(replace(v, operation=client.operation.name, source=source, reproduce=line) for v in new)
        return Verdict(source, client.operation.name, violations=told)

    def _is_new(self, client: Client, violation: Violation) -> bool:
        """Each failure is told once: by rule, and by its place in the answer and in the contract, whichever item it was."""
        key = self._key(client, violation)
        is_new = key not in self._told
        self._told.add(key)
        return is_new

    def _key(self, client: Client, violation: Violation) -> tuple[str, ...]:
        place = "/".join("*" if token.isdecimal() else token for token in violation.at.partition(" (")[0].split("/"))
        return (client.operation.name, violation.rule, _without_index(place), violation.contract)


def client_of(operation: Operation, contract: Contract, validator: Validator, session: Session) -> Client:
    """A client of an operation, by every way that its parameters may travel."""
    facts = read_facts(operation, contract)
    return Client(session, validator, operation, facts, channels_of(operation, facts, contract))


def _without_index(xpath: str) -> str:
    return re.sub(r"\[\d+\]", "", xpath)


def grouped(params: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for name, value in params:
        given.setdefault(name, []).append(value)
    return given


def _cure(client: Client) -> str:
    """What the user can do where a plain request may mean nothing to the service."""
    unknown = [parameter.name for parameter in unknown_parameters(client)]
    if unknown:
        return f"; nothing is known for {', '.join(unknown)}: give a value by --param {unknown[0]}=VALUE"
    return "; the body is made up: add an example of one to the contract" if _is_made_up(client) else ""


def _is_made_up(client: Client) -> bool:
    return client.operation.body_required and stated_body(client.operation) is None


def _is_twin(operation: Operation) -> bool:
    laws = operation.extension("x-laws")
    return isinstance(laws, Mapping) and "same-as" in laws


def channels_of(operation: Operation, facts: Facts, contract: Contract) -> dict[str, Operation]:
    """The ways in which one operation's parameters may travel, and the documented operation of each."""
    found = {operation.method: operation}
    for other in contract.operations():
        if (
            other.method in facts.methods
            and other.route.template == operation.route.template
            and other is not operation
        ):
            ways = ("form", "query", "mixed") if other.form_or_query else ("query",)
            found.update({f"{other.method} {way}": other for way in ways})
    return found


def baseline(client: Client, answer: Answer) -> Iterator[Violation]:
    """What the refusal of a plain request breaks; nothing where it is not sure that the request means something to the service."""
    if _cure(client) or not (client.facts.errors or answer.status in (400, 422)):
        return
    body = answer.exchange.response.body if answer.exchange.response else b""
    text = (body or b"").decode("utf-8", "replace")[:160]
    message = f"a plain valid request is refused with status {answer.status}: {text}"
    hint = "give values that exist in the service by --param NAME=VALUE, and credentials by --auth or --header where it asks for them"
    yield Violation("valid-request-refused", message, "request", client.operation.node.location, hint)
