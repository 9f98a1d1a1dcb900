"""The shape of the package: rooms, one library in one module, small functions, and what the tools for style say."""

from __future__ import annotations

import ast
import os
import statistics
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from support.places import ROOT

PACKAGE = ROOT / "toolkit"

# A room knows only the rooms of the rows before its own; rooms of one row know nothing of each other.
ROWS = [
    "structs",
    "exchange errors rules",
    "verdict document secrets",
    "schema recordings reports",
    "wire xml",
    "contract",
    "validation",
    "client",
    "conformance services review export",
    "cli pytest_plugin schemathesis_hooks",
]
ROW = {room: number for number, rooms in enumerate(ROWS) for room in rooms.split()}

# Inside a room a file imports only the files before it.
FILES = {
    "schema": (
        "scalars patterns languages messages included bundle formats discriminator evaluated parts explain judge shape inventory algebra "
        "possible"
    ),
    "xml": "parse xsd_pattern xsd_validator names write reading sequence read locate codec xsd_types xsd",
    "review": (
        "suggest survey checks.names checks.fields checks.schemas checks.reach checks.references checks.patterns checks.examples "
        "checks.rows checks.paths checks.xml checks.promises checks.generators checks.yaml lint forms samples scalars inclusion messages "
        "changes body_changes response_changes parameter_changes security_changes server_changes promise_changes"
        " callback_changes diff"
    ),
    "services": "calls application hosting store signatures tasks service listing wishes mock_state mock proxy",
    "document": "writing encodings pointers identifiers positions names yaml files overlay",
    "recordings": (
        "coding recording formats.bare formats.har_entry formats.charles formats.hoverfly formats.insomnia formats.mitmproxy formats.mockserver "
        "formats.nock formats.pact formats.postman formats.raw formats.responses formats.vcr formats.warc formats.wiremock streams archives opening "
        "formats.json_lines formats.har formats.schemathesis reading "
    ),
    "export": (
        "tools grammar loosening bundling downgrade changes definitions bodies output files generate cases compiling "
        "drivers.binders drivers.clients proof"
    ),
    "contract": (
        "objects dependencies confidential routing servers shipped operation flow paging resources security selection "
        "model links promises repair"
    ),
    "validation": "access parts readers bodies cut hiding quoting cross_check sent request credentials validator contents observed batch stream dask",
    "cli": (
        "signals commands outputs progress settings results common testing validating suggest lint diff watching mock proxy exporting "
        "proving generate completion main settings_schema"
    ),
    "wire": "json media_type urlencoded parameters forms streams whole preferences",
    "client": (
        "texts making writing examples bodies faulty_examples signing curl network target upstream contracts credentials session "
        "client options responses"
    ),
    "secrets": "names values patterns tables masking",
    "reports": (
        "choice rules_page coverage summary findings causes baseline json wording sarif github html junit text writers"
    ),
    "conformance": (
        "pool laws.comparing laws.internals laws.faults laws.kept laws.meant laws.one_response probes.boundaries probes.opinions "
        "probes.expected probes.edits probes.bodies probes.structured probes.signatures probes.security "
        "known probes.requests subject laws.lists other_texts items states told obstacles coverage reach fuzz "
        "laws.finding laws.conditional laws.equivalence laws.filters laws.pages laws.named_filters laws.named_pages "
        "laws.named_ranges laws.parts laws.state laws.deleting laws.acting laws.sent plan lanes access run "
    ),
}
ORDER = {f"{room}.{name}": number for room, names in FILES.items() for number, name in enumerate(names.split())}

# Each library has one module that knows it, but for these.
SHARED = {
    "click": "cli",  # one room: commands that stand in files of their own, and what a shell completes
    "msgspec": "structs recordings.formats.har_entry",  # what values are made of, and a parser called once for each line
    "orjson": "recordings document wire.json",  # a parser called once for each line and body: a layer would cost more
    # Values, what can be said of schemas without one, and one search in linear time for many signs
    "jsonschema_rs": "schema.patterns schema.possible schema.algebra secrets.patterns",
    "schemathesis": "conformance.fuzz schemathesis_hooks",  # what it generates for us, and what it asks of us
    "httpcore": "client.network client.upstream",  # one response at a time in its deadline, and many that are passed on
    "requests": "conformance.fuzz schemathesis_hooks",  # its answers are given to Schemathesis, which speaks in them
}


@cache
def modules() -> dict[str, Path]:
    found = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
    return {name.removesuffix("__init__").rstrip(".") or "toolkit": path for name, path in found.items()}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(tree(path)))


def imports(path: Path) -> Iterator[str]:
    """Everything imported, lazily or for types alone too, as `toolkit.contract.model` or `orjson`."""
    known = modules()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            base = node.module or ""
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield whole if whole.removeprefix("toolkit.") in known else base


@cache
def functions() -> dict[str, int]:
    """The number of lines of each function, decorators apart."""
    return {
        f"{name}.{node.name}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1
        for name, path in modules().items()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def room(name: str) -> str:
    return name.partition(".")[0]


def code_files() -> list[str]:
    """The modules that hold code; a package's `__init__` says in one line what its room knows."""
    return [name for name, path in modules().items() if path.name not in ("__init__.py", "__main__.py")]


def own_imports(name: str) -> set[str]:
    return {module.removeprefix("toolkit.") for module in imports(modules()[name]) if module.startswith("toolkit.")}


def test_every_module_has_a_place() -> None:
    assert sorted(ORDER) == sorted(name for name in code_files() if "." in name)
    assert {room(name) for name in code_files()} <= ROW.keys()
    assert len(list(PACKAGE.glob("*.py"))) <= 8


@pytest.mark.parametrize("name", code_files())
def test_a_module_imports_only_what_stands_before_it(name: str) -> None:
    for other in own_imports(name):
        if room(other) != room(name):
            assert ROW[room(other)] < ROW[room(name)], f"{name} imports {other}, of a room that is not below"
        else:
            assert ORDER[other] < ORDER[name], f"{name} imports {other}, which stands behind it"


def test_a_room_opens_with_one_sentence() -> None:
    for name, path in modules().items():
        if path.name == "__init__.py" and name != "toolkit":
            assert len(tree(path).body) == 1 and ast.get_docstring(tree(path)), name


def test_a_library_is_known_in_one_module() -> None:
    users: dict[str, set[str]] = {}
    for name, path in modules().items():
        for library in {module.partition(".")[0] for module in imports(path)}:
            if library != "toolkit" and library not in sys.stdlib_module_names:
                users.setdefault(library, set()).add(name)
    assert {"orjson", "lxml", "jsonschema_rs", "click", "httpx", "rich"} <= users.keys()
    for library, names in users.items():
        allowed = SHARED.get(library, "").split()
        rest = {name for name in names if name not in allowed and room(name) not in allowed}
        assert len(rest) <= (0 if allowed else 1), f"{library} is imported by {sorted(names)}"


def test_importing_the_package_loads_no_library() -> None:
    code = "import sys; before = set(sys.modules); import toolkit; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded - sys.stdlib_module_names == {"toolkit"}


def test_each_room_is_installed() -> None:
    """The list of packages is written out, so that a new folder has to be named in it."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    rooms = {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")}
    assert {*listed} == rooms | {"toolkit.shipped"}


# What one recorded response needs; each library more is paid by every run of the command.
LIGHT = {"toolkit", "click", "orjson", "msgspec", "jsonschema_rs", "yaml12"}
HEAVY = [
    "httpx",
    "lxml",
    "rich",
    "schemathesis",
    "hypothesis",
    "pytest",
    "starlette",
    "uvicorn",
    "requests",
    "jsonschema",
    "xmlschema",
    "dask",
]


def test_validating_one_response_loads_no_heavy_library(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"id": 7, "text": "Buy milk", "tag": "home"}')
    contract = ROOT / "examples" / "notes" / "openapi.yaml"
    arguments = ["validate", "one.json", "--contract", str(contract), "--operation", "getNote"]
    code = f"""
        import sys
        from toolkit.cli.main import run
        status = run({arguments!r})
        print("status", status, "loaded", *sys.modules)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    status, _, loaded = done.stdout.partition("status ")[2].partition(" loaded ")
    assert status == "0", done.stdout + done.stderr
    libraries = {name.partition(".")[0] for name in loaded.split()}
    assert libraries >= LIGHT and not libraries & set(HEAVY)
    assert not {"toolkit.reports.html", "toolkit.recordings.formats.vcr"} & {*loaded.split()}


def test_the_tests_mirror_the_rooms() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == set(FILES)
    assert {name for name in rooms if not list((ROOT / "tests" / name).glob("test_*.py"))} == set()


def test_a_public_class_has_a_name_of_its_own() -> None:
    homes: dict[str, list[str]] = {}
    for name, path in modules().items():
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(name)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


PARTICIPLES = [
    "told",
    "said",
    "met",
    "mended",
    "settled",
    "drained",
    "twisted",
    "judged",
    "asked",
    "tried",
    "heard",
    "drawn",
]


def test_functions_are_verbs_or_nouns() -> None:
    names = {name.partition(":")[0] for name in functions()}
    assert {name for name in names if name.rpartition(".")[2].strip("_") in PARTICIPLES} == set()


def test_only_the_command_line_prints_and_exits() -> None:
    for name, path in modules().items():
        called = {node.func.id for node in nodes(path) if _is_plain_call(node)}  # type: ignore[attr-defined]
        assert room(name) == "cli" or not called & {"print", "exit", "quit", "input"}, name


def _is_plain_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_functions_and_modules_are_short() -> None:
    lengths = functions()
    assert not {name: length for name, length in lengths.items() if length > 40}
    assert statistics.median(lengths.values()) < 10
    long = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    assert not {name: length for name, length in long.items() if length > 500}


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--output-format=concise"],
        ["ruff", "format", "--check", "-q"],
        pytest.param(["mypy", "--strict", "toolkit"], marks=pytest.mark.slow),
    ],
    ids=["ruff check", "ruff format", "mypy"],
)
def test_style_and_types(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[:3_000]
