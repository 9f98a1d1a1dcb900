"""Probes of parameters that are arrays or objects, or that `content` describes as JSON, XML or a form: one item or property at a time is changed in a
valid value.

The edits are those of bodies. What is sent is read back by the parameter's style, so that the schema decides on what arrives; a value that the style
would take apart is not sent. What readers make of an item of an array is asked of the item alone, as if it were a parameter of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from toolkit.client.client import Client, wire_pairs
from toolkit.client.examples import conforms, documented_content, is_sendable, stated, written
from toolkit.client.making import made_values
from toolkit.conformance.probes.edits import Made, by_worth, edits_of, expected_of_edit, faults_of
from toolkit.conformance.probes.expected import ITEM_TWICE, Edit, Probe
from toolkit.conformance.probes.opinions import ACCEPTED, OPEN, REFUSED, is_telling, opinion
from toolkit.contract.operation import Parameter
from toolkit.document.pointers import ABSENT, pointer_text, put_at
from toolkit.schema.bundle import followed
from toolkit.schema.judge import JsonSchema, compile_schema
from toolkit.schema.shape import SCALARS_OR_NULL, Shapes
from toolkit.structs import replace
from toolkit.validation.sent import spread_entries
from toolkit.wire import media_type
from toolkit.wire.json import JsonFault
from toolkit.wire.parameters import StyleFault, read_nested, readings, write_scalar
from toolkit.wire.urlencoded import Pairs, stems_of

_MOST_PROBES = 40  # of one parameter
_MOST_MADE = 20
_CUT_OFF = {"json": '{"a":', "xml": "<a><b>"}


def structured_probes(client: Client, parameter: Parameter) -> Iterator[Probe]:
    """The probes of a parameter that has items or properties; none where it has none, or no valid value is known."""
    kind = _kind(parameter)
    if not kind or not (values := _valid_values(client, parameter)):
        return
    schema, shapes, value = compile_schema(parameter.bundle), Shapes(parameter.bundle.schema), values[0]
    fuller = max(values, key=lambda one: len(one) if isinstance(one, dict) else 0)
    plain, full = ([one, *_read(client, parameter, _pairs(parameter, one))] for one in (value, fuller))
    edits = edits_of(Made(shapes, parameter.bundle), shapes.of(parameter.bundle.schema), value, (), kind)
    for edit in (Edit((), value, "valid", 1), *by_worth(list(edits))[:_MOST_PROBES]):
        probe = _probe(client, parameter, schema, plain, edit)
        if probe is None and edit.value is ABSENT:
            probe = _probe(client, parameter, schema, full, edit)  # without its only property it was no object at all
        if probe:
            yield probe
    if kind in _CUT_OFF:
        expected = _expected(parameter, Edit((), "", "", 1), REFUSED)
        call = client.call({parameter.key: _CUT_OFF[kind]})
        named, place = (parameter.name, f"{kind}-syntax"), parameter.node.location
        yield Probe(f"{parameter.name} [cut off]", call, expected, *named, place, location=parameter.location)


def _kind(parameter: Parameter) -> str:
    """`json`, `xml`, `deep` for brackets over several pairs, `list` for an array of scalars, `form` for other objects; '' for none of these."""
    how = parameter.serialization
    if how.media_type:
        kind = media_type.kind(how.media_type)
        return kind if kind in ("json", "xml", "form") else ""
    if "object" not in how.outline.types:
        return "list" if item_of(parameter) else ""
    return "deep" if how.style == "deepObject" else "form"


@lru_cache(maxsize=1024)
def item_of(parameter: Parameter) -> Parameter | None:
    """An item of an array parameter as a parameter of its own; None where the parameter is no array of scalars, nor a scalar otherwise."""
    outline, bundle = parameter.serialization.outline, parameter.bundle
    types, kinds = {*outline.types}, {*outline.item.types}
    is_listed = "array" in types and types <= SCALARS_OR_NULL | {"array"} and not parameter.serialization.media_type
    if not is_listed or not kinds or not kinds <= SCALARS_OR_NULL:
        return None
    whole = bundle.part(outline.items)
    own = outline.items[0] if len(outline.items) == 1 else whole.schema
    style = "form" if parameter.location == "query" else "simple"
    how = replace(parameter.serialization, style=style, explode=False, outline=outline.item)
    return Parameter(how, parameter.required, whole, parameter.node, followed(own, whole.schema))


def _valid_values(client: Client, parameter: Parameter) -> list[Any]:
    """Valid objects, or arrays, that are not empty: that of the plain request, then those of the contract, then made ones. Where
    there is none, other valid values of a parameter with a media type."""
    wanted = list if item_of(parameter) else dict
    sent = wire_pairs(parameter.key, client.base.get(parameter.key))
    known = _read(client, parameter, [(name, text) for (_, name), text in sent]) if sent else []
    every = [*known, *stated(parameter), *islice(made_values(parameter.bundle), _MOST_MADE)]
    fitting = [one for one in every if conforms(parameter, one)]
    filled = [one for one in fitting if isinstance(one, wanted) and one]
    return filled or (fitting if parameter.serialization.media_type else [])


def _pairs(parameter: Parameter, value: Any) -> Pairs:
    return [(name, text) for (_, name), text in wire_pairs(parameter.key, written(parameter, value))]


def _read(client: Client, parameter: Parameter, pairs: Pairs) -> list[Any]:
    """What may be read of the pairs that were written."""
    how = parameter.serialization
    if not how.is_readable:
        body = documented_content(parameter).read(pairs[0][1].encode())
        return [body.value] if body.readable and not body.faults else []
    if how.is_spread:
        entries = list(spread_entries(parameter, client.operation, stems_of(pairs)))
        return [read_nested(entries, how.outline, as_text=as_text) for as_text in (False, True)]
    texts = [text for _, text in pairs]
    return [one for one in readings(how, texts) if not isinstance(one, JsonFault | StyleFault)]


def _probe(client: Client, parameter: Parameter, schema: JsonSchema, plain: list[Any], edit: Edit) -> Probe | None:
    """The probe of an edit of a value, after which `plain` has what may be read of it; None where it has more than one fault,
    changes nothing, or does not arrive as it is written."""
    whole = put_at(plain[0], edit.at, edit.value)
    pairs = _pairs(parameter, whole)
    if not pairs or not all(_arrives(parameter, edit, text) for _, text in pairs):
        return None
    ways = _read(client, parameter, pairs)
    changed = next((one for one in ways if schema.is_certain(one)), ways[0] if ways else ABSENT)
    if changed is ABSENT or (edit.at and changed in plain):
        return None
    if (errors := faults_of(schema, changed)) is None:
        return None
    item = item_of(parameter)
    alternatives = [()] if len(parameter.types) > 1 else []  # none of them is met by the whole
    if item and edit.at and any(error.at not in (edit.at, *alternatives) for error in errors):
        return None  # the whole has another fault than the item, such as an item twice
    whole_or_item = [parameter, item] if len(parameter.types) > 1 else [item]  # either may be what is read
    opinions = {opinion(client, one, str(edit.value)) for one in whole_or_item if one and item and edit.at}
    own = OPEN if len(opinions) > 1 else next(iter(opinions), "") or expected_of_edit(schema, changed, edit, errors)
    items = changed if item and not edit.at and not errors and isinstance(changed, list) else []
    is_all = bool(items) and len({*map(write_scalar, items)}) == len(items)  # a reader may take the items for a set
    expected = _expected(parameter, edit, ACCEPTED if is_all else own)
    if expected == OPEN and edit.rank > 1:
        return None
    place = schema.location(errors[0].place) if errors else parameter.node.location
    at = f"[{edit.at[0]}]" if item and edit.at else f"#{pointer_text(edit.at)}" if edit.at else ""
    what = edit.of(parameter.name) if edit.at else f"{parameter.name} [{edit.label}]"
    call, location = client.call({parameter.key: written(parameter, whole)}), parameter.location
    named, where = (parameter.name, "parameter-invalid"), f"request.{location}.{parameter.name}{at}"
    return Probe(what, call, expected, *named, place, edit.rank, location=location, where=where)


def _arrives(parameter: Parameter, edit: Edit, text: str) -> bool:
    """Whether a text arrives as it is written: without control characters, and not taken apart by the style."""
    how = parameter.serialization
    own = edit.value if isinstance(edit.value, str) else ""
    is_apart = not how.is_spread and not how.media_type and any(char in own for char in ",;=|. %")
    is_plain = text.isprintable() and text.isascii() and not is_apart
    is_query = bool(text) or parameter.location != "querystring"
    return is_plain and is_query and is_sendable(parameter.location, text)


def _expected(parameter: Parameter, edit: Edit, expected: str) -> str:
    """What every service has to do: a path may lead to nothing, a field of the header may be ignored, so may what a query has more."""
    is_spread, is_header = parameter.serialization.is_spread, parameter.location in ("header", "cookie")
    if expected == REFUSED:
        is_more = edit.label == "unknown property" and not parameter.serialization.media_type
        is_more = is_more or (edit.label == ITEM_TWICE and item_of(parameter) is not None)  # or it is a set
        is_nothing = edit.value == "" and is_spread  # a pair without a value may be read as none, and so as no object
        return OPEN if is_more or ((is_header or is_nothing) and not parameter.required) else expected
    # A service has to take each value that conforms only where the contract says enough: of an array, of its items.
    is_told = parameter.location != "path" and ((item := item_of(parameter)) is None or is_telling(item))
    return OPEN if expected == ACCEPTED and not is_told else expected
