"""Applications of others: what is taken for one, of which kind it is, and where it says that its document is."""

from __future__ import annotations

import asyncio
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from toolkit.errors import ServiceError
from toolkit.services import hosting
from toolkit.services.application import document_paths, load_app
from toolkit.services.hosting import serving_in_thread


def respond(request: Any) -> JSONResponse:
    return JSONResponse("hello")


INNER = Starlette(routes=[Route("/v1/openapi.json", respond), Route("/rows", respond)])
OUTER = Starlette(
    routes=[Mount("/shop", app=INNER), Route("/schema/", respond), Route("/{name}/openapi.json", respond)]
)


def wrapped(app: Any) -> Any:
    async def call(*args: Any, **kwargs: Any) -> None:
        await app(*args, **kwargs)

    return call


def wsgi(environ: Any, start: Any, extra: Any = None) -> list[bytes]:
    start("200 OK", [("Content-Type", "application/json")])
    return [b'"hello"']


def wsgi_of_any(*args: Any) -> list[bytes]:
    return wsgi(args[0], args[1])


@pytest.mark.parametrize("app", [INNER, wrapped(INNER), wsgi, wsgi_of_any])
def test_the_kind_of_an_application_is_seen(app: Any) -> None:
    with serving_in_thread(app) as url:
        assert urllib.request.urlopen(f"{url}/rows").read() == b'"hello"'


def test_a_factory_is_not_served() -> None:
    with pytest.raises(ServiceError, match=r"^not an application but function; name"), serving_in_thread(lambda: wsgi):
        pass


class Hanging:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(60)


class Failing:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "Traceback ...\nOSError: no database"})


@pytest.mark.parametrize(
    ("app", "why"), [(Hanging(), "not through after 0.2 s"), (Failing(), "fails: OSError: no database")]
)
def test_an_application_that_does_not_start_says_why(app: Any, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "START", 0.2 if isinstance(app, Hanging) else 60)
    with pytest.raises(ServiceError, match=why), serving_in_thread(app):
        pass


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    monkeypatch.chdir(tmp_path)

    def write(source: str) -> str:
        (tmp_path / f"{tmp_path.name}_app.py").write_text(source)
        return f"{tmp_path.name}_app:it"

    return write


def test_a_factory_is_called(module: Callable[[str], str]) -> None:
    assert load_app(module("def it(settings=None): return lambda environ, start: []"))(1, 2) == []


def test_the_file_of_a_module_may_be_named(module: Callable[[str], str]) -> None:
    name = module("def it(environ, start): return []")
    assert load_app(f"./{name.replace(':', '.py:')}").__name__ == "it"


@pytest.mark.parametrize("ending", ["raise SystemExit('no settings')", "import sys; sys.exit(3)", "1 / 0"])
def test_a_module_that_ends_while_it_is_loaded_is_one_line(ending: str, module: Callable[[str], str]) -> None:
    with pytest.raises(ServiceError, match=r"cannot be loaded: (SystemExit|ZeroDivisionError): [^;]*$"):
        load_app(module(ending))


def test_a_package_that_is_not_installed_says_where_to_run(module: Callable[[str], str]) -> None:
    with pytest.raises(ServiceError, match=r"No module named 'nowhere'; run it in the application's folder and env"):
        load_app(module("import nowhere"))


@pytest.mark.parametrize(
    "source",
    [
        "async def it(): return 1",
        "def it(request): pass",
        "it = 7",
        "def it(): return 7",
        "class it:\n    def __call__(self): return self",
    ],
)
def test_what_is_no_application_is_refused(source: str, module: Callable[[str], str]) -> None:
    with pytest.raises(ServiceError, match="not an application but"):
        load_app(module(source))


def test_an_application_says_where_its_document_is() -> None:
    hosts = TrustedHostMiddleware(OUTER, allowed_hosts=["example.com"])
    assert document_paths(OUTER) == document_paths(hosts) == ["/schema/", "/shop/v1/openapi.json"]
    assert document_paths(wsgi) == []


def test_the_routes_of_flask_name_its_document() -> None:
    app = Flask(__name__)
    app.add_url_rule("/v1/openapi.json", view_func=dict)
    assert document_paths(app) == ["/v1/openapi.json"]


def test_an_application_has_the_port_it_is_known_by_unless_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving_in_thread(wsgi, port) as url:
            assert not url.endswith(f":{port}")
    with serving_in_thread(wsgi, port) as url:
        assert url == f"http://127.0.0.1:{port}"
