"""A key that the service does not know: everything is refused."""

from services import shelves

from toolkit.conformance.run import Run
from toolkit.structs import replace

sound = shelves.service()


def run() -> Run:
    return shelves.run_of(lambda request: sound(replace(request, headers=request.headers.replaced("X-Key", "wrong"))))
