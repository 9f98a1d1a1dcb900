"""The reference service: DescribeRefreshTasks as the contract promises it, over a store of tasks.

A call passes CHECKS in this order, and the first refusal is the answer: path (404), method (405), size and character
encoding, Format, Action, the signature where one is required, then whatever the contract's own validator finds. Errors
are in the Format asked for, in XML where Format itself is bad. Answers are written by the contract's response schemas.

A Service is its steps, plain functions: `dataclasses.replace` puts another one in the place of any.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from toolkit.contract.model import Contract
from toolkit.errors import ContractError
from toolkit.exchange import Headers, Request, Response
from toolkit.services.calls import ERRORS, MAX_BODY, Call, Check, Refusal, format_of, is_text, read
from toolkit.services.hosting import AsgiApp, as_asgi
from toolkit.services.signatures import SECURITY_PARAMETERS, signature_check
from toolkit.services.store import Filters, Store, Task
from toolkit.validation.validator import Validator
from toolkit.verdict import Violation
from toolkit.wire.json import dump_json

Value = dict[str, Any]

WINDOW = timedelta(days=3)
HOST_ID = "vod.example.com"
_METHODS = ("GET", "POST")
_MEDIA_TYPES = {"JSON": "application/json", "XML": "application/xml"}
_CODES = {"TaskId": "InvalidTaskId.Malformed", "Version": "InvalidVersion"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a call asks for, defaults put in: filters, the page from 1, its size, and the ends of the window."""

    filters: Filters
    page: int
    size: int
    since: datetime
    now: datetime


Found = tuple[int, list[Task]]
"""The number of all matches, and the tasks of the page."""


@dataclass(frozen=True, slots=True)
class Service:
    """The steps from a request to its answer."""

    clock: Callable[[], datetime]
    request_id: Callable[[], str]
    read: Callable[[Request, datetime], Call]
    checks: tuple[Check, ...]
    choose: Callable[[Call], Choice]
    find: Callable[[Choice], Found]
    present: Callable[[Choice, Found], Value]
    explain: Callable[[Refusal], tuple[int, Value]]
    format_of: Callable[[Call], str]
    encode: Callable[[str, int, Value], Response]


def reference_service(
    store: Store,
    contract: Contract,
    require_signature: tuple[str, str] | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Service:
    """The sound service. `require_signature` is the key id and the secret with which every call has to be signed."""
    checks = (check_path, check_method, _encoding_check(contract), check_format, _action_check(contract))
    signed = (signature_check(*require_signature),) if require_signature else ()
    return Service(
        clock=clock,
        request_id=lambda: str(uuid4()).upper(),
        read=read,
        checks=(*checks, *signed, _contract_check(Validator(contract))),
        choose=choose,
        find=lambda choice: store.query(choice.filters, choice.since, choice.now, choice.page, choice.size),
        present=present,
        explain=explain,
        format_of=format_of,
        encode=_encoder(contract),
    )


def create_app(service: Service) -> AsgiApp:
    """The service as an ASGI application."""
    return as_asgi(partial(answer, service), MAX_BODY)


def answer(service: Service, request: Request) -> Response:
    """The answer to one request, whatever it is."""
    call = service.read(request, service.clock())
    headers: tuple[tuple[str, str], ...] = ()
    try:
        refusal = next((refusal for check in service.checks for refusal in check(call)), None)
        if refusal:
            (status, value), headers = service.explain(refusal), refusal.headers
        else:
            choice = service.choose(call)
            status, value = 200, service.present(choice, service.find(choice))
    except Exception:
        logging.getLogger(__name__).exception("a call failed")
        status, value = service.explain(Refusal("InternalError"))
    response = service.encode(service.format_of(call), status, {**value, "RequestId": service.request_id()})
    return Response(response.status, Headers((*response.headers.pairs, *headers)), response.body)


def check_path(call: Call) -> Iterator[Refusal]:
    if call.request.url.partition("?")[0] != "/":
        yield Refusal("InvalidAction.NotFound")


def check_method(call: Call) -> Iterator[Refusal]:
    if call.request.method not in _METHODS:
        yield Refusal("UnsupportedHTTPMethod", headers=(("Allow", ", ".join(_METHODS)),))


def check_format(call: Call) -> Iterator[Refusal]:
    if any(value.upper() not in _MEDIA_TYPES for value in call.all("Format")):
        yield Refusal("InvalidParameter", "Format")


def _encoding_check(contract: Contract) -> Check:
    """Parameters that the contract names are in UTF-8, and body and query are of bearable size."""
    names = {parameter.name for operation in contract.operations() for parameter in operation.parameters}

    def check(call: Call) -> Iterator[Refusal]:
        if max(len(call.request.body or b""), len(call.request.url)) > MAX_BODY:
            yield Refusal("InvalidParameter", "body or query, by its length,")
        yield from (
            Refusal("InvalidParameter", name) for name, value in call.parameters if name in names and not is_text(value)
        )

    return check


def _action_check(contract: Contract) -> Check:
    def check(call: Call) -> Iterator[Refusal]:
        given = len(call.all("Action"))
        if given != 1:
            yield Refusal("InvalidParameter" if given else "MissingParameter", "Action")
        elif isinstance(contract.match(call.request), str):
            yield Refusal("InvalidAction.NotFound")

    return check


def _contract_check(validator: Validator) -> Check:
    """What the judge of answers says of the request; values that only a signature needs are looked at there."""

    def check(call: Call) -> Iterator[Refusal]:
        match = validator.contract.match(call.request)
        if isinstance(match, str):
            yield Refusal("InvalidAction.NotFound")
            return
        for violation in validator.check_request(match, call.request):
            yield from _refusals(violation)

    return check


def _refusals(violation: Violation) -> Iterator[Refusal]:
    name = violation.at.rpartition(".")[2]
    if violation.rule == "parameter-missing":
        yield Refusal("MissingParameter", name)
    elif violation.rule == "parameter-repeated":
        yield Refusal("InvalidParameter", name)
    elif violation.rule == "parameters-inconsistent":
        yield Refusal("InvalidParameter", "EndTime")
    elif violation.rule == "parameter-invalid" and name not in SECURITY_PARAMETERS:
        yield Refusal(_CODES.get(name, "InvalidParameter"), name)


def choose(call: Call) -> Choice:
    """What a sound call asks for."""
    filters = Filters(
        domain_name=call.get("DomainName") or "",
        object_type=call.get("ObjectType") or "",
        task_id=call.get("TaskId"),
        object_path=call.get("ObjectPath"),
        status=call.get("Status"),
        start=call.get("StartTime"),
        end=call.get("EndTime"),
    )
    return Choice(
        filters, int(call.get("PageNumber") or 1), int(call.get("PageSize") or 20), call.now - WINDOW, call.now
    )


def present(choice: Choice, found: Found) -> Value:
    """The value of an answer, but for its RequestId."""
    total, tasks = found
    return {
        "Tasks": {"Task": [present_task(task) for task in tasks]},
        "PageNumber": choice.page,
        "PageSize": choice.size,
        "TotalCount": total,
    }


def present_task(task: Task) -> Value:
    value = {
        "CreationTime": task.creation_time,
        "ObjectPath": task.object_path,
        "Status": task.status,
        "TaskId": task.task_id,
        "ObjectType": task.object_type,
        "Process": task.process,
    }
    return value if task.description is None else {**value, "Description": task.description}


def explain(refusal: Refusal) -> tuple[int, Value]:
    """The status and the value of an error, but for its RequestId."""
    status, message = ERRORS[refusal.code]
    return status, {"HostId": HOST_ID, "Code": refusal.code, "Message": message.format(detail=refusal.detail)}


def _encoder(contract: Contract) -> Callable[[str, int, Value], Response]:
    writers = {status: _xml_writer(contract, status) for status in {200, *(status for status, _ in ERRORS.values())}}

    def encode(name: str, status: int, value: Value) -> Response:
        body = dump_json(value) if name == "JSON" else writers[status](value)
        return Response(status, Headers((("Content-Type", _MEDIA_TYPES[name]),)), body)

    return encode


def _xml_writer(contract: Contract, status: int) -> Callable[[Value], bytes]:
    """Values as XML, by the response schema of the contract's first operation; its others answer the same."""
    from toolkit.xml.codec import XmlCodec

    operation = next(contract.operations(), None)
    response = operation.response(status) if operation else None
    media = response.content.get(_MEDIA_TYPES["XML"]) if response else None
    bundle = operation.body_bundle(media) if operation and media else None
    if bundle is None:
        raise ContractError(f"{contract.name}: no XML for status {status}; name the contract of DescribeRefreshTasks")
    return XmlCodec.compile(bundle.schema, "Answer").encode
