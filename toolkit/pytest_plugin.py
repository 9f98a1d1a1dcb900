"""pytest: a contract as a test file, and fixtures that check the responses of other tests against it.

    pytest openapi.yaml --contract-url http://127.0.0.1:8080      one test for each check of each operation
    def test_mine(assert_conforms): assert_conforms(httpx.get(...))
    def test_all(assert_app_conforms): assert_app_conforms()      the application that the fixture contract_app returns

The tests are the plan that `contract test` runs. They are collected from the contract and the options alone, so that all
workers of pytest-xdist find the same ones; a worker sends nothing before its first test of an operation. Heavy modules are
imported when they are used: being installed costs other projects nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from toolkit.structs import replace

if TYPE_CHECKING:
    from toolkit.conformance.plan import Check
    from toolkit.conformance.run import Options, Run
    from toolkit.conformance.subject import Subject
    from toolkit.contract.model import Contract
    from toolkit.exchange import Exchange
    from toolkit.validation.validator import Validator
    from toolkit.verdict import Verdict

_SUFFIXES = (".yaml", ".yml", ".json")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "contract tests (contract-toolkit)")

    def add(form: str, help: str, **settings: Any) -> None:
        name, metavar = form.split()
        group.addoption(name, metavar=metavar, help=help, **settings)

    repeatable: dict[str, Any] = {"action": "append", "default": []}
    auth = (
        "Credentials: bearer:TOKEN, basic:USER:PASSWORD, apikey:VALUE or aliyun-rpc:KEYID:SECRET"
        " (default: the environment variable CONTRACT_AUTH)."
    )
    fixtures = "Contract of the fixtures (default: ./openapi.yaml, else the shipped one)."
    add("--contract FILE", fixtures, dest="contract_file")
    add("--contract-url URL", "Collect the OpenAPI files given as arguments as tests of the service at URL.")
    add("--contract-param NAME=VALUE", "Value of a parameter that exists in the service (repeatable).", **repeatable)
    add("--contract-auth SCHEME:...", auth, default=os.environ.get("CONTRACT_AUTH"))
    add("--contract-header NAME:VALUE", "Header field sent with every request (repeatable).", **repeatable)
    add("--contract-seed N", "Random seed (default: 0).", type=int, default=0)
    parser.addini("contract", "Contract of the fixtures, relative to the configuration file.")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("contract_url"):
        _options(config)


def _options(config: pytest.Config) -> Options:
    from toolkit.client.options import check_auth, header_field, pair
    from toolkit.client.target import base_address
    from toolkit.conformance.run import Options
    from toolkit.errors import TargetError, UsageError

    params, headers = config.getoption("contract_param"), config.getoption("contract_header")
    try:
        return Options(
            params=tuple(pair(text, "=", "--contract-param NAME=VALUE") for text in params),
            headers=tuple(header_field(text, "--contract-header NAME:VALUE") for text in headers),
            auth=check_auth(config.getoption("contract_auth") or None, "--contract-auth"),
            seed=config.getoption("contract_seed"),
            base=base_address(config.getoption("contract_url") or Options().base),
        )
    except (UsageError, TargetError) as error:
        raise pytest.UsageError(str(error)) from None


def _contract_path(config: pytest.Config) -> Path | None:
    """The path of the contract that the command line or the configuration file gives; None without one."""
    if config.getoption("contract_file"):
        return config.invocation_params.dir / str(config.getoption("contract_file"))
    name = config.getini("contract")
    return (config.inipath.parent if config.inipath else config.rootpath) / str(name) if name else None


@pytest.fixture(scope="session")
def contract(pytestconfig: pytest.Config) -> Contract:
    """The contract: from --contract, from `contract` in the configuration file, or ./openapi.yaml."""
    from toolkit.contract.model import Contract
    from toolkit.contract.shipped import default_contract
    from toolkit.errors import ContractError

    try:
        return Contract.load(_contract_path(pytestconfig) or default_contract(), any_host=True)
    except ContractError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def assert_conforms(contract: Contract) -> Callable[..., None]:
    """A function that fails with the violations of a response of httpx, requests or Starlette's TestClient.

    `assert_conforms(response, operation="ID")` gives the operation of a response that holds no request.
    """
    from toolkit.client.responses import exchange_of
    from toolkit.validation.validator import Validator

    validator = Validator(contract)

    def check(response: Any, *, operation: str | None = None) -> None:
        __tracebackhide__ = True
        text = _describe_faults(validator, exchange_of(response, operation))
        if text:
            raise AssertionError(text)

    return check


@pytest.fixture(scope="session")
def contract_app() -> Any:
    """The ASGI or WSGI application under test: a fixture of this name in conftest.py returns it."""
    pytest.fail("no application; write a fixture contract_app in conftest.py that returns it", pytrace=False)


@pytest.fixture  # so that `contract_app` may have any scope
def assert_app_conforms(contract_app: Any, pytestconfig: pytest.Config) -> Callable[..., None]:
    """A function that tests the application of `contract_app` as `contract test --app` does, and fails with what it finds.

    The contract is that of --contract or of the configuration file, else ./openapi.yaml, else the application's own document.
    `assert_app_conforms(include=[...], exclude=[...], ignore=[...], read_only=True, budget=N, max_time=SECONDS, auth="bearer:TOKEN",
    headers={...}, params={...})` is as the options of these names; the last three come before --contract-auth and the like.
    """

    def check(**given: Any) -> None:
        __tracebackhide__ = True
        with _in_one_line(_failure):
            text = _describe_app(contract_app, pytestconfig, **given)
        if text:
            raise _failure(text)

    return check


def _describe_app(
    app: Any,
    config: pytest.Config,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    ignore: Sequence[str] = (),
    read_only: bool = False,
    budget: int | None = None,
    max_time: float | None = None,
    auth: str | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
) -> str:
    """What is wrong with an application; '' if it conforms. Raises ContractToolkitError."""
    from toolkit.client.options import check_auth
    from toolkit.client.target import http
    from toolkit.conformance.run import Run, budget_for
    from toolkit.contract.selection import Selection
    from toolkit.reports.choice import choose
    from toolkit.validation.validator import Validator

    keep, selection = choose((), tuple(ignore), ()), Selection(tuple(include), tuple(exclude), read_only)
    given = _options(config)
    given = replace(
        given,
        auth=check_auth(auth, "auth") or given.auth,
        headers=(*(headers or {}).items(), *given.headers),
        params=(*(params or {}).items(), *given.params),
    )
    with _open_app(app, given, _contract_path(config)) as (contract, options, note):
        selection.check(contract.operations())
        budget = budget or budget_for(sum(map(selection.takes, contract.operations())))
        options = replace(options, selection=selection, ignore=tuple(ignore), max_time=max_time, budget=budget)
        with http(options.base) as send:
            run = Run(contract, Validator(contract), send, options)
            text = _describe(keep(verdict) for verdict in run.verdicts())
    why = "; ".join(filter(None, (note, *run.notes))) or "no operation had success"
    return text or ("" if run.tested else f"nothing was examined: {why}")


@contextmanager
def _open_app(app: Any, options: Options, path: Path | None) -> Iterator[tuple[Contract, Options, str]]:
    """The contract of an application that is served until the block ends, the options with its address, and a note on that."""
    from toolkit.client.contracts import find_contract, join_base
    from toolkit.client.credentials import known_headers
    from toolkit.client.target import Limits
    from toolkit.contract.model import Contract
    from toolkit.services.application import document_paths
    from toolkit.services.hosting import USUAL_PORT, serving_in_thread

    limits = Limits()
    headers, named = known_headers(options.headers, options.auth), str(path) if path else None
    with (
        serving_in_thread(app, USUAL_PORT) as url,
        find_contract(named, url, limits, headers, document_paths(app)) as found,
    ):
        contract, base, note = join_base(Contract.load(found.path), url, limits, headers)
        yield contract, replace(options, base=base), note


def _describe_faults(validator: Validator, exchange: Exchange) -> str:
    """What is wrong with an exchange; '' if it conforms."""
    from toolkit.errors import ContractError

    try:
        verdict = validator.check(exchange)
    except ContractError as error:
        return str(error)
    source = exchange.source or "the response"
    if verdict.unmatched:
        unknown = "the response holds no request; write assert_conforms(response, operation=ID)"
        reason = verdict.unmatched if exchange.request else unknown
        return f"{source} is outside the contract {validator.contract.name}: {reason}"
    return "" if verdict.conforms else f"{source} does not conform to {validator.contract.name}\n{_describe([verdict])}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    config = parent.config
    if not config.getoption("contract_url") or file_path.suffix not in _SUFFIXES:
        return None
    named = _contract_path(config)
    asked = parent.session.isinitpath(file_path) or (named is not None and named.resolve() == file_path.resolve())
    return ContractFile.from_parent(parent, path=file_path) if asked else None


class ContractFile(pytest.File):
    """An OpenAPI file: one collector for each operation."""

    def collect(self) -> Iterator[pytest.Collector]:
        from toolkit.client.contracts import at_own_servers
        from toolkit.client.target import http
        from toolkit.conformance.run import Run
        from toolkit.contract.model import Contract
        from toolkit.validation.validator import Validator

        opened = ExitStack()
        self.config.add_cleanup(opened.close)
        with _in_one_line(self.CollectError):
            options = _options(self.config)
            contract, base, _ = at_own_servers(Contract.load(self.path), options.base)
            options = replace(options, base=base)
            run = Run(contract, Validator(contract), opened.enter_context(http(options.base)), options)
            run.watch()
            for operation in run.operations():
                subject = run.subjects[operation.name]
                yield OperationTests.from_parent(self, name=_clean(operation.name), run=run, subject=subject)


class OperationTests(pytest.Collector):
    """An operation: one test for each check of its plan."""

    def __init__(self, *, run: Run, subject: Subject, **given: Any) -> None:
        super().__init__(**given)
        self.run, self.subject = run, subject

    def collect(self) -> Iterator[pytest.Item]:
        from toolkit.conformance.plan import plan

        seen: dict[str, int] = {}
        with _in_one_line(self.CollectError):
            for check in plan(self.subject):
                name = _clean(check.name)
                seen[name] = seen.get(name, 0) + 1
                unique = name if seen[name] == 1 else f"{name} #{seen[name]}"
                yield ContractTest.from_parent(self, name=unique, check=check, subject=self.subject, run=self.run)


def _clean(name: str) -> str:
    """A name without the characters that have a meaning in the ids of pytest."""
    return name.replace("::", ":").replace("[", "(").replace("]", ")")


class ContractTest(pytest.Item):
    """One check of the plan. It reports what other tests have reported already, so that each can be run alone."""

    def __init__(self, *, check: Check, subject: Subject, run: Run, **given: Any) -> None:
        super().__init__(**given)
        self.check, self.subject, self.run = check, subject, run

    def runtest(self) -> None:
        from toolkit.conformance.plan import run_alone

        journal, ended = self.run.journal.apart(), self.run.access.ended

        def left(reason: str) -> BaseException:  # credentials that end fail one test, and skip those that need them
            if ended and ended in reason:
                return pytest.skip.Exception(reason)
            now = self.run.access.ended
            cure = "; give credentials that last longer than the tests" if now and now in reason else ""
            return _failure(reason + cure)

        with _in_one_line(left):
            text = _describe(run_alone(self.check, self.subject, journal))
        if text:
            raise _failure(text)
        if journal.notes:
            pytest.skip("; ".join(journal.notes))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        from toolkit.verdict import ContractPlace

        operation = self.subject.client.operation
        line = ContractPlace.parse(operation.node.location).line or 1
        return self.path, line - 1, f"{operation.name}: {self.name}"


@contextmanager
def _in_one_line(raised: Callable[[str], BaseException]) -> Iterator[None]:
    """What the user can cure is reported in one line, without a traceback."""
    from toolkit.errors import ContractToolkitError

    try:
        yield
    except ContractToolkitError as error:
        raise raised(str(error)) from None


def _failure(text: str) -> BaseException:
    return pytest.fail.Exception(text, pytrace=False)


def _describe(verdicts: Iterable[Verdict]) -> str:
    """The errors among verdicts as text, each kind once, with the options as pytest has them; '' without any."""
    from toolkit.reports.findings import Findings
    from toolkit.reports.wording import block, title
    from toolkit.rules import Severity

    findings = Findings()
    for verdict in verdicts:
        findings.add(verdict)
    groups = findings.of(Severity.ERROR)
    text = "\n".join(line for group in groups for line in (title(group), *(f"  {line}" for line in block(group))))
    return re.sub(r"(?<!\S)--(?=(?:auth|header|param) )", "--contract-", text)
