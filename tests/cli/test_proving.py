"""`contract generate --prove`: code is compiled, called and checked; each kind of fault is named and has its exit status."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolkit.cli.main import run

Captured = pytest.CaptureFixture[str]
pytestmark = pytest.mark.slow
PROBLEM = {"description": "no", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
NOTES = {"description": "yes", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Notes"}}}}
LIMIT = {
    "name": "page-size",
    "in": "query",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 9},
}
PAGE = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}}
WALK = {
    "type": "offsetLimit",
    "inputs": [{"name": "page", "in": "parameters", "type": "page"}, {"name": "page-size", "in": "parameters", "type": "limit"}],
    "outputs": {"results": "$.notes"},
}  # fmt: skip
CONTRACT = {
    "openapi": "3.1.0",
    "info": {"title": "notes", "version": "1"},
    "servers": [{"url": "https://notes.example.com/v1"}],
    "security": [{"key": []}],
    "paths": {
        "/notes": {
            "get": {
                "operationId": "listNotes",
                "parameters": [LIMIT, PAGE],
                "x-speakeasy-pagination": WALK,
                "responses": {"200": NOTES, "400": PROBLEM, "404": PROBLEM},
            }
        }
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "schemas": {
            "Problem": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}},
            "Notes": {
                "type": "object",
                "required": ["notes"],
                "properties": {"notes": {"type": "array", "items": {"$ref": "#/components/schemas/Note"}}},
            },
            "Note": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
        },
    },
}
CLIENT = """
import json, urllib.error, urllib.parse, urllib.request

class Client:
    def configure(self, config):
        self.base, self.fields = config.base_url, config.headers

client = Client()

class Model:
    def __init__(self, value):
        self.value = value
    def to_dict(self):
        return self.value

def list_notes(page_size: int, page: int | None = None):
    query = {"page-size": page_size, "page": page}
    query = {name: one for name, one in query.items() if one is not None}
    try:
        url = client.base + "/notes?" + urllib.parse.urlencode(query)
        with urllib.request.urlopen(urllib.request.Request(url, headers=client.fields)) as response:
            return Model(json.load(response))
    except urllib.error.HTTPError as error:
        return Model(json.load(error))
"""
TOOL = """#!{python}
import sys
from pathlib import Path
if "--version" in sys.argv: sys.exit(print("clientele 2.0.1"))
out = Path(sys.argv[sys.argv.index("-o") + 1])
out.mkdir()
(out / "__init__.py").write_text("")
(out / "config.py").write_text("class Config:\\n    def __init__(self, **given): vars(self).update(given)\\n")
(out / "client.py").write_text({client!r})
"""
Prove = Callable[[str], tuple[int, list[str]]]


@pytest.fixture
def prove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Prove:
    """The exit status and the lines of a proof of code that a tool of the name clientele makes."""
    monkeypatch.chdir(tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    (tmp_path / "openapi.json").write_text(json.dumps(CONTRACT))
    target = '[tool.contract.generate.web]\ntool = "clientele"\nout = "made"\n'

    def proof(client: str, settings: str = target) -> tuple[int, list[str]]:
        (tmp_path / "pyproject.toml").write_text(settings)
        (programs / "clientele").write_text(TOOL.format(python=sys.executable, client=client))
        (programs / "clientele").chmod(0o755)
        status = run(["generate", "--prove", "--quiet"])
        captured = capsys.readouterr()
        assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
        return status, [*captured.out.splitlines()[1:], *captured.err.splitlines()]

    return proof


def test_code_that_keeps_the_contract_is_proven(prove: Prove) -> None:
    status, lines = prove(CLIENT)
    assert lines == ["web: compiles; decodes 6 of 6; errors 2 of 2; errors typed 2 of 2"]
    assert status == 0


def test_a_list_is_walked_by_the_cursor_that_its_first_page_names(prove: Prove) -> None:
    walk = {
        "type": "cursor",
        "inputs": [{"name": "after", "in": "parameters", "type": "cursor"}],
        "outputs": {"results": "$.notes", "nextCursor": "$.next"},
    }
    contract: Any = json.loads(json.dumps(CONTRACT))
    contract["components"]["schemas"]["Notes"]["properties"]["next"] = {"type": ["string", "null"]}
    parameters = [LIMIT, {"name": "after", "in": "query", "schema": {"type": "string"}}]
    contract["paths"]["/notes"]["get"] |= {"parameters": parameters, "x-speakeasy-pagination": walk}
    Path("openapi.json").write_text(json.dumps(contract))
    client = CLIENT.replace("page: int", "after: str").replace('"page": page}', '"after": after}')
    assert prove(client) == (0, ["web: compiles; decodes 6 of 6; errors 2 of 2; errors typed 2 of 2"])
    status, lines = prove(client.replace('"after": after}', '"after": None}'))
    assert status == 1 and "page 2: the second page is" in lines[1]


def test_a_list_is_walked_by_the_url_that_its_first_page_names(prove: Prove) -> None:
    outputs = {"results": "$.notes", "nextUrl": "$.next"}
    walk = {"type": "url", "inputs": [{"name": "page-size", "in": "parameters", "type": "limit"}], "outputs": outputs}
    contract: Any = json.loads(json.dumps(CONTRACT))
    contract["components"]["schemas"]["Notes"]["properties"]["next"] = {"type": ["string", "null"], "format": "uri"}
    contract["paths"]["/notes"]["get"] |= {"x-speakeasy-pagination": walk}
    Path("openapi.json").write_text(json.dumps(contract))
    assert prove(CLIENT) == (0, ["web: compiles; decodes 6 of 6; errors 2 of 2; errors typed 2 of 2"])
    status, lines = prove(CLIENT.replace('"page": page}', '"page": 1}'))
    assert status == 1 and "page 2: the second page is" in lines[1]


def test_a_list_is_walked_by_the_link_header_of_its_first_page(prove: Prove) -> None:
    contract: Any = json.loads(json.dumps(CONTRACT))
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Note"}}
    content, link = {"application/json": {"schema": schema}}, {"schema": {"type": "string"}}
    operation = contract["paths"]["/notes"]["get"]
    del operation["x-speakeasy-pagination"]
    operation["responses"]["200"] = {"description": "yes", "headers": {"Link": link}, "content": content}
    Path("openapi.json").write_text(json.dumps(contract))
    assert prove(CLIENT) == (0, ["web: compiles; decodes 6 of 6; errors 2 of 2; errors typed 2 of 2"])
    status, lines = prove(CLIENT.replace('"page": page}', '"page": 1}'))
    assert status == 1 and "page 2: the second page is" in lines[1]


@pytest.mark.parametrize(
    "before, after, words",
    [
        ("import json", "import json as", "does not compile"),
        ("query = {", "query = {**{}, 'page-size': 'many'} or {", 'the request breaks the contract: request.query.page-size: page-size: "many"'),
        ("json.load(response)", "{**json.load(response), 'notes': []}", "the response 200 was decoded otherwise: /notes is [], and [{"),
        ("json.load(error)", "{'code': 'other'}", "the response 400 was decoded otherwise: /code is \"other\""),
        ("json.load(error)", "json.loads(error)", "was not decoded: TypeError"),
        ('"page": page}', '"page": 1}', "page 2: the second page is"),
        ("page_size: int", "size: int", "not called: listNotes (list_notes has no parameter pagesize)"),
        ("headers=client.fields", "headers={}", "request.security: the request has no credentials (the header field X-Key)"),
        ("client.base +", "'http://localhost:1' +", "not called: listNotes (it calls another server, localhost:1)"),
        ("def list_notes", "def all_notes", "not called: listNotes (no function)"),
        ('"page-size": page_size', '"page-size": min(page_size, 9)', "an invalid value was not sent as it is"),
    ],
)  # fmt: skip
def test_a_fault_of_the_code_is_named_and_the_proof_fails(prove: Prove, before: str, after: str, words: str) -> None:
    assert before in CLIENT
    status, lines = prove(CLIENT.replace(before, after))
    assert words in "\n".join(lines)
    assert status == 1


def test_what_cannot_be_examined_is_named_and_is_not_well(prove: Prove) -> None:
    status, lines = prove(f"import no_such_library\n{CLIENT}")
    assert (status, lines) == (2, ["web: not compiled: no_such_library is not here"])


def test_a_tool_that_is_not_installed_leaves_the_proof_of_the_others(prove: Prove) -> None:
    other = '[tool.contract.generate.no]\ntool = "orval"\nout = "no.ts"\n'
    status, lines = prove(CLIENT, f'{other}[tool.contract.generate.web]\ntool = "clientele"\nout = "made"\n')
    assert status == 2 and lines[0].startswith("web: compiles; decodes 6 of 6") and "orval is not installed" in lines[1]
