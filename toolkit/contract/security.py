"""What a contract requires of a client that proves who it is (OpenAPI, Security Scheme and Security Requirement Objects)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.document.pointers import array_at, as_object
from toolkit.exchange import Key
from toolkit.structs import Frozen


class SecurityScheme(Frozen):
    """How a client proves who it is. `kind` is `apiKey`, `basic` or `bearer` (any scheme of a token that stands in
    Authorization), '' for others; the value stands in the parameter `key` at `location`: header, query, cookie, or '' for
    one that does not stand in a request, such as a certificate."""

    name: str
    kind: str
    location: str = "header"
    key: str = "Authorization"

    @property
    def place(self) -> Key:
        """Where the value stands; two schemes may have the same place."""
        return self.location, self.key.lower()


Requirement = tuple[SecurityScheme, ...]
"""Schemes that a request has to meet together; () if it needs none."""


@lru_cache(maxsize=4096)
def requirements(operation: Operation) -> tuple[Requirement, ...]:
    """What a request must meet one of: the operation's own requirements, else those of the contract; () for none."""
    return tuple(map(tuple, alternatives(operation)))


def alternatives(operation: Operation) -> list[dict[SecurityScheme, Sequence[Any]]]:
    """The same, with the scopes that each scheme needs."""
    owner = operation.node if "security" in operation.node.value else operation.node.files.root
    known = security_schemes(operation)
    listed = (one for one in array_at(owner.value, "security") if isinstance(one, dict))
    return [{known[name]: array_at(one, name) for name in one if name in known} for one in listed]


def required_schemes(operation: Operation) -> list[SecurityScheme]:
    return [scheme for one in requirements(operation) for scheme in one]


def proved_places(operation: Operation) -> set[Key]:
    """Where every request has what proves who sends it, whichever requirement it meets."""
    each = [{scheme.place for scheme in one} for one in requirements(operation)]
    return set.intersection(*each) if each else set()


def is_secured(operation: Operation) -> bool:
    """Whether each request must prove who sends it."""
    return bool(requirements(operation)) and all(requirements(operation))


def security_schemes(operation: Operation) -> dict[str, SecurityScheme]:
    """All the schemes of the operation's contract, by name."""
    listed = operation.node.files.root.each("components", "securitySchemes")
    return {name: _scheme(name, node) for name, node in listed}


def _scheme(name: str, node: Node) -> SecurityScheme:
    value = as_object(node.value)
    kind, location, key = value.get("type"), value.get("in"), value.get("name")
    if kind == "apiKey" and location in ("header", "query", "cookie") and isinstance(key, str):
        field, _, word = key.partition(":") if location == "header" else (key, "", "")  # as `Authorization: Bearer`
        is_own = word.strip().lower() not in ("basic", "bearer")
        return SecurityScheme(name, "apiKey" if is_own else word.strip().lower(), location, field)
    if kind in ("oauth2", "openIdConnect"):
        return SecurityScheme(name, "bearer")
    scheme = str(value.get("scheme") or "").lower() if kind == "http" else ""
    return SecurityScheme(name, scheme if scheme in ("basic", "bearer") else "", "header" if scheme else "")
