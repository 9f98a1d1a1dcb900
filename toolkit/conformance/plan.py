"""The plan of a run: every check of one operation, those that find most first.

A plan follows from the contract and the options alone, so that the command and all workers of pytest have the same checks
under the same names. What is learned from the service is put in when a check runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from toolkit.client.client import OWN_BODY, CheckedResponse, Client, wire_pairs
from toolkit.client.curl import curl
from toolkit.client.examples import parameter_values
from toolkit.client.faulty_examples import invalid_examples
from toolkit.client.session import OperationLeft
from toolkit.conformance.coverage import Reach
from toolkit.conformance.items import body_of_several, fresh_bodies, make_item
from toolkit.conformance.laws import acting, conditional, deleting, equivalence, filters, pages, parts, sent, state
from toolkit.conformance.laws.finding import Finding, Law
from toolkit.conformance.laws.named_filters import named_filters, selects
from toolkit.conformance.laws.named_pages import is_cut, named_pages
from toolkit.conformance.laws.named_ranges import named_ranges, ranges_of
from toolkit.conformance.laws.one_response import check_alone, unrepeated
from toolkit.conformance.obstacles import cure
from toolkit.conformance.pool import path_filling
from toolkit.conformance.probes.expected import Probe, check_expected
from toolkit.conformance.probes.opinions import ACCEPTED, REFUSED
from toolkit.conformance.probes.requests import ask_catch_all, catch_all_texts, may_be_sent, probes_of
from toolkit.conformance.probes.security import security_probes
from toolkit.conformance.probes.signatures import AskProof, signature_probes
from toolkit.conformance.reach import blamable, explore, off_by_one, reach, with_fresh_body
from toolkit.conformance.subject import Subject
from toolkit.conformance.told import is_of_the_day, refusals_untold
from toolkit.contract.flow import is_rpc, kind, method_of, restores
from toolkit.contract.resources import said_in
from toolkit.contract.routing import PARAMETER
from toolkit.document.pointers import grouped
from toolkit.errors import ContractToolkitError, TargetError
from toolkit.reports.coverage import Probed
from toolkit.secrets.masking import Secrets
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.validation.hiding import Found, hidden, joined_texts, untold
from toolkit.validation.quoting import quoted
from toolkit.verdict import Verdict, Violation

PLAIN = "a plain request should be accepted"
GENERATED = "generated requests"
PROOF = 2  # the rank of the checks of who sends a request
_PARAMETERS = ("request.query", "request.path", "request.header")
_MOST_SHOWN = 6  # values of the service that an operation is asked for
_MOST_KEPT = 4  # things that the run created, of which the newest are read when all else is done
_UPDATING = ("PUT", "PATCH")
_EXAMPLES = 60  # generated requests of each kind, valid and invalid

# Laws over several responses are metamorphic relations (Segura et al., IEEE TSE 2018: equivalence, equality, subset, disjoint,
# complete, difference): from a reference list follows what a changed request must return, whatever the data.
_FIRST_LAWS: tuple[Law, ...] = (
    pages.pages, pages.frozen_list, equivalence.formats, equivalence.methods, equivalence.defaults, filters.filters,
)  # fmt: skip
_LATER_LAWS: tuple[Law, ...] = (
    filters.ranges, filters.combined_filters, pages.page_sizes, filters.window, equivalence.undeclared_parameters, filters.open_ranges,
    filters.window_with_filters, filters.one_sided_ranges, equivalence.repetition, equivalence.parameter_order, filters.near_values,
    pages.far_pages, pages.unfrozen_list, pages.filtered_pages, filters.filters_by_channel, filters.other_base_values, parts.partitions,
    parts.parts,
)  # fmt: skip
_LAWS_OF_LISTS: tuple[Law, ...] = (pages.pages, parts.selections, parts.partitions, parts.parts)


def _is_open(subject: Subject) -> bool:
    """Whether the same request may be sent again: one that may change something has to state its laws."""
    return kind(subject.operation) == "read" or bool(subject.operation.extension("x-laws"))


def _creates(subject: Subject) -> bool:
    return kind(subject.operation) == "create"


_LAWS: tuple[tuple[Law, Callable[[Subject], object]], ...] = (
    *((law, _is_open) for law in equivalence.LAWS),
    (named_pages, is_cut),
    (named_filters, selects),
    (named_ranges, ranges_of),
    (pages.chained_sizes, lambda one: one.facts.chain and not one.facts.pages),
    *((law, lambda one: one.facts.results is not None and not one.facts.pages) for law in _LAWS_OF_LISTS),
    (conditional.not_modified, lambda one: one.operation.method == "GET" and "304" in one.operation.responses),
    (conditional.precondition, lambda one: conditional.has_precondition(one.operation)),
    (conditional.absence, lambda one: conditional.is_for_new(one.operation)),
    (state.read_after_create, lambda one: _creates(one) and one.peer(one.made_at)),
    (state.list_after_create, lambda one: _creates(one) and one.peer(one.place)),
    (state.below_another, lambda one: _creates(one) and "{}" in one.place),
    (sent.several_after_create, lambda one: _creates(one) and body_of_several(one)),
    (state.update, lambda one: not _creates(one) and method_of(one.operation) in _UPDATING and one.peer(one.place)),
    (deleting.read_after_delete, deleting.is_deletion),
    (deleting.read_after_restore, lambda one: restores(one.operation)),
    (sent.download_after_upload, sent.download_of),
    (sent.null_in_update, lambda one: sent.takes_null(one.operation) and one.peer(one.place)),
    (sent.same_key, lambda one: _creates(one) and any(location == "header" for location, _ in one.client.renewed)),
    (sent.default_after_create, lambda one: one.operation.body_fields and (_creates(one) or sent.makes_named(one))),
    (sent.optional_after_create, lambda one: _creates(one) and one.peer(one.made_at)),
    (sent.something_new, lambda one: _creates(one) and "201" in one.operation.responses and one.peer(one.made_at)),
    (acting.action, acting.is_action),
    (acting.refused_creation, lambda one: _creates(one) and "409" in one.operation.responses and one.peer(one.made_at)),
    (acting.refused_write, lambda one: acting.changes_item(one) and one.operation.request_content),
)
"""Each law, and which operations it is about."""
_OF_STABLE_DATA = frozenset({*_FIRST_LAWS, *_LATER_LAWS, *_LAWS_OF_LISTS, pages.chained_sizes})
_RARE_LAWS = frozenset({*_LATER_LAWS, pages.chained_sizes, conditional.not_modified, conditional.precondition})


class Check(Frozen):
    """One question to a service. `run` asks it and yields a verdict on each response; a lower rank finds more. `size` is about the number
    of its requests, where these are many. One that `needs_success` finds nothing where no plain request has success: laws do, but for that
    of what a precondition refuses."""

    name: str
    rank: int
    run: Callable[[Subject, Journal], Iterator[Verdict]]
    size: int = 1
    needs_success: bool = False


def plan(subject: Subject, examples: int = _EXAMPLES) -> list[Check]:
    """The checks of an operation, in their order. The first explores the service: without it, the others cannot run. `examples` is the
    number of generated requests of each kind. Where no more checks can be made, for whatever unforeseen reason, the second one fails by it,
    and does not stop those of other operations."""
    first = Check(PLAIN, 0, check_plain)
    try:
        return [first, *_checks(subject, examples)]
    except ContractToolkitError:
        raise
    except Exception as error:
        return [first, Check("all after the plain request", 1, partial(_fail, error))]


def _fail(error: Exception, subject: Subject, journal: Journal) -> Iterator[Verdict]:
    raise error


def _checks(subject: Subject, examples: int) -> list[Check]:
    client, checks = subject.client, list[Check]()
    for law in laws_of(subject):
        rank, needs = 4 if law in _RARE_LAWS else 1, law is not conditional.precondition
        checks.append(Check(_law_name(law), rank, partial(check_law, law), needs_success=needs))
    named = PARAMETER.search(client.operation.route.template) or is_rpc(client.operation)
    if kind(client.operation) == "read" and named:
        checks.append(Check("values that the service has shown", 1, partial(check_sent, _ask_shown_values)))
    if catch_all_texts(client.operation):
        ask = partial(check_sent, lambda subject: ask_catch_all(subject.client))
        checks.append(Check("values with slashes, and none", 3, ask))
    if kind(client.operation) == "create":
        again = partial(check_sent, lambda subject: subject.obstacle or subject.ask(fresh=True))
        checks.append(Check("the same is created again", 1, again))
    elif kind(client.operation) != "read" and subject.item_place:
        repeated = partial(check_law, acting.repeated_write)
        checks.append(Check("the same is done again to what the run made", 1, repeated))
    proofs = (*signature_probes(client), *security_probes(client))
    checks += [Check(name, PROOF, partial(check_proof, name, asked, prove)) for name, asked, prove in proofs]
    probes = [one for one in probes_of(client, subject.known) if may_be_sent(client, one)]
    checks += [Check(one.name, 3 if one.rank == 1 else 3 + one.rank, partial(check_probe, one)) for one in probes]
    if kind(client.operation) != "delete":
        checks.append(Check(GENERATED, 9, partial(check_generated, examples), 2 * examples))
    if kind(client.operation) == "read" and any(kind(one.operation) != "read" for one in subject.peers.values()):
        checks.append(Check("what the run has stored is read", 10, partial(check_sent, _ask_what_is_stored)))
    return sorted(checks, key=lambda check: check.rank)


def run_alone(check: Check, subject: Subject, journal: Journal) -> list[Verdict]:
    """The verdicts of one check of a plan, without those before it. Raises TargetError if the operation cannot be tested, or no
    further: it is overloaded, or the credentials have ended."""
    try:
        if check.rank:
            explore(subject)
            subject.client.take_unreported()
        subject.is_final = not check.rank
        verdicts = [] if check.rank and subject.obstacle else list(check.run(subject, journal))
    except OperationLeft as left:
        for peer in (subject, *subject.peers.values()):
            peer.client.take_unreported()  # of them, that one is the last
        raise TargetError(f"{journal.secrets.hide(journal.base)}: {left}") from None
    if subject.obstacle and all(verdict.conforms for verdict in verdicts):
        raise _untestable(subject, journal)
    return verdicts


def _untestable(subject: Subject, journal: Journal) -> TargetError:
    secrets = journal.secrets
    return TargetError(f"{secrets.hide(journal.base)}: {secrets.hide_known(subject.obstacle or '')}")


def laws_of(subject: Subject) -> tuple[Law, ...]:
    """The laws that an operation takes part in, as far as the contract has the operations that they need."""
    of_pages = (*_FIRST_LAWS, *_LATER_LAWS) if subject.facts.pages else ()
    return tuple(dict.fromkeys((*of_pages, *(law for law, is_about in _LAWS if is_about(subject)))))


def _law_name(law: Law) -> str:
    return f"law {law.__name__.replace('_', ' ')}"


class Journal(Mutable, eq=False):
    """Turns responses into verdicts, each response once. `notes` say what could not be checked.

    `base` is the URL that the curl lines show; `secrets` are hidden in all that it says; `fresh_values` are values that must be new in every
    response, with their source. `outcomes` has for the source of each response that got a verdict whether it conforms; `reported` what was found so
    far; `reached` how far the run came with each operation; `probed` what was made of each value of a parameter.
    """

    base: str
    secrets: Found = field(default_factory=lambda: Found(Secrets()))
    notes: list[str] = field(default_factory=list)
    fresh_values: dict[Any, str] = field(default_factory=dict)
    reported: set[tuple[str, ...]] = field(default_factory=set)
    outcomes: dict[str, bool] = field(default_factory=dict)
    reached: Reach = field(default_factory=Reach)
    probed: list[Probed] = field(default_factory=list)

    def apart(self) -> Journal:
        """A journal of one check alone: it reports what another check has reported already."""
        return replace(self, notes=[], reported=set(), outcomes={})

    def note(self, *texts: str) -> None:
        hidden_texts = dict.fromkeys(map(self.secrets.hide, texts))
        self.notes += [text for text in hidden_texts if text not in self.notes]

    def verdict(
        self, client: Client, response: CheckedResponse, more: Sequence[Violation] = (), name: str = "", asked: str = ""
    ) -> Verdict:
        """The verdict on a response: what is wrong with it alone, if that was not reported before, and what was found otherwise."""
        first = response.exchange.source
        alone = () if first in self.outcomes else check_alone(client, response, self.fresh_values)
        exchange, request, received = response.exchange, response.exchange.request, response.exchange.response
        found = [*unrepeated(alone, client, response, more), *more]
        self.secrets.learn(exchange, joined_texts(found))
        is_broken = received is None or bool(received.fault)
        line = curl(self.base, request, self.secrets.secrets, compressed=is_broken) if request and found else ""
        source, operation = self.secrets.hide(f"{first}: {name}") if name else first, client.operation.name
        seen, in_path = {_identity(client, one) for one in found}, client.validator.contract.secrets_in_path
        text = quoted(exchange, self.secrets.secrets, in_path(exchange)) if seen - self.reported else ""
        quote = "\n".join(map(self.secrets.hide, text.split("\n"))) if text else ""
        self.reported |= seen
        told = untold(found, response.exchange, self.secrets.secrets)
        located = (one.located(one.operation or operation, source, quote) for one in told)
        shown = tuple(hidden(replace(one, reproduce=line), self.secrets) for one in located)
        verdict = Verdict(source, operation, violations=shown, counts="beside", asked=asked)
        self.outcomes[first] = verdict.conforms and self.outcomes.get(first, True)
        self.reached.note(client, response)
        return verdict

    def settle(
        self, subject: Subject, more: Iterable[Finding] = (), name: str = "", asked: str = ""
    ) -> Iterator[Verdict]:
        """The verdicts on the responses that came since the last time, of whichever operation, with what else was found."""
        extra = grouped((id(finding.response), finding.violation) for finding in more)
        late = {id(finding.response): finding.response for finding in more}
        for peer in {id(one): one for one in (subject, *subject.peers.values())}.values():
            for response in peer.client.take_unreported():
                peer.pool.learn(peer.client, response) if peer.operation.is_success(response.status) else None
                late.pop(id(response), None)
                is_own = peer is subject and (not more or id(response) in extra)
                named = (name, asked) if is_own else ()
                yield self.verdict(peer.client, response, extra.get(id(response), ()), *named)
        for key, response in late.items():
            yield self.verdict(subject.client, response, extra[key], name, asked)

    def note_value(self, client: Client, probe: Probe, status: int, *, wrong: bool) -> None:
        """Keep what was made of a value, without secrets."""
        is_secret = self.secrets.secrets.is_secret(probe.parameter)
        value, way = ("***", "") if is_secret else (self.secrets.hide(probe.value), self.secrets.hide(probe.way))
        named = (client.operation.name, probe.location, probe.parameter, value)
        self.probed.append(Probed(*named, probe.expected, status, way, wrong))


def _identity(client: Client, violation: Violation) -> tuple[str, ...]:
    """What makes two violations one: the rule, and the place in response and contract, whichever item it was."""
    at = violation.at.partition(" (")[0]
    at = at.partition("#")[0] if at.startswith(_PARAMETERS) else at  # the contract names the property
    place = "/".join("*" if token.isdecimal() else token for token in at.split("/"))
    return (client.operation.name, violation.rule, re.sub(r"\[\d+\]", "", place), violation.contract, violation.cause)


def ask_once(subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdicts on the first plain request, as far as its response alone is wrong: others of the run may show better values. Raises
    TargetError if the service does not respond at all."""
    _reach(subject, journal)
    yield from journal.settle(subject)


def _reach(subject: Subject, journal: Journal) -> None:
    reach(subject)
    plain = subject.plain
    if plain and not plain.status and subject.client.session.is_dead(len(subject.peers) or 1):
        raise _untestable(subject, journal)


def check_plain(subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdicts on the requests that explore the service, of which a plain one must be accepted. Raises TargetError if the service does
    not respond at all."""
    _reach(subject, journal)
    client, plain = subject.client, subject.plain
    refusal = _check_refusal(subject, plain) if subject.obstacle and plain else ()
    found = [*refusal, *refusals_untold(subject), *invalid_examples(client.operation)] if plain else []
    yield from journal.settle(subject, [Finding(one, plain) for one in found if plain])
    explore(subject)
    journal.note(*subject.notes)
    yield from journal.settle(subject)


def check_last(subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The plain request of what is called when all else is done; after one that deletes, whether that is gone."""
    yield from check_plain(subject, journal)
    if not subject.obstacle and kind(subject.operation) == "delete" and subject.is_final:
        law = deleting.read_after_delete if subject.place.endswith("/{}") else deleting.read_after_emptying
        yield from check_law(law, subject, journal)


def _check_refusal(subject: Subject, response: CheckedResponse) -> Iterator[Violation]:
    """What the refusal of a plain request breaks; nothing if it is not sure that the request means something to the service, nor where
    the contract documents it for an operation that takes nothing: what it says depends on something else, then."""
    client, operation = subject.client, subject.operation
    has_input = operation.parameters or operation.request_content or str(response.status) not in operation.responses
    is_sure = bool(client.facts.errors) or response.status in (400, 422)
    if not has_input or not response.status or cure(subject) or not is_sure or kind(operation) == "delete":
        return
    text = response.body.decode("utf-8", "replace")[:160]
    message = f"a plain valid request is refused with status {response.status}: {text}"
    hint = "give values that exist in the service with --param NAME=VALUE; if it requires credentials, give them with --auth or --header"
    yield Violation("valid-request-refused", message, "request", operation.node.location, hint)


def check_law(law: Law, subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdicts on all responses that a law requested, and on what it found in them together."""
    turn, known = subject.turn, len(subject.notes)
    findings = list(law(subject))
    if findings and law not in _OF_STABLE_DATA:
        again = list(law(subject))
        findings = again if {one.violation.rule for one in again} == {one.violation.rule for one in findings} else []
    elif findings and law is not equivalence.repetition:
        findings = _confirm(law, subject, journal, turn)
    yield from journal.settle(subject, findings)
    journal.note(*(subject.notes if subject.facts.pages else subject.notes[known:]))


def _confirm(law: Law, subject: Subject, journal: Journal, turn: int) -> list[Finding]:
    """The findings of a law repeated in the same ways, from `turn` on, while the data do not change. If they change during every attempt,
    there are no findings but a note."""
    for _ in range(4):
        before = subject.renew()
        subject.turn = turn
        findings = list(law(subject))
        if not findings:
            return []
        subject.client.forget()
        if subject.fetch() == before:
            return findings
    journal.note(f"{_law_name(law)}: inconclusive, the data changed during every attempt")
    return []


def check_sent(send: Callable[[Subject], object], subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdicts on the responses to valid requests of one kind, which the contract alone decides on."""
    send(subject)
    yield from journal.settle(subject)


def _ask_shown_values(subject: Subject) -> None:
    """Ask for other items that the service has shown, and for one that it has not."""
    located = [one for one in subject.operation.parameters if one.location == "path" and one.key not in subject.given]
    for filling in subject.pool.fillings(subject.operation, located, _MOST_SHOWN):
        needed = {("path", name) for name in PARAMETER.findall(subject.operation.route.template)}
        if needed - subject.given.keys() <= filling.keys():
            subject.ask(dict(filling))
    named = {key: one for key, one in said_in(subject.operation).items() if one.required}
    for key, parameter in [*({one.key: one for one in located} or named).items()][-1:]:
        known = {*subject.pool.texts(subject.operation, parameter.name)}
        made = (one for one in islice(parameter_values(parameter, 1), _MOST_SHOWN) if isinstance(one, str))
        if other := next((one for one in made if one not in known), None):
            subject.ask({key: other})


def _ask_what_is_stored(subject: Subject) -> None:
    """Read what is there when all else is done: odd values that were accepted may break what shows them."""
    own = subject.pool.own(subject.item_place)[:_MOST_KEPT]
    if subject.obstacle == "" and any(map(subject.pool.own, subject.pool.places)):
        for values in dict.fromkeys([(), *own]):
            subject.ask(path_filling(subject.operation, values), fresh=True)


def check_proof(name: str, asked: str, ask: AskProof, subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdict on the response to a request that proves who sends it, or does not. What changes or deletes something is asked for
    a new item of the run's own, and what creates something with a body that nobody sent before: a refusal of what was deleted, is in
    another state or is there already would not tell whether credentials matter."""
    client, does = subject.client, kind(subject.operation) if subject.obstacle == "" else ""
    is_changing = does in ("update", "delete") and subject.item_place
    item = make_item(subject, subject.item_place) if is_changing and subject.item_place else None
    body = next(fresh_bodies(subject)) if does == "create" else OWN_BODY
    values = path_filling(client.operation, item.values) if item else {}
    found = ask(client.moved(values, body, subject.plain) if item or body != OWN_BODY else client)
    if body != OWN_BODY and found and found[0].status in (400, 404, 422):  # it may be particular about its strings
        found = ask(client)
    yield from journal.settle(subject, [Finding(one, found[0]) for one in found[1]] if found else [], name, asked)


def check_probe(probe: Probe, subject: Subject, journal: Journal) -> Iterator[Verdict]:
    client, adapted, planned, was = subject.client, _adapt(probe, subject), probe, subject.is_particular
    probe, blameless = _renewed(subject, adapted), probe.expected != REFUSED
    if probe.method:
        request = replace(client.request(probe.call), method=probe.method)
        response = client.send(probe.call, request, blameless=blameless)
    else:
        response = client.ask(probe.call, blameless=blameless)
        # Where the state of what it is about decided, and not what it asks
        if response.status == 409 and (other := _of_new_item(subject, probe)):
            probe, response = other, client.ask(other.call, blameless=blameless)
    sent_request = response.exchange.request
    subject.keep_made_up(response)
    has_own_body = adapted.call.body == OWN_BODY
    found = blamable(subject, list(check_expected(client, probe, response)), sent_request, has_own_body=has_own_body)
    if subject.is_particular and not was:  # other strings than those of the probe were refused
        yield from check_probe(planned, subject, journal)
        return
    if any(one.rule == "valid-request-refused" for one in found) and is_of_the_day(subject, probe):
        found = []
    found += off_by_one(subject, probe, response)
    if probe.parameter and not probe.method:
        journal.note_value(client, probe, response.status, wrong=bool(found) or response.status >= 500)
    at = probe.edit.at if probe.edit and probe.expected != REFUSED else ()
    kept = sent.read_back(subject, response, probe, at[0]) if len(at) == 1 else ()
    yield from journal.settle(subject, [*(Finding(one, response) for one in found), *kept], probe.name, probe.what)


def _of_new_item(subject: Subject, probe: Probe) -> Probe | None:
    """The probe of something that the run creates for it, where its path leads to what some operation creates."""
    item = make_item(subject, subject.item_place) if subject.item_place and probe.location != "path" else None
    if item is None:
        return None
    new = path_filling(subject.operation, item.values)
    pairs = tuple((key, new.get(key, text)) for key, text in probe.call.pairs)
    return replace(probe, call=replace(probe.call, pairs=pairs))


def _renewed(subject: Subject, probe: Probe) -> Probe:
    """The probe with a body that nobody sent before, where a service may refuse to create the same thing twice."""
    is_creating = kind(subject.operation) == "create" and probe.call.body == OWN_BODY
    is_told_by_it = probe.expected == ACCEPTED or (probe.expected == REFUSED and not subject.is_particular)
    body = next(fresh_bodies(subject)) if is_creating and is_told_by_it else probe.call.body
    return replace(probe, call=replace(probe.call, body=body))


def _adapt(probe: Probe, subject: Subject) -> Probe:
    """The probe with the values that the service is known to accept, in place of those that the contract offers."""
    client, before, after = subject.client, subject.draft, subject.client.base
    given = {client.owner(key) for key, _ in probe.call.pairs} | {probe.key}
    pairs = set(probe.call.pairs)
    shared = (before.keys() & after.keys()) - {probe.key}
    stale = {key for key in shared if pairs.issuperset(wire_pairs(key, before[key]))}
    gone = {pair for key in stale for pair in wire_pairs(key, before[key])}
    new = [key for key in after if key in stale or key not in given | before.keys()]
    fresh = [pair for key in new for pair in wire_pairs(key, after[key])]
    kept = [pair for pair in probe.call.pairs if pair not in gone]
    return with_fresh_body(subject, replace(probe, call=replace(probe.call, pairs=(*fresh, *kept))))


def check_generated(examples: int, subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdicts on generated requests. The module is loaded here: that takes a second."""
    from toolkit.conformance.fuzz import fuzz

    client, known = subject.client, len(subject.notes)
    for failure in fuzz(subject, subject.seed, examples, lambda one: _identity(client, one) in journal.reported):
        yield journal.verdict(client, failure.response, failure.violations, failure.probe.name, failure.probe.what)
    yield from journal.settle(subject)
    journal.note(*subject.notes[known:])
