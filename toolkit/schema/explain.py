"""Why a value does not conform to a schema.

The engine's own list of errors is exponential on alternatives of a schema that holds itself, and has a copy of the value for each
error. It explains small values where no schema branches. Elsewhere the explanation is a walk of ours: at each place it asks the engine
one yes-or-no question, goes down only where the answer is no, and into one alternative at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from types import SimpleNamespace
from typing import Any

from toolkit.document.pointers import Tokens, array_at, part_at, pointer_text, pointer_tokens
from toolkit.schema.bundle import stated_types
from toolkit.schema.discriminator import named_alternatives
from toolkit.schema.evaluated import evaluated
from toolkit.schema.messages import RULES, SchemaError, message, shown, undeclared
from toolkit.schema.parts import Parts, validator_of
from toolkit.schema.patterns import compile_pattern, engine
from toolkit.structs import Mutable, field, replace
from toolkit.verdict import plural

MAX_ERRORS = 25  # of one body
_MAX_DEPTH = 24  # of one walk; what lies deeper is explained by a walk of its own
_MANY = 20
_LARGE = 10_000  # entries of an object or array of which no copy is made for an error
_SMALL = 1_000  # parts of a value, and of its strings, each of 16 characters
_MOST_WAYS, _MOST_FAULTS = 10, 5  # of alternatives that a value may be meant for, and of each
_MOST_VISITS = 100  # of schemas that speak of one value, as a chain of `$ref`s does

_ELSEWHERE = frozenset({"if", "then", "else", "not", "allOf", "anyOf", "oneOf", "properties", "patternProperties", "items"}) | {
    "prefixItems", "$ref", "$defs", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$schema", "dependentSchemas",
    "additionalProperties", "contentSchema", "contains", "minContains", "maxContains", "propertyNames", "definitions",
}  # fmt: skip

_OF_THE_WHOLE = frozenset({"enum", "const", "uniqueItems"})  # keywords that speak of all that is in a value

_SAME_CAUSE = {
    "enum": frozenset({"type", "const"}), **dict.fromkeys(("const", "pattern", "format", "minLength", "maxLength"), frozenset({"type"})),
}  # fmt: skip
"""Keywords that say the same as others beside them: a value of another type is none of the documented ones either."""

Step = Callable[["_Walk", Any, Tokens, Any, Tokens], Iterator[SchemaError]]


class _Walk(Mutable, eq=False):
    """What is known while one value is explained: the first error of each place of the schema and of the value, and how many schemas
    speak of each place of the value."""

    parts: Parts
    is_small: bool
    large: set[int] = field(default_factory=set)
    """The identities of values that are not small: several schemas may speak of each."""
    known: dict[tuple[Tokens, Tokens], SchemaError | None] = field(default_factory=dict)
    visits: dict[Tokens, int] = field(default_factory=dict)


def explain(parts: Parts, value: Any, size: int | None) -> Iterator[SchemaError]:
    """What is wrong with a value that is not valid, read from so many bytes if that is known; never nothing. Some may be told twice."""
    is_small = size is not None and size < 2 * _SMALL  # a part takes at least two bytes
    starts, known = list[tuple[Tokens, Tokens]]([((), ())]), set[tuple[Tokens, Tokens]]()
    while starts:
        place, at = starts.pop()
        known.add((place, at))
        deeper: dict[tuple[Tokens, Tokens], None] = {}
        for error in _explain(_Walk(parts, is_small), place, part_at(value, at), ()):
            found = error.below(at) if at else error
            if not found.is_deep:
                yield found
            elif (found.place, found.at) not in known:
                deeper[found.place, found.at] = None
            if len(deeper) > MAX_ERRORS:
                break
        starts += reversed(deeper)


def _explain(walk: _Walk, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    """Yield what is wrong with a value at a place where it is not valid; something always is. A place met again for the same value is not
    gone into again: several ways may lead to it, and to all below it."""
    if (place, at) in walk.known:
        known = walk.known[place, at]
        yield from (known,) if known else ()
        return
    walk.known[place, at] = None
    at_once = walk.parts.is_plain(place) and (walk.is_small or _is_small(walk, value))
    faults = _faults_at_once if at_once else _faults
    for error in faults(walk, place, value, at):
        walk.known[place, at] = walk.known[place, at] or error
        yield error


def _is_small(walk: _Walk, value: Any) -> bool:
    """Whether the engine may make a copy of a value for each error."""
    if id(value) in walk.large:
        return False
    left, pending = _SMALL, [[value]]
    while pending:
        entries = pending.pop()
        left -= len(entries)
        if left < 0:
            walk.large.add(id(value))
            return False
        for one in entries.values() if isinstance(entries, dict) else entries:
            kind = one.__class__
            if kind is str:
                left -= len(one) >> 4
            elif kind is dict or kind is list:
                pending.append(one)
    return left >= 0


def _faults_at_once(walk: _Walk, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    """What `_faults` finds, by the engine's own list of errors. It is exponential where schemas branch, and holds a copy of a value for
    each error, so this is for small values where none do."""
    try:
        listed = list(walk.parts.validator(place).iter_errors(value))
    except ValueError:
        listed = []  # it is nested deeper than the engine goes
    # of `additionalProperties` alone
    if not listed or any(type(error.kind).__name__ == "FalseSchema" for error in listed):
        yield from _faults(walk, place, value, at)
        return
    found: dict[tuple[Tokens, Tokens], list[Any]] = {}
    start = place if place and walk.parts.is_closed(place) else ()
    for error in listed:
        *path, _ = map(str, error.schema_path)
        inner = tuple(map(str, error.instance_path))
        found.setdefault(((*start, *path), inner), []).append(error)
    ordered = sorted(found.items(), key=lambda one: _order(value, one[0][1])) if len(found) > 1 else found.items()
    for (where, inner), errors in ordered:
        what = (part_at(walk.parts.schema, where), where, part_at(value, inner), (*at, *inner))
        own = [one for one in errors if one.schema_path[-1] != "not"]
        yield from _of_keywords(walk, *what, own)
        yield from _alternatives(walk, *what) if len(own) < len(errors) else ()


def _order(value: Any, at: Tokens) -> list[int]:
    """Where a part stands in a value, by which those before it come first."""
    order = []
    for token in at:
        order.append(int(token) if isinstance(value, list) else list(value).index(token))
        value = value[int(token)] if isinstance(value, list) else value[token]
    return order


def _faults(walk: _Walk, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    rules, steps = walk.parts.once(("steps", place), lambda: _steps(walk.parts.schema, place))
    if rules is False:
        yield SchemaError("schema-unknown-member", f"no value is allowed here, found {shown(value)}", at, place)
        return
    if len(at) >= _MAX_DEPTH:
        yield SchemaError("schema-alternative", f"{shown(value)} does not conform", at, place, is_deep=True)
        return
    found = False
    visits = walk.visits[at] = walk.visits.get(at, 0) + 1
    for step in steps if visits < _MOST_VISITS else ():
        for error in step(walk, rules, place, value, at):
            found = True
            yield error
    if not found:
        keywords = ", ".join(key for key in rules if key in _ELSEWHERE - {"$defs", "$schema"}) or "the schema"
        rule = "schema-unknown-member" if "unevaluatedProperties" in rules else "schema-alternative"
        yield SchemaError(rule, f"{shown(value)} does not conform to {keywords}", at, place)


def _steps(schema: Any, place: Tokens) -> tuple[Any, tuple[Step, ...]]:
    """The rules at a place, and the steps that say something about them."""
    rules = part_at(schema, place)
    if not isinstance(rules, dict):
        return rules, ()
    own = (_own_keywords,) if _without_others(rules).keys() & RULES.keys() else ()
    return rules, (*own, *(step for step, about in _ABOUT.items() if about & rules.keys()))


def _own_keywords(walk: _Walk, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    """The keywords that speak of the value itself, put to the engine without those that lead further down."""
    most = 1 + len(array_at(rules, "required")) // _MANY  # errors, each with a copy of the value
    if isinstance(value, dict | list) and (10 * _MANY + len(value)) * most > _LARGE:
        yield from _keywords_of_large(walk, _without_others(rules), place, value, at)
        return
    validator = walk.parts.once(("own keywords", place), lambda: validator_of(_without_others(rules)))
    seen = value if _OF_THE_WHOLE & rules.keys() else _outline(value)
    yield from _of_keywords(walk, rules, place, value, at, validator.iter_errors(seen))


def _of_keywords(
    walk: _Walk, rules: Any, place: Tokens, value: Any, at: Tokens, found: Iterable[Any]
) -> Iterator[SchemaError]:
    """The engine's errors of the keywords at one place, but for those that say the same as others."""
    errors = [(str(error.schema_path[-1]), error) for error in found]
    failing = {keyword for keyword, _ in errors}
    written = {**rules, "pattern": walk.parts.written.get(str(rules["pattern"]))} if "pattern" in rules else rules
    for keyword, error in errors:
        if not _SAME_CAUSE.get(keyword, frozenset()) & failing:
            yield _error(keyword, written, value, error, place, at)


def _outline(value: Any) -> Any:
    """An object or array without what is in its entries: the engine reads all that it is given."""
    if isinstance(value, dict):
        return dict.fromkeys(value)
    return [None] * len(value) if isinstance(value, list) else value


def _keywords_of_large(
    walk: _Walk, own: dict[str, Any], place: Tokens, value: Any, at: Tokens
) -> Iterator[SchemaError]:
    """The same of an object or array with so many entries that an error of the engine, which holds a copy, costs too much."""
    closed = {key: own[key] for key in ("properties", "patternProperties", "additionalProperties") if key in own}
    for keyword in own:
        said = closed if keyword == "additionalProperties" else {keyword: own[keyword]}
        if (conforms := walk.parts.once(("own", place, keyword), partial(validator_of, said)).is_valid)(value):
            continue
        names = [""]
        if keyword == "required":
            names = [name for name in own[keyword] if name not in value]
        elif keyword == "additionalProperties":
            names = [next(name for name in value if not conforms({name: None}))]
        for name in names[:MAX_ERRORS]:
            kind = SimpleNamespace(property=name, unexpected=[name])
            error = SimpleNamespace(kind=kind, message=f"{shown(value)} does not conform to {keyword}")
            yield _error(keyword, own, value, error, place, at)


def _error(keyword: str, rules: Any, value: Any, error: Any, place: Tokens, at: Tokens) -> SchemaError:
    text = message(keyword, rules, value, error)
    if type(error.kind).__name__ == "BacktrackLimitExceeded":
        text = f"{shown(value)} takes too long to match by the pattern {shown(rules[keyword])}"
        return SchemaError("pattern-unchecked", text, at, (*place, keyword))
    kind = error.kind
    names = [kind.property] if keyword == "required" else kind.unexpected if keyword == "additionalProperties" else ()
    rule = RULES.get(keyword, "schema-alternative")
    return SchemaError(rule, text, at, (*place, keyword), names=tuple(names))


def _without_others(rules: Any) -> dict[str, Any]:
    own = {key: rule for key, rule in rules.items() if key not in _ELSEWHERE}
    if rules.get("additionalProperties") is False:
        for key in ("properties", "patternProperties"):
            own[key] = {name: {} for name in rules.get(key, {})}
        own["additionalProperties"] = False
    return own


def _reference(walk: _Walk, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    if isinstance(rules.get("$ref"), str):
        yield from _down(walk, pointer_tokens(rules["$ref"]), value, at)


def _members(walk: _Walk, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    if isinstance(value, dict):
        patterns = [(one, compile_pattern(one)) for one in rules.get("patternProperties", ())]
        for name, item in value.items():
            for member in _member_places(rules, patterns, name):
                yield from _down(walk, (*place, *member), item, (*at, name))
    elif isinstance(value, list):
        prefixed = len(rules.get("prefixItems", ()))
        most = int(rules.get("maxItems", len(value))) if rules.get("items") is False else len(value)
        for index, item in enumerate(value[:most]):  # those behind are too many, and only that
            inner = ("prefixItems", str(index)) if index < prefixed else ("items",)
            if inner[0] in rules:
                yield from _down(walk, (*place, *inner), item, (*at, str(index)))


def _member_places(rules: Any, patterns: list[tuple[str, Callable[[Any], bool]]], name: str) -> list[Tokens]:
    own = [("properties", name)] if name in rules.get("properties", ()) else []
    found: list[Tokens] = [*own, *(("patternProperties", pattern) for pattern, fits in patterns if fits(name))]
    return found or ([("additionalProperties",)] if isinstance(rules.get("additionalProperties"), dict) else [])


def _down(walk: _Walk, place: Tokens, value: Any, at: Tokens) -> Iterable[SchemaError]:
    return () if walk.parts.accepts(place, value) else _explain(walk, place, value, at)


def _alternatives(walk: _Walk, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    for index in range(len(rules.get("allOf", ()))):
        yield from _down(walk, (*place, "allOf", str(index)), value, at)
    for keyword in ("anyOf", "oneOf"):
        places = [(*place, keyword, str(index)) for index in range(len(rules.get(keyword, ())))]
        fitting = [at_place for at_place in places if walk.parts.accepts(at_place, value)]
        if places and not fitting:
            yield from _nearest(walk, rules, places, value, at, (*place, keyword))
        elif keyword == "oneOf" and len(fitting) > 1:
            text = f"{shown(value)} conforms to {len(fitting)} of the {len(places)} alternatives, expected exactly one"
            yield SchemaError("schema-alternative", text, at, (*place, keyword))
    if "not" in rules and walk.parts.accepts((*place, "not"), value):
        text = f"{shown(value)} is excluded: it conforms to the schema below `not`"
        yield SchemaError("schema-alternative", text, at, (*place, "not"))


def _nearest(
    walk: _Walk, rules: Any, places: list[Tokens], value: Any, at: Tokens, place: Tokens
) -> Iterator[SchemaError]:
    """The faults against the one alternative that the discriminator, or the value's type or tag, points at, else that none fits."""
    schema, nodes = walk.parts.schema, walk.parts.bundle.places
    told = walk.parts.once(("named", place), lambda: named_alternatives(schema, nodes, rules, places))
    tag = told.of(value) if told else ""
    named: list[Tokens] = []
    if told and (tag or (isinstance(value, dict) and told.name not in value)):
        by_tag, name = told.by_tag, told.name
        own = () if by_tag.get(tag) or not tag else (one for one in places if name in walk.parts.tags(one)[1])
        tagged = [one for one in own if _is_meant(walk, one, value)]
        named = by_tag.get(tag) or tagged or [told.components[one] for one in (told.default,) if one in told.components]
        if not named and by_tag and tag:
            known = ", ".join(map(shown, by_tag))
            text = f"{shown(tag)} names none of the documented alternatives ({known})"
            yield SchemaError("schema-value", text, (*at, name), place, (*at, name))
            return
    meant = named or [one for one in places if len(places) == 1 or _is_meant(walk, one, value)]
    if len(meant) == 1:
        by = (*at, told.name) if told and named else ()
        for error in _explain(walk, meant[0], value, at):
            yield replace(error, named=error.named or by)
        return
    text = _of_no_type(walk, places, value) or f"{shown(value)} conforms to none of the {len(places)} alternatives"
    if meant:
        ways = [list(islice(_explain(walk, one, value, at), _MOST_FAULTS)) for one in meant[:_MOST_WAYS]]
        first = min(ways, key=lambda way: (sum(error.at == at for error in way), len(way)))[0]
        where = pointer_text(first.at[len(at) :]) or "the value itself"
        text += f"; the nearest one fails at {where}: {first.message}"
    yield SchemaError("schema-alternative", text, at, place)


def _of_no_type(walk: _Walk, places: list[Tokens], value: Any) -> str:
    """What is said of a value whose type is that of no alternative: the types expected; '' where one takes its type."""
    rules = [part_at(walk.parts.schema, walk.parts.tags(place)[0]) for place in places]
    types = [stated_types(one) for one in rules]
    names = dict.fromkeys(name for one in types for name in one)
    is_other = all(types) and not engine().is_valid({"type": list(names)}, value)
    return message("type", {"type": list(names)}, value, None) if is_other else ""


def _is_meant(walk: _Walk, place: Tokens, value: Any) -> bool:
    """Whether an alternative fits by its type, and an object by its single-valued members too."""
    place, tags = walk.parts.tags(place)
    rules = part_at(walk.parts.schema, place)
    if not isinstance(rules, dict):
        return False
    if "type" in rules and not engine().is_valid({"type": rules["type"]}, value):
        return False
    return not isinstance(value, dict) or all(
        engine().is_valid({"enum": values}, value[name]) for name, values in tags.items() if name in value
    )


def _conditions(walk: _Walk, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    if "if" in rules:
        branch = "then" if walk.parts.accepts((*place, "if"), value) else "else"
        if branch in rules:
            yield from _down(walk, (*place, branch), value, at)
    for name in rules.get("dependentSchemas", ()):
        if isinstance(value, dict) and name in value:
            yield from _down(walk, (*place, "dependentSchemas", name), value, at)
    if "contains" in rules and isinstance(value, list):
        fitting = sum(walk.parts.accepts((*place, "contains"), item) for item in value)
        least, most = rules.get("minContains", 1), rules.get("maxContains", len(value))
        if not least <= fitting <= most:
            limit = f"at least {least:,}" if fitting < least else f"at most {most:,}"
            text = f"{shown(value)} has {plural(fitting, 'item')} as the schema below `contains` describes, expected {limit}"
            yield SchemaError("schema-size", text, at, (*place, "contains"))
    for name in value if "propertyNames" in rules and isinstance(value, dict) else ():
        for error in islice(_down(walk, (*place, "propertyNames"), name, (*at, name)), 1):
            text = f"the property name {shown(name)} is not allowed: {error.message}"
            yield SchemaError("schema-unknown-member", text, at, (*place, "propertyNames"))


def _unevaluated(walk: _Walk, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    """The properties and items that no schema in place speaks of, where none of those may be. A schema that the value breaks
    counts as one that speaks of them: the fault is another one."""
    keyword = "unevaluatedItems" if isinstance(value, list) else "unevaluatedProperties"
    rest = rules.get(keyword)
    if rest in (None, True) or not isinstance(value, dict | list):
        return
    known = evaluated(walk.parts.schema, walk.parts.accepts, place, value)
    others = [one for one in (range(len(value)) if isinstance(value, list) else value) if one not in known]
    for one in others[:MAX_ERRORS]:
        if isinstance(rest, dict) or isinstance(value, list) or not isinstance(one, str):
            yield from _down(walk, (*place, keyword), value[one], (*at, str(one)))
            continue
        text = undeclared([one], frozenset(known - value.keys()) if len(known) < _LARGE else frozenset())
        yield SchemaError("schema-unknown-member", text, at, (*place, keyword), names=(one,))


_ABOUT: dict[Step, set[str]] = {
    _unevaluated: {"unevaluatedProperties", "unevaluatedItems"},
    _reference: {"$ref"},
    _members: {"properties", "patternProperties", "additionalProperties", "items", "prefixItems"},
    _alternatives: {"allOf", "anyOf", "oneOf", "not"},
    _conditions: {"if", "dependentSchemas", "contains", "propertyNames"},
}
