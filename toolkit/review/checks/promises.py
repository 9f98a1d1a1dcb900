"""What names something else in the contract: laws, pages, dependencies, links and security requirements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, product
from typing import Any

from toolkit.client.examples import fits
from toolkit.contract.dependencies import UNREAD, choices, read_rule, relation
from toolkit.contract.objects import METHODS
from toolkit.contract.operation import Operation
from toolkit.contract.promises import Facts, path, read_facts
from toolkit.document.encodings import charset_of
from toolkit.document.files import Node
from toolkit.document.files import at as node_at
from toolkit.document.pointers import array_at, as_object, object_at, pointer_tokens
from toolkit.errors import ContractError
from toolkit.review.checks.schemas import whole_shape
from toolkit.review.survey import Mistake, Site, Survey, near
from toolkit.schema.bundle import Bundle
from toolkit.schema.judge import shown
from toolkit.schema.shape import Shape, Shapes
from toolkit.wire.media_type import best

_NAMED = re.compile(r"\{([^{}]*)\}")
_USUAL_FIELDS = (
    "location",
    "content-location",
    "content-type",
    "origin",
    "host",
    "authorization",
    "link",
    "etag",
    "date",
)
"""Header fields that messages have, whether a contract describes them or not."""
_EXPRESSION = re.compile(
    r"\$(?:url|method|statusCode|(?:request|response)\.(?:(?:header|query|path)\..+|body(?:#(?:/.*)?)?))"
)
_TIME, _SCALAR = "string integer number", "string integer number boolean"
_FAULT = re.compile(r'(?:([\w/.-]+): )?(?:the property "([^"]*)" is not declared)?')  # of laws: where, and of what name
LAWS, _PAGES = "x-laws", "x-speakeasy-pagination"
_PLACES = (
    (_PAGES, "outputs/results", "response", "array"),
    (_PAGES, "outputs/*", "response", ""),
    (LAWS, "total", "response", "integer"),
    (LAWS, "echo/*", "response", ""),
    (LAWS, "fresh/*", "response", ""),
    (LAWS, "errors/code", "refusal", _SCALAR),
    (LAWS, "errors/message", "refusal", "string"),
    (LAWS, "errors/no-internals/*", "refusal", "string"),
    (LAWS, "identity", "item", _SCALAR),
    (LAWS, "order/*", "item", _SCALAR),
    (LAWS, "filters/*/item", "item", ""),
    (LAWS, "window/item", "item", _TIME),
    (LAWS, "not-after-now/*", "item", _TIME),
)
"""The facts that name a place, what of, and the types that may be there; '' for any."""
_PARAMETERS = (
    *((LAWS, pattern, True) for pattern in ("filters/*", "echo/*", "errors/by-parameter/*")),
    (LAWS, "formats/parameter", False),
    (_PAGES, "inputs/*/name", False),
)
"""The facts that name a parameter, by their own name or by their value."""
_STATUSES = ("errors/*/status", "errors/by-parameter/*/status", "methods/others/status")
_NUMBERED = ("page", "offset", "limit")
_INPUTS = (*_NUMBERED, "cursor", "url")


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
            leaves = _leaves(operation.extension(owner))
            by_value = (keys for keys, value in leaves if value and repr(value) in reason)
            keys = (*place.split("/"), unknown) if place or unknown else next(by_value, ("same-as",))
            at = place_of(operation, owner, *keys)
            yield Mistake(at, reason, "docs/promises.md lists the vocabulary")
            continue
        stated = operation.extension(LAWS)
        if not isinstance(stated, dict) or "same-as" not in stated:
            for check in (_parameters, _statuses, _page_inputs, _times, _places, _formats):
                yield from check(operation, facts)


def place_of(operation: Operation, *keys: str) -> Node:
    """The place of a promise, as far as it is there."""
    node = next((owner for owner in (operation.node, operation.path_item) if owner.raw(keys[0])), operation.node)
    for key in keys:
        inner = node.raw(key) if key else None
        node = inner.follow() if inner else node
    return node


def _bundle(operation: Operation, media: Node, *, request: bool = False) -> Bundle | None:
    """The schema of a body; None where it has none, or none that can be read, which another rule says."""
    try:
        return operation.body_bundle(media, request=request)
    except ContractError:
        return None


def _known(operation: Operation) -> set[str]:
    """The names of all parameters, and of the fields of a form."""
    names = {parameter.name for parameter in operation.parameters} | operation.security_names
    for media in operation.request_content.values():
        found = _bundle(operation, media, request=True)
        names.update(whole_shape(found)[1].properties if found else ())
    return names


def _leaves(tree: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The values of a tree that hold no others, each with its place."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if pairs is None:
        yield (), tree
    for key, inner in pairs or ():
        yield from (((str(key), *keys), value) for keys, value in _leaves(inner))


def _stated(operation: Operation, owner: str, pattern: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What stands at the places that a pattern of keys leads to, `*` for any."""
    found: list[tuple[tuple[str, ...], Any]] = [((owner,), operation.extension(owner) or {})]
    for key in pattern.split("/"):
        pairs = [
            (keys, tree.items() if isinstance(tree, dict) else enumerate(tree))
            for keys, tree in found
            if isinstance(tree, dict | list)
        ]
        found = [((*keys, str(name)), value) for keys, each in pairs for name, value in each if key in ("*", name)]
    yield from found


def _parameters(operation: Operation, facts: Facts) -> Iterator[Mistake]:
    known = _known(operation)
    for owner, pattern, is_name in _PARAMETERS:
        for keys, value in _stated(operation, owner, pattern):
            name = keys[-1] if is_name else value
            if isinstance(name, str) and name not in known:
                message = f"the operation has no parameter {name!r}{near(name, known)}"
                yield Mistake(place_of(operation, *keys), message, "correct the name")


def _statuses(operation: Operation, facts: Facts) -> Iterator[Mistake]:
    for pattern in _STATUSES:
        for keys, status in _stated(operation, LAWS, pattern):
            if isinstance(status, int) and operation.response(status) is None:
                message = f"no response with status {status} is described, so the promise of one is not checked"
                yield Mistake(
                    place_of(operation, *keys), message, "describe the response, or correct the status", mild=True
                )


def _page_inputs(operation: Operation, facts: Facts) -> Iterator[Mistake]:
    for keys, value in _stated(operation, _PAGES, "inputs/*"):
        entry = as_object(value)
        types = {kind for one in operation.parameters if one.name == entry.get("name") for kind in one.types}
        if entry.get("type") in _NUMBERED and types and not types & {"integer", "number"}:
            message = (
                f"{entry['name']!r} is {' or '.join(sorted(types))} by its schema, and a {entry['type']} is a number"
            )
            yield Mistake(place_of(operation, *keys, "name"), message, "correct the name, or the schema", mild=True)
    inputs = [as_object(value).get("type") for _, value in _stated(operation, _PAGES, "inputs/*")]
    for index in (number for number, one in enumerate(inputs) if one in inputs[:number]):
        message = f"two inputs are of the type {inputs[index]}, and only the last one counts"
        yield Mistake(place_of(operation, _PAGES, "inputs", str(index), "type"), message, "correct one of them")
    if facts.pages and not {"page", "offset"} & {*inputs} and {*inputs} <= {*_INPUTS}:
        message = "pages need an input of type page or offset, so they are not gone through"
        yield Mistake(place_of(operation, _PAGES, "inputs"), message, "name the parameter that selects the page")


def _times(operation: Operation, facts: Facts) -> Iterator[Mistake]:
    for name, time in (("within", facts.within), ("window", facts.window and facts.window[1].total_seconds())):
        if time is not None and time <= 0:
            yield Mistake(
                place_of(operation, LAWS, name),
                f"`{name}` is no time at all, so no response keeps it",
                "write a duration such as P3D",
            )


def _places(operation: Operation, facts: Facts) -> Iterator[Mistake]:
    """Places in a response, or in an item of its list, that no documented response has, or that hold what no law reads."""
    roots = {"response": list(_responses(operation)), "refusal": list(_responses(operation, refusals=True))}
    if facts.results is not None:
        lists = [found for shapes, shape in roots["response"] for found in _within(shapes, shape, facts.results)]
        roots["item"] = [one for pair in lists for one in _items(*pair)]
    elif facts.of_items:
        named = ", ".join(f"`{name}`" for name in facts.of_items)
        message = f"{named} speak of the items of a list, and no pagination or schema says which list, so they are not checked"
        hint = "name the list in `x-speakeasy-pagination.outputs.results`, or give the response a schema with one array"
        yield Mistake(place_of(operation, LAWS, facts.of_items[0]), message, hint)
    yield from _codes(operation, facts, roots["refusal"])
    types_of = {one.name: set(one.types) for one in operation.parameters}
    for owner, pattern, what, types in _PLACES:
        for keys, text in _stated(operation, owner, pattern) if what in roots else ():
            tokens = path(str(text).lstrip("+-") if pattern == "order/*" else text) if text else ()
            shapes = [shape for root in roots[what] for _, shape in _within(*root, tokens)]
            name = keys[2] if len(keys) > 2 and keys[1] in ("echo", "filters") else ""
            if found := _misplaced(text, tokens, (what, roots[what], shapes), types, types_of.get(name, set())):
                yield Mistake(place_of(operation, *keys), *found)
            few = [len(shape.constants() or "") if shape.types != {"boolean"} else 2 for shape in shapes]
            if pattern in ("identity", "fresh/*") and few and all(few):
                message = f"{text!r} has {max(few)} values by its schema, and has to differ each time"
                yield Mistake(place_of(operation, *keys), message, "name another place")


def _codes(operation: Operation, facts: Facts, refusals: list[tuple[Shapes, Shape]]) -> Iterator[Mistake]:
    codes = [shape for root in refusals for _, shape in _within(*root, facts.code)] if facts.code else []
    known = [code for shape in codes for code in shape.constants() or ()]
    every = [_stated(operation, LAWS, pattern.replace("status", "code")) for pattern in _STATUSES]
    for keys, stated in chain.from_iterable(every):
        for code in stated if isinstance(stated, list) else [stated]:
            if known and all(shape.constants() for shape in codes) and code not in known:
                message = f"no refusal has the code {code!r} by its schema{near(code, known)}"
                yield Mistake(place_of(operation, *keys), message, "correct the code, or the schema")


def _misplaced(
    text: Any,
    tokens: tuple[str, ...],
    where: tuple[str, list[tuple[Shapes, Shape]], list[Shape]],
    types: str,
    sent: set[str],
) -> tuple[str, str, bool] | None:
    """What is wrong with a place: message, cure and whether it is mild. `sent` are the types of the parameter that it repeats."""
    what, roots, shapes = where
    own = {name for shape in shapes for name in shape.types}
    its = " or ".join(sorted(own))
    if tokens and not roots and what == "refusal":
        return (
            f"no refusal is described that could have {text!r}, so it is not checked",
            "describe responses such as 400",
            True,
        )
    if tokens and roots and not shapes:
        names = [name for _, shape in roots for name in shape.properties]
        return (
            f"no {what} has {text!r} by its schema{near(tokens[-1], names)}",
            "correct the place, or declare it in the schema",
            False,
        )
    if tokens and types and shapes and not own & set(types.split()):
        needed = types.replace(" ", " or ")
        return (
            f"{text!r} is {its} by its schema, and the law needs {needed}, so it is not checked",
            "correct the place, or the type in the schema",
            False,
        )
    if tokens and sent and shapes and not any("number" in {*pair} or pair[0] == pair[1] for pair in product(own, sent)):
        return (
            f"{text!r} is {its} by its schema, and the parameter {' or '.join(sorted(sent))}",
            "correct the place, or a schema",
            True,
        )
    return None


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
        elif operation.path_item.raw(name.lower()) is None:
            at = place_of(operation, LAWS, "methods", "equivalent", str(index))
            yield Mistake(
                at,
                f"the path has no operation by {name}, so its responses are compared with none",
                "describe it",
                mild=True,
            )
    for index, entry in enumerate(array_at(operation.extension(_PAGES), "inputs")):
        if (kind := as_object(entry).get("type")) not in _INPUTS:
            at = place_of(operation, _PAGES, "inputs", str(index), "type")
            yield Mistake(
                at, f"pages have no input of type {kind!r}{near(kind, _INPUTS)}", f"write one of {', '.join(_INPUTS)}"
            )
    if facts.encoding and charset_of(facts.encoding) is None:
        at = place_of(operation, LAWS, "encoding")
        yield Mistake(at, f"there is no charset {facts.encoding!r}", "write one of IANA's, such as utf-8")


def _responses(operation: Operation, *, refusals: bool = False) -> Iterator[tuple[Shapes, Shape]]:
    for key, spec in operation.responses.items():
        is_meant = key == "default" or (key[0] in "45" if refusals else key[0] == "2")
        for media in spec.content.values() if is_meant else ():
            if found := _bundle(operation, media):
                yield whole_shape(found)


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
        for place, rule, _ in operation.dependencies:
            known = _known(operation)
            read = read_rule(rule, known)
            names = read.names if read else ()
            if read is None:
                message = f"the dependency {rule!r} cannot be read, so it is not checked"
                yield Mistake(place, message, "write it as IDL4OAS has it")
            elif len(names) < 2:
                message = f"the dependency {rule!r} is about one parameter alone"
                yield Mistake(place, message, "name the others, or write `required: true` at the parameter")
            for name in names:
                if name not in known:
                    message = f"the operation has no parameter {name!r}{near(name, known)}"
                    yield Mistake(place, message, "correct the name")
            needed = [one.name for one in operation.parameters if one.required and one.name in names]
            given = dict.fromkeys(needed, UNREAD)
            ways = choices({name: [UNREAD] for name in names if name not in given}, 257)
            if read and given and len(ways) < 257 and all(read.broken({**given, **one}) for one in ways):
                message = f"{' and '.join(needed)} are required, so every request breaks the dependency {rule!r}"
                yield Mistake(place, message, "make them optional, or remove the dependency")
            sides = [one for one in operation.parameters if one.name in names and relation(str(rule))]
            kinds = [{kind.replace("integer", "number") for kind in side.types} for side in sides]
            if len(kinds) == 2 and all(kinds) and not kinds[0] & kinds[1]:
                message = f"{sides[0].name} is {sides[0].types[0]} and {sides[1].name} {sides[1].types[0]}, which do not compare"
                yield Mistake(place, message, "correct a name, or a schema")
            for name, text in read.stated if read else ():
                if any(one.name == name and not fits(one, text) for one in operation.parameters):
                    message = f"the parameter {name!r} is never {text!r} by its schema"
                    yield Mistake(place, message, "correct the value, or add it to the schema")


def links(survey: Survey) -> Iterator[Mistake]:
    sites = list(survey.of("link"))
    every = {operation.node.key: operation for operation in survey.operations} if sites else {}
    by_name = {one.name: one for one in every.values() if one.node.value.get("operationId")}
    for site in sites:
        name, reference = site.node.value.get("operationId"), site.node.value.get("operationRef")
        target = by_name.get(str(name))
        if isinstance(name, str) and not target:
            message = f"the link leads to no operation: {name!r}{near(name, by_name)}"
            yield site.mistake(message, "correct the name", "operationId")
        elif isinstance(reference, str) and reference.startswith("#"):
            found = node_at(survey.contract.root, pointer_tokens(reference[1:]))
            target = every.get(found.key) if found else None
            if not target and (not found or found.key not in {one.node.key for one in survey.of("operation")}):
                message = f"the link leads to no operation: {reference!r}"
                yield site.mistake(message, "correct the reference", "operationRef")
        elif not isinstance(name, str) and not isinstance(reference, str):
            yield site.mistake("the link names no operation", "give its operationId")
        yield from _given(site, target) if target else ()
    yield from _expressions(survey)


def _given(site: Site, target: Operation) -> Iterator[Mistake]:
    """The values that a link gives to the parameters of its operation."""
    known = {word: one for one in target.parameters for word in (one.name, f"{one.location}.{one.name}")}
    given = [(str(key), known.get(str(key)), value) for key, value in site.map("parameters").items()]
    for key, one, value in given:
        if one is None:
            message = f"the operation {target.name} has no parameter {key!r}{near(key, [one.name for one in target.parameters])}"
            yield site.mistake(message, "correct the name", "parameters", key)
        elif "$" not in str(value) and not fits(one, value):
            message = f"{one.name} of {one.location} is never {shown(value)} by its schema"
            yield site.mistake(
                message, "correct the value, or write an expression such as $response.body#/id", "parameters", key
            )
    lacking = next(
        (one.name for one in target.parameters if one.required and all(one is not it for _, it, _ in given)), ""
    )
    if lacking and all(one for _, one, _ in given):
        message = f"{lacking!r} of {target.name} is required, and the link says nothing of it"
        yield site.mistake(message, "name its value under `parameters`", "operationId", mild=True)


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
    is_request, spec = source == "$request", operation.responses.get(status)
    if place == "header" and (is_request or spec):
        sent = (one for one in operation.parameters if one.location == "header")
        fields = sent if is_request or not spec else spec.headers
        return name.lower() in {*_USUAL_FIELDS, *(one.name.lower() for one in fields)}
    content = operation.request_content if is_request else spec.content if spec else {}
    if not place.startswith("body#"):
        return place != "body" or bool(content)
    found = [bundle for media in content.values() if (bundle := _bundle(operation, media, request=is_request))]
    tokens = tuple(pointer_tokens(place.partition("#")[2] + where[len(place) :]))
    is_undescribed = len(found) < len(content) or not (content or is_request)
    return is_undescribed or any(one for root in map(whole_shape, found) for one in _within(*root, tokens))


def _scopes(scheme: Any) -> set[str] | None:
    """The scopes of an OAuth scheme; None where it is none that states some."""
    flows = object_at(scheme, "flows") if as_object(scheme).get("type") == "oauth2" else {}
    listed = [object_at(flow, "scopes") for flow in flows.values() if isinstance(flow, dict)]
    return {str(name) for one in listed for name in one} if listed else None


def _wire(scheme: Any) -> str:
    """What a scheme wants in the header field Authorization; '' where it uses another place."""
    kind, own = as_object(scheme).get("type"), str(as_object(scheme).get("scheme")).lower()
    return own if kind == "http" else "bearer" if kind in ("oauth2", "openIdConnect") else ""


def security(survey: Survey) -> Iterator[Mistake]:
    known = object_at(object_at(survey.contract.root.value, "components"), "securitySchemes")
    for site in survey.of("requirement"):
        used = {wire: str(name) for name in site.node.value if (wire := _wire(known.get(name)))}
        if len(used) > 1:
            message = (
                f"{' and '.join(used.values())} both want the one header field Authorization, so no request meets both"
            )
            yield site.mistake(
                message, "make each of them an item of the list, so that one is enough", [*used.values()][1]
            )
        for name in site.node.value:
            yield from _required(site, name, known, survey)


def _required(site: Site, name: Any, known: dict[Any, Any], survey: Survey) -> Iterator[Mistake]:
    if name not in known:
        message = f"the contract has no security scheme {name!r}{near(name, known)}, so none is required"
        yield site.mistake(message, "declare it in components/securitySchemes, or correct the name", str(name))
    elif survey.is_old and site.list(name) and as_object(known[name]).get("type") in ("apiKey", "http"):
        message = f"the scheme {name!r} has no scopes (OpenAPI 3.0: the list is empty), so these require nothing"
        yield site.mistake(message, "write []", str(name), mild=True)
    elif (scopes := _scopes(known[name])) is not None:
        for index, one in enumerate(site.list(name)):
            if one not in scopes:
                message = f"no flow of the security scheme {name!r} has the scope {one!r}{near(str(one), scopes)}"
                yield site.mistake(message, "declare the scope, or correct its name", str(name), index, mild=True)
