"""What is given twice as much takes twice the steps, no more: they are counted, which no load of a machine changes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import toolkit.client.making
from toolkit.client.client import Client
from toolkit.client.making import made_values
from toolkit.client.session import Session
from toolkit.conformance.probes.requests import expected_of
from toolkit.contract.model import Contract
from toolkit.contract.promises import read_facts
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.review.checks.schemas import discriminators as found_of
from toolkit.review.diff import compare
from toolkit.review.suggest import unstated
from toolkit.review.survey import survey
from toolkit.schema.judge import JsonSchema, compile_schema
from toolkit.schema.patterns import compile_pattern
from toolkit.schema.possible import _KNOWN, _conflicts
from toolkit.schema.shape import Shapes
from toolkit.validation.validator import Validator
from toolkit.xml.xsd import derive_xsd

Load = Callable[[dict[str, Any]], Contract]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def made(contract: dict[str, Any]) -> Contract:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        path.write_text(json.dumps(contract))
        return Contract.load(path)

    return made


def steps(act: Callable[[], object]) -> int:
    """How many instructions of Python run."""
    count, before = 0, sys.gettrace()

    def trace(frame: FrameType, *_: object) -> Any:
        nonlocal count
        count += 1
        frame.f_trace_opcodes = True
        return trace

    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def contract_of(operation: dict[str, Any], schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    head = {"openapi": "3.1.0", "info": {"title": "Growth", "version": "1"}}
    return {**head, "paths": {"/a": {"get": operation}}, "components": {"schemas": schemas or {}}}


def answered(schema: dict[str, Any], schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    response = {"description": "One.", "content": {"application/json": {"schema": schema}}}
    return contract_of({"operationId": "a", "responses": {"200": response}}, schemas)


def discriminators(count: int, load: Load) -> Callable[[], object]:
    names = [f"S{index}" for index in range(count)]
    references = {name: f"#/components/schemas/{name}" for name in names}
    schemas = {name: {"type": "object", "required": ["k"], "properties": {"k": {"const": name}}} for name in names}
    alternatives = [{"$ref": one} for one in references.values()]
    told = {"oneOf": alternatives, "discriminator": {"propertyName": "k", "mapping": references}}
    contract = load(answered(told, schemas))
    return lambda: list(found_of(survey(contract)))


def spread(count: int, load: Load) -> Callable[[], object]:
    """Each parameter an object whose one property is a parameter of the query."""
    schemas = [{"type": "object", "properties": {f"q{index}": {"type": "integer"}}} for index in range(count)]
    parameters = [{"name": f"p{index}", "in": "query", "schema": one} for index, one in enumerate(schemas)]
    responses = {"200": {"description": "One."}}
    validator = Validator(load(contract_of({"operationId": "a", "parameters": parameters, "responses": responses})))
    request = Request("GET", "/a?" + "&".join(f"q{index}=1" for index in range(count)))
    check = lambda: validator.check(Exchange(request, Response(200, Headers(()), b"")))  # noqa: E731
    assert check().conforms
    return check


def components(count: int, load: Load) -> Callable[[], object]:
    """An XSD of a schema whose properties are components."""
    parts = {f"S{index}": {"type": "object", "properties": {"a": {"type": "string"}}} for index in range(count)}
    properties = {name: {"$ref": f"#/$defs/{name}"} for name in parts}
    schema = {"type": "object", "properties": properties, "$defs": parts}
    return lambda: derive_xsd(schema, "root", closed=True)


def lists(count: int, load: Load) -> Callable[[], object]:
    """Operations whose responses are of one schema, of as many properties."""
    contract = answered({"$ref": "#/components/schemas/S"}, {"S": {"properties": {str(at): {} for at in range(count)}}})
    contract["paths"] = {f"/{at}": contract["paths"]["/a"] for at in range(count)}
    operations = list(load(contract).operations())
    return lambda: unstated(operations)


def probed(count: int, load: Load) -> Callable[[], object]:
    """The probes of optional parameters, of which each is asked whether it is an end of a range."""
    parameters = [{"name": f"p{at}", "in": "query", "schema": {"type": "integer"}} for at in range(count)]
    contract = load(contract_of({"operationId": "a", "parameters": parameters, "responses": {}}))
    asked = next(iter(contract.operations()))
    client = Client(
        Session(lambda request: Response(200, Headers(()), b"")),
        Validator(contract),
        asked,
        read_facts(asked, contract),
        {"GET": asked},
    )
    return lambda: [expected_of(client, one, "1", ()) for one in asked.parameters]


def recursive(count: int, load: Load) -> Callable[[], object]:
    """What each property of an object may be, where each is such an object again."""
    schema = {"$defs": {"S": {"properties": {f"p{at}": {"$ref": "#/$defs/S"} for at in range(count)}}}}
    return lambda: Shapes(schema).outline({"$ref": "#/$defs/S"}).properties_without("writeOnly")


def misnamed(count: int, load: Load) -> Callable[[], object]:
    """Items, each with a fault, of as many alternatives, which a discriminator names."""
    names = [f"S{at}" for at in range(count)]
    parts = {
        one: {"type": "object", "properties": {"k": {"type": "string"}, "a": {"type": "integer"}}} for one in names
    }
    told = {"propertyName": "k", "mapping": {one: f"#/$defs/{one}" for one in names}}
    items = {"oneOf": [{"$ref": f"#/$defs/{one}"} for one in names], "discriminator": told}
    judge = JsonSchema.compile({"type": "array", "items": items, "$defs": parts})
    value = [{"k": one, "a": "x"} for one in names]
    return lambda: list(judge.errors(value))


@pytest.mark.slow
@pytest.mark.parametrize("make", [spread, discriminators, components, lists, probed, recursive])
def test_steps_grow_as_the_input_does(make: Callable[[int, Load], Callable[[], object]], load: Load) -> None:
    make(2, load)()  # what is loaded or found out once
    one, two, four = (steps(make(count, load)) for count in (5, 10, 20))
    assert four - two < 2.02 * (two - one)


def test_no_alternative_is_made_before_a_value_of_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    making, made, make = toolkit.client.making._Maker, list[object](), toolkit.client.making._Maker._object
    monkeypatch.setattr(making, "_object", lambda *given: (made.append(given), make(*given))[1])
    options = [{"type": "object", "required": ["k"], "properties": {"k": {"const": index}}} for index in range(10)]
    assert next(made_values(JsonSchema.compile({"oneOf": options}).bundle)) == {"k": 0}
    assert len(made) == 1
    whole = {"allOf": [{"oneOf": [{"$ref": f"#/$defs/{index}"} for index in range(10)]}, {"$ref": "#/$defs/9"}]}
    bundle = JsonSchema.compile({**whole, "$defs": {str(index): one for index, one in enumerate(options)}}).bundle
    assert next(made_values(bundle)) == {"k": 9}
    assert len(made) == 2, "the alternative that it is already comes first"


def test_each_alternative_is_compiled_once_for_all_that_it_is_compared_with(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[object] = []
    counted = lambda one: (compiled.append(one), compile_schema(one))[1]  # noqa: E731
    monkeypatch.setattr("toolkit.review.inclusion.compile_schema", counted)
    old, new = (answered({"anyOf": [{"const": f"{more}{index}"} for index in range(10)]}) for more in ("", "x"))
    assert compare(load(old), load(new)).findings
    assert len(compiled) <= 40, "both ways"


@pytest.mark.slow
def test_what_a_discriminator_names_is_found_out_once(load: Load) -> None:
    misnamed(2, load)()
    one, two = (steps(misnamed(count, load)) for count in (20, 40))
    assert two < 3 * one, "each alternative is asked whether it takes each item"


def test_each_pattern_is_compiled_once_for_all_names_of_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    made = lambda pattern: (compiled.append(pattern), compile_pattern(pattern))[1]  # noqa: E731
    monkeypatch.setattr("toolkit.schema.explain.compile_pattern", made)
    monkeypatch.setattr("toolkit.schema.explain._SMALL", 0)
    patterns = {f"^p{at}_": {"type": "integer"} for at in range(10)}
    judge = JsonSchema.compile({"patternProperties": patterns, "additionalProperties": False})
    assert judge.faults({f"q{at}_": 1 for at in range(10)}) and len(compiled) == 10


def test_a_schema_that_the_engine_gives_up_on_is_asked_about_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    answers = lambda schemas, defs: asked.append(len(schemas)) or {} if "heavy" in schemas else dict.fromkeys(_KNOWN)  # noqa: E731
    monkeypatch.setattr("toolkit.schema.possible._answers", answers)
    heavy = {"allOf": [{"anyOf": [{"required": [f"{at}"]}, {"required": [f"x{at}"]}]} for at in range(20)]}
    defs: dict[str, Any] = {"heavy": heavy, **{f"S{at}": {"type": "object"} for at in range(31)}}
    assert _conflicts({name: {"$ref": f"#/$defs/{name}"} for name in defs}, defs, 99)[1] == ["heavy"]
    assert asked == [1]


def test_a_schema_of_hundreds_of_choices_together_is_named_and_not_asked_about() -> None:
    needed = {"dependentSchemas": {f"p{at}": {"properties": {"q": {"type": "string"}}} for at in range(201)}}
    clash = {"properties": {"many": {"$ref": "#/$defs/needed"}}, "allOf": [{"type": "object"}, {"type": "string"}]}
    apart = {"properties": {f"p{at}": {"anyOf": [{"type": "string"}, {"minimum": at}]} for at in range(201)}}
    defs = {"needed": needed, "clash": clash, "apart": apart}
    found, lost = _conflicts({name: {"$ref": f"#/$defs/{name}"} for name in defs}, defs, 99)
    assert lost == ["needed"] and "/$defs/clash" in found
