"""Only the entity tag of now is written over."""

from support.tags import run_of_versions

from toolkit.conformance.run import Run


def run() -> Run:
    return run_of_versions(heeds=True)
