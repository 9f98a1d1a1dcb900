"""Generated requests: nothing found in a sound service, combinations of parameters found and made small, nothing left on disk."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir, storage_directory
from support.contracts import loaded, operation, parameter
from support.places import ROOT

from toolkit.client.client import client_of
from toolkit.client.credentials import Credentials
from toolkit.client.session import BudgetSpent, Session
from toolkit.conformance.fuzz import Trial, _Fuzzer, fuzz, quiet_storage
from toolkit.conformance.reach import begin, explore
from toolkit.conformance.subject import Subject
from toolkit.contract.model import Contract
from toolkit.exchange import Headers, Request, Response, Send
from toolkit.services.calls import ApiCall, ApiError
from toolkit.services.service import Service, reference_service, respond
from toolkit.services.store import Store
from toolkit.services.tasks import generate
from toolkit.structs import replace
from toolkit.validation.validator import Validator
from toolkit.verdict import Violation

CONTRACT = Contract.load(ROOT / "openapi.yaml")
KEY = ("testAccessKeyId", "testAccessKeySecret")


def service(key: tuple[str, str] | None = None) -> Service:
    store = Store.open(":memory:")
    store.insert_many(generate(200, 1, datetime.now(UTC)))
    return reference_service(store, CONTRACT, require_signature=key)


def subject(
    send: Send, contract: Contract = CONTRACT, operation: str = "DescribeRefreshTasks", **options: object
) -> Subject:
    session = Session(send, **options)  # type: ignore[arg-type]
    tested = begin(client_of(contract.operation(operation), contract, Validator(contract), session), {})
    explore(tested)
    return tested


def of_service(changed: Service) -> Subject:
    return subject(partial(respond, changed))


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "key"), [(0, None), (1, None), (2, KEY)], ids=["unsigned", "another seed", "signed"])
def test_a_sound_service_is_clean(seed: int, key: tuple[str, str] | None) -> None:
    credentials = Credentials("aliyun-rpc", *key) if key else None
    tested = subject(partial(respond, service(key)), credentials=credentials)
    assert list(fuzz(tested, seed)) == []
    statuses = [one.status for one in tested.client.unreported]
    assert len(statuses) > 50
    assert min(statuses.count(200), statuses.count(400)) > 15
    assert not tested.notes
    assert {one.kind for one in tested.client.unreported} == {"json", "xml"}


def test_an_application_in_this_process_draws_its_own_random_numbers(recwarn: pytest.WarningsRecorder) -> None:
    drawn = []
    sound = partial(respond, service())

    def send(request: Request) -> Response:
        drawn.append(random.random())
        return sound(request)

    before = random.getstate()
    list(fuzz(subject(send), 0, 10))
    assert len(set(drawn)) == len(drawn) > 10
    assert random.getstate() != before and not recwarn.list


def test_what_no_case_can_be_made_of_is_given_up_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []
    begun = _Fuzzer.begin
    monkeypatch.setattr(_Fuzzer, "begin", lambda self: begun(self) or tries.append(self))
    name = parameter("name", {"type": "string"}, "path")  # every path that has it is valid
    contract = loaded(tmp_path, {"/all/{name}": {"get": operation("read", name)}})
    tested = subject(lambda request: Response(200), contract, "read")
    assert list(fuzz(tested, 0, 3)) == [] and len(tries) < 100 and not tested.notes


def _crash_on_two(sound: Service) -> Service:
    def choose(call: ApiCall) -> object:
        assert not (call.get("TaskId") and call.get("Status")), "these two together"
        return sound.choose(call)

    return replace(sound, choose=choose)  # type: ignore[arg-type]


def _refuse_two(sound: Service) -> Service:
    def check(call: ApiCall) -> Iterator[ApiError]:
        if call.get("Status") == "Failed" and call.get("PageNumber"):
            yield ApiError("InvalidParameter", "PageNumber")

    return replace(sound, checks=(*sound.checks, check))


def _unchecked_with_a_page_size(sound: Service) -> Service:
    def check(call: ApiCall) -> Iterator[ApiError]:
        if not (call.get("PageSize") == "50" or call.get("TaskId")):
            yield from sound.checks[-1](call)

    return replace(sound, checks=(*sound.checks[:-1], check))


FAULTS: dict[str, tuple[Callable[[Service], Service], str, set[str]]] = {
    "two filters together crash it": (_crash_on_two, "server-error", {"TaskId", "Status"}),
    "two valid parameters are refused together": (_refuse_two, "valid-request-refused", {"Status", "PageNumber"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_combination_is_found_and_made_small(fault: str) -> None:
    change, rule, needed = FAULTS[fault]
    tested = of_service(change(service()))
    found = list(fuzz(tested, 0))
    special = {key[1] for key, text in found[0].response.call.pairs if tested.client.base.get(key) != text}
    assert special == needed, "the smallest comes first, the cases that it was found by after it"
    for failure in found:
        broken = [violation.rule for violation in failure.violations]
        assert failure.response.status >= 500 if rule == "server-error" else broken == [rule]


@pytest.mark.slow
def test_an_accepted_invalid_request_is_reported_by_the_parameter() -> None:
    found = list(fuzz(of_service(_unchecked_with_a_page_size(service())), 0, 20))
    assert found
    rules = {violation.rule for failure in found for violation in failure.violations}
    assert "invalid-request-accepted" in rules


@pytest.mark.slow
def test_the_same_seed_finds_the_same_and_another_other_requests() -> None:
    def urls(seed: int) -> list[str]:
        tested = of_service(service())
        tested.client.base["query", "DomainName"] = "example.com"
        tested.known.clear()
        list(fuzz(tested, seed, 20))
        sent = [one.exchange.request.url for one in tested.client.unreported if one.exchange.request]
        return [
            re.sub(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9A-Z%.:]*", "moment", url) for url in sent
        ]  # those follow the clock

    assert urls(1) == urls(1) != urls(2)


@pytest.mark.slow
def test_a_known_failure_costs_no_shrinking_and_is_not_reported() -> None:
    def crash(request: Request) -> Response:
        return Response(500, Headers((("Content-Type", "text/plain"),)), b"out of order")

    tested = of_service(service())
    tested.client.session.send = crash
    before = tested.client.session.requests
    assert list(fuzz(tested, 0, 20, is_known=lambda violation: True)) == []
    assert tested.client.session.requests - before <= 40
    assert len(list(fuzz(tested, 0, 20))) > 0


@pytest.mark.slow
def test_shrinking_is_bounded() -> None:
    tested = of_service(service())
    tested.client.session.send = lambda request: Response(500, Headers(), b"")
    before = tested.client.session.requests
    list(fuzz(tested, 0, 20))
    assert tested.client.session.requests - before < 400


@pytest.mark.slow
def test_a_spent_budget_ends_it_after_what_was_found() -> None:
    tested = of_service(_crash_on_two(service()))
    tested.client.session.budget = tested.client.session.requests + 60
    found: list[Trial] = []
    with pytest.raises(BudgetSpent):
        found.extend(fuzz(tested, 0))
    assert tested.client.session.requests <= tested.client.session.budget


@pytest.mark.slow
def test_nothing_is_written_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY")
    list(fuzz(of_service(_crash_on_two(service())), 0, 20))
    assert list(tmp_path.iterdir()) == []


def test_tables_are_kept_where_the_variable_of_hypothesis_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path / "kept"))
    set_hypothesis_home_dir(None)
    with quiet_storage():
        assert storage_directory().path == tmp_path / "kept"
    set_hypothesis_home_dir(None)


# --- a contract of another shape

ITEM = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Item"}},
}
REST = {
    "openapi": "3.0.3",
    "info": {"title": "items", "version": "1"},
    "paths": {
        "/ping": {"get": {"operationId": "ping", "responses": {"200": {"description": "alive"}}}},
        "/items/{id}": {
            "put": {
                "operationId": "putItem",
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "integer", "minimum": 1},
                        "example": 1,
                    },
                    {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {
                        "name": "X-Mode",
                        "in": "header",
                        "schema": {"type": "string", "enum": ["a", "b"], "nullable": True},
                    },
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}},
                },
                "responses": {"200": {"description": "done"}, "400": {"description": "refused"}},
            }
        },
    },
    "components": {"schemas": {"Item": ITEM}},
}


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("rest") / "openapi.json"
    path.write_text(json.dumps(REST))
    return Contract.load(path)


def _strict(contract: Contract, requests: list[Request], request: Request) -> Response:
    requests.append(request)
    match = contract.match(request)
    faults: list[Violation] = [] if isinstance(match, str) else list(Validator(contract).check_request(match, request))
    return Response(400 if faults else 200, Headers(), b"")


@pytest.mark.slow
def test_bodies_paths_and_headers_of_a_rest_service(rest: Contract) -> None:
    requests: list[Request] = []
    tested = subject(partial(_strict, rest, requests), rest, "putItem")
    assert list(fuzz(tested, 0)) == []
    assert {request.headers.get("X-Mode") for request in requests} > {"a", "b"}
    assert any(request.body and b"next" in request.body for request in requests)
    assert len({request.url for request in requests}) > 10
    assert not tested.notes


def test_an_operation_of_which_no_request_is_invalid_is_asked_all_the_same(rest: Contract) -> None:
    tested = subject(lambda request: Response(500, Headers(), b""), rest, "ping")
    assert [failure.response.status for failure in fuzz(tested, 0)] == [500]
    assert not tested.notes


@pytest.mark.slow
def test_a_rest_service_that_reads_no_body_is_found(rest: Contract) -> None:
    tested = subject(lambda request: Response(200, Headers(), b""), rest, "putItem")
    rules = {violation.rule for failure in fuzz(tested, 0) for violation in failure.violations}
    assert rules == {"invalid-request-accepted"}


@pytest.mark.slow
def test_a_form_is_written_by_its_encoding(tmp_path: Path) -> None:
    size = {"type": "object", "required": ["min"], "properties": {"min": {"type": "integer", "maximum": 5}}}
    schema = {"type": "object", "required": ["size"], "properties": {"size": size}}
    media = {"schema": schema, "encoding": {"size": {"style": "deepObject", "explode": True}}}
    form = {"required": True, "content": {"application/x-www-form-urlencoded": media}}
    contract = loaded(tmp_path, {"/search": {"post": operation("search", requestBody=form)}})
    sent = list[bytes]()

    def send(request: Request) -> Response:
        sent.append(request.body or b"")
        return Response(200)

    found = list(fuzz(subject(send, contract, "search"), 0))
    assert {failure.violations[0].rule for failure in found} == {"invalid-request-accepted"}
    assert any(body.startswith(b"size%5Bmin%5D=") for body in sent)
    assert not any(body.startswith(b"min=") for body in sent)


@pytest.mark.slow
@pytest.mark.parametrize("is_sound", [True, False])
def test_the_first_response_to_a_key_that_is_sent_again_is_no_acceptance(tmp_path: Path, is_sound: bool) -> None:
    schema = {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer", "maximum": 5}}}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "enum": ["k1", "k2"]}}
    spec = operation("make", key, requestBody=body, responses={"201": {"description": ""}, "400": {"description": ""}})
    contract, known = loaded(tmp_path, {"/things": {"post": spec}}), set[str]()

    def send(request: Request) -> Response:
        text = request.headers.get("Idempotency-Key") or ""
        if text not in known and is_sound and _strict(contract, [], request).status == 400:
            return Response(400)
        known.update({text} - {""})
        return Response(201)

    found = {one.rule for failure in fuzz(subject(send, contract, "make"), 1) for one in failure.violations}
    assert found == (set() if is_sound else {"invalid-request-accepted"})


@pytest.mark.slow
@pytest.mark.parametrize("fate", ["ignored", "refused", "read"])
def test_what_is_read_only_may_be_ignored_and_refused(tmp_path: Path, fate: str) -> None:
    own = {"id": {"enum": ["a", "b"], "readOnly": True}, "size": {"type": "integer"}}
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object", "properties": own}}}}
    responses = {"201": {"description": ""}, "400": {"description": ""}}
    contract = loaded(tmp_path, {"/things": {"post": operation("make", requestBody=body, responses=responses)}})

    def send(request: Request) -> Response:
        try:
            value = json.loads(request.body or b"")
        except ValueError:
            return Response(400)
        if isinstance(value, dict):
            if "id" in value and fate == "refused":
                return Response(400)
            value = {} if fate == "read" else {name: one for name, one in value.items() if name != "id"}
        read = replace(request, body=json.dumps(value).encode())
        return Response(201) if _strict(contract, [], read).status == 200 else Response(400)

    found = {one.at for failure in fuzz(subject(send, contract, "make"), 0) for one in failure.violations}
    assert found == ({"request.body#/size"} if fate == "read" else set())


@pytest.mark.slow
@pytest.mark.parametrize("fate", ["refused", "accepted", "unsaid"])
def test_a_body_that_breaks_a_rule_between_its_properties_is_to_be_refused(tmp_path: Path, fate: str) -> None:
    texts = {name: {"type": "string", "minLength": 1, "maxLength": 3} for name in ("email", "phone")}
    schema = {"type": "object", "properties": texts, "additionalProperties": False, "example": {"email": "a"}}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    rules = {"x-dependencies": ["OnlyOne(email, phone);"]} if fate != "unsaid" else {}
    contract = loaded(tmp_path, {"/people": {"post": operation("add", **body, **rules)}})

    def send(request: Request) -> Response:
        match = contract.match(request)
        faults = [] if isinstance(match, str) else [*Validator(contract).check_request(match, request)]
        is_kept = {one.rule for one in faults} <= ({"parameters-inconsistent"} if fate == "accepted" else set())
        return Response(200 if is_kept else 400)

    found = {one.rule for failure in fuzz(subject(send, contract, "add"), 0) for one in failure.violations}
    assert found == ({"invalid-request-accepted"} if fate == "accepted" else set())


@pytest.mark.parametrize("rest", [1.0, pytest.param(30.0, marks=pytest.mark.slow)])
def test_nothing_is_generated_that_there_is_no_time_to_send(monkeypatch: pytest.MonkeyPatch, rest: float) -> None:
    """As little is left that the generators are not loaded, or it is over when the first case is to be made."""
    tested, tries = of_service(service()), list[int]()
    session, asked = tested.client.session, tested.client.session.requests
    session.until = 100.0 + rest
    monkeypatch.setattr(time, "monotonic", lambda: 100.0 + 40 * bool(tries))
    begin = _Fuzzer.begin
    monkeypatch.setattr(_Fuzzer, "begin", lambda fuzzer: (tries.append(1), begin(fuzzer))[1])
    with pytest.raises(BudgetSpent):
        list(fuzz(tested, 0))
    assert len(tries) == (rest > 2) and session.requests == asked
