"""Runs of scalars in plain XML, kept as regular expressions: what makes reading (`toolkit.xml_plain`) fast.

Within an element, what is between two members that have elements of their own (or the element's ends) is a run of
scalars: a *step*. A run that was met is kept as one expression, so that one match reads the next run like it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.xml_scalar import Read
from toolkit.xml_text import MAX_DEPTH, resolved

SPACE = "[ \t\n]*"
START_OR_TEXT = re.compile("([^<]*)<(/?)([^<>/ \t\n]+)>")

Matches = Callable[[str, int], "re.Match[str] | None"]


class NotPlain(Exception):
    """A document is not plain, or not certain to be."""


class Misfit(Exception):
    """An element has a fault by its schema."""


@dataclass(eq=False, slots=True)
class Document:
    """A plain text on the way through the readers: how deep they are in it, and what alternatives were told before.

    Before `reference` there is no reference from where the readers are.
    """

    text: str
    reference: int = 0
    depth: int = 0
    told: dict[tuple[int, int], tuple[Any, int] | None] = field(default_factory=dict)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth >= MAX_DEPTH:
            raise NotPlain

    def resolve(self, value: dict[str, Any], end: int) -> None:
        """Resolves the references in texts from before `end`, and goes on to the next one."""
        for key, text in value.items():
            if "&" in text:
                value[key] = self.without_references(text)
        following = self.text.find("&", end)
        self.reference = following if following >= 0 else len(self.text) + 1

    def without_references(self, text: str) -> str:
        if "&" not in text:
            return text
        found = resolved(text)
        if found is None:
            raise NotPlain
        return found


Reader = Callable[[Document, int], tuple[Any, int]]


@dataclass(eq=False, slots=True)
class State:
    """Where an object's reader stands behind one of its members, or its start: the steps that were met from here."""

    steps: list[Step] = field(default_factory=list)
    learnt: int = 0


@dataclass(eq=False, slots=True)
class Entry:
    """A member of an object: its key, the name of its element, what reads it. One that is a lone scalar has a `scalar`,
    a repeated one has `items`."""

    key: str
    name: str
    read: Reader
    scalar: Scalar | None = None
    items: Callable[[list[Any], Document, int], int] | None = None
    guessed: bool = False
    state: State = field(default_factory=State)


@dataclass(eq=False, slots=True)
class Scalar:
    """Reads one text; one that breaks a pattern where no other type is possible is a misfit."""

    name: str
    convert: Read | None
    refuses: Callable[[str], bool] | None
    match: Matches = field(init=False)

    def __post_init__(self) -> None:
        self.match = re.compile(f"([^<]*)</{re.escape(self.name)}>").match

    def read(self, document: Document, place: int) -> tuple[Any, int]:
        found = self.match(document.text, place)
        if found is None:
            raise Misfit if (tag := START_OR_TEXT.match(document.text, place)) and not tag[2] else NotPlain
        return self.value(document.without_references(found[1])), found.end()

    def value(self, text: str) -> Any:
        if self.refuses and self.refuses(text):
            raise Misfit
        return self.convert(text) if self.convert else text


@dataclass(eq=False, slots=True)
class Step:
    """A run of scalars, each of them there or only sometimes there, up to a member of another kind or the end."""

    owner: str
    members: list[tuple[Entry, bool]]
    following: Entry | None
    match: Matches = field(init=False)
    again: Matches = field(init=False)
    texts: Callable[[re.Match[str]], dict[str, Any]] = field(init=False)
    varying: list[str] = field(init=False)
    converted: list[tuple[str, Callable[[str], Any]]] = field(init=False)

    def __post_init__(self) -> None:
        keys = [entry.key for entry, _ in self.members]
        named = all(map(str.isidentifier, keys))  # as they mostly are; then `re` itself makes the fastest dict of all
        source = self.source(named)
        self.match = re.compile(source).match
        self.again = re.compile(f"{SPACE}<{re.escape(self.owner)}>{source}").match
        self.texts = re.Match.groupdict if named else lambda found: dict(zip(keys, found.groups(), strict=True))
        self.varying = [entry.key for entry, sometimes in self.members if sometimes]
        scalars = [(entry.key, entry.scalar) for entry, _ in self.members if entry.scalar]
        reads = [(key, scalar.value if scalar.refuses else scalar.convert) for key, scalar in scalars]
        self.converted = [(key, read) for key, read in reads if read]

    def source(self, named: bool) -> str:
        """The expression that matches the run and the tag behind it; before a list it leaves the first item to come."""
        parts = [SPACE]
        for entry, sometimes in self.members:
            tag, group = re.escape(entry.name), f"?P<{entry.key}>" if named else ""
            part = f"<{tag}>({group}[^<]*)</{tag}>{SPACE}"
            parts.append(f"(?:{part}|)" if sometimes else part)
        if self.following is None:
            return "".join(parts) + f"</{re.escape(self.owner)}>"
        start = f"<{re.escape(self.following.name)}>"
        return "".join(parts) + (f"(?={start})" if self.following.items else start)

    def value(self, document: Document, found: re.Match[str], end: int) -> dict[str, Any]:
        value = self.texts(found)
        for key in self.varying:
            if value[key] is None:
                del value[key]
        if document.reference < end:
            document.resolve(value, end)
        for key, convert in self.converted:
            if key in value:
                value[key] = convert(value[key])
        return value


def merged(known: list[tuple[Entry, bool]], met: Sequence[Entry]) -> list[tuple[Entry, bool]] | None:
    """A run that has both forms, what one of them lacks being there sometimes; None where their orders differ."""
    shared = [entry.name for entry, _ in known if entry in met]
    if shared != [entry.name for entry in met if entry.name in shared]:
        return None
    rest, merged = list(known), list[tuple[Entry, bool]]()
    for entry in met:
        if entry.name not in shared:
            merged.append((entry, True))
            continue
        while rest[0][0] is not entry:
            merged.append((rest.pop(0)[0], True))
        merged.append(rest.pop(0))
    return [*merged, *((entry, True) for entry, _ in rest)]
