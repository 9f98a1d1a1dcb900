"""A target of `contract generate`: what its tool is given, how it is found, and what its end means."""

from __future__ import annotations

import json
import sys
import time
import tomllib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from support.contracts import loaded
from support.places import ROOT

from toolkit.contract.model import Contract
from toolkit.errors import UsageError
from toolkit.exchange import Request
from toolkit.export import generate as module
from toolkit.export.cases import Case
from toolkit.export.compiling import DRIVERS
from toolkit.export.generate import Generated, Target, generate, write_generated
from toolkit.export.proof import _call, _names, differs
from toolkit.export.tools import COPIES, TOOLS, find_tool

Install = Callable[[str], None]
WRITES = """
text = open(words[words.index("--input") + 1]).read()
out = words[words.index("--output") + 1]
import os; os.makedirs(out)
open(out + "/api.ts", "w").write(f"{len(text)} {words} {os.getcwd().rpartition('/')[2]}")
"""


@pytest.fixture
def contract() -> Contract:
    return Contract.load(ROOT / "examples" / "notes" / "openapi.yaml")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a program into node_modules, as npm does: orval 8.1.0, which does what the code says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    def put(code: str) -> None:
        package, programs = tmp_path / "node_modules" / "orval", tmp_path / "node_modules" / ".bin"
        package.mkdir(parents=True)
        programs.mkdir()
        (package / "package.json").write_text('{"name": "orval", "version": "8.1.0"}')
        (package / "orval.py").write_text(f"#!{sys.executable}\nimport sys\nwords = sys.argv[1:]\n{code}")
        (package / "orval.py").chmod(0o755)
        (programs / "orval").symlink_to("../orval/orval.py")

    return put


def names(folder: str = ".") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def run(contract: Contract, **fields: object) -> Generated:
    return generate(contract, Target(**{"name": "web", "tool": "orval", "out": "web/client", **fields}))  # type: ignore[arg-type]


def test_the_tool_gets_its_copy_and_the_options_and_the_tree_gets_what_it_wrote(
    contract: Contract, install: Install, tmp_path: Path
) -> None:
    install(WRITES)
    made = run(contract, version="8.1.0", options=("--config", "{root}/orval.config.ts"))
    assert made.version == "8.1.0" and made.changed == (("web/client/api.ts", "missing"),)
    assert not Path("web").exists()
    write_generated(made)
    written = Path("web/client/api.ts").read_text()
    assert str(tmp_path / "orval.config.ts") in written and written.endswith(" work")
    assert run(contract, options=("--config", "{root}/orval.config.ts")).changed == ()
    assert names() == ["node_modules", "web"]


def test_what_a_tool_warns_of_is_a_note(contract: Contract, install: Install) -> None:
    install(f"{WRITES}print('fine so far\\nWARNING: listNotes will not be generated')")
    assert run(contract).notes[-1] == "orval says: WARNING: listNotes will not be generated"


def test_what_is_stale_or_left_over_is_named_and_only_with_clean_removed(contract: Contract, install: Install) -> None:
    install(WRITES)
    Path("web/client/__pycache__").mkdir(parents=True)
    for name in ("api.ts", "old.ts", "__pycache__/kept.pyc"):
        Path("web/client", name).write_text("of old")
    assert run(contract).changed == (("web/client/api.ts", "stale"),)
    made = run(contract, clean=True)
    assert made.changed == (("web/client/api.ts", "stale"), ("web/client/old.ts", "not generated"))
    write_generated(made)
    assert names("web/client") == ["__pycache__", "api.ts"]


@pytest.mark.parametrize(
    "code, fields, words",
    [
        ("sys.exit('\\x1b[31m│ no such\\n option │')", {}, "`orval --input openapi.json --output client --client fetch`"),
        ("sys.exit('\\x1b[31m│ no such\\n option │')", {}, "ended with 1: no such option"),
        ("print('all is well')", {}, "--client fetch` ended with 0: all is well, and nothing is written to web/client"),
        (WRITES, {"version": "8.2.0"}, "8.1.0 is installed and 8.2.0 wanted; npm install --save-dev orval@8.2.0"),
        (WRITES, {"tool": "xjc"}, "xjc is not installed"),
        (WRITES, {"tool": "xjc", "jar": "none.jar"}, "jar none.jar is not a file"),
        (WRITES, {"tool": "orvil"}, "no generator is known as 'orvil'; did you mean orval?"),
        (WRITES, {"out": "."}, "project's own folder"),
        (WRITES, {"out": "a\0b"}, "is no path"),
        (WRITES, {"out": ".."}, "project's own folder"),
    ],
)  # fmt: skip
def test_what_hinders_a_target_is_one_line(
    contract: Contract, install: Install, code: str, fields: dict[str, object], words: str
) -> None:
    install(code)
    with pytest.raises(UsageError) as refused:
        run(contract, **fields)
    assert words in str(refused.value) and "\n" not in str(refused.value)
    assert names() == ["node_modules"]


@pytest.mark.slow
@pytest.mark.parametrize("ending, words", [("", ""), ("time.sleep(60)", "took more than 1 s and was ended")])
def test_nobody_waits_for_what_a_tool_started_and_left(
    contract: Contract, install: Install, ending: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMIT", 1.0 if ending else 60.0)
    install(f"{WRITES}import subprocess, time; subprocess.Popen(['sleep', '60'])\n{ending}")
    started = time.monotonic()
    with pytest.raises(UsageError, match=words) if words else nullcontext():
        assert [*generate(contract, Target("web", "orval", "web/client")).files] == ["web/client/api.ts"]
    assert time.monotonic() - started < 50


def test_a_version_is_heard_of_a_program_that_says_it_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "xjc"
    program.write_text('#!/bin/sh\n[ "$1" = -version ] && echo xjc 2.3.0.1\nexit 255\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert find_tool(TOOLS["xjc"], "2.3.0.1", "", download=False).command == (str(program),)


def test_a_program_of_python_that_says_no_version_has_that_of_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "lib" / "python3.12" / "site-packages" / "pyopenapi_gen-5.1.19.dist-info"
    program = tmp_path / "bin" / "pyopenapi-gen"
    for path, content in (
        (info / "METADATA", "Name: pyopenapi-gen\nVersion: 5.1.19\n"),
        (program, "#!/bin/sh\nexit 2\n"),
    ):
        path.parent.mkdir(parents=True)
        path.write_text(content)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    assert find_tool(TOOLS["pyopenapi-gen"], "5.1.19", "", download=False).version == "5.1.19"
    with pytest.raises(UsageError, match=r"5\.1\.19 is installed and 5 wanted"):
        find_tool(TOOLS["pyopenapi-gen"], "5", "", download=False)


def test_every_driver_is_there_and_in_the_package() -> None:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        packed = tomllib.load(stream)["tool"]["setuptools"]["package-data"]["toolkit.export.drivers"]
    for driver in {tool.driver for tool in TOOLS.values()} - {""}:
        assert (DRIVERS / driver).is_file() and (driver.endswith(".py") or f"*{Path(driver).suffix}" in packed)


def test_every_generator_of_clients_has_a_row_that_says_what_it_needs() -> None:
    assert {name for name, tool in TOOLS.items() if tool.reads == "openapi"} <= COPIES.keys()
    assert {tool.reads for tool in TOOLS.values()} == {"openapi", "xsd"}


def test_the_copy_is_that_of_the_tool(install: Install) -> None:
    install(WRITES.replace("{len(text)} {words} {os.getcwd().rpartition('/')[2]}", "{text}"))
    shipped = Contract.load(ROOT / "openapi.yaml")
    document = json.loads(run(shipped).files["web/client/api.ts"])
    content = [
        response["content"] for path in document["paths"].values() for response in path["get"]["responses"].values()
    ]
    assert content and all(list(one) == ["application/json"] for one in content)


def test_a_secret_that_was_decoded_otherwise_is_not_shown() -> None:
    assert differs({"password": "hunter2"}, {"password": "x"}) == "/password is ***, and *** came"
    assert differs({"name": "a"}, {"name": "b"}) == '/name is "b", and "a" came'


def test_a_function_is_not_called_by_the_name_of_another_operation() -> None:
    names = _names("list_cats", "GET", "/cats", {"listcats", "getcats"})
    assert names[0] == "list_cats" and "GET/cats" not in names and "/catsGET" in names


def test_a_response_of_any_media_type_is_read_as_the_one_that_comes(tmp_path: Path) -> None:
    get = {"responses": {"200": {"description": "", "content": {"*/*": {"schema": {"type": "array"}}}}}}
    [operation] = loaded(tmp_path, {"/a": {"get": get}}).operations()
    assert _call(0, Case("good", operation, {}, None, Request("GET", "/a")), "", set())["media"] == "application/json"
