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
from toolkit.schema.bundle import bundle, dialect_of
from toolkit.schema.judge import JsonSchema, compile_schema

DIFFERENT = {
    "format.json": "formats are asserted: a contract means them",
    "vocabulary.json": "a metaschema without the validation vocabulary is not read: a contract means all keywords",
}
NESTED_SCOPE = (
    "dynamicRef.json",
    "after leaving a dynamic scope, it is not used by a $dynamicRef",
)  # one anchor, two meanings
ELSEWHERE = (
    "ref.json",
    "refRemote.json",
    "dynamicRef.json",
    "defs.json",
)  # these refer to other documents: never fetched


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    pinned = next(line for line in (ROOT / "constraints.txt").read_text().split() if line.startswith("jsonschema=="))
    words = ["download", "-q", "--no-deps", "--no-binary", "jsonschema", pinned, "-d", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, timeout=300)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.glob("*/json/tests"))


def compiled(schema: Any) -> JsonSchema | None:
    """The schema; None where it refers to a document that is not there."""
    try:
        return JsonSchema.compile(schema if isinstance(schema, dict) else {"allOf": [schema]})
    except ContractError:
        return None


@pytest.mark.slow
def test_draft_2020_12_is_read_as_its_authors_mean_it(suite: Path) -> None:
    checked, different = 0, []
    for file in sorted((suite / "draft2020-12").glob("*.json")):
        for group in json.loads(file.read_text("utf-8")):
            schema = compiled(group["schema"])
            if schema is None:
                assert file.name in ELSEWHERE, (file.name, group["description"])
                continue
            for test in group["tests"]:
                checked += 1
                where = (file.name, group["description"])
                if (
                    schema.is_valid(test["data"]) != test["valid"]
                    and file.name not in DIFFERENT
                    and where != NESTED_SCOPE
                ):
                    different.append((*where, test["description"]))
    assert not different
    assert checked > 1_150


NOT_OF_OPENAPI_3_0 = {
    "additionalItems.json": "an array of schemas for `items`, which OpenAPI 3.0 forbids",
    "items.json": "the same",
    "uniqueItems.json": "the same",
    "ref.json": "the same once; `id` is no keyword of OpenAPI; other documents",
    "refRemote.json": "other documents: never fetched",
    "definitions.json": "the metaschema of draft 4, another document",
}


@pytest.mark.slow
def test_draft_4_is_read_as_openapi_3_0_means_it(suite: Path) -> None:
    checked, refused, different = 0, set(), []
    for file in sorted((suite / "draft4").glob("*.json")):
        for group in json.loads(file.read_text("utf-8")):
            path = suite / "schema"
            node = Node(Files(suite, {path: group["schema"]}), path, (), group["schema"])
            try:
                schema = compile_schema(bundle(node, dialect_of("3.0.3")))
            except ContractError:
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
