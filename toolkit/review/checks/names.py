"""Fields and keywords: misspelt, in the wrong place, unknown, or of another version."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from toolkit.contract.objects import CONSTRAINTS, OBJECTS, SINCE
from toolkit.review.survey import Mistake, Site, Survey, likely
from toolkit.schema.bundle import is_of_older_draft

_HOLDERS = frozenset({"parameter", "header", "media", "response", "body", "encoding"})
"""Objects that hold a schema; constraints beside it constrain nothing."""
_SWAGGER = {
    "response": {"schema": "a response has its schema under `content`"},
    "body": {"schema": "move it below `content` and a media type, such as application/json"},
    "parameter": {"collectionFormat": "write `style` and `explode`"},
    "schema": dict.fromkeys(("explode", "allowReserved", "allowEmptyValue", "collectionFormat"), "move it beside `schema`")
    | dict.fromkeys(("wrapped", "attribute", "nodeType"), "move it into `xml`")
    | dict.fromkeys(("propertyName", "defaultMapping"), "move it into `discriminator`"),
    "scheme": dict.fromkeys(("flow", "authorizationUrl", "tokenUrl", "scopes"), "move it into `flows`, below the name of the flow"),
    "path": {"security": "move it into each operation, or beside `paths`"},
    "operation": {"consumes": "name media types under `requestBody.content`", "produces": "name media types under `content`"},
    "document": dict.fromkeys(
        ("definitions", "consumes", "produces", "basePath", "host", "schemes", "securityDefinitions", "responses", "parameters"),
        "this is Swagger 2.0; move it to where OpenAPI 3 has it"
    ),
}  # fmt: skip
_SILENT = frozenset({"$ref", "description", "summary", "title", "deprecated", "externalDocs", "$comment"})
_UNSAID = frozenset({"default", "example", "examples", "xml", "nullable", "discriminator"})
"""Keywords that validate little or nothing."""
_OURS = {
    **dict.fromkeys(("x-laws", "x-speakeasy-pagination", "x-dependencies", "x-form-or-query"), ("operation", "path")),
    **dict.fromkeys(("x-text-pattern", "x-undecided"), ("schema",)),
    **dict.fromkeys(("x-security-parameters", "x-signature"), ("scheme",)),
    "x-xsd": ("media",),
}
"""The extensions that are read here, each with the objects that may have it."""
_STORES = ("document", "components")
"""Objects in which an extension may be kept, so that others refer to it."""


@cache
def _near(kind: str, name: str) -> str:
    fields = [field for field in OBJECTS[kind] if len(field) > 3 or kind == "path"]
    folded = {field.lower(): field for field in fields}
    folded |= {"ref": "$ref"} if "$ref" in folded else {}
    folded |= {"min": "minimum", "max": "maximum", "regex": "pattern", "regexp": "pattern"} if kind == "schema" else {}
    if name.lower() in folded:
        return folded[name.lower()]
    return likely(name, fields)


def _unknown(survey: Survey) -> Iterator[tuple[Site, str]]:
    """Each field that its object does not have."""
    for kind, fields in OBJECTS.items():
        if "*" not in fields:
            for site in survey.of(kind):
                for name in site.node.value:
                    if isinstance(name, str) and name not in fields and not name.startswith("x-"):
                        yield site, name


def _extensions(survey: Survey) -> Iterator[tuple[Site, str, str]]:
    """Each extension that is nearly one of those read here, or is one where nobody reads it; with the name that is near, or ''."""
    for kind, sites in survey.by_kind.items():
        for site, name in ((one, name) for one in sites for name in one.node.value if str(name).startswith("x-")):
            if name in _OURS and kind not in (*_OURS[name], *_STORES):
                yield site, name, ""
            elif (near := _near_extension(name)) and kind in _OURS[near] and near not in site.node.value:
                yield site, name, near


@cache
def _near_extension(name: str) -> str:
    return "" if name in _OURS else next(iter(get_close_matches(name, _OURS, 1, 0.9)), "")


def of_no_object(survey: Survey) -> Iterator[tuple[str, Mistake]]:
    """What is no field where it stands, with the rule: it is misplaced, misspelt or unknown."""
    moved: dict[tuple[Site, str], list[str]] = {}
    for site, name in _unknown(survey):
        near, owner = _near(site.kind, name), article(site.kind)
        own = "move it into `schema`" if site.kind in _HOLDERS and name in CONSTRAINTS else ""
        if hint := _SWAGGER.get(site.kind, {}).get(name, own):
            moved.setdefault((site, hint), []).append(name)
        elif near and near not in site.node.value:
            message = f"`{name}` is no field of {owner}, so it says nothing; `{near}` is"
            yield "keyword-misspelt", site.mistake(message, f"write `{near}`", name)
        elif site.kind != "schema" or (name not in _OUTDATED and (survey.is_old or near)):
            # JSON Schema 2020-12, section 6.5: unknown keywords are annotations
            hint = "remove it, or begin its name with x-"
            yield "keyword-unknown", site.mistake(f"`{name}` is no field of {owner}", hint, name)
    for (site, hint), names in moved.items():
        verb, cure = ("says", hint) if len(names) == 1 else ("say", hint.replace("move it", "move them"))
        message = f"{', '.join(f'`{name}`' for name in names)} {verb} nothing in {article(site.kind)}"
        yield "keyword-misplaced", site.mistake(message, cure, names[0])
    for site, name, near in _extensions(survey):
        if near:
            message = f"`{name}` is nothing that is read here; `{near}` is"
            yield "keyword-misspelt", site.mistake(message, f"write `{near}`", name, mild=True)
        else:
            hint = f"move it to {article(_OURS[name][0])}"
            yield "keyword-misplaced", site.mistake(f"`{name}` says nothing in {article(site.kind)}", hint, name)


_OUTDATED = {
    "dependencies": "write `dependentRequired` or `dependentSchemas`",
    "additionalItems": "write `prefixItems` and `items`",
    "id": "write `$id`",
    "divisibleBy": "write `multipleOf`",
    "disallow": "write `not`",
    "extends": "write `allOf`",
}
_READ = ("dependencies", "additionalItems")  # where the draft is stated
_WITH = {"then": "if", "else": "if", "minContains": "contains", "maxContains": "contains"}
"""Keywords of which nothing is said beside the one that they go with."""
_NEWER_VALUES = (
    ("parameter", "in", "querystring", "3.2"),
    ("parameter", "style", "cookie", "3.2"),
    ("scheme", "type", "mutualTLS", "3.1"),
)
"""Values of fields that came with a version of OpenAPI."""


def of_other_version(survey: Survey) -> Iterator[Mistake]:
    for site in survey.of("schema"):
        schema = site.node.value
        for name, hint in _OUTDATED.items():
            if name in schema and not (name in _READ and is_of_older_draft(site.node)):
                message = f"`{name}` is of an older JSON Schema, and says nothing here"
                yield site.mistake(message, hint, name, mild=name in ("id", "extends"))
    for kind, since in SINCE.items():
        for site in survey.of(kind):
            words = (name for name in site.node.value if _WITH.get(name) not in site.node.value)
            for name in (name for name in words if since.get(name, "") > survey.version):
                is_silent = not OBJECTS[kind][name][0] and kind not in ("schema", "xml", "discriminator")
                mild = name not in CONSTRAINTS if kind == "schema" else is_silent
                yield _newer(site, f"`{name}`", since[name], survey, name, mild)
    for kind, name, value, version in _NEWER_VALUES:
        for site in survey.of(kind):
            if site.node.value.get(name) == value and version > survey.version:
                yield _newer(site, f"`{name}: {value}`", version, survey, name, False)


def _newer(site: Site, what: str, version: str, survey: Survey, name: str, mild: bool) -> Mistake:
    message = f"{what}: OpenAPI {survey.version} does not have it, and readers that go by it pass it over"
    return site.mistake(message, f"say `openapi: {version}.0`, or write it as {survey.version} has it", name, mild=mild)


def siblings(survey: Survey) -> Iterator[Mistake]:
    """What stands beside a `$ref` and is passed over: all in a Reference Object, and in a schema of OpenAPI 3.0."""
    for kind, sites in survey.by_kind.items():
        for site in sites if kind != "schema" or survey.is_old else ():
            if not site.reference and not (kind == "schema" and isinstance(site.node.value.get("$ref"), str)):
                continue
            for name in site.node.value:
                if _is_lost(site, name):
                    mild = name in _UNSAID or (kind == "schema" and name not in CONSTRAINTS)
                    message = f"`{name}` beside a $ref is passed over" + (" in OpenAPI 3.0" if kind == "schema" else "")
                    elsewhere = "move it to what is referred to"
                    hint = "put the reference and the rest into `allOf`" if kind == "schema" else elsewhere
                    yield site.mistake(message, hint, name, mild=mild)


def _is_lost(site: Site, name: Any) -> bool:
    """Whether what stands beside a `$ref` says anything that its target does not say, too."""
    if not isinstance(name, str) or name in _SILENT or name.startswith("x-"):
        return False
    target = site.node.end.value
    return not (isinstance(target, dict) and target.get(name) == site.node.value[name])


_NAMES = {"body": "Request Body", "media": "Media Type", "scheme": "Security Scheme", "path": "Path Item", "document": "OpenAPI"}  # fmt: skip


def article(kind: str) -> str:
    text = f"{_NAMES.get(kind, kind.title())} Object"
    return f"an {text}" if text[0] in "AEIOU" else f"a {text}"
