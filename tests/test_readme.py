"""Every command of the README runs, in its order, as a reader would type it; the two install lines are run by .ci/run."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.places import ROOT
from support.serving import serving

from toolkit.cli.main import run

README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.strip().splitlines()]
INSTALLS = [line for line in COMMANDS if line.startswith("python3 -m venv")]
WORK = [line for line in COMMANDS if line not in INSTALLS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    return tmp_path


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def service(folder: Path, port: int) -> Iterator[None]:
    """The README's own `contract serve ... &`, ended after the test."""
    line = next(line for line in WORK if line.endswith("&"))
    process = subprocess.Popen(_words(line.rstrip("& "), port), cwd=folder, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _words(line: str, port: int) -> list[str]:
    """The command with this environment's programs and a port that is free."""
    program, *rest = line.replace("8080", str(port)).split()
    module = {"contract": ["-m", "toolkit.cli"], "pytest": ["-m", "pytest", "-p", "no:cacheprovider"]}[program]
    return [sys.executable, *module, *rest]


@pytest.mark.slow
def test_commands_run_in_their_order(folder: Path, port: int, service: None) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for line in WORK:
        if not line.endswith("&"):
            done = subprocess.run(
                _words(line, port), cwd=folder, env=environment, capture_output=True, text=True, timeout=120
            )
            assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["", "1"], ids=["sound", "faulty"])
def test_the_laws_of_the_walk_are_found_and_find_the_fault(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contract of the README, and its commands; the fault comes after the laws were tried."""
    [contract] = re.findall(r"```yaml\n(openapi.*?)```", README, re.DOTALL)
    lines = [
        line for block in re.findall(r"```shell\n(.*?)```", README, re.DOTALL) for line in block.strip().splitlines()
    ]
    (tmp_path / "openapi.yaml").write_text(contract, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for line, has_fault in zip(lines, ("", fault), strict=True):
        monkeypatch.setenv("NOTES_BUG", has_fault)
        with serving(_notes()) as url:
            status = run(line.replace("http://127.0.0.1:8000", url).split()[1:])
        assert status == (1 if has_fault else 0)


def _notes() -> Any:
    spec = importlib.util.spec_from_file_location("notes_service", ROOT / "examples" / "notes" / "service.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


@pytest.mark.slow
def test_the_failing_run_that_is_quoted_is_a_real_one(tmp_path: Path) -> None:
    [quoted] = re.findall(r"```text\n(Does NOT conform.*?)```", README, re.DOTALL)
    notes = shutil.copytree(ROOT / "examples" / "notes", tmp_path / "notes")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NOTES_BUG": "1"}
    command = [sys.executable, "-m", "toolkit.cli", "test", "--app", "service:app"]
    done = subprocess.run(command, cwd=notes, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    shown = {re.sub("[0-9]+", "0", line) for line in done.stdout.splitlines()}
    assert not [line for line in quoted.splitlines() if re.sub("[0-9]+", "0", line) not in shown]


def test_install_lines_are_the_two_that_the_check_runs() -> None:
    assert len(INSTALLS) == 2
    assert "grep '^python3 -m venv' README.md" in (ROOT / ".ci/run").read_text()


PAGES = [
    ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "examples/README.md", "tests/README.md")
]
PAGES += [ROOT / "tests/mutants/README.md", *(ROOT / "docs").glob("*.md")]
LINKS = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))]
CODE_PATHS = [
    (page, path)
    for page in PAGES
    for path in re.findall(r"`((?:toolkit|tests|docs|examples|benchmarks|schemas)/[\w./-]*)`", page.read_text("utf-8"))
]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=[f"{page.name}: {link}" for page, link in LINKS])
def test_links_lead_to_files(page: Path, link: str) -> None:
    assert (page.parent / link).is_file()


@pytest.mark.parametrize(("page", "path"), CODE_PATHS, ids=[f"{page.name}: {path}" for page, path in CODE_PATHS])
def test_paths_that_are_named_exist(page: Path, path: str) -> None:
    assert (ROOT / path).exists()


def test_the_python_example_runs(tmp_path: Path) -> None:
    [code] = [block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "import" in block]
    notes = shutil.copytree(ROOT / "examples" / "notes", tmp_path / "notes")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=notes, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and len(done.stdout.splitlines()) > 6, done.stderr
