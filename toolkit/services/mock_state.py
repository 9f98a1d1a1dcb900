"""What a stand-in keeps between requests: things that were created are listed, read, changed, and gone after their deletion.

A collection is a path at which the contract lets something be created and below which one of its things is named:
`/notes` with `/notes/{id}`, or which lists what it creates. It is empty at first. What there is only one of, as `/settings` with
GET and PUT, is the contract's own until it is updated. In RPC style, `CreateTicket` makes what `GetTicket`, `UpdateTicket` or
`DeleteTicket` names by the one field that it requires, and `ListTickets` lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.client.bodies import Described
from toolkit.client.examples import conforms, parameter_values
from toolkit.contract.flow import deletes_named, is_rpc, kind, shape
from toolkit.contract.model import Contract, Match
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.resources import LISTS, identifier_of, inner_of, place_of, said_in
from toolkit.contract.routing import PARAMETER
from toolkit.document.names import bare_name
from toolkit.document.pointers import ABSENT, as_object
from toolkit.schema.shape import Shapes
from toolkit.structs import Mutable, field, replace
from toolkit.wire.parameters import write_scalar

MOST_THINGS = 5_000
"""The most things that are kept; then the oldest one is given up for a new one."""

_TOTALS = ("total", "count", "totalcount", "totalitems")

Place = tuple[str, tuple[str, ...]]
"""The shape of the path of a thing, such as `/notes/{}`, and the values of its parameters, the last of which names it."""


class State(Mutable, eq=False):
    """The things that exist, in the order of their creation, each by its place; not `collects`: only those that there is one of."""

    contract: Contract
    collects: bool = True
    things: dict[Place, Any] = field(default_factory=dict)
    _templates: dict[Operation, str] = field(default_factory=dict)  # paths, in RPC style made of names
    # shape of a thing's path -> the parameter that names it; '' where the contract has no such path
    _named: dict[str, str] = field(default_factory=dict)
    _alone: set[str] = field(default_factory=set)  # shapes of paths of what there is one of

    def __post_init__(self) -> None:
        places = {one: place_of(one).template for one in self.contract.operations()}
        self._templates = {
            one: path for one, path in places.items() if "#" in path or not (is_rpc(one) or deletes_named(one))
        }
        makers = {shape(path) for one, path in self._templates.items() if kind(one) == "create"}
        for path in self._templates.values():
            start, _, name = path.rstrip("/").rpartition("/")
            if self.collects and PARAMETER.fullmatch(name) and shape(start) in makers:
                self._named[shape(path)] = name[1:-1]
        lists = {shape(path) for one, path in self._templates.items() if one.method == "GET" and not is_rpc(one)}
        paths = [*map(shape, self._templates.values())]
        unnamed = (f"{one.rstrip('/')}/{{}}" for one in makers & lists if self.collects)
        self._named |= {below: "" for below in unnamed if not any(path.startswith(below) for path in paths)}
        rest = [one for one in places if not is_rpc(one) and one.method != "POST"]
        read, put = ({shape(one.route.template) for one in rest if kind(one) == what} for what in ("read", "update"))
        self._alone = {one for one in read & put if not one.endswith("{}") and one not in makers}

    def role(self, operation: Operation) -> str:
        """What a request to an operation means for the things: create, list, read, update or delete; '' for nothing."""
        if operation not in self._templates:
            return ""
        here, what = shape(self._templates[operation]), kind(operation)
        if here in self._named:
            return what if what in ("read", "update", "delete") else ""
        if self.is_alone(operation):
            return what if what == "read" or operation.method in ("PUT", "PATCH") else ""
        if here + "/{}" in self._named or (here == "/" and "/{}" in self._named):
            return "create" if what == "create" else "list" if what == "read" else ""
        return ""

    def is_alone(self, operation: Operation) -> bool:
        """Whether it is about what there is only one of, and its update is kept."""
        return shape(operation.route.template) in self._alone

    def located(self, match: Match, sent: Any) -> Match:
        """The match with what names a thing in RPC style as the path names it elsewhere."""
        if not is_rpc(match.operation):
            return match
        names = PARAMETER.findall(self._templates.get(match.operation, ""))
        texts = {**{name: write_scalar(one) for name, one in as_object(sent).items()}, **match.path}
        return replace(match, path={name: texts.get(name, "") for name in names})

    def missing(self, match: Match) -> str:
        """What does not exist of the things that the path of a request names; '' where all of them do."""
        template, values = self._templates.get(match.operation, ""), list(match.path.values())
        for count, found in enumerate(PARAMETER.finditer(template), 1):
            place = (shape(template[: found.end()]), tuple(values[:count]))
            if place[0] in self._named and place not in self.things:
                return f"there is no {found[1]} {values[count - 1]!r}"
        return ""

    def place(self, match: Match) -> Place:
        return shape(self._templates.get(match.operation, "")), tuple(match.path.values())

    def items(self, match: Match) -> list[Any]:
        """The things of the collection that a request names."""
        below, values = self._below(match), tuple(match.path.values())
        return [thing for (where, names), thing in self.things.items() if where == below and names[:-1] == values]

    def create(self, match: Match, value: Any, turn: int) -> str:
        """Keep the thing of which a response shows the value, and return what names it in paths: a made name where nothing in it does."""
        below, template = self._below(match), self._templates[match.operation].rstrip("/")
        name = self._named[below]
        parameters = self._parameters(below, name)

        def is_valid(text: Any) -> bool:
            return all(conforms(one, text) for one in parameters)

        for thing in (value, inner_of(value)):
            text = identifier_of(thing, name, template, is_valid) if thing else None
            if text and isinstance(thing, dict):
                break
        else:
            text = str(next((one for parameter in parameters for one in parameter_values(parameter, turn)), turn))
            is_number = any("integer" in one.types for one in parameters) and text.isdigit()
            thing = {**value, "id": int(text) if is_number else text} if name and isinstance(value, dict) else value
        self.keep((below, (*match.path.values(), text)), thing)
        return text if name else ""

    def keep(self, place: Place, thing: Any) -> None:
        if place not in self.things and len(self.things) >= MOST_THINGS:
            del self.things[next(iter(self.things))]
        self.things[place] = thing

    def update(self, place: Place, thing: Any, sent: Any, content_type: str | None) -> None:
        """Keep a thing with what was sent; null of a merge patch takes a property away (RFC 7396)."""
        made = next(merges(thing, sent))
        if "merge-patch" in (content_type or "") and isinstance(made, dict):
            made = {name: one for name, one in made.items() if one is not None}
        self.keep(place, made)

    def delete(self, match: Match) -> None:
        """A thing is gone with everything below it."""
        where, values = self.place(match)
        for other in [one for one in self.things if one[0].startswith(where) and one[1][: len(values)] == values]:
            del self.things[other]

    def _parameters(self, place: str, name: str) -> list[Parameter]:
        found = (one for one, path in self._templates.items() if shape(path) == place)
        parameters = (one for operation in found for one in (*operation.parameters, *said_in(operation).values()))
        return [one for one in parameters if one.name == name and (one.location == "path" or "#" in place)]

    def _below(self, match: Match) -> str:
        return shape(self._templates[match.operation]).rstrip("/") + "/{}"


def merges(base: Any, changes: Any, *, alone: bool = False) -> Iterator[Any]:
    """Values that hold as much as possible of the changes, the fullest first: with all of them in place of what the base
    has, or in the one object that it wraps; with those that the base has too, of any type or of the same; at last the base itself.
    Where `alone`, the changes may be the whole value."""
    if isinstance(base, Mapping) and isinstance(changes, Mapping):
        wrapped = [name for name, value in base.items() if isinstance(value, Mapping)]
        if len(wrapped) == 1 and not base.keys() & changes.keys():
            inner = merges(base[wrapped[0]], changes, alone=alone)
            yield from ({**base, wrapped[0]: one} for one in inner)
        yield from (changes,) if alone else ()
        yield {**base, **changes}
        yield {**base, **{name: value for name, value in changes.items() if name in base}}
        yield {**base, **{name: one for name, one in changes.items() if type(one) is type(base.get(name, ABSENT))}}
        yield from ({**base, name: changes[name]} for name in changes)
    elif isinstance(base, list) and isinstance(changes, Mapping):
        yield from ([one] for item in base[:1] for one in merges(item, changes, alone=alone))
    yield base


def with_parents(base: Any, sent: Any, match: Match) -> Any:
    """What was sent, with what the path names where the base has such properties: a book of `/shelves/{shelfId}/books` is of that shelf."""
    parents = {bare_name(name): text for name, text in match.path.items()}
    own = {name: parents[bare_name(name)] for name in as_object(base) if bare_name(name) in parents}
    typed = {name: int(text) if type(base[name]) is int and text.isdigit() else text for name, text in own.items()}
    return {**typed, **(sent or {})} if isinstance(sent, dict | None) else sent


def list_path(value: Any) -> tuple[str, ...] | None:
    """Where a value has a list: it is one, or has one under a usual name, or any; None where it has none."""
    if isinstance(value, list):
        return ()
    names = [name for name, inner in value.items() if isinstance(inner, list)] if isinstance(value, dict) else []
    best = next((name for name in LISTS if name in names), next(iter(names), None))
    return None if best is None else (best,)


def with_total(value: Any, count: int) -> Any:
    """A value with the number of all things where it has a property that says so by its name."""
    if not isinstance(value, dict):
        return value
    return {**value, **{name: count for name in value if bare_name(name) in _TOTALS and isinstance(value[name], int)}}


def lists_of(listed: Any, things: list[Any]) -> Iterator[list[Any]]:
    """Lists of the things, the fullest first: as they are, then each merged with an item of the list that is documented."""
    yield things
    for item in listed[:1] if isinstance(listed, list) else ():
        yield from map(list, zip(*(merges(item, thing) for thing in things), strict=False))


def public(described: Described, value: Any) -> Any:
    """What a request sends without the properties that no response shows (`writeOnly`)."""
    if described.bundle is None or not isinstance(value, dict):
        return value
    hidden = Shapes(described.bundle.schema).marked("writeOnly")
    return {name: one for name, one in value.items() if True not in hidden.get(name, ())}
