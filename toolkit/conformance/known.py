"""Values of parameters to start from, without asking the service: those that the user gave, then the contract's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from toolkit.client.client import Client
from toolkit.client.examples import example_properties, example_values
from toolkit.contract.operation import Parameter

Given = Mapping[str, list[str]]
"""The values that the user gave for each parameter."""


def group_values(params: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The user's pairs of name and value as lists by name."""
    given: dict[str, list[str]] = {}
    for name, value in params:
        given.setdefault(name, []).append(value)
    return given


def base_parameters(client: Client) -> list[Parameter]:
    """The parameters in every call: the required ones and, if requests are signed, those with one possible value (a version)."""
    names = client.operation.security_names
    is_signed = client.session.credentials is not None
    return [
        parameter
        for parameter in client.operation.parameters
        if parameter.required or (is_signed and parameter.only_value is not None and parameter.name not in names)
    ]


def starting_values(client: Client, given: Given) -> dict[str, str]:
    """The values of every call: the user's, else the contract's own. A parameter with neither is left out."""
    base: dict[str, str] = {}
    for parameter in base_parameters(client):
        values = [*given.get(parameter.name, ()), *example_values(parameter)]
        base |= {parameter.name: values[0]} if values else example_properties(parameter)
    return base | {name: values[0] for name, values in given.items() if not client.parameter(name)}


def unknown_parameters(client: Client) -> list[Parameter]:
    """The required parameters for which no value is known."""
    required = (parameter for parameter in client.operation.parameters if parameter.required)
    return [one for one in required if one.name not in client.base and not example_properties(one)]


def known_values(client: Client, given: Given) -> dict[str, list[str]]:
    """For each parameter the values that may exist in the service: the user's, then the contract's own."""
    return {
        parameter.name: list(dict.fromkeys([*given.get(parameter.name, []), *example_values(parameter)]))
        for parameter in client.operation.parameters
    }
