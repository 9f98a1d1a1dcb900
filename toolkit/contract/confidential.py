"""What a contract marks as secret, by name: credentials of security schemes, and what is `format: password` or `writeOnly`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.document.files import Files
from toolkit.document.identifiers import DATA_KEYWORDS, objects
from toolkit.document.pointers import array_at, object_at
from toolkit.secrets.masking import Secrets
from toolkit.secrets.names import plain


def secrets_of(files: Files, keep: bool = False) -> Secrets:
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
            owner = str(value["name"]) if _is_parameter(value) else own if within == "properties" else ""
            schema = value.get("schema") if _is_parameter(value) else value
            if isinstance(schema, dict) and (schema.get("format") == "password" or schema.get("writeOnly") is True):
                found.update([owner, str(object_at(schema, "xml").get("name", ""))])
                schemas.update([own] if within == "schemas" else ())
            elif isinstance(schema, dict) and isinstance(schema.get("$ref"), str) and owner:
                references.append((schema["$ref"].rpartition("/")[2], owner))
    found.update(owner for target, owner in references if target in schemas)
    return Secrets(frozenset(filter(None, map(plain, found))), keep, frozenset(words), frozenset(listed))


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
