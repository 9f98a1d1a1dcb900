"""Signals from outside: what was found stands in whole reports, and no process is left."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.contracts import of_json
from support.places import ROOT

from toolkit.cli.signals import exit_status, interruptible, shielded

CONTRACT = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/x": {
            "get": {
                "operationId": "getX",
                "responses": {"200": of_json({"type": "null"})},
            }
        }
    },
}
ENTRY = {
    "request": {"method": "GET", "url": "http://h/x", "headers": []},
    "response": {
        "status": 200,
        "headers": [{"name": "Content-Type", "value": "application/json"}],
        "content": {"mimeType": "application/json", "text": "1"},
    },
}
LINE = json.dumps(ENTRY).encode() + b"\n"
COMMAND = [sys.executable, "-m", "toolkit.cli"]
SIGNALS = ["SIGINT", *(pytest.param(name, marks=pytest.mark.slow) for name in ("SIGTERM", "SIGHUP"))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "openapi.json").write_text(json.dumps(CONTRACT))
    return tmp_path


def wait_for(found: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("name", SIGNALS)
def test_what_came_through_a_pipe_before_a_signal_is_reported(name: str, folder: Path) -> None:
    number = getattr(signal, name)
    command = [*COMMAND, "validate", "-", "--report", "json=r.json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin and process.stderr
        process.stdin.write(LINE * 3)
        process.stdin.flush()
        parts = list[Path]()
        wait_for(lambda: parts.extend(folder.glob(".r.json.*.part")) or parts)  # opened at the first verdict
        time.sleep(0.2)
        process.send_signal(number)
        assert process.wait(10) == 128 + number
        assert process.stderr.read().endswith(f"contract: ended by {name}\n".encode())
    report = json.loads((folder / "r.json").read_text())
    # how many were checked by then depends on the machine
    assert {one["rule"] for one in report["violations"]} == {"schema-type"}
    assert not list(folder.glob(".*.part"))


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_that_comes_while_modules_are_loaded_is_one_line(name: str, folder: Path) -> None:
    number = getattr(signal, name)
    # what `main` imports next
    (folder / "click.py").write_text(f"import os\nos.kill(os.getpid(), {int(number)})\n")
    program = "from toolkit.cli.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", f"contract: ended by {name}\n")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks /proc for the workers")
@pytest.mark.parametrize("engine", ["local", pytest.param("dask", marks=pytest.mark.slow)])
def test_workers_end_when_their_parent_is_killed(engine: str, folder: Path) -> None:
    if engine == "dask":
        pytest.importorskip("distributed")
    (folder / "large.jsonl").write_bytes(LINE * 60_000)
    command = [*COMMAND, "validate", "large.jsonl", "--jobs", "3", "--engine", engine]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(children_of(process.pid)) >= 3)
    workers = children_of(process.pid)
    process.kill()
    process.wait(10)
    wait_for(lambda: not any(map(is_running, workers)), 20)


def children_of(pid: int) -> list[str]:
    return [child for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]


def is_running(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_is_shielded_is_done_before_a_signal_interrupts() -> None:
    done = False
    with pytest.raises(KeyboardInterrupt), interruptible():
        with shielded():
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            done = True
        done = False
    assert done
    assert exit_status() == 128 + signal.SIGTERM


def test_a_signal_within_an_import_interrupts_when_that_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "loaded_meanwhile.py"
    module.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\ndone = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(KeyboardInterrupt), interruptible():
        assert importlib.import_module("loaded_meanwhile").done
        time.sleep(30)
    assert exit_status() == 128 + signal.SIGTERM


def test_the_third_signal_interrupts_what_is_shielded_too() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible(), shielded():
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("not interrupted")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes a pipe with a name")
@pytest.mark.parametrize(
    "command",
    [
        "validate sent.jsonl",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("mock --port 0", "proxy http://127.0.0.1:9 --port 0")),
    ],
)
def test_one_signal_ends_what_waits_for_a_reader_of_its_report(command: str, folder: Path) -> None:
    (folder / "sent.jsonl").write_bytes(LINE)
    os.mkfifo(folder / "pipe")
    process = subprocess.Popen(
        [*COMMAND, *command.split(), "--report", "text=t.txt", "--report", "json=pipe"], stderr=subprocess.DEVNULL
    )
    wait_for(lambda: list(folder.glob(".t.txt.*.part")))  # the report before the one that nobody reads
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 128 + signal.SIGTERM


def test_the_mock_says_nothing_wrong_where_a_signal_comes_before_it_serves(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from toolkit.cli import main, mock

    def serve(*given: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(mock, "serve_until_signal", serve)
    assert main.run(["mock", "--port", "0", "--report", "json=r.json"]) == 128 + signal.SIGTERM
    assert "no request came" in capfd.readouterr().err
    assert json.loads((folder / "r.json").read_text())["summary"]["exchanges"] == 0
