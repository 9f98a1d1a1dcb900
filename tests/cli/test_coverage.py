"""`contract validate`: what a recording holds of the contract, in the reports, and --fail-under."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from toolkit.cli.main import run

Captured = pytest.CaptureFixture[str]
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "report.schema.json").read_text("utf-8"))


def described(operation: str, **more: Any) -> dict[str, Any]:
    return {"operationId": operation, "responses": {"200": {"description": "x"}, "4XX": {"description": "x"}}} | more


CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/lists": {
            "get": described(
                "list",
                parameters=[
                    {"name": name, "in": "query", "schema": {"type": "string"}} for name in ("filter[x]", "size", "si")
                ],
            )
        },
        "/things": {"get": described("readThing"), "post": described("createThing")},
        "/others": {"get": described("readOther")},
    },
}


def entry(method: str, url: str, status: int) -> dict[str, Any]:
    content = {"size": 2, "mimeType": "application/json; charset=utf-8", "text": "{}"}
    sent = [{"name": "Content-Type", "value": content["mimeType"]}]
    request = {"method": method, "url": f"http://localhost{url}", "headers": [], "queryString": []}
    return {"request": request, "response": {"status": status, "headers": sent, "content": content}}


ENTRIES = [
    entry("GET", "/lists?size=3&filter%5Bx%5D=1", 200),
    entry("GET", "/lists", 200),
    entry("GET", "/things", 404),
]


@pytest.fixture
def recorded(tmp_path: Path) -> list[str]:
    (tmp_path / "api.yaml").write_text(yaml.safe_dump(CONTRACT, sort_keys=False), "utf-8")
    lines = "".join(json.dumps(one) + "\n" for one in ENTRIES)
    (tmp_path / "traffic.jsonl").write_text(lines, "utf-8")
    return [str(tmp_path / "traffic.jsonl"), "--contract", str(tmp_path / "api.yaml")]


def coverage_of(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    target = folder / "report.json"
    assert run(["validate", *arguments, "--quiet", "--report", f"json={target}"]) == 0
    report = json.loads(target.read_text("utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    return list(report["coverage"])


def test_every_operation_of_the_contract_has_a_line_of_coverage(recorded: list[str], tmp_path: Path) -> None:
    found = {one["operation"]: one for one in coverage_of(tmp_path, *recorded)}
    outcomes = {name: one["outcome"] for name, one in found.items()}
    unseen = dict.fromkeys(["createThing", "readOther"], "not-examined")
    assert outcomes == {"list": "success", "readThing": "refused", **unseen}
    assert found["list"]["statuses"] == [200]
    assert found["list"]["responses"] == {"200": 2, "4XX": 0}
    assert found["readThing"]["responses"] == {"200": 0, "4XX": 1}
    assert found["list"]["media_types"] == {"application/json": 2}
    assert found["list"]["parameters"] == {"filter[x]": True, "size": True, "si": False}


def test_text_counts_operations_and_names_those_without_a_success(recorded: list[str], capsys: Captured) -> None:
    assert run(["validate", *recorded]) == 0
    text = capsys.readouterr().out
    assert "4 operations: 1 seen with success, 1 only errors seen, 2 not seen" in text
    assert "only errors seen: readThing\n" in text
    assert "not seen: createThing, readOther\n" in text


def test_many_operations_that_were_not_seen_are_folded(recorded: list[str], tmp_path: Path, capsys: Captured) -> None:
    paths = {f"/more/{number}": {"get": described(f"more{number}")} for number in range(20)}
    whole = CONTRACT | {"paths": CONTRACT["paths"] | paths}
    (tmp_path / "api.yaml").write_text(yaml.safe_dump(whole, sort_keys=False), "utf-8")
    assert run(["validate", *recorded]) == 0
    folded = "not seen: createThing, readOther, more0, more1, more2, more3, more4, more5 and 14 more"
    assert folded in capsys.readouterr().out


def test_what_the_service_sends_by_itself_is_named_as_not_checked(recorded: list[str], tmp_path: Path) -> None:
    contract = json.loads(json.dumps(CONTRACT))
    sent = {"post": {"responses": {"200": {"description": "x"}}}}
    contract["webhooks"] = {"thingLost": sent}
    contract["paths"]["/things"]["post"]["callbacks"] = {"onDone": {"{$request.body#/url}": sent}}
    (tmp_path / "api.yaml").write_text(yaml.safe_dump(contract), "utf-8")
    run(["validate", *recorded, "--report", f"json={tmp_path / 'report.json'}"])
    named = "what the service sends by itself is not checked: webhook thingLost, callback onDone of createThing"
    assert named in json.loads((tmp_path / "report.json").read_text("utf-8"))["notes"]


def test_an_operation_that_is_not_selected_has_none(recorded: list[str], tmp_path: Path) -> None:
    found = coverage_of(tmp_path, *recorded, "--include", "path:/things")
    assert [one["operation"] for one in found] == ["readThing", "createThing"]


@pytest.mark.parametrize(("percent", "status"), [("25", 0), ("25.1", 1), ("0", 0)])
def test_fail_under_is_a_percentage_of_the_operations(
    recorded: list[str], percent: str, status: int, capsys: Captured
) -> None:
    assert run(["validate", *recorded, "--fail-under", percent]) == status
    line = "1 of 4 operations (25.0 %) had a success, less than --fail-under 25.1"
    assert (line in capsys.readouterr().err) == (status == 1)


def test_counts_of_several_processes_are_added(
    recorded: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolkit.validation.batch.SMALL", 0)
    monkeypatch.setattr("toolkit.validation.batch.RANGE", 300)
    monkeypatch.setattr("toolkit.validation.batch.SMALL_FILES", 0)
    assert coverage_of(tmp_path, *recorded, "--jobs", "2") == coverage_of(tmp_path, *recorded, "--jobs", "1")
    assert coverage_of(tmp_path, *recorded, "--jobs", "2")[0]["responses"] == {"200": 2, "4XX": 0}


TASK = {"type": "object", "properties": {"id": {"type": "integer"}, "status": {"enum": ["open", "closed"]}, "note": {}}}
CONTENTS: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/tasks": {
            "get": {
                "operationId": "listTasks",
                "parameters": [
                    {"name": "state", "in": "query", "schema": {"enum": ["new", "old"]}},
                    {"name": "tag[]", "in": "query", "schema": {"type": "array", "items": {"enum": ["a b", "c"]}}},
                ],
                "responses": {
                    "200": {
                        "description": "x",
                        "content": {
                            media: {
                                "schema": {"type": "array", "items": TASK, "xml": {"name": "tasks", "wrapped": True}}
                            }
                            for media in ("application/json", "application/xml")
                        },
                    },
                    "404": {
                        "description": "x",
                        "content": {"application/json": {"schema": {"properties": {"error": {}}}}},
                    },
                },
            },
            "post": {
                "operationId": "createTask",
                "requestBody": {"content": {"application/json": {"schema": TASK}}},
                "responses": {"201": {"description": "x"}},
            },
        }
    },
}


def answered(url: str, text: str, media_type: str = "application/json") -> dict[str, Any]:
    found = entry("GET", url, 200)
    found["response"]["headers"] = [{"name": "Content-Type", "value": media_type}]
    found["response"]["content"] = {"size": len(text), "mimeType": media_type, "text": text}
    return found


def contents_of(folder: Path, entries: list[dict[str, Any]], *arguments: str) -> dict[str, dict[str, Any]]:
    (folder / "api.yaml").write_text(yaml.safe_dump(CONTENTS, sort_keys=False), "utf-8")
    (folder / "traffic.jsonl").write_text("".join(json.dumps(one) + "\n" for one in entries), "utf-8")
    given = [str(folder / "traffic.jsonl"), "--contract", str(folder / "api.yaml"), *arguments]
    return {one["operation"]: one for one in coverage_of(folder, *given)}


def test_properties_and_enum_members_are_seen_in_json_and_xml_and_the_query(tmp_path: Path) -> None:
    xml = "<tasks><tasks><id>1</id><status>closed</status></tasks></tasks>"
    entries = [
        answered("/tasks?state=new&tag%5B%5D=a%20b", '[{"id": 1}, {"status": "open"}]'),
        answered("/tasks?state=new", xml, "application/xml"),
    ]
    found = contents_of(tmp_path, entries)["listTasks"]
    assert found["properties"] == {"documented": 3, "seen": 2, "unseen": ["200 [].note"]}
    assert found["enum_members"] == {"documented": 6, "seen": 4, "unseen": ["state: old", "tag[][]: c"]}


def test_properties_of_a_request_are_seen_and_nothing_is_asked_of_what_had_no_traffic(tmp_path: Path) -> None:
    sent = entry("POST", "/tasks", 201)
    sent["request"]["headers"] = [{"name": "Content-Type", "value": "application/json"}]
    sent["request"]["postData"] = {"mimeType": "application/json", "text": '{"note": null, "status": "closed"}'}
    sent["response"] = {"status": 201, "headers": [], "content": {}}
    found = contents_of(tmp_path, [sent])
    assert found["createTask"]["properties"] == {"documented": 3, "seen": 2, "unseen": ["request id"]}
    assert found["createTask"]["enum_members"]["unseen"] == ["request status: open"]
    assert "properties" not in found["listTasks"]


def test_a_second_run_in_the_same_process_sees_the_same(tmp_path: Path) -> None:
    entries = [answered("/tasks?state=new", '[{"id": 1}]')]
    assert contents_of(tmp_path, entries) == contents_of(tmp_path, entries)


def test_of_a_long_recording_a_sample_is_looked_into_and_the_report_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual, rare = answered("/tasks", '[{"id": 1}]'), answered("/tasks", '[{"note": 1}]')

    def unseen(*entries: dict[str, Any]) -> list[str]:
        return list(contents_of(tmp_path, [*entries])["listTasks"]["properties"]["unseen"])

    assert unseen(*[usual] * 15, rare) == ["200 [].status"]
    assert unseen(*[usual] * 16, rare, *[usual] * 20) == ["200 [].status", "200 [].note"]
    assert unseen(*[usual] * 31, rare) == ["200 [].status"]
    assert "in one of 16 of all" in json.loads((tmp_path / "report.json").read_text())["notes"][-1]
