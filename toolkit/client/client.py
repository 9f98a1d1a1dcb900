"""One operation of a live service: calls by parameter values go out, checked and decoded responses come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import partial
from itertools import islice, product
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from toolkit.client.bodies import Content, example_body, sent_value
from toolkit.client.examples import Value, conforms, parameter_values
from toolkit.client.session import LARGE, Session
from toolkit.contract.dependencies import UNREAD
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.promises import Facts, dig, read_facts
from toolkit.contract.resources import json_body, thing_of
from toolkit.document.pointers import as_object
from toolkit.exchange import Exchange, Headers, Key, Request
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.validation.validator import ResponseFindings, Validator
from toolkit.verdict import Violation
from toolkit.wire import media_type
from toolkit.wire.json import dump_json, parse_json
from toolkit.wire.parameters import DEFAULT_STYLES, readings, write_scalar
from toolkit.wire.urlencoded import Pairs, build_query, form_pairs, parse_query

Change = Value | Sequence[str] | None
"""A new value of a parameter: a sequence of texts repeats it, None removes it."""
Changes = Mapping[str, Change] | Mapping[Key, Change]
Body = Content | None
"""Media type and bytes of a request body; None for no body."""
OWN_BODY: Body = ("", b"")  # stands for the operation's own valid body
_VERSIONS = ("version", "revision", "rev", "etag", "lockversion", "lock_version", "resourceversion", "generation")
_FORM = "application/x-www-form-urlencoded"
_COOKIE = "!#$&'()*+-./:<=>?@[]^_`{|}~"  # needs no percent-encoding in a cookie's value (RFC 6265, section 4.1.1)


class Call(Frozen):
    """What to request: pairs of parameters in order, by location and the name on the wire, how to send them, and raw query text. `channel`
    is a method, or `POST form`, `POST query` or `POST mixed` if parameters may be in a form body. `accept` is the value of the Accept
    header field, '' for none."""

    pairs: tuple[tuple[Key, str], ...]
    channel: str
    raw: str = ""
    body: Body = OWN_BODY
    accept: str = ""

    def given(self, name: str, location: str | None = None) -> list[str]:
        """The texts that a name has, in one location or in any."""
        return [text for key, text in self.pairs if key[1] == name and location in (None, key[0])]

    def get(self, name: str, location: str | None = None) -> str | None:
        return next(iter(self.given(name, location)), None)


class CheckedResponse(Frozen, eq=False):
    """What came back for a call: the exchange, the value of the body, and the violations of the response alone. `failure` says why there
    was no response, '' if there was one."""

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

    def given(self, key: Key) -> str | None:
        """What the request has for a parameter, or for a property of its body, as text; None where it has nothing."""
        (location, name), request = key, self.exchange.request
        if location != "body":
            return self.call.get(name)
        body = (dict(form_pairs(request)) or json_body(request)) if request else None
        value = as_object(body).get(name)
        return None if value is None else write_scalar(value)

    @property
    def overloaded(self) -> bool:
        """Whether the service still asks to wait after all retries."""
        return self.status in (429, 503)

    @property
    def headers(self) -> Headers:
        return self.exchange.response.headers if self.exchange.response else Headers()

    @property
    def body(self) -> bytes:
        return (self.exchange.response.body if self.exchange.response else None) or b""

    @property
    def kind(self) -> str:
        """`json`, `xml` or `other`, by the Content-Type."""
        return media_type.kind(self.headers.content_type)

    @property
    def is_page(self) -> bool:
        """Whether it is an HTML page in the place of what is documented, as some services have for paths that they do not know."""
        is_other = any(one.rule == "media-type-undeclared" for one in self.violations)
        return is_other and media_type.is_html(self.headers.content_type)

    def without_body(self) -> CheckedResponse:
        received = self.exchange.response
        exchange = replace(self.exchange, response=replace(received, body=b"") if received else None)
        return replace(self, exchange=exchange, value=None)

    @property
    def thing(self) -> Any:
        """The object that it is about, which another one may wrap."""
        return thing_of(self.value)

    def items(self, facts: Facts) -> list[Any] | None:
        """The items of a page; None if the response has no list."""
        found = dig(self.value, facts.results) if facts.results is not None else None
        return found if isinstance(found, list) else None

    def total(self, facts: Facts) -> int | None:
        found = dig(self.value, facts.total) if facts.total else None
        return found if isinstance(found, int) and not isinstance(found, bool) else None


class Client(Mutable, eq=False):
    """Sends calls of one operation. `base` holds the values that every call starts from, `invented` those of them that nobody stated (the service
    need not know them), `body` the body of every call (by default one that the contract offers), `by_channel` the operation of each channel,
    `unreported` the responses that no verdict was given on so far, `sampled` how many changes of its body are tried of how many, '' for all, `reader`
    the client of the operation that shows the entity tag or the version that each request has to name, None where it need not, `renewed` the
    parameters that have a new value in each request, since a service knows by them one that is sent again."""

    session: Session
    validator: Validator
    operation: Operation
    facts: Facts
    by_channel: Mapping[str, Operation]
    base: dict[Key, Value] = field(default_factory=dict)
    body: Body = OWN_BODY
    invented: frozenset[Key] = frozenset()
    unreported: list[CheckedResponse] = field(default_factory=list)
    sampled: str = ""
    reader: Client | None = None
    renewed: dict[Key, Parameter] = field(default_factory=dict)
    _memo: dict[tuple[Call, Body], CheckedResponse] = field(default_factory=dict)

    @property
    def channels(self) -> list[str]:
        return list(self.by_channel)

    def parameter(self, name: str, location: str | None = None) -> Parameter | None:
        """The parameter of this name in a location, or the first one in any, a property of the body at last; None if there is none."""
        named = (one for one in self.operation.parameters if one.name == name and location in (None, one.location))
        return next(named, None) or (None if location else self.operation.body_fields.get(name))

    def takes(self, parameter: Parameter, text: str) -> bool:
        return not any(self.validator.check_parameter(parameter, [text]))

    def key(self, name: str) -> Key:
        """The key of the first parameter of this name, or of a property of the body (`body`); one of the query if none is declared."""
        keys = (one.key for one in self.operation.parameters if one.name == name)
        return next(keys, ("body" if name in self.operation.body_fields else "query", name))

    def owner(self, key: Key) -> Key:
        """The key of the parameter that a pair on the wire belongs to: its own, or that of an object whose property it is."""
        location, name = key
        located = [one for one in self.operation.parameters if one.location == location]
        owners = [one.key for one in located if one.serialization.owns(name)]
        return key if key in owners else next(iter(owners), key)

    def call(
        self,
        changes: Changes | None = None,
        *,
        form: str | None = "",
        channel: str = "",
        body: Body = OWN_BODY,
        accept: str = "",
    ) -> Call:
        """The base with some values changed, or left out where they are None. A name alone means the first parameter that has it. `form` is
        the value of the format parameter; '' takes the first one documented, None leaves it out."""
        values: dict[Key, Change] = dict(self.base)
        name = self.facts.format_parameter
        if name and form is not None:
            values[self.key(name)] = form or next(iter(self.facts.formats or {}), None)
        for key, change in (changes or {}).items():
            values[self.key(key) if isinstance(key, str) else key] = change
        pairs = (pair for key, change in values.items() for pair in wire_pairs(key, change))
        less = {name for (location, name), change in values.items() if location == "body" and change is None}
        body = _without(self._body(self.operation, body), less) if less else body
        return Call(tuple(pairs), channel or self.channels[0], body=body, accept=accept)

    def ask(self, call: Call, *, fresh: bool = False, blameless: bool = True) -> CheckedResponse:
        """The response to a call; the same call is sent once, unless `fresh`. Raises BudgetSpent."""
        known = None if fresh else self._memo.get((call, self.body))
        if known is None:
            known = self.send(call, self.request(call), blameless=blameless)
            self._remember(call, known)
        return known

    def _remember(self, call: Call, response: CheckedResponse) -> None:
        self._memo[call, self.body] = response
        if (size := len(response.body)) > LARGE:
            self.session.hold(size, partial(self._memo.pop, (call, self.body), None))

    def broken(self, call: Call) -> list[str]:
        """The rules between parameters and properties of the body (`x-dependencies`) that a call breaks."""
        rules = [rule for _, _, rule in self.operation.dependencies if rule]
        values: dict[str, Any] = {}
        if any(rule.in_body for rule in rules):
            request = self.request(call)
            values |= as_object(sent_value(self.operation, request.headers.content_type, request.body))
        for key, text in call.pairs if rules else ():
            location, name = self.owner(key)
            parameter = self.parameter(name, location) if key == (location, name) else None
            is_scalar = parameter and not parameter.is_compound
            value = next(readings(parameter.serialization, [text]), UNREAD) if parameter and is_scalar else UNREAD
            values[name] = UNREAD if isinstance(value, Exception) else value
        known = (rule for rule in rules if not any(values.get(name, UNREAD) is None for name in rule.in_body))
        return [rule.text for rule in known if rule.broken(values)]

    def forget(self) -> None:
        """Send every call again when it is asked next."""
        self._memo.clear()

    def moved(self, changes: Mapping[Key, Value], body: Body, plain: CheckedResponse | None) -> Client:
        """The client with other base values or another body, for which the plain response that had success stands in."""
        other = replace(self, base={**self.base, **changes}, body=self.body if body == OWN_BODY else body)
        other._remember(other.call(), plain or self.ask(self.call()))
        return other

    def take_unreported(self) -> list[CheckedResponse]:
        """The unreported responses, which count as reported from now on."""
        taken = self.unreported[:]
        self.unreported.clear()
        return taken

    def send(self, call: Call, request: Request, *, signed: bool = True, blameless: bool = True) -> CheckedResponse:
        """Send a request and check the response to it; see Session.exchange. Raises BudgetSpent."""
        operation = self.by_channel.get(call.channel, self.operation)
        exchange, reason = self.exchange(request, operation, signed=signed, blameless=blameless)
        retried = self.session.retried.pop(operation.name, [])
        self.unreported += [self._checked(call, operation, one, "") for one in retried if one.response]
        response = self._checked(call, operation, exchange, reason)
        self.unreported.append(response)
        if signed and self.session.on_response:
            self.session.on_response(self, response)
        return response

    def _checked(self, call: Call, operation: Operation, exchange: Exchange, reason: str) -> CheckedResponse:
        findings, received = ResponseFindings(()), exchange.response
        # Of overload, for which what stands before the service may refuse, the contract need not speak (RFC 6585, section 4).
        if received and exchange.request and (received.status not in (429, 503) or operation.response(received.status)):
            method, is_blameless = exchange.request.method, exchange.blameless
            findings = self.validator.check_response(operation, received, method, blameless=is_blameless)
        return CheckedResponse(call, exchange, findings.value, tuple(findings.violations), reason)

    def exchange(
        self, request: Request, operation: Operation | None = None, *, signed: bool = True, blameless: bool = True
    ) -> tuple[Exchange, str]:
        """The exchange of a request, in which no header field of a parameter is filled in. Raises BudgetSpent."""
        decided = [one.key for one in self.operation.parameters]
        return self.session.exchange(
            self._as_of_now(self.reader, request) if self.reader else request,
            signed=signed,
            operation=operation or self.operation,
            decided=decided,
            blameless=blameless,
        )

    def _as_of_now(self, reader: Client, request: Request) -> Request:
        """The request with the entity tag in If-Match (RFC 9110, section 13.1.1) and the version in its body that the thing has now, which
        is what the reader finds at the beginning of the same path. What is tried in their places stays."""
        plain = reader.request(reader.call())
        depth = (reader.operation.base + reader.operation.route.template).count("/") + 1
        url = "/".join(request.url.partition("?")[0].split("/")[:depth])
        shown = reader.send(reader.call(), replace(plain, url=url))
        tag = shown.headers.get("ETag")
        own = {text for (where, name), text in self.base.items() if (where, name.lower()) == ("header", "if-match")}
        if tag and request.headers.get("If-Match") in (own or [None]):
            request = replace(request, headers=request.headers.replaced("If-Match", tag))
        sent, versions = json_body(request), self.versions()
        kept = versions.items() & sent.items() if isinstance(sent, dict) else set()
        if not kept or not isinstance(shown.value, dict):
            return request
        return replace(request, body=dump_json({**sent, **{name: shown.value.get(name, old) for name, old in kept}}))

    def versions(self) -> dict[str, Any]:
        """What the body of every call says of the version that it changes."""
        body = self._body(self.operation, OWN_BODY)
        value = parse_json(body[1]) if body and media_type.kind(body[0]) == "json" else None
        named = value.items() if isinstance(value, dict) else ()
        return {name: one for name, one in named if name.lower().strip("_") in _VERSIONS and isinstance(one, str | int)}

    def new_key(self, parameter: Parameter) -> str:
        """A value that no request had before; '' where none fits."""
        made = uuid4()
        texts = (f"{made}", made.hex, made.hex[:8], *islice(parameter_values(parameter, made.int), 3))
        return next((text for text in texts if isinstance(text, str) and conforms(parameter, text)), "")

    def request(self, call: Call) -> Request:
        """The request of a call: each pair in the path, query, header, cookie or form body, as it says."""
        operation = self.by_channel.get(call.channel, self.operation)
        placed: dict[str, list[tuple[str, str]]] = {one: [] for one in (*DEFAULT_STYLES, "body")}
        for key, text in call.pairs:
            is_old = key in self.renewed and text == self.base.get(key)
            placed[key[0]].append((key[1], self.new_key(self.renewed[key]) or text if is_old else text))
        method, _, way = call.channel.partition(" ")
        every = placed["query"]
        query, form = {"form": ([], every), "mixed": (every[::2], every[1::2])}.get(way, (every, []))
        in_key = [(name, _filled(text, placed["path"])) for name, text in operation.route.query]
        whole = [self._whole_query(name, text) for name, text in placed["querystring"]]
        text = "&".join(filter(None, [build_query([*in_key, *query]), *whole, call.raw]))
        body = self._with_fields(self._body(operation, call.body), placed["body"])
        if way in ("form", "mixed"):
            body = (_FORM, build_query(form).replace("%20", "+").encode())
        styles = {one.serialization.style for one in self.operation.parameters if one.location == "cookie"}
        headers = [*placed["header"], *_cookie(placed["cookie"], encoded="cookie" not in styles)]
        headers += [("Content-Type", body[0])] if body else []
        headers += [("Accept", call.accept)] if call.accept else []
        url = self._path(operation, placed["path"]) + (f"?{text}" if text else "")
        return Request(method, url, Headers.of(headers), body[1] if body else None)

    def _whole_query(self, name: str, text: str) -> str:
        """What is the whole query as the URL has it: that of a form is encoded already."""
        parameter = self.parameter(name, "querystring")
        is_form = parameter and media_type.kind(parameter.serialization.media_type or "") == "form"
        return text if is_form else quote(text, safe="", errors="surrogateescape")

    def _body(self, operation: Operation, body: Body) -> Body:
        chosen = self.body if body == OWN_BODY else body
        return example_body(operation) if chosen == OWN_BODY else chosen

    def _with_fields(self, body: Body, pairs: Pairs) -> Body:
        """A form, or an object in JSON, with some properties changed; any other body stays as it is."""
        if body and pairs and media_type.kind(body[0]) == "form":
            return body[0], build_query([*(dict(parse_query(body[1])) | dict(pairs)).items()]).encode()
        value = parse_json(body[1]) if body and pairs and media_type.kind(body[0]) == "json" else None
        if body is None or not isinstance(value, dict):
            return body
        for name, text in pairs:
            value[name] = next(readings(self.operation.body_fields[name].serialization, [text]), text)
        return body[0], dump_json(value)

    def _path(self, operation: Operation, pairs: Pairs) -> str:
        """The path with its values percent-encoded; a segment of dots too, which clients would resolve (RFC 3986, 6.2.2.3)."""
        located = (one for one in self.operation.parameters if one.location == "path")
        kept = {one.name: one.serialization.delimiters for one in located}
        kept |= {operation.route.slashed: "/"} if operation.route.slashed else {}
        safe = {name: "-_.~" + kept.get(name, "") for name, _ in pairs}
        written = [(name, quote(text, safe=safe[name], errors="surrogateescape")) for name, text in pairs]
        segments = _filled(operation.route.template, written).split("/")
        return operation.base + "/".join(one.replace(".", "%2E") if one in (".", "..") else one for one in segments)


def _without(body: Body, names: Set[str]) -> Body:
    """A form, or an object in JSON, without some properties; any other body as it is."""
    if body and media_type.kind(body[0]) == "form":
        return body[0], build_query([pair for pair in parse_query(body[1]) if pair[0] not in names]).encode()
    value = parse_json(body[1]) if body and media_type.kind(body[0]) == "json" else None
    if body is None or not isinstance(value, dict) or names.isdisjoint(value):
        return body
    return body[0], dump_json({name: one for name, one in value.items() if name not in names})


class Way(Frozen):
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


def wire_pairs(key: Key, value: Change) -> list[tuple[Key, str]]:
    """The pairs, by location and the name on the wire, that a value of a parameter stands for."""
    location, name = key
    parts = [value] if isinstance(value, str) else value or ()
    named = ((name, part) if isinstance(part, str) else part for part in parts)
    return [((location, own), text) for own, text in named]


def _cookie(pairs: Pairs, *, encoded: bool) -> list[tuple[str, str]]:
    """The header field. In the style `cookie` of OpenAPI 3.2 only what cannot be sent is percent-encoded."""
    safe = _COOKIE if encoded else _COOKIE + "%, "
    return [("Cookie", "; ".join(f"{name}={quote(text, safe=safe)}" for name, text in pairs))] if pairs else []


def _filled(template: str, pairs: Pairs) -> str:
    for name, text in pairs:
        template = template.replace("{" + name + "}", text)
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
