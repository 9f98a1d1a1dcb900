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
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from toolkit.conformance.bench import Bench, Test
    from toolkit.conformance.run import Options
    from toolkit.contract.model import Contract
    from toolkit.exchange import Exchange, Request
    from toolkit.validation.validator import Validator
    from toolkit.verdict import Verdict

_SUFFIXES = (".yaml", ".yml", ".json")


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


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("contract_url"):
        _options(config)


def _options(config: pytest.Config) -> Options:
    from toolkit.client.options import checked_auth, header_field, pair
    from toolkit.client.target import base_address
    from toolkit.conformance.run import Options
    from toolkit.errors import TargetError, UsageError

    params, headers = config.getoption("contract_param"), config.getoption("contract_header")
    try:
        return Options(
            params=tuple(pair(text, "=", "--contract-param NAME=VALUE") for text in params),
            headers=tuple(header_field(text, "--contract-header NAME:VALUE") for text in headers),
            auth=checked_auth(config.getoption("contract_auth") or None, "--contract-auth"),
            seed=config.getoption("contract_seed"),
            base=base_address(config.getoption("contract_url")),
        )
    except (UsageError, TargetError) as error:
        raise pytest.UsageError(str(error)) from None


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
    from toolkit.contract.model import Contract
    from toolkit.contract.shipped import default_contract
    from toolkit.errors import ContractError

    try:
        return Contract.load(_named(pytestconfig) or default_contract(), any_host=True)
    except ContractError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def assert_conforms(contract: Contract) -> Callable[..., None]:
    """A function that fails with the violations of a response of httpx, requests or Starlette's TestClient.

    `assert_conforms(response, operation="ID")` names the operation where the request does not tell it.
    """
    from toolkit.validation.validator import Validator

    validator = Validator(contract)

    def check(response: Any, *, operation: str | None = None) -> None:
        __tracebackhide__ = True
        text = _judged(validator, exchange_of(response, operation))
        if text:
            raise AssertionError(text)

    return check


def _judged(validator: Validator, exchange: Exchange) -> str:
    """What is wrong with an exchange, '' where it conforms."""
    from toolkit.errors import ContractError

    try:
        verdict = validator.check(exchange)
    except ContractError as error:
        return str(error)
    source = exchange.source or "the response"
    if verdict.unmatched:
        unknown = "its request is not known; write assert_conforms(response, operation=ID)"
        reason = verdict.unmatched if exchange.request else unknown
        return f"{source} is outside of {validator.contract.name}: {reason}"
    return "" if verdict.conforms else f"{source} does not conform to {validator.contract.name}\n{_told([verdict])}"


def exchange_of(response: Any, operation: str | None = None) -> Exchange:
    """A client's response, with the request that it answers where it holds it. Raises TypeError for another object."""
    from toolkit.exchange import Exchange, Headers, Response

    __tracebackhide__ = True
    try:
        known = all(hasattr(response, name) for name in ("status_code", "headers", "content"))
    except RuntimeError:  # httpx: a response that is streamed
        raise TypeError("the response's body was not read; read it first: response.read()") from None
    if not known:
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
        from toolkit.conformance.bench import Service
        from toolkit.contract.model import Contract
        from toolkit.validation.validator import Validator

        opened = ExitStack()
        self.config.add_cleanup(opened.close)
        with _in_one_line(self.CollectError):
            service = Service(Validator(Contract.load(self.path)), _options(self.config), opened)
            for bench in service.benches():
                yield OperationTests.from_parent(self, name=_speaking(bench.operation.name), bench=bench)


class OperationTests(pytest.Collector):
    """An operation: one test for a plain request, each law and each probe."""

    def __init__(self, *, bench: Bench, **given: Any) -> None:
        super().__init__(**given)
        self.bench = bench

    def collect(self) -> Iterator[pytest.Item]:
        seen: dict[str, int] = {}
        with _in_one_line(self.CollectError):
            for given, test in self.bench.tests():
                name = _speaking(given)
                seen[name] = seen.get(name, 0) + 1
                unique = name if seen[name] == 1 else f"{name} #{seen[name]}"
                yield ContractTest.from_parent(self, name=unique, bench=self.bench, test=test)


def _speaking(name: str) -> str:
    """A name without what has a meaning of its own in the ids of pytest."""
    return name.replace("::", ":").replace("[", "(").replace("]", ")")


class ContractTest(pytest.Item):
    """One promise of the contract, tried on the service."""

    def __init__(self, *, bench: Bench, test: Test, **given: Any) -> None:
        super().__init__(**given)
        self.bench, self.test = bench, test

    def setup(self) -> None:
        from toolkit.conformance.bench import plain

        if self.test is not plain:
            with _in_one_line(_failed):
                self.bench.require()

    def runtest(self) -> None:
        run = self.bench.run()
        with _in_one_line(_failed):
            told = _told(self.test(self.bench, run))
        if told:
            raise _failed(told)
        if run.notes:
            pytest.skip("; ".join(run.notes))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.bench.line - 1, f"{self.bench.operation.name}: {self.name}"


@contextmanager
def _in_one_line(raised: Callable[[str], BaseException]) -> Iterator[None]:
    """What the user can cure is said in one line, without a traceback."""
    from toolkit.errors import ContractError, TargetError

    try:
        yield
    except (ContractError, TargetError) as error:
        raise raised(str(error)) from None


def _failed(text: str) -> BaseException:
    return pytest.fail.Exception(text, pytrace=False)


def _told(verdicts: Iterable[Verdict]) -> str:
    """The errors among verdicts as text, each kind once, or ''."""
    from toolkit.reports.findings import Findings
    from toolkit.reports.wording import block, title
    from toolkit.rules import Severity

    findings = Findings()
    for verdict in verdicts:
        findings.add(verdict)
    groups = findings.of(Severity.ERROR)
    return "\n".join(line for group in groups for line in (title(group), *(f"  {line}" for line in block(group))))
