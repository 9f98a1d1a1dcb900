"""What stands around the content of the HTML page: its style, its script, and a policy that allows these two alone.

The script is for search, filters and copying; the page says everything without it.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape
from pathlib import Path

from toolkit.verdict import printable

_FOLDER = Path(__file__).parent
STYLE, SCRIPT = (f"\n{(_FOLDER / name).read_text(encoding='utf-8')}" for name in ("page.css", "page.js"))


def safe(text: str) -> str:
    """The text within HTML, and printable."""
    return escape(printable(text))


def _hash(text: str) -> str:
    from hashlib import sha256  # here: it loads OpenSSL, and few runs write this report

    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"
)
"""The page may load nothing, and run nothing but its own script."""
