"""The generators of code that `contract generate` runs: their command lines, and how each is found on this machine.

Placeholders of a command line: `{input}` the file to generate from, `{out}` the file or folder to write, `{name}` its name
without an ending, `{folder}` and `{file}` the same in two parts, for a tool that takes it so, `{options}` the target's own
options. Each runs in a folder of its own, so that what it writes about itself is the same on every machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from toolkit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Tool:
    """A generator. `home`: pypi, npm, java or apt; `package`: its name there; `reads`: openapi or xsd; `makes_folder`:
    it wants the output folder to exist."""

    home: str
    package: str
    program: str
    arguments: str
    reads: str = "openapi"
    makes_folder: bool = False


@dataclass(frozen=True, slots=True)
class Installation:
    """How a tool is run here, and its version where it says one."""

    command: tuple[str, ...]
    version: str = ""


_OPENAPI_GENERATOR = "generate -i {input} -g %s -o {out} {options}"
_JAVA = ("java", "openapi-generator-cli", "openapi-generator-cli")
_LANGUAGES = ("python", "typescript-fetch", "typescript-axios", "go", "java", "rust", "php", "ruby", "kotlin", "csharp")
TOOLS: dict[str, Tool] = {
    "openapi-python-client": Tool(
        "pypi",
        "openapi-python-client",
        "openapi-python-client",
        "generate --path {input} --output-path {out} --overwrite {options}",
    ),
    "datamodel-code-generator": Tool(
        "pypi",
        "datamodel-code-generator",
        "datamodel-codegen",
        "--input {input} --input-file-type openapi --output {out} --disable-timestamp "
        "--output-model-type pydantic_v2.BaseModel {options}",
    ),
    "clientele": Tool("pypi", "clientele[cli]", "clientele", "start-api -f {input} -o {out} --regen {options}"),
    "openapi-typescript": Tool("npm", "openapi-typescript", "openapi-typescript", "{input} -o {out} {options}"),
    "@hey-api/openapi-ts": Tool("npm", "@hey-api/openapi-ts", "openapi-ts", "-i {input} -o {out} {options}"),
    "orval": Tool("npm", "orval", "orval", "--input {input} --output {out} --client fetch {options}"),
    "swagger-typescript-api": Tool(
        "npm",
        "swagger-typescript-api",
        "swagger-typescript-api",
        "generate -p {input} -o {folder} -n {file} {options}",
    ),
    **{f"openapi-generator-{one}": Tool(*_JAVA, _OPENAPI_GENERATOR % one) for one in _LANGUAGES},
    "xsdata": Tool("pypi", "xsdata[cli]", "xsdata", "generate {input} --package {name} {options}", "xsd"),
    "generateDS": Tool(
        "pypi", "generateDS", "generateDS", "-q -f --no-dates --no-versions -o {out} {options} {input}", "xsd"
    ),
    "xjc": Tool("apt", "jaxb", "xjc", "-quiet -no-header -d {out} {options} {input}", "xsd", makes_folder=True),
    "xsdcxx": Tool(
        "apt",
        "xsdcxx",
        "xsdcxx",
        "cxx-tree --generate-serialization --output-dir {out} {options} {input}",
        "xsd",
        makes_folder=True,
    ),
}
"""The generators by the names that targets give them; `toolkit.export.copies.TOOLS` has the copy that each one needs."""


def tool_named(name: str) -> Tool:
    """Raises UsageError for a name that is not in the table."""
    if name not in TOOLS:
        near = get_close_matches(name, TOOLS, 3) or list(TOOLS)
        raise UsageError(f"no generator is known as {name[:80]!r}; choose one of {', '.join(near)}")
    return TOOLS[name]


def find_tool(tool: Tool, version: str, jar: str, download: bool) -> Installation:
    """The installed tool of a version ("": any), or with `download` the words that fetch it. Raises UsageError with the cure."""
    installed = _installed(tool, jar)
    if installed and (not version or installed.version == version):
        return installed
    if download and (fetching := _fetching(tool, version)):
        return Installation(fetching, version)
    pinned = f"{tool.package}{_PIN.get(tool.home, '')}{version}" if version and tool.home in _PIN else tool.package
    cure = _CURES[tool.home].format(pinned)
    if installed:
        raise UsageError(f"{installed.version or 'an unknown version'} is installed and {version} wanted; {cure}")
    raise UsageError(f"{tool.program} is not installed; {cure}")


_PIN = {"pypi": "==", "npm": "@"}
_CURES = {
    "pypi": "pip install '{}', or --download to run it by uvx",
    "npm": "npm install --save-dev {}, or --download to run it by npx",
    "java": "put it on PATH, or name its file by `jar` ({})",
    "apt": "apt install {}",
}


def _installed(tool: Tool, jar: str) -> Installation | None:
    if jar:
        if not Path(jar).is_file():
            raise UsageError(f"jar {jar} is not a file; name the jar of {tool.program}")
        java = shutil.which("java")
        if java is None:
            raise UsageError("java is not installed, and the target names a jar; put java on PATH")
        command: tuple[str, ...] = (java, "-jar", str(Path(jar).resolve()))
        return Installation(command, _said_version(command))
    path = _program(tool)
    return Installation((path,), _version_of(tool, path)) if path else None


def _program(tool: Tool) -> str | None:
    """The program in node_modules, beside this Python, or on PATH."""
    if tool.home == "npm":
        here = Path.cwd()
        folders = [str(folder / "node_modules" / ".bin") for folder in (here, *here.parents)]
    else:
        folders = [str(Path(sys.executable).parent)]
    return shutil.which(tool.program, path=os.pathsep.join(folders)) or shutil.which(tool.program)


def _version_of(tool: Tool, path: str) -> str:
    if tool.home == "npm":
        for folder in Path(path).resolve().parents:
            if folder.parent.name == "node_modules" or folder.parent.parent.name == "node_modules":
                manifest = folder / "package.json"
                if manifest.is_file():
                    return str(json.loads(manifest.read_text("utf-8")).get("version", ""))
    return _said_version((path,))


def _said_version(command: Sequence[str]) -> str:
    for question in ("--version", "version", "-version"):
        try:
            done = subprocess.run(
                [*command, question],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=60,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        said = (done.stdout + done.stderr).strip()
        found = re.search(r"\d+(?:\.\d+)+[-.\w]*", said)
        if found and (done.returncode == 0 or "\n" not in said):  # xjc says it, and ends with 255
            return found.group()
    return ""


def _uvx(tool: Tool, version: str) -> tuple[str, ...] | None:
    pinned = f"{tool.package}=={version}" if version else tool.package
    if path := shutil.which("uvx"):
        return (path, "--from", pinned, tool.program)
    if path := shutil.which("pipx"):
        return (path, "run", "--spec", pinned, tool.program)
    return None


def _npx(tool: Tool, version: str) -> tuple[str, ...] | None:
    path = shutil.which("npx")
    return (path, "--yes", f"--package={tool.package}@{version or 'latest'}", tool.program) if path else None


_FETCHERS: dict[str, Callable[[Tool, str], tuple[str, ...] | None]] = {"pypi": _uvx, "npm": _npx}


def _fetching(tool: Tool, version: str) -> tuple[str, ...] | None:
    fetch = _FETCHERS.get(tool.home)
    return fetch(tool, version) if fetch else None
