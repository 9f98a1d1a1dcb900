"""What every test may count on, wherever it is run."""

from __future__ import annotations

import gc
import os
import signal

from hypothesis import settings
from support.places import ROOT

# Property tests make the same examples in each run, so that a run that failed fails again; all of them where every fault is hunted.
# No example has a deadline: on a busy machine a slow example is not a fault.
examples = 100 if os.environ.get("CONTRACT_FAULTS") == "all" else 30
settings.register_profile("repeatable", max_examples=examples, deadline=None, derandomize=True, print_blob=True)
settings.load_profile("repeatable")

# Tables of characters, which take seconds to make, are made once for all processes that tests start.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))

# A shell that runs tests in the background lets them ignore Ctrl-C, and so would the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """The name of a parameter whose bytes are not ASCII is that of its argument: what is compressed holds the time, and processes
    that collect the same tests in different seconds would call them differently."""
    return argname if isinstance(val, bytes) and not val.isascii() else None


def pytest_collection_finish() -> None:
    """What was collected stays until the end: no search for garbage goes through its millions of objects."""
    gc.freeze()
