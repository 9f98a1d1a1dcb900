"""A refusal for want of credentials that the contract does not document: a warning where it requires credentials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.contract.model import Contract
from toolkit.exchange import Response
from toolkit.rules import Severity
from toolkit.validation.validator import Validator


@pytest.mark.parametrize(("security", "status", "severity"), [
    ([{"token": []}], 401, Severity.WARNING), ([{"token": []}], 403, Severity.WARNING), ([{"token": []}], 418, Severity.ERROR),
    ([{"token": []}, {}], 401, Severity.ERROR), ([], 401, Severity.ERROR),
])  # fmt: skip
def test_severity(tmp_path: Path, security: Any, status: int, severity: Severity) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "security": security,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "paths": {"/a": {"get": {"responses": {"200": {"description": "done"}}}}},
    }
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    contract = Contract.load(tmp_path / "openapi.json")
    [found] = Validator(contract).check_response(next(contract.operations()), Response(status)).violations
    assert (found.rule, found.severity) == ("status-undeclared", severity)
