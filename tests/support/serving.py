"""A service of ours over HTTP, for the tests and benchmarks that need a real connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from toolkit.services.application import AsgiApp
from toolkit.services.hosting import listen, server_of, url_of


@contextmanager
def serving(app: AsgiApp) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1 in a thread, as long as the context lasts; gives the URL."""
    listener = listen("127.0.0.1", 0)
    server = server_of(app)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join()
