"""What names and constants say of a list where the contract states no law, as far as nothing is in doubt: the constant by which it is
filtered is the one of its items, and by which of their properties it is sorted.

A name is no promise. So a filter is one where items have a property of its name with one of its own constants; that none is left out
nobody says. A list may be sorted in parts, as folders come before files, and by a rule of its own where it compares strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from toolkit.client.client import CheckedResponse, Client
from toolkit.conformance.laws.comparing import magnitude
from toolkit.contract.flow import kind, words
from toolkit.contract.operation import Parameter
from toolkit.contract.paging import ANY_VALUES, LANGUAGES, SORTING, paging_inputs
from toolkit.contract.resources import chosen_by, items_of
from toolkit.document.names import bare_name
from toolkit.document.pointers import as_object
from toolkit.schema.judge import shown
from toolkit.wire.parameters import write_scalar

# Constants of these may stand for more than themselves, as those that are more severe, or what is there instead.
_WIDER = LANGUAGES | {"level", "loglevel", "severity", "verbosity", "tier"}
_ONLY = re.compile(r"\bonly\b|\bexact", re.IGNORECASE)
SORTED_BY = re.compile(r"([+-]?)(\w+?)(?:[_:. -](asc|desc)(?:ending)?)?", re.IGNORECASE)
_INCLUDING = frozenset({"include", "show", "with"})
_MOST_PARTS = 2  # each of which may be sorted by itself

Wrong = tuple[str, str]
"""The rule and the message."""


def meant(client: Client, response: CheckedResponse) -> Iterator[Wrong]:
    """What is wrong with a list by what its request names."""
    operation = client.operation
    items = [as_object(one) for one in items_of(response.value)] if response.ok and kind(operation) == "read" else []
    if not items or not all(items):
        return
    stated = {rule.parameter for rule in client.facts.filters}
    for one in chosen_by(operation):
        value = response.given(one.key)
        if value is not None and one.name not in stated:
            yield from _filtered(one, value, items)
        yield from _included(response, one, value, items)
        if bare_name(one.name) in SORTING and not client.facts.order:
            yield from _sorted(client, response, one, value or str(one.schema.get("default")), items)


def _filtered(parameter: Parameter, value: str, items: Sequence[dict[str, Any]]) -> Iterator[Wrong]:
    is_said = _ONLY.search(parameter.description)
    constants = parameter.schema.get("enum", [])
    if "boolean" in parameter.types and is_said:
        constants = [True, False]
    texts = [write_scalar(one) for one in constants if one is not None]
    if value not in texts or {*words(value)} & ANY_VALUES or (bare_name(parameter.name) in _WIDER and not is_said):
        return
    for item in items:
        found = next((one for one in called(item, parameter.name) if one in constants), None)
        if found is not None and write_scalar(found) != value:
            yield "law-filter-exact", f"{parameter.name}={value} returns an item with {parameter.name} {shown(found)}"
            return


def _included(
    response: CheckedResponse, parameter: Parameter, value: str | None, items: Sequence[dict[str, Any]]
) -> Iterator[Wrong]:
    """Items that `include_deleted=false` leaves out, by its name and the property `deleted`, where nothing else chooses among them."""
    verb, *of = words(parameter.name) or [""]
    is_off = "false" in (value, write_scalar(parameter.schema.get("default"))) and value != "true"
    if verb in _INCLUDING and is_off and "boolean" in parameter.types:
        others = {name for (_, name), _ in response.call.pairs} - {parameter.name}
        is_alone = len(others) == sum(map(len, paging_inputs(others).values()))
        if is_alone and any(True in called(item, "".join(of)) for item in items if of):
            yield "law-filter-exact", f"{parameter.name} is false, and the list has an item with {'_'.join(of)} true"


def _sorted(
    client: Client, response: CheckedResponse, parameter: Parameter, text: str, items: Sequence[dict[str, Any]]
) -> Iterator[Wrong]:
    found = SORTED_BY.fullmatch(text) if text in parameter.schema.get("enum", ()) else None
    if found is None:
        return
    values = [next(iter(called(item, found[2])), None) for item in items]
    sign = {"-": "desc", "+": "asc"}.get(found[1]) or found[3] or _direction(client, response)
    is_plain = {*map(type, values)} <= {int, float} or {*map(type, values)} == {str}
    ways = [one for one in ("asc", "desc") if (sign or one).lower().startswith(one)]
    if is_plain and not any(_parts(values, key, way) <= _MOST_PARTS for way in ways for key in _KEYS):
        message = f"{parameter.name}={text} returns {found[2]} {shown(values)}"
        yield "law-order", f"{message}, which is {f'not {ways[0]}ending' if len(ways) == 1 else 'in no order'}"


_KEYS: tuple[Callable[[Any], Any], ...] = (
    magnitude,
    write_scalar,
    lambda value: write_scalar(value).casefold(),
    lambda value: "".join(filter(str.isalnum, write_scalar(value).casefold())),
)


def called(item: Mapping[str, Any], name: str) -> list[Any]:
    """The values of the properties of an item that have a name, however it is written."""
    return [value for key, value in item.items() if bare_name(key) == bare_name(name)]


def _parts(values: Sequence[Any], key: Callable[[Any], Any], way: str) -> int:
    """How many parts of a list are sorted, each by itself."""
    keys = [key(one) for one in (values if way == "asc" else reversed(values))]
    return 1 + sum(1 for before, after in pairwise(keys) if before > after)


def _direction(client: Client, response: CheckedResponse) -> str:
    """The direction in which a list is to be sorted, by a parameter of its own; '' where nothing says it."""
    for one in chosen_by(client.operation):
        words = {str(text).lower().removesuffix("ending") for text in one.schema.get("enum", ())}
        if words == {"asc", "desc"}:
            return response.given(one.key) or str(one.schema.get("default", ""))
    return ""
