"""What stands in examples/ runs as its README says, and does what its files say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.places import ROOT

COMMANDS = [
    (["-m", "toolkit.cli", "validate", "traffic.har"], 1, '"office" is not one of "home", "work"'),
    (["-m", "pytest", "-p", "no:cacheprovider", "test_notes.py"], 0, "3 passed"),
    (["check_traffic.py", "traffic.har"], 1, "3 listNotes"),
    (["check_traffic.py", "absent.har"], 1, "absent.har"),
    (["check_service.py"], 0, "2 operations tested"),
]


def run(arguments: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **environment}
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "examples" / "notes", tmp_path / "notes"))


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        pytest.param(*row, marks=pytest.mark.slow if {"check_service.py", "pytest"} & {*row[0]} else ())
        for row in COMMANDS
    ],
    ids=[" ".join(row[0]) for row in COMMANDS],
)
def test_an_example_runs(arguments: list[str], status: int, words: str, notes: Path) -> None:
    done = run(arguments, notes)
    assert done.returncode == status, done.stdout + done.stderr
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_mistake_of_the_service_is_found(notes: Path) -> None:
    done = run(["check_service.py"], notes, NOTES_BUG="1")
    assert done.returncode == 1
    assert "law-pages-disjoint" in done.stdout and "law-page-length" in done.stdout


def test_each_file_of_the_example_is_named_in_its_page() -> None:
    page = (ROOT / "examples" / "README.md").read_text("utf-8")
    assert not [path.name for path in (ROOT / "examples" / "notes").glob("*.*") if f"`{path.name}`" not in page]
