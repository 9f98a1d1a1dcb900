"""Validates a request: its parameters, the rules between them, its body."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

from toolkit.contract.dependencies import UNREAD, Dependency
from toolkit.contract.model import Match
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.routing import PARAMETER, paired, split_by
from toolkit.errors import ContractError
from toolkit.exchange import Request
from toolkit.rules import Severity
from toolkit.schema.bundle import objects_in
from toolkit.schema.judge import JsonSchema, compile_schema, shown
from toolkit.schema.messages import likely_name, near_name
from toolkit.schema.patterns import compile_pattern
from toolkit.structs import Frozen, field, replace
from toolkit.validation.bodies import PLUS_HINT, DocumentedBody, documented_parameter, find_body
from toolkit.validation.cut import guarded, of_whole_part, unread
from toolkit.validation.sent import given_texts, spread_entries, stems_sent, still_encoded
from toolkit.verdict import Violation
from toolkit.wire import media_type
from toolkit.wire.forms import boundary_fault
from toolkit.wire.json import JsonFault
from toolkit.wire.parameters import Entry, Serialization, StyleFault, read_nested, readings
from toolkit.wire.urlencoded import Stems, stem

_ABSENT = object()
REFUSED = object()
_BODY, _CONTENT_TYPE = "request.body", "request.header.Content-Type"
_TEXT = ("string",)
_OWN_RULES = ("pattern-unchecked", "discriminator-mismatch")  # of a schema, which are not those of a parameter
_OF_WHOLE = ("json-syntax", "xml-syntax", "schema-alternative")  # rules that a value breaks, and that do not show it
_SEVERAL = re.compile(r"\}[^/]*\{")
_MOST_MISSPELT = 20  # undeclared parameters for which one of a like name is looked for
_MOST_TEXTS, _LONG_TEXT = 4096, 200  # of those that are remembered as values


class Parameters:
    """Reads and validates parameters; each schema is compiled once, when first needed."""

    def __init__(self) -> None:
        self._schemas: dict[int, tuple[Parameter, JsonSchema, Callable[[Any], bool] | None]] = {}
        self._documented: dict[int, DocumentedBody] = {}
        self._plain: dict[Operation, _Plain | None] = {}
        self._owners: dict[Operation, tuple[frozenset[str], list[Serialization]]] = {}
        self._remembered = 0

    def is_declared(self, operation: Operation, name: str) -> bool:
        """Whether a pair of the query is a parameter of the operation, or a part of one, or belongs to the request otherwise."""
        if operation.querystring:
            return True
        if operation not in self._owners:
            ways = [one.serialization for one in operation.parameters if one.location == "query"]
            plain = frozenset(how.name for how in ways if not how.is_spread) | _ignored(operation)
            self._owners[operation] = plain, [how for how in ways if how.is_spread]
        plain, spread = self._owners[operation]
        return name in plain or any(how.owns(name) for how in spread)

    def undeclared(self, match: Match) -> Sequence[str] | None:
        """The names in the query that the contract does not have, where nothing else is wrong with a request's parameters;
        None where something is, or only a closer look can tell."""
        operation = match.operation
        if operation not in self._plain:
            self._plain[operation] = _plain_of(operation)
        plain = self._plain[operation]
        if plain is None:
            return None
        given = match.query
        if match.path or (match.form and operation.form_or_query):
            given = (*given, *match.path.items(), *(match.form if operation.form_or_query else ()))
        known = dict(given)
        if len(known) < len(given) or not plain.required <= known.keys():
            return None
        unknown = False
        for pair in given:
            if pair not in plain.accepted and self._value(plain, pair) is REFUSED:
                if pair[0] in plain.declared:
                    return None
                unknown = True
        rules = [rule for rule, needed in plain.rules if needed <= known.keys()]
        if rules:
            values = {name: self._value(plain, (name, text)) for name, text in given if name in plain.parameters}
            if any(rule.broken(values) for rule in rules):
                return None
        return [name for name, _ in match.query if not self.is_declared(operation, name)] if unknown else ()

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

    def read(self, parameter: Parameter, texts: Sequence[str], decode: Callable[[str], str] = str) -> Any:
        """The first value that the texts can be read as and that conforms; REFUSED if there is none. `decode`: see `readings`."""
        schema, text_is_valid = self.compiled(parameter)
        if text_is_valid and not text_is_valid(texts[0]):
            return REFUSED
        how = parameter.serialization
        if parameter.types == _TEXT and how.style == "form" and len(texts) == 1 and not how.media_type:
            return texts[0] if schema.is_certain(texts[0]) else REFUSED  # the only reading of most, so read at once
        if not how.is_readable:
            is_refused = len(texts) > 1 or any(self.of_content(parameter, _encoded(texts[0]), "request"))
            return REFUSED if is_refused else texts[0]
        fitting = (value for value in readings(how, texts, decode) if _conforms(schema, value))
        return next(fitting, REFUSED)

    def _is_json(self, parameter: Parameter, texts: Sequence[str]) -> bool:
        """Whether the text is an object in JSON that conforms."""
        how = replace(parameter.serialization, media_type="application/json")
        value = next(readings(how, texts), None)
        return isinstance(value, dict) and _conforms(self.compiled(parameter)[0], value)

    def check(
        self, parameter: Parameter, texts: Sequence[str], where: str, decode: Callable[[str], str] = str
    ) -> Iterator[Violation]:
        """What is wrong with a parameter that was sent with these texts."""
        if (sent := self.read(parameter, texts, decode)) is not REFUSED:
            if self.compiled(parameter)[0].named:
                yield from self.of_schema(parameter, sent, where)
            return
        (schema, text_is_valid), how = self.compiled(parameter), parameter.serialization
        place, value = parameter.node.location, next(readings(how, texts, decode), _ABSENT)
        rule = "header-invalid" if where.startswith("response.") else "parameter-invalid"
        if value is _ABSENT or (len(texts) > 1 and not how.is_readable):
            names = ", ".join(shown(text) for text in texts[:4])
            message = f"{parameter.name} is sent {len(texts)} times ({names}), but takes one value"
            cure = f"send all items in one value (style {how.style}), or declare it with `explode: true`"
            yield Violation("parameter-repeated", message, where, place, cure if "array" in parameter.types else "")
        elif not how.is_readable:
            for found in self.of_content(parameter, _encoded(texts[0]), where):
                own = rule if found.severity is Severity.ERROR else found.rule
                message = f"{parameter.name}: {found.message.removeprefix('The body is ')}"
                yield replace(found, rule=own, message=message)
        elif rule == "header-invalid" and self._is_json(parameter, texts):
            message = f"{parameter.name} is an object in JSON, which `schema` does not say (style {how.style})"
            yield Violation(rule, message, where, place, "document it with `content` of application/json").soften()
        elif isinstance(value, JsonFault | StyleFault):
            yield Violation(rule, f"{parameter.name}: {value}", where, place, value.hint)
        elif text_is_valid and _conforms(schema, value):
            pattern = parameter.schema["x-text-pattern"]
            message = f"{parameter.name}: {shown(texts[0])} does not match the pattern {shown(pattern)}"
            yield Violation(rule, message, where, place, "send the value in its documented form")
        else:
            yield from self.of_schema(parameter, value, where)

    def of_schema(self, parameter: Parameter, value: Any, where: str) -> Iterator[Violation]:
        """What is wrong with a value by the schema of its parameter."""
        (schema, _), how = self.compiled(parameter), parameter.serialization
        rule = "header-invalid" if where.startswith("response.") else "parameter-invalid"
        key = ".{}" if how.is_spread and how.style != "deepObject" else "[{}]"
        for error in schema.faults(value) if how.is_readable else ():
            message = f"{parameter.name}{''.join(map(key.format, error.at))}: {error.message}"
            own = error.rule if error.rule in _OWN_RULES else rule
            found = Violation(own, message, where, schema.location(error.place), error.hint)
            yield found.soften() if how.has_no_style else found

    def of_content(self, parameter: Parameter, data: bytes, where: str) -> Iterable[Violation]:
        """What is wrong with a value in the media type of its `content`, read as a body of that media type is."""
        if id(parameter) not in self._documented:
            request = not where.startswith("response.")
            self._documented[id(parameter)] = documented_parameter(parameter, request=request)
        documented = self._documented[id(parameter)]
        return documented.violations(data, documented.read(data), where)

    def compiled(self, parameter: Parameter) -> tuple[JsonSchema, Callable[[Any], bool] | None]:
        """The schema of a parameter's value, and the check of its text by `x-text-pattern`, if it has one. Raises ContractError."""
        known = self._schemas.get(id(parameter))
        if known is None:
            pattern = parameter.schema.get("x-text-pattern")
            text = compile_pattern(pattern) if isinstance(pattern, str) else None
            known = self._schemas[id(parameter)] = (parameter, compile_schema(parameter.bundle), text)
        return known[1], known[2]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _conforms(schema: JsonSchema, value: Any) -> bool:
    return not isinstance(value, JsonFault | StyleFault) and schema.is_certain(value)


class _Plain(Frozen):
    """The parameters of an operation that has them only in the path and, as one string each, in the query. `declared` names are those of
    all. `rules` are the dependencies, each with the parameters without which it cannot be broken. `ignored` names are not validated.
    `accepted` remembers values, by name and text."""

    parameters: dict[str, Parameter]
    declared: frozenset[str]
    ignored: frozenset[str]
    required: frozenset[str]
    rules: tuple[tuple[Dependency, frozenset[str]], ...]
    accepted: dict[tuple[str, str], Any] = field(default_factory=dict)


def _plain_of(operation: Operation) -> _Plain | None:
    """None if an operation has parameters of other kinds, which take a closer look at each request."""
    names = [parameter.name for parameter in operation.parameters]
    if operation.querystring or len(set(names)) < len(names):
        return None
    found: dict[str, Parameter] = {}
    for parameter in operation.parameters:
        kind = parameter.location
        how = parameter.serialization
        if kind not in ("query", "path") or how.is_spread:
            return None
        is_told = how.media_type and any("discriminator" in one for one in objects_in(parameter.bundle.schema))
        if not is_told and (how.media_type or not (how.is_split or "array" in parameter.types)):
            found[parameter.name] = parameter
    required = frozenset(parameter.name for parameter in operation.parameters if parameter.required)
    rules = [rule for _, _, rule in operation.dependencies]
    if any(rule is None or rule.in_body for rule in rules):
        return None
    needed = tuple((rule, rule.needed) for rule in rules if rule)
    return _Plain(found, frozenset(names), _ignored(operation).difference(names), required, needed)


def _ignored(operation: Operation) -> frozenset[str]:
    """Query parameters that are declared elsewhere: those of security schemes, and of the path key's own query."""
    return operation.security_names | {name for name, _ in operation.route.query}


def check_request(match: Match, request: Request, parameters: Parameters) -> list[Violation]:
    """Every violation of a request that belongs to an operation."""
    try:
        names = parameters.undeclared(match)
        if names is None and _SEVERAL.search(match.operation.route.template):
            match = _split_again(match, request, parameters)
            names = parameters.undeclared(match)
    except ContractError:
        names = None
    known: dict[str, Any] = {}
    found = list(
        _check_parameters(match, request, parameters, known) if names is None else _undeclared(match.operation, names)
    )
    if match.operation.querystring:
        check = partial(_check_whole_query, match.operation.querystring, request, parameters)
        found += guarded(check, "request.query")
    if request.body is not None and not match.operation.form_or_query:
        wrong = guarded(partial(_check_body, match.operation, request, request.body), _BODY)
        found += (_unless_variable(one, request.body) for one in wrong) if request.has_variables else wrong
    elif request.body is not None and request.fault:
        found.append(unread(request.fault, _BODY, match.operation.node.location))
    if names is None:
        found += _dependencies(match.operation, known, request)
    return found


def _split_again(match: Match, request: Request, parameters: Parameters) -> Match:
    """The match with the texts of another way to split the path, where a segment with several parameters can be split so that
    each conforms, as `{a}-{b}` may be in `1-2-3`: the contract does not say which way is meant."""
    operation, path = match.operation, request.url.partition("#")[0].partition("?")[0]
    known = {one.name: one for one in operation.parameters if one.location == "path"}

    def conforms(name: str, text: str) -> bool:
        return name not in known or parameters.read(known[name], (text,)) is not REFUSED

    texts = dict(match.path)
    for template, segment in paired(operation.route.template.rstrip("/"), path.rstrip("/")):
        names = PARAMETER.findall(template)
        if len(names) > 1 and not all(conforms(name, texts.get(name, "")) for name in names):
            texts.update(split_by(template, segment, conforms) or {})
    return replace(match, path=texts)


def _check_parameters(match: Match, request: Request, parameters: Parameters, known: dict[str, Any]) -> list[Violation]:
    """What is wrong with the parameters; their values are added to those that are known."""
    given, found = given_texts(match, request), list[Violation]()
    for parameter in [one for one in match.operation.parameters if one.location in given]:
        texts, where = given[parameter.location](parameter), f"request.{parameter.location}.{parameter.name}"
        found += guarded(partial(_check_parameter, parameter, texts, where, match, request, parameters, known), where)
    names = dict.fromkeys(name for name, _ in match.query)
    undeclared = [one for one in names if not parameters.is_declared(match.operation, one)]
    found += _undeclared(match.operation, _unless_meant(undeclared, found))
    return found


def _unless_meant(names: list[str], found: list[Violation]) -> list[str]:
    """Undeclared names but for those like the name of a parameter that is missing: what is `found` of that says so, once."""
    missing = {one.at.rpartition(".query.")[2]: at for at, one in enumerate(found) if one.rule == "parameter-missing"}
    left = []
    for index, name in enumerate(names):
        near = near_name(name, frozenset(missing)) if missing and index < _MOST_MISSPELT else ""
        if near:
            at = missing.pop(near)
            text = f"{found[at].message}; {name} is not declared (did you mean {shown(near)}?)"
            found[at] = replace(found[at], message=text)
        else:
            left.append(name)
    return left


def _check_parameter(
    parameter: Parameter,
    texts: list[str],
    where: str,
    match: Match,
    request: Request,
    parameters: Parameters,
    known: dict[str, Any],
) -> Iterator[Violation]:
    decode: Callable[[str], str] = str
    if parameter.serialization.is_spread and not (texts and len(parameter.types) > 1):
        stems = stems_sent(parameter, match, request.headers)
        entries = list(spread_entries(parameter, match.operation, stems))
        if entries:
            known[parameter.name] = UNREAD
        yield from _check_spread(parameter, entries, stems, where, parameters)
        return
    if not texts:
        is_of_path = parameter.location != "path" or f"{{{parameter.name}" in match.operation.route.key
        if parameter.required and is_of_path:  # else nobody can send it
            yield _missing(parameter, where)
        return
    known[parameter.name] = UNREAD
    if not any(texts) and parameter.may_be_empty:
        return
    if parameter.serialization.is_split and ("%2" in request.url or parameter.location == "cookie"):
        texts, decode = still_encoded(parameter, texts, match, request)
    value = parameters.read(parameter, texts, decode)
    if value is not REFUSED:
        known[parameter.name] = value
        if parameters.compiled(parameter)[0].named:
            yield from parameters.of_schema(parameter, value, where)
    elif request.has_variables and any("{{" in text for text in texts):
        yield _unrecorded(f"{parameter.name}: {shown(texts[0])}", where, parameter.node.location)
    else:
        found = parameters.check(parameter, texts, where, decode)
        yield from _with_plus(parameter, texts, found, match.operation, request, parameters)


def _with_plus(
    parameter: Parameter,
    texts: list[str],
    found: Iterable[Violation],
    operation: Operation,
    request: Request,
    parameters: Parameters,
) -> Iterator[Violation]:
    """The violations; with the cure where a `+` was sent unencoded, which means a space in a query."""
    meant = [text.replace(" ", "+") for text in texts]
    form = (request.body or b"") if operation.form_or_query else b""
    in_text = "+" in request.url.partition("?")[2] or b"+" in form
    raw_plus = parameter.location == "query" and meant != texts and in_text
    cured = raw_plus and parameters.read(parameter, meant) is not REFUSED
    for violation in found:
        yield replace(violation, hint=PLUS_HINT) if cured else violation


def _unrecorded(what: str, where: str, place: str) -> Violation:
    message = f"{what} has a variable whose value is not on record, so it was not checked"
    return Violation("value-unrecorded", message, where, place)


def _unless_variable(violation: Violation, body: bytes) -> Violation:
    """What is wrong with a body; that its value is not on record, where a variable stands for what is wrong."""
    value, is_shown, _ = violation.message.partition("}}")
    if violation.rule in _OF_WHOLE and b"{{" in unquote_to_bytes(body):
        return _unrecorded("the body", violation.at, violation.contract)
    return _unrecorded(f'{value}}}}}"', violation.at, violation.contract) if is_shown else violation


def _missing(parameter: Parameter, where: str) -> Violation:
    message = f"the required {parameter.location} parameter {parameter.name} is missing"
    return Violation("parameter-missing", message, where, parameter.node.location)


def _check_spread(
    parameter: Parameter, entries: list[Entry], stems: Stems, where: str, parameters: Parameters
) -> Iterator[Violation]:
    schema, _ = parameters.compiled(parameter)
    outline, place, name = parameter.serialization.outline, parameter.node, parameter.name
    own = stems.get(stem(name), ()) if parameter.serialization.style == "deepObject" else ()
    alone = [value for key, value in own if key == name]
    if alone and (alone[0] or not parameter.may_be_empty):
        message = f"{name}: {shown(alone[0])} is not an object in the style deepObject"
        hint = f"send each property as {name}[property]=value"
        yield Violation("parameter-invalid", message, where, place.location, hint)
    elif entries:
        ways = [read_nested(entries, outline, as_text=as_text) for as_text in (False, True)]
        yield from parameters.of_schema(parameter, next(filter(schema.is_certain, ways), ways[0]), where)
    elif parameter.required:
        yield _missing(parameter, where)


def _dependencies(operation: Operation, known: dict[str, Any], request: Request) -> Iterator[Violation]:
    in_body = any(rule.in_body for _, _, rule in operation.dependencies if rule)
    sent = _properties(operation, request) if in_body else {}
    for place, text, rule in operation.dependencies:
        at = (_BODY if rule and rule.in_body else "request.query", place.location)
        if rule is None:
            why = "cannot be read, or names what is no parameter and no property of the body"
            message = f"the dependency {shown(text)} {why}, so no request is checked by it"
            yield Violation("dependency-unread", message, *at)
        elif rule.in_body and (sent is None or any(sent.get(name, UNREAD) is None for name in rule.in_body)):
            continue  # nobody knows whether it was sent
        elif fault := rule.broken({**known, **{name: sent[name] for name in rule.in_body if sent and name in sent}}):
            yield Violation("parameters-inconsistent", fault, *at)


def _properties(operation: Operation, request: Request) -> dict[str, Any] | None:
    """The properties of a request's body; None where they are not known."""
    if not request.body or request.fault:
        return {} if request.body is not None and not request.fault else None
    guessed = request.headers.content_type or media_type.guessed(request.body, operation.request_content)
    documented = find_body(operation, guessed)
    value = documented.read(request.body).value if documented else None
    return value if isinstance(value, dict) else None


def _undeclared(operation: Operation, names: Iterable[str]) -> Iterator[Violation]:
    known = frozenset(one.name for one in operation.parameters if one.location == "query")
    for index, name in enumerate(names):
        near = likely_name(name, known) if index < _MOST_MISSPELT else ""
        message = f"{operation.name} has no query parameter {name}{near}"
        yield Violation("parameter-undeclared", message, f"request.query.{name}", operation.node.location)


def _check_whole_query(parameter: Parameter, request: Request, parameters: Parameters) -> Iterator[Violation]:
    """A query that one parameter describes is a value in a media type of its own (`in: querystring` of OpenAPI 3.2)."""
    query, where = request.url.partition("#")[0].partition("?")[2], "request.query"
    if query:
        is_form = media_type.kind(parameter.serialization.media_type or "") == "form"
        yield from parameters.of_content(parameter, query.encode() if is_form else unquote_to_bytes(query), where)
    elif parameter.required:
        message = "the request has no query, which is required"
        yield Violation("parameter-missing", message, where, parameter.node.location)


def _check_body(operation: Operation, request: Request, body: bytes) -> Iterator[Violation]:
    content, place = operation.request_content, operation.node
    stated = request.headers.get("content-type")
    if not body and not (operation.body_required and media_type.kind(stated or "") == "form"):  # a form without fields
        if operation.body_required:
            at = (place.get("requestBody") or place).location
            yield Violation("request-body-missing", "the required request body is missing", _BODY, at)
        return
    if not content:
        message = f"the request has a body of {len(body):,} bytes, but the contract documents none"
        yield Violation("request-body-undocumented", message, _BODY, place.location)
        return
    content_type = stated or media_type.guessed(body, content)
    documented = find_body(operation, content_type)
    if documented is None:
        sent, known = media_type.shown(content_type), ", ".join(content)
        message = f"{sent} is not documented for the request body (documented: {known})"
        yield Violation("request-media-type", message, _CONTENT_TYPE, place.location)
        return
    if documented.kind in ("multipart", "parts") and stated and (fault := boundary_fault(stated, body)):
        hint = "let the client write the Content-Type, with the boundary that it uses"
        yield Violation("multipart-syntax", fault, _CONTENT_TYPE, documented.media.location, hint)
        return
    if request.fault:
        at = (place.get("requestBody") or place).location
        yield from of_whole_part(documented, content_type, request.fault, body, _BODY, at)[0]
        return
    yield from documented.violations(body, documented.read(body), _BODY)
