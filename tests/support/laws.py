"""What the laws find wrong with a service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.contracts import loaded

from toolkit.client.client import Client, client_of
from toolkit.client.session import Session
from toolkit.conformance.plan import check_plain, plan
from toolkit.conformance.run import Options, Run
from toolkit.contract.model import Contract
from toolkit.exchange import Request, Response, Send
from toolkit.rules import Severity
from toolkit.validation.validator import Validator
from toolkit.verdict import Violation

Handle = Callable[[Request], Response]


def run_of(contract: Contract, handle: Handle, **options: Any) -> Run:
    return Run(contract, Validator(contract), handle, Options(**options))


def only_client(contract: Contract, send: Send) -> Client:
    """A client of the only operation of a contract."""
    return client_of(next(contract.operations()), contract, Validator(contract), Session(send))


def violations_of(run: Run) -> list[Violation]:
    return [violation for verdict in run.verdicts() for violation in verdict.violations]


def errors_of(run: Run) -> list[Violation]:
    return [one for one in violations_of(run) if one.severity is Severity.ERROR]


def broken_laws(folder: Path, paths: dict[str, Any], handle: Handle, *more: str) -> tuple[set[str], list[str]]:
    """The rules that plain requests, the laws, and the checks whose names begin with one of `more` find broken; and the notes."""
    run = run_of(loaded(folder, paths), handle)
    verdicts = [one for subject in run.subjects.values() for one in check_plain(subject, run.journal)]
    for subject in run.subjects.values():
        checks = [check for check in plan(subject) if check.name.startswith(("law ", *more))]
        verdicts += [one for check in checks for one in check.run(subject, run.journal)]
    violations = [one for verdict in verdicts for one in verdict.violations]
    return {one.rule for one in violations if one.severity is Severity.ERROR}, run.notes
