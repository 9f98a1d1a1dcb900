"""YAML 1.2 read safely: yaml12 follows aliases and block nesting without a bound, so a text that could abuse either is first measured
with PyYAML's event stream, which builds nothing.

Merge keys (`<<`) are of YAML 1.1; they are applied, as the readers do on which nearly all tools for OpenAPI stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from toolkit.document.positions import nodes, yaml_events

MAX_DEPTH = 400
MAX_EXPANSION = 2_000_000  # nodes that aliases may add to a YAML document, of which a text is one more for each
_NODE = 64  # characters

_DEEP = re.compile(r"^ {500}|(?:[-?:][ \t]+){100}", re.MULTILINE)
_MERGE = re.compile(r"(?:^|[\s{,])<<\s*:", re.MULTILINE)
LONG_INTEGER = re.compile(r"-?[0-9]{19,4000}")
# Of scalars that are no strings
_CORE = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null"))
_TAGGED = re.compile(r"(?:!!|!<tag:yaml\.org,2002:)(?:int|float|bool|null)\b[^\n!\"']*[\"']")
# A plain key that looks like null, a flag or a number, of which the reader makes another text
_OTHER_KEY = r"~|N(?:ull|ULL)|T(?:rue|RUE)|F(?:alse|ALSE)|[-+]?(?:0\w+|\d*\.\d*|\d[\d.]*[eE][-+]?\d+)|\+\d+"
_OTHER_KEYS = re.compile(rf"(?:^|[\s{{,])(?:{_OTHER_KEY})\s*:\s", re.MULTILINE)
_BIG = "!integer-beyond-64-bits"
_MERGE_KEY = "<<\ue000"
_ALIAS = re.compile(r"(?:^|[\s\[{,:-])\*[^\s,\[\]{}*]+\s*(?:$|[,\]}:#\n])")


def parse_yaml(text: str, handlers: Mapping[str, Callable[[Any], Any]] | None = None) -> Any:
    """The first document of a YAML 1.2 text. Raises ValueError in one line, also for alias bombs and deep nesting."""
    from yaml12 import parse_yaml as parse

    if _DEEP.search(text) or ("&" in text and _ALIAS.search(text)):
        _measure(text)
    return parse(text, handlers=dict(handlers) if handlers else None)


def format_yaml(value: Any) -> str:
    """A value of JSON as YAML 1.2."""
    from yaml12 import format_yaml as format

    return f"{format(value)}\n"


def _measure(text: str) -> None:
    """Raise ValueError where the tree of this text would be too deep, or too large once its aliases are expanded."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    total = added = 0
    for event in yaml_events(text):
        kind = type(event).__name__
        total += 1
        if kind == "ScalarEvent":
            total += len(event.value) // _NODE
            sizes.update({event.anchor: len(event.value) // _NODE} if event.anchor else {})
        if kind == "AliasEvent":
            size = sizes.get(event.anchor, 0)
            total, added = total + size, added + size
        elif kind.endswith("StartEvent") and kind[:3] in ("Map", "Seq"):
            open_nodes.append((event.anchor, total))
        elif kind.endswith("EndEvent") and kind[:3] in ("Map", "Seq"):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = total - before
        if len(open_nodes) > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
        if added > MAX_EXPANSION:
            most = f"{MAX_EXPANSION:,} nodes, or {MAX_EXPANSION * _NODE / 1e6:.0f} MB of text"
            raise ValueError(f"its aliases expand to more than {most}")


def parse_whole(text: str) -> Any:
    """The same as a contract means it: with merge keys, integers of any size, and tags of quoted scalars."""
    has_merges = _MERGE.search(text)
    is_plain = not (has_merges or LONG_INTEGER.search(text) or _TAGGED.search(text) or _OTHER_KEYS.search(text))
    tree = parse_yaml(text if is_plain else _explicit(text), {_BIG: int})
    return _merge(tree) if has_merges else tree


def _explicit(text: str) -> str:
    """The text with each merge key by a name of its own, for a mapping may have several, and a quoted "<<" is none; with a tag
    for integers beyond 64 bits, which would become floats; without the quotes of a number, a flag or null that a tag says it is;
    and with quotes for keys, which are strings as they stand (OpenAPI, Format: the Failsafe schema)."""
    pieces, end = list[str](), 0
    for _, event, key, _ in nodes(text):
        value = getattr(event, "value", "")
        if event is key and re.fullmatch(_OTHER_KEY, value) and event.implicit[0]:
            pieces += [text[end : event.end_mark.index - len(value)], f'"{value}"']
            end = event.end_mark.index
            continue
        if getattr(event, "tag", None) in _CORE and event.style in ("'", '"') and re.fullmatch(r"[-+.\w]*", value):
            start, tagged = event.start_mark.index, text[event.start_mark.index : event.end_mark.index]
            pieces += [text[end:start], tagged[: tagged.index(event.style)], value or "null"]
            end = event.end_mark.index
        if value == "<<" or LONG_INTEGER.fullmatch(value):
            start = event.start_mark.index
            if event.implicit[0] and text.startswith(value, start):
                pieces += [text[end:start], f"{_MERGE_KEY}{start}" if value == "<<" else f"{_BIG} {value}"]
                end = start + len(value)
    return "".join([*pieces, text[end:]])


def _merge(value: Any) -> Any:
    """The tree with merge keys applied (yaml.org/type/merge): a mapping's own keys win, then those merged first."""
    if isinstance(value, list):
        return [_merge(item) for item in value]
    if isinstance(value, str):
        return "<<" if value.startswith(_MERGE_KEY) else value
    if not isinstance(value, dict):
        return value
    merges = {key for key in value if isinstance(key, str) and key.startswith(_MERGE_KEY)}
    own = {key: _merge(item) for key, item in value.items() if key not in merges}
    for merged in (_merge(value[key]) for key in value if key in merges):
        for source in merged if isinstance(merged, list) else [merged]:
            if not isinstance(source, dict):
                raise ValueError("a merge key `<<` takes a mapping, or a list of mappings")
            for key, item in source.items():
                own.setdefault(key, item)
    return own
