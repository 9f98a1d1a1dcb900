"""No file of the user's is overwritten: neither an input, by whatever name, nor one output by another."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest
from support.contracts import loaded, operation

from toolkit.cli.main import main, run
from toolkit.exchange import Exchange, Request, Response
from toolkit.recordings.reading import write_line


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    loaded(tmp_path, {"/x": {"get": operation("x")}})
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "r.jsonl").write_bytes(write_line(Exchange(Request("GET", "/x"), Response(200))))
    (tmp_path / "in" / "app.py").write_text("app = None")
    (tmp_path / "linked").symlink_to("in/r.jsonl")
    os.link(tmp_path / "c.json", tmp_path / "hard")
    for name, text in (("pyproject.toml", ""), ("ca.pem", ""), ("known.json", "{}"), ("o.yaml", OVERLAY)):
        (tmp_path / name).write_text(text)
    os.link(tmp_path / "o.yaml", tmp_path / "overlay.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


OVERLAY = "overlay: 1.0.0\ninfo: {title: o, version: '1'}\nactions: [{target: $.info, update: {title: changed}}]\n"
RECORDING, CONTRACT = "in/r.jsonl", ("--contract", "c.json")


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", RECORDING, *CONTRACT, "--report", f"json={RECORDING}"],
        ["validate", "in", *CONTRACT, "--report", f"json={RECORDING}"],
        ["validate", "in/*", *CONTRACT, "--report", "json=./in/../in/r.jsonl"],
        ["validate", RECORDING, *CONTRACT, "--report", "html=linked"],
        ["validate", RECORDING, *CONTRACT, "--report", "html=hard"],
        ["validate", RECORDING, *CONTRACT, "--baseline", "c.json", "--update-baseline"],
        ["validate", RECORDING, *CONTRACT, "--report", "json=a", "--baseline", "a", "--update-baseline"],
        ["test", *CONTRACT, "--record", "c.json"],
        ["test", *CONTRACT, "--record", "new.har", "--report", "json=./new.har"],
        ["validate", RECORDING, *CONTRACT, "--report", "json=pyproject.toml"],
        ["validate", RECORDING, *CONTRACT, "--report", "json=known.json", "--baseline", "known.json"],
        ["test", *CONTRACT, "--ca-file", "ca.pem", "--record", "ca.pem"],
        ["convert", RECORDING, RECORDING],
        ["convert", RECORDING, "linked"],
        ["convert", "in", RECORDING],
        ["test", "--app", "in.app:app", *CONTRACT, "--report", "json=in/app.py"],
        ["test", "--app", "./in/app.py:app", *CONTRACT, "--record", "in/app.py"],
        ["diff", "git:HEAD:c.json", "o.yaml", "--report", "json=c.json"],
    ],
    ids=" ".join,
)
def test_an_input_is_no_output(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "name another" in line
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", RECORDING, *CONTRACT, "--report", "json=parts/x.json"],
        ["convert", RECORDING, "parts/x.json", *CONTRACT],
        ["validate", RECORDING, *CONTRACT, "--report", "html=x.xsd"],
        ["diff", "pyproject.toml", "c.json", "--report", "html=parts/x.json"],
        ["export", "json-schema", *CONTRACT, "--out", "parts"],
        ["export", "openapi", *CONTRACT, "--overlay", "o.yaml", "--out", "overlay.json"],
    ],
    ids=" ".join,
)
def test_a_file_that_the_contract_refers_to_is_no_output(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    media = {"application/json": {"schema": {"$ref": "parts/x.json"}}, "text/xml": {"x-xsd": "x.xsd"}}
    loaded(folder, {"/x": {"get": {**operation("x"), "responses": {"200": {"description": "ok", "content": media}}}}})
    (folder / "parts").mkdir()
    (folder / "parts" / "x.json").write_text("{}")
    os.link(folder / "parts" / "x.json", folder / "parts" / "x200.schema.json")
    (folder / "x.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="x"/></xs:schema>'
    )
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run(arguments) == 2
    assert "a file of the contract" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("report", ["json=out.json", "html=in/report.html", "text=/dev/null"])
def test_other_files_are_written_anew(folder: Path, report: str) -> None:
    for _ in range(2):
        assert run(["validate", "in/r.jsonl", *CONTRACT, "--quiet", "--report", report]) == 0


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        pytest.param("--quiet", 0, "", marks=pytest.mark.slow),
        pytest.param("", 2, "cannot write the report to the standard output", marks=pytest.mark.slow),
        ("--help", 2, "output is closed"),
    ],
)
def test_an_output_that_is_closed_fails_where_something_is_to_be_written(
    folder: Path, arguments: str, status: int, line: str
) -> None:
    command = (
        f"{sys.executable} -m toolkit.cli validate {RECORDING} --contract c.json --report json=out.json {arguments} >&-"
    )
    done = subprocess.run(command, shell=True, check=False, stderr=subprocess.PIPE, text=True)
    assert done.returncode == status and line in done.stderr and done.stderr.count("\n") == bool(line)
    assert arguments == "--help" or (folder / "out.json").stat().st_size
    assert subprocess.run(f"{command} 2>&-", shell=True, check=False).returncode == status


def test_a_named_pipe_is_said_to_be_waited_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe")
    recording = (folder / RECORDING).read_bytes()
    Thread(target=lambda: (folder / "pipe").write_bytes(recording), daemon=True).start()
    assert run(["validate", "pipe", *CONTRACT]) == 0
    assert "pipe is a pipe: waits for" in capsys.readouterr().err
    assert run(["validate", RECORDING, *CONTRACT]) == 0
    assert "waits" not in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["lint"], ["convert", "a.har", "b.har"], ["validate", "a.har"]], ids=" ".join)
def test_a_current_folder_that_was_removed_is_said_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    (folder / "gone").mkdir()
    monkeypatch.chdir(folder / "gone")
    (folder / "gone").rmdir()
    assert run(arguments) == 2
    assert capsys.readouterr().err == "contract: the current folder was removed; change to one that exists\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_output_is_no_internal_error(folder: Path) -> None:
    command = f"{sys.executable} -m toolkit.cli --help > /dev/full"
    done = subprocess.run(command, shell=True, check=False, capture_output=True, text=True)
    assert (
        done.returncode == 2
        and "No space left on device: the standard output" in done.stderr
        and "internal error" not in done.stderr
    )
    command = f"{sys.executable} -m toolkit.cli --frobnicate 2> /dev/full"
    assert subprocess.run(command, shell=True, check=False).returncode == 2, "what cannot be said changes no status"


def test_a_program_may_call_the_command_with_a_standard_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["contract", "lint", "absent.yaml"])
    with redirect_stderr(StringIO()) as said, pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "absent.yaml" in said.getvalue()
