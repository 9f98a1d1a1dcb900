"""Names with brackets, such as `a[b][]=1`, as nested values: the way of PHP, Rails and qs.

OpenAPI defines `f[name]` for a deepObject and leaves open how anything within is written. It is read here by what the schema
says of each place, so that what can be read is checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from toolkit.schema.shape import Outline
from toolkit.wire.parameters import read_texts

_KEYS = re.compile(r"(?:\[[^\[\]]*\]){1,30}")

Entry = tuple[Sequence[str], str]
"""The keys that lead to a string from where it is read, and the string: `(("b", ""), "1")` for `a[b][]=1` below `a`."""


def keys_of(name: str, *, below: bool = False) -> tuple[str, ...] | None:
    """`a[b][]` as `("a", "b", "")`, and with `below` what stands behind the name, `[b][]`, as `("b", "")`; None for a name
    that is not written so."""
    owner, bracket, rest = name.partition("[")
    if bool(owner) == below or not _KEYS.fullmatch(bracket + rest):
        return None
    keys = tuple(rest[:-1].split("]["))
    return keys if below else (owner, *keys)


def read_nested(entries: Iterable[Entry], outline: Outline, *, as_text: bool = False) -> Any:
    """The value that entries make up. An array's items are repeated, or have empty or numbered keys."""
    groups: dict[str | None, list[Entry]] = {}
    for keys, text in entries:
        groups.setdefault(keys[0] if keys else None, []).append((keys[1:], text))
    if groups.keys() == {None}:
        return _leaf([text for _, text in groups[None]], outline, as_text)
    named = {key or "": group for key, group in groups.items()}
    if named.keys() == {""} or ("array" in outline.types and all(key.isdecimal() or not key for key in named)):
        items = [item for key, group in named.items() for item in ([group] if key else _items(group))]
        return [read_nested(one, item, as_text=as_text) for one, item in zip(items, outline.each_item(), strict=False)]
    return {key: read_nested(group, outline.property_of(key), as_text=as_text) for key, group in named.items()}


def _items(group: list[Entry]) -> list[list[Entry]]:
    """The entries of each item: `a[][b]=1&a[][c]=2&a[][b]=3` are two, since an item has a property once."""
    items: list[list[Entry]] = []
    seen: set[tuple[str, ...]] = set()
    for keys, text in group:
        if not items or not keys or tuple(keys) in seen:
            items.append([])
            seen.clear()
        items[-1].append((keys, text))
        seen.add(tuple(keys))
    return items


def _leaf(texts: list[str], outline: Outline, as_text: bool) -> Any:
    """The value of strings without keys; the items of an array may stand in one, between commas."""
    types = outline.item.types if "array" in outline.types else ()
    if len(texts) == 1 and "," in texts[0] and types and "string" not in types:
        texts = texts[0].split(",")
    return read_texts(texts, outline, as_text=as_text)
