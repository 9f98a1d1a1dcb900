"""Schema -> values that meet it, small ones first: what it states (examples, default, constants), then what it implies.

A value is put together from its parts, and each part is confirmed by the validator before it is used, so that what is made
here conforms however rarely a keyword is met. The same schema and seed give the same values, in bounded time. Properties
that are `readOnly` are left out of requests, and those that are `writeOnly` out of responses.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from functools import cached_property, lru_cache, partial
from itertools import chain, count, islice
from typing import Any

from toolkit.client.texts import FORMATS, matching_texts, plain_texts, shown_texts
from toolkit.contract.flow import words
from toolkit.contract.resources import LAST_ENDS
from toolkit.document.identifiers import DATA_KEYWORDS
from toolkit.document.pointers import names_at
from toolkit.errors import ContractError
from toolkit.schema.bundle import Bundle, followed, is_number, objects_in
from toolkit.schema.judge import compile_schema
from toolkit.schema.shape import Schema, Shape, Shapes
from toolkit.structs import Mutable, field, replace

_MOST_TRIES = 80  # candidates for one place
_MOST_ITEMS = 1000  # of an array
_LONGEST = 1 << 20  # characters of a string
_LARGEST = 100_000  # values within one, each as often as it stands there, and 100 characters of strings for one
_MOST_TOO_LARGE = 8  # candidates for one place, after which smaller ones are not looked for
_MOST_DEFS = 30  # schemas that a part may refer to and still be confirmed by itself
_SINGLE = 12  # optional properties that are tried alone
_SIZES = (3, 10, 1)  # of strings, in characters, the one that most services take first
_YEAR, _AHEAD = re.compile(r"\A2026(?=-\d\d-\d\d)"), "2036"  # of made dates, and of those at which something ends
_NOTHING = object()
_ANYTHING: tuple[Schema, ...] = ({},)  # one, since places are known by their schemas
_ORDER = ("object", "array", "string", "integer", "number", "boolean", "null")
_GROUPS = ("oneOf", "anyOf")


def made_values(
    bundle: Bundle, seed: int = 0, *, response: bool = False, whole: bool = False, once: bool = False
) -> Iterator[Any]:
    """Distinct values that conform to a bundle's schema. Seed 0 prefers what the schema states; others make up names of their own.
    Those that are `whole`, and for a response, have all properties first, at each depth, if the schema refers to few others.
    A bundle that is asked for this `once` is not kept compiled."""
    whole = (whole or response) and len(bundle.schema.get("$defs", ())) <= _MOST_DEFS
    maker = _Maker(bundle, Shapes(bundle.schema), seed, "writeOnly" if response else "readOnly", whole, once)
    try:
        for index in count():
            value = maker.value((bundle.schema,), index)
            if value is _NOTHING:
                return
            yield value
    finally:
        maker.series.clear()  # which hold the maker, and what it compiled for each property


class _Series(Mutable, eq=False):
    """The values of one place, as far as they were asked for."""

    make: Callable[[], Iterator[Any]]
    found: list[Any] = field(default_factory=list)
    busy: bool = False
    source: Iterator[Any] | None = None

    def reach(self, index: int) -> None:
        """Make values until there is one of this index, if there are so many. A place within itself has none meanwhile."""
        while len(self.found) <= index and not self.busy:
            self.busy = True
            self.source = self.source or islice(self.make(), len(self.found), None)
            value = next(self.source, _NOTHING)
            self.busy = False
            if value is _NOTHING:
                return
            self.found.append(value)
            if not index and not isinstance(value, dict | list):
                # Most places are asked for one value, and what makes more of them takes kilobytes each.
                self.source = None


class _Maker(Mutable, eq=False):
    """Makes the values of one bundle. Whatever holds for a place is found out once."""

    bundle: Bundle
    shapes: Shapes
    seed: int
    hidden: str = "readOnly"
    whole: bool = False  # objects with all properties before those with the required ones
    once: bool = False
    series: dict[tuple[int, ...], _Series] = field(default_factory=dict)
    kept: list[Sequence[Schema]] = field(default_factory=list)  # so that no `id` is given twice
    sizes: dict[int, int] = field(default_factory=dict)  # of the values that were found, by `id`

    @cached_property
    def start(self) -> int:
        """The number of the first string of letters: of a seed of its own, such as no other seed makes."""
        return random.Random(self.seed).randrange(26**4, 26**5) if self.seed else 0

    def value(self, schemas: Sequence[Schema], index: int = 0, *, again: bool = False) -> Any:
        """The value of this index that meets all the schemas, or _NOTHING; where `again`, one of those that there are."""
        key = tuple(map(id, schemas))
        if key not in self.series:
            self.kept.append(schemas)
            self.series[key] = _Series(partial(self._confirmed, schemas))
        series = self.series[key]
        series.reach(index)
        if index < len(series.found):
            return series.found[index]
        return series.found[index % len(series.found)] if again and series.found else _NOTHING

    def _confirmed(self, schemas: Sequence[Schema]) -> Iterator[Any]:
        is_valid, known, too_large = self._validity(schemas), set[str](), 0
        for candidate in islice(self._candidates(self.shapes.of(*schemas)), _MOST_TRIES):
            size = self._size(candidate)
            too_large += size > _LARGEST
            if too_large > _MOST_TOO_LARGE:
                return
            if size > _LARGEST or candidate is _NOTHING:
                continue
            text = repr(candidate)
            if text not in known and is_valid(candidate):
                known.add(text)
                self.sizes[id(candidate)] = size
                yield candidate

    def _size(self, value: Any) -> int:
        """How much a value holds. Its parts are values that were found: to go through what they share would take exponential time."""
        if isinstance(value, dict | list):
            parts = value.values() if isinstance(value, dict) else value
            return self.sizes.get(id(value)) or 1 + sum(map(self._size, parts))
        return 1 + len(value) // 100 if isinstance(value, str) else 1

    def _validity(self, schemas: Sequence[Schema]) -> Callable[[Any], bool]:
        """Whether a value meets the schemas. Parts that refer to many others are left to the whole, which is confirmed, too:
        the engine would compile all of them for each part."""
        whole = self.bundle.schema
        if len(schemas) == 1 and schemas[0] is whole:
            return (compile_schema if self.once else compiled)(self.bundle).is_valid
        is_reference = [isinstance(one, Mapping) and one.keys() == {"$ref"} for one in schemas]
        parts = [followed(one, whole) if refers else one for one, refers in zip(schemas, is_reference, strict=True)]
        defs = whole.get("$defs", {}) if any("$ref" in one for one in objects_in(parts)) else {}
        if len(defs) > _MOST_DEFS:
            return lambda value: True
        try:
            return compile_schema(replace(self.bundle, schema={"$defs": defs, "allOf": parts})).is_valid
        except ContractError:
            return lambda value: True

    def _candidates(self, shape: Shape) -> Iterator[Any]:
        if not shape.possible:
            return
        free = self.seed and not any(shape.each("enum") or shape.each("const"))
        stated = list(_stated_values(shape))
        yield from stated if not free else ()
        yield from self._made(shape)
        yield from stated if free else ()

    def _made(self, shape: Shape) -> Iterator[Any]:
        if shape.groups:
            # First the alternative that it is already: to which no more than a reference leads
            known, options = len(shape.parts), self.shapes.alternatives(shape)
            adds = lambda one: any(part.schema.keys() != {"$ref"} for part in one.parts[known:])  # noqa: E731
            yield from _in_turn([self._made(one) for one in sorted(options, key=adds)[:_MOST_TRIES]])
            return
        if subtypes := _subtypes(shape):
            own = [part.schema for part in shape.parts]
            yield from _in_turn([self._made(self.shapes.of(*own, {"$ref": one})) for one in subtypes])
        types = [name for name in _ORDER if name in shape.types and name != "null"]
        if not shape.known:
            types = ["string", "integer", "boolean", "object"]
        yield from _in_turn([_MAKERS[name](self, shape) for name in types])
        if "null" in shape.types:
            yield None

    def objects(self, shape: Shape) -> Iterator[Any]:
        """With the required properties alone, with all, with one optional property each; then these with other values."""
        listed = list(_name_sets(shape, self._is_hidden, self.whole))
        if _largest(shape, "minProperties") > len(shape.properties) + _MOST_TRIES:
            return  # more names than are made
        for names in listed:
            made = self._object(shape, names, 0)
            if made is _NOTHING:
                return  # what is required cannot be made
            yield made
        for turn in range(1, _MOST_TRIES):
            yield from (self._object(shape, names, turn) for names in listed[:2])

    def _object(self, shape: Shape, names: Sequence[str], turn: int) -> Any:
        made: dict[str, Any] = {}
        chosen = _discriminating(shape, self.bundle)
        # Required by the one who reads, if not by the schema
        telling = [name for name in chosen if name in shape.properties]
        for name in self._enough(shape, [*telling, *names], turn):
            value: Any = chosen.get(name, _NOTHING)
            schemas = shape.of_property(name) or _ANYTHING
            if value is _NOTHING or not self._validity(schemas)(value):
                is_end = self._is_end(name, schemas)
                value = self.value(schemas, turn + is_end, again=True)
                later = _YEAR.sub(_AHEAD, value) if is_end and isinstance(value, str) else None
                value = later if later and self._validity(schemas)(later) else value
            if value is not _NOTHING:
                made[name] = value
            elif name in shape.required:
                return _NOTHING
        return made

    def _is_end(self, name: str, schemas: Sequence[Schema]) -> bool:
        """Whether a property is the end of a range by its name, which services want after the beginning; nothing states its value."""
        if LAST_ENDS.isdisjoint(words(name)):
            return False
        shape = self.shapes.of(*schemas)
        return not any(True for keyword in DATA_KEYWORDS for _ in shape.each(keyword))

    def _enough(self, shape: Shape, names: Sequence[str], turn: int) -> list[str]:
        """The names, with more where there must be more; at first with one where it is a map, of whose values the contract says what they are."""
        is_map = not shape.properties and any(isinstance(one, Mapping) and one for one in shape.unknown)
        one = 1 if is_map and not turn % 2 else 0
        least, found = max(_largest(shape, "minProperties"), one), dict.fromkeys(names)
        more = chain((name for name in shape.properties if not self._is_hidden(shape, name)), self._other_names(shape))
        for name in islice(more, _MOST_TRIES):
            if len(found) >= least:
                break
            found[name] = None
        return list(found)

    def _other_names(self, shape: Shape) -> Iterator[str]:
        rules = tuple(rule for rule in shape.each("propertyNames") if isinstance(rule, Mapping))
        for pattern, _ in shape.patterns:
            yield from matching_texts(pattern)
        text = ({"type": "string"}, *rules)
        values = (self.value(text, index) for index in range(_MOST_TRIES)) if rules else plain_texts(1, 9)
        yield from (value for value in values if isinstance(value, str))

    def _is_hidden(self, shape: Shape, name: str) -> bool:
        schemas = shape.properties.get(name, ())
        return False in schemas or True in self.shapes.of(*schemas).each(self.hidden)

    def arrays(self, shape: Shape) -> Iterator[Any]:
        """Of one item or as many as there must be, then others. A list that could hold no item is empty."""
        low, high = _largest(shape, "minItems"), _smallest(shape, "maxItems", _MOST_ITEMS)
        if low > _MOST_ITEMS:
            return
        first = list(shape.first)
        held: list[Schema] = [rule for rule in shape.each("contains") if isinstance(rule, Mapping)]
        unique = True in shape.each("uniqueItems")
        least = max(low, len(first), len(held) or 1)
        for turn in range(_MOST_TRIES // 4):
            for size in dict.fromkeys((min(least, high), low, least + 1 if turn else low)):
                yield self._array(shape, (first, held, unique), min(size, _MOST_ITEMS), turn)

    def _array(self, shape: Shape, how: tuple[list[Schema], list[Schema], bool], size: int, turn: int) -> Any:
        first, held, unique = how
        made = [self.value((rule,), turn, again=True) for rule in (first or held)[:size]]
        index = turn
        while len(made) < size:
            value = self.value(shape.items or _ANYTHING, index, again=not unique)
            if value is _NOTHING:
                return _NOTHING
            if not unique or value not in made:
                made.append(value)
            index += unique
        return _NOTHING if _NOTHING in made else made

    def strings(self, shape: Shape) -> Iterator[Any]:
        """As its description shows, then of the patterns and formats that it must have, else letters."""
        low, high = _largest(shape, "minLength"), _smallest(shape, "maxLength", _LONGEST)
        if low > _LONGEST:
            return
        patterns = shape.each("pattern")
        for prose in shape.each("description") if not self.seed else ():
            yield from shown_texts(str(prose))
        if patterns:  # most take letters, which say less than what is drawn
            yield from islice(self._letters(low, high), 1)
        for pattern in patterns:
            yield from matching_texts(str(pattern), self.seed)
        encoded = ["byte" for name in shape.each("contentEncoding") if name in ("base64", "base64url")]
        for name in (*encoded, *shape.each("format")):
            if name in FORMATS:
                yield from (FORMATS[name](number) for number in range(self.start % 1000, self.start % 1000 + 30))
        yield from islice(self._letters(low, high), 30)

    def _letters(self, low: int, high: int) -> Iterator[str]:
        """Strings of letters of several lengths, since services refuse short or long ones without saying so in the contract."""
        sizes = dict.fromkeys(max(low, min(size, high)) for size in _SIZES)
        for texts in zip(*(plain_texts(size, high, self.start) for size in sizes), strict=True):
            yield from texts

    def numbers(self, shape: Shape) -> Iterator[Any]:
        """One, zero, then what lies at and between the bounds, in the steps that it must have."""
        low, high, step = _bounds(shape)
        yield from (1, 0) if not self.seed else ()
        near = low if low is not None else high if high is not None else Decimal(0)
        way = 1 if low is not None or high is None else -1
        first = (near / step).to_integral_value(ROUND_CEILING) * step
        most = int((high - first) / step) if high is not None and low is not None else 1_000_000
        offset = random.Random(self.seed).randrange(max(1, min(most, 1_000_000))) if self.seed else 0
        yield from (_number(first + way * step * index) for index in range(offset, offset + 20))
        if low is not None and high is not None:
            yield from (_number(one) for one in ((low + high) / 2, low + (high - low) / 4, low, high))
        yield from (_number(near + way * step / part) for part in (2, 10))


compiled = lru_cache(maxsize=1024)(compile_schema)
"""The schema of a bundle, compiled once. Raises ContractError."""


def _in_turn(series: list[Iterator[Any]]) -> Iterator[Any]:
    """The first of each, the second of each, and so on; none is made before it is asked for."""
    while series:
        going = []
        for one in series:
            for value in islice(one, 1):
                going.append(one)
                if value is not _NOTHING:
                    yield value
        series = going


def _stated_values(shape: Shape) -> Iterator[Any]:
    for keyword in ("examples", "example", "default", "const", "enum"):
        for value in shape.each(keyword):
            several = keyword in ("examples", "enum")
            yield from (value if isinstance(value, list) else ()) if several else (value,)


def _name_sets(shape: Shape, is_hidden: Callable[[Shape, str], bool], all_first: bool) -> Iterator[list[str]]:
    """The sets of properties that are tried, without repetition, the required ones in each."""
    needed = [name for name in shape.properties if name in shape.required]
    needed += sorted(shape.required - set(needed))
    optional = [name for name in shape.properties if name not in shape.required and not is_hidden(shape, name)]
    groups = [listed for group in _GROUPS for listed in shape.each(group) if isinstance(listed, list)]
    branches = [names_at(branch, "required") for group in groups for branch in group[:_MOST_TRIES]]
    more = [*([optional] if all_first else []), [], optional, *branches, *([name] for name in optional[:_SINGLE])]
    seen = set[tuple[str, ...]]()
    for names in more:
        whole = _closed(shape, [*needed, *names])
        if (key := tuple(sorted(whole))) not in seen:
            seen.add(key)
            yield whole


def _closed(shape: Shape, names: Iterable[str]) -> list[str]:
    """The names, with those that they need by `dependentRequired`."""
    found, pending = dict[str, None](), list(names)
    needs = [rule for rule in shape.each("dependentRequired") if isinstance(rule, Mapping)]
    while pending:
        name = pending.pop(0)
        if name not in found:
            found[name] = None
            pending += [other for rule in needs for other in rule.get(name, ())]
    return list(found)


def _subtypes(shape: Shape) -> list[str]:
    """The references to what the discriminator of a parent leads to, where none of them is chosen yet."""
    for rule in shape.each("discriminator"):
        found = rule.get("mapping") if isinstance(rule, Mapping) else None
        names = [name for name in found.values() if str(name).startswith("#/$defs/")] if isinstance(found, dict) else []
        if names and set(names).isdisjoint(shape.each("$ref")):
            return names
    return []


def _discriminating(shape: Shape, bundle: Bundle) -> dict[str, str]:
    """The value of the property that tells the chosen schema from others (OpenAPI, Discriminator Object)."""
    found: dict[str, str] = {}
    targets = [bundle.called(part.schema.get("$ref", "")) for part in shape.parts]
    for part in shape.parts:
        rule = part.schema.get("discriminator")
        if not isinstance(rule, Mapping) or not isinstance(rule.get("propertyName"), str):
            continue
        mapping = rule.get("mapping")
        pairs = mapping.items() if isinstance(mapping, Mapping) else ()
        names = {bundle.called(target): str(name) for name, target in pairs}
        branches = [one for group in _GROUPS for one in part.schema.get(group, ()) if isinstance(one, Mapping)]
        listed = [bundle.called(one.get("$ref", "")) for one in branches]
        chosen = next((name for name in targets if name and name in (listed or names)), None)
        if chosen is not None:
            found[rule["propertyName"]] = names.get(chosen, chosen)
        elif names and not listed:
            found[rule["propertyName"]] = next(iter(names.values()))
    return found


def _largest(shape: Shape, keyword: str) -> int:
    return max((int(value) for value in shape.each(keyword) if isinstance(value, int | float)), default=0)


def _smallest(shape: Shape, keyword: str, most: int) -> int:
    return min((int(value) for value in shape.each(keyword) if isinstance(value, int | float)), default=most)


def _bounds(shape: Shape) -> tuple[Decimal | None, Decimal | None, Decimal]:
    """The least and the greatest number, as far as there are, and the step between numbers."""
    steps = [step for step in _decimals(shape, "multipleOf") if step > 0]
    step = max(steps, default=Decimal(1))
    fine = step if steps or "number" not in shape.types else Decimal("0.001")
    lows = [*_decimals(shape, "minimum"), *(low + fine for low in _decimals(shape, "exclusiveMinimum"))]
    highs = [*_decimals(shape, "maximum"), *(high - fine for high in _decimals(shape, "exclusiveMaximum"))]
    return max(lows, default=None), min(highs, default=None), step


def _decimals(shape: Shape, keyword: str) -> list[Decimal]:
    return [one for value in shape.each(keyword) if is_number(value) and (one := Decimal(str(value))).is_finite()]


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


_MAKERS: Mapping[str, Callable[[_Maker, Shape], Iterator[Any]]] = {
    "object": _Maker.objects,
    "array": _Maker.arrays,
    "string": _Maker.strings,
    "integer": _Maker.numbers,
    "number": _Maker.numbers,
    "boolean": lambda maker, shape: iter((True, False)),
}
