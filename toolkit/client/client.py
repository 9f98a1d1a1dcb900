"""One operation of a live service: calls by parameter values go out, checked and decoded responses come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import quote

from toolkit.client.examples import example_body
from toolkit.client.session import Session
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.promises import Facts, dig, read_facts
from toolkit.exchange import Exchange, Headers, Request
from toolkit.validation.validator import ResponseFindings, Validator
from toolkit.verdict import Violation
from toolkit.wire import media_type
from toolkit.wire.urlencoded import Pairs, build_query

Change = str | Sequence[str] | None
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Call:
    """What to request: names and values of parameters in order, how to send them, and raw query text.

    `channel` is a method, or `POST form`, `POST query` or `POST mixed` if parameters may be in a form body.
    """

    pairs: tuple[tuple[str, str], ...]
    channel: str
    raw: str = ""

    def given(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def get(self, name: str) -> str | None:
        return next(iter(self.given(name)), None)


@dataclass(frozen=True, slots=True, eq=False)
class CheckedResponse:
    """What came back for a call: the exchange, the value of the body, and the violations of the response alone.

    `failure` says why there was no response, '' if there was one.
    """

    call: Call
    exchange: Exchange
    value: Any
    violations: tuple[Violation, ...]
    failure: str = ""

    @property
    def status(self) -> int:
        """The status code; 0 if there was no response."""
        return self.exchange.response.status if self.exchange.response else 0

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def overloaded(self) -> bool:
        """Whether the service still asks to wait after all retries."""
        return self.status in (429, 503)

    @property
    def kind(self) -> str:
        """`json`, `xml` or `other`, by the Content-Type."""
        response = self.exchange.response
        return media_type.kind((response.headers.get("content-type") or "") if response else "")

    def items(self, facts: Facts) -> list[Any] | None:
        """The items of a page; None if the response has no list."""
        found = dig(self.value, facts.pages.results) if facts.pages else None
        return found if isinstance(found, list) else None

    def total(self, facts: Facts) -> int | None:
        found = dig(self.value, facts.total) if facts.total else None
        return found if isinstance(found, int) and not isinstance(found, bool) else None


@dataclass(eq=False)
class Client:
    """Sends calls of one operation. `base` holds the values that every call starts from, `by_channel` the operation of each
    channel, `unreported` the responses that no verdict was given on so far."""

    session: Session
    validator: Validator
    operation: Operation
    facts: Facts
    by_channel: Mapping[str, Operation]
    base: dict[str, str] = field(default_factory=dict)
    unreported: list[CheckedResponse] = field(default_factory=list)
    _memo: dict[Call, CheckedResponse] = field(default_factory=dict)

    @property
    def channels(self) -> list[str]:
        return list(self.by_channel)

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.operation.parameters if parameter.name == name), None)

    def call(self, changes: Mapping[str, Change] | None = None, *, form: str | None = "", channel: str = "") -> Call:
        """The base with some values changed: None removes a parameter, a list repeats it.

        `form` is the value of the format parameter; '' takes the first one documented, None leaves it out.
        """
        values: dict[str, Change] = dict(self.base)
        name = self.facts.format_parameter
        if name and form is not None:
            values[name] = form or next(iter(self.facts.formats or {}), None)
        values.update(changes or {})
        pairs = [(key, value) for key, change in values.items() for value in _values(change)]
        return Call(tuple(pairs), channel or self.channels[0])

    def ask(self, call: Call, *, fresh: bool = False, signed: bool = True) -> CheckedResponse:
        """The response to a call; the same call is sent once, unless `fresh`. Raises BudgetSpent."""
        known = None if fresh else self._memo.get(call)
        if known is None:
            known = self._memo[call] = self.send(call, self.request(call), signed=signed)
        return known

    def forget(self) -> None:
        """Send every call again when it is asked next."""
        self._memo.clear()

    def take_unreported(self) -> list[CheckedResponse]:
        """The unreported responses, which count as reported from now on."""
        taken = self.unreported[:]
        self.unreported.clear()
        return taken

    def send(self, call: Call, request: Request, *, signed: bool = True) -> CheckedResponse:
        """Send a request and check the response to it. Raises BudgetSpent."""
        exchange, reason = self.session.exchange(request, signed=signed)
        operation = self.by_channel.get(call.channel, self.operation)
        findings = ResponseFindings(())
        if exchange.response and exchange.request:
            findings = self.validator.check_response(operation, exchange.response, exchange.request.method)
        response = CheckedResponse(call, exchange, findings.value, tuple(findings.violations), reason)
        self.unreported.append(response)
        return response

    def request(self, call: Call) -> Request:
        """The request of a call: each parameter in the path, query, header, cookie or form body, as the contract says."""
        operation = self.by_channel.get(call.channel, self.operation)
        placed: dict[str, list[tuple[str, str]]] = {"path": [], "query": [], "header": [], "cookie": []}
        for name, text in call.pairs:
            parameter = self.parameter(name)
            placed[parameter.location if parameter else "query"].append((name, text))
        method, _, way = call.channel.partition(" ")
        query, form = _divide(placed["query"], way)
        text = "&".join(filter(None, [build_query(query), call.raw]))
        headers = [*placed["header"], *_cookie(placed["cookie"])]
        content = (
            (_FORM, build_query(form).replace("%20", "+").encode())
            if way in ("form", "mixed")
            else example_body(operation)
        )
        url = _path(operation.route.template, placed["path"]) + (f"?{text}" if text else "")
        if content:
            headers.append(("Content-Type", content[0]))
        return Request(method, url, Headers.of(headers), content[1] if content else None)


@dataclass(frozen=True, slots=True)
class Way:
    """How a call is sent: the requested format and the channel."""

    form: str
    channel: str

    @property
    def label(self) -> str:
        return ", ".join(filter(None, [self.form, self.channel]))


def ways(client: Client) -> list[Way]:
    """Every pair of format and channel, in an order in which neighbours differ in both."""
    forms, channels = list(client.facts.formats or {}) or [""], client.channels
    count = len(forms) * len(channels)
    turned = [
        Way(forms[i % len(forms)], channels[(i + i // len(forms) * (len(channels) % 2 == 0)) % len(channels)])
        for i in range(count)
    ]
    missing = [Way(form, channel) for form, channel in product(forms, channels) if Way(form, channel) not in turned]
    return list(dict.fromkeys(turned)) + missing


def _values(value: Change) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def _divide(pairs: Pairs, way: str) -> tuple[Pairs, Pairs]:
    if way == "form":
        return [], pairs
    return (pairs[::2], pairs[1::2]) if way == "mixed" else (pairs, [])


def is_sendable(location: str, text: str) -> bool:
    """Whether a value arrives unchanged: a header field has only some characters, and loses spaces around it (RFC 9110, section 5.5)."""
    return location not in ("header", "cookie") or (text.isascii() and text.isprintable() and text.strip() == text)


def _cookie(pairs: Pairs) -> list[tuple[str, str]]:
    return [("Cookie", "; ".join(f"{name}={quote(text, safe='')}" for name, text in pairs))] if pairs else []


def _path(template: str, pairs: Pairs) -> str:
    for name, text in pairs:
        template = template.replace("{" + name + "}", quote(text, safe="-_.~"))
    return template


def client_of(operation: Operation, contract: Contract, validator: Validator, session: Session) -> Client:
    """A client of an operation, with every channel that its parameters may be sent through."""
    facts = read_facts(operation, contract)
    channels = {operation.method: operation}
    for other in contract.operations():
        is_equivalent = other.method in facts.methods and other.route.template == operation.route.template
        if is_equivalent and other is not operation:
            forms = ("form", "query", "mixed") if other.form_or_query else ("query",)
            channels.update({f"{other.method} {form}": other for form in forms})
    return Client(session, validator, operation, facts, channels)
