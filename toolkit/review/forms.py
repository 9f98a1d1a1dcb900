"""A schema of a bundle taken apart: the schemas that a value meets together, for each way through its alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from toolkit.document.pointers import Tokens, array_at, grouped, names_at, object_at, part_at, pointer_tokens
from toolkit.schema.bundle import ANNOTATIONS, Bundle, stated_types
from toolkit.schema.included import SCHEMA_MAPS
from toolkit.schema.messages import clipped, shown
from toolkit.schema.shape import TYPES, Together, equal, json_types
from toolkit.structs import Frozen, field

_UNORDERED = ("allOf", "anyOf", "oneOf")
_GROUPS = ("anyOf", "oneOf")
_MOST_FORMS = 64


class Part(Frozen):
    """One schema, without what it refers to, and its place in the bundle."""

    schema: Mapping[str, Any]
    at: Tokens

    def inner(self, *keys: str | int) -> Part:
        """The schema at a place within it."""
        return Part(_as_object(part_at(self.schema, keys)), (*self.at, *map(str, keys)))


class Conjunction(Frozen, Together, eq=False, dict=True):
    """Schemas that a value meets together. `chosen` are the groups of alternatives that one was taken of, by the `id` of
    their lists; `exclusive` is the place of a `oneOf` among them, and the alternative that was taken."""

    parts: tuple[Part, ...]
    chosen: frozenset[int] = frozenset()
    exclusive: tuple[tuple[Sequence[Any], int], ...] = ()

    @property
    def schema(self) -> dict[str, Any]:
        return {"allOf": [part.schema for part in self.parts]}

    @cached_property
    def words(self) -> set[str]:
        """The keywords of all parts, extensions left aside."""
        return {key for part in self.parts for key in part.schema if not key.startswith("x-")}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the alternatives taken of each `oneOf`, as far as they are references."""
        taken = (branches[index] for branches, index in self.exclusive)
        return tuple(str(one["$ref"]) for one in taken if isinstance(one, dict) and "$ref" in one)

    @property
    def taken(self) -> Part:
        """The alternative taken of the last `oneOf`, by itself."""
        branches, index = self.exclusive[-1]
        return Part(_as_object(branches[index]), ())

    def types(self) -> frozenset[str]:
        """The types of JSON that are possible; `integer` stands beside `number` only where it is written so."""
        found = TYPES - {"integer"}
        for part in self.parts:
            found = common_types(found, frozenset(stated_types(part.schema))) if "type" in part.schema else found
        constants = self.constants()
        if constants is not None:
            found = common_types(found, frozenset(map(type_of, constants)))
        return found

    @cached_property
    def properties(self) -> dict[str, tuple[Part, ...]]:
        """The schemas of each property that a part names, and what other parts say of it as of any other property."""
        found = self._named("properties")
        for part in (one for one in self.parts if "patternProperties" not in one.schema):
            rest = Conjunction((part,)).below("additionalProperties")
            others = found.keys() - object_at(part.schema, "properties").keys() if rest else ()
            found |= {name: (*found[name], *rest) for name in others}
        return found

    def patterns(self) -> dict[str, tuple[Part, ...]]:
        return self._named("patternProperties")

    def _named(self, keyword: str) -> dict[str, tuple[Part, ...]]:
        each = ((part, *one) for part in self.parts for one in object_at(part.schema, keyword).items())
        found = grouped((name, Part(_as_object(one), (*part.at, keyword, str(name)))) for part, name, one in each)
        return {name: tuple(parts) for name, parts in found.items()}

    @cached_property
    def required(self) -> Mapping[str, Tokens]:
        """The names that are required, with the place of the first schema that says so."""
        return {name: part.at for part in reversed(self.parts) for name in names_at(part.schema, "required")}

    @property
    def prefix_length(self) -> int:
        return max((len(array_at(part.schema, "prefixItems")) for part in self.parts), default=0)

    def items(self, index: int) -> tuple[Part, ...]:
        """The schemas of the item at a place, from 0."""
        found = []
        for part in self.parts:
            if index < len(array_at(part.schema, "prefixItems")):
                found.append(part.inner("prefixItems", index))
            elif "items" in part.schema:
                found.append(part.inner("items"))
        return tuple(found)

    @property
    def rest(self) -> tuple[Part, ...]:
        """The schemas of properties that are not declared."""
        return self.below("additionalProperties") or self.below("unevaluatedProperties")

    @property
    def is_closed(self) -> bool:
        return False in [*self.each("additionalProperties"), *self.each("unevaluatedProperties")]

    def at(self, *keywords: str) -> Tokens:
        """The place of the first schema that has one of the keywords, else of the first one."""
        return next((part.at for part in self.parts if any(key in part.schema for key in keywords)), self.parts[0].at)

    def below(self, keyword: str) -> tuple[Part, ...]:
        """The schemas under a keyword that holds one, such as `items`."""
        return tuple(part.inner(keyword) for part in self.parts if isinstance(part.schema.get(keyword), Mapping | bool))


def type_of(value: Any) -> str:
    names = json_types(value)
    return "integer" if "integer" in names else next(iter(names))


def common_types(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """The types of values that are of both; integers are numbers."""
    is_mixed = ("number" in one and "integer" in other) or ("integer" in one and "number" in other)
    return (one & other) | ({"integer"} if is_mixed else set())


_NOTHING: dict[str, Any] = {"not": {}}
_ANYTHING: dict[str, Any] = {}


def _as_object(schema: Any) -> Mapping[str, Any]:
    """A boolean schema as one with keywords; the same object each time, since identity is what is remembered."""
    return schema if isinstance(schema, dict) else _NOTHING if schema is False else _ANYTHING


def resolve(bundle: Bundle, part: Part) -> Part | None:
    """What the `$ref` of a part leads to; None where it has none."""
    reference = part.schema.get("$ref")
    return Part(bundle.schema, ()).inner(*pointer_tokens(reference)) if isinstance(reference, str) else None


def flatten(bundle: Bundle, parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts with all that they include by `$ref` and `allOf`, each once."""
    found: dict[int, Part] = {}
    pending = [*parts]
    for part in pending:
        if id(part.schema) in found:
            continue
        found[id(part.schema)] = part
        target = resolve(bundle, part)
        pending += [target] if target else []
        pending += [part.inner("allOf", index) for index in range(len(array_at(part.schema, "allOf")))]
    return tuple(found.values())


def forms(bundle: Bundle, parts: Iterable[Part]) -> list[Conjunction]:
    """Every way through the alternatives of the parts; with too many of them, those that are left stay keywords of the parts."""
    made = [Conjunction(flatten(bundle, parts))]
    done: list[Conjunction] = []
    while made:
        form = made.pop(0)
        groups = ((part, keyword, array_at(part.schema, keyword)) for part in form.parts for keyword in _GROUPS)
        left = (one for one in groups if one[2] and id(one[2]) not in form.chosen)
        part, keyword, branches = next(left, (None, "", []))
        if part is None or len(made) + len(done) + len(branches) > _MOST_FORMS:
            done.append(form)
            continue
        for index in range(len(branches)):
            exclusive = ((branches, index),) if keyword == "oneOf" and len(branches) > 1 else ()
            parts_of = flatten(bundle, (*form.parts, part.inner(keyword, index)))
            made.append(Conjunction(parts_of, form.chosen | {id(branches)}, (*form.exclusive, *exclusive)))
    return [form for form in done if form.types() and not any(part.schema is _NOTHING for part in form.parts)]


def conditional(bundle: Bundle, form: Conjunction) -> set[str]:
    """The properties that a form describes under a condition alone."""
    held = [object_at(part.schema, "dependentSchemas") for part in form.parts]
    held += [{word: part.schema[word] for word in ("then", "else") if word in part.schema} for part in form.parts]
    parts = flatten(bundle, (Part(_as_object(one), ()) for group in held for one in group.values()))
    return {name for part in parts for name in object_at(part.schema, "properties")}


def irrelevant(key: str, name: str) -> bool:
    """Whether a keyword says nothing of values of a type."""
    owners = {"array": ("Items", "ontains"), "object": ("ropert", "dependent")}
    return any(piece in key for owner, pieces in owners.items() if owner != name for piece in pieces)


def described(form: Conjunction) -> str:
    names = sorted(form.types()) if len(form.types()) < len(TYPES) - 1 else ["anything"]
    formats = [str(one) for one in form.each("format")]
    return "/".join(names) + (f" ({formats[0]})" if formats else "")


@contextmanager
def forgetting(known: dict[Any, Any], key: Any) -> Iterator[None]:
    """What is taken for proved meanwhile is not known where the proof is given up."""
    try:
        yield
    except RecursionError:
        del known[key]
        raise


class Sameness(Frozen, eq=False):
    """Whether two schemas say the same: references resolved, annotations and the order of lists left aside. `telling` are annotations that count all
    the same, since a request means something else by them. What is being compared counts as the same meanwhile, so recursive schemas end."""

    one: Bundle
    other: Bundle
    known: dict[tuple[int, int], bool] = field(default_factory=dict)
    telling: frozenset[str] = frozenset()

    def holds(self, one: Any, other: Any) -> bool:
        if isinstance(one, dict) and isinstance(other, dict):
            key = (id(one), id(other))
            if key not in self.known:
                self.known[key] = True
                with forgetting(self.known, key):
                    self.known[key] = self._objects(one, other)
            return self.known[key]
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(self.holds, one, other))
        return equal(one, other)

    def _objects(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        first, second = self._plain(self.one, one), self._plain(self.other, other)
        if first is one and second is other:
            left, right = self._meaning(one), self._meaning(other)
            return left.keys() == right.keys() and all(self._keyword(key, left[key], right[key]) for key in left)
        return self.holds(first, second)

    def _plain(self, bundle: Bundle, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a schema that is a reference, or a single `allOf`, and nothing else, stands for."""
        is_reference = schema.keys() - (ANNOTATIONS - self.telling) == {"$ref"}
        found = resolve(bundle, Part(schema, ())) if is_reference else None
        return found.schema if found else schema

    def _keyword(self, key: str, one: Any, other: Any) -> bool:
        if key in SCHEMA_MAPS and isinstance(one, dict) and isinstance(other, dict):
            return one.keys() == other.keys() and all(self.holds(one[name], other[name]) for name in one)
        if key in _UNORDERED and isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            return self.holds(one, other) or all(any(self.holds(mine, its) for its in other) for mine in one)
        return self.holds(one, other)

    def _meaning(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        silent, kept = ANNOTATIONS - self.telling, "x-text-pattern"
        told = [key for key in schema if key not in silent and (key == kept or not key.startswith("x-"))]
        return {key: schema[key] for key in told}


def listed(values: list[Any]) -> str:
    texts = (value if isinstance(value, str) else shown(value) for value in values)
    return clipped(", ".join(texts) or "nothing", 80)
