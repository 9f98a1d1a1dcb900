"""The subschemas of a bundle, each as the engine's validator of it, made when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from toolkit.document.pointers import Tokens, part_at, pointer_text, pointer_tokens
from toolkit.schema.bundle import Bundle, strings_in
from toolkit.schema.discriminator import tags_of
from toolkit.schema.formats import formats_in
from toolkit.schema.patterns import engine
from toolkit.structs import Frozen, field

_MOST_PLAIN = 2_000  # schemas that are looked at
_BUNDLE = "urn:bundle"
_BRANCHING = frozenset({"allOf", "anyOf", "oneOf", "$dynamicRef", "contains", "propertyNames"}) | {
    "unevaluatedProperties", "unevaluatedItems",
}  # fmt: skip


def validator_of(schema: Any, own: dict[str, Any] | None = None, **options: Any) -> Any:
    """The engine's validator of a schema. `own` are the formats of ours that it names, where it refers to others. A format of ours, once
    named to the engine, makes every validation a quarter slower, also where no schema uses it."""
    own = formats_in(schema) if own is None else own
    if own:
        options["formats"] = own
    return engine().validator_for(schema, offline=True, validate_formats=True, **options)


class Parts(Frozen, eq=False):
    """The parts of the `schema` of a bundle, whose patterns the engine can read; `written` gives those as the contract writes them."""

    bundle: Bundle
    schema: dict[str, Any]
    written: Mapping[str, str]
    _made: dict[Any, Any] = field(default_factory=dict)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives, made when first asked for."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def accepts(self, place: Tokens, value: Any) -> bool:
        return bool(self.validator(place).is_valid(value))

    def validator(self, place: Tokens) -> Any:
        return self.once(place, lambda: self._validator(place))

    def _validator(self, place: Tokens) -> Any:
        """One at a time: those of all at once may take gigabytes."""
        if self.is_closed(place):
            return validator_of(part_at(self.schema, place))
        registry = self.once("registry", lambda: engine().Registry([(_BUNDLE, self.schema)]))
        reference = {"$ref": f"{_BUNDLE}#{quote(pointer_text(place), safe='/~')}"}
        own = self.once("formats", lambda: formats_in(self.schema))  # to look for them each time is quadratic
        return validator_of(reference, own, registry=registry)

    def is_closed(self, place: Tokens) -> bool:
        """Whether a subschema refers to no other; the engine names places in it from where it begins."""
        return not self.once(("open", place), lambda: {*strings_in(part_at(self.schema, place), "$ref")})

    def is_plain(self, place: Tokens) -> bool:
        """Whether each value below a place is checked without alternatives."""
        return bool(self.once(("plain", place), lambda: _is_plain(self.schema, place)))

    def tags(self, place: Tokens) -> tuple[Tokens, dict[str, list[Any]]]:
        """The place that an alternative refers to, and its properties of one value."""
        return self.once(("tags", place), lambda: tags_of(self.schema, place))  # type: ignore[no-any-return]


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
        pending += one.get("prefixItems", ())
        pending += (one[key] for key in ("items", "if", "then", "else", "not") if key in one)
        pending.append(one.get("additionalProperties") or True)
        if (target := one.get("$ref")) and target not in met:
            met.add(target)
            pending.append(part_at(schema, pointer_tokens(target)))
    return False
