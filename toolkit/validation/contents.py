"""What traffic holds of the properties and members of enumerations that the contract names, in bodies and in the query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.contract.operation import Operation, Parameter
from toolkit.errors import ContractError
from toolkit.exchange import Request, Response
from toolkit.schema.inventory import Inventory
from toolkit.schema.shape import Schema, Shapes
from toolkit.validation.bodies import DocumentedBody, find_body
from toolkit.validation.request import REFUSED
from toolkit.validation.validator import Validator
from toolkit.wire.urlencoded import form_pairs, parse_query

REQUEST, QUERY = "request", "query"
"""Where labels belong that are of no response; those of responses belong to a status as the contract writes it."""

Labels = dict[tuple[str, str], set[str]]
"""Labels of `Inventory`, by operation and by where they belong."""

UNREAD = object()
_MOST_KNOWN = 1_000
_Key = tuple[str, int, str | None, str | None]


def sent_pairs(operation: Operation, request: Request) -> list[tuple[str, str]]:
    """The pairs of the query, and of a form that may take its place. Raises TooManyFields."""
    query = parse_query(request.url.partition("#")[0].partition("?")[2])
    return [*query, *(form_pairs(request) if operation.form_or_query else ())]


@dataclass(eq=False)
class Contents:
    """Looks into exchanges for what none before had; quick once there is nothing left to find."""

    validator: Validator
    _bodies: dict[DocumentedBody, Inventory | None] = field(default_factory=dict)
    _queries: dict[Operation, dict[str, tuple[Parameter, Inventory]]] = field(default_factory=dict)
    _whole: set[_Key] = field(default_factory=set)
    """Kinds of exchanges in whose bodies there is nothing left to find."""

    def forget(self) -> None:
        """Look from now on as if nothing had been found."""
        of_queries = (inventory for query in self._queries.values() for _, inventory in query.values())
        for inventory in (*of_queries, *filter(None, self._bodies.values())):
            inventory.forget()
        self._whole.clear()

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
        sent = request.headers.get("content-type") if request and request.body else None
        received = response.headers.get("content-type") if response and response.body else None
        key = operation.name, response.status if response else 0, sent, received
        if key in self._whole:
            return
        left = 0
        for where, documented, message in self._documented(operation, request, response):
            if documented not in self._bodies:
                schema = documented.schema
                self._bodies[documented] = _inventory(schema.schema, where) if schema else None
            inventory = self._bodies[documented]
            if inventory and inventory.left:
                for one in _values(documented, message, value):
                    _add(found, operation, where, inventory.look(one))
                left += inventory.left
        if not left and len(self._whole) < _MOST_KNOWN:
            self._whole.add(key)

    def _documented(
        self, operation: Operation, request: Request | None, response: Response | None
    ) -> Iterator[tuple[str, DocumentedBody, Request | Response]]:
        """The bodies of an exchange that the contract describes, each with where its labels belong."""
        spec = operation.response(response.status) if response else None
        sent = None if operation.form_or_query else request
        for message, described in ((sent, None), (response if spec else None, spec)):
            is_read = message is not None and message.body and not message.fault
            documented = find_body(operation, message.headers.content_type, described) if message and is_read else None
            if message and documented:
                yield described.key if described else REQUEST, documented, message

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


def _values(documented: DocumentedBody, message: Request | Response, known: Any) -> Iterator[Any]:
    """The value of a body, or those of its items; of a response the one that is known."""
    if known is UNREAD or isinstance(message, Request):
        known = documented.read(message.body or b"").value
    yield from known if documented.each and isinstance(known, list) else (known,)


def _inventory(schema: Schema, where: str) -> Inventory:
    """The inventory of a body's schema."""
    outline = Shapes(schema if isinstance(schema, Mapping) else {}).outline(schema)
    return Inventory(outline, "readOnly" if where == REQUEST else "writeOnly")


def _of_query(operation: Operation) -> Iterator[tuple[Parameter, Inventory]]:
    """The parameters of the query whose values, or items, the contract lists, each with the inventory of its schema."""
    for one in operation.parameters:
        outline = one.serialization.outline
        listed = outline.constants or (outline.items and outline.item.constants)
        if one.location == "query" and not one.serialization.is_spread and listed:
            yield one, Inventory(outline, start=one.name)


def labels(operation: Operation, statuses: set[int]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
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
            known = [_inventory(one.schema.schema, where) for one in found if one and one.schema]
            properties[where] = list(dict.fromkeys(label for inventory in known for label in inventory.properties))
            members[where] = list(dict.fromkeys(label for inventory in known for label in inventory.members))
    except (ContractError, ValueError, RecursionError):
        pass
    return properties, members
