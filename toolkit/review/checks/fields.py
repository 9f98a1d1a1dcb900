"""Fields that an object of OpenAPI has to have, and names that components may not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from toolkit.review.survey import Mistake, Survey, near

_NEEDED = {
    "document": "info",
    "info": "title version",
    "license": "name",
    "tag": "name",
    "docs": "url",
    "response": "description",
    "body": "content",
    "flow": "scopes",
}
_BY_TYPE = {"openIdConnect": "openIdConnectUrl", "oauth2": "flows"}
_OF_FLOW = {
    "implicit": "authorizationUrl",
    "password": "tokenUrl",
    "clientCredentials": "tokenUrl",
    "authorizationCode": "authorizationUrl tokenUrl",
    "deviceAuthorization": "deviceAuthorizationUrl tokenUrl",
}
_SILENT = frozenset({"body"})
"""Objects that say nothing without the field, so that verdicts suffer."""
_NAME = re.compile(r"[a-zA-Z0-9._-]+")
_VERSION = re.compile(r"3\.[0-2](?:\.\d+.*)?", re.DOTALL)
_SCHEMES = "basic bearer digest dpop gnap hoba mutual negotiate oauth privatetoken scram-sha-1 scram-sha-256 vapid aws4-hmac-sha256"
"""The registry of RFC 9110, section 16.4.1, and what others use."""


def missing(survey: Survey) -> Iterator[Mistake]:
    for kind, names in _NEEDED.items():
        for site in survey.of(kind):
            own = f"{names} {_OF_FLOW.get(site.own, '')}" if kind == "flow" else names
            for name in own.split():
                if name not in site.node.value or (kind in _SILENT and site.node.value[name] == {}):
                    empty = name in site.node.value
                    message = f"`{name}` is {'empty' if empty else 'missing'} here, which OpenAPI requires"
                    yield site.mistake(
                        message,
                        f"add {'a media type' if empty else f'`{name}`'}",
                        *[name] * empty,
                        mild=kind not in _SILENT,
                    )
    for site in survey.of("scheme"):
        name = _BY_TYPE.get(str(site.node.value.get("type")), "")
        if name and not site.node.value.get(name):
            at = [name] if name in site.node.value else []
            yield site.mistake(f"`{name}` is missing here, which OpenAPI requires", f"add `{name}`", *at, mild=True)
    for site in survey.of("schema") if survey.is_old else ():
        if site.node.value.get("type") == "array" and not site.node.value.keys() & {"items", "$ref", "allOf"}:
            message = "`items` is missing here, which OpenAPI 3.0 requires of an array, so any items are valid"
            yield site.mistake(message, "add `items`", "type", mild=True)


def illegal(survey: Survey) -> Iterator[Mistake]:
    """Names of components, versions and schemes that nobody else may be able to read."""
    for site in survey.of("document"):
        version = site.node.value.get("openapi")
        if isinstance(version, str) and not _VERSION.fullmatch(version):
            message = f"{version!r} is no known version of OpenAPI, so it is read as the nearest one"
            yield site.mistake(message, "write for example 3.1.1", "openapi", mild=True)
    for site in survey.of("components"):
        for group, held in site.node.value.items():
            for name in held if isinstance(held, dict) and not str(group).startswith("x-") else ():
                if not _NAME.fullmatch(str(name)):
                    message = f"a component may not be called {str(name)!r} (OpenAPI, Components Object)"
                    hint = "write letters of A-Z and a-z, digits, and . - _ alone"
                    yield site.mistake(message, hint, group, str(name), mild=True)
    for site in survey.of("scheme"):
        scheme = site.node.value.get("scheme")
        if isinstance(scheme, str) and site.node.value.get("type") == "http" and scheme.lower() not in _SCHEMES.split():
            message = f"the http scheme {scheme!r} is not registered{near(scheme, _SCHEMES.split())}"
            yield site.mistake(message, "write a registered one, such as bearer", "scheme", mild=True)
