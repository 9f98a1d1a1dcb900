"""A refusal for want of credentials that the contract does not document: a warning where it requires credentials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded

from toolkit.exchange import Response
from toolkit.rules import Severity
from toolkit.validation.validator import Validator


@pytest.mark.parametrize(("security", "status", "severity"), [
    ([{"token": []}], 401, Severity.WARNING), ([{"token": []}], 403, Severity.WARNING), ([{"token": []}], 418, Severity.ERROR),
    ([{"token": []}, {}], 401, Severity.ERROR), ([], 401, Severity.ERROR),
])  # fmt: skip
def test_an_undocumented_refusal_is_a_warning_where_security_implies_it(
    tmp_path: Path, security: Any, status: int, severity: Severity
) -> None:
    components = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    paths = {"/a": {"get": {"responses": {"200": {"description": "done"}}}}}
    contract = loaded(tmp_path, paths, security=security, components=components)
    [found] = Validator(contract).check_response(next(contract.operations()), Response(status)).violations
    assert (found.rule, found.severity) == ("status-undeclared", severity)
