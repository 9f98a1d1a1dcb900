"""An OpenAPI 3.x document as operations, and which of them a request belongs to.

Operations are built when first asked for, so a contract of a thousand costs nothing that is not used. RPC-style
operations that share a path are selected by their single-valued query (form, header) parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from toolkit.contract.confidential import secrets_of, stated_secrets
from toolkit.contract.objects import METHODS
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.routing import Route, Router, build_router
from toolkit.contract.servers import Servers, all_servers, bases_of, read_servers
from toolkit.document.files import Node, open_document
from toolkit.document.overlay import apply_overlay
from toolkit.errors import ContractError
from toolkit.exchange import Exchange, Headers, Request
from toolkit.schema.bundle import Dialect, dialect_of
from toolkit.secrets.masking import Secrets
from toolkit.secrets.values import shown_path
from toolkit.structs import Mutable, field, replace
from toolkit.verdict import clip, few
from toolkit.wire.urlencoded import Stems, TooManyFields, form_pairs, parse_query, stems_of

_MOST_PATHS, _LONG_PATH = 10_000, 500  # of the paths whose routes are remembered
_LONGEST_URL = 1 << 20  # characters before the query; services refuse a hundredth of that
_MOST_BASE = 5  # segments of a base path that is looked for
_FOREIGN = re.compile(
    r"(?!https?:|wss?:)([a-z][a-z0-9+.-]*)(?<!localhost):(?=//|(?<=data:|blob:)|(?<=about:)|(?<=filesystem:|javascript:)|(?<=view-source:))",
    re.IGNORECASE,
)  # schemes that reach no service over HTTP
_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://([^/]*))?(.*)", re.DOTALL)
_Pairs = tuple[tuple[str, str], ...]


def foreign_scheme(url: str) -> str:
    """The scheme of a URL that reaches no service over HTTP, such as `data`; '' of others."""
    found = _FOREIGN.match(url)
    return found[1].lower() if found else ""


class Match(Mutable, eq=False):
    """The operation that a request belongs to, and its path, query and form texts, percent-decoded."""

    operation: Operation
    path: Mapping[str, str]
    query: _Pairs
    form: _Pairs

    @cached_property
    def stems(self) -> Stems:
        """The pairs of the query by the stems of their names."""
        return stems_of(self.query)


_Candidate = tuple[str, Mapping[str, str], list[Route]]
"""A template that fits a path, the path's parameters by it, and the routes of this template."""


class _Selection(Mutable, eq=False):
    """The operations of one template and method, indexed by the parameter values that select them."""

    plain: list[Operation] = field(default_factory=list)
    by_value: dict[tuple[str, str], dict[str, list[Operation]]] = field(default_factory=dict)


class Contract(Mutable, eq=False):
    """An OpenAPI document. `match` finds the operation of a request, or says why there is none."""

    root: Node
    dialect: Dialect
    request_dialect: Dialect
    router: Router
    servers: Servers
    any_host: bool = False
    base: str | None = None
    """The base path of operations without a server of their own; None where the address of the service has that of all."""
    notes: list[str] = field(default_factory=list)
    _groups: dict[tuple[str, str], _Selection] = field(default_factory=dict)
    _built: dict[tuple[str, str], Operation] = field(default_factory=dict)
    _found: dict[str, list[_Candidate] | str] = field(default_factory=dict)

    @staticmethod
    def load(
        path: str | Path, *, strict_nullable: bool = False, any_host: bool = False, overlays: Iterable[str | Path] = ()
    ) -> Contract:
        """Read a contract, changed by OpenAPI Overlays. Raises ContractError, in one line, where it cannot be used. `notes` of the result
        say what the overlays do not change."""
        notes: list[str] = []
        root = open_document(path, partial(_overlay, tuple(overlays), notes) if overlays else None)
        version = _version(root)
        paths = root.get("paths")
        if paths is not None and not isinstance(paths.value, dict):
            raise ContractError(f"{paths.location}: `paths` is not an object; give it one property for each path")
        return Contract(
            root,
            dialect_of(version, strict_nullable=strict_nullable),
            dialect_of(version, strict_nullable=strict_nullable, request=True),
            _router(paths.value if paths else {}),
            read_servers(all_servers(root)),
            any_host,
            notes=notes,
        )

    @property
    def name(self) -> str:
        return self.root.path.name

    @property
    def unasked(self) -> list[str]:
        """What the service sends by itself, which no request asks for: webhooks and callbacks, in words."""
        found = [f"webhook {name}" for name in _names(self.root.get("webhooks"))]
        for operation in self.operations():
            found += [f"callback {name} of {operation.name}" for name in _names(operation.node.get("callbacks"))]
        return found

    def without_base(self) -> Contract:
        """The same contract for requests whose paths stand as the contract writes them, without the base path of a server."""
        return replace(self, servers=Servers((), ()), any_host=True, _found={})

    @property
    def bases(self) -> list[str]:
        """The base paths of its servers, those of single paths and operations apart; the longest first."""
        return sorted(bases_of(self.root), key=len, reverse=True)

    def with_base(self, base: str) -> Contract:
        """The same contract, whose operations have base paths of their own: that of their own server, else this one."""
        return replace(self, base=base, _groups={}, _built={}, _found={})

    @cached_property
    def secrets(self) -> Secrets:
        """What is secret in exchanges: common names, and what the contract marks."""
        return secrets_of(self.root.files)

    @cached_property
    def stated_secrets(self) -> tuple[str, ...]:
        """The secrets among its own examples and defaults, which messages about it may repeat."""
        return stated_secrets(self.root.files, self.secrets)

    def secrets_in_path(self, exchange: Exchange) -> list[str]:
        """The values of path parameters that are secret; of all paths that fit, where no operation does."""
        sent = exchange.request
        if sent is None:
            return []
        path = re.split("[?#]", sent.url, maxsplit=1)[0]
        try:
            match = self.match(sent)
        except TooManyFields:
            match = self.match(Request(sent.method, path))
        if isinstance(match, str):
            fitting = self._candidates(path) if len(path) <= _LONGEST_URL else ""
            found = [] if isinstance(fitting, str) else [values for _, values, _ in fitting]
        else:
            found = [match.path]
        return [value for values in found for name, value in values.items() if self.secrets.is_secret(name)]

    def operations(self) -> Iterator[Operation]:
        """Every operation, in the order of the document."""
        return iter(self._all)

    def readable_operations(self) -> Iterator[Operation]:
        """The operations of those paths that can be read, for who names the others."""
        unreadable = dict(self.unreadable())
        return iter(tuple(self._of(route for route in self.router.routes if route not in unreadable)))

    def unreadable(self) -> Iterator[tuple[Route, ContractError]]:
        """The paths that cannot be read, each with the reason."""
        for route in self.router.routes:
            try:
                list(self._of([route]))
            except ContractError as error:
                yield route, error

    @cached_property
    def _all(self) -> tuple[Operation, ...]:
        return tuple(self._of(self.router.routes))

    def _of(self, routes: Iterable[Route]) -> Iterator[Operation]:
        built = (self._operation(route, method) for route in routes for method in self._methods(route))
        return (operation for operation in built if operation)

    @property
    def bare(self) -> Operation:
        """An operation of no path, which knows how the contract's schemas are read."""
        return Operation("", "POST", Route("/", "/"), self.root, self.root, self.dialect, self.request_dialect)

    def operation(self, name: str) -> Operation:
        """The operation of this name. Raises ContractError that lists near names."""
        from difflib import get_close_matches

        names = {operation.name: operation for operation in self.readable_operations()}
        if name in names:
            return names[name]
        self.operations()  # a path that cannot be read may have it
        near = ", ".join(get_close_matches(name, names, 3) or list(names)[:3]) or "another contract"
        raise ContractError(f"{self.name} has no operation {name!r}; did you mean {near}?")

    def _methods(self, route: Route) -> Iterator[str]:
        """The methods that an operation of the route may have, those of `additionalOperations` (OpenAPI 3.2) as they are sent."""
        yield from METHODS
        more = self.root.get("paths", route.key, "additionalOperations")
        yield from (name for name, _ in more.children() if name.lower() not in METHODS) if more else ()

    def _operation(self, route: Route, method: str) -> Operation | None:
        key = (route.key, method)
        if key not in self._built:
            item = self.root.get("paths", route.key)
            keys = (method,) if method in METHODS else ("additionalOperations", method)
            node = item.get(*keys) if item and isinstance(item.value, dict) else None
            if item is None or node is None or not isinstance(node.value, dict):
                return None
            sent = method.upper() if method in METHODS else method
            name = node.text("operationId") or f"{sent} {route.key}"
            own = [] if self.base is None else bases_of(node) or bases_of(item)
            base = own[0] if own else self.base or ""
            self._built[key] = Operation(name, sent, route, node, item, self.dialect, self.request_dialect, base)
        return self._built[key]

    def at_path(self, request: Request) -> list[Operation]:
        """The operations of a request's path, whatever their methods; none where the contract does not have the path."""
        found = self._candidates(request.url.partition("#")[0].partition("?")[0])
        routes = [] if isinstance(found, str) else [route for _, _, several in found for route in several]
        return list(self._of(routes))

    def match(self, request: Request) -> Match | str:
        """The request's operation, or a sentence that says why it belongs to none."""
        address, _, query = request.url.partition("#")[0].partition("?")
        if len(address) > _LONGEST_URL:
            return f"its URL has over {_LONGEST_URL:,} characters before the query"
        candidates = self._found.get(address)
        if candidates is None:
            candidates = self._candidates(address)
            if len(self._found) < _MOST_PATHS and len(address) < _LONG_PATH:
                self._found[address] = candidates
        if isinstance(candidates, str):
            return candidates
        pairs = tuple(parse_query(query)) if query else ()
        form = tuple(form_pairs(request)) if request.body else ()
        reason = ""
        for template, values, routes in candidates:
            found = self._choose(template, routes, request, pairs, form)
            if isinstance(found, Operation):
                if found.route.query:
                    given, named = dict(pairs), found.route.in_query.items()
                    values = {**values, **{key: given[name] for key, name in named if name in given}}
                return Match(found, values, pairs, form)
            reason = reason or found
        return reason

    def _candidates(self, address: str) -> list[_Candidate] | str:
        """The templates that fit a URL without its query, best first, or why there is none."""
        if scheme := foreign_scheme(address):
            return f"a URL of the scheme {scheme} reaches no service over HTTP"
        host, path = _HOST.match(address).groups()  # type: ignore[union-attr]
        if host and not self.any_host and not self.servers.knows(host):
            return f"host {host} is not a server of the contract ({self.servers.names}); --any-host ignores the host"
        found = [pair for stripped in self.servers.strip(path or "/") for pair in self.router.find(stripped)]
        if not found:
            starts = tuple(f"{base}/" for base in self.servers.bases if base)  # which stand in the paths once more
            found = [pair for pair in self.router.find(path) if f"{pair[0].template}/".startswith(starts)]
        if not found:
            return f"the contract has no path that matches {clip(shown_path(path), 500)}{self._near(path)}"
        candidates: dict[str, _Candidate] = {}
        for route, texts in found:
            candidates.setdefault(route.template, (route.template, texts, []))[2].append(route)
        return list(candidates.values())

    def _near(self, path: str) -> str:
        """A hint where a path is one of the contract's behind a base path that its servers do not have; else ''. A number
        is part of no base path: it names a thing."""
        paths = self.root.get("paths")
        if paths and paths.raw(key := path.lstrip("/")):
            return f": its path {key!r} has no slash at its start; write /{key}"
        if "//" in path:
            return ", which has an empty segment: leave a slash out"
        segments = path.split("/")
        for cut in range(2, min(len(segments), _MOST_BASE + 2)):
            if segments[cut - 1].isdigit():
                break
            rest = "/" + "/".join(segments[cut:])
            for route, _ in self.router.find(rest)[:1]:
                if any(part and "{" not in part for part in route.template.split("/")):
                    base = "/".join(segments[:cut])
                    cure = f"add a server with {base} to `servers`"
                    return f"; without the base path {base} it has {route.template}: {cure}"
        return ""

    def _choose(
        self, template: str, routes: list[Route], request: Request, query: _Pairs, form: _Pairs
    ) -> Operation | str:
        small = request.method.lower()
        method = small if small in METHODS else request.method
        group = self._group(template, method, routes)
        if not group.plain and not group.by_value:
            methods = dict.fromkeys(operation.method for operation in self._of(routes))
            return f"{request.method} is not documented for {template} (documented: {', '.join(methods) or 'none'})"
        reason = ""
        for (location, name), by_value in group.by_value.items():
            given = _given(location, name, request.headers, query, form)
            for operation in [operation for value in given for operation in by_value.get(value, ())]:
                others = operation.discriminators[1:]  # the first one is what the group is indexed by
                if not others or all(_fits(parameter, request.headers, query, form) for parameter in others):
                    return operation
            reason = reason or _no_operation(location, name, given, list(by_value))
        fitting = [operation for operation in group.plain if operation.route.takes(query)]
        if len(fitting) < 2:
            return fitting[0] if fitting else reason or f"no operation of {template} accepts this query"
        return min(fitting, key=lambda operation: _distance(operation, request.headers, query, form))

    def _group(self, template: str, method: str, routes: list[Route]) -> _Selection:
        key = (template, method)
        if key not in self._groups:
            group = _Selection()
            operations = [operation for route in routes if (operation := self._operation(route, method))]
            is_alone = len(operations) == 1 and template not in ("", "/")
            for operation in operations:
                first = next(iter(operation.discriminators), None)
                if is_alone or first is None:
                    group.plain.append(operation)
                    continue
                values = group.by_value.setdefault(first.key, {})
                for text in {str(first.only_value), "" if first.may_be_empty else str(first.only_value)}:
                    values.setdefault(text, []).append(operation)
            self._groups[key] = group
        return self._groups[key]


def _names(owner: Node | None) -> list[str]:
    return [name for name, _ in owner.children()] if owner else []


def _overlay(overlays: Iterable[str | Path], notes: list[str], tree: Any) -> Any:
    for overlay in overlays:
        tree, unused = apply_overlay(tree, overlay)
        notes += unused
    return tree


def _router(paths: Mapping[Any, Any]) -> Router:
    keys = [str(key) for key in paths if str(key).startswith("/")]
    owners = [one for item in paths.values() if isinstance(item, dict) for one in (item, *item.values())]
    listed = [one.get("parameters") for one in owners if isinstance(one, dict)]
    parameters = [one for found in listed if isinstance(found, list) for one in found if isinstance(one, dict)]
    return build_router(keys, {str(one.get("name")) for one in parameters})


def _version(root: Node) -> str:
    name, tree = root.path.name, root.value
    if not isinstance(tree, dict):
        raise ContractError(f"{name}: not an OpenAPI document: its root is not an object")
    version = str(tree.get("openapi", ""))
    if version.startswith("3.") and version != "3.":
        return version
    if "swagger" in tree:
        raise ContractError(f"{name}: Swagger {tree['swagger']} is not supported; convert it to OpenAPI 3.x first")
    raise ContractError(f"{name}: not an OpenAPI document: it has no `openapi: 3.x` property")


def _given(location: str, name: str, headers: Headers, query: Any, form: Any) -> list[str]:
    if location == "header":
        return headers.get_all(name)
    return [value for key, value in (query + form if form else query) if key == name]


def _fits(parameter: Parameter, headers: Headers, query: Any, form: Any) -> bool:
    given = _given(parameter.location, parameter.name, headers, query, form)
    return parameter.only_value in given or not given or (parameter.may_be_empty and "" in given)


def _distance(operation: Operation, headers: Headers, query: Any, form: Any) -> tuple[int, int]:
    """How far a request is from an operation: the number of needed parameters that it lacks, then minus those that it has."""
    found = [bool(_given(location, name, headers, query, form)) for location, name in operation.needed]
    return found.count(False), -found.count(True)


def _no_operation(location: str, name: str, given: list[str], known: list[str]) -> str:
    if not given:
        kind = "header field" if location == "header" else "parameter"
        return f"no {name} {kind}; it selects the operation ({few(known, 3)})"
    return f"{name}={given[0]} selects no operation of the contract (known: {few(known, 3)})"
