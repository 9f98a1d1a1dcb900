"""What OpenAPI says of the fields of its objects: which they have to have, and what each holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from toolkit.contract.objects import NEEDED, OBJECTS, PLAIN
from toolkit.document.pointers import grouped
from toolkit.review.checks.names import article, of_no_object
from toolkit.review.survey import Mistake, Site, Survey
from toolkit.schema.bundle import is_of_older_draft
from toolkit.schema.judge import shown

_RULES = {
    "parameter": "contract-unusable",
    "discriminator": "discriminator-unusable",
    "server": "server-unusable",
    "variable": "server-unusable",
    "scheme": "security-unknown",
    "body": "field-missing",
}
"""Objects that say nothing without a field that they have to have, and the rules of these errors."""
_OF_VALUES = {
    **dict.fromkeys(("header", "encoding"), "parameter-without-effect"),
    **_RULES,
    "flow": "security-unknown",
    "xml": "xml-object",
}
_BY_TYPE = {"apiKey": "name in", "http": "scheme", "openIdConnect": "openIdConnectUrl", "oauth2": "flows"}
_OF_FLOW = {
    "implicit": "authorizationUrl",
    "password": "tokenUrl",
    "clientCredentials": "tokenUrl",
    "authorizationCode": "authorizationUrl tokenUrl",
    "deviceAuthorization": "deviceAuthorizationUrl tokenUrl",
}
_MISPLACED = {("body", "content"): "schema", ("scheme", "flows"): "flow"}
"""What stands in the place of a field where it is written as Swagger 2.0 has it."""
_PLAIN: dict[str, tuple[Callable[[Any], bool], str]] = {
    "text": (lambda value: isinstance(value, str), "a string"),
    "flag": (lambda value: isinstance(value, bool), "true or false"),
    "": (lambda value: True, "a value"),
    "uri": (lambda value: isinstance(value, str) and not re.search(r"\s", value), "a URL"),
}
_HOW = {"": "an object", "[": "an array", "{": "an object"}


def of(rule: str, survey: Survey) -> list[Mistake]:
    return survey.once(_every).get(rule, [])


def _every(survey: Survey) -> dict[str, list[Mistake]]:
    return grouped(chain(of_no_object(survey), _missing(survey), _plain(survey), _objects(survey)))


def _missing(survey: Survey) -> Iterator[tuple[str, Mistake]]:
    for kind, needed in NEEDED.items():
        for site in survey.of(kind):
            value = site.node.value
            more = {"scheme": _BY_TYPE.get(str(value.get("type")), ""), "flow": _OF_FLOW.get(site.own, "")}
            for name in (*needed, *more.get(kind, "").split()):
                empty = kind in ("body", "scheme") and name in value and value[name] in ("", {})
                is_misplaced = _MISPLACED.get((kind, name)) in value  # of which another check speaks
                if (name in value and not empty) or is_misplaced:
                    continue
                if kind == "response" and survey.version > "3.1":
                    continue  # OpenAPI 3.2 does not require the description
                mild = kind not in _RULES or name in ("openIdConnectUrl", "flows")
                message = f"`{name}` is {'empty' if empty else 'missing'} here, which OpenAPI requires"
                hint = "add a media type" if kind == "body" and empty else f"add `{name}`"
                made = site.mistake(message, hint, *[name] * empty, mild=mild)
                yield "field-missing" if mild else _RULES[kind], made
    for site in survey.of("schema") if survey.is_old else ():
        if site.node.value.get("type") == "array" and not site.node.value.keys() & {"items", "$ref", "allOf"}:
            message = "`items` is missing here, which OpenAPI 3.0 requires of an array, so any items are valid"
            yield "field-missing", site.mistake(message, "add `items`", "type", mild=True)


_ELSEWHERE = dict.fromkeys(("body", "formData"), "OpenAPI 3 describes it by `requestBody`")
"""Values of Swagger 2.0, and what stands for them."""


def _plain(survey: Survey) -> Iterator[tuple[str, Mistake]]:
    """Fields that hold no objects, and not what they should; `yes` is a string in YAML 1.2."""
    for kind, plain in PLAIN.items():
        for site in survey.of(kind):
            for name, value in site.node.value.items():
                own, how = plain.get(name) or plain.get("*", ("", ""))
                is_one, one = _PLAIN.get(own) or (own.split("|").__contains__, "one of " + own.replace("|", ", "))
                if not (own or how) or _holds(value, is_one, how):
                    continue
                listed = {"[": f"a list of {one.removeprefix('a ')}s", "{": f"an object, each of whose values is {one}"}
                wanted = one if not how else listed[how] if own else _HOW[how]
                mild = (not isinstance(value, list | dict) and not how) if own in ("text", "uri") else value is None
                is_scalar = mild and own == "text" and value is not None
                effect = "which some readers refuse" if is_scalar else "so it says nothing"
                cure = (
                    "put it into quotes"
                    if is_scalar
                    else _ELSEWHERE.get(str(value)) or f"write {'what it holds' if how else one}"
                )
                message = f"`{name}` is not {wanted}, {effect}: {shown(value)}"
                of_kind = _OF_VALUES.get(kind, "keyword-without-effect")
                rule = "contract-unusable" if own in ("text", "flag", "") else of_kind
                yield rule, site.mistake(message, cure, name, mild=mild)


def _holds(value: Any, is_one: Callable[[Any], bool], how: str) -> bool:
    """Whether a value is one of such, or a list or an object of such."""
    if not isinstance(value, {"": object, "[": list, "{": dict}[how]):
        return False
    each: Any = value.values() if isinstance(value, dict) and how == "{" else value if how else [value]
    return all(map(is_one, each))


def _objects(survey: Survey) -> Iterator[tuple[str, Mistake]]:
    """Fields that should hold objects."""
    for kind, fields in OBJECTS.items():
        held = {name: field for name, field in fields.items() if field[0] and name != "*"}
        for site in survey.of(kind) if held else ():
            for name in (name for name in site.node.value if name in held):
                yield from (("contract-unusable", one) for one in _wrong(site, name, *held[name]))


def _wrong(site: Site, name: str, inner: str, how: str) -> Iterator[Mistake]:
    value = site.node.value[name]
    if not isinstance(value, list if how == "[" else dict):
        is_list = name == "items" and isinstance(value, list) and is_of_older_draft(site.node)
        if not (inner == "schema" and not how and isinstance(value, bool)) and not is_list:
            hint = "leave it out where it is to say nothing" if value is None else "correct the contract there"
            yield site.mistake(f"`{name}` is not {_HOW[how]}, so it says nothing", hint, name, mild=value is None)
        return
    pairs = enumerate(value) if isinstance(value, list) else value.items()
    for key, one in pairs if how else ():
        if not isinstance(one, dict | bool if inner == "schema" else dict) and not str(key).startswith("x-"):
            at = site.part(name, str(key))
            message = f"this is not {article(inner)}, so it says nothing: {shown(one)}"
            yield Mistake(at, message, "correct the contract there", mild=one is None)
