"""JSON values validated by JSON Schema 2020-12: `is_valid` first, and only where it says no, an explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

from toolkit.document.files import Files, Node, PartUnusable
from toolkit.document.pointers import Tokens, part_at
from toolkit.schema.bundle import Bundle, Dialect, bundle, definitions_in, places_in
from toolkit.schema.discriminator import with_names_kept
from toolkit.schema.explain import MAX_ERRORS, explain
from toolkit.schema.formats import patterns_in, with_patterns
from toolkit.schema.messages import TYPES, SchemaError, clipped, misspelt_once
from toolkit.schema.messages import shown as shown  # what others show values by
from toolkit.schema.parts import Parts, validator_of
from toolkit.schema.patterns import NEVER, engine, readable
from toolkit.structs import Frozen, Mutable, field, replace


class JsonSchema(Frozen, eq=False, dict=True):
    """A compiled bundle. `ignored` are the patterns that cannot be read: `is_valid` says whether a value may be valid, and `is_certain`
    whether it is, whatever they mean."""

    parts: Parts
    is_valid: Callable[[Any], bool]
    is_certain: Callable[[Any], bool]
    ignored: tuple[str, ...] = ()

    @property
    def bundle(self) -> Bundle:
        return self.parts.bundle

    @property
    def schema(self) -> dict[str, Any]:
        return self.parts.schema

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
        for error in explain(self.parts, value, size):
            if (said := (error.at, error.rule, error.message)) not in found:
                found.add(said)
                yield error
            if len(found) >= MAX_ERRORS:
                return

    def faults(
        self, value: Any, size: int | None = None, *, is_refused: bool = False, is_part: bool = False
    ) -> list[SchemaError]:
        """What is wrong with a value, which may be known to be `is_refused`, and where it is another alternative than a discriminator
        names. Of one that `is_part` of another, what is required may be lost. `size`: see `errors`."""
        errors = list(self.errors(value, size)) if is_refused or not self.is_certain(value) else []
        return [*(errors if is_part else misspelt_once(errors)), *self._misnamed(value, {error.at for error in errors})]

    def _misnamed(self, value: Any, broken: set[Tokens]) -> Iterator[SchemaError]:
        """The values that are another alternative than their discriminators name, one error for each, but for those in which
        something is `broken`: of these it is said by the alternative that is named."""
        errors = () if not self.named or self.named.is_certain(value) else self.named.errors(value)
        for at, error in {error.named or error.at: error for error in reversed(list(errors))}.items():
            whole, text = at[:-1] if error.named else at, error.message
            if any(one[: len(whole)] == whole for one in broken):
                continue
            if error.at != at or not error.named:
                is_there = error.named and at[-1] in part_at(value, whole)
                tag = shown(part_at(value, at)) if is_there else "`defaultMapping`" if error.named else "it"
                text = f"the value is another alternative than {tag} names: by that one, {text}"
                at = at if is_there else whole
            yield SchemaError("discriminator-mismatch", text, at, error.place)

    @cached_property
    def named(self) -> JsonSchema | None:
        """The same schema, which refuses a value too that is another alternative than its discriminator names; None where no
        discriminator says anything clear."""
        made = with_names_kept(self.bundle.schema, self.bundle.places)
        return compile_schema(replace(self.bundle, schema=made)) if made else None

    def alternatives(self, place: Tokens) -> list[JsonSchema]:
        """The alternatives that stand at a place of the bundle, each as a schema of its own; none where none stand there."""
        listed = part_at(self.bundle.schema, place) if place[-1:] in (("oneOf",), ("anyOf",)) else None
        made = lambda: [compile_schema(self.bundle.part([one])) for one in listed or ()]  # noqa: E731
        return self.parts.once(("alternatives", place), made)  # type: ignore[no-any-return]

    def location(self, place: Tokens) -> str:
        """The place in the contract."""
        return str(self.parts.once((self.bundle.root.key, place), lambda: self.bundle.node(place).location))


def _place_of(pattern: str, schema: Any) -> Tokens:
    """The first place of a pattern in a schema; () where there is none."""
    for place, one in places_in(schema):
        if one.get("pattern") == pattern:
            return (*place, "pattern")
        if pattern in one.get("patternProperties", ()):
            return (*place, "patternProperties", pattern)
    return ()


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
        is_valid = is_certain = always = validator_of(schema).is_valid
        if ignored:  # by what a value is if the patterns match, and if not (as in `not`)
            never = validator_of(with_patterns(bundle.schema, made, NEVER)).is_valid
            is_valid = lambda value: always(value) or never(value)  # noqa: E731
            is_certain = lambda value: always(value) and never(value)  # noqa: E731
    except (engine().ValidationError, engine().ReferencingError, ValueError, RecursionError) as error:
        raise unusable(bundle, (), error) from None
    written = {found: pattern for pattern, found in made.items() if found is not None}
    return JsonSchema(Parts(bundle, schema, written), is_valid, is_certain, ignored)


class Usable(Mutable):
    """Tells which bundles are JSON Schemas: each schema once, and each definition that several refer to."""

    texts: set[str] = field(default_factory=set)
    known: set[int] = field(default_factory=set)

    def check(self, bundle: Bundle) -> Bundle:
        """The bundle. Raises SchemaUnusable where it is no JSON Schema."""
        parts = bundle.schema.get("$defs", {})
        new = {name: one for name, one in parts.items() if id(one) not in self.known}
        rest = {**bundle.schema, "$defs": new}
        rest["$defs"] = {**dict.fromkeys(definitions_in(rest) & parts.keys(), True), **new}
        if (text := repr(rest)) not in self.texts:
            compile_schema(replace(bundle, schema=rest))
            self.texts.add(text)
            self.known.update(map(id, new.values()))
        return bundle


def fault_at(bundle: Bundle, at: Tokens, schema: Mapping[str, Any]) -> SchemaUnusable | None:
    """Why a part of a bundle is no JSON Schema, without what its references lead to; None if it is one."""
    try:
        engine().meta.validate({key: value for key, value in schema.items() if key not in ("$schema", "$defs")})
    except engine().ValidationError as error:
        return unusable(bundle, at, error)
    return None


def unusable(bundle: Bundle, at: Tokens, error: Any) -> SchemaUnusable:
    """What an error of the engine says of a part of a bundle, at its place in the contract."""
    path, reason = refused(error)
    node = bundle.node((*at, *path))
    if isinstance(node.value, float) and not isfinite(node.value):
        reason = "the number is beyond the range of doubles (1.8e308), so it cannot be read; leave it out"
    return SchemaUnusable(f"{node.location}: {reason}", node)


def refused(error: Any) -> tuple[Tokens, str]:
    """Where a schema is no JSON Schema, and why, with the cure, by an error of the engine."""
    path = tuple(str(token) for token in getattr(error, "instance_path", ()))
    reason, cure = clipped(str(error).partition("\n")[0]), "correct the schema"
    if path[-1:] == ("type",) or (path[-2:-1] == ("type",) and path[-1].isdecimal()):
        reason, cure = f"{shown(error.instance)} is no type", f"write one of {', '.join(map(shown, TYPES))}"
    return path, f"not a valid JSON Schema: {reason}; {cure}"
