"""The contract where none is named: the folder's own, else the one that ships with the package."""

from __future__ import annotations

from pathlib import Path

NAMES = ("openapi.yaml", "openapi.yml", "openapi.json")
SHIPPED = "the contract that ships with contract-toolkit (none is in this folder; --contract names yours)"


def local_contract() -> str | None:
    """The contract of the working directory, if it has one under one of NAMES."""
    return next((name for name in NAMES if Path(name).is_file()), None)


def default_contract() -> str:
    """The folder's own, else the one that ships with the package, else the one of the checkout that it is run from."""
    return local_contract() or str(shipped_file(NAMES[0]))


def shipped_file(name: str) -> Path:
    """A file that ships with the package, or of the checkout that it is run from."""
    package = Path(__file__).parents[1]
    places = (package / "shipped" / name, package.parent / name)
    return next((path for path in places if path.is_file()), Path(name))
