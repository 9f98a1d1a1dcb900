"""Faults in how a call is refused: promises 14 to 17."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from mutants.breaking import Break, Mutant, adds, answers, bodies, changed, drops, explains, heads, plain, told, written
from toolkit.exchange import Request, Response, Send
from toolkit.services.calls import ApiCall, ApiError
from toolkit.services.service import Service, Value, respond
from toolkit.structs import replace

_BOTH = "JSON XML"
_HTML = b"<html><body><h1>Bad Request</h1></body></html>"


def _member(edit: Callable[[Value], Any], forms: str = _BOTH) -> Break:
    return written(edit, forms, ok=False)


def _without(name: str) -> Callable[[Value], Value]:
    return lambda value: {key: text for key, text in value.items() if key != name}


def _renamed(old: str, new: str) -> Callable[[Value], Value]:
    return lambda value: {new if key == old else key: text for key, text in value.items()}


def _set(**members: Any) -> Callable[[Value], Value]:
    return lambda value: {**value, **members}


def _said(code: str, by: Callable[[ApiError, str], str]) -> Break:
    """The message of a code is another."""

    def edited(refusal: ApiError, status: int, value: Value) -> tuple[int, Value]:
        return status, {**value, "Message": by(refusal, value["Message"])} if refusal.code == code else value

    return explains(edited)


def _unnamed(when: Callable[[str], Any]) -> Break:
    """Messages name no parameter where the text of the request is such."""

    def edited(request: Request, response: Response) -> Response:
        text = request.url + (request.body or b"").decode("utf-8", "replace")
        return (
            replace(response, body=re.sub(rb"parameter \w+", b"parameter", response.body or b""))
            if when(text)
            else response
        )

    return _refused(edited)


def _leaks(text: str) -> Break:
    return _said("InvalidParameter", lambda refusal, message: f"{message} {text}")


def _named(name: str, code: str) -> Break:
    """A bad text of one parameter is told by another code."""

    def edited(refusal: ApiError, status: int, value: Value) -> tuple[int, Value]:
        return status, {**value, "Code": code} if refusal.detail == name else value

    return explains(edited)


def _crashes_where(when: Callable[[ApiCall], Any]) -> Break:
    """The service breaks before it has looked at anything else."""

    def check(call: ApiCall) -> Iterator[ApiError]:
        if when(call):
            yield ApiError("InternalError")

    return changed(checks=lambda checks: (check, *checks))


def _crashes(name: str, pattern: str) -> Break:
    """A text of a parameter breaks the service."""
    return _crashes_where(lambda call: any(re.search(pattern, text, re.S) for text in call.all(name)))


def _error_format(form: Callable[[ApiCall, str], str]) -> Break:
    """Refusals are in another format: what is good is known only once it has been found."""

    def breaks(service: Service) -> Send:
        def format_of(call: ApiCall) -> str:
            is_refused = any(True for check in service.checks[:-1] for _ in check(call)) or any(
                service.checks[-1](call)
            )
            sound = service.format_of(call)
            return form(call, sound) if is_refused else sound

        return changed(format_of=lambda step: format_of)(service)

    return breaks


def _bad_format(call: ApiCall, sound: str) -> str:
    return "JSON" if call.get("Format") not in (None, "XML", "JSON") else sound


def _refused(edit: Callable[[Request, Response], Response]) -> Break:
    return answers(lambda request, response: edit(request, response) if response.status >= 400 else response)


def _throttled(service: Service, status: int, code: str, message: str | None = None) -> Send:
    """Each fourth call is throttled, in this way."""
    calls = count(1)

    def check(call: ApiCall) -> Iterator[ApiError]:
        if next(calls) % 4 == 0:
            yield ApiError("Throttling")

    return told("Throttling", status=status, new_code=code, message=message)(
        replace(service, checks=(*service.checks, check))
    )


def _ninth(service: Service) -> Send:
    calls = count(1)
    return lambda request: respond(service, request) if next(calls) % 9 else plain(502, "text/html", _HTML)


_LEAKS = (
    ("sql", "SELECT task_id FROM task WHERE page = 'x'"),
    ("path", 'open("/usr/lib/service/tasks.py") failed'),
    ("trace", 'Traceback (most recent call last):\n  File "tasks.py", line 12, in find\nValueError: bad'),
    ("java", "java.lang.NumberFormatException: For input string at com.example.Tasks.find(Tasks.java:42)"),
    ("sqlite", "sqlite3.OperationalError: no such column"),
    ("exception", "ValueError: invalid literal for int() with base 10"),
    ("home", "cannot read /home/admin/vod/conf/service.properties"),
    ("windows", r"cannot read C:\service\tasks.ini"),
)
_LEAK_MUTANTS = tuple(
    Mutant(f"leak-{key}", 17, f"the message of InvalidParameter shows {text.splitlines()[0]}", _leaks(text))
    for key, text in _LEAKS
)
_MEMBERS = ("RequestId", "HostId", "Code", "Message")
_MEMBER_MUTANTS = tuple(
    Mutant(
        f"error-{form.lower()}-without-{name.lower()}",
        15,
        f"{form}: an error has no {name}",
        _member(_without(name), form),
    )
    for name in _MEMBERS
    for form in ("JSON", "XML")
)
_STATUSES = tuple(
    Mutant(f"{code.lower().replace('.', '-')}-{status}", 16, f"{code} is answered with status {status}", told(code, status=status))
    for code, statuses in (
        ("MissingParameter", (200, 403, 404, 422, 500)),
        ("InvalidParameter", (200, 404, 422, 500)),
        ("InvalidTaskId.Malformed", (200, 404, 500)),
        ("InvalidVersion", (404, 200)),
        ("InvalidAction.NotFound", (400, 200, 500)),
    )
    for status in statuses
)  # fmt: skip
_NAMES = ("DomainName", "ObjectType", "Status", "StartTime", "EndTime", "PageSize", "PageNumber", "Format")
_CODES = tuple(
    Mutant(f"code-{name.lower()}", 16, f"a bad {name} is told as Invalid{name}", _named(name, f"Invalid{name}"))
    for name in _NAMES
)
_UNNAMED = tuple(
    Mutant(
        f"unnamed-{name.lower()}",
        16,
        f"the message about a bad {name} does not name it",
        told("InvalidParameter", message="A parameter is not valid.", name=name),
    )
    for name in _NAMES[1:]
)

# fmt: off
MUTANTS = (
    *_MEMBER_MUTANTS,
    *_STATUSES,
    *_CODES,
    *_UNNAMED,
    *_LEAK_MUTANTS,
    # 14 and 15: the shape
    Mutant("unnamed-relation", 16, "the message does not name EndTime where it lies before StartTime",
          _unnamed(lambda text: "StartTime=" in text and "EndTime=" in text)),
    Mutant("unnamed-repeated", 16, "the message does not name what is given twice", _unnamed(lambda text: re.search(r"\b(\w+)=.*\b\1=", text))),
    Mutant("error-id-lower", 14, "RequestId of an error is in lower case", _member(lambda v: {**v, "RequestId": v["RequestId"].lower()})),
    Mutant("error-id-repeated", 14, "RequestId of errors is always the same", _member(_set(RequestId="4C4B7F0E-6B2A-4F38-9C5D-0A1B2C3D4E5F"))),
    Mutant("error-id-empty", 14, "RequestId of an error is empty", _member(_set(RequestId=""))),
    Mutant("error-root", 15, "XML: the root of an error is another", written(lambda v: v, "XML", False, "ErrorResponse")),
    Mutant("error-root-response", 15, "XML: an error has the root of an answer", written(lambda v: v, "XML", False, "DescribeRefreshTasksResponse")),
    Mutant("error-root-lower", 15, "XML: the root of an error is in lower case", written(lambda v: v, "XML", False, "error")),
    Mutant("error-nested", 15, "JSON: an error is in an envelope", _member(lambda v: {"Error": v}, "JSON")),
    Mutant("error-nested-xml", 15, "XML: an error is in an envelope", written(lambda v: {"Error": v}, "XML", False, "ErrorResponse")),
    Mutant("error-code-number", 15, "JSON: Code is a number", _member(_set(Code=400), "JSON")),
    Mutant("error-code-lower", 15, "Code is named code", _member(_renamed("Code", "code"))),
    Mutant("error-code-errorcode", 15, "Code is named ErrorCode", _member(_renamed("Code", "ErrorCode"))),
    Mutant("error-message-name", 15, "Message is named ErrorMessage", _member(_renamed("Message", "ErrorMessage"))),
    Mutant("error-message-empty", 15, "Message is empty", _member(_set(Message=""))),
    Mutant("error-message-null", 15, "JSON: Message is null", _member(_set(Message=None), "JSON")),
    Mutant("error-host-empty", 15, "HostId is empty", _member(_set(HostId=""))),
    Mutant("error-extra", 15, "an error has a member more", _member(_set(Debug="on"))),
    Mutant("error-list", 15, "JSON: Message is a list", _member(lambda v: {**v, "Message": [v["Message"]]}, "JSON")),
    Mutant("error-empty", 15, "an error has no body", _refused(lambda q, r: replace(r, body=b""))),
    Mutant("error-html", 15, "an error is HTML", _refused(lambda q, r: plain(r.status, "text/html", _HTML))),
    Mutant("error-text", 15, "an error is a text", _refused(lambda q, r: plain(r.status, "text/plain", b"bad request"))),
    Mutant("error-type", 15, "JSON: an error is sent as text/plain",
          heads("Content-Type", lambda t, s: "text/plain" if s >= 400 and t and "json" in t else t)),
    Mutant("error-type-xml", 15, "XML: an error is sent as JSON",
          heads("Content-Type", lambda t, s: "application/json" if s >= 400 and t and "xml" in t else t)),
    Mutant("error-type-none", 15, "an error has no Content-Type", heads("Content-Type", lambda t, s: None if s >= 400 else t)),
    Mutant("error-always-xml", 15, "errors are always in XML", _error_format(lambda call, sound: "XML")),
    Mutant("error-always-json", 15, "errors are always in JSON", _error_format(lambda call, sound: "JSON")),
    Mutant("error-bad-format-json", 15, "a bad Format is refused in JSON", _error_format(_bad_format)),
    Mutant("error-post-xml", 15, "errors of POST are always in XML",
          _error_format(lambda call, sound: "XML" if call.request.method == "POST" else sound)),
    Mutant("error-missing-xml", 15, "without Action the error is always in XML",
          _error_format(lambda call, sound: "XML" if not call.all("Action") else sound)),
    Mutant("error-truncated", 15, "JSON: an error is cut off", bodies(lambda body: body[:-1], "JSON", lambda status: status >= 400)),
    Mutant("error-truncated-xml", 15, "XML: an error is cut off", bodies(lambda body: body[:-3], "XML", lambda status: status >= 400)),
    Mutant("error-405-empty", 15, "405 has no body", answers(lambda q, r: replace(r, body=b"") if r.status == 405 else r)),
    Mutant("error-as-answer", 15, "a refusal has status 200", answers(lambda q, r: replace(r, status=200) if r.status >= 400 else r)),
    # 16: codes and messages
    Mutant("missing-as-invalid", 16, "MissingParameter is told as InvalidParameter", told("MissingParameter", new_code="InvalidParameter")),
    Mutant("missing-action-code", 16, "without Action the code is another", told("MissingParameter", new_code="MissingAction", name="Action")),
    Mutant("invalid-as-missing", 16, "InvalidParameter is told as MissingParameter", told("InvalidParameter", new_code="MissingParameter")),
    Mutant("code-dotted", 16, "InvalidParameter is told as InvalidParameter.Value", told("InvalidParameter", new_code="InvalidParameter.Value")),
    Mutant("code-case", 16, "InvalidParameter is told as invalidParameter", told("InvalidParameter", new_code="invalidParameter")),
    Mutant("task-invalid", 16, "a bad TaskId is told as InvalidParameter",
          told("InvalidTaskId.Malformed", new_code="InvalidParameter", message="The parameter TaskId is not valid.")),
    Mutant("task-not-found", 16, "a bad TaskId is told as InvalidTaskId.NotFound",
          told("InvalidTaskId.Malformed", new_code="InvalidTaskId.NotFound")),
    Mutant("task-message", 16, "InvalidTaskId.Malformed has another message", told("InvalidTaskId.Malformed", message="TaskId is bad.")),
    Mutant("version-invalid", 16, "a wrong Version is told as InvalidParameter",
          told("InvalidVersion", new_code="InvalidParameter", message="The parameter Version is not valid.")),
    Mutant("action-invalid", 16, "an unknown Action is told as InvalidParameter",
          told("InvalidAction.NotFound", new_code="InvalidParameter", status=400)),
    Mutant("action-code", 16, "an unknown Action is told as InvalidAction", told("InvalidAction.NotFound", new_code="InvalidAction")),
    Mutant("missing-message", 16, "the message of MissingParameter names nothing",
          told("MissingParameter", message="A required parameter is not supplied.")),
    Mutant("invalid-message", 16, "the message of InvalidParameter names nothing", told("InvalidParameter", message="A parameter is not valid.")),
    Mutant("message-other-name", 16, "the message of InvalidParameter names another",
          told("InvalidParameter", message="The parameter Signature is not valid.")),
    Mutant("message-lower", 16, "the message names the parameter in lower case", _said("InvalidParameter", lambda r, m: m.lower())),
    Mutant("message-snake", 16, "the message names page_size", _said("InvalidParameter", lambda r, m: m.replace("PageSize", "page_size"))),
    Mutant("message-repeated", 16, "the message about the range names no parameter",
          told("InvalidParameter", message="The range is not valid.", name="EndTime")),
    Mutant("throttling-500", 16, "throttling is told by status 500", lambda service: _throttled(service, 500, "Throttling")),
    Mutant("throttling-429", 16, "throttling is told by status 429", lambda service: _throttled(service, 429, "Throttling")),
    Mutant("throttling-code", 16, "throttling is told as Throttled", lambda service: _throttled(service, 503, "Throttled")),
    Mutant("throttling-message", 16, "throttling has another message", lambda service: _throttled(service, 503, "Throttling", "Slow down.")),
    Mutant("forbidden", 16, "an unknown domain is forbidden without a word",
          answers(lambda q, r: plain(403, "text/plain", b"") if b"TaskId" not in (r.body or b"") and r.status == 200 else r)),
    # 17: nothing breaks
    Mutant("crash-nul", 17, "a NUL in ObjectPath", _crashes("ObjectPath", "\x00")),
    Mutant("crash-quote", 17, "a quote in ObjectPath", _crashes("ObjectPath", "'")),
    Mutant("crash-quote-domain", 17, "a quote in DomainName", _crashes("DomainName", "'")),
    Mutant("crash-percent", 17, "a percent sign in ObjectPath", _crashes("ObjectPath", "%")),
    Mutant("crash-unicode", 17, "Unicode in ObjectPath", _crashes("ObjectPath", "[^\x00-\xff]")),
    Mutant("crash-astral", 17, "characters beyond 16 bits in ObjectPath", _crashes("ObjectPath", "[\U00010000-\U0010ffff]")),
    Mutant("crash-unicode-domain", 17, "Unicode in DomainName", _crashes("DomainName", "[^\x00-\x7f]")),
    Mutant("crash-long", 17, "1,000 characters in ObjectPath", _crashes("ObjectPath", ".{1000}")),
    Mutant("crash-long-domain", 17, "1,000 characters in DomainName", _crashes("DomainName", ".{1000}")),
    Mutant("crash-backslash", 17, "a backslash in ObjectPath", _crashes("ObjectPath", r"\\")),
    Mutant("crash-markup", 17, "markup in ObjectPath", _crashes("ObjectPath", "<")),
    Mutant("crash-bracket", 17, "a bracket in ObjectPath", _crashes("ObjectPath", r"[\[(]")),
    Mutant("crash-text-size", 17, "text for PageSize", _crashes("PageSize", "[a-z]")),
    Mutant("crash-empty-size", 17, "an empty PageSize", _crashes("PageSize", "^$")),
    Mutant("crash-huge-page", 17, "a PageNumber beyond 63 bits", _crashes("PageNumber", r"\d{19,}")),
    Mutant("crash-32-page", 17, "a PageNumber beyond 31 bits", _crashes("PageNumber", r"^(214748364[89]|[1-9]\d{10,})")),
    Mutant("crash-offset", 17, "the last page of the largest size",
          adds("InternalError", "", lambda c: c.get("PageSize") == "50" and c.get("PageNumber") == "100000")),
    Mutant("crash-unicode-digit", 17, "other digits of Unicode for PageSize", _crashes("PageSize", r"[^\x00-\x7f]")),
    Mutant("crash-superscript", 17, "a superscript digit for PageSize", _crashes("PageSize", "[²³¹]")),
    Mutant("crash-time", 17, "an unreal moment for StartTime", _crashes("StartTime", r"-02-(29|30|31)T|-13-")),
    Mutant("crash-leap", 17, "a leap day for EndTime", _crashes("EndTime", r"-02-29T")),
    Mutant("crash-time-empty", 17, "an empty StartTime", _crashes("StartTime", "^$")),
    Mutant("crash-task", 17, "letters for TaskId", _crashes("TaskId", "[a-z]")),
    Mutant("crash-task-long", 17, "a TaskId beyond 64 bits", _crashes("TaskId", r"^[2-9]\d{19}$|\d{21}")),
    Mutant("crash-type", 17, "an unknown ObjectType", _crashes("ObjectType", "^(?!file|path|preload)")),
    Mutant("crash-repeated", 17, "a parameter given twice", _crashes_where(lambda c: len({n for n, _ in c.parameters}) < len(c.parameters))),
    Mutant("crash-no-action", 17, "no Action", _crashes_where(lambda c: not c.all("Action"))),
    Mutant("crash-percent-encoding", 17, "a bad percent-encoding", _crashes_where(lambda c: "%zz" in c.request.url.lower())),
    Mutant("crash-utf8", 17, "bytes that are no UTF-8", _crashes_where(lambda c: "%ff" in c.request.url.lower())),
    Mutant("crash-format", 17, "an unknown Format", _crashes("Format", "^(?!(?i:json|xml)$)")),
    Mutant("crash-delete", 17, "DELETE", _crashes_where(lambda c: c.request.method == "DELETE")),
    Mutant("crash-empty-list", 17, "nothing found",
          answers(lambda q, r: plain(500, "text/plain", b"") if r.status == 200 and b"TaskId" not in (r.body or b"") else r)),
    Mutant("crash-503", 17, "a bad number is answered ServiceUnavailable", told("InvalidParameter", status=503, new_code="ServiceUnavailable")),
    Mutant("crash-502", 17, "every ninth call is answered 502", _ninth),
    Mutant("refusals-dropped", 16, "what conforms to no rule is let through", drops(lambda call, refusal: refusal.code == "InvalidParameter")),
)
# fmt: on
