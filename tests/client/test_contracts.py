"""Which address the operations of a contract are asked at."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from support.contracts import loaded, operation
from support.growth import LINEAR, growth
from support.sockets import Wire, ok, raw_server

from toolkit.cli.main import run
from toolkit.client.contracts import is_document, join_base
from toolkit.client.target import Limits
from toolkit.contract.model import Contract

NOT_FOUND = ok(b"none", status="404 Not Found")


def two_bases(folder: Path) -> Contract:
    """One operation below the document's base path, one with a server of its own."""
    stats = {"servers": [{"url": "https://example.com/v2/"}], "get": operation("stats")}
    servers = [{"url": "https://example.com/api"}]
    return loaded(folder, {"/books": {"get": operation("books")}, "/stats": stats}, servers=servers)


def asked_at(contract: Contract, url: str) -> tuple[list[str], str]:
    moved, address, _ = join_base(contract, url, Limits())
    return [one.base + one.route.template for one in moved.operations()], address


@pytest.mark.parametrize("given", ["", "/api", "/api/"])
def test_an_operation_is_asked_at_the_server_of_its_own(tmp_path: Path, given: str) -> None:
    def service(wire: Wire) -> None:
        while head := wire.read():
            wire.write(ok(b"1") if head.split(" ")[1] in ("/api/books", "/v2/stats") else NOT_FOUND)

    contract = two_bases(tmp_path)
    with raw_server(service) as server:
        assert asked_at(contract, server.url + given) == (["/api/books", "/v2/stats"], server.url)
        run(["test", server.url + given, "--contract", str(contract.root.path)])
    paths = Counter(head.split(" ")[1].partition("?")[0] for head in server.requests)
    assert paths["/api/books"] > 5 < paths["/v2/stats"]
    assert paths.total() - paths["/api/books"] - paths["/v2/stats"] <= 4, "to find the base path out"


def test_a_service_without_any_base_path_is_asked_without(tmp_path: Path) -> None:
    def service(wire: Wire) -> None:
        while head := wire.read():
            wire.write(ok(b"1") if head.split(" ")[1] in ("/books", "/stats") else NOT_FOUND)

    with raw_server(service) as server:
        assert asked_at(two_bases(tmp_path), server.url) == (["/books", "/stats"], server.url)


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        (b'{"info": {}, "openapi" : "3.1.0"}', True),
        (b"# a comment\n\nopenapi: 3.1.0", True),
        (b"  'swagger': '2.0'", True),
        (b"<html>openapi: none</html>", False),
        (b'["openapi"]', False),
    ],
)
def test_a_document_is_known_by_its_first_word(body: bytes, is_one: bool) -> None:
    assert is_document(body) is is_one


@pytest.mark.slow
@pytest.mark.parametrize("line", [b"\n", b"{\n", b" {\n"])
def test_what_is_no_document_is_found_to_be_none_in_time_that_grows_with_it(line: bytes) -> None:
    assert growth(lambda size: line * (size // len(line)), is_document, 20_000) < LINEAR
