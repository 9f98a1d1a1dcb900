"""The alternative that a `discriminator` names (OpenAPI, Discriminator Object): it never decides what is valid, but messages
speak of it, and a value that is another alternative than it names is a warning."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from toolkit.document.files import Node
from toolkit.document.pointers import Tokens, array_at, as_object, object_at, part_at, pointer_tokens
from toolkit.schema.bundle import followed, objects_in
from toolkit.structs import Frozen

_MOST_LEVELS = 8  # of parents that are searched for a discriminator
_GROUPS = ("oneOf", "anyOf")


def tags_of(schema: Any, place: Tokens) -> tuple[Tokens, dict[str, list[Any]]]:
    """The place that an alternative refers to, and its properties of one value, which tell it from others."""
    rules = part_at(schema, place)
    for _ in range(32):
        if not isinstance(rules, dict) or not isinstance(rules.get("$ref"), str):
            break
        place = pointer_tokens(rules["$ref"])
        rules = part_at(schema, place)
    return place, {name: values for name, values in _stated(rules, schema, 0).items() if len(values) == 1}


class Named(Frozen, dict=True):
    """What a discriminator says: the `name` of the property that tells the alternatives apart, the place of each alternative that is a
    component by the component's name, what `mapping` says, and the component that `defaultMapping` (OpenAPI 3.2) names."""

    name: str
    components: Mapping[str, Tokens]
    mapping: Mapping[str, str]
    default: str

    @cached_property
    def by_tag(self) -> dict[str, list[Tokens]]:
        """The alternatives by the values of the property."""
        found = {tag: [self.components[end]] for tag, end in self.mapping.items() if end in self.components}
        told = {places[0] for places in found.values()}
        rest = {own: [place] for own, place in self.components.items() if place not in told}
        return {**rest, **found}

    def of(self, value: Any) -> str:
        """The property's value; '' where a value has none that is a string."""
        tag = as_object(value).get(self.name)
        return tag if isinstance(tag, str) else ""


def named_alternatives(
    schema: Mapping[str, Any], nodes: Mapping[str, Node], rules: Any, places: list[Tokens]
) -> Named | None:
    """What a discriminator beside the alternatives, or in the parent of each, says of them; None where there is none."""
    told = _discriminator(schema, rules, places)
    if not isinstance(told.get("propertyName"), str):
        return None
    components: dict[str, Tokens] = {}
    for place in places:
        reference = as_object(part_at(schema, place)).get("$ref")
        node = nodes.get(pointer_tokens(reference)[-1]) if isinstance(reference, str) else None
        if node is not None:
            components[node.tokens[-1] if node.tokens else node.path.name] = place
    mapping = {str(tag): _end(name) for tag, name in object_at(told, "mapping").items()}
    return Named(told["propertyName"], components, mapping, _end(told.get("defaultMapping", "")))


def _end(reference: Any) -> str:
    return (pointer_tokens(str(reference)) or (str(reference),))[-1]


def _discriminator(schema: Mapping[str, Any], rules: Any, places: list[Tokens]) -> Mapping[str, Any]:
    """The discriminator beside the alternatives, else the one that they all inherit by `allOf`; {} where there is none."""
    if isinstance(rules.get("discriminator"), dict):
        return rules["discriminator"]  # type: ignore[no-any-return]
    inherited = [_inherited(schema, part_at(schema, place), 0) for place in places]
    names = {str(one.get("propertyName")) for one in inherited}
    return inherited[0] if len(names) == 1 and inherited[0] else {}


def _inherited(schema: Mapping[str, Any], part: Any, level: int) -> Mapping[str, Any]:
    if not isinstance(part, dict) or level > _MOST_LEVELS:
        return {}
    if isinstance(part.get("discriminator"), dict):
        return part["discriminator"]  # type: ignore[no-any-return]
    parents = [part_at(schema, pointer_tokens(part["$ref"]))] if isinstance(part.get("$ref"), str) else []
    found = (_inherited(schema, parent, level + 1) for parent in (*parents, *part.get("allOf", ())))
    return next(filter(None, found), {})


def with_names_kept(schema: dict[str, Any], nodes: Mapping[str, Node]) -> dict[str, Any] | None:
    """The schema in which each alternative takes only values whose discriminator does not name another one, as far as the
    contract is clear about it (OpenAPI 3.1.1, Discriminator Object: else "validation SHOULD fail"). None where it is the same.

    An alternative is named by its component, by `mapping`, and by a property that has one value only; one that stands inline
    has no name, and one that is a choice itself may be meant by the names of what it chooses from.
    """
    if not any("discriminator" in part for part in objects_in(schema)):
        return None
    made: dict[str, Any] = _with_names_kept(schema, schema, nodes, ())
    return made if made != schema else None


def _with_names_kept(part: Any, root: dict[str, Any], nodes: Mapping[str, Node], place: Tokens) -> Any:
    held = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    inner = {key: _with_names_kept(one, root, nodes, (*place, str(key))) for key, one in held}
    if isinstance(part, list):
        return list(inner.values())
    for group in _GROUPS if isinstance(part, dict) else ():
        places = [(*place, group, str(index)) for index in range(len(array_at(part, group)))]
        named = named_alternatives(root, nodes, part, places) if len(places) > 1 else None
        if named:
            guards = [_guard(root, named, one) for one in places]
            pairs = zip(inner[group], guards, strict=True)
            inner[group] = [{**one, "allOf": [*one.get("allOf", ()), guard]} if guard else one for one, guard in pairs]
    return inner if isinstance(part, dict) else part


def _guard(root: dict[str, Any], named: Named, place: Tokens) -> dict[str, Any] | None:
    """A schema of the values that a discriminator allows for an alternative; None where it says nothing clear of it, or nothing
    that the alternative does not say itself."""
    own = [name for name, one in named.components.items() if one == place]
    target, _ = tags_of(root, place)
    rules = part_at(root, target)
    if not own or not isinstance(rules, dict) or any(group in rules for group in _GROUPS):
        return None
    others = {tag for tag, places in named.by_tag.items() if place not in places}
    stated = _stated(rules, root, 0).get(named.name, [])
    allowed = [tag for tag in (*named.mapping, *own, *stated) if tag not in others]
    if stated and others.isdisjoint(stated):
        return None  # its own schema takes no other
    rule = {"not": {"enum": sorted(others)}} if named.default in own else {"enum": allowed}
    has_default = named.default in named.components and named.default not in own
    return {
        "properties": {named.name: {"anyOf": [{"not": {"type": "string"}}, rule]}},
        **({"anyOf": [{"not": {"type": "object"}}, {"required": [named.name]}]} if has_default else {}),
    }


def _stated(rules: Any, root: dict[str, Any], level: int) -> dict[str, list[Any]]:
    """The values of each property that a schema lists, or one that it includes by `allOf`."""
    own = object_at(rules, "properties").items()
    found = {name: _listed(as_object(rule)) or _listed(followed(rule, root)) for name, rule in own}
    for part in array_at(rules, "allOf") if level < _MOST_LEVELS else ():
        for name, values in _stated(followed(part, root), root, level + 1).items():
            found[name] = found.get(name) or values
    return found


def _listed(rule: dict[str, Any]) -> list[Any]:
    own = [rule["const"]] if "const" in rule else array_at(rule, "enum")
    return own or next(filter(None, map(_listed, map(as_object, array_at(rule, "allOf")))), [])
