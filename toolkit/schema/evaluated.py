"""Which properties or items of a value the schemas in place speak of, for messages on what is unevaluated (JSON Schema 2020-12, section 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from toolkit.document.pointers import Tokens, part_at, pointer_tokens
from toolkit.schema.patterns import compile_pattern

IsValid = Callable[[Tokens, Any], bool]
"""Whether the subschema at a place accepts a value."""


def evaluated(schema: Mapping[str, Any], is_valid: IsValid, place: Tokens, value: Any) -> set[Any]:
    """The names, or the indexes, that the schemas at a place speak of, as far as they may be meant."""
    known: set[Any] = set()
    met: set[Tokens] = set()
    pending = [place]
    while pending:
        here = pending.pop()
        rules = part_at(schema, here)
        if here in met or not isinstance(rules, dict):
            continue
        met.add(here)
        if isinstance(value, list):
            everything = "items" in rules or (len(met) > 1 and "unevaluatedItems" in rules)
            known |= {*range(len(value) if everything else len(rules.get("prefixItems", ())))}
            contained = "contains" in rules
            known |= {at for at, item in enumerate(value) if contained and is_valid((*here, "contains"), item)}
        else:
            matching = [compile_pattern(pattern) for pattern in rules.get("patternProperties", ())]
            known |= {name for name in value if any(matches(name) for matches in matching)}
            everything = "additionalProperties" in rules or (len(met) > 1 and "unevaluatedProperties" in rules)
            known |= {*rules.get("properties", ()), *(value if everything else ())}
        pending += _in_place(rules, is_valid, here, value)
    return known


def _in_place(rules: Any, is_valid: IsValid, place: Tokens, value: Any) -> Iterator[Tokens]:
    """The schemas that are put to the same value."""
    yield from ((*place, "allOf", str(index)) for index in range(len(rules.get("allOf", ()))))
    if isinstance(rules.get("$ref"), str):
        yield pointer_tokens(rules["$ref"])
    for keyword in ("anyOf", "oneOf"):
        ways = [(*place, keyword, str(index)) for index in range(len(rules.get(keyword, ())))]
        yield from [way for way in ways if is_valid(way, value)] or ways
    named = rules.get("dependentSchemas", ()) if isinstance(value, dict) else ()
    yield from ((*place, "dependentSchemas", name) for name in named if name in value)
    if "if" in rules:
        holds = is_valid((*place, "if"), value)
        yield from ((*place, word) for word in (("if", "then") if holds else ("else",)) if word in rules)
