"""What a refusal names as missing is sent, and names in paths that nothing declares are filled with what exists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from support.contracts import loaded, of_json, operation, parameter
from support.laws import errors_of

from toolkit.conformance.run import Options, Run
from toolkit.exchange import Headers, Request, Response
from toolkit.schema.scalars import read_moment
from toolkit.validation.observed import Observed, coverage_of
from toolkit.validation.validator import Validator
from toolkit.wire.json import dump_json, parse_json
from toolkit.wire.urlencoded import parse_query

JSON = Headers((("Content-Type", "application/json"),))
TEXT = {"type": "string"}
EMPTY = {"description": ""}
NAMED = {"name": TEXT, "key": TEXT, "localId": TEXT, "icon": TEXT}
FLOW = {"type": "object", "properties": {"id": {"type": "integer"}, **NAMED}}


def _reply(status: int, value: object) -> Response:
    return Response(status, JSON, dump_json(value))


class _Service:
    """Wants a `q`, and a `name`, a `key` and a `localId`, one after the other."""

    told: ClassVar = {
        "name": 'Validation failed for field "name". Value is required.',
        "key": "Key is needed.",
        "localId": "MISSING_LOCAL_ID",
    }

    def __init__(self) -> None:
        self.flows: list[dict[str, object]] = []

    def __call__(self, request: Request) -> Response:
        path, _, query = request.url.partition("?")
        if path == "/search":
            named = dict(parse_query(query))
            return _reply(200, []) if named.get("q") else _reply(400, {"error": "Which ones? Give a 'q'."})
        if path != "/flows":
            found = [one for one in self.flows if path == f"/flows/{one['id']}"]
            return _reply(200, found[0]) if found else _reply(404, {})
        try:
            sent = parse_json(request.body or b"")
            assert isinstance(sent, dict) and all(isinstance(sent.get(name, ""), str) for name in FLOW["properties"])
        except Exception:
            return _reply(400, {})
        for name, message in self.told.items():
            if name not in sent:
                return _reply(400, {"errors": [{"message": message}]})
        self.flows.append({**sent, "id": 7_001 + len(self.flows)})
        return _reply(201, self.flows[-1])


@pytest.mark.parametrize(
    ("prose", "is_blamed"), [("Finds flows.", True), ("Either q or the header field X-Q is required.", False)]
)
def test_what_a_refusal_names_is_sent(tmp_path: Path, prose: str, is_blamed: bool) -> None:
    sent = {"requestBody": {"required": True, "content": {"application/json": {"schema": FLOW}}}}
    refused = {"400": of_json({}), "404": of_json({})}
    q, more = parameter("q", {"type": "string", "minLength": 1}, "query"), parameter("lang", TEXT, "query")
    paths = {
        "/search": {"get": operation("search", q, more, description=prose, responses={"200": of_json({"type": "array"}), **refused})},
        "/flows": {"post": operation("create", responses={"201": of_json(FLOW), **refused}, **sent)},
        "/flows/{id}": {"get": operation("read", responses={"200": of_json(FLOW), **refused})},
    }  # fmt: skip
    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), _Service(), Options())
    found = [one for one in errors_of(run) if one.operation != "create"]
    assert {*run.journal.reached.successes} == {"search", "create", "read"}
    assert [(one.rule, one.at) for one in found] == [("valid-request-refused", "request.query.q")] * is_blamed


@pytest.mark.parametrize("is_said", [True, False])
def test_of_two_parameters_that_a_refusal_names_either_may_be_wanted(tmp_path: Path, is_said: bool) -> None:
    note = {"description": "Note chart or context must be specified"} if is_said else {}
    chart, context = ({**parameter(name, TEXT, "query"), **note} for name in ("chart", "context"))
    responses = {"200": of_json({}), "400": of_json({}), "404": of_json({})}
    paths = {"/data": {"get": operation("data", chart, context, responses=responses)}}

    def handle(request: Request) -> Response:
        named = dict(parse_query(request.url.partition("?")[2]))
        given = [name for name in ("chart", "context") if name in named]
        status = {0: 400, 1: 200}.get(len(given), 404)
        return _reply(status, {"error": "No chart or context is given."} if status == 400 else {})

    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), handle, Options())
    found = [(one.rule, one.at) for one in errors_of(run) if "context" not in one.at]
    assert {*run.journal.reached.successes} == {"data"}
    assert found == [("valid-request-refused", "request.query.chart")] * (not is_said)


@pytest.mark.parametrize(("documented", "is_blamed"), [("400", False), ("404", True)])
def test_a_refusal_that_is_documented_where_nothing_is_asked_for_blames_nobody(
    tmp_path: Path, documented: str, is_blamed: bool
) -> None:
    paths = {"/bot": {"get": operation("bot", responses={"200": of_json({}), documented: of_json({})})}}
    contract = loaded(tmp_path, paths)
    run = Run(
        contract, Validator(contract), lambda request: _reply(400, {"message": "The bot is not running"}), Options()
    )
    found = errors_of(run)
    rules = {one.rule for one in found}
    assert rules == ({"status-undeclared", "valid-request-refused"} if is_blamed else {"operation-untested"})


def test_a_parameter_that_has_the_name_of_what_each_refusal_says_is_not_blamed(tmp_path: Path) -> None:
    """`{"status": 400}` names the parameter `status`, and a property of the body is what is wanted."""
    integers = {"type": "object", "properties": {"amount": {"type": "integer"}, "customer": {"type": "integer"}}}
    body = {"application/json": {"schema": {**integers, "required": ["amount"]}, "example": {"amount": 5}}}
    status = parameter("status", {"type": "string", "enum": ["open", "closed"]}, "query")
    responses = {"200": of_json({}), "400": of_json({})}
    post = operation("order", status, responses=responses, requestBody={"required": True, "content": body})
    contract = loaded(tmp_path, {"/orders": {"post": post}})

    def send(request: Request) -> Response:
        wanted = b"customer" in (request.body or b"")
        return _reply(200, {}) if wanted else _reply(400, {"status": 400, "error": "customer is required"})

    run = Run(contract, Validator(contract), send, Options())
    assert "request.query.status" not in {one.at for one in errors_of(run) if one.rule == "valid-request-refused"}
    assert run.journal.reached.successes == {"order"}


@pytest.mark.parametrize(("name", "is_blamed"), [("connection_id", False), ("kind", True)])
def test_a_known_value_that_names_what_nothing_has_shown_may_be_refused(
    tmp_path: Path, name: str, is_blamed: bool
) -> None:
    named = parameter(name, TEXT, "query", example="3fa85f64-5717")
    paths = {"/records": {"get": operation("records", named, responses={"200": of_json({}), "400": of_json({})})}}

    def send(request: Request) -> Response:
        return _reply(400 if "3fa85f64" in request.url else 200, [])

    contract = loaded(tmp_path, paths)
    found = errors_of(Run(contract, Validator(contract), send, Options()))
    assert ("valid-request-refused" in {one.rule for one in found}) == is_blamed


@pytest.mark.parametrize("can_create", [pytest.param(True, marks=pytest.mark.slow), False])
def test_what_deletes_by_a_body_is_told_of_nothing_that_others_made(tmp_path: Path, can_create: bool) -> None:
    note = {"type": "object", "properties": {"noteId": {"type": "integer"}, "text": TEXT}}
    by_id = {"type": "object", "properties": {"noteId": {"type": "integer"}}}
    ok, refused = {"200": of_json({"type": "array", "items": note})}, {"400": of_json({})}
    made = {"requestBody": {"content": {"application/json": {"schema": note}}}}
    dropped = {"requestBody": {"content": {"application/json": {"schema": by_id}}}}
    paths = {"/shelves/{shelf}/notes": {"get": operation("list", responses=ok)}}
    if can_create:
        paths["/shelves/{shelf}/notes"]["post"] = operation("add", responses={"201": of_json(note), **refused}, **made)
    paths["/shelves/{shelf}/notes/{noteId}"] = {
        "get": operation("read", responses={"200": of_json(note), "404": of_json({})})
    }
    paths["/shelves/{shelf}/notes:delete"] = {
        "post": operation("drop", responses={"200": of_json({}), **refused}, **dropped)
    }
    kept = {740_031: {"noteId": 740_031, "text": "of somebody"}}

    def handle(request: Request) -> Response:
        path = request.url.partition("?")[0]
        try:
            sent = parse_json(request.body or b"{}")
            assert isinstance(sent, dict) and isinstance(sent.get("text", ""), str)
        except Exception:
            return _reply(400, {})
        if path.endswith(":delete"):
            found = kept.pop(sent.get("noteId"), None)
            return _reply(200, {}) if found else _reply(400, {"error": "MISSING_NOTE_ID"})
        if request.method == "POST":
            number = 8_000 + run.requests
            kept[number] = {"text": sent.get("text", ""), "noteId": number}
            return _reply(201, kept[number])
        if path.endswith("/notes"):
            return _reply(200, [*kept.values()])
        found = kept.get(int(path.rpartition("/")[2])) if path.rpartition("/")[2].isdecimal() else None
        return _reply(200, found) if found else _reply(404, {})

    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), handle, Options())
    list(run.verdicts())
    assert 740_031 in kept
    assert ("drop" in run.journal.reached.successes) is can_create


@pytest.mark.parametrize(("refusing", "shown"), [("example-1", []), ("seen-1", [{"name": "seen-1"}])])
def test_what_a_path_names_by_a_response_may_be_refused_and_by_its_example_not(
    tmp_path: Path, refusing: str, shown: list[dict[str, str]]
) -> None:
    name = {**parameter("name", TEXT, "path", required=True), "example": "example-1"}
    responses = {code: {"description": ""} for code in ("200", "400", "404")}
    paths = {
        "/plugins": {"get": operation("list", responses={"200": of_json({"type": "array"})})},
        "/plugins/{name}/update": {"post": operation("update", name, responses=responses)},
    }

    def send(request: Request) -> Response:
        if request.url == "/plugins":
            return _reply(200, shown)
        return _reply(400 if refusing in request.url else 404, {})

    contract = loaded(tmp_path, paths)
    found = {one.rule for one in errors_of(Run(contract, Validator(contract), send, Options()))}
    assert ("valid-request-refused" in found) is (not shown)


def test_another_thing_that_nothing_has_shown_may_be_refused(tmp_path: Path) -> None:
    known = "73be2c96-344d-4cdc-9b94-81d9bc97c02c"
    kept = {"team": {"type": "string", "format": "uuid", "example": known}, "kind": {"enum": ["open", "shut"]}}
    body = of_json({"type": "object", "required": [*kept], "properties": kept})
    paths = {
        "/teams": {"get": operation("list", responses={"200": of_json({"type": "array"})})},
        "/projects": {"post": operation("add", requestBody=body, responses={"201": EMPTY, "400": EMPTY})},
    }

    def send(request: Request) -> Response:
        sent = request.body or b""
        is_wanted = known.encode() in sent and b"open" in sent
        return _reply(200, [{"id": known}]) if request.url == "/teams" else Response(201 if is_wanted else 400)

    contract = loaded(tmp_path, paths)
    found = errors_of(Run(contract, Validator(contract), send, Options()))
    assert {one.at for one in found if one.rule == "valid-request-refused"} == {"request.body#/kind"}


@pytest.mark.parametrize(("method", "is_blamed"), [("get", False), ("put", True)])
def test_a_body_that_has_no_meaning_may_be_passed_over(tmp_path: Path, method: str, is_blamed: bool) -> None:
    body = {"required": True, **of_json({"type": "object", "properties": {"size": {"type": "integer"}}})}
    one = operation("search", requestBody=body, responses={"200": EMPTY, "400": EMPTY})
    contract = loaded(tmp_path, {"/search": {method: one}})
    run = Run(contract, Validator(contract), lambda request: Response(200), Options())
    assert {one.rule for one in errors_of(run)} == ({"invalid-request-accepted"} if is_blamed else set())


@pytest.mark.parametrize(("fault", "labels"), [("", []), ("+00:00", ["offset for Z"]), ("02-29", ["leap day"])])
def test_a_service_may_take_some_days_alone_and_has_to_take_every_form(
    tmp_path: Path, fault: str, labels: list[str]
) -> None:
    since = parameter("since", {"type": "string", "format": "date-time"}, "query")
    counts = operation("counts", since, responses={"200": EMPTY, "400": EMPTY})

    def send(request: Request) -> Response:
        text = dict(parse_query(request.url.partition("?")[2])).get("since")
        moment = read_moment(text) if text else datetime.now(UTC)
        is_near = moment is not None and (fault == "02-29" or abs(moment - datetime.now(UTC)) < timedelta(days=9))
        return Response(200 if is_near and not (fault and fault in (text or "")) else 400)

    contract = loaded(tmp_path, {"/counts": {"get": counts}})
    found = errors_of(Run(contract, Validator(contract), send, Options()))
    refused = [one.message for one in found if one.rule == "valid-request-refused"]
    assert [label for label in ("offset for Z", "leap day", "fraction of a second") if label in str(refused)] == labels


def test_what_a_refusal_calls_missing_is_sent_where_the_contract_says_nothing_of_it(tmp_path: Path) -> None:
    sent = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
    paths = {"/moves": {"post": operation("move", responses={"200": of_json({}), "400": of_json({})}, **sent)}}

    def send(request: Request) -> Response:
        value = parse_json(request.body or b"")
        missing = [name for name in ("plan", "last_uid") if not isinstance(value, dict) or name not in value]
        return (
            _reply(400, {"detail": f"Some keys are missing in the request: {missing}"}) if missing else _reply(200, 1)
        )

    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), send, Options(budget=5))
    list(run.verdicts())
    assert {*run.journal.reached.successes} == {"move"}


def test_what_a_refusal_names_within_another_property_is_sent(tmp_path: Path) -> None:
    column = {"type": "object", "properties": {"name": TEXT, "kind": TEXT, "note": TEXT}}
    table = {"type": "object", "properties": {"title": TEXT, "columns": {"type": "array", "items": column}}}
    sent = {"requestBody": {"required": True, "content": {"application/json": {"schema": table}}}}
    paths = {"/tables": {"post": operation("create", responses={"201": of_json({}), "400": of_json({})}, **sent)}}

    def send(request: Request) -> Response:
        try:
            value = parse_json(request.body or b"")
        except ValueError:
            return _reply(400, "JSON is wanted")
        columns = value.get("columns") if isinstance(value, dict) else None
        if not isinstance(columns, list) or not columns:
            return _reply(400, '"columns" is required')
        missing = [name for name in ("name", "kind") for one in columns if not isinstance(one, dict) or name not in one]
        return _reply(400, f'"columns[0].{missing[0]}" is required') if missing else _reply(201, value)

    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), send, Options(budget=40))
    errors_of(run)
    assert {*run.journal.reached.successes} == {"create"}


def test_things_are_known_below_paths_that_only_say_what_is_done_and_by_responses_that_nothing_documents(
    tmp_path: Path,
) -> None:
    name, app = parameter("name", TEXT, "path", required=True), parameter("app_name", TEXT, "path", required=True)
    shown, refused = {"200": of_json({})}, {"404": of_json({}), "400": of_json({})}
    body = {"type": "object", "properties": {"appName": TEXT, "text": TEXT}, "required": ["appName"]}
    sent = {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}
    paths = {
        "/jars/create": {"post": operation("make", responses={"201": of_json({})})},
        "/jars/{name}": {
            "get": operation("jar", name, responses=shown | refused),
            "delete": operation("drop", name, responses={"204": EMPTY, **refused}),
        },
        "/lids": {"get": operation("lids", responses={"200": EMPTY})},
        "/lids/{name}": {"get": operation("lid", name, responses=shown | refused)},
        "/list-apps": {"get": operation("apps", responses={"200": of_json({"type": "array", "items": TEXT})})},
        "/apps/{app_name}/logs": {"get": operation("logs", app, responses=shown | refused)},
        "/run": {"post": operation("run", responses=shown | refused, **sent)},
    }
    jars = {"j7f1": 1}

    def send(request: Request) -> Response:
        *_, folder, last = request.url.partition("?")[0].split("/")
        if last == "create":
            jars[f"j{len(jars)}x9"] = 1
            return _reply(201, {"name": [*jars][-1]})
        if folder == "jars" and request.method == "DELETE":
            return Response(204) if jars.pop(last, None) else _reply(404, {})
        if folder == "jars":
            return _reply(200, {"name": last}) if last in jars else _reply(404, {})
        if folder == "lids":
            return _reply(200, {"name": last}) if last == "k31q" else _reply(404, {})
        if last == "run":
            return _reply(200, {}) if b'"appName":"echo"' in (request.body or b"") else _reply(400, {})
        if last in ("lids", "list-apps"):
            return _reply(200, [{"name": "k31q"}] if last == "lids" else ["echo"])
        return _reply(200, {}) if folder == "echo" else _reply(404, {})

    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), send, Options(budget=150))
    errors_of(run)
    assert {*run.journal.reached.successes} == {"make", "jar", "drop", "lids", "lid", "apps", "logs", "run"}
    assert [*jars] == ["j7f1"]  # what the run created is deleted


@pytest.mark.parametrize("knows_paths", [True, False])
def test_an_html_page_in_the_place_of_json_is_no_success(tmp_path: Path, knows_paths: bool) -> None:
    key, good = parameter("id", TEXT, "path", required=True), {"200": of_json({}), "401": EMPTY, "404": of_json({})}
    scheme = {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}
    paths = {"/notes/{id}": {"get": operation("note", key, responses=good, security=[{"key": []}])}}

    def send(request: Request) -> Response:
        if request.url == "/notes/1" and knows_paths:  # of every other path, the page of the application
            return _reply(200, {}) if request.headers.get("authorization") == "Bearer k" else Response(401)
        return Response(200, Headers((("Content-Type", "text/html"),)), b"<html></html>")

    contract = loaded(tmp_path, paths, components=scheme)
    run = Run(contract, Validator(contract), send, Options(budget=40, headers=(("Authorization", "Bearer k"),)))
    found = {one.rule for one in errors_of(run)}
    assert ("note" in run.journal.reached.successes) is knows_paths
    assert "security-not-enforced" not in found
    seen = Observed()
    seen.responses[("note", 200, "text/html" if not knows_paths else "application/json")] += 1
    assert [one.outcome for one in coverage_of(contract.operations(), seen)] == [
        "success" if knows_paths else "refused"
    ]


@pytest.mark.parametrize("is_open", [True, False])
def test_a_page_to_sign_in_is_a_refusal_also_where_no_content_is_documented(tmp_path: Path, is_open: bool) -> None:
    scheme = {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}
    paths = {"/ping": {"get": operation("ping", responses={"200": EMPTY}, security=[{"key": []}])}}
    page = Response(200, Headers((("Content-Type", "text/html"),)), b"<html></html>")

    def send(request: Request) -> Response:
        return Response(200) if is_open or request.headers.get("authorization") == "Bearer k" else page

    contract = loaded(tmp_path, paths, components=scheme)
    run = Run(contract, Validator(contract), send, Options(budget=20, headers=(("Authorization", "Bearer k"),)))
    assert ("security-not-enforced" in {one.rule for one in errors_of(run)}) is is_open


def test_what_one_limit_of_a_service_keeps_from_being_examined_is_one_finding(tmp_path: Path) -> None:
    paths = {f"/things{n}": {"get": operation(f"things{n}", responses={"200": of_json({})})} for n in range(6)}
    asked: list[str] = []

    def send(request: Request) -> Response:
        asked.append(request.url)
        return Response(429, Headers((("Retry-After", "3600"),))) if len(asked) > 3 else _reply(200, {})

    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), send, Options(budget=60))
    found = [one for one in errors_of(run) if one.rule in ("operation-untested", "operation-unfinished")]
    assert [one.message.partition(" asks")[0] for one in found] == [
        "3 operations were not examined, since overloaded: status 429",
        "3 operations were examined in part: overloaded: status 429",
    ]


def test_what_a_list_creates_is_read_and_deleted_at_a_path_of_its_own_and_refusals_that_say_most_are_shown(
    tmp_path: Path,
) -> None:
    key, name = parameter("silenceID", TEXT, "path", required=True), {"description": "A host, such as `example.com.`"}
    schema = {"type": "object", "required": ["name"], "properties": {"name": {**TEXT, **name}, "id": TEXT, "how": TEXT}}
    sent = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    refused = {"400": of_json({}), "404": of_json({})}
    paths = {
        "/silences": {"post": operation("create", responses={"200": of_json({}), **refused}, **sent)},
        "/silence/{silenceID}": {
            "get": operation("read", key, responses={"200": of_json({}), **refused}),
            "put": operation("change", key, responses={"200": of_json({}), **refused}, **sent),
            "delete": operation("drop", key, responses={"204": EMPTY, **refused}),
        },
    }
    made: dict[str, str] = {}

    def send(request: Request) -> Response:
        last = request.url.rpartition("/")[2]
        if request.method in ("POST", "PUT"):
            value = parse_json(request.body or b"null") if request.body and request.body[-1:] == b"}" else None
            text = value.get("name") if isinstance(value, dict) else None
            if request.method == "PUT" and text:
                return _reply(400, {"error": "Unknown algorithm of keys"}) if last in made else _reply(404, {})
            if not isinstance(text, str) or not text.endswith(".com.") or text in made.values():
                return _reply(400, {"error": "The name is not one of a host, or not new."})
            if "id" in value:
                return _reply(404, {})
            made[f"s{len(made)}x4k"] = text
            return _reply(200, {"silenceID": [*made][-1]})
        if last not in made:
            return _reply(404, {})
        return Response(204) if request.method == "DELETE" and made.pop(last) else _reply(200, {})

    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), send, Options(budget=150))
    said = [one.message for one in errors_of(run) if one.rule == "operation-untested"]
    assert {*run.journal.reached.successes} == {"create", "read", "drop"}
    assert len(said) == 1 and "400 (Unknown algorithm of keys); the request body is invented" in said[0]


@pytest.mark.parametrize(
    ("key", "schema", "wanted", "message"),
    [
        ("engine", TEXT, "toil", "Invalid engine: {}, please select from dict_keys(['toil', 'cwltool'])"),
        ("engine", TEXT, "toil", "unknown variant `{}`, expected one of `toil`, `cwltool`"),
        ("engine", TEXT, "toil", "engine must be one of: toil, cwltool or ep3"),
        ("engine", TEXT, "toil", "engine: not one of the values accepted: [toil, cwltool]"),
        ("level", {"type": "integer"}, 30, "level {} is none: it must be between 30 and 60"),
        ("fast", {"type": "boolean"}, True, "fast: only true is supported"),
        ("engine", TEXT, None, "Invalid engine: {}"),
    ],
)
def test_a_value_that_a_refusal_shows_is_sent(
    tmp_path: Path, key: str, schema: dict[str, object], wanted: object, message: str
) -> None:
    body = {"type": "object", "properties": {"text": TEXT, key: schema}, "required": ["text", key]}
    sent = {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}
    paths = {"/runs": {"post": operation("run", responses={"200": of_json({}), "400": of_json({})}, **sent)}}

    def send(request: Request) -> Response:
        try:
            value = parse_json(request.body or b"")[key]
        except (ValueError, KeyError, TypeError):
            return _reply(400, "JSON is wanted")
        return _reply(200, 1) if value == wanted else _reply(400, {"detail": message.format(value)})

    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), send, Options(budget=6))
    list(run.verdicts())
    assert {*run.journal.reached.successes} == ({"run"} if wanted else set())


def test_a_value_that_a_refusal_shows_is_sent_for_an_invented_parameter(tmp_path: Path) -> None:
    sort = parameter("sort", TEXT, "query", required=True)
    paths = {"/runs": {"get": operation("runs", sort, responses={"200": of_json({}), "400": of_json({})})}}

    def send(request: Request) -> Response:
        is_known = request.url.endswith("sort=name")
        return _reply(200, []) if is_known else _reply(400, {"detail": "sort has to be 'name' or 'date'"})

    contract = loaded(tmp_path, paths)
    run = Run(contract, Validator(contract), send, Options(budget=6))
    list(run.verdicts())
    assert {*run.journal.reached.successes} == {"runs"}


def test_a_refusal_of_what_exists_says_more_than_that_of_what_is_guessed(tmp_path: Path) -> None:
    key, refused = parameter("runId", TEXT, "path", required=True), {"400": of_json({}), "404": of_json({})}
    paths = {
        "/runs": {"get": operation("runs", responses={"200": of_json({"type": "array"})})},
        "/runs/{runId}/log": {"get": operation("log", key, responses={"200": of_json({}), **refused})},
    }

    def send(request: Request) -> Response:
        if request.url == "/runs":
            return _reply(200, [{"id": "run-51ab"}])
        return (
            _reply(404, "the log is not written yet") if "51ab" in request.url else _reply(400, "runId: wrong format")
        )

    contract = loaded(tmp_path, paths)
    found = errors_of(Run(contract, Validator(contract), send, Options(budget=12)))
    assert "the log is not written yet" in str([one.message for one in found if one.operation == "log"])
