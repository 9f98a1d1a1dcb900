"""The reference service: DescribeRefreshTasks as the contract promises it, over a store of tasks.

A call passes the checks in this order, and the first error is the response: path (404), method (405), size and character
encoding, Format, Action, the signature if one is required, then whatever the contract's own validator finds. Errors are in
the requested Format, in XML if Format itself is invalid. Responses are written by the contract's response schemas.

A Service consists of its steps, plain functions: `structs.replace` replaces any of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any
from uuid import uuid4

from toolkit.contract.model import Contract
from toolkit.errors import ContractError
from toolkit.exchange import Headers, Request, Response
from toolkit.services.application import AsgiApp
from toolkit.services.calls import ERRORS, MAX_BODY, ApiCall, ApiError, CallCheck, format_of, read
from toolkit.services.hosting import as_asgi
from toolkit.services.signatures import SECURITY_PARAMETERS, signature_check
from toolkit.services.store import Filters, Store, StoreLocked, Task
from toolkit.structs import Frozen
from toolkit.validation.validator import Validator
from toolkit.verdict import Violation
from toolkit.wire.json import dump_json

Value = dict[str, Any]

WINDOW = timedelta(days=3)
HOST_ID = "vod.example.com"
_PRESENTED = ("creation_time", "object_path", "status", "task_id", "object_type", "process", "description")
_METHODS = ("GET", "POST")
_MEDIA_TYPES = {"JSON": "application/json", "XML": "application/xml"}
_CODES = {"TaskId": "InvalidTaskId.Malformed", "Version": "InvalidVersion"}


class TaskQuery(Frozen):
    """What a call requests, with defaults: filters, the page from 1, its size, and the ends of the window."""

    filters: Filters
    page: int
    size: int
    since: datetime
    now: datetime


TaskPage = tuple[int, list[Task]]
"""The number of all matches, and the tasks of the page."""


class Service(Frozen):
    """The steps from a request to its response."""

    clock: Callable[[], datetime]
    request_id: Callable[[], str]
    read: Callable[[Request, datetime], ApiCall]
    checks: tuple[CallCheck, ...]
    choose: Callable[[ApiCall], TaskQuery]
    find: Callable[[TaskQuery], TaskPage]
    present: Callable[[TaskQuery, TaskPage], Value]
    explain: Callable[[ApiError], tuple[int, Value]]
    format_of: Callable[[ApiCall], str]
    encode: Callable[[str, int, Value], Response]


def reference_service(
    store: Store,
    contract: Contract,
    require_signature: tuple[str, str] | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Service:
    """The service. `require_signature` is the key id and the secret with which every call must be signed."""
    checks = (check_path, check_method, _encoding_check(contract), check_format, _action_check(contract))
    signed = (signature_check(*require_signature),) if require_signature else ()
    return Service(
        clock=clock,
        request_id=lambda: str(uuid4()).upper(),
        read=read,
        checks=(*checks, *signed, _contract_check(Validator(contract))),
        choose=choose,
        find=lambda query: store.query(query.filters, query.since, query.now, query.page, query.size),
        present=present,
        explain=explain,
        format_of=format_of,
        encode=_encoder(contract),
    )


def create_app(service: Service) -> AsgiApp:
    return as_asgi(partial(respond, service), MAX_BODY)


def respond(service: Service, request: Request) -> Response:
    """The response to a request; an exception in a step becomes status 500, a store that is locked 503."""
    call = service.read(request, service.clock())
    headers: tuple[tuple[str, str], ...] = ()
    try:
        error = next((error for check in service.checks for error in check(call)), None)
        if error:
            (status, value), headers = service.explain(error), error.headers
        else:
            query = service.choose(call)
            status, value = 200, service.present(query, service.find(query))
    except StoreLocked:
        status, value = service.explain(ApiError("ServiceUnavailable"))
    except Exception:
        logging.getLogger(__name__).exception("a call failed")
        status, value = service.explain(ApiError("InternalError"))
    response = service.encode(service.format_of(call), status, {**value, "RequestId": service.request_id()})
    return Response(response.status, Headers((*response.headers.pairs, *headers)), response.body)


def check_path(call: ApiCall) -> Iterator[ApiError]:
    if call.request.url.partition("?")[0] != "/":
        yield ApiError("InvalidAction.NotFound")


def check_method(call: ApiCall) -> Iterator[ApiError]:
    if call.request.method not in _METHODS:
        yield ApiError("UnsupportedHTTPMethod", headers=(("Allow", ", ".join(_METHODS)),))


def check_format(call: ApiCall) -> Iterator[ApiError]:
    if any(value.upper() not in _MEDIA_TYPES for value in call.all("Format")):
        yield ApiError("InvalidParameter", "Format")


def _encoding_check(contract: Contract) -> CallCheck:
    """Parameters of the contract are UTF-8, and body and query are not too large."""
    names = {parameter.name for operation in contract.operations() for parameter in operation.parameters}

    def check(call: ApiCall) -> Iterator[ApiError]:
        if max(len(call.request.body or b""), len(call.request.url)) > MAX_BODY:
            yield ApiError("InvalidParameter", "body or query, by its length,")
        for name, value in call.parameters:
            if name in names and any("\ud800" <= character <= "\udfff" for character in value):
                yield ApiError("InvalidParameter", name)

    return check


def _action_check(contract: Contract) -> CallCheck:
    def check(call: ApiCall) -> Iterator[ApiError]:
        given = len(call.all("Action"))
        if given != 1:
            yield ApiError("InvalidParameter" if given else "MissingParameter", "Action")
        elif isinstance(contract.match(call.request), str):
            yield ApiError("InvalidAction.NotFound")

    return check


def _contract_check(validator: Validator) -> CallCheck:
    """What the contract's validator finds in the request; the values of a signature are checked with the signature."""

    def check(call: ApiCall) -> Iterator[ApiError]:
        match = validator.contract.match(call.request)
        if not isinstance(match, str):  # which the check of the Action has refused
            yield from chain.from_iterable(map(_errors, validator.check_request(match, call.request)))

    return check


def _errors(violation: Violation) -> Iterator[ApiError]:
    name = violation.at.rpartition(".")[2]
    if violation.rule in ("parameter-missing", "parameter-repeated"):
        yield ApiError("MissingParameter" if violation.rule == "parameter-missing" else "InvalidParameter", name)
    elif violation.rule == "parameters-inconsistent":
        yield ApiError("InvalidParameter", "EndTime")
    elif violation.rule == "parameter-invalid" and name not in SECURITY_PARAMETERS:
        yield ApiError(_CODES.get(name, "InvalidParameter"), name)


def choose(call: ApiCall) -> TaskQuery:
    """What a valid call requests."""
    filters = Filters(
        domain_name=call.get("DomainName") or "",
        object_type=call.get("ObjectType") or "",
        task_id=call.get("TaskId"),
        object_path=call.get("ObjectPath"),
        status=call.get("Status"),
        start=call.get("StartTime"),
        end=call.get("EndTime"),
    )
    page, size = int(call.get("PageNumber") or 1), int(call.get("PageSize") or 20)
    return TaskQuery(filters, page, size, call.now - WINDOW, call.now)


def present(query: TaskQuery, page: TaskPage) -> Value:
    """The value of a response without its RequestId."""
    total, tasks = page
    listed = {"Task": [present_task(task) for task in tasks]}
    return {"Tasks": listed, "PageNumber": query.page, "PageSize": query.size, "TotalCount": total}


def present_task(task: Task) -> Value:
    values = {name.title().replace("_", ""): getattr(task, name) for name in _PRESENTED}
    return {name: value for name, value in values.items() if value is not None}


def explain(error: ApiError) -> tuple[int, Value]:
    """The status and the value of an error without its RequestId."""
    status, message = ERRORS[error.code]
    return status, {"HostId": HOST_ID, "Code": error.code, "Message": message.format(detail=error.detail)}


def _encoder(contract: Contract) -> Callable[[str, int, Value], Response]:
    writers = {status: _xml_writer(contract, status) for status in {200, *(status for status, _ in ERRORS.values())}}

    def encode(name: str, status: int, value: Value) -> Response:
        body = dump_json(value) if name == "JSON" else writers[status](value)
        return Response(status, Headers((("Content-Type", _MEDIA_TYPES[name]),)), body)

    return encode


def _xml_writer(contract: Contract, status: int) -> Callable[[Value], bytes]:
    """Values as XML, by the response schema of the contract's first operation; its other operations respond the same."""
    from toolkit.xml.codec import XmlCodec

    operation = next(contract.operations(), None)
    response = operation.response(status) if operation else None
    media = response.content.get(_MEDIA_TYPES["XML"]) if response else None
    bundle = operation.body_bundle(media) if operation and media else None
    if bundle is None:
        lacking = f"this contract describes no XML response with status {status}"
        why = f"the reference service is that of DescribeRefreshTasks, and {lacking}"
        raise ContractError(f"{contract.name}: {why}; test the URL of your own service, or let `contract mock` be one")
    return XmlCodec.compile(bundle.schema, "Response").encode
