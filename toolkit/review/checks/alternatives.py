"""Alternatives of a `oneOf` of which one covers another, so that each value of the other one meets two and is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice
from typing import Any

from toolkit.review.checks.schemas import bundled, whole_shape, without_value
from toolkit.review.survey import Mistake, Site, Survey
from toolkit.schema.algebra import canonical, includes
from toolkit.schema.shape import Shape
from toolkit.wire.json import dump_json

_MOST_COMPARED = 2_000  # pairs of one contract about which the engine is asked
_MOST_ALTERNATIVES = 1_000  # of one schema, which are told apart at first sight
_NULL = canonical({"const": None})
_HINT = "tell them apart by a required property with a `const` of its own"


@dataclass(frozen=True)
class _Option:
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
    for site, pairs in _pairs(survey)[0]:
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
                message = (
                    f"no value is valid by this alternative: each meets alternative {outer + 1} of the `oneOf`, too"
                )
                yield site.mistake(message, f"write `anyOf`, or {_HINT}", "oneOf", inner)


def uncompared(survey: Survey) -> Iterator[Mistake]:
    """Each `oneOf` whose alternatives were not compared, since there are too many."""
    for site in _pairs(survey)[1]:
        yield site.mistake("whether one alternative covers another was not decided: there are too many", _HINT, "oneOf")


def _pairs(survey: Survey) -> tuple[list[tuple[Site, list[tuple[_Option, _Option]]]], list[Site]]:
    """The pairs of alternatives that a value may be both of, by their schema; and the schemas that have too many."""
    if "alternatives" not in survey.known:
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
        survey.known["alternatives"] = compared, others
    return survey.known["alternatives"]  # type: ignore[no-any-return]


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
