"""A service of exchange rates, and contracts for it that state one example or another."""

from __future__ import annotations

import tempfile
from pathlib import Path

from support.contracts import loaded, operation, parameter
from support.laws import run_of

from toolkit.conformance.run import Run
from toolkit.exchange import Request, Response
from toolkit.wire.urlencoded import parse_query


def run_of_rates(example: str) -> Run:
    """A run, not begun, with this example of a currency of three letters."""
    currency = {
        **parameter("currency", {"type": "string", "pattern": "^[A-Z]{3}$"}),
        "required": True,
        "example": example,
    }
    responses = {"204": {"description": "a rate"}, "400": {"description": "no currency"}}
    with tempfile.TemporaryDirectory() as folder:
        contract = loaded(Path(folder), {"/rates": {"get": operation("rates", currency, responses=responses)}})
    return run_of(contract, _rates)


def _rates(request: Request) -> Response:
    values = [text for name, text in parse_query(request.url.partition("?")[2]) if name == "currency"]
    sound = (
        len(values) == 1 and len(values[0]) == 3 and values[0].isascii() and values[0].isupper() and values[0].isalpha()
    )
    return Response(204 if sound else 400)
