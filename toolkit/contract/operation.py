"""One operation of an OpenAPI document: its parameters, bodies and responses, each read when first used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from toolkit.contract.dependencies import Dependency, read_rule
from toolkit.contract.routing import Route
from toolkit.document.files import Node, PartUnusable
from toolkit.document.pointers import array_at, as_object, object_at
from toolkit.errors import ContractError
from toolkit.exchange import Key
from toolkit.schema.bundle import ANNOTATIONS, Bundle, Dialect, bundle, followed
from toolkit.schema.shape import outline_of
from toolkit.structs import Frozen, replace
from toolkit.wire import media_type
from toolkit.wire.parameters import DEFAULT_STYLES, Serialization, write_scalar

IGNORED = {("header", name) for name in ("accept", "content-type", "authorization")}
_FRAMING = {("header", name) for name in ("connection", "content-length", "host", "transfer-encoding")}


class Parameter(Frozen, eq=False):
    """A parameter or a response header: how it is written, and the schema of its value."""

    serialization: Serialization
    required: bool
    bundle: Bundle
    node: Node
    schema: dict[str, Any]  # its own, a reference followed

    @property
    def name(self) -> str:
        return self.serialization.name

    @property
    def location(self) -> str:
        """path, query, header, cookie, or querystring for what is the whole query"""
        return self.serialization.location

    @property
    def key(self) -> Key:
        """Location and name, which no other parameter of its operation has."""
        return self.location, self.name

    @property
    def place(self) -> Key:
        """The same in small letters, as of a security scheme."""
        return self.location, self.name.lower()

    @property
    def types(self) -> tuple[str, ...]:
        """The JSON types that its value may have; () where the schema says nothing."""
        return self.serialization.outline.types

    @property
    def is_compound(self) -> bool:
        """Whether its value may be an array or an object."""
        return self.serialization.outline.is_compound

    @property
    def description(self) -> str:
        """What the contract says of it in words, and of its schema, in lines of their own; '' for nothing."""
        return "\n".join(str(as_object(one).get("description", "")) for one in (self.node.value, self.schema))

    @property
    def only_value(self) -> str | None:
        """The one value that the parameter may have, as text, or None."""
        values = self.schema.get("enum", [])
        if "const" in self.schema:
            values = [self.schema["const"]]
        return write_scalar(values[0]) if isinstance(values, list) and len(values) == 1 else None

    @property
    def may_be_empty(self) -> bool:
        """`allowEmptyValue`: the name alone may be given."""
        return as_object(self.node.value).get("allowEmptyValue") is True

    @property
    def takes_any_text(self) -> bool:
        """Whether every text is a value: a plain string, or a list of them, has no requirement that a number could break."""
        rules = self.schema.keys() - ANNOTATIONS
        return "string" in self.types and rules <= {"type", "anyOf"} and not self.serialization.media_type


class ResponseSpec(Frozen, eq=False):
    """What the contract says of one status: `key` is `200`, `4XX` or `default`."""

    key: str
    node: Node
    content: Mapping[str, Node]
    headers: tuple[Parameter, ...]


class Operation(Frozen, eq=False, dict=True):
    """One operation: its parameters, bodies and responses. `name` is the operationId, else method and path; `base` is the path
    that stands before its own in a request, where the address of the service does not have it."""

    name: str
    method: str
    route: Route
    node: Node
    path_item: Node
    dialect: Dialect
    request_dialect: Dialect
    base: str = ""

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the path and of the operation; the operation's own win (OpenAPI, Operation Object). Headers that the contract describes
        elsewhere are left out (OpenAPI, Parameter Object: "shall be ignored"), and those by which every client frames and addresses a
        message, whatever a contract says of them (RFC 9112)."""
        found: dict[tuple[str, str], Parameter] = {}
        for node in self.declared():
            if isinstance(node.value, dict) and node.value.get("name") == "":
                continue  # converters leave nameless ones behind; no request can have them
            parameter = read_parameter(node, self.request_dialect)
            name = parameter.name.lower() if parameter.location == "header" else parameter.name
            found[parameter.location, name] = parameter
        for field in self.fields("form") if self.form_or_query else ():
            found.setdefault(field.key, field)
        return tuple(found[key] for key in found if key not in IGNORED | _FRAMING)

    def declared(self) -> Iterator[Node]:
        """The parameters of the path, then those of the operation, as they are declared."""
        return (node for owner in (self.path_item, self.node) for _, node in owner.each("parameters"))

    def fields(self, kind: str) -> Iterator[Parameter]:
        """The properties of an object in a request body of this kind, such as the fields of a form, as parameters of the query."""
        for name, media in self.request_content.items():
            schema = media.get("schema") if media_type.kind(name) == kind else None
            properties = schema.get("properties") if schema else None
            required = array_at(schema.value, "required") if schema else []
            for field, node in properties.children() if properties else ():
                how = (field, "query", DEFAULT_STYLES["query"], True, None)
                yield _made(how, field in required, node, node, self.request_dialect)

    @cached_property
    def body_fields(self) -> Mapping[str, Parameter]:
        """The properties of a JSON body as parameters, by name: pages and filters may be chosen there."""
        return {field.name: field for field in self.fields("json")}

    @cached_property
    def querystring(self) -> Parameter | None:
        """The parameter that is the whole query (`in: querystring` of OpenAPI 3.2); the operation's own wins."""
        return next((one for one in reversed(self.parameters) if one.location == "querystring"), None)

    @cached_property
    def form_or_query(self) -> bool:
        """`x-form-or-query`: a form body's fields count as query parameters, and may stand in the query."""
        return bool(self.node.get("x-form-or-query") and self.node.value["x-form-or-query"])

    @cached_property
    def discriminators(self) -> tuple[Parameter, ...]:
        """The required single-valued parameters that select one of the operations of a path."""
        needed = (p for p in self.parameters if p.required and p.location in ("query", "header"))
        return tuple(parameter for parameter in needed if parameter.only_value is not None)

    @cached_property
    def needed(self) -> tuple[tuple[str, str], ...]:
        """Location and name of what a request needs beside the path: of several operations of a path, a request is most
        likely meant for the one of which it has the most."""
        needed = [(p.location, p.name) for p in self.parameters if p.required and p.location in ("query", "header")]
        return tuple(dict.fromkeys([*needed, *(("query", name) for name, _ in self.route.query)]))

    @cached_property
    def security_names(self) -> frozenset[str]:
        """The query parameters of security schemes: the key's own (OpenAPI, Security Scheme Object) and `x-security-parameters`."""
        schemes = self.node.files.root.each("components", "securitySchemes")
        found = [scheme.value for _, scheme in schemes if isinstance(scheme.value, dict)]
        keys = {str(scheme.get("name")) for scheme in found if scheme.get("in") == "query"}
        more = [scheme.get("x-security-parameters") for scheme in found]
        return frozenset(keys.union(*(map(str, names) for names in more if isinstance(names, list))))

    @cached_property
    def request_content(self) -> Mapping[str, Node]:
        return _content(self.node.get("requestBody"))

    @cached_property
    def body_required(self) -> bool:
        """Whether a request needs a body; not where the fields of a form may stand in the query instead."""
        body = self.node.get("requestBody")
        return bool(body and as_object(body.value).get("required") is True) and not self.form_or_query

    @cached_property
    def responses(self) -> Mapping[str, ResponseSpec]:
        known = [(key, node) for key, node in self.node.each("responses") if not key.startswith("x-")]
        return {key.upper() if key != "default" else key: self.response_spec(key, node) for key, node in known}

    def response_spec(self, key: str, node: Node) -> ResponseSpec:
        """What a Response Object says of a status. Raises ContractError."""
        named = [(name, at) for name, at in node.each("headers") if name.lower() != "content-type"]
        specs = tuple(_parameter_of(name, "header", at, self.dialect) for name, at in named)
        return ResponseSpec(key, node, _content(node), specs)

    def response(self, status: int) -> ResponseSpec | None:
        """The exact status, else its range such as 4XX, else `default` (OpenAPI, Responses Object)."""
        responses = self.responses
        return responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")

    def is_success(self, status: int) -> bool:
        """Whether a status is no error: any 2XX, or a documented 3XX."""
        documented = map(str, object_at(self.node.value, "responses")) if status // 100 == 3 else ()
        return status // 100 == 2 or any(key.upper() in (str(status), "3XX") for key in documented)

    def body_bundle(self, media: Node, *, request: bool = False, keyword: str = "schema") -> Bundle | None:
        """The schema of a body under one media type object, or that of each of its items (`itemSchema`); None where it has none."""
        schema = media.raw(keyword)
        return _bundle(schema, self.request_dialect if request else self.dialect) if schema else None

    def header(self, name: str, node: Node, *, request: bool = False) -> Parameter:
        """A header field that a Header Object describes, such as that of a part of a body (OpenAPI, Encoding Object)."""
        return _parameter_of(name, "header", node, self.request_dialect if request else self.dialect)

    @cached_property
    def dependencies(self) -> tuple[tuple[Node, Any, Dependency | None], ...]:
        """The rules between its parameters and the properties of its body (`x-dependencies`), each with its place, as written and as
        read, None where it cannot be read or names what is none of them; what is no list stands for one rule."""
        stated = self.node.get("x-dependencies") or self.path_item.get("x-dependencies")
        if stated is None:
            return ()
        listed = stated.value if isinstance(stated.value, list) else [stated.value]
        return tuple((stated.get(index) or stated, text, self._rule(text)) for index, text in enumerate(listed))

    def _rule(self, text: Any) -> Dependency | None:
        declared = frozenset(one.name for one in self.parameters)
        rule = read_rule(text, declared)
        if rule and not declared.issuperset(rule.names):
            rule = read_rule(text, declared | self.body_names)
        others = frozenset(rule.names) - declared if rule else frozenset()
        is_known = not others or others <= self.body_names
        return replace(rule, in_body=others) if rule and is_known else None

    @cached_property
    def body_names(self) -> frozenset[str]:
        """The properties that a request body has by those of its schemas that can be used."""
        names = set[str]()
        for media in self.request_content.values():
            with suppress(ContractError):
                found = self.body_bundle(media, request=True)
                names |= outline_of(found.schema).properties.keys() if found else set()
        return frozenset(names)

    def extension(self, name: str) -> Any:
        """The value of an `x-` property of the operation or else of its path; None where there is none."""
        found = self.node.get(name) or self.path_item.get(name)
        return found.value if found else None


def _bundle(node: Node, dialect: Dialect) -> Bundle:
    try:
        return bundle(node, dialect)
    except RecursionError:
        raise PartUnusable(f"{node.location}: the schema is nested too deeply; flatten it", node) from None


def _content(owner: Node | None) -> dict[str, Node]:
    return dict(owner.each("content")) if owner else {}


def read_parameter(node: Node, dialect: Dialect) -> Parameter:
    """What a Parameter Object says. Raises ContractError."""
    name, location = node.text("name"), node.text("in")
    if not name or location not in DEFAULT_STYLES:
        needs = f"a parameter needs a `name`, and an `in` that is one of {', '.join(DEFAULT_STYLES)}"
        raise PartUnusable(f"{node.location}: {needs}", node)
    if location == "querystring" and not _content(node):
        needs = "a parameter in querystring needs `content`; name its media type there"
        raise PartUnusable(f"{node.location}: {needs}", node)
    return _parameter_of(name, location, node, dialect)


def _parameter_of(name: str, location: str, node: Node, dialect: Dialect) -> Parameter:
    style = node.text("style", DEFAULT_STYLES[location])
    rules = as_object(node.value)
    content = _content(node)
    media = next(iter(content), None)
    schema = content[media].raw("schema") if media else node.raw("schema")
    empty = Node(node.files, node.path, node.tokens, {})
    required = bool(rules) and (rules.get("required") is True or location == "path")
    how = (name, location, style, bool(rules.get("explode", style in ("form", "cookie"))), media)
    return _made(how, required, schema or empty, node, dialect)


def listed_parameters(owner: Node) -> Iterator[tuple[str, str, Node]]:
    """The parameters that a Path Item or an operation lists, as far as they can be read: location, name and the place of each."""
    listed = owner.raw("parameters")
    for _, entry in listed.children() if listed else ():
        found = as_object(entry.end.value)
        if isinstance(found.get("name"), str):
            yield str(found.get("in")), found["name"], entry


def _made(
    how: tuple[str, str, str, bool, str | None], required: bool, schema: Node, node: Node, dialect: Dialect
) -> Parameter:
    """A parameter by name, location, style, explode and media type, with the schema that stands at a node."""
    bundled = _bundle(schema, dialect)
    serialization = Serialization(*how, outline_of(bundled.schema))
    return Parameter(serialization, required, bundled, node, followed(bundled.schema, bundled.schema))
