"""What names something else in the contract: laws, pages, dependencies and links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import product
from typing import Any

from toolkit.client.examples import fits
from toolkit.contract.dependencies import UNREAD, choices, read_rule, relation
from toolkit.contract.links import EXPRESSION
from toolkit.contract.objects import METHODS
from toolkit.contract.operation import Operation
from toolkit.contract.promises import LAWS, PAGES, Facts, path, read_facts, states_promises
from toolkit.contract.routing import PARAMETER
from toolkit.document.encodings import charset_of
from toolkit.document.files import Node
from toolkit.document.files import at as node_at
from toolkit.document.pointers import array_at, as_object, plain_tokens, pointer_tokens
from toolkit.errors import ContractError
from toolkit.review.checks.rows import BODILESS
from toolkit.review.checks.schemas import whole_shape
from toolkit.review.survey import Mistake, Site, Survey, near
from toolkit.schema.bundle import Bundle
from toolkit.schema.judge import shown
from toolkit.schema.shape import Shape, Shapes
from toolkit.structs import Frozen
from toolkit.wire.media_type import best

Keys = tuple[str, ...]
Check = Callable[["_Laws", Keys, Any], Any]
"""What is wrong with the value of a fact at these keys: message, cure and maybe whether it is mild; a false value for nothing."""
_USUAL_FIELDS = "location content-location content-type origin host authorization link etag date"
"""Header fields that messages have, whether a contract describes them or not."""
_SCALAR = "string integer number boolean"
_FAULT = re.compile(r'(?:([\w/.-]+): )?(?:the property "([^"]*)" is not declared)?')  # of laws: where, and of what name
_REFUSED = ("errors/*", "errors/by-parameter/*", "methods/others")
_NUMBERED = ("page", "offset", "limit")
_INPUTS = (*_NUMBERED, "cursor", "url")


def unusable(survey: Survey) -> Iterator[Mistake]:
    yield from _laws(survey)
    yield from _dependencies(survey)


def _laws(survey: Survey) -> Iterator[Mistake]:
    for operation in survey.operations:
        if not states_promises(operation):
            continue
        try:
            facts = read_facts(operation, survey.contract)
        except ContractError as error:
            reason = str(error).partition(": ")[2].removeprefix("x-laws cannot be read: ").partition("; docs")[0]
            [place, unknown] = _FAULT.match(reason).groups("")  # type: ignore[union-attr]
            owner = LAWS if operation.extension(LAWS) else PAGES
            leaves = _leaves(operation.extension(owner))
            by_value = (keys for keys, value in leaves if value and (repr(value) in reason or f'"{value}"' in reason))
            keys = (*place.split("/"), unknown) if place or unknown else next(by_value, ("same-as",))
            at = place_of(operation, owner, *keys)
            yield Mistake(at, reason, "docs/promises.md lists the vocabulary")
            continue
        stated = operation.extension(LAWS)
        laws = _Laws(operation, facts)
        for owner, pattern, check in _PROMISES if not isinstance(stated, dict) or "same-as" not in stated else ():
            for keys, value in _stated(operation, owner, pattern):
                try:
                    found = check(laws, keys, value)
                except ValueError as error:  # what it holds is no path
                    found = str(error), "docs/promises.md lists the vocabulary"
                if found:
                    yield Mistake(place_of(operation, *keys), *found)


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
        held = ((keys, tree) for keys, tree in found if isinstance(tree, dict | list))
        pairs = [(keys, tree.items() if isinstance(tree, dict) else enumerate(tree)) for keys, tree in held]
        found = [((*keys, str(name)), value) for keys, each in pairs for name, value in each if key in ("*", name)]
    yield from found


class _Laws(Frozen, dict=True):
    """The laws of an operation, and what they may name."""

    operation: Operation
    facts: Facts

    @cached_property
    def known(self) -> set[str]:
        """The names of all parameters, and of the fields of a form."""
        names = {parameter.name for parameter in self.operation.parameters} | self.operation.security_names
        for media in self.operation.request_content.values():
            found = _bundle(self.operation, media, request=True)
            names.update(whole_shape(found)[1].properties if found else ())
        return names

    @cached_property
    def roots(self) -> dict[str, list[tuple[Shapes, Shape]]]:
        """What places lead into: responses, refusals, and the items of the list that the laws speak of."""
        answers, list_at = list(_responses(self.operation)), self.facts.results
        roots = {"response": answers, "refusal": list(_responses(self.operation, refusals=True))}
        if list_at is not None:
            lists = [found for shapes, shape in answers for found in _within(shapes, shape, list_at)]
            roots["item"] = [(known, known.of(*shape.items) if shape.items else shape) for known, shape in lists]
        return roots

    @cached_property
    def inputs(self) -> list[dict[str, Any]]:
        return [as_object(one) for one in array_at(self.operation.extension(PAGES), "inputs")]

    def types_of(self, name: Any) -> set[str]:
        return {kind for one in self.operation.parameters if one.name == name for kind in one.types}


def _parameter(laws: _Laws, keys: Keys, name: Any) -> Any:
    is_unknown = isinstance(name, str) and name not in laws.known
    return is_unknown and (f"the operation has no parameter {name!r}{near(name, laws.known)}", "correct the name")


def _status(laws: _Laws, keys: Keys, status: Any) -> Any:
    message = f"no response with status {status} is described, so the promise of one is not checked"
    is_lost = isinstance(status, int) and laws.operation.response(status) is None
    return is_lost and (message, "describe the response, or correct the status", True)


def _code(laws: _Laws, keys: Keys, stated: Any) -> Any:
    found = [shape for root in laws.roots["refusal"] for _, shape in _within(*root, laws.facts.code or ("",))]
    known = [code for shape in found for code in shape.constants() or ()]
    for code in stated if isinstance(stated, list) else [stated]:
        if known and all(shape.constants() for shape in found) and code not in known:
            message = f"no refusal has the code {code!r} by its schema{near(code, known)}"
            return message, "correct the code, or the schema"
    return None


def _number(laws: _Laws, keys: Keys, name: Any) -> Any:
    kind, types = laws.inputs[int(keys[2])].get("type"), laws.types_of(name)
    message = f"{name!r} is {' or '.join(sorted(types))} by its schema, and a {kind} is a number"
    is_other = kind in _NUMBERED and types and not types & {"integer", "number"}
    return is_other and (message, "correct the name, or the schema", True)


def _input(laws: _Laws, keys: Keys, kind: Any) -> Any:
    if kind not in _INPUTS:
        return f"pages have no input of type {kind!r}{near(kind, _INPUTS)}", f"write one of {', '.join(_INPUTS)}"
    is_second = kind in [one.get("type") for one in laws.inputs[: int(keys[2])]]
    return is_second and (f"two inputs are of the type {kind}, and only the last one counts", "correct one of them")


def _inputs(laws: _Laws, keys: Keys, value: Any) -> Any:
    kinds = {one.get("type") for one in laws.inputs}
    message = "pages need an input of type page or offset, so they are not gone through"
    is_lacking = laws.facts.pages and not {"page", "offset"} & kinds and kinds <= {*_INPUTS}
    return is_lacking and (message, "name the parameter that selects the page")


def _time(laws: _Laws, keys: Keys, value: Any) -> Any:
    window = laws.facts.window
    seconds = laws.facts.within if keys[1] == "within" else window and window[1].total_seconds()
    message = f"`{keys[1]}` is no time at all, so no response keeps it"
    return seconds is not None and seconds <= 0 and (message, "write a duration such as P3D")


def _listless(laws: _Laws, keys: Keys, value: Any) -> Any:
    named = [f"`{name}`" for name in laws.facts.of_items]
    message = f"{', '.join(named)} speak of the items of a list, and no pagination or schema says which list, so they are not checked"
    hint = "name the list in `x-speakeasy-pagination.outputs.results`, or give the response a schema with one array"
    return "item" not in laws.roots and named[:1] == [f"`{keys[1]}`"] and (message, hint)


def _format(laws: _Laws, keys: Keys, name: Any) -> Any:
    known = [media for spec in laws.operation.responses.values() for media in spec.content]
    parameter, value = laws.facts.format_parameter, keys[2]
    if value == "parameter" or not known:
        return None
    if best(name, known) is None:
        message = f"no response has the media type {name!r}{near(name, known)}"
        return message, "correct it, or describe such a response"
    is_refused = any(one.name == parameter and not fits(one, value) for one in laws.operation.parameters)
    message = f"the parameter {parameter!r} is never {value!r} by its schema"
    return is_refused and (message, "correct the value, or the schema")


def _method(laws: _Laws, keys: Keys, name: Any) -> Any:
    if str(name).lower() not in METHODS:
        return f"there is no method {name!r}{near(str(name).lower(), METHODS)}", "correct the name"
    message = f"the path has no operation by {name}, so its responses are compared with none"
    return laws.operation.path_item.raw(name.lower()) is None and (message, "describe it", True)


def _charset(laws: _Laws, keys: Keys, name: Any) -> Any:
    is_none = laws.facts.encoding and charset_of(laws.facts.encoding) is None
    return is_none and (f"there is no charset {name!r}", "write one of IANA's, such as utf-8")


def _place(what: str, types: str = "") -> Check:
    """A place in a response, or in an item of its list: that a documented response has it, and that it holds what the law reads."""

    def check(laws: _Laws, keys: Keys, text: Any) -> Any:
        tokens = path(str(text).lstrip("+-") if keys[1] == "order" else text) if text else ()
        roots = laws.roots.get(what, []) if tokens else []
        shapes = [shape for root in roots for _, shape in _within(*root, tokens)]
        if tokens and not roots and what == "refusal":
            message = f"no refusal is described that could have {text!r}, so it is not checked"
            return message, "describe responses such as 400", True
        if roots and not shapes:
            close = near(tokens[-1], [name for _, shape in roots for name in shape.properties])
            return f"no {what} has {text!r} by its schema{close}", "correct the place, or declare it in the schema"
        return shapes and _mistyped(laws, keys, text, types, shapes)

    return check


def _mistyped(laws: _Laws, keys: Keys, text: Any, types: str, shapes: list[Shape]) -> Any:
    """Why what is at a place is of a type, or of too few values, for its law."""
    own = {name for shape in shapes for name in shape.types}
    its, sent = " or ".join(sorted(own)), laws.types_of(keys[2]) if keys[1] in ("echo", "filters") else set()
    if types and not own & set(types.split()):
        wanted = types.replace(" ", " or ")
        message = f"{text!r} is {its} by its schema, and the law needs {wanted}, so it is not checked"
        return message, "correct the place, or the type in the schema"
    if sent and not any("number" in {*pair} or pair[0] == pair[1] for pair in product(own, sent)):
        message = f"{text!r} is {its} by its schema, and the parameter {' or '.join(sorted(sent))}"
        return message, "correct the place, or a schema", True
    few = [len(shape.constants() or "") if shape.types != {"boolean"} else 2 for shape in shapes]
    message = f"{text!r} has {max(few)} values by its schema, and has to differ each time"
    return keys[1] in ("identity", "fresh") and all(few) and (message, "name another place")


_PROMISES: tuple[tuple[str, str, Check], ...] = (
    *(
        (LAWS, pattern, lambda laws, keys, value: _parameter(laws, keys, keys[-1]))
        for pattern in ("filters/*", "echo/*", "errors/by-parameter/*")
    ),
    (LAWS, "formats/parameter", _parameter),
    (PAGES, "inputs/*/name", _parameter),
    (PAGES, "inputs/*/name", _number),
    (PAGES, "inputs/*/type", _input),
    (PAGES, "inputs", _inputs),
    *((LAWS, f"{pattern}/status", _status) for pattern in _REFUSED),
    *((LAWS, f"{pattern}/code", _code) for pattern in _REFUSED),
    *((LAWS, pattern, _time) for pattern in ("within", "window")),
    *((LAWS, pattern, _listless) for pattern in ("identity", "order", "filters", "window", "not-after-now")),
    (PAGES, "outputs/results", _place("response", "array")),
    (PAGES, "outputs/*", _place("response")),
    (LAWS, "total", _place("response", "integer")),
    *((LAWS, pattern, _place("response")) for pattern in ("echo/*", "fresh/*")),
    (LAWS, "errors/code", _place("refusal", _SCALAR)),
    *((LAWS, pattern, _place("refusal", "string")) for pattern in ("errors/message", "errors/no-internals/*")),
    *((LAWS, pattern, _place("item", _SCALAR)) for pattern in ("identity", "order/*")),
    (LAWS, "filters/*/item", _place("item")),
    *((LAWS, pattern, _place("item", "string integer number")) for pattern in ("window/item", "not-after-now/*")),
    (LAWS, "formats/*", _format),
    (LAWS, "methods/equivalent/*", _method),
    (LAWS, "encoding", _charset),
)
"""The facts, each by the keys that lead to it, and what is asked of its value."""


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


def _dependencies(survey: Survey) -> Iterator[Mistake]:
    for operation in survey.operations:
        for place, rule, _ in operation.dependencies:
            known = {one.name for one in operation.parameters} | operation.body_names
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
                    yield Mistake(place, message, "name a parameter, or a property of the body")
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
            hint = "correct the value, or write an expression such as $response.body#/id"
            yield site.mistake(message, hint, "parameters", key)
    met = [one for _, one, _ in given]
    lacking = [one.name for one in target.parameters if one.required and one not in met]
    if lacking and all(met):
        message = f"{lacking[0]!r} of {target.name} is required, and the link says nothing of it"
        yield site.mistake(message, "name its value under `parameters`", "operationId", mild=True)


def _expressions(survey: Survey) -> Iterator[Mistake]:
    """Runtime expressions of links and callbacks that are none, or that name what their operation does not have."""
    every = {operation.node.key: operation for operation in survey.operations}
    given: list[tuple[Site, tuple[str, ...], str]] = []
    for site in survey.of("link"):
        held = site.map("parameters").items()
        named: dict[tuple[str, ...], Any] = {("parameters", str(key)): value for key, value in held}
        named["requestBody",] = site.node.value.get("requestBody")
        given += [(site, keys, value) for keys, value in named.items() if isinstance(value, str) and value[:1] == "$"]
    for site in survey.of("callback"):
        texts = ((str(key), one) for key in site.node.value for one in PARAMETER.findall(str(key)) or [str(key)])
        given += [(site, (key,), one) for key, one in texts if one[:1] == "$"]
    for site, keys, text in given:
        which = "link gives no value" if site.kind == "link" else "callback goes nowhere"
        owner = next((every[one.node.key] for one in site.around if one.node.key in every), None)
        status = next((one.own for one in site.around if one.kind == "response"), "")
        found = EXPRESSION.fullmatch(text)
        if not found:
            example = "$response.body#/id" if site.kind == "link" else "{$request.body#/url}"
            hint = f"write for example {example}"
            yield site.mistake(f"{text!r} is no runtime expression, so the {which}", hint, *keys)
        elif owner and not _is_there(found, owner, status):
            yield site.mistake(f"{text!r} is nowhere in {owner.name}, so the {which}", "correct the name", *keys)


def _is_there(expression: re.Match[str], operation: Operation, status: str) -> bool:
    """Whether an operation has what an expression names: a parameter, or a place in the body of its request, or of the response."""
    place, name, pointer = expression["place"], expression["name"], expression["pointer"]
    is_request, spec = expression["message"] == "request", operation.responses.get(status)
    if place in ("query", "path") and is_request:
        return any((one.location, one.name) == (place, name) for one in operation.parameters)
    if place == "header" and (is_request or spec):
        sent = (one for one in operation.parameters if one.location == "header")
        fields = sent if is_request or not spec else spec.headers
        return name.lower() in {*_USUAL_FIELDS.split(), *(one.name.lower() for one in fields)}
    content = operation.request_content if is_request else spec.content if spec else {}
    if pointer is None:
        return bool(expression["whole"] or place or content)
    found = [bundle for media in content.values() if (bundle := _bundle(operation, media, request=is_request))]
    tokens = plain_tokens(pointer)
    is_undescribed = len(found) < len(content) or not (content or is_request or status in BODILESS)
    return is_undescribed or any(one for root in map(whole_shape, found) for one in _within(*root, tokens))
