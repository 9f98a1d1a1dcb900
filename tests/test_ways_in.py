"""The ways in which people install and call the toolkit: extras, the action, pre-commit, the container, the shell, docs/ci.md."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from support.places import ROOT

from toolkit.cli.main import contract
from toolkit.document.yaml import parse_yaml

PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
NOTES = ROOT / "examples" / "notes"
CORE_ALONE = """
import sys
sys.modules.update(dict.fromkeys(["schemathesis", "pytest", "_pytest", "requests"]))
from toolkit.cli.main import main
main()
"""
NEEDS = "contract: contract test needs Schemathesis, which is not installed: pip install 'contract-toolkit[test]'\n"


def call(*words: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(words, env=variables, cwd=folder, capture_output=True, text=True, timeout=60)


def document(name: str) -> Any:
    return parse_yaml((ROOT / name).read_text("utf-8"))


def check_usage(line: str) -> None:
    """Read a command line without running it. Raises click.UsageError."""
    name, *rest = shlex.split(line)
    contract.commands[name].make_context(name, rest)


@pytest.mark.parametrize("line", ["validate traffic.har --ignore schema-value", "export json-schema --quiet"])
def test_the_core_works_alone(line: str, tmp_path: Path) -> None:
    notes = shutil.copytree(NOTES, tmp_path / "notes")
    done = call(sys.executable, "-c", CORE_ALONE, *line.split(), folder=notes)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_test_without_its_extra_is_refused_in_a_line() -> None:
    done = call(sys.executable, "-c", CORE_ALONE, "test")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", NEEDS)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program `contract` of a virtual environment below the folder."""
    path = tmp_path / "contract" / "bin" / "contract"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m toolkit.cli \"$@\"\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("options", "status"), [("--ignore schema-value", 0), ("", 1)])
def test_the_action_annotates_and_keeps_a_page(options: str, status: int, tmp_path: Path, program: Path) -> None:
    action = document("action.yml")
    [step] = [one for one in action["runs"]["steps"] if one.get("name") == "Run"]
    given = {"COMMAND": f"validate traffic.har {options}", "RUNNER_TEMP": str(tmp_path)}
    done = call("bash", "-e", "-c", step["run"], folder=NOTES, **given)
    assert done.returncode == status, done.stderr
    assert ("::error" in done.stdout) == bool(status)
    assert "<!DOCTYPE html>" in (tmp_path / "contract-report.html").read_text("utf-8")
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text("utf-8")))
    assert used == set(action["inputs"])


@pytest.mark.parametrize(("more", "calls"), [("", 1), ("-r requirements.txt", 2)])
def test_the_action_installs_what_an_application_imports(more: str, calls: int, tmp_path: Path) -> None:
    [step] = [one for one in document("action.yml")["runs"]["steps"] if one.get("name") == "Install"]
    pip = 'printf \'#!/bin/sh\\necho "$@"\' > "$3/bin/pip"; cp "$3/bin/pip" "$3/bin/contract"; chmod +x "$3"/bin/*'
    given = {"SOURCE": "/src", "MORE": more, "RUNNER_TEMP": str(tmp_path)}
    for first in (["install -q -c /src/constraints.txt /src[test]"], []):  # what another step installed is used
        stand_in = f'python() {{ mkdir -p "$3/bin"; {pip}; }}\n'
        done = call("bash", "-e", "-c", stand_in + step["run"], folder=tmp_path, **given)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [*first, *["install -q -r requirements.txt"][: calls - 1]]


def test_the_action_keeps_no_page_of_an_earlier_step(tmp_path: Path, program: Path) -> None:
    [step] = [one for one in document("action.yml")["runs"]["steps"] if one.get("name") == "Run"]
    (tmp_path / "contract-report.html").touch()
    given = {"COMMAND": "validate nothing.har", "RUNNER_TEMP": str(tmp_path)}
    assert call("bash", "-e", "-c", step["run"], folder=NOTES, **given).returncode == 2
    assert not (tmp_path / "contract-report.html").exists()


def test_the_hooks_call_commands_that_exist() -> None:
    for hook in document(".pre-commit-hooks.yaml"):
        check_usage(" ".join([hook["entry"].removeprefix("contract "), *hook.get("args", ["openapi.yaml"])]))
        assert hook["pass_filenames"] is False  # of several files, which neither command takes
        assert re.search(hook["files"], "openapi.yaml") and re.search(hook["files"], "api/openapi.yaml")


def test_the_container_is_not_run_by_root() -> None:
    lines = (ROOT / "Containerfile").read_text("utf-8").splitlines()
    assert 'ENTRYPOINT ["contract"]' in lines and "USER contract" in lines
    [copied] = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert copied == "."
    extras = re.findall(r"'/src\[(.*?)\]'", "\n".join(lines))[0].split(",")
    assert set(extras) <= {"test", "dask", "dev"}


def test_the_recipes_call_commands_that_exist() -> None:
    blocks = [parse_yaml(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    actions, gitlab, hooks = blocks
    steps = [one["with"]["command"] for one in actions["jobs"]["contract"]["steps"] if "command" in one.get("with", {})]
    script = [line.removeprefix("contract ") for line in gitlab["contract"]["script"]]
    for line in [*steps, *script]:
        check_usage(line)
    known = {hook["id"] for hook in document(".pre-commit-hooks.yaml")}
    assert {hook["id"] for repository in hooks["repos"] for hook in repository["hooks"]} == known
    with pytest.raises(click.UsageError):
        check_usage("validate")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("contract test --contract examples/notes/openapi.yaml --operation g", "getNote"),
        *(
            pytest.param(*one, marks=pytest.mark.slow)
            for one in (
                ("contract val", "validate"),
                ("contract validate --sel", "--select"),
                ("contract test --ignore law-page-l", "law-page-length"),
                ("contract test --operation DescribeRefreshTasksP", "DescribeRefreshTasksPost"),
                ("contract validate --report s", "sarif"),
                ("contract export openapi --for openapi-py", "openapi-python-client"),
            )
        ),
    ],
)
def test_a_shell_completes(typed: str, found: str, program: Path) -> None:
    """As bash does it, by the line of docs/ci.md."""
    [line] = [one for one in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "_COMPLETE" in one]
    words = typed.split()
    asked = f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _contract_completion contract; echo ${{COMPREPLY[@]}}"
    done = call("bash", "-c", f"{line}{asked}", PATH=f"{program.parent}:{os.environ['PATH']}")
    assert done.stdout.split() == [found], done.stderr
