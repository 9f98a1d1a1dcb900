"""`contract generate --prove`: generated code calls the mock of the contract, served on a free port of this machine, and, where the
contract is the one of the reference service, that too."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from toolkit.contract.model import Contract
from toolkit.errors import ContractError
from toolkit.exchange import Request, Response
from toolkit.export.cases import MOCK, Case
from toolkit.export.generate import Generated
from toolkit.export.proof import Counterpart, Proof, prove
from toolkit.services.calls import ERRORS, ApiError, read
from toolkit.services.hosting import as_asgi, serving_in_thread
from toolkit.services.mock import MAX_BODY, Mock
from toolkit.services.service import reference_service, respond
from toolkit.services.store import Store
from toolkit.services.tasks import generate
from toolkit.structs import replace
from toolkit.verdict import Verdict

_TASKS = 9  # of each site that is asked for: two pages, and some


def prove_target(contract: Contract, made: Generated, seed: int = 0) -> Proof:
    """What a tool made, proven against the mock of the contract and the reference service."""
    mock = Mock(contract.without_base(), seed)

    def by_mock(request: Request, case: Case | None) -> tuple[Response, Verdict]:
        asked = case.asks if case else None
        fields = request.headers.replaced("Prefer", f"code={asked}") if asked else request.headers
        response, verdict = mock.respond(replace(request, headers=fields))
        return (case.fixed if case and case.fixed and not verdict.violations else response), verdict

    services = [Counterpart(MOCK, by_mock)]
    with suppress(ContractError):  # it is another contract
        contract.operation("DescribeRefreshTasks")
        services.append(_reference(contract, mock, seed))
    return prove(contract, made, services, lambda send: serving_in_thread(as_asgi(send, MAX_BODY)))


def _reference(contract: Contract, mock: Mock, seed: int) -> Counterpart:
    """The reference service with tasks of each site that is asked for, none for an empty list, and its own error where one is asked for."""
    store, known = Store.open(":memory:"), set[tuple[str, str]]()
    full, empty = reference_service(store, contract), reference_service(Store.open(":memory:"), contract)

    def by_service(request: Request, case: Case | None) -> tuple[Response, Verdict]:
        call, verdict = read(request, datetime.now(UTC)), mock.respond(request)[1]
        site = call.get("DomainName") or "", call.get("ObjectType") or ""
        if site not in known and not verdict.violations:
            tasks = generate(_TASKS * (len(known) + 1), seed, call.now)
            new = list(tasks)[-_TASKS:]
            store.insert_many(replace(one, domain_name=site[0], object_type=site[1]) for one in new)
            known.add(site)
        service = empty if case and case.kind == "empty" else full
        codes = (code for code, (status, _) in ERRORS.items() if case and status == case.asks)
        errors = [ApiError(code) for code in codes][:1]
        checks = (*service.checks, lambda _: iter(errors))
        return respond(replace(service, checks=checks), request), verdict

    return Counterpart("reference service", by_service, {status for status, _ in ERRORS.values()})
