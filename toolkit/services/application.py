"""Somebody's application in this process: how it is loaded, whether it is ASGI or WSGI, and where it serves its own document."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from toolkit.errors import ServiceError

AsgiApp = Callable[..., Any]
_DOCUMENT = re.compile(
    r"(?:[^{}<>()]*/)?(?:open-?api|swagger|apispec\w*|schema|spec|api-docs)(?:\.json|\.ya?ml)?/?", re.IGNORECASE
)
_DEPTH = 8  # of applications within applications


def load_app(name: str) -> Any:
    """The application MODULE:APP, of the working directory or installed; `MODULE:MAKE()` calls a factory. Raises ServiceError."""
    file, _, path = name.partition(":")
    module = file.removesuffix(".py").replace("/", ".").lstrip(".")
    if not module or not path:
        raise ServiceError(f"--app {name[:80]!r} is not of the form MODULE:APP; write for example main:app")
    sys.path.insert(0, "")
    try:
        found: Any = importlib.import_module(module)
        for part in path.removesuffix("()").split("."):
            found = getattr(found, part)
        is_factory = callable(found) and _takes(found, 0) and not (_takes(found, 2) or _takes(found, 3))
        found = found() if path.endswith("()") or is_factory else found
    except (Exception, SystemExit) as error:
        cure = "; run it in the application's folder and environment" if isinstance(error, ImportError) else ""
        raise ServiceError(f"--app {name[:80]}: cannot be loaded: {type(error).__name__}: {error}{cure}") from None
    return _checked(found, f"--app {name[:80]}: ")


def _checked(found: Any, named: str = "") -> Any:
    """An application as it is. Raises ServiceError for what cannot be one."""
    if not callable(found) or not (_takes(found, 2) or _takes(found, 3)):
        if inspect.iscoroutine(found):
            found.close()
        shown = f"{type(found).__module__}.{type(found).__qualname__}".removeprefix("builtins.")
        cure = "name an ASGI or WSGI one, or start it and give its URL"
        raise ServiceError(f"{named}not an application but {shown}; {cure}")
    return found


def _takes(app: Any, count: int) -> bool:
    """Whether something can be called with so many positional arguments; True where nobody can know."""
    try:
        inspect.signature(app).bind(*range(count))
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def as_asgi3(app: Any) -> AsgiApp:
    """An ASGI application of an ASGI or WSGI one. ASGI takes scope, receive and send, WSGI environ and start_response (PEP 3333);
    what takes any arguments is ASGI if it is a coroutine function. Raises ServiceError."""
    whole = inspect.unwrap(_checked(app))
    is_asgi = inspect.iscoroutinefunction(whole) or inspect.iscoroutinefunction(type(whole).__call__)
    if is_asgi or (_takes(app, 3) and not _takes(app, 2)):
        return app  # type: ignore[no-any-return]
    from a2wsgi import WSGIMiddleware

    return WSGIMiddleware(app)


def watch_lifespan(app: AsgiApp, failures: list[str]) -> AsgiApp:
    """The application; why its start fails is put into `failures`, the last line of what it says."""

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def note(event: Any) -> None:
            if event["type"] == "lifespan.startup.failed":
                failures.extend(str(event.get("message") or "").strip().splitlines()[-1:])
            await send(event)

        await app(scope, receive, note if scope["type"] == "lifespan" else send)

    return watched


def document_paths(app: Any) -> list[str]:
    """Paths at which the application may serve its OpenAPI document, by its own table of routes, its own before those of what is mounted in
    it, JSON first; [] if it shows none. Read are the tables of Starlette, FastAPI, Litestar, Flask, Quart, Bottle and Django, also below
    mounts and middleware."""
    found = {path: depth for path, depth in _routes(app, "", 0) if _DOCUMENT.fullmatch(path)}
    return sorted(found, key=lambda path: (found[path], not path.endswith(".json"), len(path)))


def _routes(app: Any, before: str, depth: int) -> Iterator[tuple[str, int]]:
    """Paths, each with the number of applications around it."""
    if depth > _DEPTH:
        return
    for route in _table(app):
        pattern = getattr(route, "pattern", None)  # of Django, which has no slash at its beginning
        path = getattr(route, "path", None) or getattr(route, "rule", None) or ("" if pattern is None else str(pattern))
        yield before + path, depth
        if inner := getattr(route, "app", None) or (getattr(route, "url_patterns", None) and route):
            yield from _routes(inner, before + path, depth + 1)
    if type(app).__module__.startswith("django.core.handlers."):
        yield from _routes(importlib.import_module("django.urls").get_resolver(), "/", depth + 1)
    for name in ("app", "application"):
        if (wrapped := getattr(app, name, None)) is not None and not callable(getattr(wrapped, "endpoint", None)):
            yield from _routes(wrapped, before, depth + 1)


def _table(app: Any) -> list[Any]:
    rules = getattr(getattr(app, "url_map", None), "iter_rules", None)
    found = list(rules()) if rules else getattr(app, "url_patterns", None) or getattr(app, "routes", None)
    return found if isinstance(found, list) else []
