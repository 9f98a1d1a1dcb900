"""What has to go with keywords of schemas that are left out, so that a copy never refuses what the contract takes."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

from toolkit.document.names import leading_to
from toolkit.document.pointers import Tokens, object_at, unescape
from toolkit.export.grammar import rewrite, walk

CONDITIONS = ("if", "then", "else", "dependentRequired", "dependentSchemas")
ROOT = ""
"""The name among the components of a schema that `#` refers to."""
_REFERENCE = re.compile(r"#(?:$|/(?:components/schemas|\$defs)/([^/]*))")


def loosened(document: dict[str, Any], lost: Collection[str]) -> tuple[dict[str, Any], list[tuple[Tokens, str]]]:
    """The document before keywords are left out of its schemas: without a `not`, an `if` and a `maxContains` around one of them, nor an
    `unevaluatedProperties` that it belongs to, and with `anyOf` for a `oneOf` around one. And the places that were changed, each with its keyword."""
    schemas = object_at(object_at(document, "components"), "schemas")
    parts = {name: _found(schema, lost) for name, schema in schemas.items()}
    own = (name for name, (has, _) in parts.items() if has)
    lossy = leading_to(own, {name: referred for name, (_, referred) in parts.items()})
    changed: list[tuple[Tokens, str]] = []

    def is_lossy(value: Any) -> bool:
        has, referred = _found(value, lost)
        return has or not referred.isdisjoint(lossy)

    def visit(kind: str, tokens: Tokens, value: Any) -> Any:
        if kind != "schema" or not isinstance(value, dict):
            return value
        made = dict(value)
        left = [word for word in ("unevaluatedProperties", "unevaluatedItems") if word in made and word not in lost]
        around = {"not": "not", "oneOf": "oneOf", "if": "if", "maxContains": "contains"}
        kept = [(word, inner) for word, inner in around.items() if word not in lost and word in made]
        gone = [word for word, inner in kept if is_lossy({inner: made.get(inner)})]
        for word in [*gone, *(left if left and is_lossy(made) else [])]:
            changed.append((tokens, word))
            listed = made.pop(word)
            for other in ("then", "else") if word == "if" else ():
                made.pop(other, None)
            if word == "oneOf" and "anyOf" in made:
                made["allOf"] = [*(made.get("allOf") or []), {"anyOf": listed}]
            elif word == "oneOf":
                made["anyOf"] = listed
        return made

    return rewrite(document, visit), changed


def _found(value: Any, lost: Collection[str]) -> tuple[bool, set[str]]:
    """Whether a schema has such a keyword anywhere in it, and the components that it refers to."""
    has, referred = False, set[str]()
    for kind, _, one in walk(value, "schema"):
        if kind != "schema" or not isinstance(one, dict):
            continue
        has = has or any(word in one for word in lost)
        if reference := _REFERENCE.match(unquote(str(one.get("$ref", "")))):
            referred.add(unescape(reference[1] or ROOT))
    return has, referred
