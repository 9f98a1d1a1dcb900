"""The objects of OpenAPI 3.0 and 3.1 and their fields: which are known, and which hold further objects.

`name:kind` is a field that holds one object, `name:[kind]` a list and `name:{kind}` a map of such; the field `*` stands for every name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_METHODS = " ".join(f"{method}:operation" for method in METHODS)
_VALUES = "schema:schema example examples:{example} content:{media}"
_DESCRIBED = "description deprecated"

_CONSTRAINING = (
    "multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems"
    " maxProperties minProperties required enum type allOf:[schema] oneOf:[schema] anyOf:[schema] not:schema items:schema"
    " properties:{schema} additionalProperties:schema format const if:schema then:schema else:schema"
    " dependentSchemas:{schema} dependentRequired prefixItems:[schema] contains:schema minContains maxContains"
    " patternProperties:{schema} propertyNames:schema unevaluatedItems:schema unevaluatedProperties:schema nullable"
)

_TABLE = {
    "document": (
        "openapi info:info jsonSchemaDialect servers:[server] paths:paths webhooks:{path} components:components"
        " security:[requirement] tags:[tag] externalDocs:docs $self"
    ),
    "info": "title summary description termsOfService contact:contact license:license version",
    "contact": "name url email",
    "license": "name identifier url",
    "server": "url description name variables:{variable}",
    "variable": "enum default description",
    "components": (
        "schemas:{schema} responses:{response} parameters:{parameter} examples:{example} requestBodies:{body}"
        " headers:{header} securitySchemes:{scheme} links:{link} callbacks:{callback} pathItems:{path} mediaTypes:{media}"
    ),
    "paths": "*:path",
    "callback": "*:path",
    "path": f"$ref summary description servers:[server] parameters:[parameter] {_METHODS} additionalOperations:{{operation}}",
    "operation": (
        "tags summary description externalDocs:docs operationId parameters:[parameter] requestBody:body responses:responses"
        " callbacks:{callback} deprecated security:[requirement] servers:[server]"
    ),
    "docs": "description url",
    "parameter": f"name in {_DESCRIBED} required allowEmptyValue style explode allowReserved {_VALUES}",
    "header": f"{_DESCRIBED} required style explode allowEmptyValue allowReserved {_VALUES}",
    "body": "description content:{media} required",
    "media": "schema:schema itemSchema:schema example examples:{example} encoding:{encoding} prefixEncoding:[encoding] itemEncoding:encoding",
    "encoding": "contentType headers:{header} style explode allowReserved",
    "responses": "*:response",
    "response": "description summary headers:{header} content:{media} links:{link}",
    "example": "summary description value externalValue dataValue serializedValue",
    "link": "operationRef operationId parameters requestBody description server:server",
    "tag": "name summary description externalDocs:docs parent kind",
    "requirement": "*",
    "scheme": "type description name in scheme bearerFormat flows:flows openIdConnectUrl oauth2MetadataUrl deprecated",
    "flows": "implicit:flow password:flow clientCredentials:flow authorizationCode:flow deviceAuthorization:flow",
    "flow": "authorizationUrl tokenUrl refreshUrl scopes deviceAuthorizationUrl",
    "schema": (
        f"{_CONSTRAINING} title description default discriminator:discriminator readOnly writeOnly xml:xml externalDocs:docs"
        " example examples deprecated contentEncoding contentMediaType contentSchema:schema $ref $id $schema $anchor"
        " $dynamicRef $dynamicAnchor $defs:{schema} $comment $vocabulary definitions:{schema}"
    ),
    "discriminator": "propertyName mapping defaultMapping",
    "xml": "name namespace prefix attribute wrapped nodeType",
}  # fmt: skip

Field = tuple[str, str]
"""What a field holds: the kind of its objects, '' for none, and how: '', a list `[` or a map `{`."""


def _field(text: str) -> tuple[str, Field]:
    name, _, kind = text.partition(":")
    return name, (kind.strip("[]{}"), kind[:1] if kind[:1] in ("[", "{") else "")


OBJECTS: Mapping[str, Mapping[str, Field]] = {kind: dict(map(_field, text.split())) for kind, text in _TABLE.items()}
REFERABLE = frozenset(
    {"schema", "response", "parameter", "example", "body", "header", "scheme", "link", "callback", "path", "media"}
)
"""Objects instead of which a Reference Object may stand; a `$ref` in a schema or a path is a field of its own."""
CONSTRAINTS = frozenset(name for name, _ in map(_field, _CONSTRAINING.split()))
"""Keywords of schemas that say which values are valid."""


_NOTHING: Field = ("", "")


def field_of(kind: str, name: str) -> Field:
    """What a field of an object of a kind holds; of those that it does not know, `*` says it, but for extensions and `$ref`."""
    known = OBJECTS.get(kind, {})
    return known.get(name) or (known.get("*", _NOTHING) if not name.startswith("x-") and name != "$ref" else _NOTHING)


def parts(kind: str, value: Mapping[Any, Any]) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """What an object holds that should be further objects: the kind of each, its place below, and itself."""
    for key, inner in value.items():
        name = str(key)
        inside, form = field_of(kind, name)
        if form == "{" and isinstance(inner, dict):
            yield from ((inside, (name, str(each)), one) for each, one in inner.items())
        elif form == "[" and isinstance(inner, list):
            yield from ((inside, (name, str(index)), one) for index, one in enumerate(inner))
        elif inside and not form:
            yield inside, (name,), inner
