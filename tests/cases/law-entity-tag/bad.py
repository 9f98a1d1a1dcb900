"""Any entity tag leads to 304."""

from support.tags import run_of_tags

from toolkit.conformance.run import Run


def run() -> Run:
    return run_of_tags(heeds=True, takes_any=True)
