"""What is exported judges values as the contract does; where a loss is named it may take more, and it never refuses what the
contract takes."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.contracts import node
from support.schemas import OBJECTS, SCHEMAS, VALUES

from toolkit.client.making import made_values
from toolkit.export.changes import drop_conditions
from toolkit.export.definitions import flat_schema, plain_schema, portable_schema
from toolkit.export.downgrade import as_30
from toolkit.schema.bundle import Bundle, bundle, dialect_of
from toolkit.schema.formats import patterns_in
from toolkit.schema.judge import JsonSchema, compile_schema
from toolkit.schema.patterns import is_portable

RECURSIVE = st.builds(lambda leaf, inner: {**leaf, "properties": {"a": inner}}, OBJECTS, SCHEMAS)
"""Schemas that may refer to themselves below a property."""


def bundle_of(document: dict[str, Any]) -> Bundle:
    """The schema S of a document."""
    return bundle(node(document, "components", "schemas", "S"), dialect_of(document["openapi"]))


def exported(document: dict[str, Any]) -> dict[str, tuple[JsonSchema, bool]]:
    """How each form of the schema judges, and whether it names a loss."""
    plain = plain_schema(bundle_of(document).schema, "S")
    forms = {"JSON Schema": (plain, []), "flat": flat_schema(plain, "S")}
    copies = {"3.0": as_30(document), "without conditions": drop_conditions(document)}
    found = {name: (Bundle(made, {}, None), lost) for name, (made, lost) in forms.items()}
    found |= {name: (bundle_of(made), lost) for name, (made, lost) in copies.items()}
    return {name: (compile_schema(made), bool(lost)) for name, (made, lost) in found.items()}


def document(schema: Any, named: Any) -> dict[str, Any]:
    info = {"title": "t", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": {}, "components": {"schemas": {"S": schema, "N": named}}}


@pytest.mark.slow
@settings(max_examples=300)
@given(SCHEMAS, OBJECTS | RECURSIVE, VALUES)
def test_what_is_exported_takes_what_the_contract_takes(schema: Any, named: Any, value: Any) -> None:
    whole = document(schema, named)
    original = compile_schema(bundle_of(whole))
    values = [value, *islice(made_values(bundle_of(whole)), 5)]
    # `nullable` takes null whatever stands beside it, two alternatives of `oneOf` too
    is_nullable = "'null'" in str(whole)
    for form, (judge, has_lost) in exported(whole).items():
        for one in values:
            assert judge.is_valid(one) or not original.is_valid(one), f"{form} refuses {one}"
            may_take_more = has_lost or (form == "3.0" and is_nullable)
            assert may_take_more or original.is_valid(one) or not judge.is_valid(one), f"{form} takes {one}"


@pytest.mark.slow
@settings(max_examples=300)
@given(SCHEMAS, OBJECTS | RECURSIVE, VALUES)
def test_patterns_of_other_languages_narrow_nothing(schema: Any, named: Any, value: Any) -> None:
    text = json.dumps(document(schema, named))
    whole = json.loads(text.replace('"^a"', '"(?i)^A"').replace('"b$"', '"(?P<n>b)$"').replace('"b+"', '"b++"'))
    original = compile_schema(bundle_of(whole))
    made, notes = portable_schema(plain_schema(bundle_of(whole).schema, "S"), "S")
    judge, has_lost = compile_schema(Bundle(made, {}, None)), any("left out" in one for one in notes)
    assert all(map(is_portable, patterns_in(made)))
    for one in [value, *islice(made_values(bundle_of(whole)), 5)]:
        assert judge.is_valid(one) or not original.is_valid(one)
        assert has_lost or original.is_valid(one) or not judge.is_valid(one)


@pytest.mark.parametrize("inner", [{"type": ["string", "null"]}, {"type": "null"}, {"anyOf": [{}, {"type": "null"}]}])
@pytest.mark.parametrize("beside", [{"not": {}}, {"allOf": [{"type": "string"}]}, {}])
def test_null_below_not_keeps_what_stands_beside_it(inner: Any, beside: Any) -> None:
    whole = document({"not": {**inner, **beside}}, {})
    judges = [compile_schema(bundle_of(whole)), exported(whole)["3.0"][0]]
    for value in (None, "x", 1):
        assert judges[0].is_valid(value) == judges[1].is_valid(value)


HERE = {"$ref": "#/components/schemas/S"}


@pytest.mark.parametrize(
    ("within", "value", "word"),
    [
        ({"not": HERE}, 1, "not"),
        ({"oneOf": [HERE, {"type": "string"}]}, "x", "oneOf"),
        ({"if": HERE, "then": {"type": "array"}, "else": {"type": "string"}}, "x", "if"),
        ({"contains": HERE, "maxContains": 1}, [{}, 1], "maxContains"),
        ({"allOf": [HERE], "unevaluatedProperties": False}, {"u": {}}, "unevaluatedProperties"),
        ({"properties": {"b": {"not": {"properties": {"c": HERE}, "required": ["c"]}}}}, {"b": {"c": 1}}, "not"),
        ({"anyOf": [HERE, {"type": "string"}]}, "x", ""),
        ({"contains": HERE}, [{}, 1], ""),
    ],
)
def test_what_a_flat_schema_leaves_out_narrows_nothing_around_it(within: Any, value: Any, word: str) -> None:
    whole = document({"type": "object", "properties": {"u": within}}, {})
    flat, notes = flat_schema(plain_schema(bundle_of(whole).schema, "S"), "S")
    sent = {"u": value}
    assert compile_schema(bundle_of(whole)).is_valid(sent) and compile_schema(Bundle(flat, {}, None)).is_valid(sent)
    assert [one for one in notes if "loosened" in one] == (
        [f"S: {word} around what contains itself would refuse more, and is loosened"] if word else []
    )
    assert "x-left-out" not in str(flat)


def test_a_greatest_number_of_items_goes_with_a_condition_in_what_is_counted() -> None:
    whole = document({"contains": {"if": {"minimum": 2}, "then": {"type": "string"}}, "maxContains": 1}, {})
    assert compile_schema(bundle_of(whole)).is_valid([1, 2])
    made, lost = drop_conditions(whole)
    assert compile_schema(bundle_of(made)).is_valid([1, 2]) and "maxContains" in lost[0]


@pytest.mark.parametrize(
    ("form", "text"), [("byte", "ab*"), ("byte", "ab\ncd"), ("decimal", "1,5"), ("decimal", "-1.5e3")]
)
@pytest.mark.parametrize("own", [{}, {"pattern": "^.{4}"}])
def test_formats_that_openapi_alone_knows_are_judged_by_other_engines(
    form: str, text: str, own: dict[str, str]
) -> None:
    whole = document({"type": "string", "format": form, **own}, {})
    plain = plain_schema(bundle_of(whole).schema, "S")
    assert Draft202012Validator(plain).is_valid(text) == compile_schema(bundle_of(whole)).is_valid(text)
