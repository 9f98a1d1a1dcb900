"""A test run of a live service: the plan of each operation, check after check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from toolkit.client.client import client_of
from toolkit.client.credentials import Credentials
from toolkit.client.session import BudgetSpent, OperationLeft, Session
from toolkit.conformance.known import given_values
from toolkit.conformance.plan import Journal, plan
from toolkit.conformance.subject import Subject, begin
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.exchange import Exchange, Headers, Request, Send
from toolkit.secrets import Found, Secrets
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict
from toolkit.wire.urlencoded import build_query

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """The user's options. `auth` is `aliyun-rpc:KEYID:SECRET`; `rate` is requests per second; `budget` the most requests of
    the run; `base` is the URL that the curl lines show."""

    operation: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    auth: str | None = None
    rate: float | None = None
    budget: int | None = None
    seed: int = 0
    base: str = "http://127.0.0.1:8080"

    def given_secrets(self, secrets: Secrets) -> tuple[str, ...]:
        """The secrets among the options."""
        request = Request("GET", f"{self.base}?{build_query(self.params)}", Headers(self.headers))
        key = (self.auth or "").partition(":")[2]
        parts = [key, key.partition(":")[2]] if key and not secrets.keep else []
        return (*secrets.values(Exchange(request, None)), *filter(None, parts))


@dataclass(eq=False)
class Run:
    """One test run. `on_exchange` gets every exchange; `on_progress` gets the checks done, their number and the next one's name."""

    contract: Contract
    validator: Validator
    send: Send
    options: Options
    on_exchange: Callable[[Exchange], None] | None = None
    on_progress: Progress | None = None
    tested: int = field(default=0, init=False)  # operations that accepted a plain request

    @cached_property
    def session(self) -> Session:
        options = self.options
        credentials = Credentials.parse(options.auth) if options.auth else None
        return Session(self.send, options.headers, credentials, options.rate, options.budget, self.on_exchange)

    @cached_property
    def secrets(self) -> Found:
        """What is secret in the exchanges, and what the user gave that is."""
        secrets = replace(self.contract.secrets, keep=self.validator.keep_secrets)
        return Found(secrets, self.options.given_secrets(secrets))

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.options.base, self.secrets)

    @cached_property
    def _declared(self) -> frozenset[str]:
        """The names of the parameters of all operations; none if the user gave no values."""
        operations = self.contract.operations() if self.options.params else ()
        return frozenset(parameter.name for operation in operations for parameter in operation.parameters)

    @property
    def notes(self) -> list[str]:
        """What could not be checked, and why."""
        return [*self.journal.notes, *self.session.notes]

    @property
    def requests(self) -> int:
        """The number of requests sent so far."""
        return self.session.requests

    def verdicts(self) -> Iterator[Verdict]:
        """Run everything; yields a verdict on each response as it comes.

        Raises TargetError if the service cannot be reached, ContractError if the contract cannot be used.
        """
        try:
            for operation in self.operations():
                try:
                    yield from self._test(self.subject(operation))
                except OperationLeft as left:
                    self.journal.note(f"{left}; not tested further")
        except BudgetSpent as spent:
            self.journal.note(f"{spent}: the rest was not tested")

    def operations(self) -> list[Operation]:
        """The operations to test. One that is another by an equivalent method is tested with that one."""
        if self.options.operation:
            return [self.contract.operation(self.options.operation)]
        return [operation for operation in self.contract.operations() if not _is_twin(operation)]

    def subject(self, operation: Operation) -> Subject:
        """An operation before anything is sent."""
        client = client_of(operation, self.contract, self.validator, self.session)
        return begin(client, given_values(operation, self.options.params, self._declared), self.options.seed)

    def _test(self, subject: Subject) -> Iterator[Verdict]:
        checks = plan(subject)
        for number, check in enumerate(checks):
            self._report(number, len(checks), check.name)
            yield from check.run(subject, self.journal)
            if subject.obstacle:
                self.journal.note(f"{subject.client.operation.name}: {subject.obstacle}")
                return
            self.tested += number == 0
        self._report(len(checks), len(checks), "done")

    def _report(self, done: int, total: int, name: str) -> None:
        if self.on_progress:
            self.on_progress(done, total, name)


def _is_twin(operation: Operation) -> bool:
    laws = operation.extension("x-laws")
    return isinstance(laws, Mapping) and "same-as" in laws
