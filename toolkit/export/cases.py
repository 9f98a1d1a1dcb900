"""The calls that prove a generated client: valid requests, empty lists, each documented error, an invalid value, a walk of pages.

They are made of the copy that the tool was given, so that what it left out is not asked of the client.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from toolkit.client.bodies import Content, Described
from toolkit.client.client import Client
from toolkit.client.examples import conforms, stated, written
from toolkit.client.making import made_values
from toolkit.client.session import Session
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation, Parameter, ResponseSpec
from toolkit.contract.promises import dig, read_facts
from toolkit.exchange import Exchange, Headers, Key, Request, Response
from toolkit.validation.bodies import documented_body
from toolkit.validation.validator import Validator
from toolkit.wire import media_type

_FORM = "application/x-www-form-urlencoded"
_MOST_VALUES = 60  # that are tried for one place
_PAGE = 2  # items


@dataclass(frozen=True)
class Case:
    """One call. `values` by location and name, `body` a media type and a value; `asks` is the status that the mock is to
    respond with (None: what the request leads to), `fixed` the whole response. `wire` is the request as the contract writes it."""

    kind: str
    operation: Operation
    values: Mapping[Key, Any]
    body: tuple[str, Any] | None
    wire: Request
    asks: int | None = None
    fixed: Response | None = None

    @property
    def label(self) -> str:
        return f"{self.operation.name}: {self.kind}"


@dataclass(eq=False)
class _Maker:
    contract: Contract
    validator: Validator
    operation: Operation

    def __post_init__(self) -> None:
        named = {**self.operation.request_content}
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
        client = Client(
            Session(_nowhere), self.validator, self.operation, read_facts(self.operation, self.contract), {}
        )
        channel = f"{self.operation.method} form" if self.operation.form_or_query else self.operation.method
        call = replace(client, by_channel={channel: self.operation}, base={k: v for k, v in texts.items() if v}).call(
            form=None
        )
        return client.request(replace(call, body=self.body[1] if self.body else None))

    def is_valid(self, values: Mapping[Key, Any]) -> bool:
        found = self.validator.check(Exchange(self.wire(values), None, "")).violations
        return not any(one.cause != "security" for one in found)

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
        values = chain(stated(parameter), islice(made_values(parameter.bundle), _MOST_VALUES))
        return next((one for one in values if one is not None and conforms(parameter, one)), None)

    def invalid(self, values: dict[Key, Any]) -> Case | None:
        """A call with one value of the right type that the contract does not allow."""
        for one in self.operation.parameters:
            for value in _strange_values(one):
                if not conforms(one, value) and not self.is_valid(changed := {**values, one.key: value}):
                    return self.case(f"invalid {one.name}", changed)
        return None


def _nowhere(request: Request) -> Response:
    raise AssertionError(f"{request.method} {request.url} is only written")


def _strange_values(parameter: Parameter) -> Iterator[Any]:
    schema, types = parameter.schema, parameter.types
    if "integer" in types:
        yield from (int(schema["maximum"]) + 1,) if "maximum" in schema else ()
        yield from (int(schema["minimum"]) - 1,) if "minimum" in schema else ()
    if "string" in types and parameter.location != "path":
        yield from ("no-such-value", "!")


def cases_of(contract: Contract, operation: Operation) -> list[Case]:
    """The calls of an operation; none where no valid request of it is known."""
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
    found += [replace(good, kind=f"error {status}", asks=status) for status in _errors(operation)]
    if invalid := maker.invalid(least):
        found.append(invalid)
    return found + _walk(maker, least)


def _errors(operation: Operation) -> list[int]:
    """The documented errors: exact ones, and one of each range."""
    texts = [key.replace("X", "0") for key in operation.responses if key[:1] in "45"]
    return sorted({int(text) for text in texts if text.isdigit()})


def _walk(maker: _Maker, least: dict[Key, Any]) -> list[Case]:
    pages = read_facts(maker.operation, maker.contract).pages
    named = {one.name: one for one in maker.operation.parameters}
    if not pages or pages.limit not in named or (pages.page or pages.offset) not in named:
        return []
    limit, turn = named[pages.limit or ""], named[pages.page or pages.offset or ""]
    first = 0 if pages.offset or turn.schema.get("minimum") == 0 else 1
    numbers = (first, first + (_PAGE if pages.offset and not pages.page else 1))
    walks = [{**least, limit.key: _PAGE, turn.key: number} for number in numbers]
    named_walks = zip(("page 1", "page 2"), walks, strict=True)
    return [maker.case(kind, values) for kind, values in named_walks] if all(map(maker.is_valid, walks)) else []


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
    emptied = _emptied(value, results) if results and dig(value, results) else _without_items(value)
    content = next(described.contents(iter([] if emptied is None else [emptied])), None)
    fields = Headers((("content-type", content[0]),)) if content else Headers()
    return Response(int(spec.key), fields, content[1]) if content else None


def _emptied(value: Any, path: Sequence[str]) -> Any:
    if not path:
        return []
    return {**value, path[0]: _emptied(value[path[0]], path[1:])} if isinstance(value, dict) else None


def _without_items(value: Any) -> Any:
    """A list, or an object with its first list of objects empty; None where there is none."""
    if isinstance(value, list):
        return []
    listed = [key for key, one in value.items() if isinstance(one, list)] if isinstance(value, dict) else []
    return {**value, listed[0]: []} if listed else None


def model_of(operation: Operation, status: int) -> str:
    """The name of the component that describes the response of a status; '' where it has none."""
    spec = operation.response(status)
    media = next(iter(spec.content.values()), None) if spec else None
    bundle = operation.body_bundle(media) if media else None
    return _component(bundle.root.follow().tokens) if bundle else ""


def body_model(operation: Operation, content_type: str) -> str:
    """The name of the component that describes a request's body; '' where it has none."""
    media = operation.request_content.get(content_type)
    bundle = operation.body_bundle(media, request=True) if media else None
    return _component(bundle.root.follow().tokens) if bundle else ""


def _component(tokens: Sequence[str]) -> str:
    return tokens[-1] if tuple(tokens[:2]) == ("components", "schemas") else ""


def value_of(operation: Operation, response: Response) -> Any:
    """The value of a response's body as the contract reads it; None for none, and where it is no JSON or XML."""
    spec, name = operation.response(response.status), response.headers.get("content-type") or ""
    found = media_type.best(name, spec.content) if spec and response.body else None
    if spec is None or found is None or media_type.kind(name) not in ("json", "xml"):
        return None
    return documented_body(operation, name, spec.content[found]).read(response.body or b"").value
