"""What the responses and requests of a contract's operations are about: resources, their identifiers, the items of lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

from toolkit.contract.flow import action, collection, deletes_named, is_rpc, kind, path_action, shape, words
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.routing import PARAMETER
from toolkit.document.names import bare_name
from toolkit.document.pointers import as_object
from toolkit.exchange import Key, Request
from toolkit.schema.scalars import is_text_or_integer
from toolkit.structs import Frozen, replace
from toolkit.wire.json import parse_json
from toolkit.wire.parameters import readings, write_scalar

IDENTIFIERS = ("id", "uuid", "guid", "key", "name", "slug", "code", "arn", "ref", "number", "identifier")
SELDOM = ("login", "username", "handle", "symbol", "sku", "isbn", "ean", "iban", "sha")
LISTS = (
    *("items", "data", "results", "result", "value", "values"),
    *("content", "entries", "records", "list", "rows", "hits", "_embedded"),
)
# Objects beside that which holds the items of a list
_BESIDE_ITEMS = frozenset({"_links", "links", "meta", "metadata", "page", "paging", "pagination", "info"})
# What stands beside a thing to say how the request went
_OUTCOMES = frozenset({
    "status", "statuscode", "code", "success", "ok", "error", "errors", "message", "msg", "requestid", "traceid", "timestamp"
})  # fmt: skip
# Objects within an item that hold what names it, as in Kubernetes, in connections and in bundles of FHIR
_HOLDERS = ("metadata", "node", "resource")
_MOST_ITEMS, _MOST_DEPTH = 30, 6  # of one list, and to which a body is searched
# Words in the names of values that other data decide on: of the ends of a range, and of things that have to exist.
RANGE_ENDS = frozenset({
    "min", "max", "from", "to", "start", "end", "begin", "before", "after", "since", "until", "low", "high", "lower", "upper", "least",
    "most", "gt", "gte", "lt", "lte",
})  # fmt: skip
LAST_ENDS = frozenset({
    "end", "ends", "until", "to", "till", "expires", "expiry", "checkout", "finish", "stop", "max", "maximum", "upper",
})  # fmt: skip
BOUND_ELSEWHERE = RANGE_ENDS | {"id", "uuid", "key", "parent", "ref", "ids", "uuids", "keys", "parents", "refs"}


def json_body(request: Request) -> Any:
    """The value of a request's JSON body; None where it has none."""
    return json_value(request.body)


def json_value(body: bytes | None) -> Any:
    """The value of a body in JSON; None of any other."""
    try:
        return parse_json(body or b"null")
    except ValueError:
        return None


def singular(name: str) -> str:
    """`note` of `notes`, `category` of `categories`, `box` of `boxes`, `warehouse` of `warehouses`."""
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if re.search(r"(ss|x|zz|ch|sh|[^oa]us|ias)es$", name):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us", "is")) else name


@lru_cache(maxsize=4096)
def resource_of(template: str) -> str:
    """What a path is about, as one word: `note` of `/v1/notes/{id}` and `/v1/notes:search`, of which the last literal segment speaks."""
    literal = [part for part in template.split("/") if part and not PARAMETER.search(part)]
    return singular(bare_name(literal[-1].partition(":")[0])) if literal else ""


def names_of(template: str, parameter: str) -> Iterator[str]:
    """The names of properties that may hold the value of a parameter, or one of its values, the likeliest first."""
    plain, start = (
        bare_name(parameter[2 * parameter.lower().startswith("x-") :]),
        template.partition(f"{{{parameter}}}")[0],
    )
    resource, one = resource_of(start), singular(plain)
    if one in IDENTIFIERS:
        yield from (resource + one, *(resource + each for each in IDENTIFIERS[:4]))
        return
    yield from (bare_name(parameter), plain, one, *(one + each for each in IDENTIFIERS))
    yield from filter(None, [plain.removesuffix("name")])


def identifier_of(
    item: Any, parameter: str, template: str, is_valid: Callable[[Any], bool] = lambda value: True
) -> str | None:
    """What names an item in the path below a collection: a string or number itself, or a property of the item. One that is
    not named like the parameter is a guess, which has to be valid."""
    if is_text_or_integer(item):
        return write_scalar(item) or None
    if not isinstance(item, dict):
        return None
    known = {bare_name(name): own_part(value, template) for name, value in item.items()}
    own, resource = _own_names(parameter, template), resource_of(template)
    if any(name.endswith("id") and name in known and known[name] is None for name in own):
        return None
    usual = (*(name for one in IDENTIFIERS for name in (one, resource + one)), *SELDOM)
    guesses = (one for one in usual if one in known and is_valid(known[one]))
    found = (known.get(name) for name in dict.fromkeys([*own, *guesses]))
    texts = (write_scalar(one) for one in found if is_text_or_integer(one))
    held = (item[name] for name in _HOLDERS if isinstance(item.get(name), dict))
    # Asked where nothing beside it names the item.
    within = (identifier_of(one, parameter, template, is_valid) for one in held)
    return next(filter(None, chain(texts, within)), None)


def is_named(item: Any, parameter: str, template: str, identifier: str) -> bool:
    """Whether an item has the identifier in a property that is named like the parameter."""
    return identifier in _names_in(item, parameter, template)


def is_other(item: Any, parameter: str, template: str, identifier: str) -> bool:
    """Whether an item has another identifier in each property that is named like the parameter; letter case and hyphens apart."""
    names = {name.casefold().replace("-", "") for name in _names_in(item, parameter, template)}
    return bool(names) and identifier.casefold().replace("-", "") not in names


def parents_in(item: Any, template: str) -> list[str]:
    """What an item says that it stands below, by properties named like the last parameter of the path to its list: `houseId` and
    `house` of what `/houses/{id}/sensors` lists."""
    names = _names_elsewhere(template.rpartition("{")[0], PARAMETER.findall(template)[-1])
    found = (value for key, value in as_object(item).items() if bare_name(key) in names)
    return [write_scalar(one) for one in found if is_text_or_integer(one)]


def naming(template: str, item: Any) -> tuple[str, ...]:
    """The properties of another thing that say what each parameter of a path does: `isbn` and `copyNo` of a loan, of
    `/books/{isbn}/copies/{copyNo}`; () where it does not have them all."""
    known = {bare_name(key): key for key in as_object(item)}
    names = (_names_elsewhere(template[: one.start()], one[1]) for one in PARAMETER.finditer(template))
    keys = tuple(next((known[name] for name in those if name in known), "") for those in names)
    return keys if all(keys) else ()


def _names_elsewhere(start: str, parameter: str) -> set[str]:
    """The names that properties of other things have for what a parameter after this path says."""
    plain, resource = bare_name(parameter), resource_of(start)
    return {resource + plain.removeprefix(resource), *(() if plain in IDENTIFIERS else (plain,)), resource}


def _names_in(item: Any, parameter: str, template: str) -> list[str]:
    known = {bare_name(name): own_part(value, template) for name, value in as_object(item).items()}
    found = (known[name] for name in _own_names(parameter, template) if name in known)
    return [write_scalar(one) for one in found if isinstance(one, str | int)]


def own_part(value: Any, template: str) -> Any:
    """`e1` of `projects/p1/environments/e1`, which names what stands below `/projects/{project}/environments` in full (AIP-122)."""
    start, _, last = value.rpartition("/") if isinstance(value, str) else ("", "", "")
    return last if last and start.rpartition("/")[2] == template.rstrip("/").rpartition("/")[2] else value


def _own_names(parameter: str, template: str) -> list[str]:
    """The names of a property that is what the parameter says: `{note_id}` below `/notes` is a `noteid`, or an `id`."""
    plain, resource = bare_name(parameter), resource_of(template)
    short = plain.removeprefix(resource)
    return [plain, *([short] if short else []), *(["id"] if not short or plain.endswith("id") else [])]


class Place(Frozen):
    """Where a thing is: the template of a path, and the parameters in it, in order."""

    template: str
    keys: tuple[Key, ...]

    @property
    def shape(self) -> str:
        """The template without the names of its parameters."""
        return shape(self.template)


@lru_cache(maxsize=4096)
def place_of(operation: Operation) -> Place:
    """The place of what an operation is about: its path, or in RPC style, where no path leads to it, one made of the words of its name and the one
    field that names a thing: `/#ticket/{TicketId}` of `GetTicket`, `/#ticket` of `CreateTicket` and `ListTickets`. A deletion whose body names things
    by its one array, as `/notes/batch-delete` does, is about these: `/notes/{ids}`. `/notes/create` and `/notes/list` are about `/notes`."""
    template, what = operation.route.template, kind(operation)
    keys = tuple(("path", name) for name in PARAMETER.findall(template))
    fields = operation.body_fields.values() if deletes_named(operation) else ()
    arrays = [one.name for one in fields if "array" in one.types]
    if len(arrays) == 1 and not is_rpc(operation):
        return Place(f"{template.rpartition('/')[0]}/{{{arrays[0]}}}", (*keys, ("body", arrays[0])))
    about = singular("".join(action(operation)[1:])) if is_rpc(operation) else ""
    said = said_in(operation) if about and what != "create" else {}
    named = {one.name: key for key, one in said.items() if one.required}
    if what == "update":  # more may have to be said, than what is changed
        named = dict(sorted(named.items(), key=lambda one: not {*words(one[0])} & {*IDENTIFIERS})[:1])
    if not about or len(named) > 1:
        return Place(collection(operation), keys)
    made = (f"#{about}", *(f"{{{name}}}" for name in named))
    start = template.rpartition("/")[0] if path_action(operation) else template.rstrip("/")
    return Place("/".join((start, *made)), (*keys, *named.values()))


def said_in(operation: Operation) -> dict[Key, Parameter]:
    """The fields of a request in RPC style, in its query or body, but for those that have one value alone."""
    found = {one.key: one for one in operation.parameters if one.location == "query"}
    for one in chain.from_iterable(map(operation.fields, ("json", "form"))):
        found |= {("body", one.name): one} if one.key not in found else {}
    return {key: one for key, one in found.items() if one.only_value is None}


def chosen_by(operation: Operation) -> list[Parameter]:
    """The parameters by which a request chooses what is read: those in the query, and the properties of the body of a POST."""
    found = {one.key: one for one in operation.parameters if one.location == "query"}
    is_in_body = operation.method == "POST" and kind(operation) == "read"
    for one in chain.from_iterable(map(operation.fields, ("json", "form"))) if is_in_body else ():
        in_body = replace(one, serialization=replace(one.serialization, location="body"))
        found |= {in_body.key: in_body} if one.key not in found else {}
    return [*found.values()]


def with_query(operation: Operation, pairs: Iterable[tuple[str, str]], body: Any) -> Any:
    """What a request says of a thing: the value of its body, in RPC style with the scalars of its query."""
    queried = said_in(operation).items() if is_rpc(operation) else ()
    fields = {name: one for (where, name), one in queried if where == "query" and not one.is_compound}
    said = {name: next(readings(fields[name].serialization, [text]), text) for name, text in pairs if name in fields}
    fixed = {one.name for one in operation.parameters if one.only_value is not None}
    return {**said, **{key: one for key, one in as_object(body).items() if key not in fixed}} if said else body


def items_of(value: Any, depth: int = 0) -> list[Any]:
    """The items of a list, bare or in an object, or the keys of a map of objects; [] where the value has none."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict) or depth > 2:
        return []
    arrays = {name: inner for name, inner in value.items() if isinstance(inner, list)}
    named = [arrays[name] for name in LISTS if name in arrays] or [one for one in arrays.values() if one]
    if named:
        return list(named[0])
    inner = next((items_of(value[name], depth + 1) for name in LISTS if isinstance(value.get(name), dict)), [])
    if inner:
        return inner
    is_map = bool(value) and all(isinstance(one, dict) for one in value.values()) and not _BESIDE_ITEMS & value.keys()
    wrapped = [one for name, one in value.items() if isinstance(one, dict) and name not in _BESIDE_ITEMS]
    return list(value) if is_map and len(value) > 1 else items_of(wrapped[0], depth + 1) if len(wrapped) == 1 else []


def created_in(value: Any) -> list[Any]:
    """The things that a creation speaks of: one, or several where an array is all that it says."""
    is_alone = isinstance(value, dict) and [*map(type, value.values())] == [list]
    return items_of(value) if is_alone or isinstance(value, list) else [value]


def listed_in_parent(
    value: Any, template: str, parents: tuple[str, ...], known: Container[tuple[str, ...]]
) -> list[Any] | None:
    """The one thing that is not known yet, of a creation below a parent to which the parent is the response, such as the order with
    all its lines; none where several are not known, and None where the response is no such parent."""
    thing, named = as_object(thing_of(value)), bare_name(template.rpartition("/")[2])
    lists = [one for key, one in thing.items() if bare_name(key) == named and isinstance(one, list) and one]
    if not parents or not lists or parents[-1] not in map(str, thing.values()):
        return None
    names = ((one, map(str, as_object(one).values())) for one in lists[0])
    new = [one for one, texts in names if not any((*parents, text) in known for text in texts)]
    return new if len(new) == 1 else []


def inner_of(value: Any) -> Any:
    """What an object wraps: the note of `{"note": {"id": 1}}`, and of `{"data": {"id": 1}, "meta": {}}`; None where there is none."""
    inner = {name: one for name, one in as_object(value).items() if isinstance(one, dict)}
    if len(inner) == 1:
        return next(iter(inner.values()))
    return next((inner[name] for name in LISTS if name in inner), None)


def thing_of(value: Any) -> Any:
    """The object that a response is about, which another one may wrap, beside it how the request went."""
    within = [name for name, one in as_object(value).items() if isinstance(one, dict)]
    beside = {bare_name(name) for name in as_object(value) if name not in within}
    is_wrapped = len(within) == 1 and (len(value) <= 2 or beside <= _OUTCOMES)
    return value[within[0]] if is_wrapped else value


def properties_in(value: Any, owner: str = "", depth: int = 0) -> Iterator[tuple[str, str, Any]]:
    """What has each property of a value, as one word, its plain name, and its value, but for objects and arrays, of which the
    properties follow. A text in an array is a property of the array's name: `plugin` of `{"plugins": ["cpu"]}`."""
    if depth > _MOST_DEPTH:
        return
    for item in value[:_MOST_ITEMS] if isinstance(value, list) else ():
        if not isinstance(item, dict | list):
            yield "", singular(owner.removesuffix("list")), item
        yield from properties_in(item, owner, depth + 1)
    for name, inner in value.items() if isinstance(value, dict) else ():
        plain = bare_name(name)
        if isinstance(inner, dict | list):
            yield from properties_in(inner, owner if plain in LISTS else singular(plain), depth + 1)
        else:
            yield owner, plain, inner


def distinguishing(items: list[Any], is_valid: Callable[[Any], bool]) -> str | None:
    """The first property of which each of several items has another valid value."""
    things: list[dict[str, Any]] = [as_object(one) for one in items]
    for key in map(str, things[0] if len(things) > 1 else ()):
        values = [one.get(key) for one in things]
        if all(is_text_or_integer(one) and is_valid(one) for one in values) and len({*values}) == len(values):
            return key
    return None
