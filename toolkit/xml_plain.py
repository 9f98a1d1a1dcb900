"""Plain XML documents -> values, straight from their text, in the forms in which they came before.

A document is plain where it has tags without attributes, text and the XML declaration, and nothing else. Within an
element, what is between two members that have elements of their own (or the element's ends) is a run of scalars: a
*step*. Runs that were met are kept as regular expressions, so that documents that look like earlier ones are read
by one match for each run; other runs are read tag by tag, and learnt. So the order of elements is free, and what
comes often is fast.

A reader is called with the document and the offset behind a start tag; it gives the value and the offset behind
the end tag. It raises Misfit where the schema has no place for what it finds, and NotPlain where only the thorough
way (`toolkit.xml_codec`) can tell. What it gives is the value that the thorough way would give without a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.xml_grammar import Grammar, Member, Scope, loose
from toolkit.xml_scalar import Read, scalar_of
from toolkit.xml_shape import Shape
from toolkit.xml_text import MAX_DEPTH, NAME, PlainText, resolved

_SPACE = "[ \t\n]*"
_IN_NO_ATTRIBUTE = re.compile('[<>&"\t\r\n]')
_TAG = re.compile(_SPACE + "<(/?)([^<>/ \t\n]+)>")
_TEXT = re.compile("([^<]*)<(/?)([^<>/ \t\n]+)>")
_MOST_NAMES = 1000  # of members that the schema does not name
_MOST_LEARNT, _MOST_STEPS, _LONGEST_STEP = 2000, 8, 200

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
class _State:
    """Where an object's reader stands behind one of its members, or its start: the steps that were met from here."""

    steps: list[_Step] = field(default_factory=list)
    learnt: int = 0


@dataclass(eq=False, slots=True)
class _Entry:
    """A member of an object: its key, the name of its element, what reads it. One that is a lone scalar has a `scalar`,
    a repeated one has `items`."""

    key: str
    name: str
    read: Reader
    scalar: _Scalar | None = None
    items: _Items | None = None
    guessed: bool = False
    state: _State = field(default_factory=_State)


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
        return PlainXml(grammar, re.compile(_SPACE + opening).match)

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
        return _Scalar(name, *scalar_of(shape)).read

    def entry(self, member: Member, name: str) -> _Entry:
        read = self.reader(member)
        if member.repeated:
            return _Entry(member.key, name, read, items=_Items(name, read))
        scalar = _owner(read)
        return _Entry(member.key, name, read, scalar if isinstance(scalar, _Scalar) else None, None, member.guessed)


def _owner(read: Reader) -> object:
    return getattr(read, "__self__", None)


@dataclass(eq=False, slots=True)
class _Scalar:
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
            raise Misfit if (tag := _TEXT.match(document.text, place)) and not tag[2] else NotPlain
        return self.value(document.without_references(found[1])), found.end()

    def value(self, text: str) -> Any:
        if self.refuses and self.refuses(text):
            raise Misfit
        return self.convert(text) if self.convert else text


@dataclass(eq=False, slots=True)
class _Step:
    """A run of scalars, each of them there or only sometimes there, up to a member of another kind or the end."""

    owner: str
    members: list[tuple[_Entry, bool]]
    following: _Entry | None
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
        self.again = re.compile(f"{_SPACE}<{re.escape(self.owner)}>{source}").match
        self.texts = re.Match.groupdict if named else lambda found: dict(zip(keys, found.groups(), strict=True))
        self.varying = [entry.key for entry, sometimes in self.members if sometimes]
        scalars = [(entry.key, entry.scalar) for entry, _ in self.members if entry.scalar]
        reads = [(key, scalar.value if scalar.refuses else scalar.convert) for key, scalar in scalars]
        self.converted = [(key, read) for key, read in reads if read]

    def source(self, named: bool) -> str:
        """The expression that matches the run and the tag behind it; before a list it leaves the first item to come."""
        parts = [_SPACE]
        for entry, sometimes in self.members:
            tag, group = re.escape(entry.name), f"?P<{entry.key}>" if named else ""
            part = f"<{tag}>({group}[^<]*)</{tag}>{_SPACE}"
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


def _merged(known: list[tuple[_Entry, bool]], met: Sequence[_Entry]) -> list[tuple[_Entry, bool]] | None:
    """A run that has both forms, what one of them lacks being there sometimes; None where their orders differ."""
    shared = [entry.name for entry, _ in known if entry in met]
    if shared != [entry.name for entry in met if entry.name in shared]:
        return None
    rest, merged = list(known), list[tuple[_Entry, bool]]()
    for entry in met:
        if entry.name not in shared:
            merged.append((entry, True))
            continue
        while rest[0][0] is not entry:
            merged.append((rest.pop(0)[0], True))
        merged.append(rest.pop(0))
    return [*merged, *((entry, True) for entry, _ in rest)]


@dataclass(eq=False, slots=True)
class _Object:
    """Reads the members of an object, step by step."""

    readers: PlainXml
    shape: Shape
    name: str
    scope: Scope
    entries: dict[str, _Entry] = field(default_factory=dict)
    named: int = -1
    start: _State = field(default_factory=_State)
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

    def scan(self, state: _State, document: Document, place: int) -> tuple[dict[str, Any], _Entry | None, int]:
        """One step, tag by tag: its value, what follows, and the offset behind the tag of that."""
        if self.named < 0:
            self.fill()
        value, met = dict[str, Any](), list[_Entry]()
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

    def unknown(self, name: str) -> _Entry:
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

    def learn(self, state: _State, met: list[_Entry], following: _Entry | None) -> None:
        """Keeps the step for the next time, in one with an earlier one where they differ in what is there."""
        if state.learnt >= _MOST_STEPS or self.readers.learnt >= _MOST_LEARNT or len(met) > _LONGEST_STEP:
            return
        state.learnt += 1
        self.readers.learnt += 1
        for index, step in enumerate(state.steps):
            merged = _merged(step.members, met) if step.following is following else None
            if merged is not None:
                state.steps[index] = _Step(self.name, merged, following)
                return
        state.steps.append(_Step(self.name, [(entry, False) for entry in met], following))

    def completed(self, value: dict[str, Any]) -> dict[str, Any]:
        """A required list without elements is empty; one element may be a value instead of a list of one."""
        for key in self.empty:
            value.setdefault(key, [])
        for key, shapes in self.single:
            found = value.get(key)
            if found and len(found) == 1 and any(self.readers.grammar.shapes.fits(found[0], one) for one in shapes):
                value[key] = found[0]
        return value


def _take(entry: _Entry, value: dict[str, Any], document: Document, place: int) -> int:
    """Reads a member whose start tag is behind, or the first one's ahead where it is repeated; adds it to the value."""
    if entry.items:
        return entry.items.read(value.setdefault(entry.key, []), document, place)
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
        self.start = re.compile(f"{_SPACE}<{re.escape(self.name)}>").match
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
        self.end = re.compile(f"{_SPACE}</{re.escape(self.name)}>").match

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
        found = _TEXT.match(document.text, place)
        if found is None:
            raise NotPlain
        text, value = found[1], dict[str, Any]()
        while not found[2]:
            name = found[3]
            if not NAME.fullmatch(name) or found[1].strip(" \t\n"):
                raise NotPlain
            place = _take(_Entry(name, name, _Guess(name).read, guessed=True), value, document, found.end())
            found = _TEXT.match(document.text, place)
            if found is None:
                raise NotPlain
        if found[3] != self.name or (value and found[1].strip(" \t\n")):
            raise NotPlain
        document.depth -= 1
        return value or document.without_references(text), found.end()


def _never(document: Document, place: int) -> tuple[Any, int]:
    raise Misfit
