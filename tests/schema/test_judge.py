"""Verdicts and explanations of JSON Schema, for OpenAPI 3.0 and 3.1: against another engine, and case by case."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from support.contracts import bundled
from support.growth import LINEAR, growth, peak
from support.schemas import OBJECTS, SCHEMAS, VALUES

from toolkit.errors import ContractError
from toolkit.rules import RULES
from toolkit.schema.explain import MAX_ERRORS
from toolkit.schema.formats import formats_in
from toolkit.schema.judge import JsonSchema, compile_schema, shown
from toolkit.schema.parts import Parts
from toolkit.schema.patterns import compile_pattern


def resolve(tree: Any, tokens: tuple[str, ...]) -> Any:
    for token in tokens:
        tree = tree[int(token)] if isinstance(tree, list) else tree[token]
    return tree


@pytest.mark.slow
@settings(max_examples=300)
@given(SCHEMAS, OBJECTS, VALUES)
def test_a_bundle_means_the_schema_and_every_refusal_is_explained(schema: Any, named: Any, value: Any) -> None:
    """jsonschema judges the schema as it was written, $refs into the document included; ours judges the bundle.

    Known differences of the engines, left out here: `$` before a last line break, and `format`.
    """
    judge = compile_schema(bundled(schema, N=named))
    written = {"$ref": "#/s", "s": schema, "components": {"schemas": {"N": named}}}
    assert judge.is_valid(value) == jsonschema.Draft202012Validator(written).is_valid(value)
    if not judge.is_valid(value):
        errors = list(judge.errors(value))
        assert 1 <= len(errors) <= MAX_ERRORS
        for error in errors:
            assert error.rule in RULES and error.hint and error.message and "\n" not in error.message
            resolve(value, error.at)
            resolve(judge.schema, error.place)
            assert judge.location(error.place).startswith("c.json#/")


@pytest.mark.slow
@settings(max_examples=400)
@given(SCHEMAS, OBJECTS, VALUES)
def test_the_list_of_the_engine_and_our_walk_find_the_same_faults(schema: Any, named: Any, value: Any) -> None:
    judge = compile_schema(
        bundled({"type": "object", "properties": {"a": schema}, "additionalProperties": schema}, N=named)
    )
    values = [value, {"a": value, "b": [value]}, {"a": {"a": value}, "c": value}]
    for one in [one for one in values if judge.parts.is_plain(()) and not judge.is_valid(one)]:
        at_once = {(error.at, error.message) for error in judge.errors(one)}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Parts, "is_plain", lambda parts, place: False)
            assert at_once == {(error.at, error.message) for error in judge.errors(one)}


N = {"type": "string"}
CASES_31: list[tuple[Any, Any, str, str]] = [  # schema, value, rule, pointer into the value
    ({"type": ["integer", "null"]}, "a", "schema-type", ""),
    ({"$ref": "#/components/schemas/N", "maxLength": 1}, "ab", "schema-length", ""), ({"const": None}, 1, "schema-value", ""),
    ({"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}}, {"a": 1}, "schema-required", ""),
    ({"if": {"type": "string"}, "else": {"minimum": 5}}, 1, "schema-bound", ""),
    ({"prefixItems": [{}, {"type": "string"}]}, [1, 2], "schema-type", "/1"),
    ({"prefixItems": [{}], "items": False}, [1, 2], "schema-unknown-member", "/1"),
    ({"properties": {"a": {}}, "unevaluatedProperties": False}, {"b": 1}, "schema-unknown-member", ""),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"a": 1}, "schema-required", ""),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "schema-required", ""),
    ({"contains": {"const": 1}, "minContains": 2}, [1], "schema-size", ""),
    ({"propertyNames": {"pattern": "^a"}}, {"b": 1}, "schema-unknown-member", ""),
    ({"not": {"type": "integer"}}, 1, "schema-alternative", ""),
    ({"oneOf": [{"type": "integer"}, {"minimum": 0}]}, 3, "schema-alternative", ""),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "x", "schema-alternative", ""),
    ({"oneOf": [{"properties": {"k": {"const": "a"}, "v": N}}, {"properties": {"k": {"const": "b"}, "v": {"type": "integer"}}}]}, {"k": "b",
    "v": "x"}, "schema-type", "/v"),
    ({"properties": {"a/b~": N}}, {"a/b~": 1}, "schema-type", "/a~1b~0"), ({"enum": [1]}, True, "schema-value", ""),
    ({"const": 0}, False, "schema-value", ""), ({"type": "integer", "format": "int32"}, 2**31, "schema-bound", ""),
    ({"type": "string", "format": "date-time"}, "2023-02-30T00:00:00Z", "schema-format", ""),
    ({"format": "uuid"}, "x", "schema-format", ""), ({"pattern": "^\\d+$"}, "٣", "schema-pattern", ""),
    ({"pattern": "^a$"}, "a\n", "schema-pattern", ""),
    ({"additionalProperties": N}, {"a": 1}, "schema-type", "/a"), ({"patternProperties": {"^x": N}}, {"xa": 1}, "schema-type", "/xa"),
    ({"format": "byte"}, "a*==", "schema-format", ""), ({"format": "byte"}, "YWJj=", "schema-format", ""),
    ({"type": "integer", "format": "int32", "maximum": 2**40}, 2**33, "schema-bound", ""),
    ({"minimum": 1, "exclusiveMinimum": True}, 1, "schema-bound", ""),
    ({"items": {"items": N}}, [[1]], "schema-type", "/0/0"), (False, 1, "schema-unknown-member", ""),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "rule", "at"), CASES_31)
def test_faults_of_3_1(schema: Any, value: Any, rule: str, at: str) -> None:
    judge = compile_schema(bundled(schema, N=N))
    assert not judge.is_valid(value)
    first = next(judge.errors(value))
    assert (first.rule, "".join("/" + t.replace("~", "~0").replace("/", "~1") for t in first.at)) == (rule, at), first


@pytest.mark.parametrize(
    ("schema", "value"),
    [({"type": "integer"}, 1.0), ({"multipleOf": 0.1}, 0.3), ({"maxLength": 1}, "😀"), ({"type": ["string", "null"]}, None),
    ({"pattern": "\\p{L}"}, "é"), ({"contentEncoding": "base64", "contentMediaType": "application/json"}, "!!"),
    ({"pattern": "(?<x"}, "a"), (True, 1), ({"type": "integer"}, 10**30),
    ({"format": "byte"}, "YWI="), ({"format": "byte"}, "_-8"), ({"format": "byte"}, "YWJj\r\nYWJj"), ({"format": "byte"}, ""),
    ({"type": "integer", "format": "int32", "exclusiveMinimum": -(2**31)}, 1)],
)  # fmt: skip
def test_sound_in_3_1(schema: Any, value: Any) -> None:
    assert compile_schema(bundled(schema)).is_valid(value)


ONE_OF = {"oneOf": [
    {"type": "object", "required": ["a"], "properties": {"a": {}}, "additionalProperties": False},
    {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer"}}, "additionalProperties": False}]}  # fmt: skip
NAMED = {"oneOf": [{"$ref": "#/components/schemas/N"}, {"properties": {"k": {"const": "m"}, "x": {"type": "integer"}}}],
         "discriminator": {"propertyName": "k"}}  # fmt: skip
WRAPPED = {"oneOf": [
    {"allOf": [{"properties": {"k": {"$ref": "#/components/schemas/N", "const": "n"}}}]},
    {"allOf": [{"properties": {"k": {"$ref": "#/components/schemas/M"}}}, {"properties": {"x": {"type": "integer"}}}]}]}  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "value", "message", "at", "cure"),
    [
        ({"prefixItems": [N], "contains": {"type": "boolean"}, "unevaluatedItems": False}, ["a", True, "z"],
         'no value is allowed here, found "z"', "2", "leave"),
        ({"allOf": [{"prefixItems": [N]}], "unevaluatedItems": {"type": "integer"}}, ["a", "b"], '"b" is a string, expected an integer', "1", "type"),
        ({"prefixItems": [N], "items": False, "maxItems": 1}, ["a", 1, 2], '["a", 1, 2] has 3 items, expected at most 1', "", "documented number"),
        ({"prefixItems": [N], "items": False, "maxItems": 1.0}, ["a", 1], '["a", 1] has 2 items, expected at most 1.0', "", "documented number"),
        ({"prefixItems": [N], "items": False, "maxItems": 2}, ["a", 1], "no value is allowed here, found 1", "1", "leave"),
        ({"contains": {"type": "integer"}, "minContains": 2}, [1, "a"],
         '[1, "a"] has 1 item as the schema below `contains` describes, expected at least 2', "", "such items"),
        ({"contains": {"type": "integer"}, "maxContains": 1}, [1, 2],
         "[1, 2] has 2 items as the schema below `contains` describes, expected at most 1", "", "such items"),
        ({"propertyNames": {"pattern": "^a"}}, {"ab": 1, "b": 1},
         'the property name "b" is not allowed: "b" does not match the pattern ^a', "", "leave"),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1.0}], 'the items are not unique: {"a": 1.0} occurs more than once', "", "send each item once"),
        ({"multipleOf": 3}, 4, "4 is not a multiple of 3", "", "a multiple of"),
        ({"not": {"type": "integer"}}, 4, "4 is excluded: it conforms to the schema below `not`", "", "does not conform"),
        (ONE_OF, {"b": "x"},
         '{"b": "x"} conforms to none of the 2 alternatives; the nearest one fails at /b: "x" is a string, expected an integer', "", "alternatives"),
        (NAMED, {"k": "m", "x": "q"}, '"q" is a string, expected an integer', "x", "type"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "x", '"x" is a string, expected an integer or null', "", "alternatives"),
        ({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/N"}]}, 1, "1 is an integer, expected null or a string", "", "alternatives"),
        ({"anyOf": [{"type": "integer"}, {"const": 1}]}, "x", '"x" is not 1, the only allowed integer', "", "send"),
        ({"type": "number", "format": "decimal", "pattern": "^a"}, "b,c", '"b,c" is a string, expected a number', "", "type"),
        ({"oneOf": [{"properties": {"k": {"const": "a"}}}]}, {"k": "b"}, '"b" is not "a", the only allowed string', "k", "send"),
        (WRAPPED, {"k": "m", "x": "q"}, '"q" is a string, expected an integer', "x", "type"),
        ({**WRAPPED, "discriminator": {"propertyName": "k"}}, {"k": "z"},
         '{"k": "z"} conforms to none of the 2 alternatives', "", "alternatives"),
        ({"anyOf": [{"required": ["a"]}, {"properties": {"b": {"enum": [1, 2]}, "c": {"enum": [1, 2]}}}]}, {"b": 3, "c": 3},
         '{"b": 3, "c": 3} conforms to none of the 2 alternatives; the nearest one fails at /b: 3 is not one of 1, 2', "", "alternatives"),
        (NAMED, {"k": "z"}, '"z" names none of the documented alternatives ("N")', "k", "one of"),
    ],
)  # fmt: skip
def test_messages_name_the_value_and_the_cure(schema: Any, value: Any, message: str, at: str, cure: str) -> None:
    [found] = compile_schema(bundled(schema, N={"type": "string"}, M={"enum": ["m"]})).errors(value)
    assert (found.message, "/".join(found.at)) == (message, at)
    assert cure in found.hint


REF = {"$ref": "#/components/schemas/N"}
NULLABLE: list[tuple[Any, bool, bool]] = [  # schema, null is accepted leniently, and to the letter of 3.0.3
    ({"type": "string", "nullable": True}, True, True), ({"type": "string", "nullable": True, "enum": ["a"]}, True, False),
    ({"enum": ["a"], "nullable": True}, True, False), ({**REF, "nullable": True}, True, False),
    ({"allOf": [REF], "nullable": True}, True, False), ({"oneOf": [REF], "nullable": True, "type": "object"}, True, False),
    ({"anyOf": [REF, {"type": "object"}], "nullable": True}, True, False), ({"nullable": True}, True, True),
    ({"type": "string", "nullable": False}, False, False), (REF, False, False),
    ({"type": "string", "nullable": True, "format": "date", "minLength": 3, "pattern": "^a"}, True, True),
    ({"allOf": [{"type": "string", "nullable": True}]}, True, True),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "lenient", "strict"), NULLABLE)
def test_nullable_takes_null_leniently_or_by_the_letter(schema: Any, lenient: bool, strict: bool) -> None:
    assert compile_schema(bundled(schema, "3.0.3", N=N)).is_valid(None) is lenient
    assert compile_schema(bundled(schema, "3.0.3", strict=True, N=N)).is_valid(None) is strict
    assert compile_schema(bundled({"items": schema}, "3.0.3", N=N)).is_valid([None]) is lenient
    assert compile_schema(bundled({"type": "string", "nullable": True}, "3.1.0")).is_valid(None) is False


@pytest.mark.parametrize(
    ("schema", "value", "valid"),
    [
        ({"minimum": 1, "exclusiveMinimum": True}, 1, False), ({"minimum": 1, "exclusiveMinimum": False}, 1, True),
        ({"maximum": 1, "exclusiveMaximum": True}, 1, False), ({"exclusiveMinimum": True}, 1, True),
        ({**REF, "maxLength": 1}, "ab", True),
        ({"type": "string", "example": 1, "x-a": {"$ref": 1}, "xml": {"name": 1}, "discriminator": {"propertyName": "a"}}, "ab", True),
    ],
)  # fmt: skip
def test_keywords_of_3_0(schema: Any, value: Any, valid: bool) -> None:
    assert compile_schema(bundled(schema, "3.0.3", N=N)).is_valid(value) is valid


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_read_only_members_are_not_required_in_requests_nor_write_only_ones_in_responses(version: str) -> None:
    schema = {
        "required": ["r", "w", "o"],
        "properties": {"r": {"$ref": "#/components/schemas/R"}, "w": {"writeOnly": True}, "o": {}},
    }
    judges = {
        request: compile_schema(bundled(schema, version, request=request, R={"readOnly": True}))
        for request in (True, False)
    }
    assert judges[True].is_valid({"w": 1, "o": 1}) and not judges[True].is_valid({"r": 1, "o": 1})
    assert judges[False].is_valid({"r": 1, "o": 1}) and not judges[False].is_valid({"w": 1, "o": 1})


@pytest.mark.parametrize(
    "schema",
    [{"type": "foo"}, {"type": None}, {"enum": "a"}, {"required": "a"}, {"minimum": "1"}, {"items": [{}]}, {"allOf": {}}, {"allOf": []},
    {"properties": None}, {"patternProperties": []}, {"$dynamicRef": "#x"}, {"multipleOf": 0}, {"$ref": "#a"}],
)  # fmt: skip
def test_what_is_no_schema_is_told_in_one_line(schema: Any) -> None:
    with pytest.raises(ContractError, match=r"c\.json#/") as caught:
        compile_schema(bundled(schema))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("^[\\w-.+]+@[\\w-.]+$", "a-b.c@d-e", "a b@c"), ("^[\\d-a]+$", "1-a", "b"), ("^[a-\\d]+$", "a-1", "b"), ("^[-\\w]$", "-", "+"),
        ("^[\\w-]$", "-", "+"), ("^[a-c]$", "b", "-"), ("^a-\\d$", "a-1", "a1"), ("^[\\p{L}-z&]+$", "é-z", "1"), ("^\\[-\\w", "[-a", "-a"),
    ],
)  # fmt: skip
def test_a_hyphen_beside_a_class_means_itself(pattern: str, good: str, bad: str) -> None:
    judge = compile_schema(bundled({"pattern": pattern, "patternProperties": {pattern: {"type": "integer"}}}))
    assert judge.is_valid(good) and not judge.is_valid(bad) and not judge.ignored
    assert not judge.is_valid({good: "x"}) and judge.is_valid({bad: "x"})


def test_an_unreadable_pattern_refuses_nothing_and_is_told() -> None:
    judge = compile_schema(
        bundled(
            {
                "properties": {"a": {"pattern": "(?P<x"}, "b": N},
                "patternProperties": {"(": N},
                "additionalProperties": False,
            }
        )
    )
    assert set(judge.ignored) == {"(?P<x", "("} and judge.is_valid({"a": "x", "z": 1}) and not judge.is_valid({"b": 1})
    assert compile_pattern("(")("anything") and compile_pattern("^a")("ab") and not compile_pattern("^a")("b")


SELF = {"$ref": "#/components/schemas/N"}
WAYS: dict[str, Any] = {
    "oneOf": {"oneOf": [{"properties": {"a": SELF, "b": SELF}, "required": [name], "type": "object"} for name in "ab"]},
    "anyOf": {"anyOf": [{"type": "object", "properties": {"a": SELF, "b": SELF}}, {"type": "object", "properties": {"b": SELF},
    "required": ["b"]}, {"type": "array", "items": SELF}]},
    "allOf": {"allOf": [{"properties": {"a": SELF}}, {"properties": {"a": SELF}}, {"type": "object"}]},
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("depth", [5, 100])
def test_recursive_alternatives_are_explained_in_bounded_time(way: str, depth: int) -> None:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    judge, began = compile_schema(bundled(SELF, N=WAYS[way])), time.process_time()
    assert not judge.is_valid(value) and list(judge.errors(value))
    assert time.process_time() - began < 2


def test_a_fault_far_below_is_explained_too() -> None:
    tree = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "c": {"items": SELF}}}
    judge = compile_schema(bundled(SELF, N=tree))
    value: Any = [{"id": "x"}, {}] * 100
    for depth in range(60):
        value = [{"id": depth, "c": value}]
    at = (*("0", "c") * 60, "0", "id")
    first, second, *_ = judge.errors(value[0])
    assert judge.is_valid({"id": 1, "c": []}) and (first.rule, first.at) == ("schema-type", at[1:])
    assert (second.rule, second.at) == ("schema-required", (*at[1:-2], "1"))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^(a+)+$", "a" * 60 + "!"),
        ("^(?=(a+)+$)b", "a" * 60 + "!"),
        ("^(a+)+\\1$", "a" * 60 + "!"),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60),
    ],
)
def test_exploding_patterns(pattern: str, text: str) -> None:
    began = time.process_time()
    judge = compile_schema(bundled({"pattern": pattern}))
    assert not judge.is_valid(text) and list(judge.errors(text)) and time.process_time() - began < 1


def test_many_faults_and_huge_enums_stay_readable() -> None:
    judge = compile_schema(bundled({"items": {"enum": list(range(50_000))}}))
    errors = list(judge.errors(["x" * 10_000] * 1000))
    assert len(errors) == MAX_ERRORS and all(len(error.message) < 1000 for error in errors)
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    assert shown(deep) == "a very deep value" and len(shown("x" * 10_000)) < 200


LARGE = {f"k{number}": number for number in range(50_000)}


@pytest.mark.parametrize(
    ("rules", "value", "found"),
    [
        ({"type": "string", "enum": [1]}, LARGE, ["schema-type", "schema-value"]),
        (
            {"required": ["x", "y", "k1"], "maxProperties": 3},
            LARGE,
            ["schema-required", "schema-required", "schema-size"],
        ),
        ({"properties": {"k0": {}}, "additionalProperties": False}, LARGE, ["schema-unknown-member"]),
        (
            {"patternProperties": {"^k": {}}, "additionalProperties": False},
            {**LARGE, "x": 1},
            ["schema-unknown-member"],
        ),
        ({"uniqueItems": True, "maxItems": 2}, [1] * 50_000, ["schema-size", "schema-size"]),
        ({"not": {"type": "object"}}, LARGE, ["schema-alternative"]),
    ],
)
def test_a_large_value_is_explained_without_a_copy_of_it(rules: Any, value: Any, found: list[str]) -> None:
    schema = compile_schema(bundled(rules))
    errors: list[Any] = []
    held = peak(lambda: errors.extend(schema.errors(value)))
    assert [error.rule for error in errors] == found
    assert held < 1_000_000 or "uniqueItems" in rules  # the value itself takes ten times as much
    assert all(len(error.message) < 400 for error in errors)


def test_a_message_writes_no_more_of_a_value_than_it_shows() -> None:
    nested = {"a": [{"b": ["x" * 100_000] * 1000}] * 1000}
    assert len(shown(nested)) < 400 and peak(lambda: shown(nested)) < 500_000
    assert shown({"a": [1, None, True, "é", 1.5], "b": {}}) == '{"a": [1, null, true, "é", 1.5], "b": {}}'


def test_a_fault_among_many_siblings_is_explained_in_linear_time() -> None:
    schema = compile_schema(bundled({"items": {"properties": {"a": {"type": "integer"}}}}))
    assert (
        growth(lambda count: [{"a": 1}] * count + [{"a": "x"}], lambda value: list(schema.errors(value)), 3_000)
        < LINEAR
    )


def test_a_format_of_ours_is_checked_wherever_it_stands_and_costs_nothing_elsewhere() -> None:
    deep = {"type": "object", "properties": {"format": {"type": "array", "items": {"format": "byte"}}}}
    assert compile_schema(bundled(deep)).is_valid({"format": ["QQ=="]})
    assert not compile_schema(bundled(deep)).is_valid({"format": ["Q"]})
    assert formats_in(deep) and not formats_in({"properties": {"format": {"format": ["byte"]}}, "format": {}})


def test_what_all_parts_of_a_schema_say_in_the_same_words_is_one_fault() -> None:
    parts = [{"type": "object", "required": [name]} for name in "ab"]
    schema = compile_schema(bundled({"type": "object", "allOf": [*parts, {"allOf": parts[:1]}]}))
    assert [one.message for one in schema.errors("OK")] == ['"OK" is a string, expected an object']
    assert [one.message for one in schema.errors({})] == [f'the required property "{name}" is missing' for name in "ab"]


def test_no_property_at_all_is_told_by_the_property() -> None:
    schema = JsonSchema.compile({"additionalProperties": {"additionalProperties": False}})
    assert [(one.at, one.message) for one in schema.errors({"a": {"b": 1}})] == [
        (("a",), 'the property "b" is not declared')
    ]


def test_one_cause_is_one_fault() -> None:
    schema = JsonSchema.compile({"type": "integer", "enum": [1, 2], "const": 1})
    assert [error.message for error in schema.errors("x")] == ['"x" is a string, expected an integer']
    assert [error.message for error in schema.errors(None)] == ["the value is null, expected an integer"]
    assert [error.message for error in schema.errors(3)] == ["3 is not 1, the only allowed integer"]
    missing = JsonSchema.compile({"required": ["a", "b"]})
    assert len(list(missing.errors({}))) == 2


@pytest.mark.parametrize(
    ("schema", "value", "valid"),
    [
        ({"type": "integer", "format": "uint64"}, 2**64 - 1, True), ({"type": "integer", "format": "uint64"}, -1, False),
        ({"type": "number", "format": "int32"}, 1.5, False), ({"type": ["number", "null"], "format": "int64"}, 1.0, True),
        ({"type": ["number", "null"], "format": "int64"}, None, True), ({"type": "number", "format": "float"}, 1.5, True),
        ({"type": "integer", "format": "uint64"}, 2**64, False), ({"type": "integer", "format": "uint8"}, 256, False),
        ({"type": "integer", "format": "int8"}, -128, True), ({"type": "integer", "format": "int8"}, 128, False),
        ({"type": "integer", "format": "int16"}, 32768, False), ({"type": "number", "format": "uint32"}, 2**32, False),
        ({"type": "integer", "format": "double-int"}, 2**53, False), ({"type": "string", "format": "int8"}, "999", True),
        ({"type": "number", "format": "float"}, 3.4028235e38, True), ({"type": "number", "format": "float"}, 1e39, False),
        ({"type": "number", "format": "float"}, 1, True), ({"type": "number", "format": "double"}, 1e308, True),
        ({"type": "number", "format": "double"}, Decimal("1e400"), False), ({"type": "number"}, Decimal("1e400"), True),
        ({"type": "string", "format": "decimal"}, "-12.50", True), ({"type": "string", "format": "decimal"}, "abc", False),
        ({"type": "number", "format": "decimal"}, 1.5, True), ({"maximum": 10**20}, 10**20 + 1, False),
        ({"uniqueItems": True}, [10**20 + 1, 10**20 + 2], True), ({"multipleOf": 2}, 10**20 + 1, False),
    ],
)  # fmt: skip
def test_a_format_of_numbers_bounds_them(schema: Any, value: Any, valid: bool) -> None:
    judge = JsonSchema.compile(schema)
    assert judge.is_valid(value) is valid
    assert valid or [error.rule for error in judge.errors(value)] != []


OPEN = {
    "unevaluatedProperties": False,
    "properties": {"id": {}},
    "allOf": [{"properties": {"key1": {}, "key2": {}}, "required": ["key1"]}, {"$ref": "#/$defs/More"}],
    "if": {"required": ["kind"]},
    "then": {"properties": {"kind": {}}},
    "oneOf": [{"required": ["a"], "properties": {"a": {}}}, {"required": ["b"], "properties": {"b": {}}}],
    "$defs": {"More": {"patternProperties": {"^x-": {}}}},
}


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ({"key1": 1, "key2": 1, "id": 1, "x-a": 1, "kind": 1, "a": 1, "key4": 1}, ['the property "key4" is not declared']),
        ({"key3": 1, "a": 1}, ['the property "key3" is not declared (did you mean "key1"?)', 'the required property "key1" is missing']),
        ({"key2": 1, "a": 1}, ['the required property "key1" is missing']),
        ({"key1": 1, "a": 1, "kin": 1}, ['the property "kin" is not declared']),
    ],
)  # fmt: skip
def test_a_property_that_no_schema_speaks_of_is_named(value: Any, messages: list[str]) -> None:
    found = sorted(error.message for error in JsonSchema.compile(OPEN).errors(value))
    assert [text.replace("key2", "key1") for text in found] == messages


MISSPELT = (
    'the required property "userName" is missing; the property "userNmae" is not declared (did you mean "userName"?)'
)


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ({"userNmae": 1}, [MISSPELT]),
        ({"userNmae": 1, "other": 1}, [MISSPELT, 'the property "other" is not declared']),
        ({"other": 1}, ['the required property "userName" is missing', 'the property "other" is not declared']),
        ({"userName": 1, "userNmae": 1}, ['the property "userNmae" is not declared']),
    ],
)  # fmt: skip
def test_a_required_property_that_is_misspelt_is_one_fault(value: Any, messages: list[str]) -> None:
    for closed in ("additionalProperties", "unevaluatedProperties"):
        schema = JsonSchema.compile({"required": ["userName"], "properties": {"userName": {}}, closed: False})
        assert [error.message for error in sorted(schema.faults(value), key=lambda one: one.rule)] == messages


def test_the_discriminator_chooses_the_alternative_that_messages_speak_of() -> None:
    cat = {
        "type": "object",
        "required": ["claws"],
        "properties": {"kind": {"type": "string"}, "claws": {"type": "integer"}},
    }
    dog = {
        "type": "object",
        "required": ["barks"],
        "properties": {"kind": {"type": "string"}, "barks": {"type": "boolean"}},
    }
    mapping = {"dog": "#/components/schemas/Dog", "kitty": "Cat"}
    schema = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    judge = compile_schema(bundled(schema, Cat=cat, Dog=dog))
    found = [(error.at, error.message) for error in judge.errors({"kind": "dog", "barks": "loud"})]
    assert found == [(("barks",), '"loud" is a string, expected a boolean')]
    assert [error.message for error in judge.errors({"kind": "kitty"})] == ['the required property "claws" is missing']
    (unknown,) = judge.errors({"kind": "bird"})
    assert unknown.at == ("kind",) and '"bird"' in unknown.message and '"dog", "kitty"' in unknown.message
    schema["discriminator"]["defaultMapping"] = "Cat"  # type: ignore[index]
    judge = compile_schema(bundled(schema, Cat=cat, Dog=dog))
    assert [error.message for error in judge.errors({})] == ['the required property "claws" is missing']
    [(message, at)] = [(error.message, error.at) for error in judge.faults({"barks": True})]
    assert (
        message.startswith("the value is another alternative than `defaultMapping` names: by that one, the required")
        and at == ()
    )
    del schema["discriminator"]["defaultMapping"]  # type: ignore[attr-defined]
    del schema["discriminator"]["mapping"]  # type: ignore[attr-defined]
    judge = compile_schema(bundled(schema, Cat=cat, Dog=dog))
    assert [error.message for error in judge.errors({"kind": "Dog"})] == ['the required property "barks" is missing']


def test_the_discriminator_of_a_parent_of_all_alternatives_chooses_too() -> None:
    mapping = {"dog": "#/components/schemas/Dog", "kitty": "#/components/schemas/Cat"}
    parent = {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    cat, dog = (
        {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"required": [name], "properties": {name: {"type": kind}}}]}
        for name, kind in (("claws", "integer"), ("barks", "boolean"))
    )
    schema = {"anyOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]}
    judge = compile_schema(bundled(schema, Cat=cat, Dog=dog, Pet=parent))
    assert [error.message for error in judge.errors({"kind": "dog"})] == ['the required property "barks" is missing']
    assert [error.message for error in judge.errors({"kind": "kitty"})] == ['the required property "claws" is missing']
    (unknown,) = judge.errors({"kind": "bird"})
    assert unknown.at == ("kind",) and '"dog", "kitty"' in unknown.message


@pytest.mark.slow
def test_what_fits_none_of_many_alternatives_that_refer_on_is_explained_in_linear_time() -> None:
    def make(count: int) -> dict[str, Any]:
        named = {f"S{one}": {"type": "object", "properties": {"t": {"const": one}}} for one in range(count)}
        listed = [{"allOf": [{"$ref": f"#/$defs/S{one}"}]} for one in range(count)]
        return {"$defs": named, "oneOf": listed}

    assert growth(make, lambda schema: list(JsonSchema.compile(schema).errors({"a": 1})), 100) < LINEAR


CAT = {
    "type": "object",
    "required": ["meow"],
    "properties": {"meow": {"type": "boolean"}, "friend": {"$ref": "#/components/schemas/Pet"}},
}
DOG = {"type": "object", "required": ["bark"], "properties": {"bark": {"type": "boolean"}}}
ANY = {"type": "object"}
CHOICE = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]


@pytest.mark.parametrize(("told", "value", "at"), [
    ({}, {"kind": "Cat", "meow": True}, None), ({}, {"kind": "Dog", "meow": True}, ("kind",)), ({}, {"kind": "x", "meow": True}, ("kind",)),
    ({}, {"meow": True}, None), ({}, {"kind": 1, "meow": True}, None), ({}, {"meow": 1}, None),
    ({}, {"kind": "Cat", "meow": True, "friend": {"kind": "Cat", "bark": True}}, ("friend", "kind")),
    ({"mapping": {"c": "Cat", "k": "#/components/schemas/Cat", "d": "Dog"}}, {"kind": "k", "meow": True}, None),
    ({"mapping": {"c": "Cat", "d": "Dog"}}, {"kind": "c", "bark": True}, ("kind",)),
    ({"mapping": {"c": "Cat", "d": "Dog"}}, {"kind": "Dog", "bark": True}, None),
    ({"mapping": {"far": "other.yaml#/Far"}}, {"kind": "far", "bark": True}, None),
    ({"mapping": {"d": "Dog"}, "defaultMapping": "Cat"}, {"kind": "x", "meow": True}, None),
    ({"mapping": {"d": "Dog"}, "defaultMapping": "Cat"}, {"kind": "x", "bark": True}, ("kind",)),
    ({"mapping": {"d": "Dog"}, "defaultMapping": "Cat"}, {"bark": True}, ("kind",)), ({"defaultMapping": "Cat"}, {"meow": True}, None),
])  # fmt: skip
def test_a_value_is_the_alternative_that_its_discriminator_names(told: Any, value: Any, at: Any) -> None:
    pet = {"oneOf": CHOICE, "discriminator": {"propertyName": "kind", **told}}
    schema = compile_schema(bundled({"$ref": "#/components/schemas/Pet"}, Pet=pet, Cat=CAT, Dog=DOG))
    kept = schema.named
    assert kept and kept.is_valid(value) == (at is None and schema.is_valid(value))
    assert at is None or [error.named for error in kept.errors(value)] == [at]


@pytest.mark.parametrize("inherited", [False, True])
def test_alternatives_that_list_their_own_names_need_no_second_look(inherited: bool) -> None:
    pet = {"oneOf": CHOICE, "discriminator": {"propertyName": "kind"}}
    told = [{"properties": {"kind": {"enum": [name]}}} for name in ("kitty", "puppy")]
    alike = [{"allOf": [ANY, one]} if inherited else one for one in told]
    cat, dog = ({**one, "required": ["kind"]} for one in alike)
    schema = bundled({"$ref": "#/components/schemas/Pet"}, Pet=pet, Cat=cat, Dog=dog)
    assert compile_schema(schema).named is None
    mixed = compile_schema(bundled({"$ref": "#/components/schemas/Pet"}, Pet=pet, Cat=cat, Dog=DOG)).named
    assert mixed and mixed.is_valid({"kind": "kitty"}) and not mixed.is_valid({"kind": "Cat", "bark": True})


@pytest.mark.parametrize("pet", [
    {"oneOf": CHOICE}, {"oneOf": [ANY, {"type": "string"}], "discriminator": {"propertyName": "kind"}},
    {"anyOf": [CHOICE[0]], "discriminator": {"propertyName": "kind"}},
])  # fmt: skip
def test_alternatives_without_names_say_nothing_of_a_discriminator(pet: Any) -> None:
    assert compile_schema(bundled(pet, Cat={"type": "object"}, Dog=DOG, Pet=ANY)).named is None


@pytest.mark.parametrize(("schema", "value", "expected"), [
    ({"format": "date-time"}, "2024-01-31 10:00", '"2024-01-31 10:00" is not a valid date-time, such as 2024-01-31T10:00:00Z'),
    ({"anyOf": [{"type": "integer"}, {"const": "all"}]}, "some", '"some" is not "all", the only allowed string'),
    ({"const": {"a": 1}}, {}, '{} is not {"a": 1}, the only allowed object'),
])  # fmt: skip
def test_a_message_says_what_would_do(schema: Any, value: Any, expected: str) -> None:
    schema = {"type": "string", **schema} if "format" in schema else schema
    assert [error.message for error in JsonSchema.compile(schema).errors(value)] == [expected]


@pytest.mark.parametrize(
    ("value", "text"),
    [("a\u200b", r"a\u200b"), ("\u2028", r"\u2028"), ("1\xa0000", r"1\u00a0000"), ("é😀 \\", r"é😀 \\"), ("\t", r"\t")],
)
def test_what_nobody_sees_in_a_value_is_escaped(value: str, text: str) -> None:
    [error] = JsonSchema.compile({"type": "integer"}).errors(value)
    assert error.message == f'"{text}" is a string, expected an integer'
