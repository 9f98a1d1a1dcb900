"""Parameters of two versions of an operation: removed, required, narrowed, written otherwise, with another default."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from toolkit.client.examples import conforms, parameter_values
from toolkit.contract.dependencies import choices, read_rule, relation
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.security import proved_places, required_schemes
from toolkit.exchange import Request
from toolkit.review.changes import Change, Pair, Wording, schema_changes
from toolkit.review.forms import Conjunction, Part, flatten
from toolkit.review.messages import Witness, match_of, parameter_text, refusal, request_of, shown_message
from toolkit.review.samples import made
from toolkit.schema.bundle import Bundle
from toolkit.schema.messages import shown
from toolkit.schema.shape import equal
from toolkit.structs import replace
from toolkit.validation.sent import given_texts
from toolkit.wire.json import JsonFault
from toolkit.wire.media_type import essence
from toolkit.wire.parameters import Serialization, StyleFault, readings

_TEXT, _ODD_NUMBERS = "x-text-pattern", ("-1", "0", "1.0", "1e2", "01", "+1")
_RULES = {"other": "parameter-narrowed", "default": "default-changed", "ignored": "", "withdrawn": ""}


def parameter_changes(pair: Pair) -> Iterator[Change]:
    old, new = _by_key(pair.before), _by_key(pair.after)
    paths = [{key for key in one if key[0] == "path"} for one in (old, new)]
    if paths[0] != paths[1]:  # a template takes what a fixed path took, or the reverse
        old, new = ({key: one[key] for key in one if key[0] != "path"} for one in (old, new))
    proved, taken = proved_places(pair.before), {scheme.place for scheme in required_schemes(pair.after)}
    for key, parameter in old.items():
        if key in new:
            yield from _compared(pair, parameter, new[key])
        elif parameter.place not in taken:
            yield from _removed(pair, parameter)
    for key, parameter in new.items():
        is_sent = parameter.place in proved or (key in old and old[key].required)
        if parameter.required and parameter.location != "path" and not is_sent:
            yield from _required(pair, parameter, key in old)
    yield from _dependencies(pair)


def _by_key(operation: Operation) -> dict[tuple[str, str], Parameter]:
    """The parameters by location and name; those of the path by their order, since their names are nowhere on the wire."""
    found: dict[tuple[str, str], Parameter] = {}
    names = {f"{{{one.name}}}": one for one in operation.parameters if one.location == "path"}
    order = sorted(names, key=lambda name: operation.route.key.find(name))
    for index, name in enumerate(order):
        found["path", str(index)] = names[name]
    for one in operation.parameters:
        named = {"header": one.name.lower(), "querystring": ""}  # the name of the whole query is nowhere on the wire
        if one.location != "path":
            found[one.location, named.get(one.location, one.name)] = one
    return found


def _removed(pair: Pair, parameter: Parameter) -> Iterator[Change]:
    owners = (one for one in pair.after.parameters if one.location == parameter.location)
    if any(one.serialization.owns(parameter.name) for one in owners):
        return  # a property of an object takes it
    tried = (pair.refused({parameter.key: text}) for text in islice(parameter_values(parameter), 3))
    witness = next(filter(None, tried), None)
    message = f"the {parameter.location} parameter {parameter.name} is gone"
    soft = parameter.location in ("header", "cookie")
    yield Change("parameter-removed", message, parameter.node, _place(parameter), witness, soft=soft)


def _place(parameter: Parameter) -> str:
    return f"request.{parameter.location}.{parameter.name}"


def _required(pair: Pair, parameter: Parameter, known: bool) -> Iterator[Change]:
    witness = pair.refused()
    how = "is required now" if known else "is new, and required"
    message = f"the {parameter.location} parameter {parameter.name} {how}"
    yield Change("parameter-required", message, parameter.node, _place(parameter), witness)


def _compared(pair: Pair, old: Parameter, new: Parameter) -> Iterator[Change]:
    at, has_items = _place(new), isinstance(new.schema.get("items"), dict)
    becomes_list = "array" in new.types and "array" not in old.types and has_items  # of which the same text is an item
    is_item = becomes_list and new.serialization.explode  # one value is written as the only item of a list
    is_restyled = _wire(old.serialization) != _wire(new.serialization) and not is_item
    if is_restyled and (change := _restyled(pair, old, new, becomes_list)):
        yield change
        return

    def prove(value: Any) -> Witness | None:
        text = parameter_text(old, value) if conforms(old, value) else None
        return None if text is None else pair.refused({old.key: text})

    now_understood, are_texts = _items(new) if becomes_list else new.bundle, not new.serialization.media_type
    comparison = pair.compared(old.bundle, now_understood, texts=are_texts)
    wording = Wording(_RULES, at, prove, any_text=new.takes_any_text)
    found = list(schema_changes(comparison, wording, pair.shared))
    yield from found
    if not found and old.schema.get(_TEXT) != new.schema.get(_TEXT) and _TEXT in new.schema:
        texts = (*islice(parameter_values(old), 6), *_ODD_NUMBERS)
        if witness := next(filter(None, (pair.refused({old.key: text}) for text in texts)), None):
            message = f"{at}: the text of the number has the pattern {new.schema[_TEXT]} now"
            found.append(Change("parameter-narrowed", message, new.node, at, witness))
            yield found[-1]
    empty = pair.refused({old.key: ""}) if old.may_be_empty and not new.may_be_empty and not found else None
    if empty:
        yield Change("parameter-narrowed", f"{at}: it may not be empty any more", new.node, at, empty)
    was, now = _default(old), _default(new)
    if was is not None and not (old.required or new.required or equal(was, now)):
        how = f"is {shown(now)}" if now is not None else "is gone"
        message = f"{at}: the default was {shown(was)} and {how}; a request without it means something else"
        yield Change("default-changed", message, new.node, at, _left_out(pair, old, was, now))


def _default(parameter: Parameter) -> Any:
    """What stands for the parameter where it is left out, whichever part of its schema says so."""
    parts = flatten(parameter.bundle, (Part(parameter.bundle.schema, ()),))
    return next(iter(Conjunction(parts).each("default")), None)


def _left_out(pair: Pair, old: Parameter, was: Any, now: Any) -> Witness | None:
    """A request without the parameter, which both versions accept and take for different ones."""
    means = f"{shown(was)} by {pair.old.label}, and {'nothing' if now is None else shown(now)} by {pair.new.label}"
    return pair.accepted(f"stands for {old.name} {means}", {old.key: None})


def _items(parameter: Parameter) -> Bundle:
    """The schema of the items of a list, in the bundle of the list."""
    bundle = parameter.bundle
    return replace(bundle.part([parameter.schema["items"]]), root=bundle.root.get("items") or bundle.root)


def _wire(how: Serialization) -> tuple[object, ...]:
    """What tells how a parameter is written, as far as its types can show it."""
    if how.media_type:
        return (essence(how.media_type),)
    if not how.outline.is_compound:
        return ("scalar", how.style if how.style in ("label", "matrix") else "")
    return how.style, how.explode


def _restyled(pair: Pair, old: Parameter, new: Parameter, becomes_list: bool) -> Change | None:
    """Another way of writing counts where a value that was sent as before is refused, or read as another one. That one value
    is refused as the item of a list is for the schema of the items to say."""
    at = _place(new)
    was, now = _described(old.serialization), _described(new.serialization)
    if was == now and old.types != new.types:
        was, now = (f"as {' or '.join(one.types) or 'anything'}" for one in (old, new))
    message = f"{at}: written {was} before, and {now} now"
    values = made(old.bundle)
    several = [value for value in values if isinstance(value, list | dict) and len(value) > 1]
    longer = [value * 2 for value in values if isinstance(value, list) and len(value) == 1]
    for value in [*several, *longer, *values]:
        text = parameter_text(old, value)
        if text is None or not conforms(old, value):
            continue
        request = request_of(pair.old, pair.before, {old.key: text})
        if request is None:
            return None
        refused_now = None if becomes_list else pair.refused({old.key: text})
        if witness := refused_now or _misread(pair, old, new, value, request):
            return Change("parameter-style-changed", message, new.node, at, witness)
    unknown = f"{message}; no value was found that shows a difference"
    return None if (values and _is_read(new)) or was == now else Change("change-undecided", unknown, new.node, at)


def _is_read(parameter: Parameter) -> bool:
    """Whether it is known here which value a request has of a parameter."""
    return parameter.serialization.is_readable and parameter.location != "querystring"


def _misread(pair: Pair, old: Parameter, new: Parameter, value: Any, request: Request) -> Witness | None:
    """The request as a witness where both versions accept it, and the new one reads another value from it."""
    match = match_of(pair.new, request)
    if match is None or not _is_read(new) or refusal(pair.old, request):
        return None
    texts = given_texts(match, request)[new.location](new)
    every = readings(new.serialization, texts) if texts else ()
    found = [one for one in every if not isinstance(one, JsonFault | StyleFault)]
    if value in found or [value] in found:
        return None
    read = f"reads it as {shown(found[0])}" if found else "finds no value in it"
    return Witness(f"{shown_message(request)} - sends {shown(value)}, and {pair.new.label} {read}")


def _described(how: Serialization) -> str:
    return f"in {how.media_type or f'style {how.style}'}{', exploded' if how.explode and not how.media_type else ''}"


def _dependencies(pair: Pair) -> Iterator[Change]:
    """Rules between parameters (`x-dependencies`) that were not there before, tried with the values at hand."""
    old, new = ([text for _, text, _ in one.dependencies] for one in (pair.before, pair.after))
    known = {_written_alike(rule) for rule in old if isinstance(rule, str)}
    for rule in new:
        if isinstance(rule, str) and _written_alike(rule) not in known:
            read = read_rule(rule, {one.name for one in pair.before.parameters})
            named = [one for one in pair.before.parameters if read and one.name in read.names]
            texts = {one.key: list(islice(parameter_values(one), 6)) for one in named}
            witness = next(filter(None, (pair.refused(some) for some in choices(texts, 200))), None)
            message = f"a rule between parameters is new: {rule}"
            yield Change("dependency-added", message, pair.after.node, "request.query", witness, rule)


def _written_alike(rule: str) -> str:
    """The rule without spaces, and a relation with its smaller side first."""
    if (found := relation(rule)) and found.operator in (">", ">="):
        rule = f"{found.right}{found.operator.replace('>', '<')}{found.left}"
    return "".join(rule.rstrip(";").split())
