"""Values of parameters to start from, without asking the service: those that the user gave, then the contract's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from itertools import islice
from urllib.parse import unquote

from toolkit.client.client import Change, Client
from toolkit.client.examples import Value, example_values, in_style, parameter_values
from toolkit.contract.dependencies import choices
from toolkit.contract.operation import Operation, Parameter
from toolkit.exchange import Headers, Key
from toolkit.secrets.names import plain

_BRACES = re.compile(r"\{([^{}]*)\}")
_WHOLE_NUMBER = re.compile(r"(?<![\w.])\d{1,18}(?![\w.])")
_KEYS = ("idempotencykey", "idempotencytoken", "clienttoken", "clientrequesttoken")
_MOST_TEXTS, _MOST_CHOICES = 3, 250  # of values of the parameters that a rule is about
Given = Mapping[Key, list[str]]
"""The texts that the user gave for parameters of an operation."""


def given_values(operation: Operation, params: Iterable[tuple[str, str]], declared: Collection[str]) -> Given:
    """The user's names and values, for each parameter of the operation that has such a name, wherever it stands. A name that no operation
    of the contract has `declared` is sent in the query: a service may know more than its contract."""
    given: dict[Key, list[str]] = {}
    for name, text in params:
        owners = [one for one in operation.parameters if one.name == name]
        for parameter in owners:
            given.setdefault(parameter.key, []).append(in_style(parameter, text))
        if not owners and name not in declared:
            given.setdefault(("query", name), []).append(text)
    return given


def header_values(client: Client) -> dict[Key, str]:
    """The user's header fields and cookies that are parameters of the operation."""
    headers = Headers(client.session.headers)
    cookies = {name: unquote(text) for name, text in headers.cookies}
    sent: dict[str, Callable[[str], str | None]] = {"header": headers.get, "cookie": cookies.get}
    found = {one.key: sent[one.location](one.name) for one in client.operation.parameters if one.location in sent}
    return {key: text for key, text in found.items() if text is not None}


def starting_values(client: Client, given: Given) -> dict[Key, Value]:
    """The values of every call: the user's, else the contract's own. A parameter with neither is left out, and so is one that is not
    required, but for those with one possible value (a version) where requests are signed."""
    sent, signature = header_values(client), client.operation.security_names
    base: dict[Key, Value] = {}
    for one in client.operation.parameters:
        is_version = client.session.credentials and one.only_value is not None and one.name not in signature
        own = sent.get(one.key)
        values = [*([own] if own is not None else ()), *given.get(one.key, ()), *example_values(one)]
        base |= {one.key: values[0]} if values and (one.required or is_version) else {}
    more = {key: values[0] for key, values in given.items() if not client.parameter(key[1], key[0])}
    return {**sent, **base, **more}


def invented_values(client: Client, stated: Mapping[Key, Value]) -> dict[Key, Value]:
    """A value by its schema for each required parameter without one, those of the path that nothing declares among them. Where a request
    may change what exists, a value in the path is one that hardly any service has."""
    operation, needed = client.operation, dict[Key, Value]()
    changes = operation.method in ("PUT", "PATCH", "DELETE")
    for parameter in (one for one in operation.parameters if one.required and one.key not in stated):
        seed = 1 if changes and parameter.location == "path" else 0
        made = next(parameter_values(parameter, seed), None)
        needed |= {parameter.key: made} if made is not None else {}
    places = (operation.route.template, *(text for _, text in operation.route.query))
    names = (name for place in places for name in _BRACES.findall(place) if not client.parameter(name, "path"))
    return {**needed, **{("path", name): "aaa" for name in names if ("path", name) not in stated}}


def known_values(client: Client, given: Given) -> dict[Key, list[str]]:
    """For each parameter the texts that may exist in the service: the user's, then the contract's own. Header fields that
    prove who sends a request are not among them, since what is sent as a known value is shown."""
    is_secret = client.validator.contract.secrets.is_secret
    shown = {key: text for key, text in header_values(client).items() if not is_secret(key[1])}
    return {one.key: list(dict.fromkeys(_known(one, given, shown))) for one in client.operation.parameters}


def renewed(operation: Operation, given: Given) -> dict[Key, Parameter]:
    """The parameters by which services know a request that is sent again; those that the user gave stay."""
    return {one.key: one for one in operation.parameters if one.key not in given and plain(one.name).endswith(_KEYS)}


def texts_for_rules(client: Client, known: Given, names: Set[str]) -> dict[Key, list[str]]:
    """A few texts for each of the parameters that rules of `x-dependencies` name: what the rules state, what is known, or made."""
    rules = [rule for _, _, rule in client.operation.dependencies if rule and not names.isdisjoint(rule.names)]
    stated = dict.fromkeys(pair for rule in rules for pair in rule.stated)
    numbers = [int(found) for rule in rules for found in _WHOLE_NUMBER.findall(rule.text)]
    found: dict[Key, list[str]] = {}
    for one in client.operation.parameters:
        if one.name in names and not one.is_compound:
            own = [text for name, text in stated if name == one.name]
            if {"integer", "number"} & {*one.types}:
                own += [str(number + more) for number in numbers for more in (1, 0, -1)]
            made = [text for text in islice(parameter_values(one), 2) if isinstance(text, str)]
            texts = dict.fromkeys([*own, *known.get(one.key, ()), *made])
            valid = (text for text in texts if client.takes(one, text))
            found[one.key] = list(islice(valid, _MOST_TEXTS))
    return found


def consistent_values(client: Client, base: dict[Key, Value], known: Given) -> dict[Key, Value]:
    """The values of every call with some more, or without some that are not required, where else they break a rule between
    parameters; as they are, where that does not help."""
    rules = [rule for _, _, rule in client.operation.dependencies if rule]
    names = {name for rule in rules if rule.text in client.broken(client.call()) for name in rule.names}
    texts = texts_for_rules(client, known, names)
    needed = [one.key for one in client.operation.parameters if one.required]
    for chosen in choices(texts, _MOST_CHOICES) if names else ():
        changes = {key: chosen.get(key) for key in texts if key in chosen or key not in needed}
        if not client.broken(client.call(dict[Key, Change](changes))):
            return {key: text for key, text in {**base, **changes}.items() if text is not None}
    return base


def _known(parameter: Parameter, given: Given, sent: Mapping[Key, str]) -> Iterator[str]:
    yield from given.get(parameter.key, ())
    if parameter.location == "header" and parameter.key in sent:
        yield sent[parameter.key]
    yield from (value for value in example_values(parameter) if isinstance(value, str))
