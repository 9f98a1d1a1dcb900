"""`contract generate`: targets in pyproject.toml, one line for each, and the exit status."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support.places import ROOT

from toolkit.cli.main import run
from toolkit.cli.settings import read_targets
from toolkit.cli.settings_schema import text

Captured = pytest.CaptureFixture[str]
WEB = '[tool.contract.generate.web]\ntool = "orval"\nversion = "8.1.0"\nout = "web/api.ts"\n'
BROKEN = '[tool.contract.generate.broken]\ntool = "xjc"\nout = "java"\njar = "no.jar"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a contract and orval 8.1.0, which copies its input."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "notes" / "openapi.yaml", tmp_path)
    programs = tmp_path / "node_modules" / ".bin"
    package = tmp_path / "node_modules" / "orval"
    for one in (programs, package):
        one.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "8.1.0"}')
    (package / "orval").write_text(f"#!{sys.executable}\nimport shutil, sys\nshutil.copy(sys.argv[2], sys.argv[4])\n")
    (package / "orval").chmod(0o755)
    (programs / "orval").symlink_to("../orval/orval")
    return tmp_path


def test_a_target_is_written_and_later_checked(capsys: Captured, folder: Path) -> None:
    (folder / "pyproject.toml").write_text(WEB)
    assert run(["generate", "--check"]) == 1
    assert capsys.readouterr().out.startswith("web/api.ts: missing\nweb: orval 8.1.0: web/api.ts: 1 file, stale, ")
    assert not (folder / "web").exists()
    assert run(["generate"]) == 0
    assert capsys.readouterr().out.startswith("web: orval 8.1.0: web/api.ts: 1 file, 1 changed, ")
    assert json.loads((folder / "web" / "api.ts").read_text())["openapi"]
    assert run(["generate", "--check", "web"]) == 0
    assert "as generated" in capsys.readouterr().out


def test_a_target_that_fails_is_one_line_and_the_others_go_on(capsys: Captured, folder: Path) -> None:
    (folder / "pyproject.toml").write_text(BROKEN + WEB)
    assert run(["generate", "--quiet"]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("web: orval 8.1.0") and (folder / "web" / "api.ts").exists()
    assert err == "contract: broken: xjc: jar no.jar is not a file; name the jar of xjc\n"


BROKEN_PARTS = """
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a:
    get:
      operationId: a
      parameters: [{name: n, in: query, schema: {type: integer, minimum: "5"}}]
      responses: {"200": {description: d, content: {application/json: {schema: {type: string}}}}}
  /b:
    get:
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/None"}}}}}
  /c: {$ref: none.yaml}
"""
"""Of `/a` a keyword cannot be used, of `/b` a schema, and `/c` as a whole."""


@pytest.mark.parametrize(
    ("words", "named", "paths"),
    [
        (["export", "json-schema", "--operation", "a"], ["minimum"], None),
        (["export", "json-schema"], ["minimum", "/b", "/c"], None),
        (["export", "openapi", "--out", "c.json"], ["/b", "/c"], {"/a", "/b"}),
        (["export", "openapi", "--version", "3.0", "--out", "c.json"], ["/b", "/c"], {"/a", "/b"}),
        (["generate"], ["/b", "/c"], {"/a", "/b"}),
    ],
)
def test_of_a_contract_with_parts_that_cannot_be_used_the_rest_is_written_and_each_part_named(
    capsys: Captured, folder: Path, words: list[str], named: list[str], paths: set[str] | None
) -> None:
    (folder / "openapi.yaml").write_text(BROKEN_PARTS)
    (folder / "pyproject.toml").write_text(WEB)
    assert run(words) == 2
    out, err = capsys.readouterr()
    left = [line for line in err.splitlines() if "left out; correct" in line]
    assert len(left) == len(named) or "--operation" not in words
    assert all(any(name in line.replace("~1", "/") for line in left) for name in named)
    if paths is None:
        assert (
            "schemas/a200.schema.json" in out
            and '"minimum"' not in (folder / "schemas/aParameters.schema.json").read_text()
        )
    else:
        made = json.loads((folder / ("web/api.ts" if words == ["generate"] else "c.json")).read_text())
        assert made["paths"].keys() == paths
    assert run([*words, "--check"]) == 2, "it is as written, and not the whole"


@pytest.mark.parametrize("kind", ["openapi", "json-schema"])
@pytest.mark.parametrize(("operation", "status"), [("d", 0), ("a", 2), ("GET /b", 2)])
def test_of_operations_that_are_not_chosen_nothing_is_named(
    capsys: Captured, folder: Path, kind: str, operation: str, status: int
) -> None:
    sound = "  /d: {get: {operationId: d, responses: {'200': {description: d, content: {application/json: {schema: {}}}}}}}\n"
    (folder / "openapi.yaml").write_text(BROKEN_PARTS + sound)
    is_whole = kind == "openapi" and operation == "a"  # a copy says what the contract says, wrong keywords too
    assert run(["export", kind, "--operation", operation, "--out", "made"]) == (0 if is_whole else status)
    err = capsys.readouterr().err
    assert err.count("\n") == (0 if is_whole else status // 2) and "#/paths/~1c" not in err


@pytest.mark.parametrize(
    "settings, arguments, words",
    [
        (WEB, ["wb"], "no target is called 'wb'; choose one of web"),
        (WEB + "language = 1\n", [], "unknown setting 'language' in [tool.contract.generate.web]"),
        (WEB + "clean = 1\n", [], "'clean' in [tool.contract.generate.web] has the wrong type; write true or false"),
        (WEB.replace("out", "#"), [], "'out' is missing in [tool.contract.generate.web]"),
        (WEB + WEB.replace("web]", "b]").replace("web/", "./web/"), [], "the targets web and b have the same out"),
        (
            WEB.replace("web]", "b]") + WEB.replace("/api.ts", "") + "clean = true\n",
            ["b"],
            "the target web would clean away what b writes to web/api.ts",
        ),
        (WEB.replace("web/api.ts", "openapi.yaml"), [], "openapi.yaml is a file of the contract"),
        (WEB.replace("web/api.ts", "openapi.yaml/api.ts"), [], "openapi.yaml is no folder; name another `out`"),
        (WEB.replace(".web", ""), [], "a target has a name: write [tool.contract.generate.NAME]"),
    ],
)
def test_settings_that_are_wrong_are_one_line(
    capsys: Captured, folder: Path, settings: str, arguments: list[str], words: str
) -> None:
    (folder / "pyproject.toml").write_text(settings)
    before = (folder / "openapi.yaml").read_bytes()
    assert run(["generate", *arguments]) == 2
    err = capsys.readouterr().err
    assert words in err and err.count("\n") == 1
    assert (folder / "openapi.yaml").read_bytes() == before


@pytest.mark.parametrize("settings", ["", "[tool.contract.generate]\nquiet = true\n"])
def test_without_a_target_the_table_to_write_is_shown(capsys: Captured, folder: Path, settings: str) -> None:
    (folder / "pyproject.toml").write_text(settings)
    assert run(["generate"]) == 2
    table, line = capsys.readouterr().err.split("\n\n")
    assert line.startswith("contract: pyproject.toml names no target") and line.count("\n") == 1
    (folder / "pyproject.toml").write_text(f"{table}\n")
    assert read_targets() == {"NAME": {"tool": "openapi-python-client", "out": "clients/python"}}


def test_the_schema_of_the_settings_knows_targets() -> None:
    accepts = Draft202012Validator(json.loads(text())).is_valid
    target = {"tool": "orval", "out": "web", "options": ["--tags", "a"], "clean": True}
    assert accepts({"generate": {"quiet": True, "web": target}})
    assert not accepts({"generate": {"web": {"tool": "orval"}}}) and not accepts(
        {"generate": {"web": {**target, "x": 1}}}
    )
