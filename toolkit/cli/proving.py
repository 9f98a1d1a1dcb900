"""`contract generate --prove`: generated code calls the mock of the contract, served on a free port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from toolkit.contract.model import Contract
from toolkit.exchange import Send
from toolkit.export.generate import Generated
from toolkit.export.proof import Proof, prove
from toolkit.services.hosting import as_asgi, serving_in_thread
from toolkit.services.mock import MAX_BODY, Mock


def prove_target(contract: Contract, made: Generated, seed: int = 0) -> Proof:
    """What a tool made, proven against the mock of the contract."""
    return prove(contract, made, Mock(contract.without_base(), seed).respond, _serve)


@contextmanager
def _serve(send: Send) -> Iterator[str]:
    with serving_in_thread(as_asgi(send, MAX_BODY)) as url:
        yield url
