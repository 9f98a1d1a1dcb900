"""pytest: a contract as a test file, and fixtures that judge the responses of other tests by it.

    pytest openapi.yaml --contract-url http://127.0.0.1:8080      one test for each probe and law of each operation
    def test_mine(assert_conforms): assert_conforms(httpx.get(...))

Tests are collected from the contract and the options alone, so that all workers of pytest-xdist find the same ones; a
worker meets the service when it runs its first test of an operation. What is heavy is imported when it is used: being
installed costs other projects nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from toolkit.client import Client
    from toolkit.contract import Contract, Operation
    from toolkit.exchange import Exchange, Request, Response, Send
    from toolkit.laws import Law
    from toolkit.probes import Probe
    from toolkit.run import Options, Run
    from toolkit.session import Session
    from toolkit.subject import Subject
    from toolkit.validator import Validator
    from toolkit.violation import Verdict

_SUFFIXES = (".yaml", ".yml", ".json")


class Untestable(Exception):
    """Why an operation of the service cannot be tested, in one line."""


class Violated(Exception):
    """The violations that a test found, as text."""


# --- options


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "contract tests (contract-toolkit)")
    add = group.addoption
    add(
        "--contract",
        dest="contract_file",
        metavar="FILE",
        help="The contract of the fixtures; default ./openapi.yaml, else the one shipped.",
    )
    add(
        "--contract-url",
        metavar="URL",
        help="Collect the OpenAPI files that are named, as tests of the service at this URL.",
    )
    add(
        "--contract-param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="A value known to exist; repeatable.",
    )
    add(
        "--contract-auth",
        default=os.environ.get("CONTRACT_AUTH"),
        metavar="SCHEME:KEYID:SECRET",
        help="Or by CONTRACT_AUTH.",
    )
    add(
        "--contract-header",
        action="append",
        default=[],
        metavar="NAME:VALUE",
        help="Sent with each request; repeatable.",
    )
    add("--contract-seed", type=int, default=0, metavar="N", help="Where random choices begin; default 0.")
    parser.addini("contract", "The contract of the fixtures, relative to the configuration file.")


def _options(config: pytest.Config) -> Options:
    from toolkit.run import Options
    from toolkit.session import Credentials

    auth = config.getoption("contract_auth")
    try:
        if auth:
            Credentials.parse(auth)
    except ValueError as error:
        raise pytest.UsageError(str(error).replace("--auth", "--contract-auth")) from None
    return Options(
        params=tuple(_pair(text, "=", "--contract-param NAME=VALUE") for text in config.getoption("contract_param")),
        headers=tuple(_pair(text, ":", "--contract-header NAME:VALUE") for text in config.getoption("contract_header")),
        auth=auth,
        seed=config.getoption("contract_seed"),
        base=config.getoption("contract_url"),
    )


def _pair(text: str, separator: str, usage: str) -> tuple[str, str]:
    name, found, value = text.partition(separator)
    if not (name.strip() and found):
        raise pytest.UsageError(f"{text!r}: write {usage}")
    return name.strip(), value.strip() if separator == ":" else value


def _named(config: pytest.Config) -> Path | None:
    """The contract that the command line or the configuration file names."""
    if config.getoption("contract_file"):
        return config.invocation_params.dir / str(config.getoption("contract_file"))
    name = config.getini("contract")
    return (config.inipath.parent if config.inipath else config.rootpath) / str(name) if name else None


# --- fixtures


@pytest.fixture(scope="session")
def contract(pytestconfig: pytest.Config) -> Contract:
    """The contract: that of --contract, of `contract` in the configuration file, or ./openapi.yaml."""
    from toolkit.contract import Contract
    from toolkit.document import ContractError
    from toolkit.settings import default_contract

    try:
        return Contract.load(_named(pytestconfig) or default_contract(), any_host=True)
    except ContractError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def assert_conforms(contract: Contract) -> Callable[..., None]:
    """A function that fails with the violations of a response of httpx, requests or Starlette's TestClient.

    `assert_conforms(response, operation="ID")` names the operation where the request does not tell it.
    """
    from toolkit.validator import Validator

    validator = Validator(contract)

    def check(response: Any, *, operation: str | None = None) -> None:
        __tracebackhide__ = True
        text = _judged(validator, exchange_of(response, operation))
        if text:
            raise AssertionError(text)

    return check


def _judged(validator: Validator, exchange: Exchange) -> str:
    """What is wrong with an exchange, '' where it conforms."""
    from toolkit.document import ContractError

    try:
        verdict = validator.check(exchange)
    except ContractError as error:
        return str(error)
    source = exchange.source or "the response"
    if verdict.unmatched:
        hint = "" if exchange.request else "; write assert_conforms(response, operation=ID)"
        return f"{source} is outside of {validator.contract.name}: {verdict.unmatched}{hint}"
    return "" if verdict.conforms else f"{source} does not conform to {validator.contract.name}\n{_told([verdict])}"


def exchange_of(response: Any, operation: str | None = None) -> Exchange:
    """A client's response, with the request that it answers where it holds it. Raises TypeError for another object."""
    from toolkit.exchange import Exchange, Headers, Response

    if not all(hasattr(response, name) for name in ("status_code", "headers", "content")):
        raise TypeError(
            f"a response of httpx, requests or Starlette's TestClient is due, not {type(response).__name__}"
        )
    request = _request(response)
    answer = Response(response.status_code, Headers.of(_pairs(response.headers)), response.content)
    return Exchange(request, answer, f"{request.method} {request.url}" if request else "", operation)


def _request(response: Any) -> Request | None:
    from toolkit.exchange import Headers, Request

    try:
        sent = response.request
    except RuntimeError:  # httpx: a response that was made by hand
        return None
    if not hasattr(sent, "method"):
        return None
    return Request(sent.method, str(sent.url), Headers.of(_pairs(sent.headers)), _body(sent))


def _pairs(headers: Any) -> Iterable[tuple[str, str]]:
    found = headers.multi_items() if hasattr(headers, "multi_items") else headers.items()
    return [(name, value.decode("latin-1") if isinstance(value, bytes) else str(value)) for name, value in found]


def _body(sent: Any) -> bytes | None:
    """The body of a request of requests (`body`) or httpx (`content`); None where it was streamed."""
    try:
        body = sent.body if hasattr(sent, "body") else sent.content
    except RuntimeError:
        return None
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None


# --- a contract as a test file


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    config = parent.config
    if not config.getoption("contract_url") or file_path.suffix not in _SUFFIXES:
        return None
    named = _named(config)
    asked = parent.session.isinitpath(file_path) or (named is not None and named.resolve() == file_path.resolve())
    return ContractFile.from_parent(parent, path=file_path) if asked else None


class ContractFile(pytest.File):
    """An OpenAPI file: one collector for each operation."""

    def collect(self) -> Iterator[pytest.Collector]:
        from toolkit.contract import Contract
        from toolkit.run import Run
        from toolkit.validator import Validator

        service = Service(self.config, Validator(Contract.load(self.path)), _options(self.config))
        run = Run(service.validator.contract, service.validator, _silent, service.options)
        for operation in run.operations():
            yield OperationTests.from_parent(self, name=operation.name, bench=Bench(service, operation))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return _repr_failure(super().repr_failure, excinfo)


class OperationTests(pytest.Collector):
    """An operation: one test for a plain request, each law and each probe."""

    def __init__(self, *, bench: Bench, **given: Any) -> None:
        super().__init__(**given)
        self.bench = bench

    def collect(self) -> Iterator[pytest.Item]:
        seen: dict[str, int] = {}
        for name, test in self.bench.tests():
            seen[name] = seen.get(name, 0) + 1
            unique = name if seen[name] == 1 else f"{name} #{seen[name]}"
            yield ContractTest.from_parent(self, name=unique, bench=self.bench, test=test)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return _repr_failure(super().repr_failure, excinfo)


class ContractTest(pytest.Item):
    """One promise of the contract, tried on the service."""

    def __init__(self, *, bench: Bench, test: Test, **given: Any) -> None:
        super().__init__(**given)
        self.bench, self.test = bench, test

    def setup(self) -> None:
        if self.test is not _plain:
            self.bench.require()

    def runtest(self) -> None:
        run = self.bench.new_run()
        told = _told(self.test(self.bench, run))
        if told:
            raise Violated(told)
        if run.notes:
            pytest.skip("; ".join(run.notes))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.bench.line, self.nodeid

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return _repr_failure(super().repr_failure, excinfo)


def _repr_failure(otherwise: Callable[[Any], Any], excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Our own failures as their text; a traceback is for what nobody foresaw."""
    from toolkit.document import ContractError
    from toolkit.target import TargetError

    if isinstance(excinfo.value, (Violated, Untestable, ContractError, TargetError)):
        return str(excinfo.value)
    return otherwise(excinfo)


def _told(verdicts: Iterable[Verdict]) -> str:
    """The errors among verdicts as text, each kind once, or ''."""
    from toolkit.reports.findings import Findings
    from toolkit.reports.wording import block, title
    from toolkit.violation import Severity

    findings = Findings()
    for verdict in verdicts:
        findings.add(verdict)
    groups = findings.of(Severity.ERROR)
    return "\n".join(line for group in groups for line in (title(group), *(f"  {line}" for line in block(group))))


# --- the service under test


@dataclass(eq=False)
class Service:
    """The service at --contract-url, met when first needed; the connection is closed when pytest ends."""

    config: pytest.Config
    validator: Validator
    options: Options

    @cached_property
    def send(self) -> Send:
        from toolkit.target import http

        stack = ExitStack()
        self.config.add_cleanup(stack.close)
        return stack.enter_context(http(self.options.base))

    def client(self, operation: Operation, session: Session) -> Client:
        from toolkit.run import client_of

        return client_of(operation, self.validator.contract, self.validator, session)

    def session(self, send: Send) -> Session:
        from toolkit.session import Credentials, Session

        options = self.options
        return Session(send, options.headers, Credentials.parse(options.auth) if options.auth else None)

    @cached_property
    def live(self) -> Session:
        return self.session(self.send)


@dataclass(eq=False)
class Bench:
    """One operation: what to test, from the contract alone, and what is learnt of the service once it is met."""

    service: Service
    operation: Operation
    _draft: dict[str, str] = field(default_factory=dict)

    def tests(self) -> Iterator[tuple[str, Test]]:
        """Names and tests, from the contract and the options."""
        from toolkit.laws import LAWS, LIST_LAWS
        from toolkit.probes import probes_of
        from toolkit.run import example_base, grouped
        from toolkit.subject import known_texts

        options = self.service.options
        client = self.service.client(self.operation, self.service.session(_silent))
        client.base = self._draft = example_base(client, options.params)
        yield "a plain request is accepted", _plain
        for law in LAWS:
            if client.facts.pages or law not in LIST_LAWS:
                yield f"law {law.__name__.replace('_', ' ')}", _law(law)
        if options.auth:
            yield "signatures", _signatures
        for probe in probes_of(client, known_texts(client, grouped(options.params))):
            yield probe.name, _probe(probe)

    @property
    def line(self) -> int | None:
        """The operation's line in the contract, from 0."""
        from toolkit.reports.findings import place

        return (place(self.operation.node.location).line or 1) - 1

    def new_run(self) -> Run:
        """A run for one test, so that what one test has told is told by another one too."""
        from toolkit.run import Run

        return Run(self.service.validator.contract, self.service.validator, self.service.send, self.service.options)

    @cached_property
    def subject(self) -> Subject:
        """The operation, settled. Raises TargetError where the service cannot be reached."""
        from toolkit.run import grouped
        from toolkit.subject import settle

        options = self.service.options
        return settle(self.service.client(self.operation, self.service.live), grouped(options.params), options.seed)

    @cached_property
    def obstacle(self) -> str:
        """Why the operation cannot be tested, '' where it can."""
        from toolkit.target import TargetError

        try:
            client = self.subject.client
        except TargetError as error:
            return str(error)
        answer = client.ask(client.call())
        if answer.no_answer:
            reason = f"{self.service.options.base} gives no answer: {answer.no_answer}"
            return f"{reason}; see that the service runs and that the address is right"
        return "" if answer.ok else f"not tested, since a plain request is refused with status {answer.status}"

    def require(self) -> None:
        if self.obstacle:
            raise Untestable(self.obstacle)
        self.subject.client.fresh_answers.clear()

    def moved(self, probe: Probe) -> Probe:
        """The probe with the texts that the service is known to accept, in place of those that the contract offers."""
        before, after = self._draft, self.subject.client.base
        kept = {name for name, _ in probe.call.pairs}
        pairs = [
            (name, after[name] if name in after and name != probe.parameter and before.get(name) == text else text)
            for name, text in probe.call.pairs
        ]
        more = [(name, text) for name, text in after.items() if name not in kept | before.keys() | {probe.parameter}]
        return replace(probe, call=replace(probe.call, pairs=(*pairs, *more)))


Test = Callable[[Bench, "Run"], "Iterator[Verdict]"]


def _plain(bench: Bench, run: Run) -> Iterator[Verdict]:
    """The requests that settle the subject, judged; the plain one must be accepted."""
    from toolkit.run import baseline

    if bench.obstacle and not bench.subject.client.ask(bench.subject.client.call()).status:
        raise Untestable(bench.obstacle)
    client = bench.subject.client
    works = client.ask(client.call())
    yield from run._drained(client)
    yield run._verdict(client, works, [] if works.ok else [baseline(client, works)])


def _law(law: Law) -> Test:
    from toolkit.laws import LIST_LAWS

    def test(bench: Bench, run: Run) -> Iterator[Verdict]:
        yield from run.law(bench.subject.client, bench.subject, law)
        if law in LIST_LAWS:
            run.notes.extend(bench.subject.notes)

    return test


def _probe(probe: Probe) -> Test:
    def test(bench: Bench, run: Run) -> Iterator[Verdict]:
        return run.probe(bench.subject.client, bench.moved(probe))

    return test


def _signatures(bench: Bench, run: Run) -> Iterator[Verdict]:
    return run._signatures(bench.subject.client)


def _silent(request: Request) -> Response:
    raise Untestable("tests are collected without the service")
