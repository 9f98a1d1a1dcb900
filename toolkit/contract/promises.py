"""What an operation promises over several responses, read from `x-laws` and `x-speakeasy-pagination`.

Each fact is optional; a law whose fact is missing does not run. Nothing here names an operation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache, reduce
from operator import eq, ge, le
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.contract.shipped import shipped_file
from toolkit.document.pointers import ABSENT, as_object, child, object_at, plain_tokens
from toolkit.errors import ContractError
from toolkit.schema.judge import JsonSchema, shown
from toolkit.schema.scalars import read_duration, read_number
from toolkit.schema.shape import Shapes
from toolkit.structs import Frozen, replace
from toolkit.wire.json import parse_json
from toolkit.wire.parameters import write_scalar

LAWS, PAGES = "x-laws", "x-speakeasy-pagination"
_DEEPEST = 2  # names that lead to a list which no pagination names
_STEP = re.compile(r"\.([A-Za-z_$@][\w\-$@]*)|\[(?:'([^']*)'|\"([^\"]*)\"|(\d+))\]|^([A-Za-z_][\w\-]*)")
_RELATIONS: Mapping[str, Callable[[Any, Any], bool]] = {"equal": eq, "at-least": ge, "at-most": le}


class Filter(Frozen):
    """A parameter that selects items by one of their properties: `equal`, `at-least` or `at-most`."""

    parameter: str
    item: tuple[str, ...]
    relation: str

    def selects(self, value: str, item: Any) -> bool:
        """Whether the filter with this value selects an item. Numbers compare as numbers, everything else as strings."""
        found, compare = dig(item, self.item), _RELATIONS[self.relation]
        if not isinstance(found, int | float) or isinstance(found, bool):
            return found is not None and compare(write_scalar(found), value)
        wanted = read_number(value)
        return isinstance(wanted, str) or compare(found, wanted)


class Pages(Frozen):
    """How a list is cut into pages. `page` counts from `first`; or `offset` counts items from 0. `limit` is a page's size."""

    results: tuple[str, ...]
    limit: str | None
    page: str | None
    offset: str | None


class Chain(Frozen):
    """How each page of a list names the next one: by a cursor at `next` for the parameter `cursor`, by a URL at `next`, or,
    where `next` is empty, by the Link header (RFC 8288, rel=next). `limit` is a page's size."""

    results: tuple[str, ...]
    limit: str | None
    cursor: str | None
    next: tuple[str, ...]


class ErrorPromise(Frozen):
    """The error response that the contract promises; an empty `codes` leaves the code open, `status` None the status."""

    status: int | None
    codes: tuple[str, ...]
    names_parameter: bool


class Facts(Frozen):
    """The facts of one operation. Paths into a response are tuples of property names and indexes."""

    pages: Pages | None = None
    chain: Chain | None = None
    listed: tuple[str, ...] | None = None  # where the list is, of which only the schema says so
    identity: tuple[str, ...] | None = None
    total: tuple[str, ...] | None = None
    echo: Mapping[str, tuple[str, ...]] | None = None
    order: tuple[tuple[str, tuple[str, ...]], ...] = ()  # ("-", path) for descending
    filters: tuple[Filter, ...] = ()
    partitions: tuple[str, ...] = ()  # parameters of which two values select no item in common
    window: tuple[tuple[str, ...], timedelta] | None = None
    not_after_now: tuple[tuple[str, ...], ...] = ()
    format_parameter: str | None = None
    formats: Mapping[str, str] | None = None
    encoding: str = ""
    fresh: tuple[tuple[str, ...], ...] = ()
    methods: tuple[str, ...] = ()
    other_methods: Mapping[str, Any] | None = None
    unknown_parameters: str = ""
    within: float | None = None  # seconds
    errors: Mapping[str, Any] | None = None

    @property
    def results(self) -> tuple[str, ...] | None:
        """The place of the list in a response; None where there is none that laws speak of."""
        cut = self.pages or self.chain
        return cut.results if cut else self.listed

    @property
    def of_items(self) -> tuple[str, ...]:
        """The facts stated that speak of items of a list, by their names in `x-laws`."""
        stated = {
            "identity": self.identity, "order": self.order, "filters": self.filters or self.partitions,
            "window": self.window, "not-after-now": self.not_after_now,
        }  # fmt: skip
        return tuple(name for name, fact in stated.items() if fact)

    @property
    def code(self) -> tuple[str, ...]:
        return path((self.errors or {}).get("code", ""))

    @property
    def message(self) -> tuple[str, ...]:
        return path((self.errors or {}).get("message", ""))

    def media_types(self, operation: Operation, texts: Sequence[str]) -> frozenset[str]:
        """The media types that a response may have by the texts given for the format parameter: those of its default where they name
        no known format, all where several are given; empty where the contract does not say."""
        parameter = next((one for one in operation.parameters if one.name == self.format_parameter), None)
        formats = {name.lower(): media for name, media in (self.formats or {}).items()}
        if parameter is None or len(texts) > 1:
            return frozenset(formats.values() if parameter else ())
        found = formats.get("".join(texts).lower()) or formats.get(str(parameter.schema.get("default")).lower())
        return frozenset([found] if found else ())

    def refusal(self, kind: str, parameter: str) -> ErrorPromise | None:
        """The error response promised for a kind of fault in a parameter or signature; None where the contract does not say."""
        errors = self.errors or {}
        specific = errors.get("by-parameter", {}).get(parameter) if kind == "parameter-invalid" else None
        found = specific or errors.get(kind) or object_at(errors, "signature").get(kind)
        if not isinstance(found, Mapping):
            return None
        stated = found.get("code", ())
        codes = (stated,) if isinstance(stated, str) else tuple(stated)
        return ErrorPromise(found.get("status"), codes, bool(found.get("names-parameter")))


def path(text: Any) -> tuple[str, ...]:
    """A singular JSONPath (RFC 9535, section 2.3.5: `$.a['b'][0]`), a JSON Pointer (RFC 6901) or a bare name, as names and indexes; () for
    none. Raises ValueError for any other: a path that may lead to several values is not read as one that leads to the first."""
    if str(text or "").startswith("/"):
        return plain_tokens(str(text))
    steps = list(_STEP.finditer(found := str(text or "").removeprefix("$")))
    if "".join(step[0] for step in steps) != found:
        raise ValueError(f"{text!r} is not a path to one value, such as $.items[0]['name']")
    return tuple(next(part for part in step.groups() if part is not None) for step in steps)


def dig(value: Any, tokens: tuple[str, ...]) -> Any:
    """The value at a path, or None where there is none."""
    found = reduce(child, tokens, value)
    return None if found is ABSENT else found


def states_promises(operation: Operation) -> bool:
    """Whether the contract says anything of several responses of an operation."""
    return bool(operation.extension(LAWS) or operation.extension(PAGES))


def read_facts(operation: Operation, contract: Contract) -> Facts:
    """The facts of an operation; `same-as` takes them from another one. Raises ContractError for what cannot be read."""
    laws, seen = operation.extension(LAWS) or {}, {operation}
    while isinstance(laws, Mapping) and "same-as" in laws:
        by = operation.node
        try:
            operation = contract.operation(str(laws["same-as"]))
        except ContractError as error:
            raise ContractError(f"{by.location}: same-as of x-laws leads nowhere: {error}") from None
        laws = operation.extension(LAWS) or {}
        if operation in seen:
            back = f"same-as of x-laws leads back to {operation.name}"
            raise ContractError(f"{by.location}: {back}; name one that states laws")
        seen.add(operation)
    try:
        if fault := next(_vocabulary().errors(laws), None) if not _vocabulary().is_valid(laws) else None:
            raise ValueError(f"{'/'.join(fault.at)}{': ' if fault.at else ''}{fault.message}")
        facts = _facts(laws, operation.extension(PAGES) or {})
        if not facts.pages and not facts.chain:
            facts = replace(facts, chain=_links(operation))
        return facts if facts.pages or facts.chain or not facts.of_items else replace(facts, listed=_listed(operation))
    except (ValueError, AttributeError, TypeError, LookupError) as error:
        where = (operation.node.get(LAWS) or operation.node).location
        raise ContractError(f"{where}: x-laws cannot be read: {error}; docs/promises.md lists the vocabulary") from None


@cache
def _vocabulary() -> JsonSchema:
    """The facts that `x-laws` may state."""
    return JsonSchema.compile(parse_json(shipped_file("schemas/x-laws.schema.json").read_bytes()))


def _facts(laws: Mapping[str, Any], pagination: Mapping[str, Any]) -> Facts:
    sort = as_object(pagination).get("type")
    if pagination and sort not in ("offsetLimit", "cursor", "url"):
        raise ValueError(f"there is no x-speakeasy-pagination of type {shown(sort)}: it is offsetLimit, cursor or url")
    filters = laws.get("filters") or {}
    formats = dict(laws.get("formats") or {})
    methods = laws.get("methods") or {}
    window, cut = laws.get("window"), _cut(pagination)
    return Facts(
        pages=cut if isinstance(cut, Pages) else None,
        chain=cut if isinstance(cut, Chain) else None,
        identity=path(laws.get("identity")) or None,
        total=path(laws.get("total")) or None,
        echo={name: path(where) for name, where in (laws.get("echo") or {}).items()},
        order=tuple((key[0] if key[0] in "+-" else "+", path(key.lstrip("+-"))) for key in laws.get("order") or ()),
        filters=tuple(
            Filter(name, path(rule["item"]), rule.get("is", "equal"))
            for name, rule in filters.items()
            if rule.get("is") != "partition"
        ),
        partitions=tuple(name for name, rule in filters.items() if rule.get("is") == "partition"),
        window=(path(window["item"]), read_duration(window["last"])) if window else None,
        not_after_now=tuple(path(key) for key in laws.get("not-after-now") or ()),
        format_parameter=formats.pop("parameter", None),
        formats=formats,
        encoding=str(laws.get("encoding") or "").lower(),
        fresh=tuple(path(where) for where in laws.get("fresh") or ()),
        methods=tuple(methods.get("equivalent") or ()),
        other_methods=methods.get("others"),
        unknown_parameters=str(laws.get("unknown-parameters") or ""),
        within=read_duration(laws["within"]).total_seconds() if laws.get("within") else None,
        errors=laws.get("errors"),
    )


def _cut(pagination: Mapping[str, Any]) -> Pages | Chain | None:
    kind, outputs = pagination.get("type"), pagination.get("outputs") or {}
    inputs = {entry.get("type"): entry.get("name") for entry in pagination.get("inputs") or ()}
    found = path(outputs.get("results")), inputs.get("limit")
    if kind not in ("cursor", "url"):
        return Pages(*found, inputs.get("page"), inputs.get("offset")) if kind else None
    following = path(outputs.get("nextCursor" if kind == "cursor" else "nextUrl"))
    if kind == "cursor" and not (inputs.get("cursor") and following):
        raise ValueError("pages by cursor need an input of type cursor and outputs.nextCursor")
    return Chain(*found, inputs.get("cursor"), following)


def _links(operation: Operation) -> Chain | None:
    """A list whose pages are linked by Link headers: a GET that documents this header beside an array."""
    spec = operation.response(200) if operation.method == "GET" else None
    if spec is None or not any(header.name.lower() == "link" for header in spec.headers):
        return None
    types = [media.get("schema", "type") for media in spec.content.values()]
    return Chain((), None, None, ()) if any(one and one.value == "array" for one in types) else None


def _listed(operation: Operation) -> tuple[str, ...] | None:
    """The place of the one array in a response of success, by its schema: the whole, or a property of it or of a property of it."""
    for key, spec in operation.responses.items():
        for media in spec.content.values() if key.startswith("2") else ():
            found = operation.body_bundle(media)
            arrays = list(_arrays(Shapes(found.schema), (found.schema,))) if found else []
            if len(arrays) == 1:
                return arrays[0]
    return None


def _arrays(shapes: Shapes, schemas: tuple[Any, ...], place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    shape = shapes.of(*schemas)
    if "array" in shape.types and shape.stated:
        yield place
    elif len(place) < _DEEPEST:
        for name, inner in shape.properties.items():
            yield from _arrays(shapes, inner, (*place, name))
