"""The one judge of everything: an exchange against a contract gives a verdict.

Request, status, headers and body are each judged for themselves, so that one fault does not hide the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.contract.model import Contract, Match
from toolkit.contract.operation import Operation, Parameter, ResponseSpec
from toolkit.errors import ContractError
from toolkit.exchange import Exchange, Record, Request, Response, Unreadable
from toolkit.validation.bodies import Judge, judge_of, text_of
from toolkit.validation.request import Values, check_request
from toolkit.verdict import Verdict, Violation
from toolkit.wire import media_type

_MOST_USUAL = 1000
_NO_BODY = (204, 205, 304)  # RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5


@dataclass(eq=False)
class Validator:
    """Judges exchanges against a contract; schemas are compiled once each, when first needed.

    With `strict` an exchange outside of the contract is a violation too.
    """

    contract: Contract
    strict: bool = False
    _judges: dict[Any, Judge] = field(default_factory=dict)
    _usual: dict[tuple[Operation, int, str | None], Judge] = field(default_factory=dict)
    """What is left to judge of an answer with a body, by status and Content-Type, where no header is documented."""
    _values: Values = field(default_factory=Values)

    def check(self, record: Record) -> Verdict:
        """The verdict on one record of a recording or one live exchange. Raises ContractError for an unusable contract."""
        if isinstance(record, Unreadable):
            violation = Violation(
                "record-unreadable", record.reason, source=record.source, hint="see whether the recording is complete"
            )
            return Verdict(record.source, violations=(violation,))
        operation, match = self._operation(record)
        if isinstance(operation, str):
            return self._unmatched(record.source, operation)
        found = self._violations(operation, match, record)
        violations = [violation.located(operation.name, record.source) for violation in found]
        return Verdict(record.source, operation.name, "", tuple(violations))

    def _operation(self, exchange: Exchange) -> tuple[Operation | str, Match | None]:
        if exchange.operation:
            return self.contract.operation(exchange.operation), None
        if exchange.request is None:
            return "no request is known, as in a bare body; name the operation with --operation ID", None
        match = self.contract.match(exchange.request)
        return (match, None) if isinstance(match, str) else (match.operation, match)

    def _unmatched(self, source: str, reason: str) -> Verdict:
        if not self.strict:
            return Verdict(source, unmatched=reason)
        hint = "add the operation to the contract, or leave out --strict"
        return Verdict(
            source, unmatched=reason, violations=(Violation("exchange-unmatched", reason, source=source, hint=hint),)
        )

    def _violations(self, operation: Operation, match: Match | None, exchange: Exchange) -> list[Violation]:
        response, found = exchange.response, list[Violation]()
        if match and exchange.request:
            found += self.check_request(match, exchange.request)
            if found and response is not None and response.status >= 400:
                found = [violation.soften() for violation in found]
        if response is not None:
            method = exchange.request.method if exchange.request else operation.method
            found += self.check_response(operation, response, method)
        return found

    def check_request(self, match: Match, request: Request) -> Iterable[Violation]:
        """What is wrong with a request to the operation that it was matched with."""
        return check_request(match, request, self._values, self._judges)

    def check_parameter(self, parameter: Parameter, texts: Sequence[str]) -> Iterator[Violation]:
        """What is wrong with a parameter that is given with these texts."""
        return self._values.check(parameter, texts, f"request.{parameter.location}.{parameter.name}")

    def check_response(self, operation: Operation, response: Response, method: str = "GET") -> Iterable[Violation]:
        """What is wrong with an answer of an operation; a HEAD request's has no body."""
        judge = self._usual.get((operation, response.status, response.headers.get("content-type")))
        if judge and response.body and response.fault is None and method != "HEAD":
            return judge(response.body)
        return self._response(operation, response, method)

    def _response(self, operation: Operation, response: Response, method: str) -> Iterator[Violation]:
        spec = operation.response(response.status)
        if spec is None:
            documented = ", ".join(operation.responses) or "none"
            message = f"status {response.status} is not documented for {operation.name} (documented: {documented})"
            hint = "document the status, or answer with a documented one"
            yield Violation("status-undeclared", message, "response.status", operation.node.location, hint)
            return
        yield from self._headers(spec, response)
        yield from self._body(operation, spec, response, method)

    def _headers(self, spec: ResponseSpec, response: Response) -> Iterator[Violation]:
        for header in spec.headers if response.headers.pairs else ():
            texts = response.headers.get_all(header.name)
            where = f"response.header.{header.name}"
            if texts:
                joined = texts if header.name.lower() == "set-cookie" else [", ".join(texts)]
                yield from self._values.check(header, joined[:1], where)
            elif header.required:
                yield Violation(
                    "header-missing",
                    f"the header {header.name} is required and absent",
                    where,
                    header.node.location,
                    "send it",
                )

    def _body(self, operation: Operation, spec: ResponseSpec, response: Response, method: str) -> Iterator[Violation]:
        if response.fault:
            yield Violation(
                "body-undecodable",
                response.fault,
                "response.body",
                spec.node.location,
                "see how the body was encoded or recorded",
            )
        elif response.status in _NO_BODY or method == "HEAD":
            if response.body:
                message = f"{len(response.body)} bytes of body stand where HTTP allows none (status {response.status}, {method})"
                yield Violation(
                    "body-unexpected",
                    message,
                    "response.body",
                    spec.node.location,
                    "send no body (RFC 9110, section 6.4.1)",
                )
        elif response.body is not None and spec.content:
            yield from self._content(operation, spec, response, response.body)
        elif response.body:
            message = f"a body of {len(response.body)} bytes stands where the contract documents none"
            yield Violation(
                "body-undocumented",
                message,
                "response.body",
                spec.node.location,
                "document the body's media type and schema",
            )

    def _judge(self, operation: Operation, spec: ResponseSpec, documented: str, telling: str) -> Judge:
        key = (operation, spec.key, documented, media_type.kind(telling))
        if key not in self._judges:
            self._judges[key] = judge_of(operation, telling, spec.content[documented])
        return self._judges[key]

    def _content(
        self, operation: Operation, spec: ResponseSpec, response: Response, body: bytes
    ) -> Iterator[Violation]:
        content_type = response.headers.get("content-type") or ""
        shown_type = content_type or _guessed(body, spec.content)
        documented = media_type.best(shown_type, spec.content)
        if documented is None:
            yield _undeclared_media_type(shown_type, spec)
            return
        judge = self._judge(operation, spec, documented, media_type.telling(shown_type, documented))
        is_usual = content_type and not media_type.other_charset(content_type) and not spec.headers
        if is_usual and response.status not in _NO_BODY and len(self._usual) < _MOST_USUAL:
            self._usual[operation, response.status, content_type] = judge
        if not content_type and body and response.headers.pairs:
            hint = "send Content-Type (RFC 9110, section 8.3)"
            yield Violation(
                "media-type-missing",
                "the answer has a body and no Content-Type",
                "response.header.Content-Type",
                spec.node.location,
                hint,
            )
        kind = media_type.kind(shown_type)
        if not body and kind in ("json", "xml"):
            yield Violation(
                "body-missing",
                f"the answer has no body where {kind.upper()} is documented",
                "response.body",
                spec.node.location,
                "send one",
            )
        else:
            yield from judge(body)
            yield from _charset(spec, content_type, body)


def _charset(spec: ResponseSpec, content_type: str, body: bytes) -> Iterator[Violation]:
    """A charset parameter that tells other text than the bytes do: JSON is UTF-8, XML names its encoding itself."""
    name = media_type.other_charset(content_type)
    text = text_of(content_type, body) if name else None
    if name and text is not None and not _spells(name, body, text):
        message = f"the Content-Type says charset={media_type.charset(content_type)}, which the body is not in"
        hint = "name the charset that the body is in, or none"
        yield Violation("body-undecodable", message, "response.header.Content-Type", spec.node.location, hint)


def _spells(charset: str, body: bytes, text: str) -> bool:
    try:
        return body.decode(charset) == text
    except UnicodeDecodeError:
        return False


def _guessed(body: bytes, documented: Iterable[str]) -> str:
    """A media type for a body that names none: the documented one of the kind that its first byte speaks for."""
    kind = {b"{": "json", b"[": "json", b"<": "xml"}.get(body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1])
    return next((name for name in documented if media_type.kind(name) == kind), next(iter(documented), ""))


def _undeclared_media_type(content_type: str, spec: ResponseSpec) -> Violation:
    message = f"{media_type.essence(content_type)} is not documented for status {spec.key} (documented: {', '.join(spec.content)})"
    hint = "answer in a documented media type, or document this one"
    return Violation("media-type-undeclared", message, "response.header.Content-Type", spec.node.location, hint)


__all__ = ["ContractError", "Validator"]
