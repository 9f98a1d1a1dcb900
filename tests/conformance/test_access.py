"""Credentials that end in mid-run are named once, with what may have ended them, and blame nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.contracts import loaded, of_json, of_yaml
from support.laws import errors_of, run_of

from toolkit.exchange import Headers, Request, Response
from toolkit.rules import Severity
from toolkit.wire.urlencoded import parse_query

PATHS = """
    /things:
      get: {operationId: list, responses: {'200': {description: ok}}}
    /me:
      get: {operationId: me, responses: {'200': {description: ok}}}
    /public:
      get: {operationId: public, security: [], responses: {'200': {description: ok}}}
    /rotation:
      post:
        operationId: rotate
        requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
        responses: {'201': {description: ok}, '4XX': {description: refused}}
"""
SECURED = "security: [{token: []}]\ncomponents: {securitySchemes: {token: {type: apiKey, in: header, name: X-Token}}}\n"


def _service(lasting: int, status: int, *, is_ended_by_rotation: bool):  # type: ignore[no-untyped-def]
    """A function from request to response; the token `T` opens so many requests."""
    left = lasting

    def handle(request: Request) -> Response:
        nonlocal left
        if request.url.startswith("/public"):
            return Response(200 if request.method == "GET" else 405)
        if request.headers.get("x-token") != "T" or left <= 0:
            return Response(status)
        left -= 1
        if request.url.startswith("/rotation") and request.method == "POST":
            try:
                is_object = isinstance(json.loads(request.body or b""), dict)
            except ValueError:
                is_object = False
            left = 0 if is_ended_by_rotation and is_object else left
            return Response(201 if is_object else 400)
        return Response(200 if request.method == "GET" else 405)

    return handle


@pytest.mark.parametrize(("more", "status"), [(SECURED, 401), (SECURED, 403), ("", 401)])
def test_a_token_that_expires_is_one_finding_and_blames_nothing_else(tmp_path: Path, more: str, status: int) -> None:
    service = _service(9, status, is_ended_by_rotation=False)
    run = run_of(of_yaml(tmp_path, PATHS, more), service, headers=(("X-Token", "T"),))
    found = {one.message: one for one in errors_of(run)}
    assert len(found) == 1, list(found.values())
    [only] = found.values()
    assert only.rule == "operation-unfinished" and {"list", "me", "rotate"} >= set(only.operation.split(", "))
    assert f"refused with status {status} since request" in only.message and "expired" in only.message
    assert "last longer" in only.hint


def test_the_operation_that_ends_the_credentials_is_named(tmp_path: Path) -> None:
    service = _service(10_000, 401, is_ended_by_rotation=True)
    run = run_of(of_yaml(tmp_path, PATHS, SECURED), service, headers=(("X-Token", "T"),))
    [only] = {one.message: one for one in errors_of(run)}.values()
    assert "after calls of rotate" in only.message and "--exclude rotate," in only.hint


@pytest.mark.slow
def test_a_refusal_of_one_operation_alone_ends_nothing(tmp_path: Path) -> None:
    service = _service(10_000, 401, is_ended_by_rotation=False)

    def handle(request: Request) -> Response:
        return Response(403) if request.url.startswith("/me") else service(request)  # type: ignore[no-any-return]

    run = run_of(of_yaml(tmp_path, PATHS, SECURED), handle, headers=(("X-Token", "T"),))
    assert {one.operation for one in errors_of(run) if one.rule != "status-undeclared"} == {
        "me"
    } and not run.access.ended


def test_a_missing_token_against_forged_requests_has_a_cure_of_its_own(tmp_path: Path) -> None:
    schemes = "components: {securitySchemes: {s: {type: apiKey, in: cookie, name: sessionid}}}\n"
    contract = of_yaml(tmp_path, PATHS, f"security: [{{s: []}}]\n{schemes}")

    def handle(request: Request) -> Response:
        if "sessionid=S" not in (request.headers.get("cookie") or "") and "public" not in request.url:
            return Response(403, body=b'{"detail": "not logged in"}')
        return (
            Response(200)
            if request.method == "GET"
            else Response(403, body=b'{"detail": "CSRF Failed: token missing."}')
        )

    without = errors_of(run_of(contract, handle))
    assert any("--header 'Cookie: sessionid=VALUE'" in one.hint for one in without)
    found = errors_of(run_of(contract, handle, headers=(("Cookie", "sessionid=S"),)))
    assert [one.operation for one in found if "X-CSRFToken" in one.hint] == ["rotate"]


@pytest.mark.slow
def test_a_cure_names_what_to_write_where_what_the_service_says_is_masked(tmp_path: Path) -> None:
    place = "parameters: [{name: session_id, in: path, required: true, schema: {type: string}}]"
    path = f"  /s/{{session_id}}: {{get: {{operationId: s, {place}, responses: {{'200': {{}}, '400': {{}}}}}}}}\n"
    run = run_of(
        of_yaml(tmp_path, path),
        lambda request: Response(400, body=b'{"detail": "the service cannot find token=a1b2c3d4"}'),
    )
    list(run.verdicts())
    [one] = run.coverage
    assert "token=***" in one.reason and one.reason.endswith("--param session_id=VALUE")


def test_responses_that_only_lack_rights_conform_and_the_cause_is_reported_once(tmp_path: Path) -> None:
    service = _service(0, 401, is_ended_by_rotation=False)
    verdicts = list(run_of(of_yaml(tmp_path, PATHS, SECURED), service).verdicts())
    assert all(one.conforms for one in verdicts if one.counts == "new")
    [only] = [one for verdict in verdicts for one in verdict.violations if one.severity is Severity.ERROR]
    assert only.rule == "operation-untested" and only.reproduce and only.source


@pytest.mark.parametrize(
    ("security", "is_open", "found"),
    [("{key: []}", True, {"security-missing"}), ("{key: []}", False, {"operation-untested"}), ("{}", True, set())],
)
def test_a_service_that_needs_no_credentials_is_warned_of_where_none_were_given(
    security: str, is_open: bool, found: set[str], tmp_path: Path
) -> None:
    path = "    /vault:\n      get: {operationId: vault, responses: {'200': {description: ok}}}\n"
    key = "securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}"
    contract = of_yaml(tmp_path, path, f"security: [{security}]\ncomponents:\n  {key}\n")

    def handle(request: Request) -> Response:
        return Response(401 if not is_open else 200 if request.method == "GET" else 405)

    told = [one for verdict in run_of(contract, handle).verdicts() for one in verdict.violations]
    assert {one.rule for one in told} - {"status-undeclared"} == found
    assert all(one.severity is Severity.WARNING for one in told if one.rule != "operation-untested")


@pytest.mark.parametrize("unread", [[], ["key"], ["sig"], ["sid"]])
def test_of_credentials_asked_together_each_is_asked_for(unread: list[str], tmp_path: Path) -> None:
    path = "    /vault:\n      get: {operationId: vault, responses: {'200': {description: ok}}}\n"
    schemes = {"key": ("header", "X-Key"), "sig": ("query", "sig"), "sid": ("cookie", "sid")}
    listed = "".join(f"    {name}: {{type: apiKey, in: {at}, name: {key}}}\n" for name, (at, key) in schemes.items())
    more = f"security: [{{key: [], sig: [], sid: []}}]\ncomponents:\n  securitySchemes:\n{listed}"

    def handle(request: Request) -> Response:
        given = {"key": request.headers.get("x-key"), "sig": None, "sid": dict(request.headers.cookies).get("sid")}
        given["sig"] = "K" if "sig=K" in request.url else None
        if any(value != "K" for name, value in given.items() if name not in unread):
            return Response(401)
        return Response(200 if request.method == "GET" else 405)

    for options in ({"auth": "apikey:K"}, {"auth": "apikey:K", "headers": (("X-Key", "K"), ("Cookie", "sid=K"))}):
        found = errors_of(run_of(of_yaml(tmp_path, path, more), handle, **options))
        assert [one.rule for one in found] == ["security-not-enforced"] * len(unread), found
        assert all(f"without {unread[0]} alone" in one.message for one in found)


@pytest.mark.parametrize("refused", ["", "key", "token"])
def test_of_alternative_credentials_each_alone_is_enough(refused: str, tmp_path: Path) -> None:
    path = "    /vault:\n      get: {operationId: vault, responses: {'200': {description: ok}}}\n"
    listed = "{key: {type: apiKey, in: header, name: X-Key}, token: {type: http, scheme: bearer}}"
    more = f"security: [{{key: []}}, {{token: []}}]\ncomponents: {{securitySchemes: {listed}}}\n"

    def handle(request: Request) -> Response:
        given = {
            "key": request.headers.get("x-key") == "K",
            "token": request.headers.get("authorization") == "Bearer T",
        }
        return Response(
            200 if any(given.values()) and not (refused and given[refused] and sum(given.values()) == 1) else 401
        )

    contract = of_yaml(tmp_path, path, more)
    found = errors_of(run_of(contract, handle, auth="bearer:T", headers=(("X-Key", "K"),)))
    assert [one.rule for one in found] == ["valid-request-refused"] * bool(refused), found
    assert all(f"a request with {refused} alone is refused with 401" in one.message for one in found)
    # of one alone nothing is known
    assert refused == "token" or not errors_of(run_of(contract, handle, auth="bearer:T"))


def test_one_key_is_not_taken_for_that_of_each_alternative(tmp_path: Path) -> None:
    path = "    /vault:\n      get: {operationId: vault, responses: {'200': {description: ok}}}\n"
    listed = "{own: {type: apiKey, in: header, name: X-Own}, other: {type: apiKey, in: query, name: other}}"
    more = f"security: [{{own: []}}, {{other: []}}]\ncomponents: {{securitySchemes: {listed}}}\n"
    contract = of_yaml(tmp_path, path, more)
    service = lambda request: Response(200 if request.headers.get("x-own") == "K" else 401)  # noqa: E731
    assert not errors_of(run_of(contract, service, auth="apikey:K"))


LOGIN = """
    /things:
      get: {operationId: list, security: [{sid: []}], responses: {'200': {description: ok}, '401': {description: refused}}}
    /login:
      post:
        operationId: login
        requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], properties: {name: {const: eve}}}}}}
        responses: {'200': {description: ok}, '4XX': {description: refused}}
"""
COOKIE = "components: {securitySchemes: {sid: {type: apiKey, in: cookie, name: sid}, other: {type: apiKey, in: header, name: X}}}\n"


@pytest.mark.slow
@pytest.mark.parametrize("is_checked", [True, False])
def test_a_cookie_that_a_login_sets_is_sent_and_has_to_be_checked(tmp_path: Path, is_checked: bool) -> None:
    sessions: list[str] = []

    def handle(request: Request) -> Response:
        if request.url == "/login" and request.method == "POST":
            if request.body != b'{"name": "eve"}':
                return Response(401)
            sessions.append(f"s{len(sessions)}")
            return Response(200, Headers((("Set-Cookie", f"sid={sessions[-1]}; HttpOnly"),)))
        known = dict(request.headers.cookies).get("sid")
        assert request.headers.get("x") is None
        return Response(405 if request.method != "GET" else 200 if known in sessions or not is_checked else 401)

    run = run_of(of_yaml(tmp_path, LOGIN, COOKIE), handle)
    assert {one.rule for one in errors_of(run)} == (set() if is_checked else {"security-not-enforced"})
    assert any("the cookie sid that it sets is sent for the scheme sid" in note for note in run.notes)


PAGE = Response(200, Headers((("Content-Type", "text/html"),)), b"<!DOCTYPE html><title>a</title>")


@pytest.mark.parametrize(
    ("response", "how"),
    [
        (Response(302), "redirected with status 302"),
        (PAGE, "answered with status 200 (an HTML page in the place of what is documented)"),
    ],
)
def test_neither_a_redirection_nor_a_page_is_a_refusal(tmp_path: Path, response: Response, how: str) -> None:
    run = run_of(loaded(tmp_path, {"/a": {"get": {"responses": {"200": of_json({})}}}}), lambda request: response)
    assert errors_of(run)
    assert [one.obstacle for one in run.subjects.values()] == [f"not tested further: a plain request is {how}"]


def test_who_calls_does_not_change_the_own_account(tmp_path: Path) -> None:
    paths = """
    /users:
      get: {operationId: list, responses: {'200': {description: ok}}}
      put:
        operationId: change
        parameters: [{name: name, in: query, required: true, schema: {type: string}}]
        responses: {'200': {description: ok}, '4XX': {description: refused}}
"""
    changed: list[str] = []

    def send(request: Request) -> Response:
        if request.method == "GET":
            return Response(
                200, Headers((("Content-Type", "application/json"),)), b'[{"name": "root"}, {"name": "ann"}]'
            )
        name = dict(parse_query(request.url.partition("?")[2])).get("name", "")
        changed.append(name)
        return Response(200 if name in ("root", "ann") else 404)

    root = ("Authorization", "Basic cm9vdDpzZWNyZXQ=")
    run = run_of(of_yaml(tmp_path, paths), send, headers=(root,))
    errors_of(run)
    assert "root" not in changed and run.journal.reached.successes == {"list", "change"}
