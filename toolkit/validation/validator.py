"""Validates an exchange against a contract: the verdict.

Request, status, headers and body are validated each by itself, so that one fault does not hide the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

from toolkit.contract.model import Contract, Match, foreign_scheme
from toolkit.contract.operation import Operation, Parameter, ResponseSpec
from toolkit.contract.routing import TooManyWays
from toolkit.contract.security import is_secured
from toolkit.errors import ContractError, failure_trace
from toolkit.exchange import EXCERPT, LACKS, Exchange, Record, Request, Response, Unreadable
from toolkit.secrets.masking import Secrets
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.validation.bodies import DocumentedBody, find_body
from toolkit.validation.credentials import lacking
from toolkit.validation.cut import guarded, of_whole_part, unread, unusable
from toolkit.validation.hiding import Found, all_hidden, joined_texts, repeated, secrets_in, unless_masked, untold
from toolkit.validation.quoting import quoted
from toolkit.validation.readers import text_of
from toolkit.validation.request import Parameters, check_request
from toolkit.verdict import Body, Verdict, Violation, clip, general
from toolkit.wire import media_type
from toolkit.wire.urlencoded import TooManyFields

_MOST_USUAL = 1000
_MOST_QUOTED = 2_000  # kinds of violations, each of whose first exchanges is quoted
_UNPROVEN = (401, 403)  # what `security` implies, so that to leave them out is no drift
NO_BODY = (204, 205, 304)  # RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5
_COOKIES = re.compile(r",\s*(?=[^;,=\s]+=)")  # cookies in one field; the comma of a date is followed by no name
CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d+|\*)", re.IGNORECASE)
_NO_RESPONSE = "no response was recorded: the request was aborted or blocked, it failed, or was only written down"
_WEBSOCKET = "a connection was opened for another protocol (status 101)"
_BODY, _CONTENT_TYPE = "response.body", "response.header.Content-Type"

SecondOpinion = Callable[[Operation, DocumentedBody, bytes, Body], Iterable[Violation]]
"""Checks a response's body once more: its operation, what the contract says of it, its bytes, and what was read."""


class ResponseFindings(Frozen):
    """What is wrong with a response, and the value that its body was read as; None if there is none."""

    violations: Iterable[Violation]
    value: Any = None


class Validator(Mutable, eq=False):
    """Validates exchanges against a contract; each schema is compiled once, when first needed. With `strict` an exchange outside of the
    contract is a violation too. `second_opinion` is asked about every body of a response that is read. Secrets are hidden in verdicts
    unless `keep_secrets`."""

    contract: Contract
    strict: bool = False
    second_opinion: SecondOpinion | None = None
    keep_secrets: bool = False
    parameters: Parameters = field(default_factory=Parameters)
    _usual: dict[tuple[Operation, int, str | None], DocumentedBody] = field(default_factory=dict)
    """The body by status and Content-Type, where the body is all that is left to validate of a response."""

    _quoted: set[tuple[str, ...]] = field(default_factory=set)
    latest: Any = None  # the value of the body of the response that was checked last

    def check(self, record: Record) -> Verdict:
        """The verdict on one record of a recording or one live exchange. Raises ContractError for an unknown operation. A part of the
        contract that cannot be used is a violation of each exchange that needs it, and so is whatever fails here unforeseen: one exchange
        does not stop the others."""
        try:
            return self._check(record)
        except ContractError:
            raise
        except Exception as error:
            return Verdict(record.source, violations=(failure(error, record.source),))

    def _check(self, record: Record) -> Verdict:
        if isinstance(record, Unreadable):
            violation = Violation("record-unreadable", record.reason, source=record.source)
            return Verdict(record.source, violations=(violation,))
        try:
            match = self._match(record)
        except ContractError as error:
            if record.operation:
                raise
            return Verdict(record.source, violations=(replace(unusable(error, "request"), source=record.source),))
        if isinstance(match, str):
            bare = record.request and replace(record.request, body=None)
            reason = self._found(Exchange(bare, None), match).hide(match)
            outside = Violation("exchange-unmatched", reason, source=record.source)
            is_of_service = not (record.request and foreign_scheme(record.request.url))
            return Verdict(record.source, "", reason, (outside,) if self.strict and is_of_service else ())
        operation, request, response = match.operation, record.request, record.response
        found: list[Violation] = []
        if request is not None and not record.operation:
            found += self._request_findings(match, request, response, blameless=record.blameless)
        if response is not None:
            method = operation.method if request is None else request.method
            checked = self.check_response(operation, response, method, blameless=record.blameless)
            found += checked.violations
            self.latest = checked.value
        unchecked = _unchecked(operation, response)
        if not found:
            return Verdict(record.source, operation.name, unchecked)
        if record.masked or record.without_cookies or record.unnamed:
            found = [unless_masked(violation, record, self.contract.secrets) for violation in found]
        found = untold(found, record, self.secrets)
        joined, quote = joined_texts(found), self._quote(record, match, found)
        shown = all_hidden(found, joined, self._found(record, joined, match), operation.name, record.source, quote)
        return Verdict(record.source, operation.name, unchecked, shown)

    def _quote(self, exchange: Exchange, match: Match, found: Iterable[Violation]) -> str:
        """The exchange as people read it, once for each kind of violation."""
        kinds = {(match.operation.name, one.rule, one.contract, general(one.at)) for one in found}
        if kinds <= self._quoted or len(self._quoted) > _MOST_QUOTED:
            return ""
        self._quoted.update(kinds)
        return quoted(exchange, self.secrets, self._secrets_in_path(match))

    def _secrets_in_path(self, match: Match) -> tuple[str, ...]:
        return tuple(value for name, value in match.path.items() if self.secrets.is_secret(name))

    def _request_findings(
        self, match: Match, request: Request, response: Response | None, *, blameless: bool
    ) -> list[Violation]:
        """What is wrong with a request. If it was refused, that is no fault of the service; if it is `blameless`, of nobody."""
        if self._is_sound(match, request):
            return []
        found = list(self.check_request(match, request))
        if found and (blameless or (response is not None and response.status >= 400)):
            found = [violation.soften() for violation in found]
        if (request.body is None and request.method != "GET") or (
            response is not None and 200 <= response.status < 300
        ):
            found += guarded(partial(_unproven, match, request, response), "request")
        return found

    def _is_sound(self, match: Match, request: Request) -> bool:
        """Whether a request of the most common form conforms: one without a body of its own, and with its credentials. Where this
        is not certain, a closer look follows."""
        operation = match.operation
        is_known = request.body is not None and not request.fault
        has_body = not operation.form_or_query if is_known else operation.request_content
        if operation.body_required or has_body:
            return False
        try:
            return self.parameters.undeclared(match) == () and not lacking(match, request)
        except ContractError:
            return False

    def _found(self, exchange: Exchange, text: str, match: Match | None = None) -> Found:
        """The secrets of an exchange that a text may repeat. There are some in its path too."""
        given = self._secrets_in_path(match) if match else ()
        values = repeated(text, secrets_in(exchange, self.secrets, match.query if match else ()))
        if not given and not values:
            return self._none_found
        found = Found(self.secrets, given)
        found.add(values, text)
        return found

    @cached_property
    def _none_found(self) -> Found:
        return Found(self.secrets)

    @cached_property
    def secrets(self) -> Secrets:
        return self.contract.secrets.unless(self.keep_secrets)

    def _match(self, exchange: Exchange) -> Match | str:
        """The operation of an exchange, or a sentence that says why there is none."""
        if exchange.operation:
            return Match(self.contract.operation(exchange.operation), {}, (), ())
        if exchange.request is None:
            known = f"only the pattern {clip(exchange.pattern, 200)} of a stub" if exchange.pattern else "no request"
            return f"{known} is known; name the operation with --operation ID"
        return self.contract.match(exchange.request)

    def check_request(self, match: Match, request: Request) -> Iterable[Violation]:
        """What is wrong with a request to the operation that it was matched with."""
        return guarded(partial(check_request, match, request, self.parameters), "request")

    def check_parameter(self, parameter: Parameter, values: Sequence[str]) -> Iterator[Violation]:
        """What is wrong with a parameter that is sent with these values, as on the wire."""
        return self.parameters.check(parameter, values, f"request.{parameter.location}.{parameter.name}")

    def check_response(
        self, operation: Operation, response: Response, method: str = "GET", *, blameless: bool = False
    ) -> ResponseFindings:
        """What is wrong with a response of an operation, and the value of its body. That of a HEAD request has none. A
        refusal that is `blameless` need not be documented."""
        documented = self._usual.get((operation, response.status, response.headers.get("content-type")))
        if documented and response.body and response.fault is None and method != "HEAD":
            body = documented.read(response.body)
            return ResponseFindings(documented.violations(response.body, body, _BODY), body.value)
        try:
            return self._check_response(operation, response, method, blameless)
        except ContractError as error:
            return ResponseFindings([unusable(error, _BODY)])

    def _check_response(
        self, operation: Operation, response: Response, method: str, blameless: bool
    ) -> ResponseFindings:
        spec = operation.response(response.status)
        if spec is None and _is_implied(operation, response.status):
            return ResponseFindings([])
        if spec is None:
            documented = ", ".join(operation.responses) or "none"
            message = f"status {response.status} is not documented for {operation.name} (documented: {documented})"
            place, cause = operation.node.location, str(response.status)
            undeclared = Violation("status-undeclared", message, "response.status", place, cause=cause)
            is_expected = response.status in _UNPROVEN and is_secured(operation)
            is_expected |= blameless and (400 <= response.status < 500 or response.status == 503)
            return ResponseFindings([undeclared.soften() if is_expected else undeclared])
        found = list(guarded(partial(self._headers, spec, response), "response.header"))
        if found_body := _no_body(spec, response, method):
            return ResponseFindings([*found, *found_body])
        if not spec.content or _has_no_body(response.status, method):
            return ResponseFindings(found)
        if response.body is None and response.fault == EXCERPT:
            return ResponseFindings(found)
        if response.body is None:
            message = "the recording does not have the response's body, so it was not checked"
            found.append(Violation("body-unrecorded", message, _BODY, spec.node.location))
            return ResponseFindings(found)
        try:
            content = self._content(operation, spec, response, response.body)
        except ContractError as error:
            return ResponseFindings([*found, unusable(error, _BODY)])
        return ResponseFindings([*found, *content.violations], content.value)

    def _headers(self, spec: ResponseSpec, response: Response) -> Iterator[Violation]:
        if response.partial or not (response.headers.pairs or response.fault == EXCERPT):
            required = [header.name for header in spec.headers if header.required]
            if required:
                names = ", ".join(required)
                message = f"the recording has no header fields of the response, so {names} was not checked"
                yield Violation("headers-unrecorded", message, "response.header", spec.node.location)
            return
        for header in spec.headers:
            values = response.headers.get_all(header.name)
            where = f"response.header.{header.name}"
            if values:
                for texts in _separate(header, values):
                    yield from guarded(partial(self.parameters.check, header, texts, where), where)
            elif header.required and response.fault != EXCERPT:
                message = f"the response has no {header.name} header, which is required"
                yield Violation("header-missing", message, where, header.node.location)

    def _content(self, operation: Operation, spec: ResponseSpec, response: Response, data: bytes) -> ResponseFindings:
        content_type = response.headers.content_type
        shown_type = content_type or media_type.guessed(data, spec.content)
        documented = find_body(operation, shown_type, spec)
        if documented is None:
            sent, known = media_type.essence(shown_type), ", ".join(spec.content)
            what = media_type.shown(shown_type)
            message = f"{what} is not documented for status {response.status} (documented: {known})"
            place, cause = spec.node.location, f"{spec.key} {sent}"
            undeclared = Violation("media-type-undeclared", message, _CONTENT_TYPE, place, cause=cause)
            is_expected = response.status in _UNPROVEN and is_secured(operation)
            return ResponseFindings([undeclared.soften() if is_expected else undeclared])
        if response.fault:
            place = spec.node.location
            return ResponseFindings(*of_whole_part(documented, shown_type, response.fault, data, _BODY, place))
        kind = media_type.kind(shown_type)
        if not data and kind in ("json", "xml"):
            message = f"the response has no body, but {kind.upper()} is documented"
            return ResponseFindings([Violation("body-missing", message, _BODY, spec.node.location)])
        if response.status == 206 and (part := _part(response)):
            message = f"the response has a part of the content alone ({part}), so it was not checked"
            unread = Violation("body-unread", message, _BODY, spec.node.location, "record a request for the whole")
            return ResponseFindings([unread] if documented.schema or documented.by_xsd else [])
        is_usual = content_type and response.status != 206 and not spec.headers
        is_usual = is_usual and not media_type.other_charset(content_type)
        if is_usual and not self.second_opinion and len(self._usual) < _MOST_USUAL:
            self._usual[operation, response.status, content_type] = documented
        body, found = documented.read(data), list[Violation]()
        if not content_type and data and response.headers.pairs and body.readable:  # else that it is none says enough
            message = "the response has a body but no Content-Type"
            found.append(Violation("media-type-missing", message, _CONTENT_TYPE, spec.node.location))
        found += documented.violations(data, body, _BODY)
        found += _charset(spec, content_type, data)
        if self.second_opinion:
            found += self.second_opinion(operation, documented, data, body)
        return ResponseFindings(found, body.value)


def failure(error: Exception, source: str) -> Violation:
    """That something could not be checked, an exchange as a rule, and why if that is known."""
    if isinstance(error, TooManyFields):
        rule, why = "limit-exceeded", f": {error}"
    elif isinstance(error, TooManyWays):
        rule, why = "limit-exceeded", ": a segment of its path can be split in too many ways"
    elif isinstance(error, RecursionError) or "ecursion" in str(error):  # of the engine, at 255 levels
        rule, why = "limit-exceeded", ": a value in it is nested too deeply"
    elif "surrogates not allowed" in str(error):  # which JSON can write, and no URL and no header field
        rule, why = "record-unreadable", ": its URL or a header field has half of a character (a lone surrogate)"
    else:
        rule, why = "check-failed", f" ({type(error).__name__})"
    message, hint = f"the exchange could not be checked{why}", failure_trace(error)
    return Violation(rule, message, source=source, hint=hint, cause=type(error).__name__)


def _unchecked(operation: Operation, response: Response | None) -> str:
    """Why there is no response to check; '' where there is one."""
    if response is None:
        return _NO_RESPONSE
    return _WEBSOCKET if response.status == 101 and not operation.response(101) else ""


def _unproven(match: Match, request: Request, response: Response | None) -> Iterator[Violation]:
    """What a recording leaves open about a request: a body that was not kept, and success without credentials."""
    operation = match.operation
    is_sent = request.headers.get("transfer-encoding") or request.headers.get("content-length") not in (None, "0")
    is_lost = request.body is None and (request.fault or operation.body_required or is_sent)
    body = operation.node.get("requestBody") if is_lost else None
    if body and request.fault:
        yield unread(request.fault, "request.body", body.location)
    elif body:
        needed = ", which is required" if operation.body_required else ""
        message = f"the recording does not have the request's body{needed}, so it was not checked"
        yield Violation("body-unrecorded", message, "request.body", body.location)
    if response is not None and 200 <= response.status < 300 and (wanted := lacking(match, request)):
        message = f"the request has no credentials ({wanted}), and was answered with {response.status}"
        yield Violation("security-missing", message, "request.header", operation.node.location)


def _separate(header: Parameter, values: list[str]) -> Iterable[list[str]]:
    """The texts of a header field that are checked together: all lines joined, but for Set-Cookie, of which each line is a
    value of its own, or an item where an array is documented (RFC 9110, section 5.3)."""
    if header.name.lower() != "set-cookie":
        return ([", ".join(values)],)
    cookies = [cookie for value in values for cookie in _COOKIES.split(value)]
    return (cookies,) if "array" in header.types else ([cookie] for cookie in cookies)


def _is_implied(operation: Operation, status: int) -> bool:
    """A 304 stands for a success that is documented, whose body the client has (RFC 9110, section 15.4.5); a 101 ends HTTP."""
    return status == 101 or (status == 304 and any(key.startswith("2") for key in operation.responses))


def _has_no_body(status: int, method: str) -> bool:
    return status in NO_BODY or method == "HEAD"


def _no_body(spec: ResponseSpec, response: Response, method: str) -> list[Violation]:
    """What is wrong with a body that cannot be read, or that should not be there."""
    size = len(response.body or b"")
    fault = response.fault or ""
    is_of_end = fault == EXCERPT or (response.body is not None and fault.startswith(LACKS))
    fault = "" if is_of_end else fault
    if fault:
        return [unread(fault, _BODY, spec.node.location)]
    if size and _has_no_body(response.status, method):
        message = f"the body has {size:,} bytes, but HTTP allows none (status {response.status}, method {method})"
        rule = "body-unexpected"
    elif size and not spec.content:
        message = f"the body has {size:,} bytes, but the contract documents none for status {spec.key}"
        rule = "body-undocumented"
    else:
        return []
    return [Violation(rule, message, _BODY, spec.node.location, trait=spec.key)]


def _part(response: Response) -> str:
    """The range of the content that a 206 has, where that is not the whole (RFC 9110, section 14.4); "" of others."""
    stated = response.headers.get("content-range") or ""
    found = CONTENT_RANGE.fullmatch(stated)
    return stated if found and (found[1] != "0" or found[3] != str(int(found[2]) + 1)) else ""


def _charset(spec: ResponseSpec, content_type: str, data: bytes) -> Iterator[Violation]:
    """A charset parameter by which the bytes are other characters: JSON is UTF-8, XML names its encoding itself."""
    name = media_type.other_charset(content_type)
    text = text_of(content_type, data) if name else None
    if name and text is not None and not _is_encoded(text, name, data):
        message = f"the Content-Type has charset={media_type.charset(content_type)}, but the body is encoded otherwise"
        yield Violation("body-undecodable", message, _CONTENT_TYPE, spec.node.location)


def _is_encoded(text: str, charset: str, data: bytes) -> bool:
    try:
        return data.decode(charset) == text
    except UnicodeDecodeError:
        return False
