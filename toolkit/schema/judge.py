"""JSON values validated by JSON Schema 2020-12: `is_valid` first, and only where it says no, an explanation.

The engine's own list of errors is exponential on recursive alternatives, so the explanation is a walk of ours: at each
place it asks the engine one yes-or-no question, goes down only where the answer is no, and into one alternative at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from toolkit.document.files import Files, Node, PartUnusable
from toolkit.document.pointers import Tokens, array_at, part_at, pointer_text, pointer_tokens
from toolkit.schema.bundle import Bundle, Dialect, bundle, objects_in, places_in, stated_types
from toolkit.schema.discriminator import named_alternatives, tags_of, with_names_kept
from toolkit.schema.evaluated import evaluated
from toolkit.schema.formats import formats_in, patterns_in, with_patterns
from toolkit.schema.messages import RULES, TYPES, SchemaError, clipped, likely_name, message
from toolkit.schema.messages import shown as shown  # what others show values by
from toolkit.schema.patterns import NEVER, compile_pattern, engine, readable
from toolkit.verdict import plural

MAX_ERRORS = 25  # of one body
_MAX_DEPTH = 24  # of one walk; what lies deeper is explained by a walk of its own
_MANY = 20
_LARGE = 10_000  # entries of an object or array of which no copy is made for an error
_MOST_WAYS, _MOST_FAULTS = 10, 5  # of alternatives that a value may be meant for, and of each
_MOST_VISITS = 100  # of schemas that speak of one value, as a chain of `$ref`s does

_MOST_PLAIN, _SMALL = 2_000, 2_000  # schemas that are looked at; parts of a value, each with 16 characters

_BUNDLE = "urn:bundle"
_ELSEWHERE = frozenset({"if", "then", "else", "not", "allOf", "anyOf", "oneOf", "properties", "patternProperties", "items"}) | {
    "prefixItems", "$ref", "$defs", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$schema", "dependentSchemas",
    "additionalProperties", "contentSchema", "contains", "minContains", "maxContains", "propertyNames", "definitions",
}  # fmt: skip

_BRANCHING = frozenset({"allOf", "anyOf", "oneOf", "$dynamicRef", "contains", "propertyNames"}) | {
    "unevaluatedProperties", "unevaluatedItems",
}  # fmt: skip
_OF_THE_WHOLE = frozenset({"enum", "const", "uniqueItems"})  # keywords that speak of all that is in a value

_SAME_CAUSE = {
    "enum": frozenset({"type", "const"}), **dict.fromkeys(("const", "pattern", "format", "minLength", "maxLength"), frozenset({"type"})),
}  # fmt: skip
"""Keywords that say the same as others beside them: a value of another type is none of the documented ones either."""

Step = Callable[["JsonSchema", Any, Tokens, Any, Tokens], Iterator["SchemaError"]]


@dataclass(eq=False)  # frozen, one takes five times as long to make, and each explanation needs one
class JsonSchema:
    """A compiled bundle; immutable.

    `ignored` are the patterns that cannot be read: `is_valid` says whether a value may be valid, and `is_certain` whether it is,
    whatever they mean. `written` gives the patterns of `schema` as the contract writes them.
    """

    bundle: Bundle
    schema: dict[str, Any]
    is_valid: Callable[[Any], bool]
    is_certain: Callable[[Any], bool]
    ignored: tuple[str, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)
    _parts: dict[Any, Any] = field(default_factory=dict)
    _known: dict[tuple[Tokens, Tokens], SchemaError | None] = field(default_factory=dict)
    _visits: dict[Tokens, int] = field(default_factory=dict)
    _has_small: bool = False  # the value that is explained, so that the engine may make a copy of it for each error

    @staticmethod
    def compile(schema: Mapping[str, Any]) -> JsonSchema:
        """A JSON Schema (2020-12) whose `$ref`s stay within it. Raises ContractError where it cannot be used."""
        path = Path("schema").absolute()
        return compile_schema(bundle(Node(Files(path.parent, {path: schema}), path, (), schema), Dialect(hidden="")))

    def errors(self, value: Any, size: int | None = None) -> Iterator[SchemaError]:
        """What is wrong with a value that is not certain to be valid, at most MAX_ERRORS; never nothing. What several schemas
        that all have to hold say of one place in the same words is said once. `size` are the bytes that the value was read
        from, if known."""
        found = set[tuple[Tokens, str, str]]()
        if self.ignored and self.is_valid(value):
            for pattern in self.ignored:
                text = f"not checked by the pattern {clipped(pattern)}, which is none of ECMA-262"
                yield SchemaError("pattern-unchecked", text, (), _place_of(pattern, self.bundle.schema))
            return
        for error in self._walks(value, size is not None and size < 2 * _SMALL):  # a part takes at least two bytes
            if (said := (error.at, error.rule, error.message)) not in found:
                found.add(said)
                yield error
            if len(found) >= MAX_ERRORS:
                return

    def _walks(self, value: Any, is_small: bool) -> Iterator[SchemaError]:
        own = (self.bundle, self.schema, self.is_valid, self.is_certain, self.ignored, self.written, self._parts)
        starts, known = list[tuple[Tokens, Tokens]]([((), ())]), set[tuple[Tokens, Tokens]]()
        while starts:
            place, at = starts.pop()
            known.add((place, at))
            deeper: dict[tuple[Tokens, Tokens], None] = {}
            fresh = JsonSchema(*own, {}, {}, is_small)  # of which nothing is known yet
            for error in _explain(fresh, place, part_at(value, at), ()):
                found = error.below(at) if at else error
                if not found.is_deep:
                    yield found
                elif (found.place, found.at) not in known:
                    deeper[found.place, found.at] = None
                if len(deeper) > MAX_ERRORS:
                    break
            starts += reversed(deeper)

    def faults(self, value: Any, size: int | None = None, *, is_refused: bool = False) -> list[SchemaError]:
        """What is wrong with a value, which may be known to be `is_refused`, and where it is another alternative than a discriminator
        names. `size`: see `errors`."""
        errors = list(self.errors(value, size)) if is_refused or not self.is_certain(value) else []
        return [*errors, *self._misnamed(value, {error.at for error in errors})]

    def _misnamed(self, value: Any, broken: set[Tokens]) -> Iterator[SchemaError]:
        """The values that are another alternative than their discriminators name, one error for each, but for those in which
        something is `broken`: of these it is said by the alternative that is named."""
        errors = () if not self.named or self.named.is_certain(value) else self.named.errors(value)
        for at, error in {error.named or error.at: error for error in reversed(list(errors))}.items():
            whole, text = at[:-1] if error.named else at, error.message
            if any(one[: len(whole)] == whole for one in broken):
                continue
            if error.at != at or not error.named:
                tag = shown(part_at(value, at)) if error.named else "it"
                text = f"the value is another alternative than {tag} names: by that one, {text}"
            yield SchemaError("discriminator-mismatch", text, at, error.place)

    @cached_property
    def named(self) -> JsonSchema | None:
        """The same schema, which refuses a value too that is another alternative than its discriminator names; None where no
        discriminator says anything clear."""
        made = with_names_kept(self.bundle.schema, self.bundle.places)
        return compile_schema(replace(self.bundle, schema=made)) if made else None

    def part_is_valid(self, place: Tokens, value: Any) -> bool:
        """Whether the subschema at a place of the bundle accepts a value."""
        return bool(self.part(place).is_valid(value))

    def part(self, place: Tokens) -> Any:
        """The engine's validator of the subschema at a place of the bundle."""
        return self.once(place, lambda: self._part(place))

    def is_plain(self, place: Tokens) -> bool:
        """Whether each value below a place is checked by one schema, but for what `$ref` leads to."""
        return bool(self.once(("plain", place), lambda: not self.ignored and _is_plain(self.schema, place)))

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives, made when first asked for."""
        if key not in self._parts:
            self._parts[key] = make()
        return self._parts[key]

    def tags(self, place: Tokens) -> tuple[Tokens, dict[str, list[Any]]]:
        """The place that an alternative refers to, and its properties of one value."""
        return self.once(("tags", place), lambda: tags_of(self.schema, place))  # type: ignore[no-any-return]

    def alternatives(self, place: Tokens) -> list[JsonSchema]:
        """The alternatives that stand at a place of the bundle, each as a schema of its own; none where none stand there."""
        listed = part_at(self.bundle.schema, place) if place[-1:] in (("oneOf",), ("anyOf",)) else None
        made = lambda: [compile_schema(self.bundle.part([one])) for one in listed or ()]  # noqa: E731
        return self.once(("alternatives", place), made)  # type: ignore[no-any-return]

    def _part(self, place: Tokens) -> Any:
        """The validator of one subschema, made when first used: those of all at once may take gigabytes."""
        part = part_at(self.schema, place)
        if not any("$ref" in one for one in objects_in(part)):
            return _validator(part)
        registry = self.once("registry", lambda: engine().Registry([(_BUNDLE, self.schema)]))
        reference = {"$ref": f"{_BUNDLE}#{quote(pointer_text(place), safe='/~')}"}
        own = self.once("formats", lambda: formats_in(self.schema))  # to look for them each time is quadratic
        return _validator(reference, own, registry=registry)

    def location(self, place: Tokens) -> str:
        """The place in the contract."""
        return str(self.once(("location", place), lambda: self.bundle.location(place)))


def _place_of(pattern: str, schema: Any) -> Tokens:
    """The first place of a pattern in a schema; () where there is none."""
    for place, one in places_in(schema):
        if one.get("pattern") == pattern:
            return (*place, "pattern")
        if pattern in one.get("patternProperties", ()):
            return (*place, "patternProperties", pattern)
    return ()


def _validator(schema: Any, own: dict[str, Any] | None = None, **options: Any) -> Any:
    """The engine's validator of a schema. `own` are the formats of ours that it names, where it refers to others.

    A format of ours, once named to the engine, makes every validation a quarter slower, also where no schema uses it.
    """
    own = formats_in(schema) if own is None else own
    if own:
        options["formats"] = own
    return engine().validator_for(schema, offline=True, validate_formats=True, **options)


class SchemaUnusable(PartUnusable):
    """A schema is no JSON Schema. `node` is the keyword that is to blame."""


def compile_schema(bundle: Bundle) -> JsonSchema:
    """Compile a bundle. Raises SchemaUnusable where it is no JSON Schema; a pattern that cannot be read is left out."""
    made = {pattern: readable(pattern) for pattern in patterns_in(bundle.schema)}
    ignored = tuple(sorted(pattern for pattern, found in made.items() if found is None))
    schema = bundle.schema
    if any(found != pattern for pattern, found in made.items()):
        schema = with_patterns(schema, made, None)
    try:
        is_valid = is_certain = _validator(schema).is_valid
        if ignored:
            is_valid, is_certain = _either_way(is_valid, _validator(with_patterns(bundle.schema, made, NEVER)).is_valid)
    except (engine().ValidationError, engine().ReferencingError, ValueError, RecursionError) as error:
        path, reason = refused(error)
        node = bundle.node(path)
        raise SchemaUnusable(f"{node.location}: {reason}", node) from None
    written = {found: pattern for pattern, found in made.items() if found is not None}
    return JsonSchema(bundle, schema, is_valid, is_certain, ignored, written)


def _either_way(always: Callable[[Any], bool], never: Callable[[Any], bool]) -> tuple[Callable[[Any], bool], ...]:
    """Whether a value may be valid, and whether it surely is, by what it is if the patterns match, and if not (as in `not`)."""
    return lambda value: always(value) or never(value), lambda value: always(value) and never(value)


def fault_at(bundle: Bundle, at: Tokens, schema: Mapping[str, Any]) -> SchemaUnusable | None:
    """Why a part of a bundle is no JSON Schema, without what its references lead to; None if it is one."""
    try:
        engine().meta.validate({key: value for key, value in schema.items() if key not in ("$schema", "$defs")})
    except engine().ValidationError as error:
        path, reason = refused(error)
        node = bundle.node((*at, *path))
        return SchemaUnusable(f"{node.location}: {reason}", node)
    return None


def refused(error: Any) -> tuple[Tokens, str]:
    """Where a schema is no JSON Schema, and why, with the cure, by an error of the engine."""
    path = tuple(str(token) for token in getattr(error, "instance_path", ()))
    reason, cure = clipped(str(error).partition("\n")[0]), "correct the schema"
    if path[-1:] == ("type",) or (path[-2:-1] == ("type",) and path[-1].isdecimal()):
        reason, cure = f"{shown(error.instance)} is no type", f"write one of {', '.join(map(shown, TYPES))}"
    return path, f"not a valid JSON Schema: {reason}; {cure}"


def _explain(schema: JsonSchema, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    """Yield what is wrong with a value at a place where it is not valid; something always is.

    A place met again for the same value is not gone into again: several ways may lead to it, and to all below it.
    """
    if (place, at) in schema._known:
        known = schema._known[place, at]
        yield from (known,) if known else ()
        return
    schema._known[place, at] = None
    at_once = schema.is_plain(place) and (schema._has_small or _is_small(value))
    faults = _faults_at_once if at_once else _faults
    for error in faults(schema, place, value, at):
        schema._known[place, at] = schema._known[place, at] or error
        yield error


def _is_plain(schema: Any, place: Tokens) -> bool:
    pending, met = [part_at(schema, place)], set[str]()
    for _ in range(_MOST_PLAIN):
        if not pending:
            return True
        one = pending.pop()
        if one is True:
            continue
        if not isinstance(one, dict) or _BRANCHING & one.keys():
            return False
        for keyword in ("properties", "patternProperties", "dependentSchemas"):
            pending += one.get(keyword, {}).values()
        pending += [
            *one.get("prefixItems", ()),
            *(one[key] for key in ("items", "if", "then", "else", "not") if key in one),
        ]
        pending.append(one.get("additionalProperties") or True)
        if (target := one.get("$ref")) and target not in met:
            met.add(target)
            pending.append(part_at(schema, pointer_tokens(target)))
    return False


def _is_small(value: Any) -> bool:
    """Whether the engine may make a copy of a value for each error."""
    left, pending = _SMALL, [[value]]
    while pending:
        entries = pending.pop()
        left -= len(entries)
        if left < 0:
            return False
        for one in entries.values() if isinstance(entries, dict) else entries:
            kind = one.__class__
            if kind is str:
                left -= len(one) >> 4
            elif kind is dict or kind is list:
                pending.append(one)
    return left >= 0


def _faults_at_once(schema: JsonSchema, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    """What `_faults` finds, by the engine's own list of errors. It is exponential where schemas branch, and holds a copy of a value for
    each error, so this is for small values where none do."""
    try:
        listed = list(schema.part(place).iter_errors(value))
    except ValueError:  # it is nested deeper than the engine goes
        yield from _faults(schema, place, value, at)
        return
    found: dict[tuple[Tokens, Tokens], list[Any]] = {}
    is_part = place and not any("$ref" in one for one in objects_in(part_at(schema.schema, place)))
    for error in listed:
        *path, _ = map(str, error.schema_path)
        inner = tuple(map(str, error.instance_path))
        found.setdefault(((*place, *path) if is_part else tuple(path), inner), []).append(error)
    ordered = sorted(found.items(), key=lambda one: _order(value, one[0][1])) if len(found) > 1 else found.items()
    for (where, inner), errors in ordered:
        what = (part_at(schema.schema, where), where, part_at(value, inner), (*at, *inner))
        own = [one for one in errors if one.schema_path[-1] != "not"]
        yield from _of_keywords(schema, *what, own)
        yield from _alternatives(schema, *what) if len(own) < len(errors) else ()


def _order(value: Any, at: Tokens) -> list[int]:
    """Where a part stands in a value, by which those before it come first."""
    order = []
    for token in at:
        order.append(int(token) if isinstance(value, list) else list(value).index(token))
        value = value[int(token)] if isinstance(value, list) else value[token]
    return order


def _faults(schema: JsonSchema, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    rules, steps = schema.once(("steps", place), lambda: _steps(schema.schema, place))
    if rules is False:
        yield SchemaError("schema-unknown-member", f"no value is allowed here, found {shown(value)}", at, place)
        return
    if len(at) >= _MAX_DEPTH:
        yield SchemaError("schema-alternative", f"{shown(value)} does not conform", at, place, is_deep=True)
        return
    found = False
    visits = schema._visits[at] = schema._visits.get(at, 0) + 1
    for step in steps if visits < _MOST_VISITS else ():
        for error in step(schema, rules, place, value, at):
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
    steps = (*own, *(step for step, about in _ABOUT.items() if about & rules.keys()))
    is_alone = steps == (_reference,) and isinstance(rules["$ref"], str) and "$dynamicRef" not in rules
    return rules, (_lone_reference,) if is_alone else steps


def _own_keywords(schema: JsonSchema, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    """The keywords that speak of the value itself, put to the engine without those that lead further down."""
    most = 1 + len(array_at(rules, "required")) // _MANY  # errors, each with a copy of the value
    if isinstance(value, dict | list) and (10 * _MANY + len(value)) * most > _LARGE:
        yield from _keywords_of_large(schema, _without_others(rules), place, value, at)
        return
    validator = schema.once(("own keywords", place), lambda: _validator(_without_others(rules)))
    seen = value if _OF_THE_WHOLE & rules.keys() else _outline(value)
    yield from _of_keywords(schema, rules, place, value, at, validator.iter_errors(seen))


def _of_keywords(
    schema: JsonSchema, rules: Any, place: Tokens, value: Any, at: Tokens, found: Iterable[Any]
) -> Iterator[SchemaError]:
    """The engine's errors of the keywords at one place, but for those that say the same as others."""
    errors = [(str(error.schema_path[-1]), error) for error in found]
    failing = {keyword for keyword, _ in errors}
    written = {**rules, "pattern": schema.written.get(str(rules["pattern"]))} if "pattern" in rules else rules
    for keyword, error in errors:
        if not _SAME_CAUSE.get(keyword, frozenset()) & failing:
            yield _error(keyword, written, value, error, place, at)


def _outline(value: Any) -> Any:
    """An object or array without what is in its entries: the engine reads all that it is given."""
    if isinstance(value, dict):
        return dict.fromkeys(value)
    return [None] * len(value) if isinstance(value, list) else value


def _keywords_of_large(
    schema: JsonSchema, own: dict[str, Any], place: Tokens, value: Any, at: Tokens
) -> Iterator[SchemaError]:
    """The same of an object or array with so many entries that an error of the engine, which holds a copy, costs too much."""
    closed = {key: own[key] for key in ("properties", "patternProperties", "additionalProperties") if key in own}
    for keyword in own:
        said = closed if keyword == "additionalProperties" else {keyword: own[keyword]}
        if (conforms := schema.once(("own", place, keyword), partial(_validator, said)).is_valid)(value):
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
    return SchemaError(RULES.get(keyword, "schema-alternative"), text, at, (*place, keyword))


def _without_others(rules: Any) -> dict[str, Any]:
    own = {key: rule for key, rule in rules.items() if key not in _ELSEWHERE}
    if rules.get("additionalProperties") is False:
        for key in ("properties", "patternProperties"):
            own[key] = {name: {} for name in rules.get(key, {})}
        own["additionalProperties"] = False
    return own


def _reference(schema: JsonSchema, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    if isinstance(rules.get("$ref"), str):
        yield from _down(schema, pointer_tokens(rules["$ref"]), value, at)


def _lone_reference(schema: JsonSchema, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    """Of a value that is not valid where nothing else is said of it: what the reference leads to refuses it for sure."""
    yield from _explain(schema, pointer_tokens(rules["$ref"]), value, at)


def _members(schema: JsonSchema, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    if isinstance(value, dict):
        for name, item in value.items():
            for member in _member_places(rules, name):
                yield from _down(schema, (*place, *member), item, (*at, name))
    elif isinstance(value, list):
        prefixed = len(rules.get("prefixItems", ()))
        most = int(rules.get("maxItems", len(value))) if rules.get("items") is False else len(value)
        for index, item in enumerate(value[:most]):  # those behind are too many, and only that
            inner = ("prefixItems", str(index)) if index < prefixed else ("items",)
            if inner[0] in rules:
                yield from _down(schema, (*place, *inner), item, (*at, str(index)))


def _member_places(rules: Any, name: str) -> Iterator[Tokens]:
    known = name in rules.get("properties", ())
    if known:
        yield ("properties", name)
    for pattern in rules.get("patternProperties", ()):
        if compile_pattern(pattern)(name):
            known = True
            yield ("patternProperties", pattern)
    if not known and isinstance(rules.get("additionalProperties"), dict):
        yield ("additionalProperties",)


def _down(schema: JsonSchema, place: Tokens, value: Any, at: Tokens) -> Iterable[SchemaError]:
    return () if schema.part_is_valid(place, value) else _explain(schema, place, value, at)


def _alternatives(schema: JsonSchema, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    for index in range(len(rules.get("allOf", ()))):
        yield from _down(schema, (*place, "allOf", str(index)), value, at)
    for keyword in ("anyOf", "oneOf"):
        places = [(*place, keyword, str(index)) for index in range(len(rules.get(keyword, ())))]
        fitting = [at_place for at_place in places if schema.part_is_valid(at_place, value)]
        if places and not fitting:
            yield from _nearest(schema, rules, places, value, at, (*place, keyword))
        elif keyword == "oneOf" and len(fitting) > 1:
            text = f"{shown(value)} conforms to {len(fitting)} of the {len(places)} alternatives, expected exactly one"
            yield SchemaError("schema-alternative", text, at, (*place, keyword))
    if "not" in rules and schema.part_is_valid((*place, "not"), value):
        text = f"{shown(value)} is excluded: it conforms to the schema below `not`"
        yield SchemaError("schema-alternative", text, at, (*place, "not"))


def _nearest(
    schema: JsonSchema, rules: Any, places: list[Tokens], value: Any, at: Tokens, place: Tokens
) -> Iterator[SchemaError]:
    """The faults against the one alternative that the discriminator, or the value's type or tag, points at, else that
    none fits."""
    told = named_alternatives(schema.schema, schema.bundle.places, rules, places)
    tag = told.of(value) if told else ""
    named: list[Tokens] = []
    if told and tag:
        by_tag, name = told.by_tag, told.name
        tagged = [one for one in places if name in schema.tags(one)[1] and _is_meant(schema, one, value)]
        named = by_tag.get(tag) or tagged or [told.components[one] for one in (told.default,) if one in told.components]
        if not named and by_tag:
            known = ", ".join(map(shown, by_tag))
            text = f"{shown(tag)} names none of the documented alternatives ({known})"
            yield SchemaError("schema-value", text, (*at, name), place, (*at, name))
            return
    meant = named or [candidate for candidate in places if _is_meant(schema, candidate, value)]
    if len(meant) == 1:
        by = (*at, told.name) if told and named else ()
        for error in _explain(schema, meant[0], value, at):
            yield replace(error, named=error.named or by)
        return
    text = _of_no_type(schema, places, value) or f"{shown(value)} conforms to none of the {len(places)} alternatives"
    if meant:
        ways = [list(islice(_explain(schema, one, value, at), _MOST_FAULTS)) for one in meant[:_MOST_WAYS]]
        first = min(ways, key=lambda way: (sum(error.at == at for error in way), len(way)))[0]
        where = pointer_text(first.at[len(at) :]) or "the value itself"
        text += f"; the nearest one fails at {where}: {first.message}"
    yield SchemaError("schema-alternative", text, at, place)


def _of_no_type(schema: JsonSchema, places: list[Tokens], value: Any) -> str:
    """What is said of a value whose type is that of no alternative: the types expected; '' where one takes its type."""
    rules = [part_at(schema.schema, schema.tags(place)[0]) for place in places]
    types = [stated_types(one) for one in rules]
    names = dict.fromkeys(name for one in types for name in one)
    is_other = all(types) and not engine().is_valid({"type": list(names)}, value)
    return message("type", {"type": list(names)}, value, None) if is_other else ""


def _is_meant(schema: JsonSchema, place: Tokens, value: Any) -> bool:
    """Whether an alternative fits by its type, and an object by its single-valued members too."""
    place, tags = schema.tags(place)
    rules = part_at(schema.schema, place)
    if not isinstance(rules, dict):
        return False
    if "type" in rules and not engine().is_valid({"type": rules["type"]}, value):
        return False
    return not isinstance(value, dict) or all(
        engine().is_valid({"enum": values}, value[name]) for name, values in tags.items() if name in value
    )


def _conditions(schema: JsonSchema, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    if "if" in rules:
        branch = "then" if schema.part_is_valid((*place, "if"), value) else "else"
        if branch in rules:
            yield from _down(schema, (*place, branch), value, at)
    for name in rules.get("dependentSchemas", ()):
        if isinstance(value, dict) and name in value:
            yield from _down(schema, (*place, "dependentSchemas", name), value, at)
    if "contains" in rules and isinstance(value, list):
        fitting = sum(schema.part_is_valid((*place, "contains"), item) for item in value)
        least, most = rules.get("minContains", 1), rules.get("maxContains", len(value))
        if not least <= fitting <= most:
            limit = f"at least {least:,}" if fitting < least else f"at most {most:,}"
            text = f"{shown(value)} has {plural(fitting, 'item')} as the schema below `contains` describes, expected {limit}"
            yield SchemaError("schema-size", text, at, (*place, "contains"))
    for name in value if "propertyNames" in rules and isinstance(value, dict) else ():
        for error in islice(_down(schema, (*place, "propertyNames"), name, (*at, name)), 1):
            text = f"the property name {shown(name)} is not allowed: {error.message}"
            yield SchemaError("schema-unknown-member", text, at, (*place, "propertyNames"))


def _unevaluated(schema: JsonSchema, rules: Any, place: Tokens, value: Any, at: Tokens) -> Iterator[SchemaError]:
    """The properties and items that no schema in place speaks of, where none of those may be. A schema that the value breaks
    counts as one that speaks of them: the fault is another one."""
    keyword = "unevaluatedItems" if isinstance(value, list) else "unevaluatedProperties"
    rest = rules.get(keyword)
    if rest in (None, True) or not isinstance(value, dict | list):
        return
    known = evaluated(schema.schema, schema.part_is_valid, place, value)
    others = [one for one in (range(len(value)) if isinstance(value, list) else value) if one not in known]
    for one in others[:MAX_ERRORS]:
        if isinstance(rest, dict) or isinstance(value, list):
            yield from _down(schema, (*place, keyword), value[one], (*at, str(one)))
            continue
        near = likely_name(one, frozenset(known - value.keys())) if len(known) < _LARGE else ""
        message = f"the property {shown(one)} is not declared{near}"
        yield SchemaError("schema-unknown-member", message, at, (*place, keyword))


_ABOUT: dict[Step, set[str]] = {
    _unevaluated: {"unevaluatedProperties", "unevaluatedItems"},
    _reference: {"$ref"},
    _members: {"properties", "patternProperties", "additionalProperties", "items", "prefixItems"},
    _alternatives: {"allOf", "anyOf", "oneOf", "not"},
    _conditions: {"if", "dependentSchemas", "contains", "propertyNames"},
}
