"""Counts that a contract writes as floats are integers (JSON Schema 2020-12, section 4.2.3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.document.files import open_document


@pytest.mark.parametrize("written", ["10.0", "1e1", "+10.0"])
@pytest.mark.parametrize("keyword", ["maxLength", "minItems", "maxProperties", "minContains"])
def test_a_count_written_as_a_float_is_an_integer(keyword: str, written: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"a:\n  properties:\n    b: {{{keyword}: {written}}}\n")
    value = open_document(path).value["a"]["properties"]["b"][keyword]
    assert value == 10 and type(value) is int


@pytest.mark.parametrize("value", [{"maxLength": 1.5}, {"minimum": 1.0}, {"example": {"maxLength": 1.0}}])
def test_other_numbers_stay_as_they_are(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"a": value}))
    assert repr(open_document(path).value["a"]) == repr(value)
