"""An OpenAPI 3.1 document as OpenAPI 3.0.3, for tools that read no other; what 3.0.3 cannot say is named, place by place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from toolkit.contract.objects import METHODS, OBJECTS, SINCE
from toolkit.document.names import free_name
from toolkit.document.pointers import Tokens, object_at, pointer_text, pointer_tokens
from toolkit.export.grammar import SECTIONS, look, rewrite, walk
from toolkit.export.loosening import CONDITIONS, loosened
from toolkit.schema.bundle import is_number, stated_types

VERSION = "3.0.3"
Document = dict[str, Any]
_GONE = {
    **dict.fromkeys(CONDITIONS, "3.0 has no conditions"),
    **dict.fromkeys(("contains", "minContains", "maxContains"), "items cannot be searched"),
    **dict.fromkeys(("patternProperties", "propertyNames"), "names of properties cannot be described"),
    **dict.fromkeys(("unevaluatedProperties", "unevaluatedItems"), "3.0 knows additionalProperties alone"),
    **dict.fromkeys(("$dynamicRef", "$dynamicAnchor", "$anchor", "$id"), "3.0 has `$ref` with a pointer alone"),
    **dict.fromkeys(("contentMediaType", "contentSchema"), "the content of strings cannot be described"),
    "contentEncoding": "only base64 can be said",
    "prefixItems": "items have one schema",
}
"""Why keywords of schemas are left out; others are of a later version."""
_WEIGHTY = _GONE.keys() - {"contentMediaType", "contentSchema", "contentEncoding", "$anchor", "$dynamicAnchor", "$id"}
"""Those that a verdict depends on."""
_RATHER = {"oneOf": "; it is `anyOf` here"}
_SILENT = {"schema": ("$schema", "$comment", "$vocabulary"), "document": ("$self",)}
"""Those that are left out without a word."""
_DEFINITIONS = ("$defs", "definitions")
_COMPONENTS = {*SECTIONS.values(), "mediaTypes"}
_PLAIN_REFERENCES = SECTIONS.keys() - {"schema"}
Lose = Callable[[Tokens, str, str], None]
"""Notes a loss: the place of a schema, its keyword, and the reason."""


def as_30(document: Document) -> tuple[Document, list[str]]:
    """The document as OpenAPI 3.0.3, and a line for each loss. One of 3.0 is given back as it is."""
    if str(document.get("openapi", "")).startswith("3.0"):
        return document, []
    lines: list[str] = []

    def lose(tokens: Tokens, word: str, why: str) -> None:
        lines.append(f"{VERSION} loses #{pointer_text((*tokens, word))}: {why}")

    made, changed = loosened(_without_definitions(document), _WEIGHTY)
    for tokens, word in changed:
        lose(tokens, word, "with a part of it lost it would refuse more" + _RATHER.get(word, ""))

    def visit(kind: str, tokens: Tokens, value: Any) -> Any:
        if kind in _PLAIN_REFERENCES and isinstance(value, dict) and "$ref" in value:
            return {"$ref": value["$ref"]}
        convert = _CONVERTERS.get(kind)
        made = convert(value, tokens, lose) if convert and (kind == "schema" or isinstance(value, dict)) else value
        if not isinstance(made, dict):
            return made
        gone = {word: why for word in made if (why := _lost(kind, word)) is not None}
        for word, why in gone.items():
            if why:
                lose(tokens, word, why)
        return {key: one for key, one in made.items() if key not in gone}

    paths = {path: look(made, item) for path, item in (made.get("paths") or {}).items()}  # 3.0 has them nowhere else
    made = rewrite({**made, "paths": paths}, visit)
    return made, lines


def _lost(kind: str, word: str) -> str | None:
    """Why a field is left out; '' for one of which nothing is said, None for one that stays."""
    if word in _SILENT.get(kind, ()):
        return ""
    if word in SINCE.get(kind, {}):
        return _GONE.get(word, f"it is of OpenAPI {SINCE[kind][word]}")
    is_unknown = kind == "schema" and word not in OBJECTS["schema"] and not word.startswith("x-")
    return "3.0 knows no such keyword" if is_unknown else None


def _without_definitions(document: Document) -> Document:
    """The document with the schemas of each `$defs` and `definitions` among the components, which 3.0 has alone."""
    schemas = document.get("components", {}).get("schemas", {})
    names, moved = dict[Tokens, str](), dict[str, Any]()
    for kind, tokens, value in walk(document):
        for word in _DEFINITIONS if kind == "schema" and isinstance(value, dict) else ():
            for name, schema in object_at(value, word).items():
                free = free_name(re.sub(r"[^\w.-]", "_", name, flags=re.ASCII), {*schemas, *moved}.__contains__)
                moved[free] = schema
                names[(*tokens, word, name)] = f"#/components/schemas/{free}"
    if not moved:
        return document
    components = {**document.get("components", {}), "schemas": {**schemas, **moved}}

    def visit(kind: str, tokens: Tokens, value: Any) -> Any:
        if kind != "schema" or not isinstance(value, dict):
            return value
        kept = {key: one for key, one in value.items() if key not in _DEFINITIONS}
        place = pointer_tokens(str(kept.get("$ref")))
        heads = (place[:size] for size in range(len(place), 0, -1))  # definitions may have definitions
        whole = next((one for one in heads if one in names), None)
        return {**kept, "$ref": names[whole] + pointer_text(place[len(whole) :])} if whole else kept

    return rewrite({**document, "components": components}, visit)  # type: ignore[no-any-return]


def _operation(value: Any, tokens: Tokens, lose: Lose) -> Any:
    if not value.get("responses") and tokens[-1] in METHODS:
        return {**value, "responses": {"default": {"description": "Any response."}}}
    return value


def _security_scheme(value: Any, tokens: Tokens, lose: Lose) -> Any:
    if value.get("type") == "mutualTLS":
        lose(tokens, "type", "3.0 has no mutualTLS; it is an API key in a header here")
        return {"type": "apiKey", "in": "header", "name": "X-Client-Certificate", "description": "mutualTLS"}
    return value


def _schema(value: Any, tokens: Tokens, lose: Lose) -> Any:
    if isinstance(value, bool):
        is_keyword = tokens[-1] == "additionalProperties" and tokens[-2] not in ("properties", "schemas")
        return value if is_keyword else {} if value else {"not": {}}
    if not isinstance(value, dict):
        return value
    made = _referring(value)
    if made.pop("nullable", False):  # which 3.0 would take to mean something
        lose(tokens, "nullable", "3.1 has no such keyword, so that null is not allowed")
    for step in (_neighbours, _content, _constant, _bounds, _examples, _null_branches, _types):
        step(made, tokens, lose)
    if made.get("type") == "array":
        made.setdefault("items", {})
    return made


def _referring(schema: dict[str, Any]) -> dict[str, Any]:
    """A `$ref` with siblings as one of `allOf`: 3.0 reads nothing beside it."""
    if "$ref" not in schema or len(schema) == 1:
        return dict(schema)
    rest = {key: one for key, one in schema.items() if key not in ("$ref", "allOf")}
    return {**rest, "allOf": [{"$ref": schema["$ref"]}, *(schema.get("allOf") or [])]}


def _neighbours(schema: dict[str, Any], tokens: Tokens, lose: Lose) -> None:
    """What says something of the rest of items or properties says it of all where the others are lost."""
    if isinstance(schema.get("prefixItems"), list) and schema.pop("items", True) is False:
        schema["maxItems"] = min(len(schema["prefixItems"]), schema.get("maxItems", len(schema["prefixItems"])))
    if "patternProperties" in schema and schema.pop("additionalProperties", True) is not True:
        lose(tokens, "additionalProperties", "it would refuse names that are described by patterns")


def _content(schema: dict[str, Any], tokens: Tokens, lose: Lose) -> None:
    if schema.get("contentEncoding") in ("base64", "base64url"):
        schema.setdefault("format", "byte")
        del schema["contentEncoding"]
        lose(tokens, "contentEncoding", "it is `format: byte` here, which refuses what is not base64")
    elif schema.get("contentMediaType") == "application/octet-stream":
        schema.setdefault("format", "binary")
        schema.setdefault("type", "string")
        del schema["contentMediaType"]


def _constant(schema: dict[str, Any], tokens: Tokens, lose: Lose) -> None:
    if "const" in schema:
        value = schema.pop("const")
        if value not in schema.get("enum", [value]):
            schema["not"] = {}
        elif value is None:
            schema.setdefault("nullable", True)
        schema["enum"] = [value]


def _bounds(schema: dict[str, Any], tokens: Tokens, lose: Lose) -> None:
    for strict, plain, stricter in (("exclusiveMinimum", "minimum", max), ("exclusiveMaximum", "maximum", min)):
        bound = schema.get(strict)
        if is_number(bound):
            schema[plain] = stricter(bound, schema.get(plain, bound))
            schema[strict] = schema[plain] == bound
            if not schema[strict]:
                del schema[strict]


def _examples(schema: dict[str, Any], tokens: Tokens, lose: Lose) -> None:
    listed = schema.pop("examples", None)
    if isinstance(listed, list) and listed:
        schema.setdefault("example", listed[0])
        if len(listed) > 1:
            lose(tokens, "examples", "3.0 has one example; the first is kept")


def _take_null(schema: dict[str, Any]) -> bool:
    """`nullable`, unless the values are enumerated and null is none of them: then whether it is one."""
    takes_null = None in schema.get("enum", [None])
    if takes_null:
        schema["nullable"] = True
    return takes_null


def _null_branches(schema: dict[str, Any], tokens: Tokens, lose: Lose) -> None:
    """An alternative that is null alone becomes `nullable`, but below `not`: that takes null whatever stands beside it, and what is
    around would refuse more."""
    for group in () if "not" in tokens else ("oneOf", "anyOf"):
        listed = schema.get(group)
        if not isinstance(listed, list):
            continue
        left = [one for one in listed if not (isinstance(one, dict) and one.get("type") in ("null", ["null"]))]
        if len(left) == len(listed) or not left:
            continue
        _take_null(schema)
        schema[group] = left
        if len(left) == 1:
            schema["allOf"] = [*(schema.get("allOf") or []), *schema.pop(group)]


_ALTERNATIVES: dict[str, Any] = {"array": {"type": "array", "items": {}}, "null": {"enum": [None], "nullable": True}}


def _types(schema: dict[str, Any], tokens: Tokens, lose: Lose) -> None:
    types = stated_types(schema)
    if "null" in types and "not" not in tokens:  # see `_null_branches`
        takes_null = _take_null(schema)
        types = [one for one in types if one != "null"]
        if not types:
            schema.pop("type")
            schema.update(enum=[None]) if takes_null else schema.update({"not": {}})
    if len(types) == 1 and types != ["null"]:
        schema["type"] = types[0]
    elif types:
        del schema["type"]
        made = {"anyOf": [dict(_ALTERNATIVES.get(one, {"type": one})) for one in types]}
        schema.update({"allOf": [*(schema.get("allOf") or []), made]} if "anyOf" in schema else made)


_CONVERTERS: dict[str, Callable[[Any, Tokens, Lose], Any]] = {
    "document": lambda value, tokens, lose: {**value, "openapi": VERSION},
    "components": lambda value, tokens, lose: {
        key: one for key, one in value.items() if key in _COMPONENTS or key.startswith("x-")
    },
    "operation": _operation,
    "scheme": _security_scheme,
    "schema": _schema,
}
