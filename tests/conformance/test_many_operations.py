"""A contract of 200 operations: a run with little time ends in time and has asked each of them."""

from __future__ import annotations

import itertools
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from support.contracts import as_json, loaded, of_json, operation, parameter
from support.laws import run_of, violations_of

from toolkit.client.target import TIMEOUT, Hurried, Stalled, seconds_left
from toolkit.contract.model import Contract, Match
from toolkit.exchange import Headers, Request, Response
from toolkit.validation.validator import Validator

pytestmark = pytest.mark.slow

_GRACE = 4.0  # seconds for deleting what the run created, and one more response
_ITEM = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string", "minLength": 1}},
}


_ERRORS = {code: {"description": ""} for code in ("400", "404", "405", "422")}


def resource(name: str) -> dict[str, Any]:
    """Four operations: list, create, read and delete."""
    body = {"required": True, "content": {"application/json": {"schema": _ITEM}}}
    size = parameter("size", {"type": "integer", "minimum": 1, "maximum": 50})
    listed = {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": _ITEM}}}
    one = f"/{name}/{{id}}"
    named = parameter("id", {"type": "integer", "minimum": 1}, "path")
    return {
        f"/{name}": {
            "get": operation(f"list-{name}", size, responses={"200": of_json(listed)} | _ERRORS),
            "post": operation(f"create-{name}", requestBody=body, responses={"201": of_json(_ITEM)} | _ERRORS),
        },
        one: {
            "get": operation(f"read-{name}", named, responses={"200": of_json(_ITEM)} | _ERRORS),
            "delete": operation(f"delete-{name}", named, responses={"204": {"description": ""}} | _ERRORS),
        },
    }


class Shop:
    """Fifty collections, by the contract. Each response takes some time of a clock that the test turns."""

    def __init__(self, contract: Contract, seconds: float) -> None:
        self.contract, self.validator, self.seconds = contract, Validator(contract), seconds
        self.now, self.asked = 1_000.0, set[str]()
        self.items: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count(1)

    def send(self, request: Request) -> Response:
        self.now += self.seconds
        found = self.contract.match(request)
        if not isinstance(found, Match):
            return Response(405 if "not documented for" in found else 404, Headers(), b"")
        self.asked.add(found.operation.name)
        lacks_body = found.operation.body_required and not request.body
        if lacks_body or list(self.validator.check_request(found, request)):
            return Response(400, Headers(), b"")
        verb, _, name = found.operation.name.partition("-")
        return self.respond(verb, self.items.setdefault(name, {}), found, request)

    def respond(self, verb: str, items: dict[str, Any], found: Match, request: Request) -> Response:
        if verb == "list":
            return as_json(200, {"items": list(items.values())})
        if verb == "create":
            number = next(self.numbers)
            items[str(number)] = {"id": number, "name": json.loads(request.body or b"{}")["name"]}
            return as_json(201, items[str(number)])
        number = request.url.rpartition("/")[2]
        if number not in items:
            return Response(404, body=b"")
        return as_json(200, items[number]) if verb == "read" else Response(204 if items.pop(number) else 0, body=b"")


@pytest.mark.parametrize("seconds", [0.05, 0.3])
def test_a_run_of_200_operations_ends_in_time_and_asks_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    paths = {path: item for number in range(50) for path, item in resource(f"things{number}").items()}
    contract = loaded(tmp_path, paths)
    shop = Shop(contract, seconds)
    monkeypatch.setattr(time, "monotonic", lambda: shop.now)
    run = run_of(contract, shop.send, max_time=60)
    failures = violations_of(run)
    assert {one.rule for one in failures} == {"operation-unfinished"}
    assert len(shop.asked) == 200
    assert shop.now - 1_000 <= 60 + _GRACE
    assert run.tested == 200
    assert any("--max-time" in note for note in run.notes)
    left = sum(map(len, shop.items.values()))
    assert left == 0 or any("were not deleted" in note for note in run.notes)


def test_what_a_run_has_no_time_for_is_one_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = loaded(tmp_path, {path: item for number in range(10) for path, item in resource(f"t{number}").items()})
    shop = Shop(contract, 1.0)
    monkeypatch.setattr(time, "monotonic", lambda: shop.now)
    run = run_of(contract, shop.send, max_time=20)
    failures = violations_of(run)
    late = [one for one in failures if one.rule == "operation-untested"]
    assert len(late) == 1 and "since the run ended before: " in late[0].message and "--max-time" in late[0].hint
    assert shop.now - 1_000 <= 20 + _GRACE


def test_a_run_with_plenty_of_time_is_not_cut_short_to_delete_what_it_creates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = loaded(tmp_path, resource("things"))
    shop = Shop(contract, 0.01)
    monkeypatch.setattr(time, "monotonic", lambda: shop.now)
    run = run_of(contract, shop.send, max_time=20, budget=5_000)
    list(run.verdicts())
    assert shop.now - 1_000 < 18 and not any("--max-time" in note for note in run.notes)


def test_time_that_is_kept_for_deletions_and_not_needed_is_for_the_other_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(loaded(tmp_path, resource("things")), 1.0)
    monkeypatch.setattr(time, "monotonic", lambda: shop.now)
    run = run_of(shop.contract, shop.send, max_time=378)
    list(run.verdicts())
    assert shop.now - 1_000 > 200 and not any("create-things" in note for note in run.notes)


@pytest.mark.parametrize("is_cleared", [True, False])
def test_nothing_is_kept_for_deletions_where_nothing_deletes(tmp_path: Path, is_cleared: bool) -> None:
    paths = {path: one for path, one in resource("things").items() if is_cleared or "{" not in path}
    contract = loaded(tmp_path, paths)
    pool = run_of(contract, Shop(contract, 1.0).send).pool
    assert pool.is_cleared(contract.operation("create-things"), "/things/{}") is is_cleared


def test_operations_that_stall_do_not_take_the_time_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = {f"/r{number}": {"get": operation(f"r{number}")} for number in range(200)}
    contract = loaded(tmp_path, paths)
    asked = list[str]()

    def send(request: Request) -> Response:
        asked.append(request.url)
        number = int(request.url[2:])
        is_stalling, seconds = number % 7 == 3 or (number == 50 and asked.count(request.url) == 1), 0.2
        if is_stalling and seconds_left.get() < TIMEOUT:
            shop.now += seconds_left.get()
            raise Hurried
        shop.now += TIMEOUT if is_stalling else seconds
        if is_stalling:
            raise Stalled
        return Response(200)

    shop = Shop(contract, 0)
    monkeypatch.setattr(time, "monotonic", lambda: shop.now)
    run = run_of(contract, send, max_time=60)
    failures = violations_of(run)
    assert sorted(asked[:200]) == sorted(paths)  # each once, before one is asked again
    assert run.tested == 200 - sum(number % 7 == 3 for number in range(200))  # the 50th too, when it is asked again
    assert shop.now - 1_000 <= 60 + _GRACE
    late = [one for one in failures if "--max-time leaves for a first request" in one.message]
    assert len(late) == 1 and late[0].rule == "operation-untested" and "r50" not in late[0].message
    assert {one.rule for one in failures} <= {"operation-untested", "operation-unfinished"}


def test_time_too_short_for_all_is_spent_on_what_gets_its_response(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = loaded(tmp_path, {f"/r{number}": {"get": operation(f"r{number}")} for number in range(200)})

    def send(request: Request) -> Response:
        shop.now += min(1.5, seconds_left.get())
        if seconds_left.get() < 1.5:
            raise Hurried
        return Response(200)

    shop = Shop(contract, 0)
    monkeypatch.setattr(time, "monotonic", lambda: shop.now)
    run = run_of(contract, send, max_time=60)
    list(run.verdicts())
    assert run.tested >= 38
    assert shop.now - 1_000 <= 60 + _GRACE


@pytest.mark.parametrize(("at_once", "fewest", "seconds"), [(99, 24, 2), (1, 8, 2), (99, 24, 5)])
def test_first_requests_overlap_where_time_is_short(tmp_path: Path, at_once: int, fewest: int, seconds: int) -> None:
    """As many operations are asked as a service can respond to at once; one that responds to one at a time is not asked faster. What
    changes something is asked alone if there is time: its refusal could be for what else was under way."""
    contract = loaded(tmp_path, {path: item for number in range(10) for path, item in resource(f"t{number}").items()})
    shop, gate, under_way, most = Shop(contract, 0), threading.Semaphore(at_once), list[Request](), list[int]()

    def send(request: Request) -> Response:
        under_way.append(request)
        most.append(len(under_way))
        assert seconds < 5 or len(under_way) == 1 or {one.method for one in under_way} == {"GET"}
        with gate:
            time.sleep(0.1)
        under_way.remove(request)
        return shop.send(request)

    run = run_of(contract, send, max_time=seconds, rate=50)
    sources = [verdict.source for verdict in run.verdicts() if verdict.source.startswith("request ")]
    assert len(shop.asked) >= fewest
    assert max(most) <= (8 if at_once > 1 else 2)
    assert len({*sources}) == run.requests and not under_way


def test_the_first_response_to_an_operation_is_held_without_its_body_when_many_large_ones_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("client.client", "conformance.subject"):
        monkeypatch.setattr(f"toolkit.{module}.LARGE", 100)
    monkeypatch.setattr("toolkit.client.session._MOST_HELD", 700)
    names = [f"x{number}" for number in range(9)]
    contract = loaded(
        tmp_path, {f"/{name}": {"get": operation(name, responses={"200": of_json({})})} for name in names}
    )
    run = run_of(contract, lambda request: as_json(200, "a" * 200), budget=40)
    list(run.verdicts())
    held = [one.plain for one in run.subjects.values() if one.plain]
    assert len(held) == 9 and all(one.status == 200 and one.exchange.source for one in held)
    assert sum(len(one.body) for one in held) <= 700
