"""`python -m toolkit.cli.settings_schema > schemas/settings.schema.json` writes the JSON Schema of `[tool.contract]` anew."""

from __future__ import annotations

import json
import sys

from toolkit.cli.main import every_setting
from toolkit.cli.settings import schema


def text() -> str:
    """The JSON Schema of the settings as a file."""
    return json.dumps(schema(every_setting()), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
