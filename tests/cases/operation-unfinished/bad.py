"""Fewer requests than the checks need."""

from services import shelves

from toolkit.conformance.run import Run


def run() -> Run:
    return shelves.run(budget=60)
