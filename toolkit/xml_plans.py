"""Plans that read pieces (`toolkit.xml_text`) into values: one for each shape, made when it is first met.

A plan is called behind a start tag with the name of the end tag that it has to consume, the text behind the start,
and the cursor. A plan for scalars keeps a text that cannot be read as its type; the schema's judge says the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isinf
from typing import Any

from toolkit.xml_cursor import Cursor, Found, NotPlain, shown
from toolkit.xml_grammar import Grammar, Member, Scope, loose
from toolkit.xml_pattern import matcher
from toolkit.xml_shape import SCALARS, Shape
from toolkit.xml_text import NAME

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MOST_DIGITS = 4000
_MOST_NAMES = 1000
_BLANKS = {"", *(start + step * times for start in ("", "\n") for step in (" ", "\t") for times in range(40))}
_TEXT, _NESTED, _REPEATED, _GUESSED = range(4)


Plan = Callable[[str, str, Cursor], Any]
Read = Callable[[str], Any]
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


@dataclass(frozen=True, slots=True)
class _Text:
    """The plan for scalars: one text, converted where `convert` is given, and no element within."""

    convert: Read | None

    def __call__(self, close: str, text: str, cursor: Cursor) -> Any:
        name, tail = next(cursor.pairs)
        if name != close or tail not in _BLANKS:
            cursor.end(close, name, tail)
        return text if self.convert is None else self.convert(text)


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
        plan, end = self.plans.member(member), "/" + self.plans.grammar.tag(member)
        if member.repeated:
            return member.key, end, plan, _REPEATED
        if member.guessed:
            return member.key, end, plan, _GUESSED
        return (member.key, end, plan.convert, _TEXT) if isinstance(plan, _Text) else (member.key, end, plan, _NESTED)

    def read(self, close: str, text: str, cursor: Cursor) -> Any:
        if self.named < 0:
            self.fill()
        cursor.deeper(1)
        if text not in _BLANKS:
            cursor.blank(text)
        table, blanks, usual, pairs, value = self.table, _BLANKS, text, cursor.pairs, dict[str, Any]()
        for name, text in pairs:
            if name in table:
                key, end, read, mode = table[name]
                if not mode and key not in value:
                    found, tail = next(pairs)
                    if found != end or (tail != usual and tail not in blanks):
                        cursor.end(end, found, tail)
                    value[key] = read(text) if read else text
                elif mode == _REPEATED and key in value:
                    value[key].append(read(end, text, cursor))
                else:
                    _put(value, table[name], name, text, cursor)
            elif name == close:
                break
            else:
                self.rare(name, text, value, cursor, close)
        else:
            raise NotPlain
        if text not in blanks:
            cursor.blank(text)
        cursor.depth -= 1
        return self.completed(value) if self.empty or self.single else value

    def rare(self, name: str, text: str, value: dict[str, Any], cursor: Cursor, close: str) -> None:
        """Takes a child that the table does not hold: one with xsi:nil, or one that the schema does not name."""
        bare = name.removeprefix("!")
        entry = self.table.get(bare) or self.welcome(bare, cursor)
        if entry is not None:
            _put(value, entry, name, text, cursor)
        elif name.startswith("@") and not self.shape.closed:
            cursor.skip(name)
        else:
            known = ", ".join([*self.table][:20])
            cursor.misplaced(name, close[1:], f"what may stand there: {known}" if known else "nothing may stand there")

    def welcome(self, name: str, cursor: Cursor) -> Entry | None:
        """The entry of an element that the schema does not name, where it leaves room for such."""
        if name[0] in "@/" or (cursor.plain and not NAME.fullmatch(name)):
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
    _, end, plan, mode = entry
    if name.startswith("!"):
        return cursor.nil(end, text)
    return (_Text(plan) if mode == _TEXT else plan)(end, text, cursor)


def _put(value: dict[str, Any], entry: Entry, name: str, text: str, cursor: Cursor) -> None:
    """Adds an element's value to its member; only lists take more than one."""
    key, mode = entry[0], entry[3]
    if mode == _REPEATED:
        value.setdefault(key, []).append(_content(entry, name, text, cursor))
    elif key not in value:
        value[key] = _content(entry, name, text, cursor)
    elif mode == _GUESSED:
        before = value[key] if isinstance(value[key], list) else [value[key]]
        value[key] = [*before, _content(entry, name, text, cursor)]
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
        cursor.deeper(1)
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
        else:
            raise NotPlain
        cursor.blank(text)
        cursor.depth -= 1
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
        if faults and cursor.faults is None:
            raise NotPlain
        if cursor.faults is not None:
            cursor.faults += faults
        return value

    def best(self, close: str, text: str, cursor: Cursor, start: int) -> tuple[int, Any, list[Found]]:
        """Where the best alternative ends, its value and its faults."""
        before, depth = cursor.faults, cursor.depth
        best: tuple[tuple[int, bool], tuple[int, Any, list[Found]]] | None = None
        for shape, plan in self.options:
            cursor.go(start)
            cursor.faults, cursor.depth = [], depth
            value = plan(close, text, cursor)
            rank = (len(cursor.faults), not self.grammar.shapes.fits(value, shape))
            if best is None or rank < best[0]:
                best = rank, (cursor.place(), value, cursor.faults)
            if rank == (0, False):
                break
        cursor.faults, cursor.depth = before, depth
        if best is None:
            raise NotPlain
        return best[1]


def _never(close: str, text: str, cursor: Cursor) -> None:
    cursor.fault(f"The element <{close[1:]}> has no place: its schema allows no value")
    cursor.skip(close[1:])


def guess(close: str, text: str, cursor: Cursor) -> Any:
    """Without a schema: elements within make an object, siblings of one name a list, a text is a string."""
    cursor.deeper(1)
    value: dict[str, Any] = {}
    for name, inner in cursor.pairs:
        if name == close:
            break
        if name.startswith("@"):
            cursor.skip(name)
            continue
        bare = name.removeprefix("!")
        if name.startswith("/") or (cursor.plain and not NAME.fullmatch(name)):
            raise NotPlain
        entry = (_local(bare), "/" + bare, guess, _GUESSED)
        _put(value, entry, name, inner, cursor)
    else:
        raise NotPlain
    cursor.depth -= 1
    cursor.blank(inner)
    if value:
        cursor.blank(text)
    return value or text


def _local(name: str) -> str:
    """A name in pieces without its namespace, which matters nowhere that a schema has no name for."""
    return name.rpartition("}")[2]


def _scalar(shape: Shape) -> Plan:
    convert = _conversion(shape.types & SCALARS)
    patterns = [pattern for pattern in shape.each("x-text-pattern") if isinstance(pattern, str)]
    if not patterns:
        return _Text(convert)
    matchers = [matcher(pattern) for pattern in patterns]

    def read(close: str, text: str, cursor: Cursor) -> Any:
        name, tail = next(cursor.pairs)
        cursor.end(close, name, tail)
        if all(matches(text) for matches in matchers):
            return text if convert is None else convert(text)
        if convert is None:
            cursor.fault(f"The text {shown(text)} does not match {patterns[0]!r}", "schema-pattern")
        return text

    return read


def _conversion(types: frozenset[str]) -> Read | None:
    """How a text is read as one of the types; as it stands where it cannot be. None where it always stands so."""
    readers = [_READERS[name] for name in ("boolean", "integer", "number") if name in types]
    if not readers:
        return None
    if len(readers) == 1 or types == {"integer", "number"}:
        return readers[-1]

    def read(text: str) -> Any:
        return next((found for found in (reader(text) for reader in readers) if found is not text), text)

    return read


def _boolean(text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)


def _integer(text: str) -> Any:
    return int(text) if _INTEGER.fullmatch(text) and len(text) < _MOST_DIGITS else text


def _number(text: str) -> Any:
    if _INTEGER.fullmatch(text):
        return _integer(text)
    found = float(text) if _NUMBER.fullmatch(text) else text
    return text if isinstance(found, float) and isinf(found) else found


_READERS: dict[str, Read] = {"boolean": _boolean, "integer": _integer, "number": _number}
