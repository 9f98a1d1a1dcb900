"""The generators of code: the copy of the contract that each needs, the command line by which `contract generate` runs it, and how
it is found on this machine and run to its end: what it leaves behind ends with it, and nobody waits for it.

Placeholders of a command line: `{input}` the file to generate from, `{out}` the file or folder to write, `{name}` its name
without an ending, `{folder}` and `{file}` the same in two parts, for a tool that takes it so, `{options}` the target's own
options. Each runs in a folder of its own, so that what it writes about itself is the same on every machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen
from tempfile import TemporaryFile
from typing import BinaryIO, TypeVar

from toolkit.errors import UsageError
from toolkit.structs import Frozen, replace

_MOST_KEPT = 16 << 20  # bytes, the last ones, of what a program says


def run_program(
    command: Sequence[str],
    limit: float,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    apart: bool = True,
) -> tuple[int, bytes, bytes]:
    """The exit status of a program, and the ends of what it printed and complained of (not `apart`: of both as one). Raises OSError where it cannot
    be run, and subprocess.TimeoutExpired after `limit` seconds, when it is ended with all that it started."""
    with TemporaryFile() as printed, TemporaryFile() as complained:
        started = Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=DEVNULL,
            stdout=printed,
            stderr=complained if apart else STDOUT,
            start_new_session=True,
        )
        try:
            status = started.wait(limit)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()
        return status, _end(printed), _end(complained)


def _end(file: BinaryIO) -> bytes:
    file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_KEPT))
    return file.read()


T = TypeVar("T")


class Changes(Frozen):
    """What is changed in a copy. `media`: `json`, `xml` or "" for every media type; `version`: `3.0`, or "" for its own."""

    media: str = ""
    pin_format: bool = False
    inline_responses: bool = False
    inline_scalars: bool = False
    text_times: bool = False
    portable_patterns: bool = False
    drop_conditions: bool = False
    version: str = ""


class Tool(Frozen):
    """A generator. `copy`: the changes that it needs; `home`: pypi, npm, java or apt; `package` and `program`: its names there;
    `driver`: the program that proves what it makes, if there is one; `makes_folder`: it wants the output folder to exist."""

    copy: Changes
    home: str
    arguments: str
    package: str = ""
    program: str = ""
    driver: str = ""
    makes_folder: bool = False

    @property
    def reads(self) -> str:
        """What it generates from: `openapi`, or `xsd`."""
        return "xsd" if self.copy.media == "xml" else "openapi"

    def pinned(self, version: str) -> str:
        """The package as its home names it with a version, where there is one and the home has such a way."""
        return f"{self.package}{_PIN[self.home]}{version}" if version and self.home in _PIN else self.package


class Installation(Frozen):
    """How a tool is run here, and its version where it says one."""

    command: tuple[str, ...]
    version: str = ""


_LONGEST = 60.0  # seconds that a program takes to say its version
_PIN = {"pypi": "==", "npm": "@"}
_JSON, _XML = Changes(media="json", pin_format=True, portable_patterns=True), Changes(media="xml", pin_format=True)
_TYPED_TIMES, _INLINE = replace(_JSON, text_times=True), replace(_JSON, inline_responses=True)
_SCALARS = replace(_TYPED_TIMES, inline_responses=True, inline_scalars=True)
_PYDANTIC = "--output {out} --disable-timestamp --output-model-type pydantic_v2.BaseModel"
_LANGUAGES = ("python", "typescript-fetch", "typescript-axios", "go", "java", "rust", "php", "ruby", "kotlin", "csharp")
_DRIVERS = {"python": "clients.py", "go": "clients.go", "java": "Clients.java", "php": "clients.php"}
_DRIVERS |= {"ruby": "clients.rb", **dict.fromkeys(("typescript-fetch", "typescript-axios"), "clients.mjs")}
_ROWS: dict[str, Tool] = {
    "openapi-python-client": Tool(_TYPED_TIMES, "pypi", "generate --path {input} --output-path {out} --overwrite {options}", driver="clients.py"),
    "datamodel-code-generator": Tool(
        _TYPED_TIMES, "pypi", f"--input {{input}} --input-file-type openapi {_PYDANTIC} {{options}}", "", "datamodel-codegen", "clients.py"
    ),
    "clientele": Tool(_SCALARS, "pypi", "start-api -f {input} -o {out} --regen {options}", "clientele[cli]", driver="clients.py"),
    "openapi-typescript": Tool(_JSON, "npm", "{input} -o {out} {options}", driver="clients.mjs"),
    "@hey-api/openapi-ts": Tool(_JSON, "npm", "-i {input} -o {out} {options}", "", "openapi-ts", "clients.mjs"),
    "orval": Tool(_JSON, "npm", "--input {input} --output {out} --client fetch {options}", driver="clients.mjs"),
    "pyopenapi-gen": Tool(
        _TYPED_TIMES, "pypi", "{input} --project-root . --output-package {name} --force --no-postprocess {options}", driver="clients.py"
    ),
    "openapi-typescript-codegen": Tool(_JSON, "npm", "--input {input} --output {out} {options}", "", "openapi", "clients.mjs"),
    "oazapfts": Tool(_JSON, "npm", "{input} {out} {options}", driver="clients.mjs"),
    "swagger-typescript-api": Tool(_INLINE, "npm", "generate -p {input} -o {folder} -n {file} {options}", driver="clients.mjs"),
    **{
        f"openapi-generator-{one}": Tool(
            _JSON if one == "typescript-axios" else _TYPED_TIMES, "java", f"generate -i {{input}} -g {one} -o {{out}} {{options}}",
            "openapi-generator-cli", "openapi-generator-cli", _DRIVERS.get(one, ""),
        )
        for one in _LANGUAGES
    },
    "xsdata": Tool(_XML, "pypi", "generate {input} --package {name} {options}", "xsdata[cli]", driver="binders.py"),
    **{
        f"xsdata-{one}": Tool(
            _XML, "pypi", f"generate {{input}} --package {{name}} --output {one} {{options}}", f"xsdata-{one}", "xsdata", "binders.py"
        )
        for one in ("pydantic", "attrs")
    },
    "datamodel-code-generator-xsd": Tool(
        _XML, "pypi", f"--input {{input}} --input-file-type xmlschema {_PYDANTIC} {{options}}", "datamodel-code-generator", "datamodel-codegen"
    ),
    "generateDS": Tool(_XML, "pypi", "-q -f --no-dates --no-versions -o {out} {options} {input}", driver="binders.py"),
    "pyxbgen": Tool(_XML, "pypi", "-u {input} -m {name} {options}", "PyXB-X", driver="binders.py"),
    "xjc": Tool(_XML, "apt", "-quiet -no-header -d {out} {options} {input}", "jaxb", driver="Binder.java", makes_folder=True),
    "xmlbeans": Tool(
        _XML, "apt", "-quiet -srconly -src {out} -d {out} {options} {input}", "libxmlbeans-java", "scomp", "XmlBeans.java", True
    ),
    "xsdcxx": Tool(_XML, "apt", "cxx-tree --generate-serialization --output-dir {out} {options} {input}", driver="binder.cxx", makes_folder=True),
}  # fmt: skip
TOOLS = {name: replace(row, package=row.package or name, program=row.program or name) for name, row in _ROWS.items()}
"""The generators that `contract generate` runs, by the names that targets give them."""
COPIES: dict[str, Changes] = {
    **{name: tool.copy for name, tool in TOOLS.items() if tool.reads == "openapi"},
    **dict.fromkeys(("openapi-fetch", "typed-openapi", "kubb"), _JSON),
    **dict.fromkeys(("aiopenapi3", "openapi-zod-client", "nswag", "openapi-generator"), _TYPED_TIMES),
}
"""The changes that each generator of clients needs, as measured by generating, compiling and calling clients."""


def tool_named(name: str) -> Tool:
    """Raises UsageError for a name that is not in the table."""
    return _row(TOOLS, name, name, "")


def changes_for(tool: str) -> Changes:
    """The changes that a generator needs; a version behind `@` is left out. Raises UsageError for one that nobody knows."""
    name = tool[:1].lower() + tool[1:].lower().partition("@")[0]
    if name in {one.lower() for one in TOOLS} - COPIES.keys():
        raise UsageError(f"{name} reads no OpenAPI; write what it reads by `contract export xsd --closed --one-file`")
    return _row(COPIES, name, tool, ", or name the changes")


def _row(table: Mapping[str, T], name: str, given: str, otherwise: str) -> T:
    if name not in table:
        near = get_close_matches(name, table, 3)
        cure = f"did you mean {', '.join(near)}?" if near else f"choose one of {', '.join(table)}{otherwise}"
        raise UsageError(f"no generator is known as {given[:80]!r}; {cure}")
    return table[name]


def find_tool(tool: Tool, version: str, jar: str, download: bool) -> Installation:
    """The installed tool of a version ("": any), or with `download` the words that fetch it. Raises UsageError with the cure."""
    installed = _installed(tool, jar)
    if installed and (not version or installed.version == version):
        return installed
    if download and (fetching := _fetching(tool, version)):
        return Installation(fetching, version)
    cure = _CURES[tool.home].format(tool.pinned(version))
    if fetcher := _FETCHERS.get(tool.home):
        lacking = f"; --download needs {fetcher} on PATH, which is not there"
        cure += lacking if download else f", or --download to run it by {fetcher}"
    if installed:
        raise UsageError(f"{installed.version or 'an unknown version'} is installed and {version} wanted; {cure}")
    raise UsageError(f"{tool.program} is not installed; {cure}")


_CURES = {
    "pypi": "pip install '{}'",
    "npm": "npm install --save-dev {}",
    "java": "put it on PATH, or name its file by `jar` ({})",
    "apt": "apt install {}",
}
_FETCHERS = {"pypi": "uvx or pipx", "npm": "npx"}


def _installed(tool: Tool, jar: str) -> Installation | None:
    if jar:
        if not Path(jar).is_file():
            raise UsageError(f"jar {jar} is not a file; name the jar of {tool.program}")
        java = shutil.which("java")
        if java is None:
            raise UsageError("java is not installed, and the target names a jar; put java on PATH")
        command: tuple[str, ...] = (java, "-jar", str(Path(jar).resolve()))
        return Installation(command, _said_version(command))
    path = found_program(tool.program, of_node=tool.home == "npm")
    return Installation((path,), _version_of(tool, path)) if path else None


def found_program(name: str, *, of_node: bool) -> str | None:
    """A program in node_modules of this folder or one above it, or beside this Python, else on PATH."""
    here = Path.cwd()
    nodes = [str(folder / "node_modules" / ".bin") for folder in (here, *here.parents)]
    folders = nodes if of_node else [str(Path(sys.executable).parent)]
    return shutil.which(name, path=os.pathsep.join(folders)) or shutil.which(name)


def _version_of(tool: Tool, path: str) -> str:
    """That of the package beside the program, else what the program says: many say none."""
    sites = [str(one) for one in Path(path).resolve().parent.parent.glob("lib/python*/site-packages")]
    package = tool.package.partition("[")[0]
    for one in metadata.distributions(name=package, path=sites) if tool.home == "pypi" else ():
        return one.version
    folders = Path(path).resolve().parents if tool.home == "npm" else ()
    near = (one / "package.json" for one in folders if "node_modules" in (one.parent.name, one.parent.parent.name))
    manifest = next((one for one in near if one.is_file()), None)
    return str(json.loads(manifest.read_text("utf-8")).get("version", "")) if manifest else _said_version((path,))


def _said_version(command: Sequence[str]) -> str:
    for question in ("--version", "version", "-version"):
        try:
            status, printed, complained = run_program([*command, question], _LONGEST)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        said = (printed + complained).decode("utf-8", "replace").strip()
        found = re.search(r"\d+(?:\.\d+)+[-.\w]*", said)
        if found and (status == 0 or "\n" not in said):  # xjc says it, and ends with 255
            return found.group()
    return ""


def _fetching(tool: Tool, version: str) -> tuple[str, ...] | None:
    """The words that fetch a tool and run it; None where no program does that."""
    uvx, pipx, npx = map(shutil.which, ("uvx", "pipx", "npx"))
    if tool.home == "npm" and npx:
        return npx, "--yes", f"--package={tool.package}@{version or 'latest'}", tool.program
    if tool.home == "pypi" and uvx:
        return uvx, "--from", tool.pinned(version), tool.program
    return (pipx, "run", "--spec", tool.pinned(version), tool.program) if tool.home == "pypi" and pipx else None
