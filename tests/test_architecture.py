"""The shape of the package: floors, one library in one module, small functions, and what the tools for style say."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "toolkit"

# A module imports only from floors below its own. What stands on one floor knows nothing of each other.
FLOORS = [
    # what stands where in the text or the tree of a file
    "identifiers marks",
    # values, tables and texts, each by itself
    "toolkit apps apps.store dependencies document exchange json_text media_type routing settings"
    " second_opinion violation xml_document xml_pattern xml_shape xml_text",
    "apps.calls apps.hosting apps.tasks hosts recordings.coding reports.summary schema signing"
    " target xml_grammar xml_scalar xsd_types",
    "formats recordings.recording",
    "recordings.har_entry",
    # formats of recordings and reports, parameters, the two judges of a body
    "parameters",
    "operation",
    "apps.authentication json_schema recordings.bare recordings.insomnia recordings.json_lines"
    " recordings.mitmproxy recordings.nock recordings.opening recordings.postman recordings.vcr recordings.wiremock"
    " reports.findings session xml_place xml_step xml_writer",
    "baseline contract recordings.har recordings.schemathesis reports.json reports.sarif reports.wording values xml_reader",
    "facts forms readings recordings reports.github reports.html reports.junit reports.text xml_codec",
    "reports xsd",
    "bodies",
    "cross_check examples request_check",
    # the one judge of everything, and what is built on it
    "validator",
    "apps.reference client engine",
    "answers dask_engine tally",
    "commands expectations subject",
    "exports laws.finding probes",
    "fuzz laws.filters laws.pages laws.rewording signature_probes",
    "laws.combined",
    "laws",
    "failures run",
    # the ends that people and programs hold
    "bench cli schemathesis_hooks",
    "pytest_plugin",
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names.split()}

# Each library has one module that knows it, but for these.
SHARED = {
    "orjson": "recordings document json_text",  # a parser called once for each line and body: a layer would cost more
    "schemathesis": "fuzz schemathesis_hooks",  # what it generates for us, and what it asks of us
    "requests": "fuzz schemathesis_hooks",  # its answers are given to Schemathesis, which speaks in them
}


def modules() -> dict[str, Path]:
    found = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
    return {name.removesuffix("__init__").rstrip(".") or "toolkit": path for name, path in found.items()}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Everything imported, lazily or for types alone too, as `toolkit.contract` or `orjson`."""
    known = modules()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            base = node.module or ""
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield whole if whole.removeprefix("toolkit.") in known else base


def functions() -> dict[str, int]:
    """The number of lines of each function, decorators apart."""
    return {
        f"{name}.{node.name}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1
        for name, path in modules().items()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_module_has_a_floor() -> None:
    assert sorted(FLOOR) == sorted(modules())
    assert len(FLOOR) == sum(len(names.split()) for names in FLOORS)


@pytest.mark.parametrize("name", modules())
def test_a_module_imports_only_from_floors_below(name: str) -> None:
    own = [module.removeprefix("toolkit.") for module in imports(modules()[name]) if module.startswith("toolkit")]
    above = sorted(f"{other} (floor {FLOOR[other]})" for other in own if FLOOR[other] >= FLOOR[name])
    assert not above, f"{name} (floor {FLOOR[name]}) imports {above}"


def test_a_library_is_known_in_one_module() -> None:
    users: dict[str, set[str]] = {}
    for name, path in modules().items():
        for library in {module.partition(".")[0] for module in imports(path)}:
            if library != "toolkit" and library not in sys.stdlib_module_names:
                users.setdefault(library, set()).add(name)
    assert {"orjson", "lxml", "jsonschema_rs", "click", "httpx", "rich"} <= users.keys()
    for library, names in users.items():
        allowed = SHARED.get(library, "").split()
        rest = {name for name in names if name not in allowed and name.partition(".")[0] not in allowed}
        assert len(rest) <= (0 if allowed else 1), f"{library} is imported by {sorted(names)}"


def test_importing_the_package_loads_no_library() -> None:
    code = "import sys; before = set(sys.modules); import toolkit; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded - sys.stdlib_module_names == {"toolkit"}


def test_only_the_command_line_prints_and_exits() -> None:
    for name, path in modules().items():
        called = {node.func.id for node in ast.walk(tree(path)) if _is_plain_call(node)}  # type: ignore[attr-defined]
        assert name == "cli" or not called & {"print", "exit", "quit", "input"}, name


def _is_plain_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_functions_and_modules_are_short() -> None:
    lengths = functions()
    assert not {name: length for name, length in lengths.items() if length > 40}
    assert statistics.median(lengths.values()) < 10
    long = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    assert not {name: length for name, length in long.items() if length > 400}


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--output-format=concise"],
        ["ruff", "format", "--check", "-q"],
        ["mypy", "--strict", "toolkit"],
    ],
    ids=" ".join,
)
def test_style_and_types(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[:3_000]
