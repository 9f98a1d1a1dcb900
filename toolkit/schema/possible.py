"""Schemas that no value satisfies, and those that are no JSON Schema: what an engine can say of a schema without a value."""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from jsonschema_rs import ReferencingError, ValidationError, meta
from jsonschema_rs.canonical import CanonicalizationError, UnsatisfiableReason, find_unsatisfiable

from toolkit.document.files import Node
from toolkit.document.pointers import Tokens, child, escape, pointer_tokens, unescape
from toolkit.schema.bundle import SCHEMA_URI, Bundle, strings_in
from toolkit.schema.formats import patterns_in, with_patterns
from toolkit.schema.judge import SchemaUnusable, readable, refused

_MOST_TURNS = 20  # of leaving out what is no JSON Schema: the engine names one fault at a time
_MOST_ALTERNATIVES = 100
_ALONE: tuple[Any, ...] = ({}, True)


@dataclass(frozen=True, slots=True)
class Impossible:
    """A schema that no value satisfies. `parts` are its places that exclude each other, `keywords` the names of those that do."""

    node: Node
    parts: tuple[Node, ...] = ()
    keywords: tuple[str, ...] = ()
    is_endless: bool = False  # since each value has to hold another one

    @property
    def is_local(self) -> bool:
        """Whether the keywords stand side by side."""
        return all(part.key == self.node.key for part in self.parts)


def examine(bundle: Bundle) -> tuple[list[SchemaUnusable], list[Impossible]]:
    """What of the `$defs` of a bundle is no JSON Schema, and which of the rest no value satisfies. What follows from another
    is left out."""
    made = {pattern: readable(pattern) for pattern in patterns_in(bundle.schema)}
    changed = any(new != old for old, new in made.items())
    faults: list[SchemaUnusable] = []
    defs = {}
    for name, schema in bundle.schema["$defs"].items():
        own = with_patterns(schema, made, None) if changed else schema
        defs[name] = _comparable(_corrected(own, name, bundle, faults))
    each = {name: {"$ref": f"#/$defs/{escape(name)}"} for name in defs}  # the engine looks at what is referred to
    whole = {"$schema": SCHEMA_URI, "properties": each, "$defs": defs}
    try:
        found = list(_causes(bundle, whole, find_unsatisfiable(whole, offline=True)))
        return faults, [*found, *_endless(bundle, defs)]
    except (ValidationError, ReferencingError, CanonicalizationError, ValueError, RecursionError):
        return faults, []


def _endless(bundle: Bundle, defs: Mapping[str, Any]) -> Iterator[Impossible]:
    """Objects and arrays that have to hold themselves, so that no value comes to an end; of each circle the first."""
    names = {f"#/$defs/{escape(name)}": name for name in defs}
    open_ends = dict(names)
    for _ in range(_MOST_TURNS):
        ending = [reference for reference, name in open_ends.items() if not _held(defs[name], open_ends)]
        for reference in ending:
            del open_ends[reference]
        if not ending:
            break
    circles: dict[frozenset[str], str] = {}
    for reference in open_ends if not ending else ():
        path = [reference]
        while (following := _held(defs[names[path[-1]]], open_ends)) not in path:
            path.append(following)
        circle = path[path.index(following) :]
        circles.setdefault(frozenset(circle), next(one for one in open_ends if one in circle))
    for reference in circles.values():
        yield Impossible(bundle.node(("$defs", names[reference])), is_endless=True)


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
            tokens, text = refused(error)
            node = bundle.node(("$defs", name, *tokens))
            faults.append(SchemaUnusable(f"{node.pointer}: {text}", node))
            schema = _without(schema, tokens) if tokens else True
    return True


def _comparable(schema: Any) -> Any:
    """The schema without `oneOf` of many alternatives: the engine compares each of them with each."""
    if isinstance(schema, list):
        return [_comparable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _comparable(item)
        for key, item in schema.items()
        if not (key == "oneOf" and isinstance(item, list) and len(item) > _MOST_ALTERNATIVES)
    }


def _without(schema: dict[str, Any], tokens: Tokens) -> dict[str, Any]:
    """A copy without what stands at these tokens; an item of an array becomes an empty schema."""
    schema = copy.deepcopy(schema)
    holder: Any = reduce(child, tokens[:-1], schema)
    if isinstance(holder, list):
        holder[int(tokens[-1])] = {}
    elif isinstance(holder, dict) and tokens:
        holder.pop(tokens[-1], None)
    return schema


def _causes(bundle: Bundle, schema: dict[str, Any], found: Mapping[str, Any]) -> Iterator[Impossible]:
    reasons = {
        pointer: reason
        for pointer, reason in found.items()
        if pointer.startswith("/$defs/") and _is_meant(schema, pointer, reason)
    }
    names, ordered = {f"#{pointer}" for pointer in reasons}, sorted(f"{pointer}/" for pointer in reasons)
    for pointer, reason in reasons.items():
        after = bisect_right(ordered, f"{pointer}/")
        inner = after < len(ordered) and ordered[after].startswith(f"{pointer}/")
        if inner or not names.isdisjoint(strings_in(_at(schema, pointer), "$ref")):
            continue  # it follows from what stands within it
        causes = list(reason.causes) if isinstance(reason, UnsatisfiableReason.Conflict) else [reason.cause]
        parts = tuple(bundle.node(pointer_tokens(cause.pointer)) for cause in causes)
        words = tuple(dict.fromkeys(word for cause in causes for word in cause.keywords))
        yield Impossible(bundle.node(pointer_tokens(pointer)), parts, words)


def _is_meant(schema: dict[str, Any], pointer: str, reason: UnsatisfiableReason) -> bool:
    """Whether somebody may have meant another thing: `false` and `not: {}` say themselves that no value is valid."""
    if isinstance(reason, UnsatisfiableReason.Literal):
        return False
    at = _at(schema, pointer)
    return not (isinstance(at, dict) and at.get("not") in _ALONE and "not" in at)


def _at(schema: Any, pointer: str) -> Any:
    return reduce(child, map(unescape, pointer.split("/")[1:]), schema)
