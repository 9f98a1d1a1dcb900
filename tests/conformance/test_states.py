"""Operations are reached that need a state, a name or a day that other requests, or refusals, tell of."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from support.contracts import as_json, loaded, of_json, operation, parameter
from support.laws import run_of

from toolkit.conformance.reach import reach
from toolkit.exchange import Request, Response
from toolkit.wire.json import parse_json

TEXT = {"type": "string"}
ANY: dict[str, Any] = {"type": "object"}
Service = Callable[[str, str, dict[str, str], dict[str, Any]], Response]
"""The response to a method, path, query and body."""


def _reached(folder: Path, service: Service, **operations: dict[str, Any]) -> set[str]:
    """The operations, each under its name `METHOD path`, of which plain requests have success."""
    paths: dict[str, Any] = {}
    for name, (path, method, rest) in {key: one["at"] for key, one in operations.items()}.items():
        answers = {
            "200": of_json(rest.pop("shows", ANY)),
            **{code: of_json({}) for code in ("400", "403", "404", "409")},
        }
        paths.setdefault(path, {})[method] = operation(name, *rest.pop("parameters", ()), responses=answers, **rest)

    def handle(request: Request) -> Response:
        path, _, query = request.url.partition("?")
        is_form = "form" in request.headers.content_type
        sent = dict(parse_qsl((request.body or b"").decode())) if is_form else parse_json(request.body or b"{}")
        tenant = {"tenant": request.headers.get("x-tenant-id") or ""}
        return service(
            request.method, path, {**dict(parse_qsl(query)), **tenant}, sent if isinstance(sent, dict) else {}
        )

    run = run_of(loaded(folder, paths), handle)
    for tries in (3, 8, 8):
        for subject in run.subjects.values():
            subject.tries, subject.obstacle = tries, subject.obstacle and None
            reach(subject)
    return {name for name, one in run.subjects.items() if one.obstacle == ""}


def _at(
    path: str, method: str = "get", *parameters: Any, body: Any = None, media: str = "application/json", **rest: Any
) -> dict[str, Any]:
    inner = [parameter(name, TEXT, "path", required=True) for name in re.findall(r"\{(\w+)\}", path)]
    sent = {"requestBody": {"required": True, "content": {media: {"schema": body}}}} if body else {}
    return {"at": (path, method, {"parameters": [*inner, *parameters], **sent, **rest})}


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*(required or properties)], "properties": properties}


@pytest.mark.slow
def test_a_header_field_names_what_a_list_shows(tmp_path: Path) -> None:
    notes: dict[str, Any] = {}

    def service(method: str, path: str, query: dict[str, str], sent: dict[str, Any]) -> Response:
        if path == "/tenants":
            return as_json(200, [{"id": "t-8512", "name": "one"}])
        if query["tenant"] != "t-8512":
            return as_json(403, {})
        if method == "POST":
            notes[f"n-{7_000 + len(notes)}"] = sent
            return as_json(201, {"id": [*notes][-1], **sent})
        name = path.rpartition("/")[2]
        return (
            as_json(404, {})
            if name not in notes
            else as_json(200, {"was": notes.pop(name)} if method == "DELETE" else {})
        )

    tenant = parameter("X-Tenant-Id", TEXT, "header", required=True)
    found = _reached(
        tmp_path, service, tenants=_at("/tenants"), add=_at("/notes", "post", tenant, body=_object(text=TEXT)),
        read=_at("/notes/{noteId}", "get", tenant), drop=_at("/notes/{noteId}", "delete", tenant),
    )  # fmt: skip
    assert found == {"tenants", "add", "read", "drop"}


@pytest.mark.slow
def test_full_names_and_names_that_the_client_chooses_lead_to_things(tmp_path: Path) -> None:
    projects: dict[str, Any] = {}
    builds: dict[str, str] = {}

    def service(method: str, path: str, query: dict[str, str], sent: dict[str, Any]) -> Response:
        _, _, *place = path.split("/")
        thing, verb = "/".join(place).partition(":")[::2]
        if path == "/v1/operations/o1":
            return as_json(200, {"name": "operations/o1", "done": True})
        if (method, path) == ("POST", "/v1/projects") and query.get("projectId") not in (None, *projects):
            projects[query["projectId"]] = sent
            return as_json(200, {"name": "operations/o1", "done": False})
        if len(place) > 1 and place[1].partition(":")[0] not in projects:
            return as_json(404, {})
        if method == "DELETE":
            return as_json(200, {"was": projects.pop(place[1])})
        if place[-1] == "builds":
            builds[f"{thing}/b{len(builds)}"] = "NEW"
            return as_json(200, {"name": [*builds][-1]})
        if verb:
            asked = {
                "finish": ("RUNNING", "DONE" if sent.get("outcome") == "OK" else "FAILED"),
                "start": ("NEW", "RUNNING"),
            }[verb]
            is_due = builds.get(thing) == asked[0]
            builds.update({thing: asked[1]} if is_due else {})
            return as_json(200 if is_due else 409, {})
        if place[-1] == "deployments":
            return as_json(200 if builds.get(sent["build"]) == "DONE" else 409, {"error": "the build is not done"})
        return as_json(200 if thing in builds or len(place) == 2 else 404, {"name": thing})

    chosen = parameter("projectId", {**TEXT, "pattern": "^[a-z][a-z0-9]{2,30}$"}, "query", required=True)
    outcome = {"type": "string", "enum": ["BROKEN", "OK"]}
    found = _reached(
        tmp_path, service, create_project=_at("/v1/projects", "post", chosen, body=_object(title=TEXT)), task=_at("/v1/operations/{operation}"),
        read=_at("/v1/projects/{project}"), drop=_at("/v1/projects/{project}", "delete"),
        create_build=_at("/v1/projects/{project}/builds", "post"), build=_at("/v1/projects/{project}/builds/{build}"),
        start=_at("/v1/projects/{project}/builds/{build}:start", "post"),
        finish=_at("/v1/projects/{project}/builds/{build}:finish", "post", body=_object(outcome=outcome)),
        create_deployment=_at("/v1/projects/{project}/deployments", "post", body=_object(build=TEXT)),
    )  # fmt: skip
    assert found == {
        "create_project",
        "task",
        "read",
        "drop",
        "create_build",
        "build",
        "start",
        "finish",
        "create_deployment",
    }


def test_what_a_task_made_is_read_and_a_task_is_cancelled_while_it_is_done(tmp_path: Path) -> None:
    tasks: dict[str, int] = {}

    def service(method: str, path: str, query: dict[str, str], sent: dict[str, Any]) -> Response:
        name = next((one for one in tasks if one in path), "")
        if path == "/proofs":
            tasks[f"7000{len(tasks)}-task"] = 0
            return as_json(202, {"id": [*tasks][-1], "status": "queued"}, Location=f"/tasks/{[*tasks][-1]}")
        if path.startswith("/proofs/"):
            return as_json(200 if "proof" in path[7:] and tasks.get(name, 0) > 2 else 404, {})
        if path.endswith("/cancel"):
            return as_json(200 if tasks.get(name, 9) < 2 else 409, {})
        tasks[name] = tasks.get(name, -9) + 1
        is_done = tasks[name] > 2
        shown = {
            "id": name,
            "status": "done" if is_done else "queued",
            "proofId": f"proof-of-{name}" if is_done else None,
        }
        return as_json(200, shown) if name else as_json(404, {})

    found = _reached(
        tmp_path, service, add=_at("/proofs", "post", shows=ANY), task=_at("/tasks/{taskId}"), cancel=_at("/tasks/{taskId}/cancel", "post"),
        proof=_at("/proofs/{proofId}"),
    )  # fmt: skip
    assert found == {"add", "task", "cancel", "proof"}


@pytest.mark.slow
def test_a_thing_is_led_through_its_states_and_a_refusal_names_days_and_things(tmp_path: Path) -> None:
    orders: dict[str, str] = {}

    def service(method: str, path: str, query: dict[str, str], sent: dict[str, Any]) -> Response:
        if path == "/papers":
            return as_json(200, [{"name": "thin white", "code": "A4-80"}, {"name": "thick white", "code": "A4-90"}])
        if path == "/quotes":
            return as_json(201 if str(sent.get("paper")).startswith("A4-") else 400, {"number": 8_531})
        if path == "/orders":
            due = datetime.fromisoformat(str(sent["due"])).replace(tzinfo=UTC) - datetime.now(UTC)
            if not timedelta(3) < due < timedelta(20):
                return as_json(400, {"error": "due must be 4 to 20 days ahead"})
            is_known = sent["by"] in ("A4-80", "thin white")
            return (
                as_json(201, _new(orders))
                if is_known
                else as_json(400, {"error": f"by: no such paper as {sent['by']}"})
            )
        name, state = path.split("/")[2], orders.get(path.split("/")[2])
        if path.endswith("/moves"):
            is_due = state is not None and {"new": "printed", "printed": "sent"}.get(state) == sent.get("to")
            orders.update({name: sent["to"]} if is_due else {})
            return as_json(200 if is_due else 409, {})
        return as_json(200 if state == "sent" else 409 if state else 404, {"error": "only what was sent can be rated"})

    move = {"type": "string", "enum": ["sent", "printed"]}
    found = _reached(
        tmp_path, service, papers=_at("/papers"), quote=_at("/quotes", "post", body=_object(paper=TEXT), media="application/x-www-form-urlencoded"),
        add=_at("/orders", "post", body=_object(due={**TEXT, "format": "date"}, by=TEXT)),
        move=_at("/orders/{orderId}/moves", "post", body=_object(to=move)),
        rate=_at("/orders/{orderId}/rating", "post", body=_object(stars={"type": "integer"})),
    )  # fmt: skip
    assert found == {"papers", "quote", "add", "move", "rate"}


def _new(orders: dict[str, str]) -> dict[str, str]:
    orders[f"order-{9_000 + len(orders)}"] = "new"
    return {"id": [*orders][-1]}
