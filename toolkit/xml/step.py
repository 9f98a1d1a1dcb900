"""The text of a document on the way through its readers, and the runs of scalars that make reading fast.

Within an element, what is between two members that have elements of their own (or the element's ends) is a run of
scalars: a *step*. A run that was met is kept as one expression, so that one match reads the next run like it.

A reader (`toolkit.xml.read`) is called with the document and the offset behind a start tag; it gives the value and
the offset behind the end tag. A document that may be plain is not known to be well-formed, and any fault in it raises
NotPlain. In one that comes from a parser faults are kept, and the readers go on behind them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.xml.parse import MAX_DEPTH, WHITE_SPACE, resolved, unmarked
from toolkit.xml.scalar import Read

SPACE = "[ \t\r\n]*"
TAG = re.compile("<(/?)(\x02?)([^<>/ \t\r\n]+)>")
_TEXT = re.compile("[^<]*")
_MOST_FAULTS = 100

Matches = Callable[[str, int], "re.Match[str] | None"]


class NotPlain(Exception):
    """A supposedly plain document is not one, or has a fault: a parser has to read it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A fault at an offset: in or behind the tag of the element that it is about."""

    place: int
    message: str
    rule: str = "xml-structure"
    hint: str = ""


@dataclass(eq=False, slots=True)
class Document:
    """A text, how deep the readers are in it, and what alternatives were told before. `faults` is None where any fault
    raises NotPlain. Before `reference` there is no reference from where the readers are."""

    text: str
    faults: list[Found] | None = None
    plain: bool = True
    reference: int = 0
    depth: int = 0
    told: dict[tuple[int, int], tuple[Any, int, list[Found]]] = field(default_factory=dict)

    def deeper(self) -> None:
        self.depth += 1
        if self.plain and self.depth >= MAX_DEPTH:
            raise NotPlain

    def resolve(self, value: dict[str, Any], end: int) -> None:
        """Resolves the references in texts from before `end`, and goes on to the next one."""
        for key, text in value.items():
            if text and "&" in text:
                value[key] = self.without_references(text)
        following = self.text.find("&", end)
        self.reference = following if following >= 0 else len(self.text) + 1

    def without_references(self, text: str) -> str:
        found = resolved(text) if "&" in text else text
        if found is None:
            raise NotPlain
        return found

    def fault(self, place: int, message: str, rule: str = "xml-structure", hint: str = "") -> None:
        if self.faults is None:
            raise NotPlain
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Found(place, message, rule, hint))

    def tag(self, place: int) -> tuple[re.Match[str], str]:
        """The next tag, and the text before it."""
        text = _TEXT.match(self.text, place)
        found = TAG.match(self.text, text.end()) if text else None
        if text is None or found is None:
            raise NotPlain
        return found, self.without_references(text[0])

    def blank(self, text: str, place: int) -> None:
        """Text between elements has to be white space; `place` is right behind the tag before it."""
        if text.strip(WHITE_SPACE):
            self.fault(place - 1, f"The text {shown(text)} stands where only elements may")

    def tag_after_blank(self, place: int) -> re.Match[str]:
        found, text = self.tag(place)
        self.blank(text, place)
        return found

    def misplaced(self, tag: re.Match[str], within: str, hint: str = "") -> int:
        """An element or attribute has no place where it stands; the offset behind it."""
        name = unmarked(tag[3])
        what = f"attribute {name[1:]}" if name.startswith("@") else f"element <{name}>"
        self.fault(tag.start(), f"The {what} has no place in <{unmarked(within)}>", hint=hint)
        return self.skip(tag)

    def skip(self, tag: re.Match[str]) -> int:
        """The offset behind the end of the element that a start tag begins, and behind the white space there."""
        open_ones = 1
        while open_ones:
            tag, _ = self.tag(tag.end())
            open_ones += -1 if tag[1] else 1
        return tag.end()

    def end(self, name: str, place: int) -> int:
        """The offset behind the end tag of a scalar; there is no element within."""
        tag, _ = self.tag(place)
        while not tag[1]:
            behind = self.misplaced(tag, name)
            tag = self.tag_after_blank(behind)
        if tag[3] != name:
            raise NotPlain
        return tag.end()

    def nil(self, name: str, place: int) -> tuple[None, int]:
        """None, for an element with xsi:nil="true"; it has to be empty (XML Schema 1.0, part 1, section 2.6.2)."""
        _, text = self.tag(place)
        if text:
            self.fault(place - 1, f"The text {shown(text)} stands in an element with xsi:nil")
        return None, self.end(name, place)


def shown(text: str) -> str:
    """A text for messages, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


Reader = Callable[[Document, int], tuple[Any, int]]


@dataclass(eq=False, slots=True)
class State:
    """Where an object's reader stands behind one of its members, or its start: the steps that were met from here."""

    steps: list[Step] = field(default_factory=list)
    learnt: int = 0


@dataclass(eq=False, slots=True)
class Entry:
    """A member of an object: its key, the name of its element, what reads it. One that is a lone scalar has a `scalar`,
    a repeated one has `items`, which read all from the first one's start tag on."""

    key: str
    name: str
    read: Reader
    scalar: Scalar | None = None
    items: Callable[[list[Any], Document, int], int] | None = None
    guessed: bool = False
    state: State = field(default_factory=State)


@dataclass(eq=False, slots=True)
class Scalar:
    """Reads one text. `pattern` is what it has to match where no other type is possible."""

    name: str
    convert: Read | None
    refuses: Callable[[str], bool] | None
    pattern: str

    def read(self, document: Document, place: int) -> tuple[Any, int]:
        end = document.text.find("<", place)
        if end >= 0 and document.text.startswith(f"</{self.name}>", end):
            text, end = document.without_references(document.text[place:end]), end + len(self.name) + 3
        else:
            text, end = document.tag(place)[1], document.end(self.name, place)
        if self.refuses and self.refuses(text):
            document.fault(place - 1, f"The text {shown(text)} does not match {self.pattern!r}", "schema-pattern")
        return self.convert(text) if self.convert else text, end


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
    scalars: list[tuple[str, Scalar]] = field(init=False)

    def __post_init__(self) -> None:
        keys = [entry.key for entry, _ in self.members]
        named = all(map(str.isidentifier, keys))  # as they mostly are; then `re` itself makes the fastest dict of all
        source = self.source(named)
        self.match = re.compile(source).match
        self.again = re.compile(f"{SPACE}<{re.escape(self.owner)}>{source}").match
        self.texts = re.Match.groupdict if named else lambda found: dict(zip(keys, found.groups(), strict=True))
        self.varying = [entry.key for entry, sometimes in self.members if sometimes]
        scalars = [(entry.key, entry.scalar) for entry, _ in self.members if entry.scalar]
        self.scalars = [(key, scalar) for key, scalar in scalars if scalar.convert or scalar.refuses]

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

    def value(self, document: Document, found: re.Match[str], end: int) -> dict[str, Any] | None:
        """The value of a run that matched; None where a text breaks a pattern."""
        value = self.texts(found)
        for key in self.varying:
            if value[key] is None:
                del value[key]
        if document.reference < end:
            document.resolve(value, end)
        for key, scalar in self.scalars:
            if key in value:
                if scalar.refuses and scalar.refuses(value[key]):
                    return None
                value[key] = scalar.convert(value[key]) if scalar.convert else value[key]
        return value


def merged(known: list[tuple[Entry, bool]], met: Sequence[Entry]) -> list[tuple[Entry, bool]] | None:
    """A run that has both forms, what one of them lacks being there sometimes; None where their orders differ."""
    shared = [entry.name for entry, _ in known if entry in met]
    if shared != [entry.name for entry in met if entry.name in shared]:
        return None
    rest, both = list(known), list[tuple[Entry, bool]]()
    for entry in met:
        if entry.name not in shared:
            both.append((entry, True))
            continue
        while rest[0][0] is not entry:
            both.append((rest.pop(0)[0], True))
        both.append(rest.pop(0))
    return [*both, *((entry, True) for entry, _ in rest)]
