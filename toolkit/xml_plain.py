"""Plain XML documents -> values, straight from their text, in the forms in which they came before.

A document is plain where it has tags without attributes, text and the XML declaration, and nothing else. What lies
between the members of an object that have elements of their own is read by one match where it looks like what came
before (`toolkit.xml_step`), else tag by tag, and learnt. So the order of elements is free, and what comes often is fast.

A reader is called with the document and the offset behind a start tag; it gives the value and the offset behind
the end tag. It raises Misfit where the schema has no place for what it finds, and NotPlain where only the thorough
way (`toolkit.xml_codec`) can tell. What it gives is the value that the thorough way would give without a fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from toolkit.xml_grammar import Grammar, Member, Scope, loose
from toolkit.xml_scalar import scalar_of
from toolkit.xml_shape import Shape
from toolkit.xml_step import (
    SPACE,
    START_OR_TEXT,
    Document,
    Entry,
    Matches,
    Misfit,
    NotPlain,
    Reader,
    Scalar,
    State,
    Step,
    merged,
)
from toolkit.xml_text import MAX_DEPTH, NAME, PlainText

_IN_NO_ATTRIBUTE = re.compile('[<>&"\t\r\n]')
_TAG = re.compile(SPACE + "<(/?)([^<>/ \t\n]+)>")
_MOST_NAMES = 1000  # of members that the schema does not name
_MOST_LEARNT, _MOST_STEPS, _LONGEST_STEP = 2000, 8, 200


@dataclass(eq=False, slots=True)
class PlainXml:
    """The readers of one grammar, each made when first needed."""

    grammar: Grammar
    start: Matches
    root: Reader | None = None
    made: dict[tuple[object, ...], Reader] = field(default_factory=dict)
    learnt: int = 0

    @staticmethod
    def compile(grammar: Grammar) -> PlainXml:
        root, main = grammar.root, grammar.main
        opening = re.escape(f'<{root.name} xmlns="{main}">' if main else f"<{root.name}>")
        if not NAME.fullmatch(root.name) or _IN_NO_ATTRIBUTE.search(main):
            opening = "(?!)"
        return PlainXml(grammar, re.compile(SPACE + opening).match)

    def read(self, plain: PlainText) -> Any:
        """The value of a document. Raises NotPlain or Misfit."""
        start = self.start(plain.text, plain.start)
        if start is None:
            raise NotPlain
        self.root = self.root or self.reader(self.grammar.root)
        value, end = self.root(Document(plain.text), start.end())
        if end < len(plain.text) and plain.text[end:].strip(" \t\n"):
            raise NotPlain
        return value

    def reader(self, member: Member) -> Reader:
        """The reader of one element of a member."""
        readers = [self.of(shape, member.name, member.scope) for shape in member.shapes]
        if len(readers) == 1:
            return readers[0]
        return _Choice(self.grammar, list(zip(member.shapes, readers, strict=True))).read

    def of(self, shape: Shape, name: str, scope: Scope) -> Reader:
        """The reader of the content of an element of that name."""
        key = (id(shape), name, scope)
        if key not in self.made:
            self.made[key] = self._make(shape, name, scope)
        return self.made[key]

    def _make(self, shape: Shape, name: str, scope: Scope) -> Reader:
        options = self.grammar.alternatives(shape)
        if not shape.possible:
            return _never
        if options:
            return _Choice(self.grammar, [(option, self.of(option, name, scope)) for option in options]).read
        if loose(shape):
            return _Guess(name).read
        if shape.kinds == ("object",):
            return _Object(self, shape, name, scope).read
        if shape.kinds == ("array",):
            return _Array(self, shape, name, scope).read
        return Scalar(name, *scalar_of(shape)).read

    def entry(self, member: Member, name: str) -> Entry:
        read = self.reader(member)
        if member.repeated:
            return Entry(member.key, name, read, items=_Items(name, read).read)
        scalar = _owner(read)
        return Entry(member.key, name, read, scalar if isinstance(scalar, Scalar) else None, None, member.guessed)


def _owner(read: Reader) -> object:
    return getattr(read, "__self__", None)


@dataclass(eq=False, slots=True)
class _Object:
    """Reads the members of an object, step by step."""

    readers: PlainXml
    shape: Shape
    name: str
    scope: Scope
    entries: dict[str, Entry] = field(default_factory=dict)
    named: int = -1
    start: State = field(default_factory=State)
    empty: tuple[str, ...] = ()
    single: tuple[tuple[str, tuple[Shape, ...]], ...] = ()

    def fill(self) -> None:
        """Enters the members that the schema names; only now, for a schema may contain itself."""
        grammar = self.readers.grammar
        members = list(grammar.members(self.shape, self.scope).values())
        for member in members:
            name = grammar.tag(member)
            if NAME.fullmatch(name) and name not in self.entries:
                self.entries[name] = self.readers.entry(member, name)
        self.empty = tuple(one.key for one in members if one.repeated and one.key in self.shape.required)
        self.single = tuple((member.key, member.single) for member in members if member.single)
        self.named = len(self.entries)

    def read(self, document: Document, place: int) -> tuple[dict[str, Any], int]:
        document.deeper()
        value, state, text = dict[str, Any](), self.start, document.text
        while True:
            for step in state.steps:
                found = step.match(text, place)
                if found is not None:
                    place = found.end()
                    part, following = step.value(document, found, place) if step.members else {}, step.following
                    break
            else:
                part, following, place = self.scan(state, document, place)
            if value and part:
                if not value.keys().isdisjoint(part):
                    raise Misfit
                value.update(part)
            else:
                value = value or part
            if following is None:
                break
            place, state = _take(following, value, document, place), following.state
        document.depth -= 1
        return self.completed(value) if self.empty or self.single else value, place

    def scan(self, state: State, document: Document, place: int) -> tuple[dict[str, Any], Entry | None, int]:
        """One step, tag by tag: its value, what follows, and the offset behind the tag of that."""
        if self.named < 0:
            self.fill()
        value, met = dict[str, Any](), list[Entry]()
        while True:
            tag = _TAG.match(document.text, place)
            if tag is None or (tag[1] and tag[2] != self.name):
                raise NotPlain
            entry = None if tag[1] else self.entries.get(tag[2]) or self.unknown(tag[2])
            if entry is None or entry.scalar is None:
                break
            if entry.key in value:
                raise Misfit
            value[entry.key], place = entry.scalar.read(document, tag.end())
            met.append(entry)
        self.learn(state, met, entry)
        return value, entry, tag.start() if entry and entry.items else tag.end()

    def unknown(self, name: str) -> Entry:
        """The entry of an element that the schema does not name. Raises Misfit where it has no room for it."""
        if not NAME.fullmatch(name):
            raise NotPlain
        member = self.readers.grammar.unknown(self.shape, name, self.scope)
        if member is None:
            raise Misfit
        if member.name != name or len(self.entries) >= self.named + _MOST_NAMES:
            raise NotPlain
        self.entries[name] = self.readers.entry(member, name)
        return self.entries[name]

    def learn(self, state: State, met: list[Entry], following: Entry | None) -> None:
        """Keeps the step for the next time, in one with an earlier one where they differ in what is there."""
        if state.learnt >= _MOST_STEPS or self.readers.learnt >= _MOST_LEARNT or len(met) > _LONGEST_STEP:
            return
        state.learnt += 1
        self.readers.learnt += 1
        for index, step in enumerate(state.steps):
            both = merged(step.members, met) if step.following is following else None
            if both is not None:
                state.steps[index] = Step(self.name, both, following)
                return
        state.steps.append(Step(self.name, [(entry, False) for entry in met], following))

    def completed(self, value: dict[str, Any]) -> dict[str, Any]:
        """A required list without elements is empty; one element may be a value instead of a list of one."""
        for key in self.empty:
            value.setdefault(key, [])
        for key, shapes in self.single:
            found = value.get(key)
            if found and len(found) == 1 and any(self.readers.grammar.shapes.fits(found[0], one) for one in shapes):
                value[key] = found[0]
        return value


def _take(entry: Entry, value: dict[str, Any], document: Document, place: int) -> int:
    """Reads a member whose start tag is behind, or the first one's ahead where it is repeated; adds it to the value."""
    if entry.items:
        return entry.items(value.setdefault(entry.key, []), document, place)
    found, place = entry.read(document, place)
    if entry.key not in value:
        value[entry.key] = found
    elif not entry.guessed:
        raise Misfit
    elif isinstance(value[entry.key], list):
        value[entry.key].append(found)
    else:
        value[entry.key] = [value[entry.key], found]
    return place


@dataclass(eq=False, slots=True)
class _Items:
    """Reads elements of one name that stand side by side."""

    name: str
    item: Reader
    start: Matches = field(init=False)
    whole: _Object | None = field(init=False)

    def __post_init__(self) -> None:
        self.start = re.compile(f"{SPACE}<{re.escape(self.name)}>").match
        owner = _owner(self.item)
        self.whole = owner if isinstance(owner, _Object) else None

    def read(self, values: list[Any], document: Document, place: int) -> int:
        while True:
            if self.whole and document.depth + 1 < MAX_DEPTH:
                place = self.alike(self.whole, values, document, place)
            found = self.start(document.text, place)
            if found is None:
                return place
            value, place = self.item(document, found.end())
            values.append(value)

    def alike(self, whole: _Object, values: list[Any], document: Document, place: int) -> int:
        """Adds objects of scalars that look like ones met before, by one match for each."""
        text, bare = document.text, not (whole.empty or whole.single)
        for step in whole.start.steps:
            if step.following is None:
                while (found := step.again(text, place)) is not None:
                    place = found.end()
                    value = step.value(document, found, place)
                    values.append(value if bare else whole.completed(value))
        return place


@dataclass(eq=False, slots=True)
class _Array:
    """Reads an array within an element of its own."""

    readers: PlainXml
    shape: Shape
    name: str
    scope: Scope
    items: _Items | None = None
    end: Matches = field(init=False)

    def __post_init__(self) -> None:
        self.end = re.compile(f"{SPACE}</{re.escape(self.name)}>").match

    def read(self, document: Document, place: int) -> tuple[list[Any], int]:
        if self.items is None:
            item = self.readers.grammar.item(self.shape, self.name, self.scope)
            name = self.readers.grammar.tag(item)
            if not NAME.fullmatch(name):
                raise NotPlain
            self.items = _Items(name, self.readers.reader(item))
        document.deeper()
        values: list[Any] = []
        end = self.end(document.text, self.items.read(values, document, place))
        if end is None:
            raise NotPlain
        document.depth -= 1
        return values, end.end()


@dataclass(eq=False, slots=True)
class _Choice:
    """Reads the first alternative that has no fault and that the value fits."""

    grammar: Grammar
    options: list[tuple[Shape, Reader]]

    def read(self, document: Document, place: int) -> tuple[Any, int]:
        key = (place, id(self))
        if key not in document.told:
            document.told[key] = self.first(document, place)
        found = document.told[key]
        if found is None:
            raise NotPlain
        return found

    def first(self, document: Document, place: int) -> tuple[Any, int] | None:
        depth = document.depth
        for shape, read in self.options:
            document.depth, document.reference = depth, 0
            try:
                value, end = read(document, place)
            except Misfit:
                continue
            if self.grammar.shapes.fits(value, shape):
                document.depth = depth
                return value, end
        return None


@dataclass(eq=False, slots=True)
class _Guess:
    """Reads without a schema: elements within make an object, siblings of one name a list, a text is a string."""

    name: str

    def read(self, document: Document, place: int) -> tuple[Any, int]:
        document.deeper()
        found = START_OR_TEXT.match(document.text, place)
        if found is None:
            raise NotPlain
        text, value = found[1], dict[str, Any]()
        while not found[2]:
            name = found[3]
            if not NAME.fullmatch(name) or found[1].strip(" \t\n"):
                raise NotPlain
            place = _take(Entry(name, name, _Guess(name).read, guessed=True), value, document, found.end())
            found = START_OR_TEXT.match(document.text, place)
            if found is None:
                raise NotPlain
        if found[3] != self.name or (value and found[1].strip(" \t\n")):
            raise NotPlain
        document.depth -= 1
        return value or document.without_references(text), found.end()


def _never(document: Document, place: int) -> tuple[Any, int]:
    raise Misfit
