"""The contract where none is named: the folder's own, else the one that ships with the package."""

from __future__ import annotations

from pathlib import Path


def default_contract() -> str:
    """./openapi.yaml, else the one that ships with the package, else the one of the checkout that it is run from."""
    package = Path(__file__).parents[1]
    candidates = (Path("openapi.yaml"), package / "shipped" / "openapi.yaml", package.parent / "openapi.yaml")
    return str(next((path for path in candidates if path.is_file()), candidates[0]))
