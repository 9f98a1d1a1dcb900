"""Odd contracts, addresses and payloads: one line, in bounded time and memory, without network or other files."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.contracts import HERE, PATHS, answer, as_json, get, loaded, operation, parameter, used
from support.places import ROOT
from yaml12 import parse_yaml as parse

from toolkit.contract import model as contract_module
from toolkit.contract.model import Contract
from toolkit.contract.promises import read_facts
from toolkit.document import files as document
from toolkit.document.files import Files, Node
from toolkit.errors import ContractError
from toolkit.exchange import Exchange, Request
from toolkit.validation.validator import Validator


@pytest.mark.parametrize(
    ("schema", "broken"),
    [
        ("{$ref: '#/components/schemas/Tree'}", ["schema-type"]), ("{allOf: [{$ref: '#/components/schemas/Tree'}]}", ["schema-type"]),
        ("{pattern: '(?P<x'}", []), ("{properties: {name: {pattern: '(a+)+$'}}}", []),
        ("{type: foo}", ["contract-unusable"]), ("{enum: x}", ["contract-unusable"]),
        ("{type: object, description: , title: 2023, examples: {a: 1}, properties: {name: {format: , required: true, deprecated: x}}}", []),
        ("{x-a: {$ref: 1}, example: {$ref: 'http://x'}, type: object}", []),
        ("{properties: {true: {}, null: {}, 1.5: {}, 7: {}}, additionalProperties: true}", []),
        ("{properties: {$ref: {type: string}, name: {type: 'null'}}}", []),
    ],
)  # fmt: skip
def test_an_odd_schema_breaks_rules_and_nothing_else(tmp_path: Path, schema: str, broken: list[str]) -> None:
    tree = "components: {schemas: {Tree: {type: object, properties: {child: {$ref: '#/components/schemas/Tree'}}}}}"
    (tmp_path / "c.yaml").write_text(PATHS % schema + tree)
    assert used(Contract.load(tmp_path / "c.yaml")) == broken


def test_what_is_whole_of_an_exchange_is_judged_beside_what_is_not(tmp_path: Path) -> None:
    whole, lost = {"type": "integer"}, {"type": "integr"}
    headers = {"X-A": {"schema": lost}, "X-B": {"schema": whole}}
    responses = {"200": {"description": "", "headers": headers, "content": {"application/json": {"schema": lost}}}}
    body = {"content": {"application/json": {"schema": lost}}}
    parameters = (parameter("a", lost), parameter("b", whole), parameter("c", whole, "header"))
    paths = {"/x": {"post": operation("x", *parameters, requestBody=body, responses=responses)}}
    fields = (("Content-Type", "application/json"), ("c", "x"))
    request = get("/x?a=x&b=x", *fields, body=b"{}", method="POST")
    response = as_json(200, {}, **{"X-A": "x", "X-B": "x"})
    found = Validator(loaded(tmp_path, paths)).check(Exchange(request, response)).violations
    assert [(one.rule, one.at) for one in found] == [
        ("contract-unusable", "request.query.a"), ("parameter-invalid", "request.query.b"), ("parameter-invalid", "request.header.c"),
        ("contract-unusable", "request.body"), ("contract-unusable", "response.header.X-A"), ("header-invalid", "response.header.X-B"),
        ("contract-unusable", "response.body"),
    ]  # fmt: skip


SMALL = parse("""
openapi: 3.0.3
servers: [{url: 'https://{host}/v1', variables: {host: {default: api.example.com}}}]
paths:
  /pets:
    parameters: [{name: X-Trace, in: header, schema: {type: string, maxLength: 9}}]
    get:
      operationId: list
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, exclusiveMinimum: true}}
        - {name: tags, in: query, explode: false, schema: {type: array, items: {type: string, enum: [a, b]}}}
        - {name: where, in: query, style: deepObject, schema: {type: object, properties: {n: {type: integer}}}}
        - {name: filter, in: query, content: {application/json: {schema: {type: object}}}}
      responses:
        '200':
          headers: {X-Count: {required: true, schema: {type: integer}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Pets'}}, application/xml: {schema: {$ref: '#/components/schemas/Pets'}}}
      x-speakeasy-pagination: {type: offsetLimit, inputs: [{name: limit, type: limit}], outputs: {results: $.a}}
      x-laws: {identity: id, order: [-id], filters: {limit: {item: id, is: equal}}, window: {item: id, last: P3D}, within: PT2S}
    post:
      x-dependencies: ['Or(a, b)']
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}},
        application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses: {4XX: {description: bad}}
  /pets/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: integer}}], responses: {'204': {description: none}}}}
components:
  securitySchemes: {key: {type: apiKey, in: query, name: key, x-security-parameters: [a]}}
  schemas:
    Pets: {type: array, maxItems: 3, items: {$ref: '#/components/schemas/Pet'}, xml: {name: pets, wrapped: true}}
    Pet:
      required: [id, secret]
      properties:
        id: {type: integer, format: int64, readOnly: true}
        name: {type: string, nullable: true, enum: [a, b], xml: {attribute: true}}
        parent: {nullable: true, allOf: [{$ref: '#/components/schemas/Pet'}]}
        kind: {oneOf: [{type: string}, {type: integer}], discriminator: {propertyName: x}}
      additionalProperties: false
      patternProperties: {'^x': {type: string}}
""")
TYPES = [
    ("Content-Type", name) for name in ("application/json", "application/xml", "application/x-www-form-urlencoded")
]
PETS = b'[{"id":1,"name":null,"parent":{"id":"x"},"kind":3.5,"q":1}]'
EXCHANGES = [
    Exchange(
        get("https://api.example.com/v1/pets?limit=5&tags=a,b&where[n]=1&filter={}&key=1&z=1", ("X-Trace", "1")),
        answer(PETS),
    ),
    Exchange(
        get("/v1/pets?limit=x&limit=2"), answer(b'<pets><Pet name="q"><id>1</id></Pet></pets>', "application/xml")
    ),
    Exchange(get("/pets/7"), answer(status=204)),
    Exchange(get("/pets", TYPES[0], body=b'{"id":1}', method="POST"), answer(status=404)),
    Exchange(get("/pets", TYPES[2], body=b"id=1&secret=2&kind=x&parent=1", method="POST"), answer(status=404)),
]
ODD: list[Any] = [None, [], {}, "x", 1, True, ["x"], {"": None}, {"$ref": "#/paths"}]


def places(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from places(value, (*at, key))


def changed(tree: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    if isinstance(tree, dict):
        return {key: changed(inner, at[1:], value) if key == at[0] else inner for key, inner in tree.items()}
    return [changed(inner, at[1:], value) if index == at[0] else inner for index, inner in enumerate(tree)]


@pytest.mark.parametrize(
    "value",
    [pytest.param(value, marks=pytest.mark.slow) for value in ODD],
    ids=str,
)
def test_every_node_of_a_contract_may_be_something_else(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    for at in places(SMALL):
        tree = changed(SMALL, at, value)
        root = Node(Files(HERE.parent, {HERE: tree}), HERE, (), tree)
        monkeypatch.setattr(
            contract_module,
            "open_document",
            lambda path, change=None, root=root: (document._check_references(root), root)[1],
        )
        try:
            contract = Contract.load("c.json")
            validator = Validator(contract, strict=True)
            for exchange in EXCHANGES:
                validator.check(exchange)
            for found in contract.operations():
                read_facts(found, contract)
        except ContractError as error:
            assert "\n" not in str(error) and len(str(error)) < 900, (at, error)
        except Exception as error:
            raise AssertionError(f"{at} = {value!r}") from error


PROBE = """
import resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_AS, (@LIMIT@, @LIMIT@)); resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
def refused(*a, **k): raise AssertionError("network")
socket.socket = socket.create_connection = socket.getaddrinfo = refused
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from toolkit.contract.model import Contract
from toolkit.exchange import Exchange, Headers, Response
from toolkit.validation.validator import Validator
import toolkit.xml.codec, lxml.etree, jsonschema_rs
validator = Validator(Contract.load(sys.argv[1]))
KINDS = {"j": "application/json", "x": "application/xml"}
def judged(kind, body):
    began = time.process_time()
    response = Response(200, Headers((("Content-Type", KINDS[kind]),)), body)
    found = validator.check(Exchange(None, response, "s", "x")).violations
    assert all("\\n" not in v.message and len(v.message) < 2000 for v in found), found
    return [v.rule for v in found][:1], time.process_time() - began
judged("x", b"<Tree/>"); judged("j", b"{}")
del opened[:]
BILLION = b"<!DOCTYPE a [<!ENTITY a0 'x'>" + b"".join(b"<!ENTITY a%d '%s'>" % (i, b"&a%d;" % (i - 1) * 10) for i in range(1,
12)) + b"]><Tree>&a11;</Tree>"
DEEP = 100_000
for kind, body in [
    ("j", b""), ("j", b'{"child"'), ("j", bytes(range(256))), ("j", b"[" * DEEP), ("j", b'{"child":' * DEEP + b"1" + b"}" * DEEP),
    ("j", b"[" + b"1," * 10**6 + b"1]"), ("j", b"1" * 10**6), ("j", b'"' + b"a" * 10**7 + b'"'),
    ("j", b'{"child":' * 900 + b"1" + b"}" * 900),
    ("x", b""), ("x", b"<Tree"), ("x", bytes(range(256))), ("x", b"<child>" * DEEP),
    ("x", b"<Tree>" + b"<child>" * DEEP + b"</child>" * DEEP + b"</Tree>"), ("x", BILLION), ("x", b"<!DOCTYPE Tree><Tree/>"),
    ("x", b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x'><Tree/>"),
    ("x", b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Tree>&e;</Tree>"),
    ("x", b"<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/passwd'>%p;]><Tree/>"),
    ("x", b"<Tree " + b" ".join(b"a%d='1'" % i for i in range(10**5)) + b"/>"), ("x", b"<Tree a='" + b"x" * 10**7 + b"'/>"),
    ("x", b"<?xml version='1.0' encoding='utf-8'?><Tree>\\xff</Tree>"),
    ("x", b"<?xml version='1.0' encoding='no-such'?><Tree/>"), ("x", "<?xml version='1.0' encoding='utf-16'?><Tree>".encode("utf-16-le")),
    ("x", b"<Tree>&#0;</Tree>"), ("x", b"<Tree>&unknown;</Tree>"),
    ("x", b"<Tree><?p x?><!-- " + b"-" * 1000 + b" --></Tree>"),
    ("x", b"<Tree xmlns:i='http://www.w3.org/2001/XInclude'><i:include href='/etc/passwd'/></Tree>"),
    ("x", b"<Tree xmlns:s='http://www.w3.org/2001/XMLSchema-instance' s:schemaLocation='a http://127.0.0.1:9/x'><z/></Tree>"),
    ("x", b"<Tree>" + b"<z/>" * 10**5 + b"</Tree>"),
]:
    rules, seconds = judged(kind, body)
    assert rules, (kind, body[:60])
    assert seconds < 5, (kind, body[:60], seconds)
print(opened)
"""


@pytest.mark.slow
def test_hostile_payloads_in_5_seconds_and_500_megabytes_each(tmp_path: Path) -> None:
    tree = {
        "type": "object",
        "properties": {"child": {"$ref": "#/components/schemas/Tree"}},
        "additionalProperties": False,
        "xml": {"name": "Tree"},
    }
    content = {
        name: {"schema": {"$ref": "#/components/schemas/Tree"}} for name in ("application/json", "application/xml")
    }
    loaded(
        tmp_path,
        {"/x": {"get": operation("x", responses={"200": {"description": "", "content": content}})}},
        components={"schemas": {"Tree": tree}},
    )
    script = PROBE.replace("@LIMIT@", str(500 << 20))
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "c.json")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    outside = [
        name
        for name in json.loads(done.stdout.replace("'", '"'))
        if not name.startswith((str(tmp_path), sys.prefix, sys.base_prefix, str(ROOT)))
    ]
    assert outside == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "?",
        "//",
        "http://",
        "http://[::1",
        "\0",
        "/%",
        "/%zz?%=%&%ff",
        "/x?" + "a=1&" * 50_000,
        "/" + "a/" * 50_000,
        "/x?a=" + "1" * 10**6,
        "/\ud800?\ud800=\ud800",
    ],
)
def test_an_odd_address_takes_no_time(tmp_path: Path, url: str) -> None:
    contract = loaded(
        tmp_path, {"/x": {"get": operation("x", {"name": "a", "in": "query", "schema": {"type": "integer"}})}}
    )
    began = time.process_time()
    Validator(contract).check(Exchange(Request("GET", url), answer()))
    assert time.process_time() - began < 2


def test_a_message_about_a_path_is_cut(tmp_path: Path) -> None:
    contract = loaded(tmp_path, {"/x": {"get": operation("x")}})
    assert len(str(contract.match(Request("GET", "/a" * 10_000)))) < 1_000
