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
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.places import ROOT
from support.serving import serving

from toolkit.cli.main import run

README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.strip().splitlines()]
INSTALLS = [line for line in COMMANDS if line.startswith("python3 -m venv")]
WORK = [line for line in COMMANDS if line not in INSTALLS]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


Ports = dict[str, int]
"""The ports of the README, and those that are free here."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    shutil.copytree(ROOT / "examples" / "notes", tmp_path / "examples" / "notes")
    return tmp_path


@pytest.fixture
def ports() -> Ports:
    with ExitStack() as held:
        free = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        return {name: int(one.getsockname()[1]) for name, one in zip(("8080", "8081", "8082"), free, strict=True)}


@pytest.fixture
def services(folder: Path, ports: Ports) -> Iterator[None]:
    """The README's own `contract serve ... &`, and so `mock` and `proxy`, ended after the test in the other order."""
    with ExitStack() as ends:
        for line in (one for one in WORK if one.endswith("&")):
            words = _words(line.rstrip("& "), ports)
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
            process = subprocess.Popen(words, cwd=folder, env=ENVIRONMENT, **quiet)  # type: ignore[call-overload]
            ends.callback(_end, process)
            port = int(words[words.index("--port") + 1])
            assert any(_listens(port) for _ in range(150)), line
        yield


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        found = probe.connect_ex(("127.0.0.1", port)) == 0
    time.sleep(0 if found else 0.2)
    return found


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert "Traceback" not in errors


def _words(line: str, ports: Ports) -> list[str]:
    """The command with this environment's programs and ports that are free."""
    program, *rest = re.sub("808[0-2]", lambda found: str(ports[found[0]]), line).split()
    module = {"contract": ["-m", "toolkit.cli"], "pytest": ["-m", "pytest", "-p", "no:cacheprovider"]}[program]
    return [sys.executable, *module, *rest]


@pytest.mark.slow
def test_commands_run_in_their_order(folder: Path, ports: Ports, services: None) -> None:
    for path, port in (("/notes", ports["8081"]), ("/?Action=DescribeRefreshTasks", ports["8082"])):
        response = httpx.get(f"http://127.0.0.1:{port}{path}")  # by the mock, and through the proxy
        assert response.status_code in (200, 400) and response.content
    for line in WORK:
        if not line.endswith("&"):
            done = subprocess.run(
                _words(line, ports), cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120
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
    environment = {**ENVIRONMENT, "NOTES_BUG": "1"}
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
