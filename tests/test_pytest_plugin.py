"""The pytest plugin: the contract collected as tests of a service over HTTP, and fixtures that check responses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from mutants.breaking import KEY_ID, SECRET, Mutant
from mutants.catalogue import MUTANTS, reference, run_of, sound
from support.contracts import of_json
from support.places import ROOT
from support.serving import serving

from toolkit.conformance.plan import plan
from toolkit.contract.model import Contract
from toolkit.exchange import Headers, Request, Response
from toolkit.services.hosting import as_asgi
from toolkit.services.service import reference_service, respond
from toolkit.services.store import Store
from toolkit.services.tasks import generate
from toolkit.structs import replace

pytest_plugins = "pytester"

NEEDED = "Action=DescribeRefreshTasks&DomainName=example.com&ObjectType=file&Format=JSON"
Change = Callable[[Request, Response], Response]


@contextmanager
def _served(change: Change = lambda request, response: response, **options: Any) -> Iterator[str]:
    """The reference service over HTTP, its responses changed."""
    store = Store.open(":memory:")
    store.insert_many(generate(300, 1, datetime.now(UTC)))
    service = reference_service(store, Contract.load(ROOT / "openapi.yaml"), **options)
    with serving(as_asgi(lambda request: change(request, respond(service, request)), 1 << 20)) as url:
        yield url


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with _served() as found:
        yield found


@pytest.fixture
def arguments(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those of pytest in an empty folder, with our plugin and xdist alone."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("CONTRACT_AUTH", raising=False)
    return ["-p", "toolkit.pytest_plugin", "-p", "xdist", "-p", "no:cacheprovider"]


@pytest.fixture
def run(pytester: pytest.Pytester, arguments: list[str]) -> Callable[..., pytest.RunResult]:
    """pytest in this process, where all that it imports is loaded already, of which it would warn."""
    return lambda *more: pytester.runpytest_inprocess(*arguments, "-p", "no:warnings", *map(str, more))


@pytest.fixture
def run_apart(pytester: pytest.Pytester, arguments: list[str]) -> Callable[..., pytest.RunResult]:
    """pytest in a process of its own, which takes seconds to start."""
    return lambda *more: pytester.runpytest_subprocess(*arguments, *map(str, more), timeout=900)


@pytest.fixture
def shipped(pytester: pytest.Pytester) -> Path:
    """A copy of the shipped contract in the empty folder."""
    path = pytester.path / "openapi.yaml"
    path.write_bytes((ROOT / "openapi.yaml").read_bytes())
    return path


@pytest.mark.slow
def test_a_sound_service_passes_every_test(run_apart: Any, shipped: Path, url: str) -> None:
    result = run_apart(shipped, "--contract-url", url, "-q")
    outcomes = result.parseoutcomes()
    assert result.ret == 0
    assert outcomes["passed"] > 500
    assert outcomes.keys() <= {"passed"}


@pytest.mark.slow
def test_ids_speak_and_k_chooses_by_them(run: Any, shipped: Path, url: str) -> None:
    result = run(shipped, "--contract-url", url, "-v", "-k", "PageSize and 51 and refused and XML")
    result.stdout.fnmatch_lines(
        ["openapi.yaml::DescribeRefreshTasks::PageSize=51 (maximum + 1) should be refused (XML, *) PASSED*"]
    )
    assert result.ret == 0


@pytest.mark.slow
def test_one_test_runs_by_its_id(run: Any, shipped: Path, url: str) -> None:
    result = run("openapi.yaml::DescribeRefreshTasks::law pages", "--contract-url", url, "-v")
    assert result.parseoutcomes() == {"passed": 1}


@pytest.mark.slow
def test_workers_of_xdist_collect_the_same_tests(run_apart: Any, shipped: Path, url: str) -> None:
    result = run_apart(
        shipped, "--contract-url", url, "-n", "2", "-k", "PageNumber or plain or law", "--contract-seed", "7"
    )
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] > 40


@pytest.mark.slow
def test_collecting_sends_nothing(run: Any, shipped: Path) -> None:
    result = run(shipped, "--contract-url", "http://127.0.0.1:1", "--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["openapi.yaml::DescribeRefreshTasks::a plain request should be accepted"])


@pytest.mark.slow
def test_values_given_stand_in_the_ids(run: Any, shipped: Path) -> None:
    result = run(
        shipped, "--contract-url", "http://127.0.0.1:1", "--collect-only", "-q", "--contract-param", "TaskId=99887766"
    )
    result.stdout.fnmatch_lines(["openapi.yaml::DescribeRefreshTasks::TaskId=99887766*"])


def test_a_failure_shows_the_violation_and_a_curl_line_and_no_traceback(run: Any, shipped: Path, pytester: Any) -> None:
    def smaller(request: Request, response: Response) -> Response:
        return replace(response, body=(response.body or b"").replace(b'"PageSize":50', b'"PageSize":49'))

    with _served(smaller) as faulty:
        result = run(
            shipped, "--contract-url", faulty, "-k", "PageSize and 50 and maximum and JSON", "--junitxml", "report.xml"
        )
    assert result.ret == 1
    text = result.stdout.str()
    assert "law-echo in DescribeRefreshTasks" in text
    assert "PageSize=50 is echoed as 49" in text
    assert f"curl -i '{faulty}/?" in text or "--data-raw" in text
    assert "Traceback" not in text and "toolkit/" not in text
    case = next(ElementTree.parse(pytester.path / "report.xml").iter("failure"))
    assert "PageSize=50 is echoed as 49" in (case.text or "")


@pytest.mark.slow
def test_junit_names_the_tests_as_pytest_does(run: Any, shipped: Path, url: str, pytester: Any) -> None:
    run(shipped, "--contract-url", url, "-k", "PageSize and 51", "--junitxml", "report.xml")
    cases = list(ElementTree.parse(pytester.path / "report.xml").iter("testcase"))
    assert cases
    assert {case.get("classname") for case in cases} == {"openapi.yaml.DescribeRefreshTasks"}
    assert any((case.get("name") or "").startswith("PageSize=51 (maximum + 1) should be refused (") for case in cases)


@pytest.mark.slow
def test_a_signed_service(run: Any, shipped: Path) -> None:
    with _served(require_signature=("id", "secret")) as signed:
        chosen = ("--contract-url", signed, "-k", "signature or plain or (PageSize and 51)")
        assert run(shipped, *chosen, "--contract-auth", "aliyun-rpc:id:secret").ret == 0
        refused = run(shipped, *chosen, "--contract-auth", "aliyun-rpc:id:wrong")
    assert refused.ret == 1
    assert "wrong" not in refused.stdout.str().replace("should be refused", "")


@pytest.mark.slow
def test_credentials_that_end_fail_one_test_and_skip_the_rest(run: Any, pytester: pytest.Pytester) -> None:
    get = "get: {security: [{token: []}], responses: {'200': {description: ok}}}"
    security = "components: {securitySchemes: {token: {type: apiKey, in: header, name: X-Token}}}"
    paths = f"paths:\n  /a:\n    {get}\n  /b:\n    {get}"
    contract = pytester.path / "openapi.yaml"
    contract.write_text(f"openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\n{security}\n{paths}\n")
    left = 5

    def handle(request: Request) -> Response:
        nonlocal left
        is_open = request.headers.get("x-token") == "T" and left > 0
        left -= is_open
        return Response(200 if is_open else 401)

    with serving(as_asgi(handle, 1 << 20)) as url:
        result = run(contract, "--contract-url", url, "--contract-header", "X-Token: T")
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] == 1 and outcomes["skipped"] > 5, outcomes
    result.stdout.fnmatch_lines(["*the credentials, which worked before, are refused with status 401*last longer*"])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.slow
def test_an_operation_is_asked_at_its_own_server(run: Any, pytester: pytest.Pytester) -> None:
    answers = {"200": of_json({"type": "object"})}
    paths = {
        "/a": {"get": {"operationId": "a", "responses": answers}},
        "/b": {"get": {"operationId": "b", "responses": answers, "servers": [{"url": "/other"}]}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "/v1"}], "paths": paths}
    (pytester.path / "openapi.json").write_text(json.dumps(document))

    def respond(request: Request) -> Response:
        found = request.url.partition("?")[0] in ("/v1/a", "/other/b")
        return Response(200 if found else 404, Headers.of([("Content-Type", "application/json")]), b"{}")

    with serving(as_asgi(respond, 1 << 20)) as url:
        run("openapi.json", "--contract-url", f"{url}/v1", "-k", "plain").assert_outcomes(passed=2)


@pytest.mark.slow
def test_an_unreachable_service_is_one_line_for_each_test(run: Any, shipped: Path) -> None:
    result = run(shipped, "--contract-url", "http://127.0.0.1:1", "-k", "plain or pages")
    assert result.ret == 1
    assert "http://127.0.0.1:1: no response (" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--contract-url", "127.0.0.1:80"), "not an HTTP address"),
        (("--contract-url", "http://127.0.0.1:1", "--contract-param", "TaskId"), "--contract-param NAME=VALUE"),
        (("--contract-url", "http://127.0.0.1:1/?a=hush"), "a query or a fragment"),
        (("--contract-url", "http://127.0.0.1:1", "--contract-header", "X"), "--contract-header NAME:VALUE"),
        (("--contract-url", "http://127.0.0.1:1", "--contract-header", "a b: hush"), "--contract-header NAME:VALUE"),
        (("--contract-url", "http://127.0.0.1:1", "--contract-auth", "x:hush"), "--contract-auth"),
    ],
)
def test_bad_options_are_one_line(run: Any, shipped: Path, options: tuple[str, ...], said: str) -> None:
    result = run(shipped, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()
    assert "Traceback" not in result.stderr.str() and "hush" not in result.stderr.str()


def test_a_broken_contract_is_one_line(run: Any, pytester: pytest.Pytester) -> None:
    (pytester.path / "bad.yaml").write_text("openapi: 3.1.0\npaths: [")
    result = run("bad.yaml", "--contract-url", "http://127.0.0.1:1")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "bad.yaml: neither JSON nor YAML" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


@pytest.mark.slow
def test_other_projects_are_left_alone(run_apart: Any, shipped: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(): pass")
    (pytester.path / "other.yaml").write_text("a: 1")
    assert run_apart().parseoutcomes() == {"passed": 1}
    assert run_apart("--contract-url", "http://127.0.0.1:1").parseoutcomes() == {"passed": 1}


@pytest.mark.slow
def test_a_file_named_by_contract_is_collected_with_the_rest(
    run: Any, shipped: Path, pytester: pytest.Pytester, url: str
) -> None:
    pytester.makepyfile("def test_mine(): pass")
    result = run("--contract-url", url, "--contract", "openapi.yaml", "-k", "test_mine or plain")
    assert result.parseoutcomes()["passed"] == 2


def test_being_installed_imports_nothing_heavy() -> None:
    heavy = "{'httpx', 'hypothesis', 'lxml', 'jsonschema_rs', 'toolkit.contract.model', 'toolkit.conformance.run', 'starlette'}"
    code = f"import toolkit.pytest_plugin, sys; assert not {heavy} & sys.modules.keys()"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


# --- fixtures


_SAMPLE = """
    import httpx, requests
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    URL = {url!r}

    def test_httpx(assert_conforms):
        assert_conforms(httpx.get(URL))

    def test_requests(assert_conforms):
        assert_conforms(requests.post(URL))

    def test_starlette(assert_conforms):
        app = Starlette(routes=[Route("/", lambda request: JSONResponse({{"Tasks": 1}}))])
        assert_conforms(TestClient(app).get("/?{needed}"))

    def test_outside(assert_conforms):
        assert_conforms(httpx.get(URL.replace("?", "nowhere?")))

    def test_by_hand(assert_conforms):
        response = httpx.Response(200, json={{"Tasks": 1}})
        assert_conforms(response)

    def test_contract(contract):
        assert [one.name for one in contract.operations()][0] == "DescribeRefreshTasks"
"""


_APP = """
    import json, pytest

    DOCUMENT = {{"openapi": "3.1.0", "info": {{"title": "t", "version": "1"}}, "servers": [{{"url": "/v1"}}], "paths": {{"/names": {{"get": {{
        "operationId": "listNames", "responses": {{"200": {{"description": "x", "content": {{"application/json": {{
            "schema": {{"type": "array", "items": {{"type": "string"}}}}}}}}}}}}}}}}}}}}

    def app(environ, start):
        found = {{"/openapi.json": DOCUMENT, "/v1/names": {names}}}.get(environ["PATH_INFO"])
        known = environ["REQUEST_METHOD"] == "GET" and found is not None
        status = "200 OK" if known else "404 No" if found is None else "405 No"
        start(status, [("Content-Type", "application/json"), ("Allow", "GET")])
        return [json.dumps(found).encode() if known else b""]

    @pytest.fixture
    def contract_app():
        return app
"""


@pytest.mark.parametrize(("names", "failed"), [pytest.param('["Ada"]', 0, marks=pytest.mark.slow), ("[7]", 1)])
def test_an_application_by_its_own_document(run: Any, pytester: pytest.Pytester, names: str, failed: int) -> None:
    pytester.makeconftest(_APP.format(names=names))
    pytester.makepyfile("def test_all(assert_app_conforms): assert_app_conforms(budget=40, include=['listNames'])")
    result = run()
    assert result.parseoutcomes() == ({"failed": 1} if failed else {"passed": 1})
    assert ("schema-type in listNames" in result.stdout.str()) is bool(failed)
    assert "Traceback" not in result.stdout.str() and "toolkit/" not in result.stdout.str()


_SECURED_APP = """
    import json, pytest

    DOCUMENT = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/names": {"get": {
        "operationId": "listNames", "security": [{"key": []}], "responses": {
            "200": {"description": "x"}, "401": {"description": "x"}}}}},
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}}

    async def app(*args):
        scope, receive, send = args
        if scope["type"] == "http":
            known = dict(scope["headers"]).get(b"authorization") == b"Bearer made-by-a-fixture"
            status = 200 if scope["path"] == "/openapi.json" else 401 if not known else 200 if scope["method"] == "GET" else 405
            await send({"type": "http.response.start", "status": status, "headers": [(b"allow", b"GET")]})
            body = json.dumps(DOCUMENT).encode() if scope["path"] == "/openapi.json" else b""
            await send({"type": "http.response.body", "body": body})

    @pytest.fixture(scope="session")
    def contract_app():
        return app
"""


@pytest.mark.slow
def test_credentials_may_come_from_a_test(run: Any, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(_SECURED_APP)
    pytester.makepyfile("""
        def test_known(assert_app_conforms): assert_app_conforms(auth="bearer:made-by-a-fixture")
        def test_field(assert_app_conforms): assert_app_conforms(headers={"Authorization": "Bearer made-by-a-fixture"})
        def test_unknown(assert_app_conforms): assert_app_conforms()
        def test_malformed(assert_app_conforms): assert_app_conforms(auth="made-by-a-fixture")
    """)
    result = run()
    text = result.stdout.str()
    assert result.parseoutcomes() == {"passed": 2, "failed": 2}
    assert "give credentials: --contract-auth bearer:TOKEN or --contract-header 'Authorization: ...'" in text
    assert "auth: not credentials; write bearer:TOKEN" in text and "Traceback" not in text


def test_a_test_of_an_application_that_is_not_given_says_what_to_write(run: Any, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_all(assert_app_conforms): assert_app_conforms()")
    assert "write a fixture contract_app in conftest.py" in run().stdout.str()


@pytest.mark.parametrize(
    "way", ["option", *(pytest.param(one, marks=pytest.mark.slow) for one in ("configuration", "default"))]
)
def test_fixtures_check_the_responses_of_other_tests(
    run: Any, shipped: Path, pytester: pytest.Pytester, url: str, way: str
) -> None:
    pytester.makepyfile(_SAMPLE.format(url=f"{url}/?{NEEDED}", needed=NEEDED))
    if way == "configuration":
        pytester.makeini("[pytest]\ncontract = openapi.yaml")
    result = run(*(["--contract", "openapi.yaml"] if way == "option" else []))
    assert result.parseoutcomes()["passed"] == 3
    assert result.parseoutcomes()["failed"] == 3
    text = result.stdout.str()
    assert 'assert_conforms(TestClient(app).get("/?' in text
    assert "does not conform to openapi.yaml" in text
    assert "schema-type" in text and "where" in text and "contract  openapi.yaml:" in text and "cure" in text
    assert "is outside the contract openapi.yaml" in text
    assert "assert_conforms(response, operation=ID)" in text
    assert "toolkit/" not in text


def test_a_missing_contract_is_one_line(run: Any, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(contract): pass")
    result = run("--contract", "no-such.yaml")
    assert "no-such.yaml" in result.stdout.str() and "Traceback" not in result.stdout.str()
    assert result.parseoutcomes() == {"errors": 1}


# --- the plan is that of the command

SAMPLE = MUTANTS[::40]  # tests/conformance/test_mutants.py hunts them all


@pytest.mark.slow
def test_the_tests_are_the_checks_of_the_command(run: Any, shipped: Path) -> None:
    result = run(shipped, "--contract-url", "http://127.0.0.1:1", "--collect-only", "-q")
    begun = run_of(sound)
    names = [check.name for check in plan(begun.subjects[begun.operations()[0].name])]
    ids = [line.split("::")[2] for line in result.outlines if "::" in line]
    collected = [re.sub(r" #[0-9]+$", "", one) for one in ids]  # a name that comes again has a number
    assert "generated requests" in names
    assert collected == [name.replace("[", "(").replace("]", ")") for name in names]


@pytest.mark.slow
@pytest.mark.parametrize("mutant", SAMPLE, ids=lambda mutant: str(mutant.id))
def test_a_mutant_is_found_by_the_tests_too(run: Any, shipped: Path, mutant: Mutant) -> None:
    send = mutant.breaks(reference(0, mutant.signed))
    auth = ("--contract-auth", f"aliyun-rpc:{KEY_ID}:{SECRET}") if mutant.signed else ()
    with serving(as_asgi(send, 1 << 20)) as faulty:
        result = run(shipped, "--contract-url", faulty, "-x", *auth)
    assert result.parseoutcomes().get("failed") == 1, result.stdout.str()[-2000:]
    assert " in DescribeRefreshTasks" in result.stdout.str()
