from services import shelves

from toolkit.conformance.run import Run


def run() -> Run:
    return shelves.run("delete does not delete")
