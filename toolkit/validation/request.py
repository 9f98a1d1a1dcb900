"""Validates a request: its parameters, the rules between them, its body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from toolkit.contract.dependencies import broken, relation
from toolkit.contract.model import Match
from toolkit.contract.operation import Operation, Parameter
from toolkit.exchange import Headers, Request
from toolkit.schema.judge import JsonSchema, SchemaError, compile_pattern, compile_schema, shown
from toolkit.validation.bodies import Bodies
from toolkit.verdict import Violation
from toolkit.wire import media_type
from toolkit.wire.json import JsonFault
from toolkit.wire.parameters import StyleFault, read_form, readings

_ABSENT = object()
REFUSED = object()
_BODY = "request.body"
_TEXT = ("string",)
_MOST_TEXTS, _LONG_TEXT = 4096, 200  # of those that are remembered as values


class Parameters:
    """Reads and validates parameters; each schema is compiled once, when first needed."""

    def __init__(self) -> None:
        self._schemas: dict[int, tuple[Parameter, JsonSchema, Callable[[Any], bool] | None]] = {}
        self._plain: dict[Operation, _Plain | None] = {}
        self._remembered = 0

    def conforms(self, match: Match) -> bool:
        """Whether nothing is wrong with a request's parameters; False also where only a closer look can tell."""
        operation = match.operation
        if operation not in self._plain:
            self._plain[operation] = _plain_of(operation)
        plain = self._plain[operation]
        if plain is None:
            return False
        given = match.query
        if match.path or (match.form and operation.form_or_query):
            given = (*given, *match.path.items(), *(match.form if operation.form_or_query else ()))
        known = dict(given)
        if len(known) < len(given) or not plain.required <= known.keys():
            return False
        for pair in given:
            if pair not in plain.accepted and self._value(plain, pair) is REFUSED:
                return False
        rules = [rule for rule, needed in plain.rules if needed <= known.keys()]
        if not rules:
            return True
        values = {name: self._value(plain, (name, text)) for name, text in given if name in plain.parameters}
        return not any(broken(rule, values) for rule in rules)

    def _value(self, plain: _Plain, pair: tuple[str, str]) -> Any:
        """The value of a parameter sent once with this text; REFUSED if it does not conform."""
        name, text = pair
        parameter = plain.parameters.get(name)
        if parameter is None:
            return text if name in plain.ignored else REFUSED
        if pair in plain.accepted:
            return plain.accepted[pair]
        value = self.read(parameter, (text,))
        if value is not REFUSED and len(text) <= _LONG_TEXT:
            if self._remembered >= _MOST_TEXTS:
                for other in filter(None, self._plain.values()):
                    other.accepted.clear()
                self._remembered = 0
            plain.accepted[pair] = value
            self._remembered += 1
        return value

    def read(self, parameter: Parameter, texts: Sequence[str]) -> Any:
        """The first value that the texts can be read as and that conforms; REFUSED if there is none."""
        schema, text_is_valid = self.compiled(parameter)
        if text_is_valid and not text_is_valid(texts[0]):
            return REFUSED
        how = parameter.serialization
        if parameter.types == _TEXT and how.style == "form" and len(texts) == 1 and not how.media_type:
            return texts[0] if schema.is_certain(texts[0]) else REFUSED  # the only reading of most, so read at once
        if not how.is_readable:
            return texts[0]
        fitting = (value for value in readings(how, texts) if _conforms(schema, value))
        return next(fitting, REFUSED)

    def check(self, parameter: Parameter, texts: Sequence[str], where: str) -> Iterator[Violation]:
        """What is wrong with a parameter that was sent with these texts."""
        if self.read(parameter, texts) is not REFUSED:
            return
        schema, text_is_valid = self.compiled(parameter)
        place, value = parameter.node.location, next(readings(parameter.serialization, texts), _ABSENT)
        rule = "header-invalid" if where.startswith("response.") else "parameter-invalid"
        if value is _ABSENT:
            names = ", ".join(shown(text) for text in texts[:4])
            message = f"{parameter.name} is sent {len(texts)} times ({names}), but takes one value"
            yield Violation("parameter-repeated", message, where, place, "send it once")
        elif isinstance(value, JsonFault | StyleFault):
            yield Violation(rule, f"{parameter.name}: {value}", where, place, value.hint)
        elif text_is_valid and _conforms(schema, value):
            pattern = parameter.schema["x-text-pattern"]
            message = f"{parameter.name}: {shown(texts[0])} does not match the pattern {shown(pattern)}"
            yield Violation(rule, message, where, place, "send the value in its documented form")
        else:
            for error in schema.errors(value):
                message = f"{parameter.name}: {error.message}"
                yield Violation(_rule(error, rule), message, where, schema.location(error.place), error.hint)

    def compiled(self, parameter: Parameter) -> tuple[JsonSchema, Callable[[Any], bool] | None]:
        """The schema of a parameter's value, and the check of its text by `x-text-pattern`, if it has one. Raises ContractError."""
        known = self._schemas.get(id(parameter))
        if known is None:
            pattern = parameter.schema.get("x-text-pattern")
            text = compile_pattern(pattern) if isinstance(pattern, str) else None
            known = self._schemas[id(parameter)] = (parameter, compile_schema(parameter.bundle), text)
        return known[1], known[2]


def _rule(error: SchemaError, broken: str) -> str:
    return error.rule if error.rule == "pattern-unchecked" else broken


def _conforms(schema: JsonSchema, value: Any) -> bool:
    return not isinstance(value, JsonFault | StyleFault) and schema.is_certain(value)


@dataclass(frozen=True, slots=True)
class _Plain:
    """The parameters of an operation that has them only in the path and, as one string each, in the query.

    `rules` are the dependencies, each with the parameters without which it cannot be broken. `ignored` names are not
    validated. `accepted` remembers values, by name and text.
    """

    parameters: dict[str, Parameter]
    ignored: frozenset[str]
    required: frozenset[str]
    rules: tuple[tuple[str, frozenset[str]], ...]
    accepted: dict[tuple[str, str], Any] = field(default_factory=dict)


def _plain_of(operation: Operation) -> _Plain | None:
    """None if an operation has parameters of other kinds, which take a closer look at each request."""
    found: dict[str, Parameter] = {}
    names = [parameter.name for parameter in operation.parameters]
    for parameter in operation.parameters:
        kind = parameter.location
        if kind not in ("query", "path") or names.count(parameter.name) > 1 or parameter.serialization.is_spread:
            return None
        if "array" not in parameter.types or parameter.serialization.media_type or kind == "path":
            found[parameter.name] = parameter
    required = frozenset(parameter.name for parameter in operation.parameters if parameter.required)
    listed = operation.extension("x-dependencies")
    rules = [rule for rule in listed if isinstance(rule, str)] if isinstance(listed, list) else []
    related = zip(rules, map(relation, rules), strict=True)
    needed = tuple((rule, frozenset((one.left, one.right) if one else ())) for rule, one in related)
    return _Plain(found, _ignored(operation).difference(names), required, needed)


def _ignored(operation: Operation) -> frozenset[str]:
    """Query parameters that are declared elsewhere: those of security schemes, and of the path key's own query."""
    return operation.security_names | {name for name, _ in operation.route.query}


def check_request(match: Match, request: Request, parameters: Parameters, bodies: Bodies) -> list[Violation]:
    """Every violation of a request that belongs to an operation."""
    found = [] if parameters.conforms(match) else list(_check_parameters(match, request, parameters))
    if request.body is not None and not match.operation.form_or_query:
        found += _check_body(match.operation, request, bodies)
    return found


def _check_parameters(match: Match, request: Request, parameters: Parameters) -> Iterator[Violation]:
    given = _given(match, request)
    known: dict[str, Any] = {}
    for parameter in match.operation.parameters:
        where = f"request.{parameter.location}.{parameter.name}"
        texts = given[parameter.location](parameter.name)
        is_spread = parameter.location == "query" and parameter.serialization.is_spread
        if is_spread and not (texts and len(parameter.types) > 1):
            yield from _check_spread(parameter, match, where, parameters)
            continue
        if not texts:
            if parameter.required:
                yield _missing(parameter, where)
            continue
        if not any(texts) and parameter.may_be_empty:
            continue
        value = parameters.read(parameter, texts)
        if value is not REFUSED:
            known[parameter.name] = value
        else:
            yield from parameters.check(parameter, texts, where)
    yield from _dependencies(match.operation, known)
    yield from _undeclared(match)


def _missing(parameter: Parameter, where: str) -> Violation:
    message = f"the required {parameter.location} parameter {parameter.name} is missing"
    return Violation("parameter-missing", message, where, parameter.node.location, "send it")


def _given(match: Match, request: Request) -> dict[str, Callable[[str], list[str]]]:
    query = (*match.query, *match.form) if match.operation.form_or_query else match.query
    return {
        "query": lambda name: [value for key, value in query if key == name],
        "path": lambda name: [match.path[name]] if name in match.path else [],
        "header": lambda name: [", ".join(texts)] if (texts := request.headers.get_all(name)) else [],
        "cookie": lambda name: _cookies(request.headers).get(name, []),
    }


def _cookies(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers.cookies:
        found.setdefault(name, []).append(unquote(value))
    return found


def _check_spread(parameter: Parameter, match: Match, where: str, parameters: Parameters) -> Iterator[Violation]:
    schema, _ = parameters.compiled(parameter)
    properties, outline = list(_spread_properties(parameter, match)), parameter.serialization.outline
    if any("[" in name for name, _ in properties):
        return  # OpenAPI leaves open how a nested object or an array is written in this style
    if properties:
        ways = [read_form(properties, outline, as_text=as_text) for as_text in (False, True)]
        for error in schema.errors(ways[0]) if not any(map(schema.is_certain, ways)) else ():
            message = f"{parameter.name}: {error.message}"
            at = schema.location(error.place)
            yield Violation(_rule(error, "parameter-invalid"), message, where, at, error.hint)
    elif parameter.required:
        yield _missing(parameter, where)


def _spread_properties(parameter: Parameter, match: Match) -> Iterator[tuple[str, str]]:
    """The pairs of the query that are properties of an object: those that the schema names, and others if it describes them."""
    outline = parameter.serialization.outline
    known, others = outline.properties, any(isinstance(schema, Mapping) for schema in outline.others)
    operation = match.operation
    taken = {one.name for one in operation.parameters if one.location == "query"} | operation.security_names
    for key, value in match.query:
        if parameter.serialization.style == "deepObject":
            if key.startswith(parameter.name + "[") and key.endswith("]"):
                yield key[len(parameter.name) + 1 : -1], value
        elif key in known or (others and key not in taken):
            yield key, value


def _dependencies(operation: Operation, known: dict[str, Any]) -> Iterator[Violation]:
    rules = operation.extension("x-dependencies") or ()
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        fault = broken(rule, known) if isinstance(rule, str) else None
        if fault:
            place, hint = (
                operation.node.get("x-dependencies", index) or operation.node,
                "send values that satisfy the rule",
            )
            yield Violation("parameters-inconsistent", fault, "request.query", place.location, hint)


def _undeclared(match: Match) -> Iterator[Violation]:
    declared = {parameter.name for parameter in match.operation.parameters if parameter.location == "query"}
    spread = [one.serialization for one in match.operation.parameters if one.location == "query"]
    ignored, place = _ignored(match.operation), match.operation.node.location
    for name in dict.fromkeys(name for name, _ in match.query):
        if name not in declared and name not in ignored and not any(how.owns(name) for how in spread):
            message = f"{match.operation.name} has no query parameter {name}"
            hint = "check the spelling and the case of the name; leave the parameter out, or declare it"
            yield Violation("parameter-undeclared", message, f"request.query.{name}", place, hint)


def _check_body(operation: Operation, request: Request, bodies: Bodies) -> Iterator[Violation]:
    content, place = operation.request_content, operation.node
    if not request.body:
        if operation.body_required:
            at = (place.get("requestBody") or place).location
            yield Violation("request-body-missing", "the required request body is missing", _BODY, at, "send a body")
        return
    content_type = request.headers.get("content-type") or ""
    if not content or not content_type:
        return
    documented = bodies.find(operation, "request", content, content_type)
    if documented is None:
        sent, known = media_type.essence(content_type), ", ".join(content)
        message = f"{sent} is not documented for the request body (documented: {known})"
        at, hint = "request.header.Content-Type", "send a documented media type"
        yield Violation("request-media-type", message, at, place.location, hint)
        return
    yield from documented.violations(request.body, documented.read(request.body), _BODY)
