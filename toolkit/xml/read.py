"""XML documents -> values by a grammar, straight from their text, fastest in the forms in which they came before.

What lies between the members of an object that have elements of their own is read by one match where it looks like
what came before (`toolkit.xml.step`), else tag by tag, and learnt. So the order of elements is free, and what comes
often is fast. The text is that of a plain document, or what a parser made of any other (`toolkit.xml.parse`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.schema.shape import Shape
from toolkit.xml.names import Grammar, Member, Scope, loose
from toolkit.xml.parse import MAX_DEPTH, NAME, marked, unmarked
from toolkit.xml.scalar import scalar_of, text_patterns
from toolkit.xml.step import (
    SPACE,
    Document,
    Entry,
    Found,
    Matches,
    NotPlain,
    Reader,
    Scalar,
    State,
    Step,
    merged,
)  # fmt: skip

_MOST_NAMES = 1000  # of members that the schema does not name
_MOST_LEARNT, _MOST_STEPS, _LONGEST_STEP = 2000, 8, 200


@dataclass(eq=False, slots=True)
class Readers:
    """The readers of one grammar, each made when first needed."""

    grammar: Grammar
    made: dict[tuple[object, ...], Reader] = field(default_factory=dict)
    learnt: int = 0

    def of(self, member: Member, name: str) -> Reader:
        """The reader of one element of a member; the element's name in the text is `name`."""
        readers = [self.content(shape, member.name, name, member.scope) for shape in member.shapes]
        if len(readers) == 1:
            return readers[0]
        return _Choice(self.grammar, list(zip(member.shapes, readers, strict=True))).read

    def content(self, shape: Shape, own: str, name: str, scope: Scope) -> Reader:
        """The reader of the content of an element; `own` is what the items of an array are named by."""
        key = (id(shape), own, name, scope)
        if key not in self.made:
            self.made[key] = self._make(shape, own, name, scope)
        return self.made[key]

    def _make(self, shape: Shape, own: str, name: str, scope: Scope) -> Reader:
        options = self.grammar.alternatives(shape)
        if not shape.possible:
            return _Never(name).read
        if options:
            readers = [(option, self.content(option, own, name, scope)) for option in options]
            return _Choice(self.grammar, readers).read
        if loose(shape):
            return _Guess(name).read
        if shape.kinds == ("object",):
            return _Object(self, shape, name, scope).read
        if shape.kinds == ("array",):
            return _Array(self, shape, own, name, scope).read
        return Scalar(name, *scalar_of(shape), next(iter(text_patterns(shape)), "")).read

    def entry(self, member: Member, name: str) -> Entry:
        read = self.of(member, name)
        if member.repeated:
            return Entry(member.key, name, read, items=_Items(name, read).read)
        scalar = _owner(read)
        return Entry(member.key, name, read, scalar if isinstance(scalar, Scalar) else None, None, member.guessed)


def _local(name: str) -> str:
    """A name without its namespace, which matters nowhere that a schema has no name for; "@..." for attributes.
    Raises NotPlain where no parser has vouched for the name."""
    if not name.startswith("\x01") and not NAME.fullmatch(name):
        raise NotPlain
    bare = unmarked(name)
    return bare if bare.startswith("@") else bare.rpartition("}")[2]


def _owner(read: Reader) -> object:
    return getattr(read, "__self__", None)


@dataclass(eq=False, slots=True)
class _Object:
    """Reads the members of an object, step by step."""

    readers: Readers
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
            name = marked(grammar.tag(member))
            self.entries[name] = self.entries.get(name) or self.readers.entry(member, name)
        self.empty = tuple(one.key for one in members if one.repeated and one.key in self.shape.required)
        self.single = tuple((member.key, member.single) for member in members if member.single)
        self.named = len(self.entries)

    def read(self, document: Document, place: int) -> tuple[dict[str, Any], int]:
        document.deeper()
        value, state, text = dict[str, Any](), self.start, document.text
        following: Entry | None
        while True:
            for step in state.steps:
                found = step.match(text, place)
                if found is not None:
                    part = step.value(document, found, found.end()) if step.members else {}
                    if part is not None and (not value or _is_new(step.following, part, value)):
                        value.update(part)
                        following, place = step.following, found.end()
                        break
            else:
                following, place = self.scan(state, document, place, value)
            if following is None:
                break
            place, state = _take(following, value, document, place), following.state
        document.depth -= 1
        return self.completed(value) if self.empty or self.single else value, place

    def scan(self, state: State, document: Document, place: int, value: dict[str, Any]) -> tuple[Entry | None, int]:
        """One step, tag by tag: what follows, and the offset behind the tag of that. Adds to the value."""
        if self.named < 0:
            self.fill()
        met, usual = list[Entry](), True
        while True:
            tag = document.tag_after_blank(place)
            if tag[1]:
                if tag[3] != self.name:
                    raise NotPlain
                entry = None
                break
            entry = self.entries.get(tag[3]) or self.unknown(tag[3])
            if entry is None:
                usual, place = False, self.rare(document, tag)
            elif tag[2] or (entry.key in value and not (entry.items or entry.guessed)):
                usual, place = False, _put(entry, value, document, tag)
            elif entry.scalar is None:
                break
            else:
                value[entry.key], place = entry.scalar.read(document, tag.end())
                met.append(entry)
        if usual:
            self.learn(state, met, entry)
        return entry, tag.start() if entry and entry.items else tag.end()

    def unknown(self, name: str) -> Entry | None:
        """The entry of an element that the schema does not name, where it leaves room for such."""
        local = _local(name)
        if local.startswith("@"):
            return None
        member = self.readers.grammar.unknown(self.shape, local, self.scope)
        if member is None or (member.repeated and member.name != local):
            return None
        if len(self.entries) >= self.named + _MOST_NAMES:
            return Readers(self.readers.grammar).entry(member, name)  # and no more is remembered of it
        self.entries[name] = self.readers.entry(member, name)
        return self.entries[name]

    def rare(self, document: Document, tag: re.Match[str]) -> int:
        """The offset behind an element or attribute that the schema has no place for; open objects take attributes."""
        if unmarked(tag[3]).startswith("@") and not self.shape.closed:
            return document.skip(tag)
        known = ", ".join([unmarked(name) for name in self.entries][:20])
        hint = f"what may stand there: {known}" if known else "nothing may stand there"
        return document.misplaced(tag, self.name, hint)

    def learn(self, state: State, met: Sequence[Entry], following: Entry | None) -> None:
        """Keeps the step for the next time, in one with an earlier one where they differ in what is there."""
        if state.learnt >= _MOST_STEPS or self.readers.learnt >= _MOST_LEARNT or len(met) > _LONGEST_STEP:
            return
        if not all(self.entries.get(entry.name) is entry for entry in (*met, *([following] if following else ()))):
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


def _is_new(following: Entry | None, part: dict[str, Any], value: dict[str, Any]) -> bool:
    """Whether nothing of a step, and of what follows it, stands in the value already."""
    several = following is None or following.items or following.guessed or following.key not in value
    return bool(several) and value.keys().isdisjoint(part)


def _take(entry: Entry, value: dict[str, Any], document: Document, place: int) -> int:
    """Reads a member whose start tag is behind, or the first one's ahead where it is repeated; adds it to the value."""
    if entry.items:
        return entry.items(value.setdefault(entry.key, []), document, place)
    found, place = entry.read(document, place)
    _add(entry, value, found)
    return place


def _put(entry: Entry, value: dict[str, Any], document: Document, tag: re.Match[str]) -> int:
    """Takes an element with xsi:nil, or one too many; the offset behind it."""
    if entry.key in value and not (entry.items or entry.guessed):
        message = f"The element <{unmarked(tag[3])}> stands there a second time"
        document.fault(tag.start(), message, hint="once is all there may be")
        return document.skip(tag)
    found, place = document.nil(tag[3], tag.end())
    _add(entry, value, found)
    return place


def _add(entry: Entry, value: dict[str, Any], found: Any) -> None:
    if entry.items or isinstance(value.get(entry.key), list):
        value.setdefault(entry.key, []).append(found)
    else:
        value[entry.key] = [value[entry.key], found] if entry.key in value else found


@dataclass(eq=False, slots=True)
class _Items:
    """Reads elements of one name that stand side by side."""

    name: str
    item: Reader
    start: Matches = field(init=False)
    whole: _Object | None = field(init=False)

    def __post_init__(self) -> None:
        self.start = re.compile(f"{SPACE}<(\x02?){re.escape(self.name)}>").match
        owner = _owner(self.item)
        self.whole = owner if isinstance(owner, _Object) else None

    def read(self, values: list[Any], document: Document, place: int) -> int:
        """Adds all elements from here on; the offset behind them."""
        while True:
            if self.whole and document.depth + 1 < MAX_DEPTH:
                place = self.alike(self.whole, values, document, place)
            found = self.start(document.text, place)
            if found is None:
                return place
            value, place = document.nil(self.name, found.end()) if found[1] else self.item(document, found.end())
            values.append(value)

    def alike(self, whole: _Object, values: list[Any], document: Document, place: int) -> int:
        """Adds objects of scalars that look like ones met before, by one match for each."""
        text, bare = document.text, not (whole.empty or whole.single)
        for step in whole.start.steps:
            if step.following is None:
                while (found := step.again(text, place)) is not None:
                    value = step.value(document, found, found.end())
                    if value is None:
                        return place
                    values.append(value if bare else whole.completed(value))
                    place = found.end()
        return place


@dataclass(eq=False, slots=True)
class _Array:
    """Reads an array within an element of its own."""

    readers: Readers
    shape: Shape
    own: str
    name: str
    scope: Scope
    items: _Items | None = None
    end: Matches = field(init=False)

    def __post_init__(self) -> None:
        self.end = re.compile(f"{SPACE}</{re.escape(self.name)}>").match

    def read(self, document: Document, place: int) -> tuple[list[Any], int]:
        if self.items is None:
            item = self.readers.grammar.item(self.shape, self.own, self.scope)
            name = marked(self.readers.grammar.tag(item))
            self.items = _Items(name, self.readers.of(item, name))
        document.deeper()
        values: list[Any] = []
        place = self.items.read(values, document, place)
        while (end := self.end(document.text, place)) is None:
            tag = document.tag_after_blank(place)
            if tag[1] and tag[3] != self.name:
                raise NotPlain
            if tag[1] or tag[3] == self.items.name:  # behind a text that has no place there
                place = tag.start()
            else:
                place = document.misplaced(tag, self.name, f"what may stand there: {unmarked(self.items.name)}")
            place = self.items.read(values, document, place)
        document.depth -= 1
        return values, end.end()


@dataclass(eq=False, slots=True)
class _Choice:
    """Reads the first alternative without a fault that the value fits, else the one with the fewest faults."""

    grammar: Grammar
    options: list[tuple[Shape, Reader]]

    def read(self, document: Document, place: int) -> tuple[Any, int]:
        if (place, id(self)) not in document.told:
            document.told[place, id(self)] = self.best(document, place)
        value, end, faults = document.told[place, id(self)]
        if faults and document.faults is None:
            raise NotPlain
        if document.faults is not None:
            document.faults += faults
        return value, end

    def best(self, document: Document, place: int) -> tuple[Any, int, list[Found]]:
        """The value of the best alternative, where it ends, and its faults."""
        before, depth = document.faults, document.depth
        found: list[tuple[tuple[int, bool], tuple[Any, int, list[Found]]]] = []
        for shape, read in self.options:
            document.faults, document.depth, document.reference = [], depth, 0
            value, end = read(document, place)
            rank = (len(document.faults), not self.grammar.shapes.fits(value, shape))
            found.append((rank, (value, end, document.faults)))
            if rank == (0, False):
                break
        document.faults, document.depth = before, depth
        return min(found, key=lambda one: one[0])[1]


@dataclass(eq=False, slots=True)
class _Guess:
    """Reads without a schema: elements within make an object, siblings of one name a list, a text is a string."""

    name: str

    def read(self, document: Document, place: int) -> tuple[Any, int]:
        document.deeper()
        start, value = place, dict[str, Any]()
        tag, text = document.tag(place)
        first = text
        while not tag[1]:
            local = _local(tag[3])
            if local.startswith("@"):
                place = document.skip(tag)
            else:
                entry = Entry(local, tag[3], _Guess(tag[3]).read, guessed=True)
                place = _put(entry, value, document, tag) if tag[2] else _take(entry, value, document, tag.end())
            tag = document.tag_after_blank(place)
        if tag[3] != self.name:
            raise NotPlain
        if value:
            document.blank(first, start)
        document.depth -= 1
        return value or first, tag.end()


@dataclass(eq=False, slots=True)
class _Never:
    """Refuses whatever there is."""

    name: str

    def read(self, document: Document, place: int) -> tuple[None, int]:
        message = f"The element <{unmarked(self.name)}> has no place: its schema allows no value"
        document.fault(place - 1, message)
        open_ones = 1
        while open_ones:
            tag, _ = document.tag(place)
            open_ones += -1 if tag[1] else 1
            place = tag.end()
        return None, place
