"""Plans that read pieces (`toolkit.xml_text`) into values, and tell faults: one for each shape, made when first met.

A plan is called behind a start tag with the name of the end tag that it has to consume, the text behind the start,
and the cursor. A plan for scalars keeps a text that cannot be read as its type; the schema's judge says the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from toolkit.xml_cursor import Cursor, Found, shown
from toolkit.xml_grammar import Grammar, Member, Scope, loose
from toolkit.xml_scalar import scalar_of, text_patterns
from toolkit.xml_shape import Shape

_MOST_NAMES = 1000
_SINGLE, _REPEATED, _GUESSED = range(3)


Plan = Callable[[str, str, Cursor], Any]
Entry = tuple[str, str, Any, int]


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of one grammar."""

    grammar: Grammar
    made: dict[tuple[object, ...], Plan] = field(default_factory=dict)

    def member(self, member: Member) -> Plan:
        """The plan for one element of a member."""
        if len(member.shapes) == 1:
            return self.of(member.shapes[0], member.name, member.scope)
        return _Choice(self.grammar, [(one, self.of(one, member.name, member.scope)) for one in member.shapes]).read

    def of(self, shape: Shape, own: str, scope: Scope) -> Plan:
        """The plan for the content of an element named `own`."""
        key = (id(shape), own, scope)
        if key not in self.made:
            self.made[key] = self._plan(shape, own, scope)
        return self.made[key]

    def _plan(self, shape: Shape, own: str, scope: Scope) -> Plan:
        if not shape.possible:
            return _never
        options = self.grammar.alternatives(shape)
        if options:
            return _Choice(self.grammar, [(option, self.of(option, own, scope)) for option in options]).read
        if loose(shape):
            return guess
        if shape.kinds == ("object",):
            return _Object(self, shape, scope).read
        if shape.kinds == ("array",):
            return _Array(self, shape, own, scope).read
        return _scalar(shape)


def _scalar(shape: Shape) -> Plan:
    """The plan for scalars: one text, and no element within."""
    convert, refuses = scalar_of(shape)

    def read(close: str, text: str, cursor: Cursor) -> Any:
        name, tail = next(cursor.pairs)
        cursor.end(close, name, tail)
        if refuses and refuses(text):
            cursor.fault(f"The text {shown(text)} does not match {text_patterns(shape)[0]!r}", "schema-pattern")
        return convert(text) if convert else text

    return read


@dataclass(slots=True)
class _Object:
    """The plan for objects; `table` holds its members by their names in pieces and is filled when first needed."""

    plans: Plans
    shape: Shape
    scope: Scope
    table: dict[str, Entry] = field(default_factory=dict)
    named: int = -1
    empty: tuple[str, ...] = ()
    single: dict[str, tuple[Shape, ...]] = field(default_factory=dict)

    def fill(self) -> None:
        """Enters all members that the schema names; only now, for a schema may contain itself."""
        grammar = self.plans.grammar
        members = grammar.members(self.shape, self.scope).values()
        for member in members:
            self.table.setdefault(grammar.tag(member), self.entry(member))
        self.empty = tuple(one.key for one in members if one.repeated and one.key in self.shape.required)
        self.single = {member.key: member.single for member in members if member.single}
        self.named = len(self.table)

    def entry(self, member: Member) -> Entry:
        mode = _REPEATED if member.repeated else _GUESSED if member.guessed else _SINGLE
        return member.key, "/" + self.plans.grammar.tag(member), self.plans.member(member), mode

    def read(self, close: str, text: str, cursor: Cursor) -> Any:
        if self.named < 0:
            self.fill()
        cursor.blank(text)
        value = dict[str, Any]()
        for name, text in cursor.pairs:
            if name == close:
                break
            if name in self.table:
                _put(value, self.table[name], name, text, cursor)
            else:
                self.rare(name, text, value, cursor, close)
        cursor.blank(text)
        return self.completed(value)

    def rare(self, name: str, text: str, value: dict[str, Any], cursor: Cursor, close: str) -> None:
        """Takes a child that the table does not hold: one with xsi:nil, or one that the schema does not name."""
        bare = name.removeprefix("!")
        entry = self.table.get(bare) or self.welcome(bare)
        if entry is not None:
            _put(value, entry, name, text, cursor)
        elif name.startswith("@") and not self.shape.closed:
            cursor.skip(name)
        else:
            known = ", ".join([*self.table][:20])
            cursor.misplaced(name, close[1:], f"what may stand there: {known}" if known else "nothing may stand there")

    def welcome(self, name: str) -> Entry | None:
        """The entry of an element that the schema does not name, where it leaves room for such."""
        if name[0] == "@":
            return None
        member = self.plans.grammar.unknown(self.shape, _local(name), self.scope)
        if member is None or (member.repeated and member.name != _local(name)):
            return None
        key, _, plan, mode = self.entry(member)
        entry = key, "/" + name, plan, mode
        if len(self.table) < self.named + _MOST_NAMES:
            self.table[name] = entry
        return entry

    def completed(self, value: dict[str, Any]) -> dict[str, Any]:
        """A required list without elements is empty; one element may be a value instead of a list of one."""
        for key in self.empty:
            value.setdefault(key, [])
        for key, shapes in self.single.items():
            found = value.get(key)
            if found and len(found) == 1 and any(self.plans.grammar.shapes.fits(found[0], one) for one in shapes):
                value[key] = found[0]
        return value


def _content(entry: Entry, name: str, text: str, cursor: Cursor) -> Any:
    _, end, plan, _ = entry
    return cursor.nil(end, text) if name.startswith("!") else plan(end, text, cursor)


def _put(value: dict[str, Any], entry: Entry, name: str, text: str, cursor: Cursor) -> None:
    """Adds an element's value to its member; only lists take more than one."""
    key, mode = entry[0], entry[3]
    if mode == _REPEATED:
        value.setdefault(key, []).append(_content(entry, name, text, cursor))
    elif key not in value:
        value[key] = _content(entry, name, text, cursor)
    elif mode == _GUESSED:
        value[key] = value[key] if isinstance(value[key], list) else [value[key]]
        value[key].append(_content(entry, name, text, cursor))
    else:
        cursor.fault(
            f"The element <{name.removeprefix('!')}> stands there a second time", hint="once is all there may be"
        )
        cursor.skip(name)


@dataclass(slots=True)
class _Array:
    """The plan for an array within an element of its own."""

    plans: Plans
    shape: Shape
    own: str
    scope: Scope
    entry: Entry | None = None

    def read(self, close: str, text: str, cursor: Cursor) -> Any:
        if self.entry is None:
            item = self.plans.grammar.item(self.shape, self.own, self.scope)
            tag = self.plans.grammar.tag(item)
            self.entry = (tag, "/" + tag, self.plans.member(item), _REPEATED)
        cursor.blank(text)
        tag, end, plan, _ = self.entry
        value = []
        for name, text in cursor.pairs:
            if name == close:
                break
            if name == tag:
                value.append(plan(end, text, cursor))
            elif name == "!" + tag:
                value.append(cursor.nil(end, text))
            else:
                cursor.misplaced(name, close[1:], f"what may stand there: {tag}")
        cursor.blank(text)
        return value


@dataclass(slots=True)
class _Choice:
    """The plan for alternatives: the first one without a fault that the value fits, else the one with the fewest."""

    grammar: Grammar
    options: list[tuple[Shape, Plan]]

    def read(self, close: str, text: str, cursor: Cursor) -> Any:
        start = cursor.place()
        if (start, id(self)) not in cursor.memory:
            cursor.memory[start, id(self)] = self.best(close, text, cursor, start)
        end, value, faults = cursor.memory[start, id(self)]
        cursor.go(end)
        cursor.faults += faults
        return value

    def best(self, close: str, text: str, cursor: Cursor, start: int) -> tuple[int, Any, list[Found]]:
        """Where the best alternative ends, its value and its faults."""
        before = cursor.faults
        best: tuple[tuple[int, bool], tuple[int, Any, list[Found]]] | None = None
        for shape, plan in self.options:
            cursor.go(start)
            cursor.faults = []
            value = plan(close, text, cursor)
            rank = (len(cursor.faults), not self.grammar.shapes.fits(value, shape))
            if best is None or rank < best[0]:
                best = rank, (cursor.place(), value, cursor.faults)
            if rank == (0, False):
                break
        cursor.faults = before
        assert best is not None
        return best[1]


def _never(close: str, text: str, cursor: Cursor) -> None:
    cursor.fault(f"The element <{close[1:]}> has no place: its schema allows no value")
    cursor.skip(close[1:])


def guess(close: str, text: str, cursor: Cursor) -> Any:
    """Without a schema: elements within make an object, siblings of one name a list, a text is a string."""
    value: dict[str, Any] = {}
    for name, inner in cursor.pairs:
        if name == close:
            break
        if name.startswith("@"):
            cursor.skip(name)
            continue
        bare = name.removeprefix("!")
        entry = (_local(bare), "/" + bare, guess, _GUESSED)
        _put(value, entry, name, inner, cursor)
    cursor.blank(inner)
    if value:
        cursor.blank(text)
    return value or text


def _local(name: str) -> str:
    """A name in pieces without its namespace, which matters nowhere that a schema has no name for."""
    return name.rpartition("}")[2]
