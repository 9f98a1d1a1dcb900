"""Strategies of Hypothesis: schemas of JSON Schema, which refer to `#/components/schemas/N`, and values."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(("a", "b", "c/~", "%41"))
SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from((0.5, 1.0, -2.5)) | st.text("ab1", max_size=3)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
TYPES = st.sampled_from(("null", "boolean", "integer", "number", "string", "array", "object"))
LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True), "enum": st.lists(VALUES, min_size=1, max_size=3), "const": VALUES,
    "minimum": st.integers(-2, 2), "exclusiveMaximum": st.integers(-2, 2), "multipleOf": st.sampled_from((1, 2, 0.5)),
    "minLength": st.integers(0, 2), "maxLength": st.integers(0, 2),
    "pattern": st.sampled_from(("^a", "b+", "^[ab]*$", "1")), "minItems": st.integers(0, 2), "maxItems": st.integers(0, 2),
    "uniqueItems": st.booleans(),
    "required": st.lists(NAMES, unique=True, max_size=2), "minProperties": st.integers(0, 2), "maxProperties": st.integers(0, 2),
}  # fmt: skip


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some, named = st.lists(inner, min_size=1, max_size=2), st.dictionaries(NAMES, inner, max_size=2)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "allOf": some, "anyOf": some, "oneOf": some, "not": inner, "if": inner, "then": inner, "else": inner, "properties": named,
        "additionalProperties": inner, "items": inner,
        "prefixItems": some, "contains": inner, "dependentSchemas": named, "propertyNames": inner, "unevaluatedProperties": inner,
        "unevaluatedItems": inner,
        "patternProperties": st.dictionaries(st.sampled_from(("^a", "b$")), inner, max_size=2), **LEAVES,
    }  # fmt: skip
    return (
        st.booleans()
        | st.just({"$ref": "#/components/schemas/N"})
        | st.fixed_dictionaries({}, optional=keywords).filter(lambda s: len(s) < 5)
    )


OBJECTS = st.fixed_dictionaries({}, optional=LEAVES).filter(lambda schema: len(schema) < 4)
SCHEMAS = st.recursive(OBJECTS, nested, max_leaves=6)
