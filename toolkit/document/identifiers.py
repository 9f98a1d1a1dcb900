"""Schemas named by `$id`, `$anchor` and `$dynamicAnchor` (JSON Schema 2020-12, section 8.2), and documents by `$self` (OpenAPI
3.2): where in a file each stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from toolkit.document.pointers import Tokens, child
from toolkit.structs import Frozen, field

DATA_KEYWORDS = frozenset({"example", "examples", "default", "enum", "const"})
_MAPS = frozenset({"properties", "patternProperties", "parameters", "schemas", "responses", "$defs"})  # of names
WORDS = ("$id", "$anchor", "$dynamicAnchor", "$self")


class Identifiers(Frozen):
    """The places in one file: of resources by their absolute URI, of anchors by the URI of their resource and name. `dynamic` holds those
    of the anchors that a `$dynamicRef` may turn to."""

    resources: dict[str, Tokens] = field(default_factory=dict)
    anchors: dict[tuple[str, str], Tokens] = field(default_factory=dict)
    dynamic: dict[tuple[str, str], Tokens] = field(default_factory=dict)


def objects(tree: Any) -> Iterator[tuple[Any, dict[Any, Any]]]:
    """Each object of a tree with its trail (see `unwind`); data (examples, enums) is not looked into."""
    stack: list[tuple[Any, Any]] = [(tree, None)]
    while stack:
        value, trail = stack.pop()
        if isinstance(value, dict):
            yield trail, value
            in_names = trail is not None and trail[1] in _MAPS
            stack.extend(
                (child, (trail, key))
                for key, child in value.items()
                if isinstance(child, (dict, list)) and (in_names or key not in DATA_KEYWORDS)
            )
        elif isinstance(value, list):
            stack.extend((child, (trail, i)) for i, child in enumerate(value) if isinstance(child, (dict, list)))


def unwind(trail: Any) -> Tokens:
    """The tokens of a trail: nested pairs of the trail before and the last key."""
    tokens = []
    while trail is not None:
        trail, token = trail
        tokens.append(str(token))
    return tuple(reversed(tokens))


def identifiers(tree: Any, address: str) -> Identifiers:
    """What is named in the tree of a file whose own URI is `address`. Of several of one name, the first in the file counts."""
    found = Identifiers()
    named = [(unwind(trail), value) for trail, value in objects(tree) if any(word in value for word in WORDS)]
    for tokens, value in sorted(named, key=lambda pair: pair[0]):
        base = base_of(tree, tokens, address)
        is_named = isinstance(value.get("$id"), str) or (not tokens and isinstance(value.get("$self"), str))
        if is_named and base != address:
            found.resources.setdefault(base, tokens)
        for word in ("$anchor", "$dynamicAnchor"):
            if isinstance(value.get(word), str):
                found.anchors.setdefault((base, value[word]), tokens)
                if word == "$dynamicAnchor":
                    found.dynamic.setdefault((base, value[word]), tokens)
    return found


def base_of(tree: Any, tokens: Tokens, address: str) -> str:
    """The URI of the resource that a place belongs to: `$self` of the document, and the `$id`s around the place, resolved one against the other."""
    if isinstance(tree, dict) and isinstance(tree.get("$self"), str):
        address = resolved(address, tree["$self"].partition("#")[0])
    for token in (*tokens, ""):
        if isinstance(tree, dict) and isinstance(tree.get("$id"), str):
            address = resolved(address, tree["$id"].partition("#")[0])
        tree = child(tree, token)
    return address


def resolved(base: str, reference: str) -> str:
    """A URI reference resolved against a base (RFC 3986, section 5); as it stands where it is none."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference
