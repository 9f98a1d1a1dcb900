"""JSON pointers (RFC 6901) as tuples of tokens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import unquote

Key = TypeVar("Key")
Value = TypeVar("Value")
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


def plain_tokens(pointer: str) -> Tokens:
    """The tokens of a pointer that is no part of a URI: `%41` is no `A` there (RFC 6901, section 5)."""
    return tuple(map(unescape, pointer.split("/")[1:]))


@lru_cache(maxsize=4096)
def pointer_tokens(fragment: str) -> Tokens:
    """The tokens of a pointer in a URI's fragment, which may be percent-encoded (RFC 6901, section 6)."""
    return plain_tokens(unquote(fragment))


def child(value: Any, token: str) -> Any:
    """The property or item of a value, ABSENT where it has none."""
    if isinstance(value, dict):
        if token in value:
            return value[token]
        return value.get(int(token), ABSENT) if token.isdecimal() else ABSENT  # YAML reads the key 404 as a number
    if isinstance(value, list) and token.isdecimal() and int(token) < len(value):
        return value[int(token)]
    return ABSENT


def put_at(value: Any, tokens: Sequence[str], new: Any) -> Any:
    """A copy of a value with another one at a place, or nothing where that is ABSENT. Objects that lead there are made."""
    if not tokens:
        return new
    key, rest = tokens[0], tokens[1:]
    if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
        inner = put_at(value[int(key)], rest, new)
        return [*value[: int(key)], *([] if inner is ABSENT else [inner]), *value[int(key) + 1 :]]
    if not isinstance(value, dict) or (new is ABSENT and key not in value):
        return value
    made = {**value, key: put_at(value.get(key, {}), rest, new)}
    return made if made[key] is not ABSENT else {name: one for name, one in made.items() if name != key}


def part_at(value: Any, tokens: Iterable[str | int]) -> Any:
    """What stands at a place that is there. Raises LookupError."""
    for token in tokens:
        value = value[int(token)] if isinstance(value, list) else value[token]
    return value


def texts_in(
    value: Any, is_meant: Callable[[str], Any] = lambda name: True, *, names: bool = False, most: int = sys.maxsize
) -> Iterator[str]:
    """The strings of a JSON value in their order, and the `names` of properties; nothing of a property whose name is not meant. Of
    a large value the first ones: `most` characters and values."""
    pending = [value]
    while pending and most > 0:
        one = pending.pop()
        most -= 1 + len(one) if isinstance(one, str) else 1
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            first = islice(one.items(), max(0, most))
            pairs = [(name, inner) if names else (inner,) for name, inner in first if is_meant(name)]
            pending += [text for pair in reversed(pairs) for text in reversed(pair)]
        elif isinstance(one, list):
            pending += reversed(one)


def rewritten(
    value: Any, change: Callable[[dict[Any, Any]], Any] = dict, of_scalar: Callable[[Any], Any] = lambda one: one
) -> Any:
    """A copy in which each object is what `change` makes of it, those within it first, and so is each value that holds no others."""
    if isinstance(value, list):
        return [rewritten(one, change, of_scalar) for one in value]
    if isinstance(value, dict):
        return change({key: rewritten(one, change, of_scalar) for key, one in value.items()})
    return of_scalar(value)


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


def grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """The values of each key, in the order in which they are met."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def names_at(value: Any, name: str) -> list[str]:
    """The strings of such an array."""
    return [one for one in array_at(value, name) if isinstance(one, str)]
