"""The public names: lazy, typed, described; docs/api.md names each of them, and its examples run."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from support.places import ROOT

import toolkit

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
SECTIONS = re.findall(r"^### (.*?)\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
FILE = ast.parse((ROOT / "toolkit" / "__init__.py").read_text("utf-8"))


def titled(text: str) -> list[str]:
    """The names in the heading of a section."""
    return re.findall(r"`(\w+)`", text)


def examples(text: str) -> list[tuple[str, str | None]]:
    """Each Python block of a section, with the output that stands behind it."""
    blocks = re.finditer(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", text, re.DOTALL)
    return [(block[1], block[2]) for block in blocks]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "examples" / "notes", tmp_path / "notes"))


@pytest.mark.parametrize("name", toolkit.__all__)
def test_a_public_name_is_found_lazily_and_described(name: str) -> None:
    value = getattr(importlib.reload(toolkit), name)
    assert name in dir(toolkit)
    if callable(value) and name != "Send":
        assert len(value.__doc__ or "") > 30 and not (value.__doc__ or "").startswith(f"{name}("), (
            "no docstring of its own"
        )


def test_names_are_the_same_for_the_page_for_type_checkers_and_at_run_time() -> None:
    imported = [
        alias.name
        for block in FILE.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    on_page = [name for title, _ in SECTIONS for name in titled(title)]
    assert sorted(imported) == sorted(toolkit._HOME) == sorted(toolkit.__all__) == sorted(on_page)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        toolkit.absent  # noqa: B018


def test_importing_the_package_loads_no_module_of_its_own() -> None:
    code = "import sys, toolkit; print(*(name for name in sys.modules if name.startswith('toolkit.')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("title", "text"),
    [
        pytest.param(title, text, marks=pytest.mark.slow if title.startswith("Test a service") else ())
        for title, text in SECTIONS
    ],
    ids=[title for title, _ in SECTIONS],
)
def test_the_examples_of_the_page_run(
    title: str, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    assert examples(text)
    for code, output in examples(text):
        assert not {name for name in titled(title) if not re.search(rf"\b{name}\b", code)}, (
            "a name is not in the example"
        )
        exec(compile(code, title, "exec"), {"__name__": "__main__"})
        assert output in (None, capsys.readouterr().out)


PROGRAM = """
from toolkit import Contract, Exchange, Headers, Options, Request, Response, Run, Send, Validator, Verdict, http, validate

def failing(path: str) -> list[str]:
    return [verdict.source for verdict in validate(Contract.load("openapi.yaml"), [path]) if not verdict.conforms]

def one(validator: Validator) -> Verdict:
    return validator.check(Exchange(Request("GET", "/notes"), Response(200, Headers.of([("A", "b")]), b"{}")))

def live(contract: Contract) -> int:
    with http("http://127.0.0.1:8000") as send:
        answering: Send = send
        run = Run(contract, Validator(contract), answering, Options(seed=1))
        return sum(len(verdict.violations) for verdict in run.verdicts())
"""

MISTAKES = """
from toolkit import Contract, Verdict, validate
verdict: int = next(validate(Contract.load("openapi.yaml"), "traffic.har"))
name: int = Verdict("").source
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The Python of an environment in which the package is installed, as a wheel and without its dependencies but for what its values
    are made of."""
    source, environment = tmp_path / "source", tmp_path / "environment"
    shutil.copytree(ROOT / "toolkit", source / "toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "openapi.yaml"):
        shutil.copy(ROOT / name, source)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    site = next(environment.glob("lib/python*/site-packages"))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check", "--target", site]
    subprocess.run([*pip, source], check=True)
    shutil.copytree(Path(msgspec.__file__).parent, site / "msgspec")
    assert (site / "toolkit" / "shipped" / "openapi.yaml").is_file()
    return environment / "bin" / "python"


@pytest.mark.slow
def test_types_are_seen_from_outside(installed: Path, tmp_path: Path) -> None:
    """A user's program passes mypy --strict, and its mistakes are found: the types are the package's, not Any."""
    (tmp_path / "sound.py").write_text(PROGRAM)
    (tmp_path / "wrong.py").write_text(MISTAKES)
    outputs = []
    for name in ("sound.py", "wrong.py"):
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--python-executable={installed}", name]
        outputs.append(subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout)
    assert outputs[0].startswith("Success"), outputs[0]
    assert re.findall(r"wrong.py:(\d+): error: .*\[assignment\]", outputs[1]) == ["3", "4"], outputs[1]
