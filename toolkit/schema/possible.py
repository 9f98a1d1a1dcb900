"""Schemas that no value satisfies, and those that are no JSON Schema: what an engine can say of a schema without a value.

The engine gives up in silence where a question becomes large, or a schema refers to itself. So each question holds two
conflicts that it has to find; where it does not, half of the question is asked, and what remains of this is named. Schemas
that refer to themselves are looked at to the place where they do, with nothing in them that more values could make impossible.

A `oneOf` of many alternatives, or one among many, is asked about as `anyOf`, since the engine compares each alternative with
each; that one of them excludes all others is then asked apart, of the first few.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Container, Iterator, Mapping
from functools import reduce
from typing import Any

from jsonschema_rs import ReferencingError, ValidationError, meta
from jsonschema_rs.canonical import CanonicalizationError, UnsatisfiableReason, find_unsatisfiable

from toolkit.document.files import Node
from toolkit.document.names import leading_to
from toolkit.document.pointers import ABSENT, Tokens, array_at, as_object, child, object_at, plain_tokens, put_at
from toolkit.schema.algebra import pairs
from toolkit.schema.bundle import (
    SCHEMA_URI,
    Bundle,
    definition_of,
    definitions_in,
    mapped,
    objects_in,
    places_in,
    reference_to,
    strings_in,
)
from toolkit.schema.formats import patterns_in, with_patterns
from toolkit.schema.judge import SchemaUnusable, refused, unusable
from toolkit.schema.patterns import readable
from toolkit.structs import Frozen

_MOST_TURNS = 20  # of leaving out what is no JSON Schema: the engine names one fault at a time
_MOST_ALTERNATIVES = 100
_MOST_ASKED, _MOST_OF_ONE = 120, 10  # questions about all schemas of a contract, and about an alternative of many
_MOST_PAIRS = 5_000  # of alternatives within a schema, which the engine compares
_MOST_APART = 5_000  # alternatives, of which some are tried
_TRIED = 3  # of many alternatives, whether they exclude all others
_ALONE: tuple[Any, ...] = ({}, True)


class Impossible(Frozen):
    """A schema that no value satisfies. `parts` are its places that exclude each other, `keywords` the names of those that do."""

    node: Node
    parts: tuple[Node, ...] = ()
    keywords: tuple[str, ...] = ()
    is_endless: bool = False  # since each value has to hold another one

    @property
    def is_local(self) -> bool:
        """Whether the keywords stand side by side."""
        return all(part.key == self.node.key for part in self.parts)


class Examined(Frozen):
    """What of the `$defs` of a bundle is no JSON Schema, and which of the rest no value satisfies; what follows from another is
    left out. `left` are the places that were not decided, each with the reason."""

    faults: list[SchemaUnusable]
    impossible: list[Impossible]
    left: list[tuple[Node, str]]


def examine(bundle: Bundle) -> Examined:
    """Ask the engine about all `$defs` of a bundle at once."""
    made = {pattern: readable(pattern) for pattern in patterns_in(bundle.schema)}
    changed = any(new != old for old, new in made.items())
    faults: list[SchemaUnusable] = []
    stated = {}
    for name, schema in bundle.schema["$defs"].items():
        own = with_patterns(schema, made, None) if changed else schema
        stated[name] = _corrected(own, name, bundle, faults)
    large = {name for name, schema in stated.items() if pairs(schema, _MOST_ALTERNATIVES) > _MOST_PAIRS}
    most = {name: 1 if name in large else _MOST_ALTERNATIVES for name in stated}
    defs = {name: _comparable(schema, most[name]) for name, schema in stated.items()}
    back, touched, depths = _circles(defs)
    asked = defs | {name: _comparable(stated[name], most[name], back.get(name, ())) for name in defs if name in touched}
    found: dict[str, Any] = {}
    lost = [name for name, depth in depths.items() if depth > _DEEPEST]
    for names in (defs.keys() - touched, touched):
        shallow = [name for name in defs if name in names and depths[name] <= _DEEPEST]
        chosen = {name: {"$ref": reference_to(name)} for name in shallow}  # the engine looks at what is referred to
        answers, more = _conflicts(chosen, asked, _MOST_ASKED) if chosen else ({}, [])
        found |= answers
        lost += more
    open_ends = _open_ends(defs)
    impossible = [*_causes(bundle, asked, found), *_endless(bundle, defs, open_ends)]
    left = [bundle.node(("$defs", name)) for name in lost if reference_to(name) not in open_ends]
    rest = [(left[0], _TOO_LARGE + f" ({len(left):,} schemas)" * (len(left) > 1))] if left else []
    many = [(at, schema, most[name]) for name in stated for at, schema in _many(stated[name], (name,), most[name])]
    nowhere = {one.node.key for one in impossible}
    many = [one for one in many if bundle.node(("$defs", *one[0])).key not in nowhere]
    return Examined(faults, impossible, [*rest, *_undecided(bundle, many, asked)])


def _undecided(
    bundle: Bundle, many: list[tuple[Tokens, dict[str, Any], int]], asked: Mapping[str, Any]
) -> Iterator[tuple[Node, str]]:
    """Of schemas with many alternatives, each with its place and how many it may have, those of which it stays open whether one
    alternative excludes the others."""
    spent = 0
    for at, schema, most in many:
        size = sum(len(tree["oneOf"]) for _, tree in _many(schema, (), 0))
        spent += size if size <= _MOST_APART else 0
        if max(spent, size) > _MOST_APART or not _is_apart(schema, asked, most):
            node = bundle.node(("$defs", *at))
            yield node.raw("oneOf") or node, _TOO_MANY


def excluded(bundle: Bundle, questions: Mapping[str, list[Any]]) -> set[str]:
    """Of lists of schemas, whose references are those of a bundle, the names of those that no value meets all of. One about which
    the engine gives up, as where a schema refers to itself by what a value may do without, is none of them."""
    stated = {**bundle.schema.get("$defs", {}), **{f"?{name}": {"allOf": parts} for name, parts in questions.items()}}
    made = {pattern: readable(pattern) for pattern in patterns_in(stated)}
    defs = {name: _comparable(with_patterns(one, made, None), _MOST_ALTERNATIVES) for name, one in stated.items()}
    back, touched, depths = _circles(defs)
    asked = defs | {name: _comparable(defs[name], _MOST_ALTERNATIVES, back.get(name, ())) for name in touched}
    names = [name for name in questions if depths[f"?{name}"] <= _DEEPEST]
    found, _ = _conflicts({name: asked[f"?{name}"] for name in names}, asked, 2 * len(names))
    return {name for name in names if f"/properties/{name}" in found}


_MANY = 12  # choices that stand together, of which the engine combines each with each
_MOST_CHOICES = 200  # of these; beyond, it takes gigabytes
_DEEPEST = 2_400  # levels of a schema with all that it refers to: the engine goes through them on the stack, which ends at 3,500 or so
_TOO_LARGE = "it is too large to be compared as a whole"
_TOO_MANY = "it has many alternatives, and the first ones do not exclude each of the others"


def _conflicts(schemas: Mapping[str, Any], defs: Mapping[str, Any], most: int) -> tuple[dict[str, Any], list[str]]:
    """What the engine finds unsatisfiable, by its pointer, and the names of the schemas that it gives up on, by at most so many questions."""
    found: dict[str, Any] = {}
    sizes = {name: _choices(defs.get(definition_of(schema) or "", schema)) for name, schema in schemas.items()}
    lost = [name for name, size in sizes.items() if size > _MOST_CHOICES]
    defs = {name: _choices(one) > _MOST_CHOICES or one for name, one in defs.items()}
    # Apart, so that one which the engine gives up on after seconds is not asked about again with each half of the others
    heavy = sorted(name for name, size in sizes.items() if _MANY < size <= _MOST_CHOICES)
    pending = [part for part in ([name for name, size in sizes.items() if size <= _MANY], heavy) if part]
    while pending:
        names = pending.pop()
        most -= 1
        answers = _answers({name: schemas[name] for name in names}, defs) if most >= 0 else {}
        found |= answers
        if answers.keys() >= _KNOWN:
            continue
        if len(names) > 1 and most > 0:
            pending += [names[len(names) // 2 :], names[: len(names) // 2]]
        else:
            lost += names
    return found, lost


def _choices(schema: Any) -> int:
    """How many questions stand together at the most, in a schema and the parts of its `allOf`, that a value may answer either way."""
    return max(map(_together, objects_in(schema)), default=0)


def _together(schema: Any) -> int:
    needs = sum(len(object_at(schema, f"dependent{kind}")) for kind in ("Required", "Schemas"))
    own = sum(word in as_object(schema) for word in ("if", "anyOf", "oneOf"))
    return needs + own + sum(map(_together, array_at(schema, "allOf")))


_ENDS = ("0-known-to-conflict", "z-known-to-conflict")
_KNOWN = {f"/properties/{name}" for name in _ENDS}
_CONFLICT = {"allOf": [{"$ref": reference_to(name)} for name in _ENDS]}
_SIDES = [{"required": ["a"], "type": "object", "properties": {"a": {"const": value}}} for value in (1, 2)]


def _answers(schemas: dict[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """What the engine finds, also of conflicts that are known before and behind the schemas; nothing where it gives up."""
    pending, needed = [schemas], dict[str, Any]()
    while pending:
        new = {name: defs[name] for name in definitions_in(pending.pop()) if name in defs and name not in needed}
        needed |= new
        pending += new.values()
    asked = {
        "$schema": SCHEMA_URI,
        "properties": {_ENDS[0]: _CONFLICT, **schemas, _ENDS[1]: _CONFLICT},
        "$defs": {**needed, **dict(zip(_ENDS, _SIDES, strict=True))},
    }
    try:
        return dict(find_unsatisfiable(asked, validate_formats=True, offline=True))
    except (ValidationError, ReferencingError, CanonicalizationError, ValueError, RecursionError):
        return {}


def _many(tree: Any, at: Tokens, most: int) -> Iterator[tuple[Tokens, dict[str, Any]]]:
    """The schemas that have a `oneOf` of more than so many alternatives, each with its place."""
    every = places_in(tree, at) if isinstance(tree, dict) else ()
    yield from ((place, one) for place, one in every if _is_many(one.get("oneOf"), most))


def _is_many(listed: Any, most: int) -> bool:
    return isinstance(listed, list) and len(listed) > most


def _is_apart(schema: dict[str, Any], defs: Mapping[str, Any], most: int) -> bool:
    """Whether one of the first alternatives has a value, and excludes each of the others, so that a value meets just one."""
    rest = _comparable({key: one for key, one in schema.items() if key != "oneOf"}, most)
    options = [_comparable(one, most) for one in schema["oneOf"]]
    for one in range(_TRIED):
        pairs = {str(at): {"allOf": [rest if at == one else options[one], other]} for at, other in enumerate(options)}
        found, lost = _conflicts(pairs, defs, _MOST_OF_ONE)
        if not lost and {at for at in pairs if f"/properties/{at}" not in found} == {str(one)}:
            return True
    return False


def _open_ends(defs: Mapping[str, Any]) -> dict[str, str]:
    """The references to schemas of which each value has to hold, or to be, another one like it; with their names."""
    names = {reference_to(name): name for name in defs}
    open_ends, pending = dict(names), deque(names)
    holders: dict[str, list[str]] = {}  # of each reference those that are looked at again once it comes to an end
    while pending:
        reference = pending.pop()
        if held := _held(defs[names[reference]], open_ends):
            holders.setdefault(held, []).append(reference)
        else:
            del open_ends[reference]
            pending.extendleft(holders.pop(reference, ()))  # after the others that they may wait for
    return open_ends


def _endless(bundle: Bundle, defs: Mapping[str, Any], open_ends: Mapping[str, str]) -> Iterator[Impossible]:
    """Objects and arrays that have to hold themselves, so that no value comes to an end; of each circle the first."""
    circles: dict[frozenset[str], str] = {}
    for reference in open_ends:
        path = [reference]
        while (following := _held(defs[open_ends[path[-1]]], open_ends)) not in path:
            path.append(following)
        circle = path[path.index(following) :]
        circles.setdefault(frozenset(circle), next(one for one in open_ends if one in circle))
    for reference in circles.values():
        yield Impossible(bundle.node(("$defs", open_ends[reference])), is_endless=True)


def _held(schema: Any, open_ends: Container[str]) -> str:
    """Of these references one that each value of a schema holds, or is; '' where a value may do without."""
    if not isinstance(schema, dict):
        return ""
    if (reference := str(schema.get("$ref"))) in open_ends:
        return reference
    for group in ("anyOf", "oneOf"):
        found = [_held(one, open_ends) for one in schema.get(group, ())]
        if found and all(found):
            return found[0]
    parts = list(schema.get("allOf", ()))
    if schema.get("type") == "object":
        parts += [schema.get("properties", {}).get(name) for name in schema.get("required", ())]
    elif schema.get("type") == "array" and schema.get("minItems", 0) > 0:
        parts.append(schema.get("items"))
    return next(filter(None, (_held(one, open_ends) for one in parts)), "")


def _corrected(schema: Any, name: str, bundle: Bundle, faults: list[SchemaUnusable]) -> Any:
    """The schema without what makes it no JSON Schema, which is added to the faults."""
    for _ in range(_MOST_TURNS):
        try:
            meta.validate(schema)
            return schema
        except ValidationError as error:
            faults.append(unusable(bundle, ("$defs", name), error))
            tokens, _ = refused(error)
            is_item = isinstance(reduce(child, tokens[:-1], schema), list)  # which becomes an empty schema
            schema = put_at(schema, tokens, {} if is_item else ABSENT) if tokens else True
    text = "more than this is wrong with the schema, which was left out of the check; correct what is shown first"
    faults.append(SchemaUnusable(f"{name}: {text}", bundle.node(("$defs", name))))
    return True


_NARROWING = ("not", "if", "then", "else", "maxContains", "unevaluatedProperties", "unevaluatedItems")


def _comparable(schema: Any, most: int, without: Container[str] | None = None) -> Any:
    """The schema with `anyOf` for each `oneOf` of more than so many alternatives; one that stands beside an `anyOf` is left out.
    `without`: without references to these names too, and without all that may be impossible because of it."""
    if not isinstance(schema, dict):
        return schema
    found = mapped(schema, lambda one: _comparable(one, most, without))
    if _is_many(schema.get("oneOf"), most) or (without is not None and "oneOf" in schema):
        many = found.pop("oneOf")
        found.setdefault("anyOf", many)
    if without is not None:
        found = {key: item for key, item in found.items() if key not in _NARROWING}
        if definition_of(schema) in without:
            del found["$ref"]
    return found


def _circles(defs: Mapping[str, Any]) -> tuple[dict[str, set[str]], set[str], dict[str, int]]:
    """For each schema those that it refers to and that lead to it, so that without these references there is no circle; the names of
    all schemas that lead to such ones; and how many levels deep each is with what it refers to."""
    edges = {name: definitions_in(schema) & defs.keys() for name, schema in defs.items()}
    back: dict[str, set[str]] = {}
    depths: dict[str, int] = {}
    met, path = set[str](), set[str]()
    pending = [(name, False) for name in defs]
    while pending:
        name, is_left = pending.pop()
        if is_left:
            path.discard(name)
            depths[name] = _levels(defs[name]) + max((depths[one] for one in edges[name] - back[name]), default=0)
        elif name not in met:
            met.add(name)
            path.add(name)
            back[name] = edges[name] & path
            pending += [(name, True), *((one, False) for one in sorted(edges[name] - met))]
    return back, leading_to((name for name, held in back.items() if held), edges), depths


def _levels(tree: Any) -> int:
    if not isinstance(tree, dict | list):
        return 0
    return 1 + max(map(_levels, tree.values() if isinstance(tree, dict) else tree), default=0)


def _written(bundle: Bundle, pointer: str) -> Node:
    """The node of a place in comparable schemas."""
    found, schema = list[str](), bundle.schema
    for token in plain_tokens(pointer):
        found.append("oneOf" if _is_renamed(token, schema) else token)
        schema = child(schema, found[-1])
    return bundle.node(tuple(found))


def _is_renamed(word: str, schema: Any) -> bool:
    """Whether `anyOf` stands for the `oneOf` of a schema."""
    return word == "anyOf" and isinstance(schema, dict) and "anyOf" not in schema and "oneOf" in schema


def _causes(bundle: Bundle, defs: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Impossible]:
    schema = {"$defs": defs}
    reasons = {
        pointer: reason
        for pointer, reason in found.items()
        if pointer.startswith("/$defs/") and _is_meant(schema, pointer, reason)
    }
    names, ordered = {f"#{pointer}" for pointer in reasons}, sorted(f"{pointer}/" for pointer in reasons)
    for pointer, reason in reasons.items():
        after = bisect_right(ordered, f"{pointer}/")
        inner = after < len(ordered) and ordered[after].startswith(f"{pointer}/")
        if inner or not names.isdisjoint(strings_in(reduce(child, plain_tokens(pointer), schema), "$ref")):
            continue  # it follows from what stands within it
        causes = list(reason.causes) if isinstance(reason, UnsatisfiableReason.Conflict) else [reason.cause]
        parts = tuple(_written(bundle, cause.pointer) for cause in causes)
        named = [(word, part.value) for cause, part in zip(causes, parts, strict=True) for word in cause.keywords]
        words = tuple(dict.fromkeys("oneOf" if _is_renamed(word, schema) else word for word, schema in named))
        yield Impossible(_written(bundle, pointer), parts, words)


def _is_meant(schema: Mapping[str, Any], pointer: str, reason: UnsatisfiableReason) -> bool:
    """Whether somebody may have meant another thing: `false` and `not: {}` say themselves that no value is valid."""
    if isinstance(reason, UnsatisfiableReason.Literal):
        return False
    at = reduce(child, plain_tokens(pointer), schema)
    return not (isinstance(at, dict) and at.get("not") in _ALONE and "not" in at)
