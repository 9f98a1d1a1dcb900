"""What a contract marks as secret, by name: credentials of security schemes, and what is `format: password` or `writeOnly`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from toolkit.document.files import Files, Node
from toolkit.document.identifiers import DATA_KEYWORDS, objects
from toolkit.document.pointers import array_at, as_object, object_at, pointer_tokens
from toolkit.errors import ContractError
from toolkit.exchange import Exchange, Headers, Response
from toolkit.secrets.masking import Secrets
from toolkit.secrets.names import is_made_up, plain

_OWNERS = ("properties", "headers", "variables")  # maps of names to what may give an example
_LONGEST = 1_000  # characters of a name; a longer one makes a pattern that the engine refuses


def secrets_of(files: Files) -> Secrets:
    """The secrets of a contract with these files (OpenAPI, Security Scheme, Schema and Parameter Object)."""
    schemas: set[str] = set()  # names of components that are secret wherever they are referred to
    found: set[str] = set()
    references: list[tuple[str, str]] = []
    words: set[str] = set()
    listed: set[str] = set()
    for tree in list(files.trees.values()):
        for trail, value in objects(tree):
            words.update(_words(value))
            allowed = (value.get("const"), *array_at(value, "enum"))  # all that a value may be
            listed.update(one for one in allowed if isinstance(one, str))
            within, own = _last(trail and trail[0]), _last(trail)
            if within == "securitySchemes" and value.get("type") == "apiKey":
                found.add(str(value.get("name", "")))
            owner = str(value["name"]) if _is_parameter(value) else own if within in ("properties", "headers") else ""
            schema = value.get("schema") if _is_parameter(value) or within == "headers" else value
            if isinstance(schema, dict) and (schema.get("format") == "password" or schema.get("writeOnly") is True):
                found.update([owner, str(object_at(schema, "xml").get("name", ""))])
                schemas.update([own] if within == "schemas" else ())
            elif isinstance(schema, dict) and isinstance(schema.get("$ref"), str) and owner:
                references += [(name, owner) for name in pointer_tokens(schema["$ref"])[-1:]]
    found.update(owner for target, owner in references if target in schemas)
    names = frozenset(one for one in map(plain, found) if 0 < len(one) <= _LONGEST)
    return Secrets(names, words=frozenset(words), listed=frozenset(listed))


def stated_secrets(files: Files, secrets: Secrets) -> tuple[str, ...]:
    """The secrets among the examples and defaults of a contract with these files."""
    found: set[str] = set()
    for root in [files.node(path) for path in list(files.trees)]:
        for trail, value in objects(root.value):
            owner = _last(trail) if trail and _last(trail[0]) in _OWNERS else ""
            owner = str(value["name"]) if _is_parameter(value) else owner
            schema = object_at(value, "schema")
            is_named = secrets.is_secret(owner)
            for one in (value, _target(root, value), schema, _target(root, schema)) if is_named else (value,):
                for example in _given(root, one):
                    is_marked = one.get("format") == "password" or one.get("writeOnly") is True
                    found.update(_below("password" if is_marked else owner, example, secrets))
    return tuple(one for one in found - secrets.words if not is_made_up(one))


def _given(root: Node, value: dict[Any, Any]) -> list[Any]:
    """What an object gives as examples and default."""
    listed = value.get("examples")
    if isinstance(listed, dict):
        entries = ({**one, **_target(root, one)} for one in listed.values() if isinstance(one, dict))
        listed = [one.get(word) for one in entries for word in ("value", "dataValue")]
    several = listed if isinstance(listed, list) else []
    return [one for one in (value.get("example"), value.get("default"), *several) if one is not None]


def _target(root: Node, value: dict[Any, Any]) -> dict[Any, Any]:
    """What a `$ref` leads to, one step; {} where there is none."""
    reference = value.get("$ref")
    try:
        return as_object(root.refer(reference).value) if isinstance(reference, str) else {}
    except ContractError:
        return {}


def _below(owner: str, example: Any, secrets: Secrets) -> set[str]:
    """The secrets of an example; a string without an owner is the text of a body."""
    text = example if isinstance(example, str) and not owner else json.dumps({owner: example}, default=str)
    return secrets.values(Exchange(None, Response(200, Headers(), text.encode("utf-8", "replace"))))


def _words(value: dict[Any, Any]) -> Iterator[str]:
    """What an object of a contract says: its keys, and strings; of `example` and the like nothing."""
    for key, held in value.items():
        yield str(key)
        if key not in DATA_KEYWORDS:
            yield from (one for one in (held if isinstance(held, list) else [held]) if isinstance(one, str))


def _last(trail: Any) -> str:
    return str(trail[1]) if trail else ""


def _is_parameter(value: dict[str, Any]) -> bool:
    return isinstance(value.get("name"), str) and value.get("in") in ("query", "header", "path", "cookie")
