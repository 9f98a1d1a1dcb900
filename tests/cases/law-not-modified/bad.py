"""The service sends an entity tag, and does not look at the one that it gets."""

from support.tags import run_of_tags

from toolkit.conformance.run import Run


def run() -> Run:
    return run_of_tags(heeds=False)
