"""References that lead nowhere, or to another thing than is needed, schemas that are none, and security requirements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.contract.objects import OBJECTS, field_of
from toolkit.document.pointers import Tokens, as_object, object_at, pointer_tokens
from toolkit.errors import ContractError
from toolkit.review.checks.names import article
from toolkit.review.checks.schemas import faults
from toolkit.review.survey import Mistake, Site, Survey, near
from toolkit.schema.judge import shown
from toolkit.wire import media_type

_TYPES = "string, integer, number, boolean, object, array and null"


def _found_at(tokens: Tokens) -> str:
    """What is at a place of a document, in words; '' where OpenAPI does not say it."""
    kind, how = "document", ""
    for token in tokens:
        if how:
            how = ""  # an item of the list or map
            continue
        if token not in OBJECTS[kind] and "*" not in OBJECTS[kind]:
            return ""
        kind, how = field_of(kind, token)
        if not kind:
            return "" if token.startswith("x-") else f"`{token}`, which is no object of OpenAPI"
    return f"a {'list' if how == '[' else 'map'}, each part of which is {article(kind)}" if how else article(kind)


def _of_another_kind(site: Site) -> Iterator[Mistake]:
    """A reference to an object of another kind, or to what is none, of which nothing would be read."""
    file, _, fragment = str(site.node.value["$ref"]).partition("#")
    tokens = pointer_tokens(fragment) if fragment.startswith("/") else ()
    has_id = site.node.base != site.node.path.as_uri()  # of a schema around it, against which references are resolved
    if tokens[:1] == ("components",) and not file and has_id:
        message = "the fragment is resolved against the `$id` around it by the letter, where there are no components"
        yield site.mistake(message, "remove the `$id`, or write the file before the `#`", "$ref", mild=True)
    elif tokens[:1] == ("components",) or not (file or has_id or "openapi" not in site.node.document.value):
        # and not within a file of schemas
        found = _found_at(tokens) if tokens or not fragment else ""
        if found not in ("", article(site.kind)):
            yield site.mistake(f"the reference leads to {found}, where {article(site.kind)} is needed", "", "$ref")


def _xsds(survey: Survey) -> Iterator[Mistake]:
    """What `x-xsd` names, where no body could be checked by it."""
    for site in [one for one in survey.of("media") if "x-xsd" in one.node.value]:
        from toolkit.xml.xsd_validator import stated_xsd  # which needs lxml

        try:
            stated_xsd(site.node, "xml" if "*" in site.own else media_type.kind(site.own))
        except ContractError as error:
            yield site.mistake(error.parts[1], "", "x-xsd")


def _anchors(survey: Survey) -> Iterator[Mistake]:
    """Anchors that two schemas of one resource have."""
    met: set[tuple[Any, ...]] = set()
    for site in survey.of("schema"):
        for word in (one for one in ("$anchor", "$dynamicAnchor") if one in site.node.value):
            key = site.node.path, site.node.base, site.node.value.get(word)
            if key in met:
                message = f"another schema has the anchor {key[2]!r}, too, so it is not clear which one is meant"
                yield site.mistake(message, "rename one", word)
            met.add(key)


def unusable(survey: Survey) -> Iterator[Mistake]:
    """What the rule contract-unusable is about, wherever it stands; a live test says it only of what it needs."""
    yield from (Mistake(node, reason) for node, reason in survey.lost.values())
    for fault in faults(survey):
        reason = fault.parts[1]
        value, keyword = fault.node.value, fault.node.tokens[-1:]
        if keyword == ("type",):
            is_twice = isinstance(value, list) and len({*map(str, value)}) < len(value)
            fit = "names a type twice" if is_twice else f"is no type of JSON Schema, which are {_TYPES}"
            reason = f"{shown(value)} {fit}"
        elif keyword == ("items",) and isinstance(value, list):
            reason = "a list of schemas in `items` is of an older JSON Schema: write `prefixItems`"
        yield Mistake(fault.node, reason)
    for sites in survey.by_kind.values():
        referring = (one for one in sites if one.reference or (one.kind == "schema" and one.node.is_reference))
        yield from (mistake for site in referring for mistake in _of_another_kind(site))
    yield from _xsds(survey)
    yield from _anchors(survey)


def _scopes(scheme: Any) -> set[str] | None:
    """The scopes of an OAuth scheme; None where it is none that states some."""
    flows = object_at(scheme, "flows") if as_object(scheme).get("type") == "oauth2" else {}
    listed = [object_at(flow, "scopes") for flow in flows.values() if isinstance(flow, dict)]
    return {str(name) for one in listed for name in one} if listed else None


def _wire(scheme: Any) -> str:
    """What a scheme wants in the header field Authorization; '' where it uses another place."""
    kind, own = as_object(scheme).get("type"), str(as_object(scheme).get("scheme")).lower()
    return own if kind == "http" else "bearer" if kind in ("oauth2", "openIdConnect") else ""


def security(survey: Survey) -> Iterator[Mistake]:
    known = object_at(object_at(survey.contract.root.value, "components"), "securitySchemes")
    for site in survey.of("requirement"):
        used = {wire: str(name) for name in site.node.value if (wire := _wire(known.get(name)))}
        if len(used) > 1:
            names = [*used.values()]
            message = f"{' and '.join(names)} both want the header field Authorization, so no request meets both"
            yield site.mistake(message, "make each of them an item of the list, so that one is enough", names[1])
        for name in site.node.value:
            yield from _required(site, name, known, survey)


def _required(site: Site, name: Any, known: dict[Any, Any], survey: Survey) -> Iterator[Mistake]:
    if name not in known:
        message = f"the contract has no security scheme {name!r}{near(name, known)}, so none is required"
        yield site.mistake(message, "declare it in components/securitySchemes, or correct the name", str(name))
    elif survey.is_old and site.list(name) and as_object(known[name]).get("type") in ("apiKey", "http"):
        message = f"the scheme {name!r} has no scopes (OpenAPI 3.0: the list is empty), so these require nothing"
        yield site.mistake(message, "write []", str(name), mild=True)
    elif (scopes := _scopes(known[name])) is not None:
        for index, one in enumerate(site.list(name)):
            if isinstance(one, str) and one not in scopes:  # a wrong type is said already
                message = f"no flow of the security scheme {name!r} has the scope {one!r}{near(str(one), scopes)}"
                yield site.mistake(message, "declare the scope, or correct its name", str(name), index, mild=True)
