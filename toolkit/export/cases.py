"""The calls that prove a generated client: valid requests, empty lists, each documented error, an invalid value, a walk of pages.

They are made of the copy that the tool was given, so that what it left out is not asked of the client.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from toolkit.client.bodies import Content, Described, described_response
from toolkit.client.client import Client
from toolkit.client.credentials import put
from toolkit.client.examples import conforms, stated, written
from toolkit.client.making import compiled, made_values
from toolkit.client.session import Session
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation, Parameter, ResponseSpec
from toolkit.contract.paging import next_link, paging_inputs
from toolkit.contract.promises import Chain, Pages, dig, read_facts
from toolkit.contract.security import Requirement, is_secured, requirements
from toolkit.document.files import Node
from toolkit.document.pointers import as_object, object_at, put_at, rewritten
from toolkit.exchange import Exchange, Headers, Key, Request, Response, Send
from toolkit.schema.bundle import objects_in
from toolkit.structs import Frozen, Mutable, replace
from toolkit.validation.validator import Validator
from toolkit.wire import media_type
from toolkit.wire.urlencoded import parse_query, split_url

_FORM = "application/x-www-form-urlencoded"
_MOST_VALUES = 60  # that are tried for one place
_PAGE = 2  # items
MOCK = "mock"
"""The service that each proof calls first."""
SECRETS = {"apiKey": "proof-key", "bearer": "proof-token", "basic": "proof-user:proof-password"}
"""The credentials that are sent, by the kind of a security scheme."""


class Case(Frozen):
    """One call of a service. `values` by location and name, `body` a media type and a value; `asks` is the status that is to come
    (None: what the request leads to), `fixed` the whole response of the mock. `wire` is the request as the contract writes it."""

    kind: str
    operation: Operation
    values: Mapping[Key, Any]
    body: tuple[str, Any] | None
    wire: Request
    asks: int | None = None
    fixed: Response | None = None
    service: str = MOCK

    @property
    def label(self) -> str:
        where = "" if self.service == MOCK else f" ({self.service})"
        return f"{self.operation.name}: {self.kind}{where}"


class _Maker(Mutable, eq=False):
    contract: Contract
    validator: Validator
    operation: Operation

    def __post_init__(self) -> None:
        named = self.operation.request_content
        self.media = next((name for name in named if media_type.kind(name) == "json"), next(iter(named), ""))
        in_form = self.operation.form_or_query
        self.fields = {one.key for one in self.operation.parameters if in_form and "in" not in (one.node.value or {})}
        self.body = None if in_form or not self.media else self._body()

    def _body(self) -> tuple[Any, Content] | None:
        described = Described(self.operation, self.media, self.operation.request_content[self.media])
        return next(described.pairs(chain(described.stated(), islice(described.made(0), _MOST_VALUES))), None)

    def case(self, kind: str, values: Mapping[Key, Any]) -> Case:
        """A call with these values. Values of a form's fields are the properties of its body."""
        body = (self.media, self.body[0]) if self.body else None
        sent = dict(values)
        if self.operation.form_or_query:
            body = (_FORM, {key[1]: value for key, value in sent.items() if key in self.fields})
            sent = {key: value for key, value in sent.items() if key not in self.fields}
        return Case(kind, self.operation, sent, body, self.wire(values))

    def wire(self, values: Mapping[Key, Any]) -> Request:
        parameters = {one.key: one for one in self.operation.parameters}
        texts = {key: written(parameters[key], value) for key, value in values.items()}
        facts = read_facts(self.operation, self.contract)
        client = Client(Session(), self.validator, self.operation, facts, {})
        channel = f"{self.operation.method} form" if self.operation.form_or_query else self.operation.method
        base = {key: text for key, text in texts.items() if text}
        call = replace(client, by_channel={channel: self.operation}, base=base).call(form=None)
        request = client.request(replace(call, body=self.body[1] if self.body else None))
        for scheme in _schemes_of(self.operation):
            request = put(request, scheme, _field_of(scheme.kind))
        return request

    def is_valid(self, values: Mapping[Key, Any]) -> bool:
        return not self.validator.check(Exchange(self.wire(values), None, "")).violations

    def least(self) -> dict[Key, Any] | None:
        """Values of what is required; None where the contract leaves no valid one."""
        found = {one.key: self.value(one) for one in self.operation.parameters if one.required}
        if None in found.values() or (self.operation.body_required and self.body is None):
            return None
        return found if self.is_valid(found) else None

    def most(self, values: dict[Key, Any]) -> dict[Key, Any]:
        """With every optional parameter that goes together with those before it."""
        for one in self.operation.parameters:
            value = self.value(one) if one.key not in values else None
            if value is not None and self.is_valid(more := {**values, one.key: value}):
                values = more
        return values

    def value(self, parameter: Parameter) -> Any:
        values = [*stated(parameter), *islice(made_values(parameter.bundle), _MOST_VALUES)]
        found = [one for one in values if one is not None and conforms(parameter, one)]
        valid = filter(compiled(parameter.bundle).is_valid, found)  # "1" may stand for 1
        return next(valid, found[0] if found else None)

    def invalid(self, values: dict[Key, Any]) -> Case | None:
        """A call with one value of the right type that the contract does not allow."""
        for one in self.operation.parameters:
            for value in _strange_values(one):
                if not conforms(one, value) and not self.is_valid(changed := {**values, one.key: value}):
                    return self.case(f"invalid {one.name}", changed)
        return None


def _strange_values(parameter: Parameter) -> Iterator[Any]:
    schema, types = parameter.schema, parameter.types
    if "integer" in types:
        yield from (int(schema["maximum"]) + 1,) if "maximum" in schema else ()
        yield from (int(schema["minimum"]) - 1,) if "minimum" in schema else ()
    if "string" in types and parameter.location != "path":
        yield from ("no-such-value", "!")


def _schemes_of(operation: Operation) -> Requirement:
    """The security schemes that a call meets: the first alternative of which each is known; () where none is asked for."""
    known = (one for one in requirements(operation) if all(scheme.kind for scheme in one))
    return next(known, ()) if is_secured(operation) else ()


def _field_of(kind: str) -> str:
    """What the parameter of a security scheme of a kind says."""
    encoded = base64.b64encode(SECRETS["basic"].encode()).decode()
    return {"basic": f"Basic {encoded}", "bearer": f"Bearer {SECRETS['bearer']}"}.get(kind, SECRETS["apiKey"])


def proofs_of(operation: Operation) -> Iterator[dict[str, str]]:
    """The credentials of a call as drivers need them."""
    for one in _schemes_of(operation):
        made = {"scheme": one.name, "kind": one.kind, "in": one.location, "name": one.key}
        yield {**made, "value": _field_of(one.kind)}


def cases_of(contract: Contract, operation: Operation, send: Send) -> list[Case]:
    """The calls of an operation; none where no valid request of it is known. `send` gives the first page of a list, of which
    the cursor is that of the second one."""
    maker = _Maker(contract, Validator(contract), operation)
    least = maker.least()
    if least is None:
        return []
    good = maker.case("good", least)
    found = [good]
    if (most := maker.most(least)) != least:
        found.append(maker.case("every parameter", most))
    if empty := _empty(contract, operation):
        found.append(replace(good, kind="empty", fixed=empty))
    found += [replace(good, kind=f"error {name}", asks=status) for name, status in _errors(operation).items()]
    if invalid := maker.invalid(least):
        found.append(invalid)
    return found + _walk(maker, least, send)


def _errors(operation: Operation) -> dict[str, int]:
    """A status of each documented error: exact ones, one of each range, and 500 for `default` beside a success."""
    statuses = {key.replace("X", "0"): key for key in operation.responses if key[:1] in "45"}
    found = {key: int(key) for key in sorted(statuses) if key.isdigit()}
    is_other = "default" in operation.responses and success_of(operation) and "500" not in found
    return {**found, **({"default": 500} if is_other else {})}


def _walk(maker: _Maker, least: dict[Key, Any], send: Send) -> list[Case]:
    """The first page of a list and the second, by the number, or by the cursor, the URL or the Link header of the first one."""
    facts = read_facts(maker.operation, maker.contract)
    pages, named = facts.pages or facts.chain, {one.name: one for one in maker.operation.parameters}
    if pages is None:
        return []
    turn = named.get((pages.page or pages.offset if isinstance(pages, Pages) else pages.cursor) or "")
    sizes = () if isinstance(pages, Pages) or pages.cursor else paging_inputs(named).get("limit", ())
    limit = named.get(pages.limit or next(iter(sizes), ""))
    if isinstance(pages, Pages) and (turn is None or limit is None):
        return []
    values: dict[Key, Any] = {**least, **({limit.key: _PAGE} if limit else {})}
    following: dict[Key, Any] = {}
    if isinstance(pages, Pages):
        start = 0 if turn and (pages.offset or turn.schema.get("minimum") == 0) else 1
        values |= {turn.key: start} if turn else {}
        following = {turn.key: start + (_PAGE if pages.offset and not pages.page else 1)} if turn else {}
    first = maker.case("page 1", values)
    if isinstance(pages, Chain):
        response = send(first.wire)
        found = dig(value_of(maker.operation, response), pages.next) if pages.next else next_link(response.headers)
        following = ({turn.key: found} if turn else _in_url(str(found), named)) if found else {}
    walk = [first, maker.case("page 2", {**values, **following})] if following else []
    return [] if any(maker.validator.check(Exchange(one.wire, None, "")).violations for one in walk) else walk


def _in_url(url: str, named: Mapping[str, Parameter]) -> dict[Key, Any]:
    """The values of parameters that stand in the query of a URL."""
    pairs = [(named[name], text) for name, text in parse_query(split_url(url).query) if text and name in named]
    return {one.key: int(text) if "integer" in one.types and text.isdigit() else text for one, text in pairs}


def success_of(operation: Operation) -> ResponseSpec | None:
    return next((spec for key, spec in operation.responses.items() if key.startswith("2")), None)


def _empty(contract: Contract, operation: Operation) -> Response | None:
    """The success with an empty list, where it has a list that may be empty."""
    spec, facts = success_of(operation), read_facts(operation, contract)
    name = next(iter(spec.content), None) if spec else None
    if spec is None or name is None or not spec.key.isdigit():
        return None
    described = Described(operation, name, spec.content[name], request=False)
    value = next(described.values(0, _MOST_VALUES), None)
    results = facts.pages.results if facts.pages else ()
    emptied = put_at(value, results, []) if results and dig(value, results) else _without_items(value)
    content = next(described.contents([] if emptied is None else [emptied]), None)
    fields = Headers((("content-type", content[0]),)) if content else Headers()
    return Response(int(spec.key), fields, content[1]) if content else None


def _without_items(value: Any) -> Any:
    """A list, or an object with its first list of objects empty; None where there is none."""
    if isinstance(value, list):
        return []
    listed = [key for key, one in as_object(value).items() if isinstance(one, list)]
    return {**value, listed[0]: []} if listed else None


def model_of(operation: Operation, media: Node | None, *, request: bool = False) -> str:
    """The name of the component that describes a body, with `[]` for a list of them; '' where it has none."""
    bundle = operation.body_bundle(media, request=request) if media else None
    root = bundle.root.follow() if bundle else None
    items = root.get("items") if root else None
    for node, ending in ((root, ""), (items.follow() if items else None, "[]")):
        if node and tuple(node.tokens[:2]) == ("components", "schemas"):
            return node.tokens[-1] + ending
    return ""


def value_of(operation: Operation, response: Response) -> Any:
    """The value of a response's body as the contract reads it; None for none, and where it is no JSON or XML."""
    found, name = described_response(operation, response), response.headers.content_type
    if found is None or not response.body or media_type.kind(name) not in ("json", "xml"):
        return None
    return found.documented(name).read(response.body).value


def described(operation: Operation, response: Response, value: Any) -> Any:
    """A value without the properties that the schema of a response nowhere names, which typed clients drop; as it is where the
    schema has maps, of which any name may be one."""
    found, names = described_response(operation, response), set[str]()
    for one in objects_in(found.bundle.schema if found and found.bundle else None):
        if isinstance(one.get("additionalProperties"), dict) or "patternProperties" in one:
            return value
        names |= object_at(one, "properties").keys()
    return rewritten(value, lambda one: {name: one[name] for name in one if name in names}) if names else value
