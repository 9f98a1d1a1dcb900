"""Whether generated code compiles, by a table of languages. What a compiler lacks here is no fault of the code, and named."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from toolkit.export.tools import found_program, run_program
from toolkit.structs import Frozen, replace

DRIVERS = Path(__file__).parent / "drivers"
LIMIT = 300.0  # seconds of a compiler or a driver
_TSC = (
    "--strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler --lib es2022,dom,dom.iterable "
    "--rewriteRelativeImportExtensions"
)
_LACKING = re.compile(
    r"No module named '([^']+)'|Cannot find module '([^']+)'|package (?P<java>\S+) does not exist|error: (\S+): No such file"
    r"|module lookup disabled.* (\S+)@|(\S+)@\S+: (?:Get|dial)|no matching package named `([^`]+)`"
)


class Compiled(Frozen):
    """`fault` is the compiler's first one, `lacking` what it needs and is not here; both '' where the code compiles. `runs`:
    the program that runs a driver beside the code; `place`: what was compiled, as the driver wants it."""

    fault: str = ""
    lacking: str = ""
    runs: tuple[str, ...] = ()
    place: str = ""


def run(command: Sequence[str], folder: Path, **environment: str) -> tuple[int, str, str]:
    """The exit status of a program, what it printed, and what it complained of."""
    settings = {**os.environ, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1", **environment}
    try:
        status, printed, complained = run_program(command, LIMIT, folder, settings)
    except subprocess.TimeoutExpired:
        return 1, "", f"{Path(command[0]).name} took more than {LIMIT:.0f} s"
    except OSError as error:
        return 1, "", f"{Path(command[0]).name} cannot be run: {error.strerror}"
    return status, printed.decode("utf-8", "replace"), complained.decode("utf-8", "replace")


def compile_code(out: Path, scratch: Path, program: str) -> Compiled:
    """Compile what a tool wrote to `out`; `program` is the tool's own. Classes and scripts go to `scratch`."""
    files = [out] if out.is_file() else sorted(path for path in out.rglob("*") if path.is_file())
    for ending, (names, compiler) in _COMPILERS.items():
        if found := [path for path in files if path.suffix == ending]:
            used = next(filter(None, map(shutil.which, names)), None) if names else program
            return Compiled(lacking=" or ".join(names)) if used is None else compiler(out, found, scratch, used)
    endings = Counter(path.suffix for path in files if path.suffix not in ("", ".md", ".json", ".yml", ".yaml"))
    common = next((ending for ending, _ in endings.most_common(1)), "such")
    return Compiled(lacking=f"a compiler of the table for {common} files")


def _verdict(ran: tuple[int, str, str], own: Sequence[Path], program: str, place: Path) -> Compiled:
    """What the end of a compiler says, where `program` runs the driver and `place` is what was compiled."""
    status, said = ran[0], ran[1] + ran[2]
    if not status:
        return Compiled(runs=(program,), place=str(place))
    for match in _LACKING.finditer(said):
        name = next(filter(None, match.groups()))
        head = "/".join(re.split(r"[./]", name)[: 2 if match["java"] else 1])  # others' packages begin by org as well
        if not name.startswith(".") and not any(f"/{head}/" in f"{path}/" for path in own):
            return Compiled(lacking=name)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    first = next((line for line in lines if "rror" in line), lines[-1] if lines else f"ended with {status}")
    return Compiled(fault=first[:200])


def _python(out: Path, files: list[Path], scratch: Path, program: str) -> Compiled:
    package = out if out.is_file() else package_of(out)
    if package is None:
        return Compiled(fault="no package: no folder has an __init__.py")
    status, said, _ = run([sys.executable, "-m", "compileall", "-q", str(package)], scratch)
    if status:
        # The first line has the place of the copy alone.
        return _verdict((status, said.partition("\n")[2], ""), [], "", package)
    plan = scratch / "imports.json"
    plan.write_text(json.dumps({"tool": "", "folder": str(package.parent), "package": package.stem}), "utf-8")
    beside = Path(program).resolve().parent / "python"
    verdicts = []
    for python in dict.fromkeys([sys.executable, *([str(beside)] if beside.exists() else []), shutil.which("python3")]):
        if python:
            status, _, complaint = run([python, str(DRIVERS / "clients.py"), str(plan)], scratch)
            last = "\n".join(complaint.splitlines()[-1:])
            verdicts.append(_verdict((status, "", last), [package], python, package))
            if not verdicts[-1].lacking:
                return verdicts[-1]
    return verdicts[0]


def package_of(out: Path) -> Path | None:
    """The outermost package in a folder, or the folder itself; tests that a tool wrote are none."""
    found = sorted((path.parent for path in out.rglob("__init__.py")), key=lambda path: (len(path.parts), path.name))
    return next((path for path in found if path.name not in ("test", "tests")), None)


def _typescript(out: Path, files: list[Path], scratch: Path, program: str) -> Compiled:
    tsc, node = (found_program(name, of_node=True) for name in ("tsc", "node"))
    if tsc is None or node is None:
        return Compiled(lacking="node" if tsc else "tsc of the npm package typescript")
    made = scratch / "compiled"
    words = [*_TSC.split(), "--rootDir", str(out.parent), "--outDir", str(made), *map(str, files)]
    place = made / out.name if out.is_dir() else made / f"{out.name.removesuffix('.ts')}.js"
    return _verdict(run([tsc, *words], out.parent), files, node, place)


def _java(out: Path, files: list[Path], scratch: Path, program: str) -> Compiled:
    """Classes with the names of parameters. Of what openapi-generator's clients need, its own jar holds the most."""
    javac, java = shutil.which("javac"), shutil.which("java")
    if javac is None or java is None:
        return Compiled(lacking="javac and java")
    main = [path for path in files if "test" not in path.relative_to(out).parts]
    classes = scratch / "classes"
    jars = Path(program).parent.parent.glob("lib/python*/site-packages/openapi_generator_cli/*.jar")
    named = filter(None, [os.environ.get("CLASSPATH")])
    paths = os.pathsep.join([str(classes), str(out), *named, "/usr/share/java/*", *map(str, jars)])  # Debian's, too
    ran = run([javac, "-nowarn", "-parameters", "-cp", paths, "-d", str(classes), *map(str, main)], scratch)
    compiled = _verdict(ran, files, java, classes)
    return replace(compiled, runs=(java, "-cp", paths)) if compiled.runs else compiled


Compiler = Callable[[Path, list[Path], Path, str], Compiled]


def _by_syntax(*words: str) -> Compiler:
    """By a program that is given these words and all files."""
    return lambda out, files, scratch, used: _verdict(run([used, *words, *map(str, files)], out), files, used, out)


def _go(out: Path, files: list[Path], scratch: Path, go: str) -> Compiled:
    """The module is built with its driver; what it requires comes from Go's proxy, or from where Debian puts it."""
    settings = (out / "go.mod").read_text("utf-8")
    module, required = re.search(r"^module (\S+)", settings, re.M), re.findall(r"^\s+(\S+) v\d\S*$", settings, re.M)
    for name in required:
        if (source := Path("/usr/share/gocode/src", name)).is_dir():
            tests = shutil.ignore_patterns("*_test.go")
            copy = shutil.copytree(source, scratch / "gocode" / name, ignore=tests)
            (copy / "go.mod").write_text(f"module {name}\n")
            settings += f"\nreplace {name} => {copy}\n"
    (out / "go.mod").write_text(settings)
    place = out / "contract_driver"
    place.mkdir()
    source_text = (DRIVERS / "clients.go").read_text("utf-8")
    (place / "main.go").write_text(source_text.replace("MODULE", module[1] if module else "", 1))
    driver = str(scratch / "driver")
    build = [go, "build", "-o", driver, "./contract_driver"]
    status, said, complaint = run(build, out, GOFLAGS="-mod=mod", GOTOOLCHAIN="local")
    return _verdict((status, said, re.sub(r"^\./", "error: ", complaint, flags=re.M)), files, driver, out)


def _php(out: Path, files: list[Path], scratch: Path, php: str) -> Compiled:
    """The syntax alone: PHP finds the rest when it runs."""
    ran = (run([php, "-n", "-l", str(path)], out) for path in files)
    return _verdict(next((one for one in ran if one[0]), (0, "", "")), files, php, out)


def _rust(out: Path, files: list[Path], scratch: Path, cargo: str) -> Compiled:
    """The crate is checked with the crates that are here; nothing is downloaded."""
    ran = run([cargo, "check", "--quiet", "--offline"], out, CARGO_TARGET_DIR=str(scratch / "target"))
    return _verdict(ran, files, cargo, out)


_RUBY = "ARGV.each { |path| RubyVM::InstructionSequence.compile_file(path) }"  # the rest it finds when it runs
_COMPILERS: dict[str, tuple[Sequence[str], Compiler]] = {
    ".py": ((), _python),
    ".ts": ((), _typescript),
    ".java": ((), _java),
    ".cxx": (("g++", "clang++"), _by_syntax("-std=c++17", "-fsyntax-only")),
    ".go": (("go",), _go),
    ".php": (("php",), _php),
    ".rb": (("ruby",), _by_syntax("--disable-gems", "-e", _RUBY)),
    ".rs": (("cargo",), _rust),
}
"""By the ending of files: the programs of which one compiles them, if it is not a matter of the tool's own, and how."""
