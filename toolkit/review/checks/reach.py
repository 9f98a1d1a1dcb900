"""Parts of schemas that no value reaches, though the whole has some: properties, branches of an `if`, alternatives; those too of
a `oneOf` of which one covers another, so that each value of the other one meets two and is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import combinations, islice
from typing import Any

from toolkit.contract.objects import CONSTRAINTS
from toolkit.document.pointers import array_at, object_at
from toolkit.review.checks.schemas import bundled, is_part, whole_shape, without_value
from toolkit.review.survey import Mistake, Site, Survey
from toolkit.schema.algebra import canonical, includes
from toolkit.schema.bundle import Bundle, definition_of
from toolkit.schema.possible import excluded
from toolkit.schema.shape import Shape
from toolkit.structs import Frozen
from toolkit.verdict import few
from toolkit.wire.json import dump_json

_MOST_COMPARED = 2_000  # pairs of one contract about which the engine is asked
_MOST_ALTERNATIVES = 1_000  # of one schema, which are told apart at first sight
_NULL = canonical({"const": None})
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
        asked = ((one, site.part(*one[0])) for one in _questions(site, found))
        questions = dict(enumerate(one for one, at in asked if nowhere.isdisjoint((at.key, at.end.key))))
        dead = _own(found, questions, _dead(found, questions))
        found_at = [keys for number, (keys, *_) in questions.items() if number in dead]
        whole = {group for group in _GROUPS if len(site.list(group)) == sum(keys[0] == group for keys in found_at) > 0}
        told: set[Any] = set()
        lacking = [number for number in questions if number in dead and _is_of_property(questions[number])]
        first, *others = lacking or [-1]
        for number, (keys, _, message, hint) in questions.items():
            if number in dead and number not in others and keys not in told and keys[0] not in told:
                if number == first and others:
                    names = [questions[one][1][1]["required"][0] for one in (first, *others)]
                    listed = few(names, 5, repr)
                    message = f"no object has the properties {listed}: the rest of the schema excludes them"
                told |= {"then", "else"} if keys == ("if",) else {*keys[:1]} & whole
                at = keys[:1] if keys[0] in whole else keys
                message = re.sub("alternative [0-9]+", "any alternative", message) if at != keys else message
                yield site.mistake(message, hint, *at, mild=at == keys and keys[0] in (*_GROUPS, "if"))


def _is_of_property(question: Question) -> bool:
    return question[0][0] not in ("if", "then", "else", *_GROUPS)


def _dead(found: Bundle, questions: dict[int, Question]) -> set[int]:
    """The numbers of the questions to which no value is the answer. Whether an object may have several properties is asked
    first: each question has the whole schema, so that one for each property takes time and memory with the square of their number."""
    alone = [number for number, one in questions.items() if _is_of_property(one)]
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


def _own(found: Bundle, questions: dict[int, Question], dead: set[int]) -> set[int]:
    """Of these questions those to which another mistake leaves no answer are left out: the whole has no value, or a property by itself."""
    whole = {key: one for key, one in found.schema.items() if key not in ("$defs", "$schema")}
    if not dead or excluded(found, {"": [whole]}):
        return set()
    known = whole_shape(found)[1].properties
    named = {number: questions[number][1][1]["required"][0] for number in dead if questions[number][0] == ("allOf",)}
    asked = {f"{number} {at}": [one] for number, name in named.items() for at, one in enumerate(known.get(name, ()))}
    return dead - {int(key.split()[0]) for key in excluded(found, asked)} if asked else dead


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
        options, rest = array_at(whole, group), {key: one for key, one in whole.items() if key != group}
        is_asked = len(options) == len(site.list(group)) and rest.keys() & _EXCLUDING
        for index, one in enumerate(options if is_asked else ()):
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
    is_closed = schema.get("additionalProperties") is False
    return is_closed and bool(own) and all(one in ({}, True, False) for one in own.values())


class _Option(Frozen, dict=True):
    """An alternative by its index, with the types of its values and the values of itself, and of required properties, that it lists."""

    index: int
    schema: Mapping[str, object]
    types: frozenset[str]
    tags: Mapping[str, set[bytes]]

    @cached_property
    def form(self) -> Any:
        return canonical(self.schema)

    def may_meet(self, other: _Option) -> bool:
        """Whether a value may be one of both, at first sight."""
        is_number = "number" in self.types | other.types and "integer" in self.types | other.types
        tags = self.tags.keys() & other.tags
        return bool(self.types & other.types or is_number) and all(self.tags[one] & other.tags[one] for one in tags)


def covered(survey: Survey) -> Iterator[Mistake]:
    """Each alternative whose values another one has, too."""
    for site, pairs in survey.once(_pairs)[0]:
        met: set[int] = set()
        for one, two in pairs:
            if includes(one.form, two.form):
                inner, outer = two.index, one.index
            elif includes(two.form, one.form):
                inner, outer = one.index, two.index
            elif "null" in one.types & two.types and includes(one.form, _NULL) and includes(two.form, _NULL):
                message = f"null is valid by the alternatives {one.index + 1} and {two.index + 1}, so it is refused"
                yield site.mistake(message, "leave null to one of them", "oneOf", two.index, mild=True)
                continue
            else:
                continue
            if inner not in met:
                met.add(inner)
                message = f"no value is valid by this alternative: each meets alternative {outer + 1}, too"
                yield site.mistake(message, "", "oneOf", inner)


def uncompared(survey: Survey) -> Iterator[Mistake]:
    """Each `oneOf` whose alternatives were not compared, since there are too many."""
    for site in survey.once(_pairs)[1]:
        yield site.mistake("whether one alternative covers another was not decided: there are too many", "", "oneOf")


def _pairs(survey: Survey) -> tuple[list[tuple[Site, list[tuple[_Option, _Option]]]], list[Site]]:
    """The pairs of alternatives that a value may be both of, by their schema; and the schemas that have too many."""
    compared, others, left = [], [], _MOST_COMPARED
    nowhere = without_value(survey)
    for site in (one for one in survey.of("schema") if one.node.key not in nowhere):
        is_large = len(site.list("oneOf")) > _MOST_ALTERNATIVES
        every = combinations(_options(site, survey), 2) if not is_large else ()
        pairs = list(islice((pair for pair in every if pair[0].may_meet(pair[1])), left + 1))
        if is_large or len(pairs) > left:
            others.append(site)
        elif pairs:
            left -= len(pairs)
            compared.append((site, pairs))
    return compared, others


def _options(site: Site, survey: Survey) -> Iterator[_Option]:
    for index in range(len(site.list("oneOf"))):
        if found := bundled(site.part("oneOf", index), survey):
            shapes, shape = whole_shape(found)
            needed = shape.required & shape.properties.keys()
            tags = {"": _values(shape), **{name: _values(shapes.of(*shape.properties[name])) for name in needed}}
            yield _Option(index, found.schema, shape.types, {name: values for name, values in tags.items() if values})


def _values(shape: Shape) -> set[bytes]:
    """The values that a shape lists; none where it lists none."""
    return set(map(dump_json, shape.constants() or ()))
