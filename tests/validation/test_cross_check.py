"""Two schema engines on one body: they agree on what conforms and what does not, and a difference is reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.contracts import loaded, of_json, operation
from support.places import ROOT

from toolkit.contract.model import Contract
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.validation import cross_check
from toolkit.validation.cross_check import CrossCheck
from toolkit.validation.validator import Validator
from toolkit.verdict import Violation

CONTRACT = Contract.load(ROOT / "openapi.yaml")
CONTENT = next(CONTRACT.operations()).responses["200"].content
XML = CONTENT["application/xml"].get("examples", "vendorSample").value["value"].encode()  # type: ignore[union-attr]
JSON = b'{"Tasks":{"Task":[]},"PageNumber":1,"PageSize":1,"TotalCount":0,"RequestId":"174F6032-AA26-470D-B90E-36F0EB205BEE"}'
URL = "/?Action=DescribeRefreshTasks&DomainName=example.com&ObjectType=file"


def exchange(kind: str, body: bytes, url: str = URL) -> Exchange:
    headers = Headers((("Content-Type", f"application/{kind}"),))
    return Exchange(Request("GET", url), Response(200, headers, body), "a source")


def differences(exchange: Exchange) -> list[Violation]:
    violations = Validator(CONTRACT, second_opinion=CrossCheck().check).check(exchange).violations
    return [violation for violation in violations if violation.rule == "engines-differ"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("json", JSON),
        ("json", JSON.replace(b"PageSize", b"PageSiz")),
        ("json", b"[]"),
        ("json", b"null"),
        ("json", b"{"),
        ("xml", XML),
        ("xml", XML.replace(b"Complete", b"complete")),
        ("xml", XML.replace(b"PageSize", b"PageSiz")),
        ("xml", b"<x"),
        ("xml", XML.replace(b"2014-11-27T08:23:22Z", b"2014-02-30T08:23:22Z")),
        ("plain", b"text"),
    ],
)
def test_the_engines_agree(kind: str, body: bytes) -> None:
    assert not differences(exchange(kind, body))


@pytest.mark.parametrize(
    "body", [b'"12"', b'"12\\n"', b'"\xd9\xa1"', b"0.15", b"0.12", b"null", b'{"\xc3\xa4":1}', b'{"\xc3\xa4":""}']
)
def test_what_the_second_engine_reads_otherwise_is_no_difference(tmp_path: Path, body: bytes) -> None:
    texts = {"anyOf": [{"pattern": "^\\d+$"}, {"pattern": "^\\p{Script=Greek}$"}, {"format": "date"}]}
    schema = {
        "if": {"type": "string"},
        "then": texts,
        "multipleOf": 0.05,
        "patternProperties": {"^\\p{L}$": {"type": "integer"}},
    }
    content = {"200": of_json(schema)}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=content)}})
    found = Validator(contract, second_opinion=CrossCheck().check).check(exchange("json", body, "/x")).violations
    assert {one.rule for one in found}.isdisjoint({"engines-differ", "check-failed"})


def test_without_an_operation_or_a_response_nothing_is_compared() -> None:
    assert not differences(exchange("json", b"{}", "/?Action=Other"))
    assert not differences(Exchange(Request("GET", URL), None))
    assert not differences(Exchange(None, Response(200, body=b"{}")))


def test_a_difference_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross_check, "json_schema_second_opinion", lambda *asked: False)
    monkeypatch.setattr(cross_check, "xsd_second_opinion", lambda xsd, body: False)
    found = differences(exchange("xml", XML))
    assert [violation.rule for violation in found] == ["engines-differ"] * 2
    assert "lxml and xmlschema disagree: the first finds the body valid, the second invalid" in found[1].message
    assert found[0].operation == "DescribeRefreshTasks" and found[0].source == "a source"
