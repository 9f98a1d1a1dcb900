"""`contract generate --prove`: generated code calls the mock of the contract, served on a free port of this machine."""

from __future__ import annotations

from dataclasses import replace

from toolkit.contract.model import Contract
from toolkit.exchange import Request, Response
from toolkit.export.cases import Case
from toolkit.export.generate import Generated
from toolkit.export.proof import Proof, prove
from toolkit.services.hosting import as_asgi, serving_in_thread
from toolkit.services.mock import MAX_BODY, Mock
from toolkit.verdict import Verdict


def prove_target(contract: Contract, made: Generated, seed: int = 0) -> Proof:
    """What a tool made, proven against the mock of the contract."""
    mock = Mock(contract.without_base(), seed)

    def by_mock(request: Request, case: Case | None) -> tuple[Response, Verdict]:
        asked = case.asks if case else None
        fields = request.headers.replaced("Prefer", f"code={asked}") if asked else request.headers
        response, verdict = mock.respond(replace(request, headers=fields))
        return (case.fixed if case and case.fixed and not verdict.violations else response), verdict

    return prove(contract, made, by_mock, lambda send: serving_in_thread(as_asgi(send, MAX_BODY)))
