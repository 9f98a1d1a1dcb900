"""One operation of a live service, asked with parameter texts; answers come back judged and decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import quote

from toolkit.client.examples import example_body
from toolkit.client.session import Session
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.promises import Facts, dig
from toolkit.exchange import Exchange, Headers, Request
from toolkit.validation.validator import ResponseFindings, Validator
from toolkit.verdict import Violation
from toolkit.wire import media_type
from toolkit.wire.urlencoded import Pairs, build_query

Change = str | Sequence[str] | None
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Call:
    """A request before it is one: parameter texts in their order, how they travel, and query text sent as it is.

    `channel` is a method, or `POST form`, `POST query` and `POST mixed` where parameters may travel in a form body.
    """

    pairs: tuple[tuple[str, str], ...]
    channel: str
    raw: str = ""

    def given(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def get(self, name: str) -> str | None:
        return next(iter(self.given(name)), None)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came back for a call: the exchange, what its body says, and what is wrong with it by itself."""

    call: Call
    exchange: Exchange
    value: Any
    violations: tuple[Violation, ...]
    no_answer: str = ""

    @property
    def status(self) -> int:
        return self.exchange.response.status if self.exchange.response else 0

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def overloaded(self) -> bool:
        """Whether the service still asks for patience after all retries."""
        return self.status in (429, 503)

    @property
    def kind(self) -> str:
        """`json`, `xml` or `other`, by the Content-Type."""
        response = self.exchange.response
        return media_type.kind((response.headers.get("content-type") or "") if response else "")

    def items(self, facts: Facts) -> list[Any] | None:
        """The items of a page; None where the answer holds no list."""
        found = dig(self.value, facts.pages.results) if facts.pages else None
        return found if isinstance(found, list) else None

    def total(self, facts: Facts) -> int | None:
        found = dig(self.value, facts.total) if facts.total else None
        return found if isinstance(found, int) and not isinstance(found, bool) else None


@dataclass(eq=False)
class Client:
    """Asks one operation. `base` are the texts that every call starts from; `by_channel` the operation of each channel."""

    session: Session
    validator: Validator
    operation: Operation
    facts: Facts
    by_channel: Mapping[str, Operation]
    base: dict[str, str] = field(default_factory=dict)
    fresh_answers: list[Answer] = field(default_factory=list)
    _memo: dict[Call, Answer] = field(default_factory=dict)

    @property
    def channels(self) -> list[str]:
        return list(self.by_channel)

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.operation.parameters if parameter.name == name), None)

    def call(self, changes: Mapping[str, Change] | None = None, *, form: str | None = "", channel: str = "") -> Call:
        """The base with some texts changed: None takes a parameter out, a list repeats it.

        `form` is the value of the format parameter; '' takes the first documented, None leaves it out.
        """
        texts: dict[str, Change] = dict(self.base)
        name = self.facts.format_parameter
        if name and form is not None:
            texts[name] = form or next(iter(self.facts.formats or {}), None)
        texts.update(changes or {})
        pairs = [(key, text) for key, value in texts.items() for text in _texts(value)]
        return Call(tuple(pairs), channel or self.channels[0])

    def ask(self, call: Call, *, fresh: bool = False, signed: bool = True) -> Answer:
        """The answer to a call; the same call is sent once, unless `fresh`. Raises BudgetSpent."""
        known = None if fresh else self._memo.get(call)
        if known is None:
            known = self._memo[call] = self.judged(call, self.request(call), signed=signed)
        return known

    def forget(self) -> None:
        """Let every call be sent anew."""
        self._memo.clear()

    def judged(self, call: Call, request: Request, *, signed: bool = True) -> Answer:
        """Send a request and judge its answer as one of this operation."""
        exchange, reason = self.session.exchange(request, signed=signed)
        operation = self.by_channel.get(call.channel, self.operation)
        findings = ResponseFindings(())
        if exchange.response and exchange.request:
            findings = self.validator.check_response(operation, exchange.response, exchange.request.method)
        answer = Answer(call, exchange, findings.value, tuple(findings.violations), reason)
        self.fresh_answers.append(answer)
        return answer

    def request(self, call: Call) -> Request:
        """The request of a call: path, query, headers, cookies and form body by where each parameter stands."""
        operation = self.by_channel.get(call.channel, self.operation)
        placed: dict[str, list[tuple[str, str]]] = {"path": [], "query": [], "header": [], "cookie": []}
        for name, text in call.pairs:
            parameter = self.parameter(name)
            placed[parameter.location if parameter else "query"].append((name, text))
        method, _, way = call.channel.partition(" ")
        query, form = _divided(placed["query"], way)
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
    """How a call travels: the format asked for and the channel."""

    form: str
    channel: str

    @property
    def label(self) -> str:
        return ", ".join(filter(None, [self.form, self.channel]))


def ways(client: Client) -> list[Way]:
    """Every pairing of format and channel, turned so that neighbours differ in both."""
    forms, channels = list(client.facts.formats or {}) or [""], client.channels
    count = len(forms) * len(channels)
    turned = [
        Way(forms[i % len(forms)], channels[(i + i // len(forms) * (len(channels) % 2 == 0)) % len(channels)])
        for i in range(count)
    ]
    missing = [Way(form, channel) for form, channel in product(forms, channels) if Way(form, channel) not in turned]
    return list(dict.fromkeys(turned)) + missing


def _texts(value: Change) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def _divided(pairs: Pairs, way: str) -> tuple[Pairs, Pairs]:
    if way == "form":
        return [], pairs
    return (pairs[::2], pairs[1::2]) if way == "mixed" else (pairs, [])


def is_sendable(location: str, text: str) -> bool:
    """Whether a text arrives as it is: a header has no other characters, and loses spaces around it (RFC 9110, section 5.5)."""
    return location not in ("header", "cookie") or (text.isascii() and text.isprintable() and text.strip() == text)


def _cookie(pairs: Pairs) -> list[tuple[str, str]]:
    return [("Cookie", "; ".join(f"{name}={quote(text, safe='')}" for name, text in pairs))] if pairs else []


def _path(template: str, pairs: Pairs) -> str:
    for name, text in pairs:
        template = template.replace("{" + name + "}", quote(text, safe="-_.~"))
    return template


def curl(base: str, request: Request) -> str:
    """A command line that repeats a request; signatures and secrets are masked."""
    from shlex import quote as shell_quote

    from toolkit.client.signing import masked, shareable

    shown = shareable(request)
    parts = ["curl", "-i"]
    if shown.method != "GET":
        parts += ["-X", shown.method]
    for name, value in shown.headers.pairs:
        parts += ["-H", shell_quote(f"{name}: {value}")]
    if shown.body is not None:
        parts += ["--data-raw", shell_quote(shown.body.decode("utf-8", "replace"))]
    return " ".join([*parts, shell_quote(masked(base.rstrip("/") + shown.url))])
