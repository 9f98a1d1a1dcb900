"""Probes of the items of array parameters: one item at a time is changed in a valid array, and the array is too short or too long.

The validator decides whether the whole is valid; what readers make of one item is asked of the item alone, as if it were a
parameter of its own. Items with what a style may take for a delimiter are not sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any

from toolkit.client.client import Client, wire_pairs
from toolkit.client.examples import is_sendable, written
from toolkit.client.making import made_values
from toolkit.conformance.probes.boundaries import Value, values_for
from toolkit.conformance.probes.expected import Probe, parameter_probe
from toolkit.conformance.probes.objects import valid_values
from toolkit.conformance.probes.opinions import ACCEPTED, OPEN, REFUSED, is_narrowed, names_properties, opinion
from toolkit.conformance.probes.opinions import stated as keywords_of
from toolkit.contract.operation import Parameter
from toolkit.schema.bundle import followed
from toolkit.wire.parameters import write_scalar

_MOST_VALUES = 12  # of one parameter's items
_MOST_SIZE = 100  # items of one array that is sent
_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})
_PLAIN = re.compile(r"[A-Za-z0-9_:-]+")  # no style takes such a text apart


def array_probes(client: Client, parameter: Parameter) -> Iterator[Probe]:
    """The probes of an array parameter; none where its items are no scalars, or no valid array is known."""
    item = item_of(parameter)
    valid = valid_values(client, parameter, list) if item else []
    if item is None or not valid:
        return
    items = valid[0]
    known = [write_scalar(one) for one in items]
    count = 0
    for value in values_for(keywords_of(item), item.types, known, ()):
        if count < _MOST_VALUES and _PLAIN.fullmatch(value.text) and value.text != known[0]:
            probe = _item_probe(client, parameter, item, value, [value.text, *known[1:]])
            count += probe is not None
            yield from (probe,) if probe else ()
    yield from _size_probes(client, parameter, items)


@lru_cache(maxsize=1024)
def item_of(parameter: Parameter) -> Parameter | None:
    """An item of an array parameter as a parameter of its own; None where the parameter is no array of scalars."""
    outline = parameter.serialization.outline
    kinds = {*outline.item.types}
    if outline.types != ("array",) or parameter.serialization.media_type or not kinds or not kinds <= _SCALARS:
        return None
    definitions = parameter.bundle.schema.get("$defs", {})
    only = outline.items[0] if len(outline.items) == 1 else None
    own: dict[str, Any] = only if isinstance(only, dict) else {"allOf": list(outline.items)}
    whole = {**own, "$defs": definitions}
    style = "form" if parameter.location == "query" else "simple"
    how = replace(parameter.serialization, style=style, explode=False, outline=outline.item)
    bundled = replace(parameter.bundle, schema=whole)
    return Parameter(how, parameter.required, bundled, parameter.node, followed(whole, whole))


def _item_probe(client: Client, parameter: Parameter, item: Parameter, value: Value, texts: list[str]) -> Probe | None:
    sent = written(parameter, texts)
    if sent is None or not all(is_sendable(parameter.location, text) for _, text in wire_pairs(parameter.key, sent)):
        return None
    own = opinion(client, item, value.text)
    faults = list(client.validator.check_parameter(parameter, [text for _, text in wire_pairs(parameter.key, sent)]))
    if bool(faults) != bool(list(client.validator.check_parameter(item, [value.text]))):
        return None  # the whole has another fault than the item, such as an item twice
    expected = OPEN if own == ACCEPTED and not _means_something(parameter) else own
    if expected == OPEN and value.rank > 1:
        return None
    place = faults[0].contract if faults else parameter.node.location
    name = f"{parameter.name}[0]={value.text} [{value.label}] is {expected}"
    return parameter_probe(client, parameter, sent, name, expected, place, value.rank, "[0]")


def _size_probes(client: Client, parameter: Parameter, items: list[Any]) -> Iterator[Probe]:
    """The least number of items and the most, one item less, and one more."""
    keywords = keywords_of(parameter)
    least, most = keywords.get("minItems"), keywords.get("maxItems")
    sizes = [(least - 1, "one item too few")] if isinstance(least, int) and 1 < least <= len(items) + 1 else []
    sizes += [(most + 1, "one item too many")] if isinstance(most, int) and most < _MOST_SIZE else []
    if keywords.get("uniqueItems") is True and (sent := written(parameter, [*items, items[0]])):
        name = f"{parameter.name} with an item twice is {OPEN}"  # a reader may take it for a set
        yield parameter_probe(client, parameter, sent, name, OPEN, parameter.node.location, 1)
    edges = {size: label for size, label in ((least, "fewest items"), (most, "most items")) if size != len(items)}
    sizes += [(size, label) for size, label in edges.items() if isinstance(size, int) and 0 < size < _MOST_SIZE]
    for size, label in sizes:
        sized = _sized(parameter, items, size)
        sent = written(parameter, sized)
        texts = [text for _, text in wire_pairs(parameter.key, sent)]
        faults = list(client.validator.check_parameter(parameter, texts)) if sent else []
        if sent and len(sized) == size and len(faults) == (size not in edges):
            is_repeated = len(set(map(write_scalar, sized))) < size
            expected = REFUSED if faults else OPEN if is_repeated or not _means_something(parameter) else ACCEPTED
            place = faults[0].contract if faults else parameter.node.location
            name = f"{parameter.name} with {size} items [{label}] is {expected}"
            yield parameter_probe(client, parameter, sent, name, expected, place, 1)


def _means_something(parameter: Parameter) -> bool:
    """Whether the contract says so much of the items that a service has to take each that conforms."""
    item = item_of(parameter) if parameter.location != "path" else None
    return item is not None and is_narrowed(keywords_of(item)) and not names_properties(item)


def _sized(parameter: Parameter, items: list[Any], size: int) -> list[Any]:
    """So many items, different ones where that is asked for and possible."""
    item = item_of(parameter)
    more = islice(made_values(item.bundle), size) if item and len(items) < size else ()
    distinct = list(dict.fromkeys([*map(write_scalar, items), *map(write_scalar, more)]))
    is_unique = keywords_of(parameter).get("uniqueItems") is True
    return distinct[:size] if is_unique else (distinct * size)[:size]
