"""Values that exist: what responses of the service have shown, to fill parameters and bodies of later requests.

First come what OpenAPI links say (OpenAPI, Link Object), then Location header fields (RFC 9110, section 10.2.2), then items
and what creating operations return, by the path below which they stand, then properties by name: `{noteId}`, `{note_id}`,
`{note}`, and `{id}` below `/notes` are the `id` of a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial
from itertools import accumulate, islice, zip_longest
from typing import Any
from urllib.parse import unquote

from toolkit.client.client import CheckedResponse, Client
from toolkit.client.examples import conforms
from toolkit.contract.flow import deletes_named, is_rpc, kind, method_of, restores, shape
from toolkit.contract.links import follow_link, links_of
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.resources import (
    IDENTIFIERS,
    SELDOM,
    created_in,
    distinguishing,
    identifier_of,
    inner_of,
    is_named,
    items_of,
    json_body,
    json_value,
    listed_in_parent,
    names_of,
    naming,
    own_part,
    parents_in,
    place_of,
    properties_in,
    resource_of,
    said_in,
    singular,
)
from toolkit.contract.routing import PARAMETER
from toolkit.document.names import bare_name
from toolkit.document.pointers import as_object, texts_in
from toolkit.exchange import Key, Request, Response
from toolkit.schema.scalars import is_text_or_integer
from toolkit.structs import Mutable, field
from toolkit.wire.parameters import write_scalar
from toolkit.wire.urlencoded import form_pairs, parse_query, split_url

Filling = Mapping[Key, str]
"""Values for some parameters of one operation, which belong together."""

# Properties that say where a thing is.
_ADDRESSES = ("href", "url", "uri", "path", "self", "selflink", "link", "resourceuri")
# Ends of the names of properties that name another thing, and of those that may do so.
_REFERRING = ("id", "uuid", "guid", "ref", "arn")
_MAY_REFER = (*_REFERRING, "key")
_MOST_VALUES = 40  # of one place or name
_MOST_FILLINGS = 6
_MOST_OWN = 2  # of what the run created, before what was there
_MOST_ITEMS = 30  # of one list
_LEAST_UNIQUE = 8  # characters of an identifier that is hardly counted
_MOST_LEVELS = 3  # to which a body has references


class Pool(Mutable, eq=False):
    """Values by place and by name. `places` has for the shape of a path the values of its parameters that exist, each with whether this run created
    it; `names` has for a property's name (of a note: `id` and `noteid`) the strings seen; `linked` has for an operation what links to it say,
    `makers` the operation that created something at a place, `made_texts` the strings that name what was created in RPC style, where there are no
    places, `unseen` the places at which what was accepted was not there, or not done, in time, `caller` who sends the requests."""

    contract: Contract
    caller: str = ""
    places: dict[str, dict[tuple[str, ...], bool]] = field(default_factory=dict)
    names: dict[str, dict[str, None]] = field(default_factory=dict)
    linked: dict[str, list[dict[Key, str]]] = field(default_factory=dict)
    gone: dict[tuple[str, tuple[str, ...]], bool] = field(default_factory=dict)  # and whether the run had created it
    makers: dict[str, str] = field(default_factory=dict)
    made_texts: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)
    making: list[str] = field(default_factory=list)  # places of parents, each made for the one before
    led: dict[str, set[str]] = field(default_factory=dict)  # what leads to another thing, of each operation's body
    _below: dict[str, list[str]] = field(default_factory=dict)
    _templates: dict[str, None] = field(default_factory=dict)  # of the paths to single things
    _showing: dict[str, dict[str, set[str]]] = field(default_factory=dict)  # see note_thing
    _learned: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for operation in self.contract.operations():
            own = operation.route.template if deletes_named(operation) else place_of(operation).template
            self._templates |= {own: None} if own.endswith("}") else {}
            for start, name in _prefixes(own):
                names = self._below.setdefault(start, [])
                names += [name] if name not in names else []

    @cached_property
    def resources(self) -> frozenset[str]:
        """What the contract has paths to, below, or to a list of, as words: `note` of `/notes/{id}`, `/notes/{id}/text` and `/notes`."""
        templates = [route.template.rstrip("/") for route in self.contract.router.routes]
        return frozenset(resource_of(one) for one in (*templates, *self._below) if one.endswith(("}", "s")))

    @cached_property
    def _parameters(self) -> dict[tuple[str, str], list[Parameter]]:
        """The parameters of the path of every operation, by what stands before them and their name."""
        found: dict[tuple[str, str], list[Parameter]] = {}
        for operation in self.contract.operations():
            place = place_of(operation)
            declared = {one.name: one for one in said_in(operation).values()} if is_rpc(operation) else {}
            declared |= {one.name: one for one in operation.parameters if one.location == "path"}
            for start, name in _prefixes(place.template):
                found.setdefault((start + "/{}", name), []).extend([declared[name]] if name in declared else [])
        return found

    def is_valid(self, place: str, name: str, value: Any) -> bool:
        return all(conforms(one, value) for one in self._parameters.get((place, name), ()))

    def note_thing(self, place: str, values: tuple[str, ...], thing: Any) -> None:
        """Which properties of what was read at a place have what its path names, whatever they are called."""
        scalars = {key: one for key, one in as_object(thing).items() if is_text_or_integer(one)}
        if values and scalars and place.endswith("/{}"):
            keys = {key for key, one in scalars.items() if write_scalar(one) == values[-1]}
            self._showing.setdefault(place, {})[values[-1]] = keys

    def identifier_at(self, place: str, name: str, template: str, item: Any) -> str | None:
        """What names an item in the path to a place: the one property that had it in each of several things that were read there, or
        else one that is called so. None where nothing valid does."""
        noted = [*self._showing.get(place, {}).values()]
        keys = set.intersection(*noted) if len(noted) > 1 else set()
        value = as_object(item).get(next(iter(keys))) if len(keys) == 1 else None
        named = write_scalar(value) if is_text_or_integer(value) else None
        return named or identifier_of(item, name, template, partial(self.is_valid, place, name))

    def learn(self, client: Client, response: CheckedResponse, *, is_new: bool = False) -> None:
        """Keep, once, the values that a response with success shows. `is_new`: its path names what was not there before."""
        request, received = response.exchange.request, response.exchange.response
        operation = client.by_channel.get(response.call.channel, client.operation)
        source = response.exchange.source
        if request is None or received is None or request.method != operation.method or source in self._learned:
            return
        self._learned.update({source} - {""})
        arguments = path_values(operation, request)
        what, template = kind(operation), place_of(operation).template
        if what == "read":
            self.note_thing(shape(template), arguments, response.thing)
        if what == "delete" and (arguments or not is_rpc(operation)):
            self.forget(shape(template), arguments)
            return
        gone = self.gone.items() if restores(operation) else ()
        back = [place for (place, values), is_own in gone if is_own and values == arguments]
        if arguments:
            is_named_by_client = template.endswith("}") and (is_new or received.status == 201)
            is_own = operation.method == "PUT" or self._shows_new(operation, arguments, response.value)
            self.keep_place(template, arguments, is_named_by_client and is_own)
        for place in back:
            self.places.setdefault(place, {})[arguments] = True
        cookies = [("cookie", name, unquote(text)) for name, text in received.headers.set_cookies if text]
        for location, name, text in (*(("header", *pair) for pair in received.headers.pairs), *cookies):
            if (location, name.lower()) in self._fields:
                self._keep_name(bare_name(name), text)
        self._learn_links(operation, request, received, response.value)
        about = self._learn_location(operation, request, received, what == "create")
        # Where no body is documented, it is read all the same.
        value = response.value if response.value is not None else json_value(received.body)
        value = value if value is not None or what != "create" else json_body(request)
        self._learn_chosen(operation, request, arguments, received.status == 201)
        self.learn_body(operation, arguments, value, received.status == 201, about)
        if what == "create" and is_rpc(operation):
            texts = (*texts_in(response.value), *(text for _, text in response.call.pairs))
            self.made_texts |= {text for text in texts if len(text) > 5}

    def _shows_new(self, operation: Operation, arguments: tuple[str, ...], value: Any) -> bool:
        """Whether a response shows what its path names, and that was not there before: `POST /groups/{name}` makes a group."""
        start, _, name = operation.route.template.rpartition("/")
        shown = (is_named(one, name.strip("{}"), start, arguments[-1]) for one in (value, inner_of(value)))
        is_known = arguments in self.places.get(place_of(operation).shape, ())
        return operation.method == "POST" and not is_known and any(shown)

    def holds(self, operation: Operation, request: Request) -> bool:
        """Whether the path of a request leads to, or below, what is known to exist."""
        place = "".join(place_of(operation).shape.rpartition("{}")[:2])
        return path_values(operation, request) in self.places.get(place, ())

    def forget(self, where: str, arguments: tuple[str, ...]) -> None:
        """What was deleted exists no longer, nor does what was below it."""
        self.gone[where, arguments] = self.places.get(where, {}).get(arguments, False)
        for other, found in self.places.items():
            if other.startswith(where):
                for values in [values for values in found if values[: len(arguments)] == arguments]:
                    del found[values]
        for fillings in self.linked.values():
            fillings[:] = [one for one in fillings if tuple(one.values())[-len(arguments) :] != arguments]

    @cached_property
    def _deleting(self) -> dict[str, Operation]:
        """The operation that deletes what stands at a place."""
        found = ((place_of(one).template, one) for one in self.contract.operations() if method_of(one) == "DELETE")
        return {shape(template): one for template, one in found if template.endswith("}")}

    def is_cleared(self, maker: Operation, where: str) -> bool:
        """Whether an operation creates what another one deletes at a place."""
        return kind(maker) == "create" and where in self._deleting

    def leftovers(self) -> list[tuple[Operation, tuple[str, ...]]]:
        """What the run created and did not delete, each with the operation that deletes it, the deepest and newest first."""
        places = sorted(self.places, key=lambda place: -place.count("{}"))
        kept = [place for place in places if place in self._deleting]
        return [(self._deleting[place], values) for place in kept for values in self.own(place)]

    def made(self) -> set[str]:
        """The strings that name what the run created."""
        own = (values[-1] for found in self.places.values() for values, is_own in found.items() if is_own)
        return self.made_texts.union(own)

    def own(self, where: str) -> list[tuple[str, ...]]:
        """What the run created at a place and did not delete, the newest first."""
        return [values for values, is_own in reversed(self.places.get(where, {}).items()) if is_own]

    def fillings(self, operation: Operation, wanted: Iterable[Parameter], most: int = _MOST_FILLINGS) -> list[Filling]:
        """Values for the wanted parameters of an operation, those surest to exist first; some may lack parameters."""
        wanted = list(wanted)
        keys = {one.key for one in wanted}
        links = self.linked.get(operation.name, ())
        linked = [{key: text for key, text in one.items() if key in keys} for one in links]
        placed = list(self._by_place(operation, keys))
        # With {} among them: what had success may be another thing.
        found = [*placed[:_MOST_OWN], *reversed(linked[-_MOST_OWN:]), {}, *placed[_MOST_OWN:]]
        # With the first known text for each parameter that one lacks
        held, template = self.held_from(operation), operation.route.template
        more = {one.key: text for one in wanted for text in self.texts(operation, one.name)[::-1] if text not in held}
        more = {key: own_part(text, template.partition(f"/{{{key[1]}}}")[0]) for key, text in more.items()}
        complete = ({**one, **{key: text for key, text in more.items() if key not in one}} for one in found)
        distinct: dict[Any, Filling] = {tuple(sorted(one.items())): one for one in complete if one}
        return list(distinct.values())[:most]

    def held_from(self, operation: Operation) -> set[str]:
        """What an operation does not get: one that changes or deletes what there is, the name of who calls, which would end the session."""
        return {self.caller} - {""} if kind(operation) in ("update", "delete") else set()

    def texts(self, operation: Operation, parameter: str) -> list[str]:
        """The strings seen in properties that a parameter of this name may mean, the likeliest first, what was deleted last."""
        names = [*names_of(operation.route.template, parameter)]
        found = (text for name in names for text in self.names.get(name, ()))
        whose = {place: resource_of(place.rpartition("/{}")[0]) for place in self.places}
        held = [place for place, one in whose.items() if {one + word for word in IDENTIFIERS} & {*names}]
        existing = {values[-1] for place in held for values in self.places[place]}
        return sorted(dict.fromkeys(found), key=lambda text: bool(existing) and text.rpartition("/")[2] not in existing)

    def refer(self, value: Any, operation: Operation, depth: int = 0, every: bool = False, at: int = 0) -> Any:
        """A body in which properties that name another resource, such as `authorId`, have a value that exists, the one `at` an index of those
        that are known; or `every` string one that a property of its name has."""
        if depth > _MOST_LEVELS or not isinstance(value, dict | list):
            return value
        if isinstance(value, list):
            return [self.refer(one, operation, depth + 1, every, at) for one in value]
        led = dict[str, str]()
        for place, keys in self.leading(value, operation):
            if len(keys) > 1 or not keys[0].lower().endswith(_MAY_REFER):
                led |= zip(keys, next(iter((*self.own(place), *self.places.get(place, ()))), ()), strict=False)
        self.led.setdefault(operation.name, set()).update(led)
        own = {key: _as_type_of(value[key], text) for key, text in led.items()}
        return {key: self._reference(key, one, operation, depth, every, at) for key, one in value.items()} | own

    def leading(self, value: Any, operation: Operation) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The places of other things to which properties of a body lead, the deepest first, and these properties."""
        own, used = resource_of(place_of(operation).template), set[str]()
        for template in sorted(self._templates, key=lambda one: -one.count("{")):
            keys = naming(template, value) if resource_of(template) != own else ()
            if keys and used.isdisjoint(keys):
                used |= {*keys}
                yield shape(template), keys

    def _reference(self, key: str, value: Any, operation: Operation, depth: int, every: bool, at: int) -> Any:
        if isinstance(value, list) and value and isinstance(value[0], str | int):
            return [self._reference(key.removesuffix("s"), value[0], operation, depth, every, at)]
        if not isinstance(value, str | int) or isinstance(value, bool):
            return self.refer(value, operation, depth + 1, every, at)
        is_named, plain = key.lower() != "id" and key.lower().endswith(_MAY_REFER), bare_name(key)
        others = self.resources - {resource_of(place_of(operation).template), ""}
        is_name = plain.removesuffix("name") in others and plain not in SELDOM  # of another thing: `appName`
        is_reference = is_named or is_name or singular(plain) in self.resources or (every and isinstance(value, str))
        known = self.texts(operation, key) if is_reference else []
        made = self.made() if deletes_named(operation) else known  # what others made is not deleted
        fitting = [text for text in known if text in made and (isinstance(value, str) or text.isdecimal())]
        return _as_type_of(value, fitting[at]) if fitting else value

    def names_unknown(self, operation: Operation, request: Request) -> list[str]:
        """The values in a request, in its path, query or JSON body, that name another thing, as `userId` does, and that nothing has shown."""
        placed = zip((name for _, name in place_of(operation).keys), path_values(operation, request), strict=False)
        own = resource_of(operation.route.template)
        found = [(bare_name(name), text) for name, text in placed]
        found += [(name, one) for _, name, one in properties_in(json_body(request))]
        query = parse_query(split_url(request.url).query)
        found += [(bare_name(name), text) for name, text in query if not text.isdecimal()]  # a number may be any
        things = self.resources - {own, ""}
        others = [one for one in found if one[0].endswith(_REFERRING) or singular(one[0]) in things]
        scalars = [(name, one) for name, one in others if name not in ("id", own + "id") and is_text_or_integer(one)]
        return [text for name, one in scalars if (text := write_scalar(one)) not in self.texts(operation, name)]

    def _by_place(self, operation: Operation, keys: set[Key]) -> Iterator[dict[Key, str]]:
        """What exists at the place of an operation, or at the nearest one above it."""
        for start, _ in reversed(_prefixes(place_of(operation).template)):
            found = self.places.get(start + "/{}", {})
            newest = [*reversed(found)]
            own, others = ([one for one in newest if found[one] is is_own] for is_own in (True, False))
            for values in (*own[:_MOST_OWN], *others, *own[_MOST_OWN:]):
                yield {key: text for key, text in path_filling(operation, values).items() if key in keys}
            if found:
                return

    def keep_place(self, template: str, arguments: tuple[str, ...], is_own: bool) -> None:
        """What is at a path with these values exists; `is_own` where the run made it."""
        for count, (start, _) in enumerate(_prefixes(template), 1):
            values = arguments[:count]
            found = self.places.setdefault(start + "/{}", {})
            if values in found or len(found) < _MOST_VALUES or is_own:
                self.gone.pop((start + "/{}", values), None)
                found[values] = found.get(values, False) or (is_own and count == len(arguments))

    def _keep(
        self, operation: Operation, template: str, arguments: tuple[str, ...], is_new: bool, is_made: bool = True
    ) -> None:
        """What an operation returned; of what it made, the run made it if the service says so, or if it was not there before."""
        place = shape(template)
        is_own = is_made and (is_new or arguments not in self.places.get(place, {}))
        self.keep_place(template, arguments, is_own)
        if is_own:
            self.makers.setdefault(place, operation.name)

    @cached_property
    def _fields(self) -> frozenset[tuple[str, str]]:
        """The header fields and cookies that are parameters, in lower case."""
        parameters = (one for operation in self.contract.operations() for one in operation.parameters)
        return frozenset((one.location, one.name.lower()) for one in parameters if one.location in ("header", "cookie"))

    def _learn_links(self, operation: Operation, request: Request, received: Response, value: Any) -> None:
        template = operation.route.template
        for link in links_of(operation, received.status):
            target, values = follow_link(link, self.contract, operation, request, received, value)
            if target is not None and values:
                fillings = self.linked.setdefault(target.name, [])
                fillings += [values] if values not in fillings and len(fillings) < _MOST_VALUES else []
                texts = tuple(values.get(("path", name), "") for name in PARAMETER.findall(target.route.template))
                is_made = kind(operation) == "create" and texts != path_values(operation, request)[: len(texts)]
                is_made = is_made and resource_of(target.route.template) == resource_of(template)
                if all(texts) and texts:
                    self._keep(operation, target.route.template, texts, received.status == 201, is_made)

    def _learn_location(self, operation: Operation, request: Request, received: Response, is_created: bool) -> str:
        """The path to the task that does what was accepted, of which the body speaks then; '' where there is none."""
        template, values = self.located(operation, request, received)
        if values:
            is_new = received.status == 201
            self._keep(operation, template, values, is_new, is_created or is_new)
        return "" if received.status != 202 or template.startswith(operation.route.template) else template

    def located(self, operation: Operation, request: Request, received: Response) -> tuple[str, tuple[str, ...]]:
        """The path to what was created, or to how what was accepted (202) goes, and the values in it; () where the response names none."""
        is_created, status = kind(operation) == "create", received.status
        fields = ("location", "content-location") if is_created else ("location",)
        location = next(filter(None, map(received.headers.get, fields)), "")
        if not location or not (is_created or status in (201, 202)):
            return "", ()
        is_relative = "//" not in location and not location.startswith("/")
        folder = split_url(request.url).path.rpartition("/")[0] if is_relative else ""
        for path in ends(split_url(f"{folder}/{location}" if is_relative else location).path):
            for route, texts in self.contract.router.find(path):
                is_below = route.template.startswith(operation.route.template.rstrip("/"))
                if texts and (status in (201, 202) or is_below):
                    return route.template, tuple(texts.values())
        return "", ()

    def learn_body(
        self, operation: Operation, arguments: tuple[str, ...], value: Any, is_new: bool = False, about: str = ""
    ) -> None:
        """Keep what names the things that a value shows, below what the arguments lead to or `about` something else, and the values of its
        properties."""
        template = place_of(operation).template.rstrip("/")
        is_made, start = kind(operation) == "create", shape(template)
        within = listed_in_parent(value, template, arguments, self.places.get(f"{start}/{{}}", ())) if is_made else None
        held = (created_in(value) if is_made else items_of(value)) if within is None else within
        below = {name: partial(self.is_valid, start + "/{}", name) for name in self._below.get(start, ())}
        guesses = {} if is_made else {name: distinguishing(held, is_valid) for name, is_valid in below.items()}
        for item in held[:_MOST_ITEMS]:
            shown = (item, inner_of(item))[: 1 + is_made]
            for name in below:
                named = (self.identifier_at(start + "/{}", name, template, one) for one in shown)
                guess = as_object(item).get(guesses.get(name) or "")
                identifier = next(filter(None, named), None) or (None if guess is None else write_scalar(guess))
                if identifier:
                    self._keep(operation, f"{template}/{{{name}}}", (*arguments, identifier), is_new, is_made)
        for item in held if is_made and (arguments or is_rpc(operation) or not below) else ():
            self._learn_elsewhere(about or template, item, operation, is_new)
        self._learn_addresses(operation, value)
        for owner, name, inner in properties_in(value, resource_of(about or template)):
            if is_text_or_integer(inner) and str(inner):
                for key in (name, owner + name):  # `id` of a note is `noteid` too
                    self._keep_name(key, write_scalar(inner))

    def _learn_elsewhere(self, template: str, item: Any, operation: Operation, is_new: bool) -> None:
        """What is created below a parent, by an action or in a list, and stands by itself: `POST /folders/{path}/files` makes what `/files/{fileId}`
        reads, `POST /createFile` too, and `POST /files` what `/file/{fileId}` reads. A short `id` may be one of the parent's own numbers."""
        for start, name in ((one, name) for one in self.alone(template) for name in self._below[one]):
            known = identifier_of(item, name, start)
            is_sure = known and (bare_name(name) not in IDENTIFIERS or len(known) >= _LEAST_UNIQUE)
            if known and is_sure and is_named(item, name, start, known) and self.is_valid(start + "/{}", name, known):
                self._keep(operation, f"{start}/{{{name}}}", (known,), is_new)

    def alone(self, template: str) -> list[str]:
        """The paths below which things of a kind stand by themselves, whatever they were created below."""
        return [one for one in self._below if "{}" not in one and resource_of(one) == resource_of(template)]

    def named_in(self, value: Any) -> list[tuple[str, tuple[str, ...]]]:
        """The places of things that stand by themselves and that a value names by what they are: `taskId` is one of `/tasks`."""
        below = ((start, name) for start, names in self._below.items() if "{}" not in start for name in names)
        return [(f"{start}/{{}}", (one,)) for start, name in below for one in parents_in(value, f"{start}/{{{name}}}")]

    def _learn_addresses(self, operation: Operation, value: Any) -> None:
        """The things whose addresses a response shows, as HAL, JSON:API and Django REST framework do, or whose full names (AIP-122), such as
        `projects/p1`, which stand below the same base. Whose they are, neither says."""
        bases = [*accumulate(re.findall("[^/]*/", operation.route.template.partition("{")[0]))]
        named = ((name, one) for _, name, one in properties_in(value) if isinstance(one, str) and "/" in one)
        for name, text in islice(named, _MOST_VALUES):
            is_full = not text.startswith("/") and "//" not in text
            address = split_url(text).path if name in _ADDRESSES and not is_full else ""
            paths = [base + text for base in bases] if is_full else ends(address)
            places = (place for path in paths for place in self.contract.router.find(path))
            route, texts = next(((route, texts) for route, texts in places if texts), (None, {}))
            # Of addresses (RFC 6570)
            is_template = any("{" in one or (is_full and "/" in one) for one in texts.values())
            if route is not None and not is_template:
                self.keep_place(route.template, tuple(texts.values()), False)

    def chosen(self, operation: Operation) -> dict[str, Parameter]:
        """The parameters of the query that name what an operation creates, by those of the path to it: `projectId` of `POST /projects` is
        the `{project}` of `/projects/{project}` (AIP-133)."""
        start, resource = shape(operation.route.template), resource_of(operation.route.template)
        is_making = kind(operation) == "create" and not is_rpc(operation)
        queried = [one for one in operation.parameters if is_making and one.location == "query" and one.required]
        pairs = ((name, one) for name in self._below.get(start, ()) for one in queried)
        return {name: one for name, one in pairs if bare_name(one.name) in (bare_name(name), resource + "id")}

    def _learn_chosen(self, operation: Operation, request: Request, arguments: tuple[str, ...], is_new: bool) -> None:
        given = dict(parse_query(split_url(request.url).query))
        for name, parameter in self.chosen(operation).items():
            if text := given.get(parameter.name):
                self._keep(operation, f"{operation.route.template}/{{{name}}}", (*arguments, text), is_new)

    def _keep_name(self, key: str, text: str) -> None:
        if len(known := self.names.setdefault(key, {})) < _MOST_VALUES:
            known[text] = None


def _as_type_of(value: Any, text: str) -> Any:
    """A text as a number, in the place of one."""
    return int(text) if isinstance(value, int) and text.isdecimal() else text


def _prefixes(template: str) -> list[tuple[str, str]]:
    """For each path parameter the shape of what stands before it, and its name."""
    return [(shape(template[: match.start()]), match[1]) for match in PARAMETER.finditer(template)]


def path_values(operation: Operation, request: Request) -> tuple[str, ...]:
    """The values in a request of the parameters that lead to what it is about, in order; () where it does not fit."""
    pieces = enumerate(PARAMETER.split(operation.route.template))
    pattern = "".join("([^/]+)" if index % 2 else re.escape(piece) for index, piece in pieces)
    match = re.search(pattern + r"/?\Z", split_url(request.url).path)
    found = tuple(map(unquote, match.groups())) if match else ()
    keys = place_of(operation).keys[len(found) :] if match else ()
    given = dict(parse_query(split_url(request.url).query) + form_pairs(request)) if keys else {}
    body = as_object(json_body(request)) if keys else {}
    given |= {name: one[0] if isinstance(one, list) and one else one for name, one in body.items()}
    return (*found, *(write_scalar(given[name]) for _, name in keys)) if all(name in given for _, name in keys) else ()


def path_filling(operation: Operation, values: Iterable[str]) -> dict[Key, str]:
    """The values as those of the parameters that lead to what an operation is about, in order."""
    return dict(zip(place_of(operation).keys, values, strict=False))


def path_to(place: str, values: tuple[str, ...]) -> str:
    return "".join(map("".join, zip_longest(place.split("{}"), values, fillvalue="")))


def ends(path: str) -> Iterator[str]:
    """A path as it may stand in the contract: without one segment after the other of a base path."""
    parts = path.split("/")[1:]
    yield from ("/" + "/".join(parts[count:]) for count in range(min(len(parts), 6)))
