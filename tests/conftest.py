"""What every test may count on, wherever it is run."""

from __future__ import annotations

import signal

from hypothesis import settings

# Property tests make the same examples in each run, so that a run that failed fails again. No example has a deadline:
# on a busy machine a slow example is not a fault.
settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("repeatable")

# A shell that runs tests in the background lets them ignore Ctrl-C, and so would the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
