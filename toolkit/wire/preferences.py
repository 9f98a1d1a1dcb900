"""What a client would like to have: the header fields Accept (RFC 9110, section 12.5.1) and Prefer (RFC 7240)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from toolkit.wire import media_type

_LONGEST = 4096  # characters of a field that are read
_ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*")+')
_PREFERENCE = re.compile(rf"""\s*({media_type.TOKEN})\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?\s*(?:;|\Z)""")


def preferences(fields: Iterable[str]) -> dict[str, str]:
    """The preferences of all Prefer fields by name in lower case, the first of each, without parameters; '' for no value."""
    found: dict[str, str] = {}
    for element in _ELEMENT.findall(", ".join(fields)[:_LONGEST]):
        if match := _PREFERENCE.match(element):
            name, quoted, word = match.groups()
            found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else word or "")
    return found


def acceptable(fields: Sequence[str], documented: Iterable[str]) -> list[tuple[str, str]]:
    """The documented media types that a client accepts, each as it is documented and as it may be sent, the most wanted
    first; all of them where no Accept field says anything."""
    weights = _weights(", ".join(fields)[:_LONGEST]) if "".join(fields).strip(" \t,") else {"*/*": 1.0}
    found: list[tuple[float, str, str]] = []
    for name in documented:
        wanted = [one for one in weights if "*" not in one] if "*" in name else []
        for sent in (media_type.concrete(name), *(one for one in wanted if media_type.best(one, [name]))):
            weight = weights.get(media_type.best(sent, weights) or "", 0.0)
            found += [(weight, name, sent)] if weight else []
    return [(name, sent) for _, name, sent in sorted(found, key=lambda one: -one[0])]


def _weights(field: str) -> dict[str, float]:
    """The media ranges of Accept with their weights; one without a readable weight has 1."""
    found: dict[str, float] = {}
    for element in _ELEMENT.findall(field):
        kept, weight = [], 1.0
        for part in element.split(";"):
            name, _, value = part.partition("=")
            if name.strip().lower() == "q":
                weight = _number(value)
            else:
                kept.append(part.strip())
        if "/" in kept[0] or kept[0] == "*":
            found.setdefault(";".join(["*/*" if kept[0] == "*" else kept[0].lower(), *kept[1:]]), weight)
    return found


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 1.0
