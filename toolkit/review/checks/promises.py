"""What names something else in the contract: laws, pages, dependencies, links and security requirements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from toolkit.client.examples import fits
from toolkit.contract.dependencies import names_in, relation, values_in
from toolkit.contract.objects import METHODS
from toolkit.contract.operation import Operation
from toolkit.contract.promises import Facts, path, read_facts
from toolkit.document.encodings import charset_of
from toolkit.document.files import Node
from toolkit.document.pointers import array_at, as_object, object_at, pointer_tokens
from toolkit.errors import ContractError
from toolkit.review.survey import Mistake, Site, Survey, near
from toolkit.schema.shape import Shape, Shapes
from toolkit.wire.media_type import best

_NAMED = re.compile(r"\{([^{}]*)\}")
_EXPRESSION = re.compile(
    r"\$(?:url|method|statusCode|(?:request|response)\.(?:(?:header|query|path)\..+|body(?:#(?:/.*)?)?))"
)
_Place = tuple[tuple[str, ...], Any, str]
"""Where a promise stands, the place in a response that it names, and the types that may be there; '' for any."""
_INPUTS = ("page", "offset", "limit", "cursor", "url")
_TIME, _SCALAR = "string integer number", "string integer number boolean"
_FAULT = re.compile(r'(?:([\w/.-]+): )?(?:the property "([^"]*)" is not declared)?')  # of laws: where, and of what name
LAWS, _PAGES = "x-laws", "x-speakeasy-pagination"


def unusable(survey: Survey) -> Iterator[Mistake]:
    yield from _laws(survey)
    yield from _dependencies(survey)


def _laws(survey: Survey) -> Iterator[Mistake]:
    for operation in survey.operations:
        if not operation.extension(LAWS) and not operation.extension(_PAGES):
            continue
        try:
            facts = read_facts(operation, survey.contract)
        except ContractError as error:
            reason = str(error).partition(": ")[2].removeprefix("x-laws cannot be read: ").partition("; docs")[0]
            [place, unknown] = _FAULT.match(reason).groups("")  # type: ignore[union-attr]
            owner = LAWS if operation.extension(LAWS) else _PAGES
            at = place_of(operation, owner, *place.split("/"), unknown or ("" if place else "same-as"))
            yield Mistake(at, reason, "docs/promises.md lists the vocabulary")
            continue
        stated = operation.extension(LAWS)
        if not isinstance(stated, dict) or "same-as" not in stated:
            yield from _parameters(operation, facts)
            yield from _places(operation, facts)
            yield from _formats(operation, facts)


def place_of(operation: Operation, *keys: str) -> Node:
    """The place of a promise, as far as it is there."""
    node = next((owner for owner in (operation.node, operation.path_item) if owner.raw(keys[0])), operation.node)
    for key in keys:
        inner = node.raw(key) if key else None
        node = inner.follow() if inner else node
    return node


def _known(operation: Operation) -> set[str]:
    """The names of all parameters, and of the fields of a form."""
    names = {parameter.name for parameter in operation.parameters} | operation.security_names
    for media in operation.request_content.values():
        found = operation.body_bundle(media, request=True)
        names.update(Shapes(found.schema).of(found.schema).properties if found else ())
    return names


def _parameters(operation: Operation, facts: Facts) -> Iterator[Mistake]:
    known = _known(operation)
    named: list[tuple[tuple[str, ...], str | None]] = [
        *(((LAWS, "filters", one.parameter), one.parameter) for one in facts.filters),
        *(((LAWS, "filters", one), one) for one in facts.partitions),
        *(((LAWS, "echo", one), one) for one in facts.echo or ()),
        ((LAWS, "formats", "parameter"), facts.format_parameter),
    ]
    for index, entry in enumerate(array_at(operation.extension(_PAGES), "inputs")):
        if isinstance(as_object(entry).get("name"), str):
            named.append(((_PAGES, "inputs", str(index), "name"), entry["name"]))
    for keys, name in named:
        if name is not None and name not in known:
            message = f"the operation has no parameter {name!r}{near(name, known)}"
            yield Mistake(place_of(operation, *keys), message, "correct the name")


def _places(operation: Operation, facts: Facts) -> Iterator[Mistake]:
    """Places in a response, or in an item of its list, that no documented response of success has, or that hold what no law reads."""
    stated = operation.extension(LAWS) or {}
    roots, outputs = list(_responses(operation)), object_at(operation.extension(_PAGES), "outputs")
    whole: list[_Place] = [
        ((_PAGES, "outputs", name), text, "array" if name == "results" else "") for name, text in outputs.items()
    ]
    whole += [((LAWS, "total"), stated.get("total"), "integer")]
    whole += [((LAWS, "echo", name), text, "") for name, text in object_at(stated, "echo").items()]
    whole += [((LAWS, "fresh", str(index)), text, "") for index, text in enumerate(array_at(stated, "fresh"))]
    items: list[_Place] = [((LAWS, "identity"), stated.get("identity"), _SCALAR)]
    for index, key in enumerate(stated.get("order") or ()):
        items.append(((LAWS, "order", str(index)), str(key).lstrip("+-"), _SCALAR))
    for name in (one.parameter for one in facts.filters):
        items.append(((LAWS, "filters", name, "item"), stated["filters"][name]["item"], ""))
    items += [((LAWS, "window", "item"), object_at(stated, "window").get("item"), _TIME)]
    for index, key in enumerate(array_at(stated, "not-after-now")):
        items.append(((LAWS, "not-after-now", str(index)), key, _TIME))
    yield from _missing(operation, whole, roots, "response")
    if facts.results is None and facts.of_items:
        named = ", ".join(f"`{name}`" for name in facts.of_items)
        message = f"{named} speak of the items of a list, and no pagination or schema says which list, so they are not checked"
        hint = "name the list in `x-speakeasy-pagination.outputs.results`, or give the response a schema with one array"
        yield Mistake(place_of(operation, LAWS, facts.of_items[0]), message, hint)
    if facts.results is not None:
        lists = [found for shapes, shape in roots for found in _within(shapes, shape, facts.results)]
        yield from _missing(operation, items, [one for pair in lists for one in _items(*pair)], "item")


def _missing(
    operation: Operation, places: list[_Place], roots: list[tuple[Shapes, Shape]], what: str
) -> Iterator[Mistake]:
    for keys, text, types in places:
        tokens = path(text) if text else ()
        found = [one for root in roots for one in _within(*root, tokens)]
        if tokens and roots and not found:
            names = [name for _, shape in roots for name in shape.properties]
            message = f"no {what} has {text!r} by its schema{near(tokens[-1], names)}"
            yield Mistake(place_of(operation, *keys), message, "correct the place, or declare it in the schema")
        elif tokens and types and found and not any(set(types.split()) & shape.types for _, shape in found):
            its = " or ".join(sorted({name for _, shape in found for name in shape.types}))
            message = (
                f"{text!r} is {its} by its schema, and the law needs {types.replace(' ', ' or ')}, so it is not checked"
            )
            yield Mistake(place_of(operation, *keys), message, "correct the place, or the type in the schema")


def _formats(operation: Operation, facts: Facts) -> Iterator[Mistake]:
    """Media types that no response has, and an encoding that is none."""
    known = [name for spec in operation.responses.values() for name in spec.content]
    for value, name in (facts.formats or {}).items() if known else ():
        if best(name, known) is None:
            message = f"no response has the media type {name!r}{near(name, known)}"
            yield Mistake(
                place_of(operation, LAWS, "formats", value), message, "correct it, or describe such a response"
            )
        if any(one.name == facts.format_parameter and not fits(one, value) for one in operation.parameters):
            message = f"the parameter {facts.format_parameter!r} is never {value!r} by its schema"
            yield Mistake(place_of(operation, LAWS, "formats", value), message, "correct the value, or the schema")
    for index, name in enumerate(facts.methods):
        if name.lower() not in METHODS:
            at = place_of(operation, LAWS, "methods", "equivalent", str(index))
            yield Mistake(at, f"there is no method {name!r}{near(name.lower(), METHODS)}", "correct the name")
    for index, entry in enumerate(array_at(operation.extension(_PAGES), "inputs")):
        if (kind := as_object(entry).get("type")) not in _INPUTS:
            at = place_of(operation, _PAGES, "inputs", str(index), "type")
            yield Mistake(
                at, f"pages have no input of type {kind!r}{near(kind, _INPUTS)}", f"write one of {', '.join(_INPUTS)}"
            )
    if facts.encoding and charset_of(facts.encoding) is None:
        at = place_of(operation, LAWS, "encoding")
        yield Mistake(at, f"there is no charset {facts.encoding!r}", "write one of IANA's, such as utf-8")


def _responses(operation: Operation) -> Iterator[tuple[Shapes, Shape]]:
    for key, spec in operation.responses.items():
        for media in spec.content.values() if key.startswith("2") or key == "default" else ():
            found = operation.body_bundle(media)
            if found:
                shapes = Shapes(found.schema)
                yield shapes, shapes.of(found.schema)


def _within(shapes: Shapes, shape: Shape, tokens: tuple[str, ...]) -> Iterator[tuple[Shapes, Shape]]:
    """The shapes at a place; those of alternatives, and of what is not described, may have anything."""
    if not tokens:
        yield shapes, shape
        return
    name, rest = tokens[0], tokens[1:]
    options = shapes.alternatives(shape)
    if options:
        yield from (found for option in options for found in _within(shapes, option, tokens))
    elif name in shape.properties:
        yield from _within(shapes, shapes.of(*shape.properties[name]), rest)
    elif name.isdecimal() and shape.items:
        yield from _within(shapes, shapes.of(*shape.items), rest)
    elif not shape.properties and not shape.closed and not shape.items:
        yield shapes, shape


def _items(shapes: Shapes, shape: Shape) -> Iterator[tuple[Shapes, Shape]]:
    yield shapes, shapes.of(*shape.items) if shape.items else shape


def _dependencies(survey: Survey) -> Iterator[Mistake]:
    for operation in survey.operations:
        for at, rule in operation.dependencies:
            names, known = names_in(rule), _known(operation)
            if names is None:
                message = f"the dependency {rule!r} cannot be read, so it is not checked"
                yield Mistake(at, message, "write it as IDL4OAS has it")
            elif len(names) < 2:
                message = f"the dependency {rule!r} is about one parameter alone"
                yield Mistake(at, message, "name the others, or write `required: true` at the parameter")
            for name in names or ():
                if name not in known:
                    message = f"the operation has no parameter {name!r}{near(name, known)}"
                    yield Mistake(at, message, "correct the name")
            sides = [one for one in operation.parameters if one.name in (names or ()) and relation(str(rule))]
            kinds = [{kind.replace("integer", "number") for kind in side.types} for side in sides]
            if len(kinds) == 2 and all(kinds) and not kinds[0] & kinds[1]:
                message = f"{sides[0].name} is {sides[0].types[0]} and {sides[1].name} {sides[1].types[0]}, which do not compare"
                yield Mistake(at, message, "correct a name, or a schema")
            for name, text in values_in(str(rule)):
                if any(one.name == name and not fits(one, text) for one in operation.parameters):
                    message = f"the parameter {name!r} is never {text!r} by its schema"
                    yield Mistake(at, message, "correct the value, or add it to the schema")


def links(survey: Survey) -> Iterator[Mistake]:
    sites = list(survey.of("link"))
    every = survey.operations if sites else ()
    by_name = {operation.name: operation for operation in every if operation.node.value.get("operationId")}
    for site in sites:
        name, reference = site.node.value.get("operationId"), site.node.value.get("operationRef")
        if isinstance(name, str) and name not in by_name:
            message = f"the link leads to no operation: {name!r}{near(name, by_name)}"
            yield site.mistake(message, "correct the name", "operationId")
        elif isinstance(reference, str) and reference.startswith("#"):
            tokens, node = pointer_tokens(reference[1:]), survey.contract.root
            for token in tokens:
                node = node.raw(token) or node
            if node.tokens != tokens:
                message = f"the link leads to no operation: {reference!r}"
                yield site.mistake(message, "correct the reference", "operationRef")
        elif not isinstance(name, str) and not isinstance(reference, str):
            yield site.mistake("the link names no operation", "give its operationId")
        target = by_name.get(str(name))
        for key in site.map("parameters"):
            if target and not any(key in (one.name, f"{one.location}.{one.name}") for one in target.parameters):
                known = [one.name for one in target.parameters]
                message = f"the operation {target.name} has no parameter {key!r}{near(key, known)}"
                yield site.mistake(message, "correct the name", "parameters", str(key))
    yield from _expressions(survey)


def _expressions(survey: Survey) -> Iterator[Mistake]:
    """Runtime expressions of links and callbacks that are none, or that name what their operation does not have."""
    every = {operation.node.key: operation for operation in survey.operations}
    given: list[tuple[Site, tuple[str, ...], str]] = []
    for site in survey.of("link"):
        named: dict[tuple[str, ...], Any] = {
            ("parameters", str(key)): value for key, value in site.map("parameters").items()
        }
        named["requestBody",] = site.node.value.get("requestBody")
        given += [(site, keys, value) for keys, value in named.items() if isinstance(value, str) and value[:1] == "$"]
    for site in survey.of("callback"):
        given += [
            (site, (str(key),), one) for key in site.node.value for one in _NAMED.findall(str(key)) if one[:1] == "$"
        ]
    for site, keys, text in given:
        which = "link gives no value" if site.kind == "link" else "callback goes nowhere"
        owner = next((every[one.node.key] for one in site.around if one.node.key in every), None)
        if not _EXPRESSION.fullmatch(text):
            hint = (
                "write for example $response.body#/id"
                if site.kind == "link"
                else "write for example {$request.body#/url}"
            )
            yield site.mistake(f"{text!r} is no runtime expression, so the {which}", hint, *keys)
        elif owner and not _is_there(text, owner, next((one.own for one in site.around if one.kind == "response"), "")):
            yield site.mistake(f"{text!r} is nowhere in {owner.name}, so the {which}", "correct the name", *keys)


def _is_there(expression: str, operation: Operation, status: str) -> bool:
    """Whether an operation has what an expression names: a parameter, or a place in the body of its request, or of the response."""
    source, _, where = expression.partition(".")
    place, _, name = where.partition(".")
    if place in ("query", "path") and source == "$request":
        return any((one.location, one.name) == (place, name) for one in operation.parameters)
    if not place.startswith("body#"):
        return True
    is_request, spec = source == "$request", operation.responses.get(status)
    content = operation.request_content if is_request else spec.content if spec else {}
    found = [bundle for media in content.values() if (bundle := operation.body_bundle(media, request=is_request))]
    tokens = tuple(pointer_tokens(place.partition("#")[2] + where[len(place) :]))
    shapes = [(one, one.of(one.bundle)) for one in map(Shapes, (bundle.schema for bundle in found))]
    return len(found) < len(content) or not found or any(one for root in shapes for one in _within(*root, tokens))


def _scopes(scheme: Any) -> set[str] | None:
    """The scopes of an OAuth scheme; None where it is none that states some."""
    flows = object_at(scheme, "flows") if as_object(scheme).get("type") == "oauth2" else {}
    listed = [object_at(flow, "scopes") for flow in flows.values() if isinstance(flow, dict)]
    return {str(name) for one in listed for name in one} if listed else None


def security(survey: Survey) -> Iterator[Mistake]:
    known = object_at(object_at(survey.contract.root.value, "components"), "securitySchemes")
    for site in survey.of("requirement"):
        for name in site.node.value:
            if name not in known:
                message = f"the contract has no security scheme {name!r}{near(name, known)}, so none is required"
                yield site.mistake(message, "declare it in components/securitySchemes, or correct the name", str(name))
            elif survey.is_old and site.list(name) and as_object(known[name]).get("type") in ("apiKey", "http"):
                message = (
                    f"the scheme {name!r} has no scopes (OpenAPI 3.0: the list is empty), so these require nothing"
                )
                yield site.mistake(message, "write []", str(name), mild=True)
            elif (scopes := _scopes(known[name])) is not None:
                for index, one in enumerate(site.list(name)):
                    if one not in scopes:
                        message = (
                            f"no flow of the security scheme {name!r} has the scope {one!r}{near(str(one), scopes)}"
                        )
                        yield site.mistake(
                            message, "declare the scope, or correct its name", str(name), index, mild=True
                        )
