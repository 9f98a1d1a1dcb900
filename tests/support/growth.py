"""How the work for an input grows with its size: a ratio, which does not depend on the machine's speed."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

LINEAR = 9
"""Between 4, of what takes time in proportion to its input, and 16, of what is quadratic."""


def growth(make: Callable[[int], Any], run: Callable[[Any], object], size: int) -> float:
    """How many times longer the processor works for `make(4 * size)` than for `make(size)`, of which the best of three counts.

    What other work on the machine made look worse than linear is measured again, up to four times.
    """
    small, large = make(size), make(4 * size)
    ratio = LINEAR + 0.0
    for _ in range(4):
        ratio = min(ratio, _seconds(large, run, 1) / _seconds(small, run, 3))
        if ratio < LINEAR:
            break
    return ratio


def _seconds(given: Any, run: Callable[[Any], object], times: int) -> float:
    gc.disable()
    try:
        return min(_once(given, run) for _ in range(times))
    finally:
        gc.enable()


def _once(given: Any, run: Callable[[Any], object]) -> float:
    began = time.process_time()
    run(given)
    return max(time.process_time() - began, 1e-4)


def peak(run: Callable[[], object]) -> int:
    """The most bytes that Python held at once while running, beside what it held before."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
