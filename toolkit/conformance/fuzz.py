"""Generated requests, valid and invalid, many faults at once: Schemathesis makes them, Hypothesis drives and shrinks them.

Probes have one fault each; here parameters come in combinations that nobody wrote down. Only sure failures are reported:
refusal is expected if the validator finds a fault that the contract does not leave open, acceptance if every value is known to
mean something to the service. The cases follow from the seed; nothing is written to the user's folder.
"""

from __future__ import annotations

import os
import random
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

from toolkit.client.bodies import write_body
from toolkit.client.client import Call, CheckedResponse, Client, wire_pairs
from toolkit.client.examples import is_sendable
from toolkit.client.session import BudgetSpent
from toolkit.client.writing import BOUNDARY
from toolkit.conformance.laws.one_response import check_alone
from toolkit.conformance.probes.expected import Probe, check_expected, is_required_empty
from toolkit.conformance.probes.opinions import ACCEPTED, OPEN, REFUSED, may_be_absent, must_be_refused, opinion
from toolkit.conformance.probes.requests import expected_of
from toolkit.conformance.reach import blamable
from toolkit.conformance.subject import Subject
from toolkit.contract.model import Contract
from toolkit.contract.operation import Parameter
from toolkit.document.pointers import rewritten
from toolkit.exchange import Key, Request
from toolkit.rules import Severity
from toolkit.schema.bundle import Bundle
from toolkit.schema.judge import shown
from toolkit.schema.messages import clipped
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.validation.readers import root_name
from toolkit.verdict import Violation
from toolkit.wire import media_type
from toolkit.wire.parameters import readings
from toolkit.wire.urlencoded import parse_query

Cause = tuple[str, str, int]  # rule, place in the contract, status
_LONGEST_URL = 4000  # characters: servers may refuse longer ones by themselves (RFC 9110, section 4.1)
_RUNS = 2  # of the test for each example, shrinking included: a case takes longer to generate than to send
_TRIES = 90  # in a row that make no case: with 99 % certainty fewer than one in 20 would
_GRAVEST = ("server-error", "no-answer")  # reported before what else is wrong with the same response
_WHOLE = "querystring"  # what the generator does not know
_ORDINARY = 3  # of 4 values that every call needs are those of the base call
_STARTING = 2  # seconds that the first generated request takes, for which the generators are loaded


class _Failed(Exception):
    """Tells Hypothesis that a case failed; a subclass for each cause, so that each is shrunk separately."""


class _Enough(BaseException):
    """Stops Hypothesis as an interrupt does: it takes any other exception for a failure of the case."""


class Trial(Frozen):
    """What came of a request (before signing): its probe, the response, what is wrong beside that alone, and the first new failure."""

    request: Request
    probe: Probe
    response: CheckedResponse
    violations: list[Violation]
    failure: Violation | None


def fuzz(
    subject: Subject, seed: int, examples: int = 60, is_known: Callable[[Violation], bool] = lambda violation: False
) -> Iterator[Trial]:
    """What failed among `examples` valid and as many invalid generated cases. The smallest case of each failure comes first; one that
    `is_known` is worth no further request. What is wrong with a response alone is left to the caller, as are the other responses, which the
    client keeps as unreported. Raises BudgetSpent."""
    subject.client.session.see_time(_STARTING)
    from hypothesis.errors import HypothesisDeprecationWarning
    from schemathesis import GenerationMode

    subject.client.session.see_time()
    fuzzer = _Fuzzer(subject, subject.client.validator.contract.without_base(), is_known)
    with quiet_storage(), warnings.catch_warnings():
        # An application in this process may use `random` meanwhile
        warnings.simplefilter("ignore", HypothesisDeprecationWarning)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            fuzzer.runs, fuzzer.tries = examples * _RUNS, 0
            if not fuzzer.spent:
                _drive(fuzzer, mode, seed, examples)
        if not fuzzer.outcomes and not subject.notes and not fuzzer.spent:
            name = subject.operation.name
            subject.notes.append(f"{name}: no generated request belongs to the operation, so none was sent")
        for cause in list(fuzzer.smallest):
            fuzzer.reduce(cause)
    others = [one for one in fuzzer.outcomes.values() if one.failure or one.violations]
    failed = {id(one.response): one for one in (*fuzzer.smallest.values(), *others)}  # the smallest are shown first
    subject.client.unreported[:] = [one for one in subject.client.unreported if id(one) not in failed]
    yield from failed.values()
    if fuzzer.spent:
        raise fuzzer.spent


def _drive(fuzzer: _Fuzzer, mode: Any, seed: int, examples: int) -> None:
    """Let Hypothesis generate cases of one mode and shrink those that fail."""
    from hypothesis.errors import HypothesisException, Unsatisfiable
    from schemathesis.errors import SchemathesisError

    try:
        _test(fuzzer, mode, seed, examples)()
    except* (_Failed, _Enough, Unsatisfiable):
        pass  # the fuzzer has the failures; and if every string is valid, there are no invalid cases
    except* (HypothesisException, SchemathesisError) as group:
        operation, reason = fuzzer.subject.operation, str(group.exceptions[0]).partition("\n")[0]
        # A try that is not made looks to Hypothesis as if the same choices led to something else.
        if fuzzer.tries <= _TRIES:
            fuzzer.subject.notes.append(f"{operation.name}: no {mode.value} cases could be generated: {reason}")


def _test(fuzzer: _Fuzzer, mode: Any, seed: int, examples: int) -> Callable[[], None]:
    import hypothesis
    import schemathesis
    from hypothesis import strategies

    client = fuzzer.subject.client
    config = schemathesis.Config()  # and not what the user has in schemathesis.toml
    # All that UTF-8 can write, without a table that takes a second to make
    config.projects.default.generation.codec = None
    schema = schemathesis.openapi.from_dict(_document(client, fuzzer.subject.known), config=config)
    strategy = schema[client.operation.route.template][client.operation.method].as_strategy(generation_mode=mode)
    # From `_ORDINARY` on, it stays as generated.
    numbers = {key: strategies.integers(0, _ORDINARY) for key in client.base if key[0] != _WHOLE}

    quiet = hypothesis.settings(  # nothing is kept or said of the examples
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
        print_blob=False,
    )

    @hypothesis.seed(seed)
    @quiet
    @hypothesis.given(
        strategies.builds(fuzzer.begin),
        strategy,
        strategies.sampled_from(client.channels),
        strategies.fixed_dictionaries(numbers),
    )
    def examine(_: None, case: Any, channel: str, numbers: Mapping[Key, int]) -> None:
        fuzzer.tries = 0
        special = {key for key, number in numbers.items() if number >= _ORDINARY}
        made = _call_of(fuzzer, case, channel, special)
        if made:
            fuzzer.examine(*made)

    return examine


@contextmanager
def quiet_storage() -> Iterator[None]:
    """Hypothesis caches tables in the working directory; here, in one that is removed, or in the one that its own variable names."""
    from hypothesis.configuration import set_hypothesis_home_dir

    if os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY"):
        yield
        return
    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


# --- from the contract to cases


def _document(client: Client, known: Mapping[Key, list[str]]) -> dict[str, Any]:
    """The operation alone as OpenAPI 3.1, without the parameters of a signature, and those by which a repeated request is known: what
    comes with such a key again gets the first response again, whatever it says. Values known to exist are its examples."""
    operation, shared = client.operation, dict[str, Any]()
    described: dict[str, Any] = {"responses": {"default": {"description": "checked elsewhere"}}}
    proofs = operation.security_names
    own = [one for one in operation.parameters if one.name not in proofs and one.key not in client.renewed]
    varied = [one for one in own if one.location != _WHOLE]
    described["parameters"] = [_describe_parameter(client, one, known.get(one.key, ()), shared) for one in varied]
    if operation.request_content and not operation.form_or_query:
        bundles = {name: operation.body_bundle(one, request=True) for name, one in operation.request_content.items()}
        content = {name: _describe_body(name, bundle, shared) for name, bundle in bundles.items()}
        described["requestBody"] = {"required": operation.body_required, "content": content}
    paths = {operation.route.template: {operation.method.lower(): described}}
    return {"openapi": "3.1.0", "info": {"title": operation.name, "version": "1"}, "paths": paths, "$defs": shared}


def _describe_body(name: str, bundle: Bundle | None, shared: dict[str, Any]) -> dict[str, Any]:
    """The Media Type Object of a body; one of XML names its root, which Schemathesis would take from the `$ref`."""
    if bundle is None:
        return {}
    schema = _share(bundle.schema, name, shared)
    if media_type.kind(name) == "xml":
        owner = shared.get(str(schema.get("$ref", "")).removeprefix("#/$defs/"), schema)
        owner["xml"] = {**owner.get("xml", {}), "name": root_name(bundle)}
    return {"schema": schema}


def _describe_parameter(
    client: Client, parameter: Parameter, known: Sequence[str], shared: dict[str, Any]
) -> dict[str, Any]:
    schema = _share(parameter.bundle.schema, f"{parameter.location}.{parameter.name}", shared)
    described: dict[str, Any] = {"name": parameter.name, "in": parameter.location, "required": parameter.required}
    valid = [text for text in known[:8] if client.takes(parameter, text)]
    how = parameter.serialization
    if how.media_type:
        return {**described, "content": {how.media_type: {"schema": schema}}}
    examples = {str(index): {"value": next(readings(how, [text]))} for index, text in enumerate(valid)}
    style = {"style": how.style, "explode": how.explode}
    return {**described, **style, "schema": schema, **({"examples": examples} if examples else {})}


def _share(schema: dict[str, Any], owner: str, shared: dict[str, Any]) -> dict[str, Any]:
    """The schema of a bundle with its `$defs` moved to the document's, under names of their own."""
    prefix = owner.replace("/", ".").replace("~", ".").replace("%", ".")

    def rename(one: dict[str, Any]) -> dict[str, Any]:
        reference = one.get("$ref")
        return {**one, "$ref": f"#/$defs/{prefix}.{reference[8:]}"} if isinstance(reference, str) else one

    renamed: dict[str, Any] = rewritten({key: value for key, value in schema.items() if key != "$schema"}, rename)
    shared.update({f"{prefix}.{name}": value for name, value in renamed.pop("$defs", {}).items()})
    return renamed


# --- from cases to requests


def _call_of(fuzzer: _Fuzzer, case: Any, channel: str, special: set[Key]) -> tuple[Call, Request] | None:
    """The call of a case, as generated in the `special` parameters alone, and its request; None for a case that cannot be sent."""
    client, prepared = fuzzer.subject.client, _prepare(case)
    if prepared is None:
        return None
    path, _, query = str(prepared.url).removeprefix("http://service").partition("?")
    match = fuzzer.contract.match(Request(client.operation.method, f"{path}?{query}"))
    located = () if isinstance(match, str) else match.path.items()
    placed = [*(("path", *pair) for pair in located), *(("query", *pair) for pair in parse_query(query))]
    generated = [((location, name), text) for location, name, text in (*placed, *_header_values(client, case))]
    owned = [(pair, client.owner(pair[0])) for pair in generated]
    kept = [(pair, key) for pair, key in owned if key in special or key not in client.base]
    optional = {parameter.key for parameter in client.operation.parameters if not parameter.required}
    absent = optional - {key for _, key in kept}
    needed = [key for key in client.base if key not in special or key in absent]
    base = (pair for key in needed for pair in wire_pairs(key, client.base[key]))
    call = Call((*base, *(pair for pair, _ in kept)), channel)
    request = client.request(call)
    return call, request if client.operation.form_or_query else _with_body(client, request, prepared, case)


def _prepare(case: Any) -> Any:
    """The case as a request of the library; None where its values cannot be written, as Python objects in a body of text."""
    import requests
    from schemathesis.errors import SchemathesisError

    try:
        return requests.Request(**case.as_transport_kwargs(base_url="http://service")).prepare()
    except (SchemathesisError, requests.RequestException, ValueError, TypeError, AttributeError):
        return None


def _with_body(client: Client, request: Request, prepared: Any, case: Any) -> Request:
    """The request with the body of a case; a form is written by its Encoding Objects, which the library does not know."""
    if prepared.body is None:
        return request
    body = prepared.body if isinstance(prepared.body, bytes) else str(prepared.body).encode()
    name, media = prepared.headers["Content-Type"], client.operation.request_content.get(case.media_type)
    if media and media.get("encoding") and isinstance(case.body, dict):
        is_multipart = media_type.kind(case.media_type) == "multipart"
        name = f"{case.media_type}; boundary={BOUNDARY}" if is_multipart else case.media_type
        body = write_body(client.operation, name, case.body) or body
    headers = request.headers.replaced("Content-Type", name)
    return replace(request, body=body, headers=headers)


def _header_values(client: Client, case: Any) -> Iterator[tuple[str, str, str]]:
    """Location, name and text of the documented headers and cookies, as far as they can be sent."""
    for parameter in client.operation.parameters:
        values = {"header": case.headers, "cookie": case.cookies}.get(parameter.location) or {}
        text = str(values.get(parameter.name, ""))
        if parameter.name in values and is_sendable(parameter.location, text):
            yield parameter.location, parameter.name, text


# --- from requests to findings


class _Fuzzer(Mutable, eq=False):
    """Sends each request once, and keeps the smallest failing case of each cause."""

    subject: Subject
    contract: Contract  # by which own requests are matched: they stand below the user's URL, and so below no server's base path
    is_known: Callable[[Violation], bool]
    runs: int = 0  # of the test that are left
    tries: int = 0  # to generate a case since the last one
    outcomes: dict[Request, Trial] = field(default_factory=dict)
    smallest: dict[Cause, Trial] = field(default_factory=dict)
    spent: BudgetSpent | None = None
    _seen: dict[Any, str] = field(default_factory=dict)
    _kinds: dict[Cause, type[_Failed]] = field(default_factory=dict)
    _random: Any = field(default_factory=random.getstate)

    def begin(self) -> None:
        """Count a try to generate a case. Raises _Enough where none comes, as where nothing is invalid, and where no time is left."""
        self.tries += 1
        try:
            self.subject.client.session.see_time()
        except BudgetSpent as spent:
            self.spent = spent
        if self.tries > _TRIES or self.spent:
            raise _Enough

    def examine(self, call: Call, request: Request) -> None:
        """Send a request and check the response. Raises _Failed if it fails, _Enough after the last run."""
        self.runs -= 1
        if self.runs < 0 or self.spent:
            raise _Enough
        cause = self._find_cause(call, request)
        if cause:
            raise self._kinds.setdefault(cause, type("_Failed", (_Failed,), {}))

    def reduce(self, cause: Cause) -> None:
        """Leave out what a failure does not need, one thing after the other: Schemathesis' cases shrink only in their values."""
        client, outcome = self.subject.client, self.smallest[cause]
        if outcome.request != client.request(outcome.response.call):
            return
        for pair in (None, *outcome.response.call.pairs):
            call = _without(client, self.smallest[cause].response.call, pair)
            if not self.spent:
                self._find_cause(call, client.request(call))

    def _find_cause(self, call: Call, request: Request) -> Cause | None:
        outcome = self.outcomes.get(request) or self._outcome(call, request)
        if outcome is None or outcome.failure is None:
            return None
        cause = (outcome.failure.rule, outcome.failure.contract, outcome.response.status)
        size = partial(_size, self.subject.client)
        self.smallest[cause] = min(self.smallest.get(cause, outcome), outcome, key=size)
        return cause

    def _outcome(self, call: Call, request: Request) -> Trial | None:
        """Send a request and check the response; None if nothing can be expected of it."""
        client = self.subject.client
        expected = _expect(self.subject, self.contract, call, request) if len(request.url) <= _LONGEST_URL else None
        if expected is None:
            return None
        probe, single = expected
        try:
            with self._own_random():
                response = client.send(call, request, blameless=probe.expected != REFUSED)
            self.subject.keep_made_up(response)
            found = check_expected(client, probe, response)
            sure = [one for one in found if single or one.rule == "invalid-request-accepted"]
            violations = blamable(self.subject, sure, request, has_own_body=not client.operation.request_content)
        except BudgetSpent as spent:
            self.spent = spent
            return None
        every = [*check_alone(client, response, self._seen), *violations]
        failures = [one for one in every if one.severity is Severity.ERROR and not self.is_known(one)]
        failure = min(failures, key=lambda one: one.rule not in _GRAVEST, default=None)
        self.outcomes[request] = outcome = Trial(request, probe, response, violations, failure)
        return outcome

    @contextmanager
    def _own_random(self) -> Iterator[None]:
        """Hypothesis seeds `random` anew for each case: the tokens that an application in this process makes by it would repeat."""
        seeded = random.getstate()
        random.setstate(self._random)
        try:
            yield
        finally:
            self._random = random.getstate()
            random.setstate(seeded)


def _size(client: Client, outcome: Trial) -> tuple[int, int]:
    changes = set(outcome.response.call.pairs) ^ _base_pairs(client)
    return len(changes), len(outcome.request.url) + len(outcome.request.body or b"")


def _base_pairs(client: Client) -> set[tuple[Key, str]]:
    return {pair for key, value in client.base.items() for pair in wire_pairs(key, value)}


def _without(client: Client, call: Call, pair: tuple[Key, str] | None) -> Call:
    """The call without a value, or with that of the base call in its place; None takes the plainest channel instead."""
    if pair is None:
        return replace(call, channel=client.channels[0])
    owner = client.owner(pair[0])
    if owner not in client.base:
        return replace(call, pairs=tuple(one for one in call.pairs if one != pair))
    base = wire_pairs(owner, client.base[owner])
    return replace(call, pairs=(*base, *(one for one in call.pairs if client.owner(one[0]) != owner)))


def _expect(subject: Subject, contract: Contract, call: Call, request: Request) -> tuple[Probe, bool] | None:
    """What is expected for a request, and whether it has at most one fault; None for a request of another operation."""
    client = subject.client
    match = contract.match(replace(request, url=request.url.removeprefix(client.operation.base)))
    if isinstance(match, str):
        known = bool(client.operation.discriminators)
        return (_probe(client, call, REFUSED, None), False) if known else None
    if match.operation not in client.by_channel.values():
        return None
    found = client.validator.check_request(match, request)
    faults = [fault for fault in found if fault.severity is Severity.ERROR]
    sure = [fault for fault in faults if _must_be_refused(client, call, request, fault)]
    if sure:
        base, located = _base_pairs(client), [pair for pair in call.pairs if pair[0][0] == "path"]
        leads = all(pair in base for pair in located)  # else a service may report first that there is nothing
        return _probe(client, call, REFUSED, sure[0]), len(faults) == 1 and leads
    accepted = not faults and client.facts.errors and all(_means_something(subject, call, *pair) for pair in call.pairs)
    return _probe(client, call, ACCEPTED if accepted else OPEN, None), True


def _must_be_refused(client: Client, call: Call, request: Request, fault: Violation) -> bool:
    """Whether the contract requires the refusal of a fault: not in cookies, in signatures, or in what it leaves open."""
    location, name = _location(fault)
    if location == "body" or fault.rule == "request-media-type":
        return must_be_refused(client, request, fault)
    parameter = client.parameter(name, location)
    if location == "cookie" or name in client.operation.security_names:
        return False
    if fault.rule == "parameter-repeated":
        return client.facts.refusal(fault.rule, name) is not None
    if parameter is None or fault.rule not in ("parameter-invalid", "parameter-missing"):
        return True
    if fault.rule == "parameter-missing":
        return not may_be_absent(parameter)
    if fault.contract.endswith("/uniqueItems"):
        return False  # a reader may take the items for a set
    texts, how = call.given(name, location), parameter.serialization
    if len(texts) != 1 or parameter.is_compound or how.media_type or how.style in ("label", "matrix"):
        return bool(texts) and all(map(_is_plain, texts))
    return opinion(client, parameter, texts[0]) == REFUSED


def _is_plain(text: str) -> bool:
    """Whether the text of several values is written so that no reader takes one of them for something else."""
    items = re.split(r"[,|; ]", text)
    words = [one for one in items if one.isalpha() and one not in ("null", "true", "false")]
    return text.isascii() and text.isprintable() and words == items


def _location(fault: Violation) -> tuple[str, str]:
    """Where in the request a fault is, and the name of the parameter there, which may have dots of its own."""
    location, _, name = fault.at.removeprefix("request.").partition(".")
    return location.partition("#")[0], "" if location.startswith("body") else name


def _means_something(subject: Subject, call: Call, key: Key, text: str) -> bool:
    """Whether a service must accept a valid value: it is known to exist, or of a form that the contract narrows."""
    client, (location, name) = subject.client, key
    parameter = client.parameter(name, location)
    if text in subject.known.get(key, ()) or (key, text) in _base_pairs(client):
        return True
    if parameter is None:
        return client.facts.unknown_parameters == "ignored" and len(call.given(name)) == 1
    return text.isprintable() and parameter.location == "query" and expected_of(client, parameter, text, ()) == ACCEPTED


def _probe(client: Client, call: Call, expected: str, fault: Violation | None) -> Probe:
    base, owners = _base_pairs(client), {client.owner(key) for key, _ in call.pairs}
    own = [f"{key[1]}={shown(text)}" for key, text in call.pairs if (key, text) not in base]
    absent = [f"no {name}" for location, name in client.base if (location, name) not in owners]
    words = ", ".join([*own, *absent, call.channel])
    what = f"a generated request ({clipped(words)})"
    if fault is None:
        return Probe(what, call, expected)
    what += f", invalid because {clipped(fault.message)},"
    (location, own_name), where = _location(fault), fault.at.partition(" (line ")[0]
    parameter = client.parameter(own_name, location)
    is_empty = parameter is not None and is_required_empty(parameter, call.get(own_name, location))
    kind = "required-empty" if is_empty else fault.rule
    return Probe(what, call, expected, own_name, kind, fault.contract, location=location, where=where)
