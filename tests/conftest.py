"""What every test may count on, wherever it is run."""

from __future__ import annotations

import os
import signal

from hypothesis import settings
from support.places import ROOT

# Property tests make the same examples in each run, so that a run that failed fails again. No example has a deadline:
# on a busy machine a slow example is not a fault.
settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("repeatable")

# Tables of characters, which take seconds to make, are made once for all processes that tests start.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))

# A shell that runs tests in the background lets them ignore Ctrl-C, and so would the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """The name of a parameter whose bytes are not ASCII is that of its argument: what is compressed holds the time, and processes
    that collect the same tests in different seconds would call them differently."""
    return argname if isinstance(val, bytes) and not val.isascii() else None
