"""`contract lint` from the command line: its exit status and reports, and what other commands say of a contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.places import TESTS

from toolkit.cli.main import run

CASES = TESTS / "cases"
IMPOSSIBLE = str(CASES / "schema-impossible" / "bad.yaml")
TRAP = str(CASES / "yaml-trap" / "bad.yaml")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([IMPOSSIBLE], 1),
        ([IMPOSSIBLE, "--ignore", "schema-"], 0),
        ([IMPOSSIBLE, "--warn", "schema-impossible"], 0),
        ([TRAP], 0),  # a warning alone
        ([str(CASES / "name-repeated" / "bad.yaml")], 1),  # though the file cannot be read
        ([str(TESTS / "review" / "planted" / "pattern-of-python.yaml")], 1),  # nothing is checked by it
        (["nowhere.yaml"], 2),
        (["--contract", IMPOSSIBLE], 1),
    ],
)
def test_the_exit_status_says_whether_there_are_errors(arguments: list[str], status: int) -> None:
    assert run(["lint", *arguments, "--quiet"]) == status


def test_a_finding_has_the_file_as_it_was_named_with_line_and_column(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "api").mkdir()
    (folder / "api" / "notes.yaml").write_text(Path(IMPOSSIBLE).read_text())
    assert run(["lint", "api/notes.yaml"]) == 1
    out = capsys.readouterr().out
    assert "NOT sound: notes.yaml has 1 error." in out and "api/notes.yaml:20:11 #/components/schemas/Note" in out
    assert run(["lint", "api/notes.yaml", "--report", "github"]) == 1
    assert "::error file=api/notes.yaml,line=20,col=11,title=schema-impossible" in capsys.readouterr().out


def test_a_baseline_accepts_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    baseline = ["--baseline", "known.json"]
    assert run(["lint", IMPOSSIBLE, *baseline, "--update-baseline"]) == 0
    assert run(["lint", IMPOSSIBLE, *baseline]) == 0
    assert "1 known violation accepted by the baseline" in capsys.readouterr().out


def test_an_overlay_is_checked_too(folder: Path) -> None:
    actions = [{"target": "$.components.schemas.Note", "update": {"properties": {"count": {"minimum": 1}}}}]
    overlay = {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": actions}
    (folder / "overlay.json").write_text(json.dumps(overlay))
    assert run(["lint", IMPOSSIBLE, "--overlay", "overlay.json", "--quiet"]) == 0


def test_validate_says_that_the_contract_has_errors_and_goes_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "note.json").write_text('{"id": "a"}')
    arguments = ["validate", "note.json", "--contract", IMPOSSIBLE, "--operation", "listNotes", "--report", "json"]
    assert run(arguments) == 0
    out, error = capsys.readouterr()
    line = f"the contract has 1 error: contract lint {IMPOSSIBLE} shows them"
    assert line in error and json.loads(out)["notes"] == [line]
