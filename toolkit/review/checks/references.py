"""Parts of a contract that cannot be used: references that lead nowhere, schemas that are none, parameters without a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.contract.objects import OBJECTS
from toolkit.document.pointers import pointer_tokens
from toolkit.errors import ContractError
from toolkit.review.checks.schemas import faults
from toolkit.review.survey import Mistake, Site, Survey
from toolkit.schema.judge import shown
from toolkit.wire import media_type

_TYPES = "string, integer, number, boolean, object, array and null"
_CORRECT = "correct the contract there"


_ELSEWHERE = {("info",), ("servers",), ("tags",), ("security",), ("externalDocs",), ("openapi",)}
_HOLDERS = {name: kind for name, (kind, _) in OBJECTS["components"].items() if kind}


def _of_another_kind(site: Site) -> Iterator[Mistake]:
    """A reference to a component of another kind, or to what is none, of which nothing would be read."""
    file, _, fragment = str(site.node.value["$ref"]).partition("#")
    tokens = pointer_tokens(fragment) if fragment.startswith("/") else ()
    right = next((name for name, kind in _HOLDERS.items() if kind == site.kind), site.kind)
    if len(tokens) == 3 and tokens[0] == "components" and _HOLDERS.get(tokens[1], site.kind) != site.kind:
        message = f"the reference leads to components/{tokens[1]}, where one of components/{right} is needed"
        yield site.mistake(message, _CORRECT, "$ref")
    elif tokens[:1] == ("components",) and not file and _has_id(site):
        message = "the fragment is resolved against the `$id` around it by the letter, where there are no components"
        yield site.mistake(message, "remove the `$id`, or write the file before the `#`", "$ref", mild=True)
    elif (tokens[:1] in _ELSEWHERE or not fragment) and not file and _is_in_document(site):
        where = f"`{tokens[0]}`" if tokens else "the whole document"
        yield site.mistake(
            f"the reference leads to {where}, where one of components/{right} is needed", _CORRECT, "$ref"
        )


def _has_id(site: Site) -> bool:
    """Whether a schema around it has an `$id`, so that references are not resolved against the file."""
    return site.node.base != site.node.path.as_uri()


def _is_in_document(site: Site) -> bool:
    """Whether a fragment alone is resolved against an OpenAPI document, and not against a schema with an `$id` or a file of schemas."""
    node = site.node
    return "openapi" in node.files.tree(node.path) and not _has_id(site)


def _xsds(survey: Survey) -> Iterator[Mistake]:
    """What `x-xsd` names, where no body could be checked by it."""
    for site in [one for one in survey.of("media") if "x-xsd" in one.node.value]:
        from toolkit.xml.xsd_validator import stated_xsd  # which needs lxml

        try:
            stated_xsd(site.node, "xml" if "*" in site.own else media_type.kind(site.own))
        except ContractError as error:
            yield site.mistake(str(error).partition(": ")[2].rpartition("; ")[0], _CORRECT, "x-xsd")


def _anchors(survey: Survey) -> Iterator[Mistake]:
    """Anchors that two schemas of one resource have."""
    met: set[tuple[Any, ...]] = set()
    for site in survey.of("schema"):
        for word in (one for one in ("$anchor", "$dynamicAnchor") if one in site.node.value):
            key = site.node.path, site.node.base, site.node.value.get(word)
            if key in met:
                yield site.mistake(
                    f"another schema has the anchor {key[2]!r}, too, so nobody knows which one is meant",
                    "rename one",
                    word,
                )
            met.add(key)


def unusable(survey: Survey) -> Iterator[Mistake]:
    """What the rule contract-unusable is about, wherever it stands; a live test says it only of what it needs."""
    yield from (Mistake(node, reason, _CORRECT) for node, reason in survey.lost.values())
    for fault in faults(survey):
        reason = str(fault).partition(": ")[2].rpartition("; ")[0]
        if fault.node.tokens[-1:] == ("type",):
            reason = f"{shown(fault.node.value)} is no type of JSON Schema, which are {_TYPES}"
        yield Mistake(fault.node, reason, _CORRECT)
    for sites in survey.by_kind.values():
        referring = (one for one in sites if one.reference or (one.kind == "schema" and one.node.is_reference))
        yield from (mistake for site in referring for mistake in _of_another_kind(site))
    yield from _xsds(survey)
    yield from _anchors(survey)
