"""The plan of a run: every check of one operation, those that find most first.

A plan follows from the contract and the options alone, so that the command and all workers of pytest have the same checks
under the same names. What is learned from the service is put in when a check runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from toolkit.client.client import CheckedResponse, Client, wire_pairs
from toolkit.client.curl import curl
from toolkit.client.faulty_examples import invalid_examples
from toolkit.conformance.laws.chains import chained_pages, chained_sizes
from toolkit.conformance.laws.equivalence import (
    defaults,
    formats,
    methods,
    parameter_order,
    repetition,
    undeclared_parameters,
)
from toolkit.conformance.laws.filters import (
    combined_filters,
    filters,
    filters_by_channel,
    near_values,
    one_sided_ranges,
    open_ranges,
    other_base_values,
    ranges,
    window,
    window_with_filters,
)
from toolkit.conformance.laws.finding import Finding, Law
from toolkit.conformance.laws.one_response import check_alone
from toolkit.conformance.laws.pages import far_pages, filtered_pages, frozen_list, page_sizes, pages, unfrozen_list
from toolkit.conformance.laws.parts import partitions, parts
from toolkit.conformance.probes.bodies import with_body
from toolkit.conformance.probes.expected import Probe, check_expected
from toolkit.conformance.probes.requests import probes_of
from toolkit.conformance.probes.security import SecurityProbe, security_probes, send_unproven
from toolkit.conformance.probes.signatures import SignatureProbe, send_signed, signature_probes
from toolkit.conformance.subject import Subject, cure, explore
from toolkit.errors import TargetError
from toolkit.secrets import Found, Secrets
from toolkit.validation.hiding import hidden
from toolkit.verdict import Verdict, Violation

_EXAMPLES = 60  # generated requests of each kind, valid and invalid
_SAFE = ("GET", "HEAD", "OPTIONS", "QUERY")  # methods that change nothing, RFC 9110 (section 9.2.1)

# Laws over several responses are metamorphic relations (Segura et al., IEEE TSE 2018: equivalence, equality, subset, disjoint,
# complete, difference): from a reference list follows what a changed request must return, whatever the data.
_FIRST_LAWS: tuple[Law, ...] = (pages, frozen_list, formats, methods, defaults, filters)
_LATER_LAWS: tuple[Law, ...] = (
    ranges, combined_filters, page_sizes, window, undeclared_parameters, open_ranges, window_with_filters, one_sided_ranges, repetition,
    parameter_order, near_values, far_pages, unfrozen_list, filtered_pages, filters_by_channel, other_base_values, partitions, parts,
)  # fmt: skip
_LAWS_OF_CHAINS: tuple[Law, ...] = (chained_pages, chained_sizes, partitions, parts)
_LAWS_WITHOUT_PAGES: tuple[Law, ...] = (formats, methods, defaults, undeclared_parameters, repetition, parameter_order)


@dataclass(frozen=True, slots=True)
class Check:
    """One question to a service. `run` asks it and yields a verdict on each response; a lower rank finds more."""

    name: str
    rank: int
    run: Callable[[Subject, Journal], Iterator[Verdict]]


def plan(subject: Subject) -> list[Check]:
    """The checks of an operation, in their order. The first explores the service: without it, the others cannot run."""
    client = subject.client
    checks = [Check("a plain request is accepted", 0, check_plain)]
    checks += [
        Check(f"law {_law_name(law)}", 1 if law in _FIRST_LAWS else 4, partial(check_law, law))
        for law in laws_of(client)
    ]
    checks += [Check(probe.name, 2, partial(check_signature, probe)) for probe in signature_probes(client)]
    checks += [Check(probe.name, 2, partial(check_security, probe)) for probe in security_probes(client)]
    checks += [
        Check(probe.name, 3 if probe.rank == 1 else 3 + probe.rank, partial(check_probe, probe))
        for probe in probes_of(client, subject.known)
    ]
    checks.append(Check("generated requests", 9, check_generated))
    return sorted(checks, key=lambda check: check.rank)


def run_alone(check: Check, subject: Subject, journal: Journal) -> list[Verdict]:
    """The verdicts of one check of a plan, without those before it. Raises TargetError if the operation cannot be tested."""
    if check.rank:
        explore(subject)
    verdicts = [] if check.rank and subject.obstacle else list(check.run(subject, journal))
    if subject.obstacle and all(verdict.conforms for verdict in verdicts):
        raise TargetError(f"{journal.secrets.hide(journal.base)}: {subject.obstacle}")
    return verdicts


def laws_of(client: Client) -> tuple[Law, ...]:
    """The laws of an operation. One that may change something has none, unless the contract states its laws."""
    if client.facts.pages:
        return (*_FIRST_LAWS, *_LATER_LAWS)
    is_open = client.operation.method in _SAFE or client.operation.extension("x-laws")
    return (*(_LAWS_WITHOUT_PAGES if is_open else ()), *(_LAWS_OF_CHAINS if client.facts.chain else ()))


def _law_name(law: Law) -> str:
    return law.__name__.replace("_", " ")


@dataclass(eq=False)
class Journal:
    """Turns responses into verdicts, and reports each failure once. `notes` say what could not be checked.

    `base` is the URL that the curl lines show; `secrets` are hidden in all that it says; `fresh_values` are values that
    must be new in every response, with their source.
    """

    base: str
    secrets: Found = field(default_factory=lambda: Found(Secrets()))
    notes: list[str] = field(default_factory=list)
    fresh_values: dict[Any, str] = field(default_factory=dict)
    reported: set[tuple[str, ...]] = field(default_factory=set)

    def apart(self) -> Journal:
        """A journal of one check alone: it reports what another check has reported already."""
        return replace(self, notes=[], reported=set())

    def note(self, text: str) -> None:
        text = self.secrets.hide(text)
        if text not in self.notes:
            self.notes.append(text)

    def verdict(
        self, client: Client, response: CheckedResponse, violations: list[Violation] | None = None, name: str = ""
    ) -> Verdict:
        """The verdict on a response: what is wrong with it alone, and the violations found otherwise."""
        found = [*check_alone(client, response, self.fresh_values), *(violations or ())]
        new = [violation for violation in found if self._is_new(client, violation)]
        request = response.exchange.request
        self.secrets.learn(response.exchange)
        line = curl(self.base, request, self.secrets.secrets) if request and new else ""
        source = self.secrets.hide(f"{response.exchange.source}: {name}") if name else response.exchange.source
        operation = client.operation.name
        located = (replace(one, operation=operation, source=source, reproduce=line) for one in new)
        reported = tuple(hidden(one, self.secrets) for one in located)
        return Verdict(source, operation, violations=reported)

    def unreported(self, client: Client) -> Iterator[Verdict]:
        """The verdicts on the responses that came since the last time."""
        for response in client.take_unreported():
            yield self.verdict(client, response)

    def is_reported(self, client: Client, violation: Violation) -> bool:
        return _identity(client, violation) in self.reported

    def _is_new(self, client: Client, violation: Violation) -> bool:
        key = _identity(client, violation)
        is_new = key not in self.reported
        self.reported.add(key)
        return is_new


def _identity(client: Client, violation: Violation) -> tuple[str, ...]:
    """What makes two violations one: the rule, and the place in response and contract, whichever item it was."""
    place = "/".join("*" if token.isdecimal() else token for token in violation.at.partition(" (")[0].split("/"))
    return (client.operation.name, violation.rule, re.sub(r"\[\d+\]", "", place), violation.contract)


def check_plain(subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdicts on the requests that explore the service, of which a plain one must be accepted.

    Raises TargetError if the first request of the run gets no response.
    """
    client = subject.client
    if subject.obstacle is None:
        plain = client.ask(client.call())
        if not plain.status and client.session.requests == 1:
            explore(subject)
            raise TargetError(f"{journal.secrets.hide(journal.base)}: {subject.obstacle}")
        yield journal.verdict(client, plain, list(invalid_examples(client.operation)))
    explore(subject)
    for note in subject.notes:
        journal.note(note)
    for response in subject.opening:
        yield journal.verdict(client, response)
    if subject.obstacle and subject.opening:
        last = subject.opening[-1]
        yield journal.verdict(client, last, list(_check_refusal(client, last)))


def _check_refusal(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    """What the refusal of a plain request breaks; nothing if it is not sure that the request means something to the service."""
    if not response.status or cure(client) or not (client.facts.errors or response.status in (400, 422)):
        return
    body = response.exchange.response.body if response.exchange.response else b""
    text = (body or b"").decode("utf-8", "replace")[:160]
    message = f"a plain valid request is refused with status {response.status}: {text}"
    hint = "give values that exist in the service with --param NAME=VALUE; if it requires credentials, give them with --auth or --header"
    yield Violation("valid-request-refused", message, "request", client.operation.node.location, hint)


def check_law(law: Law, subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdicts on all responses that a law requested, and on what it found in them together."""
    turn = subject.turn
    findings = list(law(subject))
    if findings and law is not repetition:
        findings = _confirm(law, subject, journal, turn)
    yield from journal.unreported(subject.client)
    for finding in findings:
        yield journal.verdict(subject.client, finding.response, [finding.violation])
    for note in subject.notes if subject.facts.pages else ():
        journal.note(note)


def _confirm(law: Law, subject: Subject, journal: Journal, turn: int) -> list[Finding]:
    """The findings of a law repeated in the same ways, from `turn` on, while the data do not change.

    If they change during every attempt, there are no findings but a note.
    """
    for _ in range(4):
        before = subject.renew()
        subject.turn = turn
        findings = list(law(subject))
        if not findings:
            return []
        subject.client.forget()
        if subject.fetch() == before:
            return findings
    journal.note(f"law {_law_name(law)}: inconclusive, the data changed during every attempt")
    return []


def check_signature(probe: SignatureProbe, subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdict on the response to a request that is signed correctly or incorrectly."""
    response, violations = send_signed(subject.client, probe)
    subject.client.take_unreported()
    yield journal.verdict(subject.client, response, violations, probe.name)


def check_security(probe: SecurityProbe, subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdict on the response to a request that does not prove who sends it."""
    found = send_unproven(subject.client, probe)
    subject.client.take_unreported()
    if found:
        yield journal.verdict(subject.client, found[0], found[1], probe.name)


def check_probe(probe: Probe, subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdict on the response to one probe."""
    client, probe = subject.client, _adapt(probe, subject)
    if probe.method:
        request = replace(client.request(probe.call), method=probe.method)
        response = client.send(probe.call, request)
    else:
        response = client.ask(probe.call)
    client.take_unreported()
    yield journal.verdict(client, response, list(check_expected(client, probe, response)), probe.name)


def _adapt(probe: Probe, subject: Subject) -> Probe:
    """The probe with the values that the service is known to accept, in place of those that the contract offers."""
    client, before, after = subject.client, subject.draft, subject.client.base
    given = {client.owner(key) for key, _ in probe.call.pairs} | {probe.key}
    pairs = set(probe.call.pairs)
    stale = {
        key for key in (before.keys() & after.keys()) - {probe.key} if pairs.issuperset(wire_pairs(key, before[key]))
    }
    gone = {pair for key in stale for pair in wire_pairs(key, before[key])}
    new = [key for key in after if key in stale or key not in given | before.keys()]
    fresh = [pair for key in new for pair in wire_pairs(key, after[key])]
    kept = [pair for pair in probe.call.pairs if pair not in gone]
    return with_body(client, replace(probe, call=replace(probe.call, pairs=(*fresh, *kept))))


def check_generated(subject: Subject, journal: Journal) -> Iterator[Verdict]:
    """The verdicts on generated requests. The module is loaded here: that takes a second."""
    from toolkit.conformance.fuzz import fuzz

    client, known = subject.client, len(subject.notes)
    for failure in fuzz(subject, subject.seed, _EXAMPLES, lambda violation: journal.is_reported(client, violation)):
        yield journal.verdict(client, failure.response, failure.violations, failure.name)
    yield from journal.unreported(client)
    for note in subject.notes[known:]:
        journal.note(note)
