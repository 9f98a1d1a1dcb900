"""The official JSON-Schema-Test-Suite, draft 2020-12, as the source distribution of jsonschema has it; each difference has a reason."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from support.places import ROOT

from toolkit.errors import ContractError
from toolkit.schema.judge import JsonSchema

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
