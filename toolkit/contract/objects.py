"""The objects of OpenAPI 3.0 and 3.1 and their fields: which are known, and which hold further objects.

`name:kind` is a field that holds one object, `name:[kind]` a list and `name:{kind}` a map of such; the field `*` stands for every name.
`name=text`, `=flag` (true or false), `=uri`, `=one|two` (one of these), `=[text]`, `={text}`, `=[]` say what a field without objects
holds, where something is read from it; `name!` is required, and `name@3.1` is of this version and later ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_METHODS = " ".join(f"{method}:operation" for method in METHODS if method != "query") + " query@3.2:operation"
_VALUES = "schema:schema example examples:{example} content:{media}"
_DESCRIBED = "description deprecated=flag"
_WRITTEN = "explode=flag allowReserved=flag"

_CONSTRAINING = (
    "multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems"
    " maxProperties minProperties required enum type allOf:[schema] oneOf:[schema] anyOf:[schema] not:schema items:schema"
    " properties:{schema} additionalProperties:schema format const@3.1 if@3.1:schema then@3.1:schema else@3.1:schema"
    " dependentSchemas@3.1:{schema} dependentRequired@3.1 prefixItems@3.1:[schema] contains@3.1:schema minContains@3.1"
    " maxContains@3.1 patternProperties@3.1:{schema} propertyNames@3.1:schema unevaluatedItems@3.1:schema"
    " unevaluatedProperties@3.1:schema nullable=flag"
)

_TABLE = {
    "document": (
        "openapi=text info!:info jsonSchemaDialect@3.1=text servers:[server] paths:paths webhooks@3.1:{path} components:components"
        " security:[requirement] tags:[tag] externalDocs:docs $self@3.2=uri"
    ),
    "info": "title!=text summary@3.1 description termsOfService=uri contact:contact license:license version!=text",
    "contact": "name url=uri email",
    "license": "name! identifier@3.1 url=uri",
    "server": "url!=text description name@3.2 variables:{variable}",
    "variable": "enum=[text] default!=text description",
    "components": (
        "schemas:{schema} responses:{response} parameters:{parameter} examples:{example} requestBodies:{body}"
        " headers:{header} securitySchemes:{scheme} links:{link} callbacks:{callback} pathItems@3.1:{path} mediaTypes@3.2:{media}"
    ),
    "paths": "*:path",
    "callback": "*:path",
    "path": (
        f"$ref=text summary description servers:[server] parameters:[parameter] {_METHODS} additionalOperations@3.2:{{operation}}"
    ),
    "operation": (
        "tags=[text] summary description externalDocs:docs operationId=text parameters:[parameter] requestBody:body"
        " responses:responses callbacks:{callback} deprecated=flag security:[requirement] servers:[server] x-form-or-query=flag"
    ),
    "docs": "description url!=uri",
    "parameter": (
        f"name!=text in!=path|query|header|cookie|querystring {_DESCRIBED} required=flag allowEmptyValue=flag style=text"
        f" {_WRITTEN} {_VALUES}"
    ),
    "header": f"{_DESCRIBED} required=flag allowEmptyValue=flag style=simple {_WRITTEN} {_VALUES}",
    "body": "description content!:{media} required=flag",
    "media": (
        "schema:schema itemSchema@3.2:schema example examples:{example} encoding:{encoding} prefixEncoding@3.2:[encoding]"
        " itemEncoding@3.2:encoding"
    ),
    "encoding": f"contentType=text headers:{{header}} style=form|spaceDelimited|pipeDelimited|deepObject {_WRITTEN}",
    "responses": "*:response",
    "response": "description! summary@3.2 headers:{header} content:{media} links:{link}",
    "example": "summary description value externalValue=text dataValue@3.2 serializedValue@3.2=text",
    "link": "operationRef=text operationId=text parameters={} requestBody description server:server",
    "tag": "name! summary@3.2 description externalDocs:docs parent@3.2 kind@3.2",
    "requirement": "*=[text]",
    "scheme": (
        "type!=apiKey|http|oauth2|openIdConnect|mutualTLS description name=text in=query|header|cookie scheme=text bearerFormat"
        " flows:flows openIdConnectUrl=uri oauth2MetadataUrl@3.2=uri"
        " deprecated@3.2=flag x-security-parameters=[text]"
    ),
    "flows": "implicit:flow password:flow clientCredentials:flow authorizationCode:flow deviceAuthorization@3.2:flow",
    "flow": "authorizationUrl=uri tokenUrl=uri refreshUrl=uri scopes!={text} deviceAuthorizationUrl=uri",
    "schema": (
        f"{_CONSTRAINING} title description default discriminator:discriminator readOnly=flag writeOnly=flag xml:xml"
        " externalDocs:docs example examples@3.1=[] deprecated=flag contentEncoding@3.1 contentMediaType@3.1"
        " contentSchema@3.1:schema $ref=text $id@3.1 $schema $anchor@3.1 $dynamicRef@3.1 $dynamicAnchor@3.1 $defs@3.1:{schema}"
        " $comment $vocabulary definitions:{schema} x-undecided=[]"
    ),
    "discriminator": "propertyName!=text mapping={text} defaultMapping@3.2=text",
    "xml": "name namespace prefix attribute=flag wrapped=flag nodeType@3.2=element|attribute|text|cdata|none",
}  # fmt: skip

Field = tuple[str, str]
"""What a field holds: the kind of its objects, '' for none, and how: '', a list `[` or a map `{`."""
_FIELD = re.compile(r"([^:=@!]+)(!?)(?:@([\d.]+))?(?:([:=])(.+))?")
_NOTHING: Field = ("", "")


def _fields(text: str) -> list[tuple[str, ...]]:
    """The fields of a row of the table: name, whether it is required, version, and what stands behind which mark."""
    return [found.groups("") for found in map(_FIELD.fullmatch, text.split()) if found]


def _held(mark: str) -> dict[str, dict[str, Field]]:
    """What the fields hold that have this mark, by the kind of their object."""
    return {
        kind: {
            name: (held.strip("[]{}"), held[0] if held[0] in "[{" else "") if own == mark else _NOTHING
            for name, _, _, own, held in _fields(text)
        }
        for kind, text in _TABLE.items()
    }


OBJECTS: Mapping[str, Mapping[str, Field]] = _held(":")
PLAIN: Mapping[str, Mapping[str, Field]] = {
    kind: {name: one for name, one in fields.items() if one != _NOTHING} for kind, fields in _held("=").items()
}
"""What fields without objects hold, where the table says it: `text`, `flag`, `uri`, words with `|`, or anything."""
SINCE: Mapping[str, Mapping[str, str]] = {
    kind: {name: since for name, _, since, *_ in _fields(text) if since} for kind, text in _TABLE.items()
}
"""The version of OpenAPI that a field came with, where it is not of 3.0."""
NEEDED: Mapping[str, list[str]] = {
    kind: [name for name, needed, *_ in _fields(text) if needed] for kind, text in _TABLE.items()
}
"""The fields that an object has to have."""
REFERABLE = frozenset(
    {"schema", "response", "parameter", "example", "body", "header", "scheme", "link", "callback", "path", "media"}
)
"""Objects instead of which a Reference Object may stand; a `$ref` in a schema or a path is a field of its own."""
CONSTRAINTS = frozenset(name for name, *_ in _fields(_CONSTRAINING))
"""Keywords of schemas that say which values are valid."""


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
