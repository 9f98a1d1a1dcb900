"""Parts of schemas that no value reaches, though the whole has some: properties, branches of an `if`, alternatives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from toolkit.contract.objects import CONSTRAINTS
from toolkit.document.files import Node
from toolkit.document.pointers import object_at
from toolkit.errors import ContractError
from toolkit.review.checks.schemas import bundled, is_part, whole_shape, without_value
from toolkit.review.survey import Mistake, Site, Survey
from toolkit.schema.bundle import Bundle, definition_of
from toolkit.schema.possible import excluded

_GROUPS = ("oneOf", "anyOf")
_EXCLUDING = CONSTRAINTS - {"nullable"} | {"$ref"}
_OF_OTHERS = ("allOf", "$ref", "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas")
_CLOSING = "correct one of them; `unevaluatedProperties: false` beside `allOf` closes the whole object"
_CORRECT = "correct the one or the other"
Question = tuple[tuple[str | int, ...], list[Any], str, str]
"""Where it is told, the schemas that a value meets, message and cure."""


def unreached(survey: Survey) -> Iterator[Mistake]:
    nowhere = without_value(survey)
    for site in survey.of("schema"):
        if site.node.key in nowhere or not _is_asked(site) or not (found := bundled(site.node, survey)):
            continue
        questions = dict(
            enumerate(one for one in _questions(site, found) if not _is_among(site.part(*one[0]), nowhere))
        )
        dead = _dead(found, questions)
        found_at = [keys for number, (keys, *_) in questions.items() if number in dead]
        whole = {group for group in _GROUPS if len(site.list(group)) == sum(keys[0] == group for keys in found_at) > 0}
        told: set[Any] = set()
        for number, (keys, _, message, hint) in questions.items():
            if number in dead and keys not in told and keys[0] not in told:
                told |= {"then", "else"} if keys == ("if",) else {*keys[:1]} & whole
                at = keys[:1] if keys[0] in whole else keys
                message = re.sub("alternative [0-9]+", "any alternative", message) if at != keys else message
                yield site.mistake(message, hint, *at, mild=at == keys and keys[0] in (*_GROUPS, "if"))


def _dead(found: Bundle, questions: dict[int, Question]) -> set[int]:
    """The numbers of the questions to which no value is the answer. Whether an object may have several properties is asked
    first: each question has the whole schema, so that one for each property takes time and memory with the square of their number."""
    alone = [number for number, (keys, *_) in questions.items() if keys[0] not in ("if", "then", "else", *_GROUPS)]
    asked = {str(number): parts for number, (_, parts, *_) in questions.items() if number not in alone}
    dead = {int(number) for number in excluded(found, asked)} if asked else set()
    pending = [alone] if alone else []
    while pending:
        whole = questions[alone[0]][1][0]
        named = [[questions[number][1][1]["required"][0] for number in group] for group in pending]
        every = {str(at): [whole, {"type": "object", "required": names}] for at, names in enumerate(named)}
        lacking = [pending[int(at)] for at in excluded(found, every)]
        dead |= {group[0] for group in lacking if len(group) == 1}
        halves = [(group, len(group) // 2) for group in lacking if len(group) > 1]
        pending = [half for group, middle in halves for half in (group[:middle], group[middle:])]
    return dead


def _is_among(node: Node, nowhere: set[Any]) -> bool:
    """Whether a schema, or what it refers to, is one of those without a value."""
    try:
        return node.key in nowhere or node.follow().key in nowhere
    except ContractError:
        return False


def _is_asked(site: Site) -> bool:
    """Whether anything in a schema may exclude a part of it."""
    words = site.node.value.keys()
    return bool(words & {"if", *_GROUPS, *_OF_OTHERS}) and (len(words & _EXCLUDING) > 1 or len(site.list("allOf")) > 1)


def _questions(site: Site, found: Bundle) -> Iterator[Question]:
    value, whole = site.node.value, {key: one for key, one in found.schema.items() if key not in ("$defs", "$schema")}
    if "$ref" not in value and whole.keys() == {"$ref"}:
        whole = found.schema["$defs"][definition_of(whole)]
    if isinstance(whole.get("if"), dict):
        yield from _branches(whole)
    for group in _GROUPS:
        options, rest = whole.get(group, ()), {key: one for key, one in whole.items() if key != group}
        for index, one in enumerate(
            options if len(options) == len(site.list(group)) and rest.keys() & _EXCLUDING else ()
        ):
            message = f"no value is valid by alternative {index + 1}: what stands beside `{group}` excludes every one"
            yield (group, index), [rest, one], message, _CORRECT
    is_simple = not (site.map("properties") or len(site.list("allOf")) > 1 or "dependent" in str(value.keys()))
    if value.keys() & {*_OF_OTHERS} and not is_simple and not is_part(site):
        yield from _properties(site, found, whole)


def _branches(whole: dict[str, Any]) -> Iterator[Question]:
    condition, rest = whole["if"], {key: one for key, one in whole.items() if key not in ("if", "then", "else")}
    yield ("if",), [rest, condition], "the `if` holds of no value, so that `then` says nothing", _CORRECT
    for word, part in (("then", condition), ("else", {"not": condition})):
        if whole.get(word) not in (None, False, {"not": {}}):
            message = f"`{word}` and what stands beside it exclude each other, so that no value gets there"
            yield (word,), [whole, part], message, _CORRECT


def _properties(site: Site, found: Bundle, whole: dict[str, Any]) -> Iterator[Question]:
    """The properties that are declared, and those that others depend on."""
    _, shape = whole_shape(found)
    known = {name: ("properties", name) if name in site.map("properties") else ("allOf",) for name in shape.properties}
    for word in ("dependentRequired", "dependentSchemas"):
        known |= {str(name): (word, str(name)) for name in site.map(word)}
    for name, keys in known.items() if not any(_lists(one.schema) for one in shape.parts) else ():
        if False not in shape.properties.get(name, ()):
            message = f"no object has the property {name!r}: the rest of the schema excludes it"
            yield keys, [whole, {"type": "object", "required": [name]}], message, _CLOSING


def _lists(schema: Any) -> bool:
    """Whether a schema only lists the names that it leaves of what others declare."""
    own = object_at(schema, "properties")
    return (
        schema.get("additionalProperties") is False
        and bool(own)
        and all(one in ({}, True, False) for one in own.values())
    )
