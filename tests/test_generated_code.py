"""Code that generators of others make of the shipped contract works against the reference service: it is generated, imported
and called, and what it decoded is compared with the response as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.generated import DRIVERS, NEEDED, importing
from support.places import ROOT
from support.serving import serving

from toolkit.cli.commands import open_reference
from toolkit.contract.model import Contract
from toolkit.export.generate import Target, generate, write_generated
from toolkit.services.service import create_app

OUT = {"openapi-python-client": "client", "datamodel-code-generator": "models.py", "xsdata": "binding"}
OPTIONS = {"openapi-python-client": ("--meta", "none")}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load(ROOT / "openapi.yaml")


@pytest.fixture(scope="module")
def url(contract: Contract) -> Iterator[str]:
    with open_reference(contract, 0, None, None, None) as (service, _), serving(create_app(service)) as address:
        yield address


def raw(url: str, parameters: dict[str, Any]) -> tuple[int, list[str] | str]:
    response = httpx.get(url, params={**NEEDED, "Format": "JSON", **parameters})
    said = response.json()
    return response.status_code, [one["TaskId"] for one in said["Tasks"]["Task"]] if "Tasks" in said else said["Code"]


@pytest.mark.slow
@pytest.mark.parametrize("tool", DRIVERS)
def test_generated_code_sends_and_decodes(
    contract: Contract, url: str, tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = Target("one", tool, f"generated_{OUT[tool]}", options=OPTIONS.get(tool, ()))
    write_generated(generate(contract, target))
    since = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    home = {"DomainName": "example.com"}
    cases: dict[str, dict[str, Any]] = {
        "first": {**home, "PageSize": 3},
        "second": {**home, "PageSize": 3, "PageNumber": 2},
        "since": {**home, "PageSize": 50, "StartTime": since},
        "empty": {**home, "PageNumber": 90_000},
        "error": {**home, "StartTime": "2026-02-30T00:00:00Z"},
    }
    with importing(tmp_path / target.out) as module:
        ask = DRIVERS[tool](module, url)
        decoded = {name: ask(parameters) for name, parameters in cases.items()}
    assert decoded == {name: raw(url, parameters) for name, parameters in cases.items()}
    first, second = decoded["first"][1], decoded["second"][1]
    assert len(first) == len(second) == 3 and not set(first) & set(second)
    assert decoded["since"][0] == 200
    assert decoded["empty"] == (200, []) and decoded["error"][0] == 400
