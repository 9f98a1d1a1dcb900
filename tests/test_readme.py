"""Every command of the README runs, in its order, as a reader would type it; the two install lines are run by .ci/run."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.places import ROOT

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


def test_commands_run_in_their_order(folder: Path, port: int, service: None) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for line in WORK:
        if not line.endswith("&"):
            done = subprocess.run(
                _words(line, port), cwd=folder, env=environment, capture_output=True, text=True, timeout=120
            )
            assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            assert "Traceback" not in done.stderr


def test_install_lines_are_the_two_that_the_check_runs() -> None:
    assert len(INSTALLS) == 2
    assert "grep '^python3 -m venv' README.md" in (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", README))
def test_links_lead_to_files(link: str) -> None:
    assert (ROOT / link).is_file()
