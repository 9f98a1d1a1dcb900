"""The official JSON-Schema-Test-Suite, drafts 2020-12 and 4, as the source distribution of jsonschema has it; each difference
has a reason."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from support.places import ROOT

from toolkit.document.files import Files, Node
from toolkit.errors import ContractError
from toolkit.schema.bundle import Dialect, bundle, dialect_of
from toolkit.schema.judge import JsonSchema, compile_schema

DIFFERENT = {"format.json": "formats are asserted: a contract means them"}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    pinned = next(line for line in (ROOT / "constraints.txt").read_text().split() if line.startswith("jsonschema=="))
    words = ["download", "-q", "--no-deps", "--no-binary", "jsonschema", pinned, "-d", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, timeout=300)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.glob("*/json/tests"))


Trees = dict[Path, Any]


def remotes(folder: Path) -> Trees:
    """The documents that the suite has at addresses, each with its address as `$id`, by which a contract finds a file. One that
    has an `$id` of another address stands within one that refers to it."""
    found: Trees = {}
    for path in [*folder.glob("*.json"), *folder.glob("draft2020-12/**/*.json")]:
        tree, address = json.loads(path.read_text("utf-8")), f"http://localhost:1234/{path.relative_to(folder)}"
        own = tree.get("$id", address)
        found[path] = {**tree, "$id": own} if own == address else {"$id": address, "$ref": own, "$defs": {"own": tree}}
    return found


def compiled(schema: Any, folder: Path, dialect: Dialect, others: Trees) -> JsonSchema | None:
    """The schema as a file of the folder; None where it refers to a document that is not there, or is refused."""
    path = folder / "schema"
    tree = schema if isinstance(schema, dict) else {"allOf": [schema]}
    try:
        return compile_schema(bundle(Node(Files(folder, {path: tree, **others}), path, (), tree), dialect))
    except ContractError:
        return None


@pytest.mark.slow
def test_draft_2020_12_is_read_as_its_authors_mean_it(suite: Path) -> None:
    checked, different = 0, []
    others = remotes(suite.parent / "remotes")
    for file in sorted((suite / "draft2020-12").glob("*.json")):
        for group in json.loads(file.read_text("utf-8")):
            schema = compiled(group["schema"], suite, Dialect(hidden=""), others)
            for test in group["tests"]:
                checked += 1
                if not schema or schema.is_valid(test["data"]) != test["valid"]:
                    different.append((file.name, group["description"], test["description"]))
    assert {name for name, *_ in different} == set(DIFFERENT), different
    assert len(different) == 19
    assert checked == 1_257


NOT_OF_OPENAPI_3_0 = {
    "additionalItems.json": "an array of schemas for `items`, which OpenAPI 3.0 forbids",
    "items.json": "the same",
    "uniqueItems.json": "the same",
    "ref.json": "the same once; `id` is no keyword of OpenAPI; other documents",
    "refRemote.json": "other documents: never fetched",
}


@pytest.mark.slow
def test_draft_4_is_read_as_openapi_3_0_means_it(suite: Path) -> None:
    checked, refused, different = 0, set(), []
    for file in sorted((suite / "draft4").glob("*.json")):
        for group in json.loads(file.read_text("utf-8")):
            schema = compiled(group["schema"], suite, dialect_of("3.0.3"), {})
            if schema is None:
                refused.add(file.name)
                continue
            checked += len(group["tests"])
            different += [
                (file.name, group["description"], test["description"])
                for test in group["tests"]
                if schema.is_valid(test["data"]) != test["valid"]
            ]
    assert not different
    assert refused == set(NOT_OF_OPENAPI_3_0)
    assert checked > 500
