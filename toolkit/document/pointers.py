"""JSON pointers (RFC 6901) as tuples of tokens."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

Tokens = tuple[str, ...]
ABSENT = object()


def escape(token: str) -> str:
    """One token as it is written in a pointer (RFC 6901, section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """The token that is written like this in a pointer."""
    return token.replace("~1", "/").replace("~0", "~")


def pointer_text(tokens: Tokens) -> str:
    """Tokens as a pointer; '' for none, which is the whole document."""
    return "".join("/" + escape(token) for token in tokens)


@lru_cache(maxsize=4096)
def pointer_tokens(fragment: str) -> Tokens:
    """The tokens of a pointer in a URI's fragment, which may be percent-encoded (RFC 6901, section 6)."""
    return tuple(unescape(token) for token in unquote(fragment).split("/")[1:])


def child(value: Any, token: str) -> Any:
    """The property or item of a value, ABSENT where it has none."""
    if isinstance(value, dict):
        if token in value:
            return value[token]
        return value.get(int(token), ABSENT) if token.isdecimal() else ABSENT  # YAML reads the key 404 as a number
    if isinstance(value, list) and token.isdecimal() and int(token) < len(value):
        return value[int(token)]
    return ABSENT


def part_at(value: Any, tokens: Iterable[str | int]) -> Any:
    """What stands at a place that is there. Raises LookupError."""
    for token in tokens:
        value = value[int(token)] if isinstance(value, list) else value[token]
    return value


def as_object(value: Any) -> dict[Any, Any]:
    """The value if it is an object, else {}: a contract may hold anything anywhere, and is refused elsewhere."""
    return value if isinstance(value, dict) else {}


def as_array(value: Any) -> list[Any]:
    """The value if it is an array, else []."""
    return value if isinstance(value, list) else []


def object_at(value: Any, name: str) -> dict[Any, Any]:
    """The property of an object that should be an object; {} where it is none, or there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def array_at(value: Any, name: str) -> list[Any]:
    """The property of an object that should be an array; [] where it is none, or there is none."""
    found = value.get(name) if isinstance(value, dict) else None  # spelled out: reading XML asks it for each value
    return found if isinstance(found, list) else []
