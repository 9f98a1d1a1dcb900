"""What traffic holds of the properties and members of enumerations that the contract names, in bodies and in the query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from toolkit.contract.operation import Operation, Parameter
from toolkit.errors import ContractError
from toolkit.exchange import Request, Response
from toolkit.schema.inventory import Inventory
from toolkit.schema.shape import Schema, Shapes
from toolkit.structs import Mutable, field
from toolkit.validation.bodies import DocumentedBody, find_body
from toolkit.validation.request import REFUSED
from toolkit.validation.validator import Validator

REQUEST, QUERY = "request", "query"
"""Where labels belong that are of no response; those of responses belong to a status as the contract writes it."""

Labels = dict[tuple[str, str], set[str]]
"""Labels of `Inventory`, by operation and by where they belong."""

UNREAD = object()
_MOST_KNOWN = 1_000
_Key = tuple[str, int, str | None, str | None]
_Known = tuple[bool, str, DocumentedBody, Inventory]
"""A body that the contract describes: whether it is the request's, where its labels belong, and its inventory."""


class Contents(Mutable, eq=False):
    """Looks into exchanges for what none before had; quick where there is little left to find."""

    validator: Validator
    _inventories: dict[DocumentedBody, Inventory] = field(default_factory=dict)
    _queries: dict[Operation, dict[str, tuple[Parameter, Inventory]]] = field(default_factory=dict)
    _bodies: dict[_Key, list[_Known]] = field(default_factory=dict)
    """By operation, status, and the media types of the request's and the response's body."""

    def forget(self) -> None:
        """Look from now on as if nothing had been found."""
        of_queries = (inventory for query in self._queries.values() for _, inventory in query.values())
        for inventory in (*of_queries, *self._inventories.values()):
            inventory.forget()

    def look(
        self,
        operation: Operation,
        request: Request | None,
        pairs: Iterable[tuple[str, str]],
        response: Response | None,
        found: Labels,
        value: Any = UNREAD,
    ) -> None:
        """Adds the labels of what an exchange has and none before had; `pairs` are those of its query, and `value` is that of the
        response's body, if it was read already. What cannot be read has none: the verdict says why."""
        try:
            self._look_at_query(operation, pairs, found)
            self._look_at_bodies(operation, request, response, found, value)
        except (ContractError, ValueError, RecursionError):
            return

    def _look_at_bodies(
        self, operation: Operation, request: Request | None, response: Response | None, found: Labels, value: Any
    ) -> None:
        sent = request.headers.content_type if request and request.body else None
        received = response.headers.content_type if response and response.body else None
        key = operation.name, response.status if response else 0, sent, received
        known = self._bodies.get(key)
        if known is None:
            known = list(self._described(operation, sent, received, response.status if response else 0))
            if len(self._bodies) < _MOST_KNOWN:
                self._bodies[key] = known
        for is_request, where, documented, inventory in known:
            message: Request | Response | None = request if is_request else response
            data = message.body if message and inventory.left and not message.fault else None
            if data and (documented.kind != "json" or inventory.may_be_in_json(data)):
                body = value if value is not UNREAD and not is_request else documented.read(data).value
                for one in body if documented.each and isinstance(body, list) else (body,):
                    _add(found, operation, where, inventory.look(one))

    def _described(self, operation: Operation, sent: str | None, received: str | None, status: int) -> Iterator[_Known]:
        """The bodies of an exchange whose values the contract describes; of media types, None stands for no body."""
        spec = operation.response(status) if status else None
        request_type, response_type = (None if operation.form_or_query else sent), (received if spec else None)
        for content_type, described in ((request_type, None), (response_type, spec)):
            documented = None if content_type is None else find_body(operation, content_type, described)
            if documented and documented.schema:
                where = described.key if described else REQUEST
                if documented not in self._inventories:
                    self._inventories[documented] = _inventory(documented, where)
                yield described is None, where, documented, self._inventories[documented]

    def _look_at_query(self, operation: Operation, pairs: Iterable[tuple[str, str]], found: Labels) -> None:
        if operation not in self._queries:
            self._queries[operation] = {one.name: (one, inventory) for one, inventory in _of_query(operation)}
        known = self._queries[operation]
        for name, text in pairs if known else ():
            if name in known and known[name][1].left:
                value = self.validator.parameters.read(known[name][0], (text,))
                if value is not REFUSED:
                    _add(found, operation, QUERY, known[name][1].look(value))


def _add(found: Labels, operation: Operation, where: str, labels: set[str]) -> None:
    if labels:
        found.setdefault((operation.name, where), set()).update(labels)


def _inventory(one: DocumentedBody, where: str) -> Inventory:
    """The inventory of a body's schema. What schemas that it refers to look like is kept for other bodies."""
    schema: Schema = one.schema.schema if one.schema else {}
    known = one.media.files.made.setdefault("shapes", ({}, {}))
    outline = Shapes(schema if isinstance(schema, Mapping) else {}, *known).outline(schema)
    return Inventory(outline, "readOnly" if where == REQUEST else "writeOnly")


def _names(one: DocumentedBody, where: str) -> tuple[list[str], list[str]]:
    """The properties, and the members of enumerations, of a body; those of a schema that many refer to are listed once."""
    node = one.media.raw("schema")
    key = node.meant.key if node and not one.each else one, one.kind, where == REQUEST
    known: dict[Any, tuple[list[str], list[str]]] = one.media.files.made.setdefault("names", {})
    if key not in known:
        inventory = _inventory(one, where)
        known[key] = inventory.properties, inventory.members
    return known[key]


def _of_query(operation: Operation) -> Iterator[tuple[Parameter, Inventory]]:
    """The parameters of the query whose values, or items, the contract lists, each with the inventory of its schema."""
    for one in operation.parameters:
        outline = one.serialization.outline
        listed = outline.constants or (outline.items and outline.item.constants)
        if one.location == "query" and not one.serialization.is_spread and listed:
            yield one, Inventory(outline, start=one.name)


@lru_cache(maxsize=4096)
def labels(operation: Operation, statuses: frozenset[int]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """All properties, and all members of enumerations, of the request and of the responses with one of these statuses, by where
    they belong. Those of a part of the contract that cannot be used are left out."""
    properties: dict[str, list[str]] = {}
    members: dict[str, list[str]] = {}
    try:
        members[QUERY] = [label for _, inventory in _of_query(operation) for label in inventory.members]
        specs = [None] if not operation.form_or_query else []
        for spec in dict.fromkeys([*specs, *filter(None, map(operation.response, sorted(statuses)))]):
            where, content = (spec.key, spec.content) if spec else (REQUEST, operation.request_content)
            found = (find_body(operation, name, spec) for name in content)
            known = [_names(one, where) for one in found if one and one.schema]
            properties[where] = list(dict.fromkeys(label for names, _ in known for label in names))
            members[where] = list(dict.fromkeys(label for _, names in known for label in names))
    except (ContractError, ValueError, RecursionError):
        pass
    return properties, members
