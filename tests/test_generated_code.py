"""Code that generators of others make of the shipped contract is proven: it compiles, sends what the contract allows, and decodes
good, empty and error responses and two pages of the mock and of the reference service. Generators come from PyPI with the
development environment, from npm and from Debian into a folder of the test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from support import node
from support.places import ROOT

pytestmark = pytest.mark.slow
PYPI = {
    "openapi-python-client": 'out = "client"\noptions = ["--meta", "none"]',
    "datamodel-code-generator": 'out = "models_of.py"',
    "openapi-generator-python": 'out = "generated"',
}
NPM = {
    "openapi-typescript": 'out = "schema.d.ts"',
    "@hey-api/openapi-ts": 'out = "hey"',
    "orval": 'out = "orval.ts"',
    "swagger-typescript-api": 'out = "sta"',
    "openapi-generator-typescript-fetch": 'out = "fetch"',
    "openapi-generator-typescript-axios": 'out = "axios"',
}
BINDERS = {
    "xsdata": 'out = "binding"',
    "generateDS": 'out = "bound.py"',
    "xjc": 'out = "java"',
    "xsdcxx": 'out = "cxx"',
}
OF_NPM = (
    "openapi-typescript@7.13.0 openapi-fetch@0.17.0 @hey-api/openapi-ts@0.95.0 orval@8.38.0 swagger-typescript-api@13.13.0 "
    "axios@1 typescript@5.9.3"
)
OF_DEBIAN = (
    "libistack-commons-java libcodemodel-java librelaxng-datatype-java librngom-java libxsom-java libtxw2-java "
    "libxml-commons-resolver1.1-java libdtd-parser-java libjaxb-api-java libstax-ex-java libstreambuffer-java "
    "libfastinfoset-java libjaxb-java libactivation-java libargs4j-java xsdcxx libxerces-c3.2 libxerces-c-dev"
)
SOUND = "compiles; decodes 12 of 12; errors 12 of 12; errors typed {} of 12; reference service 22 of 22"


def of_debian(folder: Path, packages: str) -> Path:
    """Where packages of Debian are laid out that nobody installs."""
    root, download = folder / "debian", ["apt-get", "download", "-qq", *packages.split()]
    # a machine may have no lists of packages, or old ones
    if subprocess.run(download, cwd=folder, capture_output=True).returncode:
        subprocess.run(["apt-get", "update", "-qq"], check=True, capture_output=True)
        subprocess.run(download, cwd=folder, check=True, capture_output=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, root], check=True)
    return root


def proof(
    folder: Path, tools: Mapping[str, str], contract: Path = ROOT / "openapi.yaml", **environment: str
) -> dict[str, str]:
    """The line of each tool's proof, made by the command line; it ends with 0."""
    shutil.copy(contract, folder)
    names = {f"t{number}": tool for number, tool in enumerate(tools)}
    tables = [f'[tool.contract.generate.{name}]\ntool = "{tool}"\n{tools[tool]}\n' for name, tool in names.items()]
    (folder / "pyproject.toml").write_text("\n".join(tables))
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join([here, environment.pop("PATH", ""), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "toolkit.cli", "generate", "--prove", "--quiet"],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.partition(": ") for line in done.stdout.splitlines() if ": compiles" in line]
    return {names[name]: said for name, _, said in lines}


def test_clients_of_python(tmp_path: Path) -> None:
    assert proof(tmp_path, PYPI) == dict.fromkeys(PYPI, SOUND.format(12))


def test_clients_of_typescript(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"private": true}')
    node.run("npm", "install", "--no-audit", "--no-fund", "--silent", *OF_NPM.split(), cwd=tmp_path)
    untyped = [name for name in NPM if name.startswith("openapi-generator")]  # it throws errors with a bare body
    expected = {name: SOUND.format(0 if name in untyped else 12) for name in NPM}
    assert proof(tmp_path, NPM) == expected


def test_binders_of_xml(tmp_path: Path) -> None:
    root = of_debian(tmp_path, OF_DEBIAN)
    libraries, jars = next(root.glob("usr/lib/*-linux-gnu")), root / "usr/share/java/*"
    programs = {
        "xjc": f"exec java -cp '{jars}' com.sun.tools.xjc.XJCFacade",
        "xsdcxx": f"LD_LIBRARY_PATH={libraries} exec {root}/usr/bin/xsdcxx",
    }
    (tmp_path / "bin").mkdir()
    for name, command in programs.items():
        (tmp_path / "bin" / name).write_text(f'#!/bin/sh\n{command} "$@"\n')
        (tmp_path / "bin" / name).chmod(0o755)
    includes = {"CPLUS_INCLUDE_PATH": f"{root}/usr/include", "LIBRARY_PATH": str(libraries)}
    found = proof(tmp_path, BINDERS, PATH=str(tmp_path / "bin"), CLASSPATH=str(jars), **includes)
    assert found == dict.fromkeys(BINDERS, SOUND.format(12))


def test_a_contract_that_tells_formats_by_accept_and_documents_no_refusal(tmp_path: Path) -> None:
    thing = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}},
        "additionalProperties": False,
    }
    content = {f"application/{kind}": {"schema": {"$ref": "#/components/schemas/Thing"}} for kind in ("json", "xml")}
    page = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}}
    read = {"parameters": [page], "responses": {"200": {"description": "One", "content": content}}}
    write = {"requestBody": {"required": True, "content": content}, "responses": {"204": {"description": "Kept"}}}
    paths = {"/thing": {"get": {"operationId": "getThing", **read}, "put": {"operationId": "putThing", **write}}}
    document = {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": paths}
    (tmp_path / "of").mkdir()
    path = tmp_path / "of" / "openapi.json"
    path.write_text(json.dumps(document | {"components": {"schemas": {"Thing": thing}}}))
    tools = {name: {**PYPI, **BINDERS}[name] for name in ("datamodel-code-generator", "xsdata")}
    found = proof(tmp_path, tools, path)
    assert {name: "not called" in said for name, said in found.items()} == dict.fromkeys(tools, False)


def test_clients_of_java(tmp_path: Path) -> None:
    """By the small contract: the shipped one takes javac long. openapi-generator's own jar has the other libraries."""
    jars = of_debian(tmp_path, "libhttpmime-java") / "usr/share/java/*"
    words = '["--library", "native", "--additional-properties", "openApiNullable=false"]'
    tools = {"openapi-generator-java": f'out = "java"\noptions = {words}'}
    found = proof(tmp_path, tools, ROOT / "examples/notes/openapi.yaml", CLASSPATH=str(jars))
    assert found == dict.fromkeys(tools, "compiles; decodes 8 of 8; errors 3 of 3; errors typed 0 of 0")
