"""Contract -> probes: requests with one special thing each, and what the contract expects of the response.

A probe has one call and an expectation: `accepted` (2xx), `refused` (as documented) or `survived` (anything but a server
error, because the contract leaves it open). The validator that checks recordings decides whether a value is valid.

Of a path parameter that takes the rest of the path, such as `/files/{path}`, an empty value and some with slashes are sent too. Few contracts
say that a parameter does so; for all others, such a request leads elsewhere. So a response that says that there is nothing is no finding,
whether documented or not: only what breaks the service is, or a success that breaks the contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product

from toolkit.client.client import Call, Change, Client, Way, ways
from toolkit.client.examples import in_style, is_sendable
from toolkit.conformance.known import texts_for_rules
from toolkit.conformance.laws.comparing import shift
from toolkit.conformance.probes.bodies import UNDOCUMENTED, body_probes
from toolkit.conformance.probes.boundaries import PROBE_TEXTS, Value, values_for
from toolkit.conformance.probes.expected import Probe, is_required_empty, request_probe
from toolkit.conformance.probes.opinions import ACCEPTED, OPEN, REFUSED, is_telling, keywords_of, may_be_absent, opinion
from toolkit.conformance.probes.structured import structured_probes
from toolkit.contract.dependencies import Dependency, choices, relation
from toolkit.contract.flow import SAFE, kind, words
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.paging import paging_inputs
from toolkit.contract.resources import BOUND_ELSEWHERE, RANGE_ENDS, place_of
from toolkit.contract.routing import PARAMETER
from toolkit.contract.security import security_schemes
from toolkit.document.names import bare_name
from toolkit.exchange import Key
from toolkit.schema.judge import shown
from toolkit.structs import replace
from toolkit.wire.parameters import write_scalar

_NO_CALL = Call((), "")  # of a probe whose call is made for each way to send it
_FAR = 1000
_MOST_CHOICES, _MOST_BREAKING = 250, 3  # of the values of parameters that a rule is about, and of those that break it
_MOST_PAIRED = 4  # parameters whose bounds are combined


def probes_of(client: Client, known: Mapping[Key, list[str]]) -> list[Probe]:
    """All probes of an operation, those that find most first. `known` are values that may exist in the service."""
    distinct: dict[tuple[Call, str, str], Probe] = {}
    for make in (_missing, _values, _parts, _repetitions, _pairs, _inconsistent, _methods, _raw):
        for probe in make(client, known):
            distinct.setdefault((probe.call, probe.method, ""), probe)
    for probe in (*body_probes(client), *_media_types(client)):
        distinct.setdefault((probe.call, "", probe.name if probe.edit else ""), probe)
    return sorted(distinct.values(), key=lambda probe: probe.rank)


def may_be_sent(client: Client, probe: Probe) -> bool:
    """Whether a probe can do no harm: what deletes is asked for nothing that may exist."""
    if kind(client.operation) != "delete" or probe.expected == REFUSED or probe.method:
        return True
    if probe.location == "body":
        return not any(where == "body" for where, _ in place_of(client.operation).keys)
    texts = [text for key, text in probe.call.pairs if key == probe.key and probe.location == "path"]
    return not texts or all(len(text) > 100 or not text.isascii() or text.lstrip("-")[12:].isdigit() for text in texts)


def _checked_parameters(client: Client) -> list[Parameter]:
    """The parameters that a service must check. Those that prove who sends a request have probes of their own."""
    names, schemes = client.operation.security_names, security_schemes(client.operation).values()
    proofs = {("cookie", one.key) for one in schemes if one.location == "cookie"}
    return [one for one in client.operation.parameters if one.name not in names and one.key not in proofs]


def _values(client: Client, known: Mapping[Key, list[str]]) -> Iterator[Probe]:
    """Each value of each parameter, first sent in one way, then in the others."""
    turn = 0
    every = ways(client)
    for parameter in _checked_parameters(client):
        if parameter.is_compound or parameter.serialization.media_type:
            continue
        related, own = _related_values(client, parameter), known.get(parameter.key, ())
        seen = [text for text in own if in_style(parameter, text) == text]
        for value in values_for(keywords_of(parameter), parameter.types, seen, related):
            turn += 1
            yield from _value_probes(client, parameter, value, _ways_for(every, turn, value.rank), seen)


def _parts(client: Client, known: Mapping[Key, list[str]]) -> Iterator[Probe]:
    for parameter in _checked_parameters(client):
        yield from structured_probes(client, parameter)


def _ways_for(every: list[Way], turn: int, rank: int) -> list[Way]:
    """The ways for a value by its rank: up to four; two that differ in format and channel; one."""
    turned = every[turn % len(every) :] + every[: turn % len(every)]
    first = turned[0]
    others = [way for way in turned[1:] if way.form != first.form and way.channel != first.channel] or turned[1:]
    if rank == 1:
        return [first, *others[:1], *[way for way in turned[1:] if way not in others[:1]][:2]]
    return [first, *others[:1]] if rank == 2 else [first]


def _related_values(client: Client, parameter: Parameter) -> list[str]:
    """The formats; for a filter, the enum of the property that it filters by, which may be wider than the filter's own."""
    if parameter.name == client.facts.format_parameter:
        return list(client.facts.formats or {})
    rule = next((rule for rule in client.facts.filters if rule.parameter == parameter.name), None)
    spec = client.operation.response(200)
    media = next(iter(spec.content.values()), None) if spec else None
    if rule is None or media is None or not client.facts.pages:
        return []
    node = media.get("schema")
    for token in (*client.facts.pages.results, "", *rule.item):
        node = (node.get("items") if token == "" else node.get("properties", token)) if node else None
    enum = node.value.get("enum") if node and isinstance(node.value, dict) else None
    return [write_scalar(value) for value in enum] if isinstance(enum, list) else []


def _value_probes(
    client: Client, parameter: Parameter, value: Value, every: list[Way], known: Sequence[str]
) -> Iterator[Probe]:
    """The probes of a value, one for each way; none if the contract leaves it undecided or it cannot be sent."""
    text = in_style(parameter, value.text)
    is_undecided = value.text in parameter.schema.get("x-undecided", ())
    # Many services read a slash in a path before they choose an operation.
    is_of_others = "/" in text and text in PROBE_TEXTS and client.operation.route.slashed != parameter.name
    is_other_path = parameter.location == "path" and (not text or is_of_others)
    if is_undecided or is_other_path or not is_sendable(parameter.location, text):
        return
    expected = expected_of(client, parameter, value.text, known)
    fault = next(client.validator.check_parameter(parameter, [text]), None)
    kind = "required-empty" if is_required_empty(parameter, text) else "parameter-invalid"
    place = fault.contract if fault else parameter.node.location
    named = f"{value.text} " if value.text.isprintable() and 0 < len(value.text) <= 40 else ""
    what = f"{parameter.name}={named}[{value.label}]"
    probe = Probe(what, _NO_CALL, expected, parameter.name, kind, place, value.rank)
    yield from _by_ways(client, replace(probe, location=parameter.location), {parameter.key: text}, every)


def _by_ways(client: Client, probe: Probe, changes: Mapping[Key, Change], every: Iterable[Way]) -> Iterator[Probe]:
    """The probe of a call with these changes by each of some ways; those after the first find less."""
    for count, way in enumerate(every):
        form = None if probe.parameter == client.facts.format_parameter else way.form
        call = client.call(changes, form=form, channel=way.channel)
        yield replace(probe, call=call, rank=probe.rank + 2 * min(count, 1), way=way.label)


def expected_of(client: Client, parameter: Parameter, text: str, known: Sequence[str]) -> str:
    """What is expected of the response to a value: a valid one has to be accepted only if it means something to the service."""
    expected = opinion(client, parameter, text, known)
    if expected != ACCEPTED:
        return expected
    filtered = any(rule.parameter == parameter.name for rule in client.facts.filters)
    is_near = not _is_far(parameter, text) and not _is_half_a_range(client, parameter)
    means_something = (is_telling(parameter) and is_near) or filtered or text in known
    return ACCEPTED if means_something and parameter.location != "path" else OPEN


def _is_half_a_range(client: Client, parameter: Parameter) -> bool:
    """Whether another end of a range is sent along, which may be on the other side of a value."""
    others = (one for one in client.operation.parameters if one.key in client.base and one.key != parameter.key)
    return _is_end(parameter) and any(map(_is_end, others))


def _is_end(parameter: Parameter) -> bool:
    return not RANGE_ENDS.isdisjoint(words(parameter.name))


def _is_far(parameter: Parameter, text: str) -> bool:
    """Whether a text asks for a page so far away that many services refuse it, where the contract does not say how far one may go."""
    is_position = bool({"page", "offset"} & paging_inputs([parameter.name]).keys())
    return is_position and "maximum" not in keywords_of(parameter) and text.isdecimal() and int(text) > _FAR


def _missing(client: Client, known: Mapping[Key, list[str]]) -> Iterator[Probe]:
    checked = _checked_parameters(client)
    for parameter in client.operation.parameters:
        is_optional = may_be_absent(parameter) or (parameter.location == "cookie" and parameter not in checked)
        if not is_optional and parameter.location != "path":
            name, place, location = f"a request without {parameter.name}", parameter.node.location, parameter.location
            probe = Probe(name, _NO_CALL, REFUSED, parameter.name, "parameter-missing", place, location=location)
            yield from _by_ways(client, probe, {parameter.key: None}, ways(client)[:4])


def _repetitions(client: Client, known: Mapping[Key, list[str]]) -> Iterator[Probe]:
    """One parameter given twice, with the same value and with two values."""
    if not (client.facts.refusal("parameter-repeated", "") if client.facts.errors else False):
        return
    every = ways(client)
    for index, parameter in enumerate(_checked_parameters(client)):
        known_here = known.get(parameter.key, ())
        values = [value for value in known_here if client.takes(parameter, value)]
        if not values or "array" in parameter.types or parameter.location != "query":
            continue
        for count, pair in enumerate(([values[0], values[0]], [values[0], values[-1]])):
            name, place = f"{parameter.name} given twice ({shown(pair[0])}, {shown(pair[1])})", parameter.node.location
            probe = Probe(name, _NO_CALL, REFUSED, parameter.name, "parameter-repeated", place, 2)
            yield from _by_ways(client, probe, {parameter.key: pair}, [every[(index + count) % len(every)]])


def _pairs(client: Client, known: Mapping[Key, list[str]]) -> Iterator[Probe]:
    """The bounds of numbers, of two parameters at a time."""
    # Not both ends of a range.
    located = (one for one in _checked_parameters(client) if one.location == "query")
    free = [one for one in located if not BOUND_ELSEWHERE & {*words(one.name)}]
    edges, every = [(p, edges) for p in free if len(edges := _edges(client, p)) == 2], ways(client)
    for index, ((left, ones), (right, twos)) in enumerate(combinations(edges[:_MOST_PAIRED], 2)):
        for count, (one, two) in enumerate(product(ones, twos)):
            name = f"{left.name}={one} with {right.name}={two}"
            probe = Probe(name, _NO_CALL, ACCEPTED, left.name, "", left.node.location, 2)
            yield from _by_ways(client, probe, {left.key: one, right.key: two}, [every[(index + count) % len(every)]])


def _edges(client: Client, parameter: Parameter) -> list[str]:
    """The least and the greatest number of a parameter, as far as every service must accept them."""
    bounds = (keywords_of(parameter).get(name) for name in ("minimum", "maximum"))
    texts = (write_scalar(bound) for bound in bounds if bound is not None)
    return [text for text in texts if opinion(client, parameter, text) == ACCEPTED]


def _inconsistent(client: Client, known: Mapping[Key, list[str]]) -> Iterator[Probe]:
    """Values that break a rule between parameters, and values that just keep a relation of two."""
    for node, _, rule in client.operation.dependencies:
        related = relation(rule.text) if rule else None
        values = [value for value in known.get(client.key(related.left), ()) if shift(value, 0)] if related else []
        if rule and not values:
            yield from _breaking(client, known, node.location, rule)
        if not rule or not related or not values:
            continue
        for count, seconds in enumerate((-1, 0, 1, -86400)):
            other = shift(values[0], seconds) or ""
            changes = {related.left: values[0], related.right: other}
            expected = REFUSED if rule.broken(changes) else ACCEPTED
            every = ways(client)[count % 2 :: 2] if expected == REFUSED else ways(client)[:1]
            name = f"{related.left}={values[0]} with {related.right}={other}"
            probe = Probe(name, _NO_CALL, expected, related.right, "parameters-inconsistent", node.location)
            named = {client.key(parameter): text for parameter, text in changes.items()}
            yield from _by_ways(client, probe, named, every)


def _breaking(client: Client, known: Mapping[Key, list[str]], place: str, rule: Dependency) -> Iterator[Probe]:
    """Requests that break a rule, and no other, with the values at hand."""
    texts, found = texts_for_rules(client, known, {*rule.names}), list[dict[Key, Change]]()
    for chosen in choices(texts, _MOST_CHOICES) if texts else ():  # else it is about the body alone
        changes: dict[Key, Change] = {key: chosen.get(key) for key in texts}
        is_sound = all(changes.get(one.key, "") is not None for one in client.operation.parameters if one.required)
        if is_sound and len(found) < _MOST_BREAKING and client.broken(client.call(changes)) == [rule.text]:
            found.append(changes)
    for count, changes in enumerate(found):
        sent = " and ".join(f"{name}={text}" for (_, name), text in changes.items() if text is not None)
        absent = ", ".join(name for (_, name), text in changes.items() if text is None)
        name = (sent or "a request") + (f" without {absent}" if absent else "")
        probe = Probe(name, _NO_CALL, REFUSED, rule.names[0], "parameters-inconsistent", place)
        every = ways(client)
        yield from _by_ways(client, probe, changes, [every[count % len(every)]])


def _methods(client: Client, known: Mapping[Key, list[str]]) -> Iterator[Probe]:
    """Methods that the contract says are refused."""
    if client.facts.other_methods:
        documented = {channel.partition(" ")[0] for channel in client.channels}
        for method in ("PUT", "DELETE", "PATCH"):
            if method not in documented:
                place = client.operation.node.location
                yield Probe(method, client.call(), REFUSED, "", "method", place, 2, method)


def _raw(client: Client, known: Mapping[Key, list[str]]) -> Iterator[Probe]:
    """Query strings that no client library writes."""
    if not client.facts.errors:
        return
    optional = [p for p in client.operation.parameters if p.location == "query" and not p.required]
    strings = [p for p in optional if "string" in p.types]
    free = [p for p in strings if not p.schema.keys() & {"pattern", "enum", "const", "format"}]
    name = next((p.name for p in [*free, *strings]), "x")
    for raw, label in _RAW:
        call = replace(client.call(), raw=raw.replace("{}", name))
        yield Probe(f"a query with {label}", call, OPEN, name, "", client.operation.node.location, 3)


_RAW = (
    ("{}=%FF%FE", "bytes that are not UTF-8"), ("{}=%zz", "a bad percent-encoding"), ("&&=&%00=1", "empty pairs"),
    ("{}=" + "%41" * 1500, "a long value"),
)  # fmt: skip


def _media_types(client: Client) -> Iterator[Probe]:
    """Each media type of a successful response asked for once, where there are several and no parameter selects one; and one that
    none has, which a service may refuse, where the contract has a response to that."""
    by, place = "by the Accept header field", client.operation.node
    if client.operation.response(406) and not client.facts.formats:
        yield request_probe(client, f"{UNDOCUMENTED} {by}", OPEN, "accept", place, accept=UNDOCUMENTED)
    specs = [spec for key, spec in client.operation.responses.items() if key.startswith("2")]
    names = [name for name in dict.fromkeys(name for spec in specs for name in spec.content) if "*" not in name]
    if client.facts.formats or len(names) < 2:
        return
    for name in names:
        yield request_probe(client, f"{name} {by}", ACCEPTED, "accept", specs[0].node, accept=name)


_WITH_SLASHES = ("", "a/b", "a//b", "/a", "a/b/")
_CATCHING = frozenset(
    {"path", "filepath", "filename", "file", "rest", "tail", "proxy", "key", "objectkey", "wildcard", "subpath"}
)


def catch_all_texts(operation: Operation) -> tuple[str, ...]:
    """The values to try; () where the last parameter takes one segment, or a request might change something."""
    template = operation.route.template
    names = PARAMETER.findall(template.rpartition("/")[2])
    is_last = len(names) == 1 and template.endswith("/{" + names[0] + "}")
    if operation.method not in SAFE or not is_last or operation.route.query:
        return ()
    schema = next((one.schema for one in operation.parameters if one.key == ("path", names[0])), {})
    is_free = schema.get("type", "string") == "string" and not schema.keys() & {"format", "pattern", "enum", "const"}
    return _WITH_SLASHES if operation.route.slashed or (is_free and bare_name(names[0]) in _CATCHING) else ()


def ask_catch_all(client: Client) -> None:
    """Send the requests; what leads elsewhere counts as sound. Raises BudgetSpent."""
    for text in catch_all_texts(client.operation):
        request = client.request(client.call())
        path, mark, query = request.url.partition("?")
        before = path.split("/")[: client.operation.route.template.count("/")]  # the plain value may have slashes
        changed = replace(request, url="/".join([*before, text]) + mark + query)
        response, own = client.send(client.call(), changed), client.operation
        meant = client.validator.contract.router.find("/".join([*before, text]).removeprefix(own.base))
        is_of_others = bool(meant) and meant[0][0] is not own.route
        if response.status < 500 and (is_of_others or not response.ok) and response.violations:
            client.unreported[-1] = replace(response, violations=())
