from services import shelves

from toolkit.conformance.run import Run


def run() -> Run:
    return shelves.run()
