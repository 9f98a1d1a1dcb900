"""Whole values that prove a gap: made from the candidates of its place, and confirmed by both schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from toolkit.client.making import validity
from toolkit.review.inclusion import ASIDE, STRUCTURE, Comparison, Gap, Step
from toolkit.review.samples import made
from toolkit.review.scalars import MOST_CANDIDATES
from toolkit.schema.bundle import Bundle
from toolkit.schema.judge import compile_schema


def witnesses(comparison: Comparison, gap: Gap) -> Iterator[Any]:
    """Values of the whole that the inner schema has and the outer one refuses, made from the candidates of a gap; that both have
    where it refuses none."""
    accepts, known, is_aside = validity(comparison.inner), _certainty(comparison.outer), gap.kind in ASIDE
    for candidate in islice(gap.candidates(), MOST_CANDIDATES):
        value = _lifted(comparison, gap.path, candidate)
        if value is not _NONE and accepts(value) and known(value) == is_aside:
            yield value


@lru_cache(maxsize=64)
def _certainty(bundle: Bundle) -> Callable[[Any], bool]:
    return compile_schema(bundle).is_certain


def _bases(comparison: Comparison, step: Step) -> list[Any]:
    """A value to put another one into; [] where none can be made. Where no property depends on others, one does for all."""
    if step.kind == "property" and step.form.words <= STRUCTURE:
        is_free = not step.form.required and step.form.constants() is None
        return [{}] if is_free else comparison.objects(step.form, 1)
    key = (id(step.form), step.kind, step.name)
    bases = comparison.memory.bases
    if key not in bases:
        kind = {"type": "array" if step.kind == "item" else "object"}
        wanted: list[dict[str, Any]] = [{"required": [step.name]}] if step.name else []
        if step.kind == "item":
            wanted = [{"minItems": int(step.name or 0) + 1}]
        whole = {"allOf": [*step.form.schema["allOf"], *wanted], **kind}
        bases[key] = made(comparison.inner, whole, 1) or made(comparison.inner, {**step.form.schema, **kind}, 1)
    return bases[key]


_NONE = object()


def _lifted(comparison: Comparison, path: tuple[Step, ...], value: Any) -> Any:
    """A value of the whole that has this one at the path; _NONE where none can be made."""
    for step in reversed(path):
        name = step.name or "anyName"
        bases = _bases(comparison, step)
        if step.kind == "item":
            index = int(step.name or 0)
            base = bases[0] if bases else []
            if len(base) < index:
                return _NONE
            value = [*base[:index], value, *base[index + 1 :]]
            continue
        if not bases and step.form.required.keys() - {name}:
            return _NONE
        value = {**(bases[0] if bases else {}), name: value}
    return value
