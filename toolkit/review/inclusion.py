"""Whether every value of one schema is a value of another one, and if not, where: a walk through both at once.

`inner` is what may be sent, `outer` what is understood: of a request the old schema and the new one, of a response the new
and the old. Each requirement of `outer` is proved from `inner`, by structure where both have the same, else by the engine's
canonical forms; what is not proved is a gap. A gap is no verdict: only a value that `inner` has and `outer` refuses is one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice, product
from typing import Any

from toolkit.client.texts import matching_texts
from toolkit.document.pointers import Tokens, escape
from toolkit.errors import ContractError
from toolkit.review.forms import (
    Conjunction,
    Part,
    Sameness,
    common_types,
    conditional,
    described,
    flatten,
    forgetting,
    forms,
    irrelevant,
    listed,
    type_of,
)
from toolkit.review.samples import MOST_MADE, apart, beyond, made
from toolkit.review.scalars import SCALAR, are_texts_taken, is_covered, leaf, leaf_values, within
from toolkit.schema.algebra import covers
from toolkit.schema.bundle import ANNOTATIONS, Bundle
from toolkit.schema.judge import compile_schema, fault_at
from toolkit.schema.shape import equal
from toolkit.structs import Frozen, Mutable, field, replace

STRUCTURE = (
    ANNOTATIONS | SCALAR | {"$ref", "allOf", "properties", "required", "additionalProperties", "items", "prefixItems"}
)
_LEAST = ("minItems", "minProperties")
_MOST = ("maxItems", "maxProperties")
_MOST_DEFS = 20  # schemas referred to, beyond which the engine takes long
_MOST_STEPS, _MOST_IN_ALL = 10_000, 50_000  # pairs of forms compared for one pair of schemas, and for all operations
_MOST_WAYS = 4  # that lead to one gap by one property, of which there may be as many as 2 to the power of the depth
ASIDE = ("default", "ignored", "withdrawn", "closed", "added")
"""Kinds of gaps that refuse no value."""
UNUSABLE = "unusable"
"""The kind of gap where a schema is no JSON Schema, or too large a question."""
_VAST = "a schema was not compared: its parts lie too deep, or it has too many alternatives within each other"


class Step(Frozen):
    """One level of a value: a `property` of this name, or an `item`; `form` is what the value around it meets."""

    kind: str
    name: str
    form: Conjunction


class Gap(Frozen, eq=False):
    """What is not proved at one place: `kind` is required, undeclared, enum, type, value or overlap, or one of ASIDE. `inner` and `outer` are places
    in the two bundles, `detail` says what differs, and `candidates` are values of this place, or of the object around it, that may show it."""

    kind: str
    inner: Tokens
    outer: Tokens
    detail: str
    candidates: Callable[[], Iterable[Any]]
    path: tuple[Step, ...] = ()

    @property
    def where(self) -> str:
        """A JSON pointer into the value, with `*` for any item or name."""
        return "".join("/" + (escape(step.name) or "*") for step in self.path)


class Memory(Frozen, eq=False):
    """What is known of pairs of schemas and of forms, by their `id`s, with the bundles and the forms, so that no `id` is given twice."""

    gaps: dict[tuple[Any, ...], tuple[Gap, ...]] = field(default_factory=dict)
    same: dict[tuple[int, int], bool] = field(default_factory=dict)
    kept: list[Bundle | Conjunction] = field(default_factory=list)
    bases: dict[tuple[int, str, str], list[Any]] = field(default_factory=dict)
    tags: dict[int, dict[tuple[str, str], str]] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    steps: Iterator[int] = field(default_factory=lambda: iter(range(_MOST_IN_ALL)))


class Comparison(Mutable, eq=False):
    """Compares parts of two bundles. `strict`: undeclared properties of open objects are sent as well. `response`: the inner
    side is the new one, which only the words depend on. `texts`: values are sent as texts, which do not tell their type."""

    inner: Bundle
    outer: Bundle
    strict: bool = False
    response: bool = False
    texts: bool = False
    memory: Memory = field(default_factory=Memory)

    def __post_init__(self) -> None:
        self.known = self.memory.gaps
        self.checks: dict[tuple[int, ...], Callable[[Any], bool]] = {}
        self.steps = iter(range(_MOST_STEPS))
        self.memory.kept.extend((self.inner, self.outer))
        telling = {"writeOnly"} if self.response else {"default", "readOnly"}
        encoded = frozenset({"contentEncoding", "contentSchema"})
        self.same = Sameness(self.inner, self.outer, self.memory.same, encoded | telling)

    def contrast(self, what: str, inner: object, outer: object) -> str:
        was, now = (outer, inner) if self.response else (inner, outer)
        return f"{what}{' ' if what else ''}was {was} and is {now}"

    def gaps(self) -> tuple[Gap, ...]:
        try:
            return self.compare((Part(self.inner.schema, ()),), (Part(self.outer.schema, ()),))
        except RecursionError:
            return (Gap(UNUSABLE, (), (), _VAST, lambda: ()),)

    def compare(self, inner: tuple[Part, ...], outer: tuple[Part, ...]) -> tuple[Gap, ...]:
        """What is not proved of two places. What is being compared is taken for proved meanwhile, so recursion ends."""
        key = (self.texts, *(id(part.schema) for part in inner), None, *(id(part.schema) for part in outer))
        if key not in self.known:
            self.known[key] = ()
            with forgetting(self.known, key):
                self.known[key] = () if self._agree(inner, outer) else tuple(_few(self._forms(inner, outer)))
        return self.known[key]

    def _agree(self, inner: tuple[Part, ...], outer: tuple[Part, ...]) -> bool:
        """Whether each schema of `outer` is one of `inner`, too."""
        one, other = ([part.schema for part in parts] for parts in (inner, outer))
        in_order = len(one) >= len(other) and all(map(self.same.holds, one, other))
        return in_order or all(any(self.same.holds(mine, its) for mine in one) for its in other)

    def _forms(self, inner: tuple[Part, ...], outer: tuple[Part, ...]) -> Iterator[Gap]:
        """The gaps of every form. That a value may meet two alternatives is told only where nothing else is wrong."""
        if faults := [*self._faults(self.inner, inner), *self._faults(self.outer, outer)]:
            lost = "a schema cannot be used, so it was not compared"
            yield from (Gap(UNUSABLE, inner[0].at, outer[0].at, f"{lost}: {fault}", lambda: ()) for fault in faults)
            return
        mine, others = forms(self.inner, inner), forms(self.outer, outer)
        typed = ((name, form) for form in mine for name in sorted(form.types()))
        found = [gap for name, form in typed for gap in self._best(name, form, others, mine, outer)]
        told = any(gap.kind not in (*ASIDE, "overlap") for gap in found)
        refuting = [gap for gap in found if gap.kind not in ASIDE and not (told and gap.kind == "overlap")]
        is_open = len(mine) + len(others) > 2 or any(form.words - STRUCTURE for form in mine)  # for the engine alone
        is_settled = bool(refuting) and is_open and self._is_covered(inner, outer)
        yield from (gap for gap in found if gap.kind in ASIDE or (gap in refuting and not is_settled))

    def _faults(self, bundle: Bundle, parts: tuple[Part, ...]) -> Iterator[str]:
        """Why parts are no JSON Schema; nothing can be said of such."""
        known = self.memory.faults
        for part in flatten(bundle, parts):
            if id(part.schema) not in known:
                fault = fault_at(bundle, part.at, {key: _outline(key, value) for key, value in part.schema.items()})
                known[id(part.schema)] = str(fault or "")
            yield from filter(None, [known[id(part.schema)]])

    def _is_covered(self, inner: tuple[Part, ...], outer: tuple[Part, ...]) -> bool:
        """Whether the engine proves what the ways through the alternatives do not, one by one."""
        one, two = self._whole(self.inner, Conjunction(inner)), self._whole(self.outer, Conjunction(outer))
        return len(one.get("$defs", ())) + len(two.get("$defs", ())) <= _MOST_DEFS and covers(two, one) is True

    def _best(
        self, name: str, form: Conjunction, others: list[Conjunction], mine: list[Conjunction], outer: tuple[Part, ...]
    ) -> tuple[Gap, ...]:
        """The gaps to the form of the other side that is nearest; () if there is one without."""
        found: list[tuple[int, bool, tuple[Gap, ...]]] = []
        fitting: list[Conjunction] = []
        for number, other in enumerate(others):
            types = other.types()
            if name in types or (name == "integer" and "number" in types) or (name == "number" and "integer" in types):
                gaps = tuple(self._typed(name, form, other))
                blocking = [gap for gap in gaps if gap.kind not in ASIDE]
                if not blocking and self._is_alone(form, other, others, mine):
                    return gaps if mine.index(form) == number else ()
                fitting += [] if blocking else [other]
                is_namesake = bool(form.names) and form.names == other.names
                is_elsewhere = [part.at for part in form.parts[:1]] != [part.at for part in other.parts[:1]]
                distance = 0 if is_namesake else len(blocking) + 3 * self._is_foreign(form, other)
                found.append((distance, is_elsewhere, gaps))
        nearest = min(found, key=lambda one: one[:2], default=(9, True, ()))
        if fitting:  # of a `oneOf`: what is meant is the alternative of the same name
            return (nearest[2] if nearest[0] == 0 else ()) or self._overlap(form, fitting[0], outer)
        rivals, siblings = ([one for one in several if name in one.types()] for several in (others, mine))
        is_own = len(siblings) > 1 and bool(rivals) and all(self._is_foreign(form, one) for one in rivals)
        if found and not is_own and (len(others) == 1 or nearest[0] < 3 or len(found) == 1):
            return nearest[2]
        checks = [self._check(self.inner, form), self._check(self.outer, Conjunction(outer))] if self.texts else []
        if checks and are_texts_taken(name, form, others, *checks):
            return ()
        its = ", ".join(sorted({described(one) for one in others})) or "nothing"
        detail = self.contrast("the type", described(form), its)
        if its == described(form) or is_own:
            tags = ", ".join(f"{json.dumps(key)}: {listed(each)}" for key, each in self._tags(form).items())
            its = f"{name} ({tags})" if tags else its
            detail = f"a kind of {its} {'may come that was not known' if self.response else 'is not taken any more'}"
        # the first of the gaps of all types, which are told as one, has to prove it
        every = [{**form.schema, "type": one} for one in (name, *sorted(form.types() - {name}))]
        values = lambda: chain(form.each("maximum"), *(made(self.inner, one) for one in every))  # noqa: E731
        kind, at = "enum" if found and form.constants() is not None else "type", outer[0].at if outer else ()
        return (Gap(kind, form.parts[0].at, at, detail, values),)

    def _is_foreign(self, form: Conjunction, other: Conjunction) -> bool:
        """Whether two alternatives of objects are told apart by a constant, so that they are not meant for each other."""
        mine, its = self._tags(form), self._tags(other)
        return any(set(map(repr, mine[name])).isdisjoint(map(repr, its[name])) for name in mine.keys() & its)

    def _tags(self, form: Conjunction) -> dict[str, list[Any]]:
        """The required properties that have only listed values, with these."""
        required = ((name, parts) for name, parts in form.properties.items() if name in form.required)
        listed = {name: Conjunction(parts).constants() for name, parts in required}
        return {name: values for name, values in listed.items() if values is not None}

    def _is_alone(
        self, form: Conjunction, other: Conjunction, others: list[Conjunction], mine: list[Conjunction]
    ) -> bool:
        """Whether a value of the form meets no second alternative of a `oneOf`, which would refuse it."""
        if not other.exclusive:
            return True
        types = form.types()
        rivals = [one for one in others if one is not other and one.exclusive and common_types(one.types(), types)]
        own = [one for one in mine if one is not form and one.exclusive]
        return all(self._is_foreign(form, rival) or self._excludes(form, rival.taken, own) for rival in rivals)

    def _excludes(self, form: Conjunction, taken: Part, own: list[Conjunction]) -> bool:
        """Whether no value of the form meets an alternative: it is one of those that this side excludes, or the engine says so."""
        parts = flatten(self.outer, (taken,))
        both = {"allOf": [self._whole(self.inner, form), dict(taken.schema)]}
        return any(self._agree(one.parts, parts) for one in own) or covers({"not": {}}, both) is True

    def _overlap(self, form: Conjunction, other: Conjunction, outer: tuple[Part, ...]) -> tuple[Gap, ...]:
        detail = "a value may conform to several of the alternatives, of which one is allowed"
        return (Gap("overlap", form.parts[0].at, outer[0].at, detail, lambda: self._any(form, other)),)

    def _typed(self, name: str, form: Conjunction, other: Conjunction) -> Iterator[Gap]:
        if next(self.steps, None) is None or next(self.memory.steps, None) is None:
            raise RecursionError("too many pairs of alternatives")
        constants = form.constants()
        if constants is not None:
            yield from self._constants([one for one in constants if type_of(one) == name], form, other)
            return
        of_type = {"object": self._object, "array": self._array}.get(name) or partial(self._scalar, name)
        yield from (found := list(of_type(form, other)))
        told = {"unevaluatedProperties"} if any(gap.kind in ("undeclared", "closed") for gap in found) else set[str]()
        if open_keywords := [key for key in self._unproved(name, form, other) if key not in told]:
            yield from self._by_engine(name, form, other, open_keywords)

    def _constants(self, values: list[Any], form: Conjunction, other: Conjunction) -> Iterator[Gap]:
        made, accepts = self._check(self.inner, form), self._check(self.outer, other)
        refused = [value for value in values if made(value) and not accepts(value)]
        if refused:
            kind = "enum" if other.constants() is not None else "value"
            shown = ", ".join(json.dumps(value, ensure_ascii=False) for value in refused[:5])
            detail = f"{shown} may come, and was not known" if self.response else f"{shown} is not taken any more"
            yield Gap(kind, form.at("enum"), other.at("enum", "const"), detail, lambda: refused)

    def _scalar(self, name: str, form: Conjunction, other: Conjunction) -> Iterator[Gap]:
        content = form.below("contentSchema") or _anything(form), other.below("contentSchema")
        if content[1] and self.compare(flatten(self.inner, content[0]), flatten(self.outer, content[1])):
            detail = self.contrast("contentSchema", *(listed(one.each("contentSchema")) for one in (form, other)))
            yield Gap("value", form.parts[0].at, content[1][0].at, detail, lambda: ())
        mine, its = leaf(form, name), leaf(other, name)
        if its == mine or is_covered(mine, its := within(partial(self._check, self.inner, form), its)):
            return
        keywords = [key for part in other.parts for key in part.schema if key in SCALAR - {"type", "x-text-pattern"}]
        changed = [key for key in dict.fromkeys(keywords) if form.each(key) != other.each(key)]
        told = [self.contrast(key, listed(form.each(key)), listed(other.each(key))) for key in changed]
        detail = ", ".join(told) or self.contrast("the type", described(form), described(other))
        kind, at = "value" if told else "type", other.at(*changed)
        yield Gap(kind, form.parts[0].at, at, detail, lambda: leaf_values(self.inner, mine, its))

    def _object(self, form: Conjunction, other: Conjunction) -> Iterator[Gap]:
        mine, its = form.properties, other.properties
        for name in sorted(other.required.keys() - form.required.keys()):
            yield self._required(name, form, other)
        unsent = "writeOnly" if self.response else "readOnly"
        told = {name: parts for name, parts in mine.items() if name not in its or not self._agree(parts, its[name])}
        for name, parts in told.items():
            if True in Conjunction(flatten(self.inner, parts)).each(unsent):
                yield from self._unsent(name, parts[0].at, other, "writeOnly now")
                continue
            if name in its and not forms(self.outer, its[name]) and forms(self.inner, parts):
                detail = f'"{name}" {"may come, and was not allowed" if self.response else "is not allowed any more"}'
                values = partial(self._having, name, form, parts)
                yield Gap("undeclared", parts[0].at, its[name][-1].at, detail, values)
            elif name in its:
                yield from self._below(Step("property", name, form), parts, its[name])
                asides = self._default(name, form, parts, its[name])
                yield from (gap for gap in asides if gap.kind != "default" or name not in other.required)
            elif not other.each("patternProperties"):  # which the engine is asked about
                yield from self._undeclared(name, form, other, parts)
        yield from chain.from_iterable(self._unnamed(name, form, other) for name in its if name not in mine)
        yield from self._others(form, other)
        yield from self._by_pattern(form, other)

    def _required(self, name: str, form: Conjunction, other: Conjunction) -> Gap:
        mine, its = form.properties, other.properties
        place = other.required[name]
        request = "is required" if name in mine else "is new, and required"
        response = "is not required any more" if name in mine else "is gone, and was required"
        detail = f'"{name}" {response if self.response else request}'
        inner, outer = mine.get(name, form.parts)[0].at, its[name][0].at if name in its else place
        return Gap("required", inner, outer, detail, lambda: self._lacking(form, name))

    def _unsent(self, name: str, at: Tokens, other: Conjunction, how: str) -> Iterator[Gap]:
        """An optional property of a response that is not sent any more."""
        its = other.properties.get(name, ())
        was_sent = True not in Conjunction(flatten(self.outer, its)).each("writeOnly")
        if self.response and its and was_sent and name not in other.required:
            yield Gap("withdrawn", at, its[0].at, f'"{name}" is {how}', lambda: ())

    def _below(self, step: Step, inner: tuple[Part, ...], outer: tuple[Part, ...]) -> Iterator[Gap]:
        found = self.compare(flatten(self.inner, inner), flatten(self.outer, outer))
        return (replace(gap, path=(step, *gap.path)) for gap in found)

    def _default(self, name: str, form: Conjunction, inner: tuple[Part, ...], outer: tuple[Part, ...]) -> Iterator[Gap]:
        """What a property has of other annotations that count."""
        mine, its = Conjunction(flatten(self.inner, inner)), Conjunction(flatten(self.outer, outer))
        one, other = mine.each("default"), its.each("default")
        if one and not equal(one, other) and name not in form.required:
            was, now = (json.dumps(each[:1], ensure_ascii=False, default=str)[1:-1] for each in (one, other))
            detail = f'the default of "{name}" was {was} and {f"is {now}" if now else "is gone"}'
            yield Gap("default", inner[0].at, outer[0].at, detail, lambda: self._lacking(form, name))
        if not self.response and True in its.each("readOnly") and True not in mine.each("readOnly"):
            yield Gap("ignored", inner[0].at, outer[0].at, f'"{name}" is readOnly now', lambda: ())

    def _by_pattern(self, form: Conjunction, other: Conjunction) -> Iterator[Gap]:
        """Properties that both sides describe by the same pattern of their names."""
        mine, its = form.patterns(), other.patterns()
        for pattern in (pattern for pattern in its if pattern in mine):
            name = next(iter(matching_texts(pattern)), "")
            yield from self._below(Step("property", name, form), mine[pattern], its[pattern])

    def _undeclared(self, name: str, form: Conjunction, other: Conjunction, parts: tuple[Part, ...]) -> Iterator[Gap]:
        values = partial(self._having, name, form, parts)
        if other.is_closed:
            words = ("additionalProperties", "unevaluatedProperties")
            place = next(p.at for p in other.parts if any(p.schema.get(word) is False for word in words))
            request, response = "is gone, and no other property is", "is new, where no other property was"
            detail = f'"{name}" {response if self.response else request} allowed'
            yield Gap("undeclared", parts[0].at, place, detail, values)
        elif other.rest:
            yield from self._below(Step("property", name, form), parts, other.rest)
        elif name in conditional(self.outer, other) or not forms(self.inner, parts):
            return
        elif self.response and self.strict:
            yield Gap("added", parts[0].at, other.parts[0].at, f'"{name}" is new in an open object', values)
        else:
            yield Gap("ignored", parts[0].at, other.parts[0].at, f'"{name}" is not declared any more', values)

    def _unnamed(self, name: str, form: Conjunction, other: Conjunction) -> Iterator[Gap]:
        """A property that only the other side declares: it may be sent where this side describes all names, or leaves them open."""
        rest = form.below("additionalProperties")
        if form.each("patternProperties"):
            return
        closed = False in form.each("additionalProperties") or form.each("unevaluatedProperties")
        if not closed and (any(part.schema for part in rest) or self.strict or name in form.required):
            yield from self._below(Step("property", name, form), rest or _anything(form), other.properties[name])
        elif name not in conditional(self.inner, form):
            yield from self._unsent(name, form.parts[0].at, other, "gone")

    def _others(self, form: Conjunction, other: Conjunction) -> Iterator[Gap]:
        """Names that neither side declares, where this side says that it takes any, is a map, or with `strict` is open. Of another
        open object few send such names, so that it is a warning if the other side takes none."""
        rest, its = form.below("additionalProperties"), other.rest
        if False in form.each("additionalProperties") or form.each("unevaluatedProperties") or not its:
            return
        detail = "may come, and none did" if self.response else "are not taken any more"
        gap = Gap("closed", form.parts[0].at, its[0].at, f"properties that are not declared {detail}", lambda: ())
        is_sent = rest or not form.properties or self.strict
        if other.is_closed and is_sent:
            yield replace(gap, kind="undeclared", candidates=lambda: self._with_more(form, rest))
        elif is_sent:
            yield from self._below(Step("property", "", form), rest or _anything(form), its)
        elif other.is_closed:
            yield gap

    def _array(self, form: Conjunction, other: Conjunction) -> Iterator[Gap]:
        """Items by their place as far as either side tells them apart, and all others."""
        apart = max(form.prefix_length, other.prefix_length)
        for index in range(apart + 1):
            name = str(index) if apart else ""
            if its := other.items(index):
                yield from self._below(Step("item", name, form), form.items(index) or _anything(form), its)

    def _unproved(self, name: str, form: Conjunction, other: Conjunction) -> list[str]:
        """The keywords of the other side that nothing on this side implies."""
        return [
            key
            for part in other.parts
            for key, value in part.schema.items()
            if not (key in STRUCTURE or key.startswith("x-") or id(value) in other.chosen or irrelevant(key, name))
            and not self._is_implied(key, part, form)
        ]

    def _is_implied(self, key: str, part: Part, form: Conjunction) -> bool:
        value = part.schema[key]
        stated = form.each(key) if key != "contains" or 0 not in form.each("minContains") else []
        if any(self.same.holds(one, value) for one in stated):
            return True
        if key == "contains" and stated and "maxContains" not in part.schema:
            its = flatten(self.outer, Conjunction((part,)).below(key))
            return any(not self.compare(flatten(self.inner, (one,)), its) for one in form.below(key))
        if key in _LEAST:
            return any(one >= value for one in stated)
        if key in _MOST:
            return any(one <= value for one in stated)
        if key == "patternProperties" and isinstance(value, Mapping):
            known = {pattern for rules in stated for pattern in rules}
            return value.keys() <= known and not form.properties
        return key in ("unevaluatedProperties", "unevaluatedItems") and value in (True, {})

    def _by_engine(self, name: str, form: Conjunction, other: Conjunction, keywords: list[str]) -> Iterator[Gap]:
        one, two = {**self._whole(self.inner, form), "type": name}, self._whole(self.outer, other)
        if covers(two, one) is not True:
            named, first = ", ".join(dict.fromkeys(keywords)), keywords[0]
            detail = self.contrast(named, listed(form.each(first)), listed(other.each(first)[:1]))
            yield Gap("value", form.parts[0].at, other.at(first), detail, lambda: self._any(form, other))

    def _whole(self, bundle: Bundle, form: Conjunction) -> dict[str, Any]:
        """A form as a schema of its own; names of the two sides are kept apart only where both are put into one."""
        return bundle.part(part.schema for part in form.parts).schema

    def _check(self, bundle: Bundle, form: Conjunction) -> Callable[[Any], bool]:
        key = (id(bundle), *(id(part.schema) for part in form.parts))
        if key not in self.checks:
            self.memory.kept.append(form)
            try:
                self.checks[key] = compile_schema(replace(bundle, schema=self._whole(bundle, form))).is_certain
            except ContractError:
                self.checks[key] = lambda value: True
        return self.checks[key]

    def objects(self, form: Conjunction, most: int = MOST_MADE) -> list[Any]:
        """Objects that meet a form, which are made once."""
        key = (id(form), "object", str(most))
        if key not in self.memory.bases:
            self.memory.kept.append(form)
            self.memory.bases[key] = made(self.inner, {**form.schema, "type": "object"}, most)
        return self.memory.bases[key]

    def _lacking(self, form: Conjunction, name: str) -> Iterator[Any]:
        return ({key: one for key, one in value.items() if key != name} for value in self.objects(form))

    def _having(self, name: str, form: Conjunction, parts: tuple[Part, ...]) -> Iterator[Any]:
        pairs = product(made(self.inner, Conjunction(parts).schema, 3), self.objects(form, 1))
        yield from ({**base, name: value} for value, base in pairs)
        yield from made(self.inner, {"allOf": [*form.schema["allOf"], {"required": [name]}], "type": "object"})

    def _with_more(
        self, form: Conjunction, rest: tuple[Part, ...], names: Sequence[str] = ("anyName",)
    ) -> Iterator[Any]:
        """Objects with a property that nobody declared."""
        values = [*(one for part in rest for one in made(self.inner, part.schema, 3)), "a", 1]
        return ({**base, name: value} for base in self.objects(form) for name, value in product(names, values))

    def _names(self, form: Conjunction, other: Conjunction) -> Iterator[str]:
        """Names of properties that this side takes, and the other one refuses."""
        sides = ((self.inner, form), (self.outer, other))
        mine, its = (Conjunction(flatten(one, side.below("propertyNames") or _anything(side))) for one, side in sides)
        takes, accepts = self._check(self.inner, mine), self._check(self.outer, its)
        wholes = self._whole(self.inner, mine), self._whole(self.outer, its)
        texts = chain(leaf_values(self.inner, leaf(mine, "string"), leaf(its, "string")), apart(self.inner, *wholes))
        return (one for one in texts if isinstance(one, str) and takes(one) and not accepts(one))

    def _any(self, form: Conjunction, other: Conjunction) -> Iterator[Any]:
        one, two = self._whole(self.inner, form), self._whole(self.outer, other)
        yield from made(self.inner, form.schema)
        names = islice(self._names(form, other), 3) if "propertyNames" in other.words else ()
        yield from self._with_more(form, form.rest, ["anyName", *names]) if "object" in form.types() else ()
        yield from (value for schema in beyond(form.schema, other.schema) for value in made(self.inner, schema, 2))
        if len(one.get("$defs", ())) + len(two.get("$defs", ())) <= _MOST_DEFS:
            yield from apart(self.inner, one, two)


def _few(gaps: Iterable[Gap]) -> Iterator[Gap]:
    """The gaps, and of one to which many ways lead the first ones by each property."""
    ways = Counter[Any]()
    for gap in gaps:
        ways.update([way := (gap.kind, gap.inner, gap.outer, gap.detail, *(step.name for step in gap.path[:1]))])
        yield from [gap] if ways[way] <= _MOST_WAYS else []


def _outline(keyword: str, value: Any) -> Any:
    """A keyword's value without the schemas in it that are compared by themselves."""
    if keyword in ("properties", "patternProperties") and isinstance(value, Mapping):
        return {name: True if isinstance(one, Mapping) else one for name, one in value.items()}
    return True if keyword in ("items", "additionalProperties") and isinstance(value, Mapping) else value


def _anything(form: Conjunction) -> tuple[Part, ...]:
    """What a form says of a part that it does not describe."""
    return (Part({}, form.parts[0].at),)
