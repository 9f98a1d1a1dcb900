"""A public linter of OpenAPI documents, from npm, finds nothing in the contract."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import node
from support.places import ROOT

CONTRACT = ROOT / "openapi.yaml"
RULES = """
extends: [recommended]
rules:
  # An XML example is a text and its schema an object (OpenAPI 3.1.1, Example Object), which the linter refuses;
  # test_openapi_document.py holds the examples of both formats against their schemas.
  no-invalid-media-type-examples: off
  # A conditional names a member that the schema around it defines, and the linter looks no further than the branch.
  no-required-schema-properties-undefined: off
  # No licence is stated for a description of the vendor's operation.
  info-license: off
"""


@pytest.mark.slow
def test_redocly_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "redocly.yaml").write_text(RULES)
    quiet = ("--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--silent")
    node.run("npm", "install", *quiet, "@redocly/cli@2.77.0", cwd=tmp_path)
    (tmp_path / "openapi.yaml").write_bytes(CONTRACT.read_bytes())
    linter = "node_modules/@redocly/cli/bin/cli.js"
    told = node.run("node", linter, "lint", "--config=redocly.yaml", "--format=json", "openapi.yaml", cwd=tmp_path)
    assert '"problems": []' in told
