"""The stand-in for a contract: every response conforms to the contract, whatever is asked; violations are refused and counted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import pytest
from support.places import ROOT
from yaml12 import parse_yaml

from toolkit.client.bodies import example_body
from toolkit.client.credentials import wrong
from toolkit.client.examples import parameter_values
from toolkit.contract.model import Contract
from toolkit.contract.paging import next_link
from toolkit.contract.promises import Facts
from toolkit.exchange import Headers, Request, Response
from toolkit.schema.scalars import read_moment
from toolkit.services import mock_state
from toolkit.services.listing import recent
from toolkit.services.mock import Mock
from toolkit.services.mock_state import State
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict

NOTES = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
servers: [{url: "https://api.example.com/v1"}]
paths:
  /notes:
    get:
      operationId: listNotes
      parameters:
      - {name: size, in: query, schema: {type: integer, minimum: 1, maximum: 9}}
      - {name: as, in: query, schema: {type: string, enum: [J, X]}}
      x-laws: {formats: {parameter: as, J: application/json, X: application/xml}}
      responses:
        "200":
          description: Notes.
          headers: {X-Rate: {required: true, schema: {type: integer, minimum: 7}}}
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Notes"}
              examples:
                none: {value: {notes: []}}
                two: {value: {notes: [{id: 1, text: one}, {id: 2, text: two}]}}
                bad: {value: {notes: [{id: one}]}}
                data: {dataValue: {notes: [{id: 3, text: data}]}}
            application/xml: {schema: {$ref: "#/components/schemas/Notes"}}
            text/csv: {schema: {type: string}, example: "id,text"}
        "400":
          description: Refused.
          content: {application/json: {schema: {$ref: "#/components/schemas/Error"}}}
        "503": {description: Busy., headers: {Retry-After: {schema: {type: integer, minimum: 1}}}}
    post:
      operationId: createNote
      security: [{key: []}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses:
        "201": {description: Made., content: {application/vnd.note+json: {schema: {$ref: "#/components/schemas/Note"}}}}
        4XX: {description: Refused., content: {application/json: {schema: {$ref: "#/components/schemas/Error"}}}}
  /notes/{id}:
    delete:
      operationId: deleteNote
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"204": {description: Gone.}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Notes:
      type: object
      required: [notes]
      properties: {notes: {type: array, xml: {wrapped: true}, items: {$ref: "#/components/schemas/Note", xml: {name: note}}}}
      xml: {name: Notes}
    Note:
      type: object
      required: [text]
      additionalProperties: false
      properties: {id: {type: integer, readOnly: true}, text: {type: string}, pin: {type: string, writeOnly: true}}
      xml: {name: Note}
    Error: {type: object, required: [code], properties: {code: {type: string, enum: [refused]}}}
"""
THINGS = """
openapi: 3.0.3
info: {title: Things, version: "1"}
paths:
  /notes:
    get:
      responses: {"200": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Notes"}}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: {"201": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}}
  /notes/{noteId}:
    parameters: [{name: noteId, in: path, required: true, schema: {type: integer}}]
    get:
      responses: &one
        "200": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
        "404": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Error"}}}}
    patch:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: *one
    delete:
      responses:
        "204": {description: .}
        "404": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Error"}}}}
  /notes/{noteId}/parts:
    parameters: [{name: noteId, in: path, required: true, schema: {type: integer}}]
    get:
      responses: {"200": {description: ., content: {application/json: {schema: {type: array, items: {type: string}}}}}}
components:
  schemas:
    Notes: {type: object, required: [notes], properties: {notes: {type: array, items: {$ref: "#/components/schemas/Note"}}}}
    Note:
      type: object
      required: [id, text]
      additionalProperties: false
      properties:
        id: {type: integer, readOnly: true}
        text: {type: string}
        secret: {type: string, writeOnly: true}
    Error: {type: object, required: [code], properties: {code: {type: string, enum: [refused]}}}
"""
JSON = {"Content-Type": "application/json", "X-Key": "k"}


LOST = """
openapi: 3.1.0
info: {title: lost, version: "1"}
paths:
  /found:
    get:
      parameters: [{name: n, in: query, schema: {type: integer}}]
      responses: {"200": {description: ok}, "404": {description: no}}
  /unusual:
    get:
      parameters: [{name: n, in: query, schema: {type: integer}}]
      responses: {"200": {description: ok}, "401": {description: no}, "480": {description: invalid}}
  /undocumented:
    get:
      parameters: [{name: n, in: query, schema: {type: integer}}]
      responses: {"200": {description: ok}, "401": {description: no}}
"""


@pytest.fixture
def mock(tmp_path: Path) -> Mock:
    return mock_of(tmp_path, NOTES)


def mock_of(folder: Path, text: str, seed: int = 0, *, stateful: bool = False) -> Mock:
    file = folder / "openapi.yaml"
    file.write_text(text)
    contract = Contract.load(file)
    return Mock(contract, seed, state=State(contract) if stateful else None)


def ask(mock: Mock, method: str, url: str, body: bytes = b"", **fields: str) -> Response:
    return told(mock, method, url, {name.replace("_", "-"): value for name, value in fields.items()}, body)[0]


def told(
    mock: Mock, method: str, url: str, fields: dict[str, str] | None = None, body: bytes = b""
) -> tuple[Response, Verdict]:
    return mock.respond(Request(method, url, Headers(tuple((fields or {}).items())), body))


def value(response: Response) -> Any:
    return json.loads(response.body or b"null")


def test_a_documented_example_is_the_response_and_the_base_path_of_a_server_may_stand_before_the_path(
    mock: Mock,
) -> None:
    response = ask(mock, "GET", "/v1/notes?size=2")
    assert (response.status, value(response)) == (200, {"notes": []})
    assert int(response.headers.get("X-Rate") or 0) >= 7
    assert ask(mock, "GET", "/notes?size=2").status == 200, "a client may have the base path in its address, or not"


@pytest.mark.parametrize(
    ("accept", "query", "status", "content_type"),
    [
        ("*/*", "", 200, "application/json"),
        ("", "", 200, "application/json"),
        (" , ,", "", 200, "application/json"),
        ("application/xml;q=0.5, application/json;q=0.1", "", 200, "application/xml"),
        ("text/*", "", 200, "text/csv"),
        ("text/csv", "", 200, "text/csv"),
        ("application/json;q=0, */*;q=0.1", "", 200, "application/xml"),
        ("application/json", "?as=X", 200, "application/xml"),
        ("image/png", "", 406, "application/problem+json"),
    ],
)
def test_the_media_type_is_the_one_that_the_client_wants(
    mock: Mock, accept: str, query: str, status: int, content_type: str
) -> None:
    response = ask(mock, "GET", f"/v1/notes{query}", Accept=accept)
    assert (response.status, response.headers.get("content-type")) == (status, content_type)


@pytest.mark.parametrize(
    ("wanted", "status", "held"),
    [
        ("code=503", 503, b""),
        ("respond-async, CODE=400", 400, b"refused"),
        ('example="two"; strict, wait=3', 200, b"two"),
        ("example=data", 200, b"data"),
        ("code=418", 400, b"200, 400, 503"),
        ("code=abc", 400, b"200, 400, 503"),
        ("example=three", 400, b"none, two, bad"),
        ("example=bad", 400, b"no value that conforms"),
    ],
)
def test_prefer_chooses_a_response_or_is_told_what_there_is(mock: Mock, wanted: str, status: int, held: bytes) -> None:
    response, verdict = told(mock, "GET", "/v1/notes", {"Prefer": wanted})
    assert response.status == status and held in (response.body or b"")
    assert verdict.conforms, "a wish is no violation of the contract"


def test_dynamic_values_change_with_each_request_and_follow_from_the_seed(tmp_path: Path) -> None:
    one, same, other = (mock_of(tmp_path, NOTES, seed) for seed in (3, 3, 4))
    several = [ask(one, "GET", "/v1/notes", Prefer="dynamic=true") for _ in range(3)]
    assert len({response.body for response in several}) == 3
    assert several[0].headers.get("preference-applied") == "dynamic=true"
    assert several == [ask(same, "GET", "/v1/notes", Prefer="dynamic=true") for _ in range(3)]
    assert several[0].body != ask(other, "GET", "/v1/notes", Prefer="dynamic=true").body


def test_a_made_response_has_what_a_response_has_and_not_what_only_a_request_has(mock: Mock) -> None:
    response = ask(mock, "POST", "/v1/notes", b'{"text": "a"}', **JSON)
    assert response.status == 201 and response.headers.get("content-type") == "application/vnd.note+json"
    assert value(response).keys() == {"id", "text"}


@pytest.mark.parametrize(
    ("method", "url", "fields", "body", "status", "form", "violation"),
    [
        ("GET", "/v1/notes?size=10", {}, b"", 400, "application/json", "parameter-invalid request.query.size"),
        ("POST", "/v1/notes", JSON, b'{"text": 1}', 400, "application/json", "schema-type request.body#/text"),
        ("POST", "/v1/notes", JSON, b"", 400, "application/json", "request-body-missing request.body"),
        (
            "POST",
            "/v1/notes",
            {"X-Key": "k", "Content-Type": "a/b"},
            b"a",
            415,
            "application/json",
            "request-media-type",
        ),
        (
            "POST",
            "/v1/notes",
            {"Content-Type": "application/json"},
            b'{"text": "a"}',
            401,
            "application/json",
            "security",
        ),
        ("DELETE", "/v1/notes/a", {}, b"", 400, "application/problem+json", "parameter-invalid request.path.id"),
        ("PUT", "/v1/notes", {}, b"", 405, "application/problem+json", "exchange-unmatched"),
        ("GET", "/v1/nothing", {}, b"", 404, "application/problem+json", "exchange-unmatched"),
    ],
)
def test_a_request_that_violates_the_contract_is_refused_in_the_form_of_the_contract(
    mock: Mock, method: str, url: str, fields: dict[str, str], body: bytes, status: int, form: str, violation: str
) -> None:
    response, verdict = told(mock, method, url, fields, body)
    assert (response.status, response.headers.get("content-type")) == (status, form)
    assert violation in (response.headers.get("contract-violations") or "")
    assert not verdict.conforms
    if form == "application/json":
        assert value(response) == {"code": "refused"}
    else:
        assert value(response)["status"] == status and value(response)["violations"]


def test_the_credentials_that_a_tester_makes_up_are_wrong_and_all_others_are_good(mock: Mock) -> None:
    operation = next(one for one in mock.contract.operations() if one.method == "POST" and one.node.get("security"))
    sent = Request("POST", "/v1/notes", Headers((("Content-Type", "application/json"),)), b'{"text": "a"}')
    response, verdict = mock.respond(wrong(sent, operation))
    assert response.status == 401 and value(response) == {"code": "refused"}
    assert [one.message for one in verdict.violations] == ["the credentials are wrong"]
    assert ask(mock, "POST", "/v1/notes", b'{"text": "a"}', **JSON).status == 201


def test_a_fault_is_refused_by_another_documented_status_where_400_is_not_documented(tmp_path: Path) -> None:
    mock = mock_of(tmp_path, LOST)
    assert [ask(mock, "GET", f"/{one}?n=x").status for one in ("found", "unusual", "undocumented")] == [404, 480, 400]


def test_xml_examples_given_as_text_are_lists_that_are_cut_into_pages() -> None:
    mock = Mock(Contract.load(ROOT / "openapi.yaml"))
    asked = "/?Action=DescribeRefreshTasks&DomainName=example.com&ObjectType=file&Format=XML&PageSize=1"
    pages = [ask(mock, "GET", f"{asked}&PageNumber={number}").body or b"" for number in (1, 50)]
    assert [page.count(b"<TaskId>") for page in pages] == [1, 0]


def test_405_says_what_is_allowed_and_head_is_get_without_a_body(mock: Mock) -> None:
    assert ask(mock, "PUT", "/v1/notes").headers.get("allow") == "GET, POST, HEAD"
    response, verdict = told(mock, "HEAD", "/v1/notes")
    assert (response.status, response.body, verdict.conforms) == (200, b"", True)
    assert (ask(mock, "DELETE", "/v1/notes/1").status, ask(mock, "DELETE", "/v1/notes/1").body) == (204, b"")


def test_a_request_is_never_too_large_too_deep_or_too_strange(mock: Mock) -> None:
    deep = b'{"text": ' + b"[" * 100_000
    many = "/v1/notes?" + "a=1&" * 20_000
    for method, url, body in (("POST", "/v1/notes", deep), ("GET", many, b""), ("GET", "/v1/notes?size=%ff%00", b"")):
        response, verdict = told(mock, method, url, JSON, body)
        assert 200 <= response.status < 500 and all(" " <= c <= "~" for _, text in response.headers.pairs for c in text)
        assert verdict.violations or response.status == 400


def test_the_command_serves_says_what_and_where_and_sums_up_when_it_is_ended(tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text(NOTES.replace("paths:\n", "paths:\n  /lost: {$ref: lost.yaml}\n"))
    command = [
        sys.executable,
        "-m",
        "toolkit.cli",
        "mock",
        "--contract",
        "notes.yaml",
        "--port",
        "0",
        "--report",
        "json=r.json",
    ]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stderr and process.stdout
        first = process.stderr.readline()
        assert "notes.yaml: 3 operations, mocked at http://127.0.0.1:" in first
        assert "lost.yaml" in (lost := process.stderr.readline()) and lost.endswith(
            ": left out; correct the contract there\n"
        )
        url = first[first.index("http") :].split()[0]
        with urlopen(f"{url}/v1/notes") as response:
            assert json.load(response) == {"notes": []}
        with pytest.raises(HTTPError, match="400"):
            urlopen(f"{url}/v1/notes?size=many")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM
        assert 'size: "many" is a string' in process.stdout.read()
        assert process.stderr.read() == "contract: ended by SIGTERM\n"
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["summary"]["exchanges"] == 2 and "lost.yaml" in report["notes"][0]
    assert sum(one["properties"]["seen"] for one in report["coverage"] if "properties" in one) > 0


def test_a_list_is_filtered_and_cut_into_pages_as_its_laws_promise() -> None:
    mock = Mock(Contract.load(ROOT / "examples/notes/openapi.yaml"))
    every = value(ask(mock, "GET", "/notes?size=20"))
    assert every["total"] == len(every["notes"]) == len({note["id"] for note in every["notes"]}) > 5
    at_work = value(ask(mock, "GET", "/notes?size=20&tag=work"))
    assert at_work["notes"] == [note for note in every["notes"] if note["tag"] == "work"] != []
    assert value(ask(mock, "GET", "/notes?size=2&page=2")) == {**every, "notes": every["notes"][2:4]}
    assert value(ask(mock, "GET", "/notes?size=5&page=99"))["notes"] == []


def test_a_refusal_has_the_code_and_the_message_that_the_contract_promises() -> None:
    mock = Mock(Contract.load(ROOT / "openapi.yaml"))
    error = value(ask(mock, "GET", "/?Action=DescribeRefreshTasks&ObjectType=file&Format=JSON"))
    assert error["Code"] == "MissingParameter" and "DomainName" in error["Message"]


@pytest.mark.parametrize("end", [{"type": ["string", "null"]}, {"type": "string", "minLength": 1}, {"type": "integer"}])
def test_a_list_is_walked_by_cursors_to_its_end(tmp_path: Path, end: dict[str, Any]) -> None:
    document: Any = parse_yaml(THINGS)
    document["components"]["schemas"]["Notes"]["properties"]["next"] = end
    cursor = {
        "name": "after",
        "in": "query",
        "schema": {"type": "integer"} if end["type"] == "integer" else {"type": "string"},
    }
    outputs = {"results": "$.notes", "nextCursor": "$.next"}
    inputs = [{"name": "after", "in": "parameters", "type": "cursor"}]
    walk = {"type": "cursor", "inputs": inputs, "outputs": outputs}
    document["paths"]["/notes"]["get"] |= {"parameters": [cursor], "x-speakeasy-pagination": walk}
    mock, found, following = mock_of(tmp_path, json.dumps(document)), list[Any](), ""
    empty = Mock(mock.contract, state=State(mock.contract))
    assert not json.loads(ask(empty, "GET", "/notes").body or b"").get("next"), "nothing follows an empty list"
    for _ in range(20):
        value = json.loads(ask(mock, "GET", f"/notes{following}").body or b"")
        found += value["notes"]
        if not value.get("next"):
            break
        following = f"?after={value['next']}"
    assert 2 < len(found) == len({json.dumps(one) for one in found}) < 20


@pytest.mark.parametrize("name", ["page", "offset"])
def test_a_list_is_walked_by_the_urls_of_its_next_pages_to_its_end(tmp_path: Path, name: str) -> None:
    document: Any = parse_yaml(THINGS)
    document["components"]["schemas"]["Notes"]["properties"]["next"] = {"type": ["string", "null"], "format": "uri"}
    parameters = [{"name": one, "in": "query", "schema": {"type": "integer"}} for one in (name, "limit")]
    walk = {"type": "url", "inputs": [], "outputs": {"results": "$.notes", "nextUrl": "$.next"}}
    document["paths"]["/notes"]["get"] |= {"parameters": parameters, "x-speakeasy-pagination": walk}
    mock, found, url = mock_of(tmp_path, json.dumps(document)), list[Any](), "/notes?limit=2"
    for _ in range(20):
        value = json.loads(ask(mock, "GET", url, Host="h:1").body or b"")
        found += value["notes"]
        if not value["next"]:
            break
        assert value["next"].startswith("http://h:1/notes?limit=2&") and len(value["notes"]) == 2
        url = value["next"].removeprefix("http://h:1")
    assert 2 < len(found) == len({json.dumps(one) for one in found}) < 20


def test_with_state_what_is_created_is_listed_read_changed_and_gone_after_its_deletion(tmp_path: Path) -> None:
    mock = mock_of(tmp_path, THINGS, stateful=True)
    assert value(ask(mock, "GET", "/notes")) == {"notes": []}
    made = ask(mock, "POST", "/notes", b'{"text": "milk", "secret": "s"}', **JSON)
    note = value(made)
    assert made.status == 201 and note["text"] == "milk" and note.keys() == {"id", "text"}
    assert made.headers.get("location") == f"/notes/{note['id']}"
    other = value(ask(mock, "POST", "/notes", b'{"text": "bread"}', **JSON))
    assert other["id"] != note["id"]
    here = f"/notes/{note['id']}"
    assert value(ask(mock, "GET", "/notes")) == {"notes": [note, other]} and value(ask(mock, "GET", here)) == note
    changed = ask(mock, "PATCH", here, b'{"text": "oats"}', **JSON)
    assert value(changed) == value(ask(mock, "GET", here)) == {**note, "text": "oats"}
    assert value(ask(mock, "GET", f"{here}/parts")) == ["aaa"], (
        "of what nothing is created, the contract's own response"
    )
    assert ask(mock, "DELETE", here).status == 204
    gone = [ask(mock, method, url) for method, url in (("GET", here), ("DELETE", here), ("GET", f"{here}/parts"))]
    assert [(one.status, value(one).get("code")) for one in gone[:2]] == [(404, "refused")] * 2
    assert gone[2].status == 404 and value(ask(mock, "GET", "/notes")) == {"notes": [other]}


def test_with_state_what_no_path_names_is_listed_too_and_in_pages(tmp_path: Path) -> None:
    text = """
openapi: 3.1.0
info: {title: Logs, version: "1"}
paths:
  /logs:
    get:
      parameters: [{name: page, in: query, schema: {type: integer}}, {name: size, in: query, schema: {type: integer, default: 2}}]
      responses: {"200": {description: ., content: {application/json: {schema: {required: [total, logs], properties: {
        total: {type: integer}, logs: {type: array, items: {$ref: "#/components/schemas/Log"}}}}}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Log"}}}}
      responses: {"201": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Log"}}}}}
components: {schemas: {Log: {type: object, additionalProperties: false, required: [line], properties: {line: {type: string}}}}}
"""
    mock = mock_of(tmp_path, text, stateful=True)
    made = [ask(mock, "POST", "/logs", json.dumps({"line": line}).encode(), **JSON) for line in "abc"]
    assert [one.headers.get("location") for one in made] == [None] * 3
    assert value(ask(mock, "GET", "/logs")) == {"total": 3, "logs": [{"line": "a"}, {"line": "b"}]}
    assert value(ask(mock, "GET", "/logs?page=2")) == {"total": 3, "logs": [{"line": "c"}]}


TICKETS = """
openapi: 3.1.0
info: {title: Tickets, version: "1"}
paths:
  /#CreateTicket:
    post:
      parameters: [{name: Action, in: query, required: true, schema: {const: CreateTicket}}]
      requestBody: {content: {application/json: {schema: {properties: {Title: {type: string}}}}}}
      responses: {"200": {$ref: "#/components/responses/One"}}
  /#ListTickets:
    get:
      parameters: [{name: Action, in: query, required: true, schema: {const: ListTickets}}]
      responses: {"200": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/List"}}}}}
  /#GetTicket: {get: &one {
      parameters: [{name: Action, in: query, required: true, schema: {const: GetTicket}}, {$ref: "#/components/parameters/Id"}],
      responses: {"200": {$ref: "#/components/responses/One"}, "404": {$ref: "#/components/responses/Gone"}}}}
  /#UpdateTicket: {post: {<<: *one,
      parameters: [{name: Action, in: query, required: true, schema: {const: UpdateTicket}}, {$ref: "#/components/parameters/Id"},
                   {name: Title, in: query, schema: {type: string}}]}}
  /#DeleteTicket: {post: {<<: *one,
      parameters: [{name: Action, in: query, required: true, schema: {const: DeleteTicket}}, {$ref: "#/components/parameters/Id"}]}}
  /#GetQueue: {get: {<<: *one,
      parameters: [{name: Action, in: query, required: true, schema: {const: GetQueue}}, {$ref: "#/components/parameters/Id"}]}}
components:
  parameters:
    Id: {name: TicketId, in: query, required: true, schema: {type: integer, minimum: 1}}
  responses:
    One: {description: ., content: {application/json: {schema: {
      type: object, required: [Ticket], properties: {Ticket: {$ref: "#/components/schemas/Ticket"}}}}}}
    Gone: {description: ., content: {application/json: {schema: {type: object, required: [Error], properties: {
      Error: {type: object, required: [Message], properties: {Message: {type: string}}}}}}}}
  schemas:
    Ticket: {type: object, required: [TicketId, Title], properties: {TicketId: {type: integer, minimum: 1}, Title: {type: string}}}
    List: {type: object, required: [Tickets], properties: {
      Tickets: {type: array, items: {$ref: "#/components/schemas/Ticket"}}, TotalCount: {type: integer}}}
"""


def test_in_rpc_style_too_what_is_created_is_listed_read_changed_and_gone_after_its_deletion(tmp_path: Path) -> None:
    mock = mock_of(tmp_path, TICKETS, stateful=True)
    assert value(ask(mock, "GET", "/?Action=ListTickets")) == {"Tickets": [], "TotalCount": 0}
    one, other = (
        value(ask(mock, "POST", "/?Action=CreateTicket", b'{"Title": "%b"}' % text, **JSON))["Ticket"]
        for text in (b"a", b"b")
    )
    assert (one["Title"], other["Title"]) == ("a", "b")
    assert value(ask(mock, "GET", "/?Action=ListTickets")) == {"Tickets": [one, other], "TotalCount": 2}
    here, changed = f"TicketId={one['TicketId']}", {"Ticket": {**one, "Title": "c"}}
    assert value(ask(mock, "POST", f"/?Action=UpdateTicket&{here}&Title=c")) == changed
    assert value(ask(mock, "GET", f"/?Action=GetTicket&{here}")) == changed
    assert ask(mock, "POST", f"/?Action=DeleteTicket&{here}").status == 200
    gone = ask(mock, "GET", f"/?Action=GetTicket&{here}")
    assert (gone.status, value(gone)["Error"]) == (404, {"Message": f"there is no TicketId '{one['TicketId']}'"})
    assert value(ask(mock, "GET", "/?Action=ListTickets"))["Tickets"] == [other]
    assert ask(mock, "GET", f"/?Action=GetQueue&{here}").status == 200, "nobody creates queues; of one is any known"


def test_an_unknown_action_is_refused_with_a_status_that_all_actions_of_its_method_have(tmp_path: Path) -> None:
    document: Any = parse_yaml(TICKETS)
    gone = {"$ref": "#/components/responses/Gone"}
    for path, statuses in (
        ("/#GetTicket", ("404", "400")),
        ("/#ListTickets", ("400",)),
        ("/#GetQueue", ("404", "400")),
    ):
        document["paths"][path]["get"]["responses"] = dict.fromkeys(("200", *statuses), gone)
    assert ask(mock_of(tmp_path, json.dumps(document)), "GET", "/?Action=GetNothing").status == 400


def test_a_property_that_is_shown_with_another_type_than_it_is_sent_with_hides_neither_the_thing_nor_the_rest_of_it(
    tmp_path: Path,
) -> None:
    document: Any = parse_yaml(THINGS)
    note = document["components"]["schemas"]["Note"]
    note["properties"] |= {"size": {"type": "string"}, "name": {"type": "string"}}
    sent = {"type": "object", "properties": {"size": {"type": "integer"}, "name": {"type": "string"}}}
    for path, method in (("/notes", "post"), ("/notes/{noteId}", "patch")):
        document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"] = sent
    shown = document["paths"]["/notes/{noteId}"]["get"]["responses"]["200"]["content"]["application/json"]
    shown["schema"] = {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/components/schemas/Note"}}
    mock = mock_of(tmp_path, json.dumps(document), stateful=True)
    made = value(ask(mock, "POST", "/notes", b'{"size": 1, "name": "a"}', **JSON))
    assert made["name"] == "a" and value(ask(mock, "GET", f"/notes/{made['id']}")) == [made]
    ask(mock, "PATCH", f"/notes/{made['id']}", b'{"size": 2, "name": "b"}', **JSON)
    listed = value(ask(mock, "GET", "/notes"))["notes"]
    assert [(one["id"], one["name"]) for one in listed] == [(made["id"], "b")]


@pytest.mark.parametrize("is_merge", [True, False])
def test_null_in_an_update_takes_a_property_away_and_hides_no_other_thing(tmp_path: Path, is_merge: bool) -> None:
    document: Any = parse_yaml(THINGS)
    media = "application/merge-patch+json" if is_merge else "application/json"
    text = {"type": "string", "nullable": True}
    body = {"content": {media: {"schema": {"properties": {"text": text, "extra": text}}}}}
    document["paths"]["/notes/{noteId}"]["patch"]["requestBody"] = body
    note = document["components"]["schemas"]["Note"]
    note["properties"]["extra"] = {"type": "string"} if is_merge else text
    mock = mock_of(tmp_path, json.dumps(document), stateful=True)
    bodies = [json.dumps({"text": one, "extra": one}).encode() for one in "ab"]
    made = [value(ask(mock, "POST", "/notes", body, **JSON)) for body in bodies]
    here = f"/notes/{made[0]['id']}"
    ask(mock, "PATCH", here, b'{"extra": null}', Content_Type=media)
    listed = value(ask(mock, "GET", "/notes"))["notes"]
    rest = {name: one for name, one in made[0].items() if name != "extra"}
    assert listed == [rest if is_merge else {**rest, "extra": None}, made[1]]
    ask(mock, "PATCH", here, b'{"text": null}', Content_Type=media)  # of which no response can be shown
    assert [one["id"] for one in value(ask(mock, "GET", "/notes"))["notes"]] == [one["id"] for one in made]


SETTINGS = """
openapi: 3.1.0
info: {title: Settings, version: "1"}
paths:
  /settings:
    get:
      responses:
        "200": &shown
          description: .
          content:
            application/json:
              schema: &whole {type: object, properties: {a: {type: string}, b: {type: string}}}
              example: {a: x, b: y}
    put: &update {requestBody: {content: {application/json: {schema: *whole}}}, responses: {"200": *shown}}
    patch: *update
  /states/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {"200": *shown}}
    put: *update
"""


@pytest.mark.parametrize("stateful", [False, True])
def test_what_there_is_one_of_is_as_it_was_updated(tmp_path: Path, stateful: bool) -> None:
    mock = mock_of(tmp_path, SETTINGS, stateful=stateful)
    assert value(ask(mock, "GET", "/settings")) == {"a": "x", "b": "y"}
    assert value(ask(mock, "PATCH", "/settings", b'{"a": "p"}', **JSON)) == {"a": "p", "b": "y"}
    assert value(ask(mock, "GET", "/settings")) == {"a": "p", "b": "y"}
    assert ask(mock, "PUT", "/settings", b'{"a": "q", "b": "r"}', **JSON).status == 200
    assert value(ask(mock, "GET", "/settings")) == {"a": "q", "b": "r"}
    assert value(ask(mock, "GET", "/settings", Prefer="code=200")) == {"a": "x", "b": "y"}
    assert ask(mock, "PUT", "/states/1", b'{"a": "q"}', **JSON).status == 200
    assert value(ask(mock, "GET", "/states/1")) == {"a": "x", "b": "y"}, "nobody creates states; of one is any known"


def test_what_a_response_does_not_name_is_listed_under_the_name_that_its_location_has() -> None:
    contract = Contract.load(Path(__file__).parent / "shelves.yaml")
    mock = Mock(contract, state=State(contract))
    locations = [ask(mock, "POST", "/shelves", b'{"label": "a"}', **JSON).headers.get("location") for _ in "ab"]
    listed = value(ask(mock, "GET", "/shelves", **JSON))
    assert [f"/shelves/{one['id']}" for one in listed["items"]] == locations and listed["total"] == 2


BOOKS = """
openapi: 3.1.0
info: {title: Books, version: "1"}
paths:
  /shelves:
    post: {responses: {"201": {description: ., content: {application/json: {schema: {type: object, properties: {id: {type: integer}}}}}}}}
  /shelves/{shelf_id}:
    parameters: [{name: shelf_id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {"200": {description: .}, "404": {$ref: "#/components/responses/Gone"}}}
  /shelves/{shelf_id}/books:
    parameters: [{name: shelf_id, in: path, required: true, schema: {type: integer}}]
    post:
      responses:
        "201": {description: ., content: {application/json: {schema: {type: object, required: [shelfId], properties: {shelfId: {type: integer}}}}}}
        "404": {$ref: "#/components/responses/Gone"}
        "503": {$ref: "#/components/responses/Gone"}
  /shelves/{shelf_id}/books/{book}:
    parameters: [{name: shelf_id, in: path, required: true, schema: {type: integer}}, {name: book, in: path, required: true, schema: {type: integer}}]
    get: {responses: {"200": {description: .}}}
components:
  responses:
    Gone:
      description: .
      content:
        application/problem+json:
          schema: {type: object, required: [status, detail], properties: {status: {type: integer}, title: {enum: [Error]}, detail: {type: string}}}
"""


def test_what_is_created_below_another_thing_belongs_to_it_and_an_error_says_its_status_and_what_is_wrong(
    tmp_path: Path,
) -> None:
    mock = mock_of(tmp_path, BOOKS, stateful=True)
    shelf = value(ask(mock, "POST", "/shelves"))["id"]
    assert value(ask(mock, "POST", f"/shelves/{shelf}/books"))["shelfId"] == shelf
    gone = value(ask(mock, "POST", f"/shelves/{shelf + 1}/books"))
    assert gone == {"status": 404, "title": "Error", "detail": f"there is no shelf_id '{shelf + 1}'"}
    assert value(ask(mock, "POST", f"/shelves/{shelf}/books", Prefer="code=503"))["status"] == 503


def test_the_things_that_are_kept_are_bounded_the_oldest_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mock_state, "MOST_THINGS", 2)
    mock = mock_of(tmp_path, THINGS, stateful=True)
    for text in "abc":
        ask(mock, "POST", "/notes", json.dumps({"text": text}).encode(), **JSON)
    assert [note["text"] for note in value(ask(mock, "GET", "/notes"))["notes"]] == ["b", "c"]


CONTRACTS = [
    pytest.param(ROOT / "openapi.yaml", marks=pytest.mark.slow),
    *sorted((ROOT / "examples").rglob("openapi.yaml")),
    *sorted(Path(__file__).parent.glob("*.yaml")),
]


@pytest.mark.parametrize("file", CONTRACTS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_documented_response_conforms(file: Path) -> None:
    contract = Contract.load(file).without_base()
    mock, validator = Mock(contract), Validator(contract)
    for operation in contract.operations():
        request = valid_request(operation)
        for key in ("", *(key for key in operation.responses if key.isdigit())):
            fields = (*request.headers.pairs, *((("Prefer", f"code={key}"),) if key else ()))
            sent = Request(request.method, request.url, Headers(fields), request.body)
            response, verdict = mock.respond(sent)
            assert verdict.conforms, f"{operation.name}: {verdict}"
            assert response.status == int(key) if key else response.status < 400
            assert not list(validator.check_response(operation, response).violations), (operation.name, key)


def valid_request(operation: Any) -> Request:
    """A request with a valid value of each parameter that is required, and credentials of every kind."""
    url, query, cookies = operation.route.template, [], []
    fields = [("Authorization", "Bearer x"), ("X-Key", "x")]
    for parameter in operation.parameters:
        text = next(parameter_values(parameter), None)
        if parameter.location == "path" and isinstance(text, str):
            url = url.replace(f"{{{parameter.name}}}", quote(text, safe=""))
        elif parameter.required and isinstance(text, str):
            place = {"query": query, "header": fields}.get(parameter.location, cookies)
            place.append((parameter.name, text))
    fields += [("Cookie", f"{name}={text}") for name, text in cookies]
    content = example_body(operation)
    fields += [("Content-Type", content[0])] if content else []
    return Request(
        operation.method, f"{url}?{urlencode(query)}", Headers(tuple(fields)), content[1] if content else b""
    )


def test_the_laws_of_the_shipped_contract_hold_for_the_mock() -> None:
    mock = Mock(Contract.load(ROOT / "openapi.yaml"))
    asked = "/?Action=DescribeRefreshTasks&DomainName=example.com&ObjectType=file&Format="
    values = [value(ask(mock, "GET", asked + "JSON")) for _ in range(3)]
    wrong = ask(mock, "GET", asked + "no")
    other = [value(ask(mock, "GET", f"/?Action=Other{number}&Format=JSON")) for number in (1, 2)]
    known = [one["RequestId"] for one in values + other]
    assert len(set(known)) == len(known)
    now = datetime.now(UTC)
    ages = [now - datetime.fromisoformat(task["CreationTime"]) for task in values[0]["Tasks"]["Task"]]
    assert len(ages) == 2 and all(timedelta() <= age <= timedelta(days=3) for age in ages)
    assert (wrong.status, wrong.headers.get("content-type")) == (400, "application/xml")  # by the default of Format


@pytest.mark.parametrize(
    "items, order",
    [
        ([{"at": "2014-01-01T00:00:00Z"}, {"at": "2014-01-09T00:00:00Z"}, {"at": "2014-01-05T00:00:00Z"}], [1, 2, 0]),
        ([{"at": "2014-01-01T00:00:00Z"}, {"at": "none"}, {}], [0, 1, 2]),
    ],
)
def test_times_are_brought_into_the_window(items: list[Any], order: list[int]) -> None:
    facts = Facts(listed=(), window=(("at",), timedelta(days=3)), order=(("-", ("at",)),))
    now = datetime(2026, 11, 26, 17, tzinfo=UTC)
    moved = recent([{**item, "number": number} for number, item in enumerate(items)], facts, now)
    found = [read_moment(item.get("at")) for item in moved]
    assert all(one is None or timedelta() <= now - one <= timedelta(days=3) for one in found)
    assert [item["number"] for item in moved] == order


LINKED = """
openapi: 3.1.0
info: {title: Issues, version: "1"}
paths:
  /issues:
    get:
      operationId: listIssues
      parameters:
      - {name: per_page, in: query, schema: {type: integer, minimum: 1, maximum: 50}}
      - {name: page, in: query, schema: {type: integer, minimum: 1, default: 1}}
      responses:
        "200":
          description: Issues.
          headers: {Link: {schema: {type: string}}}
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Issue"}}}}
        "400":
          description: Refused.
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Issue"}}}}
      responses: {"201": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Issue"}}}}}
  /issues/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {"200": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Issue"}}}}}}
components: {schemas: {Issue: {type: object, required: [id], properties: {id: {type: integer}}}}}
"""


@pytest.mark.parametrize("stateful", [False, True])
def test_pages_are_linked_by_a_header_where_the_contract_documents_one(tmp_path: Path, stateful: bool) -> None:
    mock = mock_of(tmp_path, LINKED, stateful=stateful)
    for number in range(5) if stateful else ():
        ask(mock, "POST", "/issues", b'{"id": %d}' % number, **JSON)
    url, found = "/issues?per_page=2", list[int]()
    while url:
        response = ask(mock, "GET", url)
        page = value(response)
        assert len(page) in (1, 2)
        found += [item["id"] for item in page]
        link = next_link(response.headers)
        url = link.partition("localhost")[2] if link else ""
    assert len(found) >= 4 and len(set(found)) == len(found)


@pytest.mark.parametrize("others, status", [("4XX: {}", 400), ("default: {}", 400), ("'401': {}", 404)])
def test_a_bad_request_is_refused_by_what_means_it_before_another_status(
    tmp_path: Path, others: str, status: int
) -> None:
    text = LINKED.replace('"400":', f'{others}\n        "404":')
    assert ask(mock_of(tmp_path, text), "GET", "/issues?per_page=0").status == status


def test_a_put_replaces_a_thing_and_keeps_what_no_request_can_say(tmp_path: Path) -> None:
    note = "{type: object, required: [id], properties: {id: {type: integer, readOnly: true}, text: {type: string}, at: {type: string}}}"
    one = "content: {application/json: {schema: {$ref: '#/components/schemas/Issue'}}}"
    put = f"    put:\n      requestBody: {{{one}}}\n      responses: {{'200': {{description: ., {one}}}}}\n"
    text = LINKED.replace("{type: object, required: [id], properties: {id: {type: integer}}}", note)
    text = text.replace("components:", f"{put}{put.replace('put:', 'patch:')}components:")
    mock = mock_of(tmp_path, text, stateful=True)
    made = value(ask(mock, "POST", "/issues", b'{"text": "a", "at": "b"}', **JSON))
    url = f"/issues/{made['id']}"
    assert made == {"id": made["id"], "text": "a", "at": "b"}
    assert value(ask(mock, "PATCH", url, b'{"text": "c"}', **JSON)) == {**made, "text": "c"}
    ask(mock, "PUT", url, b'{"text": "d"}', **JSON)
    assert value(ask(mock, "GET", url)) == {"id": made["id"], "text": "d"}


def test_a_refusal_names_the_place_in_the_body(tmp_path: Path) -> None:
    error = "{type: object, required: [detail], properties: {detail: {type: string}}}"
    text = LINKED.replace(
        '"201": {', f'"400": {{description: ., content: {{application/json: {{schema: {error}}}}}}}, "201": {{'
    )
    refused = ask(mock_of(tmp_path, text), "POST", "/issues", b'{"id": "one"}', **JSON)
    assert refused.status == 400 and "/id: " in value(refused)["detail"]


@pytest.mark.parametrize("example, shown", [("", 41), (", example: {id: 5}", 5)])
def test_what_creates_something_says_what_was_sent_where_there_is_no_example(
    tmp_path: Path, example: str, shown: int
) -> None:
    one = '"201": {description: ., content: {application/json: {schema: {$ref: "#/components/schemas/Issue"}'
    assert one in LINKED
    mock = mock_of(tmp_path, LINKED.replace(one, one + example))
    made = ask(mock, "POST", "/issues", b'{"id": 41}', **JSON)
    assert value(made)["id"] == shown


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/jsonl", b'{"data": "aaa"}\n'),
        ("application/json-seq", b'\x1e{"data": "aaa"}\n'),
        ("text/event-stream", b"data: aaa\n\n"),
        ("text/event-stream; charset=utf-8", b"data: aaa\n\n"),
    ],
)
def test_a_stream_has_an_item(media: str, body: bytes, tmp_path: Path) -> None:
    assert streamed(media, "{type: string, minLength: 3}", tmp_path) == body


def test_the_data_of_an_event_is_what_its_content_schema_says(tmp_path: Path) -> None:
    data = "{type: string, contentMediaType: application/json, contentSchema: {type: array, items: {const: 5}, minItems: 1}}"
    assert streamed("text/event-stream", data, tmp_path) == b"data: [5]\n\n"


def streamed(media: str, data: str, tmp_path: Path) -> bytes | None:
    schema = f"{{type: object, required: [data], properties: {{data: {data}}}}}"
    text = f"""
openapi: 3.2.0
info: {{title: Lines, version: '1'}}
paths:
  /lines: {{get: {{responses: {{'200': {{description: Done, content: {{{media}: {{itemSchema: {schema}}}}}}}}}}}}}
"""
    return ask(mock_of(tmp_path, text), "GET", "/lines").body
